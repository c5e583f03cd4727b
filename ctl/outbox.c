/* `outbox show`, `stats`, `retry` and `cancel`; its `list` is in list.c. */
#include <stdio.h>
#include <string.h>

#include "ctl/open.h"
#include "ctl/table.h"
#include "lib/error.h"
#include "lib/wake.h"
#include "mailer/render.h"
#include "market/outbox.h"
#include "market/queue.h"
#include "market/view.h"
#include "mime/read.h"

#define MOST 1000

/* ---- show ---- */

/* As the mailer would make it now. */
static GBytes *
render(const struct market *market, gint64 id, GError **error)
{
    const char *const folders[] = {market->conf->templates, TEMPLATE_DIR, NULL};
    g_autoptr(templates) loaded = templates_load(folders, error);
    g_autoptr(notice) notice = loaded ? outbox_peek(market, id, ctl_now(), error) : NULL;
    return notice ? render_notice(loaded, market, notice, ctl_now(), error) : NULL;
}

static json_t *
files_of(const struct mail *mail)
{
    json_t *files = json_array();
    for (guint i = 0; i < mail->parts->len; i++) {
        const struct mail_part *part = mail->parts->pdata[i];
        if (part->name && *part->name)
            json_array_append_new(files, json_pack("{s:s, s:s}", "name", part->name, "type", part->type));
    }
    return files;
}

/* What its reader would see. */
static json_t *
readable(GBytes *raw)
{
    gsize length;
    gconstpointer bytes = g_bytes_get_data(raw, &length);
    g_autoptr(mail) mail = mail_read(bytes, length);
    return json_pack("{s:s?, s:s?, s:o, s:s?}", "from", mail_header(mail, "From"), "subject", mail->subject, "files",
                     files_of(mail), "text", mail->text);
}

/* Rendered or not, the row is shown. */
static void
add_mail(const struct market *market, gint64 id, json_t *row)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) raw = render(market, id, &error);
    json_object_set_new(row, "trouble", error ? json_string(error->message) : json_null());
    json_object_set_new(row, "mail", raw ? readable(raw) : json_null());
}

static int
show(const struct ctl *ctl, const struct market *market, gint64 id, GError **error)
{
    json_t *row = view_outbox_row(market, id, error);
    if (!row)
        return CTL_FAILED;
    add_mail(market, id, row);
    return table_tell(ctl, row);
}

static int
show_raw(const struct market *market, gint64 id, GError **error)
{
    g_autoptr(GBytes) raw = render(market, id, error);
    return raw && ctl_write(raw, error) ? CTL_DONE : CTL_FAILED;
}

int
ctl_outbox_show(struct ctl *ctl, int argc, char **argv)
{
    gboolean raw = FALSE;
    const GOptionEntry entries[] = {
        {"raw", 0, 0, G_OPTION_ARG_NONE, &raw, "Write the mail as it would go out", NULL},
        G_OPTION_ENTRY_NULL,
    };
    struct ctl_usage usage = {"show ID", "Shows a mail as it would be rendered now, and what became of it.", entries, 2,
                              2};
    if (!ctl_options(ctl, &usage, &argc, &argv))
        return CTL_USAGE;
    gint64 id = 0;
    g_autoptr(GError) error = NULL;
    g_auto(opened) all = {0};
    if (!ctl_id(argv[2], &id, &error) || !opened_open(&all, ctl, &error))
        return ctl_failed(error);
    mail_init();
    int status = raw ? show_raw(&all.market, id, &error) : show(ctl, &all.market, id, &error);
    return error ? ctl_failed(error) : status;
}

/* ---- stats ---- */

int
ctl_outbox_stats(struct ctl *ctl, int argc, char **argv)
{
    struct ctl_usage usage = {"stats", "Shows how the queue stands: what waits, since when, for whom, and why.", NULL,
                              1, 1};
    if (!ctl_options(ctl, &usage, &argc, &argv))
        return CTL_USAGE;
    g_autoptr(GError) error = NULL;
    g_auto(opened) all = {0};
    json_t *stats = opened_open(&all, ctl, &error) ? queue_stats(&all.market, ctl_now(), &error) : NULL;
    return stats ? table_tell(ctl, stats) : ctl_failed(error);
}

/* ---- retry, cancel ---- */

/* What is to be changed: rows by their ids, or (`all`) those that the filter lets through. */
struct request {
    struct outbox_order order;
    gboolean all;
    char *state, *recipient;
};

static void
request_clear(struct request *request)
{
    g_free(request->state);
    g_free(request->recipient);
}
typedef struct request request;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(request, request_clear)

