/* A mail's bytes while they arrive. */
#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/error.h"
#include "milter/spool.h"

static char *folder;

static guint
files_in_folder(void)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    guint count = 0;
    while (g_dir_read_name(dir))
        count++;
    return count;
}

static void
assert_content(spool *self, const GString *expected)
{
    g_autoptr(GError) error = NULL;
    gconstpointer data;
    gsize length;
    g_assert_true(spool_view(self, &data, &length, &error));
    g_assert_no_error(error);
    g_assert_cmpmem(data, length, expected->str, expected->len);
}

/* Pieces of every size, with NULs, across the border between memory and file. */
static void
test_bytes_are_exact(void)
{
    static const gsize MEMORY[] = {0, 1, 100, 5000, 1 << 20};
    for (gsize m = 0; m < G_N_ELEMENTS(MEMORY); m++) {
        struct spool_options options = {.directory = folder, .memory = MEMORY[m], .limit = 1 << 20};
        g_autoptr(spool) self = spool_new(&options);
        g_autoptr(GString) expected = g_string_new(NULL);
        for (guint i = 0; i < 150; i++) {
            g_autofree char *piece = g_malloc(i + 1);
            memset(piece, (int)i, i + 1);
            spool_append(self, piece, i);
            g_string_append_len(expected, piece, i);
            if (i % 50 == 49)
                assert_content(self, expected); /* looking does not end it */
        }
        assert_content(self, expected);
        g_assert_cmpuint(spool_length(self), ==, expected->len);
    }
}

static void
test_empty_mail_is_a_mail(void)
{
    struct spool_options options = {.directory = folder, .memory = 10, .limit = 10};
    g_autoptr(spool) self = spool_new(&options);
    g_autoptr(GString) nothing = g_string_new(NULL);
    assert_content(self, nothing);
}

static void
test_file_has_no_name(void)
{
    struct spool_options options = {.directory = folder, .memory = 10, .limit = 1 << 20};
    g_autoptr(spool) self = spool_new(&options);
    guint before = files_in_folder();
    spool_append(self, "more than ten bytes", 19);
    g_assert_cmpuint(files_in_folder(), ==, before);
}

static void
test_limit_is_exact(void)
{
    struct spool_options options = {.directory = folder, .memory = 10, .limit = 20};
    g_autoptr(spool) self = spool_new(&options);
    spool_append(self, "0123456789", 10);
    spool_append(self, "0123456789", 10);
    g_assert_false(spool_is_over(self));
    spool_append(self, "!", 1);
    g_assert_true(spool_is_over(self));
    spool_append(self, "0123456789", 10);
    g_assert_cmpuint(spool_length(self), ==, 31);
}

static void
test_missing_folder_is_temporary(void)
{
    struct spool_options options = {.directory = "/nonexistent", .memory = 2, .limit = 100};
    g_autoptr(spool) self = spool_new(&options);
    g_autoptr(GError) error = NULL;
    gconstpointer data;
    gsize length;
    spool_append(self, "abc", 3);
    spool_append(self, "def", 3);
    g_assert_false(spool_view(self, &data, &length, &error));
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP);
    g_assert_nonnull(strstr(error->message, "/nonexistent"));
}

/* A file that may grow no further stands for a full disk; in a child, for the limit is the process'. */
static void
test_full_disk_is_temporary(void)
{
    if (!g_test_subprocess()) {
        g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
        g_test_trap_assert_passed();
        return;
    }
    struct rlimit limit = {.rlim_cur = 1000, .rlim_max = 1000};
    struct spool_options options = {.directory = folder, .memory = 10, .limit = 1 << 20};
    g_autoptr(spool) self = spool_new(&options);
    g_autoptr(GError) error = NULL;
    gconstpointer data;
    gsize length;
    char block[600] = {0};

    signal(SIGXFSZ, SIG_IGN);
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
    spool_append(self, block, sizeof block);
    g_assert_true(spool_view(self, &data, &length, NULL));
    spool_append(self, block, sizeof block); /* written in part */
    g_assert_false(spool_view(self, &data, &length, &error));
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP);
}

static void
test_check_names_the_folder(void)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(spool_check(folder, &error));
    g_assert_no_error(error);
    g_assert_false(spool_check("/nonexistent", &error));
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP);
    g_assert_nonnull(strstr(error->message, "/nonexistent"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    folder = g_dir_make_tmp("test-spool.XXXXXX", NULL);
    g_test_add_func("/spool/bytes-are-exact", test_bytes_are_exact);
    g_test_add_func("/spool/empty-mail-is-a-mail", test_empty_mail_is_a_mail);
    g_test_add_func("/spool/file-has-no-name", test_file_has_no_name);
    g_test_add_func("/spool/limit-is-exact", test_limit_is_exact);
    g_test_add_func("/spool/missing-folder-is-temporary", test_missing_folder_is_temporary);
    g_test_add_func("/spool/full-disk-is-temporary", test_full_disk_is_temporary);
    g_test_add_func("/spool/check-names-the-folder", test_check_names_the_folder);
    int status = g_test_run();
    g_rmdir(folder);
    g_free(folder);
    return status;
}
