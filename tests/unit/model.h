/*
 * The marketplace in a few lines of memory, from what it must do (R1 to R25) alone: nothing of market/ is used here.
 * What the gateway says after each step is compared with this.
 */
#ifndef POSTERN_TESTS_MODEL_H
#define POSTERN_TESTS_MODEL_H

#include <glib.h>

enum model_state { NEW, OPENED, DECLINED, EXPIRED, RESPONDED, AWAITING, INACTIVE, COMPLETED, MODEL_STATES };
extern const char *const model_state_names[MODEL_STATES];

enum { MODEL_DAY = 86400, MODEL_TAGS = 4, MODEL_NOBODY = -1 };

struct model_message {
    guint word;         /* the one word that is only in this message */
    gboolean in;        /* from the merchant's side */
    gboolean unread;    /* of those that came in */
    gboolean told;      /* a mail of its own told the organisation */
    gboolean excused;   /* was read before and marked again: no overview is owed */
    gboolean covered;   /* an overview told of it */
    gboolean withdrawn; /* taken back, or dropped */
    gint64 held_until;  /* waits for the lead's answer; 0: it does not */
};

/* A proposal's version (R22). */
enum model_offer_state { SENT, SUPERSEDED, ACCEPTED, TURNED_DOWN, CHANGE_REQUESTED, WITHDRAWN, CLOSED, OFFER_STATES };
extern const char *const model_offer_names[OFFER_STATES];
struct model_offer {
    guint word, number, version;
    enum model_offer_state state;
};

/* A conversation with its latest job. */
struct model_talk {
    gint64 id;
    guint organisation, merchant;
    guint request;          /* conversations of one matched request have the same; rematched ones another */
    guint family;           /* the first request, whose others asked again belong to it */
    gboolean matched, lead; /* how it began */
    enum model_state state; /* see model_state_at() */
    gint64 due_at;
    guint job;          /* counts up with each job in it */
    gboolean rematched; /* this job's request went to others */
    GArray *messages;   /* struct model_message */
    GArray *offers;     /* struct model_offer */
    guint tags;         /* bits: the organisation's tags */
    guint assignees;    /* bits: the organisation's members */
    guint writers;      /* bits: addresses of the merchant's side that wrote */
    guint comments;
    gboolean blocked;
};
struct model_talk *model_talk_new(gint64 id, guint organisation, guint merchant, gint64 now);
struct model_talk *model_talk_copy(const struct model_talk *talk);
void model_talk_free(gpointer talk);

enum model_state model_state_at(const struct model_talk *talk, gint64 now);
gboolean model_is_unanswered(const struct model_talk *talk, gint64 now);
gboolean model_is_over(const struct model_talk *talk, gint64 now); /* declined or expired */
guint model_unread(const struct model_talk *talk);
void model_read_all(struct model_talk *talk);
void model_read_to(struct model_talk *talk, guint word);
struct model_message *model_find(const struct model_talk *talk, guint word);

/* What happens. FALSE: it cannot, and nothing changed. */
gboolean model_opens(struct model_talk *talk, gint64 now);
/* `word` is in the partner's message; `*held`: it waits for the lead's answer (R8); `send`: it must not. */
gboolean model_partner_writes(struct model_talk *talk, guint word, gboolean send, gint64 now, gboolean *held);
/* `*anew`: a further job began. */
void model_merchant_writes(struct model_talk *talk, guint word, gint64 now, gboolean *anew);
gboolean model_declines(struct model_talk *talk, gint64 now);
gboolean model_completes(struct model_talk *talk, gint64 now);
gboolean model_rests(struct model_talk *talk, gint64 now);
gboolean model_wakes(struct model_talk *talk, gint64 now);
gboolean model_is_spam(struct model_talk *talk, gint64 now);
gboolean model_answered_elsewhere(struct model_talk *talk, gint64 now);
gboolean model_is_marked_unread(struct model_talk *talk);
/* To propose is to answer. `word` is in the description. */
gboolean model_proposes(struct model_talk *talk, guint word, gint64 now);
gboolean model_withdraws(struct model_talk *talk);
/* The merchant decides on a version: ACCEPTED, TURNED_DOWN or CHANGE_REQUESTED, the last with a message. */
gboolean model_decides(struct model_talk *talk, struct model_offer *offer, enum model_offer_state what, guint word);
gboolean model_offer_is_open(const struct model_offer *offer);
/* The newest of a number; 0: of all. NULL: there is none. */
struct model_offer *model_newest_offer(const struct model_talk *talk, guint number);
void model_blocks(struct model_talk *talk, gint64 now);
/* What waits, oldest first: its words are appended to `words` (guint) and it waits no longer. */
void model_releases(struct model_talk *talk, GArray *words);
/* What waited too long is dropped. */
void model_time_passes(struct model_talk *talk, gint64 now);

#endif
