/* Any bytes are a header: its words, its parameters, its ids and its addresses can be asked for. */
#include <glib.h>
#include <stdint.h>

#include "mime/address.h"
#include "mime/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_addresses(const char *unfolded)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)mail_address_free);
    address_list_parse(unfolded, list);
    for (guint i = 0; i < list->len; i++) {
        const struct mail_address *a = list->pdata[i];
        g_assert_true(g_utf8_validate(a->name, -1, NULL) && g_utf8_validate(a->address, -1, NULL));
    }
}

static void
check_parameters(const char *unfolded)
{
    static const char *const names[] = {"charset", "filename", "name", "boundary", "a"};
    g_autoptr(header_value) v = header_value_parse(unfolded);
    g_assert_true(g_utf8_validate(v->value, -1, NULL));
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *text = header_parameter(v, names[i]);
        g_assert_true(text == NULL || g_utf8_validate(text, -1, NULL));
        g_free(header_parameter_bytes(v, names[i]));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *unfolded = header_unfold((const char *)data, size);
    g_autofree char *words = header_words(unfolded);
    g_assert_true(g_utf8_validate(words, -1, NULL));
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    header_ids(unfolded, ids);
    check_parameters(unfolded);
    check_addresses(unfolded);
    return 0;
}
