/*
 * Handing mail over, against a server that says whatever a script tells it, and against Postfix's smtp-sink.
 *
 * A script is one connection, a line a step:
 *
 *     <words   say a line                   >PREFIX  hear a line that begins so
 *     !words   say it without a line end;   .        hear data up to its end
 *              `|` is a line end
 *     @200     wait so many milliseconds    =        say nothing more until the client hangs up
 *     *        one byte every 50 ms for ever   #     bytes without a line end for ever
 *     +        answer lines "250-" for ever    %     read slowly until the client hangs up
 *     ~        suspend the machine for an hour
 *
 * After the last step the server hangs up.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "lib/error.h"
#include "mailer/smtp.h"

#define HELLO "<220 relay.test ESMTP\n>EHLO experts.test\n<250-relay.test\n<250-8BITMIME\n<250 PIPELINING\n"
#define PLAIN_HELLO "<220 relay.test ESMTP\n>EHLO experts.test\n<250 relay.test\n"
#define ENVELOPE ">MAIL FROM:<\n>RCPT TO:<\n>DATA\n"
#define GO "<250 ok\n<250 ok\n<354 go\n"
#define TAKE ENVELOPE GO ".\n<250 2.0.0 taken\n"
#define QUIT ">QUIT\n"

/* ---- the clocks ---- */

static gint hours_suspended;

/* In GLib's place: the wall's clock goes on while the machine is suspended, and the monotonic one does not. */
gint64
g_get_real_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (now.tv_sec + g_atomic_int_get(&hours_suspended) * 3600) * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

/* ---- the server ---- */

struct server {
    int listener;
    char *relay;
    const char *const *scripts; /* one a connection, ended by NULL */
    pthread_t thread;
    /* What was seen; read after server_stop(). */
    guint connections;
    GString *commands; /* lines heard outside of data, as they came, each ended by LF */
    GString *data;     /* all data as it came, ends included */
    char *complaint;   /* the first step that did not go as scripted */
};

struct peer {
    struct server *server;
    int fd;
    GString *buffer; /* heard, not yet used */
};

static gboolean
peer_fill(struct peer *peer)
{
    char piece[65536];
    ssize_t got = recv(peer->fd, piece, sizeof piece, 0);
    if (got > 0)
        g_string_append_len(peer->buffer, piece, got);
    return got > 0;
}

/* What ends in `end`, inclusive; NULL when the client hangs up first. */
static char *
peer_hear(struct peer *peer, const char *end)
{
    for (;;) {
        char *found = memmem(peer->buffer->str, peer->buffer->len, end, strlen(end));
        if (found) {
            gsize length = (gsize)(found - peer->buffer->str) + strlen(end);
            char *heard = g_strndup(peer->buffer->str, length);
            g_string_erase(peer->buffer, 0, (gssize)length);
            return heard;
        }
        if (!peer_fill(peer))
            return NULL;
    }
}

static gboolean
peer_say(struct peer *peer, const char *words, const char *end)
{
    g_autofree char *line = g_strconcat(words, end, NULL);
    return send(peer->fd, line, strlen(line), MSG_NOSIGNAL) == (ssize_t)strlen(line);
}

static gboolean
say_pieces(struct peer *peer, const char *words)
{
    g_auto(GStrv) lines = g_strsplit(words, "|", -1);
    g_autofree char *joined = g_strjoinv("\r\n", lines);
    return peer_say(peer, joined, "");
}

static gboolean
hear_command(struct peer *peer, const char *prefix)
{
    g_autofree char *line = peer_hear(peer, "\r\n");
    if (line)
        g_string_append_printf(peer->server->commands, "%.*s\n", (int)strlen(line) - 2, line);
    return line && g_str_has_prefix(line, prefix);
}

static gboolean
hear_data(struct peer *peer)
{
    g_autofree char *data = peer_hear(peer, "\r\n.\r\n");
    if (data)
        g_string_append(peer->server->data, data);
    return data != NULL;
}

static gboolean
say_for_ever(struct peer *peer, const char *words, gulong pause)
{
    while (peer_say(peer, words, ""))
        g_usleep(pause);
    return TRUE;
}

static gboolean
wait_for_the_end(struct peer *peer)
{
    while (peer_fill(peer))
        ;
    return TRUE;
}

static gboolean
play_step(struct peer *peer, const char *step)
{
    switch (step[0]) {
    case '<':
        return peer_say(peer, step + 1, "\r\n");
    case '!':
        return say_pieces(peer, step + 1);
    case '>':
        return hear_command(peer, step + 1);
    case '.':
        return hear_data(peer);
    case '@':
        g_usleep((gulong)atoi(step + 1) * 1000);
        return TRUE;
    case '~':
        g_atomic_int_inc(&hours_suspended);
        return TRUE;
    case '=':
        return wait_for_the_end(peer);
    case '%':
        while (peer_fill(peer))
            g_usleep(20000);
        return TRUE;
    case '*':
        return say_for_ever(peer, "2", 50000);
    case '#':
        return say_for_ever(peer, "2222222222222222222222222222222222222222222222222222222222222222", 0);
    case '+':
        return say_for_ever(peer, "250-more\r\n", 0);
    default:
        g_assert_not_reached();
    }
}

static void
play(struct server *server, int fd, const char *script)
{
    struct peer peer = {server, fd, g_string_new(NULL)};
    g_auto(GStrv) steps = g_strsplit(script, "\n", -1);
    for (char **step = steps; *step && **step; step++) {
        if (play_step(&peer, *step))
            continue;
        if (!server->complaint)
            server->complaint = g_strdup_printf("connection %u, step `%s`: heard\n%s", server->connections, *step,
                                                server->commands->str);
        break;
    }
    g_string_free(peer.buffer, TRUE);
    close(fd);
}

static gpointer
serve(gpointer arg)
{
    struct server *server = arg;
    for (const char *const *script = server->scripts; *script; script++) {
        int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            break;
        server->connections++;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(const int){1}, sizeof(int));
        play(server, fd, *script);
    }
    return NULL;
}

static int
listen_loopback(guint *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    g_assert_cmpint(listen(fd, 8), ==, 0);
    g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &length), ==, 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static void
server_begin(struct server *server, const char *const *scripts)
{
    server->scripts = scripts;
    server->commands = g_string_new(NULL);
    server->data = g_string_new(NULL);
    g_assert_cmpint(pthread_create(&server->thread, NULL, serve, server), ==, 0);
}

