/* Turns among processes: nobody starves, the dead give way, and who waits too long is told so. */
#include <pthread.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/error.h"
#include "tests/store/scratch.h"

/* ---- sharing ---- */

#define PROCESSES 4

/* In shared memory. */
struct share {
    const struct scratch *scratch;
    guint processes;
    gint ready; /* processes that are up */
    guint threads[PROCESSES];
    struct {
        guint64 written;
        guint64 turns;
    } tally[PROCESSES];
};

struct contender {
    struct share *share;
    guint number;
};

/* All begin together, however long one took to come up. When they end, monotonic. */
static gint64
begin(struct share *share)
{
    gint64 patience = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
    g_atomic_int_inc(&share->ready);
    while ((guint)g_atomic_int_get(&share->ready) < share->processes) {
        g_assert_cmpint(g_get_monotonic_time(), <, patience);
        g_usleep(100);
    }
    return g_get_monotonic_time() + (long_run() ? 20 * G_USEC_PER_SEC : 1500 * 1000);
}

struct busy_thread {
    store *store;
    gint64 end;
    guint64 written;
    pthread_t thread;
};

static gpointer
write_until_the_end(gpointer data)
{
    struct busy_thread *busy = data;
    g_autoptr(GError) error = NULL;
    while (g_get_monotonic_time() < busy->end && store_write(busy->store, add_row, NULL, &error))
        busy->written++;
    g_assert_no_error(error);
    return NULL;
}

static void
contend(gpointer arg)
{
    const struct contender *contender = arg;
    struct share *share = contender->share;
    guint count = share->threads[contender->number];
    store *store = scratch_open(share->scratch);
    gint64 end = begin(share);
    struct busy_thread threads[64];
    for (guint i = 0; i < count; i++) {
        threads[i] = (struct busy_thread){.store = store, .end = end};
        g_assert_cmpint(pthread_create(&threads[i].thread, NULL, write_until_the_end, &threads[i]), ==, 0);
    }
    for (guint i = 0; i < count; i++) {
        pthread_join(threads[i].thread, NULL);
        share->tally[contender->number].written += threads[i].written;
    }
    share->tally[contender->number].turns = count_writer(store).commits;
    store_close(store);
}

/* Takes the turn again the moment it has left it. */
static void
be_greedy(gpointer arg)
{
    const struct contender *contender = arg;
    struct share *share = contender->share;
    turn *turn = turn_open(share->scratch->path, NULL);
    gint64 end = begin(share);
    while (g_get_monotonic_time() < end) {
        g_assert_true(turn_take(turn, G_MAXINT64, NULL));
        gint64 until = g_get_monotonic_time() + 1000;
        while (g_get_monotonic_time() < until) {
        }
        share->tally[contender->number].turns++;
        turn_leave(turn);
    }
    turn_close(turn);
}

