/* Settings: what stands in the file is in force, and what is wrong is told with its place and its remedy. */
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "lib/conf.h"
#include "lib/error.h"
#include "scratch-file.h"

#define SAMPLE SOURCE_DIR "/conf/postern.conf"

static struct conf *
load(struct scratch *scratch, const char *content, gssize length, GError **error)
{
    g_assert_true(g_file_set_contents(scratch->path, content, length, NULL));
    return conf_load(scratch->path, error);
}

static struct conf *
load_good(struct scratch *scratch, const char *content)
{
    g_autoptr(GError) error = NULL;
    struct conf *loaded = load(scratch, content, -1, &error);
    g_assert_no_error(error);
    g_assert_nonnull(loaded);
    return loaded;
}

/* The error is INVALID, names the file and `line`, and holds `words`. */
static void
expect_refusal(struct scratch *scratch, const char *content, gssize length, guint line, const char *words)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(conf) loaded = load(scratch, content, length, &error);
    g_autofree char *place = g_strdup_printf("%s:%u: ", scratch->path, line);
    g_test_message("%s", error ? error->message : "taken");
    g_assert_null(loaded);
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID);
    g_assert_true(g_str_has_prefix(error->message, place));
    g_assert_nonnull(strstr(error->message, words));
}

static void
test_domain_is_enough(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    g_autoptr(conf) loaded = load_good(scratch, "[gateway]\ndomain = Experts.TEST\n");
    g_assert_cmpstr(loaded->path, ==, scratch->path);
    g_assert_cmpstr(loaded->domain, ==, "experts.test");
    g_assert_cmpstr(loaded->admin, ==, "postmaster@experts.test");
    g_assert_cmpstr(loaded->profile_url, ==, "https://experts.test/%s");
    g_assert_cmpstr(loaded->link, ==, "r");
    g_assert_cmpint(loaded->answer_time, ==, 72 * 3600);
    g_assert_cmpint(loaded->max_message_size, ==, 25 << 20);
    g_assert_cmpint(loaded->link_lifetime, ==, 400 * 86400);
    g_assert_true(loaded->unauthenticated_act);
    g_assert_cmpstr(loaded->templates, ==, "/etc/postern/templates");
    g_assert_cmpint(conf_log_target(loaded), ==, LOG_TO_STDERR);
    g_assert_cmpint(conf_log_level(loaded), ==, LOG_INFO);
}

static void
test_values_in_force(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    g_autoptr(conf) loaded = load_good(scratch, "# a comment\n"
                                                "[gateway]\r\n"
                                                "  domain=experts.test  \r\n"
                                                "name = Wisła Experts = best\n"
                                                "\n"
                                                "[market]\n"
                                                "answer_time = 90\n"
                                                "hold_time = 0\n"
                                                "overview_interval = 5s\n"
                                                "[milter]\n"
                                                "max_message_size = 100k\n"
                                                "socket = inet:8892@127.0.0.1\n"
                                                "group =\n"
                                                "[gateway]\n"
                                                "language = nl\n"
                                                "[trust]\n"
                                                "unauthenticated = confirm\n"
                                                "authserv_id = mx.experts.test\n"
                                                "[log]\n"
                                                "target = journald\n"
                                                "level = debug");
    g_assert_cmpstr(loaded->domain, ==, "experts.test");
    g_assert_cmpstr(loaded->name, ==, "Wisła Experts = best");
    g_assert_cmpstr(loaded->language, ==, "nl");
    g_assert_cmpint(loaded->answer_time, ==, 90);
    g_assert_cmpint(loaded->hold_time, ==, 0);
    g_assert_cmpint(loaded->overview_interval, ==, 5);
    g_assert_cmpint(loaded->max_message_size, ==, 102400);
    g_assert_cmpstr(loaded->milter_socket, ==, "inet:8892@127.0.0.1");
    g_assert_cmpstr(loaded->milter_group, ==, "");
    g_assert_false(loaded->unauthenticated_act);
    g_assert_cmpstr(loaded->authserv_id, ==, "mx.experts.test");
    g_assert_cmpint(conf_log_target(loaded), ==, LOG_TO_JOURNALD);
    g_assert_cmpint(conf_log_level(loaded), ==, LOG_DEBUG);
}

