/*
 * SQLite. sqlite3's only home.
 *
 * Hazards that shape this file:
 *  - Versions up to 3.51.2 can lose committed pages when a checkpoint races with a reset of the write-ahead log. So no
 * connection checkpoints by itself (wal_autocheckpoint=0, NO_CKPT_ON_CLOSE), and whoever writes or checkpoints holds
 * the turn.
 *  - FULL, IOERR, NOMEM and BUSY may roll the whole transaction back: sqlite_alive().
 *  - Misspelled pragmas are ignored, so each is read back.
 *  - SQLite takes `$1` for a name, not a number: values are bound through the name.
 *  - Closing any descriptor of the database file drops all of the process's POSIX locks on it: nothing here opens it
 * but SQLite, save for its creation.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/log.h"
#include "store/driver.h"

#define OLDEST_VERSION 3037000 /* STRICT tables */

/* Frames (pages) in the log. The first: a checkpoint that disturbs nobody. The second: readers have kept the log from
 * being reused for long, so wait for them a little and cut it. */
#define WAL_CHECKPOINT 1000
#define WAL_CUT 16000
#define WAL_CUT_AGAIN 4000 /* further frames after a cut in vain: each holds the writers up */
#define WAL_CUT_WAIT 250   /* milliseconds */

struct driver_db {
    char *path; /* resolved: two names of one file must mean one pair of lock files */
    turn *turn;
    gint64 busy_timeout; /* seconds */
};

enum control { BEGIN, BEGIN_WRITE, COMMIT, ROLLBACK, MARK, KEEP, UNDO, CONTROLS };
static const char *const control_texts[CONTROLS] = {
    [BEGIN] = "BEGIN",          [BEGIN_WRITE] = "BEGIN IMMEDIATE", [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",    [MARK] = "SAVEPOINT one",          [KEEP] = "RELEASE one",
    [UNDO] = "ROLLBACK TO one",
};

struct prepared {
    sqlite3_stmt *stmt;
    int parameters;
    int *index; /* of $1 … */
    int columns;
    const char **names; /* of the columns */
};

struct driver_conn {
    struct driver_db *db;
    enum driver_role role;
    sqlite3 *handle;
    sqlite3_stmt *controls[CONTROLS];
    struct prepared *statements; /* STMT_COUNT, or NULL before prepare */
    sqlite3_stmt *get_version;
    int version;       /* that the statements were written for */
    guint64 tidy_next; /* frames in the log at which to checkpoint, and to cut it */
    guint64 cut_next;
    struct driver_counts counts;
};

/* ---- errors ---- */

static const struct {
    int code;
    enum postern_error error;
} error_map[] = {
    {SQLITE_CONSTRAINT_UNIQUE, POSTERN_ERROR_CONFLICT},
    {SQLITE_CONSTRAINT_PRIMARYKEY, POSTERN_ERROR_CONFLICT},
    {SQLITE_CONSTRAINT_ROWID, POSTERN_ERROR_CONFLICT},
    {SQLITE_CONSTRAINT, POSTERN_ERROR_INVALID},
    {SQLITE_TOOBIG, POSTERN_ERROR_INVALID},
    {SQLITE_MISMATCH, POSTERN_ERROR_INVALID},
};

/* What is not named is TEMP: a mail waits at its sender rather than be refused for our trouble. */
static enum postern_error
error_of(int code)
{
    for (guint i = 0; i < G_N_ELEMENTS(error_map); i++)
        if (error_map[i].code == code || error_map[i].code == (code & 0xff))
            return error_map[i].error;
    return POSTERN_ERROR_TEMP;
}

static void
cry_if_damaged(const char *path, int code, const char *detail)
{
    if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB)
        log_event(LOG_CRIT, "the database is damaged: restore a backup", "database", path, "detail", detail, NULL);
}

static gboolean
set_error(struct driver_conn *conn, const char *what, GError **error)
{
    int code = sqlite3_extended_errcode(conn->handle);
    const char *detail = sqlite3_errmsg(conn->handle);
    cry_if_damaged(conn->db->path, code, detail);
    g_set_error(error, POSTERN_ERROR, error_of(code), "%s: %s (SQLite %d)", what, detail, code);
    return FALSE;
}

/* ---- the file ---- */

