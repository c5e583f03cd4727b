#include "config.h"

#include "mime/fold.h"

#include <string.h>

/* Sorted by character. Letters that decomposition does not reach, and punctuation that keyboards or clients make
 * pretty. */
static const struct {
    gunichar from;
    const char *to;
} specials[] = {
    {0x00ad, ""},   {0x00ab, "\""}, {0x00bb, "\""}, {0x00b4, "'"},  {0x00df, "ss"}, {0x00e6, "ae"}, {0x00f0, "d"},
    {0x00f8, "o"},  {0x00fe, "th"}, {0x0111, "d"},  {0x0127, "h"},  {0x0130, "i"},  {0x0131, "i"},  {0x0142, "l"},
    {0x0153, "oe"}, {0x0167, "t"},  {0x0259, "e"},  {0x02bc, "'"},  {0x2010, "-"},  {0x2011, "-"},  {0x2013, "-"},
    {0x2014, "-"},  {0x2018, "'"},  {0x2019, "'"},  {0x201c, "\""}, {0x201d, "\""}, {0x201e, "\""}, {0x2212, "-"},
    {0x2500, "-"},  {0x2501, "-"},  {0x3001, ","},  {0x3002, "."},
};

static const char *
special(gunichar c)
{
    if (c < 0xab || c > 0x3002)
        return NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(specials); i++)
        if (specials[i].from == c)
            return specials[i].to;
    return NULL;
}

/* Combining accents, Hebrew and Arabic points, zero-width marks. */
static gboolean
is_dropped(gunichar c)
{
    return (c >= 0x300 && c < 0x370) || (c >= 0x591 && c <= 0x5c7) || (c >= 0x64b && c <= 0x652) || c == 0x640 ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) || c == 0x2060 ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

/* Latin, Greek and Cyrillic letters lose their accents; Hangul, which decomposes too, must not. */
static gunichar
without_accent(gunichar c)
{
    gunichar base, mark;
    while (((c >= 0xc0 && c < 0x250) || (c >= 0x370 && c < 0x530) || (c >= 0x1e00 && c < 0x2000)) &&
           g_unichar_decompose(c, &base, &mark))
        c = base;
    return c;
}

static void
put(struct folded *out, const char *bytes, gsize length)
{
    if (out->length + length >= FOLD_MAX) {
        out->cut = TRUE;
        return;
    }
    memcpy(out->text + out->length, bytes, length);
    out->length += length;
}

static void
put_blank(struct folded *out)
{
    if (out->length && out->text[out->length - 1] != ' ')
        put(out, " ", 1);
}

static void
put_wide(struct folded *out, gunichar c)
{
    char bytes[6];
    if (is_dropped(c))
        return;
    if (c == 0xa0 || g_unichar_isspace(c)) {
        put_blank(out);
        return;
    }
    if (c >= 0xff01 && c <= 0xff5e) /* full-width ASCII */
        c -= 0xfee0;
    c = g_unichar_tolower(c);
    const char *to = special(c);
    if (!to && g_unichar_isdigit(c))
        c = '0' + (gunichar)g_unichar_digit_value(c);
    else if (!to)
        to = special(c = without_accent(c));
    if (to)
        put(out, to, strlen(to));
    else
        put(out, bytes, (gsize)g_unichar_to_utf8(c, bytes));
}

/* What ASCII becomes. */
static const char ascii_folds[129] = "                                 !\"#$%&'()*+,-./0123456789:;<=>?@"
                                     "abcdefghijklmnopqrstuvwxyz[\\]^_'abcdefghijklmnopqrstuvwxyz{|}~\x7f";

/* The run of ASCII at `text`, which nearly all text is. Returns where it ends, or where the room does. */
static const char *
put_ascii(struct folded *out, const char *text, const char *end)
{
    char *o = out->text + out->length, *const limit = out->text + FOLD_MAX - 1;
    for (; text < end; text++) {
        guchar c = (guchar)*text;
        if (c >= 0x80 || o == limit)
            break;
        char to = ascii_folds[c];
        if (to != ' ' || (o > out->text && o[-1] != ' '))
            *o++ = to;
    }
    out->length = (gsize)(o - out->text);
    return text;
}

void
fold(struct folded *out, const char *text, gsize length)
{
    const char *end = text + length;
    out->length = 0;
    out->cut = FALSE;
    while ((text = put_ascii(out, text, end)) < end && !out->cut) {
        gunichar c = (guchar)*text < 0x80 ? 0 : g_utf8_get_char_validated(text, end - text);
        if (c == 0) { /* no room */
            out->cut = TRUE;
        } else if (c >= (gunichar)-2) { /* not UTF-8: as it stands */
            put(out, text++, 1);
        } else {
            put_wide(out, c);
            text = g_utf8_next_char(text);
        }
    }
    if (out->length && out->text[out->length - 1] == ' ')
        out->length--;
    out->text[out->length] = '\0';
}

gboolean
is_word_char(gunichar c)
{
    /* Thai, Han and their like are written without blanks; Hebrew and Arabic write small words together with the next.
     */
    return c < 0x0e00 && !(c >= 0x590 && c < 0x900) && g_unichar_isalnum(c);
}
