/* postern-mailer: timers, templates, SMTP out. Claims what is due, lets the sender send it, sleeps until there is more.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "config.h"

#include "lib/error.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/wake.h"
#include "mailer/preview.h"
#include "mailer/sender.h"
#include "mailer/setup.h"
#include "mime/read.h"

enum status { DONE = 0, FAILED = 1, USAGE = 2 };

enum {
    TIMERS = 100,       /* run at a time */
    DRAIN_SECONDS = 75, /* for what is in hand at the end; the service manager waits 90 */
    PAUSE_FIRST = 1000, /* milliseconds after the store failed, doubled each time */
    PAUSE_LAST = 30000,
    PAUSE_IDLE = 1000, /* something is due, but there is nothing to do about it now */
};

/* ---- options ---- */

struct options {
    char *conf_path, *preview;
    gboolean once, foreground, version;
};

static gboolean
read_options(struct options *options, int argc, char **argv)
{
    const GOptionEntry entries[] = {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, &options->conf_path, "Settings file (" CONF_DEFAULT_PATH ")", "FILE"},
        {"once", 0, 0, G_OPTION_ARG_NONE, &options->once, "Send what is due, then end", NULL},
        {"preview", 0, 0, G_OPTION_ARG_FILENAME, &options->preview,
         "Print the mail that the templates make of a JSON object {kind, data}; - is standard input", "FILE"},
        {"foreground", 0, 0, G_OPTION_ARG_NONE, &options->foreground, "Stay in the foreground, as it always does",
         NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version", NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;
    g_option_context_set_summary(context, "Sends the marketplace's mail.");
    g_option_context_set_description(
        context, "SIGTERM ends it when nothing is in flight, SIGUSR1 or SIGHUP reloads its settings and templates; see "
                 "postern-mailer(8).");
    g_option_context_add_main_entries(context, entries, NULL);
    gboolean good = g_option_context_parse(context, &argc, &argv, &error) && argc == 1;
    if (!good)
        fprintf(stderr, "postern-mailer: %s; try --help\n", error ? error->message : "too many words");
    return good;
}

/* ---- the mailer ---- */

struct mailer {
    struct setup *setup;
    store *store;
    sender *sender;
    int wake, signals;
    gboolean fresh;        /* its settings: turns may be booked under others */
    gboolean store_failed; /* said so, and not yet that it works again */
    int pause;             /* milliseconds until it is asked again */
};

static gint64
now_seconds(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

/* Said once, however long it lasts. */
static void
note_store(struct mailer *mailer, const GError *error)
{
    if (error) {
        if (!mailer->store_failed)
            log_error(error, "the store fails, will be tried again");
        mailer->pause = mailer->store_failed ? MIN(mailer->pause * 2, PAUSE_LAST) : PAUSE_FIRST;
        mailer->store_failed = TRUE;
    } else if (mailer->store_failed) {
        log_event(LOG_NOTICE, "the store works again", NULL);
        mailer->store_failed = FALSE;
    }
}

struct turn {
    gboolean failed; /* the store */
    gboolean busy;   /* something was done: there may be more at once */
    gboolean full;   /* no more is taken in hand now */
    gint64 due_at;   /* when there is something to do */
};

static gboolean
claim(struct mailer *mailer, struct turn *turn, GError **error)
{
    guint batch = (guint)mailer->setup->conf->batch, in_hand = sender_in_hand(mailer->sender);
    gint64 claimed_at = now_seconds();
    gboolean more = FALSE;
    turn->full = in_hand > batch / 2 || sender_relay_is_down(mailer->sender) || !sender_is_recording(mailer->sender);
    if (turn->full)
        return TRUE;
    g_autoptr(GArray) claims = outbox_claim(&mailer->setup->market, claimed_at, batch - in_hand, &more, error);
    if (!claims)
        return FALSE;
    turn->busy = turn->busy || more || claims->len;
    if (claims->len)
        sender_give(mailer->sender, mailer->setup, claims, claimed_at);
    return TRUE;
}

static gboolean
heed_settings(struct mailer *mailer, GError **error)
{
    gboolean kept = outbox_keep_turns(&mailer->setup->market, mailer->fresh, now_seconds(), error);
    mailer->fresh = mailer->fresh && !kept;
    return kept;
}

/* Looks before it takes the writer's turn: an idle mailer must not stand in anybody's way. */
static struct turn
take_turn(struct mailer *mailer)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) timers_error = NULL;
    struct turn turn = {.due_at = G_MAXINT64};
    guint ran = 0;
    if (heed_settings(mailer, &error) && outbox_next_due(&mailer->setup->market, &turn.due_at, &error) &&
        turn.due_at <= now_seconds()) {
        /* A timer that fails must not keep mail from being sent. */
        if (timers_run(&mailer->setup->market, now_seconds(), TIMERS, &ran, &timers_error))
            turn.busy = ran > 0;
        claim(mailer, &turn, &error);
    }
    turn.failed = error || timers_error;
    note_store(mailer, error ? error : timers_error);
    return turn;
}

