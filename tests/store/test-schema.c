/* The schema's versions, and a database that is not as it should be. */
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/error.h"
#include "tests/store/scratch.h"

/* SQLite behind the store's back, as an admin's shell would do it. */
static void
shell(const char *path, const char *sql)
{
    sqlite3 *handle = NULL;
    char *message = NULL;
    g_assert_cmpint(sqlite3_open(path, &handle), ==, SQLITE_OK);
    sqlite3_exec(handle, sql, NULL, NULL, &message);
    g_assert_cmpstr(message, ==, NULL);
    sqlite3_close(handle);
}

static void
assert_refused(const struct store_options *options, enum postern_error code, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(store_open(options, &error));
    g_assert_error(error, POSTERN_ERROR, (int)code);
    if (!strstr(error->message, text))
        g_error("\"%s\" does not say \"%s\"", error->message, text);
}

/* ---- opening ---- */

static void
test_nothing_is_made_unasked(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    struct store_options options = scratch_options(scratch);
    options.create = FALSE;
    assert_refused(&options, POSTERN_ERROR_NOT_FOUND, "postern init");
    g_assert_cmpint(access(scratch->path, F_OK), !=, 0);
}

static const struct {
    const char *database;
    enum postern_error error;
    const char *text;
} bad_names[] = {
    {NULL, POSTERN_ERROR_INVALID, "sqlite:/"},
    {"", POSTERN_ERROR_INVALID, "sqlite:/"},
    {"sqlite", POSTERN_ERROR_INVALID, "sqlite:/"},
    {"sqlite:", POSTERN_ERROR_INVALID, "sqlite:/"},
    {"sqlite::memory:", POSTERN_ERROR_INVALID, "no file"},
    {"oracle:x", POSTERN_ERROR_INVALID, "oracle:x"},
    {"sqlite:/nonexistent-folder/x.db", POSTERN_ERROR_TEMP, "/nonexistent-folder"},
    {"sqlite:/dev/null/x.db", POSTERN_ERROR_TEMP, "/dev/null"},
};

static void
test_bad_names_are_explained(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(bad_names); i++) {
        struct store_options options = {.database = bad_names[i].database, .readers = 1, .create = TRUE};
        assert_refused(&options, bad_names[i].error, bad_names[i].text);
    }
}

static void
test_only_the_owner_may_read(void)
{
    static const char *const files[] = {"", "-wal", "-shm", "-turn", "-queue"};
    g_autoptr(scratch) scratch = scratch_new();
    mode_t before = umask(0);
    g_autoptr(store) store = scratch_open(scratch);
    g_assert_true(store_write(store, add_row, NULL, NULL));
    umask(before);
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = scratch_file(scratch, files[i]);
        struct stat st;
        g_assert_cmpint(stat(path, &st), ==, 0);
        g_assert_cmpint(st.st_mode & 0777, ==, 0600);
    }
}

/* An admin's `postern init` as root must not make what the gateway cannot open. */
static void
test_root_makes_it_for_the_folders_owner(void)
{
    static const char *const files[] = {"", "-wal", "-shm", "-turn", "-queue"};
    const uid_t somebody = 65534;
    if (geteuid() != 0) {
        g_test_skip("only root makes files for others");
        return;
    }
    g_autoptr(scratch) scratch = scratch_new();
    g_assert_cmpint(chown(scratch->folder, somebody, somebody), ==, 0);
    g_autoptr(store) store = scratch_open(scratch);
    g_assert_true(store_write(store, add_row, NULL, NULL));
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = scratch_file(scratch, files[i]);
        struct stat st;
        g_assert_cmpint(stat(path, &st), ==, 0);
        g_assert_cmpint(st.st_uid, ==, somebody);
    }
}

static const struct {
    const char *pragma;
    const char *value;
    gboolean readers_only;
} wanted[] = {
    {"journal_mode", "wal", FALSE}, {"synchronous", "2", FALSE},        {"foreign_keys", "1", FALSE},
    {"trusted_schema", "0", FALSE}, {"cell_size_check", "1", FALSE},    {"secure_delete", "1", FALSE},
    {"temp_store", "2", FALSE},     {"wal_autocheckpoint", "0", FALSE}, {"locking_mode", "normal", FALSE},
    {"query_only", "1", TRUE},
};