static struct share *
contest(const scratch *scratch, void (*play)(gpointer contender), const guint *threads, guint processes)
{
    struct share *share = mmap(NULL, sizeof *share, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    g_assert_true(share != MAP_FAILED);
    store_close(scratch_open(scratch));
    share->scratch = scratch;
    share->processes = processes;
    pid_t children[PROCESSES];
    for (guint i = 0; i < processes; i++) {
        struct contender contender = {share, i};
        share->threads[i] = threads[i];
        children[i] = spawn(play, &contender);
    }
    for (guint i = 0; i < processes; i++)
        await(children[i]);
    return share;
}

static void
assert_fair(const struct share *share, guint processes)
{
    guint64 least = G_MAXUINT64;
    guint64 most = 0;
    for (guint i = 0; i < processes; i++) {
        g_test_message("process %u: %" G_GUINT64_FORMAT " writes in %" G_GUINT64_FORMAT " turns", i,
                       share->tally[i].written, share->tally[i].turns);
        least = MIN(least, share->tally[i].turns);
        most = MAX(most, share->tally[i].turns);
    }
    /* Nobody starves. Closer than this the machine itself is not fair while other suites run beside this one. */
    g_assert_cmpuint(least * 10, >=, most);
}

static void
test_two_processes_share(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    struct share *share = contest(scratch, contend, (const guint[]){4, 4}, 2);
    assert_fair(share, 2);
    munmap(share, sizeof *share);
}

static void
test_four_processes_share(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    struct share *share = contest(scratch, contend, (const guint[]){2, 2, 2, 2}, 4);
    assert_fair(share, 4);
    munmap(share, sizeof *share);
}

/* An admin's command beside a milter under load. */
static void
test_a_lone_writer_does_not_starve(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    struct share *share = contest(scratch, contend, (const guint[]){32, 1}, 2);
    assert_fair(share, 2);
    g_assert_cmpuint(share->tally[0].written, >, share->tally[1].written);
    munmap(share, sizeof *share);
}

static void
test_a_greedy_process_starves_nobody(void)
{
    for (guint processes = 2; processes <= PROCESSES; processes++) {
        g_autoptr(scratch) scratch = scratch_new();
        struct share *share = contest(scratch, be_greedy, (const guint[PROCESSES]){0}, processes);
        assert_fair(share, processes);
        munmap(share, sizeof *share);
    }
}

/* ---- waiting ---- */

struct holder {
    const struct scratch *scratch;
    int ready[2];
};

static void
hold_turn(gpointer arg)
{
    const struct holder *holder = arg;
    turn *turn = turn_open(holder->scratch->path, NULL);
    g_assert_true(turn_take(turn, 0, NULL));
    g_assert_cmpint(write(holder->ready[1], "x", 1), ==, 1);
    for (;;)
        pause();
}

static pid_t
start_holder(const scratch *scratch)
{
    struct holder holder = {.scratch = scratch};
    char byte;
    g_assert_cmpint(pipe(holder.ready), ==, 0);
    pid_t child = spawn(hold_turn, &holder);
    close(holder.ready[1]);
    g_assert_cmpint(read(holder.ready[0], &byte, 1), ==, 1);
    close(holder.ready[0]);
    return child;
}

static store *
open_with_timeout(const scratch *scratch, gint64 seconds)
{
    g_autoptr(GError) error = NULL;
    struct store_options options = scratch_options(scratch);
    options.busy_timeout = seconds;
    store *store = store_open(&options, &error);
    g_assert_no_error(error);
    return store;
}

static void
test_who_waits_too_long_is_told(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    store_close(scratch_open(scratch));
    pid_t child = start_holder(scratch);
    g_autoptr(store) store = open_with_timeout(scratch, 1); /* opening and reading need no turn */
    g_assert_cmpint(ask(store, "SELECT count(*) FROM raw"), ==, 0);
    g_autoptr(GError) error = NULL;
    gint64 start = g_get_monotonic_time();
    g_assert_false(store_write(store, add_row, NULL, &error));
    gint64 waited = g_get_monotonic_time() - start;
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP);
    g_assert_nonnull(strstr(error->message, "-turn"));
    g_assert_cmpint(waited, >=, G_USEC_PER_SEC);
    g_assert_cmpint(waited, <, 3 * G_USEC_PER_SEC);
    kill_hard(child);
    g_assert_true(store_write(store, add_row, NULL, NULL));
}

struct caller_thread {
    store *store;
    gboolean ok;
    pthread_t thread;
};

static gpointer
write_once(gpointer data)
{
    struct caller_thread *caller = data;
    caller->ok = store_write(caller->store, add_row, NULL, NULL);
    return NULL;
}

static void
test_a_dead_holder_gives_way(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    store_close(scratch_open(scratch));
    pid_t child = start_holder(scratch);
    g_autoptr(store) store = open_with_timeout(scratch, 60);
    struct caller_thread caller = {.store = store};
    g_assert_cmpint(pthread_create(&caller.thread, NULL, write_once, &caller), ==, 0);
    g_autoptr(GError) error = NULL;
    turn *other = turn_open(scratch->path, NULL);
    g_assert_false(turn_take(other, 0, &error)); /* it is held */
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP);
    gint64 start = g_get_monotonic_time();
    kill_hard(child);
    pthread_join(caller.thread, NULL);
    g_assert_true(caller.ok);
    g_assert_cmpint(g_get_monotonic_time() - start, <, 10 * G_USEC_PER_SEC);
    turn_close(other);
}

