/* The schema's versions: made, compared, brought up to date. Each step is one transaction with its version. */
#include "lib/error.h"
#include "store/driver.h"

int
store_schema_version(void)
{
    return store_migrations[store_migrations_count - 1].version;
}

static gboolean
refuse_newer(int version, int wanted, GError **error)
{
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_CONFLICT,
                "the database has schema %d and this program knows only %d: use the newer program that made it",
                version, wanted);
    return FALSE;
}

/* Another process may have made it between the look and our turn, so the version is looked at again. */
static gboolean
make_schema(const struct driver *driver, struct driver_db *db, struct driver_conn *conn,
            const struct store_options *options, const struct store_migration *entries, guint count, int *version,
            GError **error)
{
    if (!driver->take_turn(db, driver_deadline(options->busy_timeout), error))
        return FALSE;
    gboolean ok = driver->version(conn, version, error);
    if (ok && *version == 0) {
        ok = driver->migrate(conn, entries, count, error);
        *version = entries[count - 1].version;
    }
    driver->leave_turn(db);
    return ok;
}

gboolean
migrations_check(const struct driver *driver, struct driver_db *db, struct driver_conn *conn,
                 const struct store_options *options, const struct store_migration *entries, guint count,
                 GError **error)
{
    int wanted = entries[count - 1].version;
    int version;
    if (!driver->version(conn, &version, error))
        return FALSE;
    if (version == 0 && options->create && !make_schema(driver, db, conn, options, entries, count, &version, error))
        return FALSE;
    if (version > wanted)
        return refuse_newer(version, wanted, error);
    if (version == wanted)
        return TRUE;
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_CONFLICT,
                version == 0 ? "the database is empty (version %d, %d is wanted): run `postern init`"
                             : "the database has schema %d and this program wants %d: run `postern migrate`",
                version, wanted);
    return FALSE;
}

static gboolean
climb(const struct driver *driver, struct driver_conn *conn, const struct store_migration *entries, guint count,
      int *from, int *to, GError **error)
{
    if (!driver->version(conn, from, error))
        return FALSE;
    *to = *from;
    if (*from > entries[count - 1].version)
        return refuse_newer(*from, entries[count - 1].version, error);
    for (guint i = *from; i < count; i++) {
        g_assert(entries[i].version == (int)i + 1);
        if (!driver->migrate(conn, &entries[i], 1, error)) {
            g_prefix_error(error, "migration to schema %d: ", entries[i].version);
            return FALSE;
        }
        *to = entries[i].version;
    }
    return TRUE;
}

gboolean
migrations_run(const struct store_options *options, const struct store_migration *entries, guint count, int *from,
               int *to, GError **error)
{
    const char *location;
    const struct driver *driver = driver_find(options->database, &location, error);
    struct driver_db *db = driver ? driver->open(location, options, error) : NULL;
    if (!db)
        return FALSE;
    gboolean ok = FALSE;
    struct driver_conn *conn = driver->connect(db, DRIVER_WRITER, error);
    if (conn && driver->take_turn(db, driver_deadline(options->busy_timeout), error)) {
        ok = climb(driver, conn, entries, count, from, to, error);
        driver->tidy(conn, DRIVER_TIDY_LAST);
        driver->leave_turn(db);
    }
    if (conn)
        driver->disconnect(conn);
    driver->close(db);
    return ok;
}

gboolean
store_migrate(const struct store_options *options, int *from, int *to, GError **error)
{
    return migrations_run(options, store_migrations, store_migrations_count, from, to, error);
}
