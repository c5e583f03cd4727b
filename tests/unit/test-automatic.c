/* Who wrote it, a person or a machine, and may a machine answer. */
#include <glib.h>
#include <string.h>

#include "mime/automatic.h"
#include "mime/read.h"

struct row {
    const char *headers; /* From and Subject are put in where they are missing */
    enum mail_class class;
    gboolean automatic, may_answer;
    const char *body; /* NULL: a few words */
};

static const struct row rows[] = {
    /* people */
    {"", MAIL_HUMAN, FALSE, TRUE, NULL},
    {"Auto-Submitted: no\n", MAIL_HUMAN, FALSE, TRUE, NULL},
    {"Auto-Submitted: No (typed by hand)\n", MAIL_HUMAN, FALSE, TRUE, NULL},
    {"Precedence: first-class\n", MAIL_HUMAN, FALSE, TRUE, NULL},
    {"X-Auto-Response-Suppress: None\n", MAIL_HUMAN, FALSE, TRUE, NULL},
    {"X-Autoreply: no\n", MAIL_HUMAN, FALSE, TRUE, NULL},
    {"Return-Path: <ann@lead.example>\n", MAIL_HUMAN, FALSE, TRUE, NULL},
    {"Subject: Re: Automatic reply: holidays\n", MAIL_HUMAN, FALSE, TRUE, NULL},
    {"Subject: Re: Undelivered Mail Returned to Sender\n", MAIL_HUMAN, FALSE, TRUE,
     "It bounced: 550 5.1.1 user unknown\n"},
    {"Subject: Fwd: Delivery Status Notification (Failure)\n", MAIL_HUMAN, FALSE, TRUE,
     "Delivery to the following recipient failed\n"},
    {"Subject: Auto for sale\n", MAIL_HUMAN, FALSE, TRUE, NULL},
    {"Subject: Out of office furniture\n", MAIL_HUMAN, FALSE, TRUE, NULL},
    /* machines that answer */
    {"Auto-Submitted: auto-replied\n", MAIL_AUTO_REPLY, TRUE, FALSE, NULL},
    {"Auto-Submitted: auto-replied (vacation); owner-email=\"a@b.example\"\n", MAIL_AUTO_REPLY, TRUE, FALSE, NULL},
    {"X-Autoreply: yes\n", MAIL_AUTO_REPLY, TRUE, FALSE, NULL},
    {"X-Autorespond: x\n", MAIL_AUTO_REPLY, TRUE, FALSE, NULL},
    {"Precedence: auto_reply\n", MAIL_AUTO_REPLY, TRUE, FALSE, NULL},
    {"X-POST-MessageClass: 9; Autoresponder\n", MAIL_AUTO_REPLY, TRUE, FALSE, NULL},
    {"Subject: Automatic reply: Theme\n", MAIL_AUTO_REPLY, TRUE, FALSE, NULL},
    {"Subject: Automatische Antwort: Theme\n", MAIL_AUTO_REPLY, TRUE, FALSE, NULL},
    {"Subject: =?utf-8?Q?R=C3=A9ponse_automatique_=3A?= Theme\n", MAIL_AUTO_REPLY, TRUE, FALSE, NULL},
    {"Subject: Automatisch antwoord: Theme\n", MAIL_AUTO_REPLY, TRUE, FALSE, NULL},
    {"Subject: =?utf-8?Q?Odpowied=C5=BA?= automatyczna: Theme\n", MAIL_AUTO_REPLY, TRUE, FALSE, NULL},
    {"Subject: Out of Office: Theme\n", MAIL_AUTO_REPLY, TRUE, FALSE, NULL},
    {"Subject: =?utf-8?B?6Ieq5Yqo5Zue5aSN?=: Theme\n", MAIL_AUTO_REPLY, TRUE, FALSE, NULL},
    /* machines that tell */
    {"Auto-Submitted: auto-generated\n", MAIL_HUMAN, TRUE, FALSE, NULL},
    {"Auto-Submitted: auto-notified\n", MAIL_HUMAN, TRUE, FALSE, NULL},
    {"Auto-Submitted: something-new\n", MAIL_HUMAN, TRUE, FALSE, NULL},
    {"Return-Path: <>\n", MAIL_HUMAN, TRUE, FALSE, NULL},
    {"Precedence: bulk\n", MAIL_HUMAN, TRUE, FALSE, NULL},
    {"Precedence: junk\n", MAIL_HUMAN, TRUE, FALSE, NULL},
    {"X-Auto-Response-Suppress: All\n", MAIL_HUMAN, TRUE, FALSE, NULL},
    {"X-Auto-Response-Suppress: DR, OOF, AutoReply\n", MAIL_HUMAN, TRUE, FALSE, NULL},
    {"X-FC-MachineGenerated: true\n", MAIL_HUMAN, TRUE, FALSE, NULL},
    {"From: Shop <no-reply@shop.example>\n", MAIL_HUMAN, TRUE, FALSE, NULL},
    {"From: Shop <do.not.reply+1@shop.example>\n", MAIL_HUMAN, TRUE, FALSE, NULL},
    {"From: Postmaster <postmaster@shop.example>\n", MAIL_HUMAN, TRUE, FALSE, NULL},
    /* lists */
    {"List-Id: <users.lists.example>\n", MAIL_LIST, FALSE, FALSE, NULL},
    {"List-Unsubscribe: <mailto:u@lists.example>\n", MAIL_LIST, FALSE, FALSE, NULL},
    {"Precedence: list\n", MAIL_LIST, FALSE, FALSE, NULL},
    {"Mailing-List: contact users-help@lists.example\n", MAIL_LIST, FALSE, FALSE, NULL},
    {"From: users-request@lists.example\n", MAIL_HUMAN, FALSE, FALSE, NULL},
    {"From: owner-users@lists.example\n", MAIL_HUMAN, FALSE, FALSE, NULL},
    /* bounces without parts */
    {"From: MAILER-DAEMON@mx.example\nSubject: failure notice\n", MAIL_BOUNCE, TRUE, FALSE, NULL},
    {"From: MAILER-DAEMON <>\nSubject: Mail delivery failed\n", MAIL_BOUNCE, TRUE, FALSE, NULL},
    {"From: Postmaster <postmaster@mx.example>\nSubject: Undeliverable: Theme\n", MAIL_BOUNCE, TRUE, FALSE, NULL},
    {"Return-Path: <>\nSubject: =?utf-8?Q?Unzustellbar=3A?= Theme\n", MAIL_BOUNCE, TRUE, FALSE, NULL},
    {"X-Failed-Recipients: bob@x.example\n", MAIL_BOUNCE, TRUE, FALSE, NULL},
    {"Auto-Submitted: auto-replied\nX-Failed-Recipients: bob@x.example\n", MAIL_BOUNCE, TRUE, FALSE, NULL},
    {"From: post_master@mx.example\nSubject: Re: Theme\n", MAIL_BOUNCE, TRUE, FALSE,
     "Error: 550 user unknown\nRCPT TO: bob@x.example\n"},
    /* forms */
    {"From: Wix <notifications@wix-forms.com>\nSubject: Contact got a new submission\n", MAIL_FORM, TRUE, FALSE, NULL},
};