static gboolean
check_pragmas(store_tx *tx, gpointer arg, GError **error)
{
    const gboolean *reader = arg;
    for (guint i = 0; i < G_N_ELEMENTS(wanted); i++) {
        g_autofree char *sql = g_strconcat("PRAGMA ", wanted[i].pragma, NULL);
        g_autofree char *value = NULL;
        if (wanted[i].readers_only && !*reader)
            continue;
        g_assert_true(tx->driver->ask(tx->conn, sql, &value, error));
        g_assert_cmpstr(value, ==, wanted[i].value);
    }
    return TRUE;
}

static void
test_pragmas_are_in_force(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    g_autoptr(store) store = scratch_open(scratch);
    gboolean reader = TRUE;
    gboolean writer = FALSE;
    g_assert_true(store_read(store, check_pragmas, &reader, NULL));
    g_assert_true(store_write(store, check_pragmas, &writer, NULL));
    g_assert_cmpint(ask(store,
                        "SELECT count(*) FROM pragma_table_list WHERE type = 'table' AND schema = 'main' AND strict = 0"
                        " AND name NOT LIKE 'sqlite_%'"),
                    ==, 0);
}

/* What the engine does not take is noticed by reading it back. */
static void
test_a_pragma_that_is_not_taken_is_refused(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    struct store_options options = scratch_options(scratch);
    shell(scratch->path, "PRAGMA encoding='UTF-16le'; CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT;");
    assert_refused(&options, POSTERN_ERROR_INVALID, "UTF-16le to PRAGMA encoding");
}

/* A copy made by VACUUM INTO is not in WAL mode. */
static void
test_a_restored_backup_serves(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    g_autofree char *copy = g_strconcat(scratch->path, ".copy", NULL);
    g_autofree char *vacuum = g_strdup_printf("VACUUM INTO '%s'", copy);
    store *store = scratch_open(scratch);
    g_assert_true(store_write(store, add_row, NULL, NULL));
    store_close(store);
    shell(scratch->path, vacuum);
    g_assert_cmpint(rename(copy, scratch->path), ==, 0);
    store = scratch_open(scratch);
    g_assert_true(store_write(store, add_row, NULL, NULL));
    g_assert_cmpint(ask(store, "SELECT count(*) FROM raw"), ==, 2);
    store_close(store);
}

static void
test_somebody_elses_database_is_left_alone(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    struct store_options options = scratch_options(scratch);
    int from;
    int to;
    g_autoptr(GError) error = NULL;
    shell(scratch->path, "CREATE TABLE bookmark (url TEXT)");
    assert_refused(&options, POSTERN_ERROR_INVALID, "another program");
    g_assert_false(store_migrate(&options, &from, &to, &error));
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID);
}

/* TEMP, so that mail waits at its sender until the admin has looked. */
static void
test_what_is_no_database_is_temp(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    struct store_options options = scratch_options(scratch);
    g_autofree char *text = g_strnfill(8192, 'x');
    g_assert_true(g_file_set_contents(scratch->path, text, -1, NULL));
    assert_refused(&options, POSTERN_ERROR_TEMP, "not a database");
}

static void
test_a_bad_statement_is_named_at_open(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    struct store_options options = scratch_options(scratch);
    store_close(scratch_open(scratch));
    shell(scratch->path, "ALTER TABLE raw_chunk RENAME COLUMN data TO bytes");
    assert_refused(&options, POSTERN_ERROR_INVALID, "statement RAW_CHUNK_");
}

static void
open_and_write(gpointer arg)
{
    g_autoptr(store) store = scratch_open(arg);
    g_assert_true(store_write(store, add_row, NULL, NULL));
}

static void
test_many_may_make_it_at_once(void)
{
    for (int round = 0; round < 10; round++) {
        g_autoptr(scratch) scratch = scratch_new();
        pid_t children[6];
        for (guint i = 0; i < G_N_ELEMENTS(children); i++)
            children[i] = spawn(open_and_write, scratch);
        for (guint i = 0; i < G_N_ELEMENTS(children); i++)
            await(children[i]);
        g_autoptr(store) store = scratch_open(scratch);
        g_assert_cmpint(ask(store, "SELECT count(*) FROM raw"), ==, G_N_ELEMENTS(children));
    }
}

/* ---- versions ---- */

/* Today's schema and one more step. */
static struct store_migration *
one_more(const char *sql)
{
    struct store_migration *entries = g_new0(struct store_migration, store_migrations_count + 1);
    memcpy(entries, store_migrations, store_migrations_count * sizeof *entries);
    entries[store_migrations_count] = (struct store_migration){store_schema_version() + 1, sql, NULL};
    return entries;
}

