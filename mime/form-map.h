/*
 * Field maps: what the labels of a form mean that no rule knows. A map is settings and not code: a file NAME.form in a
 * folder, a key file (GKeyFile) that `postern form learn` writes and anybody may edit:
 *
 *   [form]
 *   sender = web@site.example        whose mails they are: an address, or @site.example for a whole domain
 *   subject = New question from      how their subject begins, without "Re:"; case does not matter
 *   [fields]
 *   email = Where do we reach you?;Backup address
 *   message = What is it about?
 *
 * One of sender and subject is enough, both narrow it down. A field of the lead has a list of labels, compared as all
 * labels are (without case, accents, punctuation).
 */
#ifndef POSTERN_MIME_FORM_MAP_H
#define POSTERN_MIME_FORM_MAP_H

#include "mime/mail.h"

enum lead_member { /* of struct form_lead, and halves of names */
                   LEAD_NONE,
                   LEAD_NAME,
                   LEAD_FIRST_NAME,
                   LEAD_LAST_NAME,
                   LEAD_EMAIL,
                   LEAD_PHONE,
                   LEAD_SHOP,
                   LEAD_SERVICE,
                   LEAD_MESSAGE,
                   LEAD_BUDGET,
                   LEAD_LANGUAGE,
                   LEAD_MEMBERS,
};

/* As a map's file spells it: "first_name". Static; NULL for LEAD_NONE. */
const char *lead_member_name(enum lead_member member);

struct form_map {
    char *name;                      /* of the file, without ".form" */
    char *sender, *subject;          /* NULL: any */
    GPtrArray *labels[LEAD_MEMBERS]; /* char *, as written; never NULL but for LEAD_NONE */
    GHashTable *members;             /* a label's key → enum lead_member, for form_map_member() */
};

struct form_map *form_map_new(const char *name);
void form_map_free(struct form_map *map);
typedef struct form_map form_map;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(form_map, form_map_free)

/* FALSE: the label is another member's already. */
gboolean form_map_add(struct form_map *map, enum lead_member member, const char *label);
/* LEAD_NONE: the map does not know it. `key` is form_label_key()'s. */
enum lead_member form_map_member(const struct form_map *map, const char *key);

/* The file's text, and back. INVALID, with words for the admin. */
char *form_map_write(const struct form_map *map);
struct form_map *form_map_parse(const char *name, const char *text, gsize length, GError **error);

/* What a form's mail teaches: whose it is, and what its labels mean, by rules for those that are known and by the
 * values' looks for the others. `unknown` gets the labels (char *) of which nothing can be told. INVALID: it has no
 * fields, or nothing by which another mail of that form would be known. */
struct form_map *form_map_learn(const char *name, const struct mail *mail, GPtrArray *unknown, GError **error);

/* All maps of a folder, immutable, for any thread. */
struct form_maps;
/* A folder that is not there holds none. Files that cannot be read are left out, each with a sentence that names it in
 * `errors` (char *). Never NULL. */
struct form_maps *form_maps_load(const char *folder, GPtrArray *errors);
void form_maps_free(struct form_maps *maps);
typedef struct form_maps form_maps;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(form_maps, form_maps_free)
guint form_maps_count(const struct form_maps *maps);

/* The map of the form that sent the mail, the first by name; NULL: none. `maps` may be NULL. */
const struct form_map *form_maps_find(const struct form_maps *maps, const struct mail *mail);

#endif
