/* `replay`: stored mails through today's code; what would change, and, with --apply, changed. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/open.h"
#include "ctl/table.h"
#include "lib/error.h"
#include "lib/text.h"
#include "lib/wake.h"
#include "lib/worker.h"
#include "market/replay.h"
#include "mime/read.h"

#define TEXT_BYTES 160
#define BAR_WIDTH 40

struct run {
    const struct ctl *ctl;
    const struct market *market;
    struct replay_filter filter;
    gint64 now;
    gboolean apply;
    guint seen, changed, applied;
    json_t *changes; /* with --json */
    GError *error;
};

/* ---- words ---- */

/* "2026-11-22" is the day's first second, or, as an end, its last. */
static gboolean
read_time(const char *word, gboolean end, gint64 *at, GError **error)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    gboolean day = strlen(word) == strlen("2026-11-22");
    g_autofree char *text = day ? g_strconcat(word, end ? "T23:59:59" : "T00:00:00", NULL) : g_strdup(word);
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, utc);
    if (time) {
        *at = g_date_time_to_unix(time);
        return TRUE;
    }
    g_autofree char *clean = text_one_line(word, 80);
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID,
                "\"%s\" is no time; write 2026-11-22 or 2026-11-22T08:00:00Z", clean);
    return FALSE;
}

static gboolean
read_filter(const char *since, const char *until, const char *id, struct replay_filter *filter, GError **error)
{
    gboolean quarantined = id && (*id == 'q' || *id == 'Q');
    return (!since || read_time(since, FALSE, &filter->since, error)) &&
           (!until || read_time(until, TRUE, &filter->until, error)) &&
           (!id || ctl_id(id + quarantined, quarantined ? &filter->quarantine_id : &filter->message_id, error));
}

/* ---- what changes ---- */

static void
print_text(const char *label, const char *text)
{
    g_autofree char *clean = text_one_line(text ? text : "(nothing)", TEXT_BYTES);
    printf("    %s %s\n", label, *clean ? clean : "(empty)");
}

static void
print_change(const json_t *change)
{
    static const struct {
        const char *key, *words;
    } changes[] = {{"text", "another text"},
                   {"class", "another class"},
                   {"route", "would be held"},
                   {"quarantine", "would be passed on"}};
    printf("%s %" JSON_INTEGER_FORMAT "%s\n", json_string_value(json_object_get(change, "kind")),
           json_integer_value(json_object_get(change, "id")),
           json_is_true(json_object_get(change, "applied")) ? " (applied)" : "");
    for (guint i = 0; i < G_N_ELEMENTS(changes); i++) {
        const json_t *c = json_object_get(change, changes[i].key);
        if (!c)
            continue;
        printf("  %s\n", changes[i].words);
        print_text("-", json_string_value(json_object_get(c, "before")));
        print_text("+", json_string_value(json_object_get(c, "after")));
    }
}

/* On a terminal alone, and where standard output is none of it. */
static void
show_progress(const struct run *run, guint count)
{
    guint done = count ? run->seen * BAR_WIDTH / count : BAR_WIDTH;
    if (!isatty(STDERR_FILENO))
        return;
    fprintf(stderr, "\r[%.*s%*s] %u/%u", (int)done, "########################################", (int)(BAR_WIDTH - done),
            "", run->seen, count);
    if (run->seen == count)
        fputs("\r\033[K", stderr);
}

static gboolean
replay_item(struct run *run, const struct replay_item *item)
{
    json_t *change = NULL;
    if (!replay_one(run->market, item, run->now, run->apply, &change, &run->error)) {
        g_prefix_error(&run->error, "%s %" G_GINT64_FORMAT ": ", item->quarantined ? "quarantine" : "message",
                       item->id);
        return FALSE;
    }
    run->seen++;
    if (!change)
        return TRUE;
    run->changed++;
    run->applied += json_is_true(json_object_get(change, "applied"));
    if (run->ctl->json)
        json_array_append(run->changes, change);
    else
        print_change(change);
    json_decref(change);
    return TRUE;
}

/* In a worker, for its stack (lib/worker.h). */
static void
replay_all(gpointer arg)
{
    struct run *run = arg;
    g_autoptr(GArray) items = replay_list(run->market, &run->filter, &run->error);
    for (guint i = 0; items && i < items->len; i++) {
        if (!replay_item(run, &g_array_index(items, struct replay_item, i)))
            return;
        show_progress(run, items->len);
    }
}

static void
print_sum(const struct run *run)
{
    if (run->apply)
        printf("%u read, %u differ, %u changed\n", run->seen, run->changed, run->applied);
    else
        printf("%u read, %u would change; nothing was written (--apply does)\n", run->seen, run->changed);
}

static gboolean
replay(struct run *run, GError **error)
{
    g_autoptr(worker_pool) pool = worker_pool_new(1, error);
    if (!pool)
        return FALSE;
    mail_init();
    run->changes = json_array();
    worker_pool_run(pool, replay_all, run);
    if (run->applied)
        wake_send(run->market->conf->wake_socket);
    if (run->ctl->json)
        table_json(stdout, run->changes);
    else
        print_sum(run);
    json_decref(run->changes);
    if (run->error)
        g_propagate_error(error, run->error);
    else if (!run->seen && (run->filter.message_id || run->filter.quarantine_id))
        g_set_error_literal(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND, "there is no such mail");
    else
        return TRUE;
    return FALSE;
}

static gboolean
start(const struct ctl *ctl, struct run *run, GError **error)
{
    g_auto(opened) all = {0};
    if (!opened_open(&all, ctl, error))
        return FALSE;
    run->market = &all.market;
    return replay(run, error);
}

int
ctl_replay(struct ctl *ctl, int argc, char **argv)
{
    g_autofree char *since = NULL, *until = NULL, *id = NULL;
    gboolean all = FALSE;
    struct run run = {.ctl = ctl, .now = ctl_now()};
    const GOptionEntry entries[] = {
        {"all", 0, 0, G_OPTION_ARG_NONE, &all, "Every mail that is stored", NULL},
        {"since", 0, 0, G_OPTION_ARG_STRING, &since, "Those that came then or later (UTC)", "TIME"},
        {"until", 0, 0, G_OPTION_ARG_STRING, &until, "Those that came then or before (UTC)", "TIME"},
        {"id", 0, 0, G_OPTION_ARG_STRING, &id, "One message, or with a q before it one entry in quarantine", "ID"},
        {"apply", 0, 0, G_OPTION_ARG_NONE, &run.apply, "Change it", NULL},
        G_OPTION_ENTRY_NULL,
    };
    const struct ctl_usage usage = {"", "Reads stored mails with today's code and says what would change.", entries, 0,
                                    0};
    if (!ctl_options(ctl, &usage, &argc, &argv))
        return CTL_USAGE;
    if (!all && !since && !until && !id)
        return ctl_wrong(argv[0], "which mails? --all, --since, --until or --id");
    g_autoptr(GError) error = NULL;
    if (!read_filter(since, until, id, &run.filter, &error))
        return ctl_wrong(argv[0], "%s", error->message);
    return start(ctl, &run, &error) ? CTL_DONE : ctl_failed(error);
}
