/*
 * Secrets: the key file, keyed MACs, random bytes, digests, base32. libsodium's only home.
 *
 * A keyring holds at most two keys: the current one (first line) signs, both verify, so that keys can be rotated
 * while links live on. The file has one `ID HEX` line a key (ID 0–255, 32 bytes of hex) and must not be readable by
 * others (INVALID with the chmod that mends it).
 */
#ifndef POSTERN_LIB_SECRET_H
#define POSTERN_LIB_SECRET_H

#include <glib.h>

typedef struct keyring keyring;

#define SECRET_MAC_BYTES 32 /* HMAC-SHA-256 */

gboolean secret_init(GError **error); /* libsodium; call once, first */

keyring *keyring_load(const char *path, GError **error);
/* Writes a file with one fresh key, mode 0600. DUPLICATE if the file is there. */
gboolean keyring_create(const char *path, GError **error);
void keyring_free(keyring *keys);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(keyring, keyring_free)

guint8 keyring_current(const keyring *keys); /* id of the key that signs */
/* HMAC-SHA-256 of `context` NUL `data`; contexts keep one purpose's MACs from serving another. FALSE: no such key. */
gboolean keyring_mac(const keyring *keys, guint8 key_id, const char *context, gconstpointer data, gsize length,
                     guint8 mac[SECRET_MAC_BYTES]);
/* Constant time. */
gboolean secret_equal(gconstpointer a, gconstpointer b, gsize length);

void secret_random(gpointer buffer, gsize length);
gint64 secret_random_id(void); /* 63 random bits, never 0: fits every database's integer */

/* Lower-case RFC 4648 base32 without padding. Decoding ignores case; NULL for any other byte, a wrong length or
 * bits set that no encoder sets: each value has one spelling. Never NULL for the empty text. */
char *base32_encode(gconstpointer data, gsize length);
guint8 *base32_decode(const char *text, gsize text_length, gsize *length);

#endif
