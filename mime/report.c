#include "config.h"

#include "mime/report.h"

#include "lib/text.h"
#include "mime/automatic.h"
#include "mime/diagnosis.h"
#include "mime/prose.h"
#include "mime/read.h"

#include <string.h>

#define RECIPIENTS 500
#define PART_BYTES (256u << 10) /* of a status part are read */
#define PROSE_BYTES (32u << 10) /* of what is said in prose */

const char *
report_kind_name(enum report_kind kind)
{
    static const char *const names[] = {
        [REPORT_SOFT] = "soft", [REPORT_HARD] = "hard", [REPORT_DELIVERED] = "delivered"};
    return names[kind];
}

const char *
report_reason_name(enum report_reason reason)
{
    static const char *const names[] = {
        [REASON_OTHER] = "other",
        [REASON_USER_UNKNOWN] = "userunknown",
        [REASON_MAILBOX_FULL] = "mailboxfull",
        [REASON_HOST_UNKNOWN] = "hostunknown",
        [REASON_POLICY_VIOLATION] = "policyviolation",
        [REASON_SPAM_DETECTED] = "spamdetected",
        [REASON_TOO_BIG] = "mesgtoobig",
        [REASON_EXPIRED] = "expired",
        [REASON_FEEDBACK] = "feedback",
        [REASON_DELIVERED] = "delivered",
    };
    return names[reason];
}

static void
report_recipient_free(gpointer data)
{
    struct report_recipient *r = data;
    g_free(r->recipient);
    g_free(r->status);
    g_free(r->reply);
    g_free(r);
}

/* ---- fields, as in RFC 3464 2.1 and in what imitates them ---- */

struct fields { /* one recipient's */
    char *final, *original, *action, *status, *diagnostic;
    char *category; /* a sending system's own opinion */
};

static void
fields_clear(struct fields *f)
{
    g_clear_pointer(&f->final, g_free);
    g_clear_pointer(&f->original, g_free);
    g_clear_pointer(&f->action, g_free);
    g_clear_pointer(&f->status, g_free);
    g_clear_pointer(&f->diagnostic, g_free);
    g_clear_pointer(&f->category, g_free);
}

/* "rfc822; bob@example.com" → "bob@example.com"; xtext and angle brackets too. */
static char *
typed_address(const char *value)
{
    const char *semicolon = strchr(value, ';');
    const char *p = semicolon && semicolon - value < 16 ? semicolon + 1 : value;
    p += strspn(p, " \t<");
    const char *at = strrchr(p, '@');
    const char *end = p + strlen(p);
    if (at) { /* "|/usr/bin/procmail bob@example.com /home/bob" */
        gsize start, stop;
        g_autofree char *address = prose_address(p, strlen(p), (gsize)(at - p), &start, &stop);
        if (address && (start == 0 || p[start - 1] == ' ' || p[start - 1] == '<'))
            return g_steal_pointer(&address);
    }
    while (end > p && strchr(" \t>", end[-1]))
        end--;
    return g_strndup(p, (gsize)(end - p));
}

static void
set_once(char **to, char *value)
{
    if (*to)
        g_free(value);
    else
        *to = value;
}

static void
set_field(struct fields *f, const char *name, const char *value)
{
    if (g_ascii_strcasecmp(name, "Final-Recipient") == 0)
        set_once(&f->final, typed_address(value));
    else if (g_ascii_strcasecmp(name, "Original-Recipient") == 0 || g_ascii_strcasecmp(name, "X-Actual-Recipient") == 0)
        set_once(&f->original, typed_address(value));
    else if (g_ascii_strcasecmp(name, "Action") == 0)
        set_once(&f->action, g_ascii_strdown(value, -1));
    else if (g_ascii_strcasecmp(name, "Status") == 0)
        set_once(&f->status, g_strdup(value));
    else if (g_ascii_strcasecmp(name, "Diagnostic-Code") == 0)
        set_once(&f->diagnostic, g_strdup(value));
    else if (g_ascii_strcasecmp(name, "X-PowerMTA-BounceCategory") == 0)
        set_once(&f->category, g_strdup(value));
}

