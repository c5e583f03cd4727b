#include "ctl/open.h"

#include <string.h>

#include "lib/error.h"

struct store_options
opened_store_options(const struct conf *settings, gboolean create)
{
    return (struct store_options){
        .database = settings->database,
        .busy_timeout = settings->busy_timeout,
        .readers = 1, /* one question at a time */
        .create = create,
    };
}

const char *
opened_database_path(const struct conf *settings)
{
    return g_str_has_prefix(settings->database, "sqlite:") ? settings->database + strlen("sqlite:") : NULL;
}

struct conf *
opened_settings(const struct ctl *ctl, GError **error)
{
    g_autoptr(GError) local = NULL;
    struct conf *settings = conf_load(ctl->conf_path, &local);
    if (settings)
        return settings;
    if (g_error_matches(local, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND))
        ctl_hint(local, "copy the sample postern.conf there and set its domain, or name another file with -c");
    g_propagate_error(error, g_steal_pointer(&local));
    return NULL;
}

static gboolean
open_parts(struct opened *all, const struct ctl *ctl, GError **error)
{
    if (!secret_init(error))
        return FALSE;
    all->settings = opened_settings(ctl, error);
    if (!all->settings)
        return FALSE;
    struct store_options options = opened_store_options(all->settings, FALSE);
    all->store = store_open(&options, error);
    if (!all->store) {
        const char *path = opened_database_path(all->settings);
        if (error && path && !g_file_test(path, G_FILE_TEST_EXISTS))
            ctl_hint(*error, "run `postern -c %s init` first", ctl->conf_path);
        return FALSE;
    }
    all->keys = keyring_load(all->settings->keys, error);
    return all->keys != NULL;
}

gboolean
opened_open(struct opened *all, const struct ctl *ctl, GError **error)
{
    *all = (struct opened){0};
    if (!open_parts(all, ctl, error)) {
        opened_close(all);
        return FALSE;
    }
    g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);
    all->forms = form_maps_load(all->settings->form_maps, errors); /* `postern check` tells what is wrong with them */
    all->market = (struct market){.store = all->store, .conf = all->settings, .keys = all->keys, .forms = all->forms};
    return TRUE;
}

void
opened_close(struct opened *all)
{
    g_clear_pointer(&all->store, store_close);
    g_clear_pointer(&all->forms, form_maps_free);
    g_clear_pointer(&all->keys, keyring_free);
    g_clear_pointer(&all->settings, conf_free);
}
