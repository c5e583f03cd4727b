/* The hourly overview: who gets one when, with what in it, and where the answers to its items go. */
#include <stdlib.h>
#include <string.h>

#include "market/numbered.h"
#include "scene.h"

#define HOUR 3600
#define DAY 86400

static gboolean
set_digest(store_tx *tx, gpointer arg, GError **error)
{
    return store_run(tx, STMT_MEMBER_DIGEST, error, store_int(*(const gint64 *)arg), store_text("html"));
}

/* Members have their ids in the order of the import. */
static void
member_asks(struct scene *s, gint64 member_id)
{
    g_autoptr(GError) error = NULL;
    store_write(s->db, set_digest, &member_id, &error);
    g_assert_no_error(error);
}

static const json_t *
items_of(const struct notice *notice)
{
    g_assert_nonnull(notice);
    return json_object_get(notice->data, "items");
}

/* Mia and Joost have a conversation with acme that was answered; the overview of their next words. */
static void
two_conversations(struct scene *s)
{
    static const char *const merchants[] = {"mia@mias-candles.test", "joost@fietsen.test"};
    for (guint i = 0; i < G_N_ELEMENTS(merchants); i++) {
        scene_taken(scene_write(s, merchants[i], "acme@experts.test", "Help", NULL, "A theme, please."));
        scene_send(s);
        g_autofree char *link = g_strdup(scene_sent(s, "first-contact", NULL, i)->from_address);
        scene_taken(scene_write(s, "anna@acme.test", link, "Re: Help", NULL, "Gladly."));
        scene_send(s);
        g_autofree char *back = g_strdup(scene_sent(s, "relay-partner", merchants[i], 0)->from_address);
        g_autofree char *words = g_strdup_printf("When, asks %s?", merchants[i]);
        scene_taken(scene_write(s, merchants[i], back, "Re: Help", NULL, words));
    }
    scene_forget(s);
    s->now += HOUR;
    scene_send(s);
}

/* Where both sides of a conversation that was answered write to. */
struct links {
    char *partners, *merchants;
};

static struct links
one_conversation(struct scene *s)
{
    struct links links;
    scene_taken(scene_write(s, "mia@mias-candles.test", "acme@experts.test", "Help", NULL, "A theme, please."));
    scene_send(s);
    links.partners = g_strdup(scene_sent(s, "first-contact", NULL, 0)->from_address);
    scene_taken(scene_write(s, "anna@acme.test", links.partners, "Re: Help", NULL, "Gladly."));
    scene_send(s);
    links.merchants = g_strdup(scene_sent(s, "relay-partner", NULL, 0)->from_address);
    scene_forget(s);
    return links;
}

static void
links_clear(struct links *links)
{
    g_free(links->partners);
    g_free(links->merchants);
}

static void
merchant_says(struct scene *s, const struct links *links, const char *words)
{
    scene_taken(scene_write(s, "mia@mias-candles.test", links->merchants, "Re: Help", NULL, words));
}

/* ---- numbers ---- */

static const struct {
    const char *words, *entries; /* "number=text|…" */
} numbers[] = {
    {"2: Yes, gladly.", "2=Yes, gladly."},
    {"\n 1: One\nmore\n\n2: /decline no time\n", "1=One\nmore|2=/decline no time"},
    {"#3: x\n12 : y", "3=x|12=y"},
    {"1\302\240: x", "1=x"},
    {"2\357\274\232 x", "2=x"},
    {"Hello,\n1: One", ""},
    {"10:30 suits me", ""},
    {"2: at 10:30 or\n10:30 tomorrow", "2=at 10:30 or\n10:30 tomorrow"},
    {"1:\n2: x", ""},
    {"1: x\n2:", ""},
    {"2: We need\n1: access\n2: a budget", ""}, /* a list within an answer */
    {"2. x", ""},
    {"1000: x", ""},
    {"", ""},
    {"1:\nline below", "1=line below"},
};

static void
test_numbers(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(numbers); i++) {
        g_autoptr(GPtrArray) list = numbered_read(numbers[i].words);
        g_autoptr(GString) got = g_string_new(NULL);
        for (guint k = 0; k < list->len; k++) {
            const struct numbered *entry = g_ptr_array_index(list, k);
            g_string_append_printf(got, "%s%u=%s", k ? "|" : "", entry->number, entry->text);
        }
        g_assert_cmpstr(got->str, ==, numbers[i].entries);
    }
}

static void
test_numbered_answers_go_to_their_items(struct scene *s)
{
    two_conversations(s);
    const struct notice *overview = scene_sent(s, "overview", "team@acme.test", 0);
    g_assert_cmpuint(json_array_size(items_of(overview)), ==, 2);
    g_autofree char *address = g_strdup(overview->from_address);
    scene_forget(s);
    scene_taken(scene_write(s, "bob@acme.test", address, "Re: 2", NULL, "2: On Friday.\n\n1: On Monday."));
    scene_send(s);
    const struct notice *to_mia = scene_sent(s, "relay-partner", "mia@mias-candles.test", 0);
    const struct notice *to_joost = scene_sent(s, "relay-partner", "joost@fietsen.test", 0);
    g_assert_cmpstr(scene_text(to_mia->data, "text"), ==, "On Monday.");
    g_assert_cmpstr(scene_text(to_joost->data, "text"), ==, "On Friday.");
    g_assert_cmpstr(scene_text(scene_sent(s, "transcript", "bob@acme.test", 0)->data, "items.1.say"), ==,
                    "said.item_answered");
}

