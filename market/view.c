#include "market/view.h"

#include <string.h>

#include "lib/text.h"
#include "market/access.h"
#include "market/bounce.h"
#include "market/cell.h"
#include "market/conversation.h"
#include "market/search.h"
#include "market/invoice.h"
#include "market/proposal.h"
#include "market/review.h"
#include "market/tag.h"

enum { LIMIT_DEFAULT = 100 };

/* ---- small helpers ---- */

static json_t *
bool_of(const store_rows *rows, guint i, const char *column)
{
    return json_boolean(store_rows_int(rows, i, column));
}

static json_t *
merchant_of(const store_rows *rows, guint i)
{
    return json_pack("{s:o, s:o}", "name", cell_text(rows, i, "merchant_name"), "address",
                     cell_text(rows, i, "merchant_address"));
}

/* The state as it counts now: a job is late whether or not the mailer runs. */
static json_t *
state_of(const store_rows *rows, guint i, gint64 now)
{
    return json_string(job_state_name(conversation_state_at(rows, i, now)));
}

static gint64
limit_of(const struct view_filter *filter)
{
    return filter && filter->limit > 0 ? filter->limit : LIMIT_DEFAULT;
}

/* ---- running a view in a snapshot ---- */

struct view {
    const struct view_filter *filter;
    const struct market *market;
    gint64 id;        /* 0: all */
    const char *name; /* NULL: all */
    gint64 now;
    json_t *result;
    GBytes *bytes;
};

static json_t *
run_view(const struct market *market, store_fn fn, struct view *view, GError **error)
{
    if (store_read(market->store, fn, view, error))
        return view->result;
    json_decref(view->result);
    return NULL;
}

static void
start(struct view *view)
{
    json_decref(view->result);
    view->result = json_array();
}

/* `show` is the one entry of a list, or NOT_FOUND. */
static json_t *
only_entry(json_t *list, const char *what, const char *id, GError **error)
{
    if (!list)
        return NULL;
    json_t *entry = json_incref(json_array_get(list, 0));
    json_decref(list);
    if (!entry)
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND, "there is no %s %s", what, id);
    return entry;
}

/* ---- conversations ---- */

static json_t *
conversation_entry(store_tx *tx, const store_rows *rows, guint i, gint64 now, GError **error)
{
    json_t *tags = tag_names(tx, store_rows_int(rows, i, "id"), error);
    if (!tags)
        return NULL;
    json_t *job = json_pack("{s:o, s:o, s:o, s:o}", "id", cell_int(rows, i, "job_id"), "state", state_of(rows, i, now),
                            "service", cell_text(rows, i, "service"), "due_at", cell_time(rows, i, "due_at"));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", cell_int(rows, i, "id"),
                     "organisation", cell_text(rows, i, "organisation"), "merchant", merchant_of(rows, i), "shop",
                     cell_text(rows, i, "shop"), "kind", cell_text(rows, i, "kind"), "subject",
                     cell_text(rows, i, "subject"), "messages", cell_int(rows, i, "messages"), "unread",
                     cell_int(rows, i, "unread"), "tags", tags, "job", job, "updated_at",
                     cell_time(rows, i, "updated_at"), "request", cell_int(rows, i, "request"));
}

/* ---- what has words or a tag ---- */

static gboolean
is_search(const struct view_filter *f)
{
    return f && (f->words || f->tag);
}

/* Of one organisation, which the filter names. */
static gboolean
find(store_tx *tx, const struct view *view, gboolean jobs, struct search_found *found, GError **error)
{
    const struct view_filter *f = view->filter;
    struct act act = {.tx = tx, .now = view->now, .market = view->market};
    g_autoptr(organisation) o = NULL;
    if (!organisation_by_slug(&act, f->organisation ? f->organisation : "", &o, error))
        return FALSE;
    if (!o) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND, "there is no organisation %s", f->organisation);
        return FALSE;
    }
    const struct search search = {.organisation_id = o->id,
                                  .jobs = jobs,
                                  .words = f->words,
                                  .unread = f->unread,
                                  .tag = f->tag,
                                  .state = f->state,
                                  .limit = (guint)MIN(limit_of(f), 10000)};
    return search_run(tx, &search, view->now, found, error);
}

typedef gboolean list_fn(store_tx *tx, struct view *view, gint64 id, GError **error);

