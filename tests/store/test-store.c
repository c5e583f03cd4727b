/* The store's face: values in, rows out, errors that say what to do, raw mails, and what our own bugs meet. */
#include <string.h>

#include "lib/error.h"
#include "tests/store/scratch.h"

/* ---- values and rows ---- */

#define AWKWARD "it's \"quoted\"; DROP TABLE timer"

static gboolean
put_timers(store_tx *tx, G_GNUC_UNUSED gpointer arg, GError **error)
{
    return store_run(tx, STMT_TIMER_SET, error, store_text(AWKWARD), store_int(G_MAXINT64), store_int(1)) &&
           store_run(tx, STMT_TIMER_SET, error, store_text("zażółć"), store_int(G_MININT64), store_int(2)) &&
           store_run(tx, STMT_TIMER_SET, error, store_text(""), store_int(0), store_int(3));
}

static gboolean
get_timers(store_tx *tx, gpointer arg, GError **error)
{
    store_rows **rows = arg;
    *rows = store_query(tx, STMT_TIMERS_DUE, error, store_int(G_MAXINT64), store_int(10));
    return *rows != NULL;
}

static void
test_values_come_back(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    g_autoptr(store) store = scratch_open(scratch);
    g_autoptr(store_rows) rows = NULL;
    g_assert_true(store_write(store, put_timers, NULL, NULL));
    g_assert_true(store_read(store, get_timers, &rows, NULL));
    g_assert_cmpuint(store_rows_count(rows), ==, 3);
    g_assert_cmpstr(store_rows_text(rows, 0, "kind"), ==, AWKWARD);
    g_assert_cmpint(store_rows_int(rows, 0, "subject_id"), ==, G_MAXINT64);
    g_assert_cmpstr(store_rows_text(rows, 1, "kind"), ==, "zażółć");
    g_assert_cmpint(store_rows_int(rows, 1, "subject_id"), ==, G_MININT64);
    g_assert_cmpstr(store_rows_text(rows, 2, "kind"), ==, "");
}

static gboolean
put_blobs(store_tx *tx, G_GNUC_UNUSED gpointer arg, GError **error)
{
    return add_row(tx, NULL, error) &&
           store_run(tx, STMT_RAW_CHUNK_PUT, error, store_int(1), store_int(0), store_int(0), store_blob(NULL, 0)) &&
           store_run(tx, STMT_RAW_CHUNK_PUT, error, store_int(1), store_int(1), store_int(0), store_blob("\0x\0", 3));
}

static gboolean
check_blobs(store_tx *tx, G_GNUC_UNUSED gpointer arg, GError **error)
{
    gsize length;
    g_autoptr(store_rows) empty = store_query(tx, STMT_RAW_CHUNK_GET, error, store_int(1), store_int(0));
    g_assert_nonnull(store_rows_blob(empty, 0, "data", &length));
    g_assert_cmpuint(length, ==, 0);
    g_assert_false(store_rows_is_null(empty, 0, "data"));
    g_autoptr(store_rows) some = store_query(tx, STMT_RAW_CHUNK_GET, error, store_int(1), store_int(1));
    gconstpointer data = store_rows_blob(some, 0, "data", &length);
    g_assert_cmpmem(data, length, "\0x\0", 3);
    g_autoptr(store_rows) none = store_query(tx, STMT_RAW_CHUNK_GET, error, store_int(1), store_int(2));
    g_assert_cmpuint(store_rows_count(none), ==, 0);
    return TRUE;
}

static void
test_blobs_keep_their_bytes(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    g_autoptr(store) store = scratch_open(scratch);
    g_assert_true(store_write(store, put_blobs, NULL, NULL));
    g_assert_true(store_read(store, check_blobs, NULL, NULL));
}

/* ---- a part of a transaction ---- */

