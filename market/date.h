/*
 * Days as people write them, in four languages: "2026-12-24", "24.12.2026", "24/12", "24 december", "tot 24 december",
 * "jusqu'au 24 décembre", "do 24 grudnia", "December 24th". A day without a year is the next one with that date. Day
 * and month as numbers are in this order, the world's; what could only be the other way round is not guessed.
 */
#ifndef POSTERN_MARKET_DATE_H
#define POSTERN_MARKET_DATE_H

#include <glib.h>

/* Reads `text` on the day `now` has in `timezone` (IANA's name; NULL: UTC): `*at` is when that day begins there, the
 * day after where it is included ("t/m 24 december"). FALSE: it is no day, or none that is to come within two years. */
gboolean date_read(const char *text, const char *timezone, gint64 now, gint64 *at);

#endif
