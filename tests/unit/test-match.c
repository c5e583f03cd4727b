/* Whom a request goes to (R5, R7, R9): the factors, turns, what steers and what does not. */
#include <string.h>

#include "market/match.h"
#include "market/perform.h"
#include "scene.h"

#define HOUR 3600
#define MIA "mia@mias-candles.test"
#define JOOST "joost@fietsen.test"
#define ANNA "anna@acme.test"

/* ---- facts and scores ---- */

static const struct {
    const char *what;
    struct match_request request;
    struct match_facts facts;
    gint64 points[MATCH_FACTORS];
} table[] = {
    /* service, language, dropshipping, rate, speed, reviews, expired, declined */
    {"nothing known", {0}, {"en", FALSE, 500, 0, 0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 7, 7, 0, 0}},
    {"service and language",
     {"seo", "en", .author = NULL},
     {"en", FALSE, 500, 0, 0, 0, 0, 0, 0, 0},
     {40, 15, 0, 0, 7, 7, 0, 0}},
    {"another language",
     {"seo", "fr", .author = NULL},
     {"en", FALSE, 500, 0, 0, 0, 0, 0, 0, 0},
     {40, 0, 0, 0, 7, 7, 0, 0}},
    {"dropshipping", {"seo", NULL, TRUE}, {"en", TRUE, 500, 0, 0, 0, 0, 0, 0, 0}, {40, 0, 10, 0, 7, 7, 0, 0}},
    {"no dropshipping asked", {"seo"}, {"en", TRUE, 500, 0, 0, 0, 0, 0, 0, 0}, {40, 0, 0, 0, 7, 7, 0, 0}},
    {"a low rate, not asked for", {"seo"}, {"en", FALSE, 1000, 0, 0, 0, 0, 0, 0, 0}, {40, 0, 0, 0, 7, 7, 0, 0}},
    {"a low rate",
     {"seo", .priorities = PRIORITY_COST},
     {"en", FALSE, 1000, 0, 0, 0, 0, 0, 0, 0},
     {40, 0, 0, 20, 7, 7, 0, 0}},
    {"a high rate",
     {"seo", .priorities = PRIORITY_COST},
     {"en", FALSE, 0, 0, 0, 0, 0, 0, 0, 0},
     {40, 0, 0, 0, 7, 7, 0, 0}},
    {"quick", {0}, {"en", FALSE, 500, 20, 0, 18, 18 * HOUR, 0, 0, 0}, {0, 0, 0, 0, 14, 7, 0, 0}},
    {"quick, time matters",
     {.priorities = PRIORITY_TIME},
     {"en", FALSE, 500, 20, 0, 18, 18 * HOUR, 0, 0, 0},
     {0, 0, 0, 0, 28, 7, 0, 0}},
    {"slow", {0}, {"en", FALSE, 500, 20, 0, 18, 18 * 72 * HOUR, 0, 0, 0}, {0, 0, 0, 0, 0, 7, 0, 0}},
    {"good reviews", {0}, {"en", FALSE, 500, 0, 0, 0, 0, 8, 40, 0}, {0, 0, 0, 0, 7, 13, 0, 0}},
    {"good reviews, quality matters",
     {.priorities = PRIORITY_QUALITY},
     {"en", FALSE, 500, 0, 0, 0, 0, 8, 40, 0},
     {0, 0, 0, 0, 7, 27, 0, 0}},
    {"bad reviews", {0}, {"en", FALSE, 500, 0, 0, 0, 0, 8, 8, 0}, {0, 0, 0, 0, 7, 1, 0, 0}},
    {"a newcomer's one expiry", {0}, {"en", FALSE, 500, 1, 1, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 7, 7, -9, 0}},
    {"half of many expired", {0}, {"en", FALSE, 500, 98, 49, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 7, 7, -14, 0}},
    {"one of many expired", {0}, {"en", FALSE, 500, 98, 1, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 7, 7, 0, 0}},
    {"declined such jobs", {"seo"}, {"en", FALSE, 500, 9, 0, 0, 0, 0, 0, 2}, {40, 0, 0, 0, 7, 7, 0, -12}},
};

