#include "config.h"

#include "mime/form-fields.h"

#include <string.h>

#include "mime/fold.h"
#include "mime/sentence.h"

/*
 * Three ways in which text forms write:
 *   Label: value            the value may go on in the next lines
 *   Label:                  the value in the next line (Formspree)
 *   Label:  blank  VALUE    (Shopify's partner directory)
 * and a fourth without colons, a paragraph for each question (Typeform), which is read where those say nothing.
 * The long free text comes last in nearly every form and may hold lines that look like fields.
 */

/* ---- footers ---- */

static guint
count_words(const char *p, gsize length)
{
    guint words = 0;
    for (gsize i = 0; i < length; i++)
        words += p[i] != ' ' && (i == 0 || p[i - 1] == ' ');
    return words;
}

static gboolean
body_is(const struct line *line, const char *text)
{
    return line->body_length == strlen(text) && g_ascii_strncasecmp(line->body, text, line->body_length) == 0;
}

static gboolean
body_starts(const struct line *line, const char *text)
{
    gsize length = strlen(text);
    return line->body_length >= length && g_ascii_strncasecmp(line->body, text, length) == 0;
}

static gboolean
any_of(const GArray *lines, guint from, guint to, const char *const *starts)
{
    for (guint i = from; i < to && i < lines->len; i++)
        for (const char *const *start = starts; *start; start++)
            if (body_starts(line_at(lines, i), *start))
                return TRUE;
    return FALSE;
}

/* What a tool says of its own mail: "Diese Nachricht wurde über das Formular auf … gesendet", "View all submissions".
 * One word of each list in a short line of its own. Folded. */
static const char *const itself[] = {"this e-mail",      "this email",     "this message",
                                     "this mail",        "this form",      "diese e-mail",
                                     "diese nachricht",  "diese mail",     "dieses form",
                                     "deze e-mail",      "dit bericht",    "deze mail",
                                     "dit formulier",    "cet e-mail",     "ce message",
                                     "ce mail",          "cet email",      "ce courriel",
                                     "ce formulaire",    "ta wiadomosc",   "ten e-mail",
                                     "wiadomosc wyslan", "este mensaje",   "este correo",
                                     "este email",       "questo messag",  "questa e-mail",
                                     "questa email",     "esta mensagem",  "este e-mail",
                                     "det har med",      "denne e-mail",   "denne besked",
                                     "submitted ",       "sent via ",      "sent by ",
                                     "sent from ",       "envoye depuis ", "verstuurd via ",
                                     "gesendet uber ",   "verzonden via ", "envoye via ",
                                     "wyslano z",        "wyslano prz",    "enviado desde ",
                                     "enviado a traves", "enviado via ",   "inviato da",
                                     "ingezonden ",      "eingereicht ",   NULL};
static const char *const came_from[] = {
    " sito",  "nettsid",    "hemsida", "hjemmeside", "stranek", "honlap",   "sklep",    "саит",       " lead", "enquir",
    "inquir", "submission", "entry",   "inzending",  "anfrage", "aanvraag", "zapytan",  "soumission", " form", "formul",
    "site",   "web",        "strona",  "strony",     "shop",    "winkel",   "boutique", NULL};

/* "Deze e-mail is automatisch verzonden", "Sie können diese E-Mail beantworten". */
static const char *const handled[] = {"automat", "generated", "verzonden", "verstuurd", "gesendet",   "versendet",
                                      "envoye",  "wyslan",    "inviat",    "enviad",    "beantwoord", NULL};
static const char *const invites[] = {"you can ", "you may ", "u kunt ", "je kunt ", "sie konnen ", "vous pouvez ",
                                      "puede ",   "puedes ",  "puoi ",   "mozesz ",  "mozna ",      NULL};

/* "Ma boutique propulsé par PrestaShop". */
static const char *const powered[] = {"powered by ",
                                      "propulse par ",
                                      "unterstutzt von ",
                                      "bereitgestellt von ",
                                      "mogelijk gemaakt door ",
                                      "aangedreven door ",
                                      "obslugiwane przez ",
                                      "con tecnologia de",
                                      "desarrollado por ",
                                      "fornito da ",
                                      NULL};

