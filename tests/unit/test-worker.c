/* Workers: callers are served in order, on large stacks, by threads that no signal reaches. */
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "lib/worker.h"

static void
add_one(gpointer arg)
{
    ++*(int *)arg;
}

static void
test_run_returns_after_the_function(void)
{
    int count = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(worker_pool) pool = worker_pool_new(2, &error);
    g_assert_no_error(error);
    for (int i = 0; i < 1000; i++) {
        worker_pool_run(pool, add_one, &count);
        g_assert_cmpint(count, ==, i + 1);
    }
}

/* Uses a quarter of the promised stack (sanitizers make frames larger): far more than a thread gets by default. */
static guint __attribute__((noinline)) dig(guint pages)
{
    volatile char page[4096];
    memset((char *)page, (int)pages, sizeof page);
    return pages ? dig(pages - 1) + (guint)page[17] % 2 : 0;
}

static void
dig_deep(gpointer arg)
{
    *(guint *)arg = dig(WORKER_STACK_BYTES / 4096 / 4) + 1;
}

static void
test_stacks_are_large(void)
{
    guint result = 0;
    g_autoptr(worker_pool) pool = worker_pool_new(1, NULL);
    worker_pool_run(pool, dig_deep, &result);
    g_assert_cmpuint(result, >, 0);
}

static void
read_stack_size(gpointer arg)
{
    pthread_attr_t attributes;
    g_assert_cmpint(pthread_getattr_np(pthread_self(), &attributes), ==, 0);
    pthread_attr_getstacksize(&attributes, arg);
    pthread_attr_destroy(&attributes);
}

static void
test_stack_size_is_as_promised(void)
{
    size_t size = 0;
    g_autoptr(worker_pool) pool = worker_pool_new(1, NULL);
    worker_pool_run(pool, read_stack_size, &size);
    g_assert_cmpuint(size, >=, WORKER_STACK_BYTES);
}

static void
read_mask(gpointer arg)
{
    pthread_sigmask(SIG_SETMASK, NULL, arg);
}

static void
test_signals_are_blocked_in_workers_only(void)
{
    static const int SIGNALS[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD, SIGPIPE, SIGALRM};
    sigset_t none, before, inside, after;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, &before); /* earlier tests may have left something */
    g_autoptr(worker_pool) pool = worker_pool_new(1, NULL);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    worker_pool_run(pool, read_mask, &inside);
    for (guint i = 0; i < G_N_ELEMENTS(SIGNALS); i++) {
        g_assert_true(sigismember(&inside, SIGNALS[i]));
        g_assert_false(sigismember(&after, SIGNALS[i]));
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* A gate that holds the only worker until every caller stands in the queue. */
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    gboolean entered, open;
    GArray *order;
};

struct caller {
    struct gate *gate;
    worker_pool *pool;
    int number;
};

static void
wait_at_gate(gpointer arg)
{
    struct gate *gate = arg;
    pthread_mutex_lock(&gate->lock);
    gate->entered = TRUE;
    pthread_cond_broadcast(&gate->changed);
    while (!gate->open)
        pthread_cond_wait(&gate->changed, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

static void *
hold(void *arg)
{
    struct caller *caller = arg;
    worker_pool_run(caller->pool, wait_at_gate, caller->gate);
    return NULL;
}

static void
note_order(gpointer arg)
{
    struct caller *caller = arg;
    g_array_append_val(caller->gate->order, caller->number);
}

static void *
queue_up(void *arg)
{
    struct caller *caller = arg;
    worker_pool_run(caller->pool, note_order, caller);
    return NULL;
}

static void
open_gate(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->open = TRUE;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
}

static void
test_callers_are_served_in_order(void)
{
    enum { CALLERS = 20 };
    struct gate gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, FALSE, FALSE, NULL};
    struct caller callers[CALLERS];
    pthread_t threads[CALLERS], holder;
    g_autoptr(GArray) order = g_array_new(FALSE, FALSE, sizeof(int));
    g_autoptr(worker_pool) pool = worker_pool_new(1, NULL);

    gate.order = order;
    callers[0] = (struct caller){&gate, pool, 0};
    g_assert_cmpint(pthread_create(&holder, NULL, hold, &callers[0]), ==, 0);
    pthread_mutex_lock(&gate.lock);
    while (!gate.entered)
        pthread_cond_wait(&gate.changed, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){&gate, pool, i};
        g_assert_cmpint(pthread_create(&threads[i], NULL, queue_up, &callers[i]), ==, 0);
        while (worker_pool_waiting(pool) != (guint)i + 1)
            g_thread_yield();
    }
    open_gate(&gate);
    for (int i = 0; i < CALLERS; i++)
        pthread_join(threads[i], NULL);
    pthread_join(holder, NULL);
    g_assert_cmpuint(order->len, ==, CALLERS);
    for (int i = 0; i < CALLERS; i++)
        g_assert_cmpint(g_array_index(order, int, i), ==, i);
}