/* Milliseconds. */
static int
time_to_sleep(const struct mailer *mailer, const struct turn *turn)
{
    gint64 most = mailer->setup->conf->poll * 1000, now = g_get_real_time() / 1000;
    if (turn->failed)
        return mailer->pause;
    if (turn->busy && !turn->full)
        return 0;
    if (turn->due_at <= now / 1000)
        return PAUSE_IDLE;
    return turn->due_at - now / 1000 > mailer->setup->conf->poll ? (int)most : (int)(turn->due_at * 1000 - now);
}

/* ---- signals ---- */

static gboolean
open_signals(struct mailer *mailer, GError **error)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    mailer->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (mailer->signals < 0)
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP, "signalfd: %s", g_strerror(errno));
    return mailer->signals >= 0;
}

static void
open_log(const struct conf *conf)
{
    log_open("postern-mailer", conf_log_target(conf), conf_log_level(conf));
}

/* What is under way keeps the settings that it began with. */
static void
reload(struct mailer *mailer)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *state = g_strdup_printf("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, g_get_monotonic_time());
    service_notify(state);
    struct setup *made = setup_load(mailer->setup->conf->path, &error);
    if (made) {
        made->market.store = mailer->store;
        setup_warn_of_fixed(mailer->setup, made);
        open_log(made->conf);
        setup_unref(mailer->setup);
        mailer->setup = made;
        mailer->fresh = TRUE;
        sender_forget_relay(mailer->sender);
        log_event(LOG_NOTICE, "settings and templates reloaded", NULL);
    } else {
        log_error(error, "settings not reloaded, the old ones stay");
    }
    service_notify("READY=1");
}

