/*
 * A failing disk and a failing power supply, for tests: LD_PRELOAD it, and the n-th call that changes a file below a
 * folder fails or is the process's last.
 *
 * FAULT_FOLDER: the folder. FAULT_STATE: a file with a `struct state`, mapped and shared, so that a test can read how
 * many calls there were and change its mind while a program runs.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

enum action { ACTION_NONE, ACTION_KILL, ACTION_TORN, ACTION_FAIL }; /* TORN: half of it is written, then SIGKILL */

struct state {
    _Atomic int64_t calls; /* so far */
    int64_t first, last;   /* which calls it concerns, counted from 1 */
    int32_t action;
    int32_t error; /* errno of ACTION_FAIL */
};

static struct state *
state(void)
{
    static struct state *mapped;
    const char *path = getenv("FAULT_STATE");
    if (mapped || !path)
        return mapped;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    void *memory = mmap(NULL, sizeof *mapped, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return mapped = memory == MAP_FAILED ? NULL : memory;
}

static int
below_folder(const char *path)
{
    const char *folder = getenv("FAULT_FOLDER");
    size_t length = folder ? strlen(folder) : 0;
    return length && strncmp(path, folder, length) == 0 && path[length] == '/';
}

static int
fd_below_folder(int fd)
{
    char link[40], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return below_folder(path);
}

/* What is to be done with this call. ACTION_KILL does not return. */
static enum action
action_for_call(void)
{
    struct state *s = state();
    if (!s)
        return ACTION_NONE;
    int64_t call = atomic_fetch_add(&s->calls, 1) + 1;
    if (s->action == ACTION_NONE || call < s->first || call > s->last)
        return ACTION_NONE;
    if (s->action == ACTION_KILL)
        raise(SIGKILL);
    errno = s->error;
    return s->action;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* A call on a descriptor: as it is, failing, or torn into half of it. */
#define ON_FD(name, fd, whole, half)                                                                                   \
    do {                                                                                                               \
        __typeof__(&name) real = REAL(name);                                                                           \
        enum action action = fd_below_folder(fd) ? action_for_call() : ACTION_NONE;                                    \
        if (action == ACTION_FAIL)                                                                                     \
            return -1;                                                                                                 \
        if (action == ACTION_TORN) {                                                                                   \
            if (half < 0)                                                                                              \
                perror(#name);                                                                                         \
            raise(SIGKILL);                                                                                            \
        }                                                                                                              \
        return whole;                                                                                                  \
    } while (0)

ssize_t
write(int fd, const void *data, size_t length)
{
    ON_FD(write, fd, real(fd, data, length), real(fd, data, length / 2));
}

ssize_t
pwrite(int fd, const void *data, size_t length, off_t offset)
{
    ON_FD(pwrite, fd, real(fd, data, length, offset), real(fd, data, length / 2, offset));
}

ssize_t
pwrite64(int fd, const void *data, size_t length, off64_t offset)
{
    ON_FD(pwrite64, fd, real(fd, data, length, offset), real(fd, data, length / 2, offset));
}

int
fsync(int fd)
{
    ON_FD(fsync, fd, real(fd), 0);
}

int
fdatasync(int fd)
{
    ON_FD(fdatasync, fd, real(fd), 0);
}

int
ftruncate(int fd, off_t length)
{
    ON_FD(ftruncate, fd, real(fd, length), 0);
}

int
ftruncate64(int fd, off64_t length)
{
    ON_FD(ftruncate64, fd, real(fd, length), 0);
}

int
unlink(const char *path)
{
    __typeof__(&unlink) real = REAL(unlink);
    if (below_folder(path) && action_for_call() != ACTION_NONE)
        return -1;
    return real(path);
}
