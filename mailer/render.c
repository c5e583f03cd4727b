#include "mailer/render.h"

#include <string.h>

#include "lib/error.h"
#include "mailer/calendar.h"
#include "mailer/digest.h"
#include "lib/text.h"
#include "mailer/speak.h"
#include "mailer/template.h"
#include "mailer/words.h"
#include "market/notice.h"
#include "mime/subject.h"
#include "mime/write.h"

#define DEFAULT_LANGUAGE "en"
#define SUFFIX ".mustache"
#define WORDS ".words"

enum part { PART_SUBJECT, PART_TEXT, PART_HTML, PART_COUNT };

static const struct {
    const char *name;
    enum template_mode mode;
} parts[PART_COUNT] = {{"subject", TEMPLATE_TEXT}, {"text", TEMPLATE_TEXT}, {"html", TEMPLATE_HTML}};

struct templates {
    GHashTable *files;     /* layouts by their names without ".mustache": "ack.text", "head.html" → template */
    GHashTable *languages; /* "nl" → words */
    const words *english;
};

static gint
by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char **
sorted(GPtrArray *names)
{
    g_ptr_array_sort(names, by_name);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

char **
templates_languages(const templates *self)
{
    GPtrArray *names = g_ptr_array_new();
    GHashTableIter each;
    gpointer name;
    g_hash_table_iter_init(&each, self->languages);
    while (g_hash_table_iter_next(&each, &name, NULL))
        g_ptr_array_add(names, g_strdup(name));
    return sorted(names);
}

void
templates_free(templates *self)
{
    if (!self)
        return;
    g_hash_table_unref(self->files);
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
load_layout(templates *self, const char *path, char *name, GError **error)
{
    g_autofree char *key = name;
    if (g_hash_table_contains(self->files, key))
        return TRUE;
    template *loaded = load_file(path, error);
    if (loaded)
        g_hash_table_insert(self->files, g_steal_pointer(&key), loaded);
    return loaded != NULL;
}

static gboolean
load_language(templates *self, const char *path, char *name, GError **error)
{
    g_autofree char *language = name;
    words *loaded = g_hash_table_lookup(self->languages, language);
    if (loaded)
        return words_load(loaded, path, error);
    loaded = words_new(language, error);
    if (loaded)
        g_hash_table_insert(self->languages, g_steal_pointer(&language), loaded);
    return loaded && words_load(loaded, path, error);
}

static gboolean
load_folder(templates *self, const char *folder, GError **error)
{
    static const struct {
        const char *suffix;
        gboolean (*load)(templates *self, const char *path, char *name, GError **error);
    } sorts[] = {{SUFFIX, load_layout}, {WORDS, load_language}};
    g_autoptr(GError) why = NULL;
    g_autoptr(GDir) entries = g_dir_open(folder, 0, &why);
    if (why && !g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOENT)) { /* else what it changes would be missed */
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "mailer.templates: %s", why->message);
        return FALSE;
    }
    for (const char *entry; entries && (entry = g_dir_read_name(entries));) {
        g_autofree char *path = g_build_filename(folder, entry, NULL);
        for (guint i = 0; i < G_N_ELEMENTS(sorts); i++)
            if (entry[0] != '.' && g_str_has_suffix(entry, sorts[i].suffix) &&
                !sorts[i].load(self, path, g_strndup(entry, strlen(entry) - strlen(sorts[i].suffix)), error))
                return FALSE;
    }
    return TRUE;
}

static gboolean
check_languages(const templates *self, GError **error)
{
    GHashTableIter each;
    gpointer language, words;
    g_hash_table_iter_init(&each, self->languages);
    while (g_hash_table_iter_next(&each, &language, &words))
        if (!words_check(words, language, error))
            return FALSE;
    return TRUE;
}

/* ---- checking: what is missing is found at start, not when a mail waits for it ---- */

static const template *
find_file(const templates *self, const char *name, enum part part)
{
    char key[128];
    g_snprintf(key, sizeof key, "%s.%s", name, parts[part].name);
    return g_hash_table_lookup(self->files, key);
}

