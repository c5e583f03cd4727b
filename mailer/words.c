#include "mailer/words.h"

#include <string.h>
#include <unicode/upluralrules.h>
#include <unicode/ustring.h>

#include "lib/error.h"

/* CLDR's categories; `other` is every language's last resort and holds what has no plurals. */
static const char *const categories[] = {"other", "zero", "one", "two", "few", "many"};
enum { OTHER, CATEGORIES = G_N_ELEMENTS(categories) };

struct word {
    char **number; /* the variable that is counted; NULL: nothing is */
    template *forms[CATEGORIES];
};

struct words {
    gboolean french;
    UPluralRules *plurals;
    GHashTable *all; /* key → struct word */
};

static void
word_free(gpointer data)
{
    struct word *word = data;
    g_strfreev(word->number);
    for (guint i = 0; i < CATEGORIES; i++)
        template_free(word->forms[i]);
    g_free(word);
}

words *
words_new(const char *language, GError **error)
{
    UErrorCode status = U_ZERO_ERROR;
    g_autoptr(words) self = g_new0(words, 1);
    self->all = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, word_free);
    self->french = strcmp(language, "fr") == 0;
    self->plurals = uplrules_open(language, &status);
    if (U_SUCCESS(status))
        return g_steal_pointer(&self);
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "%s.words: ICU knows no plurals of `%s`: %s", language,
                language, u_errorName(status));
    return NULL;
}

void
words_free(words *self)
{
    if (!self)
        return;
    if (self->plurals)
        uplrules_close(self->plurals);
    g_hash_table_unref(self->all);
    g_free(self);
}

/* ---- reading ---- */

/* A line of the file: KEY = TEXT or KEY[NUMBER].CATEGORY = TEXT. */
struct line {
    const char *path;
    guint number;
    char *key, *variable; /* `variable` NULL: no plurals */
    guint category;
    const char *text;
};

G_GNUC_PRINTF(3, 4)
static gboolean
fail(const struct line *line, GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "%s:%u: %s", line->path, line->number, what);
    return FALSE;
}

static gboolean
split_plural(struct line *line, GError **error)
{
    char *bracket = strchr(line->key, '['), *end = bracket ? strstr(bracket, "].") : NULL;
    if (!bracket)
        return TRUE;
    if (!end)
        return fail(line, error, "`%s` is no key: a plural is KEY[NUMBER].CATEGORY", line->key);
    *bracket = *end = '\0';
    line->variable = bracket + 1;
    while (line->category < CATEGORIES && strcmp(categories[line->category], end + 2) != 0)
        line->category++;
    return line->category < CATEGORIES || fail(line, error, "`%s` is no plural category of CLDR's", end + 2);
}

static gboolean
split_line(struct line *line, char *content, GError **error)
{
    char *equals = strchr(content, '=');
    if (!equals)
        return fail(line, error, "not `KEY = TEXT`");
    *equals = '\0';
    line->key = g_strstrip(content);
    line->text = g_strstrip(equals + 1);
    if (!*line->text)
        return fail(line, error, "`%s` has no text", line->key);
    if (!split_plural(line, error))
        return FALSE;
    gsize length = strspn(line->key, "abcdefghijklmnopqrstuvwxyz0123456789.-_");
    return (length && !line->key[length]) || fail(line, error, "`%s` is no key: a-z 0-9 . - _", line->key);
}

static void
only_values(enum template_tag tag, const char *name, guint line, gpointer arg)
{
    const char **other = arg;
    (void)line;
    if (tag != TEMPLATE_VALUE)
        *other = name;
}

/* French parts : ; ! ? and the inner side of « » with a space at which no line may end. */
static char *
typeset(const char *text)
{
    static const char blank[] = "\302\240", opening[] = "\302\253", closing[] = "\302\273";
    GString *set = g_string_new(NULL);
    for (const char *c = text; *c; c++) {
        gboolean tied = *c == ' ' && ((c[1] && strchr(":;!?", c[1])) || g_str_has_prefix(c + 1, closing) ||
                                      g_str_has_suffix(set->str, opening));
        if (tied)
            g_string_append(set, blank);
        else
            g_string_append_c(set, *c);
    }
    return g_string_free(set, FALSE);
}

static gboolean
add_line(words *self, const struct line *line, GHashTable *seen, GError **error)
{
    g_autofree char *file = g_strdup_printf("%s:%u", line->path, line->number);
    g_autofree char *form = g_strdup_printf("%s[%s", line->key, categories[line->category]);
    g_autofree char *set = self->french ? typeset(line->text) : g_strdup(line->text);
    g_autoptr(template) text = template_compile(file, set, strlen(set), error);
    const char *other = NULL;
    if (!text)
        return FALSE;
    template_tags(text, only_values, &other);
    if (other)
        return fail(line, error, "`%s`: a string has {{values}} only, what else there is belongs to the layouts",
                    other);
    if (!g_hash_table_add(seen, g_steal_pointer(&form)))
        return fail(line, error, "`%s` is there twice", line->key);
    struct word *word = g_hash_table_lookup(self->all, line->key);
    if (!word) {
        word = g_new0(struct word, 1);
        word->number = line->variable ? g_strsplit(line->variable, ".", -1) : NULL;
        g_hash_table_insert(self->all, g_strdup(line->key), word);
    }
    if (!word->forms[line->category])
        word->forms[line->category] = g_steal_pointer(&text);
    return TRUE;
}

gboolean
words_load(words *self, const char *path, GError **error)
{
    g_autofree char *source = NULL;
    g_autoptr(GError) why = NULL;
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (!g_file_get_contents(path, &source, NULL, &why)) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "%s", why->message);
        return FALSE;
    }
    g_auto(GStrv) lines = g_strsplit(source, "\n", -1);
    struct line line = {.path = path};
    for (guint i = 0; lines[i]; i++) {
        char *content = g_strstrip(lines[i]);
        if (!*content || *content == '#')
            continue;
        line = (struct line){.path = path, .number = i + 1};
        if (!split_line(&line, content, error) || !add_line(self, &line, seen, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
words_check(const words *self, const char *language, GError **error)
{
    GHashTableIter each;
    gpointer key, value;
    g_hash_table_iter_init(&each, self->all);
    while (g_hash_table_iter_next(&each, &key, &value)) {
        const struct word *word = value;
        if (word->forms[OTHER])
            continue;
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "%s.words: `%s` lacks the plural `other`", language,
                    (char *)key);
        return FALSE;
    }
    return TRUE;
}

/* ---- asking ---- */

static guint
category_of(const words *self, double number)
{
    UChar keyword[16];
    char name[sizeof keyword];
    UErrorCode status = U_ZERO_ERROR;
    int32_t length = uplrules_select(self->plurals, number, keyword, G_N_ELEMENTS(keyword), &status);
    guint category = CATEGORIES;
    if (U_SUCCESS(status) && length < (int32_t)sizeof name) {
        u_UCharsToChars(keyword, name, length + 1);
        for (category = 0; category < CATEGORIES && strcmp(categories[category], name) != 0;)
            category++;
    }
    return category < CATEGORIES ? category : OTHER;
}

const template *
words_find(const words *self, const char *key, const template_place *place)
{
    const struct word *word = g_hash_table_lookup(self->all, key);
    if (!word)
        return NULL;
    const json_t *number = word->number ? template_value(place, word->number) : NULL;
    guint category = json_is_number(number) ? category_of(self, json_number_value(number)) : OTHER;
    return word->forms[category] ? word->forms[category] : word->forms[OTHER];
}

gboolean
words_has(const words *self, const char *key)
{
    return g_hash_table_contains(self->all, key);
}
