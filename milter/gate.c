#include "milter/gate.h"

#include <time.h>

void
gate_init(struct gate *gate)
{
    pthread_condattr_t attributes;
    *gate = (struct gate){.inside = 0};
    pthread_mutex_init(&gate->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&gate->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

gboolean
gate_enter(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gboolean open = !gate->closed;
    gate->inside += open;
    pthread_mutex_unlock(&gate->lock);
    return open;
}

void
gate_leave(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    g_assert(gate->inside > 0);
    gate->inside--;
    pthread_cond_signal(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
}

gboolean
gate_is_closed(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gboolean closed = gate->closed;
    pthread_mutex_unlock(&gate->lock);
    return closed;
}

guint
gate_close(struct gate *gate, guint seconds)
{
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += seconds;
    pthread_mutex_lock(&gate->lock);
    gate->closed = TRUE;
    while (gate->inside > 0 && pthread_cond_timedwait(&gate->changed, &gate->lock, &deadline) == 0)
        ;
    guint inside = gate->inside;
    pthread_mutex_unlock(&gate->lock);
    return inside;
}
