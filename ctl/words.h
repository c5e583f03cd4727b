/* What a rule says, in the English of mails: the strings of mailer.templates, so that nothing is worded twice. */
#ifndef POSTERN_CTL_WORDS_H
#define POSTERN_CTL_WORDS_H

#include <jansson.h>

#include "ctl/ctl.h"

/* `item` is {"say": KEY, …}: the string with the item's members in it, or the key where no file has one. Caller frees.
 */
char *words_say(const struct conf *settings, const json_t *item);

#endif
