#include "milter/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/error.h"

struct spool {
    struct spool_options options;
    GByteArray *bytes; /* while it fits into memory */
    int fd;            /* afterwards; -1: none */
    void *map;
    gsize length;
    gsize map_length;
    GError *failed; /* the first failure */
};

spool *
spool_new(const struct spool_options *options)
{
    spool *new = g_new0(spool, 1);
    new->options = *options;
    new->fd = -1;
    return new;
}

static void
unmap(spool *self)
{
    if (self->map)
        munmap(self->map, self->map_length);
    self->map = NULL;
}

/* Nothing of what came is wanted any more. */
static void
let_go(spool *self)
{
    unmap(self);
    g_clear_pointer(&self->bytes, g_byte_array_unref);
    if (self->fd >= 0)
        close(self->fd);
    self->fd = -1;
}

void
spool_free(spool *self)
{
    if (!self)
        return;
    let_go(self);
    g_clear_error(&self->failed);
    g_free(self);
}

/* ---- files ---- */

static int
open_unlinked(const char *directory)
{
    int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
        return fd;
    /* A file system or kernel without O_TMPFILE. */
    g_autofree char *path = g_build_filename(directory, "mail.XXXXXX", NULL);
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

static gboolean
write_all(int fd, const guint8 *data, gsize length)
{
    while (length > 0) {
        gssize written = write(fd, data, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return FALSE;
        data += written;
        length -= (gsize)written;
    }
    return TRUE;
}

/* The mail outgrows memory. */
static gboolean
move_to_file(spool *self)
{
    self->fd = open_unlinked(self->options.directory);
    if (self->fd < 0)
        return FALSE;
    if (self->bytes && !write_all(self->fd, self->bytes->data, self->bytes->len))
        return FALSE;
    g_clear_pointer(&self->bytes, g_byte_array_unref);
    return TRUE;
}

static gboolean
keep(spool *self, gconstpointer data, gsize length)
{
    if (self->fd < 0 && self->length <= self->options.memory) {
        if (!self->bytes)
            self->bytes = g_byte_array_new();
        g_byte_array_append(self->bytes, data, (guint)length);
        return TRUE;
    }
    if (self->fd < 0 && !move_to_file(self))
        return FALSE;
    return write_all(self->fd, data, length);
}

/* ---- the face ---- */

void
spool_append(spool *self, gconstpointer data, gsize length)
{
    if (length == 0)
        return;
    unmap(self);
    self->length += length;
    if (self->failed)
        return;
    if (spool_is_over(self)) {
        let_go(self);
        return;
    }
    if (keep(self, data, length))
        return;
    g_set_error(&self->failed, POSTERN_ERROR, POSTERN_ERROR_TEMP, "cannot spool a mail in %s: %s",
                self->options.directory, g_strerror(errno));
    let_go(self);
}

gsize
spool_length(const spool *self)
{
    return self->length;
}

gboolean
spool_is_over(const spool *self)
{
    return self->length > self->options.limit;
}

static gboolean
map_file(spool *self, GError **error)
{
    if (!self->map) {
        void *map = mmap(NULL, self->length, PROT_READ, MAP_PRIVATE, self->fd, 0);
        if (map == MAP_FAILED) {
            g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP, "cannot map a spooled mail: %s", g_strerror(errno));
            return FALSE;
        }
        self->map = map;
        self->map_length = self->length;
    }
    return TRUE;
}

gboolean
spool_view(spool *self, gconstpointer *data, gsize *length, GError **error)
{
    g_assert(!spool_is_over(self));
    if (self->failed) {
        g_propagate_error(error, g_error_copy(self->failed));
        return FALSE;
    }
    if (self->fd >= 0 && !map_file(self, error))
        return FALSE;
    *data = self->map ? self->map : self->bytes ? (const void *)self->bytes->data : "";
    *length = self->length;
    return TRUE;
}

gboolean
spool_check(const char *directory, GError **error)
{
    int fd = open_unlinked(directory);
    gboolean good = fd >= 0 && write_all(fd, (const guint8 *)"?", 1);
    int why = errno;
    if (fd >= 0)
        close(fd);
    if (!good)
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP,
                    "cannot make a file in milter.spool_directory %s: %s; `postern init` makes the folder", directory,
                    g_strerror(why));
    return good;
}
