#include "mailer/digest.h"

#include "mime/write.h"

static const char *
text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* As if the merchant had written to the reader from the item's link. */
static GBytes *
item_mail(const struct notice *notice, const json_t *item, gsize i, GError **error)
{
    g_autofree char *message_id = g_strdup_printf("%" G_GSIZE_FORMAT ".%s", i + 1, notice->message_id);
    g_autofree char *name = g_strdup(text_of(json_object_get(item, "merchant"), "label"));
    g_autofree char *link = g_strdup(text_of(item, "link"));
    const struct outgoing mail = {
        .from = {name, link},
        .to = {notice->recipient_name, notice->recipient},
        .reply_to = {name, link},
        .subject = text_of(item, "subject"),
        .message_id = message_id,
        .references = notice->references,
        .date = json_integer_value(json_object_get(item, "at_time")),
        .automatic = notice->automatic,
        .text = text_of(item, "text"),
    };
    return mail_write(&mail, error);
}

GPtrArray *
digest_mails(const struct notice *notice, GError **error)
{
    if (!json_is_true(json_object_get(notice->data, "digest")))
        return NULL;
    g_autoptr(GPtrArray) mails = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    const json_t *items = json_object_get(notice->data, "items");
    for (gsize i = 0; i < json_array_size(items); i++) {
        GBytes *mail = item_mail(notice, json_array_get(items, i), i, error);
        if (!mail)
            return NULL;
        g_ptr_array_add(mails, mail);
    }
    return g_steal_pointer(&mails);
}
