#include "market/job.h"

#include <string.h>

static const char *const names[JOB_STATES] = {
    [JOB_NEW] = "new",           [JOB_OPENED] = "opened",       [JOB_DECLINED] = "declined",
    [JOB_EXPIRED] = "expired",   [JOB_RESPONDED] = "responded", [JOB_AWAITING_RESPONSE] = "awaiting_response",
    [JOB_INACTIVE] = "inactive", [JOB_COMPLETED] = "completed",
};

/* Columns as in enum job_event. R17, R18 and Decisions 6: after Declined, Inactive and Completed mail passes and the
 * state stays; an expired job takes no words from the partner, and the merchant's next mail opens a new one. A job is
 * declined at any time (R19), but not completed or put aside before it was answered: that would stop its clock. Spam
 * and a block end what runs; what is over stays as it ended. */
#define NO JOB_REFUSED
/* clang-format off */
static const guint8 transitions[JOB_STATES][JOB_EVENTS] = {
    [JOB_NEW] = {
        JOB_RESPONDED, JOB_NEW, JOB_EXPIRED, JOB_OPENED, JOB_DECLINED, JOB_DECLINED, NO, NO, NO,
        JOB_NEW, JOB_DECLINED, JOB_DECLINED, JOB_RESPONDED, JOB_RESTORED},
    [JOB_OPENED] = {
        JOB_RESPONDED, JOB_OPENED, JOB_EXPIRED, JOB_OPENED, JOB_DECLINED, JOB_DECLINED, NO, NO, NO,
        JOB_OPENED, JOB_DECLINED, JOB_DECLINED, JOB_RESPONDED, JOB_RESTORED},
    [JOB_DECLINED] = {
        JOB_DECLINED, JOB_DECLINED, NO, JOB_DECLINED, JOB_DECLINED, JOB_DECLINED, NO, NO, NO,
        JOB_ANEW, JOB_DECLINED, JOB_DECLINED, NO, JOB_RESTORED},
    [JOB_EXPIRED] = {
        NO, JOB_ANEW, NO, JOB_EXPIRED, JOB_DECLINED, JOB_DECLINED, NO, NO, NO,
        JOB_ANEW, JOB_EXPIRED, JOB_EXPIRED, NO, JOB_RESTORED},
    [JOB_RESPONDED] = {
        JOB_RESPONDED, JOB_AWAITING_RESPONSE, NO, JOB_RESPONDED, JOB_DECLINED, JOB_DECLINED, JOB_COMPLETED,
        JOB_INACTIVE, JOB_RESPONDED, JOB_AWAITING_RESPONSE, JOB_DECLINED, JOB_DECLINED, NO, JOB_RESTORED},
    [JOB_AWAITING_RESPONSE] = {
        JOB_RESPONDED, JOB_AWAITING_RESPONSE, NO, JOB_AWAITING_RESPONSE, JOB_DECLINED, JOB_DECLINED, JOB_COMPLETED,
        JOB_INACTIVE, JOB_AWAITING_RESPONSE, JOB_AWAITING_RESPONSE, JOB_DECLINED, JOB_DECLINED, NO, JOB_RESTORED},
    [JOB_INACTIVE] = {
        JOB_INACTIVE, JOB_INACTIVE, NO, JOB_INACTIVE, JOB_DECLINED, JOB_DECLINED, JOB_COMPLETED,
        JOB_INACTIVE, JOB_FROM_LAST, JOB_INACTIVE, JOB_DECLINED, JOB_DECLINED, NO, JOB_RESTORED},
    [JOB_COMPLETED] = {
        JOB_COMPLETED, JOB_COMPLETED, NO, JOB_COMPLETED, NO, NO, JOB_COMPLETED, NO, NO,
        JOB_ANEW, NO, JOB_COMPLETED, NO, JOB_RESTORED},
};
/* clang-format on */

int
job_next(enum job_state state, enum job_event event)
{
    g_assert(state < JOB_STATES && event < JOB_EVENTS);
    return transitions[state][event];
}

/* The state tells why; only who answered already is told so. */
const char *
job_refusal(enum job_state state, enum job_event event)
{
    static const char *const keys[JOB_STATES] = {
        [JOB_NEW] = "cannot.job_unanswered",     [JOB_OPENED] = "cannot.job_unanswered",
        [JOB_DECLINED] = "cannot.job_declined",  [JOB_EXPIRED] = "cannot.job_expired",
        [JOB_RESPONDED] = "cannot.job_answered", [JOB_AWAITING_RESPONSE] = "cannot.job_answered",
        [JOB_INACTIVE] = "cannot.job_answered",  [JOB_COMPLETED] = "cannot.job_completed",
    };
    g_assert(job_next(state, event) == JOB_REFUSED);
    return keys[state];
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
