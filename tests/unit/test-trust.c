/* What comes of mails whose From a filter calls a lie, or does not vouch for: nothing is done in anybody's name, nobody
 * else is mailed, and the SMTP dialogue does not tell whose address is known. */
#include <string.h>

#include "scene.h"

#define MIA "mia@mias-candles.test"
#define ANNA "anna@acme.test"
#define TEAM "team@acme.test"
#define LENA "lena@vogt.test"
#define EVE "eve@evil.test"
#define DAY 86400

#define RESULT(verdict, domain) "Authentication-Results: mx.experts.test; dmarc=" verdict " header.from=" domain "\n"
#define LIE_OF_MIA RESULT("fail", "mias-candles.test")
#define LIE_OF_LENA RESULT("fail", "vogt.test")
#define TRUE_OF_LENA RESULT("pass", "vogt.test")
#define LIE_OF_ANNA RESULT("fail", "acme.test")
#define LIE_OF_EVE RESULT("fail", "evil.test")

static void
with_filter(struct scene *s)
{
    s->conf.authserv_id = (char *)"mx.experts.test";
}

static void
writes(struct scene *s, const char *from, const char *to, const char *header, const char *text)
{
    scene_taken(scene_write(s, from, to, "A new theme", header, text));
    scene_send(s);
}

/* The reply address of the first mail of a kind. Caller frees. */
static char *
address_of(struct scene *s, const char *kind, const char *recipient)
{
    const struct notice *notice = scene_sent(s, kind, recipient, 0);
    g_assert_nonnull(notice);
    char *address = g_strdup(notice->from_address);
    scene_forget(s);
    return address;
}

static const char *
reason_told(struct scene *s, const char *recipient)
{
    const struct notice *notice = scene_sent(s, "not-relayed", recipient, 0);
    return notice ? scene_text(notice->data, "reason.say") : "(nothing)";
}

static guint
conversations(struct scene *s)
{
    json_t *list = scene_conversations(s);
    guint n = (guint)json_array_size(list);
    json_decref(list);
    return n;
}

/* ---- without a link ---- */

/* Decisions 2: the same sender adds to what nobody has answered yet. Not who only says so. */
static void
test_a_lie_joins_nothing(struct scene *s)
{
    static const char *const places[] = {"acme@experts.test", "jobs@experts.test", "blauw@experts.test"};
    with_filter(s);
    writes(s, MIA, "acme@experts.test", NULL, "A theme design, please.");
    scene_forget(s);
    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        writes(s, MIA, places[i], LIE_OF_MIA, "Pay to me.");
        g_assert_cmpuint(scene_quarantined(s), ==, i + 1);
    }
    scene_listed(s, "0.messages", "1");
    g_assert_cmpuint(conversations(s), ==, 1);
    g_assert_cmpuint(s->sent->len, ==, 1); /* a day, to whoever is registered */
    g_assert_cmpstr(reason_told(s, MIA), ==, "not-relayed.distrusted");
    s->now += DAY;
    scene_send(s);
    scene_forget(s);
    writes(s, MIA, "acme@experts.test", LIE_OF_MIA, "Pay to me.");
    g_assert_cmpuint(scene_sent_count(s, "not-relayed"), ==, 1);
}

/* What nobody vouches for passes, and is marked. */
static void
test_what_nobody_vouches_for_joins_and_is_marked(struct scene *s)
{
    with_filter(s);
    writes(s, MIA, "acme@experts.test", RESULT("pass", "mias-candles.test"), "A theme design, please.");
    writes(s, MIA, "acme@experts.test", NULL, "In blue.");
    json_t *whole = view_conversation(&s->market, 1, s->now, NULL);
    g_assert_cmpstr(scene_text(whole, "messages.0.verified"), ==, "true");
    g_assert_cmpstr(scene_text(whole, "messages.1.verified"), ==, "false");
    json_decref(whole);
    s->conf.authserv_id = (char *)"";
    s->conf.unauthenticated_act = FALSE;
    writes(s, MIA, "acme@experts.test", NULL, "Dark blue.");
    whole = view_conversation(&s->market, 1, s->now, NULL);
    g_assert_cmpstr(scene_text(whole, "messages.2.text"), ==, "Dark blue.");
    g_assert_cmpstr(scene_text(whole, "messages.2.verified"), ==, "false");
    json_decref(whole);
}