/* What can be done with one tap is done in its item's conversation, no other. */
static void
test_each_item_has_its_own_actions(struct scene *s)
{
    two_conversations(s);
    const json_t *items = items_of(scene_sent(s, "overview", "team@acme.test", 0));
    for (guint i = 0; i < 2; i++) {
        json_t *item = json_array_get(items, i);
        g_autofree char *decline = g_strdup_printf("mailto:%s?body=%%2Fdecline", scene_text(item, "link"));
        g_autofree char *read = g_strdup_printf("mailto:%s?body=%%2Fread", scene_text(item, "link"));
        g_assert_cmpstr(scene_text(item, "actions.0.mailto"), ==, decline);
        g_assert_cmpstr(scene_text(item, "actions.1.mailto"), ==, read);
    }
    g_autofree char *first = g_strdup(scene_text(json_array_get(items, 0), "link"));
    scene_taken(scene_write(s, "bob@acme.test", first, "", NULL, "/decline"));
    json_t *list = scene_conversations(s);
    g_assert_cmpstr(scene_text(list, "0.job.state"), ==, "declined");
    g_assert_cmpstr(scene_text(list, "1.job.state"), ==, "awaiting_response");
    json_decref(list);
}

/* What has to be confirmed takes no files past the question: neither with itself nor with another answer. */
static void
test_files_beside_a_question_are_refused(struct scene *s)
{
    static const char *const texts[] = {"1: /propose\nDescription: A theme\nTotal: 1000 EUR\n\nSee the file.",
                                        "1: See the file.\n2: /propose\nDescription: A theme\nTotal: 1000 EUR"};
    two_conversations(s);
    g_autofree char *address = g_strdup(scene_sent(s, "overview", "team@acme.test", 0)->from_address);
    s->conf.authserv_id = (char *)"mx.experts.test";
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *raw = g_strdup_printf(
            "From: Anna <anna@acme.test>\nTo: %s\nSubject: Re: %u\nMessage-ID: <several%u@client.test>\n"
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\n%s\n--b\n"
            "Content-Type: application/pdf; name=\"a.pdf\"\nContent-Disposition: attachment; filename=\"a.pdf\"\n"
            "Content-Transfer-Encoding: base64\n\nJVBERi0xLjQK\n--b--\n",
            address, i, i, texts[i]);
        scene_forget(s);
        scene_taken(scene_mail(s, "anna@acme.test", address, raw));
        s->now += HOUR;
        scene_send(s);
        g_assert_null(scene_sent(s, "relay-partner", NULL, 0));
        g_assert_null(scene_sent(s, "confirm", NULL, 0));
        const struct notice *told = scene_sent(s, "transcript", "anna@acme.test", 0);
        g_assert_nonnull(told);
        g_assert_false(json_is_true(json_object_get(told->data, "done")));
        char *data = json_dumps(told->data, 0);
        g_assert_nonnull(strstr(data, "cannot.files_of_several"));
        free(data);
    }
}

/* Without a subject of its own the thread is named after the merchant, as its first mail was. */
static void
test_a_conversation_without_subject_keeps_its_name(struct scene *s)
{
    scene_taken(scene_write(s, "mia@mias-candles.test", "acme@experts.test", "", NULL, "A theme, please."));
    scene_send(s);
    const struct notice *first = scene_sent(s, "first-contact", NULL, 0);
    g_assert_cmpstr(scene_text(first->data, "subject"), ==, "");
    g_autofree char *label = g_strdup(scene_text(first->data, "merchant.label"));
    g_assert_cmpstr(label, ==, "Mia Jansen (Mia's Candles)");
    scene_taken(scene_write(s, "mia@mias-candles.test", "acme@experts.test", "", NULL, "And a logo."));
    s->now += HOUR;
    scene_send(s);
    const struct notice *overview = scene_sent(s, "overview", "team@acme.test", 0);
    g_assert_nonnull(overview);
    g_assert_true(json_is_true(json_object_get(overview->data, "single")));
    g_assert_cmpstr(scene_text(overview->data, "merchant.label"), ==, label);
}

static void
test_one_wrong_number_and_nothing_is_sent(struct scene *s)
{
    two_conversations(s);
    g_autofree char *address = g_strdup(scene_sent(s, "overview", "team@acme.test", 0)->from_address);
    scene_forget(s);
    scene_taken(scene_write(s, "bob@acme.test", address, "Re: 2", NULL, "2: On Friday.\n3: On Monday."));
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "relay-partner"), ==, 0);
    g_assert_cmpuint(scene_quarantined(s), ==, 1);
    const struct notice *transcript = scene_sent(s, "transcript", "bob@acme.test", 0);
    g_assert_cmpstr(scene_text(transcript->data, "done"), ==, "false");
    g_assert_cmpstr(scene_text(transcript->data, "items.1.say"), ==, "cannot.no_such_item");
}

static void
test_a_plain_reply_comes_back_with_links(struct scene *s)
{
    two_conversations(s);
    g_autofree char *address = g_strdup(scene_sent(s, "overview", "team@acme.test", 0)->from_address);
    scene_forget(s);
    scene_taken(scene_write(s, "bob@acme.test", address, "Re: 2", NULL, "Yes & gladly."));
    scene_taken(scene_write(s, "eve@evil.test", address, "Re: 2", NULL, "Yes."));
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "relay-partner"), ==, 0);
    g_assert_cmpuint(scene_sent_count(s, "which-item"), ==, 1);
    const struct notice *which = scene_sent(s, "which-item", "bob@acme.test", 0);
    g_autofree char *link = g_strdup(scene_text(which->data, "choices.1.link"));
    g_assert_true(g_str_has_suffix(scene_text(which->data, "choices.1.mailto"), "?body=Yes%20%26%20gladly."));
    g_assert_nonnull(scene_sent(s, "not-relayed", "team@acme.test", 0));
    scene_taken(scene_write(s, "bob@acme.test", link, "Re: 2", NULL, "Yes & gladly."));
    scene_send(s);
    g_assert_nonnull(scene_sent(s, "relay-partner", "joost@fietsen.test", 0));
}

