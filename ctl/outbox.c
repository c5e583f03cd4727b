/* `outbox retry` and `outbox cancel`; its `list` and `show` are in list.c. */
#include <stdio.h>
#include <string.h>

#include "ctl/open.h"
#include "ctl/table.h"
#include "lib/wake.h"
#include "market/outbox.h"

#define MOST 1000

static gboolean
change_one(const struct market *market, const char *verb, const char *word, gboolean dry, json_t *done, GError **error)
{
    gint64 id = 0, now = g_get_real_time() / G_USEC_PER_SEC;
    gboolean (*change)(const struct market *, gint64, gint64, gboolean, GError **) =
        strcmp(verb, "retry") == 0 ? outbox_retry : outbox_cancel;
    if (!ctl_id(word, &id, error) || !change(market, id, now, dry, error))
        return FALSE;
    json_array_append_new(done, json_integer(id));
    return TRUE;
}

static void
tell(const struct ctl *ctl, const char *verb, gboolean dry, const json_t *done)
{
    if (ctl->json) {
        table_json(stdout, (json_t *)done);
        return;
    }
    for (gsize i = 0; i < json_array_size(done); i++)
        printf("%" G_GINT64_FORMAT " %s%s\n", (gint64)json_integer_value(json_array_get(done, i)),
               dry ? "would be " : "", strcmp(verb, "retry") == 0 ? "due now" : "cancelled");
}

int
ctl_outbox_change(struct ctl *ctl, int argc, char **argv)
{
    gboolean dry = FALSE, good = TRUE;
    const GOptionEntry entries[] = {
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &dry, "Only say what would be done", NULL},
        G_OPTION_ENTRY_NULL,
    };
    struct ctl_usage usage = {"retry|cancel ID…", "Sends a mail now that waits or has failed, or never.", entries, 2,
                              MOST};
    if (!ctl_options(ctl, &usage, &argc, &argv))
        return CTL_USAGE;
    if (strcmp(argv[1], "retry") != 0 && strcmp(argv[1], "cancel") != 0)
        return ctl_wrong(argv[0], "\"%s\" is none of list, show, retry and cancel", argv[1]);
    g_autoptr(GError) error = NULL;
    g_auto(opened) all = {0};
    if (!opened_open(&all, ctl, &error))
        return ctl_failed(error);
    json_t *done = json_array();
    for (int i = 2; i < argc && good; i++)
        good = change_one(&all.market, argv[1], argv[i], dry, done, &error);
    tell(ctl, argv[1], dry, done);
    json_decref(done);
    return good ? CTL_DONE : ctl_failed(error);
}
