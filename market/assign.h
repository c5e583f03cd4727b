/*
 * Who of an organisation works on a job (R20). An assignee hears by mail, and from then on gets each message about that
 * job at once: the merchant's, and what colleagues answer. The notification address has them in its overview all the
 * same, with who answered (Decisions 10); an assignee at that very address gets them at once instead.
 */
#ifndef POSTERN_MARKET_ASSIGN_H
#define POSTERN_MARKET_ASSIGN_H

#include "market/perform.h"

gboolean assign_is_assigned(struct act *act, const struct conversation *c, gboolean *assigned, GError **error);
/* Is it assigned to a member at this address? */
gboolean assign_has(struct act *act, const struct conversation *c, const char *address, gboolean *has, GError **error);

/* To each assignee but `author` (NULL: none). `held`: a partner's words, after the hold time. */
gboolean assign_tell_message(struct act *act, const struct conversation *c, gint64 message_id, const char *author,
                             gboolean held, GError **error);
/* To each assignee but `but` (NULL: none): a notice of `kind`, as notify_side(). */
gboolean assign_tell(struct act *act, const char *kind, const struct conversation *c, const char *but, json_t *data,
                     const char *cause, GError **error);

command_fn assign_perform, assign_perform_take;

#endif
