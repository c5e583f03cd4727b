#include "config.h"

#include "mime/report.h"

const char *
report_kind_name(enum report_kind kind)
{
    static const char *const names[] = {"soft", "hard", "delivered"};
    return names[kind];
}

const char *
report_reason_name(enum report_reason reason)
{
    static const char *const names[] = {"other",        "userunknown", "mailboxfull", "hostunknown", "policyviolation",
                                        "spamdetected", "mesgtoobig",  "expired",     "feedback",    "delivered"};
    return names[reason];
}

GPtrArray *
report_read(const struct mail *m, gconstpointer raw, gsize length)
{
    (void)m, (void)raw, (void)length;
    return g_ptr_array_new();
}