/* Accents are six characters in a link, and clients cut long ones without a word. */
static void
test_a_draft_goes_along_whole_or_not_at_all(struct scene *s)
{
    static const struct {
        guint times;
        const char *words, *link; /* the link's end */
    } drafts[] = {
        {1, "Yes.\n\nGladly.", "?body=Yes.%0D%0A%0D%0AGladly."},
        {200, "\305\274\303\263 ", "?body="},
    };
    two_conversations(s);
    g_autofree char *address = g_strdup(scene_sent(s, "overview", "team@acme.test", 0)->from_address);
    for (guint i = 0; i < G_N_ELEMENTS(drafts); i++) {
        g_autoptr(GString) words = g_string_new(NULL);
        for (guint k = 0; k < drafts[i].times; k++)
            g_string_append(words, drafts[i].words);
        scene_forget(s);
        scene_taken(scene_write(s, "bob@acme.test", address, "Re: 2",
                                "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n", words->str));
        scene_send(s);
        const struct notice *which = scene_sent(s, "which-item", "bob@acme.test", 0);
        g_assert_true(g_str_has_suffix(scene_text(which->data, "choices.1.mailto"), drafts[i].link));
    }
}

/* What is quoted of the items hides what the overview hides: the merchant's address, its own links. */
static void
test_the_question_which_item_names_no_address(struct scene *s)
{
    two_conversations(s);
    g_autofree char *first = g_strdup(scene_sent(s, "overview", "team@acme.test", 0)->from_address);
    scene_taken(scene_write(s, "bob@acme.test", first, "Re: 2", NULL, "1: On Monday.\n2: On Friday."));
    scene_send(s);
    g_autofree char *mia = g_strdup(scene_sent(s, "relay-partner", "mia@mias-candles.test", 0)->from_address);
    g_autofree char *joost = g_strdup(scene_sent(s, "relay-partner", "joost@fietsen.test", 0)->from_address);
    g_autofree char *words = g_strdup_printf("Write to Mia <mia@mias-candles.test>, not to %s", mia);
    scene_taken(scene_write(s, "mia@mias-candles.test", mia, "Re: Help", NULL, words));
    scene_taken(scene_write(s, "joost@fietsen.test", joost, "Re: Help", NULL, "Fine."));
    scene_forget(s);
    s->now += HOUR;
    scene_send(s);
    g_autofree char *second = g_strdup(scene_sent(s, "overview", "team@acme.test", 0)->from_address);
    scene_taken(scene_write(s, "bob@acme.test", second, "Re: 2", NULL, "Gladly."));
    scene_send(s);
    const struct notice *which = scene_sent(s, "which-item", "bob@acme.test", 0);
    g_assert_nonnull(which);
    char *all = json_dumps(json_object_get(which->data, "choices"), 0);
    g_assert_nonnull(strstr(all, "Write to Mia <[address]>"));
    g_assert_null(strstr(all, "mia@mias-candles.test"));
    g_assert_null(strstr(all, mia));
    free(all); /* jansson's, from malloc */
}

/* Of what was undone nothing is left for the mail's other recipients. */
static void
test_numbers_that_fail_spoil_no_other_link(struct scene *s)
{
    two_conversations(s);
    const struct notice *overview = scene_sent(s, "overview", "team@acme.test", 0);
    g_autofree char *both =
        g_strdup_printf("%s %s", overview->from_address, scene_text(overview->data, "items.0.link"));
    scene_forget(s);
    scene_taken(scene_write(s, "bob@acme.test", both, "Re: 2", NULL, "1: On Monday.\n9: On Friday."));
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "relay-partner"), ==, 1);
    g_assert_nonnull(scene_sent(s, "transcript", "bob@acme.test", 0));
}

/* ---- eight clients ---- */

/* How a reply to one item looks: the item's link as recipient, the whole overview quoted below (%s: the other item's
 * link, which stands in the quote). */
static const struct {
    const char *client, *headers, *body;
} clients[] = {
    {"gmail", "Content-Type: text/plain; charset=utf-8\n",
     "On Friday.\n\nOn Sun, Nov 22, 2026 at 10:00 AM Experts <x@experts.test> wrote:\n> Two messages\n> %s\n> When?\n"},
    {"gmail-html", "Content-Type: text/html; charset=utf-8\n",
     "<div dir=\"ltr\">On Friday.</div><br><div class=\"gmail_quote\"><div dir=\"ltr\" class=\"gmail_attr\">On Sun, "
     "Nov "
     "22, 2026 at 10:00 AM Experts &lt;x@experts.test&gt; wrote:<br></div><blockquote class=\"gmail_quote\">Two "
     "messages %s</blockquote></div>"},
    {"apple-mail", "Content-Type: text/plain; charset=us-ascii\nX-Mailer: Apple Mail (2.3774)\n",
     "On Friday.\n\n> On 22 Nov 2026, at 10:00, Experts <x@experts.test> wrote:\n> \n> Two messages\n> %s\n"},
    {"iphone", "Content-Type: text/plain; charset=utf-8\nX-Mailer: iPhone Mail (21A1)\n",
     "On Friday.\n\nSent from my iPhone\n\n> On 22 Nov 2026, at 10:00, Experts <x@experts.test> wrote:\n> \n> %s\n"},
    {"outlook", "Content-Type: text/plain; charset=utf-8\nX-Mailer: Microsoft Outlook 16.0\n",
     "On Friday.\n\nFrom: Experts <x@experts.test>\nSent: Sunday, November 22, 2026 10:00 AM\nTo: Acme "
     "<team@acme.test>\nSubject: 2 unread messages\n\nTwo messages\n%s\n"},
    {"outlook-web", "Content-Type: text/html; charset=utf-8\n",
     "<div>On Friday.</div><div id=\"appendonsend\"></div><hr style=\"width:98%%\"><div "
     "id=\"divRplyFwdMsg\"><b>From:</b> "
     "Experts<br><b>Sent:</b> Sunday<br><b>To:</b> Acme<br><b>Subject:</b> 2 unread messages</div><div>%s</div>"},
    {"thunderbird", "Content-Type: text/plain; charset=UTF-8; format=flowed\nUser-Agent: Mozilla Thunderbird\n",
     "On Friday.\n\nOp 22-11-2026 om 10:00 schreef Experts:\n> Two messages\n> %s\n"},
    {"samsung", "Content-Type: text/plain; charset=utf-8\n",
     "On Friday.\n\n-------- Original message --------\nFrom: Experts <x@experts.test>\nDate: 22/11/2026 10:00 "
     "(GMT+01:00)\nTo: team@acme.test\nSubject: 2 unread messages\n\n%s\n"},
};

