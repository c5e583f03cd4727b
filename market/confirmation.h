/*
 * Commands that wait for a word more: those that cannot be taken back, and those that matter from a sender who is not
 * certain. The question goes to the registered address only; its link is single use, lives a day, and is bound to the
 * command and to the state it was asked in. A mail is the only way to use it: no scanner can press it.
 */
#ifndef POSTERN_MARKET_CONFIRMATION_H
#define POSTERN_MARKET_CONFIRMATION_H

#include "market/hold.h"
#include "market/perform.h"

/* One command that waits. All borrowed. */
struct question {
    gint64 organisation_id;
    const struct conversation *conversation; /* NULL: about none */
    enum side side;
    const char *actor;   /* the registered address that it is mailed to, and whose confirmation alone counts */
    const char *command; /* the line that will be performed */
    gboolean whole;      /* in all conversations of its request */
    gint64 raw_id;       /* the mail that asks, where confirmation_keeps_mail(); 0 */
};
/* Files of a mail that proposes, invoices or asks for changes are meant to go with that: such a mail, when the command
 * has to be confirmed, waits with it. */
gboolean confirmation_keeps_mail(const struct performing *p, enum command_id command);
/* Writes it down. The address to confirm at, caller frees; whoever calls mails it to the actor and to nobody else. */
char *confirmation_add(struct act *act, const struct question *question, GError **error);

/* Asks. `would`: what the command would do, as transcript items (borrowed). */
gboolean confirmation_ask(struct performing *p, const struct command *command, json_t *would, GError **error);

/* After the mail that asked is done: what it did itself, and that it opened the job, is part of the state it was asked
 * in. */
gboolean confirmation_settle(struct performing *p, GError **error);

/* A mail to a confirmation's link. Acts once, for the one it was mailed to, in the state it was asked in; tells
 * otherwise why not. */
gboolean confirmation_take(struct act *act, const struct incoming *in, gint64 id, const char *recipient, gint64 raw_id,
                           const struct held_mail *asked, GError **error);
/* `asked` for it: the mail that waits with the command, read before the transaction. NULL with TRUE: none does. */
gboolean confirmation_read(const struct market *market, gint64 id, struct held_mail **asked, GError **error);

/* Timer "confirm": the time is over. What waited with it is told to its author as not sent. */
gboolean confirmation_run(struct act *act, gint64 id, GError **error);

#endif
