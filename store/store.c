/* The store's face: opening, the pool of readers, statements. */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "lib/error.h"
#include "store/driver.h"

struct reader {
    struct driver_conn *conn;
    pthread_t owner; /* while busy */
    gboolean busy;
};

struct store {
    const struct driver *driver;
    struct driver_db *db;
    writer *writer;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t reader_free;
    struct reader *readers;
    guint reader_count;
};

/* ---- life ---- */

static const struct driver *const drivers[] = {&driver_sqlite};

const struct driver *
driver_find(const char *database, const char **location, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(drivers); i++) {
        gsize length = strlen(drivers[i]->scheme);
        if (database && strncmp(database, drivers[i]->scheme, length) == 0 && database[length] == ':') {
            *location = database + length + 1;
            return drivers[i];
        }
    }
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID,
                "\"%s\" names no database: write sqlite:/PATH/OF/postern.db", database ? database : "");
    return NULL;
}

gboolean
driver_errno_error(GError **error, const char *what, const char *path)
{
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP, "cannot %s %s: %s", what, path, g_strerror(errno));
    return FALSE;
}

gint64
driver_deadline(gint64 seconds)
{
    return g_get_monotonic_time() + seconds * G_USEC_PER_SEC;
}

/* A connection that is ready to serve, the schema being what this program wants. */
static struct driver_conn *
connect_ready(store *self, enum driver_role role, const struct store_options *options, GError **error)
{
    struct driver_conn *conn = self->driver->connect(self->db, role, error);
    if (!conn)
        return NULL;
    if ((role != DRIVER_WRITER ||
         migrations_check(self->driver, self->db, conn, options, store_migrations, store_migrations_count, error)) &&
        self->driver->prepare(conn, store_schema_version(), error))
        return conn;
    self->driver->disconnect(conn);
    return NULL;
}

static gboolean
open_writer(store *self, const struct store_options *options, GError **error)
{
    struct driver_conn *conn = connect_ready(self, DRIVER_WRITER, options, error);
    if (conn)
        self->writer = writer_new(self->driver, self->db, conn, options->busy_timeout, error);
    return self->writer != NULL;
}

static gboolean
open_readers(store *self, const struct store_options *options, GError **error)
{
    guint count = MAX(options->readers, 1);
    self->readers = g_new0(struct reader, count);
    while (self->reader_count < count) {
        struct driver_conn *conn = connect_ready(self, DRIVER_READER, options, error);
        if (!conn)
            return FALSE;
        self->readers[self->reader_count++].conn = conn;
    }
    return TRUE;
}

store *
store_open(const struct store_options *options, GError **error)
{
    const char *location;
    const struct driver *driver = driver_find(options->database, &location, error);
    struct driver_db *db = driver ? driver->open(location, options, error) : NULL;
    if (!db)
        return NULL;
    g_autoptr(store) self = g_new0(store, 1);
    self->driver = driver;
    self->db = db;
    pthread_mutex_init(&self->mutex, NULL);
    pthread_cond_init(&self->reader_free, NULL);
    if (!open_writer(self, options, error) || !open_readers(self, options, error))
        return NULL;
    return g_steal_pointer(&self);
}

void
store_close(store *self)
{
    if (!self)
        return;
    for (guint i = 0; i < self->reader_count; i++) {
        g_assert(!self->readers[i].busy);
        self->driver->disconnect(self->readers[i].conn);
    }
    g_free(self->readers);
    writer_free(self->writer);
    self->driver->close(self->db);
    pthread_mutex_destroy(&self->mutex);
    pthread_cond_destroy(&self->reader_free);
    g_free(self);
}

/* ---- transactions ---- */

/* A function that asks for another transaction would wait for itself, or see another snapshot than its own. */
static void
refuse_nesting(const store *self)
{
    if (writer_is_caller(self->writer))
        g_error("store: a transaction was asked for inside a write function");
    for (guint i = 0; i < self->reader_count; i++)
        if (self->readers[i].busy && pthread_equal(self->readers[i].owner, pthread_self()))
            g_error("store: a transaction was asked for inside a read function");
}

gboolean
store_tx_call(struct store_tx *tx, store_fn fn, gpointer arg, GError **error)
{
    GError *reason = NULL;
    gboolean ok = fn(tx, arg, &reason);
    g_assert(ok == (reason == NULL));
    if (!reason) /* it went on after a statement had failed, which PostgreSQL would not let it */
        reason = g_steal_pointer(&tx->failure);
    g_clear_error(&tx->failure);
    if (!reason)
        return TRUE;
    g_propagate_error(error, reason);
    return FALSE;
}

