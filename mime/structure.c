#include "mime/structure.h"

#include <string.h>

#include "mime/transfer.h"

struct scan {
    struct structure *s;
    GPtrArray *open; /* borrowed struct entity: the top, and inwards to where the scan stands */
    guint depth;     /* of the message around, where that one is encoded */
    guint parts;
    const char *boundary; /* of the top, where the one that it names parts nothing; NULL */
};

void
structure_defect(struct structure *structure, const char *sentence)
{
    for (guint i = 0; i < structure->defects->len; i++) {
        if (strcmp(structure->defects->pdata[i], sentence) == 0) {
            return;
        }
    }
    g_ptr_array_add(structure->defects, g_strdup(sentence));
}

static void
entity_free(gpointer data)
{
    struct entity *e = data;
    g_clear_pointer(&e->children, g_ptr_array_unref);
    g_array_unref(e->fields);
    g_free(e->type);
    header_value_free(e->content_type);
    header_value_free(e->disposition);
    g_free(e->content_id);
    g_free(e->boundary);
    g_free(e);
}

static struct entity *
entity_new(struct entity *parent)
{
    struct entity *e = g_new0(struct entity, 1);
    e->parent = parent;
    e->fields = g_array_new(FALSE, FALSE, sizeof(struct field));
    if (parent != NULL) {
        g_ptr_array_add(parent->children, e);
    }
    return e;
}

/* ---- lines ---- */

/* `*end`: where the line's content ends. Returns where the next line begins. */
static gsize
next_line(const struct structure *s, gsize pos, gsize *end)
{
    const char *from = s->raw + pos;
    gsize left = s->length - pos;
    if (s->cr_lines) {
        gsize n = 0;
        while (n < left && from[n] != '\r' && from[n] != '\n') {
            n++;
        }
        *end = pos + n;
        gsize two = n + 1 < left && from[n] == '\r' && from[n + 1] == '\n';
        return pos + MIN(n + 1 + two, left);
    }
    const char *lf = memchr(from, '\n', left);
    gsize n = lf != NULL ? (gsize)(lf - from) : left;
    gsize next = pos + n + (lf != NULL);
    while (n > 0 && from[n - 1] == '\r') {
        n--;
    }
    *end = pos + n;
    return next;
}

/* CRs that no LF follows. */
static gsize
count_bare_cr(const char *raw, gsize length)
{
    gsize n = 0;
    for (const char *p = raw, *end = raw + length; p < end && (p = memchr(p, '\r', (gsize)(end - p))) != NULL; p++) {
        n += p + 1 == end || p[1] != '\n';
    }
    return n;
}

/* Lines end in CR alone when they hardly ever end in LF: one LF that a program put at the end is no reason to see one
 * line. */
static gboolean
has_cr_lines(const char *raw, gsize length)
{
    enum { LOOKED_AT = 8192 };
    length = MIN(length, LOOKED_AT);
    gsize cr = count_bare_cr(raw, length), lf = 0;
    for (gsize i = 0; cr > 1 && i < length; i++) {
        lf += raw[i] == '\n';
    }
    return cr > 4 * lf + 1;
}

static gboolean
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static gboolean
is_blank_line(const char *p, gsize n)
{
    while (n > 0 && is_blank(p[n - 1])) {
        n--;
    }
    return n == 0;
}

/* ---- boundaries ---- */

static gboolean
matches(const struct entity *e, const char *line, gsize n, gboolean *closing)
{
    if (e->boundary == NULL || n < e->boundary_length + 2 || memcmp(line + 2, e->boundary, e->boundary_length) != 0) {
        return FALSE;
    }
    line += 2 + e->boundary_length;
    n -= 2 + e->boundary_length;
    *closing = n >= 2 && line[0] == '-' && line[1] == '-';
    return is_blank_line(*closing ? line + 2 : line, *closing ? n - 2 : n);
}

