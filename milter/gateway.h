/*
 * What the daemon holds while it runs: the store, the parsers, the gate, and the settings in force.
 *
 * Settings are an immutable snapshot with a count of users: a mail takes the one in force when it begins and keeps it
 * to its verdict, a reload swaps the gateway's for a new one.
 */
#ifndef POSTERN_MILTER_GATEWAY_H
#define POSTERN_MILTER_GATEWAY_H

#include "lib/worker.h"
#include "market/market.h"
#include "milter/gate.h"

struct settings {
    conf *conf;
    keyring *keys;
    form_maps *forms;
    struct market market; /* borrows the three, and the gateway's store */
    guint users;          /* guarded by the gateway's lock */
};

struct gateway {
    pthread_mutex_t lock;
    struct settings *current; /* guarded by lock */
    store *store;
    worker_pool *parsers;
    struct gate gate;
};

/* Opens everything that a running milter needs, the log first. Any failure is a broken environment. */
gboolean gateway_open(struct gateway *gateway, const char *conf_path, GError **error);

/* Settings and keys anew. What cannot change while it runs (the database, the socket, the number of parsers) keeps the
 * old value and is named in the log. On error nothing changes. */
gboolean gateway_reload(struct gateway *gateway, GError **error);

/* For the end of the process. Nobody may be inside the gate any more; sessions that are not inside may go on. */
void gateway_close(struct gateway *gateway);

struct settings *gateway_settings(struct gateway *gateway); /* give back with settings_release() */
void settings_release(struct gateway *gateway, struct settings *settings);

#endif
