#include "mime/header.h"

#include <string.h>

#include "mime/charset.h"
#include "mime/transfer.h"

static gboolean
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static const char *
skip_blanks(const char *p)
{
    while (is_blank(*p)) {
        p++;
    }
    return p;
}

/* Whether the CR at `field[i]`, or the run of them that begins there, is part of a line end. */
static gboolean
ends_line(const char *field, gsize length, gsize i)
{
    while (i < length && field[i] == '\r') {
        i++;
    }
    return i == length || field[i] == '\n' || is_blank(field[i]);
}

char *
header_unfold(const char *field, gsize length)
{
    char *text = g_malloc(length + 1), *to = text;
    for (gsize i = 0; i < length; i++) {
        gsize run = i;
        while (run < length && field[run] != '\r' && field[run] != '\n' && field[run] != '\0') {
            run++;
        }
        memcpy(to, field + i, run - i);
        to += run - i;
        i = run;
        if (i < length && field[i] == '\r') {
            gboolean alone = !ends_line(field, length, i); /* it must not glue words */
            while (i + 1 < length && field[i + 1] == '\r') {
                i++;
            }
            if (alone) {
                *to++ = ' ';
            }
        }
    }
    *to = '\0';
    return g_strstrip(text);
}

/* ---- encoded words ---- */

struct word {
    const char *charset, *text, *end; /* charset up to '?', text without the closing "?=", end behind it */
    gsize charset_length, text_length;
    char encoding; /* 'b', 'q' */
};

/* "?=" may stand inside badly encoded Q text ("what?=3F"): then a real end follows close by. */
static gboolean
is_inner_end(const char *end, char encoding)
{
    if (encoding != 'q' || !g_ascii_isxdigit(end[2]) || !g_ascii_isxdigit(end[3])) {
        return FALSE;
    }
    for (guint i = 2; i < 76 && end[i] != '\0' && !is_blank(end[i]); i++) {
        if (end[i] == '?' && end[i + 1] == '=') {
            return TRUE;
        }
    }
    return FALSE;
}

/* Without a closing "?=" (the next word begins first, or nothing follows) a word runs to the next blank. */
static void
word_end(struct word *w)
{
    const char *blank = NULL, *p = w->text;
    for (; *p != '\0'; p++) {
        if (p[0] == '?' && p[1] == '=' && !is_inner_end(p, w->encoding)) {
            w->text_length = (gsize)(p - w->text);
            w->end = p + 2;
            return;
        }
        if (is_blank(*p) && blank == NULL) {
            blank = p;
        }
        if (blank != NULL && p[0] == '=' && p[1] == '?') {
            break;
        }
    }
    w->end = blank != NULL ? blank : p;
    w->text_length = (gsize)(w->end - w->text);
    while (w->text_length > 0 && w->text[w->text_length - 1] == '?') {
        w->text_length--;
    }
}

/* At "=?". FALSE when no encoded word begins here. */
static gboolean
word_parse(const char *p, struct word *w)
{
    w->charset = p + 2;
    w->charset_length = strcspn(w->charset, "? \t=");
    const char *q = w->charset + w->charset_length;
    if (w->charset_length == 0 || w->charset_length > 64 || *q != '?') {
        return FALSE;
    }
    w->encoding = g_ascii_tolower(q[1]);
    if ((w->encoding != 'b' && w->encoding != 'q') || q[2] != '?') {
        return FALSE;
    }
    w->text = q + 3;
    word_end(w);
    return TRUE;
}

gsize
header_word_length(const char *text)
{
    struct word w;
    return text[0] == '=' && text[1] == '?' && word_parse(text, &w) ? (gsize)(w.end - text) : 0;
}

/* Words that follow each other with only blanks between are decoded as one run of bytes while charset and encoding stay
 * the same: characters, and even base64 quanta, are cut at the words' borders by many clients. */
struct run {
    GString *out;     /* UTF-8 so far */
    GString *encoded; /* of the run */
    char *charset;    /* NULL: no run is open */
    char encoding;
};

static void
append_decoded_q(const GString *encoded, GByteArray *bytes)
{
    for (gsize i = 0; i < encoded->len; i++) {
        const char *p = encoded->str + i;
        guint8 c = (guint8)(*p == '_' ? ' ' : *p);
        if (*p == '=' && g_ascii_isxdigit(p[1]) && g_ascii_isxdigit(p[2])) {
            c = (guint8)(g_ascii_xdigit_value(p[1]) << 4 | g_ascii_xdigit_value(p[2]));
            i += 2;
        }
        g_byte_array_append(bytes, &c, 1);
    }
}

