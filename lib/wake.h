/*
 * The wake: one datagram on a UNIX socket says "look at the outbox now". A hint only: the mailer's scan of due rows is
 * the truth, so a lost wake costs at most `mailer.poll`.
 */
#ifndef POSTERN_LIB_WAKE_H
#define POSTERN_LIB_WAKE_H

#include <glib.h>

/* The listener's end: binds `path` (a stale socket file is replaced, a live one is CONFLICT), non-blocking, CLOEXEC.
 * Returns the descriptor or -1. */
int wake_listen(const char *path, GError **error);
/* Empties the socket. TRUE when there was at least one wake. */
gboolean wake_drain(int fd);
/* Never blocks, never fails: nobody listening is fine. */
void wake_send(const char *path);

#endif
