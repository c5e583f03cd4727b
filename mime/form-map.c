#include "config.h"

#include "mime/form-map.h"

#include <errno.h>
#include <string.h>

#include "lib/error.h"
#include "mime/form-fields.h"
#include "mime/subject.h"

#define FILE_BYTES (64u << 10)
#define SUFFIX ".form"

static const char *const member_names[LEAD_MEMBERS] = {
    [LEAD_NAME] = "name",        [LEAD_FIRST_NAME] = "first_name", [LEAD_LAST_NAME] = "last_name",
    [LEAD_EMAIL] = "email",      [LEAD_PHONE] = "phone",           [LEAD_SHOP] = "shop",
    [LEAD_SERVICE] = "service",  [LEAD_MESSAGE] = "message",       [LEAD_BUDGET] = "budget",
    [LEAD_LANGUAGE] = "language"};

const char *
lead_member_name(enum lead_member member)
{
    return member_names[member];
}

static enum lead_member
member_by_name(const char *name)
{
    for (guint i = LEAD_NONE + 1; i < LEAD_MEMBERS; i++)
        if (strcmp(member_names[i], name) == 0)
            return i;
    return LEAD_NONE;
}

/* ---- one map ---- */

struct form_map *
form_map_new(const char *name)
{
    struct form_map *map = g_new0(struct form_map, 1);
    map->name = g_strdup(name);
    map->members = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = LEAD_NONE + 1; i < LEAD_MEMBERS; i++)
        map->labels[i] = g_ptr_array_new_with_free_func(g_free);
    return map;
}

void
form_map_free(struct form_map *map)
{
    if (!map)
        return;
    for (guint i = LEAD_NONE + 1; i < LEAD_MEMBERS; i++)
        g_ptr_array_unref(map->labels[i]);
    g_hash_table_unref(map->members);
    g_free(map->name);
    g_free(map->sender);
    g_free(map->subject);
    g_free(map);
}

enum lead_member
form_map_member(const struct form_map *map, const char *key)
{
    return (enum lead_member)GPOINTER_TO_UINT(g_hash_table_lookup(map->members, key));
}

gboolean
form_map_add(struct form_map *map, enum lead_member member, const char *label)
{
    g_autofree char *key = form_label_key(label, strlen(label));
    enum lead_member before = form_map_member(map, key);
    if (before == LEAD_NONE) {
        g_hash_table_insert(map->members, g_steal_pointer(&key), GUINT_TO_POINTER(member));
        g_ptr_array_add(map->labels[member], g_strdup(label));
    }
    return before == LEAD_NONE || before == member;
}

/* ---- its file ---- */

char *
form_map_write(const struct form_map *map)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    if (map->sender)
        g_key_file_set_string(file, "form", "sender", map->sender);
    if (map->subject)
        g_key_file_set_string(file, "form", "subject", map->subject);
    for (guint i = LEAD_NONE + 1; i < LEAD_MEMBERS; i++)
        if (map->labels[i]->len > 0)
            g_key_file_set_string_list(file, "fields", member_names[i], (const char *const *)map->labels[i]->pdata,
                                       map->labels[i]->len);
    return g_key_file_to_data(file, NULL, NULL);
}

static gboolean wrong(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static gboolean
wrong(GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *words = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, words);
    return FALSE;
}

static gboolean
read_groups(GKeyFile *file, GError **error)
{
    g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);
    for (char **group = groups; *group; group++)
        if (strcmp(*group, "form") != 0 && strcmp(*group, "fields") != 0)
            return wrong(error, "there is no group [%s]; [form] and [fields] are known", *group);
    return TRUE;
}

static char *
value_of(GKeyFile *file, const char *key, GError **error)
{
    g_autofree char *value = g_key_file_get_string(file, "form", key, error);
    if (value && *g_strstrip(value) == '\0')
        g_clear_pointer(&value, g_free);
    return g_steal_pointer(&value);
}

static gboolean
read_shape(GKeyFile *file, struct form_map *map, GError **error)
{
    g_auto(GStrv) keys = g_key_file_get_keys(file, "form", NULL, NULL);
    for (char **key = keys; key && *key; key++) {
        char **to = strcmp(*key, "sender") == 0 ? &map->sender : strcmp(*key, "subject") == 0 ? &map->subject : NULL;
        if (!to)
            return wrong(error, "[form] has no key %s; sender and subject are known", *key);
        g_autoptr(GError) why = NULL;
        *to = value_of(file, *key, &why);
        if (why)
            return wrong(error, "[form] %s: %s", *key, why->message);
    }
    if (!map->sender && !map->subject)
        return wrong(error, "[form] needs sender = ADDRESS or subject = WORDS; else every mail would be this form's");
    if (map->sender && !strchr(map->sender, '@'))
        return wrong(error, "[form] sender = %s is neither an address nor a domain like @site.example", map->sender);
    return TRUE;
}