/* A field with its folded lines; returns what follows. Names are short; a line without a name is skipped. */
static const char *
next_field(const char *p, char **name, GString *value)
{
    const char *lf = strchrnul(p, '\n');
    const char *colon = memchr(p, ':', MIN((gsize)(lf - p), 40));
    *name = colon ? g_strstrip(g_strndup(p, (gsize)(colon - p))) : NULL;
    g_string_truncate(value, 0);
    if (colon)
        g_string_append_len(value, colon + 1, lf - colon - 1);
    p = *lf ? lf + 1 : lf;
    while (*p == ' ' || *p == '\t') {
        lf = strchrnul(p, '\n');
        if (strspn(p, " \t\r") >= (gsize)(lf - p)) /* blank: ends a group */
            break;
        g_string_append_c(value, ' ');
        g_string_append_len(value, p, lf - p);
        p = *lf ? lf + 1 : lf;
    }
    g_strstrip(value->str);
    value->len = strlen(value->str);
    return p;
}

static gboolean
is_blank_line(const char *p)
{
    p += strspn(p, " \t\r");
    return *p == '\n' || *p == '\0';
}

struct report {
    const struct mail *mail;
    GPtrArray *recipients; /* struct report_recipient */
    char *prose;           /* the readable part, without the returned mail */
    const char *sender;    /* who wrote the mail that came back; NULL */
    GPtrArray *said;       /* struct prose_recipient: who is named in the prose; by said() */
    gboolean told;         /* there were fields about a recipient, be it that nothing failed */
};

static void
add_recipient(struct report *report, const char *address, const struct diagnosis *d, const char *words)
{
    if (report->recipients->len >= RECIPIENTS)
        return;
    struct report_recipient *r = g_new0(struct report_recipient, 1);
    r->recipient = g_strdup(address);
    r->status = g_strdup(d->status);
    r->kind = d->kind;
    r->reason = d->reason;
    r->reply = text_one_line(words, 1000);
    g_ptr_array_add(report->recipients, r);
}

/* Read when it is first asked for: most reports say all in their fields. */
static const GPtrArray *
said(struct report *report)
{
    if (!report->said)
        report->said = prose_read(report->prose, report->sender);
    return report->said;
}

/* What the prose says about an address: from its mentions, or all of it where that can be about nobody else. */
static char *
prose_about(struct report *report, const char *address)
{
    const GPtrArray *named = said(report);
    for (guint i = 0; i < named->len; i++) {
        const struct prose_recipient *r = g_ptr_array_index(named, i);
        if (g_ascii_strcasecmp(r->address, address) == 0)
            return g_strdup(r->words->str);
    }
    return g_strdup(named->len > 1 ? "" : report->prose);
}

/* When the recipient was refused: as the server's words tell, or what is said about the recipient, or a transcript that
 * can be about nobody else. */
static enum prose_stage
stage_of(struct report *report, const char *words, const char *about)
{
    enum prose_stage stage = prose_stage(words);
    if (stage == STAGE_UNKNOWN)
        stage = prose_stage(about);
    if (stage == STAGE_UNKNOWN && said(report)->len <= 1)
        stage = prose_stage(report->prose);
    return stage;
}

/* The server's words where they say enough; what the report says in prose besides, where they do not. */
static void
diagnose_fields(struct report *report, const struct fields *f, const char *address, struct diagnosis *d)
{
    g_autofree char *words =
        f->category ? g_strdup_printf("%s\n\nbounce category: %s", f->diagnostic ? f->diagnostic : "", f->category)
                    : g_strdup(f->diagnostic ? f->diagnostic : "");
    g_autofree char *prose = prose_about(report, address);
    enum prose_stage stage = stage_of(report, words, prose);
    char status[16] = "";
    struct diagnosis more;
    if (f->status)
        enhanced_status(f->status, status);
    diagnose(words, status, stage, d);
    if (f->diagnostic && d->certain && (d->reason != REASON_USER_UNKNOWN || d->kind == REPORT_HARD))
        return;
    diagnose(prose, status, stage, &more);
    if (!d->certain && more.certain)
        *d = more;
    else if (!f->diagnostic && *more.status)
        g_strlcpy(d->status, more.status, sizeof d->status);
}

/* RFC 3464 2.3.3: what is relayed has gone to where no report comes from. */
static gboolean
has_arrived(const char *action)
{
    return g_str_has_prefix(action, "deliver") || g_str_has_prefix(action, "relayed");
}

