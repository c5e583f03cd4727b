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
          "a@x.example 5.1.2 hard hostunknown\nb@x.example 4.4.1 soft expired\nc@x.example 2.0.0 delivered delivered\n"
          "d@x.example 2.0.0 delivered delivered");
    check(DSN("Original-Recipient: rfc822; bob@x.example\nFinal-Recipient: rfc822; |/usr/bin/procmail\nAction: "
              "failed\nStatus: 5.3.0\n"
              "Diagnostic-Code: x-unix; 75\n"),
          "bob@x.example 5.3.0 soft other");
    check(DSN("Final-Recipient: rfc822; bob@x.example\nAction: failed\nStatus: 5.1.1\n"
              "Diagnostic-Code: x-unix; no such mailbox\n"),
          "bob@x.example 5.1.1 hard userunknown");
    check(DSN("Final-Recipient: rfc822; bob@x.example\nAction: failed\nStatus: 5.1.1\n"
              "Diagnostic-Code: x-unix; sieve: cannot open the spool of bob: No such user\n"),
          "bob@x.example 5.1.1 soft other");
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

/* RFC 6533, xtext, paths, VERP and SRS, types that nobody registered; Original-Recipient where Final-Recipient is no
 * address. */
static void
test_recipient_types(void)
{
    check(DSN("Final-Recipient: utf-8; jürgen@bücher.example\nAction: failed\nStatus: 5.1.1\n"),
          "jürgen@bücher.example 5.1.1 hard userunknown");
    check(DSN("Final-Recipient: x-unknown; bob@x.example\nAction: failed\nStatus: 5.1.1\n"),
          "bob@x.example 5.1.1 hard userunknown");
    check(DSN("Final-Recipient: bob@x.example\nAction: failed\nStatus: 5.1.1\n"),
          "bob@x.example 5.1.1 hard userunknown");
    check(DSN("Final-Recipient: rfc822;SRS0=a1b2=XY=else.example=bob@x.example\nAction: failed\nStatus: 5.2.2\n"),
          "SRS0=a1b2=XY=else.example=bob@x.example 5.2.2 soft mailboxfull");
    check(DSN("Final-Recipient: rfc822;list+bob=x.example@y.example\nAction: failed\nStatus: 5.1.1\n"),
          "list+bob=x.example@y.example 5.1.1 hard userunknown");
    check(DSN("Original-Recipient: rfc822;bob@x.example\nFinal-Recipient: x400; /G=Bob/S=Lead/O=X/C=NL/\nAction: "
              "failed\nStatus: 5.1.1\n"),
          "bob@x.example 5.1.1 hard userunknown");
    check(DSN("Original-Recipient: rfc822;old@x.example\nFinal-Recipient: rfc822;new@y.example\nAction: failed\n"
              "Status: 5.1.1\n"),
          "new@y.example 5.1.1 hard userunknown");
    check(DSN("final-recipient: RFC822 ; <bob@x.example>\naction: FAILED\nstatus: 5.1.2 (no such host)\n"),
          "bob@x.example 5.1.2 hard hostunknown");
    check(DSN("Final-Recipient: rfc822; bob@x.example\nAction: delivered (to mailbox)\nStatus: 2.1.5\n"),
          "bob@x.example 2.1.5 delivered delivered");
    check(DSN("Final-Recipient: rfc822; bob@x.example\nAction: expanded\nStatus: 2.0.0\n"), "");
}

/* What is said of one recipient is not said of the next. */
static void
test_own_words(void)
{
    check(DSN("Final-Recipient: rfc822; a@x.example\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 user "
              "unknown a@x.example\n\n"
              "Final-Recipient: rfc822; b@x.example\nAction: delayed\nStatus: 4.0.0 (host name lookup failure)\n"),
          "a@x.example 5.0.0 hard userunknown\nb@x.example 4.0.0 soft expired");
}

/* ---- prose ---- */

#define PROSE(text)                                                                                                    \
    "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: us@experts.test\nSubject: failure notice\n\n" text

