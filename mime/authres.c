#include "config.h"

#include "mime/authres.h"

#include <string.h>

#define RESULTS 100
#define PROPERTIES 100

/* ---- records ---- */

static void
property_free(gpointer data)
{
    struct authres_property *property = data;
    g_free(property->type);
    g_free(property->name);
    g_free(property->value);
    g_free(property);
}

static void
result_free(gpointer data)
{
    struct authres_result *result = data;
    g_free(result->method);
    g_free(result->result);
    g_free(result->reason);
    g_ptr_array_unref(result->properties);
    g_free(result);
}

void
authres_free(struct authres *a)
{
    if (!a)
        return;
    g_free(a->id);
    g_ptr_array_unref(a->results);
    g_free(a);
}

/* ---- words ---- */

struct scan {
    const char *p;
    gboolean open; /* a comment does not end */
};

/* CFWS: blanks and comments, which nest and hold quoted pairs. FALSE: a comment does not end. */
static gboolean
skip_cfws(struct scan *s)
{
    guint depth = 0;
    for (; *s->p; s->p++) {
        if (*s->p == '\\' && depth && s->p[1])
            s->p++;
        else if (*s->p == '(')
            depth++;
        else if (*s->p == ')' && depth)
            depth--;
        else if (!depth && !strchr(" \t\r\n", *s->p))
            return TRUE;
    }
    s->open = depth > 0;
    return !s->open;
}

static char *
quoted_string(struct scan *s)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (s->p++; *s->p && *s->p != '"'; s->p++) {
        if (*s->p == '\\' && s->p[1])
            s->p++;
        g_string_append_c(text, *s->p);
    }
    if (*s->p != '"')
        return NULL;
    s->p++;
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* A token up to one of `stops`, a blank, a comment or the end. NULL: nothing there. */
static char *
token(struct scan *s, const char *stops)
{
    const char *start = s->p;
    while (*s->p && !strchr(" \t\r\n(;\"", *s->p) && !strchr(stops, *s->p))
        s->p++;
    return s->p > start ? g_strndup(start, (gsize)(s->p - start)) : NULL;
}

/* A token, or a quoted string. */
static char *
word(struct scan *s, const char *stops)
{
    return *s->p == '"' ? quoted_string(s) : token(s, stops);
}

/* Keywords: methods, results, properties. */
static char *
lower_word(struct scan *s, const char *stops)
{
    g_autofree char *text = token(s, stops);
    return text ? g_ascii_strdown(text, -1) : NULL;
}

static gboolean
take(struct scan *s, char c)
{
    if (!skip_cfws(s) || *s->p != c)
        return FALSE;
    s->p++;
    return skip_cfws(s);
}

