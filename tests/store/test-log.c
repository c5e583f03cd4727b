/*
 * The write-ahead log: it stays small whatever readers do, and no committed page is ever lost, though SQLite up
 * to 3.51.2 can lose some when a checkpoint races with a reset of the log.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/error.h"
#include "tests/store/scratch.h"

#define PAGE 4096
#define MIB (1 << 20)

static gboolean
add_mail(store_tx *tx, gpointer arg, GError **error)
{
    gint64 id;
    return store_raw_put(tx, arg, 1, &id, error);
}

/* Mail that does not compress. */
static store_raw *
mail_of(gsize size)
{
    g_autofree guint32 *bytes = g_malloc(size);
    for (gsize i = 0; i < size / sizeof *bytes; i++)
        bytes[i] = g_test_rand_int();
    return store_raw_new(bytes, size);
}

/* ---- size ---- */

static void
write_mails(const scratch *scratch, store *store, gint64 total, gint64 *largest)
{
    const gsize size = 200 * 1024;
    g_autoptr(store_raw) mail = mail_of(size);
    *largest = 0;
    for (gint64 written = 0; written < total; written += size) {
        g_assert_true(store_write(store, add_mail, mail, NULL));
        *largest = MAX(*largest, scratch_file_size(scratch, "-wal"));
    }
}

static void
test_the_log_is_used_again(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    g_autoptr(store) store = scratch_open(scratch);
    gint64 largest;
    write_mails(scratch, store, 60 * MIB, &largest);
    g_assert_cmpint(largest, <, 6 * MIB); /* 1,000 pages and the last transaction */
    g_assert_cmpuint(count_writer(store).checkpoints, >, 8);
}

/* At every moment some reader is inside: each leaves only when another has come. */
struct relay {
    store *store;
    atomic_uint entered;
    atomic_bool stop;
};

static gboolean
stay_until_the_next_comes(store_tx *tx, gpointer arg, GError **error)
{
    struct relay *relay = arg;
    struct question question = {.sql = "SELECT count(*) FROM raw"};
    if (!ask_number(tx, &question, error))
        return FALSE;
    guint mine = atomic_fetch_add(&relay->entered, 1);
    while (atomic_load(&relay->entered) == mine + 1 && !atomic_load(&relay->stop))
        g_usleep(500);
    return TRUE;
}

static gpointer
read_in_relay(gpointer data)
{
    struct relay *relay = data;
    while (!atomic_load(&relay->stop))
        g_assert_true(store_read(relay->store, stay_until_the_next_comes, relay, NULL));
    return NULL;
}

static void
test_the_log_stays_bounded_with_readers_always_inside(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    g_autoptr(store) store = scratch_open(scratch);
    struct relay relay = {.store = store};
    pthread_t threads[2];
    gint64 largest;
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_assert_cmpint(pthread_create(&threads[i], NULL, read_in_relay, &relay), ==, 0);
    write_mails(scratch, store, 200 * MIB, &largest);
    atomic_store(&relay.stop, TRUE);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        pthread_join(threads[i], NULL);
    g_test_message("largest log: %" G_GINT64_FORMAT " MiB", largest / MIB);
    g_assert_cmpint(largest, <, 100 * MIB);
}

struct long_reader {
    const scratch *scratch;
    store *store;
    store_raw *mail;
};

static gpointer
write_behind_a_reader(gpointer data)
{
    struct long_reader *reader = data;
    gint64 largest;
    write_mails(reader->scratch, reader->store, 100 * MIB, &largest);
    g_assert_cmpint(largest, >, 90 * MIB); /* it must be kept: the reader may yet want it */
    return NULL;
}

static gboolean
read_for_long(store_tx *tx, gpointer arg, GError **error)
{
    struct question before = {.sql = "SELECT count(*) FROM raw"};
    struct question after = before;
    pthread_t thread;
    g_assert_true(ask_number(tx, &before, error));
    g_assert_cmpint(pthread_create(&thread, NULL, write_behind_a_reader, arg), ==, 0);
    pthread_join(thread, NULL);
    g_assert_true(ask_number(tx, &after, error));
    g_assert_cmpint(before.answer, ==, after.answer);
    return TRUE;
}

