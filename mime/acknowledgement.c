#include "config.h"

#include "mime/acknowledgement.h"

#include <string.h>

#include "mime/lines.h"
#include "mime/sentence.h"
#include "mime/subject.h"

#define BODY_BYTES 4096   /* of the text are read */
#define SUBJECT_BYTES 300 /* of the subject */

/* Everything below is folded (sentence_fold()). */

/* It was made by a machine, or must not be answered. */
static const char *const made[] = {"automatically generated",
                                   "generated automatically",
                                   "automatically created",
                                   "created automatically",
                                   "sent automatically",
                                   "automated message",
                                   "automated email",
                                   "automated e-mail",
                                   "automated response",
                                   "automated reply",
                                   "automated confirmation",
                                   "automatic message",
                                   "automatic response",
                                   "automatic reply",
                                   "automatic confirmation",
                                   "auto-generated",
                                   "auto-reply",
                                   "do not reply to this",
                                   "don't reply to this",
                                   "do not respond to this",
                                   "please do not reply",
                                   "please do not respond",
                                   "automatisch erzeugt",
                                   "automatisch generiert",
                                   "automatisch erstellt",
                                   "automatisch versendet",
                                   "automatische eingangsbestatigung",
                                   "automatische empfangsbestatigung",
                                   "automatische nachricht",
                                   "automatische antwort",
                                   "automatisierte",
                                   "antworten sie nicht auf",
                                   "bitte nicht antworten",
                                   "antworten sie bitte nicht",
                                   "bitte antworten sie nicht",
                                   "message automatique",
                                   "reponse automatique",
                                   "courriel automatique",
                                   "mail automatique",
                                   "genere automatiquement",
                                   "envoye automatiquement",
                                   "ne pas repondre",
                                   "ne pas y repondre",
                                   "ne repondez pas",
                                   "automatisch gegenereerd",
                                   "automatisch verzonden",
                                   "automatische bevestiging",
                                   "automatische ontvangstbevestiging",
                                   "automatisch bericht",
                                   "geautomatiseerd",
                                   "niet op deze e-mail te reageren",
                                   "niet op deze mail te reageren",
                                   "niet te beantwoorden",
                                   "niet te reageren",
                                   "niet beantwoorden",
                                   "wygenerowana automatycznie",
                                   "wygenerowany automatycznie",
                                   "automatycznie wygenerowan",
                                   "wyslana automatycznie",
                                   "wiadomosc automatyczna",
                                   "automatyczna wiadomosc",
                                   "automatyczne potwierdzenie",
                                   "prosimy na nia nie odpowiadac",
                                   "prosimy nie odpowiadac",
                                   "prosze nie odpowiadac",
                                   "nie odpowiadaj na",
                                   "generado automaticamente",
                                   "mensaje automatico",
                                   "respuesta automatica",
                                   "correo automatico",
                                   "no responda a este",
                                   "no responder a este",
                                   "generata automaticamente",
                                   "generato automaticamente",
                                   "messaggio automatico",
                                   "risposta automatica",
                                   "non rispondere a questa",
                                   "non rispondere a questo",
                                   "gerada automaticamente",
                                   "gerado automaticamente",
                                   "mensagem automatica",
                                   "resposta automatica",
                                   "nao responda a est",
                                   "nao responder a est",
                                   "automatiskt genererat",
                                   "automatiskt meddelande",
                                   "automatiskt svar",
                                   "autosvar",
                                   "svara inte pa",
                                   "automatisk genereret",
                                   "automatisk besked",
                                   "automatisk svar",
                                   "svar ikke pa",
                                   "automatisk generert",
                                   "automaattinen viesti",
                                   "automaattinen vahvistus",
                                   "ala vastaa",
                                   "automaticky generovan",
                                   "automaticka zprava",
                                   "neodpovidejte",
                                   "automaticky vygenerovan",
                                   "automatikus uzenet",
                                   "automatikusan generalt",
                                   "ne valaszoljon",
                                   "generat automat",
                                   "mesaj automat",
                                   "nu raspundeti",
                                   "otomatik olarak",
                                   "yanitlamayiniz",
                                   "автоматически",
                                   "не отвечаите",
                                   "автоматично",
                                   "自動送信",
                                   "自动发送",
                                   "系统自动",
                                   "请勿回复",
                                   "발신 전용",
                                   NULL};

