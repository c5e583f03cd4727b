/*
 * How long a page of a search takes (R15): N conversations (1,000,000) of five organisations, one of which has nine
 * tenths of them, and the searches and filters that people make: names, prefixes down to one letter, words that occur
 * everywhere, several words, tags, states, unread. Prints the median, the 99th percentile and the longest of each kind;
 * exit status 1 when a 99th percentile is over the limit.
 *
 *     bench-search [CONVERSATIONS [REPEATS [LIMIT-IN-MS [FOLDER]]]]
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "market/search.h"

enum { ORGANISATIONS = 5, TAGS = 30, NAMES = 4000, SURNAMES = 30000, SHOP_WORDS = 8000, WORDS = 20000, TEXT = 10 };
#define START G_GINT64_CONSTANT(1795329600)

static guint32 state = 20261125;

static guint32
draw(guint32 below)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return below ? state % below : state;
}

/* Some are drawn far more often than others, as words and names are. */
static guint32
draw_unevenly(guint32 below)
{
    double u = draw(1u << 30) / (double)(1u << 30);
    return MIN((guint32)(below * u * u * u), below - 1);
}

/* ---- progress ---- */

static void
progress(const char *what, gint64 done, gint64 all)
{
    if (!isatty(STDERR_FILENO))
        return;
    char bar[41] = "";
    for (gint64 i = 0; i < 40; i++)
        bar[i] = i * all < done * 40 ? '#' : '.';
    fprintf(stderr, "\r%-12s [%s] %3d %%%s", what, bar, (int)(all ? done * 100 / all : 100), done >= all ? "\n" : "");
}

/* ---- words ---- */

/* The n-th word of an invented language, the same each time. */
static char *
word(guint32 n)
{
    static const char *const starts[] = {"b", "br", "c", "d", "f",  "g", "h",  "k", "l", "m",
                                         "n", "p",  "r", "s", "st", "t", "tr", "v", "w", "z"};
    static const char vowels[] = "aeiou";
    GString *text = g_string_new(NULL);
    guint32 rest = n * 2654435761u;
    for (guint i = 0; i < 2 + n % 3; i++) {
        g_string_append(text, starts[rest % 20]);
        g_string_append_c(text, vowels[rest / 20 % 5]);
        rest = rest / 100 + n * (i + 7);
    }
    g_string_append_c(text, "rnslk"[n % 5]);
    return g_string_free(text, FALSE);
}

/* Each conversation's terms, made anew from its number. */
struct terms {
    guint32 names[6];
    guint32 text[TEXT];
};

static void
make_terms(struct terms *t)
{
    t->names[0] = draw_unevenly(NAMES);
    t->names[1] = NAMES + draw_unevenly(SURNAMES);
    t->names[2] = NAMES + SURNAMES + draw_unevenly(SHOP_WORDS);
    t->names[3] = NAMES + SURNAMES + draw_unevenly(SHOP_WORDS);
    t->names[4] = NAMES + SURNAMES + SHOP_WORDS + WORDS;     /* "shop" */
    t->names[5] = NAMES + SURNAMES + SHOP_WORDS + WORDS + 1; /* "test" */
    for (guint i = 0; i < TEXT; i++)
        t->text[i] = NAMES + SURNAMES + SHOP_WORDS + draw_unevenly(WORDS);
}

enum { VOCABULARY = NAMES + SURNAMES + SHOP_WORDS + WORDS + 2 };
static char *vocabulary[VOCABULARY];

static void
make_vocabulary(void)
{
    for (guint i = 0; i < VOCABULARY - 2; i++)
        vocabulary[i] = word(i);
    vocabulary[VOCABULARY - 2] = g_strdup("shop");
    vocabulary[VOCABULARY - 1] = g_strdup("test");
}

/* ---- rows ---- */

static void
must(sqlite3 *db, gboolean ok)
{
    if (!ok)
        g_error("%s", sqlite3_errmsg(db));
}