static void
test_replies_to_items_from_eight_clients(struct scene *s)
{
    for (guint i = 0; i < G_N_ELEMENTS(clients); i++) {
        two_conversations(s);
        const struct notice *overview = scene_sent(s, "overview", "team@acme.test", 0);
        guint last = (guint)json_array_size(items_of(overview)) - 1;
        g_autofree char *mine = g_strdup_printf("items.%u.link", last), *other = g_strdup("items.0.link");
        g_autofree char *link = g_strdup(scene_text(overview->data, mine));
        g_autofree char *quoted = g_strdup(scene_text(overview->data, other));
        g_autoptr(GString) body = g_string_new(clients[i].body);
        g_string_replace(body, "%s", quoted, 0);
        g_string_replace(body, "%%", "%", 0);
        g_autofree char *raw =
            g_strdup_printf("From: Anna <anna@acme.test>\nTo: %s\nSubject: Re: 2 unread messages\nMessage-ID: "
                            "<c%u@client.test>\nReferences: <%s>\nIn-Reply-To: <%s>\nMIME-Version: 1.0\n%s\n%s",
                            link, i, overview->message_id, overview->message_id, clients[i].headers, body->str);
        scene_forget(s);
        scene_taken(scene_mail(s, "anna@acme.test", link, raw));
        scene_send(s);
        g_test_message("%s", clients[i].client);
        g_assert_cmpuint(scene_sent_count(s, "relay-partner"), ==, 1);
        const struct notice *relayed = scene_sent(s, "relay-partner", "joost@fietsen.test", 0);
        g_assert_nonnull(relayed);
        g_assert_true(g_str_has_prefix(scene_text(relayed->data, "text"), "On Friday."));
        g_assert_null(strstr(scene_text(relayed->data, "text"), "experts.test"));
        s->now += 3 * HOUR;
        scene_send(s);
        scene_forget(s);
    }
}

/* ---- members ---- */

static void
test_a_member_who_asked_gets_an_overview_of_its_own(struct scene *s)
{
    member_asks(s, 1); /* anna@acme.test */
    two_conversations(s);
    const json_t *team = items_of(scene_sent(s, "overview", "team@acme.test", 0));
    g_assert_cmpuint(json_array_size(team), ==, 2);
    /* Anna was told of both first contacts by nobody else, and answered them before the overview. */
    g_assert_cmpuint(json_array_size(items_of(scene_sent(s, "overview", "anna@acme.test", 0))), ==, 2);
    g_assert_null(scene_sent(s, "overview", "bob@acme.test", 0));
    g_assert_cmpuint(scene_sent_count(s, "overview"), ==, 2);
    scene_forget(s);
    s->now += 2 * DAY;
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "overview"), ==, 0);
}

static void
test_a_member_hears_nothing_of_before(struct scene *s)
{
    two_conversations(s);
    member_asks(s, 2); /* bob@acme.test */
    scene_forget(s);
    s->now += HOUR;
    scene_taken(scene_write(s, "kim@mias-candles.test", "acme@experts.test", "New", NULL, "And the seo?"));
    s->now += HOUR + 1;
    scene_send(s);
    const json_t *items = items_of(scene_sent(s, "overview", "bob@acme.test", 0));
    g_assert_cmpuint(json_array_size(items), ==, 1);
}

static void
test_a_failed_overview_of_a_member_is_told_again(struct scene *s)
{
    member_asks(s, 1);
    two_conversations(s);
    g_assert_nonnull(scene_sent(s, "overview", "anna@acme.test", 0));
    scene_forget(s);
    s->now += HOUR;
    scene_taken(scene_write(s, "kim@mias-candles.test", "acme@experts.test", "New", NULL, "And the seo?"));
    scene_send(s);
    s->now += HOUR + 1;
    g_assert_cmpuint(scene_fail(s, OUTBOX_PERMANENT), ==, 1); /* Anna's: the team was told of Kim at once */
    scene_forget(s);
    s->now += HOUR + 1;
    scene_send(s);
    g_assert_cmpuint(json_array_size(items_of(scene_sent(s, "overview", "anna@acme.test", 0))), ==, 1);
}

/* ---- an address that mail comes back from ---- */

static void
bounce_of(struct scene *s, const struct notice *notice)
{
    g_autofree char *raw = scene_bounce(notice->recipient, "failed", "5.1.1");
    scene_taken(scene_mail(s, "", notice->envelope_sender, raw));
}

/* What it told of is told again, to whom it reaches, with whose place that is. */
static void
test_an_overview_that_came_back_goes_to_another_member(struct scene *s)
{
    two_conversations(s);
    bounce_of(s, scene_sent(s, "overview", "team@acme.test", 0));
    scene_forget(s);
    s->now += HOUR + 1;
    scene_send(s);
    g_assert_null(scene_sent(s, "overview", "team@acme.test", 0));
    const struct notice *overview = scene_sent(s, "overview", "anna@acme.test", 0);
    g_assert_cmpuint(json_array_size(items_of(overview)), ==, 2);
    g_assert_cmpstr(scene_text(overview->data, "instead_of"), ==, "team@acme.test");
}

/* The address was a list of several people, and it came back from one: the others have it and answer. */
static void
test_an_overview_that_came_back_can_be_answered(struct scene *s)
{
    two_conversations(s);
    const struct notice *overview = scene_sent(s, "overview", "team@acme.test", 0);
    g_autofree char *address = g_strdup(overview->from_address);
    bounce_of(s, overview);
    scene_forget(s);
    scene_taken(scene_write(s, "bob@acme.test", address, "Re: 2", NULL, "2: On Friday."));
    scene_send(s);
    g_assert_cmpstr(scene_text(scene_sent(s, "relay-partner", "joost@fietsen.test", 0)->data, "text"), ==,
                    "On Friday.");
    scene_taken(scene_write(s, "bob@acme.test", address, "Re: 2", NULL, "On Monday."));
    scene_send(s);
    g_assert_nonnull(scene_sent(s, "which-item", "bob@acme.test", 0));
}

