#include "ctl/words.h"

#include <string.h>

#include "lib/amount.h"
#include "lib/text.h"

/* "KEY = TEXT", or a plural's form "KEY[NUMBER].other = TEXT", which fits any number well enough here. */
static char *
text_of(const char *file, const char *key)
{
    g_auto(GStrv) lines = g_strsplit(file, "\n", -1);
    for (char **line = lines; *line; line++) {
        if (!g_str_has_prefix(*line, key))
            continue;
        const char *rest = *line + strlen(key), *equals = strchr(rest, '=');
        if (*rest == ' ' || (*rest == '[' && strstr(rest, "].other ")))
            return equals ? g_strstrip(g_strdup(equals + 1)) : NULL;
    }
    return NULL;
}

static char *
value_text(const json_t *value)
{
    if (json_is_integer(value))
        return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
    if (json_is_string(value))
        return text_one_line(json_string_value(value), 200);
    return g_strdup("");
}

/* "back_words" is said of the fact "back_time"; of a sum its parts. */
static char *
member_text(const json_t *item, const char *name)
{
    g_autofree char *stem = g_str_has_suffix(name, "_words") ? g_strndup(name, strlen(name) - 6) : NULL;
    g_autofree char *time = g_strconcat(stem ? stem : "", "_time", NULL);
    g_autofree char *money = g_strconcat(stem ? stem : "", "_money", NULL);
    const json_t *sum = json_object_get(item, money);
    if (stem && json_object_get(item, time))
        return text_time(json_integer_value(json_object_get(item, time)));
    if (stem && sum)
        return amount_text(json_integer_value(json_object_get(sum, "amount")),
                           json_string_value(json_object_get(sum, "currency")));
    return value_text(json_object_get(item, name));
}

static char *
filled(const char *text, const json_t *item)
{
    GString *out = g_string_new(NULL);
    const char *open;
    while ((open = strstr(text, "{{"))) {
        const char *close = strstr(open, "}}");
        if (!close)
            break;
        g_autofree char *name = g_strndup(open + 2, (gsize)(close - open - 2));
        g_autofree char *value = member_text(item, name);
        g_string_append_len(out, text, open - text);
        g_string_append(out, value);
        text = close + 2;
    }
    g_string_append(out, text);
    return g_string_free(out, FALSE);
}

static char *
text_in(const char *folder, const char *key)
{
    g_autofree char *path = g_build_filename(folder, "en.words", NULL);
    g_autofree char *file = NULL;
    return g_file_get_contents(path, &file, NULL, NULL) ? text_of(file, key) : NULL;
}

char *
words_say(const struct conf *settings, const json_t *item)
{
    const char *key = json_string_value(json_object_get(item, "say"));
    g_autofree char *text = text_in(settings->templates, key);
    if (!text)
        text = text_in(TEMPLATE_DIR, key);
    return text ? filled(text, item) : g_strdup(key);
}
