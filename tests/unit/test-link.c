/* Reply addresses and Message-IDs: only ours are ours, for one purpose, under either of two keys; and what is scrubbed.
 */
#include <string.h>

#include <glib/gstdio.h>

#include "market/address.h"

static struct conf settings = {
    .domain = (char *)"experts.test",
    .link = (char *)"r",
    .jobs = (char *)"jobs",
    .leads = (char *)"leads",
    .experts = (char *)"experts",
    .desk = (char *)"desk",
};

static keyring *
keys_of(const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("postern-keys-XXXXXX", &path, &error);
    g_assert_no_error(error);
    g_close(fd, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_assert_cmpint(g_chmod(path, 0600), ==, 0);
    keyring *keys = keyring_load(path, &error);
    g_assert_no_error(error);
    g_unlink(path);
    return keys;
}

#define KEY_A "1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
#define KEY_B "2 ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff\n"

static void
test_round_trip(void)
{
    g_autoptr(keyring) keys = keys_of(KEY_A);
    const struct market market = {.conf = &settings, .keys = keys};
    const struct link_token token = {LINK_REPLY, G_MAXINT64, 1900000000};
    g_autofree char *address = link_address(&market, &token);
    struct target target;
    g_assert_cmpuint(strchr(address, '@') - address, ==, 50); /* ≤ 64, RFC 5321 4.5.3.1.1 */
    target_parse(&market, address, &target);
    g_assert_cmpint(target.kind, ==, TARGET_LINK);
    g_assert_cmpint(target.token.purpose, ==, LINK_REPLY);
    g_assert_cmpint(target.token.id, ==, G_MAXINT64);
    g_assert_cmpint(target.token.expires_at, ==, 1900000000);
}

/* Every bit of it counts, but those of the time and of the replies behind it. */
static void
test_a_thread_index_is_ours_alone(void)
{
    g_autoptr(keyring) keys = keys_of(KEY_A);
    g_autoptr(keyring) other = keys_of(KEY_B);
    const struct market market = {.conf = &settings, .keys = keys};
    const struct market elsewhere = {.conf = &settings, .keys = other};
    g_autofree char *header = link_thread_index(&market, G_MAXINT64 - 5, 1795329600);
    g_autofree char *again = link_thread_index(&market, G_MAXINT64 - 5, 1795329600);
    gint64 id = 0;
    gsize length = 0;
    g_assert_cmpstr(header, ==, again);
    g_assert_true(g_str_has_prefix(header, "Ad")); /* as Outlook's own begin in these decades */
    g_assert_true(link_thread_root(&market, header, &id));
    g_assert_cmpint(id, ==, G_MAXINT64 - 5);
    g_assert_false(link_thread_root(&elsewhere, header, &id));
    g_autofree guint8 *bytes = g_base64_decode(header, &length);
    g_assert_cmpuint(length, ==, 22);
    for (guint bit = 6 * 8; bit < 22 * 8; bit++) {
        bytes[bit / 8] ^= (guint8)(1 << bit % 8);
        g_autofree char *forged = g_base64_encode(bytes, length);
        g_assert_false(link_thread_root(&market, forged, &id));
        bytes[bit / 8] ^= (guint8)(1 << bit % 8);
    }
    bytes = g_realloc(bytes, length + 10);
    memset(bytes + length, 0x55, 10);
    g_autofree char *replies = g_base64_encode(bytes, length + 10);
    g_assert_true(link_thread_root(&market, replies, &id));
    g_assert_false(link_thread_root(&market, "", &id));
    g_assert_false(link_thread_root(&market, "Adxx", &id));
}

static void
test_two_keys_live_during_rotation(void)
{
    g_autoptr(keyring) old = keys_of(KEY_A);
    g_autoptr(keyring) rotated = keys_of(KEY_B KEY_A);
    g_autoptr(keyring) later = keys_of(KEY_B);
    const struct market before = {.conf = &settings, .keys = old};
    const struct market during = {.conf = &settings, .keys = rotated};
    const struct market after = {.conf = &settings, .keys = later};
    const struct link_token token = {LINK_REPLY, 7, 1900000000};
    g_autofree char *address = link_address(&before, &token);
    g_autofree char *message_id = link_message_id(&before, 42);
    struct target target;
    target_parse(&during, address, &target);
    g_assert_cmpint(target.kind, ==, TARGET_LINK);
    g_assert_true(link_message_id_is_ours(&during, message_id));
    target_parse(&after, address, &target);
    g_assert_cmpint(target.kind, ==, TARGET_FORGED);
    g_assert_false(link_message_id_is_ours(&after, message_id));
}

static void
test_message_ids_of_others_are_not_ours(void)
{
    g_autoptr(keyring) keys = keys_of(KEY_A);
    const struct market market = {.conf = &settings, .keys = keys};
    g_autofree char *id = link_message_id(&market, 42);
    g_assert_true(link_message_id_is_ours(&market, id));
    id[5] = id[5] == 'a' ? 'b' : 'a';
    g_assert_false(link_message_id_is_ours(&market, id));
    static const char *const others[] = {
        "", "@", "p.", "p.@experts.test", "p.aaaa@experts.test", "x@experts.test", "p.!@experts.test"};
    for (guint i = 0; i < G_N_ELEMENTS(others); i++)
        g_assert_false(link_message_id_is_ours(&market, others[i]));
}

static void
test_targets(void)
{
    static const struct {
        const char *recipient;
        int kind;
        const char *slug;
    } cases[] = {
        {"acme@experts.test", TARGET_ORGANISATION, "acme"},
        {"ACME@Experts.Test.", TARGET_ORGANISATION, "acme"},
        {"jobs@experts.test", TARGET_JOBS, "jobs"},
        {"Leads@experts.test", TARGET_LEADS, "leads"},
        {"experts@experts.test", TARGET_EXPERTS, "experts"},
        {"desk@experts.test", TARGET_DESK, "desk"},
        {"postmaster@experts.test", TARGET_RESERVED, "postmaster"},
        {"Abuse@experts.test", TARGET_RESERVED, "abuse"},
        {"r+short@experts.test", TARGET_FORGED, ""},
        {"r@experts.test", TARGET_ORGANISATION, "r"},
        {"acme@other.test", TARGET_FOREIGN, ""},
        {"acme@sub.experts.test", TARGET_FOREIGN, ""},
        {"postmaster", TARGET_FOREIGN, ""},
        {"ac\xc3\xa9me@experts.test", TARGET_ORGANISATION, ""},
    };
    g_autoptr(keyring) keys = keys_of(KEY_A);
    const struct market market = {.conf = &settings, .keys = keys};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct target target;
        g_test_message("%s", cases[i].recipient);
        target_parse(&market, cases[i].recipient, &target);
        g_assert_cmpint(target.kind, ==, cases[i].kind);
        g_assert_cmpstr(target.slug, ==, cases[i].slug);
    }
}

