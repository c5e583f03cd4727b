/*
 * Where mail is handed over: what the setting says, and the socket that leads there.
 */
#ifndef POSTERN_MAILER_RELAY_H
#define POSTERN_MAILER_RELAY_H

#include <glib.h>

enum relay_tls {
    RELAY_TLS_AUTO, /* STARTTLS, but none on this machine */
    RELAY_TLS_NONE, /* for this machine only */
    RELAY_TLS_STARTTLS,
    RELAY_TLS_IMPLICIT, /* from the first byte (RFC 8314) */
};
/* "auto", "none", "starttls", "tls": the setting has passed its own check. */
enum relay_tls relay_tls_named(const char *name);

/* host:port, [v6]:port or unix:/path, behind lmtp: if that is spoken there (RFC 2033). */
struct relay {
    gboolean lmtp;
    char *path; /* UNIX socket; NULL: host and port */
    char *host, *port;
};
gboolean relay_parse(struct relay *relay, const char *text, GError **error);
void relay_clear(struct relay *relay);
typedef struct relay mail_relay;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(mail_relay, relay_clear)

/* Whether mail may be handed over there so: syntax, and no clear text to another machine, for mail of others must not
 * cross a network in it. INVALID, or TEMP when a name cannot be resolved now. */
gboolean relay_check(const char *relay, enum relay_tls tls, GError **error);

/* A connected socket with `timeout` (microseconds) for each read and write, or -1 and TEMP. `*local`: it leads nowhere
 * but to this machine. */
int relay_connect(const struct relay *relay, gint64 timeout, gboolean *local, GError **error);

#endif
