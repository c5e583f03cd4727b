#include "config.h"

#include "mime/prose.h"

#include "mime/diagnosis.h"
#include "mime/lines.h"
#include "mime/sentence.h"

#include <string.h>

#define REPORT_LINES 400 /* of a report are read */
#define RECIPIENTS 200
#define NEAR 90          /* bytes around an address that are looked at */
#define WORDS_BYTES 6000 /* kept of what is said about one */

/* Stand in no report but in the mail that it returns. */
static const char *const trace_headers[] = {
    "Received:", "Return-Path:", "DKIM-Signature:", "Delivered-To:", "X-Received:", NULL};

/* Announce the returned mail. */
static const char *const original_words[] = {"original message follows",
                                             "a copy of the message",
                                             "copy of your message",
                                             "header of the original message",
                                             "headers of the original",
                                             "message headers follow",
                                             "below this line is a copy",
                                             "-- original message --",
                                             "original message headers",
                                             "text of your message",
                                             "unsent message follows",
                                             "message header follows",
                                             "returned message follows",
                                             "your original message",
                                             "forwarded message follows",
                                             "message contents follow",
                                             "content of your message",
                                             "original message header",
                                             "undelivered message follows",
                                             "received message follows",
                                             "your message follows",
                                             "hier folgt ihre nachricht",
                                             "kopie ihrer nachricht",
                                             "kopie van uw bericht",
                                             "originalnachricht",
                                             "oorspronkelijk bericht",
                                             "message d'origine",
                                             "copie de votre message",
                                             "kopia wiadomości",
                                             "oryginalna wiadomość",
                                             "mensaje original",
                                             "copia de su mensaje",
                                             "messaggio originale",
                                             "mensagem original",
                                             "исходное сообщение",
                                             "текст письма",
                                             NULL};

/* Before the address of a recipient. */
static const char *const recipient_keys[] = {"rcpt to",
                                             "recipient",
                                             "delivering your mail to",
                                             "delivered to",
                                             "deliver to",
                                             "deliver your message to",
                                             "delivery to",
                                             "message to",
                                             "mail to",
                                             "email to",
                                             "e-mail to",
                                             "sent to",
                                             "addressed to",
                                             "message for",
                                             "mail for",
                                             "to the user",
                                             "expanded from",
                                             "envelope-to",
                                             "original-to",
                                             "destination",
                                             "unknown user:",
                                             "invalid user:",
                                             "user not found:",
                                             "user unknown:",
                                             "failed recipient",
                                             "address:",
                                             "address ",
                                             "user ",
                                             "account ",
                                             "emailaddress",
                                             "failed to",
                                             "message sent to",
                                             "mailbox ",
                                             "empf",
                                             "destinataire",
                                             "userid",
                                             "attempts",
                                             "exceeds",
                                             "nachricht an",
                                             "mail an",
                                             "bericht aan",
                                             "ontvanger",
                                             "message à",
                                             "courriel à",
                                             "adresat",
                                             "odbiorc",
                                             "wiadomość do",
                                             "wiadomości do",
                                             "destinatario",
                                             "destinatário",
                                             "mensaje a",
                                             "mensagem para",
                                             "messaggio a",
                                             "mottagare",
                                             "modtager",
                                             "mottaker",
                                             "получател",
                                             "адресат",
                                             "收件人",
                                             "宛先",
                                             "받는사람",
                                             "받는 사람",
                                             "수신자",
                                             "alıcı",
                                             "παραλήπτη",
                                             "címzett",
                                             "příjemc",
                                             "destinatar",
                                             "vastaanottaj",
                                             "odbiorca",
                                             NULL};

