/* The languages that words tell apart, and the words (mime/language.h is the face). */
#ifndef POSTERN_MIME_LANGUAGE_WORDS_H
#define POSTERN_MIME_LANGUAGE_WORDS_H

#include <glib.h>

enum language {
    LANGUAGE_EN,
    LANGUAGE_NL,
    LANGUAGE_FR,
    LANGUAGE_PL,
    LANGUAGE_DE,
    LANGUAGE_ES,
    LANGUAGE_IT,
    LANGUAGE_PT,
    LANGUAGE_SV,
    LANGUAGE_DA,
    LANGUAGE_NO,
    LANGUAGE_FI,
    LANGUAGE_CS,
    LANGUAGE_SK,
    LANGUAGE_HU,
    LANGUAGE_RO,
    LANGUAGE_TR,
    LANGUAGE_VI,
    LANGUAGE_ID,
    LANGUAGE_ET,
    LANGUAGE_LV,
    LANGUAGE_LT,
    LANGUAGE_HR,
    LANGUAGE_SL,
    LANGUAGE_CA,
    LANGUAGE_RU,
    LANGUAGE_UK,
    LANGUAGE_BG,
    LANGUAGE_SR,
    LANGUAGES
};

/* A bit for each language in which the word (lower case) is common; 0: it says nothing. */
guint64 language_word(const char *word);

#endif
