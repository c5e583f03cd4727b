#include "ctl/table.h"

#include <string.h>

#include "lib/amount.h"
#include "lib/text.h"

#define CELL_BYTES 400
#define CELL_WIDTH 48 /* a longer cell of a listing is cut; `show` has all of it */
#define LINE_BYTES 4000

void
table_json(FILE *out, const json_t *value)
{
    json_dumpf(value, out, JSON_INDENT(2));
    fputc('\n', out);
}

static guint
char_width(gunichar c)
{
    if (g_unichar_iszerowidth(c))
        return 0;
    return g_unichar_iswide(c) ? 2 : 1;
}

guint
table_width(const char *text)
{
    guint width = 0;
    for (; *text; text = g_utf8_next_char(text))
        width += char_width(g_utf8_get_char(text));
    return width;
}

/* Cuts to CELL_WIDTH cells, an ellipsis in the last. */
static char *
fit(char *text)
{
    if (table_width(text) <= CELL_WIDTH)
        return text;
    guint width = 0;
    char *end = text;
    for (; *end; end = g_utf8_next_char(end)) {
        width += char_width(g_utf8_get_char(end));
        if (width >= CELL_WIDTH)
            break;
    }
    *end = '\0';
    char *cut = g_strconcat(text, "…", NULL);
    g_free(text);
    return cut;
}

/* ---- values ---- */

static char *scalar_text(const json_t *value);

/* {name, address} and {name, url}: what stands beside the name; NULL for other objects. */
static const json_t *
second_name(const json_t *object)
{
    if (json_object_size(object) != 2 || !json_is_string(json_object_get(object, "name")))
        return NULL;
    const json_t *address = json_object_get(object, "address");
    return address ? address : json_object_get(object, "url");
}

static char *
pair_text(const json_t *object)
{
    g_autofree char *name = scalar_text(json_object_get(object, "name"));
    g_autofree char *second = scalar_text(second_name(object));
    return g_strdup_printf("%s <%s>", name, second);
}

/* {amount, currency}: a sum. */
static gboolean
is_sum(const json_t *object)
{
    return json_object_size(object) == 2 && json_is_integer(json_object_get(object, "amount")) &&
           json_is_string(json_object_get(object, "currency"));
}

/* What names an object best. */
static char *
object_text(const json_t *object)
{
    if (is_sum(object))
        return amount_text(json_integer_value(json_object_get(object, "amount")),
                           json_string_value(json_object_get(object, "currency")));
    if (second_name(object))
        return pair_text(object);
    static const char *const names[] = {"service", "slug", "address", "name", "id"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        const json_t *name = json_object_get(object, names[i]);
        if (name && !json_is_null(name))
            return scalar_text(name);
    }
    return g_strdup("-");
}

static char *
array_text(const json_t *array)
{
    g_autoptr(GString) text = g_string_new(NULL);
    gsize index;
    json_t *element;
    json_array_foreach((json_t *)array, index, element)
    {
        g_autofree char *one = json_is_object(element) ? object_text(element) : scalar_text(element);
        g_string_append_printf(text, "%s%s", index ? ", " : "", one);
    }
    return text->len ? g_string_free(g_steal_pointer(&text), FALSE) : g_strdup("-");
}

static char *
scalar_text(const json_t *value)
{
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_STRING: {
        g_autofree char *text = text_one_line(json_string_value(value), CELL_BYTES);
        return *text ? g_steal_pointer(&text) : g_strdup("-");
    }
    case JSON_INTEGER:
        return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
    case JSON_REAL:
        return g_strdup_printf("%g", json_real_value(value));
    case JSON_TRUE:
        return g_strdup("yes");
    case JSON_FALSE:
        return g_strdup("no");
    case JSON_ARRAY:
        return array_text(value);
    case JSON_OBJECT:
        return object_text(value);
    case JSON_NULL:
        break;
    }
    return g_strdup("-");
}

static const json_t *
follow(const json_t *value, const char *path)
{
    g_auto(GStrv) steps = g_strsplit(path, ".", -1);
    for (char **step = steps; value && *step; step++)
        value = json_object_get(value, *step);
    return json_is_null(value) ? NULL : value;
}

static const json_t *
find_value(const json_t *row, const char *paths)
{
    g_auto(GStrv) choices = g_strsplit(paths, "|", -1);
    const json_t *value = NULL;
    for (char **path = choices; !value && *path; path++) {
        value = follow(row, *path);
        if (json_is_string(value) && !*json_string_value(value))
            value = NULL;
    }
    return value;
}

/* ---- listings ---- */

static guint
column_count(const struct table_column *columns)
{
    guint count = 0;
    while (columns[count].title)
        count++;
    return count;
}

static void
pad(FILE *out, guint width)
{
    for (; width; width--)
        fputc(' ', out);
}

static void
print_cell(FILE *out, const char *text, guint width, gboolean right, gboolean last)
{
    guint blanks = width - MIN(width, table_width(text));
    if (right)
        pad(out, blanks);
    fputs(text, out);
    if (!last)
        pad(out, (right ? 0 : blanks) + 2);
}

/* What stands in a column; one of numbers alone is set to the right. */
struct kinds {
    gboolean numbers, others;
};

static void
print_line(FILE *out, char **cells, const guint *widths, const struct kinds *kinds, guint count, guint indent)
{
    pad(out, indent);
    for (guint i = 0; i < count; i++)
        print_cell(out, cells[i], widths[i], kinds[i].numbers && !kinds[i].others, i + 1 == count);
    fputc('\n', out);
}

