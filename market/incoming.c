#include "market/incoming.h"

#include <string.h>

#include "lib/sha256.h"
#include "lib/text.h"
#include "market/absence.h"
#include "market/address.h"
#include "market/comment.h"
#include "market/refusal.h"
#include "mime/language.h"
#include "mime/read.h"
#include "mime/reply.h"
#include "mime/report.h"
#include "mime/subject.h"

enum {
    SUBJECT_BYTES = 300,
    NAME_BYTES = 200,
    REFERENCES_MAX = 20,
    QUOTED_MAX = 20,
    SEARCHED_BYTES = 1 << 20,
    TEXT_BYTES = 256 << 10,
    PICTURE_BYTES = 5 << 10
};

static gboolean
is_own(const struct market *market, const char *address)
{
    const char *at = address ? strrchr(address, '@') : NULL;
    return at && g_ascii_strcasecmp(at + 1, market->conf->domain) == 0;
}

static void
read_author(const struct market *market, struct incoming *in)
{
    const struct mail_address *from = mail_author(in->delivery->mail);
    in->author_address = from ? text_address(from->address) : NULL;
    if (!in->author_address && *in->delivery->sender)
        in->author_address = text_address(in->delivery->sender);
    if (is_own(market, in->author_address))
        g_clear_pointer(&in->author_address, g_free);
    in->author_name = text_one_line(from ? from->name : "", NAME_BYTES);
}

/* Whom an answer would go to: a form names the lead in its fields or in Reply-To, its From is the tool. */
static void
read_form(const struct market *market, struct incoming *in)
{
    const struct mail *mail = in->delivery->mail;
    in->form = form_read(mail, in->delivery->raw, in->delivery->length, market->forms, TRUE);
    if (!in->form)
        return;
    if (in->form->lead.email)
        in->form_address = text_address(in->form->lead.email);
    for (guint i = 0; !in->form_address && i < mail->reply_to->len; i++) {
        const struct mail_address *to = g_ptr_array_index(mail->reply_to, i);
        in->form_address = text_address(to->address);
    }
    if (!in->form_address && !in->nature.automatic && in->nature.class == MAIL_HUMAN)
        in->form_address = g_strdup(in->author_address);
    if (is_own(market, in->form_address))
        g_clear_pointer(&in->form_address, g_free);
    in->form_name = text_one_line(in->form->lead.name ? in->form->lead.name : "", NAME_BYTES);
}

struct request_from
incoming_author(const struct incoming *in)
{
    return (struct request_from){in->author_address, in->author_name, NULL};
}

struct request_from
incoming_form(const struct incoming *in)
{
    if (!in->form)
        return incoming_author(in);
    return (struct request_from){in->form_address, in->form_name, in->form};
}

/* What clients put in by themselves and what names the sender: signatures, which prove nothing once the mail is built
 * anew, visiting cards, and Outlook's winmail.dat, which hardly anybody else can open. They stay in the raw mail. */
static gboolean
is_clients_own(const struct mail_part *part)
{
    static const char *const types[] = {"application/pkcs7-signature",
                                        "application/x-pkcs7-signature",
                                        "application/pgp-signature",
                                        "application/pgp-keys",
                                        "text/vcard",
                                        "text/x-vcard",
                                        "text/directory",
                                        "application/ms-tnef",
                                        "application/vnd.ms-tnef"};
    for (guint i = 0; i < G_N_ELEMENTS(types); i++)
        if (strcmp(part->type, types[i]) == 0)
            return TRUE;
    return FALSE;
}

/* A client's "attach the original": our own mail to the sender, with the sender's address and link in it. */
static gboolean
is_mail_of_ours(const struct market *market, const struct delivery *delivery, const struct mail_part *part)
{
    if (!g_str_has_prefix(part->type, "message/"))
        return FALSE;
    g_autoptr(GBytes) bytes = mail_decode((const char *)delivery->raw + part->offset, part->length, part->encoding);
    gsize length = 0;
    const char *data = g_bytes_get_data(bytes, &length);
    g_autofree char *text = text_utf8(data ? data : "", length);
    return link_is_in(market, text);
}

/* A picture in the text: pasted screenshots look like this, and so do logos in signatures, which are mostly smaller. */
static gboolean
is_pasted_picture(const struct mail_part *part)
{
    return !part->attachment && g_str_has_prefix(part->type, "image/") && part->size >= PICTURE_BYTES;
}

