/*
 * Bounces that say it in words: which recipients failed, and what was said about each. No standard, so it is the look
 * of the lines that tells: an address alone, an address and a colon, "RCPT TO:<…>", an SMTP reply that names one.
 */
#ifndef POSTERN_MIME_PROSE_H
#define POSTERN_MIME_PROSE_H

#include <glib.h>

struct prose_recipient {
    char *address;
    GString *words;
};

/* Array of struct prose_recipient in the order of the text, each address once. `sender` (may be NULL) wrote the mail
 * that came back and is nobody's recipient. The returned mail itself, where it is quoted in the text, is not looked at.
 */
GPtrArray *prose_read(const char *text, const char *sender);

/* The only address in the text that is neither the sender's nor named for help, or NULL. Caller frees. */
char *prose_lone_address(const char *text, const char *sender);

/* How much of the text is the report: up to where the returned mail begins. */
gsize prose_length(const char *text);

/* When the mail was refused, as far as the words tell. */
enum prose_stage {
    STAGE_UNKNOWN,
    STAGE_RCPT, /* in answer to the recipient's address */
    STAGE_DATA, /* after the recipient had been accepted */
};
enum prose_stage prose_stage(const char *words);

/* The address at `text`'s byte `at` (an '@'), if it is one; caller frees. */
char *prose_address(const char *line, gsize length, gsize at, gsize *start, gsize *end);

#endif
