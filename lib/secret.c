#include "lib/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <sodium.h>

#include "lib/error.h"

#define KEY_BYTES 32
#define KEY_COUNT 2
#define FILE_LIMIT 4096

G_STATIC_ASSERT(KEY_BYTES == crypto_auth_hmacsha256_KEYBYTES);
G_STATIC_ASSERT(SECRET_MAC_BYTES == crypto_auth_hmacsha256_BYTES);

struct key {
    guint8 id;
    guint8 bytes[KEY_BYTES];
};

struct keyring {
    guint count;
    struct key keys[KEY_COUNT]; /* the first signs */
};

gboolean
secret_init(GError **error)
{
    if (sodium_init() >= 0)
        return TRUE;
    g_set_error_literal(error, POSTERN_ERROR, POSTERN_ERROR_TEMP, "libsodium finds no source of random numbers");
    return FALSE;
}

/* ---- the key file ---- */

static const struct key *
find_key(const keyring *keys, guint8 id)
{
    for (guint i = 0; i < keys->count; i++)
        if (keys->keys[i].id == id)
            return &keys->keys[i];
    return NULL;
}

/* `ID HEX`. Returns what is wrong with the line, NULL when it was taken. */
static const char *
add_key(keyring *keys, const char *line)
{
    char *rest;
    gsize length;
    guint64 id = g_ascii_strtoull(line, &rest, 10);
    if (!g_ascii_isdigit(*line) || id > 255 || *rest != ' ')
        return "a line is `ID HEX` with an ID from 0 to 255";
    if (keys->count == KEY_COUNT)
        return "there are more than two keys; keep the new one first and the old one second";
    if (find_key(keys, (guint8)id))
        return "the ID stands here twice; give the new key another one";

    struct key *key = &keys->keys[keys->count];
    const char *hex = rest + strspn(rest, " ");
    if (strlen(hex) != 2 * KEY_BYTES ||
        sodium_hex2bin(key->bytes, KEY_BYTES, hex, 2 * KEY_BYTES, NULL, &length, NULL) != 0 || length != KEY_BYTES)
        return "a key is 64 hex digits";
    key->id = (guint8)id;
    keys->count++;
    return NULL;
}

static gboolean
parse_keys(keyring *keys, char *content, const char *path, GError **error)
{
    guint number = 0;
    for (char *line = content, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = 0;
        number++;
        g_strstrip(line);
        const char *wrong = *line && *line != '#' ? add_key(keys, line) : NULL;
        if (wrong) {
            g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "%s:%u: %s", path, number, wrong);
            return FALSE;
        }
    }
    if (keys->count)
        return TRUE;
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "%s: holds no key; remove it and run `postern init`",
                path);
    return FALSE;
}

static gboolean
check_file(int fd, const char *path, GError **error)
{
    struct stat status;
    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "%s is no regular file", path);
        return FALSE;
    }
    if (status.st_mode & 077) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID,
                    "%s: others may use the keys (mode %04o); mend it with: chmod 0600 %s", path,
                    (guint)status.st_mode & 07777, path);
        return FALSE;
    }
    return TRUE;
}

static int
open_keys(const char *path, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0)
        return fd;
    int code = errno == ENOENT || errno == ENOTDIR ? POSTERN_ERROR_NOT_FOUND
               : errno == EACCES || errno == EPERM ? POSTERN_ERROR_INVALID
                                                   : POSTERN_ERROR_TEMP;
    g_set_error(error, POSTERN_ERROR, code, "%s: %s", path, g_strerror(errno));
    return -1;
}

keyring *
keyring_load(const char *path, GError **error)
{
    char content[FILE_LIMIT + 1] = "";
    int fd = open_keys(path, error);
    if (fd < 0)
        return NULL;
    g_autoptr(keyring) keys = g_new0(keyring, 1);
    gboolean ok = check_file(fd, path, error);
    gsize length = 0;
    for (gssize got = 1; ok && got && length < FILE_LIMIT;) {
        got = read(fd, content + length, FILE_LIMIT - length);
        if (got >= 0) {
            length += (gsize)got;
        } else if (errno != EINTR) {
            g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP, "%s: %s", path, g_strerror(errno));
            ok = FALSE;
        }
    }
    close(fd);
    ok = ok && parse_keys(keys, content, path, error);
    sodium_memzero(content, sizeof content);
    return ok ? g_steal_pointer(&keys) : NULL;
}

static gboolean
write_all(int fd, const char *text)
{
    for (gsize left = strlen(text); left;) {
        gssize wrote = write(fd, text, left);
        if (wrote < 0 && errno != EINTR)
            return FALSE;
        if (wrote > 0) {
            text += wrote;
            left -= (gsize)wrote;
        }
    }
    return fsync(fd) == 0;
}

