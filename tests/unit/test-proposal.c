/* Proposals, invoices, access and reviews: rule by rule, on a real store and with a clock of our own. */
#include <string.h>

#include "market/link.h"
#include "market/review.h"
#include "scene.h"

#define HOUR 3600
#define DAY 86400

static void
write_to(struct scene *s, const char *from, const char *to, const char *text)
{
    scene_taken(scene_write(s, from, to, "Re: A new theme", NULL, text));
    scene_send(s);
}

/* Of the newest conversation. */
static void
assert_shown(struct scene *s, const char *path, const char *expected)
{
    g_autoptr(GError) error = NULL;
    json_t *list = scene_conversations(s);
    gint64 id = json_integer_value(json_object_get(json_array_get(list, 0), "id"));
    json_t *whole = view_conversation(&s->market, id, s->now, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(scene_text(whole, path), ==, expected);
    json_decref(whole);
    json_decref(list);
}

/* The latest mail of a kind, which must be there. */
static const struct notice *
latest(struct scene *s, const char *kind, const char *recipient)
{
    const struct notice *found = NULL, *next;
    for (guint n = 0; (next = scene_sent(s, kind, recipient, n)); n++)
        found = next;
    g_assert_nonnull(found);
    return found;
}

static void
assert_said(struct scene *s, const char *recipient, const char *key)
{
    g_assert_cmpstr(scene_text(latest(s, "transcript", recipient)->data, "items.0.say"), ==, key);
}

#define MIA "mia@mias-candles.test"
#define KIM "kim@mias-candles.test"
#define ANNA "anna@acme.test"
#define TEAM "team@acme.test"
#define ONE                                                                                                            \
    "/propose\nDescription: A new theme\nMilestone 1: Design; 500 EUR; 1 week\nMilestone 2: Building; 700 "            \
    "EUR\nTerms: Half now"
#define TWO "/propose\nDescription: A new theme\nTotal: 1000 EUR"

/* Mia asks acme; acme's address for it. */
static char *
mia_asks(struct scene *s)
{
    write_to(s, MIA, "acme@experts.test", "Could you do a theme design for me?");
    return g_strdup(scene_sent(s, "first-contact", TEAM, 0)->from_address);
}

/* And Anna proposes; the address of the proposal that Mia has. */
static char *
anna_proposes(struct scene *s, const char *link, const char *text)
{
    s->now += HOUR;
    write_to(s, ANNA, link, text);
    return g_strdup(latest(s, "proposal", MIA)->from_address);
}

/* ---- proposing ---- */

static void
test_a_proposal_is_a_record_and_a_mail(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    g_autofree char *offer = anna_proposes(s, link, ONE "\n\nDear Mia, see above.");
    const struct notice *mail = latest(s, "proposal", MIA);
    g_assert_cmpstr(mail->from_name, ==, "Acme Studio");
    g_assert_cmpstr(scene_text(mail->data, "proposal.total_money.amount"), ==, "120000");
    g_assert_cmpstr(scene_text(mail->data, "proposal.total_money.currency"), ==, "EUR");
    g_assert_cmpstr(scene_text(mail->data, "proposal.milestones.1.description"), ==, "Building");
    g_assert_cmpstr(scene_text(mail->data, "proposal.milestones.0.duration"), ==, "1 week");
    g_assert_cmpstr(scene_text(mail->data, "proposal.service"), ==, "theme-design"); /* the job's */
    g_assert_true(g_str_has_prefix(scene_text(mail->data, "actions.0.mailto"), "mailto:r+"));
    g_assert_nonnull(strstr(scene_text(mail->data, "actions.0.mailto"), offer));
    g_assert_cmpstr(scene_text(mail->data, "actions.0.command"), ==, "/accept");
    g_assert_cmpstr(scene_text(latest(s, "relay-partner", MIA)->data, "text"), ==, "Dear Mia, see above.");
    assert_shown(s, "proposals.0.state", "sent");
    assert_shown(s, "proposals.0.number", "1");
    assert_shown(s, "proposals.0.version", "1");
    assert_shown(s, "proposals.0.total.amount", "120000");
    assert_shown(s, "job.state", "responded"); /* to propose is to answer */
    assert_said(s, ANNA, "said.proposal_sent");
    s->now += 100 * HOUR;
    scene_send(s);
    assert_shown(s, "job.state", "responded");
}

static void
test_what_cannot_be_read_is_told_and_nothing_happens(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    write_to(s, ANNA, link, "/propose\n\nDear Mia");
    assert_said(s, ANNA, "cannot.proposal_empty");
    write_to(s, ANNA, link, "/propose\nDescription: x\nTotal: 1.234 EUR");
    assert_said(s, ANNA, "cannot.amount_ambiguous");
    write_to(s, ANNA, link, TWO "\n\nDear Mia,\nMilestone 3: Care; 5 EUR");
    assert_said(s, ANNA, "cannot.proposal_stray");
    g_assert_cmpuint(scene_sent_count(s, "proposal"), ==, 0);
    g_assert_cmpuint(scene_sent_count(s, "relay-partner"), ==, 0);
    assert_shown(s, "proposals.0.state", "");
    assert_shown(s, "job.state", "new");
}

/* R12: what a command says to the merchant is an answer too, up to the message that it answers. */
static void
test_a_proposal_alone_reads_what_it_answers(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    g_autofree char *header =
        g_strdup_printf("In-Reply-To: <%s>\n", scene_sent(s, "first-contact", TEAM, 0)->message_id);
    assert_shown(s, "unread", "1");
    write_to(s, MIA, "acme@experts.test", "One more thing.");
    assert_shown(s, "unread", "2");
    scene_taken(scene_write(s, ANNA, link, "Re: A new theme", header, TWO));
    assert_shown(s, "unread", "1");
    assert_shown(s, "messages.1.read_at", "");
    g_autofree char *offer = anna_proposes(s, link, TWO); /* it does not tell: all */
    assert_shown(s, "unread", "0");
    write_to(s, MIA, offer, "/accept");
    static const char *const commands[] = {"/invoice 10 EUR", "/access"};
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
        write_to(s, MIA, offer, "A question.");
        assert_shown(s, "unread", "1");
        write_to(s, ANNA, link, commands[i]);
        assert_shown(s, "unread", "0");
    }
}

