/* `check`: looks at the whole set-up. Here the gateway's own pieces; the way to the relay in check-relay.c, Postfix's
 * parameters in check-postfix.c. */
#include "ctl/check.h"
#include "mime/form-map.h"

#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "ctl/open.h"
#include "ctl/table.h"
#include "lib/error.h"
#include "lib/text.h"
#include "mailer/rehearse.h"
#include "market/queue.h"

#define PATIENCE 5 /* seconds for an answer of the relay */
#define WORDS_BYTES 500
#define BEHIND 300 /* seconds that what is due may wait before the mailer is behind */
#define KEPT_DAYS 7

static const char *const level_names[] = {
    [CHECK_OK] = "ok",           [CHECK_INFO] = "info",   [CHECK_SKIPPED] = "skipped",
    [CHECK_WARNING] = "warning", [CHECK_ERROR] = "error",
};

/* ---- findings ---- */

static void
finding_free(gpointer data)
{
    struct check_finding *finding = data;
    g_free(finding->what);
    g_free(finding->mend);
    g_free(finding);
}

void
check_find(struct check *check, enum check_level level, const char *name, const char *mend, const char *format, ...)
{
    va_list words;
    va_start(words, format);
    g_autofree char *text = g_strdup_vprintf(format, words);
    va_end(words);
    struct check_finding *finding = g_new0(struct check_finding, 1);
    finding->level = level;
    finding->name = name;
    finding->what = text_one_line(text, WORDS_BYTES);
    finding->mend = mend ? text_one_line(mend, WORDS_BYTES) : NULL;
    g_ptr_array_add(check->findings, finding);
}

/* ---- files ---- */

static void
check_keys(struct check *check)
{
    g_autoptr(GError) error = NULL;
    const char *path = check->settings->keys;
    g_autoptr(keyring) keys = keyring_load(path, &error);
    if (keys) {
        check_find(check, CHECK_OK, "store.keys", NULL, "%s is private and readable", path);
        return;
    }
    g_autofree char *mend = g_error_matches(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND)
                                ? g_strdup_printf("postern -c %s init", check->ctl->conf_path)
                                : g_strdup_printf("chmod 0600 %s", path);
    check_find(check, CHECK_ERROR, "store.keys", mend, "%s", error->message);
}

static gboolean
version_fn(store_tx *tx, gpointer arg, GError **error)
{
    char **version = arg;
    g_clear_pointer(version, g_free);
    g_autoptr(store_rows) rows = store_query(tx, STMT_REGISTRY_ENGINE, error);
    if (!rows)
        return FALSE;
    *version = g_strdup(store_rows_text(rows, 0, "version"));
    return TRUE;
}

/* SQLite 3.7.0 to 3.51.2 but for 3.50.7 and 3.44.6 can lose pages when a checkpoint races with a reset of the log. */
static gboolean
has_reset_bug(const char *version)
{
    int major = 0, minor = 0, patch = 0;
    if (sscanf(version, "%d.%d.%d", &major, &minor, &patch) < 2 || major != 3)
        return FALSE;
    if (minor == 44)
        return patch < 6;
    if (minor == 50)
        return patch < 7;
    return minor < 51 || (minor == 51 && patch < 3);
}

static void
check_engine(struct check *check, store *opened_store)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *version = NULL;
    if (!store_read(opened_store, version_fn, &version, &error))
        check_find(check, CHECK_ERROR, "store.engine", NULL, "%s", error->message);
    else if (has_reset_bug(version))
        check_find(check, CHECK_INFO, "store.engine", NULL,
                   "SQLite %s has the WAL-reset bug (fixed in 3.51.3, 3.50.7 and 3.44.6), which cannot bite here: "
                   "checkpoints are made under the writers' lock alone; let no other program write to the database",
                   version);
    else
        check_find(check, CHECK_OK, "store.engine", NULL, "SQLite %s", version);
}

static void
database_trouble(struct check *check, const GError *error)
{
    const char *command = NULL, *path = opened_database_path(check->settings);
    if (path && !g_file_test(path, G_FILE_TEST_EXISTS))
        command = "init";
    else if (g_error_matches(error, POSTERN_ERROR, POSTERN_ERROR_CONFLICT))
        command = "migrate";
    g_autofree char *mend = command ? g_strdup_printf("postern -c %s %s", check->ctl->conf_path, command) : NULL;
    check_find(check, CHECK_ERROR, "store.database", mend, "%s", error->message);
}

