/*
 * `/list`, `/search`, `/jobs` and `/more`: a search that is asked for by mail and answered by one (kind "results").
 *
 * The command only notes what is asked; the mailer looks, in a snapshot, when it writes the answer. So nobody waits for
 * a search, and what is listed is as it stands then. A next page is asked for by `/more AT-ID list|search|jobs …`,
 * which carries all that it needs; whoever changes it reads on from somewhere else in the own organisation's rows.
 *
 * Any of the three takes the filters `tag:NAME`, `tag:"TWO WORDS"` and `state:NAME`; `/list` the word `unread` as well.
 */
#ifndef POSTERN_MARKET_RESULTS_H
#define POSTERN_MARKET_RESULTS_H

#include "market/perform.h"
#include "market/search.h"

command_fn results_perform_list, results_perform_search, results_perform_jobs, results_perform_more;

/* A query as text: what stands behind `/list`, `/search`, `/jobs` (`id`). `words` and `tag` are made in it; clear with
 * results_query_clear(). NULL, or the key of why not ("cannot.list_word") with `*wrong` the word (may be NULL; caller
 * frees). */
const char *results_query(enum command_id id, const char *argument, struct search *search, char **wrong);
void results_query_clear(struct search *search);

/* For the mail: `data` has what results_perform_… put there; gets `items`, `count`, `nothing`, `total` (0: not
 * counted), `partial` and `more`, [{command, mailto}] of the next page. */
gboolean results_load(struct act *act, json_t *data, const char *own_address, const char *language, GError **error);

#endif
