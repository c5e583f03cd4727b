#include "mime/write.h"

#include <gmime/gmime.h>
#include <string.h>

#include "lib/error.h"
#include "lib/secret.h"
#include "lib/text.h"

enum {
    LINE = 76,            /* where lines are folded, and quoted-printable breaks (RFC 2045 6.7) */
    NAME_BYTES = 200,     /* of a display name */
    TEXT_BYTES = 800,     /* of a header: what cannot be folded still fits 998 octets */
    ID_BYTES = 500,       /* longer message ids are left out of References */
    LAST_REFERENCES = 20, /* kept beside the first: enough to thread by, and no header grows for ever */
    WORD_BYTES = 42,      /* UTF-8 in one encoded word (RFC 2047 2: 75 characters in all) */
};

/* ---- headers ---- */

/* ASCII that no reader takes for an encoded word. */
static gboolean
is_plain(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c < ' ' || *c >= 0x7f || (c[0] == '=' && c[1] == '?')) {
            return FALSE;
        }
    }
    return TRUE;
}

/* RFC 2047 "B", words parted by a blank, cut between characters. */
static void
put_encoded_words(GString *out, const char *text)
{
    while (*text != '\0') {
        const char *end = text;
        while (*end != '\0' && g_utf8_next_char(end) - text <= WORD_BYTES) {
            end = g_utf8_next_char(end);
        }
        g_autofree char *encoded = g_base64_encode((const guchar *)text, (gsize)(end - text));
        g_string_append_printf(out, "=?UTF-8?B?%s?=%s", encoded, *end != '\0' ? " " : "");
        text = end;
    }
}

/* "Name: words", folded at blanks. A blank is kept as the first byte of the next line (RFC 5322 2.2.3). */
static void
put_folded(GString *out, const char *name, const char *value)
{
    gsize column = strlen(name) + 1;
    g_string_append_printf(out, "%s:", name);
    gboolean first = TRUE;
    while (*value != '\0') {
        gsize n = strcspn(value, " ");
        if (!first && n > 0 && column + 1 + n > LINE) {
            g_string_append(out, "\r\n");
            column = 0;
        }
        g_string_append_c(out, ' ');
        g_string_append_len(out, value, (gssize)n);
        column += 1 + n;
        value += n + (value[n] == ' ');
        first = FALSE;
    }
    g_string_append(out, "\r\n");
}

static void
put_text_header(GString *out, const char *name, const char *text)
{
    g_autofree char *line = text_one_line(text, TEXT_BYTES);
    if (is_plain(line)) {
        put_folded(out, name, line);
        return;
    }
    g_autoptr(GString) words = g_string_new(NULL);
    put_encoded_words(words, line);
    put_folded(out, name, words->str);
}

static gboolean
is_atoms(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (!g_ascii_isalnum(*c) && strchr(" !#$%&'*+-/=?^_`{|}~", *c) == NULL) {
            return FALSE;
        }
    }
    return TRUE;
}

static void
put_phrase(GString *out, const char *name)
{
    if (!is_plain(name)) {
        put_encoded_words(out, name);
        return;
    }
    if (is_atoms(name)) {
        g_string_append(out, name);
        return;
    }
    g_string_append_c(out, '"');
    for (const char *c = name; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\') {
            g_string_append_c(out, '\\');
        }
        g_string_append_c(out, *c);
    }
    g_string_append_c(out, '"');
}

static gboolean
put_address_header(GString *out, const char *header, const struct mail_address *a, GError **error)
{
    g_autofree char *address = text_address(a->address);
    if (address == NULL) {
        g_autofree char *shown = text_one_line(a->address, 100);
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "%s: “%s” is no address that mail can be sent to",
                    header, shown);
        return FALSE;
    }
    g_autofree char *name = text_one_line(a->name, NAME_BYTES);
    if (*name == '\0') {
        put_folded(out, header, address);
        return TRUE;
    }
    g_autoptr(GString) value = g_string_new(NULL);
    put_phrase(value, name);
    g_string_append_printf(value, " <%s>", address);
    put_folded(out, header, value->str);
    return TRUE;
}

static gboolean
is_id(const char *id)
{
    gsize n = 0;
    for (; id[n] != '\0'; n++) {
        if (id[n] <= ' ' || id[n] >= 0x7f || id[n] == '<' || id[n] == '>') {
            return FALSE;
        }
    }
    return n > 0 && n <= ID_BYTES;
}

