#include "market/outbox.h"

#include <string.h>

#include "lib/log.h"
#include "lib/text.h"
#include "market/audit.h"
#include "market/block.h"
#include "market/bounce.h"
#include "market/notice.h"
#include "market/notify.h"
#include "market/overview.h"
#include "market/pace.h"
#include "mime/diagnosis.h"
#include "mime/read.h"

enum { BACKOFF_FIRST = 60, BACKOFF_MOST = 4 * 3600, REPLY_BYTES = 500, BATCH = 500 };

/* ---- claiming ---- */

struct claiming {
    const struct market *market;
    gint64 now;
    guint limit;
    guint seen;     /* due rows */
    GArray *claims; /* struct outbox_claim */
};

/* Not to the merchant's side once the organisation is shut to it, though it waited or was tried before; the receipt of
 * a matched request is for other organisations as well. */
static gboolean
cancel_blocked(struct act *act, const store_rows *rows, guint i, gboolean *send, GError **error)
{
    gint64 conversation_id = store_rows_int(rows, i, "conversation_id");
    gboolean blocked = FALSE;
    if (!conversation_id || strcmp(store_rows_text(rows, i, "side"), side_name(SIDE_MERCHANT)) != 0 ||
        strcmp(store_rows_text(rows, i, "kind"), "ack") == 0)
        return TRUE;
    if (!block_has_conversation(act, conversation_id, &blocked, error))
        return FALSE;
    *send = *send && !blocked;
    return !blocked || store_run(act->tx, STMT_OUTBOX_CANCEL, error, store_int(store_rows_int(rows, i, "id")));
}

static gboolean
claim_rows(store_tx *tx, gpointer arg, GError **error)
{
    struct claiming *claiming = arg;
    const struct conf *conf = claiming->market->conf;
    struct act act = {.market = claiming->market, .tx = tx, .now = claiming->now};
    guint limit = claiming->limit;
    g_array_set_size(claiming->claims, 0);
    if (pace_is_set(conf) && !pace_due(&act, claiming->limit, &limit, &claiming->seen, error))
        return FALSE;
    g_autoptr(store_rows) rows = store_query(tx, STMT_OUTBOX_CLAIM, error, store_int(claiming->now),
                                             store_int(claiming->now + conf->lease), store_int(limit));
    if (!rows)
        return FALSE;
    if (!pace_is_set(conf))
        claiming->seen = store_rows_count(rows);
    for (guint i = 0; i < store_rows_count(rows); i++) {
        const struct outbox_claim claim = {store_rows_int(rows, i, "id"), store_rows_int(rows, i, "fence"),
                                           store_rows_int(rows, i, "attempts")};
        gint64 overview = store_rows_int(rows, i, "overview_id");
        gboolean send = TRUE;
        if ((overview && !overview_claim(&act, overview, claim.id, &send, error)) ||
            !cancel_blocked(&act, rows, i, &send, error))
            return FALSE;
        if (send)
            g_array_append_val(claiming->claims, claim);
    }
    return TRUE;
}

GArray *
outbox_claim(const struct market *market, gint64 now, guint limit, gboolean *more, GError **error)
{
    g_autoptr(GArray) claims = g_array_new(FALSE, FALSE, sizeof(struct outbox_claim));
    struct claiming claiming = {market, now, limit, 0, claims};
    gboolean done = store_write(market->store, claim_rows, &claiming, error);
    *more = done && claiming.seen == limit;
    return done ? g_steal_pointer(&claims) : NULL;
}

struct keeping {
    const struct market *market;
    gint64 now;
    gboolean fresh, holds;
};

static gboolean
ask_turns(store_tx *tx, gpointer arg, GError **error)
{
    struct keeping *keeping = arg;
    struct act act = {.market = keeping->market, .tx = tx, .now = keeping->now};
    return pace_holds(&act, keeping->fresh, &keeping->holds, error);
}

