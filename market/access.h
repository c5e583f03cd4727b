/*
 * Collaborator access to the merchant's shop (R23): asked → approved or denied. It may be asked once a proposal was
 * accepted, or where the merchant has agreed in a mail that the partner's /access names: the mail that it answers, a
 * message's number as /show counts, or a date (2026-11-24). What it rests on is kept, and shown to the merchant. What
 * the merchant wrote before the partner's first words cannot be an agreement to them.
 */
#ifndef POSTERN_MARKET_ACCESS_H
#define POSTERN_MARKET_ACCESS_H

#include "market/perform.h"

command_fn access_perform_access, access_perform_approve, access_perform_deny;

#endif