/* Index in `open` of the multipart that the line is a boundary of, innermost first; -1. */
static int
find_boundary(const struct scan *scan, const char *line, gsize n, gboolean *closing)
{
    if (n < 2 || line[0] != '-' || line[1] != '-') {
        return -1;
    }
    for (guint i = scan->open->len; i > 0; i--) {
        if (matches(scan->open->pdata[i - 1], line, n, closing)) {
            return (int)i - 1;
        }
    }
    return -1;
}

/* ---- header fields ---- */

struct block { /* one header block while it is read */
    struct entity *e;
    gsize pos;
    gboolean top;
    gboolean keep; /* the field that goes on is one that is kept */
    gboolean any;  /* there was a field */
    guint count;
    guint junk;
    gsize bytes;
};

enum { MAX_JUNK_LINES = 20, LOOK_AHEAD_JUNK = 50, LOOK_AHEAD_BLANK = 2 };

/* Length of the field's name, 0 when the line is no header. */
static gsize
field_name(const char *line, gsize n)
{
    gsize i = 0;
    while (i < n && line[i] > ' ' && line[i] < 0x7f && line[i] != ':') {
        i++;
    }
    gsize name = i;
    while (i < n && is_blank(line[i])) {
        i++;
    }
    return i < n && line[i] == ':' ? name : 0;
}

static gboolean
is_content_field(const char *name, gsize n)
{
    return n > 8 && g_ascii_strncasecmp(name, "content-", 8) == 0;
}

static gboolean
is_mbox_line(const char *line, gsize n)
{
    return (n >= 5 && memcmp(line, "From ", 5) == 0) || (n >= 6 && memcmp(line, ">From ", 6) == 0);
}

static void
add_field(struct scan *scan, struct block *b, gsize pos, gsize name_length, gsize end)
{
    b->any = TRUE;
    b->keep = FALSE;
    if (b->count++ >= GUARD_HEADERS) {
        structure_defect(scan->s, "more than 1,000 headers: the rest was left out");
        return;
    }
    const char *raw = scan->s->raw;
    if (!b->top && !is_content_field(raw + pos, name_length)) {
        return;
    }
    gsize value = pos + name_length;
    while (raw[value] != ':') {
        value++;
    }
    struct field f = {.name = pos, .name_length = name_length, .value = value + 1, .value_length = end - value - 1};
    g_array_append_val(b->e->fields, f);
    b->keep = TRUE;
}

static void
extend_field(struct block *b, gsize end)
{
    if (b->keep) {
        struct field *f = &g_array_index(b->e->fields, struct field, b->e->fields->len - 1);
        f->value_length = end - f->value;
    }
}

/* After a line that is no header: do headers go on, up to the blank line? Then it was junk; else the body begins with
 * it. */
static gboolean
headers_go_on(const struct structure *s, gsize pos, guint lines)
{
    gboolean any = FALSE;
    for (guint i = 0; i < lines && pos < s->length; i++) {
        gsize end, next = next_line(s, pos, &end);
        if (end == pos) {
            return any;
        }
        gboolean field = field_name(s->raw + pos, end - pos) > 0;
        if (!field && (!any || !is_blank(s->raw[pos]))) {
            return FALSE;
        }
        any = any || field;
        pos = next;
    }
    return any;
}

enum line_kind { LINE_FIELD, LINE_FOLDED, LINE_SKIP, LINE_END, LINE_BODY };

static enum line_kind
odd_line(struct scan *scan, struct block *b, gsize n, gsize next)
{
    const char *line = scan->s->raw + b->pos;
    if (is_mbox_line(line, n) && (!b->any || line[0] == '>')) {
        return LINE_SKIP;
    }
    if (b->junk++ < MAX_JUNK_LINES && headers_go_on(scan->s, next, LOOK_AHEAD_JUNK)) {
        structure_defect(scan->s, "a line among the headers is no header: it was left out");
        return LINE_SKIP;
    }
    if (b->any || n > 0) {
        structure_defect(scan->s, "no blank line between the headers and the body");
    }
    return LINE_BODY;
}

