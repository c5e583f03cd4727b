#include "config.h"

#include "mime/form.h"

#include <string.h>

#include "lib/text.h"
#include "mime/fold.h"
#include "mime/form-fields.h"
#include "mime/phrases.h"
#include "mime/read.h"
#include "mime/subject.h"

#define DATA_BYTES (256u << 10) /* of a JSON or XML attachment */

/* ---- records ---- */

static void
form_field_free(gpointer data)
{
    struct form_field *field = data;
    g_free(field->label);
    g_free(field->value);
    g_free(field);
}

GPtrArray *
form_fields_new(void)
{
    return g_ptr_array_new_with_free_func(form_field_free);
}

void
form_fields_add(GPtrArray *fields, const char *label, gsize label_length, const char *value)
{
    while (label_length && strchr(" \t\n:*", label[label_length - 1]))
        label_length--;
    if (label_length == 0 || label_length > FORM_LABEL_BYTES * 3 || fields->len >= FORM_FIELDS)
        return;
    struct form_field *field = g_new0(struct form_field, 1);
    field->label = g_strchug(g_strndup(label, label_length));
    field->value = g_strstrip(g_strdup(value));
    g_ptr_array_add(fields, field);
}

void
form_free(struct form *f)
{
    if (!f)
        return;
    char *const members[] = {f->lead.name,    f->lead.email,   f->lead.phone,  f->lead.shop,
                             f->lead.service, f->lead.message, f->lead.budget, f->lead.language};
    for (gsize i = 0; i < G_N_ELEMENTS(members); i++)
        g_free(members[i]);
    g_free(f->tool);
    g_ptr_array_unref(f->fields);
    g_free(f);
}

/* ---- tools ---- */

/* What gives a tool away: who sends, how the subject begins, what stands in the text, in the HTML. One is enough. */
static const struct {
    const char *tool;
    const char *sender;  /* end of the From address */
    const char *subject; /* beginning, without "Re:" */
    const char *text;
    const char *html;
} tools[] = {
    {"jotform", "@jotform.com", NULL, NULL, "emailFieldsTable"},
    {"squarespace", "@squarespace.info", NULL, NULL, NULL},
    {"wix", "@wix-forms.com", NULL, NULL, NULL},
    {"wix", "@crm.wix.com", NULL, NULL, NULL},
    {"webflow", "-forms@webflow.com", "New form submission for ", NULL, NULL},
    {"netlify", "@netlify.com", NULL, NULL, NULL},
    {"formspree", "@formspree.io", NULL, "Someone just submitted your form on ", NULL},
    {"shopify-partner-directory", "partners@shopify.com", "Shopify Partner Directory:", NULL, NULL},
    {"shopify", "mailer@shopify.com", "New customer message on ", "from your online store's contact form", NULL},
    {"google-forms", "forms-receipts-noreply@google.com", NULL, NULL, NULL},
    {"google-forms", "forms-noreply@google.com", NULL, NULL, NULL},
    {"typeform", "@typeform.com", NULL, NULL, NULL},
    {"contact-form-7", NULL, NULL, "This e-mail was sent from a contact form on ", NULL},
    {"contact-form-7", NULL, NULL, "This is a notification that a contact form was submitted on your website", NULL},
    {"contact-form-7", NULL, NULL, "\nMessage Body:\n", NULL},
    {"elementor", NULL, NULL, "\nPowered by: Elementor", "Powered by: Elementor"},
    {"elementor", NULL, NULL, ": Elementor\n", NULL}, /* the label is translated */
    {"gravity-forms", NULL, "New submission from ", NULL, "bgcolor=\"#EAF2FA\""},
};

static gboolean
sender_is(const struct mail *m, const char *end)
{
    const struct mail_address *author = mail_author(m);
    gsize length = author ? strlen(author->address) : 0, bytes = strlen(end);
    return length >= bytes && g_ascii_strcasecmp(author->address + length - bytes, end) == 0;
}