static gboolean
list_found(store_tx *tx, struct view *view, gboolean jobs, list_fn *list, GError **error)
{
    g_auto(search_found) found = {0};
    if (!find(tx, view, jobs, &found, error))
        return FALSE;
    for (guint i = 0; i < found.ids->len; i++)
        if (!list(tx, view, g_array_index(found.ids, gint64, i), error))
            return FALSE;
    return TRUE;
}

/* All that the filter lets through, or (`id`) one. */
static gboolean
list_conversations(store_tx *tx, struct view *view, gint64 id, GError **error)
{
    const struct view_filter none = {0}, *f = view->filter && !id ? view->filter : &none;
    g_autoptr(store_rows) rows =
        store_query(tx, STMT_LIST_CONVERSATIONS, error, store_text(f->organisation), store_text(f->state),
                    store_int(f->unread), store_ref(id), store_int(limit_of(f)), store_int(view->now));
    if (!rows)
        return FALSE;
    for (guint i = 0; i < store_rows_count(rows); i++) {
        json_t *entry = conversation_entry(tx, rows, i, view->now, error);
        if (!entry)
            return FALSE;
        json_array_append_new(view->result, entry);
    }
    return TRUE;
}

static gboolean
conversations(store_tx *tx, gpointer arg, GError **error)
{
    struct view *view = arg;
    start(view);
    return is_search(view->filter) ? list_found(tx, view, FALSE, list_conversations, error)
                                   : list_conversations(tx, view, view->id, error);
}

json_t *
view_conversations(const struct market *market, const struct view_filter *filter, GError **error)
{
    struct view view = {.filter = filter, .market = market, .now = filter ? filter->now : 0};
    return run_view(market, conversations, &view, error);
}

static json_t *
attachments(store_tx *tx, gint64 message_id, GError **error)
{
    g_autoptr(store_rows) rows = store_query(tx, STMT_ATTACHMENTS, error, store_int(message_id));
    if (!rows)
        return NULL;
    json_t *list = json_array();
    for (guint i = 0; i < store_rows_count(rows); i++)
        json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:o}", "name", cell_text(rows, i, "name"), "type",
                                              cell_text(rows, i, "type"), "size", cell_int(rows, i, "size"), "sha256",
                                              cell_text(rows, i, "sha256")));
    return list;
}

static gboolean
add_messages(store_tx *tx, json_t *entry, gint64 conversation_id, GError **error)
{
    json_t *list = json_array();
    json_object_set_new(entry, "messages", list);
    g_autoptr(store_rows) rows = store_query(tx, STMT_LIST_MESSAGES, error, store_int(conversation_id));
    if (!rows)
        return FALSE;
    for (guint i = 0; i < store_rows_count(rows); i++) {
        json_t *files = attachments(tx, store_rows_int(rows, i, "id"), error);
        if (!files)
            return FALSE;
        json_t *author = json_pack("{s:o, s:o}", "name", cell_text(rows, i, "author_name"), "address",
                                   cell_text(rows, i, "author_address"));
        json_array_append_new(
            list,
            json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b}", "id", cell_int(rows, i, "id"), "direction",
                      cell_text(rows, i, "direction"), "author", author, "subject", cell_text(rows, i, "subject"),
                      "text", cell_text(rows, i, "text"), "attachments", files, "at", cell_time(rows, i, "received_at"),
                      "read_at", cell_time(rows, i, "read_at"), "verified", store_rows_int(rows, i, "verified") != 0,
                      "withdrawn", !store_rows_is_null(rows, i, "withdrawn_at")));
    }
    return TRUE;
}

/* What only the organisation knows of it. */
static gboolean
add_inside(store_tx *tx, json_t *entry, gint64 conversation_id, GError **error)
{
    json_t *comments = json_array(), *assignees = json_array();
    json_object_set_new(entry, "comments", comments);
    json_object_set_new(entry, "assignees", assignees);
    gint64 job_id = json_integer_value(json_object_get(json_object_get(entry, "job"), "id"));
    g_autoptr(store_rows) said = store_query(tx, STMT_COMMENTS, error, store_int(conversation_id));
    g_autoptr(store_rows) people = said ? store_query(tx, STMT_ASSIGNEES, error, store_int(job_id)) : NULL;
    if (!people)
        return FALSE;
    for (guint i = 0; i < store_rows_count(said); i++) {
        json_t *author = json_pack("{s:o, s:o}", "name", cell_text(said, i, "author_name"), "address",
                                   cell_text(said, i, "author_address"));
        json_array_append_new(comments,
                              json_pack("{s:o, s:o, s:o, s:o}", "id", cell_int(said, i, "id"), "author", author, "text",
                                        cell_text(said, i, "text"), "at", cell_time(said, i, "created_at")));
    }
    for (guint i = 0; i < store_rows_count(people); i++)
        json_array_append_new(assignees, json_pack("{s:o, s:o}", "name", cell_text(people, i, "name"), "address",
                                                   cell_text(people, i, "address")));
    return TRUE;
}

