#include "market/search.h"

#include <string.h>

#include "lib/text.h"
#include "market/tag.h"

/* How many candidates are collected at once: so few that nothing is cheaper; as many as can be (fewer the more words
 * each is asked for, see most_candidates()), when a first walk of FIRST_WALK conversations met too few. */
enum { GATHER_FEW = 1500, GATHER_MOST = 12000, FIRST_WALK = 2000 };

/* Behind every word that begins with the one it follows. */
static const char last_character[] = "\364\217\277\277"; /* U+10FFFF */

struct hit {
    gint64 at, id;
};

/* A search while it runs. */
struct hunt {
    store_tx *tx;
    const struct search *search;
    gint64 now;
    guint limit; /* one more than a page */
    gint64 tag_id;
    GPtrArray *low, *high; /* of each word, the rarest first */
    struct hit before;
    struct hit edge; /* the walk ends with it; all 0: at the last conversation */
    GArray *hits;    /* struct hit */
    gint64 total;
};

/* ---- statements ---- */

static struct store_value
word_at(const GPtrArray *words, guint i)
{
    return store_text(i < words->len ? g_ptr_array_index(words, i) : NULL);
}

static const char *
kind_of(const struct hunt *h, const char *kind)
{
    return h->search->jobs ? kind : "n";
}

enum { GATHER_VALUES = 23, WALK_VALUES = 25 };

/* Runs one of the statements that find, with its number of values; what it finds is added. */
static gboolean
find(struct hunt *h, enum store_statement statement, guint count, guint *found, GError **error)
{
    const struct search *s = h->search;
    struct store_value values[WALK_VALUES + 1] = {
        store_int(s->organisation_id), store_int(h->before.at),     store_int(h->before.id), store_int(h->limit),
        store_ref(h->tag_id),          store_int(s->unread),        store_text(s->state),    store_int(h->now),
        store_text(kind_of(h, "t")),   store_text(kind_of(h, "c")),
    };
    for (guint i = 0; i < SEARCH_WORDS; i++) {
        values[10 + 2 * i] = word_at(h->low, i);
        values[11 + 2 * i] = word_at(h->high, i);
    }
    values[22] = store_int(s->jobs);
    values[23] = store_int(h->edge.at);
    values[24] = store_int(h->edge.id);
    values[count] = (struct store_value){.type = STORE_END};
    g_autoptr(store_rows) rows = store_query_values(h->tx, statement, values, error);
    if (!rows)
        return FALSE;
    *found = store_rows_count(rows);
    for (guint i = 0; i < *found; i++) {
        struct hit hit = {store_rows_int(rows, i, "updated_at"), store_rows_int(rows, i, "id")};
        g_array_append_val(h->hits, hit);
    }
    if (count == GATHER_VALUES)
        h->total = *found ? store_rows_int(rows, 0, "total") : 0;
    return TRUE;
}

/* How many rows a statement counts, which was given where to stop. */
static gboolean
counted(store_rows *rows, gint64 *count)
{
    if (rows)
        *count = store_rows_int(rows, 0, "count");
    store_rows_free(rows);
    return rows != NULL;
}

/* ---- words ---- */

/* The rarest word goes first. `*rarest`: how many candidates it has, G_MAXINT64 without words. */
static gboolean
order_words(struct hunt *h, GPtrArray *words, gint64 *rarest, GError **error)
{
    guint first = 0;
    *rarest = G_MAXINT64;
    for (guint i = 0; i < words->len; i++) {
        gint64 count = 0;
        g_autofree char *high = g_strconcat(g_ptr_array_index(words, i), last_character, NULL);
        if (!counted(store_query(h->tx, STMT_SEARCH_COUNT_WORD, error, store_int(h->search->organisation_id),
                                 store_text(kind_of(h, "t")), store_text(kind_of(h, "c")),
                                 store_text(g_ptr_array_index(words, i)), store_text(high),
                                 store_int(MIN(*rarest, GATHER_MOST + 1))),
                     &count))
            return FALSE;
        g_ptr_array_add(h->low, g_strdup(g_ptr_array_index(words, i)));
        g_ptr_array_add(h->high, g_steal_pointer(&high));
        if (count >= *rarest)
            continue;
        first = i;
        *rarest = count;
    }
    if (words->len) {
        gpointer low = h->low->pdata[0], high = h->high->pdata[0];
        h->low->pdata[0] = h->low->pdata[first];
        h->high->pdata[0] = h->high->pdata[first];
        h->low->pdata[first] = low;
        h->high->pdata[first] = high;
    }
    return TRUE;
}

