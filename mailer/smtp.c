/*
 * libetpan serves as the buffered stream over a wire of our own, for three reasons (1.9.4): its sockets wait in
 * select(), which writes beyond its set from descriptor 1,024 on; its timeouts begin anew with each byte, so that a
 * dripping server holds a thread for ever; and mailstream_read_line_remove_eol(), which mailsmtp_connect() and every
 * command of its own read with, looks at the byte before its buffer when the server hangs up.
 *
 * Commands are pipelined: MAIL, RCPT and DATA in one write and, when the next mail is known, the end of one mail and
 * the envelope of the next in one (RFC 2920 3.1).
 */
#include "mailer/smtp.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libetpan/libetpan.h>

#include "lib/error.h"
#include "lib/text.h"
#include "mailer/auth.h"

#define REPLY_MAX (64u << 10)     /* bytes of one answer */
#define WRITE_PIECE (64u << 10)   /* the clock is looked at between two of them */
#define SLOWEST_WRITE (64u << 10) /* bytes a second that a relay has to take */
#define STREAM_BUFFER (16u << 10)
#define AUTH_TURNS 10

/* ---- the wire: bytes with a deadline ---- */

struct wire {
    int fd;
    tls *tls;         /* NULL: clear text */
    gint64 deadline;  /* monotonic */
    gint64 not_after; /* of what is written; by the wall's clock; 0: none */
    gsize budget;     /* bytes that may still be read */
    const char *trouble;
    gboolean timed_out;
};

static ssize_t
wire_fail(struct wire *wire, const char *trouble, gboolean timed_out)
{
    wire->trouble = trouble;
    wire->timed_out = timed_out;
    return -1;
}

/* The socket's own timeout ends one wait; the deadline ends a server that always sends just one byte more. */
static ssize_t
wire_read(mailstream_low *low, void *buffer, size_t size)
{
    struct wire *wire = low->data;
    if (wire->budget == 0)
        return wire_fail(wire, "its answer has no end", FALSE);
    ssize_t got;
    do {
        got = wire->tls ? tls_read(wire->tls, buffer, MIN(size, wire->budget))
                        : recv(wire->fd, buffer, MIN(size, wire->budget), 0);
    } while (got < 0 && errno == EINTR && g_get_monotonic_time() < wire->deadline);
    if (got == 0)
        return wire_fail(wire, "it closed the connection", FALSE);
    if (got > 0 && g_get_monotonic_time() < wire->deadline) {
        wire->budget -= (gsize)got;
        return got;
    }
    if (got > 0 || errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        return wire_fail(wire, "it did not answer in time", TRUE);
    return wire_fail(wire, "the connection broke", FALSE);
}

static ssize_t
write_piece(struct wire *wire, const char *from, gsize size)
{
    return wire->tls ? tls_write(wire->tls, from, size) : send(wire->fd, from, size, MSG_NOSIGNAL);
}

/* By the wall's clock, for the others judge the lease by it: the monotonic one stands still while the machine is
 * suspended, and a clock that is put right moves the lease and this alike. */
static gboolean
is_past(gint64 not_after)
{
    return not_after && g_get_real_time() >= not_after;
}

static ssize_t
wire_write(mailstream_low *low, const void *buffer, size_t size)
{
    struct wire *wire = low->data;
    for (gsize done = 0; done < size;) {
        /* The clock comes first: whoever was stopped here must not send the rest when his claim is another's. */
        gboolean late = g_get_monotonic_time() >= wire->deadline || is_past(wire->not_after);
        ssize_t sent = late ? -1 : write_piece(wire, (const char *)buffer + done, MIN(size - done, WRITE_PIECE));
        if (sent > 0)
            done += (gsize)sent;
        if (late || (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)))
            return wire_fail(wire, "it did not take the bytes in time", TRUE);
        if (sent < 0 && errno != EINTR)
            return wire_fail(wire, "the connection broke", FALSE);
    }
    return (ssize_t)size;
}

static int
wire_close(mailstream_low *low)
{
    struct wire *wire = low->data;
    g_clear_pointer(&wire->tls, tls_free);
    int closed = close(wire->fd);
    wire->fd = -1;
    return closed;
}

static int
wire_get_fd(mailstream_low *low)
{
    return ((struct wire *)low->data)->fd;
}

static void
wire_free(mailstream_low *low)
{
    g_free(low->data);
    free(low); /* libetpan's malloc */
}

