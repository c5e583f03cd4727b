/* The words of each kind of mail: the shipped templates with all the data that they are promised, and how templates are
 * found. */
#include <string.h>

#include <glib/gstdio.h>

#include "lib/error.h"
#include "mailer/render.h"
#include "mime/html.h"

/* What market/notify.c fills for each kind, with everything there; `{"x": …}` in a value's place marks nothing, it is
 * data. */
#define COMMON                                                                                                         \
    "\"marketplace\":\"Experts\",\"domain\":\"experts.test\",\"jobs_address\":\"jobs@experts.test\","                  \
    "\"experts_address\":\"experts@experts.test\",\"recipient_name\":\"Rita <R>\",\"language\":\"en\""
#define WORDS                                                                                                          \
    "\"text\":\"One & two\\n\\n<three>\",\"lines\":[{\"line\":\"One & two\"},{\"line\":\"\"},{\"line\":\"<three>\"}]"
#define FILES                                                                                                          \
    "\"files\":[{\"name\":\"plan <1>.pdf\",\"size\":\"12 kB\",\"omitted\":false},"                                     \
    "{\"name\":\"film.mov\",\"size\":\"40 MB\",\"omitted\":true}]"
#define ORGANISATION "\"organisation\":{\"name\":\"Acme & Sons\"}"
#define MERCHANT                                                                                                       \
    "\"merchant\":{\"name\":\"Mia \\\"M\\\"\",\"shop\":\"Mia's "                                                       \
    "<Candles>\",\"shop_url\":\"https://mias-candles.test/?a&b\"}"
#define LINK "\"reply_address\":\"r+abc234@experts.test\""
#define PREVIOUS "\"previous\":{\"link\":\"r+old567@experts.test\",\"subject\":\"Before & after\"}"
#define ITEM(number, merchant, link)                                                                                   \
    "{\"number\":" number ",\"merchant\":\"" merchant "\",\"shop\":\"Shop <" number                                    \
    ">\",\"subject\":\"Subject & " number "\",\"state\":\"new\",\"at\":\"Monday " number "\",\"link\":\"" link         \
    "@experts.test\"," WORDS "," FILES "}"

struct sample {
    const char *kind, *data;
};

