/* What of a mail's parts a person reads: the text and the HTML that a mail client would show. */
#ifndef POSTERN_MIME_BODY_H
#define POSTERN_MIME_BODY_H

#include "mime/structure.h"

struct body {
    char *plain;       /* UTF-8, LF line ends; NULL: no part is plain text */
    char *html;        /* NULL: no part is HTML */
    GHashTable *shown; /* set of struct entity: leaves that are words to read and no files */
};

void body_read(struct structure *structure, struct body *body);
void body_clear(struct body *body);

#endif
