#include "config.h"

#include "mime/forward.h"

#include "mime/fold.h"
#include "mime/intro.h"
#include "mime/lines.h"
#include "mime/phrases.h"
#include "mime/subject.h"

#include <string.h>

void
forward_free(struct forward *f)
{
    if (!f)
        return;
    g_free(f->message);
    mail_address_free(f->from);
    g_ptr_array_unref(f->to);
    g_ptr_array_unref(f->cc);
    g_free(f->subject);
    g_free(f->date);
    g_free(f->body);
    g_free(f);
}

/* ---- addresses as clients write them into a header block ---- */

struct entry {
    GString *name;
    char *address;
    gboolean done; /* what follows up to the separator is no name */
};

/* Inside of brackets: `bob@example.com`, `mailto:bob@example.com`, `bob@example.com<mailto:bob@example.com`. */
static char *
bracket_address(const char *p, const char *end)
{
    if (end - p > 7 && g_ascii_strncasecmp(p, "mailto:", 7) == 0)
        p += 7;
    const char *stop = p;
    while (stop < end && !strchr("<>[]() ", *stop))
        stop++;
    if (!memchr(p, '@', (gsize)(stop - p)))
        return NULL;
    return g_strndup(p, (gsize)(stop - p));
}

#define BRACKET_BYTES 400 /* nobody's address is longer; bounds the look ahead */

/* The bracket that closes the one at `p`, nested ones aside; or where looking stops. */
static const char *
closing_bracket(const char *p, const char *end)
{
    end = end - p > BRACKET_BYTES ? p + BRACKET_BYTES : end;
    const char open = *p, close = open == '<' ? '>' : (open == '[' ? ']' : ')');
    guint depth = 0;
    for (; p < end; p++) {
        depth += *p == open;
        if (*p == close && --depth == 0)
            return p;
    }
    return end;
}

static void
strip_name(GString *name)
{
    static const char around[] = " \t\"'*_";
    while (name->len && strchr(around, name->str[name->len - 1]))
        g_string_truncate(name, name->len - 1);
    gsize lead = strspn(name->str, around);
    g_string_erase(name, 0, (gssize)lead);
}

/* A bare address among words: the word with the `@` in it. */
static char *
take_bare(GString *name)
{
    char *at = strchr(name->str, '@');
    if (!at)
        return NULL;
    const char *p = at, *q = at;
    while (p > name->str && !strchr(" \t\"'<>", p[-1]))
        p--;
    q += strcspn(q, " \t\"'<>");
    if (g_ascii_strncasecmp(p, "mailto:", 7) == 0)
        p += 7;
    char *address = g_strndup(p, (gsize)(q - p));
    g_string_truncate(name, (gsize)(p - name->str));
    return address;
}

static void
finish_entry(struct entry *entry, GPtrArray *list)
{
    strip_name(entry->name);
    if (!entry->address)
        entry->address = take_bare(entry->name);
    strip_name(entry->name);
    if (entry->address && g_ascii_strcasecmp(entry->name->str, entry->address) == 0)
        g_string_truncate(entry->name, 0);
    if (entry->address || entry->name->len)
        g_ptr_array_add(list, mail_address_new(entry->name->str, entry->address ? entry->address : ""));
    g_clear_pointer(&entry->address, g_free);
    g_string_truncate(entry->name, 0);
    entry->done = FALSE;
}

/* A bracket with an address in it. A second one overrides the first only if no words stand between ("Bob<mailto:…>
 * <bob@…>", but not "… on behalf of desk@example.com<mailto:…>"). */
static const char *
take_bracket(struct entry *entry, const char *p, const char *end)
{
    const char *close = closing_bracket(p, end);
    g_autofree char *address = bracket_address(p + 1, close);
    if (address && (!entry->address || !entry->done)) {
        g_free(entry->address);
        entry->address = g_steal_pointer(&address);
    }
    return close < end ? close + 1 : end;
}

static const char *
take_quoted(struct entry *entry, const char *p, const char *end)
{
    const char *close = memchr(p + 1, '"', (gsize)(end - p - 1));
    if (!close)
        return p + 1;
    if (!entry->address)
        g_string_append_len(entry->name, p + 1, close - p - 1);
    return close + 1;
}

static gboolean
opens_bracket(const char *p, const char *end)
{
    if (*p != '(')
        return *p == '<' || *p == '[';
    for (const char *close = closing_bracket(p, end); p < close; p++)
        if (*p == '@')
            return TRUE;
    return FALSE;
}

