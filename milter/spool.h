/*
 * One mail's bytes while they arrive: in memory up to a limit, above it in an unlinked file, so that a crash leaves
 * nothing behind.
 *
 * Appending never fails on the spot, because most callers cannot answer there: the first failure (a full disk) sticks,
 * what was spooled is let go, and spool_view() reports it. The same for a mail that outgrows `limit`: from then on
 * spool_is_over() and no byte is kept. One thread at a time.
 */
#ifndef POSTERN_MILTER_SPOOL_H
#define POSTERN_MILTER_SPOOL_H

#include <glib.h>

struct spool_options {
    const char *directory; /* for files; must outlive the spool */
    gsize memory;          /* bytes kept in memory */
    gsize limit;           /* bytes of a whole mail */
};

typedef struct spool spool;

spool *spool_new(const struct spool_options *options);
void spool_free(spool *spool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(spool, spool_free)

void spool_append(spool *spool, gconstpointer data, gsize length);
gsize spool_length(const spool *spool); /* bytes that came, kept or not */
gboolean spool_is_over(const spool *spool);

/* All bytes in one piece, owned by the spool, valid until it is freed or appended to. TEMP: they could not be kept. */
gboolean spool_view(spool *spool, gconstpointer *data, gsize *length, GError **error);

/* Can a file be made and written in there? TEMP with what is wrong; for the start of a daemon. */
gboolean spool_check(const char *directory, GError **error);

#endif
