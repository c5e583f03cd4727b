/* Any bytes are HTML, and what comes out is lines of UTF-8. */
#include <glib.h>
#include <stdint.h>
#include <string.h>

#include "mime/html.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A copy at the end of a block of its own: a read behind it is seen. */
    g_autofree char *html = g_memdup2(data, size);
    g_autoptr(GPtrArray) lines = html_to_lines(html, size);
    for (guint i = 0; i < lines->len; i++) {
        const struct html_line *l = lines->pdata[i];
        g_assert_true(g_utf8_validate(l->text, -1, NULL) && strchr(l->text, '\n') == NULL);
    }
    g_free(html_charset(html, size));
    return 0;
}
