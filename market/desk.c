#include "market/desk.h"

#include "market/perform.h"
#include "market/quarantine.h"
#include "market/transcript.h"

gboolean
desk_find(struct act *act, const struct incoming *in, gint64 holder, struct organisation **organisation, GError **error)
{
    *organisation = NULL;
    if (!in->author_address)
        return TRUE;
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_ORG_OF_ADDRESS, error, store_text(in->author_address));
    if (!rows || !store_rows_count(rows))
        return rows != NULL;
    gint64 id = store_rows_int(rows, 0, "organisation_id");
    if (holder < 0 && -holder != id)
        return TRUE;
    if (holder > 0) {
        g_autoptr(store_rows) member = store_query(act->tx, STMT_MEMBER_BY_ID, error, store_int(holder));
        if (!member)
            return FALSE;
        if (!store_rows_count(member) || store_rows_int(member, 0, "organisation_id") != id)
            return TRUE;
    }
    return organisation_by_id(act, id, organisation, error);
}

char *
desk_address(struct act *act, gint64 organisation_id, gint64 member_id)
{
    struct link_token token = {LINK_DESK, member_id ? member_id : -organisation_id,
                               act->now + act->market->conf->link_lifetime};
    return link_address(act->market, &token);
}

/* Nobody is there to read ordinary text. */
static gboolean
take_commands(struct performing *p, const struct desk_mail *mail, GError **error)
{
    gboolean done = FALSE;
    if (!mail->in->commands.list->len)
        perform_fail(p, "cannot.desk_without_command", NULL);
    else if (!perform_commands(p, &mail->in->commands, NULL, NULL, &done, error))
        return FALSE;
    if (done && *p->message)
        perform_said(p, "said.desk_text_not_read", NULL);
    return (done || quarantine_add(p->act, p->in, p->raw_id, "a command said no", mail->recipient, 0, error)) &&
           transcript_send(p, done, error);
}

gboolean
desk_take(const struct desk_mail *mail, const struct organisation *organisation, GError **error)
{
    const struct incoming *in = mail->in;
    struct performing p = {
        .act = mail->act,
        .in = in,
        .side = SIDE_PARTNER,
        .organisation = organisation,
        .actor = in->author_address,
        .actor_name = in->author_name,
        .raw_id = mail->raw_id,
        .trust = trust_of(mail->act->market->conf, in, mail->holder != 0),
        .message = in->commands.message,
        .items = json_array(),
    };
    gboolean done;
    if (incoming_is_by_machine(in))
        done = quarantine_add(p.act, in, p.raw_id, "automatic mail", mail->recipient, 0, error);
    else if (p.trust == TRUST_QUARANTINE)
        done = quarantine_distrusted(p.act, in, p.raw_id, mail->recipient, error);
    else
        done = performing_find_member(&p, error) && take_commands(&p, mail, error);
    json_decref(p.items);
    return done;
}