/* "This is an automated message": a sentence that begins with one of these, goes on and comes to one of those; and what
 * it calls itself where it is an answer. "This automatic reply …" is what people speak of. */
static const char *const this[] = {
    "this ",  "dies",     "diese", "dit ",  "deze ",    "ceci ", "cet ",    "cette ",  "ce ",      "c'est ",  "to jest",
    "ta ",    "niniejsz", "este ", "esta ", "esto ",    "quest", "isto ",   "detta ",  "detta ar", "det har", "denne ",
    "dette ", "tama ",    "tato ", "toto ", "ez ",      "acest", "aceasta", "bu ",     "это ",     "данное ", "настоящ",
    "це ",    "този ",    "αυτο",  "この",  "本メール", "此",    "이 메일", "본 메일", NULL};
static const char *const automatic[] = {"automat", "automaat", "avtomat", "otomatik", "автомат", "αυτοματ",
                                        "自動",    "自动",     "자동",    "אוטומטי",  NULL};
static const char *const answer_words[] = {
    "reply",    "response", "answer",  "antwort", "antwoord", "reponse", "odpowied", "respuesta", "risposta",
    "resposta", "svar",     "vastaus", "odpoved", "valasz",   "raspuns", "yanit",    "ответ",     "відповід",
    "απαντησ",  "応答",     "返信",    "回复",    "回覆",     "응답",    NULL};

/* Something of the reader's came in. */
static const char *const received[] = {"received your",
                                       "received a message from you",
                                       "has been received",
                                       "your request",
                                       "your enquiry",
                                       "your inquiry",
                                       "your ticket",
                                       "your message has been",
                                       "your email has been",
                                       "your e-mail has been",
                                       "your mail has been",
                                       "thank you for contacting",
                                       "thanks for contacting",
                                       "thank you for getting in touch",
                                       "ticket number",
                                       "ticket id",
                                       "case number",
                                       "reference number",
                                       "ihre anfrage",
                                       "ihre nachricht",
                                       "ihre e-mail",
                                       "ihr anliegen",
                                       "ticketnummer",
                                       "vorgangsnummer",
                                       "bei uns eingegangen",
                                       "votre demande",
                                       "votre message",
                                       "votre courriel",
                                       "votre e-mail",
                                       "bien recu",
                                       "uw bericht",
                                       "uw aanvraag",
                                       "uw verzoek",
                                       "uw e-mail",
                                       "uw vraag",
                                       "je bericht",
                                       "je aanvraag",
                                       "in goede orde ontvangen",
                                       "twoje zgloszenie",
                                       "panstwa zgloszenie",
                                       "twoja wiadomosc",
                                       "panstwa wiadomosc",
                                       "numer zgloszenia",
                                       "zostalo przyjete",
                                       "zostalo zarejestrowane",
                                       "otrzymalismy",
                                       "su solicitud",
                                       "su mensaje",
                                       "su consulta",
                                       "hemos recibido",
                                       "la sua richiesta",
                                       "la tua richiesta",
                                       "il tuo messaggio",
                                       "il suo messaggio",
                                       "abbiamo ricevuto",
                                       "sua solicitacao",
                                       "seu pedido",
                                       "sua mensagem",
                                       "recebemos",
                                       "arende",
                                       "ditt meddelande",
                                       "har mottagit",
                                       "din henvendelse",
                                       "har modtaget",
                                       "har mottatt",
                                       "yhteydenotto",
                                       "viestisi",
                                       "vas pozadavek",
                                       "vasi zpravu",
                                       "obdrzeli",
                                       "megkaptuk",
                                       "solicitarea",
                                       "am primit",
                                       "talebiniz",
                                       "mesajiniz",
                                       "ваше обращение",
                                       "ваше письмо",
                                       "ваша заявка",
                                       "ваш запрос",
                                       "ваше звернення",
                                       "お問い合わせ",
                                       "您的",
                                       "문의",
                                       NULL};

