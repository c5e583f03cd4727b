/*
 * `postern ingest`: a mail on standard input, by the same path as the milter. For Postfix's pipe(8), which brings what
 * no milter sees: Postfix's own bounces, sendmail(1) submissions, requeued mail.
 *
 * pipe(8) decides by the enhanced status code that the output begins with, and by the exit status (sysexits(3)) where
 * there is none. So whatever may pass later says 4.x.x, a broken configuration too: Postfix then keeps the mail.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "ctl/open.h"
#include "lib/error.h"
#include "lib/log.h"
#include "lib/text.h"
#include "lib/wake.h"
#include "lib/worker.h"
#include "mime/read.h"

struct outcome {
    int status; /* sysexits */
    char enhanced[12];
    char *recipient; /* that it is about; NULL: the mail */
    char *text;      /* one line */
};

static void
outcome_clear(struct outcome *outcome)
{
    g_free(outcome->recipient);
    g_free(outcome->text);
}
typedef struct outcome outcome;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(outcome, outcome_clear)

static void
outcome_set(struct outcome *outcome, int status, const char *enhanced, const char *text)
{
    outcome_clear(outcome);
    *outcome = (struct outcome){.status = status, .text = text_one_line(text, 400)};
    g_strlcpy(outcome->enhanced, enhanced, sizeof outcome->enhanced);
}

/* ---- what it means ---- */

static void
outcome_error(struct outcome *outcome, const GError *error)
{
    outcome_set(outcome, EX_TEMPFAIL, "4.3.0", error->message);
}

static void
outcome_verdict(struct outcome *outcome, const struct verdict *verdict)
{
    gboolean unknown = verdict->enhanced && g_str_has_prefix(verdict->enhanced, "5.1.");
    switch (verdict->kind) {
    case VERDICT_TAKEN:
        outcome_set(outcome, EX_OK, "2.0.0", "taken");
        break;
    case VERDICT_NOT_OURS:
        outcome_set(outcome, EX_NOUSER, "5.1.1",
                    "not an address of the gateway; if it is the admin's, give it an alias in Postfix");
        break;
    case VERDICT_REFUSED:
        outcome_set(outcome, unknown ? EX_NOUSER : EX_NOPERM, verdict->enhanced, verdict->text);
        break;
    case VERDICT_TEMP:
        outcome_set(outcome, EX_TEMPFAIL, verdict->enhanced, verdict->text);
        break;
    }
}

/* ---- the mail ---- */

/* All of standard input: what is over `limit` is read too, for a writer that meets a closed pipe may not wait for our
 * reasons. */
static gboolean
read_mail(GByteArray *mail, gsize limit, gboolean *over, GError **error)
{
    static guint8 block[64 << 10];
    for (;;) {
        gssize got = read(STDIN_FILENO, block, sizeof block);
        if (got == 0)
            return TRUE;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP, "cannot read the mail: %s", g_strerror(errno));
            return FALSE;
        }
        *over |= mail->len + (gsize)got > limit;
        if (!*over)
            g_byte_array_append(mail, block, (guint)got);
    }
}

/* Behind an mbox "From " line, if it begins with one. */
static gsize
mbox_line(const GByteArray *mail)
{
    if (mail->len < 5 || memcmp(mail->data, "From ", 5) != 0)
        return 0;
    const guint8 *end = memchr(mail->data, '\n', mail->len);
    return end ? (gsize)(end + 1 - mail->data) : mail->len;
}

struct parse {
    gconstpointer raw;
    gsize length;
    struct mail *mail;
};

static void
parse(gpointer arg)
{
    struct parse *job = arg;
    job->mail = mail_read(job->raw, job->length);
}

/* gmime needs a large stack. */
static struct mail *
read_in_worker(gconstpointer raw, gsize length, GError **error)
{
    struct parse job = {.raw = raw, .length = length};
    g_autoptr(worker_pool) pool = worker_pool_new(1, error);
    if (!pool)
        return NULL;
    mail_init();
    worker_pool_run(pool, parse, &job);
    return job.mail;
}

/* ---- the path ---- */

struct job {
    const struct market *market;
    const char *sender;
    char **recipients;
    gint64 now;
};

/* All recipients or none: the first that is not taken decides. FALSE: it did. */
static gboolean
ask_recipients(const struct job *job, struct outcome *outcome)
{
    for (char **recipient = job->recipients; *recipient; recipient++) {
        struct verdict verdict = {.kind = VERDICT_TEMP};
        g_autoptr(GError) error = NULL;
        if (!market_recipient(job->market, job->sender, *recipient, job->now, &verdict, &error))
            outcome_error(outcome, error);
        else
            outcome_verdict(outcome, &verdict);
        if (outcome->status != EX_OK) {
            if (job->recipients[1]) /* of one alone, Postfix' DSN names it */
                outcome->recipient = g_strdup(*recipient);
            return FALSE;
        }
    }
    return TRUE;
}