static struct mail *
with(const char *headers, const char *body)
{
    g_autoptr(GString) raw = g_string_new(headers);
    g_autofree char *start = g_strconcat("\n", headers, NULL);
    if (!strstr(start, "\nFrom:"))
        g_string_append(raw, "From: Ann <ann@lead.example>\n");
    if (!strstr(start, "\nSubject:"))
        g_string_append(raw, "Subject: Theme\n");
    g_string_append_printf(raw, "To: acme@experts.test\n\n%s", body ? body : "Hello, please call me.\n");
    return mail_read(raw->str, raw->len);
}

static void
test_natures(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(mail) m = with(rows[i].headers, rows[i].body);
        struct mail_nature nature = mail_nature(m, NULL);
        g_test_message("%s", rows[i].headers);
        g_assert_cmpstr(mail_class_name(nature.class), ==, mail_class_name(rows[i].class));
        g_assert_cmpint(nature.automatic, ==, rows[i].automatic);
        g_assert_cmpint(nature.may_answer, ==, rows[i].may_answer);
        g_assert_nonnull(nature.why);
        g_assert_cmpint(nature.machine != NULL, ==, nature.automatic);
    }
}

static void
test_envelope_beats_return_path(void)
{
    g_autoptr(mail) m = with("Return-Path: <ann@lead.example>\n", NULL);
    g_assert_true(mail_nature(m, "").automatic);
    g_assert_false(mail_nature(m, "ann@lead.example").automatic);
    g_autoptr(mail) forged = with("Return-Path: <>\n", NULL);
    g_assert_false(mail_nature(forged, "ann@lead.example").automatic);
}

static struct mail *
report(const char *type, const char *part)
{
    g_autofree char *raw =
        g_strdup_printf("From: x@y.example\nTo: z@y.example\nSubject: Theme\nMIME-Version: 1.0\n"
                        "Content-Type: multipart/report; report-type=%s; boundary=b\n\n--b\n\nwords\n--b\n"
                        "Content-Type: %s\n\nField: x\n--b--\n",
                        type, part);
    return mail_read(raw, strlen(raw));
}

static void
test_reports(void)
{
    static const struct {
        const char *type, *part;
        enum mail_class class;
    } reports[] = {
        {"delivery-status", "message/delivery-status", MAIL_BOUNCE},
        {"DELIVERY-STATUS", "text/plain", MAIL_BOUNCE},
        {"\"feedback-report\"", "message/feedback-report", MAIL_COMPLAINT},
        {"disposition-notification", "message/disposition-notification", MAIL_RECEIPT},
        {"unknown", "message/disposition-notification", MAIL_RECEIPT},
        {"unknown", "text/plain", MAIL_HUMAN},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(reports); i++) {
        g_autoptr(mail) m = report(reports[i].type, reports[i].part);
        g_assert_cmpstr(mail_class_name(mail_nature(m, NULL).class), ==, mail_class_name(reports[i].class));
    }
}

/* Somebody sends on a bounce as an attachment: the bounce is in there, and the mail is a person's. */
static void
test_attached_bounce_is_a_persons_mail(void)
{
    static const char raw[] =
        "From: Ann <ann@lead.example>\nTo: z@y.example\nSubject: look\nMIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nlook\n--b\nContent-Type: message/rfc822\n\n"
        "From: mailer-daemon@x.example\nSubject: failure notice\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=c\n\n--c\n\nsorry\n--c\n"
        "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; bob@x.example\n--c--\n--b--\n";
    g_autoptr(mail) m = mail_read(raw, strlen(raw));
    g_assert_cmpstr(mail_class_name(mail_nature(m, NULL).class), ==, "human");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    mail_init();
    g_test_add_func("/automatic/natures", test_natures);
    g_test_add_func("/automatic/envelope-beats-return-path", test_envelope_beats_return_path);
    g_test_add_func("/automatic/reports", test_reports);
    g_test_add_func("/automatic/attached-bounce-is-a-persons-mail", test_attached_bounce_is_a_persons_mail);
    return g_test_run();
}
