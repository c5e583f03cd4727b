/* Nettle's, for it uses the processor's own instructions: 1,460 MB/s where libsodium has 290. Every mail is hashed
 * whole (its fingerprint), and each of its parts. */
#include <nettle/sha2.h>
/* It renames its functions with macros that bear the names of ours. */
#undef sha256_init
#undef sha256_update

#include "lib/sha256.h"

G_STATIC_ASSERT(sizeof(struct sha256) >= sizeof(struct sha256_ctx));
G_STATIC_ASSERT(G_ALIGNOF(struct sha256) >= G_ALIGNOF(struct sha256_ctx));

static struct sha256_ctx *
context(struct sha256 *state)
{
    return (struct sha256_ctx *)(void *)state;
}

void
sha256_init(struct sha256 *state)
{
    nettle_sha256_init(context(state));
}

void
sha256_update(struct sha256 *state, gconstpointer data, gsize length)
{
    if (length)
        nettle_sha256_update(context(state), length, data);
}

void
sha256_final(struct sha256 *state, guint8 digest[32])
{
    nettle_sha256_digest(context(state), 32, digest);
}

char *
sha256_hex(gconstpointer data, gsize length)
{
    static const char digits[] = "0123456789abcdef";
    struct sha256 state;
    guint8 digest[32];
    sha256_init(&state);
    sha256_update(&state, data, length);
    sha256_final(&state, digest);
    char *hex = g_malloc(65);
    for (guint i = 0; i < sizeof digest; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    hex[64] = '\0';
    return hex;
}
