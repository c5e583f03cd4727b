#include "tests/store/scratch.h"

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/error.h"

/* ---- the folder ---- */

static scratch *
scratch_in(const char *parent)
{
    scratch *self = g_new0(scratch, 1);
    self->folder = g_build_filename(parent, "postern-store-XXXXXX", NULL);
    g_assert_nonnull(g_mkdtemp(self->folder));
    self->path = g_build_filename(self->folder, "test.db", NULL);
    self->database = g_strconcat("sqlite:", self->path, NULL);
    return self;
}

scratch *
scratch_new(void)
{
    return scratch_in(g_get_tmp_dir());
}

scratch *
scratch_new_in_memory(void)
{
    return scratch_in(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : g_get_tmp_dir());
}

void
scratch_free(scratch *self)
{
    g_autoptr(GDir) dir = g_dir_open(self->folder, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(self->folder, name, NULL);
        g_assert_cmpint(unlink(path), ==, 0);
    }
    g_assert_cmpint(rmdir(self->folder), ==, 0);
    g_free(self->folder);
    g_free(self->path);
    g_free(self->database);
    g_free(self);
}

struct store_options
scratch_options(const scratch *self)
{
    return (struct store_options){.database = self->database, .busy_timeout = 10, .readers = 2, .create = TRUE};
}

store *
scratch_open(const scratch *self)
{
    g_autoptr(GError) error = NULL;
    struct store_options options = scratch_options(self);
    store *store = store_open(&options, &error);
    g_assert_no_error(error);
    g_assert_nonnull(store);
    return store;
}

char *
scratch_file(const scratch *self, const char *suffix)
{
    return g_strconcat(self->path, suffix, NULL);
}

gint64
scratch_file_size(const scratch *self, const char *suffix)
{
    g_autofree char *path = scratch_file(self, suffix);
    struct stat st;
    return stat(path, &st) == 0 ? st.st_size : 0;
}

/* ---- functions ---- */

gboolean
add_row(store_tx *tx, G_GNUC_UNUSED gpointer arg, GError **error)
{
    return store_run(tx, STMT_RAW_PUT, error, store_int(1), store_int(1));
}

gboolean
add_row_and_fail(store_tx *tx, gpointer arg, GError **error)
{
    if (!add_row(tx, arg, error))
        return FALSE;
    g_set_error_literal(error, POSTERN_ERROR, POSTERN_ERROR_REFUSED, "on purpose");
    return FALSE;
}

gboolean
ask_number(store_tx *tx, gpointer arg, GError **error)
{
    struct question *question = arg;
    g_autofree char *answer = NULL;
    if (!tx->driver->ask(tx->conn, question->sql, &answer, error))
        return FALSE;
    question->answer = answer ? g_ascii_strtoll(answer, NULL, 10) : -1;
    return TRUE;
}

gint64
ask(store *store, const char *sql)
{
    g_autoptr(GError) error = NULL;
    struct question question = {.sql = sql};
    store_read(store, ask_number, &question, &error);
    g_assert_no_error(error);
    return question.answer;
}

gint64
ask_writer(store *store, const char *sql)
{
    g_autoptr(GError) error = NULL;
    struct question question = {.sql = sql};
    store_write(store, ask_number, &question, &error);
    g_assert_no_error(error);
    return question.answer;
}

static gboolean
run_script(store_tx *tx, gpointer arg, GError **error)
{
    return tx->driver->script(tx->conn, arg, error);
}

void
tell_writer(store *store, const char *sql)
{
    g_autoptr(GError) error = NULL;
    store_write(store, run_script, (gpointer)sql, &error);
    g_assert_no_error(error);
}

static gboolean
read_counts(store_tx *tx, gpointer arg, G_GNUC_UNUSED GError **error)
{
    tx->driver->counts(tx->conn, arg);
    return TRUE;
}