/* TRUE with *there FALSE: nothing at that place yet. */
static gboolean
resolve(const char *location, char **path, gboolean *there, GError **error)
{
    char *real = realpath(location, NULL);
    *there = real != NULL;
    if (real) {
        *path = g_strdup(real);
        free(real);
        return TRUE;
    }
    if (errno != ENOENT)
        return driver_errno_error(error, "open the database", location);
    g_autofree char *folder = g_path_get_dirname(location);
    g_autofree char *name = g_path_get_basename(location);
    real = realpath(folder, NULL);
    if (!real) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP,
                    "the database's folder %s: %s (make it, owned by the gateway's user)", folder, g_strerror(errno));
        return FALSE;
    }
    *path = g_build_filename(real, name, NULL);
    free(real);
    return TRUE;
}

/* The new name must survive a power cut too. When root makes the file it belongs to whom the folder belongs to. */
static gboolean
settle_file(int fd, const char *folder)
{
    int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat st;
    gboolean ok = dir >= 0 && fstat(dir, &st) == 0 && (geteuid() != 0 || fchown(fd, st.st_uid, st.st_gid) == 0) &&
                  fsync(dir) == 0;
    if (dir >= 0)
        close(dir);
    return ok;
}

/* SQLite would make it with the umask's mode. Log and index take the database's mode and owner. */
static gboolean
make_file(const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno == EEXIST || driver_errno_error(error, "make the database", path);
    gboolean ok = settle_file(fd, folder) || driver_errno_error(error, "make the database", path);
    close(fd);
    return ok;
}

static gboolean
make_file_in_turn(struct driver_db *db, GError **error)
{
    if (!turn_take(db->turn, driver_deadline(db->busy_timeout), error))
        return FALSE;
    gboolean ok = make_file(db->path, error);
    turn_leave(db->turn);
    return ok;
}

static void
sqlite_close(struct driver_db *db)
{
    turn_close(db->turn);
    g_free(db->path);
    g_free(db);
}

static gboolean
check_library(GError **error)
{
    if (sqlite3_libversion_number() >= OLDEST_VERSION && sqlite3_threadsafe())
        return TRUE;
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID,
                "SQLite %s is too old or built without threads: 3.37 is wanted", sqlite3_libversion());
    return FALSE;
}

static struct driver_db *
sqlite_open(const char *location, const struct store_options *options, GError **error)
{
    g_autofree char *path = NULL;
    gboolean there;
    if (!*location || strcmp(location, ":memory:") == 0) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID,
                    "sqlite:%s is no file: write sqlite:/PATH/OF/postern.db", location);
        return NULL;
    }
    if (!check_library(error) || !resolve(location, &path, &there, error))
        return NULL;
    if (!there && !options->create) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND, "there is no database %s: run `postern init`", path);
        return NULL;
    }
    struct driver_db *db = g_new0(struct driver_db, 1);
    db->path = g_steal_pointer(&path);
    db->busy_timeout = options->busy_timeout;
    db->turn = turn_open(db->path, error);
    if (db->turn && (there || make_file_in_turn(db, error)))
        return db;
    sqlite_close(db);
    return NULL;
}

/* ---- connections ---- */

static gboolean
sqlite_ask(struct driver_conn *conn, const char *sql, char **answer, GError **error)
{
    sqlite3_stmt *stmt = NULL;
    *answer = NULL;
    int code = sqlite3_prepare_v2(conn->handle, sql, -1, &stmt, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(stmt);
        if (code == SQLITE_ROW)
            *answer = g_strdup((const char *)sqlite3_column_text(stmt, 0));
    }
    gboolean ok = code == SQLITE_ROW || code == SQLITE_DONE || set_error(conn, sql, error);
    sqlite3_finalize(stmt);
    return ok;
}

static gboolean
sqlite_script(struct driver_conn *conn, const char *sql, GError **error)
{
    return sqlite3_exec(conn->handle, sql, NULL, NULL, NULL) == SQLITE_OK || set_error(conn, "script", error);
}

