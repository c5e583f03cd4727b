#include "milter/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/log.h"

#define FIRST_PASSED_FD 3 /* sd_listen_fds(3) */

/* ---- from the service manager ---- */

/* The one socket that was passed to this process, or -1. */
static int
passed_socket(void)
{
    const char *pid = g_getenv("LISTEN_PID"), *count = g_getenv("LISTEN_FDS");
    gboolean ours = pid && count && g_ascii_strtoll(pid, NULL, 10) == getpid() && g_ascii_strtoll(count, NULL, 10) == 1;
    g_unsetenv("LISTEN_PID");
    g_unsetenv("LISTEN_FDS");
    return ours ? FIRST_PASSED_FD : -1;
}

/* libmilter accepts in a loop that must not block where several processes share a socket. */
static char *
connection_of(int fd)
{
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    return g_strdup_printf("fd:%d", fd);
}

/* ---- made here ---- */

static gboolean
fail(const char *path, int why, GError **error)
{
    const char *hint =
        why == ENOENT || why == EACCES
            ? "; make its folder: install -d -o postern -g postfix -m 2750 FOLDER (see postern-milter(8))"
            : "";
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP, "cannot listen on unix:%s: %s%s", path, g_strerror(why),
                hint);
    return FALSE;
}

static gboolean
is_live(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    /* A full backlog (EAGAIN on a non-blocking socket) would be live too; a blocking connect just waits for it. */
    gboolean live = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;
    if (fd >= 0)
        close(fd);
    return live;
}

/* Nothing but a socket that nobody listens on is taken away. */
static gboolean
clear_stale(const struct sockaddr_un *address, GError **error)
{
    struct stat status;
    const char *path = address->sun_path;
    if (lstat(path, &status) < 0)
        return errno == ENOENT ? TRUE : fail(path, errno, error);
    if (!S_ISSOCK(status.st_mode)) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID,
                    "%s exists and is no socket; name another milter.socket or move it away", path);
        return FALSE;
    }
    if (is_live(address)) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_CONFLICT,
                    "another milter listens on unix:%s; stop it first (systemctl stop postern-milter)", path);
        return FALSE;
    }
    return unlink(path) == 0 ? TRUE : fail(path, errno, error);
}

/* Postfix connects as its own user: without the group it cannot, but an admin may have other means (a setgid folder,
 * ACLs). */
static void
give_to_group(const char *path, const char *group)
{
    if (!*group)
        return;
    const struct group *entry = getgrnam(group); /* no other thread runs yet */
    if (entry && chown(path, (uid_t)-1, entry->gr_gid) == 0)
        return;
    log_event(LOG_WARNING, "the milter's socket keeps its group: Postfix may not be able to connect", "socket", path,
              "group", group, "error", entry ? g_strerror(errno) : "no such group", NULL);
}

static int
bind_private(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    mode_t before = umask(0117); /* 0660 from the first moment on; connecting needs listen() anyway */
    int bound = fd >= 0 ? bind(fd, (const struct sockaddr *)address, sizeof *address) : -1;
    int why = errno;
    umask(before);
    if (bound == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    errno = why;
    return -1;
}

static gboolean
listen_unix(const char *path, const char *group, struct listener *listener, GError **error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (g_strlcpy(address.sun_path, path, sizeof address.sun_path) >= sizeof address.sun_path)
        return fail(path, ENAMETOOLONG, error);
    if (!clear_stale(&address, error))
        return FALSE;
    int fd = bind_private(&address);
    if (fd < 0)
        return fail(path, errno, error);
    give_to_group(path, group);
    if (listen(fd, SOMAXCONN) < 0) {
        close(fd);
        return fail(path, errno, error);
    }
    listener->path = g_strdup(path);
    listener->connection = connection_of(fd);
    return TRUE;
}

gboolean
listen_open(const struct conf *values, struct listener *listener, GError **error)
{
    *listener = (struct listener){.path = NULL};
    int fd = passed_socket();
    if (fd >= 0) {
        listener->connection = connection_of(fd);
        return TRUE;
    }
    if (g_str_has_prefix(values->milter_socket, "unix:"))
        return listen_unix(values->milter_socket + strlen("unix:"), values->milter_group, listener, error);
    listener->connection = g_strdup(values->milter_socket);
    return TRUE;
}

void
listen_close(struct listener *listener)
{
    if (listener->path)
        unlink(listener->path);
    g_clear_pointer(&listener->path, g_free);
    g_clear_pointer(&listener->connection, g_free);
}
