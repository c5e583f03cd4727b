#include "market/bounce.h"

#include <string.h>

#include "market/audit.h"
#include "market/cell.h"

enum { SOFT_SPAN = 7 * 86400, BATCH = 500 };

/* Enhanced status codes of addresses that will not come back (RFC 3463 3.2, RFC 7505). */
static const char *const hard_codes[] = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"};
/* For servers that give none. */
static const char *const hard_words[] = {"user unknown",      "unknown user",        "no such user",
                                         "does not exist",    "mailbox unavailable", "no such mailbox",
                                         "unknown recipient", "host not found"};

static gboolean
has_code(const char *reply, const char *code)
{
    gsize length = strlen(code);
    for (const char *at = reply; (at = strstr(at, code)); at += length)
        if ((at == reply || !(g_ascii_isdigit(at[-1]) || at[-1] == '.')) &&
            !(g_ascii_isdigit(at[length]) || (at[length] == '.' && g_ascii_isdigit(at[length + 1]))))
            return TRUE;
    return FALSE;
}

gboolean
bounce_is_hard(const char *reply)
{
    if (!reply)
        return FALSE;
    g_autofree char *words = g_ascii_strdown(reply, -1);
    for (gsize i = 0; i < G_N_ELEMENTS(hard_codes); i++)
        if (has_code(words, hard_codes[i]))
            return TRUE;
    if (g_ascii_strncasecmp(reply, "55", 2) != 0) /* 4yz with the same words is a server in trouble */
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(hard_words); i++)
        if (strstr(words, hard_words[i]))
            return TRUE;
    return FALSE;
}

gboolean
bounce_note(struct act *act, const char *address, gboolean hard, const char *reply, GError **error)
{
    return store_run(act->tx, STMT_BAD_ADDRESS_NOTE, error, store_text(address), store_int(hard), store_int(act->now),
                     store_text(reply ? reply : ""), store_int(act->now - SOFT_SPAN));
}

gboolean
bounce_forget(struct act *act, const char *address, GError **error)
{
    return store_run(act->tx, STMT_BAD_ADDRESS_FORGET, error, store_text(address));
}

gboolean
bounce_is_marked(struct act *act, const char *address, gboolean *marked, GError **error)
{
    g_autoptr(store_rows) rows =
        store_query(act->tx, STMT_BAD_ADDRESS, error, store_text(address), store_int(BOUNCE_SOFT_MOST));
    *marked = rows && store_rows_count(rows);
    return rows != NULL;
}

void
bounce_other_clear(struct bounce_other *other)
{
    g_clear_pointer(&other->address, g_free);
    g_clear_pointer(&other->name, g_free);
    g_clear_pointer(&other->language, g_free);
}

gboolean
bounce_find_other(struct act *act, const char *address, const char *about, struct bounce_other *other, GError **error)
{
    *other = (struct bounce_other){0};
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_BAD_ADDRESS_OTHER, error, store_text(address),
                                             store_int(BOUNCE_SOFT_MOST), store_text(about ? about : ""));
    if (!rows || !store_rows_count(rows))
        return rows != NULL;
    other->address = g_strdup(store_rows_text(rows, 0, "address"));
    other->name = g_strdup(store_rows_text(rows, 0, "name"));
    other->language = g_strdup(store_rows_text(rows, 0, "language"));
    return TRUE;
}

/* ---- for the admin ---- */

static json_t *
reason_of(const store_rows *rows, guint i)
{
    if (!store_rows_int(rows, i, "marked"))
        return json_null();
    return json_string(store_rows_int(rows, i, "hard") ? "permanent" : "repeated");
}

json_t *
bounce_list(store_tx *tx, const struct bounce_filter *filter, GError **error)
{
    g_autoptr(store_rows) rows =
        store_query(tx, STMT_LIST_BAD_ADDRESSES, error, store_int(filter->marked), store_int(BOUNCE_SOFT_MOST),
                    store_text(filter->who), store_ref(filter->organisation_id), store_ref(filter->merchant_id),
                    store_int(filter->limit));
    if (!rows)
        return NULL;
    json_t *list = json_array();
    for (guint i = 0; i < store_rows_count(rows); i++)
        json_array_append_new(
            list,
            json_pack("{s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "address", cell_text(rows, i, "address"),
                      "marked", (int)store_rows_int(rows, i, "marked"), "reason", reason_of(rows, i), "failures",
                      cell_int(rows, i, "failures"), "first_at", cell_time(rows, i, "first_at"), "last_at",
                      cell_time(rows, i, "last_at"), "reply", cell_text(rows, i, "reason"), "organisation",
                      cell_text(rows, i, "organisation"), "merchant",
                      store_rows_is_null(rows, i, "merchant_id") ? json_null() : cell_int(rows, i, "merchant_id")));
    return list;
}

struct clearing {
    const struct market *market;
    const char *who;
    gint64 now, limit;
    gboolean dry;
    json_t *cleared;
};

static gboolean
clear_one(struct act *act, const char *address, GError **error)
{
    return bounce_forget(act, address, error) && audit_add(act, "admin", "address_cleared", 0, address, error);
}

static gboolean
clear_rows(store_tx *tx, gpointer arg, GError **error)
{
    struct clearing *clearing = arg;
    struct act act = {.market = clearing->market, .tx = tx, .now = clearing->now};
    const struct bounce_filter filter = {.who = clearing->who, .limit = clearing->limit};
    json_decref(clearing->cleared);
    clearing->cleared = bounce_list(tx, &filter, error);
    gsize i;
    const json_t *entry;
    json_array_foreach(clearing->cleared, i, entry)
    {
        if (!clearing->dry && !clear_one(&act, json_string_value(json_object_get(entry, "address")), error))
            return FALSE;
    }
    return clearing->cleared != NULL;
}

/* Some a transaction: others write in between. FALSE: failed, or (no error) nothing is left. */
static gboolean
clear_batch(struct clearing *clearing, json_t *all, GError **error)
{
    gboolean done = clearing->dry ? store_read(clearing->market->store, clear_rows, clearing, error)
                                  : store_write(clearing->market->store, clear_rows, clearing, error);
    gsize count = json_array_size(clearing->cleared);
    if (done)
        json_array_extend(all, clearing->cleared);
    g_clear_pointer(&clearing->cleared, json_decref);
    return done && !clearing->dry && count;
}

json_t *
bounce_clear(const struct market *market, const char *who, gint64 now, gboolean dry, GError **error)
{
    struct clearing clearing = {market, who, now, dry ? G_MAXINT64 : BATCH, dry, NULL};
    g_autoptr(GError) why = NULL;
    json_t *all = json_array();
    while (clear_batch(&clearing, all, &why))
        ;
    if (!why && json_array_size(all))
        return all;
    json_decref(all);
    if (why)
        g_propagate_error(error, g_steal_pointer(&why));
    else
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND, "no mail came back from %s", who);
    return NULL;
}