static char **
row_cells(const struct table_column *columns, guint count, const json_t *row, struct kinds *kinds)
{
    char **cells = g_new0(char *, count + 1);
    for (guint i = 0; i < count; i++) {
        const json_t *value = find_value(row, columns[i].path);
        cells[i] = fit(scalar_text(value));
        if (json_is_integer(value))
            kinds[i].numbers = TRUE;
        else if (value)
            kinds[i].others = TRUE;
    }
    return cells;
}

static char **
title_cells(const struct table_column *columns, guint count)
{
    char **cells = g_new0(char *, count + 1);
    for (guint i = 0; i < count; i++)
        cells[i] = g_strdup(columns[i].title);
    return cells;
}

static void
print_table(FILE *out, const struct table_column *columns, const json_t *rows, guint indent)
{
    guint count = column_count(columns);
    g_autofree guint *widths = g_new0(guint, count);
    g_autofree struct kinds *kinds = g_new0(struct kinds, count);
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    g_ptr_array_add(lines, title_cells(columns, count));
    for (gsize i = 0; i < json_array_size(rows); i++)
        g_ptr_array_add(lines, row_cells(columns, count, json_array_get(rows, i), kinds));
    for (guint i = 0; i < lines->len; i++) {
        char **cells = lines->pdata[i];
        for (guint c = 0; c < count; c++)
            widths[c] = MAX(widths[c], table_width(cells[c]));
    }
    for (guint i = 0; i < lines->len; i++)
        print_line(out, lines->pdata[i], widths, kinds, count, indent);
}

void
table_print(FILE *out, const struct table_column *columns, const json_t *rows)
{
    print_table(out, columns, rows, 0);
}

/* ---- one object ---- */

static void show_object(FILE *out, const json_t *object, guint indent);

static void
show_lines(FILE *out, const char *text, guint indent)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        g_autofree char *clean = text_one_line(*line, LINE_BYTES);
        if (!*clean && !line[1])
            break;
        pad(out, indent);
        fprintf(out, "|%s%s\n", *clean ? " " : "", clean);
    }
}

static gboolean
is_block(const char *key, const json_t *value)
{
    if (json_is_object(value))
        return second_name(value) == NULL && !is_sum(value);
    if (json_is_array(value))
        return json_is_object(json_array_get(value, 0));
    return strcmp(key, "text") == 0 && json_is_string(value);
}

/* Has it nothing but single values? */
static gboolean
is_flat(const json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        if (is_block(key, value))
            return FALSE;
    }
    return TRUE;
}

/* A list of flat objects: a table with the first one's keys as titles. */
static void
show_table(FILE *out, const json_t *array, guint indent)
{
    const json_t *first = json_array_get(array, 0);
    g_autofree struct table_column *columns = g_new0(struct table_column, json_object_size(first) + 1);
    guint count = 0;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)first, key, value)
    {
        columns[count].title = key;
        columns[count++].path = key;
    }
    print_table(out, columns, array, indent);
}

static void
show_blocks(FILE *out, const json_t *array, guint indent)
{
    if (is_flat(json_array_get(array, 0))) {
        show_table(out, array, indent);
        return;
    }
    gsize index;
    json_t *element;
    json_array_foreach((json_t *)array, index, element)
    {
        if (index)
            fputc('\n', out);
        show_object(out, element, indent);
    }
}

static void
show_block(FILE *out, const char *key, const json_t *value, guint indent)
{
    pad(out, indent);
    fprintf(out, "%s\n", key);
    if (json_is_string(value))
        show_lines(out, json_string_value(value), indent + 2);
    else if (json_is_array(value))
        show_blocks(out, value, indent + 2);
    else
        show_object(out, value, indent + 2);
}

static void
show_line(FILE *out, const char *key, const json_t *value, guint width, guint indent)
{
    g_autofree char *text = scalar_text(value);
    pad(out, indent);
    fputs(key, out);
    pad(out, width - MIN(width, table_width(key)) + 2);
    fprintf(out, "%s\n", text);
}

static void
show_object(FILE *out, const json_t *object, guint indent)
{
    guint width = 0;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        if (!is_block(key, value))
            width = MAX(width, table_width(key));
    }
    json_object_foreach((json_t *)object, key, value)
    {
        if (!is_block(key, value))
            show_line(out, key, value, width, indent);
    }
    json_object_foreach((json_t *)object, key, value)
    {
        if (is_block(key, value))
            show_block(out, key, value, indent);
    }
}

void
table_show(FILE *out, const json_t *object)
{
    show_object(out, object, 0);
}

void
table_list(FILE *out, gboolean json, const struct table_column *columns, const json_t *rows, const char *nothing)
{
    if (json)
        table_json(out, rows);
    else if (json_array_size(rows))
        table_print(out, columns, rows);
    else
        fprintf(out, "%s\n", nothing);
}

int
table_tell(const struct ctl *ctl, json_t *object)
{
    if (ctl->json)
        table_json(stdout, object);
    else
        table_show(stdout, object);
    json_decref(object);
    return CTL_DONE;
}

int
table_tell_list(const struct ctl *ctl, const struct table_column *columns, json_t *rows, const char *nothing)
{
    table_list(stdout, ctl->json, columns, rows, nothing);
    json_decref(rows);
    return CTL_DONE;
}

json_t *
table_strings(const GPtrArray *list)
{
    json_t *array = json_array();
    for (guint i = 0; i < list->len; i++)
        json_array_append_new(array, json_string(g_ptr_array_index(list, i)));
    return array;
}
