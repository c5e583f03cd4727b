/*
 * Addresses that mail comes back from, and who is to have it instead.
 *
 * One failure for good marks an address; of failures that may pass, five within seven days. A mark goes when a mail
 * comes from the address, or when the admin tries one of its mails again.
 */
#ifndef POSTERN_MARKET_BOUNCE_H
#define POSTERN_MARKET_BOUNCE_H

#include "market/party.h"

/* Whether a server's words say that the address will never work: no such mailbox, no such domain, moved. */
gboolean bounce_is_hard(const char *reply);

gboolean bounce_note(struct act *act, const char *address, gboolean hard, const char *reply, GError **error);
gboolean bounce_forget(struct act *act, const char *address, GError **error);
gboolean bounce_is_marked(struct act *act, const char *address, gboolean *marked, GError **error);

/* Another member of the organisation that the address acts for, the owner first, none that is marked. `*other` NULL
 * with TRUE: there is none. Caller frees both. */
gboolean bounce_find_other(struct act *act, const char *address, char **other, char **name, GError **error);

#endif
