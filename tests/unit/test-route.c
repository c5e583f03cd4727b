/* Which conversation a mail belongs to: a table of situations, each on a market of its own, and public threads. */
#include <stdlib.h>
#include <string.h>

#include "market/hold.h"
#include "mime/read.h"
#include "scene.h"

#define HOUR 3600
#define DAY 86400
#define MIA "mia@mias-candles.test"
#define KIM "kim@mias-candles.test"
#define JOOST "joost@fietsen.test"
#define LENA "lena@vogt.test"

/* ---- the market that all situations begin in ----
 *
 *   A  Mia (her staff: Kim) and acme     B  Mia and blauw     J  Joost and acme     L  Lena, a lead, and blauw
 *   M  Mia's matched request: Mm with acme, Ml with lumiere; lumiere has answered
 *
 * All have the same subject; all but Mm are answered. What a situation may name: {own.A} the Message-ID of the first
 * mail, {ack.A}, {first.A}, {relay.A}, {late.A} those of ours; {to-merchant.A}, {to-partner.A} the reply addresses,
 * {request.M} a request's; {index.A} the Thread-Index of our mails to the merchant.
 */
struct world {
    struct scene scene;
    GHashTable *names; /* char * → char * */
    guint answers;
    gint64 ids[256]; /* by letter; 'm' and 'l' stand for Mm and Ml */
};

static void
name(struct world *w, const char *what, const char *of, const char *value)
{
    g_hash_table_insert(w->names, g_strdup_printf("%s.%s", what, of), g_strdup(value));
}

static const char *
named(struct world *w, const char *key)
{
    const char *value = g_hash_table_lookup(w->names, key);
    if (!value)
        g_error("nothing is named %s", key);
    return value;
}

static char *
expand(struct world *w, const char *text)
{
    GString *out = g_string_new(NULL);
    for (const char *p = text; *p; p++) {
        const char *end = *p == '{' ? strchr(p, '}') : NULL;
        if (!end) {
            g_string_append_c(out, *p);
            continue;
        }
        g_autofree char *key = g_strndup(p + 1, (gsize)(end - p - 1));
        g_string_append(out, named(w, key));
        p = end;
    }
    return g_string_free(out, FALSE);
}

/* The raw mail has LF line ends; `header` may bring a Content-Type of its own. */
static struct verdict
post(struct world *w, const char *from, const char *to, const char *header, const char *text)
{
    g_autofree char *recipients = expand(w, to);
    g_autofree char *more = expand(w, header ? header : "");
    g_autofree char *body = expand(w, text);
    g_autofree char *raw =
        g_strdup_printf("From: Somebody <%s>\nTo: %s\nDate: Sun, 22 Nov 2026 09:00:00 +0100\nMIME-Version: 1.0\n"
                        "%s%s%s\n%s\n",
                        from, recipients, strstr(more, "Subject:") ? "" : "Subject: New enquiry\n",
                        strstr(more, "Message-ID:") ? "" : "X-Client: none\n", more, body);
    w->scene.now += 60;
    return scene_mail(&w->scene, from, recipients, raw);
}

static gint64
newest(struct world *w, const char *organisation)
{
    gint64 id = 0;
    json_t *list = scene_conversations(&w->scene), *entry;
    size_t i;
    json_array_foreach(list, i, entry)
    {
        if (g_str_equal(scene_text(entry, "organisation"), organisation))
            id = MAX(id, json_integer_value(json_object_get(entry, "id")));
    }
    json_decref(list);
    return id;
}

static void
sent_first(struct world *w, const char *letter, const char *organisation, const char *kind, const char *notify)
{
    w->ids[(guchar)*letter] = newest(w, organisation);
    const struct notice *first = scene_sent(&w->scene, kind, notify, 0);
    g_assert_nonnull(first);
    name(w, "first", letter, first->message_id);
    name(w, "to-partner", letter, first->from_address);
    name(w, "partner-index", letter, first->thread_index);
}

static void
partner_answers(struct world *w, const char *letter, const char *member, const char *what)
{
    g_autofree char *to = g_strdup_printf("{to-partner.%s}", letter);
    g_autofree char *header = g_strdup_printf("Message-ID: <answer-%u@partner.test>\n", ++w->answers);
    scene_forget(&w->scene);
    scene_taken(post(w, member, to, header, "Happy to help."));
    scene_send(&w->scene);
    const struct notice *relay = scene_sent(&w->scene, "relay-partner", NULL, 0);
    g_assert_nonnull(relay);
    name(w, what, letter, relay->message_id);
    name(w, "to-merchant", letter, relay->from_address);
    name(w, "index", letter, relay->thread_index);
}

static void
merchant_asks(struct world *w, const char *letter, const char *from, const char *organisation, const char *notify)
{
    g_autofree char *to = g_strdup_printf("%s@experts.test", organisation);
    g_autofree char *own = g_strdup_printf("own-%s@client.test", letter);
    g_autofree char *header = g_strdup_printf("Message-ID: <%s>\n", own);
    scene_forget(&w->scene);
    scene_taken(post(w, from, to, header, "Could you help with my shop?"));
    scene_send(&w->scene);
    sent_first(w, letter, organisation, g_str_equal(from, LENA) ? "lead" : "first-contact", notify);
    const struct notice *ack = scene_sent(&w->scene, "ack", from, 0);
    g_assert_nonnull(ack);
    name(w, "own", letter, own);
    name(w, "ack", letter, ack->message_id);
}

