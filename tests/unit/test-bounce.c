/* What comes of an address that mail comes back from, on a real store. */
#include <string.h>

#include "market/bounce.h"
#include "market/link.h"
#include "market/view.h"
#include "scene.h"

static void
writes(struct scene *s, const char *from, const char *to)
{
    struct verdict verdict = scene_write(s, from, to, "A new theme", NULL, "Can you help me with a theme?");
    g_assert_cmpstr(verdict.text, ==, "Taken");
}

/* The relay's answer to all that is due: `reply` for mails to `recipient`, 250 for the rest. How many of these say that
 * they come in its place? */
static guint
answer(struct scene *s, const char *recipient, const char *reply)
{
    guint instead = 0;
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
            instead += g_strcmp0(scene_text(notice->data, "instead_of"), recipient) == 0;
            more = TRUE;
        }
        more = claimed->len > 0;
    }
    return instead;
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
    g_assert_cmpuint(answer(s, "team@acme.test", "550 5.1.1 no such user"), ==, 1);
    g_assert_cmpuint(count(s, "first-contact", "team@acme.test", "failed"), ==, 1);
    g_assert_cmpuint(count(s, "first-contact", "anna@acme.test", "sent"), ==, 1);
    g_assert_cmpuint(count(s, "undeliverable", "mia@mias-candles.test", NULL), ==, 0);
    g_assert_cmpuint(count(s, "admin-alert", s->conf.admin, "sent"), ==, 1);
    writes(s, "joost@fietsen.test", "acme@experts.test"); /* and the next one goes there at once */
    g_assert_cmpuint(answer(s, "team@acme.test", "550 5.1.1 no such user"), ==, 1);
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