static void
run_close(struct run *run)
{
    if (run->charset == NULL) {
        return;
    }
    g_autoptr(GByteArray) bytes = g_byte_array_sized_new((guint)run->encoded->len);
    if (run->encoding == 'q') {
        append_decoded_q(run->encoded, bytes);
    } else {
        transfer_decode(run->encoded->str, run->encoded->len, MAIL_ENCODING_BASE64, bytes);
    }
    g_autofree char *text = charset_decode(run->charset, (const char *)bytes->data, bytes->len, NULL);
    g_string_append(run->out, text);
    g_string_truncate(run->encoded, 0);
    g_clear_pointer(&run->charset, g_free);
}

static void
run_add(struct run *run, const struct word *w)
{
    gboolean same = run->charset != NULL && run->encoding == w->encoding && strlen(run->charset) == w->charset_length &&
                    g_ascii_strncasecmp(run->charset, w->charset, w->charset_length) == 0;
    if (!same) {
        run_close(run);
        run->charset = g_strndup(w->charset, w->charset_length);
        run->encoding = w->encoding;
    }
    g_string_append_len(run->encoded, w->text, (gssize)w->text_length);
}

static void
run_plain(struct run *run, const char *text, gsize length)
{
    if (length > 0) {
        run_close(run);
        g_autofree char *utf8 = charset_decode(NULL, text, length, NULL);
        g_string_append(run->out, utf8);
    }
}

static gboolean
only_blanks(const char *from, const char *to)
{
    return skip_blanks(from) >= to;
}

static void
blank_controls(char *text)
{
    for (char *c = text; *c != '\0'; c++) {
        if ((guint8)*c < ' ' || *c == 0x7f) {
            *c = ' ';
        }
    }
}

gboolean
header_is_plain(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c < ' ' || *c >= 0x7f || (c[0] == '=' && c[1] == '?')) {
            return FALSE;
        }
    }
    return TRUE;
}

char *
header_utf8(const char *unfolded)
{
    return header_is_plain(unfolded) ? g_strdup(unfolded) : charset_decode(NULL, unfolded, strlen(unfolded), NULL);
}

char *
header_words(const char *unfolded)
{
    if (header_is_plain(unfolded)) {
        return g_strstrip(g_strdup(unfolded));
    }
    struct run run = {.out = g_string_sized_new(strlen(unfolded) + 16), .encoded = g_string_new(NULL)};
    const char *plain = unfolded; /* what is not yet written */
    const char *p = unfolded;
    struct word w;
    while ((p = strstr(p, "=?")) != NULL) {
        if (!word_parse(p, &w)) {
            p += 2;
            continue;
        }
        if (run.charset == NULL || !only_blanks(plain, p)) {
            run_plain(&run, plain, (gsize)(p - plain));
        }
        run_add(&run, &w);
        plain = p = w.end;
    }
    run_plain(&run, plain, strlen(plain));
    run_close(&run);
    g_string_free(run.encoded, TRUE);
    blank_controls(run.out->str);
    g_strstrip(run.out->str);
    return g_string_free(run.out, FALSE);
}

/* ---- parameters ---- */

struct parameter {
    char *name;        /* lower case, without RFC 2231's "*0*" */
    int piece;         /* "*0", "*1" …; -1: not in pieces */
    gboolean extended; /* trailing '*': charset'language'percent-encoded */
    char *bytes;
};

enum { MAX_PARAMETERS = 200, LOOKAHEAD = 512 };

static void
parameter_free(gpointer data)
{
    struct parameter *p = data;
    g_free(p->name);
    g_free(p->bytes);
    g_free(p);
}

void
header_value_free(header_value *value)
{
    if (value != NULL) {
        g_free(value->value);
        g_ptr_array_unref(value->parameters);
        g_free(value);
    }
}

/* Blanks and comments. */
static const char *
skip_comments(const char *p)
{
    guint depth = 0;
    for (; *p != '\0'; p++) {
        if (*p == '(') {
            depth++;
        } else if (*p == ')' && depth > 0) {
            depth--;
        } else if (*p == '\\' && depth > 0 && p[1] != '\0') {
            p++;
        } else if (depth == 0 && !is_blank(*p)) {
            break;
        }
    }
    return p;
}

static gboolean
is_name_char(char c)
{
    return c > ' ' && c < 0x7f && strchr("()<>@,;:\\\"/[]?=", c) == NULL;
}

/* "name =" ahead: a parameter whose ';' was forgotten. */
static gboolean
parameter_begins(const char *p)
{
    const char *q = p;
    while (is_name_char(*q) && q - p < 40) {
        q++;
    }
    return q > p && *skip_blanks(q) == '=';
}

/* Behind the quote that closes a value there is a ';', the end, or the next parameter; any other quote is part of a
 * badly written value. */
static gboolean
quote_closes(const char *after)
{
    const char *q = skip_blanks(after);
    return *q == '\0' || *q == ';' || *q == '(' || (q > after && parameter_begins(q));
}