static void
sync_folder(const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

gboolean
keyring_create(const char *path, GError **error)
{
    guint8 bytes[KEY_BYTES];
    char hex[2 * KEY_BYTES + 1], line[2 * KEY_BYTES + 8];
    g_autofree char *name = g_strconcat(path, ".XXXXXX", NULL);

    int fd = mkostemp(name, O_CLOEXEC); /* mode 0600 */
    gboolean ok = fd >= 0;
    if (ok) {
        randombytes_buf(bytes, sizeof bytes);
        sodium_bin2hex(hex, sizeof hex, bytes, sizeof bytes);
        g_snprintf(line, sizeof line, "1 %s\n", hex);
        /* A link appears whole and never replaces: a lost key file would void every link that was ever sent. */
        ok = write_all(fd, line) && link(name, path) == 0;
    }
    int why = errno;
    if (fd >= 0) {
        close(fd);
        unlink(name);
    }
    sodium_memzero(bytes, sizeof bytes);
    sodium_memzero(hex, sizeof hex);
    sodium_memzero(line, sizeof line);
    if (ok)
        sync_folder(path);
    else if (why == EEXIST)
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_DUPLICATE, "%s is there already", path);
    else
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP, "%s cannot be written: %s", path, g_strerror(why));
    return ok;
}

void
keyring_free(keyring *keys)
{
    if (!keys)
        return;
    sodium_memzero(keys, sizeof *keys);
    g_free(keys);
}

/* ---- what keys are for ---- */

guint8
keyring_current(const keyring *keys)
{
    return keys->keys[0].id;
}

gboolean
keyring_mac(const keyring *keys, guint8 key_id, const char *context, gconstpointer data, gsize length,
            guint8 mac[SECRET_MAC_BYTES])
{
    crypto_auth_hmacsha256_state state;
    const struct key *key = find_key(keys, key_id);
    if (!key)
        return FALSE;
    crypto_auth_hmacsha256_init(&state, key->bytes, KEY_BYTES);
    crypto_auth_hmacsha256_update(&state, (const guint8 *)context, strlen(context) + 1);
    crypto_auth_hmacsha256_update(&state, data, length);
    crypto_auth_hmacsha256_final(&state, mac);
    sodium_memzero(&state, sizeof state);
    return TRUE;
}

gboolean
secret_equal(gconstpointer a, gconstpointer b, gsize length)
{
    return sodium_memcmp(a, b, length) == 0;
}

void
secret_random(gpointer buffer, gsize length)
{
    randombytes_buf(buffer, length);
}

gint64
secret_random_id(void)
{
    guint64 id = 0;
    while (!id) {
        randombytes_buf(&id, sizeof id);
        id &= (guint64)G_MAXINT64;
    }
    return (gint64)id;
}

/* ---- base32 ---- */

char *
base32_encode(gconstpointer data, gsize length)
{
    static const char ALPHABET[] = "abcdefghijklmnopqrstuvwxyz234567";
    const guint8 *bytes = data;
    GString *out = g_string_sized_new(length * 8 / 5 + 2);
    guint32 bits = 0;
    guint held = 0;
    for (gsize i = 0; i < length; i++) {
        bits = bits << 8 | bytes[i];
        for (held += 8; held >= 5; held -= 5)
            g_string_append_c(out, ALPHABET[bits >> (held - 5) & 31]);
    }
    if (held)
        g_string_append_c(out, ALPHABET[bits << (5 - held) & 31]);
    return g_string_free(out, FALSE);
}

static int
base32_digit(char c)
{
    c = g_ascii_tolower(c);
    if (c >= 'a' && c <= 'z')
        return c - 'a';
    return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

guint8 *
base32_decode(const char *text, gsize text_length, gsize *length)
{
    guint32 bits = 0;
    guint held = 0;
    g_autofree guint8 *out = g_malloc(text_length * 5 / 8 + 1);
    *length = 0;
    for (gsize i = 0; i < text_length; i++) {
        int digit = base32_digit(text[i]);
        if (digit < 0)
            return NULL;
        bits = bits << 5 | (guint32)digit;
        held += 5;
        if (held >= 8) {
            held -= 8;
            out[(*length)++] = (guint8)(bits >> held);
        }
    }
    /* A whole digit too many, or bits that no encoder sets: two spellings of one value. */
    if (held >= 5 || (bits & ((1u << held) - 1)))
        return NULL;
    return g_steal_pointer(&out);
}
