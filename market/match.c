#include "market/match.h"

#include <stddef.h>
#include <string.h>

#include "lib/text.h"
#include "market/block.h"

/* A few facts are no habit: as if there had been two middling ones more. */
enum { WHOLE = 1000, HALF = 500, ADDED = 2, MIDDLE_RATING = 3, PLACES = 32 };

/* ---- the factors ---- */

/* What a factor is worked out from. */
struct weighing {
    const struct match_facts *facts;
    const struct match_request *request;
    const struct conf *conf;
};

static gint64
service_share(const struct weighing *w)
{
    return w->request->service ? WHOLE : 0; /* nobody else is a candidate */
}

static gint64
language_share(const struct weighing *w)
{
    return w->request->language && strcmp(w->request->language, w->facts->language) == 0 ? WHOLE : 0;
}

static gint64
dropshipping_share(const struct weighing *w)
{
    return w->request->dropshipping && w->facts->dropshipping ? WHOLE : 0;
}

static gint64
rate_share(const struct weighing *w)
{
    return w->facts->rate_place;
}

/* An answer at once is the whole, one in the last minute nothing. */
static gint64
speed_share(const struct weighing *w)
{
    const gint64 most = MAX(w->conf->answer_time, 1);
    gint64 mean = (w->facts->answer_seconds + ADDED * most / 2) / (w->facts->answers + ADDED);
    return WHOLE - WHOLE * CLAMP(mean, 0, most) / most;
}

static gint64
reviews_share(const struct weighing *w)
{
    gint64 mean = WHOLE * (w->facts->review_points + ADDED * MIDDLE_RATING) / (w->facts->reviews + ADDED);
    return CLAMP((mean - WHOLE) / 4, 0, WHOLE); /* 1 to 5 */
}

static gint64
expired_share(const struct weighing *w)
{
    return -WHOLE * w->facts->expired / (MAX(w->facts->listed, w->facts->expired) + ADDED);
}

/* How many it did is not kept by type: a few declines already steer to other types, and none of those is touched. */
static gint64
declined_share(const struct weighing *w)
{
    return -WHOLE * w->facts->declined / (w->facts->declined + ADDED);
}

#define WEIGHT(field) offsetof(struct conf, field)

/* Times its weight: usually, and where its priority is asked for. */
static const struct {
    const char *name;
    gsize weight;
    gint64 (*share)(const struct weighing *weighing);
    guint priority;
    int usually, wanted;
} factors[MATCH_FACTORS] = {
    [MATCH_BY_SERVICE] = {"service", WEIGHT(weight_service), service_share, 0, 1, 1},
    [MATCH_BY_LANGUAGE] = {"language", WEIGHT(weight_language), language_share, 0, 1, 1},
    [MATCH_BY_DROPSHIPPING] = {"dropshipping", WEIGHT(weight_dropshipping), dropshipping_share, 0, 1, 1},
    [MATCH_BY_RATE] = {"rate", WEIGHT(weight_rate), rate_share, PRIORITY_COST, 0, 1},
    [MATCH_BY_SPEED] = {"speed", WEIGHT(weight_speed), speed_share, PRIORITY_TIME, 1, 2},
    [MATCH_BY_REVIEWS] = {"reviews", WEIGHT(weight_reviews), reviews_share, PRIORITY_QUALITY, 1, 2},
    [MATCH_BY_EXPIRED] = {"expired jobs", WEIGHT(weight_expired), expired_share, 0, 1, 1},
    [MATCH_BY_DECLINED] = {"declined jobs of this type", WEIGHT(weight_declined), declined_share, 0, 1, 1},
};

const char *
match_factor_name(enum match_factor factor)
{
    return factors[factor].name;
}

gint64
match_factor_weight(enum match_factor factor, const struct match_request *request, const struct conf *conf)
{
    gint64 weight = *(const gint64 *)(gconstpointer)((const char *)conf + factors[factor].weight);
    return weight * (request->priorities & factors[factor].priority ? factors[factor].wanted : factors[factor].usually);
}

gint64
match_weigh(const struct match_facts *facts, const struct match_request *request, const struct conf *conf,
            gint64 points[MATCH_FACTORS])
{
    const struct weighing weighing = {facts, request, conf};
    gint64 sum = 0;
    for (guint i = 0; i < MATCH_FACTORS; i++) {
        points[i] = match_factor_weight(i, request, conf) * factors[i].share(&weighing) / WHOLE;
        sum += points[i];
    }
    return sum;
}

