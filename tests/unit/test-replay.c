/* Looking at what would come of a mail, and reading stored mails once more: what is said, and that nothing else
 * happens.
 */
#include <string.h>

#include "market/explain.h"
#include "market/replay.h"
#include "mime/read.h"
#include "scene.h"

#define MIA "mia@mias-candles.test"
#define ANNA "anna@acme.test"

/* ---- a database as one text ---- */

static gboolean
count_rows(store_tx *tx, gpointer arg, GError **error)
{
    GString *out = arg;
    g_autoptr(store_rows) last = store_query(tx, STMT_LAST_ROWS, error);
    g_autoptr(store_rows) sent = store_query(tx, STMT_OUTBOX_SINCE, error, store_int(0));
    g_autoptr(store_rows) messages = store_query(tx, STMT_MESSAGES_SINCE, error, store_int(0));
    g_autoptr(store_rows) audit = store_query(tx, STMT_AUDIT_LAST, error, store_int(0));
    g_assert_true(last && sent && messages && audit);
    g_string_printf(out,
                    "outbox %" G_GINT64_FORMAT "/%u message %" G_GINT64_FORMAT "/%u quarantine %" G_GINT64_FORMAT
                    " audit %" G_GINT64_FORMAT,
                    store_rows_int(last, 0, "outbox"), store_rows_count(sent), store_rows_int(last, 0, "message"),
                    store_rows_count(messages), store_rows_int(last, 0, "quarantine"),
                    store_rows_count(audit) ? store_rows_int(audit, 0, "seq") : 0);
    return TRUE;
}

static char *
state_of(struct scene *s)
{
    GString *out = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    store_read(s->db, count_rows, out, &error);
    g_assert_no_error(error);
    json_t *list = scene_conversations(s);
    char *text = json_dumps(list, JSON_SORT_KEYS);
    g_string_append(out, text);
    free(text); /* jansson's, from malloc */
    json_decref(list);
    return g_string_free(out, FALSE);
}

/* ---- explain ---- */

static struct market_explained
explain(struct scene *s, const char *from, const char *to, const char *raw)
{
    struct market_explained explained;
    g_autoptr(GError) error = NULL;
    const char *recipients[] = {to, NULL};
    g_autoptr(mail) parsed = mail_read(raw, strlen(raw));
    const struct delivery delivery = {from, recipients, raw, strlen(raw), parsed, FALSE, "test"};
    g_autofree char *before = state_of(s);
    market_explain(&s->market, &delivery, s->now, &explained, &error);
    g_assert_no_error(error);
    g_autofree char *after = state_of(s);
    g_assert_cmpstr(before, ==, after);
    return explained;
}

#define FIRST                                                                                                          \
    "From: Mia <" MIA ">\nTo: acme@experts.test\nSubject: A theme\nMessage-ID: <1@client.test>\n\nTheme-design?\n"

static void
test_a_first_contact_is_foreseen(struct scene *s)
{
    struct market_explained e = explain(s, MIA, "acme@experts.test", FIRST);
    g_assert_cmpstr(scene_text(e.route, "decision"), ==, "none");
    g_assert_cmpstr(scene_text(e.plan, "rcpt.text"), ==, "Taken");
    g_assert_cmpstr(scene_text(e.plan, "conversations.0.organisation"), ==, "acme");
    g_assert_cmpstr(scene_text(e.plan, "conversations.0.state_before"), ==, "");
    g_assert_cmpstr(scene_text(e.plan, "conversations.0.state_after"), ==, "new");
    g_assert_true(json_is_true(json_object_get(json_array_get(json_object_get(e.plan, "conversations"), 0), "new")));
    g_assert_cmpstr(scene_text(e.plan, "mails.0.kind"), ==, "first-contact");
    g_assert_cmpstr(scene_text(e.plan, "mails.0.recipient"), ==, "team@acme.test");
    g_assert_cmpstr(scene_text(e.plan, "mails.1.kind"), ==, "ack");
    market_explained_clear(&e);
    /* It was not taken for seen: the real one opens what was foreseen. */
    scene_taken(scene_mail(s, MIA, "acme@experts.test", FIRST));
    json_t *list = scene_conversations(s);
    g_assert_cmpuint(json_array_size(list), ==, 1);
    json_decref(list);
}

