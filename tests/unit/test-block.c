/* Blocks (R16), on a real store: nothing passes any more, by whatever way, in either direction, and nothing undoes it.
 */
#include <string.h>

#include "market/block.h"
#include "market/notify.h"
#include "scene.h"
#include "store/driver.h"

#define HOUR 3600

/* ---- the stage ---- */

static void
assert_refused(struct verdict verdict)
{
    g_test_message("%d %s %s", verdict.code, verdict.enhanced, verdict.text);
    g_assert_cmpint(verdict.kind, ==, VERDICT_REFUSED);
    g_assert_cmpint(verdict.code, ==, 550);
    g_assert_cmpstr(verdict.enhanced, ==, "5.7.1");
    g_assert_null(strstr(verdict.text, "Acme"));
}

static struct verdict
writes(struct scene *s, const char *from, const char *to)
{
    return scene_write(s, from, to, "Once more", NULL, "Can you help me with a theme?");
}

/* From an address that says nothing in SMTP: what is refused is refused at the end of the mail. */
static struct verdict
writes_behind(struct scene *s, const char *sender, const char *from, const char *to)
{
    static guint serial;
    g_autofree char *raw =
        g_strdup_printf("From: Somebody <%s>\nTo: %s\nSubject: Behind\nMessage-ID: <b%u@client.test>\n"
                        "Date: Sun, 22 Nov 2026 09:00:00 +0100\nMIME-Version: 1.0\n"
                        "Content-Type: text/plain; charset=utf-8\n\nPlease help me.\n",
                        from, to, ++serial);
    return scene_mail(s, sender, to, raw);
}

static char *
answer_address(struct scene *s, const char *kind, const char *recipient)
{
    const struct notice *notice = scene_sent(s, kind, recipient, 0);
    g_assert_nonnull(notice);
    return g_strdup(notice->from_address);
}

static void
block(struct scene *s, gint64 id)
{
    const char *said = scene_command(s, "acme", id, "/block");
    g_assert_true(g_str_has_prefix(said, "said.blocked"));
}

static json_t *
shown(struct scene *s, gint64 id)
{
    g_autoptr(GError) error = NULL;
    json_t *c = view_conversation(&s->market, id, s->now, &error);
    g_assert_no_error(error);
    return c;
}

static void
assert_shown(struct scene *s, gint64 id, const char *path, const char *expected)
{
    json_t *c = shown(s, id);
    g_assert_cmpstr(scene_text(c, path), ==, expected);
    json_decref(c);
}

/* Which organisations the newest conversations are with, "blauw lumiere". */
static char *
organisations(struct scene *s)
{
    GString *names = g_string_new(NULL);
    json_t *list = scene_conversations(s), *c;
    gsize i;
    json_array_foreach(list, i, c) g_string_append_printf(names, "%s ", scene_text(c, "organisation"));
    json_decref(list);
    return g_string_free(names, FALSE);
}

/* ---- what is closed ---- */

static void
test_what_is_open_is_closed(struct scene *s)
{
    scene_taken(writes(s, "mia@mias-candles.test", "acme@experts.test"));
    scene_send(s);
    g_assert_cmpstr(scene_command(s, "acme", 1, "/block"), ==, "said.blocked_shop");
    assert_shown(s, 1, "job.state", "declined");
    assert_shown(s, 1, "unread", "0");
    assert_shown(s, 1, "messages.0.text", "Can you help me with a theme?"); /* the history stays */
    json_t *c = shown(s, 1);
    g_assert_cmpstr(scene_text(c, "messages.0.read_at"), !=, "");
    json_decref(c);
    g_assert_cmpstr(scene_command(s, "acme", 1, "/block"), ==, "cannot.blocked_already");
    scene_forget(s);
    s->now += 80 * HOUR;
    scene_send(s); /* no expiry is told, no overview sent */
    g_assert_cmpuint(s->sent->len, ==, 0);
    assert_shown(s, 1, "job.state", "declined");
}

