#include "market/audit.h"

#include <string.h>

#include "lib/sha256.h"

static void
link_hash(gconstpointer previous, gsize previous_length, const char *fields, const guint8 digest[32], guint8 hash[32])
{
    struct sha256 state;
    sha256_init(&state);
    sha256_update(&state, previous, previous_length);
    sha256_update(&state, fields, strlen(fields));
    sha256_update(&state, digest, 32);
    sha256_final(&state, hash);
}

gboolean
audit_add(struct act *act, const char *actor, const char *event, gint64 subject_id, const char *payload, GError **error)
{
    guint8 digest[32], hash[32];
    struct sha256 state;
    gsize length = 0;
    gint64 chain = act->market->audit_chain;

    g_autoptr(store_rows) last = store_query(act->tx, STMT_AUDIT_LAST, error, store_int(chain));
    if (!last)
        return FALSE;
    gboolean first = store_rows_count(last) == 0;
    gint64 seq = first ? 1 : store_rows_int(last, 0, "seq") + 1;
    gconstpointer previous = first ? NULL : store_rows_blob(last, 0, "hash", &length);

    sha256_init(&state);
    sha256_update(&state, payload ? payload : "", payload ? strlen(payload) : 0);
    sha256_final(&state, digest);
    g_autofree char *fields = g_strdup_printf("%" G_GINT64_FORMAT "\n%" G_GINT64_FORMAT "\n%" G_GINT64_FORMAT
                                              "\n%s\n%s\n%" G_GINT64_FORMAT "\n",
                                              chain, seq, act->now, actor, event, subject_id);
    link_hash(previous, length, fields, digest, hash);
    return store_run(act->tx, STMT_AUDIT_ADD, error, store_int(chain), store_int(seq), store_int(act->now),
                     store_text(actor), store_text(event), store_int(subject_id), store_blob(digest, sizeof digest),
                     store_blob(hash, sizeof hash));
}