static const struct sample samples[] = {
    {"first-contact",
     ORGANISATION "," MERCHANT ",\"service\":\"theme-design\",\"subject\":\"A <theme>\"," WORDS "," FILES
                  ",\"due_at\":\"Monday 3 May 2027, 10:00 UTC\",\"matched\":true," PREVIOUS "," LINK},
    {"lead", ORGANISATION "," MERCHANT ",\"service\":\"theme-design\",\"subject\":\"A <theme>\"," WORDS "," FILES
                          ",\"due_at\":\"Monday 3 May 2027, 10:00 UTC\",\"matched\":true," PREVIOUS "," LINK
                          ",\"lead\":{\"name\":\"Lena <L>\",\"email\":\"lena@vogt.test\",\"phone\":\"+49 30 5550 123\","
                          "\"shop\":\"https://vogt.test/\",\"budget\":\"2000 EUR\"}"},
    {"overview", ORGANISATION ",\"count\":2,\"single\":false,\"interval\":\"hour\",\"items\":[" ITEM(
                     "1", "Mia", "r+one") "," ITEM("2", "Joost", "r+two") "]"},
    {"overview", ORGANISATION ",\"count\":1,\"single\":true,\"interval\":\"hour\",\"subject\":\"A <theme>\"," LINK
                              ",\"items\":[" ITEM("1", "Mia", "r+one") "]"},
    {"ack", MERCHANT "," ORGANISATION ",\"direct\":true,\"matched\":false,\"subject\":\"A <theme>\"," LINK "," WORDS},
    {"ack", MERCHANT ",\"direct\":false,\"matched\":true,\"subject\":\"A <theme>\"," LINK "," WORDS},
    {"relay-partner",
     ORGANISATION "," WORDS "," FILES ",\"profile_url\":\"https://experts.test/acme?a&b\",\"lead\":true,"
                  "\"subject\":\"A <theme>\"," LINK},
    {"expired-merchant", MERCHANT "," ORGANISATION ",\"matched\":false,\"subject\":\"A <theme>\"," LINK},
    {"expired-merchant", MERCHANT ",\"matched\":true,\"subject\":\"A <theme>\"," LINK},
    {"expired-partner", MERCHANT "," ORGANISATION ",\"matched\":false,\"subject\":\"A <theme>\"," LINK},
    {"not-relayed",
     MERCHANT "," ORGANISATION ",\"reason\":\"Not <you>\",\"subject\":\"A <theme>\",\"at\":\"2027-05-03\"," LINK},
    {"undeliverable", MERCHANT "," ORGANISATION ",\"kind\":\"relay-partner\",\"recipient_role\":\"merchant\","
                               "\"subject\":\"A <theme>\"," LINK},
    {"which-conversation", "\"subject\":\"A <theme>\",\"at\":\"2027-05-03\",\"over\":false,\"choices\":["
                           "{\"number\":1,\"link\":\"r+one@experts.test\",\"subject\":\"A & "
                           "b\",\"name\":\"Acme & Sons\"},"
                           "{\"number\":2,\"link\":\"r+two@experts.test\",\"subject\":\"C\",\"name\":\"\"}]"},
    {"which-conversation", "\"subject\":\"A <theme>\",\"at\":\"2027-05-03\",\"over\":true,\"choices\":["
                           "{\"number\":1,\"link\":\"r+one@experts.test\",\"subject\":\"A & "
                           "b\",\"name\":\"Acme & Sons\"}]"},
    {"no-match", "\"merchant\":{\"name\":\"Mia\"},\"subject\":\"A <theme>\""},
    {"refused", "\"text\":\"ghost@experts.test: There is no <such> expert here\",\"subject\":\"A <theme>\""},
    {"experts", "\"service\":\"migration\",\"organisations\":[{\"name\":\"Acme & "
                "Sons\",\"profile_url\":\"https://experts.test/acme\","
                "\"address\":\"acme@experts.test\",\"services\":[{\"service\":\"a\",\"last\":false},{\"service\":\"b\","
                "\"last\":true}]},"
                "{\"name\":\"Blauw\",\"profile_url\":\"https://experts.test/blauw\",\"address\":\"blauw@experts.test\","
                "\"services\":[{\"service\":\"c\",\"last\":true}]}]"},
    {"transcript",
     "\"subject\":\"A <theme>\",\"done\":true,\"items\":[{\"line\":\"/help\",\"said\":\"x\",\"ok\":true}]," LINK},
    {"confirm", "\"subject\":\"A <theme>\",\"line\":\"/block\",\"would\":[{\"said\":\"x\",\"ok\":true}]," LINK},
    {"admin-alert", "\"subject\":\"A <theme>\",\"text\":\"See: postern org list & think\""},
};

static json_t *
parse(const char *data)
{
    g_autofree char *json = g_strdup_printf("{" COMMON "%s%s}", *data ? "," : "", data);
    json_error_t where;
    json_t *parsed = json_loads(json, 0, &where);
    if (!parsed)
        g_error("%s at %d in %s", where.text, where.position, json);
    return parsed;
}

static templates *
load(const char *first, const char *second)
{
    const char *const folders[] = {first, second, NULL};
    g_autoptr(GError) error = NULL;
    templates *loaded = templates_load(folders, &error);
    g_assert_no_error(error);
    return loaded;
}

static templates *
shipped(void)
{
    return load(SOURCE_DIR "/templates", NULL);
}

static void
collect_missing(const char *file, guint line, const char *name, gpointer arg)
{
    g_autofree char *base = g_path_get_basename(file);
    g_string_append_printf(arg, "%s:%u: %s\n", base, line, name);
}