static void
put_references(GString *out, const GPtrArray *references)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new();
    for (guint i = 0; references != NULL && i < references->len; i++) {
        if (is_id(references->pdata[i])) {
            g_ptr_array_add(ids, references->pdata[i]);
        }
    }
    if (ids->len == 0) {
        return;
    }
    g_autoptr(GString) value = g_string_new(NULL);
    for (guint i = 0; i < ids->len; i++) {
        if (i == 0 || i + LAST_REFERENCES >= ids->len) {
            g_string_append_printf(value, "%s<%s>", value->len > 0 ? " " : "", (const char *)ids->pdata[i]);
        }
    }
    g_autofree char *last = g_strdup_printf("<%s>", (const char *)ids->pdata[ids->len - 1]);
    put_folded(out, "In-Reply-To", last);
    put_folded(out, "References", value->str);
}

/* By hand: strftime's names follow the locale. */
static void
put_date(GString *out, gint64 date)
{
    static const char days[] = "MonTueWedThuFriSatSun", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    g_autoptr(GDateTime) t = g_date_time_new_from_unix_utc(date);
    if (t == NULL) {
        t = g_date_time_new_from_unix_utc(0);
    }
    g_string_append_printf(out, "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d +0000\r\n",
                           days + 3 * (g_date_time_get_day_of_week(t) - 1), g_date_time_get_day_of_month(t),
                           months + 3 * (g_date_time_get_month(t) - 1), g_date_time_get_year(t),
                           g_date_time_get_hour(t), g_date_time_get_minute(t), g_date_time_get_second(t));
}

static gboolean
is_header_name(const char *name)
{
    for (const char *c = name; *c != '\0'; c++) {
        if (*c <= ' ' || *c >= 0x7f || *c == ':') {
            return FALSE;
        }
    }
    return *name != '\0';
}

static gboolean
put_headers(GString *out, const struct outgoing *mail, GError **error)
{
    if (!put_address_header(out, "From", &mail->from, error) || !put_address_header(out, "To", &mail->to, error)) {
        return FALSE;
    }
    gboolean answer_elsewhere = mail->reply_to.address != NULL && *mail->reply_to.address != '\0';
    if (answer_elsewhere && !put_address_header(out, "Reply-To", &mail->reply_to, error)) {
        return FALSE;
    }
    if (mail->message_id == NULL || !is_id(mail->message_id)) {
        g_set_error_literal(error, POSTERN_ERROR, POSTERN_ERROR_INVALID,
                            "a mail needs a Message-ID of printable ASCII");
        return FALSE;
    }
    put_text_header(out, "Subject", mail->subject != NULL ? mail->subject : "");
    put_date(out, mail->date);
    g_string_append_printf(out, "Message-ID: <%s>\r\n", mail->message_id);
    put_references(out, mail->references);
    if (mail->automatic) {
        g_string_append(out, "Auto-Submitted: auto-generated\r\n");
    }
    for (const struct outgoing_header *h = mail->headers; h != NULL && h->name != NULL; h++) {
        if (is_header_name(h->name)) {
            put_text_header(out, h->name, h->value);
        }
    }
    g_string_append(out, "MIME-Version: 1.0\r\n");
    return TRUE;
}

/* ---- content ---- */

/* Encoded by gmime; its lines end in LF and are made to end in CRLF here. */
static void
put_encoded(GString *out, GMimeContentEncoding encoding, const char *bytes, gsize length)
{
    GMimeEncoding state;
    g_mime_encoding_init_encode(&state, encoding);
    g_autofree char *room = g_malloc(g_mime_encoding_outlen(&state, length) + 16);
    gsize n = g_mime_encoding_flush(&state, bytes, length, room);
    g_string_set_size(out, out->len);
    for (gsize i = 0; i < n;) {
        const char *lf = memchr(room + i, '\n', n - i);
        gsize line = lf != NULL ? (gsize)(lf - (room + i)) : n - i;
        g_string_append_len(out, room + i, (gssize)line);
        g_string_append(out, "\r\n");
        i += line + 1;
    }
}

/* Valid UTF-8, line ends LF, no controls but TAB, one line end at the end. */
static GString *
clean_text(const char *text)
{
    g_autofree char *utf8 = text_utf8(text, strlen(text));
    GString *s = g_string_sized_new(strlen(utf8) + 1);
    for (const char *c = utf8; *c != '\0';) {
        const char *start = c;
        while ((guint8)*c >= ' ' || *c == '\n' || *c == '\t') {
            c++;
        }
        g_string_append_len(s, start, c - start);
        if (*c == '\r') {
            g_string_append_c(s, '\n');
            c += c[1] == '\n';
        }
        c += *c != '\0';
    }
    if (s->len == 0 || s->str[s->len - 1] != '\n') {
        g_string_append_c(s, '\n');
    }
    return s;
}

/* Quoted-printable stays readable where most is ASCII; other scripts are shorter in base64. */
static gboolean
is_mostly_ascii(const GString *text)
{
    gsize high = 0;
    if (text_is_ascii(text->str, text->len)) {
        return TRUE;
    }
    for (gsize i = 0; i < text->len; i++) {
        high += (guint8)text->str[i] >= 0x80;
    }
    return high * 5 <= text->len;
}

