/*
 * What is there, as JSON: the listings of the admin's command, shaped as tests and scripts expect them.
 *
 * Lists are arrays, newest change first. Ids are what `show` takes. Times are RFC 3339 UTC; absent values are null.
 */
#ifndef POSTERN_MARKET_VIEW_H
#define POSTERN_MARKET_VIEW_H

#include <jansson.h>

#include "market/market.h"

struct view_filter {
    const char *organisation; /* slug; NULL: all */
    const char *state;        /* a job's state or an outbox row's; NULL: all */
    gboolean unread;          /* conversations with unread messages only */
    const char *words, *tag;  /* of an organisation's: see market/search.h; NULL: any */
    const char *recipient;    /* an address or "@DOMAIN"; NULL: all */
    gboolean marked;          /* addresses that are marked only */
    gint64 limit;             /* 0: 100 */
    gint64 now;               /* a job whose time has passed reads expired, whether or not its timer has run */
};

/* {id, organisation, merchant:{name,address}, shop, kind, messages, unread, tags, job:{id,state,service,due_at},
 * updated_at, request} */
json_t *view_conversations(const struct market *market, const struct view_filter *filter, GError **error);
/* The same and messages:[{id,direction,author,text,attachments,at,withdrawn}], proposals,
 * invoices, access, reviews,
 * comments:[{id,author,text,at}], assignees:[{name,address}]. NOT_FOUND. */
json_t *view_conversation(const struct market *market, gint64 id, gint64 now, GError **error);
/* {id, conversation, organisation, merchant:{name,address}, state, service, kind, due_at, created_at} */
json_t *view_jobs(const struct market *market, const struct view_filter *filter, GError **error);
json_t *view_job(const struct market *market, gint64 id, gint64 now, GError **error);
/* {id, slug, name, language, notify, published, available, services, members, failing, …}; `failing` is what
 * bounce_list() says of its addresses (market/bounce.h), here as with merchants. */
json_t *view_organisations(const struct market *market, const struct view_filter *filter, GError **error);
json_t *view_organisation(const struct market *market, const char *slug, GError **error);
/* {id, name, addresses, failing, language, registered, shop:{name,url}} */
json_t *view_merchants(const struct market *market, const struct view_filter *filter, GError **error);
json_t *view_merchant(const struct market *market, const char *id_or_address, GError **error);
/* What bounce_list() lists. */
json_t *view_addresses(const struct market *market, const struct view_filter *filter, GError **error);
/* {id, kind, recipient, state, due_at, attempts, message_id, conversation, last_reply, bounced_at, created_at,
 * sent_at}; what was sent and came back has the state "bounced". */
json_t *view_outbox(const struct market *market, const struct view_filter *filter, GError **error);
json_t *view_outbox_row(const struct market *market, gint64 id, GError **error);
/* What proposal_rows() and its like list (market/proposal.h …), newest first; `state` is theirs. */
json_t *view_proposals(const struct market *market, const struct view_filter *filter, GError **error);
json_t *view_proposal(const struct market *market, gint64 id, GError **error);
json_t *view_invoices(const struct market *market, const struct view_filter *filter, GError **error);
json_t *view_access(const struct market *market, const struct view_filter *filter, GError **error);
json_t *view_reviews(const struct market *market, const struct view_filter *filter, GError **error);
/* {id, reason, sender, recipient, subject, size, at} */
json_t *view_quarantine(const struct market *market, const struct view_filter *filter, GError **error);
json_t *view_quarantined(const struct market *market, gint64 id, GError **error);
/* {id, organisation, merchant:{id,name}, shop, addresses, actor, created_at} */
json_t *view_blocks(const struct market *market, const struct view_filter *filter, GError **error);
/* [{name, count}] of an organisation. NOT_FOUND. */
json_t *view_tags(const struct market *market, const char *slug, GError **error);
/* The raw mail of a quarantined entry. */
GBytes *view_quarantine_raw(const struct market *market, gint64 id, GError **error);

#endif