static void
test_who_is_meant(void)
{
    /* not who wrote it */
    check(PROSE("A message sent by\n\n  <us@experts.test>\n\ncould not be delivered. The following address failed:\n\n"
                "  bob@x.example\n    retry timeout exceeded\n"),
          "bob@x.example - soft expired");
    /* named in the mail below alone */
    check(PROSE("It was undeliverable to the following:\n\tbob (user not found)\n\nOriginal message follows:\n\n"
                "From: us@experts.test\nTo: bob@x.example\nSubject: Theme\n\nHello\n"),
          "bob@x.example - soft userunknown");
}

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
          "bob@x.example - hard userunknown");
    /* refused after the address had been taken: somebody's filter speaks */
    check(PROSE("<bob@x.example>: host mx.x.example said: 550 user unknown (in reply to end of DATA command)\n"),
          "bob@x.example - soft userunknown");
    /* nobody but the recipient is named */
    check(PROSE("Your mail from us@experts.test could not be delivered. Contact postmaster@x.example for "
                "help.\n\n<bob@x.example>: expired: "
                "giving up after 5 days\n"),
          "bob@x.example - soft expired");
}

/* Mail systems' dialects. Where no code, no stage and no address of the server's own tells who speaks, "user unknown"
 * may be a filter's word: soft. */