static void
test_an_expired_job_takes_no_proposal(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    s->now += 73 * HOUR;
    write_to(s, ANNA, link, TWO);
    assert_said(s, ANNA, "cannot.job_expired");
    g_assert_cmpuint(scene_sent_count(s, "proposal"), ==, 0);
}

static void
test_only_partners_propose_and_only_merchants_accept(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    g_autofree char *offer = anna_proposes(s, link, TWO);
    write_to(s, MIA, offer, TWO);
    assert_said(s, MIA, "cannot.not_yours");
    write_to(s, ANNA, link, "/accept #1.1");
    assert_said(s, ANNA, "cannot.not_yours");
    write_to(s, "eve@evil.test", offer, "/accept"); /* not registered: kept, nothing happens */
    write_to(s, ANNA, offer, "/accept");            /* the merchant's link is not hers */
    assert_shown(s, "proposals.0.state", "sent");
}

static void
test_links_in_a_proposal_do_not_get_across(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    g_autofree char *text = g_strdup_printf("/propose\nDescription: write to %s\nTotal: 5 EUR\nTerms: %s", link, link);
    g_free(anna_proposes(s, link, text));
    char *dump = json_dumps(latest(s, "proposal", MIA)->data, 0);
    g_assert_null(strstr(dump, link));
    g_assert_nonnull(strstr(dump, "write to [address]"));
    free(dump);
}

/* ---- deciding ---- */

static void
test_accepted_in_one_tap(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    g_autofree char *offer = anna_proposes(s, link, ONE);
    s->now += HOUR;
    write_to(s, MIA, offer, "/accept\n\nGreat!");
    assert_shown(s, "proposals.0.state", "accepted");
    assert_shown(s, "proposals.0.decided_by", MIA);
    assert_shown(s, "job.state", "awaiting_response");
    g_assert_cmpstr(scene_text(latest(s, "proposal-accepted", TEAM)->data, "total_money.amount"), ==, "120000");
    latest(s, "proposal-accepted", MIA);
    assert_shown(s, "messages.1.text", "Great!");
    s->now += HOUR;
    write_to(s, MIA, offer, "/accept"); /* once more */
    assert_said(s, MIA, "said.proposal_already_accepted");
    g_assert_cmpuint(scene_sent_count(s, "proposal-accepted"), ==, 2);
    write_to(s, MIA, offer, "/change more colours");
    assert_said(s, MIA, "cannot.proposal_accepted");
}

