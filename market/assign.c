#include "market/assign.h"

#include <string.h>

#include "lib/text.h"
#include "market/audit.h"
#include "market/notify.h"

gboolean
assign_is_assigned(struct act *act, const struct conversation *c, gboolean *assigned, GError **error)
{
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_ASSIGNEES, error, store_int(c->job_id));
    *assigned = rows && store_rows_count(rows) > 0;
    return rows != NULL;
}

gboolean
assign_has(struct act *act, const struct conversation *c, const char *address, gboolean *has, GError **error)
{
    *has = FALSE;
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_ASSIGNEES, error, store_int(c->job_id));
    for (guint i = 0; rows && i < store_rows_count(rows); i++)
        *has = *has || strcmp(store_rows_text(rows, i, "address"), address) == 0;
    return rows != NULL;
}

gboolean
assign_tell_message(struct act *act, const struct conversation *c, gint64 message_id, const char *author, gboolean held,
                    GError **error)
{
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_ASSIGNEES, error, store_int(c->job_id));
    if (!rows)
        return FALSE;
    for (guint i = 0; i < store_rows_count(rows); i++) {
        const char *address = store_rows_text(rows, i, "address");
        if (g_strcmp0(address, author) != 0 &&
            !notify_colleague(act, c, address, store_rows_text(rows, i, "name"), message_id, held, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
assign_tell(struct act *act, const char *kind, const struct conversation *c, const char *but, json_t *data,
            const char *cause, GError **error)
{
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_ASSIGNEES, error, store_int(c->job_id));
    if (!rows)
        return FALSE;
    for (guint i = 0; i < store_rows_count(rows); i++) {
        const char *address = store_rows_text(rows, i, "address");
        if (g_strcmp0(address, but) != 0 &&
            !notify_member(act, kind, c, address, store_rows_text(rows, i, "name"), data, cause, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- whom a command names ---- */

struct person {
    gint64 id;
    char *address, *name;
};

static void
person_free(gpointer data)
{
    struct person *person = data;
    g_free(person->address);
    g_free(person->name);
    g_free(person);
}

static gboolean
is_me(const char *word)
{
    static const char *const words[] = {"me", "myself", "mij", "ik", "mezelf", "moi", "mnie", "ja", "siebie"};
    g_autofree char *folded = text_fold(word);
    for (guint i = 0; i < G_N_ELEMENTS(words); i++)
        if (strcmp(words[i], folded) == 0)
            return TRUE;
    return FALSE;
}

static void
add_person(GPtrArray *people, const store_rows *row)
{
    struct person *person = g_new0(struct person, 1);
    person->id = store_rows_int(row, 0, "id");
    person->address = g_strdup(store_rows_text(row, 0, "address"));
    person->name = g_strdup(store_rows_text(row, 0, "name"));
    g_ptr_array_add(people, person);
}

/* One word of a command. Who has no member's address of its own (the notification address) is asked for one
 * (Decisions 11). */
static gboolean
find_person(struct performing *p, const char *word, GPtrArray *people, GError **error)
{
    gboolean me = is_me(word);
    g_autofree char *address = me ? NULL : text_address(word);
    if (me && !p->member_id)
        return perform_fail(p, "cannot.assign_me", NULL);
    if (!me && !address) {
        g_autofree char *shown = text_one_line(word, 200);
        return perform_fail(p, "cannot.no_address", json_pack("{s:s}", "address", shown));
    }
    g_autoptr(store_rows) row = me ? store_query(p->act->tx, STMT_MEMBER_BY_ID, error, store_int(p->member_id))
                                   : store_query(p->act->tx, STMT_MEMBER_OF_ADDRESS, error,
                                                 store_int(p->organisation->id), store_text(address));
    if (!row)
        return FALSE;
    if (!store_rows_count(row))
        return perform_fail(p, "cannot.no_such_member", json_pack("{s:s}", "address", me ? word : address));
    add_person(people, row);
    return TRUE;
}

/* `Name <address>`, or words apart by blanks. */
static gboolean
find_in_part(struct performing *p, char *part, GPtrArray *people, GError **error)
{
    char *open = strrchr(part, '<'), *close = open ? strchr(open, '>') : NULL;
    if (close) {
        *close = '\0';
        return find_person(p, open + 1, people, error);
    }
    g_auto(GStrv) words = g_strsplit_set(part, " \t\n", -1);
    for (char **word = words; *word && !p->failed; word++)
        if (**word && !find_person(p, *word, people, error))
            return FALSE;
    return TRUE;
}

static gboolean
find_people(struct performing *p, const char *argument, GPtrArray *people, GError **error)
{
    g_auto(GStrv) parts = g_strsplit_set(argument, ",;", -1);
    for (char **part = parts; *part && !p->failed; part++)
        if (!find_in_part(p, *part, people, error))
            return FALSE;
    if (!people->len && !p->failed)
        perform_fail(p, "cannot.assign_whom", NULL);
    return TRUE;
}

/* ---- commands ---- */

static const char *
shown_name(const struct person *person)
{
    return *person->name ? person->name : person->address;
}

/* Told once a day at most: who takes somebody off and puts them on again tells nothing new. */
static gboolean
tell_assigned(struct performing *p, const struct person *person, GError **error)
{
    g_autofree char *cause =
        g_strdup_printf("job-%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, p->conversation->job_id, p->act->now / 86400);
    return notify_assigned(p->act, p->conversation, person->address, person->name,
                           *p->actor_name ? p->actor_name : p->actor, cause, error);
}

static gboolean
put_on(struct performing *p, const struct person *person, GError **error)
{
    g_autoptr(store_rows) added = store_query(p->act->tx, STMT_ASSIGN, error, store_int(p->conversation->job_id),
                                              store_int(person->id), store_int(p->act->now));
    if (!added)
        return FALSE;
    perform_said(p, store_rows_count(added) ? "said.assigned" : "said.assigned_already",
                 json_pack("{s:s}", "name", shown_name(person)));
    return !store_rows_count(added) ||
           (tell_assigned(p, person, error) &&
            audit_add(p->act, p->actor, "assigned", p->conversation->job_id, person->address, error));
}

static gboolean
take_off(struct performing *p, const struct person *person, GError **error)
{
    g_autoptr(store_rows) gone =
        store_query(p->act->tx, STMT_UNASSIGN, error, store_int(p->conversation->job_id), store_int(person->id));
    if (!gone)
        return FALSE;
    if (!store_rows_count(gone))
        return perform_fail(p, "cannot.not_assigned", json_pack("{s:s}", "name", shown_name(person)));
    perform_said(p, "said.unassigned", json_pack("{s:s}", "name", shown_name(person)));
    return audit_add(p->act, p->actor, "unassigned", p->conversation->job_id, person->address, error);
}

static gboolean
for_each_person(struct performing *p, const struct command *command,
                gboolean (*change)(struct performing *p, const struct person *person, GError **error), GError **error)
{
    g_autoptr(GPtrArray) people = g_ptr_array_new_with_free_func(person_free);
    if (!find_people(p, command->argument, people, error))
        return FALSE;
    for (guint i = 0; i < people->len && !p->failed; i++)
        if (!change(p, g_ptr_array_index(people, i), error))
            return FALSE;
    return TRUE;
}

gboolean
assign_perform(struct performing *p, const struct command *command, GError **error)
{
    return for_each_person(p, command, put_on, error);
}

gboolean
assign_perform_take(struct performing *p, const struct command *command, GError **error)
{
    return for_each_person(p, command, take_off, error);
}
