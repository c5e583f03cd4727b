/*
 * Who is told what: outbox rows written by the rules. What a row means when it is rendered is market/notice.h's.
 */
#ifndef POSTERN_MARKET_NOTIFY_H
#define POSTERN_MARKET_NOTIFY_H

#include <jansson.h>

#include "market/conversation.h"
#include "market/outbox.h"

/* Who gets a mail. Borrowed. */
struct addressee {
    const char *address, *name; /* NULL: no name */
    const char *language;       /* NULL: not known */
    const char *side;           /* "partner", "merchant", "other": whose copies thread */
};
struct addressee addressee_organisation(const struct organisation *organisation); /* its notification address */
struct addressee addressee_merchant(const struct merchant *merchant);

/* A row to be. Everything borrowed. */
struct notification {
    const char *kind; /* see the table in notice.c */
    struct addressee to;
    gint64 conversation_id; /* 0: none */
    gint64 message_ref;     /* the message that it carries or that caused it; 0 */
    gint64 overview_id;     /* 0 */
    json_t *data;           /* what cannot be read from the rows; NULL */
    const char *cause;      /* with kind and recipient the key that keeps a cause from being told twice */
    gint64 due_at;
    gboolean held; /* goes after the hold time, and is taken back with the partner's mail that causes it */
};
gboolean notify_add(struct act *act, const struct notification *notification, GError **error);
/* The plain case: at once, `data` (taken over) says all. `conversation_id`: 0: about none. */
gboolean notify_one(struct act *act, const char *kind, const struct addressee *to, gint64 conversation_id, json_t *data,
                    const char *cause, GError **error);

gboolean notify_first_contact(struct act *act, const struct organisation *organisation, const struct merchant *merchant,
                              gint64 conversation_id, gint64 message_id, GError **error);
/* The acknowledgement to whoever wrote (Decisions 3): one a mail, which `cause` names. */
gboolean notify_ack(struct act *act, const struct merchant *merchant, const char *cause, gint64 conversation_id,
                    gint64 message_id, GError **error);
/* To the organisation or the merchant of a conversation: `kind` with `data`. */
gboolean notify_side(struct act *act, const char *kind, const struct conversation *conversation, enum side side,
                     json_t *data, const char *cause, GError **error);
/* The same, held with the partner's mail that causes it. */
gboolean notify_side_held(struct act *act, const char *kind, const struct conversation *conversation, enum side side,
                          json_t *data, const char *cause, GError **error);
/* To one address of the organisation's: `kind` with `data`. */
gboolean notify_member(struct act *act, const char *kind, const struct conversation *conversation, const char *address,
                       const char *name, json_t *data, const char *cause, GError **error);
gboolean notify_member_held(struct act *act, const char *kind, const struct conversation *conversation,
                            const char *address, const char *name, const char *cause, GError **error);
/* A message to an assignee (R20): the merchant's at once, a colleague's (`held`) with its relay. */
gboolean notify_colleague(struct act *act, const struct conversation *conversation, const char *address,
                          const char *name, gint64 message_id, gboolean held, GError **error);
/* The job was assigned to a member, by whom. */
gboolean notify_assigned(struct act *act, const struct conversation *conversation, const char *address,
                         const char *name, const char *by, const char *cause, GError **error);
/* To its notification address, at once, about no conversation. `data` is taken over. */
gboolean notify_organisation(struct act *act, const struct organisation *organisation, const char *kind, json_t *data,
                             const char *cause, GError **error);
/* `key`: of a string, "admin.…", which has its subject in "KEY.subject"; both see `facts` (taken over). */
gboolean notify_admin(struct act *act, const char *key, json_t *facts, const char *cause, GError **error);

/* Outbox row `row` (STMT_OUTBOX_BY_ID) did not arrive: an organisation's mail goes to another member, whose words it
 * carried is told, and the admin. Failures of these mails end here. What it says of the address is the caller's
 * (market/bounce.h). */
gboolean notify_failure(struct act *act, const store_rows *row, const char *reply, GError **error);

#endif
