/* postern-milter: SMTP in. Starts, waits for signals, drains, ends. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "config.h"

#include "lib/error.h"
#include "lib/log.h"
#include "lib/service.h"
#include "milter/callbacks.h"
#include "milter/listen.h"

enum status { DONE = 0, FAILED = 1, USAGE = 2 };

/* How long a mail that is being taken may hold up the end; Postfix defers what is cut off then. */
#define DRAIN_SECONDS 30

/* That libmilter has ended, as a signal among the others. */
#define SIGNAL_ENDED SIGUSR2

/* ---- options ---- */

static gboolean
read_options(char **conf_path, gboolean *version, int argc, char **argv)
{
    gboolean foreground; /* what service managers' units say; it never does otherwise */
    const GOptionEntry entries[] = {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, conf_path, "Settings file (" CONF_DEFAULT_PATH ")", "FILE"},
        {"foreground", 0, 0, G_OPTION_ARG_NONE, &foreground, "Stay in the foreground (it always does)", NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, version, "Print the version", NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;
    g_option_context_set_summary(context, "Takes the marketplace's mail out of Postfix's hands.");
    g_option_context_set_description(
        context, "SIGTERM ends it when nothing is in flight, SIGUSR1 reloads its settings; see postern-milter(8).");
    g_option_context_add_main_entries(context, entries, NULL);
    gboolean good = g_option_context_parse(context, &argc, &argv, &error) && argc == 1;
    if (!good)
        fprintf(stderr, "postern-milter: %s; try --help\n", error ? error->message : "too many words");
    return good;
}

/* ---- signals ---- */

/* Blocked in all threads, so that they wait until the main thread takes them, and none interrupts anything. */
static sigset_t
block_signals(void)
{
    static const int NUMBERS[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGNAL_ENDED};
    sigset_t set;
    sigemptyset(&set);
    for (gsize i = 0; i < G_N_ELEMENTS(NUMBERS); i++)
        sigaddset(&set, NUMBERS[i]);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    return set;
}

static void *
serve(void *arg)
{
    (void)arg;
    callbacks_serve();
    kill(getpid(), SIGNAL_ENDED);
    return NULL;
}

static gboolean
start_server(GError **error)
{
    pthread_t thread;
    int result = pthread_create(&thread, NULL, serve, NULL);
    if (result) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP, "cannot start a thread: %s", g_strerror(result));
        return FALSE;
    }
    pthread_detach(thread);
    return TRUE;
}

static void
reload(struct gateway *gateway)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *state = g_strdup_printf("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, g_get_monotonic_time());
    service_notify(state);
    if (gateway_reload(gateway, &error))
        log_event(LOG_NOTICE, "settings reloaded", NULL);
    else
        log_error(error, "settings not reloaded, the old ones stay");
    service_notify("READY=1");
}

/* TRUE: asked to end. FALSE: libmilter ended by itself. */
static gboolean
wait_for_end(struct gateway *gateway, const sigset_t *signals)
{
    for (;;) {
        int number = sigwaitinfo(signals, NULL); /* not sigwait(): see callbacks.c */
        if (number == SIGUSR1 || number == SIGHUP)
            reload(gateway);
        else if (number > 0)
            return number != SIGNAL_ENDED;
    }
}

/* ---- life ---- */

/* libmilter spins in accept() when descriptors run out. */
static void
raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static gboolean
start(struct gateway *gateway, struct listener *listener, const char *conf_path, GError **error)
{
    return gateway_open(gateway, conf_path, error) && listen_open(gateway->current->conf, listener, error) &&
           callbacks_open(gateway, listener->connection, error) && start_server(error);
}

static enum status
end(struct gateway *gateway, struct listener *listener, gboolean asked)
{
    service_notify("STOPPING=1");
    log_event(LOG_NOTICE, asked ? "ending: new mail is deferred" : "libmilter ended by itself", NULL);
    guint left = gate_close(&gateway->gate, DRAIN_SECONDS);
    listen_close(listener);
    if (left > 0) {
        /* Their threads still use the store. Nobody was told 250; Postfix defers these mails. */
        char count[16];
        g_snprintf(count, sizeof count, "%u", left);
        log_event(LOG_WARNING, "ended with mails in flight; their senders will try again", "mails", count, NULL);
        _exit(asked ? DONE : FAILED);
    }
    gateway_close(gateway);
    log_event(LOG_NOTICE, "ended", NULL);
    return asked ? DONE : FAILED;
}

static enum status
run(const char *conf_path)
{
    /* libmilter's threads outlive main(), and ask the gate until the process is gone. */
    static struct gateway gateway;
    struct listener listener = {.path = NULL};
    g_autoptr(GError) error = NULL;
    sigset_t signals = block_signals();
    raise_descriptor_limit();
    if (!start(&gateway, &listener, conf_path, &error)) {
        log_event(LOG_ERR, "cannot start", "error", error->message, NULL);
        listen_close(&listener);
        return FAILED;
    }
    log_event(LOG_NOTICE, "ready", "version", PACKAGE_VERSION, "socket", listener.connection, NULL);
    service_notify("READY=1");
    return end(&gateway, &listener, wait_for_end(&gateway, &signals));
}

int
main(int argc, char **argv)
{
    g_autofree char *conf_path = NULL;
    gboolean version = FALSE;
    g_set_prgname("postern-milter");
    if (!read_options(&conf_path, &version, argc, argv))
        return USAGE;
    if (version) {
        puts("postern-milter " PACKAGE_VERSION);
        return DONE;
    }
    return run(conf_path ? conf_path : CONF_DEFAULT_PATH);
}
