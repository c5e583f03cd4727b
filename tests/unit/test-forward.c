/* A mail that a person sends on in the text: whose it was, to whom, and every word of it; in many languages. */
#include <glib.h>
#include <string.h>

#include "mime/forward.h"

#define FROM "John Doe <john.doe@acme.example>"
#define TO "bessie.berry@acme.example"
#define CC "Walter Sheltan <walter@acme.example>, Nicholas <nicholas@globex.example>"
#define SUBJECT "Integer consequat"
#define BODY "First paragraph.\n\nSecond paragraph."

static const struct locale {
    const char *apple, *separator;
    const char *from, *to, *cc, *subject, *date, *sent;
    const char *prefix;      /* of Outlook's subject */
    const char *attribution; /* of Outlook on the Mac; NULL */
} locales[] = {
    {"Begin forwarded message:", "Forwarded message", "From", "To", "Cc", "Subject", "Date", "Sent", "FW",
     "On 28/10/2021 12:46, \"John Doe\" <john.doe@acme.example> wrote:"},
    {"Début du message réexpédié :", "Message transféré", "De", "À", "Cc", "Objet", "Date", "Envoyé", "TR",
     "Le 28/10/2021 12:46, « John Doe » <john.doe@acme.example> a écrit :"},
    {"Begin doorgestuurd bericht:", "Doorgestuurd bericht", "Van", "Aan", "Kopie", "Onderwerp", "Datum", "Verzonden",
     "FW", "Op 28/10/2021 12:46 heeft John Doe <john.doe@acme.example> geschreven:"},
    {"Začátek přeposílané zprávy:", "Přeposlaná zpráva", "Od", "Komu", "Kopie", "Předmět", "Datum", "Odesláno", "FW",
     "Dne 28.10.2021 12:46, \"John Doe\" <john.doe@acme.example> napsal(a):"},
    {"Start på videresendt besked:", "Videresendt meddelelse", "Fra", "Til", "Cc", "Emne", "Dato", "Sendt", "VS",
     "Den 28.10.2021 12.46 skrev \"John Doe\" <john.doe@acme.example>:"},
    {"Anfang der weitergeleiteten Nachricht:", "Weitergeleitete Nachricht", "Von", "An", "Kopie", "Betreff", "Datum",
     "Gesendet", "WG", "Am 28.10.21, 12:46 schrieb \"John Doe\" <john.doe@acme.example>:"},
    {"Inicio del mensaje reenviado:", "Mensaje reenviado", "De", "Para", "Cc", "Asunto", "Fecha", "Enviado", "RV",
     "El 28/10/2021 12:46, \"John Doe\" <john.doe@acme.example> escribió:"},
    {"Edastatud sõnumi algus:", "Edasi saadetud kiri", "Saatja", "Saaja", "Koopia", "Teema", "Kuupäev", "Saadetud",
     "ED", NULL},
    {"Välitetty viesti alkaa:", "Välitetty viesti", "Lähettäjä", "Vastaanottaja", "Kopio", "Aihe", "Päivämäärä",
     "Lähetetty", "VL", "John Doe <john.doe@acme.example> kirjoitti 28.10.2021 kello 12.46:"},
    {"Započni proslijeđenu poruku:", "Proslijeđena poruka", "Šalje", "Prima", "Kopija", "Predmet", "Datum", "Poslano",
     "FW", "Dana 28. 10. 2021. 12:46, \"John Doe\" <john.doe@acme.example> napisao je:"},
    {"Továbbított levél kezdete:", "Továbbított üzenet", "Feladó", "Címzett", "Másolatot kap", "Tárgy", "Dátum",
     "Elküldve", "FW", "John Doe <john.doe@acme.example> időpontban 2021. 10. 28. 12:46 ezt írta:"},
    {"Inizio messaggio inoltrato:", "Messaggio inoltrato", "Da", "A", "Cc", "Oggetto", "Data", "Inviato", "I",
     "Il giorno 28/10/21, 12:46 \"John Doe\" <john.doe@acme.example> ha scritto:"},
    {"転送されたメッセージ:", "転送メッセージ", "差出人", "宛先", "CC", "件名", "日付", "送信日時", "FW", NULL},
    {"Videresendt melding:", "Videresendt melding", "Fra", "Til", "Kopi", "Emne", "Dato", "Sendt", "VS",
     "John Doe <john.doe@acme.example> skrev følgende den 28.10.2021 12:46:"},
    {"Początek przekazywanej wiadomości:", "Przekazana wiadomość", "Od", "Do", "DW", "Temat", "Data", "Wysłano", "PD",
     "Dnia 28.10.2021 12:46 „John Doe” <john.doe@acme.example> napisał:"},
    {"Início da mensagem reencaminhada:", "Mensagem reencaminhada", "De", "Para", "Cc", "Assunto", "Data", "Enviada",
     "FW", "Em 28/10/2021 12:46, \"John Doe\" <john.doe@acme.example> escreveu:"},
    {"Início da mensagem encaminhada:", "Mensagem encaminhada", "De", "Para", "Cc", "Assunto", "Data", "Enviado", "ENC",
     "Em 28/10/2021 12:46, \"John Doe\" <john.doe@acme.example> escreveu:"},
    {"Începe mesajul redirecționat:", "Mesaj redirecționat", "De la", "Către", "Cc", "Subiectul", "Dată", "Trimis",
     "Redir.", "Pe 28.10.2021 12:46, \"John Doe\" <john.doe@acme.example> a scris:"},
    {"Начало переадресованного сообщения:", "Пересылаемое сообщение", "От", "Кому", "Копия", "Тема", "Дата",
     "Отправлено", "FW", "28.10.2021, 12:46 пользователь \"John Doe\" <john.doe@acme.example> написал(а):"},
    {"Začiatok preposlanej správy:", "Preposlaná správa", "Od", "Komu", "Kópia", "Predmet", "Dátum", "Odoslané", "FW",
     "28.10.2021 12:46 používateľ John Doe (<john.doe@acme.example>) napísal:"},
    {"Vidarebefordrat mejl:", "Vidarebefordrat meddelande", "Från", "Till", "Kopia", "Ämne", "Datum", "Skickat", "VB",
     "Den 28.10.2021 12:46 skrev \"John Doe\" <john.doe@acme.example> följande:"},
    {"İleti başlangıcı:", "İletilmiş Mesaj", "Kimden", "Kime", "Bilgi", "Konu", "Tarih", "Gönderildi", "İLT",
     "\"John Doe\" <john.doe@acme.example>, 28.10.2021 12:46 tarihinde şunu yazdı:"},
    {"Початок листа, що пересилається:", "Переслане повідомлення", "Від", "Кому", "Копія", "Тема", "Дата", "Надіслано",
     "FW", "28.10.2021, 12:46, \"John Doe\" <john.doe@acme.example> пише:"},
    {"开始转发的邮件：", "转发的邮件", "发件人", "收件人", "抄送", "主题", "日期", "发送时间", "转发",
     "在 2021/10/28 12:46，“John Doe” <john.doe@acme.example> 写入:"},
    {"전달된 메시지:", "전달된 메시지", "보낸 사람", "받는 사람", "참조", "제목", "날짜", "보낸 날짜", "FW", NULL},
    {"Έναρξη προωθημένου μηνύματος:", "Προωθημένο μήνυμα", "Από", "Προς", "Κοιν", "Θέμα", "Ημερομηνία", "Στάλθηκε",
     "ΠΡΘ", "Στις 28/10/2021 12:46, ο \"John Doe\" <john.doe@acme.example> έγραψε:"},
};