static gboolean
is_adf(const char *text)
{
    text += strspn(text, " \r\n\t");
    return g_ascii_strncasecmp(text, "<?adf", 5) == 0 ||
           (g_ascii_strncasecmp(text, "<?xml", 5) == 0 && strcasestr(text, "<adf"));
}

static gboolean
is_json(const char *text)
{
    text += strspn(text, " \r\n\t");
    return *text == '{';
}

/* At the start of a line: quoted by a person it stands behind a quote mark. */
static gboolean
line_begins(const char *text, const char *words)
{
    if (*words == '\n' || *words == ':')
        return strstr(text, words) != NULL;
    const char *end = text + strlen(text);
    for (const char *at = text; (at = memmem(at, (gsize)(end - at), words, strlen(words))) != NULL; at++)
        if (at == text || at[-1] == '\n')
            return TRUE;
    return FALSE;
}

static gboolean
has_marks(const struct mail *m, gsize tool, const char *subject)
{
    if (tools[tool].subject && g_ascii_strncasecmp(subject, tools[tool].subject, strlen(tools[tool].subject)) == 0)
        return TRUE;
    return (tools[tool].text && line_begins(m->text, tools[tool].text)) ||
           (tools[tool].html && m->html && strstr(m->html, tools[tool].html));
}

/* Marks in the words count only in a mail that is neither an answer to a form's mail nor sent on by a person. */
const char *
form_tool(const struct mail *m)
{
    if (is_adf(m->text))
        return "adf";
    for (gsize i = 0; i < G_N_ELEMENTS(tools); i++)
        if (tools[i].sender && sender_is(m, tools[i].sender))
            return tools[i].tool;
    if (m->in_reply_to->len || m->references->len || subject_kind(m->subject) == SUBJECT_FORWARD)
        return NULL;
    const char *subject = subject_base(m->subject);
    for (gsize i = 0; i < G_N_ELEMENTS(tools); i++)
        if (has_marks(m, i, subject))
            return tools[i].tool;
    return NULL;
}

gboolean
form_is_form(const struct mail *m)
{
    return form_tool(m) || form_is_generic(m);
}

/* ---- the lead ---- */

static char **
member_of(struct form_lead *lead, enum lead_member member)
{
    switch (member) {
    case LEAD_NAME:
        return &lead->name;
    case LEAD_EMAIL:
        return &lead->email;
    case LEAD_PHONE:
        return &lead->phone;
    case LEAD_SHOP:
        return &lead->shop;
    case LEAD_SERVICE:
        return &lead->service;
    case LEAD_MESSAGE:
        return &lead->message;
    case LEAD_BUDGET:
        return &lead->budget;
    case LEAD_LANGUAGE:
        return &lead->language;
    default:
        return NULL;
    }
}

char *
form_address_in(const char *value)
{
    const char *at = memchr(value, '@', strcspn(value, "\n")); /* a footer that is not known may stand below */
    if (!at)
        return NULL;
    const char *p = at, *q = at + 1;
    while (p > value && !strchr(" <>()[]\"';,:", p[-1]))
        p--;
    q += strcspn(q, " <>()[]\"';,\n");
    while (q > at + 1 && q[-1] == '.')
        q--;
    if (p == at || q - at < 4 || !memchr(at, '.', (gsize)(q - at)))
        return NULL;
    return g_strndup(p, (gsize)(q - p));
}

static void
set_once(char **member, char *value)
{
    if (!*member && value && *value)
        *member = value;
    else
        g_free(value);
}

static void
fill_member(struct form_lead *lead, enum lead_member member, const char *value)
{
    if (member == LEAD_EMAIL)
        set_once(&lead->email, form_address_in(value));
    else if (member_of(lead, member))
        set_once(member_of(lead, member), g_strdup(value));
}