/* ---- once confirmed ---- */

/* A mail with a file. */
static void
write_with_file(struct scene *s, const char *from, const char *to, const char *text, const char *file)
{
    static guint serial;
    g_autofree char *raw = g_strdup_printf(
        "From: Somebody <%s>\nTo: %s\nSubject: Re: A new theme\nMessage-ID: <file%u@client.test>\nMIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\n%s\n--b\n"
        "Content-Type: application/pdf; name=\"%s\"\nContent-Disposition: attachment; filename=\"%s\"\n"
        "Content-Transfer-Encoding: base64\n\nJVBERi0xLjQK\n--b--\n",
        from, to, ++serial, text, file, file);
    scene_taken(scene_mail(s, from, to, raw));
    scene_send(s);
}

static void
confirm(struct scene *s, const char *who, guint n)
{
    const struct notice *question = scene_sent(s, "confirm", who, n);
    g_assert_nonnull(question);
    g_autofree char *address = g_strdup(question->from_address);
    write_to(s, who, address, "/confirm");
}

/* Nobody vouches for the sender: the mail waits with its proposal, and goes with it, file and words. */
static void
test_files_wait_with_the_proposal(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    s->conf.authserv_id = (char *)"mx.experts.test";
    scene_forget(s);
    write_with_file(s, ANNA, link, TWO "\n\nAll of it is in the file.\n\n-- \nAnna", "offer.pdf");
    g_assert_cmpuint(scene_sent_count(s, "relay-partner"), ==, 0);
    g_assert_cmpuint(scene_sent_count(s, "proposal"), ==, 0);
    s->now += HOUR;
    confirm(s, ANNA, 0);
    g_assert_cmpuint(scene_sent_count(s, "proposal"), ==, 1);
    const struct notice *relay = latest(s, "relay-partner", MIA);
    g_assert_cmpuint(scene_sent_count(s, "relay-partner"), ==, 1);
    g_assert_cmpstr(scene_text(relay->data, "text"), ==, "All of it is in the file.");
    g_assert_cmpuint(relay->files->len, ==, 1);
    const struct notice_file *file = relay->files->pdata[0];
    g_assert_cmpstr(file->name, ==, "offer.pdf");
    g_assert_cmpint(file->size, ==, strlen("%PDF-1.4\n"));
    assert_shown(s, "messages.1.attachments.0.name", "offer.pdf");
    assert_shown(s, "messages.2.text", "");
}

/* Mia took Anna's proposal; from here on nobody is certain, so that invoices are asked about. The job's link. */
static char *
accepted_then_uncertain(struct scene *s)
{
    char *link = mia_asks(s);
    g_autofree char *proposal = anna_proposes(s, link, TWO);
    write_to(s, MIA, proposal, "/accept");
    write_to(s, ANNA, link, "Thank you.");
    s->conf.authserv_id = (char *)"mx.experts.test";
    scene_forget(s);
    return link;
}

/* What waited and was not confirmed is not sent; its author hears of it, once. */
static void
test_files_that_waited_in_vain_are_told(struct scene *s)
{
    g_autofree char *link = accepted_then_uncertain(s);
    write_with_file(s, ANNA, link, "/invoice 400 EUR\n/invoice 600 EUR\n\nHere it is.", "bill.pdf");
    write_with_file(s, ANNA, link, "/invoice 300 EUR\n/invoice 200 EUR\n\nAnd this.", "bill.pdf");
    confirm(s, ANNA, 2);
    s->now += DAY;
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "not-relayed"), ==, 0); /* it can still be confirmed */
    s->now++;
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "not-relayed"), ==, 1); /* the second mail went with one of its two */
    const struct notice *told = scene_sent(s, "not-relayed", ANNA, 0);
    g_assert_nonnull(told);
    g_assert_cmpstr(scene_text(told->data, "reason.say"), ==, "not-relayed.unconfirmed");
    g_assert_cmpuint(scene_sent_count(s, "relay-partner"), ==, 1);
}

