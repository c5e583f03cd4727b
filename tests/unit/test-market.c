/* The main job, rule by rule, on a real store and with a clock of our own. */
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "market/link.h"
#include "market/verdict.h"
#include "scene.h"

#define HOUR 3600
#define DAY 86400

static void
assert_refused(struct verdict verdict, const char *enhanced)
{
    g_test_message("%d %s %s", verdict.code, verdict.enhanced, verdict.text);
    g_assert_cmpint(verdict.kind, ==, VERDICT_REFUSED);
    g_assert_cmpint(verdict.code, ==, 550);
    g_assert_cmpstr(verdict.enhanced, ==, enhanced);
}

/* Mia writes to acme; returns acme's reply address. */
static const char *
mia_asks(struct scene *s)
{
    scene_taken(scene_write(s, "mia@mias-candles.test", "acme@experts.test", "A new theme", NULL,
                            "Could you do a theme design for me?"));
    scene_send(s);
    const struct notice *first = scene_sent(s, "first-contact", "team@acme.test", 0);
    g_assert_nonnull(first);
    return first->from_address;
}

static void
test_main_job(struct scene *s)
{
    const char *to_anna = mia_asks(s);
    scene_listed(s, "0.job.state", "new");
    scene_listed(s, "0.job.service", "theme-design");
    scene_listed(s, "0.kind", "direct");
    scene_listed(s, "0.shop", "Mia's Candles");
    g_assert_nonnull(scene_sent(s, "ack", "mia@mias-candles.test", 0));

    s->now += HOUR;
    scene_taken(scene_write(
        s, "anna@acme.test", to_anna, "Re: A new theme", NULL,
        "Happy to help.\n\nOn Sun, 22 Nov 2026 at 09:00, Mia Jansen <x@experts.test> wrote:\n> Could you do a theme"));
    scene_listed(s, "0.job.state", "responded");
    scene_listed(s, "0.unread", "0");
    scene_send(s);
    const struct notice *relay = scene_sent(s, "relay-partner", "mia@mias-candles.test", 0);
    g_assert_nonnull(relay);
    g_assert_cmpstr(scene_text(relay->data, "text"), ==, "Happy to help.");
    g_assert_false(relay->automatic);

    s->now += HOUR;
    scene_taken(scene_write(s, "mia@mias-candles.test", relay->from_address, "Re: A new theme", NULL,
                            "Wonderful, when can you start?"));
    scene_listed(s, "0.job.state", "awaiting_response");
    scene_listed(s, "0.messages", "3");
    scene_listed(s, "0.unread", "1");
    g_assert_cmpuint(scene_conversation_count(s), ==, 1);
    scene_send(s);
    g_assert_null(scene_sent(s, "overview", NULL, 0));

    s->now += HOUR;
    scene_send(s);
    const struct notice *overview = scene_sent(s, "overview", "team@acme.test", 0);
    g_assert_nonnull(overview);
    g_assert_cmpstr(scene_text(overview->data, "items.0.text"), ==, "Wonderful, when can you start?");
    scene_taken(scene_write(s, "bob@acme.test", scene_text(overview->data, "items.0.link"), "Re: overview", NULL,
                            "On Monday."));
    scene_send(s);
    g_assert_nonnull(scene_sent(s, "relay-partner", NULL, 1));
    scene_listed(s, "0.job.state", "responded");
}

static void
test_refusals_at_rcpt(struct scene *s)
{
    struct verdict unknown = scene_write(s, "mia@mias-candles.test", "nosuch@experts.test", "x", NULL, "x");
    struct verdict ghost = scene_write(s, "mia@mias-candles.test", "ghost@experts.test", "x", NULL, "x");
    struct verdict bare = scene_write(s, "mia@mias-candles.test", "bare@experts.test", "x", NULL, "x");
    assert_refused(unknown, "5.1.1");
    assert_refused(ghost, "5.1.1");
    assert_refused(bare, "5.1.1");
    g_assert_cmpstr(unknown.text, ==, ghost.text);
    g_assert_cmpstr(unknown.text, ==, bare.text);
    assert_refused(scene_write(s, "mia@mias-candles.test", "wisla@experts.test", "x", NULL, "x"), "5.2.1");
    assert_refused(scene_write(s, "mia@mias-candles.test",
                               "r+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@experts.test", "x", NULL, "x"),
                   "5.1.1");
    assert_refused(scene_write(s, "anna@acme.test", "acme@experts.test", "x", NULL, "x"), "5.7.1");
    g_assert_cmpint(scene_write(s, "mia@mias-candles.test", "postmaster@experts.test", "x", NULL, "x").kind, ==,
                    VERDICT_NOT_OURS);
    g_assert_cmpint(scene_write(s, "mia@mias-candles.test", "acme@else.test", "x", NULL, "x").kind, ==,
                    VERDICT_NOT_OURS);
    g_assert_cmpuint(scene_conversation_count(s), ==, 0);
}

/* Who holds a link reads what it is refused for in the language of its side; others that of their mail, in ASCII. */
static void
test_refusals_in_their_readers_language(struct scene *s)
{
    static const struct {
        const char *slug, *notify, *member, *words;
    } late[] = {
        {"blauw", "post@blauw.test", "daan@blauw.test", "deze opdracht is vervallen"},
        {"lumiere", "bonjour@lumiere.test", "claire@lumiere.test", "Le delai de premiere reponse est ecoule"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(late); i++) {
        g_autofree char *to = g_strdup_printf("%s@experts.test", late[i].slug);
        scene_taken(scene_write(s, "mia@mias-candles.test", to, "A new theme", NULL, "Could you do a theme for me?"));
        scene_send(s);
        g_autofree char *link = g_strdup(scene_sent(s, "first-contact", late[i].notify, 0)->from_address);
        s->now += 73 * HOUR;
        struct verdict verdict =
            scene_write(s, late[i].member, link, "Re: A new theme", NULL, "Thank you for your message, that is fine.");
        assert_refused(verdict, "5.7.1");
        g_assert_nonnull(strstr(verdict.text, late[i].words));
    }
    struct verdict own = scene_write(s, "anna@acme.test", "acme@experts.test", "Sklep", NULL,
                                     "Dzień dobry, czy mogę prosić o pomoc z moim sklepem? Dziękuję bardzo.");
    assert_refused(own, "5.7.1");
    g_assert_cmpstr(own.text, ==, "Rozmowe zaczynaja tylko sprzedawcy, odpowiedz na powiadomienie");
}

static void
test_refusals_by_mail_keep_their_accents(struct scene *s)
{
    scene_taken(scene_write(s, "anna@acme.test", "acme@experts.test blauw@experts.test", "Sklep", NULL,
                            "Dzień dobry, czy mogę prosić o pomoc z moim sklepem? Dziękuję bardzo."));
    scene_send(s);
    const struct notice *back = scene_sent(s, "refused", "anna@acme.test", 0);
    g_assert_nonnull(back);
    g_assert_cmpstr(back->language, ==, "pl");
    g_assert_nonnull(strstr(scene_text(back->data, "text"), "Rozmowę zaczynają"));
}

/* RCPT says the same to a registered sender, whose language is known, and to a stranger. */
static void
test_rcpt_does_not_tell_whose_language_is_known(struct scene *s)
{
    static const char *const senders[] = {"joost@fietsen.test", "daan@blauw.test", "stranger@else.test"};
    static const char *const recipients[] = {"nosuch@experts.test", "wisla@experts.test"};
    for (guint i = 0; i < G_N_ELEMENTS(recipients); i++) {
        struct verdict first, verdict;
        market_recipient(&s->market, senders[0], recipients[i], s->now, &first, NULL);
        g_assert_cmpint(first.kind, ==, VERDICT_REFUSED);
        g_assert_cmpstr(first.text, !=, "");
        for (guint k = 1; k < G_N_ELEMENTS(senders); k++) {
            market_recipient(&s->market, senders[k], recipients[i], s->now, &verdict, NULL);
            g_assert_cmpstr(verdict.text, ==, first.text);
        }
    }
}

/* Every sentence is ASCII, is not cut, and has nothing left to be filled in. */
static void
test_every_refusal_is_one_line_of_ascii(struct scene *s)
{
    static const char *const languages[] = {"en", "nl", "fr", "pl", "de", NULL};
    for (guint why = 0; why < WHY_COUNT; why++)
        for (guint i = 0; i < G_N_ELEMENTS(languages); i++) {
            struct verdict verdict;
            verdict_refuse(&verdict, why, "Atelier Lumi\303\250re");
            g_autofree char *words = verdict_words(&verdict, &s->conf, languages[i]), *ascii = text_ascii(words);
            verdict_speak(&verdict, &s->conf, languages[i]);
            g_assert_cmpstr(verdict.text, ==, ascii);
            g_assert_null(strpbrk(verdict.text, "{}?"));
            g_assert_cmpuint(strspn(verdict.enhanced, "5.0123456789"), ==, strlen(verdict.enhanced));
        }
}

static void
test_link_out_of_date(struct scene *s)
{
    const char *link = mia_asks(s);
    s->now += 399 * (gint64)DAY;
    struct verdict verdict;
    market_recipient(&s->market, "anna@acme.test", link, s->now, &verdict, NULL);
    scene_taken(verdict);
    s->now += 2 * DAY;
    market_recipient(&s->market, "anna@acme.test", link, s->now, &verdict, NULL);
    assert_refused(verdict, "5.7.1");
    g_assert_nonnull(strstr(verdict.text, "out of date"));
}

static void
test_link_ignores_case(struct scene *s)
{
    g_autofree char *link = g_ascii_strup(mia_asks(s), -1);
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "Yes."));
    scene_listed(s, "0.job.state", "responded");
}

