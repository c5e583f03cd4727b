#include "config.h"

#include "mime/form-fields.h"

#include <string.h>

#include "mime/subject.h"

/*
 * A form that no rule knows, from any site in the world: its sender is a machine or answers elsewhere, its words begin
 * with fields, and one of them holds the address of whoever filled it in. A person's mail has the fields of a signature
 * below words, and answers go to its sender.
 */

#define INTRO_BYTES 250 /* before the first field */
#define INTRO_LINES 4   /* where nothing but the fields says that it is a form */

/* How the names of senders begin that are programs of a site and nobody's mailbox; dots and dashes aside. */
static const char *const site_senders[] = {
    "wordpress", "wwwdata", "www",     "webform", "webmaster",  "website",       "apache", "httpd",   "nobody",
    "noreply",   "nereply", "form",    "notif",   "donotreply", "nepasrepondre", "cms",    "anfrage", "zapytani",
    "inquir",    "enquir",  "automat", "robot",   NULL};

static const char *const site_headers[] = {"X-PHP-Originating-Script", "X-PHP-Script", "X-WPForms-Entry",
                                           "X-Drupal-Module", NULL};

static gboolean
begins(const char *address, const char *name)
{
    for (; *name; address++) {
        if (*address == '-' || *address == '_' || *address == '.')
            continue;
        if (g_ascii_tolower(*address) != *name++)
            return FALSE;
    }
    return TRUE;
}

static gboolean
is_from_a_site(const struct mail *m)
{
    const struct mail_address *author = mail_author(m);
    const char *mailer = mail_header(m, "X-Mailer");
    for (const char *const *name = site_senders; author && *name; name++)
        if (begins(author->address, *name))
            return TRUE;
    for (const char *const *name = site_headers; *name; name++)
        if (mail_header(m, *name))
            return TRUE;
    return mailer && (strcasestr(mailer, "php") || strcasestr(mailer, "wpmail") || strcasestr(mailer, "drupal"));
}

/* Where answers go, if that is not who sent it; NULL. */
static const char *
answers_elsewhere(const struct mail *m)
{
    const struct mail_address *to = m->reply_to->len ? g_ptr_array_index(m->reply_to, 0) : NULL;
    const struct mail_address *author = mail_author(m);
    if (!to || !*to->address || (author && g_ascii_strcasecmp(author->address, to->address) == 0))
        return NULL;
    return to->address;
}

/* "This is an enquiry by way of https://site.example from:", "Ann Lead <ann@lead.example>", then the words (Joomla);
 * "Ann Lead (ann@lead.example) sent a message by the form at https://site.example/contact." (Drupal), or with the
 * page of whoever wrote in the brackets. */
static gboolean
tells_of_form(const struct line *line)
{
    enum { LINE_BYTES = 300 };
    g_autofree char *text = g_strndup(line->body, MIN(line->body_length, LINE_BYTES));
    const char *page = strstr(text, " (http"), *behind = page ? strstr(page, ") ") : NULL;
    return page && page > text && behind && strstr(behind, "://");
}

static gboolean
tells_of_form_first(const struct mail *m)
{
    struct line line = {.body = m->text, .body_length = strcspn(m->text, "\r\n")};
    return tells_of_form(&line);
}

/* "A message from Ann Lead" → "Ann Lead". */
static void
drop_until_sender(char *name)
{
    static const char *const froms[] = {" from ", " von ", " van ", " de ", " od ", " da ", NULL};
    for (const char *const *from = froms; *from; from++) {
        const char *at = strstr(name, *from);
        if (at && at > name && strchr(at + strlen(*from), ' ')) {
            memmove(name, at + strlen(*from), strlen(at + strlen(*from)) + 1);
            return;
        }
    }
}

