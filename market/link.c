#include "market/link.h"

#include <string.h>

#include "lib/text.h"

enum { HEAD_BYTES = 14, MAC_BYTES = 16, TOKEN_BYTES = HEAD_BYTES + MAC_BYTES, TOKEN_CHARS = 48 };
enum { ROW_BITS = 48 };
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

guint16
link_attempt(gint64 fence)
{
    return (guint16)(fence & G_MAXUINT16);
}

/* Random ids need all their bits, those of rows do not. */
static guint64
pack_id(const struct link_token *token)
{
    guint64 id = (guint64)token->id;
    return token->purpose == LINK_BOUNCE ? (guint64)token->attempt << ROW_BITS | id : id;
}

static void
unpack_id(struct link_token *token, guint64 packed)
{
    gboolean bounce = token->purpose == LINK_BOUNCE;
    token->attempt = bounce ? (guint16)(packed >> ROW_BITS) : 0;
    token->id = (gint64)(bounce ? packed & ((G_GUINT64_CONSTANT(1) << ROW_BITS) - 1) : packed);
}

char *
link_address(const struct market *market, const struct link_token *token)
{
    guint8 bytes[TOKEN_BYTES], mac[SECRET_MAC_BYTES];
    guint8 key = keyring_current(market->keys);

    bytes[0] = (guint8)token->purpose;
    bytes[1] = key;
    put_be(bytes + 2, pack_id(token), 8);
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
    unpack_id(token, get_be(bytes + 2, 8));
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

enum { THREAD_TIME_BYTES = 6, THREAD_ROOT_BYTES = 16, THREAD_MAC_BYTES = 7, THREAD_HEADER_MAX = 4096 };
static const char thread_context[] = "postern thread-index 1";

/* The GUID: key id, link row id, and the MAC that is over both. */
static gboolean
thread_root(const struct market *market, guint8 key, gint64 link_id, guint8 root[THREAD_ROOT_BYTES])
{
    guint8 mac[SECRET_MAC_BYTES];
    root[0] = key;
    put_be(root + 1, (guint64)link_id, 8);
    if (!keyring_mac(market->keys, key, thread_context, root, 9, mac))
        return FALSE;
    memcpy(root + 9, mac, THREAD_MAC_BYTES);
    return TRUE;
}

char *
link_thread_index(const struct market *market, gint64 link_id, gint64 since)
{
    guint8 bytes[THREAD_TIME_BYTES + THREAD_ROOT_BYTES];
    /* The upper 48 bits of a FILETIME: 100 ns since 1601. */
    guint64 filetime = ((guint64)MAX(since, 0) + G_GUINT64_CONSTANT(11644473600)) * 10000000;
    put_be(bytes, filetime >> 16, THREAD_TIME_BYTES);
    gboolean made = thread_root(market, keyring_current(market->keys), link_id, bytes + THREAD_TIME_BYTES);
    g_assert(made);
    return g_base64_encode(bytes, sizeof bytes);
}

gboolean
link_thread_root(const struct market *market, const char *header, gint64 *link_id)
{
    guint8 root[THREAD_ROOT_BYTES];
    gsize length = 0;
    if (strlen(header) > THREAD_HEADER_MAX)
        return FALSE;
    g_autofree guint8 *bytes = g_base64_decode(header, &length); /* passes over the blanks of folding */
    if (length < THREAD_TIME_BYTES + THREAD_ROOT_BYTES)
        return FALSE;
    const guint8 *given = bytes + THREAD_TIME_BYTES;
    gint64 id = (gint64)get_be(given + 1, 8);
    if (!thread_root(market, given[0], id, root) || !secret_equal(root, given, sizeof root))
        return FALSE;
    *link_id = id;
    return TRUE;
}

/* ---- tokens in texts ---- */

enum { LEAST_CHARS = 16, BREAK_MAX = 80 };

/* Behind what wraps or quotes a word in the middle: a line end with the next line's quote marks, a soft hyphen or
 * zero-width blank, `=` at a line's end, a short tag. `p` itself when there is none. */
static const char *
skip_break(const char *p)
{
    static const char *const invisible[] = {"\302\255", "\342\200\213", "\342\201\240", "&shy;", "&#8203;"};
    const char *q = p;
    for (guint i = 0; i < G_N_ELEMENTS(invisible); i++)
        if (g_str_has_prefix(p, invisible[i]))
            return p + strlen(invisible[i]);
    if (*p == '<' && (g_ascii_isalpha(p[1]) || p[1] == '/')) {
        gsize n = strcspn(p, ">\n");
        return p[n] == '>' && n < BREAK_MAX ? p + n + 1 : p;
    }
    while (*q == ' ' || *q == '\t' || *q == '\r')
        q++;
    if (*q == '=')
        q++;
    if (*q == '\r')
        q++;
    if (*q != '\n')
        return p;
    gsize n = strspn(q, "\n\r\t >|");
    return n < BREAK_MAX ? q + n : p;
}

/* Behind `r+` as a text, HTML or a URL writes it; NULL when it does not stand at `p`. */
static const char *
skip_prefix(const struct market *market, const char *p)
{
    static const char *const plus[] = {"+", "%2B", "&#43;", "&plus;"};
    if (g_ascii_tolower(*p) != *market->conf->link) /* asked at every letter of a text */
        return NULL;
    gsize prefix = strlen(market->conf->link);
    if (g_ascii_strncasecmp(p, market->conf->link, prefix) != 0)
        return NULL;
    for (guint i = 0; i < G_N_ELEMENTS(plus); i++)
        if (g_ascii_strncasecmp(p + prefix, plus[i], strlen(plus[i])) == 0)
            return p + prefix + strlen(plus[i]);
    return NULL;
}

/* A token's characters from `p` on, over its breaks, into `token`, TOKEN_CHARS of them at most; how many. `*end` is
 * behind the last, `*first` behind those in front of the first break. */
static guint
gather(const char *p, char token[TOKEN_CHARS + 1], const char **first, const char **end)
{
    guint n = 0;
    *first = NULL;
    *end = p;
    while (n < TOKEN_CHARS) {
        if (g_ascii_isalnum(*p)) {
            token[n++] = *p++;
            *end = p;
            continue;
        }
        if (!*first)
            *first = p;
        const char *q = skip_break(p);
        if (q == p)
            break;
        p = q;
    }
    token[n] = '\0';
    if (!*first)
        *first = *end;
    return n;
}

static gboolean
is_address_byte(char c)
{
    return g_ascii_isalnum(c) || (c && strchr("._%+-@", c)) || (guchar)c >= 0x80;
}

void
link_find(const struct market *market, const char *text, guint max, GArray *tokens)
{
    char chars[TOKEN_CHARS + 1];
    const char *first, *end;
    struct link_token token;
    guint tried = 0;
    for (const char *p = text; *p && tokens->len < max && tried < 50 * max; p++) {
        const char *start = skip_prefix(market, p);
        if (!start || gather(start, chars, &first, &end) < TOKEN_CHARS)
            continue;
        tried++;
        if (!link_parse(market, chars, TOKEN_CHARS, &token))
            continue;
        p = end - 1;
        gboolean known = FALSE;
        for (guint i = 0; i < tokens->len; i++) {
            const struct link_token *other = &g_array_index(tokens, struct link_token, i);
            known = known || (other->purpose == token.purpose && other->id == token.id);
        }
        if (!known)
            g_array_append_val(tokens, token);
    }
}

/* Length of "@DOMAIN" at `p`, which may stand behind a break; 0. */
static gsize
domain_length(const struct market *market, const char *p)
{
    const char *at = *p == '@' ? p : skip_break(p);
    gsize domain = strlen(market->conf->domain);
    gboolean there = *at == '@' && g_ascii_strncasecmp(at + 1, market->conf->domain, domain) == 0;
    return there ? (gsize)(at - p) + 1 + domain : 0;
}

/* Length of one that we made, whatever stands in front of it; 0. */
static gsize
our_length(const struct market *market, const char *p)
{
    char chars[TOKEN_CHARS + 1];
    struct link_token token;
    const char *first, *end;
    const char *start = skip_prefix(market, p);
    if (!start || gather(start, chars, &first, &end) < TOKEN_CHARS || !link_parse(market, chars, TOKEN_CHARS, &token))
        return 0;
    return (gsize)(end - p) + domain_length(market, end);
}

/* Length of an `r+TOKEN@DOMAIN` that starts at `p`, or 0. The HMAC is not looked at, but where a line end stands in
 * it: ordinary words may follow there. */
static gsize
link_length(const struct market *market, const char *p)
{
    char chars[TOKEN_CHARS + 1];
    struct link_token token;
    const char *first, *end;
    const char *start = skip_prefix(market, p);
    if (!start)
        return 0;
    guint n = gather(start, chars, &first, &end);
    if (first - start < TOKEN_CHARS && n == TOKEN_CHARS &&
        (domain_length(market, end) || link_parse(market, chars, TOKEN_CHARS, &token)))
        return (gsize)(end - p) + domain_length(market, end);
    while (g_ascii_isalnum(*first)) /* longer than any of ours */
        first++;
    gsize here = (gsize)(first - start);
    if (here < LEAST_CHARS) /* r+d@example is somebody's plus address */
        return 0;
    gsize domain = domain_length(market, first);
    gboolean cut = here >= TOKEN_CHARS || !*first || skip_break(first) != first;
    return domain || cut ? (gsize)(first - p) + domain : 0;
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
    const char *line = text, *kept = text, *p = text;

    while (*p) {
        gboolean begins = p == text || !is_address_byte(p[-1]);
        gsize n = begins ? link_length(market, p) : our_length(market, p);
        if (!n && begins)
            n = quoted_address_length(line, p, text, addresses);
        if (n) {
            g_string_append_len(out, kept, p - kept);
            g_string_append(out, instead);
            p += n;
            kept = p;
        } else if (*p++ == '\n') {
            line = p;
        }
    }
    g_string_append_len(out, kept, p - kept);
    return g_string_free(out, FALSE);
}
