#include "market/tag.h"

#include <string.h>

#include "lib/text.h"

/* ---- names ---- */

/* The name as it is kept, or NULL. What cannot be seen makes two names look alike, so it is refused, not taken out. */
static char *
good_name(const char *name)
{
    g_autofree char *bare = g_strstrip(g_strdup(name));
    g_autofree char *line = text_one_line(bare, G_MAXSIZE);
    g_autofree char *folded = text_fold(line);
    gboolean good =
        strcmp(bare, line) == 0 && *folded && !strpbrk(line, ",=\"") && g_utf8_strlen(line, -1) <= TAG_CHARACTERS;
    return good ? g_steal_pointer(&line) : NULL;
}

gboolean
tag_find(struct act *act, gint64 organisation_id, const char *name, gint64 *id, GError **error)
{
    g_autofree char *folded = text_fold(name);
    g_autoptr(store_rows) rows =
        store_query(act->tx, STMT_TAG_FIND, error, store_int(organisation_id), store_text(folded));
    if (!rows)
        return FALSE;
    *id = store_rows_count(rows) ? store_rows_int(rows, 0, "id") : 0;
    return TRUE;
}

/* `*refusal` TAG_UNKNOWN when there is none. */
static gboolean
find_or_refuse(struct act *act, gint64 organisation_id, const char *name, gint64 *id, enum tag_refusal *refusal,
               GError **error)
{
    if (!tag_find(act, organisation_id, name, id, error))
        return FALSE;
    *refusal = *id ? TAG_DONE : TAG_UNKNOWN;
    return TRUE;
}

/* ---- changes ---- */

static gboolean
count_is_below(struct act *act, enum store_statement statement, gint64 id, gint64 most, gboolean *below, GError **error)
{
    g_autoptr(store_rows) rows = store_query(act->tx, statement, error, store_int(id));
    if (!rows)
        return FALSE;
    *below = store_rows_int(rows, 0, "count") < most;
    return TRUE;
}

/* The tag of that name, made where it is new. */
static gboolean
find_or_make(struct act *act, gint64 organisation_id, const char *name, gint64 *id, enum tag_refusal *refusal,
             GError **error)
{
    gboolean room = FALSE;
    g_autofree char *folded = text_fold(name);
    if (!tag_find(act, organisation_id, name, id, error))
        return FALSE;
    if (*id)
        return TRUE;
    if (!count_is_below(act, STMT_TAGS_COUNT, organisation_id, TAGS_MOST, &room, error))
        return FALSE;
    if (!room) {
        *refusal = TAG_TOO_MANY;
        return TRUE;
    }
    g_autoptr(store_rows) added =
        store_query(act->tx, STMT_TAG_ADD, error, store_int(organisation_id), store_text(name), store_text(folded));
    if (added)
        *id = store_rows_int(added, 0, "id");
    return added != NULL;
}

gboolean
tag_attach(struct act *act, gint64 organisation_id, gint64 conversation_id, const char *name, enum tag_refusal *refusal,
           GError **error)
{
    g_autofree char *good = good_name(name);
    gint64 id = 0;
    gboolean room = FALSE;
    *refusal = good ? TAG_DONE : TAG_BAD_NAME;
    if (!good)
        return TRUE;
    if (!count_is_below(act, STMT_CONVERSATION_TAGS_COUNT, conversation_id, TAGS_MOST_A_CONVERSATION, &room, error) ||
        !find_or_make(act, organisation_id, good, &id, refusal, error))
        return FALSE;
    if (!id)
        return TRUE;
    if (!room) {
        *refusal = TAG_CONVERSATION_FULL;
        return TRUE;
    }
    return store_run(act->tx, STMT_CONVERSATION_TAG, error, store_int(conversation_id), store_int(id));
}

gboolean
tag_detach(struct act *act, gint64 organisation_id, gint64 conversation_id, const char *name, enum tag_refusal *refusal,
           GError **error)
{
    gint64 id = 0;
    return find_or_refuse(act, organisation_id, name, &id, refusal, error) &&
           (*refusal || store_run(act->tx, STMT_CONVERSATION_UNTAG, error, store_int(conversation_id), store_int(id)));
}

gboolean
tag_rename(struct act *act, gint64 organisation_id, const char *from, const char *to, enum tag_refusal *refusal,
           GError **error)
{
    g_autofree char *good = good_name(to), *folded = text_fold(to);
    gint64 id = 0, other = 0;
    if (!find_or_refuse(act, organisation_id, from, &id, refusal, error) ||
        !tag_find(act, organisation_id, to, &other, error))
        return FALSE;
    if (*refusal)
        return TRUE;
    *refusal = !good ? TAG_BAD_NAME : other && other != id ? TAG_TAKEN : TAG_DONE;
    return *refusal || store_run(act->tx, STMT_TAG_RENAME, error, store_int(id), store_text(good), store_text(folded));
}

gboolean
tag_delete(struct act *act, gint64 organisation_id, const char *name, gint64 *conversations, enum tag_refusal *refusal,
           GError **error)
{
    gint64 id = 0;
    *conversations = 0;
    if (!find_or_refuse(act, organisation_id, name, &id, refusal, error))
        return FALSE;
    if (*refusal)
        return TRUE;
    const struct store_value values[] = {store_int(id), {.type = STORE_END}};
    return store_run_values(act->tx, STMT_TAG_TAKE_OFF_ALL, values, conversations, error) &&
           store_run(act->tx, STMT_TAG_DELETE, error, store_int(id));
}