static void
merchant_asks_several(struct world *w)
{
    scene_forget(&w->scene);
    scene_taken(
        post(w, MIA, "jobs@experts.test", "Message-ID: <own-M@client.test>\n", "I need a theme-design for my shop."));
    scene_send(&w->scene);
    sent_first(w, "m", "acme", "first-contact", "team@acme.test");
    sent_first(w, "l", "lumiere", "first-contact", "bonjour@lumiere.test");
    const struct notice *ack = scene_sent(&w->scene, "ack", MIA, 0);
    name(w, "own", "M", "own-M@client.test");
    name(w, "ack", "M", ack->message_id);
    name(w, "request", "M", ack->from_address);
    name(w, "index", "M", ack->thread_index);
}

static void
world_open(struct world *w)
{
    memset(w, 0, sizeof *w);
    w->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    scene_open(&w->scene);
    merchant_asks(w, "A", MIA, "acme", "team@acme.test");
    partner_answers(w, "A", "anna@acme.test", "relay");
    merchant_asks(w, "B", MIA, "blauw", "post@blauw.test");
    partner_answers(w, "B", "daan@blauw.test", "relay");
    merchant_asks(w, "J", JOOST, "acme", "team@acme.test");
    partner_answers(w, "J", "anna@acme.test", "relay");
    merchant_asks(w, "L", LENA, "blauw", "post@blauw.test");
    partner_answers(w, "L", "daan@blauw.test", "relay");
    merchant_asks_several(w);
    partner_answers(w, "l", "claire@lumiere.test", "relay");
    for (guint i = 0; i < 12; i++)
        partner_answers(w, "A", "anna@acme.test", "late");
    g_assert_cmpint(w->ids['A'], ==, 1);
    g_assert_cmpint(w->ids['l'], !=, w->ids['m']);
    scene_forget(&w->scene);
}

static void
world_close(struct world *w)
{
    scene_close(&w->scene);
    g_hash_table_unref(w->names);
}

/* ---- where a mail went ---- */

static void
count_messages(struct world *w, gint64 *counts, guint max)
{
    memset(counts, 0, max * sizeof *counts);
    json_t *list = scene_conversations(&w->scene), *entry;
    size_t i;
    json_array_foreach(list, i, entry)
    {
        gint64 id = json_integer_value(json_object_get(entry, "id"));
        g_assert_cmpint(id, <, max);
        counts[id] = json_integer_value(json_object_get(entry, "messages"));
    }
    json_decref(list);
}

/* "A", "lm", "new", "held", "kept", "refused 5.7.1": the letters of the conversations that have it. */
static char *
outcome(struct world *w, const char *from, const char *to, const char *header, const char *text)
{
    gint64 before[64], after[64];
    guint kept = scene_quarantined(&w->scene);
    GString *out = g_string_new(NULL);
    count_messages(w, before, 64);
    struct verdict verdict = post(w, from, to, header, text);
    if (verdict.kind != VERDICT_TAKEN)
        g_string_printf(out, "refused %s", verdict.enhanced);
    count_messages(w, after, 64);
    scene_send(&w->scene);
    for (guint letter = 0; letter < 256; letter++)
        if (w->ids[letter] && after[w->ids[letter]] > before[w->ids[letter]])
            g_string_append_c(out, (char)letter);
    for (guint id = 1; id < 64; id++)
        if (after[id] && !before[id])
            g_string_append(out, strstr(out->str, "new") ? "" : "new");
    if (scene_quarantined(&w->scene) > kept)
        g_string_append(out, scene_sent(&w->scene, "which-conversation", NULL, 0) ? "held" : "kept");
    return g_string_free(out, FALSE);
}

struct situation {
    const char *name, *from, *to, *header, *text, *expected;
};

/* A client's attribution, as it stands above what it quotes. */
#define QUOTING(link) "Yes please.\n\nOn Monday Acme Studio <" link "> wrote:\n> Happy to help.\n"

