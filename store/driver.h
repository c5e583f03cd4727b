/*
 * The seam between the store and an engine. Inside store/ only (and its tests).
 *
 * An engine is a `struct driver`: connections, statements, transactions, turns. Everything else (the writer's queue,
 * group commit, the pool of readers, rows, raw mails, migrations) is the store's and the same for all engines.
 */
#ifndef POSTERN_STORE_DRIVER_H
#define POSTERN_STORE_DRIVER_H

#include <glib.h>

#include "store/store.h"

/* ---- tables ---- */

/* The schema's history, the first entry is version 1, without gaps. An entry's text may hold several statements and no
 * BEGIN or COMMIT. `pgsql` NULL: the same text serves. On SQLite it runs with foreign keys off (tables may be rebuilt)
 * and all of them are checked before COMMIT. */
struct store_migration {
    int version;
    const char *sqlite;
    const char *pgsql;
};
extern const struct store_migration store_migrations[];
extern const guint store_migrations_count;

struct store_statement_text {
    const char *name;
    const char *sqlite;
    const char *pgsql;
};
extern const struct store_statement_text store_statement_texts[STMT_COUNT];

/* ---- engines ---- */

struct driver_db;   /* an opened database: where it is, whose turn it is. Any thread */
struct driver_conn; /* a connection. One thread at a time */

enum driver_role { DRIVER_WRITER, DRIVER_READER };

enum driver_tidy {
    DRIVER_TIDY_DUE,  /* where it is worth it */
    DRIVER_TIDY_NOW,  /* as far as nobody has to wait */
    DRIVER_TIDY_LAST, /* thoroughly: the connection will not write again */
};

/* What the engine itself counted on a connection, for tests and benchmarks. */
struct driver_counts {
    guint64 commits;     /* durable ones: each is one wait for the disk */
    guint64 checkpoints; /* of the write-ahead log */
    guint64 wal_frames;  /* in the log after the last commit */
};

struct driver {
    const char *scheme; /* "sqlite" in "sqlite:PATH" */

    /* `location` is what follows the scheme. NOT_FOUND: not there and !options->create. */
    struct driver_db *(*open)(const char *location, const struct store_options *options, GError **error);
    void (*close)(struct driver_db *db);
    struct driver_conn *(*connect)(struct driver_db *db, enum driver_role role, GError **error);
    void (*disconnect)(struct driver_conn *conn);
    /* All of store_statement_texts. INVALID names the statement whose text is bad. From now on a transaction that finds
     * another schema than `version` fails: somebody migrated under a running program. */
    gboolean (*prepare)(struct driver_conn *conn, int version, GError **error);

    /* Processes take turns at writing. `deadline`: g_get_monotonic_time() after which to give up (TEMP). */
    gboolean (*take_turn)(struct driver_db *db, gint64 deadline, GError **error);
    void (*leave_turn)(struct driver_db *db);
    /* Housekeeping while holding the turn, outside a transaction. */
    void (*tidy)(struct driver_conn *conn, enum driver_tidy when);

    /* 0: an empty database. INVALID: a database of something else. */
    gboolean (*version)(struct driver_conn *conn, int *version, GError **error);
    /* Runs `count` entries and records the last one's version, all in one transaction. */
    gboolean (*migrate)(struct driver_conn *conn, const struct store_migration *entries, guint count, GError **error);

    gboolean (*begin)(struct driver_conn *conn, GError **error);
    gboolean (*commit)(struct driver_conn *conn, GError **error);
    void (*rollback)(struct driver_conn *conn);
    /* A savepoint around one function of a batch. `keep` refuses (INVALID) what deferred constraints would refuse at
     * COMMIT. */
    gboolean (*mark)(struct driver_conn *conn, GError **error);
    gboolean (*keep)(struct driver_conn *conn, GError **error);
    gboolean (*undo)(struct driver_conn *conn, GError **error);
    /* FALSE: the engine has rolled the whole transaction back by itself. */
    gboolean (*alive)(struct driver_conn *conn);

    /* `rows` NULL: not wanted. `*changed` (may be NULL): rows touched. */
    gboolean (*run)(struct driver_conn *conn, enum store_statement statement, const struct store_value *values,
                    store_rows **rows, gint64 *changed, GError **error);

    /* For checks and tests: the first column of the first row as text (NULL: none); a script. */
    gboolean (*ask)(struct driver_conn *conn, const char *sql, char **answer, GError **error);
    gboolean (*script)(struct driver_conn *conn, const char *sql, GError **error);
    void (*counts)(const struct driver_conn *conn, struct driver_counts *counts);
};

extern const struct driver driver_sqlite;

/* The engine of "SCHEME:LOCATION", and its location. INVALID for an unknown one. */
const struct driver *driver_find(const char *database, const char **location, GError **error);

/* What engines share. "cannot WHAT PATH: why", TEMP; returns FALSE. */
gboolean driver_errno_error(GError **error, const char *what, const char *path);
gint64 driver_deadline(gint64 seconds); /* from now, by the monotonic clock */

/* ---- transactions ---- */

struct store_tx {
    const struct driver *driver;
    struct driver_conn *conn;
    GError *failure; /* of the first statement that failed: whatever the function returns, it has failed */
};

/* Runs fn and returns whether it and all its statements succeeded. */
gboolean store_tx_call(struct store_tx *tx, store_fn fn, gpointer arg, GError **error);

/* ---- rows, as a driver fills them ---- */

/* `names`: a column each, interned strings, for they are not copied. */
store_rows *store_rows_new(enum store_statement statement, const char *const *names, guint columns);
/* Cells in order, row by row. `data` is copied. */
void store_rows_add(store_rows *rows, const struct store_value *cell);

/* ---- the writer: group commit ---- */

#define WRITER_BATCH 64               /* functions in one transaction at most */
#define WRITER_BATCH_TIME (50 * 1000) /* microseconds after which a transaction takes no further function */

typedef struct writer writer;

/* Owns `conn` from now on. `timeout`: seconds to wait for the turn. */
writer *writer_new(const struct driver *driver, struct driver_db *db, struct driver_conn *conn, gint64 timeout,
                   GError **error);
gboolean writer_run(writer *self, store_fn fn, gpointer arg, GError **error);
gboolean writer_is_caller(const writer *self); /* is this the writer's thread? */
void writer_free(writer *self);                /* after what is queued */
/* For tests. */
guint writer_waiting(writer *self);                  /* functions in the queue */
void writer_set_batch_time(writer *self, gint64 us); /* from the next batch on, instead of WRITER_BATCH_TIME */
writer *store_writer(store *store);

/* ---- turns: a lock file beside the database ---- */

typedef struct turn turn;

/* `path` of the database, resolved. Files PATH-turn and PATH-queue, owned like the database. */
turn *turn_open(const char *path, GError **error);
gboolean turn_take(turn *self, gint64 deadline, GError **error);
void turn_leave(turn *self);
void turn_close(turn *self);

/* ---- migrations ---- */

/* Makes the schema in an empty database, else compares. CONFLICT: older or newer than `entries`. The caller holds no
 * turn. */
gboolean migrations_check(const struct driver *driver, struct driver_db *db, struct driver_conn *conn,
                          const struct store_options *options, const struct store_migration *entries, guint count,
                          GError **error);
/* store_migrate() with any list, for tests. */
gboolean migrations_run(const struct store_options *options, const struct store_migration *entries, guint count,
                        int *from, int *to, GError **error);

#endif