/* A line of blanks alone folds (RFC 5322 4.2) when headers follow, and else parts headers and body. */
static enum line_kind
line_kind(struct scan *scan, struct block *b, gsize n, gsize next, gsize *name_length)
{
    const char *line = scan->s->raw + b->pos;
    if (n == 0) {
        return LINE_END;
    }
    if (is_blank(line[0]) && b->any) {
        return !is_blank_line(line, n) || headers_go_on(scan->s, next, LOOK_AHEAD_BLANK) ? LINE_FOLDED : LINE_END;
    }
    if (is_blank_line(line, n)) {
        return LINE_END;
    }
    *name_length = field_name(line, n);
    return *name_length > 0 ? LINE_FIELD : odd_line(scan, b, n, next);
}

/* The guard's sizes: fields beyond them are taken out again. */
static void
drop_large_fields(struct scan *scan, struct block *b)
{
    gsize limit = b->e->parent == NULL ? GUARD_HEADER_BYTES : GUARD_PART_HEADER_BYTES, all = 0;
    for (guint i = 0; i < b->e->fields->len;) {
        const struct field *f = &g_array_index(b->e->fields, struct field, i);
        gsize size = f->value + f->value_length - f->name;
        if (size > limit) {
            structure_defect(scan->s, "a header is too large: it was left out");
        } else if (all + size > GUARD_ALL_HEADER_BYTES) {
            structure_defect(scan->s, "more than 256 KiB of headers: the rest was left out");
        } else {
            all += size;
            i++;
            continue;
        }
        g_array_remove_index(b->e->fields, i);
    }
}

/* Reads the header block at `pos`; returns where the body begins. */
static gsize
read_headers(struct scan *scan, struct entity *e, gsize pos, gboolean message)
{
    const struct structure *s = scan->s;
    struct block b = {.e = e, .pos = pos, .top = message};
    while (b.pos < s->length) {
        gsize end, name_length = 0, next = next_line(s, b.pos, &end);
        gboolean closing;
        if (find_boundary(scan, s->raw + b.pos, end - b.pos, &closing) >= 0) {
            break;
        }
        enum line_kind kind = line_kind(scan, &b, end - b.pos, next, &name_length);
        if (kind == LINE_BODY) {
            break;
        }
        if (kind == LINE_FIELD) {
            add_field(scan, &b, b.pos, name_length, end);
        } else if (kind == LINE_FOLDED) {
            extend_field(&b, end);
        }
        b.pos = next;
        if (kind == LINE_END) {
            break;
        }
    }
    drop_large_fields(scan, &b);
    return b.pos;
}

gboolean
structure_is(const struct structure *structure, const struct field *field, const char *name)
{
    return strlen(name) == field->name_length &&
           g_ascii_strncasecmp(structure->raw + field->name, name, field->name_length) == 0;
}

char *
structure_field(const struct structure *structure, const struct entity *entity, const char *name)
{
    for (guint i = 0; i < entity->fields->len; i++) {
        const struct field *f = &g_array_index(entity->fields, struct field, i);
        if (structure_is(structure, f, name)) {
            return header_unfold(structure->raw + f->value, f->value_length);
        }
    }
    return NULL;
}

/* ---- what a part is ---- */

/* A parameter header within the guard's limits; NULL: there is none that can be read. */
static header_value *
parameter_header(struct structure *s, const struct entity *e, const char *name)
{
    g_autofree char *raw = structure_field(s, e, name);
    if (raw == NULL) {
        return NULL;
    }
    guint separators = 0;
    for (const char *c = raw; *c != '\0'; c++) {
        separators += *c == ':' || *c == ';';
    }
    if (separators > GUARD_SEPARATORS) {
        structure_defect(s, "a parameter header has more than 2,000 separators: it was left out");
        return NULL;
    }
    return header_value_parse(raw);
}

