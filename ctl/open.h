/* Settings, keys and database of a subcommand that works on them. */
#ifndef POSTERN_CTL_OPEN_H
#define POSTERN_CTL_OPEN_H

#include "ctl/ctl.h"
#include "market/market.h"

struct opened {
    struct conf *settings;
    keyring *keys;
    store *store;
    form_maps *forms;
    struct market market; /* borrows the four */
};

/* Starts libsodium, reads the settings and the keys, opens the database. All or nothing. */
gboolean opened_open(struct opened *opened, const struct ctl *ctl, GError **error);
void opened_close(struct opened *opened);
typedef struct opened opened;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(opened, opened_close)

/* conf_load(), and what to do when there is no such file. */
struct conf *opened_settings(const struct ctl *ctl, GError **error);

/* The database's file; NULL when it is none. */
const char *opened_database_path(const struct conf *settings);

/* How store_open() is asked for the settings' database. */
struct store_options opened_store_options(const struct conf *settings, gboolean create);

#endif
