/* The new words of a reply, and nothing but them: in many languages, from many clients; and never a word too few. */
#include <glib.h>
#include <string.h>

#include "mime/reply.h"

static void
trim(const char *text, const char *author, struct reply *reply)
{
    struct mail m = {.text = (char *)text, .headers = g_ptr_array_new(), .from = g_ptr_array_new()};
    m.in_reply_to = m.references = m.headers;
    struct mail_address from = {(char *)author, (char *)"anna@lead.example"};
    g_ptr_array_add(m.from, &from);
    reply_trim(&m, reply);
    g_ptr_array_unref(m.headers);
    g_ptr_array_unref(m.from);
}

static void
check(const char *text, const char *want)
{
    struct reply reply;
    trim(text, "", &reply);
    if (strcmp(reply.text, want) != 0)
        g_test_message("of: %s", text);
    g_assert_cmpstr(reply.text, ==, want);
    reply_clear(&reply);
}

/* ---- attributions ---- */

/* Certain even without quote marks below. */
static const char *const attributions[] = {
    "On Fri, Jan 5, 2024 at 3:12 PM Bob Jones <bob@example.org> wrote:",
    "On 05/01/2024 15:12, Bob Jones wrote:",
    "On Jan 5, 2024, at 3:12 PM, Bob Jones <bob@example.org> wrote:",
    "On Friday, January 5th, 2024 at 3:12 PM, Bob Jones <bob@example.org> wrote:",
    "On 2024-01-05 15:12, Bob Jones wrote:",
    "On Friday 05 January 2024 15:12:01 Bob Jones wrote:",
    "At 15:12 05/01/2024, Bob Jones wrote:",
    "At 2024-01-05 15:12:07, \"Bob Jones\" <bob@example.org> wrote:",
    "Bob Jones <bob@example.org> wrote:",
    "Bob Jones <bob@example.org> writes:",
    "Le ven. 5 janv. 2024 à 15:12, Bob Jones <bob@example.org> a écrit :",
    "Le 05/01/2024 à 15:12, Bob Jones a écrit :",
    "Le 5 janv. 2024 à 15:12, Bob Jones <bob@example.org> a écrit :",
    "Le vendredi 5 janvier 2024 à 15:12:01 UTC+1, Bob Jones <bob@example.org> a écrit :",
    "Am Fr., 5. Jan. 2024 um 15:12 Uhr schrieb Bob Jones <bob@example.org>:",
    "Am 05.01.2024 um 15:12 schrieb Bob Jones:",
    "Am 05.01.24 um 15:12 schrieb Bob Jones <bob@example.org>:",
    "Am Freitag, 5. Januar 2024, 15:12:01 MEZ hat Bob Jones <bob@example.org> Folgendes geschrieben:",
    "Am Freitag, dem 05.01.2024 um 15:12 +0100 schrieb Bob Jones:",
    "Am 05.01.2024 um 15:12 schrieb Bob Jones <bob@example.org>:",
    "Bob Jones <bob@example.org> schrieb am Fr., 5. Jan. 2024, 15:12:",
    "Bob Jones <bob@example.org> hat am 05.01.2024 15:12 CET geschrieben:",
    "Op vr 5 jan 2024 om 15:12 schreef Bob Jones <bob@example.org>:",
    "Op 05-01-2024 om 15:12 schreef Bob Jones:",
    "Op 5 jan. 2024 om 15:12 heeft Bob Jones <bob@example.org> het volgende geschreven:",
    "Op vrijdag 5 januari 2024 om 15:12:01 CET schreef Bob Jones <bob@example.org>:",
    "El vie, 5 ene 2024 a las 15:12, Bob Jones (<bob@example.org>) escribió:",
    "El 5 ene 2024, a las 15:12, Bob Jones <bob@example.org> escribió:",
    "El 05/01/2024 a las 15:12, Bob Jones escribió:",
    "El viernes, 5 de enero de 2024, 15:12:01 CET, Bob Jones <bob@example.org> escribió:",
    "Il giorno ven 5 gen 2024 alle ore 15:12 Bob Jones <bob@example.org> ha scritto:",
    "Il 05/01/2024 15:12, Bob Jones ha scritto:",
    "Il giorno 5 gen 2024, alle ore 15:12, Bob Jones <bob@example.org> ha scritto:",
    "Em sex., 5 de jan. de 2024 às 15:12, Bob Jones <bob@example.org> escreveu:",
    "Em 05/01/2024 15:12, Bob Jones escreveu:",
    "No dia 5 de jan. de 2024, às 15:12, Bob Jones <bob@example.org> escreveu:",
    "pt., 5 sty 2024 o 15:12 Bob Jones <bob@example.org> napisał(a):",
    "W dniu 5.01.2024 o 15:12, Bob Jones pisze:",
    "Dnia 5 stycznia 2024 15:12 Bob Jones <bob@example.org> napisał(a):",
    "pá 5. 1. 2024 v 15:12 odesílatel Bob Jones <bob@example.org> napsal:",
    "Dne 05. 01. 24 v 15:12 Bob Jones napsal(a):",
    "5. 1. 2024 v 15:12, Bob Jones <bob@example.org>:",
    "pi 5. 1. 2024 o 15:12 Bob Jones <bob@example.org> napísal(a):",
    "Dňa 5. 1. 2024 o 15:12 Bob Jones napísal(a):",
    "Bob Jones <bob@example.org> ezt írta (időpont: 2024. jan. 5., P, 15:12):",
    "2024. 01. 05. 15:12 keltezéssel, Bob Jones írta:",
    "2024. jan. 5. dátummal, 15:12 időpontban Bob Jones <bob@example.org> írta:",
    "fre 5 jan. 2024 kl. 15:12 skrev Bob Jones <bob@example.org>:",
    "Den fre 5 jan. 2024 kl 15:12 skrev Bob Jones <bob@example.org>:",
    "5 jan. 2024 kl. 15:12 skrev Bob Jones <bob@example.org>:",
    "Den 2024-01-05 kl. 15:12, skrev Bob Jones:",
    "Den fre. 5. jan. 2024 kl. 15.12 skrev Bob Jones <bob@example.org>:",
    "Den 05.01.2024 kl. 15.12 skrev Bob Jones:",
    "fre. 5. jan. 2024 kl. 15:12 skrev Bob Jones <bob@example.org>:",
    "5. jan. 2024 kl. 15:12 skrev Bob Jones <bob@example.org>:",
    "pe 5. tammik. 2024 klo 15.12 Bob Jones (bob@example.org) kirjoitti:",
    "Bob Jones <bob@example.org> kirjoitti 5.1.2024 kello 15.12:",
    "În vin., 5 ian. 2024 la 15:12, Bob Jones <bob@example.org> a scris:",
    "Pe 5 ian. 2024, la 15:12, Bob Jones <bob@example.org> a scris:",
    "Bob Jones <bob@example.org>, 5 Oca 2024 Cum, 15:12 tarihinde şunu yazdı:",
    "5.01.2024 15:12 tarihinde Bob Jones yazdı:",
    "Στις Παρ 5 Ιαν 2024 στις 3:12 μ.μ., ο χρήστης Bob Jones <bob@example.org> έγραψε:",
    "Στις 5/1/24 15:12, ο Bob Jones έγραψε:",
    "пт, 5 янв. 2024 г. в 15:12, Bob Jones <bob@example.org>:",
    "5 янв. 2024 г., в 15:12, Bob Jones <bob@example.org> написал(а):",
    "05.01.2024 15:12, Bob Jones пишет:",
    "Пятница, 5 января 2024, 15:12 +03:00 от Bob Jones <bob@example.org>:",
    "05.01.2024, 15:12, \"Bob Jones\" <bob@example.org>:",
    "пт, 5 січ. 2024 р. о 15:12 Bob Jones <bob@example.org> пише:",
    "5 січ. 2024 р. о 15:12 Bob Jones <bob@example.org> написав(-ла):",
    "На пт, 5.01.2024 г. в 15:12 Bob Jones <bob@example.org> написа:",
    "пет, 5. јан 2024. у 15:12 Bob Jones <bob@example.org> је написао/ла:",
    "pet, 5. sij 2024. u 15:12 Bob Jones <bob@example.org> napisao je:",
    "pet, 5. jan 2024. u 15:12 Bob Jones <bob@example.org> je napisao/la:",
    "V V pet., 5. jan. 2024 ob 15:12 je oseba Bob Jones <bob@example.org> napisala:",
    "Kontakt Bob Jones (<bob@example.org>) kirjutas kuupäeval R, 5. jaanuar 2024 kell 15:12:",
    "2024-01-05, pn, 15:12 Bob Jones <bob@example.org> rašė:",
    "piektd., 2024. g. 5. janv., plkst. 15:12 — lietotājs Bob Jones (<bob@example.org>) rakstīja:",
    "El dv., 5 de gen. 2024, 15:12, Bob Jones <bob@example.org> va escriure:",
    "O ven, 5 xan 2024 ás 15:12, Bob Jones (<bob@example.org>) escribiu:",
    "Bob Jones (<bob@example.org>) erabiltzaileak hau idatzi du (2024 urt. 5, or. (15:12)):",
    "2024年1月5日(金) 15:12 Bob Jones <bob@example.org>:",
    "2024/01/05 15:12、Bob Jones <bob@example.org>のメール:",
    "On 2024/01/05 15:12, Bob Jones さんは書きました:",
    "Bob Jones <bob@example.org> 于2024年1月5日周五 15:12写道：",
    "在 2024年1月5日，15:12，Bob Jones <bob@example.org> 写道：",
    "在 2024/1/5 15:12, Bob Jones 写道:",
    "Bob Jones <bob@example.org> 於 2024年1月5日 週五 下午3:12寫道：",
    "2024년 1월 5일 (금) 오후 3:12, Bob Jones <bob@example.org>님이 작성:",
    "2024. 1. 5. 오후 3:12, Bob Jones <bob@example.org> 작성:",
    "Vào Th 6, 5 thg 1, 2024 lúc 15:12 Bob Jones <bob@example.org> đã viết:",
    "Vào 15:12, Th 6, 5 thg 1, 2024 Bob Jones <bob@example.org> đã viết:",
    "Pada tanggal Jum, 5 Jan 2024 pukul 15.12 Bob Jones <bob@example.org> menulis:",
    "ในวันที่ ศ. 5 ม.ค. 2024 เวลา 15:12 Bob Jones <bob@example.org> เขียนว่า:",
    ("\u202bבתאריך יום ו׳, 5 בינו׳ 2024 ב-15:12 מאת \u202aBob Jones\u202c\u200f "
     "<\u202abob@example.org\u202c\u200f>:\u202c"),
    "\u202bב-5 בינו׳ 2024, בשעה 15:12, \u200fBob Jones <bob@example.org> כתב/ה:",
    "في الجمعة، 5 يناير 2024 في 3:12 م تمت كتابة ما يلي بواسطة Bob Jones <bob@example.org>:",
    "في الجمعة، ٥ يناير ٢٠٢٤ في ٣:١٢ م تمت كتابة ما يلي بواسطة Bob Jones <bob@example.org>:",
    "در تاریخ جمعه ۵ ژانویهٔ ۲۰۲۴ ساعت ۱۵:۱۲ Bob Jones <bob@example.org> نوشت:",
    "शुक्र, 5 जन॰ 2024 को 3:12 pm बजे को Bob Jones <bob@example.org> ने लिखा:",
    "Þann fös., 5. jan. 2024 kl. 15:12 skrifaði Bob Jones <bob@example.org>:",
    "Noong Biy, Ene 5, 2024 nang 3:12 PM, isinulat ni Bob Jones <bob@example.org>:",
    "Op Vr, 05 Jan 2024 om 15:12 het Bob Jones <bob@example.org> geskryf:",
    "Më pre, 5 jan 2024 në 15:12 Bob Jones <bob@example.org> shkroi:",
    "Le 5 janvier 2024 15:12:01 GMT+01:00, Bob Jones <bob@example.org> a écrit :",
    "5 January 2024 15:12, \"Bob Jones\" <bob@example.org> wrote:",
    "January 5, 2024 3:12 PM, \"Bob Jones\" <bob@example.org> wrote:",
};