static void
server_start(struct server *server, const char *const *scripts)
{
    guint port;
    *server = (struct server){.listener = listen_loopback(&port)};
    server->relay = g_strdup_printf("127.0.0.1:%u", port);
    server_begin(server, scripts);
}

/* Connections that never came are given up; then everything went as scripted. */
static void
server_stop(struct server *server)
{
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    g_assert_cmpstr(server->complaint, ==, NULL);
}

static void
server_clear(struct server *server)
{
    close(server->listener);
    g_free(server->relay);
    g_free(server->complaint);
    g_string_free(server->commands, TRUE);
    g_string_free(server->data, TRUE);
}

/* ---- the client ---- */

#define BODY "Subject: hi\r\n\r\nwords\r\n"

static const struct smtp_mail mail_one = {
    .sender = "r+bounce@experts.test", .recipient = "team@acme.test", .data = BODY, .length = sizeof BODY - 1};
static const struct smtp_mail mail_two = {
    .sender = "r+bounce@experts.test", .recipient = "mia@mias-candles.test", .data = BODY, .length = sizeof BODY - 1};

static smtp *
impatient_client(const char *relay, guint retire, gint64 timeout)
{
    struct smtp_options options = {.relay = relay, .hello = "experts.test", .timeout = timeout, .retire = retire};
    return smtp_new(&options);
}

static smtp *
client(const char *relay, guint retire)
{
    return impatient_client(relay, retire, 10);
}

/* A session of one mail, from its beginning to its end. */
static void
send_one(struct server *server, const char *const *scripts, const struct smtp_mail *mail, struct smtp_result *result)
{
    server_start(server, scripts);
    smtp *session = client(server->relay, 0);
    smtp_send(session, mail, NULL, result);
    smtp_free(session);
    server_stop(server);
}

struct one {
    const char *name;
    enum smtp_outcome outcome;
    const char *reply; /* part of it */
    const char *script;
    gboolean handed_over; /* data was seen */
};

