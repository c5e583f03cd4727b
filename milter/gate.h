/*
 * The gate: who is in, and may anybody else come in? libmilter cannot drain, so before the daemon goes it closes the
 * gate and waits until nobody is in.
 *
 * Whoever touches the store or owes Postfix an answer for a mail is in: a recipient's question while it is asked, a
 * mail from DATA to its verdict. Any thread may enter or leave; a mail may be entered by one and left by another.
 */
#ifndef POSTERN_MILTER_GATE_H
#define POSTERN_MILTER_GATE_H

#include <glib.h>
#include <pthread.h>

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    guint inside;
    gboolean closed;
};

void gate_init(struct gate *gate);

/* FALSE once the gate is closed: ask the sender to come back. */
gboolean gate_enter(struct gate *gate);
void gate_leave(struct gate *gate);
gboolean gate_is_closed(struct gate *gate);

/* Closes it and waits until nobody is inside, at most `seconds`. How many still are. */
guint gate_close(struct gate *gate, guint seconds);

#endif
