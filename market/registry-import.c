/*
 * Writing an import: struct registry → rows, in one transaction.
 *
 * Two passes over all entries, so that an address may move from one entry to another in one import. The first makes the
 * rows themselves and drops what is not listed any more; the second asks who else has each address, then adds what is
 * new. Conflicts are collected, each with its place in the file; one is enough to roll everything back.
 */
#include "market/registry.h"

#include <string.h>

#include "lib/error.h"
#include "market/audit.h"
#include "market/block.h"
#include "market/bounce.h"
#include "market/member.h"
#include "market/search.h"

enum change { SAME, CHANGED, ADDED };

/* What the first pass leaves for the second. */
struct entry {
    gint64 id;
    enum change change;
};

struct import {
    const struct registry *reg;
    gboolean dry_run;
    gboolean rehearsed; /* a dry run came to its end and failed on purpose */
    struct registry_summary *summary;
    GPtrArray *conflicts; /* char * */
    struct entry *organisations, *merchants;
    struct act act;
    guint done;
};

static void
touch(struct entry *entry)
{
    entry->change = MAX(entry->change, CHANGED);
}

/* NULL and "" are different: the database has both. */
static gboolean
same_text(const store_rows *rows, guint row, const char *column, const char *value)
{
    return g_strcmp0(store_rows_text(rows, row, column), value) == 0;
}

static void
progress(struct import *import)
{
    const struct registry *reg = import->reg;
    import->done++;
    if (reg->progress)
        reg->progress(import->done, reg->organisations->len + reg->merchants->len, reg->progress_arg);
}

/* ---- conflicts ---- */

/* Does somebody else act with this address? Then it is told, with `format` and its words as the place. */
static gboolean refuse_held(struct import *import, const char *side, gint64 id, const char *address, gboolean *held,
                            GError **error, const char *format, ...) G_GNUC_PRINTF(7, 8);

static gboolean
refuse_held(struct import *import, const char *side, gint64 id, const char *address, gboolean *held, GError **error,
            const char *format, ...)
{
    *held = FALSE;
    g_autoptr(store_rows) rows = store_query(import->act.tx, STMT_REGISTRY_HOLDERS, error, store_text(address));
    if (!rows)
        return FALSE;
    for (guint i = 0; i < store_rows_count(rows) && !*held; i++) {
        const char *holder = store_rows_text(rows, i, "side");
        if (strcmp(holder, side) == 0 && store_rows_int(rows, i, "id") == id)
            continue;
        va_list words;
        va_start(words, format);
        g_autofree char *place = g_strdup_vprintf(format, words);
        va_end(words);
        g_ptr_array_add(import->conflicts, g_strdup_printf("%s: \"%s\" belongs to the %s \"%s\" already", place,
                                                           address, holder, store_rows_text(rows, i, "name")));
        *held = TRUE;
    }
    return TRUE;
}

/* ---- organisations, first pass ---- */

static gint64
chosen(gboolean wanted, const store_rows *rows, const char *column)
{
    if (wanted != REGISTRY_UNNAMED)
        return wanted;
    return rows ? store_rows_int(rows, 0, column) : TRUE;
}

static const char *
chosen_text(const char *wanted, const store_rows *rows, const char *column, const char *otherwise)
{
    if (wanted)
        return wanted;
    return rows ? store_rows_text(rows, 0, column) : otherwise;
}

static const char *
first_member(const struct registry_organisation *org)
{
    if (!org->members || !org->members->len)
        return NULL;
    return ((struct registry_member *)org->members->pdata[0])->address;
}

/* An organisation as it shall stand in its row. */
struct shape {
    const char *name, *language, *notify, *profile_url;
    gint64 published, available, searchable, matched, dropshipping;
};

/* `rows` NULL: a new one. */
static struct shape
shape_of(const struct import *import, const struct registry_organisation *wanted, const store_rows *rows)
{
    return (struct shape){
        .name = wanted->name,
        .language = chosen_text(wanted->language, rows, "language", import->act.market->conf->language),
        .notify = chosen_text(wanted->notify, rows, "notify", first_member(wanted)),
        .profile_url = chosen_text(wanted->profile_url, rows, "profile_url", NULL),
        .published = chosen(wanted->published, rows, "published"),
        .available = chosen(wanted->available, rows, "available"),
        .searchable = chosen(wanted->searchable, rows, "searchable"),
        .matched = chosen(wanted->matched, rows, "matched"),
        .dropshipping = chosen(wanted->dropshipping, rows, "dropshipping"),
    };
}

