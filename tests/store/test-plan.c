/* How SQLite walks for each statement: nothing that the writer runs reads all of a table that grows with every mail. */
#include <sqlite3.h>
#include <string.h>

#include "store/driver.h"
#include "tests/store/scratch.h"

/* An admin's listings may take their time, and the partners are few. */
static const char *const may_scan[] = {
    "LIST_",
    "REPLAY_",
    "ORG_SEARCHABLE",
    "MATCH_ANY",
};

static const char *const growing[] = {
    "message",        "conversation",
    "outbox",         "raw",
    "raw_chunk",      "job",
    "request",        "seen",
    "quarantine",     "timer",
    "attachment",     "link",
    "overview",       "audit",
    "overview_item",  "search_term",
    "comment",        "held",
    "undo",           "proposal",
    "invoice",        "review",
    "confirmation",   "merchant",
    "access_request", "merchant_address",
    "pace",
};

static gboolean
is_exempt(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(may_scan); i++)
        if (g_str_has_prefix(name, may_scan[i]))
            return TRUE;
    return FALSE;
}

/* The plan names aliases; whose they are stands in the statement: "FROM message m", "JOIN message AS m". */
static gboolean
names_a_growing_table(const char *sql, const char *alias)
{
    for (guint i = 0; i < G_N_ELEMENTS(growing); i++) {
        g_autofree char *pattern =
            g_strdup_printf("\\b(FROM|JOIN|UPDATE|INTO)\\s+%s(\\s+(AS\\s+)?%s)?\\b", growing[i], alias);
        g_autofree char *renamed =
            g_strdup_printf("\\b(FROM|JOIN|UPDATE|INTO)\\s+%s\\s+(AS\\s+)?%s\\b", growing[i], alias);
        if (strcmp(growing[i], alias) == 0 ? g_regex_match_simple(pattern, sql, 0, 0)
                                           : g_regex_match_simple(renamed, sql, 0, 0))
            return TRUE;
    }
    return FALSE;
}

/* "SCAN m" and "SCAN m USING INDEX …"; a walk along an index that leaves rows out (CREATE INDEX … WHERE) is short. */
static gboolean
walks_all(const char *detail, const char *sql, const char *const *partial)
{
    g_auto(GStrv) words = g_strsplit(detail, " ", 6);
    if (g_strv_length(words) < 2 || strcmp(words[0], "SCAN") != 0 || !names_a_growing_table(sql, words[1]))
        return FALSE;
    for (guint i = 0; words[i]; i++)
        if (g_strv_contains(partial, words[i]))
            return FALSE;
    return TRUE;
}

static void
look_at(sqlite3 *handle, const struct store_statement_text *text, const char *const *partial, GString *walks)
{
    g_autofree char *sql = g_strconcat("EXPLAIN QUERY PLAN ", text->sqlite, NULL);
    sqlite3_stmt *plan = NULL;
    g_assert_cmpint(sqlite3_prepare_v2(handle, sql, -1, &plan, NULL), ==, SQLITE_OK);
    while (sqlite3_step(plan) == SQLITE_ROW) {
        const char *detail = (const char *)sqlite3_column_text(plan, 3);
        if (walks_all(detail, text->sqlite, partial))
            g_string_append_printf(walks, "%s: %s\n", text->name, detail);
    }
    sqlite3_finalize(plan);
}

static char **
partial_indexes(sqlite3 *handle)
{
    GPtrArray *names = g_ptr_array_new();
    sqlite3_stmt *rows = NULL;
    const char sql[] = "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql LIKE '% WHERE %'";
    g_assert_cmpint(sqlite3_prepare_v2(handle, sql, -1, &rows, NULL), ==, SQLITE_OK);
    while (sqlite3_step(rows) == SQLITE_ROW)
        g_ptr_array_add(names, g_strdup((const char *)sqlite3_column_text(rows, 0)));
    sqlite3_finalize(rows);
    g_assert_cmpuint(names->len, >, 0);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

static void
test_no_statement_walks_all(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(scratch) scratch = scratch_new();
    struct store_options options = scratch_options(scratch);
    store *db = store_open(&options, &error);
    g_assert_no_error(error);
    store_close(db);
    sqlite3 *handle = NULL;
    g_assert_cmpint(sqlite3_open(scratch->path, &handle), ==, SQLITE_OK);
    g_auto(GStrv) partial = partial_indexes(handle);
    g_autoptr(GString) walks = g_string_new(NULL);
    for (guint i = 0; i < STMT_COUNT; i++)
        if (!is_exempt(store_statement_texts[i].name))
            look_at(handle, &store_statement_texts[i], (const char *const *)partial, walks);
    sqlite3_close(handle);
    g_assert_cmpstr(walks->str, ==, "");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/plan/no-statement-walks-all", test_no_statement_walks_all);
    return g_test_run();
}