/* Subjects of nothing else. */
static const char *const confirmed[] = {"we have received your",
                                        "we've received your",
                                        "we received your",
                                        "has been received",
                                        "request received",
                                        "ticket received",
                                        "ticket created",
                                        "case created",
                                        "new ticket",
                                        "new support ticket",
                                        "thank you for contacting",
                                        "acknowledgement",
                                        "acknowledgment",
                                        "confirmation of receipt",
                                        "eingangsbestatigung",
                                        "empfangsbestatigung",
                                        "ihre anfrage bei",
                                        "accuse de reception",
                                        "accuse reception",
                                        "ontvangstbevestiging",
                                        "bevestiging van ontvangst",
                                        "potwierdzenie otrzymania",
                                        "potwierdzenie przyjecia",
                                        "potwierdzenie zgloszenia",
                                        "przyjelismy",
                                        "zgloszenie nr",
                                        "acuse de recibo",
                                        "hemos recibido",
                                        "conferma di ricezione",
                                        "conferma ricezione",
                                        "abbiamo ricevuto",
                                        "confirmacao de recebimento",
                                        "recebemos",
                                        "mottagningsbekraftelse",
                                        "kvittering for",
                                        "vahvistus",
                                        "potvrzeni prijeti",
                                        "visszaigazolas",
                                        "受付完了",
                                        "受け付けました",
                                        NULL};

/* Whom people write to and machines answer for. */
static const char *const desks[] = {"support", "help",   "service", "info",    "kontakt", "contact", "pomoc",
                                    "ticket",  "desk",   "reply",   "biuro",   "care",    "kunden",  "klant",
                                    "office",  "client", "system",  "notif",   "suporte", "soporte", "assist",
                                    "hilfe",   "sklep",  "serwis",  "obsluga", "bok@",    "request", NULL};

/* Answers to invitations, before the colon. */
static const char *const answers[] = {"accepted",
                                      "declined",
                                      "tentative",
                                      "tentatively accepted",
                                      "zugesagt",
                                      "abgelehnt",
                                      "zusage",
                                      "absage",
                                      "abgesagt",
                                      "mit vorbehalt",
                                      "vorbehalt",
                                      "accepte",
                                      "refuse",
                                      "provisoire",
                                      "geaccepteerd",
                                      "geweigerd",
                                      "afgewezen",
                                      "voorlopig",
                                      "zaakceptowano",
                                      "odrzucono",
                                      "zaakceptowane",
                                      "odrzucone",
                                      "wstepna akceptacja",
                                      "wstepnie zaakceptowano",
                                      "aceptado",
                                      "aceptada",
                                      "rechazado",
                                      "rechazada",
                                      "provisional",
                                      "accettato",
                                      "rifiutato",
                                      "aceite",
                                      "aceito",
                                      "recusado",
                                      "aceita",
                                      "accepterat",
                                      "avbojt",
                                      "accepteret",
                                      "afvist",
                                      "godtatt",
                                      "avslatt",
                                      "hyvaksytty",
                                      "hylatty",
                                      "prijato",
                                      "odmitnuto",
                                      "elfogadva",
                                      "elutasitva",
                                      "acceptat",
                                      "refuzat",
                                      "kabul edildi",
                                      "reddedildi",
                                      "принято",
                                      "отклонено",
                                      "已接受",
                                      "已拒绝",
                                      "承諾",
                                      "辞退",
                                      "수락됨",
                                      NULL};

static gboolean
contains(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strstr(text, *words))
            return TRUE;
    return FALSE;
}

