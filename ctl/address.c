/* `address clear`; its `list` is in list.c. */
#include <stdio.h>

#include "ctl/open.h"
#include "ctl/table.h"
#include "market/bounce.h"

#define MOST 100

static gboolean
clear_one(const struct market *market, const char *word, gboolean dry, json_t *done, GError **error)
{
    g_autofree char *who = ctl_recipient(word);
    json_t *cleared = bounce_clear(market, who, ctl_now(), dry, error);
    if (!cleared)
        return FALSE;
    json_array_extend(done, cleared);
    json_decref(cleared);
    return TRUE;
}

static void
tell(const struct ctl *ctl, gboolean dry, const json_t *done)
{
    gsize i;
    const json_t *entry;
    if (ctl->json) {
        table_json(stdout, done);
        return;
    }
    json_array_foreach((json_t *)done, i, entry)
        printf("%s %scleared\n", json_string_value(json_object_get(entry, "address")), dry ? "would be " : "");
}

int
ctl_address_clear(struct ctl *ctl, int argc, char **argv)
{
    gboolean dry = FALSE, good = TRUE;
    const GOptionEntry entries[] = {
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &dry, "Only say what would be done", NULL},
        G_OPTION_ENTRY_NULL,
    };
    struct ctl_usage usage = {"clear ADDRESS|@DOMAIN…", "Forgets that mail came back: it goes there again.", entries, 2,
                              MOST};
    if (!ctl_options(ctl, &usage, &argc, &argv))
        return CTL_USAGE;
    for (int i = 2; i < argc; i++) {
        g_autofree char *who = ctl_recipient(argv[i]);
        if (!who)
            return ctl_wrong(argv[0], "\"%s\" is neither ADDRESS nor @DOMAIN", argv[i]);
    }
    g_autoptr(GError) error = NULL;
    g_auto(opened) all = {0};
    if (!opened_open(&all, ctl, &error))
        return ctl_failed(error);
    json_t *done = json_array();
    for (int i = 2; i < argc && good; i++)
        good = clear_one(&all.market, argv[i], dry, done, &error);
    tell(ctl, dry, done);
    json_decref(done);
    return good ? CTL_DONE : ctl_failed(error);
}
