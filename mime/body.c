#include "mime/body.h"

#include <string.h>

#include "mime/charset.h"
#include "mime/flowed.h"
#include "mime/html.h"
#include "mime/transfer.h"

struct reading {
    struct structure *s;
    GHashTable *shown;
    GPtrArray *files;
};

struct words { /* of one entity */
    char *plain, *html;
};

static void
words_clear(struct words *w)
{
    g_free(w->plain);
    g_free(w->html);
}

static gboolean
is_blank_text(const char *text)
{
    return text == NULL || text[strspn(text, " \t\r\n")] == '\0';
}

/* CRLF, CR CR LF and CR alone → LF, in place. */
static void
normalise_lines(char *text)
{
    char *o = text;
    for (const char *p = text; *p != '\0';) {
        if (*p == '\r') {
            const char *q = p;
            while (*q == '\r') {
                q++;
            }
            p = *q == '\n' ? q + 1 : p + 1;
            *o++ = '\n';
        } else {
            *o++ = *p++;
        }
    }
    *o = '\0';
}

static void
file_free(gpointer data)
{
    struct body_file *f = data;
    g_free(f->name);
    g_free(f);
}

/* The words without the uuencoded files among them, which go to `files`. Only where the part is not encoded itself:
 * else the file could not be cut out of the raw mail. */
static void
append_words(struct reading *r, const struct entity *e, GByteArray *bytes)
{
    enum { MAX_FILES = 100 };
    const char *content = r->s->raw + e->body;
    gsize length = e->end - e->body, from = 0;
    struct transfer_file found;
    while (r->files->len < MAX_FILES && transfer_find_file(content, length, from, &found)) {
        g_byte_array_append(bytes, (const guint8 *)content + from, (guint)(found.start - from));
        struct body_file *f = g_new0(struct body_file, 1);
        f->entity = e;
        f->offset = e->body + found.start;
        f->length = found.end - found.start;
        g_autofree char *name = g_strndup(content + found.name, found.name_length);
        f->name = header_utf8(name);
        g_ptr_array_add(r->files, f);
        from = found.end;
    }
    g_byte_array_append(bytes, (const guint8 *)content + from, (guint)(length - from));
}

/* HTML may name its charset itself; the header wins (HTML 4.01 5.2.2) unless it says next to nothing. */
static char *
leaf_charset(const struct entity *e, const char *bytes, gsize length)
{
    char *charset = header_parameter(e->content_type, "charset");
    if (strcmp(e->type, "text/html") == 0 && !charset_says_much(charset)) {
        char *own = html_charset(bytes, length);
        if (own != NULL) {
            g_free(charset);
            return own;
        }
    }
    return charset;
}

static char *
leaf_text(struct reading *r, const struct entity *e)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    if (e->encoding == MAIL_ENCODING_IDENTITY && strcmp(e->type, "text/html") != 0) {
        append_words(r, e, bytes);
    } else {
        transfer_decode(r->s->raw + e->body, e->end - e->body, e->encoding, bytes);
    }
    g_autofree char *charset = leaf_charset(e, (const char *)bytes->data, bytes->len);
    gboolean doubtful = FALSE;
    char *text = charset_decode(charset, (const char *)bytes->data, bytes->len, &doubtful);
    if (doubtful) {
        structure_defect(
            r->s, "text is not in the charset that it names: it was read with another, or with marks for what is lost");
    }
    normalise_lines(text);
    return text;
}

static gboolean
parameter_is(const struct entity *e, const char *name, const char *value)
{
    g_autofree char *v = header_parameter(e->content_type, name);
    return v != NULL && g_ascii_strcasecmp(v, value) == 0;
}

static char *
plain_text(struct reading *r, const struct entity *e)
{
    char *text = leaf_text(r, e);
    if (parameter_is(e, "format", "flowed")) {
        char *joined = flowed_join(text, parameter_is(e, "delsp", "yes"));
        g_free(text);
        return joined;
    }
    return text;
}

static gboolean
has_name(const struct entity *e)
{
    g_autofree char *name = e->disposition != NULL ? header_parameter_bytes(e->disposition, "filename") : NULL;
    if (name == NULL) {
        name = header_parameter_bytes(e->content_type, "name");
    }
    return name != NULL;
}

/* Text that has a file's name is a file, unless it is the first that there is to read or one of several forms of it. */
static gboolean
is_file(const struct reading *r, const struct entity *e)
{
    if (e->disposition != NULL && strcmp(e->disposition->value, "attachment") == 0) {
        return TRUE;
    }
    gboolean one_of_several = e->parent == NULL || strcmp(e->parent->type, "multipart/alternative") == 0;
    return !one_of_several && g_hash_table_size(r->shown) > 0 && has_name(e);
}

/* At the top whatever claims to be text, or something that nobody knows, is words: there is nothing else to show. */
static gboolean
is_plain(const struct entity *e)
{
    if (e->parent != NULL) {
        return strcmp(e->type, "text/plain") == 0;
    }
    static const char *const others[] = {"text/html",    "text/calendar", "text/vcard",
                                         "text/x-vcard", "text/enriched", "text/richtext"};
    for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
        if (strcmp(e->type, others[i]) == 0) {
            return FALSE;
        }
    }
    return g_str_has_prefix(e->type, "text/") || g_str_has_suffix(e->type, "/unknown");
}

static gboolean
is_html(const struct entity *e)
{
    return strcmp(e->type, "text/html") == 0 || strcmp(e->type, "application/xhtml+xml") == 0;
}

