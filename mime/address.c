#include "mime/address.h"

#include <string.h>

#include "mime/header.h"

/* One mailbox as it is read: the words outside of brackets, what stands in brackets, the last comment. */
struct mailbox {
    GString *words; /* quotes taken off */
    GString *bare;  /* the same with its quotes, where the address has no brackets */
    GString *angle;
    GString *comment;
    gboolean has_angle;
    gboolean after_name; /* the one before it, parted by a comma, was words alone */
    gboolean no_quotes;  /* for the rest of the list */
};

static void
mailbox_init(struct mailbox *m)
{
    m->words = g_string_new(NULL);
    m->bare = g_string_new(NULL);
    m->angle = g_string_new(NULL);
    m->comment = g_string_new(NULL);
    m->has_angle = m->after_name = m->no_quotes = FALSE;
}

static void
mailbox_reset(struct mailbox *m)
{
    g_string_truncate(m->words, 0);
    g_string_truncate(m->bare, 0);
    g_string_truncate(m->angle, 0);
    g_string_truncate(m->comment, 0);
    m->has_angle = FALSE;
    m->after_name = FALSE;
}

static void
mailbox_clear(struct mailbox *m)
{
    g_string_free(m->words, TRUE);
    g_string_free(m->bare, TRUE);
    g_string_free(m->angle, TRUE);
    g_string_free(m->comment, TRUE);
}

static gboolean
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Without blanks around '@' and '.', without a route ("@a,@b:") and a "mailto:". */
static char *
clean_address(const char *text)
{
    GString *s = g_string_new(NULL);
    if (*text == '@' && strchr(text, ':') != NULL) {
        text = strchr(text, ':') + 1;
    }
    text += strspn(text, " \t");
    if (g_ascii_strncasecmp(text, "mailto:", 7) == 0) {
        text += 7;
    }
    gboolean quoted = FALSE;
    for (; *text != '\0'; text++) {
        quoted ^= *text == '"';
        if (quoted || !is_blank(*text)) {
            g_string_append_c(s, *text);
        }
    }
    g_autofree char *raw = g_string_free(s, FALSE);
    return strstr(raw, "=?") != NULL ? header_words(raw) : header_utf8(raw);
}

static void
add(GPtrArray *list, char *name, char *address)
{
    if (list->len < ADDRESS_MAX && (*name != '\0' || *address != '\0')) {
        struct mail_address *a = g_new0(struct mail_address, 1);
        a->name = name;
        a->address = address;
        g_ptr_array_add(list, a);
    } else {
        g_free(name);
        g_free(address);
    }
}

static char *
name_of(const GString *words, const GString *comment)
{
    g_autofree char *name = header_words(words->str);
    if (*name != '\0') {
        return g_steal_pointer(&name);
    }
    return header_words(comment->str);
}

/* A name that is wholly quoted in ' is Outlook's doing. */
static char *
without_ticks(char *name)
{
    gsize n = strlen(name);
    if (n >= 2 && name[0] == '\'' && name[n - 1] == '\'') {
        memmove(name, name + 1, n - 2);
        name[n - 2] = '\0';
    }
    return g_strstrip(name);
}

/* No @ at all. Some programs encode the address along with the name. */
static void
finish_words(struct mailbox *m, GPtrArray *list)
{
    char *name = without_ticks(name_of(m->words, m->comment));
    char *angle = strchr(name, '<'), *close = angle != NULL ? strchr(angle, '>') : NULL;
    if (close == NULL || close[1] != '\0' || memchr(angle, '@', (gsize)(close - angle)) == NULL) {
        add(list, name, g_strdup(""));
        return;
    }
    g_autofree char *raw = g_strndup(angle + 1, (gsize)(close - angle - 1));
    *angle = '\0';
    add(list, without_ticks(name), clean_address(raw));
}

/* Blanks around the dots of a domain are old and allowed (RFC 5322 4.4). */
static const char *
domain_end(const char *p)
{
    for (;;) {
        p += strspn(p, " \t");
        p += strcspn(p, " \t");
        const char *next = p + strspn(p, " \t");
        if (*next == '\0' || (*next != '.' && p[-1] != '.')) {
            return p;
        }
    }
}

/* No brackets: the word that has the @ is the address and the others are the name. */
static void
finish_bare(struct mailbox *m, GPtrArray *list)
{
    const char *text = g_strstrip(m->bare->str);
    const char *at = strrchr(text, '@');
    if (at == NULL) {
        finish_words(m, list);
        return;
    }
    const char *from = at, *to = at + 1;
    while (from > text && is_blank(from[-1])) {
        from--;
    }
    gboolean quoted = FALSE;
    while (from > text && (quoted || !is_blank(from[-1]))) {
        from--;
        quoted ^= *from == '"';
    }
    to = domain_end(to);
    g_autofree char *raw = g_strndup(from, (gsize)(to - from));
    g_autoptr(GString) others = g_string_new_len(text, from - text);
    g_string_append(others, to);
    add(list, without_ticks(name_of(others, m->comment)), clean_address(raw));
}

