/*
 * Durable writes a second through store_write(), for 1, 8 and 64 callers, against two floors measured in the same run
 * on the same file system: plain SQLite (one thread, BEGIN IMMEDIATE, the same rows, COMMIT) and a bare append and
 * fdatasync of the same bytes.
 *
 * Each begins on a log that has been filled once: as long as the file still grows, every sync also writes the file
 * system's journal. They take turns for some rounds, since a disk that others use too is not the same from one second
 * to the next.
 *
 *     bench-store [SECONDS-A-ROUND [FOLDER]]
 */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/driver.h"

#define MAIL 1500
#define LOG (5 << 20)

#define ROUNDS 10

static gint64 run_time = G_USEC_PER_SEC / 2;

struct result {
    guint64 writes;
    guint64 commits;
    gint64 bytes; /* of log a write */
    gint64 time;  /* microseconds */
};

static double
rate(const struct result *result)
{
    return result->writes * (double)G_USEC_PER_SEC / result->time;
}

static void
add(struct result *sum, struct result round)
{
    sum->writes += round.writes;
    sum->commits += round.commits;
    sum->time += round.time;
    sum->bytes = round.bytes;
}

/* ---- the store ---- */

struct load {
    store *store;
    const store_raw *mail;
    gint64 end;
    guint64 writes;
    pthread_t thread;
};

static gboolean
put_mail(store_tx *tx, gpointer arg, GError **error)
{
    gint64 id;
    return store_raw_put(tx, arg, 1, &id, error);
}

static gpointer
load_thread(gpointer data)
{
    struct load *load = data;
    g_autoptr(GError) error = NULL;
    while (g_get_monotonic_time() < load->end) {
        if (!store_write(load->store, put_mail, (gpointer)load->mail, &error))
            g_error("%s", error->message);
        load->writes++;
    }
    return NULL;
}

static gboolean
read_counts(store_tx *tx, gpointer arg, G_GNUC_UNUSED GError **error)
{
    tx->driver->counts(tx->conn, arg);
    return TRUE;
}

static void
must_write(store *store, store_fn fn, gpointer arg)
{
    g_autoptr(GError) error = NULL;
    if (!store_write(store, fn, arg, &error))
        g_error("%s", error->message);
}

/* More than what a checkpoint waits for. */
static void
fill_log(store *store)
{
    g_autofree guint32 *bytes = g_malloc(LOG);
    for (guint i = 0; i < LOG / sizeof *bytes; i++)
        bytes[i] = g_random_int();
    g_autoptr(store_raw) large = store_raw_new(bytes, LOG);
    must_write(store, put_mail, large);
}

static struct result
bench_store(const char *database, const store_raw *mail, guint callers)
{
    g_autoptr(GError) error = NULL;
    struct store_options options = {.database = database, .busy_timeout = 60, .readers = 1, .create = TRUE};
    g_autoptr(store) store = store_open(&options, &error);
    if (!store)
        g_error("%s", error->message);
    g_autofree struct load *loads = g_new0(struct load, callers);
    struct result result = {0};
    struct driver_counts before;
    struct driver_counts after;
    fill_log(store);
    must_write(store, read_counts, &before);
    gint64 start = g_get_monotonic_time();
    for (guint i = 0; i < callers; i++) {
        loads[i] = (struct load){.store = store, .mail = mail, .end = start + run_time};
        if (pthread_create(&loads[i].thread, NULL, load_thread, &loads[i]) != 0)
            g_error("no thread");
    }
    for (guint i = 0; i < callers; i++) {
        pthread_join(loads[i].thread, NULL);
        result.writes += loads[i].writes;
    }
    result.time = g_get_monotonic_time() - start;
    must_write(store, read_counts, &after);
    result.commits = after.commits - before.commits - 1;
    return result;
}

/* ---- the floors ---- */

static void
must(sqlite3 *handle, int ok)
{
    if (!ok)
        g_error("%s", sqlite3_errmsg(handle));
}

static sqlite3_stmt *
prepare(sqlite3 *handle, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    must(handle, sqlite3_prepare_v2(handle, sql, -1, &stmt, NULL) == SQLITE_OK);
    return stmt;
}

static void
step(sqlite3 *handle, sqlite3_stmt *stmt)
{
    int code;
    while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
    }
    must(handle, code == SQLITE_DONE);
    sqlite3_reset(stmt);
}

static int
note_frames(void *data, G_GNUC_UNUSED sqlite3 *handle, G_GNUC_UNUSED const char *name, int frames)
{
    *(int *)data = frames;
    return SQLITE_OK;
}

enum plain { BEGIN, PUT, PUT_CHUNK, COMMIT, PLAINS };

static void
plain_write(sqlite3 *handle, sqlite3_stmt **stmts, GBytes *chunk, gint64 id)
{
    sqlite3_bind_int64(stmts[PUT], 1, MAIL);
    sqlite3_bind_int64(stmts[PUT_CHUNK], 1, id);
    sqlite3_bind_blob(stmts[PUT_CHUNK], 2, g_bytes_get_data(chunk, NULL), g_bytes_get_size(chunk), SQLITE_STATIC);
    for (int i = 0; i < PLAINS; i++)
        step(handle, stmts[i]);
}

