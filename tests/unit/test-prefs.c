/* Preferences, members, services and further addresses (R1, R4), on a real store. */
#include <string.h>

#include "market/prefs.h"
#include "scene.h"

#define HOUR 3600
#define DAY 86400

static void
assert_org(struct scene *s, const char *path, const char *expected)
{
    g_autoptr(GError) error = NULL;
    json_t *o = view_organisation(&s->market, "acme", &error);
    g_assert_no_error(error);
    json_t *value = o;
    g_auto(GStrv) keys = g_strsplit(path, ".", -1);
    for (char **key = keys; *key; key++)
        value = json_object_get(value, *key);
    const char *text = json_is_boolean(value) ? (json_is_true(value) ? "yes" : "no") : json_string_value(value);
    g_assert_cmpstr(text, ==, expected);
    json_decref(o);
}

static struct verdict
asks(struct scene *s, const char *from)
{
    return scene_write(s, from, "acme@experts.test", "Help", NULL, "Could you help me with a theme?");
}

static void
assert_said(struct scene *s, const char *words, const char *key)
{
    g_test_message("%s", words);
    g_assert_cmpstr(scene_command(s, "acme", 0, words), ==, key);
}

/* A fact of a list: "key=value" by place. */
static char *
fact(struct scene *s, const char *actor, const char *words, const char *path)
{
    json_t *items = scene_perform(s, "acme", 0, actor, words, NULL);
    char *text = g_strdup(scene_text(json_object_get(json_array_get(items, 0), "facts"), path));
    json_decref(items);
    return text;
}

/* ---- preferences ---- */

static const struct {
    const char *words, *key, *path, *expected;
} settings[] = {
    {"/prefs available no", "said.pref_set", "available", "no"},
    {"/voorkeuren beschikbaar ja", "said.pref_set", "available", "yes"},
    {"/prefs search NEE", "said.pref_set", "preferences.searchable", "no"},
    {"/pr\u00e9f\u00e9rences recherche oui", "said.pref_set", "preferences.searchable", "yes"},
    {"/prefs matching: no", "said.pref_set", "preferences.matched", "no"},
    {"/preferencje dopasowanie tak", "said.pref_set", "preferences.matched", "yes"},
    {"/prefs dropshipping = off", "said.pref_set", "preferences.dropshipping", "no"},
    {"/prefs notify bob@acme.test", "said.pref_set", "notify", "bob@acme.test"},
    {"/prefs notify BOB@ACME.TEST", "said.pref_set", "notify", "bob@acme.test"},
    {"/prefs notify stranger@evil.test", "cannot.pref_notify", "notify", "bob@acme.test"},
    {"/prefs notify daan@blauw.test", "cannot.pref_notify", "notify", "bob@acme.test"},
    {"/prefs notify nonsense", "cannot.pref_value", "notify", "bob@acme.test"},
    {"/prefs timezone Europe/Amsterdam", "said.pref_set", "available", "yes"},
    {"/prefs timezone Europe/Atlantis", "cannot.pref_value", "available", "yes"},
    {"/prefs reminders no", "said.pref_set", "available", "yes"},
    {"/prefs calendar no", "said.pref_set", "available", "yes"},
    {"/prefs digest mime", "said.pref_set_for", "available", "yes"},
    {"/prefs digest weekly", "cannot.pref_value", "available", "yes"},
    {"/prefs available maybe", "cannot.pref_value", "available", "yes"},
    {"/prefs available", "cannot.pref_value", "available", "yes"},
    {"/prefs published no", "cannot.no_such_pref", "published", "yes"}, /* that is the admin's */
    {"/prefs slug evil", "cannot.no_such_pref", "slug", "acme"},
};

static void
test_each_is_set_in_any_language(struct scene *s)
{
    for (guint i = 0; i < G_N_ELEMENTS(settings); i++) {
        assert_said(s, settings[i].words, settings[i].key);
        assert_org(s, settings[i].path, settings[i].expected);
    }
}

static void
test_they_are_shown(struct scene *s)
{
    g_autofree char *available = fact(s, "anna@acme.test", "/prefs", "0.value.say");
    g_assert_cmpstr(available, ==, "answer.yes");
    assert_said(s, "/prefs available no", "said.pref_set");
    g_autofree char *closed = fact(s, "anna@acme.test", "/prefs", "0.value.say");
    g_assert_cmpstr(closed, ==, "answer.no");
}

