/*
 * What the commands of a mail do. All of a mail's commands and its message are one attempt: one that fails leaves
 * nothing of them, nothing is relayed, and the sender gets a transcript. A mail whose commands worked gets a transcript
 * too where there is something to tell.
 *
 * The table in perform.c says for each command: its function, who may use it, where, and its risk. The functions stand
 * with what they work on (market/tag.c, market/proposal.c …) and are declared there as command_fn.
 *
 * No words here: what is told is a key of the catalogue (templates/en.words, "said.…") and its variables.
 */
#ifndef POSTERN_MARKET_PERFORM_H
#define POSTERN_MARKET_PERFORM_H

#include <jansson.h>

#include "market/command.h"
#include "market/conversation.h"
#include "market/trust.h"

struct request_plan;

/* A mail's commands being performed. Borrowed but for `items`. */
struct performing {
    struct act *act;
    const struct incoming *in;
    enum side side;
    const struct conversation *conversation; /* NULL: a mail to desk@, which is about none. As it was before the
                                                command: reload with conversation_load() after a change of state */
    const struct organisation *organisation; /* the partner's own, or that of the conversation */
    gint64 member_id;                        /* who acts; 0: the notification address, or the merchant's side */
    const char *actor;                       /* the address that acts, for the audit */
    const char *actor_name;                  /* "" */
    char language[3];                        /* what a member chose; "": see performing_language() */
    gint64 raw_id;
    enum trust trust;
    gboolean confirmed;               /* performed by its confirmation: do not ask again */
    const char *message;              /* the mail's ordinary text, "" */
    enum reading reading;             /* what that is of the mail; the default is READING_WORDS */
    gint64 proposal_id;               /* the version of a proposal that the mail's reply address is bound to; 0 */
    gint64 review_id;                 /* the same of a review */
    gboolean request;                 /* through the link of a matched request: for all its conversations */
    gboolean full;                    /* /full: relay what was trimmed too */
    gboolean send;                    /* /send: do not keep it from a lead */
    const struct request_plan *again; /* whom a request could be sent to again, found before (market/request.h); NULL */
    json_t *items;                    /* the transcript: [{line, ok, say, …}] */
    const char *line;                 /* of the command that is being performed */
    gboolean failed;                  /* one said no */
    gboolean asks;                    /* a command of it waits for its confirmation */
    gboolean waits;                   /* and with it the mail's words and files */
};

/* Returns FALSE for a store's error only. What a sender did wrong is perform_fail(). */
typedef gboolean command_fn(struct performing *p, const struct command *command, GError **error);

/* Sets member_id and language from the actor's address. */
gboolean performing_find_member(struct performing *p, GError **error);
/* What to answer in: chosen by the person, else the organisation's; of a merchant the mail's (NULL: not known). */
const char *performing_language(const struct performing *p);

/* Mails who acts, at once: see notify_one(). */
gboolean performing_tell(struct performing *p, const char *kind, gint64 conversation_id, json_t *data,
                         const char *cause, GError **error);

/* It was done: `key` of the catalogue ("said.tagged") with `variables` (an object; taken over; NULL: none). */
void perform_said(struct performing *p, const char *key, json_t *variables);
/* It cannot be done ("cannot.no_such_tag"): the whole mail is undone. Returns TRUE, to return from a command_fn. */
gboolean perform_fail(struct performing *p, const char *key, json_t *variables);

/* Whether `/help` offers it to this sender here and now. */
gboolean perform_is_possible(const struct performing *p, enum command_id id);

/* Relays the mail's message after its commands went well; given by the caller. */
typedef gboolean perform_message_fn(struct performing *p, gpointer arg, GError **error);

/* Performs them as one attempt and then `message` (NULL: there is nothing to relay), unless a command said no. `*done`
 * FALSE: nothing happened. The transcript is in p->items either way. */
gboolean perform_commands(struct performing *p, const struct commands *commands, perform_message_fn *message,
                          gpointer arg, gboolean *done, GError **error);

#endif
