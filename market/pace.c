#include "market/pace.h"

#include <string.h>

#include "lib/secret.h"

/* Seconds that a turn may come late. More, and all turns move by as much: what nobody could send while the relay or the
 * mailers were away must not come as a burst. After LATE_MOST it is booked anew: a clock that was wrong must not move
 * the others by what it was wrong. */
enum { LATE = 5, LATE_MOST = 86400, FORGOTTEN = 100 /* keys at a time */ };

/* Seconds by which the last claim may have been in the future: mailers' clocks differ a little. More, and a clock was
 * fast. So no turn is further away than its place in the queue and this. */
enum { FAST_MOST = 60 };

struct limit {
    const char *context; /* of its keys */
    gint64 rate, burst;
    const char *(*part)(const char *recipient); /* whose limit it is */
};

static const char *
whole(const char *recipient)
{
    return recipient;
}

static const char *
domain(const char *recipient)
{
    const char *at = strrchr(recipient, '@');
    return at ? at + 1 : recipient;
}

gboolean
pace_is_set(const struct conf *conf)
{
    return conf->recipient_rate || conf->domain_rate;
}

/* ---- a turn ---- */

/* `*turn_at`: when a mail may go; `act->now`, or later. Booked is booked: the next one's turn is behind it. */
static gboolean
book(struct act *act, const struct limit *limit, const char *recipient, gint64 *turn_at, GError **error)
{
    const keyring *keys = act->market->keys;
    guint8 key[SECRET_MAC_BYTES];
    const char *part = limit->part(recipient);
    gint64 interval = 60000 / limit->rate, now = act->now * 1000;
    keyring_mac(keys, keyring_current(keys), limit->context, part, strlen(part), key);
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_PACE_BOOK, error, store_blob(key, sizeof key),
                                             store_int(now + interval), store_int(now), store_int(interval));
    if (!rows)
        return FALSE;
    gint64 turn = store_rows_int(rows, 0, "free_at") - limit->burst * interval;
    *turn_at = turn > now ? (turn + 999) / 1000 : act->now;
    return TRUE;
}

/* Its due_at is the turn that it booked: neither a lease nor another try has come since. */
static gboolean
has_turn(const struct act *act, const store_rows *rows, guint i)
{
    gint64 due_at = store_rows_int(rows, i, "due_at");
    return !store_rows_is_null(rows, i, "turn_at") && store_rows_int(rows, i, "turn_at") == due_at &&
           act->now - due_at <= LATE_MOST;
}

/* Row `i`'s turns from the limit `from` on, as far as they are due: `*turns` of them, the last at `*turn_at`. */
static gboolean
take_turns(struct act *act, const store_rows *rows, guint i, guint from, guint *turns, gint64 *turn_at, GError **error)
{
    const struct conf *conf = act->market->conf;
    const struct limit limits[] = {{"pace-recipient", conf->recipient_rate, conf->recipient_burst, whole},
                                   {"pace-domain", conf->domain_rate, conf->domain_burst, domain}};
    *turn_at = act->now;
    for (*turns = from; *turns < G_N_ELEMENTS(limits) && *turn_at <= act->now; ++*turns)
        if (limits[*turns].rate && !book(act, &limits[*turns], store_rows_text(rows, i, "recipient"), turn_at, error))
            return FALSE;
    return TRUE;
}

static gboolean
put_off(struct act *act, const store_rows *rows, guint i, guint turns, gint64 turn_at, GError **error)
{
    return store_run(act->tx, STMT_OUTBOX_WAIT, error, store_int(store_rows_int(rows, i, "id")), store_int(turn_at),
                     store_int(turns));
}

/* ---- turns that hold no longer ---- */

#define NONE "-"

static char *
limits_text(const struct conf *conf)
{
    const gint64 limits[][2] = {{conf->recipient_rate, conf->recipient_burst}, {conf->domain_rate, conf->domain_burst}};
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(limits); i++)
        if (limits[i][0])
            g_string_append_printf(text, "%u: %" G_GINT64_FORMAT "/%" G_GINT64_FORMAT " ", i, limits[i][0],
                                   limits[i][1]);
    return g_strdup(text->len ? text->str : NONE);
}