static mailstream_low_driver wire_driver = {
    .mailstream_read = wire_read,
    .mailstream_write = wire_write,
    .mailstream_close = wire_close,
    .mailstream_get_fd = wire_get_fd,
    .mailstream_free = wire_free,
};

/* ---- the session ---- */

struct smtp {
    struct relay place;
    enum relay_tls tls;
    const tls_trust *trust;
    char *relay, *hello, *user, *password;
    gint64 timeout; /* microseconds */
    guint retire;
    guint sessions;

    mailstream *stream; /* NULL: no session */
    struct wire *wire;  /* of the stream */
    MMAPString *line;
    GString *out;
    guint mails;    /* of this session */
    gboolean local; /* nobody can listen */
    gboolean pipelining, dsn, starttls;
    char *mechanisms; /* of AUTH; NULL: it is not offered */
    gboolean size;    /* SIZE is offered */
    guint64 max_size; /* 0: not told */
    gboolean dirty;   /* a transaction was begun and did not come to its end */
    /* The envelope that is under way, as it was written; "" none. Whoever has the same envelope may use it: a mail is
     * never known by its place in memory, for another may have come to stand there. */
    GString *announced;
    GString *envelope; /* of the mail being sent */
};

/* ---- saying and hearing ---- */

/* Hangs up. */
static void
drop(smtp *self)
{
    if (self->stream)
        mailstream_close(self->stream);
    self->stream = NULL;
    self->wire = NULL;
    g_string_truncate(self->announced, 0);
}

static gboolean
lost(smtp *self, GError **error)
{
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP, "relay %s: %s", self->relay,
                self->wire->trouble ? self->wire->trouble : "the connection broke");
    return FALSE;
}

static gboolean
garbled(const smtp *self, GError **error, const char *answer)
{
    g_autofree char *shown = text_one_line(answer, 100);
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP, "relay %s: an answer that is no SMTP: %s", self->relay,
                shown);
    return FALSE;
}

/* Writes self->out and empties it. */
static gboolean
say(smtp *self, gint64 not_after, GError **error)
{
    gint64 patience = self->timeout + (gint64)(self->out->len / SLOWEST_WRITE) * G_USEC_PER_SEC;
    if (not_after)
        patience = MIN(patience, not_after - g_get_real_time());
    self->wire->deadline = g_get_monotonic_time() + patience;
    self->wire->not_after = not_after;
    gboolean said = mailstream_write(self->stream, self->out->str, self->out->len) == (ssize_t)self->out->len &&
                    mailstream_flush(self->stream) == 0;
    g_string_truncate(self->out, 0);
    return said || lost(self, error);
}

/* One answer: its code and its words, lines joined by LF. */
struct answer {
    int code;
    GString *words;
};

static void
answer_clear(struct answer *answer)
{
    if (answer->words)
        g_string_free(answer->words, TRUE);
}
typedef struct answer smtp_answer;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(smtp_answer, answer_clear)

/* "250-words" or "250 words" or "250", with its line end. */
static gboolean
parse_line(struct answer *answer, const char *line, gboolean *last)
{
    gsize length = strlen(line);
    if (length < 4 || line[0] < '2' || line[0] > '5' || !g_ascii_isdigit(line[1]) || !g_ascii_isdigit(line[2]) ||
        !strchr(" -\r\n", line[3]))
        return FALSE;
    int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    if (answer->code && answer->code != code)
        return FALSE;
    if (answer->code)
        g_string_append_c(answer->words, '\n');
    answer->code = code;
    *last = line[3] != '-';
    if (line[3] == ' ' || line[3] == '-')
        g_string_append_len(answer->words, line + 4, (gssize)strcspn(line + 4, "\r\n"));
    return TRUE;
}

static gboolean
hear_lines(smtp *self, struct answer *answer, GError **error)
{
    for (gboolean last = FALSE; !last;) {
        const char *line = mailstream_read_line(self->stream, self->line);
        if (!line || !*line)
            return lost(self, error);
        if (!parse_line(answer, line, &last))
            return garbled(self, error, line);
    }
    return TRUE;
}

/* FALSE: the session is of no use any more; the code is then 0, whatever was heard of an answer. */
static gboolean
hear(smtp *self, struct answer *answer, GError **error)
{
    self->wire->deadline = g_get_monotonic_time() + self->timeout;
    self->wire->budget = REPLY_MAX;
    answer->code = 0;
    if (answer->words)
        g_string_truncate(answer->words, 0);
    else
        answer->words = g_string_new(NULL);
    gboolean heard = hear_lines(self, answer, error);
    if (!heard)
        answer->code = 0;
    return heard;
}