/* Of a lead no more is known than what came from it: a mail about the lie might reach somebody who never wrote. */
static void
test_a_lie_joins_no_lead_and_tells_none(struct scene *s)
{
    with_filter(s);
    writes(s, LENA, "acme@experts.test", NULL, "I would like a shop.");
    scene_forget(s);
    writes(s, LENA, "acme@experts.test", LIE_OF_LENA, "Call this number.");
    scene_listed(s, "0.messages", "1");
    g_assert_cmpuint(scene_quarantined(s), ==, 1);
    g_assert_cmpuint(s->sent->len, ==, 0);
}

/* One who did write hears of it: a forwarder breaks what a filter looks at, and nobody else would miss the mail. */
static void
test_a_lead_that_did_write_is_told(struct scene *s)
{
    with_filter(s);
    writes(s, LENA, "acme@experts.test", TRUE_OF_LENA, "I would like a shop.");
    scene_forget(s);
    writes(s, LENA, "acme@experts.test", LIE_OF_LENA, "Call this number.");
    writes(s, LENA, "jobs@experts.test", LIE_OF_LENA, "Call that number.");
    scene_listed(s, "0.messages", "1");
    g_assert_cmpuint(scene_quarantined(s), ==, 2);
    g_assert_cmpstr(reason_told(s, LENA), ==, "not-relayed.distrusted");
    g_assert_cmpuint(s->sent->len, ==, 1);
}

/* At most a conversation of its own; no mail to whom it names. */
static void
test_a_lie_of_nobody_known_is_not_answered(struct scene *s)
{
    with_filter(s);
    writes(s, EVE, "acme@experts.test", LIE_OF_EVE, "I would like a shop.");
    writes(s, "eve@other.test", "jobs@experts.test", RESULT("fail", "other.test"), "A migration of my shop.");
    g_assert_cmpuint(conversations(s), ==, 2);
    writes(s, EVE, "experts@experts.test", LIE_OF_EVE, "Who is there?");
    for (guint i = 0; i < s->sent->len; i++)
        g_assert_cmpstr(((const struct notice *)s->sent->pdata[i])->kind, ==, "lead");
}

/* The tool's name is a lie: what its form says may open a request, and adds to none. */
static void
test_a_form_under_a_false_name_adds_to_nothing(struct scene *s)
{
    static const char form[] = "From: Site <wordpress@site.test>\nTo: leads@experts.test\nSubject: New request\n"
                               "Message-ID: <form%u@site.test>\nMIME-Version: 1.0\nContent-Type: text/plain\n%s\n"
                               "Name: Lena Vogt\nEmail: lena@vogt.test\nMessage: Store setup number %u, please.\n";
    static const char *const headers[] = {"", "", RESULT("fail", "site.test")};
    static const guint expected[] = {2, 2, 4};
    with_filter(s);
    for (guint i = 0; i < G_N_ELEMENTS(headers); i++) {
        g_autofree char *raw = g_strdup_printf(form, i, headers[i], i);
        scene_taken(scene_mail(s, "wordpress@site.test", "leads@experts.test", raw));
        scene_send(s);
        g_assert_cmpuint(conversations(s), ==, expected[i]);
    }
}

/* ---- what SMTP tells ---- */

/* Whoever is not proven hears the same, whoever it says it is. */
static void
test_the_desk_does_not_tell_whose_address_is_known(struct scene *s)
{
    static const char *const names[] = {EVE, MIA, ANNA, "daan@blauw.test"};
    for (guint filter = 0; filter < 2; filter++) {
        for (guint i = 0; i < G_N_ELEMENTS(names); i++)
            scene_taken(scene_write(s, names[i], "desk@experts.test", "x", NULL, "/help"));
        with_filter(s);
    }
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "transcript"), ==, s->sent->len);
    g_assert_null(scene_sent(s, "transcript", EVE, 0));
    g_assert_null(scene_sent(s, "transcript", MIA, 0));
    g_assert_cmpuint(scene_quarantined(s), ==, 4);
    struct verdict verdict = scene_write(s, EVE, "desk@experts.test", "x", RESULT("pass", "evil.test"), "/help");
    g_assert_cmpint(verdict.code, ==, 550);
    g_assert_nonnull(strstr(verdict.text, "jobs@experts.test"));
}