static void
take_fields(struct report *report, struct fields *f)
{
    const char *failed = mail_header(report->mail, "X-Failed-Recipients");
    const char *address = f->final && strchr(f->final, '@') ? f->final : f->original ? f->original : f->final;
    struct diagnosis d;
    if (address && !strchr(address, '@') && failed && !strchr(failed, ','))
        address = failed; /* delivery into a file or a program */
    if (!address || !*address) {
        fields_clear(f);
        return;
    }
    report->told = TRUE;
    if (f->action && has_arrived(f->action)) {
        d = (struct diagnosis){.kind = REPORT_DELIVERED, .reason = REASON_DELIVERED};
        if (f->status)
            enhanced_status(f->status, d.status);
        add_recipient(report, address, &d, "");
    } else if (!f->action || !g_str_has_prefix(f->action, "expanded")) {
        diagnose_fields(report, f, address, &d);
        if (f->action && g_str_has_prefix(f->action, "delayed") && !d.certain)
            d.reason = REASON_EXPIRED;
        guint before = report->recipients->len;
        add_recipient(report, address, &d, f->diagnostic ? f->diagnostic : "");
        if (report->recipients->len > before) {
            struct report_recipient *added = g_ptr_array_index(report->recipients, before);
            added->delayed = f->action && g_str_has_prefix(f->action, "delayed");
        }
    }
    fields_clear(f);
}

/* Groups of fields parted by blank lines; the first is the message's. A second recipient ends a group too. */
static void
read_fields(struct report *report, const char *text)
{
    struct fields f = {0};
    g_autoptr(GString) value = g_string_new(NULL);
    for (const char *p = text; *p;) {
        if (is_blank_line(p)) {
            take_fields(report, &f);
            p = strchrnul(p, '\n');
            p += *p != '\0';
            continue;
        }
        g_autofree char *name = NULL;
        p = next_field(p, &name, value);
        if (!name)
            continue;
        if (f.final && g_ascii_strcasecmp(name, "Final-Recipient") == 0)
            take_fields(report, &f);
        set_field(&f, name, value->str);
    }
    take_fields(report, &f);
}

/* ---- parts ---- */

static char *
part_text(const struct mail_part *part, gconstpointer raw, gsize length)
{
    if (part->offset > length || part->length > length - part->offset)
        return g_strdup("");
    g_autoptr(GBytes) bytes =
        mail_decode((const char *)raw + part->offset, MIN(part->length, PART_BYTES), part->encoding);
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    g_autofree char *text = text_utf8(data ? data : "", size);
    g_auto(GStrv) pieces = g_strsplit(text, "\r\n", -1);
    return g_strjoinv("\n", pieces);
}

static gboolean
is_type(const struct mail_part *part, const char *a, const char *b)
{
    return strcmp(part->type, a) == 0 || strcmp(part->type, b) == 0;
}

static void
read_status_parts(struct report *report, gconstpointer raw, gsize length, gboolean nested)
{
    for (guint i = 0; i < report->mail->parts->len; i++) {
        const struct mail_part *part = g_ptr_array_index(report->mail->parts, i);
        if (part->nested != nested || !is_type(part, "message/delivery-status", "message/global-delivery-status"))
            continue;
        g_autofree char *text = part_text(part, raw, length);
        read_fields(report, text);
    }
}

/* ---- bounces in prose ---- */

static void
read_prose(struct report *report)
{
    const GPtrArray *named = said(report);
    for (guint i = 0; i < named->len; i++) {
        const struct prose_recipient *r = g_ptr_array_index(named, i);
        struct diagnosis d, all;
        diagnose(r->words->str, "", prose_stage(r->words->str), &d);
        if (!d.certain && named->len == 1) { /* the transcript stands apart from the list of recipients */
            diagnose(report->prose, d.status, prose_stage(report->prose), &all);
            d = all;
        }
        add_recipient(report, r->address, &d, r->words->str);
    }
}

