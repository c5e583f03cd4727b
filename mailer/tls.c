#include "mailer/tls.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include <gnutls/gnutls.h>

#include "lib/error.h"

#define PRIORITY "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct tls_trust {
    gnutls_certificate_credentials_t authorities;
};

struct tls {
    gnutls_session_t session;
    int fd;
    const gint64 *deadline;
    gboolean impatient; /* take what is there, wait for nothing */
    gboolean broken;    /* no word of ours can follow */
    gboolean peeked;    /* tls_is_quiet() came upon a byte */
    char peek;
};

static gboolean
fail(GError **error, enum postern_error code, const char *what, int why)
{
    g_set_error(error, POSTERN_ERROR, code, "%s: %s", what, gnutls_strerror(why));
    return FALSE;
}

/* ---- trust ---- */

static gboolean
load_authorities(tls_trust *trust, const char *ca_file, GError **error)
{
    int found = *ca_file ? gnutls_certificate_set_x509_trust_file(trust->authorities, ca_file, GNUTLS_X509_FMT_PEM)
                         : gnutls_certificate_set_x509_system_trust(trust->authorities);
    const char *where = *ca_file ? ca_file : "the system's certificate authorities";
    if (found < 0)
        return fail(error, POSTERN_ERROR_INVALID, where, found);
    if (found == 0 && *ca_file)
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "%s: holds no certificate in PEM", where);
    return found > 0 || !*ca_file; /* without the system's nobody is believed, which the handshake will say */
}

tls_trust *
tls_trust_new(const char *ca_file, GError **error)
{
    g_autoptr(tls_trust) trust = g_new0(tls_trust, 1);
    int failed = gnutls_certificate_allocate_credentials(&trust->authorities);
    if (failed) {
        fail(error, POSTERN_ERROR_TEMP, "TLS", failed);
        return NULL;
    }
    return load_authorities(trust, ca_file, error) ? g_steal_pointer(&trust) : NULL;
}

void
tls_trust_free(tls_trust *trust)
{
    if (!trust)
        return;
    if (trust->authorities)
        gnutls_certificate_free_credentials(trust->authorities);
    g_free(trust);
}

/* ---- the socket below ---- */

static gboolean
is_late(const tls *self)
{
    return g_get_monotonic_time() >= *self->deadline;
}

/* GnuTLS asks for a record's bytes one read after the other: the clock is looked at before each, for a peer that drips
 * would keep it in its loop for ever. */
static ssize_t
pull(gnutls_transport_ptr_t pointer, void *buffer, size_t size)
{
    tls *self = pointer;
    ssize_t got;
    if (!self->impatient && is_late(self)) {
        gnutls_transport_set_errno(self->session, EAGAIN);
        return -1;
    }
    do {
        got = recv(self->fd, buffer, size, self->impatient ? MSG_DONTWAIT : 0);
    } while (got < 0 && errno == EINTR && !is_late(self));
    if (got < 0)
        gnutls_transport_set_errno(self->session, errno == EWOULDBLOCK || errno == EINTR ? EAGAIN : errno);
    return got;
}

static ssize_t
push(gnutls_transport_ptr_t pointer, const void *buffer, size_t size)
{
    tls *self = pointer;
    ssize_t sent;
    do {
        sent = send(self->fd, buffer, size, MSG_NOSIGNAL | (self->impatient ? MSG_DONTWAIT : 0));
    } while (sent < 0 && errno == EINTR && !is_late(self));
    if (sent < 0)
        gnutls_transport_set_errno(self->session, errno == EWOULDBLOCK || errno == EINTR ? EAGAIN : errno);
    return sent;
}

static int
pull_timeout(gnutls_transport_ptr_t pointer, unsigned milliseconds)
{
    const tls *self = pointer;
    struct pollfd wire = {.fd = self->fd, .events = POLLIN};
    return poll(&wire, 1, milliseconds == GNUTLS_INDEFINITE_TIMEOUT ? -1 : (int)MIN(milliseconds, G_MAXINT));
}