static gboolean
migrate_one_more(const struct store_options *options, const char *sql, int *from, int *to, GError **error)
{
    g_autofree struct store_migration *entries = one_more(sql);
    return migrations_run(options, entries, store_migrations_count + 1, from, to, error);
}

static void
test_versions_have_no_gaps(void)
{
    for (guint i = 0; i < store_migrations_count; i++)
        g_assert_cmpint(store_migrations[i].version, ==, i + 1);
    g_assert_cmpint(store_schema_version(), ==, store_migrations_count);
}

static void
test_a_newer_schema_is_refused(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    struct store_options options = scratch_options(scratch);
    g_autoptr(GError) error = NULL;
    int from;
    int to;
    store_close(scratch_open(scratch));
    g_assert_true(migrate_one_more(&options, "CREATE TABLE later (x INTEGER) STRICT", &from, &to, NULL));
    g_assert_cmpint(from, ==, store_schema_version());
    g_assert_cmpint(to, ==, store_schema_version() + 1);
    assert_refused(&options, POSTERN_ERROR_CONFLICT, "newer");
    g_assert_false(store_migrate(&options, &from, &to, &error));
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_CONFLICT);
}

static void
test_an_older_schema_asks_for_migrate(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    struct store_options options = scratch_options(scratch);
    int from;
    int to;
    store_close(scratch_open(scratch));
    shell(scratch->path, "UPDATE schema_version SET version = version - 1");
    options.create = FALSE;
    assert_refused(&options, POSTERN_ERROR_CONFLICT, store_schema_version() == 1 ? "postern init" : "postern migrate");
    shell(scratch->path, "UPDATE schema_version SET version = version + 1");
    g_assert_true(store_migrate(&options, &from, &to, NULL)); /* nothing to do */
    g_assert_cmpint(from, ==, to);
}

/* Each in one transaction with its version: a step that fails leaves nothing. */
static void
test_a_failing_step_leaves_nothing(void)
{
    static const char *const steps[] = {
        "CREATE TABLE later (x INTEGER) STRICT; UPDATE raw SET size = 0; INSERT INTO nowhere VALUES (1)",
        "CREATE TABLE later (x INTEGER REFERENCES raw) STRICT; UPDATE raw SET size = 0; INSERT INTO later VALUES (99)",
    };
    for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_autoptr(scratch) scratch = scratch_new();
        struct store_options options = scratch_options(scratch);
        g_autoptr(GError) error = NULL;
        int from;
        int to;
        store *store = scratch_open(scratch);
        g_assert_true(store_write(store, add_row, NULL, NULL));
        store_close(store);
        g_assert_false(migrate_one_more(&options, steps[i], &from, &to, &error));
        g_assert_nonnull(strstr(error->message, "migration to schema"));
        g_assert_cmpint(to, ==, store_schema_version());
        store = scratch_open(scratch);
        g_assert_cmpint(ask(store, "SELECT sum(size) FROM raw"), ==, 1);
        g_assert_cmpint(ask(store, "SELECT count(*) FROM sqlite_schema WHERE name = 'later'"), ==, 0);
        store_close(store);
    }
}

/* SQLite's way to change a table: a new one takes its place. Rows that refer to it must live on. */
static void
test_a_step_may_rebuild_a_table(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    struct store_options options = scratch_options(scratch);
    g_autoptr(GError) error = NULL;
    int from;
    int to;
    store_close(scratch_open(scratch));
    shell(scratch->path,
          "INSERT INTO raw VALUES (1, 1, 1); INSERT INTO raw_chunk (raw_id, seq, size, data) VALUES (1, 0, 1, x'00')");
    migrate_one_more(&options,
                     "CREATE TABLE new_raw (id INTEGER PRIMARY KEY, size INTEGER NOT NULL, created_at INTEGER NOT NULL,"
                     " note TEXT) STRICT; INSERT INTO new_raw SELECT id, size, created_at, NULL FROM raw;"
                     " DROP TABLE raw; ALTER TABLE new_raw RENAME TO raw",
                     &from, &to, &error);
    g_assert_no_error(error);
    shell(scratch->path, "UPDATE schema_version SET version = version - 1");
    g_autoptr(store) store = scratch_open(scratch);
    g_assert_cmpint(ask(store, "SELECT count(*) FROM raw_chunk"), ==, 1);
    g_assert_cmpint(ask(store, "SELECT count(*) FROM pragma_foreign_key_list('raw_chunk') WHERE \"table\" = 'raw'"), ==,
                    1);
}

