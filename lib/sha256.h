/* SHA-256, streaming: `struct sha256 s; sha256_init(&s); sha256_update(…); sha256_final(…)`. Any thread. */
#ifndef POSTERN_LIB_SHA256_H
#define POSTERN_LIB_SHA256_H

#include <glib.h>

struct sha256 {
    guint64 opaque[16]; /* room and alignment for nettle's state; checked by a static assertion in sha256.c */
};
void sha256_init(struct sha256 *state);
void sha256_update(struct sha256 *state, gconstpointer data, gsize length);
void sha256_final(struct sha256 *state, guint8 digest[32]);
char *sha256_hex(gconstpointer data, gsize length); /* 64 lower-case hex digits */

#endif