/* Two tasks that each wait for the other end only when two workers run them at once. */
static void
meet(gpointer arg)
{
    pthread_barrier_wait(arg);
}

struct meeting {
    worker_pool *pool;
    pthread_barrier_t barrier;
};

static void *
go_and_meet(void *arg)
{
    struct meeting *meeting = arg;
    worker_pool_run(meeting->pool, meet, &meeting->barrier);
    return NULL;
}

static void
test_workers_run_side_by_side(void)
{
    struct meeting meeting;
    pthread_t other;
    g_autoptr(worker_pool) pool = worker_pool_new(2, NULL);
    meeting.pool = pool;
    pthread_barrier_init(&meeting.barrier, NULL, 2);
    g_assert_cmpint(pthread_create(&other, NULL, go_and_meet, &meeting), ==, 0);
    go_and_meet(&meeting);
    pthread_join(other, NULL);
    pthread_barrier_destroy(&meeting.barrier);
}

struct crowd {
    worker_pool *pool;
    int *counts;
};

static void *
run_many(void *arg)
{
    struct crowd *crowd = arg;
    int mine = 0;
    for (int i = 0; i < 2000; i++)
        worker_pool_run(crowd->pool, add_one, &mine);
    *crowd->counts = mine;
    return NULL;
}

static void
test_a_crowd_loses_nothing(void)
{
    enum { THREADS = 8 };
    int counts[THREADS] = {0};
    struct crowd crowds[THREADS];
    pthread_t threads[THREADS];
    g_autoptr(worker_pool) pool = worker_pool_new(3, NULL);
    for (int i = 0; i < THREADS; i++) {
        crowds[i] = (struct crowd){pool, &counts[i]};
        g_assert_cmpint(pthread_create(&threads[i], NULL, run_many, &crowds[i]), ==, 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        g_assert_cmpint(counts[i], ==, 2000);
    }
}

static void
test_free_is_prompt_and_takes_null(void)
{
    worker_pool_free(NULL);
    for (int i = 0; i < 20; i++)
        worker_pool_free(worker_pool_new(4, NULL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/worker/run-returns-after-the-function", test_run_returns_after_the_function);
    g_test_add_func("/worker/stacks-are-large", test_stacks_are_large);
    g_test_add_func("/worker/stack-size-is-as-promised", test_stack_size_is_as_promised);
    g_test_add_func("/worker/signals-are-blocked-in-workers-only", test_signals_are_blocked_in_workers_only);
    g_test_add_func("/worker/callers-are-served-in-order", test_callers_are_served_in_order);
    g_test_add_func("/worker/workers-run-side-by-side", test_workers_run_side_by_side);
    g_test_add_func("/worker/a-crowd-loses-nothing", test_a_crowd_loses_nothing);
    g_test_add_func("/worker/free-is-prompt", test_free_is_prompt_and_takes_null);
    return g_test_run();
}