/* Anna asked for her own and stands in for the address: one an hour, and nothing in two. `told`: text → itself. */
static void
look_at_stand_in(struct scene *s, GHashTable *told, gint64 *last)
{
    g_assert_null(scene_sent(s, "overview", "team@acme.test", 0));
    g_assert_null(scene_sent(s, "overview", "anna@acme.test", 1));
    const struct notice *overview = scene_sent(s, "overview", "anna@acme.test", 0);
    if (overview) {
        g_assert_cmpint(s->now - *last, >=, HOUR);
        *last = s->now;
    }
    for (guint i = 0; overview && i < json_array_size(items_of(overview)); i++)
        g_assert_true(g_hash_table_add(told, g_strdup(scene_text(json_array_get(items_of(overview), i), "text"))));
    scene_forget(s);
}

static void
test_a_stand_in_with_overviews_of_its_own_gets_one_an_hour(struct scene *s)
{
    struct links links = one_conversation(s);
    g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    gint64 last = 0;
    merchant_says(s, &links, "Before.");
    member_asks(s, 1);
    s->now += 20 * 60;
    merchant_says(s, &links, "First.");
    s->now += 40 * 60;
    scene_send(s);
    const struct notice *team = scene_sent(s, "overview", "team@acme.test", 0); /* of both; hers tells of the second */
    g_autofree char *bounce = scene_bounce(team->recipient, "failed", "5.1.1");
    g_autofree char *sender = g_strdup(team->envelope_sender);
    scene_forget(s);
    merchant_says(s, &links, "Second.");
    s->now += 20 * 60;
    scene_send(s);
    look_at_stand_in(s, told, &last);
    g_assert_cmpuint(g_hash_table_size(told), ==, 2);
    scene_taken(scene_mail(s, "", sender, bounce));
    g_assert_cmpstr(scene_command_as(s, "acme", 1, "anna@acme.test", "/assign bob@acme.test"), ==, "said.assigned");
    for (guint i = 0; i < 50; i++, s->now += 10 * 60) {
        g_autofree char *words = g_strdup_printf("Message %u.", i);
        if (i >= 8 && i < 28)
            merchant_says(s, &links, words);
        if (i == 30)
            scene_taken(scene_write(s, "bob@acme.test", links.partners, "Re: Help", NULL, "Bob answers."));
        scene_send(s);
        look_at_stand_in(s, told, &last);
    }
    g_assert_true(g_hash_table_contains(told, "Before."));
    g_assert_true(g_hash_table_contains(told, "Bob answers."));
    links_clear(&links);
}

/* ---- a clock that was wrong ---- */

/* What was sent, and what was expected, while it ran ahead by days. */
static void
test_a_clock_put_right_delays_nothing(struct scene *s)
{
    struct links links = one_conversation(s);
    s->now += 5 * DAY;
    merchant_says(s, &links, "One.");
    s->now += HOUR;
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "overview"), ==, 1);
    s->now -= 5 * DAY;
    for (guint i = 0; i < 2; i++) {
        scene_forget(s);
        merchant_says(s, &links, "Two.");
        s->now += HOUR - 1;
        scene_send(s);
        g_assert_cmpuint(scene_sent_count(s, "overview"), ==, 0);
        s->now += 1;
        scene_send(s);
        g_assert_cmpuint(scene_sent_count(s, "overview"), ==, 1);
        s->now += 5 * DAY;
        merchant_says(s, &links, "Three.");
        s->now -= 5 * DAY;
    }
    links_clear(&links);
}

/* ---- what the mails carry besides words ---- */

/* Presses the mailto in a List-Unsubscribe: which preference was set, and whose, "said … of …". */
static char *
press(struct scene *s, const char *who, const char *unsubscribe)
{
    g_auto(GStrv) parts = g_strsplit_set(unsubscribe, ":?>", -1); /* "<mailto", address, "body=…" */
    g_autofree char *words = g_uri_unescape_string(parts[2] + strlen("body="), NULL);
    scene_forget(s);
    scene_taken(scene_write(s, who, parts[1], "", NULL, words));
    scene_send(s);
    json_t *data = scene_sent(s, "transcript", who, 0)->data;
    return g_strdup_printf("%s of %s", scene_text(data, "items.0.say"), scene_text(data, "items.0.address"));
}

static void
overviews_come(struct scene *s, struct links *links, gboolean team, gboolean anna)
{
    scene_forget(s);
    merchant_says(s, links, "And?");
    s->now += HOUR;
    scene_send(s);
    g_assert_cmpint(scene_sent(s, "overview", "team@acme.test", 0) != NULL, ==, team);
    g_assert_cmpint(scene_sent(s, "overview", "anna@acme.test", 0) != NULL, ==, anna);
}

/* Anna reads the shared mailbox and has overviews of her own: each mail switches off its own kind. */
static void
test_a_shared_mailbox_is_switched_off_by_who_reads_it(struct scene *s)
{
    struct links links = one_conversation(s);
    member_asks(s, 1);
    overviews_come(s, &links, TRUE, TRUE);
    g_autofree char *anna = g_strdup(scene_sent(s, "overview", "anna@acme.test", 0)->unsubscribe);
    g_autofree char *team = g_strdup(scene_sent(s, "overview", "team@acme.test", 0)->unsubscribe);
    g_autofree char *first = press(s, "anna@acme.test", team);
    g_assert_cmpstr(first, ==, "said.pref_set_for of team@acme.test");
    overviews_come(s, &links, FALSE, TRUE);
    g_autofree char *second = press(s, "anna@acme.test", anna);
    g_assert_cmpstr(second, ==, "said.pref_set_for of anna@acme.test");
    overviews_come(s, &links, FALSE, FALSE);
    links_clear(&links);
}