static gboolean
put_and_refuse(store_tx *tx, gpointer arg, GError **error)
{
    if (!put_timers(tx, NULL, error))
        return FALSE;
    if (!arg)
        return TRUE;
    g_set_error_literal(error, POSTERN_ERROR, POSTERN_ERROR_REFUSED, "no");
    return FALSE;
}

static gboolean
attempt_twice(store_tx *tx, gpointer arg, GError **error)
{
    g_autoptr(GError) refusal = NULL;
    gboolean done = TRUE;
    if (!store_run(tx, STMT_TIMER_SET, error, store_text("before"), store_int(1), store_int(1)) ||
        !store_attempt(tx, put_and_refuse, arg, &done, &refusal, error))
        return FALSE;
    g_assert_true(done == !arg);
    g_assert_true((refusal != NULL) == (arg != NULL));
    return store_run(tx, STMT_TIMER_SET, error, store_text("after"), store_int(1), store_int(9));
}

static void
test_an_attempt_that_is_refused_leaves_nothing(void)
{
    static int refuse;
    g_autoptr(scratch) scratch = scratch_new();
    g_autoptr(store) store = scratch_open(scratch);
    g_autoptr(store_rows) refused = NULL, taken = NULL;
    g_assert_true(store_write(store, attempt_twice, &refuse, NULL));
    g_assert_true(store_read(store, get_timers, &refused, NULL));
    g_assert_cmpuint(store_rows_count(refused), ==, 2);
    g_assert_cmpstr(store_rows_text(refused, 0, "kind"), ==, "before");
    g_assert_cmpstr(store_rows_text(refused, 1, "kind"), ==, "after");
    g_assert_true(store_write(store, attempt_twice, NULL, NULL));
    g_assert_true(store_read(store, get_timers, &taken, NULL));
    g_assert_cmpuint(store_rows_count(taken), ==, 5);
}

static gboolean
break_a_constraint(store_tx *tx, G_GNUC_UNUSED gpointer arg, GError **error)
{
    return store_run(tx, STMT_TIMER_SET, error, store_null(), store_null(), store_null());
}

static gboolean
attempt_to_break(store_tx *tx, G_GNUC_UNUSED gpointer arg, GError **error)
{
    gboolean done = FALSE;
    return put_timers(tx, NULL, error) && store_attempt(tx, break_a_constraint, NULL, &done, NULL, error);
}

static void
test_a_statement_that_fails_in_an_attempt_fails_all(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    g_autoptr(store) store = scratch_open(scratch);
    g_autoptr(store_rows) rows = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_false(store_write(store, attempt_to_break, NULL, &error));
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID);
    g_assert_true(store_read(store, get_timers, &rows, NULL));
    g_assert_cmpuint(store_rows_count(rows), ==, 0);
}

static gboolean
check_null(store_tx *tx, G_GNUC_UNUSED gpointer arg, GError **error)
{
    g_autoptr(store_rows) rows = store_query(tx, STMT_TIMER_NEXT, error); /* min() over nothing */
    g_assert_cmpuint(store_rows_count(rows), ==, 1);
    g_assert_true(store_rows_is_null(rows, 0, "due_at"));
    g_assert_cmpint(store_rows_int(rows, 0, "due_at"), ==, 0);
    g_assert_null(store_rows_text(rows, 0, "due_at"));
    return TRUE;
}

static void
test_null_reads_as_nothing(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    g_autoptr(store) store = scratch_open(scratch);
    g_assert_true(store_read(store, check_null, NULL, NULL));
    g_assert_cmpint(store_text(NULL).type, ==, STORE_NULL);
    g_assert_cmpint(store_ref(0).type, ==, STORE_NULL);
    g_assert_cmpint(store_ref(7).type, ==, STORE_INT);
}

