#include "market/overview.h"

#include <string.h>

#include "market/bounce.h"
#include "market/notify.h"

enum { ITEMS = 50 };

/* Who reads overviews: member 0 is the notification address. */
struct overview_reader {
    gint64 organisation_id, member_id;
};

/* ---- expecting ---- */

/* When the reader's next may go out at the earliest. A last one in the future is of a clock that has been put right. */
static gboolean
earliest(struct act *act, const struct overview_reader *reader, gint64 *at, GError **error)
{
    gint64 interval = act->market->conf->overview_interval;
    g_autoptr(store_rows) last = store_query(act->tx, STMT_OVERVIEW_LAST, error, store_int(reader->organisation_id),
                                             store_int(reader->member_id));
    if (!last)
        return FALSE;
    *at = CLAMP(store_rows_int(last, 0, "at") + interval, act->now, act->now + interval);
    return TRUE;
}

/* What waits longer than an interval was expected by a clock that has been put right. */
static gboolean
pull_in(struct act *act, gint64 id, GError **error)
{
    gint64 latest = act->now + act->market->conf->overview_interval;
    g_autoptr(store_rows) late = store_query(act->tx, STMT_OVERVIEW_PULL_IN, error, store_int(id), store_int(latest));
    return late && (!store_rows_count(late) ||
                    store_run(act->tx, STMT_OVERVIEW_OUTBOX_POSTPONE, error, store_int(id), store_int(latest)));
}

/* `to`: a row of STMT_OVERVIEW_READERS. */
static gboolean
open_one(struct act *act, const struct overview_reader *reader, const store_rows *to, guint i, gint64 due_at,
         GError **error)
{
    g_autoptr(store_rows) added = store_query(act->tx, STMT_OVERVIEW_ADD, error, store_int(reader->organisation_id),
                                              store_ref(reader->member_id), store_int(due_at));
    if (!added)
        return FALSE;
    gint64 id = store_rows_int(added, 0, "id");
    g_autofree char *cause = g_strdup_printf("overview-%" G_GINT64_FORMAT, id);
    const struct notification n = {
        .kind = "overview",
        .to = {store_rows_text(to, i, "address"), store_rows_text(to, i, "name"), store_rows_text(to, i, "language"),
               side_name(SIDE_PARTNER)},
        .overview_id = id,
        .cause = cause,
        .due_at = due_at,
    };
    return notify_add(act, &n, error);
}

/* A member who has just asked for overviews is not told of all that came before. */
static gboolean
expect_one(struct act *act, gint64 organisation_id, gint64 message_id, const store_rows *to, guint i, GError **error)
{
    const struct overview_reader reader = {organisation_id, store_rows_int(to, i, "member_id")};
    g_autoptr(store_rows) open =
        store_query(act->tx, STMT_OVERVIEW_OPEN, error, store_int(organisation_id), store_int(reader.member_id));
    if (!open)
        return FALSE;
    if (reader.member_id && message_id && store_rows_int(to, i, "upto") == 0 &&
        !store_run(act->tx, STMT_OVERVIEW_UPTO, error, store_int(reader.member_id), store_int(message_id - 1)))
        return FALSE;
    return store_rows_count(open)
               ? pull_in(act, store_rows_int(open, 0, "id"), error)
               : open_one(act, &reader, to, i, act->now + act->market->conf->overview_interval, error);
}