static const struct one ones[] = {
    {"taken", SMTP_SENT, "250 2.0.0 taken", HELLO TAKE QUIT, TRUE},
    {"taken without pipelining", SMTP_SENT, "250 2.0.0 taken",
     PLAIN_HELLO ">MAIL\n<250 ok\n>RCPT\n<250 ok\n>DATA\n<354 go\n.\n<250 2.0.0 taken\n" QUIT, TRUE},
    {"taken after HELO", SMTP_SENT, "250 taken",
     "<220 x\n>EHLO\n<502 what\n>HELO experts.test\n<250 x\n>MAIL\n<250 ok\n>RCPT\n<250 ok\n>DATA\n<354 go\n.\n<250 "
     "taken\n" QUIT,
     TRUE},
    {"answers of many lines", SMTP_SENT, "250 taken it is, 2.0.0 says it",
     "<220-x\n<220-y\n<220 z\n>EHLO\n<250-x\n<250 PIPELINING\n" ENVELOPE
     "<250-ok\n<250 ok\n<250-ok\n<250-ok\n<250\n<354-go\n<354 on\n.\n<250-taken it is,\n<250 2.0.0 says it\n" QUIT,
     TRUE},
    {"answers without words", SMTP_SENT, "250",
     "<220\n>EHLO\n<250-\n<250 PIPELINING\n" ENVELOPE "<250\n<251\n<354\n.\n<250\n" QUIT, TRUE},
    {"slow banner", SMTP_SENT, "250 2.0.0 taken", "@400\n" HELLO TAKE QUIT, TRUE},
    {"answers in pieces", SMTP_SENT, "250 2.0.0 taken",
     HELLO ENVELOPE "!2\n@20\n!50\n@20\n< ok\n@20\n<250 ok\n<354 go\n.\n!250 2.0\n@20\n<.0 taken\n" QUIT, TRUE},

    {"banner 554", SMTP_UNREACHABLE, "554 go away", "<554 go away\n", FALSE},
    {"banner 421", SMTP_UNREACHABLE, "421 too many", "<421 too many\n", FALSE},
    {"banner is garbage", SMTP_UNREACHABLE, "no SMTP: HTTP/1.1 400", "<HTTP/1.1 400\n", FALSE},
    {"banner never comes", SMTP_UNREACHABLE, "in time", "=\n", FALSE},
    {"banner is cut", SMTP_UNREACHABLE, "", "!220 rel\n", FALSE},
    {"hangs up at once", SMTP_UNREACHABLE, "closed the connection", "", FALSE},
    {"hangs up after the banner", SMTP_UNREACHABLE, "", "<220 x\n>EHLO\n", FALSE},
    {"neither EHLO nor HELO", SMTP_UNREACHABLE, "550 no", "<220 x\n>EHLO\n<550 no\n>HELO\n<550 no\n", FALSE},

    {"MAIL 451", SMTP_TEMPORARY, "451 later", HELLO ENVELOPE "<451 later\n<503 no\n<503 no\n" QUIT, FALSE},
    {"MAIL 550", SMTP_TEMPORARY, "550 not you", HELLO ENVELOPE "<550 not you\n<503 no\n<503 no\n" QUIT, FALSE},
    {"MAIL 550 without pipelining", SMTP_TEMPORARY, "550 not you", PLAIN_HELLO ">MAIL\n<550 not you\n" QUIT, FALSE},
    {"MAIL 530 is our fault, not the mail's", SMTP_TEMPORARY, "530 log in",
     HELLO ENVELOPE "<530 log in\n<503 no\n<503 no\n" QUIT, FALSE},
    {"MAIL 421", SMTP_TEMPORARY, "421 shutting down", HELLO ENVELOPE "<421 shutting down\n", FALSE},
    {"RCPT 450", SMTP_TEMPORARY, "450 4.2.0 greylisted",
     HELLO ENVELOPE "<250 ok\n<450 4.2.0 greylisted\n<554 none\n" QUIT, FALSE},
    {"RCPT 550", SMTP_PERMANENT, "550 5.1.1 unknown", HELLO ENVELOPE "<250 ok\n<550 5.1.1 unknown\n<554 none\n" QUIT,
     FALSE},
    {"MAIL 552: the mail's size", SMTP_PERMANENT, "552 5.3.4 too large",
     HELLO ENVELOPE "<552 5.3.4 too large\n<503 no\n<503 no\n" QUIT, FALSE},
    {"the relay does not serve us", SMTP_TEMPORARY, "Relay access denied",
     HELLO ENVELOPE "<250 ok\n<554 5.7.1 <a@b.test>: Relay access denied\n<554 none\n" QUIT, FALSE},
    {"the relay does not know us", SMTP_TEMPORARY, "Client host rejected",
     HELLO ENVELOPE "<250 ok\n<554 5.7.1 <h[127.0.0.1]>: Client host rejected: Access denied\n<554 none\n" QUIT, FALSE},
    {"another server does not relay for ours", SMTP_PERMANENT, "Recipient address rejected",
     HELLO ENVELOPE "<250 ok\n<550 5.1.1 <a@b.test>: Recipient address rejected: mx said: Relay access denied\n<554 "
                    "none\n" QUIT,
     FALSE},
    {"RCPT 550 without pipelining", SMTP_PERMANENT, "550 5.1.1 unknown",
     PLAIN_HELLO ">MAIL\n<250 ok\n>RCPT\n<550 5.1.1 unknown\n" QUIT, FALSE},
    {"RCPT 550 and data wanted: a lone dot", SMTP_PERMANENT, "550 5.1.1 unknown",
     HELLO ENVELOPE "<250 ok\n<550 5.1.1 unknown\n<354 go\n>.\n<554 none\n" QUIT, FALSE},
    {"MAIL 550, RCPT taken and data wanted: no empty mail", SMTP_TEMPORARY, "550 not you",
     HELLO ENVELOPE "<550 not you\n<250 ok\n<354 go\n=\n", FALSE},
    {"DATA 451", SMTP_TEMPORARY, "451 4.3.0 full", HELLO ENVELOPE "<250 ok\n<250 ok\n<451 4.3.0 full\n" QUIT, FALSE},
    {"DATA 554", SMTP_PERMANENT, "554 5.7.1 no", HELLO ENVELOPE "<250 ok\n<250 ok\n<554 5.7.1 no\n" QUIT, FALSE},
    {"DATA 250", SMTP_TEMPORARY, "out of order: 250", HELLO ENVELOPE "<250 ok\n<250 ok\n<250 ok\n=\n", FALSE},
    {"dot 452", SMTP_TEMPORARY, "452 4.3.1 full", HELLO ENVELOPE GO ".\n<452 4.3.1 full\n" QUIT, TRUE},
    {"dot 554", SMTP_PERMANENT, "554 5.6.0 spam", HELLO ENVELOPE GO ".\n<554 5.6.0 spam\n" QUIT, TRUE},
    {"dot 421", SMTP_TEMPORARY, "421 bye", HELLO ENVELOPE GO ".\n<421 bye\n", TRUE},
    {"dot 354", SMTP_TEMPORARY, "354 more", HELLO ENVELOPE GO ".\n<354 more\n=\n", TRUE},

    {"hangs up before data", SMTP_TEMPORARY, "closed the connection", HELLO ENVELOPE, FALSE},
    {"says why and hangs up", SMTP_TEMPORARY, "550 not you", HELLO ENVELOPE "<550 not you\n", FALSE},
    {"hangs up after the dot", SMTP_TEMPORARY, "may have been taken", HELLO ENVELOPE GO ".\n", TRUE},
    {"says half a word after the dot", SMTP_TEMPORARY, "", HELLO ENVELOPE GO ".\n!250\n", TRUE},
    {"says nothing after the dot", SMTP_TEMPORARY, "in time", HELLO ENVELOPE GO ".\n=\n", TRUE},
    {"drips after the dot", SMTP_TEMPORARY, "in time", HELLO ENVELOPE GO ".\n*\n", TRUE},
    {"a line without end", SMTP_TEMPORARY, "no end", HELLO ENVELOPE GO ".\n#\n", TRUE},
    {"an answer without end", SMTP_TEMPORARY, "no end", HELLO ENVELOPE GO ".\n+\n", TRUE},
    {"garbage for an answer", SMTP_TEMPORARY, "no SMTP: ok ok", HELLO ENVELOPE "<ok ok\n=\n", FALSE},
    {"a code of two digits", SMTP_TEMPORARY, "no SMTP: 25 ok", HELLO ENVELOPE "<25 ok\n=\n", FALSE},
    {"a code that is none", SMTP_TEMPORARY, "no SMTP: 650 ok", HELLO ENVELOPE "<650 ok\n=\n", FALSE},
    {"a code that changes", SMTP_TEMPORARY, "no SMTP: 250 ok", HELLO ENVELOPE "<450-no\n<250 ok\n=\n", FALSE},
    {"says more than it was asked", SMTP_TEMPORARY, "more than it was asked",
     HELLO ENVELOPE "!250 ok|250 ok|354 go|250 taken|\n=\n", FALSE},
    {"control bytes in an answer", SMTP_PERMANENT, "550 a [31mb", HELLO ENVELOPE GO ".\n<550 a \x1b[31mb\n" QUIT, TRUE},
};

static void
test_one(gconstpointer data)
{
    const struct one *one = data;
    const char *const scripts[] = {one->script, HELLO TAKE, NULL};
    struct server server;
    struct smtp_result result;
    server_start(&server, scripts);
    smtp *session = impatient_client(server.relay, 0, strstr(one->reply, "in time") ? 1 : 10);
    smtp_send(session, &mail_one, NULL, &result);
    smtp_free(session);
    server_stop(&server);
    g_assert_cmpint(result.outcome, ==, one->outcome);
    if (!strstr(result.reply, one->reply))
        g_assert_cmpstr(result.reply, ==, one->reply);
    g_assert_cmpstr(server.data->str, ==, one->handed_over ? BODY ".\r\n" : "");
    g_assert_cmpuint(server.connections, ==, 1); /* what may have been handed over is never offered again here */
    server_clear(&server);
}

/* ---- several mails ---- */

struct many {
    const char *name;
    const char *scripts[3];
    guint retire;
    gboolean look_ahead;
    enum smtp_outcome first, second;
    guint connections;
};

