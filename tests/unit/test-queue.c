/* The outbox as the admin sees and changes it, on a real store. */
#include <sqlite3.h>
#include <string.h>

#include "market/link.h"
#include "market/queue.h"
#include "market/view.h"
#include "scene.h"

/* The relay's answer to what is due: `reply` to mails of `recipient`, 250 to the rest. */
static void
answer(struct scene *s, const char *recipient, int result, const char *reply)
{
    gboolean more;
    g_autoptr(GPtrArray) claimed = scene_claim(s, 50, &more);
    for (guint i = 0; i < claimed->len; i++) {
        const struct notice *notice = claimed->pdata[i];
        gboolean his = strcmp(notice->recipient, recipient) == 0;
        struct outbox_result done = {notice->id, notice->fence, his ? result : OUTBOX_SENT, his ? reply : "250 ok"};
        g_assert_true(outbox_report(&s->market, &done, 1, s->now, NULL));
    }
}

static void
asks(struct scene *s, const char *from)
{
    scene_taken(scene_write(s, from, "acme@experts.test", "A new theme", NULL, "Can you help me with a theme?"));
}

static void
comes_back_to(struct scene *s, const char *recipient, const char *path)
{
    g_autofree char *raw = scene_bounce(recipient, "failed", "5.1.1");
    scene_taken(scene_mail(s, "", path, raw));
}

/* A recipient's latest mail comes back, by a return path that does not say of which attempt. */
static void
comes_back(struct scene *s, const char *recipient)
{
    const struct view_filter filter = {.recipient = recipient, .limit = 1};
    json_t *rows = view_outbox(&s->market, &filter, NULL);
    gint64 id = json_integer_value(json_object_get(json_array_get(rows, 0), "id"));
    const struct link_token path = {LINK_BOUNCE, id, s->now + 86400, 0};
    g_autofree char *to = link_address(&s->market, &path);
    g_assert_cmpint(id, >, 0);
    comes_back_to(s, recipient, to);
    json_decref(rows);
}

/* The return path of the one mail to `recipient` that is due, which is claimed by that and left to lie if there is no
 * `reply`. */
static char *
path_of(struct scene *s, const char *recipient, int result, const char *reply)
{
    gboolean more;
    char *path = NULL;
    g_autoptr(GPtrArray) claimed = scene_claim(s, 50, &more);
    for (guint i = 0; i < claimed->len; i++) {
        const struct notice *notice = claimed->pdata[i];
        gboolean his = strcmp(notice->recipient, recipient) == 0;
        struct outbox_result done = {notice->id, notice->fence, his ? result : OUTBOX_SENT, reply};
        if (his)
            path = g_strdup(notice->envelope_sender);
        g_assert_true((his && !reply) || outbox_report(&s->market, &done, 1, s->now, NULL));
    }
    g_assert_nonnull(path);
    return path;
}

static guint
count(struct scene *s, const char *recipient, const char *state)
{
    const struct view_filter filter = {.recipient = recipient, .state = state, .limit = 1000};
    json_t *rows = view_outbox(&s->market, &filter, NULL);
    guint found = (guint)json_array_size(rows);
    json_decref(rows);
    return found;
}

static guint
change(struct scene *s, struct outbox_order order)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) ids = outbox_change_all(&s->market, &order, s->now, &error);
    g_assert_no_error(error);
    return ids->len;
}

static void
assert_stats(struct scene *s, const char *const facts[][2], guint facts_count)
{
    json_t *stats = queue_stats(&s->market, s->now, NULL);
    g_assert_nonnull(stats);
    for (guint i = 0; i < facts_count; i++) {
        g_test_message("%s", facts[i][0]);
        g_assert_cmpstr(scene_text(stats, facts[i][0]), ==, facts[i][1]);
    }
    json_decref(stats);
}
#define ASSERT_STATS(s, facts) assert_stats(s, facts, G_N_ELEMENTS(facts))

static void
test_an_empty_queue(struct scene *s)
{
    static const char *const facts[][2] = {{"overdue", "0"},        {"oldest_due_at", ""}, {"next_due_at", ""},
                                           {"sent_hour", "0"},      {"states.due", "0"},   {"reasons.0.reason", ""},
                                           {"waiting.0.domain", ""}};
    ASSERT_STATS(s, facts);
}

