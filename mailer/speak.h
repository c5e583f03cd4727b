/*
 * Raw facts → words. The rules put no words into a notice's data but facts and keys; before a mail is rendered this
 * adds what they are called in the reader's language, beside them, in every object however deep:
 *
 *     "due_time": 1730000000                                due_words        seconds since 1970
 *     "wait_seconds": 3600                                  wait_words       in the largest unit that fits evenly
 *     "size_bytes": 52000                                   size_words
 *     "total_money": {"amount": 12500, "currency": "EUR"}   total_words      cents, or what ISO 4217 has for them
 *     "say": "KEY"                                          said             the string, with the object as its data
 *
 * An object that has `said` is printed as that wherever it stands: data {"state": {"say": "state.new"}}, layout
 * {{state}}.
 */
#ifndef POSTERN_MAILER_SPEAK_H
#define POSTERN_MAILER_SPEAK_H

#include "mailer/template.h"

/* All borrowed. */
struct speech {
    const char *language;
    const char *timezone; /* IANA's name */
    /* As in struct template_view. */
    const template *(*string)(const char *key, const template_place *place, gpointer arg);
    void (*missing)(const char *file, guint line, const char *name, gpointer arg);
    gpointer arg;
};

/* Speaking twice is speaking the second time. Any thread: formatters are kept for each. */
void speak(json_t *data, const struct speech *speech);

/* HTML's `dir` of a language: "ltr" or "rtl". */
const char *speak_direction(const char *language);

#endif
