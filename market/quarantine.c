#include "market/quarantine.h"

#include "lib/text.h"
#include "market/audit.h"
#include "market/notify.h"

const char quarantine_no_words[] = "not-relayed.no-words";
const char quarantine_distrusted_words[] = "not-relayed.distrusted";
const char quarantine_lie[] = "DMARC says that the sender is not who it claims to be";

gboolean
quarantine_add(struct act *act, const struct incoming *in, gint64 raw_id, const char *reason, const char *recipient,
               gint64 conversation_id, GError **error)
{
    const char *author = in->author_address;
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_QUARANTINE_ADD, error, store_int(raw_id), store_text(reason),
                                             store_text(author ? author : ""), store_text(recipient),
                                             store_text(in->subject), store_ref(conversation_id), store_int(act->now));
    return rows && audit_add(act, author ? author : "<>", "quarantined", store_rows_int(rows, 0, "id"), reason, error);
}

static json_t *
facts_of(struct act *act, const struct incoming *in, const char *words)
{
    return json_pack("{s:{s:s}, s:s, s:I}", "reason", "say", words, "mail_subject", in->subject, "at_time",
                     (json_int_t)act->now);
}

gboolean
quarantine_and_tell(struct act *act, const struct incoming *in, gint64 raw_id, const char *recipient,
                    const struct conversation *c, enum side side, const char *reason, const char *words,
                    const char *cause, GError **error)
{
    json_t *data = facts_of(act, in, words);
    gboolean done = quarantine_add(act, in, raw_id, reason, recipient, c->id, error) &&
                    notify_side(act, "not-relayed", c, side, data, cause, error);
    json_decref(data);
    return done;
}

/* ---- without a link ---- */

/* The organisation that an address acts for, or the merchant that is registered or did write, with where and how to
 * tell it; an address of NULL: neither. */
struct registered {
    struct organisation *organisation;
    struct merchant *merchant;
    struct addressee to;
};

static gboolean
is_to_be_told(struct act *act, const struct merchant *m, const char *address, gboolean *is, GError **error)
{
    *is = m && m->registered;
    if (!m || *is)
        return TRUE;
    g_autoptr(store_rows) wrote =
        store_query(act->tx, STMT_MERCHANT_WROTE, error, store_int(m->id), store_text(address));
    *is = wrote && store_rows_count(wrote);
    return wrote != NULL;
}

static gboolean
find_registered(struct act *act, const char *address, struct registered *r, GError **error)
{
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_ORG_OF_ADDRESS, error, store_text(address));
    gboolean told = FALSE;
    if (!rows || !merchant_by_address(act, address, &r->merchant, error) ||
        !is_to_be_told(act, r->merchant, address, &told, error))
        return FALSE;
    if (told)
        r->to = addressee_merchant(r->merchant);
    if (!store_rows_count(rows))
        return TRUE;
    if (!organisation_by_id(act, store_rows_int(rows, 0, "organisation_id"), &r->organisation, error))
        return FALSE;
    r->to = addressee_organisation(r->organisation);
    r->to.address = address;
    return TRUE;
}

static gboolean
tell_registered(struct act *act, const struct incoming *in, const struct addressee *to, const char *words,
                GError **error)
{
    g_autofree char *cause = g_strdup_printf("%s-%" G_GINT64_FORMAT, words, act->now / 86400);
    json_t *data = facts_of(act, in, words), *no_answer = json_pack("{s:s, s:[]}", "reply_address", "", "actions");
    json_object_update(data, no_answer);
    json_decref(no_answer);
    return notify_one(act, "not-relayed", to, 0, data, cause, error);
}

gboolean
quarantine_and_tell_author(struct act *act, const struct incoming *in, gint64 raw_id, const char *recipient,
                           const char *reason, const char *words, GError **error)
{
    struct registered r = {0};
    gboolean done = quarantine_add(act, in, raw_id, reason, recipient, 0, error) &&
                    (!in->author_address || find_registered(act, in->author_address, &r, error)) &&
                    (!r.to.address || tell_registered(act, in, &r.to, words, error));
    organisation_free(r.organisation);
    merchant_free(r.merchant);
    return done;
}

gboolean
quarantine_distrusted(struct act *act, const struct incoming *in, gint64 raw_id, const char *recipient, GError **error)
{
    return quarantine_and_tell_author(act, in, raw_id, recipient, quarantine_lie, quarantine_distrusted_words, error);
}
