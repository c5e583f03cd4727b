#include "mime/transfer.h"

#include <string.h>

static const struct {
    const char *name;
    enum mail_encoding encoding;
} names[] = {
    {"7bit", MAIL_ENCODING_IDENTITY},
    {"8bit", MAIL_ENCODING_IDENTITY},
    {"binary", MAIL_ENCODING_IDENTITY},
    {"base64", MAIL_ENCODING_BASE64},
    {"x-base64", MAIL_ENCODING_BASE64},
    {"base-64", MAIL_ENCODING_BASE64},
    {"quoted-printable", MAIL_ENCODING_QUOTED_PRINTABLE},
    {"quoted_printable", MAIL_ENCODING_QUOTED_PRINTABLE},
    {"quotedprintable", MAIL_ENCODING_QUOTED_PRINTABLE},
    {"quoted printable", MAIL_ENCODING_QUOTED_PRINTABLE},
    {"uuencode", MAIL_ENCODING_UUENCODE},
    {"x-uuencode", MAIL_ENCODING_UUENCODE},
    {"x-uue", MAIL_ENCODING_UUENCODE},
    {"uue", MAIL_ENCODING_UUENCODE},
};

static int
find(const char *name)
{
    for (guint i = 0; name != NULL && i < G_N_ELEMENTS(names); i++) {
        if (g_ascii_strcasecmp(name, names[i].name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

enum mail_encoding
transfer_encoding(const char *name)
{
    int i = find(name);
    return i < 0 ? MAIL_ENCODING_IDENTITY : names[i].encoding;
}

gboolean
transfer_known(const char *name)
{
    return find(name) >= 0;
}

/* 0–63: a digit; PAD, SKIP (white space), JUNK. */
enum { PAD = 64, SKIP = 65, JUNK = 66 };

#define J JUNK
#define S SKIP
/* clang-format off */
static const guint8 base64_values[256] = {
    J,  J,  J,  J,  J,  J,  J,  J,  J,  S,  S,  J,  J,  S,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,
    S,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  62, J,  J,  J,  63, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, J,  J,  J,  PAD, J, J,
    J,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, J,  J,  J,  J,  J,
    J,  26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, J,  J,  J,  J,  J,
    J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,
    J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,
    J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,
    J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,  J,
};
/* clang-format on */
#undef J
#undef S

/* The bytes that `n` digits of an unfinished quantum hold. Its spare bits are zero where an encoder left the padding
 * out; if not, the content was cut off and there is no byte. */
static guint8 *
base64_flush(guint8 *o, guint32 bits, guint n)
{
    gboolean cut = (n == 2 && (bits & 15) != 0) || (n == 3 && (bits & 3) != 0);
    if (cut) {
        return o;
    }
    if (n >= 2) {
        *o++ = (guint8)(bits >> (n == 2 ? 4 : 10));
    }
    if (n == 3) {
        *o++ = (guint8)(bits >> 2);
    }
    return o;
}

/* Four digits at a time, as long as there are four. */
static const guint8 *
base64_quanta(const guint8 *p, const guint8 *end, guint8 **out)
{
    guint8 *o = *out; /* a pointer of its own: bytes that are stored may not be it */
    for (; end - p >= 4; p += 4, o += 3) {
        guint32 a = base64_values[p[0]], b = base64_values[p[1]], c = base64_values[p[2]], d = base64_values[p[3]];
        if ((a | b | c | d) >= PAD) {
            break;
        }
        guint32 bits = a << 18 | b << 12 | c << 6 | d;
        o[0] = (guint8)(bits >> 16);
        o[1] = (guint8)(bits >> 8);
        o[2] = (guint8)bits;
    }
    *out = o;
    return p;
}

/* Padding ends a quantum and not the content: pieces that were encoded one by one and put together are common. */
static void
base64_decode(const guint8 *p, gsize length, GByteArray *out)
{
    gsize start = out->len;
    g_byte_array_set_size(out, (guint)(start + length / 4 * 3 + 4));
    guint8 *o = out->data + start;
    guint32 bits = 0;
    guint n = 0;
    for (const guint8 *end = p + length; p < end; p++) {
        if (n == 0 && (p = base64_quanta(p, end, &o)) == end) {
            break;
        }
        guint8 v = base64_values[*p];
        if (v < 64) {
            bits = bits << 6 | v;
            if (++n == 4) {
                *o++ = (guint8)(bits >> 16);
                *o++ = (guint8)(bits >> 8);
                *o++ = (guint8)bits;
                n = 0;
            }
        } else if (v == PAD && n > 0) {
            o = base64_flush(o, bits, n);
            n = 0;
        }
    }
    o = base64_flush(o, bits, n);
    g_byte_array_set_size(out, (guint)(o - out->data));
}

gboolean
transfer_looks_base64(const char *content, gsize length)
{
    gsize digits = 0, junk = 0, spaced = 0;
    gsize limit = MIN(length, 4096);
    for (gsize i = 0; i < limit; i++) {
        guint8 v = base64_values[(guint8)content[i]];
        digits += v < PAD;
        junk += v == JUNK;
        spaced += content[i] == ' ' && i + 1 < limit && base64_values[(guint8)content[i + 1]] < PAD;
    }
    return (junk + spaced) * 20 <= digits;
}

/* ---- quoted-printable ---- */

/* Blanks between `p` and the line's end were added on the way (RFC 2045 6.7 rule 3). NULL when something else follows.
 */
static const guint8 *
line_end_after_blanks(const guint8 *p, const guint8 *end)
{
    while (p < end && (*p == ' ' || *p == '\t')) {
        p++;
    }
    if (p == end || *p == '\n') {
        return p;
    }
    return *p == '\r' ? p : NULL;
}

/* `p` is at a line end or at `end`. CR CR LF is one line end: what CRLF becomes when it is converted twice. */
static const guint8 *
after_line_end(const guint8 *p, const guint8 *end)
{
    const guint8 *q = p;
    while (q < end && *q == '\r') {
        q++;
    }
    if (q < end && *q == '\n') {
        return q + 1;
    }
    return p < end ? p + 1 : p;
}

/* At '='. Returns where to go on; a '=' that begins neither a byte nor a soft line end stays as it is. */
static const guint8 *
quoted_printable_escape(const guint8 *p, const guint8 *end, guint8 **o)
{
    if (end - p > 2 && g_ascii_isxdigit(p[1]) && g_ascii_isxdigit(p[2])) {
        *(*o)++ = (guint8)(g_ascii_xdigit_value((char)p[1]) << 4 | g_ascii_xdigit_value((char)p[2]));
        return p + 3;
    }
    const guint8 *line_end = line_end_after_blanks(p + 1, end);
    if (line_end != NULL) {
        return after_line_end(line_end, end);
    }
    *(*o)++ = '=';
    return p + 1;
}

/* What stands before `stop`, where the blanks at the end of a line begin. Returns where to go on: behind `stop` after a
 * soft line end. */
static const guint8 *
quoted_printable_text(const guint8 *p, const guint8 *stop, const guint8 *end, guint8 **o)
{
    while (p < stop) {
        const guint8 *escape = memchr(p, '=', (gsize)(stop - p));
        gsize plain = (gsize)((escape != NULL ? escape : stop) - p);
        memcpy(*o, p, plain);
        *o += plain;
        p = escape != NULL ? quoted_printable_escape(escape, end, o) : stop;
    }
    return p;
}
static void
quoted_printable_decode(const guint8 *p, gsize length, GByteArray *out)
{
    gsize start = out->len;
    g_byte_array_set_size(out, (guint)(start + length));
    guint8 *o = out->data + start;
    for (const guint8 *end = p + length; p < end;) {
        const guint8 *lf = memchr(p, '\n', (gsize)(end - p)), *next = lf != NULL ? lf + 1 : end;
        const guint8 *line_end = lf != NULL ? lf : end;
        line_end -= line_end > p && line_end[-1] == '\r';
        const guint8 *stop = line_end;
        while (stop > p && (stop[-1] == ' ' || stop[-1] == '\t')) {
            stop--;
        }
        const guint8 *q = quoted_printable_text(p, stop, end, &o);
        if (q > stop) { /* a soft line end */
            p = q;
            continue;
        }
        memcpy(o, line_end, (gsize)(next - line_end));
        o += next - line_end;
        p = next;
    }
    g_byte_array_set_size(out, (guint)(o - out->data));
}

/* ---- uuencode ---- */

static gsize
line_length(const guint8 *p, const guint8 *end, const guint8 **next)
{
    const guint8 *e = p;
    while (e < end && *e != '\n' && *e != '\r') {
        e++;
    }
    *next = after_line_end(e, end);
    return (gsize)(e - p);
}

static gboolean
is_begin_line(const guint8 *p, gsize n)
{
    return n >= 10 && memcmp(p, "begin ", 6) == 0 && g_ascii_isdigit(p[6]) && g_ascii_isdigit(p[7]) &&
           g_ascii_isdigit(p[8]);
}

static guint8
uu_value(const guint8 *p, gsize n, gsize i)
{
    return i < n ? (guint8)((p[i] - ' ') & 63) : 0;
}

/* One line: its first character says how many bytes follow; missing characters (blanks lost on the way) are zeros. */
static void
uu_line(const guint8 *p, gsize n, GByteArray *out)
{
    guint count = uu_value(p, n, 0);
    p++;
    n--;
    for (gsize i = 0; count > 0; i += 4) {
        guint32 bits = (guint32)uu_value(p, n, i) << 18 | (guint32)uu_value(p, n, i + 1) << 12 |
                       (guint32)uu_value(p, n, i + 2) << 6 | uu_value(p, n, i + 3);
        guint8 bytes[3] = {(guint8)(bits >> 16), (guint8)(bits >> 8), (guint8)bits};
        guint take = MIN(count, 3);
        g_byte_array_append(out, bytes, take);
        count -= take;
    }
}

/* A line whose length fits its count; "end", words and the zero line are none. */
static gboolean
is_uu_line(const guint8 *p, gsize n)
{
    if (n == 0 || p[0] <= ' ' || p[0] > '`') {
        return FALSE;
    }
    gsize needed = (gsize)(uu_value(p, n, 0) + 2) / 3 * 4;
    return n - 1 <= needed + 2 && n + 3 >= needed && needed > 0;
}

static void
uu_decode(const guint8 *p, gsize length, GByteArray *out)
{
    const guint8 *end = p + length;
    gboolean begun = FALSE;
    while (p < end) {
        const guint8 *next;
        gsize n = line_length(p, end, &next);
        if (!begun) {
            begun = is_begin_line(p, n);
        } else if (n == 3 && memcmp(p, "end", 3) == 0) {
            break;
        } else if (is_uu_line(p, n)) {
            uu_line(p, n, out);
        }
        p = next;
    }
}

/* Behind the "begin" line: TRUE when there are encoded lines alone, and "end". `*p` moves on in any case. */
static gboolean
is_uu_body(const guint8 **p, const guint8 *end)
{
    guint lines = 0;
    while (*p < end) {
        const guint8 *line = *p;
        gsize n = line_length(line, end, p);
        if (n == 3 && memcmp(line, "end", 3) == 0) {
            return lines > 0;
        }
        gboolean zero = n == 0 || (line[0] == '`' || line[0] == ' ');
        if (!zero && !is_uu_line(line, n)) {
            *p = line;
            return FALSE;
        }
        lines += !zero;
    }
    return FALSE;
}

/* Where the next line that begins with "begin " begins; NULL. */
static const guint8 *
next_begin(const guint8 *p, const guint8 *start, const guint8 *end)
{
    while (p < end && (p = memmem(p, (gsize)(end - p), "begin ", 6)) != NULL) {
        if (p == start || p[-1] == '\n' || p[-1] == '\r') {
            return p;
        }
        p += 6;
    }
    return NULL;
}

gboolean
transfer_find_file(const char *content, gsize length, gsize from, struct transfer_file *file)
{
    const guint8 *start = (const guint8 *)content, *p = start + from, *end = start + length, *line;
    while ((line = p = next_begin(p, start, end)) != NULL) {
        gsize n = line_length(line, end, &p);
        if (!is_begin_line(line, n)) {
            continue;
        }
        const guint8 *name = line + 10; /* "begin 644 " */
        if (is_uu_body(&p, end)) {
            file->start = (gsize)(line - (const guint8 *)content);
            file->end = (gsize)(p - (const guint8 *)content);
            file->name = (gsize)(name - (const guint8 *)content);
            file->name_length = n - 10;
            return TRUE;
        }
    }
    return FALSE;
}

void
transfer_decode(const char *content, gsize length, enum mail_encoding encoding, GByteArray *out)
{
    if (length == 0) {
        return;
    }
    switch (encoding) {
    case MAIL_ENCODING_BASE64:
        base64_decode((const guint8 *)content, length, out);
        break;
    case MAIL_ENCODING_QUOTED_PRINTABLE:
        quoted_printable_decode((const guint8 *)content, length, out);
        break;
    case MAIL_ENCODING_UUENCODE:
        uu_decode((const guint8 *)content, length, out);
        break;
    case MAIL_ENCODING_IDENTITY:
        g_byte_array_append(out, (const guint8 *)content, (guint)length);
        break;
    }
}
