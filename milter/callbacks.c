#include "milter/callbacks.h"

#include <libmilter/mfapi.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lib/error.h"
#include "milter/intake.h"

/* Between DATA and the first header Postfix is silent for as long as the client takes to send, and libmilter closes a
 * session that is silent for longer: 25 MB at 64 kbit/s are an hour. */
#define SILENCE_SECONDS (2 * 60 * 60)

/* A packet from Postfix holds a whole header; libmilter's 64 KB is less than Postfix's own header_size_limit, and a
 * longer one would cut the connection and defer the mail for ever. */
#define PACKET_BYTES ((1u << 20) - 1)

#define QUEUE_ID "i"

/* libmilter hands no user data to a new session. Set once, before the first. */
static struct gateway *gateway;

struct session {
    gboolean negotiated;    /* what it does not answer is agreed upon */
    gboolean leading_space; /* header values come with theirs */
    intake *intake;         /* between MAIL and the verdict */
};

/* An MTA that did not negotiate has none yet, nor has one that goes on after QUIT_NC. */
static struct session *
session_of(SMFICTX *context)
{
    struct session *session = smfi_getpriv(context);
    if (!session) {
        session = g_new0(struct session, 1);
        smfi_setpriv(context, session);
    }
    return session;
}

/* ---- answers ---- */

