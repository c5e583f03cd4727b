/*
 * Addresses that mail comes back from, and who is to have it instead.
 *
 * One failure for good marks an address; of failures that may pass, five within seven days. A mark is of the address
 * and says that nobody reads there; it goes when there is a sign of somebody: a mail from it that no filter calls a
 * lie, a read receipt of one of ours, its being written down anew (/prefs, /member, the import), or the admin's word.
 * The relay's 250 is no such sign, for what it has taken may still come back.
 */
#ifndef POSTERN_MARKET_BOUNCE_H
#define POSTERN_MARKET_BOUNCE_H

#include <jansson.h>

#include "market/party.h"

enum { BOUNCE_SOFT_MOST = 5 }; /* failures that may pass, within seven days */

/* Whether a server's words say that the address will never work: no such mailbox, no such domain, moved. */
gboolean bounce_is_hard(const char *reply);

gboolean bounce_note(struct act *act, const char *address, gboolean hard, const char *reply, GError **error);
gboolean bounce_forget(struct act *act, const char *address, GError **error);
gboolean bounce_is_marked(struct act *act, const char *address, gboolean *marked, GError **error);

/* Who has a mail in a marked address's place. */
struct bounce_other {
    char *address; /* NULL: nobody */
    char *name;
    char *language; /* the member's own, else the organisation's */
};
void bounce_other_clear(struct bounce_other *other);
typedef struct bounce_other bounce_other;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(bounce_other, bounce_other_clear)

/* Another member of the organisation that the address acts for, the owner first, none that is marked, nor `about`
 * (NULL: none), whom the mail is about. */
gboolean bounce_find_other(struct act *act, const char *address, const char *about, struct bounce_other *other,
                           GError **error);

/* What failed, the latest first: [{address, marked, reason, failures, first_at, last_at, reply, organisation,
 * merchant}]. `reason` is why it is marked, "permanent" or "repeated"; else null. */
struct bounce_filter {
    gboolean marked;        /* those alone */
    const char *who;        /* an address or "@DOMAIN"; NULL: all */
    gint64 organisation_id; /* its notification address and its members; 0: all */
    gint64 merchant_id;     /* its addresses; 0: all */
    gint64 limit;
};
json_t *bounce_list(store_tx *tx, const struct bounce_filter *filter, GError **error);

/* By the admin's hand, in the audit: forgets what failed at an address or at all of a domain ("@DOMAIN"). Returns what
 * was forgotten, or (`dry`) would be, as bounce_list() does. NOT_FOUND: nothing failed there. */
json_t *bounce_clear(const struct market *market, const char *who, gint64 now, gboolean dry, GError **error);

#endif