static void
test_refusals_are_foreseen(struct scene *s)
{
    struct market_explained rcpt = explain(s, MIA, "nosuch@experts.test", FIRST);
    g_assert_cmpstr(scene_text(rcpt.plan, "rcpt.status"), ==, "5.1.1");
    g_assert_true(json_is_null(rcpt.route));
    market_explained_clear(&rcpt);
    struct market_explained end = explain(s, ANNA, "acme@experts.test", "From: " ANNA "\nSubject: x\n\nHello\n");
    g_assert_cmpstr(scene_text(end.plan, "rcpt.text"), ==, "Taken");
    g_assert_cmpstr(scene_text(end.plan, "end.status"), ==, "5.7.1");
    market_explained_clear(&end);
}

static void
test_votes_are_told(struct scene *s)
{
    scene_taken(scene_mail(s, MIA, "acme@experts.test", FIRST));
    scene_send(s);
    const struct notice *first = scene_sent(s, "first-contact", NULL, 0);
    const struct notice *ack = scene_sent(s, "ack", NULL, 0);
    g_autofree char *answer =
        g_strdup_printf("From: " ANNA "\nSubject: Re\nIn-Reply-To: <%s>\n\nYes\n", first->message_id);
    struct market_explained e = explain(s, ANNA, first->from_address, answer);
    g_assert_cmpstr(scene_text(e.route, "decision"), ==, "found");
    g_assert_cmpstr(scene_text(e.route, "votes.0.evidence"), ==, "link");
    g_assert_cmpstr(scene_text(e.route, "votes.1.evidence"), ==, "in-reply-to");
    g_assert_cmpstr(scene_text(e.route, "votes.1.conversation"), ==, "1");
    g_assert_null(strstr(scene_text(e.route, "votes.0.value"), "@")); /* a token is a key */
    g_assert_cmpstr(scene_text(e.plan, "conversations.0.state_before"), ==, "new");
    g_assert_cmpstr(scene_text(e.plan, "conversations.0.state_after"), ==, "responded");
    g_assert_cmpstr(scene_text(e.plan, "mails.1.kind"), ==, "relay-partner");
    g_assert_cmpstr(scene_text(e.plan, "mails.1.recipient"), ==, MIA);
    market_explained_clear(&e);
    g_autofree char *claim = g_strdup_printf(
        "From: joost@fietsen.test\nSubject: Re\nIn-Reply-To: <%s>\nReferences: <x@y.test>\n\nYes\n", ack->message_id);
    e = explain(s, "joost@fietsen.test", "blauw@experts.test", claim);
    g_assert_cmpstr(scene_text(e.route, "decision"), ==, "none");
    g_assert_cmpstr(scene_text(e.route, "votes.0.why"), ==, "the author is not registered for it");
    g_assert_cmpstr(scene_text(e.route, "votes.1.why"), ==, "it names no conversation here");
    market_explained_clear(&e);
}

/* ---- replay ---- */

struct patch {
    gint64 id;
    const char *before, *after;
};

static gboolean
patch_text(store_tx *tx, gpointer arg, GError **error)
{
    const struct patch *patch = arg;
    return store_run(tx, STMT_MESSAGE_REREAD, error, store_int(patch->id), store_text(patch->after),
                     store_text(patch->before));
}

/* What an older program had read. */
static void
read_wrong(struct scene *s, gint64 id, const char *right, const char *wrong)
{
    struct patch patch = {id, right, wrong};
    g_autoptr(GError) error = NULL;
    store_write(s->db, patch_text, &patch, &error);
    g_assert_no_error(error);
}

static json_t *
replay(struct scene *s, gboolean apply)
{
    const struct replay_filter all = {0};
    g_autoptr(GError) error = NULL;
    json_t *changes = json_array();
    g_autoptr(GArray) items = replay_list(&s->market, &all, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < items->len; i++) {
        json_t *change = NULL;
        replay_one(&s->market, &g_array_index(items, struct replay_item, i), s->now, apply, &change, &error);
        g_assert_no_error(error);
        if (change)
            json_array_append_new(changes, change);
    }
    return changes;
}