static void
test_the_history_stays_searchable(struct scene *s)
{
    scene_taken(writes(s, "mia@mias-candles.test", "acme@experts.test"));
    block(s, 1);
    g_assert_cmpstr(scene_command(s, "acme", 1, "/tag blocked"), ==, "said.tagged");
    scene_forget(s);
    scene_command(s, "acme", 0, "/search mia tag:blocked");
    scene_send(s);
    g_assert_cmpstr(scene_text(scene_sent(s, "results", NULL, 0)->data, "count"), ==, "1");
}

static gboolean
add_money(store_tx *tx, gpointer arg, GError **error)
{
    (void)arg;
    return tx->driver->script(
        tx->conn,
        "INSERT INTO proposal (id, conversation_id, job_id, number, version, state, description, total, currency, "
        "terms,"
        " created_at) SELECT value, 1, 1, value, 1, (CASE value WHEN 1 THEN 'sent' WHEN 2 THEN 'accepted' ELSE "
        "'declined'"
        " END), 'x', 1, 'EUR', '', 1 FROM (SELECT 1 AS value UNION SELECT 2 UNION SELECT 3);"
        "INSERT INTO invoice (conversation_id, proposal_id, number, state, amount, currency, description, created_at)"
        " VALUES (1, 2, 1, 'sent', 1, 'EUR', '', 1), (1, 2, 2, 'paid', 1, 'EUR', '', 1);"
        "INSERT INTO access_request (conversation_id, state, basis, created_at) VALUES (1, 'asked', '', 1);"
        "INSERT INTO held (kind, raw_id, sender, recipient, conversation_id, created_at, expires_at)"
        " SELECT 'third', raw_id, 'anna@acme.test', 'x', 1, 1, 9999999999 FROM message LIMIT 1;",
        error);
}

static gboolean
read_states(store_tx *tx, gpointer arg, GError **error)
{
    return tx->driver->ask(tx->conn,
                           "SELECT (SELECT group_concat(state) FROM (SELECT state FROM proposal ORDER BY id)) || ' ' ||"
                           " (SELECT group_concat(state) FROM (SELECT state FROM invoice ORDER BY id)) || ' ' ||"
                           " (SELECT state FROM access_request) || ' ' || (SELECT released_at IS NOT NULL FROM held)",
                           arg, error);
}

static void
test_proposals_and_invoices_are_closed(struct scene *s)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *states = NULL;
    scene_taken(writes(s, "mia@mias-candles.test", "acme@experts.test"));
    store_write(s->db, add_money, s, &error);
    g_assert_no_error(error);
    block(s, 1);
    store_read(s->db, read_states, &states, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(states, ==, "closed,closed,declined closed,paid closed 1");
}

/* ---- the merchant's ways in ---- */

static void
test_no_mail_to_the_organisation(struct scene *s)
{
    scene_taken(writes(s, "mia@mias-candles.test", "acme@experts.test"));
    block(s, 1);
    assert_refused(writes(s, "mia@mias-candles.test", "acme@experts.test"));
    assert_refused(writes(s, "mia@home.test", "acme@experts.test"));         /* her other address */
    assert_refused(writes(s, "kim@mias-candles.test", "acme@experts.test")); /* her colleague */
    assert_refused(writes_behind(s, "bounces@relay.test", "mia@home.test", "acme@experts.test"));
    assert_refused(writes_behind(s, "", "kim@mias-candles.test", "acme@experts.test"));
    scene_taken(writes(s, "mia@mias-candles.test", "blauw@experts.test")); /* that is not theirs to shut */
    scene_taken(writes(s, "joost@fietsen.test", "acme@experts.test"));
    g_assert_cmpuint(scene_conversation_count(s), ==, 3);
}

static void
test_no_mail_through_links(struct scene *s)
{
    scene_taken(writes(s, "mia@mias-candles.test", "acme@experts.test"));
    scene_send(s);
    g_autofree char *mia = answer_address(s, "ack", "mia@mias-candles.test");
    block(s, 1);
    assert_refused(writes(s, "mia@mias-candles.test", mia));
    assert_refused(writes(s, "kim@mias-candles.test", mia));
    assert_refused(writes_behind(s, "bounces@relay.test", "mia@mias-candles.test", mia));
    json_t *c = shown(s, 1);
    g_assert_cmpuint(json_array_size(json_object_get(c, "messages")), ==, 1);
    json_decref(c);
}

