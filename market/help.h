/*
 * `/help`: what is possible here and now.
 */
#ifndef POSTERN_MARKET_HELP_H
#define POSTERN_MARKET_HELP_H

#include "market/perform.h"

command_fn help_perform;

#endif
