/*
 * Limits on mails a minute: what a mailer claims, second by second, is what a bucket of tokens would let go.
 *
 * The model knows nothing of turns and bookings. For each address or domain it has a queue and a bucket that fills by
 * `rate` tokens a minute up to `burst`; time goes by in milliseconds.
 */
#include <sqlite3.h>
#include <string.h>

#include "tests/unit/scene.h"

enum { MOST = 400 };

struct mail_row {
    gint64 id;
    char *to;
    gint64 added, claimed; /* seconds from the start; -1: not yet */
    guint claims;
};

struct run {
    struct scene *scene;
    gint64 start;
    struct mail_row rows[MOST];
    guint count;
};

static void
run_begin(struct run *run, struct scene *scene)
{
    memset(run, 0, sizeof *run);
    run->scene = scene;
    run->start = scene->now;
}

static void
run_end(struct run *run)
{
    for (guint i = 0; i < run->count; i++)
        g_free(run->rows[i].to);
}

static gboolean
add_row(store_tx *tx, gpointer arg, GError **error)
{
    struct run *run = arg;
    struct mail_row *row = &run->rows[run->count];
    g_autofree char *id = g_strdup_printf("m%u@experts.test", run->count);
    gint64 now = run->scene->now;
    if (!store_run(tx, STMT_OUTBOX_ADD, error, store_text("ack"), store_text(row->to), store_text(""), store_text("en"),
                   store_null(), store_null(), store_null(), store_text("merchant"), store_text("{}"), store_text(id),
                   store_text(id), store_int(now), store_int(now), store_null()))
        return FALSE;
    g_autoptr(store_rows) rows = store_query(tx, STMT_OUTBOX_BY_MESSAGE_ID, error, store_text(id));
    row->id = rows ? store_rows_int(rows, 0, "id") : 0;
    return rows != NULL;
}

static void
add(struct run *run, const char *to)
{
    g_autoptr(GError) error = NULL;
    g_assert_cmpuint(run->count, <, MOST);
    run->rows[run->count].to = g_strdup(to);
    run->rows[run->count].added = run->scene->now - run->start;
    run->rows[run->count].claimed = -1;
    store_write(run->scene->db, add_row, run, &error);
    g_assert_no_error(error);
    run->count++;
}

static void
add_many(struct run *run, const char *to, guint count)
{
    for (guint i = 0; i < count; i++)
        add(run, to);
}

