/*
 * Who takes part: organisations, members, services, preferences, merchants and shops. Import and single changes.
 *
 * An import is all or nothing and idempotent: importing the same twice changes nothing the second time. Entries are matched by slug
 * (organisations), address (members, merchants) and URL (shops); what an entry names is set, entries not named stay as they are.
 */
#ifndef POSTERN_MARKET_REGISTRY_H
#define POSTERN_MARKET_REGISTRY_H

#include "market/market.h"

struct registry_member {
    char *address, *name;
    gboolean owner;
};

struct registry_service {
    char *slug;          /* "theme-design" */
    gint64 rate;         /* minor units an hour; 0: none given */
    char *currency;      /* ISO 4217; NULL */
};

struct registry_organisation {
    char *slug, *name, *language, *notify;
    char *profile_url; /* NULL: from gateway.profile_url */
    gboolean published, available, searchable, matched, dropshipping;
    GPtrArray *members;  /* struct registry_member */
    GPtrArray *services; /* struct registry_service */
};

struct registry_merchant {
    GPtrArray *addresses; /* char *; the first is where mail goes */
    char *name, *language;
    char *shop_name, *shop_url; /* NULL: no shop */
};

struct registry {
    GPtrArray *organisations; /* struct registry_organisation */
    GPtrArray *merchants;     /* struct registry_merchant */
};

struct registry_summary {
    guint organisations_added, organisations_changed, organisations_same;
    guint merchants_added, merchants_changed, merchants_same;
};

void registry_free(struct registry *registry);
typedef struct registry registry;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(registry, registry_free)

/* Reads the JSON text of an import file. Each error is one string `/organisations/2/members/0/address: what is wrong` (a JSON Pointer,
 * RFC 6901) added to `errors`; NULL when there was any. All errors are found, not the first alone. */
registry *registry_parse(const char *json, gsize length, const struct conf *conf, GPtrArray *errors);

/* Writes it. With `dry_run` the transaction is rolled back and the summary says what would happen. CONFLICT when an address already
 * belongs to another side (a member who is a merchant, an address of two organisations). */
gboolean registry_import(const struct market *market, const struct registry *registry, gboolean dry_run, gint64 now,
                         struct registry_summary *summary, GError **error);

#endif