struct wrong {
    const char *content;
    guint line;
    const char *words;
};

static const struct wrong WRONG[] = {
    {"", 1, "gateway.domain is missing"},
    {"\n\n[gateway]\n", 3, "write `domain = "},
    {"[gatewya]\n", 1, "there is no group [gatewya]; there are [gateway], [addresses]"},
    {"[gateway\n", 1, "alone on its line"},
    {"[gateway] # ours\n", 1, "alone on its line"},
    {"domain = experts.test\n", 1, "domain stands before any group"},
    {"[gateway]\ndomain experts.test\n", 2, "no `key = value`"},
    {"[gateway]\ndomain = experts.test\ncolour = red\n", 3, "[gateway] has no key colour; it has domain, name"},
    {"[gateway]\ndomain = experts.test\nrelay = a:25\n", 3, "it belongs into [mailer]"},
    {"[gateway]\ndomain = experts.test\nname[fr] = Experts\n", 3, "has no key name[fr]"},
    {"[gateway]\ndomain = a.test\n\ndomain = b.test\n", 4, "stands on line 2 already"},
    {"[gateway]\ndomain = a.test\n[market]\nhold_time = 1s\n[market]\nhold_time = 2s\n", 6, "stands on line 4 already"},
    {"[gateway]\ndomain = a.test\nname = caf\xe9\n", 3, "UTF-8"},
    {"[gateway]\ndomain =\n", 2, "is no host name"},
    {"[gateway]\ndomain = experts_.test.\n", 2, "is no host name"},
    {"[gateway]\ndomain = me@experts.test\n", 2, "is no host name"},
    {"[gateway]\ndomain = 192.0.2.1\n", 2, "is no host name"},
    {"[gateway]\ndomain = -a.test\n", 2, "is no host name"},
    {"[gateway]\ndomain = a.test\nname =\n", 3, "must not be empty"},
    {"[gateway]\ndomain = a.test\nname = Ours # really\n", 3, "line of its own"},
    {"[gateway]\ndomain = a.test\nlanguage = English\n", 3, "two letters"},
    {"[gateway]\ndomain = a.test\ntimezone = Mars/Olympus\n", 3, "Europe/Amsterdam"},
    {"[gateway]\ndomain = a.test\nadmin = the admin\n", 3, "is no mail address"},
    {"[gateway]\ndomain = a.test\nprofile_url = https://a.test/\n", 3, "must hold %s once"},
    {"[gateway]\ndomain = a.test\nprofile_url = https://a.test/%s/%s\n", 3, "must hold %s once"},
    {"[gateway]\ndomain = a.test\nprofile_url = https://a.test/%n%s\n", 3, "must hold %s once"},
    {"[gateway]\ndomain = a.test\nprofile_url = javascript:%s\n", 3, "must begin with https://"},
    {"[gateway]\ndomain = a.test\n[addresses]\njobs = r+x\n", 4, "must be letters"},
    {"[gateway]\ndomain = a.test\n[addresses]\njobs = postmaster\n", 4, "belongs to the admin"},
    {"[gateway]\ndomain = a.test\n[addresses]\nlink = responses\n", 4, "has 9 characters; write at most 8"},
    {"[gateway]\ndomain = a.test\n[addresses]\njobs = Desk\n", 4, "addresses.jobs and addresses.desk are both desk"},
    {"[gateway]\ndomain = a.test\n[addresses]\ndesk = r\nlink = r\n", 5,
     "addresses.desk and addresses.link are both r"},
    {"[gateway]\ndomain = a.test\n[store]\nkeys = keys\n", 4, "must be an absolute path"},
    {"[gateway]\ndomain = a.test\n[store]\nkeys =\n", 4, "must be an absolute path"},
    {"[gateway]\ndomain = a.test\n[store]\ndatabase = postern.db\n", 4, "must be sqlite:"},
    {"[gateway]\ndomain = a.test\n[store]\ndatabase = sqlite:postern.db\n", 4, "must be sqlite:"},
    {"[gateway]\ndomain = a.test\n[store]\nreaders = many\n", 4, "is no number; write a whole number"},
    {"[gateway]\ndomain = a.test\n[store]\nreaders = 0\n", 4, "is out of range; write 1 to 64"},
    {"[gateway]\ndomain = a.test\n[store]\nreaders = 65\n", 4, "is out of range; write 1 to 64"},
    {"[gateway]\ndomain = a.test\n[store]\nreaders = -1\n", 4, "is no number"},
    {"[gateway]\ndomain = a.test\n[market]\nanswer_time = 3 days\n", 4,
     "is no duration; write a whole number and s, m"},
    {"[gateway]\ndomain = a.test\n[market]\nanswer_time = 1h30m\n", 4, "is no duration"},
    {"[gateway]\ndomain = a.test\n[market]\nanswer_time = 1.5h\n", 4, "is no duration"},
    {"[gateway]\ndomain = a.test\n[market]\nanswer_time =\n", 4, "is no duration"},
    {"[gateway]\ndomain = a.test\n[market]\nanswer_time = 999999999999999999d\n", 4, "is no duration"},
    {"[gateway]\ndomain = a.test\n[market]\nanswer_time = 99999999999999999999\n", 4, "is no duration"},
    {"[gateway]\ndomain = a.test\n[market]\nanswer_time = 91d\n", 4, "is out of range; write 1m to 90d"},
    {"[gateway]\ndomain = a.test\n[milter]\nmax_message_size = 25MB\n", 4, "is no size; write a whole number of bytes"},
    {"[gateway]\ndomain = a.test\n[milter]\nsocket = /run/milter.sock\n", 4, "must be unix:/PATH or inet:PORT@HOST"},
    {"[gateway]\ndomain = a.test\n[milter]\nsocket = unix:milter.sock\n", 4, "absolute path"},
    {"[gateway]\ndomain = a.test\n[milter]\nsocket = inet:127.0.0.1:8892\n", 4, "must be unix:/PATH or inet:PORT@HOST"},
    {"[gateway]\ndomain = a.test\n[milter]\nsocket = inet:65536@127.0.0.1\n", 4,
     "must be unix:/PATH or inet:PORT@HOST"},
    {"[gateway]\ndomain = a.test\n[milter]\nsocket = inet:0@127.0.0.1\n", 4, "must be unix:/PATH or inet:PORT@HOST"},
    {"[gateway]\ndomain = a.test\n[milter]\ngroup = post fix\n", 4, "is no group"},
    {"[gateway]\ndomain = a.test\n[mailer]\nrelay = localhost\n", 4, "must be HOST:PORT, [IPV6]:PORT or unix:/PATH"},
    {"[gateway]\ndomain = a.test\n[mailer]\nrelay = ::1:25\n", 4, "must be HOST:PORT"},
    {"[gateway]\ndomain = a.test\n[mailer]\nrelay = [::1]\n", 4, "must be HOST:PORT"},
    {"[gateway]\ndomain = a.test\n[mailer]\nrelay = [127.0.0.1]:25\n", 4, "must be HOST:PORT"},
    {"[gateway]\ndomain = a.test\n[mailer]\nrelay = []:25\n", 4, "must be HOST:PORT"},
    {"[gateway]\ndomain = a.test\n[mailer]\nrelay = a b:25\n", 4, "must be HOST:PORT"},
    {"[gateway]\ndomain = a.test\n[mailer]\nrelay = unix:smtp\n", 4, "absolute path"},
    {"[gateway]\ndomain = a.test\n[mailer]\ntemplates = templates\n", 4, "must be an absolute path"},
    {"[gateway]\ndomain = a.test\n[trust]\nunauthenticated = yes\n", 4, "must be one of act | confirm"},
    {"[gateway]\ndomain = a.test\n[trust]\nauthserv_id = mx 1;\n", 4, "must be one word"},
    {"[gateway]\ndomain = a.test\n[log]\nlevel = loud\n", 4, "must be one of error | warning | notice | info | debug"},
};

