#include "mailer/render.h"

#include <string.h>

#include "lib/error.h"
#include "mailer/template.h"
#include "mime/subject.h"
#include "mime/write.h"

#define DEFAULT_LANGUAGE "en"
#define SUFFIX ".mustache"

static const char *const kinds[] = {
    "first-contact",   "lead",        "overview",    "ack",     "relay-partner", "expired-merchant",
    "expired-partner", "not-relayed", "transcript",  "confirm", "undeliverable", "no-match",
    "refused",         "experts",     "admin-alert", NULL,
};

enum part { PART_SUBJECT, PART_TEXT, PART_HTML, PART_COUNT };

static const struct {
    const char *name;
    enum template_mode mode;
} parts[PART_COUNT] = {{"subject", TEMPLATE_TEXT}, {"text", TEMPLATE_TEXT}, {"html", TEMPLATE_HTML}};

/* A language's files by their names without ".mustache": "ack.text", "head.html". */
struct templates {
    GHashTable *languages; /* char * → GHashTable of char * → template */
};

const char *const *
templates_kinds(void)
{
    return kinds;
}

void
templates_free(templates *self)
{
    if (!self)
        return;
    g_hash_table_unref(self->languages);
    g_free(self);
}

/* ---- loading ---- */

static template *
load_file(const char *path, GError **error)
{
    g_autofree char *source = NULL;
    g_autoptr(GError) why = NULL;
    gsize length = 0;
    if (g_file_get_contents(path, &source, &length, &why))
        return template_compile(path, source, length, error);
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "%s", why->message);
    return NULL;
}

/* What an earlier folder has stays. */
static gboolean
load_folder(GHashTable *files, const char *folder, GError **error)
{
    g_autoptr(GDir) entries = g_dir_open(folder, 0, NULL);
    for (const char *entry; entries && (entry = g_dir_read_name(entries));) {
        if (!g_str_has_suffix(entry, SUFFIX) || entry[0] == '.')
            continue;
        g_autofree char *name = g_strndup(entry, strlen(entry) - strlen(SUFFIX));
        g_autofree char *path = g_build_filename(folder, entry, NULL);
        if (g_hash_table_contains(files, name))
            continue;
        template *loaded = load_file(path, error);
        if (!loaded)
            return FALSE;
        g_hash_table_insert(files, g_steal_pointer(&name), loaded);
    }
    return TRUE;
}

static gboolean
load_languages(templates *self, const char *folder, GError **error)
{
    g_autoptr(GDir) entries = g_dir_open(folder, 0, NULL);
    for (const char *language; entries && (language = g_dir_read_name(entries));) {
        g_autofree char *path = g_build_filename(folder, language, NULL);
        if (language[0] == '.' || !g_file_test(path, G_FILE_TEST_IS_DIR))
            continue;
        GHashTable *files = g_hash_table_lookup(self->languages, language);
        if (!files) {
            files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)template_free);
            g_hash_table_insert(self->languages, g_strdup(language), files);
        }
        if (!load_folder(files, path, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- checking: what is missing is found at start, not when a mail waits for it ---- */

static const template *
find_file(GHashTable *files, const char *name, enum part part)
{
    char key[128];
    g_snprintf(key, sizeof key, "%s.%s", name, parts[part].name);
    return files ? g_hash_table_lookup(files, key) : NULL;
}

static gboolean
check_kind(GHashTable *files, const char *language, const char *kind, const char *folder, GError **error)
{
    const char *missing = NULL;
    guint there = 0;
    for (enum part part = 0; part < PART_COUNT; part++) {
        if (find_file(files, kind, part))
            there++;
        else if (!missing)
            missing = parts[part].name;
    }
    if (there == PART_COUNT || (there == 0 && strcmp(language, DEFAULT_LANGUAGE) != 0))
        return TRUE;
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND,
                "%s/%s/%s.%s" SUFFIX
                " is missing: install the templates, or set mailer.templates to the folder that has "
                "them",
                folder, language, kind, missing);
    return FALSE;
}

struct partial_check {
    GHashTable *files;
    const char *key; /* of the template that is looked at */
    const template *template;
    GError *error;
};

/* Within its own language: a partial in another would be half a mail in each. */
static void
check_partial(const char *name, guint line, gpointer arg)
{
    struct partial_check *check = arg;
    enum part part = g_str_has_suffix(check->key, ".html") ? PART_HTML : PART_TEXT;
    if (check->error || find_file(check->files, name, part))
        return;
    g_set_error(&check->error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND, "%s:%u: {{>%s}}: %s.%s" SUFFIX " is missing",
                template_file(check->template), line, name, name, parts[part].name);
}

static gboolean
check_language(GHashTable *files, const char *language, const char *folder, GError **error)
{
    for (const char *const *kind = kinds; *kind; kind++)
        if (!check_kind(files, language, *kind, folder, error))
            return FALSE;
    struct partial_check check = {.files = files};
    GHashTableIter each;
    gpointer key, loaded;
    g_hash_table_iter_init(&each, files);
    while (g_hash_table_iter_next(&each, &key, &loaded)) {
        check.key = key;
        check.template = loaded;
        template_partials(loaded, check_partial, &check);
        if (!check.error)
            continue;
        g_propagate_error(error, check.error);
        return FALSE;
    }
    return TRUE;
}

templates *
templates_load(const char *const *folders, GError **error)
{
    g_autoptr(templates) self = g_new0(templates, 1);
    self->languages = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_hash_table_unref);
    for (const char *const *folder = folders; *folder; folder++)
        if (!load_languages(self, *folder, error))
            return NULL;
    if (!g_hash_table_contains(self->languages, DEFAULT_LANGUAGE)) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND,
                    "%s/" DEFAULT_LANGUAGE " is missing: install the templates, or set mailer.templates to the folder "
                    "that has them",
                    folders[0]);
        return NULL;
    }
    GHashTableIter each;
    gpointer language, files;
    g_hash_table_iter_init(&each, self->languages);
    while (g_hash_table_iter_next(&each, &language, &files))
        if (!check_language(files, language, folders[0], error))
            return NULL;
    return g_steal_pointer(&self);
}

