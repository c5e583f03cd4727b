#include "mailer/setup.h"

#include <string.h>
#include <sys/stat.h>

#include "lib/error.h"
#include "lib/log.h"

/* Read once at the start: a running daemon cannot follow them. */
static const char *const fixed[] = {"store.database", "store.busy_timeout", "store.readers", "mailer.wake_socket",
                                    "mailer.connections"};

templates *
setup_templates(const struct conf *conf, GError **error)
{
    const char *const folders[] = {conf->templates, TEMPLATE_DIR, NULL};
    return templates_load(folders, error);
}

/* ---- the relay ---- */

/* The first line. */
static char *
read_password(const char *path, GError **error)
{
    struct stat status;
    g_autofree char *content = NULL;
    g_autoptr(GError) why = NULL;
    if (stat(path, &status) == 0 && status.st_mode & 007) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID,
                    "%s: others may read the password (mode %04o); mend it with: chmod 0600 %s", path,
                    (guint)status.st_mode & 07777, path);
        return NULL;
    }
    if (!g_file_get_contents(path, &content, NULL, &why)) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "mailer.relay_password_file: %s", why->message);
        return NULL;
    }
    content[strcspn(content, "\r\n")] = '\0';
    if (*content)
        return g_steal_pointer(&content);
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "%s: its first line, the password, is empty", path);
    return NULL;
}

static gboolean
load_password(struct setup *setup, GError **error)
{
    const struct conf *conf = setup->conf;
    if (!*conf->relay_user == !*conf->relay_password_file) {
        setup->relay_password = *conf->relay_user ? read_password(conf->relay_password_file, error) : g_strdup("");
        return setup->relay_password != NULL;
    }
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID,
                "mailer.relay_user and mailer.relay_password_file go together: set both or none");
    return FALSE;
}

gboolean
setup_load_relay(struct setup *setup, GError **error)
{
    const struct conf *conf = setup->conf;
    enum relay_tls tls = relay_tls_named(conf->relay_tls);
    if (!relay_check(conf->relay, tls, error) || !load_password(setup, error))
        return FALSE;
    setup->trust = tls == RELAY_TLS_NONE ? NULL : tls_trust_new(conf->relay_ca, error);
    return setup->trust || tls == RELAY_TLS_NONE;
}

void
setup_clear_relay(struct setup *setup)
{
    if (setup->relay_password)
        explicit_bzero(setup->relay_password, strlen(setup->relay_password));
    g_clear_pointer(&setup->relay_password, g_free);
    g_clear_pointer(&setup->trust, tls_trust_free);
}

struct smtp_options
setup_smtp_options(const struct setup *setup)
{
    const struct conf *conf = setup->conf;
    return (struct smtp_options){.relay = conf->relay,
                                 .tls = relay_tls_named(conf->relay_tls),
                                 .trust = setup->trust,
                                 .user = conf->relay_user,
                                 .password = setup->relay_password,
                                 .hello = conf->domain,
                                 .timeout = conf->smtp_timeout};
}

/* ---- the whole ---- */

struct setup *
setup_load(const char *conf_path, GError **error)
{
    g_autoptr(setup) made = g_new0(struct setup, 1);
    made->users = 1;
    if (!(made->conf = conf_load(conf_path, error)) || !(made->keys = keyring_load(made->conf->keys, error)) ||
        !(made->templates = setup_templates(made->conf, error)) || !setup_load_relay(made, error))
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
    setup_clear_relay(setup);
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