/* ---- rates among each other ---- */

struct rate {
    guint row;
    const char *currency;
    gint64 rate;
};

static gint
compare_rates(gconstpointer a, gconstpointer b)
{
    const struct rate *x = a, *y = b;
    int order = strcmp(x->currency, y->currency);
    return order ? order : (x->rate > y->rate) - (x->rate < y->rate);
}

static GArray *
sorted_rates(const store_rows *rows)
{
    GArray *rates = g_array_new(FALSE, FALSE, sizeof(struct rate));
    for (guint i = 0; i < store_rows_count(rows); i++) {
        if (store_rows_is_null(rows, i, "rate") || store_rows_is_null(rows, i, "currency"))
            continue;
        const struct rate rate = {i, store_rows_text(rows, i, "currency"), store_rows_int(rows, i, "rate")};
        g_array_append_val(rates, rate);
    }
    g_array_sort(rates, compare_rates);
    return rates;
}

/* The places of one currency's rates, [start, end): equals share theirs; who is alone stays in the middle. */
static void
place_currency(const GArray *rates, guint start, guint end, gint64 *places)
{
    const struct rate *rate = (const struct rate *)(gconstpointer)rates->data;
    for (guint i = start, next; i < end; i = next) {
        for (next = i + 1; next < end && rate[next].rate == rate[i].rate;)
            next++;
        for (guint k = i; k < next && end - start > 1; k++)
            places[rate[k].row] = HALF * (2 * (gint64)(end - next) + (next - i - 1)) / (end - start - 1);
    }
}

/* There are no rates of exchange: each currency by itself. By place and not by size, so that a rate of next to nothing
 * moves nobody else by more than a place. */
static gint64 *
place_rates(const store_rows *rows)
{
    gint64 *places = g_new(gint64, store_rows_count(rows) + 1);
    g_autoptr(GArray) rates = sorted_rates(rows);
    for (guint i = 0; i < store_rows_count(rows); i++)
        places[i] = HALF;
    for (guint start = 0, end; start < rates->len; start = end) {
        const char *currency = g_array_index(rates, struct rate, start).currency;
        for (end = start + 1; end < rates->len && !strcmp(g_array_index(rates, struct rate, end).currency, currency);)
            end++;
        place_currency(rates, start, end, places);
    }
    return places;
}

/* ---- the candidates ---- */

static void
match_free(gpointer data)
{
    struct match *match = data;
    g_free(match->slug);
    g_free(match->reasons);
    g_free(match);
}

static char *
reasons_of(const struct match *match)
{
    GString *reasons = g_string_new(NULL);
    for (guint i = 0; i < MATCH_FACTORS; i++)
        if (match->points[i])
            g_string_append_printf(reasons, "%s%s %+" G_GINT64_FORMAT, reasons->len ? ", " : "", factors[i].name,
                                   match->points[i]);
    return g_string_free(reasons, FALSE);
}

static struct match *
judge(const store_rows *rows, guint i, gint64 rate_place, const struct match_request *request, const struct conf *conf)
{
    const struct match_facts facts = {
        .language = store_rows_text(rows, i, "language"),
        .dropshipping = store_rows_int(rows, i, "dropshipping") != 0,
        .rate_place = rate_place,
        .listed = store_rows_int(rows, i, "jobs_listed"),
        .expired = store_rows_int(rows, i, "jobs_expired"),
        .answers = store_rows_int(rows, i, "answers"),
        .answer_seconds = store_rows_int(rows, i, "answer_seconds"),
        .reviews = store_rows_int(rows, i, "reviews"),
        .review_points = store_rows_int(rows, i, "review_points"),
        .declined = store_rows_int(rows, i, "declined"),
    };
    struct match *match = g_new0(struct match, 1);
    match->organisation_id = store_rows_int(rows, i, "id");
    match->slug = g_strdup(store_rows_text(rows, i, "slug"));
    match->last_matched_at = store_rows_int(rows, i, "last_matched_at");
    match->turn = store_rows_int(rows, i, "match_turn");
    match->score = match_weigh(&facts, request, conf, match->points);
    match->reasons = reasons_of(match);
    return match;
}