static void
test_refusals_name_place_and_remedy(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    for (guint i = 0; i < G_N_ELEMENTS(WRONG); i++)
        expect_refusal(scratch, WRONG[i].content, -1, WRONG[i].line, WRONG[i].words);
}

static void
test_nul_is_refused(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    static const char CONTENT[] = "[gateway]\ndomain = experts.test\0.evil\n";
    expect_refusal(scratch, CONTENT, sizeof CONTENT - 1, 2, "UTF-8");
}

static void
test_byte_order_mark_is_refused_with_its_line(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    expect_refusal(scratch, "\xef\xbb\xbf[gateway]\ndomain = experts.test\n", -1, 1, "byte order mark");
}

static void
test_absent_file(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    g_autoptr(conf) loaded = conf_load(scratch->path, &error);
    g_assert_null(loaded);
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND);
    g_assert_nonnull(strstr(error->message, scratch->path));
}

static void
test_relative_file_gets_an_absolute_path(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    g_autofree char *before = g_get_current_dir();
    g_assert_true(g_file_set_contents(scratch->path, "[gateway]\ndomain = a.test\n", -1, NULL));
    g_assert_cmpint(g_chdir(scratch->folder), ==, 0);
    g_autoptr(conf) loaded = conf_load("postern.conf", NULL);
    g_assert_cmpint(g_chdir(before), ==, 0);
    g_assert_nonnull(loaded);
    g_assert_cmpstr(loaded->path, ==, scratch->path);
}

