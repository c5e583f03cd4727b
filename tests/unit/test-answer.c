/* A mail with commands: who is believed, what is performed, who hears of it. */
#include <stdlib.h>
#include <string.h>

#include "market/link.h"
#include "scene.h"

#define PASS "Authentication-Results: mx.experts.test; dmarc=pass header.from=acme.test\n"
#define FAIL "Authentication-Results: mx.experts.test; dmarc=fail header.from=acme.test\n"

static char *
mia_asks(struct scene *s)
{
    scene_taken(scene_write(s, "mia@mias-candles.test", "acme@experts.test", "A new theme", NULL, "A theme, please."));
    scene_send(s);
    char *link = g_strdup(scene_sent(s, "first-contact", "team@acme.test", 0)->from_address);
    scene_forget(s);
    return link;
}

static const char *
transcript(struct scene *s, const char *recipient, const char *path)
{
    const struct notice *notice = scene_sent(s, "transcript", recipient, 0);
    g_assert_nonnull(notice);
    return scene_text(notice->data, path);
}

/* ---- performing ---- */

static void
test_help_is_told_to_whoever_asked(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", "Reply-To: eve@evil.test\n", "/hulp"));
    scene_send(s);
    g_assert_cmpstr(transcript(s, "anna@acme.test", "items.0.say"), ==, "said.help");
    g_assert_cmpstr(transcript(s, "anna@acme.test", "done"), ==, "true");
    g_assert_cmpuint(s->sent->len, ==, 1);
    g_assert_cmpuint(scene_quarantined(s), ==, 0);
    scene_listed(s, "0.messages", "1");
}

/* All commands of a mail and its message are one: one that is unknown, and nothing happened. */
static void
test_an_unknown_command_relays_nothing(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "/help\n/declin\n\nSorry, no time."));
    scene_send(s);
    g_assert_cmpstr(transcript(s, "anna@acme.test", "items.0.say"), ==, "said.help");
    g_assert_cmpstr(transcript(s, "anna@acme.test", "items.1.say"), ==, "cannot.unknown_command");
    g_assert_cmpstr(transcript(s, "anna@acme.test", "done"), ==, "false");
    g_assert_cmpuint(s->sent->len, ==, 1);
    g_assert_cmpuint(scene_quarantined(s), ==, 1);
    scene_listed(s, "0.messages", "1");
    scene_listed(s, "0.job.state", "new");
}

static void
test_a_command_and_a_message(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "/help\n\nHappy to help."));
    scene_send(s);
    const struct notice *relayed = scene_sent(s, "relay-partner", "mia@mias-candles.test", 0);
    g_assert_nonnull(relayed);
    g_assert_cmpstr(scene_text(relayed->data, "text"), ==, "Happy to help.");
    g_assert_nonnull(scene_sent(s, "transcript", "anna@acme.test", 0));
    scene_listed(s, "0.job.state", "responded");
}

static void
test_an_expired_job_takes_commands_and_no_words(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    s->now += s->conf.answer_time + 1;
    struct verdict words = scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "Happy to help.");
    g_assert_cmpint(words.code, ==, 550);
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "/help"));
    scene_send(s);
    g_assert_cmpstr(transcript(s, "anna@acme.test", "done"), ==, "true");
    scene_forget(s);
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "/help\n\nHappy to help."));
    scene_send(s);
    g_assert_cmpstr(transcript(s, "anna@acme.test", "items.1.say"), ==, "cannot.job_expired");
    g_assert_null(scene_sent(s, "relay-partner", NULL, 0));
    scene_listed(s, "0.messages", "1");
}

static void
test_notifications_carry_commands(struct scene *s)
{
    scene_taken(scene_write(s, "joost@fietsen.test", "blauw@experts.test", "Winkel", NULL, "Een winkel, graag."));
    scene_send(s);
    const struct notice *first = scene_sent(s, "first-contact", "post@blauw.test", 0);
    g_autofree char *mailto = g_strdup_printf("mailto:%s?body=%%2Fafwijzen", first->from_address);
    g_assert_cmpstr(scene_text(first->data, "actions.1.say"), ==, "action.decline");
    g_assert_cmpstr(scene_text(first->data, "actions.1.command"), ==, "/afwijzen");
    g_assert_cmpstr(scene_text(first->data, "actions.1.mailto"), ==, mailto);
}

