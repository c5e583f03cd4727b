/*
 * What a running mailer stands on: settings, keys, templates and the store behind them. Immutable and counted: a reload
 * makes a new one, and mail that is under way keeps the one that it began with.
 */
#ifndef POSTERN_MAILER_SETUP_H
#define POSTERN_MAILER_SETUP_H

#include "mailer/render.h"
#include "mailer/smtp.h"
#include "market/market.h"

struct setup {
    struct market market; /* the store is borrowed: it outlives every setup */
    struct conf *conf;
    keyring *keys;
    templates *templates;
    tls_trust *trust;     /* NULL where there is no TLS */
    char *relay_password; /* "" for none */
    gint users;
};

/* Reads and checks the settings at `conf_path`, the keys, the templates, the relay and what is believed and said there.
 * One user. */
struct setup *setup_load(const char *conf_path, GError **error);
struct setup *setup_ref(struct setup *setup);
void setup_unref(struct setup *setup);
typedef struct setup setup;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(setup, setup_unref)

/* How the relay is spoken to; borrows from the setup. */
struct smtp_options setup_smtp_options(const struct setup *setup);
/* Reads what setup_smtp_options() wants. Part of setup_load(), for a setup that has but its settings. */
gboolean setup_load_relay(struct setup *setup, GError **error);
/* Forgets it, also after an error. */
void setup_clear_relay(struct setup *setup);

/* The templates alone: those of the settings, then the installed ones. */
templates *setup_templates(const struct conf *conf, GError **error);

/* Logs which settings only the next start takes over. */
void setup_warn_of_fixed(const struct setup *old, const struct setup *new);

#endif
