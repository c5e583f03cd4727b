/*
 * Bytes in a named charset → UTF-8, with the fallbacks that mail needs: wrong labels, no label, broken bytes.
 */
#ifndef POSTERN_MIME_CHARSET_H
#define POSTERN_MIME_CHARSET_H

#include <glib.h>

/* Valid UTF-8 without NULs and without a byte order mark; never NULL, never fails. `label` NULL or "": guessed from the
 * bytes (UTF-8, ISO-2022-JP, else windows-1252). `*doubtful` (may be NULL) becomes TRUE when the label is unknown or
 * the bytes are not what it says; it is never set to FALSE. Linear. */
char *charset_decode(const char *label, const char *bytes, gsize length, gboolean *doubtful);

gboolean charset_known(const char *label);
/* FALSE for no label, for US-ASCII and for labels that nobody knows: then whatever else is known decides. */
gboolean charset_says_much(const char *label);

#endif
