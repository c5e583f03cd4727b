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

static const char *const adf_names[] = {"name", "email", "phone", "comments", "service", "url", "language", "budget"};

static const char *
adf_label(const char *element)
{
    for (gsize i = 0; i < G_N_ELEMENTS(adf_names); i++)
        if (strcmp(element, adf_names[i]) == 0)
            return adf_names[i];
    return NULL;
}

struct adf {
    GPtrArray *fields;
    const char *label; /* of the open element; NULL: none that is known */
    GString *value;
};

static void
adf_start(GMarkupParseContext *context, const char *element, const char **names, const char **values, gpointer data,
          GError **error)
{
    struct adf *adf = data;
    (void)context;
    (void)error;
    adf->label = adf_label(element);
    g_string_truncate(adf->value, 0);
    for (guint i = 0; adf->label && names[i]; i++)
        if (strcmp(adf->label, "name") == 0 && strcmp(names[i], "part") == 0)
            adf->label = strcmp(values[i], "first") == 0  ? "first name"
                         : strcmp(values[i], "last") == 0 ? "last name"
                                                          : adf->label;
}

static void
adf_end(GMarkupParseContext *context, const char *element, gpointer data, GError **error)
{
    struct adf *adf = data;
    (void)context;
    (void)element;
    (void)error;
    if (adf->label)
        form_fields_add(adf->fields, adf->label, strlen(adf->label), adf->value->str);
    adf->label = NULL;
}

static void
adf_text(GMarkupParseContext *context, const char *text, gsize length, gpointer data, GError **error)
{
    struct adf *adf = data;
    (void)context;
    (void)error;
    if (adf->label)
        g_string_append_len(adf->value, text, (gssize)length);
}

/* XML that is none ("AT&T"): as a browser would cut it. */
static GPtrArray *
fields_from_broken_adf(const char *xml)
{
    GPtrArray *fields = form_fields_new();
    struct markup m;
    const char *open = NULL;
    g_autoptr(GString) value = g_string_new(NULL);
    markup_init(&m, xml, strlen(xml));
    for (markup_next(&m); m.kind != MARKUP_END; markup_next(&m)) {
        if (m.kind == MARKUP_OPEN) {
            open = adf_label(m.name);
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

GPtrArray *
form_fields_from_adf(const char *xml)
{
    static const GMarkupParser parser = {.start_element = adf_start, .end_element = adf_end, .text = adf_text};
    struct adf adf = {form_fields_new(), NULL, g_string_new(NULL)};
    GMarkupParseContext *context = g_markup_parse_context_new(&parser, G_MARKUP_TREAT_CDATA_AS_TEXT, &adf, NULL);
    gboolean good =
        g_markup_parse_context_parse(context, xml, -1, NULL) && g_markup_parse_context_end_parse(context, NULL);
    g_markup_parse_context_free(context);
    g_string_free(adf.value, TRUE);
    if (good)
        return adf.fields;
    g_ptr_array_unref(adf.fields);
    return fields_from_broken_adf(xml);
}