static const struct {
    const char *name, *want, *subject, *text;
} dialects[] = {
    {"imail without a sentence", "bob@x.example - soft userunknown", "Undeliverable Mail",
     "Unknown user: bob@x.example\n\n\nOriginal message follows.\n\nReceived: from here\n"},
    {"words that no subject tells", "bob@x.example - hard userunknown", "Sprawa 17",
     "Wysyłka się nie powiodła.\n\nTakiego adresu nie znaleziono: bob@x.example\n"},
    {"the only address", "bob@x.example - soft mailboxfull", "Returned mail",
     "La lettera per\nbob@x.example torna indietro: la sua casella oggi è piena.\nAiuto: help@mx.example\n"},
    {"naver", "bob@x.example - hard userunknown", "메일 발송 실패",
     "메일을 보내지 못했습니다.\n\n받는사람: bob@x.example\n사유: 존재하지 않는 주소입니다.\n"},
    {"gmx", "bob@x.example - hard userunknown", "Mail delivery failed: returning message to sender",
     "This message was created automatically by mail delivery software.\n"
     "\n"
     "A message that you sent could not be delivered to one or more of\n"
     "its recipients. This is a permanent error. The following address\n"
     "failed:\n"
     "\n"
     "\"bob@x.example\":\n"
     "SMTP error from remote server for RCPT TO command, host: mx.x.example (192.0.2.9) reason: 550 Requested "
     "action not taken: mailbox unavailable\n"
     "\n"
     "--- The header of the original message is following. ---\n"
     "\n"
     "Received: from here\n"},
    {"strato", "bob@x.example 5.1.1 hard userunknown", "failure notice",
     "Your message could not be delivered to the following recipients:\n"
     "<bob@x.example>\n"
     "Reason: host mx.x.example[192.0.2.1] said: 550 5.1.1 <bob@x.example>: Recipient address rejected: User "
     "unknown in virtual mailbox table (in reply to RCPT TO command)\n"},
    {"exim local", "bob@x.example - hard userunknown", "failure notice",
     "This message was created automatically by mail delivery software.\n"
     "\n"
     "A message that you sent could not be delivered to one or more of its\n"
     "recipients. This is a permanent error. The following address(es) failed:\n"
     "\n"
     "  bob@x.example\n"
     "    host mx.x.example [192.0.2.1]\n"
     "    SMTP error from remote mail server after RCPT TO:<bob@x.example>:\n"
     "    550 No Such User Here\"\n"},
    {"exim quota", "bob@x.example - soft mailboxfull", "failure notice",
     "A message that you sent could not be delivered to one or more of its\n"
     "recipients. The following address(es) failed:\n"
     "\n"
     "  bob@x.example\n"
     "    mailbox is full: retry timeout exceeded\n"},
    {"exim delay", "bob@x.example - soft expired", "Warning: message 1abc delayed 24 hours",
     "This message was created automatically by mail delivery software.\n"
     "A message that you have not yet been delivered to one or more of its\n"
     "recipients after more than 24 hours on the queue on mx.example.\n"
     "\n"
     "The address to which the message has not yet been delivered is:\n"
     "\n"
     "  bob@x.example\n"
     "    Delay reason: Connection timed out\n"
     "\n"
     "No action is required on your part.\n"},
    {"exim unroute", "bob@nowhere.example - hard hostunknown", "Mail delivery failed: returning message to sender",
     "The following address(es) failed:\n"
     "\n"
     "  bob@nowhere.example\n"
     "    Unrouteable address\n"},
    {"qmail rcpt", "bob@x.example - hard userunknown", "failure notice",
     "Hi. This is the qmail-send program at mx.example.\n"
     "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
     "\n"
     "<bob@x.example>:\n"
     "192.0.2.1 does not like recipient.\n"
     "Remote host said: 550 No such user\n"
     "Giving up on 192.0.2.1.\n"},
    {"qmail local", "bob@x.example 5.1.1 hard userunknown", "failure notice",
     "Hi. This is the qmail-send program at mx.example.\n"
     "\n"
     "<bob@x.example>:\n"
     "Sorry, no mailbox here by that name. (#5.1.1)\n"},
    {"qmail dns", "bob@x.example 5.1.2 hard hostunknown", "failure notice",
     "Hi. This is the qmail-send program at mx.example.\n"
     "\n"
     "<bob@x.example>:\n"
     "Sorry, I couldn't find any host named x.example. (#5.1.2)\n"},
    {"qmail conn", "bob@x.example 4.4.1 soft expired", "failure notice",
     "Hi. This is the qmail-send program at mx.example.\n"
     "\n"
     "<bob@x.example>:\n"
     "Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)\n"
     "I'm not going to try again; this message has been in the queue too long.\n"},
    {"qmail data", "bob@x.example 5.7.1 soft spamdetected", "failure notice",
     "Hi. This is the qmail-send program at mx.example.\n"
     "\n"
     "<bob@x.example>:\n"
     "192.0.2.1 failed after I sent the message.\n"
     "Remote host said: 554 5.7.1 This message has been blocked because it is considered spam\n"},
    {"yahoo", "bob@x.example - hard userunknown", "Failure Notice",
     "Sorry, we were unable to deliver your message to the following address.\n"
     "\n"
     "<bob@x.example>:\n"
     "554: delivery error: dd This user doesn't have an x.example account (bob@x.example) [-14] - "
     "mta1.mail.example\n"},
    {"gmail de", "bob@x.example 5.1.1 hard userunknown", "Delivery Status Notification (Failure)",
     "** Adresse nicht gefunden **\n"
     "\n"
     "Ihre Nachricht wurde nicht an bob@x.example zugestellt, weil die Adresse nicht gefunden wurde oder keine "
     "E-Mails empfangen kann.\n"
     "\n"
     "Die Antwort war:\n"
     "\n"
     "550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking the "
     "recipient's email address for typos.\n"},
    {"o365 nl", "bob@x.example 5.1.10 hard userunknown", "Onbestelbaar: Hallo",
     "Uw bericht aan bob@x.example kan niet worden bezorgd.\n"
     "\n"
     "bob is niet gevonden op x.example.\n"
     "\n"
     "Diagnostische gegevens voor beheerders:\n"
     "Server genereren: A.example\n"
     "bob@x.example\n"
     "Remote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient bob@x.example not found by SMTP "
     "address lookup'\n"},
    {"exchange de", "bob@x.example 5.2.2 soft mailboxfull", "Unzustellbar: Hallo",
     "Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Verteilerlisten:\n"
     "\n"
     "bob@x.example\n"
     "Das Postfach des Empfängers ist voll und kann zurzeit keine Nachrichten annehmen.\n"
     "\n"
     "Diagnoseinformationen für Administratoren:\n"
     "Generierender Server: x.example\n"
     "bob@x.example\n"
     "#554 5.2.2 mailbox full ##\n"},
    {"exchange fr", "bob@x.example 5.1.1 hard userunknown", "Non remis : Bonjour",
     "Échec de la remise pour ces destinataires ou groupes :\n"
     "\n"
     "bob@x.example\n"
     "L'adresse de messagerie que vous avez entrée est introuvable.\n"
     "\n"
     "Informations de diagnostic pour les administrateurs :\n"
     "Serveur de génération : x.example\n"
     "bob@x.example\n"
     "#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n"},
    {"exchange pl", "bob@x.example 5.7.1 soft policyviolation", "Niedostarczone: Dzień dobry",
     "Nie można dostarczyć wiadomości do następujących adresatów:\n"
     "\n"
     "bob@x.example\n"
     "\n"
     "Informacje diagnostyczne dla administratorów:\n"
     "bob@x.example\n"
     "Remote Server returned '550 5.7.1 Delivery not authorized, message refused'\n"},
    {"domino", "bob@x.example - hard userunknown",
     "DELIVERY FAILURE: User bob (bob@x.example) not listed in public Name & Address Book",
     "Your message\n"
     "\n"
     "  Subject: Hello\n"
     "\n"
     "was not delivered to:\n"
     "\n"
     "  bob@x.example\n"
     "\n"
     "because:\n"
     "\n"
     "  User bob (bob@x.example) not listed in public Name & Address Book\n"},
    {"mail.ru", "bob@mail.example - hard userunknown", "Mail failure.",
     "Это письмо создано автоматически сервером mail.example, отвечать на него не нужно.\n"
     "\n"
     "К сожалению, Ваше письмо не может быть доставлено одному или нескольким получателям:\n"
     "\n"
     "**********************\n"
     "\n"
     "bob@mail.example\n"
     "SMTP error from remote mail server after RCPT TO:<bob@mail.example>:\n"
     "host mx.mail.example [192.0.2.1]: 550 Message was not accepted -- invalid mailbox. Local mailbox "
     "bob@mail.example is unavailable: user not found\n"
     "\n"
     "**********************\n"},
    {"yandex", "bob@x.example 5.7.1 hard userunknown", "Undelivered Mail Returned to Sender",
     "Это автоматическое сообщение от почтового сервера.\n"
     "\n"
     "Письмо не доставлено:\n"
     "<bob@x.example>: host mx.x.example[192.0.2.1] said: 550 5.7.1 No such user! (in reply to RCPT TO command)\n"},
    {"ovh", "bob@x.example 5.2.2 soft mailboxfull", "failure notice",
     "<bob@x.example>: host mx1.x.example[192.0.2.1] said: 552 5.2.2 <bob@x.example>: Recipient address rejected: "
     "Mailbox full (in reply to RCPT TO command)\n"},
    {"orange", "bob@orange.example 5.1.1 hard userunknown", "failure notice",
     "<bob@orange.example>: host smtp-in.orange.example[192.0.2.1] said: 550 5.1.1 Adresse d au moins un "
     "destinataire invalide. Invalid recipient. OFR204_416 [416] (in reply to RCPT TO command)\n"},
    {"free busy", "bob@free.example 4.2.1 soft policyviolation", "failure notice",
     "<bob@free.example>: host mx1.free.example[192.0.2.1] refused to talk to me: 421 4.2.1 Too many connections "
     "from your host\n"},
    {"wp.pl", "bob@wp.example - hard userunknown", "failure notice",
     "<bob@wp.example>: host mx.wp.example[192.0.2.1] said: 550 Recipient address rejected: konto nie istnieje (in "
     "reply to RCPT TO command)\n"},
    {"o2.pl", "bob@o2.example 5.2.2 soft mailboxfull", "failure notice",
     "<bob@o2.example>: host mx.o2.example[192.0.2.1] said: 552 5.2.2 Skrzynka jest przepełniona (in reply to RCPT "
     "TO command)\n"},
    {"home.pl", "bob@h.example - hard userunknown", "Niedostarczona wiadomość",
     "Nie można dostarczyć wiadomości do adresata:\n"
     "\n"
     "bob@h.example\n"
     "Powód: 550 Użytkownik nieznany: bob@h.example nie istnieje\n"},
    {"kpn", "bob@kpn.example 5.1.1 hard userunknown", "failure notice",
     "<bob@kpn.example>: host mx.kpn.example[192.0.2.1] said: 550 5.1.1 Onbekende ontvanger <bob@kpn.example> (in "
     "reply to RCPT TO command)\n"},
    {"barracuda", "bob@x.example - soft policyviolation", "failure notice",
     "<bob@x.example>: host mx.x.example[192.0.2.1] said: 554 Service unavailable; Client host [us.example] "
     "blocked using Barracuda Reputation; http://www.barracudanetworks.com/reputation/?r=1 (in reply to RCPT TO "
     "command)\n"},
    {"mimecast", "bob@x.example - soft policyviolation", "failure notice",
     "<bob@x.example>: host eu-smtp.mimecast.example[192.0.2.1] said: 550 Administrative prohibition - envelope "
     "blocked - https://community.mimecast.example/docs/DOC-1369#550 [x] (in reply to RCPT TO command)\n"},
    {"mimecast user", "bob@x.example - hard userunknown", "failure notice",
     "<bob@x.example>: host eu-smtp.mimecast.example[192.0.2.1] said: 550 Invalid Recipient - "
     "https://community.mimecast.example/docs/DOC-1369#550 [x] (in reply to RCPT TO command)\n"},
    {"proofpoint", "bob@x.example 5.1.0 hard userunknown", "failure notice",
     "<bob@x.example>: host mx.pphosted.example[192.0.2.1] said: 550 5.1.0 Unknown recipient (in reply to RCPT TO "
     "command)\n"},
    {"courier", "bob@x.example - hard userunknown", "NOTICE: mail delivery status.",
     "This is a delivery status notification from mx.example,\n"
     "running the Courier mail server.\n"
     "\n"
     "The original message was received on Mon, 4 Jan 2026 10:00:00 +0100\n"
     "\n"
     "---------------------------------------------------------------------------\n"
     "\n"
     "                           UNDELIVERABLE MAIL\n"
     "\n"
     "Your message to the following recipients cannot be delivered:\n"
     "\n"
     "<bob@x.example>:\n"
     "    mx.x.example [192.0.2.1]:\n"
     ">>> RCPT TO:<bob@x.example>\n"
     "<<< 550 User unknown.\n"
     "\n"
     "---------------------------------------------------------------------------\n"},
    {"mailenable", "bob@x.example - soft userunknown", "Message Delivery Failure",
     "MailEnable: Message could not be delivered to some recipients.\n"
     "The following recipient(s) could not be reached:\n"
     "\n"
     "\tRecipient: [SMTP:bob@x.example]\n"
     "\tReason: Remote SMTP Server Returned: 550 Unknown user bob@x.example\n"
     "\n"
     "Message headers follow:\n"
     "\n"
     "Received: from here\n"},
    {"imail", "bob@x.example - soft userunknown", "Undeliverable Mail",
     "User unknown: bob@x.example\n"
     "\n"
     "Original message follows.\n"
     "\n"
     "Received: from here\n"},
    {"mdaemon", "bob@x.example - hard userunknown", "Permanent Delivery Failure",
     "The following data may contain sections which represent BASE64 encoded\n"
     "file attachments.\n"
     "\n"
     "----- The following addresses had permanent fatal errors -----\n"
     "bob@x.example\n"
     "\n"
     "----- Session Transcript -----\n"
     "  --> RCPT To:<bob@x.example>\n"
     "  <-- 550 <bob@x.example>, Recipient unknown\n"},
    {"kerio", "bob@x.example 5.1.1 hard userunknown", "Delivery failure",
     "Your message was not delivered to the following recipients:\n"
     "bob@x.example: 550 5.1.1 User unknown\n"},
    {"opensmtpd", "bob@x.example - hard userunknown", "Delivery status notification: error",
     "    Hi!\n"
     "\n"
     "    This is the MAILER-DAEMON, please DO NOT REPLY to this email.\n"
     "\n"
     "    An error has occurred while attempting to deliver a message for\n"
     "    the following list of recipients:\n"
     "\n"
     "bob@x.example: 550 Invalid recipient: <bob@x.example>\n"
     "\n"
     "    Below is a copy of the original message:\n"
     "\n"
     "Received: from here\n"},
    {"james", "bob@x.example - soft userunknown", "Undeliverable",
     "Hi. This is the James mail server at mx.example.\n"
     "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
     "This is a permanent error; I've given up. Sorry it didn't work out. Below\n"
     "I include the list of recipients and the reason why I was unable to deliver\n"
     "your message.\n"
     "\n"
     "Failed recipient(s):\n"
     "bob@x.example\n"
     "\n"
     "Error message:\n"
     "550 No such user (bob@x.example)\n"},
    {"zoho", "bob@x.example 5.1.1 hard userunknown", "Undelivered Mail Returned to Sender",
     "This message was created automatically by mail delivery software.\n"
     " A message that you sent could not be delivered to one or more of its recipients. This is a permanent "
     "error.\n"
     "\n"
     "bob@x.example, ERROR CODE :550 - 5.1.1 <bob@x.example>: Recipient address rejected: User unknown\n"},
    {"haraka", "bob@x.example - hard userunknown", "Failed Mail Delivery: Failure",
     "I'm sorry to have to inform you that your message could not be delivered to one or more recipients. It's "
     "attached below.\n"
     "\n"
     "<bob@x.example>: 550 no such user bob@x.example\n"},
    {"icloud", "bob@icloud.example 5.2.2 soft mailboxfull", "failure notice",
     "<bob@icloud.example>: host mx01.mail.icloud.example[192.0.2.1] said: 552 5.2.2 user over quota; cannot "
     "receive new mail (in reply to end of DATA command)\n"},
    {"t-online", "bob@t.example - soft policyviolation", "failure notice",
     "<bob@t.example>: host mx00.t.example[192.0.2.1] refused to talk to me: 554 IP=192.0.2.7 - A problem "
     "occurred. (Ask your postmaster for help or to contact tosa@rx.t.example to clarify.)\n"},
    {"web.de", "bob@web.example - hard userunknown", "Mail delivery failed: returning message to sender",
     "bob@web.example:\n"
     "SMTP error from remote server for TEXT command, host: x\n"
     "Adresse existiert nicht\n"},
    {"vacated", "bob@x.example 5.1.6 hard userunknown", "failure notice",
     "<bob@x.example>: host mx.x.example[192.0.2.1] said: 550 5.1.6 Recipient no longer on server, moved (in reply "
     "to RCPT TO command)\n"},
    {"seznam", "bob@x.example - hard userunknown", "failure notice",
     "<bob@x.example>: host mx1.seznam.example[192.0.2.1] said: 550 Uzivatel neexistuje (in reply to RCPT TO "
     "command)\n"},
    {"nl prose", "bob@x.example - hard userunknown", "Bericht niet afgeleverd",
     "Uw bericht aan <bob@x.example> kon niet worden afgeleverd.\n"
     "\n"
     "Reden: het adres bestaat niet.\n"},
    {"es prose", "bob@x.example - soft mailboxfull", "Mensaje no entregado",
     "El mensaje no se pudo entregar al destinatario bob@x.example.\n"
     "\n"
     "El buzón de correo está lleno.\n"},
    {"it prose", "bob@x.example - hard hostunknown", "Mancata consegna",
     "Impossibile recapitare il messaggio a bob@x.example: dominio inesistente.\n"},
};

