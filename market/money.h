/*
 * Sums of money in what is told: as facts, which the mailer puts into words (mailer/speak.h).
 */
#ifndef POSTERN_MARKET_MONEY_H
#define POSTERN_MARKET_MONEY_H

#include <jansson.h>

#include "lib/amount.h"

/* {"amount": 12500, "currency": "EUR"}, to stand under NAME_money. */
json_t *money_json(gint64 minor, const char *currency);

/* The catalogue's key for what is wrong with a sum that somebody wrote ("cannot.amount_ambiguous"); its variables are
 * `written` and `currency`. Not for AMOUNT_FINE. */
const char *money_key(enum amount_problem problem);
json_t *money_variables(const char *written, const struct amount *amount);

#endif
