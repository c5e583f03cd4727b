/*
 * What an organisation offers (R1, R4) by mail: `/service add SERVICE [RATE]`, `rate SERVICE RATE`, `remove SERVICE`,
 * `list`. A rate is a sum an hour with its currency. Without its last service an organisation takes no new work.
 */
#ifndef POSTERN_MARKET_OFFER_H
#define POSTERN_MARKET_OFFER_H

#include "market/perform.h"

enum { OFFERS_MOST = 100 };

command_fn offer_perform;

#endif