static void
test_how_the_queue_stands(struct scene *s)
{
    static const char *const waits[][2] = {{"overdue", "2"},         {"sent_hour", "0"},
                                           {"states.due", "2"},      {"waiting.0.domain", "acme.test"},
                                           {"waiting.0.tried", "0"}, {"waiting.1.domain", "mias-candles.test"},
                                           {"waiting.2.domain", ""}, {"reasons.0.reason", ""}};
    static const char *const tried[][2] = {
        {"overdue", "0"},           {"oldest_due_at", ""},    {"sent_hour", "1"},
        {"states.due", "1"},        {"states.sent", "1"},     {"waiting.0.count", "1"},
        {"waiting.0.tried", "1"},   {"waiting.1.domain", ""}, {"reasons.0.reason", "4.7.1"},
        {"reasons.0.state", "due"}, {"reasons.0.count", "1"}, {"reasons.0.reply", "451 4.7.1 greylisted 17"}};
    static const char *const later[][2] = {{"sent_hour", "0"}, {"sent_day", "1"}, {"overdue", "1"}};
    static const char *const failed[][2] = {{"states.failed", "1"},         {"states.bounced", "1"},
                                            {"reasons.0.reason", "5.1.1"},  {"reasons.0.count", "1"},
                                            {"reasons.0.state", "bounced"}, {"reasons.1.reason", "554"},
                                            {"reasons.1.state", "failed"}};
    asks(s, "mia@mias-candles.test");
    ASSERT_STATS(s, waits);
    answer(s, "team@acme.test", OUTBOX_TEMPORARY, "451 4.7.1 greylisted 17");
    ASSERT_STATS(s, tried);
    s->now += 7200;
    ASSERT_STATS(s, later);
    answer(s, "team@acme.test", OUTBOX_PERMANENT, "554 no");
    comes_back(s, "mia@mias-candles.test");
    ASSERT_STATS(s, failed);
}

/* Many replies with a code are one reason, whatever else they say. */
static void
test_reasons_are_codes(struct scene *s)
{
    static const char *const facts[][2] = {
        {"reasons.0.reason", "4.7.1"}, {"reasons.0.count", "3"}, {"reasons.1.reason", ""}};
    for (guint i = 0; i < 3; i++) {
        g_autofree char *from = g_strdup_printf("lead%u@lead.test", i);
        g_autofree char *reply = g_strdup_printf("451 4.7.1 greylisted, id %u", i);
        asks(s, from);
        answer(s, "team@acme.test", OUTBOX_TEMPORARY, reply);
    }
    ASSERT_STATS(s, facts);
}

static void
test_what_came_back_is_sent_again(struct scene *s)
{
    asks(s, "mia@mias-candles.test");
    answer(s, "nobody", OUTBOX_SENT, "");
    comes_back(s, "team@acme.test");
    g_assert_cmpuint(count(s, "team@acme.test", "bounced"), ==, 1);
    g_assert_cmpuint(count(s, "team@acme.test", "sent"), ==, 0);
    g_assert_cmpuint(change(s, (struct outbox_order){.again = TRUE, .dry = TRUE, .state = "bounced"}), ==, 1);
    g_assert_cmpuint(count(s, "team@acme.test", "bounced"), ==, 1);
    g_assert_cmpuint(change(s, (struct outbox_order){.again = TRUE, .recipient = "@acme.test"}), ==, 1);
    g_assert_cmpuint(count(s, "team@acme.test", "due"), ==, 1);
    answer(s, "nobody", OUTBOX_SENT, "");
    g_assert_cmpuint(count(s, "team@acme.test", "sent"), ==, 1);
    comes_back(s, "team@acme.test"); /* is news again */
    g_assert_cmpuint(count(s, "team@acme.test", "bounced"), ==, 1);
}

static guint
failures(struct scene *s, const char *address)
{
    const struct view_filter filter = {.recipient = address};
    json_t *rows = view_addresses(&s->market, &filter, NULL);
    guint count = (guint)json_integer_value(json_object_get(json_array_get(rows, 0), "failures"));
    json_decref(rows);
    return count;
}

