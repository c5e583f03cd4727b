/*
 * Turns among processes: two lock files beside the database.
 *
 * Who wants to write takes PATH-queue, then PATH-turn, then gives PATH-queue back. So at most one process waits for the
 * turn itself, and who has just written cannot overtake it: it has to pass the queue again. flock(2) goes with the open
 * file, so the kernel gives a dead process's locks back at once; OFD locks would do the same and only add ranges.
 *
 * flock() has no deadline and a signal to interrupt it is not ours to take in a library, so waiting is polling. Who
 * holds the queue is the only one who polls for the turn, and may do so often; those behind poll more often the longer
 * they have waited, so that age wins.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/error.h"
#include "store/driver.h"

#define PAUSE_SHORT 100 /* microseconds */
#define PAUSE_LONG 2000
#define EAGER_TIME 20000 /* after which the first in the queue polls slower: the holder is not writing a mere batch */

struct lock_file {
    char *path;
    int fd;
};

struct turn {
    uid_t uid;
    gid_t gid;
    struct lock_file queue;
    struct lock_file turn;
};

/* A new one is owned like the database: an admin's `postern check` as root must not leave a file that the gateway
 * cannot open. */
static gboolean
lock_file_open(struct lock_file *file, const struct turn *owner, GError **error)
{
    const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
    int fd = open(file->path, flags | O_CREAT | O_EXCL, 0600);
    gboolean made = fd >= 0;
    if (!made && errno == EEXIST)
        fd = open(file->path, flags);
    if (fd < 0)
        return driver_errno_error(error, "open the lock file", file->path);
    if (made && geteuid() == 0 && fchown(fd, owner->uid, owner->gid) < 0) {
        driver_errno_error(error, "give away the lock file", file->path);
        close(fd);
        return FALSE;
    }
    file->fd = fd;
    return TRUE;
}

/* Somebody removed the file while we had it open: a lock on it would exclude nobody. */
static gboolean
lock_file_is_gone(const struct lock_file *file)
{
    struct stat st;
    return fstat(file->fd, &st) == 0 && st.st_nlink == 0;
}

static void
lock_file_close(struct lock_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

/* TRUE with *taken FALSE: somebody else has it. */
static gboolean
lock_file_try(struct lock_file *file, const struct turn *owner, gboolean *taken, GError **error)
{
    for (*taken = FALSE; !*taken;) {
        if (file->fd < 0 && !lock_file_open(file, owner, error))
            return FALSE;
        if (flock(file->fd, LOCK_EX | LOCK_NB) < 0)
            return errno == EWOULDBLOCK || errno == EINTR || driver_errno_error(error, "lock", file->path);
        *taken = !lock_file_is_gone(file);
        if (!*taken)
            lock_file_close(file);
    }
    return TRUE;
}

static void
lock_file_release(struct lock_file *file)
{
    flock(file->fd, LOCK_UN);
}

static void
pause_us(gint64 us)
{
    struct timespec wait = {.tv_sec = us / G_USEC_PER_SEC, .tv_nsec = us % G_USEC_PER_SEC * 1000};
    nanosleep(&wait, NULL);
}

/* The first in the queue polls fast, then slower; those behind it slow, then faster. */
static gint64
pause_for(gboolean first, gint64 waited)
{
    if (first)
        return waited < EAGER_TIME ? PAUSE_SHORT : PAUSE_LONG / 2;
    return CLAMP(PAUSE_LONG - waited / 10, PAUSE_SHORT, PAUSE_LONG);
}

static gboolean
lock_file_take(struct lock_file *file, const struct turn *owner, gint64 deadline, GError **error)
{
    gint64 start = g_get_monotonic_time();
    for (;;) {
        gboolean taken;
        if (!lock_file_try(file, owner, &taken, error) || taken)
            return taken;
        gint64 now = g_get_monotonic_time();
        if (now >= deadline)
            break;
        pause_us(MIN(pause_for(file == &owner->turn, now - start), deadline - now));
    }
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP,
                "other processes are writing and the turn did not come in time (`fuser %s` shows who holds it)",
                owner->turn.path);
    return FALSE;
}

turn *
turn_open(const char *path, GError **error)
{
    turn *self = g_new0(turn, 1);
    *self = (turn){.queue = {g_strconcat(path, "-queue", NULL), -1}, .turn = {g_strconcat(path, "-turn", NULL), -1}};
    g_autofree char *folder = g_path_get_dirname(path);
    struct stat st = {0};
    gboolean known = stat(path, &st) == 0 || (errno == ENOENT && stat(folder, &st) == 0);
    self->uid = st.st_uid;
    self->gid = st.st_gid;
    if ((known || driver_errno_error(error, "open", folder)) && lock_file_open(&self->queue, self, error) &&
        lock_file_open(&self->turn, self, error))
        return self;
    turn_close(self);
    return NULL;
}

gboolean
turn_take(turn *self, gint64 deadline, GError **error)
{
    if (!lock_file_take(&self->queue, self, deadline, error))
        return FALSE;
    gboolean taken = lock_file_take(&self->turn, self, deadline, error);
    lock_file_release(&self->queue);
    return taken;
}

void
turn_leave(turn *self)
{
    lock_file_release(&self->turn);
}

void
turn_close(turn *self)
{
    if (!self)
        return;
    lock_file_close(&self->queue);
    lock_file_close(&self->turn);
    g_free(self->queue.path);
    g_free(self->turn.path);
    g_free(self);
}
