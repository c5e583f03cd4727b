#include "mime/charset.h"

#include <errno.h>
#include <iconv.h>
#include <pthread.h>
#include <string.h>

#include "lib/text.h"

/* Labels are compared by letters and digits alone: "ISO_8859-1", "iso8859-1" and "iso 8859 1" are one. Only what stands
 * here ever reaches iconv_open(), whose names are a mail's to choose otherwise. The names follow what web browsers and
 * mail clients mean by a label, which is often a superset of what it says (iso-8859-1 is windows-1252). */
static const char utf_8[] = "UTF-8", cp1252[] = "CP1252", ascii[] = "ASCII", jis[] = "ISO-2022-JP", hz[] = "HZ";

static const struct {
    const char *label;
    const char *name;
} labels[] = {
    {"utf8", utf_8},
    {"unicode11utf8", utf_8},
    {"xunicode20utf8", utf_8},
    {"utf8mb4", utf_8},
    {"cp65001", utf_8},
    {"usascii", ascii},
    {"ascii", ascii},
    {"ansix341968", ascii},
    {"iso646us", ascii},
    {"646", ascii},
    {"csascii", ascii},
    {"unknown8bit", ascii},
    {"xunknown", ascii},
    {"unknown", ascii},
    {"default", ascii},
    {"8bit", ascii},
    {"7bit", ascii},
    {"none", ascii},
    {"iso88591", cp1252},
    {"88591", cp1252},
    {"latin1", cp1252},
    {"isolatin1", cp1252},
    {"l1", cp1252},
    {"cp819", cp1252},
    {"ibm819", cp1252},
    {"windows1252", cp1252},
    {"win1252", cp1252},
    {"cp1252", cp1252},
    {"xcp1252", cp1252},
    {"ansi", cp1252},
    {"iso88592", "ISO-8859-2"},
    {"latin2", "ISO-8859-2"},
    {"isolatin2", "ISO-8859-2"},
    {"iso88593", "ISO-8859-3"},
    {"iso88594", "ISO-8859-4"},
    {"iso88595", "ISO-8859-5"},
    {"iso88596", "ISO-8859-6"},
    {"iso88596i", "ISO-8859-6"},
    {"iso88596e", "ISO-8859-6"},
    {"iso88597", "ISO-8859-7"},
    {"iso88598", "ISO-8859-8"},
    {"iso88598i", "ISO-8859-8"},
    {"iso88598e", "ISO-8859-8"},
    {"iso88599", "CP1254"},
    {"latin5", "CP1254"},
    {"iso885910", "ISO-8859-10"},
    {"latin6", "ISO-8859-10"},
    {"iso885911", "CP874"},
    {"iso885913", "ISO-8859-13"},
    {"iso885914", "ISO-8859-14"},
    {"iso885915", "ISO-8859-15"},
    {"latin9", "ISO-8859-15"},
    {"iso885916", "ISO-8859-16"},
    {"windows1250", "CP1250"},
    {"cp1250", "CP1250"},
    {"win1250", "CP1250"},
    {"windows1251", "CP1251"},
    {"cp1251", "CP1251"},
    {"win1251", "CP1251"},
    {"windows1253", "CP1253"},
    {"cp1253", "CP1253"},
    {"windows1254", "CP1254"},
    {"cp1254", "CP1254"},
    {"windows1255", "CP1255"},
    {"cp1255", "CP1255"},
    {"windows1256", "CP1256"},
    {"cp1256", "CP1256"},
    {"windows1257", "CP1257"},
    {"cp1257", "CP1257"},
    {"windows1258", "CP1258"},
    {"cp1258", "CP1258"},
    {"windows874", "CP874"},
    {"cp874", "CP874"},
    {"tis620", "CP874"},
    {"koi8r", "KOI8-R"},
    {"koi8", "KOI8-R"},
    {"koi8u", "KOI8-U"},
    {"koi8ru", "KOI8-U"},
    {"ibm437", "CP437"},
    {"cp437", "CP437"},
    {"ibm850", "CP850"},
    {"cp850", "CP850"},
    {"ibm852", "CP852"},
    {"cp852", "CP852"},
    {"ibm855", "CP855"},
    {"cp855", "CP855"},
    {"ibm858", "CP858"},
    {"cp858", "CP858"},
    {"ibm862", "CP862"},
    {"ibm866", "CP866"},
    {"cp866", "CP866"},
    {"macintosh", "MACINTOSH"},
    {"mac", "MACINTOSH"},
    {"macroman", "MACINTOSH"},
    {"xmacroman", "MACINTOSH"},
    {"xmaccyrillic", "MAC-CYRILLIC"},
    {"xmacce", "MAC-CENTRALEUROPE"},
    {"viscii", "VISCII"},
    {"tcvn", "TCVN"},
    {"armscii8", "ARMSCII-8"},
    {"georgianps", "GEORGIAN-PS"},
    {"iso2022jp", jis},
    {"iso2022jp1", jis},
    {"iso2022jp2", "ISO-2022-JP-2"},
    {"iso2022jp3", "ISO-2022-JP-3"},
    {"iso2022jpms", jis},
    {"csiso2022jp", jis},
    {"cp50220", jis},
    {"cp50221", jis},
    {"jis", jis},
    {"shiftjis", "CP932"},
    {"sjis", "CP932"},
    {"xsjis", "CP932"},
    {"mskanji", "CP932"},
    {"cp932", "CP932"},
    {"windows31j", "CP932"},
    {"cswindows31j", "CP932"},
    {"eucjp", "EUC-JP-MS"},
    {"xeucjp", "EUC-JP-MS"},
    {"xeuc", "EUC-JP-MS"},
    {"euckr", "UHC"},
    {"ksc56011987", "UHC"},
    {"ksc5601", "UHC"},
    {"ksc56011989", "UHC"},
    {"korean", "UHC"},
    {"cp949", "UHC"},
    {"uhc", "UHC"},
    {"windows949", "UHC"},
    {"iso2022kr", "ISO-2022-KR"},
    {"johab", "JOHAB"},
    {"gb2312", "GB18030"},
    {"gb231280", "GB18030"},
    {"euccn", "GB18030"},
    {"xeuccn", "GB18030"},
    {"xgbk", "GB18030"},
    {"gbk", "GB18030"},
    {"gb", "GB18030"},
    {"cp936", "GB18030"},
    {"ms936", "GB18030"},
    {"windows936", "GB18030"},
    {"gb18030", "GB18030"},
    {"chinese", "GB18030"},
    {"hzgb2312", hz},
    {"hz", hz},
    {"iso2022cn", "ISO-2022-CN"},
    {"big5", "BIG5-HKSCS"},
    {"xxbig5", "BIG5-HKSCS"},
    {"cnbig5", "BIG5-HKSCS"},
    {"big5hkscs", "BIG5-HKSCS"},
    {"cp950", "CP950"},
    {"euctw", "EUC-TW"},
    {"utf7", "UTF-7"},
    {"unicode11utf7", "UTF-7"},
    {"csunicode11utf7", "UTF-7"},
    {"utf16", "UTF-16"},
    {"utf16le", "UTF-16LE"},
    {"utf16be", "UTF-16BE"},
    {"unicode", "UTF-16LE"},
    {"ucs2", "UTF-16BE"},
    {"iso10646ucs2", "UTF-16BE"},
    {"utf32", "UTF-32"},
    {"utf32le", "UTF-32LE"},
    {"utf32be", "UTF-32BE"},
};

