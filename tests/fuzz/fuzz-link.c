/*
 * Any text with one of our links in it, broken in any way: what can be found by its HMAC is never left by scrubbing.
 * The byte 1 stands for the next character of the link, 2 for all that are left. A Thread-Index is ours or nothing.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <stdint.h>
#include <string.h>

#include "lib/text.h"
#include "market/link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct conf settings = {.domain = (char *)"experts.test", .link = (char *)"r"};

static const struct market *
market(void)
{
    static struct market made;
    if (made.keys)
        return &made;
    g_autofree char *folder = g_dir_make_tmp("postern-fuzz-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "keys", NULL);
    g_assert_true(secret_init(NULL) && keyring_create(path, NULL));
    made.conf = &settings;
    made.keys = keyring_load(path, NULL);
    g_unlink(path);
    g_rmdir(folder);
    return &made;
}

static char *
text_with_link(const uint8_t *data, size_t size)
{
    const struct link_token token = {LINK_REPLY, 77, 1900000000};
    g_autofree char *link = link_address(market(), &token);
    const char *next = link;
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < size; i++) {
        if (data[i] == 1 && *next) {
            g_string_append_c(text, *next++);
        } else if (data[i] == 2) {
            g_string_append(text, next);
            next = link + strlen(link);
        } else {
            g_string_append_c(text, (char)data[i]);
        }
    }
    return text_utf8(text->str, text->len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gint64 id = 0;
    g_autofree char *text = text_with_link(data, size);
    g_autofree char *clean = link_scrub(market(), text, NULL, "[address]");
    g_autoptr(GArray) tokens = g_array_new(FALSE, FALSE, sizeof(struct link_token));
    g_autoptr(GArray) left = g_array_new(FALSE, FALSE, sizeof(struct link_token));
    link_find(market(), text, 5, tokens);
    g_assert_cmpuint(tokens->len, <=, 1); /* there is but one to be found */
    link_find(market(), clean, 5, left);
    g_assert_cmpuint(left->len, ==, 0);
    link_is_in(market(), text);
    g_assert_false(link_thread_root(market(), text, &id));
    return 0;
}
