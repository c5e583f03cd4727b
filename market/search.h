/*
 * Search and filters (R15): an organisation's conversations and jobs, the latest change first, a page at a time.
 *
 * Words are folded (text_fold) and found by prefix; all of a search's words have to be there. What is looked through
 * stands in `search_term`, a row a distinct word: the names of a conversation (contact, shop, the shop's address, a
 * lead's own address, who wrote), its request's words, its internal comments. The rows are written where those change
 * (search_index_*); only an organisation's own are ever read.
 *
 * A page costs the same whatever is asked: few candidates are collected and sorted; many are met soon on the way from
 * the latest change back; and who asks for what is rarer than that gets what was found among the next SEARCH_WINDOW and
 * goes on from there.
 */
#ifndef POSTERN_MARKET_SEARCH_H
#define POSTERN_MARKET_SEARCH_H

#include "market/party.h"

enum {
    SEARCH_WORDS = 6, /* in one search */
    SEARCH_PAGE = 20,
    SEARCH_TERM = 40,      /* characters of a word that are kept */
    SEARCH_TEXT = 1000,    /* distinct words of a text that are kept */
    SEARCH_WINDOW = 12000, /* conversations that one page looks through; of jobs a quarter */
};

struct search {
    gint64 organisation_id;
    gboolean jobs;     /* words stand in the request and the comments too; leads' jobs are not listed (R8) */
    const char *words; /* NULL, "": any */
    gboolean unread;
    const char *tag;          /* NULL: any */
    const char *state;        /* a job's, as it counts now; NULL: any */
    gint64 before, before_id; /* what stands behind this change and conversation; 0: from the start */
    guint limit;              /* 0: SEARCH_PAGE */
};

struct search_found {
    GArray *ids;              /* gint64: conversations */
    gint64 total;             /* of them all; -1: not counted */
    gboolean more;            /* there is more, or there may be: */
    gboolean partial;         /* the rest has not been looked through */
    gint64 before, before_id; /* for the next page */
};

/* Distinct folded words, at most `most` of them. What stands before "://" is none. Caller frees. */
GPtrArray *search_words(const char *text, guint most);

/* INVALID: more than SEARCH_WORDS words. `found->ids` is made here. */
gboolean search_run(store_tx *tx, const struct search *search, gint64 now, struct search_found *found, GError **error);
void search_found_clear(struct search_found *found);
typedef struct search_found search_found;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(search_found, search_found_clear)

/* ---- what is looked through (search-index.c) ---- */

/* The names in a conversation, anew. */
gboolean search_index_names(struct act *act, gint64 conversation_id, GError **error);
/* The same for all of a merchant's conversations, after a change of its name, address or shop. */
gboolean search_index_merchant(struct act *act, gint64 merchant_id, GError **error);
/* Adds who wrote, words of the request, words of a comment. */
gboolean search_index_writer(struct act *act, gint64 conversation_id, const char *name, GError **error);
gboolean search_index_text(struct act *act, gint64 conversation_id, const char *text, GError **error);
gboolean search_index_comment(struct act *act, gint64 conversation_id, const char *text, GError **error);
/* What an older version left without words: a timer that goes on by itself, some conversations at a time. */
gboolean search_index_older(struct act *act, gint64 after_id, GError **error);

#endif