/* FALSE: asked to end. */
static gboolean
heed_signals(struct mailer *mailer)
{
    struct signalfd_siginfo info;
    gboolean again = FALSE;
    while (read(mailer->signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
            return FALSE;
        again = TRUE;
    }
    if (again)
        reload(mailer);
    return TRUE;
}

/* ---- running ---- */

static void
run(struct mailer *mailer)
{
    for (;;) {
        struct turn turn = take_turn(mailer);
        struct pollfd ends[] = {
            {.fd = mailer->signals, .events = POLLIN},
            {.fd = mailer->wake, .events = POLLIN},
            {.fd = sender_fd(mailer->sender), .events = POLLIN},
        };
        poll(ends, G_N_ELEMENTS(ends), time_to_sleep(mailer, &turn));
        if (!heed_signals(mailer))
            return;
        wake_drain(mailer->wake);
        sender_clear(mailer->sender);
    }
}

/* What is due now, batch after batch. */
static enum status
run_once(struct mailer *mailer)
{
    struct turn turn = {.busy = TRUE};
    while (turn.busy && !turn.failed && !sender_relay_is_down(mailer->sender) && heed_signals(mailer)) {
        turn = take_turn(mailer);
        while (!sender_drain(mailer->sender, 1) && heed_signals(mailer))
            ;
    }
    return turn.failed || sender_relay_is_down(mailer->sender) ? FAILED : DONE;
}

static gboolean
open_mailer(struct mailer *mailer, const struct options *options, GError **error)
{
    mail_init();
    if (!secret_init(error) || !(mailer->setup = setup_load(options->conf_path, error)))
        return FALSE;
    const struct conf *conf = mailer->setup->conf;
    const struct store_options wanted = {
        .database = conf->database, .busy_timeout = conf->busy_timeout, .readers = (guint)conf->readers};
    open_log(conf);
    if (!open_signals(mailer, error) || !(mailer->store = store_open(&wanted, error)))
        return FALSE;
    mailer->setup->market.store = mailer->store;
    if (!options->once && (mailer->wake = wake_listen(conf->wake_socket, error)) < 0)
        return FALSE;
    return (mailer->sender = sender_new(mailer->setup, error)) != NULL;
}

/* What is left in hand is claimed again when its lease has run out. */
static void
close_mailer(struct mailer *mailer)
{
    service_notify("STOPPING=1");
    if (mailer->wake >= 0)
        unlink(mailer->setup->conf->wake_socket);
    if (mailer->sender && !sender_drain(mailer->sender, DRAIN_SECONDS)) {
        char count[16];
        g_snprintf(count, sizeof count, "%u", sender_in_hand(mailer->sender));
        log_event(LOG_WARNING, "ended with mails in flight; they will be sent after their lease", "mails", count, NULL);
        _exit(DONE);
    }
    sender_free(mailer->sender);
    store_close(mailer->store);
    setup_unref(mailer->setup);
    log_event(LOG_NOTICE, "ended", NULL);
}

static enum status
send_mail(const struct options *options)
{
    struct mailer mailer = {.wake = -1, .signals = -1, .fresh = TRUE};
    g_autoptr(GError) error = NULL;
    enum status status = DONE;
    if (!open_mailer(&mailer, options, &error)) {
        log_event(LOG_ERR, "cannot start", "error", error->message, NULL);
        return FAILED;
    }
    if (options->once) {
        status = run_once(&mailer);
    } else {
        log_event(LOG_NOTICE, "ready", "version", PACKAGE_VERSION, "relay", mailer.setup->conf->relay, NULL);
        service_notify("READY=1");
        run(&mailer);
        log_event(LOG_NOTICE, "ending: nothing more is claimed", NULL);
    }
    close_mailer(&mailer);
    return status;
}

static GBytes *
read_and_preview(const struct options *options, GError **error)
{
    g_autofree char *json = NULL;
    gsize length = 0;
    const char *path = strcmp(options->preview, "-") == 0 ? "/dev/stdin" : options->preview;
    g_autoptr(conf) conf = conf_load(options->conf_path, error);
    g_autoptr(templates) loaded = conf ? setup_templates(conf, error) : NULL;
    if (!loaded || !g_file_get_contents(path, &json, &length, error))
        return NULL;
    return preview_mail(loaded, conf, json, length, now_seconds(), error);
}

static enum status
preview(const struct options *options)
{
    g_autoptr(GError) error = NULL;
    gsize length = 0;
    mail_init();
    g_autoptr(GBytes) mail = secret_init(&error) ? read_and_preview(options, &error) : NULL;
    if (!mail) {
        fprintf(stderr, "postern-mailer: %s\n", error->message);
        return FAILED;
    }
    gconstpointer bytes = g_bytes_get_data(mail, &length);
    return fwrite(bytes, 1, length, stdout) == length && fflush(stdout) == 0 ? DONE : FAILED;
}

int
main(int argc, char **argv)
{
    struct options options = {.conf_path = NULL};
    g_set_prgname("postern-mailer");
    if (!read_options(&options, argc, argv))
        return USAGE;
    if (options.version) {
        puts("postern-mailer " PACKAGE_VERSION);
        return DONE;
    }
    if (!options.conf_path)
        options.conf_path = g_strdup(CONF_DEFAULT_PATH);
    enum status status = options.preview ? preview(&options) : send_mail(&options);
    g_free(options.conf_path);
    g_free(options.preview);
    return status;
}