/* Believed above a quote. */
static const char *const weak_attributions[] = {
    "Quoting Bob Jones <bob@example.org>:",
    "* Bob Jones <bob@example.org> [240105 15:12]:",
    "Zitat von Bob Jones <bob@example.org>:",
    "Bob Jones <bob@example.org> escreveu no dia sexta, 5/01/2024 à(s) 15:12:",
    "Wiadomość napisana przez Bob Jones <bob@example.org> w dniu 05.01.2024, o godz. 15:12:",
    "Bob Jones kirjoitti 5.1.2024 klo 15.12:",
    "bob via Example Forum wrote:",
    "Posted by bob on 01/21/2024",
};

static const char *const separators[] = {
    "---- On Fri, 05 Jan 2024 15:12:01 +0100 Bob Jones <bob@example.org> wrote ---",
    "‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐",
    "------- Original Message -------",
    "-------- Ursprüngliche Nachricht --------",
    "-------- Wiadomość oryginalna --------",
    "---------- Původní e-mail ----------",
    "------------------ 原始邮件 ------------------",
    "----- Oorspronkelijk bericht -----",
    "----- Mensagem original -----",
    "-----Eredeti üzenet-----",
    "-------- Alkuperäinen viesti --------",
    "##- Please type your reply above this line -##",
    "-----Mensaje original-----",
    "---------- Weitergeleitete Nachricht ---------",
    "Début du message transféré :",
};