/* ---- the handshake ---- */

static int
prepare(tls *self, const tls_trust *trust, const char *host)
{
    int failed = gnutls_init(&self->session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL);
    if (failed)
        return failed;
    gnutls_transport_set_ptr(self->session, self);
    gnutls_transport_set_pull_function(self->session, pull);
    gnutls_transport_set_push_function(self->session, push);
    gnutls_transport_set_pull_timeout_function(self->session, pull_timeout);
    gnutls_session_set_verify_cert(self->session, host, 0);
    if (!g_hostname_is_ip_address(host))
        failed = gnutls_server_name_set(self->session, GNUTLS_NAME_DNS, host, strlen(host));
    if (!failed)
        failed = gnutls_priority_set_direct(self->session, PRIORITY, NULL);
    return failed ? failed
                  : gnutls_credentials_set(self->session, GNUTLS_CRD_CERTIFICATE, (gpointer)trust->authorities);
}

static gboolean
explain(const tls *self, const char *host, int why, GError **error)
{
    gnutls_datum_t words = {NULL, 0};
    unsigned status = gnutls_session_get_verify_cert_status(self->session);
    if (why == GNUTLS_E_AGAIN || why == GNUTLS_E_INTERRUPTED) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP, "TLS: it did not answer in time");
    } else if (why == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR && status &&
               gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &words, 0) == 0) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_REFUSED, "TLS: the certificate for %s is not good: %s", host,
                    (const char *)words.data);
        gnutls_free(words.data);
    } else {
        fail(error, POSTERN_ERROR_TEMP, "TLS", why);
    }
    return FALSE;
}

static gboolean
shake_hands(tls *self, const char *host, GError **error)
{
    int status;
    do {
        status = gnutls_handshake(self->session);
    } while (status < 0 && !gnutls_error_is_fatal(status) && !is_late(self) && status != GNUTLS_E_AGAIN);
    return status == 0 || explain(self, host, status, error);
}

tls *
tls_start(const tls_trust *trust, int fd, const char *host, const gint64 *deadline, GError **error)
{
    tls *self = g_new0(tls, 1);
    self->fd = fd;
    self->deadline = deadline;
    int failed = prepare(self, trust, host);
    if (!failed && shake_hands(self, host, error))
        return self;
    if (failed)
        fail(error, POSTERN_ERROR_TEMP, "TLS", failed);
    self->broken = TRUE;
    tls_free(self);
    return NULL;
}

void
tls_free(tls *self)
{
    if (!self)
        return;
    self->impatient = TRUE;
    if (!self->broken)
        gnutls_bye(self->session, GNUTLS_SHUT_WR);
    if (self->session)
        gnutls_deinit(self->session);
    g_free(self);
}

/* ---- bytes ---- */

static ssize_t
fail_as_socket(tls *self, ssize_t status)
{
    errno = status == GNUTLS_E_AGAIN || status == GNUTLS_E_INTERRUPTED ? EAGAIN : ECONNRESET;
    self->broken = TRUE;
    return -1;
}

ssize_t
tls_read(tls *self, void *buffer, gsize size)
{
    ssize_t got;
    if (self->peeked) {
        *(char *)buffer = self->peek;
        self->peeked = FALSE;
        return 1;
    }
    do {
        got = gnutls_record_recv(self->session, buffer, size);
    } while ((got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED) && !is_late(self));
    return got >= 0 ? got : fail_as_socket(self, got);
}

ssize_t
tls_write(tls *self, const void *buffer, gsize size)
{
    ssize_t sent = gnutls_record_send(self->session, buffer, size);
    return sent >= 0 ? sent : fail_as_socket(self, sent);
}

gboolean
tls_is_quiet(tls *self)
{
    if (self->peeked)
        return FALSE;
    self->impatient = TRUE;
    ssize_t got = gnutls_record_recv(self->session, &self->peek, 1);
    self->impatient = FALSE;
    self->peeked = got > 0;
    return got == GNUTLS_E_AGAIN;
}