static void
script(sqlite3 *db, const char *sql)
{
    must(db, sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
}

static sqlite3_stmt *
prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    must(db, sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK);
    return stmt;
}

static void
step(sqlite3 *db, sqlite3_stmt *stmt)
{
    must(db, sqlite3_step(stmt) == SQLITE_DONE);
    sqlite3_reset(stmt);
}

struct posting {
    guint32 rank; /* of the term among all, in their order */
    guint32 id;
    guint8 organisation, kind;
};

static gint
compare_postings(gconstpointer a, gconstpointer b)
{
    const struct posting *x = a, *y = b;
    if (x->organisation != y->organisation)
        return x->organisation < y->organisation ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static gint
compare_words(gconstpointer a, gconstpointer b)
{
    return strcmp(vocabulary[*(const guint32 *)a], vocabulary[*(const guint32 *)b]);
}

static void
add_posting(GArray *postings, guint organisation, char kind, guint32 rank, guint32 id)
{
    struct posting posting = {rank, id, (guint8)organisation, (guint8)kind};
    g_array_append_val(postings, posting);
}

static const char *
draw_state(void)
{
    static const struct {
        guint upto;
        const char *name;
    } states[] = {{5, "new"},        {8, "opened"},      {100, "declined"},
                  {250, "expired"},  {560, "responded"}, {610, "awaiting_response"},
                  {700, "inactive"}, {1000, "completed"}};
    guint at = draw(1000), i = 0;
    while (states[i].upto <= at)
        i++;
    return states[i].name;
}

static void
fill_conversations(sqlite3 *db, gint64 count, GArray *postings, const guint32 *rank)
{
    sqlite3_stmt *add = prepare(
        db, "INSERT INTO conversation (id, organisation_id, merchant_id, request_id, kind, subject, messages,"
            " unread, created_at, updated_at, state, due_at) VALUES ($1, $2, 1, 1, $3, 'Help', 3, $4, $5, $6, $7, $8)");
    sqlite3_stmt *tag = prepare(db, "INSERT INTO conversation_tag (conversation_id, tag_id) VALUES ($1, $2)");
    struct terms terms;
    for (gint64 id = 1; id <= count; id++) {
        guint organisation = draw(10) ? 1 : 2 + draw(ORGANISATIONS - 1);
        gint64 at = START - (count - id) * 40, updated = at + (draw(20) ? draw(7 * 86400) : draw(200 * 86400));
        const char *name = draw_state();
        sqlite3_bind_int64(add, 1, id);
        sqlite3_bind_int64(add, 2, organisation);
        sqlite3_bind_text(add, 3, draw(10) ? "direct" : "lead", -1, SQLITE_STATIC);
        sqlite3_bind_int64(add, 4, draw(50) ? 0 : 1);
        sqlite3_bind_int64(add, 5, at);
        sqlite3_bind_int64(add, 6, updated);
        sqlite3_bind_text(add, 7, name, -1, SQLITE_STATIC);
        sqlite3_bind_int64(add, 8, *name == 'n' && draw(20) ? START * 2 : at + 3 * 86400);
        step(db, add);
        if (!draw(10)) {
            sqlite3_bind_int64(tag, 1, id);
            sqlite3_bind_int64(tag, 2, (organisation - 1) * TAGS + 1 + draw_unevenly(TAGS));
            step(db, tag);
        }
        make_terms(&terms);
        for (guint i = 0; i < G_N_ELEMENTS(terms.names); i++)
            add_posting(postings, organisation, 'n', rank[terms.names[i]], (guint32)id);
        for (guint i = 0; i < TEXT; i++)
            add_posting(postings, organisation, 't', rank[terms.text[i]], (guint32)id);
        if (id % 10000 == 0 || id == count)
            progress("rows", id, count);
    }
    sqlite3_finalize(add);
    sqlite3_finalize(tag);
}

static void
fill_terms(sqlite3 *db, GArray *postings, const guint32 *order)
{
    sqlite3_stmt *add =
        prepare(db, "INSERT OR IGNORE INTO search_term (organisation_id, kind, term, id) VALUES ($1, $2, $3, $4)");
    g_array_sort(postings, compare_postings);
    for (guint i = 0; i < postings->len; i++) {
        const struct posting *posting = &g_array_index(postings, struct posting, i);
        char kind = (char)posting->kind;
        sqlite3_bind_int64(add, 1, posting->organisation);
        sqlite3_bind_text(add, 2, &kind, 1, SQLITE_STATIC);
        sqlite3_bind_text(add, 3, vocabulary[order[posting->rank]], -1, SQLITE_STATIC);
        sqlite3_bind_int64(add, 4, posting->id);
        step(db, add);
        if (i % 100000 == 0 || i + 1 == postings->len)
            progress("words", i + 1, postings->len);
    }
    sqlite3_finalize(add);
}

/* Words in their order: the bytes', as the database has them. */
static void
rank_words(guint32 *order, guint32 *rank)
{
    for (guint32 i = 0; i < VOCABULARY; i++)
        order[i] = i;
    qsort(order, VOCABULARY, sizeof *order, compare_words);
    for (guint32 i = 0, at = 0; i < VOCABULARY; i++) {
        if (i && strcmp(vocabulary[order[i]], vocabulary[order[at]]) != 0)
            at = i;
        rank[order[i]] = at;
    }
}

static const char people[] =
    "INSERT INTO merchant (id, name, registered, created_at) VALUES (1, 'M', 1, 0);"
    "INSERT INTO request (id, merchant_id, kind, subject, created_at) VALUES (1, 1, 'direct', 'Help', 0);"
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) INSERT INTO organisation (id, slug, "
    "name,"
    " language, notify, published, available, searchable, matched, dropshipping, created_at)"
    " SELECT i, 'o' || i, 'O', 'en', 'o' || i || '@o.test', 1, 1, 1, 1, 1, 0 FROM n;"
    "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 149) INSERT INTO tag (id, "
    "organisation_id, name,"
    " folded) SELECT i + 1, i / 30 + 1, 'tag' || (i % 30), 'tag' || (i % 30) FROM n;";

/* Words go in sorted and their second index is made at the end: a hundred times as fast as one by one. */
static void
fill(const char *path, gint64 count)
{
    sqlite3 *db = NULL;
    g_autofree guint32 *order = g_new(guint32, VOCABULARY), *rank = g_new(guint32, VOCABULARY);
    g_autoptr(GArray) postings = g_array_sized_new(FALSE, FALSE, sizeof(struct posting), (guint)count * (6 + TEXT));
    rank_words(order, rank);
    must(db, sqlite3_open(path, &db) == SQLITE_OK);
    script(
        db,
        "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-200000; PRAGMA temp_store=MEMORY; BEGIN;"
        "DROP INDEX search_term_id");
    script(db, people);
    fill_conversations(db, count, postings, rank);
    fill_terms(db, postings, order);
    progress("index", 0, 1);
    script(db, "CREATE INDEX search_term_id ON search_term (kind, id, term); COMMIT");
    progress("index", 1, 1);
    must(db, sqlite3_close(db) == SQLITE_OK);
}

/* ---- searches ---- */

static char *
prefix(const char *of, gsize length)
{
    return g_strndup(of, MIN(length, strlen(of)));
}

static const char *
a_name(void)
{
    return vocabulary[draw_unevenly(NAMES)];
}
static const char *
a_surname(void)
{
    return vocabulary[NAMES + draw_unevenly(SURNAMES)];
}
static const char *
a_shop(void)
{
    return vocabulary[NAMES + SURNAMES + draw_unevenly(SHOP_WORDS)];
}
static const char *
a_word(void)
{
    return vocabulary[NAMES + SURNAMES + SHOP_WORDS + draw_unevenly(WORDS)];
}

static char *
one_name(void)
{
    return g_strdup(a_surname());
}
static char *
full_name(void)
{
    return g_strdup_printf("%s %s", a_name(), a_surname());
}
static char *
shop_and_name(void)
{
    return g_strdup_printf("%s %s shop", a_shop(), a_name());
}
static char *
one_letter(void)
{
    return prefix(a_name(), 1);
}
static char *
two_letters(void)
{
    return prefix(a_shop(), 2);
}
static char *
three_letters(void)
{
    return prefix(a_surname(), 3);
}
static char *
two_prefixes(void)
{
    g_autofree char *a = prefix(a_name(), 3), *b = prefix(a_surname(), 3);
    return g_strdup_printf("%s %s", a, b);
}
static char *
three_one_letter_words(void)
{
    g_autofree char *a = prefix(a_name(), 1), *b = prefix(a_surname(), 1), *c = prefix(a_shop(), 1);
    return g_strdup_printf("%s %s %s", a, b, c);
}
static char *
everywhere(void)
{
    return g_strdup("shop test");
}
static char *
everywhere_and_a_name(void)
{
    return g_strdup_printf("shop %s test", a_surname());
}
static char *
url(void)
{
    return g_strdup_printf("https://%s-%s.test/", a_shop(), a_shop());
}
static char *
nothing(void)
{
    return g_strdup("qqq");
}
static char *
any(void)
{
    return NULL;
}
static char *
three_text_words(void)
{
    return g_strdup_printf("%s %s %s", a_word(), a_word(), a_name());
}
static char *
one_text_word(void)
{
    return g_strdup(a_word());
}

static const struct kind {
    const char *name;
    char *(*words)(void);
    gboolean jobs, unread, tag;
    const char *state;
} kinds[] = {
    {"a surname", one_name, FALSE, FALSE, FALSE, NULL},
    {"name and surname", full_name, FALSE, FALSE, FALSE, NULL},
    {"shop, name, \"shop\"", shop_and_name, FALSE, FALSE, FALSE, NULL},
    {"one letter", one_letter, FALSE, FALSE, FALSE, NULL},
    {"two letters", two_letters, FALSE, FALSE, FALSE, NULL},
    {"three letters", three_letters, FALSE, FALSE, FALSE, NULL},
    {"two prefixes", two_prefixes, FALSE, FALSE, FALSE, NULL},
    {"three letters apart", three_one_letter_words, FALSE, FALSE, FALSE, NULL},
    {"words of all", everywhere, FALSE, FALSE, FALSE, NULL},
    {"words of all, surname", everywhere_and_a_name, FALSE, FALSE, FALSE, NULL},
    {"shop URL", url, FALSE, FALSE, FALSE, NULL},
    {"nowhere", nothing, FALSE, FALSE, FALSE, NULL},
    {"list", any, FALSE, FALSE, FALSE, NULL},
    {"list unread", any, FALSE, TRUE, FALSE, NULL},
    {"list tag", any, FALSE, FALSE, TRUE, NULL},
    {"list tag, unread", any, FALSE, TRUE, TRUE, NULL},
    {"list new", any, FALSE, FALSE, FALSE, "new"},
    {"list expired", any, FALSE, FALSE, FALSE, "expired"},
    {"list inactive, tag", any, FALSE, FALSE, TRUE, "inactive"},
    {"name, unread", one_name, FALSE, TRUE, FALSE, NULL},
    {"letter, tag", one_letter, FALSE, FALSE, TRUE, NULL},
    {"letter, new, unread", one_letter, FALSE, TRUE, FALSE, "new"},
    {"jobs: a word", one_text_word, TRUE, FALSE, FALSE, NULL},
    {"jobs: three words", three_text_words, TRUE, FALSE, FALSE, NULL},
    {"jobs: one letter", one_letter, TRUE, FALSE, FALSE, NULL},
    {"jobs: letters, expired", two_letters, TRUE, FALSE, FALSE, "expired"},
};

struct question {
    struct search search;
    struct search_found found;
};

static gboolean
ask(store_tx *tx, gpointer arg, GError **error)
{
    struct question *question = arg;
    return search_run(tx, &question->search, START + 10, &question->found, error);
}

static gint
compare_times(gconstpointer a, gconstpointer b)
{
    return *(const gint64 *)a < *(const gint64 *)b ? -1 : *(const gint64 *)a > *(const gint64 *)b;
}

/* This thread's, in microseconds: others use the machine too. The files are in the system's memory by now. */
static gint64
processor_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (gint64)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

/* Each search and, now and then, its next pages. Milliseconds of the 99th percentile. */
static double
measure(store *store, const struct kind *kind, guint repeats)
{
    g_autofree gint64 *times = g_new(gint64, repeats);
    g_autoptr(GError) error = NULL;
    guint found = 0, partial = 0;
    struct question question = {0};
    g_autofree char *words = NULL;
    char tag[16] = "";
    for (guint i = 0; i < repeats; i++) {
        gboolean next = question.found.more && i % 3;
        gint64 before = question.found.before, before_id = question.found.before_id;
        search_found_clear(&question.found);
        if (!next) {
            g_free(words);
            words = kind->words();
            g_snprintf(tag, sizeof tag, "tag%u", draw_unevenly(TAGS));
        }
        question.search = (struct search){.organisation_id = draw(4) ? 1 : 1 + draw(ORGANISATIONS),
                                          .jobs = kind->jobs,
                                          .words = words,
                                          .unread = kind->unread,
                                          .tag = kind->tag ? tag : NULL,
                                          .state = kind->state,
                                          .before = next ? before : 0,
                                          .before_id = next ? before_id : 0};
        gint64 start = processor_time();
        if (!store_read(store, ask, &question, &error))
            g_error("%s", error->message);
        times[i] = processor_time() - start;
        found += question.found.ids->len;
        partial += question.found.partial;
    }
    search_found_clear(&question.found);
    qsort(times, repeats, sizeof *times, compare_times);
    double p99 = times[repeats * 99 / 100] / 1000.0;
    printf("%-24s %8.2f %8.2f %8.2f ms   %5.1f found%s\n", kind->name, times[repeats / 2] / 1000.0, p99,
           times[repeats - 1] / 1000.0, found / (double)repeats, partial ? ", some in part" : "");
    fflush(stdout);
    return p99;
}

/* ---- the whole ---- */

static void
remove_files(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_unlink(path);
    }
    g_rmdir(folder);
}

