#include "milter/gateway.h"

#include "lib/log.h"
#include "mime/read.h"
#include "milter/spool.h"

/* ---- settings ---- */

/* Read once at the start: a running daemon cannot follow them. */
static const char *const FIXED[] = {"store.database", "store.busy_timeout", "store.readers",
                                    "milter.socket",  "milter.group",       "milter.parsers"};

static void
settings_free(struct settings *settings)
{
    form_maps_free(settings->forms);
    keyring_free(settings->keys);
    conf_free(settings->conf);
    g_free(settings);
}

static struct settings *
settings_load(const char *path, GError **error)
{
    g_autoptr(conf) values = conf_load(path, error);
    g_autoptr(keyring) keys = values ? keyring_load(values->keys, error) : NULL;
    if (!keys || !spool_check(values->spool_directory, error))
        return NULL;
    struct settings *settings = g_new0(struct settings, 1);
    settings->users = 1;
    settings->conf = g_steal_pointer(&values);
    settings->keys = g_steal_pointer(&keys);
    settings->market.conf = settings->conf;
    settings->market.keys = settings->keys;
    return settings;
}

/* A map that cannot be read costs that form its fields' meaning and nobody a mail. */
static void
load_forms(struct settings *settings)
{
    g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);
    settings->forms = form_maps_load(settings->conf->form_maps, errors);
    settings->market.forms = settings->forms;
    for (guint i = 0; i < errors->len; i++)
        log_event(LOG_WARNING, "a field map is left out", "why", (const char *)g_ptr_array_index(errors, i), NULL);
}

struct settings *
gateway_settings(struct gateway *gateway)
{
    pthread_mutex_lock(&gateway->lock);
    struct settings *settings = gateway->current;
    settings->users++;
    pthread_mutex_unlock(&gateway->lock);
    return settings;
}

void
settings_release(struct gateway *gateway, struct settings *settings)
{
    pthread_mutex_lock(&gateway->lock);
    gboolean last = --settings->users == 0;
    pthread_mutex_unlock(&gateway->lock);
    if (last)
        settings_free(settings);
}

static void
warn_of_fixed(const struct conf *old, const struct conf *new)
{
    for (gsize i = 0; i < G_N_ELEMENTS(FIXED); i++) {
        g_autofree char *before = conf_value(old, FIXED[i]);
        g_autofree char *after = conf_value(new, FIXED[i]);
        if (g_strcmp0(before, after) != 0)
            log_event(LOG_WARNING, "a setting changes at the next start only", "setting", FIXED[i], "running", before,
                      "file", after, NULL);
    }
}

/* ---- the log ---- */

static void
open_log(const struct conf *values)
{
    log_open("postern-milter", conf_log_target(values), conf_log_level(values));
}

/* ---- life ---- */

static store *
open_store(const struct conf *values, GError **error)
{
    struct store_options options = {
        .database = values->database,
        .busy_timeout = values->busy_timeout,
        .readers = (guint)values->readers,
    };
    return store_open(&options, error);
}

gboolean
gateway_open(struct gateway *gateway, const char *conf_path, GError **error)
{
    *gateway = (struct gateway){.current = NULL};
    pthread_mutex_init(&gateway->lock, NULL);
    gate_init(&gateway->gate);
    mail_init();
    if (!secret_init(error) || !(gateway->current = settings_load(conf_path, error)))
        return FALSE;
    const struct conf *values = gateway->current->conf;
    open_log(values);
    load_forms(gateway->current);
    if (!(gateway->store = open_store(values, error)))
        return FALSE;
    gateway->current->market.store = gateway->store;
    gateway->parsers = worker_pool_new((guint)values->parsers, error);
    return gateway->parsers != NULL;
}

gboolean
gateway_reload(struct gateway *gateway, GError **error)
{
    struct settings *new = settings_load(gateway->current->conf->path, error);
    if (!new)
        return FALSE;
    struct settings *old = gateway->current; /* only this thread ever swaps it */
    new->market.store = gateway->store;
    warn_of_fixed(old->conf, new->conf);
    open_log(new->conf);
    load_forms(new);
    pthread_mutex_lock(&gateway->lock);
    gateway->current = new;
    pthread_mutex_unlock(&gateway->lock);
    settings_release(gateway, old);
    return TRUE;
}

void
gateway_close(struct gateway *gateway)
{
    worker_pool_free(g_steal_pointer(&gateway->parsers));
    store_close(g_steal_pointer(&gateway->store));
    /* The settings stay: a session that found the gate open a moment ago may be about to take them. */
}
