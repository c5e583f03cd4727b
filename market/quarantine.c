#include "market/quarantine.h"

#include "lib/text.h"
#include "market/audit.h"
#include "market/notify.h"

const char quarantine_no_words[] = "not-relayed.no-words";
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

gboolean
quarantine_and_tell(struct act *act, const struct incoming *in, gint64 raw_id, const char *recipient,
                    const struct conversation *c, enum side side, const char *reason, const char *words,
                    const char *cause, GError **error)
{
    json_t *data = json_pack("{s:{s:s}, s:s, s:I}", "reason", "say", words, "subject", in->subject, "at_time",
                             (json_int_t)act->now);
    gboolean done = quarantine_add(act, in, raw_id, reason, recipient, c->id, error) &&
                    notify_side(act, "not-relayed", c, side, data, cause, error);
    json_decref(data);
    return done;
}