/* Quoted-printable leaves them as they are. */
static const guint8 stays[256] = {['\t'] = 1, [' ' ... '<'] = 1, ['>' ... '~'] = 1};

static char *
quote_byte(char *to, char c)
{
    static const char digits[] = "0123456789ABCDEF";
    *to++ = '=';
    *to++ = digits[(guint8)c >> 4];
    *to++ = digits[(guint8)c & 15];
    return to;
}

/* Bytes that stay as they are, over as many lines as they want. */
static char *
quote_run(char *to, const char *from, const char *end, gsize *column)
{
    for (gsize room; (gsize)(end - from) > (room = LINE - 1 - *column); from += room) {
        to = mempcpy(mempcpy(to, from, room), "=\r\n", 3);
        *column = 0;
    }
    *column += (gsize)(end - from);
    return mempcpy(to, from, (gsize)(end - from));
}

/* RFC 2045 6.7, of `text` as clean_text() leaves it. By hand and in runs, for it is what a mail costs most: each has
 * its words twice. */
static void
put_quoted(GString *out, const GString *text)
{
    gsize before = out->len, column = 0;
    const char *end = text->str + text->len;
    g_string_set_size(out, before + 3 * text->len + 3 * (3 * text->len / (LINE - 3) + 1));
    char *to = out->str + before;
    for (const char *from = text->str, *stop; from < end; from = stop + 1) {
        for (stop = from; stays[(guint8)*stop];) {
            stop++;
        }
        if (*stop == '\n' && stop > from && (stop[-1] == ' ' || stop[-1] == '\t')) {
            stop--; /* at a line's end a blank would get lost */
        }
        to = quote_run(to, from, stop, &column);
        if (*stop == '\n') {
            to = mempcpy(to, "\r\n", 2);
            column = 0;
            continue;
        }
        if (column + 3 > LINE - 1) {
            to = mempcpy(to, "=\r\n", 3);
            column = 0;
        }
        to = quote_byte(to, *stop);
        column += 3;
    }
    g_string_truncate(out, (gsize)(to - out->str));
}

static void
put_text(GString *out, const char *subtype, const char *text)
{
    g_autoptr(GString) clean = clean_text(text);
    gboolean readable = is_mostly_ascii(clean);
    g_string_append_printf(out, "Content-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: %s\r\n\r\n",
                           subtype, readable ? "quoted-printable" : "base64");
    if (readable) {
        put_quoted(out, clean);
        return;
    }
    g_string_replace(clean, "\n", "\r\n", 0); /* RFC 2045 6.8: text in base64 is canonical */
    put_encoded(out, GMIME_CONTENT_ENCODING_BASE64, clean->str, clean->len);
}

static void
put_alternative(GString *out, const struct outgoing *mail, const char *boundary)
{
    const char *text = mail->text != NULL ? mail->text : "";
    if (mail->html == NULL) {
        put_text(out, "plain", text);
        return;
    }
    g_string_append_printf(out, "Content-Type: multipart/alternative; boundary=\"%s\"\r\n\r\n--%s\r\n", boundary,
                           boundary);
    put_text(out, "plain", text);
    g_string_append_printf(out, "\r\n--%s\r\n", boundary);
    put_text(out, "html", mail->html);
    g_string_append_printf(out, "\r\n--%s--\r\n", boundary);
}

/* ---- files ---- */

static gboolean
is_token(const char *text, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        if (!g_ascii_isalnum(text[i]) && strchr("!#$&-^_.+", text[i]) == NULL) {
            return FALSE;
        }
    }
    return n > 0 && n <= 100;
}

/* A composite type would need its own parts' rules kept; what is sent is bytes. */
static char *
file_type(const char *type)
{
    static const char bytes[] = "application/octet-stream";
    if (type == NULL) {
        return g_strdup(bytes);
    }
    gsize n = strcspn(type, "/");
    if (type[n] != '/' || !is_token(type, n) || !is_token(type + n + 1, strlen(type + n + 1)) ||
        g_ascii_strncasecmp(type, "message/", 8) == 0 || g_ascii_strncasecmp(type, "multipart/", 10) == 0) {
        return g_strdup(bytes);
    }
    return g_ascii_strdown(type, -1);
}