static void
test_a_lie_at_the_desk_is_told_once_a_day(struct scene *s)
{
    with_filter(s);
    writes(s, ANNA, "desk@experts.test", LIE_OF_ANNA, "/help");
    writes(s, ANNA, "desk@experts.test", LIE_OF_ANNA, "/prefs");
    writes(s, EVE, "desk@experts.test", LIE_OF_EVE, "/prefs");
    g_assert_cmpuint(scene_quarantined(s), ==, 3);
    g_assert_cmpuint(s->sent->len, ==, 1);
    g_assert_cmpstr(reason_told(s, ANNA), ==, "not-relayed.distrusted");
}

/* R2: refused in SMTP to who is proven or must be believed, in a mail to the registered address else. */
static void
test_an_organisations_own_address_does_not_tell_its_members(struct scene *s)
{
    with_filter(s);
    writes(s, ANNA, "acme@experts.test", NULL, "Hello, merchant?");
    g_assert_cmpstr(reason_told(s, ANNA), ==, "not-relayed.only-merchants");
    scene_forget(s);
    s->now += DAY;
    writes(s, ANNA, "acme@experts.test", LIE_OF_ANNA, "Hello, merchant?");
    g_assert_cmpstr(reason_told(s, ANNA), ==, "not-relayed.distrusted");
    g_assert_cmpuint(conversations(s), ==, 0);
    g_assert_cmpuint(scene_quarantined(s), ==, 2);
    g_assert_cmpint(
        scene_write(s, ANNA, "acme@experts.test", "x", RESULT("pass", "acme.test"), "Hello, merchant?").code, ==, 550);
}

/* Decisions 7: who runs a conversation with a closed organisation is nobody else's to know. */
static void
test_a_closed_organisation_does_not_tell_with_whom_it_talks(struct scene *s)
{
    with_filter(s);
    writes(s, MIA, "acme@experts.test", NULL, "A theme design, please.");
    g_assert_cmpstr(scene_command_as(s, "acme", 0, TEAM, "/prefs available no"), ==, "said.pref_set");
    scene_forget(s);
    writes(s, MIA, "acme@experts.test", LIE_OF_MIA, "Pay to me.");
    writes(s, EVE, "acme@experts.test", LIE_OF_EVE, "Pay to me.");
    g_assert_cmpuint(scene_quarantined(s), ==, 2);
    g_assert_cmpuint(conversations(s), ==, 1);
    scene_listed(s, "0.messages", "1");
    struct verdict verdict =
        scene_write(s, EVE, "acme@experts.test", "x", RESULT("pass", "evil.test"), "A theme design, please.");
    g_assert_cmpstr(verdict.enhanced, ==, "5.2.1");
    scene_taken(scene_write(s, MIA, "acme@experts.test", "x", NULL, "In blue."));
    scene_listed(s, "0.messages", "2");
}

/* ---- machines ---- */

static void
receipt(struct scene *s, const char *from, const char *header, const struct notice *of)
{
    static guint serial;
    g_autofree char *raw = g_strdup_printf(
        "%sFrom: Reader <%s>\nTo: %s\nSubject: Read: A new theme\nMessage-ID: <mdn%u@client.test>\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n"
        "Content-Type: text/plain\n\nThis is a receipt.\n--b\nContent-Type: message/disposition-notification\n\n"
        "Reporting-UA: client\nFinal-Recipient: rfc822;team@acme.test\nOriginal-Message-ID: <%s>\n"
        "Disposition: manual-action/MDN-sent-manually; displayed\n--b--\n",
        header, from, of->envelope_sender, ++serial, of->message_id);
    scene_taken(scene_mail(s, "", of->envelope_sender, raw));
}