static void
test_link_with_one_bit_changed_is_forged(struct scene *s)
{
    g_autofree char *link = g_strdup(mia_asks(s));
    for (char *p = link + 2; *p != '@'; p++) {
        char kept = *p;
        *p = kept == 'a' ? 'b' : 'a';
        assert_refused(scene_write(s, "anna@acme.test", link, "x", NULL, "x"), "5.1.1");
        *p = kept;
    }
}

static void
test_second_mail_joins_the_first(struct scene *s)
{
    mia_asks(s);
    s->now += 60;
    scene_taken(scene_write(s, "mia@mias-candles.test", "acme@experts.test", "PS", NULL, "And a logo."));
    g_assert_cmpuint(scene_conversation_count(s), ==, 1);
    scene_listed(s, "0.messages", "2");
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "first-contact"), ==, 1);
    g_assert_cmpuint(scene_sent_count(s, "ack"), ==, 1);
}

static void
test_later_mail_starts_anew_and_names_the_old(struct scene *s)
{
    const char *link = mia_asks(s);
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "Yes."));
    scene_taken(
        scene_write(s, "mia@mias-candles.test", "acme@experts.test", "Something else", NULL, "A second thing."));
    g_assert_cmpuint(scene_conversation_count(s), ==, 2);
    scene_send(s);
    const struct notice *second = scene_sent(s, "first-contact", NULL, 1);
    g_assert_nonnull(second);
    g_assert_cmpstr(scene_text(second->data, "previous.link"), ==, link);
}

static void
test_same_mail_again_is_stored_and_told_once(struct scene *s)
{
    static const char raw[] =
        "From: Mia <mia@mias-candles.test>\nTo: acme@experts.test\nSubject: Once\nMessage-ID: <one@client.test>\n"
        "Date: Sun, 22 Nov 2026 09:00:00 +0100\n\nOnly once.\n";
    static const char again[] =
        "Received: from elsewhere\n by relay; Sun, 22 Nov 2026 09:00:01 +0100\nFrom: Mia <mia@mias-candles.test>\n"
        "To: acme@experts.test\nSubject: Once\nMessage-ID: <one@client.test>\nDate: Sun, 22 Nov 2026 09:00:00 "
        "+0100\n\nOnly once.\n";
    static const char other[] =
        "From: Mia <mia@mias-candles.test>\nTo: acme@experts.test\nSubject: Once\nMessage-ID: <one@client.test>\n"
        "Date: Sun, 22 Nov 2026 09:00:00 +0100\n\nOther words under the same Message-ID.\n";
    scene_taken(scene_mail(s, "mia@mias-candles.test", "acme@experts.test", raw));
    scene_taken(scene_mail(s, "mia@mias-candles.test", "acme@experts.test ACME@experts.test", again));
    scene_listed(s, "0.messages", "1");
    scene_taken(scene_mail(s, "mia@mias-candles.test", "acme@experts.test", other));
    scene_listed(s, "0.messages", "2");
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "first-contact"), ==, 1);
}

static void
test_unregistered_sender_is_kept_and_told(struct scene *s)
{
    g_autofree char *link = g_strdup(mia_asks(s));
    scene_forget(s);
    scene_taken(scene_write(s, "eve@evil.test", link, "Re: A new theme", NULL, "Pay here instead."));
    scene_taken(
        scene_write(s, "mia@mias-candles.test", link, "Re: A new theme", NULL, "I got the partner's address somehow."));
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "relay-partner"), ==, 0);
    g_assert_cmpuint(scene_sent_count(s, "not-relayed"), ==, 1); /* once a day */
    g_assert_nonnull(scene_sent(s, "not-relayed", "team@acme.test", 0));
    g_assert_cmpuint(scene_quarantined(s), ==, 2);
    scene_listed(s, "0.messages", "1");
    scene_listed(s, "0.job.state", "new");
}

static void
test_staff_of_the_shop_may_write(struct scene *s)
{
    g_autofree char *link = g_strdup(mia_asks(s));
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "Yes."));
    scene_send(s);
    g_autofree char *mias = g_strdup(scene_sent(s, "relay-partner", NULL, 0)->from_address);
    scene_taken(scene_write(s, "kim@mias-candles.test", mias, "Re: A new theme", NULL, "I am Mia's colleague."));
    scene_forget(s);
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "Hello Kim."));
    scene_send(s);
    g_assert_nonnull(scene_sent(s, "relay-partner", "mia@mias-candles.test", 0));
    g_assert_nonnull(scene_sent(s, "relay-partner", "kim@mias-candles.test", 0));
    g_assert_cmpuint(scene_sent_count(s, "relay-partner"), ==, 2);
}

/* Whoever of the shop is quoted. */
static void
test_no_address_of_the_shop_is_shown(struct scene *s)
{
    scene_taken(scene_write(s, "mia@mias-candles.test", "acme@experts.test", "Help", NULL,
                            "Ask <kim@mias-candles.test>, <mia@home.test> or <joost@fietsen.test>."));
    scene_send(s);
    const struct notice *first = scene_sent(s, "first-contact", "team@acme.test", 0);
    g_assert_cmpstr(json_string_value(json_object_get(first->data, "text")), ==,
                    "Ask <[address]>, <[address]> or <joost@fietsen.test>.");
}

/* The one acknowledgement of a matched request stands with its first conversation, and above each answer. */
static void
test_every_answer_to_a_matched_request_refers_to_its_acknowledgement(struct scene *s)
{
    static const char *const partners[] = {"team@acme.test", "post@blauw.test"};
    scene_taken(scene_write(s, "mia@mias-candles.test", "jobs@experts.test", "Shop", NULL, "I need a store setup."));
    scene_send(s);
    g_autofree char *ack = g_strdup(scene_sent(s, "ack", "mia@mias-candles.test", 0)->message_id);
    for (guint i = 0; i < G_N_ELEMENTS(partners); i++) {
        g_autofree char *link = g_strdup(scene_sent(s, "first-contact", partners[i], 0)->from_address);
        scene_taken(scene_write(s, partners[i], link, "Re: Shop", NULL, "Gladly."));
    }
    scene_send(s);
    for (guint i = 0; i < G_N_ELEMENTS(partners); i++) {
        const GPtrArray *references = scene_sent(s, "relay-partner", NULL, i)->references;
        g_assert_true(g_ptr_array_find_with_equal_func((GPtrArray *)references, ack, g_str_equal, NULL));
    }
}