/* RFC 2231, in pieces where it is long. */
static void
put_file_name(GString *out, const char *name)
{
    enum { PIECE = 55 };
    if (is_plain(name) && strpbrk(name, "\"\\") == NULL && strlen(name) <= PIECE) {
        g_string_append_printf(out, ";\r\n filename=\"%s\"", name);
        return;
    }
    g_autofree char *escaped = g_uri_escape_string(name, NULL, FALSE);
    gsize left = strlen(escaped);
    if (left <= PIECE) {
        g_string_append_printf(out, ";\r\n filename*=UTF-8''%s", escaped);
        return;
    }
    const char *p = escaped;
    for (guint piece = 0; left > 0; piece++) {
        gsize n = MIN(left, PIECE);
        while (n < left && (p[n - 1] == '%' || p[n - 2] == '%')) {
            n--; /* not through a %XX */
        }
        g_string_append_printf(out, ";\r\n filename*%u*=%s%.*s", piece, piece == 0 ? "UTF-8''" : "", (int)n, p);
        p += n;
        left -= n;
    }
}

static void
put_file(GString *out, const struct outgoing_file *file)
{
    g_autofree char *type = file_type(file->type);
    g_autofree char *safe = text_file_name(file->name != NULL ? file->name : "", "file");
    g_autofree char *name = text_one_line(safe, 255);
    gsize length;
    const char *bytes = g_bytes_get_data(file->content, &length);
    g_string_append_printf(
        out, "Content-Type: %s\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment", type);
    put_file_name(out, name);
    g_string_append(out, "\r\n\r\n");
    put_encoded(out, GMIME_CONTENT_ENCODING_BASE64, bytes, length);
}

/* No line of base64 or quoted-printable holds "=_", so that a boundary with it never stands in the content; the random
 * bytes keep it from being taken for one of a mail within. */
static char *
new_boundary(void)
{
    guint8 bytes[15];
    secret_random(bytes, sizeof bytes);
    g_autofree char *word = base32_encode(bytes, sizeof bytes);
    return g_strdup_printf("=_%s", word);
}

static gboolean
is_mixed(const struct outgoing *mail)
{
    return (mail->files != NULL && mail->files->len > 0) || mail->calendar != NULL || mail->digest != NULL;
}

/* RFC 6047 2.4: the METHOD stands in the type as well. */
static void
put_calendar(GString *out, const struct outgoing *mail)
{
    g_autofree char *method = is_token(mail->calendar_method, strlen(mail->calendar_method))
                                  ? g_strdup(mail->calendar_method)
                                  : g_strdup("PUBLISH");
    g_string_append_printf(out,
                           "Content-Type: text/calendar; charset=utf-8; method=%s\r\n"
                           "Content-Transfer-Encoding: base64\r\n"
                           "Content-Disposition: attachment; filename=\"deadline.ics\"\r\n\r\n",
                           method);
    put_encoded(out, GMIME_CONTENT_ENCODING_BASE64, mail->calendar, strlen(mail->calendar));
}

/* Each part is a message/rfc822 without saying so; what mail_write() made is 7-bit. */
static void
put_digest(GString *out, const GPtrArray *digest)
{
    g_autofree char *boundary = new_boundary();
    g_string_append_printf(out, "Content-Type: multipart/digest; boundary=\"%s\"\r\n", boundary);
    for (guint i = 0; i < digest->len; i++) {
        gsize length;
        const char *bytes = g_bytes_get_data(digest->pdata[i], &length);
        g_string_append_printf(out, "\r\n--%s\r\n\r\n", boundary);
        g_string_append_len(out, bytes, (gssize)length);
    }
    g_string_append_printf(out, "\r\n--%s--\r\n", boundary);
}

static void
put_body(GString *out, const struct outgoing *mail)
{
    g_autofree char *inner = new_boundary();
    g_autofree char *outer = new_boundary();
    if (!is_mixed(mail)) {
        put_alternative(out, mail, inner);
        return;
    }
    g_string_append_printf(out, "Content-Type: multipart/mixed; boundary=\"%s\"\r\n\r\n--%s\r\n", outer, outer);
    put_alternative(out, mail, inner);
    for (guint i = 0; mail->files != NULL && i < mail->files->len; i++) {
        g_string_append_printf(out, "\r\n--%s\r\n", outer);
        put_file(out, mail->files->pdata[i]);
    }
    if (mail->calendar != NULL) {
        g_string_append_printf(out, "\r\n--%s\r\n", outer);
        put_calendar(out, mail);
    }
    if (mail->digest != NULL) {
        g_string_append_printf(out, "\r\n--%s\r\n", outer);
        put_digest(out, mail->digest);
    }
    g_string_append_printf(out, "\r\n--%s--\r\n", outer);
}

GBytes *
mail_write(const struct outgoing *mail, GError **error)
{
    GString *out = g_string_sized_new(4096);
    if (!put_headers(out, mail, error)) {
        g_string_free(out, TRUE);
        return NULL;
    }
    put_body(out, mail);
    return g_string_free_to_bytes(out);
}
