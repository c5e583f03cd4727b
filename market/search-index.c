/* What search looks through: the rows of `search_term`. */
#include <string.h>

#include "lib/text.h"
#include "market/search.h"

enum { TEXT_BYTES = 64 << 10, OLDER_AT_ONCE = 20 };

enum kind { KIND_NAME, KIND_TEXT, KIND_COMMENT };
static const char *const kinds[] = {[KIND_NAME] = "n", [KIND_TEXT] = "t", [KIND_COMMENT] = "c"};

/* ---- words ---- */

static gboolean
is_in_word(const char *p)
{
    return g_unichar_isalnum(g_utf8_get_char(p));
}

/* At most SEARCH_TERM characters of the word from `start` to `end`. */
static char *
cut_word(const char *start, const char *end)
{
    const char *cut = start;
    for (guint i = 0; i < SEARCH_TERM && cut < end; i++)
        cut = g_utf8_next_char(cut);
    return g_strndup(start, (gsize)(cut - start));
}

GPtrArray *
search_words(const char *text, guint most)
{
    const char *end = strlen(text) > TEXT_BYTES ? g_utf8_find_prev_char(text, text + TEXT_BYTES) : text + strlen(text);
    g_autofree char *start = g_strndup(text, (gsize)(end - text)), *folded = text_fold(start);
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    for (const char *p = folded; *p && words->len < most;) {
        const char *word = p;
        while (*p && is_in_word(p))
            p = g_utf8_next_char(p);
        char *cut = p > word && !g_str_has_prefix(p, "://") ? cut_word(word, p) : NULL;
        if (cut && !g_hash_table_contains(known, cut)) {
            g_hash_table_add(known, cut); /* borrowed: adding it twice would keep the second, which is freed */
            g_ptr_array_add(words, cut);
        } else {
            g_free(cut);
        }
        if (p == word)
            p = g_utf8_next_char(p);
    }
    return words;
}

/* ---- rows ---- */

static gboolean
add_words(struct act *act, gint64 organisation_id, enum kind kind, gint64 id, const char *text, guint most,
          GError **error)
{
    g_autoptr(GPtrArray) words = search_words(text, most);
    for (guint i = 0; i < words->len; i++)
        if (!store_run(act->tx, STMT_SEARCH_ADD, error, store_int(organisation_id), store_text(kinds[kind]),
                       store_text(g_ptr_array_index(words, i)), store_int(id)))
            return FALSE;
    return TRUE;
}

static gboolean
add_to_conversation(struct act *act, enum kind kind, gint64 id, const char *text, guint most, GError **error)
{
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_SEARCH_ORGANISATION, error, store_int(id));
    if (!rows || !store_rows_count(rows))
        return rows != NULL;
    return add_words(act, store_rows_int(rows, 0, "organisation_id"), kind, id, text, most, error);
}

gboolean
search_index_text(struct act *act, gint64 id, const char *text, GError **error)
{
    return add_to_conversation(act, KIND_TEXT, id, text, SEARCH_TEXT, error);
}

gboolean
search_index_comment(struct act *act, gint64 id, const char *text, GError **error)
{
    return add_to_conversation(act, KIND_COMMENT, id, text, SEARCH_TEXT, error);
}

/* ---- names ---- */

/* A registered merchant's address is not the partner's to have, so it is not to be guessed by searching either. */
gboolean
search_index_writer(struct act *act, gint64 id, const char *name, GError **error)
{
    g_autofree char *public = party_public_name(name, "");
    return add_to_conversation(act, KIND_NAME, id, public, SEARCH_TEXT, error);
}

static gboolean
add_writers(struct act *act, gint64 id, GError **error)
{
    g_autoptr(store_rows) writers = store_query(act->tx, STMT_MESSAGE_WRITERS, error, store_int(id));
    if (!writers)
        return FALSE;
    for (guint i = 0; i < store_rows_count(writers); i++)
        if (!search_index_writer(act, id, store_rows_text(writers, i, "name"), error))
            return FALSE;
    return TRUE;
}

static void
add_text(GString *text, const char *more)
{
    if (more)
        g_string_append_printf(text, "%s\n", more);
}

/* A lead's own address is the partner's to have (R8). */
static gboolean
add_lead_addresses(struct act *act, gint64 merchant_id, GString *text, GError **error)
{
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_LIST_MERCHANT_ADDRESSES, error, store_int(merchant_id));
    if (!rows)
        return FALSE;
    for (guint i = 0; i < store_rows_count(rows); i++)
        add_text(text, store_rows_text(rows, i, "address"));
    return TRUE;
}

gboolean
search_index_names(struct act *act, gint64 id, GError **error)
{
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_SEARCH_PEOPLE, error, store_int(id));
    if (!rows || !store_run(act->tx, STMT_SEARCH_DROP, error, store_text(kinds[KIND_NAME]), store_int(id)))
        return FALSE;
    if (!store_rows_count(rows))
        return TRUE;
    g_autoptr(GString) text = g_string_new(NULL);
    gboolean registered = store_rows_int(rows, 0, "registered") != 0;
    const char *name = store_rows_text(rows, 0, "name");
    g_autofree char *shown = registered ? party_public_name(name, "") : g_strdup(name);
    add_text(text, shown);
    add_text(text, store_rows_text(rows, 0, "shop_name"));
    add_text(text, store_rows_text(rows, 0, "shop_url"));
    add_text(text, store_rows_text(rows, 0, "first_shop_name"));
    add_text(text, store_rows_text(rows, 0, "first_shop_url"));
    return (registered || add_lead_addresses(act, store_rows_int(rows, 0, "merchant_id"), text, error)) &&
           add_words(act, store_rows_int(rows, 0, "organisation_id"), KIND_NAME, id, text->str, SEARCH_TEXT, error) &&
           add_writers(act, id, error);
}

gboolean
search_index_merchant(struct act *act, gint64 merchant_id, GError **error)
{
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_SEARCH_OF_MERCHANT, error, store_int(merchant_id));
    if (!rows)
        return FALSE;
    for (guint i = 0; i < store_rows_count(rows); i++)
        if (!search_index_names(act, store_rows_int(rows, i, "id"), error))
            return FALSE;
    return TRUE;
}

/* ---- what an older version left ---- */

static gboolean
index_older(struct act *act, const store_rows *rows, guint i, GError **error)
{
    static const char *const columns[] = {"subject", "service", "text"};
    gint64 id = store_rows_int(rows, i, "id");
    for (guint k = 0; k < G_N_ELEMENTS(columns); k++) {
        const char *text = store_rows_text(rows, i, columns[k]);
        if (text && !search_index_text(act, id, text, error))
            return FALSE;
    }
    return search_index_names(act, id, error);
}

gboolean
search_index_older(struct act *act, gint64 after_id, GError **error)
{
    g_autoptr(store_rows) rows =
        store_query(act->tx, STMT_SEARCH_OLDER, error, store_int(after_id), store_int(OLDER_AT_ONCE));
    if (!rows || !store_rows_count(rows))
        return rows != NULL;
    for (guint i = 0; i < store_rows_count(rows); i++)
        if (!index_older(act, rows, i, error))
            return FALSE;
    return store_run(act->tx, STMT_TIMER_SET, error, store_text("index"),
                     store_int(store_rows_int(rows, store_rows_count(rows) - 1, "id")), store_int(act->now));
}