static gboolean
count_changes(store_tx *tx, G_GNUC_UNUSED gpointer arg, GError **error)
{
    gint64 changed = -1;
    const struct store_value set[] = {store_text("k"), store_int(1), store_int(9), {.type = STORE_END}};
    const struct store_value drop[] = {store_text("k"), store_int(1), {.type = STORE_END}};
    const struct store_value none[] = {{.type = STORE_END}};
    g_assert_true(store_run_values(tx, STMT_TIMER_ONCE, set, &changed, error));
    g_assert_cmpint(changed, ==, 1);
    g_assert_true(store_run_values(tx, STMT_TIMER_ONCE, set, &changed, error)); /* ON CONFLICT DO NOTHING */
    g_assert_cmpint(changed, ==, 0);
    g_assert_true(store_run_values(tx, STMT_TIMER_DROP, drop, &changed, error));
    g_assert_cmpint(changed, ==, 1);
    g_assert_true(store_run_values(tx, STMT_TIMER_NEXT, none, &changed, error));
    g_assert_cmpint(changed, ==, 0);
    return TRUE;
}

static void
test_rows_touched_are_counted(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    g_autoptr(store) store = scratch_open(scratch);
    g_assert_true(store_write(store, count_changes, NULL, NULL));
}

/* ---- errors ---- */

static gboolean
repeat_key(store_tx *tx, G_GNUC_UNUSED gpointer arg, GError **error)
{
    g_autoptr(store_rows) row = store_query(tx, STMT_RAW_PUT, error, store_int(1), store_int(1));
    for (int i = 0; i < 2; i++)
        if (!store_run(tx, STMT_RAW_CHUNK_PUT, error, store_int(store_rows_int(row, 0, "id")), store_int(0),
                       store_int(0), store_blob("", 0)))
            return FALSE;
    return TRUE;
}

static gboolean
break_not_null(store_tx *tx, G_GNUC_UNUSED gpointer arg, GError **error)
{
    return store_run(tx, STMT_RAW_PUT, error, store_null(), store_int(1));
}

static gboolean
break_reference(store_tx *tx, G_GNUC_UNUSED gpointer arg, GError **error)
{
    return store_run(tx, STMT_RAW_CHUNK_PUT, error, store_int(99), store_int(0), store_int(0), store_blob("x", 1));
}

static gboolean
break_type(store_tx *tx, G_GNUC_UNUSED gpointer arg, GError **error)
{
    return store_run(tx, STMT_RAW_PUT, error, store_text("no number"), store_int(1)); /* STRICT tables */
}

static gboolean
break_utf8(store_tx *tx, G_GNUC_UNUSED gpointer arg, GError **error)
{
    return store_run(tx, STMT_TIMER_ONCE, error, store_text("\xff\xfe"), store_int(1), store_int(1));
}

static gboolean
break_and_go_on(store_tx *tx, gpointer arg, GError **error)
{
    return add_row(tx, arg, error) && (break_not_null(tx, arg, NULL) || TRUE);
}

static const struct {
    store_fn fn;
    enum postern_error error;
    const char *text;
} mistakes[] = {
    {repeat_key, POSTERN_ERROR_CONFLICT, "RAW_CHUNK_PUT"},   {break_not_null, POSTERN_ERROR_INVALID, "RAW_PUT"},
    {break_reference, POSTERN_ERROR_INVALID, "FOREIGN KEY"}, {break_type, POSTERN_ERROR_INVALID, "RAW_PUT"},
    {break_utf8, POSTERN_ERROR_INVALID, "not UTF-8"},        {break_and_go_on, POSTERN_ERROR_INVALID, "RAW_PUT"},
};

static void
test_errors_say_what_to_do(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    g_autoptr(store) store = scratch_open(scratch);
    for (guint i = 0; i < G_N_ELEMENTS(mistakes); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(store_write(store, mistakes[i].fn, NULL, &error));
        g_assert_error(error, POSTERN_ERROR, (int)mistakes[i].error);
        g_assert_nonnull(strstr(error->message, mistakes[i].text));
    }
    g_assert_cmpint(ask(store, "SELECT (SELECT count(*) FROM raw) + (SELECT count(*) FROM timer)"), ==, 0);
}

