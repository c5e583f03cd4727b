/*
 * bench-milter SOCKET CONNECTIONS MAILS [BYTES [RECIPIENT]]: how many mails a second a running milter takes.
 *
 * Speaks the milter protocol as Postfix does, from one thread a connection, without Postfix's own costs. Every mail is
 * another one (Message-ID), from another merchant, for RECIPIENT. Prints mails/s and how long the verdict at the end of
 * a mail took.
 */
#include <arpa/inet.h>
#include <glib.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* What is not answered, as agreed upon in the negotiation. */
#define NR_HEADER 0x80u
#define NR_END_OF_HEADERS 0x40000u
#define NO_END_OF_HEADERS 0x40u
#define NR_BODY 0x80000u

struct load {
    const char *socket_path, *recipient;
    guint mails, bytes;
};

struct client {
    const struct load *load;
    guint number;
    int fd;
    guint32 steps;
    GByteArray *out;
    pthread_t thread;
    gint64 *verdict_times; /* microseconds, one a mail */
};

static void
die(const char *what)
{
    perror(what);
    exit(1);
}

/* ---- packets ---- */

static void
queue(struct client *client, char command, gconstpointer data, gsize length)
{
    guint32 size = htonl((guint32)length + 1);
    g_byte_array_append(client->out, (const guint8 *)&size, sizeof size);
    g_byte_array_append(client->out, (const guint8 *)&command, 1);
    g_byte_array_append(client->out, data, (guint)length);
}

static void
flush(struct client *client)
{
    for (gsize done = 0; done < client->out->len;) {
        gssize sent = write(client->fd, client->out->data + done, client->out->len - done);
        if (sent <= 0)
            die("write");
        done += (gsize)sent;
    }
    g_byte_array_set_size(client->out, 0);
}

static void
read_exactly(struct client *client, gpointer buffer, gsize length)
{
    for (gsize done = 0; done < length;) {
        gssize got = read(client->fd, (char *)buffer + done, length - done);
        if (got <= 0)
            die("the milter went away: read");
        done += (gsize)got;
    }
}

static gsize
receive(struct client *client, char *buffer, gsize room)
{
    guint32 size;
    read_exactly(client, &size, sizeof size);
    gsize length = ntohl(size);
    if (length < 1 || length > room)
        die("a packet of another size");
    read_exactly(client, buffer, length);
    return length;
}

static void
expect(struct client *client, char wanted)
{
    char buffer[1024];
    flush(client);
    gsize length = receive(client, buffer, sizeof buffer - 1);
    buffer[length] = 0;
    if (buffer[0] == wanted)
        return;
    fprintf(stderr, "expected %c, got %s\n", wanted, buffer);
    exit(1);
}

/* ---- the dialogue ---- */

static void
open_session(struct client *client)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const guint32 offer[3] = {htonl(6), htonl(0x1FF), htonl(0x1FFFFF)};
    char buffer[1024];
    guint32 steps;
    g_strlcpy(address.sun_path, client->load->socket_path, sizeof address.sun_path);
    client->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (client->fd < 0 || connect(client->fd, (struct sockaddr *)&address, sizeof address) < 0)
        die(client->load->socket_path);
    queue(client, 'O', offer, sizeof offer);
    flush(client);
    if (receive(client, buffer, sizeof buffer) < 13)
        die("no negotiation");
    memcpy(&steps, buffer + 9, sizeof steps);
    client->steps = ntohl(steps);
}

static void
send_header(struct client *client, const char *name, const char *value)
{
    g_autoptr(GString) both = g_string_new(name);
    g_string_append_c(both, 0);
    g_string_append(both, value);
    queue(client, 'L', both->str, both->len + 1);
    if (!(client->steps & NR_HEADER))
        expect(client, 'c');
}