static const char *const offers[] = {"create your own ",
                                     "view ",
                                     "see ",
                                     "manage ",
                                     "to view ",
                                     "to see ",
                                     "to manage ",
                                     "to edit ",
                                     "edit ",
                                     "open ",
                                     "log in ",
                                     "click ",
                                     "bekijk ",
                                     "beheer ",
                                     "klik ",
                                     "voir ",
                                     "gerer ",
                                     "consulter ",
                                     "cliquez ",
                                     "ansehen ",
                                     "klicken ",
                                     "verwalten ",
                                     "zobacz ",
                                     "kliknij ",
                                     "zarzadzaj ",
                                     "ver ",
                                     "gestionar ",
                                     "visualizza ",
                                     "gestisci ",
                                     "not interested in",
                                     "turn off ",
                                     "unsubscribe",
                                     "you are receiving",
                                     "you received this",
                                     "reply to this",
                                     "to reply ",
                                     "do not reply",
                                     "antworten sie",
                                     "answer this",
                                     NULL};
static const char *const offered[] = {
    "submission",   "form",         "entry",      "entries",  "response", "dashboard", "settings",
    "notification", "these emails", "this email", "contact",  "online",   "inzending", "reponse",
    "soumission",   "eintr",        "antwort",    "wpis",     "odpowied", "panel",     "browser",
    "respuesta",    "envio",        "risposta",   "directly", "lead",     "crm",       NULL};

static gboolean
begins_paragraph(const GArray *lines, guint i)
{
    return !line_is_blank(line_at(lines, i)) && i > 0 &&
           (line_is_blank(line_at(lines, i - 1)) || line_is_rule(line_at(lines, i - 1)));
}

static gboolean
starts_with_one(const char *folded, const char *const *words)
{
    for (; *words; words++)
        if (g_str_has_prefix(folded, *words))
            return TRUE;
    return FALSE;
}

/* A form's link stands in most of them; without one the sentence must speak of its own mail. */
gboolean
form_is_notice(const struct line *line)
{
    enum { SHORT = 300 };
    struct folded folded;
    if (line->depth || line->body_length > SHORT)
        return FALSE;
    fold(&folded, line->body, line->body_length);
    const char *words = folded.text + strspn(folded.text, "*-_[(> ");
    if (starts_with_one(words, itself))
        return sentence_contains(words, came_from) || sentence_contains(words, handled);
    if (starts_with_one(words, invites))
        return sentence_contains(words, itself);
    if (sentence_contains(words, powered) && count_words(words, strlen(words)) <= 8)
        return TRUE;
    return starts_with_one(words, offers) && sentence_contains(words, offered) &&
           (strstr(words, "http") || !(strchr(words, ':') || g_str_has_suffix(words, "?")));
}

/* ---- labels ---- */

struct label {
    const char *at; /* without the marks around it */
    gsize length;
    const char *value; /* behind the mark that parts them, up to the line's end */
};

/* What stands around a label: "*Name:* Ann", "[Name]: Ann", "• Name: Ann", "Name......: Ann". */
static gboolean
is_decoration(const char *p)
{
    static const char *const bullets[] = {"•", "·", "▪", "–", "◦", NULL};
    for (const char *const *bullet = bullets; *bullet; bullet++)
        if (g_str_has_prefix(p, *bullet))
            return TRUE;
    return *p && strchr("*[]#-=_ \t.", *p);
}

/* A colon that a clock time, a scheme (`https:`) or a sentence has parts nothing. */
static gboolean
parts_words(const struct line *line, const char *mark)
{
    const char *p = line->body, *end = p + line->body_length;
    gsize length = (gsize)(mark - p);
    if (mark + 2 < end && mark[1] == '/' && mark[2] == '/')
        return FALSE;
    if (g_ascii_isdigit(mark[-1]) && mark + 1 < end && g_ascii_isdigit(mark[1]))
        return FALSE;
    return !memchr(p, '@', length) && !memchr(p, '?', length - 1) && count_words(p, length) <= 9;
}

