/*
 * AUTH towards the relay (RFC 4954): one SASL exchange as base64 in, base64 out. libsasl2's only user.
 *
 * SCRAM before CRAM-MD5 before PLAIN and LOGIN, whatever order the server names them in. Whether a password may be said
 * in the clear is for the caller to judge.
 */
#ifndef POSTERN_MAILER_AUTH_H
#define POSTERN_MAILER_AUTH_H

#include <glib.h>

typedef struct auth auth;

/* Begins an exchange with the best mechanism of `offered` (as EHLO lists them, between blanks). The strings are copied.
 * REFUSED when there is none that both know, and what to install. May be called from any thread. */
auth *auth_new(const char *host, const char *user, const char *password, const char *offered, GError **error);
void auth_free(auth *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(auth, auth_free)

const char *auth_mechanism(const auth *self);
/* What goes behind the mechanism's name: base64, "=" for nothing to say; NULL: the server speaks first. */
const char *auth_initial(const auth *self);
/* The answer to a challenge; caller frees. REFUSED: the challenge is not what a server that knows us would say. */
char *auth_answer(auth *self, const char *challenge, GError **error);
/* Whether nothing is missing on our side; with SCRAM, that the server has shown that it knows the password too. */
gboolean auth_is_complete(const auth *self);

#endif
