#include "config.h"

#include "mime/automatic.h"

#include <string.h>

const char *mail_class_name(enum mail_class class)
{
    static const char *const names[] = {
        [MAIL_BOUNCE] = "bounce",         [MAIL_COMPLAINT] = "complaint", [MAIL_RECEIPT] = "receipt",
        [MAIL_AUTO_REPLY] = "auto-reply", [MAIL_FORM] = "form",           [MAIL_LIST] = "list",
        [MAIL_HUMAN] = "human",
    };
    return names[class];
}

static gboolean
starts_with(const char *text, const char *prefix)
{
    return g_ascii_strncasecmp(text, prefix, strlen(prefix)) == 0;
}

static gboolean
has_part(const struct mail *m, const char *type)
{
    for (guint i = 0; i < m->parts->len; i++) {
        const struct mail_part *part = g_ptr_array_index(m->parts, i);
        if (!part->nested && strcmp(part->type, type) == 0)
            return TRUE;
    }
    return FALSE;
}

/* A report's type from its Content-Type; the parts tell where the parameter was lost on the way. */
static gboolean
is_report(const struct mail *m, const char *type, const char *part)
{
    const char *content_type = mail_header(m, "Content-Type");
    if (content_type && starts_with(content_type, "multipart/report")) {
        g_autofree char *lower = g_ascii_strdown(content_type, -1);
        const char *found = strstr(lower, "report-type");
        found = found ? strchr(found, '=') : NULL;
        if (found) {
            found += 1 + strspn(found + 1, " \t\"");
            return starts_with(found, type);
        }
    }
    return has_part(m, part);
}

static gboolean
null_sender(const struct mail *m, const char *envelope_sender)
{
    if (envelope_sender)
        return *envelope_sender == '\0';
    const char *path = mail_header(m, "Return-Path");
    return path && (strcmp(path, "<>") == 0 || strcmp(path, "< >") == 0);
}

/* Local parts that no person writes from. */
static gboolean
is_mailer(const struct mail *m)
{
    const struct mail_address *author = mail_author(m);
    return author && (starts_with(author->address, "mailer-daemon") || starts_with(author->address, "postmaster@"));
}

/* RFC 3834 5: `no` is a person; anything else, known or not, is a machine. */
static gboolean
auto_submitted(const struct mail *m, const char *keyword)
{
    const char *value = mail_header(m, "Auto-Submitted");
    if (!value)
        return FALSE;
    value += strspn(value, " \t");
    return keyword ? starts_with(value, keyword) : *value && !starts_with(value, "no");
}

static gboolean
header_is(const struct mail *m, const char *name, const char *const *values)
{
    const char *value = mail_header(m, name);
    if (!value)
        return FALSE;
    for (; *values; values++)
        if (starts_with(value, *values))
            return TRUE;
    return FALSE;
}

static gboolean
answers_by_itself(const struct mail *m)
{
    static const char *const reply_precedence[] = {"auto_reply", "auto-reply", NULL};
    static const char *const present[] = {"X-Autoreply", "X-Autorespond", "X-Autoresponse", "X-Auto-Reply-From"};
    if (auto_submitted(m, "auto-replied") || header_is(m, "Precedence", reply_precedence))
        return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(present); i++)
        if (mail_header(m, present[i]))
            return TRUE;
    return FALSE;
}

static gboolean
is_list(const struct mail *m)
{
    static const char *const names[] = {"List-Id", "List-Post", "List-Unsubscribe", "List-Help", "Mailing-List"};
    static const char *const precedence[] = {"list", NULL};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (mail_header(m, names[i]))
            return TRUE;
    return header_is(m, "Precedence", precedence);
}

static gboolean
is_bulk(const struct mail *m)
{
    static const char *const bulk[] = {"bulk", "junk", NULL};
    return header_is(m, "Precedence", bulk);
}

/* Answers are unwanted: the vendors' header says so for all kinds, or for the kind that we would send. */
static gboolean
suppressed(const struct mail *m)
{
    const char *value = mail_header(m, "X-Auto-Response-Suppress");
    return value && *value && !starts_with(value, "none");
}

static enum mail_class
classify(const struct mail *m, gboolean no_return)
{
    if (is_report(m, "delivery-status", "message/delivery-status"))
        return MAIL_BOUNCE;
    if (is_report(m, "feedback-report", "message/feedback-report"))
        return MAIL_COMPLAINT;
    if (is_report(m, "disposition-notification", "message/disposition-notification"))
        return MAIL_RECEIPT;
    if (no_return && is_mailer(m))
        return MAIL_BOUNCE;
    if (answers_by_itself(m))
        return MAIL_AUTO_REPLY;
    return is_list(m) ? MAIL_LIST : MAIL_HUMAN;
}

struct mail_nature
mail_nature(const struct mail *m, const char *envelope_sender)
{
    gboolean no_return = null_sender(m, envelope_sender);
    struct mail_nature nature = {.class = classify(m, no_return)};
    nature.automatic = nature.class <= MAIL_AUTO_REPLY || no_return || auto_submitted(m, NULL) || is_bulk(m);
    nature.may_answer = !nature.automatic && nature.class == MAIL_HUMAN && !is_mailer(m) && !suppressed(m);
    return nature;
}