/* A list is the caller's even where it is NULL: json_object_set_new() refuses that. */
static gboolean
add_work(store_tx *tx, json_t *entry, gint64 id, GError **error)
{
    static const struct {
        const char *name;
        json_t *(*list)(store_tx *tx, gint64 conversation_id, GError **error);
    } lists[] = {
        {"proposals", proposal_list}, {"invoices", invoice_list}, {"access", access_list}, {"reviews", review_list}};
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
        json_t *list = lists[i].list(tx, id, error);
        if (json_object_set_new(entry, lists[i].name, list) != 0)
            return FALSE;
    }
    return TRUE;
}

static gboolean
conversation_whole(store_tx *tx, gpointer arg, GError **error)
{
    struct view *view = arg;
    if (!conversations(tx, arg, error))
        return FALSE;
    json_t *entry = json_array_get(view->result, 0);
    if (!entry)
        return TRUE;
    return add_work(tx, entry, view->id, error) && add_inside(tx, entry, view->id, error) &&
           add_messages(tx, entry, view->id, error);
}

json_t *
view_conversation(const struct market *market, gint64 id, gint64 now, GError **error)
{
    struct view view = {.id = id, .now = now};
    g_autofree char *name = g_strdup_printf("%" G_GINT64_FORMAT, id);
    return only_entry(id ? run_view(market, conversation_whole, &view, error) : json_array(), "conversation", name,
                      error);
}

/* ---- jobs ---- */

/* All that the filter lets through, or (`id`) one. */
static gboolean
list_jobs(store_tx *tx, struct view *view, gint64 id, GError **error)
{
    const struct view_filter none = {0}, *f = view->filter && !id ? view->filter : &none;
    g_autoptr(store_rows) rows =
        store_query(tx, STMT_LIST_JOBS, error, store_text(f->organisation), store_text(f->state), store_ref(id),
                    store_int(limit_of(f)), store_int(view->now));
    if (!rows)
        return FALSE;
    for (guint i = 0; i < store_rows_count(rows); i++)
        json_array_append_new(view->result,
                              json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
                                        cell_int(rows, i, "id"), "conversation", cell_int(rows, i, "conversation"),
                                        "organisation", cell_text(rows, i, "organisation"), "merchant",
                                        merchant_of(rows, i), "state", state_of(rows, i, view->now), "service",
                                        cell_text(rows, i, "service"), "kind", cell_text(rows, i, "kind"), "subject",
                                        cell_text(rows, i, "subject"), "listed", bool_of(rows, i, "listed"), "due_at",
                                        cell_time(rows, i, "due_at"), "answered_at", cell_time(rows, i, "answered_at"),
                                        "created_at", cell_time(rows, i, "created_at")));
    return TRUE;
}

/* The latest of a conversation. */
static gboolean
list_job_of(store_tx *tx, struct view *view, gint64 conversation_id, GError **error)
{
    g_autoptr(store_rows) rows = store_query(tx, STMT_JOB_LATEST, error, store_int(conversation_id));
    return rows && (!store_rows_count(rows) || list_jobs(tx, view, store_rows_int(rows, 0, "id"), error));
}

static gboolean
jobs(store_tx *tx, gpointer arg, GError **error)
{
    struct view *view = arg;
    start(view);
    return is_search(view->filter) ? list_found(tx, view, TRUE, list_job_of, error)
                                   : list_jobs(tx, view, view->id, error);
}

json_t *
view_jobs(const struct market *market, const struct view_filter *filter, GError **error)
{
    struct view view = {.filter = filter, .market = market, .now = filter ? filter->now : 0};
    return run_view(market, jobs, &view, error);
}

json_t *
view_job(const struct market *market, gint64 id, gint64 now, GError **error)
{
    struct view view = {.id = id, .now = now};
    g_autofree char *name = g_strdup_printf("%" G_GINT64_FORMAT, id);
    return only_entry(id ? run_view(market, jobs, &view, error) : json_array(), "job", name, error);
}