static void
test_the_log_shrinks_after_a_long_reader(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    g_autoptr(store) store = scratch_open(scratch);
    struct long_reader reader = {.scratch = scratch, .store = store};
    gint64 largest;
    g_assert_true(store_read(store, read_for_long, &reader, NULL));
    write_mails(scratch, store, 60 * MIB, &largest);
    g_assert_cmpint(scratch_file_size(scratch, "-wal"), <, 70 * MIB);
    write_mails(scratch, store, 5 * MIB, &largest);
    g_assert_cmpint(largest, <, 70 * MIB);
}

/* Only who holds the turn checkpoints: a connection that closes does not, while another process may be writing. */
static void
close_without_the_turn(gpointer arg)
{
    const struct scratch *scratch = arg;
    store *store = scratch_open(scratch);
    g_assert_true(store_write(store, add_row, NULL, NULL));
    gint64 size = scratch_file_size(scratch, "-wal");
    turn *turn = turn_open(scratch->path, NULL);
    g_assert_cmpint(size, >, 0);
    g_assert_true(turn_take(turn, G_MAXINT64, NULL)); /* the writer leaves it after it has answered */
    store_close(store);
    g_assert_cmpint(scratch_file_size(scratch, "-wal"), ==, size);
}

static void
test_nobody_checkpoints_out_of_turn(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    await(spawn(close_without_the_turn, scratch));
    gint64 size = scratch_file_size(scratch, "-wal");
    store_close(scratch_open(scratch)); /* nor who has only read */
    g_assert_cmpint(scratch_file_size(scratch, "-wal"), ==, size);
    store *store = scratch_open(scratch);
    g_assert_true(store_write(store, add_row, NULL, NULL));
    store_close(store);
    g_assert_cmpint(scratch_file_size(scratch, "-wal"), ==, 0);
}

/* ---- the race ---- */

/*
 * Several processes write, checkpoint and read. Every row carries the number of rows before it and their running sum,
 * so a lost page breaks the chain; each process also knows how many of its own were acknowledged.
 */
#define WRITERS 3
#define THREADS 2

struct shared {
    const struct scratch *scratch;
    gint64 end;
    guint64 acknowledged[WRITERS];
    guint64 checks;
};

struct chain_job {
    store *store;
    struct shared *shared;
    store_raw *mail;
    guint64 done;
    pthread_t thread;
};

/* created_at: rows so far. size: a running sum over them. */
static gboolean
add_link(store_tx *tx, gpointer arg, GError **error)
{
    struct chain_job *job = arg;
    struct question rows = {.sql = "SELECT max(created_at) FROM raw"};
    struct question sum = {.sql = "SELECT size FROM raw ORDER BY id DESC LIMIT 1"};
    if (!ask_number(tx, &rows, error) || !ask_number(tx, &sum, error))
        return FALSE;
    gint64 number = MAX(rows.answer, 0) + 1;
    g_autoptr(store_rows) row =
        store_query(tx, STMT_RAW_PUT, error, store_int(MAX(sum.answer, 0) + number), store_int(number));
    GBytes *chunk = g_ptr_array_index(job->mail->chunks, 0);
    return row && store_run(tx, STMT_RAW_CHUNK_PUT, error, store_int(store_rows_int(row, 0, "id")), store_int(0),
                            store_int(0), store_blob(g_bytes_get_data(chunk, NULL), g_bytes_get_size(chunk)));
}

static void
assert_chain(store *store)
{
    /* n rows, numbered to n, and the last one's sum is n(n+1)/2 */
    g_assert_cmpint(ask(store, "SELECT count(*) = coalesce(max(created_at), 0) AND"
                               " count(*) * (count(*) + 1) / 2 = coalesce(max(size), 0) FROM raw"),
                    ==, 1);
}

