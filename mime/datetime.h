/* Dates of mails, as RFC 5322 spells them and as programs do (two digits for a year, ISO 8601, named zones, 10.30 PM).
 */
#ifndef POSTERN_MIME_DATETIME_H
#define POSTERN_MIME_DATETIME_H

#include <glib.h>

/* Unix seconds. FALSE: nobody can tell. Needs mail_init(). */
gboolean datetime_read(const char *unfolded, gint64 *seconds);

#endif
