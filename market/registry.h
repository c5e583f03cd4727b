/*
 * Who takes part: organisations, members, services, preferences, merchants and shops. Import and single changes.
 *
 * An import is all or nothing and idempotent: importing the same twice changes nothing the second time. Entries are
 * matched by slug (organisations), address (members, merchants) and URL (shops); what an entry names is set, entries
 * and fields not named stay as they are, and a list that is named (members, services, addresses) replaces the list that
 * was there. The JSON's shape is in postern-market(5).
 *
 * A registered merchant whose addresses were seen before as a lead's takes the lead's requests and conversations over.
 */
#ifndef POSTERN_MARKET_REGISTRY_H
#define POSTERN_MARKET_REGISTRY_H

#include "market/market.h"

struct registry_member {
    char *address, *name; /* name NULL: not named */
    gboolean owner;       /* or REGISTRY_UNNAMED */
};

struct registry_service {
    char *slug;     /* "theme-design" */
    gint64 rate;    /* minor units an hour; 0: none given */
    char *currency; /* ISO 4217; NULL */
};

/* In place of a gboolean: the entry does not say. TRUE for what is new (a member is no owner). */
#define REGISTRY_UNNAMED (-1)

struct registry_organisation {
    char *slug, *name;
    char *language;    /* NULL: not named; a new one has gateway.language */
    char *notify;      /* NULL: not named; a new one has its first member's address */
    char *profile_url; /* NULL: not named; a new one has gateway.profile_url's */
    gboolean published, available, searchable, matched, dropshipping; /* or REGISTRY_UNNAMED */
    GPtrArray *members;                                               /* struct registry_member; NULL: not named */
    GPtrArray *services;                                              /* struct registry_service; NULL: not named */
};

struct registry_merchant {
    GPtrArray *addresses; /* char *; the first is where mail goes; at least one */
    char *name;
    char *language;             /* NULL: not named */
    char *shop_name, *shop_url; /* NULL: not named */
    gboolean no_shop;           /* the entry says that there is none */
};

struct registry {
    GPtrArray *organisations; /* struct registry_organisation */
    GPtrArray *merchants;     /* struct registry_merchant */

    /* Called after each entry that was written; may be NULL. From the writer's thread, and from the start again when
     * the transaction is run again: print, do nothing else. */
    void (*progress)(guint done, guint total, gpointer arg);
    gpointer progress_arg;
};

struct registry_summary {
    guint organisations_added, organisations_changed, organisations_same;
    guint merchants_added, merchants_changed, merchants_same;
};

void registry_free(struct registry *registry);
typedef struct registry registry;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(registry, registry_free)

/* Reads the JSON text of an import file. Each error is one string `/organisations/2/members/0/address: what is wrong`
 * (a JSON Pointer, RFC 6901; `line 3, column 9: …` where it is no JSON at all) added to `errors`; NULL when there was
 * any. All errors are found, not the first alone. */
registry *registry_parse(const char *json, gsize length, const struct conf *conf, GPtrArray *errors);

/* Writes it. With `dry_run` the transaction is rolled back and the summary says what would happen. CONFLICT when an
 * address already belongs to another side (a member who is a merchant, an address of two organisations): one line for
 * each, with its place. */
gboolean registry_import(const struct market *market, const struct registry *registry, gboolean dry_run, gint64 now,
                         struct registry_summary *summary, GError **error);

#endif