static const struct situation situations[] = {
    /* The link. */
    {"its link", MIA, "{to-merchant.A}", "In-Reply-To: <{relay.A}>\n", "Yes", "A"},
    {"its link and no header at all", MIA, "{to-merchant.A}", NULL, "Yes", "A"},
    {"its link from her other address", "mia@home.test", "{to-merchant.A}", "In-Reply-To: <{relay.A}>\n", "Yes", "A"},
    {"its link from staff of the shop", KIM, "{to-merchant.A}", "In-Reply-To: <{relay.A}>\n", "Yes", "A"},
    {"its link from a stranger", "eve@else.test", "{to-merchant.A}", "In-Reply-To: <{relay.A}>\n", "Yes", "kept"},
    {"its link in answer to an old mail", MIA, "{to-merchant.A}", "In-Reply-To: <{ack.A}>\nReferences: <{own.A}>\n",
     "Yes", "A"},
    {"its link in answer to her own mail", MIA, "{to-merchant.A}", "In-Reply-To: <{own.A}>\n", "Yes", "A"},
    {"its link in answer to a mail nobody knows", MIA, "{to-merchant.A}", "In-Reply-To: <x@client.test>\n", "Yes", "A"},
    {"its link in answer to another conversation", MIA, "{to-merchant.A}", "In-Reply-To: <{relay.B}>\n", "Yes", "held"},
    {"its link, References of another conversation", MIA, "{to-merchant.A}", "References: <{own.B}> <{relay.B}>\n",
     "Yes", "held"},
    {"its link, one of References its own", MIA, "{to-merchant.A}", "References: <{relay.A}> <{relay.B}>\n", "Yes",
     "A"},
    {"its link in answer to a conversation not hers", MIA, "{to-merchant.A}", "In-Reply-To: <{relay.J}>\n", "Yes", "A"},
    {"its link, Thread-Index of another", MIA, "{to-merchant.A}", "Thread-Index: {index.B}\n", "Yes", "A"},
    {"its link, another one quoted", MIA, "{to-merchant.A}", NULL, QUOTING("{to-merchant.B}"), "A"},
    {"its link, another conversation's mail forwarded to it", MIA, "{to-merchant.A}",
     "Subject: Fwd: New enquiry\nIn-Reply-To: <{relay.B}>\n", "See what they say", "A"},
    {"two links in one answer", MIA, "{to-merchant.A} {to-merchant.B}",
     "Cc: {to-merchant.B}, {to-merchant.A}\nIn-Reply-To: <{relay.B}>\n", "Yes", "AB"},
    {"a partner's link", "anna@acme.test", "{to-partner.A}", "In-Reply-To: <{first.A}>\n", "Yes", "A"},
    {"a partner's link in answer to another merchant", "anna@acme.test", "{to-partner.A}", "In-Reply-To: <{first.J}>\n",
     "Yes", "held"},
    {"a partner's link with what the merchant got", "anna@acme.test", "{to-partner.A}", "In-Reply-To: <{relay.J}>\n",
     "Yes", "A"},
    {"a request's link", MIA, "{request.M}", "In-Reply-To: <{ack.M}>\n", "More", "lm"},
    {"a request's link in answer to one expert", MIA, "{request.M}", "In-Reply-To: <{relay.l}>\n", "More", "lm"},
    {"one expert's link in answer to the acknowledgement", MIA, "{to-merchant.l}", "In-Reply-To: <{ack.M}>\n", "More",
     "l"},
    {"a request's link in answer to another conversation", MIA, "{request.M}", "In-Reply-To: <{relay.A}>\n", "More",
     "held"},
    {"a lead's link", LENA, "{to-merchant.L}", "In-Reply-To: <{relay.L}>\n", "Yes", "L"},

    /* No link: header ids. */
    {"the link is lost, In-Reply-To is there", MIA, "acme@experts.test", "In-Reply-To: <{relay.A}>\n", "Yes", "A"},
    {"the link is lost, References alone", MIA, "acme@experts.test", "References: <{own.A}> <{ack.A}> <{relay.A}>\n",
     "Yes", "A"},
    {"the link is lost, to jobs@", MIA, "jobs@experts.test", "References: <{ack.A}> <{relay.A}>\n", "Yes", "A"},
    {"References cut to the last id", MIA, "jobs@experts.test", "References: <{relay.A}>\n", "Yes", "A"},
    {"References cut to the first id", MIA, "jobs@experts.test", "References: <{own.A}>\n", "Yes", "A"},
    {"References rewritten by a list", MIA, "jobs@experts.test",
     "References: <1@list.test> <{relay.l}> <2@list.test> <{ack.M}> <3@list.test>\n", "Yes", "l"},
    {"References reordered", MIA, "jobs@experts.test", "References: <{relay.l}> <{ack.M}> <{own.M}>\n", "Yes", "l"},
    {"an answer to an old mail of ours, after many", MIA, "acme@experts.test", "In-Reply-To: <{ack.A}>\n", "Yes", "A"},
    {"an answer to her own mail", MIA, "acme@experts.test", "In-Reply-To: <{own.A}>\n", "And", "A"},
    {"an answer to somebody else's mail", JOOST, "acme@experts.test", "In-Reply-To: <{own.A}>\n", "And", "new"},
    {"an older conversation among References", MIA, "jobs@experts.test", "References: <{relay.B}> <{relay.A}>\n", "Yes",
     "A"},
    {"In-Reply-To and References disagree", MIA, "jobs@experts.test",
     "In-Reply-To: <{relay.A}>\nReferences: <{relay.B}>\n", "Yes", "held"},
    {"In-Reply-To names two", MIA, "jobs@experts.test", "In-Reply-To: <{relay.A}> <{relay.B}>\n", "Yes", "held"},
    {"In-Reply-To with garbage", MIA, "acme@experts.test",
     "In-Reply-To: Your message of \"Mon, 1 Jan\" <<>> <a b> <{relay.A}\n", "Yes", "A"},
    {"ids of another organisation's", MIA, "lumiere@experts.test", "In-Reply-To: <{relay.A}>\n", "Hello", "new"},
    {"forwarded by a registered colleague", KIM, "acme@experts.test", "In-Reply-To: <{relay.A}>\n", "Yes", "A"},
    {"forwarded to a stranger who answers", "eve@else.test", "acme@experts.test", "In-Reply-To: <{relay.A}>\n", "Hello",
     "new"},
    {"forwarded to another merchant who answers", JOOST, "blauw@experts.test", "References: <{relay.B}>\n", "Hello",
     "new"},
    {"forged: the shape of our Message-IDs", MIA, "lumiere@experts.test",
     "In-Reply-To: <p.aeaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@experts.test>\n", "Hello", "new"},
    {"a partner's claim on its own organisation", "anna@acme.test", "acme@experts.test", "In-Reply-To: <{first.A}>\n",
     "Yes", "refused 5.7.1"},
    {"a partner's ids to another organisation", "anna@acme.test", "blauw@experts.test", "In-Reply-To: <{first.A}>\n",
     "Hello", "new"},
    {"a partner's ids to jobs@", "anna@acme.test", "jobs@experts.test", "In-Reply-To: <{first.A}>\n",
     "I need a theme-design", "new"},
    {"a lead without a link", LENA, "blauw@experts.test", "References: <{relay.L}>\n", "Yes", "L"},
    {"a request's acknowledgement", MIA, "jobs@experts.test", "In-Reply-To: <{ack.M}>\n", "More", "lm"},
    {"her own request", MIA, "jobs@experts.test", "In-Reply-To: <{own.M}>\n", "More", "lm"},
    {"her own request, to one of those asked", MIA, "acme@experts.test", "In-Reply-To: <{own.M}>\n", "More", "m"},
    {"one expert's answer to her request", MIA, "jobs@experts.test",
     "In-Reply-To: <{relay.l}>\nReferences: <{own.M}> <{ack.M}> <{relay.l}>\n", "Yes", "l"},
    {"a closed organisation's", MIA, "wisla@experts.test", "In-Reply-To: <{relay.A}>\n", "Hello", "refused 5.2.1"},

    /* Prefixes mean nothing, and neither does the subject. */
    {"Re:", MIA, "acme@experts.test", "Subject: Re: New enquiry\nIn-Reply-To: <{relay.A}>\n", "Yes", "A"},
    {"Aw: alone", JOOST, "blauw@experts.test", "Subject: Aw: New enquiry\n", "Hello", "new"},
    {"Antw: alone", JOOST, "blauw@experts.test", "Subject: Antw: New enquiry\n", "Hello", "new"},
    {"Odp: alone", JOOST, "blauw@experts.test", "Subject: Odp: New enquiry\n", "Hello", "new"},
    {"SV: with another's subject", MIA, "acme@experts.test", "Subject: SV: Quite different\nReferences: <{relay.A}>\n",
     "Yes", "A"},
    {"VS:, Ynt:, Fwd: and a Chinese one", MIA, "acme@experts.test",
     "Subject: VS: Ynt: Fwd: =?utf-8?B?5Zue5aSN77ya?= New enquiry\nReferences: <{relay.A}>\n", "Yes", "A"},
    {"the subject of two requests", MIA, "lumiere@experts.test", "Subject: New enquiry\n", "Hello", "new"},

    /* Thread-Index. */
    {"Thread-Index alone", MIA, "acme@experts.test", "Thread-Index: {index.A}\n", "Yes", "A"},
    {"Thread-Index of a reply, folded", MIA, "jobs@experts.test", "Thread-Index: {index.A}\n AAAAAAA=\n", "Yes", "A"},
    {"Thread-Index forged", MIA, "lumiere@experts.test", "Thread-Index: AdoAAAAAAQAAAAAAAAABAAAAAAAAAA==\n", "Hello",
     "new"},
    {"Thread-Index with garbage", MIA, "lumiere@experts.test", "Thread-Index: !!==Ad\n", "Hello", "new"},
    {"Thread-Index of somebody else's", JOOST, "blauw@experts.test", "Thread-Index: {index.A}\n", "Hello", "new"},
    {"Thread-Index of the partner's side", MIA, "lumiere@experts.test", "Thread-Index: {partner-index.A}\n", "Hello",
     "new"},
    {"Thread-Index of a request", MIA, "jobs@experts.test", "Thread-Index: {index.M}\n", "More", "lm"},
    {"Thread-Index against In-Reply-To", MIA, "jobs@experts.test",
     "In-Reply-To: <{relay.A}>\nThread-Index: {index.B}\n", "Yes", "held"},
    {"Thread-Index with In-Reply-To", MIA, "jobs@experts.test", "In-Reply-To: <{late.A}>\nThread-Index: {index.A}\n",
     "Yes", "A"},

    /* Quoted links. */
    {"a link quoted", MIA, "jobs@experts.test", NULL, QUOTING("{to-merchant.A}"), "A"},
    {"a link in HTML alone", MIA, "jobs@experts.test", "Content-Type: text/html\n",
     "<p>Yes<blockquote><a href=\"mailto:{to-merchant.A}?subject=x\">Acme</a></blockquote>", "A"},
    {"two conversations quoted", MIA, "jobs@experts.test", NULL,
     QUOTING("{to-merchant.A}") "> > Daan <{to-merchant.B}> wrote:\n> > Yes\n", "held"},
    {"two quoted, one the addressed organisation's", MIA, "acme@experts.test", NULL,
     QUOTING("{to-merchant.A}") "> > Daan <{to-merchant.B}> wrote:\n> > Yes\n", "A"},
    {"a request's and one expert's quoted", MIA, "jobs@experts.test", NULL,
     QUOTING("{to-merchant.l}") "> > Experts <{request.M}> wrote:\n> > Thanks\n", "l"},
    {"somebody else's link quoted", JOOST, "blauw@experts.test", NULL, QUOTING("{to-merchant.A}"), "new"},
    {"a partner's link quoted by a merchant", MIA, "lumiere@experts.test", NULL, QUOTING("{to-partner.A}"), "new"},
    {"header ids and another's link quoted", MIA, "jobs@experts.test", "In-Reply-To: <{relay.A}>\n",
     QUOTING("{to-merchant.B}"), "A"},
};

