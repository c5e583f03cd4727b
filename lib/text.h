/*
 * Text: folding, trimming, making foreign words safe. All functions take and return UTF-8 and are linear.
 */
#ifndef POSTERN_LIB_TEXT_H
#define POSTERN_LIB_TEXT_H

#include <glib.h>

/* For comparing and searching: casefolded, without accents, Latin letters as ASCII (ł → l, ß → ss), other scripts
 * kept (NFKD without marks), white space runs as one blank, trimmed. "" for NULL. */
char *text_fold(const char *text);
/* The folded text as words for phrases to be looked for: letters and digits alone, one blank before, between and behind
 * them (" we can t "). " " when there are none. */
char *text_words(const char *text);

/* An address as it is compared and stored: trimmed, lower case (both parts), the domain in its ASCII form.
 * NULL unless it is a plain addr-spec of printable ASCII without white space, quotes, angle brackets, commas or
 * control bytes, with one @, local part ≤ 64 and whole ≤ 254 octets (RFC 5321 4.5.3.1). */
char *text_address(const char *address);

/* A host name as DNS spells it: lower case, other scripts as "xn--…". NULL when it is none (an IP address is none). */
char *text_hostname(const char *name);

/* For one header value or one log field: CR, LF, NUL and other controls become blanks, bidi controls (U+202A–202E,
 * U+2066–2069) and zero-width marks go, invalid UTF-8 becomes U+FFFD, runs of white space one blank, trimmed, cut to
 * `max` bytes at a character. "" for NULL. */
char *text_one_line(const char *text, gsize max);

/* Printable ASCII for an SMTP reply: accents folded away, what is left becomes '?'; `%` is kept (doubling it is the
 * milter's affair). */
char *text_ascii(const char *text);

/* A file name that is safe to show and to write: no path, no controls, no bidi, no leading dot, ≤ 120 bytes with its
 * extension kept. `fallback` when nothing is left. */
char *text_file_name(const char *name, const char *fallback);

/* Whether all bytes are from 1 to 127. */
gboolean text_is_ascii(const char *bytes, gsize length);

/* Invalid bytes become U+FFFD, NULs go. Never fails. */
char *text_utf8(const char *bytes, gsize length);

/* RFC 3339 in UTC, whole seconds: "2026-11-22T05:28:22Z". */
char *text_time(gint64 unix_seconds);

/* Whether ICU knows a time zone of that name. */
gboolean text_is_timezone(const char *name);

#endif
