#include "mime/flowed.h"

#include <string.h>

struct paragraph {
    GString *out;
    guint depth;    /* quote depth of the line that is being joined */
    gboolean flows; /* it ended in a soft line end */
};

static void
put_marks(GString *out, guint depth)
{
    for (guint i = 0; i < depth; i++) {
        g_string_append_c(out, '>');
    }
    if (depth > 0) {
        g_string_append_c(out, ' ');
    }
}

/* RFC 3676 4.5: the signature separator never flows, though it ends in a blank. */
static gboolean
is_signature_separator(const char *line, gsize n)
{
    return n == 3 && memcmp(line, "-- ", 3) == 0;
}

static void
put_line(struct paragraph *p, const char *line, gsize n, gboolean delsp)
{
    guint depth = 0;
    while (depth < n && line[depth] == '>') {
        depth++;
    }
    line += depth;
    n -= depth;
    if (n > 0 && line[0] == ' ') {
        line++;
        n--;
    }
    gboolean separator = is_signature_separator(line, n);
    gboolean soft = n > 0 && line[n - 1] == ' ' && !separator;
    gboolean joins = p->flows && p->depth == depth && !separator;
    if (p->flows && !joins) {
        g_string_append_c(p->out, '\n'); /* a soft line end before another depth is a hard one (4.5) */
    }
    if (!joins) {
        put_marks(p->out, depth);
    }
    g_string_append_len(p->out, line, (gssize)(soft && delsp ? n - 1 : n));
    if (!soft) {
        g_string_append_c(p->out, '\n');
    }
    p->depth = depth;
    p->flows = soft;
}

char *
flowed_join(const char *text, gboolean delsp)
{
    struct paragraph p = {.out = g_string_sized_new(strlen(text))};
    while (*text != '\0') {
        gsize n = strcspn(text, "\n");
        put_line(&p, text, n, delsp);
        text += n + (text[n] == '\n');
    }
    if (p.flows) {
        g_string_append_c(p.out, '\n');
    }
    return g_string_free(p.out, FALSE);
}