static const char *
closing_quote(const char *p)
{
    const char *first = NULL;
    for (const char *q = p; *q != '\0' && q - p < LOOKAHEAD; q++) {
        if (*q == '\\' && q[1] != '\0') {
            q++;
        } else if (*q == '"') {
            first = first != NULL ? first : q;
            if (quote_closes(q + 1)) {
                return q;
            }
        }
    }
    return first;
}

/* At the opening quote. A backslash quotes only what needs it, for Windows' paths stand unquoted in many a mail. */
static const char *
read_quoted(const char *p, GString *out)
{
    const char *end = closing_quote(++p);
    for (; *p != '\0' && p != end; p++) {
        if (*p == '\\' && (p[1] == '"' || p[1] == '\\')) {
            p++;
        }
        g_string_append_c(out, *p);
    }
    p = *p == '"' ? p + 1 : p;
    return p;
}

/* Blanks belong to a file name or a boundary that nobody quoted; elsewhere they end the value. */
static const char *
read_bare(const char *p, gboolean blanks, GString *out)
{
    while (*p != '\0' && *p != ';') {
        const char *q = skip_blanks(p);
        if (q > p && (!blanks || *q == '\0' || *q == ';' || parameter_begins(q))) {
            break;
        }
        g_string_append_len(out, p, q > p ? q - p : 1);
        p = q > p ? q : p + 1;
    }
    return p;
}

/* "filename*1*" → "filename", 1, extended. */
static void
parameter_name(struct parameter *parameter, const char *name, gsize length)
{
    parameter->name = g_ascii_strdown(name, (gssize)length);
    parameter->piece = -1;
    char *star = strchr(parameter->name, '*');
    if (star == NULL) {
        return;
    }
    *star++ = '\0';
    if (g_ascii_isdigit(*star)) {
        guint64 piece = g_ascii_strtoull(star, &star, 10);
        parameter->piece = (int)MIN(piece, 10000);
        parameter->extended = *star == '*';
    } else {
        parameter->extended = TRUE;
    }
}

static const char *
read_parameter(const char *p, GPtrArray *parameters)
{
    const char *name = p;
    while (*p != '\0' && *p != '=' && *p != ';' && !is_blank(*p)) {
        p++;
    }
    gsize length = (gsize)(p - name);
    p = skip_comments(p);
    if (*p != '=') {
        return p;
    }
    p = skip_comments(p + 1);
    struct parameter *parameter = g_new0(struct parameter, 1);
    parameter_name(parameter, name, length);
    GString *bytes = g_string_new(NULL);
    gboolean blanks = strstr(parameter->name, "name") != NULL || strcmp(parameter->name, "boundary") == 0;
    p = *p == '"' ? read_quoted(p, bytes) : read_bare(p, blanks, bytes);
    parameter->bytes = g_string_free(bytes, FALSE);
    g_ptr_array_add(parameters, parameter);
    p = skip_comments(p);
    return p;
}

static char *
read_value(const char **from)
{
    GString *s = g_string_new(NULL);
    const char *p = skip_comments(*from);
    while (*p != '\0' && *p != ';') {
        if (is_blank(*p) || *p == '(') {
            p = skip_comments(p);
            gboolean joins = *p == '/' || (s->len > 0 && s->str[s->len - 1] == '/');
            if (!joins) {
                break;
            }
            continue;
        }
        if (*p != '"') {
            g_string_append_c(s, g_ascii_tolower(*p));
        }
        p++;
    }
    *from = p;
    return g_string_free(s, FALSE);
}

header_value *
header_value_parse(const char *unfolded)
{
    header_value *v = g_new0(header_value, 1);
    v->parameters = g_ptr_array_new_with_free_func(parameter_free);
    const char *p = unfolded;
    const char *head = p + strcspn(p, ";=");
    v->value = *head == '=' && parameter_begins(skip_blanks(p)) ? g_strdup("") : read_value(&p);
    while (*p != '\0' && v->parameters->len < MAX_PARAMETERS) {
        if (*p == ';' || is_blank(*p)) {
            p++;
            continue;
        }
        const char *before = p;
        p = read_parameter(p, v->parameters);
        p += p == before;
    }
    g_autofree char *value = v->value;
    v->value = charset_decode(NULL, value, strlen(value), NULL);
    return v;
}

static void
append_percent_decoded(const char *text, GString *out)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '%' && g_ascii_isxdigit(p[1]) && g_ascii_isxdigit(p[2])) {
            g_string_append_c(out, (char)(g_ascii_xdigit_value(p[1]) << 4 | g_ascii_xdigit_value(p[2])));
            p += 2;
        } else {
            g_string_append_c(out, *p);
        }
    }
}

