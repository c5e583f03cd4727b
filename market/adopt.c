#include "market/adopt.h"

#include "market/action.h"
#include "market/confirmation.h"
#include "market/notify.h"
#include "market/quarantine.h"

enum { ADDRESSES_MOST = 20 };

/* Whom the question goes to, and what a yes to it does: a colleague for the organisation, an address for a merchant. */
static gboolean
offer(struct act *act, const struct incoming *in, const struct conversation *c, enum side side, json_t *data,
      GError **error)
{
    g_autoptr(organisation) organisation = NULL;
    g_autoptr(merchant) merchant = NULL;
    gboolean partner = side == SIDE_PARTNER;
    if (!organisation_by_id(act, c->organisation_id, &organisation, error) ||
        !merchant_by_id(act, c->merchant_id, &merchant, error))
        return FALSE;
    g_autofree char *command =
        g_strdup_printf("/%s add %s", command_name(partner ? COMMAND_MEMBER : COMMAND_ALIAS), in->author_address);
    const struct question question = {
        .organisation_id = c->organisation_id,
        .conversation = partner ? NULL : c,
        .side = side,
        .actor = partner ? organisation->notify : merchant->address,
        .command = command,
    };
    g_autofree char *address = confirmation_add(act, &question, error);
    if (!address)
        return FALSE;
    const char *language = partner ? organisation->language : merchant->language;
    json_t *actions = json_array();
    action_add(actions, address, COMMAND_CONFIRM, NULL, language);
    json_object_set_new(json_array_get(actions, 0), "say", json_string("action.adopt"));
    json_object_set_new(json_array_get(actions, 0), "address", json_string(in->author_address));
    json_object_set_new(data, "more_actions", actions);
    return TRUE;
}

gboolean
adopt_ask(struct act *act, const struct incoming *in, gint64 raw_id, const char *recipient,
          const struct conversation *c, enum side side, const char *cause, GError **error)
{
    gboolean free = FALSE;
    if (!quarantine_add(act, in, raw_id, "the sender is not registered for this reply address", recipient, c->id,
                        error) ||
        (in->author_address &&
         !party_is_free(act, in->author_address, side == SIDE_PARTNER ? c->organisation_id : 0, &free, error)))
        return FALSE;
    json_t *data = json_pack("{s:{s:s}, s:s, s:I}", "reason", "say", "not-relayed.unregistered", "mail_subject",
                             in->subject, "at_time", (json_int_t)act->now);
    gboolean done =
        (!free || offer(act, in, c, side, data, error)) && notify_side(act, "not-relayed", c, side, data, cause, error);
    json_decref(data);
    return done;
}

gboolean
adopt_perform_merchant(struct performing *p, const char *address, GError **error)
{
    gboolean free = FALSE;
    if (!address)
        return perform_fail(p, "cannot.address_missing", NULL);
    gint64 merchant_id = p->conversation->merchant_id;
    g_autoptr(store_rows) own = store_query(p->act->tx, STMT_LIST_MERCHANT_ADDRESSES, error, store_int(merchant_id));
    if (!own || !party_is_free(p->act, address, 0, &free, error))
        return FALSE;
    if (!free)
        return perform_fail(p, "cannot.address_taken", json_pack("{s:s}", "address", address));
    if (store_rows_count(own) >= ADDRESSES_MOST)
        return perform_fail(p, "cannot.too_many_aliases", json_pack("{s:i}", "most", ADDRESSES_MOST));
    if (!store_run(p->act->tx, STMT_MERCHANT_ADDRESS_ADD, error, store_text(address), store_int(merchant_id),
                   store_int(store_rows_count(own))))
        return FALSE;
    perform_said(p, "said.alias_added", json_pack("{s:s}", "address", address));
    return TRUE;
}