/* Another mailer may have done it meanwhile. */
static gboolean
renew_turns(store_tx *tx, gpointer arg, GError **error)
{
    struct keeping *keeping = arg;
    struct act act = {.market = keeping->market, .tx = tx, .now = keeping->now};
    return ask_turns(tx, arg, error) && (keeping->holds || pace_renew(&act, error));
}

gboolean
outbox_keep_turns(const struct market *market, gboolean fresh, gint64 now, GError **error)
{
    struct keeping keeping = {market, now, fresh, TRUE};
    if (!fresh && !pace_is_set(market->conf))
        return TRUE;
    return store_read(market->store, ask_turns, &keeping, error) &&
           (keeping.holds || store_write(market->store, renew_turns, &keeping, error));
}

/* ---- loading ---- */

struct load {
    const struct market *market;
    const struct outbox_claim *claims;
    guint count;
    gint64 now;
    struct notice **notices;
    char **broken; /* why a row cannot be loaded */
};

static void
load_reset(struct load *load)
{
    for (guint i = 0; i < load->count; i++) {
        g_clear_pointer(&load->notices[i], notice_free);
        g_clear_pointer(&load->broken[i], g_free);
    }
}

static gboolean
load_rows(store_tx *tx, gpointer arg, GError **error)
{
    struct load *load = arg;
    struct act act = {.market = load->market, .tx = tx, .now = load->now};
    load_reset(load);
    for (guint i = 0; i < load->count; i++) {
        g_autoptr(GError) why = NULL;
        load->notices[i] = notice_load(&act, load->claims[i].id, &why);
        if (load->notices[i] && load->notices[i]->fence != load->claims[i].fence)
            g_clear_pointer(&load->notices[i], notice_free); /* whoever claimed it since will send it */
        else if (why && !g_error_matches(why, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        } else if (why)
            load->broken[i] = g_strdup(why->message);
    }
    return TRUE;
}

static gboolean
fail_broken(const struct load *load, GError **error)
{
    for (guint i = 0; i < load->count; i++) {
        const struct outbox_result result = {load->claims[i].id, load->claims[i].fence, OUTBOX_PERMANENT,
                                             load->broken[i]};
        if (!load->broken[i])
            continue;
        log_event(LOG_ERR, "outbox row cannot be loaded", "error", load->broken[i], NULL);
        if (!outbox_report(load->market, &result, 1, load->now, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
outbox_load(const struct market *market, const struct outbox_claim *claims, guint count, gint64 now,
            struct notice **notices, GError **error)
{
    g_autofree char **broken = g_new0(char *, count);
    struct load load = {market, claims, count, now, notices, broken};
    memset(notices, 0, count * sizeof *notices);
    gboolean done = store_read(market->store, load_rows, &load, error) && fail_broken(&load, error);
    if (!done)
        for (guint i = 0; i < count; i++)
            g_clear_pointer(&notices[i], notice_free);
    for (guint i = 0; i < count; i++)
        g_free(broken[i]);
    return done;
}

struct peek {
    const struct market *market;
    gint64 id, now;
    struct notice *notice;
};

static gboolean
peek_row(store_tx *tx, gpointer arg, GError **error)
{
    struct peek *peek = arg;
    struct act act = {.market = peek->market, .tx = tx, .now = peek->now};
    g_clear_pointer(&peek->notice, notice_free);
    peek->notice = notice_load(&act, peek->id, error);
    return peek->notice != NULL;
}

struct notice *
outbox_peek(const struct market *market, gint64 id, gint64 now, GError **error)
{
    struct peek peek = {market, id, now, NULL};
    if (store_read(market->store, peek_row, &peek, error))
        return peek.notice;
    notice_free(peek.notice);
    return NULL;
}

/* ---- files ---- */

struct slice {
    const struct notice_file *file;
    GBytes *bytes;
};

static gboolean
read_slice(store_tx *tx, gpointer arg, GError **error)
{
    struct slice *slice = arg;
    g_clear_pointer(&slice->bytes, g_bytes_unref);
    slice->bytes =
        store_raw_get(tx, slice->file->raw_id, (gsize)slice->file->offset, (gsize)slice->file->length, error);
    return slice->bytes != NULL;
}

GBytes *
notice_file_load(const struct market *market, const struct notice_file *file, GError **error)
{
    struct slice slice = {file, NULL};
    if (!store_read(market->store, read_slice, &slice, error)) {
        g_clear_pointer(&slice.bytes, g_bytes_unref);
        return NULL;
    }
    gsize length = 0;
    g_autoptr(GBytes) encoded = slice.bytes;
    gconstpointer data = g_bytes_get_data(encoded, &length);
    return mail_decode(data, length, (enum mail_encoding)file->encoding);
}

/* ---- reporting ---- */

struct report {
    const struct market *market;
    const struct outbox_result *results;
    guint count;
    gint64 now;
};

/* Doubling, with a jitter of up to a quarter that is fixed a row and try, so that a burst does not come back as one. */
static gint64
backoff(gint64 id, gint64 attempts)
{
    gint64 wait = BACKOFF_FIRST << MIN(attempts, 8);
    wait = MIN(wait, BACKOFF_MOST);
    guint64 mixed = ((guint64)id * 2654435761u + (guint64)attempts * 40503u) % 1000;
    return wait + wait * (gint64)mixed / 4000;
}

/* The seconds of all waits until now. */
static gint64
waited(gint64 id, gint64 attempts)
{
    gint64 sum = 0;
    for (gint64 i = 0; i < attempts; i++)
        sum += backoff(id, i);
    return sum;
}

/* What no server said (the relay was away, a template was wrong), or said of us, tells nothing of the address. */
static gboolean
is_of_the_address(const struct outbox_result *result, const char *reply)
{
    return result->result != OUTBOX_REFUSED && reply && is_smtp_reply(reply);
}

static gboolean
give_up(struct act *act, const struct outbox_result *result, const char *reply, GError **error)
{
    g_autoptr(store_rows) failed = store_query(act->tx, STMT_OUTBOX_FAILED, error, store_int(result->id),
                                               store_int(result->fence), store_text(reply));
    if (!failed || !store_rows_count(failed))
        return failed != NULL;
    g_autoptr(store_rows) row = store_query(act->tx, STMT_OUTBOX_BY_ID, error, store_int(result->id));
    return row &&
           (!is_of_the_address(result, reply) ||
            bounce_note(act, store_rows_text(row, 0, "recipient"), bounce_is_hard(reply), reply, error)) &&
           notify_failure(act, row, reply, error);
}

static gboolean
retry(struct act *act, const struct outbox_result *result, const char *reply, GError **error)
{
    g_autoptr(store_rows) row = store_query(act->tx, STMT_OUTBOX_BY_ID, error, store_int(result->id));
    if (!row || !store_rows_count(row))
        return row != NULL;
    /* An old row may be new to the relay: the mailer was away, it waited for its turn, or the admin tries again. */
    gint64 lifetime = act->market->conf->retry_lifetime, attempts = store_rows_int(row, 0, "attempts");
    if (act->now - store_rows_int(row, 0, "created_at") >= lifetime && waited(result->id, attempts) >= lifetime / 2)
        return give_up(act, result, reply, error);
    gint64 due_at = act->now + backoff(result->id, attempts);
    return store_run(act->tx, STMT_OUTBOX_RETRY, error, store_int(result->id), store_int(result->fence),
                     store_int(due_at), store_text(reply));
}

/* The alert waits in the outbox with all the rest; it tells afterwards why mail was late. */
static gboolean
refused(struct act *act, const struct outbox_result *result, const char *reply, GError **error)
{
    g_autofree char *cause = g_strdup_printf("relay-day-%" G_GINT64_FORMAT, act->now / 86400);
    json_t *facts = json_pack("{s:s, s:s}", "relay", act->market->conf->relay, "reply", reply ? reply : "-");
    gboolean kept = retry(act, result, reply, error);
    if (!kept)
        json_decref(facts);
    return kept && notify_admin(act, "admin.relay_refuses", facts, cause, error);
}

static gboolean
sent(struct act *act, const struct outbox_result *result, const char *reply, GError **error)
{
    g_autoptr(store_rows) row = store_query(act->tx, STMT_OUTBOX_SENT, error, store_int(result->id),
                                            store_int(result->fence), store_int(act->now), store_text(reply));
    if (!row)
        return FALSE;
    gint64 overview = store_rows_count(row) ? store_rows_int(row, 0, "overview_id") : 0;
    return !overview || overview_sent(act, overview, error);
}

static gboolean
report_rows(store_tx *tx, gpointer arg, GError **error)
{
    const struct report *report = arg;
    struct act act = {.market = report->market, .tx = tx, .now = report->now};
    static gboolean (*const record[])(struct act *, const struct outbox_result *, const char *, GError **) = {
        [OUTBOX_SENT] = sent,
        [OUTBOX_TEMPORARY] = retry,
        [OUTBOX_PERMANENT] = give_up,
        [OUTBOX_REFUSED] = refused,
    };
    for (guint i = 0; i < report->count; i++) {
        const struct outbox_result *result = &report->results[i];
        g_autofree char *reply = result->reply ? text_one_line(result->reply, REPLY_BYTES) : NULL;
        if (!record[result->result](&act, result, reply, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
outbox_report(const struct market *market, const struct outbox_result *results, guint count, gint64 now, GError **error)
{
    struct report report = {market, results, count, now};
    return count == 0 || store_write(market->store, report_rows, &report, error);
}

/* ---- by the admin's hand ---- */

struct change {
    const struct market *market;
    gint64 id, now;
    gboolean again, dry;
};

static gboolean
retry_by_hand(struct act *act, gint64 id, gboolean *done, GError **error)
{
    g_autoptr(store_rows) row = store_query(act->tx, STMT_OUTBOX_AGAIN, error, store_int(id), store_int(act->now));
    *done = row && store_rows_count(row);
    return row && (!*done || (bounce_forget(act, store_rows_text(row, 0, "recipient"), error) &&
                              audit_add(act, "admin", "outbox_retried", id, NULL, error)));
}

static gboolean
cancel_by_hand(struct act *act, gint64 id, gboolean *done, GError **error)
{
    g_autoptr(store_rows) row = store_query(act->tx, STMT_OUTBOX_WITHDRAW, error, store_int(id));
    *done = row && store_rows_count(row);
    if (!row || !*done)
        return row != NULL;
    gint64 overview = store_rows_int(row, 0, "overview_id");
    return (!overview || overview_cancelled(act, overview, error)) &&
           audit_add(act, "admin", "outbox_cancelled", id, NULL, error);
}

static gboolean
change_row(store_tx *tx, gpointer arg, GError **error)
{
    const struct change *change = arg;
    struct act act = {.market = change->market, .tx = tx, .now = change->now};
    gboolean done = FALSE;
    if (!(change->again ? retry_by_hand : cancel_by_hand)(&act, change->id, &done, error))
        return FALSE;
    if (!done)
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_CONFLICT,
                    change->again ? "outbox row %" G_GINT64_FORMAT
                                    " neither waits nor has failed nor came back, or is an overview whose "
                                    "messages the next one tells of"
                                  : "outbox row %" G_GINT64_FORMAT " neither waits nor has failed",
                    change->id);
    else if (change->dry)
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_DUPLICATE, "a rehearsal"); /* which rolls back */
    return done && !change->dry;
}

static gboolean
change_by_hand(const struct market *market, gint64 id, gint64 now, gboolean again, gboolean dry, GError **error)
{
    struct change change = {market, id, now, again, dry};
    g_autoptr(GError) why = NULL;
    if (store_write(market->store, change_row, &change, &why) ||
        (dry && g_error_matches(why, POSTERN_ERROR, POSTERN_ERROR_DUPLICATE)))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}

gboolean
outbox_retry(const struct market *market, gint64 id, gint64 now, gboolean dry, GError **error)
{
    return change_by_hand(market, id, now, TRUE, dry, error);
}

gboolean
outbox_cancel(const struct market *market, gint64 id, gint64 now, gboolean dry, GError **error)
{
    return change_by_hand(market, id, now, FALSE, dry, error);
}

/* All that one order is for, some a transaction: others write in between, but what they add is not meant. */
struct bulk {
    const struct market *market;
    const struct outbox_order *order;
    gint64 now, after, last; /* beyond one and up to the other */
    GArray *ids;             /* gint64, of this batch */
};

static gboolean
find_last(store_tx *tx, gpointer arg, GError **error)
{
    struct bulk *bulk = arg;
    g_autoptr(store_rows) rows = store_query(tx, STMT_LAST_ROWS, error);
    if (!rows)
        return FALSE;
    gint64 last = store_rows_int(rows, 0, "outbox");
    bulk->last = bulk->order->last ? MIN(bulk->order->last, last) : last;
    return TRUE;
}

static gboolean
open_rows(store_tx *tx, gpointer arg, GError **error)
{
    struct bulk *bulk = arg;
    const struct outbox_order *order = bulk->order;
    g_array_set_size(bulk->ids, 0);
    g_autoptr(store_rows) rows =
        store_query(tx, STMT_LIST_OUTBOX_OPEN, error, store_int(bulk->after), store_text(order->state),
                    store_text(order->recipient), store_int(order->again), store_int(BATCH), store_int(bulk->last));
    if (!rows)
        return FALSE;
    for (guint i = 0; i < store_rows_count(rows); i++) {
        gint64 id = store_rows_int(rows, i, "id");
        g_array_append_val(bulk->ids, id);
    }
    return TRUE;
}

static gboolean
change_batch(store_tx *tx, gpointer arg, GError **error)
{
    struct bulk *bulk = arg;
    struct act act = {.market = bulk->market, .tx = tx, .now = bulk->now};
    if (!open_rows(tx, bulk, error))
        return FALSE;
    for (guint i = 0; i < bulk->ids->len; i++) {
        gboolean done;
        if (!(bulk->order->again ? retry_by_hand : cancel_by_hand)(&act, g_array_index(bulk->ids, gint64, i), &done,
                                                                   error))
            return FALSE;
    }
    return TRUE;
}

GArray *
outbox_change_all(const struct market *market, const struct outbox_order *order, gint64 now, GError **error)
{
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));
    struct bulk bulk = {.market = market, .order = order, .now = now, .ids = ids};
    if (!store_read(market->store, find_last, &bulk, error))
        return NULL;
    do {
        if (!(order->dry ? store_read(market->store, open_rows, &bulk, error)
                         : store_write(market->store, change_batch, &bulk, error)))
            return NULL;
        g_array_append_vals(all, ids->data, ids->len);
        if (ids->len)
            bulk.after = g_array_index(ids, gint64, ids->len - 1);
    } while (ids->len);
    return g_steal_pointer(&all);
}

/* ---- when ---- */

static gboolean
next_in_snapshot(store_tx *tx, gpointer arg, GError **error)
{
    static const enum store_statement asks[] = {STMT_OUTBOX_NEXT, STMT_TIMER_NEXT};
    gint64 *due_at = arg;
    *due_at = G_MAXINT64;
    for (guint i = 0; i < G_N_ELEMENTS(asks); i++) {
        g_autoptr(store_rows) rows = store_query(tx, asks[i], error);
        if (!rows)
            return FALSE;
        if (!store_rows_is_null(rows, 0, "due_at"))
            *due_at = MIN(*due_at, store_rows_int(rows, 0, "due_at"));
    }
    return TRUE;
}

gboolean
outbox_next_due(const struct market *market, gint64 *due_at, GError **error)
{
    return store_read(market->store, next_in_snapshot, due_at, error);
}