/* Behind it. */
static const char *const recipient_fates[] = {"could not be delivered",
                                              "couldn't be delivered",
                                              "cannot be delivered",
                                              "wasn't delivered",
                                              "was not delivered",
                                              "was undeliverable",
                                              "has been delayed",
                                              "not found",
                                              "unknown",
                                              "does not exist",
                                              "doesn't exist",
                                              "wasn't found",
                                              "was rejected",
                                              "nicht zugestellt",
                                              "nicht gefunden",
                                              "existiert nicht",
                                              "niet worden bezorgd",
                                              "niet worden afgeleverd",
                                              "niet bezorgd",
                                              "bestaat niet",
                                              "pas pu être",
                                              "n'a pas été remis",
                                              "n'existe pas",
                                              "nie została dostarczona",
                                              "nie mogła zostać",
                                              "nie istnieje",
                                              "no se pudo entregar",
                                              "no se ha podido entregar",
                                              "no existe",
                                              "non è stato recapitato",
                                              "non esiste",
                                              "não pôde ser entregue",
                                              "não foi entregue",
                                              "não existe",
                                              NULL};

/* Before the address of anybody else: the sender, whom to ask for help. */
static const char *const other_words[] = {"mail from", "from:",     "from <",      "from ", "sender",     "contact",
                                          "reply to",  "reply-to",  "help",        "http",  "message-id", "mailto",
                                          "by ",       "questions", "return-path", "x-",    NULL};

/* Refused after the recipient had been accepted. */
static const char *const data_signs[] = {"end of data",
                                         "final data",
                                         "after data",
                                         "end of message",
                                         "<crlf>.<crlf>",
                                         ">>> data",
                                         "during data",
                                         "after sending the message",
                                         "transfer of message",
                                         "failed after i sent the message",
                                         NULL};

/* The answer to naming the recipient. */
static const char *const rcpt_signs[] = {"rcpt to", "rcpt_to", "after rcpt", "reply to rcpt", "does not like recipient",
                                         NULL};

static void
prose_recipient_free(gpointer data)
{
    struct prose_recipient *recipient = data;
    g_free(recipient->address);
    g_string_free(recipient->words, TRUE);
    g_free(recipient);
}

/* ---- where the returned mail begins ---- */

static gboolean
starts(const char *line, gsize length, const char *with)
{
    gsize bytes = strlen(with);
    return length >= bytes && g_ascii_strncasecmp(line, with, bytes) == 0;
}

/* Trace headers stand in no report but in the mail that it returns. */
static gboolean
is_trace(const char *line, gsize length)
{
    for (gsize i = 0; trace_headers[i]; i++)
        if (starts(line, length, trace_headers[i]))
            return TRUE;
    return FALSE;
}

static gboolean
announces_original(const char *line, gsize length)
{
    char lower[128];
    if (length == 0 || length >= sizeof lower)
        return FALSE;
    for (gsize i = 0; i < length; i++)
        lower[i] = g_ascii_tolower(line[i]);
    lower[length] = '\0';
    const char last = line[length - 1];
    if (last == ':' || last == '.' || last == '-' || strchr("-*=", line[0]))
        if (sentence_contains(lower, original_words))
            return TRUE;
    return (line[0] == '-' || line[0] == '*') && strstr(lower, "original message");
}

gsize
prose_length(const char *text)
{
    const char *line = text;
    while (*line) {
        const char *lf = strchrnul(line, '\n');
        gsize length = (gsize)(lf - line);
        while (length && (line[length - 1] == '\r' || line[length - 1] == ' '))
            length--;
        if (line != text && (is_trace(line, length) || announces_original(line, length)))
            return (gsize)(line - text);
        line = *lf ? lf + 1 : lf;
    }
    return (gsize)(line - text);
}

/* ---- addresses ---- */

static gboolean
is_local(char c)
{
    return g_ascii_isalnum(c) || (c && strchr(".!#$%&*+-/=?^_{|}~'", c));
}