/* A relay that is away for days, or a fault of ours, would mark everybody. */
static void
test_what_no_server_said_marks_nobody(struct scene *s)
{
    static const char *const replies[] = {"relay mx.acme.test:25: Connection refused",
                                          "cannot be rendered: no address that mail can be sent to"};
    for (guint i = 0; i < 12; i++) {
        g_autofree char *from = g_strdup_printf("soft%u@soft.test", i);
        writes(s, from, "acme@experts.test");
        answer(s, "team@acme.test", replies[i % 2]);
    }
    g_assert_cmpuint(count(s, "lead", "team@acme.test", "failed"), ==, 12);
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

/* ---- what the admin sees and clears ---- */

static json_t *
listed(struct scene *s, const char *who, gboolean marked)
{
    const struct view_filter filter = {.recipient = who, .marked = marked};
    json_t *rows = view_addresses(&s->market, &filter, NULL);
    g_assert_nonnull(rows);
    return rows;
}

static void
assert_listed(struct scene *s, const char *who, gboolean marked, gsize count)
{
    json_t *rows = listed(s, who, marked);
    g_assert_cmpuint(json_array_size(rows), ==, count);
    json_decref(rows);
}

static void
bounces(struct scene *s, const char *from, const char *address, const char *reply)
{
    writes(s, from, "acme@experts.test");
    answer(s, address, reply);
}

static void
test_what_failed_is_listed(struct scene *s)
{
    bounces(s, "mia@mias-candles.test", "mia@mias-candles.test", "554 5.7.1 not today");
    s->now += 60;
    bounces(s, "joost@fietsen.test", "team@acme.test", "550 5.1.1 no such user");
    json_t *rows = listed(s, NULL, FALSE);
    static const char *const facts[][2] = {
        {"0.address", "team@acme.test"},
        {"0.marked", "true"},
        {"0.reason", "permanent"},
        {"0.failures", "1"},
        {"0.organisation", "acme"},
        {"0.reply", "550 5.1.1 no such user"},
        {"0.merchant", ""},
        {"1.address", "mia@mias-candles.test"},
        {"1.marked", "false"},
        {"1.reason", ""},
        {"1.organisation", ""},
        {"1.reply", "554 5.7.1 not today"},
        {"2.address", ""},
    };
    for (guint i = 0; i < G_N_ELEMENTS(facts); i++)
        g_assert_cmpstr(scene_text(rows, facts[i][0]), ==, facts[i][1]);
    json_decref(rows);
    assert_listed(s, NULL, TRUE, 1);
    assert_listed(s, "@acme.test", FALSE, 1);
    assert_listed(s, "@cme.test", FALSE, 0);
    assert_listed(s, "acme.test", FALSE, 0);
    assert_listed(s, "mia@mias-candles.test", FALSE, 1);
    assert_listed(s, "mia@mias-candles.test", TRUE, 0);
}

/* A whole organisation and a whole merchant tell of their own addresses, and of those alone. */
static void
test_who_has_a_failing_address_shows_it(struct scene *s)
{
    bounces(s, "mia@mias-candles.test", "mia@mias-candles.test", "554 5.7.1 not today");
    bounces(s, "joost@fietsen.test", "team@acme.test", "550 5.1.1 no such user");
    bounces(s, "lead@lead.test", "anna@acme.test", "550 5.1.1 no such user"); /* who gets it instead */
    json_t *acme = view_organisation(&s->market, "acme", NULL), *blauw = view_organisation(&s->market, "blauw", NULL),
           *mia = view_merchant(&s->market, "mia@mias-candles.test", NULL),
           *joost = view_merchant(&s->market, "joost@fietsen.test", NULL);
    g_assert_cmpuint(json_array_size(json_object_get(acme, "failing")), ==, 2);
    g_assert_cmpuint(json_array_size(json_object_get(blauw, "failing")), ==, 0);
    g_assert_cmpstr(scene_text(mia, "failing.0.reply"), ==, "554 5.7.1 not today");
    g_assert_cmpuint(json_array_size(json_object_get(joost, "failing")), ==, 0);
    json_t *all[] = {acme, blauw, mia, joost};
    for (guint i = 0; i < G_N_ELEMENTS(all); i++)
        json_decref(all[i]);
}

static void
test_the_admin_clears(struct scene *s)
{
    g_autoptr(GError) error = NULL;
    bounces(s, "mia@mias-candles.test", "team@acme.test", "550 5.1.1 no such user");
    json_t *would = bounce_clear(&s->market, "@acme.test", s->now, TRUE, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(scene_text(would, "0.address"), ==, "team@acme.test");
    assert_listed(s, NULL, TRUE, 1);
    json_t *cleared = bounce_clear(&s->market, "team@acme.test", s->now, FALSE, &error);
    g_assert_true(json_equal(would, cleared));
    json_decref(would);
    json_decref(cleared);
    assert_listed(s, NULL, FALSE, 0);
    writes(s, "joost@fietsen.test", "acme@experts.test");
    g_assert_cmpuint(count(s, "first-contact", "team@acme.test", "due"), ==, 1);
    g_assert_null(bounce_clear(&s->market, "team@acme.test", s->now, FALSE, &error));
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND);
}

static gboolean
many_fail(store_tx *tx, gpointer arg, GError **error)
{
    struct scene *s = arg;
    struct act act = {.market = &s->market, .tx = tx, .now = s->now};
    for (guint i = 0; i < 1100; i++) {
        g_autofree char *address = g_strdup_printf("u%u@large.test", i);
        if (!bounce_note(&act, address, i % 2, "550 5.1.1 no such user", error))
            return FALSE;
    }
    return bounce_note(&act, "u@small.test", TRUE, "550 5.1.1 no such user", error);
}

static void
test_a_whole_domain_is_cleared(struct scene *s)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(store_write(s->db, many_fail, s, NULL));
    for (guint dry = 2; dry-- > 0;) {
        json_t *cleared = bounce_clear(&s->market, "@large.test", s->now, dry, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(json_array_size(cleared), ==, 1100);
        json_decref(cleared);
    }
    assert_listed(s, NULL, FALSE, 1);
}

/* ---- signs of somebody ---- */

static void
sign_lie(struct scene *s)
{
    s->conf.authserv_id = (char *)"mx.experts.test";
    scene_write(s, "team@acme.test", "desk@experts.test", "x",
                "Authentication-Results: mx.experts.test; dmarc=fail header.from=acme.test\n", "/help");
}

static void
sign_preference(struct scene *s)
{
    g_assert_cmpstr(scene_command(s, "acme", 0, "/prefs notify team@acme.test"), ==, "said.pref_set");
}

static void
sign_same_import(struct scene *s)
{
    scene_import(s, "{\"organisations\":[{\"slug\":\"acme\",\"name\":\"Acme Studio\",\"notify\":\"team@acme.test\"}]}");
}

static void
sign_new_import(struct scene *s)
{
    scene_import(s, "{\"organisations\":[{\"slug\":\"acme\",\"name\":\"Acme Studio\",\"notify\":\"anna@acme.test\"}]}");
    sign_same_import(s);
}

static void
sign_member(struct scene *s)
{
    g_assert_cmpstr(scene_command_as(s, "acme", 0, "team@acme.test", "/member add team@acme.test"), ==,
                    "said.member_added");
}

static void
sign_member_import(struct scene *s)
{
    scene_import(s, "{\"organisations\":[{\"slug\":\"acme\",\"name\":\"Acme Studio\","
                    "\"members\":[\"anna@acme.test\",\"bob@acme.test\",\"team@acme.test\"]}]}");
}

/* A receipt of what it had got before, by the return path of that. */
static void
sign_receipt(struct scene *s)
{
    gint64 id = 0;
    const struct view_filter filter = {.state = "failed", .limit = 1};
    json_t *rows = view_outbox(&s->market, &filter, NULL);
    g_assert_cmpstr(scene_text(rows, "0.recipient"), ==, "team@acme.test");
    id = json_integer_value(json_object_get(json_array_get(rows, 0), "id"));
    const struct link_token path = {LINK_BOUNCE, id, s->now + 86400};
    g_autofree char *to = link_address(&s->market, &path);
    g_autofree char *raw = scene_receipt("x@x.test", scene_text(rows, "0.message_id"), SCENE_DISPLAYED);
    json_decref(rows);
    scene_taken(scene_mail(s, "", to, raw));
}

static void
test_signs_of_somebody_take_the_mark_off(struct scene *s)
{
    static const struct {
        void (*sign)(struct scene *s);
        const char *what;
        gboolean takes_off;
    } signs[] = {
        {sign_lie, "a mail that a filter calls a lie", FALSE},
        {sign_same_import, "an import that changes nothing", FALSE},
        {sign_new_import, "an import that sets it anew", TRUE},
        {sign_preference, "/prefs", TRUE},
        {sign_receipt, "a read receipt", TRUE},
        {sign_member, "/member add", TRUE},
        {sign_member_import, "an import of a member", FALSE}, /* is one since the last sign: nothing new */
    };
    for (guint i = 0; i < G_N_ELEMENTS(signs); i++) {
        g_autofree char *from = g_strdup_printf("lead%u@lead.test", i);
        g_test_message("%s", signs[i].what);
        bounces(s, from, "team@acme.test", "550 5.1.1 no such user");
        assert_listed(s, "team@acme.test", TRUE, 1);
        signs[i].sign(s);
        assert_listed(s, "team@acme.test", TRUE, !signs[i].takes_off);
        s->conf.authserv_id = (char *)"";
    }
    scene_import(s,
                 "{\"organisations\":[{\"slug\":\"acme\",\"name\":\"Acme Studio\",\"members\":[\"anna@acme.test\"]}]}");
    sign_member_import(s);
    assert_listed(s, "team@acme.test", FALSE, 0);
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

/* Who was added to an organisation is not the one to be told of it. */
static void
test_who_was_added_is_not_told_instead(struct scene *s)
{
    g_assert_cmpstr(scene_command_as(s, "bare", 0, "admin", "/member add cleo@bare.test"), ==, "said.member_added");
    answer(s, "bare@bare.test", "550 5.1.1 user unknown"); /* and is marked from now on */
    g_assert_cmpuint(count(s, "member-added", "bare@bare.test", "failed"), ==, 1);
    g_assert_cmpuint(count(s, "member-added", "cleo@bare.test", NULL), ==, 0);
    g_assert_cmpuint(count(s, "admin-alert", s->conf.admin, "sent"), ==, 1);
    g_assert_cmpstr(scene_command_as(s, "bare", 0, "admin", "/member remove cleo@bare.test"), ==,
                    "said.member_removed");
    g_assert_cmpstr(scene_command_as(s, "bare", 0, "admin", "/member add dan@bare.test"), ==, "said.member_added");
    g_assert_cmpuint(count(s, "member-added", "dan@bare.test", NULL), ==, 0);
    g_assert_cmpuint(count(s, "member-added", "bare@bare.test", "due"), ==, 1); /* nobody else: tried all the same */
    g_assert_cmpstr(scene_command_as(s, "bare", 0, "admin", "/member add eva@bare.test"), ==, "said.member_added");
    g_assert_cmpuint(count(s, "member-added", "dan@bare.test", "due"), ==, 1);
}

/* What another member has in its place is in that member's language. */
static void
test_instead_is_in_the_readers_language(struct scene *s)
{
    g_assert_cmpstr(scene_command_as(s, "acme", 0, "anna@acme.test", "/prefs language nl"), ==, "said.pref_set_for");
    writes(s, "mia@mias-candles.test", "acme@experts.test");
    scene_fail(s, OUTBOX_PERMANENT);
    scene_send(s);
    const struct notice *late = scene_sent(s, "first-contact", "anna@acme.test", 0);
    g_assert_nonnull(late);
    g_assert_cmpstr(late->language, ==, "nl");
    writes(s, "joost@fietsen.test", "acme@experts.test");
    answer(s, "team@acme.test", "550 5.1.1 no such user"); /* marked: the next one goes there at once */
    writes(s, "lena@vogt.test", "acme@experts.test");
    scene_send(s);
    const struct notice *next = scene_sent(s, "lead", "anna@acme.test", 0);
    g_assert_nonnull(next);
    g_assert_cmpstr(next->language, ==, "nl");
}

int
main(int argc, char **argv)
{
    static const struct scene_case cases[] = {
        {"/bounce/another-member-gets-it", test_another_member_gets_it},
        {"/bounce/a-failure-that-may-pass-marks-at-the-fifth", test_a_failure_that_may_pass_marks_at_the_fifth},
        {"/bounce/what-no-server-said-marks-nobody", test_what_no_server_said_marks_nobody},
        {"/bounce/old-failures-do-not-count", test_old_failures_do_not_count},
        {"/bounce/nobody-can-be-reached", test_nobody_can_be_reached},
        {"/bounce/a-mail-from-it-takes-the-mark-off", test_a_mail_from_it_takes_the_mark_off},
        {"/bounce/the-admin-tries-again", test_the_admin_tries_again},
        {"/bounce/the-admin-cancels", test_the_admin_cancels},
        {"/bounce/what-failed-is-listed", test_what_failed_is_listed},
        {"/bounce/who-has-a-failing-address-shows-it", test_who_has_a_failing_address_shows_it},
        {"/bounce/the-admin-clears", test_the_admin_clears},
        {"/bounce/a-whole-domain-is-cleared", test_a_whole_domain_is_cleared},
        {"/bounce/signs-of-somebody-take-the-mark-off", test_signs_of_somebody_take_the_mark_off},
        {"/bounce/a-confirmation-goes-to-nobody-else", test_a_confirmation_goes_to_nobody_else},
        {"/bounce/who-was-added-is-not-told-instead", test_who_was_added_is_not_told_instead},
        {"/bounce/instead-is-in-the-readers-language", test_instead_is_in_the_readers_language},
    };
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bounce/hard-words", test_hard_words);
    scene_add(cases, G_N_ELEMENTS(cases));
    return g_test_run();
}
