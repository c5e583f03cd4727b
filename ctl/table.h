/*
 * Facts for a person: JSON as aligned text. Columns are as wide as a terminal shows their widest cell (wide and
 * zero-width characters counted so), and every string passes text_one_line(): what a mail says cannot move the cursor.
 */
#ifndef POSTERN_CTL_TABLE_H
#define POSTERN_CTL_TABLE_H

#include <stdio.h>

#include <jansson.h>

#include "ctl/ctl.h"

struct table_column {
    const char *title;
    const char *path; /* "merchant.name"; "shop.name|shop" is the first that is there */
};

/* `columns` ends with a row without title. `rows` is a JSON array of objects. */
void table_print(FILE *out, const struct table_column *columns, const json_t *rows);

/* A list as JSON or as a table; `nothing` when it is empty. */
void table_list(FILE *out, gboolean json, const struct table_column *columns, const json_t *rows, const char *nothing);

/* One object: its members one a line, {name, address} as `NAME <ADDRESS>`, {amount,
 * currency} as `12.50 EUR`; then objects and lists of objects as blocks
 * under their name, and a member called "text" as the lines that it has. */
void table_show(FILE *out, const json_t *object);

/* What a command found, as --json or for a person; both take the value over and return CTL_DONE. */
int table_tell(const struct ctl *ctl, json_t *object);
int table_tell_list(const struct ctl *ctl, const struct table_column *columns, json_t *rows, const char *nothing);

/* An array of strings. */
json_t *table_strings(const GPtrArray *list);

/* JSON, indented, with a line end. */
void table_json(FILE *out, const json_t *value);

/* How many cells of a terminal the text takes. */
guint table_width(const char *text);

#endif