static gboolean
is_token(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (!g_ascii_isalnum(*c) && strchr("-._+", *c) == NULL) {
            return FALSE;
        }
    }
    return *text != '\0';
}

/* "text", "html" and the like, which old programs write. Any other word alone names something that nobody knows. */
static char *
repaired_type(const char *value)
{
    static const char *const known[][2] = {{"text", "text/plain"},           {"plain", "text/plain"},
                                           {"plaintext", "text/plain"},      {"html", "text/html"},
                                           {"multipart", "multipart/mixed"}, {"text/", "text/plain"},
                                           {"multipart/", "multipart/mixed"}};
    for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
        if (strcmp(value, known[i][0]) == 0) {
            return g_strdup(known[i][1]);
        }
    }
    return is_token(value) ? g_strconcat(value, "/unknown", NULL) : NULL;
}

static char *
default_type(const struct entity *e)
{
    gboolean digest =
        e->parent != NULL && e->parent->kind == ENTITY_MULTIPART && strcmp(e->parent->type, "multipart/digest") == 0;
    return g_strdup(digest ? "message/rfc822" : "text/plain");
}

static void
read_type(struct structure *s, struct entity *e)
{
    e->content_type = parameter_header(s, e, "Content-Type");
    if (e->content_type == NULL) {
        e->content_type = header_value_parse("");
        e->type = default_type(e);
        return;
    }
    e->type_given = TRUE;
    const char *slash = strchr(e->content_type->value, '/');
    if (slash != NULL && slash > e->content_type->value && slash[1] != '\0' && strchr(slash + 1, '/') == NULL) {
        e->type = g_strdup(e->content_type->value);
        return;
    }
    structure_defect(s, "a Content-Type is malformed");
    e->type = repaired_type(e->content_type->value);
    e->type = e->type != NULL ? e->type : default_type(e);
}

static void
read_encoding(struct structure *s, struct entity *e)
{
    g_autofree char *raw = structure_field(s, e, "Content-Transfer-Encoding");
    if (raw == NULL) {
        return;
    }
    g_autoptr(header_value) v = header_value_parse(raw);
    e->encoding = transfer_encoding(v->value);
    if (!transfer_known(v->value)) {
        structure_defect(s, "a Content-Transfer-Encoding is unknown: the content was taken as it stands");
    }
}

/* Words under a base64 header are words. Known only when the part has ended. */
static void
check_encoding(struct structure *s, struct entity *e)
{
    if (e->encoding == MAIL_ENCODING_BASE64 && e->kind == ENTITY_LEAF &&
        !transfer_looks_base64(s->raw + e->body, e->end - e->body)) {
        structure_defect(s, "content that calls itself base64 is not: it was taken as it stands");
        e->encoding = MAIL_ENCODING_IDENTITY;
    }
}

static void
describe(struct structure *s, struct entity *e)
{
    read_type(s, e);
    read_encoding(s, e);
    e->disposition = parameter_header(s, e, "Content-Disposition");
    g_autofree char *id = structure_field(s, e, "Content-ID");
    if (id != NULL) {
        g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
        header_ids(id, ids);
        e->content_id = ids->len > 0 ? g_strdup(ids->pdata[0]) : header_utf8(id);
    }
}

/* No boundary named: the first line "--x" that a Content- header follows is taken for one. */
static char *
guessed_boundary(const struct structure *s, gsize pos)
{
    enum { LINES = 200 };
    for (guint i = 0; i < LINES && pos < s->length; i++) {
        gsize end, next = next_line(s, pos, &end);
        const char *line = s->raw + pos;
        if (end - pos > 2 && end - pos < 200 && line[0] == '-' && line[1] == '-' && next < s->length &&
            g_ascii_strncasecmp(s->raw + next, "content-", MIN(s->length - next, 8)) == 0) {
            return g_strchomp(g_strndup(line + 2, end - pos - 2));
        }
        pos = next;
    }
    return NULL;
}