/* Language and overviews are one's own; the notification address speaks for the organisation. */
static void
test_language_is_a_persons_own(struct scene *s)
{
    assert_said(s, "/prefs language Nederlands", "said.pref_set_for");
    assert_org(s, "language", "en");
    g_autofree char *hers = fact(s, "anna@acme.test", "/prefs", "4.value");
    g_autofree char *his = fact(s, "bob@acme.test", "/prefs", "4.value");
    g_assert_cmpstr(hers, ==, "nl");
    g_assert_cmpstr(his, ==, "en");
    assert_said(s, "/list", "said.results_follow");
    scene_send(s);
    g_assert_cmpstr(scene_sent(s, "results", "anna@acme.test", 0)->language, ==, "nl"); /* and is answered in it */
    g_assert_cmpstr(scene_command_as(s, "acme", 0, "team@acme.test", "/prefs language pl"), ==, "said.pref_set_for");
    assert_org(s, "language", "pl");
    g_assert_cmpstr(scene_command_as(s, "acme", 0, "team@acme.test", "/prefs language klingon"), ==,
                    "cannot.pref_value");
    g_autofree char *digest = fact(s, "bob@acme.test", "/prefs", "9.value");
    g_assert_cmpstr(digest, ==, "off");
}

/* Times in an organisation's mails are those of its clock; a merchant's are the gateway's. */
static void
test_mails_tell_the_organisations_time(struct scene *s)
{
    scene_write(s, "mia@mias-candles.test", "acme@experts.test", "Help", NULL, "A theme?");
    scene_send(s);
    g_assert_null(scene_sent(s, "first-contact", NULL, 0)->timezone); /* the gateway's */
    assert_said(s, "/prefs timezone Europe/Warsaw", "said.pref_set");
    scene_forget(s);
    scene_write(s, "joost@fietsen.test", "acme@experts.test", "Help", NULL, "A theme?");
    scene_write(s, "anna@acme.test", "desk@experts.test", "", NULL, "/away 24.12.2026\n/list");
    scene_send(s);
    static const char *const kinds[] = {"first-contact", "transcript", "results"};
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
        g_assert_cmpstr(scene_sent(s, kinds[i], NULL, 0)->timezone, ==, "Europe/Warsaw");
    g_assert_null(scene_sent(s, "ack", "joost@fietsen.test", 0)->timezone);
}

static void
test_unavailable_stops_new_work_and_not_what_runs(struct scene *s)
{
    g_assert_cmpint(asks(s, "mia@mias-candles.test").kind, ==, VERDICT_TAKEN);
    assert_said(s, "/prefs available no", "said.pref_set");
    g_assert_cmpint(asks(s, "mia@mias-candles.test").kind, ==, VERDICT_TAKEN);
    g_assert_cmpstr(asks(s, "joost@fietsen.test").enhanced, ==, "5.2.1");
    s->now += 73 * HOUR;
    scene_send(s); /* the clock went on */
    json_t *list = scene_conversations(s);
    g_assert_cmpstr(scene_text(list, "0.job.state"), ==, "expired");
    json_decref(list);
}

/* ---- away ---- */

static void
test_away_comes_back_by_itself(struct scene *s)
{
    assert_said(s, "/away 2026-12-24", "said.away");
    assert_org(s, "available", "no");
    g_assert_cmpstr(asks(s, "joost@fietsen.test").enhanced, ==, "5.2.1");
    s->now = 1798070399; /* 2026-12-23, 23:59:59 UTC */
    scene_send(s);
    assert_org(s, "available", "no");
    s->now++;
    g_assert_cmpint(asks(s, "joost@fietsen.test").kind, ==, VERDICT_TAKEN); /* the timer has not run yet */
    scene_send(s);
    assert_org(s, "available", "yes");
}

static void
test_away_ends_when_somebody_says_so(struct scene *s)
{
    assert_said(s, "/afwezig tot 24 december", "said.away");
    assert_said(s, "/prefs available yes", "said.pref_set");
    assert_org(s, "available", "yes");
    assert_said(s, "/away 24.12.2026", "said.away");
    assert_said(s, "/away off", "said.back");
    assert_org(s, "available", "yes");
    assert_said(s, "/away 24.12.2026", "said.away");
    assert_said(s, "/prefs available no", "said.pref_set"); /* with no end now */
    s->now += 40 * DAY;
    scene_send(s);
    assert_org(s, "available", "no");
    assert_said(s, "/away", "cannot.away_date");
    assert_said(s, "/away someday", "cannot.away_date");
    assert_said(s, "/away 2020-01-01", "cannot.away_date");
}

