/*
 * Reminders before the time for a first answer ends: 24 and 4 hours, to the notification address, which may not want
 * them (organisation.reminders), and to those whom the job is assigned to.
 */
#ifndef POSTERN_MARKET_REMINDER_H
#define POSTERN_MARKET_REMINDER_H

#include "market/conversation.h"

/* When the next one is due; 0: none any more. */
gint64 reminder_next(gint64 due_at, gint64 now);

/* The timer of a job. */
gboolean reminder_run(struct act *act, gint64 job_id, GError **error);

#endif