static void
test_matched_request_goes_to_those_who_fit(struct scene *s)
{
    scene_taken(scene_write(s, "joost@fietsen.test", "jobs@experts.test", "Store setup", NULL,
                            "Ik wil een winkel. Store-setup graag."));
    g_assert_cmpuint(scene_conversation_count(s), ==, 2);
    scene_send(s);
    g_assert_nonnull(scene_sent(s, "first-contact", "team@acme.test", 0));
    g_assert_nonnull(scene_sent(s, "first-contact", "post@blauw.test", 0));
    g_assert_cmpuint(scene_sent_count(s, "ack"), ==, 1);
    const struct notice *ack = scene_sent(s, "ack", "joost@fietsen.test", 0);
    g_assert_null(json_object_get(ack->data, "organisation"));

    /* More words through the acknowledgement's link, and a second mail to jobs@, reach both. */
    scene_taken(scene_write(s, "joost@fietsen.test", ack->from_address, "Re: Store setup", NULL, "O ja, met spoed."));
    scene_taken(scene_write(s, "joost@fietsen.test", "jobs@experts.test", "Nog iets", NULL, "En een logo."));
    g_assert_cmpuint(scene_conversation_count(s), ==, 2);
    scene_listed(s, "0.messages", "3");
    scene_listed(s, "1.messages", "3");
}

static void
test_nobody_fits(struct scene *s)
{
    s->conf.match_count = 3;
    scene_taken(scene_write(s, "mia@mias-candles.test", "jobs@experts.test", "dropshipping migration", NULL,
                            "I run a dropshipping shop."));
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "no-match"), ==, 0); /* blauw works with dropshippers */
    s->conf.match_count = 0;
    scene_taken(scene_write(s, "joost@fietsen.test", "jobs@experts.test", "theme design", NULL, "Please."));
    scene_send(s);
    g_assert_nonnull(scene_sent(s, "no-match", "joost@fietsen.test", 0));
    g_assert_nonnull(scene_sent(s, "admin-alert", "postmaster@experts.test", 0));
    g_assert_cmpuint(scene_quarantined(s), ==, 1);
}

static void
test_lead_is_shown_with_contact_and_not_listed(struct scene *s)
{
    g_autoptr(GError) error = NULL;
    const struct view_filter filter = {.now = s->now};
    scene_taken(scene_write(s, "nora@garden.test", "acme@experts.test", "A shop", NULL, "I have no shop yet."));
    scene_send(s);
    const struct notice *lead = scene_sent(s, "lead", "team@acme.test", 0);
    g_assert_nonnull(lead);
    g_assert_cmpstr(scene_text(lead->data, "lead.email"), ==, "nora@garden.test");
    scene_listed(s, "0.kind", "lead");
    json_t *jobs = view_jobs(&s->market, &filter, &error);
    g_assert_cmpuint(json_array_size(jobs), ==, 0);
    json_decref(jobs);
    scene_taken(scene_write(s, "anna@acme.test", lead->from_address, "Re: A shop", NULL, "Welcome."));
    scene_send(s);
    const struct notice *relay = scene_sent(s, "relay-partner", "nora@garden.test", 0);
    g_assert_nonnull(relay);
    g_assert_cmpstr(scene_text(relay->data, "profile_url"), ==, "https://experts.test/acme");
}

static void
test_expired_job(struct scene *s)
{
    g_autofree char *link = g_strdup(mia_asks(s));
    s->now += 72 * HOUR;
    scene_send(s);
    scene_listed(s, "0.job.state", "new");
    s->now += 1;
    scene_listed(s, "0.job.state", "expired"); /* whether or not the timer has run */
    assert_refused(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "Too late?"), "5.7.1");
    scene_forget(s);
    scene_send(s);
    g_assert_nonnull(scene_sent(s, "expired-merchant", "mia@mias-candles.test", 0));
    g_assert_nonnull(scene_sent(s, "expired-partner", "team@acme.test", 0));
    assert_refused(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "Too late?"), "5.7.1");
    scene_listed(s, "0.messages", "1");

    /* The merchant is never refused; the next mail opens a new job in the same conversation. */
    scene_taken(scene_write(s, "mia@mias-candles.test", scene_sent(s, "expired-merchant", NULL, 0)->from_address,
                            "Re: A new theme", NULL, "Still there?"));
    scene_listed(s, "0.job.state", "new");
    scene_send(s);
    g_assert_nonnull(scene_sent(s, "first-contact", "team@acme.test", 0));
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "Yes, sorry."));
    scene_listed(s, "0.job.state", "responded");
}

static void
test_answer_in_the_last_second(struct scene *s)
{
    g_autofree char *link = g_strdup(mia_asks(s));
    s->now += 72 * HOUR;
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "Just in time."));
    s->now += 5;
    scene_send(s);
    scene_listed(s, "0.job.state", "responded");
    g_assert_cmpuint(scene_sent_count(s, "expired-merchant"), ==, 0);
}

static void
test_out_of_office_stops_no_clock(struct scene *s)
{
    g_autofree char *link = g_strdup(mia_asks(s));
    scene_taken(
        scene_write(s, "anna@acme.test", link, "Out of office", "Auto-Submitted: auto-replied\n", "I am away."));
    scene_listed(s, "0.job.state", "new");
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "relay-partner"), ==, 0);
    g_assert_cmpuint(scene_quarantined(s), ==, 1);
}

static void
test_machine_starts_nothing(struct scene *s)
{
    scene_taken(scene_write(s, "robot@news.test", "acme@experts.test", "Sale!",
                            "Auto-Submitted: auto-generated\nPrecedence: bulk\n", "Buy."));
    g_assert_cmpuint(scene_conversation_count(s), ==, 0);
    g_assert_cmpuint(scene_quarantined(s), ==, 1);
}

static void
test_commands_never_leave(struct scene *s)
{
    g_autofree char *link = g_strdup(mia_asks(s));
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "/note this merchant never pays"));
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "relay-partner"), ==, 0);
    g_assert_nonnull(scene_sent(s, "transcript", "anna@acme.test", 0));
    scene_listed(s, "0.messages", "1");
}

static void
test_quoting_does_not_leak(struct scene *s)
{
    g_autofree char *link = g_strdup(mia_asks(s));
    g_autofree char *text = g_strdup_printf("See what <anna@acme.test> and you said:\n"
                                            "> From: Anna <anna@acme.test>\n"
                                            "I write from anna@acme.test, ask me there. And %s was in my mail.",
                                            link);
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, text));
    scene_send(s);
    const char *relayed = scene_text(scene_sent(s, "relay-partner", NULL, 0)->data, "text");
    g_test_message("%s", relayed);
    g_assert_null(strstr(relayed, "<anna@acme.test>"));
    g_assert_null(strstr(relayed, "r+"));
    g_assert_nonnull(strstr(relayed, "I write from anna@acme.test")); /* what a person types is that person's choice */
}