static gboolean
stamp(struct act *act, const char *limits, GError **error)
{
    return store_run(act->tx, STMT_PACE_STAMP, error, store_text(limits), store_int(act->now));
}

gboolean
pace_holds(struct act *act, gboolean fresh, gboolean *holds, GError **error)
{
    g_autofree char *limits = limits_text(act->market->conf);
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_PACE_STAMPED, error);
    if (!rows)
        return FALSE;
    gboolean known = store_rows_count(rows) > 0;
    gboolean fast = known && store_rows_int(rows, 0, "at") > act->now + FAST_MOST;
    gboolean same = strcmp(known ? store_rows_text(rows, 0, "limits") : NONE, limits) == 0;
    *holds = !fast && (same || !fresh);
    return TRUE;
}

gboolean
pace_renew(struct act *act, GError **error)
{
    g_autofree char *limits = limits_text(act->market->conf);
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_PACE_WAITING, error);
    if (!rows || !store_run(act->tx, STMT_PACE_CLEAR, error) || !store_run(act->tx, STMT_PACE_UNSTAMP, error))
        return FALSE;
    for (guint i = 0; i < store_rows_count(rows); i++) {
        guint turns;
        gint64 turn_at;
        if (!take_turns(act, rows, i, 0, &turns, &turn_at, error) || !put_off(act, rows, i, turns, turn_at, error))
            return FALSE;
    }
    return stamp(act, limits, error);
}

/* ---- a claim ---- */

/* The first turn is the one that has waited longest. */
static gint64
longest_wait(const struct act *act, const store_rows *rows)
{
    for (guint i = 0; i < store_rows_count(rows); i++)
        if (has_turn(act, rows, i))
            return act->now - store_rows_int(rows, i, "due_at");
    return 0;
}

static store_rows *
look(struct act *act, guint limit, GError **error)
{
    return store_query(act->tx, STMT_OUTBOX_DUE, error, store_int(act->now), store_int(limit));
}

static store_rows *
look_in_time(struct act *act, guint limit, GError **error)
{
    g_autoptr(store_rows) rows = look(act, limit, error);
    gint64 late = rows ? longest_wait(act, rows) : 0;
    if (late <= LATE)
        return g_steal_pointer(&rows);
    if (!store_run(act->tx, STMT_PACE_MOVE, error, store_int(late * 1000), store_int((act->now - late) * 1000)) ||
        !store_run(act->tx, STMT_OUTBOX_MOVE, error, store_int(late)))
        return NULL;
    return look(act, limit, error);
}

/* One more that is due still, or it waits. */
static gboolean
judge(struct act *act, const store_rows *rows, guint i, guint *left, GError **error)
{
    guint turns, from = has_turn(act, rows, i) ? (guint)store_rows_int(rows, i, "turns") : 0;
    gint64 turn_at;
    if (!take_turns(act, rows, i, from, &turns, &turn_at, error))
        return FALSE;
    *left += turn_at <= act->now;
    return turn_at <= act->now || put_off(act, rows, i, turns, turn_at, error);
}

gboolean
pace_due(struct act *act, guint limit, guint *left, guint *seen, GError **error)
{
    gboolean holds;
    g_autofree char *limits = limits_text(act->market->conf);
    if (!pace_holds(act, FALSE, &holds, error) || (!holds && !pace_renew(act, error)))
        return FALSE;
    g_autoptr(store_rows) rows = look_in_time(act, limit, error);
    *left = 0;
    if (!rows)
        return FALSE;
    *seen = store_rows_count(rows);
    for (guint i = 0; i < *seen; i++)
        if (!judge(act, rows, i, left, error))
            return FALSE;
    return stamp(act, limits, error) &&
           store_run(act->tx, STMT_PACE_FORGET, error, store_int(act->now * 1000), store_int(FORGOTTEN));
}
