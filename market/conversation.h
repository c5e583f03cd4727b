/*
 * Conversations: one organisation, one merchant, the messages of both, and the job that they are about.
 */
#ifndef POSTERN_MARKET_CONVERSATION_H
#define POSTERN_MARKET_CONVERSATION_H

#include "market/incoming.h"
#include "market/job.h"
#include "market/link.h"
#include "market/party.h"

enum side { SIDE_PARTNER, SIDE_MERCHANT };
const char *side_name(enum side side);

/* A conversation with its latest job. */
struct conversation {
    gint64 id, organisation_id, merchant_id, request_id;
    char *kind;       /* direct, matched, lead */
    gboolean matched; /* its request went to several organisations */
    char *subject;
    gint64 job_id;
    enum job_state state; /* as stored; see job_effective() */
    char *service;        /* NULL: unspecified */
    gint64 due_at;
    gboolean listed;
    gboolean is_void;  /* spam: without effect on ranking (Decisions 12) */
    gboolean answered; /* the partner has written in it */
};
void conversation_free(struct conversation *conversation);
typedef struct conversation conversation;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(conversation, conversation_free)

/* `*conversation` NULL with TRUE: there is none. */
gboolean conversation_load(struct act *act, gint64 id, struct conversation **conversation, GError **error);

/* Is the address registered for that side of it? NULL never is. */
gboolean conversation_speaks(struct act *act, const struct conversation *conversation, enum side side,
                             const char *address, gboolean *registered, GError **error);

/* The state in a row with `state` and `due_at`, as it counts at `now` (job_effective). */
enum job_state conversation_state_at(const store_rows *rows, guint row, gint64 now);

/* Opens one with its first job, both sides' links and the timer of its first answer. */
gboolean conversation_open(struct act *act, const struct organisation *organisation, const struct merchant *merchant,
                           gint64 request_id, gboolean matched, const char *service, const char *subject, gint64 *id,
                           GError **error);
/* A further job in it (Decisions 6), New, with its own time. */
gboolean conversation_open_job(struct act *act, gint64 id, const char *service, gboolean listed, GError **error);
/* Of its first answer: the end, and what reminds of it. */
gboolean conversation_start_timers(struct act *act, gint64 job_id, gint64 due_at, GError **error);
/* Writes what an event made of its job; an answer ends the timer. */
gboolean conversation_set_state(struct act *act, const struct conversation *conversation, enum job_state state,
                                GError **error);

/* Which of a mail's words a message has, so that they can be read anew (market/replay.h). */
enum reading {
    READING_WORDS, /* the new ones, below its commands */
    READING_WHOLE, /* all that a person reads: a mail that answers none */
    READING_FULL,  /* with what was trimmed (/full) */
    READING_FORM,  /* a form's fields; its Message-ID is in nobody's mailbox */
    READING_PART,  /* one of several answers, or a command's: not to be found again */
    READINGS
};
extern const char *const reading_names[READINGS];

struct words {
    const char *direction; /* "in": from the merchant's side, "out": from the partner's */
    const char *text;
    const char *author_name, *author_address;
    gboolean notified; /* a mail of its own tells of it at once */
    enum reading reading;
};
/* Adds a message with its files, prolongs the links. The partner's: after undo_open(). */
gboolean conversation_add_message(struct act *act, gint64 id, const struct incoming *in, const struct words *words,
                                  gint64 raw_id, gint64 *message_id, GError **error);
/* An answer clears the read mark of all messages up to the one answered (Decisions 1). */
gboolean conversation_mark_read(struct act *act, gint64 id, gint64 up_to_message, GError **error);

/* What a link's row (STMT_LINK_BY_ID) is for. */
enum link_purpose conversation_link_purpose(const store_rows *rows);
/* The merchant's or the partner's reply address that is about one record of the conversation ("proposal 12"), made
 * where there is none yet. Caller frees; NULL on error. */
char *conversation_about_link(struct act *act, gint64 id, enum side side, const char *about, GError **error);
/* The reply address of a side, or of a matched request (LINK_REQUEST, merchant's side). Caller frees; NULL on error. */
char *conversation_link(struct act *act, gint64 id, enum side side, enum link_purpose purpose, GError **error);
/* The same and the Thread-Index of its mails. */
char *conversation_thread(struct act *act, gint64 id, enum side side, enum link_purpose purpose, char **thread_index,
                          GError **error);

#endif