#define WORDS "Yes, that works for me.\n\nSee you then.\n"

/* The attribution wrapped to lines of at most `width` bytes, as clients and servers wrap. */
static char *
wrap(const char *text, gsize width)
{
    GString *out = g_string_new(NULL);
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    gsize line = 0;
    for (char **word = words; *word; word++) {
        gboolean fits = line == 0 || line + 1 + strlen(*word) <= width;
        g_string_append(out, line == 0 ? "" : fits ? " " : "\n");
        line = fits ? line + (line > 0) + strlen(*word) : strlen(*word);
        g_string_append(out, *word);
    }
    return g_string_free(out, FALSE);
}

static void
check_above(const char *intro, const char *below)
{
    g_autofree char *text = g_strconcat(WORDS, "\n", intro, below, NULL);
    check(text, WORDS);
}

static void
test_attributions(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(attributions); i++) {
        g_autofree char *wrapped = wrap(attributions[i], 60);
        check_above(attributions[i], "\n> Could you come on Monday?\n> Bob\n");
        check_above(attributions[i], "\n\n>Could you come on Monday?\n>Bob\n");
        check_above(attributions[i], "\n\nCould you come on Monday?\nBob\n");
        check_above(wrapped, "\n\n> Could you come on Monday?\n> Bob\n");
    }
    for (gsize i = 0; i < G_N_ELEMENTS(weak_attributions); i++)
        check_above(weak_attributions[i], "\n> Could you come on Monday?\n> Bob\n");
    for (gsize i = 0; i < G_N_ELEMENTS(separators); i++)
        check_above(separators[i], "\n\nCould you come on Monday?\nBob\n");
}

/* ---- header blocks ---- */

static const char *const blocks[][4] = {
    /* From, Sent, To, Subject */
    {"From", "Sent", "To", "Subject"},
    {"Von", "Gesendet", "An", "Betreff"},
    {"De", "Envoyé", "À", "Objet"},
    {"Van", "Verzonden", "Aan", "Onderwerp"},
    {"Od", "Wysłano", "Do", "Temat"},
    {"De", "Enviado el", "Para", "Asunto"},
    {"Da", "Inviato", "A", "Oggetto"},
    {"De", "Enviada em", "Para", "Assunto"},
    {"Från", "Skickat", "Till", "Ämne"},
    {"Fra", "Sendt", "Til", "Emne"},
    {"Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"},
    {"Od", "Odesláno", "Komu", "Předmět"},
    {"Od", "Odoslané", "Komu", "Predmet"},
    {"Feladó", "Elküldve", "Címzett", "Tárgy"},
    {"Kimden", "Gönderildi", "Kime", "Konu"},
    {"De la", "Trimis", "Către", "Subiect"},
    {"От", "Отправлено", "Кому", "Тема"},
    {"Від", "Надіслано", "Кому", "Тема"},
    {"От", "Изпратено", "До", "Относно"},
    {"Από", "Στάλθηκε", "Προς", "Θέμα"},
    {"Šalje", "Poslano", "Prima", "Predmet"},
    {"Saatja", "Saadetud", "Saaja", "Teema"},
    {"差出人", "送信日時", "宛先", "件名"},
    {"发件人", "发送时间", "收件人", "主题"},
    {"보낸 사람", "보낸 날짜", "받는 사람", "제목"},
    {"מאת", "נשלח", "אל", "נושא"},
    {"من", "تم الإرسال", "إلى", "الموضوع"},
    {"Từ", "Đã gửi", "Đến", "Chủ đề"},
    {"Dari", "Dikirim", "Kepada", "Perihal"},
    {"จาก", "ส่ง", "ถึง", "เรื่อง"},
};

