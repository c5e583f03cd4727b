/*
 * Which conversation does a mail belong to?
 *
 * A vote is one piece of evidence that names a conversation. Votes come from the mail's header and body, which anybody
 * can write, so a vote counts only where the mail's author is registered for the conversation's side that the mail
 * speaks for, and where the conversation is the addressed organisation's (mail to SLUG@). Our own Message-IDs,
 * Thread-Index roots and links carry a MAC: nobody else can make one. Subjects are no evidence.
 *
 *   recipient is a link   the link decides
 *     but In-Reply-To or References name other conversations of that side, none of them the link's nor one that the
 *     mail is also addressed to (a link in To or Cc): a contradiction
 *     overviews of several conversations, Thread-Index, quoted links, and the ids of a forward ("Fwd:") never
 *     contradict a link
 *   no link               In-Reply-To decides, else the latest of References
 *     one mail may name several conversations (a request to several organisations, an overview, a mail to two of our
 *     addresses): what the other ids name narrows them
 *     In-Reply-To names only A and References only B, or In-Reply-To names both: a contradiction
 *     older References that name another conversation are history
 *     header ids name A and Thread-Index B: a contradiction
 *   no header ids         Thread-Index decides; nor it: the links quoted in the body
 *     two conversations quoted and nothing else: a contradiction
 *   several are left      all of one matched request: the request (its conversations together); else a contradiction
 *   nothing               the mail starts something new, by the rules of the address that it was sent to
 *
 * A contradiction is held and the sender asked (market/hold.h), never guessed.
 */
#ifndef POSTERN_MARKET_ROUTE_H
#define POSTERN_MARKET_ROUTE_H

#include <jansson.h>

#include "market/conversation.h"

enum route_evidence {
    ROUTE_LINK, /* the recipient */
    ROUTE_IN_REPLY_TO,
    ROUTE_REFERENCES,
    ROUTE_THREAD_INDEX,
    ROUTE_QUOTED_LINK,
};

/* One piece of evidence, latest first within its kind. */
struct route_item {
    enum route_evidence evidence;
    char *value;     /* a Message-ID, or for reading only */
    gboolean ours;   /* a Message-ID that we made */
    gint64 link_id;  /* of a link or a Thread-Index; 0 */
    gboolean beside; /* a link in To or Cc: it is addressed too, which is no vote */
};

/* What a piece of evidence names. */
struct route_named {
    gint64 conversation_id;
    gint64 request_id; /* all conversations of this matched request are meant together; 0: this one alone */
    const char *why;   /* NULL: it counts; else why not, static */
};
/* Appends struct route_named to `named`: none when it is nothing of ours. */
typedef gboolean (*route_lookup)(gpointer arg, const struct route_item *item, GArray *named, GError **error);

struct route_vote {
    guint item; /* its place among the items: one item may cast several votes */
    enum route_evidence evidence;
    gboolean beside;
    char *value;
    struct route_named named; /* conversation_id 0: names nothing of ours */
};

struct route {
    GArray *items; /* struct route_item */
    GArray *votes; /* struct route_vote */
    enum { ROUTE_NONE, ROUTE_FOUND, ROUTE_HELD } decision;
    gint64 conversation_id; /* ROUTE_FOUND */
    gint64 request_id;      /* ROUTE_FOUND: the whole matched request is meant; else 0 */
    GArray *choices;        /* struct route_named; ROUTE_HELD: between which it is not clear */
    const char *why;        /* one sentence, static */
};
void route_init(struct route *route);
void route_clear(struct route *route);
typedef struct route route;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(route, route_clear)

/* Asks `lookup` about the items in their order. Unless `all`, no further than the decision needs. */
gboolean route_votes(struct route *route, route_lookup lookup, gpointer arg, gboolean all, GError **error);
/* From the votes alone. */
void route_decide(struct route *route);

/* The same for a mail. `link` (may be NULL): the recipient's, whose conversation and side are in `conversation_id` and
 * `side`; without one `side` is the merchant's and `organisation_id` (0: any) the addressed organisation. */
struct route_question {
    const struct incoming *in;
    enum side side;
    gint64 organisation_id;
    const struct link_token *link;
    gint64 conversation_id;
    gboolean all; /* look up everything, for explaining */
};
gboolean route_find(struct act *act, const struct route_question *question, struct route *route, GError **error);

/* {votes:[{evidence,value,conversation,counts,why}], decision, conversation, why}. A new reference. */
json_t *route_json(const struct route *route);

#endif