static void
test_situation(gconstpointer data)
{
    const struct situation *s = data;
    struct world w;
    world_open(&w);
    g_autofree char *got = outcome(&w, s->from, s->to, s->header, s->text);
    g_assert_cmpstr(got, ==, s->expected);
    /* The same again adds nothing and asks nothing. */
    guint asked = scene_sent_count(&w.scene, "which-conversation");
    g_autofree char *again = outcome(&w, s->from, s->to, s->header, s->text);
    if (!g_str_has_prefix(s->expected, "refused"))
        g_assert_cmpstr(again, ==, "");
    g_assert_cmpuint(scene_sent_count(&w.scene, "which-conversation"), ==, asked);
    world_close(&w);
}

/* ---- what a table cannot say ---- */

static void
test_five_hundred_references(void)
{
    struct world w;
    world_open(&w);
    g_autoptr(GString) header = g_string_new("References: <{relay.A}>");
    for (guint i = 0; i < 500; i++)
        g_string_append_printf(header, "\n <%u.filler@client.test>", i);
    g_string_append(header, "\n <{relay.l}>\n");
    g_autofree char *got = outcome(&w, MIA, "jobs@experts.test", header->str, "Yes");
    g_assert_cmpstr(got, ==, "l");
    world_close(&w);
}

/* Split at every place, by every kind of break. */
static void
test_broken_tokens(void)
{
    static const char *const breaks[] = {"\n", "\n> ", "\r\n>> ", "=\n", "<wbr>", "\n| ", "\302\255", " \n  "};
    struct world w;
    world_open(&w);
    const char *link = named(&w, "to-merchant.A");
    for (gsize at = 2; at < 50; at++)
        for (gsize i = 0; i < G_N_ELEMENTS(breaks); i++) {
            g_autofree char *text = g_strdup_printf("Yes, %.*s%s%s, thanks", (int)at, link, breaks[i], link + at);
            g_autoptr(GArray) tokens = g_array_new(FALSE, FALSE, sizeof(struct link_token));
            link_find(&w.scene.market, text, 10, tokens);
            g_assert_cmpuint(tokens->len, ==, 1);
            g_autofree char *clean = link_scrub(&w.scene.market, text, NULL, "[address]");
            g_autofree char *rest = g_strndup(link + 30, 12);
            g_test_message("%s", clean);
            if (at >= 18) /* "r+" and sixteen characters */
                g_assert_null(strstr(clean, rest));
        }
    world_close(&w);
}

