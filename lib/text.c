#include "lib/text.h"

#include <string.h>

#include <unicode/ucal.h>
#include <unicode/uchar.h>
#include <unicode/uidna.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#define FILE_NAME_BYTES 120
#define EXTENSION_BYTES 16

/* What one character can become in UTF-16: 18 units, decomposed again. */
#define CHARACTER_UNITS 64

/* What normalisation leaves alone although a reader sees an ASCII letter. Sorted by code point. */
static const struct {
    gunichar from;
    const char *to;
} LATIN[] = {
    {0x00AB, "\""}, {0x00BB, "\""}, {0x00C6, "AE"},  {0x00D0, "D"},  {0x00D8, "O"},  {0x00DE, "TH"}, {0x00DF, "ss"},
    {0x00E6, "ae"}, {0x00F0, "d"},  {0x00F8, "o"},   {0x00FE, "th"}, {0x0110, "D"},  {0x0111, "d"},  {0x0126, "H"},
    {0x0127, "h"},  {0x0131, "i"},  {0x0138, "k"},   {0x0141, "L"},  {0x0142, "l"},  {0x014A, "N"},  {0x014B, "n"},
    {0x0152, "OE"}, {0x0153, "oe"}, {0x0166, "T"},   {0x0167, "t"},  {0x0180, "b"},  {0x0189, "D"},  {0x0192, "f"},
    {0x0197, "I"},  {0x019A, "l"},  {0x01B5, "Z"},   {0x01B6, "z"},  {0x01E4, "G"},  {0x01E5, "g"},  {0x0237, "j"},
    {0x023A, "A"},  {0x023B, "C"},  {0x023C, "c"},   {0x023D, "L"},  {0x0259, "e"},  {0x0268, "i"},  {0x1E9E, "SS"},
    {0x2010, "-"},  {0x2011, "-"},  {0x2012, "-"},   {0x2013, "-"},  {0x2014, "-"},  {0x2015, "-"},  {0x2018, "'"},
    {0x2019, "'"},  {0x201A, "'"},  {0x201B, "'"},   {0x201C, "\""}, {0x201D, "\""}, {0x201E, "\""}, {0x2022, "*"},
    {0x2039, "'"},  {0x203A, "'"},  {0x20AC, "EUR"}, {0x2212, "-"},
};

