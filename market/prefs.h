/*
 * Preferences (R4) by mail: `/prefs` shows them, `/prefs KEY VALUE` sets one, `/away DATE` takes no new work until then
 * and comes back by itself. Keys, yes and no are known in four languages.
 *
 * Language and overviews are a person's own where a member writes, the organisation's where its notification address
 * does (both where the two are one). A member who reads the notification address's mailbox names it behind the value
 * (`/prefs digest off team@acme.test`), as the link in its overviews does; the answer says whose was set. What is
 * running goes on, and its clocks with it.
 */
#ifndef POSTERN_MARKET_PREFS_H
#define POSTERN_MARKET_PREFS_H

#include "market/perform.h"

command_fn prefs_perform, prefs_perform_away;

/* Timer "away": the time is over. */
gboolean prefs_run_away(struct act *act, gint64 organisation_id, GError **error);

/* "toevoegen", "Dodaj" …: the place in `lists` (words apart by blanks, folded) of the one that has the word, or -1. */
int prefs_word(const char *const *lists, guint count, const char *word);

#endif
