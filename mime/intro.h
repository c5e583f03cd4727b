/*
 * What introduces a quoted mail: an attribution line ("On Monday Bob wrote:"), a header block (From, Sent, To, Subject
 * as Outlook writes them), a separator ("-----Original Message-----"), in whatever language the client speaks.
 *
 * Linear scanners over lines: each question looks at a bounded number of lines and bytes.
 */
#ifndef POSTERN_MIME_INTRO_H
#define POSTERN_MIME_INTRO_H

#include "mime/lines.h"
#include "mime/phrases.h"

enum intro_kind {
    INTRO_NONE,
    INTRO_ATTRIBUTION,
    INTRO_HEADERS,  /* a header block without separator */
    INTRO_ORIGINAL, /* separator of an answered mail, with the header block below it if there is one */
    INTRO_FORWARD,  /* separator of a forwarded mail, likewise */
};

struct intro {
    enum intro_kind kind;
    guint from, to;  /* lines */
    gsize column;    /* where it begins in the first line, when somebody's words share the line; else 0 */
    gboolean strong; /* certain even if what follows bears no quote marks */
};

/* Is there an introduction that begins at line `i`, or an attribution that ends there (then `from` may be above `i`,
 * but not above `top`)? Lines are taken at the depth that line `i` has. */
gboolean intro_at(const GArray *lines, guint top, guint i, guint end, struct intro *intro);
/* The same without attributions, which cost most: separators and header blocks alone. */
gboolean intro_block_at(const GArray *lines, guint i, guint end, struct intro *intro);

/* The headers of the quoted mail behind an introduction, as written; for `mime/forward`. */
struct quoted_headers {
    GString *values[LABEL_OTHER + 1]; /* by enum mail_label; NULL: not there */
    guint from, to;                   /* lines of the block */
    guint count;
};
gboolean quoted_headers_read(const GArray *lines, guint i, guint end, gboolean after_separator,
                             struct quoted_headers *headers);
/* The same from one line that holds them all (Yahoo), after a separator's words. */
gboolean quoted_headers_inline(const struct line *line, gsize from, struct quoted_headers *headers);
void quoted_headers_clear(struct quoted_headers *headers);

/* Where a separator's own words end in its line, in bytes of the body: the headers may stand behind them. */
gsize separator_end(const struct line *line);

#endif
