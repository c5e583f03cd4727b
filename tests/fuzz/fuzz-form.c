/* Any text, as a form's text, HTML, JSON and XML: fields are bounded and UTF-8. */
#include <glib.h>
#include <stdint.h>

#include "lib/text.h"
#include "mime/form-fields.h"
#include "mime/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(GPtrArray *fields)
{
    g_assert_true(fields->len <= FORM_FIELDS);
    for (guint i = 0; i < fields->len; i++) {
        const struct form_field *field = fields->pdata[i];
        g_assert_true(*field->label && g_utf8_validate(field->label, -1, NULL) &&
                      g_utf8_validate(field->value, -1, NULL));
    }
    g_ptr_array_unref(fields);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = text_utf8((const char *)data, size);
    check(form_fields_from_text(text, NULL));
    check(form_fields_from_questions(text, NULL));
    check(form_fields_from_html(text, NULL));
    check(form_fields_from_adf(text));
    check(form_fields_from_json((const char *)data, size));
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    struct mail m = {.text = text,
                     .html = text,
                     .subject = (char *)"x",
                     .from = none,
                     .to = none,
                     .reply_to = none,
                     .in_reply_to = none,
                     .references = none,
                     .headers = none};
    form_free(form_read(&m, NULL, 0, NULL, TRUE));
    struct mail_address site = {(char *)"Site", (char *)"wordpress@site.example"};
    m.from = g_ptr_array_new();
    g_ptr_array_add(m.from, &site);
    form_is_form(&m);
    g_ptr_array_unref(m.from);
    return 0;
}