static void
fill_from_fields(struct form *f, const struct form_map *map)
{
    g_autofree char *first = NULL, *last = NULL;
    for (guint i = 0; i < f->fields->len; i++) {
        const struct form_field *field = g_ptr_array_index(f->fields, i);
        enum lead_member member = form_label_in(map, field->label, strlen(field->label));
        fill_member(&f->lead, member, field->value);
        if (member == LEAD_FIRST_NAME)
            set_once(&first, g_strdup(field->value));
        if (member == LEAD_LAST_NAME)
            set_once(&last, g_strdup(field->value));
    }
    if (!last && first && f->lead.name && !strcasestr(f->lead.name, first))
        last = g_steal_pointer(&f->lead.name); /* "Nom" beside "Prénom" is the other half */
    if (last && !first && f->lead.name && !strcasestr(f->lead.name, last)) /* so is "Imię" beside "Nazwisko" */
        first = g_steal_pointer(&f->lead.name);
    if (!f->lead.name && (first || last))
        f->lead.name = g_strstrip(g_strconcat(first ? first : "", " ", last ? last : "", NULL));
}

/* Words that a person would write, not a choice, a number or a link. */
static gsize
words_in(const char *value)
{
    gsize words = 0;
    if (strstr(value, "://") || strchr(value, '@') || strlen(value) > 20000)
        return 0;
    for (const char *p = value; *p; p++)
        words += !g_ascii_isspace(*p) && (p == value || g_ascii_isspace(p[-1]));
    return words;
}

/* An address or a choice ends in no full stop. */
static gboolean
is_sentence(const char *value)
{
    return strchr(".?!", value[strlen(value) - 1]) != NULL;
}

/* No label that is known asks for the message: then the longest text is it. */
const struct form_field *
form_longest(const GPtrArray *fields, const struct form_map *map)
{
    enum { A_SENTENCE = 4, A_TEXT = 20 };
    const struct form_field *longest = NULL;
    gsize most = A_SENTENCE - 1;
    for (guint i = 0; i < fields->len; i++) {
        const struct form_field *field = g_ptr_array_index(fields, i);
        gsize words = form_label_in(map, field->label, strlen(field->label)) == LEAD_NONE ? words_in(field->value) : 0;
        if (words >= A_SENTENCE && is_sentence(field->value))
            words += A_TEXT;
        if (words > most) {
            longest = field;
            most = words;
        }
    }
    return longest;
}

/* A sender that is a person's, not a tool's. */
static gboolean
is_own_address(const struct mail *m, const struct mail_address *address)
{
    const struct mail_address *author = mail_author(m);
    return *address->address && (!author || g_ascii_strcasecmp(author->address, address->address) != 0);
}

/* No field named the lead's address: Reply-To may, a field of another name may, and last whoever sent the mail, if no
 * tool did. */
static void
find_address(struct form *f, const struct mail *m)
{
    const struct mail_address *to = m->reply_to->len ? g_ptr_array_index(m->reply_to, 0) : NULL;
    if (to && is_own_address(m, to)) {
        set_once(&f->lead.email, g_strdup(to->address));
        if (*to->name && g_ascii_strcasecmp(to->name, to->address) != 0)
            set_once(&f->lead.name, g_strdup(to->name));
    }
    for (guint i = 0; i < f->fields->len && !f->lead.email; i++) {
        const struct form_field *field = g_ptr_array_index(f->fields, i);
        g_autofree char *address = form_address_in(field->value);
        if (address && strlen(address) == strlen(field->value))
            f->lead.email = g_steal_pointer(&address);
    }
    const struct mail_address *author = mail_author(m);
    if (!f->lead.email && author && strcmp(f->tool, "generic") == 0 && *author->address) {
        f->lead.email = g_strdup(author->address);
        if (*author->name)
            set_once(&f->lead.name, g_strdup(author->name));
    }
}

/* The label stands twice, and Reply-To, which the tool wrote, says that the second is the field: then the first was
 * typed into a value. */