static const struct {
    const char *set; /* NULL: only looked at */
    const char *get;
    const char *wanted;
    gboolean readers_only;
} pragmas[] = {
    {NULL, "PRAGMA journal_mode", "wal", FALSE},
    {NULL, "PRAGMA encoding", "UTF-8", FALSE},
    {"PRAGMA locking_mode=NORMAL", "PRAGMA locking_mode", "normal", FALSE},
    {"PRAGMA synchronous=FULL", "PRAGMA synchronous", "2", FALSE}, /* a commit is on the disk when it returns */
    {"PRAGMA wal_autocheckpoint=0", "PRAGMA wal_autocheckpoint", "0", FALSE},
    {"PRAGMA journal_size_limit=67108864", "PRAGMA journal_size_limit", "67108864", FALSE},
    {"PRAGMA foreign_keys=ON", "PRAGMA foreign_keys", "1", FALSE},
    {"PRAGMA trusted_schema=OFF", "PRAGMA trusted_schema", "0", FALSE},
    {"PRAGMA cell_size_check=ON", "PRAGMA cell_size_check", "1", FALSE},
    {"PRAGMA secure_delete=ON", "PRAGMA secure_delete", "1", FALSE}, /* what is erased is gone from the file */
    {"PRAGMA temp_store=MEMORY", "PRAGMA temp_store", "2", FALSE},   /* no mail in temporary files */
    {"PRAGMA cache_size=-8000", "PRAGMA cache_size", "-8000", FALSE},
    {"PRAGMA query_only=ON", "PRAGMA query_only", "1", TRUE},
};

static gboolean
set_pragma(struct driver_conn *conn, guint i, GError **error)
{
    g_autofree char *value = NULL;
    if (pragmas[i].set && !sqlite_script(conn, pragmas[i].set, error))
        return FALSE;
    if (!sqlite_ask(conn, pragmas[i].get, &value, error))
        return FALSE;
    if (g_strcmp0(value, pragmas[i].wanted) == 0)
        return TRUE;
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "%s: SQLite answers %s to %s, and %s is wanted",
                conn->db->path, value ? value : "nothing", pragmas[i].get, pragmas[i].wanted);
    return FALSE;
}

static gboolean
set_pragmas(struct driver_conn *conn, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(pragmas); i++)
        if ((!pragmas[i].readers_only || conn->role == DRIVER_READER) && !set_pragma(conn, i, error))
            return FALSE;
    return TRUE;
}

/* A new database, or one from a backup, is not in WAL mode yet. Changing that writes, so it takes its turn. */
static gboolean
ensure_wal(struct driver_conn *conn, GError **error)
{
    g_autofree char *mode = NULL;
    g_autofree char *answer = NULL;
    if (!sqlite_ask(conn, "PRAGMA journal_mode", &mode, error))
        return FALSE;
    if (g_strcmp0(mode, "wal") == 0)
        return TRUE;
    if (!turn_take(conn->db->turn, driver_deadline(conn->db->busy_timeout), error))
        return FALSE;
    gboolean ok = sqlite_ask(conn, "PRAGMA journal_mode=WAL", &answer, error);
    turn_leave(conn->db->turn);
    return ok; /* the answer is looked at with the other pragmas */
}

static const struct {
    int option;
    int value;
} settings[] = {
    {SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1}, {SQLITE_DBCONFIG_DEFENSIVE, 1},      {SQLITE_DBCONFIG_DQS_DDL, 0},
    {SQLITE_DBCONFIG_DQS_DML, 0},          {SQLITE_DBCONFIG_ENABLE_TRIGGER, 1},
};

static gboolean
set_settings(struct driver_conn *conn, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(settings); i++) {
        int now = -1;
        if (sqlite3_db_config(conn->handle, settings[i].option, settings[i].value, &now) == SQLITE_OK &&
            now == settings[i].value)
            continue;
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "SQLite %s does not take the setting %d",
                    sqlite3_libversion(), settings[i].option);
        return FALSE;
    }
    return TRUE;
}

static int
count_commit(void *data)
{
    ((struct driver_conn *)data)->counts.commits++;
    return 0;
}

static void
log_begun_anew(struct driver_conn *conn)
{
    conn->tidy_next = WAL_CHECKPOINT;
    conn->cut_next = WAL_CUT;
}