/* A mail to two conversations is answered twice: neither answer is taken for the other. */
static void
test_each_link_of_a_mail_is_answered(struct scene *s)
{
    g_autofree char *one = mia_asks(s);
    scene_taken(scene_write(s, "joost@fietsen.test", "acme@experts.test", "A shop", NULL, "A shop, please."));
    scene_send(s);
    g_autofree char *both =
        g_strdup_printf("%s %s", one, scene_sent(s, "first-contact", "team@acme.test", 0)->from_address);
    scene_forget(s);
    scene_taken(scene_write(s, "anna@acme.test", both, "Re: both", NULL, "/show\n/tag\n"));
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "transcript"), ==, 2);
    scene_forget(s);
    scene_taken(scene_write(s, "anna@acme.test", both, "Re: both", NULL, "/show\n"));
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "conversation"), ==, 2);
    scene_forget(s);
    scene_taken(scene_write(s, "anna@acme.test", both, "Re: both", NULL, ""));
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "not-relayed"), ==, 2);
}

/* ---- trust: DESIGN.md's table ---- */

static void
test_dmarc(struct scene *s)
{
    static const struct {
        const char *header;
        guint passed, quarantined;
        const char *verified;
    } rows[] = {{PASS, 1, 0, "true"}, {NULL, 1, 0, "false"}, {FAIL, 0, 1, "false"}};
    s->conf.authserv_id = (char *)"mx.experts.test";
    g_autofree char *link = mia_asks(s);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = g_strdup_printf("/help\n\nHappy to help %u.", i);
        guint quarantined = scene_quarantined(s);
        scene_forget(s);
        scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", rows[i].header, text));
        scene_send(s);
        g_assert_cmpuint(scene_sent_count(s, "transcript"), ==, rows[i].passed);
        g_assert_cmpuint(scene_sent_count(s, "relay-partner"), ==, rows[i].passed);
        g_assert_cmpuint(scene_sent_count(s, "not-relayed"), ==, !rows[i].passed);
        g_assert_cmpuint(scene_quarantined(s) - quarantined, ==, rows[i].quarantined);
        json_t *whole = view_conversation(&s->market, 1, s->now, NULL);
        g_autofree char *last = g_strdup_printf("messages.%u.verified", MIN(i, 1) + 1);
        g_assert_cmpstr(scene_text(whole, last), ==, rows[i].verified);
        json_decref(whole);
    }
}

/* Without a link headers alone would say where it belongs, and From who wrote it: not when that is known to be a lie.
 */
static void
test_a_lie_goes_on_in_no_conversation(struct scene *s)
{
    static const char lie[] = "Authentication-Results: mx.experts.test; dmarc=fail header.from=mias-candles.test\n";
    s->conf.authserv_id = (char *)"mx.experts.test";
    g_autofree char *link = mia_asks(s);
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "Gladly."));
    scene_send(s);
    const char *id = scene_sent(s, "relay-partner", "mia@mias-candles.test", 0)->message_id;
    g_autofree char *answer = g_strdup_printf("In-Reply-To: <%s>\n%s", id, lie);
    static const char *const places[] = {"acme@experts.test", "jobs@experts.test"};
    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        scene_taken(scene_write(s, "mia@mias-candles.test", places[i], "Re: A new theme", answer, "Pay to me."));
        scene_listed(s, "0.messages", "2");
        g_assert_cmpuint(scene_quarantined(s), ==, i + 1);
    }
    g_autofree char *honest = g_strdup_printf("In-Reply-To: <%s>\n", id);
    scene_taken(scene_write(s, "mia@mias-candles.test", "acme@experts.test", "Re: A new theme", honest, "Fine."));
    scene_listed(s, "0.messages", "3");
}