static void
test_a_lead_is_shut_out_by_address(struct scene *s)
{
    scene_taken(writes(s, "lena@vogt.test", "acme@experts.test"));
    block(s, 1);
    assert_refused(writes(s, "lena@vogt.test", "acme@experts.test"));
    scene_taken(writes(s, "otto@vogt.test", "acme@experts.test"));
}

static void
test_matching_leaves_the_blocker_out(struct scene *s)
{
    scene_taken(writes(s, "mia@mias-candles.test", "acme@experts.test"));
    scene_send(s);
    g_autofree char *id = g_strdup(scene_sent(s, "ack", "mia@mias-candles.test", 0)->message_id);
    block(s, 1);
    scene_taken(writes(s, "mia@mias-candles.test", "jobs@experts.test"));
    scene_taken(writes(s, "kim@mias-candles.test", "jobs@experts.test"));
    g_autofree char *names = organisations(s);
    g_assert_cmpstr(names, ==, "lumiere blauw lumiere blauw acme ");
    /* the mail's thread leads behind the block: it asks the others */
    g_autofree char *thread = g_strdup_printf("In-Reply-To: <%s>\n", id);
    s->now += 80 * HOUR;
    scene_send(s);
    scene_taken(scene_write(s, "mia@mias-candles.test", "jobs@experts.test", "Re: Once more", thread,
                            "Is there nobody for my theme design?"));
    json_t *c = shown(s, 1);
    g_assert_cmpuint(json_array_size(json_object_get(c, "messages")), ==, 1);
    json_decref(c);
}

static const char form_mail[] =
    "From: Site <wordpress@site.test>\nTo: leads@experts.test\nSubject: Site \"Store setup\"\nMessage-ID: "
    "<form%u@site.test>\nDate: Sun, 22 Nov 2026 09:00:00 +0100\nMIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=utf-8\n\n"
    "Name: %s\nEmail: %s\nService: Theme design\nMessage: Could you help me with number %u?\n\n-- \n"
    "This e-mail was sent from a contact form on Site (https://site.test)\n";

/* Whoever a form names: a registered merchant, and a lead who came by one before. */
static void
test_forms_leave_the_blocker_out(struct scene *s)
{
    static const char *const people[][2] = {{"Mia Jansen", "mia@mias-candles.test"}, {"Lena Vogt", "lena@vogt.test"}};
    for (guint i = 0; i < G_N_ELEMENTS(people); i++) {
        for (guint k = 0; k < 2; k++) {
            g_autofree char *raw = g_strdup_printf(form_mail, 2 * i + k, people[i][0], people[i][1], 2 * i + k);
            guint before = scene_conversation_count(s);
            scene_taken(scene_mail(s, "wordpress@site.test", "leads@experts.test", raw));
            json_t *list = scene_conversations(s), *c;
            gsize n;
            gint64 acme = 0;
            g_assert_cmpuint(json_array_size(list), >, before); /* somebody gets it */
            json_array_foreach(list, n, c) if (n < json_array_size(list) - before &&
                                               g_str_equal(scene_text(c, "organisation"), "acme")) acme =
                json_integer_value(json_object_get(c, "id"));
            json_decref(list);
            g_assert_cmpint(acme != 0, ==, k == 0);
            if (acme)
                block(s, acme);
            s->now += 80 * HOUR; /* what is open expires, so that the next is a new request */
            scene_send(s);
        }
    }
}

static void
test_a_request_to_several_loses_one(struct scene *s)
{
    scene_taken(writes(s, "mia@mias-candles.test", "jobs@experts.test"));
    scene_send(s);
    g_autofree char *all = answer_address(s, "ack", "mia@mias-candles.test");
    gint64 acme = 0, other = 0;
    json_t *list = scene_conversations(s), *c;
    gsize i;
    json_array_foreach(list, i, c)
    {
        gint64 *which = g_str_equal(scene_text(c, "organisation"), "acme") ? &acme : &other;
        *which = json_integer_value(json_object_get(c, "id"));
    }
    json_decref(list);
    g_assert_true(acme && other);
    block(s, acme);
    scene_taken(writes(s, "mia@mias-candles.test", all)); /* more words, for the others */
    c = shown(s, acme);
    g_assert_cmpuint(json_array_size(json_object_get(c, "messages")), ==, 1);
    json_decref(c);
    c = shown(s, other);
    g_assert_cmpuint(json_array_size(json_object_get(c, "messages")), ==, 2);
    json_decref(c);
}

