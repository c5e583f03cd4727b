/* The service manager hears what a daemon says, where there is one. */
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "lib/service.h"

static int
listen_at(const char *name, gsize length)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    g_assert_cmpuint(length, <=, sizeof address.sun_path);
    memcpy(address.sun_path, name, length);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)),
                    ==, 0);
    return fd;
}

static void
expect(int fd, const char *state)
{
    char buffer[100] = "";
    g_assert_cmpint(recv(fd, buffer, sizeof buffer - 1, 0), ==, (gssize)strlen(state));
    g_assert_cmpstr(buffer, ==, state);
}

static void
test_a_path(void)
{
    g_autofree char *folder = g_dir_make_tmp("postern-service-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "notify", NULL);
    int fd = listen_at(path, strlen(path));
    g_setenv("NOTIFY_SOCKET", path, TRUE);
    service_notify("READY=1");
    service_notify("RELOADING=1\nMONOTONIC_USEC=5");
    expect(fd, "READY=1");
    expect(fd, "RELOADING=1\nMONOTONIC_USEC=5");
    close(fd);
    service_notify("STOPPING=1"); /* nobody there: no harm */
    g_unlink(path);
    g_rmdir(folder);
}

static void
test_an_abstract_name(void)
{
    g_autofree char *name = g_strdup_printf("@postern-test-%d", (int)getpid());
    g_autofree char *bound = g_strdup(name);
    bound[0] = 0;
    int fd = listen_at(bound, strlen(name));
    g_setenv("NOTIFY_SOCKET", name, TRUE);
    service_notify("READY=1");
    expect(fd, "READY=1");
    close(fd);
}

static void
test_nobody(void)
{
    g_autofree char *longer = g_strnfill(200, '/');
    const char *const values[] = {"", "@", "relative", longer, "/nonexistent/notify"};
    for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
        g_setenv("NOTIFY_SOCKET", values[i], TRUE);
        service_notify("READY=1");
    }
    g_unsetenv("NOTIFY_SOCKET");
    service_notify("READY=1");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/service/a-path-hears", test_a_path);
    g_test_add_func("/service/an-abstract-name-hears", test_an_abstract_name);
    g_test_add_func("/service/nobody-is-fine", test_nobody);
    return g_test_run();
}
