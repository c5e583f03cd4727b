#include "market/numbered.h"

#include <string.h>

static void
numbered_free(gpointer data)
{
    struct numbered *entry = data;
    g_free(entry->text);
    g_free(entry);
}

static const char *
skip_blanks(const char *p)
{
    for (;; p++) {
        if (g_str_has_prefix(p, "\302\240")) /* U+00A0, as phones write it */
            p++;
        else if (*p != ' ' && *p != '\t')
            return p;
    }
}

/* Of `2:`, `#2:` or `2：` at the beginning of a line: the number, and what follows; 0: there is none. */
static guint
read_number(const char *line, const char **rest)
{
    guint number = 0, digits = 0;
    const char *p = skip_blanks(line);
    if (*p == '#')
        p++;
    for (; g_ascii_isdigit(*p) && digits < 4; digits++)
        number = number * 10 + (guint)(*p++ - '0');
    p = skip_blanks(p);
    gsize colon = *p == ':' ? 1 : g_str_has_prefix(p, "\357\274\232") ? 3 : 0;
    if (!colon || digits == 0 || digits > 3 || (g_ascii_isdigit(p[colon]) && colon == 1)) /* 10:30 is a time */
        return 0;
    *rest = p + colon;
    return number;
}

static void
end_entry(GPtrArray *list, GString *text)
{
    if (list->len) {
        struct numbered *last = g_ptr_array_index(list, list->len - 1);
        g_free(last->text);
        last->text = g_strstrip(g_strdup(text->str));
    }
    g_string_truncate(text, 0);
}

/* A number that comes twice counts something within an answer, and then nobody knows which of the others do. */
static gboolean
is_clear(const GPtrArray *list)
{
    for (guint i = 0; i < list->len; i++) {
        const struct numbered *entry = g_ptr_array_index(list, i);
        gboolean good = *entry->text != '\0';
        for (guint k = 0; k < i && good; k++)
            good = ((const struct numbered *)g_ptr_array_index(list, k))->number != entry->number;
        if (!good)
            return FALSE;
    }
    return TRUE;
}

GPtrArray *
numbered_read(const char *words)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(numbered_free);
    g_autoptr(GString) text = g_string_new(NULL);
    for (const char *line = words, *end; *line; line = *end ? end + 1 : end) {
        const char *rest = line;
        end = line + strcspn(line, "\n");
        guint number = read_number(line, &rest);
        if (number) {
            struct numbered *entry = g_new0(struct numbered, 1);
            end_entry(list, text);
            entry->number = number;
            g_ptr_array_add(list, entry);
        } else if (!list->len && *skip_blanks(line) != '\n' && *skip_blanks(line)) {
            return list;
        }
        g_string_append_len(text, MIN(rest, end), end - MIN(rest, end));
        g_string_append_c(text, '\n');
    }
    end_entry(list, text);
    if (!is_clear(list))
        g_ptr_array_set_size(list, 0);
    return list;
}
