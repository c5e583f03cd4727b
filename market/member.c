#include "market/member.h"

#include <string.h>

#include "lib/text.h"
#include "market/action.h"
#include "market/adopt.h"
#include "market/bounce.h"
#include "market/desk.h"
#include "market/notify.h"
#include "market/prefs.h"

enum { NAME_BYTES = 100 };

enum verb { VERB_ADD, VERB_REMOVE, VERB_OWNER, VERB_LIST, VERBS };
static const char *const verbs[VERBS] = {
    [VERB_ADD] = "add toevoegen ajouter dodaj",
    [VERB_REMOVE] = "remove delete verwijderen supprimer retirer usun",
    [VERB_OWNER] = "owner eigenaar proprietaire wlasciciel",
    [VERB_LIST] = "list lijst liste lista",
};

/* `VERB ADDRESS REST`; nothing at all is a list. */
struct order {
    int verb;      /* -1: unknown */
    char *address; /* NULL: none, or not one */
    char *rest;
};

static void
order_clear(struct order *order)
{
    g_free(order->address);
    g_free(order->rest);
}
typedef struct order order;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(order, order_clear)

static struct order
order_read(const char *argument)
{
    g_auto(GStrv) words = g_strsplit(argument, " ", 3);
    guint count = g_strv_length(words);
    struct order order = {.verb = count ? prefs_word(verbs, VERBS, words[0]) : VERB_LIST};
    order.address = count > 1 ? text_address(words[1]) : NULL;
    order.rest = g_strdup(count > 2 ? g_strstrip(words[2]) : "");
    return order;
}

gboolean
member_address_is_added(const struct command *command)
{
    g_auto(order) order = order_read(command->argument);
    return order.verb == VERB_ADD;
}

/* ---- rights and conflicts ---- */

static gboolean
is_owner(struct performing *p, gboolean *owner, GError **error)
{
    g_autoptr(store_rows) rows = store_query(p->act->tx, STMT_OWNERS, error, store_int(p->organisation->id));
    if (!rows)
        return FALSE;
    gboolean none = store_rows_count(rows) == 0;
    *owner = !strchr(p->actor, '@') || (none && strcmp(p->actor, p->organisation->notify) == 0);
    for (guint i = 0; i < store_rows_count(rows); i++)
        *owner = *owner || (p->member_id && store_rows_int(rows, i, "id") == p->member_id);
    return TRUE;
}

static gboolean
fail_about(struct performing *p, const char *key, const char *address)
{
    return perform_fail(p, key, json_pack("{s:s}", "address", address));
}

/* ---- members ---- */

/* The row of the organisation's member with that very address; 0: none. */
static gboolean
find_member(struct performing *p, const char *address, gint64 *id, gboolean *owner, GError **error)
{
    g_autoptr(store_rows) rows =
        store_query(p->act->tx, STMT_MEMBER_EXACT, error, store_int(p->organisation->id), store_text(address));
    if (!rows)
        return FALSE;
    *id = store_rows_count(rows) ? store_rows_int(rows, 0, "id") : 0;
    *owner = *id && store_rows_int(rows, 0, "owner");
    return TRUE;
}

/* Who reads an organisation's notifications hears who may act for it from now on, and how to end that. */
static gboolean
tell_added(struct performing *p, const char *address, GError **error)
{
    const struct organisation *o = p->organisation;
    g_autofree char *cause = act_cause(p->act, p->in->key);
    g_autofree char *desk = desk_address(p->act, o->id, 0);
    g_autofree char *argument = g_strdup_printf("%s %s", command_remove(o->language), address);
    if (strcmp(p->actor, o->notify) == 0)
        return TRUE;
    json_t *actions = json_array();
    action_add(actions, desk, COMMAND_MEMBER, argument, o->language);
    json_object_set_new(json_array_get(actions, 0), "address", json_string(address));
    json_t *data = json_pack("{s:s, s:s, s:s, s:o}", "address", address, "by", p->actor, "own_address", desk,
                             "own_actions", actions);
    return notify_organisation(p->act, o, "member-added", data, cause, error);
}