static void
read_files(const struct market *market, struct incoming *in)
{
    in->files = g_ptr_array_new();
    for (guint i = 0; i < in->delivery->mail->parts->len; i++) {
        const struct mail_part *part = g_ptr_array_index(in->delivery->mail->parts, i);
        if (part->nested || (!part->attachment && !is_pasted_picture(part)))
            continue;
        if (is_clients_own(part) || is_mail_of_ours(market, in->delivery, part))
            in->left_out++;
        else
            g_ptr_array_add(in->files, (gpointer)part);
    }
}

/* The reader is told that there was something more. */
static void
note_left_out(struct incoming *in)
{
    static const char note[] = "\n\n[A visiting card, a signature file, winmail.dat or a copy of an earlier mail was "
                               "attached and is not passed on.]";
    char **texts[] = {&in->words, &in->whole, &in->commands.message};
    for (guint i = 0; i < G_N_ELEMENTS(texts) && in->left_out; i++) {
        if (!**texts[i])
            continue;
        char *noted = g_strconcat(*texts[i], note, NULL);
        g_free(*texts[i]);
        *texts[i] = noted;
    }
}

static void
reference_free(gpointer data)
{
    struct incoming_reference *reference = data;
    g_free(reference->id);
    g_free(reference);
}

static void
add_references(const struct market *market, struct incoming *in, const GPtrArray *ids, gboolean direct)
{
    guint room[2] = {REFERENCES_MAX, REFERENCES_MAX};
    for (guint i = ids->len; i > 0 && (room[0] || room[1]); i--) {
        const char *id = g_ptr_array_index(ids, i - 1);
        gboolean ours = link_message_id_is_ours(market, id);
        if (!room[ours])
            continue;
        room[ours]--;
        struct incoming_reference *reference = g_new0(struct incoming_reference, 1);
        *reference = (struct incoming_reference){g_strdup(id), ours, direct};
        g_ptr_array_add(in->references, reference);
    }
}

static void
add_addressed(const struct market *market, struct incoming *in, const GPtrArray *addresses)
{
    for (guint i = 0; i < addresses->len && in->addressed->len < QUOTED_MAX; i++) {
        struct target target;
        target_parse(market, ((const struct mail_address *)g_ptr_array_index(addresses, i))->address, &target);
        if (target.kind == TARGET_LINK)
            g_array_append_val(in->addressed, target.token);
    }
}

static void
find_quoted(const struct market *market, struct incoming *in, const char *body)
{
    if (!body)
        return;
    g_autofree char *start = strlen(body) > SEARCHED_BYTES ? g_strndup(body, SEARCHED_BYTES) : NULL;
    link_find(market, start ? start : body, QUOTED_MAX, in->quoted);
}

/* What says which conversation it belongs to; see market/route.h. */
static void
read_evidence(const struct market *market, struct incoming *in)
{
    const struct mail *mail = in->delivery->mail;
    const char *thread = mail_header(mail, "Thread-Index");
    in->references = g_ptr_array_new_with_free_func(reference_free);
    add_references(market, in, mail->in_reply_to, TRUE);
    add_references(market, in, mail->references, FALSE);
    if (thread && !link_thread_root(market, thread, &in->thread_link))
        in->thread_link = 0;
    in->addressed = g_array_new(FALSE, FALSE, sizeof(struct link_token));
    add_addressed(market, in, mail->to);
    add_addressed(market, in, mail->cc);
    in->quoted = g_array_new(FALSE, FALSE, sizeof(struct link_token));
    find_quoted(market, in, mail->text);
    find_quoted(market, in, mail->html);
}

/* All readable text but the signature: a first contact may be a forward, whose quoted part is the request. */
static char *
whole_text(const struct mail *mail, const struct reply *reply)
{
    if (!*reply->elided)
        return g_strchomp(g_strdup(reply->text));
    g_autofree char *text = g_strdup(mail->text);
    g_strchomp(text);
    g_autofree char *signature = g_strdup(reply->signature);
    g_strchomp(signature);
    if (*signature && g_str_has_suffix(text, signature))
        text[strlen(text) - strlen(signature)] = '\0';
    return g_strdup(g_strchomp(text));
}

/* No person writes so much; the database's rows stay small, the reader is told, the raw mail is whole. */
char *
incoming_bounded(char *text)
{
    static const char note[] = "\n\n[The text goes on; it is longer than is passed on here.]";
    gsize length = strlen(text);
    if (length <= TEXT_BYTES)
        return text;
    char *end = g_utf8_find_prev_char(text, text + TEXT_BYTES);
    *(end ? end : text) = '\0';
    char *cut = g_strconcat(text, note, NULL);
    g_free(text);
    return cut;
}

