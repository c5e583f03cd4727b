#include "market/link.h"

#include <string.h>

#include "lib/text.h"

enum { HEAD_BYTES = 14, MAC_BYTES = 16, TOKEN_BYTES = HEAD_BYTES + MAC_BYTES, TOKEN_CHARS = 48 };
enum {
    ID_RANDOM_BYTES = 8,
    ID_MAC_BYTES = 10,
    ID_KEY_BYTES = 1,
    ID_BYTES = ID_KEY_BYTES + ID_RANDOM_BYTES + ID_MAC_BYTES
};

/* Contexts keep a token's MAC from serving as a Message-ID's. */
static const char token_context[] = "postern link 1";
static const char id_context[] = "postern message-id 1";

static void
put_be(guint8 *out, guint64 value, guint bytes)
{
    for (guint i = 0; i < bytes; i++)
        out[i] = (guint8)(value >> (8 * (bytes - 1 - i)));
}

static guint64
get_be(const guint8 *in, guint bytes)
{
    guint64 value = 0;
    for (guint i = 0; i < bytes; i++)
        value = value << 8 | in[i];
    return value;
}

char *
link_address(const struct market *market, const struct link_token *token)
{
    guint8 bytes[TOKEN_BYTES], mac[SECRET_MAC_BYTES];
    guint8 key = keyring_current(market->keys);

    bytes[0] = (guint8)token->purpose;
    bytes[1] = key;
    put_be(bytes + 2, (guint64)token->id, 8);
    put_be(bytes + 10, (guint64)CLAMP(token->expires_at, 0, G_MAXUINT32), 4);
    gboolean made = keyring_mac(market->keys, key, token_context, bytes, HEAD_BYTES, mac);
    g_assert(made);
    memcpy(bytes + HEAD_BYTES, mac, MAC_BYTES);
    g_autofree char *text = base32_encode(bytes, sizeof bytes);
    return g_strdup_printf("%s+%s@%s", market->conf->link, text, market->conf->domain);
}

gboolean
link_parse(const struct market *market, const char *text, gsize length, struct link_token *token)
{
    guint8 mac[SECRET_MAC_BYTES];
    gsize size = 0;
    if (length != TOKEN_CHARS)
        return FALSE;
    g_autofree guint8 *bytes = base32_decode(text, length, &size);
    if (!bytes || size != TOKEN_BYTES)
        return FALSE;
    if (!keyring_mac(market->keys, bytes[1], token_context, bytes, HEAD_BYTES, mac) ||
        !secret_equal(mac, bytes + HEAD_BYTES, MAC_BYTES))
        return FALSE;
    token->purpose = bytes[0];
    token->id = (gint64)get_be(bytes + 2, 8);
    token->expires_at = (gint64)get_be(bytes + 10, 4);
    return TRUE;
}

char *
link_message_id(const struct market *market, gint64 random)
{
    guint8 bytes[ID_BYTES], mac[SECRET_MAC_BYTES];
    guint8 key = keyring_current(market->keys);

    bytes[0] = key;
    put_be(bytes + ID_KEY_BYTES, (guint64)random, ID_RANDOM_BYTES);
    gboolean made = keyring_mac(market->keys, key, id_context, bytes, ID_KEY_BYTES + ID_RANDOM_BYTES, mac);
    g_assert(made);
    memcpy(bytes + ID_KEY_BYTES + ID_RANDOM_BYTES, mac, ID_MAC_BYTES);
    g_autofree char *text = base32_encode(bytes, sizeof bytes);
    return g_strdup_printf("p.%s@%s", text, market->conf->domain);
}

gboolean
link_message_id_is_ours(const struct market *market, const char *message_id)
{
    const char *at = strrchr(message_id, '@');
    guint8 mac[SECRET_MAC_BYTES];
    gsize size = 0;

    if (!at || g_ascii_strncasecmp(message_id, "p.", 2) != 0 || g_ascii_strcasecmp(at + 1, market->conf->domain) != 0)
        return FALSE;
    g_autofree guint8 *bytes = base32_decode(message_id + 2, (gsize)(at - message_id - 2), &size);
    if (!bytes || size != ID_BYTES)
        return FALSE;
    return keyring_mac(market->keys, bytes[0], id_context, bytes, ID_KEY_BYTES + ID_RANDOM_BYTES, mac) &&
           secret_equal(mac, bytes + ID_KEY_BYTES + ID_RANDOM_BYTES, ID_MAC_BYTES);
}

/* Length of an `r+TOKEN@DOMAIN` that starts at `p`, or 0. The HMAC is not looked at. */
static gsize
link_length(const struct market *market, const char *p)
{
    gsize prefix = strlen(market->conf->link);
    if (g_ascii_strncasecmp(p, market->conf->link, prefix) != 0 || p[prefix] != '+')
        return 0;
    gsize n = prefix + 1;
    while (g_ascii_isalnum(p[n]))
        n++;
    if (n < prefix + 1 + 16) /* r+d@example is somebody's plus address */
        return 0;
    gsize domain = strlen(market->conf->domain);
    if (p[n] == '@' && g_ascii_strncasecmp(p + n + 1, market->conf->domain, domain) == 0)
        return n + 1 + domain;
    return n >= prefix + 1 + TOKEN_CHARS ? n : 0;
}

static gboolean
is_address_byte(char c)
{
    return g_ascii_isalnum(c) || (c && strchr("._%+-@", c)) || (guchar)c >= 0x80;
}

static gboolean
goes_on(const char *p)
{
    return is_address_byte(*p) && !(*p == '.' && !g_ascii_isalnum(p[1]));
}

/* Length of one of `addresses` at `p`, which begins a word, if it stands in angle brackets, behind a colon or on a
 * quoted line; else 0. */
static gsize
quoted_address_length(const char *line, const char *p, const char *start, const GPtrArray *addresses)
{
    if (!addresses || (*line != '>' && (p == start || !strchr("<:", p[-1]))))
        return 0;
    for (guint i = 0; i < addresses->len; i++) {
        const char *address = g_ptr_array_index(addresses, i);
        gsize length = strlen(address);
        if (length && g_ascii_strncasecmp(p, address, length) == 0 && !goes_on(p + length))
            return length;
    }
    return 0;
}

gboolean
link_is_in(const struct market *market, const char *text)
{
    for (const char *p = text; *p; p++)
        if ((p == text || !is_address_byte(p[-1])) && link_length(market, p))
            return TRUE;
    return FALSE;
}

char *
link_scrub(const struct market *market, const char *text, const GPtrArray *addresses, const char *instead)
{
    GString *out = g_string_sized_new(strlen(text) + 16);
    const char *line = text;

    for (const char *p = text; *p;) {
        gboolean begins = p == text || !is_address_byte(p[-1]);
        gsize n = begins ? link_length(market, p) : 0;
        if (!n && begins)
            n = quoted_address_length(line, p, text, addresses);
        if (n) {
            g_string_append(out, instead);
            p += n;
            continue;
        }
        if (*p == '\n')
            line = p + 1;
        g_string_append_c(out, *p++);
    }
    return g_string_free(out, FALSE);
}
