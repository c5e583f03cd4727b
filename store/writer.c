/*
 * The writer: one thread that runs everybody's write functions, as many as wait in one transaction, each in a
 * savepoint. One COMMIT, which waits for the disk, serves them all; nobody returns before it.
 */
#include <pthread.h>
#include <signal.h>

#include "lib/error.h"
#include "store/driver.h"

/* Lives on the caller's stack until `done`. */
struct request {
    store_fn fn;
    gpointer arg;
    gint64 deadline; /* for the turn to come */
    GError *error;   /* NULL: succeeded */
    gboolean done;
    pthread_cond_t wake;
    struct request *next;
};

struct queue {
    struct request *head;
    struct request **tail;
};

struct writer {
    const struct driver *driver;
    struct driver_db *db;
    struct driver_conn *conn;
    gint64 timeout; /* seconds */
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows and the requests' `done` */
    pthread_cond_t work;
    gint64 batch_time; /* microseconds */
    struct queue waiting;
    gboolean closing;
};

static void
queue_init(struct queue *queue)
{
    queue->head = NULL;
    queue->tail = &queue->head;
}

static void
queue_push(struct queue *queue, struct request *request)
{
    request->next = NULL;
    *queue->tail = request;
    queue->tail = &request->next;
}

static struct request *
queue_pop(struct queue *queue)
{
    struct request *request = queue->head;
    if (!request)
        return NULL;
    queue->head = request->next;
    if (!queue->head)
        queue->tail = &queue->head;
    return request;
}

static struct request *
next_request(writer *self)
{
    pthread_mutex_lock(&self->mutex);
    struct request *request = queue_pop(&self->waiting);
    pthread_mutex_unlock(&self->mutex);
    return request;
}

static void
take_all(writer *self, struct queue *queue)
{
    struct request *request;
    while ((request = next_request(self)))
        queue_push(queue, request);
}

/* ---- one batch ---- */

/* FALSE when the transaction as a whole is lost; a function that merely failed leaves its error in the request. */
static gboolean
run_one(writer *self, struct request *request, GError **error)
{
    const struct driver *driver = self->driver;
    struct store_tx tx = {.driver = driver, .conn = self->conn};
    if (!driver->mark(self->conn, error))
        return FALSE;
    gboolean ok = store_tx_call(&tx, request->fn, request->arg, &request->error);
    if (!driver->alive(self->conn)) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP, "the transaction was rolled back: %s",
                    request->error ? request->error->message : "no reason given");
        return FALSE;
    }
    if (ok && driver->keep(self->conn, &request->error))
        return TRUE;
    return driver->undo(self->conn, error);
}

/* When it takes no further function. */
static gint64
batch_end(writer *self)
{
    pthread_mutex_lock(&self->mutex);
    gint64 time = self->batch_time;
    pthread_mutex_unlock(&self->mutex);
    return g_get_monotonic_time() + time;
}

static gboolean
run_batch(writer *self, struct queue *batch, GError **error)
{
    if (!self->driver->begin(self->conn, error))
        return FALSE;
    gint64 end = batch_end(self);
    struct request *request;
    for (guint n = 0; n < WRITER_BATCH && (n == 0 || g_get_monotonic_time() < end) && (request = next_request(self));
         n++) {
        queue_push(batch, request);
        if (!run_one(self, request, error))
            return FALSE;
    }
    return self->driver->commit(self->conn, error);
}

/* Tells the callers. With `lost` nothing of the batch was written, and what a function said rests on rows that are
 * gone. */
static void
answer(writer *self, struct queue *batch, const GError *lost)
{
    pthread_mutex_lock(&self->mutex);
    struct request *request;
    while ((request = queue_pop(batch))) {
        if (lost) {
            g_clear_error(&request->error);
            request->error = g_error_new_literal(POSTERN_ERROR, POSTERN_ERROR_TEMP, lost->message);
        }
        request->done = TRUE;
        pthread_cond_signal(&request->wake); /* under the mutex: the request is gone once its caller sees `done` */
    }
    pthread_mutex_unlock(&self->mutex);
}

static void
write_batch(writer *self)
{
    g_autoptr(GError) lost = NULL;
    struct queue batch;
    queue_init(&batch);
    if (!run_batch(self, &batch, &lost)) {
        self->driver->rollback(self->conn);
        if (!batch
                 .head) /* it could not even begin: those who wait would only wait as long again, one after the other */
            take_all(self, &batch);
    }
    answer(self, &batch, lost);
    self->driver->tidy(self->conn, DRIVER_TIDY_DUE);
}