/* ---- snapshots ---- */

static gboolean
read_around_a_write(store_tx *tx, gpointer arg, GError **error)
{
    struct question before = {.sql = "SELECT count(*) FROM raw"};
    struct question after = before;
    struct caller writer = {.fn = add_row};
    g_assert_true(ask_number(tx, &before, error));
    run_together(arg, &writer, 1); /* commits, in another thread */
    g_assert_true(writer.ok);
    g_assert_true(ask_number(tx, &after, error));
    g_assert_cmpint(before.answer, ==, after.answer);
    return TRUE;
}

static void
test_a_reader_sees_one_moment(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    g_autoptr(store) store = scratch_open(scratch);
    g_assert_true(store_read(store, read_around_a_write, store, NULL));
    g_assert_cmpint(ask(store, "SELECT count(*) FROM raw"), ==, 1);
}

static gpointer
read_often(gpointer data)
{
    for (int i = 0; i < 200; i++)
        g_assert_cmpint(ask(data, "SELECT 7"), ==, 7);
    return NULL;
}

static void
test_more_callers_than_readers_queue(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    g_autoptr(store) store = scratch_open(scratch);
    GThread *threads[8];
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("reader", read_often, store);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
}

/* ---- raw mails ---- */

#define CHUNK (255 * 1024) /* as raw.c cuts */

struct raw_job {
    const struct store_raw *raw;
    gint64 id;
    gsize offset;
    gsize length;
    GBytes *bytes;
};

static gboolean
put_raw(store_tx *tx, gpointer arg, GError **error)
{
    struct raw_job *job = arg;
    return store_raw_put(tx, job->raw, 1000, &job->id, error);
}

static gboolean
get_raw(store_tx *tx, gpointer arg, GError **error)
{
    struct raw_job *job = arg;
    job->bytes = store_raw_get(tx, job->id, job->offset, job->length, error);
    return job->bytes != NULL;
}

static void
assert_slice(store *store, gint64 id, const GByteArray *mail, gsize offset, gsize length)
{
    struct raw_job job = {.id = id, .offset = offset, .length = length};
    g_assert_true(store_read(store, get_raw, &job, NULL));
    gsize from = MIN(offset, mail->len);
    gsize size;
    gconstpointer data = g_bytes_get_data(job.bytes, &size);
    g_assert_cmpmem(data, size, mail->data + from, MIN(length, mail->len - from));
    g_bytes_unref(job.bytes);
}

static gint64
store_mail(store *store, const GByteArray *mail)
{
    g_autoptr(store_raw) raw = store_raw_new(mail->data, mail->len);
    struct raw_job job = {.raw = raw};
    for (guint i = 0; i < raw->chunks->len; i++)
        g_assert_cmpuint(g_bytes_get_size(g_ptr_array_index(raw->chunks, i)), <=, 256 * 1024);
    g_assert_true(store_write(store, put_raw, &job, NULL));
    return job.id;
}

/* Bytes that do not compress, so that chunks are as large as they get. */
static GByteArray *
noise(gsize length)
{
    GByteArray *mail = g_byte_array_sized_new(length);
    g_byte_array_set_size(mail, length);
    for (gsize i = 0; i < length; i++)
        mail->data[i] = g_test_rand_int() & 0xff;
    return mail;
}

static const struct {
    gsize offset;
    gsize length;
} slices[] = {{0, G_MAXSIZE},         {0, 0},           {0, 1},          {CHUNK - 1, 2},   {CHUNK, CHUNK},
              {CHUNK - 1, 1},         {CHUNK, 1},       {1, 2 * CHUNK},  {2 * CHUNK, 500}, {3 * CHUNK, 1},
              {G_MAXSIZE, G_MAXSIZE}, {100, G_MAXSIZE}, {CHUNK + 17, 5}, {2 * CHUNK, 99},  {7, CHUNK},
              {2 * CHUNK - 3, 10},    {1000000, 1}};

