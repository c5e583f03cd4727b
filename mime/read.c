#include "mime/read.h"

#include <gmime/gmime.h>
#include <string.h>

#include "lib/sha256.h"
#include "lib/text.h"
#include "mime/address.h"
#include "mime/body.h"
#include "mime/charset.h"
#include "mime/datetime.h"
#include "mime/html.h"
#include "mime/structure.h"
#include "mime/transfer.h"

void
mail_init(void)
{
    g_mime_init();
}

GBytes *
mail_decode(gconstpointer content, gsize length, enum mail_encoding encoding)
{
    GByteArray *bytes = g_byte_array_new();
    transfer_decode(content, length, encoding, bytes);
    return g_byte_array_free_to_bytes(bytes);
}

/* ---- headers ---- */

static void
header_free(gpointer data)
{
    struct mail_header *h = data;
    g_free(h->name);
    g_free(h->value);
    g_free(h->raw);
    g_free(h);
}

static void
read_address_list(struct structure *s, const char *unfolded, GPtrArray *list)
{
    guint separators = 0;
    for (const char *c = unfolded; *c != '\0'; c++) {
        separators += *c == ':' || *c == ';';
    }
    if (separators > GUARD_SEPARATORS) {
        structure_defect(s, "an address header has more than 2,000 separators: it was left out");
        return;
    }
    address_list_parse(unfolded, list);
}

static void
read_from(struct structure *s, struct mail *mail, const char *unfolded)
{
    if (mail->from->len == 0) {
        read_address_list(s, unfolded, mail->from);
    }
}

static void
read_to(struct structure *s, struct mail *mail, const char *unfolded)
{
    read_address_list(s, unfolded, mail->to);
}

static void
read_cc(struct structure *s, struct mail *mail, const char *unfolded)
{
    read_address_list(s, unfolded, mail->cc);
}

static void
read_reply_to(struct structure *s, struct mail *mail, const char *unfolded)
{
    if (mail->reply_to->len == 0) {
        read_address_list(s, unfolded, mail->reply_to);
    }
}

static void
read_sender(struct structure *s, struct mail *mail, const char *unfolded)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)mail_address_free);
    read_address_list(s, unfolded, list);
    if (mail->sender == NULL && list->len > 0) {
        const struct mail_address *a = list->pdata[0];
        mail->sender = g_strdup(a->address);
    }
}

static void
read_subject(struct structure *s, struct mail *mail, const char *unfolded)
{
    (void)s;
    if (mail->subject == NULL) {
        mail->subject = header_words(unfolded);
    }
}

static void
read_message_id(struct structure *s, struct mail *mail, const char *unfolded)
{
    (void)s;
    if (mail->message_id != NULL) {
        return;
    }
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    header_ids(unfolded, ids);
    if (ids->len > 0) {
        mail->message_id = g_strdup(ids->pdata[0]);
    } else if (*unfolded != '\0') {
        mail->message_id = header_utf8(unfolded);
    }
}

static void
read_in_reply_to(struct structure *s, struct mail *mail, const char *unfolded)
{
    (void)s;
    header_ids(unfolded, mail->in_reply_to);
}

static void
read_references(struct structure *s, struct mail *mail, const char *unfolded)
{
    (void)s;
    header_ids(unfolded, mail->references);
}

static void
read_date(struct structure *s, struct mail *mail, const char *unfolded)
{
    if (mail->has_date) {
        return;
    }
    if (!datetime_read(unfolded, &mail->date)) {
        structure_defect(s, "the Date cannot be read");
        return;
    }
    mail->has_date = TRUE;
}

static const struct {
    const char *name;
    void (*read)(struct structure *s, struct mail *mail, const char *unfolded);
} fields[] = {
    {"From", read_from},
    {"To", read_to},
    {"Cc", read_cc},
    {"Reply-To", read_reply_to},
    {"Sender", read_sender},
    {"Subject", read_subject},
    {"Message-ID", read_message_id},
    {"In-Reply-To", read_in_reply_to},
    {"References", read_references},
    {"Date", read_date},
};

/* The charset that the mail's words name, in which its 8-bit headers are likely to be; NULL. Caller frees. */
static char *
likely_charset(const struct entity *e)
{
    char *charset = header_parameter(e->content_type, "charset");
    for (guint i = 0; charset == NULL && e->kind == ENTITY_MULTIPART && i < e->children->len; i++) {
        charset = likely_charset(e->children->pdata[i]); /* at most GUARD_DEPTH deep */
    }
    return charset;
}

/* Raw 8-bit bytes are against RFC 5322 and written by many. As UTF-8 where they are that; else as the mail's words are.
 */
static char *
unfolded_field(const struct structure *s, const struct field *f, const char *charset)
{
    g_autofree char *unfolded = header_unfold(s->raw + f->value, f->value_length);
    if (!charset_says_much(charset) || g_utf8_validate(unfolded, -1, NULL)) {
        return g_steal_pointer(&unfolded);
    }
    return charset_decode(charset, unfolded, strlen(unfolded), NULL);
}