static void
test_facts_make_scores(struct scene *s)
{
    for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
        gint64 points[MATCH_FACTORS], sum = 0;
        gint64 total = match_weigh(&table[i].facts, &table[i].request, &s->conf, points);
        for (guint k = 0; k < MATCH_FACTORS; k++) {
            if (points[k] != table[i].points[k])
                g_error("%s: %s %+" G_GINT64_FORMAT ", not %+" G_GINT64_FORMAT, table[i].what, match_factor_name(k),
                        points[k], table[i].points[k]);
            sum += points[k];
        }
        g_assert_cmpint(total, ==, sum);
    }
}

static void
test_weights_are_settings(struct scene *s)
{
    gint64 points[MATCH_FACTORS];
    const struct match_request request = {"seo", "en", TRUE, PRIORITY_TIME | PRIORITY_COST | PRIORITY_QUALITY,
                                          NULL,  NULL};
    const struct match_facts facts = {"en", TRUE, 1000, 1, 1, 1, 0, 1, 5, 1};
    gint64 *weights[] = {&s->conf.weight_service, &s->conf.weight_language, &s->conf.weight_dropshipping,
                         &s->conf.weight_rate,    &s->conf.weight_speed,    &s->conf.weight_reviews,
                         &s->conf.weight_expired, &s->conf.weight_declined};
    for (guint i = 0; i < MATCH_FACTORS; i++) {
        match_weigh(&facts, &request, &s->conf, points);
        g_assert_cmpint(points[i], !=, 0);
        *weights[i] = 0;
        match_weigh(&facts, &request, &s->conf, points);
        g_assert_cmpint(points[i], ==, 0);
    }
}

/* ---- priorities ---- */

static void
test_priorities_are_recognised(void)
{
    static const struct {
        guint priorities;
        const char *text;
    } said[] = {
        {PRIORITY_TIME, "We need it as soon as possible."},
        {PRIORITY_TIME, "Het is dringend."},
        {PRIORITY_TIME, "R\303\251ponse d\303\250s que possible, merci."},
        {PRIORITY_TIME, "Prosz\304\231 o odpowied\305\272 jak najszybciej."},
        {PRIORITY_COST, "Our budget is tight"},
        {PRIORITY_COST, "we hebben een klein budget"},
        {PRIORITY_COST, "nous avons un petit budget"},
        {PRIORITY_COST, "mamy ma\305\202y bud\305\274et"},
        {PRIORITY_QUALITY, "We want the best quality."},
        {PRIORITY_QUALITY, "de hoogste kwaliteit"},
        {PRIORITY_QUALITY, "la meilleure qualit\303\251"},
        {PRIORITY_QUALITY, "najwy\305\274sza jako\305\233\304\207"},
        {PRIORITY_TIME | PRIORITY_COST, "Hello,\nPriorities: time, cost\nAnd the best quality."},
        {PRIORITY_TIME, "D\303\251lai: demain\nPriorit\303\251 : d\303\251lai"},
        {PRIORITY_QUALITY, "Priorytet: jako\305\233\304\207"},
        {PRIORITY_COST, "Prioriteit: kosten"},
        {0, "It is not urgent at all."},
        {0, "Het is niet zo dringend."},
        {0, "Ce n'est pas une demande urgente."},
        {0, "To nie jest pilne."},
        {0, "Our budget is 5000 EUR, the deadline is in May, quality: see below."},
        {0, "The insurgents are urgentless"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(said); i++) {
        guint set = priority_of("A shop", said[i].text, NULL);
        if (set != said[i].priorities)
            g_error("%u, not %u: %s", set, said[i].priorities, said[i].text);
        g_autofree char *text = priority_text(set);
        guint back = 0;
        g_assert_true(priority_parse(text, &back));
        g_assert_cmpuint(back, ==, set);
    }
    guint set;
    g_assert_cmpuint(priority_of("URGENT: shop", "Hello", NULL), ==, PRIORITY_TIME);
    g_assert_false(priority_parse("time beauty", &set));
}

/* ---- organisations ---- */

static void
test_a_form_says_priorities(void)
{
    struct form_field field = {(char *)"Priorit\303\251", (char *)"Qualit\303\251"};
    struct form form = {.fields = g_ptr_array_new(), .lead = {.budget = (char *)"500 EUR"}};
    g_assert_cmpuint(priority_of(NULL, "", &form), ==, 0);
    form.lead.budget = (char *)"max. 500 EUR, beperkt";
    g_assert_cmpuint(priority_of(NULL, "", &form), ==, PRIORITY_COST);
    form.lead.budget = (char *)"not limited";
    g_assert_cmpuint(priority_of(NULL, "", &form), ==, 0);
    g_ptr_array_add(form.fields, &field);
    g_assert_cmpuint(priority_of(NULL, "urgent", &form), ==, PRIORITY_QUALITY);
    g_ptr_array_unref(form.fields);
}

struct finding {
    struct scene *scene;
    const struct match_request *request;
    const char *slug; /* whose facts, or NULL */
    enum store_statement statement;
    gint64 numbers[4];
    const char *service;
    GPtrArray *matches;
    gint64 request_id;
    guint limit;
};

static gboolean
find_fn(store_tx *tx, gpointer arg, GError **error)
{
    struct finding *f = arg;
    struct act act = {.market = &f->scene->market, .tx = tx, .now = f->scene->now};
    f->matches = match_find(&act, f->request, f->limit, error);
    for (guint i = 0; f->request_id && f->matches && i < f->matches->len; i++)
        if (!match_note(&act, f->request_id, f->matches->pdata[i], i, error))
            return FALSE;
    return f->matches != NULL;
}

/* "acme 62, wisla 47" */
static char *
found(struct scene *s, const struct match_request *request)
{
    g_autoptr(GError) error = NULL;
    struct finding f = {.scene = s, .request = request, .limit = 100};
    store_read(s->db, find_fn, &f, &error);
    g_assert_no_error(error);
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < f.matches->len; i++) {
        const struct match *match = f.matches->pdata[i];
        g_string_append_printf(text, "%s%s %" G_GINT64_FORMAT, i ? ", " : "", match->slug, match->score);
    }
    g_ptr_array_unref(f.matches);
    return g_string_free(text, FALSE);
}

