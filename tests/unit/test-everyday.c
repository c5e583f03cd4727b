/* The everyday commands of both sides, by mail: what becomes of the job, who hears, and what never leaves. */
#include <string.h>

#include "market/absence.h"
#include "market/comment.h"
#include "market/link.h"
#include "market/oversee.h"
#include "market/refusal.h"
#include "scene.h"

#define HOUR 3600
#define MIA "mia@mias-candles.test"
#define ANNA "anna@acme.test"
#define BOB "bob@acme.test"
#define TEAM "team@acme.test"

static void
assert_state(struct scene *s, const char *expected)
{
    scene_listed(s, "0.job.state", expected);
}

/* A path into `conversation show`. */
static char *
shown(struct scene *s, gint64 id, const char *path)
{
    json_t *whole = view_conversation(&s->market, id, s->now, NULL);
    char *text = g_strdup(scene_text(whole, path));
    json_decref(whole);
    return text;
}

static void
assert_shown(struct scene *s, const char *path, const char *expected)
{
    g_autofree char *text = shown(s, 1, path);
    g_assert_cmpstr(text, ==, expected);
}

/* Mia asks; Acme's reply address. Caller frees. */
static char *
mia_asks(struct scene *s)
{
    scene_taken(scene_write(s, MIA, "acme@experts.test", "A new theme", NULL, "Could you do a theme design for me?"));
    scene_send(s);
    char *link = g_strdup(scene_sent(s, "first-contact", TEAM, 0)->from_address);
    scene_forget(s);
    return link;
}

static void
acme_side(struct scene *s, const char *from, const char *link, const char *text)
{
    scene_taken(scene_write(s, from, link, "Re: A new theme", NULL, text));
    scene_send(s);
}

/* Acme has answered; the merchant's reply address. Caller frees. */
static char *
anna_answers(struct scene *s, const char *link)
{
    acme_side(s, ANNA, link, "Happy to help.");
    char *to_acme = g_strdup(scene_sent(s, "relay-partner", NULL, 0)->from_address);
    scene_forget(s);
    return to_acme;
}

static void
mia_side(struct scene *s, const char *from, const char *link, const char *extra, const char *text)
{
    scene_taken(scene_write(s, from, link, "Re: A new theme", extra, text));
    scene_send(s);
}

/* The n-th line of the last transcript to somebody. */
static const char *
told(struct scene *s, const char *recipient, guint n)
{
    const struct notice *notice = NULL;
    for (guint i = 0; scene_sent(s, "transcript", recipient, i); i++)
        notice = scene_sent(s, "transcript", recipient, i);
    g_autofree char *path = g_strdup_printf("items.%u.say", n);
    return notice ? scene_text(notice->data, path) : "(no transcript)";
}

static gint64
count_of(struct scene *s, const char *kind)
{
    return scene_sent_count(s, kind);
}

/* ---- R17: states ---- */

static void
test_a_command_opens(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    assert_state(s, "new");
    acme_side(s, ANNA, link, "/read");
    assert_state(s, "opened");
    scene_listed(s, "0.unread", "0");
    acme_side(s, ANNA, link, "/unread");
    assert_state(s, "opened");
    scene_listed(s, "0.unread", "1");
}

/* A command, the state before and after, what is said. */
static const struct {
    const char *before, *command, *said, *after;
} steps[] = {
    {"", "/complete", "cannot.job_unanswered", "new"},
    {"", "/inactive", "cannot.job_unanswered", "new"},
    {"", "/active", "cannot.job_unanswered", "new"},
    {"", "/answered", "cannot.not_a_lead", "new"},
    {"", "/send", "cannot.not_a_lead", "new"},
    {"", "/undo", "cannot.undo_nothing", "new"},
    {"", "/decline No time.", "said.declined", "declined"},
    {"/decline", "/decline", "said.declined_already", "declined"},
    {"/decline", "/complete", "cannot.job_declined", "declined"},
    {"/decline", "/active", "cannot.job_declined", "declined"},
    {"Hello.", "/complete", "said.completed", "completed"},
    {"Hello.", "/voltooien", "said.completed", "completed"},
    {"Hello.", "/terminer", "said.completed", "completed"},
    {"Hello.", "/UKO\305\203CZ", "said.completed", "completed"},
    {"Hello.", "/inactive", "said.inactive", "inactive"},
    {"Hello.", "/active", "said.active", "responded"},
    {"Hello.", "/decline", "said.declined", "declined"},
    {"/inactive|Hello.", "/active", "said.active", "responded"},
    {"/inactive|Hello.", "/complete", "said.completed", "completed"},
    {"/complete|Hello.", "/inactive", "cannot.job_completed", "completed"},
    {"/complete|Hello.", "/decline", "cannot.job_completed", "completed"},
    {"/complete|Hello.", "/spam", "cannot.job_completed", "completed"},
    {"Hello.", "/spam", "said.spam", "declined"},
    {"", "/spam", "said.spam", "declined"},
};

static void
test_states_by_command(struct scene *s)
{
    for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_autofree char *merchants = g_strdup_printf("m%u@shop.test", i);
        g_auto(GStrv) before = g_strsplit(steps[i].before, "|", -1);
        scene_taken(scene_write(s, merchants, "acme@experts.test", "Hi", NULL, "Help me, please."));
        scene_send(s);
        g_autofree char *link = g_strdup(scene_sent(s, "lead", TEAM, 0)->from_address);
        for (guint k = g_strv_length(before); k > 0; k--)
            acme_side(s, ANNA, link, before[k - 1]);
        acme_side(s, ANNA, link, steps[i].command);
        g_test_message("%s, then %s: %s", steps[i].before, steps[i].command, told(s, ANNA, 0));
        /* These merchants are leads: what only leads have is asked elsewhere. */
        if (!strstr(steps[i].said, "not_a_lead")) {
            g_assert_cmpstr(told(s, ANNA, 0), ==, steps[i].said);
            assert_state(s, steps[i].after);
        }
        scene_forget(s);
    }
}

static void
test_what_only_leads_have(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    acme_side(s, ANNA, link, "/answered");
    g_assert_cmpstr(told(s, ANNA, 0), ==, "cannot.not_a_lead");
    acme_side(s, ANNA, link, "/send");
    g_assert_cmpstr(told(s, ANNA, 0), ==, "cannot.not_a_lead");
    assert_state(s, "new");
}

static void
test_mail_leaves_inactive_and_active_asks_the_last_message(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    g_autofree char *to_acme = anna_answers(s, link);
    acme_side(s, ANNA, link, "/inactive");
    mia_side(s, MIA, to_acme, NULL, "Are you there?");
    assert_state(s, "inactive");
    acme_side(s, ANNA, link, "/active");
    assert_state(s, "awaiting_response");
}

static void
test_mail_passes_after_completion(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    g_autofree char *to_acme = anna_answers(s, link);
    acme_side(s, ANNA, link, "/complete");
    mia_side(s, MIA, to_acme, NULL, "Thank you!");
    assert_state(s, "completed");
    acme_side(s, ANNA, link, "You are welcome.");
    g_assert_nonnull(scene_sent(s, "relay-partner", MIA, 0));
    assert_state(s, "completed");
}

/* ---- R19: declining ---- */

static void
test_a_decline_is_told_with_its_reason(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    acme_side(s, ANNA, link, "/decline We are full, <anna@acme.test> is away.");
    const struct notice *notice = scene_sent(s, "declined-merchant", MIA, 0);
    g_assert_nonnull(notice);
    g_assert_cmpstr(scene_text(notice->data, "organisation.name"), ==, "Acme Studio");
    g_assert_true(g_str_has_prefix(scene_text(notice->data, "reason"), "We are full"));
    g_assert_null(strstr(scene_text(notice->data, "reason"), "anna@"));
    g_assert_cmpstr(scene_text(notice->data, "actions.0.command"), ==, "/rematch");
    assert_shown(s, "job.state", "declined");
}