/* Whether the server has said nothing that was not asked for. A surplus answer would pass for the next one, and in the
 * end for "taken" when nothing was. */
static gboolean
is_quiet(const smtp *self)
{
    struct pollfd wire = {.fd = self->wire->fd, .events = POLLIN};
    if (self->stream->read_buffer_len)
        return FALSE;
    return self->wire->tls ? tls_is_quiet(self->wire->tls) : poll(&wire, 1, 0) == 0;
}

static gboolean
refused(const smtp *self, const char *what, const struct answer *answer, GError **error)
{
    g_autofree char *words = text_one_line(answer->words->str, 300);
    g_set_error(error, POSTERN_ERROR, answer->code / 100 == 5 ? POSTERN_ERROR_REFUSED : POSTERN_ERROR_TEMP,
                "relay %s: %s was answered %d %s", self->relay, what, answer->code, words);
    return FALSE;
}

/* What stands behind a keyword; NULL: it is another one. */
static const char *
feature(const char *line, const char *keyword)
{
    gsize length = strlen(keyword);
    if (g_ascii_strncasecmp(line, keyword, length) != 0)
        return NULL;
    return line[length] == '\0' || line[length] == ' ' ? line + length : NULL;
}

static void
forget_features(smtp *self)
{
    self->pipelining = self->size = self->dsn = self->starttls = FALSE;
    self->max_size = 0;
    g_clear_pointer(&self->mechanisms, g_free);
}

static void
learn_features(smtp *self, const char *words)
{
    g_auto(GStrv) lines = g_strsplit(words, "\n", -1);
    forget_features(self);
    for (char **line = lines[0] ? lines + 1 : lines; *line; line++) {
        const char *value;
        self->pipelining = self->pipelining || feature(*line, "PIPELINING");
        self->dsn = self->dsn || feature(*line, "DSN");
        self->starttls = self->starttls || feature(*line, "STARTTLS");
        if ((value = feature(*line, "SIZE"))) {
            self->size = TRUE;
            self->max_size = g_ascii_strtoull(value, NULL, 10);
        }
        if (!self->mechanisms && (value = feature(*line, "AUTH")))
            self->mechanisms = g_strdup(value);
    }
}

static gboolean
say_hello(smtp *self, const char *verb, struct answer *answer, GError **error)
{
    g_string_printf(self->out, "%s %s\r\n", verb, self->hello);
    return say(self, 0, error) && hear(self, answer, error);
}

/* HELO is for a server that knows no EHLO, never for one that was to speak of STARTTLS. */
static gboolean
introduce(smtp *self, gboolean may_be_old, GError **error)
{
    g_auto(smtp_answer) answer = {0, NULL};
    const char *verb = self->place.lmtp ? "LHLO" : "EHLO";
    if (!say_hello(self, verb, &answer, error))
        return FALSE;
    if (answer.code == 250) {
        learn_features(self, answer.words->str);
        return TRUE;
    }
    forget_features(self);
    if (self->place.lmtp || !may_be_old)
        return refused(self, verb, &answer, error);
    return say_hello(self, "HELO", &answer, error) && (answer.code == 250 || refused(self, "HELO", &answer, error));
}

/* ---- under TLS ---- */

static enum relay_tls
tls_wanted(const smtp *self)
{
    if (self->tls == RELAY_TLS_AUTO)
        return self->local ? RELAY_TLS_NONE : RELAY_TLS_STARTTLS;
    return self->tls;
}

/* Something that the admin has to mend, here or there. */
static gboolean
trouble(const smtp *self, GError **error, const char *words)
{
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_REFUSED, "relay %s: %s", self->relay, words);
    return FALSE;
}

static gboolean
go_under_tls(smtp *self, GError **error)
{
    if (!self->trust)
        return trouble(self, error, "no certificate is believed");
    self->wire->deadline = g_get_monotonic_time() + self->timeout;
    self->wire->tls = tls_start(self->trust, self->wire->fd, self->place.host, &self->wire->deadline, error);
    if (!self->wire->tls)
        g_prefix_error(error, "relay %s: ", self->relay);
    return self->wire->tls != NULL;
}

/* What stood behind the answer to STARTTLS was said by anybody: it must not pass for words under TLS (CVE-2011-0411),
 * and nor must what EHLO told before. */