/* Who has them in the address's place switches those off. */
static void
test_a_stand_in_switches_off_the_address(struct scene *s)
{
    struct links links = one_conversation(s);
    overviews_come(s, &links, TRUE, FALSE);
    bounce_of(s, scene_sent(s, "overview", "team@acme.test", 0));
    overviews_come(s, &links, FALSE, TRUE);
    g_autofree char *said = press(s, "anna@acme.test", scene_sent(s, "overview", "anna@acme.test", 0)->unsubscribe);
    g_assert_cmpstr(said, ==, "said.pref_set_for of team@acme.test");
    overviews_come(s, &links, FALSE, FALSE);
    links_clear(&links);
}

static void
test_mails_can_be_filtered_and_switched_off(struct scene *s)
{
    member_asks(s, 1);
    two_conversations(s);
    const struct notice *team = scene_sent(s, "overview", "team@acme.test", 0);
    const struct notice *anna = scene_sent(s, "overview", "anna@acme.test", 0);
    g_assert_cmpstr(team->list_id, ==, "<acme.experts.test>");
    g_assert_true(
        g_str_has_suffix(team->unsubscribe, "@experts.test?body=%2Fprefs%20digest%20off%20team%40acme.test>"));
    g_assert_cmpstr(team->unsubscribe, !=, anna->unsubscribe);
    g_assert_cmpstr(team->reason, ==, "partner");
    scene_forget(s);
    scene_taken(scene_write(s, "mia@home.test", "acme@experts.test", "x", NULL, "Again."));
    scene_send(s);
    g_assert_null(scene_sent(s, "ack", NULL, 0) ? scene_sent(s, "ack", NULL, 0)->list_id : NULL);
    g_assert_null(scene_sent(s, "first-contact", NULL, 0)->unsubscribe);
}

static gboolean
no_calendar(store_tx *tx, gpointer arg, GError **error)
{
    (void)arg;
    return store_run(tx, STMT_PREFS_CALENDAR, error, store_int(1), store_int(0));
}

static void
test_the_deadline_is_taken_back(struct scene *s)
{
    scene_taken(scene_write(s, "mia@mias-candles.test", "acme@experts.test", "Help", NULL, "A theme, please."));
    scene_send(s);
    const struct notice *first = scene_sent(s, "first-contact", NULL, 0);
    g_autofree char *uid = g_strdup(scene_text(first->data, "calendar.uid"));
    g_autofree char *due = g_strdup(scene_text(first->data, "calendar.due_time"));
    g_autofree char *link = g_strdup(first->from_address);
    g_assert_cmpstr(scene_text(first->data, "calendar.method"), ==, "PUBLISH");
    g_assert_cmpint(g_ascii_strtoll(due, NULL, 10), ==, s->now + 72 * HOUR);
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: Help", NULL, "Gladly."));
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "calendar-cancel"), ==, 0);
    s->now += HOUR;
    scene_send(s);
    const struct notice *over = scene_sent(s, "calendar-cancel", "team@acme.test", 0);
    g_assert_cmpstr(scene_text(over->data, "calendar.method"), ==, "CANCEL");
    g_assert_cmpstr(scene_text(over->data, "calendar.uid"), ==, uid);
    g_assert_cmpstr(scene_text(over->data, "calendar.sequence"), ==, "1");
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: Help", NULL, "And more."));
    s->now += HOUR;
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "calendar-cancel"), ==, 1);
}

static void
test_no_calendar_for_those_who_want_none(struct scene *s)
{
    g_autoptr(GError) error = NULL;
    store_write(s->db, no_calendar, NULL, &error);
    g_assert_no_error(error);
    scene_taken(scene_write(s, "mia@mias-candles.test", "acme@experts.test", "Help", NULL, "A theme, please."));
    scene_send(s);
    const struct notice *first = scene_sent(s, "first-contact", NULL, 0);
    g_autofree char *link = g_strdup(first->from_address);
    g_assert_null(json_object_get(first->data, "calendar"));
    scene_taken(scene_write(s, "anna@acme.test", link, "Re: Help", NULL, "Gladly."));
    s->now += HOUR;
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "calendar-cancel"), ==, 0);
}

static void
test_an_expired_deadline_is_not_taken_back(struct scene *s)
{
    scene_taken(scene_write(s, "mia@mias-candles.test", "acme@experts.test", "Help", NULL, "A theme, please."));
    scene_send(s);
    s->now += 73 * HOUR;
    scene_send(s);
    g_assert_cmpuint(scene_sent_count(s, "expired-partner"), ==, 1);
    g_assert_cmpuint(scene_sent_count(s, "calendar-cancel"), ==, 0);
}

/* ---- a week ---- */

enum { ORGANISATIONS = 2000, MEMBERS = 5, ACTIVE = 100, MESSAGES = 1500 };

static void
import_many(struct scene *s)
{
    g_autoptr(GString) json = g_string_new("{\"organisations\":[");
    for (guint i = 0; i < ORGANISATIONS; i++) {
        g_string_append_printf(json,
                               "%s{\"slug\":\"org%u\",\"name\":\"Org "
                               "%u\",\"services\":[\"seo\"],\"notify\":\"n@org%u.test\",\"members\":[",
                               i ? "," : "", i, i, i);
        for (guint k = 0; k < MEMBERS; k++)
            g_string_append_printf(json, "%s\"m%u@org%u.test\"", k ? "," : "", k, i);
        g_string_append(json, "]}");
    }
    g_string_append(json, "]}");
    scene_import(s, json->str);
}

/* One of the merchant's messages, as its overviews have to treat it. */
struct message {
    guint organisation;
    gboolean read;
    gboolean told[2]; /* in an overview, by reader */
};

enum { NOTIFICATION_ADDRESS, A_MEMBER };

struct week {
    struct scene *s;
    GRand *rand;
    GHashTable *last; /* recipient → when the last overview went out */
    GArray *messages; /* struct message; the n-th says "Message n." */
    char **links;     /* of the merchant's side, by organisation */
    char **answers;   /* of the partner's side */
    guint overviews, items;
};