static void
test_the_merchant_declines(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    g_autofree char *to_acme = anna_answers(s, link);
    acme_side(s, ANNA, link, "/assign bob@acme.test");
    scene_forget(s);
    mia_side(s, MIA, to_acme, NULL, "/decline Found somebody in our street.");
    assert_state(s, "declined");
    const struct notice *notice = scene_sent(s, "declined-partner", TEAM, 0);
    g_assert_nonnull(notice);
    g_assert_cmpstr(scene_text(notice->data, "reason"), ==, "Found somebody in our street.");
    g_assert_nonnull(scene_sent(s, "declined-partner", BOB, 0));
    g_assert_cmpstr(told(s, MIA, 0), ==, "said.declined");
}

/* R7: of several who were asked, the merchant hears when nobody is left, and not who it was. */
static void
test_matched_declines_are_told_once(struct scene *s)
{
    scene_taken(scene_write(s, MIA, "jobs@experts.test", "Shop", NULL, "I need a store setup."));
    scene_send(s);
    g_autofree char *acme = g_strdup(scene_sent(s, "first-contact", TEAM, 0)->from_address);
    g_autofree char *blauw = g_strdup(scene_sent(s, "first-contact", "post@blauw.test", 0)->from_address);
    acme_side(s, ANNA, acme, "/decline Too small for us.");
    g_assert_cmpuint(count_of(s, "declined-merchant"), ==, 0);
    acme_side(s, "daan@blauw.test", blauw, "/afwijzen Geen tijd.");
    g_assert_cmpuint(count_of(s, "declined-merchant"), ==, 1);
    const struct notice *notice = scene_sent(s, "declined-merchant", MIA, 0);
    g_assert_cmpstr(scene_text(notice->data, "reason"), ==, "");
    g_assert_cmpstr(scene_text(notice->data, "organisation.name"), ==, "");
}

/* Also where it has to be confirmed first. */
static void
test_a_request_is_withdrawn_from_all_once_confirmed(struct scene *s)
{
    s->conf.authserv_id = (char *)"mx.experts.test";
    scene_taken(scene_write(s, MIA, "jobs@experts.test", "Shop", NULL, "I need a store setup."));
    scene_send(s);
    g_autofree char *ack = g_strdup(scene_sent(s, "ack", MIA, 0)->from_address);
    mia_side(s, MIA, ack, NULL, "/decline");
    g_autofree char *confirm = g_strdup(scene_sent(s, "confirm", MIA, 0)->from_address);
    scene_forget(s);
    mia_side(s, MIA, confirm, NULL, "/confirm");
    g_assert_cmpstr(told(s, MIA, 0), ==, "said.request_declined");
    g_assert_cmpuint(count_of(s, "declined-partner"), ==, 2);
    s->conf.authserv_id = (char *)"";
}

static void
test_a_request_is_withdrawn_from_all(struct scene *s)
{
    scene_taken(scene_write(s, MIA, "jobs@experts.test", "Shop", NULL, "I need a store setup."));
    scene_send(s);
    g_autofree char *ack = g_strdup(scene_sent(s, "ack", MIA, 0)->from_address);
    mia_side(s, MIA, ack, NULL, "/decline");
    g_assert_cmpstr(told(s, MIA, 0), ==, "said.request_declined");
    scene_listed(s, "0.job.state", "declined");
    scene_listed(s, "1.job.state", "declined");
    g_assert_cmpuint(count_of(s, "declined-partner"), ==, 2);
    mia_side(s, MIA, ack, NULL, "/decline");
    g_assert_cmpstr(told(s, MIA, 0), ==, "cannot.nobody_waits");
}

static const struct {
    const char *text;
    gboolean refuses;
} words[] = {
    {"Unfortunately we can't take this on.", TRUE},
    {"Sorry, I\342\200\231m fully booked until", FALSE},
    {"Sorry, we are fully booked.", TRUE},
    {"Hi Mia,\n\nthanks for asking. We have to decline, sorry.", TRUE},
    {"Helaas geen tijd.", TRUE},
    {"Dit kunnen we niet\naannemen.", TRUE},
    {"Nous ne pouvons pas accepter cette mission.", TRUE},
    {"Malheureusement, nous ne pouvons pas.", TRUE},
    {"Niestety nie mo\305\274emy.", TRUE},
    {"Nie podejmiemy si\304\231 tego.", TRUE},
    {"No problem at all!", FALSE},
    {"Geen probleem, we beginnen maandag.", FALSE},
    {"We can't wait to start.", FALSE},
    {"We cannot take this on this week, but we can start on Monday.", FALSE},
    {"Can't you take this on yourself?", FALSE},
    {"Do we have to decline, or can you move the date?", FALSE},
    {"Moeten we afwijzen?", FALSE},
    {"Pas de probl\303\250me !", FALSE},
    {"\305\273aden problem, zaczynamy.", FALSE},
    {"", FALSE},
    {"Happy to help.", FALSE},
};

static void
test_words_of_refusal(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        g_test_message("%s", words[i].text);
        g_assert_cmpint(refusal_is_in(words[i].text), ==, words[i].refuses);
    }
}

static void
test_words_of_refusal_change_nothing_and_are_answered(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    acme_side(s, ANNA, link, "Helaas geen tijd.");
    assert_state(s, "responded");
    g_assert_nonnull(scene_sent(s, "relay-partner", MIA, 0));
    const struct notice *reminder = scene_sent(s, "reminder-decline", ANNA, 0);
    g_assert_nonnull(reminder);
    g_assert_cmpuint(count_of(s, "reminder-decline"), ==, 1);
    gboolean offered = FALSE;
    for (guint i = 0; i < 9; i++) {
        g_autofree char *path = g_strdup_printf("actions.%u.say", i);
        offered = offered || strcmp(scene_text(reminder->data, path), "action.decline") == 0;
    }
    g_assert_true(offered);
    scene_forget(s);
    acme_side(s, ANNA, link, "/decline\n\nHelaas geen tijd.");
    g_assert_cmpuint(count_of(s, "reminder-decline"), ==, 0);
    assert_state(s, "declined");
}

/* ---- R18: reminders ---- */

static void
test_reminders(struct scene *s)
{
    g_free(mia_asks(s));
    s->now += 48 * HOUR - 1;
    scene_send(s);
    g_assert_cmpuint(count_of(s, "reminder"), ==, 0);
    s->now += 1;
    scene_send(s);
    g_assert_nonnull(scene_sent(s, "reminder", TEAM, 0));
    s->now += 20 * HOUR;
    scene_send(s);
    g_assert_cmpuint(count_of(s, "reminder"), ==, 2);
    s->now += 4 * HOUR + 1;
    scene_send(s);
    g_assert_cmpuint(count_of(s, "reminder"), ==, 2);
    assert_state(s, "expired");
}

static void
test_no_reminder_of_what_was_answered(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    acme_side(s, ANNA, link, "Happy to help.");
    s->now += 71 * HOUR;
    scene_send(s);
    g_assert_cmpuint(count_of(s, "reminder"), ==, 0);
}