static void
assert_found(struct scene *s, const struct match_request *request, const char *expected)
{
    g_autofree char *first = found(s, request), *again = found(s, request);
    g_assert_cmpstr(first, ==, expected);
    g_assert_cmpstr(first, ==, again);
}

/* Four that are alike, and rates. */
static const char equals[] = "{\"organisations\":["
                             "{\"slug\":\"one\",\"name\":\"One\",\"language\":\"en\",\"notify\":\"a@one.test\","
                             "\"services\":[{\"service\":\"seo\",\"rate\":5000,\"currency\":\"EUR\"},\"copy\"]},"
                             "{\"slug\":\"two\",\"name\":\"Two\",\"language\":\"en\",\"notify\":\"a@two.test\","
                             "\"services\":[{\"service\":\"seo\",\"rate\":9000,\"currency\":\"EUR\"},\"copy\"]},"
                             "{\"slug\":\"three\",\"name\":\"Three\",\"language\":\"en\",\"notify\":\"a@three.test\","
                             "\"services\":[{\"service\":\"seo\",\"rate\":9000,\"currency\":\"EUR\"},\"copy\"]},"
                             "{\"slug\":\"four\",\"name\":\"Four\",\"language\":\"en\",\"notify\":\"a@four.test\","
                             "\"services\":[{\"service\":\"seo\",\"rate\":7000,\"currency\":\"USD\"},\"copy\"]},"
                             "{\"slug\":\"five\",\"name\":\"Five\",\"language\":\"en\",\"notify\":\"a@five.test\","
                             "\"services\":[\"seo\",\"copy\"]}]}";

static void
test_rates_compare_in_their_currency(struct scene *s)
{
    scene_import(s, equals);
    const struct match_request any = {"seo"}, cheap = {"seo", .priorities = PRIORITY_COST};
    assert_found(s, &any, "one 54, two 54, three 54, four 54, five 54");
    assert_found(s, &cheap, "one 74, four 64, five 64, two 59, three 59");
}

