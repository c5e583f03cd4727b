/*
 * What a commit promises: it is on the disk before anybody is answered, one wait serves many, one function's failure is
 * its own, and when the disk is full nothing is half written.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/error.h"
#include "tests/store/scratch.h"

/* ---- the disk's view: SQLite's calls come through here ---- */

static atomic_uint syncs; /* that have returned */
static atomic_int sync_error;
static atomic_int sync_delay; /* microseconds, so that an answer given too early is seen */

int fdatasync(int fd);
int fsync(int fd);

static int
sync_for_real(long call, int fd)
{
    int failure = atomic_load(&sync_error);
    int result = failure ? -1 : syscall(call, fd);
    g_usleep(atomic_load(&sync_delay));
    atomic_fetch_add(&syncs, 1);
    if (failure)
        errno = failure;
    return result;
}

int
fdatasync(int fd)
{
    return sync_for_real(SYS_fdatasync, fd);
}

int
fsync(int fd)
{
    return sync_for_real(SYS_fsync, fd);
}

/* ---- durable ---- */

static gboolean
note_syncs(store_tx *tx, gpointer arg, GError **error)
{
    *(guint *)arg = atomic_load(&syncs);
    return add_row(tx, NULL, error);
}

static void
test_the_disk_has_it_before_the_answer(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    g_autoptr(store) store = scratch_open(scratch);
    atomic_store(&sync_delay, 5000);
    for (int i = 0; i < 20; i++) {
        guint before = 0;
        g_assert_true(store_write(store, note_syncs, &before, NULL));
        g_assert_cmpuint(atomic_load(&syncs), >, before);
    }
    atomic_store(&sync_delay, 0);
}

struct killed {
    const struct scratch *scratch;
    int reply[2];
};

static void
write_and_wait(gpointer arg)
{
    const struct killed *killed = arg;
    store *store = scratch_open(killed->scratch);
    for (;;) {
        g_assert_true(store_write(store, add_row, NULL, NULL));
        g_assert_cmpint(write(killed->reply[1], "x", 1), ==, 1);
    }
}

/* kill -9 at any moment: what was answered is there, and at most the one write that was not. */
static void
test_what_was_answered_survives_kill(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    gint64 answered = 0;
    for (int round = 0; round < 10; round++) {
        struct killed killed = {.scratch = scratch};
        char buffer[256];
        g_assert_cmpint(pipe(killed.reply), ==, 0);
        pid_t child = spawn(write_and_wait, &killed);
        close(killed.reply[1]);
        for (int i = 0; i < 1 + round * 7; i++) { /* another number of answers each time */
            g_assert_cmpint(read(killed.reply[0], buffer, 1), ==, 1);
            answered++;
        }
        kill_hard(child);
        gssize rest;
        while ((rest = read(killed.reply[0], buffer, sizeof buffer)) > 0)
            answered += rest;
        close(killed.reply[0]);
        g_autoptr(store) store = scratch_open(scratch);
        gint64 stored = ask(store, "SELECT count(*) FROM raw");
        g_assert_cmpint(stored, >=, answered);
        g_assert_cmpint(stored, <=, answered + 1);
        answered = stored;
    }
}

/* ---- many in one ---- */

#define LONG (600 * G_USEC_PER_SEC)

static void
write_together(store *store, guint count, gint64 batch_time, guint *commits, guint *waits)
{
    g_autofree struct caller *callers = g_new0(struct caller, count);
    for (guint i = 0; i < count; i++)
        callers[i].fn = add_row;
    guint64 commits_before = count_writer(store).commits;
    guint syncs_before = atomic_load(&syncs);
    run_together_within(store, callers, count, batch_time);
    *waits = atomic_load(&syncs) - syncs_before;
    *commits = count_writer(store).commits - commits_before - 2; /* the holder's and the question's own */
    for (guint i = 0; i < count; i++)
        g_assert_true(callers[i].ok);
}

