#include "config.h"

#include "mime/form.h"

#include "mime/lines.h"
#include "lib/text.h"

#include <string.h>

static void
form_field_free(gpointer data)
{
    struct form_field *field = data;
    g_free(field->label);
    g_free(field->value);
    g_free(field);
}

void
form_free(struct form *f)
{
    if (!f)
        return;
    g_free(f->tool);
    g_ptr_array_unref(f->fields);
    g_free(f->lead.name);
    g_free(f->lead.email);
    g_free(f->lead.phone);
    g_free(f->lead.shop);
    g_free(f->lead.service);
    g_free(f->lead.message);
    g_free(f->lead.budget);
    g_free(f->lead.language);
    g_free(f);
}

/* Folded labels → the lead's member. */
static const struct {
    const char *label;
    gsize member;
} synonyms[] = {
#define LEAD(member, label)                                                                                            \
    {                                                                                                                  \
        label, G_STRUCT_OFFSET(struct form_lead, member)                                                               \
    }
    LEAD(name, "name"),
    LEAD(name, "full name"),
    LEAD(name, "your name"),
    LEAD(name, "naam"),
    LEAD(name, "nom"),
    LEAD(name, "imie"),
    LEAD(name, "imie i nazwisko"),
    LEAD(name, "contact name"),
    LEAD(name, "nombre"),
    LEAD(email, "email"),
    LEAD(email, "e-mail"),
    LEAD(email, "email address"),
    LEAD(email, "business email"),
    LEAD(email, "e-mailadres"),
    LEAD(email, "adresse e-mail"),
    LEAD(email, "adres e-mail"),
    LEAD(email, "your email"),
    LEAD(phone, "phone"),
    LEAD(phone, "telephone"),
    LEAD(phone, "telefoon"),
    LEAD(phone, "telefon"),
    LEAD(phone, "phone number"),
    LEAD(phone, "telefoonnummer"),
    LEAD(shop, "shop"),
    LEAD(shop, "store"),
    LEAD(shop, "website"),
    LEAD(shop, "winkel"),
    LEAD(shop, "boutique"),
    LEAD(shop, "sklep"),
    LEAD(shop, "url"),
    LEAD(service, "service"),
    LEAD(service, "dienst"),
    LEAD(service, "usluga"),
    LEAD(budget, "budget"),
    LEAD(budget, "budzet"),
    LEAD(message, "message"),
    LEAD(message, "message body"),
    LEAD(message, "bericht"),
    LEAD(message, "description"),
    LEAD(message, "wiadomosc"),
    LEAD(message, "omschrijving"),
    LEAD(message, "opis"),
    LEAD(language, "language"),
    LEAD(language, "taal"),
    LEAD(language, "langue"),
    LEAD(language, "jezyk"),
#undef LEAD
};

/* The length of the label at the start of a line, or 0: a colon within 60 bytes, no scheme (`https:`) or clock time. */
static gsize
label_length(const struct line *line)
{
    const char *colon = memchr(line->body, ':', MIN(line->body_length, 60));
    if (line->depth || !colon || colon == line->body || g_ascii_isdigit(colon[-1]))
        return 0;
    gsize length = (gsize)(colon - line->body);
    if (length + 2 < line->body_length && colon[1] == '/' && colon[2] == '/')
        return 0;
    return length;
}

static void
add_field(struct form *f, const char *label, gsize label_bytes, const char *value)
{
    struct form_field *field = g_new0(struct form_field, 1);
    field->label = g_strstrip(g_strndup(label, label_bytes));
    field->value = g_strstrip(g_strdup(value));
    g_ptr_array_add(f->fields, field);
}

static void
fill_lead(struct form *f)
{
    for (guint i = 0; i < f->fields->len; i++) {
        const struct form_field *field = g_ptr_array_index(f->fields, i);
        g_autofree char *folded = text_fold(field->label);
        for (gsize s = 0; s < G_N_ELEMENTS(synonyms); s++) {
            char **member = G_STRUCT_MEMBER_P(&f->lead, synonyms[s].member);
            if (!*member && *field->value && strcmp(folded, synonyms[s].label) == 0)
                *member = g_strdup(field->value);
        }
    }
}

static gboolean
is_footer(const struct line *line)
{
    return line->length >= 2 && line->length <= 3 && memcmp(line->text, "--", 2) == 0;
}

static gboolean
is_known(const struct line *line, gsize label)
{
    g_autofree char *text = g_strndup(line->body, label);
    g_autofree char *folded = text_fold(text);
    for (gsize s = 0; s < G_N_ELEMENTS(synonyms); s++)
        if (strcmp(folded, synonyms[s].label) == 0)
            return TRUE;
    return FALSE;
}

/* A value goes on until the next label; the message is free text and goes on to the end, whatever stands in it. */
static void
read_fields(struct form *f, const GArray *lines)
{
    g_autoptr(GString) value = g_string_new(NULL);
    const char *label = NULL;
    gsize bytes = 0;
    gboolean blank = FALSE;
    for (guint i = 0; i < lines->len; i++) {
        const struct line *line = &g_array_index(lines, struct line, i);
        if (is_footer(line))
            break;
        gsize length = label_length(line);
        if (length && (!label || !blank || is_known(line, length))) {
            if (label)
                add_field(f, label, bytes, value->str);
            label = line->body;
            bytes = length;
            g_string_truncate(value, 0);
            g_string_append_len(value, line->body + length + 1, (gssize)(line->body_length - length - 1));
        } else if (label) {
            g_string_append_c(value, '\n');
            g_string_append_len(value, line->text, (gssize)line->length);
        }
        blank = line_is_blank(line);
    }
    if (label)
        add_field(f, label, bytes, value->str);
}

/* Contact Form 7: "From: Name <address>", "Subject: …", blank, "Message Body:", the rest. */
static gboolean
is_contact_form_7(const struct mail *m)
{
    return strstr(m->text, "\nMessage Body:") && strstr(m->text, "\n-- \n");
}

static void
split_sender(struct form *f)
{
    for (guint i = 0; i < f->fields->len; i++) {
        const struct form_field *field = g_ptr_array_index(f->fields, i);
        if (g_ascii_strcasecmp(field->label, "From") != 0)
            continue;
        const char *open = strrchr(field->value, '<'), *close = open ? strchr(open, '>') : NULL;
        if (!close)
            return;
        g_free(f->lead.name);
        g_free(f->lead.email);
        f->lead.name = g_strstrip(g_strndup(field->value, (gsize)(open - field->value)));
        f->lead.email = g_strndup(open + 1, (gsize)(close - open - 1));
        return;
    }
}

struct form *
form_read(const struct mail *m, gboolean expected)
{
    gboolean cf7 = is_contact_form_7(m);
    if (!cf7 && !expected)
        return NULL;
    g_autoptr(GArray) lines = lines_split(m->text);
    g_autoptr(form) f = g_new0(struct form, 1);
    f->tool = g_strdup(cf7 ? "contact-form-7" : "generic");
    f->fields = g_ptr_array_new_with_free_func(form_field_free);
    read_fields(f, lines);
    fill_lead(f);
    if (cf7)
        split_sender(f);
    if (f->fields->len == 0)
        return NULL;
    if (!f->lead.email && m->reply_to->len > 0) {
        const struct mail_address *to = g_ptr_array_index(m->reply_to, 0);
        f->lead.email = g_strdup(to->address);
    }
    return g_steal_pointer(&f);
}