static const char *
latin(gunichar c)
{
    gsize low = 0, high = G_N_ELEMENTS(LATIN);
    while (low < high) {
        gsize middle = (low + high) / 2;
        if (LATIN[middle].from == c)
            return LATIN[middle].to;
        if (LATIN[middle].from < c)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static gboolean
is_mark(gunichar c)
{
    return (U_MASK(u_charType((UChar32)c)) & U_GC_M_MASK) != 0;
}

/* Invisible: bidi controls, zero-width marks, soft hyphens, tags. Not Arabic's number signs, which are format
 * characters that can be seen. */
static gboolean
is_invisible(gunichar c)
{
    return u_charType((UChar32)c) == U_FORMAT_CHAR &&
           !u_hasBinaryProperty((UChar32)c, UCHAR_PREPENDED_CONCATENATION_MARK);
}

static gboolean
is_control(gunichar c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0);
}

static gboolean
is_blank(gunichar c)
{
    return is_control(c) || u_isUWhiteSpace((UChar32)c);
}

/* Eight bytes at a time, for nearly all text is that: a byte above 127 has its highest bit, and a NUL gets it from the
 * subtraction. */
gboolean
text_is_ascii(const char *bytes, gsize length)
{
    static const guint64 ones = G_GUINT64_CONSTANT(0x0101010101010101),
                         highest = G_GUINT64_CONSTANT(0x8080808080808080);
    guint64 seen = 0, eight;
    for (; length >= sizeof eight; bytes += sizeof eight, length -= sizeof eight) {
        memcpy(&eight, bytes, sizeof eight);
        seen |= eight | (eight - ones);
    }
    for (; length; bytes++, length--)
        seen |= (guint64)(guchar)*bytes | (guchar)(*bytes - 1);
    return !(seen & highest);
}

char *
text_utf8(const char *bytes, gsize length)
{
    if (text_is_ascii(bytes, length))
        return g_strndup(bytes, length);
    GString *kept = g_string_sized_new(length);
    while (length) {
        const char *nul = memchr(bytes, 0, length);
        gsize run = nul ? (gsize)(nul - bytes) : length;
        g_string_append_len(kept, bytes, (gssize)run);
        bytes += run + (nul ? 1 : 0);
        length -= run + (nul ? 1 : 0);
    }
    char *valid = g_utf8_make_valid(kept->str, (gssize)kept->len);
    g_string_free(kept, TRUE);
    return valid;
}

static char *
valid_copy(const char *text)
{
    gsize length = text ? strlen(text) : 0;
    return length ? text_utf8(text, length) : g_strdup("");
}

static const UNormalizer2 *
nfkd(void)
{
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *form = unorm2_getNFKDInstance(&status);
    g_assert(U_SUCCESS(status));
    return form;
}

static const UNormalizer2 *
nfkc_casefold(void)
{
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *form = unorm2_getNFKCCasefoldInstance(&status);
    g_assert(U_SUCCESS(status));
    return form;
}

/* In place. */
static int32_t
normalise(const UNormalizer2 *form, UChar units[CHARACTER_UNITS], int32_t length)
{
    UChar from[CHARACTER_UNITS];
    UErrorCode status = U_ZERO_ERROR;
    memcpy(from, units, (gsize)length * sizeof *from);
    length = unorm2_normalize(form, from, length, units, CHARACTER_UNITS, &status);
    g_assert(U_SUCCESS(status)); /* the input is valid and there is room */
    return length;
}

/* Appends, with runs of white space as one blank and none at the start. */
static void
append_blank(GString *out)
{
    if (out->len && out->str[out->len - 1] != ' ')
        g_string_append_c(out, ' ');
}

static void
append_plain(GString *out, gunichar c)
{
    const char *known = latin(c);
    if (known)
        g_string_append(out, known);
    else if (is_blank(c))
        append_blank(out);
    else if (!is_mark(c))
        g_string_append_unichar(out, c);
}

/* One character at a time: over a whole text ICU would sort long runs of marks, which is quadratic, and hold up to
 * twelve times the text. Marks go in the end, so that their order does not matter. `first` may be NULL. */
static void
append_decomposed(GString *out, const UNormalizer2 *first, const UNormalizer2 *second, gunichar c)
{
    UChar units[CHARACTER_UNITS];
    int32_t length = 0;
    U16_APPEND_UNSAFE(units, length, c);
    if (first)
        length = normalise(first, units, length);
    length = normalise(second, units, length);
    for (int32_t i = 0; i < length;) {
        UChar32 piece;
        U16_NEXT(units, i, length, piece);
        append_plain(out, (gunichar)piece);
    }
}

static char *
finish(GString *out)
{
    if (out->len && out->str[out->len - 1] == ' ')
        g_string_truncate(out, out->len - 1);
    return g_string_free(out, FALSE);
}

static gboolean
is_plain_ascii(const char *text)
{
    for (; *text; text++)
        if ((guchar)*text >= 0x7F)
            return FALSE;
    return TRUE;
}

char *
text_fold(const char *text)
{
    const UNormalizer2 *casefold = nfkc_casefold(), *decompose = nfkd();
    g_autofree char *valid = valid_copy(text);
    GString *out = g_string_sized_new(strlen(valid));
    for (const char *p = valid; *p; p = g_utf8_next_char(p))
        if ((guchar)*p < 0x80 && is_blank((guchar)*p))
            append_blank(out);
        else if ((guchar)*p < 0x7F)
            g_string_append_c(out, g_ascii_tolower(*p));
        else
            append_decomposed(out, casefold, decompose, g_utf8_get_char(p));
    g_autofree char *folded = finish(out);
    return g_ascii_strdown(folded, -1); /* "EUR" */
}

char *
text_words(const char *text)
{
    g_autofree char *folded = text_fold(text);
    GString *words = g_string_new(" ");
    for (const char *p = folded; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (g_unichar_isalnum(c))
            g_string_append_unichar(words, c);
        else if (words->str[words->len - 1] != ' ')
            g_string_append_c(words, ' ');
    }
    if (words->str[words->len - 1] != ' ')
        g_string_append_c(words, ' ');
    return g_string_free(words, FALSE);
}

char *
text_ascii(const char *text)
{
    const UNormalizer2 *decompose = nfkd();
    g_autofree char *line = text_one_line(text, G_MAXSIZE);
    GString *folded = g_string_sized_new(strlen(line));
    for (const char *p = line; *p; p = g_utf8_next_char(p))
        append_decomposed(folded, NULL, decompose, g_utf8_get_char(p));
    g_autofree char *from = finish(folded);

    GString *out = g_string_sized_new(strlen(from));
    for (const char *p = from; *p; p = g_utf8_next_char(p))
        g_string_append_c(out, (guchar)*p < 0x7F ? *p : '?');
    return g_string_free(out, FALSE);
}

/* Cuts to `max` bytes without cutting a character in two. */
static void
cut(GString *text, gsize max)
{
    if (text->len <= max)
        return;
    while (max && ((guchar)text->str[max] & 0xC0) == 0x80)
        max--;
    g_string_truncate(text, max);
}

char *
text_one_line(const char *text, gsize max)
{
    g_autofree char *valid = valid_copy(text);
    GString *out = g_string_sized_new(MIN(strlen(valid), max));
    for (const char *p = valid, *next; *p && out->len < max; p = next) {
        next = p;
        while (*next > ' ' && *next < 0x7F)
            next++;
        if (next > p) { /* visible ASCII in one go */
            g_string_append_len(out, p, (gssize)MIN((gsize)(next - p), max - out->len));
            continue;
        }
        gunichar c = g_utf8_get_char(p);
        next = g_utf8_next_char(p);
        if (is_blank(c))
            append_blank(out);
        else if (!is_invisible(c))
            g_string_append_unichar(out, c);
    }
    cut(out, max);
    return finish(out);
}

/* One label of a host name (RFC 1123 2.1), with the underscore that some mail domains carry. */
static gboolean
is_label(const char *label, gsize length)
{
    if (!length || length > 63 || label[0] == '-' || label[length - 1] == '-')
        return FALSE;
    for (gsize i = 0; i < length; i++)
        if (!g_ascii_isalnum(label[i]) && label[i] != '-' && label[i] != '_')
            return FALSE;
    return TRUE;
}

static gboolean
is_hostname(const char *name)
{
    const char *label = name;
    if (!*name || strlen(name) > 253)
        return FALSE;
    for (;;) {
        gsize length = strcspn(label, ".");
        if (!is_label(label, length))
            return FALSE;
        if (!label[length])
            return strspn(label, "0123456789") != length; /* a last label of digits alone is an IPv4 address */
        label += length + 1;
    }
}

/* A name in letters of any script as DNS spells it ("xn--…"), NULL when it cannot be. */
static char *
to_dns(const char *name)
{
    char ascii[256];
    UErrorCode status = U_ZERO_ERROR;
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    if (strlen(name) > 1000) /* no 253 octets come of it, and conversion is not linear */
        return NULL;
    UIDNA *idna = uidna_openUTS46(UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_CHECK_BIDI, &status);
    if (U_FAILURE(status))
        return NULL;
    int32_t length = uidna_nameToASCII_UTF8(idna, name, -1, ascii, (int32_t)sizeof ascii, &info, &status);
    uidna_close(idna);
    if (U_FAILURE(status) || info.errors || length >= (int32_t)sizeof ascii)
        return NULL;
    return g_strndup(ascii, (gsize)length);
}

char *
text_hostname(const char *name)
{
    g_autofree char *dns = NULL;
    if (!name || !g_utf8_validate(name, -1, NULL))
        return NULL;
    dns = is_plain_ascii(name) ? g_strdup(name) : to_dns(name);
    return dns && is_hostname(dns) ? g_ascii_strdown(dns, -1) : NULL;
}

/* RFC 5322's atext and dots. Stray dots are let through: some providers give out such addresses. */
static gboolean
is_local_part(const char *local, gsize length)
{
    if (!length || length > 64)
        return FALSE;
    for (gsize i = 0; i < length; i++)
        if (!g_ascii_isalnum(local[i]) && (!local[i] || !strchr("!#$%&'*+-/=?^_`{|}~.", local[i])))
            return FALSE;
    return TRUE;
}

char *
text_address(const char *address)
{
    if (!address || strlen(address) > 1000)
        return NULL;
    g_autofree char *trimmed = g_strstrip(g_strdup(address));
    char *at = strrchr(trimmed, '@');
    if (!at || !is_local_part(trimmed, (gsize)(at - trimmed)))
        return NULL;
    *at = 0;
    g_autofree char *domain = text_hostname(at + 1);
    if (!domain)
        return NULL;
    g_autofree char *local = g_ascii_strdown(trimmed, -1);
    g_autofree char *whole = g_strconcat(local, "@", domain, NULL);
    return strlen(whole) <= 254 ? g_steal_pointer(&whole) : NULL;
}

static const char *
base_name(const char *name)
{
    const char *base = name;
    for (; *name; name++)
        if (*name == '/' || *name == '\\')
            base = name + 1;
    return base;
}

char *
text_file_name(const char *name, const char *fallback)
{
    g_autofree char *line = text_one_line(name, G_MAXSIZE);
    const char *start = base_name(line);
    while (*start == '.' || *start == ' ')
        start++;
    g_autofree char *base = g_strdup(start);
    g_strdelimit(base, "<>:\"|?*", '_');
    for (gsize end = strlen(base); end && strchr(". ", base[end - 1]); end--)
        base[end - 1] = 0;
    if (!*base)
        return g_strdup(fallback);

    const char *dot = strrchr(base, '.');
    const char *extension = dot && strlen(dot) <= EXTENSION_BYTES ? dot : "";
    GString *out = g_string_new_len(base, (gssize)(strlen(base) - strlen(extension)));
    cut(out, FILE_NAME_BYTES - strlen(extension));
    g_string_append(out, extension);
    return g_string_free(out, FALSE);
}

char *
text_time(gint64 unix_seconds)
{
    /* What has four digits for the year, 0001 to 9999. */
    gint64 seconds = CLAMP(unix_seconds, G_GINT64_CONSTANT(-62135596800), G_GINT64_CONSTANT(253402300799));
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(seconds);
    g_autofree char *rest = g_date_time_format(time, "-%m-%dT%H:%M:%SZ");
    return g_strdup_printf("%04d%s", g_date_time_get_year(time), rest);
}

gboolean
text_is_timezone(const char *name)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar wide[64], canonical[64];
    if (!*name || strlen(name) >= G_N_ELEMENTS(wide))
        return FALSE;
    u_uastrcpy(wide, name);
    ucal_getCanonicalTimeZoneID(wide, -1, canonical, G_N_ELEMENTS(canonical), NULL, &status);
    return U_SUCCESS(status);
}