/* 107 bytes of path fit sockaddr_un, 108 do not. */
static void
test_socket_paths_fit(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    static const char *const KEYS[] = {
        "[mailer]\nwake_socket = ", "[mailer]\nrelay = unix:", "[milter]\nsocket = unix:"};
    for (guint i = 0; i < G_N_ELEMENTS(KEYS); i++) {
        g_autofree char *longest = g_strdup_printf("[gateway]\ndomain = a.test\n%s/%0106d\n", KEYS[i], 0);
        g_autofree char *over = g_strdup_printf("[gateway]\ndomain = a.test\n%s/%0107d\n", KEYS[i], 0);
        conf_free(load_good(scratch, longest));
        expect_refusal(scratch, over, -1, 4, "has a path of 108 bytes; a UNIX socket's has at most 107");
    }
}

static void
test_relay_forms(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    static const char *const GOOD[] = {"127.0.0.1:25", "localhost:2525", "[::1]:25", "mx.example.com:587",
                                       "unix:/run/smtp"};
    for (guint i = 0; i < G_N_ELEMENTS(GOOD); i++) {
        g_autofree char *content = g_strdup_printf("[gateway]\ndomain = a.test\n[mailer]\nrelay = %s\n", GOOD[i]);
        g_autoptr(conf) loaded = load_good(scratch, content);
        g_assert_cmpstr(loaded->relay, ==, GOOD[i]);
    }
}

static void
test_domain_that_spoils_a_default(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    g_autofree char *label = g_strnfill(60, 'a');
    g_autofree char *content = g_strdup_printf("[gateway]\ndomain = %s.%s.%s.%s.test\n", label, label, label, label);
    expect_refusal(scratch, content, -1, 2, "gateway.admin, by default \"postmaster@");
}

static char *
expected_default(const struct conf_setting *setting)
{
    g_auto(GStrv) pieces = g_strsplit(setting->default_value ? setting->default_value : "experts.test", "DOMAIN", -1);
    return g_strjoinv("experts.test", pieces);
}

static void
test_table_is_sound(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    guint count;
    g_autoptr(conf) loaded = load_good(scratch, "[gateway]\ndomain = experts.test\n");
    const struct conf_setting *settings = conf_settings(&count);
    g_assert_cmpuint(count, >=, 35);
    for (guint i = 0; i < count; i++) {
        g_autofree char *value = conf_value(loaded, settings[i].name);
        g_autofree char *standard = expected_default(&settings[i]);
        g_test_message("%s", settings[i].name);
        g_assert_nonnull(settings[i].help);
        g_assert_true(g_str_has_suffix(settings[i].help, "."));
        g_assert_cmpstr(value, ==, standard);
        for (guint j = 0; j < i; j++) {
            g_assert_cmpstr(settings[i].name, !=, settings[j].name);
            g_assert_cmpuint(settings[i].offset, !=, settings[j].offset);
        }
    }
    g_assert_null(conf_value(loaded, "gateway.colour"));
}