/* What the layout of that key names in {{>…}}: text in subjects too. */
static enum part
part_of_partials(const char *key)
{
    return g_str_has_suffix(key, ".html") ? PART_HTML : PART_TEXT;
}

static gboolean
missing_file(const char *const *folders, const char *file, GError **error)
{
    g_autofree char *places = g_strjoinv(" and in ", (char **)folders);
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND, "%s is missing in %s: install the templates", file,
                places);
    return FALSE;
}

static gboolean
check_kinds(const templates *self, const char *const *folders, GError **error)
{
    for (const char *const *kind = notice_kinds(); *kind; kind++)
        for (enum part part = 0; part < PART_COUNT; part++) {
            g_autofree char *file = g_strdup_printf("%s.%s" SUFFIX, *kind, parts[part].name);
            if (!find_file(self, *kind, part))
                return missing_file(folders, file, error);
        }
    return TRUE;
}

enum { PARTIALS_MOST = 16 }; /* inside each other */

struct tag_check {
    const templates *templates;
    const char *key; /* of the template that is looked at */
    const template *template;
    guint depth; /* partials gone into */
    GError *error;
};

static void check_tag(enum template_tag tag, const char *name, guint line, gpointer arg);

/* One that comes back to itself has no end, which a mail would find out. */
static void
check_partial(struct tag_check *check, const char *name, guint line)
{
    enum part part = part_of_partials(check->key);
    const template *outer = check->template, *inner = find_file(check->templates, name, part);
    const char *file = template_file(outer);
    if (!inner)
        g_set_error(&check->error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND, "%s:%u: {{>%s}}: %s.%s" SUFFIX " is missing",
                    file, line, name, name, parts[part].name);
    else if (check->depth >= PARTIALS_MOST)
        g_set_error(&check->error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "%s:%u: {{>%s}} goes round in a circle", file,
                    line, name);
    if (check->error)
        return;
    check->template = inner;
    check->depth++;
    template_tags(inner, check_tag, check);
    check->depth--;
    check->template = outer;
}

static void
check_tag(enum template_tag tag, const char *name, guint line, gpointer arg)
{
    struct tag_check *check = arg;
    const char *file = template_file(check->template);
    if (check->error)
        return;
    if (tag == TEMPLATE_PARTIAL)
        check_partial(check, name, line);
    if (tag == TEMPLATE_STRING && !words_has(check->templates->english, name))
        g_set_error(&check->error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND,
                    "%s:%u: {{@%s}}: " DEFAULT_LANGUAGE WORDS " has no `%s`", file, line, name, name);
}

static gboolean
check_tags(const templates *self, GError **error)
{
    struct tag_check check = {.templates = self};
    GHashTableIter each;
    gpointer key, loaded;
    g_hash_table_iter_init(&each, self->files);
    while (!check.error && g_hash_table_iter_next(&each, &key, &loaded)) {
        check.key = key;
        check.template = loaded;
        template_tags(loaded, check_tag, &check);
    }
    if (check.error)
        g_propagate_error(error, check.error);
    return check.error == NULL;
}

templates *
templates_load(const char *const *folders, GError **error)
{
    g_autoptr(templates) self = g_new0(templates, 1);
    self->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)template_free);
    self->languages = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)words_free);
    for (const char *const *folder = folders; *folder; folder++)
        if (!load_folder(self, *folder, error))
            return NULL;
    self->english = g_hash_table_lookup(self->languages, DEFAULT_LANGUAGE);
    if (!self->english && !missing_file(folders, DEFAULT_LANGUAGE WORDS, error))
        return NULL;
    return check_languages(self, error) && check_kinds(self, folders, error) && check_tags(self, error)
               ? g_steal_pointer(&self)
               : NULL;
}

/* ---- what nobody asks for ---- */

struct asking {
    const char *key; /* of the layout that asks */
    GHashTable *asked;
};