/* ---- the way out, and what was kept ---- */

static void
check_queue(struct check *check, const struct queue_trouble *trouble, gint64 now)
{
    const char *at = check->ctl->conf_path;
    g_autofree char *mend =
        g_strdup_printf("systemctl restart postern-mailer, and see journalctl -u postern-mailer and "
                        "`postern -c %s outbox stats`",
                        at);
    g_autofree char *since = trouble->overdue ? text_time(trouble->oldest_due_at) : NULL;
    if (trouble->overdue && now - trouble->oldest_due_at > BEHIND)
        check_find(check, CHECK_ERROR, "mailer.queue", mend,
                   "the mailer is behind: %" G_GINT64_FORMAT " mail%s due, the oldest since %s", trouble->overdue,
                   trouble->overdue == 1 ? " is" : "s are", since);
    else
        check_find(check, CHECK_OK, "mailer.queue", NULL, "no mail is due for more than %d minutes", BEHIND / 60);
}

static void
check_addresses(struct check *check, const struct queue_trouble *trouble)
{
    g_autofree char *mend =
        g_strdup_printf("postern -c %s address list --marked (`address clear ADDRESS` when it works "
                        "again)",
                        check->ctl->conf_path);
    if (trouble->marked)
        check_find(check, CHECK_WARNING, "mailer.addresses", mend,
                   "mail comes back from %" G_GINT64_FORMAT " address%s", trouble->marked,
                   trouble->marked == 1 ? "" : "es");
    else
        check_find(check, CHECK_OK, "mailer.addresses", NULL, "no address is marked for mail that came back");
}

/* Machines' mails are kept for the record; who else wrote was told. */
static void
check_quarantine(struct check *check, const struct queue_trouble *trouble)
{
    static const char *const record[] = {"automatic mail", "bounce of our mail", "delay of our mail", NULL};
    g_autoptr(GString) reasons = g_string_new(NULL);
    g_autofree char *mend = g_strdup_printf("postern -c %s quarantine list", check->ctl->conf_path);
    gsize i;
    const json_t *kept;
    json_array_foreach(trouble->kept, i, kept)
    {
        const char *reason = json_string_value(json_object_get(kept, "reason"));
        if (!g_strv_contains(record, reason))
            g_string_append_printf(reasons, "%s%" JSON_INTEGER_FORMAT " for \"%s\"", reasons->len ? ", " : "",
                                   json_integer_value(json_object_get(kept, "count")), reason);
    }
    if (reasons->len)
        check_find(check, CHECK_INFO, "milter.quarantine", mend, "mails were kept within %d days: %s", KEPT_DAYS,
                   reasons->str);
    else
        check_find(check, CHECK_OK, "milter.quarantine", NULL, "no person's mail was kept within %d days", KEPT_DAYS);
}

static void
check_mails(struct check *check, store *opened_store)
{
    g_autoptr(GError) error = NULL;
    struct queue_trouble trouble;
    gint64 now = ctl_now();
    if (!queue_trouble(opened_store, now, now - KEPT_DAYS * 86400, &trouble, &error)) {
        check_find(check, CHECK_ERROR, "mailer.queue", NULL, "%s", error->message);
        return;
    }
    check_queue(check, &trouble, now);
    check_addresses(check, &trouble);
    check_quarantine(check, &trouble);
    json_decref(trouble.kept);
}

static void
check_database(struct check *check)
{
    g_autoptr(GError) error = NULL;
    struct store_options options = opened_store_options(check->settings, FALSE);
    g_autoptr(store) opened_store = store_open(&options, &error);
    if (!opened_store) {
        database_trouble(check, error);
        return;
    }
    check_find(check, CHECK_OK, "store.database", NULL, "%s opens and has schema %d", check->settings->database,
               store_schema_version());
    check_engine(check, opened_store);
    check_mails(check, opened_store);
}

/* Locks and shared memory do not work between the hosts of a network file system. */
static void
check_file_system(struct check *check)
{
    static const struct {
        unsigned long magic;
        const char *name;
    } remote[] = {{0x6969, "NFS"}, {0x517B, "SMB"}, {0xFE534D42, "SMB"}, {0xFF534D42, "CIFS"}}; /* statfs(2) */
    const char *path = opened_database_path(check->settings);
    struct statfs where;
    if (!path || statfs(path, &where) != 0)
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(remote); i++) {
        if (((unsigned long)where.f_type & 0xFFFFFFFF) == remote[i].magic)
            check_find(check, CHECK_ERROR, "store.file_system", "store.database on a disk of this machine",
                       "%s is on %s, where SQLite's locks do not hold", path, remote[i].name);
    }
}

