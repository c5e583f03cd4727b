#include "market/queue.h"

#include <string.h>

#include "lib/text.h"
#include "market/bounce.h"
#include "market/cell.h"
#include "mime/diagnosis.h"

enum { HOUR = 3600, DAY = 86400, SHOWN = 10, WORDS_BYTES = 60 };

/* ---- groups, by what they have in common ---- */

struct group {
    char *key, *reply;
    const char *state;
    gint64 count, tried, oldest;
};

static void
group_free(gpointer data)
{
    struct group *group = data;
    g_free(group->key);
    g_free(group->reply);
    g_free(group);
}

static struct group *
group_of(GPtrArray *groups, const char *key, const char *state)
{
    for (guint i = 0; i < groups->len; i++) {
        struct group *group = groups->pdata[i];
        if (strcmp(group->key, key) == 0 && g_strcmp0(group->state, state) == 0)
            return group;
    }
    struct group *group = g_new0(struct group, 1);
    group->key = g_strdup(key);
    group->state = g_intern_string(state);
    group->oldest = G_MAXINT64;
    g_ptr_array_add(groups, group);
    return group;
}

static gint
by_count(gconstpointer a, gconstpointer b)
{
    const struct group *one = *(struct group *const *)a, *other = *(struct group *const *)b;
    if (one->count != other->count)
        return one->count > other->count ? -1 : 1;
    return strcmp(one->key, other->key);
}

static json_t *
listed(GPtrArray *groups, json_t *(*entry)(const struct group *))
{
    json_t *list = json_array();
    g_ptr_array_sort(groups, by_count);
    for (guint i = 0; i < MIN(groups->len, SHOWN); i++)
        json_array_append_new(list, entry(groups->pdata[i]));
    return list;
}

/* ---- reasons ---- */

/* Replies name queue ids and addresses; what they have in common is a code. */
static char *
reason_of(const char *reply)
{
    char status[16];
    if (!reply || !*reply)
        return g_strdup("unknown");
    if (enhanced_status(reply, status))
        return g_strdup(status);
    return is_smtp_reply(reply) ? g_strndup(reply, 3) : text_one_line(reply, WORDS_BYTES);
}

static json_t *
reason_entry(const struct group *group)
{
    return json_pack("{s:s, s:s, s:I, s:s?}", "reason", group->key, "state", group->state, "count",
                     (json_int_t)group->count, "reply", group->reply);
}

static json_t *
reasons(store_tx *tx, GError **error)
{
    g_autoptr(GPtrArray) groups = g_ptr_array_new_with_free_func(group_free);
    g_autoptr(store_rows) rows = store_query(tx, STMT_LIST_OUTBOX_REPLIES, error);
    if (!rows)
        return NULL;
    for (guint i = 0; i < store_rows_count(rows); i++) {
        const char *reply = store_rows_text(rows, i, "last_reply");
        g_autofree char *key = reason_of(reply);
        struct group *group = group_of(groups, key, store_rows_text(rows, i, "state"));
        group->count += store_rows_int(rows, i, "count");
        if (!group->reply)
            group->reply = g_strdup(reply);
    }
    return listed(groups, reason_entry);
}

/* ---- who waits ---- */

static json_t *
domain_entry(const struct group *group)
{
    g_autofree char *oldest = text_time(group->oldest);
    return json_pack("{s:s, s:I, s:I, s:s}", "domain", group->key, "count", (json_int_t)group->count, "tried",
                     (json_int_t)group->tried, "oldest_at", oldest);
}

static json_t *
waiting(store_tx *tx, GError **error)
{
    g_autoptr(GPtrArray) groups = g_ptr_array_new_with_free_func(group_free);
    g_autoptr(store_rows) rows = store_query(tx, STMT_LIST_OUTBOX_WAITING, error);
    if (!rows)
        return NULL;
    for (guint i = 0; i < store_rows_count(rows); i++) {
        const char *recipient = store_rows_text(rows, i, "recipient"), *at = strrchr(recipient, '@');
        struct group *group = group_of(groups, at ? at + 1 : recipient, "");
        group->count += store_rows_int(rows, i, "count");
        group->tried += store_rows_int(rows, i, "tried");
        group->oldest = MIN(group->oldest, store_rows_int(rows, i, "oldest"));
    }
    return listed(groups, domain_entry);
}

/* ---- the whole ---- */

struct stats {
    gint64 now;
    json_t *result;
};