/* Called after each commit; set after the pragmas, which would take it away. */
static int
note_wal(void *data, G_GNUC_UNUSED sqlite3 *handle, G_GNUC_UNUSED const char *name, int frames)
{
    struct driver_conn *conn = data;
    if ((guint64)frames < conn->counts.wal_frames)
        log_begun_anew(conn);
    conn->counts.wal_frames = frames;
    return SQLITE_OK;
}

static gboolean
prepare_one(struct driver_conn *conn, const char *sql, sqlite3_stmt **stmt)
{
    const char *rest = "";
    return sqlite3_prepare_v3(conn->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, stmt, &rest) == SQLITE_OK && !*rest;
}

static gboolean
prepare_controls(struct driver_conn *conn, GError **error)
{
    for (guint i = 0; i < CONTROLS; i++)
        if (!prepare_one(conn, control_texts[i], &conn->controls[i]))
            return set_error(conn, control_texts[i], error);
    return TRUE;
}

/* SQLite's own locks: another program's, or the recovery after a crash. */
static gboolean
wait_for_locks(struct driver_conn *conn)
{
    return sqlite3_busy_timeout(conn->handle, MIN(conn->db->busy_timeout, G_MAXINT / 1000) * 1000) == SQLITE_OK;
}

static gboolean
open_handle(struct driver_conn *conn, GError **error)
{
    /* No mutex: a connection serves one thread at a time. */
    if (sqlite3_open_v2(conn->db->path, &conn->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return set_error(conn, conn->db->path, error);
    sqlite3_extended_result_codes(conn->handle, 1);
    if (sqlite3_db_readonly(conn->handle, "main")) { /* SQLite would be content with that */
        errno = EACCES;
        return driver_errno_error(error, "write", conn->db->path);
    }
    return wait_for_locks(conn) || set_error(conn, conn->db->path, error);
}

static void
finalize_statements(struct driver_conn *conn)
{
    for (guint i = 0; conn->statements && i < STMT_COUNT; i++) {
        sqlite3_finalize(conn->statements[i].stmt);
        g_free(conn->statements[i].index);
        g_free(conn->statements[i].names);
    }
    for (guint i = 0; i < CONTROLS; i++)
        sqlite3_finalize(conn->controls[i]);
    sqlite3_finalize(conn->get_version);
    g_free(conn->statements);
}

static void
sqlite_disconnect(struct driver_conn *conn)
{
    finalize_statements(conn);
    if (sqlite3_close(conn->handle) != SQLITE_OK)
        g_error("store: a connection was closed while in use");
    g_free(conn);
}

static struct driver_conn *
sqlite_connect(struct driver_db *db, enum driver_role role, GError **error)
{
    struct driver_conn *conn = g_new0(struct driver_conn, 1);
    conn->db = db;
    conn->role = role;
    log_begun_anew(conn);
    if (open_handle(conn, error) && set_settings(conn, error) && ensure_wal(conn, error) && set_pragmas(conn, error) &&
        prepare_controls(conn, error)) {
        sqlite3_commit_hook(conn->handle, count_commit, conn);
        sqlite3_wal_hook(conn->handle, note_wal, conn);
        return conn;
    }
    sqlite_disconnect(conn);
    return NULL;
}

/* ---- statements ---- */

/* The number in "$12"; 0 for anything else, which PostgreSQL would read in another way. */
static int
parameter_number(const char *name)
{
    if (!name || name[0] != '$' || !g_ascii_isdigit(name[1]) || name[1] == '0')
        return 0;
    char *end;
    gint64 number = g_ascii_strtoll(name + 1, &end, 10);
    return *end == '\0' && number <= G_MAXINT16 ? number : 0;
}

static gboolean
map_parameters(struct prepared *prepared)
{
    prepared->parameters = sqlite3_bind_parameter_count(prepared->stmt);
    prepared->index = g_new0(int, prepared->parameters);
    for (int i = 1; i <= prepared->parameters; i++) {
        int number = parameter_number(sqlite3_bind_parameter_name(prepared->stmt, i));
        if (number < 1 || number > prepared->parameters)
            return FALSE;
        prepared->index[number - 1] = i;
    }
    return TRUE;
}

static void
name_columns(struct prepared *prepared)
{
    prepared->columns = sqlite3_column_count(prepared->stmt);
    prepared->names = g_new(const char *, prepared->columns);
    for (int i = 0; i < prepared->columns; i++)
        prepared->names[i] = g_intern_string(sqlite3_column_name(prepared->stmt, i));
}

static gboolean
prepare_statement(struct driver_conn *conn, guint i, GError **error)
{
    struct prepared *prepared = &conn->statements[i];
    const char *name = store_statement_texts[i].name;
    if (!prepare_one(conn, store_statement_texts[i].sqlite, &prepared->stmt) || !prepared->stmt) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "statement %s: %s", name,
                    sqlite3_errcode(conn->handle) == SQLITE_OK ? "not one statement" : sqlite3_errmsg(conn->handle));
        return FALSE;
    }
    name_columns(prepared);
    if (map_parameters(prepared))
        return TRUE;
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "statement %s: its parameters are not $1 to $%d", name,
                prepared->parameters);
    return FALSE;
}