/* All of it belongs to one user who is not root: Postfix's pipe runs `ingest` as that user. */
static void
check_owner(struct check *check)
{
    const char *path = opened_database_path(check->settings);
    struct stat database, other;
    if (!path || stat(path, &database) != 0)
        return;
    const char *const pieces[] = {check->settings->keys, check->settings->spool_directory};
    for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
        if (stat(pieces[i], &other) != 0 || other.st_uid == database.st_uid)
            continue;
        g_autofree char *chown = g_strdup_printf("chown --reference=%s %s", path, pieces[i]);
        check_find(check, CHECK_ERROR, "store.owner", chown, "%s and %s belong to different users", path, pieces[i]);
    }
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *mend = g_strdup_printf("chown -R USER: %s (USER runs the daemons and `postern ingest`)", folder);
    if (database.st_uid == 0)
        check_find(check, CHECK_WARNING, "store.owner", mend, "%s belongs to root, and pipe(8) runs nothing as root",
                   path);
}

static void
check_spool(struct check *check)
{
    const char *path = check->settings->spool_directory;
    g_autofree char *mend = g_strdup_printf("install -d -m 0700 -o USER %s", path);
    struct stat status;
    if (stat(path, &status) != 0)
        check_find(check, CHECK_ERROR, "milter.spool_directory", mend, "%s: %s", path, g_strerror(errno));
    else if (!S_ISDIR(status.st_mode))
        check_find(check, CHECK_ERROR, "milter.spool_directory", mend, "%s is no folder", path);
    else if (access(path, W_OK | X_OK) != 0)
        check_find(check, CHECK_ERROR, "milter.spool_directory", mend, "%s cannot be written to: %s", path,
                   g_strerror(errno));
    else if (status.st_mode & 077)
        check_find(check, CHECK_WARNING, "milter.spool_directory", mend, "%s is open to others (mode %04o)", path,
                   (unsigned)status.st_mode & 07777);
    else
        check_find(check, CHECK_OK, "milter.spool_directory", NULL, "%s is there and private", path);
}

/* ---- templates ---- */

struct rehearsal {
    guint mails;
    GString *trouble; /* the first; "" */
};

static void
note_trouble(const char *kind, const char *language, const json_t *data, const struct rendered *rendered,
             const char *trouble, gpointer arg)
{
    struct rehearsal *rehearsal = arg;
    (void)data;
    (void)rendered;
    rehearsal->mails++;
    if (trouble && !rehearsal->trouble->len)
        g_string_append_printf(rehearsal->trouble, "%s in %s: %s", kind, language, trouble);
}

static void
check_templates(struct check *check)
{
    const struct conf *settings = check->settings;
    const char *const folders[] = {settings->templates, TEMPLATE_DIR, NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(templates) loaded = templates_load(folders, &error);
    g_autoptr(GString) trouble = g_string_new(NULL);
    struct rehearsal rehearsal = {.trouble = trouble};
    if (!loaded || !rehearse(loaded, folders, note_trouble, &rehearsal, &error)) {
        check_find(check, CHECK_ERROR, "mailer.templates",
                   "[mailer] templates = (the folder that `make install` filled)", "%s", error->message);
        return;
    }
    g_auto(GStrv) languages = templates_languages(loaded);
    g_auto(GStrv) unused = templates_unused(loaded);
    g_autofree char *names = g_strjoinv(", ", unused);
    if (*names)
        check_find(check, CHECK_WARNING, "mailer.templates",
                   "name it like the installed layout that it is to replace: KIND.text.mustache", "%s: no mail uses %s",
                   settings->templates, names);
    if (trouble->len)
        check_find(check, CHECK_WARNING, "mailer.templates", "mend the file, or take it from the source again", "%s",
                   trouble->str);
    else
        check_find(check, CHECK_OK, "mailer.templates", NULL, "%s: %u sample mails in %u languages are whole",
                   settings->templates, rehearsal.mails, g_strv_length(languages));
    if (!g_strv_contains((const char *const *)languages, settings->language))
        check_find(check, CHECK_WARNING, "gateway.language", "[gateway] language = en",
                   "there are no strings in \"%s\": mails will be in English", settings->language);
}

/* ---- sockets ---- */

/* TRUE when somebody listens; else errno tells. */
static gboolean
unix_listens(const char *path, int type)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (g_strlcpy(address.sun_path, path, sizeof address.sun_path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return FALSE;
    }
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return FALSE;
    int status = connect(fd, (const struct sockaddr *)&address, sizeof address);
    int code = errno;
    close(fd);
    errno = code;
    return status == 0 || code == EAGAIN; /* a full backlog is somebody busy */
}

static int
connect_to(const struct addrinfo *place)
{
    struct timeval patience = {.tv_sec = PATIENCE};
    int fd = socket(place->ai_family, place->ai_socktype | SOCK_CLOEXEC, place->ai_protocol);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience); /* connect(2) heeds it */
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, place->ai_addr, place->ai_addrlen) == 0)
        return fd;
    int code = errno;
    close(fd);
    errno = code;
    return -1;
}