static gboolean
open_multipart(struct scan *scan, struct entity *e)
{
    struct structure *s = scan->s;
    gboolean other = scan->boundary != NULL && e->parent == NULL;
    e->boundary = other ? g_strdup(scan->boundary) : header_parameter_bytes(e->content_type, "boundary");
    if (e->boundary != NULL) {
        g_strchomp(e->boundary); /* RFC 2046 5.1.1: never ends in a blank */
    }
    if (e->boundary == NULL) {
        e->boundary = guessed_boundary(s, e->body);
        structure_defect(s, e->boundary != NULL ? "a multipart names no boundary: it was guessed"
                                                : "a multipart names no boundary: it was read as text");
    }
    if (e->boundary == NULL) {
        return FALSE;
    }
    e->boundary_length = strlen(e->boundary);
    return TRUE;
}

gboolean
structure_is_message(const struct entity *entity)
{
    return strcmp(entity->type, "message/rfc822") == 0 || strcmp(entity->type, "message/global") == 0;
}

/* An encoded message is against RFC 2046 5.2.1 and common: no part of it stands in the raw mail, so that it is a leaf
 * here. */
static gboolean
is_open_message(const struct entity *e)
{
    return structure_is_message(e) && e->encoding == MAIL_ENCODING_IDENTITY;
}

static void
classify(struct scan *scan, struct entity *e)
{
    gboolean multipart = g_str_has_prefix(e->type, "multipart/");
    if (!multipart && !is_open_message(e)) {
        return;
    }
    if (scan->depth + scan->open->len >= GUARD_DEPTH) {
        structure_defect(scan->s, "nested more than 20 deep: what is further in was not opened");
    } else if (!multipart || open_multipart(scan, e)) {
        e->kind = multipart ? ENTITY_MULTIPART : ENTITY_MESSAGE;
        e->children = g_ptr_array_new_with_free_func(entity_free);
    }
}

/* ---- the scan ---- */

/* An entity begins at `pos`, and when it is a message so does the one within. Returns where its content begins. */
static gsize
begin(struct scan *scan, struct entity *parent, gsize pos)
{
    for (;;) {
        struct entity *e = entity_new(parent);
        scan->s->top = scan->s->top != NULL ? scan->s->top : e;
        scan->parts++;
        pos = read_headers(scan, e, pos, parent == NULL || parent->kind == ENTITY_MESSAGE);
        e->body = pos;
        e->end = scan->s->length;
        describe(scan->s, e);
        classify(scan, e);
        g_ptr_array_add(scan->open, e);
        if (e->kind != ENTITY_MESSAGE) {
            return pos;
        }
        parent = e;
    }
}

/* The line end before a boundary belongs to it. */
static gsize
before_line(const struct structure *s, gsize pos)
{
    if (pos > 0 && s->raw[pos - 1] == '\n') {
        pos--;
        while (pos > 0 && s->raw[pos - 1] == '\r') {
            pos--;
        }
        return pos;
    }
    return pos > 0 && s->raw[pos - 1] == '\r' ? pos - 1 : pos;
}

static void
close_above(struct scan *scan, guint index, gsize end)
{
    while (scan->open->len > index) {
        struct entity *e = scan->open->pdata[scan->open->len - 1];
        e->end = MAX(e->body, end);
        check_encoding(scan->s, e);
        g_ptr_array_set_size(scan->open, (int)scan->open->len - 1);
    }
}

/* Returns where to go on. */
static gsize
at_boundary(struct scan *scan, guint index, gboolean closing, gsize pos, gsize next)
{
    struct entity *multipart = scan->open->pdata[index];
    if (!closing && scan->parts >= GUARD_PARTS) {
        structure_defect(scan->s, "more than 500 parts: the rest was read as part of the last");
        return next;
    }
    close_above(scan, index + 1, before_line(scan->s, pos));
    if (!closing) {
        return begin(scan, multipart, next);
    }
    g_clear_pointer(&multipart->boundary, g_free);
    return next;
}

