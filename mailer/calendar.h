/*
 * A calendar entry as text (RFC 5545; METHOD as RFC 5546 has it), from a notice's data:
 *
 *     "calendar": {"method": "PUBLISH" | "CANCEL", "uid": …, "sequence": N, "organizer": ADDRESS, "due_time": …,
 *                  "title": {"say": KEY}}
 */
#ifndef POSTERN_MAILER_CALENDAR_H
#define POSTERN_MAILER_CALENDAR_H

#include <glib.h>
#include <jansson.h>

/* CRLF line ends, lines of at most 75 octets. `calendar` is spoken already (mailer/speak.h). Caller frees. */
char *calendar_text(const json_t *calendar, gint64 now);

#endif