static void
test_a_program_does_not_write_to_a_schema_it_does_not_know(void)
{
    g_autoptr(scratch) scratch = scratch_new();
    struct store_options options = scratch_options(scratch);
    g_autoptr(store) store = scratch_open(scratch);
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) read_error = NULL;
    struct question question = {.sql = "SELECT 1"};
    int from;
    int to;
    g_assert_true(store_write(store, add_row, NULL, NULL));
    g_assert_true(migrate_one_more(&options, "CREATE TABLE later (x INTEGER) STRICT", &from, &to, NULL));
    g_assert_false(store_write(store, add_row, NULL, &error));
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP);
    g_assert_nonnull(strstr(error->message, "restart"));
    g_assert_false(store_read(store, ask_number, &question, &read_error));
    g_assert_error(read_error, POSTERN_ERROR, POSTERN_ERROR_TEMP);
}

/* ---- dumps of what is in use ---- */

/*
 * dumps/schema-N.sql is a database of version N with some rows. Once a version was released its dump never changes, nor
 * does its entry in schema.c: a change is a new version. Before that `POSTERN_REMAKE_DUMP=1 ./test-schema` remakes the
 * last one.
 */
static const char sample_rows[] =
    "INSERT INTO raw (id, size, created_at) VALUES (1, 3, 1700000000);"
    "INSERT INTO raw_chunk (raw_id, seq, size, data) VALUES (1, 0, 3, x'00ff27');"
    "INSERT INTO organisation (id, slug, name, language, notify, published, available, searchable, matched, "
    "dropshipping, created_at)"
    " VALUES (1, 'wisla', 'Studio ''Wisła''', 'pl', 'biuro@wisla.test', 1, 1, 1, 1, 0, 1700000000);";

static void
ask_shell(sqlite3 *handle, const char *sql, GString *answers, const char *after)
{
    sqlite3_stmt *stmt = NULL;
    g_assert_cmpint(sqlite3_prepare_v2(handle, sql, -1, &stmt, NULL), ==, SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW)
        g_string_append_printf(answers, "%s%s", (const char *)sqlite3_column_text(stmt, 0), after);
    sqlite3_finalize(stmt);
}

static void
dump_rows(sqlite3 *handle, const char *table, GString *dump)
{
    g_autofree char *columns = g_strdup_printf("SELECT group_concat('quote(' || name || ')', ' || '','' || ')"
                                               " FROM pragma_table_info('%s')",
                                               table);
    g_autoptr(GString) values = g_string_new(NULL);
    ask_shell(handle, columns, values, "");
    g_autofree char *inserts =
        g_strdup_printf("SELECT 'INSERT INTO %s VALUES (' || %s || ')' FROM %s", table, values->str, table);
    ask_shell(handle, inserts, dump, ";\n");
}