char *
incoming_full(const struct incoming *in)
{
    return incoming_bounded(g_strchomp(g_strconcat(in->commands.message, "\n\n", in->trimmed, NULL)));
}

static void
read_words(struct incoming *in)
{
    struct reply reply = {0};
    reply_trim(in->delivery->mail, &reply);
    in->whole = incoming_bounded(whole_text(in->delivery->mail, &reply));
    in->words = incoming_bounded(g_strchomp(g_steal_pointer(&reply.text)));
    in->trimmed = incoming_bounded(g_strconcat(reply.signature, *reply.signature ? "\n" : "", reply.elided, NULL));
    reply_clear(&reply);
    commands_read(in->words, &in->commands);
    in->letters = commands_have(&in->commands, COMMAND_FULL) ? comment_letters(in->trimmed) : g_strdup("");
    in->refuses = refusal_is_in(in->commands.message);
}

/* RFC 3464: what became of a mail of ours. A delay is not a failure; a bounce that cannot be read is taken for one. */
static void
read_failure(struct incoming *in)
{
    if (in->nature.class != MAIL_BOUNCE)
        return;
    g_autoptr(GPtrArray) recipients = report_read(in->delivery->mail, in->delivery->raw, in->delivery->length);
    in->failed = recipients->len == 0;
    for (guint i = 0; i < recipients->len && !in->failed; i++) {
        const struct report_recipient *r = g_ptr_array_index(recipients, i);
        in->failed = r->kind != REPORT_DELIVERED && !r->delayed;
        in->hard = in->failed && r->kind == REPORT_HARD;
        if (in->failed && *r->reply)
            in->failure = g_strdup(r->reply);
    }
}

static void
read_automatic(struct incoming *in)
{
    const struct delivery *d = in->delivery;
    if (in->nature.class == MAIL_RECEIPT)
        in->receipt_of = report_displayed(d->mail, d->raw, d->length);
    in->away_until = in->nature.class == MAIL_AUTO_REPLY ? absence_until(in->whole) : g_strdup("");
}

gboolean
incoming_is_by_machine(const struct incoming *in)
{
    return in->nature.automatic && in->nature.class != MAIL_FORM;
}

void
incoming_read(const struct market *market, const struct delivery *delivery, gboolean to_leads, struct incoming *in)
{
    const struct mail *mail = delivery->mail;
    memset(in, 0, sizeof *in);
    in->delivery = delivery;
    in->nature = mail_nature(mail, delivery->sender);
    mail_fingerprint(delivery->sender, delivery->raw, delivery->length, in->fingerprint);
    g_autofree char *hex = sha256_hex(in->fingerprint, sizeof in->fingerprint);
    in->key = g_strndup(hex, 32);
    read_author(market, in);
    g_autofree char *subject = text_one_line(mail->subject ? mail->subject : "", SUBJECT_BYTES);
    in->subject = g_strdup(subject_base(subject));
    read_evidence(market, in);
    read_words(in);
    read_files(market, in);
    note_left_out(in);
    read_failure(in);
    read_automatic(in);
    if (to_leads)
        read_form(market, in);
    in->language = language_guess(in->commands.message);
    in->dmarc = authres_dmarc(mail, market->conf->authserv_id);
    g_autofree char *folded = text_fold(in->whole);
    in->dropshipping = strstr(folded, "dropship") != NULL;
}

void
incoming_clear(struct incoming *in)
{
    g_free(in->author_address);
    g_free(in->author_name);
    g_free(in->subject);
    g_free(in->words);
    g_free(in->trimmed);
    g_free(in->letters);
    g_free(in->receipt_of);
    g_free(in->away_until);
    g_free(in->whole);
    commands_clear(&in->commands);
    g_clear_pointer(&in->references, g_ptr_array_unref);
    g_clear_pointer(&in->addressed, g_array_unref);
    g_clear_pointer(&in->quoted, g_array_unref);
    g_clear_pointer(&in->files, g_ptr_array_unref);
    g_clear_pointer(&in->form, form_free);
    g_free(in->key);
    g_free(in->failure);
    g_free(in->form_address);
    g_free(in->form_name);
    memset(in, 0, sizeof *in);
}