static void
test_a_later_day_takes_the_place_of_an_earlier(struct scene *s)
{
    assert_said(s, "/away 2026-11-24", "said.away");
    assert_said(s, "/away 2026-12-24", "said.away");
    s->now += 3 * DAY;
    scene_send(s);
    assert_org(s, "available", "no");
}

/* ---- members ---- */

static void
make_owner(struct scene *s)
{
    g_assert_cmpstr(scene_command_as(s, "acme", 0, "team@acme.test", "/member owner anna@acme.test"), ==,
                    "said.member_owner");
}

static void
test_owners_change_members(struct scene *s)
{
    assert_said(s, "/member add cleo@acme.test Cleo", "cannot.owners_only"); /* nobody is one but the address */
    make_owner(s);
    g_assert_cmpstr(scene_command_as(s, "acme", 0, "team@acme.test", "/member add x@acme.test"), ==,
                    "cannot.owners_only"); /* there is an owner now */
    assert_said(s, "/member add cleo@acme.test Cleo de Vries", "said.member_added");
    assert_said(s, "/member add cleo@acme.test", "cannot.member_already");
    assert_said(s, "/member add daan@blauw.test", "cannot.address_taken");
    assert_said(s, "/member add mia@mias-candles.test", "cannot.address_taken");
    assert_said(s, "/member add acme@experts.test", "cannot.address_taken");
    assert_said(s, "/member add nobody", "cannot.address_missing");
    assert_said(s, "/member promote cleo@acme.test", "cannot.member_form");
    g_autofree char *name = fact(s, "bob@acme.test", "/member list", "2.name");
    g_assert_cmpstr(name, ==, "Cleo de Vries");
    g_assert_cmpstr(scene_command_as(s, "acme", 0, "cleo@acme.test", "/member remove bob@acme.test"), ==,
                    "cannot.owners_only");
    assert_said(s, "/member remove anna@acme.test", "cannot.last_owner");
    assert_said(s, "/teamlid verwijderen cleo@acme.test", "said.member_removed");
    assert_said(s, "/member remove cleo@acme.test", "cannot.not_a_member");
    assert_said(s, "/member remove daan@blauw.test", "cannot.not_a_member");
}

/* Who wrote to somebody as a lead is answered at that address: an organisation that had it would read along. */
static void
test_no_address_of_a_lead_becomes_anybodys(struct scene *s)
{
    static const char *const lines[] = {"/member add lena@vogt.test", "/alias add lena@vogt.test"};
    scene_write(s, "lena@vogt.test", "blauw@experts.test", "A shop", NULL, "I would like a shop.");
    make_owner(s);
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++)
        assert_said(s, lines[i], "cannot.address_taken");
    assert_said(s, "/member add team@acme.test", "said.member_added"); /* its own */
}

/* However much the sender is believed: asked at the actor's own address, and told at the notification address. */
static void
test_a_member_more_is_confirmed_and_told(struct scene *s)
{
    g_assert_cmpint(asks(s, "mia@mias-candles.test").kind, ==, VERDICT_TAKEN);
    scene_send(s);
    g_autofree char *link = g_strdup(scene_sent(s, "first-contact", "team@acme.test", 0)->from_address);
    make_owner(s);
    scene_forget(s);
    scene_write(s, "anna@acme.test", link, "x", NULL, "/member add cleo@acme.test Cleo");
    scene_send(s);
    const struct notice *question = scene_sent(s, "confirm", "anna@acme.test", 0);
    g_assert_nonnull(question);
    g_autofree char *confirm = g_strdup(question->from_address);
    g_assert_null(scene_sent(s, "member-added", NULL, 0));
    g_autofree char *third = fact(s, "anna@acme.test", "/member list", "2.address");
    g_assert_cmpstr(third, ==, "");
    scene_forget(s);
    scene_write(s, "anna@acme.test", confirm, "Re: x", NULL, "/confirm");
    scene_send(s);
    const struct notice *told = scene_sent(s, "member-added", "team@acme.test", 0);
    g_assert_nonnull(told);
    g_assert_cmpstr(scene_text(told->data, "address"), ==, "cleo@acme.test");
    g_assert_cmpstr(scene_text(told->data, "by"), ==, "anna@acme.test");
    g_assert_cmpstr(scene_text(told->data, "actions.0.command"), ==, "/member remove cleo@acme.test");
    g_autofree char *added = fact(s, "anna@acme.test", "/member list", "2.address");
    g_assert_cmpstr(added, ==, "cleo@acme.test");
}