static void
send_content(struct client *client, guint mail)
{
    static const char LINE[] = "Could you help us with the theme of our shop, please? It is about the colours.\r\n";
    g_autofree char *id = g_strdup_printf(" <%d.%u.%u.%" G_GINT64_FORMAT "@bench.test>", getpid(), client->number, mail,
                                          g_get_real_time());
    g_autofree char *from = g_strdup_printf(" Merchant %u <m%u.%u@bench.test>", mail, client->number, mail);
    g_autoptr(GString) body = g_string_new(NULL);
    send_header(client, "From", from);
    send_header(client, "To", " acme@experts.test");
    send_header(client, "Subject", " Our theme");
    send_header(client, "Message-ID", id);
    send_header(client, "Date", " Sun, 22 Nov 2026 10:00:00 +0000");
    if (!(client->steps & NO_END_OF_HEADERS)) {
        queue(client, 'N', "", 0);
        if (!(client->steps & NR_END_OF_HEADERS))
            expect(client, 'c');
    }
    while (body->len < client->load->bytes)
        g_string_append(body, LINE);
    for (gsize done = 0; done < body->len; done += 65535) {
        queue(client, 'B', body->str + done, MIN(65535, body->len - done));
        if (!(client->steps & NR_BODY))
            expect(client, 'c');
    }
}

static void
send_mail(struct client *client, guint mail)
{
    g_autofree char *sender = g_strdup_printf("<m%u.%u@bench.test>", client->number, mail);
    queue(client, 'M', sender, strlen(sender) + 1);
    expect(client, 'c');
    queue(client, 'R', client->load->recipient, strlen(client->load->recipient) + 1);
    expect(client, 'c');
    queue(client, 'D', "Ti\0004BENCH", 10);
    queue(client, 'T', "", 0);
    expect(client, 'c');
    send_content(client, mail);
    gint64 begun = g_get_monotonic_time();
    queue(client, 'E', "", 0);
    expect(client, 'd');
    client->verdict_times[mail] = g_get_monotonic_time() - begun;
}

static void *
work(void *arg)
{
    struct client *client = arg;
    client->out = g_byte_array_new();
    open_session(client);
    for (guint mail = 0; mail < client->load->mails; mail++)
        send_mail(client, mail);
    queue(client, 'Q', "", 0);
    flush(client);
    close(client->fd);
    g_byte_array_unref(client->out);
    return NULL;
}

/* ---- the result ---- */

static int
compare(gconstpointer a, gconstpointer b)
{
    gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
    return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: bench-milter SOCKET CONNECTIONS MAILS [BYTES [RECIPIENT]]\n");
        return 2;
    }
    guint connections = (guint)MAX(atoi(argv[2]), 1);
    struct load load = {
        .socket_path = argv[1],
        .mails = (guint)MAX(atoi(argv[3]), 1),
        .bytes = argc > 4 ? (guint)atoi(argv[4]) : 4000,
        .recipient = argc > 5 ? argv[5] : "<acme@experts.test>",
    };
    guint total = connections * load.mails;
    g_autofree struct client *clients = g_new0(struct client, connections);
    g_autofree gint64 *times = g_new0(gint64, total);
    gint64 begun = g_get_monotonic_time();
    for (guint i = 0; i < connections; i++) {
        clients[i] = (struct client){.load = &load, .number = i, .verdict_times = times + i * load.mails};
        if (pthread_create(&clients[i].thread, NULL, work, &clients[i]))
            die("pthread_create");
    }
    for (guint i = 0; i < connections; i++)
        pthread_join(clients[i].thread, NULL);
    double seconds = (double)(g_get_monotonic_time() - begun) / G_USEC_PER_SEC;
    qsort(times, total, sizeof *times, compare);
    printf("%u connections, %u mails of %u bytes: %.0f mails/s; verdict after %.1f ms median, %.1f ms in 99 of 100\n",
           connections, total, load.bytes, total / seconds, (double)times[total / 2] / 1000,
           (double)times[(gsize)total * 99 / 100] / 1000);
    return 0;
}