gboolean
store_attempt(store_tx *tx, store_fn fn, gpointer arg, gboolean *done, GError **refusal, GError **error)
{
    GError *reason = NULL;
    g_assert(!tx->failure);
    if (!tx->driver->mark(tx->conn, error))
        return FALSE;
    *done = fn(tx, arg, &reason);
    g_assert(*done == (reason == NULL));
    if (*done && !tx->failure)
        return tx->driver->keep(tx->conn, error);
    /* The mark goes in any case: it has the same name as the one around it. */
    gboolean undone = !tx->driver->alive(tx->conn) || tx->driver->undo(tx->conn, error);
    if (tx->failure) { /* the engine's error, not the function's: nothing of this transaction can be trusted */
        g_clear_error(&reason);
        if (undone)
            g_propagate_error(error, g_error_copy(tx->failure));
        return FALSE;
    }
    if (refusal && undone)
        *refusal = reason;
    else
        g_error_free(reason);
    return undone;
}

gboolean
store_write(store *self, store_fn fn, gpointer arg, GError **error)
{
    pthread_mutex_lock(&self->mutex);
    refuse_nesting(self);
    pthread_mutex_unlock(&self->mutex);
    return writer_run(self->writer, fn, arg, error);
}

static struct reader *
free_reader(store *self)
{
    for (guint i = 0; i < self->reader_count; i++)
        if (!self->readers[i].busy)
            return &self->readers[i];
    return NULL;
}

static struct reader *
take_reader(store *self)
{
    struct reader *reader;
    pthread_mutex_lock(&self->mutex);
    refuse_nesting(self);
    while (!(reader = free_reader(self)))
        pthread_cond_wait(&self->reader_free, &self->mutex);
    reader->busy = TRUE;
    reader->owner = pthread_self();
    pthread_mutex_unlock(&self->mutex);
    return reader;
}

static void
give_reader(store *self, struct reader *reader)
{
    pthread_mutex_lock(&self->mutex);
    reader->busy = FALSE;
    pthread_cond_signal(&self->reader_free);
    pthread_mutex_unlock(&self->mutex);
}

gboolean
store_read(store *self, store_fn fn, gpointer arg, GError **error)
{
    struct reader *reader = take_reader(self);
    struct store_tx tx = {.driver = self->driver, .conn = reader->conn};
    gboolean ok = self->driver->begin(reader->conn, error);
    if (ok) {
        ok = store_tx_call(&tx, fn, arg, error);
        self->driver->rollback(reader->conn);
    }
    give_reader(self, reader);
    return ok;
}

writer *
store_writer(store *self)
{
    return self->writer;
}

/* ---- statements ---- */

struct store_value
store_text(const char *value)
{
    return value ? (struct store_value){.type = STORE_TEXT, .data = value, .length = strlen(value)} : store_null();
}

struct store_value
store_blob(gconstpointer data, gsize length)
{
    return (struct store_value){.type = STORE_BLOB, .data = data, .length = length};
}

/* PostgreSQL refuses such text, SQLite would keep it: the engines must agree. */
static gboolean
check_values(enum store_statement statement, const struct store_value *values, GError **error)
{
    for (guint i = 0; values[i].type != STORE_END; i++) {
        if (values[i].type != STORE_TEXT || g_utf8_validate(values[i].data, values[i].length, NULL))
            continue;
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "%s: value %u is not UTF-8",
                    store_statement_texts[statement].name, i + 1);
        return FALSE;
    }
    return TRUE;
}

static gboolean
run(store_tx *tx, enum store_statement statement, const struct store_value *values, store_rows **rows, gint64 *changed,
    GError **error)
{
    GError *reason = NULL;
    if (check_values(statement, values, &reason) &&
        tx->driver->run(tx->conn, statement, values, rows, changed, &reason))
        return TRUE;
    if (!tx->failure)
        tx->failure = g_error_copy(reason);
    g_propagate_error(error, reason);
    return FALSE;
}

store_rows *
store_query_values(store_tx *tx, enum store_statement statement, const struct store_value *values, GError **error)
{
    store_rows *rows = NULL;
    return run(tx, statement, values, &rows, NULL, error) ? rows : NULL;
}

gboolean
store_run_values(store_tx *tx, enum store_statement statement, const struct store_value *values, gint64 *changed,
                 GError **error)
{
    return run(tx, statement, values, NULL, changed, error);
}
