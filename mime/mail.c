#include "mime/mail.h"

struct mail_address *
mail_address_new(const char *name, const char *address)
{
    struct mail_address *a = g_new0(struct mail_address, 1);
    a->name = g_strdup(name != NULL ? name : "");
    a->address = g_strdup(address != NULL ? address : "");
    return a;
}

void
mail_address_free(struct mail_address *address)
{
    if (address != NULL) {
        g_free(address->name);
        g_free(address->address);
        g_free(address);
    }
}

void
mail_free(struct mail *mail)
{
    if (mail == NULL) {
        return;
    }
    GPtrArray *arrays[] = {mail->headers,     mail->from,       mail->to,    mail->cc,     mail->reply_to,
                           mail->in_reply_to, mail->references, mail->parts, mail->defects};
    for (guint i = 0; i < G_N_ELEMENTS(arrays); i++) {
        g_clear_pointer(&arrays[i], g_ptr_array_unref);
    }
    g_free(mail->subject);
    g_free(mail->message_id);
    g_free(mail->sender);
    g_free(mail->text);
    g_free(mail->html);
    g_free(mail);
}

const char *
mail_header(const struct mail *mail, const char *name)
{
    for (guint i = 0; i < mail->headers->len; i++) {
        const struct mail_header *h = mail->headers->pdata[i];
        gboolean may = ((h->name[0] ^ name[0]) & 0x5f) == 0; /* FALSE for nearly all of them */
        if (may && g_ascii_strcasecmp(h->name, name) == 0) {
            return h->value;
        }
    }
    return NULL;
}

const struct mail_address *
mail_author(const struct mail *mail)
{
    return mail->from->len > 0 ? mail->from->pdata[0] : NULL;
}
