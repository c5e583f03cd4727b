/*
 * The only user of libmilter: its callbacks, and its main loop.
 *
 * libmilter (Debian's, with the worker pool) moves a session from thread to thread between callbacks, passes no user
 * data but a session's, and would stop on SIGTERM, SIGHUP and SIGINT in a thread of its own; here it never gets them.
 */
#ifndef POSTERN_MILTER_CALLBACKS_H
#define POSTERN_MILTER_CALLBACKS_H

#include "milter/gateway.h"

/* Sets libmilter up to answer on `connection` (its own notation: "fd:3", "inet:8892@127.0.0.1"), which listens when
 * this returns TRUE. Once a process. `gateway` is used until the process ends. */
gboolean callbacks_open(struct gateway *gateway, const char *connection, GError **error);

/* Serves until libmilter gives up. Signals that end the program must be blocked, and are the caller's to wait for. */
void callbacks_serve(void);

#endif
