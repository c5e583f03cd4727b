#include "lib/wake.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/error.h"

static gboolean
set_address(struct sockaddr_un *address, const char *path)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    return g_strlcpy(address->sun_path, path, sizeof address->sun_path) < sizeof address->sun_path;
}

static int
new_socket(void)
{
    return socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* Takes a socket file away that nobody listens on. Anything else stays: a wrong setting must not delete a file. */
static gboolean
clear_stale(const struct sockaddr_un *address, GError **error)
{
    struct stat status;
    const char *path = address->sun_path;
    if (lstat(path, &status) < 0)
        return TRUE; /* bind() says what else may be wrong */
    if (!S_ISSOCK(status.st_mode)) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "%s is no socket; name another mailer.wake_socket",
                    path);
        return FALSE;
    }
    int fd = new_socket();
    gboolean live = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;
    if (fd >= 0)
        close(fd);
    if (live) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_CONFLICT, "%s: another mailer listens there", path);
        return FALSE;
    }
    unlink(path);
    return TRUE;
}

int
wake_listen(const char *path, GError **error)
{
    struct sockaddr_un address;
    if (!set_address(&address, path)) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID,
                    "%s: the path of a UNIX socket has at most %zu bytes, this one has %zu; name a shorter one", path,
                    sizeof address.sun_path - 1, strlen(path));
        return -1;
    }
    if (!clear_stale(&address, error))
        return -1;
    int fd = new_socket();
    /* The mode is set before the file is there (Linux takes it from the descriptor). */
    if (fd >= 0 && fchmod(fd, 0600) == 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    int why = errno;
    if (fd >= 0)
        close(fd);
    g_set_error(error, POSTERN_ERROR, why == EADDRINUSE ? POSTERN_ERROR_CONFLICT : POSTERN_ERROR_TEMP,
                "cannot listen on %s: %s", path, g_strerror(why));
    return -1;
}

gboolean
wake_drain(int fd)
{
    char byte;
    gboolean woken = FALSE;
    for (;;) {
        gssize got = recv(fd, &byte, 1, MSG_DONTWAIT);
        if (got < 0 && errno != EINTR)
            return woken;
        woken |= got >= 0;
    }
}

void
wake_send(const char *path)
{
    struct sockaddr_un address;
    if (!set_address(&address, path))
        return;
    int fd = new_socket();
    if (fd < 0)
        return;
    /* A full queue is as good as a wake. */
    (void)!sendto(fd, "!", 1, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&address, sizeof address);
    close(fd);
}