/* ---- proposals, invoices, access, reviews ---- */

/* All that the filter lets through, or (`id`) one. */
static gboolean
work(store_tx *tx, struct view *view, enum store_statement statement,
     json_t *(*list)(store_tx *tx, const store_rows *rows, GError **error), GError **error)
{
    const struct view_filter none = {0}, *f = view->filter ? view->filter : &none;
    g_autoptr(store_rows) rows = store_query(tx, statement, error, store_text(f->organisation), store_text(f->state),
                                             store_ref(view->id), store_int(limit_of(f)));
    json_decref(view->result);
    view->result = rows ? list(tx, rows, error) : NULL;
    return view->result != NULL;
}

static gboolean
proposals(store_tx *tx, gpointer arg, GError **error)
{
    return work(tx, arg, STMT_LIST_PROPOSALS, proposal_rows, error);
}

static gboolean
invoices(store_tx *tx, gpointer arg, GError **error)
{
    return work(tx, arg, STMT_LIST_INVOICES, invoice_rows, error);
}

static gboolean
access_requests(store_tx *tx, gpointer arg, GError **error)
{
    return work(tx, arg, STMT_LIST_ACCESS, access_rows, error);
}

static gboolean
reviews(store_tx *tx, gpointer arg, GError **error)
{
    return work(tx, arg, STMT_LIST_REVIEWS, review_rows, error);
}

json_t *
view_proposals(const struct market *market, const struct view_filter *filter, GError **error)
{
    struct view view = {.filter = filter};
    return run_view(market, proposals, &view, error);
}

json_t *
view_proposal(const struct market *market, gint64 id, GError **error)
{
    struct view view = {.id = id};
    g_autofree char *name = g_strdup_printf("%" G_GINT64_FORMAT, id);
    return only_entry(id ? run_view(market, proposals, &view, error) : json_array(), "proposal", name, error);
}

json_t *
view_invoices(const struct market *market, const struct view_filter *filter, GError **error)
{
    struct view view = {.filter = filter};
    return run_view(market, invoices, &view, error);
}

json_t *
view_access(const struct market *market, const struct view_filter *filter, GError **error)
{
    struct view view = {.filter = filter};
    return run_view(market, access_requests, &view, error);
}

json_t *
view_reviews(const struct market *market, const struct view_filter *filter, GError **error)
{
    struct view view = {.filter = filter};
    return run_view(market, reviews, &view, error);
}

/* ---- who takes part ---- */

static json_t *
services(store_tx *tx, gint64 organisation_id, GError **error)
{
    g_autoptr(store_rows) rows = store_query(tx, STMT_ORG_SERVICES, error, store_int(organisation_id));
    if (!rows)
        return NULL;
    json_t *list = json_array();
    for (guint i = 0; i < store_rows_count(rows); i++)
        json_array_append_new(list,
                              json_pack("{s:o, s:o, s:o}", "service", cell_text(rows, i, "slug"), "rate",
                                        store_rows_is_null(rows, i, "rate") ? json_null() : cell_int(rows, i, "rate"),
                                        "currency", cell_text(rows, i, "currency")));
    return list;
}

static json_t *
members(store_tx *tx, gint64 organisation_id, GError **error)
{
    g_autoptr(store_rows) rows = store_query(tx, STMT_LIST_MEMBERS, error, store_int(organisation_id));
    if (!rows)
        return NULL;
    json_t *list = json_array();
    for (guint i = 0; i < store_rows_count(rows); i++)
        json_array_append_new(list, json_pack("{s:o, s:o, s:s}", "address", cell_text(rows, i, "address"), "name",
                                              cell_text(rows, i, "name"), "role",
                                              store_rows_int(rows, i, "owner") ? "owner" : "member"));
    return list;
}

/* What failed at the addresses of an organisation or of a merchant. */
static json_t *
failing(store_tx *tx, gint64 organisation, gint64 merchant, GError **error)
{
    const struct bounce_filter filter = {
        .organisation_id = organisation, .merchant_id = merchant, .limit = LIMIT_DEFAULT};
    json_t *list = bounce_list(tx, &filter, error), *entry;
    gsize i;
    json_array_foreach(list, i, entry)
    {
        json_object_del(entry, "organisation"); /* it stands above */
        json_object_del(entry, "merchant");
    }
    return list;
}

