/*
 * An event happens to a job: what market/job.h's table makes of it is written and audited. A job whose time is over is
 * Expired first, whether or not its timer has run.
 */
#ifndef POSTERN_MARKET_EVENT_H
#define POSTERN_MARKET_EVENT_H

#include "market/conversation.h"

struct event {
    enum job_event event;
    const char *actor;  /* for the audit */
    const char *reason; /* its words, kept with the job; NULL */
};

/* `*next`: the state that it has now; JOB_REFUSED: nothing was written; JOB_ANEW: a new job was opened, New.
 * JOB_UNDO is market/undo.h's. */
gboolean event_apply(struct act *act, const struct conversation *conversation, const struct event *event, int *next,
                     GError **error);

#endif