/* ---- ways to find ---- */

static gboolean
gather(struct hunt *h, enum store_statement statement, GError **error)
{
    guint found = 0;
    g_array_set_size(h->hits, 0);
    h->edge = (struct hit){0};
    return find(h, statement, GATHER_VALUES, &found, error);
}

/* Along which index, and how its edge is found. */
static const struct path {
    enum store_statement walk, edge;
} by_all = {STMT_SEARCH_WALK_ALL, STMT_SEARCH_EDGE_ALL}, by_unread = {STMT_SEARCH_WALK_UNREAD, STMT_SEARCH_EDGE_UNREAD},
  by_state = {STMT_SEARCH_WALK_STATE, STMT_SEARCH_EDGE_STATE};

static const struct path *
path_of(const struct search *s)
{
    return s->state ? &by_state : s->unread ? &by_unread : &by_all;
}

/* The edge: the `length`-th conversation from here. */
static gboolean
find_edge(struct hunt *h, const struct path *path, guint length, GError **error)
{
    struct store_value values[] = {
        store_int(h->search->organisation_id), store_int(h->before.at), store_int(h->before.id), store_int(length - 1),
        store_text(h->search->state),          {.type = STORE_END},
    };
    if (path != &by_state)
        values[4].type = STORE_END;
    g_autoptr(store_rows) rows = store_query_values(h->tx, path->edge, values, error);
    if (!rows)
        return FALSE;
    h->edge = store_rows_count(rows)
                  ? (struct hit){store_rows_int(rows, 0, "updated_at"), store_rows_int(rows, 0, "id")}
                  : (struct hit){0};
    return TRUE;
}

static gint
compare_hits(gconstpointer a, gconstpointer b)
{
    const struct hit *x = a, *y = b;
    if (x->at != y->at)
        return x->at > y->at ? -1 : 1;
    return x->id > y->id ? -1 : x->id < y->id;
}

/* Expired are also those whose time is over and whose timer has not run; what lies behind the edge comes later. */
static gboolean
add_late(struct hunt *h, GError **error)
{
    guint found = 0, kept;
    if (!find(h, STMT_SEARCH_GATHER_LATE, GATHER_VALUES, &found, error))
        return FALSE;
    g_array_sort(h->hits, compare_hits);
    for (kept = 0; kept < h->hits->len && kept < h->limit; kept++)
        if (compare_hits(&g_array_index(h->hits, struct hit, kept), &h->edge) > 0)
            break;
    g_array_set_size(h->hits, kept);
    h->total = -1;
    return TRUE;
}

/* From the latest change back, past `length` conversations at most. */
static gboolean
walk(struct hunt *h, guint length, GError **error)
{
    const struct path *path = path_of(h->search);
    guint found = 0;
    g_array_set_size(h->hits, 0);
    h->total = -1;
    if (!find_edge(h, path, length, error) || !find(h, path->walk, WALK_VALUES, &found, error))
        return FALSE;
    return g_strcmp0(h->search->state, "expired") != 0 || add_late(h, error);
}

static gboolean
walk_is_enough(const struct hunt *h)
{
    return h->hits->len >= h->limit || !h->edge.id;
}

/* One of a single word costs five parts, each further question three more, or four where a word may stand in three
 * places (jobs): 12,000 of one word, 5,400 of three. */
static gint64
most_candidates(const struct hunt *h)
{
    gint64 questions = MAX(h->low->len + (h->tag_id != 0), 1);
    return 5 * GATHER_MOST / (2 + (h->search->jobs ? 4 : 3) * questions);
}