/* A descriptor, or -1 with the reason. */
static int
tcp_open(const char *host, const char *port, char **why)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *places = NULL;
    int status = getaddrinfo(host, port, &hints, &places), fd = -1;
    for (struct addrinfo *place = places; place && fd < 0; place = place->ai_next)
        fd = connect_to(place);
    if (fd < 0)
        *why = g_strdup(status ? gai_strerror(status) : g_strerror(errno == EINPROGRESS ? ETIMEDOUT : errno));
    if (places)
        freeaddrinfo(places);
    return fd;
}

/* May Postfix's group write to the socket, and pass through the folder above it? (Those above that are Postfix's own.)
 */
static void
check_socket_group(struct check *check, const char *path)
{
    const char *name = check->settings->milter_group;
    const struct group *group = *name ? getgrnam(name) : NULL;
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *mend = g_strdup_printf("chgrp %s %s && chmod g+x %s", name, folder, folder);
    struct stat socket_status, folder_status;
    if (!group || stat(path, &socket_status) != 0 || stat(folder, &folder_status) != 0)
        return;
    if (socket_status.st_gid != group->gr_gid || !(socket_status.st_mode & S_IWGRP))
        check_find(check, CHECK_ERROR, "milter.group",
                   "run the milter's user with the group as a supplementary one, and restart it",
                   "group %s may not write to %s", name, path);
    if (!(folder_status.st_mode & S_IXOTH) &&
        !(folder_status.st_gid == group->gr_gid && folder_status.st_mode & S_IXGRP))
        check_find(check, CHECK_ERROR, "milter.group", mend, "group %s may not pass through %s", name, folder);
}

/* Why nobody answers there; NULL: somebody does. */
static char *
milter_trouble(const char *place)
{
    char *why = NULL;
    if (g_str_has_prefix(place, "unix:"))
        return unix_listens(place + strlen("unix:"), SOCK_STREAM) ? NULL : g_strdup(g_strerror(errno));
    g_auto(GStrv) halves = g_strsplit(place + strlen("inet:"), "@", 2);
    int fd = tcp_open(halves[1], halves[0], &why);
    if (fd >= 0)
        close(fd);
    return why;
}

static void
check_milter(struct check *check)
{
    const char *place = check->settings->milter_socket;
    g_autofree char *why = milter_trouble(place);
    if (why) {
        check_find(check, CHECK_ERROR, "milter.socket", "systemctl start postern-milter", "nobody answers at %s: %s",
                   place, why);
        return;
    }
    check_find(check, CHECK_OK, "milter.socket", NULL, "the milter answers at %s", place);
    if (g_str_has_prefix(place, "unix:"))
        check_socket_group(check, place + strlen("unix:"));
}

static void
check_wake(struct check *check)
{
    const char *path = check->settings->wake_socket;
    if (unix_listens(path, SOCK_DGRAM))
        check_find(check, CHECK_OK, "mailer.wake_socket", NULL, "the mailer listens at %s", path);
    else
        check_find(check, CHECK_ERROR, "mailer.wake_socket", "systemctl start postern-mailer",
                   "the mailer does not listen at %s: %s", path, g_strerror(errno));
}

/* ---- field maps ---- */

