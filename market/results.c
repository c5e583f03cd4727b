#include "market/results.h"

#include <string.h>

#include "lib/text.h"
#include "market/action.h"
#include "market/desk.h"
#include "market/notify.h"
#include "market/tag.h"

/* ---- what is asked ---- */

/* Folded, without blanks, hyphens and underscores: "Réponse envoyée", "awaiting_response". */
static char *
squeezed(const char *word)
{
    char *folded = text_fold(word), *to = folded;
    for (const char *from = folded; *from; from++)
        if (!strchr(" -_", *from))
            *to++ = *from;
    *to = '\0';
    return folded;
}

static gboolean
is_one_of(const char *word, const char *words)
{
    g_autofree char *plain = squeezed(word);
    g_auto(GStrv) list = g_strsplit(words, " ", -1);
    return *plain && g_strv_contains((const char *const *)list, plain);
}

/* As the four languages call them, squeezed. */
static const char *const states[JOB_STATES] = {
    [JOB_NEW] = "new nieuw nouvelle nouveau nowe",
    [JOB_OPENED] = "opened geopend consultee ouvert wyswietlone",
    [JOB_DECLINED] = "declined afgewezen refusee refuse odrzucone",
    [JOB_EXPIRED] = "expired vervallen expiree expire wygasle",
    [JOB_RESPONDED] = "responded gereageerd reponseenvoyee repondu odpowiedzwyslana",
    [JOB_AWAITING_RESPONSE] = ("awaitingresponse awaiting wachtopjouwantwoord inafwachtingvanantwoord wacht "
                               "enattentedevotrereponse enattentedereponse enattente czekanatwojaodpowiedz czeka"),
    [JOB_INACTIVE] = "inactive inactief inactif nieaktywne",
    [JOB_COMPLETED] = "completed voltooid terminee termine ukonczone",
};

static const char *
state_of(const char *word)
{
    for (guint i = 0; i < JOB_STATES; i++)
        if (is_one_of(word, states[i]))
            return job_state_name(i);
    return NULL;
}

static const char unread_words[] = "unread ongelezen nonlu nonlus nonlue nonlues nieprzeczytane";
static const char tag_words[] = "tag balise etiquette";
static const char state_words[] = "state status statut etat stan";

/* The next word, quotes around its blanks taken off; NULL at the end. */
static char *
next_word(const char **rest)
{
    GString *word = g_string_new(NULL);
    gboolean quoted = FALSE;
    while (**rest == ' ' || **rest == '\n')
        (*rest)++;
    const char *start = *rest;
    for (; **rest && (quoted || (**rest != ' ' && **rest != '\n')); (*rest)++) {
        if (**rest == '"')
            quoted = !quoted;
        else
            g_string_append_c(word, **rest);
    }
    return g_string_free(word, *rest == start);
}

/* `value` of "name:value" when the name is one of `names`. */
static const char *
value_of(const char *word, const char *names)
{
    const char *colon = strchr(word, ':');
    g_autofree char *name = colon ? g_strndup(word, (gsize)(colon - word)) : NULL;
    return name && is_one_of(name, names) ? colon + 1 : NULL;
}

static const char *
take_word(enum command_id id, const char *word, struct search *search, GString *words)
{
    const char *tag = value_of(word, tag_words), *state = value_of(word, state_words);
    if (tag) {
        g_free((char *)search->tag);
        search->tag = g_strdup(tag);
    } else if (state) {
        search->state = state_of(state);
        return search->state ? NULL : "cannot.no_such_state";
    } else if (id == COMMAND_LIST && is_one_of(word, unread_words)) {
        search->unread = TRUE;
    } else if (id == COMMAND_LIST) {
        return "cannot.list_word";
    } else {
        g_string_append_printf(words, "%s%s", words->len ? " " : "", word);
    }
    return NULL;
}

const char *
results_query(enum command_id id, const char *argument, struct search *search, char **wrong)
{
    g_autoptr(GString) words = g_string_new(NULL);
    const char *why = NULL;
    char *word;
    *wrong = NULL;
    *search = (struct search){.jobs = id == COMMAND_JOBS};
    while (!why && (word = next_word(&argument))) {
        why = take_word(id, word, search, words);
        if (why)
            *wrong = word;
        else
            g_free(word);
    }
    search->words = g_strdup(words->str);
    g_autoptr(GPtrArray) terms = search_words(words->str, SEARCH_WORDS + 1);
    if (!why && terms->len > SEARCH_WORDS)
        return "cannot.too_many_words";
    if (!why && id == COMMAND_SEARCH && !terms->len && !search->tag && !search->state)
        return "cannot.search_for_nothing";
    return why;
}