static gboolean
sqlite_prepare(struct driver_conn *conn, int version, GError **error)
{
    if (!prepare_one(conn, "SELECT version FROM schema_version", &conn->get_version))
        return set_error(conn, "schema_version", error);
    conn->version = version;
    conn->statements = g_new0(struct prepared, STMT_COUNT);
    for (guint i = 0; i < STMT_COUNT; i++)
        if (!prepare_statement(conn, i, error))
            return FALSE;
    return TRUE;
}

static int
bind_value(sqlite3_stmt *stmt, int index, const struct store_value *value)
{
    switch (value->type) {
    case STORE_INT:
        return sqlite3_bind_int64(stmt, index, value->integer);
    case STORE_TEXT:
        return sqlite3_bind_text64(stmt, index, value->data, value->length, SQLITE_STATIC, SQLITE_UTF8);
    case STORE_BLOB:
        return sqlite3_bind_blob64(stmt, index, value->data ? value->data : "", value->length, SQLITE_STATIC);
    default:
        return sqlite3_bind_null(stmt, index);
    }
}

static int
bind_values(const struct prepared *prepared, const char *name, const struct store_value *values)
{
    int count = 0;
    while (values[count].type != STORE_END)
        count++;
    if (count != prepared->parameters)
        g_error("store: %s wants %d values, not %d", name, prepared->parameters, count);
    for (int i = 0; i < count; i++) {
        int code = bind_value(prepared->stmt, prepared->index[i], &values[i]);
        if (code != SQLITE_OK)
            return code;
    }
    return SQLITE_OK;
}

static struct store_value
read_cell(sqlite3_stmt *stmt, int column, const char *name)
{
    switch (sqlite3_column_type(stmt, column)) {
    case SQLITE_INTEGER:
        return store_int(sqlite3_column_int64(stmt, column));
    case SQLITE_NULL:
        return store_null();
    case SQLITE_TEXT:
        return (struct store_value){.type = STORE_TEXT,
                                    .data = sqlite3_column_text(stmt, column),
                                    .length = sqlite3_column_bytes(stmt, column)};
    case SQLITE_BLOB:
        return store_blob(sqlite3_column_blob(stmt, column), sqlite3_column_bytes(stmt, column));
    default:
        g_error("store: %s yields a fraction, which no column of ours holds", name);
    }
}

static void
add_row(store_rows *rows, const struct prepared *prepared, const char *name)
{
    for (int i = 0; i < prepared->columns; i++) {
        struct store_value cell = read_cell(prepared->stmt, i, name);
        store_rows_add(rows, &cell);
    }
}

static void
refuse_writing_reader(const struct driver_conn *conn, sqlite3_stmt *stmt, const char *name)
{
    if (conn->role == DRIVER_READER && !sqlite3_stmt_readonly(stmt))
        g_error("store: %s writes, in a read transaction", name);
}

static gboolean
sqlite_run(struct driver_conn *conn, enum store_statement statement, const struct store_value *values,
           store_rows **rows, gint64 *changed, GError **error)
{
    const struct prepared *prepared = &conn->statements[statement];
    const char *name = store_statement_texts[statement].name;
    refuse_writing_reader(conn, prepared->stmt, name);
    int code = bind_values(prepared, name, values);
    g_autoptr(store_rows) found = rows ? store_rows_new(statement, prepared->names, prepared->columns) : NULL;
    if (code == SQLITE_OK)
        while ((code = sqlite3_step(prepared->stmt)) == SQLITE_ROW)
            if (found)
                add_row(found, prepared, name);
    gboolean ok = code == SQLITE_DONE || set_error(conn, name, error);
    if (ok && changed)
        *changed = sqlite3_stmt_readonly(prepared->stmt) ? 0 : sqlite3_changes64(conn->handle);
    if (ok && rows)
        *rows = g_steal_pointer(&found);
    sqlite3_reset(prepared->stmt);
    sqlite3_clear_bindings(prepared->stmt); /* the values are the caller's */
    return ok;
}