/* A comma parts addresses; without an address before it, it stands in a name ("Doe, John <john@…>"). */
static gboolean
is_separator(const struct entry *entry, char c)
{
    return c == ';' || (c == ',' && (entry->address || strchr(entry->name->str, '@')));
}

static void
parse_addresses(const char *text, GPtrArray *list)
{
    struct entry entry = {.name = g_string_new(NULL)};
    const char *end = text + strlen(text);
    for (const char *p = text; p < end && list->len < 1000;) {
        if (opens_bracket(p, end)) {
            p = take_bracket(&entry, p, end);
            continue;
        }
        if (*p == '"') {
            p = take_quoted(&entry, p, end);
            continue;
        }
        if (is_separator(&entry, *p)) {
            finish_entry(&entry, list);
        } else if (!entry.address) {
            g_string_append_c(entry.name, *p);
        } else if (*p != ' ' && *p != '>' && *p != '\'' && *p != '"') {
            entry.done = TRUE;
        }
        p++;
    }
    finish_entry(&entry, list);
    g_string_free(entry.name, TRUE);
}

static struct mail_address *
parse_one(const char *text)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)mail_address_free);
    parse_addresses(text, list);
    if (list->len == 0)
        return mail_address_new("", "");
    const struct mail_address *first = g_ptr_array_index(list, 0);
    return mail_address_new(first->name, first->address);
}

/* ---- the writer in an attribution line ---- */

/* Pairs of quote marks around names. */
static const char *const quote_marks[][2] = {
    {"\"", "\""},
    {"\xc2\xab", "\xc2\xbb"},         /* « » */
    {"\xe2\x80\x9e", "\xe2\x80\x9d"}, /* „ ” */
    {"\xe2\x80\x9e", "\xe2\x80\x9c"}, /* „ “ */
    {"\xe2\x80\x9c", "\xe2\x80\x9d"}, /* “ ” */
};

static char *
quoted_name(const char *before)
{
    for (gsize i = 0; i < G_N_ELEMENTS(quote_marks); i++) {
        const char *open = strstr(before, quote_marks[i][0]);
        const char *name = open ? open + strlen(quote_marks[i][0]) : NULL;
        const char *close = name ? strstr(name, quote_marks[i][1]) : NULL;
        if (!close)
            continue;
        char *text = g_strndup(name, (gsize)(close - name));
        for (char *nbsp; (nbsp = strstr(text, "\xc2\xa0"));)
            nbsp[0] = nbsp[1] = ' ';
        return g_strstrip(text);
    }
    return NULL;
}

/* Words between the time and the name: verbs, halves of a day, "user" in languages that say it. */
static gboolean
is_before_name(const char *folded)
{
    static const char *const words[] = {
        "heeft",      "hat",        "am",       "pm",         "a.m.",     "p.m.",       "uhr",        "пользователь",
        "користувач", "потребител", "корисник", "uzytkownik", "uzivatel", "odesilatel", "pouzivatel", "odosielatel",
        "korisnik",   "oseba",      "je",       "lietotajs",  "kayttaja", "o",          "χρηστης",    "kontakt",
        "from",       "от",         "від",      "fra",        "von",      "de",         "vom",        "from:",
        "-",          ","};
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        if (strcmp(folded, words[i]) == 0)
            return TRUE;
    return phrase_is(PHRASE_VERB, folded);
}

/* The name before the address: what is quoted, or what stands behind date, time and verb. */
static char *
attributed_name(const char *line, const char *bracket)
{
    g_autofree char *before = g_strndup(line, (gsize)(bracket - line));
    char *quoted = quoted_name(before);
    if (quoted)
        return quoted;
    gsize start = strlen(before);
    while (start > 0 && !g_ascii_isdigit(before[start - 1]) && before[start - 1] != ',')
        start--;
    const char *name = before + start;
    for (const char *word = name; *word;) {
        word += strspn(word, " ");
        gsize bytes = strcspn(word, " ");
        struct folded folded;
        fold(&folded, word, bytes);
        if (!is_before_name(folded.text))
            break;
        name = word += bytes;
    }
    return g_strstrip(g_strdup(name));
}