static const struct many manies[] = {
    {"one session for both", {HELLO TAKE TAKE QUIT}, 0, FALSE, SMTP_SENT, SMTP_SENT, 1},
    {"RSET after a refusal",
     {HELLO ENVELOPE "<250 ok\n<550 no\n<554 none\n>RSET\n" ENVELOPE "<250 ok\n" GO ".\n<250 taken\n" QUIT},
     0,
     FALSE,
     SMTP_PERMANENT,
     SMTP_SENT,
     1},
    {"RSET after a refusal, stepwise",
     {PLAIN_HELLO
      ">MAIL\n<250 ok\n>RCPT\n<550 no\n>RSET\n<250 ok\n>MAIL\n<250 ok\n>RCPT\n<250 ok\n>DATA\n<354 go\n.\n<250 "
      "taken\n" QUIT},
     0,
     FALSE,
     SMTP_PERMANENT,
     SMTP_SENT,
     1},
    {"no RSET after a lone dot",
     {HELLO ENVELOPE "<250 ok\n<550 no\n<354 go\n>.\n<554 none\n" TAKE QUIT},
     0,
     FALSE,
     SMTP_PERMANENT,
     SMTP_SENT,
     1},
    {"retired", {HELLO TAKE QUIT, HELLO TAKE QUIT}, 1, FALSE, SMTP_SENT, SMTP_SENT, 2},
    {"retired, nothing announced", {HELLO TAKE QUIT, HELLO TAKE QUIT}, 1, TRUE, SMTP_SENT, SMTP_SENT, 2},
    {"ended by the server between two mails", {HELLO TAKE, HELLO TAKE QUIT}, 0, FALSE, SMTP_SENT, SMTP_SENT, 2},
    {"ended with 421 between two mails",
     {HELLO TAKE "<421 4.4.2 timeout\n", HELLO TAKE QUIT},
     0,
     FALSE,
     SMTP_SENT,
     SMTP_SENT,
     2},
    {"ended at the second envelope", {HELLO TAKE ENVELOPE, HELLO TAKE QUIT}, 0, FALSE, SMTP_SENT, SMTP_SENT, 2},
    {"421 at the second envelope",
     {HELLO TAKE ENVELOPE "<421 enough\n", HELLO TAKE QUIT},
     0,
     FALSE,
     SMTP_SENT,
     SMTP_SENT,
     2},
    {"an old session that defers is not believed",
     {HELLO TAKE ENVELOPE "<451 4.7.1 my filter failed\n<503 no\n<503 no\n" QUIT, HELLO TAKE QUIT},
     0,
     FALSE,
     SMTP_SENT,
     SMTP_SENT,
     2},
    {"a session that deferred is not used again",
     {HELLO ENVELOPE GO ".\n<451 4.7.1 my filter failed\n" QUIT, HELLO TAKE QUIT},
     0,
     FALSE,
     SMTP_TEMPORARY,
     SMTP_SENT,
     2},
    {"the first deferred with the next announced",
     {HELLO ENVELOPE GO ".\n" ENVELOPE "<451 4.7.1 my filter failed\n", HELLO TAKE QUIT},
     0,
     TRUE,
     SMTP_TEMPORARY,
     SMTP_SENT,
     2},
    {"a broken session is not used again",
     {HELLO ENVELOPE "<what\n=\n", HELLO TAKE QUIT},
     0,
     FALSE,
     SMTP_TEMPORARY,
     SMTP_SENT,
     2},
    {"the next envelope comes with the end of the data",
     {HELLO ENVELOPE GO ".\n" ENVELOPE "<250 one\n" GO ".\n<250 two\n" QUIT},
     0,
     TRUE,
     SMTP_SENT,
     SMTP_SENT,
     1},
    {"the first refused, the next taken",
     {HELLO ENVELOPE GO ".\n" ENVELOPE "<554 no\n" GO ".\n<250 two\n" QUIT},
     0,
     TRUE,
     SMTP_PERMANENT,
     SMTP_SENT,
     1},
    {"the first taken, the next refused",
     {HELLO ENVELOPE GO ".\n" ENVELOPE "<250 one\n<250 ok\n<550 no\n<354 go\n>.\n<554 none\n" QUIT},
     0,
     TRUE,
     SMTP_SENT,
     SMTP_PERMANENT,
     1},
    {"hangs up with an envelope announced",
     {HELLO ENVELOPE GO ".\n" ENVELOPE "<250 one\n", HELLO TAKE QUIT},
     0,
     TRUE,
     SMTP_SENT,
     SMTP_SENT,
     2},
    {"hangs up after the dot with an envelope announced",
     {HELLO ENVELOPE GO ".\n" ENVELOPE, HELLO TAKE QUIT},
     0,
     TRUE,
     SMTP_TEMPORARY,
     SMTP_SENT,
     2},
    {"nothing announced without pipelining",
     {PLAIN_HELLO ">MAIL\n<250 ok\n>RCPT\n<250 ok\n>DATA\n<354 go\n.\n<250 taken\n"
                  ">MAIL\n<250 ok\n>RCPT\n<250 ok\n>DATA\n<354 go\n.\n<250 taken\n" QUIT},
     0,
     TRUE,
     SMTP_SENT,
     SMTP_SENT,
     1},
};

static void
test_many(gconstpointer data)
{
    const struct many *many = data;
    const char *const scripts[] = {many->scripts[0], many->scripts[1], many->scripts[1] ? many->scripts[2] : NULL,
                                   NULL};
    struct server server;
    struct smtp_result first, second;
    server_start(&server, scripts);
    smtp *session = client(server.relay, many->retire);
    smtp_send(session, &mail_one, many->look_ahead ? &mail_two : NULL, &first);
    smtp_send(session, &mail_two, NULL, &second);
    g_assert_cmpuint(smtp_sessions(session), ==, many->connections);
    smtp_free(session);
    server_stop(&server);
    g_assert_cmpint(first.outcome, ==, many->first);
    g_assert_cmpint(second.outcome, ==, many->second);
    g_assert_nonnull(strstr(server.commands->str, "RCPT TO:<team@acme.test>\n"));
    g_assert_nonnull(strstr(server.commands->str, "RCPT TO:<mia@mias-candles.test>\n"));
    server_clear(&server);
}

static void
test_another_mail_than_announced(void)
{
    const char *const scripts[] = {HELLO ENVELOPE GO ".\n" ENVELOPE "<250 one\n=\n", HELLO TAKE QUIT, NULL};
    static const struct smtp_mail other = {
        .sender = "", .recipient = "other@acme.test", .data = BODY, .length = sizeof BODY - 1};
    struct server server;
    struct smtp_result result;
    server_start(&server, scripts);
    smtp *session = client(server.relay, 0);
    smtp_send(session, &mail_one, &mail_two, &result);
    smtp_send(session, &other, NULL, &result);
    smtp_free(session);
    server_stop(&server);
    g_assert_cmpint(result.outcome, ==, SMTP_SENT);
    g_assert_cmpstr(server.data->str, ==, BODY ".\r\n" BODY ".\r\n");
    g_assert_true(g_str_has_suffix(server.commands->str, "MAIL FROM:<>\nRCPT TO:<other@acme.test>\nDATA\nQUIT\n"));
    server_clear(&server);
}

