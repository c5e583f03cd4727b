/*
 * Workers: a fixed set of threads with large stacks that run one function at a time for callers who wait.
 *
 * gmime's recursive parser can need tens of megabytes of stack on hostile input, and libmilter's threads are small, so
 * whoever reads a mail does it in here. Threads block all signals. pthread primitives only (TSan sees them).
 */
#ifndef POSTERN_LIB_WORKER_H
#define POSTERN_LIB_WORKER_H

#include <glib.h>

typedef struct worker_pool worker_pool;
typedef void (*worker_fn)(gpointer arg);

#define WORKER_STACK_BYTES (64u << 20)

/* TEMP when threads cannot be made. */
worker_pool *worker_pool_new(guint threads, GError **error);
/* Runs fn(arg) in a worker and returns when it has returned. Callers queue in order. */
void worker_pool_run(worker_pool *pool, worker_fn fn, gpointer arg);
/* Callers that stand in the queue, not counting those whose function runs. */
guint worker_pool_waiting(worker_pool *pool);
/* Waits for what runs, then ends the threads. Nobody may be inside worker_pool_run(). */
void worker_pool_free(worker_pool *pool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(worker_pool, worker_pool_free)

#endif