/* ---- confirmations ---- */

/* Anna tags Mia's conversation and wants the tag gone; the confirmation's address. */
static char *
anna_deletes_a_tag(struct scene *s, const char *link)
{
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "/tag vip"));
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "/tag-delete vip"));
    scene_send(s);
    const struct notice *question = scene_sent(s, "confirm", "anna@acme.test", 0);
    g_assert_nonnull(question);
    g_assert_cmpstr(scene_text(question->data, "line"), ==, "/tag-delete vip");
    g_assert_cmpstr(scene_text(question->data, "would.0.ok"), ==, "true");
    scene_listed(s, "0.tags.0", "vip");
    char *address = g_strdup(question->from_address);
    scene_forget(s);
    return address;
}

static const char *
said_to_anna(struct scene *s)
{
    scene_send(s);
    g_assert_cmpuint(s->sent->len, ==, 1);
    return transcript(s, "anna@acme.test", "items.0.say");
}

static void
test_irreversible_commands_are_confirmed_once(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    g_autofree char *confirm = anna_deletes_a_tag(s, link);
    scene_taken(scene_write(s, "anna@acme.test", confirm, "Re: one", NULL, "yes please"));
    g_assert_cmpstr(said_to_anna(s), ==, "cannot.confirm_without_word");
    scene_listed(s, "0.tags.0", "vip");
    scene_forget(s);
    scene_taken(scene_write(s, "anna@acme.test", confirm, "Re: two", NULL, "/bevestigen"));
    g_assert_cmpstr(said_to_anna(s), ==, "said.tag_deleted");
    scene_listed(s, "0.tags.0", "");
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "/tag vip"));
    scene_send(s);
    scene_forget(s);
    scene_taken(scene_write(s, "anna@acme.test", confirm, "Re: three", NULL, "/confirm"));
    g_assert_cmpstr(said_to_anna(s), ==, "cannot.confirmation_used");
    scene_listed(s, "0.tags.0", "vip");
}

static void
test_what_would_fail_is_not_asked(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "/tag-delete nowhere"));
    g_assert_cmpstr(said_to_anna(s), ==, "cannot.no_such_tag");
}

static void
test_a_confirmation_lives_a_day(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    g_autofree char *confirm = anna_deletes_a_tag(s, link);
    s->now += 86401;
    scene_taken(scene_write(s, "anna@acme.test", confirm, "Re: one", NULL, "/confirm"));
    g_assert_cmpstr(said_to_anna(s), ==, "cannot.confirmation_expired");
    scene_listed(s, "0.tags.0", "vip");
}

static void
test_a_confirmation_is_bound_to_its_state(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    g_autofree char *confirm = anna_deletes_a_tag(s, link);
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "Happy to help."));
    scene_send(s);
    scene_forget(s);
    scene_taken(scene_write(s, "anna@acme.test", confirm, "Re: one", NULL, "/confirm"));
    g_assert_cmpstr(said_to_anna(s), ==, "cannot.confirmation_moved");
    scene_listed(s, "0.tags.0", "vip");
}

/* Being opened by the mail that asks is no other state: else nobody could confirm what a first mail asks for. */
static void
test_what_a_first_mail_asks_for_can_be_confirmed(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "/block"));
    scene_send(s);
    g_autofree char *confirm = g_strdup(scene_sent(s, "confirm", "anna@acme.test", 0)->from_address);
    scene_listed(s, "0.job.state", "opened");
    scene_forget(s);
    scene_taken(scene_write(s, "anna@acme.test", confirm, "Re: one", NULL, "/confirm"));
    g_assert_cmpstr(said_to_anna(s), ==, "said.blocked_shop");
}

