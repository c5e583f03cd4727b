/* Any header body: parsed or refused, and nothing that a comment or a string holds becomes a result. */
#include <glib.h>
#include <stdint.h>
#include <string.h>

#include "lib/text.h"
#include "mime/authres.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *body = text_utf8((const char *)data, size);
    g_autoptr(authres) a = authres_parse(body);
    if (!a)
        return 0;
    g_assert_true(a->id && a->results->len <= 100);
    for (guint i = 0; i < a->results->len; i++) {
        const struct authres_result *r = a->results->pdata[i];
        g_assert_true(*r->method && r->result && r->reason && r->properties->len <= 100);
        authres_property(r, "header", "from");
    }
    return 0;
}