struct totals {
    gint64 overdue, hour, day, oldest, next;
};

static void
add_totals(struct totals *totals, const store_rows *rows, guint i)
{
    totals->overdue += store_rows_int(rows, i, "overdue");
    totals->hour += store_rows_int(rows, i, "hour");
    totals->day += store_rows_int(rows, i, "day");
    if (!store_rows_is_null(rows, i, "oldest"))
        totals->oldest = MIN(totals->oldest, store_rows_int(rows, i, "oldest"));
    if (!store_rows_is_null(rows, i, "next"))
        totals->next = MIN(totals->next, store_rows_int(rows, i, "next"));
}

static json_t *
time_or_null(gint64 at)
{
    g_autofree char *text = at < G_MAXINT64 ? text_time(at) : NULL;
    return text ? json_string(text) : json_null();
}

static json_t *
totals_json(const store_rows *rows)
{
    static const char *const names[] = {"due", "sending", "sent", "failed", "bounced", "cancelled"};
    struct totals totals = {.oldest = G_MAXINT64, .next = G_MAXINT64};
    json_t *states = json_object();
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        json_object_set_new(states, names[i], json_integer(0));
    for (guint i = 0; i < store_rows_count(rows); i++) {
        json_object_set_new(states, store_rows_text(rows, i, "state"), cell_int(rows, i, "count"));
        add_totals(&totals, rows, i);
    }
    return json_pack("{s:I, s:o, s:o, s:I, s:I, s:o}", "overdue", (json_int_t)totals.overdue, "oldest_due_at",
                     time_or_null(totals.oldest), "next_due_at", time_or_null(totals.next), "sent_hour",
                     (json_int_t)totals.hour, "sent_day", (json_int_t)totals.day, "states", states);
}

static gboolean
read_stats(store_tx *tx, gpointer arg, GError **error)
{
    struct stats *stats = arg;
    json_decref(stats->result);
    stats->result = NULL;
    g_autoptr(store_rows) states = store_query(tx, STMT_LIST_OUTBOX_STATES, error, store_int(stats->now),
                                               store_int(stats->now - HOUR), store_int(stats->now - DAY));
    json_t *why = states ? reasons(tx, error) : NULL;
    json_t *whose = why ? waiting(tx, error) : NULL;
    if (!whose) {
        json_decref(why);
        return FALSE;
    }
    stats->result = totals_json(states);
    json_object_set_new(stats->result, "reasons", why);
    json_object_set_new(stats->result, "waiting", whose);
    return TRUE;
}

json_t *
queue_stats(const struct market *market, gint64 now, GError **error)
{
    struct stats stats = {now, NULL};
    if (store_read(market->store, read_stats, &stats, error))
        return stats.result;
    json_decref(stats.result);
    return NULL;
}

/* ---- for `check` ---- */

struct looking {
    gint64 now, since;
    struct queue_trouble *trouble;
};

static gboolean
look(store_tx *tx, gpointer arg, GError **error)
{
    struct looking *looking = arg;
    struct queue_trouble *trouble = looking->trouble;
    json_decref(trouble->kept);
    *trouble = (struct queue_trouble){.kept = json_array()};
    g_autoptr(store_rows) row =
        store_query(tx, STMT_LIST_TROUBLE, error, store_int(looking->now), store_int(BOUNCE_SOFT_MOST));
    g_autoptr(store_rows) kept =
        row ? store_query(tx, STMT_LIST_QUARANTINE_REASONS, error, store_int(looking->since)) : NULL;
    if (!kept)
        return FALSE;
    trouble->overdue = store_rows_int(row, 0, "overdue");
    trouble->oldest_due_at = store_rows_is_null(row, 0, "oldest") ? G_MAXINT64 : store_rows_int(row, 0, "oldest");
    trouble->marked = store_rows_int(row, 0, "marked");
    for (guint i = 0; i < store_rows_count(kept); i++)
        json_array_append_new(trouble->kept, json_pack("{s:o, s:o}", "reason", cell_text(kept, i, "reason"), "count",
                                                       cell_int(kept, i, "count")));
    return TRUE;
}

gboolean
queue_trouble(store *store, gint64 now, gint64 since, struct queue_trouble *trouble, GError **error)
{
    struct looking looking = {now, since, trouble};
    *trouble = (struct queue_trouble){0};
    if (store_read(store, look, &looking, error))
        return TRUE;
    g_clear_pointer(&trouble->kept, json_decref);
    return FALSE;
}