static void
test_reminders_can_be_switched_off(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    json_decref(scene_perform(s, "acme", 0, TEAM, "/prefs reminders no", NULL));
    acme_side(s, ANNA, link, "/assign bob@acme.test");
    scene_forget(s);
    s->now += 48 * HOUR;
    scene_send(s);
    g_assert_null(scene_sent(s, "reminder", TEAM, 0));
    g_assert_nonnull(scene_sent(s, "reminder", BOB, 0)); /* who works on it hears all the same */
}

static void
test_a_daemon_that_was_down_reminds_once(struct scene *s)
{
    g_free(mia_asks(s));
    s->now += 71 * HOUR;
    scene_send(s);
    g_assert_cmpuint(count_of(s, "reminder"), ==, 1);
}

/* ---- R20: assignees ---- */

static void
test_an_assignee_gets_each_message_at_once(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    acme_side(s, ANNA, link, "/assign me, Bob <bob@acme.test>");
    g_assert_cmpstr(told(s, ANNA, 1), ==, "said.assigned");
    g_assert_nonnull(scene_sent(s, "assigned", ANNA, 0));
    const struct notice *assigned = scene_sent(s, "assigned", BOB, 0);
    g_assert_nonnull(assigned);
    g_assert_cmpstr(assigned->from_address, ==, link);
    g_assert_cmpstr(scene_text(assigned->data, "text"), ==, "Could you do a theme design for me?");
    assert_shown(s, "assignees.0.address", ANNA);
    assert_shown(s, "assignees.1.address", BOB);
    scene_forget(s);

    acme_side(s, BOB, link, "Happy to help.");
    g_autofree char *to_acme = g_strdup(scene_sent(s, "relay-partner", MIA, 0)->from_address);
    const struct notice *copy = scene_sent(s, "message-assignee", ANNA, 0);
    g_assert_nonnull(copy);
    g_assert_null(scene_sent(s, "message-assignee", BOB, 0));
    g_assert_cmpstr(scene_text(copy->data, "inward"), ==, "false");
    scene_forget(s);

    mia_side(s, MIA, to_acme, NULL, "When can you start?");
    g_assert_nonnull(scene_sent(s, "message-assignee", ANNA, 0));
    g_assert_nonnull(scene_sent(s, "message-assignee", BOB, 0));
    scene_forget(s);

    /* Decisions 10: the notification address hears in its overview, with who answered. */
    acme_side(s, ANNA, link, "On Monday.");
    s->now += HOUR;
    scene_send(s);
    g_assert_cmpuint(count_of(s, "overview"), ==, 1);
    const struct notice *overview = scene_sent(s, "overview", TEAM, 0);
    g_assert_cmpstr(scene_text(overview->data, "items.0.text"), ==, "Happy to help.");
    g_assert_cmpstr(scene_text(overview->data, "items.1.text"), ==, "On Monday.");
    g_assert_cmpstr(scene_text(overview->data, "items.1.by"), ==, "Somebody");
    g_assert_cmpstr(scene_text(overview->data, "count"), ==, "0");
    scene_forget(s);

    acme_side(s, ANNA, link, "/unassign bob@acme.test");
    mia_side(s, MIA, to_acme, NULL, "Fine.");
    g_assert_nonnull(scene_sent(s, "message-assignee", ANNA, 0));
    g_assert_null(scene_sent(s, "message-assignee", BOB, 0));
}

/* R18, R20: until when is told as long as somebody waits for a first answer; the calendar is the notification
 * address's, which alone hears when its entry goes. */
static void
test_who_is_assigned_hears_of_a_time_that_still_runs(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    acme_side(s, ANNA, link, "/assign me");
    const struct notice *running = scene_sent(s, "assigned", ANNA, 0);
    g_assert_nonnull(running);
    g_assert_cmpstr(scene_text(running->data, "due_time"), !=, "");
    g_assert_null(json_object_get(running->data, "calendar"));
    acme_side(s, ANNA, link, "Happy to help.");
    acme_side(s, ANNA, link, "/assign bob@acme.test");
    const struct notice *answered = scene_sent(s, "assigned", BOB, 0);
    g_assert_nonnull(answered);
    g_assert_cmpstr(scene_text(answered->data, "due_time"), ==, "");
    g_assert_null(json_object_get(answered->data, "calendar"));
}

/* Where the assignee's is the notification address: at once, and in no overview. */
static void
test_an_assignee_who_is_notified_anyway_hears_once(struct scene *s)
{
    scene_import(s,
                 "{\"organisations\":[{\"slug\":\"solo\",\"name\":\"Solo\",\"language\":\"en\",\"services\":"
                 "[\"theme-design\"],\"notify\":\"sol@solo.test\",\"members\":[\"sol@solo.test\"]}],\"merchants\":[]}");
    scene_taken(scene_write(s, MIA, "solo@experts.test", "A theme", NULL, "Help, please."));
    scene_send(s);
    g_autofree char *link = g_strdup(scene_sent(s, "first-contact", "sol@solo.test", 0)->from_address);
    acme_side(s, "sol@solo.test", link, "/assign me\n\nHappy to help.");
    g_autofree char *to_solo = g_strdup(scene_sent(s, "relay-partner", MIA, 0)->from_address);
    scene_forget(s);
    mia_side(s, MIA, to_solo, NULL, "When?");
    s->now += 2 * HOUR;
    scene_send(s);
    g_assert_cmpuint(count_of(s, "message-assignee"), ==, 1);
    g_assert_cmpuint(count_of(s, "overview"), ==, 0);
    scene_listed(s, "0.unread", "1");
}

static void
test_who_cannot_be_assigned(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    acme_side(s, TEAM, link, "/assign me\n\nHi!");
    g_assert_cmpstr(told(s, TEAM, 0), ==, "cannot.assign_me");
    g_assert_null(scene_sent(s, "relay-partner", NULL, 0));
    acme_side(s, ANNA, link, "/assign eve@evil.test");
    g_assert_cmpstr(told(s, ANNA, 0), ==, "cannot.no_such_member");
    acme_side(s, ANNA, link, "/assign daan@blauw.test");
    g_assert_cmpstr(told(s, ANNA, 0), ==, "cannot.no_such_member");
    acme_side(s, ANNA, link, "/assign");
    g_assert_cmpstr(told(s, ANNA, 0), ==, "cannot.assign_whom");
    acme_side(s, ANNA, link, "/assign bob");
    g_assert_cmpstr(told(s, ANNA, 0), ==, "cannot.no_address");
    acme_side(s, ANNA, link, "/unassign me");
    g_assert_cmpstr(told(s, ANNA, 0), ==, "cannot.not_assigned");
    g_assert_cmpuint(count_of(s, "assigned"), ==, 0);
}