/* Two commands are asked about: the file goes with the one that is confirmed first, once. */
static void
test_files_that_wait_go_once(struct scene *s)
{
    g_autofree char *link = accepted_then_uncertain(s);
    write_with_file(s, ANNA, link, "/invoice 400 EUR\n/invoice 600 EUR\n", "bill.pdf");
    g_assert_cmpuint(scene_sent_count(s, "relay-partner"), ==, 0);
    confirm(s, ANNA, 1);
    g_assert_cmpuint(scene_sent_count(s, "relay-partner"), ==, 1);
    confirm(s, ANNA, 0);
    g_assert_cmpuint(scene_sent_count(s, "invoice"), ==, 2);
    g_assert_cmpuint(scene_sent_count(s, "relay-partner"), ==, 1);
}

/* What it sent late is taken back by the mail that sent it. */
static void
test_files_that_waited_are_taken_back(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    s->conf.authserv_id = (char *)"mx.experts.test";
    s->conf.hold_time = 20;
    write_with_file(s, ANNA, link, TWO, "offer.pdf");
    s->now += HOUR;
    confirm(s, ANNA, 0);
    write_to(s, ANNA, link, "/undo");
    assert_said(s, ANNA, "said.undone");
    s->now += HOUR;
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "relay-partner"), ==, 0);
    assert_shown(s, "messages.1.withdrawn", "true");
}

/* The words that go with the first answer it; that is no reason to refuse the second. */
static void
test_both_that_wait_are_confirmed(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    s->conf.authserv_id = (char *)"mx.experts.test";
    scene_forget(s);
    write_with_file(s, ANNA, link, TWO "\n/alias add anna@home.test\n\nAll is in the file.", "offer.pdf");
    confirm(s, ANNA, 0);
    g_assert_cmpuint(scene_sent_count(s, "relay-partner"), ==, 1);
    confirm(s, ANNA, 1);
    g_assert_cmpuint(scene_sent_count(s, "proposal"), ==, 1);
    assert_said(s, ANNA, "said.alias_added");
    g_assert_cmpuint(scene_sent_count(s, "relay-partner"), ==, 1);
}

/* Taken back, they go with the next that is confirmed. */
static void
test_files_that_were_taken_back_go_again(struct scene *s)
{
    g_autofree char *link = accepted_then_uncertain(s);
    write_with_file(s, ANNA, link, "/invoice 400 EUR\n/invoice 600 EUR\n", "bill.pdf");
    s->conf.hold_time = 20;
    confirm(s, ANNA, 0);
    write_to(s, ANNA, link, "/undo");
    assert_said(s, ANNA, "said.undone");
    s->conf.hold_time = 0;
    confirm(s, ANNA, 1);
    g_assert_cmpuint(latest(s, "relay-partner", MIA)->files->len, ==, 1);
}

static void
test_files_wait_with_the_changes_asked_for(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    g_autofree char *proposal = anna_proposes(s, link, TWO);
    s->conf.authserv_id = (char *)"mx.experts.test";
    write_with_file(s, MIA, proposal, "/change In blue, as in the file.", "blue.pdf");
    g_assert_cmpuint(scene_sent_count(s, "proposal-change"), ==, 0);
    confirm(s, MIA, 0);
    const struct notice *change = latest(s, "proposal-change", TEAM);
    g_assert_cmpuint(change->files->len, ==, 1);
    g_assert_cmpstr(((const struct notice_file *)change->files->pdata[0])->name, ==, "blue.pdf");
}

/* Any registered staff may; both at once is once. */
static void
test_two_of_the_staff_accept(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    g_autofree char *offer = anna_proposes(s, link, TWO);
    scene_taken(scene_write(s, KIM, offer, "Re", NULL, "/accept"));
    scene_taken(scene_write(s, MIA, offer, "Re", NULL, "/accept"));
    scene_send(s);
    assert_shown(s, "proposals.0.decided_by", KIM);
    assert_said(s, KIM, "said.proposal_accepted");
    assert_said(s, MIA, "said.proposal_already_accepted");
    g_assert_cmpuint(scene_sent_count(s, "proposal-accepted"), ==, 2); /* the partner, and Mia who wrote */
}