static struct forward *
read_mail(const char *text, const char *subject)
{
    struct mail m = {.text = (char *)text, .subject = (char *)subject};
    return forward_read(&m);
}

static void
check_addresses(const GPtrArray *list, const char *want)
{
    g_autoptr(GString) got = g_string_new(NULL);
    for (guint i = 0; i < list->len; i++) {
        const struct mail_address *address = g_ptr_array_index(list, i);
        g_string_append_printf(got, "%s%s<%s>", i ? "," : "", address->name, address->address);
    }
    g_assert_cmpstr(got->str, ==, want);
}

static void
check(const char *text, const char *subject, gboolean everything)
{
    struct forward *f = read_mail(text, subject);
    if (!f)
        g_test_message("no forward: %s", text);
    g_assert_nonnull(f);
    g_assert_cmpstr(f->message, ==, "FYI");
    g_assert_cmpstr(f->from->name, ==, "John Doe");
    g_assert_true(g_str_has_prefix(f->from->address, "john.doe@acme."));
    g_assert_cmpstr(f->subject, ==, SUBJECT);
    g_auto(GStrv) lines = g_strsplit(f->body, "\n", -1);
    for (char **line = lines; *line; line++)
        g_strstrip(*line);
    g_autofree char *body = g_strjoinv("\n", lines);
    g_assert_cmpstr(body, ==, BODY);
    if (everything) {
        check_addresses(f->to, "<" TO ">");
        check_addresses(f->cc, "Walter Sheltan<walter@acme.example>,Nicholas<nicholas@globex.example>");
    }
    forward_free(f);
}

