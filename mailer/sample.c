#include "mailer/sample.h"

#include <string.h>

#include "market/action.h"

/* NULL: it does nothing, or something that there is not. */
static json_t *
action_of(const json_t *given, const char *address, const char *language)
{
    const char *what = json_string_value(json_object_get(given, "do"));
    if (!what)
        return NULL;
    g_auto(GStrv) words = g_strsplit(what, " ", 2);
    enum command_id id = command_of_word(words[0] ? words[0] : "");
    if (id == COMMAND_UNKNOWN)
        return NULL;
    const char *argument = words[0] ? words[1] : NULL;
    json_t *list = json_array();
    action_add(list, address, id, g_strcmp0(argument, "me") == 0 ? command_me(language) : argument, language);
    json_t *action = json_incref(json_array_get(list, 0));
    json_decref(list);
    json_object_update(action, (json_t *)given);
    json_object_del(action, "do");
    return action;
}

static void
walk(json_t *value, const char *address, const char *language)
{
    const char *link = json_string_value(json_object_get(value, "link"));
    const char *key;
    json_t *inner;
    gsize i;
    if (link)
        address = link;
    if (json_is_object(value)) {
        json_object_foreach(value, key, inner) walk(inner, address, language);
        return;
    }
    json_array_foreach(value, i, inner)
    {
        json_t *action = action_of(inner, address, language);
        if (action)
            json_array_set_new(value, i, action);
        else
            walk(inner, address, language);
    }
}

void
sample_do(json_t *data, const char *language)
{
    const char *address = json_string_value(json_object_get(data, "reply_address"));
    walk(data, address ? address : "", language);
}