static void
read_field(struct structure *s, struct mail *mail, const struct field *f, const char *charset)
{
    char *unfolded = unfolded_field(s, f, charset);
    gboolean plain = header_is_plain(unfolded);
    struct mail_header *h = g_new0(struct mail_header, 1);
    h->name = g_strndup(s->raw + f->name, f->name_length);
    h->raw = plain ? unfolded : header_utf8(unfolded);
    h->value = header_words(unfolded);
    g_ptr_array_add(mail->headers, h);
    for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
        if (structure_is(s, f, fields[i].name)) {
            fields[i].read(s, mail, unfolded);
            break;
        }
    }
    if (!plain) {
        g_free(unfolded);
    }
}

/* ---- parts ---- */

static void
part_free(gpointer data)
{
    struct mail_part *p = data;
    g_free(p->path);
    g_free(p->type);
    g_free(p->charset);
    g_free(p->disposition);
    g_free(p->name);
    g_free(p->content_id);
    g_free(p->sha256);
    g_free(p->inside);
    g_free(p);
}

struct listing { /* while the parts are listed */
    struct structure *s;
    struct mail *mail;
    const struct body *body;
    GByteArray *room;   /* decoded bytes of one part after the other */
    guint nested;       /* how many messages deep */
    guint depth;        /* how many multiparts and messages deep */
    const char *inside; /* path of the encoded message whose parts are listed; NULL */
};

static char *
part_name(const struct entity *e)
{
    g_autofree char *name = e->disposition != NULL ? header_parameter(e->disposition, "filename") : NULL;
    if (name == NULL || *name == '\0') {
        g_free(name);
        name = header_parameter(e->content_type, "name");
    }
    return name != NULL && *name != '\0' ? text_file_name(name, "file") : NULL;
}

/* Made by programs for programs. */
static gboolean
is_machinery(const struct entity *e)
{
    static const char *const types[] = {"application/pgp-signature",
                                        "application/pgp-encrypted",
                                        "application/pkcs7-signature",
                                        "application/x-pkcs7-signature",
                                        "application/applefile",
                                        "message/delivery-status",
                                        "message/global-delivery-status",
                                        "message/disposition-notification",
                                        "message/feedback-report",
                                        "text/rfc822-headers",
                                        NULL};
    return g_strv_contains(types, e->type);
}

/* A picture within the text. */
static gboolean
is_picture(const struct entity *e, const char *above)
{
    return e->content_id != NULL && strcmp(above, "multipart/related") == 0 && g_str_has_prefix(e->type, "image/");
}

/* Another form of the words (text/enriched, text/x-amp-html); an invitation is more than that. */
static gboolean
is_other_form(const struct entity *e, const char *above)
{
    return strcmp(above, "multipart/alternative") == 0 && g_str_has_prefix(e->type, "text/") &&
           strcmp(e->type, "text/calendar") != 0;
}

static gboolean
is_attachment(const struct listing *l, const struct entity *e)
{
    if (l->nested > 0 || g_hash_table_contains(l->body->shown, e)) {
        return FALSE;
    }
    if (e->disposition != NULL && strcmp(e->disposition->value, "attachment") == 0) {
        return !is_machinery(e) || g_str_has_prefix(e->type, "message/");
    }
    const char *above = e->parent != NULL ? e->parent->type : "";
    return strcmp(above, "multipart/report") != 0 && !is_machinery(e) && !is_picture(e, above) &&
           !is_other_form(e, above);
}

static void
measure(struct listing *l, struct mail_part *p)
{
    gconstpointer content = l->s->raw + p->offset;
    p->size = p->length;
    if (p->encoding != MAIL_ENCODING_IDENTITY) {
        g_byte_array_set_size(l->room, 0);
        transfer_decode(content, p->length, p->encoding, l->room);
        content = l->room->data;
        p->size = l->room->len;
    }
    p->sha256 = sha256_hex(content, p->size);
}

static void
add_part(struct listing *l, const struct entity *e, const char *path)
{
    struct mail_part *p = g_new0(struct mail_part, 1);
    g_ptr_array_add(l->mail->parts, p);
    p->path = g_strdup(path);
    p->type = g_strdup(e->type);
    g_autofree char *charset = header_parameter(e->content_type, "charset");
    p->charset = charset != NULL ? g_utf8_strdown(charset, -1) : NULL;
    p->disposition = e->disposition != NULL && *e->disposition->value != '\0' ? g_strdup(e->disposition->value) : NULL;
    p->name = part_name(e);
    p->content_id = g_strdup(e->content_id);
    p->offset = e->body;
    p->length = e->end - e->body;
    p->encoding = e->encoding;
    p->attachment = is_attachment(l, e);
    p->nested = l->nested > 0;
    p->inside = g_strdup(l->inside);
    measure(l, p);
}