static void
render(const templates *from, const char *kind, const char *language, const json_t *data, GString *missing,
       struct rendered *rendered)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(
        render_words(from, kind, language, data, missing ? collect_missing : NULL, missing, rendered, &error));
    g_assert_no_error(error);
}

/* Words in order, without quote marks, bullets, rules and the signature mark. */
static char *
words_of(const char *text)
{
    GString *words = g_string_new(NULL);
    g_auto(GStrv) split = g_strsplit_set(text, " \t\r\n", -1);
    for (char **word = split; *word; word++)
        if (strspn(*word, "-*>") != strlen(*word))
            g_string_append_printf(words, "%s ", *word);
    return g_string_free(words, FALSE);
}

static void
test_all_data_is_known(gconstpointer data)
{
    const struct sample *sample = data;
    g_autoptr(templates) from = shipped();
    g_autoptr(GString) missing = g_string_new(NULL);
    json_t *values = parse(sample->data);
    struct rendered rendered;
    render(from, sample->kind, "en", values, missing, &rendered);
    g_assert_cmpstr(missing->str, ==, "");
    g_assert_null(strstr(rendered.subject->str, "{{"));
    g_assert_null(strstr(rendered.text->str, "{{"));
    g_assert_null(strstr(rendered.html->str, "{{"));
    rendered_clear(&rendered);
    json_decref(values);
}

static void
test_text_and_html_say_the_same(gconstpointer data)
{
    const struct sample *sample = data;
    g_autoptr(templates) from = shipped();
    json_t *values = parse(sample->data);
    struct rendered rendered;
    render(from, sample->kind, "en", values, NULL, &rendered);
    g_autofree char *from_html = html_to_text(rendered.html->str, rendered.html->len);
    g_autofree char *expected = words_of(rendered.text->str), *got = words_of(from_html);
    g_assert_cmpstr(got, ==, expected);
    rendered_clear(&rendered);
    json_decref(values);
}

/* Nothing but the names: no key but those that are there for every kind. */
static void
test_a_bare_notice_renders(gconstpointer data)
{
    const struct sample *sample = data;
    g_autoptr(templates) from = shipped();
    json_t *values = parse("");
    struct rendered rendered;
    render(from, sample->kind, "en", values, NULL, &rendered);
    g_autofree char *subject = g_strstrip(g_strdup(rendered.subject->str));
    g_assert_cmpstr(subject, !=, "");
    rendered_clear(&rendered);
    json_decref(values);
}

static void
test_links_stand_alone_on_a_line(void)
{
    static const struct {
        const char *kind, *line;
    } links[] = {{"first-contact", "\nr+abc234@experts.test\n"},
                 {"lead", "\nr+abc234@experts.test\n"},
                 {"ack", "\nr+abc234@experts.test\n"},
                 {"overview", "\nr+one@experts.test\n"},
                 {"overview", "\nr+two@experts.test\n"}};
    g_autoptr(templates) from = shipped();
    for (guint i = 0; i < G_N_ELEMENTS(links); i++) {
        guint k = 0;
        while (strcmp(samples[k].kind, links[i].kind) != 0)
            k++;
        json_t *values = parse(samples[k].data);
        struct rendered rendered;
        render(from, links[i].kind, "en", values, NULL, &rendered);
        g_assert_nonnull(strstr(rendered.text->str, links[i].line));
        rendered_clear(&rendered);
        json_decref(values);
    }
}

static void
test_leads_are_told_of_others_only_when_matched(void)
{
    g_autoptr(templates) from = shipped();
    for (int matched = 0; matched <= 1; matched++) {
        g_autofree char *data =
            g_strdup_printf(ORGANISATION "," MERCHANT ",\"matched\":%s," LINK, matched ? "true" : "false");
        json_t *values = parse(data);
        struct rendered rendered;
        render(from, "lead", "en", values, NULL, &rendered);
        g_assert_cmpint(strstr(rendered.text->str, "Several experts") != NULL, ==, matched);
        g_assert_cmpint(strstr(rendered.html->str, "Several experts") != NULL, ==, matched);
        rendered_clear(&rendered);
        json_decref(values);
    }
}