/* Nor are the words that stand below the command. */
static void
test_words_below_what_is_asked_do_not_spoil_it(struct scene *s)
{
    s->conf.authserv_id = (char *)"mx.experts.test";
    g_autofree char *link = mia_asks(s);
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "/inactive\n\nBack in spring."));
    scene_send(s);
    scene_listed(s, "0.messages", "1"); /* a job that nobody answered cannot rest: all of it is undone */
    scene_forget(s);
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: A new theme", NULL, "/decline\n\nNo time, sorry."));
    scene_send(s);
    g_autofree char *confirm = g_strdup(scene_sent(s, "confirm", "anna@acme.test", 0)->from_address);
    scene_listed(s, "0.job.state", "responded");
    scene_forget(s);
    scene_taken(scene_write(s, "anna@acme.test", confirm, "Re: one", NULL, "/confirm"));
    scene_send(s);
    g_assert_cmpstr(transcript(s, "anna@acme.test", "items.0.say"), ==, "said.declined");
    scene_listed(s, "0.job.state", "declined");
}

static void
test_a_confirmation_is_for_the_one_it_was_mailed_to(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    g_autofree char *confirm = anna_deletes_a_tag(s, link);
    static const char *const others[] = {"eve@evil.test", "bob@acme.test", "mia@mias-candles.test"};
    for (guint i = 0; i < G_N_ELEMENTS(others); i++)
        scene_taken(scene_write(s, others[i], confirm, "Re: one", NULL, "/confirm"));
    scene_taken(scene_write(s, "anna@acme.test", confirm, "x", "Auto-Submitted: auto-replied\n", "/confirm"));
    scene_send(s);
    g_assert_cmpuint(s->sent->len, ==, 0);
    g_assert_cmpuint(scene_quarantined(s), ==, 4);
    scene_listed(s, "0.tags.0", "vip");
}

/* Each mail is another one, so that nothing but the confirmation itself keeps it from acting twice. */
struct volley {
    struct scene *scene;
    const char *address;
    guint first;
};

static gpointer
fire(gpointer arg)
{
    const struct volley *volley = arg;
    struct scene mine = *volley->scene;
    for (guint i = 0; i < 125; i++) {
        g_autofree char *subject = g_strdup_printf("Re: %u", volley->first + i);
        scene_taken(scene_write(&mine, "anna@acme.test", volley->address, subject, NULL, "/confirm"));
    }
    return NULL;
}

static void
test_a_thousand_confirmations_act_once(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    g_autofree char *confirm = anna_deletes_a_tag(s, link);
    struct volley volleys[8];
    GThread *threads[8];
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++) {
        volleys[i] = (struct volley){s, confirm, i * 125};
        threads[i] = g_thread_new("volley", fire, &volleys[i]);
    }
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    scene_send(s);
    guint acted = 0, refused = 0;
    for (guint i = 0; i < s->sent->len; i++) {
        const struct notice *notice = g_ptr_array_index(s->sent, i);
        const char *say = scene_text(notice->data, "items.0.say");
        acted += strcmp(say, "said.tag_deleted") == 0;
        refused += strcmp(say, "cannot.confirmation_used") == 0;
    }
    g_assert_cmpuint(acted, ==, 1);
    g_assert_cmpuint(refused, ==, 999);
}

/* ---- a new address of somebody's ---- */

static const char *
adoption(struct scene *s, const char *recipient)
{
    const struct notice *told = scene_sent(s, "not-relayed", recipient, 0);
    g_assert_nonnull(told);
    const json_t *actions = json_object_get(told->data, "actions");
    const json_t *last = json_array_get(actions, json_array_size(actions) - 1);
    if (g_strcmp0(json_string_value(json_object_get(last, "say")), "action.adopt") != 0)
        return NULL;
    const char *mailto = json_string_value(json_object_get(last, "mailto"));
    g_assert_true(g_str_has_prefix(mailto, "mailto:r+"));
    return mailto + strlen("mailto:");
}

