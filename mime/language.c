#include "config.h"

#include "mime/language.h"

#include <glib.h>
#include <string.h>

#include "mime/language-words.h"

#define TEXT_BYTES 1000 /* of a text are read: its language shows early */
#define WORD_BYTES 40
#define ENOUGH 12 /* one word that only one language has */
#define LETTER_POINTS 3
#define LETTER_MOST 24 /* letters say less than words: a name may be foreign */

static const char *const codes[LANGUAGES] = {"en", "nl", "fr", "pl", "de", "es", "it", "pt", "sv", "da",
                                             "no", "fi", "cs", "sk", "hu", "ro", "tr", "vi", "id", "et",
                                             "lv", "lt", "hr", "sl", "ca", "ru", "uk", "bg", "sr"};

/* Scripts that one language has (or nearly), so that letters are enough. */
static const struct {
    gunichar from, to;
    const char *code;
} scripts[] = {
    {0x0370, 0x03ff, "el"}, {0x0531, 0x058f, "hy"}, {0x0590, 0x05ff, "he"}, {0x0600, 0x06ff, "ar"},
    {0x0900, 0x097f, "hi"}, {0x0980, 0x09ff, "bn"}, {0x0b80, 0x0bff, "ta"}, {0x0c00, 0x0c7f, "te"},
    {0x0e00, 0x0e7f, "th"}, {0x10a0, 0x10ff, "ka"}, {0x1100, 0x11ff, "ko"}, {0x1f00, 0x1fff, "el"},
    {0x3040, 0x30ff, "ja"}, {0x4e00, 0x9fff, "zh"}, {0xac00, 0xd7af, "ko"},
};

/* Letters that few languages write, lower case. */
static const struct {
    const char *letters;
    enum language language;
} telling[] = {
    {"ąęłńśźż", LANGUAGE_PL}, {"őű", LANGUAGE_HU},     {"řěů", LANGUAGE_CS},    {"ľĺŕô", LANGUAGE_SK},
    {"șțăâ", LANGUAGE_RO},    {"ğış", LANGUAGE_TR},    {"øæ", LANGUAGE_DA},     {"øæ", LANGUAGE_NO},
    {"ß", LANGUAGE_DE},       {"ñ¿¡", LANGUAGE_ES},    {"ãõ", LANGUAGE_PT},     {"đơưạếộ", LANGUAGE_VI},
    {"ėųįš", LANGUAGE_LT},    {"āēīķļņ", LANGUAGE_LV}, {"õ", LANGUAGE_ET},      {"іїєґ", LANGUAGE_UK},
    {"ыэё", LANGUAGE_RU},     {"ъщ", LANGUAGE_BG},     {"ђћџљњј", LANGUAGE_SR}, {"œêè", LANGUAGE_FR},
};

struct tally {
    int points[LANGUAGES];
    int letter_points[LANGUAGES];
    guint by_script[G_N_ELEMENTS(scripts)];
    guint letters;
    gboolean persian;
};

/* ---- letters ---- */

static void
count_letter(struct tally *t, gunichar c)
{
    t->letters++;
    if (c < 0x80)
        return;
    t->persian = t->persian || c == 0x067e || c == 0x0686 || c == 0x0698 || c == 0x06af || c == 0x06cc; /* پ چ ژ گ ی */
    for (gsize i = 0; i < G_N_ELEMENTS(scripts); i++)
        t->by_script[i] += c >= scripts[i].from && c <= scripts[i].to;
    for (gsize i = 0; i < G_N_ELEMENTS(telling); i++)
        if (g_utf8_strchr(telling[i].letters, -1, c) && t->letter_points[telling[i].language] < LETTER_MOST)
            t->letter_points[telling[i].language] += LETTER_POINTS;
}

/* Japanese writes Han too: a few kana decide. Han characters carry more than letters, so a few of them are a text. */
static const char *
by_script(const struct tally *t)
{
    gsize best = 0;
    guint kana = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(scripts); i++) {
        if (t->by_script[i] > t->by_script[best])
            best = i;
        if (strcmp(scripts[i].code, "ja") == 0)
            kana = t->by_script[i];
    }
    if (t->by_script[best] < 2 || t->by_script[best] * 3 < t->letters)
        return NULL;
    if (strcmp(scripts[best].code, "zh") == 0 && kana * 8 > t->by_script[best])
        return "ja";
    if (strcmp(scripts[best].code, "ar") == 0 && t->persian)
        return "fa";
    return scripts[best].code;
}

/* ---- words ---- */

/* A word that only one language has says everything, one that six share a sixth of it. */
static void
count_word(struct tally *t, const char *word)
{
    guint64 languages = language_word(word);
    guint shared = (guint)__builtin_popcountll(languages);
    for (guint i = 0; languages && i < LANGUAGES; i++)
        if (languages & (G_GUINT64_CONSTANT(1) << i))
            t->points[i] += ENOUGH / (int)shared;
}

/* The next character in lower case if it goes on with a word, 0 if not. */
static gunichar
word_char(const char *p)
{
    if (!(*p & 0x80)) /* nearly all of most texts */
        return g_ascii_isalpha(*p) || *p == '\'' ? (gunichar)g_ascii_tolower(*p) : 0;
    gunichar c = g_utf8_get_char(p);
    if (c == 0x2019)
        return '\'';
    return g_unichar_isalpha(c) ? g_unichar_tolower(c) : 0;
}

/* One word, or one character that is none. Addresses and links are no words. */
static const char *
next_word(struct tally *t, const char *p, const char *end)
{
    char word[WORD_BYTES + 8];
    gsize length = 0;
    const char *start = p;
    gunichar c;
    while (p < end && (c = word_char(p)) != 0) {
        if (c != '\'')
            count_letter(t, c);
        if (length < WORD_BYTES && c < 0x80)
            word[length++] = (char)c;
        else if (length < WORD_BYTES)
            length += (gsize)g_unichar_to_utf8(c, word + length);
        p = g_utf8_next_char(p);
    }
    word[length] = '\0';
    if (length && length < WORD_BYTES && !(p < end && strchr("@/:", *p) && p[1] != ' ' && p[1] != '\n'))
        count_word(t, word);
    return p > start ? p : g_utf8_next_char(p);
}

/* The rest of a token that is an address or a link. */
static const char *
skip_token(const char *p, const char *end)
{
    while (p < end && !g_ascii_isspace(*p))
        p++;
    return p;
}

static const char *
best_language(const struct tally *t)
{
    int best = -1, first = 0, second = 0;
    for (int i = 0; i < LANGUAGES; i++) {
        int points = t->points[i] + (t->points[i] ? t->letter_points[i] : t->letter_points[i] / 3);
        if (points > first) {
            second = first;
            first = points;
            best = i;
        } else if (points > second) {
            second = points;
        }
    }
    if (best < 0 || first < ENOUGH || first * 10 <= second * 11)
        return NULL;
    return codes[best];
}

const char *
language_guess(const char *text)
{
    struct tally t = {0};
    const char *end = text + strnlen(text, TEXT_BYTES);
    while (end > text && (*end & 0xc0) == 0x80)
        end--;
    gboolean line_start = TRUE;
    for (const char *p = text; p < end;) {
        if (line_start && *p == '>') /* somebody else's words */
            p = memchr(p, '\n', (gsize)(end - p)) ?: end;
        line_start = p < end && *p == '\n';
        if (p < end && (*p == '@' || (*p == '/' && p[1] == '/')))
            p = skip_token(p, end);
        else if (p < end)
            p = next_word(&t, p, end);
    }
    const char *script = by_script(&t);
    return script ? script : best_language(&t);
}