static void
test_a_superseded_version_cannot_be_accepted(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    g_autofree char *first = anna_proposes(s, link, ONE);
    g_autofree char *second = anna_proposes(s, link, TWO);
    g_assert_cmpstr(first, !=, second);
    assert_shown(s, "proposals.0.state", "superseded");
    assert_shown(s, "proposals.1.number", "1");
    assert_shown(s, "proposals.1.version", "2");
    write_to(s, MIA, first, "/accept");
    assert_said(s, MIA, "said.proposal_superseded");
    g_assert_cmpuint(scene_sent_count(s, "proposal"), ==, 3); /* the current one once more */
    g_assert_cmpstr(latest(s, "proposal", MIA)->from_address, ==, second);
    assert_shown(s, "proposals.1.state", "sent");
    write_to(s, MIA, first, "/accept #1.1");
    assert_shown(s, "proposals.1.state", "sent");
    write_to(s, MIA, first, "/accept 1.2"); /* said in words */
    assert_shown(s, "proposals.1.state", "accepted");
}

static void
test_which_one_is_not_guessed(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    write_to(s, ANNA, link, "Hello Mia.");
    g_autofree char *plain = g_strdup(latest(s, "relay-partner", MIA)->from_address);
    write_to(s, MIA, plain, "/accept");
    assert_said(s, MIA, "cannot.no_proposal");
    g_free(anna_proposes(s, link, TWO));
    write_to(s, MIA, plain, "/accept");
    assert_said(s, MIA, "cannot.proposal_which");
    g_assert_cmpstr(scene_text(latest(s, "transcript", MIA)->data, "items.0.reference"), ==, "#1.1");
    assert_shown(s, "proposals.0.state", "sent");
    write_to(s, MIA, plain, "/accept #1.1");
    assert_shown(s, "proposals.0.state", "accepted");
}

static void
test_changes_are_asked_for_in_words(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    g_autofree char *offer = anna_proposes(s, link, ONE);
    write_to(s, MIA, offer, "/change");
    assert_said(s, MIA, "cannot.change_without_words");
    write_to(s, MIA, offer, "/change Cheaper, please.\n\n/accept is not what I want\nMia");
    assert_shown(s, "proposals.0.state", "change_requested");
    assert_shown(s, "messages.1.text", "Cheaper, please.\n\n/accept is not what I want\nMia");
    const struct notice *mail = latest(s, "proposal-change", TEAM);
    g_assert_true(g_str_has_prefix(scene_text(mail->data, "text"), "Cheaper, please."));
    assert_shown(s, "job.state", "awaiting_response");
    s->now += 2 * HOUR;
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "overview"), ==, 0); /* told already */
    g_free(anna_proposes(s, link, TWO));
    assert_shown(s, "proposals.1.version", "2");
}

static void
test_withdrawn(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    g_autofree char *offer = anna_proposes(s, link, ONE);
    write_to(s, ANNA, link, "/withdraw 7");
    assert_said(s, ANNA, "cannot.no_proposal");
    write_to(s, ANNA, link, "/withdraw");
    latest(s, "proposal-withdrawn", MIA);
    write_to(s, MIA, offer, "/accept");
    assert_said(s, MIA, "cannot.proposal_withdrawn");
    g_free(anna_proposes(s, link, TWO));
    assert_shown(s, "proposals.1.number", "2");
    assert_shown(s, "proposals.1.version", "1");
    write_to(s, ANNA, link, "/withdraw everything");
    assert_said(s, ANNA, "cannot.withdraw_what");
    write_to(s, ANNA, link, "/intrekken voorstel 2");
    assert_shown(s, "proposals.1.state", "withdrawn");
}

/* From an address that nobody vouches for, what matters is asked first, and stays bound to the version. */
static void
test_a_confirmed_acceptance_is_of_the_version_that_was_shown(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    g_autofree char *offer = anna_proposes(s, link, ONE);
    s->conf.unauthenticated_act = FALSE;
    write_to(s, MIA, offer, "/accept");
    assert_said(s, MIA, "said.confirmation_asked");
    g_autofree char *confirm = g_strdup(latest(s, "confirm", MIA)->from_address);
    assert_shown(s, "proposals.0.state", "sent");
    s->conf.unauthenticated_act = TRUE;
    g_autofree char *second = anna_proposes(s, link, TWO);
    write_to(s, MIA, confirm, "/confirm");
    assert_said(s, MIA, "said.proposal_superseded");
    assert_shown(s, "proposals.1.state", "sent");
    s->conf.unauthenticated_act = FALSE;
    write_to(s, MIA, second, "/accept");
    g_autofree char *again = g_strdup(latest(s, "confirm", MIA)->from_address);
    write_to(s, MIA, again, "/confirm");
    assert_shown(s, "proposals.1.state", "accepted");
}