static gboolean
start_tls(smtp *self, GError **error)
{
    g_auto(smtp_answer) answer = {0, NULL};
    if (!self->starttls)
        return trouble(self, error,
                       "it offers no STARTTLS, and nothing is said to it in clear text: mend the relay, or somebody on "
                       "the way took the offer out");
    g_string_assign(self->out, "STARTTLS\r\n");
    if (!say(self, 0, error) || !hear(self, &answer, error))
        return FALSE;
    if (answer.code != 220)
        return refused(self, "STARTTLS", &answer, error);
    self->stream->read_buffer_len = 0;
    return go_under_tls(self, error) && introduce(self, FALSE, error);
}

/* ---- who we are ---- */

static gboolean
exchange(smtp *self, auth *talk, GError **error)
{
    g_auto(smtp_answer) answer = {0, NULL};
    for (guint turn = 0; turn < AUTH_TURNS; turn++) {
        if (!say(self, 0, error) || !hear(self, &answer, error))
            return FALSE;
        if (answer.code == 235)
            return auth_is_complete(talk) || trouble(self, error, "AUTH: it has not shown that it knows the password");
        if (answer.code != 334)
            return refused(self, "AUTH", &answer, error);
        g_autofree char *words = auth_answer(talk, answer.words->str, error);
        g_string_printf(self->out, "%s\r\n", words ? words : "*");
        if (!words)
            return FALSE;
    }
    return trouble(self, error, "AUTH has no end");
}

static gboolean
authenticate(smtp *self, GError **error)
{
    if (!*self->user)
        return TRUE;
    if (!self->wire->tls && !self->local)
        return trouble(self, error, "no password is said in clear text to another machine");
    if (!self->mechanisms)
        return trouble(self, error, "it offers no AUTH: empty mailer.relay_user if it wants none");
    const char *host = self->place.host ? self->place.host : "localhost";
    g_autoptr(auth) talk = auth_new(host, self->user, self->password, self->mechanisms, error);
    if (!talk) {
        g_prefix_error(error, "relay %s: ", self->relay);
        return FALSE;
    }
    const char *initial = auth_initial(talk);
    g_string_printf(self->out, "AUTH %s%s%s\r\n", auth_mechanism(talk), initial ? " " : "", initial ? initial : "");
    gboolean known = exchange(self, talk, error);
    explicit_bzero(self->out->str, self->out->allocated_len);
    g_string_truncate(self->out, 0);
    return known;
}

/* ---- opening ---- */

static gboolean
greet(smtp *self, GError **error)
{
    g_auto(smtp_answer) answer = {0, NULL};
    enum relay_tls tls = tls_wanted(self);
    if (tls == RELAY_TLS_NONE && !self->local)
        return trouble(self, error, "it is another machine, and mail does not go there in clear text");
    if (tls == RELAY_TLS_IMPLICIT && !go_under_tls(self, error))
        return FALSE;
    if (!hear(self, &answer, error))
        return FALSE;
    if (answer.code != 220)
        return refused(self, "the connection", &answer, error);
    return introduce(self, tls != RELAY_TLS_STARTTLS, error) && (tls != RELAY_TLS_STARTTLS || start_tls(self, error)) &&
           authenticate(self, error);
}

static gboolean
connect_wire(smtp *self, GError **error)
{
    int fd = relay_connect(&self->place, self->timeout, &self->local, error);
    if (fd < 0) {
        g_prefix_error(error, "relay %s: ", self->relay);
        return FALSE;
    }
    self->wire = g_new0(struct wire, 1);
    self->wire->fd = fd;
    self->stream = mailstream_new(mailstream_low_new(self->wire, &wire_driver), STREAM_BUFFER);
    return TRUE;
}

gboolean
smtp_open(smtp *self, GError **error)
{
    if (self->stream && !self->announced->len && !is_quiet(self))
        drop(self); /* the server has ended it while we were idle */
    if (self->stream)
        return TRUE;
    if (!connect_wire(self, error))
        return FALSE;
    self->mails = 0;
    self->dirty = FALSE;
    self->sessions++;
    if (greet(self, error))
        return TRUE;
    drop(self);
    return FALSE;
}

void
smtp_close(smtp *self)
{
    g_string_assign(self->out, "QUIT\r\n");
    if (self->stream && !self->announced->len)
        say(self, 0, NULL);
    drop(self);
}

/* ---- a mail ---- */

