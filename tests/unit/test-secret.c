/* Secrets: keys stay private and whole, MACs and digests are the published ones, base32 has one spelling. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "lib/error.h"
#include "lib/secret.h"
#include "lib/sha256.h"
#include "scratch-file.h"

#define HEX_A "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"
#define HEX_B "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c"

static keyring *
load(struct scratch *scratch, const char *content, int mode, GError **error)
{
    g_assert_true(g_file_set_contents(scratch->path, content, -1, NULL));
    g_assert_cmpint(g_chmod(scratch->path, mode), ==, 0);
    return keyring_load(scratch->path, error);
}

static void
expect_refusal(struct scratch *scratch, const char *content, int mode, const char *words)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(keyring) keys = load(scratch, content, mode, &error);
    g_test_message("%s", error ? error->message : "taken");
    g_assert_null(keys);
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID);
    g_assert_nonnull(strstr(error->message, words));
}

static char *
mac_hex(const keyring *keys, guint8 id, const char *context, const char *data)
{
    guint8 mac[SECRET_MAC_BYTES];
    GString *hex = g_string_new(NULL);
    g_assert_true(keyring_mac(keys, id, context, data, strlen(data), mac));
    for (guint i = 0; i < sizeof mac; i++)
        g_string_append_printf(hex, "%02x", mac[i]);
    return g_string_free(hex, FALSE);
}

static void
test_created_keys_load_and_are_private(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    struct stat status;
    g_autoptr(GError) error = NULL;
    mode_t before = umask(0);
    g_assert_true(keyring_create(scratch->path, &error));
    umask(before);
    g_assert_no_error(error);
    g_assert_cmpint(stat(scratch->path, &status), ==, 0);
    g_assert_cmphex(status.st_mode & 07777, ==, 0600);
    g_autoptr(keyring) keys = keyring_load(scratch->path, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(keyring_current(keys), ==, 1);
}

static void
test_created_keys_differ(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    g_autofree char *macs[2] = {NULL, NULL};
    for (guint i = 0; i < 2; i++) {
        g_unlink(scratch->path);
        g_assert_true(keyring_create(scratch->path, NULL));
        g_autoptr(keyring) keys = keyring_load(scratch->path, NULL);
        macs[i] = mac_hex(keys, 1, "test", "data");
    }
    g_assert_cmpstr(macs[0], !=, macs[1]);
    g_free(g_steal_pointer(&macs[1]));
}

static void
test_creating_never_replaces(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    g_autofree char *content = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(g_file_set_contents(scratch->path, "precious", -1, NULL));
    g_assert_false(keyring_create(scratch->path, &error));
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_DUPLICATE);
    g_assert_true(g_file_get_contents(scratch->path, &content, NULL, NULL));
    g_assert_cmpstr(content, ==, "precious");
}

static void
test_absent_keys_are_not_found(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    g_autoptr(keyring) keys = keyring_load(scratch->path, &error);
    g_assert_null(keys);
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND);
}

static void
test_keys_that_others_can_read_are_refused(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    g_autofree char *remedy = g_strconcat("chmod 0600 ", scratch->path, NULL);
    static const int MODES[] = {0604, 0640, 0644, 0620, 0666};
    for (guint i = 0; i < G_N_ELEMENTS(MODES); i++)
        expect_refusal(scratch, "1 " HEX_A "\n", MODES[i], remedy);
    g_autoptr(keyring) keys = load(scratch, "1 " HEX_A "\n", 0400, NULL);
    g_assert_nonnull(keys);
}

static void
test_bad_key_files_name_the_line(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    static const struct {
        const char *content, *words;
    } WRONG[] = {
        {"", "holds no key"},
        {"# nothing\n\n", "holds no key"},
        {"\n1\n", "keys:2: a line is `ID HEX`"},
        {"256 " HEX_A "\n", "keys:1: a line is `ID HEX`"},
        {"-1 " HEX_A "\n", "keys:1: a line is `ID HEX`"},
        {"1 " HEX_A "0b\n", "keys:1: a key is 64 hex digits"},
        {"1 0b0b\n", "keys:1: a key is 64 hex digits"},
        {"1 " HEX_A "\n1 " HEX_B "\n", "keys:2: the ID stands here twice"},
        {"1 " HEX_A "\n2 " HEX_B "\n3 " HEX_B "\n", "keys:3: there are more than two keys"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(WRONG); i++)
        expect_refusal(scratch, WRONG[i].content, 0600, WRONG[i].words);
    g_autofree char *bad = g_strdup("1 " HEX_A "\n");
    bad[10] = 'x';
    expect_refusal(scratch, bad, 0600, "keys:1: a key is 64 hex digits");
}

static void
test_first_key_signs_and_both_verify(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    guint8 mac[SECRET_MAC_BYTES];
    g_autoptr(keyring) old = load(scratch, "1 " HEX_A "\n", 0600, NULL);
    g_autoptr(keyring) both = load(scratch, "# new\n7 " HEX_B "\n1   " HEX_A "  \n", 0600, NULL);
    g_assert_cmpuint(keyring_current(both), ==, 7);
    g_autofree char *before = mac_hex(old, 1, "link", "x");
    g_autofree char *after = mac_hex(both, 1, "link", "x");
    g_autofree char *fresh = mac_hex(both, 7, "link", "x");
    g_assert_cmpstr(before, ==, after);
    g_assert_cmpstr(before, !=, fresh);
    g_assert_false(keyring_mac(both, 2, "link", "x", 1, mac));
}

/* Expected values from Python: hmac.new(key, context + b"\0" + data, "sha256"). */
static void
test_mac_is_hmac_sha256(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    g_autoptr(keyring) keys = load(scratch, "1 " HEX_A "\n", 0600, NULL);
    g_autofree char *there = mac_hex(keys, 1, "reply", "Hi There");
    g_autofree char *empty = mac_hex(keys, 1, "", "");
    g_assert_cmpstr(there, ==, "ec4d2ba9cb74caa7176b6e5f7f236482f4dfd6fde014ff74ee79354e932cf4db");
    g_assert_cmpstr(empty, ==, "8cfba53d3586ecb8100029df2abe96b38750965f01d92e616f0c3c699cd4985e");
}