/* A mail that was announced and given up may leave its place in memory to another. */
static void
test_another_mail_in_the_same_place(void)
{
    const char *const scripts[] = {HELLO ENVELOPE GO ".\n" ENVELOPE "<250 one\n=\n", HELLO TAKE QUIT, NULL};
    struct smtp_mail place = mail_two;
    struct server server;
    struct smtp_result result;
    server_start(&server, scripts);
    smtp *session = client(server.relay, 0);
    smtp_send(session, &mail_one, &place, &result);
    place.recipient = "other@acme.test";
    smtp_send(session, &place, NULL, &result);
    smtp_free(session);
    server_stop(&server);
    g_assert_cmpint(result.outcome, ==, SMTP_SENT);
    g_assert_true(g_str_has_suffix(server.commands->str, "RCPT TO:<other@acme.test>\nDATA\nQUIT\n"));
    server_clear(&server);
}

/* ---- what goes on the wire ---- */

static void
test_data_is_made_safe(void)
{
    static const struct {
        const char *data, *wire;
    } cases[] = {
        {"a\r\nb\r\n", "a\r\nb\r\n"},
        {"a\nb", "a\r\nb\r\n"},
        {"a\rb\r", "a\r\nb\r\n"},
        {".a\r\n..b\r\n.\r\nc\r\n", "..a\r\n...b\r\n..\r\nc\r\n"},
        {"a\n.\nMAIL FROM:<x@y>\n", "a\r\n..\r\nMAIL FROM:<x@y>\r\n"},
        {"a\r.\rMAIL", "a\r\n..\r\nMAIL\r\n"},
        {"a\r\n.\rb\n.\r\n", "a\r\n..\r\nb\r\n..\r\n"},
        {".a\r\nb\n.\r\n", "..a\r\nb\r\n..\r\n"},
        {"a\n\r.\r\n\r\r\n", "a\r\n\r\n..\r\n\r\n\r\n"},
        {"x\r\n\r\n\r\n", "x\r\n\r\n\r\n"},
        {"\r\n.", "\r\n..\r\n"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *const scripts[] = {HELLO TAKE QUIT, NULL};
        struct smtp_mail mail = {
            .sender = "", .recipient = "a@b.test", .data = cases[i].data, .length = strlen(cases[i].data)};
        struct server server;
        struct smtp_result result;
        server_start(&server, scripts);
        smtp *session = client(server.relay, 0);
        smtp_send(session, &mail, NULL, &result);
        smtp_free(session);
        server_stop(&server);
        g_autofree char *expected = g_strconcat(cases[i].wire, ".\r\n", NULL);
        g_assert_cmpstr(server.data->str, ==, expected);
        server_clear(&server);
    }
}

static void
test_no_address_injects_a_command(void)
{
    static const char *const bad[] = {
        "a@b.test>\r\nRCPT TO:<x@y.test",
        "a@b.test\r\nDATA",
        "a@b.test\n",
        "a b@c.test",
        "<a@b.test>",
        "a@b.test> SIZE=1",
        "\"a\"@b.test",
        "a",
        "",
        "a@b.test\x01",
        "a@b@c.test",
        "caf\xc3\xa9@b.test",
    };
    const char *const scripts[] = {NULL};
    struct server server;
    struct smtp_result result;
    server_start(&server, scripts);
    smtp *session = client(server.relay, 0);
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        struct smtp_mail mail = {.sender = "", .recipient = bad[i], .data = BODY, .length = sizeof BODY - 1};
        if (strcmp(bad[i], "a@b.test\n") == 0)
            continue; /* trimmed, see below */
        smtp_send(session, &mail, NULL, &result);
        g_assert_cmpint(result.outcome, ==, SMTP_PERMANENT);
        g_assert_null(strpbrk(result.reply, "\r\n"));
        mail = (struct smtp_mail){.sender = bad[i], .recipient = "a@b.test", .data = BODY, .length = sizeof BODY - 1};
        if (!*bad[i])
            continue; /* the null reverse path */
        smtp_send(session, &mail, NULL, &result);
        g_assert_cmpint(result.outcome, ==, SMTP_PERMANENT);
    }
    g_assert_cmpuint(smtp_sessions(session), ==, 0);
    smtp_free(session);
    server_stop(&server);
    server_clear(&server);
}

static void
test_addresses_go_out_normalised(void)
{
    const char *const scripts[] = {HELLO TAKE QUIT, NULL};
    struct smtp_mail mail = {
        .sender = " R+x@Experts.test\n", .recipient = "A@B.test\r\n", .data = BODY, .length = sizeof BODY - 1};
    struct server server;
    struct smtp_result result;
    send_one(&server, scripts, &mail, &result);
    g_assert_cmpint(result.outcome, ==, SMTP_SENT);
    g_assert_true(
        g_str_has_suffix(server.commands->str, "MAIL FROM:<r+x@experts.test>\nRCPT TO:<a@b.test>\nDATA\nQUIT\n"));
    server_clear(&server);
}

static void
test_size_is_told_and_heeded(void)
{
    const char *const scripts[] = {
        "<220 x\n>EHLO\n<250-x\n<250-SIZE 1000\n<250 PIPELINING\n>MAIL FROM:<r+bounce@experts.test> "
        "SIZE=22\n>RCPT\n>DATA\n" GO ".\n<250 taken\n" QUIT,
        NULL};
    static char large[1001];
    memset(large, 'x', sizeof large);
    struct smtp_mail mail = {.sender = "", .recipient = "a@b.test", .data = large, .length = sizeof large};
    struct server server;
    struct smtp_result result;
    server_start(&server, scripts);
    smtp *session = client(server.relay, 0);
    smtp_send(session, &mail_one, &mail, &result);
    g_assert_cmpint(result.outcome, ==, SMTP_SENT);
    smtp_send(session, &mail, NULL, &result);
    g_assert_cmpint(result.outcome, ==, SMTP_PERMANENT);
    g_assert_nonnull(strstr(result.reply, "1001 bytes are more than the relay takes (1000)"));
    smtp_free(session);
    server_stop(&server);
    server_clear(&server);
}