G_GNUC_PRINTF(3, 4)
static void
set_result(struct smtp_result *result, enum smtp_outcome outcome, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *words = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *line = text_one_line(words, sizeof result->reply - 1);
    result->outcome = outcome;
    result->our_fault = FALSE;
    g_strlcpy(result->reply, line, sizeof result->reply);
}

/* 5yz that speak of us or of the session rather than of this mail: syntax, sequence, authentication. Giving up a mail
 * for a fault in our own set-up would lose it. */
static const int our_faults[] = {500, 502, 503, 530, 534, 535, 538};

static enum smtp_outcome
outcome_of(int code)
{
    for (gsize i = 0; i < G_N_ELEMENTS(our_faults); i++)
        if (code == our_faults[i])
            return SMTP_TEMPORARY;
    return code / 100 == 2 ? SMTP_SENT : code / 100 == 5 ? SMTP_PERMANENT : SMTP_TEMPORARY;
}

static void
set_answered(struct smtp_result *result, const struct answer *answer)
{
    set_result(result, outcome_of(answer->code), "%d %s", answer->code, answer->words->str);
    result->our_fault = result->outcome == SMTP_TEMPORARY && answer->code / 100 == 5;
}

/* Lines ended by CR LF, the last one too; leading dots are doubled. FALSE, and nothing appended: there is a CR or an LF
 * that is not half of a CR LF, or no end. */
static gboolean
append_canonical(GString *out, const char *at, gsize length)
{
    const char *end = at + length, *kept = at;
    gsize before = out->len;
    for (const char *lf; at < end; at = lf + 1) {
        lf = memchr(at, '\n', (gsize)(end - at));
        if (!lf || lf == at || lf[-1] != '\r' || memchr(at, '\r', (gsize)(lf - at)) != lf - 1) {
            g_string_truncate(out, before);
            return FALSE;
        }
        if (*at == '.') {
            g_string_append_len(out, kept, at + 1 - kept);
            kept = at;
        }
    }
    g_string_append_len(out, kept, end - kept);
    return TRUE;
}

/* Bare CR and LF become CRLF: a bare one could end the data for a server that takes it for a line end (SMTP smuggling).
 * A last line without an end gets one. */
static GString *
make_canonical(const char *at, gsize length)
{
    GString *out = g_string_sized_new(length + length / 32 + 2);
    for (const char *end = at + length; at < end;) {
        const char *stop = at;
        while (stop < end && *stop != '\r' && *stop != '\n')
            stop++;
        g_string_append_len(out, at, stop - at);
        g_string_append_len(out, "\r\n", 2);
        gboolean crlf = stop + 1 < end && stop[0] == '\r' && stop[1] == '\n';
        at = stop < end ? stop + 1 + crlf : end;
    }
    return out;
}

static void
append_data(GString *out, const char *data, gsize length)
{
    if (!append_canonical(out, data, length)) {
        g_autoptr(GString) made = make_canonical(data, length);
        append_canonical(out, made->str, made->len);
    }
    g_string_append_len(out, ".\r\n", 3);
}

/* RFC 3461 4: xtext. */
static void
append_xtext(GString *out, const char *text)
{
    for (const guchar *p = (const guchar *)text; *p; p++)
        if (*p > ' ' && *p < 0x7f && *p != '+' && *p != '=')
            g_string_append_c(out, (char)*p);
        else
            g_string_append_printf(out, "+%02X", *p);
}

/* A DSN's reader needs the headers and our id at most; what it is about we have. */
static void
append_mail_from(const smtp *self, GString *out, const struct smtp_mail *mail)
{
    g_autofree char *sender = *mail->sender ? text_address(mail->sender) : g_strdup("");
    g_string_append_printf(out, "MAIL FROM:<%s>", sender);
    if (self->size)
        g_string_append_printf(out, " SIZE=%zu", mail->length);
    if (self->dsn && mail->envelope_id) {
        g_string_append(out, " RET=HDRS ENVID=");
        append_xtext(out, mail->envelope_id);
    }
    g_string_append(out, "\r\n");
}

static void
append_rcpt_to(const smtp *self, GString *out, const struct smtp_mail *mail)
{
    g_autofree char *recipient = text_address(mail->recipient);
    g_string_append_printf(out, "RCPT TO:<%s>", recipient);
    if (self->dsn && mail->envelope_id) {
        g_string_append(out, " NOTIFY=FAILURE,DELAY ORCPT=rfc822;");
        append_xtext(out, recipient);
    }
    g_string_append(out, "\r\n");
}

