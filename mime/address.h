/*
 * Address lists (RFC 5322 3.4), read the way mail clients read them: quoted and encoded names, comments, groups,
 * routes, Outlook's semicolons, missing brackets. Linear, no recursion.
 */
#ifndef POSTERN_MIME_ADDRESS_H
#define POSTERN_MIME_ADDRESS_H

#include "mime/mail.h"

/* Appends struct mail_address to `list`, groups flattened, at most ADDRESS_MAX in all. `unfolded` as from
 * header_unfold(). */
#define ADDRESS_MAX 2000
void address_list_parse(const char *unfolded, GPtrArray *list);

#endif