static char *
quote(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *joined = g_strjoinv("\n> ", lines);
    return g_strconcat("> ", joined, NULL);
}

/* Gmail, HubSpot, Samsung, Outlook on the desktop, where bold labels became stars, and on the Mac. */
static void
check_more_clients(const struct locale *l)
{
    g_autofree char *gmail =
        g_strdup_printf("FYI\n\n---------- %s ---------\n%s: *John Doe* <john.doe@acme.example>\n"
                        "%s: Thu, 28 Oct 2021 at 12:46\n%s: " SUBJECT "\n%s: <" TO ">\n%s: " CC "\n\n\n" BODY "\n",
                        l->separator, l->from, l->date, l->subject, l->to, l->cc);
    g_autofree char *hubspot =
        g_strdup_printf("FYI\n\n---------- Forwarded message ----------\n%s: " FROM
                        "\n%s: Thu, Oct 28, 2021, 12:46 PM\n%s: " SUBJECT "\n%s: " TO "\n%s: " CC "\n\n" BODY "\n",
                        l->from, l->date, l->subject, l->to, l->cc);
    g_autofree char *samsung =
        g_strdup_printf("FYI\n\n-------- Original message --------\n%s: " FROM
                        "\n%s: 28/10/2021 12:46 (GMT+01:00)\n%s: " TO "\n%s: " CC "\n%s: " SUBJECT "\n\n" BODY "\n",
                        l->from, l->date, l->to, l->cc, l->subject);
    g_autofree char *bold =
        g_strdup_printf("FYI\n\n*%s:* John Doe [mailto:john.doe@acme.example]\n*%s:* Thursday, October 28, 2021 12:46 "
                        "PM\n*%s:* " TO "\n*%s:* Walter Sheltan <walter@acme.example>; Nicholas "
                        "<nicholas@globex.example>\n*%s:* " SUBJECT "\n\n" BODY "\n",
                        l->from, l->sent, l->to, l->cc, l->subject);
    g_autofree char *mac = g_strdup_printf("FYI\n\n%s: " FROM "\n%s: Thursday, 28 October 2021 at 12:46\n%s: " TO
                                           "\n%s: " CC "\n%s: " SUBJECT "\n\n" BODY "\n",
                                           l->from, l->date, l->to, l->cc, l->subject);
    const char *const mails[] = {gmail, hubspot, samsung, bold, mac};
    for (gsize i = 0; i < G_N_ELEMENTS(mails); i++)
        check(mails[i], "Fwd: " SUBJECT, TRUE);
}