static gboolean
add_member(struct performing *p, const struct order *order, GError **error)
{
    g_autofree char *name = text_one_line(order->rest, NAME_BYTES);
    gint64 id = 0;
    gboolean is = FALSE, owner = FALSE;
    g_autoptr(store_rows) count = store_query(p->act->tx, STMT_MEMBERS_COUNT, error, store_int(p->organisation->id));
    if (!count || !find_member(p, order->address, &id, &owner, error) ||
        !party_is_free(p->act, order->address, p->organisation->id, &is, error))
        return FALSE;
    if (id)
        return fail_about(p, "cannot.member_already", order->address);
    if (!is)
        return fail_about(p, "cannot.address_taken", order->address);
    if (store_rows_int(count, 0, "count") >= MEMBERS_MOST)
        return perform_fail(p, "cannot.too_many_members", json_pack("{s:i}", "most", MEMBERS_MOST));
    if (!store_run(p->act->tx, STMT_MEMBER_ALIAS_DROP, error, store_text(order->address)) ||
        !store_run(p->act->tx, STMT_REGISTRY_MEMBER_ADD, error, store_int(p->organisation->id),
                   store_text(order->address), store_text(name), store_int(0)) ||
        !bounce_forget(p->act, order->address, error))
        return FALSE;
    perform_said(p, "said.member_added", json_pack("{s:s}", "address", order->address));
    return tell_added(p, order->address, error);
}

gboolean
member_drop(struct act *act, gint64 id, GError **error)
{
    static const enum store_statement all[] = {STMT_MEMBER_UNASSIGN, STMT_MEMBER_ALIASES_DROP,
                                               STMT_REGISTRY_MEMBER_DROP};
    for (guint i = 0; i < G_N_ELEMENTS(all); i++)
        if (!store_run(act->tx, all[i], error, store_int(id)))
            return FALSE;
    return TRUE;
}

/* The last owner cannot go while others stay: nobody could change who they are. */
static gboolean
leaves_no_owner(struct performing *p, gboolean *none, GError **error)
{
    g_autoptr(store_rows) owners = store_query(p->act->tx, STMT_OWNERS, error, store_int(p->organisation->id));
    g_autoptr(store_rows) count =
        owners ? store_query(p->act->tx, STMT_MEMBERS_COUNT, error, store_int(p->organisation->id)) : NULL;
    if (!count)
        return FALSE;
    *none = store_rows_count(owners) == 1 && store_rows_int(count, 0, "count") > 1;
    return TRUE;
}

static gboolean
remove_member(struct performing *p, const struct order *order, GError **error)
{
    gint64 id = 0;
    gboolean owner = FALSE, last = FALSE;
    if (!find_member(p, order->address, &id, &owner, error) || (owner && !leaves_no_owner(p, &last, error)))
        return FALSE;
    if (!id)
        return fail_about(p, "cannot.not_a_member", order->address);
    if (last)
        return fail_about(p, "cannot.last_owner", order->address);
    if (!member_drop(p->act, id, error))
        return FALSE;
    perform_said(p, "said.member_removed", json_pack("{s:s}", "address", order->address));
    return TRUE;
}

static gboolean
make_owner(struct performing *p, const struct order *order, GError **error)
{
    gint64 id = 0;
    gboolean owner = FALSE;
    if (!find_member(p, order->address, &id, &owner, error))
        return FALSE;
    if (!id)
        return fail_about(p, "cannot.not_a_member", order->address);
    if (!store_run(p->act->tx, STMT_MEMBER_OWNER, error, store_int(id)))
        return FALSE;
    perform_said(p, "said.member_owner", json_pack("{s:s}", "address", order->address));
    return TRUE;
}

static gboolean
list_members(struct performing *p, GError **error)
{
    g_autoptr(store_rows) rows = store_query(p->act->tx, STMT_LIST_MEMBERS, error, store_int(p->organisation->id));
    if (!rows)
        return FALSE;
    json_t *facts = json_array();
    for (guint i = 0; i < store_rows_count(rows); i++)
        json_array_append_new(facts,
                              json_pack("{s:s, s:s, s:s}", "say",
                                        store_rows_int(rows, i, "owner") ? "member.owner" : "member.member", "address",
                                        store_rows_text(rows, i, "address"), "name", store_rows_text(rows, i, "name")));
    perform_said(p, "said.members", json_pack("{s:o}", "facts", facts));
    return TRUE;
}