static gpointer
write_chain(gpointer data)
{
    struct chain_job *job = data;
    while (g_get_monotonic_time() < job->shared->end) {
        g_autoptr(GError) error = NULL;
        g_assert_true(store_write(job->store, add_link, job, &error));
        job->done++;
    }
    return NULL;
}

static gpointer
read_chain(gpointer data)
{
    struct chain_job *job = data;
    while (g_get_monotonic_time() < job->shared->end) {
        assert_chain(job->store);
        job->done++;
    }
    return NULL;
}

static guint64
run_threads(struct shared *shared, GThreadFunc fn, guint count)
{
    g_autoptr(store) store = scratch_open(shared->scratch);
    g_autoptr(store_raw) mail = mail_of(100 * 1024); /* 25 pages: a checkpoint after every forty or so */
    struct chain_job jobs[THREADS];
    guint64 done = 0;
    for (guint i = 0; i < count; i++) {
        jobs[i] = (struct chain_job){.store = store, .shared = shared, .mail = mail};
        g_assert_cmpint(pthread_create(&jobs[i].thread, NULL, fn, &jobs[i]), ==, 0);
    }
    for (guint i = 0; i < count; i++) {
        pthread_join(jobs[i].thread, NULL);
        done += jobs[i].done;
    }
    return done;
}

struct chain_writer {
    struct shared *shared;
    guint number;
};

static void
write_in_a_process(gpointer arg)
{
    const struct chain_writer *writer = arg;
    writer->shared->acknowledged[writer->number] = run_threads(writer->shared, write_chain, THREADS);
}

static void
read_in_a_process(gpointer arg)
{
    struct shared *shared = arg;
    shared->checks = run_threads(shared, read_chain, THREADS);
}

/* Comes and goes, as an admin's commands do. */
static void
come_and_go(gpointer arg)
{
    struct shared *shared = arg;
    while (g_get_monotonic_time() < shared->end) {
        g_autoptr(store) store = scratch_open(shared->scratch);
        assert_chain(store);
    }
}