static void
test_header_blocks(void)
{
    static const char *const forms[] = {
        "%s: Bob Jones <bob@example.org>\n%s: 5 January 2024 15:12\n%s: Anna\n%s: Re: Theme\n\nCould you come?\n",
        ("________________________________\n%s: Bob Jones <bob@example.org>\n%s: 5 January 2024 15:12\n%s: Anna\n%s: "
         "Theme\n\nBye\n"),
        "*%s:* Bob Jones [mailto:\nbob@example.org]\n*%s:* 5 January 2024 15:12\n*%s:* Anna\n*%s:* Theme\n\nBye\n",
        "   %s : Bob Jones\n   %s : 5 January 2024 15:12\n   %s : Anna\n   %s : a long\n   subject\n\nBye\n",
        "> %s: Bob Jones <bob@example.org>\n> %s: 5 January 2024 15:12\n> %s: Anna\n> %s: Theme\n>\n> Bye\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(blocks); i++)
        for (gsize f = 0; f < G_N_ELEMENTS(forms); f++) {
            g_auto(GStrv) pieces = g_strsplit(forms[f], "%s", 5);
            g_autofree char *block = g_strconcat(pieces[0], blocks[i][0], pieces[1], blocks[i][1], pieces[2],
                                                 blocks[i][2], pieces[3], blocks[i][3], pieces[4], NULL);
            check_above(block, "");
        }
}

/* ---- what must stay ---- */

static const char *const kept[] = {
    "Hello,\n\nOn 5 May 2024 at 10:00 I sent the files to Bob <bob@x.example>:\n\n- one\n- two\n\nPlease check.\n",
    "Hi,\n\nAs agreed on 12/05/2024 with Bob <bob@x.example>, I wrote the following list:\n\n1. first\n2. second\n",
    "Hi team,\n\nFlights:\n\nFrom: London\nTo: Paris\nDate: 5 May 2024 10:30\n\nFrom: Paris\nTo: London\nDate: 8 May "
    "2024 18:00\n\nThanks\n",
    "Please send it before 12/10/2024 14:00 to bob@x.example:\n\nthe invoice\nthe receipt\n",
    "Hello\n\nOn Monday, 5 June 2024 we will start at 9:00:\n\nNothing else is planned.\n",
    "The customer wrote:\n\nYour shop is broken since 5/5/2024 10:30.\n\nCan you fix that?\n",
    "Our customer wrote on 5 May 2024:\n\nYour shop is broken.\n\nCan you fix that?\n",
    "Hi,\n\nName: Bob\nDate: 5 May 2024 10:30\nSubject: quote for a shop\n\nPlease call me.\n",
    "Hallo,\n\nam 5. Mai 2024 um 10:30 Uhr treffen wir uns mit Bob <bob@x.example>:\n\n- Thema eins\n- Thema "
    "zwei\n\nPasst das?\n",
    "Bonjour,\n\nLe 5 mai 2024 à 10:30, nous avons rendez-vous avec Bob <bob@x.example> :\n\n- sujet un\n\nMerci\n",
    "Dag,\n\nOp 5 mei 2024 om 10:30 heb ik een afspraak met Bob:\n\n- punt een\n\nGroet\n",
    "Subject: something we discussed\nDate: 5 May\nis not what I meant.\n",
    "To: everybody who helps\nFrom: the whole team\nThank you for the work!\n",
    "Hi,\n\nHere is what I need:\n\n---\n\n1. A theme\n2. A store\n\n---\n\nCheers and see you on 5/5/2024 at 10:00\n",
    "Here are the specs\n--\nwidth 5\nheight 6\n--\nlet me know whether this is what you need, and what the price of "
    "the whole thing would be for us\n",
    "I am sent from my boss to ask about the price.\n\nSent from my desk, is what he says.\n",
    "Dear team,\n\nBest regards to Mary!\n\nWe would like to start on Monday.\n",
    "Hello,\n\nRegards,\n\nis what he always writes. I do not like it at all, and I would like to know what you "
    "think.\n",
    "Hi\n\nKind regards\n\nPS: please also send the invoice for last month to our new address, which is below this "
    "line.\n",
    "Can you answer below?\n\n> What is your budget?\n5000 euros\n> When do you want to start?\nnext week\n> Which "
    "theme?\nDawn\n",
    "> What is your budget?\n\n5000 euros\n\n> When?\n\ntomorrow\n",
    "My shop sends this mail:\n\nFrom: My Shop <shop@x.example>\n\nand nobody can answer it.\n",
    "Mail delivery is broken. The log says:\n\nFrom: shop@x.example\nTo: bob@x.example\nStatus: failed\n\nWhat can I "
    "do?\n",
    "wir haben das am 05.05.2024 um 10:30 geschrieben:\n\n\"Bitte alle Preise neu\"\n\nIst das klar?\n",
    "Please see bob@x.example (he answered on 5/5/2024 10:30):\n\n1. yes\n2. no\n",
    "1. Price on 05.05.2024 10:30 for <bob@x.example>:\n100 euros\n2. Price on 06.05.2024 10:30 for "
    "<bob@x.example>:\n120 euros\n",
    "2024-05-05 10:30 call with Bob <bob@x.example>:\nhe says no\n\n2024-05-06 11:30 call with Ann "
    "<ann@x.example>:\nshe says yes\n",
    "/propose\nService: theme-design\nTotal: 500 EUR\n",
    "/John\n",
    "Get Outlook working again, please.\n",
    "Thanks!\n\nAnna\n",
    "Von: Hamburg\nAn: Berlin\nDatum: 5.5.2024 10:30\nGewicht: 20 kg\n",
    "Hallo,\n\nDatum: 5.5.2024 10:30\nBetreff: Theme\nVon: Kunde Nr. 5\n\npasst das so?\n",
    "Hello\n\nThis message is about my shop, please treat it as confidential. We want to move from X to Shopify.\n",
    "Hello\n\nMy phone is broken.\n\nSent from my old laptop I borrowed from Ann\n\nCan you call her instead?\n",
    "As you wrote:\n> bla bla\n\nI do not agree.\n",
    "\U0001F389\n\n—\nJohn Doe\nCEO at Acme\n",
    "On the surface it looks fine.\nOn average, too.\n",
    "2024-01-15 14:30:25\n15.01.2024 14:30\nare the times that I meant.\n",
};

static void
test_words_stay(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(kept); i++) {
        struct reply reply;
        trim(kept[i], "", &reply);
        g_autofree char *got = g_strstrip(g_strdup(reply.text)), *want = g_strstrip(g_strdup(kept[i]));
        g_assert_cmpstr(got, ==, want);
        g_assert_cmpuint(reply.cuts->len, ==, 0);
        reply_clear(&reply);
    }
}