GPtrArray *
form_fields_from_letter(const struct mail *m)
{
    enum { FIRST_LINES = 5, LINE_BYTES = 300 };
    GPtrArray *fields = form_fields_new();
    const char *elsewhere = answers_elsewhere(m);
    g_autoptr(GArray) lines = lines_split(m->text);
    gboolean link = FALSE;
    for (guint i = 0; elsewhere && i < lines->len && i < FIRST_LINES; i++) {
        const struct line *line = line_at(lines, i);
        gsize bytes = strlen(elsewhere), length = MIN(line->body_length, LINE_BYTES);
        const char *at = memmem(line->body, length, elsewhere, bytes);
        link = link || memmem(line->body, length, "://", 3);
        gboolean opens = i == 0 && length && line->body[length - 1] == ':';
        gboolean named = at && at - line->body >= 3 && strchr("<(", at[-1]) && (link || opens);
        if (line->depth || (!named && !(i == 0 && tells_of_form(line))))
            continue;
        gsize before = named ? (gsize)(at - 1 - line->body)
                             : (gsize)((const char *)memmem(line->body, length, " (", 2) - line->body);
        g_autofree char *name = g_strstrip(g_strndup(line->body, before));
        drop_until_sender(name);
        g_autoptr(GString) words = g_string_new(NULL);
        lines_append(words, lines, i + 1, form_fields_end(lines));
        form_fields_add(fields, "Name", 4, name);
        form_fields_add(fields, "Email", 5, elsewhere);
        form_fields_add(fields, "Message", 7, words->str);
        break;
    }
    return fields;
}

struct evidence {
    guint members;     /* bits of enum lead_member that have a value */
    guint known;       /* how many */
    guint asked;       /* bits of enum lead_member, be the value empty */
    gboolean answered; /* a field holds the address that answers go to */
    const char *first; /* label of the first field that is known */
};

/* "From: Ann Lead <ann@lead.example>" is the address as well (Contact Form 7); so is one whose label is not known. */
static enum lead_member
member_in(const struct form_field *field)
{
    enum lead_member member = form_label_in(NULL, field->label, strlen(field->label));
    if (member != LEAD_NONE)
        return member;
    g_autofree char *address = form_address_in(field->value);
    return form_is_from(field) || (address && strcmp(address, field->value) == 0) ? LEAD_EMAIL : LEAD_NONE;
}

static gboolean
is_one_of(const GPtrArray *addresses, const char *address)
{
    for (guint i = 0; i < addresses->len; i++) {
        const struct mail_address *one = g_ptr_array_index(addresses, i);
        if (g_ascii_strcasecmp(one->address, address) == 0)
            return TRUE;
    }
    return FALSE;
}

/* An address with a name at most, no sentence. */
static gboolean
is_alone(const char *value)
{
    enum { WORDS = 5 };
    guint words = 0;
    for (const char *p = value; *p && *p != '\n'; p++)
        words += *p == ' ' && p[1] != ' ';
    return words < WORDS;
}

static void
look_at(const struct mail *m, const GPtrArray *fields, struct evidence *e)
{
    const struct mail_address *author = mail_author(m);
    const char *elsewhere = answers_elsewhere(m);
    for (guint i = 0; i < fields->len; i++) {
        const struct form_field *field = g_ptr_array_index(fields, i);
        enum lead_member member = member_in(field);
        e->asked |= 1u << member;
        if (member == LEAD_NONE || !*field->value)
            continue;
        const char *open = strrchr(field->value, '<');
        g_autofree char *address = member == LEAD_EMAIL ? form_address_in(open ? open : field->value) : NULL;
        gboolean own =
            address && (is_one_of(m->to, address) || (author && g_ascii_strcasecmp(address, author->address) == 0));
        e->first = e->first ? e->first : field->label;
        if (member == LEAD_EMAIL && (!address || own || !is_alone(field->value)))
            continue;
        e->known += !(e->members & 1u << member);
        e->members |= 1u << member;
        e->answered = e->answered || (address && elsewhere && g_ascii_strcasecmp(address, elsewhere) == 0);
    }
}

/* A signature has its fields below words. A text that does not hold the label is the stub beside the HTML. */
static gboolean
begins_with_fields(const struct mail *m, const char *label)
{
    const char *at = strstr(m->text, label);
    return !at || at - m->text <= INTRO_BYTES;
}

/* A greeting or a sentence; no title. */
static gboolean
is_personal(const struct line *line)
{
    return line->depth || (line->body_length && strchr(",;.!", line->body[line->body_length - 1]));
}