static void
append_envelope(const smtp *self, GString *out, const struct smtp_mail *mail)
{
    append_mail_from(self, out, mail);
    append_rcpt_to(self, out, mail);
    g_string_append(out, "DATA\r\n");
}

static void
set_envelope(smtp *self, const struct smtp_mail *mail)
{
    g_string_truncate(self->envelope, 0);
    append_envelope(self, self->envelope, mail);
}

static gboolean
is_address(const char *address)
{
    g_autofree char *checked = text_address(address);
    return checked != NULL;
}

static gboolean
is_sendable(const struct smtp_mail *mail)
{
    return (!*mail->sender || is_address(mail->sender)) && is_address(mail->recipient);
}

enum stage {
    STAGE_DATA,     /* 354: the data may come */
    STAGE_ANSWERED, /* it will not be taken now; the result is set */
    STAGE_LOST,     /* the session is gone, nothing was handed over; the result is set */
    STAGE_STALE,    /* the same, or deferred, and the session was an old one: try a new one */
};

/* The answers to one envelope, as far as it was sent. */
struct envelope {
    struct answer mail, rcpt, data;
};

static void
envelope_clear(struct envelope *envelope)
{
    answer_clear(&envelope->mail);
    answer_clear(&envelope->rcpt);
    answer_clear(&envelope->data);
}
typedef struct envelope smtp_envelope;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(smtp_envelope, envelope_clear)

static gboolean
hear_positive(smtp *self, const char *what, GError **error)
{
    g_auto(smtp_answer) answer = {0, NULL};
    if (!hear(self, &answer, error))
        return FALSE;
    return answer.code / 100 == 2 || refused(self, what, &answer, error);
}

static gboolean
ask(smtp *self, struct answer *answer, GError **error)
{
    return say(self, 0, error) && hear(self, answer, error);
}

/* Without PIPELINING: one command after the other, as long as they are taken. */
static gboolean
offer_stepwise(smtp *self, const struct smtp_mail *mail, struct envelope *envelope, GError **error)
{
    if (self->dirty) {
        g_string_assign(self->out, "RSET\r\n");
        if (!say(self, 0, error) || !hear_positive(self, "RSET", error))
            return FALSE;
    }
    self->dirty = TRUE;
    append_mail_from(self, self->out, mail);
    if (!ask(self, &envelope->mail, error))
        return FALSE;
    if (envelope->mail.code / 100 != 2)
        return TRUE;
    append_rcpt_to(self, self->out, mail);
    if (!ask(self, &envelope->rcpt, error))
        return FALSE;
    if (envelope->rcpt.code / 100 != 2)
        return TRUE;
    g_string_assign(self->out, "DATA\r\n");
    return ask(self, &envelope->data, error);
}

/* RSET only after a transaction that did not come to the end of its data: otherwise the server has cleared it (RFC
 * 5321 4.1.1.4). */
static gboolean
offer_pipelined(smtp *self, struct envelope *envelope, GError **error)
{
    gboolean reset = FALSE;
    if (!self->announced->len) {
        reset = self->dirty;
        g_string_assign(self->out, reset ? "RSET\r\n" : "");
        g_string_append_len(self->out, self->envelope->str, (gssize)self->envelope->len);
        if (!say(self, 0, error))
            return FALSE;
    }
    g_string_truncate(self->announced, 0);
    self->dirty = TRUE;
    return (!reset || hear_positive(self, "RSET", error)) && hear(self, &envelope->mail, error) &&
           hear(self, &envelope->rcpt, error) && hear(self, &envelope->data, error);
}

/* The first answer that is not what goes on; NULL: go on. */
static const struct answer *
first_refusal(const struct envelope *envelope)
{
    if (envelope->mail.code / 100 != 2)
        return &envelope->mail;
    if (envelope->rcpt.code / 100 != 2)
        return &envelope->rcpt;
    return envelope->data.code == 354 ? NULL : &envelope->data;
}

/* How servers say at RCPT that it is us whom they do not serve. */
static const char *const refusals_of_us[] = {
    "relay access denied",     "relaying denied",      "relay not permitted",   "not permitted to relay",
    "unable to relay",         "client host rejected", "helo command rejected", "sender address rejected",
    "authentication required", "must authenticate",
};

/* A refused MAIL speaks of a sender that is ours in every mail, but for the size that it told. What a server says of
 * the recipient may quote what another one told it. */
