/* `quarantine show`: a mail that was kept and not passed on; its `list` is in list.c. */
#include <unistd.h>

#include "ctl/open.h"
#include "ctl/table.h"
#include "lib/text.h"
#include "market/view.h"

#define PREVIEW_BYTES 8192
#define PREVIEW_LINES 60
#define LINE_BYTES 400

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

static int
show(const struct ctl *ctl, const struct market *market, gint64 id, GBytes *raw, GError **error)
{
    json_t *entry = view_quarantined(market, id, error);
    if (!entry)
        return CTL_FAILED;
    table_tell(ctl, entry);
    if (!ctl->json)
        preview(raw);
    return CTL_DONE;
}

int
ctl_quarantine_show(struct ctl *ctl, int argc, char **argv)
{
    gboolean whole = FALSE;
    const GOptionEntry entries[] = {
        {"raw", 0, 0, G_OPTION_ARG_NONE, &whole, "Write the mail as it came", NULL},
        G_OPTION_ENTRY_NULL,
    };
    struct ctl_usage usage = {"show ID", "Shows a mail that was kept and not passed on.", entries, 2, 2};
    if (!ctl_options(ctl, &usage, &argc, &argv))
        return CTL_USAGE;
    if (whole && isatty(STDOUT_FILENO)) /* a stranger's bytes could make it do anything */
        return ctl_wrong(argv[0],
                         "--raw writes the mail as it came, which is nothing for a terminal: send it to a file");
    gint64 id = 0;
    g_autoptr(GError) error = NULL;
    g_auto(opened) all = {0};
    if (!ctl_id(argv[2], &id, &error) || !opened_open(&all, ctl, &error))
        return ctl_failed(error);
    g_autoptr(GBytes) raw = view_quarantine_raw(&all.market, id, &error);
    if (raw && whole)
        ctl_write(raw, &error);
    else if (raw)
        show(ctl, &all.market, id, raw, &error);
    return error ? ctl_failed(error) : CTL_DONE;
}