static const gsize mail_sizes[] = {0, 1, 4000, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 100};

static void
test_slices_of_a_mail_are_its_bytes(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    g_autoptr(store) store = scratch_open(scratch);
    for (guint i = 0; i < G_N_ELEMENTS(mail_sizes); i++) {
        g_autoptr(GByteArray) mail = noise(mail_sizes[i]);
        gint64 id = store_mail(store, mail);
        for (guint k = 0; k < G_N_ELEMENTS(slices); k++)
            assert_slice(store, id, mail, slices[k].offset, slices[k].length);
    }
    g_assert_cmpint(ask(store, "SELECT max(length(data)) <= 262144 FROM raw_chunk"), ==, 1);
}

static void
test_only_the_chunks_of_a_slice_are_read(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    g_autoptr(store) store = scratch_open(scratch);
    g_autoptr(GByteArray) mail = noise(3 * CHUNK);
    gint64 id = store_mail(store, mail);
    tell_writer(store, "DELETE FROM raw_chunk WHERE seq <> 1");
    assert_slice(store, id, mail, CHUNK, CHUNK);
}

static void
test_a_missing_mail_is_not_found(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    g_autoptr(store) store = scratch_open(scratch);
    g_autoptr(GError) error = NULL;
    struct raw_job job = {.id = 12, .length = G_MAXSIZE};
    g_assert_false(store_read(store, get_raw, &job, &error));
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND);
}

static const char *const damages[] = {
    "DELETE FROM raw_chunk WHERE seq = 1",
    "UPDATE raw_chunk SET data = substr(data, 1, length(data) - 1) WHERE seq = 1",
    "UPDATE raw_chunk SET data = x'00' WHERE seq = 1",
    "UPDATE raw_chunk SET data = CAST(substr(data, 1, 99) || x'00000000' || substr(data, 104) AS BLOB) WHERE seq = 1",
    "UPDATE raw_chunk SET data = (SELECT data FROM raw_chunk WHERE seq = 2) WHERE seq = 1",
};

/* TEMP: nobody is refused or told of success for our disk's fault. */
static void
test_a_damaged_mail_is_noticed(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(damages); i++) {
        g_autoptr(scratch) scratch = scratch_new();
        g_autoptr(store) store = scratch_open(scratch);
        g_autoptr(GByteArray) mail = noise(2 * CHUNK + 50);
        g_autoptr(GError) error = NULL;
        struct raw_job job = {.id = store_mail(store, mail), .length = G_MAXSIZE};
        tell_writer(store, damages[i]);
        g_assert_false(store_read(store, get_raw, &job, &error));
        g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP);
    }
}

/* ---- our own bugs ---- */

static gboolean
write_again(G_GNUC_UNUSED store_tx *tx, gpointer arg, GError **error)
{
    return store_write(arg, add_row, NULL, error);
}

static gboolean
read_again(G_GNUC_UNUSED store_tx *tx, gpointer arg, GError **error)
{
    return store_read(arg, add_row, NULL, error);
}

static gboolean
write_in_read(store_tx *tx, G_GNUC_UNUSED gpointer arg, GError **error)
{
    return add_row(tx, NULL, error);
}

static gboolean
too_few_values(store_tx *tx, G_GNUC_UNUSED gpointer arg, GError **error)
{
    return store_run(tx, STMT_RAW_PUT, error, store_int(1));
}

static gboolean
unknown_column(store_tx *tx, G_GNUC_UNUSED gpointer arg, GError **error)
{
    g_autoptr(store_rows) rows = store_query(tx, STMT_TIMER_NEXT, error);
    return store_rows_int(rows, 0, "due") == 0;
}

static gboolean
row_too_many(store_tx *tx, G_GNUC_UNUSED gpointer arg, GError **error)
{
    g_autoptr(store_rows) rows = store_query(tx, STMT_TIMER_NEXT, error);
    return store_rows_int(rows, 1, "due_at") == 0;
}