/* ---- transactions ---- */

static gboolean
control(struct driver_conn *conn, enum control which, GError **error)
{
    sqlite3_stmt *stmt = conn->controls[which];
    gboolean ok = sqlite3_step(stmt) == SQLITE_DONE || set_error(conn, control_texts[which], error);
    sqlite3_reset(stmt);
    return ok;
}

static gboolean
sqlite_commit(struct driver_conn *conn, GError **error)
{
    return control(conn, COMMIT, error);
}

static gboolean
sqlite_alive(struct driver_conn *conn)
{
    return !sqlite3_get_autocommit(conn->handle);
}

static void
sqlite_rollback(struct driver_conn *conn)
{
    g_autoptr(GError) error = NULL;
    if (sqlite_alive(conn) && !control(conn, ROLLBACK, &error))
        log_error(error, "rollback");
}

/* Reading also makes the snapshot of a deferred BEGIN start here. */
static gboolean
check_version(struct driver_conn *conn, GError **error)
{
    int code = sqlite3_step(conn->get_version);
    int version = code == SQLITE_ROW ? sqlite3_column_int(conn->get_version, 0) : 0;
    gboolean ok = code == SQLITE_ROW || set_error(conn, "schema_version", error);
    sqlite3_reset(conn->get_version);
    if (!ok || version == conn->version)
        return ok;
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP,
                "the database was migrated to schema %d while this program, which knows %d, was running: restart it",
                version, conn->version);
    return FALSE;
}

static gboolean
sqlite_begin(struct driver_conn *conn, GError **error)
{
    if (!control(conn, conn->role == DRIVER_WRITER ? BEGIN_WRITE : BEGIN, error))
        return FALSE;
    if (!conn->version || check_version(conn, error))
        return TRUE;
    sqlite_rollback(conn);
    return FALSE;
}

static gboolean
sqlite_mark(struct driver_conn *conn, GError **error)
{
    return control(conn, MARK, error);
}

/* A deferred foreign key that does not hold would fail everybody's COMMIT. */
static gboolean
sqlite_keep(struct driver_conn *conn, GError **error)
{
    int open = 0;
    int highest;
    sqlite3_db_status(conn->handle, SQLITE_DBSTATUS_DEFERRED_FKS, &open, &highest, 0);
    if (!open)
        return control(conn, KEEP, error);
    g_set_error_literal(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "a deferred foreign key does not hold");
    return FALSE;
}

static gboolean
sqlite_undo(struct driver_conn *conn, GError **error)
{
    return control(conn, UNDO, error) && control(conn, KEEP, error);
}

/* ---- turns and the log ---- */

static gboolean
sqlite_take_turn(struct driver_db *db, gint64 deadline, GError **error)
{
    return turn_take(db->turn, deadline, error);
}

static void
sqlite_leave_turn(struct driver_db *db)
{
    turn_leave(db->turn);
}

static void
checkpoint(struct driver_conn *conn, int mode, int wait_ms)
{
    int frames = 0;
    int copied = 0;
    sqlite3_busy_timeout(conn->handle, wait_ms);
    int code = sqlite3_wal_checkpoint_v2(conn->handle, "main", mode, &frames, &copied);
    wait_for_locks(conn);
    conn->counts.checkpoints++;
    if (code != SQLITE_OK && code != SQLITE_BUSY)
        log_event(LOG_WARNING, "checkpoint failed", "database", conn->db->path, "detail", sqlite3_errmsg(conn->handle),
                  NULL);
}

/* Readers may have made it vain, so the next one waits until the log has grown by as much again. Who has only read
 * leaves the log to those who write, and who goes holds nobody up. */