/* libmilter wants a per cent sign doubled, and so does Postfix. */
static char *
escape(const char *text)
{
    g_autoptr(GString) out = g_string_new(NULL);
    for (; *text; text++)
        g_string_append(out, *text == '%' ? "%%" : (char[]){*text, 0});
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static sfsistat
status_of(SMFICTX *context, const struct answer *answer)
{
    static const sfsistat STATUS[] = {
        [ANSWER_CONTINUE] = SMFIS_CONTINUE, [ANSWER_ACCEPT] = SMFIS_ACCEPT, [ANSWER_DISCARD] = SMFIS_DISCARD,
        [ANSWER_TEMPFAIL] = SMFIS_TEMPFAIL, [ANSWER_REJECT] = SMFIS_REJECT,
    };
    if (answer->code) {
        g_autofree char *text = escape(answer->text);
        char code[16];
        g_snprintf(code, sizeof code, "%d", answer->code);
        smfi_setreply(context, code, (char *)answer->enhanced, text);
    }
    return STATUS[answer->kind];
}

/* The transaction is over for us: libmilter calls neither abort nor anything else for it. */
static sfsistat
finish(SMFICTX *context, struct session *session, const struct answer *answer)
{
    sfsistat status = status_of(context, answer);
    g_clear_pointer(&session->intake, intake_free);
    return status;
}

/* ---- the dialogue ---- */

static sfsistat
on_negotiate(SMFICTX *context, unsigned long offered_actions, unsigned long offered_steps, unsigned long f2,
             unsigned long f3, unsigned long *actions, unsigned long *steps, unsigned long *wanted2,
             unsigned long *wanted3)
{
    /* Headers and their end are never answered. The end has to come, or libmilter goes deaf at the body of a mail
     * without any header. Body chunks are answered: libmilter would skip the end of a mail whose last chunk comes with
     * it. */
    const unsigned long unused = SMFIP_NOCONNECT | SMFIP_NOHELO | SMFIP_NOUNKNOWN | SMFIP_NR_HDR | SMFIP_NR_EOH;
    (void)f2, (void)f3;
    struct session *session = session_of(context);
    session->negotiated = TRUE;
    session->leading_space = (offered_steps & SMFIP_HDR_LEADSPC) != 0;
    *actions = SMFIF_DELRCPT; /* libmilter drops an MTA that cannot */
    *steps = (unused | SMFIP_HDR_LEADSPC) & offered_steps;
    *wanted2 = *wanted3 = 0;
    if (offered_actions & SMFIF_SETSYMLIST) {
        /* At MAIL, Postfix has a queue id only for mail that did not come by SMTP. */
        smfi_setsymlist(context, SMFIM_ENVFROM, (char *)QUEUE_ID);
        smfi_setsymlist(context, SMFIM_ENVRCPT, (char *)"");
        smfi_setsymlist(context, SMFIM_DATA, (char *)QUEUE_ID);
        smfi_setsymlist(context, SMFIM_EOH, (char *)"");
        smfi_setsymlist(context, SMFIM_EOM, (char *)"");
    }
    return SMFIS_CONTINUE;
}

static sfsistat
on_sender(SMFICTX *context, char **words)
{
    struct session *session = session_of(context);
    gboolean submitted = smfi_getsymval(context, (char *)QUEUE_ID) != NULL;
    g_clear_pointer(&session->intake, intake_free);
    if (gate_is_closed(&gateway->gate)) {
        smfi_setreply(context, (char *)"451", (char *)"4.3.2",
                      (char *)"The gateway is being restarted; please try again in a minute.");
        return SMFIS_TEMPFAIL;
    }
    session->intake = intake_new(gateway, words[0], words + 1, submitted);
    return SMFIS_CONTINUE;
}

static sfsistat
on_recipient(SMFICTX *context, char **words)
{
    struct session *session = smfi_getpriv(context);
    struct answer answer = intake_recipient(session->intake, words[0]);
    return status_of(context, &answer);
}

static sfsistat
on_data(SMFICTX *context)
{
    struct session *session = smfi_getpriv(context);
    struct answer answer = intake_data(session->intake, smfi_getsymval(context, (char *)QUEUE_ID));
    if (answer.kind == ANSWER_CONTINUE)
        return SMFIS_CONTINUE;
    return finish(context, session, &answer);
}

static sfsistat
on_header(SMFICTX *context, char *name, char *value)
{
    struct session *session = smfi_getpriv(context);
    gboolean exact = session->leading_space || *value == ' ' || *value == '\t';
    g_autofree char *spaced = exact ? NULL : g_strconcat(" ", value, NULL);
    intake_header(session->intake, name, exact ? value : spaced);
    return session->negotiated ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat
on_end_of_headers(SMFICTX *context)
{
    struct session *session = smfi_getpriv(context);
    return session->negotiated ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat
on_body(SMFICTX *context, unsigned char *data, size_t length)
{
    struct session *session = smfi_getpriv(context);
    intake_body(session->intake, data, length);
    return SMFIS_CONTINUE;
}

/* Takes ours out of a mail that is for others too. */
static struct answer
take_out(SMFICTX *context, intake *transaction)
{
    const GPtrArray *taken = intake_taken(transaction);
    for (guint i = 0; i < taken->len; i++)
        if (smfi_delrcpt(context, taken->pdata[i]) != MI_SUCCESS)
            return intake_failed(transaction, "delrcpt was refused");
    return (struct answer){.kind = ANSWER_ACCEPT};
}

static sfsistat
on_end(SMFICTX *context)
{
    struct session *session = smfi_getpriv(context);
    struct answer answer = intake_end(session->intake);
    if (answer.kind == ANSWER_ACCEPT)
        answer = take_out(context, session->intake);
    return finish(context, session, &answer);
}

static sfsistat
on_abort(SMFICTX *context)
{
    struct session *session = smfi_getpriv(context);
    if (session)
        g_clear_pointer(&session->intake, intake_free);
    return SMFIS_CONTINUE;
}

static sfsistat
on_close(SMFICTX *context)
{
    struct session *session = smfi_getpriv(context);
    smfi_setpriv(context, NULL);
    if (session)
        g_clear_pointer(&session->intake, intake_free);
    g_free(session);
    return SMFIS_CONTINUE;
}

/* ---- life ---- */

/*
 * In libmilter's place. Its signal thread waits for SIGTERM, SIGHUP and SIGINT and stops everything at once, mails in
 * flight included; whether it or the main thread gets a signal is a matter of luck. This definition goes before the C
 * library's, so that thread waits for ever, and the main thread, which uses sigwaitinfo(), gets them all.
 */
int
sigwait(const sigset_t *set, int *number)
{
    (void)set, (void)number;
    for (;;)
        pause();
}

gboolean
callbacks_open(struct gateway *the_gateway, const char *connection, GError **error)
{
    const struct smfiDesc filter = {
        .xxfi_name = (char *)"postern-milter",
        .xxfi_version = SMFI_VERSION,
        .xxfi_flags = SMFIF_DELRCPT | SMFIF_SETSYMLIST,
        .xxfi_negotiate = on_negotiate,
        .xxfi_envfrom = on_sender,
        .xxfi_envrcpt = on_recipient,
        .xxfi_data = on_data,
        .xxfi_header = on_header,
        .xxfi_eoh = on_end_of_headers,
        .xxfi_body = on_body,
        .xxfi_eom = on_end,
        .xxfi_abort = on_abort,
        .xxfi_close = on_close,
    };
    gateway = the_gateway;
    smfi_settimeout(SILENCE_SECONDS);
    smfi_setmaxdatasize(PACKET_BYTES);
    if (smfi_register(filter) == MI_SUCCESS && smfi_setconn((char *)connection) == MI_SUCCESS &&
        smfi_opensocket(FALSE) == MI_SUCCESS)
        return TRUE;
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP,
                "libmilter cannot listen on %s (syslog has its reason): is the address in use, is the port above 1023?",
                connection);
    return FALSE;
}

void
callbacks_serve(void)
{
    smfi_main();
}
