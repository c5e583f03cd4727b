#include "config.h"

#include "mime/form-fields.h"

#include <jansson.h>
#include <string.h>

#include "mime/markup.h"

/* ---- JSON: an object with plain keys ---- */

static void
add_json(GPtrArray *fields, const char *key, const json_t *value)
{
    if (json_is_string(value)) {
        form_fields_add(fields, key, strlen(key), json_string_value(value));
    } else if (json_is_integer(value) || json_is_real(value) || json_is_boolean(value)) {
        char *text = json_dumps(value, JSON_ENCODE_ANY);
        form_fields_add(fields, key, strlen(key), text ? text : "");
        free(text);
    }
}

GPtrArray *
form_fields_from_json(const char *json, gsize length)
{
    GPtrArray *fields = form_fields_new();
    json_t *root = length <= (256u << 10) ? json_loadb(json, length, 0, NULL) : NULL; /* jansson bounds the depth */
    const char *key;
    json_t *value, *inner;
    json_object_foreach(root, key, value)
    {
        if (!json_is_object(value)) {
            add_json(fields, key, value);
            continue;
        }
        const char *inner_key; /* {"data": {…}}, as many services wrap it */
        json_object_foreach(value, inner_key, inner) add_json(fields, inner_key, inner);
    }
    json_decref(root);
    return fields;
}

/* ---- ADF: <customer><contact><name part="full">…</name><email>…</email> … ---- */

GPtrArray *
form_fields_from_adf(const char *xml)
{
    static const char *const names[] = {"name", "email", "phone", "comments", "service", "url", "language", "budget"};
    GPtrArray *fields = form_fields_new();
    struct markup m;
    const char *open = NULL;
    g_autoptr(GString) value = g_string_new(NULL);
    markup_init(&m, xml, strlen(xml));
    for (markup_next(&m); m.kind != MARKUP_END; markup_next(&m)) {
        if (m.kind == MARKUP_OPEN) {
            open = NULL;
            for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
                if (strcmp(m.name, names[i]) == 0)
                    open = names[i];
            g_string_truncate(value, 0);
        } else if (m.kind == MARKUP_TEXT && open) {
            g_string_append_len(value, m.text.at, (gssize)m.text.length);
        } else if (m.kind == MARKUP_CLOSE && open) {
            form_fields_add(fields, open, strlen(open), value->str);
            open = NULL;
        }
    }
    return fields;
}
