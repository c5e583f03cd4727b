/*
 * The store: rows in, rows out. The only face of the database; nothing above knows which engine runs.
 *
 *     static gboolean add_org(store_tx *tx, gpointer arg, GError **error)
 *     {
 *         g_autoptr(store_rows) rows = store_query(tx, STMT_ORG_BY_SLUG, error, store_text(slug));
 *         if (!rows) return FALSE;
 *         …
 *     }
 *     if (!store_write(store, add_org, &job, &error)) …
 *
 * store_write() runs a function in a write transaction and returns TRUE after COMMIT is durable. store_read() runs one
 * in a snapshot. That is all the concurrency the rest of the program knows. Both may be called from any thread.
 *
 * Rules for functions:
 *  - They may be run again (a serialization failure, a batch that was rolled back): reset what you hand out at the top,
 * no side effect but rows.
 *  - A statement that fails makes the function return FALSE with that error. Expected collisions use ON CONFLICT in
 *    the statement, never an error caught. A function that returns FALSE leaves no row behind; others in the same batch
 * stand.
 *  - No blocking, no parsing, no I/O inside: the writer serves everybody.
 *
 * Errors: TEMP (busy, full, I/O, lost connection: nothing was written), INVALID (a constraint was broken: our bug or
 * bad input), CONFLICT (unique key), and whatever the function itself set.
 */
#ifndef POSTERN_STORE_STORE_H
#define POSTERN_STORE_STORE_H

#include <glib.h>

typedef struct store store;       /* a process's handle */
typedef struct store_tx store_tx; /* a transaction, valid inside the function only */
typedef struct store_rows store_rows;

enum store_statement {
#define STATEMENT(name, sql) STMT_##name,
#define STATEMENT2(name, sqlite, pgsql) STMT_##name,
#include "store/statements.def"
#undef STATEMENT
#undef STATEMENT2
    STMT_COUNT
};

/* ---- life ---- */

struct store_options {
    const char *database; /* "sqlite:PATH" */
    gint64 busy_timeout;  /* seconds a writer waits for its turn among processes */
    guint readers;        /* read connections kept */
    gboolean create;      /* make the database if it is not there */
};

/* Opens, checks pragmas, the engine's version and the schema's. NOT_FOUND: no database and !create. CONFLICT: the
 * schema is older (say `postern migrate`) or newer than this program. With `create` an empty database gets today's
 * schema. */
store *store_open(const struct store_options *options, GError **error);
void store_close(store *store); /* waits for queued writes, checkpoints */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(store, store_close)

/* Brings an older schema to today's, each migration in one transaction with its version. `*from`, `*to`: versions. */
gboolean store_migrate(const struct store_options *options, int *from, int *to, GError **error);
int store_schema_version(void); /* what this program wants */

/* ---- transactions ---- */

typedef gboolean (*store_fn)(store_tx *tx, gpointer arg, GError **error);

gboolean store_write(store *store, store_fn fn, gpointer arg, GError **error);
gboolean store_read(store *store, store_fn fn, gpointer arg, GError **error);

/* Runs `fn` inside the transaction of `tx` so that it leaves no row behind when it returns FALSE: all or nothing of a
 * part. `*done` FALSE with TRUE: it refused with an error of its own, which is in `*refusal` (may be NULL; caller
 * frees); the transaction goes on. FALSE: a statement failed, and with it everything. */
gboolean store_attempt(store_tx *tx, store_fn fn, gpointer arg, gboolean *done, GError **refusal, GError **error);

/* ---- statements ---- */

struct store_value {
    enum { STORE_END, STORE_NULL, STORE_INT, STORE_TEXT, STORE_BLOB } type;
    gint64 integer;
    const void *data; /* borrowed until the call returns */
    gsize length;
};

static inline struct store_value
store_int(gint64 value)
{
    return (struct store_value){.type = STORE_INT, .integer = value};
}
struct store_value store_text(const char *value); /* NULL is SQL NULL */
struct store_value store_blob(gconstpointer data, gsize length);
static inline struct store_value
store_null(void)
{
    return (struct store_value){.type = STORE_NULL};
}
/* 0 stands for "none" in our records and NULL in the database. */
static inline struct store_value
store_ref(gint64 id)
{
    return id ? store_int(id) : store_null();
}

/* Runs a statement with its $1, $2 … and returns all its rows (an empty set for a statement without). NULL on error.
 * Use as store_query(tx, STMT_X, error, store_int(1), store_text("a")) or without values. */
store_rows *store_query_values(store_tx *tx, enum store_statement statement, const struct store_value *values,
                               GError **error);
#define store_query(tx, statement, error, ...)                                                                         \
    store_query_values((tx), (statement), (const struct store_value[]){__VA_ARGS__ __VA_OPT__(, ){.type = STORE_END}}, \
                       (error))

/* The same for statements whose rows do not matter. FALSE on error. `*changed` (may be NULL): rows touched. */
gboolean store_run_values(store_tx *tx, enum store_statement statement, const struct store_value *values,
                          gint64 *changed, GError **error);
#define store_run(tx, statement, error, ...)                                                                           \
    store_run_values((tx), (statement), (const struct store_value[]){__VA_ARGS__ __VA_OPT__(, ){.type = STORE_END}},   \
                     NULL, (error))

void store_rows_free(store_rows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(store_rows, store_rows_free)
guint store_rows_count(const store_rows *rows);
/* By column name as the statement spells it; an unknown name is our bug and aborts. Values are owned by the rows. NULL
 * reads as 0, NULL, and an empty blob. */
gint64 store_rows_int(const store_rows *rows, guint row, const char *column);
const char *store_rows_text(const store_rows *rows, guint row, const char *column);
gconstpointer store_rows_blob(const store_rows *rows, guint row, const char *column, gsize *length);
gboolean store_rows_is_null(const store_rows *rows, guint row, const char *column);

/* ---- raw mails: zstd chunks of at most 256 KiB, so that no value is large and no writer stalls ---- */

/* Compresses outside the transaction. */
struct store_raw {
    GPtrArray *chunks; /* GBytes, compressed */
    gint64 size;       /* of the mail */
};
struct store_raw *store_raw_new(gconstpointer data, gsize length);
void store_raw_free(struct store_raw *raw);
typedef struct store_raw store_raw;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(store_raw, store_raw_free)

gboolean store_raw_put(store_tx *tx, const struct store_raw *raw, gint64 now, gint64 *id, GError **error);
/* `length` bytes from `offset` (clipped to the end; G_MAXSIZE: all). NOT_FOUND. */
GBytes *store_raw_get(store_tx *tx, gint64 id, gsize offset, gsize length, GError **error);

#endif