/* What mails offer with one tap is in their language, and understood. */
static void
test_removing_is_offered_in_the_readers_language(struct scene *s)
{
    static const char *const languages[] = {"en", "nl", "fr", "pl"};
    static const char *const commands[] = {"/member remove", "/teamlid verwijderen", "/membre retirer",
                                           "/cz\u0142onek usu\u0144"};
    for (guint i = 0; i < G_N_ELEMENTS(languages); i++) {
        g_autofree char *language = g_strdup_printf("/prefs language %s", languages[i]);
        g_autofree char *expected = g_strdup_printf("%s cleo@acme.test", commands[i]);
        g_assert_cmpstr(scene_command_as(s, "acme", 0, "team@acme.test", language), ==, "said.pref_set_for");
        g_assert_cmpstr(scene_command_as(s, "acme", 0, "admin", "/member add cleo@acme.test"), ==, "said.member_added");
        scene_forget(s);
        scene_send(s);
        const struct notice *told = scene_sent(s, "member-added", "team@acme.test", 0);
        g_assert_nonnull(told);
        g_assert_cmpstr(scene_text(told->data, "actions.0.command"), ==, expected);
        g_assert_cmpstr(scene_command_as(s, "acme", 0, "admin", expected), ==, "said.member_removed");
        s->now++;
    }
}

static void
test_who_is_removed_acts_no_more(struct scene *s)
{
    g_assert_cmpint(asks(s, "mia@mias-candles.test").kind, ==, VERDICT_TAKEN);
    scene_send(s);
    g_autofree char *link = g_strdup(scene_sent(s, "first-contact", "team@acme.test", 0)->from_address);
    make_owner(s);
    assert_said(s, "/member remove bob@acme.test", "said.member_removed");
    scene_forget(s);
    g_assert_cmpint(scene_write(s, "bob@acme.test", link, "Re: Help", NULL, "I am still here.").kind, ==,
                    VERDICT_TAKEN);
    scene_send(s);
    g_assert_null(scene_sent(s, "relay-partner", NULL, 0));
}

/* ---- services ---- */

static void
test_services_and_rates(struct scene *s)
{
    assert_said(s, "/service add migration 80 EUR", "said.service_rated");
    g_autofree char *rate = fact(s, "anna@acme.test", "/service", "0.rate_money.amount");
    g_assert_cmpstr(rate, ==, "8000");
    assert_said(s, "/service add migration 90 EUR", "cannot.service_already");
    assert_said(s, "/service rate migration 92,50 EUR", "said.service_rated");
    g_autofree char *higher = fact(s, "anna@acme.test", "/dienst lijst", "0.rate_money.amount");
    g_assert_cmpstr(higher, ==, "9250");
    assert_said(s, "/service rate painting 5 EUR", "cannot.no_such_service");
    assert_said(s, "/service rate migration", "cannot.service_form");
    assert_said(s, "/service rate migration cheap", "cannot.amount_missing");
    assert_said(s, "/service rate migration 80", "cannot.amount_no_currency");
    assert_said(s, "/service add ../etc", "cannot.service_name");
    assert_said(s, "/service add", "cannot.service_form");
    assert_said(s, "/service remove migration", "said.service_removed");
    assert_said(s, "/service remove migration", "cannot.no_such_service");
}

/* R1: without a service nothing new reaches it. */
static void
test_without_the_last_service_it_is_closed(struct scene *s)
{
    assert_said(s, "/service remove theme-design", "said.service_removed");
    g_assert_cmpint(asks(s, "mia@mias-candles.test").kind, ==, VERDICT_TAKEN);
    assert_said(s, "/service remove store-setup", "said.last_service_removed");
    g_assert_cmpstr(asks(s, "joost@fietsen.test").enhanced, ==, "5.1.1");
    g_assert_cmpint(asks(s, "mia@mias-candles.test").kind, ==, VERDICT_TAKEN); /* hers is running */
    assert_said(s, "/service add store-setup", "said.service_added");
    g_assert_cmpint(asks(s, "joost@fietsen.test").kind, ==, VERDICT_TAKEN);
}

/* ---- further addresses ---- */