/* A short label that is known, to what may part it from its value; "On 5 May Ann wrote:" is none. */
static gboolean
begins_known(const struct line *line)
{
    enum { WORDS = 5 };
    gsize label = MIN(line->body_length, FORM_LABEL_BYTES);
    guint words = 1;
    for (gsize j = 1; j < label; j++) {
        if (strchr(":=\t|", line->body[j]))
            label = j;
        else if (j > 2 && g_ascii_isdigit(line->body[j]))
            return FALSE;
        words += j < label && line->body[j] == ' ' && line->body[j - 1] != ' ';
    }
    return words <= WORDS && form_label(line->body, label) != LEAD_NONE;
}

/* "Ann", last, of "Ann Lead <…>". */
static gboolean
is_signed(const struct mail *m)
{
    const struct mail_address *author = mail_author(m);
    const char *end = m->text + strlen(m->text);
    while (end > m->text && g_ascii_isspace(end[-1]))
        end--;
    const char *line = end;
    while (line > m->text && line[-1] != '\n')
        line--;
    g_autofree char *last = g_strndup(line, (gsize)(end - line));
    return author && *last && strcasestr(author->name, last);
}

/* Nobody writes a mail that begins with the labels of a form; a title may stand above them, or a greeting and words
 * about the site. Cheap for what people
 * write. */
static gboolean
opens_with_fields(const struct mail *m)
{
    enum { OPENING = 600 };
    g_autofree char *start = g_strndup(m->text, OPENING);
    g_autoptr(GArray) lines = lines_split(start);
    guint before = 0;
    gboolean personal = FALSE, site = FALSE;
    if (start[strspn(start, " \t\r\n")] == '{')
        return TRUE;
    for (guint i = 0; i < lines->len && before < INTRO_LINES; i++) {
        const struct line *line = line_at(lines, i);
        if (line_is_blank(line) || line_is_rule(line))
            continue;
        if (begins_known(line))
            return !personal || site;
        gboolean answered = i + 1 < lines->len && !line_is_blank(line_at(lines, i + 1));
        if (line->body[line->body_length - 1] == '?' && !answered)
            return FALSE;
        personal = personal || is_personal(line);
        site = site || form_names_site(line);
        before++;
    }
    return FALSE;
}

/* Cheap: what people, lists and mail systems send does not come further. */
static gboolean
may_be_generic(const struct mail *m, gboolean site)
{
    const char *elsewhere = answers_elsewhere(m);
    if (mail_header(m, "List-Id") || mail_header(m, "List-Post"))
        return FALSE;
    if (elsewhere && tells_of_form_first(m))
        return TRUE;
    if (!strchr(m->text, '@') && !(m->html && strchr(m->html, '@')))
        return FALSE;
    if (site || (elsewhere && (strcasestr(m->text, elsewhere) || (m->html && strcasestr(m->html, elsewhere)))))
        return TRUE;
    return opens_with_fields(m);
}

gboolean
form_is_generic(const struct mail *m)
{
    if (m->in_reply_to->len || m->references->len || subject_kind(m->subject) != SUBJECT_NEW)
        return FALSE;
    gboolean site = is_from_a_site(m);
    if (!may_be_generic(m, site))
        return FALSE;
    g_autoptr(GPtrArray) fields = form_fields_of(m, NULL, NULL);
    struct evidence e = {0};
    look_at(m, fields, &e);
    const guint message = 1u << LEAD_MESSAGE;
    const guint names = 1u << LEAD_NAME | 1u << LEAD_FIRST_NAME | 1u << LEAD_LAST_NAME | message;
    const struct form_field *longest = e.members & message ? NULL : form_longest(fields, NULL);
    if (!(e.members & 1u << LEAD_EMAIL) || !begins_with_fields(m, e.first))
        return FALSE;
    gboolean question = longest && g_str_has_suffix(longest->label, "?");
    gboolean asks = e.members & message || question || (longest && e.known >= 2);
    if (site && (asks || (e.asked & message && e.asked & names & ~message)))
        return TRUE;
    if (!(e.members & names) && !question)
        return FALSE;
    return e.answered || (site && e.known >= 3) || (asks && e.known >= 2 && opens_with_fields(m) && !is_signed(m));
}