static void
test_dialects(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(dialects); i++) {
        g_autofree char *raw =
            g_strdup_printf("Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: us@experts.test\nSubject: %s\n\n%s",
                            dialects[i].subject, dialects[i].text);
        g_test_message("%s", dialects[i].name);
        check(raw, dialects[i].want);
    }
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

/* long: a table */
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
        {"550 5.1.0 Address rejected bob@x.example", "", STAGE_UNKNOWN, "5.1.0 hard userunknown"},
        {"Die Adresse wird nicht im Verzeichnis aufgeführt", "", STAGE_UNKNOWN, "- hard userunknown"},
        {"weil die Adresse nicht existiert", "", STAGE_UNKNOWN, "- hard userunknown"},
        {"Le domaine x.example n'existe pas", "", STAGE_UNKNOWN, "- hard hostunknown"},
        {"Nie można dostarczyć na adres bob@x.example: domena x.example nie istnieje", "", STAGE_UNKNOWN,
         "- hard hostunknown"},
        {"het bericht is groter dan 20 MB", "", STAGE_UNKNOWN, "- soft mesgtoobig"},
        {"Het adres bestaat niet in het domein x.example", "", STAGE_UNKNOWN, "- hard userunknown"},
        {"geen ruimte meer in de postbus", "", STAGE_UNKNOWN, "- soft mailboxfull"},
        {"adresse inexistante", "", STAGE_UNKNOWN, "- hard userunknown"},
        {"Rozmiar przekracza limit", "", STAGE_UNKNOWN, "- soft mesgtoobig"},
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
        {"smtp; 550 bob@x.example... No such user", "5.0.0", STAGE_UNKNOWN, "5.0.0 hard userunknown"},
        {"smtp; 550 bob@x.example... No such user", "5.0.0", STAGE_DATA, "5.0.0 soft userunknown"},
        {"smtp; 550 5.2.1 <bob@x.example>: User unknown", "", STAGE_UNKNOWN, "5.2.1 soft userunknown"},
        {"smtp; 542 bob@x.example Rejected", "5.0.0", STAGE_UNKNOWN, "5.0.0 hard userunknown"},
        {"smtp; 542 bob@x.example Rejected by the policy of the house", "5.0.0", STAGE_UNKNOWN,
         "5.0.0 soft policyviolation"},
        {"550 User unknown", "4.7.1", STAGE_RCPT, "4.7.1 soft userunknown"},
        {"Name service error: Malformed or unexpected name server reply", "5.4.4", STAGE_UNKNOWN, "5.4.4 soft other"},
        {"NXDOMAIN", "5.1.2", STAGE_UNKNOWN, "5.1.2 hard hostunknown"},
        {"this address is no longer valid", "", STAGE_UNKNOWN, "- hard userunknown"},
        {"Adresse existiert nicht", "", STAGE_UNKNOWN, "- hard userunknown"},
        {"Empfänger unbekannt", "", STAGE_UNKNOWN, "- hard userunknown"}, /* filters speak English */
        {"Le message est trop volumineux", "5.3.4", STAGE_UNKNOWN, "5.3.4 soft mesgtoobig"},
        {"smtp; 554 5.7.0 Reject, id=00042-07 - SPAM", "5.7.0", STAGE_UNKNOWN, "5.7.0 soft spamdetected"},
        {"smtp; 554 DT:SPM mx3,PMCowEA", "5.0.0", STAGE_UNKNOWN, "5.0.0 soft spamdetected"},
        {"554 IP=192.0.2.1 - None/bad reputation. Ask your postmaster for help", "", STAGE_UNKNOWN,
         "- soft policyviolation"},
        /* in other words than any table's: a thing and what is said of it in one sentence */
        {"Skrzynka tego odbiorcy jest dziś przepełniona.", "", STAGE_UNKNOWN, "- soft mailboxfull"},
        {"Modtagerens postkasse er desværre fuld", "", STAGE_UNKNOWN, "- soft mailboxfull"},
        {"受信者のメールボックスはいっぱいです", "", STAGE_UNKNOWN, "- soft mailboxfull"},
        {"Zadaná adresa příjemce nebyla v adresáři nalezena, je neznámá.", "", STAGE_UNKNOWN, "- hard userunknown"},
        {"Użytkownik o tej nazwie jest nam nieznany", "", STAGE_UNKNOWN, "- hard userunknown"},
        {"our filter puts this message at 12 on its junk scale", "", STAGE_UNKNOWN, "- soft spamdetected"},
        {"받는 사람의 메일함이 가득 찼습니다", "", STAGE_UNKNOWN, "- soft mailboxfull"},
        {"入力したアドレスは今日は見つかりません", "", STAGE_UNKNOWN, "- hard userunknown"},
        {"550 5.7.1 blocked, for the mail has a link that only spam has", "", STAGE_DATA, "5.7.1 soft spamdetected"},
        {"550 5.7.1 Blocked by a list of spam hosts: your IP is on it", "", STAGE_DATA, "5.7.1 soft policyviolation"},
        {"this person has left us", "", STAGE_UNKNOWN, "- soft userunknown"},
        {"Dieser Empfänger ist uns nicht bekannt", "", STAGE_UNKNOWN, "- hard userunknown"},
        {"523 the message, at 30 MB, is over the limit", "", STAGE_UNKNOWN, "- soft mesgtoobig"},
        {"La boutique est pleine. Le compte est bon.", "", STAGE_UNKNOWN, "- soft other"},
        {"bob wasn't found at x.example", "", STAGE_UNKNOWN, "- hard userunknown"},
        {"this address could not be found", "", STAGE_UNKNOWN, "- hard userunknown"},
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
    g_test_add_func("/report/dialects", test_dialects);
    g_test_add_func("/report/recipients-of-all-types", test_recipient_types);
    g_test_add_func("/report/each-recipient-has-its-own-words", test_own_words);
    g_test_add_func("/report/header-names-recipients", test_header_names_recipients);
    g_test_add_func("/report/returned-mail-names-the-recipient", test_returned_mail_names_the_recipient);
    g_test_add_func("/report/who-is-meant", test_who_is_meant);
    g_test_add_func("/report/complaints", test_complaints);
    g_test_add_func("/report/people-report-nothing", test_people_report_nothing);
    g_test_add_func("/report/reasons", test_reasons);
    g_test_add_func("/report/hostile-reports-end", test_hostile_reports_end);
    return g_test_run();
}
