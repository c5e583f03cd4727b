#include "mailer/setup.h"

#include "lib/log.h"
#include "mailer/smtp.h"

/* Read once at the start: a running daemon cannot follow them. */
static const char *const fixed[] = {"store.database", "store.busy_timeout", "store.readers", "mailer.wake_socket",
                                    "mailer.connections"};

templates *
setup_templates(const struct conf *conf, GError **error)
{
    const char *const folders[] = {conf->templates, TEMPLATE_DIR, NULL};
    return templates_load(folders, error);
}

struct setup *
setup_load(const char *conf_path, GError **error)
{
    g_autoptr(setup) made = g_new0(struct setup, 1);
    made->users = 1;
    if (!(made->conf = conf_load(conf_path, error)) || !(made->keys = keyring_load(made->conf->keys, error)) ||
        !(made->templates = setup_templates(made->conf, error)) || !smtp_check_relay(made->conf->relay, error))
        return NULL;
    made->market = (struct market){.conf = made->conf, .keys = made->keys};
    return g_steal_pointer(&made);
}

struct setup *
setup_ref(struct setup *setup)
{
    g_atomic_int_inc(&setup->users);
    return setup;
}

void
setup_unref(struct setup *setup)
{
    if (!setup || !g_atomic_int_dec_and_test(&setup->users))
        return;
    templates_free(setup->templates);
    keyring_free(setup->keys);
    conf_free(setup->conf);
    g_free(setup);
}

void
setup_warn_of_fixed(const struct setup *old, const struct setup *new)
{
    for (gsize i = 0; i < G_N_ELEMENTS(fixed); i++) {
        g_autofree char *before = conf_value(old->conf, fixed[i]);
        g_autofree char *after = conf_value(new->conf, fixed[i]);
        if (g_strcmp0(before, after) != 0)
            log_event(LOG_WARNING, "a setting changes at the next start only", "setting", fixed[i], "running", before,
                      "file", after, NULL);
    }
}