static void
test_no_committed_page_is_lost(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    g_assert_true(shared != MAP_FAILED);
    store_close(scratch_open(scratch));
    shared->scratch = scratch;
    shared->end = g_get_monotonic_time() + (long_run() ? 180 : 4) * G_USEC_PER_SEC;
    pid_t children[WRITERS + 2];
    for (guint i = 0; i < WRITERS; i++) {
        struct chain_writer writer = {shared, i};
        children[i] = spawn(write_in_a_process, &writer);
    }
    children[WRITERS] = spawn(read_in_a_process, shared);
    children[WRITERS + 1] = spawn(come_and_go, shared);
    guint64 acknowledged = 0;
    for (guint i = 0; i < G_N_ELEMENTS(children); i++)
        await(children[i]);
    for (guint i = 0; i < WRITERS; i++)
        acknowledged += shared->acknowledged[i];
    g_autoptr(store) store = scratch_open(scratch);
    assert_chain(store);
    g_assert_cmpint(ask(store, "SELECT count(*) FROM raw"), ==, acknowledged);
    g_assert_cmpint(ask(store, "SELECT count(*) FROM raw_chunk"), ==, acknowledged);
    g_assert_cmpint(ask(store, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"), ==, 0);
    g_assert_cmpuint(shared->checks, >, 0);
    g_test_message("%" G_GUINT64_FORMAT " rows, %" G_GUINT64_FORMAT " checks", acknowledged, shared->checks);
    munmap(shared, sizeof *shared);
}

/* ---- the race, provoked ---- */

/*
 * One process commits small transactions, two do nothing but checkpoint, on a file system in memory, by the driver
 * alone: what SQLite 3.40 loses rows by within seconds when nobody takes turns.
 */
struct bare {
    struct shared *shared;
    struct driver_db *db;
    struct driver_conn *conn;
};

static struct bare
open_bare(struct shared *shared)
{
    struct store_options options = scratch_options(shared->scratch);
    struct driver_db *db = driver_sqlite.open(shared->scratch->path, &options, NULL);
    struct driver_conn *conn = driver_sqlite.connect(db, DRIVER_WRITER, NULL);
    g_assert_true(driver_sqlite.prepare(conn, store_schema_version(), NULL));
    return (struct bare){shared, db, conn};
}

static void
assert_count(const struct bare *bare, guint64 rows)
{
    g_autofree char *answer = NULL;
    g_autoptr(GError) error = NULL;
    driver_sqlite.ask(bare->conn, "SELECT count(*) FROM raw", &answer, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(g_ascii_strtoull(answer, NULL, 10), ==, rows);
}

static void
commit_often(gpointer arg)
{
    struct bare bare = open_bare(arg);
    const struct store_value row[] = {store_int(1), store_int(1), {.type = STORE_END}};
    g_autoptr(GError) error = NULL;
    guint64 *rows = &bare.shared->acknowledged[0];
    while (g_get_monotonic_time() < bare.shared->end) {
        g_assert_true(driver_sqlite.take_turn(bare.db, G_MAXINT64, NULL));
        if (driver_sqlite.begin(bare.conn, &error) &&
            driver_sqlite.run(bare.conn, STMT_RAW_PUT, row, NULL, NULL, &error) &&
            driver_sqlite.commit(bare.conn, &error))
            ++*rows;
        g_assert_no_error(error);
        driver_sqlite.leave_turn(bare.db);
        if (*rows % 1000 == 0)
            assert_count(&bare, *rows);
    }
    assert_count(&bare, *rows);
}

static void
checkpoint_often(gpointer arg)
{
    struct bare bare = open_bare(arg);
    g_autofree char *any = NULL;
    g_assert_true(
        driver_sqlite.ask(bare.conn, "SELECT count(*) FROM raw", &any, NULL)); /* the log's index is read once */
    while (g_get_monotonic_time() < bare.shared->end) {
        g_assert_true(driver_sqlite.take_turn(bare.db, G_MAXINT64, NULL));
        driver_sqlite.tidy(bare.conn, DRIVER_TIDY_NOW);
        driver_sqlite.leave_turn(bare.db);
    }
}

static void
test_a_checkpoint_never_meets_a_reset(void)
{
    g_autoptr(scratch) scratch = scratch_new_in_memory();
    struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    g_assert_true(shared != MAP_FAILED);
    store_close(scratch_open(scratch));
    shared->scratch = scratch;
    shared->end = g_get_monotonic_time() + (long_run() ? 120 : 5) * G_USEC_PER_SEC;
    pid_t checkpointers[2];
    for (guint i = 0; i < G_N_ELEMENTS(checkpointers); i++)
        checkpointers[i] = spawn(checkpoint_often, shared);
    pid_t committer = spawn(commit_often, shared);
    await(committer);
    for (guint i = 0; i < G_N_ELEMENTS(checkpointers); i++)
        await(checkpointers[i]);
    g_autoptr(store) store = scratch_open(scratch);
    g_assert_cmpint(ask(store, "SELECT count(*) FROM raw"), ==, shared->acknowledged[0]);
    g_assert_cmpint(ask(store, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"), ==, 0);
    g_test_message("%" G_GUINT64_FORMAT " commits", shared->acknowledged[0]);
    munmap(shared, sizeof *shared);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/log/is-used-again", test_the_log_is_used_again);
    g_test_add_func("/log/stays-bounded-with-readers-always-inside",
                    test_the_log_stays_bounded_with_readers_always_inside);
    g_test_add_func("/log/shrinks-after-a-long-reader", test_the_log_shrinks_after_a_long_reader);
    g_test_add_func("/log/nobody-checkpoints-out-of-turn", test_nobody_checkpoints_out_of_turn);
    g_test_add_func("/log/no-committed-page-is-lost", test_no_committed_page_is_lost);
    g_test_add_func("/log/a-checkpoint-never-meets-a-reset", test_a_checkpoint_never_meets_a_reset);
    return g_test_run();
}
