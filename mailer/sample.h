/*
 * What templates/samples.json and previews leave to the language of the reader: an action {"do": "assign me"} becomes
 * what market/action.h makes of the command, wherever an array of the data has it. Its other members stay, such as a
 * "say" of its own. A link leads to the object's own "link", else to the data's "reply_address".
 */
#ifndef POSTERN_MAILER_SAMPLE_H
#define POSTERN_MAILER_SAMPLE_H

#include <jansson.h>

void sample_do(json_t *data, const char *language);

#endif
