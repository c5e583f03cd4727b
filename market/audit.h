/*
 * The audit: what happened, in one hash chain a process, over digests of payloads. Erasing a payload later leaves the
 * chain valid.
 */
#ifndef POSTERN_MARKET_AUDIT_H
#define POSTERN_MARKET_AUDIT_H

#include "market/party.h"

/* `actor`: an address, "gateway" or "admin". `event`: lower_snake_case. `subject_id`: the row that it is about.
 * `payload`: what the digest is of; NULL is empty. */
gboolean audit_add(struct act *act, const char *actor, const char *event, gint64 subject_id, const char *payload,
                   GError **error);

#endif