struct driver_counts
count_writer(store *store)
{
    g_autoptr(GError) error = NULL;
    struct driver_counts counts = {0};
    store_write(store, read_counts, &counts, &error);
    g_assert_no_error(error);
    return counts;
}

/* ---- many callers ---- */

struct gate {
    store *store;
    guint callers;
    gint64 batch_time;
    pthread_mutex_t mutex;
    pthread_cond_t entered;
    gboolean inside;
};

/* In the writer's thread. Waits for a state that the callers' threads reach by themselves. */
static gboolean
hold_writer(G_GNUC_UNUSED store_tx *tx, gpointer arg, G_GNUC_UNUSED GError **error)
{
    struct gate *gate = arg;
    pthread_mutex_lock(&gate->mutex);
    gate->inside = TRUE;
    pthread_cond_signal(&gate->entered);
    pthread_mutex_unlock(&gate->mutex);
    while (writer_waiting(store_writer(gate->store)) < gate->callers)
        sched_yield();
    writer_set_batch_time(store_writer(gate->store), gate->batch_time); /* of the next batch: this one's is 0 */
    return TRUE;
}

static gpointer
gate_thread(gpointer data)
{
    struct gate *gate = data;
    g_assert_true(store_write(gate->store, hold_writer, gate, NULL));
    return NULL;
}

struct call {
    store *store;
    struct caller *caller;
    pthread_t thread;
};

static gpointer
call_thread(gpointer data)
{
    struct call *call = data;
    call->caller->ok = store_write(call->store, call->caller->fn, call->caller->arg, &call->caller->error);
    return NULL;
}

void
run_together_within(store *store, struct caller *callers, guint count, gint64 batch_time)
{
    struct gate gate = {.store = store, .callers = count, .batch_time = batch_time};
    writer_set_batch_time(store_writer(store), 0);
    pthread_mutex_init(&gate.mutex, NULL);
    pthread_cond_init(&gate.entered, NULL);
    pthread_t holder;
    g_assert_cmpint(pthread_create(&holder, NULL, gate_thread, &gate), ==, 0);
    pthread_mutex_lock(&gate.mutex);
    while (!gate.inside)
        pthread_cond_wait(&gate.entered, &gate.mutex);
    pthread_mutex_unlock(&gate.mutex);
    g_autofree struct call *calls = g_new0(struct call, count);
    for (guint i = 0; i < count; i++) {
        calls[i] = (struct call){.store = store, .caller = &callers[i]};
        g_assert_cmpint(pthread_create(&calls[i].thread, NULL, call_thread, &calls[i]), ==, 0);
        while (i + 1 < count && writer_waiting(store_writer(store)) < i + 1) /* the last one opens the gate */
            sched_yield();
    }
    for (guint i = 0; i < count; i++)
        pthread_join(calls[i].thread, NULL);
    pthread_join(holder, NULL);
    pthread_mutex_destroy(&gate.mutex);
    pthread_cond_destroy(&gate.entered);
    writer_set_batch_time(store_writer(store), WRITER_BATCH_TIME);
}

void
run_together(store *store, struct caller *callers, guint count)
{
    run_together_within(store, callers, count, 600 * G_USEC_PER_SEC);
}

/* ---- processes ---- */

pid_t
spawn(void (*fn)(gpointer arg), gpointer arg)
{
    fflush(NULL);
    pid_t child = fork();
    g_assert_cmpint(child, >=, 0);
    if (child > 0)
        return child;
    alarm(600); /* a test that hangs leaves nobody behind */
    fn(arg);
    fflush(NULL);
    _exit(0);
}

void
await(pid_t child)
{
    int status;
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_cmpint(status, ==, 0);
}

void
kill_hard(pid_t child)
{
    int status;
    g_assert_cmpint(kill(child, SIGKILL), ==, 0);
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFSIGNALED(status));
}

gboolean
long_run(void)
{
    return g_strcmp0(g_getenv("POSTERN_LONG"), "1") == 0;
}
