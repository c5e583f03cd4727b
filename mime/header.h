/*
 * Header fields: unfolding, RFC 2047 encoded words, parameters (RFC 2045 5.1, RFC 2231), message ids; in all the broken
 * forms that mail clients write and read. Linear in the field's length, no recursion.
 */
#ifndef POSTERN_MIME_HEADER_H
#define POSTERN_MIME_HEADER_H

#include <glib.h>

/* A field's body as it stands in the mail → one line of the same bytes: line ends and NULs taken out, ends trimmed. */
char *header_unfold(const char *field, gsize length);

/* The same as UTF-8: 8-bit bytes are guessed, encoded words stay as they are. */
char *header_utf8(const char *unfolded);
/* Nothing in it to decode: both give a copy. The commonest case by far. */
gboolean header_is_plain(const char *unfolded);

/* For reading: encoded words (RFC 2047) decoded wherever they stand, controls are blanks, UTF-8. */
char *header_words(const char *unfolded);

/* Length of the encoded word that begins at `text`, 0 when none does. */
gsize header_word_length(const char *text);

/* "text/plain; charset=utf-8": the value in lower case and the parameters. */
struct header_value {
    char *value; /* "" when there is none */
    GPtrArray *parameters;
};
typedef struct header_value header_value;
header_value *header_value_parse(const char *unfolded);
void header_value_free(header_value *value);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(header_value, header_value_free)

/* A parameter's bytes, pieces joined and percent-decoded, charset untouched (boundaries). NULL: there is none. Caller
 * frees. */
char *header_parameter_bytes(const header_value *value, const char *name);
/* A parameter for reading, RFC 2231 and RFC 2047 decoded. NULL: there is none. Caller frees. */
char *header_parameter(const header_value *value, const char *name);

/* Appends the message ids of Message-ID, In-Reply-To or References, UTF-8 without angle brackets. */
void header_ids(const char *unfolded, GPtrArray *ids);

#endif
