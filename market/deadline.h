/*
 * The calendar entry of the time for a job's first answer: it comes with the first contact and is taken back when the
 * job was answered or declined in time. A preference of the organisation.
 */
#ifndef POSTERN_MARKET_DEADLINE_H
#define POSTERN_MARKET_DEADLINE_H

#include <jansson.h>

#include "market/conversation.h"

/* Adds `calendar` to a notice's data (mailer/calendar.h), where the organisation wants it. `method`: "PUBLISH" or
 * "CANCEL". `link`: the conversation's address. */
void deadline_add(struct act *act, const struct organisation *organisation, const struct conversation *conversation,
                  const char *method, const char *link, json_t *data);

/* The job need not be answered any more: a mail to the notification address takes the entry back. */
gboolean deadline_take_back(struct act *act, const struct conversation *conversation, GError **error);

#endif