static void
ask_for_partial(enum template_tag tag, const char *name, guint line, gpointer arg)
{
    const struct asking *asking = arg;
    (void)line;
    if (tag == TEMPLATE_PARTIAL)
        g_hash_table_add(asking->asked, g_strconcat(name, ".", parts[part_of_partials(asking->key)].name, NULL));
}

static GHashTable *
asked_for(const templates *self)
{
    struct asking asking = {.asked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
    GHashTableIter each;
    gpointer loaded;
    for (const char *const *kind = notice_kinds(); *kind; kind++)
        for (enum part part = 0; part < PART_COUNT; part++)
            g_hash_table_add(asking.asked, g_strconcat(*kind, ".", parts[part].name, NULL));
    g_hash_table_iter_init(&each, self->files);
    while (g_hash_table_iter_next(&each, (gpointer *)&asking.key, &loaded))
        template_tags(loaded, ask_for_partial, &asking);
    return asking.asked;
}

char **
templates_unused(const templates *self)
{
    g_autoptr(GHashTable) asked = asked_for(self);
    GPtrArray *unused = g_ptr_array_new();
    GHashTableIter each;
    gpointer key;
    g_hash_table_iter_init(&each, self->files);
    while (g_hash_table_iter_next(&each, &key, NULL))
        if (!g_hash_table_contains(asked, key))
            g_ptr_array_add(unused, g_strconcat(key, SUFFIX, NULL));
    return sorted(unused);
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
    const templates *templates;
    const words *words; /* NULL: English alone */
    enum part part;
    void (*missing)(const char *file, guint line, const char *name, gpointer arg);
    gpointer arg;
};

static const template *
find_partial(const char *name, gpointer arg)
{
    const struct rendering *rendering = arg;
    return find_file(rendering->templates, name, rendering->part == PART_HTML ? PART_HTML : PART_TEXT);
}

static void
pass_missing(const char *file, guint line, const char *name, gpointer arg)
{
    const struct rendering *rendering = arg;
    if (rendering->missing)
        rendering->missing(file, line, name, rendering->arg);
}

static const template *
find_string(const char *key, const template_place *place, gpointer arg)
{
    const struct rendering *rendering = arg;
    const template *found = rendering->words ? words_find(rendering->words, key, place) : NULL;
    if (found)
        return found;
    pass_missing("words", 0, key, arg);
    return words_find(rendering->templates->english, key, place);
}

/* A key that no file knows must not cost a mail. */
static const template *
find_said(const char *key, const template_place *place, gpointer arg)
{
    const struct rendering *rendering = arg;
    const template *found = find_string(key, place, arg);
    return found ? found : words_find(rendering->templates->english, "said.unknown", place);
}

static gboolean
render_part(struct rendering *rendering, const char *kind, const json_t *data, GString **out, GError **error)
{
    const struct template_view view = {
        .data = data,
        .mode = parts[rendering->part].mode,
        .partial = find_partial,
        .string = find_string,
        .missing = pass_missing,
        .arg = rendering,
    };
    *out = g_string_new(NULL);
    return template_render(find_file(rendering->templates, kind, rendering->part), &view, *out, error);
}

/* What a client's list shows beside the subject. */
static void
set_teaser(json_t *data)
{
    const json_t *text = json_object_get(data, "text");
    if (json_is_object(text))
        text = json_object_get(text, "said");
    g_autofree char *teaser = text_one_line(json_string_value(text), 120);
    json_object_set_new(data, "teaser", json_string(teaser));
}

static void
prepare(struct rendering *rendering, const struct reader *reader, json_t *data)
{
    const char *language = rendering->words ? reader->language : DEFAULT_LANGUAGE;
    const struct speech speech = {.language = language,
                                  .timezone = reader->timezone,
                                  .string = find_said,
                                  .missing = pass_missing,
                                  .arg = rendering};
    speak(data, &speech);
    set_teaser(data);
    json_object_set_new(data, "language", json_string(language));
    json_object_set_new(data, "direction", json_string(speak_direction(language)));
}

gboolean
render_words(const templates *self, const char *kind, const struct reader *reader, json_t *data,
             void (*missing)(const char *file, guint line, const char *name, gpointer arg), gpointer arg,
             struct rendered *rendered, GError **error)
{
    struct rendering rendering = {.templates = self,
                                  .words = g_hash_table_lookup(self->languages, reader->language),
                                  .missing = missing,
                                  .arg = arg};
    *rendered = (struct rendered){NULL, NULL, NULL};
    for (enum part part = 0; part < PART_COUNT; part++)
        if (!find_file(self, kind, part)) {
            g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "there is no template for a mail of kind `%s`",
                        kind);
            return FALSE;
        }
    prepare(&rendering, reader, data);
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

/* A subject that we answer may be an answer's already: "Re: AW: Re: x" is "Re: x". */
static char *
one_reply_prefix(const char *subject)
{
    const char *base = subject_base(subject);
    return g_str_has_prefix(subject, "Re: ") && *base ? g_strconcat("Re: ", base, NULL) : g_strdup(subject);
}

enum { HEADERS = 7 };

/* What the notice has of these, in order. Outlook groups by Thread-Index and Thread-Topic, the subject without "Re:".
 */
static void
set_headers(const struct notice *notice, const char *subject, struct outgoing_header headers[HEADERS])
{
    const struct outgoing_header all[HEADERS - 1] = {
        {"X-Postern-Kind", notice->kind},
        {"X-Postern-Reason", notice->reason},
        {"List-Id", notice->list_id},
        {"List-Unsubscribe", notice->unsubscribe},
        {"Thread-Topic", notice->thread_index ? subject_base(subject) : NULL},
        {"Thread-Index", notice->thread_index},
    };
    guint n = 0;
    for (guint i = 0; i < G_N_ELEMENTS(all); i++)
        if (all[i].value)
            headers[n++] = all[i];
    headers[n] = (struct outgoing_header){NULL, NULL};
}

/* What a section leaves out leaves its blank lines behind. A person's own words stay as they are. */
static void
squeeze_blank_lines(GString *text)
{
    gsize kept = 0;
    guint breaks = 0;
    for (gsize i = 0; i < text->len; i++) {
        breaks = text->str[i] == '\n' ? breaks + 1 : 0;
        if (breaks <= 2)
            text->str[kept++] = text->str[i];
    }
    g_string_truncate(text, kept);
}

GBytes *
render_notice(const templates *self, const struct market *market, const struct notice *notice, gint64 now,
              GError **error)
{
    g_auto(rendered_words) words = {NULL, NULL, NULL};
    const struct reader reader = {notice->language, notice->timezone ? notice->timezone : market->conf->timezone};
    if (!render_words(self, notice->kind, &reader, notice->data, NULL, NULL, &words, error))
        return NULL;
    g_autoptr(GPtrArray) files = load_files(market, notice, error);
    if (!files)
        return NULL;
    if (notice->automatic)
        squeeze_blank_lines(words.text);
    g_autofree char *subject = one_reply_prefix(g_strstrip(words.subject->str));
    g_autoptr(GError) failed = NULL;
    g_autoptr(GPtrArray) digest = digest_mails(notice, &failed);
    if (failed) {
        g_propagate_error(error, g_steal_pointer(&failed));
        return NULL;
    }
    const json_t *entry = json_object_get(notice->data, "calendar");
    g_autofree char *calendar = entry ? calendar_text(entry, now) : NULL;
    struct outgoing_header headers[HEADERS];
    set_headers(notice, subject, headers);
    const struct outgoing mail = {
        .from = {notice->from_name, notice->from_address},
        .to = {notice->recipient_name, notice->recipient},
        .reply_to = {notice->from_name, notice->answerable ? notice->from_address : (char[]){""}},
        .subject = subject,
        .message_id = notice->message_id,
        .references = notice->references,
        .date = now,
        .automatic = notice->automatic,
        .headers = headers,
        .text = words.text->str,
        .html = words.html->str,
        .files = files,
        .calendar = calendar,
        .calendar_method = json_string_value(json_object_get(entry, "method")),
        .digest = digest,
    };
    return mail_write(&mail, error);
}