/* 0 or the usage error that was told. */
static int
check_request(struct request *request, int argc, char **argv)
{
    static const char *const states[] = {"due", "failed", "bounced", NULL};
    request->order.again = strcmp(argv[1], "retry") == 0;
    g_autofree char *given = g_steal_pointer(&request->recipient);
    if (given && !(request->recipient = ctl_recipient(given)))
        return ctl_wrong(argv[0], "\"%s\" is neither ADDRESS nor @DOMAIN", given);
    if (request->state && !g_strv_contains(states, request->state))
        return ctl_wrong(argv[0], "\"%s\" is no state that can be changed; one of due, failed, bounced",
                         request->state);
    if (!request->order.again && g_strcmp0(request->state, "bounced") == 0)
        return ctl_wrong(argv[0], "what came back was sent, and cannot be cancelled");
    if (request->all && argc > 2)
        return ctl_wrong(argv[0], "either --all or ids");
    if (!request->all && argc < 3)
        return ctl_wrong(argv[0], "something is missing: %s ID…, or --all", argv[1]);
    if (!request->all && (request->state || request->recipient || request->order.last))
        return ctl_wrong(argv[0], "--state, --recipient and --last go with --all");
    if (request->order.last < 0)
        return ctl_wrong(argv[0], "--last is an id");
    request->order.state = request->state;
    request->order.recipient = request->recipient;
    return 0;
}

static gboolean
change_one(const struct market *market, const struct outbox_order *order, const char *word, GArray *done,
           GError **error)
{
    gint64 id = 0;
    if (!ctl_id(word, &id, error) ||
        !(order->again ? outbox_retry : outbox_cancel)(market, id, ctl_now(), order->dry, error))
        return FALSE;
    g_array_append_val(done, id);
    return TRUE;
}

/* `*done`: the ids, also of those before a failure. */
static gboolean
change(const struct market *market, const struct request *request, char **words, GArray **done, GError **error)
{
    if (request->all) {
        *done = outbox_change_all(market, &request->order, ctl_now(), error);
        return *done != NULL;
    }
    gboolean good = TRUE;
    *done = g_array_new(FALSE, FALSE, sizeof(gint64));
    for (; good && *words; words++)
        good = change_one(market, &request->order, *words, *done, error);
    return good;
}

static void
tell(const struct ctl *ctl, const struct outbox_order *order, const GArray *done)
{
    json_t *list = json_array();
    for (guint i = 0; i < done->len; i++) {
        gint64 id = g_array_index(done, gint64, i);
        json_array_append_new(list, json_integer(id));
        if (!ctl->json)
            printf("%" G_GINT64_FORMAT " %s%s\n", id, order->dry ? "would be " : "",
                   order->again ? "due now" : "cancelled");
    }
    if (ctl->json)
        table_json(stdout, list);
    else if (!done->len)
        puts("nothing to do");
    json_decref(list);
}

int
ctl_outbox_change(struct ctl *ctl, int argc, char **argv)
{
    g_auto(request) request = {0};
    const GOptionEntry entries[] = {
        {"all", 'a', 0, G_OPTION_ARG_NONE, &request.all, "All that can be, instead of ids", NULL},
        {"state", 's', 0, G_OPTION_ARG_STRING, &request.state, "Of all: those due, failed or bounced", "STATE"},
        {"recipient", 'r', 0, G_OPTION_ARG_STRING, &request.recipient, "Of all: those to this address or domain",
         "ADDRESS|@DOMAIN"},
        {"last", 'l', 0, G_OPTION_ARG_INT64, &request.order.last,
         "Of all: none after this one, the last that a dry run showed", "ID"},
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &request.order.dry, "Only say what would be done", NULL},
        G_OPTION_ENTRY_NULL,
    };
    struct ctl_usage usage = {"retry|cancel ID…", "Sends a mail now that waits, has failed or came back, or never.",
                              entries, 1, MOST};
    if (!ctl_options(ctl, &usage, &argc, &argv) || check_request(&request, argc, argv) != 0)
        return CTL_USAGE;
    g_autoptr(GError) error = NULL;
    g_auto(opened) all = {0};
    if (!opened_open(&all, ctl, &error))
        return ctl_failed(error);
    g_autoptr(GArray) done = NULL;
    gboolean good = change(&all.market, &request, argv + 2, &done, &error);
    if (done && (done->len || good))
        tell(ctl, &request.order, done);
    if (done && done->len && request.order.again && !request.order.dry)
        wake_send(all.settings->wake_socket);
    return good ? CTL_DONE : ctl_failed(error);
}
