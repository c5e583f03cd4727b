/* Search and filters (R15), on a real store: what is found, by whom, in which order, page by page. */
#include <string.h>

#include "market/link.h"
#include "market/results.h"
#include "scene.h"

#define HOUR 3600

/* ---- asking ---- */

struct asking {
    struct scene *scene;
    const char *slug;
    struct search search;
    struct search_found found;
};

static gboolean
ask(store_tx *tx, gpointer arg, GError **error)
{
    struct asking *a = arg;
    struct act act = {.market = &a->scene->market, .tx = tx, .now = a->scene->now};
    g_autoptr(organisation) o = NULL;
    if (!organisation_by_slug(&act, a->slug, &o, error))
        return FALSE;
    a->search.organisation_id = o->id;
    return search_run(tx, &a->search, act.now, &a->found, error);
}

/* "3 1": what an organisation finds. `query` as behind a command. */
static char *
found_by(struct scene *s, const char *slug, enum command_id id, const char *query)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *wrong = NULL;
    struct asking a = {.scene = s, .slug = slug};
    GString *ids = g_string_new(NULL);
    g_assert_cmpstr(results_query(id, query, &a.search, &wrong), ==, NULL);
    store_read(s->db, ask, &a, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < a.found.ids->len; i++)
        g_string_append_printf(ids, "%s%" G_GINT64_FORMAT, i ? " " : "", g_array_index(a.found.ids, gint64, i));
    search_found_clear(&a.found);
    results_query_clear(&a.search);
    return g_string_free(ids, FALSE);
}

static void
assert_found_by(struct scene *s, const char *slug, enum command_id id, const char *query, const char *expected)
{
    g_autofree char *found = found_by(s, slug, id, query);
    g_test_message("%s /%s %s: %s", slug, command_name(id), query, found);
    g_assert_cmpstr(found, ==, expected);
}

static void
assert_search(struct scene *s, const char *query, const char *expected)
{
    assert_found_by(s, "acme", COMMAND_SEARCH, query, expected);
}

static void
assert_list(struct scene *s, const char *query, const char *expected)
{
    assert_found_by(s, "acme", COMMAND_LIST, query, expected);
}

static void
assert_jobs(struct scene *s, const char *query, const char *expected)
{
    assert_found_by(s, "acme", COMMAND_JOBS, query, expected);
}

/* A mail from a person with a name; time goes on. */
static void
write_as(struct scene *s, const char *name, const char *address, const char *to, const char *subject, const char *text)
{
    static guint serial;
    g_autofree char *raw = g_strdup_printf("From: %s <%s>\nTo: %s\nSubject: %s\nMessage-ID: <s%u@client.test>\n"
                                           "Date: Sun, 22 Nov 2026 09:00:00 +0100\nMIME-Version: 1.0\n"
                                           "Content-Type: text/plain; charset=utf-8\n\n%s\n",
                                           name, address, to, subject, ++serial, text);
    s->now += 60;
    g_assert_cmpint(scene_mail(s, address, to, raw).kind, ==, VERDICT_TAKEN);
}

/* 1: Mia, 2: Joost, 3: Zo\u00e9 (a lead); 4: Mia at Blauw. */
static void
four_conversations(struct scene *s)
{
    write_as(s, "Mia", "mia@mias-candles.test", "acme@experts.test", "A new theme",
             "Could you do a theme design for our autumn sale?");
    write_as(s, "Joost", "joost@fietsen.test", "acme@experts.test", "Winkel", "Wij verhuizen onze fietsenwinkel.");
    write_as(s, "=?utf-8?q?Zo=C3=A9_Dubois?=", "zoe@fleurs.test", "acme@experts.test", "Bonjour",
             "Une boutique de fleurs, s'il vous pla\u00eet.");
    write_as(s, "Mia", "mia@mias-candles.test", "blauw@experts.test", "Migration", "Please migrate our candles.");
}

/* ---- words ---- */

static const struct {
    const char *text, *words;
} texts[] = {
    {"", ""},
    {"Hello, hello WORLD", "hello world"},
    {"Caf\u00e9 \u0141\u00f3d\u017a Stra\u00dfe", "cafe lodz strasse"},
    {"Mia's Candles", "mia s candles"},
    {"https://mias-candles.test/a?b=1", "mias candles test a b 1"},
    {"zoe@fleurs.test", "zoe fleurs test"},
    {"a\u200bb", "ab"},
    {"123456789012345678901234567890123456789012345", "1234567890123456789012345678901234567890"},
    {"\u4e2d\u6587 \u0440\u0443\u0441", "\u4e2d\u6587 \u0440\u0443\u0441"},
    {"... -- !!", ""},
};