/* The turn did not come: whoever has waited long enough is told. Where it failed before its time, waiting helps nobody.
 */
static void
answer_unserved(writer *self, gint64 deadline, const GError *error)
{
    struct queue unserved;
    queue_init(&unserved);
    gint64 now = g_get_monotonic_time();
    pthread_mutex_lock(&self->mutex);
    while (self->waiting.head && (self->waiting.head->deadline <= now || now < deadline))
        queue_push(&unserved, queue_pop(&self->waiting));
    pthread_mutex_unlock(&self->mutex);
    answer(self, &unserved, error);
}

/* ---- the thread ---- */

/* The deadline of the oldest request; FALSE when there is nothing left to do for ever. */
static gboolean
wait_for_work(writer *self, gint64 *deadline)
{
    pthread_mutex_lock(&self->mutex);
    while (!self->waiting.head && !self->closing)
        pthread_cond_wait(&self->work, &self->mutex);
    gboolean some = self->waiting.head != NULL;
    if (some)
        *deadline = self->waiting.head->deadline;
    pthread_mutex_unlock(&self->mutex);
    return some;
}

static gpointer
writer_thread(gpointer data)
{
    writer *self = data;
    gint64 deadline;
    while (wait_for_work(self, &deadline)) {
        g_autoptr(GError) error = NULL;
        if (self->driver->take_turn(self->db, deadline, &error)) {
            write_batch(self);
            self->driver->leave_turn(self->db);
        } else {
            answer_unserved(self, deadline, error);
        }
    }
    return NULL;
}

static int
start_thread(writer *self)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&self->thread, NULL, writer_thread, self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

static void
writer_destroy(writer *self)
{
    self->driver->disconnect(self->conn);
    pthread_mutex_destroy(&self->mutex);
    pthread_cond_destroy(&self->work);
    g_free(self);
}

writer *
writer_new(const struct driver *driver, struct driver_db *db, struct driver_conn *conn, gint64 timeout, GError **error)
{
    writer *self = g_new0(writer, 1);
    *self = (writer){.driver = driver, .db = db, .conn = conn, .timeout = timeout, .batch_time = WRITER_BATCH_TIME};
    pthread_mutex_init(&self->mutex, NULL);
    pthread_cond_init(&self->work, NULL);
    queue_init(&self->waiting);
    int failed = start_thread(self);
    if (!failed)
        return self;
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP, "cannot start the writer's thread: %s", g_strerror(failed));
    writer_destroy(self);
    return NULL;
}

gboolean
writer_run(writer *self, store_fn fn, gpointer arg, GError **error)
{
    struct request request = {.fn = fn, .arg = arg, .deadline = driver_deadline(self->timeout)};
    pthread_cond_init(&request.wake, NULL);
    pthread_mutex_lock(&self->mutex);
    queue_push(&self->waiting, &request);
    pthread_cond_signal(&self->work);
    while (!request.done)
        pthread_cond_wait(&request.wake, &self->mutex);
    pthread_mutex_unlock(&self->mutex);
    pthread_cond_destroy(&request.wake);
    if (!request.error)
        return TRUE;
    g_propagate_error(error, request.error);
    return FALSE;
}

gboolean
writer_is_caller(const writer *self)
{
    return pthread_equal(pthread_self(), self->thread);
}

void
writer_set_batch_time(writer *self, gint64 us)
{
    pthread_mutex_lock(&self->mutex);
    self->batch_time = us;
    pthread_mutex_unlock(&self->mutex);
}

guint
writer_waiting(writer *self)
{
    guint count = 0;
    pthread_mutex_lock(&self->mutex);
    for (struct request *request = self->waiting.head; request; request = request->next)
        count++;
    pthread_mutex_unlock(&self->mutex);
    return count;
}

/* A log that nobody can tidy now (a reader, another process that writes) is tidied by the next one who writes. */
static void
tidy_last(writer *self)
{
    g_autoptr(GError) error = NULL;
    if (!self->driver->take_turn(self->db, g_get_monotonic_time() + G_USEC_PER_SEC / 2, &error))
        return;
    self->driver->tidy(self->conn, DRIVER_TIDY_LAST);
    self->driver->leave_turn(self->db);
}

void
writer_free(writer *self)
{
    if (!self)
        return;
    pthread_mutex_lock(&self->mutex);
    self->closing = TRUE;
    pthread_cond_signal(&self->work);
    pthread_mutex_unlock(&self->mutex);
    pthread_join(self->thread, NULL);
    tidy_last(self);
    writer_destroy(self);
}