static void
assert_nothing_changes(struct scene *s)
{
    g_autofree char *before = state_of(s);
    json_t *changes = replay(s, TRUE);
    g_assert_cmpuint(json_array_size(changes), ==, 0);
    json_decref(changes);
    g_autofree char *after = state_of(s);
    g_assert_cmpstr(before, ==, after);
}

/* A first mail, an answer that quotes, an answer to that, a second mail before any answer, a form. */
static void
test_todays_readings_stay(struct scene *s)
{
    scene_taken(scene_mail(s, MIA, "acme@experts.test", FIRST));
    scene_taken(scene_write(s, MIA, "acme@experts.test", "And", NULL, "One more thing.\n\n-- \nMia"));
    scene_send(s);
    const struct notice *first = scene_sent(s, "first-contact", NULL, 0);
    scene_taken(scene_write(s, ANNA, first->from_address, "Re: A theme", NULL,
                            "Happy to.\n\nOn Sun, 22 Nov 2026 at 09:00, Mia <x@experts.test> wrote:\n> Theme-design?"));
    scene_send(s);
    const struct notice *relay = scene_sent(s, "relay-partner", NULL, 0);
    scene_taken(scene_write(s, MIA, relay->from_address, "Re: A theme", NULL, "Wonderful.\n\n> Happy to."));
    scene_taken(
        scene_write(s, "forms@tool.test", "leads@experts.test", "New submission", NULL,
                    "Name: Lena Vogt\nEmail: lena@vogt.test\nService: theme-design\nMessage: A new shop please"));
    assert_nothing_changes(s);
}

static void
test_a_better_reading(struct scene *s)
{
    scene_taken(scene_mail(s, MIA, "acme@experts.test", FIRST));
    scene_send(s);
    const struct notice *first = scene_sent(s, "first-contact", NULL, 0);
    scene_taken(scene_write(s, ANNA, first->from_address, "Re: A theme", NULL, "Happy to.\n\n> Theme-design?"));
    scene_send(s);
    read_wrong(s, 1, "Theme-design?", "Theme");
    read_wrong(s, 2, "Happy to.", "Happy to.\n\n> Theme-design?");
    g_autofree char *before = state_of(s);
    json_t *changes = replay(s, FALSE);
    g_assert_cmpuint(json_array_size(changes), ==, 2);
    g_assert_cmpstr(scene_text(changes, "0.text.after"), ==, "Theme-design?");
    g_assert_cmpstr(scene_text(changes, "1.text.before"), ==, "Happy to.\n\n> Theme-design?");
    g_assert_cmpstr(scene_text(changes, "1.text.after"), ==, "Happy to.");
    json_decref(changes);
    g_autofree char *looked = state_of(s);
    g_assert_cmpstr(before, ==, looked);
    changes = replay(s, TRUE);
    g_assert_true(json_is_true(json_object_get(json_array_get(changes, 1), "applied")));
    json_decref(changes);
    g_autoptr(GError) error = NULL;
    json_t *c = view_conversation(&s->market, 1, s->now, &error);
    g_assert_cmpstr(scene_text(c, "messages.1.text"), ==, "Happy to.");
    json_decref(c);
    scene_forget(s);
    scene_send(s);
    g_assert_cmpuint(s->sent->len, ==, 0); /* nobody hears of it */
    assert_nothing_changes(s);
}

/* Better an old line too many than no words at all. */
static void
test_no_text_is_read_away(struct scene *s)
{
    scene_taken(scene_mail(s, MIA, "acme@experts.test", FIRST));
    scene_send(s);
    const struct notice *first = scene_sent(s, "first-contact", NULL, 0);
    scene_taken(scene_mail(s, ANNA, first->from_address,
                           "From: " ANNA
                           "\nSubject: Re: A theme\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
                           "--b\nContent-Type: text/plain\n\n\n--b\nContent-Type: application/pdf; name=plan.pdf\n"
                           "Content-Disposition: attachment; filename=plan.pdf\n\nThe plan\n--b--\n"));
    read_wrong(s, 2, "", "an older reading");
    json_t *changes = replay(s, TRUE);
    g_assert_cmpuint(json_array_size(changes), ==, 1);
    g_assert_cmpstr(scene_text(changes, "0.text.before"), ==, "an older reading");
    g_assert_true(json_is_false(json_object_get(json_array_get(changes, 0), "applied")));
    json_decref(changes);
}

