/*
 * Parties: who an address is, as the registry has it. Plus the context that all rules of one transaction share.
 */
#ifndef POSTERN_MARKET_PARTY_H
#define POSTERN_MARKET_PARTY_H

#include "market/market.h"

/* One run of a store function: where, when, and what came of it for the outside. */
struct act {
    const struct market *market;
    store_tx *tx;
    gint64 now;
    gboolean wake; /* something is due at once */
    /* Which organisations this one mail has reached already (gint64); NULL outside of receiving. A mail to two of our
     * addresses that lead to the same place is stored and told once. */
    GArray *reached;
    guint told;                  /* answers to this one mail so far: each is a cause of its own */
    gint64 undo_id;              /* the row of a partner's mail that may still be taken back (market/undo.h); 0: none */
    gint64 undo_conversation_id; /* whose it is */
};

/* The cause of the next mail that answers the mail `key` (struct incoming). Caller frees. */
char *act_cause(struct act *act, const char *key);

/* Has it been reached? Notes it. */
gboolean act_reaches(struct act *act, gint64 organisation_id);

struct organisation {
    gint64 id;
    char *slug, *name, *language, *notify;
    char *profile_url; /* never NULL */
    char *timezone;    /* IANA's name; NULL: the gateway's */
    gboolean published, available;
    gboolean calendar; /* wants deadlines in its calendar */
    gint64 services;
};
void organisation_free(struct organisation *organisation);
typedef struct organisation organisation;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(organisation, organisation_free)

/* Open for new work (R1, R4). */
gboolean organisation_is_open(const struct organisation *organisation);

/* `*organisation` NULL with TRUE: there is none. */
gboolean organisation_by_slug(struct act *act, const char *slug, struct organisation **organisation, GError **error);
gboolean organisation_by_id(struct act *act, gint64 id, struct organisation **organisation, GError **error);
/* Does the address act for it (its notification address, its members')? */
gboolean organisation_has_address(struct act *act, gint64 id, const char *address, gboolean *has, GError **error);

struct merchant {
    gint64 id;
    char *name, *address;       /* where mail goes */
    char *language;             /* NULL: not known */
    char *phone;                /* NULL */
    gboolean registered;        /* FALSE: a lead (R8) */
    gint64 shop_id;             /* 0: none */
    char *shop_name, *shop_url; /* NULL: none */
};
void merchant_free(struct merchant *merchant);
typedef struct merchant merchant;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(merchant, merchant_free)

gboolean merchant_by_address(struct act *act, const char *address, struct merchant **merchant, GError **error);
gboolean merchant_by_id(struct act *act, gint64 id, struct merchant **merchant, GError **error);
/* A lead: an address that nobody imported. */
gboolean merchant_add_lead(struct act *act, const char *address, const char *name, const char *language,
                           const char *phone, struct merchant **merchant, GError **error);
/* May the address speak for the merchant: its own, or registered staff's of the same shop (Decisions 5)? */
gboolean merchant_has_address(struct act *act, gint64 id, const char *address, gboolean *has, GError **error);

/* May it be made an address of that organisation's (0: of a merchant's)? Nobody else acts or is answered there: no
 * other organisation, merchant, lead, nor the gateway. A caller does not tell which. */
gboolean party_is_free(struct act *act, const char *address, gint64 organisation_id, gboolean *is, GError **error);

/* What the other side may see as a name: never one that holds an address. `fallback` instead. */
char *party_public_name(const char *name, const char *fallback);

#endif