static void
read_failed_header(struct report *report)
{
    const char *value = mail_header(report->mail, "X-Failed-Recipients");
    g_auto(GStrv) addresses = value ? g_strsplit_set(value, ", \t", 200) : NULL;
    for (char **address = addresses; address && *address; address++) {
        if (!strchr(*address, '@'))
            continue;
        g_autofree char *words = prose_about(report, *address);
        struct diagnosis d, all;
        diagnose(words, "", prose_stage(words), &d);
        if (!d.certain) {
            diagnose(report->prose, d.status, prose_stage(report->prose), &all);
            d = all;
        }
        add_recipient(report, *address, &d, words);
    }
}

/* Whom the returned mail was for, if that is one. */
static void
read_returned_header(struct report *report, const char *header)
{
    g_autoptr(GString) value = g_string_new(NULL);
    for (const char *p = header; *p && !is_blank_line(p);) {
        g_autofree char *name = NULL;
        p = next_field(p, &name, value);
        const char *at = name && g_ascii_strcasecmp(name, "To") == 0 ? strchr(value->str, '@') : NULL;
        gsize start, end;
        g_autofree char *address =
            at ? prose_address(value->str, value->len, (gsize)(at - value->str), &start, &end) : NULL;
        struct diagnosis d;
        if (!address || strchr(at + 1, '@'))
            continue;
        diagnose(report->prose, "", prose_stage(report->prose), &d);
        add_recipient(report, address, &d, "");
    }
}

/* Nobody is named at all, but the mail comes back: as a part, or below the words. */
static void
read_returned(struct report *report, gconstpointer raw, gsize length)
{
    for (guint i = 0; i < report->mail->parts->len && report->recipients->len == 0; i++) {
        const struct mail_part *part = g_ptr_array_index(report->mail->parts, i);
        if (part->nested || !is_type(part, "message/rfc822", "text/rfc822-headers"))
            continue;
        g_autofree char *text = part_text(part, raw, length);
        read_returned_header(report, text);
    }
    if (report->recipients->len == 0) {
        const char *below = report->mail->text + prose_length(report->mail->text);
        below = strchrnul(below, '\n'); /* the line that announces it */
        read_returned_header(report, below + strspn(below, "\r\n"));
    }
}

/* In words that are not known: whoever is named and is neither the sender nor a helper. */
static void
read_lone(struct report *report)
{
    g_autofree char *address = prose_lone_address(report->prose, report->sender);
    struct diagnosis d;
    if (!address)
        return;
    diagnose(report->prose, "", prose_stage(report->prose), &d);
    add_recipient(report, address, &d, "");
}

/* ---- complaints (RFC 5965) ---- */

static void
add_feedback(struct report *report, const char *address)
{
    const struct diagnosis d = {.kind = REPORT_SOFT, .reason = REASON_FEEDBACK};
    for (guint i = 0; i < report->recipients->len; i++) {
        const struct report_recipient *r = g_ptr_array_index(report->recipients, i);
        if (g_ascii_strcasecmp(r->recipient, address) == 0)
            return;
    }
    add_recipient(report, address, &d, "");
}

static gboolean
names_recipient(const char *name)
{
    static const char *const names[] = {"Original-Rcpt-To", "Removal-Recipient", "Redacted-Address",
                                        "X-HmXmrOriginalRecipient"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_ascii_strcasecmp(name, names[i]) == 0)
            return TRUE;
    return FALSE;
}

/* Recipients that a part's fields name; of a returned mail the header alone, with To only if `to`. */
static void
feedback_fields(struct report *report, const char *text, gboolean to)
{
    g_autoptr(GString) value = g_string_new(NULL);
    while (is_blank_line(text) && *text)
        text = strchrnul(text, '\n') + 1;
    for (const char *p = text; *p && !is_blank_line(p);) {
        g_autofree char *name = NULL;
        p = next_field(p, &name, value);
        if (!name || !(names_recipient(name) || (to && g_ascii_strcasecmp(name, "To") == 0)))
            continue;
        const char *at = strchr(value->str, '@');
        gsize start, end;
        g_autofree char *address =
            at ? prose_address(value->str, value->len, (gsize)(at - value->str), &start, &end) : NULL;
        if (address)
            add_feedback(report, address);
    }
}

