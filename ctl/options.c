/* What the subcommands share about words: options in, complaints out. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "lib/error.h"
#include "lib/text.h"

#define LINE_BYTES 1000

int
ctl_wrong(const char *command, const char *format, ...)
{
    va_list words;
    va_start(words, format);
    g_autofree char *given = g_strdup_vprintf(format, words);
    g_autofree char *text = text_one_line(given, LINE_BYTES); /* a script's words may be a stranger's */
    va_end(words);
    fprintf(stderr, "postern%s%s: %s\nTry `postern %s%s--help`.\n", command ? " " : "", command ? command : "", text,
            command ? command : "", command ? " " : "");
    return CTL_USAGE;
}

int
ctl_failed(const GError *error)
{
    g_auto(GStrv) lines = g_strsplit(error->message, "\n", -1);
    for (char **line = lines; *line; line++) {
        g_autofree char *clean = text_one_line(*line, LINE_BYTES);
        fprintf(stderr, "postern: %s\n", clean);
    }
    return CTL_FAILED;
}

void
ctl_hint(GError *error, const char *format, ...)
{
    va_list words;
    va_start(words, format);
    g_autofree char *hint = g_strdup_vprintf(format, words);
    va_end(words);
    char *message = g_strconcat(error->message, "; ", hint, NULL);
    g_free(error->message);
    error->message = message;
}

gint64
ctl_now(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

gboolean
ctl_id(const char *word, gint64 *id, GError **error)
{
    guint64 value = 0;
    if (!g_ascii_string_to_unsigned(word, 10, 1, G_MAXINT64, &value, NULL)) {
        g_autofree char *clean = text_one_line(word, 80);
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "\"%s\" is no id; `list` shows the ids", clean);
        return FALSE;
    }
    *id = (gint64)value;
    return TRUE;
}

char *
ctl_recipient(const char *word)
{
    g_autofree char *somebody = *word == '@' ? g_strconcat("x", word, NULL) : g_strdup(word);
    g_autofree char *address = text_address(somebody);
    return address ? g_strdup(address + (*word == '@')) : NULL;
}

const char *
ctl_verb(int argc, char **argv)
{
    static const char *const with_value[] = {"-c", "--config", "-n",       "--limit",     "-o", "--organisation",
                                             "-s", "--state",  "--reason", "--recipient", "-r", "--search",
                                             "-t", "--tag",    NULL};
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-')
            return argv[i];
        if (g_strv_contains(with_value, argv[i]))
            i++;
    }
    return "";
}

/* GOption leaves a `--` where words that begin with a dash follow it. */
static void
drop_separator(int *argc, char **argv)
{
    for (int i = 1; i < *argc; i++) {
        if (strcmp(argv[i], "--") != 0)
            continue;
        memmove(&argv[i], &argv[i + 1], (gsize)(*argc - i) * sizeof *argv); /* the final NULL too */
        (*argc)--;
        return;
    }
}

/* FALSE: told on stderr. */
static gboolean
enough_words(const struct ctl_usage *usage, int argc, char **argv)
{
    int words = argc - 1;
    if (words < usage->least)
        ctl_wrong(argv[0], "something is missing: %s", usage->parameters);
    else if (words > usage->most)
        ctl_wrong(argv[0], "too many words: \"%s\"", argv[usage->most + 1]);
    return words >= usage->least && words <= usage->most;
}

gboolean
ctl_options(struct ctl *ctl, const struct ctl_usage *usage, int *argc, char ***argv)
{
    g_autofree char *path = NULL;
    const GOptionEntry common[] = {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, &path, "Settings file", "FILE"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &ctl->json, "Print facts as JSON", NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_autofree char *prgname = g_strconcat("postern ", (*argv)[0], NULL);
    g_autoptr(GOptionContext) context = g_option_context_new(usage->parameters);
    g_option_context_set_summary(context, usage->summary);
    if (usage->entries)
        g_option_context_add_main_entries(context, usage->entries, NULL);
    g_option_context_add_main_entries(context, common, NULL);
    g_set_prgname(prgname);
    g_autoptr(GError) error = NULL;
    gboolean good = g_option_context_parse(context, argc, argv, &error);
    g_set_prgname("postern");
    if (!good) {
        ctl_wrong((*argv)[0], "%s", error->message);
        return FALSE;
    }
    if (path) {
        g_free(ctl->conf_path);
        ctl->conf_path = g_steal_pointer(&path);
    }
    drop_separator(argc, *argv);
    return enough_words(usage, *argc, *argv);
}

/* ---- files ---- */

static GByteArray *
read_stream(FILE *stream, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    guint8 buffer[65536];
    gsize got;
    while ((got = fread(buffer, 1, sizeof buffer, stream)) > 0)
        g_byte_array_append(bytes, buffer, (guint)got);
    if (ferror(stream)) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND, "%s", g_strerror(errno));
        return NULL;
    }
    return g_steal_pointer(&bytes);
}

GByteArray *
ctl_read_file(const char *path, GError **error)
{
    if (strcmp(path, "-") == 0)
        return read_stream(stdin, error);
    FILE *stream = fopen(path, "rb");
    if (!stream) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND, "%s", g_strerror(errno));
        return NULL;
    }
    GByteArray *bytes = read_stream(stream, error);
    fclose(stream);
    return bytes;
}

gboolean
ctl_write(GBytes *bytes, GError **error)
{
    gsize length = 0;
    gconstpointer data = g_bytes_get_data(bytes, &length);
    if (fwrite(data, 1, length, stdout) == length && fflush(stdout) == 0)
        return TRUE;
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP, "standard output: %s", g_strerror(errno));
    return FALSE;
}