static void
test_words(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GPtrArray) words = search_words(texts[i].text, SEARCH_TEXT);
        g_ptr_array_add(words, NULL);
        g_autofree char *joined = g_strjoinv(" ", (char **)words->pdata);
        g_assert_cmpstr(joined, ==, texts[i].words);
    }
}

static void
test_a_long_text_is_bounded(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < 100000; i++)
        g_string_append_printf(text, "w%u ", i);
    g_autoptr(GPtrArray) words = search_words(text->str, SEARCH_TEXT);
    g_assert_cmpuint(words->len, ==, SEARCH_TEXT);
}

/* ---- conversations ---- */

static void
test_conversations_by_contact_shop_and_url(struct scene *s)
{
    four_conversations(s);
    assert_search(s, "mia", "1");
    assert_search(s, "Candles", "1");              /* shop name */
    assert_search(s, "https://fietsen.test", "2"); /* shop URL, whole */
    assert_search(s, "fietsen.test", "2");
    assert_search(s, "ZO\u00c9", "3");        /* case and accents do not count */
    assert_search(s, "zoe@fleurs.test", "3"); /* a lead's address */
    assert_search(s, "dub", "3");             /* the beginning is enough */
    assert_search(s, "ubois", "");
    assert_search(s, "test", "3 2 1"); /* latest change first */
    assert_search(s, "mia candles", "1");
    assert_search(s, "mia fietsen", ""); /* all words */
    assert_search(s, "autumn", "");      /* that is a job's */
    assert_search(s, "nowhere", "");
    assert_search(s, "a b c d e f", "");
}

static void
test_nobody_finds_what_is_not_theirs(struct scene *s)
{
    four_conversations(s);
    assert_found_by(s, "blauw", COMMAND_SEARCH, "mia", "4");
    assert_found_by(s, "blauw", COMMAND_SEARCH, "zoe", "");
    assert_found_by(s, "blauw", COMMAND_LIST, "", "4");
    assert_found_by(s, "lumiere", COMMAND_LIST, "", "");
    scene_command(s, "acme", 1, "/tag urgent");
    assert_found_by(s, "blauw", COMMAND_LIST, "tag:urgent", "");
}

/* What a partner must not see it must not be able to guess. */
static void
test_a_merchants_address_is_not_to_be_guessed(struct scene *s)
{
    write_as(s, "=?utf-8?q?mia=40home=2Etest?=", "mia@home.test", "acme@experts.test", "Hi", "Hello there.");
    assert_search(s, "home", "");
    assert_search(s, "mia@home.test", "");
    assert_search(s, "mia jansen", "1");
}

static void
test_who_wrote_is_found_too(struct scene *s)
{
    four_conversations(s);
    scene_send(s);
    g_autofree char *reply = g_strdup(scene_sent(s, "ack", "mia@mias-candles.test", 0)->from_address);
    assert_search(s, "kimberley", "");
    write_as(s, "Kimberley", "kim@mias-candles.test", reply, "Re: A new theme", "I am Mia's colleague.");
    assert_search(s, "kimberley", "1");
    assert_search(s, "test", "1 3 2"); /* it is the latest change now */
}

/* ---- jobs ---- */

static void
test_jobs_by_merchant_details_and_comments(struct scene *s)
{
    four_conversations(s);
    assert_jobs(s, "", "2 1"); /* a lead's is not listed (R8) */
    assert_jobs(s, "autumn", "1");
    assert_jobs(s, "theme-design", "1"); /* the service */
    assert_jobs(s, "winkel", "2");       /* subject and text */
    assert_jobs(s, "mia sale", "1");     /* one in the name, one in the words */
    assert_jobs(s, "joost sale", "");
    assert_jobs(s, "fleurs", "");
    assert_jobs(s, "test", "2 1");
}

struct comment {
    struct scene *scene;
    gint64 conversation_id;
    const char *text;
};

static gboolean
comment(store_tx *tx, gpointer arg, GError **error)
{
    struct comment *c = arg;
    struct act act = {.market = &c->scene->market, .tx = tx, .now = c->scene->now};
    return search_index_comment(&act, c->conversation_id, c->text, error);
}