/* The answer comes in before the mail that it answers: each lands by itself. */
static void
test_out_of_order(void)
{
    struct world w;
    world_open(&w);
    g_autofree char *later = outcome(&w, MIA, "acme@experts.test",
                                     "Message-ID: <second@client.test>\nIn-Reply-To: <first@client.test>\n"
                                     "References: <{relay.A}> <first@client.test>\n",
                                     "And one more thing");
    g_assert_cmpstr(later, ==, "A");
    g_autofree char *earlier =
        outcome(&w, MIA, "acme@experts.test",
                "Message-ID: <first@client.test>\nIn-Reply-To: <{relay.A}>\nReferences: <{relay.A}>\n", "Yes please");
    g_assert_cmpstr(earlier, ==, "A");
    world_close(&w);
}

static void
test_a_link_out_of_date(void)
{
    struct world w;
    world_open(&w);
    w.scene.now += 401 * (gint64)DAY;
    g_autofree char *old = outcome(&w, MIA, "{to-merchant.A}", "In-Reply-To: <{relay.A}>\n", "Still there?");
    g_assert_cmpstr(old, ==, "refused 5.7.1");
    g_autofree char *anew = outcome(&w, MIA, "acme@experts.test", "In-Reply-To: <{relay.A}>\n", "Still there?");
    g_assert_cmpstr(anew, ==, "A");
    world_close(&w);
}

/* ---- held, asked, released ---- */