static void
test_a_further_address_acts_as_the_member(struct scene *s)
{
    g_assert_cmpint(asks(s, "mia@mias-candles.test").kind, ==, VERDICT_TAKEN);
    scene_send(s);
    g_autofree char *link = g_strdup(scene_sent(s, "first-contact", "team@acme.test", 0)->from_address);
    assert_said(s, "/alias add anna@home.test", "said.alias_added");
    scene_forget(s);
    g_assert_cmpint(scene_write(s, "anna@home.test", link, "Re: Help", NULL, "Gladly. anna@home.test").kind, ==,
                    VERDICT_TAKEN);
    scene_send(s);
    const struct notice *relay = scene_sent(s, "relay-partner", "mia@mias-candles.test", 0);
    g_assert_nonnull(relay);
    g_autofree char *owner_less = fact(s, "anna@home.test", "/alias", "0.address");
    g_assert_cmpstr(owner_less, ==, "anna@home.test");
    /* it is the organisation's: no merchant can have it, and it starts no conversation with its own */
    g_assert_cmpstr(asks(s, "anna@home.test").enhanced, ==, "5.7.1");
    assert_said(s, "/alias add anna@home.test", "cannot.address_yours");
    g_assert_cmpstr(scene_command_as(s, "blauw", 0, "daan@blauw.test", "/alias add anna@home.test"), ==,
                    "cannot.address_taken");
    assert_said(s, "/alias remove anna@home.test", "said.alias_removed");
    assert_said(s, "/alias remove anna@home.test", "cannot.no_such_alias");
    scene_forget(s);
    g_assert_cmpint(scene_write(s, "anna@home.test", link, "Re: Help", NULL, "Once more.").kind, ==, VERDICT_TAKEN);
    scene_send(s);
    g_assert_null(scene_sent(s, "relay-partner", NULL, 0));
}

static void
test_further_addresses_have_limits(struct scene *s)
{
    assert_said(s, "/alias add mia@home.test", "cannot.address_taken");
    assert_said(s, "/alias add daan@blauw.test", "cannot.address_taken");
    assert_said(s, "/alias add jobs@experts.test", "cannot.address_taken");
    assert_said(s, "/alias add bob@acme.test", "cannot.address_yours");
    assert_said(s, "/alias add x", "cannot.address_missing");
    assert_said(s, "/alias", "said.no_aliases");
    g_assert_cmpstr(scene_command_as(s, "acme", 0, "team@acme.test", "/alias add a@b.test"), ==,
                    "cannot.alias_of_nobody");
    for (guint i = 0; i < 10; i++) {
        g_autofree char *words = g_strdup_printf("/alias add a%u@home.test", i);
        assert_said(s, words, "said.alias_added");
    }
    assert_said(s, "/alias add b@home.test", "cannot.too_many_aliases");
    /* A member that goes takes them along, whichever way it goes. */
    scene_import(s,
                 "{\"organisations\":[{\"slug\":\"acme\",\"name\":\"Acme Studio\",\"members\":[\"bob@acme.test\"]}]}");
    g_assert_cmpstr(scene_command_as(s, "blauw", 0, "daan@blauw.test", "/alias add a0@home.test"), ==,
                    "said.alias_added");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define add(name, fn) g_test_add_data_func("/prefs/" name, fn, scene_run)
    add("each-is-set-in-any-language", test_each_is_set_in_any_language);
    add("they-are-shown", test_they_are_shown);
    add("language-is-a-persons-own", test_language_is_a_persons_own);
    add("mails-tell-the-organisations-time", test_mails_tell_the_organisations_time);
    add("unavailable-stops-new-work-and-not-what-runs", test_unavailable_stops_new_work_and_not_what_runs);
    add("away-comes-back-by-itself", test_away_comes_back_by_itself);
    add("away-ends-when-somebody-says-so", test_away_ends_when_somebody_says_so);
    add("a-later-day-takes-the-place-of-an-earlier", test_a_later_day_takes_the_place_of_an_earlier);
    add("owners-change-members", test_owners_change_members);
    add("no-address-of-a-lead-becomes-anybodys", test_no_address_of_a_lead_becomes_anybodys);
    add("a-member-more-is-confirmed-and-told", test_a_member_more_is_confirmed_and_told);
    add("removing-is-offered-in-the-readers-language", test_removing_is_offered_in_the_readers_language);
    add("who-is-removed-acts-no-more", test_who_is_removed_acts_no_more);
    add("services-and-rates", test_services_and_rates);
    add("without-the-last-service-it-is-closed", test_without_the_last_service_it_is_closed);
    add("a-further-address-acts-as-the-member", test_a_further_address_acts_as_the_member);
    add("further-addresses-have-limits", test_further_addresses_have_limits);
    return g_test_run();
}
