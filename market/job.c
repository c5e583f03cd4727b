#include "market/job.h"

#include <string.h>

static const char *const names[JOB_STATES] = {
    [JOB_NEW] = "new",           [JOB_OPENED] = "opened",       [JOB_DECLINED] = "declined",
    [JOB_EXPIRED] = "expired",   [JOB_RESPONDED] = "responded", [JOB_AWAITING_RESPONSE] = "awaiting_response",
    [JOB_INACTIVE] = "inactive", [JOB_COMPLETED] = "completed",
};

/* R17, R18 and Decisions 6: after Declined, Inactive and Completed mail passes and the state stays; an expired job
 * takes no words from the partner, and the merchant's next mail opens a new one. */
/* clang-format off */
static const guint8 transitions[JOB_STATES][JOB_EVENTS] = {
    /*                          partner writes   merchant writes        time out */
    [JOB_NEW] =               {JOB_RESPONDED,    JOB_NEW,               JOB_EXPIRED},
    [JOB_OPENED] =            {JOB_RESPONDED,    JOB_OPENED,            JOB_EXPIRED},
    [JOB_DECLINED] =          {JOB_DECLINED,     JOB_DECLINED,          JOB_REFUSED},
    [JOB_EXPIRED] =           {JOB_REFUSED,      JOB_ANEW,              JOB_REFUSED},
    [JOB_RESPONDED] =         {JOB_RESPONDED,    JOB_AWAITING_RESPONSE, JOB_REFUSED},
    [JOB_AWAITING_RESPONSE] = {JOB_RESPONDED,    JOB_AWAITING_RESPONSE, JOB_REFUSED},
    [JOB_INACTIVE] =          {JOB_INACTIVE,     JOB_INACTIVE,          JOB_REFUSED},
    [JOB_COMPLETED] =         {JOB_COMPLETED,    JOB_COMPLETED,         JOB_REFUSED},
};
/* clang-format on */

int
job_next(enum job_state state, enum job_event event)
{
    g_assert(state < JOB_STATES && event < JOB_EVENTS);
    return transitions[state][event];
}

gboolean
job_is_unanswered(enum job_state state)
{
    return state == JOB_NEW || state == JOB_OPENED;
}

enum job_state
job_effective(enum job_state state, gint64 due_at, gint64 now)
{
    return job_is_unanswered(state) && now > due_at ? JOB_EXPIRED : state;
}

const char *
job_state_name(enum job_state state)
{
    g_assert(state < JOB_STATES);
    return names[state];
}

gboolean
job_state_parse(const char *name, enum job_state *state)
{
    for (guint i = 0; i < JOB_STATES; i++) {
        if (strcmp(names[i], name) == 0) {
            *state = i;
            return TRUE;
        }
    }
    return FALSE;
}