static void
test_one_commit_serves_many(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    g_autoptr(store) store = scratch_open(scratch);
    guint commits;
    guint waits;
    write_together(store, WRITER_BATCH, LONG, &commits, &waits);
    g_assert_cmpuint(commits, ==, 1);
    g_assert_cmpuint(waits, <=, 2); /* ours, and the log's header where it is begun anew */
    g_assert_cmpint(ask(store, "SELECT count(*) FROM raw"), ==, WRITER_BATCH);
}

static void
test_a_batch_is_bounded(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    g_autoptr(store) store = scratch_open(scratch);
    guint commits;
    guint waits;
    write_together(store, 2 * WRITER_BATCH + 1, LONG, &commits, &waits);
    g_assert_cmpuint(commits, ==, 3);
}

/* A slow function delays only those that were taken in with it. */
static void
test_a_batch_takes_nobody_after_its_time(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    g_autoptr(store) store = scratch_open(scratch);
    guint commits;
    guint waits;
    write_together(store, 5, 0, &commits, &waits);
    g_assert_cmpuint(commits, ==, 5);
}

static gboolean
note_order(G_GNUC_UNUSED store_tx *tx, gpointer arg, G_GNUC_UNUSED GError **error)
{
    static guint last; /* the writer's thread only */
    *(guint *)arg = ++last;
    return TRUE;
}

static void
test_callers_are_served_in_order(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    g_autoptr(store) store = scratch_open(scratch);
    guint order[20];
    struct caller callers[20] = {0};
    for (guint i = 0; i < G_N_ELEMENTS(callers); i++)
        callers[i] = (struct caller){.fn = note_order, .arg = &order[i]};
    run_together(store, callers, G_N_ELEMENTS(callers));
    for (guint i = 1; i < G_N_ELEMENTS(callers); i++)
        g_assert_cmpuint(order[i], ==, order[i - 1] + 1);
}

/* ---- failures ---- */

static gboolean
add_conflict(store_tx *tx, G_GNUC_UNUSED gpointer arg, GError **error)
{
    gboolean ok = add_row(tx, NULL, error);
    for (int i = 0; ok && i < 2; i++)
        ok = store_run(tx, STMT_RAW_CHUNK_PUT, error, store_int(1), store_int(1), store_int(0), store_blob("", 0));
    return ok;
}

static void
test_a_failure_is_its_own(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    g_autoptr(store) store = scratch_open(scratch);
    struct caller callers[] = {
        {.fn = add_row}, {.fn = add_row_and_fail}, {.fn = add_row}, {.fn = add_conflict}, {.fn = add_row}};
    run_together(store, callers, G_N_ELEMENTS(callers));
    g_assert_true(callers[0].ok && callers[2].ok && callers[4].ok);
    g_assert_error(callers[1].error, POSTERN_ERROR, POSTERN_ERROR_REFUSED);
    g_assert_cmpstr(callers[1].error->message, ==, "on purpose");
    g_assert_error(callers[3].error, POSTERN_ERROR, POSTERN_ERROR_CONFLICT);
    g_assert_cmpint(ask(store, "SELECT count(*) FROM raw"), ==, 3);
    g_assert_cmpint(ask(store, "SELECT count(*) FROM raw_chunk"), ==, 0);
    g_clear_error(&callers[1].error);
    g_clear_error(&callers[3].error);
}

/* What a migration could declare one day. It must not wait for COMMIT, where it would fail everybody. */
static gboolean
break_deferred(store_tx *tx, G_GNUC_UNUSED gpointer arg, GError **error)
{
    return add_row(tx, NULL, error) && tx->driver->script(tx->conn, "INSERT INTO child VALUES (99)", error);
}

static void
test_a_deferred_constraint_fails_one_alone(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    g_autoptr(store) store = scratch_open(scratch);
    tell_writer(store, "CREATE TABLE child (raw INTEGER REFERENCES raw DEFERRABLE INITIALLY DEFERRED) STRICT");
    struct caller callers[] = {{.fn = add_row}, {.fn = break_deferred}, {.fn = add_row}};
    run_together(store, callers, G_N_ELEMENTS(callers));
    g_assert_true(callers[0].ok && callers[2].ok);
    g_assert_error(callers[1].error, POSTERN_ERROR, POSTERN_ERROR_INVALID);
    g_assert_cmpint(ask(store, "SELECT count(*) FROM raw"), ==, 2);
    g_clear_error(&callers[1].error);
}

