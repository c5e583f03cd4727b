#include "mailer/relay.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/error.h"

#define PATH_ROOM sizeof(((struct sockaddr_un *)NULL)->sun_path)

enum relay_tls
relay_tls_named(const char *name)
{
    static const char *const names[] = {[RELAY_TLS_AUTO] = "auto",
                                        [RELAY_TLS_NONE] = "none",
                                        [RELAY_TLS_STARTTLS] = "starttls",
                                        [RELAY_TLS_IMPLICIT] = "tls"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_str_equal(names[i], name))
            return (enum relay_tls)i;
    g_assert_not_reached(); /* the settings let no other value in */
}

/* ---- what the setting says ---- */

void
relay_clear(struct relay *relay)
{
    g_free(relay->path);
    g_free(relay->host);
    g_free(relay->port);
}

static gboolean
parse_host(struct relay *relay, const char *text)
{
    const char *colon = strrchr(text, ':');
    gboolean bracketed = colon && text[0] == '[' && colon > text + 1 && colon[-1] == ']';
    guint64 port = 0;
    if (!colon || colon == text || !g_ascii_string_to_unsigned(colon + 1, 10, 1, 65535, &port, NULL) ||
        (!bracketed && memchr(text, ':', (gsize)(colon - text))))
        return FALSE;
    gsize length = (gsize)(colon - text);
    relay->host = bracketed ? g_strndup(text + 1, length - 2) : g_strndup(text, length);
    relay->port = g_strdup(colon + 1);
    return TRUE;
}

gboolean
relay_parse(struct relay *relay, const char *text, GError **error)
{
    *relay = (struct relay){.lmtp = g_str_has_prefix(text, "lmtp:")};
    const char *place = relay->lmtp ? text + strlen("lmtp:") : text;
    if (g_str_has_prefix(place, "unix:/") && strlen(place) - strlen("unix:") < PATH_ROOM)
        relay->path = g_strdup(place + strlen("unix:"));
    else if (!parse_host(relay, place)) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID,
                    "relay `%s`: write host:port, [IPv6 address]:port or unix:/path (a path of at most %zu bytes), or "
                    "lmtp: and one of these",
                    text, PATH_ROOM - 1);
        return FALSE;
    }
    return TRUE;
}

static gboolean
is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    const struct in6_addr *six = &((const struct sockaddr_in6 *)address)->sin6_addr;
    return address->sa_family == AF_INET6 &&
           (IN6_IS_ADDR_LOOPBACK(six) || (IN6_IS_ADDR_V4MAPPED(six) && six->s6_addr[12] == IN_LOOPBACKNET));
}

/* Caller frees with freeaddrinfo(). */
static struct addrinfo *
resolve(const struct relay *relay, GError **error)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int failed = getaddrinfo(relay->host, relay->port, &hints, &found);
    if (!failed)
        return found;
    g_set_error(error, POSTERN_ERROR, failed == EAI_NONAME ? POSTERN_ERROR_INVALID : POSTERN_ERROR_TEMP, "relay %s: %s",
                relay->host, gai_strerror(failed));
    return NULL;
}

static gboolean
check_clear_text(const struct relay *relay, GError **error)
{
    struct addrinfo *addresses = resolve(relay, error);
    gboolean local = addresses != NULL;
    for (const struct addrinfo *each = addresses; each && local; each = each->ai_next)
        local = is_loopback(each->ai_addr);
    if (addresses && !local)
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID,
                    "relay %s is another machine, and mail does not go there in clear text: set mailer.relay_tls = "
                    "starttls (or tls), or set mailer.relay to the Postfix of this machine",
                    relay->host);
    if (addresses)
        freeaddrinfo(addresses);
    return local;
}

gboolean
relay_check(const char *text, enum relay_tls tls, GError **error)
{
    g_auto(mail_relay) relay = {FALSE, NULL, NULL, NULL};
    if (!relay_parse(&relay, text, error))
        return FALSE;
    if (!relay.path)
        return tls != RELAY_TLS_NONE || check_clear_text(&relay, error);
    if (tls != RELAY_TLS_STARTTLS && tls != RELAY_TLS_IMPLICIT)
        return TRUE;
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID,
                "relay %s: behind a UNIX socket there is no name that a certificate could be for: set mailer.relay_tls "
                "= auto",
                text);
    return FALSE;
}

/* ---- the socket ---- */

static int
connect_socket(int family, const struct sockaddr *address, socklen_t length, gint64 timeout)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    const struct timeval wait = {.tv_sec = timeout / G_USEC_PER_SEC, .tv_usec = timeout % G_USEC_PER_SEC};
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait); /* connect() heeds it */
    if (family != AF_UNIX)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, address, length) == 0)
        return fd;
    int reason = errno == EINPROGRESS ? ETIMEDOUT : errno;
    close(fd);
    errno = reason;
    return -1;
}

static int
connect_unix(const char *path, gint64 timeout)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_strlcpy(address.sun_path, path, sizeof address.sun_path);
    return connect_socket(AF_UNIX, (struct sockaddr *)&address, sizeof address, timeout);
}

/* -1 with errno. */
static int
connect_first(const struct addrinfo *addresses, gint64 timeout, gboolean *local)
{
    int fd = -1;
    for (const struct addrinfo *each = addresses; each && fd < 0; each = each->ai_next) {
        fd = connect_socket(each->ai_family, each->ai_addr, each->ai_addrlen, timeout);
        *local = is_loopback(each->ai_addr);
    }
    return fd;
}

int
relay_connect(const struct relay *relay, gint64 timeout, gboolean *local, GError **error)
{
    int fd;
    *local = TRUE;
    if (relay->path) {
        fd = connect_unix(relay->path, timeout);
    } else {
        struct addrinfo *addresses = resolve(relay, error);
        if (!addresses)
            return -1;
        fd = connect_first(addresses, timeout, local);
        int reason = errno;
        freeaddrinfo(addresses);
        errno = reason;
    }
    if (fd < 0)
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP, "%s", g_strerror(errno));
    return fd;
}