static gsize
skip_top(const struct structure *s)
{
    gsize pos = 0;
    if (s->length >= 3 && memcmp(s->raw, "\xef\xbb\xbf", 3) == 0) {
        pos = 3;
    }
    gsize first = pos;
    while (pos < s->length && (s->raw[pos] == '\r' || s->raw[pos] == '\n')) {
        pos++;
    }
    if (pos > first && pos < s->length) {
        gsize end, n;
        next_line(s, pos, &end);
        n = end - pos;
        return field_name(s->raw + pos, n) > 0 || is_mbox_line(s->raw + pos, n) ? pos : first;
    }
    return first;
}

static gboolean
is_empty_multipart(const struct entity *e)
{
    return e->kind == ENTITY_MULTIPART && e->children->len == 0;
}

static gboolean
has_blank_content(const struct structure *s, const struct entity *e)
{
    for (gsize i = e->body; i < e->end; i++) {
        if (!g_ascii_isspace(s->raw[i])) {
            return FALSE;
        }
    }
    return TRUE;
}

/* A multipart without a part is the text that it holds. */
static void
mend_empty_multipart(struct structure *s, struct entity *e)
{
    structure_defect(s, "a multipart has no parts: it was read as text");
    e->kind = ENTITY_LEAF;
    g_clear_pointer(&e->children, g_ptr_array_unref);
    g_free(e->type);
    e->type = g_strdup("text/plain");
}

static void
mend_children(struct structure *s, struct entity *e)
{
    for (guint i = 0; e->children != NULL && i < e->children->len;) {
        struct entity *child = e->children->pdata[i];
        mend_children(s, child); /* at most GUARD_DEPTH deep */
        if (is_empty_multipart(child) && has_blank_content(s, child) && e->children->len > 1) {
            structure_defect(s, "a multipart is empty: it was left out");
            g_ptr_array_remove_index(e->children, i);
            continue;
        }
        if (is_empty_multipart(child)) {
            mend_empty_multipart(s, child);
        }
        i++;
    }
}

static void
read_lines(struct structure *s, guint depth, guint parts, const char *boundary)
{
    struct scan scan = {.s = s, .open = g_ptr_array_new(), .depth = depth, .parts = parts, .boundary = boundary};
    gsize pos = begin(&scan, NULL, skip_top(s));
    while (pos < s->length) {
        gsize end, next = next_line(s, pos, &end);
        gboolean closing = FALSE;
        int index = find_boundary(&scan, s->raw + pos, end - pos, &closing);
        pos = index < 0 ? next : at_boundary(&scan, (guint)index, closing, pos, next);
    }
    close_above(&scan, 0, s->length);
    g_ptr_array_unref(scan.open);
    mend_children(s, s->top);
}

/* The boundary that the mail names parts nothing in it: once more with one that does. */
static void
read_again(struct structure *s, guint depth, guint parts)
{
    g_autofree char *boundary = guessed_boundary(s, s->top->body);
    if (boundary != NULL) {
        structure_defect(s, "the boundary that a multipart names does not occur: another was guessed");
        entity_free(s->top);
        s->top = NULL;
        read_lines(s, depth, parts, boundary);
    }
}

void
structure_read(struct structure *structure, gconstpointer raw, gsize length, guint depth, guint parts)
{
    *structure = (struct structure){.raw = raw != NULL ? raw : "", .length = length};
    structure->defects = g_ptr_array_new_with_free_func(g_free);
    structure->cr_lines = has_cr_lines(structure->raw, length);
    read_lines(structure, depth, parts, NULL);
    if (is_empty_multipart(structure->top)) {
        read_again(structure, depth, parts);
    }
    if (is_empty_multipart(structure->top)) {
        mend_empty_multipart(structure, structure->top);
    }
}

void
structure_clear(struct structure *structure)
{
    entity_free(structure->top);
    g_clear_pointer(&structure->defects, g_ptr_array_unref);
}