static gboolean
lose_transaction(store_tx *tx, gpointer arg, GError **error)
{
    return add_row(tx, arg, error) && tx->driver->script(tx->conn, "ROLLBACK", error); /* as FULL or IOERR do */
}

/* With a reason that tells the admin what is wrong. */
static void
assert_all_temp(struct caller *callers, guint count, const char *reason)
{
    for (guint i = 0; i < count; i++) {
        g_assert_false(callers[i].ok);
        g_assert_error(callers[i].error, POSTERN_ERROR, POSTERN_ERROR_TEMP);
        g_assert_nonnull(strstr(callers[i].error->message, reason));
        g_clear_error(&callers[i].error);
    }
}

/* Also the one whose own failure was another: what it saw is gone. Who comes after in the queue is not harmed. */
static void
test_a_lost_transaction_is_told_to_all(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    g_autoptr(store) store = scratch_open(scratch);
    struct caller callers[] = {
        {.fn = add_row}, {.fn = add_row_and_fail}, {.fn = add_row}, {.fn = lose_transaction}, {.fn = add_row}};
    run_together(store, callers, G_N_ELEMENTS(callers));
    assert_all_temp(callers, 4, "rolled back");
    g_assert_true(callers[4].ok);
    g_assert_cmpint(ask(store, "SELECT count(*) FROM raw"), ==, 1);
}

static void
test_a_failed_sync_is_told_to_all(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    g_autoptr(store) store = scratch_open(scratch);
    struct caller callers[] = {{.fn = add_row}, {.fn = add_row_and_fail}, {.fn = add_row}};
    g_assert_true(store_write(store, add_row, NULL, NULL));
    atomic_store(&sync_error, EIO);
    run_together(store, callers, G_N_ELEMENTS(callers));
    atomic_store(&sync_error, 0);
    assert_all_temp(callers, G_N_ELEMENTS(callers), "disk I/O error");
    g_assert_true(store_write(store, add_row, NULL, NULL));
    g_assert_cmpint(ask(store, "SELECT count(*) FROM raw"), ==, 2);
}

/* ---- a full disk ---- */

static gboolean
add_mail(store_tx *tx, gpointer arg, GError **error)
{
    gint64 id;
    return store_raw_put(tx, arg, 1, &id, error);
}

/* Of bytes that do not compress. */
static store_raw *
mail_of(gsize size)
{
    g_autofree guint32 *bytes = g_malloc(size);
    for (gsize i = 0; i < size / sizeof *bytes; i++)
        bytes[i] = g_test_rand_int();
    return store_raw_new(bytes, size);
}