/* ---- invoices ---- */

static void
test_invoices_follow_acceptance(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    g_autofree char *offer = anna_proposes(s, link, ONE);
    write_to(s, ANNA, link, "/invoice 500 EUR");
    assert_said(s, ANNA, "cannot.invoice_before_acceptance");
    write_to(s, MIA, offer, "/accept");
    write_to(s, ANNA, link, "/invoice 1.000 EUR");
    assert_said(s, ANNA, "cannot.amount_ambiguous");
    write_to(s, ANNA, link, "/invoice 500 USD");
    assert_said(s, ANNA, "cannot.invoice_currency");
    write_to(s, ANNA, link, "/invoice 0 EUR");
    assert_said(s, ANNA, "cannot.amount_zero");
    write_to(s, ANNA, link, "/factuur € 1.000,00: half of it");
    assert_said(s, ANNA, "said.invoice_sent");
    const struct notice *mail = latest(s, "invoice", MIA);
    g_assert_cmpstr(scene_text(mail->data, "amount_money.amount"), ==, "100000");
    g_assert_cmpstr(scene_text(mail->data, "description"), ==, "half of it");
    write_to(s, ANNA, link, "/invoice 300");
    assert_said(s, ANNA, "said.invoice_sent_beyond");
    g_assert_cmpstr(scene_text(latest(s, "transcript", ANNA)->data, "items.0.invoiced_money.amount"), ==, "130000");
    assert_shown(s, "invoices.1.state", "sent");
    write_to(s, ANNA, link, "/paid");
    assert_said(s, ANNA, "cannot.invoice_which");
    write_to(s, ANNA, link, "/withdraw invoice 2");
    latest(s, "invoice-withdrawn", MIA);
    write_to(s, ANNA, link, "/paid");
    latest(s, "invoice-paid", MIA);
    assert_shown(s, "invoices.0.state", "paid");
    assert_shown(s, "invoices.1.state", "withdrawn");
    write_to(s, ANNA, link, "/paid 1");
    assert_said(s, ANNA, "cannot.no_invoice");
    write_to(s, MIA, latest(s, "invoice", MIA)->from_address, "It is on its way.");
    assert_shown(s, "messages.1.text", "It is on its way.");
}

/* ---- access ---- */

static void
test_access_after_acceptance(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    g_autofree char *offer = anna_proposes(s, link, ONE);
    write_to(s, ANNA, link, "/access");
    assert_said(s, ANNA, "cannot.access_without_agreement");
    write_to(s, MIA, offer, "/accept");
    write_to(s, ANNA, link, "/access");
    const struct notice *mail = latest(s, "access", MIA);
    g_assert_cmpstr(scene_text(mail->data, "actions.0.command"), ==, "/approve");
    g_autofree char *ask = g_strdup(mail->from_address);
    write_to(s, ANNA, link, "/access");
    assert_said(s, ANNA, "cannot.access_asked");
    write_to(s, MIA, ask, "/deny");
    latest(s, "access-denied", TEAM);
    write_to(s, MIA, ask, "/approve");
    assert_said(s, MIA, "cannot.no_access_request");
    write_to(s, ANNA, link, "/access");
    write_to(s, MIA, latest(s, "access", MIA)->from_address, "/approuver");
    latest(s, "access-approved", TEAM);
}

