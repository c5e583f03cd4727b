#include "milter/intake.h"

#include <stdio.h>
#include <string.h>

#include "lib/log.h"
#include "lib/text.h"
#include "lib/wake.h"
#include "mime/read.h"
#include "milter/spool.h"

struct recipient {
    char *given;   /* as RCPT had it: what delrcpt wants */
    char *address; /* without angle brackets and source route */
};

struct intake {
    struct gateway *gateway;
    struct settings *settings;
    gboolean inside; /* the gate: from DATA on */
    gboolean submitted;
    gint64 started;  /* monotonic microseconds at DATA */
    gint64 declared; /* SIZE=, or 0 */
    char *sender;
    char *queue_id;
    GPtrArray *ours;  /* struct recipient */
    GPtrArray *taken; /* char *, borrowed from `ours` */
    guint others;     /* recipients that stay Postfix's */
    spool *spool;
    gboolean in_body;
};

/* ---- answers ---- */

static const struct answer CONTINUE = {.kind = ANSWER_CONTINUE};
static const struct answer ACCEPT = {.kind = ANSWER_ACCEPT};
static const struct answer DISCARD = {.kind = ANSWER_DISCARD};

static struct answer
answer_make(int code, const char *enhanced, const char *text)
{
    struct answer answer = {.kind = code < 500 ? ANSWER_TEMPFAIL : ANSWER_REJECT, .code = code, .enhanced = enhanced};
    g_autofree char *ascii = text_ascii(text);
    g_autofree char *line = text_one_line(ascii, sizeof answer.text - 1);
    g_strlcpy(answer.text, line, sizeof answer.text);
    return answer;
}

static struct answer
answer_going(void)
{
    return answer_make(451, "4.3.2", "The gateway is being restarted; please try again in a minute.");
}

static struct answer
answer_failure(void)
{
    return answer_make(451, "4.3.0", "The mail could not be stored; please try again later.");
}

static struct answer
answer_verdict(const struct verdict *verdict)
{
    /* A verdict whose code contradicts its kind is our bug; the mail must not pay for it. */
    gboolean permanent = verdict->kind == VERDICT_REFUSED;
    if (!verdict->enhanced || verdict->code / 100 != (permanent ? 5 : 4))
        return answer_failure();
    return answer_make(verdict->code, verdict->enhanced, verdict->text);
}

static struct answer
answer_too_large(const intake *self)
{
    g_autofree char *text =
        g_strdup_printf("The mail is larger than the %" G_GINT64_FORMAT " bytes that are taken here.",
                        self->settings->conf->max_message_size);
    return answer_make(552, "5.3.4", text);
}

/* ---- the envelope ---- */

#define ATOM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~."

/* <@relay:acme@experts.test> → acme@experts.test; a local part that is quoted for no reason loses its quotes, as it
 * does in Postfix. The result is UTF-8 whatever came. */
static char *
bare_address(const char *given)
{
    gsize length = strlen(given);
    if (length >= 2 && given[0] == '<' && given[length - 1] == '>') {
        given++;
        length -= 2;
    }
    const char *colon = length && given[0] == '@' ? memchr(given, ':', length) : NULL;
    if (colon) {
        length -= (gsize)(colon + 1 - given);
        given = colon + 1;
    }
    g_autofree char *address = text_utf8(given, length);
    gsize atom = address[0] == '"' ? strspn(address + 1, ATOM) : 0;
    if (atom > 0 && g_str_has_prefix(address + 1 + atom, "\"@"))
        return g_strdup_printf("%.*s%s", (int)atom, address + 1, address + atom + 2);
    return g_steal_pointer(&address);
}

static gint64
declared_size(char *const *parameters)
{
    for (; parameters && *parameters; parameters++)
        if (g_ascii_strncasecmp(*parameters, "SIZE=", 5) == 0)
            return g_ascii_strtoll(*parameters + 5, NULL, 10);
    return 0;
}

static void
recipient_free(gpointer data)
{
    struct recipient *recipient = data;
    g_free(recipient->given);
    g_free(recipient->address);
    g_free(recipient);
}

intake *
intake_new(struct gateway *gateway, const char *sender, char *const *parameters, gboolean submitted)
{
    intake *new = g_new0(intake, 1);
    new->gateway = gateway;
    new->settings = gateway_settings(gateway);
    const struct conf *values = new->settings->conf;
    struct spool_options options = {
        .directory = values->spool_directory,
        .memory = (gsize)values->spool_memory,
        .limit = (gsize)values->max_message_size,
    };
    new->submitted = submitted;
    new->declared = declared_size(parameters);
    new->sender = bare_address(sender);
    new->ours = g_ptr_array_new_with_free_func(recipient_free);
    new->taken = g_ptr_array_new();
    new->spool = spool_new(&options);
    return new;
}