gboolean
overview_expect(struct act *act, gint64 organisation_id, gint64 message_id, gboolean told, GError **error)
{
    g_autoptr(store_rows) readers = store_query(act->tx, STMT_OVERVIEW_READERS, error, store_int(organisation_id));
    if (!readers)
        return FALSE;
    for (guint i = 0; i < store_rows_count(readers); i++) {
        if (told && !store_rows_int(readers, i, "member_id"))
            continue;
        if (!expect_one(act, organisation_id, message_id, readers, i, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
expect_again(struct act *act, const struct overview_reader *reader, GError **error)
{
    g_autoptr(store_rows) readers =
        store_query(act->tx, STMT_OVERVIEW_READERS, error, store_int(reader->organisation_id));
    if (!readers)
        return FALSE;
    for (guint i = 0; i < store_rows_count(readers); i++)
        if (store_rows_int(readers, i, "member_id") == reader->member_id)
            return expect_one(act, reader->organisation_id, 0, readers, i, error);
    return TRUE;
}

/* ---- claiming ---- */

/* The one before is claimed and not through: two might leave together when the relay comes back. */
static gboolean
put_off_behind_another(struct act *act, gint64 id, const struct overview_reader *reader, gboolean *put_off,
                       GError **error)
{
    g_autoptr(store_rows) underway = store_query(act->tx, STMT_OVERVIEW_UNDERWAY, error, store_int(id),
                                                 store_int(reader->organisation_id), store_int(reader->member_id));
    if (!underway)
        return FALSE;
    *put_off = store_rows_count(underway) > 0;
    return !*put_off || store_run(act->tx, STMT_OVERVIEW_OUTBOX_POSTPONE, error, store_int(id),
                                  store_int(act->now + act->market->conf->overview_interval));
}

/* At most ITEMS messages, the oldest. */
static gboolean
cover(struct act *act, gint64 id, const struct overview_reader *reader, gint64 *covered, GError **error)
{
    const struct store_value values[] = {
        store_int(id), store_int(reader->organisation_id), store_int(ITEMS), {.type = STORE_END}};
    const struct store_value member[] = {store_int(id),
                                         store_int(reader->organisation_id),
                                         store_int(ITEMS),
                                         store_int(reader->member_id),
                                         {.type = STORE_END}};
    if (!reader->member_id) {
        gint64 answers = 0;
        gboolean done = store_run_values(act->tx, STMT_OVERVIEW_COVER, values, covered, error) &&
                        store_run_values(act->tx, STMT_OVERVIEW_COVER_ANSWERS, values, &answers, error);
        *covered += answers;
        return done;
    }
    return store_run_values(act->tx, STMT_OVERVIEW_COVER_MEMBER, member, covered, error) &&
           store_run(act->tx, STMT_OVERVIEW_UPTO_COVERED, error, store_int(reader->member_id), store_int(id));
}

/* Who gets what would go to the notification address: row 0 of the readers, if it is there. While that takes no mail,
 * another member (market/notify.h); `*own`: that member's row of the readers, who is told of it all in one; 0: none. */
static gboolean
find_stand_in(struct act *act, const store_rows *readers, bounce_other *other, guint *own, GError **error)
{
    gboolean marked = FALSE;
    *own = 0;
    if (!store_rows_count(readers) || store_rows_int(readers, 0, "member_id"))
        return TRUE;
    const char *address = store_rows_text(readers, 0, "address");
    if (!bounce_is_marked(act, address, &marked, error) ||
        (marked && !bounce_find_other(act, address, NULL, other, error)))
        return FALSE;
    for (guint i = 1; other->address && i < store_rows_count(readers); i++)
        if (strcmp(store_rows_text(readers, i, "address"), other->address) == 0)
            *own = i;
    return TRUE;
}

/* `other->address` NULL: to the reader, where that is now. */
static gboolean
set_recipient(struct act *act, gint64 outbox_id, const store_rows *to, guint i, const bounce_other *other,
              GError **error)
{
    const char *address = store_rows_text(to, i, "address");
    json_t *instead = json_pack("{s:s}", "instead_of", address);
    char *data = other->address ? json_dumps(instead, JSON_COMPACT) : NULL;
    gboolean done =
        store_run(act->tx, STMT_OVERVIEW_RECIPIENT, error, store_int(outbox_id),
                  store_text(other->address ? other->address : address),
                  store_text(other->address ? other->name : store_rows_text(to, i, "name")),
                  store_text(other->address ? other->language : store_rows_text(to, i, "language")), store_text(data));
    free(data); /* jansson's, from malloc */
    json_decref(instead);
    return done;
}

/* The stand-in's own, which tells of it, is due now, but not within an interval of the one before. */
static gboolean
leave_to(struct act *act, const struct overview_reader *stand_in, const store_rows *readers, guint own, GError **error)
{
    gint64 due_at = 0;
    g_autoptr(store_rows) open = store_query(act->tx, STMT_OVERVIEW_OPEN, error, store_int(stand_in->organisation_id),
                                             store_int(stand_in->member_id));
    return open && earliest(act, stand_in, &due_at, error) &&
           (store_rows_count(open) || open_one(act, stand_in, readers, own, due_at, error));
}

/* What would go to the notification address and was in none of the stand-in's own. */
static gboolean
cover_for_address(struct act *act, gint64 id, const struct overview_reader *stand_in, gint64 *covered, GError **error)
{
    gint64 messages = 0, answers = 0;
    const struct store_value values[] = {store_int(id),
                                         store_int(stand_in->organisation_id),
                                         store_int(ITEMS),
                                         store_int(stand_in->member_id),
                                         {.type = STORE_END}};
    const struct store_value organisations[] = {
        store_int(id), store_int(stand_in->organisation_id), store_int(ITEMS), {.type = STORE_END}};
    gboolean done = store_run_values(act->tx, STMT_OVERVIEW_COVER_STAND_IN, values, &messages, error) &&
                    store_run_values(act->tx, STMT_OVERVIEW_COVER_ANSWERS, organisations, &answers, error);
    *covered += messages + answers;
    return done;
}

/* It goes to where the reader is now, not when it was expected; to nobody who no longer wants it. */
static gboolean
fill(struct act *act, gint64 id, const struct overview_reader *reader, gint64 outbox_id, gint64 *covered,
     GError **error)
{
    guint i = 0, own = 0;
    g_auto(bounce_other) other = {0};
    g_autoptr(store_rows) readers =
        store_query(act->tx, STMT_OVERVIEW_READERS, error, store_int(reader->organisation_id));
    if (!readers || !find_stand_in(act, readers, &other, &own, error))
        return FALSE;
    while (i < store_rows_count(readers) && store_rows_int(readers, i, "member_id") != reader->member_id)
        i++;
    if (i == store_rows_count(readers))
        return TRUE;
    const struct overview_reader stand_in = {reader->organisation_id,
                                             own ? store_rows_int(readers, own, "member_id") : 0};
    if (own && !reader->member_id)
        return leave_to(act, &stand_in, readers, own, error);
    if (reader->member_id)
        bounce_other_clear(&other);
    return set_recipient(act, outbox_id, readers, i, &other, error) && cover(act, id, reader, covered, error) &&
           (!own || own != i || cover_for_address(act, id, &stand_in, covered, error));
}

/* Fixes the content; what did not fit opens the next. */
static gboolean
fix(struct act *act, gint64 id, const struct overview_reader *reader, gint64 outbox_id, gboolean *send, GError **error)
{
    gint64 covered = 0;
    if (!store_run(act->tx, STMT_OVERVIEW_CLAIM, error, store_int(id), store_int(act->now)) ||
        !fill(act, id, reader, outbox_id, &covered, error) || (covered >= ITEMS && !expect_again(act, reader, error)))
        return FALSE;
    *send = covered > 0;
    return *send || store_run(act->tx, STMT_OUTBOX_CANCEL, error, store_int(outbox_id));
}

static struct overview_reader
reader_of(const store_rows *overview)
{
    return (struct overview_reader){store_rows_int(overview, 0, "organisation_id"),
                                    store_rows_int(overview, 0, "member_id")};
}

gboolean
overview_claim(struct act *act, gint64 id, gint64 outbox_id, gboolean *send, GError **error)
{
    gboolean put_off = FALSE;
    *send = TRUE;
    g_autoptr(store_rows) overview = store_query(act->tx, STMT_OVERVIEW_BY_ID, error, store_int(id));
    if (!overview)
        return FALSE;
    if (!store_rows_is_null(overview, 0, "claimed_at")) /* a retry: its content stays what it was */
        return TRUE;
    const struct overview_reader reader = reader_of(overview);
    if (!put_off_behind_another(act, id, &reader, &put_off, error))
        return FALSE;
    if (!put_off)
        return fix(act, id, &reader, outbox_id, send, error);
    *send = FALSE;
    return TRUE;
}

/* ---- what became of it ---- */

/* A member's own may have told of what would have gone to the notification address. */
gboolean
overview_failed(struct act *act, gint64 id, GError **error)
{
    gint64 released = 0, members = 0;
    g_autoptr(store_rows) overview = store_query(act->tx, STMT_OVERVIEW_BY_ID, error, store_int(id));
    if (!overview)
        return FALSE;
    const struct overview_reader reader = reader_of(overview), address = {reader.organisation_id, 0};
    const struct store_value values[] = {store_int(id), {.type = STORE_END}};
    const struct store_value member[] = {store_int(reader.member_id), store_int(id), {.type = STORE_END}};
    return store_run_values(act->tx, STMT_OVERVIEW_UPTO_BACK, member, &members, error) &&
           store_run(act->tx, STMT_OVERVIEW_ITEMS_KEEP, error, store_int(id)) &&
           store_run_values(act->tx, STMT_OVERVIEW_RELEASE, values, &released, error) &&
           store_run(act->tx, STMT_OVERVIEW_ITEMS_DROP, error, store_int(id)) &&
           (!members || expect_again(act, &reader, error)) && (!released || expect_again(act, &address, error));
}

/* One that is not claimed yet tells of nothing, but no other could open beside it. */
gboolean
overview_cancelled(struct act *act, gint64 id, GError **error)
{
    return store_run(act->tx, STMT_OVERVIEW_CLAIM, error, store_int(id), store_int(act->now)) &&
           overview_failed(act, id, error);
}

gboolean
overview_sent(struct act *act, gint64 id, GError **error)
{
    gint64 due_at = act->now + act->market->conf->overview_interval;
    g_autoptr(store_rows) sent = store_query(act->tx, STMT_OVERVIEW_SENT, error, store_int(id), store_int(act->now));
    if (!sent || !store_rows_count(sent))
        return sent != NULL;
    const struct overview_reader reader = reader_of(sent);
    g_autoptr(store_rows) next = store_query(act->tx, STMT_OVERVIEW_POSTPONE, error, store_int(reader.organisation_id),
                                             store_int(reader.member_id), store_int(due_at));
    if (!next || !store_rows_count(next))
        return next != NULL;
    return store_run(act->tx, STMT_OVERVIEW_OUTBOX_POSTPONE, error, store_int(store_rows_int(next, 0, "id")),
                     store_int(due_at));
}
