/* What comes of an address that mail comes back from, on a real store. */
#include <string.h>

#include "market/bounce.h"
#include "market/view.h"
#include "scene.h"

static void
writes(struct scene *s, const char *from, const char *to)
{
    struct verdict verdict = scene_write(s, from, to, "A new theme", NULL, "Can you help me with a theme?");
    g_assert_cmpstr(verdict.text, ==, "Taken");
}

/* The relay's answer to all that is due: `reply` for mails to `recipient`, 250 for the rest. */
static void
answer(struct scene *s, const char *recipient, const char *reply)
{
    for (gboolean more = TRUE; more;) {
        g_autoptr(GPtrArray) claimed = scene_claim(s, 50, &more);
        for (guint i = 0; i < claimed->len; i++) {
            const struct notice *notice = claimed->pdata[i];
            gboolean his = strcmp(notice->recipient, recipient) == 0;
            struct outbox_result result = {notice->id, notice->fence, his ? OUTBOX_PERMANENT : OUTBOX_SENT,
                                           his ? reply : "250 ok"};
            g_autoptr(GError) error = NULL;
            outbox_report(&s->market, &result, 1, s->now, &error);
            g_assert_no_error(error);
            more = TRUE;
        }
        more = claimed->len > 0;
    }
}

/* Rows of a kind to a recipient, in whatever state (NULL: all). */
static guint
count(struct scene *s, const char *kind, const char *recipient, const char *state)
{
    const struct view_filter filter = {.state = state, .limit = 1000};
    json_t *rows = view_outbox(&s->market, &filter, NULL);
    guint found = 0;
    for (gsize i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        found += strcmp(json_string_value(json_object_get(row, "kind")), kind) == 0 &&
                 strcmp(json_string_value(json_object_get(row, "recipient")), recipient) == 0;
    }
    json_decref(rows);
    return found;
}

static gint64
row_id(struct scene *s, const char *state)
{
    const struct view_filter filter = {.state = state, .limit = 1};
    json_t *rows = view_outbox(&s->market, &filter, NULL);
    gint64 id = json_integer_value(json_object_get(json_array_get(rows, 0), "id"));
    json_decref(rows);
    return id;
}

static void
test_hard_words(void)
{
    static const struct {
        const char *reply;
        gboolean hard;
    } cases[] = {
        {"550 5.1.1 <a@b.test>: User unknown", TRUE},
        {"550 No such user here", TRUE},
        {"5.1.10 null MX", TRUE},
        {"550 5.2.1 disabled", TRUE},
        {"554 5.7.1 spam", FALSE},
        {"452 4.2.2 mailbox full", FALSE},
        {"552 5.2.2 mailbox full", FALSE},
        {"450 user unknown", FALSE},
        {"550 15.1.1 x", FALSE},
        {"host 10.5.1.1.2 said: 554 no", FALSE},
        {"550 5.1.15 not known", FALSE},
        {NULL, FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].reply);
        g_assert_cmpint(bounce_is_hard(cases[i].reply), ==, cases[i].hard);
    }
}

static void
test_another_member_gets_it(struct scene *s)
{
    writes(s, "mia@mias-candles.test", "acme@experts.test");
    answer(s, "team@acme.test", "550 5.1.1 no such user");
    g_assert_cmpuint(count(s, "first-contact", "team@acme.test", "failed"), ==, 1);
    g_assert_cmpuint(count(s, "first-contact", "anna@acme.test", "sent"), ==, 1);
    g_assert_cmpuint(count(s, "undeliverable", "mia@mias-candles.test", NULL), ==, 0);
    g_assert_cmpuint(count(s, "admin-alert", s->conf.admin, "sent"), ==, 1);
    writes(s, "joost@fietsen.test", "acme@experts.test"); /* and the next one goes there at once */
    answer(s, "team@acme.test", "550 5.1.1 no such user");
    g_assert_cmpuint(count(s, "first-contact", "team@acme.test", NULL), ==, 1);
    g_assert_cmpuint(count(s, "first-contact", "anna@acme.test", "sent"), ==, 2);
}

static void
test_a_failure_that_may_pass_marks_at_the_fifth(struct scene *s)
{
    for (guint i = 0; i < 5; i++) {
        g_autofree char *from = g_strdup_printf("soft%u@soft.test", i);
        g_assert_cmpuint(count(s, "lead", "team@acme.test", NULL), ==, i);
        writes(s, from, "acme@experts.test");
        answer(s, "team@acme.test", "554 5.7.1 not today");
        s->now += 3600;
    }
    writes(s, "joost@fietsen.test", "acme@experts.test");
    answer(s, "nobody", "");
    g_assert_cmpuint(count(s, "first-contact", "team@acme.test", NULL), ==, 0);
    g_assert_cmpuint(count(s, "lead", "team@acme.test", NULL), ==, 5);
}

static void
test_old_failures_do_not_count(struct scene *s)
{
    for (guint i = 0; i < 7; i++) {
        g_autofree char *from = g_strdup_printf("soft%u@soft.test", i);
        writes(s, from, "acme@experts.test");
        answer(s, "team@acme.test", "554 5.7.1 not today");
        s->now += 2 * 86400;
    }
    g_assert_cmpuint(count(s, "lead", "team@acme.test", NULL), ==, 7);
}