static void
week_begin(struct week *w, struct scene *s)
{
    w->s = s;
    w->rand = g_rand_new_with_seed(4711);
    w->last = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    w->messages = g_array_new(FALSE, TRUE, sizeof(struct message));
    w->links = g_new0(char *, ACTIVE + 1);
    w->answers = g_new0(char *, ACTIVE + 1);
}

static void
week_end(struct week *w)
{
    g_hash_table_unref(w->last);
    g_array_unref(w->messages);
    g_strfreev(w->links);
    g_strfreev(w->answers);
    g_rand_free(w->rand);
}

static void
look_at_the_hour(struct week *w, const char *recipient)
{
    gint64 *last = g_hash_table_lookup(w->last, recipient);
    if (last)
        g_assert_cmpint(w->s->now - *last, >=, HOUR);
    else
        g_hash_table_insert(w->last, g_strdup(recipient), last = g_new0(gint64, 1));
    *last = w->s->now;
}

/* What an overview to this reader has to tell now; all of it is told then. */
static guint
take_untold(struct week *w, guint organisation, guint reader)
{
    guint untold = 0;
    for (guint i = 0; i < w->messages->len; i++) {
        struct message *message = &g_array_index(w->messages, struct message, i);
        if (message->organisation != organisation || message->read || message->told[reader])
            continue;
        message->told[reader] = TRUE;
        untold++;
    }
    return untold;
}

/* Just what is unread and was in none before. */
static void
look_at_overview(struct week *w, const struct notice *notice)
{
    guint organisation = (guint)atoi(strstr(notice->recipient, "@org") + 4);
    guint reader = notice->recipient[0] == 'n' ? NOTIFICATION_ADDRESS : A_MEMBER;
    const json_t *items = items_of(notice);
    look_at_the_hour(w, notice->recipient);
    g_assert_cmpuint(json_array_size(items), >, 0);
    for (guint i = 0; i < json_array_size(items); i++) {
        const char *text = json_string_value(json_object_get(json_array_get(items, i), "text"));
        const struct message *message = &g_array_index(w->messages, struct message, atoi(text + strlen("Message ")));
        g_assert_cmpuint(message->organisation, ==, organisation);
        g_assert_false(message->read);
        g_assert_false(message->told[reader]);
    }
    g_assert_cmpuint(take_untold(w, organisation, reader), ==, json_array_size(items));
    w->overviews++;
    w->items += (guint)json_array_size(items);
}

static void
tick(struct week *w)
{
    scene_send(w->s);
    for (guint i = 0; i < w->s->sent->len; i++) {
        const struct notice *notice = g_ptr_array_index(w->s->sent, i);
        if (strcmp(notice->kind, "overview") == 0)
            look_at_overview(w, notice);
    }
    scene_forget(w->s);
}

static void
begin_conversations(struct week *w)
{
    for (guint i = 0; i < ACTIVE; i++) {
        g_autofree char *to = g_strdup_printf("org%u@experts.test", i);
        g_autofree char *notify = g_strdup_printf("n@org%u.test", i);
        scene_taken(scene_write(w->s, "mia@mias-candles.test", to, "Help", NULL, "First."));
        scene_send(w->s);
        w->answers[i] = g_strdup(scene_sent(w->s, "first-contact", notify, 0)->from_address);
        scene_taken(scene_write(w->s, notify, w->answers[i], "Re: Help", NULL, "Gladly."));
        scene_send(w->s);
        w->links[i] = g_strdup(scene_sent(w->s, "relay-partner", NULL, 0)->from_address);
        scene_forget(w->s);
        member_asks(w->s, 7 + i * MEMBERS); /* one of each, behind the story's own members */
    }
}

static void
merchant_writes(struct week *w, guint organisation)
{
    const struct message message = {.organisation = organisation};
    g_autofree char *text = g_strdup_printf("Message %u.", w->messages->len);
    scene_taken(scene_write(w->s, "mia@mias-candles.test", w->links[organisation], "Re: Help", NULL, text));
    g_array_append_val(w->messages, message);
}

/* An answer, or a command: both read all that came before. */
static void
partner_reads(struct week *w, guint organisation)
{
    g_autofree char *notify = g_strdup_printf("n@org%u.test", organisation);
    const char *words = g_rand_boolean(w->rand) ? "On Friday." : "/read";
    scene_taken(scene_write(w->s, notify, w->answers[organisation], "Re: Help", NULL, words));
    for (guint i = 0; i < w->messages->len; i++) {
        struct message *message = &g_array_index(w->messages, struct message, i);
        message->read = message->read || message->organisation == organisation;
    }
}

static void
write_and_read(struct week *w)
{
    for (gint n = g_rand_int_range(w->rand, 0, 8); w->messages->len < MESSAGES && n > 0; n--)
        merchant_writes(w, (guint)g_rand_int_range(w->rand, 0, ACTIVE));
    if (w->messages->len < MESSAGES)
        partner_reads(w, (guint)g_rand_int_range(w->rand, 0, ACTIVE));
}

/* A last overview in the future counts as one of now. */
static void
put_clock_back(struct week *w, gint64 seconds)
{
    GHashTableIter iter;
    gpointer last;
    w->s->now -= seconds;
    g_hash_table_iter_init(&iter, w->last);
    while (g_hash_table_iter_next(&iter, NULL, &last))
        *(gint64 *)last = MIN(*(gint64 *)last, w->s->now);
}

/* Up to forty minutes at a time; a day without a mailer, jumps of the clock forwards and back. */
static void
live_a_week(struct week *w)
{
    gint64 end = w->s->now + 7 * DAY, stopped = w->s->now + 3 * DAY;
    while (w->s->now < end) {
        write_and_read(w);
        if (w->s->now < stopped || w->s->now > stopped + DAY)
            tick(w);
        gint64 step = g_rand_int_range(w->rand, 1, 40) * 60;
        if (g_rand_int_range(w->rand, 0, 200) == 0)
            put_clock_back(w, HOUR);
        else
            w->s->now += g_rand_int_range(w->rand, 0, 200) == 0 ? 5 * HOUR : step;
    }
    for (guint i = 0; i < 4; i++, w->s->now += 2 * HOUR)
        tick(w);
}

