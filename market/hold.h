/*
 * Mails of which it is not clear which conversation they belong to (market/route.h). Such a mail is kept, its sender
 * asked with one reply address a conversation, and the answer passes the mail on, once. After 14 days without an answer
 * the sender is told that nothing was passed on; the mail stays in quarantine, where it was all the time.
 *
 * A choice's link (LINK_CHOICE) names the held row and the place among its choices; HOLD_NO_CHOICE is the question's
 * own address, which answers nothing.
 */
#ifndef POSTERN_MARKET_HOLD_H
#define POSTERN_MARKET_HOLD_H

#include "market/route.h"

enum { HOLD_NO_CHOICE = 15 };

/* Why such a mail is in quarantine, while it waits. */
extern const char hold_reason[];

/* Keeps the mail and asks its author, who is registered for all of the route's choices. `raw_id`: its stored mail. */
gboolean hold_ask(struct act *act, const struct incoming *in, enum side side, const struct route *route, gint64 raw_id,
                  const char *recipient, GError **error);

/* What a choice's link means now. */
struct hold_choice {
    enum { HOLD_UNKNOWN, HOLD_OPEN, HOLD_ANSWERED, HOLD_OVER, HOLD_UNCHOSEN } state;
    gint64 held_id, raw_id, quarantine_id;
    gint64 conversation_id;
    gboolean whole; /* its matched request's conversations together */
    enum side side;
};
gboolean hold_look(struct act *act, const struct link_token *token, struct hold_choice *choice, GError **error);
/* The choice was made: no other can be any more. `answer_raw_id`: the mail that made it. */
gboolean hold_release(struct act *act, const struct hold_choice *choice, gint64 answer_raw_id, GError **error);

/* A mail that waits, read anew for the rules. Reading is slow: before the transaction. */
struct held_mail {
    enum link_purpose purpose; /* what asks for it: LINK_CHOICE, LINK_CONFIRM */
    gint64 id, raw_id;         /* of the held row, or of the confirmation */
    char *sender, *recipients[2];
    GBytes *raw;
    struct mail *mail;
    struct delivery delivery;
    struct incoming in;
};
/* `*held` NULL with TRUE: there is nothing to release behind the link. */
gboolean hold_read(const struct market *market, const struct link_token *token, gint64 now, struct held_mail **held,
                   GError **error);
/* From the snapshot, and then outside of it. `sender`, `recipient`: of its envelope; NULL on error. */
struct held_mail *held_mail_load(store_tx *tx, const struct link_token *asks, gint64 raw_id, const char *sender,
                                 const char *recipient, GError **error);
gboolean held_mail_read(const struct market *market, struct held_mail *held, GError **error);
void held_mail_free(struct held_mail *held);

/* Timer: nobody answered in time. */
gboolean hold_run(struct act *act, gint64 held_id, GError **error);

/* For the question's mail: {number, link, subject, organisation or merchant} of each choice. A new reference. */
json_t *hold_choices(struct act *act, gint64 held_id, GError **error);
/* The question's own address. */
char *hold_address(const struct market *market, gint64 held_id, gint64 created_at);

#endif