static void
believe_reply_to(struct form *f, const struct mail *m, const struct form_map *map)
{
    const struct mail_address *to = m->reply_to->len ? g_ptr_array_index(m->reply_to, 0) : NULL;
    if (!to || !f->lead.email || !is_own_address(m, to) || g_ascii_strcasecmp(f->lead.email, to->address) == 0)
        return;
    for (guint i = 0; i < f->fields->len; i++) {
        const struct form_field *field = g_ptr_array_index(f->fields, i);
        g_autofree char *address = form_address_in(field->value);
        if (address && g_ascii_strcasecmp(address, to->address) == 0 &&
            form_label_in(map, field->label, strlen(field->label)) == LEAD_EMAIL) {
            g_free(f->lead.email);
            f->lead.email = g_steal_pointer(&address);
            return;
        }
    }
}

gboolean
form_is_from(const struct form_field *field)
{
    struct folded label;
    fold(&label, field->label, strlen(field->label));
    return phrase_label(label.text) == LABEL_FROM;
}

/* Contact Form 7 has the lead in "From: Name <address>", and some languages' forms too. */
static void
split_sender(struct form *f)
{
    for (guint i = 0; i < f->fields->len; i++) {
        const struct form_field *field = g_ptr_array_index(f->fields, i);
        const char *open = strrchr(field->value, '<');
        open = open ? open : strrchr(field->value, '(');
        if (!form_is_from(field) && (i != 0 || strcmp(f->tool, "contact-form-7") != 0))
            continue;
        char *address = form_address_in(open ? open : field->value);
        if (!address && form_is_from(field) && !strchr(field->value, '\n'))
            set_once(&f->lead.name, g_strdup(field->value));
        if (!address)
            continue;
        set_once(&f->lead.email, address);
        if (open)
            set_once(&f->lead.name, g_strstrip(g_strndup(field->value, (gsize)(open - field->value))));
        return;
    }
}

/* ---- all ---- */

/* How many fields say something that a lead is asked. */
static guint
known_fields(const GPtrArray *fields, const struct form_map *map)
{
    guint known = 0;
    for (guint i = 0; i < fields->len; i++) {
        const struct form_field *field = g_ptr_array_index(fields, i);
        known += *field->value && form_label_in(map, field->label, strlen(field->label)) != LEAD_NONE;
    }
    return known;
}

/* "Regards," and the name of whoever sent it, last: the tool's words, not the lead's. */
static char *
without_closing(const struct mail *m)
{
    const struct mail_address *author = mail_author(m);
    g_autoptr(GArray) lines = lines_split(m->text);
    guint last = lines->len;
    while (last > 0 && line_is_blank(line_at(lines, last - 1)))
        last--;
    const struct line *name = last > 1 ? line_at(lines, last - 1) : NULL, *closing = last > 1 ? name - 1 : NULL;
    struct folded words;
    if (!name || !author || !*author->name || name->body_length > FORM_LABEL_BYTES)
        return g_strdup(m->text);
    g_autofree char *signature = g_strndup(name->body, name->body_length);
    fold(&words, closing->body, closing->body_length);
    words.text[strcspn(words.text, ",!")] = '\0';
    gboolean own = strcasestr(author->name, signature) || strcasestr(signature, author->name);
    gboolean closes = phrase_is(PHRASE_CLOSING, words.text) || phrase_is(PHRASE_WEAK_CLOSING, words.text);
    return own && closes ? g_strndup(m->text, (gsize)(closing->text - m->text)) : g_strdup(m->text);
}

static GPtrArray *
fields_in_text(const struct mail *m, const struct form_map *map)
{
    g_autofree char *text = without_closing(m);
    g_autoptr(GPtrArray) lines = form_fields_from_text(text, map);
    gboolean headings = form_text_has_headings(text, map);
    guint known = known_fields(lines, map);
    if (known >= 2 && !headings)
        return g_steal_pointer(&lines);
    g_autoptr(GPtrArray) questions = form_fields_from_questions(text, map);
    if (known_fields(questions, map) >= (headings ? 2 : MAX(2, known + 1)))
        return g_steal_pointer(&questions);
    if (known > 0)
        return g_steal_pointer(&lines);
    g_autoptr(GPtrArray) letter = form_fields_from_letter(m);
    return letter->len ? g_steal_pointer(&letter) : g_steal_pointer(&lines);
}