/* Whoever forges a sender would have us deliver the words. */
static void
test_an_acknowledgement_quotes_nothing(void)
{
    g_autoptr(templates) from = shipped();
    json_t *values = parse(MERCHANT ",\"direct\":true," ORGANISATION
                                    ",\"text\":\"buy-pills\",\"lines\":[{\"line\":\"buy-pills\"}]," LINK);
    struct rendered rendered;
    render(from, "ack", "en", values, NULL, &rendered);
    g_assert_null(strstr(rendered.text->str, "buy-pills"));
    g_assert_null(strstr(rendered.html->str, "buy-pills"));
    rendered_clear(&rendered);
    json_decref(values);
}

static void
test_every_kind_has_a_sample(void)
{
    for (const char *const *kind = templates_kinds(); *kind; kind++) {
        gboolean found = FALSE;
        for (guint i = 0; i < G_N_ELEMENTS(samples); i++)
            found = found || strcmp(samples[i].kind, *kind) == 0;
        g_assert_true(found);
    }
}

/* ---- how templates are found ---- */

struct folder {
    char *path;
};

static void
folder_make(struct folder *folder)
{
    folder->path = g_dir_make_tmp("postern-XXXXXX", NULL);
}

static void
folder_write(const struct folder *folder, const char *name, const char *content)
{
    g_autofree char *path = g_build_filename(folder->path, name, NULL);
    g_autofree char *parent = g_path_get_dirname(path);
    g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
    g_assert_true(g_file_set_contents(path, content, -1, NULL));
}

static void
remove_tree(const char *path)
{
    g_autoptr(GDir) entries = g_dir_open(path, 0, NULL);
    for (const char *entry; entries && (entry = g_dir_read_name(entries));) {
        g_autofree char *inner = g_build_filename(path, entry, NULL);
        if (g_file_test(inner, G_FILE_TEST_IS_DIR))
            remove_tree(inner);
        else
            g_unlink(inner);
    }
    g_rmdir(path);
}

static void
folder_clear(struct folder *folder)
{
    remove_tree(folder->path);
    g_free(folder->path);
}

static void
expect_error(const struct folder *folder, enum postern_error code, const char *words)
{
    const char *const folders[] = {folder->path, SOURCE_DIR "/templates", NULL};
    g_autoptr(GError) error = NULL;
    g_assert_null(templates_load(folders, &error));
    g_assert_error(error, POSTERN_ERROR, (int)code);
    if (!strstr(error->message, words))
        g_assert_cmpstr(error->message, ==, words);
}

static char *
text_of(const templates *from, const char *kind, const char *language)
{
    json_t *values = parse("");
    struct rendered rendered;
    render(from, kind, language, values, NULL, &rendered);
    char *text = g_strdup(rendered.text->str);
    rendered_clear(&rendered);
    json_decref(values);
    return text;
}

static void
test_a_single_file_is_overridden(void)
{
    struct folder folder;
    folder_make(&folder);
    folder_write(&folder, "en/no-match.text.mustache", "Ours.{{>foot}}");
    folder_write(&folder, "en/foot.text.mustache", " Our foot.");
    g_autoptr(templates) from = load(folder.path, SOURCE_DIR "/templates");
    g_autofree char *text = text_of(from, "no-match", "en"), *other = text_of(from, "refused", "en");
    g_assert_cmpstr(text, ==, "Ours. Our foot.");
    g_assert_true(g_str_has_suffix(other, " Our foot."));
    folder_clear(&folder);
}

static void
test_a_language_falls_back_to_english(void)
{
    struct folder folder;
    folder_make(&folder);
    folder_write(&folder, "nl/no-match.text.mustache", "Niemand.");
    folder_write(&folder, "nl/no-match.html.mustache", "Niemand.");
    folder_write(&folder, "nl/no-match.subject.mustache", "Niemand");
    g_autoptr(templates) from = load(folder.path, SOURCE_DIR "/templates");
    g_autofree char *dutch = text_of(from, "no-match", "nl"), *english = text_of(from, "no-match", "fr"),
                    *other = text_of(from, "refused", "nl");
    g_assert_cmpstr(dutch, ==, "Niemand.");
    g_assert_true(g_str_has_prefix(english, "Hello"));
    g_assert_true(g_str_has_prefix(other, "Hello"));
    folder_clear(&folder);
}

