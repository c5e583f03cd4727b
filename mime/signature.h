/*
 * Where somebody's words end and what is appended to every mail begins: signatures behind `-- `, "Sent from my …",
 * names behind closings, list footers, confidentiality notices, adverts of virus scanners.
 */
#ifndef POSTERN_MIME_SIGNATURE_H
#define POSTERN_MIME_SIGNATURE_H

#include "mime/lines.h"

/* The first line of the signature that ends the new words in [from, to), or `to`. `name`: the sender's display name,
 * for telling a name from words ("" if unknown). `*rule` says why (static). */
guint signature_start(const GArray *lines, guint from, guint to, const char *name, const char **rule);

/* "Sent from my iPhone" and its kin. */
gboolean is_mobile_line(const struct line *line);

#endif