/* Without a proposal: a mail of the merchant's that /access names, from after the partner's first words. */
static void
test_access_rests_on_a_mail_that_it_names(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    write_to(s, ANNA, link, "/access 1"); /* Mia's request is no agreement to anything */
    assert_said(s, ANNA, "cannot.access_without_agreement");
    write_to(s, ANNA, link, "I would have to look into your shop.");
    write_to(s, ANNA, link, "/access 2"); /* her own words */
    assert_said(s, ANNA, "cannot.access_without_agreement");
    s->now += HOUR;
    write_to(s, MIA, latest(s, "relay-partner", MIA)->from_address, "Yes, you may have access.");
    write_to(s, ANNA, link, "/access"); /* names nothing */
    assert_said(s, ANNA, "cannot.access_without_agreement");
    write_to(s, ANNA, link, "/access 22-10-2026");
    assert_said(s, ANNA, "cannot.access_without_agreement");
    s->now += 2 * HOUR;
    scene_send(s);
    g_autofree char *reply = g_strdup_printf("In-Reply-To: <%s>\n", latest(s, "overview", TEAM)->message_id);
    scene_taken(scene_write(s, ANNA, link, "Re", reply, "/access"));
    scene_send(s);
    const struct notice *mail = latest(s, "access", MIA);
    g_assert_cmpstr(scene_text(mail->data, "quote"), ==, "Yes, you may have access.");
    write_to(s, MIA, mail->from_address, "/deny");
    write_to(s, ANNA, link, "/access 2026-11-22");
    g_assert_cmpuint(scene_sent_count(s, "access"), ==, 2);
    write_to(s, MIA, latest(s, "access", MIA)->from_address, "/deny");
    write_to(s, ANNA, link, "/access #3");
    g_assert_cmpuint(scene_sent_count(s, "access"), ==, 3);
}

/* ---- reviews ---- */

static void
test_ratings(void)
{
    static const struct {
        const char *text;
        int rating;
        const char *rest;
    } cases[] = {{"5", 5, ""},
                 {"4/5", 4, ""},
                 {"4 / 5 good", 4, "good"},
                 {"\342\230\205\342\230\205\342\230\205\342\230\206\342\230\206 so so", 3, "so so"},
                 {"\342\255\220\357\270\217\342\255\220\357\270\217", 2, ""},
                 {"5 - Great work!\nMia", 5, "Great work!\nMia"},
                 {"5 \342\230\205\342\230\205\342\230\205\342\230\205\342\230\205", 5, ""},
                 {"3. Fine", 3, "Fine"},
                 {"\n  2: slow", 2, "slow"},
                 {"15", 0, NULL},
                 {"0", 0, NULL},
                 {"6", 0, NULL},
                 {"4.5", 0, NULL},
                 {"4/10", 0, NULL},
                 {"5% off", 0, NULL},
                 {"3rd time", 0, NULL},
                 {"Great", 0, NULL},
                 {"\342\230\205\342\230\205\342\230\205\342\230\205\342\230\205\342\230\205", 0, NULL},
                 {"", 0, NULL}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *rest = NULL;
        g_test_message("%s", cases[i].text);
        g_assert_cmpint(review_rating(cases[i].text, &rest), ==, cases[i].rating);
        if (cases[i].rating)
            g_assert_cmpstr(rest, ==, cases[i].rest);
    }
}