static void
test_contexts_do_not_mix(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    g_autoptr(keyring) keys = load(scratch, "1 " HEX_A "\n", 0600, NULL);
    g_autofree char *reply = mac_hex(keys, 1, "reply", "x");
    g_autofree char *confirm = mac_hex(keys, 1, "confirm", "x");
    g_autofree char *moved = mac_hex(keys, 1, "repl", "yx");
    g_assert_cmpstr(reply, !=, confirm);
    g_assert_cmpstr(reply, !=, moved);
}

static void
test_equal(void)
{
    g_assert_true(secret_equal("abc", "abc", 3));
    g_assert_false(secret_equal("abc", "abd", 3));
    g_assert_true(secret_equal("abc", "abd", 2));
    g_assert_true(secret_equal("", "x", 0));
}

static void
test_random_ids_are_positive_and_differ(void)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    gint64 all = 0;
    for (guint i = 0; i < 10000; i++) {
        gint64 *id = g_new(gint64, 1);
        *id = secret_random_id();
        g_assert_cmpint(*id, >, 0);
        all |= *id;
        g_assert_true(g_hash_table_add(seen, id));
    }
    g_assert_cmpint(all, ==, G_MAXINT64); /* each bit was seen */
}

/* RFC 4648 10, in lower case without padding. */
static void
test_base32_vectors(void)
{
    static const struct {
        const char *text, *base32;
    } VECTORS[] = {{"", ""},
                   {"f", "my"},
                   {"fo", "mzxq"},
                   {"foo", "mzxw6"},
                   {"foob", "mzxw6yq"},
                   {"fooba", "mzxw6ytb"},
                   {"foobar", "mzxw6ytboi"}};
    for (guint i = 0; i < G_N_ELEMENTS(VECTORS); i++) {
        gsize length;
        g_autofree char *encoded = base32_encode(VECTORS[i].text, strlen(VECTORS[i].text));
        g_autofree char *upper = g_ascii_strup(encoded, -1);
        g_autofree guint8 *decoded = base32_decode(upper, strlen(upper), &length);
        g_assert_cmpstr(encoded, ==, VECTORS[i].base32);
        g_assert_nonnull(decoded);
        g_assert_cmpmem(decoded, length, VECTORS[i].text, strlen(VECTORS[i].text));
    }
}