static gboolean
read_labels(GKeyFile *file, const char *key, struct form_map *map, GError **error)
{
    enum lead_member member = member_by_name(key);
    if (member == LEAD_NONE)
        return wrong(error,
                     "[fields] has no key %s; name, first_name, last_name, email, phone, shop, service, message, "
                     "budget and language are known",
                     key);
    g_autoptr(GError) why = NULL;
    g_auto(GStrv) labels = g_key_file_get_string_list(file, "fields", key, NULL, &why);
    if (!labels)
        return wrong(error, "[fields] %s: %s", key, why->message);
    for (char **label = labels; *label; label++) {
        if (*g_strstrip(*label) == '\0')
            continue;
        if (!form_map_add(map, member, *label))
            return wrong(error, "[fields] %s: the label \"%s\" stands at another field already", key, *label);
    }
    return TRUE;
}

struct form_map *
form_map_parse(const char *name, const char *text, gsize length, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(form_map) map = form_map_new(name);
    g_autoptr(GError) why = NULL;
    if (!g_key_file_load_from_data(file, text, length, G_KEY_FILE_NONE, &why)) {
        wrong(error, "%s", why->message);
        return NULL;
    }
    if (!read_groups(file, error) || !read_shape(file, map, error))
        return NULL;
    g_auto(GStrv) keys = g_key_file_get_keys(file, "fields", NULL, NULL);
    for (char **key = keys; key && *key; key++)
        if (!read_labels(file, *key, map, error))
            return NULL;
    if (g_hash_table_size(map->members) == 0) {
        wrong(error, "[fields] names no label; write for example: email = Your address");
        return NULL;
    }
    return g_steal_pointer(&map);
}

/* ---- a folder of them ---- */

struct form_maps {
    GPtrArray *maps; /* struct form_map, by name */
};

static void
load_one(struct form_maps *maps, const char *folder, const char *name, GPtrArray *errors)
{
    g_autofree char *path = g_build_filename(folder, name, NULL), *text = NULL;
    g_autofree char *base = g_strndup(name, strlen(name) - strlen(SUFFIX));
    g_autoptr(GError) error = NULL;
    gsize length = 0;
    struct form_map *map = NULL;
    if (g_file_get_contents(path, &text, &length, &error)) {
        if (length <= FILE_BYTES)
            map = form_map_parse(base, text, length, &error);
        else
            wrong(&error, "is larger than 64 KiB");
    }
    if (map)
        g_ptr_array_add(maps->maps, map);
    else
        g_ptr_array_add(errors, g_strdup_printf("%s: %s", path, error->message));
}

static int
by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct form_maps *
form_maps_load(const char *folder, GPtrArray *errors)
{
    struct form_maps *maps = g_new0(struct form_maps, 1);
    maps->maps = g_ptr_array_new_with_free_func((GDestroyNotify)form_map_free);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, &error);
    if (!dir && !g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        g_ptr_array_add(errors, g_strdup(error->message));
    for (const char *name = NULL; dir && (name = g_dir_read_name(dir)) != NULL;)
        if (g_str_has_suffix(name, SUFFIX) && *name != '.')
            g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, by_text);
    for (guint i = 0; i < names->len; i++)
        load_one(maps, folder, g_ptr_array_index(names, i), errors);
    return maps;
}

void
form_maps_free(struct form_maps *maps)
{
    if (!maps)
        return;
    g_ptr_array_unref(maps->maps);
    g_free(maps);
}

guint
form_maps_count(const struct form_maps *maps)
{
    return maps->maps->len;
}

static gboolean
is_from(const struct form_map *map, const struct mail *mail)
{
    const struct mail_address *author = mail_author(mail);
    if (!map->sender)
        return TRUE;
    if (!author)
        return FALSE;
    const char *at = strrchr(author->address, '@');
    return g_ascii_strcasecmp(map->sender, *map->sender == '@' && at ? at : author->address) == 0;
}

static gboolean
begins_so(const struct form_map *map, const struct mail *mail)
{
    if (!map->subject)
        return TRUE;
    g_autofree char *begin = g_utf8_casefold(map->subject, -1);
    g_autofree char *subject = g_utf8_casefold(subject_base(mail->subject), -1);
    return g_str_has_prefix(subject, begin);
}

const struct form_map *
form_maps_find(const struct form_maps *maps, const struct mail *mail)
{
    for (guint i = 0; maps && i < maps->maps->len; i++) {
        const struct form_map *map = g_ptr_array_index(maps->maps, i);
        if (is_from(map, mail) && begins_so(map, mail))
            return map;
    }
    return NULL;
}