static json_t *
organisation_entry(store_tx *tx, const store_rows *rows, guint i, GError **error)
{
    gint64 id = store_rows_int(rows, i, "id");
    json_t *offered = services(tx, id, error);
    json_t *people = offered ? members(tx, id, error) : NULL;
    json_t *failed = people ? failing(tx, id, 0, error) : NULL;
    if (!failed) {
        json_decref(offered);
        json_decref(people);
        return NULL;
    }
    json_t *preferences = json_pack("{s:o, s:o, s:o, s:o}", "available", bool_of(rows, i, "available"), "searchable",
                                    bool_of(rows, i, "searchable"), "matched", bool_of(rows, i, "matched"),
                                    "dropshipping", bool_of(rows, i, "dropshipping"));
    json_t *ranking = json_object();
    static const char *const facts[] = {"jobs_listed", "answers", "answer_seconds", "reviews", "review_points"};
    for (guint k = 0; k < G_N_ELEMENTS(facts); k++)
        json_object_set_new(ranking, facts[k], cell_int(rows, i, facts[k]));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "ranking",
                     ranking, "id", cell_int(rows, i, "id"), "slug", cell_text(rows, i, "slug"), "name",
                     cell_text(rows, i, "name"), "language", cell_text(rows, i, "language"), "notify",
                     cell_text(rows, i, "notify"), "published", bool_of(rows, i, "published"), "available",
                     bool_of(rows, i, "available"), "away_until", cell_time(rows, i, "away_until"), "timezone",
                     cell_text(rows, i, "timezone"), "preferences", preferences, "services", offered, "members", people,
                     "failing", failed, "jobs_matched", cell_int(rows, i, "jobs_matched"), "jobs_expired",
                     cell_int(rows, i, "jobs_expired"));
}

static gboolean
organisations(store_tx *tx, gpointer arg, GError **error)
{
    struct view *view = arg;
    start(view);
    g_autoptr(store_rows) rows =
        store_query(tx, STMT_LIST_ORGS, error, store_text(view->name), store_int(limit_of(view->filter)));
    if (!rows)
        return FALSE;
    for (guint i = 0; i < store_rows_count(rows); i++) {
        json_t *entry = organisation_entry(tx, rows, i, error);
        if (!entry)
            return FALSE;
        json_array_append_new(view->result, entry);
    }
    return TRUE;
}

json_t *
view_organisations(const struct market *market, const struct view_filter *filter, GError **error)
{
    struct view view = {.filter = filter, .name = filter ? filter->organisation : NULL};
    return run_view(market, organisations, &view, error);
}

json_t *
view_organisation(const struct market *market, const char *slug, GError **error)
{
    struct view view = {.name = slug};
    return only_entry(run_view(market, organisations, &view, error), "organisation", slug, error);
}

static json_t *
addresses(store_tx *tx, gint64 merchant_id, GError **error)
{
    g_autoptr(store_rows) rows = store_query(tx, STMT_LIST_MERCHANT_ADDRESSES, error, store_int(merchant_id));
    if (!rows)
        return NULL;
    json_t *list = json_array();
    for (guint i = 0; i < store_rows_count(rows); i++)
        json_array_append_new(list, cell_text(rows, i, "address"));
    return list;
}

static json_t *
shop_of(const store_rows *rows, guint i)
{
    if (store_rows_is_null(rows, i, "shop_name"))
        return json_null();
    return json_pack("{s:o, s:o}", "name", cell_text(rows, i, "shop_name"), "url", cell_text(rows, i, "shop_url"));
}

static gint64
merchant_id(store_tx *tx, const char *name, GError **error)
{
    g_autofree char *address = text_address(name);
    if (!address)
        return g_ascii_strtoll(name, NULL, 10);
    g_autoptr(store_rows) rows = store_query(tx, STMT_MERCHANT_BY_ADDRESS, error, store_text(address));
    return rows && store_rows_count(rows) ? store_rows_int(rows, 0, "id") : 0;
}