/* Its author was not registered when it came. */
static void
test_quarantine_is_released_once(struct scene *s)
{
    scene_taken(scene_mail(s, MIA, "acme@experts.test", FIRST));
    scene_send(s);
    const struct notice *first = scene_sent(s, "first-contact", NULL, 0);
    scene_taken(scene_write(s, "new@acme.test", first->from_address, "Re: A theme", NULL, "I take this one."));
    scene_taken(scene_write(s, "new@acme.test", first->from_address, "Re: A theme", NULL, "/tag vip\n\nAnd this one."));
    g_assert_cmpuint(scene_quarantined(s), ==, 2);
    assert_nothing_changes(s);
    scene_import(s, "{\"organisations\":[{\"slug\":\"acme\",\"name\":\"Acme Studio\",\"language\":\"en\",\"services\":"
                    "[\"theme-design\",\"store-setup\"],\"notify\":\"team@acme.test\",\"members\":[\"" ANNA
                    "\",\"bob@acme.test\",\"new@acme.test\"]}],\"merchants\":[]}");
    g_autofree char *before = state_of(s);
    json_t *changes = replay(s, FALSE);
    g_assert_cmpuint(json_array_size(changes), ==, 1); /* the one with a command is nobody's to repeat */
    g_assert_cmpstr(scene_text(changes, "0.quarantine.conversations.0"), ==, "1");
    g_assert_cmpstr(scene_text(changes, "0.quarantine.mails"), ==, "2");
    json_decref(changes);
    g_autofree char *looked = state_of(s);
    g_assert_cmpstr(before, ==, looked);
    scene_send(s);
    scene_forget(s);
    json_decref(replay(s, TRUE));
    g_assert_cmpuint(scene_quarantined(s), ==, 1);
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "relay-partner"), ==, 1);
    scene_forget(s);
    assert_nothing_changes(s);
    scene_send(s);
    g_assert_cmpuint(s->sent->len, ==, 0);
}

/* Its words came again, and were taken: as they would be twice in the conversation, it stays where it is. */
static void
test_what_was_sent_again_is_not_released(struct scene *s)
{
    scene_taken(scene_mail(s, MIA, "acme@experts.test", FIRST));
    scene_send(s);
    const struct notice *first = scene_sent(s, "first-contact", NULL, 0);
    g_autofree char *link = g_strdup(first->from_address);
    scene_taken(scene_write(s, "new@acme.test", link, "Re: A theme", NULL, "I take this one."));
    scene_taken(scene_write(s, "new@acme.test", link, "Re: A theme", NULL, "And a second."));
    s->now += 60;
    scene_taken(scene_write(s, ANNA, link, "Re: A theme", NULL, "I take this one."));
    scene_import(s, "{\"organisations\":[{\"slug\":\"acme\",\"name\":\"Acme Studio\",\"language\":\"en\",\"services\":"
                    "[\"theme-design\",\"store-setup\"],\"notify\":\"team@acme.test\",\"members\":[\"" ANNA
                    "\",\"bob@acme.test\",\"new@acme.test\"]}],\"merchants\":[]}");
    for (guint i = 0; i < 2; i++)
        json_decref(replay(s, TRUE));
    g_assert_cmpuint(scene_quarantined(s), ==, 1);
    json_t *c = view_conversation(&s->market, 1, s->now, NULL);
    g_assert_cmpuint(json_array_size(json_object_get(c, "messages")), ==, 3);
    g_assert_cmpstr(scene_text(c, "messages.2.text"), ==, "And a second.");
    json_decref(c);
    assert_nothing_changes(s);
}

/* Which words a message has is kept, not guessed: a mail that joins as a whole may look like an answer, and of several
 * answers in one mail each has its own. */