static gboolean
is_refusal_of_us(const struct envelope *envelope, const struct answer *refusal)
{
    g_autofree char *words = g_ascii_strdown(refusal->words->str, -1);
    if (refusal == &envelope->mail)
        return refusal->code != 552 && !g_str_has_prefix(words, "5.3.4") && !g_str_has_prefix(words, "5.2.3");
    for (gsize i = 0; i < G_N_ELEMENTS(refusals_of_us); i++)
        if (strstr(words, refusals_of_us[i]))
            return !strstr(words, "recipient address rejected") && !strstr(words, "undeliverable address");
    return FALSE;
}

/* Giving up all mail for a fault in the set-up would lose it. */
static void
set_refused(struct smtp_result *result, const struct envelope *envelope)
{
    const struct answer *refusal = first_refusal(envelope);
    set_answered(result, refusal);
    if (result->outcome != SMTP_PERMANENT || !is_refusal_of_us(envelope, refusal))
        return;
    result->outcome = SMTP_TEMPORARY;
    result->our_fault = TRUE;
}

/* The server waits for data though it took no recipient: a lone dot ends that (RFC 2920 3.1). Had it taken one, an
 * empty mail would be delivered: then we hang up. */
static gboolean
end_unwanted_data(smtp *self, const struct envelope *envelope)
{
    g_auto(smtp_answer) answer = {0, NULL};
    if (envelope->rcpt.code / 100 == 2 || self->place.lmtp) /* LMTP: an answer a recipient, which is none */
        return FALSE;
    g_string_assign(self->out, ".\r\n");
    self->dirty = FALSE;
    return ask(self, &answer, NULL);
}

/* A session that defers a mail is ended, for it may be the session's fault: Postfix remembers for a whole session that
 * a filter of its failed. For the same reason an old session's word is not taken: the mail is offered again on a new
 * one. */
static enum stage
judge_refusal(smtp *self, const struct envelope *envelope, gboolean fresh, struct smtp_result *result)
{
    const struct answer *refusal = first_refusal(envelope);
    set_refused(result, envelope);
    gboolean data_wanted = envelope->data.code == 354;
    if (refusal->code / 100 < 4) {
        set_result(result, SMTP_TEMPORARY, "relay %s: an answer out of order: %d %s", self->relay, refusal->code,
                   refusal->words->str);
        drop(self);
    } else if (data_wanted && !end_unwanted_data(self, envelope)) {
        drop(self);
    } else if (result->outcome == SMTP_TEMPORARY) {
        smtp_close(self);
        return fresh ? STAGE_ANSWERED : STAGE_STALE;
    }
    return STAGE_ANSWERED;
}

static enum stage
judge(smtp *self, const struct envelope *envelope, gboolean fresh, struct smtp_result *result)
{
    if (first_refusal(envelope))
        return judge_refusal(self, envelope, fresh, result);
    if (is_quiet(self))
        return STAGE_DATA;
    set_result(result, SMTP_TEMPORARY, "relay %s: it says more than it was asked", self->relay);
    drop(self);
    return STAGE_LOST;
}

/* Offers the envelope on the session that is there, or on a new one. */
static enum stage
offer(smtp *self, const struct smtp_mail *mail, struct smtp_result *result)
{
    g_autoptr(GError) error = NULL;
    set_envelope(self, mail);
    if (self->announced->len && !g_string_equal(self->announced, self->envelope))
        drop(self);
    gboolean fresh = !self->stream;
    guint before = self->sessions;
    if (!smtp_open(self, &error)) {
        set_result(result, SMTP_UNREACHABLE, "%s", error->message);
        result->our_fault = g_error_matches(error, POSTERN_ERROR, POSTERN_ERROR_REFUSED);
        return STAGE_LOST;
    }
    if (self->sessions != before) {
        fresh = TRUE;
        set_envelope(self, mail); /* this server may offer other things */
    }
    if (self->max_size && mail->length > self->max_size) {
        set_result(result, SMTP_PERMANENT, "552 5.3.4 %zu bytes are more than the relay takes (%" G_GUINT64_FORMAT ")",
                   mail->length, self->max_size);
        return STAGE_ANSWERED;
    }
    g_auto(smtp_envelope) envelope = {0};
    gboolean offered =
        self->pipelining ? offer_pipelined(self, &envelope, &error) : offer_stepwise(self, mail, &envelope, &error);
    if (offered)
        return judge(self, &envelope, fresh, result);
    gboolean stale = !fresh && !self->wire->timed_out;
    if (envelope.mail.code >= 400 || envelope.rcpt.code >= 400)
        set_refused(result, &envelope);
    else
        set_result(result, SMTP_TEMPORARY, "%s", error->message);
    drop(self);
    return stale ? STAGE_STALE : STAGE_LOST;
}