/* What a button writes is in its reader's language, and is understood. */
static void
test_buttons_speak_their_readers_language(struct scene *s)
{
    static const struct {
        const char *language, *from, *command;
    } rows[] = {
        {"en", "one@lead.test", "/assign me"},
        {"nl", "two@lead.test", "/toewijzen mij"},
        {"fr", "three@lead.test", "/assigner moi"},
        {"pl", "four@lead.test", "/przypisz ja"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *prefer = g_strdup_printf("/prefs language %s", rows[i].language);
        g_assert_cmpstr(scene_command_as(s, "acme", 0, TEAM, prefer), ==, "said.pref_set_for");
        scene_taken(scene_write(s, rows[i].from, "acme@experts.test", "A new theme", NULL, "Could you do a theme?"));
        scene_send(s);
        const struct notice *lead = scene_sent(s, "lead", TEAM, 0);
        g_assert_cmpstr(scene_text(lead->data, "actions.0.say"), ==, "action.assign");
        g_autofree char *command = g_strdup(scene_text(lead->data, "actions.0.command"));
        g_autofree char *link = g_strdup(lead->from_address);
        g_assert_cmpstr(command, ==, rows[i].command);
        acme_side(s, ANNA, link, command);
        g_assert_cmpstr(told(s, ANNA, 0), ==, "said.assigned");
        scene_forget(s);
    }
}

/* ---- R21: comments ---- */

#define SECRET "kaleidoscope"

/* Nothing that went out but to the organisation has it. */
static void
assert_inside(struct scene *s)
{
    for (guint i = 0; i < s->sent->len; i++) {
        const struct notice *notice = s->sent->pdata[i];
        char *data = json_dumps(notice->data, 0);
        g_test_message("%s to %s", notice->kind, notice->recipient);
        g_assert_true(!strstr(data, SECRET) || g_str_has_suffix(notice->recipient, "@acme.test"));
        free(data);
    }
}

static const char *const notes[] = {
    "/note The " SECRET " is broken.",
    "/NOTITIE\nThe " SECRET " is broken.\n\nReally.",
    "/read\n/commentaire : The " SECRET "\n/decline\n\nis broken.",
    "/assign me\n/Notatka The " SECRET,
    "/notes The " SECRET,
    "/noot\nThe " SECRET,
    "/nota The " SECRET,
    "/ note The " SECRET,
    "\357\274\217note The " SECRET, /* a full-width solidus */
    "*/note* The " SECRET,
    "Hi Mia,\n/note The " SECRET,
    "Hi Mia,\n\n   /nte The " SECRET "\n\nBye",
    "Hi\n\\note The " SECRET,
    "/full\n/note The " SECRET,
};

static void
test_a_note_never_leaves(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    for (guint i = 0; i < G_N_ELEMENTS(notes); i++) {
        g_test_message("%s", notes[i]);
        acme_side(s, ANNA, link, notes[i]);
        assert_inside(s);
        g_assert_null(scene_sent(s, "relay-partner", NULL, 0));
    }
    assert_shown(s, "comments.0.text", "The " SECRET " is broken.");
    assert_shown(s, "comments.1.text", "The " SECRET " is broken.\n\nReally.");
    assert_shown(s, "comments.2.text", "The " SECRET "\n/decline\n\nis broken.");
    assert_shown(s, "comments.4.text", "The " SECRET);
    assert_shown(s, "comments.5.text", "");
    scene_listed(s, "0.messages", "1");
    assert_state(s, "opened");
    acme_side(s, ANNA, link, "See https://example.test/notes and /etc/notes.conf or\n/var/note/x");
    g_assert_nonnull(scene_sent(s, "relay-partner", NULL, 0));
}

static void
test_a_notes_attachment_stays_too(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    g_autofree char *raw = g_strdup_printf(
        "From: Anna <%s>\nTo: %s\nSubject: Re: A new theme\nMessage-ID: <file@client.test>\nMIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\n/note our costs\n--b\n"
        "Content-Type: application/pdf; name=costs.pdf\nContent-Disposition: attachment; filename=costs.pdf\n\nPDF\n"
        "--b--\n",
        ANNA, link);
    scene_taken(scene_mail(s, ANNA, link, raw));
    scene_send(s);
    g_assert_null(scene_sent(s, "relay-partner", NULL, 0));
    scene_listed(s, "0.messages", "1");
}

static void
test_a_merchant_has_no_notes(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    g_autofree char *to_acme = anna_answers(s, link);
    mia_side(s, MIA, to_acme, NULL, "/note " SECRET);
    g_assert_cmpstr(told(s, MIA, 0), ==, "cannot.not_yours");
    scene_listed(s, "0.messages", "2");
    assert_shown(s, "comments.0.text", "");
}

static void
test_show_tells_the_organisation_everything(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    acme_side(s, ANNA, link, "/tag vip");
    acme_side(s, ANNA, link, "/assign bob@acme.test\n/note The " SECRET);
    scene_forget(s);
    acme_side(s, ANNA, link, "/pokaz");
    const struct notice *shown_mail = scene_sent(s, "conversation", ANNA, 0);
    g_assert_nonnull(shown_mail);
    g_assert_cmpuint(s->sent->len, ==, 1); /* its own answer: no transcript */
    g_assert_cmpstr(scene_text(shown_mail->data, "state.say"), ==, "state.opened");
    g_assert_cmpstr(scene_text(shown_mail->data, "messages.0.text"), ==, "Could you do a theme design for me?");
    g_assert_cmpstr(scene_text(shown_mail->data, "comments.0.text"), ==, "The " SECRET);
    g_assert_cmpstr(scene_text(shown_mail->data, "assignees.0.address"), ==, BOB);
    g_assert_cmpstr(scene_text(shown_mail->data, "tagged.0.name"), ==, "vip");
    g_assert_cmpstr(shown_mail->from_address, ==, link);
    char *data = json_dumps(shown_mail->data, 0);
    g_assert_null(strstr(data, MIA));
    free(data);
    scene_listed(s, "0.unread", "0");

    /* A reply to it that asks for its quotes as well would carry the comment out. */
    g_autofree char *refers = g_strdup_printf("In-Reply-To: <%s>\n", shown_mail->message_id);
    scene_forget(s);
    scene_taken(scene_write(s, ANNA, link, "Re: A new theme", refers,
                            "/full\n\nHello.\n\n> Internal comment\n> The " SECRET "\n"));
    scene_send(s);
    g_assert_cmpstr(told(s, ANNA, 0), ==, "cannot.full_quotes");
    assert_inside(s);
    scene_forget(s);
    acme_side(s, ANNA, link, "/full\n\nHello.\n\nOn Monday Anna wrote:\n> Internal comment\n> The\n> " SECRET "\n");
    g_assert_cmpstr(told(s, ANNA, 0), ==, "cannot.full_quotes");
    assert_inside(s);
}

/* The beginning of a long one is enough. */
static void
test_full_quotes_no_long_comment(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    GString *note = g_string_new("/note " SECRET),
            *quote = g_string_new("/full\n\nHello.\n\nOn Monday Anna wrote:\n> " SECRET);
    for (guint i = 0; i < 400; i++) {
        g_string_append(note, " \303\251t\303\251");
        if (i < 300)
            g_string_append(quote, i % 10 ? " \303\251t\303\251" : "\n> \303\251t\303\251");
    }
    acme_side(s, ANNA, link, note->str);
    acme_side(s, ANNA, link, quote->str);
    g_assert_cmpstr(told(s, ANNA, 0), ==, "cannot.full_quotes");
    assert_inside(s);
    g_string_free(note, TRUE);
    g_string_free(quote, TRUE);
}

static void
test_full_sends_what_was_trimmed(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    acme_side(s, ANNA, link, "Hello.\n\n-- \nAnna Berg\nActing head of themes");
    g_assert_cmpstr(scene_text(scene_sent(s, "relay-partner", NULL, 0)->data, "text"), ==, "Hello.");
    scene_forget(s);
    acme_side(s, ANNA, link, "/volledig\n\nHello again.\n\n-- \nAnna Berg\nActing head of themes");
    const struct notice *relay = scene_sent(s, "relay-partner", NULL, 0);
    g_assert_nonnull(relay);
    g_assert_nonnull(strstr(scene_text(relay->data, "text"), "Hello again."));
    g_assert_nonnull(strstr(scene_text(relay->data, "text"), "Acting head of themes"));
    g_assert_null(strstr(scene_text(relay->data, "text"), "/volledig"));
}

/* ---- Decisions 12: spam ---- */

static void
test_spam_counts_for_nothing(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    s->now += 73 * HOUR;
    scene_send(s);
    json_t *acme = view_organisation(&s->market, "acme", NULL);
    g_assert_cmpstr(scene_text(acme, "jobs_expired"), ==, "1");
    json_decref(acme);
    scene_forget(s);
    acme_side(s, ANNA, link, "/spam");
    g_assert_cmpstr(told(s, ANNA, 0), ==, "said.spam");
    acme = view_organisation(&s->market, "acme", NULL);
    g_assert_cmpstr(scene_text(acme, "jobs_expired"), ==, "0");
    json_decref(acme);
    acme_side(s, ANNA, link, "/spam");
    acme = view_organisation(&s->market, "acme", NULL);
    g_assert_cmpstr(scene_text(acme, "jobs_expired"), ==, "0");
    json_decref(acme);
    g_assert_cmpuint(count_of(s, "admin-alert"), ==, 1);
    g_assert_null(scene_sent(s, "declined-merchant", NULL, 0));
}

/* ---- taking back ---- */

static void
test_undo_in_time(struct scene *s)
{
    s->conf.hold_time = 20;
    g_autofree char *link = mia_asks(s);
    acme_side(s, ANNA, link, "Helaas geen tijd.");
    assert_state(s, "responded");
    scene_listed(s, "0.unread", "0");
    g_assert_cmpuint(s->sent->len, ==, 0);
    s->now += 19;
    acme_side(s, ANNA, link, "/undo");
    g_assert_cmpstr(told(s, ANNA, 0), ==, "said.undone");
    assert_state(s, "new");
    scene_listed(s, "0.unread", "1");
    assert_shown(s, "messages.1.withdrawn", "true");
    assert_shown(s, "messages.0.withdrawn", "false");
    scene_forget(s);
    s->now += HOUR;
    scene_send(s);
    g_assert_null(scene_sent(s, "relay-partner", NULL, 0));
    g_assert_null(scene_sent(s, "reminder-decline", NULL, 0));
    acme_side(s, ANNA, link, "/undo");
    g_assert_cmpstr(told(s, ANNA, 0), ==, "cannot.undo_nothing");
    /* The clock runs as before. */
    s->now += 72 * HOUR;
    scene_send(s);
    assert_state(s, "expired");
    g_assert_nonnull(scene_sent(s, "expired-merchant", MIA, 0));
}

static void
test_undo_too_late(struct scene *s)
{
    s->conf.hold_time = 20;
    g_autofree char *link = mia_asks(s);
    acme_side(s, ANNA, link, "Happy to help.");
    s->now += 20;
    scene_send(s);
    g_assert_nonnull(scene_sent(s, "relay-partner", MIA, 0));
    acme_side(s, ANNA, link, "/undo");
    g_assert_cmpstr(told(s, ANNA, 0), ==, "cannot.undo_late");
    assert_state(s, "responded");
    assert_shown(s, "messages.1.withdrawn", "false");
}

/* The mailer has it in its hands, or tried it: it may have arrived. */
static void
test_no_undo_of_what_was_tried(struct scene *s)
{
    s->conf.hold_time = 20;
    g_autofree char *link = mia_asks(s);
    acme_side(s, ANNA, link, "Happy to help.");
    s->now += 20;
    g_assert_cmpuint(scene_fail(s, OUTBOX_TEMPORARY), ==, 1);
    acme_side(s, ANNA, link, "/undo");
    g_assert_cmpstr(told(s, ANNA, 0), ==, "cannot.undo_late");
    s->now += HOUR;
    scene_send(s);
    g_assert_nonnull(scene_sent(s, "relay-partner", MIA, 0));
}

static void
test_undo_of_a_decline(struct scene *s)
{
    s->conf.hold_time = 20;
    g_autofree char *link = mia_asks(s);
    acme_side(s, ANNA, link, "/decline\n\nSorry!");
    assert_state(s, "declined");
    acme_side(s, ANNA, link, "/cofnij");
    assert_state(s, "new");
    s->now += 60;
    scene_send(s);
    g_assert_null(scene_sent(s, "relay-partner", NULL, 0));
    g_assert_null(scene_sent(s, "declined-merchant", NULL, 0));
    acme_side(s, ANNA, link, "/decline");
    acme_side(s, ANNA, link, "/annuler");
    g_assert_cmpstr(told(s, ANNA, 0), ==, "said.undone_decline");
    assert_state(s, "new");
}

/* One mail that answers A, B and A again: what it said to A is taken back as a whole, and nothing of what it said to B.
 */
static void
test_undo_takes_back_all_that_a_mail_said(struct scene *s)
{
    s->conf.hold_time = 20;
    for (guint i = 0; i < 2; i++) {
        const char *merchant = i ? "joost@fietsen.test" : MIA;
        scene_taken(scene_write(s, merchant, "acme@experts.test", "A theme", NULL, "A theme design, please."));
        scene_send(s);
        g_autofree char *link = g_strdup(scene_sent(s, "first-contact", TEAM, i)->from_address);
        acme_side(s, ANNA, link, "Gladly.");
        s->now += 20;
        scene_send(s);
        g_autofree char *to_acme = g_strdup(scene_sent(s, "relay-partner", merchant, 0)->from_address);
        mia_side(s, merchant, to_acme, NULL, "When?");
        if (i == 0)
            mia_side(s, merchant, to_acme, NULL, "At what time?");
    }
    s->now += HOUR;
    scene_send(s);
    const struct notice *overview = scene_sent(s, "overview", TEAM, 0);
    g_autofree char *answers = g_strdup(overview->from_address);
    g_autofree char *to_mia = g_strdup(scene_text(overview->data, "items.0.link"));
    scene_forget(s);
    s->now += HOUR;
    acme_side(s, ANNA, answers, "1: On Monday.\n\n3: On Tuesday.\n\n2: At nine.\n");
    assert_shown(s, "messages.4.text", "On Monday.");
    assert_shown(s, "messages.5.text", "At nine.");
    acme_side(s, ANNA, to_mia, "/undo");
    g_assert_cmpstr(told(s, ANNA, 0), ==, "said.undone");
    assert_shown(s, "messages.4.withdrawn", "true");
    assert_shown(s, "messages.5.withdrawn", "true");
    assert_shown(s, "job.state", "awaiting_response");
    assert_shown(s, "unread", "2");
    s->now += 20;
    scene_send(s);
    g_assert_null(scene_sent(s, "relay-partner", MIA, 0));
    g_assert_cmpstr(scene_text(scene_sent(s, "relay-partner", "joost@fietsen.test", 0)->data, "text"), ==,
                    "On Tuesday.");
    acme_side(s, ANNA, to_mia, "/undo");
    g_assert_cmpstr(told(s, ANNA, 0), ==, "cannot.undo_nothing");
}

static void
test_undo_heeds_what_the_merchant_wrote_meanwhile(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    g_autofree char *to_acme = anna_answers(s, link);
    s->conf.hold_time = 20;
    acme_side(s, ANNA, link, "One more thing.");
    mia_side(s, MIA, to_acme, NULL, "And when?");
    acme_side(s, ANNA, link, "/undo");
    assert_state(s, "awaiting_response");
}

/* Both at once, many times: it is sent or taken back, never both, never neither. */
struct race {
    struct scene *scene;
    gint claimed;
};

static gpointer
claim(gpointer arg)
{
    struct race *race = arg;
    g_autoptr(GError) error = NULL;
    gboolean more;
    g_autoptr(GPtrArray) list = scene_claim(race->scene, 10, &more);
    for (guint i = 0; i < list->len; i++) {
        const struct notice *notice = list->pdata[i];
        race->claimed += strcmp(notice->kind, "relay-partner") == 0;
        const struct outbox_result result = {notice->id, notice->fence, OUTBOX_SENT, "250 2.0.0 Ok"};
        outbox_report(&race->scene->market, &result, 1, race->scene->now, &error);
        g_assert_no_error(error);
    }
    return NULL;
}

static void
test_sent_or_taken_back(struct scene *s)
{
    guint sent = 0;
    s->conf.hold_time = 20;
    g_autofree char *link = mia_asks(s);
    for (guint i = 0; i < 40; i++) {
        struct race race = {s, 0};
        g_autofree char *text = g_strdup_printf("Number %u.", i);
        scene_taken(scene_write(s, ANNA, link, "Re: A new theme", NULL, text));
        s->now += 20;
        GThread *mailer = g_thread_new("mailer", claim, &race);
        if (i % 2)
            g_usleep(300);
        scene_taken(scene_write(s, ANNA, link, "Re: A new theme", NULL, "/undo"));
        g_thread_join(mailer);
        g_autofree char *path = g_strdup_printf("messages.%u.withdrawn", i + 1);
        g_autofree char *withdrawn = shown(s, 1, path);
        g_assert_cmpstr(withdrawn, ==, race.claimed ? "false" : "true");
        sent += race.claimed > 0;
        s->now += 60;
        scene_send(s);
        g_assert_null(scene_sent(s, "relay-partner", NULL, 0));
        scene_forget(s);
    }
    g_test_message("%u of 40 were sent", sent);
}

/* ---- R8: leads ---- */

#define LENA "lena@vogt.test"

static char *
lena_asks(struct scene *s)
{
    scene_taken(scene_write(s, LENA, "acme@experts.test", "A shop", NULL, "I would like a shop."));
    scene_send(s);
    char *link = g_strdup(scene_sent(s, "lead", TEAM, 0)->from_address);
    scene_forget(s);
    return link;
}

static void
test_the_third_unanswered_mail_waits(struct scene *s)
{
    g_autofree char *link = lena_asks(s);
    acme_side(s, ANNA, link, "One.");
    g_autofree char *to_acme = g_strdup(scene_sent(s, "relay-partner", LENA, 0)->from_address);
    acme_side(s, ANNA, link, "Two.");
    g_assert_cmpuint(count_of(s, "relay-partner"), ==, 2);
    acme_side(s, ANNA, link, "Three.");
    acme_side(s, ANNA, link, "Four.");
    g_assert_cmpuint(count_of(s, "relay-partner"), ==, 2);
    g_assert_cmpuint(count_of(s, "lead-held"), ==, 2);
    g_assert_nonnull(scene_sent(s, "lead-held", ANNA, 0));
    acme_side(s, ANNA, link, "/show");
    const struct notice *whole = scene_sent(s, "conversation", ANNA, 0);
    g_assert_cmpstr(scene_text(whole->data, "messages.2.waiting"), ==, "false");
    g_assert_cmpstr(scene_text(whole->data, "messages.3.waiting"), ==, "true");
    g_assert_cmpstr(scene_text(whole->data, "messages.3.withdrawn"), ==, "false");
    scene_forget(s);
    mia_side(s, LENA, to_acme, NULL, "Sorry, I was away.");
    acme_side(s, ANNA, link, "/show");
    whole = scene_sent(s, "conversation", ANNA, 0);
    g_assert_cmpstr(scene_text(whole->data, "messages.3.waiting"), ==, "false");
    g_assert_cmpuint(count_of(s, "relay-partner"), ==, 2);
    g_assert_cmpstr(scene_text(scene_sent(s, "relay-partner", LENA, 0)->data, "text"), ==, "Three.");
    assert_state(s, "awaiting_response");
    scene_forget(s);
    s->now += 8 * 86400;
    scene_send(s);
    g_assert_cmpuint(count_of(s, "lead-dropped"), ==, 0);
    acme_side(s, ANNA, link, "Five.");
    g_assert_cmpuint(count_of(s, "relay-partner"), ==, 1);
}

static void
test_send_does_not_wait(struct scene *s)
{
    g_autofree char *link = lena_asks(s);
    acme_side(s, ANNA, link, "One.");
    acme_side(s, ANNA, link, "Two.");
    acme_side(s, ANNA, link, "Three.");
    acme_side(s, ANNA, link, "/send");
    g_assert_cmpstr(told(s, ANNA, 0), ==, "said.sent");
    g_assert_cmpuint(count_of(s, "relay-partner"), ==, 3);
    acme_side(s, ANNA, link, "/send\n\nFour.");
    g_assert_cmpuint(count_of(s, "relay-partner"), ==, 4);
    acme_side(s, ANNA, link, "/send");
    g_assert_cmpstr(told(s, ANNA, 0), ==, "cannot.nothing_held");
}

/* What was only tried out to be asked about is not in force: the words wait until it is confirmed. */
static void
test_send_that_is_asked_about_waits(struct scene *s)
{
    g_autofree char *link = lena_asks(s);
    acme_side(s, ANNA, link, "One.");
    acme_side(s, ANNA, link, "Two.");
    s->conf.authserv_id = (char *)"mx.experts.test";
    acme_side(s, ANNA, link, "/send\n\nThree.");
    g_assert_cmpuint(count_of(s, "relay-partner"), ==, 2);
    g_autofree char *confirm = g_strdup(scene_sent(s, "confirm", ANNA, 0)->from_address);
    acme_side(s, ANNA, confirm, "/confirm");
    g_assert_cmpuint(count_of(s, "relay-partner"), ==, 3);
    s->conf.authserv_id = (char *)"";
}

static void
test_what_waits_is_dropped_with_a_notice(struct scene *s)
{
    g_autofree char *link = lena_asks(s);
    acme_side(s, ANNA, link, "One.");
    acme_side(s, ANNA, link, "Two.");
    acme_side(s, ANNA, link, "Three.");
    scene_forget(s);
    s->now += 7 * 86400 + 1;
    scene_send(s);
    g_assert_nonnull(scene_sent(s, "lead-dropped", ANNA, 0));
    assert_shown(s, "messages.3.withdrawn", "true");
    acme_side(s, ANNA, link, "/send");
    g_assert_cmpstr(told(s, ANNA, 0), ==, "cannot.nothing_held");
    g_assert_cmpuint(count_of(s, "relay-partner"), ==, 0);
}

static void
test_what_waits_can_be_taken_back(struct scene *s)
{
    g_autofree char *link = lena_asks(s);
    acme_side(s, ANNA, link, "One.");
    acme_side(s, ANNA, link, "Two.");
    acme_side(s, ANNA, link, "Three.");
    s->now += HOUR;
    acme_side(s, ANNA, link, "/undo");
    g_assert_cmpstr(told(s, ANNA, 0), ==, "said.undone");
    acme_side(s, ANNA, link, "/send");
    g_assert_cmpstr(told(s, ANNA, 0), ==, "cannot.nothing_held");
    assert_state(s, "responded");
}

static void
test_a_lead_answered_elsewhere(struct scene *s)
{
    g_autofree char *link = lena_asks(s);
    acme_side(s, ANNA, link, "/r\303\251pondu");
    assert_state(s, "responded");
    s->now += 100 * HOUR;
    scene_send(s);
    assert_state(s, "responded");
    acme_side(s, ANNA, link, "/answered");
    g_assert_cmpstr(told(s, ANNA, 0), ==, "cannot.job_answered");
}

/* ---- the merchant's side ---- */

static void
test_rematch_goes_to_others_once(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    acme_side(s, ANNA, link, "/decline");
    g_autofree char *to_acme = g_strdup(scene_sent(s, "declined-merchant", MIA, 0)->from_address);
    scene_forget(s);
    mia_side(s, MIA, to_acme, NULL, "/rematch");
    g_assert_cmpstr(told(s, MIA, 0), ==, "said.rematched");
    const struct notice *first = scene_sent(s, "first-contact", "bonjour@lumiere.test", 0);
    g_assert_nonnull(first);
    g_assert_cmpuint(count_of(s, "first-contact"), ==, 1); /* nobody else offers it, and Acme had it */
    g_assert_cmpstr(scene_text(first->data, "text"), ==, "Could you do a theme design for me?");
    scene_forget(s);
    mia_side(s, MIA, to_acme, NULL, "/opnieuw");
    g_assert_cmpstr(told(s, MIA, 0), ==, "said.rematched_already");
    g_assert_cmpuint(count_of(s, "first-contact"), ==, 0);
    json_t *list = scene_conversations(s);
    g_assert_cmpuint(json_array_size(list), ==, 2);
    json_decref(list);
}

static void
test_no_rematch_while_somebody_can_answer(struct scene *s)
{
    scene_taken(scene_write(s, MIA, "jobs@experts.test", "Shop", NULL, "I need a store setup."));
    scene_send(s);
    g_autofree char *ack = g_strdup(scene_sent(s, "ack", MIA, 0)->from_address);
    mia_side(s, MIA, ack, NULL, "/rematch");
    g_assert_cmpstr(told(s, MIA, 0), ==, "cannot.rematch_running");
    s->now += 73 * HOUR;
    scene_send(s);
    scene_forget(s);
    mia_side(s, MIA, ack, NULL, "/rematch"); /* both who offer it had it */
    g_assert_cmpstr(told(s, MIA, 0), ==, "said.rematch_nobody");
    g_assert_cmpuint(count_of(s, "admin-alert"), ==, 1);
    mia_side(s, MIA, ack, NULL, "/rematch");
    g_assert_cmpstr(told(s, MIA, 0), ==, "said.rematch_nobody");
}

static void
test_nobody_fits_and_one_tap_asks_again(struct scene *s)
{
    json_decref(scene_perform(s, "blauw", 0, "post@blauw.test", "/prefs matched no", NULL));
    scene_taken(scene_write(s, MIA, "jobs@experts.test", "Shop", NULL, "A migration & more, please."));
    scene_send(s);
    const struct notice *sorry = scene_sent(s, "no-match", MIA, 0);
    g_assert_nonnull(sorry);
    g_assert_cmpstr(scene_text(sorry->data, "actions.0.mailto"), ==,
                    "mailto:jobs@experts.test?body=A%20migration%20%26%20more%2C%20please.");
}

/* Named in Cc, and of the shop's staff: gets the answers. Anybody else is not added and not told of. */
static void
test_staff_in_cc_stay(struct scene *s)
{
    scene_taken(scene_write(s, MIA, "acme@experts.test", "A new theme",
                            "Cc: Kim <kim@mias-candles.test>, Eve <eve@elsewhere.test>\n", "Help, please."));
    scene_send(s);
    g_autofree char *link = g_strdup(scene_sent(s, "first-contact", TEAM, 0)->from_address);
    acme_side(s, ANNA, link, "Happy to help.");
    g_assert_nonnull(scene_sent(s, "relay-partner", MIA, 0));
    g_assert_nonnull(scene_sent(s, "relay-partner", "kim@mias-candles.test", 0));
    g_assert_cmpuint(count_of(s, "relay-partner"), ==, 2);
    acme_side(s, ANNA, link, "/propose\nDescription: A new theme\nTotal: 1000 EUR");
    g_assert_nonnull(scene_sent(s, "proposal", MIA, 0));
    g_assert_nonnull(scene_sent(s, "proposal", "kim@mias-candles.test", 0));
    g_assert_cmpuint(count_of(s, "proposal"), ==, 2);
    for (guint i = 0; i < s->sent->len; i++) {
        const struct notice *notice = s->sent->pdata[i];
        char *data = json_dumps(notice->data, 0);
        g_assert_null(strstr(data, "eve@elsewhere.test"));
        free(data);
    }
}

/* ---- machines ---- */

static void
receipt(struct scene *s, const char *to, const char *message_id, const char *disposition)
{
    g_autofree char *raw = scene_receipt(ANNA, message_id, disposition);
    scene_taken(scene_mail(s, "", to, raw));
}

static void
test_a_read_receipt_opens_and_reads(struct scene *s)
{
    scene_taken(scene_write(s, MIA, "acme@experts.test", "A new theme", NULL, "Help, please."));
    scene_send(s);
    const struct notice *first = scene_sent(s, "first-contact", TEAM, 0);
    const struct notice *ack = scene_sent(s, "ack", MIA, 0);
    receipt(s, first->from_address, "p.aaaaaaaaaaaaaaaaaaaaaaaa@experts.test", SCENE_DISPLAYED);
    receipt(s, first->from_address, ack->message_id, SCENE_DISPLAYED);
    receipt(s, first->from_address, first->message_id, "automatic-action/MDN-sent-automatically; deleted");
    assert_state(s, "new");
    scene_listed(s, "0.unread", "1");
    receipt(s, first->envelope_sender, first->message_id, SCENE_DISPLAYED);
    assert_state(s, "opened");
    scene_listed(s, "0.unread", "0");
    scene_listed(s, "0.messages", "1");
    scene_forget(s);
    scene_send(s);
    g_assert_cmpuint(s->sent->len, ==, 0);
    s->now += 73 * HOUR; /* it stops no clock */
    assert_state(s, "expired");
}

static void
out_of_office(struct scene *s, const char *from, const char *to, const char *text)
{
    static guint serial;
    g_autofree char *raw = g_strdup_printf(
        "From: Anna <%s>\nTo: %s\nSubject: Automatic reply: A new theme\nMessage-ID: <ooo%u@client.test>\n"
        "Auto-Submitted: auto-replied\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n%s\n",
        from, to, ++serial, text);
    scene_taken(scene_mail(s, "", to, raw));
    scene_send(s);
}

static void
test_out_of_office_offers_and_does_nothing(struct scene *s)
{
    scene_taken(scene_write(s, MIA, "acme@experts.test", "A new theme", NULL, "Help, please."));
    scene_send(s);
    const struct notice *first = scene_sent(s, "first-contact", TEAM, 0);
    g_autofree char *link = g_strdup(first->from_address), *bounce = g_strdup(first->envelope_sender);
    g_autofree char *to_acme = g_strdup(scene_sent(s, "ack", MIA, 0)->from_address);
    scene_forget(s);
    out_of_office(s, MIA, to_acme, "I am away until 2026-12-24.");
    out_of_office(s, "eve@evil.test", bounce, "I am away until 2026-12-24.");
    g_assert_cmpuint(count_of(s, "offer-away"), ==, 0);
    out_of_office(s, TEAM, bounce, "Dear sender,\n\nI am out of the office until 24 December 2026.\n\nAnna");
    const struct notice *offer = scene_sent(s, "offer-away", TEAM, 0);
    g_assert_nonnull(offer);
    g_assert_cmpstr(scene_text(offer->data, "actions.0.command"), ==, "/away 24 december 2026");
    g_assert_true(g_str_has_prefix(scene_text(offer->data, "actions.0.mailto"), "mailto:r+"));
    out_of_office(s, ANNA, link, "Ik ben er niet.");
    g_assert_cmpuint(count_of(s, "offer-away"), ==, 1); /* once a day */
    assert_state(s, "new");
    scene_listed(s, "0.messages", "1");
    json_t *acme = view_organisation(&s->market, "acme", NULL);
    g_assert_cmpstr(scene_text(acme, "available"), ==, "true");
    json_decref(acme);
    s->now += 73 * HOUR;
    assert_state(s, "expired");
}

static const struct {
    const char *text, *until;
} absences[] = {
    {"I am away until 24 December 2026.", "24 december 2026"},
    {"Back on Monday, 4 January.", "4 january"},
    {"Ik ben tot en met 24-12 weg, terug op 2027-01-04.", "2027-01-04"},
    {"Ik ben afwezig tot 3 mei.", "3 mei"},
    {"Je suis absent jusqu'au 2 f\303\251vrier inclus.", "2 fevrier"},
    {"De retour le 02/03/2027.", "02/03/2027"},
    {"Nie ma mnie do 5 wrze\305\233nia.", "5 wrzesnia"},
    {"Nie ma mnie do 24.12.", "24.12"},
    {"I am away.", ""},
    {"Call me at 24 December Street.", ""},
    {"", ""},
};

static void
test_until_when(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(absences); i++) {
        g_autofree char *until = absence_until(absences[i].text);
        g_assert_cmpstr(until, ==, absences[i].until);
    }
}

