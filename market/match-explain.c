#include <string.h>

#include "lib/error.h"
#include "lib/text.h"
#include "market/block.h"
#include "market/match.h"

static json_t *
scores_of(const struct match *match, const struct match_request *request, const struct conf *conf)
{
    json_t *scores = json_array();
    for (guint i = 0; i < MATCH_FACTORS; i++)
        json_array_append_new(scores, json_pack("{s:s, s:I, s:I}", "factor", match_factor_name(i), "points",
                                                (json_int_t)match->points[i], "most",
                                                (json_int_t)match_factor_weight(i, request, conf)));
    return scores;
}

static json_t *
candidates_of(const GPtrArray *matches, const struct match_request *request, const struct conf *conf)
{
    json_t *list = json_array();
    for (guint i = 0; i < matches->len; i++) {
        const struct match *match = g_ptr_array_index(matches, i);
        g_autofree char *at = match->last_matched_at ? text_time(match->last_matched_at) : NULL;
        json_array_append_new(list, json_pack("{s:s, s:I, s:o, s:s?}", "organisation", match->slug, "total",
                                              (json_int_t)match->score, "scores", scores_of(match, request, conf),
                                              "last_matched_at", at));
    }
    return list;
}

/* ---- who was left out ---- */

static const struct {
    const char *column;
    gint64 value; /* that speaks against it */
    const char *reason;
    gboolean dropshipping; /* only where the request is of dropshipping */
} against[] = {
    {"published", 0, "not published", FALSE},     {"away", 1, "away", FALSE},
    {"available", 0, "takes no new work", FALSE}, {"offers", 0, "offers no service", FALSE},
    {"matched", 0, "matching is off", FALSE},     {"fits", 0, "other services", FALSE},
    {"dropshipping", 0, "no dropshipping", TRUE},
};

static gboolean
add_relations(struct act *act, const struct match_request *request, gint64 id, json_t *reasons, GError **error)
{
    gboolean own = FALSE, blocked = FALSE;
    if (request->author && (!organisation_has_address(act, id, request->author, &own, error) ||
                            !block_has_address(act, id, request->author, &blocked, error)))
        return FALSE;
    if (own)
        json_array_append_new(reasons, json_string("asks itself"));
    if (blocked)
        json_array_append_new(reasons, json_string("blocked"));
    if (match_had(request->had, id))
        json_array_append_new(reasons, json_string("already asked"));
    return TRUE;
}

static gboolean
add_left_out(struct act *act, const struct match_request *request, json_t *list, GError **error)
{
    g_autoptr(store_rows) rows =
        store_query(act->tx, STMT_MATCH_EVERYBODY, error, store_text(request->service), store_int(act->now));
    if (!rows)
        return FALSE;
    for (guint i = 0; i < store_rows_count(rows); i++) {
        json_t *reasons = json_array();
        for (guint k = 0; k < G_N_ELEMENTS(against); k++)
            if (store_rows_int(rows, i, against[k].column) == against[k].value &&
                (!against[k].dropshipping || request->dropshipping))
                json_array_append_new(reasons, json_string(against[k].reason));
        gboolean good = add_relations(act, request, store_rows_int(rows, i, "id"), reasons, error);
        if (good && json_array_size(reasons))
            json_array_append_new(
                list, json_pack("{s:s, s:O}", "organisation", store_rows_text(rows, i, "slug"), "reasons", reasons));
        json_decref(reasons);
        if (!good)
            return FALSE;
    }
    return TRUE;
}

/* ---- the whole ---- */

struct explaining {
    const struct market *market;
    const struct match_request *request;
    gint64 request_id, now;
    json_t *result;
};

static json_t *
priorities_of(guint set)
{
    json_t *list = json_array();
    g_autofree char *text = priority_text(set);
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    for (char **word = words; *word; word++)
        json_array_append_new(list, json_string(*word));
    return list;
}

static gboolean
explain(struct act *act, const struct match_request *request, json_t *result, GError **error)
{
    json_t *left_out = json_array();
    g_autoptr(GPtrArray) matches = match_find(act, request, G_MAXUINT, error);
    if (!matches || !add_left_out(act, request, left_out, error)) {
        json_decref(left_out);
        return FALSE;
    }
    json_t *facts =
        json_pack("{s:s?, s:s?, s:b, s:o, s:o, s:o}", "service", request->service, "language", request->language,
                  "dropshipping", request->dropshipping, "priorities", priorities_of(request->priorities), "candidates",
                  candidates_of(matches, request, act->market->conf), "left_out", left_out);
    json_object_update(result, facts);
    json_decref(facts);
    return TRUE;
}

static gboolean
add_chosen(struct act *act, gint64 request_id, json_t *result, GError **error)
{
    json_t *list = json_array();
    json_object_set_new(result, "chosen", list);
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_MATCH_CHOICES, error, store_int(request_id));
    for (guint i = 0; rows && i < store_rows_count(rows); i++)
        json_array_append_new(list, json_pack("{s:s, s:I, s:s}", "organisation", store_rows_text(rows, i, "slug"),
                                              "total", (json_int_t)store_rows_int(rows, i, "score"), "reasons",
                                              store_rows_text(rows, i, "reasons")));
    return rows != NULL;
}

static gboolean
explain_stored(struct act *act, gint64 request_id, json_t *result, GError **error)
{
    g_autoptr(merchant) merchant = NULL;
    g_autoptr(GArray) had = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_autoptr(store_rows) asked = store_query(act->tx, STMT_REQUEST_BY_ID, error, store_int(request_id));
    g_autoptr(store_rows) family =
        asked ? store_query(act->tx, STMT_REQUEST_FAMILY, error, store_int(request_id)) : NULL;
    if (!family)
        return FALSE;
    if (!store_rows_count(asked)) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND, "there is no request %" G_GINT64_FORMAT, request_id);
        return FALSE;
    }
    if (!merchant_by_id(act, store_rows_int(asked, 0, "merchant_id"), &merchant, error))
        return FALSE;
    for (guint i = 0; i < store_rows_count(family); i++) {
        gint64 id = store_rows_int(family, i, "organisation_id");
        g_array_append_val(had, id);
    }
    struct match_request request = {.author = merchant->address, .had = had};
    match_request_read(asked, merchant->language, &request);
    json_object_set_new(result, "request", json_integer(request_id));
    return add_chosen(act, request_id, result, error) && explain(act, &request, result, error);
}

static gboolean
explain_fn(store_tx *tx, gpointer arg, GError **error)
{
    const struct explaining *e = arg;
    struct act act = {.market = e->market, .tx = tx, .now = e->now};
    json_object_clear(e->result);
    return e->request_id ? explain_stored(&act, e->request_id, e->result, error)
                         : explain(&act, e->request, e->result, error);
}

json_t *
match_explain(const struct market *market, gint64 request_id, const struct match_request *request, gint64 now,
              GError **error)
{
    struct explaining explaining = {market, request, request_id, now, json_object()};
    if (store_read(market->store, explain_fn, &explaining, error))
        return explaining.result;
    json_decref(explaining.result);
    return NULL;
}