/* RFC 3461. The id and the recipient go as xtext; a server that does not speak of DSN gets neither, on the same handle
 * too. */
static void
test_a_dsn_is_asked_for_where_it_is_offered(void)
{
    const char *const scripts[] = {
        "<220 x\n>EHLO\n<250-x\n<250-DSN\n<250 PIPELINING\n" TAKE "<421 bye\n",
        "<220 x\n>EHLO\n<250-x\n<250-DSNX\n<250 PIPELINING\n" TAKE QUIT,
        NULL,
    };
    struct smtp_mail mail = {.sender = "r+bounce@experts.test",
                             .recipient = "Mia+shop=1@candles.test",
                             .data = BODY,
                             .length = sizeof BODY - 1,
                             .envelope_id = "a+b=c d@experts.test"};
    struct server server;
    struct smtp_result first, second;
    server_start(&server, scripts);
    smtp *session = client(server.relay, 0);
    smtp_send(session, &mail, NULL, &first);
    g_usleep(50000); /* for the 421 */
    smtp_send(session, &mail, NULL, &second);
    smtp_free(session);
    server_stop(&server);
    g_assert_cmpint(first.outcome, ==, SMTP_SENT);
    g_assert_cmpint(second.outcome, ==, SMTP_SENT);
    g_assert_cmpstr(server.commands->str, ==,
                    "EHLO experts.test\n"
                    "MAIL FROM:<r+bounce@experts.test> RET=HDRS ENVID=a+2Bb+3Dc+20d@experts.test\n"
                    "RCPT TO:<mia+shop=1@candles.test> NOTIFY=FAILURE,DELAY "
                    "ORCPT=rfc822;mia+2Bshop+3D1@candles.test\nDATA\n"
                    "EHLO experts.test\nMAIL FROM:<r+bounce@experts.test>\nRCPT TO:<mia+shop=1@candles.test>\nDATA\n"
                    "QUIT\n");
    server_clear(&server);
}

static void
test_nothing_is_handed_over_late(void)
{
    const char *const scripts[] = {HELLO ENVELOPE "@100\n" GO "=\n", NULL};
    struct smtp_mail mail = mail_one;
    mail.not_after = g_get_real_time() + 50000;
    struct server server;
    struct smtp_result result;
    send_one(&server, scripts, &mail, &result);
    g_assert_cmpint(result.outcome, ==, SMTP_LATE);
    g_assert_cmpstr(server.data->str, ==, "");
    server_clear(&server);
}

/* The machine is suspended for an hour before the relay asks for the data: the monotonic clock knows nothing of it. */
static void
test_nothing_is_handed_over_after_a_suspension(void)
{
    const char *const scripts[] = {HELLO ENVELOPE "~\n" GO "=\n", NULL};
    struct smtp_mail mail = mail_one;
    mail.not_after = g_get_real_time() + 60 * G_USEC_PER_SEC;
    struct server server;
    struct smtp_result result;
    send_one(&server, scripts, &mail, &result);
    g_atomic_int_set(&hours_suspended, 0);
    g_assert_cmpint(result.outcome, ==, SMTP_LATE);
    g_assert_cmpstr(server.data->str, ==, "");
    server_clear(&server);
}

static void
test_large_data_refused_in_the_middle(void)
{
    const char *const scripts[] = {HELLO ENVELOPE GO "@20\n<552 5.3.4 too much\n=\n", NULL};
    g_autofree char *large = g_malloc0(8u << 20);
    struct smtp_mail mail = {.sender = "", .recipient = "a@b.test", .data = large, .length = 8u << 20};
    memset(large, 'x', mail.length);
    struct server server;
    struct smtp_result result;
    send_one(&server, scripts, &mail, &result);
    g_assert_cmpint(result.outcome, ==, SMTP_PERMANENT);
    g_assert_cmpstr(result.reply, ==, "552 5.3.4 too much");
    server_clear(&server);
}

static void
send_large(const char *script, gint64 patience, struct smtp_result *result)
{
    const char *const scripts[] = {script, NULL};
    const gsize length = 32u << 20;
    g_autofree char *large = g_malloc(length);
    memset(large, 'x', length);
    struct smtp_mail mail = {.sender = "", .recipient = "a@b.test", .data = large, .length = length};
    mail.not_after = patience ? g_get_real_time() + patience : 0;
    struct server server;
    server_start(&server, scripts);
    smtp *session = impatient_client(server.relay, 0, 1);
    smtp_send(session, &mail, NULL, result);
    smtp_free(session);
    server_stop(&server);
    server_clear(&server);
}

static void
test_a_relay_that_reads_nothing(void)
{
    struct smtp_result result;
    send_large(HELLO ENVELOPE GO "@3000\n", 0, &result);
    g_assert_cmpint(result.outcome, ==, SMTP_TEMPORARY);
    g_assert_nonnull(strstr(result.reply, "did not take the bytes in time"));
}

static void
test_a_relay_that_reads_slowly_past_the_claim(void)
{
    struct smtp_result result;
    send_large(HELLO ENVELOPE GO "%\n", G_USEC_PER_SEC, &result);
    g_assert_cmpint(result.outcome, ==, SMTP_TEMPORARY);
    g_assert_nonnull(strstr(result.reply, "did not take the bytes in time"));
}

/* ---- where ---- */

static void
test_relays(void)
{
    static const char *const good[] = {"127.0.0.1:25", "127.3.2.1:2525",   "[::1]:25",     "localhost:25",
                                       "unix:/run/x",  "lmtp:unix:/run/x", "lmtp:[::1]:24"};
    g_autofree char *long_path = g_strnfill(120, 'x');
    g_autofree char *too_long = g_strconcat("unix:/", long_path, NULL);
    const char *const bad[] = {
        "192.0.2.1:25",    "[2001:db8::1]:25",       "0.0.0.0:25", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0",
        "127.0.0.1:65536", "127.0.0.1:25x",          "::1:25",     ":25",       "[]:25",      "unix:relative",
        "lmtp:",           "lmtp:lmtp:127.0.0.1:24", "",           too_long};
    for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autoptr(GError) error = NULL;
        relay_check(good[i], RELAY_TLS_NONE, &error);
        g_assert_no_error(error);
    }
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(relay_check(bad[i], RELAY_TLS_NONE, &error));
        g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID);
    }
    g_autoptr(GError) error = NULL;
    g_assert_false(relay_check("192.0.2.1:25", RELAY_TLS_NONE, &error));
    g_assert_nonnull(strstr(error->message, "set mailer.relay_tls = starttls"));
    for (enum relay_tls tls = RELAY_TLS_AUTO; tls <= RELAY_TLS_IMPLICIT; tls++) {
        g_assert_cmpint(relay_check("192.0.2.1:25", tls, NULL), ==, tls != RELAY_TLS_NONE);
        g_assert_cmpint(relay_check("lmtp:unix:/run/x", tls, NULL), ==, tls <= RELAY_TLS_NONE);
    }
}

