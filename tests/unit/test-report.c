/* What mail systems report: who failed, for ever or for now, and why; in parts, in prose, in many dialects. Invented
 * samples. */
#include <glib.h>
#include <string.h>

#include "mime/diagnosis.h"
#include "mime/prose.h"
#include "mime/read.h"
#include "mime/report.h"

/* "recipient status kind reason" of each, by newline. */
static char *
spell(const char *raw)
{
    g_autoptr(mail) m = mail_read(raw, strlen(raw));
    g_autoptr(GPtrArray) list = report_read(m, raw, strlen(raw));
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < list->len; i++) {
        const struct report_recipient *r = g_ptr_array_index(list, i);
        g_string_append_printf(text, "%s%s %s %s %s", i ? "\n" : "", r->recipient, *r->status ? r->status : "-",
                               report_kind_name(r->kind), report_reason_name(r->reason));
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void
check(const char *raw, const char *want)
{
    g_autofree char *got = spell(raw);
    if (strcmp(got, want) != 0)
        g_test_message("of: %s", raw);
    g_assert_cmpstr(got, ==, want);
}

/* ---- RFC 3464 ---- */

#define DSN(fields)                                                                                                    \
    "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: us@experts.test\nSubject: Undelivered\nMIME-Version: 1.0\n"  \
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nSorry.\n--b\n"                  \
    "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n" fields                               \
    "\n--b\nContent-Type: message/rfc822\n\nFrom: us@experts.test\nTo: other@else.example\n\nHi\n--b--\n"

static void
test_status_parts(void)
{
    check(DSN("Final-Recipient: rfc822; bob@x.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 "
              "no such user\n"),
          "bob@x.example 5.1.1 hard userunknown");
    check(DSN("Final-Recipient: RFC822;<bob@x.example>\nAction: Failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 552 "
              "5.2.2 mailbox full\n"),
          "bob@x.example 5.2.2 soft mailboxfull");
    check(DSN("Final-Recipient: rfc822; a@x.example\nAction: failed\nStatus: 5.1.2\n\n"
              "Final-Recipient: rfc822; b@x.example\nAction: delayed\nStatus: 4.4.1\n\n"
              "Final-Recipient: rfc822; c@x.example\nAction: delivered\nStatus: 2.0.0\n\n"
              "Final-Recipient: rfc822; d@x.example\nAction: relayed\nStatus: 2.0.0\n"),
          "a@x.example 5.1.2 hard hostunknown\nb@x.example 4.4.1 soft expired\nc@x.example 2.0.0 delivered delivered");
    check(DSN("Original-Recipient: rfc822; bob@x.example\nFinal-Recipient: rfc822; |/usr/bin/procmail\nAction: "
              "failed\nStatus: 5.3.0\n"
              "Diagnostic-Code: x-unix; 75\n"),
          "bob@x.example 5.3.0 soft other");
    check(DSN("Final-Recipient: rfc822;\n bob@x.example\nAction: failed\nStatus: 5.7.1 (rejected)\n"
              "Diagnostic-Code: smtp; 550-5.7.1 blocked\n by our policy\n"),
          "bob@x.example 5.7.1 soft policyviolation");
    /* fields without blank lines between recipients */
    check(DSN("Final-Recipient: rfc822; a@x.example\nAction: failed\nStatus: 5.1.1\nFinal-Recipient: rfc822; "
              "b@x.example\nAction: failed\n"
              "Status: 5.2.2\n"),
          "a@x.example 5.1.1 hard userunknown\nb@x.example 5.2.2 soft mailboxfull");
    /* a status that will pass is no final failure, whatever is said */
    check(DSN("Final-Recipient: rfc822; bob@x.example\nAction: delayed\nStatus: 4.0.0\nDiagnostic-Code: smtp; domain "
              "not found\n"),
          "bob@x.example 4.0.0 soft hostunknown");
}

/* ---- prose ---- */

#define PROSE(text)                                                                                                    \
    "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: us@experts.test\nSubject: failure notice\n\n" text

static void
test_prose(void)
{
    /* qmail */
    check(PROSE("Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message "
                "to the following addresses.\n"
                "This is a permanent error; I've given up. Sorry it didn't work out.\n\n<bob@x.example>:\n192.0.2.1 "
                "does not like recipient.\n"
                "Remote host said: 550 5.1.1 no such user here\nGiving up on 192.0.2.1.\n\n"
                "--- Below this line is a copy of the message.\n\nReturn-Path: <us@experts.test>\nTo: "
                "other@else.example\n"),
          "bob@x.example 5.1.1 hard userunknown");
    /* Exim */
    check(
        PROSE(
            "This message was created automatically by mail delivery software.\n\nA message that you sent could not be "
            "delivered to one or\n"
            "more of its recipients. The following address(es) failed:\n\n  bob@x.example\n    SMTP error from remote "
            "mail server after RCPT "
            "TO:<bob@x.example>:\n    550 unknown user\n  eve@x.example\n    host mx.x.example: 552 quota exceeded\n\n"
            "------ This is a copy of the message, including all the headers. ------\n\nReturn-path: "
            "<us@experts.test>\n"),
        "bob@x.example - hard userunknown\neve@x.example - soft mailboxfull");
    /* sendmail */
    check(PROSE("   ----- The following addresses had permanent fatal errors -----\n<bob@x.example>\n    (reason: 550 "
                "5.1.1 <bob@x.example>... User "
                "unknown)\n\n   ----- Transcript of session follows -----\n... while talking to mx.x.example.:\n>>> "
                "RCPT To:<bob@x.example>\n"
                "<<< 550 5.1.1 <bob@x.example>... User unknown\n550 5.1.1 <bob@x.example>... User unknown\n"),
          "bob@x.example 5.1.1 hard userunknown");
    /* Exchange */
    check(PROSE("Your message\n\n  To:      bob@x.example\n  Subject: Theme\n\ndid not reach the following "
                "recipient(s):\n\n"
                "bob@x.example on Mon, 1 Jan 2024 10:00:00 +0100\n    The recipient name is not recognized\n"),
          "bob@x.example - hard userunknown");
    /* in a sentence */
    check(PROSE("There was an error delivering your mail to <bob@x.example>.\n\nDNS lookup failure: host x.example not "
                "found\n\nMessage headers "
                "follow.\n\nReceived: from here\n"),
          "bob@x.example - hard hostunknown");
    check(PROSE("Sorry, your message to bob@x.example could not be delivered.\nThe mailbox is full.\n"),
          "bob@x.example - soft mailboxfull");
    check(PROSE("Die folgende Adresse ist fehlgeschlagen:\n\n  bob@x.example\n\nGrund: Empfänger unbekannt\n"),
          "bob@x.example - soft userunknown");
    /* refused after the address had been taken: somebody's filter speaks */
    check(PROSE("<bob@x.example>: host mx.x.example said: 550 user unknown (in reply to end of DATA command)\n"),
          "bob@x.example - soft userunknown");
    /* nobody but the recipient is named */
    check(PROSE("Your mail from us@experts.test could not be delivered. Contact postmaster@x.example for "
                "help.\n\n<bob@x.example>: expired: "
                "giving up after 5 days\n"),
          "bob@x.example - soft expired");
}

static void
test_header_names_recipients(void)
{
    check("Return-Path: <>\nFrom: Mailer-Daemon@mx.example\nTo: us@experts.test\nX-Failed-Recipients: bob@x.example, "
          "eve@x.example\n"
          "Subject: Mail delivery failed\n\nMessage too large for both.\n",
          "bob@x.example - soft mesgtoobig\neve@x.example - soft mesgtoobig");
}

static void
test_returned_mail_names_the_recipient(void)
{
    check("Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: us@experts.test\nSubject: Undelivered\nMIME-Version: "
          "1.0\n"
          "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nDelivery report "
          "unavailable.\n--b\n"
          "Content-Type: text/rfc822-headers\n\nFrom: us@experts.test\nTo: Bob <bob@x.example>\nSubject: x\n--b--\n",
          "bob@x.example - soft other");
}

/* ---- complaints ---- */

static void
test_complaints(void)
{
    check(
        "From: fbl@isp.example\nTo: us@experts.test\nSubject: complaint\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\nAbuse.\n--b\n"
        "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nOriginal-Rcpt-To: <bob@isp.example>\n"
        "Original-Rcpt-To: eve@isp.example\n--b\nContent-Type: message/rfc822\n\nTo: other@isp.example\n\nHi\n--b--\n",
        "bob@isp.example - soft feedback\neve@isp.example - soft feedback");
    check("From: fbl@isp.example\nTo: us@experts.test\nSubject: complaint\nMIME-Version: 1.0\n"
          "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\nAbuse.\n--b\n"
          "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\n--b\nContent-Type: message/rfc822\n\nTo: "
          "bob@isp.example\n\nHi\n--b--\n",
          "bob@isp.example - soft feedback");
}

/* ---- people ---- */

static void
test_people_report_nothing(void)
{
    check("From: Ann <ann@lead.example>\nTo: us@experts.test\nSubject: Re: Undelivered Mail\n\n<bob@x.example>: 550 "
          "5.1.1 user unknown\n",
          "");
    check("From: Ann <ann@lead.example>\nTo: us@experts.test\nSubject: x\n\nFinal-Recipient: rfc822; "
          "bob@x.example\nAction: failed\n",
          "");
}

/* ---- what is said ---- */

static void
test_reasons(void)
{
    static const struct {
        const char *words, *status;
        enum prose_stage stage;
        const char *want;
    } rows[] = {
        {"550 5.1.1 User unknown", "", STAGE_UNKNOWN, "5.1.1 hard userunknown"},
        {"550 no such user", "", STAGE_RCPT, "- hard userunknown"},
        {"550 no such user", "", STAGE_UNKNOWN, "- soft userunknown"},
        {"452 4.2.2 mailbox is full", "", STAGE_RCPT, "4.2.2 soft mailboxfull"},
        {"552 5.3.4 message size exceeds fixed maximum message size", "", STAGE_UNKNOWN, "5.3.4 soft mesgtoobig"},
        {"Host or domain name not found", "5.4.4", STAGE_UNKNOWN, "5.4.4 hard hostunknown"},
        {"550 5.7.1 blocked using zen.spamhaus.org", "", STAGE_RCPT, "5.7.1 soft policyviolation"},
        {"550 5.7.26 fails DMARC", "", STAGE_DATA, "5.7.26 soft policyviolation"},
        {"554 5.7.1 message considered spam", "", STAGE_DATA, "5.7.1 soft spamdetected"},
        {"554 5.7.1 Relay access denied", "", STAGE_RCPT, "5.7.1 soft policyviolation"},
        {"553 5.1.8 Domain of sender address does not exist", "", STAGE_RCPT, "5.1.8 soft policyviolation"},
        {"message expired after 5 days; last: 421 sender was rejected, user complaints", "4.4.7", STAGE_UNKNOWN,
         "4.4.7 soft policyviolation"},
        {"delivery expired", "4.4.7", STAGE_UNKNOWN, "4.4.7 soft expired"},
        {"the account is disabled", "5.2.1", STAGE_RCPT, "5.2.1 soft other"},
        {"mx.example[192.0.2.1]: 550 v1.2.3 5.2.4.1", "", STAGE_UNKNOWN,
         "- soft other"}, /* versions and addresses are no codes */
        {"", "", STAGE_UNKNOWN, "- soft other"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct diagnosis d;
        diagnose(rows[i].words, rows[i].status, rows[i].stage, &d);
        g_autofree char *got = g_strdup_printf("%s %s %s", *d.status ? d.status : "-", report_kind_name(d.kind),
                                               report_reason_name(d.reason));
        g_test_message("%s", rows[i].words);
        g_assert_cmpstr(got, ==, rows[i].want);
    }
}

static void
test_hostile_reports_end(void)
{
    static const char *const pieces[] = {
        "<a@b.example>\n",  "a@b.example ", "550 ", "5.1.1 ", "Final-Recipient: rfc822; a@b.example\n", "@", ":",
        "Action: failed\n", " \n",          "5."};
    for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
        g_autoptr(GString) raw = g_string_new(PROSE(""));
        while (raw->len < 300000)
            g_string_append(raw, pieces[i]);
        g_autofree char *got = spell(raw->str);
        g_assert_nonnull(got);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    mail_init();
    g_test_add_func("/report/status-parts", test_status_parts);
    g_test_add_func("/report/prose", test_prose);
    g_test_add_func("/report/header-names-recipients", test_header_names_recipients);
    g_test_add_func("/report/returned-mail-names-the-recipient", test_returned_mail_names_the_recipient);
    g_test_add_func("/report/complaints", test_complaints);
    g_test_add_func("/report/people-report-nothing", test_people_report_nothing);
    g_test_add_func("/report/reasons", test_reasons);
    g_test_add_func("/report/hostile-reports-end", test_hostile_reports_end);
    return g_test_run();
}