/* "Lee, Ann <a@x>": the name before the comma was no mailbox of its own, for it has no address. */
static char *
joined_name(char *name, GPtrArray *list)
{
    const struct mail_address *before = list->pdata[list->len - 1];
    char *joined = g_strdup_printf("%s, %s", before->name, name);
    g_free(name);
    g_ptr_array_set_size(list, (int)list->len - 1);
    return joined;
}

static void
finish_angle(struct mailbox *m, GPtrArray *list)
{
    char *name = without_ticks(name_of(m->words, m->comment));
    if (m->after_name && list->len > 0 && *name != '\0') {
        name = joined_name(name, list);
    }
    add(list, name, clean_address(m->angle->str));
}

static void
finish(struct mailbox *m, GPtrArray *list)
{
    if (m->has_angle) {
        finish_angle(m, list);
    } else if (m->bare->len > 0 || m->comment->len > 0) {
        finish_bare(m, list);
    }
    mailbox_reset(m);
}

/* ---- scanning ---- */

static gboolean
quote_closes(const char *p)
{
    while (*p != '\0' && *p != '"') {
        p += *p == '\\' && p[1] != '\0' ? 2 : 1;
    }
    return *p == '"';
}

/* A quote that nobody closed is none, or it would swallow the address. No later one closes either then. */
static const char *
scan_quoted(const char *p, struct mailbox *m)
{
    m->no_quotes = m->no_quotes || !quote_closes(p + 1);
    if (m->no_quotes) {
        return p + 1;
    }
    g_string_append_c(m->bare, '"');
    for (p++; *p != '\0' && *p != '"'; p++) {
        if (*p == '\\' && p[1] != '\0') {
            g_string_append_c(m->bare, *p++);
        }
        g_string_append_c(m->words, *p);
        g_string_append_c(m->bare, *p);
    }
    g_string_append_c(m->bare, '"');
    return *p == '"' ? p + 1 : p;
}

static const char *
scan_comment(const char *p, struct mailbox *m)
{
    guint depth = 0;
    g_string_truncate(m->comment, 0);
    for (; *p != '\0'; p++) {
        if (*p == '\\' && p[1] != '\0') {
            p++;
        } else if (*p == '(' && depth++ == 0) {
            continue;
        } else if (*p == ')' && --depth == 0) {
            return p + 1;
        }
        g_string_append_c(m->comment, *p);
    }
    return p;
}

/* Up to '>'; a bracket that nobody closed ends at the comma, but for a route's. */
static const char *
scan_angle(const char *p, struct mailbox *m)
{
    g_string_truncate(m->angle, 0);
    m->has_angle = TRUE;
    p += strspn(p, "<");
    gboolean quoted = FALSE, route = *p == '@';
    for (; *p != '\0' && (quoted || *p != '>'); p++) {
        if (!quoted && ((*p == ',' && !route) || *p == '<')) {
            return p;
        }
        route = route && *p != ':';
        quoted ^= *p == '"';
        g_string_append_c(m->angle, *p);
    }
    return p + strspn(p, ">");
}

static const char *
scan_literal(const char *p, struct mailbox *m)
{
    gsize n = strcspn(p, "],;<");
    n += p[n] == ']';
    g_string_append_len(m->words, p, (gssize)n);
    g_string_append_len(m->bare, p, (gssize)n);
    return p + n;
}

/* ':' ends a group's name, unless it is within an address. */
static gboolean
is_group(const struct mailbox *m)
{
    return !m->has_angle && strchr(m->bare->str, '@') == NULL;
}

static const char *
scan_separator(const char *p, struct mailbox *m, GPtrArray *list)
{
    gboolean words = !m->has_angle && m->comment->len == 0 && m->words->len > 0 && strchr(m->bare->str, '@') == NULL;
    guint before = list->len;
    finish(m, list);
    m->after_name = *p == ',' && words && list->len == before + 1;
    return p + 1;
}

static const char *
scan_one(const char *p, struct mailbox *m, GPtrArray *list)
{
    switch (*p) {
    case '"':
        return scan_quoted(p, m);
    case '(':
        return scan_comment(p, m);
    case '<':
        return scan_angle(p, m);
    case '[':
        return scan_literal(p, m);
    case ',':
    case ';':
        return scan_separator(p, m, list);
    default:
        break;
    }
    if (*p == ':' && is_group(m)) {
        mailbox_reset(m);
        return p + 1;
    }
    gsize n = header_word_length(p); /* commas within an encoded word part nothing */
    if (n == 0)
        n = 1 + strcspn(p + 1, "\"(<[,;:=");
    g_string_append_len(m->words, p, (gssize)n);
    g_string_append_len(m->bare, p, (gssize)n);
    return p + n;
}

void
address_list_parse(const char *unfolded, GPtrArray *list)
{
    struct mailbox m;
    mailbox_init(&m);
    for (const char *p = unfolded; *p != '\0' && list->len < ADDRESS_MAX;) {
        p = scan_one(p, &m, list);
    }
    finish(&m, list);
    mailbox_clear(&m);
}