static gboolean
make_request(store_tx *tx, gpointer arg, GError **error)
{
    g_autoptr(store_rows) rows =
        store_query(tx, STMT_REQUEST_ADD, error, store_int(1), store_text("matched"), store_text("copy"),
                    store_text("x"), store_int(1), store_null(), store_int(0), store_text(""));
    if (!rows)
        return FALSE;
    ((struct finding *)arg)->request_id = store_rows_int(rows, 0, "id");
    return find_fn(tx, arg, error);
}

/* A thousand requests, many of them in one second. */
static void
share_out(struct scene *s, guint each, guint hasty)
{
    g_autoptr(GHashTable) shares = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    const struct match_request request = {"copy"};
    g_autoptr(GError) error = NULL;
    for (guint i = 0; i < 1000; i++) {
        struct finding f = {.scene = s, .request = &request, .limit = each};
        store_write(s->db, make_request, &f, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(f.matches->len, ==, each);
        for (guint k = 0; k < f.matches->len; k++) {
            const char *slug = ((const struct match *)f.matches->pdata[k])->slug;
            guint had = GPOINTER_TO_UINT(g_hash_table_lookup(shares, slug));
            g_hash_table_insert(shares, g_strdup(slug), GUINT_TO_POINTER(had + 1));
        }
        g_ptr_array_unref(f.matches);
        s->now += i % hasty == 0;
    }
    GHashTableIter iter;
    gpointer slug, count;
    g_assert_cmpuint(g_hash_table_size(shares), ==, 5);
    for (g_hash_table_iter_init(&iter, shares); g_hash_table_iter_next(&iter, &slug, &count);) {
        g_test_message("%s %u", (char *)slug, GPOINTER_TO_UINT(count));
        g_assert_cmpint(ABS((int)GPOINTER_TO_UINT(count) - (int)(each * 200)), <=, 1);
    }
}

static void
test_equals_get_equal_shares(struct scene *s)
{
    scene_import(s, equals);
    share_out(s, 3, 1);
    share_out(s, 3, 7);
    share_out(s, 1, 50);
    share_out(s, 4, 2);
}

/* ---- what happens to jobs ---- */

static char *
ask(struct scene *s, const char *to, const char *text)
{
    const struct verdict verdict = scene_write(s, MIA, to, "A shop", NULL, text);
    g_assert_cmpint(verdict.kind, ==, VERDICT_TAKEN);
    scene_send(s);
    json_t *list = scene_conversations(s);
    char *id = g_strdup(scene_text(list, "0.id"));
    json_decref(list);
    return id;
}

static gint64
ask_id(struct scene *s, const char *to, const char *text)
{
    g_autofree char *id = ask(s, to, text);
    return g_ascii_strtoll(id, NULL, 10);
}

static const struct match_request theme = {"theme-design", "en", .author = "x@y.test"};
static const struct match_request setup = {"store-setup", "en", .author = "x@y.test"};

static void
test_declined_types_steer_to_others(struct scene *s)
{
    assert_found(s, &theme, "acme 69, lumiere 54");
    gint64 id = ask_id(s, "acme@experts.test", "A theme design, please.");
    g_assert_cmpstr(scene_command(s, "acme", id, "/decline"), ==, "said.declined");
    assert_found(s, &theme, "acme 61, lumiere 54"); /* a third of 25 */
    assert_found(s, &setup, "acme 69, blauw 54");   /* harms nothing else */
    const struct match_request any = {.language = "en", .author = "x@y.test"};
    assert_found(s, &any, "acme 29, blauw 14, lumiere 14");
}

static void
test_expiry_harms_in_proportion(struct scene *s)
{
    ask_id(s, "acme@experts.test", "A theme design, please.");
    s->now += 73 * HOUR;
    scene_send(s);
    assert_found(s, &theme, "acme 60, lumiere 54"); /* a third of 30 */
    assert_found(s, &setup, "acme 60, blauw 54");
}

static void
test_leads_and_spam_do_not_harm(struct scene *s)
{
    const struct verdict verdict =
        scene_write(s, "lena@lead.test", "acme@experts.test", "Hi", NULL, "A theme design, please.");
    g_assert_cmpint(verdict.kind, ==, VERDICT_TAKEN);
    s->now += 73 * HOUR;
    scene_send(s);
    assert_found(s, &theme, "acme 69, lumiere 54");
    gint64 id = ask_id(s, "acme@experts.test", "A theme design, please.");
    s->now += 73 * HOUR;
    scene_send(s);
    assert_found(s, &theme, "acme 60, lumiere 54");
    g_assert_cmpstr(scene_command(s, "acme", id, "/spam"), ==, "said.spam");
    assert_found(s, &theme, "acme 69, lumiere 54");
}

static void
test_words_of_refusal_change_nothing(struct scene *s)
{
    ask_id(s, "acme@experts.test", "A theme design, please.");
    g_autofree char *link = g_strdup(scene_sent(s, "first-contact", "team@acme.test", 0)->from_address);
    s->now += 36 * HOUR;
    scene_write(s, ANNA, link, "Re: A shop", NULL, "Sorry, we can't take this on.");
    assert_found(s, &theme, "acme 69, lumiere 54");
}

static void
test_a_block_and_an_absence_leave_out(struct scene *s)
{
    const struct match_request mias = {"theme-design", "en", .author = MIA};
    gint64 id = ask_id(s, "acme@experts.test", "A theme design, please.");
    g_assert_cmpstr(scene_command(s, "acme", id, "/block"), ==, "said.blocked_shop");
    g_autofree char *left = found(s, &mias);
    g_assert_true(g_str_has_prefix(left, "lumiere ") && !strstr(left, "acme"));
    scene_command_as(s, "lumiere", 0, "claire@lumiere.test", "/away until 30 November 2026");
    assert_found(s, &mias, "");
    s->now += 12 * 24 * HOUR;
    g_autofree char *back = found(s, &mias);
    g_assert_true(g_str_has_prefix(back, "lumiere "));
}

/* ---- the request's own facts, explained ---- */

static json_t *
explained(struct scene *s, gint64 request_id)
{
    g_autoptr(GError) error = NULL;
    json_t *all = match_explain(&s->market, request_id, NULL, s->now, &error);
    g_assert_no_error(error);
    return all;
}

static void
test_a_request_keeps_its_facts(struct scene *s)
{
    const struct verdict verdict = scene_write(s, JOOST, "jobs@experts.test", "Webwinkel", NULL,
                                               "Wij doen dropshipping en zoeken een store setup, zo snel mogelijk.");
    g_assert_cmpint(verdict.kind, ==, VERDICT_TAKEN);
    json_t *all = explained(s, 1);
    g_assert_cmpstr(scene_text(all, "service"), ==, "store-setup");
    g_assert_cmpstr(scene_text(all, "language"), ==, "nl");
    g_assert_cmpstr(scene_text(all, "dropshipping"), ==, "true");
    g_assert_cmpstr(scene_text(all, "priorities.0"), ==, "time");
    g_assert_cmpuint(json_array_size(json_object_get(all, "candidates")), ==, 0); /* both were asked */
    g_assert_cmpstr(scene_text(all, "chosen.0.organisation"), ==, "blauw");
    g_assert_cmpstr(scene_text(all, "chosen.0.reasons"), ==,
                    "service +40, language +15, dropshipping +10, speed +15, reviews +7");
    json_decref(all);
}

static void
assert_left_out(json_t *all, const char *slug, const char *reasons)
{
    json_t *entry, *list = json_object_get(all, "left_out");
    size_t i;
    json_array_foreach(list, i, entry)
    {
        if (strcmp(scene_text(entry, "organisation"), slug) != 0)
            continue;
        json_t *found_reasons = json_object_get(entry, "reasons");
        g_autofree char *text = json_dumps(found_reasons, JSON_COMPACT);
        g_assert_cmpstr(text, ==, reasons);
        return;
    }
    g_error("%s was not left out", slug);
}

static void
test_everybody_is_explained(struct scene *s)
{
    g_autoptr(GError) error = NULL;
    const struct match_request request = {"store-setup", "nl", TRUE, 0, "daan@blauw.test", NULL};
    scene_command_as(s, "acme", 0, ANNA, "/prefs matching no");
    json_t *all = match_explain(&s->market, 0, &request, s->now, &error);
    g_assert_no_error(error);
    assert_left_out(all, "acme", "[\"matching is off\"]");
    assert_left_out(all, "blauw", "[\"asks itself\"]");
    assert_left_out(all, "lumiere", "[\"other services\",\"no dropshipping\"]");
    assert_left_out(all, "wisla", "[\"takes no new work\"]");
    assert_left_out(all, "ghost", "[\"not published\",\"other services\"]");
    assert_left_out(all, "bare", "[\"offers no service\",\"other services\"]");
    json_decref(all);
    all = match_explain(&s->market, 99, NULL, s->now, &error);
    g_assert_null(all);
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND);
}