static void
test_reply_without_link_threads_by_our_message_id(struct scene *s)
{
    g_autofree char *link = g_strdup(mia_asks(s));
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "Yes."));
    scene_send(s);
    g_autofree char *header =
        g_strdup_printf("In-Reply-To: <%s>\n", scene_sent(s, "relay-partner", NULL, 0)->message_id);
    scene_taken(scene_write(s, "mia@mias-candles.test", "acme@experts.test", "Re: A new theme", header, "Great."));
    g_assert_cmpuint(scene_conversation_count(s), ==, 1);
    scene_listed(s, "0.job.state", "awaiting_response");
    /* The same header from somebody else suggests nothing. */
    scene_taken(scene_write(s, "joost@fietsen.test", "acme@experts.test", "Re: A new theme", header, "Me too."));
    g_assert_cmpuint(scene_conversation_count(s), ==, 2);
}

static void
test_one_overview_an_interval(struct scene *s)
{
    g_autofree char *link = g_strdup(mia_asks(s));
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "Yes."));
    scene_send(s);
    g_autofree char *mias = g_strdup(scene_sent(s, "relay-partner", NULL, 0)->from_address);
    gint64 last = 0;
    guint items = 0;
    for (guint i = 0; i < 60; i++) { /* a mail every ten minutes for ten hours */
        g_autofree char *text = g_strdup_printf("Message %u", i);
        scene_taken(scene_write(s, "mia@mias-candles.test", mias, "Re: A new theme", NULL, text));
        for (guint k = 0; k < 10; k++) {
            scene_forget(s);
            scene_send(s);
            const struct notice *overview = scene_sent(s, "overview", NULL, 0);
            g_assert_cmpuint(scene_sent_count(s, "overview"), <=, 1);
            if (overview) {
                g_assert_true(!last || s->now - last >= HOUR);
                last = s->now;
                items += (guint)json_array_size(json_object_get(overview->data, "items"));
            }
            s->now += 60;
        }
    }
    s->now += HOUR;
    scene_forget(s);
    scene_send(s);
    if (scene_sent(s, "overview", NULL, 0))
        items += (guint)json_array_size(json_object_get(scene_sent(s, "overview", NULL, 0)->data, "items"));
    g_assert_cmpuint(items, ==, 60);
    s->now += 5 * HOUR;
    scene_forget(s);
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "overview"), ==, 0);
}

static void
test_answered_before_is_in_no_overview(struct scene *s)
{
    g_autofree char *link = g_strdup(mia_asks(s));
    scene_taken(scene_write(s, "mia@mias-candles.test", "acme@experts.test", "PS", NULL, "And a logo."));
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "Both, yes."));
    s->now += 2 * HOUR;
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "overview"), ==, 0);
}

static void
test_reply_to_an_overview_of_several_is_not_guessed(struct scene *s)
{
    mia_asks(s);
    scene_taken(scene_write(s, "joost@fietsen.test", "acme@experts.test", "Bikes", NULL, "A shop please."));
    scene_taken(scene_write(s, "mia@mias-candles.test", "acme@experts.test", "PS", NULL, "One."));
    scene_taken(scene_write(s, "joost@fietsen.test", "acme@experts.test", "PS", NULL, "Two."));
    s->now += HOUR;
    scene_send(s);
    const struct notice *overview = scene_sent(s, "overview", NULL, 0);
    g_assert_nonnull(overview);
    g_assert_cmpstr(scene_text(overview->data, "count"), ==, "2");
    scene_taken(scene_write(s, "anna@acme.test", overview->from_address, "Re: overview", NULL, "Yes to you."));
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "relay-partner"), ==, 0);
    g_assert_nonnull(scene_sent(s, "which-item", "anna@acme.test", 0));
}

static void
test_second_address_may_write(struct scene *s)
{
    g_autofree char *link = g_strdup(mia_asks(s));
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "Yes."));
    scene_send(s);
    g_autofree char *mias = g_strdup(scene_sent(s, "relay-partner", NULL, 0)->from_address);
    scene_taken(scene_write(s, "mia@home.test", mias, "Re: A new theme", NULL, "From home."));
    scene_listed(s, "0.messages", "3");
}

static void
test_one_refused_of_two_comes_back_by_mail(struct scene *s)
{
    g_autofree char *link = g_strdup(mia_asks(s));
    s->now += 80 * HOUR;
    g_autofree char *both = g_strdup_printf("%s blauw@experts.test", link);
    scene_forget(s);
    scene_taken(scene_write(s, "anna@acme.test", both, "Re: A new theme", NULL, "Late, and to another."));
    scene_send(s);
    const struct notice *back = scene_sent(s, "refused", "anna@acme.test", 0);
    g_assert_nonnull(back);
    g_assert_nonnull(strstr(scene_text(back->data, "text"), "expired"));
    g_assert_nonnull(
        scene_sent(s, "lead", "post@blauw.test", 0)); /* to another's organisation a partner is a merchant */
}

static void
test_failures(struct scene *s)
{
    g_autoptr(GError) error = NULL;
    gboolean more;
    g_autofree char *link = g_strdup(mia_asks(s));
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "Yes."));
    gint64 last = s->now;
    guint tries = 0;
    for (;;) { /* the merchant's server answers 4yz for five days */
        g_autoptr(GPtrArray) claimed = scene_claim(s, 1, &more);
        g_assert_no_error(error);
        if (claimed->len) {
            const struct notice *notice = claimed->pdata[0];
            gboolean relay = g_str_equal(notice->kind, "relay-partner");
            if (!relay && !g_str_equal(notice->kind, "calendar-cancel"))
                break;
            struct outbox_result result = {.id = notice->id, .fence = notice->fence, .reply = "451 4.3.0 later"};
            result.result = relay ? OUTBOX_TEMPORARY : OUTBOX_SENT;
            g_assert_true(!relay || tries == 0 || s->now > last);
            last = s->now;
            tries += relay;
            outbox_report(&s->market, &result, 1, s->now, &error);
            g_assert_no_error(error);
        }
        gint64 due;
        outbox_next_due(&s->market, &due, &error);
        g_assert_cmpint(due, <, G_MAXINT64);
        s->now = MAX(due, s->now + 1);
        g_assert_cmpint(tries, <, 1000);
    }
    g_assert_cmpint(s->now - last, <=, 5 * HOUR);
    g_assert_cmpint(tries, >, 10);
    s->now += s->conf.lease; /* what the loop claimed last */
    scene_send(s);
    g_assert_nonnull(scene_sent(s, "undeliverable", "team@acme.test", 0));
    g_assert_nonnull(scene_sent(s, "admin-alert", NULL, 0));
}

enum { STRANGERS = 12, TRIES = 100 };

struct patience {
    gint64 id[STRANGERS], last[STRANGERS], wait[STRANGERS][TRIES];
    guint tries[STRANGERS], rows, alerts;
};

static void
try_in_vain(struct patience *p, const struct notice *notice, gint64 now)
{
    guint row = 0;
    while (row < p->rows && p->id[row] != notice->id)
        row++;
    g_assert_cmpuint(row, <, STRANGERS);
    p->rows = MAX(p->rows, row + 1);
    p->id[row] = notice->id;
    if (p->tries[row])
        p->wait[row][p->tries[row] - 1] = now - p->last[row];
    p->last[row] = now;
    g_assert_cmpuint(++p->tries[row], <, TRIES);
    g_assert_cmpint(p->last[row] - notice->created_at, <, 5 * DAY + 5 * HOUR);
}

/* Claims everything at the second that it is due; a receipt never arrives, all else does. */
static void
claim_in_vain(struct scene *s, struct patience *p)
{
    g_autoptr(GError) error = NULL;
    gboolean more;
    g_autoptr(GPtrArray) claimed = scene_claim(s, 100, &more);
    for (guint i = 0; i < claimed->len; i++) {
        const struct notice *notice = claimed->pdata[i];
        gboolean ack = strcmp(notice->kind, "ack") == 0;
        const struct outbox_result result = {notice->id, notice->fence, ack ? OUTBOX_TEMPORARY : OUTBOX_SENT, "451 no"};
        if (ack)
            try_in_vain(p, notice, s->now);
        p->alerts += strcmp(notice->kind, "admin-alert") == 0;
        outbox_report(&s->market, &result, 1, s->now, &error);
        g_assert_no_error(error);
    }
}