/* The label at the start of a line, before the first `mark`. */
static gboolean
find_label(const struct line *line, const char *mark, struct label *label)
{
    const char *p = line->body, *end = p + line->body_length;
    gsize bytes = strlen(mark);
    const char *at = memmem(p, MIN(line->body_length, FORM_LABEL_BYTES), mark, bytes);
    if (line->depth || !at || at == p || line->body_length > 4000 || !parts_words(line, at))
        return FALSE;
    gboolean starred = *p == '*';
    label->value = at + bytes;
    while (label->value < end && (*label->value == *mark || strchr(" \t", *label->value)))
        label->value++;
    while (starred && label->value < end && strchr("* ", *label->value)) /* the mark is inside of the stars */
        label->value++;
    while (p < at && is_decoration(p))
        p = g_utf8_next_char(p);
    const char *stop = at;
    while (at > p && is_decoration(at - 1))
        at--;
    at += stop - at == 1 && *at == '.'; /* "Tel.:" */
    label->at = p;
    label->length = (gsize)(at - p);
    return at > p;
}

/* ---- what the tools append ---- */

static const char *const appended[] = {"Page URL",
                                       "User Agent",
                                       "Remote IP",
                                       "Powered by",
                                       "Date:",
                                       "Time:",
                                       "URL de la page",
                                       "Agent utilisateur",
                                       "IP distante",
                                       "Adres URL strony",
                                       "Zdalny adres",
                                       "Seiten-URL",
                                       "Benutzer-Agent",
                                       "Pagina-URL",
                                       "Datum:",
                                       "Data:",
                                       "Sent from",
                                       "This message was sent",
                                       "This email was sent",
                                       "This e-mail was sent",
                                       "Diese Nachricht wurde",
                                       "Ce message a ",
                                       "Dit bericht is ",
                                       "Ta wiadomo",
                                       "IP",
                                       "Adres IP",
                                       "Adresse IP",
                                       "IP-Adresse",
                                       "Indirizzo IP",
                                       "Browser",
                                       "Referer",
                                       "Referrer",
                                       "URL:",
                                       NULL};

static const char *const sentences[] = {"This e-mail was sent from a contact form",
                                        "This email was sent from a contact form",
                                        "This form was submitted at",
                                        "This is a notification that a contact form",
                                        "You are receiving this because",
                                        "You are receiving this mail because",
                                        "You are receiving this email because",
                                        "You received this email because",
                                        "View your form submissions",
                                        "Edit your form settings",
                                        "Manage submissions",
                                        "Does this submission look like spam",
                                        "Sent from your website",
                                        "Log in to view",
                                        "Access all submissions",
                                        NULL};

/* Behind a `-- ` that somebody typed the tool's fields go on. */
static gboolean
goes_on(const GArray *lines, guint from)
{
    enum { SIGNATURE_LINES = 30 };
    struct label label;
    for (guint i = from; i < lines->len && i < from + SIGNATURE_LINES; i++)
        if (find_label(line_at(lines, i), ":", &label) && form_label(label.at, label.length) != LEAD_NONE)
            return TRUE;
    return FALSE;
}

gboolean
form_names_site(const struct line *line)
{
    struct folded folded;
    fold(&folded, line->body, line->body_length);
    return sentence_contains(folded.text, came_from);
}

/* "The results of this submission are here:", and the link below. */
static gboolean
leads_to_entry(const GArray *lines, guint i)
{
    struct folded folded;
    if (!begins_paragraph(lines, i) || i + 1 >= lines->len || !body_starts(line_at(lines, i + 1), "http"))
        return FALSE;
    fold(&folded, line_at(lines, i)->body, line_at(lines, i)->body_length);
    return sentence_contains(folded.text, offered) && lines_skip_blank(lines, i + 2, lines->len) == lines->len;
}

