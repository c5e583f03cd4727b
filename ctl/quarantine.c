/* `quarantine`: what was kept and not passed on. */
#include <string.h>
#include <unistd.h>

#include "ctl/open.h"
#include "ctl/table.h"
#include "lib/error.h"
#include "lib/text.h"
#include "market/view.h"

#define PREVIEW_BYTES 8192
#define PREVIEW_LINES 60
#define LINE_BYTES 400

static const struct table_column columns[] = {
    {"ID", "id"},           {"REASON", "reason"}, {"SENDER", "sender"}, {"RECIPIENT", "recipient"},
    {"SUBJECT", "subject"}, {"SIZE", "size"},     {"AT", "at"},         {0},
};

static gboolean
list(const struct ctl *ctl, const struct market *market, gint64 limit, GError **error)
{
    struct view_filter filter = {.limit = limit};
    json_t *rows = view_quarantine(market, &filter, error);
    if (!rows)
        return FALSE;
    if (ctl->json)
        table_json(stdout, rows);
    else if (json_array_size(rows))
        table_print(stdout, columns, rows);
    else
        puts("nothing in quarantine");
    json_decref(rows);
    return TRUE;
}

/* A new reference; NULL with NOT_FOUND. */
static json_t *
find_entry(const struct market *market, gint64 id, GError **error)
{
    struct view_filter filter = {.limit = G_MAXINT32};
    json_t *rows = view_quarantine(market, &filter, error), *found = NULL;
    for (gsize i = 0; !found && i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i);
        if (json_integer_value(json_object_get(row, "id")) == id)
            found = json_incref(row);
    }
    if (rows && !found)
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND,
                    "there is no entry %" G_GINT64_FORMAT " in quarantine", id);
    json_decref(rows);
    return found;
}

/* The mail's first lines, each made safe. */
static void
preview(GBytes *raw)
{
    gsize length = 0;
    const char *bytes = g_bytes_get_data(raw, &length);
    g_autofree char *text = text_utf8(bytes, MIN(length, PREVIEW_BYTES));
    g_auto(GStrv) lines = g_strsplit(text, "\n", PREVIEW_LINES + 1);
    puts("mail");
    for (guint i = 0; lines[i] && i < PREVIEW_LINES; i++) {
        g_autofree char *clean = text_one_line(lines[i], LINE_BYTES);
        printf("  | %s\n", clean);
    }
    if (length > PREVIEW_BYTES || g_strv_length(lines) > PREVIEW_LINES)
        puts("  (cut; --raw has all of it)");
}

static gboolean
show(const struct ctl *ctl, const struct market *market, gint64 id, GError **error)
{
    json_t *entry = find_entry(market, id, error);
    if (!entry)
        return FALSE;
    g_autoptr(GBytes) raw = view_quarantine_raw(market, id, error);
    if (raw && ctl->json)
        table_json(stdout, entry);
    if (raw && !ctl->json) {
        table_show(stdout, entry);
        preview(raw);
    }
    json_decref(entry);
    return raw != NULL;
}

static gboolean
write_raw(const struct market *market, gint64 id, GError **error)
{
    g_autoptr(GBytes) raw = view_quarantine_raw(market, id, error);
    return raw && ctl_write(raw, error);
}

/* 0 or the usage error that was told. */
static int
check_words(int argc, char **argv, gboolean raw)
{
    gboolean is_show = strcmp(argv[1], "show") == 0;
    if (!is_show && strcmp(argv[1], "list") != 0)
        return ctl_wrong(argv[0], "\"%s\" is neither list nor show", argv[1]);
    if (is_show != (argc == 3))
        return is_show ? ctl_wrong(argv[0], "show what? show ID")
                       : ctl_wrong(argv[0], "too many words: \"%s\"", argv[2]);
    if (raw && !is_show)
        return ctl_wrong(argv[0], "--raw goes with show");
    if (raw && isatty(STDOUT_FILENO)) /* a stranger's bytes could make it do anything */
        return ctl_wrong(argv[0],
                         "--raw writes the mail as it came, which is nothing for a terminal: send it to a file");
    return 0;
}

static gboolean
run(const struct ctl *ctl, int argc, char **argv, gboolean raw, gint64 limit, GError **error)
{
    gint64 id = 0;
    g_auto(opened) all = {0};
    if ((argc == 3 && !ctl_id(argv[2], &id, error)) || !opened_open(&all, ctl, error))
        return FALSE;
    if (!id)
        return list(ctl, &all.market, limit, error);
    return raw ? write_raw(&all.market, id, error) : show(ctl, &all.market, id, error);
}

int
ctl_quarantine(struct ctl *ctl, int argc, char **argv)
{
    gboolean raw = FALSE;
    gint64 limit = 0;
    const GOptionEntry entries[] = {
        {"raw", 0, 0, G_OPTION_ARG_NONE, &raw, "Write the mail as it came", NULL},
        {"limit", 'n', 0, G_OPTION_ARG_INT64, &limit, "At most so many (100)", "N"},
        G_OPTION_ENTRY_NULL,
    };
    struct ctl_usage usage = {"list|show ID", "Shows mails that were kept and not passed on, and why.", entries, 1, 2};
    if (!ctl_options(ctl, &usage, &argc, &argv) || check_words(argc, argv, raw) != 0)
        return CTL_USAGE;
    if (limit < 0)
        return ctl_wrong(argv[0], "a limit is not negative");
    g_autoptr(GError) error = NULL;
    return run(ctl, argc, argv, raw, limit, &error) ? CTL_DONE : ctl_failed(error);
}