/* Decisions 1: its reader's word, not that of somebody who came to know the mail's id. */
static void
test_a_receipt_is_the_readers_own(struct scene *s)
{
    static const char *const others[] = {EVE, MIA, "daan@blauw.test"};
    with_filter(s);
    writes(s, MIA, "acme@experts.test", NULL, "A theme design, please.");
    const struct notice *first = scene_sent(s, "first-contact", TEAM, 0);
    for (guint i = 0; i < G_N_ELEMENTS(others); i++)
        receipt(s, others[i], "", first);
    receipt(s, ANNA, LIE_OF_ANNA, first);
    scene_listed(s, "0.job.state", "new");
    scene_listed(s, "0.unread", "1");
    receipt(s, ANNA, "", first);
    scene_listed(s, "0.job.state", "opened");
    scene_listed(s, "0.unread", "0");
}

static void
test_a_receipt_of_an_overview_is_the_readers_own(struct scene *s)
{
    writes(s, MIA, "acme@experts.test", NULL, "A theme design, please.");
    g_autofree char *link = address_of(s, "first-contact", TEAM);
    writes(s, ANNA, link, NULL, "Gladly.");
    g_autofree char *to_acme = address_of(s, "relay-partner", MIA);
    writes(s, MIA, to_acme, NULL, "When?");
    s->now += 3600;
    scene_send(s);
    const struct notice *overview = scene_sent(s, "overview", TEAM, 0);
    g_assert_nonnull(overview);
    receipt(s, EVE, "", overview);
    scene_listed(s, "0.unread", "1");
    receipt(s, TEAM, "", overview);
    scene_listed(s, "0.unread", "0");
}

static void
test_a_false_absence_offers_nothing(struct scene *s)
{
    static const char *const headers[] = {LIE_OF_ANNA, ""};
    with_filter(s);
    writes(s, MIA, "acme@experts.test", NULL, "A theme design, please.");
    g_autofree char *link = address_of(s, "first-contact", TEAM);
    for (guint i = 0; i < G_N_ELEMENTS(headers); i++) {
        g_autofree char *raw = g_strdup_printf("%sFrom: Anna <" ANNA
                                               ">\nTo: %s\nSubject: Automatic reply\nMessage-ID: <ooo%u@client.test>\n"
                                               "Auto-Submitted: auto-replied\n\nI am away until 2026-12-24.\n",
                                               headers[i], link, i);
        scene_taken(scene_mail(s, "", link, raw));
        scene_send(s);
        g_assert_cmpuint(scene_sent_count(s, "offer-away"), ==, i);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, fn) g_test_add_data_func("/trust/" path, (gconstpointer)(fn), scene_run)
    ADD("a-lie-joins-nothing", test_a_lie_joins_nothing);
    ADD("what-nobody-vouches-for-joins-and-is-marked", test_what_nobody_vouches_for_joins_and_is_marked);
    ADD("a-lie-joins-no-lead-and-tells-none", test_a_lie_joins_no_lead_and_tells_none);
    ADD("a-lead-that-did-write-is-told", test_a_lead_that_did_write_is_told);
    ADD("a-lie-of-nobody-known-is-not-answered", test_a_lie_of_nobody_known_is_not_answered);
    ADD("a-form-under-a-false-name-adds-to-nothing", test_a_form_under_a_false_name_adds_to_nothing);
    ADD("the-desk-does-not-tell-whose-address-is-known", test_the_desk_does_not_tell_whose_address_is_known);
    ADD("a-lie-at-the-desk-is-told-once-a-day", test_a_lie_at_the_desk_is_told_once_a_day);
    ADD("an-organisations-own-address-does-not-tell-its-members",
        test_an_organisations_own_address_does_not_tell_its_members);
    ADD("a-closed-organisation-does-not-tell-with-whom-it-talks",
        test_a_closed_organisation_does_not_tell_with_whom_it_talks);
    ADD("a-receipt-is-the-readers-own", test_a_receipt_is_the_readers_own);
    ADD("a-receipt-of-an-overview-is-the-readers-own", test_a_receipt_of_an_overview_is_the_readers_own);
    ADD("a-false-absence-offers-nothing", test_a_false_absence_offers_nothing);
    return g_test_run();
}
