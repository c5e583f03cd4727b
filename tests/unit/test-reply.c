/* The new words of a reply, and nothing but them: in many languages, from many clients; and never a word too few. */
#include <glib.h>
#include <string.h>

#include "mime/reply.h"

static void
trim_with(const char *text, const char *author, const char *subject, struct reply *reply)
{
    struct mail m = {
        .text = (char *)text, .subject = (char *)subject, .headers = g_ptr_array_new(), .from = g_ptr_array_new()};
    m.in_reply_to = m.references = m.reply_to = m.to = m.headers;
    struct mail_address from = {(char *)author, (char *)"anna@lead.example"};
    g_ptr_array_add(m.from, &from);
    reply_trim(&m, reply);
    g_ptr_array_unref(m.headers);
    g_ptr_array_unref(m.from);
}

static void
trim(const char *text, const char *author, struct reply *reply)
{
    trim_with(text, author, NULL, reply);
}

static void
check_answer(const char *text, const char *want)
{
    struct reply reply;
    trim_with(text, "", "Re: Theme", &reply);
    g_assert_cmpstr(reply.text, ==, want);
    reply_clear(&reply);
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
    ">>> Bob Jones <bob@example.org> 1/5/2024 3:12 PM >>>",
    ">>> \"Bob Jones\" <bob@example.org> 05.01.24 15.12 Uhr >>>",
    ">>> Bob Jones 05/01/2024 15:12 >>>",
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

/* ---- attributions: a language a row ---- */

static const struct {
    const char *language, *address, *name, *date; /* with an address, with a name alone, with a date alone */
} languages[] = {
    {"en", "On Fri, Jan 5, 2024 at 3:12 PM Bob Jones <bob@example.org> wrote:", "On 05/01/2024 15:12, Bob Jones wrote:",
     "On Friday, January 5, 2024, Bob Jones <bob@example.org> wrote:"},
    {"de", "Am Fr., 5. Jan. 2024 um 15:12 Uhr schrieb Bob Jones <bob@example.org>:",
     "Am 05.01.2024 um 15:12 schrieb Bob Jones:", "Am Freitag, 5. Januar 2024 schrieb Bob Jones <bob@example.org>:"},
    {"fr", "Le ven. 5 janv. 2024 à 15:12, Bob Jones <bob@example.org> a écrit :",
     "Le 05/01/2024 à 15:12, Bob Jones a écrit :", "Le vendredi 5 janvier 2024, Bob Jones <bob@example.org> a écrit :"},
    {"es", "El vie, 5 ene 2024 a las 15:12, Bob Jones (<bob@example.org>) escribió:",
     "El 05/01/2024 a las 15:12, Bob Jones escribió:",
     "El viernes, 5 de enero de 2024, Bob Jones <bob@example.org> escribió:"},
    {"it", "Il giorno ven 5 gen 2024 alle ore 15:12 Bob Jones <bob@example.org> ha scritto:",
     "Il 05/01/2024 15:12, Bob Jones ha scritto:",
     "Il venerdì 5 gennaio 2024, Bob Jones <bob@example.org> ha scritto:"},
    {"pt", "Em sex., 5 de jan. de 2024 às 15:12, Bob Jones <bob@example.org> escreveu:",
     "Em 05/01/2024 15:12, Bob Jones escreveu:",
     "Em sexta-feira, 5 de janeiro de 2024, Bob Jones <bob@example.org> escreveu:"},
    {"nl", "Op vr 5 jan 2024 om 15:12 schreef Bob Jones <bob@example.org>:",
     "Op 05-01-2024 om 15:12 schreef Bob Jones:", "Op vrijdag 5 januari 2024 schreef Bob Jones <bob@example.org>:"},
    {"pl", "pt., 5 sty 2024 o 15:12 Bob Jones <bob@example.org> napisał(a):",
     "W dniu 5.01.2024 o 15:12, Bob Jones pisze:", "piątek, 5 stycznia 2024 Bob Jones <bob@example.org> napisał(a):"},
    {"cs", "pá 5. 1. 2024 v 15:12 odesílatel Bob Jones <bob@example.org> napsal:",
     "Dne 05. 01. 24 v 15:12 Bob Jones napsal(a):", "Dne pátek 5. ledna 2024 Bob Jones <bob@example.org> napsal(a):"},
    {"sk",
     "pi 5. 1. 2024 o 15:12 Bob Jones <bob@example.org> napísal(a):", "Dňa 5. 1. 2024 o 15:12 Bob Jones napísal(a):",
     "Dňa piatok 5. januára 2024 Bob Jones <bob@example.org> napísal(a):"},
    {"hu", "Bob Jones <bob@example.org> ezt írta (időpont: 2024. jan. 5., P, 15:12):",
     "2024. 01. 05. 15:12 keltezéssel, Bob Jones írta:",
     "2024. január 5., péntek dátummal Bob Jones <bob@example.org> ezt írta:"},
    {"sv", "Den fre 5 jan. 2024 kl 15:12 skrev Bob Jones <bob@example.org>:",
     "Den 2024-01-05 kl. 15:12, skrev Bob Jones:", "Den fredag 5 januari 2024 skrev Bob Jones <bob@example.org>:"},
    {"da", "Den fre. 5. jan. 2024 kl. 15.12 skrev Bob Jones <bob@example.org>:",
     "Den 05/01/2024 kl. 15.12 skrev Bob Jones:", "fredag den 5. januar 2024 skrev Bob Jones <bob@example.org>:"},
    {"nb", "fre. 5. jan. 2024 kl. 15:12 skrev Bob Jones <bob@example.org>:", "Den 05.01.2024 15:12, skrev Bob Jones:",
     "fredag 5. januar 2024 skrev Bob Jones <bob@example.org>:"},
    {"fi", "pe 5. tammik. 2024 klo 15.12 Bob Jones (bob@example.org) kirjoitti:",
     "5.1.2024 15.12, Bob Jones kirjoitti:", "perjantai 5. tammikuuta 2024 Bob Jones <bob@example.org> kirjoitti:"},
    {"ro", "În vin., 5 ian. 2024 la 15:12, Bob Jones <bob@example.org> a scris:",
     "La 05.01.2024 15:12, Bob Jones a scris:", "În vineri, 5 ianuarie 2024, Bob Jones <bob@example.org> a scris:"},
    {"tr", "Bob Jones <bob@example.org>, 5 Oca 2024 Cum, 15:12 tarihinde şunu yazdı:",
     "5.01.2024 15:12 tarihinde Bob Jones yazdı:", "5 Ocak 2024 Cuma tarihinde Bob Jones <bob@example.org> yazdı:"},
    {"el", "Στις Παρ 5 Ιαν 2024 στις 3:12 μ.μ., ο χρήστης Bob Jones <bob@example.org> έγραψε:",
     "Στις 5/1/24 15:12, ο Bob Jones έγραψε:",
     "Στις Παρασκευή 5 Ιανουαρίου 2024, ο χρήστης Bob Jones <bob@example.org> έγραψε:"},
    {"ru", "пт, 5 янв. 2024 г. в 15:12, Bob Jones <bob@example.org>:", "05.01.2024 15:12, Bob Jones пишет:",
     "пятница, 5 января 2024 г. пользователь Bob Jones <bob@example.org> написал:"},
    {"uk", "пт, 5 січ. 2024 р. о 15:12 Bob Jones <bob@example.org> пише:", "05.01.2024 15:12, Bob Jones пише:",
     "пʼятниця, 5 січня 2024 р. користувач Bob Jones <bob@example.org> пише:"},
    {"bg", "На пт, 5.01.2024 г. в 15:12 Bob Jones <bob@example.org> написа:",
     "На 5.01.2024 г. в 15:12, Bob Jones написа:", "петък, 5 януари 2024 г. Bob Jones <bob@example.org> написа:"},
    {"sr", "пет, 5. јан 2024. у 15:12 Bob Jones <bob@example.org> је написао/ла:",
     "05.01.2024. 15:12, Bob Jones је написао/ла:",
     "петак, 5. јануар 2024. Bob Jones <bob@example.org> је написао/ла:"},
    {"hr", "pet, 5. sij 2024. u 15:12 Bob Jones <bob@example.org> napisao je:",
     "Dana 5. 1. 2024. u 15:12, Bob Jones napisao/la je:",
     "petak, 5. siječnja 2024., Bob Jones <bob@example.org> napisao je:"},
    {"sl", "V pet., 5. jan. 2024 ob 15:12 je oseba Bob Jones <bob@example.org> napisala:",
     "Dne 05/01/2024 ob 15:12 je Bob Jones napisal(a):",
     "petek, 5. januar 2024 je oseba Bob Jones <bob@example.org> napisala:"},
    {"et", "Kontakt Bob Jones (<bob@example.org>) kirjutas kuupäeval R, 5. jaanuar 2024 kell 15:12:",
     "05.01.2024 15:12 kirjutas Bob Jones:", "Kuupäeval reede, 5. jaanuar 2024 kirjutas Bob Jones <bob@example.org>:"},
    {"lt", "2024-01-05, pn, 15:12 Bob Jones <bob@example.org> rašė:", "2024-01-05 15:12, Bob Jones rašė:",
     "penktadienis, 2024 m. sausio 5 d., Bob Jones <bob@example.org> rašė:"},
    {"lv", "piektd., 2024. g. 5. janv., plkst. 15:12 lietotājs Bob Jones (<bob@example.org>) rakstīja:",
     "05.01.2024 15:12, Bob Jones rakstīja:",
     "Piektdiena, 2024. gada 5. janvāris, Bob Jones <bob@example.org> rakstīja:"},
    {"ca", "El dv., 5 de gen. 2024, 15:12, Bob Jones <bob@example.org> va escriure:",
     "El 5/1/24 a les 15:12, Bob Jones ha escrit:",
     "El divendres, 5 de gener de 2024, Bob Jones <bob@example.org> va escriure:"},
    {"ja", "2024年1月5日(金) 15:12 Bob Jones <bob@example.org>:", "On 2024/01/05 15:12, Bob Jones さんは書きました:",
     "2024年1月5日金曜日、Bob Jones <bob@example.org> さんは書きました："},
    {"zh", "Bob Jones <bob@example.org> 于2024年1月5日周五 15:12写道：",
     "在 2024/1/5 15:12, Bob Jones 写道:", "在 2024年1月5日星期五，Bob Jones <bob@example.org> 写道："},
    {"zh-TW", "Bob Jones <bob@example.org> 於 2024年1月5日 週五 下午3:12寫道：",
     "在 2024/1/5 下午3:12, Bob Jones 寫道:", "在 2024年1月5日 星期五，Bob Jones <bob@example.org> 寫道："},
    {"ko", "2024년 1월 5일 (금) 오후 3:12, Bob Jones <bob@example.org>님이 작성:",
     "2024-01-05 오후 3:12에 Bob Jones 이(가) 쓴 글:", "2024년 1월 5일 금요일, Bob Jones <bob@example.org>님이 작성:"},
    {"vi", "Vào Th 6, 5 thg 1, 2024 vào lúc 15:12 Bob Jones <bob@example.org> đã viết:",
     "Vào 05/01/2024 15:12, Bob Jones đã viết:", "Vào Thứ Sáu, 5 tháng 1, 2024, Bob Jones <bob@example.org> đã viết:"},
    {"id", "Pada tanggal Jum, 5 Jan 2024 pukul 15.12 Bob Jones <bob@example.org> menulis:",
     "Pada 05/01/2024 15.12, Bob Jones menulis:", "Pada Jumat, 5 Januari 2024, Bob Jones <bob@example.org> menulis:"},
    {"th", "ในวันที่ ศ. 5 ม.ค. 2024 เวลา 15:12 Bob Jones <bob@example.org> เขียนว่า:",
     "เมื่อ 05/01/2024 15:12, Bob Jones เขียนว่า:", "ในวันที่ วันศุกร์ที่ 5 มกราคม 2024 Bob Jones <bob@example.org> เขียนว่า:"},
    {"he", "בתאריך יום ו׳, 5 בינו׳ 2024 ב-15:12 מאת Bob Jones <bob@example.org>:",
     "בתאריך 05/01/2024 בשעה 15:12, Bob Jones כתב:",
     "בתאריך יום שישי, 5 בינואר 2024, Bob Jones <bob@example.org> כתב/ה:"},
    {"ar", "في الجمعة، 5 يناير 2024 في 3:12 م تمت كتابة ما يلي بواسطة Bob Jones <bob@example.org>:",
     "في 05/01/2024 15:12، كتب Bob Jones:", "في الجمعة، 5 يناير 2024 كتب Bob Jones <bob@example.org>:"},
    {"fa", "در تاریخ جمعه ۵ ژانویهٔ ۲۰۲۴ ساعت ۱۵:۱۲ Bob Jones <bob@example.org> نوشت:",
     "در ۰۵/۰۱/۲۰۲۴ ۱۵:۱۲، Bob Jones نوشت:", "در جمعه ۵ ژانویهٔ ۲۰۲۴، Bob Jones <bob@example.org> نوشت:"},
    {"hi", "शुक्र, 5 जन॰ 2024 को 3:12 pm बजे को Bob Jones <bob@example.org> ने लिखा:",
     "05/01/2024 15:12 को Bob Jones ने लिखा:", "शुक्रवार, 5 जनवरी 2024 को Bob Jones <bob@example.org> ने लिखा:"},
    {"is", "Þann fös., 5. jan. 2024 kl. 15:12 skrifaði Bob Jones <bob@example.org>:",
     "Þann 5.1.2024 kl. 15:12 skrifaði Bob Jones:",
     "Þann föstudagur, 5. janúar 2024 skrifaði Bob Jones <bob@example.org>:"},
};

static void
test_attributions_in_languages(void)
{
    g_assert_cmpuint(G_N_ELEMENTS(languages), >=, 25);
    for (gsize i = 0; i < G_N_ELEMENTS(languages); i++) {
        const char *const lines[] = {languages[i].address, languages[i].name, languages[i].date};
        g_test_message("%s", languages[i].language);
        for (gsize k = 0; k < G_N_ELEMENTS(lines); k++) {
            g_autofree char *wrapped = wrap(lines[k], 60);
            check_above(lines[k], "\n> Could you come on Monday?\n> Bob\n");
            check_above(wrapped, "\n\n> Could you come on Monday?\n");
            check_above(lines[k], "\n\nCould you come on Monday?\n\nBob\n");
        }
    }
}

static void
test_wrapped_and_odd_attributions(void)
{
    static const char *const rows[] = {
        "On Friday,\nJanuary 5, 2024 at 3:12 PM\nBob Jones\n<bob@example.org> wrote:\n\n",
        "On Fri, Jan 5, 2024 at 3:12 PM Bob Jones\n<bob@example.org>\nwrote:\n\n",
        "El viernes, 5 de enero de\n2024, Bob Jones\n<bob@example.org> escribió:\n\n",
        "Bob Jones <bob@example.org>\n于2024年1月5日周五 15:12写道：\n\n",
        "Bob Jones <bob@example.org> 於\n2024年1月5日 週五 下午3:12寫道：\n\n",
        "пятница, 5 января\n2024 г. пользователь Bob Jones <bob@example.org> написал:\n\n",
        ("----------------\nКому: Anna (anna@lead.example);\nТема: Theme;\n05.01.2024, 15:12, \"Bob\" "
         "<bob@example.org>:\n\n"),
        "Bob Jones, 05.01.2024 15:12:\n",
        "Bob Jones – 05.01.24, 15:12:01 CET:\n",
        "+++ Bob Jones [2024-01-05 15:12]:\n",
        "Excerpts from Bob Jones's message of January 5, 2024 3:12 pm:\n",
        ">>>>> \"Bob\" == Bob Jones <bob@example.org> writes:\n\n",
        "Пятница, 5 января 2024, 15:12 +03:00 от Bob Jones bob@example.org:\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        check_above(rows[i], "> Could you come on Monday?\n> Bob\n");
}

/* ---- separators in many languages ---- */

static const char *const originals[] = {
    "-----Original Message-----",
    "-----Oorspronkelijk bericht-----",
    "-----Message d'origine-----",
    "-------- Message original --------",
    "-----Ursprüngliche Nachricht-----",
    "-------- Originalnachricht --------",
    "-----Originalmeddelande-----",
    "-----Oprindelig meddelelse-----",
    "-----Opprinnelig melding-----",
    "-----Alkuperäinen viesti-----",
    "-----Messaggio originale-----",
    "-----Mensaje original-----",
    "-----Mensagem original-----",
    "-----Původní zpráva-----",
    "-----Pôvodná správa-----",
    "-----Oryginalna wiadomość-----",
    "-----Eredeti üzenet-----",
    "-----Özgün İleti-----",
    "-----Mesaj original-----",
    "-------- Исходное сообщение --------",
    "-----Оригінальне повідомлення-----",
    "-----Оригинално съобщение-----",
    "-------- Αρχικό μήνυμα --------",
    "-----Izvorna poruka-----",
    "-----Izvirno sporočilo-----",
    "-----Algne kiri-----",
    "-----Originalus laiškas-----",
    "-----Sākotnējais ziņojums-----",
    "-----元のメッセージ-----",
    "------------------ 原始邮件 ------------------",
    "-----原始郵件-----",
    "---- 回复的原邮件 ----",
    "---- Replied Message ----",
    "-----원본 메시지-----",
    "-----הודעה מקורית-----",
    "-----الرسالة الأصلية-----",
    "-----Thư gốc-----",
    "-----Pesan Asli-----",
    "-----ข้อความเดิม-----",
    "-----Missatge original-----",
    "──────── Original Message ────────",
    "—– Original Message —–",
    "==== Original Message ====",
};

static const char *const above[] = {
    "##- Please type your reply above this line -##",
    "##- Bitte geben Sie Ihre Antwort über dieser Zeile ein. -##",
    "##- Veuillez saisir votre réponse au-dessus de cette ligne -##",
    "##- Zzz zzz zzzz -##",
    "--- Typ uw antwoord boven deze regel ---",
    "--- Digite sua resposta acima dessa linha ---",
    "--- Wpisz odpowiedź powyżej tej linii ---",
    "--- Skriv ditt svar ovanför den här raden ---",
    "--- Введите ответ над этой строкой ---",
    "--- この行の上に返信を入力してください ---",
    "--- 请在此行上方输入您的回复 ---",
    "--- 이 줄 위에 회신을 입력하십시오 ---",
    "--- Lütfen yanıtınızı bu satırın üzerine yazın ---",
    "--- Napište odpověď nad tento řádek ---",
    "--- נא להקליד את תגובתך מעל שורה זו ---",
    "--- يرجى كتابة ردك فوق هذا السطر ---",
    "[Please reply above this line]",
    ">>> Reply above this line <<<",
    "—-—-— Reply above this line —-—-—",
    "Reply above this line.",
};

static void
test_separators(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(originals); i++) {
        check_above(originals[i], "\nFrom: Bob Jones\nDate: 5 Jan 2024\n\nCould you come?\n");
        check_above(originals[i], "\n\nCould you come?\n");
    }
    for (gsize i = 0; i < G_N_ELEMENTS(above); i++)
        check_above(above[i], "\n\nYour request was updated.\n\nBob\n");
    check_above("Message du 05/01/24 15:12",
                "\nDe : \"Bob\" <bob@example.org>\nA : anna@lead.example\nObjet : Theme\n\nHi\n");
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
    {"จาก", "วันที่", "ถึง", "หัวเรื่อง"},
    {"發件人", "日期", "收件人", "主旨"},
    {"寄件者", "寄件日期", "收件者", "主旨"},
    {"Nuo", "Išsiųsta", "Kam", "Tema"},
    {"No", "Nosūtīts", "Kam", "Temats"},
    {"Од", "Послато", "Коме", "Наслов"},
    {"Od", "Poslano", "Za", "Zadeva"},
    {"De", "Enviat", "Per a", "Assumpte"},
    {"از", "تاریخ", "به", "موضوع"},
    {"प्रेषक", "भेजा गया", "प्रति", "विषय"},
    {"Mula kay", "Ipinadala", "Para kay", "Paksa"},
    {"Nga", "Dërguar", "Për", "Subjekti"},
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

/* ---- what clients put below ---- */

static const char *const clients[][2] = {
    {"att addr link",
     "\nOn Fri, Jan 5, 2024 at 3:12 PM Bob Jones <bob@example.org<mailto:bob@example.org>> wrote:\n\nHi\n"},
    {"outlook one line", "\nFrom: Bob Jones <bob@example.org> Sent: Friday, January 5, 2024 3:12 PM To: Anna "
                         "<anna@lead.example> Subject: Theme\n\nHi\n"},
    {"outlook dbl spaced", "\nFrom: Bob Jones <bob@example.org>\n\nSent: Friday, January 5, 2024 3:12 PM\n\nTo: Anna "
                           "<anna@lead.example>\n\nSubject: Theme\n\nHi\n"},
    {"outlook importance", "\nFrom: Bob Jones <bob@example.org>\nSent: Friday, January 5, 2024 3:12 PM\nTo: Anna "
                           "<anna@lead.example>\nSubject: Theme\nImportance: High\n\nHi\n"},
    {"on behalf", "\nFrom: shop@example.org <shop@example.org> On Behalf Of Bob Jones\nSent: Friday, January 5, 2024 "
                  "3:12 PM\nTo: Anna <anna@lead.example>\nSubject: Theme\n\nHi\n"},
    {"many recipients", "\nFrom: Bob Jones <bob@example.org>\nSent: Friday, January 5, 2024 3:12 PM\nTo: A "
                        "<a@x.example>; B <b@x.example>;\nC <c@x.example>; D <d@x.example>\nCc: E <e@x.example>;\n F "
                        "<f@x.example>\nSubject: Theme that is\n long\n\nHi\n"},
    {"QQ", "\n\n\n\n------------------ Original ------------------\nFrom:  \"Bob\"<bob@example.org>;\nDate:  Fri, Jan "
           "5, 2024 03:12 PM\nTo:  \"Anna\"<anna@lead.example>; \n\nSubject:  Re: Theme\n\n\n\nHi\n"},
    {"QQ zh", "\n\n------------------ 原始邮件 ------------------\n发件人: \"Bob\" <bob@example.org>;\n发送时间: "
              "2024年1月5日(星期五) 下午3:12\n收件人: \"Anna\";\n主题: Theme\n\nHi\n"},
    {"yandex", "\n\n05.01.2024, 15:12, \"Bob\" <bob@example.org>:\nHi\n"},
    {"mail.ru quoted", "\n\n>Пятница, 5 января 2024, 15:12 +03:00 от Bob <bob@example.org>:\n> \n>Hi\n"},
    {"orange", "\n\n> Message du 05/01/24 15:12\n> De : \"Bob\" <bob@example.org>\n> A : anna@lead.example\n> Copie à "
               ": \n> Objet : Theme\n> \n> Hi\n"},
    {"lotus", "\n\n\n\nFrom:   Bob Jones <bob@example.org>\nTo:     Anna/ACME\nDate:   05.01.2024 15:12\nSubject:      "
              "  Theme\n\n\n\nHi\n"},
    {"lotus wrote", "\n\"Bob Jones\" <bob@example.org> wrote on 01/05/2024 03:12:01 PM:\n\n> From: Bob\n> Hi\n"},
    {"verse", "\n-----\"Bob Jones\" <bob@example.org> wrote: -----\nTo: \"Anna\" <anna@lead.example>\nFrom: \"Bob "
              "Jones\" <bob@example.org>\nDate: 01/05/2024 03:12PM\nSubject: Theme\n\nHi\n"},
    {"aol", "\nIn a message dated 1/5/2024 3:12:01 PM Eastern Standard Time, bob@example.org writes:\n\nHi\n"},
    {"gnus", "\n>>>>> \"Bob\" == Bob Jones <bob@example.org> writes:\n\n    Bob> Hi\n    Bob> there\n"},
    {"gnus writes", "\nBob Jones <bob@example.org> writes:\n\n> Hi\n"},
    {"thebat", "\nFriday, January 5, 2024, 3:12:01 PM, you wrote:\n\nB> Hi\nB> there\n"},
    {"hey", "\nOn January 5, 2024, Bob Jones <bob@example.org> wrote:\n> Hi\n"},
    {"google groups",
     "\n-- \nYou received this message because you are subscribed to the Google Groups \"x\" group.\nTo unsubscribe "
     "from this group and stop receiving emails from it, send an email to x+unsubscribe@googlegroups.com.\nTo view "
     "this discussion visit https://groups.google.com/d/msgid/x/abc.\n"},
    {"github",
     "\n\n> On Jan 5, 2024, at 3:12 PM, Bob Jones <notifications@github.example> wrote:\n> \n> Hi\n> \n> —\n> Reply to "
     "this email directly, view it on GitHub <https://github.example/x>, or unsubscribe <https://y.example>.\n"},
    {"sfr", "\n========================================\n\nMessage du : 05/01/2024 15:12\nDe : \"Bob\" "
            "<bob@example.org>\nA : anna@lead.example\nSujet : Theme\n\nHi\n"},
    {"free", "\n----- Mail original -----\nDe: \"Bob\" <bob@example.org>\nÀ: \"Anna\" <anna@lead.example>\nEnvoyé: "
             "Vendredi 5 Janvier 2024 15:12:01\nObjet: Theme\n\nHi\n"},
    {"libero", "\n----Messaggio originale----\nDa: bob@example.org\nData: 05/01/2024 15.12\nA: "
               "<anna@lead.example>\nOgg: Theme\n\nHi\n"},
    {"wp.pl", "\nDnia 5 stycznia 2024 15:12 Bob Jones <bob@example.org> napisał(a):\n\nHi\n"},
    {"o2.pl", "\nDnia 5 stycznia 2024 15:12 Bob Jones <bob@example.org> napisał(a):\n> Hi\n"},
    {"interia", "\n\nOd: \"Bob Jones\" <bob@example.org>\nDo: \"Anna\" <anna@lead.example>;\nWysłane: 15:12 Piątek "
                "2024-01-05\nTemat: Theme\n\nHi\n"},
    {"seznam", "\n\n---------- Původní e-mail ----------\nOd: Bob Jones <bob@example.org>\nKomu: "
               "anna@lead.example\nDatum: 5. 1. 2024 15:12:01\nPředmět: Theme\n\"\nHi\n\"\n"},
    {"telekom", "\n-----Original-Nachricht-----\nBetreff: Theme\nDatum: 2024-01-05T15:12:01+0100\nVon: \"Bob\" "
                "<bob@example.org>\nAn: \"anna@lead.example\" <anna@lead.example>\n\nHi\n"},
    {"webde", "\n\nGesendet: Freitag, 05. Januar 2024 um 15:12 Uhr\nVon: \"Bob Jones\" <bob@example.org>\nAn: "
              "anna@lead.example\nBetreff: Theme\n\nHi\n"},
    {"gmx short", "\n\n--\nDiese Nachricht wurde von meinem Android Mobiltelefon mit GMX Mail gesendet.\nAm 05.01.24, "
                  "15:12, Bob Jones <bob@example.org> schrieb:\n\nHi\n"},
    {"ionos", "\n> Bob Jones <bob@example.org> hat am 05.01.2024 15:12 CET geschrieben:\n> \n>  \n> Hi\n"},
    {"freenet", "\n--- Ursprüngliche Nachricht ---\nVon: \"Bob\" <bob@example.org>\nDatum: 05.01.2024 15:12:01\nAn: "
                "\"anna\" <anna@lead.example>\nBetreff: Theme\n\nHi\n"},
    {"naver", "\n-----Original Message-----\nFrom: \"Bob\"<bob@example.org> \nTo: <anna@lead.example>; \nCc: \nSent: "
              "2024-01-05 (금) 15:12:01 (GMT+09:00)\nSubject: Theme\n \nHi\n"},
    {"daum", "\n\n--------- 원본 메일 ---------\n보낸사람: Bob <bob@example.org>\n받는사람 : Anna "
             "<anna@lead.example>\n날짜: 24.01.05 15:12 GMT +0900\n제목: Theme\n\nHi\n"},
    {"zoho fr", "\n---- Le ven., 05 janv. 2024 15:12:01 +0100 Bob <bob@example.org> a écrit ---\n\nHi\n"},
    {"yahoo.jp", "\n----- Original Message -----\nFrom: Bob <bob@example.org>\nTo: Anna <anna@lead.example>\nDate: "
                 "2024/1/5, Fri 15:12\nSubject: Theme\n\nHi\n"},
    {"becky", "\nOn Fri, 5 Jan 2024 15:12:01 +0900\nBob Jones <bob@example.org> wrote:\n\n> Hi\n"},
    {"intercom", "\n\n##- Please type your reply above this line -##\n\nBob from Shop replied\n\nHi\n"},
    {"trello", "\n\n---\nReply above this line\n---\nHi\n"},
    {"jira", "\n\n—-—-—-—\nReply above this line.\n\nBob commented:\n\nHi\n"},
    {"helpscout", "\n\n---- Reply above this line ----\n\nHi\n"},
    {"asana", "\n\n> On Jan 5, 2024, at 3:12 PM, Bob (via Asana) <bob@example.org> wrote:\n> Hi\n"},
};

static void
test_clients(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(clients); i++) {
        g_test_message("%s", clients[i][0]);
        check_above("", clients[i][1]);
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

static const char *const kept_too[] = {
    "First.\n\n---\n\nSecond Part\n",
    "Colors:\n---\nRed\nBlue\n",
    "Please call:\n---\nPeter Meier\n030 1234567\n",
    "Here is another email\n\nSent from my desk, is much easier then my mobile phone.\n",
    "> What is your budget?\n\n> When do you start?\n\nMonday, 5000.\n",
    "The law says:\n\n> Nobody may.\n\nSo we cannot.\n",
    "Hi\n\nThe notification we send is:\n\nSubject: Your order\nFrom: Shop <shop@lead.example>\n\nDear "
    "NAME,\n\nthanks.\n\nCan you translate it?\n",
    "Code:\n\n```\n> npm run build\n> done\n```\n\nfails.\n",
    "I ran:\n\n$ ls\n> cat a\n> EOF\n\nand nothing came\n",
    "> old line\n< new line\n\nthat is all\n",
    "-> this\n=> that\n",
    "budget\n> 5000 EUR\n",
    "Our numbers:\n\nvisitors\n> 5000 a day\n> 100 orders a day\n",
    ">:( not good\n",
    "<bob> hi\n<anna> hi\n\nthat was the chat\n",
    "2024-01-05 15:12\nMeeting with Bob:\n\nwe agreed\n",
    "On 5 January 2024 we met:\n\n- Bob\n- Ann\n\nDecided: go.\n",
    "Am 5. Januar 2024 um 15:12 Uhr schrieb ich an Bob:\n\nBitte alles neu.\n\nEr hat nicht geantwortet.\n",
    "On 5 January 2024 at 15:12 I wrote to you:\n\nPlease send the price.\n\nI have no answer yet.\n",
    "On Monday you wrote:\n\nwe start in May.\n\nIs it still May?\n",
    "Am 5.1.2024 schrieben Sie:\n\nwir beginnen im Mai.\n\nStimmt das noch?\n",
    "Le 5 janvier 2024 vous avez écrit :\n\nnous commençons en mai.\n\nEst-ce toujours vrai ?\n",
    "Q: price?\nA: 100\nFrom: May\nTo: June\nSubject: shop\n",
    "Please use this name on the page:\n\nAnna Smith\n",
    "Best regards from Berlin! We are here until Monday.\n\nThe shop needs a new theme.\n",
    "Which theme is\nbest\nfor us?\n",
    "कृपया सोमवार को शुरू करें।\n\nधन्यवाद\n",
    "نعم، يناسبني ذلك.\n\nشكرا\n",
    "可以。\n\n谢谢\n",
    "はい、大丈夫です。\n\nよろしくお願いします。\n",
    "The information in this folder is confidential. Please do not share it.\n\nCan we sign an NDA first?\n",
    "This message is intended for Bob only. Bob, could you call me? It is confidential.\n",
    "Hi,\n\nI wrote to Bob <bob@x.example> on 5 May 2024 at 10:00 and he wrote back:\n\nThe shop is ready.\n\nIs that "
    "true?\n",
    "Dear team,\n\nplease see the message below from our customer on 5 May 2024:\n\nThe checkout is broken.\n\nWhat do "
    "you think?\n",
    "Hi,\n\nhere is the plan:\n\nMonday: design\nTuesday: build\nWednesday: test\n\nOk?\n",
    "Hi,\n\n**Update on 2024-05-05 10:30:**\n\nThe shop is up again.\n\n**Update on 2024-05-05 12:30:**\n\nDown "
    "again.\n",
    "Hello\n\nFrom: 5 May 2024 10:00\nTo: 8 May 2024 18:00\n\nWe are closed then.\n",
    "Hello\n\nDate: 5 May 2024 10:00\nTo: everybody\n\nWe are closed then.\n",
    "Bonjour,\n\nDe: Paris\nÀ: Rome\nDate: 5 mai 2024 10:30\n\nMerci de réserver\n",
    "Hallo,\n\nVon: 5.5.2024 10:00\nBis: 8.5.2024 18:00\nBetreff: Urlaub\n\nist das ok?\n",
    "Hola,\n\nDe: Madrid\nPara: Sevilla\nFecha: 5/5/2024 10:30\n\nGracias\n",
    "Oi\n\nO cliente escreveu em 5/5/2024 10:30:\n\nA loja está fora do ar.\n\nPode ver?\n",
    "Hej\n\nKunden skrev den 5 maj 2024:\n\nButiken är nere.\n\nKan du kolla?\n",
    "Bonjour,\n\nle 5 mai 2024 notre client a écrit :\n\nLa boutique est en panne.\n\nPouvez-vous voir ?\n",
    "Guten Tag,\n\nam 5. Mai 2024 hat uns der Kunde geschrieben:\n\nDer Shop ist kaputt.\n\nKönnen Sie das prüfen?\n",
    "Hola\n\nEl 5 de mayo de 2024 a las 10:30 el cliente escribió:\n\nLa tienda no funciona.\n\n¿Puede mirar?\n",
    "Ciao\n\nIl 5 maggio 2024 il cliente ha scritto:\n\nIl negozio non funziona.\n\nPuoi guardare?\n",
    "Dag\n\nOp 5 mei 2024 om 10:30 schreef de klant:\n\nDe winkel doet het niet.\n\nKun je kijken?\n",
    "Cześć\n\nW dniu 5.05.2024 klient napisał:\n\nSklep nie działa.\n\nMożesz sprawdzić?\n",
    "Привет\n\n5 мая 2024 г. клиент написал:\n\nМагазин не работает.\n\nПосмотришь?\n",
    "Hi\n\nOn 5 May 2024 the customer said:\n\nIt is broken.\n\nCan you fix it?\n",
    "Hi\n\nOn Monday, 5 June 2024 at 9:00 our boss said:\n\nAll go home.\n\nCan you help?\n",
    "I have two questions:\n\n1) Price?\n2) Time?\n\n--\n\nAnd one more: who does it?\n",
    "* one\n* two\n* three\n",
    "- one\n- two\n\n-- three\n",
    "| a | b |\n| 1 | 2 |\n",
    "Step 1\n======\n\ndo this\n\nStep 2\n======\n\ndo that\n",
    "________________\n\nName: Anna\n________________\nBudget: 500\n",
    "Please answer:\n\n--------\nQ: what?\nA: that.\n--------\n\nThanks!\n",
    "Error log:\n\n2024-05-05 10:30:01 ERROR bob@x.example: not found\n2024-05-05 10:30:02 ERROR again:\n\nwhat is "
    "this?\n",
    "The mail we get says:\n\nDear customer,\n\nyour order is sent.\n\nBest regards\nThe shop\n\nPlease change \"The "
    "shop\" to our name everywhere in the mails.\n",
    "Hello,\n\nkind regards from my wife,\nshe likes the shop.\n",
    "Danke!\n\nLiebe Grüße auch an Max und bis Montag um neun Uhr im Büro, ja?\n",
    "ok\n\nthanks\n",
    "PS: call me\n",
    "Get Outlook add-in for our shop done until May, please\n",
    "Could you resend it?\n\nSent from the wrong account yesterday, sorry!\n",
    "I need a page with the text:\n\nThis email and any attachments are confidential.\n\nat the bottom of every mail. "
    "Can you do that for us until Friday?\n",
    "Please unsubscribe us from the list.\n",
    "How do I unsubscribe people?\n\n___\nAnna wants to know.\n",
    "My domain is example.com\n--\nand the shop is at shop.example.com, please look at both of them and tell me what "
    "to do next.\n",
    "> Important: read this first\n\nWe need the shop by May.\n",
    "Look what I found:\n\n> be quick\n\nNice, isn't it?\n",
    "Quote from the docs:\n\n> Use the API\n> with care\n",
    "Our addresses:\n\nFrom: shop@x.example\nTo: desk@x.example\nSubject: Order\n\nand the mail never arrives.\n",
    "Please put \"Original Message\" on the button.\n",
    "--- a/theme.liquid\n+++ b/theme.liquid\n@@ -1,3 +1,3 @@\n-old\n+new\n\nThat is the patch.\n",
    "See answers below.\n\n1. yes\n2. no\n",
    "Reply above this line is what I see in your mails. Why?\n",
    "[EXTERNAL] is what our mails have in the subject, can you remove it?\n",
    "CAUTION: our shop is live, do not break it.\n",
    "This email originated from outside our company, is it from you?\n",
    "Von meinem Büro aus sehe ich den Shop nicht.\n",
    "To: be or not to be\nFrom: Hamlet\n\nthis is what I want on the page\n",
    "@Bob: yes\n@Carl: no\n",
    "Anna Smith\nMain Street 5\nLondon\n",
    "My details:\nAnna Smith\nanna@lead.example\n+44 20 1234\n",
    "Call Bob <bob@x.example>, 05.05.2024 10:30:\nhe knows.\n",
    "On 5/5/2024 10:30 we go live:\n\n- switch DNS\n- test\n",
    "Am 5.5.2024 um 10:30 Uhr gehen wir live:\n\n- DNS\n- Test\n",
    "2024年5月5日 10:30 に公開します：\n\n- DNS\n- テスト\n",
    "我们在2024年5月5日10:30上线：\n\n- DNS\n- 测试\n",
    "Der Kunde, Herr Meier, schrieb am 5.5.2024 um 10:30:\n\nBitte alles neu.\n\nMachen wir das?\n",
    "Bob wrote:\n\nthe shop is down\n\nand he is right.\n",
};

static void
check_stays(const char *text)
{
    struct reply reply;
    trim(text, "", &reply);
    g_autofree char *got = g_strstrip(g_strdup(reply.text)), *want = g_strstrip(g_strdup(text));
    g_assert_cmpstr(got, ==, want);
    g_assert_cmpuint(reply.cuts->len, ==, 0);
    reply_clear(&reply);
}

static void
test_words_stay(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(kept); i++)
        check_stays(kept[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(kept_too); i++)
        check_stays(kept_too[i]);
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
    "Получите Outlook для Android",
    "Skickades från min Galaxy",
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
    "Sent from iPhone",
    "Sent from my Verizon, Samsung Galaxy smartphone",
    "Sent from Mailspring (https://mailspring.example/), the best free email app for work",
    "Sent from FairEmail",
    "Sent from Xfinity Connect App",
    "Sent with Mixmax",
    "Sender notified by Mailtrack",
    "Sent from Yahoo Mail. Get the app",
    "Get BlueMail for Android",
    "Téléchargez Outlook pour Android",
    "Von unterwegs gesendet",
    "Inviato dal mio cellulare",
    "Lähetetty puhelimestani",
    "Poslano s mobitela",
    "发送自 Outlook for iOS",
    "获取适用于 Android 的 Outlook",
    "iOS용 Outlook 다운로드",
    "Được gửi từ điện thoại của tôi",
    "Dikirim dari ponsel saya",
    "ส่งจากโทรศัพท์ของฉัน",
    "Sent úr iPhone",
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
    "Get Outlook on my phone",
    "获取手机验证码",
    "Instalar Outlook en el móvil",
    "Sent from my iPhone, call my mobile",
    "Sent while your phone was off",
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

static void
check_parts(const char *text, const char *want, const char *signature)
{
    struct reply reply;
    trim(text, "Anna Smith", &reply);
    g_assert_cmpstr(reply.text, ==, want);
    g_assert_cmpstr(reply.signature, ==, signature);
    reply_clear(&reply);
}

#define BOB "On 5 Jan 2024 at 10:00, Bob <bob@x.example> wrote:\n"

static void
test_words_below_signatures_stay(void)
{
    check("Yes\n\nSent from my iPhone\n\nplease call me tomorrow\n\n" BOB "> Hi\n",
          "Yes\n\nSent from my iPhone\n\nplease call me tomorrow\n");
    check("Yes\n\nSent from my iPhone\n\nPlease call me\n", "Yes\n\nSent from my iPhone\n\nPlease call me\n");
    check("Yes\n\nSent from my iPhone\n\nOne.\nTwo, which is long.\nThree.\n\n" BOB "> Hi\n",
          "Yes\n\nSent from my iPhone\n\nOne.\nTwo, which is long.\nThree.\n");
    check("Sent from my iPhone\n\n" BOB "> Hi?\n\nYes I do\n", "Yes I do\n");
    check("Yes\n\nSent from my iPhone\n\nHi Anna,\n\ncould you?\n", "Yes\n"); /* the answered mail, without a mark */
    check_parts("Yes\n\nSent from my iPhone\nAnna Smith\n+44 20 1234 5678\n\n" BOB "> Hi\n", "Yes\n",
                "Sent from my iPhone\nAnna Smith\n+44 20 1234 5678\n");
    check_parts("Yes\n\n-- \nAnna\nAcme\n\nPS. call me\n", "Yes\n\nPS. call me\n", "-- \nAnna\nAcme\n");
    check_parts("Oui\n\nCordialement,\nAnna\n\nP.-S. appelez-moi\n", "Oui\n\nP.-S. appelez-moi\n",
                "Cordialement,\nAnna\n");
    check_parts("Ja\n\nViele Grüße\nAnna\n\nPS: ruf mich an\n\nVon meinem iPhone gesendet\n", "Ja\n\nPS: ruf mich an\n",
                "Viele Grüße\nAnna\n\nVon meinem iPhone gesendet\n");
    check_parts("Yes.\n\nKind regards,\nAnna\n\ncan you call me first\n",
                "Yes.\n\nKind regards,\nAnna\n\ncan you call me first\n", "");
}

static void
test_own_address_signs(void)
{
    static const char sign[] = "Anna Smith\nAcme Ltd\nanna@lead.example\n+44 20 1234 5678\n";
    g_autofree char *yes = g_strconcat("Yes, fine.\n\n", sign, "\n" BOB "> Hi\n", NULL);
    g_autofree char *asked = g_strconcat("Here are my details:\n\n", sign, NULL);
    g_autofree char *part = g_strconcat("The contact for the invoice is\n\n", sign, NULL);
    check_parts(yes, "Yes, fine.\n", sign);
    check_parts(asked, asked, "");
    check_parts(part, part, "");
    check_parts(sign, sign, "");
    check_parts("Thanks a lot.\n\n- Anna\n", "Thanks a lot.\n", "- Anna\n");
    check_parts("Thanks a lot.\n\n- Apples\n", "Thanks a lot.\n\n- Apples\n", "");
    check_parts("Options:\n--\nRed\n--\nBlue\n", "Options:\n--\nRed\n--\nBlue\n", "");
}

static void
check_signs(const char *signature)
{
    g_autofree char *text = g_strconcat(WORDS, "\n", signature, NULL);
    g_autofree char *answer = g_strconcat(WORDS, "\n", signature, "\n" BOB "> Hi\n", NULL);
    check_parts(text, WORDS, signature);
    check_parts(answer, WORDS, signature);
}

static void
test_names_below_rules_sign(void)
{
    static const char *const rows[] = {
        "---\nAnna Smith\nAcme Ltd\n+44 20 1234 5678\n",
        "==========\nAnna Smith\nwww.lead.example\n",
        "—\nAnna Smith\nwww.lead.example\n",
        "-----\nPeter Meier\nTel. 030 1234567\npeter@lead.example\n",
        "---\nVisit Topic or reply to this email to respond.\n\nTo unsubscribe from these emails, click here.\n",
        "-=-=-=-=-=-=-=-=-=-\nUnsubscribe: https://groups.example/g/x/unsub\n-=-=-=-=-=-=-=-=-=-\n",
        "\u1427\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        check_signs(rows[i]);
}

static void
test_warnings_of_gateways_go(void)
{
    static const char *const rows[] = {
        "CAUTION: This email originated from outside of the organization. Do not click links or open attachments "
        "unless you recognize the sender.",
        "CAUTION: This email originated from outside of the organization. Do not\nclick links or open attachments "
        "unless you recognize the sender and know\nthe content is safe.",
        "[EXTERNAL] This email originated from outside the company.",
        "[Extern - Vorsicht] Diese E-Mail kommt von außerhalb des Unternehmens.",
        "You don't often get email from bob@example.org. Learn why this is important<https://aka.example/x>",
        "Achtung: Diese E-Mail kommt von außerhalb des Unternehmens.",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *top = g_strconcat(rows[i], "\n\n", WORDS, NULL);
        g_autofree char *end = g_strconcat(WORDS, "\n", rows[i], "\n", NULL);
        check(top, WORDS);
        check(end, WORDS);
    }
    check("This email originated from outside our company, is it yours?\n",
          "This email originated from outside our company, is it yours?\n");
}

/* ---- answers below and between ---- */

#define OUTLOOK                                                                                                        \
    "From: Bob <bob@x.example>\nSent: Friday, January 5, 2024 3:12 PM\nTo: Anna <anna@lead.example>\nSubject: "        \
    "Theme\n\n"

static void
test_answers_inside_a_quoted_mail(void)
{
    static const char asked[] = "Could you come?\nYes\nPrice?\n100\n\nBob\n";
    static const char *const words[] = {
        "My answers are in red below.\n",  "Please see my comments inline.\n",
        "Meine Antworten unten in rot.\n", "Mes réponses en bleu ci-dessous.\n",
        "Mis respuestas abajo en rojo.\n", "Zie mijn antwoorden hieronder.\n",
        "Moje odpowiedzi na czerwono.\n",  "Мои ответы ниже.\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        g_autofree char *text = g_strconcat(words[i], "\n", OUTLOOK, asked, "\n", OUTLOOK, "An older mail.\n", NULL);
        g_autofree char *want = g_strconcat(words[i], "\n", asked, NULL);
        check(text, want);
    }
    check("Could you answer the questions below?\n\n" OUTLOOK "Hi\n", "Could you answer the questions below?\n");
    check("Yes, see you.\n\n" OUTLOOK "Hi\n", "Yes, see you.\n");
}

static void
test_a_mail_sent_on_inside_an_answer_stays(void)
{
    static const char *const rows[] = {
        "Look at this:\n\n---------- Forwarded message ---------\nFrom: Carl <carl@x.example>\nDate: 5 Jan 2024\n"
        "Subject: Problem\nTo: <anna@lead.example>\n\nThe shop is down.\n",
        "Look at this:\n\nBegin forwarded message:\n\n> From: Carl <carl@x.example>\n> Subject: Problem\n> Date: 5 "
        "January 2024\n> To: anna@lead.example\n> \n> The shop is down.\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = g_strconcat(rows[i], "\n" BOB "> Hi\n", NULL);
        g_autofree char *below = g_strconcat(rows[i], "\n" OUTLOOK "Hi\n", NULL);
        check_answer(rows[i], rows[i]);
        check_answer(text, rows[i]);
        check_answer(below, rows[i]);
        check(rows[i], "Look at this:\n"); /* no answer: forward_read() tells of it */
    }
}

static void
test_broken_wraps(void)
{
    static const char *const answers[] = {
        "> Please tell us what budget you have in mind for the theme and also for the shop set up\naround 5000 euros\n"
        "> And then?\nnothing\n",
        "> Please tell us what budget you have in mind for the theme.\nabout 5000\n> And then?\nnothing\n",
        "> Tell us what budget you have for the theme and for the shop\nabout 5000\n> This line shows that nobody "
        "wrapped there, for there is so much more room.\nyes\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(answers); i++) {
        g_autofree char *text = g_strconcat(BOB, answers[i], NULL);
        check(text, answers[i]);
    }
    check("Yes.\n\n" BOB "> Could you tell us which of the three variants of the theme you would like\nbest\n> Bob\n",
          "Yes.\n");
}

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

/* ---- generated mixtures ---- */

/* Pieces of mails; `#` is a number that makes each line one of its kind. */
static const char *const pieces_of_mail[] = {
    "Words # that somebody wrote.\n",
    "> quoted #\n",
    ">> deeper #\n",
    "> a quoted line # that is long enough to have been wrapped by some server, as\nthis one # was\n",
    "On # Jan 2024 at 10:00, Bob <bob#@x.example> wrote:\n",
    "On # Jan 2024,\nBob <bob#@x.example>\nwrote:\n",
    "Am 05.01.2024 um 15:12 schrieb Bob Nr. #:\n",
    "From: Bob <bob#@x.example>\nSent: 5 January 2024 10:00 #\nTo: Anna #\nSubject: Theme #\n",
    "-----Original Message----- #\n",
    "-----Original Message-----\n",
    "---------- Forwarded message #---------\n",
    "________________________________\n",
    "-- \n",
    "--\n",
    "---\n",
    "Anna Smith #\n",
    "Regards #,\nAnna\n",
    "Kind regards,\nAnna Smith\n",
    "Sent from my iPhone\n",
    "Sent from my iPhone #\n",
    "PS: more #\n",
    "My answers are below #.\n",
    "This e-mail # is confidential and for the recipient only.\n",
    "CAUTION: This email # originated from outside.\n",
    "##- Please reply above this line # -##\n",
    "/anna#\n",
    "- item #\n",
    "anna@lead.example\n",
    "Our list #:\n",
    "\n",
    "\n\n",
};

static void
count_lines_of(GHashTable *counts, const char *text, int step)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++)
        if (*g_strstrip(*line))
            g_hash_table_insert(counts, g_strdup(*line),
                                GINT_TO_POINTER(GPOINTER_TO_INT(g_hash_table_lookup(counts, *line)) + step));
}

static void
check_every_line_once(const char *text)
{
    struct reply reply;
    GHashTableIter iter;
    gpointer line, count;
    g_autoptr(GHashTable) counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    trim(text, "Anna Smith", &reply);
    count_lines_of(counts, text, 1);
    count_lines_of(counts, reply.text, -1);
    count_lines_of(counts, reply.signature, -1);
    count_lines_of(counts, reply.elided, -1);
    g_hash_table_iter_init(&iter, counts);
    while (g_hash_table_iter_next(&iter, &line, &count)) {
        if (count)
            g_test_message("%d of %s in: %s", GPOINTER_TO_INT(count), (char *)line, text);
        g_assert_null(count);
    }
    reply_clear(&reply);
}

static char *
mixture(GRand *rand, guint pieces)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < pieces; i++) {
        const char *piece = pieces_of_mail[g_rand_int_range(rand, 0, (gint32)G_N_ELEMENTS(pieces_of_mail))];
        for (const char *p = piece; *p; p++) {
            gboolean number = *p == '#' && p[1] != '#' && p[1] != '-' && (p == piece || (p[-1] != '#' && p[-1] != '-'));
            if (number)
                g_string_append_printf(text, "%u", i + 1);
            else
                g_string_append_c(text, *p);
        }
    }
    return g_string_free(text, FALSE);
}

/* Text, signature and elided hold every line that is not blank, each as often as the mail did. */
static void
test_mixtures_lose_nothing(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(20240105);
    for (guint i = 0; i < 4000; i++) {
        g_autofree char *text = mixture(rand, (guint)g_rand_int_range(rand, 1, 24));
        check_every_line_once(text);
    }
}

/* Words above a quoted mail that a client marks beyond doubt are new, whatever stands around. */
static void
test_mixtures_keep_the_words_on_top(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(5012024);
    for (guint i = 0; i < 1000; i++) {
        g_autofree char *below = mixture(rand, (guint)g_rand_int_range(rand, 1, 12));
        g_autofree char *text = g_strconcat("Yes, that is what we want.\nAnd this.\n\n", below, NULL);
        struct reply reply;
        trim(text, "Anna Smith", &reply);
        g_assert_true(g_str_has_prefix(reply.text, "Yes, that is what we want.\nAnd this.\n"));
        reply_clear(&reply);
    }
}

/* ---- HTML ---- */

static void
check_html(const char *html, const char *want)
{
    struct mail m = {.text = (char *)"", .html = (char *)html, .headers = g_ptr_array_new(), .from = g_ptr_array_new()};
    m.in_reply_to = m.references = m.reply_to = m.to = m.headers;
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

#define HTML_QUOTED "<p>Could you come on Monday?</p><p>Regards<br>Bob</p>"
#define HTML_BLOCK                                                                                                     \
    "<b>From:</b> Bob Jones &lt;bob@example.org&gt;<br><b>Sent:</b> Friday, January 5, 2024 3:12 PM<br><b>To:</b> "    \
    "Anna &lt;anna@lead.example&gt;<br><b>Subject:</b> Theme"

static const char *const html_clients[][2] = {
    {"owa", "<hr style=\"display:inline-block;width:98%\" tabindex=\"-1\"><div id=\"divRplyFwdMsg\" dir=\"ltr\"><font "
            "face=\"Calibri, sans-serif\">" HTML_BLOCK "</font><div>&nbsp;</div></div><div>" HTML_QUOTED "</div>"},
    {"owa2", "<div id=\"appendonsend\"></div><hr style=\"display:inline-block;width:98%\" tabindex=\"-1\"><div "
             "id=\"divRplyFwdMsg\" dir=\"ltr\"><b>Von:</b> Bob Jones &lt;bob@example.org&gt;<br><b>Gesendet:</b> "
             "Friday, January 5, 2024 3:12 PM<br><b>An:</b> Anna &lt;anna@lead.example&gt;<br><b>Betreff:</b> "
             "Theme</div><div>" HTML_QUOTED "</div>"},
    {"owa unknown words", "<div id=\"appendonsend\"></div><hr><div id=\"divRplyFwdMsg\" dir=\"ltr\">Xyz: Bob<br>Abc: "
                          "5</div><div>" HTML_QUOTED "</div>"},
    {"outlook desk", "<div><div style=\"border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm\"><p "
                     "class=\"MsoNormal\">" HTML_BLOCK
                     "<o:p></o:p></p></div></div><p class=\"MsoNormal\"><o:p>&nbsp;</o:p></p>" HTML_QUOTED},
    {"outlook desk b5",
     "<div style=\"border:none;border-top:solid #B5C4DF 1.0pt;padding:3.0pt 0in 0in 0in\"><p "
     "class=\"MsoNormal\"><b><span>From:</span></b><span> Bob Jones [mailto:bob@example.org] <br><b>Sent:</b> Friday, "
     "January 5, 2024 3:12 PM<br><b>To:</b> Anna<br><b>Subject:</b> Theme</span></p></div>" HTML_QUOTED},
    {"outlook mac", "<span id=\"OLK_SRC_BODY_SECTION\"><div style=\"border-top:#b5c4df 1pt solid\">" HTML_BLOCK
                    "</div>" HTML_QUOTED "</span>"},
    {"outlook mac 2016",
     "<div style=\"border-right:medium none;border-bottom:medium none;border-left:medium "
     "none;border-top:rgb(181,196,223) 1pt solid;padding:3pt 0in 0in\"><p>" HTML_BLOCK "</p></div>" HTML_QUOTED},
    {"outlook mobile",
     "<div id=\"ms-outlook-mobile-signature\">Get <a href=\"https://aka.ms/o0ukef\">Outlook for iOS</a></div><hr "
     "style=\"display:inline-block;width:98%\" tabindex=\"-1\"><div id=\"divRplyFwdMsg\" dir=\"ltr\">" HTML_BLOCK
     "</div>" HTML_QUOTED},
    {"outlook mobile2",
     "<div id=\"mail-editor-reference-message-container\"><hr><div>" HTML_BLOCK "</div>" HTML_QUOTED "</div>"},
    {"hotmail", "<hr id=\"stopSpelling\">Date: Fri, 5 Jan 2024 15:12:01 +0100<br>From: bob@example.org<br>To: "
                "anna@lead.example<br>Subject: Theme<br><br>" HTML_QUOTED},
    {"hotmail class", "<div><hr id=\"stopSpelling\">" HTML_BLOCK "<br><br>" HTML_QUOTED "</div>"},
    {"outlook express",
     "<BLOCKQUOTE style=\"BORDER-LEFT: #000000 2px solid; MARGIN-LEFT: 5px\"><DIV>----- Original Message ----- "
     "</DIV><DIV><B>From:</B> <A href=\"mailto:bob@example.org\">Bob</A></DIV><DIV><B>To:</B> "
     "anna</DIV><DIV><B>Sent:</B> Friday, January 5, 2024 3:12 PM</DIV><DIV><B>Subject:</B> Theme</DIV>" HTML_QUOTED
     "</BLOCKQUOTE>"},
    {"outlookmessageheader",
     "<div><div class=\"OutlookMessageHeader\" align=\"left\" dir=\"ltr\"><hr tabindex=\"-1\">" HTML_BLOCK
     "<br></div>" HTML_QUOTED "</div>"},
    {"apple", "<div><br><blockquote type=\"cite\"><div>On 5 Jan 2024, at 15:12, Bob Jones &lt;<a "
              "href=\"mailto:bob@example.org\">bob@example.org</a>&gt; wrote:</div><br "
              "class=\"Apple-interchange-newline\"><div>" HTML_QUOTED "</div></blockquote></div>"},
    {"apple ios",
     "<br id=\"lineBreakAtBeginningOfSignature\"><div dir=\"ltr\">Sent from my iPhone</div><div "
     "dir=\"ltr\"><br><blockquote type=\"cite\">On 5 Jan 2024, at 15:12, Bob &lt;bob@example.org&gt; "
     "wrote:<br><br></blockquote></div><blockquote type=\"cite\"><div dir=\"ltr\">" HTML_QUOTED "</div></blockquote>"},
    {"apple old", "<div><div>On Jan 5, 2024, at 3:12 PM, Bob Jones wrote:</div><br "
                  "class=\"Apple-interchange-newline\"><blockquote type=\"cite\">" HTML_QUOTED "</blockquote></div>"},
    {"yahoo",
     "<div class=\"yahoo_quoted\" id=\"yahoo_quoted_123\"><div style=\"font-family:x\">On Friday, January 5, 2024 at "
     "03:12:01 PM GMT+1, Bob &lt;bob@example.org&gt; wrote: </div><div><br></div>" HTML_QUOTED "</div>"},
    {"yahoo ydp", "<div id=\"ydp123abcyahoo_quoted_1\" class=\"ydp123abcyahoo_quoted\"><div>Le vendredi, Bob a écrit "
                  ":</div>" HTML_QUOTED "</div>"},
    {"yahoo android",
     "<div id=\"yahoo_quoted_9\" class=\"yahoo_quoted\"> <p style=\"margin-bottom:8px\">On Fri, Jan 5, 2024 at 3:12 "
     "PM, Bob<br>&lt;bob@example.org&gt; wrote:</p><blockquote style=\"margin:0 0 0 20px\">" HTML_QUOTED
     "</blockquote></div>"},
    {"yahoo sent from",
     "<br><br><p style=\"font-size:15px\">Sent from <a href=\"https://mail.onelink.me/\">Yahoo Mail for "
     "iPhone</a></p><br><br><p class=\"yahoo-quoted-begin\">On Friday, January 5, 2024, 3:12 PM, Bob "
     "&lt;bob@example.org&gt; wrote:</p><blockquote class=\"iosymail\">" HTML_QUOTED "</blockquote>"},
    {"tb", "<br><div class=\"moz-cite-prefix\">On 05.01.24 15:12, Bob Jones wrote:<br></div><blockquote type=\"cite\" "
           "cite=\"mid:abc@example.org\">" HTML_QUOTED "</blockquote>"},
    {"tb sig",
     "<pre class=\"moz-signature\" cols=\"72\">-- \nAnna\nAcme</pre><div class=\"moz-cite-prefix\">x</div><blockquote "
     "type=\"cite\" cite=\"mid:abc@example.org\">" HTML_QUOTED "</blockquote>"},
    {"proton",
     "<div class=\"protonmail_signature_block\"><div class=\"protonmail_signature_block-user\">Anna</div><div "
     "class=\"protonmail_signature_block-proton\">Sent with <a href=\"https://proton.me/\">Proton Mail</a> secure "
     "email.</div></div><div class=\"protonmail_quote\">On Friday, January 5th, 2024 at 15:12, Bob "
     "&lt;bob@example.org&gt; wrote:<br><br><blockquote class=\"protonmail_quote\" type=\"cite\">" HTML_QUOTED
     "</blockquote></div>"},
    {"proton orig",
     "<div class=\"protonmail_quote\">------- Original Message -------<br>On Friday, January 5th, 2024 at 15:12, Bob "
     "&lt;bob@example.org&gt; wrote:<br><br><blockquote class=\"protonmail_quote\" type=\"cite\">" HTML_QUOTED
     "</blockquote></div>"},
    {"zoho", "<div class=\"zmail_extra_hr\" style=\"border-top:1px solid "
             "rgb(204,204,204);height:0px;margin-top:10px\"><br></div><div class=\"zmail_extra\" "
             "data-zbluepencil-ignore=\"true\"><div><br></div><div id=\"Zm-_Id_-Sgn1\">---- On Fri, 05 Jan 2024 "
             "15:12:01 +0100 <b>Bob &lt;bob@example.org&gt;</b> wrote ---<br></div><div><br></div><blockquote "
             "id=\"blockquote_zmail\" style=\"margin:0px\">" HTML_QUOTED "</blockquote></div>"},
    {"mailru", "<br><blockquote style=\"border-left:1px solid #0857A6; margin:10px; padding:0 0 0 10px;\">Пятница, 5 "
               "января 2024, 15:12 +03:00 от Bob &lt;bob@example.org&gt;:<br><div id=\"\"><div class=\"js-helper "
               "js-readmsg-msg\">" HTML_QUOTED "</div></div></blockquote>"},
    {"yandex", "<div> </div><div>05.01.2024, 15:12, \"Bob\" &lt;bob@example.org&gt;:</div><blockquote><div>" HTML_QUOTED
               "</div></blockquote>"},
    {"yandex2",
     "<div>----------------</div><div>Кому: Anna (anna@lead.example);</div><div>Тема: Theme;</div><div>05.01.2024, "
     "15:12, \"Bob\" &lt;bob@example.org&gt;:</div><blockquote><div>" HTML_QUOTED "</div></blockquote>"},
    {"zimbra", "<hr id=\"zwchr\" data-marker=\"__DIVIDER__\"><div data-marker=\"__HEADERS__\"><b>From: </b>\"Bob\" "
               "&lt;bob@example.org&gt;<br><b>To: </b>\"Anna\"<br><b>Sent: </b>Friday, 5 January, 2024 "
               "15:12:01<br><b>Subject: </b>Theme<br></div><div data-marker=\"__QUOTED_TEXT__\">" HTML_QUOTED "</div>"},
    {"zimbra old",
     "<hr id=\"zwchr\"><div style=\"color:#000;\"><b>De: </b>\"Bob\" &lt;bob@example.org&gt;<br><b>À: "
     "</b>\"Anna\"<br><b>Envoyé: </b>Vendredi 5 Janvier 2024 15:12:01<br><b>Objet: </b>Theme<br></div>" HTML_QUOTED},
    {"fastmail", "<div><br></div><div>On Fri, 5 Jan 2024, at 3:12 PM, Bob wrote:<br></div><blockquote type=\"cite\" "
                 "id=\"qt\" style=\"\">" HTML_QUOTED "</blockquote>"},
    {"missive", "<div class=\"missive_quote\">On Jan 5, 2024 at 3:12 PM, Bob &lt;bob@example.org&gt; "
                "wrote:<br><blockquote class=\"missive_quote\" type=\"cite\">" HTML_QUOTED "</blockquote></div>"},
    {"front",
     "<div class=\"front-signature\">Anna</div><br><blockquote type=\"cite\" class=\"front-blockquote\">On January 5, "
     "2024, 3:12 PM GMT+1 <a href=\"mailto:bob@example.org\">bob@example.org</a> wrote:<br><br>" HTML_QUOTED
     "</blockquote>"},
    {"spark", "<div name=\"messageSignatureSection\"><br>Anna</div><div name=\"messageReplySection\">On 5 Jan 2024 at "
              "15:12 +0100, Bob &lt;bob@example.org&gt;, wrote:<br><blockquote type=\"cite\" "
              "style=\"border-left-color: grey\">" HTML_QUOTED "</blockquote></div>"},
    {"superhuman",
     "<div class=\"sh-signature\">Sent via Superhuman</div><br><div class=\"gmail_quote\">On Fri, Jan 5, 2024 at 3:12 "
     "PM, Bob &lt;bob@example.org&gt; wrote:<br><blockquote class=\"gmail_quote sh-color-grey\">" HTML_QUOTED
     "</blockquote></div>"},
    {"hey", "<div class=\"trix-content\"></div><br>On January 5, 2024, Bob &lt;bob@example.org&gt; "
            "wrote:<br><blockquote class=\"trix-content\">" HTML_QUOTED "</blockquote>"},
    {"tutanota", "<br>Jan 5, 2024, 15:12 by bob@example.org:<br><blockquote class=\"tutanota_quote\" "
                 "style=\"border-left: 1px solid #93A3B8\">" HTML_QUOTED "</blockquote>"},
    {"freshdesk", "<div class=\"freshdesk_quote\"><blockquote class=\"freshdesk_quote\">On Fri, 5 Jan at 3:12 PM, Bob "
                  "&lt;bob@example.org&gt; wrote:<br>" HTML_QUOTED "</blockquote></div>"},
    {"zendesk", "<div style=\"color:#b5b5b5\">##- Please type your reply above this line -##</div><p>Your request</p>"},
    {"gmx", "<div><div name=\"quote\" style=\"margin:10px 5px 5px 10px; border-left:2px solid #C3D9E5;\"><div "
            "style=\"margin:0 0 10px 0;\"><b>Gesendet:</b>&nbsp;Freitag, 05. Januar 2024 um 15:12 "
            "Uhr<br/><b>Von:</b>&nbsp;\"Bob\" "
            "&lt;bob@example.org&gt;<br/><b>An:</b>&nbsp;anna@lead.example<br/><b>Betreff:</b>&nbsp;Theme</div><div "
            "name=\"quoted-content\">" HTML_QUOTED "</div></div></div>"},
    {"gmx new", "<div><blockquote name=\"quote\"><div>Gesendet: Freitag, 05. Januar 2024 um 15:12<br>Von: Bob<br>An: "
                "anna<br>Betreff: Theme</div>" HTML_QUOTED "</blockquote></div>"},
    {"qq", "<div><br></div><div style=\"font-size:12px;font-family:Arial Narrow;padding:2px 0 2px "
           "0;\">------------------&nbsp;原始邮件&nbsp;------------------</div><div "
           "style=\"font-size:12px;background:#efefef;padding:8px;\"><div><b>发件人:</"
           "b>&nbsp;\"Bob\"&lt;bob@example.org&gt;;</div><div><b>发送时间:</b>&nbsp;2024年1月5日(星期五) "
           "下午3:12</div><div><b>收件人:</b>&nbsp;\"Anna\";<wbr></div><div><b>主题:</b>&nbsp;Theme</div></"
           "div><div><br></div>" HTML_QUOTED},
    {"qq orig", "<div id=\"original-content\"><br><br>------------------ Original ------------------<div "
                "style=\"background:#efefef\"><div><b>From: </b>Bob</div><div><b>Date: </b>Fri, Jan 5, 2024 03:12 "
                "PM</div><div><b>To: </b>Anna</div><div><b>Subject: </b>Theme</div></div>" HTML_QUOTED "</div>"},
    {"foxmail",
     "<div>&nbsp;</div><div style=\"border:none;border-top:solid #B5C4DF 1.0pt;padding:3.0pt 0cm 0cm 0cm\"><div "
     "style=\"PADDING-RIGHT: 8px; FONT-SIZE: 12px;BACKGROUND: #efefef;\"><div><b>From:</b>&nbsp;<a "
     "href=\"mailto:bob@example.org\">Bob</a></div><div><b>Date:</b>&nbsp;2024-01-05&nbsp;15:12</div><div><b>To:</"
     "b>&nbsp;anna</div><div><b>Subject:</b>&nbsp;Theme</div></div></div>" HTML_QUOTED},
    {"163",
     "<div style=\"position:relative;zoom:1\"></div><div id=\"divNeteaseMailCard\"></div><p>At 2024-01-05 15:12:01, "
     "\"Bob\" &lt;bob@example.org&gt; wrote:</p> <blockquote id=\"isReplyContent\" style=\"PADDING-LEFT: 1ex; MARGIN: "
     "0px 0px 0px 0.8ex; BORDER-LEFT: #ccc 1px solid\">" HTML_QUOTED "</blockquote>"},
    {"163 new",
     "<div class=\"ntes-mailmaster-quote\"><div style=\"margin:5px\"> ---- Replied Message ---- </div><table "
     "width=\"100%\"><tr><td>From</td><td>Bob &lt;bob@example.org&gt;</td></tr><tr><td>Date</td><td>01/05/2024 "
     "15:12</td></tr><tr><td>To</td><td>anna</td></tr><tr><td>Subject</td><td>Theme</td></tr></table>" HTML_QUOTED
     "</div>"},
    {"samsung",
     "<div id=\"composer_signature\"><div style=\"font-size:12px\">Sent from my Galaxy</div></div><div><br></div><div "
     "style=\"font-size:100%;color:#000000\"><!-- originalMessage --><div>-------- Original message "
     "--------</div><div>From: Bob &lt;bob@example.org&gt; </div><div>Date: 05/01/2024  15:12  (GMT+01:00) "
     "</div><div>To: anna@lead.example </div><div>Subject: Theme </div><div><br></div></div>" HTML_QUOTED},
    {"huawei",
     "<div class=\"quote\" style=\"line-height:1.5\"><br><br>-------- Original message --------<br>From: Bob "
     "&lt;bob@example.org&gt;<br>Date: Fri, 5 Jan 2024, 15:12<br>To: anna@lead.example<br>Subject: "
     "Theme<br><blockquote style=\"margin:0 0 0 .8ex;border-left:1px #ccc solid;padding-left:1ex\">" HTML_QUOTED
     "</blockquote></div>"},
    {"lotus",
     "<br><br><br><font size=1 color=#5f5f5f face=\"sans-serif\">From: &nbsp; &nbsp; &nbsp; &nbsp;</font><font size=1 "
     "face=\"sans-serif\">Bob Jones &lt;bob@example.org&gt;</font><br><font size=1 color=#5f5f5f>To: &nbsp; &nbsp; "
     "&nbsp; &nbsp;</font><font size=1>Anna/ACME@ACME</font><br><font size=1>Date: &nbsp; &nbsp; &nbsp; "
     "&nbsp;</font><font size=1>05.01.2024 15:12</font><br><font size=1>Subject: &nbsp; &nbsp; &nbsp; "
     "&nbsp;</font><font size=1>Theme</font><br><hr noshade><br>" HTML_QUOTED},
    {"lotus2",
     "<div class=\"domino-section\"><br><font size=2 face=\"sans-serif\">\"Bob Jones\" &lt;bob@example.org&gt; wrote "
     "on 01/05/2024 03:12:01 PM:<br><br>&gt; Could you come<br>&gt; Bob</font></div>"},
    {"verse",
     "<br><div style=\"color:#999\">-----\"Bob Jones\" &lt;<a href=\"mailto:bob@example.org\">bob@example.org</a>&gt; "
     "wrote: -----</div><div style=\"border-left:2px solid\"><div>To: \"Anna\"<br>From: \"Bob\"<br>Date: 01/05/2024 "
     "03:12PM<br>Subject: Theme</div>" HTML_QUOTED "</div>"},
    {"evolution",
     "<div>On Fri, 2024-01-05 at 15:12 +0100, Bob Jones wrote:</div><blockquote type=\"cite\" style=\"margin:0 0 0 "
     ".8ex; border-left:2px #729fcf solid;padding-left:1ex\">" HTML_QUOTED "</blockquote>"},
    {"kmail", "<p style=\"margin-top:0;\">On Freitag, 5. Januar 2024 15:12:01 CET Bob Jones wrote:</p><p>&gt; Could "
              "you come</p><p>&gt; Bob</p>"},
    {"roundcube",
     "<p id=\"reply-intro\">On 2024-01-05 15:12, Bob Jones wrote:</p><blockquote type=\"cite\" style=\"padding: 0 "
     "0.4em; border-left: #1010ff 2px solid; margin: 0\"><div id=\"replybody1\">" HTML_QUOTED "</div></blockquote>"},
    {"horde", "<p>Quoting Bob Jones &lt;bob@example.org&gt;:</p><blockquote style=\"border-left:2px solid "
              "blue;margin-left:2px;padding-left:12px;\" type=\"cite\">" HTML_QUOTED "</blockquote>"},
    {"sogo", "<br /><br />Am Freitag, Januar 05, 2024 15:12 CET, schrieb Bob Jones &lt;bob@example.org&gt;:<br "
             "/>&nbsp;<blockquote type=\"cite\" cite=\"abc@example.org\">" HTML_QUOTED "</blockquote>"},
    {"airmail",
     "<br> <div id=\"bloop_sign_1\" class=\"bloop_sign\"><div>Anna</div></div> <br><p class=\"airmail_on\">On 5 "
     "January 2024 at 15:12:01, Bob (<a href=\"mailto:bob@example.org\">bob@example.org</a>) wrote:</p> <blockquote "
     "type=\"cite\" class=\"clean_bq\">" HTML_QUOTED "</blockquote>"},
    {"bluemail", "<div class=\"blue_signature\">Sent from BlueMail</div><div class=\"blue_quote gmail_quote\">On 5 Jan "
                 "2024, at 15:12, Bob &lt;<a href=\"mailto:bob@example.org\">bob@example.org</a>&gt; wrote:<blockquote "
                 "class=\"gmail_quote\">" HTML_QUOTED "</blockquote></div>"},
    {"k9", "<br><br><div class=\"gmail_quote\">Am 5. Januar 2024 15:12:01 MEZ schrieb Bob "
           "&lt;bob@example.org&gt;:<blockquote class=\"gmail_quote\" style=\"margin: 0pt 0pt 0pt 0.8ex; border-left: "
           "1px solid rgb(204, 204, 204); padding-left: 1ex;\">" HTML_QUOTED "</blockquote></div>"},
    {"fairemail",
     "<div class=\"fairemail_signature\"></div><br><p>5 Jan 2024 15:12:01 Bob &lt;bob@example.org&gt;:</p><blockquote "
     "style=\"border-left:3px solid #ccc;padding-left:3px\"><div>" HTML_QUOTED "</div></blockquote>"},
    {"winmail", "<div style=\"padding-top: 5px; border-top-color: rgb(229, 229, 229); border-top-width: 1px; "
                "border-top-style: solid;\"><div><font face=\"Calibri\"><b>From:</b>&nbsp;<a "
                "href=\"mailto:bob@example.org\">Bob</a><br><b>Sent:</b>&nbsp;Friday, 5 January 2024 "
                "15:12<br><b>To:</b>&nbsp;anna</font></div></div>" HTML_QUOTED},
    {"wp hr", "<hr><strong>From:</strong> Bob &lt;bob@example.org&gt;<br><strong>Date:</strong> 5 Jan 2024 "
              "15:12<br><strong>To:</strong> anna<br><strong>Subject:</strong> Theme<br>" HTML_QUOTED},
    {"naver", "<p>-----Original Message-----<br><b>From:</b> \"Bob\"&lt;bob@example.org&gt; <br><b>To:</b> "
              "&lt;anna@lead.example&gt;; <br><b>Cc:</b> <br><b>Sent:</b> 2024-01-05 (금) 15:12:01 "
              "(GMT+09:00)<br><b>Subject:</b> Theme<br></p>" HTML_QUOTED},
    {"aol", "<div style=\"font-family:arial;color:black\">-----Original Message-----<br>From: Bob "
            "&lt;bob@example.org&gt;<br>To: anna &lt;anna@lead.example&gt;<br>Sent: Fri, Jan 5, 2024 3:12 "
            "pm<br>Subject: Theme<br><br><div id=\"AOLMsgPart_1\">" HTML_QUOTED "</div></div>"},
    {"aol2", "<br><br>In a message dated 1/5/2024 3:12:01 PM Eastern Standard Time, bob@example.org "
             "writes:<br><blockquote type=\"cite\">" HTML_QUOTED "</blockquote>"},
    {"comcast", "<br>On Jan 5, 2024, at 3:12 PM, Bob wrote:<br><blockquote style=\"border-left: 2px solid #1010FF; "
                "padding-left: 5px; margin-left:5px;\">" HTML_QUOTED "</blockquote>"},
    {"laposte", "<br><br><blockquote style=\"border-left:2px solid green;padding-left:10px\">&gt; Message du 05/01/24 "
                "15:12<br>&gt; De : \"Bob\" &lt;bob@example.org&gt;<br>&gt; A : anna@lead.example<br>&gt; Copie à : "
                "<br>&gt; Objet : Theme<br>&gt; <br>" HTML_QUOTED "</blockquote>"},
    {"open-xchange", "<blockquote type=\"cite\"><div>On 05/01/2024 15:12 CET Bob &lt;bob@example.org&gt; "
                     "wrote:</div><div><br></div>" HTML_QUOTED "</blockquote>"},
    {"rainloop", "<br>January 5, 2024 3:12 PM, <a href=\"mailto:bob@example.org\">\"Bob\" &lt;bob@example.org&gt;</a> "
                 "wrote:<br><blockquote><div>" HTML_QUOTED "</div></blockquote>"},
    {"mailspring", "<br><div class=\"gmail_quote_attribution\">On Jan 5 2024, at 3:12 pm, Bob &lt;bob@example.org&gt; "
                   "wrote:</div><blockquote><div>" HTML_QUOTED "</div></blockquote>"},
    {"canary", "<div id=\"CanarySig\"><div>Anna</div></div><div id=\"CanaryDropbox\"></div><blockquote "
               "id=\"CanaryBlockquote\">" HTML_QUOTED "</blockquote>"},
    {"polymail", "<br><div class=\"gmail_quote\">On Jan 5, Bob wrote:<blockquote class=\"gmail_quote\">" HTML_QUOTED
                 "</blockquote></div>"},
    {"edison", "<br><div class=\"edo-quote\">On Jan 5, 2024 at 3:12 PM, Bob &lt;bob@example.org&gt; "
               "wrote:<br><blockquote>" HTML_QUOTED "</blockquote></div>"},
    {"hubspot",
     "<div class=\"hs_reply\"><div id=\"hs_signature\">Anna</div><div class=\"hs_quote\">On Fri, Jan 5, 2024 at 3:12 "
     "PM, Bob &lt;bob@example.org&gt; wrote:<blockquote>" HTML_QUOTED "</blockquote></div></div>"},
    {"intercom", "<div class=\"intercom-quote\">On Jan 5, 2024 at 3:12 PM, Bob from Shop &lt;bob@example.org&gt; "
                 "wrote:<blockquote>" HTML_QUOTED "</blockquote></div>"},
};

static void
test_html_of_clients(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(html_clients); i++) {
        g_autofree char *html = g_strconcat("<div dir=\"ltr\">Yes, that works for me.<div><br></div><div>See you "
                                            "then.</div></div>",
                                            html_clients[i][1], NULL);
        g_test_message("%s", html_clients[i][0]);
        check_html(html, WORDS);
    }
    check_html("<div class=\"gmail_quote\"><div class=\"gmail_attr\">Bob wrote:<br></div><blockquote "
               "class=\"gmail_quote\">Monday?</blockquote><div>Yes</div><blockquote "
               "class=\"gmail_quote\">Price?</blockquote><div>100</div><blockquote "
               "class=\"gmail_quote\">Bye</blockquote></div>",
               "> Monday?\n\nYes\n\n> Price?\n\n100\n");
    check_html("<div>See my answers in blue.</div><div id=\"divRplyFwdMsg\">" HTML_BLOCK
               "</div><div>Monday?<br><span style=\"color:blue\">Yes</span></div>",
               "See my answers in blue.\nMonday?\nYes\n");
    /* nothing else is new */
    check_html("<div id=\"divRplyFwdMsg\">" HTML_BLOCK
               "</div><div>Monday?<br><font color=\"red\">Yes</font><br>Bob</div>",
               "Monday?\nYes\nBob\n");
    check_html("<div>Yes, that works for me.</div><div id=\"divRplyFwdMsg\">" HTML_BLOCK
               "</div><div>Monday?<br><font color=\"red\">Sale!</font><br>Bob</div>",
               "Yes, that works for me.\n");
}

/* Blockquotes of which nothing says that they are mails. */
static void
test_html_blockquotes(void)
{
    check_html("Yes<br><div><br></div><blockquote>Old</blockquote>", "Yes\n");
    check_html("<p>Yes</p><blockquote style=\"border-left:2px solid green\">Old</blockquote>", "Yes\n");
    check_html("<p>Here it is:</p><br><blockquote>A poem</blockquote>", "Here it is:\n\n\nA poem\n");
    check_html("<p>Please read this.</p><blockquote>A poem</blockquote>", "Please read this.\n\nA poem\n");
    check_html(
        "<div>This is</div><br><blockquote style=\"margin:0 0 0 40px;border:none;padding:0px\">indented</blockquote>",
        "This is\n\nindented\n");
    check_html("<div>Look</div><br><blockquote class=\"gmail_quote\" style=\"border-left:1px solid\">my own "
               "quote</blockquote>",
               "Look\n\nmy own quote\n");
    check_html("<p>You said</p><blockquote>fine</blockquote><p>but no.</p>", "You said\n\nfine\n\nbut no.\n");
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
    g_test_add_func("/reply/attributions-in-languages", test_attributions_in_languages);
    g_test_add_func("/reply/wrapped-and-odd-attributions", test_wrapped_and_odd_attributions);
    g_test_add_func("/reply/separators-go", test_separators);
    g_test_add_func("/reply/clients", test_clients);
    g_test_add_func("/reply/header-blocks-go", test_header_blocks);
    g_test_add_func("/reply/words-stay", test_words_stay);
    g_test_add_func("/reply/signatures-go-and-sentences-stay", test_signatures);
    g_test_add_func("/reply/words-below-signatures-stay", test_words_below_signatures_stay);
    g_test_add_func("/reply/own-address-signs", test_own_address_signs);
    g_test_add_func("/reply/names-below-rules-sign", test_names_below_rules_sign);
    g_test_add_func("/reply/warnings-of-gateways-go", test_warnings_of_gateways_go);
    g_test_add_func("/reply/answers-below-and-between", test_answers_below_and_between);
    g_test_add_func("/reply/answers-inside-a-quoted-mail", test_answers_inside_a_quoted_mail);
    g_test_add_func("/reply/a-mail-sent-on-inside-an-answer-stays", test_a_mail_sent_on_inside_an_answer_stays);
    g_test_add_func("/reply/broken-wraps", test_broken_wraps);
    g_test_add_func("/reply/only-words-are-not-lost", test_only_words_are_not_lost);
    g_test_add_func("/reply/form-footers-go", test_form_footers_go);
    g_test_add_func("/reply/nothing-vanishes", test_nothing_vanishes);
    g_test_add_func("/reply/mixtures-lose-nothing", test_mixtures_lose_nothing);
    g_test_add_func("/reply/mixtures-keep-the-words-on-top", test_mixtures_keep_the_words_on_top);
    g_test_add_func("/reply/html-by-the-clients-marks", test_html);
    g_test_add_func("/reply/html-of-clients", test_html_of_clients);
    g_test_add_func("/reply/html-blockquotes", test_html_blockquotes);
    g_test_add_func("/reply/hostile-texts-end", test_hostile_texts_end);
    return g_test_run();
}
