/* Any mail: what it reports is UTF-8 and bounded, and a person's mail reports nothing. */
#include <glib.h>
#include <stdint.h>

#include "mime/automatic.h"
#include "mime/read.h"
#include "mime/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    mail_init();
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(mail) m = mail_read(data, size);
    g_autoptr(GPtrArray) list = report_read(m, data, size);
    enum mail_class class = mail_nature(m, NULL).class;
    g_assert_true(list->len <= 500 && (list->len == 0 || class == MAIL_BOUNCE || class == MAIL_COMPLAINT));
    for (guint i = 0; i < list->len; i++) {
        const struct report_recipient *r = list->pdata[i];
        g_assert_true(g_utf8_validate(r->recipient, -1, NULL) && g_utf8_validate(r->reply, -1, NULL));
        g_assert_nonnull(report_reason_name(r->reason));
    }
    return 0;
}
