/*
 * Authentication-Results (RFC 8601): what a filter in front of us found out about the sender. Believed only from the
 * filter that the settings name; anybody can write such a header.
 */
#ifndef POSTERN_MIME_AUTHRES_H
#define POSTERN_MIME_AUTHRES_H

#include "mime/mail.h"

struct authres_property {
    char *type; /* "header", "smtp", "policy" …; "" where a filter left it out */
    char *name; /* "from", "d", "mailfrom" … */
    char *value;
};

struct authres_result {
    char *method;          /* lower case: "dmarc", "dkim", "spf" … */
    char *result;          /* lower case: "pass", "fail", "none" … */
    char *reason;          /* "" */
    GPtrArray *properties; /* struct authres_property */
};

struct authres {
    char *id;           /* authserv-id as written, without version */
    GPtrArray *results; /* struct authres_result; empty for "none" */
};

/* One header's unfolded body; NULL when it does not follow the grammar. Comments may stand anywhere, nested; linear. */
struct authres *authres_parse(const char *body);
void authres_free(struct authres *authres);
typedef struct authres authres;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(authres, authres_free)

/* Value of a property ("header", "d"), or NULL. Owned by the result. */
const char *authres_property(const struct authres_result *result, const char *type, const char *name);

enum authres_verdict { AUTHRES_NONE, AUTHRES_PASS, AUTHRES_FAIL };

/* The DMARC verdict on the mail's From, by the filter named `authserv_id` ("" or NULL: nobody is believed,
 * AUTHRES_NONE). Of several headers by that filter the topmost counts, and none that stands below the second Received,
 * for those came with the mail. A pass for another domain than From's is none. */
enum authres_verdict authres_dmarc(const struct mail *mail, const char *authserv_id);

/* The same filter found a good DKIM signature of `domain` or a domain above it. */
gboolean authres_dkim(const struct mail *mail, const char *authserv_id, const char *domain);

#endif