/* ---- listings ---- */

json_t *
tag_names(store_tx *tx, gint64 conversation_id, GError **error)
{
    g_autoptr(store_rows) rows = store_query(tx, STMT_CONVERSATION_TAGS, error, store_int(conversation_id));
    if (!rows)
        return NULL;
    json_t *names = json_array();
    for (guint i = 0; i < store_rows_count(rows); i++)
        json_array_append_new(names, json_string(store_rows_text(rows, i, "name")));
    return names;
}

json_t *
tag_list(store_tx *tx, gint64 organisation_id, GError **error)
{
    g_autoptr(store_rows) rows = store_query(tx, STMT_TAGS, error, store_int(organisation_id));
    if (!rows)
        return NULL;
    json_t *list = json_array();
    for (guint i = 0; i < store_rows_count(rows); i++)
        json_array_append_new(list, json_pack("{s:s, s:I}", "name", store_rows_text(rows, i, "name"), "count",
                                              (json_int_t)store_rows_int(rows, i, "count")));
    return list;
}

/* ---- commands ---- */

static const char *const refusals[] = {
    [TAG_BAD_NAME] = "cannot.tag_name",
    [TAG_UNKNOWN] = "cannot.no_such_tag",
    [TAG_TAKEN] = "cannot.tag_taken",
    [TAG_TOO_MANY] = "cannot.too_many_tags",
    [TAG_CONVERSATION_FULL] = "cannot.conversation_tags",
};

static gboolean
fail(struct performing *p, enum tag_refusal refusal, const char *name)
{
    g_autofree char *shown = text_one_line(name, 200);
    return perform_fail(p, refusals[refusal],
                        json_pack("{s:s, s:i}", "tag", shown, "most",
                                  refusal == TAG_TOO_MANY   ? TAGS_MOST
                                  : refusal == TAG_BAD_NAME ? TAG_CHARACTERS
                                                            : TAGS_MOST_A_CONVERSATION));
}

typedef gboolean change_fn(struct act *act, gint64 organisation_id, gint64 conversation_id, const char *name,
                           enum tag_refusal *refusal, GError **error);

/* `argument`: names apart by commas. */
static gboolean
for_each_name(struct performing *p, const char *argument, change_fn *change, const char *said, GError **error)
{
    g_auto(GStrv) names = g_strsplit(argument, ",", -1);
    guint count = 0;
    for (char **name = names; *name; name++) {
        enum tag_refusal refusal = TAG_DONE;
        if (!*g_strstrip(*name))
            continue;
        count++;
        if (!change(p->act, p->organisation->id, p->conversation->id, *name, &refusal, error))
            return FALSE;
        if (refusal)
            return fail(p, refusal, *name);
        perform_said(p, said, json_pack("{s:s}", "tag", *name));
    }
    return count || perform_fail(p, "cannot.no_tag_named", NULL);
}

gboolean
tag_perform_add(struct performing *p, const struct command *command, GError **error)
{
    return for_each_name(p, command->argument, tag_attach, "said.tagged", error);
}

gboolean
tag_perform_take(struct performing *p, const struct command *command, GError **error)
{
    return for_each_name(p, command->argument, tag_detach, "said.untagged", error);
}

gboolean
tag_perform_rename(struct performing *p, const struct command *command, GError **error)
{
    g_auto(GStrv) names = g_strsplit(command->argument, "=", -1);
    enum tag_refusal refusal = TAG_DONE;
    if (g_strv_length(names) != 2 || !*g_strstrip(names[0]) || !*g_strstrip(names[1]))
        return perform_fail(p, "cannot.tag_rename_form", NULL);
    if (!tag_rename(p->act, p->organisation->id, names[0], names[1], &refusal, error))
        return FALSE;
    if (refusal)
        return fail(p, refusal, refusal == TAG_UNKNOWN ? names[0] : names[1]);
    perform_said(p, "said.tag_renamed", json_pack("{s:s, s:s}", "tag", names[0], "name", names[1]));
    return TRUE;
}

gboolean
tag_perform_delete(struct performing *p, const struct command *command, GError **error)
{
    enum tag_refusal refusal = TAG_DONE;
    gint64 conversations = 0;
    if (!*command->argument)
        return perform_fail(p, "cannot.no_tag_named", NULL);
    if (!tag_delete(p->act, p->organisation->id, command->argument, &conversations, &refusal, error))
        return FALSE;
    if (refusal)
        return fail(p, refusal, command->argument);
    perform_said(p, "said.tag_deleted",
                 json_pack("{s:s, s:I}", "tag", command->argument, "count", (json_int_t)conversations));
    return TRUE;
}

gboolean
tag_perform_list(struct performing *p, const struct command *command, GError **error)
{
    (void)command;
    json_t *tags = tag_list(p->act->tx, p->organisation->id, error);
    if (!tags)
        return FALSE;
    gboolean any = json_array_size(tags) > 0;
    perform_said(p, any ? "said.tags" : "said.no_tags", json_pack("{s:o}", "tags", tags));
    return TRUE;
}