/* One short line is all that stands behind a rule, and it tells when the form was sent, or from where. */
static gboolean
closes(const GArray *lines, guint from)
{
    static const char *const sent[] = {"submi",     "sent ",     "received", "ingezonden", "verzonden", "verstuurd",
                                       "ontvangen", "soumis",    "envoye",   "recu le",    "gesendet",  "eingegangen",
                                       "wyslano",   "otrzymano", "enviado",  "recibido",   "inviato",   "ricevuto",
                                       "recebido",  "http",      NULL};
    enum { LINES = 3, FEW = 4 };
    struct folded folded;
    guint i = lines_skip_blank(lines, from, lines->len);
    if (i >= lines->len || lines->len - i > LINES || lines_skip_blank(lines, i + 1, lines->len) < lines->len)
        return FALSE;
    fold(&folded, line_at(lines, i)->body, line_at(lines, i)->body_length);
    return sentence_contains(folded.text, sent) &&
           (strpbrk(folded.text, "0123456789:") || count_words(folded.text, folded.length) <= FEW);
}

/* Behind `-- ` (Contact Form 7), behind `---` (Elementor, Formspree), or in a sentence of its
 * own. */
static guint
footer_start(const GArray *lines)
{
    for (guint i = 0; i < lines->len; i++) {
        const struct line *line = line_at(lines, i);
        if ((line_is_rule(line) && closes(lines, i + 1)) || leads_to_entry(lines, i))
            return i;
        if (line->body == line->text && body_is(line, "--") && !goes_on(lines, i + 1))
            return i;
        if (line_is_rule(line) && any_of(lines, i + 1, i + 8, appended))
            return i;
        if (any_of(lines, i, i + 1, sentences) ||
            ((begins_paragraph(lines, i) || i + 1 == lines->len) && form_is_notice(line)))
            return i;
    }
    return lines->len;
}

/* The bracket that closes a program's array is no value's either. */
guint
form_fields_end(const GArray *lines)
{
    guint end = footer_start(lines), last = end;
    while (last > 0 && (line_is_blank(line_at(lines, last - 1)) || body_is(line_at(lines, last - 1), ")") ||
                        body_is(line_at(lines, last - 1), "}")))
        last--;
    return last < end ? last : end;
}

static gboolean
stands_alone(const struct line *line, const struct label *label)
{
    return label->value == line->body + line->body_length;
}

static gboolean
is_known(const struct line *line, const char *mark, const struct form_map *map)
{
    struct label label;
    return find_label(line, mark, &label) && form_label_in(map, label.at, label.length) != LEAD_NONE;
}

static guint
known_labels(const GArray *lines, guint end, const char *mark, const struct form_map *map)
{
    guint known = 0;
    for (guint i = 0; i < end; i++)
        known += is_known(line_at(lines, i), mark, map);
    return known;
}

/* What parts label and value: nearly all have a colon. The first line that has a label tells; what is typed stands
 * below. */
static const char *
parting_mark(const GArray *lines, guint end, const struct form_map *map)
{
    static const char *const others[] = {"：", "=>", "->", "→", "=", "\t", "|", " - ", " – ", "  "};
    gboolean counted[G_N_ELEMENTS(others)] = {FALSE};
    for (guint i = 0; i < end; i++) {
        if (is_known(line_at(lines, i), ":", map))
            return ":";
        for (gsize j = 0; j < G_N_ELEMENTS(others); j++) {
            if (counted[j] || !is_known(line_at(lines, i), others[j], map))
                continue;
            if (known_labels(lines, end, others[j], map) >= 2)
                return others[j];
            counted[j] = TRUE;
        }
    }
    return ":";
}

/* Most labels stand alone: then the values are below them, and a colon inside of a line is somebody's. */
static gboolean
values_below(const GArray *lines, guint end)
{
    guint alone = 0, with_value = 0;
    struct label label;
    for (guint i = 0; i < end; i++) {
        gboolean apart = i == 0 || line_is_blank(line_at(lines, i - 1));
        if (!find_label(line_at(lines, i), ":", &label))
            continue;
        if (stands_alone(line_at(lines, i), &label))
            alone += apart && i + 1 < end;
        else
            with_value++;
    }
    return alone >= 2 && alone >= with_value;
}

struct reader {
    const struct form_map *map; /* NULL */
    GPtrArray *fields;
    struct label label; /* `at` NULL: none open */
    GString *value;
    enum lead_member member;
    guint seen;       /* bits of enum lead_member */
    const char *mark; /* that parts label and value */
    gboolean below;   /* the values stand below their labels */
    gboolean loose;   /* blank lines stand between the fields */
    gboolean to_end;  /* the open field goes on to the end, whatever stands in it */
    guint tail;       /* the line from where on the tool speaks of the mail: when it was sent, from which page */
};