static const struct notice *
ask(struct world *w)
{
    g_autofree char *got = outcome(w, MIA, "{to-merchant.A}", "In-Reply-To: <{relay.B}>\n", "Where does this belong?");
    g_assert_cmpstr(got, ==, "held");
    const struct notice *question = scene_sent(&w->scene, "which-conversation", MIA, 0);
    g_assert_nonnull(question);
    g_assert_cmpstr(scene_text(question->data, "choices.0.name"), ==, "Acme Studio");
    g_assert_cmpstr(scene_text(question->data, "choices.1.name"), ==, "Bureau Blauw");
    name(w, "choice", "A", scene_text(question->data, "choices.0.link"));
    name(w, "choice", "B", scene_text(question->data, "choices.1.link"));
    name(w, "choice", "none", question->from_address);
    return question;
}

static void
test_an_answer_releases_once(void)
{
    struct world w;
    world_open(&w);
    guint kept = scene_quarantined(&w.scene);
    ask(&w);
    g_assert_cmpuint(scene_quarantined(&w.scene), ==, kept + 1);
    g_autofree char *plain = outcome(&w, MIA, "{choice.none}", NULL, "The second");
    g_assert_cmpstr(plain, ==, "refused 5.7.1");
    g_autofree char *stranger = outcome(&w, "eve@else.test", "{choice.B}", NULL, "Mine");
    g_assert_true(g_str_equal(stranger, "held") || g_str_equal(stranger, "kept"));
    kept = scene_quarantined(&w.scene) - 1;
    g_autofree char *released = outcome(&w, MIA, "{choice.B}", NULL, "");
    g_assert_cmpstr(released, ==, "B");
    g_assert_cmpuint(scene_quarantined(&w.scene), ==, kept);
    g_autoptr(GError) error = NULL;
    json_t *b = view_conversation(&w.scene.market, w.ids['B'], w.scene.now, &error);
    g_assert_cmpstr(scene_text(b, "messages.2.text"), ==, "Where does this belong?");
    json_decref(b);
    g_autofree char *again = outcome(&w, MIA, "{choice.B}", NULL, "Once more");
    g_assert_cmpstr(again, ==, "refused 5.7.1");
    g_autofree char *other = outcome(&w, MIA, "{choice.A}", NULL, "Or that");
    g_assert_cmpstr(other, ==, "refused 5.7.1");
    world_close(&w);
}

/* Both choices in one mail: the first decides, the other is told to be late. */
static void
test_two_choices_in_one_mail(void)
{
    struct world w;
    world_open(&w);
    ask(&w);
    g_autofree char *got = outcome(&w, MIA, "{choice.B} {choice.A}", NULL, "Both");
    g_assert_cmpstr(got, ==, "B");
    world_close(&w);
}

struct racer {
    struct world *world;
    const char *to;
    guint serial;
    struct verdict verdict;
    GError *error;
};

static gpointer
race(gpointer arg)
{
    struct racer *racer = arg;
    const char *recipients[] = {racer->to, NULL};
    g_autofree char *raw =
        g_strdup_printf("From: Mia <" MIA ">\nSubject: x\nMessage-ID: <race-%u@client.test>\n\n\n", racer->serial);
    g_autoptr(mail) parsed = mail_read(raw, strlen(raw));
    const struct delivery delivery = {MIA, recipients, raw, strlen(raw), parsed, FALSE, "test"};
    gboolean wake = FALSE;
    market_receive(&racer->world->scene.market, &delivery, racer->world->scene.now, &racer->verdict, &wake,
                   &racer->error);
    return NULL;
}

/* Answers that come at the same time: one is taken, the others are late, and the mail goes on once. */
static void
test_answers_at_the_same_time(void)
{
    struct world w;
    gint64 before[64], after[64], added = 0;
    GThread *threads[8];
    struct racer racers[G_N_ELEMENTS(threads)] = {0};
    guint taken = 0;
    world_open(&w);
    ask(&w);
    count_messages(&w, before, 64);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++) {
        racers[i] = (struct racer){.world = &w, .to = named(&w, i % 2 ? "choice.A" : "choice.B"), .serial = i};
        threads[i] = g_thread_new("answer", race, &racers[i]);
    }
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++) {
        g_thread_join(threads[i]);
        g_assert_no_error(racers[i].error);
        taken += racers[i].verdict.kind == VERDICT_TAKEN;
    }
    count_messages(&w, after, 64);
    for (guint i = 0; i < 64; i++)
        added += after[i] - before[i];
    g_assert_cmpint(added, ==, 1);
    g_assert_cmpuint(taken, ==, 1);
    world_close(&w);
}

static void
test_nobody_answers(void)
{
    struct world w;
    world_open(&w);
    guint kept = scene_quarantined(&w.scene);
    ask(&w);
    w.scene.now += 14 * DAY - HOUR;
    scene_send(&w.scene);
    g_assert_cmpuint(scene_sent_count(&w.scene, "which-conversation"), ==, 1);
    w.scene.now += 2 * HOUR;
    scene_send(&w.scene);
    scene_send(&w.scene);
    g_assert_cmpuint(scene_sent_count(&w.scene, "which-conversation"), ==, 2);
    const struct notice *over = scene_sent(&w.scene, "which-conversation", MIA, 1);
    g_assert_true(json_is_true(json_object_get(over->data, "over")));
    g_assert_cmpuint(scene_quarantined(&w.scene), ==, kept + 1);
    g_autofree char *late = outcome(&w, MIA, "{choice.B}", NULL, "That one");
    g_assert_cmpstr(late, ==, "refused 5.7.1");
    world_close(&w);
}