static void
test_readings_are_not_guessed(struct scene *s)
{
    scene_taken(scene_mail(s, MIA, "acme@experts.test", FIRST));
    scene_taken(scene_write(s, MIA, "acme@experts.test", "Re: a mail of ours", "References: <x@y.test>\n",
                            "Blue.\n\nOn Monday Kim wrote:\n> Which colour?"));
    scene_taken(scene_mail(s, "joost@fietsen.test", "acme@experts.test",
                           "From: joost@fietsen.test\nSubject: No id\n\nStore-setup?\n"));
    scene_send(s);
    const char *links[2], *to_acme[2], *who[] = {MIA, "joost@fietsen.test"};
    for (guint i = 0; i < 2; i++) {
        links[i] = scene_sent(s, "first-contact", NULL, i)->from_address;
        scene_taken(scene_write(s, ANNA, links[i], "Re", NULL, i ? "/full\n\nYes.\n\n-- \nAnna" : "Yes."));
    }
    scene_send(s);
    for (guint i = 0; i < 2; i++) {
        to_acme[i] = scene_sent(s, "relay-partner", who[i], 0)->from_address;
        scene_taken(scene_write(s, who[i], to_acme[i], "Re", NULL, "When?"));
    }
    s->now += 3600;
    scene_send(s);
    const struct notice *overview = scene_sent(s, "overview", NULL, 0);
    scene_taken(scene_write(s, ANNA, overview->from_address, "Re", NULL, "1: Monday.\n\n2: Tuesday.\n"));
    scene_listed(s, "0.messages", "4");
    assert_nothing_changes(s);
}

/* Even where today it would be clear which conversation is meant: Kim has left Mia's shop. */
static void
test_what_is_held_waits_for_its_sender(struct scene *s)
{
    scene_taken(scene_write(s, "kim@mias-candles.test", "acme@experts.test", "A theme", NULL, "Theme-design?"));
    scene_taken(scene_write(s, MIA, "blauw@experts.test", "Another", NULL, "Store-setup?"));
    scene_send(s);
    const struct notice *hers = scene_sent(s, "ack", "kim@mias-candles.test", 0), *mias = scene_sent(s, "ack", MIA, 0);
    g_autofree char *header = g_strdup_printf("In-Reply-To: <%s>\n", mias->message_id);
    scene_taken(scene_write(s, "kim@mias-candles.test", hers->from_address, "Re", header, "Which one?"));
    g_assert_cmpuint(scene_quarantined(s), ==, 1);
    scene_import(s, "{\"organisations\":[],\"merchants\":[{\"name\":\"Kim\",\"language\":\"en\",\"addresses\":"
                    "[\"kim@mias-candles.test\"],\"shop\":{\"name\":\"Kim's\",\"url\":\"https://kims.test\"}}]}");
    assert_nothing_changes(s);
    g_assert_cmpuint(scene_quarantined(s), ==, 1);
}

static void
test_filters(struct scene *s)
{
    g_autoptr(GError) error = NULL;
    scene_taken(scene_mail(s, MIA, "acme@experts.test", FIRST));
    gint64 then = s->now;
    s->now += 86400;
    scene_taken(scene_write(s, MIA, "blauw@experts.test", "Another", NULL, "Store-setup?"));
    const struct {
        struct replay_filter filter;
        guint count;
    } cases[] = {{{0}, 2},
                 {{.since = then + 1}, 1},
                 {{.until = then}, 1},
                 {{.since = then, .until = s->now}, 2},
                 {{.message_id = 2}, 1},
                 {{.message_id = 99}, 0},
                 {{.quarantine_id = 1}, 0}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GArray) items = replay_list(&s->market, &cases[i].filter, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(items->len, ==, cases[i].count);
    }
}

int
main(int argc, char **argv)
{
    static const struct scene_case cases[] = {
        {"/explain/a first contact is foreseen", test_a_first_contact_is_foreseen},
        {"/explain/refusals are foreseen", test_refusals_are_foreseen},
        {"/explain/votes are told", test_votes_are_told},
        {"/replay/today's readings stay", test_todays_readings_stay},
        {"/replay/a better reading", test_a_better_reading},
        {"/replay/no text is read away", test_no_text_is_read_away},
        {"/replay/quarantine is released once", test_quarantine_is_released_once},
        {"/replay/what was sent again is not released", test_what_was_sent_again_is_not_released},
        {"/replay/readings are not guessed", test_readings_are_not_guessed},
        {"/replay/what is held waits for its sender", test_what_is_held_waits_for_its_sender},
        {"/replay/filters", test_filters},
    };
    g_test_init(&argc, &argv, NULL);
    scene_add(cases, G_N_ELEMENTS(cases));
    return g_test_run();
}