static void
test_a_comment_is_found_by_jobs_alone(struct scene *s)
{
    g_autoptr(GError) error = NULL;
    four_conversations(s);
    struct comment c = {s, 1, "Ask Bob about the kaleidoscope."};
    store_write(s->db, comment, &c, &error);
    g_assert_no_error(error);
    assert_jobs(s, "kaleido", "1");
    assert_search(s, "kaleido", "");
    assert_found_by(s, "blauw", COMMAND_JOBS, "kaleido", "");
}

/* ---- filters ---- */

static void
test_filters(struct scene *s)
{
    four_conversations(s);
    scene_command(s, "acme", 1, "/tag urgent");
    scene_command(s, "acme", 1, "/tag Two words");
    scene_command(s, "acme", 3, "/tag urgent");
    assert_list(s, "", "3 2 1");
    assert_list(s, "unread", "3 2 1");
    assert_list(s, "tag:urgent", "3 1");
    assert_list(s, "balise:URGENT", "3 1");
    assert_list(s, "tag:\"two words\"", "1");
    assert_list(s, "tag:urgent state:opened", "3 1"); /* a command has seen them */
    assert_list(s, "state:Nouvelle", "2");
    assert_list(s, "state:responded", "");
    assert_found_by(s, "acme", COMMAND_SEARCH, "mia tag:urgent", "1");
    assert_found_by(s, "acme", COMMAND_SEARCH, "joost tag:urgent", "");
    assert_list(s, "tag:unknown", "");
    scene_send(s);
    const struct notice *first = scene_sent(s, "first-contact", "team@acme.test", 0);
    g_assert_nonnull(first);
    g_autofree char *to = g_strdup(first->from_address);
    write_as(s, "Anna", "anna@acme.test", to, "Re: A new theme", "Yes, gladly.");
    assert_list(s, "state:responded", "1");
    assert_list(s, "statut:\"R\u00e9ponse envoy\u00e9e\"", "1");
    assert_list(s, "state:new", "2");
    assert_list(s, "ongelezen", "3 2");
    assert_list(s, "unread tag:urgent", "3");
    assert_list(s, "", "1 3 2");
}

/* It counts as expired whether or not the timer has run. */
static void
test_a_state_is_what_counts_now(struct scene *s)
{
    four_conversations(s);
    s->now += 73 * HOUR;
    assert_list(s, "state:new", "");
    assert_list(s, "state:expired", "3 2 1");
    assert_found_by(s, "acme", COMMAND_SEARCH, "mia state:expired", "1");
    scene_send(s); /* the timer */
    g_autofree char *late = found_by(s, "acme", COMMAND_LIST, "state:expired");
    g_assert_cmpuint(strlen(late), ==, 5);
    assert_list(s, "state:new", "");
}

/* ---- names change ---- */

static void
test_new_names_are_found_and_old_ones_are_not(struct scene *s)
{
    four_conversations(s);
    scene_import(s, "{\"merchants\":[{\"name\":\"Marieke Smit\",\"addresses\":[\"mia@mias-candles.test\"],"
                    "\"shop\":{\"name\":\"Wax and Wick\",\"url\":\"https://wax.test\"}}]}");
    assert_search(s, "jansen", "");
    assert_search(s, "marieke", "1");
    assert_search(s, "wick", "1");
    assert_found_by(s, "blauw", COMMAND_SEARCH, "marieke", "4");
    assert_jobs(s, "marieke autumn", "1");
}

static void
test_a_shop_renamed_by_a_colleague_is_renamed_for_all(struct scene *s)
{
    four_conversations(s);
    scene_import(s, "{\"merchants\":[{\"name\":\"Kim\",\"addresses\":[\"kim@mias-candles.test\"],"
                    "\"shop\":{\"name\":\"Luminaria\",\"url\":\"https://mias-candles.test\"}}]}");
    assert_search(s, "luminaria", "1");
}

static void
test_a_lead_that_is_registered_keeps_no_address(struct scene *s)
{
    four_conversations(s);
    assert_search(s, "zoe@fleurs.test", "3");
    scene_import(s,
                 "{\"merchants\":[{\"name\":\"Zelda\",\"addresses\":[\"zelda@bloemen.test\",\"zoe@fleurs.test\"]}]}");
    assert_search(s, "zoe@fleurs.test", "");
    assert_search(s, "zelda", "3");
    assert_search(s, "bloemen", "");
}

/* ---- what an older version left ---- */

static gboolean
forget_words(store_tx *tx, gpointer arg, GError **error)
{
    for (gint64 id = 1; id <= 4; id++)
        for (guint i = 0; i < 3; i++)
            if (!store_run(tx, STMT_SEARCH_DROP, error, store_text((const char *[]){"n", "t", "c"}[i]), store_int(id)))
                return FALSE;
    return store_run(tx, STMT_TIMER_SET, error, store_text("index"), store_int(0), store_int(*(gint64 *)arg));
}