static void
add_files_in_text(struct listing *l, const struct entity *e, const char *path)
{
    for (guint i = 0; i < l->body->files->len; i++) {
        const struct body_file *f = l->body->files->pdata[i];
        if (f->entity != e) {
            continue;
        }
        struct mail_part *p = g_new0(struct mail_part, 1);
        g_ptr_array_add(l->mail->parts, p);
        p->path = g_strdup(path);
        p->type = g_strdup("application/octet-stream");
        p->disposition = g_strdup("attachment");
        p->name = text_file_name(f->name, "file");
        p->offset = f->offset;
        p->length = f->length;
        p->encoding = MAIL_ENCODING_UUENCODE;
        p->attachment = TRUE;
        p->in_text = TRUE;
        measure(l, p);
    }
}

static void list_parts(struct listing *l, struct entity *e, const char *path);

/* A message in base64: its parts stand nowhere in the raw mail, so they are read from its decoded bytes. */
static void
list_encoded_message(struct listing *l, const struct entity *e, const char *path)
{
    if (l->depth >= GUARD_DEPTH) {
        structure_defect(l->s, "nested more than 20 deep: what is further in was not opened");
        return;
    }
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    transfer_decode(l->s->raw + e->body, e->end - e->body, e->encoding, bytes);
    structure_defect(l->s,
                     "an attached message is encoded as a whole, which RFC 2046 forbids: it was opened all the same");
    struct structure inner;
    structure_read(&inner, bytes->data, bytes->len, l->depth, l->mail->parts->len);
    struct listing within = *l;
    within.s = &inner;
    within.inside = path;
    within.nested++;
    list_parts(&within, inner.top, path);
    for (guint i = 0; i < inner.defects->len; i++) {
        structure_defect(l->s, inner.defects->pdata[i]);
    }
    structure_clear(&inner);
}

static void
list_multipart(struct listing *l, struct entity *e, const char *path)
{
    l->depth++;
    for (guint i = 0; i < e->children->len; i++) {
        g_autofree char *child = g_strdup_printf("%s%s%u", path, *path != '\0' ? "." : "", i + 1);
        list_parts(l, e->children->pdata[i], child);
    }
    l->depth--;
}

static void
list_message(struct listing *l, struct entity *e, const char *path)
{
    l->depth++;
    l->nested++;
    list_parts(l, e->children->pdata[0], path);
    l->nested--;
    l->depth--;
}

/* A multipart at the top, or right inside a message, has the path of what holds it: its parts are "1", "2" or "2.1",
 * "2.2". */
static void
list_parts(struct listing *l, struct entity *e, const char *path)
{
    if (e->kind == ENTITY_MULTIPART) {
        list_multipart(l, e, path);
        return;
    }
    gboolean alone = e->parent == NULL || e->parent->kind == ENTITY_MESSAGE;
    g_autofree char *own = alone ? g_strdup_printf("%s%s1", path, *path != '\0' ? "." : "") : g_strdup(path);
    add_part(l, e, own);
    add_files_in_text(l, e, own);
    if (e->kind == ENTITY_MESSAGE) {
        list_message(l, e, own);
    } else if (structure_is_message(e) && e->encoding != MAIL_ENCODING_IDENTITY) {
        list_encoded_message(l, e, own);
    }
}

/* ---- the whole ---- */

static struct mail *
mail_new(void)
{
    struct mail *mail = g_new0(struct mail, 1);
    GDestroyNotify address = (GDestroyNotify)mail_address_free;
    mail->headers = g_ptr_array_new_with_free_func(header_free);
    mail->from = g_ptr_array_new_with_free_func(address);
    mail->to = g_ptr_array_new_with_free_func(address);
    mail->cc = g_ptr_array_new_with_free_func(address);
    mail->reply_to = g_ptr_array_new_with_free_func(address);
    mail->in_reply_to = g_ptr_array_new_with_free_func(g_free);
    mail->references = g_ptr_array_new_with_free_func(g_free);
    mail->parts = g_ptr_array_new_with_free_func(part_free);
    return mail;
}

static void
take_text(struct mail *mail, struct body *body)
{
    mail->text = g_steal_pointer(&body->plain);
    mail->html = g_steal_pointer(&body->html);
    if (mail->text == NULL && mail->html != NULL) {
        mail->text = html_to_text(mail->html, strlen(mail->html));
        mail->text_from_html = TRUE;
    }
    if (mail->text == NULL) {
        mail->text = g_strdup("");
    }
}

struct mail *
mail_read(gconstpointer raw, gsize length)
{
    struct mail *mail = mail_new();
    struct structure s;
    struct body body;
    structure_read(&s, raw, length, 0, 0);
    g_autofree char *charset = likely_charset(s.top);
    for (guint i = 0; i < s.top->fields->len; i++) {
        read_field(&s, mail, &g_array_index(s.top->fields, struct field, i), charset);
    }
    body_read(&s, &body);
    struct listing listing = {.s = &s, .mail = mail, .body = &body, .room = g_byte_array_new()};
    list_parts(&listing, s.top, "");
    g_byte_array_unref(listing.room);
    take_text(mail, &body);
    body_clear(&body);
    mail->defects = g_steal_pointer(&s.defects);
    structure_clear(&s);
    return mail;
}
