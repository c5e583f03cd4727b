/* `check`: the way to the relay, as the mailer would go it. */
#include "ctl/check.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#include "ctl/open.h"
#include "lib/error.h"
#include "mailer/rehearse.h"

#define PATIENCE 5 /* seconds for each answer */

static void
check_session(struct check *check)
{
    const struct conf *conf = check->settings;
    g_autoptr(GError) error = NULL;
    if (rehearse_relay(conf, PATIENCE, &error)) {
        check_find(check, CHECK_OK, "mailer.relay", NULL, "%s takes a session of ours (relay_tls = %s%s)", conf->relay,
                   conf->relay_tls, *conf->relay_user ? ", with a password" : "");
        return;
    }
    gboolean ours = g_error_matches(error, POSTERN_ERROR, POSTERN_ERROR_REFUSED) ||
                    g_error_matches(error, POSTERN_ERROR, POSTERN_ERROR_INVALID);
    check_find(check, CHECK_ERROR, "mailer.relay",
               ours ? "[mailer] relay_tls, relay_ca, relay_user and relay_password_file as the relay wants them"
                    : "start Postfix, or set [mailer] relay = HOST:PORT to where it listens",
               "%s takes no session of ours: %s", conf->relay, error->message);
}

/* ---- the password ---- */

static gboolean
is_in_group(const struct passwd *user, gid_t group)
{
    gid_t groups[64];
    int count = G_N_ELEMENTS(groups);
    int listed = getgrouplist(user->pw_name, user->pw_gid, groups, &count);
    for (int i = 0; i < listed; i++)
        if (groups[i] == group)
            return TRUE;
    return FALSE;
}

/* Whoever looks here is root, who can read all; the mailer is not. */
static gboolean
may_read(const struct passwd *user, const struct stat *file)
{
    if (user->pw_uid == 0)
        return TRUE;
    if (user->pw_uid == file->st_uid)
        return (file->st_mode & S_IRUSR) != 0;
    return is_in_group(user, file->st_gid) ? (file->st_mode & S_IRGRP) != 0 : (file->st_mode & S_IROTH) != 0;
}

/* The user's own group may read it, as 0640 root:postern has it. */
static gboolean
is_private(const struct passwd *user, const struct stat *file)
{
    gboolean own = file->st_uid == user->pw_uid || file->st_uid == 0;
    gboolean group = !(file->st_mode & S_IRGRP) || file->st_gid == user->pw_gid;
    return own && group && !(file->st_mode & (S_IWGRP | S_IXGRP | S_IRWXO));
}

/* That it is there and holds a word is told by the session. */
static void
check_password(struct check *check)
{
    const char *path = check->settings->relay_password_file, *database = opened_database_path(check->settings);
    struct stat file, owned;
    if (!*path || !database || stat(path, &file) != 0 || stat(database, &owned) != 0)
        return;
    const struct passwd *user = getpwuid(owned.st_uid);
    if (!user)
        return;
    g_autofree char *mend = g_strdup_printf("chown %s %s && chmod 0600 %s", user->pw_name, path, path);
    guint mode = (guint)file.st_mode & 07777;
    if (!may_read(user, &file))
        check_find(check, CHECK_ERROR, "mailer.relay_password_file", mend,
                   "%s, who runs the daemons, cannot read %s (mode %04o)", user->pw_name, path, mode);
    else if (!is_private(user, &file))
        check_find(check, CHECK_WARNING, "mailer.relay_password_file", mend,
                   "%s is open to others than %s, who runs the daemons (mode %04o)", path, user->pw_name, mode);
    else
        check_find(check, CHECK_OK, "mailer.relay_password_file", NULL, "%s is for %s alone", path, user->pw_name);
}

/* ---- the lease ---- */

/* The mailer begins nothing that would not be answered within the lease, unless there would be no time for it at all.
 */
static void
check_lease(struct check *check)
{
    const struct conf *conf = check->settings;
    g_autofree char *lease = conf_value(conf, "mailer.lease");
    g_autofree char *timeout = conf_value(conf, "mailer.smtp_timeout");
    g_autofree char *mend = g_strdup_printf("[mailer] lease = %" G_GINT64_FORMAT "s or more", conf->smtp_timeout * 2);
    if (conf->lease < conf->smtp_timeout * 2)
        check_find(check, CHECK_WARNING, "mailer.lease", mend,
                   "smtp_timeout = %s lets a slow relay answer after the lease of %s: such a mail is sent twice",
                   timeout, lease);
}

void
check_relay(struct check *check)
{
    check_session(check);
    check_password(check);
    check_lease(check);
}
