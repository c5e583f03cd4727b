/* What partners do by mail, done by the admin: tags, preferences, members, services. */
#include <string.h>

#include "ctl/change.h"
#include "ctl/open.h"
#include "ctl/table.h"
#include "ctl/words.h"
#include "lib/wake.h"
#include "market/admin.h"
#include "market/view.h"

/* ---- one order ---- */

/* Tells on stdout what was done, or on stderr why not. */
static int
tell(const struct ctl *ctl, const struct conf *settings, const struct admin_order *order, json_t *items, gboolean done)
{
    gsize i;
    json_t *item;
    json_array_foreach(items, i, item)
    {
        g_autofree char *said = words_say(settings, item);
        json_object_set_new(item, "said", json_string(said));
        if (!ctl->json)
            fprintf(done ? stdout : stderr, "%s%s\n", done && order->dry_run ? "would be: " : "", said);
    }
    if (ctl->json) {
        json_t *object = json_pack("{s:b, s:b, s:O}", "done", done, "dry_run", order->dry_run, "items", items);
        table_json(stdout, object);
        json_decref(object);
    }
    return done ? CTL_DONE : CTL_FAILED;
}

static int
perform(const struct ctl *ctl, const struct admin_order *order)
{
    g_autoptr(GError) error = NULL;
    g_auto(opened) all = {0};
    json_t *items = NULL;
    gboolean done = FALSE;
    if (!opened_open(&all, ctl, &error) || !admin_perform(&all.market, order, ctl_now(), &items, &done, &error))
        return ctl_failed(error);
    if (done && !order->dry_run)
        wake_send(all.settings->wake_socket);
    int status = tell(ctl, all.settings, order, items, done);
    json_decref(items);
    return status;
}

/* ---- words ---- */

int
change_verb(const struct change *changes, int argc, char **argv)
{
    const char *verb = ctl_verb(argc, argv);
    for (int i = 0; changes[i].verb; i++)
        if (strcmp(changes[i].verb, verb) == 0)
            return i;
    return -1;
}

/* The words from `first` on, apart by `separator`. */
static char *
joined(char **argv, int first, const char *separator)
{
    return g_strjoinv(separator, argv + first);
}

int
change_run(struct ctl *ctl, const struct change *change, int argc, char **argv)
{
    gboolean dry_run = FALSE;
    const GOptionEntry entries[] = {
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run, "Write nothing, say what would happen", NULL},
        G_OPTION_ENTRY_NULL,
    };
    struct ctl_usage usage = {change->parameters, change->summary, entries, change->least, change->most};
    if (!ctl_options(ctl, &usage, &argc, &argv))
        return CTL_USAGE;
    g_autoptr(GError) error = NULL;
    g_autofree char *argument = joined(argv, 3, change->separator);
    struct admin_order order = {.command = change->command, .argument = argument, .dry_run = dry_run};
    if (!change->in_conversation)
        order.organisation = argv[2];
    else if (!ctl_id(argv[2], &order.conversation_id, &error))
        return ctl_failed(error);
    return perform(ctl, &order);
}

/* ---- tag ---- */

static const struct change tag_changes[] = {
    {"rename", "rename ORGANISATION OLD NEW", "Renames a tag of an organisation, everywhere.", COMMAND_TAG_RENAME,
     " = ", FALSE, 4, 4},
    {"delete", "delete ORGANISATION NAME", "Deletes a tag of an organisation; it disappears everywhere.",
     COMMAND_TAG_DELETE, " ", FALSE, 3, 3},
    {0},
};

static const struct table_column tag_columns[] = {{"TAG", "name"}, {"CONVERSATIONS", "count"}, {0}};

static int
list_tags(struct ctl *ctl, int argc, char **argv)
{
    struct ctl_usage usage = {
        "list ORGANISATION|rename ORGANISATION OLD NEW|delete ORGANISATION NAME",
        "Shows an organisation's tags; rename and delete (with --dry-run) change them everywhere.", NULL, 2, 2};
    if (!ctl_options(ctl, &usage, &argc, &argv))
        return CTL_USAGE;
    if (strcmp(argv[1], "list") != 0)
        return ctl_wrong(argv[0], "\"%s\" is none of list, rename and delete", argv[1]);
    g_autoptr(GError) error = NULL;
    g_auto(opened) all = {0};
    json_t *tags = opened_open(&all, ctl, &error) ? view_tags(&all.market, argv[2], &error) : NULL;
    return tags ? table_tell_list(ctl, tag_columns, tags, "no tags") : ctl_failed(error);
}

int
ctl_tag(struct ctl *ctl, int argc, char **argv)
{
    int verb = change_verb(tag_changes, argc, argv);
    return verb < 0 ? list_tags(ctl, argc, argv) : change_run(ctl, &tag_changes[verb], argc, argv);
}

/* ---- search, block ---- */

static const struct table_column found_columns[] = {
    {"ID", "id"},
    {"MERCHANT", "merchant.name|merchant.address"},
    {"SHOP", "shop.name|shop"},
    {"SUBJECT", "subject"},
    {"UNREAD", "unread"},
    {"TAGS", "tags"},
    {"STATE", "job.state"},
    {"UPDATED", "updated_at"},
    {0},
};

int
ctl_search(struct ctl *ctl, int argc, char **argv)
{
    gint64 limit = 0;
    const GOptionEntry entries[] = {
        {"limit", 'n', 0, G_OPTION_ARG_INT64, &limit, "At most so many (100)", "N"},
        G_OPTION_ENTRY_NULL,
    };
    struct ctl_usage usage = {"ORGANISATION WORD…",
                              "Searches an organisation's conversations by contact, shop and shop address.", entries, 2,
                              50};
    if (!ctl_options(ctl, &usage, &argc, &argv))
        return CTL_USAGE;
    if (limit < 0)
        return ctl_wrong(argv[0], "a limit is not negative");
    g_autofree char *words = joined(argv, 2, " ");
    const struct view_filter filter = {.organisation = argv[1], .words = words, .limit = limit, .now = ctl_now()};
    g_autoptr(GError) error = NULL;
    g_auto(opened) all = {0};
    json_t *rows = opened_open(&all, ctl, &error) ? view_conversations(&all.market, &filter, &error) : NULL;
    return rows ? table_tell_list(ctl, found_columns, rows, "nothing found") : ctl_failed(error);
}
