#include "mailer/preview.h"

#include "lib/error.h"
#include "mailer/sample.h"

static char *
text_or(const json_t *object, const char *key, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(object, key));
    return g_strdup(text ? text : otherwise);
}

static void
set_default(json_t *data, const char *key, const char *text)
{
    if (!json_object_get(data, key))
        json_object_set_new(data, key, json_string(text));
}

static void
set_address(json_t *data, const char *key, const char *local, const struct conf *conf)
{
    g_autofree char *address = g_strdup_printf("%s@%s", local, conf->domain);
    set_default(data, key, address);
}

static GPtrArray *
read_references(const json_t *list)
{
    GPtrArray *references = g_ptr_array_new_with_free_func(g_free);
    for (gsize i = 0; i < json_array_size(list); i++)
        if (json_is_string(json_array_get(list, i)))
            g_ptr_array_add(references, g_strdup(json_string_value(json_array_get(list, i))));
    return references;
}

/* As market/notice.c would have filled it. */
static struct notice *
make_notice(const json_t *object, const struct conf *conf)
{
    g_autofree char *link = g_strdup_printf("%s+preview@%s", conf->link, conf->domain);
    g_autofree char *id = g_strdup_printf("preview@%s", conf->domain);
    struct notice *notice = g_new0(struct notice, 1);
    json_t *data = json_object_get(object, "data");
    notice->data = json_is_object(data) ? json_incref(data) : json_object();
    notice->kind = text_or(object, "kind", "");
    notice->language = text_or(object, "language", conf->language);
    notice->timezone = g_strdup(json_string_value(json_object_get(object, "timezone")));
    notice->envelope_sender = g_strdup(link);
    notice->recipient = text_or(object, "recipient", "somebody@example.net");
    notice->recipient_name = text_or(object, "recipient_name", "Somebody");
    notice->from_name = text_or(object, "from_name", conf->name);
    notice->from_address = text_or(object, "from_address", link);
    notice->answerable = TRUE;
    notice->automatic = json_is_true(json_object_get(object, "automatic"));
    notice->message_id = text_or(object, "message_id", id);
    notice->references = read_references(json_object_get(object, "references"));
    notice->files = g_ptr_array_new();
    set_default(notice->data, "marketplace", conf->name);
    set_default(notice->data, "domain", conf->domain);
    set_address(notice->data, "jobs_address", conf->jobs, conf);
    set_address(notice->data, "experts_address", conf->experts, conf);
    set_default(notice->data, "recipient_name", notice->recipient_name);
    set_default(notice->data, "reply_address", notice->from_address);
    sample_do(notice->data, notice->language);
    return notice;
}

GBytes *
preview_mail(const templates *templates, const struct conf *conf, const char *json, gsize length, gint64 now,
             GError **error)
{
    json_error_t where;
    json_t *object = json_loadb(json, length, JSON_REJECT_DUPLICATES, &where);
    if (!json_is_object(object)) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "line %d: %s", MAX(where.line, 1),
                    object ? "not an object {\"kind\": …, \"data\": {…}}" : where.text);
        json_decref(object);
        return NULL;
    }
    const struct market nowhere = {.conf = conf};
    g_autoptr(notice) notice = make_notice(object, conf);
    GBytes *mail = render_notice(templates, &nowhere, notice, now, error);
    json_decref(object);
    return mail;
}