static gboolean
merchants(store_tx *tx, gpointer arg, GError **error)
{
    struct view *view = arg;
    gint64 id = view->name ? merchant_id(tx, view->name, error) : 0;
    start(view);
    if (view->name && !id)
        return !error || !*error;
    g_autoptr(store_rows) rows =
        store_query(tx, STMT_LIST_MERCHANTS, error, store_ref(id), store_int(limit_of(view->filter)));
    if (!rows)
        return FALSE;
    for (guint i = 0; i < store_rows_count(rows); i++) {
        json_t *known = addresses(tx, store_rows_int(rows, i, "id"), error);
        json_t *failed = known ? failing(tx, 0, store_rows_int(rows, i, "id"), error) : NULL;
        if (!failed) {
            json_decref(known);
            return FALSE;
        }
        json_array_append_new(view->result,
                              json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", cell_int(rows, i, "id"),
                                        "name", cell_text(rows, i, "name"), "addresses", known, "failing", failed,
                                        "language", cell_text(rows, i, "language"), "registered",
                                        bool_of(rows, i, "registered"), "phone", cell_text(rows, i, "phone"), "shop",
                                        shop_of(rows, i), "created_at", cell_time(rows, i, "created_at")));
    }
    return TRUE;
}

json_t *
view_merchants(const struct market *market, const struct view_filter *filter, GError **error)
{
    struct view view = {.filter = filter};
    return run_view(market, merchants, &view, error);
}

json_t *
view_merchant(const struct market *market, const char *id_or_address, GError **error)
{
    struct view view = {.name = id_or_address};
    return only_entry(run_view(market, merchants, &view, error), "merchant", id_or_address, error);
}

/* ---- the way out, and what was kept ---- */

static gboolean
bad_addresses(store_tx *tx, gpointer arg, GError **error)
{
    struct view *view = arg;
    const struct bounce_filter filter = {
        .marked = view->filter->marked, .who = view->filter->recipient, .limit = limit_of(view->filter)};
    json_decref(view->result);
    view->result = bounce_list(tx, &filter, error);
    return view->result != NULL;
}

json_t *
view_addresses(const struct market *market, const struct view_filter *filter, GError **error)
{
    struct view view = {.filter = filter};
    return run_view(market, bad_addresses, &view, error);
}

static gboolean
outbox(store_tx *tx, gpointer arg, GError **error)
{
    struct view *view = arg;
    const struct view_filter none = {0}, *f = view->filter ? view->filter : &none;
    start(view);
    g_autoptr(store_rows) rows = store_query(tx, STMT_LIST_OUTBOX, error, store_text(f->state), store_int(limit_of(f)),
                                             store_ref(view->id), store_text(f->recipient));
    if (!rows)
        return FALSE;
    for (guint i = 0; i < store_rows_count(rows); i++)
        json_array_append_new(
            view->result,
            json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", cell_int(rows, i, "id"),
                      "kind", cell_text(rows, i, "kind"), "recipient", cell_text(rows, i, "recipient"), "state",
                      cell_text(rows, i, "state"), "due_at", cell_time(rows, i, "due_at"), "attempts",
                      cell_int(rows, i, "attempts"), "message_id", cell_text(rows, i, "message_id"), "conversation",
                      store_rows_is_null(rows, i, "conversation_id") ? json_null()
                                                                     : cell_int(rows, i, "conversation_id"),
                      "last_reply", cell_text(rows, i, "last_reply"), "bounced_at", cell_time(rows, i, "bounced_at"),
                      "created_at", cell_time(rows, i, "created_at"), "sent_at", cell_time(rows, i, "sent_at")));
    return TRUE;
}

json_t *
view_outbox(const struct market *market, const struct view_filter *filter, GError **error)
{
    struct view view = {.filter = filter};
    return run_view(market, outbox, &view, error);
}

json_t *
view_outbox_row(const struct market *market, gint64 id, GError **error)
{
    struct view view = {.id = id};
    g_autofree char *name = g_strdup_printf("%" G_GINT64_FORMAT, id);
    return only_entry(run_view(market, outbox, &view, error), "outbox row", name, error);
}

static gboolean
quarantine(store_tx *tx, gpointer arg, GError **error)
{
    struct view *view = arg;
    start(view);
    g_autoptr(store_rows) rows =
        store_query(tx, STMT_LIST_QUARANTINE, error, store_int(limit_of(view->filter)), store_ref(view->id));
    if (!rows)
        return FALSE;
    for (guint i = 0; i < store_rows_count(rows); i++)
        json_array_append_new(
            view->result,
            json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", cell_int(rows, i, "id"), "reason",
                      cell_text(rows, i, "reason"), "sender", cell_text(rows, i, "sender"), "recipient",
                      cell_text(rows, i, "recipient"), "subject", cell_text(rows, i, "subject"), "conversation",
                      store_rows_is_null(rows, i, "conversation_id") ? json_null()
                                                                     : cell_int(rows, i, "conversation_id"),
                      "size", cell_int(rows, i, "size"), "at", cell_time(rows, i, "at")));
    return TRUE;
}