static void
test_half_a_language_is_refused(void)
{
    struct folder folder;
    folder_make(&folder);
    folder_write(&folder, "nl/no-match.text.mustache", "Niemand.");
    folder_write(&folder, "nl/no-match.subject.mustache", "Niemand");
    expect_error(&folder, POSTERN_ERROR_NOT_FOUND, "/nl/no-match.html.mustache is missing");
    folder_clear(&folder);
}

static void
test_a_missing_partial_is_refused(void)
{
    struct folder folder;
    folder_make(&folder);
    folder_write(&folder, "en/no-match.text.mustache", "x\n{{>tail}}");
    expect_error(&folder, POSTERN_ERROR_NOT_FOUND,
                 "en/no-match.text.mustache:2: {{>tail}}: tail.text.mustache is missing");
    folder_clear(&folder);
}

static void
test_a_wrong_template_is_refused(void)
{
    struct folder folder;
    folder_make(&folder);
    folder_write(&folder, "en/no-match.text.mustache", "x\n{{#a}}");
    expect_error(&folder, POSTERN_ERROR_INVALID, "en/no-match.text.mustache:2: the section `a` is not ended");
    folder_clear(&folder);
}

static void
test_no_templates_at_all(void)
{
    const char *const folders[] = {"/nonexistent", NULL};
    g_autoptr(GError) error = NULL;
    g_assert_null(templates_load(folders, &error));
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND);
    g_assert_nonnull(
        strstr(error->message, "/nonexistent/en is missing: install the templates, or set mailer.templates"));
}

static void
test_an_unknown_kind_is_an_error(void)
{
    g_autoptr(templates) from = shipped();
    g_autoptr(GError) error = NULL;
    json_t *values = parse("");
    struct rendered rendered;
    g_assert_false(render_words(from, "nonsense", "en", values, NULL, NULL, &rendered, &error));
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID);
    json_decref(values);
}

static void
add(const char *promise, guint i, GTestDataFunc test)
{
    g_autofree char *path = g_strdup_printf("/render/%s/%s-%u", promise, samples[i].kind, i);
    g_test_add_data_func(path, &samples[i], test);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(samples); i++) {
        add("all-data-is-known", i, test_all_data_is_known);
        add("text-and-html-say-the-same", i, test_text_and_html_say_the_same);
        add("a-bare-notice-renders", i, test_a_bare_notice_renders);
    }
    g_test_add_func("/render/every-kind-has-a-sample", test_every_kind_has_a_sample);
    g_test_add_func("/render/links-stand-alone-on-a-line", test_links_stand_alone_on_a_line);
    g_test_add_func("/render/leads-are-told-of-others-only-when-matched",
                    test_leads_are_told_of_others_only_when_matched);
    g_test_add_func("/render/an-acknowledgement-quotes-nothing", test_an_acknowledgement_quotes_nothing);
    g_test_add_func("/render/a-single-file-is-overridden", test_a_single_file_is_overridden);
    g_test_add_func("/render/a-language-falls-back-to-english", test_a_language_falls_back_to_english);
    g_test_add_func("/render/half-a-language-is-refused", test_half_a_language_is_refused);
    g_test_add_func("/render/a-missing-partial-is-refused", test_a_missing_partial_is_refused);
    g_test_add_func("/render/a-wrong-template-is-refused", test_a_wrong_template_is_refused);
    g_test_add_func("/render/no-templates-at-all", test_no_templates_at_all);
    g_test_add_func("/render/an-unknown-kind-is-an-error", test_an_unknown_kind_is_an_error);
    return g_test_run();
}