/* ---- the list of experts ---- */

static guint
listed(struct scene *s, const char *from, const char *subject, const char *text, const char *service)
{
    const struct verdict verdict = scene_write(s, from, "experts@experts.test", subject, NULL, text);
    g_assert_cmpint(verdict.kind, ==, VERDICT_TAKEN);
    scene_send(s);
    const struct notice *notice = scene_sent(s, "experts", from, 0);
    g_assert_nonnull(notice);
    g_assert_cmpstr(scene_text(notice->data, "service"), ==, service);
    return (guint)json_array_size(json_object_get(notice->data, "organisations"));
}

static void
test_experts_are_listed(struct scene *s)
{
    scene_command_as(s, "blauw", 0, "daan@blauw.test", "/prefs search no");
    g_assert_cmpuint(listed(s, "a@x.test", "Hello", "Who is there?", ""), ==, 2); /* acme, lumiere */
    g_assert_cmpuint(listed(s, "b@x.test", "", "", ""), ==, 2);
    g_assert_cmpuint(listed(s, "c@x.test", "Theme design", "Hi", "theme-design"), ==, 2);
    g_assert_cmpuint(listed(s, "d@x.test", "Vraag", "Wie kan er een store-setup doen?", "store-setup"), ==, 1);
    g_assert_cmpuint(listed(s, "e@x.test", "Bonjour", "Je cherche Theme Design.", "theme-design"), ==, 2);
    g_assert_cmpuint(listed(s, "f@x.test", "Pytanie", "Kto zrobi \342\200\236STORE SETUP\342\200\235?", "store-setup"),
                     ==, 1);
    g_assert_cmpuint(listed(s, "g@x.test", "Migration", "", "migration"), ==, 0); /* Blauw is not shown, Wisła away */
    const struct notice *notice = scene_sent(s, "experts", "d@x.test", 0);
    g_assert_cmpstr(scene_text(notice->data, "organisations.0.address"), ==, "acme@experts.test");
    g_assert_cmpstr(scene_text(notice->data, "organisations.0.profile_url"), ==, "https://experts.test/acme");
    g_assert_cmpstr(scene_text(notice->data, "organisations.0.services.0.service"), ==, "store-setup");
}

#define TEST(name, fn) g_test_add_data_func("/match/" name, fn, scene_run)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/match/priorities", test_priorities_are_recognised);
    g_test_add_func("/match/a-form-says-priorities", test_a_form_says_priorities);
    TEST("facts-make-scores", test_facts_make_scores);
    TEST("weights-are-settings", test_weights_are_settings);
    TEST("rates-compare-in-their-currency", test_rates_compare_in_their_currency);
    TEST("equals-get-equal-shares", test_equals_get_equal_shares);
    TEST("declined-types-steer-to-others", test_declined_types_steer_to_others);
    TEST("expiry-harms-in-proportion", test_expiry_harms_in_proportion);
    TEST("leads-and-spam-do-not-harm", test_leads_and_spam_do_not_harm);
    TEST("words-of-refusal-change-nothing", test_words_of_refusal_change_nothing);
    TEST("a-block-and-an-absence-leave-out", test_a_block_and_an_absence_leave_out);
    TEST("a-request-keeps-its-facts", test_a_request_keeps_its_facts);
    TEST("everybody-is-explained", test_everybody_is_explained);
    TEST("experts-are-listed", test_experts_are_listed);
    return g_test_run();
}