/* Everybody fails: nothing goes round for ever, and the merchant knows. */
static void
test_nobody_can_be_reached(struct scene *s)
{
    writes(s, "mia@mias-candles.test", "acme@experts.test");
    for (guint i = 0; i < 10; i++) {
        g_autoptr(GError) error = NULL;
        gboolean more;
        g_autoptr(GPtrArray) claimed = scene_claim(s, 50, &more);
        for (guint k = 0; k < claimed->len; k++) {
            const struct notice *n = claimed->pdata[k];
            gboolean partner = strstr(n->recipient, "acme.test") != NULL;
            struct outbox_result result = {n->id, n->fence, partner ? OUTBOX_PERMANENT : OUTBOX_SENT,
                                           partner ? "550 5.1.1 no such user" : "250 ok"};
            outbox_report(&s->market, &result, 1, s->now, &error);
            g_assert_no_error(error);
        }
    }
    g_assert_cmpuint(count(s, "undeliverable", "mia@mias-candles.test", "sent"), ==, 1);
    gint64 due = 0;
    outbox_next_due(&s->market, &due, NULL);
    g_assert_cmpint(due, >, s->now);
    writes(s, "joost@fietsen.test", "acme@experts.test"); /* tried all the same: it is not lost in silence */
    g_assert_cmpuint(count(s, "first-contact", "team@acme.test", "due"), ==, 1);
}

static void
test_a_mail_from_it_takes_the_mark_off(struct scene *s)
{
    writes(s, "mia@mias-candles.test", "acme@experts.test");
    answer(s, "team@acme.test", "550 5.1.1 no such user");
    scene_write(s, "team@acme.test", "desk@experts.test", "x", NULL, "/help");
    writes(s, "joost@fietsen.test", "acme@experts.test");
    g_assert_cmpuint(count(s, "first-contact", "team@acme.test", "due"), ==, 1);
}

static void
test_the_admin_tries_again(struct scene *s)
{
    g_autoptr(GError) error = NULL;
    writes(s, "mia@mias-candles.test", "acme@experts.test");
    answer(s, "team@acme.test", "550 5.1.1 no such user");
    gint64 id = row_id(s, "failed");
    g_assert_true(outbox_retry(&s->market, id, s->now, TRUE, NULL));
    g_assert_cmpuint(count(s, "first-contact", "team@acme.test", "failed"), ==, 1);
    g_assert_true(outbox_retry(&s->market, id, s->now, FALSE, NULL));
    g_assert_cmpuint(count(s, "first-contact", "team@acme.test", "due"), ==, 1);
    answer(s, "nobody", "");
    g_assert_false(outbox_retry(&s->market, id, s->now, FALSE, &error));
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_CONFLICT);
    writes(s, "joost@fietsen.test", "acme@experts.test");
    g_assert_cmpuint(count(s, "first-contact", "team@acme.test", "due"), ==, 1);
}

static void
test_the_admin_cancels(struct scene *s)
{
    writes(s, "mia@mias-candles.test", "acme@experts.test");
    g_assert_true(outbox_cancel(&s->market, row_id(s, "due"), s->now, FALSE, NULL));
    answer(s, "nobody", "");
    const struct view_filter sent = {.state = "sent", .limit = 10};
    json_t *rows = view_outbox(&s->market, &sent, NULL);
    g_assert_cmpuint(json_array_size(rows), ==, 1);
    json_decref(rows);
}

/* A question is its actor's alone, also when it cannot be delivered. */
static void
test_a_confirmation_goes_to_nobody_else(struct scene *s)
{
    struct verdict asked =
        scene_write(s, "anna@acme.test", "desk@experts.test", "x", NULL, "/alias add anna@home.test");
    g_assert_cmpstr(asked.text, ==, "Taken");
    answer(s, "anna@acme.test", "550 5.1.1 user unknown");
    g_assert_cmpuint(count(s, "confirm", "anna@acme.test", "failed"), ==, 1);
    asked = scene_write(s, "anna@acme.test", "desk@experts.test", "y", NULL, "/alias add anna@phone.test");
    g_assert_cmpstr(asked.text, ==, "Taken");
    answer(s, "anna@acme.test", "550 5.1.1 user unknown");
    static const char *const others[] = {"team@acme.test", "bob@acme.test"};
    for (guint i = 0; i < G_N_ELEMENTS(others); i++)
        g_assert_cmpuint(count(s, "confirm", others[i], NULL), ==, 0);
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        scene_test test;
    } tests[] = {
        {"/bounce/another-member-gets-it", test_another_member_gets_it},
        {"/bounce/a-failure-that-may-pass-marks-at-the-fifth", test_a_failure_that_may_pass_marks_at_the_fifth},
        {"/bounce/old-failures-do-not-count", test_old_failures_do_not_count},
        {"/bounce/nobody-can-be-reached", test_nobody_can_be_reached},
        {"/bounce/a-mail-from-it-takes-the-mark-off", test_a_mail_from_it_takes_the_mark_off},
        {"/bounce/the-admin-tries-again", test_the_admin_tries_again},
        {"/bounce/the-admin-cancels", test_the_admin_cancels},
        {"/bounce/a-confirmation-goes-to-nobody-else", test_a_confirmation_goes_to_nobody_else},
    };
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bounce/hard-words", test_hard_words);
    for (guint i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add_data_func(tests[i].name, (gconstpointer)tests[i].test, scene_run);
    return g_test_run();
}