gboolean
member_perform(struct performing *p, const struct command *command, GError **error)
{
    static gboolean (*const change[VERBS])(struct performing *, const struct order *, GError **) = {
        [VERB_ADD] = add_member, [VERB_REMOVE] = remove_member, [VERB_OWNER] = make_owner};
    g_auto(order) order = order_read(command->argument);
    gboolean owner = FALSE;
    if (order.verb == VERB_LIST)
        return list_members(p, error);
    if (order.verb < 0)
        return perform_fail(p, "cannot.member_form", NULL);
    if (!is_owner(p, &owner, error))
        return FALSE;
    if (!owner)
        return perform_fail(p, "cannot.owners_only", NULL);
    if (!order.address)
        return perform_fail(p, "cannot.address_missing", NULL);
    return change[order.verb](p, &order, error);
}

/* ---- a member's own further addresses ---- */

static gboolean
list_aliases(struct performing *p, const store_rows *rows)
{
    json_t *facts = json_array();
    for (guint i = 0; i < store_rows_count(rows); i++)
        json_array_append_new(
            facts, json_pack("{s:s, s:s}", "say", "member.alias", "address", store_rows_text(rows, i, "address")));
    perform_said(p, store_rows_count(rows) ? "said.aliases" : "said.no_aliases", json_pack("{s:o}", "facts", facts));
    return TRUE;
}

static gboolean
add_alias(struct performing *p, const char *address, guint count, GError **error)
{
    gboolean is = FALSE, own = FALSE;
    if (!party_is_free(p->act, address, p->organisation->id, &is, error) ||
        !organisation_has_address(p->act, p->organisation->id, address, &own, error))
        return FALSE;
    if (!is || own)
        return fail_about(p, own ? "cannot.address_yours" : "cannot.address_taken", address);
    if (count >= MEMBER_ALIASES_MOST)
        return perform_fail(p, "cannot.too_many_aliases", json_pack("{s:i}", "most", MEMBER_ALIASES_MOST));
    if (!store_run(p->act->tx, STMT_MEMBER_ALIAS_ADD, error, store_text(address), store_int(p->member_id),
                   store_int(p->act->now)))
        return FALSE;
    perform_said(p, "said.alias_added", json_pack("{s:s}", "address", address));
    return TRUE;
}

static gboolean
remove_alias(struct performing *p, const char *address, const store_rows *rows, GError **error)
{
    for (guint i = 0; i < store_rows_count(rows); i++) {
        if (strcmp(store_rows_text(rows, i, "address"), address) != 0)
            continue;
        perform_said(p, "said.alias_removed", json_pack("{s:s}", "address", address));
        return store_run(p->act->tx, STMT_MEMBER_ALIAS_DROP, error, store_text(address));
    }
    return fail_about(p, "cannot.no_such_alias", address);
}

gboolean
member_perform_alias(struct performing *p, const struct command *command, GError **error)
{
    g_auto(order) order = order_read(command->argument);
    if (p->side == SIDE_MERCHANT)
        return order.verb == VERB_ADD ? adopt_perform_merchant(p, order.address, error)
                                      : perform_fail(p, "cannot.alias_form", NULL);
    if (!p->member_id)
        return perform_fail(p, "cannot.alias_of_nobody", NULL);
    g_autoptr(store_rows) rows = store_query(p->act->tx, STMT_MEMBER_ALIASES, error, store_int(p->member_id));
    if (!rows)
        return FALSE;
    if (order.verb == VERB_LIST)
        return list_aliases(p, rows);
    if (order.verb < 0 || order.verb == VERB_OWNER)
        return perform_fail(p, "cannot.alias_form", NULL);
    if (!order.address)
        return perform_fail(p, "cannot.address_missing", NULL);
    return order.verb == VERB_ADD ? add_alias(p, order.address, store_rows_count(rows), error)
                                  : remove_alias(p, order.address, rows, error);
}