/* The same tables and pragmas; a checkpoint after the same number of pages. */
static struct result
bench_plain(const char *database, const store_raw *mail)
{
    sqlite3 *handle = NULL;
    int frames = 0;
    struct result result = {0};
    must(handle, sqlite3_open(database + strlen("sqlite:"), &handle) == SQLITE_OK);
    must(handle, sqlite3_exec(handle, "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA wal_autocheckpoint=0",
                              NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_wal_hook(handle, note_frames, &frames);
    sqlite3_stmt *stmts[PLAINS] = {
        prepare(handle, "BEGIN IMMEDIATE"),
        prepare(handle, "INSERT INTO raw (size, created_at) VALUES ($1, 1) RETURNING id"),
        prepare(handle, "INSERT INTO raw_chunk (raw_id, seq, size, data) VALUES ($1, 0, 1500, $2)"),
        prepare(handle, "COMMIT")};
    sqlite3_stmt *last = prepare(handle, "SELECT coalesce(max(id), 0) FROM raw");
    must(handle, sqlite3_step(last) == SQLITE_ROW);
    gint64 id = sqlite3_column_int64(last, 0);
    sqlite3_finalize(last);
    g_autofree char *fill = g_strdup_printf("CREATE TABLE IF NOT EXISTS filler (x BLOB);"
                                            "INSERT INTO filler VALUES (randomblob(%d)); DELETE FROM filler",
                                            LOG);
    must(handle, sqlite3_exec(handle, fill, NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_wal_checkpoint_v2(handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    gint64 start = g_get_monotonic_time();
    gint64 pages = 0;
    while (g_get_monotonic_time() < start + run_time) {
        int before = frames;
        plain_write(handle, stmts, g_ptr_array_index(mail->chunks, 0), ++id);
        result.writes++;
        pages += frames > before ? frames - before : frames;
        if (frames >= 1000)
            sqlite3_wal_checkpoint_v2(handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    }
    result.time = g_get_monotonic_time() - start;
    result.commits = result.writes;
    result.bytes = pages * 4120 / result.writes;
    for (int i = 0; i < PLAINS; i++)
        sqlite3_finalize(stmts[i]);
    sqlite3_close(handle);
    return result;
}

static struct result
bench_disk(const char *folder, gint64 bytes)
{
    g_autofree char *path = g_build_filename(folder, "append", NULL);
    g_autofree char *data = g_strnfill(bytes, 'x');
    struct result result = {.bytes = bytes};
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    for (int i = 0; i < 1000; i++)
        if (pwrite(fd, data, bytes, i * bytes) != bytes)
            g_error("%s: %s", path, g_strerror(errno));
    if (fsync(fd) < 0)
        g_error("%s: %s", path, g_strerror(errno));
    gint64 start = g_get_monotonic_time();
    while (g_get_monotonic_time() < start + run_time) {
        off_t at = result.writes % 1000 * bytes; /* as the log is used again */
        if (pwrite(fd, data, bytes, at) != bytes || fdatasync(fd) < 0)
            g_error("%s: %s", path, g_strerror(errno));
        result.writes++;
    }
    result.time = g_get_monotonic_time() - start;
    close(fd);
    g_unlink(path);
    return result;
}

/* ---- the report ---- */

static void
remove_files(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_unlink(path);
    }
    g_rmdir(folder);
}

static void
print_store(guint callers, const struct result *result, const struct result *plain, const struct result *disk)
{
    printf("store_write, %2u caller%s               %8.0f writes/s  %6.2f of plain SQLite, %6.2f of the append, %.1f a "
           "commit\n",
           callers, callers == 1 ? " " : "s", rate(result), rate(result) / rate(plain), rate(result) / rate(disk),
           (double)result->writes / result->commits);
}

int
main(int argc, char **argv)
{
    static const guint callers[] = {1, 8, 64};
    if (argc > 1)
        run_time = atof(argv[1]) * G_USEC_PER_SEC;
    g_autofree char *folder = g_build_filename(argc > 2 ? argv[2] : g_get_tmp_dir(), "postern-bench-XXXXXX", NULL);
    if (!g_mkdtemp(folder))
        g_error("cannot make a folder in %s", folder);
    g_autofree char *database = g_strconcat("sqlite:", folder, "/bench.db", NULL);
    guint8 bytes[MAIL];
    for (guint i = 0; i < MAIL; i++)
        bytes[i] = g_random_int_range(0, 256);
    g_autoptr(store_raw) mail = store_raw_new(bytes, MAIL);

    bench_store(database, mail, 1); /* makes the schema, warms up */
    struct result plain = {0};
    struct result disk = {0};
    struct result stores[G_N_ELEMENTS(callers)] = {0};
    for (int round = 0; round < ROUNDS; round++) {
        add(&plain, bench_plain(database, mail));
        add(&disk, bench_disk(folder, plain.bytes));
        for (guint i = 0; i < G_N_ELEMENTS(callers); i++)
            add(&stores[i], bench_store(database, mail, callers[i]));
    }
    printf("floor: append %" G_GINT64_FORMAT " bytes, fdatasync  %8.0f writes/s\n", disk.bytes, rate(&disk));
    printf("floor: plain SQLite, one a commit     %8.0f writes/s  %6.2f of the append\n", rate(&plain),
           rate(&plain) / rate(&disk));
    for (guint i = 0; i < G_N_ELEMENTS(callers); i++)
        print_store(callers[i], &stores[i], &plain, &disk);
    remove_files(folder);
    return 0;
}
