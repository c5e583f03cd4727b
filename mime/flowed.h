/* text/plain with format=flowed (RFC 3676): soft line ends joined, space-stuffing taken off, quote marks kept. */
#ifndef POSTERN_MIME_FLOWED_H
#define POSTERN_MIME_FLOWED_H

#include <glib.h>

/* `text` has LF line ends. Quoted lines come out as "> words", deeper ones as ">> words". Caller frees. */
char *flowed_join(const char *text, gboolean delsp);

#endif