static int
order(gint64 x, gint64 y)
{
    return (x > y) - (x < y);
}

static gint
compare(gconstpointer a, gconstpointer b)
{
    const struct match *x = *(const struct match *const *)a, *y = *(const struct match *const *)b;
    int by_score = order(y->score, x->score), by_time = order(x->last_matched_at, y->last_matched_at);
    int by_turn = order(x->turn, y->turn);
    return by_score ? by_score : by_time ? by_time : by_turn ? by_turn : order(x->organisation_id, y->organisation_id);
}

gboolean
match_had(const GArray *had, gint64 organisation_id)
{
    for (guint i = 0; had && i < had->len; i++)
        if (g_array_index(had, gint64, i) == organisation_id)
            return TRUE;
    return FALSE;
}

static GPtrArray *
judge_all(const store_rows *rows, const struct match_request *request, const struct conf *conf)
{
    GPtrArray *matches = g_ptr_array_new_with_free_func(match_free);
    g_autofree gint64 *places = place_rates(rows);
    for (guint i = 0; i < store_rows_count(rows); i++) {
        /* Who does not work with dropshippers gets none of their requests (R4). */
        if ((!request->dropshipping || store_rows_int(rows, i, "dropshipping")) &&
            !match_had(request->had, store_rows_int(rows, i, "id")))
            g_ptr_array_add(matches, judge(rows, i, places[i], request, conf));
    }
    g_ptr_array_sort(matches, compare);
    return matches;
}

GPtrArray *
match_find(struct act *act, const struct match_request *request, guint limit, GError **error)
{
    g_autoptr(store_rows) rows = store_query(act->tx, request->service ? STMT_MATCH_SERVICE : STMT_MATCH_ANY, error,
                                             store_text(request->service), store_int(act->now));
    if (!rows)
        return NULL;
    g_autoptr(GPtrArray) matches = judge_all(rows, request, act->market->conf);
    for (guint i = 0; i < matches->len && i < limit;) {
        const struct match *match = g_ptr_array_index(matches, i);
        gboolean own = FALSE, blocked = FALSE;
        if (request->author && (!organisation_has_address(act, match->organisation_id, request->author, &own, error) ||
                                !block_has_address(act, match->organisation_id, request->author, &blocked, error)))
            return NULL;
        if (own || blocked)
            g_ptr_array_remove_index(matches, i);
        else
            i++;
    }
    if (matches->len > limit)
        g_ptr_array_set_size(matches, (gint)limit);
    return g_steal_pointer(&matches);
}

/* Several are matched in one second: the turn tells them apart, first chosen first again. */
gboolean
match_note(struct act *act, gint64 request_id, const struct match *match, guint place, GError **error)
{
    gint64 turn = request_id * PLACES + place;
    return store_run(act->tx, STMT_MATCH_ADD, error, store_int(request_id), store_int(match->organisation_id),
                     store_int(match->score), store_text(match->reasons)) &&
           store_run(act->tx, STMT_ORG_MATCHED, error, store_int(match->organisation_id), store_int(act->now),
                     store_int(turn));
}

void
match_request_read(const store_rows *asked, const char *language, struct match_request *request)
{
    request->service = store_rows_text(asked, 0, "service");
    request->language = store_rows_is_null(asked, 0, "language") ? language : store_rows_text(asked, 0, "language");
    request->dropshipping = store_rows_int(asked, 0, "dropshipping") != 0;
    priority_parse(store_rows_text(asked, 0, "priorities"), &request->priorities);
}

gboolean
match_service(struct act *act, const char *text, char **service, GError **error)
{
    *service = NULL;
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_SERVICES, error);
    if (!rows)
        return FALSE;
    g_autofree char *haystack = text_words(text);
    const char *best = NULL;
    for (guint i = 0; i < store_rows_count(rows); i++) {
        const char *slug = store_rows_text(rows, i, "slug");
        g_autofree char *needle = text_words(slug);
        const char *found = strlen(needle) > 2 ? strstr(haystack, needle) : NULL;
        if (found && (!best || found < best)) {
            best = found;
            g_free(*service);
            *service = g_strdup(slug);
        }
    }
    return TRUE;
}