/* The write broke in the middle of the data. The server may have said why before it hung up. */
static void
hear_last_words(smtp *self, const GError *broken, struct smtp_result *result)
{
    g_auto(smtp_answer) answer = {0, NULL};
    gboolean timed_out = self->wire->timed_out;
    set_result(result, SMTP_TEMPORARY, "%s", broken->message);
    if (!timed_out && hear(self, &answer, NULL) && answer.code / 100 >= 4)
        set_answered(result, &answer);
    drop(self);
}

static gboolean
may_announce(const smtp *self, const struct smtp_mail *next)
{
    return next && self->pipelining && self->mails + 1 < self->retire && is_sendable(next) &&
           !(self->max_size && next->length > self->max_size);
}

/* Data, its end, and perhaps the next envelope; then the answer that counts. */
static void
hand_over(smtp *self, const struct smtp_mail *mail, const struct smtp_mail *next, struct smtp_result *result)
{
    g_autoptr(GError) error = NULL;
    g_auto(smtp_answer) answer = {0, NULL};
    gboolean announce = may_announce(self, next);
    append_data(self->out, mail->data, mail->length);
    g_string_truncate(self->announced, 0);
    if (announce)
        append_envelope(self, self->announced, next);
    g_string_append_len(self->out, self->announced->str, (gssize)self->announced->len);
    if (!say(self, mail->not_after, &error)) {
        hear_last_words(self, error, result);
        return;
    }
    if (!hear(self, &answer, &error)) {
        set_result(result, SMTP_TEMPORARY, "%s after the end of the data (the mail may have been taken)",
                   error->message);
        drop(self);
        return;
    }
    self->dirty = FALSE;
    self->mails++;
    set_answered(result, &answer);
    if (result->outcome == SMTP_TEMPORARY || self->mails >= self->retire)
        smtp_close(self);
}

static gboolean
is_late(const struct smtp_mail *mail, struct smtp_result *result)
{
    gboolean late = is_past(mail->not_after);
    if (late)
        set_result(result, SMTP_LATE, "not handed over: the claim has run out");
    return late;
}

void
smtp_send(smtp *self, const struct smtp_mail *mail, const struct smtp_mail *next, struct smtp_result *result)
{
    if (!is_sendable(mail)) {
        set_result(result, SMTP_PERMANENT, "553 5.1.3 `%s` or `%s` is no address", mail->sender, mail->recipient);
        return;
    }
    enum stage stage = is_late(mail, result) ? STAGE_LOST : offer(self, mail, result);
    if (stage == STAGE_STALE)
        stage = offer(self, mail, result);
    if (stage != STAGE_DATA)
        return;
    if (is_late(mail, result))
        drop(self);
    else
        hand_over(self, mail, next, result);
}

/* ---- life ---- */

smtp *
smtp_new(const struct smtp_options *options)
{
    smtp *self = g_new0(smtp, 1);
    self->relay = g_strdup(options->relay);
    self->hello = g_strdup(options->hello);
    self->timeout = options->timeout * G_USEC_PER_SEC;
    self->retire = options->retire ? options->retire : SMTP_RETIRE;
    self->line = mmap_string_new("");
    self->out = g_string_new(NULL);
    self->announced = g_string_new(NULL);
    self->envelope = g_string_new(NULL);
    self->tls = options->tls;
    self->trust = options->trust;
    self->user = g_strdup(options->user ? options->user : "");
    self->password = g_strdup(options->password ? options->password : "");
    gboolean parsed = relay_parse(&self->place, options->relay, NULL);
    g_assert(parsed); /* relay_check() comes first */
    return self;
}

void
smtp_free(smtp *self)
{
    if (!self)
        return;
    smtp_close(self);
    relay_clear(&self->place);
    mmap_string_free(self->line);
    g_string_free(self->out, TRUE);
    g_string_free(self->announced, TRUE);
    g_string_free(self->envelope, TRUE);
    explicit_bzero(self->password, strlen(self->password));
    g_free(self->password);
    g_free(self->user);
    g_free(self->mechanisms);
    g_free(self->relay);
    g_free(self->hello);
    g_free(self);
}

guint
smtp_sessions(const smtp *self)
{
    return self->sessions;
}