/* Doubled from a minute to four hours and up to a quarter more, not the same for all. */
static void
assert_waits(const struct patience *p, guint turn)
{
    gint64 least = MIN((gint64)60 << MIN(turn, 8), 4 * HOUR);
    guint others = 0;
    for (guint row = 0; row < STRANGERS; row++) {
        g_assert_cmpint(p->wait[row][turn], >=, least);
        g_assert_cmpint(p->wait[row][turn], <=, least + least / 4);
        others += p->wait[row][turn] != p->wait[0][turn];
    }
    g_assert_cmpuint(others, >=, STRANGERS / 2);
}

static void
test_backoff(struct scene *s)
{
    g_autoptr(GError) error = NULL;
    struct patience p = {.rows = 0};
    gint64 start = s->now, due = 0;
    for (guint i = 0; i < STRANGERS; i++) {
        g_autofree char *from = g_strdup_printf("stranger%u@away.test", i);
        scene_taken(scene_write(s, from, "acme@experts.test", "Help", NULL, "Could you help me?"));
    }
    while (outbox_next_due(&s->market, &due, &error) && due < start + 10 * DAY) {
        guint ran = 0;
        s->now = MAX(due, s->now);
        timers_run(&s->market, s->now, 100, &ran, &error);
        claim_in_vain(s, &p);
    }
    g_assert_no_error(error);
    for (guint turn = 0; turn < 20; turn++)
        assert_waits(&p, turn);
    for (guint row = 0; row < STRANGERS; row++)
        g_assert_cmpint(p.last[row] - start, >=, 5 * DAY);
    const struct view_filter failed = {.state = "failed"};
    json_t *list = view_outbox(&s->market, &failed, &error);
    g_assert_cmpuint(json_array_size(list), ==, STRANGERS);
    json_decref(list);
    g_assert_cmpuint(p.alerts, >, 0);
}

static void
test_report_under_an_old_claim_is_ignored(struct scene *s)
{
    g_autoptr(GError) error = NULL;
    gboolean more;
    scene_taken(scene_write(s, "mia@mias-candles.test", "acme@experts.test", "A new theme", NULL, "Hello."));
    g_autoptr(GPtrArray) first = scene_claim(s, 10, &more);
    g_assert_cmpuint(first->len, ==, 2);
    g_autoptr(GPtrArray) none = scene_claim(s, 10, &more);
    g_assert_cmpuint(none->len, ==, 0);
    s->now += s->conf.lease;
    g_autoptr(GPtrArray) second = scene_claim(s, 10, &more);
    g_assert_cmpuint(second->len, ==, 2);
    const struct notice *old = first->pdata[0], *fresh = NULL;
    for (guint i = 0; i < 2; i++)
        if (((struct notice *)second->pdata[i])->id == old->id)
            fresh = second->pdata[i];
    g_assert_cmpstr(old->message_id, ==, fresh->message_id);
    const struct outbox_result stale = {old->id, old->fence, OUTBOX_PERMANENT, "550 no"};
    outbox_report(&s->market, &stale, 1, s->now, &error);
    g_assert_no_error(error);
    const struct outbox_result good = {fresh->id, fresh->fence, OUTBOX_SENT, "250 ok"};
    outbox_report(&s->market, &good, 1, s->now, &error);
    const struct view_filter sent = {.state = "sent"};
    json_t *list = view_outbox(&s->market, &sent, &error);
    g_assert_cmpuint(json_array_size(list), ==, 1);
    json_decref(list);
}

static void
test_experts_list(struct scene *s)
{
    scene_taken(scene_write(s, "nora@garden.test", "experts@experts.test", "migration", NULL, "Who does it?"));
    scene_taken(scene_write(s, "nora@garden.test", "experts@experts.test", "migration", NULL, "Again?"));
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "experts"), ==, 1);
    const struct notice *list = scene_sent(s, "experts", "nora@garden.test", 0);
    g_assert_cmpuint(json_array_size(json_object_get(list->data, "organisations")), ==, 1);
    g_assert_cmpstr(scene_text(list->data, "organisations.0.address"), ==, "blauw@experts.test");
    g_assert_cmpuint(scene_conversation_count(s), ==, 0);
}

/* ---- what a hostile review found, one promise each ---- */

static void
test_refusal_is_judged_anew(struct scene *s)
{
    static const char late[] =
        "From: Anna <anna@acme.test>\nTo: x\nSubject: Re: A new theme\nMessage-ID: <late@acme.test>\n\nHere I am.\n";
    g_autofree char *link = g_strdup(mia_asks(s));
    s->now += 80 * HOUR;
    assert_refused(scene_mail(s, "anna@acme.test", link, late), "5.7.1");
    scene_send(s);
    g_autofree char *mias = g_strdup(scene_sent(s, "expired-merchant", NULL, 0)->from_address);
    scene_taken(scene_write(s, "mia@mias-candles.test", mias, "Again", NULL, "Still there?"));
    scene_taken(scene_mail(s, "anna@acme.test", link, late));
    scene_listed(s, "0.job.state", "responded");
    scene_listed(s, "0.messages", "3");
}

static void
test_message_id_of_another_conversation_threads_nowhere_else(struct scene *s)
{
    g_autofree char *link = g_strdup(mia_asks(s));
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "Yes."));
    scene_send(s);
    g_autofree char *header =
        g_strdup_printf("In-Reply-To: <%s>\n", scene_sent(s, "relay-partner", NULL, 0)->message_id);
    scene_taken(scene_write(s, "mia@mias-candles.test", "blauw@experts.test", "Re: A new theme", header,
                            "Would you do it too?"));
    g_assert_cmpuint(scene_conversation_count(s), ==, 2);
    scene_listed(s, "1.messages", "2");
}

static const char form_of_mia[] =
    "From: Site <wordpress@site.test>\nTo: leads@experts.test\nSubject: Site \"Store setup\"\nMessage-ID: "
    "<f%u@site.test>\n\n"
    "Name: Mia Jansen\nEmail: mia@mias-candles.test\nPhone: +31 6 12345678\nService: store-setup\n"
    "Message: Please set up a second store. (%u)\n";

static void
test_form_of_a_registered_merchant_is_masked_and_joins_nothing(struct scene *s)
{
    mia_asks(s);
    for (guint i = 1; i <= 2; i++) {
        g_autofree char *raw = g_strdup_printf(form_of_mia, i, i);
        scene_taken(scene_mail(s, "wordpress@site.test", "leads@experts.test", raw));
    }
    s->now += 2 * HOUR;
    scene_send(s);
    g_assert_cmpuint(scene_conversation_count(s), ==, 5); /* acme and blauw, twice, beside Mia's own */
    for (guint i = 0; i < s->sent->len; i++) {
        const struct notice *notice = s->sent->pdata[i];
        if (g_str_has_suffix(notice->recipient, "@mias-candles.test"))
            continue;
        char *dump = json_dumps(notice->data, 0);
        g_assert_null(strstr(dump, "mia@mias-candles.test"));
        g_assert_null(strstr(dump, "12345678"));
        free(dump);
    }
}

static void
test_body_does_not_say_who_wrote(struct scene *s)
{
    mia_asks(s);
    scene_taken(scene_write(
        s, "eve@evil.test", "acme@experts.test", "Site \"Payment\"", NULL,
        "From: Mia Jansen <mia@mias-candles.test>\nSubject: Payment\n\nMessage Body:\nPay me elsewhere.\n\n-- \n"
        "This e-mail was sent from a contact form on Site (https://site.test)"));
    g_assert_cmpuint(scene_conversation_count(s), ==, 2);
    scene_listed(s, "0.merchant.address", "eve@evil.test");
    scene_listed(s, "1.messages", "1");
}

