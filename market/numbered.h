/*
 * Answers to several items of an overview in one mail: `2: text` and `2: /decline`, each up to the next number.
 */
#ifndef POSTERN_MARKET_NUMBERED_H
#define POSTERN_MARKET_NUMBERED_H

#include <glib.h>

struct numbered {
    guint number; /* as written, 1 to 999 */
    char *text;   /* trimmed, not empty */
};

/* struct numbered in order; empty where the words do not begin with a number: then nobody can know which item is meant,
 * and a number further down is a part of somebody's sentence. A number with nothing behind it, or one that comes twice,
 * makes the whole empty too. */
GPtrArray *numbered_read(const char *words);

#endif
