/*
 * `init`: what the daemons need before they can start. Each piece is made when it is missing and left alone when it is
 * there, so that a second run changes nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/open.h"
#include "ctl/table.h"
#include "lib/error.h"

struct init {
    const struct conf *settings;
    gboolean dry_run;
    const struct passwd *owner; /* of what is made; NULL: whoever runs this */
    json_t *done;               /* [{what, path, result}] */
    gboolean made;              /* anything */
};

struct piece {
    const char *what;
    char *(*path)(const struct conf *settings); /* NULL: this set-up has no such piece */
    gboolean (*make)(struct init *init, const char *path, GError **error);
};

/* ---- making ---- */

static gboolean
failed(const char *path, GError **error)
{
    int code = errno;
    g_set_error(error, POSTERN_ERROR, code == EACCES || code == EPERM ? POSTERN_ERROR_REFUSED : POSTERN_ERROR_TEMP,
                "%s: %s", path, g_strerror(code));
    return FALSE;
}

/* A link is never followed: the folder may belong to somebody less mighty than who runs this. */
static gboolean
give(const struct init *init, const char *path, GError **error)
{
    if (!init->owner || lchown(path, init->owner->pw_uid, init->owner->pw_gid) == 0)
        return TRUE;
    return failed(path, error);
}

static gboolean
make_folder(struct init *init, const char *path, mode_t mode, GError **error)
{
    if (mkdir(path, mode) != 0)
        return errno == EEXIST || failed(path, error);
    return chmod(path, mode) == 0 ? give(init, path, error) : failed(path, error);
}

/* The folders above that are missing too. Those are nobody's secret: what is in them is closed by its own mode. */
static gboolean
make_parents(struct init *init, const char *path, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(path);
    if (g_file_test(parent, G_FILE_TEST_IS_DIR))
        return TRUE;
    return make_parents(init, parent, error) && make_folder(init, parent, 0750, error);
}

static gboolean
make_private_folder(struct init *init, const char *path, GError **error)
{
    return make_parents(init, path, error) && make_folder(init, path, 0700, error);
}

/* Postfix's group has to pass through it to the socket. */
static gboolean
make_socket_folder(struct init *init, const char *path, GError **error)
{
    const char *name = init->settings->milter_group;
    const struct group *group = *name ? getgrnam(name) : NULL;
    if (!make_parents(init, path, error) || !make_folder(init, path, 0750, error))
        return FALSE;
    if (!group || lchown(path, (uid_t)-1, group->gr_gid) == 0 || errno == EPERM) /* `check` tells the last */
        return TRUE;
    return failed(path, error);
}

static gboolean
make_keys(struct init *init, const char *path, GError **error)
{
    return make_parents(init, path, error) && keyring_create(path, error) && give(init, path, error);
}

static gboolean
make_database(struct init *init, const char *path, GError **error)
{
    static const char *const beside[] = {"", "-wal", "-shm", "-turn", "-queue"};
    if (!make_parents(init, path, error))
        return FALSE;
    struct store_options options = opened_store_options(init->settings, TRUE);
    store *made = store_open(&options, error);
    if (!made)
        return FALSE;
    store_close(made);
    for (gsize i = 0; i < G_N_ELEMENTS(beside); i++) {
        g_autofree char *file = g_strconcat(path, beside[i], NULL);
        if (g_file_test(file, G_FILE_TEST_EXISTS) && !give(init, file, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- the pieces ---- */

static char *
keys_path(const struct conf *settings)
{
    return g_strdup(settings->keys);
}

static char *
database_path(const struct conf *settings)
{
    return g_strdup(opened_database_path(settings));
}

static char *
spool_path(const struct conf *settings)
{
    return g_strdup(settings->spool_directory);
}

static char *
socket_folder(const struct conf *settings)
{
    const char *socket = settings->milter_socket;
    return g_str_has_prefix(socket, "unix:") ? g_path_get_dirname(socket + strlen("unix:")) : NULL;
}

static char *
wake_folder(const struct conf *settings)
{
    return g_path_get_dirname(settings->wake_socket);
}

static const struct piece pieces[] = {
    {"key file", keys_path, make_keys},
    {"database", database_path, make_database},
    {"spool folder", spool_path, make_private_folder},
    {"milter's socket folder", socket_folder, make_socket_folder},
    {"wake socket's folder", wake_folder, make_private_folder},
};

static gboolean
do_piece(struct init *init, const struct piece *piece, GError **error)
{
    g_autofree char *path = piece->path(init->settings);
    if (!path)
        return TRUE;
    const char *result = "there";
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        result = init->dry_run ? "would make" : "made";
        init->made |= !init->dry_run;
        if (!init->dry_run && !piece->make(init, path, error)) {
            g_prefix_error(error, "%s: ", piece->what);
            return FALSE;
        }
    }
    json_array_append_new(init->done,
                          json_pack("{s:s, s:s, s:s}", "what", piece->what, "path", path, "result", result));
    return TRUE;
}

static gboolean
do_all(struct init *init, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
        if (!do_piece(init, &pieces[i], error))
            return FALSE;
    }
    return TRUE;
}

/* ---- telling ---- */

static void
tell(const struct ctl *ctl, const json_t *done)
{
    if (ctl->json) {
        table_json(stdout, done);
        return;
    }
    gsize index;
    json_t *piece;
    json_array_foreach((json_t *)done, index, piece)
    {
        printf("%-11s%-24s%s\n", json_string_value(json_object_get(piece, "result")),
               json_string_value(json_object_get(piece, "what")), json_string_value(json_object_get(piece, "path")));
    }
}

/* Daemons and pipe(8) run as an ordinary user, who has to be able to write what was made. */
static void
warn_of_root(const struct init *init)
{
    if (geteuid() == 0 && !init->owner && init->made)
        fputs(
            "postern: what was made belongs to root; the daemons do not run as root: use --owner USER, or run this as "
            "their user\n",
            stderr);
}

static int
init_all(struct ctl *ctl, gboolean dry_run, const struct passwd *owner)
{
    g_autoptr(GError) error = NULL;
    if (!secret_init(&error))
        return ctl_failed(error);
    g_autoptr(conf) settings = opened_settings(ctl, &error);
    if (!settings)
        return ctl_failed(error);
    struct init init = {.settings = settings, .dry_run = dry_run, .owner = owner, .done = json_array()};
    gboolean made = do_all(&init, &error);
    tell(ctl, init.done);
    warn_of_root(&init);
    json_decref(init.done);
    return made ? CTL_DONE : ctl_failed(error);
}

int
ctl_init(struct ctl *ctl, int argc, char **argv)
{
    gboolean dry_run = FALSE;
    g_autofree char *name = NULL;
    const GOptionEntry entries[] = {
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run, "Say what is missing, make nothing", NULL},
        {"owner", 0, 0, G_OPTION_ARG_STRING, &name, "Whose the new files are (root only)", "USER"},
        G_OPTION_ENTRY_NULL,
    };
    struct ctl_usage usage = {NULL, "Makes the key file, the database and the folders that the settings name.", entries,
                              0, 0};
    if (!ctl_options(ctl, &usage, &argc, &argv))
        return CTL_USAGE;
    const struct passwd *owner = name ? getpwnam(name) : NULL;
    if (name && !owner)
        return ctl_wrong(argv[0], "there is no user \"%s\"", name);
    return init_all(ctl, dry_run, owner);
}