static const char *
find(const char *label)
{
    char key[24];
    gsize n = 0;
    for (const char *c = label; *c != '\0' && *c != '*'; c++) { /* RFC 2231 5: charset*language */
        if (g_ascii_isalnum(*c)) {
            if (n == sizeof key - 1) {
                return NULL;
            }
            key[n++] = g_ascii_tolower(*c);
        }
    }
    key[n] = '\0';
    for (guint i = 0; n > 0 && i < G_N_ELEMENTS(labels); i++) {
        if (strcmp(key, labels[i].label) == 0) {
            return labels[i].name;
        }
    }
    return NULL;
}

gboolean
charset_known(const char *label)
{
    return label != NULL && find(label) != NULL;
}

gboolean
charset_says_much(const char *label)
{
    const char *name = label != NULL ? find(label) : NULL;
    return name != NULL && name != ascii;
}

/* windows-1252, 0x80–0x9f; the five holes are C1 controls, as browsers have it. */
static const guint16 high_cp1252[32] = {0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021,
                                        0x2c6,  0x2030, 0x160,  0x2039, 0x152,  0x8d,   0x17d,  0x8f,
                                        0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                        0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178};

static char *
from_cp1252(const char *bytes, gsize length)
{
    GString *s = g_string_sized_new(length + length / 8);
    for (gsize i = 0; i < length; i++) {
        guint8 c = (guint8)bytes[i];
        if (c >= 0x80) {
            g_string_append_unichar(s, c < 0xa0 ? high_cp1252[c - 0x80] : c);
        } else if (c != 0) {
            g_string_append_c(s, (char)c);
        }
    }
    return g_string_free(s, FALSE);
}

static gboolean
is_ascii(const char *bytes, gsize length)
{
    guint8 all = 0;
    for (gsize i = 0; i < length; i++) {
        all |= (guint8)bytes[i];
    }
    return all < 0x80;
}

/* NULs are no reason to call UTF-8 invalid: they go. */
static gboolean
is_utf8(const char *bytes, gsize length)
{
    const char *end = bytes + length, *stop = bytes;
    while (!g_utf8_validate_len(stop, (gsize)(end - stop), &stop)) {
        if (*stop != '\0') {
            return FALSE;
        }
        stop++;
    }
    return TRUE;
}