char *
prose_address(const char *line, gsize length, gsize at, gsize *start, gsize *end)
{
    gsize from = at, to = at + 1;
    while (from > 0 && is_local(line[from - 1]))
        from--;
    while (from < at && strchr("'.*-=", line[from]))
        from++;
    while (to < length && (g_ascii_isalnum(line[to]) || line[to] == '-' || line[to] == '.'))
        to++;
    while (to > at + 1 && (line[to - 1] == '.' || line[to - 1] == '-'))
        to--;
    *start = from;
    *end = to;
    if (from == at || to - at < 4 || !memchr(line + at, '.', to - at) || to - from > 254)
        return NULL;
    return g_strndup(line + from, to - from);
}

/* ---- what a line says about an address ---- */

enum claim {
    CLAIM_NONE,
    CLAIM_REPLY,   /* an SMTP reply names it */
    CLAIM_KEYED,   /* "your message to … could not be delivered" */
    CLAIM_LEAD,    /* the line begins with it */
    CLAIM_HEADING, /* it stands alone, or before a colon */
};

static gboolean
is_decoration(char c)
{
    return c && strchr(" \t<>\"'()[]*-:,.;|", c);
}

/* Nothing but the address, perhaps twice and with a number before it; or the address first and then a colon. */
static gboolean
is_heading(const struct line *line, gsize start, gsize end, const char *address)
{
    const char *p = line->body;
    gsize n = line->body_length;
    for (gsize i = 0; i < start; i++)
        if (!is_decoration(p[i]) && !(g_ascii_isdigit(p[i]) && start < 8))
            return FALSE;
    gsize behind = end;
    while (behind < n && strchr(">\"')] \t", p[behind]))
        behind++;
    if (behind == n || p[behind] == ':' || (n - behind >= 3 && memcmp(p + behind, "...", 3) == 0) || p[behind] == ',' ||
        p[behind] == ';' || (p[behind] == '.' && behind + 1 == n))
        return TRUE;
    if (p[behind] == '(' || p[behind] == '-') /* "<bob@example.com> (host said …)" */
        return p[start > 0 ? start - 1 : 0] == '<' || p[behind] == '(';
    gsize bytes = strlen(address); /* "bob@example.com <bob@example.com>" */
    return n - behind <= bytes + 4 && memmem(p + behind, n - behind, address, bytes);
}

static gboolean
is_keyed(const char *before, const char *behind)
{
    return sentence_contains(before, recipient_keys) || sentence_contains(behind, recipient_fates);
}

/* The sender, and whom to ask for help. */
static gboolean
is_other(const char *before, const char *address)
{
    gsize length = strlen(before);
    const char *near = before + (length > 40 ? length - 40 : 0);
    return sentence_contains(near, other_words) || g_ascii_strncasecmp(address, "mailer-daemon@", 14) == 0;
}

static enum claim
claim_of(const struct line *line, gsize start, gsize end, const char *address)
{
    gsize lead = MIN(start, NEAR), trail = MIN(line->body_length - end, NEAR);
    g_autofree char *before = g_ascii_strdown(line->body + start - lead, (gssize)lead);
    g_autofree char *behind = g_ascii_strdown(line->body + end, (gssize)trail);
    if (end + 2 < line->body_length && memcmp(line->body + end, " <", 2) == 0 && memchr(line->body + end, '@', trail) &&
        !memmem(line->body + end, trail, address, strlen(address)))
        return CLAIM_NONE; /* a name that looks like an address */
    if (is_heading(line, start, end, address))
        return CLAIM_HEADING;
    if (start > 2 && memcmp(line->body + start - 2, " <", 2) == 0 && memchr(line->body, '@', start) &&
        line->body[end] == '>' && end + 1 < line->body_length && line->body[end + 1] == ':')
        return CLAIM_HEADING;
    if (start == 0 || (start == 1 && line->body[0] == '<'))
        return CLAIM_LEAD;
    if (is_other(before, address) && !strstr(before, "rcpt to"))
        return CLAIM_NONE;
    if (is_keyed(before, behind))
        return CLAIM_KEYED;
    return is_smtp_reply(line->body) || strstr(before, "550") || strstr(before, "5.1.") ? CLAIM_REPLY : CLAIM_NONE;
}