json_t *
view_quarantine(const struct market *market, const struct view_filter *filter, GError **error)
{
    struct view view = {.filter = filter};
    return run_view(market, quarantine, &view, error);
}

json_t *
view_quarantined(const struct market *market, gint64 id, GError **error)
{
    struct view view = {.id = id};
    g_autofree char *name = g_strdup_printf("%" G_GINT64_FORMAT " in quarantine", id);
    return only_entry(run_view(market, quarantine, &view, error), "entry", name, error);
}

static gboolean
quarantine_raw(store_tx *tx, gpointer arg, GError **error)
{
    struct view *view = arg;
    g_clear_pointer(&view->bytes, g_bytes_unref);
    g_autoptr(store_rows) rows = store_query(tx, STMT_QUARANTINE_BY_ID, error, store_int(view->id));
    if (!rows)
        return FALSE;
    if (!store_rows_count(rows)) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND, "there is no quarantined mail %" G_GINT64_FORMAT,
                    view->id);
        return FALSE;
    }
    view->bytes = store_raw_get(tx, store_rows_int(rows, 0, "raw_id"), 0, G_MAXSIZE, error);
    return view->bytes != NULL;
}

GBytes *
view_quarantine_raw(const struct market *market, gint64 id, GError **error)
{
    struct view view = {.id = id};
    if (store_read(market->store, quarantine_raw, &view, error))
        return view.bytes;
    g_clear_pointer(&view.bytes, g_bytes_unref);
    return NULL;
}

/* ---- blocks, tags ---- */

static json_t *
block_addresses(store_tx *tx, gint64 block_id, GError **error)
{
    g_autoptr(store_rows) rows = store_query(tx, STMT_LIST_BLOCK_ADDRESSES, error, store_int(block_id));
    if (!rows)
        return NULL;
    json_t *list = json_array();
    for (guint i = 0; i < store_rows_count(rows); i++)
        json_array_append_new(list, cell_text(rows, i, "address"));
    return list;
}

static gboolean
blocks(store_tx *tx, gpointer arg, GError **error)
{
    struct view *view = arg;
    start(view);
    g_autoptr(store_rows) rows =
        store_query(tx, STMT_LIST_BLOCKS, error, store_text(view->name), store_int(limit_of(view->filter)));
    if (!rows)
        return FALSE;
    for (guint i = 0; i < store_rows_count(rows); i++) {
        json_t *known = block_addresses(tx, store_rows_int(rows, i, "id"), error);
        if (!known)
            return FALSE;
        json_array_append_new(view->result,
                              json_pack("{s:o, s:o, s:{s:o, s:o}, s:o, s:o, s:o, s:o}", "id", cell_int(rows, i, "id"),
                                        "organisation", cell_text(rows, i, "organisation"), "merchant", "id",
                                        cell_int(rows, i, "merchant_id"), "name", cell_text(rows, i, "merchant_name"),
                                        "shop", cell_text(rows, i, "shop"), "addresses", known, "actor",
                                        cell_text(rows, i, "actor"), "created_at", cell_time(rows, i, "created_at")));
    }
    return TRUE;
}

json_t *
view_blocks(const struct market *market, const struct view_filter *filter, GError **error)
{
    struct view view = {.filter = filter, .name = filter ? filter->organisation : NULL};
    return run_view(market, blocks, &view, error);
}

static gboolean
tags(store_tx *tx, gpointer arg, GError **error)
{
    struct view *view = arg;
    struct act act = {.tx = tx, .market = view->market};
    g_autoptr(organisation) o = NULL;
    json_decref(view->result);
    view->result = NULL;
    if (!organisation_by_slug(&act, view->name, &o, error))
        return FALSE;
    if (!o) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND, "there is no organisation %s", view->name);
        return FALSE;
    }
    view->result = tag_list(tx, o->id, error);
    return view->result != NULL;
}

json_t *
view_tags(const struct market *market, const char *slug, GError **error)
{
    struct view view = {.market = market, .name = slug};
    return run_view(market, tags, &view, error);
}
