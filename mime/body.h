/* What of a mail's parts a person reads: the text and the HTML that a mail client would show. */
#ifndef POSTERN_MIME_BODY_H
#define POSTERN_MIME_BODY_H

#include "mime/structure.h"

struct body_file { /* a uuencoded file within the words of a text part */
    const struct entity *entity;
    gsize offset, length; /* in the raw mail */
    char *name;           /* as written */
};

struct body {
    char *plain;       /* UTF-8, LF line ends; NULL: no part is plain text */
    char *html;        /* NULL: no part is HTML */
    GPtrArray *files;  /* struct body_file, in order; their lines are not in `plain` */
    GHashTable *shown; /* set of struct entity: leaves that are words to read and no files */
};

void body_read(struct structure *structure, struct body *body);
void body_clear(struct body *body);

#endif
