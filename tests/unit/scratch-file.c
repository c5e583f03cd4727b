#include "scratch-file.h"

#include <glib/gstdio.h>

void
scratch_set_up(struct scratch *scratch, gconstpointer name)
{
    scratch->folder = g_dir_make_tmp("postern-test-XXXXXX", NULL);
    g_assert_nonnull(scratch->folder);
    scratch->path = g_build_filename(scratch->folder, name, NULL);
}

void
scratch_tear_down(struct scratch *scratch, gconstpointer name)
{
    (void)name;
    g_unlink(scratch->path);
    g_assert_cmpint(g_rmdir(scratch->folder), ==, 0);
    g_free(scratch->path);
    g_free(scratch->folder);
}