static void
close_field(struct reader *r)
{
    if (r->label.at)
        form_fields_add(r->fields, r->label.at, r->label.length, r->value->str);
    r->label.at = NULL;
    g_string_truncate(r->value, 0);
}

static void
open_field(struct reader *r, const struct line *line, const struct label *label)
{
    close_field(r);
    r->label = *label;
    r->member = form_label_in(r->map, label->at, label->length);
    r->seen |= 1u << r->member;
    r->to_end = r->member == LEAD_MESSAGE && !r->below && stands_alone(line, label);
    g_string_append_len(r->value, label->value, line->body + line->body_length - label->value);
}

/* "You have a new message from your website:" names no field. */
static gboolean
is_title(const struct line *line, const struct label *label)
{
    enum { WORDS = 5 };
    return count_words(label->at, label->length) > WORDS &&
           (stands_alone(line, label) || form_label(label->at, label->length) == LEAD_NONE);
}

/* "Terms: accepted": a box that was ticked, not words. */
static gboolean
is_choice(const struct label *label, const struct line *line)
{
    static const char *const choices[] = {"true", "false", "yes",     "no",        "on",       "off", "ja",
                                          "nein", "nee",   "oui",     "non",       "tak",      "nie", "si",
                                          "sim",  "nao",   "checked", "unchecked", "accepted", NULL};
    struct folded folded;
    fold(&folded, label->value, (gsize)(line->body + line->body_length - label->value));
    return count_words(label->at, label->length) <= 4 && g_strv_contains(choices, folded.text);
}

static const char *const about_mail[] = {"date",
                                         "time",
                                         "timestamp",
                                         "ip",
                                         "remote ip",
                                         "user agent",
                                         "browser",
                                         "page",
                                         "referrer",
                                         "referer",
                                         "submitted",
                                         "submission date",
                                         "submission id",
                                         "submission time",
                                         "sent on",
                                         "sent at",
                                         "form name",
                                         "datum",
                                         "tijd",
                                         "verzonden",
                                         "verstuurd",
                                         "ingezonden",
                                         "pagina",
                                         "zeit",
                                         "uhrzeit",
                                         "gesendet",
                                         "eingereicht",
                                         "seite",
                                         "heure",
                                         "envoye",
                                         "soumis",
                                         "adresse ip",
                                         "ip-adres",
                                         "data",
                                         "godzina",
                                         "wyslano",
                                         "adres ip",
                                         "strona form",
                                         "fecha",
                                         "hora",
                                         "enviado",
                                         "direccion ip",
                                         "ora",
                                         "inviato",
                                         "indirizzo ip",
                                         "endereco ip",
                                         "tidpunkt",
                                         "skickat",
                                         "страница",
                                         "дата",
                                         "время",
                                         "ref",
                                         "reference",
                                         "referentie",
                                         "referenz",
                                         "entry id",
                                         "form id",
                                         "ticket",
                                         "utm source",
                                         "utm medium",
                                         "utm campaign",
                                         "source url",
                                         NULL};

/* "Submitted on: 3 May", "IP: …". */
static gboolean
is_about_mail(const struct line *line)
{
    struct label label;
    struct folded folded;
    if (!find_label(line, ":", &label) || stands_alone(line, &label))
        return FALSE;
    fold(&folded, label.at, label.length);
    gboolean about = g_str_has_suffix(folded.text, " url") && form_label(label.at, label.length) == LEAD_NONE;
    for (const char *const *start = about_mail; *start && !about; start++)
        about = g_str_has_prefix(folded.text, *start) && !g_ascii_isalpha(folded.text[strlen(*start)]);
    return about && count_words(label.at, label.length) <= 4;
}

static guint
tail_start(const GArray *lines, guint end)
{
    guint tail = end;
    for (guint i = end; i-- > 0;) {
        const struct line *line = line_at(lines, i);
        if (is_about_mail(line))
            tail = i;
        else if (!line_is_blank(line) && !line_is_rule(line))
            break;
    }
    return tail;
}