/* One claim by a mailer; what it got is reported with `result`. Whether it is to come again. */
static gboolean
claim(struct run *run, const struct market *mailer, guint batch, int result)
{
    g_autoptr(GError) error = NULL;
    gboolean more = FALSE;
    gint64 now = run->scene->now;
    g_autoptr(GArray) claims = outbox_claim(mailer, now, batch, &more, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(claims->len, <=, batch);
    for (guint i = 0; i < claims->len; i++) {
        const struct outbox_claim *each = &g_array_index(claims, struct outbox_claim, i);
        const struct outbox_result done = {each->id, each->fence, result, "451 later"};
        struct mail_row *row = NULL;
        for (guint j = 0; j < run->count; j++)
            row = run->rows[j].id == each->id ? &run->rows[j] : row;
        g_assert_nonnull(row);
        row->claimed = now - run->start;
        row->claims++;
        outbox_report(mailer, &done, 1, now, &error);
        g_assert_no_error(error);
    }
    return more;
}

static void
claim_all(struct run *run)
{
    while (claim(run, &run->scene->market, 10, OUTBOX_SENT))
        ;
}

static void
pass(struct run *run, guint seconds)
{
    for (guint i = 0; i < seconds; i++) {
        claim_all(run);
        run->scene->now++;
    }
}

static guint
waiting(const struct run *run)
{
    guint count = 0;
    for (guint i = 0; i < run->count; i++)
        count += run->rows[i].claimed < 0;
    return count;
}

/* ---- plain cases ---- */

static void
test_a_burst_passes_then_they_are_spaced(struct scene *s)
{
    struct run run;
    run_begin(&run, s);
    s->conf.recipient_rate = 6;
    s->conf.recipient_burst = 3;
    add_many(&run, "team@acme.test", 30);
    add(&run, "mia@mias-candles.test");
    pass(&run, 300);
    for (guint i = 0; i < 30; i++)
        g_assert_cmpint(run.rows[i].claimed, ==, i < 3 ? 0 : (gint64)(i - 2) * 10);
    g_assert_cmpint(run.rows[30].claimed, ==, 0); /* another one is not held up */
    pass(&run, 60);                               /* and after a pause there is a burst again */
    add_many(&run, "team@acme.test", 4);
    pass(&run, 20);
    for (guint i = 31; i < 35; i++)
        g_assert_cmpint(run.rows[i].claimed - run.rows[i].added, ==, i < 34 ? 0 : 10);
    run_end(&run);
}

/* One look books all turns: nothing is due before the first of them, and nothing counts as a try. */
static void
test_a_turn_is_booked_once(struct scene *s)
{
    g_autoptr(GError) error = NULL;
    struct run run;
    gint64 due = 0;
    run_begin(&run, s);
    s->conf.recipient_rate = 1;
    s->conf.recipient_burst = 1;
    add_many(&run, "team@acme.test", 25);
    claim_all(&run);
    const struct view_filter filter = {.limit = 100};
    json_t *before = view_outbox(&s->market, &filter, &error);
    outbox_next_due(&s->market, &due, &error);
    g_assert_cmpint(due, ==, run.start + 60);
    s->now += 59;
    claim_all(&run);
    json_t *after = view_outbox(&s->market, &filter, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(waiting(&run), ==, 24);
    g_assert_true(json_equal(before, after));
    for (gsize i = 0; i < json_array_size(after); i++)
        g_assert_cmpint(json_integer_value(json_object_get(json_array_get(after, i), "attempts")), ==, 0);
    json_decref(before);
    json_decref(after);
    run_end(&run);
}

static void
test_a_domain_has_one_limit_for_all_its_addresses(struct scene *s)
{
    struct run run;
    run_begin(&run, s);
    s->conf.domain_rate = 60;
    s->conf.domain_burst = 2;
    for (guint i = 0; i < 10; i++) {
        g_autofree char *to = g_strdup_printf("member%u@acme.test", i);
        add(&run, to);
    }
    add(&run, "member@sub.acme.test");
    pass(&run, 20);
    for (guint i = 0; i < 10; i++)
        g_assert_cmpint(run.rows[i].claimed, ==, i < 2 ? 0 : (gint64)i - 1);
    g_assert_cmpint(run.rows[10].claimed, ==, 0);
    run_end(&run);
}

/* A hundred for one address take nothing of the domain's from its neighbour. */
static void
test_who_waits_for_itself_keeps_nobody_waiting(struct scene *s)
{
    struct run run;
    run_begin(&run, s);
    s->conf.recipient_rate = 1;
    s->conf.recipient_burst = 1;
    s->conf.domain_rate = 60;
    s->conf.domain_burst = 2;
    add_many(&run, "team@acme.test", 100);
    for (guint i = 0; i < 3; i++) {
        g_autofree char *to = g_strdup_printf("member%u@acme.test", i);
        add(&run, to);
    }
    pass(&run, 61);
    g_assert_cmpint(run.rows[0].claimed, ==, 0);
    g_assert_cmpint(run.rows[1].claimed, ==, 60);
    for (guint i = 100; i < 103; i++)
        g_assert_cmpint(run.rows[i].claimed, ==, (gint64)i - 100);
    run_end(&run);
}

/* What waited while nobody could send does not come as a burst, and in the order that it had. */
static void
test_an_outage_brings_no_burst(struct scene *s)
{
    struct run run;
    run_begin(&run, s);
    s->conf.recipient_rate = 60;
    s->conf.recipient_burst = 2;
    for (guint i = 0; i < 60; i++)
        add(&run, i % 2 ? "team@acme.test" : "mia@mias-candles.test");
    pass(&run, 5);
    guint before = waiting(&run);
    s->now += 3600;
    add(&run, "team@acme.test");
    pass(&run, 1);
    g_assert_cmpuint(before - waiting(&run), <=, 2); /* one each */
    pass(&run, 60);
    g_assert_cmpuint(waiting(&run), ==, 0);
    for (guint i = 2; i < run.count; i++) {
        guint neighbour = i == 60 ? 59 : i - 2;
        g_assert_cmpint(run.rows[i].claimed, >=, run.rows[neighbour].claimed);
        if (i > 4)
            g_assert_cmpint(run.rows[i].claimed, >, run.rows[neighbour].claimed);
    }
    run_end(&run);
}

/* A machine that comes up with a clock of last month and finds the time: what it booked meanwhile is not a month late.
 */
static void
test_a_clock_that_was_slow_holds_nothing_up(struct scene *s)
{
    enum { MONTH = 30 * 86400 };
    struct run run;
    run_begin(&run, s);
    s->conf.recipient_rate = 60;
    s->conf.recipient_burst = 1;
    add_many(&run, "team@acme.test", 30);
    pass(&run, 2);
    s->now -= MONTH;
    add(&run, "mia@mias-candles.test");
    add(&run, "mia@mias-candles.test");
    claim_all(&run);
    g_assert_cmpuint(run.rows[30].claims + run.rows[31].claims, ==, 1);
    s->now += MONTH;
    pass(&run, 60);
    for (guint i = 0; i < run.count; i++)
        g_assert_cmpuint(run.rows[i].claims, ==, 1);
    run_end(&run);
}

/* What was sent and booked by a clock of next month holds up neither what waits nor what comes, nor their order, also
 * when nothing is due that would make anybody look. */
static void
test_a_clock_that_was_fast_holds_nothing_up(struct scene *s)
{
    enum { MONTH = 30 * 86400 };
    g_autoptr(GError) error = NULL;
    struct run run;
    run_begin(&run, s);
    s->conf.recipient_rate = s->conf.domain_rate = 60;
    s->conf.recipient_burst = s->conf.domain_burst = 2;
    s->now += MONTH;
    add_many(&run, "team@acme.test", 30);
    add(&run, "mia@mias-candles.test");
    add(&run, "mia@mias-candles.test");
    pass(&run, 2);
    g_assert_cmpuint(waiting(&run), ==, 27);
    s->now -= MONTH;
    gint64 due = 0;
    outbox_keep_turns(&s->market, FALSE, s->now, &error);
    outbox_next_due(&s->market, &due, &error);
    g_assert_no_error(error);
    g_assert_cmpint(due, ==, s->now);
    add(&run, "team@acme.test");
    add(&run, "mia@mias-candles.test");
    pass(&run, 1);
    g_assert_cmpint(run.rows[33].claimed, ==, run.rows[33].added);
    pass(&run, 30);
    g_assert_cmpuint(waiting(&run), ==, 0);
    for (guint i = 4; i < 30; i++)
        g_assert_cmpint(run.rows[i].claimed, ==, run.rows[i - 1].claimed + (i > 4));
    g_assert_cmpint(run.rows[32].claimed, ==, run.rows[29].claimed + 1);
    run_end(&run);
}

/* The same without a look before: the claim that a new mail brings about sees it. */
static void
test_a_claim_sees_that_a_clock_was_fast(struct scene *s)
{
    struct run run;
    run_begin(&run, s);
    s->conf.recipient_rate = s->conf.recipient_burst = 1;
    s->now += 86400;
    add(&run, "team@acme.test");
    claim_all(&run);
    s->now -= 86400;
    add(&run, "team@acme.test");
    add(&run, "team@acme.test");
    pass(&run, 61);
    g_assert_cmpint(run.rows[1].claimed, ==, 0);
    g_assert_cmpint(run.rows[2].claimed, ==, 60);
    run_end(&run);
}

/* Faster or slower, what waits goes by the new rate and in the order of its turns, which is not that of its ids. */
static void
test_a_new_rate_takes_hold_in_order(struct scene *s)
{
    static const gint64 rates[] = {60, 6};
    g_autoptr(GError) error = NULL;
    struct run run;
    run_begin(&run, s);
    s->conf.recipient_rate = s->conf.recipient_burst = 1;
    add(&run, "team@acme.test");
    claim(&run, &s->market, 10, OUTBOX_TEMPORARY);
    add_many(&run, "team@acme.test", 19);
    pass(&run, 80); /* the first one is booked behind the others */
    g_assert_cmpuint(run.rows[1].claims, ==, 1);
    g_assert_cmpuint(waiting(&run), ==, 18);
    for (guint i = 0, next = 2; i < G_N_ELEMENTS(rates); i++) {
        gint64 due = s->now - run.start, interval = 60 / rates[i];
        s->conf.recipient_rate = rates[i];
        outbox_keep_turns(&s->market, TRUE, s->now, &error);
        g_assert_no_error(error);
        pass(&run, (guint)interval * (i ? 12 : 8));
        for (guint end = i ? 20 : 10; next < end; next++, due += interval)
            g_assert_cmpint(run.rows[next].claimed, ==, due);
    }
    g_assert_cmpuint(run.rows[0].claims, ==, 2);
    g_assert_cmpint(run.rows[0].claimed, ==, run.rows[19].claimed + 10);
    run_end(&run);
}

/* Neither a burst nor another turn comes of a start. */
static void
test_a_start_under_the_same_limits_changes_nothing(struct scene *s)
{
    g_autoptr(GError) error = NULL;
    struct run run;
    run_begin(&run, s);
    s->conf.recipient_rate = 6;
    s->conf.recipient_burst = 2;
    add_many(&run, "team@acme.test", 10);
    for (guint second = 0; second < 90; second++) {
        outbox_keep_turns(&s->market, TRUE, s->now, &error);
        g_assert_no_error(error);
        pass(&run, 1);
    }
    for (guint i = 0; i < 10; i++)
        g_assert_cmpint(run.rows[i].claimed, ==, i < 2 ? 0 : (gint64)(i - 1) * 10);
    run_end(&run);
}

/* It is nobody's turn earlier by it, and its own no later. */
static void
test_what_waits_is_tried_again_in_its_turn(struct scene *s)
{
    struct run run;
    run_begin(&run, s);
    s->conf.recipient_rate = 60;
    s->conf.recipient_burst = 1;
    add_many(&run, "team@acme.test", 20);
    pass(&run, 2);
    g_assert_true(outbox_retry(&s->market, run.rows[5].id, s->now, FALSE, NULL));
    pass(&run, 60);
    for (guint i = 0; i < 20; i++)
        g_assert_cmpint(run.rows[i].claimed, ==, i);
    run_end(&run);
}

static void
test_a_failed_try_and_a_lost_claim_count(struct scene *s)
{
    g_autoptr(GError) error = NULL;
    struct run run;
    gboolean more;
    run_begin(&run, s);
    s->conf.recipient_rate = 1;
    s->conf.recipient_burst = 1;
    s->conf.lease = 30;
    add(&run, "team@acme.test");
    g_autoptr(GArray) lost = outbox_claim(&s->market, s->now, 10, &more, &error); /* and its mailer is killed */
    g_assert_cmpuint(lost->len, ==, 1);
    s->now += 30;
    claim(&run, &s->market, 10, OUTBOX_TEMPORARY);
    g_assert_cmpint(run.rows[0].claimed, ==, -1);
    s->now += 30;
    claim(&run, &s->market, 10, OUTBOX_TEMPORARY); /* its turn */
    g_assert_cmpint(run.rows[0].claimed, ==, 60);
    add(&run, "team@acme.test");
    s->now += 59;
    claim_all(&run);
    g_assert_cmpint(run.rows[1].claimed, ==, -1);
    pass(&run, 200);
    g_assert_cmpint(run.rows[1].claimed, ==, 120);
    g_assert_cmpint(run.rows[0].claimed, >=, 180);
    run_end(&run);
}

/* ---- without limits ---- */

static void
execute(struct scene *s, const char *sql)
{
    g_autofree char *path = g_build_filename(s->folder, "postern.db", NULL);
    sqlite3 *handle = NULL;
    g_assert_cmpint(sqlite3_open(path, &handle), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(handle, sql, NULL, NULL, NULL), ==, SQLITE_OK);
    sqlite3_close(handle);
}

static gint64
count_of(struct scene *s, const char *sql)
{
    g_autofree char *path = g_build_filename(s->folder, "postern.db", NULL);
    sqlite3 *handle = NULL;
    sqlite3_stmt *statement = NULL;
    g_assert_cmpint(sqlite3_open(path, &handle), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_step(statement), ==, SQLITE_ROW);
    gint64 count = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(handle);
    return count;
}

/* Without its table any statement about it fails. */
static void
test_without_limits_nothing_is_asked(struct scene *s)
{
    g_autoptr(GError) error = NULL;
    struct run run;
    gboolean more;
    run_begin(&run, s);
    add_many(&run, "team@acme.test", 30);
    execute(s, "DROP TABLE pace; ALTER TABLE outbox DROP COLUMN turn_at");
    claim_all(&run);
    g_assert_cmpuint(waiting(&run), ==, 0);
    s->conf.recipient_rate = 1;
    s->conf.recipient_burst = 1;
    g_assert_null(outbox_claim(&s->market, s->now, 10, &more, &error));
    run_end(&run);
}

static void
test_limits_switched_off_let_go(struct scene *s)
{
    g_autoptr(GError) error = NULL;
    struct run run;
    run_begin(&run, s);
    s->conf.recipient_rate = s->conf.domain_rate = 1;
    s->conf.recipient_burst = s->conf.domain_burst = 1;
    add_many(&run, "team@acme.test", 20);
    claim_all(&run);
    outbox_keep_turns(&s->market, TRUE, s->now, &error); /* they are on */
    claim_all(&run);
    g_assert_cmpuint(waiting(&run), ==, 19);
    s->conf.recipient_rate = s->conf.domain_rate = 0;
    outbox_keep_turns(&s->market, TRUE, s->now, &error);
    g_assert_no_error(error);
    claim_all(&run);
    g_assert_cmpuint(waiting(&run), ==, 0);
    g_assert_cmpint(count_of(s, "SELECT count(*) FROM pace"), ==, 0);
    run_end(&run);
}

static void
test_what_is_past_is_forgotten(struct scene *s)
{
    struct run run;
    run_begin(&run, s);
    s->conf.recipient_rate = s->conf.domain_rate = 60;
    s->conf.recipient_burst = s->conf.domain_burst = 5;
    for (guint i = 0; i < 50; i++) {
        g_autofree char *to = g_strdup_printf("a%u@d%u.test", i, i);
        add(&run, to);
    }
    claim_all(&run);
    g_assert_cmpint(count_of(s, "SELECT count(*) FROM pace"), ==, 100);
    /* A MAC each: nothing that tells whose it is. */
    g_assert_cmpint(count_of(s, "SELECT count(*) FROM pace WHERE typeof(key) = 'blob' AND length(key) = 32"), ==, 100);
    s->now += 2;
    claim_all(&run);
    g_assert_cmpint(count_of(s, "SELECT count(*) FROM pace"), ==, 0);
    run_end(&run);
}

/* ---- any course of things ---- */

/* When a bucket would let each of them go, in milliseconds from the start. */
static void
model(const struct run *run, const char *to, gint64 rate, gint64 burst, gint64 *goes)
{
    gint64 interval = 60000 / rate, bucket = burst * interval, now = 0; /* an interval's worth is a token */
    for (guint i = 0; i < run->count; i++) {
        if (!g_str_has_suffix(run->rows[i].to, to))
            continue;
        gint64 at = MAX(run->rows[i].added * 1000, now);
        bucket = MIN(bucket + at - now, burst * interval);
        for (now = at; bucket < interval; now++)
            bucket++;
        bucket -= interval;
        goes[i] = now;
    }
}

static const char *const addresses[] = {"a@one.test", "b@one.test", "c@two.test", "d@three.test"};
static const char *const domains[] = {"@one.test", "@two.test", "@three.test"};

/* Never more than the burst and what the rate adds, in no span of time. */
static void
assert_within(const struct run *run, const char *to, gint64 rate, gint64 burst, gint64 slack)
{
    GArray *times = g_array_new(FALSE, FALSE, sizeof(gint64));
    for (gint64 now = 0; now <= run->scene->now - run->start; now++)
        for (guint i = 0; i < run->count; i++)
            if (run->rows[i].claimed == now && g_str_has_suffix(run->rows[i].to, to))
                g_array_append_val(times, now);
    for (guint i = 0; i < times->len; i++)
        for (guint j = i; j < times->len; j++) {
            gint64 span = (g_array_index(times, gint64, j) - g_array_index(times, gint64, i) + slack) * 1000;
            g_assert_cmpint((gint64)(j - i + 1), <=, burst + span / (60000 / rate) + 1);
        }
    g_array_unref(times);
}

static void
assert_order(const struct run *run)
{
    for (guint i = 0; i < run->count; i++)
        for (guint j = i + 1; j < run->count; j++)
            if (strcmp(run->rows[i].to, run->rows[j].to) == 0)
                g_assert_cmpint(run->rows[i].claimed, <=, run->rows[j].claimed);
}

static gboolean
is_due(const struct run *run)
{
    g_autoptr(GError) error = NULL;
    gint64 due_at = 0;
    outbox_next_due(&run->scene->market, &due_at, &error);
    g_assert_no_error(error);
    return due_at <= run->scene->now;
}

/* Two mailers, whichever comes; mails come in bursts. Ends when all are gone. */
static void
play(struct run *run, const struct market mailers[2], GRand *dice)
{
    static const guint batches[] = {1, 3, 10, 100};
    for (guint second = 0; second < 240 || waiting(run); second++, run->scene->now++) {
        g_assert_cmpuint(second, <, 100000);
        if (second < 240 && g_rand_int_range(dice, 0, 10) == 0)
            for (gint i = g_rand_int_range(dice, 0, 12); i > 0 && run->count < MOST; i--)
                add(run, addresses[g_rand_int_range(dice, 0, G_N_ELEMENTS(addresses))]);
        while (is_due(run) &&
               claim(run, &mailers[g_rand_int_range(dice, 0, 2)], batches[g_rand_int_range(dice, 0, 4)], OUTBOX_SENT))
            ;
    }
}

static gint64
any_rate(GRand *dice)
{
    static const gint64 rates[] = {6, 10, 20, 60, 120, 600};
    return rates[g_rand_int_range(dice, 0, G_N_ELEMENTS(rates))];
}

static void
assert_model(const struct run *run, const char *to, gint64 rate, gint64 burst)
{
    gint64 goes[MOST];
    model(run, to, rate, burst, goes);
    for (guint i = 0; i < run->count; i++)
        if (g_str_has_suffix(run->rows[i].to, to))
            g_assert_cmpint(run->rows[i].claimed, ==, (goes[i] + 999) / 1000);
    assert_within(run, to, rate, burst, 1);
}

static void
play_once(struct scene *s, guint32 seed)
{
    g_autoptr(GRand) dice = g_rand_new_with_seed(seed);
    g_autoptr(GError) error = NULL;
    g_autofree char *database = g_strdup_printf("sqlite:%s/postern.db", s->folder);
    const struct store_options options = {.database = database, .busy_timeout = 10, .readers = 1};
    g_autoptr(store) second = store_open(&options, &error);
    g_assert_no_error(error);
    const struct market mailers[] = {s->market, {.store = second, .conf = &s->conf, .keys = s->keys}};
    struct run run;
    run_begin(&run, s);
    guint kinds = seed % 3 + 1; /* 1: recipients, 2: domains, 3: both */
    s->conf.recipient_rate = kinds & 1 ? any_rate(dice) : 0;
    s->conf.domain_rate = kinds & 2 ? any_rate(dice) : 0;
    s->conf.recipient_burst = g_rand_int_range(dice, 1, 5);
    s->conf.domain_burst = g_rand_int_range(dice, 1, 5);
    play(&run, mailers, dice);
    for (guint i = 0; kinds == 1 && i < G_N_ELEMENTS(addresses); i++)
        assert_model(&run, addresses[i], s->conf.recipient_rate, s->conf.recipient_burst);
    for (guint i = 0; kinds == 2 && i < G_N_ELEMENTS(domains); i++)
        assert_model(&run, domains[i], s->conf.domain_rate, s->conf.domain_burst);
    for (guint i = 0; kinds == 3 && i < G_N_ELEMENTS(domains); i++)
        assert_within(&run, domains[i], s->conf.domain_rate, s->conf.domain_burst, 1);
    assert_order(&run);
    for (guint i = 0; i < run.count; i++)
        g_assert_cmpuint(run.rows[i].claims, ==, 1);
    run_end(&run);
}

static void
test_two_mailers_keep_one_limit(G_GNUC_UNUSED struct scene *unused)
{
    for (guint32 seed = 0; seed < 12; seed++) {
        struct scene s;
        scene_open(&s);
        g_test_message("seed %u", seed);
        play_once(&s, seed);
        scene_close(&s);
    }
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        scene_test test;
    } tests[] = {
        {"/pace/a-burst-passes-then-they-are-spaced", test_a_burst_passes_then_they_are_spaced},
        {"/pace/a-turn-is-booked-once", test_a_turn_is_booked_once},
        {"/pace/a-domain-has-one-limit-for-all-its-addresses", test_a_domain_has_one_limit_for_all_its_addresses},
        {"/pace/who-waits-for-itself-keeps-nobody-waiting", test_who_waits_for_itself_keeps_nobody_waiting},
        {"/pace/an-outage-brings-no-burst", test_an_outage_brings_no_burst},
        {"/pace/a-clock-that-was-slow-holds-nothing-up", test_a_clock_that_was_slow_holds_nothing_up},
        {"/pace/a-clock-that-was-fast-holds-nothing-up", test_a_clock_that_was_fast_holds_nothing_up},
        {"/pace/a-claim-sees-that-a-clock-was-fast", test_a_claim_sees_that_a_clock_was_fast},
        {"/pace/a-new-rate-takes-hold-in-order", test_a_new_rate_takes_hold_in_order},
        {"/pace/a-start-under-the-same-limits-changes-nothing", test_a_start_under_the_same_limits_changes_nothing},
        {"/pace/what-waits-is-tried-again-in-its-turn", test_what_waits_is_tried_again_in_its_turn},
        {"/pace/a-failed-try-and-a-lost-claim-count", test_a_failed_try_and_a_lost_claim_count},
        {"/pace/without-limits-nothing-is-asked", test_without_limits_nothing_is_asked},
        {"/pace/limits-switched-off-let-go", test_limits_switched_off_let_go},
        {"/pace/what-is-past-is-forgotten", test_what_is_past_is_forgotten},
        {"/pace/two-mailers-keep-one-limit", test_two_mailers_keep_one_limit},
    };
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add_data_func(tests[i].name, (gconstpointer)tests[i].test, scene_run);
    return g_test_run();
}