static void
test_nobody_writes_from_our_own_domain(struct scene *s)
{
    static const char *const own[] = {"jobs@experts.test", "blauw@experts.test", "JOBS@EXPERTS.TEST"};
    for (guint i = 0; i < G_N_ELEMENTS(own); i++)
        scene_taken(scene_write(s, own[i], "acme@experts.test", "Hello", NULL, "Answer me."));
    g_assert_cmpuint(scene_conversation_count(s), ==, 0);
    g_assert_cmpuint(scene_quarantined(s), ==, 3);
}

static void
test_organisation_is_not_matched_to_itself(struct scene *s)
{
    scene_taken(scene_write(s, "anna@acme.test", "jobs@experts.test", "Store setup", NULL,
                            "For a shop of our own: store setup."));
    g_assert_cmpuint(scene_conversation_count(s), ==, 1);
    scene_listed(s, "0.organisation", "blauw");
}

static void
test_dropshippers_go_to_those_who_work_with_them(struct scene *s)
{
    scene_taken(scene_write(s, "joost@fietsen.test", "jobs@experts.test", "Theme design", NULL,
                            "A theme design for my dropshipping shop."));
    g_assert_cmpuint(scene_conversation_count(s), ==, 1);
    scene_listed(s, "0.organisation", "acme");
}

static void
test_use_prolongs_a_link(struct scene *s)
{
    g_autofree char *link = g_strdup(mia_asks(s));
    struct verdict verdict;
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "Yes."));
    s->now += 300 * (gint64)DAY;
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "How is it going?"));
    s->now += 300 * (gint64)DAY;
    market_recipient(&s->market, "anna@acme.test", link, s->now, &verdict, NULL);
    scene_taken(verdict);
    s->now += 200 * (gint64)DAY;
    market_recipient(&s->market, "anna@acme.test", link, s->now, &verdict, NULL);
    assert_refused(verdict, "5.7.1");
}

static void
test_closed_organisation_keeps_its_running_conversations(struct scene *s)
{
    g_autofree char *link = g_strdup(mia_asks(s));
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "Yes."));
    scene_import(s, "{\"organisations\":[{\"slug\":\"acme\",\"name\":\"Acme "
                    "Studio\",\"notify\":\"team@acme.test\",\"preferences\":{\"available\":false}}]}");
    assert_refused(scene_write(s, "joost@fietsen.test", "acme@experts.test", "New", NULL, "New work."), "5.2.1");
    scene_taken(scene_write(s, "mia@mias-candles.test", "acme@experts.test", "Theme", NULL, "About our theme."));
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "Yes?"));
    g_assert_cmpuint(scene_conversation_count(s), ==, 1);
    scene_listed(s, "0.messages", "4");
}

static void
test_expiry_counts_for_listed_jobs_alone(struct scene *s)
{
    g_autoptr(GError) error = NULL;
    mia_asks(s);
    scene_taken(scene_write(s, "nora@garden.test", "acme@experts.test", "A shop", NULL, "I am a lead."));
    s->now += 73 * HOUR;
    scene_send(s);
    json_t *acme = view_organisation(&s->market, "acme", &error);
    g_assert_cmpstr(scene_text(acme, "jobs_expired"), ==, "1");
    json_decref(acme);
}

static void
test_expired_match_names_nobody(struct scene *s)
{
    scene_taken(scene_write(s, "joost@fietsen.test", "jobs@experts.test", "Store setup", NULL, "Store setup please."));
    s->now += 73 * HOUR;
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "expired-merchant"), ==, 1); /* two let it expire */
    const struct notice *notice = scene_sent(s, "expired-merchant", "joost@fietsen.test", 0);
    char *dump = json_dumps(notice->data, 0);
    g_assert_null(strstr(dump, "Acme"));
    g_assert_null(strstr(dump, "Blauw"));
    free(dump);
    scene_forget(s);
    scene_taken(scene_write(s, "joost@fietsen.test", notice ? "jobs@experts.test" : "", "Store setup", NULL,
                            "Store setup, still."));
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "first-contact"), ==, 2);
}

static struct verdict
bounce(struct scene *s, const char *to, const char *action, const char *status)
{
    g_autofree char *raw = scene_bounce("x@x.test", action, status);
    return scene_mail(s, "", to, raw);
}

static void
test_bounce_is_told_and_a_delay_is_not(struct scene *s)
{
    g_autofree char *link = g_strdup(mia_asks(s));
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "Yes."));
    scene_send(s);
    g_autofree char *path = g_strdup(scene_sent(s, "relay-partner", NULL, 0)->envelope_sender);
    scene_forget(s);
    scene_taken(bounce(s, path, "delayed", "4.4.1"));
    scene_send(s);
    g_assert_cmpuint(s->sent->len, ==, 0);
    for (guint i = 0; i < 2; i++)
        scene_taken(bounce(s, path, "failed", "5.1.1"));
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "undeliverable"), ==, 1);
    g_assert_nonnull(scene_sent(s, "undeliverable", "team@acme.test", 0));
    g_assert_cmpuint(scene_sent_count(s, "admin-alert"), ==, 1);
}

static void
test_two_ways_to_one_organisation_are_one(struct scene *s)
{
    scene_taken(scene_write(s, "joost@fietsen.test", "jobs@experts.test acme@experts.test leads@experts.test",
                            "Store setup", NULL, "Store setup."));
    g_assert_cmpuint(scene_conversation_count(s), ==, 2);
    scene_listed(s, "0.messages", "1");
    scene_listed(s, "1.messages", "1");
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "first-contact"), ==, 2);
    g_assert_cmpuint(scene_sent_count(s, "ack"), ==, 1);
}

static void
test_quoted_words_alone_go_nowhere(struct scene *s)
{
    scene_taken(scene_write(s, "joost@fietsen.test", "jobs@experts.test", "Store setup", NULL, "Store setup."));
    scene_send(s);
    g_autofree char *link = g_strdup(scene_sent(s, "first-contact", "team@acme.test", 0)->from_address);
    g_autofree char *request = g_strdup(scene_sent(s, "ack", NULL, 0)->from_address);
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: Store setup", NULL, "We do it for 900."));
    scene_forget(s);
    scene_taken(scene_write(s, "joost@fietsen.test", request, "Re: Store setup", NULL,
                            "On Sun, 22 Nov 2026 at 09:00, Acme Studio <x@experts.test> wrote:\n> We do it for 900."));
    s->now += 2 * HOUR;
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "overview"), ==, 0);
    g_assert_nonnull(scene_sent(s, "not-relayed", "joost@fietsen.test", 0));
}

static void
test_every_unrelayed_mail_is_told(struct scene *s)
{
    g_autofree char *link = g_strdup(mia_asks(s));
    static const char *const mails[] = {
        "From: anna@acme.test\nSubject: one\n\nOn Sun, 22 Nov 2026 at 09:00, Mia <x@experts.test> wrote:\n> just a "
        "quote\n",
        "From: anna@acme.test\nSubject: two\n\nOn Sun, 22 Nov 2026 at 09:00, Mia <x@experts.test> wrote:\n> another\n"};
    for (guint i = 0; i < G_N_ELEMENTS(mails); i++)
        scene_taken(scene_mail(s, "anna@acme.test", link, mails[i]));
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "not-relayed"), ==, 2);
}

