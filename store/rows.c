/* A statement's rows, copied out of the engine: nothing of it outlives the statement, so a function may keep them. */
#include <string.h>

#include "store/driver.h"

struct cell {
    int type;
    gint64 integer;
    gsize offset; /* into bytes, which moves while it grows */
    gsize length;
};

struct store_rows {
    enum store_statement statement;
    guint columns;
    const char **names;
    GArray *cells;
    GByteArray *bytes;
};

store_rows *
store_rows_new(enum store_statement statement, const char *const *names, guint columns)
{
    store_rows *rows = g_new0(store_rows, 1);
    rows->statement = statement;
    rows->columns = columns;
    rows->names = g_memdup2(names, columns * sizeof *names);
    rows->cells = g_array_sized_new(FALSE, FALSE, sizeof(struct cell), columns); /* most have one row */
    rows->bytes = g_byte_array_new();
    return rows;
}

void
store_rows_free(store_rows *rows)
{
    if (!rows)
        return;
    g_free(rows->names);
    g_array_unref(rows->cells);
    g_byte_array_unref(rows->bytes);
    g_free(rows);
}

void
store_rows_add(store_rows *rows, const struct store_value *value)
{
    struct cell cell = {
        .type = value->type, .integer = value->integer, .offset = rows->bytes->len, .length = value->length};
    if (value->type == STORE_TEXT || value->type == STORE_BLOB) {
        if (value->length)
            g_byte_array_append(rows->bytes, value->data, value->length);
        g_byte_array_append(rows->bytes, (const guint8 *)"",
                            1); /* text ends in NUL, and an empty value has an address */
    }
    g_array_append_val(rows->cells, cell);
}

guint
store_rows_count(const store_rows *rows)
{
    return rows->columns ? rows->cells->len / rows->columns : 0;
}

static guint
column_of(const store_rows *rows, const char *column)
{
    for (guint i = 0; i < rows->columns; i++)
        if (strcmp(rows->names[i], column) == 0)
            return i;
    g_error("store: %s has no column %s", store_statement_texts[rows->statement].name, column);
}

static const struct cell *
cell_at(const store_rows *rows, guint row, const char *column)
{
    guint i = column_of(rows, column);
    if (row >= store_rows_count(rows))
        g_error("store: %s has no row %u", store_statement_texts[rows->statement].name, row);
    return &g_array_index(rows->cells, struct cell, row * rows->columns + i);
}

/* NULL for SQL's NULL. */
static const struct cell *
typed_cell(const store_rows *rows, guint row, const char *column, int type)
{
    const struct cell *cell = cell_at(rows, row, column);
    if (cell->type == STORE_NULL)
        return NULL;
    if (cell->type != type)
        g_error("store: column %s of %s has another type", column, store_statement_texts[rows->statement].name);
    return cell;
}

gint64
store_rows_int(const store_rows *rows, guint row, const char *column)
{
    const struct cell *cell = typed_cell(rows, row, column, STORE_INT);
    return cell ? cell->integer : 0;
}

const char *
store_rows_text(const store_rows *rows, guint row, const char *column)
{
    const struct cell *cell = typed_cell(rows, row, column, STORE_TEXT);
    return cell ? (const char *)rows->bytes->data + cell->offset : NULL;
}

gconstpointer
store_rows_blob(const store_rows *rows, guint row, const char *column, gsize *length)
{
    const struct cell *cell = typed_cell(rows, row, column, STORE_BLOB);
    *length = cell ? cell->length : 0;
    return cell ? (gconstpointer)(rows->bytes->data + cell->offset) : "";
}

gboolean
store_rows_is_null(const store_rows *rows, guint row, const char *column)
{
    return cell_at(rows, row, column)->type == STORE_NULL;
}