static char *
dump_of(const char *path)
{
    sqlite3 *handle = NULL;
    GString *dump = g_string_new(NULL);
    g_autoptr(GString) tables = g_string_new(NULL);
    g_assert_cmpint(sqlite3_open(path, &handle), ==, SQLITE_OK);
    ask_shell(handle, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid", dump, ";\n");
    ask_shell(handle, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid", tables, "\n");
    g_auto(GStrv) names = g_strsplit(tables->str, "\n", -1);
    for (guint i = 0; names[i] && *names[i]; i++)
        dump_rows(handle, names[i], dump);
    sqlite3_close(handle);
    return g_string_free(dump, FALSE);
}

static void
remake_dump(const char *file)
{
    g_autoptr(scratch) scratch = scratch_new();
    store_close(scratch_open(scratch));
    shell(scratch->path, sample_rows);
    g_autofree char *dump = dump_of(scratch->path);
    g_assert_true(g_file_set_contents(file, dump, -1, NULL));
}

static char *
schema_text(const char *path)
{
    sqlite3 *handle = NULL;
    GString *text = g_string_new(NULL);
    g_assert_cmpint(sqlite3_open(path, &handle), ==, SQLITE_OK);
    ask_shell(handle, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name", text, ";\n");
    sqlite3_close(handle);
    return g_string_free(text, FALSE);
}

/* Line by line: the first that differs is what one wants to read. */
static void
assert_same_schema(const char *old_schema, const char *new_schema)
{
    g_auto(GStrv) old_lines = g_strsplit(old_schema, "\n", -1);
    g_auto(GStrv) new_lines = g_strsplit(new_schema, "\n", -1);
    if (strcmp(old_schema, new_schema) != 0)
        g_test_message(
            "an old dump became another schema: add a migration, or (unreleased) remake its dump as said above");
    for (guint i = 0; old_lines[i] || new_lines[i]; i++)
        g_assert_cmpstr(old_lines[i], ==, new_lines[i]);
}

static void
assert_rows_are_there(const scratch *scratch)
{
    g_autoptr(store) store = scratch_open(scratch);
    g_assert_cmpint(ask(store, "SELECT count(*) FROM raw_chunk WHERE data = x'00ff27'"), ==, 1);
    g_assert_cmpint(ask(store, "SELECT count(*) FROM organisation WHERE name = 'Studio ''Wisła'''"), ==, 1);
}

static void
test_an_old_dump_becomes_todays(gconstpointer data)
{
    int version = GPOINTER_TO_INT(data);
    g_autofree char *file = g_strdup_printf(SOURCE_DIR "/tests/store/dumps/schema-%d.sql", version);
    if (version == store_schema_version() && g_getenv("POSTERN_REMAKE_DUMP"))
        remake_dump(file);
    g_autoptr(scratch) scratch = scratch_new();
    g_autoptr(scratch) fresh = scratch_new();
    g_autofree char *sql = NULL;
    g_autoptr(GError) error = NULL;
    int from;
    int to;
    g_assert_true(g_file_get_contents(file, &sql, NULL, NULL));
    shell(scratch->path, sql);
    struct store_options options = scratch_options(scratch);
    store_migrate(&options, &from, &to, &error);
    g_assert_no_error(error);
    g_assert_cmpint(from, ==, version);
    g_assert_cmpint(to, ==, store_schema_version());
    store_close(scratch_open(fresh));
    g_autofree char *old_schema = schema_text(scratch->path);
    g_autofree char *new_schema = schema_text(fresh->path);
    assert_same_schema(old_schema, new_schema);
    assert_rows_are_there(scratch);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/schema/nothing-is-made-unasked", test_nothing_is_made_unasked);
    g_test_add_func("/schema/bad-names-are-explained", test_bad_names_are_explained);
    g_test_add_func("/schema/only-the-owner-may-read", test_only_the_owner_may_read);
    g_test_add_func("/schema/root-makes-it-for-the-folders-owner", test_root_makes_it_for_the_folders_owner);
    g_test_add_func("/schema/pragmas-are-in-force", test_pragmas_are_in_force);
    g_test_add_func("/schema/a-pragma-not-taken-is-refused", test_a_pragma_that_is_not_taken_is_refused);
    g_test_add_func("/schema/a-restored-backup-serves", test_a_restored_backup_serves);
    g_test_add_func("/schema/somebody-elses-database-is-left-alone", test_somebody_elses_database_is_left_alone);
    g_test_add_func("/schema/what-is-no-database-is-temp", test_what_is_no_database_is_temp);
    g_test_add_func("/schema/a-bad-statement-is-named-at-open", test_a_bad_statement_is_named_at_open);
    g_test_add_func("/schema/many-may-make-it-at-once", test_many_may_make_it_at_once);
    g_test_add_func("/schema/versions-have-no-gaps", test_versions_have_no_gaps);
    g_test_add_func("/schema/a-newer-one-is-refused", test_a_newer_schema_is_refused);
    g_test_add_func("/schema/an-older-one-asks-for-migrate", test_an_older_schema_asks_for_migrate);
    g_test_add_func("/schema/a-failing-step-leaves-nothing", test_a_failing_step_leaves_nothing);
    g_test_add_func("/schema/a-step-may-rebuild-a-table", test_a_step_may_rebuild_a_table);
    g_test_add_func("/schema/an-unknown-one-is-not-written-to",
                    test_a_program_does_not_write_to_a_schema_it_does_not_know);
    for (int version = 1; version <= store_schema_version(); version++) {
        g_autofree char *path = g_strdup_printf("/schema/an-old-dump-becomes-todays/%d", version);
        g_test_add_data_func(path, GINT_TO_POINTER(version), test_an_old_dump_becomes_todays);
    }
    return g_test_run();
}