void
intake_free(intake *self)
{
    if (!self)
        return;
    settings_release(self->gateway, self->settings);
    if (self->inside)
        gate_leave(&self->gateway->gate);
    spool_free(self->spool);
    g_ptr_array_unref(self->taken);
    g_ptr_array_unref(self->ours);
    g_free(self->sender);
    g_free(self->queue_id);
    g_free(self);
}

static gint64
now(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

/* The store's part of RCPT. FALSE: no verdict. */
static gboolean
ask(intake *self, const char *address, struct verdict *verdict, struct answer *instead)
{
    g_autoptr(GError) error = NULL;
    if (!gate_enter(&self->gateway->gate)) {
        *instead = answer_going();
        return FALSE;
    }
    gboolean known = market_recipient(&self->settings->market, self->sender, address, now(), verdict, &error);
    gate_leave(&self->gateway->gate);
    if (!known) {
        log_error(error, "no verdict on a recipient");
        *instead = answer_failure();
    }
    return known;
}

static void
remember(intake *self, const char *given, char *address)
{
    struct recipient *recipient = g_new0(struct recipient, 1);
    recipient->given = g_strdup(given);
    recipient->address = address;
    g_ptr_array_add(self->ours, recipient);
}

/* RFC 5321 4.5.3.1.8 wants room for a hundred. Each of ours is a conversation in one transaction; the sender's MTA
 * sends the rest in a mail of its own. */
enum { RECIPIENTS = 100 };
static const struct answer TOO_MANY = {ANSWER_TEMPFAIL, 452, "4.5.3",
                                       "Too many recipients here in one mail, send the rest in another"};

static struct answer
decide_recipient(intake *self, const char *given, const char *address)
{
    struct verdict verdict = {.kind = VERDICT_TEMP};
    struct answer answer;
    if (!ask(self, address, &verdict, &answer))
        return answer;
    if (verdict.kind == VERDICT_NOT_OURS)
        return ACCEPT;
    if (verdict.kind != VERDICT_TAKEN)
        return answer_verdict(&verdict);
    if (self->declared > self->settings->conf->max_message_size)
        return answer_too_large(self);
    if (self->ours->len >= RECIPIENTS)
        return TOO_MANY;
    remember(self, given, g_strdup(address));
    return CONTINUE;
}

static void
log_refusal(const intake *self, const char *address, const struct answer *answer)
{
    g_autofree char *reply = g_strdup_printf("%d %s %s", answer->code, answer->enhanced, answer->text);
    log_event(LOG_INFO, self->submitted ? "recipient left to the pipe" : "recipient refused", "sender", self->sender,
              "recipient", address, "reply", reply, NULL);
}

struct answer
intake_recipient(intake *self, const char *recipient)
{
    g_autofree char *address = bare_address(recipient);
    struct answer answer = decide_recipient(self, recipient, address);
    if (answer.kind == ANSWER_REJECT || answer.kind == ANSWER_TEMPFAIL) {
        log_refusal(self, address, &answer);
        /* Nobody reads a refusal here: cleanup(8) would only log it. The pipe transport asks again, and bounces. */
        if (self->submitted)
            answer = ACCEPT;
    }
    if (answer.kind != ANSWER_ACCEPT)
        return answer;
    self->others++;
    return CONTINUE;
}

/* ---- the content ---- */

struct answer
intake_data(intake *self, const char *queue_id)
{
    if (self->ours->len == 0)
        return ACCEPT;
    if (!self->inside && !gate_enter(&self->gateway->gate))
        return answer_going();
    self->inside = TRUE;
    self->started = g_get_monotonic_time();
    if (queue_id)
        self->queue_id = g_strdup(queue_id);
    return CONTINUE;
}

void
intake_header(intake *self, const char *name, const char *value)
{
    spool_append(self->spool, name, strlen(name));
    spool_append(self->spool, ":", 1);
    for (const char *end; (end = strchr(value, '\n')); value = end + 1) {
        gsize length = (gsize)(end - value);
        spool_append(self->spool, value, length - (length && value[length - 1] == '\r'));
        spool_append(self->spool, "\r\n", 2);
    }
    spool_append(self->spool, value, strlen(value));
    spool_append(self->spool, "\r\n", 2);
}

static void
end_headers(intake *self)
{
    if (!self->in_body)
        spool_append(self->spool, "\r\n", 2);
    self->in_body = TRUE;
}

void
intake_body(intake *self, gconstpointer data, gsize length)
{
    end_headers(self);
    spool_append(self->spool, data, length);
}

/* ---- the end ---- */

struct parse {
    gconstpointer raw;
    gsize length;
    mail *mail;
};

static void
parse(gpointer arg)
{
    struct parse *job = arg;
    job->mail = mail_read(job->raw, job->length);
}

static const char **
addresses(const intake *self)
{
    const char **list = g_new0(const char *, self->ours->len + 1);
    for (guint i = 0; i < self->ours->len; i++)
        list[i] = ((struct recipient *)g_ptr_array_index(self->ours, i))->address;
    return list;
}

/* Reads the mail and asks the rules; durable when it returns. FALSE: nothing was written. */
static gboolean
receive(intake *self, struct verdict *verdict, GError **error)
{
    struct parse job = {.mail = NULL};
    gboolean wake = FALSE;
    if (!spool_view(self->spool, &job.raw, &job.length, error))
        return FALSE;
    worker_pool_run(self->gateway->parsers, parse, &job);
    g_autoptr(mail) parsed = job.mail;
    g_autofree const char **recipients = addresses(self);
    struct delivery delivery = {
        .sender = self->sender,
        .recipients = recipients,
        .raw = job.raw,
        .length = job.length,
        .mail = parsed,
        .shared = self->others > 0,
        .trace = self->queue_id ? self->queue_id : "milter",
    };
    if (!market_receive(&self->settings->market, &delivery, now(), verdict, &wake, error))
        return FALSE;
    if (wake)
        wake_send(self->settings->conf->wake_socket);
    return TRUE;
}

static struct answer
conclude_taken(intake *self)
{
    if (self->others == 0)
        return DISCARD;
    for (guint i = 0; i < self->ours->len; i++) {
        struct recipient *recipient = g_ptr_array_index(self->ours, i);
        g_ptr_array_add(self->taken, recipient->given);
    }
    return ACCEPT;
}

/*
 * A refusal of ours must not take the mail from the others' recipients, and a verdict at the end of a mail is one for
 * all. So they stay in the envelope: Postfix delivers to the others, hands ours to the pipe transport, `postern ingest`
 * refuses there with the same words, and Postfix tells the sender in a DSN.
 */
static struct answer
conclude_refused(const intake *self, const struct answer *refusal)
{
    return self->others ? ACCEPT : *refusal;
}

static struct answer
conclude(intake *self, const char **outcome, struct answer *reply)
{
    struct verdict verdict = {.kind = VERDICT_TEMP};
    g_autoptr(GError) error = NULL;
    if (spool_is_over(self->spool)) {
        *outcome = "too large";
        *reply = answer_too_large(self);
        return conclude_refused(self, reply);
    }
    if (!receive(self, &verdict, &error)) {
        log_error(error, "a mail could not be taken");
        *outcome = "failed";
        return *reply = answer_failure();
    }
    if (verdict.kind == VERDICT_TAKEN) {
        *outcome = "taken";
        return conclude_taken(self);
    }
    *reply = answer_verdict(&verdict);
    *outcome = reply->kind == ANSWER_REJECT ? "refused" : "deferred";
    return reply->kind == ANSWER_REJECT ? conclude_refused(self, reply) : *reply;
}

static void
log_outcome(const intake *self, const char *outcome, const struct answer *reply)
{
    char recipients[16], others[16], bytes[24], milliseconds[24];
    g_snprintf(recipients, sizeof recipients, "%u", self->ours->len);
    g_snprintf(others, sizeof others, "%u", self->others);
    g_snprintf(bytes, sizeof bytes, "%zu", spool_length(self->spool));
    g_snprintf(milliseconds, sizeof milliseconds, "%.1f", (double)(g_get_monotonic_time() - self->started) / 1000);
    g_autofree char *text = reply->code ? g_strdup_printf("%d %s %s", reply->code, reply->enhanced, reply->text) : NULL;
    log_event(LOG_INFO, "mail", "queue_id", self->queue_id, "verdict", outcome, "recipients", recipients, "others",
              others, "bytes", bytes, "ms", milliseconds, "sender", self->sender, "reply", text, NULL);
}

struct answer
intake_end(intake *self)
{
    const char *outcome = NULL;
    struct answer reply = CONTINUE;
    struct answer answer = self->inside ? CONTINUE : intake_data(self, NULL); /* an MTA that knows no DATA stage */
    if (answer.kind != ANSWER_CONTINUE)
        return answer;
    end_headers(self);
    answer = conclude(self, &outcome, &reply);
    log_outcome(self, outcome, &reply);
    return answer;
}

const GPtrArray *
intake_taken(const intake *self)
{
    return self->taken;
}

struct answer
intake_failed(intake *self, const char *why)
{
    log_event(LOG_ERR, "a mail that is stored could not be taken from Postfix; it will come again", "queue_id",
              self->queue_id, "error", why, NULL);
    return answer_failure();
}