static void
take(const struct job *job, gconstpointer raw, gsize length, struct outcome *outcome)
{
    g_autoptr(GError) error = NULL;
    struct verdict verdict = {.kind = VERDICT_TEMP};
    gboolean wake = FALSE;
    g_autoptr(mail) parsed = read_in_worker(raw, length, &error);
    struct delivery delivery = {
        .sender = job->sender,
        .recipients = (const char *const *)job->recipients,
        .raw = raw,
        .length = length,
        .mail = parsed,
        .trace = "ingest",
    };
    if (!parsed || !market_receive(job->market, &delivery, job->now, &verdict, &wake, &error)) {
        outcome_error(outcome, error);
        return;
    }
    outcome_verdict(outcome, &verdict);
    if (wake)
        wake_send(job->market->conf->wake_socket);
}

static void
ingest(const struct job *job, struct outcome *outcome)
{
    g_autoptr(GByteArray) mail = g_byte_array_new();
    g_autoptr(GError) error = NULL;
    gint64 limit = job->market->conf->max_message_size;
    gboolean over = FALSE;
    if (!read_mail(mail, (gsize)limit, &over, &error)) {
        outcome_error(outcome, error);
    } else if (over) {
        g_autofree char *text =
            g_strdup_printf("The mail is larger than the %" G_GINT64_FORMAT " bytes that are taken here.", limit);
        outcome_set(outcome, EX_DATAERR, "5.3.4", text);
    } else if (ask_recipients(job, outcome)) {
        gsize skip = mbox_line(mail);
        take(job, mail->data + skip, mail->len - skip, outcome);
    }
}

/* ---- the command ---- */

/* pipe(8) reads standard error as well: what it sees first must be the status code. */
static void
open_log(const struct conf *settings)
{
    enum log_target target = conf_log_target(settings);
    if (target == LOG_TO_STDERR && !isatty(STDERR_FILENO))
        target = LOG_TO_SYSLOG;
    log_open("postern", target, MIN(conf_log_level(settings), target == LOG_TO_STDERR ? LOG_WARNING : LOG_DEBUG));
}

static void
outcome_print(const struct outcome *outcome, gboolean json)
{
    if (!json) {
        const char *about = outcome->recipient ? outcome->recipient : "";
        g_autofree char *address = text_one_line(about, 320);
        if (outcome->status != EX_OK)
            printf("%s %s%s%s\n", outcome->enhanced, address, *address ? ": " : "", outcome->text);
        return;
    }
    g_autofree char *recipient = outcome->recipient ? text_utf8(outcome->recipient, strlen(outcome->recipient)) : NULL;
    json_t *object =
        json_pack("{s:b, s:s, s:s, s:s?, s:i}", "taken", outcome->status == EX_OK, "status", outcome->enhanced, "text",
                  outcome->text, "recipient", recipient, "exit", outcome->status);
    json_dumpf(object, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(object);
}

/* The null sender's other spellings, and what mail programs put around an address. */
static char *
clean_sender(const char *given)
{
    gsize length = strlen(given);
    if (length >= 2 && given[0] == '<' && given[length - 1] == '>')
        return text_utf8(given + 1, length - 2);
    if (g_ascii_strcasecmp(given, "MAILER-DAEMON") == 0) /* pipe(8) without null_sender= */
        return g_strdup("");
    return text_utf8(given, length);
}

static void
run(struct ctl *ctl, const char *given, char **recipients, struct outcome *outcome)
{
    g_autofree char *sender = clean_sender(given);
    g_autoptr(GError) error = NULL;
    g_auto(opened) opened = {0};
    if (!opened_open(&opened, ctl, &error)) {
        gboolean passing = g_error_matches(error, POSTERN_ERROR, POSTERN_ERROR_TEMP);
        outcome_set(outcome, passing ? EX_TEMPFAIL : EX_CONFIG, passing ? "4.3.0" : "4.3.5", error->message);
        return;
    }
    open_log(opened.settings);
    struct job job = {
        .market = &opened.market,
        .sender = sender,
        .recipients = recipients,
        .now = ctl_now(),
    };
    ingest(&job, outcome);
}

int
ctl_ingest(struct ctl *ctl, int argc, char **argv)
{
    g_autofree char *sender = NULL;
    ctl->words_only = TRUE;
    const GOptionEntry entries[] = {
        /* A file name is taken byte by byte; a string would have to be valid in the locale. */
        {"from", 'f', 0, G_OPTION_ARG_FILENAME, &sender, "Envelope sender; '' or '<>' is the null sender", "SENDER"},
        G_OPTION_ENTRY_NULL,
    };
    const struct ctl_usage usage = {
        .parameters = "[--] RECIPIENT…",
        .summary =
            "Takes a mail on standard input for all recipients or for none. Ends with 0 when it is stored, else with "
            "a\n"
            "sysexits(3) status: 65 too large, 67 no such recipient, 75 try again, 77 refused, 78 broken settings.",
        .entries = entries,
        .least = 1,
        .most = G_MAXINT,
    };
    g_auto(outcome) outcome = {0};
    if (!ctl_options(ctl, &usage, &argc, &argv))
        return EX_USAGE;
    if (!sender) {
        ctl_wrong(argv[0], "-f SENDER is missing ('' for the null sender)");
        return EX_USAGE;
    }
    run(ctl, sender, argv + 1, &outcome);
    outcome_print(&outcome, ctl->json);
    return outcome.status;
}