/* ---- recipients ---- */

struct mention {
    guint line;
    enum claim claim;
    char *address;
    gsize end;
};

static void
mention_clear(gpointer data)
{
    g_free(((struct mention *)data)->address);
}

static GArray *
find_mentions(const GArray *lines, const char *sender)
{
    GArray *mentions = g_array_new(FALSE, FALSE, sizeof(struct mention));
    g_array_set_clear_func(mentions, mention_clear);
    for (guint i = 0; i < lines->len && i < REPORT_LINES && mentions->len < RECIPIENTS; i++) {
        const struct line *line = line_at(lines, i);
        const char *at = line->body, *stop = line->body + MIN(line->body_length, 2000);
        gsize start, end;
        for (; (at = memchr(at, '@', (gsize)(stop - at))) != NULL; at++) {
            char *address = prose_address(line->body, line->body_length, (gsize)(at - line->body), &start, &end);
            enum claim claim = address ? claim_of(line, start, end, address) : CLAIM_NONE;
            if (claim == CLAIM_NONE || (sender && claim < CLAIM_LEAD && g_ascii_strcasecmp(address, sender) == 0)) {
                g_free(address);
                continue;
            }
            struct mention mention = {i, claim, address, end};
            g_array_append_val(mentions, mention);
        }
    }
    return mentions;
}

static struct prose_recipient *
find_recipient(const GPtrArray *recipients, const char *address)
{
    for (guint i = 0; i < recipients->len; i++) {
        struct prose_recipient *recipient = g_ptr_array_index(recipients, i);
        if (g_ascii_strcasecmp(recipient->address, address) == 0)
            return recipient;
    }
    return NULL;
}

static void
put_words(GString *words, const char *text, gsize length)
{
    if (words->len >= WORDS_BYTES)
        return;
    g_string_append_len(words, text, (gssize)length);
    g_string_append_c(words, '\n');
}

/* What stands behind a mention up to the next of the same kind. */
static void
take_words(struct prose_recipient *recipient, const GArray *lines, const struct mention *mention, guint until)
{
    const struct line *line = line_at(lines, mention->line);
    if (recipient->words->len) /* a blank line: nothing is read across it */
        put_words(recipient->words, "", 0);
    if (mention->claim == CLAIM_HEADING)
        put_words(recipient->words, line->body + mention->end, line->body_length - mention->end);
    else
        put_words(recipient->words, line->body, line->body_length);
    const struct line *above = mention->line > 0 ? line_at(lines, mention->line - 1) : NULL;
    if (above && is_smtp_reply(line->body) && starts(above->body, above->body_length, "<<< "))
        put_words(recipient->words, above->body, above->body_length); /* sendmail: what it was told; its verdict */
    for (guint i = mention->line + 1; i < until; i++)
        put_words(recipient->words, line_at(lines, i)->body, line_at(lines, i)->body_length);
}

static struct prose_recipient *
add_recipient(GPtrArray *recipients, const char *address)
{
    struct prose_recipient *recipient = find_recipient(recipients, address);
    if (recipient)
        return recipient;
    recipient = g_new0(struct prose_recipient, 1);
    recipient->address = g_strdup(address);
    recipient->words = g_string_new(NULL);
    g_ptr_array_add(recipients, recipient);
    return recipient;
}

/* The line of the next recipient's mention. */
static guint
next_mention(const GArray *mentions, guint i, enum claim best, guint end)
{
    const struct mention *mention = &g_array_index(mentions, struct mention, i);
    for (guint j = i + 1; j < mentions->len; j++) {
        const struct mention *next = &g_array_index(mentions, struct mention, j);
        if (next->claim == best && next->line > mention->line &&
            g_ascii_strcasecmp(next->address, mention->address) != 0)
            return next->line;
    }
    return end;
}