/* ---- the admin ---- */

static const struct {
    const char *verb, *after;
} oversights[] = {
    {"complete", NULL},      {"expire", "expired"}, {"renew", "expired"},
    {"decline", "declined"}, {"spam", "declined"},  {"active", NULL},
};

static void
test_the_admin_may_too(struct scene *s)
{
    g_free(mia_asks(s));
    gint64 job = 1;
    for (guint i = 0; i < G_N_ELEMENTS(oversights); i++) {
        g_autoptr(GError) error = NULL;
        struct oversight o = {.verb = oversights[i].verb, .reason = "Told by phone.", .job_id = job, .now = s->now};
        g_assert_cmpint(oversee_job(&s->market, &o, TRUE, &error), ==, oversights[i].after != NULL);
        g_clear_error(&error);
        gboolean done = oversee_job(&s->market, &o, FALSE, &error);
        g_test_message("%s: %s", o.verb, error ? error->message : job_state_name(o.after));
        g_assert_cmpint(done, ==, oversights[i].after != NULL);
        if (!done)
            g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_REFUSED);
        if (o.new_job_id)
            job = o.new_job_id;
        scene_send(s);
    }
    g_assert_cmpint(job, ==, 2);
    assert_state(s, "declined");
    g_assert_nonnull(scene_sent(s, "expired-partner", TEAM, 0));
    g_assert_nonnull(scene_sent(s, "declined-merchant", MIA, 0));
    struct oversight gone = {.verb = "expire", .job_id = 99, .now = s->now},
                     old = {.verb = "expire", .job_id = 1, .now = s->now};
    g_autoptr(GError) error = NULL, refusal = NULL;
    g_assert_false(oversee_job(&s->market, &gone, FALSE, &error));
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND);
    g_assert_false(oversee_job(&s->market, &old, FALSE, &refusal));
    g_assert_error(refusal, POSTERN_ERROR, POSTERN_ERROR_REFUSED);
}