/* "utf-8'en'na%C3%AFve": `*charset` gets the first field when there is one. Broken ones lack a quote or both. */
static const char *
split_extended(const char *bytes, char **charset)
{
    const char *first = strchr(bytes, '\'');
    const char *second = first != NULL ? strchr(first + 1, '\'') : NULL;
    g_autofree char *label = first != NULL ? g_strndup(bytes, (gsize)(first - bytes)) : NULL;
    if (second != NULL && (*label == '\0' || charset_known(label))) {
        g_free(*charset);
        *charset = *label != '\0' ? g_steal_pointer(&label) : NULL;
        return second + 1;
    }
    if (first != NULL && charset_known(label)) {
        g_free(*charset);
        *charset = g_steal_pointer(&label);
        return first + 1;
    }
    return bytes;
}

struct joined {
    GString *bytes;
    char *charset;
    gboolean extended;
};

static void
join_piece(struct joined *j, const struct parameter *p)
{
    if (p->extended) {
        const char *text = j->bytes->len == 0 ? split_extended(p->bytes, &j->charset) : p->bytes;
        append_percent_decoded(text, j->bytes);
        j->extended = TRUE;
    } else {
        g_string_append(j->bytes, p->bytes);
    }
}

static int
by_piece(gconstpointer a, gconstpointer b)
{
    const struct parameter *const *x = a, *const *y = b;
    return (*x)->piece - (*y)->piece;
}

/* Pieces are put in order; a missing one ends nothing, for a clipped name is better than none. */
static gboolean
join_pieces(const header_value *v, const char *name, struct joined *j)
{
    g_autoptr(GPtrArray) pieces = g_ptr_array_new();
    for (guint i = 0; i < v->parameters->len; i++) {
        struct parameter *p = v->parameters->pdata[i];
        if (p->piece >= 0 && strcmp(p->name, name) == 0) {
            g_ptr_array_add(pieces, p);
        }
    }
    g_ptr_array_sort(pieces, by_piece);
    for (guint i = 0; i < pieces->len; i++) {
        join_piece(j, pieces->pdata[i]);
    }
    return pieces->len > 0;
}

/* RFC 2231's form wins over the plain one (RFC 6266 4.3 says the same); of plain ones the first. */
static gboolean
join(const header_value *v, const char *name, struct joined *j)
{
    const struct parameter *plain = NULL, *extended = NULL;
    for (guint i = 0; i < v->parameters->len; i++) {
        const struct parameter *p = v->parameters->pdata[i];
        if (p->piece < 0 && strcmp(p->name, name) == 0) {
            if (p->extended) {
                extended = extended != NULL ? extended : p;
            } else {
                plain = plain != NULL ? plain : p;
            }
        }
    }
    if (extended == NULL && join_pieces(v, name, j)) {
        return TRUE;
    }
    if (extended == NULL && plain == NULL) {
        return FALSE;
    }
    join_piece(j, extended != NULL ? extended : plain);
    return TRUE;
}

char *
header_parameter_bytes(const header_value *value, const char *name)
{
    struct joined j = {.bytes = g_string_new(NULL)};
    gboolean found = join(value, name, &j);
    g_free(j.charset);
    return g_string_free(j.bytes, !found);
}

char *
header_parameter(const header_value *value, const char *name)
{
    struct joined j = {.bytes = g_string_new(NULL)};
    char *text = NULL;
    if (join(value, name, &j)) {
        text = j.extended ? charset_decode(j.charset, j.bytes->str, j.bytes->len, NULL) : header_words(j.bytes->str);
    }
    g_free(j.charset);
    g_string_free(j.bytes, TRUE);
    return text;
}

/* ---- message ids ---- */

enum { MAX_IDS = 1000 };

static void
add_id(GPtrArray *ids, const char *from, const char *to)
{
    GString *s = g_string_new(NULL);
    for (const char *p = from; p < to; p++) {
        if (!is_blank(*p)) { /* folded in the middle */
            g_string_append_c(s, *p);
        }
    }
    if (s->len > 0 && ids->len < MAX_IDS) {
        g_ptr_array_add(ids, header_utf8(s->str));
    }
    g_string_free(s, TRUE);
}

/* Ids that lost their brackets: words with an @. */
static void
bare_ids(const char *p, GPtrArray *ids)
{
    while (*p != '\0') {
        p += strspn(p, " \t,;");
        gsize n = strcspn(p, " \t,;");
        if (memchr(p, '@', n) != NULL) {
            add_id(ids, p, p + n);
        }
        p += n;
    }
}

void
header_ids(const char *unfolded, GPtrArray *ids)
{
    const char *p = strchr(unfolded, '<');
    if (p == NULL) {
        bare_ids(unfolded, ids);
    }
    while (p != NULL) {
        p += strspn(p, "<");
        const char *end = p + strcspn(p, "<>");
        const char *at_blank = p + strcspn(p, " \t");
        add_id(ids, p, *end == '>' ? end : MIN(end, at_blank));
        p = strchr(end, '<');
    }
}