/* The long text under a label of its own ("Message Body:", Contact Form 7) is the last field where the others have
 * their values beside them. Does a field begin here? In the free text only a label that is known and was not there yet.
 */
static gboolean
begins_field(const struct reader *r, const GArray *lines, guint i, struct label *label)
{
    const struct line *line = line_at(lines, i);
    gboolean apart = i == 0 || line_is_blank(line_at(lines, i - 1));
    if ((r->to_end && i < r->tail) || !find_label(line, r->mark, label) ||
        (r->below && !(apart && stands_alone(line, label))))
        return FALSE;
    if (!r->label.at && r->fields->len == 0 && is_title(line, label))
        return FALSE;
    if (!r->label.at || r->member != LEAD_MESSAGE || i >= r->tail || is_choice(label, line))
        return TRUE;
    if (apart != (r->loose || r->below)) /* the tool parts its fields otherwise: somebody's paragraph */
        return FALSE;
    enum lead_member member = form_label_in(r->map, label->at, label->length);
    return member != LEAD_NONE && member != LEAD_MESSAGE && !(r->seen & (1u << member));
}

GPtrArray *
form_fields_from_text(const char *text, const struct form_map *map)
{
    g_autoptr(GArray) lines = lines_split(text);
    guint end = form_fields_end(lines);
    struct reader r = {.map = map, .fields = form_fields_new(), .value = g_string_new(NULL)};
    struct label label;
    r.mark = parting_mark(lines, end, map);
    r.tail = tail_start(lines, end);
    r.below = *r.mark == ':' && values_below(lines, end);
    for (guint i = 0; i < end; i++) {
        const struct line *line = line_at(lines, i);
        if (begins_field(&r, lines, i, &label)) {
            r.loose = r.label.at && line_is_blank(line_at(lines, i - 1));
            open_field(&r, line, &label);
        } else if (r.label.at) {
            g_string_append_c(r.value, '\n');
            g_string_append_len(r.value, line->text, (gssize)line->length);
        }
    }
    close_field(&r);
    g_string_free(r.value, TRUE);
    return r.fields;
}

/* ---- headings ---- */

/* How a text without colons sets its labels apart. All of a form's are set the same way. */
enum heading {
    HEADING_NONE,
    HEADING_FRAMED,    /* "--- Name ---", "## Name", "[Name]" */
    HEADING_RULED,     /* a rule below it */
    HEADING_NUMBERED,  /* "1. What is your name?" */
    HEADING_PARAGRAPH, /* first in its paragraph, known or a question */
    HEADING_LINE,      /* a line that is known */
};

static gboolean
is_worded(const struct label *label)
{
    return label->length && label->length <= FORM_LABEL_BYTES && !memchr(label->at, '@', label->length) &&
           !memchr(label->at, ':', label->length);
}

static gboolean
is_framed(const struct line *line, struct label *label)
{
    const char *p = line->body, *end = p + line->body_length;
    if (!strchr("-=*#[", *p) || (p[0] == '-' && p[1] == ' '))
        return FALSE;
    while (p < end && strchr("-=*#[ ", *p))
        p++;
    while (end > p && strchr("-=*#] ", end[-1]))
        end--;
    *label = (struct label){.at = p, .length = (gsize)(end - p)};
    return TRUE;
}

static gboolean
is_numbered(const struct line *line, struct label *label)
{
    const char *p = line->body, *end = p + line->body_length;
    while (p < end && g_ascii_isdigit(*p))
        p++;
    if (p == line->body || p - line->body > 2 || p + 2 >= end || !strchr(".)", *p) || p[1] != ' ')
        return FALSE;
    *label = (struct label){.at = p + 2, .length = (gsize)(end - p - 2)};
    return TRUE;
}

