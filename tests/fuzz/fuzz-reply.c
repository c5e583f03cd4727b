/* Any text, as a mail's text and as its HTML: nothing in it vanishes, and what comes out is UTF-8. */
#include <glib.h>
#include <stdint.h>
#include <string.h>

#include "lib/text.h"
#include "mime/forward.h"
#include "mime/language.h"
#include "mime/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static gboolean
is_utf8(const char *text)
{
    return g_utf8_validate(text, -1, NULL);
}

static void
check(const struct mail *m, void (*trim)(const struct mail *, struct reply *))
{
    struct reply reply;
    trim(m, &reply);
    g_assert_true(is_utf8(reply.text) && is_utf8(reply.signature) && is_utf8(reply.elided));
    reply_clear(&reply);
}

/* Bytes that are no white space: all of them must come out again. */
static gsize
ink(const char *text)
{
    gsize count = 0;
    for (; *text; text++)
        count += !g_ascii_isspace(*text);
    return count;
}

static void
check_nothing_vanishes(const struct mail *m)
{
    struct reply reply;
    reply_trim(m, &reply);
    g_assert_true(ink(reply.text) + ink(reply.signature) + ink(reply.elided) == ink(m->text));
    reply_clear(&reply);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = text_utf8((const char *)data, size);
    g_autofree char *html = g_strdup(text);
    struct mail m = {.text = text,
                     .html = html,
                     .subject = (char *)"Fwd: x",
                     .from = g_ptr_array_new(),
                     .headers = g_ptr_array_new()};
    struct mail_address from = {(char *)"Anna Smith", (char *)"anna@lead.example"};
    g_ptr_array_add(m.from, &from);
    m.in_reply_to = m.references = m.reply_to = m.to = m.headers;
    check_nothing_vanishes(&m);
    check(&m, reply_trim_html);
    struct forward *forward = forward_read(&m);
    if (forward)
        g_assert_true(is_utf8(forward->message) && is_utf8(forward->body) && is_utf8(forward->from->name));
    forward_free(forward);
    language_guess(text);
    g_ptr_array_unref(m.from);
    g_ptr_array_unref(m.headers);
    return 0;
}