static void
test_a_new_address_is_adopted(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    scene_taken(scene_write(s, "anna@phone.test", link, "Re: A new theme", NULL, "Happy to help."));
    scene_send(s);
    g_assert_null(scene_sent(s, "relay-partner", NULL, 0));
    g_autofree char *address = g_strdup(adoption(s, "team@acme.test"));
    address[strcspn(address, "?")] = '\0';
    scene_forget(s);
    scene_taken(scene_write(s, "anna@phone.test", address, "Re: one", NULL, "/confirm")); /* not to be done by itself */
    scene_taken(scene_write(s, "anna@phone.test", link, "Re: A new theme", NULL, "Happy to help!"));
    scene_send(s);
    g_assert_null(scene_sent(s, "relay-partner", NULL, 0));
    scene_taken(scene_write(s, "team@acme.test", address, "Re: two", NULL, "/confirm"));
    scene_taken(scene_write(s, "anna@phone.test", link, "Re: A new theme", NULL, "Happy to help, again."));
    scene_send(s);
    g_assert_nonnull(scene_sent(s, "relay-partner", "mia@mias-candles.test", 0));
}

static void
test_a_merchants_new_address_is_adopted(struct scene *s)
{
    g_free(mia_asks(s));
    scene_taken(scene_write(s, "joost@fietsen.test", "acme@experts.test", "Shop", NULL, "A shop, please."));
    scene_send(s);
    g_autofree char *link = g_strdup(scene_sent(s, "ack", "joost@fietsen.test", 0)->from_address);
    scene_taken(scene_write(s, "joost@phone.test", link, "Re: Shop", NULL, "And a blog."));
    scene_send(s);
    g_autofree char *address = g_strdup(adoption(s, "joost@fietsen.test"));
    address[strcspn(address, "?")] = '\0';
    scene_taken(scene_write(s, "joost@fietsen.test", address, "Re: one", NULL, "/bevestigen"));
    guint quarantined = scene_quarantined(s);
    scene_taken(scene_write(s, "joost@phone.test", link, "Re: Shop", NULL, "And a blog, please."));
    g_assert_cmpuint(scene_quarantined(s), ==, quarantined);
}

/* Mail to it would come back in as somebody's words. */
static void
test_no_address_of_ours_is_anybodys(struct scene *s)
{
    scene_taken(scene_write(s, "joost@fietsen.test", "acme@experts.test", "Shop", NULL, "A shop, please."));
    scene_send(s);
    g_autofree char *link = g_strdup(scene_sent(s, "ack", "joost@fietsen.test", 0)->from_address);
    scene_taken(scene_write(s, "joost@fietsen.test", link, "Re: Shop", NULL, "/alias add Jobs@EXPERTS.test"));
    scene_send(s);
    g_assert_cmpstr(transcript(s, "joost@fietsen.test", "items.0.say"), ==, "cannot.address_taken");
}

/* Whose it is would tell one side the other's address. */
static void
test_an_address_of_somebody_else_is_not_offered(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    scene_taken(scene_write(s, "mia@mias-candles.test", link, "Re: A new theme", NULL, "Hello?"));
    scene_send(s);
    g_assert_null(adoption(s, "team@acme.test"));
    char *data = json_dumps(scene_sent(s, "not-relayed", "team@acme.test", 0)->data, 0);
    g_assert_null(strstr(data, "mia@mias-candles.test"));
    free(data);
}

/* ---- the desk ---- */

static void
test_desk_takes_commands_of_members(struct scene *s)
{
    scene_taken(scene_write(s, "anna@acme.test", "desk@experts.test", "x", "Reply-To: eve@evil.test\n", "/help"));
    scene_send(s);
    const struct notice *notice = scene_sent(s, "transcript", "anna@acme.test", 0);
    g_assert_nonnull(notice);
    g_assert_true(g_str_has_prefix(notice->from_address, "r+"));
    g_autofree char *own = g_strdup(notice->from_address);
    scene_forget(s);
    scene_taken(scene_write(s, "anna@acme.test", own, "x", NULL, "/help"));
    scene_send(s);
    g_assert_nonnull(scene_sent(s, "transcript", "anna@acme.test", 0));
}