static void
test_nobody_there(void)
{
    guint port;
    struct smtp_result result;
    close(listen_loopback(&port));
    g_autofree char *relay = g_strdup_printf("127.0.0.1:%u", port);
    const char *const relays[] = {relay, "unix:/nonexistent/socket"};
    for (guint i = 0; i < G_N_ELEMENTS(relays); i++) {
        smtp *session = client(relays[i], 0);
        smtp_send(session, &mail_one, NULL, &result);
        g_assert_cmpint(result.outcome, ==, SMTP_UNREACHABLE);
        g_assert_nonnull(strstr(result.reply, relays[i]));
        smtp_free(session);
    }
}

static void
test_unix_socket(void)
{
    const char *const scripts[] = {HELLO TAKE QUIT, NULL};
    g_autofree char *folder = g_dir_make_tmp("postern-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "smtp", NULL);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct server server = {.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    struct smtp_result result;
    g_strlcpy(address.sun_path, path, sizeof address.sun_path);
    g_assert_cmpint(bind(server.listener, (struct sockaddr *)&address, sizeof address), ==, 0);
    g_assert_cmpint(listen(server.listener, 1), ==, 0);
    server.relay = g_strconcat("unix:", path, NULL);
    server_begin(&server, scripts);
    smtp *session = client(server.relay, 0);
    smtp_send(session, &mail_one, NULL, &result);
    smtp_free(session);
    server_stop(&server);
    g_assert_cmpint(result.outcome, ==, SMTP_SENT);
    server_clear(&server);
    g_unlink(path);
    g_rmdir(folder);
}

static void
test_descriptors_beyond_a_thousand(void)
{
    struct rlimit before, wanted;
    getrlimit(RLIMIT_NOFILE, &before);
    wanted = (struct rlimit){.rlim_cur = MIN(before.rlim_max, 4096), .rlim_max = before.rlim_max};
    if (wanted.rlim_cur < 1200 || setrlimit(RLIMIT_NOFILE, &wanted) != 0) {
        g_test_skip("fewer than 1,200 descriptors are allowed here");
        return;
    }
    g_autoptr(GArray) taken = g_array_new(FALSE, FALSE, sizeof(int));
    for (int fd = 0; fd >= 0 && fd < 1100;) {
        fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        g_array_append_val(taken, fd);
    }
    const char *const scripts[] = {HELLO TAKE QUIT, NULL};
    struct server server;
    struct smtp_result result;
    send_one(&server, scripts, &mail_one, &result);
    g_assert_cmpint(result.outcome, ==, SMTP_SENT);
    server_clear(&server);
    for (guint i = 0; i < taken->len; i++)
        close(g_array_index(taken, int, i));
    setrlimit(RLIMIT_NOFILE, &before);
}

/* ---- Postfix's smtp-sink ---- */

struct sink {
    GPid pid;
    char *relay;
    char *folder;
};

static gboolean
connects(guint port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((guint16)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    gboolean connected = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return connected;
}

static char *
find_sink(void)
{
    char *found = g_find_program_in_path("smtp-sink");
    return found                                                           ? found
           : g_file_test("/usr/sbin/smtp-sink", G_FILE_TEST_IS_EXECUTABLE) ? g_strdup("/usr/sbin/smtp-sink")
                                                                           : NULL;
}

static void
die_with_parent(gpointer data G_GNUC_UNUSED)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* FALSE and the test skipped where smtp-sink is missing. */
static gboolean
sink_start(struct sink *sink, const char *option, const char *value)
{
    g_autofree char *program = find_sink();
    guint port;
    if (!program) {
        g_test_skip("smtp-sink is not installed (package postfix)");
        return FALSE;
    }
    close(listen_loopback(&port));
    sink->folder = g_dir_make_tmp("postern-XXXXXX", NULL);
    g_assert_cmpint(chmod(sink->folder, 0777), ==, 0);
    sink->relay = g_strdup_printf("127.0.0.1:%u", port);
    const char *command[14] = {program, "-R", sink->folder, "-d", "mail.", "-B", "550 5.3.0 no"};
    guint count = 7;
    if (geteuid() == 0) {
        command[count++] = "-u";
        command[count++] = "nobody";
    }
    if (option)
        command[count++] = option;
    if (value)
        command[count++] = value;
    command[count++] = sink->relay;
    command[count++] = "16";
    g_autoptr(GError) error = NULL;
    g_spawn_async(NULL, (char **)command, NULL, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, die_with_parent,
                  NULL, &sink->pid, &error);
    g_assert_no_error(error);
    for (int i = 0; !connects(port); i++) {
        g_assert_cmpint(i, <, 500);
        g_usleep(10000);
    }
    return TRUE;
}

static void
sink_stop(struct sink *sink)
{
    kill(sink->pid, SIGTERM);
    waitpid(sink->pid, NULL, 0);
    g_autoptr(GDir) folder = g_dir_open(sink->folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(folder));) {
        g_autofree char *path = g_build_filename(sink->folder, name, NULL);
        g_unlink(path);
    }
    g_rmdir(sink->folder);
    g_free(sink->folder);
    g_free(sink->relay);
}

/* The mails that smtp-sink wrote, by their X-Number. */
static GHashTable *
sink_mails(const struct sink *sink)
{
    GHashTable *mails = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GDir) folder = g_dir_open(sink->folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(folder));) {
        g_autofree char *path = g_build_filename(sink->folder, name, NULL);
        char *content = NULL;
        g_assert_true(g_file_get_contents(path, &content, NULL, NULL));
        const char *number = strstr(content, "X-Number: ");
        g_assert_nonnull(number);
        g_hash_table_insert(mails, g_strndup(number + 10, strcspn(number + 10, "\r\n")), content);
    }
    return mails;
}

#define SINK_MAILS 300