/* The timer that the migration sets fills in what was kept without words. */
static void
test_older_conversations_are_found_after_a_while(struct scene *s)
{
    g_autoptr(GError) error = NULL;
    four_conversations(s);
    store_write(s->db, forget_words, &s->now, &error);
    g_assert_no_error(error);
    assert_search(s, "mia", "");
    scene_send(s);
    scene_send(s); /* the second time to see that there is no more */
    assert_search(s, "mia", "1");
    assert_search(s, "zoe@fleurs.test", "3");
    assert_jobs(s, "autumn", "1");
    assert_jobs(s, "theme-design", "1");
    assert_found_by(s, "blauw", COMMAND_SEARCH, "mia", "4");
}

/* ---- pages ---- */

static gboolean
many(store_tx *tx, gpointer arg, GError **error)
{
    struct scene *s = arg;
    struct act act = {.market = &s->market, .tx = tx, .now = s->now};
    g_autoptr(organisation) o = NULL;
    g_autoptr(merchant) m = NULL;
    if (!organisation_by_slug(&act, "acme", &o, error) || !merchant_by_address(&act, "joost@fietsen.test", &m, error))
        return FALSE;
    for (guint i = 0; i < 4000; i++) {
        gint64 request = 0, id = 0;
        g_autoptr(store_rows) rows =
            store_query(tx, STMT_REQUEST_ADD, error, store_int(m->id), store_text("direct"), store_text(NULL),
                        store_text("x"), store_int(act.now), store_null(), store_int(0), store_text(""));
        if (!rows)
            return FALSE;
        request = store_rows_int(rows, 0, "id");
        act.now += i % 7 == 0; /* several in one second */
        if (!conversation_open(&act, o, m, request, FALSE, NULL, "x", &id, error) ||
            (i % 151 == 0 && !search_index_writer(&act, id, "Seldom", error)) ||
            (i % 2 == 0 && !search_index_writer(&act, id, "Often", error)))
            return FALSE;
    }
    s->now = act.now;
    return TRUE;
}

/* All pages one after the other: how many conversations, each once and in order. */
static guint
count_all(struct scene *s, const char *words)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    struct asking a = {.scene = s, .slug = "acme", .search = {.words = words}};
    for (guint page = 0; page == 0 || a.found.more; page++) {
        a.search.before = a.found.before;
        a.search.before_id = a.found.before_id;
        search_found_clear(&a.found);
        store_read(s->db, ask, &a, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(page, <, 1000);
        g_assert_cmpuint(a.found.ids->len, <=, SEARCH_PAGE);
        for (guint i = 0; i < a.found.ids->len; i++) {
            gint64 id = g_array_index(a.found.ids, gint64, i);
            g_assert_true(g_hash_table_add(seen, g_memdup2(&id, sizeof id)));
        }
    }
    search_found_clear(&a.found);
    return g_hash_table_size(seen);
}

