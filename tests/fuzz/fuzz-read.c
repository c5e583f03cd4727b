/* Any bytes are a mail whose strings are UTF-8 and whose parts can be cut out of them again. */
#include <glib.h>
#include <stdint.h>

#include "lib/sha256.h"
#include "mime/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_part(const struct mail_part *p, const uint8_t *data, size_t size)
{
    if (p->inside != NULL) {
        return;
    }
    g_assert_true(p->offset <= size && p->length <= size - p->offset);
    g_autoptr(GBytes) bytes = mail_decode(data + p->offset, p->length, p->encoding);
    gsize n;
    gconstpointer content = g_bytes_get_data(bytes, &n);
    g_autofree char *sha = sha256_hex(content, n);
    g_assert_cmpstr(sha, ==, p->sha256);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    guint8 digest[32];
    g_autoptr(mail) m = mail_read(data, size);
    for (guint i = 0; i < m->headers->len; i++) {
        const struct mail_header *h = m->headers->pdata[i];
        g_assert_true(g_utf8_validate(h->value, -1, NULL) && g_utf8_validate(h->raw, -1, NULL));
    }
    g_assert_true(g_utf8_validate(m->text, -1, NULL));
    for (guint i = 0; i < m->parts->len; i++) {
        check_part(m->parts->pdata[i], data, size);
    }
    mail_fingerprint("a@b.test", data, size, digest);
    return 0;
}