void
results_query_clear(struct search *search)
{
    g_free((char *)search->words);
    g_free((char *)search->tag);
    search->words = search->tag = NULL;
}

/* ---- commands ---- */

static gboolean
note(struct performing *p, enum command_id id, const char *argument, const struct search *search, GError **error)
{
    g_autofree char *desk = desk_address(p->act, p->organisation->id, p->member_id);
    g_autofree char *cause = act_cause(p->act, p->in->key);
    json_t *data = json_pack("{s:I, s:s, s:s, s:I, s:I, s:s, s:s}", "organisation_id", (json_int_t)p->organisation->id,
                             "command", command_name(id), "argument", argument, "before", (json_int_t)search->before,
                             "before_id", (json_int_t)search->before_id, "own_address", desk, "asked",
                             p->line ? p->line : "", "jobs", id == COMMAND_JOBS, "filtered", *argument != '\0');
    if (!performing_tell(p, "results", 0, data, cause, error))
        return FALSE;
    perform_said(p, "said.results_follow", NULL);
    return TRUE;
}

static gboolean
look_up(struct performing *p, enum command_id id, const char *argument, gint64 before, gint64 before_id, GError **error)
{
    struct search search;
    g_autofree char *wrong = NULL;
    gint64 tag = 0;
    const char *why = results_query(id, argument, &search, &wrong);
    gboolean done = why || !search.tag || tag_find(p->act, p->organisation->id, search.tag, &tag, error);
    search.before = before;
    search.before_id = before_id;
    if (done && why)
        perform_fail(p, why, json_pack("{s:s, s:i}", "word", wrong ? wrong : "", "most", SEARCH_WORDS));
    else if (done && search.tag && !tag)
        perform_fail(p, "cannot.no_such_tag", json_pack("{s:s}", "tag", search.tag));
    else if (done)
        done = note(p, id, argument, &search, error);
    results_query_clear(&search);
    return done;
}

gboolean
results_perform_list(struct performing *p, const struct command *command, GError **error)
{
    return look_up(p, COMMAND_LIST, command->argument, 0, 0, error);
}

gboolean
results_perform_search(struct performing *p, const struct command *command, GError **error)
{
    return look_up(p, COMMAND_SEARCH, command->argument, 0, 0, error);
}

gboolean
results_perform_jobs(struct performing *p, const struct command *command, GError **error)
{
    return look_up(p, COMMAND_JOBS, command->argument, 0, 0, error);
}

static const enum command_id pages[] = {COMMAND_LIST, COMMAND_SEARCH, COMMAND_JOBS};

/* `AT-ID NAME ARGUMENT`. */
gboolean
results_perform_more(struct performing *p, const struct command *command, GError **error)
{
    char *end = NULL;
    gint64 at = g_ascii_strtoll(command->argument, &end, 10), id = 0;
    if (*end == '-')
        id = g_ascii_strtoll(end + 1, &end, 10);
    const char *word = end + (*end == ' '), *rest = word + strcspn(word, " ");
    g_autofree char *name = g_strndup(word, (gsize)(rest - word));
    for (guint i = 0; at > 0 && id > 0 && i < G_N_ELEMENTS(pages); i++)
        if (command_of_word(name) == pages[i])
            return look_up(p, pages[i], rest, at, id, error);
    return perform_fail(p, "cannot.more_of_what", NULL);
}

/* ---- the mail ---- */

static json_t *
tags_of(struct act *act, gint64 conversation_id, GError **error)
{
    json_t *names = tag_names(act->tx, conversation_id, error), *tags = names ? json_array() : NULL;
    for (gsize i = 0; i < json_array_size(names); i++)
        json_array_append_new(
            tags, json_pack("{s:O, s:b}", "tag", json_array_get(names, i), "last", i + 1 == json_array_size(names)));
    json_decref(names);
    return tags;
}

static const char *
text_or_empty(const store_rows *rows, const char *column)
{
    const char *text = store_rows_text(rows, 0, column);
    return text ? text : "";
}

/* "Mia (Mia's Candles)"; of nobody with a name the words for one. */
static json_t *
merchant_of(const store_rows *rows)
{
    gboolean registered = store_rows_int(rows, 0, "registered") != 0;
    const char *shop = text_or_empty(rows, "shop");
    g_autofree char *name = registered ? party_public_name(store_rows_text(rows, 0, "merchant"), "")
                                       : text_one_line(store_rows_text(rows, 0, "merchant"), 100);
    g_autofree char *label = *name && *shop ? g_strdup_printf("%s (%s)", name, shop) : g_strdup(*name ? name : shop);
    if (*label)
        return json_pack("{s:s, s:s, s:s}", "name", name, "label", label, "shop", shop);
    return json_pack("{s:s, s:{s:s}, s:s}", "name", "", "label", "say",
                     registered ? "someone.merchant" : "someone.visitor", "shop", "");
}

