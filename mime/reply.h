/*
 * What is new in a reply: quoted mails, attribution lines, forwarded blocks, signatures and footers taken off, answers
 * between the quotes kept with what they answer. Where uncertain a line is kept: losing a new line is far worse than
 * leaving an old one. `text` + `signature` + `elided` together hold every line of the input.
 */
#ifndef POSTERN_MIME_REPLY_H
#define POSTERN_MIME_REPLY_H

#include "mime/mail.h"

/* What was taken off, for explaining. */
struct reply_cut {
    guint line, lines;  /* the first, from 1, in the text that was trimmed; and how many */
    gboolean signature; /* else elided */
    const char *rule;   /* static: "attribution", "header block", … */
    char *words;        /* the beginning of the first line that is not blank */
};

struct reply {
    char *text;      /* the new words, blank lines at the ends taken off */
    char *signature; /* "" when there was none */
    char *elided;    /* everything else that was taken off, "" */
    GArray *cuts;    /* struct reply_cut, in the order of the text */
};

void reply_trim(const struct mail *mail, struct reply *reply);
/* The same for the HTML body, as text rendered from it, by what the client marked. All empty where there is none. */
void reply_trim_html(const struct mail *mail, struct reply *reply);
void reply_clear(struct reply *reply);

#endif
