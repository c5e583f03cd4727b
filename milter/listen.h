/*
 * The milter's socket: from the service manager, or made here.
 */
#ifndef POSTERN_MILTER_LISTEN_H
#define POSTERN_MILTER_LISTEN_H

#include "lib/conf.h"

struct listener {
    char *connection; /* in libmilter's notation; caller frees */
    char *path;       /* of a socket file that is ours to remove; NULL: none; caller frees */
};

/*
 * A socket passed by systemd (LISTEN_FDS) wins. Otherwise conf->milter_socket: a UNIX socket is made here, mode 0660
 * and conf->milter_group, and listens already; a stale file is replaced, a live one is CONFLICT. inet: is left to
 * libmilter.
 */
gboolean listen_open(const struct conf *conf, struct listener *listener, GError **error);

/* Takes the socket file away. */
void listen_close(struct listener *listener);

#endif