static void
test_who_left_the_shop_hears_no_more(struct scene *s)
{
    g_autofree char *link = g_strdup(mia_asks(s));
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "Yes."));
    scene_send(s);
    g_autofree char *mias = g_strdup(scene_sent(s, "relay-partner", NULL, 0)->from_address);
    scene_taken(scene_write(s, "kim@mias-candles.test", mias, "Re: A new theme", NULL, "Kim here."));
    scene_import(s, "{\"merchants\":[{\"name\":\"Kim\",\"addresses\":[\"kim@mias-candles.test\"],"
                    "\"shop\":{\"name\":\"Elsewhere\",\"url\":\"https://elsewhere.test\"}}]}");
    scene_forget(s);
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "Our price."));
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "relay-partner"), ==, 1);
    g_assert_nonnull(scene_sent(s, "relay-partner", "mia@mias-candles.test", 0));
}

static void
test_rcpt_does_not_tell_who_is_a_member(struct scene *s)
{
    struct verdict member, stranger;
    market_recipient(&s->market, "anna@acme.test", "acme@experts.test", s->now, &member, NULL);
    market_recipient(&s->market, "info@acme.test", "acme@experts.test", s->now, &stranger, NULL);
    g_assert_cmpint(member.kind, ==, stranger.kind);
}

static void
test_cards_stay_behind(struct scene *s)
{
    static const char raw[] =
        "From: Anna <anna@acme.test>\nSubject: Re: A new theme\nMessage-ID: <card@acme.test>\nMIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nYes.\n--b\n"
        "Content-Type: text/vcard; name=anna.vcf\nContent-Disposition: attachment; "
        "filename=anna.vcf\n\nBEGIN:VCARD\n--b\n"
        "Content-Type: application/pdf; name=offer.pdf\nContent-Disposition: attachment; "
        "filename=offer.pdf\n\nPDF\n--b--\n";
    g_autofree char *link = g_strdup(mia_asks(s));
    scene_taken(scene_mail(s, "anna@acme.test", link, raw));
    scene_send(s);
    const struct notice *relay = scene_sent(s, "relay-partner", NULL, 0);
    g_assert_cmpuint(relay->files->len, ==, 1);
    g_assert_cmpstr(((struct notice_file *)relay->files->pdata[0])->name, ==, "offer.pdf");
}

/* A mail of ours that somebody saved and attaches may be named after a link, which is its reader's alone. */
static void
test_a_file_name_gives_no_link_away(struct scene *s)
{
    g_autofree char *link = g_strdup(mia_asks(s));
    g_autofree char *raw = g_strdup_printf(
        "From: Anna <anna@acme.test>\nSubject: Re: A new theme\nMessage-ID: <saved@acme.test>\nMIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nYes.\n--b\n"
        "Content-Type: application/pdf\nContent-Disposition: attachment; filename=\"To %s.pdf\"\n\nPDF\n--b--\n",
        link);
    scene_taken(scene_mail(s, "anna@acme.test", link, raw));
    scene_send(s);
    const struct notice *relay = scene_sent(s, "relay-partner", NULL, 0);
    g_assert_cmpstr(((struct notice_file *)relay->files->pdata[0])->name, ==, "To address.pdf");
    g_assert_cmpstr(scene_text(relay->data, "files.0.name"), ==, "To address.pdf");
}

static void
test_flood_fits_into_overviews(struct scene *s)
{
    g_autofree char *line = g_strnfill(400, 'x');
    GString *big = g_string_new(NULL);
    while (big->len < 600000)
        g_string_append_printf(big, "%s\n", line);
    mia_asks(s);
    for (guint i = 0; i < 60; i++) {
        g_autofree char *text = g_strdup_printf("%u\n%s", i, big->str);
        scene_taken(scene_write(s, "nora@garden.test", "acme@experts.test", "Flood", NULL, text));
    }
    g_string_free(big, TRUE);
    scene_taken(scene_write(s, "mia@mias-candles.test", "acme@experts.test", "PS", NULL, "Small and innocent."));
    guint items = 0, overviews = 0;
    for (guint hour = 0; hour < 4; hour++) {
        s->now += HOUR + 1;
        scene_forget(s);
        scene_send(s);
        const struct notice *overview = scene_sent(s, "overview", NULL, 0);
        if (!overview)
            continue;
        char *dump = json_dumps(overview->data, 0);
        g_assert_cmpuint(strlen(dump), <, 6 << 20);
        free(dump);
        overviews++;
        items += (guint)json_array_size(json_object_get(overview->data, "items"));
    }
    g_assert_cmpuint(overviews, ==, 2);
    g_assert_cmpuint(items, ==, 60);
}

static void
test_failed_overview_gives_back_what_it_told(struct scene *s)
{
    mia_asks(s);
    scene_taken(scene_write(s, "mia@mias-candles.test", "acme@experts.test", "PS", NULL, "Do not lose me."));
    s->now += HOUR;
    g_assert_cmpuint(scene_fail(s, OUTBOX_PERMANENT), ==, 1);
    s->now += HOUR;
    scene_send(s);
    const struct notice *overview = scene_sent(s, "overview", "team@acme.test", 0);
    g_assert_nonnull(overview);
    g_assert_cmpstr(scene_text(overview->data, "items.0.text"), ==, "Do not lose me.");
}

static void
test_no_overview_overtakes_another(struct scene *s)
{
    mia_asks(s);
    scene_taken(scene_write(s, "mia@mias-candles.test", "acme@experts.test", "PS", NULL, "One."));
    s->now += HOUR;
    g_assert_cmpuint(scene_fail(s, OUTBOX_TEMPORARY), ==, 1);
    scene_taken(scene_write(s, "mia@mias-candles.test", "acme@experts.test", "PPS", NULL, "Two."));
    for (guint i = 0; i < 6;
         i++) { /* the relay is away for hours: the first is tried again and again, the second waits */
        s->now += HOUR;
        g_assert_cmpuint(scene_fail(s, OUTBOX_TEMPORARY), <=, 1);
    }
    s->now += 5 * HOUR;
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "overview"), ==, 1);
    s->now += 2 * HOUR;
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "overview"), ==, 2);
}

static void
test_original_attached_is_left_out(struct scene *s)
{
    mia_asks(s);
    const struct notice *first = scene_sent(s, "first-contact", NULL, 0);
    g_autofree char *link = g_strdup(first->from_address);
    g_autofree char *raw = g_strdup_printf(
        "From: Anna <anna@acme.test>\nSubject: Re: A new theme\nMessage-ID: <eml@acme.test>\nMIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nSee the original.\n--b\n"
        "Content-Type: message/rfc822\nContent-Disposition: attachment; filename=\"A new theme.eml\"\n\n"
        "From: Mia <%s>\nTo: team@acme.test\nReply-To: <%s>\nSubject: A new theme\n\nCould you?\n--b--\n",
        link, link);
    scene_taken(scene_mail(s, "anna@acme.test", link, raw));
    scene_send(s);
    const struct notice *relay = scene_sent(s, "relay-partner", NULL, 0);
    g_assert_cmpuint(relay->files->len, ==, 0);
    g_assert_nonnull(strstr(scene_text(relay->data, "text"), "not passed on"));
}