/* Transcripts name recipients again, in lines that claim less, and wrap what they say to the next line. */
static void
take_other_words(GPtrArray *recipients, const GArray *lines, const GArray *mentions, enum claim best)
{
    for (guint i = 0; i < mentions->len; i++) {
        const struct mention *mention = &g_array_index(mentions, struct mention, i);
        struct prose_recipient *recipient = mention->claim < best ? find_recipient(recipients, mention->address) : NULL;
        gboolean alone =
            i + 1 == mentions->len || g_array_index(mentions, struct mention, i + 1).line > mention->line + 1;
        if (recipient)
            take_words(recipient, lines, mention, MIN(mention->line + (alone ? 2 : 1), lines->len));
    }
}

/* "A message sent by <…> could not be delivered": not who wrote it, where anybody else is named as well. */
static void
drop_sender(GArray *mentions, const char *sender)
{
    gboolean others = FALSE;
    for (guint i = 0; sender && i < mentions->len; i++)
        others = others || g_ascii_strcasecmp(g_array_index(mentions, struct mention, i).address, sender) != 0;
    for (guint i = mentions->len; others && i-- > 0;)
        if (g_ascii_strcasecmp(g_array_index(mentions, struct mention, i).address, sender) == 0)
            g_array_remove_index(mentions, i);
}

static enum claim
best_claim(const GArray *mentions)
{
    enum claim best = CLAIM_NONE;
    for (guint i = 0; i < mentions->len; i++)
        best = MAX(best, g_array_index(mentions, struct mention, i).claim);
    return best;
}

GPtrArray *
prose_read(const char *text, const char *sender)
{
    GPtrArray *recipients = g_ptr_array_new_with_free_func(prose_recipient_free);
    g_autofree char *report = g_strndup(text, prose_length(text));
    g_autoptr(GArray) lines = lines_split(report);
    g_autoptr(GArray) mentions = find_mentions(lines, sender);
    drop_sender(mentions, sender);
    enum claim best = best_claim(mentions);
    for (guint i = 0; i < mentions->len; i++) {
        const struct mention *mention = &g_array_index(mentions, struct mention, i);
        gboolean reply = is_smtp_reply(line_at(lines, mention->line)->body); /* what follows is about the next */
        if (mention->claim == best)
            take_words(add_recipient(recipients, mention->address), lines, mention,
                       reply ? mention->line + 1 : next_mention(mentions, i, best, lines->len));
    }
    take_other_words(recipients, lines, mentions, best);
    return recipients;
}

char *
prose_lone_address(const char *text, const char *sender)
{
    g_autofree char *lone = NULL;
    g_autofree char *report = g_strndup(text, prose_length(text));
    g_autoptr(GArray) lines = lines_split(report);
    for (guint i = 0; i < lines->len && i < REPORT_LINES; i++) {
        const struct line *line = line_at(lines, i);
        const char *at = line->body, *stop = line->body + MIN(line->body_length, 2000);
        gsize start, end;
        for (; (at = memchr(at, '@', (gsize)(stop - at))) != NULL; at++) {
            g_autofree char *address =
                prose_address(line->body, line->body_length, (gsize)(at - line->body), &start, &end);
            gsize lead = address ? MIN(start, NEAR) : 0;
            g_autofree char *before = address ? g_ascii_strdown(line->body + start - lead, (gssize)lead) : NULL;
            if (!address || is_other(before, address) || (sender && g_ascii_strcasecmp(address, sender) == 0))
                continue;
            if (lone && g_ascii_strcasecmp(lone, address) != 0)
                return NULL;
            g_free(lone);
            lone = g_steal_pointer(&address);
        }
    }
    return g_steal_pointer(&lone);
}

enum prose_stage
prose_stage(const char *words)
{
    g_autofree char *lower = g_ascii_strdown(words, (gssize)strnlen(words, WORDS_BYTES));
    if (sentence_contains(lower, data_signs))
        return STAGE_DATA;
    return sentence_contains(lower, rcpt_signs) ? STAGE_RCPT : STAGE_UNKNOWN;
}