static void
check_locale(const struct locale *l)
{
    g_autofree char *apple = g_strdup_printf("%s\n\n%s: " FROM "\n%s: " SUBJECT "\n%s: 28 October 2021 12:46\n%s: " TO
                                             "\n%s: " CC "\n\n" BODY,
                                             l->apple, l->from, l->subject, l->date, l->to, l->cc);
    g_autofree char *quoted = quote(apple);
    g_autofree char *apple_mail = g_strconcat("FYI\n\n", quoted, "\n", NULL);
    g_autofree char *apple_inline = g_strconcat("FYI\n\n", apple, "\n", NULL);
    g_autofree char *thunderbird = g_strdup_printf("FYI\n\n-------- %s --------\n%s: \t" SUBJECT
                                                   "\n%s: \tWed, 3 Nov 2021 15:51:30 +0100\n%s: \t" FROM "\n%s: \t" TO
                                                   "\n%s: \t" CC "\n\n\n\n" BODY "\n",
                                                   l->separator, l->subject, l->date, l->from, l->to, l->cc);
    g_autofree char *yahoo =
        g_strdup_printf("FYI\n   ----- %s ----- %s: " FROM "%s: \"" TO "\" <" TO ">%s: Walter Sheltan "
                        "<walter@acme.example>; Nicholas <nicholas@globex.example>%s: Tuesday, November 2, 2021, "
                        "09:26:50 AM GMT+1%s: " SUBJECT "\n " BODY "\n",
                        l->separator, l->from, l->to, l->cc, l->sent, l->subject);
    g_autofree char *outlook =
        g_strdup_printf("FYI\n\n________________________________\n%s: " FROM "\n%s: Wednesday 27 October 2021 15:14\n"
                        "%s: " TO " <" TO ">\n%s: " CC "\n%s: " SUBJECT "\n\n" BODY "\n",
                        l->from, l->sent, l->to, l->cc, l->subject);
    g_autofree char *forwarded = g_strconcat(l->prefix, ": " SUBJECT, NULL);
    check(apple_mail, "Fwd: " SUBJECT, TRUE);
    check(apple_inline, "Fwd: " SUBJECT, TRUE);
    check(thunderbird, "Fwd: " SUBJECT, TRUE);
    check(yahoo, "Fw: " SUBJECT, TRUE);
    check(outlook, forwarded, TRUE);
    if (l->attribution) {
        g_autofree char *mac =
            g_strconcat("FYI\n\n", l->attribution, "\n\n    First paragraph.\n\n    Second paragraph.\n", NULL);
        check(mac, "FW: " SUBJECT, FALSE);
    }
}

static void
test_locales(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(locales); i++)
        check_locale(&locales[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(locales); i++)
        check_more_clients(&locales[i]);
}

#define ORDER "From: " FROM "\nTo: " TO "\nCc: " CC "\nSubject: " SUBJECT "\nDate: Thu, 28 Oct 2021 12:46\n"

static const char *const clients[] = {
    /* Zoho, Proton, mutt, Gnus, KMail, Evolution, Lotus, Roundcube, Open-Xchange, Superhuman, iOS */
    "============ Forwarded message ============\n" ORDER "============ Forwarded message ============\n\n" BODY "\n",
    "------- Forwarded Message -------\n" ORDER "\n\n> First paragraph.\n> \n> Second paragraph.\n",
    "----- Forwarded message from " FROM " -----\n\n" ORDER "\n" BODY "\n\n----- End forwarded message -----\n",
    "-------------------- Start of forwarded message --------------------\n" ORDER "\n" BODY
    "\n-------------------- End of forwarded message --------------------\n",
    "----------  Forwarded Message  ----------\n\n" ORDER "\n" BODY "\n-----------------------------------------\n",
    "-------- Forwarded Message --------\n" ORDER "\n> First paragraph.\n> \n> Second paragraph.\n",
    "----- Forwarded by Carl/ACME on 06.01.2024 10:00 -----\n\n" ORDER "\n\n\n" BODY "\n",
    "-------- Original Message --------\n" ORDER "\n" BODY "\n",
    "---------- Original Message ----------\n" ORDER "\n\n" BODY "\n",
    "---------- Forwarded message ----------\n\nFrom: " FROM "\n\nDate: Thu, Oct 28, 2021\n\nSubject: " SUBJECT
    "\n\nTo: <" TO ">\n\nCc: " CC "\n\n" BODY "\n",
    "Begin forwarded message:\n\n> From: " FROM "\n> Date: October 28, 2021\n> To: " TO "\n> Cc: " CC
    "\n> Subject: " SUBJECT "\n> \n> First paragraph.\n> \n> Second paragraph.\n",
    /* mail.ru, QQ, 163 */
    "-------- Пересылаемое сообщение --------\nОт кого: " FROM "\nКому: " TO "\nКопия: " CC
    "\nДата: Четверг, 28 октября 2021, 12:46 +03:00\nТема: " SUBJECT "\n\n" BODY "\n",
    "------------------ 转发邮件 ------------------\n发件人: \"John Doe\"<john.doe@acme.example>;\n发送时间: "
    "2021年10月28日 中午12:46\n收件人: \"" TO "\"<" TO ">;\n抄送: " CC ";\n主题: " SUBJECT "\n\n" BODY "\n",
    "---- 转发的邮件信息 ----\n发件人：" FROM "\n发送日期：2021-10-28 12:46:01\n收件人：" TO "\n抄送：" CC
    "\n主题：" SUBJECT "\n\n" BODY "\n",
};

