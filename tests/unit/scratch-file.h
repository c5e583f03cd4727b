/* A path in a folder of a test's own; the folder goes with what stands at the path, and nothing else may be there. */
#ifndef POSTERN_TESTS_SCRATCH_FILE_H
#define POSTERN_TESTS_SCRATCH_FILE_H

#include <glib.h>

struct scratch {
    char *folder;
    char *path;
};

/* For g_test_add(); `name` is the file's. */
void scratch_set_up(struct scratch *scratch, gconstpointer name);
void scratch_tear_down(struct scratch *scratch, gconstpointer name);

#endif