static void
test_base32_round_trip(void)
{
    guint8 bytes[64];
    for (gsize size = 0; size <= sizeof bytes; size++) {
        gsize length;
        secret_random(bytes, size);
        g_autofree char *encoded = base32_encode(bytes, size);
        g_autofree guint8 *decoded = base32_decode(encoded, strlen(encoded), &length);
        g_assert_nonnull(decoded);
        g_assert_cmpmem(decoded, length, bytes, size);
    }
}

static void
test_base32_has_one_spelling(void)
{
    static const char *const WRONG[] = {"m",     "mzx", "mzxw6y", "my======", "m1", "m0",  "mz q",
                                        "mz\nq", "mé",  "mz",     "mzxr",     "a",  "aaa", "aaaaaa"};
    for (guint i = 0; i < G_N_ELEMENTS(WRONG); i++) {
        gsize length;
        g_autofree guint8 *decoded = base32_decode(WRONG[i], strlen(WRONG[i]), &length);
        g_test_message("%s", WRONG[i]);
        g_assert_null(decoded);
    }
    gsize length;
    g_autofree guint8 *inner_nul = base32_decode("my\0a", 4, &length);
    g_assert_null(inner_nul);
}

/* FIPS 180-2's examples. */
static void
test_sha256_vectors(void)
{
    g_autofree char *empty = sha256_hex(NULL, 0);
    g_autofree char *abc = sha256_hex("abc", 3);
    g_assert_cmpstr(empty, ==, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    g_assert_cmpstr(abc, ==, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void
test_sha256_in_pieces(void)
{
    struct sha256 state;
    guint8 digest[32];
    g_autofree char *text = g_strnfill(1000, 'a');
    g_autofree char *whole = sha256_hex(text, 1000);
    g_autoptr(GString) hex = g_string_new(NULL);
    sha256_init(&state);
    sha256_update(&state, text, 1);
    sha256_update(&state, NULL, 0);
    sha256_update(&state, text, 63);
    sha256_update(&state, text, 936);
    sha256_final(&state, digest);
    for (guint i = 0; i < sizeof digest; i++)
        g_string_append_printf(hex, "%02x", digest[i]);
    g_assert_cmpstr(hex->str, ==, whole);
}

#define ADD(name, function)                                                                                            \
    g_test_add("/secret/" name, struct scratch, "keys", scratch_set_up, function, scratch_tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_true(secret_init(NULL));
    ADD("created-keys-load-and-are-private", test_created_keys_load_and_are_private);
    ADD("created-keys-differ", test_created_keys_differ);
    ADD("creating-never-replaces", test_creating_never_replaces);
    ADD("absent-keys-are-not-found", test_absent_keys_are_not_found);
    ADD("keys-that-others-can-use-are-refused", test_keys_that_others_can_read_are_refused);
    ADD("bad-key-files-name-the-line", test_bad_key_files_name_the_line);
    ADD("the-first-key-signs-and-both-verify", test_first_key_signs_and_both_verify);
    ADD("a-mac-is-hmac-sha256", test_mac_is_hmac_sha256);
    ADD("contexts-do-not-mix", test_contexts_do_not_mix);
    g_test_add_func("/secret/equal", test_equal);
    g_test_add_func("/secret/random-ids-are-positive-and-differ", test_random_ids_are_positive_and_differ);
    g_test_add_func("/base32/rfc-4648", test_base32_vectors);
    g_test_add_func("/base32/round-trip", test_base32_round_trip);
    g_test_add_func("/base32/one-spelling", test_base32_has_one_spelling);
    g_test_add_func("/sha256/fips-180", test_sha256_vectors);
    g_test_add_func("/sha256/in-pieces", test_sha256_in_pieces);
    return g_test_run();
}