static void
assert_ranked(struct scene *s, const char *reviews, const char *points)
{
    g_autoptr(GError) error = NULL;
    json_t *acme = view_organisation(&s->market, "acme", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(scene_text(acme, "ranking.reviews"), ==, reviews);
    g_assert_cmpstr(scene_text(acme, "ranking.review_points"), ==, points);
    json_decref(acme);
}

static void
test_a_lead_reviews_without_harm(struct scene *s)
{
    scene_taken(scene_write(s, "lena@vogt.test", "acme@experts.test", "A new theme", NULL, "A theme, please."));
    scene_send(s);
    g_autofree char *link = g_strdup(scene_sent(s, "lead", TEAM, 0)->from_address);
    write_to(s, ANNA, link, "/review");
    const struct notice *mail = latest(s, "review", "lena@vogt.test");
    g_assert_cmpstr(scene_text(mail->data, "actions.0.command"), ==, "/review 5");
    g_autofree char *ask = g_strdup(mail->from_address);
    write_to(s, ANNA, link, "/review");
    assert_said(s, ANNA, "cannot.review_asked");
    write_to(s, "lena@vogt.test", ask, "1 Never came.\nNot once.");
    g_assert_cmpstr(scene_text(latest(s, "review-given", TEAM)->data, "rating"), ==, "1");
    assert_shown(s, "reviews.0.text", "Never came. Not once.");
    assert_ranked(s, "0", "0");
}

static void
test_completing_asks_for_a_review(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    write_to(s, ANNA, link, "Happy to help.");
    write_to(s, ANNA, link, "/review");
    assert_said(s, ANNA, "cannot.review_before_completion");
    write_to(s, ANNA, link, "/complete");
    g_autofree char *ask = g_strdup(latest(s, "review", MIA)->from_address);
    write_to(s, MIA, ask, "Which job do you mean?"); /* no rating: words */
    assert_shown(s, "messages.2.text", "Which job do you mean?");
    write_to(s, MIA, ask, "4 - Good work");
    g_assert_cmpstr(scene_text(latest(s, "review-given", TEAM)->data, "lines.0.line"), ==, "Good work");
    assert_ranked(s, "1", "4");
    s->now += 6 * DAY;
    write_to(s, KIM, ask, "5/5");
    assert_said(s, KIM, "said.review_changed");
    assert_ranked(s, "1", "5");
    s->now += 2 * DAY;
    write_to(s, MIA, ask, "/review 1");
    assert_said(s, MIA, "cannot.review_final");
    assert_ranked(s, "1", "5");
    g_assert_cmpuint(scene_sent_count(s, "review"), ==, 1);
}

/* Decisions 9: on a proposal's mail the proposal, otherwise the job. */
static void
test_decline_is_about_what_the_mail_shows(struct scene *s)
{
    g_autofree char *link = mia_asks(s);
    g_autofree char *offer = anna_proposes(s, link, ONE);
    write_to(s, MIA, offer, "/decline too dear");
    assert_shown(s, "proposals.0.state", "declined");
    assert_shown(s, "job.state", "awaiting_response");
    g_assert_cmpstr(scene_text(latest(s, "proposal-declined", TEAM)->data, "reason"), ==, "too dear");
    g_autofree char *second = anna_proposes(s, link, TWO);
    assert_shown(s, "proposals.1.version", "2"); /* revised, sent again */
    assert_shown(s, "proposals.0.state", "declined");
    write_to(s, ANNA, link, "Please have a look.");
    write_to(s, MIA, latest(s, "relay-partner", MIA)->from_address, "/decline 2 weeks are too long");
    assert_shown(s, "job.state", "declined");
    assert_shown(s, "proposals.1.state", "sent");
    write_to(s, MIA, second, "/accept");
    assert_shown(s, "proposals.1.state", "accepted");
    assert_shown(s, "job.state", "declined"); /* Decisions 6: stays */
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(path, fn) g_test_add_data_func("/proposal/" path, (gconstpointer)fn, scene_run)
    TEST("record", test_a_proposal_is_a_record_and_a_mail);
    TEST("unreadable", test_what_cannot_be_read_is_told_and_nothing_happens);
    TEST("reads", test_a_proposal_alone_reads_what_it_answers);
    TEST("expired", test_an_expired_job_takes_no_proposal);
    TEST("sides", test_only_partners_propose_and_only_merchants_accept);
    TEST("links", test_links_in_a_proposal_do_not_get_across);
    TEST("accepted", test_accepted_in_one_tap);
    TEST("files-wait-with-the-proposal", test_files_wait_with_the_proposal);
    TEST("files-that-waited-in-vain-are-told", test_files_that_waited_in_vain_are_told);
    TEST("files-that-wait-go-once", test_files_that_wait_go_once);
    TEST("files-that-waited-are-taken-back", test_files_that_waited_are_taken_back);
    TEST("both-that-wait-are-confirmed", test_both_that_wait_are_confirmed);
    TEST("files-that-were-taken-back-go-again", test_files_that_were_taken_back_go_again);
    TEST("files-wait-with-the-changes-asked-for", test_files_wait_with_the_changes_asked_for);
    TEST("staff", test_two_of_the_staff_accept);
    TEST("superseded", test_a_superseded_version_cannot_be_accepted);
    TEST("which", test_which_one_is_not_guessed);
    TEST("change", test_changes_are_asked_for_in_words);
    TEST("withdrawn", test_withdrawn);
    TEST("confirmed", test_a_confirmed_acceptance_is_of_the_version_that_was_shown);
    TEST("invoices", test_invoices_follow_acceptance);
    TEST("access", test_access_after_acceptance);
    TEST("access-mail", test_access_rests_on_a_mail_that_it_names);
    TEST("completed", test_completing_asks_for_a_review);
    TEST("decline", test_decline_is_about_what_the_mail_shows);
    TEST("review-lead", test_a_lead_reviews_without_harm);
#undef TEST
    g_test_add_func("/proposal/ratings", test_ratings);
    return g_test_run();
}