static gboolean
shape_stands(const struct shape *shape, const store_rows *rows)
{
    return same_text(rows, 0, "name", shape->name) && same_text(rows, 0, "language", shape->language) &&
           same_text(rows, 0, "notify", shape->notify) && same_text(rows, 0, "profile_url", shape->profile_url) &&
           store_rows_int(rows, 0, "published") == shape->published &&
           store_rows_int(rows, 0, "available") == shape->available &&
           store_rows_int(rows, 0, "searchable") == shape->searchable &&
           store_rows_int(rows, 0, "matched") == shape->matched &&
           store_rows_int(rows, 0, "dropshipping") == shape->dropshipping;
}

static gboolean
organisation_add(struct import *import, const struct registry_organisation *wanted, struct entry *entry, GError **error)
{
    struct shape shape = shape_of(import, wanted, NULL);
    g_autoptr(store_rows) added =
        store_query(import->act.tx, STMT_REGISTRY_ORG_ADD, error, store_text(wanted->slug), store_text(shape.name),
                    store_text(shape.language), store_text(shape.notify), store_text(shape.profile_url),
                    store_int(shape.published), store_int(shape.available), store_int(shape.searchable),
                    store_int(shape.matched), store_int(shape.dropshipping), store_int(import->act.now));
    if (!added)
        return FALSE;
    *entry = (struct entry){.id = store_rows_int(added, 0, "id"), .change = ADDED};
    return bounce_forget(&import->act, shape.notify, error);
}

static gboolean
organisation_set(struct import *import, const struct registry_organisation *wanted, const store_rows *rows,
                 struct entry *entry, GError **error)
{
    struct shape shape = shape_of(import, wanted, rows);
    *entry = (struct entry){.id = store_rows_int(rows, 0, "id"), .change = SAME};
    if (shape_stands(&shape, rows))
        return TRUE;
    touch(entry);
    if (!same_text(rows, 0, "notify", shape.notify) && !bounce_forget(&import->act, shape.notify, error))
        return FALSE;
    return store_run(import->act.tx, STMT_REGISTRY_ORG_SET, error, store_int(entry->id), store_text(shape.name),
                     store_text(shape.language), store_text(shape.notify), store_text(shape.profile_url),
                     store_int(shape.published), store_int(shape.available), store_int(shape.searchable),
                     store_int(shape.matched), store_int(shape.dropshipping));
}

static const struct registry_member *
member_named(const struct registry_organisation *org, const char *address)
{
    for (guint i = 0; i < org->members->len; i++) {
        const struct registry_member *member = org->members->pdata[i];
        if (strcmp(member->address, address) == 0)
            return member;
    }
    return NULL;
}