static void
read_complaint(struct report *report, gconstpointer raw, gsize length)
{
    static const char *const types[][2] = {{"message/feedback-report", "message/feedback-report"},
                                           {"message/rfc822", "text/rfc822-headers"}};
    for (guint round = 0; round < 3 && report->recipients->len == 0; round++)
        for (guint i = 0; i < report->mail->parts->len; i++) {
            const struct mail_part *part = g_ptr_array_index(report->mail->parts, i);
            guint kind = round > 0;
            if (part->nested || !is_type(part, types[kind][0], types[kind][1]))
                continue;
            g_autofree char *text = part_text(part, raw, length);
            feedback_fields(report, text, round == 2);
        }
    if (report->recipients->len == 0)
        add_feedback(report, "");
}

/* ---- all ---- */

/* A bounce goes to whoever wrote the mail. */
static const char *
sender_of(const struct mail *m)
{
    const struct mail_address *to = m->to->len ? g_ptr_array_index(m->to, 0) : NULL;
    return to && *to->address ? to->address : NULL;
}

/* No part says it: what looks like one in the text, a header, the prose, the returned mail. */
static void
read_words(struct report *report, gconstpointer raw, gsize length)
{
    if (strcasestr(report->prose, "Final-Recipient"))
        read_fields(report, report->prose);
    if (report->recipients->len == 0)
        read_failed_header(report);
    if (report->recipients->len == 0)
        read_prose(report);
    if (report->recipients->len == 0 && strcasestr(report->mail->text, "Final-Recipient")) /* a report in the report */
        read_fields(report, report->mail->text);
    if (report->recipients->len == 0)
        read_returned(report, raw, length);
    if (report->recipients->len == 0)
        read_lone(report);
}

GPtrArray *
report_read(const struct mail *m, gconstpointer raw, gsize length)
{
    struct report report = {m, g_ptr_array_new_with_free_func(report_recipient_free), NULL, sender_of(m), NULL, FALSE};
    enum mail_class class = mail_nature(m, NULL).class;
    if (class == MAIL_COMPLAINT)
        read_complaint(&report, raw, length);
    if (class != MAIL_BOUNCE)
        return report.recipients;
    report.prose = g_strndup(m->text, MIN(prose_length(m->text), PROSE_BYTES));
    for (guint nested = 0; nested < 2 && !report.told; nested++)
        read_status_parts(&report, raw, length, nested);
    if (!report.told)
        read_words(&report, raw, length);
    g_clear_pointer(&report.said, g_ptr_array_unref);
    g_free(report.prose);
    return report.recipients;
}

/* ---- read receipts ---- */

static gboolean
is_disposition_part(const struct mail_part *part)
{
    return !part->nested && (strcmp(part->type, "message/disposition-notification") == 0 ||
                             strcmp(part->type, "message/global-disposition-notification") == 0);
}

/* "manual-action/MDN-sent-manually; displayed": deleted, denied and the like say that nobody looked. */
static gboolean
is_displayed(const char *disposition)
{
    const char *semicolon = strchr(disposition, ';');
    const char *type = semicolon ? semicolon + 1 : disposition;
    type += strspn(type, " \t");
    return g_ascii_strncasecmp(type, "displayed", 9) == 0 && !g_ascii_isalnum(type[9]);
}

static char *
displayed_in(const char *text)
{
    g_autofree char *id = NULL;
    gboolean displayed = FALSE;
    g_autoptr(GString) value = g_string_new(NULL);
    for (const char *p = text; *p;) {
        g_autofree char *name = NULL;
        p = next_field(p, &name, value);
        if (name && g_ascii_strcasecmp(name, "Original-Message-ID") == 0)
            set_once(&id, g_strdup(value->str));
        if (name && g_ascii_strcasecmp(name, "Disposition") == 0)
            displayed = displayed || is_displayed(value->str);
    }
    if (!displayed || !id)
        return NULL;
    g_autofree char *bare = g_strdup(id + (*id == '<'));
    bare[strcspn(bare, ">")] = '\0';
    return g_steal_pointer(&bare);
}

char *
report_displayed(const struct mail *mail, gconstpointer raw, gsize length)
{
    for (guint i = 0; i < mail->parts->len; i++) {
        const struct mail_part *part = g_ptr_array_index(mail->parts, i);
        if (!is_disposition_part(part))
            continue;
        g_autofree char *text = part_text(part, raw, length);
        char *id = text ? displayed_in(text) : NULL;
        if (id)
            return id;
    }
    return NULL;
}