/* What conf_value() prints loads to the same value. */
static void
test_values_round_trip(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    static const char *const PAIRS[][3] = {
        {"market", "answer_time", "90"}, {"market", "answer_time", "2d"},         {"market", "hold_time", "0"},
        {"market", "hold_time", "61"},   {"milter", "max_message_size", "65537"}, {"milter", "max_message_size", "1G"},
        {"store", "readers", "7"},
    };
    static const char *const PRINTED[] = {"90s", "2d", "0", "61s", "65537", "1G", "7"};
    for (guint i = 0; i < G_N_ELEMENTS(PAIRS); i++) {
        g_autofree char *content =
            g_strdup_printf("[gateway]\ndomain = a.test\n[%s]\n%s = %s\n", PAIRS[i][0], PAIRS[i][1], PAIRS[i][2]);
        g_autofree char *name = g_strconcat(PAIRS[i][0], ".", PAIRS[i][1], NULL);
        g_autoptr(conf) loaded = load_good(scratch, content);
        g_autofree char *value = conf_value(loaded, name);
        g_assert_cmpstr(value, ==, PRINTED[i]);
    }
}

/* ---- the sample ---- */

/* The sample with every setting in force, and "group.key" → its value there. Fails on a setting that stands there
 * twice. */
static char *
uncomment_sample(GHashTable *values)
{
    g_autofree char *content = NULL;
    g_autofree char *group = NULL;
    g_autoptr(GRegex) setting = g_regex_new("^#?([a-z_]+) =(?: (.*))?$", 0, 0, NULL);
    GString *out = g_string_new(NULL);

    g_assert_true(g_file_get_contents(SAMPLE, &content, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(content, "\n", -1);
    for (char **line = lines; *line; line++) {
        g_autoptr(GMatchInfo) match = NULL;
        if (**line == '[') {
            g_free(group);
            group = g_strndup(*line + 1, strcspn(*line + 1, "]"));
        }
        if (g_regex_match(setting, *line, 0, &match)) {
            g_autofree char *key = g_match_info_fetch(match, 1);
            g_assert_true(
                g_hash_table_insert(values, g_strconcat(group, ".", key, NULL), g_match_info_fetch(match, 2)));
            g_string_append_printf(out, "%s\n", *line + (**line == '#'));
        } else {
            g_string_append_printf(out, "%s\n", *line);
        }
    }
    return g_string_free(out, FALSE);
}

static void
test_sample_loads(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    g_autoptr(conf) loaded = conf_load(SAMPLE, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(loaded->domain, ==, "experts.test");
    (void)scratch;
}

static void
test_sample_names_every_setting_with_its_default(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    guint count;
    const struct conf_setting *settings = conf_settings(&count);
    g_autoptr(GHashTable) values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autofree char *content = uncomment_sample(values);

    conf_free(load_good(scratch, content));
    for (guint i = 0; i < count; i++) {
        g_autofree char *standard = expected_default(&settings[i]);
        g_test_message("%s", settings[i].name);
        g_assert_cmpstr(g_hash_table_lookup(values, settings[i].name), ==, standard);
    }
    g_assert_cmpuint(g_hash_table_size(values), ==, count);
}

#define ADD(name, function)                                                                                            \
    g_test_add("/conf/" name, struct scratch, "postern.conf", scratch_set_up, function, scratch_tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("domain-is-enough", test_domain_is_enough);
    ADD("values-in-the-file-are-in-force", test_values_in_force);
    ADD("refusals-name-place-and-remedy", test_refusals_name_place_and_remedy);
    ADD("a-nul-is-refused", test_nul_is_refused);
    ADD("a-byte-order-mark-is-named", test_byte_order_mark_is_refused_with_its_line);
    ADD("an-absent-file-is-not-found", test_absent_file);
    ADD("path-is-absolute", test_relative_file_gets_an_absolute_path);
    ADD("socket-paths-fit-the-kernel", test_socket_paths_fit);
    ADD("relay-takes-host-ipv6-and-socket", test_relay_forms);
    ADD("a-domain-that-spoils-a-default-is-refused", test_domain_that_spoils_a_default);
    ADD("the-table-is-sound", test_table_is_sound);
    ADD("printed-values-read-back", test_values_round_trip);
    ADD("the-sample-loads", test_sample_loads);
    ADD("the-sample-names-every-setting-with-its-default", test_sample_names_every_setting_with_its_default);
    return g_test_run();
}
