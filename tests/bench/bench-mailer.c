/*
 * How fast ready mails are handed over: bench-mailer RELAY CONNECTIONS MAILS BYTES prints mails a second.
 *
 * As smtp-source does it: each connection a thread with a persistent session, all mails alike.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mailer/smtp.h"

struct bench {
    const char *relay;
    GString *body;
    guint mails; /* a connection */
    guint sent;  /* atomic */
};

static void
send_next(smtp *session, const struct bench *bench, guint left, struct smtp_mail places[2], struct smtp_result *result)
{
    /* Recipients differ, as they do in life. */
    const struct smtp_mail *mail = &places[left % 2], *next = left > 1 ? &places[(left - 1) % 2] : NULL;
    smtp_send(session, mail, next, result);
    if (result->outcome != SMTP_SENT)
        fprintf(stderr, "bench-mailer: %s: %s\n", bench->relay, result->reply);
}

static void *
run(void *arg)
{
    struct bench *bench = arg;
    const struct smtp_options options = {.relay = bench->relay, .hello = "bench.test", .timeout = 60};
    smtp *session = smtp_new(&options);
    struct smtp_mail places[2];
    for (int i = 0; i < 2; i++)
        places[i] = (struct smtp_mail){.sender = "r+miaqaaaaaaaaaaaenui6lejsgz4rj3vdysrc3jmovfh4wfb5@bench.test",
                                       .recipient = i ? "one@bench.test" : "two@bench.test",
                                       .data = bench->body->str,
                                       .length = bench->body->len};
    for (guint left = bench->mails; left > 0; left--) {
        struct smtp_result result;
        send_next(session, bench, left, places, &result);
        if (result.outcome == SMTP_SENT)
            g_atomic_int_inc(&bench->sent);
    }
    smtp_free(session);
    return NULL;
}

static GString *
make_body(gsize bytes)
{
    GString *body = g_string_new("From: bench@bench.test\r\nTo: bench@bench.test\r\nSubject: bench\r\n\r\n");
    while (body->len < bytes)
        g_string_append(body, "The quick brown fox jumps over the lazy dog, and back again, all day.\r\n");
    return body;
}

int
main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: bench-mailer RELAY CONNECTIONS MAILS BYTES\n");
        return 2;
    }
    guint connections = (guint)atoi(argv[2]), mails = (guint)atoi(argv[3]);
    g_autofree pthread_t *threads = g_new(pthread_t, connections);
    struct bench bench = {.relay = argv[1], .body = make_body((gsize)atoi(argv[4])), .mails = mails / connections};
    gint64 start = g_get_monotonic_time();
    for (guint i = 0; i < connections; i++)
        if (pthread_create(&threads[i], NULL, run, &bench) != 0)
            return 1;
    for (guint i = 0; i < connections; i++)
        pthread_join(threads[i], NULL);
    double seconds = (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC;
    g_string_free(bench.body, TRUE);
    printf("%.0f\n", bench.sent / seconds);
    return bench.sent == bench.mails * connections ? 0 : 1;
}