static json_t *
state_in_words(enum job_state state)
{
    g_autofree char *key = g_strdup_printf("state.%s", job_state_name(state));
    return json_pack("{s:s}", "say", key);
}

/* {id, merchant{name,label,shop}, subject, state, unread, tagged, tags:[{tag,last}], service, changed_time} of a
 * conversation of that organisation; NULL with TRUE: it is gone. */
static gboolean
load_entry(struct act *act, gint64 organisation_id, gint64 conversation_id, json_t **entry, GError **error)
{
    *entry = NULL;
    g_autoptr(store_rows) rows =
        store_query(act->tx, STMT_SEARCH_ENTRY, error, store_int(conversation_id), store_int(organisation_id));
    if (!rows || !store_rows_count(rows))
        return rows != NULL;
    json_t *tags = tags_of(act, conversation_id, error);
    if (!tags)
        return FALSE;
    *entry = json_pack("{s:I, s:o, s:s, s:o, s:I, s:b, s:o, s:s, s:I}", "id", (json_int_t)conversation_id, "merchant",
                       merchant_of(rows), "subject", text_or_empty(rows, "subject"), "state",
                       state_in_words(conversation_state_at(rows, 0, act->now)), "unread",
                       (json_int_t)store_rows_int(rows, 0, "unread"), "tagged", json_array_size(tags) > 0, "tags", tags,
                       "service", text_or_empty(rows, "service"), "changed_time",
                       (json_int_t)store_rows_int(rows, 0, "updated_at"));
    return TRUE;
}

static gboolean
add_item(struct act *act, gint64 organisation_id, gint64 conversation_id, json_t *items, GError **error)
{
    json_t *entry = NULL;
    g_autofree char *link = conversation_link(act, conversation_id, SIDE_PARTNER, LINK_REPLY, error);
    if (!link || !load_entry(act, organisation_id, conversation_id, &entry, error))
        return FALSE;
    if (!entry)
        return TRUE;
    json_object_set_new(entry, "number", json_integer((json_int_t)json_array_size(items) + 1));
    json_object_set_new(entry, "link", json_string(link));
    json_array_append_new(items, entry);
    return TRUE;
}

static enum command_id
asked_for(const json_t *data)
{
    const char *name = json_string_value(json_object_get(data, "command"));
    for (guint i = 0; i < G_N_ELEMENTS(pages); i++)
        if (g_strcmp0(name, command_name(pages[i])) == 0)
            return pages[i];
    return COMMAND_LIST;
}

static void
add_next(json_t *data, const struct search_found *found, const char *own_address, const char *language)
{
    g_autofree char *argument =
        g_strdup_printf("%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT " %s %s", found->before, found->before_id,
                        command_word(asked_for(data), language), json_string_value(json_object_get(data, "argument")));
    json_t *actions = json_object_get(data, "actions");
    action_add(actions, own_address, COMMAND_MORE, g_strchomp(argument), language);
    json_object_set_new(json_array_get(actions, json_array_size(actions) - 1), "say", json_string("results.more"));
}

static gboolean
add_items(struct act *act, json_t *data, gint64 organisation_id, const struct search_found *found, GError **error)
{
    json_t *items = json_array();
    json_object_set_new(data, "items", items);
    for (guint i = 0; i < found->ids->len; i++)
        if (!add_item(act, organisation_id, g_array_index(found->ids, gint64, i), items, error))
            return FALSE;
    json_object_set_new(data, "count", json_integer((json_int_t)json_array_size(items)));
    json_object_set_new(data, "nothing", json_boolean(!json_array_size(items)));
    json_object_set_new(data, "partial", json_boolean(found->partial));
    json_object_set_new(data, "total", json_integer(MAX(found->total, 0)));
    return TRUE;
}

gboolean
results_load(struct act *act, json_t *data, const char *own_address, const char *language, GError **error)
{
    struct search search;
    g_autofree char *wrong = NULL;
    g_auto(search_found) found = {0};
    const char *argument = json_string_value(json_object_get(data, "argument"));
    const char *why = results_query(asked_for(data), argument ? argument : "", &search, &wrong);
    g_assert(!why); /* it was looked at before it was noted */
    search.organisation_id = json_integer_value(json_object_get(data, "organisation_id"));
    search.before = json_integer_value(json_object_get(data, "before"));
    search.before_id = json_integer_value(json_object_get(data, "before_id"));
    gboolean done = search_run(act->tx, &search, act->now, &found, error) &&
                    add_items(act, data, search.organisation_id, &found, error);
    if (done && found.more)
        add_next(data, &found, own_address, language);
    results_query_clear(&search);
    return done;
}
