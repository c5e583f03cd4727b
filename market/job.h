/*
 * A job's life (R17–R19): states, events and the one table that says what an event makes of a state.
 */
#ifndef POSTERN_MARKET_JOB_H
#define POSTERN_MARKET_JOB_H

#include <glib.h>

enum job_state {
    JOB_NEW,               /* not opened, not answered */
    JOB_OPENED,            /* opened, not answered */
    JOB_DECLINED,          /* by either side */
    JOB_EXPIRED,           /* the time for the first answer passed */
    JOB_RESPONDED,         /* waits for the merchant */
    JOB_AWAITING_RESPONSE, /* the merchant waits */
    JOB_INACTIVE,          /* set by the partner; mail still passes */
    JOB_COMPLETED,         /* set by the partner */
    JOB_STATES,
};

enum job_event {
    JOB_PARTNER_WRITES,
    JOB_MERCHANT_WRITES,
    JOB_TIME_OUT,      /* the timer for the first answer */
    JOB_PARTNER_OPENS, /* a command that is no answer, or a read receipt */
    JOB_PARTNER_DECLINES,
    JOB_MERCHANT_DECLINES,
    JOB_COMPLETE,
    JOB_INACTIVE_SET,
    JOB_ACTIVE_SET,
    JOB_RENEW,    /* asked anew in the same conversation */
    JOB_SPAM,     /* voided (Decisions 12) */
    JOB_BLOCK,    /* the merchant was blocked (R16) */
    JOB_ANSWERED, /* a lead, from elsewhere (R8) */
    JOB_UNDO,     /* the partner's last mail was taken back in time */
    JOB_EVENTS,
};

/* What an event makes of a state: a state, or one of these. */
enum {
    JOB_REFUSED = JOB_STATES, /* not possible; job_refusal() says it in words */
    JOB_ANEW,                 /* the state stays; a new job is opened beside it (Decisions 6) */
    JOB_FROM_LAST,            /* as the last message leaves it: Responded or Awaiting response */
    JOB_RESTORED,             /* what it was before the mail that is taken back */
};

int job_next(enum job_state state, enum job_event event);
/* Why it is refused: a key of the catalogue. */
const char *job_refusal(enum job_state state, enum job_event event);

/* The state as it counts at `now`: an unanswered job is expired once its time has passed, whether or not the timer has
 * run. */
enum job_state job_effective(enum job_state state, gint64 due_at, gint64 now);

/* May still be answered for the first time. */
gboolean job_is_unanswered(enum job_state state);

const char *job_state_name(enum job_state state); /* "awaiting_response" */
gboolean job_state_parse(const char *name, enum job_state *state);

#endif