/* ---- signatures ---- */

static const char *const phones[] = {
    "Sent from my iPhone",
    "Sent from my iPad",
    "Sent from my Samsung Galaxy smartphone.",
    "Sent from my Samsung device",
    "Sent from Samsung tablet",
    "Sent from Yahoo Mail on Android",
    "Sent from Yahoo Mail for iPhone",
    "Sent from Outlook for Android",
    "Sent from Mail for Windows 10",
    "Sent from Mail for Windows",
    "Sent from Outlook Mobile",
    "Get Outlook for iOS<https://aka.ms/o0ukef>",
    "Get Outlook for Android",
    "Sent via the Samsung Galaxy S21 5G, an AT&T 5G smartphone",
    "Sent with Proton Mail secure email.",
    "Sent from ProtonMail mobile",
    "Sent from my BlackBerry 10 smartphone on the Rogers network.",
    "Sent from my Huawei phone",
    "Sent from my Windows Phone",
    "Sent from a mobile device",
    "Sent using Zoho Mail",
    "Sent from Zoho Mail Mobile",
    "Sent from Gmail Mobile",
    "Sent from TypeApp",
    "Sent from BlueMail",
    "Sent with BlueMail for iPhone",
    "Sent with AquaMail for Android",
    "Sent with Airmail",
    "Sent from Mailspring",
    "Sent via Superhuman",
    "Sent from Front",
    "Sent from my Mac",
    "Sent from my mobile. Excuse any typos.",
    "Sent from my iPhone, please excuse brevity and typos",
    "Please excuse my brevity. Sent from my Android device with K-9 Mail.",
    "Sent from my Android device with K-9 Mail. Please excuse my brevity.",
    "Von meinem iPhone gesendet",
    "Von meinem iPad gesendet",
    "Von meinem Samsung Galaxy Smartphone gesendet.",
    "Von meinem Huawei-Mobiltelefon gesendet",
    "Von Samsung-Tablet gesendet",
    "Gesendet von meinem Windows Phone",
    "Gesendet mit der GMX Mail App",
    "Gesendet mit der mobilen Mail App",
    "Gesendet von Mail für Windows 10",
    "Gesendet von Outlook für iOS",
    "Gesendet von Yahoo Mail auf Android",
    "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.",
    "Diese Nachricht wurde von meinem Android-Mobiltelefon mit K-9 Mail gesendet.",
    "Outlook für Android herunterladen",
    "Outlook für iOS abrufen",
    "Holen Sie sich Outlook für Android",
    "Laden Sie Outlook für iOS herunter",
    "Envoyé de mon iPhone",
    "Envoyé de mon iPad",
    "Envoyé depuis mon smartphone Samsung Galaxy.",
    "Envoyé à partir de Outlook pour Android",
    "Envoyé depuis Yahoo Mail pour Android",
    "Envoyé de mon appareil Samsung",
    "Envoyé depuis l'application Mail Orange",
    "Télécharger Outlook pour iOS",
    "Obtenir Outlook pour iOS",
    "Provenance : Courrier pour Windows 10",
    "Verzonden vanaf mijn iPhone",
    "Verstuurd vanaf mijn iPhone",
    "Verstuurd vanaf mijn iPad",
    "Verzonden vanaf mijn Samsung Galaxy-smartphone.",
    "Verzonden vanuit Mail voor Windows 10",
    "Verzonden vanuit Outlook voor Android",
    "Outlook voor iOS downloaden",
    "Download Outlook voor Android",
    "Verzonden met Yahoo Mail op Android",
    "Enviado desde mi iPhone",
    "Enviado desde mi smartphone Samsung Galaxy.",
    "Enviado desde Correo para Windows 10",
    "Obtener Outlook para iOS",
    "Enviado desde Yahoo Mail para Android",
    "Enviado do meu iPhone",
    "Enviado do meu smartphone Samsung Galaxy.",
    "Enviado a partir do meu iPhone",
    "Obter Outlook para iOS",
    "Obter o Outlook para Android",
    "Enviado do Yahoo Mail no Android",
    "Inviato da iPhone",
    "Inviato da iPad",
    "Inviato da smartphone Samsung Galaxy.",
    "Inviato dal mio iPhone",
    "Inviato da Posta per Windows 10",
    "Inviato da Yahoo Mail su Android",
    "Ottieni Outlook per iOS",
    "Scarica Outlook per Android",
    "Wysłane z iPhone'a",
    "Wysłane z mojego iPhone'a",
    "Wysłane z iPada",
    "Wysłano z iPhone'a",
    "Wysłane z telefonu Samsung Galaxy",
    "Wysłano z aplikacji Poczta dla systemu Windows",
    "Wysłane z programu Outlook dla systemu Android",
    "Pobierz program Outlook dla systemu iOS",
    "Uzyskaj aplikację Outlook dla systemu Android",
    "Wysłane z aplikacji mobilnej Poczta Onet",
    "Wysłano z Yahoo Mail na telefonie z Androidem",
    "Skickat från min iPhone",
    "Skickat från min iPad",
    "Skickat från min Samsung Galaxy smartphone.",
    "Skickat från Outlook för Android",
    "Hämta Outlook för iOS",
    "Skaffa Outlook för Android",
    "Skickat från E-post för Windows 10",
    "Sendt fra min iPhone",
    "Sendt fra min iPad",
    "Sendt fra min Samsung Galaxy smartphone.",
    "Sendt fra Outlook til Android",
    "Sendt fra Mail til Windows 10",
    "Hent Outlook til iOS",
    "Få Outlook til Android",
    "Skaff deg Outlook for iOS",
    "Få Outlook for Android",
    "Lähetetty iPhonesta",
    "Lähetetty Samsung Galaxy -älypuhelimesta.",
    "Lähetetty laitteesta Outlook for Android",
    "Hanki Outlook for Android",
    "Odesláno z iPhonu",
    "Odesláno z iPadu",
    "Odesláno z mého telefonu Samsung Galaxy",
    "Získat Outlook pro Android",
    "Odoslané z iPhonu",
    "Odoslané z môjho iPhonu",
    "Získať Outlook pre iOS",
    "Elküldve az iPhone-omról",
    "iPhone-omról küldve",
    "Küldve az Outlook for Android alkalmazásból",
    "Trimis de pe iPhone-ul meu",
    "Trimis de pe telefonul meu Samsung Galaxy",
    "Obțineți Outlook pentru iOS",
    "iPhone'umdan gönderildi",
    "iPad'imden gönderildi",
    "Samsung Galaxy akıllı telefonumdan gönderildi.",
    "iOS için Outlook'u edinin",
    "Отправлено с iPhone",
    "Отправлено с iPad",
    "Отправлено из мобильной Почты Mail.ru",
    "Отправлено с моего мобильного устройства Samsung",
    "Отправлено из Yahoo Почты на Android",
    "Скачать Outlook для iOS",
    "Надіслано з iPhone",
    "Надіслано з пристрою Galaxy",
    "Изпратено от моя iPhone",
    "Poslano s mojeg iPhonea",
    "Poslano z mojega iPhona",
    "Poslato sa mog iPhone-a",
    "Στάλθηκε από το iPhone μου",
    "Αποστολή από το iPhone μου",
    "נשלח מה-iPhone שלי",
    "נשלח מהאייפון שלי",
    "مُرسل من الـ iPhone",
    "أُرسلت من الـ iPhone",
    "ارسال شده از iPhone من",
    "iPhoneから送信",
    "iPadから送信",
    "Androidから送信",
    "発我的iPhone",
    "发自我的 iPhone",
    "发自我的华为手机",
    "來自我的 iPhone",
    "從我的iPhone傳送",
    "获取 Outlook for iOS",
    "下载适用于 iOS 的 Outlook",
    "나의 iPhone에서 보냄",
    "내 iPhone에서 보냄",
    "Đã gửi từ iPhone của tôi",
    "Được gửi từ iPhone",
    "Dikirim dari iPhone saya",
    "Dihantar daripada iPhone saya",
    "ส่งจาก iPhone ของฉัน",
    "Saadetud minu iPhone'ist",
    "Išsiųsta iš mano „iPhone“",
    "Nosūtīts no mana iPhone",
    "Enviat des del meu iPhone",
    "मेरे iPhone से भेजा गया",
};

