/*
 * The words that mail clients write in many languages: header labels, attribution verbs, separators, closings, what
 * phones add. Everything asked for here is folded (mime/fold.h).
 */
#ifndef POSTERN_MIME_PHRASES_H
#define POSTERN_MIME_PHRASES_H

#include <glib.h>

enum mail_label {
    LABEL_NONE,
    LABEL_FROM,
    LABEL_TO,
    LABEL_CC,
    LABEL_BCC,
    LABEL_DATE,
    LABEL_SUBJECT,
    LABEL_REPLY_TO,
    LABEL_OTHER, /* attachments, importance …: stands in header blocks and says nothing */
};

/* The label of a header as a client translates it ("gesendet" → LABEL_DATE). */
enum mail_label phrase_label(const char *folded);

enum phrase_set {
    PHRASE_CLOSING,           /* "kind regards" */
    PHRASE_WEAK_CLOSING,      /* "cheers": may be said for itself */
    PHRASE_FORWARD,           /* "forwarded message" */
    PHRASE_ORIGINAL,          /* "original message" */
    PHRASE_REPLY_PREFIX,      /* "aw", before the colon in a subject */
    PHRASE_FORWARD_PREFIX,    /* "wg" */
    PHRASE_VERB,              /* "wrote" */
    PHRASE_OPENER,            /* "on", of "On Monday … wrote:" */
    PHRASE_MOBILE_HEAD,       /* "sent from my" */
    PHRASE_MOBILE_TAIL,       /* "gesendet" */
    PHRASE_DEVICE,            /* "iphone" */
    PHRASE_NOTICE_START,      /* "this e-mail", of confidentiality notices */
    PHRASE_NOTICE_WORD,       /* "confidential" */
    PHRASE_NOTICE_MORE,       /* "recipient" */
    PHRASE_LIST_FOOTER,       /* "unsubscribe" */
    PHRASE_VIRUS_ADVERT,      /* "checked for viruses" */
    PHRASE_REPLY_ABOVE,       /* "reply above this line" */
    PHRASE_BANNER,            /* "originated from outside", of what gateways put on top */
    PHRASE_ANSWERS,           /* "my answers", of "see my answers in red below" */
    PHRASE_INSIDE,            /* "in red" */
    PHRASE_AUTOMATIC_SUBJECT, /* "out of office" */
    PHRASE_BOUNCE_SUBJECT,    /* "undeliverable" */
    PHRASE_SETS
};

/* The whole text is a phrase of the set. */
gboolean phrase_is(enum phrase_set set, const char *folded);
/* The text begins, ends with one, or has one in it, each at the edges of words. Lengths in bytes; 0 and NULL: no. */
gsize phrase_starts(enum phrase_set set, const char *folded);
gsize phrase_ends(enum phrase_set set, const char *folded);
const char *phrase_in(enum phrase_set set, const char *folded, gsize *length);

/* Cheap, before folding: FALSE when no phrase of the set can begin the text, which is as written and begins with no
 * blank. Two bytes of it are looked at. */
gboolean phrase_may_start(enum phrase_set set, const char *text, gsize length);

/* How many phrases of the set stand in the text, be it inside of words. */
guint phrase_count(enum phrase_set set, const char *folded);

/* For tests. */
const char *const *phrase_table(enum phrase_set set, gsize *count);

#endif
