#include "market/cell.h"

#include "lib/text.h"

json_t *
cell_text(const store_rows *rows, guint row, const char *column)
{
    const char *text = store_rows_text(rows, row, column);
    return text ? json_string(text) : json_null();
}

json_t *
cell_time(const store_rows *rows, guint row, const char *column)
{
    if (store_rows_is_null(rows, row, column))
        return json_null();
    g_autofree char *time = text_time(store_rows_int(rows, row, column));
    return json_string(time);
}

json_t *
cell_int(const store_rows *rows, guint row, const char *column)
{
    return json_integer(store_rows_int(rows, row, column));
}