static const char *const not_phones[] = {
    "Sent from my desk, is much easier than my mobile phone.",
    "Sent from my boss to you",
    "Sent the files yesterday from my iPhone but they did not arrive?",
    "I got this mail on my phone.",
    "Von meinem Handy aus kann ich das nicht lesen.",
    "Envoyé de mon bureau hier soir, vous avez reçu ?",
    "Verstuurd vanaf mijn werk gisteren",
    "Download Outlook and then open the file I sent you yesterday",
    "Our iPhone cases are sold out, gönderildi",
    "Wysłane z magazynu w poniedziałek",
    "Get Outlook",
    "Sendt fra lageret i går",
    "My phone number is 123 456",
    "Mein iPhone wurde gestern gesendet und ist angekommen",
    "Enviado desde Madrid el lunes",
    "Inviato da noi ieri sera",
};

static const char *const closings[] = {
    "Regards,\nJohn Doe",
    "Best regards\nJohn Doe",
    "Kind regards,\nJohn",
    "Mit freundlichen Grüßen\nMax Mustermann",
    "MfG\nMax",
    "Viele Grüße\nMax",
    "Met vriendelijke groet,\nJan de Vries",
    "Groetjes\nJan",
    "Cordialement,\nJean Dupont",
    "Bien à vous\nJean",
    "Pozdrawiam\nJan Kowalski",
    "Z poważaniem,\nJan",
    "Saludos,\nJuan Pérez",
    "Un saludo\nJuan",
    "Cordiali saluti\nMario Rossi",
    "Atenciosamente,\nJoão Silva",
    "Mvh\nAnna",
    "Med vänliga hälsningar\nAnna",
    "Med venlig hilsen\nPeter",
    "Ystävällisin terveisin\nMatti",
    "S pozdravem\nJan Novák",
    "Üdvözlettel\nNagy János",
    "Saygılarımla\nAhmet Yılmaz",
    "Cu stimă\nIon",
    "С уважением,\nИван Иванов",
    "З повагою\nІван",
    "Με εκτίμηση\nΓιώργος",
    "בברכה\nמשה",
    "Trân trọng\nNguyễn Văn A",
    "Salam hormat\nBudi",
    "Regards,\n\nJohn van der Berg\nCEO @ Acme\n+31 20 123 45 67\nwww.acme.example",
};