/* HTML where it says as much: its structure cannot be forged by what stands in a value, and the text may be a stub. */
GPtrArray *
form_fields_of(const struct mail *m, const char *tool, const struct form_map *map)
{
    static const char lines_alone[] = "contact-form-7"; /* its HTML is its text with <br> */
    if (is_adf(m->text))
        return form_fields_from_adf(m->text);
    if (is_json(m->text)) {
        GPtrArray *json = form_fields_from_json(m->text, strlen(m->text));
        if (json->len)
            return json;
        g_ptr_array_unref(json);
    }
    GPtrArray *text = fields_in_text(m, map);
    GPtrArray *html = m->html && g_strcmp0(tool, lines_alone) != 0 ? form_fields_from_html(m->html, map) : NULL;
    guint in_html = html ? known_fields(html, map) : 0;
    if (html && html->len > 0 && (in_html >= 2 || in_html >= known_fields(text, map))) {
        g_ptr_array_unref(text);
        return html;
    }
    if (html)
        g_ptr_array_unref(html);
    return text;
}

/* A leaf of the mail itself that holds fields and no words. */
static gboolean
holds_data(const struct mail_part *part)
{
    static const char *const types[] = {
        "application/json", "text/json", "application/adf+xml", "application/x-adf+xml", "text/xml",
        "application/xml",  NULL};
    return !part->nested && !part->inside && part->size <= DATA_BYTES && g_strv_contains(types, part->type);
}

static GPtrArray *
fields_of_part(const struct mail_part *part, const char *raw, gsize length)
{
    if (part->offset > length || part->length > length - part->offset)
        return form_fields_new();
    g_autoptr(GBytes) bytes = mail_decode(raw + part->offset, part->length, part->encoding);
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    g_autofree char *text = text_utf8(data ? data : "", size);
    if (is_adf(text) || strcasestr(text, "<adf"))
        return form_fields_from_adf(text);
    return form_fields_from_json(text, strlen(text));
}

/* Only where the words themselves say nothing: a file may be one that the lead sent up. */
static void
read_attachments(struct form *f, const struct mail *m, gconstpointer raw, gsize length, const struct form_map *map)
{
    for (guint i = 0; raw && i < m->parts->len && known_fields(f->fields, map) == 0; i++) {
        const struct mail_part *part = g_ptr_array_index(m->parts, i);
        g_autoptr(GPtrArray) fields = holds_data(part) ? fields_of_part(part, raw, length) : NULL;
        if (!fields || known_fields(fields, map) == 0)
            continue;
        g_ptr_array_unref(f->fields);
        f->fields = g_steal_pointer(&fields);
    }
}

struct form *
form_read(const struct mail *m, gconstpointer raw, gsize length, const struct form_maps *maps, gboolean expected)
{
    const struct form_map *map = form_maps_find(maps, m);
    const char *tool = map ? map->name : form_tool(m);
    if (!tool && !expected && !form_is_generic(m))
        return NULL;
    g_autoptr(form) f = g_new0(struct form, 1);
    f->tool = g_strdup(tool ? tool : is_json(m->text) ? "json" : "generic");
    f->fields = form_fields_of(m, tool, map);
    read_attachments(f, m, raw, length, map);
    if (f->fields->len == 0)
        return NULL;
    fill_from_fields(f, map);
    if (strcmp(f->tool, "contact-form-7") == 0 || strcmp(f->tool, "generic") == 0)
        split_sender(f);
    const struct form_field *longest = f->lead.message ? NULL : form_longest(f->fields, map);
    if (longest)
        f->lead.message = g_strdup(longest->value);
    believe_reply_to(f, m, map);
    find_address(f, m);
    return g_steal_pointer(&f);
}
