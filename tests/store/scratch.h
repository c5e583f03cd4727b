/*
 * What the store's tests share: a scratch folder that goes when the test ends, a few write functions, child processes.
 */
#ifndef POSTERN_TESTS_STORE_SCRATCH_H
#define POSTERN_TESTS_STORE_SCRATCH_H

#include <sys/types.h>

#include "store/driver.h"

typedef struct scratch {
    char *folder;
    char *path;     /* FOLDER/test.db, not made yet */
    char *database; /* "sqlite:" and path */
} scratch;

scratch *scratch_new(void);
scratch *scratch_new_in_memory(void); /* on /dev/shm where it is, for speed */
void scratch_free(scratch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(scratch, scratch_free)

struct store_options scratch_options(const scratch *self); /* create, 2 readers, 10 s */
store *scratch_open(const scratch *self);                  /* must succeed */
char *scratch_file(const scratch *self, const char *suffix);
gint64 scratch_file_size(const scratch *self, const char *suffix); /* 0: none */

/* ---- functions for store_write() and store_read() ---- */

gboolean add_row(store_tx *tx, gpointer arg, GError **error);          /* a row of `raw`; arg: ignored */
gboolean add_row_and_fail(store_tx *tx, gpointer arg, GError **error); /* … then REFUSED "on purpose" */
gboolean ask_number(store_tx *tx, gpointer arg, GError **error);       /* arg: struct question */

struct question {
    const char *sql;
    gint64 answer; /* -1: NULL or no row */
};
gint64 ask(store *store, const char *sql);        /* through a reader */
gint64 ask_writer(store *store, const char *sql); /* through the writer's connection */
void tell_writer(store *store, const char *sql);  /* a script, inside a transaction */
struct driver_counts count_writer(store *store);  /* costs a commit itself */

/* ---- many callers at once ---- */

/* Holds the writer's thread until all callers wait behind it, in this order, so that what they ask falls into the next
 * batch. That batch takes functions for `batch_time` microseconds; run_together(): as long as it takes on any machine.
 */
struct caller {
    store_fn fn;
    gpointer arg;
    gboolean ok;
    GError *error; /* the caller of run_together frees it */
};
void run_together(store *store, struct caller *callers, guint count);
void run_together_within(store *store, struct caller *callers, guint count, gint64 batch_time);

/* ---- processes ---- */

/* Runs fn in a child that ends with status 0 when fn returns. It may start threads only if this process has none. */
pid_t spawn(void (*fn)(gpointer arg), gpointer arg);
void await(pid_t child);     /* must have ended with 0 */
void kill_hard(pid_t child); /* SIGKILL, and waits */

gboolean long_run(void); /* POSTERN_LONG=1: minutes rather than seconds */

#endif