static void
test_pasted_picture_goes_along(struct scene *s)
{
    g_autofree char *link = g_strdup(mia_asks(s));
    GString *raw = g_string_new(
        "From: Anna <anna@acme.test>\nSubject: Re: A new theme\nMessage-ID: <pic@acme.test>\nMIME-Version: 1.0\n"
        "Content-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>Like this?</p><img "
        "src=\"cid:a\">\n"
        "--b\nContent-Type: image/png; name=shot.png\nContent-ID: <a>\nContent-Transfer-Encoding: base64\n\n");
    for (guint i = 0; i < 200; i++)
        g_string_append(raw, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
    g_string_append(raw, "--b--\n");
    scene_taken(scene_mail(s, "anna@acme.test", link, raw->str));
    g_string_free(raw, TRUE);
    scene_send(s);
    g_assert_cmpuint(scene_sent(s, "relay-partner", NULL, 0)->files->len, ==, 1);
}

static void
test_bounced_overview_is_told_again(struct scene *s)
{
    mia_asks(s);
    scene_taken(scene_write(s, "mia@mias-candles.test", "acme@experts.test", "PS", NULL, "Do not lose me."));
    s->now += HOUR;
    scene_send(s);
    g_autofree char *path = g_strdup(scene_sent(s, "overview", NULL, 0)->envelope_sender);
    scene_taken(bounce(s, path, "failed", "5.2.2"));
    scene_import(s, "{\"organisations\":[{\"slug\":\"acme\",\"name\":\"Acme Studio\",\"notify\":\"new@acme.test\"}]}");
    scene_forget(s);
    s->now += HOUR + 1;
    scene_send(s);
    const struct notice *again = scene_sent(s, "overview", "new@acme.test", 0); /* where notifications go now */
    g_assert_nonnull(again);
    g_assert_cmpstr(scene_text(again->data, "items.0.text"), ==, "Do not lose me.");
}

static void
test_form_keeps_what_a_person_wrote(struct scene *s)
{
    scene_taken(scene_mail(s, "wordpress@site.test", "leads@experts.test",
                           "From: Site <wordpress@site.test>\nSubject: New submission from "
                           "mia@mias-candles.test\nMessage-ID: <k@site.test>\n\n"
                           "Name: Mia Jansen\nEmail: mia@mias-candles.test\nService: store-setup\nMessage: We are "
                           "@miascandles on Instagram.\n"));
    scene_send(s);
    const struct notice *first = scene_sent(s, "first-contact", NULL, 0);
    g_assert_nonnull(first);
    g_assert_nonnull(strstr(scene_text(first->data, "text"), "@miascandles"));
    char *dump = json_dumps(first->data, 0);
    g_assert_null(strstr(dump, "mia@mias-candles.test"));
    free(dump);
}

static void
add(const char *path, scene_test fn)
{
    g_test_add_data_func(path, (gconstpointer)fn, scene_run);
}

/* long: the list of tests */
int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("/market/main-job", test_main_job);
    add("/market/refusals-at-rcpt", test_refusals_at_rcpt);
    add("/market/refusals-in-their-readers-language", test_refusals_in_their_readers_language);
    add("/market/refusals-by-mail-keep-their-accents", test_refusals_by_mail_keep_their_accents);
    add("/market/rcpt-does-not-tell-whose-language-is-known", test_rcpt_does_not_tell_whose_language_is_known);
    add("/market/every-refusal-is-one-line-of-ascii", test_every_refusal_is_one_line_of_ascii);
    add("/market/link-out-of-date", test_link_out_of_date);
    add("/market/link-ignores-case", test_link_ignores_case);
    add("/market/link-with-one-character-changed-is-forged", test_link_with_one_bit_changed_is_forged);
    add("/market/second-mail-joins-the-first", test_second_mail_joins_the_first);
    add("/market/later-mail-starts-anew-and-names-the-old", test_later_mail_starts_anew_and_names_the_old);
    add("/market/same-mail-again-is-stored-and-told-once", test_same_mail_again_is_stored_and_told_once);
    add("/market/unregistered-sender-is-kept-and-told", test_unregistered_sender_is_kept_and_told);
    add("/market/staff-of-the-shop-may-write", test_staff_of_the_shop_may_write);
    add("/market/no-address-of-the-shop-is-shown", test_no_address_of_the_shop_is_shown);
    add("/market/every-answer-to-a-matched-request-refers-to-its-acknowledgement",
        test_every_answer_to_a_matched_request_refers_to_its_acknowledgement);
    add("/market/matched-request-goes-to-those-who-fit", test_matched_request_goes_to_those_who_fit);
    add("/market/nobody-fits", test_nobody_fits);
    add("/market/lead-is-shown-with-contact-and-not-listed", test_lead_is_shown_with_contact_and_not_listed);
    add("/market/expired-job", test_expired_job);
    add("/market/answer-in-the-last-second", test_answer_in_the_last_second);
    add("/market/out-of-office-stops-no-clock", test_out_of_office_stops_no_clock);
    add("/market/machine-starts-nothing", test_machine_starts_nothing);
    add("/market/commands-never-leave", test_commands_never_leave);
    add("/market/quoting-does-not-leak", test_quoting_does_not_leak);
    add("/market/reply-without-link-threads-by-our-message-id", test_reply_without_link_threads_by_our_message_id);
    add("/market/one-overview-an-interval", test_one_overview_an_interval);
    add("/market/answered-before-is-in-no-overview", test_answered_before_is_in_no_overview);
    add("/market/reply-to-an-overview-of-several-is-not-guessed", test_reply_to_an_overview_of_several_is_not_guessed);
    add("/market/registered-second-address-may-write", test_second_address_may_write);
    add("/market/one-refused-of-two-comes-back-by-mail", test_one_refused_of_two_comes_back_by_mail);
    add("/market/temporary-failures-end-after-five-days", test_failures);
    add("/market/backoff-doubles-with-jitter-for-five-days", test_backoff);
    add("/market/report-under-an-old-claim-is-ignored", test_report_under_an_old_claim_is_ignored);
    add("/market/experts-list", test_experts_list);
    add("/market/refusal-is-judged-anew", test_refusal_is_judged_anew);
    add("/market/message-id-threads-in-its-own-conversation-alone",
        test_message_id_of_another_conversation_threads_nowhere_else);
    add("/market/form-of-a-registered-merchant-is-masked",
        test_form_of_a_registered_merchant_is_masked_and_joins_nothing);
    add("/market/body-does-not-say-who-wrote", test_body_does_not_say_who_wrote);
    add("/market/nobody-writes-from-our-own-domain", test_nobody_writes_from_our_own_domain);
    add("/market/organisation-is-not-matched-to-itself", test_organisation_is_not_matched_to_itself);
    add("/market/dropshippers-go-to-those-who-work-with-them", test_dropshippers_go_to_those_who_work_with_them);
    add("/market/use-prolongs-a-link", test_use_prolongs_a_link);
    add("/market/closed-organisation-keeps-its-running-conversations",
        test_closed_organisation_keeps_its_running_conversations);
    add("/market/expiry-counts-for-listed-jobs-alone", test_expiry_counts_for_listed_jobs_alone);
    add("/market/expired-match-names-nobody", test_expired_match_names_nobody);
    add("/market/bounce-is-told-and-a-delay-is-not", test_bounce_is_told_and_a_delay_is_not);
    add("/market/two-ways-to-one-organisation-are-one", test_two_ways_to_one_organisation_are_one);
    add("/market/quoted-words-alone-go-nowhere", test_quoted_words_alone_go_nowhere);
    add("/market/every-unrelayed-mail-is-told", test_every_unrelayed_mail_is_told);
    add("/market/who-left-the-shop-hears-no-more", test_who_left_the_shop_hears_no_more);
    add("/market/rcpt-does-not-tell-who-is-a-member", test_rcpt_does_not_tell_who_is_a_member);
    add("/market/cards-stay-behind", test_cards_stay_behind);
    add("/market/a-file-name-gives-no-link-away", test_a_file_name_gives_no_link_away);
    add("/market/flood-fits-into-overviews", test_flood_fits_into_overviews);
    add("/market/failed-overview-gives-back-what-it-told", test_failed_overview_gives_back_what_it_told);
    add("/market/no-overview-overtakes-another", test_no_overview_overtakes_another);
    add("/market/original-attached-is-left-out", test_original_attached_is_left_out);
    add("/market/pasted-picture-goes-along", test_pasted_picture_goes_along);
    add("/market/bounced-overview-is-told-again", test_bounced_overview_is_told_again);
    add("/market/form-keeps-what-a-person-wrote", test_form_keeps_what_a_person_wrote);
    return g_test_run();
}