static void
check_forms(struct check *check)
{
    g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(form_maps) maps = form_maps_load(check->settings->form_maps, errors);
    for (guint i = 0; i < errors->len; i++)
        check_find(check, CHECK_WARNING, "form.maps", "mend the file, or learn it again with `postern form learn`",
                   "%s", (const char *)g_ptr_array_index(errors, i));
    if (errors->len == 0)
        check_find(check, CHECK_OK, "form.maps", NULL, "%s has %u field map%s", check->settings->form_maps,
                   form_maps_count(maps), form_maps_count(maps) == 1 ? "" : "s");
}

/* ---- trust ---- */

static void
check_trust(struct check *check)
{
    const char *id = check->settings->authserv_id;
    if (*id)
        check_find(check, CHECK_OK, "trust.authserv_id", NULL, "Authentication-Results of %s are believed", id);
    else
        check_find(
            check, CHECK_INFO, "trust.authserv_id",
            "run a DMARC filter (OpenDKIM and OpenDMARC, or rspamd) before the gateway in smtpd_milters, and set "
            "[trust] authserv_id to its name",
            "no filter authenticates senders: a link and a registered From address are enough to act");
}

/* ---- the whole ---- */

static gboolean
check_settings(struct check *check, conf **settings)
{
    g_autoptr(GError) error = NULL;
    *settings = conf_load(check->ctl->conf_path, &error);
    check->settings = *settings;
    if (*settings) {
        check_find(check, CHECK_OK, "settings", NULL, "%s is good; the domain is %s", (*settings)->path,
                   (*settings)->domain);
        return TRUE;
    }
    gboolean missing = g_error_matches(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND);
    check_find(check, CHECK_ERROR, "settings",
               missing ? "copy the sample postern.conf there and set its domain, or name another file with -c"
                       : "the message names the line and what would be right",
               "%s", error->message);
    return FALSE;
}

static void
check_all(struct check *check)
{
    static void (*const checks[])(struct check *) = {
        check_keys, check_database, check_file_system, check_owner, check_spool, check_milter,
        check_wake, check_relay,    check_templates,   check_forms, check_trust, check_postfix,
    };
    g_autoptr(conf) settings = NULL;
    if (!check_settings(check, &settings))
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(checks); i++)
        checks[i](check);
    check->settings = NULL;
}

static void
tell_json(const GPtrArray *findings)
{
    json_t *list = json_array();
    for (guint i = 0; i < findings->len; i++) {
        const struct check_finding *finding = findings->pdata[i];
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:s?}", "check", finding->name, "level",
                                        level_names[finding->level], "finding", finding->what, "mend", finding->mend));
    }
    table_json(stdout, list);
    json_decref(list);
}

static void
tell(const GPtrArray *findings, const guint counts[])
{
    for (guint i = 0; i < findings->len; i++) {
        const struct check_finding *finding = findings->pdata[i];
        printf("%-8s %-40s %s\n", level_names[finding->level], finding->name, finding->what);
        if (finding->mend)
            printf("%-8s mend: %s\n", "", finding->mend);
    }
    printf("%u check%s: %u error%s, %u warning%s, %u skipped\n", findings->len, findings->len == 1 ? "" : "s",
           counts[CHECK_ERROR], counts[CHECK_ERROR] == 1 ? "" : "s", counts[CHECK_WARNING],
           counts[CHECK_WARNING] == 1 ? "" : "s", counts[CHECK_SKIPPED]);
}

int
ctl_check(struct ctl *ctl, int argc, char **argv)
{
    g_autofree char *postfix = NULL;
    const GOptionEntry entries[] = {
        {"postfix-config", 0, 0, G_OPTION_ARG_FILENAME, &postfix, "Postfix's configuration folder (/etc/postfix)",
         "DIR"},
        G_OPTION_ENTRY_NULL,
    };
    struct ctl_usage usage = {NULL, "Looks at the whole set-up and says for each finding the line that mends it.",
                              entries, 0, 0};
    if (!ctl_options(ctl, &usage, &argc, &argv))
        return CTL_USAGE;
    g_autoptr(GError) error = NULL;
    if (!secret_init(&error))
        return ctl_failed(error);
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(finding_free);
    struct check check = {.ctl = ctl, .postfix = postfix ? postfix : "/etc/postfix", .findings = findings};
    check_all(&check);
    guint counts[CHECK_ERROR + 1] = {0};
    for (guint i = 0; i < findings->len; i++)
        counts[((const struct check_finding *)findings->pdata[i])->level]++;
    if (ctl->json)
        tell_json(findings);
    else
        tell(findings, counts);
    return counts[CHECK_ERROR] ? CTL_FAILED : CTL_DONE;
}