/* Two writers that each hold "the" lock file, one of them a removed one, would race at the checkpoint. */
static void
test_a_removed_lock_file_excludes_nobody_wrongly(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    g_autofree char *lock = scratch_file(scratch, "-turn");
    g_autofree char *queue = scratch_file(scratch, "-queue");
    g_autoptr(store) store = open_with_timeout(scratch, 0);
    g_assert_true(store_write(store, add_row, NULL, NULL));
    g_assert_cmpint(unlink(lock), ==, 0);
    g_assert_cmpint(unlink(queue), ==, 0);
    pid_t child = start_holder(scratch); /* on new files */
    g_autoptr(GError) error = NULL;
    g_assert_false(store_write(store, add_row, NULL, &error));
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP);
    kill_hard(child);
    g_assert_true(store_write(store, add_row, NULL, NULL));
}

static void
test_a_broken_lock_file_is_told_at_once(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    g_autofree char *lock = scratch_file(scratch, "-turn");
    g_autoptr(store) store = open_with_timeout(scratch, 600);
    g_autoptr(GError) error = NULL;
    g_assert_cmpint(unlink(lock), ==, 0);
    g_assert_cmpint(mkdir(lock, 0700), ==, 0);
    g_assert_false(store_write(store, add_row, NULL, &error));
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP);
    g_assert_nonnull(strstr(error->message, lock));
    g_assert_cmpint(rmdir(lock), ==, 0);
    g_assert_true(store_write(store, add_row, NULL, NULL));
}

/* A link to the database must not have lock files of its own. */
static void
test_two_names_of_a_database_share_the_turn(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    store_close(scratch_open(scratch));
    g_autofree char *name = g_build_filename(scratch->folder, "other-name.db", NULL);
    g_autofree char *database = g_strconcat("sqlite:", name, NULL);
    g_assert_cmpint(symlink(scratch->path, name), ==, 0);
    pid_t child = start_holder(scratch);
    struct store_options options = {.database = database, .readers = 1};
    g_autoptr(store) store = store_open(&options, NULL);
    g_autoptr(GError) error = NULL;
    g_assert_false(store_write(store, add_row, NULL, &error));
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP);
    kill_hard(child);
    g_assert_true(store_write(store, add_row, NULL, NULL));
}

/* A program that knows nothing of turns, an admin's shell for instance, holds SQLite's own lock. */
static void
test_a_stranger_that_writes_is_waited_for(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    g_autoptr(store) store = open_with_timeout(scratch, 1);
    sqlite3 *stranger = NULL;
    g_assert_cmpint(sqlite3_open(scratch->path, &stranger), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(stranger, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
    g_autoptr(GError) error = NULL;
    gint64 start = g_get_monotonic_time();
    g_assert_false(store_write(store, add_row, NULL, &error));
    g_assert_cmpint(g_get_monotonic_time() - start, >=, G_USEC_PER_SEC);
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP);
    g_assert_cmpint(sqlite3_exec(stranger, "COMMIT", NULL, NULL, NULL), ==, SQLITE_OK);
    g_assert_true(store_write(store, add_row, NULL, NULL));
    sqlite3_close(stranger);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/turn/two-processes-share", test_two_processes_share);
    g_test_add_func("/turn/four-processes-share", test_four_processes_share);
    g_test_add_func("/turn/a-lone-writer-does-not-starve", test_a_lone_writer_does_not_starve);
    g_test_add_func("/turn/a-greedy-process-starves-nobody", test_a_greedy_process_starves_nobody);
    g_test_add_func("/turn/who-waits-too-long-is-told", test_who_waits_too_long_is_told);
    g_test_add_func("/turn/a-dead-holder-gives-way", test_a_dead_holder_gives_way);
    g_test_add_func("/turn/a-removed-lock-file-excludes-nobody-wrongly",
                    test_a_removed_lock_file_excludes_nobody_wrongly);
    g_test_add_func("/turn/a-broken-lock-file-is-told-at-once", test_a_broken_lock_file_is_told_at_once);
    g_test_add_func("/turn/two-names-share-the-turn", test_two_names_of_a_database_share_the_turn);
    g_test_add_func("/turn/a-stranger-is-waited-for", test_a_stranger_that_writes_is_waited_for);
    return g_test_run();
}