/* Time was over for all of them; more words ask anew, but not the one that shut itself. */
static void
test_an_expired_request_asks_the_blocker_no_more(struct scene *s)
{
    scene_taken(writes(s, "mia@mias-candles.test", "jobs@experts.test"));
    scene_send(s);
    g_autofree char *all = answer_address(s, "ack", "mia@mias-candles.test");
    s->now += 80 * HOUR;
    scene_send(s);
    gint64 acme = 0;
    json_t *list = scene_conversations(s), *c;
    gsize i;
    json_array_foreach(list, i, c) if (g_str_equal(scene_text(c, "organisation"), "acme")) acme =
        json_integer_value(json_object_get(c, "id"));
    json_decref(list);
    g_assert_cmpint(acme, !=, 0);
    block(s, acme);
    scene_taken(writes(s, "mia@mias-candles.test", all));
    c = shown(s, acme);
    g_assert_cmpuint(json_array_size(json_object_get(c, "messages")), ==, 1);
    json_decref(c);
    assert_shown(s, acme, "job.state", "expired");
}

/* ---- the partner's ways out ---- */

static void
test_no_words_to_the_merchant(struct scene *s)
{
    scene_taken(writes(s, "mia@mias-candles.test", "acme@experts.test"));
    scene_send(s);
    g_autofree char *acme = answer_address(s, "first-contact", "team@acme.test");
    block(s, 1);
    scene_forget(s);
    struct verdict verdict = writes(s, "anna@acme.test", acme);
    g_assert_cmpint(verdict.kind, ==, VERDICT_REFUSED);
    g_assert_nonnull(strstr(verdict.text, "blocked"));
    scene_taken(scene_write(s, "anna@acme.test", acme, "Re: x", NULL, "/tag late\n\nAnd some words."));
    scene_send(s);
    g_assert_null(scene_sent(s, "relay-partner", NULL, 0));
    g_assert_cmpstr(scene_text(scene_sent(s, "transcript", "anna@acme.test", 0)->data, "items.1.say"), ==,
                    "cannot.blocked");
    assert_shown(s, 1, "tags.0", ""); /* all or nothing */
    scene_taken(scene_write(s, "anna@acme.test", acme, "Re: x", NULL, "/tag late"));
    assert_shown(s, 1, "tags.0", "late");
}

static gboolean
tell_merchant(store_tx *tx, gpointer arg, GError **error)
{
    struct scene *s = arg;
    struct act act = {.market = &s->market, .tx = tx, .now = s->now};
    g_autoptr(conversation) c = NULL;
    return conversation_load(&act, 1, &c, error) &&
           notify_side(&act, "expired-merchant", c, SIDE_MERCHANT, NULL, "a-later-rule", error);
}

/* Whatever rule would tell the merchant something later. */
static void
test_no_rule_writes_to_the_merchant(struct scene *s)
{
    g_autoptr(GError) error = NULL;
    const struct view_filter due = {.state = "due", .now = s->now};
    scene_taken(writes(s, "mia@mias-candles.test", "acme@experts.test"));
    block(s, 1);
    store_write(s->db, tell_merchant, s, &error);
    g_assert_no_error(error);
    json_t *rows = view_outbox(&s->market, &due, &error);
    g_assert_cmpuint(json_array_size(rows), ==, 0);
    json_decref(rows);
}

