#include "lib/worker.h"

#include <pthread.h>
#include <signal.h>

#include "lib/error.h"

/* A parser's frame can be larger than a page: the guard must catch it anyway. */
#define GUARD_BYTES (1u << 20)

struct task { /* on its caller's stack */
    worker_fn fn;
    gpointer arg;
    gboolean done;
    pthread_cond_t finished;
    struct task *next;
};

struct worker_pool {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct task *first, **last;
    guint waiting;
    gboolean closing;
    guint count;
    pthread_t threads[];
};

/* Next task in order, NULL when the pool closes. Called and returns with the lock held. */
static struct task *
take(worker_pool *pool)
{
    while (!pool->first && !pool->closing)
        pthread_cond_wait(&pool->work, &pool->lock);
    struct task *task = pool->first;
    if (task) {
        pool->first = task->next;
        pool->waiting--;
        if (!pool->first)
            pool->last = &pool->first;
    }
    return task;
}

static void *
serve(void *arg)
{
    worker_pool *pool = arg;
    struct task *task;
    pthread_mutex_lock(&pool->lock);
    while ((task = take(pool))) {
        pthread_mutex_unlock(&pool->lock);
        task->fn(task->arg);
        pthread_mutex_lock(&pool->lock);
        /* Signalled with the lock held: once it is free the caller may return and take the condition with it. */
        task->done = TRUE;
        pthread_cond_signal(&task->finished);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* Threads inherit the mask of who makes them. */
static int
start_thread(pthread_t *thread, const pthread_attr_t *attributes, worker_pool *pool)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int result = pthread_create(thread, attributes, serve, pool);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

worker_pool *
worker_pool_new(guint threads, GError **error)
{
    pthread_attr_t attributes;
    g_autoptr(worker_pool) pool = g_malloc0(sizeof *pool + threads * sizeof pool->threads[0]);
    int result = 0;

    g_assert(threads > 0);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    pool->last = &pool->first;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, WORKER_STACK_BYTES);
    pthread_attr_setguardsize(&attributes, GUARD_BYTES);
    while (!result && pool->count < threads) {
        result = start_thread(&pool->threads[pool->count], &attributes, pool);
        pool->count += result == 0;
    }
    pthread_attr_destroy(&attributes);
    if (!result)
        return g_steal_pointer(&pool);
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP, "cannot start %u threads with stacks of %u MiB: %s", threads,
                WORKER_STACK_BYTES >> 20, g_strerror(result));
    return NULL;
}

void
worker_pool_run(worker_pool *pool, worker_fn fn, gpointer arg)
{
    struct task task = {.fn = fn, .arg = arg};
    pthread_cond_init(&task.finished, NULL);
    pthread_mutex_lock(&pool->lock);
    *pool->last = &task;
    pool->last = &task.next;
    pool->waiting++;
    pthread_cond_signal(&pool->work);
    while (!task.done)
        pthread_cond_wait(&task.finished, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
    pthread_cond_destroy(&task.finished);
}

guint
worker_pool_waiting(worker_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    guint waiting = pool->waiting;
    pthread_mutex_unlock(&pool->lock);
    return waiting;
}

void
worker_pool_free(worker_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->closing = TRUE;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (guint i = 0; i < pool->count; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
    g_free(pool);
}
