/*
 * The hands: threads that load claimed rows, render them and hand them over, each on an SMTP session of its own, and
 * one that records the results as they come, as many as there are in one transaction. A slow mail holds up nobody
 * else's result.
 *
 * When the relay cannot be reached, what is in hand waits a moment for it (a restart of Postfix), then is reported as a
 * temporary failure; whoever claims should ask sender_relay_is_down() and claim nothing meanwhile. The hands look for
 * the relay and say when it is back.
 *
 * A notice whose lease is nearly over is dropped without a report: somebody else will claim it.
 */
#ifndef POSTERN_MAILER_SENDER_H
#define POSTERN_MAILER_SENDER_H

#include "mailer/setup.h"

typedef struct sender sender;

/* TEMP when threads or descriptors cannot be had. The threads block all signals if the caller does. */
sender *sender_new(struct setup *setup, GError **error);

/* Takes over fresh claims (struct outbox_claim) that were made at `claimed_at`: the same Unix seconds as in
 * outbox_claim(), from which their lease runs for everybody. */
void sender_give(sender *self, struct setup *setup, const GArray *claims, gint64 claimed_at);

/* Claims given and not yet recorded. */
guint sender_in_hand(sender *self);
gboolean sender_relay_is_down(sender *self);
/* FALSE: the store takes no results now. What would be claimed might be what was sent and could not be recorded. */
gboolean sender_is_recording(sender *self);
/* After a change of settings: it may be another relay now. */
void sender_forget_relay(sender *self);

/* Readable when in-hand has become low, the relay is back or results are recorded again; sender_clear() makes it
 * unreadable again. */
int sender_fd(const sender *self);
void sender_clear(sender *self);

/* Waits until nothing is in hand, for `seconds` at most; nothing waits for the relay any more. TRUE when nothing is
 * left. */
gboolean sender_drain(sender *self, guint seconds);
/* After a drain that left nothing. */
void sender_free(sender *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sender, sender_free)

#endif