/* Of what an earlier attempt comes to the one that is under way, or has arrived, knows nothing; the address does. */
static void
test_a_late_bounce_is_of_its_own_attempt(struct scene *s)
{
    asks(s, "mia@mias-candles.test");
    g_autofree char *first = path_of(s, "team@acme.test", OUTBOX_TEMPORARY, "451 after the end of the data");
    comes_back_to(s, "team@acme.test", first); /* and waits */
    g_assert_cmpuint(count(s, "team@acme.test", "due"), ==, 1);
    g_assert_cmpuint(failures(s, "team@acme.test"), ==, 1);
    s->now += 3600;
    g_autofree char *second = path_of(s, "team@acme.test", OUTBOX_SENT, NULL); /* a mailer has it in its hands */
    comes_back_to(s, "team@acme.test", first);
    comes_back(s, "team@acme.test");
    s->now += 3600; /* which dies */
    g_autofree char *third = path_of(s, "team@acme.test", OUTBOX_SENT, "250 ok");
    g_assert_cmpuint(count(s, "team@acme.test", "sent"), ==, 1);
    comes_back_to(s, "team@acme.test", second);
    g_assert_cmpuint(count(s, "team@acme.test", "sent"), ==, 1);
    g_assert_cmpuint(failures(s, "team@acme.test"), ==, 4);
    g_assert_cmpuint(count(s, "postmaster@experts.test", NULL), ==, 0);
    comes_back_to(s, "team@acme.test", third);
    g_assert_cmpuint(count(s, "team@acme.test", "bounced"), ==, 1);
    comes_back_to(s, "team@acme.test", third);
    g_assert_cmpuint(failures(s, "team@acme.test"), ==, 5);
    g_assert_cmpuint(count(s, "postmaster@experts.test", NULL), ==, 1);
}

/* The relay is quicker than the one that writes down that it took the mail. */
static void
test_a_bounce_before_its_result_is_news(struct scene *s)
{
    gboolean more;
    asks(s, "mia@mias-candles.test");
    g_autoptr(GPtrArray) claimed = scene_claim(s, 50, &more);
    for (guint i = 0; i < claimed->len; i++) {
        const struct notice *notice = claimed->pdata[i];
        const struct outbox_result done = {notice->id, notice->fence, OUTBOX_SENT, "250 ok"};
        if (strcmp(notice->recipient, "team@acme.test") == 0)
            comes_back_to(s, notice->recipient, notice->envelope_sender);
        g_assert_true(outbox_report(&s->market, &done, 1, s->now, NULL));
    }
    g_assert_cmpuint(count(s, "team@acme.test", "bounced"), ==, 1);
}

/* Each time that it fails, whom it concerns is told: the admin, and the merchant whom nobody of the organisation heard.
 */
static void
test_what_fails_again_is_told_again(struct scene *s)
{
    asks(s, "mia@mias-candles.test");
    for (guint times = 1; times <= 3; times++) {
        for (guint members = 0; members < 4; members++) {
            gboolean more;
            g_autoptr(GPtrArray) claimed = scene_claim(s, 50, &more);
            for (guint i = 0; i < claimed->len; i++) {
                const struct notice *n = claimed->pdata[i];
                gboolean acme = g_str_has_suffix(n->recipient, "@acme.test");
                const struct outbox_result done = {n->id, n->fence, acme ? OUTBOX_PERMANENT : OUTBOX_SENT,
                                                   acme ? "550 5.1.1 no such user" : "250 ok"};
                g_assert_true(outbox_report(&s->market, &done, 1, s->now, NULL));
            }
        }
        g_assert_cmpuint(count(s, "team@acme.test", "failed"), ==, 1);
        g_assert_cmpuint(count(s, "mia@mias-candles.test", "sent"), ==, 1 + times); /* the receipt first */
        g_assert_cmpuint(count(s, "postmaster@experts.test", "sent"), ==, count(s, "@acme.test", NULL) + times - 1);
        g_assert_cmpuint(change(s, (struct outbox_order){.again = TRUE, .recipient = "team@acme.test"}), ==, 1);
    }
}

static void
test_all_are_changed_in_many_transactions(struct scene *s)
{
    enum { MANY = 1100 };
    for (guint i = 0; i < MANY; i++) {
        g_autofree char *from = g_strdup_printf("lead%u@lead.test", i);
        asks(s, from);
    }
    g_assert_cmpuint(change(s, (struct outbox_order){.again = TRUE}), ==, 0); /* due already, and never tried */
    g_assert_cmpuint(change(s, (struct outbox_order){.recipient = "team@acme.test"}), ==, MANY);
    g_assert_cmpuint(count(s, "team@acme.test", "due"), ==, 0);
    g_assert_cmpuint(change(s, (struct outbox_order){.state = "failed"}), ==, 0);
    g_assert_cmpuint(change(s, (struct outbox_order){.state = "due"}), ==, MANY); /* the receipts */
    g_assert_cmpuint(change(s, (struct outbox_order){0}), ==, 0);
}

