/* The key of "the same mail again": mail_fingerprint() of mime/read.h. */
#include <string.h>

#include "lib/sha256.h"
#include "mime/read.h"

struct lines {
    const char *p, *end;
};

/* One line without its end, which may be LF, CRLF or CR CR LF. FALSE at the end. */
static gboolean
next_line(struct lines *l, const char **line, gsize *n)
{
    if (l->p >= l->end) {
        return FALSE;
    }
    const char *lf = memchr(l->p, '\n', (gsize)(l->end - l->p));
    *line = l->p;
    *n = (gsize)((lf != NULL ? lf : l->end) - l->p);
    l->p = lf != NULL ? lf + 1 : l->end;
    while (*n > 0 && (*line)[*n - 1] == '\r') {
        (*n)--;
    }
    return TRUE;
}

static gboolean
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static gboolean
counts(const char *name, gsize n)
{
    static const char *const names[] = {"date", "from", "to", "cc", "subject", "message-id", "mime-version"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strlen(names[i]) == n && g_ascii_strncasecmp(name, names[i], n) == 0) {
            return TRUE;
        }
    }
    return n > 8 && g_ascii_strncasecmp(name, "content-", 8) == 0;
}

/* Runs of blanks are one, at the ends none: folding differs between the ways in. */
static void
put_words(GString *out, const char *p, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        if (!is_blank(p[i])) {
            g_string_append_c(out, p[i]);
        } else if (out->len > 0 && out->str[out->len - 1] != ' ' && out->str[out->len - 1] != '\n') {
            g_string_append_c(out, ' ');
        }
    }
}

static void
end_field(GString *out)
{
    while (out->len > 0 && out->str[out->len - 1] == ' ') {
        g_string_truncate(out, out->len - 1);
    }
    if (out->len > 0 && out->str[out->len - 1] != '\n') {
        g_string_append_c(out, '\n');
    }
}

static void
add_headers(struct sha256 *sha, struct lines *l)
{
    g_autoptr(GString) out = g_string_sized_new(1024);
    gboolean keep = FALSE;
    const char *line;
    gsize n;
    const char *start = l->p;
    while (next_line(l, &line, &n) && (n > 0 || line == start)) {
        if (n > 0 && is_blank(line[0])) {
            if (keep) {
                put_words(out, line, n);
            }
            continue;
        }
        end_field(out);
        const char *colon = memchr(line, ':', n);
        gsize name = colon != NULL ? (gsize)(colon - line) : 0;
        while (name > 0 && is_blank(line[name - 1])) {
            name--;
        }
        keep = name > 0 && counts(line, name);
        if (keep) {
            g_autofree char *lower = g_ascii_strdown(line, (gssize)name);
            g_string_append(out, lower);
            g_string_append_c(out, ':');
            g_string_append_c(out, ' ');
            put_words(out, colon + 1, n - (gsize)(colon + 1 - line));
        }
    }
    end_field(out);
    sha256_update(sha, out->str, out->len + 1);
}

/* Blank lines at the end do not count: every hop may add or lose one. */
static void
add_body(struct sha256 *sha, struct lines *l)
{
    const char *line;
    gsize n, blank = 0;
    while (next_line(l, &line, &n)) {
        if (n == 0) {
            blank++;
            continue;
        }
        for (; blank > 0; blank--) {
            sha256_update(sha, "\n", 1);
        }
        sha256_update(sha, line, n);
        sha256_update(sha, "\n", 1);
    }
}

static void
add_sender(struct sha256 *sha, const char *sender)
{
    g_autofree char *s = g_strdup(sender != NULL ? sender : "");
    gsize n = strlen(s);
    gboolean bracketed = n >= 2 && s[0] == '<' && s[n - 1] == '>';
    g_autofree char *bare = bracketed ? g_strndup(s + 1, n - 2) : g_strdup(s);
    char *at = strrchr(bare, '@');
    for (char *c = at; c != NULL && *c != '\0'; c++) {
        *c = g_ascii_tolower(*c);
    }
    sha256_update(sha, bare, strlen(bare) + 1);
}

void
mail_fingerprint(const char *envelope_sender, gconstpointer raw, gsize length, guint8 digest[32])
{
    struct sha256 sha;
    struct lines l = {.p = raw, .end = (const char *)raw + length};
    sha256_init(&sha);
    add_sender(&sha, envelope_sender);
    add_headers(&sha, &l);
    add_body(&sha, &l);
    sha256_final(&sha, digest);
}