static void
test_pages_hold_each_once(struct scene *s)
{
    g_autoptr(GError) error = NULL;
    store_write(s->db, many, s, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(count_all(s, ""), ==, 4000);
    g_assert_cmpuint(count_all(s, "often"), ==, 2000);
    g_assert_cmpuint(count_all(s, "seldom"), ==, 27);
    g_assert_cmpuint(count_all(s, "seldom often"), ==, 14);
    g_assert_cmpuint(count_all(s, "fietsen o"), ==, 2000);
}

/* ---- by mail ---- */

static void
test_results_come_by_mail_with_a_link_each(struct scene *s)
{
    four_conversations(s);
    scene_command(s, "acme", 1, "/tag urgent");
    scene_send(s);
    scene_forget(s);
    g_assert_cmpstr(scene_command(s, "acme", 0, "/zoek mia"), ==, "said.results_follow");
    scene_send(s);
    const struct notice *mail = scene_sent(s, "results", "anna@acme.test", 0);
    g_assert_nonnull(mail);
    g_assert_cmpstr(scene_text(mail->data, "count"), ==, "1");
    g_assert_cmpstr(scene_text(mail->data, "total"), ==, "1");
    g_assert_cmpstr(scene_text(mail->data, "items.0.merchant.label"), ==, "Mia Jansen (Mia's Candles)");
    g_assert_cmpstr(scene_text(mail->data, "items.0.state.say"), ==, "state.opened");
    g_assert_cmpstr(scene_text(mail->data, "items.0.unread"), ==, "1");
    g_assert_cmpstr(scene_text(mail->data, "items.0.tags.0.tag"), ==, "urgent");
    g_assert_cmpuint(json_array_size(json_object_get(mail->data, "actions")), ==, 0);
    g_autofree char *link = g_strdup(scene_text(json_array_get(json_object_get(mail->data, "items"), 0), "link"));
    write_as(s, "Anna", "anna@acme.test", link, "Re: x", "Through the list's link.");
    assert_list(s, "state:responded", "1");
}

static void
test_more_goes_on_where_the_page_ended(struct scene *s)
{
    g_autoptr(GError) error = NULL;
    store_write(s->db, many, s, &error);
    g_assert_no_error(error);
    scene_command(s, "acme", 0, "/search seldom");
    scene_send(s);
    const struct notice *mail = scene_sent(s, "results", "anna@acme.test", 0);
    g_assert_cmpstr(scene_text(mail->data, "count"), ==, "20");
    g_assert_cmpstr(scene_text(mail->data, "total"), ==, "27");
    g_autofree char *more = g_strdup(scene_text(mail->data, "actions.0.command"));
    g_assert_true(g_str_has_prefix(more, "/more "));
    scene_command(s, "acme", 0, more);
    scene_send(s);
    mail = scene_sent(s, "results", "anna@acme.test", 1);
    g_assert_cmpstr(scene_text(mail->data, "count"), ==, "7");
    g_assert_cmpuint(json_array_size(json_object_get(mail->data, "actions")), ==, 0);
}

static const struct {
    const char *words, *key;
} wrong[] = {
    {"/search", "cannot.search_for_nothing"},
    {"/search ...", "cannot.search_for_nothing"},
    {"/search a b c d e f g", "cannot.too_many_words"},
    {"/list sometimes", "cannot.list_word"},
    {"/list state:happy", "cannot.no_such_state"},
    {"/list tag:unknown", "cannot.no_such_tag"},
    {"/more", "cannot.more_of_what"},
    {"/more 12", "cannot.more_of_what"},
    {"/more 12-", "cannot.more_of_what"},
    {"/more 12-4", "cannot.more_of_what"},
    {"/more 12-4 delete all", "cannot.more_of_what"},
    {"/more 12-4 searching", "cannot.more_of_what"},
    {"/more -1--4 list", "cannot.more_of_what"},
    {"/more 99999999999999999999-4 list unread", "said.results_follow"},
    {"/list", "said.results_follow"},
    {"/jobs", "said.results_follow"},
};

static void
test_what_cannot_be_looked_for_is_said(struct scene *s)
{
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++)
        g_assert_cmpstr(scene_command(s, "acme", 0, wrong[i].words), ==, wrong[i].key);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/search/words", test_words);
    g_test_add_func("/search/a-long-text-is-bounded", test_a_long_text_is_bounded);
#define add(name, fn) g_test_add_data_func("/search/" name, fn, scene_run)
    add("conversations-by-contact-shop-and-url", test_conversations_by_contact_shop_and_url);
    add("nobody-finds-what-is-not-theirs", test_nobody_finds_what_is_not_theirs);
    add("a-merchants-address-is-not-to-be-guessed", test_a_merchants_address_is_not_to_be_guessed);
    add("who-wrote-is-found-too", test_who_wrote_is_found_too);
    add("jobs-by-merchant-details-and-comments", test_jobs_by_merchant_details_and_comments);
    add("a-comment-is-found-by-jobs-alone", test_a_comment_is_found_by_jobs_alone);
    add("filters", test_filters);
    add("a-state-is-what-counts-now", test_a_state_is_what_counts_now);
    add("new-names-are-found-and-old-ones-are-not", test_new_names_are_found_and_old_ones_are_not);
    add("a-shop-renamed-by-a-colleague-is-renamed-for-all", test_a_shop_renamed_by_a_colleague_is_renamed_for_all);
    add("a-lead-that-is-registered-keeps-no-address", test_a_lead_that_is_registered_keeps_no_address);
    add("older-conversations-are-found-after-a-while", test_older_conversations_are_found_after_a_while);
    add("pages-hold-each-once", test_pages_hold_each_once);
    add("results-come-by-mail-with-a-link-each", test_results_come_by_mail_with_a_link_each);
    add("more-goes-on-where-the-page-ended", test_more_goes_on_where_the_page_ended);
    add("what-cannot-be-looked-for-is-said", test_what_cannot_be_looked_for_is_said);
    return g_test_run();
}
