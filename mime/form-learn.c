#include "config.h"

#include <string.h>

#include "lib/error.h"
#include "mime/form-fields.h"
#include "mime/subject.h"

/* Guesses what the fields of an unknown form mean; an admin looks at the result, so a label too few is better than a
 * wrong one. */

#define SHORT_BYTES 60 /* longer is somebody's words */

static guint
count_of(const char *text, const char *characters)
{
    guint n = 0;
    for (; *text; text++)
        n += strchr(characters, *text) != NULL;
    return n;
}

static gboolean
looks_like_address(const char *value)
{
    g_autofree char *address = form_address_in(value);
    return address && strlen(address) + 40 > strlen(value);
}

static gboolean
looks_like_phone(const char *value)
{
    guint digits = count_of(value, "0123456789");
    return digits >= 7 && digits <= 15 && strspn(value, "0123456789+-./() ") == strlen(value) &&
           (strchr("+0(", *value) || strchr(value, ' ') || strchr(value, '-'));
}

static gboolean
looks_like_link(const char *value)
{
    return !strpbrk(value, " \n") && (g_str_has_prefix(value, "http://") || g_str_has_prefix(value, "https://") ||
                                      g_str_has_prefix(value, "www.") || g_str_has_suffix(value, ".myshopify.com"));
}

static gboolean
looks_like_money(const char *value)
{
    static const char *const signs[] = {"€", "$", "£", "zł", "EUR", "USD", "PLN", "GBP", "CHF"};
    for (gsize i = 0; i < G_N_ELEMENTS(signs); i++)
        if (strstr(value, signs[i]) && count_of(value, "0123456789") >= 2 && strlen(value) < 40)
            return TRUE;
    return FALSE;
}

static gboolean
looks_like_words(const char *value)
{
    return strchr(value, '\n') || (strlen(value) > SHORT_BYTES && count_of(value, " ") >= 8);
}

/* Two to four words that each begin with a capital letter, as in "Ann van Lead" all but the small ones. */
static gboolean
looks_like_name(const char *value)
{
    g_auto(GStrv) words = g_strsplit(value, " ", 6);
    guint count = g_strv_length(words), capitals = 0;
    if (count < 2 || count > 4 || strpbrk(value, "0123456789@:/,.!?\n"))
        return FALSE;
    for (char **word = words; *word; word++)
        capitals += g_unichar_isupper(g_utf8_get_char(*word));
    return capitals >= 2 && g_unichar_isupper(g_utf8_get_char(*words)) &&
           g_unichar_isupper(g_utf8_get_char(words[count - 1]));
}

static const struct {
    enum lead_member member;
    gboolean (*looks)(const char *value);
} guesses[] = {
    {LEAD_EMAIL, looks_like_address}, {LEAD_PHONE, looks_like_phone},   {LEAD_SHOP, looks_like_link},
    {LEAD_BUDGET, looks_like_money},  {LEAD_MESSAGE, looks_like_words}, {LEAD_NAME, looks_like_name},
};

static enum lead_member
guess(const char *value)
{
    for (gsize i = 0; *value && i < G_N_ELEMENTS(guesses); i++)
        if (guesses[i].looks(value))
            return guesses[i].member;
    return LEAD_NONE;
}

static gboolean
has_member(const struct form_map *map, enum lead_member member)
{
    gboolean halves = map->labels[LEAD_FIRST_NAME]->len > 0 || map->labels[LEAD_LAST_NAME]->len > 0;
    return map->labels[member]->len > 0 || (member == LEAD_NAME && halves);
}

/* An address is one for certain, wherever it stands: the first is the lead's, and an `Email:` behind it was typed. Then
 * what the rules know, then the looks, and last what has the most words. */
enum pass { PASS_CERTAIN, PASS_LOOKS, PASS_WORDS, PASSES };

static enum lead_member
member_in(enum pass pass, const struct form_field *field, const struct form_map *map)
{
    enum lead_member known = form_label(field->label, strlen(field->label));
    enum lead_member member = known;
    if (pass == PASS_LOOKS && known == LEAD_NONE)
        member = guess(field->value);
    else if (pass == PASS_WORDS && known == LEAD_NONE && count_of(field->value, " ") >= 4)
        member = LEAD_MESSAGE;
    else if (pass == PASS_CERTAIN && known == LEAD_NONE && looks_like_address(field->value))
        member = LEAD_EMAIL;
    gboolean taken = member != LEAD_NONE && has_member(map, member) && (known == LEAD_NONE || member == LEAD_EMAIL);
    return taken ? LEAD_NONE : member;
}

static void
learn_labels(struct form_map *map, const GPtrArray *fields, GPtrArray *unknown)
{
    for (enum pass pass = 0; pass < PASSES; pass++)
        for (guint i = 0; i < fields->len; i++) {
            const struct form_field *field = g_ptr_array_index(fields, i);
            g_autofree char *key = form_label_key(field->label, strlen(field->label));
            if (form_map_member(map, key) != LEAD_NONE)
                continue;
            enum lead_member member = member_in(pass, field, map);
            if (member != LEAD_NONE)
                form_map_add(map, member, field->label);
            else if (pass == PASS_WORDS)
                g_ptr_array_add(unknown, g_strdup(field->label));
        }
}

/* A field holds it: then it changes from mail to mail. */
static gboolean
is_typed(const GPtrArray *fields, const char *text, gsize length)
{
    for (guint i = 0; i < fields->len; i++) {
        const struct form_field *field = g_ptr_array_index(fields, i);
        g_autofree char *piece = g_strndup(text, length);
        if (length >= 3 && strcasestr(field->value, piece))
            return TRUE;
    }
    return FALSE;
}

/* The subject's words up to the first that the lead typed, or that has a digit. */
static char *
fixed_subject(const struct mail *mail, const GPtrArray *fields)
{
    const char *subject = subject_base(mail->subject), *p = subject, *end = subject;
    while (*p) {
        gsize length = strcspn(p, " ");
        if (strcspn(p, "0123456789@") < length || is_typed(fields, p, length))
            break;
        p += length;
        end = p;
        p += strspn(p, " ");
    }
    g_autofree char *fixed = g_strndup(subject, (gsize)(end - subject));
    return strlen(fixed) >= 4 ? g_steal_pointer(&fixed) : NULL;
}

struct form_map *
form_map_learn(const char *name, const struct mail *mail, GPtrArray *unknown, GError **error)
{
    g_autoptr(form_map) map = form_map_new(name);
    g_autoptr(GPtrArray) fields = form_fields_of(mail, NULL, NULL);
    const struct mail_address *author = mail_author(mail);
    learn_labels(map, fields, unknown);
    if (g_hash_table_size(map->members) == 0) {
        g_set_error_literal(error, POSTERN_ERROR, POSTERN_ERROR_INVALID,
                            "nothing in it looks like a form's field: a label, a colon or a table cell, a value");
        return NULL;
    }
    if (author && *author->address && !is_typed(fields, author->address, strlen(author->address)))
        map->sender = g_strdup(author->address);
    map->subject = fixed_subject(mail, fields);
    if (!map->sender && !map->subject) {
        g_set_error_literal(error, POSTERN_ERROR, POSTERN_ERROR_INVALID,
                            "it comes from the lead's own address and its subject begins with the lead's words: "
                            "nothing tells the next one apart");
        return NULL;
    }
    return g_steal_pointer(&map);
}