/* pvalue: a value, or an address with a local part in quotes ("odd name"@example.com). */
static char *
property_value(struct scan *s)
{
    g_autoptr(GString) text = g_string_new(NULL);
    while (*s->p && !strchr(" \t\r\n(;", *s->p)) {
        g_autofree char *piece = word(s, "");
        if (!piece)
            return NULL;
        g_string_append(text, piece);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* ---- the grammar ---- */

/* "reason=…", "header.from=…"; Microsoft also writes "action=none", without a type. */
static gboolean
read_property(struct scan *s, struct authres_result *result)
{
    g_autofree char *first = lower_word(s, ".=");
    g_autofree char *second = NULL;
    if (!first || !skip_cfws(s))
        return FALSE;
    if (*s->p == '.') {
        s->p++;
        if (!skip_cfws(s) || !(second = lower_word(s, "=")))
            return FALSE;
    }
    if (!take(s, '='))
        return FALSE;
    char *value = property_value(s);
    if (!value)
        return FALSE;
    if (!second && strcmp(first, "reason") == 0) {
        g_free(result->reason);
        result->reason = value;
        return TRUE;
    }
    if (result->properties->len >= PROPERTIES) {
        g_free(value);
        return TRUE;
    }
    struct authres_property *property = g_new0(struct authres_property, 1);
    property->type = second ? g_steal_pointer(&first) : g_strdup("");
    property->name = second ? g_steal_pointer(&second) : g_steal_pointer(&first);
    property->value = value;
    g_ptr_array_add(result->properties, property);
    return TRUE;
}

/* "dkim/1 = pass" … up to the next semicolon. */
static gboolean
read_result(struct scan *s, struct authres *a)
{
    g_autofree char *method = lower_word(s, "=/");
    if (!method || !skip_cfws(s))
        return FALSE;
    if (*s->p == '/') {
        s->p++;
        g_autofree char *version = skip_cfws(s) ? word(s, "=") : NULL;
        if (!version)
            return FALSE;
    }
    if (!take(s, '='))
        return FALSE;
    g_autofree char *value = lower_word(s, "");
    if (!value || a->results->len >= RESULTS)
        return FALSE;
    struct authres_result *result = g_new0(struct authres_result, 1);
    result->method = g_steal_pointer(&method);
    result->result = g_steal_pointer(&value);
    result->reason = g_strdup("");
    result->properties = g_ptr_array_new_with_free_func(property_free);
    g_ptr_array_add(a->results, result);
    while (skip_cfws(s) && *s->p && *s->p != ';')
        if (!read_property(s, result))
            return FALSE;
    return !s->open;
}

static gboolean
read_none(struct scan *s)
{
    struct scan ahead = *s;
    g_autofree char *none = lower_word(&ahead, "=/");
    if (!none || strcmp(none, "none") != 0 || !skip_cfws(&ahead) || *ahead.p)
        return FALSE;
    *s = ahead;
    return TRUE;
}

static gboolean
read_all(struct scan *s, struct authres *a)
{
    if (!skip_cfws(s) || !(a->id = word(s, "=")) || !*a->id || !skip_cfws(s))
        return FALSE;
    if (g_ascii_isdigit(*s->p)) { /* the version */
        g_autofree char *version = word(s, "=");
        if (!version || !skip_cfws(s))
            return FALSE;
    }
    if (*s->p == '\0') /* no results: against the grammar, and harmless */
        return TRUE;
    while (*s->p == ';') {
        s->p++;
        if (!skip_cfws(s))
            return FALSE;
        if (*s->p == '\0' || read_none(s)) /* a last semicolon */
            break;
        if (!read_result(s, a))
            return FALSE;
    }
    return *s->p == '\0' && !s->open;
}

struct authres *
authres_parse(const char *body)
{
    struct scan s = {.p = body};
    g_autoptr(authres) a = g_new0(struct authres, 1);
    a->results = g_ptr_array_new_with_free_func(result_free);
    return read_all(&s, a) ? g_steal_pointer(&a) : NULL;
}

const char *
authres_property(const struct authres_result *result, const char *type, const char *name)
{
    for (guint i = 0; i < result->properties->len; i++) {
        const struct authres_property *property = g_ptr_array_index(result->properties, i);
        if (strcmp(property->type, type) == 0 && strcmp(property->name, name) == 0)
            return property->value;
    }
    return NULL;
}

/* ---- who is believed ---- */

typedef gboolean (*result_fn)(const struct authres_result *result, gconstpointer arg);

/* The first result of `method` that `wanted` takes, in the filter's headers from the top. */
static gboolean
find_result(const struct mail *m, const char *authserv_id, const char *method, result_fn wanted, gconstpointer arg)
{
    guint received = 0;
    for (guint i = 0; i < m->headers->len; i++) {
        const struct mail_header *header = g_ptr_array_index(m->headers, i);
        received += g_ascii_strcasecmp(header->name, "Received") == 0;
        if (received >= 2)
            return FALSE;
        if (g_ascii_strcasecmp(header->name, "Authentication-Results") != 0)
            continue;
        g_autoptr(authres) a = authres_parse(header->raw);
        if (!a || g_ascii_strcasecmp(a->id, authserv_id) != 0)
            continue;
        for (guint j = 0; j < a->results->len; j++) {
            const struct authres_result *result = g_ptr_array_index(a->results, j);
            if (strcmp(result->method, method) == 0 && wanted(result, arg))
                return TRUE;
        }
    }
    return FALSE;
}

struct dmarc {
    const char *domain; /* of From */
    enum authres_verdict verdict;
};

/* Always taken: the topmost is the verdict, whatever it says. */
static gboolean
take_dmarc(const struct authres_result *result, gconstpointer arg)
{
    struct dmarc *dmarc = (struct dmarc *)arg;
    const char *from = authres_property(result, "header", "from");
    const char *domain = from && strrchr(from, '@') ? strrchr(from, '@') + 1 : from;
    if (strcmp(result->result, "fail") == 0)
        dmarc->verdict = AUTHRES_FAIL;
    else if (strcmp(result->result, "pass") == 0 && (!domain || g_ascii_strcasecmp(domain, dmarc->domain) == 0))
        dmarc->verdict = AUTHRES_PASS;
    return TRUE;
}

enum authres_verdict
authres_dmarc(const struct mail *m, const char *authserv_id)
{
    const struct mail_address *author = mail_author(m);
    const char *at = author ? strrchr(author->address, '@') : NULL;
    if (!authserv_id || !*authserv_id || !at ||
        m->from->len != 1) /* several authors: nobody can vouch for them together */
        return AUTHRES_NONE;
    struct dmarc dmarc = {at + 1, AUTHRES_NONE};
    find_result(m, authserv_id, "dmarc", take_dmarc, &dmarc);
    return dmarc.verdict;
}

static gboolean
take_dkim(const struct authres_result *result, gconstpointer arg)
{
    const char *domain = arg;
    const char *signer = authres_property(result, "header", "d");
    const char *identity = authres_property(result, "header", "i");
    if (!signer && identity && strrchr(identity, '@'))
        signer = strrchr(identity, '@') + 1;
    gsize length = signer ? strlen(signer) : 0, whole = strlen(domain);
    if (strcmp(result->result, "pass") != 0 || length == 0 || length > whole || !strchr(signer, '.'))
        return FALSE;
    return g_ascii_strcasecmp(domain + whole - length, signer) == 0 &&
           (length == whole || domain[whole - length - 1] == '.');
}

gboolean
authres_dkim(const struct mail *m, const char *authserv_id, const char *domain)
{
    return authserv_id && *authserv_id && find_result(m, authserv_id, "dkim", take_dkim, domain);
}