/* "#4711", "[Ticket 2024-11]": three digits behind a mark. */
static gboolean
has_number(const char *subject)
{
    g_autofree char *start = g_strndup(subject, SUBJECT_BYTES);
    for (const char *p = start; (p = strpbrk(p, "#[")) != NULL; p++) {
        gsize letters = strspn(p + 1, "#:-._ abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
        if (letters < 30 && strspn(p + 1 + letters, "0123456789-") >= 3)
            return TRUE;
    }
    return FALSE;
}

static gboolean
is_from_a_desk(const struct mail *m)
{
    const struct mail_address *author = mail_author(m);
    if (!author)
        return FALSE;
    g_autofree char *local = g_ascii_strdown(author->address, (gssize)MIN(strcspn(author->address, "@") + 1, 64));
    return contains(local, desks);
}

/* The first words, without what is quoted, folded. */
static char *
own_words(const struct mail *m)
{
    gsize length = MIN(strlen(m->text), BODY_BYTES);
    while (length > 0 && (m->text[length] & 0xc0) == 0x80)
        length--;
    g_autofree char *start = g_strndup(m->text, length);
    g_autoptr(GArray) lines = lines_split(start);
    g_autoptr(GString) words = g_string_new(NULL);
    for (guint i = 0; i < lines->len; i++) {
        const struct line *line = line_at(lines, i);
        if (line->depth)
            continue;
        g_string_append_len(words, line->body, (gssize)line->body_length);
        g_string_append(words, line_is_blank(line) ? "|" : " "); /* ends a sentence */
    }
    return sentence_fold(words->str);
}

static gsize
begins_with(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (g_str_has_prefix(text, *words))
            return strlen(*words);
    return 0;
}

/* A short sentence says of its mail that a machine made it. */
static gboolean
says_automatic(const char *folded, gboolean *answer)
{
    enum { SHORT = 90 };
    for (const char *p = folded; *p;) {
        p += strspn(p, " .|!?:*-#");
        gsize length = strcspn(p, ".|!?:"), word = begins_with(p, this);
        const char *rest = p + word + strspn(p + word, " ");
        if (word && word <= length && length <= SHORT && !begins_with(rest, automatic) &&
            sentence_any(p, length, automatic)) {
            *answer = sentence_any(p, length, answer_words);
            return TRUE;
        }
        p += length;
    }
    return FALSE;
}

/* Cheap, for what people write. */
static gboolean
may_say_automatic(const char *text)
{
    static const char *const stems[] = {"automa", "автома", "αυτόμα", "自動", "自动", "자동", "otomatik", NULL};
    for (const char *const *stem = stems; *stem; stem++)
        if (strcasestr(text, *stem))
            return TRUE;
    return FALSE;
}

gboolean
acknowledgement_is(const struct mail *m, gboolean machine)
{
    if (!m->subject || subject_kind(m->subject) == SUBJECT_FORWARD)
        return FALSE;
    g_autofree char *subject = sentence_fold(m->subject);
    gboolean named = contains(subject, confirmed);
    gboolean desk = named || machine || has_number(m->subject) || is_from_a_desk(m);
    if (!desk && !may_say_automatic(m->text))
        return FALSE;
    g_autofree char *words = own_words(m);
    gboolean answer = FALSE, itself = says_automatic(words, &answer), came = contains(words, received);
    if ((itself && (came || named || answer)) || (machine && (named || came)))
        return TRUE;
    return desk && contains(words, made) && (named || came);
}

/* ---- calendars ---- */

static gboolean
has_calendar(const struct mail *m)
{
    for (guint i = 0; i < m->parts->len; i++) {
        const struct mail_part *part = g_ptr_array_index(m->parts, i);
        if (!part->nested && strcmp(part->type, "text/calendar") == 0)
            return TRUE;
    }
    return FALSE;
}

/* Google's calendar writes words of its own beside the part. */
static gboolean
is_from_a_calendar(const struct mail *m)
{
    return m->sender && g_ascii_strcasecmp(m->sender, "calendar-notification@google.com") == 0;
}

gboolean
acknowledgement_is_of_invitation(const struct mail *m)
{
    if (!m->subject || !has_calendar(m))
        return FALSE;
    g_autofree char *subject = sentence_fold(m->subject);
    gsize length = strcspn(subject, ":");
    while (length && subject[length - 1] == ' ')
        length--;
    for (const char *const *answer = answers; *answer; answer++)
        if (strlen(*answer) == length && strncmp(subject, *answer, length) == 0)
            return is_from_a_calendar(m) || m->text[strspn(m->text, " \t\r\n")] == '\0';
    return FALSE;
}
