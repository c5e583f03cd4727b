/*
 * The strings of one language: what its file LANGUAGE.words says (see templates/en.words for the form), with the plural
 * that the language wants for a number. Immutable once loaded: any number of threads may ask at the same time.
 */
#ifndef POSTERN_MAILER_WORDS_H
#define POSTERN_MAILER_WORDS_H

#include "mailer/template.h"

typedef struct words words;

/* `language` as in a file's name: "nl". INVALID when ICU does not know how it counts. */
words *words_new(const char *language, GError **error);
void words_free(words *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(words, words_free)

/* Adds the strings of a file that are not there yet, so the file with the last word comes first. INVALID with file and
 * line. */
gboolean words_load(words *self, const char *path, GError **error);
/* When all files of a language are loaded: INVALID when a plural lacks its last resort. */
gboolean words_check(const words *self, const char *language, GError **error);

/* The string for a key; for one with plurals the form that the number found at `place` wants. NULL: no such key. */
const template *words_find(const words *self, const char *key, const template_place *place);

gboolean words_has(const words *self, const char *key);

#endif