static void
read_words(struct reading *r, struct entity *e, struct words *w)
{
    if (is_plain(e)) {
        w->plain = plain_text(r, e);
    } else if (is_html(e)) {
        w->html = leaf_text(r, e);
    } else {
        return;
    }
    g_hash_table_add(r->shown, e);
}

static void
read_leaf(struct reading *r, struct entity *e, struct words *w)
{
    if (!is_file(r, e)) {
        read_words(r, e, w);
    }
}

/* RFC 1341's and RFC 1896's rich text, near enough to HTML to be read like it. */
static void
read_enriched(struct reading *r, struct entity *e, struct words *w)
{
    if (strcmp(e->type, "text/enriched") == 0 || strcmp(e->type, "text/richtext") == 0) {
        g_autofree char *text = leaf_text(r, e);
        g_autoptr(GString) s = g_string_new(text);
        g_string_replace(s, "<nl>", "\n", 0);
        w->plain = html_to_text(s->str, s->len);
        g_hash_table_add(r->shown, e);
    }
}

/* Nothing to read so far: words that were sent as a nameless attachment, or as rich text, are better than none. */
static void
read_last_resort(struct reading *r, struct entity *e, struct words *w)
{
    if (e->kind == ENTITY_LEAF && !has_name(e)) {
        read_words(r, e, w);
    }
    if (e->kind == ENTITY_LEAF && w->plain == NULL && w->html == NULL) {
        read_enriched(r, e, w);
    }
    for (guint i = 0; e->kind == ENTITY_MULTIPART && i < e->children->len && w->plain == NULL && w->html == NULL; i++) {
        read_last_resort(r, e->children->pdata[i], w); /* at most GUARD_DEPTH deep */
    }
}

static void read_entity(struct reading *r, struct entity *e, struct words *w);

/* Of several forms of the same words: the first plain one that says something, the last HTML one (RFC 2046 5.1.4: the
 * best comes last). */
static void
read_alternative(struct reading *r, struct entity *e, struct words *w)
{
    for (guint i = 0; i < e->children->len; i++) {
        struct words child = {0};
        read_entity(r, e->children->pdata[i], &child);
        if (child.plain != NULL && is_blank_text(w->plain)) {
            g_free(w->plain);
            w->plain = g_steal_pointer(&child.plain);
        }
        if (child.html != NULL && !(w->html != NULL && is_blank_text(child.html))) {
            g_free(w->html);
            w->html = g_steal_pointer(&child.html);
        }
        words_clear(&child);
    }
    if (is_blank_text(w->plain) && !is_blank_text(w->html)) {
        g_clear_pointer(&w->plain, g_free);
    }
}

/* One after the other. Where one part is plain text and another is HTML alone, that one is rendered. */
static void
read_mixed(struct reading *r, struct entity *e, struct words *w)
{
    guint n = e->children->len;
    g_autofree struct words *children = g_new0(struct words, n);
    g_autoptr(GString) plain = g_string_new(NULL), html = g_string_new(NULL);
    gboolean any_plain = FALSE, any_html = FALSE;
    for (guint i = 0; i < n; i++) {
        read_entity(r, e->children->pdata[i], &children[i]);
        any_plain = any_plain || children[i].plain != NULL;
        any_html = any_html || children[i].html != NULL;
    }
    for (guint i = 0; i < n; i++) {
        g_autofree char *rendered = NULL;
        if (any_plain && children[i].plain == NULL && children[i].html != NULL) {
            rendered = html_to_text(children[i].html, strlen(children[i].html));
        }
        const char *text = children[i].plain != NULL ? children[i].plain : rendered;
        if (text != NULL && plain->len > 0 && plain->str[plain->len - 1] != '\n') {
            g_string_append_c(plain, '\n');
        }
        g_string_append(plain, text != NULL ? text : "");
        g_string_append(html, children[i].html != NULL ? children[i].html : "");
        words_clear(&children[i]);
    }
    w->plain = any_plain ? g_strdup(plain->str) : NULL;
    w->html = any_html ? g_strdup(html->str) : NULL;
}

/* The root says what there is to read; the others are its pictures (RFC 2387). */
static void
read_related(struct reading *r, struct entity *e, struct words *w)
{
    for (guint i = 0; i < e->children->len && w->plain == NULL && w->html == NULL; i++) {
        read_entity(r, e->children->pdata[i], w);
    }
}

static void
read_entity(struct reading *r, struct entity *e, struct words *w)
{
    if (e->kind == ENTITY_LEAF) {
        read_leaf(r, e, w);
    } else if (e->kind == ENTITY_MULTIPART && strcmp(e->type, "multipart/alternative") == 0) {
        read_alternative(r, e, w);
    } else if (e->kind == ENTITY_MULTIPART && strcmp(e->type, "multipart/related") == 0) {
        read_related(r, e, w);
    } else if (e->kind == ENTITY_MULTIPART) {
        read_mixed(r, e, w);
    }
}

void
body_read(struct structure *structure, struct body *body)
{
    body->shown = g_hash_table_new(NULL, NULL);
    body->files = g_ptr_array_new_with_free_func(file_free);
    struct reading r = {.s = structure, .shown = body->shown, .files = body->files};
    struct words w = {0};
    read_entity(&r, structure->top, &w);
    if (w.plain == NULL && w.html == NULL) {
        read_last_resort(&r, structure->top, &w);
    }
    body->plain = w.plain;
    body->html = w.html;
}

void
body_clear(struct body *body)
{
    g_free(body->plain);
    g_free(body->html);
    g_hash_table_unref(body->shown);
    g_ptr_array_unref(body->files);
}