static void
sqlite_tidy(struct driver_conn *conn, enum driver_tidy when)
{
    guint64 frames = conn->counts.wal_frames;
    if (when == DRIVER_TIDY_LAST) {
        if (conn->counts.commits)
            checkpoint(conn, SQLITE_CHECKPOINT_TRUNCATE, 0);
    } else if (frames >= conn->cut_next) {
        checkpoint(conn, SQLITE_CHECKPOINT_TRUNCATE, WAL_CUT_WAIT);
        conn->tidy_next = frames + WAL_CHECKPOINT;
        conn->cut_next = frames + WAL_CUT_AGAIN;
    } else if (when == DRIVER_TIDY_NOW || frames >= conn->tidy_next) {
        checkpoint(conn, SQLITE_CHECKPOINT_PASSIVE, 0);
        conn->tidy_next = frames + WAL_CHECKPOINT;
    }
}

static void
sqlite_counts(const struct driver_conn *conn, struct driver_counts *counts)
{
    *counts = conn->counts;
}

/* ---- the schema ---- */

static gboolean
ask_int(struct driver_conn *conn, const char *sql, int *number, GError **error)
{
    g_autofree char *answer = NULL;
    if (!sqlite_ask(conn, sql, &answer, error))
        return FALSE;
    *number = answer ? g_ascii_strtoll(answer, NULL, 10) : 0;
    return TRUE;
}

static gboolean
sqlite_version(struct driver_conn *conn, int *version, GError **error)
{
    int tables;
    int ours;
    *version = 0;
    if (!ask_int(conn, "SELECT count(*) FROM sqlite_schema", &tables, error) ||
        !ask_int(conn, "SELECT count(*) FROM sqlite_schema WHERE name = 'schema_version'", &ours, error))
        return FALSE;
    if (ours)
        return ask_int(conn, "SELECT version FROM schema_version", version, error);
    if (!tables)
        return TRUE;
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "%s is a database of another program", conn->db->path);
    return FALSE;
}

static gboolean
note_version(struct driver_conn *conn, int version, GError **error)
{
    g_autofree char *sql =
        g_strdup_printf("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL) STRICT;"
                        "DELETE FROM schema_version; INSERT INTO schema_version VALUES (%d);",
                        version);
    return sqlite_script(conn, sql, error);
}

static gboolean
check_references(struct driver_conn *conn, GError **error)
{
    g_autofree char *table = NULL;
    if (!sqlite_ask(conn, "PRAGMA foreign_key_check", &table, error))
        return FALSE;
    if (!table)
        return TRUE;
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "table %s would refer to rows that are not there", table);
    return FALSE;
}

static gboolean
run_entries(struct driver_conn *conn, const struct store_migration *entries, guint count, GError **error)
{
    for (guint i = 0; i < count; i++)
        if (!sqlite_script(conn, entries[i].sqlite, error))
            return FALSE;
    g_assert(sqlite_alive(conn)); /* no COMMIT in a migration */
    return note_version(conn, entries[count - 1].version, error) && check_references(conn, error);
}

/* Foreign keys can be switched only outside a transaction. */
static gboolean
sqlite_migrate(struct driver_conn *conn, const struct store_migration *entries, guint count, GError **error)
{
    if (!sqlite_script(conn, "PRAGMA foreign_keys=OFF", error))
        return FALSE;
    gboolean ok = sqlite_begin(conn, error) && run_entries(conn, entries, count, error) && sqlite_commit(conn, error);
    sqlite_rollback(conn);
    return sqlite_script(conn, "PRAGMA foreign_keys=ON", ok ? error : NULL) && ok;
}

const struct driver driver_sqlite = {
    .scheme = "sqlite",
    .open = sqlite_open,
    .close = sqlite_close,
    .connect = sqlite_connect,
    .disconnect = sqlite_disconnect,
    .prepare = sqlite_prepare,
    .take_turn = sqlite_take_turn,
    .leave_turn = sqlite_leave_turn,
    .tidy = sqlite_tidy,
    .version = sqlite_version,
    .migrate = sqlite_migrate,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .mark = sqlite_mark,
    .keep = sqlite_keep,
    .undo = sqlite_undo,
    .alive = sqlite_alive,
    .run = sqlite_run,
    .ask = sqlite_ask,
    .script = sqlite_script,
    .counts = sqlite_counts,
};