static char *
sink_body(guint number)
{
    GString *body = g_string_new(NULL);
    g_string_append_printf(body, "X-Number: %u\r\n\r\n", number);
    for (guint i = 0; i < number % 40; i++)
        g_string_append_printf(body, "%s line %u of %u\r\n", i % 3 ? "" : ".", i, number);
    return g_string_free(body, FALSE);
}

static void
send_numbered(const struct sink *sink)
{
    struct smtp_mail mails[SINK_MAILS];
    char *bodies[SINK_MAILS];
    for (guint i = 0; i < SINK_MAILS; i++) {
        bodies[i] = sink_body(i);
        mails[i] = (struct smtp_mail){
            .sender = "r+x@experts.test", .recipient = "a@b.test", .data = bodies[i], .length = strlen(bodies[i])};
    }
    smtp *session = client(sink->relay, 100);
    for (guint i = 0; i < SINK_MAILS; i++) {
        struct smtp_result result;
        smtp_send(session, &mails[i], i + 1 < SINK_MAILS && i % 7 ? &mails[i + 1] : NULL, &result);
        g_assert_cmpint(result.outcome, ==, SMTP_SENT);
    }
    g_assert_cmpuint(smtp_sessions(session), ==, 3);
    smtp_free(session);
    for (guint i = 0; i < SINK_MAILS; i++)
        g_free(bodies[i]);
}

/* `data`: an option of smtp-sink or NULL. */
static void
test_sink_takes_all(gconstpointer data)
{
    struct sink sink;
    if (!sink_start(&sink, data, NULL))
        return;
    send_numbered(&sink);
    g_autoptr(GHashTable) mails = sink_mails(&sink);
    g_assert_cmpuint(g_hash_table_size(mails), ==, SINK_MAILS);
    for (guint i = 0; i < SINK_MAILS; i++) {
        g_autofree char *number = g_strdup_printf("%u", i);
        const char *got = g_hash_table_lookup(mails, number);
        g_autofree char *body = sink_body(i);
        g_auto(GStrv) lines = g_strsplit(body, "\r\n", -1);
        g_autofree char *expected = g_strjoinv("\n", lines);
        g_assert_nonnull(got);
        g_assert_nonnull(strstr(got, expected));
    }
    sink_stop(&sink);
}

struct refusal {
    const char *name, *option, *value;
    enum smtp_outcome outcome;
};

static const struct refusal refusals[] = {
    {"soft at MAIL", "-r", "mail", SMTP_TEMPORARY},       {"hard at MAIL", "-f", "mail", SMTP_TEMPORARY},
    {"soft at RCPT", "-r", "rcpt", SMTP_TEMPORARY},       {"hard at RCPT", "-f", "rcpt", SMTP_PERMANENT},
    {"soft at DATA", "-r", "data", SMTP_TEMPORARY},       {"hard at DATA", "-f", "data", SMTP_PERMANENT},
    {"soft at the dot", "-r", ".", SMTP_TEMPORARY},       {"hard at the dot", "-f", ".", SMTP_PERMANENT},
    {"hangs up at RCPT", "-q", "rcpt", SMTP_TEMPORARY},   {"hangs up at the dot", "-q", ".", SMTP_TEMPORARY},
    {"hangs up at EHLO", "-q", "ehlo", SMTP_UNREACHABLE},
};

static void
test_sink_refuses(gconstpointer data)
{
    const struct refusal *refusal = data;
    struct sink sink;
    struct smtp_result result;
    if (!sink_start(&sink, refusal->option, refusal->value))
        return;
    smtp *session = client(sink.relay, 0);
    for (int i = 0; i < 3; i++) {
        smtp_send(session, &mail_one, NULL, &result);
        g_assert_cmpint(result.outcome, ==, refusal->outcome);
        g_assert_cmpstr(result.reply, !=, "");
    }
    smtp_free(session);
    sink_stop(&sink);
}

static void
add(const char *folder, const char *name, gconstpointer data, GTestDataFunc test)
{
    g_autofree char *path = g_strdup_printf("/smtp/%s/%s", folder, name);
    g_strdelimit(path, " ,:", '-');
    g_test_add_data_func(path, data, test);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(ones); i++)
        add("one", ones[i].name, &ones[i], test_one);
    for (guint i = 0; i < G_N_ELEMENTS(manies); i++)
        add("many", manies[i].name, &manies[i], test_many);
    g_test_add_func("/smtp/another-mail-than-announced", test_another_mail_than_announced);
    g_test_add_func("/smtp/another-mail-in-the-same-place", test_another_mail_in_the_same_place);
    g_test_add_func("/smtp/data-is-made-safe", test_data_is_made_safe);
    g_test_add_func("/smtp/no-address-injects-a-command", test_no_address_injects_a_command);
    g_test_add_func("/smtp/addresses-go-out-normalised", test_addresses_go_out_normalised);
    g_test_add_func("/smtp/size-is-told-and-heeded", test_size_is_told_and_heeded);
    g_test_add_func("/smtp/a-dsn-is-asked-for-where-it-is-offered", test_a_dsn_is_asked_for_where_it_is_offered);
    g_test_add_func("/smtp/nothing-is-handed-over-late", test_nothing_is_handed_over_late);
    g_test_add_func("/smtp/nothing-is-handed-over-after-a-suspension", test_nothing_is_handed_over_after_a_suspension);
    g_test_add_func("/smtp/large-data-refused-in-the-middle", test_large_data_refused_in_the_middle);
    g_test_add_func("/smtp/a-relay-that-reads-nothing", test_a_relay_that_reads_nothing);
    g_test_add_func("/smtp/a-relay-that-reads-slowly-past-the-claim", test_a_relay_that_reads_slowly_past_the_claim);
    g_test_add_func("/smtp/relays", test_relays);
    g_test_add_func("/smtp/nobody-there", test_nobody_there);
    g_test_add_func("/smtp/unix-socket", test_unix_socket);
    g_test_add_func("/smtp/descriptors-beyond-a-thousand", test_descriptors_beyond_a_thousand);
    add("sink", "takes all", NULL, test_sink_takes_all);
    add("sink", "takes all without pipelining", "-p", test_sink_takes_all);
    add("sink", "takes all without ESMTP", "-e", test_sink_takes_all);
    for (guint i = 0; i < G_N_ELEMENTS(refusals); i++)
        add("sink", refusals[i].name, &refusals[i], test_sink_refuses);
    return g_test_run();
}