static void
read_attribution(struct forward *f, const GArray *lines, const struct intro *intro, const char *subject)
{
    g_autoptr(GString) joined = g_string_new(NULL);
    for (guint i = intro->from; i < intro->to; i++) {
        if (joined->len)
            g_string_append_c(joined, ' ');
        g_string_append_len(joined, line_at(lines, i)->body, (gssize)line_at(lines, i)->body_length);
    }
    const char *at = strchr(joined->str, '@');
    const char *bracket = at;
    while (bracket && bracket > joined->str && !strchr("<([ ", bracket[-1]))
        bracket--;
    g_autofree char *address = bracket ? bracket_address(bracket, joined->str + joined->len) : NULL;
    while (bracket && bracket > joined->str && strchr("<([ ", bracket[-1]))
        bracket--;
    g_autofree char *name = attributed_name(joined->str, bracket ? bracket : joined->str + joined->len);
    f->from = mail_address_new(name, address ? address : "");
    f->subject = g_strdup(subject_base(subject));
    f->date = g_strdup("");
}

/* ---- the mail ---- */

static char *
value_of(const struct quoted_headers *headers, enum mail_label label)
{
    return g_strdup(headers->values[label] ? headers->values[label]->str : "");
}

static void
read_headers(struct forward *f, const struct quoted_headers *headers)
{
    f->from = parse_one(headers->values[LABEL_FROM] ? headers->values[LABEL_FROM]->str : "");
    if (headers->values[LABEL_TO])
        parse_addresses(headers->values[LABEL_TO]->str, f->to);
    if (headers->values[LABEL_CC])
        parse_addresses(headers->values[LABEL_CC]->str, f->cc);
    f->subject = value_of(headers, LABEL_SUBJECT);
    f->date = value_of(headers, LABEL_DATE);
}

/* The first thing in the lines up to `end` that introduces another mail, at any depth of quoting. */
static gboolean
first_intro(const GArray *lines, guint end, struct intro *intro)
{
    guint top = 0;
    for (guint i = 0; i < end; i++) {
        if (i > 0 && line_at(lines, i)->depth != line_at(lines, i - 1)->depth && !line_is_blank(line_at(lines, i - 1)))
            top = i;
        if (intro_at(lines, top, i, lines->len, intro))
            return TRUE;
    }
    return FALSE;
}

/* "VS:" sends on in Danish and Norwegian (videresend) and answers in Finnish (vastaus). */
static enum subject_kind
kind_of(const struct mail *m)
{
    enum subject_kind kind = subject_kind(m->subject);
    if (kind == SUBJECT_REPLY && g_ascii_strncasecmp(m->subject + strspn(m->subject, " "), "vs:", 3) == 0 &&
        !strstr(m->text, "Aihe") && !strstr(m->text, "kirjoitti"))
        return SUBJECT_NEW;
    return kind;
}

static gboolean
is_forward(const struct intro *intro, enum subject_kind subject)
{
    switch (intro->kind) {
    case INTRO_FORWARD:
        return TRUE;
    case INTRO_HEADERS:
    case INTRO_ORIGINAL:
        return subject != SUBJECT_REPLY;
    case INTRO_ATTRIBUTION:
        return subject == SUBJECT_FORWARD;
    default:
        return FALSE;
    }
}

/* A line without `depth` quote marks; one that lost its marks on the way stays as it is. */
static void
put_unquoted(GString *out, const struct line *line, guint depth)
{
    const char *p = line->text, *end = p + line->length;
    for (guint i = 0; i < depth && i < line->depth; i++) {
        while (p < end && *p != '>')
            p++;
        p++;
        if (p < end && *p == ' ')
            p++;
    }
    if (p < end)
        g_string_append_len(out, p, end - p);
    g_string_append_c(out, '\n');
}

static guint
common_depth(const GArray *lines, guint from, guint depth)
{
    if (depth)
        return depth;
    for (guint i = from; i < lines->len; i++)
        if (!line_is_blank(line_at(lines, i)) && !line_at(lines, i)->depth)
            return i > from && line_at(lines, lines_skip_blank(lines, from, lines->len))->depth ? 1 : 0;
    return 1;
}

static char *
trimmed(GString *text)
{
    while (text->len && strchr(" \t\r\n", text->str[text->len - 1]))
        g_string_truncate(text, text->len - 1);
    gsize lead = strspn(text->str, "\r\n");
    g_string_erase(text, 0, (gssize)lead);
    return g_string_free(text, FALSE);
}