/* Written before the block, held for the undo time: it does not leave. */
static void
test_what_waits_does_not_leave(struct scene *s)
{
    s->conf.hold_time = 600;
    scene_taken(writes(s, "mia@mias-candles.test", "acme@experts.test"));
    scene_send(s);
    g_autofree char *acme = answer_address(s, "first-contact", "team@acme.test");
    scene_taken(writes(s, "anna@acme.test", acme));
    block(s, 1);
    scene_forget(s);
    s->now += HOUR;
    scene_send(s);
    g_assert_null(scene_sent(s, "relay-partner", NULL, 0));
}

/* It was under way when the block came and the server put it off: the next try does not happen. */
static void
test_what_was_put_off_does_not_leave(struct scene *s)
{
    scene_taken(writes(s, "mia@mias-candles.test", "acme@experts.test"));
    scene_send(s);
    g_autofree char *acme = answer_address(s, "first-contact", "team@acme.test");
    scene_taken(writes(s, "anna@acme.test", acme));
    g_autoptr(GError) error = NULL;
    gboolean more;
    g_autoptr(GPtrArray) claimed = scene_claim(s, 10, &more);
    g_assert_cmpuint(claimed->len, ==, 1);
    block(s, 1);
    const struct notice *relay = claimed->pdata[0];
    const struct outbox_result put_off = {relay->id, relay->fence, OUTBOX_TEMPORARY, "450 4.2.0 later"};
    outbox_report(&s->market, &put_off, 1, s->now, &error);
    g_assert_no_error(error);
    scene_forget(s);
    s->now += 6 * HOUR;
    scene_send(s);
    g_assert_null(scene_sent(s, "relay-partner", NULL, 0));
}

static void
test_overviews_tell_of_nothing_behind_it(struct scene *s)
{
    scene_taken(writes(s, "mia@mias-candles.test", "acme@experts.test"));
    scene_taken(writes(s, "joost@fietsen.test", "acme@experts.test"));
    scene_send(s);
    g_autofree char *mia = answer_address(s, "ack", "mia@mias-candles.test");
    g_autofree char *joost = answer_address(s, "ack", "joost@fietsen.test");
    scene_taken(writes(s, "mia@mias-candles.test", mia));
    scene_taken(writes(s, "joost@fietsen.test", joost));
    block(s, 1);
    scene_forget(s);
    s->now += 2 * HOUR;
    scene_send(s);
    const struct notice *overview = scene_sent(s, "overview", "team@acme.test", 0);
    g_assert_nonnull(overview);
    g_assert_cmpstr(scene_text(overview->data, "count"), ==, "1");
    g_assert_cmpstr(scene_text(overview->data, "items.0.merchant.name"), ==, "Joost de Wit");
}

/* ---- nothing reopens ---- */

static void
test_new_staff_is_shut_out_too(struct scene *s)
{
    scene_taken(writes(s, "mia@mias-candles.test", "acme@experts.test"));
    scene_taken(writes(s, "rob@mias-candles.test", "acme@experts.test")); /* still a lead */
    block(s, 1);
    scene_taken(writes(s, "rob@mias-candles.test", "acme@experts.test"));
    scene_import(s, "{\"merchants\":[{\"name\":\"Rob\",\"addresses\":[\"rob@mias-candles.test\"],"
                    "\"shop\":{\"name\":\"Mia's Candles\",\"url\":\"https://mias-candles.test\"}}]}");
    assert_refused(writes(s, "rob@mias-candles.test", "acme@experts.test"));
    assert_shown(s, 2, "job.state", "declined");
    assert_shown(s, 2, "unread", "0");
}

static void
test_who_leaves_the_shop_stays_shut_out(struct scene *s)
{
    scene_taken(writes(s, "mia@mias-candles.test", "acme@experts.test"));
    block(s, 1);
    scene_import(s, "{\"merchants\":[{\"name\":\"Kim\",\"addresses\":[\"kim@mias-candles.test\"],\"shop\":null},"
                    "{\"name\":\"Mia Jansen\",\"addresses\":[\"mia@new.test\",\"mia@mias-candles.test\"],"
                    "\"shop\":{\"name\":\"Other\",\"url\":\"https://other.test\"}}]}");
    assert_refused(writes(s, "kim@mias-candles.test", "acme@experts.test"));
    assert_refused(writes(s, "mia@new.test", "acme@experts.test"));
    assert_refused(writes(s, "mia@home.test", "acme@experts.test")); /* not hers any more, and known */
}