/* Of what is valid UTF-8 but for NULs. */
static char *
without_nuls(const char *bytes, gsize length)
{
    return memchr(bytes, '\0', length) == NULL ? g_strndup(bytes, length) : text_utf8(bytes, length);
}

/* Whether there is any well-formed multi-byte character; if not, broken "UTF-8" is an 8-bit charset. */
static gboolean
has_utf8(const char *bytes, gsize length)
{
    for (gsize i = 0; i + 1 < length; i++) {
        if ((guint8)bytes[i] >= 0xc2 && g_utf8_get_char_validated(bytes + i, (gssize)MIN(length - i, 6)) < 0x110000) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
has_jis_escape(const char *bytes, gsize length)
{
    const char *end = bytes + length;
    for (const char *e = bytes; (e = memchr(e, 0x1b, (gsize)(end - e))) != NULL; e++) {
        if (end - e >= 3 &&
            (memcmp(e + 1, "$B", 2) == 0 || memcmp(e + 1, "$@", 2) == 0 || memcmp(e + 1, "(J", 2) == 0)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* ISO-2022-JP → EUC-JP, so that the vendors' characters (circled digits, ㈱) that mail clients write into it are read.
 */
static GString *
jis_to_euc(const char *bytes, gsize length)
{
    GString *out = g_string_sized_new(length);
    enum { ONE, KANA, TWO } set = ONE;
    for (gsize i = 0; i < length; i++) {
        guint8 c = (guint8)bytes[i];
        if (c == 0x1b && i + 2 < length) {
            char a = bytes[i + 1], b = bytes[i + 2];
            set = a == '$' ? TWO : a == '(' && b == 'I' ? KANA : ONE;
            i += a == '$' && b == '(' && i + 3 < length ? 3 : 2;
        } else if (c == '\n' || c == '\r') {
            set = ONE;
            g_string_append_c(out, (char)c);
        } else if (set == TWO && c > 0x20 && c < 0x7f && i + 1 < length) {
            g_string_append_c(out, (char)(c | 0x80));
            g_string_append_c(out, (char)(bytes[++i] | 0x80));
        } else if (set == KANA && c > 0x20 && c < 0x60) {
            g_string_append_c(out, (char)0x8e);
            g_string_append_c(out, (char)(c | 0x80));
        } else if (c != 0x0e && c != 0x0f) {
            g_string_append_c(out, (char)c);
        }
    }
    return out;
}

/* RFC 1843, which glibc has not, → EUC-CN. */
static GString *
hz_to_euc(const char *bytes, gsize length)
{
    GString *out = g_string_sized_new(length);
    gboolean two = FALSE;
    for (gsize i = 0; i < length; i++) {
        char c = bytes[i], next = i + 1 < length ? bytes[i + 1] : '\0';
        if (c == '~' && (next == '{' || next == '}')) {
            two = next == '{';
            i++;
        } else if (c == '~' && (next == '~' || next == '\n')) {
            g_string_append(out, next == '~' ? "~" : "");
            i++;
        } else {
            two = two && c != '\n';
            g_string_append_c(out, two ? (char)(c | 0x80) : c);
        }
    }
    return out;
}

/* The stateful sets are made ones that iconv reads whole. */
static GString *
simplified(const char **name, const char *bytes, gsize length)
{
    if (*name == jis) {
        *name = "EUC-JP-MS";
        return jis_to_euc(bytes, length);
    }
    if (*name == hz) {
        *name = "GB18030";
        return hz_to_euc(bytes, length);
    }
    return NULL;
}

struct converter {
    iconv_t cd;
    char *in;
    gsize left;
    gsize unit; /* bytes that a broken character takes at least */
    gsize broken;
    GString *out;
};

/* One call of iconv(). FALSE when there is nothing left to do. */
static gboolean
convert_some(struct converter *c)
{
    char room[4096];
    char *o = room;
    gsize space = sizeof room, before = c->left;
    gsize rc = iconv(c->cd, &c->in, &c->left, &o, &space);
    int why = errno;
    g_string_append_len(c->out, room, o - room);
    gboolean stuck = rc == (gsize)-1 && (why != E2BIG || (c->left == before && o == room));
    if (stuck && c->in != NULL) {
        gsize skip = MIN(c->unit, c->left);
        g_string_append(c->out, "\xef\xbf\xbd");
        c->in += skip;
        c->left -= skip;
        c->broken++;
    }
    return c->left > 0;
}

/* glibc loads a charset's code from a file for iconv_open() and soon lets it go again, which costs 100 µs: as much as
 * reading a mail. A descriptor that nobody uses keeps it; there are no more of them than names in the table. */
static void
keep_loaded(const char *name)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static GHashTable *kept;
    pthread_mutex_lock(&lock);
    if (kept == NULL) {
        kept = g_hash_table_new(g_str_hash, g_str_equal);
    }
    if (!g_hash_table_contains(kept, name)) {
        g_hash_table_insert(kept, (gpointer)name, iconv_open("UTF-8", name));
    }
    pthread_mutex_unlock(&lock);
}

/* Every byte that is not of the charset becomes U+FFFD; `*broken` counts them. NULL when this system lacks the charset.
 */
static GString *
by_iconv(const char *name, const char *bytes, gsize length, gsize *broken)
{
    struct converter c = {.cd = iconv_open("UTF-8", name), .in = (char *)bytes, .left = length, .unit = 1};
    if (c.cd == (iconv_t)-1) {
        return NULL;
    }
    keep_loaded(name);
    c.unit = g_str_has_prefix(name, "UTF-16") ? 2 : g_str_has_prefix(name, "UTF-32") ? 4 : 1;
    c.out = g_string_sized_new(length * 2 + 16);
    while (convert_some(&c)) {
    }
    c.in = NULL;
    convert_some(&c);
    iconv_close(c.cd);
    *broken = c.broken;
    return c.out;
}

static char *
guess(const char *bytes, gsize length)
{
    gboolean wide =
        length >= 2 && length % 2 == 0 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0);
    if (wide) {
        return charset_decode("utf-16", bytes, length, NULL);
    }
    if (has_jis_escape(bytes, length) && is_ascii(bytes, length)) {
        return charset_decode(jis, bytes, length, NULL);
    }
    return is_utf8(bytes, length) ? without_nuls(bytes, length) : from_cp1252(bytes, length);
}

static char *
from_utf8(const char *bytes, gsize length, gboolean *wrong)
{
    if (is_utf8(bytes, length)) {
        return without_nuls(bytes, length);
    }
    *wrong = TRUE;
    return has_utf8(bytes, length) ? text_utf8(bytes, length) : from_cp1252(bytes, length);
}

static char *
from_other(const char *name, const char *bytes, gsize length, gboolean *wrong)
{
    gsize broken = 0;
    g_autoptr(GString) euc = simplified(&name, bytes, length);
    GString *out = by_iconv(name, euc != NULL ? euc->str : bytes, euc != NULL ? euc->len : length, &broken);
    if (out == NULL || broken > 0) {
        *wrong = TRUE;
    }
    if (out == NULL || (broken > 0 && !is_ascii(bytes, length) && is_utf8(bytes, length))) {
        if (out != NULL) {
            g_string_free(out, TRUE);
        }
        return guess(bytes, length);
    }
    char *text = text_utf8(out->str, out->len); /* iconv lets NULs through */
    g_string_free(out, TRUE);
    return text;
}

/* Many a form's mailer writes UTF-8 under another label. Text of a single-byte charset is never well-formed UTF-8 by
 * chance; of a double-byte one a short text may be. */
static gboolean
is_mislabelled_utf8(const char *name, const char *bytes, gsize length)
{
    enum { SURE = 12 };
    gboolean wide = g_str_has_prefix(name, "UTF-");
    gboolean single =
        g_str_has_prefix(name, "CP1") || g_str_has_prefix(name, "ISO-8859") || g_str_has_prefix(name, "KOI8");
    if (wide || !is_utf8(bytes, length)) {
        return FALSE;
    }
    gsize high = 0;
    for (gsize i = 0; i < length; i++) {
        high += (guint8)bytes[i] >= 0x80;
    }
    return high >= (single ? 1 : SURE);
}

static char *
decode(const char *label, const char *bytes, gsize length, gboolean *wrong)
{
    gboolean named = label != NULL && *label != '\0';
    const char *name = named ? find(label) : ascii;
    *wrong = name == NULL || (named && name == ascii && !is_ascii(bytes, length));
    if (name == NULL || name == ascii) {
        return guess(bytes, length);
    }
    if (name == utf_8) {
        return from_utf8(bytes, length, wrong);
    }
    if (is_mislabelled_utf8(name, bytes, length)) {
        *wrong = TRUE;
        return without_nuls(bytes, length);
    }
    return name == cp1252 ? from_cp1252(bytes, length) : from_other(name, bytes, length, wrong);
}

char *
charset_decode(const char *label, const char *bytes, gsize length, gboolean *doubtful)
{
    gboolean wrong = FALSE;
    char *text = decode(label, bytes != NULL ? bytes : "", length, &wrong);
    if (g_str_has_prefix(text, "\xef\xbb\xbf")) {
        memmove(text, text + 3, strlen(text + 3) + 1);
    }
    if (wrong && doubtful != NULL) {
        *doubtful = TRUE;
    }
    return text;
}