/* What is queued after the dry run, or by somebody else between two transactions of the deed, was not meant. */
static void
test_what_comes_later_is_not_meant(struct scene *s)
{
    g_autoptr(GError) error = NULL;
    const struct outbox_order shown = {.dry = TRUE};
    asks(s, "mia@mias-candles.test");
    g_autoptr(GArray) ids = outbox_change_all(&s->market, &shown, s->now, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(ids->len, ==, 2);
    asks(s, "joost@fietsen.test");
    const struct outbox_order meant = {.last = g_array_index(ids, gint64, 1)};
    g_assert_cmpuint(change(s, meant), ==, 2);
    g_assert_cmpuint(count(s, NULL, "due"), ==, 2);
    g_assert_cmpuint(change(s, meant), ==, 0);
    g_assert_cmpuint(change(s, (struct outbox_order){.last = G_MAXINT64}), ==, 2);
}

/* A mail that comes with each that is cancelled. */
static void
test_what_comes_meanwhile_is_not_meant(struct scene *s)
{
    g_autofree char *path = g_build_filename(s->folder, "postern.db", NULL);
    sqlite3 *handle = NULL;
    asks(s, "mia@mias-candles.test");
    g_assert_cmpint(sqlite3_open(path, &handle), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(handle,
                                 "CREATE TRIGGER meanwhile AFTER UPDATE ON outbox WHEN NEW.id <= 10 BEGIN INSERT INTO "
                                 "outbox (kind, recipient, recipient_name, language, side, message_id, dedupe, state, "
                                 "due_at, created_at) VALUES ('ack', 'late@lead.test', '', 'en', 'merchant', "
                                 "'m' || NEW.id, 'd' || NEW.id, 'due', 0, 0); END",
                                 NULL, NULL, NULL),
                    ==, SQLITE_OK);
    sqlite3_close(handle);
    g_assert_cmpuint(change(s, (struct outbox_order){0}), ==, 2);
    g_assert_cmpuint(count(s, "late@lead.test", "due"), ==, 2);
}

/* What waits for its time is not sent before it by an order for all: an overview in an hour. */
static void
test_nothing_is_sent_before_its_time(struct scene *s)
{
    asks(s, "mia@mias-candles.test");
    answer(s, "nobody", OUTBOX_SENT, "");
    asks(s, "mia@mias-candles.test");
    g_assert_cmpuint(count(s, "team@acme.test", "due"), ==, 1);
    g_assert_cmpuint(change(s, (struct outbox_order){.again = TRUE}), ==, 0);
    s->now += 3600;
    answer(s, "team@acme.test", OUTBOX_TEMPORARY, "451 4.7.1 greylisted");
    g_assert_cmpuint(change(s, (struct outbox_order){.again = TRUE}), ==, 1);
    answer(s, "nobody", OUTBOX_SENT, "");
    g_assert_cmpuint(count(s, "team@acme.test", "sent"), ==, 2);
}

/* One that tells of nothing yet: the next mail's is another. */
static void
test_a_cancelled_overview_is_not_the_last(struct scene *s)
{
    asks(s, "mia@mias-candles.test");
    answer(s, "nobody", OUTBOX_SENT, "");
    asks(s, "mia@mias-candles.test");
    g_assert_cmpuint(change(s, (struct outbox_order){.recipient = "team@acme.test"}), ==, 1);
    g_assert_cmpuint(count(s, "team@acme.test", "due"), ==, 0);
    asks(s, "mia@mias-candles.test");
    g_assert_cmpuint(count(s, "team@acme.test", "due"), ==, 1);
    s->now += 3600;
    answer(s, "nobody", OUTBOX_SENT, "");
    g_assert_cmpuint(count(s, "team@acme.test", "sent"), ==, 2);
}

/* Tried again by hand after a long time, it is tried as long as a new one. */
static void
test_an_old_mail_is_not_given_up_at_once(struct scene *s)
{
    asks(s, "mia@mias-candles.test");
    answer(s, "team@acme.test", OUTBOX_PERMANENT, "554 no");
    s->now += 30 * 86400;
    g_assert_cmpuint(change(s, (struct outbox_order){.again = TRUE, .state = "failed"}), ==, 1);
    answer(s, "team@acme.test", OUTBOX_TEMPORARY, "451 4.7.1 greylisted");
    g_assert_cmpuint(count(s, "team@acme.test", "due"), ==, 1);
    for (guint hours = 0; hours < 5 * 24; hours++, s->now += 3600)
        answer(s, "team@acme.test", OUTBOX_TEMPORARY, "451 4.7.1 greylisted");
    g_assert_cmpuint(count(s, "team@acme.test", "failed"), ==, 1);
}

static void
test_peeking_changes_nothing(struct scene *s)
{
    g_autoptr(GError) error = NULL;
    asks(s, "mia@mias-candles.test");
    g_autoptr(notice) notice = outbox_peek(&s->market, 1, s->now, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(notice->recipient, ==, "team@acme.test");
    g_assert_cmpuint(count(s, "team@acme.test", "due"), ==, 1);
    g_assert_null(outbox_peek(&s->market, 99, s->now, &error));
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND);
}

static void
test_trouble_is_counted(struct scene *s)
{
    struct queue_trouble trouble;
    gint64 asked = s->now;
    asks(s, "mia@mias-candles.test");
    g_assert_true(queue_trouble(s->db, s->now - 1, 0, &trouble, NULL));
    g_assert_cmpint(trouble.overdue, ==, 0);
    json_decref(trouble.kept);
    answer(s, "team@acme.test", OUTBOX_PERMANENT, "550 5.1.1 no such user");
    s->now += 600;
    scene_taken(scene_write(s, "anna@acme.test", "jobs@experts.test", "x", "Auto-Submitted: auto-replied\n", "Away."));
    g_assert_true(queue_trouble(s->db, s->now, asked, &trouble, NULL));
    g_assert_cmpint(trouble.overdue, >, 0);
    g_assert_cmpint(trouble.oldest_due_at, ==, asked);
    g_assert_cmpint(trouble.marked, ==, 1);
    g_assert_cmpstr(scene_text(trouble.kept, "0.reason"), ==, "automatic mail");
    g_assert_cmpstr(scene_text(trouble.kept, "0.count"), ==, "1");
    json_decref(trouble.kept);
    g_assert_true(queue_trouble(s->db, s->now, s->now, &trouble, NULL));
    g_assert_cmpuint(json_array_size(trouble.kept), ==, 0);
    json_decref(trouble.kept);
}

int
main(int argc, char **argv)
{
    static const struct scene_case cases[] = {
        {"/queue/an-empty-queue", test_an_empty_queue},
        {"/queue/how-the-queue-stands", test_how_the_queue_stands},
        {"/queue/reasons-are-codes", test_reasons_are_codes},
        {"/queue/what-came-back-is-sent-again", test_what_came_back_is_sent_again},
        {"/queue/a-late-bounce-is-of-its-own-attempt", test_a_late_bounce_is_of_its_own_attempt},
        {"/queue/a-bounce-before-its-result-is-news", test_a_bounce_before_its_result_is_news},
        {"/queue/what-fails-again-is-told-again", test_what_fails_again_is_told_again},
        {"/queue/all-are-changed-in-many-transactions", test_all_are_changed_in_many_transactions},
        {"/queue/what-comes-later-is-not-meant", test_what_comes_later_is_not_meant},
        {"/queue/what-comes-meanwhile-is-not-meant", test_what_comes_meanwhile_is_not_meant},
        {"/queue/nothing-is-sent-before-its-time", test_nothing_is_sent_before_its_time},
        {"/queue/a-cancelled-overview-is-not-the-last", test_a_cancelled_overview_is_not_the_last},
        {"/queue/an-old-mail-is-not-given-up-at-once", test_an_old_mail_is_not_given_up_at_once},
        {"/queue/peeking-changes-nothing", test_peeking_changes_nothing},
        {"/queue/trouble-is-counted", test_trouble_is_counted},
    };
    g_test_init(&argc, &argv, NULL);
    scene_add(cases, G_N_ELEMENTS(cases));
    return g_test_run();
}