/* Two mails that wait, told apart in one: both go where they belong, though it is the same organisation. */
static void
test_one_answer_releases_two(void)
{
    struct world w;
    world_open(&w);
    ask(&w);
    g_autofree char *first =
        g_strdup(scene_text(scene_sent(&w.scene, "which-conversation", MIA, 0)->data, "choices.0.link"));
    scene_forget(&w.scene);
    g_autofree char *held = outcome(&w, MIA, "{to-merchant.A}", "In-Reply-To: <{relay.B}>\n", "And where does this?");
    g_assert_cmpstr(held, ==, "held");
    g_autofree char *both = g_strdup_printf(
        "%s %s", first, scene_text(scene_sent(&w.scene, "which-conversation", MIA, 0)->data, "choices.0.link"));
    guint kept = scene_quarantined(&w.scene);
    json_t *before = view_conversation(&w.scene.market, w.ids['A'], w.scene.now, NULL);
    g_autofree char *released = outcome(&w, MIA, both, NULL, "Both here");
    g_assert_cmpstr(released, ==, "A");
    g_assert_cmpuint(scene_quarantined(&w.scene), ==, kept - 2);
    json_t *after = view_conversation(&w.scene.market, w.ids['A'], w.scene.now, NULL);
    g_assert_cmpuint(json_array_size(json_object_get(after, "messages")), ==,
                     json_array_size(json_object_get(before, "messages")) + 2);
    json_decref(before);
    json_decref(after);
    world_close(&w);
}

/* R7: the question tells nothing that the merchant may not know yet. */
static void
test_the_question_names_nobody_hidden(void)
{
    struct world w;
    world_open(&w);
    g_autofree char *got = outcome(&w, MIA, "{request.M}", "In-Reply-To: <{relay.A}>\n", "More");
    g_assert_cmpstr(got, ==, "held");
    const struct notice *question = scene_sent(&w.scene, "which-conversation", MIA, 0);
    g_assert_cmpstr(scene_text(question->data, "choices.0.name"), ==, "");
    g_assert_cmpstr(scene_text(question->data, "choices.1.name"), ==, "Acme Studio");
    g_assert_cmpstr(scene_text(question->data, "choices.2.link"), ==, "");
    name(&w, "choice", "M", scene_text(question->data, "choices.0.link"));
    g_autofree char *released = outcome(&w, MIA, "{choice.M}", NULL, "");
    g_assert_cmpstr(released, ==, "lm");
    world_close(&w);
}

/* ---- RCPT ---- */

/* A closed organisation's running conversations are nobody else's business. */
static void
test_rcpt_does_not_tell_who_has_a_conversation(void)
{
    static const char *const senders[] = {MIA, JOOST, "eve@else.test", ""};
    struct world w;
    world_open(&w);
    scene_import(&w.scene, "{\"organisations\":[{\"slug\":\"blauw\",\"name\":\"Bureau Blauw\",\"language\":\"nl\","
                           "\"services\":[\"store-setup\"],\"notify\":\"post@blauw.test\",\"members\":"
                           "[\"daan@blauw.test\"],\"preferences\":{\"available\":false}}],\"merchants\":[]}");
    for (gsize i = 0; i < G_N_ELEMENTS(senders); i++) {
        struct verdict verdict;
        g_autoptr(GError) error = NULL;
        market_recipient(&w.scene.market, senders[i], "blauw@experts.test", w.scene.now, &verdict, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(verdict.text, ==, "Taken");
    }
    g_autofree char *stranger = outcome(&w, JOOST, "blauw@experts.test", NULL, "Hello");
    g_assert_cmpstr(stranger, ==, "refused 5.2.1");
    g_autofree char *mia = outcome(&w, MIA, "blauw@experts.test", NULL, "Hello");
    g_assert_cmpstr(mia, ==, "B");
    world_close(&w);
}

/* ---- public threads ---- */

/* Each mail lands with the conversation of the mails that it answers, else it opens one. */
static gboolean
look_up_thread(gpointer arg, const struct route_item *item, GArray *names, GError **error)
{
    (void)error;
    gint64 conversation = GPOINTER_TO_INT(g_hash_table_lookup(arg, item->value));
    if (conversation) {
        const struct route_named one = {.conversation_id = conversation};
        g_array_append_val(names, one);
    }
    return TRUE;
}

static void
add_ids(struct route *route, enum route_evidence evidence, const GPtrArray *ids)
{
    for (guint i = ids->len; i > 0; i--) {
        const struct route_item item = {evidence, g_strdup(ids->pdata[i - 1]), FALSE, 0, FALSE};
        g_array_append_val(route->items, item);
    }
}

static gint64
land(GHashTable *known, const mail *m, gint64 next, guint *held)
{
    g_auto(route) route;
    route_init(&route);
    add_ids(&route, ROUTE_IN_REPLY_TO, m->in_reply_to);
    add_ids(&route, ROUTE_REFERENCES, m->references);
    g_assert_true(route_votes(&route, look_up_thread, known, TRUE, NULL));
    route_decide(&route);
    *held += route.decision == ROUTE_HELD;
    gint64 id = route.decision == ROUTE_FOUND ? route.conversation_id : next;
    if (m->message_id)
        g_hash_table_insert(known, g_strdup(m->message_id), GINT_TO_POINTER(id));
    return id;
}

static char *
corpora_folder(void)
{
    const char *given = g_getenv("POSTERN_CORPORA");
    return given ? g_strdup(given) : g_build_filename(SOURCE_DIR, "..", "shared", "corpora", NULL);
}

/* Mails' indexes by thread of the corpus: from `threads` (with the edges of `parent`), by REFERENCES of RFC 5256. */
static void
count_threads(const json_t *parent, const gint64 *landed, guint count, guint *right, guint *all)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)parent, key, value)
    {
        gint64 child = g_ascii_strtoll(key, NULL, 10);
        if (json_is_null(value) || child >= count || json_integer_value(value) >= count)
            continue;
        (*all)++;
        *right += landed[child] == landed[json_integer_value(value)];
    }
}