/* A blocked lead who is registered later; the merchant has a conversation of its own already. */
static void
test_a_merge_takes_the_block_along(struct scene *s)
{
    scene_taken(writes(s, "lena@vogt.test", "acme@experts.test"));
    scene_taken(writes(s, "joost@fietsen.test", "acme@experts.test"));
    block(s, 1);
    scene_import(
        s, "{\"merchants\":[{\"name\":\"Joost de Wit\",\"addresses\":[\"joost@fietsen.test\",\"lena@vogt.test\"]}]}");
    assert_refused(writes(s, "lena@vogt.test", "acme@experts.test"));
    assert_refused(writes(s, "joost@fietsen.test", "acme@experts.test"));
    assert_shown(s, 2, "job.state", "declined");
}

/* Both had one: the two become one. */
static void
test_two_blocks_merge(struct scene *s)
{
    scene_taken(writes(s, "lena@vogt.test", "acme@experts.test"));
    scene_taken(writes(s, "joost@fietsen.test", "acme@experts.test"));
    block(s, 1);
    block(s, 2);
    scene_import(
        s, "{\"merchants\":[{\"name\":\"Joost de Wit\",\"addresses\":[\"joost@fietsen.test\",\"lena@vogt.test\"]}]}");
    assert_refused(writes(s, "lena@vogt.test", "acme@experts.test"));
    assert_refused(writes(s, "joost@fietsen.test", "acme@experts.test"));
    scene_import(s, "{\"merchants\":[{\"name\":\"Joost de Wit\",\"addresses\":[\"joost@fietsen.test\"]}]}");
    assert_refused(writes(s, "lena@vogt.test", "acme@experts.test"));
}

static void
test_no_command_reopens(struct scene *s)
{
    static const char *const commands[] = {"/active", "/complete", "/propose", "/undo", "/decline", "/invoice 5 EUR"};
    scene_taken(writes(s, "mia@mias-candles.test", "acme@experts.test"));
    block(s, 1);
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
        const char *said = scene_command(s, "acme", 1, commands[i]);
        g_assert_true(g_str_has_prefix(said, "cannot."));
    }
    assert_shown(s, 1, "job.state", "declined");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define add(name, fn) g_test_add_data_func("/block/" name, fn, scene_run)
    add("what-is-open-is-closed", test_what_is_open_is_closed);
    add("the-history-stays-searchable", test_the_history_stays_searchable);
    add("proposals-and-invoices-are-closed", test_proposals_and_invoices_are_closed);
    add("an-expired-request-asks-the-blocker-no-more", test_an_expired_request_asks_the_blocker_no_more);
    add("no-rule-writes-to-the-merchant", test_no_rule_writes_to_the_merchant);
    add("no-mail-to-the-organisation", test_no_mail_to_the_organisation);
    add("no-mail-through-links", test_no_mail_through_links);
    add("a-lead-is-shut-out-by-address", test_a_lead_is_shut_out_by_address);
    add("matching-leaves-the-blocker-out", test_matching_leaves_the_blocker_out);
    add("forms-leave-the-blocker-out", test_forms_leave_the_blocker_out);
    add("a-request-to-several-loses-one", test_a_request_to_several_loses_one);
    add("no-words-to-the-merchant", test_no_words_to_the_merchant);
    add("what-waits-does-not-leave", test_what_waits_does_not_leave);
    add("what-was-put-off-does-not-leave", test_what_was_put_off_does_not_leave);
    add("overviews-tell-of-nothing-behind-it", test_overviews_tell_of_nothing_behind_it);
    add("new-staff-is-shut-out-too", test_new_staff_is_shut_out_too);
    add("who-leaves-the-shop-stays-shut-out", test_who_leaves_the_shop_stays_shut_out);
    add("a-merge-takes-the-block-along", test_a_merge_takes_the_block_along);
    add("two-blocks-merge", test_two_blocks_merge);
    add("no-command-reopens", test_no_command_reopens);
    return g_test_run();
}
