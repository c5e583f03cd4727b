#include "market/match.h"

#include <string.h>

#include "lib/text.h"
#include "market/block.h"

enum { POINTS_SERVICE = 40, POINTS_LANGUAGE = 15, POINTS_DROPSHIPPING = 10, POINTS_EXPIRED = -30 };

static void
match_free(gpointer data)
{
    struct match *match = data;
    g_free(match->reasons);
    g_free(match);
}

static void
count(struct match *match, GString *reasons, const char *factor, gint64 points)
{
    if (!points)
        return;
    match->score += points;
    g_string_append_printf(reasons, "%s%s %+" G_GINT64_FORMAT, reasons->len ? ", " : "", factor, points);
}

/* Letting jobs expire harms, in proportion; the two added jobs keep one expiry of a newcomer from weighing like a
 * habit. */
static gint64
expired_points(gint64 matched, gint64 expired)
{
    return POINTS_EXPIRED * expired / (MAX(matched, expired) + 2);
}

static struct match *
judge(const store_rows *rows, guint i, const struct match_request *request)
{
    struct match *match = g_new0(struct match, 1);
    GString *reasons = g_string_new(NULL);
    gboolean dropshipping = store_rows_int(rows, i, "dropshipping") != 0;
    gboolean speaks = request->language && strcmp(request->language, store_rows_text(rows, i, "language")) == 0;

    match->organisation_id = store_rows_int(rows, i, "id");
    match->last_matched_at = store_rows_int(rows, i, "last_matched_at");
    count(match, reasons, "service", request->service ? POINTS_SERVICE : 0);
    count(match, reasons, "language", speaks ? POINTS_LANGUAGE : 0);
    count(match, reasons, "dropshipping", request->dropshipping && dropshipping ? POINTS_DROPSHIPPING : 0);
    count(match, reasons, "expired jobs",
          expired_points(store_rows_int(rows, i, "jobs_matched"), store_rows_int(rows, i, "jobs_expired")));
    match->reasons = g_string_free(reasons, FALSE);
    return match;
}

static gint
compare(gconstpointer a, gconstpointer b)
{
    const struct match *x = *(const struct match *const *)a, *y = *(const struct match *const *)b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    if (x->last_matched_at != y->last_matched_at)
        return x->last_matched_at < y->last_matched_at ? -1 : 1;
    return x->organisation_id < y->organisation_id ? -1 : 1;
}

static GPtrArray *
judge_all(const store_rows *rows, const struct match_request *request)
{
    GPtrArray *matches = g_ptr_array_new_with_free_func(match_free);
    for (guint i = 0; i < store_rows_count(rows); i++) {
        /* Who does not work with dropshippers gets none of their requests (R4). */
        if (!request->dropshipping || store_rows_int(rows, i, "dropshipping"))
            g_ptr_array_add(matches, judge(rows, i, request));
    }
    g_ptr_array_sort(matches, compare);
    return matches;
}

GPtrArray *
match_find(struct act *act, const struct match_request *request, guint limit, GError **error)
{
    g_autoptr(store_rows) rows = request->service
                                     ? store_query(act->tx, STMT_MATCH_SERVICE, error, store_text(request->service))
                                     : store_query(act->tx, STMT_MATCH_ANY, error);
    if (!rows)
        return NULL;
    g_autoptr(GPtrArray) matches = judge_all(rows, request);
    for (guint i = 0; i < matches->len && i < limit;) {
        const struct match *match = g_ptr_array_index(matches, i);
        gboolean own = FALSE, blocked = FALSE;
        if (request->author && (!organisation_has_address(act, match->organisation_id, request->author, &own, error) ||
                                !block_has_address(act, match->organisation_id, request->author, &blocked, error)))
            return NULL;
        if (own || blocked)
            g_ptr_array_remove_index(matches, i);
        else
            i++;
    }
    if (matches->len > limit)
        g_ptr_array_set_size(matches, (gint)limit);
    return g_steal_pointer(&matches);
}

/* Folded, and everything but letters and digits one blank: " theme design for my shop ". */
static char *
as_words(const char *text)
{
    g_autofree char *folded = text_fold(text);
    GString *words = g_string_new(" ");
    for (const char *p = folded; *p; p++) {
        gboolean letter = g_ascii_isalnum(*p) || (guchar)*p >= 0x80;
        if (letter)
            g_string_append_c(words, *p);
        else if (words->str[words->len - 1] != ' ')
            g_string_append_c(words, ' ');
    }
    if (words->str[words->len - 1] != ' ')
        g_string_append_c(words, ' ');
    return g_string_free(words, FALSE);
}

gboolean
match_service(struct act *act, const char *text, char **service, GError **error)
{
    *service = NULL;
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_SERVICES, error);
    if (!rows)
        return FALSE;
    g_autofree char *haystack = as_words(text);
    const char *best = NULL;
    for (guint i = 0; i < store_rows_count(rows); i++) {
        const char *slug = store_rows_text(rows, i, "slug");
        g_autofree char *needle = as_words(slug);
        const char *found = strlen(needle) > 2 ? strstr(haystack, needle) : NULL;
        if (found && (!best || found < best)) {
            best = found;
            g_free(*service);
            *service = g_strdup(slug);
        }
    }
    return TRUE;
}
