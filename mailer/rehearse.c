#include "mailer/rehearse.h"

#include <string.h>

#include "lib/error.h"
#include "mailer/sample.h"
#include "market/notice.h"
#include "mailer/setup.h"

#define SAMPLES "samples.json"

static void
add_trouble(const char *file, guint line, const char *name, gpointer arg)
{
    GString *trouble = arg;
    g_autofree char *base = g_path_get_basename(file);
    g_string_append_printf(trouble, "%s%s:%u: nothing is called `%s`", trouble->len ? "; " : "", base, line, name);
}

static void
rehearse_sample(const templates *templates, const char *kind, const char *language, json_t *data, rehearse_fn fn,
                gpointer arg)
{
    const struct reader reader = {language, "Europe/Amsterdam"};
    g_autoptr(GString) trouble = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    struct rendered rendered = {NULL, NULL, NULL};
    if (!render_words(templates, kind, &reader, data, add_trouble, trouble, &rendered, &error))
        g_string_append(trouble, error->message);
    fn(kind, language, data, &rendered, trouble->len ? trouble->str : NULL, arg);
    rendered_clear(&rendered);
}

static json_t *
read_samples(const char *const *folders, GError **error)
{
    for (const char *const *folder = folders; *folder; folder++) {
        g_autofree char *path = g_build_filename(*folder, SAMPLES, NULL);
        json_error_t where;
        if (!g_file_test(path, G_FILE_TEST_EXISTS))
            continue;
        json_t *samples = json_load_file(path, JSON_REJECT_DUPLICATES, &where);
        if (!samples)
            g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "%s:%d: %s", path, where.line, where.text);
        return samples;
    }
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND, "%s/" SAMPLES " is missing", folders[0]);
    return NULL;
}

static gboolean
has_sample(const json_t *samples, const char *kind)
{
    for (gsize i = 0; i < json_array_size(samples); i++)
        if (g_strcmp0(json_string_value(json_object_get(json_array_get(samples, i), "kind")), kind) == 0)
            return TRUE;
    return FALSE;
}

static gboolean
check_samples(const json_t *samples, GError **error)
{
    for (const char *const *kind = notice_kinds(); *kind; kind++) {
        if (has_sample(samples, *kind))
            continue;
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, SAMPLES " has no mail of kind `%s`", *kind);
        return FALSE;
    }
    return TRUE;
}

gboolean
rehearse(const templates *templates, const char *const *folders, rehearse_fn fn, gpointer arg, GError **error)
{
    json_t *file = read_samples(folders, error);
    const json_t *samples = json_object_get(file, "samples");
    g_auto(GStrv) languages = templates_languages(templates);
    gboolean good = file && check_samples(samples, error);
    for (char **language = languages; good && *language; language++)
        for (gsize i = 0; i < json_array_size(samples); i++) {
            const json_t *sample = json_array_get(samples, i);
            json_t *data = json_deep_copy(json_object_get(file, "common"));
            json_object_update(data, json_object_get(sample, "data"));
            json_t *own = json_deep_copy(data); /* a sample's parts are shared, and rendering adds to them */
            sample_do(own, *language);
            rehearse_sample(templates, json_string_value(json_object_get(sample, "kind")), *language, own, fn, arg);
            json_decref(own);
            json_decref(data);
        }
    json_decref(file);
    return good;
}

gboolean
rehearse_relay(const struct conf *conf, gint64 timeout, GError **error)
{
    struct setup setup = {.conf = (struct conf *)conf};
    gboolean serves = setup_load_relay(&setup, error);
    if (serves) {
        struct smtp_options options = setup_smtp_options(&setup);
        options.timeout = timeout;
        g_autoptr(smtp) session = smtp_new(&options);
        serves = smtp_open(session, error);
    }
    setup_clear_relay(&setup);
    return serves;
}
