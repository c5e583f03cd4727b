/*
 * Where somebody's words end and what is appended to every mail begins: signatures behind `-- `, "Sent from my …",
 * names behind closings, list footers, confidentiality notices, adverts of virus scanners.
 */
#ifndef POSTERN_MIME_SIGNATURE_H
#define POSTERN_MIME_SIGNATURE_H

#include "mime/fold.h"
#include "mime/lines.h"

/* What else the mail tells. */
struct signature_hints {
    const struct folded *name; /* the sender's, for telling a name from words; "" if unknown */
    const char *address;       /* likewise */
    gboolean quoted;           /* the answered mail stands below, so that what is above it is new */
};

/* The first line of the signature that ends the new words in [from, to), or `to`. `*rule` says why (static). */
guint signature_start(const GArray *lines, guint from, guint to, const struct signature_hints *hints,
                      const char **rule);

/* The first line in [from, to) that begins a postscript ("PS: …"), or `to`: below a signature somebody goes on. */
guint signature_postscript(const GArray *lines, guint from, guint to);

/* Behind a gateway's warning of mail from outside that begins at line `i`, or `i` where none does. */
guint signature_banner(const GArray *lines, guint i, guint to);

/* "Sent from my iPhone" and its kin. */
gboolean is_mobile_line(const struct line *line);

#endif