static void
test_desk_takes_nothing_from_others(struct scene *s)
{
    static const char *const others[] = {"eve@evil.test", "mia@mias-candles.test", "daan@blauw.test"};
    scene_taken(scene_write(s, "anna@acme.test", "desk@experts.test", "x", NULL, "/help"));
    scene_send(s);
    g_autofree char *annas = g_strdup(scene_sent(s, "transcript", "anna@acme.test", 0)->from_address);
    scene_forget(s);
    for (guint i = 0; i < G_N_ELEMENTS(others); i++)
        scene_taken(scene_write(s, others[i], annas, "x", NULL, "/help"));
    g_assert_cmpuint(scene_quarantined(s), ==, 3);
    scene_send(s);
    g_assert_cmpuint(s->sent->len, ==, 0);
}

static void
test_desk_reads_no_ordinary_text(struct scene *s)
{
    scene_taken(scene_write(s, "anna@acme.test", "desk@experts.test", "x", NULL, "Hello, is anybody there?"));
    scene_send(s);
    g_assert_cmpstr(transcript(s, "anna@acme.test", "items.0.say"), ==, "cannot.desk_without_command");
    g_assert_cmpuint(scene_quarantined(s), ==, 1);
}

static void
test_desk_answers_no_machine(struct scene *s)
{
    scene_taken(scene_write(s, "anna@acme.test", "desk@experts.test", "x", "Auto-Submitted: auto-replied\n", "/help"));
    scene_send(s);
    g_assert_cmpuint(s->sent->len, ==, 0);
    g_assert_cmpuint(scene_quarantined(s), ==, 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, fn) g_test_add_data_func("/answer/" path, (gconstpointer)(fn), scene_run)
    ADD("help-is-told-to-whoever-asked", test_help_is_told_to_whoever_asked);
    ADD("an-unknown-command-relays-nothing", test_an_unknown_command_relays_nothing);
    ADD("a-command-and-a-message", test_a_command_and_a_message);
    ADD("an-expired-job-takes-commands-and-no-words", test_an_expired_job_takes_commands_and_no_words);
    ADD("notifications-carry-commands", test_notifications_carry_commands);
    ADD("each-link-of-a-mail-is-answered", test_each_link_of_a_mail_is_answered);
    ADD("no-address-of-ours-is-anybodys", test_no_address_of_ours_is_anybodys);
    ADD("dmarc", test_dmarc);
    ADD("a-lie-goes-on-in-no-conversation", test_a_lie_goes_on_in_no_conversation);
    ADD("irreversible-commands-are-confirmed-once", test_irreversible_commands_are_confirmed_once);
    ADD("what-would-fail-is-not-asked", test_what_would_fail_is_not_asked);
    ADD("a-confirmation-lives-a-day", test_a_confirmation_lives_a_day);
    ADD("a-confirmation-is-bound-to-its-state", test_a_confirmation_is_bound_to_its_state);
    ADD("what-a-first-mail-asks-for-can-be-confirmed", test_what_a_first_mail_asks_for_can_be_confirmed);
    ADD("words-below-what-is-asked-do-not-spoil-it", test_words_below_what_is_asked_do_not_spoil_it);
    ADD("a-confirmation-is-for-the-one-it-was-mailed-to", test_a_confirmation_is_for_the_one_it_was_mailed_to);
    ADD("a-thousand-confirmations-act-once", test_a_thousand_confirmations_act_once);
    ADD("a-new-address-is-adopted", test_a_new_address_is_adopted);
    ADD("a-merchants-new-address-is-adopted", test_a_merchants_new_address_is_adopted);
    ADD("an-address-of-somebody-else-is-not-offered", test_an_address_of_somebody_else_is_not_offered);
    ADD("desk-takes-commands-of-members", test_desk_takes_commands_of_members);
    ADD("desk-takes-nothing-from-others", test_desk_takes_nothing_from_others);
    ADD("desk-reads-no-ordinary-text", test_desk_reads_no_ordinary_text);
    ADD("desk-answers-no-machine", test_desk_answers_no_machine);
    return g_test_run();
}