/* "----- End forwarded message -----", or what is left of it: a rule. */
static gboolean
ends_forward(const struct line *line)
{
    static const char *const words[] = {"end", "ende", "fin", "fine", "konec", "koniec", "конец", "кінець"};
    struct folded folded;
    if (line->depth || line->body_length < 20 || line->body_length > 120 || *line->body != '-' ||
        line->body[line->body_length - 1] != '-')
        return FALSE;
    if (line_is_rule(line))
        return TRUE;
    fold(&folded, line->body, line->body_length);
    const char *text = folded.text + strspn(folded.text, "- ");
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_str_has_prefix(text, words[i]) && text[strlen(words[i])] == ' ')
            return TRUE;
    return FALSE;
}

static char *
read_body(const GArray *lines, guint from, guint depth)
{
    GString *body = g_string_new(NULL);
    guint to = lines->len;
    while (to > from && line_is_blank(line_at(lines, to - 1)))
        to--;
    if (to > from && ends_forward(line_at(lines, to - 1)))
        to--;
    depth = common_depth(lines, from, depth);
    for (guint i = from; i < to; i++)
        put_unquoted(body, line_at(lines, i), depth);
    return trimmed(body);
}

static char *
read_message(const GArray *lines, guint to)
{
    GString *message = g_string_new(NULL);
    while (to > 0 && (line_is_blank(line_at(lines, to - 1)) || line_is_rule(line_at(lines, to - 1))))
        to--;
    lines_append(message, lines, 0, to);
    return trimmed(message);
}

/* Zoho puts the separator's line below the headers again. */
static guint
behind_second(const GArray *lines, const struct intro *intro, guint to)
{
    const struct line *line = line_at(lines, intro->from);
    guint next = lines_skip_blank(lines, to, lines->len);
    if (intro->kind != INTRO_FORWARD || next == lines->len || next == intro->from)
        return to;
    const struct line *below = line_at(lines, next);
    gboolean same = line->body_length == below->body_length && !memcmp(line->body, below->body, line->body_length);
    return same ? next + 1 : to;
}

/* Headers below the separator, or in its own line. Returns the line behind them. */
static guint
read_intro(struct forward *f, const GArray *lines, const struct intro *intro, const char *subject, guint *depth)
{
    struct quoted_headers headers;
    guint i = intro->from;
    *depth = line_at(lines, i)->depth;
    if (intro->kind == INTRO_ATTRIBUTION) {
        read_attribution(f, lines, intro, subject);
        return intro->to;
    }
    if (intro->kind != INTRO_HEADERS)
        i = lines_skip_blank(lines, i + 1, lines->len);
    const struct line *first = line_at(lines, intro->from);
    if (intro->kind != INTRO_HEADERS && quoted_headers_inline(first, separator_end(first), &headers)) {
        headers.to = intro->from + 1;
    } else if (quoted_headers_read(lines, i, lines->len, intro->kind != INTRO_HEADERS, &headers)) {
        *depth = line_at(lines, i)->depth;
    } else {
        struct intro next;
        if (i < lines->len && intro_at(lines, i, i, lines->len, &next) && next.kind == INTRO_ATTRIBUTION) {
            read_attribution(f, lines, &next, subject); /* Yandex */
            return next.to;
        }
        headers = (struct quoted_headers){.to = intro->to};
    }
    read_headers(f, &headers);
    quoted_headers_clear(&headers);
    return behind_second(lines, intro, headers.to);
}

/* What begins the forwarded mail. An attribution does so only under a subject that says that it is one; under others it
 * is looked for only above what may begin one, for most mails have nothing of the kind. */
static gboolean
find_intro(const GArray *lines, enum subject_kind subject, struct intro *intro)
{
    struct intro before;
    if (subject == SUBJECT_FORWARD)
        return first_intro(lines, lines->len, intro) && is_forward(intro, subject);
    guint i = 0;
    while (i < lines->len && !intro_block_at(lines, i, lines->len, intro))
        i++;
    return i < lines->len && is_forward(intro, subject) && !first_intro(lines, i, &before);
}

struct forward *
forward_read(const struct mail *m)
{
    struct intro intro;
    g_autoptr(GArray) lines = lines_split(m->text);
    if (!find_intro(lines, kind_of(m), &intro))
        return NULL;
    struct forward *f = g_new0(struct forward, 1);
    f->to = g_ptr_array_new_with_free_func((GDestroyNotify)mail_address_free);
    f->cc = g_ptr_array_new_with_free_func((GDestroyNotify)mail_address_free);
    guint depth;
    guint body = read_intro(f, lines, &intro, m->subject, &depth);
    f->message = read_message(lines, intro.from);
    f->body = read_body(lines, body, depth);
    return f;
}
