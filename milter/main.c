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

/* libmilter's own end, as a signal to the main thread. */
#define SIGNAL_ENDED SIGUSR2

/* ---- options ---- */

struct options {
    char *conf_path;
    gboolean foreground, version;
};

static gboolean
read_options(struct options *options, int argc, char **argv)
{
    const GOptionEntry entries[] = {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, &options->conf_path, "Settings file (" CONF_DEFAULT_PATH ")", "FILE"},
        {"foreground", 0, 0, G_OPTION_ARG_NONE, &options->foreground, "Stay in the foreground, as it always does",
         NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version", NULL},
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

/*
 * libmilter has a thread that waits for SIGTERM, SIGHUP and SIGINT too and would stop at once. Linux gives a signal for
 * the process to its main thread if that one takes it, so the main thread waits and libmilter serves in another.
 */
static sigset_t
block_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGNAL_ENDED);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    return set;
}

struct server {
    pthread_t main_thread;
};

static void *
serve(void *arg)
{
    const struct server *server = arg;
    callbacks_serve();
    pthread_kill(server->main_thread, SIGNAL_ENDED);
    return NULL;
}

static gboolean
start_server(struct server *server, GError **error)
{
    pthread_t thread;
    server->main_thread = pthread_self();
    int result = pthread_create(&thread, NULL, serve, server);
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
        int number = 0;
        if (sigwait(signals, &number) != 0)
            continue;
        if (number == SIGNAL_ENDED)
            return FALSE;
        if (number == SIGTERM || number == SIGINT)
            return TRUE;
        reload(gateway);
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
start(struct gateway *gateway, struct listener *listener, struct server *server, const char *conf_path, GError **error)
{
    return gateway_open(gateway, conf_path, error) && listen_open(gateway->current->conf, listener, error) &&
           callbacks_open(gateway, listener->connection, error) && start_server(server, error);
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

int
main(int argc, char **argv)
{
    struct options options = {.conf_path = NULL};
    struct listener listener = {.path = NULL};
    /* Never freed: libmilter's threads outlive main(), and ask the gate until the process is gone. */
    struct gateway *gateway = g_new0(struct gateway, 1);
    struct server *server = g_new0(struct server, 1);
    g_autoptr(GError) error = NULL;

    g_set_prgname("postern-milter");
    if (!read_options(&options, argc, argv))
        return USAGE;
    if (options.version) {
        puts("postern-milter " PACKAGE_VERSION);
        return DONE;
    }
    sigset_t signals = block_signals();
    raise_descriptor_limit();
    if (!start(gateway, &listener, server, options.conf_path ? options.conf_path : CONF_DEFAULT_PATH, &error)) {
        log_event(LOG_ERR, "cannot start", "error", error->message, NULL);
        return FAILED;
    }
    log_event(LOG_NOTICE, "ready", "version", PACKAGE_VERSION, "socket", listener.connection, NULL);
    service_notify("READY=1");
    return end(gateway, &listener, wait_for_end(gateway, &signals));
}