/* Edges as they are counted from 1 (IMAP's answer to THREAD) or from 0 with `parent` by child. */
static json_t *
parents_of(const json_t *set)
{
    json_t *parent = json_object_get(set, "parent"), *edge;
    if (parent)
        return json_incref(parent);
    size_t i;
    parent = json_object();
    json_array_foreach(json_object_get(json_object_get(set, "expected"), "edges"), i, edge)
    {
        g_autofree char *child =
            g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(json_array_get(edge, 0)) - 1);
        const json_t *of = json_array_get(edge, 1);
        json_object_set_new(parent, child, json_is_null(of) ? json_null() : json_integer(json_integer_value(of) - 1));
    }
    return parent;
}

static void
land_set(const char *folder, const json_t *set, guint *right, guint *all, guint *held)
{
    json_t *messages = json_object_get(set, "messages"), *parent = parents_of(set);
    guint count = (guint)json_array_size(messages);
    g_autofree gint64 *landed = g_new0(gint64, count);
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < count; i++) {
        g_autofree char *file = g_build_filename(folder, json_string_value(json_array_get(messages, i)), NULL);
        g_autofree char *raw = NULL;
        gsize length = 0;
        g_assert_true(g_file_get_contents(file, &raw, &length, NULL));
        const char *start = g_str_has_prefix(raw, "From ") ? strchr(raw, '\n') + 1 : raw;
        g_autoptr(mail) m = mail_read(start, length - (gsize)(start - raw));
        landed[i] = land(known, m, i + 1, held);
    }
    count_threads(parent, landed, count, right, all);
    json_decref(parent);
}

/* Threads by subject alone are none here. */
static void
test_public_threads(void)
{
    g_autofree char *folder = corpora_folder();
    g_autofree char *path = g_build_filename(folder, "threading.json", NULL);
    json_t *sets = json_load_file(path, 0, NULL), *set;
    guint held = 0, right = 0, all = 0;
    size_t i;
    if (!sets) {
        g_test_skip("the public corpora are not there (POSTERN_CORPORA)");
        return;
    }
    json_array_foreach(sets, i, set)
    {
        if (!strstr(json_string_value(json_object_get(set, "kind")), "ORDEREDSUBJECT"))
            land_set(folder, set, &right, &all, &held);
    }
    g_test_message("%u of %u answers landed with the mail that they answer; %u held", right, all, held);
    g_assert_cmpuint(all, >, 200);
    g_assert_cmpuint(right, >=, all * 97 / 100);
    g_assert_cmpuint(held, ==, 0);
    json_decref(sets);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(situations); i++) {
        g_autofree char *path = g_strdup_printf("/route/%s", situations[i].name);
        g_test_add_data_func(path, &situations[i], test_situation);
    }
    g_test_add_func("/route/five hundred references", test_five_hundred_references);
    g_test_add_func("/route/broken tokens", test_broken_tokens);
    g_test_add_func("/route/out of order", test_out_of_order);
    g_test_add_func("/route/a link out of date", test_a_link_out_of_date);
    g_test_add_func("/route/an answer releases once", test_an_answer_releases_once);
    g_test_add_func("/route/one answer releases two", test_one_answer_releases_two);
    g_test_add_func("/route/two choices in one mail", test_two_choices_in_one_mail);
    g_test_add_func("/route/answers at the same time", test_answers_at_the_same_time);
    g_test_add_func("/route/nobody answers", test_nobody_answers);
    g_test_add_func("/route/the question names nobody hidden", test_the_question_names_nobody_hidden);
    g_test_add_func("/route/rcpt does not tell who has a conversation", test_rcpt_does_not_tell_who_has_a_conversation);
    g_test_add_func("/route/public threads", test_public_threads);
    return g_test_run();
}