static store *
open_store(const char *path, gboolean create)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *database = g_strconcat("sqlite:", path, NULL);
    const struct store_options options = {.database = database, .busy_timeout = 60, .readers = 1, .create = create};
    store *opened = store_open(&options, &error);
    if (!opened)
        g_error("%s", error->message);
    return opened;
}

int
main(int argc, char **argv)
{
    gint64 count = argc > 1 ? g_ascii_strtoll(argv[1], NULL, 10) : 1000000;
    guint repeats = argc > 2 ? (guint)atoi(argv[2]) : 300;
    double limit = argc > 3 ? atof(argv[3]) : 50, worst = 0;
    g_autofree char *folder = g_build_filename(argc > 4 ? argv[4] : g_get_tmp_dir(), "postern-bench-XXXXXX", NULL);
    if (!g_mkdtemp(folder))
        g_error("cannot make a folder in %s", folder);
    g_autofree char *path = g_build_filename(folder, "bench.db", NULL);
    make_vocabulary();
    store_close(open_store(path, TRUE));
    gint64 start = g_get_monotonic_time();
    fill(path, count);
    GStatBuf size;
    if (g_stat(path, &size) < 0)
        g_error("%s: %s", path, g_strerror(errno));
    printf("%" G_GINT64_FORMAT " conversations in %.0f s, %.0f MB\n%-24s %8s %8s %8s\n", count,
           (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC, size.st_size / 1e6, "", "median", "p99",
           "longest");
    store *store = open_store(path, FALSE);
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        double p99 = measure(store, &kinds[i], repeats);
        worst = MAX(worst, p99);
    }
    store_close(store);
    remove_files(folder);
    printf("the slowest kind's 99th percentile: %.2f ms (limit %.0f ms)\n", worst, limit);
    return worst > limit;
}