static gboolean
wrong_type(store_tx *tx, G_GNUC_UNUSED gpointer arg, GError **error)
{
    g_autoptr(store_rows) rows = store_query(tx, STMT_RAW_PUT, error, store_int(1), store_int(1));
    return store_rows_text(rows, 0, "id") == NULL;
}

static gboolean
false_without_error(G_GNUC_UNUSED store_tx *tx, G_GNUC_UNUSED gpointer arg, G_GNUC_UNUSED GError **error)
{
    return FALSE;
}

static const struct bug {
    const char *name;
    gboolean (*transaction)(store *store, store_fn fn, gpointer arg, GError **error);
    store_fn fn;
    const char *message;
} bugs[] = {
    {"write-inside-write", store_write, write_again, "*inside a write function*"},
    {"read-inside-write", store_write, read_again, "*inside a write function*"},
    {"write-inside-read", store_read, write_again, "*inside a read function*"},
    {"read-inside-read", store_read, read_again, "*inside a read function*"},
    {"writing-statement-in-read", store_read, write_in_read, "*RAW_PUT writes, in a read transaction*"},
    {"too-few-values", store_write, too_few_values, "*RAW_PUT wants 2 values, not 1*"},
    {"unknown-column", store_read, unknown_column, "*TIMER_NEXT has no column due*"},
    {"row-too-many", store_read, row_too_many, "*TIMER_NEXT has no row 1*"},
    {"wrong-type", store_write, wrong_type, "*column id of RAW_PUT has another type*"},
    {"false-without-error", store_write, false_without_error, "*assertion failed*"},
};

/* The parent makes the folder: nobody cleans up after an abort. */
static void
test_bug_aborts(gconstpointer data)
{
    const struct bug *bug = data;
    if (g_test_subprocess()) {
        struct store_options options = {
            .database = g_getenv("DATABASE"), .busy_timeout = 10, .readers = 2, .create = TRUE};
        g_autoptr(store) store = store_open(&options, NULL);
        bug->transaction(store, bug->fn, store, NULL);
        return;
    }
    g_autoptr(scratch) scratch = scratch_new();
    g_setenv("DATABASE", scratch->database, TRUE);
    g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr(bug->message);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/values/come-back", test_values_come_back);
    g_test_add_func("/store/values/blobs-keep-their-bytes", test_blobs_keep_their_bytes);
    g_test_add_func("/store/values/null-reads-as-nothing", test_null_reads_as_nothing);
    g_test_add_func("/store/values/rows-touched-are-counted", test_rows_touched_are_counted);
    g_test_add_func("/store/errors/say-what-to-do", test_errors_say_what_to_do);
    g_test_add_func("/store/read/sees-one-moment", test_a_reader_sees_one_moment);
    g_test_add_func("/store/read/more-callers-than-readers-queue", test_more_callers_than_readers_queue);
    g_test_add_func("/store/attempt/a-refused-one-leaves-nothing", test_an_attempt_that_is_refused_leaves_nothing);
    g_test_add_func("/store/attempt/a-failed-statement-fails-all", test_a_statement_that_fails_in_an_attempt_fails_all);
    g_test_add_func("/store/raw/slices-are-the-mails-bytes", test_slices_of_a_mail_are_its_bytes);
    g_test_add_func("/store/raw/only-the-chunks-of-a-slice-are-read", test_only_the_chunks_of_a_slice_are_read);
    g_test_add_func("/store/raw/missing-is-not-found", test_a_missing_mail_is_not_found);
    g_test_add_func("/store/raw/damage-is-noticed", test_a_damaged_mail_is_noticed);
    for (guint i = 0; i < G_N_ELEMENTS(bugs); i++) {
        g_autofree char *path = g_strconcat("/store/bug-aborts/", bugs[i].name, NULL);
        g_test_add_data_func(path, &bugs[i], test_bug_aborts);
    }
    return g_test_run();
}