/* ---- words ---- */

void
rendered_clear(struct rendered *rendered)
{
    GString **strings[] = {&rendered->subject, &rendered->text, &rendered->html};
    for (gsize i = 0; i < G_N_ELEMENTS(strings); i++)
        if (*strings[i])
            g_string_free(g_steal_pointer(strings[i]), TRUE);
}
typedef struct rendered rendered_words;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(rendered_words, rendered_clear)

/* What a rendering hands to the engine's callbacks. */
struct rendering {
    GHashTable *files;
    enum part part;
    void (*missing)(const char *file, guint line, const char *name, gpointer arg);
    gpointer arg;
};

static const template *
find_partial(const char *name, gpointer arg)
{
    const struct rendering *rendering = arg;
    return find_file(rendering->files, name, rendering->part == PART_HTML ? PART_HTML : PART_TEXT);
}

static void
pass_missing(const char *file, guint line, const char *name, gpointer arg)
{
    const struct rendering *rendering = arg;
    rendering->missing(file, line, name, rendering->arg);
}

static gboolean
render_part(struct rendering *rendering, const char *kind, const json_t *data, GString **out, GError **error)
{
    const struct template_view view = {
        .data = data,
        .mode = parts[rendering->part].mode,
        .partial = find_partial,
        .missing = rendering->missing ? pass_missing : NULL,
        .arg = rendering,
    };
    *out = g_string_new(NULL);
    return template_render(find_file(rendering->files, kind, rendering->part), &view, *out, error);
}

gboolean
render_words(const templates *self, const char *kind, const char *language, const json_t *data,
             void (*missing)(const char *file, guint line, const char *name, gpointer arg), gpointer arg,
             struct rendered *rendered, GError **error)
{
    struct rendering rendering = {
        .files = g_hash_table_lookup(self->languages, language), .missing = missing, .arg = arg};
    *rendered = (struct rendered){NULL, NULL, NULL};
    if (!find_file(rendering.files, kind, PART_TEXT))
        rendering.files = g_hash_table_lookup(self->languages, DEFAULT_LANGUAGE);
    if (!find_file(rendering.files, kind, PART_TEXT)) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "there is no template for a mail of kind `%s`", kind);
        return FALSE;
    }
    GString **strings[PART_COUNT] = {&rendered->subject, &rendered->text, &rendered->html};
    for (rendering.part = 0; rendering.part < PART_COUNT; rendering.part++)
        if (!render_part(&rendering, kind, data, strings[rendering.part], error)) {
            rendered_clear(rendered);
            return FALSE;
        }
    return TRUE;
}

/* ---- the mail ---- */

static void
file_free(gpointer data)
{
    struct outgoing_file *file = data;
    g_bytes_unref(file->content);
    g_free(file);
}

/* Names and types are borrowed from the notice. NULL: no files (no error) or an error. */
static GPtrArray *
load_files(const struct market *market, const struct notice *notice, GError **error)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(file_free);
    for (guint i = 0; i < notice->files->len; i++) {
        const struct notice_file *wanted = g_ptr_array_index(notice->files, i);
        GBytes *content = notice_file_load(market, wanted, error);
        if (!content) {
            g_prefix_error(error, "file `%s`: ", wanted->name);
            return NULL;
        }
        struct outgoing_file *file = g_new0(struct outgoing_file, 1);
        *file = (struct outgoing_file){wanted->name, wanted->type, content};
        g_ptr_array_add(files, file);
    }
    return g_steal_pointer(&files);
}

GBytes *
render_notice(const templates *self, const struct market *market, const struct notice *notice, gint64 now,
              GError **error)
{
    g_auto(rendered_words) words = {NULL, NULL, NULL};
    if (!render_words(self, notice->kind, notice->language, notice->data, NULL, NULL, &words, error))
        return NULL;
    g_autoptr(GPtrArray) files = load_files(market, notice, error);
    if (!files)
        return NULL;
    g_strstrip(words.subject->str);
    /* Outlook groups by these two; the topic is the subject without "Re:". */
    const struct outgoing_header headers[] = {
        {"X-Postern-Kind", notice->kind},
        {notice->thread_index ? "Thread-Topic" : NULL, subject_base(words.subject->str)},
        {"Thread-Index", notice->thread_index},
        {NULL, NULL}};
    const struct outgoing mail = {
        .from = {notice->from_name, notice->from_address},
        .to = {notice->recipient_name, notice->recipient},
        .reply_to = {notice->from_name, notice->answerable ? notice->from_address : (char[]){""}},
        .subject = words.subject->str,
        .message_id = notice->message_id,
        .references = notice->references,
        .date = now,
        .automatic = notice->automatic,
        .headers = headers,
        .text = words.text->str,
        .html = words.html->str,
        .files = files,
    };
    return mail_write(&mail, error);
}