static gboolean
members_drop(struct import *import, const struct registry_organisation *wanted, struct entry *entry, GError **error)
{
    g_autoptr(store_rows) rows = store_query(import->act.tx, STMT_REGISTRY_MEMBERS, error, store_int(entry->id));
    if (!rows)
        return FALSE;
    for (guint i = 0; i < store_rows_count(rows); i++) {
        if (member_named(wanted, store_rows_text(rows, i, "address")))
            continue;
        touch(entry);
        if (!member_drop(&import->act, store_rows_int(rows, i, "id"), error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
organisation_row(struct import *import, guint index, GError **error)
{
    const struct registry_organisation *wanted = import->reg->organisations->pdata[index];
    struct entry *entry = &import->organisations[index];
    g_autoptr(store_rows) rows = store_query(import->act.tx, STMT_REGISTRY_ORG, error, store_text(wanted->slug));
    if (!rows)
        return FALSE;
    if (store_rows_count(rows) == 0)
        return organisation_add(import, wanted, entry, error);
    return organisation_set(import, wanted, rows, entry, error) &&
           (!wanted->members || members_drop(import, wanted, entry, error));
}

/* ---- organisations, second pass ---- */

static gint64
row_of(const store_rows *rows, const char *column, const char *value)
{
    for (guint i = 0; i < store_rows_count(rows); i++) {
        if (same_text(rows, i, column, value))
            return i;
    }
    return -1;
}

static gboolean
member_put(struct import *import, const struct registry_member *member, const store_rows *rows, struct entry *entry,
           GError **error)
{
    gint64 row = row_of(rows, "address", member->address);
    if (row < 0) {
        touch(entry);
        return bounce_forget(&import->act, member->address, error) &&
               store_run(import->act.tx, STMT_REGISTRY_MEMBER_ADD, error, store_int(entry->id),
                         store_text(member->address), store_text(member->name ? member->name : ""),
                         store_int(member->owner == TRUE));
    }
    const char *name = member->name ? member->name : store_rows_text(rows, (guint)row, "name");
    gint64 is_owner = store_rows_int(rows, (guint)row, "owner");
    gint64 owner = member->owner == REGISTRY_UNNAMED ? is_owner : member->owner;
    if (same_text(rows, (guint)row, "name", name) && owner == is_owner)
        return TRUE;
    touch(entry);
    return store_run(import->act.tx, STMT_REGISTRY_MEMBER_SET, error, store_int(store_rows_int(rows, (guint)row, "id")),
                     store_text(name), store_int(owner));
}

static gboolean
members_put(struct import *import, guint index, const struct registry_organisation *wanted, GError **error)
{
    struct entry *entry = &import->organisations[index];
    g_autoptr(store_rows) rows = store_query(import->act.tx, STMT_REGISTRY_MEMBERS, error, store_int(entry->id));
    if (!rows)
        return FALSE;
    for (guint i = 0; i < wanted->members->len; i++) {
        const struct registry_member *member = wanted->members->pdata[i];
        gboolean held;
        if (!refuse_held(import, "organisation", entry->id, member->address, &held, error,
                         "/organisations/%u/members/%u", index, i))
            return FALSE;
        if (!held && !member_put(import, member, rows, entry, error))
            return FALSE;
    }
    return TRUE;
}

static const struct registry_service *
service_named(const struct registry_organisation *org, const char *slug)
{
    for (guint i = 0; i < org->services->len; i++) {
        const struct registry_service *service = org->services->pdata[i];
        if (strcmp(service->slug, slug) == 0)
            return service;
    }
    return NULL;
}

static gboolean
services_drop(struct import *import, const struct registry_organisation *wanted, const store_rows *rows,
              struct entry *entry, GError **error)
{
    for (guint i = 0; i < store_rows_count(rows); i++) {
        const char *slug = store_rows_text(rows, i, "slug");
        if (service_named(wanted, slug))
            continue;
        touch(entry);
        if (!store_run(import->act.tx, STMT_REGISTRY_SERVICE_DROP, error, store_int(entry->id), store_text(slug)))
            return FALSE;
    }
    return TRUE;
}

static gboolean
services_put(struct import *import, const struct registry_organisation *wanted, struct entry *entry, GError **error)
{
    g_autoptr(store_rows) rows = store_query(import->act.tx, STMT_REGISTRY_SERVICES, error, store_int(entry->id));
    if (!rows || !services_drop(import, wanted, rows, entry, error))
        return FALSE;
    for (guint i = 0; i < wanted->services->len; i++) {
        const struct registry_service *service = wanted->services->pdata[i];
        gint64 row = row_of(rows, "slug", service->slug);
        if (row >= 0 && store_rows_int(rows, (guint)row, "rate") == service->rate &&
            same_text(rows, (guint)row, "currency", service->currency))
            continue;
        touch(entry);
        if (!store_run(import->act.tx, STMT_REGISTRY_SERVICE_PUT, error, store_int(entry->id),
                       store_text(service->slug), store_ref(service->rate), store_text(service->currency)))
            return FALSE;
    }
    return TRUE;
}

static gboolean
organisation_people(struct import *import, guint index, GError **error)
{
    const struct registry_organisation *wanted = import->reg->organisations->pdata[index];
    struct entry *entry = &import->organisations[index];
    gboolean held;
    if (wanted->notify && !refuse_held(import, "organisation", entry->id, wanted->notify, &held, error,
                                       "/organisations/%u/notify", index))
        return FALSE;
    if (wanted->members && !members_put(import, index, wanted, error))
        return FALSE;
    return !wanted->services || services_put(import, wanted, entry, error);
}

/* ---- merchants, first pass ---- */

/* The row that an entry speaks of: the registered merchant who has one of its addresses, else a lead who has. NULL with
 * TRUE: nobody. */
static gboolean
merchant_find(struct import *import, const struct registry_merchant *wanted, store_rows **found, GError **error)
{
    *found = NULL;
    for (guint i = 0; i < wanted->addresses->len; i++) {
        g_autoptr(store_rows) rows =
            store_query(import->act.tx, STMT_REGISTRY_MERCHANT, error, store_text(wanted->addresses->pdata[i]));
        if (!rows) {
            g_clear_pointer(found, store_rows_free);
            return FALSE;
        }
        if (store_rows_count(rows) == 0)
            continue;
        gboolean registered = store_rows_int(rows, 0, "registered") != 0;
        if (*found && !registered)
            continue;
        g_clear_pointer(found, store_rows_free);
        *found = g_steal_pointer(&rows);
        if (registered)
            break;
    }
    return TRUE;
}

/* `*id` of the shop, made or renamed where needed. */
static gboolean
shop_put(struct import *import, const struct registry_merchant *wanted, struct entry *entry, gint64 *id, GError **error)
{
    g_autoptr(store_rows) rows = store_query(import->act.tx, STMT_REGISTRY_SHOP, error, store_text(wanted->shop_url));
    if (!rows)
        return FALSE;
    if (store_rows_count(rows) == 0) {
        g_autoptr(store_rows) added = store_query(import->act.tx, STMT_REGISTRY_SHOP_ADD, error,
                                                  store_text(wanted->shop_name), store_text(wanted->shop_url));
        *id = added ? store_rows_int(added, 0, "id") : 0;
        return added != NULL;
    }
    *id = store_rows_int(rows, 0, "id");
    if (same_text(rows, 0, "name", wanted->shop_name))
        return TRUE;
    touch(entry);
    return store_run(import->act.tx, STMT_REGISTRY_SHOP_SET, error, store_int(*id), store_text(wanted->shop_name));
}

static gboolean
merchant_add(struct import *import, const struct registry_merchant *wanted, gint64 shop, struct entry *entry,
             GError **error)
{
    g_autoptr(store_rows) added =
        store_query(import->act.tx, STMT_REGISTRY_MERCHANT_ADD, error, store_text(wanted->name),
                    store_text(wanted->language), store_ref(shop), store_int(import->act.now));
    if (!added)
        return FALSE;
    *entry = (struct entry){.id = store_rows_int(added, 0, "id"), .change = ADDED};
    return TRUE;
}

static gboolean
merchant_set(struct import *import, const struct registry_merchant *wanted, const store_rows *rows, gint64 shop,
             struct entry *entry, GError **error)
{
    gboolean registered = store_rows_int(rows, 0, "registered") != 0;
    const char *language = chosen_text(wanted->language, rows, "language", NULL);
    entry->id = store_rows_int(rows, 0, "id");
    if (!registered)
        entry->change = ADDED; /* a lead until now */
    if (registered && same_text(rows, 0, "name", wanted->name) && same_text(rows, 0, "language", language) &&
        store_rows_int(rows, 0, "shop_id") == shop)
        return TRUE;
    touch(entry);
    return store_run(import->act.tx, STMT_REGISTRY_MERCHANT_SET, error, store_int(entry->id), store_text(wanted->name),
                     store_text(language), store_ref(shop));
}

static gint64
position_of(const struct registry_merchant *wanted, const char *address)
{
    for (guint i = 0; i < wanted->addresses->len; i++) {
        if (strcmp(wanted->addresses->pdata[i], address) == 0)
            return i;
    }
    return -1;
}

static gboolean
addresses_drop(struct import *import, const struct registry_merchant *wanted, struct entry *entry, GError **error)
{
    g_autoptr(store_rows) rows = store_query(import->act.tx, STMT_REGISTRY_ADDRESSES, error, store_int(entry->id));
    if (!rows)
        return FALSE;
    for (guint i = 0; i < store_rows_count(rows); i++) {
        const char *address = store_rows_text(rows, i, "address");
        if (position_of(wanted, address) >= 0)
            continue;
        touch(entry);
        if (!store_run(import->act.tx, STMT_REGISTRY_ADDRESS_DROP, error, store_text(address)))
            return FALSE;
    }
    return TRUE;
}

static gboolean
merchant_row(struct import *import, guint index, GError **error)
{
    const struct registry_merchant *wanted = import->reg->merchants->pdata[index];
    struct entry *entry = &import->merchants[index];
    *entry = (struct entry){.change = SAME};
    g_autoptr(store_rows) rows = NULL;
    if (!merchant_find(import, wanted, &rows, error))
        return FALSE;
    gint64 shop = rows && !wanted->no_shop ? store_rows_int(rows, 0, "shop_id") : 0;
    if (wanted->shop_url && !shop_put(import, wanted, entry, &shop, error))
        return FALSE;
    if (!rows)
        return merchant_add(import, wanted, shop, entry, error);
    return merchant_set(import, wanted, rows, shop, entry, error) && addresses_drop(import, wanted, entry, error);
}

/* ---- merchants, second pass ---- */

/* The lead who had this address becomes the merchant: what it asked and what was answered goes along. */
static gboolean
lead_merge(struct import *import, const char *address, struct entry *entry, GError **error)
{
    store_tx *tx = import->act.tx;
    g_autoptr(store_rows) rows = store_query(tx, STMT_REGISTRY_MERCHANT, error, store_text(address));
    if (!rows)
        return FALSE;
    if (store_rows_count(rows) == 0 || store_rows_int(rows, 0, "id") == entry->id)
        return TRUE;
    struct store_value from = store_int(store_rows_int(rows, 0, "id")), to = store_int(entry->id);
    touch(entry);
    return store_run(tx, STMT_REGISTRY_MERGE_REQUESTS, error, from, to) &&
           store_run(tx, STMT_REGISTRY_MERGE_CONVERSATIONS, error, from, to) &&
           block_move(&import->act, store_rows_int(rows, 0, "id"), entry->id, error) &&
           store_run(tx, STMT_REGISTRY_MERGE_ADDRESSES, error, from) &&
           store_run(tx, STMT_REGISTRY_MERCHANT_DROP, error, from);
}

static gboolean
address_put(struct import *import, guint position, const char *address, const store_rows *rows, struct entry *entry,
            GError **error)
{
    gint64 row = row_of(rows, "address", address);
    if (row >= 0 && store_rows_int(rows, (guint)row, "position") == position)
        return TRUE;
    touch(entry);
    return lead_merge(import, address, entry, error) && (row >= 0 || bounce_forget(&import->act, address, error)) &&
           store_run(import->act.tx, STMT_REGISTRY_ADDRESS_PUT, error, store_text(address), store_int(entry->id),
                     store_int(position));
}

static gboolean
merchant_people(struct import *import, guint index, GError **error)
{
    const struct registry_merchant *wanted = import->reg->merchants->pdata[index];
    struct entry *entry = &import->merchants[index];
    g_autoptr(store_rows) rows = store_query(import->act.tx, STMT_REGISTRY_ADDRESSES, error, store_int(entry->id));
    if (!rows)
        return FALSE;
    for (guint i = 0; i < wanted->addresses->len; i++) {
        const char *address = wanted->addresses->pdata[i];
        gboolean held;
        if (!refuse_held(import, "merchant", entry->id, address, &held, error, "/merchants/%u/addresses/%u", index, i))
            return FALSE;
        if (!held && !address_put(import, i, address, rows, entry, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- the whole ---- */

static gboolean
record(struct import *import, const char *kind, const struct entry *entry, const char *name, guint counts[3],
       GError **error)
{
    static const char *const verbs[] = {[CHANGED] = "changed", [ADDED] = "added"};
    counts[entry->change]++;
    if (entry->change == SAME)
        return TRUE;
    g_autofree char *event = g_strdup_printf("%s_%s", kind, verbs[entry->change]);
    return audit_add(&import->act, "admin", event, entry->id, name, error);
}

/* What else depends on who a merchant is. */
static gboolean
merchant_follow(struct import *import, gint64 id, GError **error)
{
    return search_index_merchant(&import->act, id, error) && block_enforce(&import->act, id, error);
}

static gboolean
record_all(struct import *import, GError **error)
{
    const struct registry *reg = import->reg;
    guint organisations[3] = {0}, merchants[3] = {0};
    for (guint i = 0; i < reg->organisations->len; i++) {
        const struct registry_organisation *entry = reg->organisations->pdata[i];
        if (!record(import, "organisation", &import->organisations[i], entry->slug, organisations, error))
            return FALSE;
    }
    for (guint i = 0; i < reg->merchants->len; i++) {
        const struct registry_merchant *entry = reg->merchants->pdata[i];
        if (!record(import, "merchant", &import->merchants[i], entry->addresses->pdata[0], merchants, error))
            return FALSE;
        if (import->merchants[i].change != SAME && !merchant_follow(import, import->merchants[i].id, error))
            return FALSE;
    }
    *import->summary = (struct registry_summary){
        .organisations_added = organisations[ADDED],
        .organisations_changed = organisations[CHANGED],
        .organisations_same = organisations[SAME],
        .merchants_added = merchants[ADDED],
        .merchants_changed = merchants[CHANGED],
        .merchants_same = merchants[SAME],
    };
    return TRUE;
}

static gboolean
for_each(struct import *import, guint count, gboolean (*fn)(struct import *, guint, GError **), gboolean counted,
         GError **error)
{
    for (guint i = 0; i < count; i++) {
        if (!fn(import, i, error))
            return FALSE;
        if (counted)
            progress(import);
    }
    return TRUE;
}

static gboolean
write_all(struct import *import, GError **error)
{
    guint organisations = import->reg->organisations->len, merchants = import->reg->merchants->len;
    return for_each(import, organisations, organisation_row, FALSE, error) &&
           for_each(import, merchants, merchant_row, FALSE, error) &&
           for_each(import, organisations, organisation_people, TRUE, error) &&
           for_each(import, merchants, merchant_people, TRUE, error);
}

static gboolean
refuse_conflicts(const GPtrArray *conflicts, GError **error)
{
    if (!conflicts->len)
        return TRUE;
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < conflicts->len; i++)
        g_string_append_printf(text, "%s%s", i ? "\n" : "", (const char *)conflicts->pdata[i]);
    g_set_error_literal(error, POSTERN_ERROR, POSTERN_ERROR_CONFLICT, text->str);
    return FALSE;
}

static gboolean
import_fn(store_tx *tx, gpointer arg, GError **error)
{
    struct import *import = arg;
    import->act.tx = tx;
    import->done = 0;
    import->rehearsed = FALSE;
    g_ptr_array_set_size(import->conflicts, 0);
    if (!write_all(import, error) || !refuse_conflicts(import->conflicts, error) || !record_all(import, error))
        return FALSE;
    if (!import->dry_run)
        return TRUE;
    import->rehearsed = TRUE; /* failing is how a function leaves no row behind */
    g_set_error_literal(error, POSTERN_ERROR, POSTERN_ERROR_REFUSED, "a dry run");
    return FALSE;
}

gboolean
registry_import(const struct market *market, const struct registry *reg, gboolean dry_run, gint64 now,
                struct registry_summary *summary, GError **error)
{
    g_autoptr(GPtrArray) conflicts = g_ptr_array_new_with_free_func(g_free);
    g_autofree struct entry *organisations = g_new0(struct entry, reg->organisations->len + 1);
    g_autofree struct entry *merchants = g_new0(struct entry, reg->merchants->len + 1);
    struct import import = {
        .reg = reg,
        .dry_run = dry_run,
        .summary = summary,
        .conflicts = conflicts,
        .organisations = organisations,
        .merchants = merchants,
        .act = {.market = market, .now = now},
    };
    *summary = (struct registry_summary){0};
    g_autoptr(GError) local = NULL;
    if (store_write(market->store, import_fn, &import, &local))
        return TRUE;
    if (import.rehearsed && g_error_matches(local, POSTERN_ERROR, POSTERN_ERROR_REFUSED))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}
