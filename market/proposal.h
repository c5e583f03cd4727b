/*
 * Proposals (R22). A conversation's proposals count 1, 2 …; a changed one keeps its number and has the next version.
 *
 *     /propose                sent
 *       the next /propose     superseded (by the same number's next version)
 *     /accept                 accepted: the work starts, the job waits for the partner (Awaiting response); the next
 *                             /propose has the next number
 *     /decline                declined; may be revised: the next /propose is its next version
 *     /change TEXT            change_requested; may still be accepted or declined
 *     /withdraw               withdrawn, by the partner; the next /propose has the next number
 *     a block                 closed
 *
 * To propose is to answer: it ends the time for a first answer, and is refused once that is over like all words to the
 * merchant; /withdraw goes on working then. What the merchant decides is the version that was shown: the mail's reply
 * address is bound to it, and `#NUMBER.VERSION` behind the command says the same.
 */
#ifndef POSTERN_MARKET_PROPOSAL_H
#define POSTERN_MARKET_PROPOSAL_H

#include "market/perform.h"

struct proposal {
    gint64 id, conversation_id, job_id, number, version;
    char *state;
    gint64 total; /* minor units */
    char *currency;
    gint64 decided_at;
};
void proposal_free(struct proposal *proposal);
typedef struct proposal proposal;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(proposal, proposal_free)

/* The latest accepted one of a conversation, of that currency (NULL: any). */
gboolean proposal_accepted(struct act *act, gint64 conversation_id, const char *currency, struct proposal **proposal,
                           GError **error);

/* What is said of it: {number, version, state, service, description, lines:[{line}], terms, total_money,
 * milestones:[{number, description, price_money, duration}]}. A new reference, NULL on error. NOT_FOUND. */
json_t *proposal_facts(store_tx *tx, gint64 id, GError **error);
/* A conversation's, oldest first, for listings: [{id, conversation, organisation, number, version, state, service,
 * description, terms, total:{amount,currency}, milestones, created_at, decided_at, decided_by}]. */
json_t *proposal_list(store_tx *tx, gint64 conversation_id, GError **error);
/* The same of rows of LIST_PROPOSALS. */
json_t *proposal_rows(store_tx *tx, const store_rows *rows, GError **error);

/* A line of the catalogue for each of a conversation's, oldest first: [{say, reference, total_money, …}]. */
json_t *proposal_said(store_tx *tx, gint64 conversation_id, GError **error);

/* A command's argument as it can be kept until it is confirmed: with the version that the mail's reply address named.
 * Caller frees; NULL on error. */
char *proposal_bound_argument(struct performing *p, const struct command *command, GError **error);

/* Decisions 9: the merchant's /decline on a proposal's mail, or with a reference. `*taken` FALSE: it is about none. */
gboolean proposal_decline(struct performing *p, const struct command *command, gboolean *taken, GError **error);

command_fn proposal_perform_propose, proposal_perform_accept, proposal_perform_change, proposal_perform_withdraw;

#endif
