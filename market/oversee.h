/*
 * What the admin may do to a job, as either side could: each change is audited as the admin's.
 */
#ifndef POSTERN_MARKET_OVERSEE_H
#define POSTERN_MARKET_OVERSEE_H

#include "market/job.h"
#include "market/market.h"

struct oversight {
    const char *verb;   /* one of oversee_verbs */
    const char *reason; /* of a decline; NULL */
    gint64 job_id, now;
    enum job_state before, after; /* results */
    gint64 new_job_id;            /* of `renew`; 0 */
};

/* "expire", "decline" …, ended by NULL. */
extern const char *const oversee_verbs[];

/* NOT_FOUND: no such job. REFUSED: not in its state, or it is not the latest of its conversation. `dry_run`: says what
 * would come of it and changes nothing. */
gboolean oversee_job(const struct market *market, struct oversight *oversight, gboolean dry_run, GError **error);

#endif
