/* `postern form`: what the labels of a lead form mean that no rule knows, learnt from one of its mails. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include <glib/gstdio.h>

#include "config.h"

#include "ctl/ctl.h"
#include "ctl/open.h"
#include "ctl/table.h"
#include "lib/error.h"
#include "lib/text.h"
#include "lib/worker.h"
#include "mime/form.h"
#include "mime/read.h"

struct learning {
    char *name;         /* of the map; NULL: from the sender */
    const char *folder; /* NULL: a dry run */
    const GByteArray *bytes;
    char *path;         /* where it was written; NULL */
    form_map *map;      /* NULL: error */
    GPtrArray *unknown; /* char *: labels of which nothing can be told */
    GError *error;
};

/* "web@site.example" → "site-example"; else from the subject. */
static char *
name_of(const struct mail *mail)
{
    const struct mail_address *author = mail_author(mail);
    const char *at = author ? strrchr(author->address, '@') : NULL;
    g_autofree char *folded = text_fold(at ? at + 1 : mail->subject ? mail->subject : "");
    GString *name = g_string_new(NULL);
    for (const char *p = folded; *p && name->len < 40; p++)
        if (g_ascii_isalnum(*p))
            g_string_append_c(name, *p);
        else if (name->len > 0 && name->str[name->len - 1] != '-')
            g_string_append_c(name, '-');
    while (name->len > 0 && name->str[name->len - 1] == '-')
        g_string_truncate(name, name->len - 1);
    if (name->len == 0)
        g_string_assign(name, "form");
    return g_string_free(name, FALSE);
}

/* Nothing that is there is written over: an admin may have worked on it. */
static gboolean
write_map(struct learning *l)
{
    g_autofree char *file = g_strconcat(l->name, ".form", NULL), *text = form_map_write(l->map);
    g_autofree char *path = g_build_filename(l->folder, file, NULL);
    if (g_mkdir_with_parents(l->folder, 0755) != 0) {
        g_set_error(&l->error, POSTERN_ERROR, POSTERN_ERROR_TEMP, "%s: %s", l->folder, g_strerror(errno));
        return FALSE;
    }
    FILE *out = fopen(path, "wxe");
    gboolean written = out && fputs(text, out) >= 0;
    written = out && fclose(out) == 0 && written;
    if (!written) {
        g_set_error(&l->error, POSTERN_ERROR, POSTERN_ERROR_CONFLICT, "%s: %s", path, g_strerror(errno));
        if (out)
            g_unlink(path);
        return FALSE;
    }
    l->path = g_steal_pointer(&path);
    return TRUE;
}

/* On a worker, for its stack (lib/worker.h). */
static void
learn(gpointer data)
{
    struct learning *l = data;
    g_autoptr(mail) mail = mail_read(l->bytes->data, l->bytes->len);
    const char *tool = form_tool(mail);
    if (tool) {
        g_set_error(&l->error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "a rule reads it already, as %s", tool);
        return;
    }
    if (!l->name)
        l->name = name_of(mail);
    l->map = form_map_learn(l->name, mail, l->unknown, &l->error);
    if (l->map && l->folder)
        write_map(l);
}

static void
tell_json(const struct learning *l)
{
    json_t *fields = json_object();
    for (guint i = LEAD_NONE + 1; i < LEAD_MEMBERS; i++)
        if (l->map->labels[i]->len > 0)
            json_object_set_new(fields, lead_member_name(i), table_strings(l->map->labels[i]));
    json_t *facts =
        json_pack("{s:s, s:s?, s:s?, s:s?, s:o, s:o}", "name", l->name, "file", l->path, "sender", l->map->sender,
                  "subject", l->map->subject, "fields", fields, "unknown", table_strings(l->unknown));
    table_json(stdout, facts);
    json_decref(facts);
}

/* What a mail says passes text_one_line() on its way to a terminal. */
static void
tell(const struct learning *l)
{
    g_autofree char *text = form_map_write(l->map);
    g_auto(GStrv) lines = g_strsplit(g_strchomp(text), "\n", -1);
    for (char **line = lines; *line; line++) {
        g_autofree char *clean = text_one_line(*line, 1000);
        puts(clean);
    }
    for (guint i = 0; i < l->unknown->len; i++) {
        g_autofree char *label = text_one_line(g_ptr_array_index(l->unknown, i), 200);
        printf("# shown to the partner as it is: %s\n", label);
    }
    if (l->path)
        printf("# written to %s; look it over, then reload the gateway\n", l->path);
}

static gboolean
is_name(const char *name)
{
    return *name && *name != '.' && !strpbrk(name, "/\n");
}

static int
learn_file(struct ctl *ctl, const char *path, struct learning *l)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GByteArray) bytes = ctl_read_file(path, &error);
    g_autoptr(worker_pool) pool = bytes ? worker_pool_new(1, &error) : NULL;
    if (!pool) {
        g_prefix_error(&error, "%s: ", path);
        return ctl_failed(error);
    }
    mail_init();
    l->bytes = bytes;
    worker_pool_run(pool, learn, l);
    if (l->error) {
        if (!l->map)
            g_prefix_error(&l->error, "%s: ", path);
        return ctl_failed(l->error);
    }
    if (ctl->json)
        tell_json(l);
    else
        tell(l);
    return CTL_DONE;
}

static void
learning_clear(struct learning *l)
{
    g_free(l->name);
    g_free(l->path);
    form_map_free(l->map);
    g_ptr_array_unref(l->unknown);
    g_clear_error(&l->error);
}

int
ctl_form(struct ctl *ctl, int argc, char **argv)
{
    g_autofree char *folder = NULL, *name = NULL;
    gboolean dry_run = FALSE;
    const GOptionEntry entries[] = {
        {"maps", 0, 0, G_OPTION_ARG_FILENAME, &folder, "Folder of the field maps (the setting form.maps)", "DIR"},
        {"name", 0, 0, G_OPTION_ARG_STRING, &name, "Name of the map (the sender's domain)", "NAME"},
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run, "Print the map and write nothing", NULL},
        G_OPTION_ENTRY_NULL,
    };
    const struct ctl_usage usage = {"learn FILE",
                                    "Writes a field map for a lead form that no rule knows; - is standard "
                                    "input.",
                                    entries, 2, 2};
    if (!ctl_options(ctl, &usage, &argc, &argv))
        return CTL_USAGE;
    if (strcmp(argv[1], "learn") != 0)
        return ctl_wrong("form", "there is no \"form %s\"", argv[1]);
    if (name && !is_name(name))
        return ctl_wrong("form", "a map's name is a file's name without folder");
    g_autoptr(GError) error = NULL;
    g_autoptr(conf) settings = folder || dry_run ? NULL : opened_settings(ctl, &error);
    if (error)
        return ctl_failed(error);
    struct learning learning = {.name = g_steal_pointer(&name),
                                .folder = dry_run  ? NULL
                                          : folder ? folder
                                                   : settings->form_maps,
                                .unknown = g_ptr_array_new_with_free_func(g_free)};
    int status = learn_file(ctl, argv[2], &learning);
    learning_clear(&learning);
    return status;
}