/* Every message was told to both readers, or was read before. */
static void
look_at_the_week(const struct week *w)
{
    guint unread = 0;
    for (guint i = 0; i < w->messages->len; i++) {
        const struct message *message = &g_array_index(w->messages, struct message, i);
        g_assert_true(message->read || (message->told[NOTIFICATION_ADDRESS] && message->told[A_MEMBER]));
        unread += !message->told[NOTIFICATION_ADDRESS];
    }
    g_test_message("%u messages, %u of them read before their overview, %u overviews, %u items", w->messages->len,
                   unread, w->overviews, w->items);
    g_assert_cmpuint(w->messages->len, ==, MESSAGES);
    g_assert_cmpuint(unread, >, MESSAGES / 20);                   /* the week had both */
    g_assert_cmpuint(g_hash_table_size(w->last), <=, 2 * ACTIVE); /* the other thousands hear nothing */
}

/* The clock is the epoch's: that Amsterdam and Warsaw change theirs in it makes no hour longer. */
static void
test_a_week(struct scene *s, gint64 start)
{
    struct week w = {.overviews = 0};
    week_begin(&w, s);
    s->now = start;
    import_many(s);
    begin_conversations(&w);
    live_a_week(&w);
    look_at_the_week(&w);
    week_end(&w);
}

static void
test_a_week_into_winter_time(struct scene *s)
{
    test_a_week(s, G_GINT64_CONSTANT(1792620000)); /* 2026-10-21: clocks go back on the 25th */
}

static void
test_a_week_into_summer_time(struct scene *s)
{
    test_a_week(s, G_GINT64_CONSTANT(1805929200)); /* 2027-03-24: clocks go forward on the 28th */
}

/* As the mailer sleeps: until something is due, be that a month. How often it wakes. */
static guint
sleep_and_wake(struct week *w, gint64 end)
{
    guint wakes = 0;
    gint64 due_at = 0;
    g_autoptr(GError) error = NULL;
    while (outbox_next_due(&w->s->market, &due_at, &error) && due_at < end) {
        w->s->now = MAX(w->s->now, due_at);
        tick(w);
        wakes++;
    }
    g_assert_no_error(error);
    w->s->now = end;
    return wakes;
}

/* Ten thousand members, most of them idle: two messages wake it for two overviews, whoever else there is. */
static void
test_idle_partners_wake_nobody(struct scene *s)
{
    struct week w = {.overviews = 0};
    week_begin(&w, s);
    import_many(s);
    begin_conversations(&w);
    sleep_and_wake(&w, s->now + 4 * DAY); /* what the beginning brought: its jobs' clocks */
    merchant_writes(&w, 0);
    g_assert_cmpuint(sleep_and_wake(&w, s->now + 30 * 60), ==, 0);
    merchant_writes(&w, 1);
    g_assert_cmpuint(sleep_and_wake(&w, s->now + 30 * DAY), ==, 2);
    g_assert_cmpuint(w.overviews, ==, 4); /* the notification address and the member who asked, of each */
    g_assert_cmpuint(w.items, ==, 4);
    week_end(&w);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, fn) g_test_add_data_func("/overview/" path, (gconstpointer)(fn), scene_run)
    g_test_add_func("/overview/numbers", test_numbers);
    ADD("numbered-answers-go-to-their-items", test_numbered_answers_go_to_their_items);
    ADD("files-beside-a-question-are-refused", test_files_beside_a_question_are_refused);
    ADD("a-conversation-without-subject-keeps-its-name", test_a_conversation_without_subject_keeps_its_name);
    ADD("each-item-has-its-own-actions", test_each_item_has_its_own_actions);
    ADD("one-wrong-number-and-nothing-is-sent", test_one_wrong_number_and_nothing_is_sent);
    ADD("a-plain-reply-comes-back-with-links", test_a_plain_reply_comes_back_with_links);
    ADD("a-draft-goes-along-whole-or-not-at-all", test_a_draft_goes_along_whole_or_not_at_all);
    ADD("numbers-that-fail-spoil-no-other-link", test_numbers_that_fail_spoil_no_other_link);
    ADD("the-question-which-item-names-no-address", test_the_question_which_item_names_no_address);
    ADD("replies-to-items-from-eight-clients", test_replies_to_items_from_eight_clients);
    ADD("a-member-who-asked-gets-one-of-its-own", test_a_member_who_asked_gets_an_overview_of_its_own);
    ADD("a-member-hears-nothing-of-before", test_a_member_hears_nothing_of_before);
    ADD("a-failed-one-of-a-member-is-told-again", test_a_failed_overview_of_a_member_is_told_again);
    ADD("one-that-came-back-goes-to-another-member", test_an_overview_that_came_back_goes_to_another_member);
    ADD("one-that-came-back-can-be-answered", test_an_overview_that_came_back_can_be_answered);
    ADD("a-stand-in-with-its-own-gets-one-an-hour", test_a_stand_in_with_overviews_of_its_own_gets_one_an_hour);
    ADD("a-clock-put-right-delays-nothing", test_a_clock_put_right_delays_nothing);
    ADD("a-shared-mailbox-is-switched-off", test_a_shared_mailbox_is_switched_off_by_who_reads_it);
    ADD("a-stand-in-switches-off-the-address", test_a_stand_in_switches_off_the_address);
    ADD("mails-can-be-filtered-and-switched-off", test_mails_can_be_filtered_and_switched_off);
    ADD("the-deadline-is-taken-back", test_the_deadline_is_taken_back);
    ADD("no-calendar-for-those-who-want-none", test_no_calendar_for_those_who_want_none);
    ADD("an-expired-deadline-is-not-taken-back", test_an_expired_deadline_is_not_taken_back);
    ADD("a-week-into-winter-time", test_a_week_into_winter_time);
    ADD("a-week-into-summer-time", test_a_week_into_summer_time);
    ADD("idle-partners-wake-nobody", test_idle_partners_wake_nobody);
    return g_test_run();
}