/* Few candidates are sorted; else the walk meets enough of them soon, or they are few after all, or it goes on. */
static gboolean
hunt(struct hunt *h, gint64 words, gint64 tagged, GError **error)
{
    enum store_statement statement = words <= tagged ? STMT_SEARCH_GATHER_WORD : STMT_SEARCH_GATHER_TAG;
    gint64 candidates = MIN(words, tagged);
    if (candidates <= GATHER_FEW)
        return gather(h, statement, error);
    if (!walk(h, FIRST_WALK, error))
        return FALSE;
    if (walk_is_enough(h))
        return TRUE;
    if (candidates <= most_candidates(h))
        return gather(h, statement, error);
    return walk(h, h->search->jobs ? SEARCH_WINDOW / 4 : SEARCH_WINDOW, error);
}

/* ---- a page ---- */

static void
hand_out(const struct hunt *h, struct search_found *found)
{
    guint page = h->limit - 1;
    found->more = h->hits->len > page || h->edge.id != 0;
    found->partial = h->hits->len <= page && h->edge.id != 0;
    found->total = h->search->before_id ? -1 : h->total;
    for (guint i = 0; i < h->hits->len && i < page; i++)
        g_array_append_val(found->ids, g_array_index(h->hits, struct hit, i).id);
    if (found->partial || h->hits->len <= page) {
        found->before = h->edge.at;
        found->before_id = h->edge.id;
    } else {
        found->before = g_array_index(h->hits, struct hit, page - 1).at;
        found->before_id = g_array_index(h->hits, struct hit, page - 1).id;
    }
}

/* `*nobody`: there is no such tag. */
static gboolean
find_tag(struct hunt *h, gint64 *tagged, gboolean *nobody, GError **error)
{
    struct act act = {.tx = h->tx, .now = h->now};
    *tagged = G_MAXINT64;
    *nobody = FALSE;
    if (!h->search->tag)
        return TRUE;
    if (!tag_find(&act, h->search->organisation_id, h->search->tag, &h->tag_id, error))
        return FALSE;
    *nobody = !h->tag_id;
    return *nobody ||
           counted(store_query(h->tx, STMT_SEARCH_COUNT_TAG, error, store_int(h->tag_id), store_int(GATHER_MOST + 1)),
                   tagged);
}

static gboolean
run(struct hunt *h, GPtrArray *words, struct search_found *found, GError **error)
{
    gint64 rarest = 0, tagged = 0;
    gboolean nobody = FALSE;
    if (!find_tag(h, &tagged, &nobody, error) || !order_words(h, words, &rarest, error))
        return FALSE;
    if (nobody || rarest == 0 || tagged == 0)
        h->total = 0;
    else if (!hunt(h, rarest, tagged, error))
        return FALSE;
    hand_out(h, found);
    return TRUE;
}

gboolean
search_run(store_tx *tx, const struct search *search, gint64 now, struct search_found *found, GError **error)
{
    g_autoptr(GPtrArray) words = search_words(search->words ? search->words : "", SEARCH_WORDS + 1);
    struct hunt h = {.tx = tx, .search = search, .now = now};
    *found = (struct search_found){.ids = g_array_new(FALSE, FALSE, sizeof(gint64)), .total = -1};
    if (words->len > SEARCH_WORDS) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "a search has at most %d words", SEARCH_WORDS);
        return FALSE;
    }
    h.limit = (search->limit ? search->limit : SEARCH_PAGE) + 1;
    h.before =
        search->before_id ? (struct hit){search->before, search->before_id} : (struct hit){G_MAXINT64, G_MAXINT64};
    h.low = g_ptr_array_new_with_free_func(g_free);
    h.high = g_ptr_array_new_with_free_func(g_free);
    h.hits = g_array_new(FALSE, FALSE, sizeof(struct hit));
    gboolean done = run(&h, words, found, error);
    g_ptr_array_unref(h.low);
    g_ptr_array_unref(h.high);
    g_array_unref(h.hits);
    return done;
}

void
search_found_clear(struct search_found *found)
{
    g_clear_pointer(&found->ids, g_array_unref);
}