#define TEST(name, fn) g_test_add_data_func("/everyday/" name, (gconstpointer)(fn), scene_run)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST("a-command-opens", test_a_command_opens);
    TEST("states-by-command", test_states_by_command);
    TEST("what-only-leads-have", test_what_only_leads_have);
    TEST("mail-leaves-inactive", test_mail_leaves_inactive_and_active_asks_the_last_message);
    TEST("mail-passes-after-completion", test_mail_passes_after_completion);
    TEST("a-decline-is-told-with-its-reason", test_a_decline_is_told_with_its_reason);
    TEST("the-merchant-declines", test_the_merchant_declines);
    TEST("matched-declines-are-told-once", test_matched_declines_are_told_once);
    TEST("a-request-is-withdrawn-from-all", test_a_request_is_withdrawn_from_all);
    TEST("a-request-is-withdrawn-from-all-once-confirmed", test_a_request_is_withdrawn_from_all_once_confirmed);
    g_test_add_func("/everyday/words-of-refusal", test_words_of_refusal);
    TEST("words-of-refusal-change-nothing", test_words_of_refusal_change_nothing_and_are_answered);
    TEST("reminders", test_reminders);
    TEST("no-reminder-of-what-was-answered", test_no_reminder_of_what_was_answered);
    TEST("reminders-can-be-switched-off", test_reminders_can_be_switched_off);
    TEST("nobody-fits-and-one-tap-asks-again", test_nobody_fits_and_one_tap_asks_again);
    TEST("a-daemon-that-was-down-reminds-once", test_a_daemon_that_was_down_reminds_once);
    TEST("an-assignee-gets-each-message-at-once", test_an_assignee_gets_each_message_at_once);
    TEST("an-assignee-who-is-notified-anyway", test_an_assignee_who_is_notified_anyway_hears_once);
    TEST("who-is-assigned-hears-of-a-time-that-still-runs", test_who_is_assigned_hears_of_a_time_that_still_runs);
    TEST("who-cannot-be-assigned", test_who_cannot_be_assigned);
    TEST("buttons-speak-their-readers-language", test_buttons_speak_their_readers_language);
    TEST("a-note-never-leaves", test_a_note_never_leaves);
    TEST("a-notes-attachment-stays-too", test_a_notes_attachment_stays_too);
    TEST("a-merchant-has-no-notes", test_a_merchant_has_no_notes);
    TEST("show-tells-the-organisation-everything", test_show_tells_the_organisation_everything);
    TEST("full-quotes-no-long-comment", test_full_quotes_no_long_comment);
    TEST("full-sends-what-was-trimmed", test_full_sends_what_was_trimmed);
    TEST("spam-counts-for-nothing", test_spam_counts_for_nothing);
    TEST("undo-in-time", test_undo_in_time);
    TEST("undo-too-late", test_undo_too_late);
    TEST("no-undo-of-what-was-tried", test_no_undo_of_what_was_tried);
    TEST("undo-of-a-decline", test_undo_of_a_decline);
    TEST("undo-takes-back-all-that-a-mail-said", test_undo_takes_back_all_that_a_mail_said);
    TEST("undo-heeds-the-merchant", test_undo_heeds_what_the_merchant_wrote_meanwhile);
    TEST("sent-or-taken-back", test_sent_or_taken_back);
    TEST("the-third-unanswered-mail-waits", test_the_third_unanswered_mail_waits);
    TEST("send-does-not-wait", test_send_does_not_wait);
    TEST("what-waits-is-dropped-with-a-notice", test_what_waits_is_dropped_with_a_notice);
    TEST("what-waits-can-be-taken-back", test_what_waits_can_be_taken_back);
    TEST("send-that-is-asked-about-waits", test_send_that_is_asked_about_waits);
    TEST("a-lead-answered-elsewhere", test_a_lead_answered_elsewhere);
    TEST("rematch-goes-to-others-once", test_rematch_goes_to_others_once);
    TEST("no-rematch-while-somebody-can-answer", test_no_rematch_while_somebody_can_answer);
    TEST("staff-in-cc-stay", test_staff_in_cc_stay);
    TEST("a-read-receipt-opens-and-reads", test_a_read_receipt_opens_and_reads);
    TEST("out-of-office-offers-and-does-nothing", test_out_of_office_offers_and_does_nothing);
    g_test_add_func("/everyday/until-when", test_until_when);
    TEST("the-admin-may-too", test_the_admin_may_too);
    return g_test_run();
}