static void
test_clients(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(clients); i++) {
        g_autofree char *text = g_strconcat("FYI\n\n", clients[i], NULL);
        check(text, "Fwd: " SUBJECT, TRUE);
    }
    /* Yandex names the writer as in an answer */
    check("FYI\n\n-------- Пересылаемое сообщение --------\n28.10.2021, 12:46, \"John Doe\" "
          "<john.doe@acme.example>:\n\n" BODY "\n-------- Конец пересылаемого сообщения --------\n",
          "Fwd: " SUBJECT, FALSE);
}

static void
test_answers_are_no_forwards(void)
{
    static const char *const rows[][2] = {
        {"Yes\n\nOn 5 Jan 2024 at 10:00, Bob <bob@x.example> wrote:\n> Hi\n", "Re: Theme"},
        {"Yes\n\n> On 5 Jan 2024 at 10:00, Bob <bob@x.example> wrote:\n>\n> Hi\n", "Theme"},
        {"Yes\n\nFrom: Bob <bob@x.example>\nSent: 5 January 2024 10:00\nTo: Ann\nSubject: Theme\n\nHi\n", "Re: Theme"},
        {"Yes\n\nVon: Bob <bob@x.example>\nGesendet: 5. Januar 2024 10:00\nAn: Ann\nBetreff: Theme\n\nHi\n",
         "AW: Theme"},
        {"Kyllä\n\nLähettäjä: Bob <bob@x.example>\nLähetetty: 5.1.2024 10:00\nVastaanottaja: Ann\nAihe: Theme\n\nHi\n",
         "VS: Theme"},
        {"Ja\n\n-----Original Message-----\nFrom: Bob <bob@x.example>\nSent: 5 January 2024\nTo: Ann\n\nHi\n",
         "Antw: Theme"},
        {"Tak\n\nOd: Bob <bob@x.example>\nWysłane: 5.1.2024 10:00\nDo: Ann\nTemat: Theme\n\nHi\n", "ODP: Theme"},
        {"Sim\n\nDe: Bob <bob@x.example>\nEnviado: 5/1/2024 10:00\nPara: Ann\nAssunto: Theme\n\nHi\n", "RES: Theme"},
        {"Sì\n\nDa: Bob <bob@x.example>\nInviato: 5/1/2024 10:00\nA: Ann\nOggetto: Theme\n\nHi\n", "R: Theme"},
        {"Ja\n\nFrån: Bob <bob@x.example>\nSkickat: 5/1/2024 10:00\nTill: Ann\nÄmne: Theme\n\nHi\n", "SV: Theme"},
        {"好\n\n发件人: Bob <bob@x.example>\n发送时间: 2024-1-5 10:00\n收件人: Ann\n主题: Theme\n\nHi\n",
         "回复: Theme"},
        {"Evet\n\nKimden: Bob <bob@x.example>\nGönderildi: 5.1.2024 10:00\nKime: Ann\nKonu: Theme\n\nHi\n",
         "YNT: Theme"},
        {"Please forward this message to Bob.\n", "Theme"},
        {"Forwarded message from my boss:\n\nplease build a shop\n", "Theme"},
        {"Hello, please call me.\n", "Fwd: Theme"},
        {"", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_null(read_mail(rows[i][0], rows[i][1]));
}

static void
test_addresses_as_clients_write_them(void)
{
    static const char *const rows[][2] = {
        {"Bob <bob@x.example>", "Bob<bob@x.example>"},
        {"bob@x.example", "<bob@x.example>"},
        {"<bob@x.example>", "<bob@x.example>"},
        {"bob@x.example <bob@x.example>", "<bob@x.example>"},
        {"\"Doe, Bob\" <bob@x.example>, Eve <eve@x.example>", "Doe, Bob<bob@x.example>,Eve<eve@x.example>"},
        {"Doe, Bob <bob@x.example>; Roe, Eve<eve@x.example>", "Doe, Bob<bob@x.example>,Roe, Eve<eve@x.example>"},
        {"Bob [mailto:bob@x.example]", "Bob<bob@x.example>"},
        {"Bob<mailto:bob@x.example> <bob@x.example<mailto:bob@x.example>> on behalf of "
         "desk@x.example<mailto:desk@x.example>",
         "Bob<bob@x.example>"},
        {"'Doe, Bob' <bob@x.example>, \"'eve@x.example'\" <eve@x.example>", "Doe, Bob<bob@x.example>,<eve@x.example>"},
        {"Bob Doe", "Bob Doe<>"},
        {"Bob Doe; Eve Roe", "Bob Doe<>,Eve Roe<>"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = g_strdup_printf(
            "---------- Forwarded message ---------\nFrom: a@b.example\nDate: 5 Jan 2024\nSubject: x\nTo: "
            "%s\n\nHi\n",
            rows[i][0]);
        struct forward *f = read_mail(text, "Fwd: x");
        check_addresses(f->to, rows[i][1]);
        forward_free(f);
    }
}

/* A chain of forwards: the first is it, the others are its words. */
static void
test_outermost_counts(void)
{
    struct forward *f = read_mail(
        "FYI\n\n---------- Forwarded message ---------\nFrom: A <a@x.example>\nDate: 5 Jan 2024\nSubject: one\n"
        "To: b@x.example\n\nlook\n\n---------- Forwarded message ---------\nFrom: B <b@x.example>\n"
        "Date: 4 Jan 2024\nSubject: two\nTo: c@x.example\n\ndeep\n",
        "Fwd: one");
    g_assert_cmpstr(f->subject, ==, "one");
    g_assert_nonnull(strstr(f->body, "Subject: two"));
    g_assert_true(g_str_has_suffix(f->body, "deep"));
    forward_free(f);
}

static void
test_hostile_texts_end(void)
{
    static const char *const pieces[] = {
        "<",  "From: ", "[mailto:", "To: a@b.example,", "---- Forwarded message ---- ", "From: A: B: C: ",
        "> ", "\"",     "(@"};
    for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
        g_autoptr(GString) text = g_string_new("---------- Forwarded message ---------\nFrom: A <a@x.example>\nTo: ");
        while (text->len < 200000)
            g_string_append(text, pieces[i]);
        struct forward *f = read_mail(text->str, "Fwd: x");
        forward_free(f);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/forward/clients-in-many-languages", test_locales);
    g_test_add_func("/forward/clients", test_clients);
    g_test_add_func("/forward/answers-are-no-forwards", test_answers_are_no_forwards);
    g_test_add_func("/forward/addresses-as-clients-write-them", test_addresses_as_clients_write_them);
    g_test_add_func("/forward/outermost-counts", test_outermost_counts);
    g_test_add_func("/forward/hostile-texts-end", test_hostile_texts_end);
    return g_test_run();
}
