/* The milter's socket: private, not stolen from a live milter, or taken from the service manager. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/error.h"
#include "milter/listen.h"

struct place {
    char *folder, *path, *setting;
    struct conf values;
    struct listener listener;
};

static void
setup(struct place *place, gconstpointer data)
{
    (void)data;
    place->folder = g_dir_make_tmp("test-listen.XXXXXX", NULL);
    place->path = g_build_filename(place->folder, "milter.sock", NULL);
    place->setting = g_strconcat("unix:", place->path, NULL);
    place->values = (struct conf){.milter_socket = place->setting, .milter_group = (char *)""};
}

static void
teardown(struct place *place, gconstpointer data)
{
    int fd = -1;
    (void)data;
    if (place->listener.connection && sscanf(place->listener.connection, "fd:%d", &fd) == 1)
        close(fd);
    listen_close(&place->listener);
    g_remove(place->path);
    g_rmdir(place->folder);
    g_free(place->setting);
    g_free(place->path);
    g_free(place->folder);
}

static gboolean
can_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    g_strlcpy(address.sun_path, path, sizeof address.sun_path);
    gboolean good = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return good;
}

static int
bind_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    g_strlcpy(address.sun_path, path, sizeof address.sun_path);
    g_assert_cmpint(bind(fd, (const struct sockaddr *)&address, sizeof address), ==, 0);
    return fd;
}

static void
test_socket_is_private_and_listens(struct place *place, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    struct stat status;
    (void)data;
    g_assert_true(listen_open(&place->values, &place->listener, &error));
    g_assert_no_error(error);
    g_assert_true(g_str_has_prefix(place->listener.connection, "fd:"));
    g_assert_cmpint(g_stat(place->path, &status), ==, 0);
    g_assert_cmpuint(status.st_mode & 07777, ==, 0660);
    g_assert_true(can_connect(place->path));
    listen_close(&place->listener);
    g_assert_false(g_file_test(place->path, G_FILE_TEST_EXISTS));
}

static void
test_unknown_group_is_no_reason_to_stop(struct place *place, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    (void)data;
    place->values.milter_group = (char *)"no-such-group-here";
    g_assert_true(listen_open(&place->values, &place->listener, &error));
    g_assert_no_error(error);
}

static void
test_stale_socket_is_replaced(struct place *place, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    (void)data;
    close(bind_socket(place->path));
    g_assert_true(listen_open(&place->values, &place->listener, &error));
    g_assert_no_error(error);
    g_assert_true(can_connect(place->path));
}

static void
test_live_socket_is_left_alone(struct place *place, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    (void)data;
    int other = bind_socket(place->path);
    g_assert_cmpint(listen(other, 5), ==, 0);
    g_assert_false(listen_open(&place->values, &place->listener, &error));
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_CONFLICT);
    g_assert_true(can_connect(place->path));
    close(other);
}

static void
test_other_file_is_left_alone(struct place *place, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *content = NULL;
    (void)data;
    g_assert_true(g_file_set_contents(place->path, "precious", -1, NULL));
    g_assert_false(listen_open(&place->values, &place->listener, &error));
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID);
    g_assert_true(g_file_get_contents(place->path, &content, NULL, NULL));
    g_assert_cmpstr(content, ==, "precious");
}

static void
test_missing_folder_says_how_to_make_it(struct place *place, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    (void)data;
    place->values.milter_socket = (char *)"unix:/nonexistent/milter.sock";
    g_assert_false(listen_open(&place->values, &place->listener, &error));
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP);
    g_assert_nonnull(strstr(error->message, "install -d"));
}

/* Descriptor 3 of a child, as systemd passes it. */
static void
test_passed_socket_is_taken(struct place *place, gconstpointer data)
{
    (void)data;
    if (!g_test_subprocess()) {
        g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
        g_test_trap_assert_passed();
        return;
    }
    char pid[16];
    g_autoptr(GError) error = NULL;
    int fd = bind_socket(place->path);
    g_assert_cmpint(listen(fd, 5), ==, 0);
    g_assert_cmpint(dup2(fd, 3), ==, 3);
    g_snprintf(pid, sizeof pid, "%d", (int)getpid());
    g_setenv("LISTEN_PID", pid, TRUE);
    g_setenv("LISTEN_FDS", "1", TRUE);
    g_assert_true(listen_open(&place->values, &place->listener, &error));
    g_assert_cmpstr(place->listener.connection, ==, "fd:3");
    g_assert_null(place->listener.path); /* its file is not ours to remove */
    g_assert_true(fcntl(3, F_GETFL) & O_NONBLOCK);
    g_assert_null(g_getenv("LISTEN_FDS"));
}

static void
test_socket_of_another_process_is_not_taken(struct place *place, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    (void)data;
    g_setenv("LISTEN_PID", "1", TRUE);
    g_setenv("LISTEN_FDS", "1", TRUE);
    g_assert_true(listen_open(&place->values, &place->listener, &error));
    g_assert_cmpstr(place->listener.path, ==, place->path);
}

static void
test_inet_is_left_to_libmilter(struct place *place, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    (void)data;
    place->values.milter_socket = (char *)"inet:8892@127.0.0.1";
    g_assert_true(listen_open(&place->values, &place->listener, &error));
    g_assert_cmpstr(place->listener.connection, ==, "inet:8892@127.0.0.1");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, fn) g_test_add("/listen/" path, struct place, NULL, setup, fn, teardown)
    ADD("socket-is-private-and-listens", test_socket_is_private_and_listens);
    ADD("unknown-group-is-no-reason-to-stop", test_unknown_group_is_no_reason_to_stop);
    ADD("stale-socket-is-replaced", test_stale_socket_is_replaced);
    ADD("live-socket-is-left-alone", test_live_socket_is_left_alone);
    ADD("other-file-is-left-alone", test_other_file_is_left_alone);
    ADD("missing-folder-says-how-to-make-it", test_missing_folder_says_how_to_make_it);
    ADD("passed-socket-is-taken", test_passed_socket_is_taken);
    ADD("socket-of-another-process-is-not-taken", test_socket_of_another_process_is_not_taken);
    ADD("inet-is-left-to-libmilter", test_inet_is_left_to_libmilter);
    return g_test_run();
}
