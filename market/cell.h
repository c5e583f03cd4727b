/*
 * A row's cells as JSON, for what is listed: NULL is null, times are RFC 3339 UTC. New references.
 */
#ifndef POSTERN_MARKET_CELL_H
#define POSTERN_MARKET_CELL_H

#include <jansson.h>

#include "store/store.h"

json_t *cell_text(const store_rows *rows, guint row, const char *column);
json_t *cell_time(const store_rows *rows, guint row, const char *column);
json_t *cell_int(const store_rows *rows, guint row, const char *column); /* NULL is 0 */

#endif
