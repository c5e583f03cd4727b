/* The wake: a hint that arrives when somebody listens, and harms nobody otherwise. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "lib/error.h"
#include "lib/wake.h"
#include "scratch-file.h"

static int
listen_good(struct scratch *scratch)
{
    g_autoptr(GError) error = NULL;
    int fd = wake_listen(scratch->path, &error);
    g_assert_no_error(error);
    g_assert_cmpint(fd, >=, 0);
    return fd;
}

static void
test_a_wake_arrives(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    int fd = listen_good(scratch);
    g_assert_false(wake_drain(fd));
    wake_send(scratch->path);
    g_assert_true(wake_drain(fd));
    g_assert_false(wake_drain(fd));
    close(fd);
}

static void
test_many_wakes_are_one(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    int fd = listen_good(scratch);
    for (int i = 0; i < 10000; i++) /* far more than the queue takes: a sender that blocked would stand here for ever */
        wake_send(scratch->path);
    g_assert_true(wake_drain(fd));
    g_assert_false(wake_drain(fd));
    close(fd);
}

static void
test_sending_to_nobody_is_fine(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    g_autofree char *longer = g_strnfill(500, 'x');
    wake_send(scratch->path);
    wake_send(longer);
    int fd = listen_good(scratch);
    close(fd);
    wake_send(scratch->path);
}

static void
test_a_stale_socket_is_replaced(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    close(listen_good(scratch));
    g_assert_true(g_file_test(scratch->path, G_FILE_TEST_EXISTS));
    int fd = listen_good(scratch);
    wake_send(scratch->path);
    g_assert_true(wake_drain(fd));
    close(fd);
}

static void
test_a_live_socket_is_a_conflict(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    int fd = listen_good(scratch);
    g_assert_cmpint(wake_listen(scratch->path, &error), ==, -1);
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_CONFLICT);
    wake_send(scratch->path); /* the first one still listens, and its being asked was no wake */
    g_assert_true(wake_drain(fd));
    close(fd);
}

static void
test_a_file_is_never_deleted(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    g_autofree char *content = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(g_file_set_contents(scratch->path, "precious", -1, NULL));
    g_assert_cmpint(wake_listen(scratch->path, &error), ==, -1);
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID);
    g_assert_true(g_file_get_contents(scratch->path, &content, NULL, NULL));
    g_assert_cmpstr(content, ==, "precious");
}

static void
test_a_long_path_is_a_readable_error(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    g_autofree char *name = g_strnfill(108 - strlen(scratch->folder) - 1, 'x');
    g_autofree char *over = g_build_filename(scratch->folder, name, NULL);
    g_assert_cmpuint(strlen(over), ==, 108);
    g_assert_cmpint(wake_listen(over, &error), ==, -1);
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID);
    g_assert_nonnull(strstr(error->message, "at most 107 bytes, this one has 108"));

    over[107] = 0;
    int fd = wake_listen(over, NULL);
    g_assert_cmpint(fd, >=, 0);
    wake_send(over);
    g_assert_true(wake_drain(fd));
    close(fd);
    g_unlink(over);
}

static void
test_an_absent_folder_is_told(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(scratch->folder, "absent", "wake", NULL);
    g_assert_cmpint(wake_listen(path, &error), ==, -1);
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP);
    g_assert_nonnull(strstr(error->message, path));
}

static void
test_the_descriptor_is_private(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    struct stat status;
    mode_t before = umask(0);
    int fd = listen_good(scratch);
    umask(before);
    g_assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    g_assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    g_assert_cmpint(stat(scratch->path, &status), ==, 0);
    g_assert_cmphex(status.st_mode & 0777, ==, 0600);
    close(fd);
}

#define ADD(name, function)                                                                                            \
    g_test_add("/wake/" name, struct scratch, "wake", scratch_set_up, function, scratch_tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("a-wake-arrives", test_a_wake_arrives);
    ADD("many-wakes-are-one-and-none-blocks", test_many_wakes_are_one);
    ADD("sending-to-nobody-is-fine", test_sending_to_nobody_is_fine);
    ADD("a-stale-socket-is-replaced", test_a_stale_socket_is_replaced);
    ADD("a-live-socket-is-a-conflict", test_a_live_socket_is_a_conflict);
    ADD("a-file-is-never-deleted", test_a_file_is_never_deleted);
    ADD("a-long-path-is-a-readable-error", test_a_long_path_is_a_readable_error);
    ADD("an-absent-folder-is-told", test_an_absent_folder_is_told);
    ADD("the-descriptor-is-private", test_the_descriptor_is_private);
    return g_test_run();
}