static void
assert_nothing_half_written(store *store, gint64 mails)
{
    g_assert_cmpint(ask(store, "SELECT count(*) FROM raw"), ==, mails);
    g_assert_cmpint(ask(store, "SELECT count(*) FROM raw WHERE size <>"
                               " (SELECT coalesce(sum(size), 0) FROM raw_chunk WHERE raw_id = raw.id)"),
                    ==, 0);
    g_assert_cmpint(ask(store, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"), ==, 0);
}

static void
write_mails_in_vain(store *store, store_raw *mail, const char *reason)
{
    struct caller callers[6] = {0};
    for (guint i = 0; i < G_N_ELEMENTS(callers); i++)
        callers[i] = (struct caller){.fn = add_mail, .arg = mail};
    run_together(store, callers, G_N_ELEMENTS(callers));
    assert_all_temp(callers, G_N_ELEMENTS(callers), reason);
}

/* The database may not grow: SQLITE_FULL, in the middle of a function. */
static void
test_a_full_database_writes_nothing(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    g_autoptr(store) store = scratch_open(scratch);
    g_autoptr(store_raw) mail = mail_of(400000);
    g_assert_true(store_write(store, add_mail, mail, NULL));
    g_autofree char *limit =
        g_strdup_printf("PRAGMA max_page_count=%" G_GINT64_FORMAT, ask_writer(store, "PRAGMA page_count") + 20);
    tell_writer(store, limit);
    write_mails_in_vain(store, mail, "database or disk is full");
    assert_nothing_half_written(store, 1);
    tell_writer(store, "PRAGMA max_page_count=1000000");
    g_assert_true(store_write(store, add_mail, mail, NULL));
    assert_nothing_half_written(store, 2);
}

static void
limit_files(rlim_t size)
{
    struct rlimit limit = {.rlim_cur = size, .rlim_max = RLIM_INFINITY};
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
}

/* The log may not grow: the write itself fails, at COMMIT, or in a function that is too large for the page cache. */
static void
fill_the_disk(gpointer arg)
{
    store *store = scratch_open(arg);
    g_autoptr(store_raw) mail = mail_of(400000);
    g_autoptr(store_raw) huge = mail_of(12 << 20);
    signal(SIGXFSZ, SIG_IGN);
    g_assert_true(store_write(store, add_mail, mail, NULL));
    rlim_t now = scratch_file_size(arg, "-wal");
    for (rlim_t room = 0; room < 2300000; room += 190000) {
        struct caller caller = {.fn = add_mail, .arg = huge};
        limit_files(now + room);
        write_mails_in_vain(store, mail, "disk I/O error");
        caller.ok = store_write(store, caller.fn, caller.arg, &caller.error);
        assert_all_temp(&caller, 1, "disk I/O error");
    }
    limit_files(RLIM_INFINITY);
    g_assert_true(store_write(store, add_mail, mail, NULL));
    assert_nothing_half_written(store, 2);
    store_close(store);
}

static void
test_a_full_disk_writes_nothing(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    await(spawn(fill_the_disk, scratch));
    g_autoptr(store) store = scratch_open(scratch);
    assert_nothing_half_written(store, 2);
}

/* ---- the end ---- */

static void
test_closing_waits_for_what_is_queued(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    store *store = scratch_open(scratch);
    struct caller callers[30] = {0};
    for (guint i = 0; i < G_N_ELEMENTS(callers); i++)
        callers[i].fn = add_row;
    run_together(store, callers, G_N_ELEMENTS(callers));
    store_close(store);
    g_assert_cmpint(scratch_file_size(scratch, "-wal"), ==, 0); /* all of it is in the database itself */
    store = scratch_open(scratch);
    g_assert_cmpint(ask(store, "SELECT count(*) FROM raw"), ==, G_N_ELEMENTS(callers));
    store_close(store);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/commit/on-the-disk-before-the-answer", test_the_disk_has_it_before_the_answer);
    g_test_add_func("/commit/what-was-answered-survives-kill", test_what_was_answered_survives_kill);
    g_test_add_func("/commit/one-serves-many", test_one_commit_serves_many);
    g_test_add_func("/commit/a-batch-is-bounded", test_a_batch_is_bounded);
    g_test_add_func("/commit/a-batch-takes-nobody-after-its-time", test_a_batch_takes_nobody_after_its_time);
    g_test_add_func("/commit/callers-are-served-in-order", test_callers_are_served_in_order);
    g_test_add_func("/commit/a-failure-is-its-own", test_a_failure_is_its_own);
    g_test_add_func("/commit/a-deferred-constraint-fails-one-alone", test_a_deferred_constraint_fails_one_alone);
    g_test_add_func("/commit/a-lost-transaction-is-told-to-all", test_a_lost_transaction_is_told_to_all);
    g_test_add_func("/commit/a-failed-sync-is-told-to-all", test_a_failed_sync_is_told_to_all);
    g_test_add_func("/commit/a-full-database-writes-nothing", test_a_full_database_writes_nothing);
    g_test_add_func("/commit/a-full-disk-writes-nothing", test_a_full_disk_writes_nothing);
    g_test_add_func("/commit/closing-waits-for-what-is-queued", test_closing_waits_for_what_is_queued);
    return g_test_run();
}
