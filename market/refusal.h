/*
 * Words of refusal (R19): does a partner's answer read like "we can't take this on"? Conservative, for all that comes
 * of it is a reminder: short phrases of four languages, found as whole words in the first lines, and none in a question
 * or where the sentence turns ("… but next month we can").
 */
#ifndef POSTERN_MARKET_REFUSAL_H
#define POSTERN_MARKET_REFUSAL_H

#include <glib.h>

gboolean refusal_is_in(const char *text);

#endif
