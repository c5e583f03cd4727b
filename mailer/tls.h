/*
 * TLS towards the relay: 1.2 or later, the chain and the name verified, or none at all. GnuTLS's only user.
 *
 * libetpan's own TLS verifies nothing as Debian builds it, so it gets the plain bytes and the wire runs through here.
 */
#ifndef POSTERN_MAILER_TLS_H
#define POSTERN_MAILER_TLS_H

#include <glib.h>
#include <sys/types.h>

/* Whose certificates are believed. Immutable, may be used from any thread. */
typedef struct tls_trust tls_trust;

/* `ca_file` holds the authorities in PEM; "" stands for the system's. INVALID when there are none. */
tls_trust *tls_trust_new(const char *ca_file, GError **error);
void tls_trust_free(tls_trust *trust);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(tls_trust, tls_trust_free)

typedef struct tls tls;

/* Shakes hands on the connected socket `fd`, whose receive and send timeouts are set; trust and fd are borrowed.
 * `host` is the name, or the IP address, that the certificate has to be for. `*deadline` is a g_get_monotonic_time():
 * it stays the caller's, and rules every later read and write. TEMP, and REFUSED for a certificate that is not good: no
 * session, and nothing was said under it. */
tls *tls_start(const tls_trust *trust, int fd, const char *host, const gint64 *deadline, GError **error);
/* Says that it ends, if that goes without waiting. */
void tls_free(tls *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(tls, tls_free)

/* As recv() and send(): bytes, 0 when the peer ended it, -1 with errno; EAGAIN when it took too long. */
ssize_t tls_read(tls *self, void *buffer, gsize size);
ssize_t tls_write(tls *self, const void *buffer, gsize size);

/* Whether there is nothing to read, not even the peer's end. Tickets and the like are taken on the way. */
gboolean tls_is_quiet(tls *self);

#endif