static void
check_signature(const char *signature, const char *author, gboolean taken)
{
    g_autofree char *text =
        g_strconcat(WORDS, "\n", signature, "\n\nOn 5 Jan 2024 at 10:00, Bob <bob@x.example> wrote:\n> Hi\n", NULL);
    g_autofree char *both = g_strconcat(WORDS, "\n", signature, "\n", NULL);
    g_autofree char *line = g_strconcat(signature, "\n", NULL);
    struct reply reply;
    trim(text, author, &reply);
    g_assert_cmpstr(reply.text, ==, taken ? WORDS : both);
    g_assert_cmpstr(reply.signature, ==, taken ? line : "");
    reply_clear(&reply);
}

static void
test_signatures(void)
{
    static const char *const delimited[] = {
        "-- \nAnna\nAcme Inc | +31 20 123",
        "--\nAnna",
        "-- \n\nAnna\n\nAcme",
        "_______________________________________________\nusers mailing "
        "list\nusers@lists.example\nhttp://lists.example/listinfo/users",
        "This e-mail and any attachments are confidential and intended solely for the addressee.\nIf you received it "
        "in error, delete it.",
        "Diese E-Mail ist vertraulich. Wenn Sie nicht der richtige Empfänger sind, löschen Sie sie bitte.",
        "This email has been checked for viruses by Avast antivirus software.\nwww.avast.com",
        "/Anna",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(phones); i++)
        check_signature(phones[i], "", TRUE);
    for (gsize i = 0; i < G_N_ELEMENTS(not_phones); i++)
        check_signature(not_phones[i], "", FALSE);
    for (gsize i = 0; i < G_N_ELEMENTS(closings); i++)
        check_signature(closings[i], "", TRUE);
    for (gsize i = 0; i < G_N_ELEMENTS(delimited); i++)
        check_signature(delimited[i], "", TRUE);
    check_signature("Sincerely,\nSuper Domain Name Manager", "", FALSE); /* no name of a person */
    check_signature("Cheers,\nAnna", "", FALSE);                         /* nobody knows an Anna */
    check_signature("Cheers,\nAnna", "Anna Smith", TRUE);
    check_signature("Best regards\nPlease answer by Monday, or we will have to look for somebody else.", "", FALSE);
}

/* ---- answers below and between ---- */

static void
test_answers_below_and_between(void)
{
    check("On 5 Jan 2024 at 10:00, Bob <bob@x.example> wrote:\n> Can you do Monday?\n>\n> Bob\n\nYes, I can.\n",
          "Yes, I can.\n");
    check("Hi Bob\n\nOn 5 Jan 2024 at 10:00, Bob <bob@x.example> wrote:\n> Can you?\n\nYes, I can.\n",
          "Hi Bob\n\n\nYes, I can.\n");
    check("On 5 Jan 2024 at 10:00, Bob <bob@x.example> wrote:\n> Monday?\n\nYes.\n\n> Price?\n\n100.\n\n> Bye\n> Bob\n",
          "> Monday?\n\nYes.\n\n> Price?\n\n100.\n");
    check("On 1 Jan 2024 at 10:00, Bob <b@x.example> wrote:\n> Monday?\n\nYes!\n\nOn 2 Jan 2024 at 10:00, Bob "
          "<b@x.example> wrote:\n"
          "> Tuesday?\n\nNo.\n",
          "> Monday?\n\nYes!\n\n> Tuesday?\n\nNo.\n");
    check("> Monday?\n\nYes.\n", "> Monday?\n\nYes.\n");
    /* broken wraps belong to the quote */
    check("Yes.\n\nOn 5 Jan 2024 at 10:00, Bob <bob@x.example> wrote:\n"
          "> A line that is long enough to have been wrapped by some server on its\nway to us, which lost the mark\n> "
          "Bob\n",
          "Yes.\n");
    /* an address that was wrapped at its bracket is no quote */
    check("Yes.\n\ntir. 18. apr. 2017 kl. 13:09 skrev Bob Jones <bob@x.example\n>:\n\n> Hi\n", "Yes.\n");
    check("Yes.\n\nOn Tue, Apr 11, 2017 at 10:07 PM Bob Jones\n\n<\nmailto:Bob Jones <bob@x.example>\n> wrote:\nHi\n",
          "Yes.\n");
    check("Look:\n>>> >>>  click here <<<\nThanks\n", "Look:\n>>> >>>  click here <<<\nThanks\n");
    /* the words share the line with the attribution */
    check("Yes On Wed, Apr 4, 2012 at 3:59 PM, bob@x.example wrote:\n> Hi\n", "Yes\n");
    check("Yes\n\n  On Fri, 5 Jan 2024 at 15:12, Bob<bob@x.example> wrote:   Hi Anna,\n\nMonday?\n", "Yes\n");
}

/* Nothing new is above: rather old words than none. */
static void
test_only_words_are_not_lost(void)
{
    check("From: Bob <bob@x.example>\nSent: 5 January 2024 10:00\nSubject: Theme\n\nCan you come?\n",
          "Can you come?\n");
    check("> Roses are red\n> Violets are blue\n", "> Roses are red\n> Violets are blue\n");
    check("> On 5 Jan 2024 at 10:00, Bob <bob@x.example> wrote:\n> Roses\n", "");
    check("", "");
    check("\n\n", "");
}

