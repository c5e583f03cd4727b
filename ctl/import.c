/* `import`: organisations and merchants from a JSON file. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ctl/open.h"
#include "ctl/table.h"
#include "lib/error.h"
#include "lib/text.h"
#include "market/registry.h"

#define BIG 500 /* entries from which a progress bar is worth its place */
#define BAR 40
#define CHUNK 65536

/* ---- reading ---- */

static char *
read_standard_input(gsize *length, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *chunk = g_malloc(CHUNK);
    for (;;) {
        ssize_t got = read(STDIN_FILENO, chunk, CHUNK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP, "standard input: %s", g_strerror(errno));
            return NULL;
        }
        if (got == 0)
            break;
        g_string_append_len(text, chunk, got);
    }
    *length = text->len;
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static char *
read_file(const char *path, gsize *length, GError **error)
{
    if (strcmp(path, "-") == 0)
        return read_standard_input(length, error);
    char *text = NULL;
    return g_file_get_contents(path, &text, length, error) ? text : NULL;
}

/* ---- telling ---- */

static void
progress_bar(guint done, guint total, gpointer arg)
{
    (void)arg;
    if (done * G_GUINT64_CONSTANT(100) / total == (done - 1) * G_GUINT64_CONSTANT(100) / total)
        return;
    static const char bar[] = "########################################";
    guint filled = (guint)(done * G_GUINT64_CONSTANT(40) / total);
    fprintf(stderr, "\r[%.*s%*s] %3u%%%s", (int)filled, bar, (int)(BAR - filled), "",
            (guint)(done * G_GUINT64_CONSTANT(100) / total), done == total ? "\n" : "");
}

static json_t *
counts(guint added, guint changed, guint same)
{
    return json_pack("{s:i, s:i, s:i}", "added", (int)added, "changed", (int)changed, "same", (int)same);
}

static void
tell_json(const struct registry_summary *summary, gboolean dry_run)
{
    json_t *facts = json_pack(
        "{s:b, s:o, s:o, s:[]}", "dry_run", dry_run, "organisations",
        counts(summary->organisations_added, summary->organisations_changed, summary->organisations_same), "merchants",
        counts(summary->merchants_added, summary->merchants_changed, summary->merchants_same), "errors");
    table_json(stdout, facts);
    json_decref(facts);
}

static void
tell(const struct registry_summary *summary, gboolean dry_run)
{
    const struct {
        const char *what;
        guint added, changed, same;
    } lines[] = {
        {"organisations", summary->organisations_added, summary->organisations_changed, summary->organisations_same},
        {"merchants", summary->merchants_added, summary->merchants_changed, summary->merchants_same},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++)
        printf("%-14s %u added, %u changed, %u as they were\n", lines[i].what, lines[i].added, lines[i].changed,
               lines[i].same);
    if (dry_run)
        puts("A dry run: nothing was written.");
}

/* Every line of `errors` with the file's name on stderr; with --json also as a fact on stdout. */
static int
refuse(const struct ctl *ctl, const char *path, const GPtrArray *errors, gboolean dry_run)
{
    g_autofree char *file = text_one_line(strcmp(path, "-") == 0 ? "standard input" : path, 200);
    json_t *list = json_array();
    for (guint i = 0; i < errors->len; i++) {
        fprintf(stderr, "postern: %s: %s\n", file, (const char *)errors->pdata[i]);
        json_array_append_new(list, json_string(errors->pdata[i]));
    }
    fprintf(stderr, "postern: %u error%s: nothing was imported\n", errors->len, errors->len == 1 ? "" : "s");
    json_t *facts = json_pack("{s:b, s:n, s:n, s:o}", "dry_run", dry_run, "organisations", "merchants", "errors", list);
    if (ctl->json)
        table_json(stdout, facts);
    json_decref(facts);
    return CTL_FAILED;
}

/* ---- doing ---- */

static void
add_lines(GPtrArray *errors, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++)
        g_ptr_array_add(errors, g_strdup(*line));
}

static int
import(const struct ctl *ctl, const struct market *market, registry *reg, const char *path, gboolean dry_run)
{
    g_autoptr(GError) error = NULL;
    struct registry_summary summary;
    if (isatty(STDERR_FILENO) && reg->organisations->len + reg->merchants->len >= BIG)
        reg->progress = progress_bar;
    if (!registry_import(market, reg, dry_run, (gint64)time(NULL), &summary, &error)) {
        if (!g_error_matches(error, POSTERN_ERROR, POSTERN_ERROR_CONFLICT))
            return ctl_failed(error);
        g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);
        add_lines(errors, error->message);
        return refuse(ctl, path, errors, dry_run);
    }
    if (ctl->json)
        tell_json(&summary, dry_run);
    else
        tell(&summary, dry_run);
    return CTL_DONE;
}

int
ctl_import(struct ctl *ctl, int argc, char **argv)
{
    gboolean dry_run = FALSE;
    const GOptionEntry entries[] = {
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run, "Say what would happen, write nothing", NULL},
        G_OPTION_ENTRY_NULL,
    };
    struct ctl_usage usage = {"FILE|-",
                              "Takes organisations and merchants from a JSON file (postern-market(5)): all of it or, "
                              "when anything is wrong, nothing.",
                              entries, 1, 1};
    if (!ctl_options(ctl, &usage, &argc, &argv))
        return CTL_USAGE;
    g_autoptr(GError) error = NULL;
    g_auto(opened) all = {0};
    gsize length = 0;
    g_autofree char *json = read_file(argv[1], &length, &error);
    if (!json || !opened_open(&all, ctl, &error))
        return ctl_failed(error);
    g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(registry) reg = registry_parse(json, length, all.settings, errors);
    return reg ? import(ctl, &all.market, reg, argv[1], dry_run) : refuse(ctl, argv[1], errors, dry_run);
}
