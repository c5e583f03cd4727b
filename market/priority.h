/*
 * What matters most to a merchant (R5): time, cost, quality. Conservative: only what the merchant's words say outright
 * in one of four languages, and never what they deny ("not urgent"). A label ("Priority: cost") decides over the words.
 */
#ifndef POSTERN_MARKET_PRIORITY_H
#define POSTERN_MARKET_PRIORITY_H

#include <glib.h>

#include "mime/form.h"

enum priority { PRIORITY_TIME = 1, PRIORITY_COST = 2, PRIORITY_QUALITY = 4 }; /* a set of bits */

/* Of a subject, a text and a form, each may be NULL. */
guint priority_of(const char *subject, const char *text, const struct form *form);

/* "time cost quality", as far as they are in the set; caller frees. */
char *priority_text(guint set);
/* The same back; blanks or commas between. FALSE: a word is none of the three. */
gboolean priority_parse(const char *text, guint *set);

#endif