static void
test_form_footers_go(void)
{
    check("From: Ann <ann@lead.example>\nSubject: x\n\nMessage Body:\nHello\n\n-- \nThis e-mail was sent from a "
          "contact form on Site\n",
          "From: Ann <ann@lead.example>\nSubject: x\n\nMessage Body:\nHello\n");
    check("Name: Ann\nMessage: Hello\n\n---\n\nDate: 1 May\nTime: 10:00\nPage URL: https://x.example\nPowered by: "
          "Elementor\n",
          "Name: Ann\nMessage: Hello\n");
}

/* ---- every line is somewhere ---- */

static gboolean
holds(const struct reply *reply, const char *line)
{
    return strstr(reply->text, line) || strstr(reply->signature, line) || strstr(reply->elided, line);
}

static void
check_nothing_vanishes(const char *text)
{
    struct reply reply;
    trim(text, "", &reply);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    gsize bytes = 0;
    for (char **line = lines; *line; line++) {
        g_assert_true(holds(&reply, *line));
        bytes += strlen(*line);
    }
    g_assert_cmpuint(strlen(reply.text) + strlen(reply.signature) + strlen(reply.elided) + 1, >=, bytes);
    reply_clear(&reply);
}

static void
test_nothing_vanishes(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(attributions); i++) {
        g_autofree char *text = g_strconcat(WORDS, "\n", attributions[i], "\n\n> a\nb\n> c\n\nd\n-- \ne\n", NULL);
        check_nothing_vanishes(text);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(kept); i++)
        check_nothing_vanishes(kept[i]);
}

/* ---- HTML ---- */

static void
check_html(const char *html, const char *want)
{
    struct mail m = {.text = (char *)"", .html = (char *)html, .headers = g_ptr_array_new(), .from = g_ptr_array_new()};
    m.in_reply_to = m.references = m.headers;
    struct reply reply;
    reply_trim_html(&m, &reply);
    g_assert_cmpstr(reply.text, ==, want);
    reply_clear(&reply);
    m.text_from_html = TRUE;
    reply_trim(&m, &reply); /* the same where there is no text part */
    g_assert_cmpstr(reply.text, ==, want);
    reply_clear(&reply);
    g_ptr_array_unref(m.headers);
    g_ptr_array_unref(m.from);
}

static void
test_html(void)
{
    check_html("<div>Yes</div><div class=\"gmail_quote\"><div class=\"gmail_attr\">Anything at all:</div>"
               "<blockquote class=\"gmail_quote\">Hi</blockquote></div>",
               "Yes\n");
    check_html(
        "<p>Yes</p><div class=\"moz-cite-prefix\">Am 05.01.24 um 10:00 schrieb Bob:</div><blockquote type=\"cite\">Hi"
        "</blockquote>",
        "Yes\n");
    check_html(
        "<div class=\"moz-cite-prefix\">On 5/1/24 10:00, Bob wrote:</div><blockquote type=\"cite\">Monday?</blockquote>"
        "<p>Yes</p><blockquote type=\"cite\">Price?</blockquote><p>100</p>",
        "> Monday?\n\nYes\n\n> Price?\n\n100\n");
    check_html(
        "<p>Yes</p><p>On 5 Jan 2024 at 10:00, Bob &lt;<a href=\"mailto:bob@x.example\">bob@x.example</a>&gt; wrote:</p>"
        "<blockquote>Hi</blockquote>",
        "Yes\n");
    check_html("<p>Yes</p><hr><p><b>From:</b> Bob &lt;bob@x.example&gt;<br><b>Sent:</b> 5 January 2024 "
               "10:00<br><b>To:</b> Anna<br>"
               "<b>Subject:</b> Theme</p><p>Hi</p>",
               "Yes\n");
    /* a quote that no client made stays */
    check_html("<p>As the poet says:</p><blockquote>Roses are red</blockquote>",
               "As the poet says:\n\nRoses are red\n");
    check_html("<blockquote>All of it</blockquote>", "All of it\n");
    check_html("", "");
}

/* ---- hostile texts ---- */

static void
test_hostile_texts_end(void)
{
    static const char *const pieces[] = {
        "> ",
        ">\n",
        "On 5 Jan 2024 at 10:00, Bob <bob@x.example> wrote:\n",
        "From: a@b.example\n",
        "From: ",
        "-",
        "-- \n",
        "<",
        "On ",
        ":",
        "To: a@b.example,\n",
        "Date: 10:00\nFrom: x\nTo: A B C: D: E: F:\n",
        "Sent from my iPhone\n",
        "\n",
        "a\n> b\n",
        "Regards,\nBob\n",
        "____\n",
        "wrote:",
        "\xe2\x80\x8f",
        "@",
        "<a@b.c",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        while (text->len < 200000)
            g_string_append(text, pieces[i]);
        struct reply reply;
        trim(text->str, "Bob", &reply);
        reply_clear(&reply);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/reply/attributions-go", test_attributions);
    g_test_add_func("/reply/header-blocks-go", test_header_blocks);
    g_test_add_func("/reply/words-stay", test_words_stay);
    g_test_add_func("/reply/signatures-go-and-sentences-stay", test_signatures);
    g_test_add_func("/reply/answers-below-and-between", test_answers_below_and_between);
    g_test_add_func("/reply/only-words-are-not-lost", test_only_words_are_not_lost);
    g_test_add_func("/reply/form-footers-go", test_form_footers_go);
    g_test_add_func("/reply/nothing-vanishes", test_nothing_vanishes);
    g_test_add_func("/reply/html-by-the-clients-marks", test_html);
    g_test_add_func("/reply/hostile-texts-end", test_hostile_texts_end);
    return g_test_run();
}