static void
test_scrub(void)
{
    g_autoptr(keyring) keys = keys_of(KEY_A);
    const struct market market = {.conf = &settings, .keys = keys};
    const struct link_token token = {LINK_REPLY, 7, 1900000000};
    g_autofree char *link = link_address(&market, &token);
    g_autoptr(GPtrArray) addresses = g_ptr_array_new();
    g_ptr_array_add(addresses, (gpointer) "team@acme.test");
    g_ptr_array_add(addresses, (gpointer) "anna@acme.test");
    static const struct {
        const char *text, *expected; /* %s is a link */
    } cases[] = {
        {"write to %s now", "write to [x] now"},
        {"<%s>", "<[x]>"},
        {"mailto:%s?subject=a", "mailto:[x]?subject=a"},
        {"bar+%s", "bar+[x]"}, /* a key of ours, wherever it stands */
        {"%20%s", "%20[x]"},
        {"bar+r+aaaaaaaaaaaaaaaaaaaaaaaa@experts.test", "bar+r+aaaaaaaaaaaaaaaaaaaaaaaa@experts.test"},
        {"To: Anna <anna@acme.test>", "To: Anna <[x]>"},
        {"To:anna@acme.test", "To:[x]"},
        {"> To: anna@acme.test", "> To: [x]"},
        {"> Cc: Team <TEAM@acme.test>, x", "> Cc: Team <[x]>, x"},
        {"> it was anna@acme.test.", "> it was [x]."},
        {"call anna@acme.test", "call anna@acme.test"},
        {"<joanna@acme.test>", "<joanna@acme.test>"},
        {"<anna@acme.test.example>", "<anna@acme.test.example>"},
        {"r+d@experts.test", "r+d@experts.test"},
        {"", ""},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(GStrv) in = g_strsplit(cases[i].text, "%s", 2), out = g_strsplit(cases[i].expected, "%s", 2);
        g_autofree char *text = g_strjoinv(link, in), *expected = g_strjoinv(link, out);
        g_autofree char *got = link_scrub(&market, text, addresses, "[x]");
        g_assert_cmpstr(got, ==, expected);
    }
}

static void
test_slugs(void)
{
    static const char *const good[] = {"acme", "a1", "two-words", "4shops"};
    static const char *const bad[] = {"",    "a",          "-a",   "a-",   "Acme",      "a b",  "a.b",
                                      "a+b", "postmaster", "jobs", "desk", "r\xc3\xa9", "abuse"};
    for (guint i = 0; i < G_N_ELEMENTS(good); i++)
        g_assert_true(address_slug_is_free(&settings, good[i]));
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(address_slug_is_free(&settings, bad[i]));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_true(secret_init(NULL));
    g_test_add_func("/link/a thread index is ours alone", test_a_thread_index_is_ours_alone);
    g_test_add_func("/link/round-trip", test_round_trip);
    g_test_add_func("/link/two-keys-live-during-rotation", test_two_keys_live_during_rotation);
    g_test_add_func("/link/message-ids-of-others-are-not-ours", test_message_ids_of_others_are_not_ours);
    g_test_add_func("/link/scrub", test_scrub);
    g_test_add_func("/address/targets", test_targets);
    g_test_add_func("/address/slugs", test_slugs);
    return g_test_run();
}
