/* Raw mails in zstd chunks. zstd's only home. */
#include <string.h>
#include <zstd.h>

#include "lib/error.h"
#include "lib/log.h"
#include "store/store.h"

/* Bytes of mail in a chunk. ZSTD_compressBound() of it is 4 bytes under 256 KiB, so even what does not compress keeps
 * to the bound. Part of the format: slices are found by dividing by it. */
#define CHUNK (255 * 1024)
#define LEVEL 3

struct store_raw *
store_raw_new(gconstpointer data, gsize length)
{
    struct store_raw *raw = g_new0(struct store_raw, 1);
    raw->chunks = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    raw->size = length;
    gsize bound = ZSTD_compressBound(MIN(length, CHUNK));
    g_autofree guint8 *room = g_malloc(bound);
    ZSTD_CCtx *context = ZSTD_createCCtx();
    if (!context)
        g_error("zstd: out of memory");
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1); /* a mail that rots on the disk is noticed */
    for (gsize at = 0; at < length; at += CHUNK) {
        gsize size = ZSTD_compress2(context, room, bound, (const guint8 *)data + at, MIN(length - at, CHUNK));
        if (ZSTD_isError(size))
            g_error("zstd: %s", ZSTD_getErrorName(size)); /* the room suffices, so only memory can be short */
        g_ptr_array_add(raw->chunks, g_bytes_new(room, size));
    }
    ZSTD_freeCCtx(context);
    return raw;
}

void
store_raw_free(struct store_raw *raw)
{
    if (!raw)
        return;
    g_ptr_array_unref(raw->chunks);
    g_free(raw);
}

gboolean
store_raw_put(store_tx *tx, const struct store_raw *raw, gint64 now, gint64 *id, GError **error)
{
    g_autoptr(store_rows) rows = store_query(tx, STMT_RAW_PUT, error, store_int(raw->size), store_int(now));
    if (!rows)
        return FALSE;
    *id = store_rows_int(rows, 0, "id");
    for (guint i = 0; i < raw->chunks->len; i++) {
        gsize length;
        gconstpointer data = g_bytes_get_data(g_ptr_array_index(raw->chunks, i), &length);
        gint64 size = MIN(raw->size - (gint64)i * CHUNK, CHUNK);
        if (!store_run(tx, STMT_RAW_CHUNK_PUT, error, store_int(*id), store_int(i), store_int(size),
                       store_blob(data, length)))
            return FALSE;
    }
    return TRUE;
}

static gboolean
damaged(gint64 id, gsize chunk, GError **error)
{
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP,
                "chunk %zu of raw mail %" G_GINT64_FORMAT " is missing or damaged: restore it from a backup", chunk,
                id);
    if (error)
        log_event(LOG_CRIT, "stored mail is damaged", "detail", (*error)->message, NULL);
    return FALSE;
}

/* Unpacks one chunk, which holds `expected` bytes of mail, into `out`. */
static gboolean
read_chunk(store_tx *tx, gint64 id, gsize chunk, guint8 *out, gsize expected, GError **error)
{
    g_autoptr(store_rows) rows = store_query(tx, STMT_RAW_CHUNK_GET, error, store_int(id), store_int(chunk));
    if (!rows)
        return FALSE;
    if (store_rows_count(rows) == 0)
        return damaged(id, chunk, error);
    gsize length;
    gconstpointer data = store_rows_blob(rows, 0, "data", &length);
    return ZSTD_decompress(out, expected, data, length) == expected || damaged(id, chunk, error);
}

GBytes *
store_raw_get(store_tx *tx, gint64 id, gsize offset, gsize length, GError **error)
{
    g_autoptr(store_rows) rows = store_query(tx, STMT_RAW_SIZE, error, store_int(id));
    if (!rows)
        return NULL;
    if (store_rows_count(rows) == 0) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND, "there is no raw mail %" G_GINT64_FORMAT, id);
        return NULL;
    }
    gsize size = store_rows_int(rows, 0, "size");
    offset = MIN(offset, size);
    length = MIN(length, size - offset);
    if (length == 0)
        return g_bytes_new(NULL, 0);
    gsize first = offset / CHUNK;
    gsize last = (offset + length - 1) / CHUNK;
    gsize end = MIN((last + 1) * CHUNK, size);
    g_autofree guint8 *room = g_malloc(end - first * CHUNK);
    for (gsize chunk = first; chunk <= last; chunk++) {
        gsize at = chunk * CHUNK;
        if (!read_chunk(tx, id, chunk, room + (at - first * CHUNK), MIN(CHUNK, size - at), error))
            return NULL;
    }
    if (offset == first * CHUNK)
        return g_bytes_new_take(g_steal_pointer(&room), length);
    memmove(room, room + (offset - first * CHUNK), length);
    return g_bytes_new_take(g_steal_pointer(&room), length);
}