static enum heading
heading_of(const GArray *lines, guint i, guint end, const struct form_map *map, struct label *label)
{
    const struct line *line = line_at(lines, i);
    if (line->depth || line_is_blank(line) || line_is_rule(line) || i + 1 >= end)
        return HEADING_NONE;
    if (is_framed(line, label))
        return is_worded(label) ? HEADING_FRAMED : HEADING_NONE;
    if (is_numbered(line, label))
        return is_worded(label) ? HEADING_NUMBERED : HEADING_NONE;
    *label = (struct label){.at = line->body, .length = line->body_length};
    if (!is_worded(label))
        return HEADING_NONE;
    if (line_is_rule(line_at(lines, i + 1)))
        return HEADING_RULED;
    gboolean apart = i == 0 || line_is_blank(line_at(lines, i - 1)), bare = line_is_blank(line_at(lines, i + 1));
    gboolean known = form_label_in(map, label->at, label->length) != LEAD_NONE;
    if (apart && !bare && (known || label->at[label->length - 1] == '?'))
        return HEADING_PARAGRAPH;
    return known && label->length <= FORM_LABEL_BYTES / 3 ? HEADING_LINE : HEADING_NONE;
}

/* The way that most labels are set which are known. Lines that are known and nothing else are believed last. */
static enum heading
style_of(const GArray *lines, guint end, const struct form_map *map)
{
    guint known[HEADING_LINE + 1] = {0};
    struct label label;
    for (guint i = 0; i < end; i++) {
        enum heading heading = heading_of(lines, i, end, map, &label);
        if (heading != HEADING_NONE && form_label_in(map, label.at, label.length) != LEAD_NONE)
            known[heading]++;
    }
    enum heading best = HEADING_FRAMED;
    for (enum heading heading = HEADING_FRAMED; heading < HEADING_LINE; heading++)
        if (known[heading] > known[best])
            best = heading;
    return known[best] < 2 && known[best] + known[HEADING_LINE] >= 3 ? HEADING_LINE : best;
}

/* A few words first in a paragraph that is no sentence, between labels that are known: "Company", "Acme". */
static gboolean
looks_like_heading(const GArray *lines, guint i, guint end, struct label *label)
{
    enum { FEW = 4 };
    const struct line *line = line_at(lines, i);
    if (line->depth || line_is_blank(line) || !line_is_blank(line_at(lines, i - 1)) || i + 1 >= end ||
        line_is_blank(line_at(lines, i + 1)) || strchr(".,!:;", line->body[line->body_length - 1]))
        return FALSE;
    *label = (struct label){.at = line->body, .length = line->body_length};
    return is_worded(label) && count_words(label->at, label->length) <= FEW;
}

GPtrArray *
form_fields_from_questions(const char *text, const struct form_map *map)
{
    g_autoptr(GArray) lines = lines_split(text);
    guint end = form_fields_end(lines);
    enum heading style = style_of(lines, end, map);
    struct reader r = {.map = map, .fields = form_fields_new(), .value = g_string_new(NULL)};
    struct label label;
    for (guint i = 0; i < end; i++) {
        const struct line *line = line_at(lines, i);
        enum heading heading = heading_of(lines, i, end, map, &label);
        if (heading == HEADING_NONE && style == HEADING_PARAGRAPH && r.label.at && r.member != LEAD_MESSAGE &&
            looks_like_heading(lines, i, end, &label))
            heading = style;
        if (heading == style || (style == HEADING_LINE && heading == HEADING_PARAGRAPH)) {
            close_field(&r);
            r.label = label;
            r.member = form_label_in(map, label.at, label.length);
            i += heading == HEADING_RULED;
        } else if (r.label.at) {
            g_string_append_len(r.value, line->text, (gssize)line->length);
            g_string_append_c(r.value, '\n');
        }
    }
    close_field(&r);
    g_string_free(r.value, TRUE);
    return r.fields;
}

gboolean
form_text_has_headings(const char *text, const struct form_map *map)
{
    g_autoptr(GArray) lines = lines_split(text);
    guint end = form_fields_end(lines);
    const char *mark = parting_mark(lines, end, map);
    struct label label;
    for (guint i = 0; i < end; i++) {
        if (is_known(line_at(lines, i), mark, map))
            return FALSE;
        if (heading_of(lines, i, end, map, &label) != HEADING_NONE &&
            form_label_in(map, label.at, label.length) != LEAD_NONE)
            return TRUE;
    }
    return FALSE;
}
