/* The words of each kind of mail: the shipped templates with all the data that they are promised, and how templates are
 * found. */
#include <string.h>

#include <glib/gstdio.h>

#include "lib/error.h"
#include "mailer/calendar.h"
#include "mailer/rehearse.h"
#include "market/notice.h"
#include "mime/html.h"

#define COMMON                                                                                                         \
    "\"marketplace\":\"Experts\",\"domain\":\"experts.test\",\"jobs_address\":\"jobs@experts.test\","                  \
    "\"experts_address\":\"experts@experts.test\",\"recipient_name\":\"Rita <R>\""
#define ORGANISATION "\"organisation\":{\"name\":\"Acme & Sons\"}"
#define MERCHANT "\"merchant\":{\"name\":\"Mia\",\"label\":\"Mia (Candles)\",\"shop\":\"Candles\"}"
#define LINK "\"reply_address\":\"r+abc234@experts.test\""

static const char *const folders[] = {SOURCE_DIR "/templates", NULL};
static const struct reader english = {"en", "UTC"}, dutch = {"nl", "UTC"}, french = {"fr", "UTC"};

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
    const char *const both[] = {first, second, NULL};
    g_autoptr(GError) error = NULL;
    templates *loaded = templates_load(both, &error);
    g_assert_no_error(error);
    return loaded;
}

static templates *
shipped(void)
{
    return load(SOURCE_DIR "/templates", NULL);
}

static void
render(const templates *from, const char *kind, const struct reader *reader, json_t *data, struct rendered *rendered)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(render_words(from, kind, reader, data, NULL, NULL, rendered, &error));
    g_assert_no_error(error);
}

/* Words in order, without quote marks, bullets, rules and the signature mark. */
static char *
words_of(const char *text)
{
    GString *words = g_string_new(NULL);
    g_auto(GStrv) split = g_strsplit_set(text, " \t\r\n", -1);
    for (char **word = split; *word; word++)
        if (strspn(*word, "-*>•") != strlen(*word))
            g_string_append_printf(words, "%s ", *word);
    return g_string_free(words, FALSE);
}

static void
expect_whole(const char *kind, const char *language, const json_t *data, const struct rendered *rendered,
             const char *trouble, gpointer arg)
{
    (void)data;
    if (trouble)
        g_error("%s in %s: %s", kind, language, trouble);
    g_assert_null(strstr(rendered->subject->str, "{{"));
    g_assert_null(strstr(rendered->text->str, "{{"));
    g_assert_null(strstr(rendered->html->str, "{{"));
    ++*(guint *)arg;
}

/* Each name in a layout or a string is in the data, each string in each language. */
static void
test_every_kind_is_whole_in_every_language(void)
{
    g_autoptr(templates) from = shipped();
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) languages = templates_languages(from);
    g_autofree char *joined = g_strjoinv(" ", languages);
    guint mails = 0;
    g_assert_true(rehearse(from, folders, expect_whole, &mails, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(joined, ==, "en fr nl pl");
    g_assert_cmpuint(mails, >=, 4 * 13);
}

static void
expect_same(const char *kind, const char *language, const json_t *data, const struct rendered *rendered,
            const char *trouble, gpointer arg)
{
    g_autofree char *from_html = html_to_text(rendered->html->str, rendered->html->len);
    g_autofree char *expected = words_of(rendered->text->str), *got = words_of(from_html);
    (void)data;
    (void)trouble;
    (void)arg;
    if (strcmp(got, expected) != 0)
        g_test_message("%s in %s", kind, language);
    g_assert_cmpstr(got, ==, expected);
}

static void
test_text_and_html_say_the_same(void)
{
    g_autoptr(templates) from = shipped();
    g_autoptr(GError) error = NULL;
    g_assert_true(rehearse(from, folders, expect_same, NULL, &error));
    g_assert_no_error(error);
}

/* Nothing but the names: no key but those that are there for every kind. */
static void
test_a_bare_notice_renders(void)
{
    g_autoptr(templates) from = shipped();
    for (const char *const *kind = notice_kinds(); *kind; kind++) {
        json_t *values = parse("");
        struct rendered rendered;
        render(from, *kind, &dutch, values, &rendered);
        g_assert_cmpstr(g_strstrip(rendered.subject->str), !=, "");
        rendered_clear(&rendered);
        json_decref(values);
    }
}

static void
expect_links_alone(const char *kind, const char *language, const json_t *data, const struct rendered *rendered,
                   const char *trouble, gpointer arg)
{
    const char *address = json_string_value(json_object_get(data, "reply_address"));
    g_autofree char *line = g_strdup_printf("\n%s\n", address ? address : "");
    (void)language;
    (void)trouble;
    (void)arg;
    if (address && g_strv_contains((const char *const[]){"first-contact", "lead", "ack", NULL}, kind))
        g_assert_nonnull(strstr(rendered->text->str, line));
    if (!address && strcmp(kind, "overview") == 0)
        g_assert_nonnull(strstr(rendered->text->str, "\nr+two@experts.test\n"));
}

static void
test_links_stand_alone_on_a_line(void)
{
    g_autoptr(templates) from = shipped();
    g_assert_true(rehearse(from, folders, expect_links_alone, NULL, NULL));
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
        render(from, "lead", &english, values, &rendered);
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
    render(from, "ack", &english, values, &rendered);
    g_assert_null(strstr(rendered.text->str, "buy-pills"));
    g_assert_null(strstr(rendered.html->str, "buy-pills"));
    rendered_clear(&rendered);
    json_decref(values);
}

/* ---- folders of templates ---- */

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
    const char *const both[] = {folder->path, SOURCE_DIR "/templates", NULL};
    g_autoptr(GError) error = NULL;
    g_assert_null(templates_load(both, &error));
    g_assert_error(error, POSTERN_ERROR, (int)code);
    if (!strstr(error->message, words))
        g_assert_cmpstr(error->message, ==, words);
}

/* ---- strings ---- */

/* What {{note}} is when a rule says `data`. */
static char *
said(const char *words, const struct reader *reader, const char *data)
{
    struct folder folder;
    folder_make(&folder);
    folder_write(&folder, "admin-alert.text.mustache", "{{note}}");
    folder_write(&folder, "admin-alert.html.mustache", "<p>{{note}}</p>");
    folder_write(&folder, reader == &french ? "fr.words" : "nl.words", words);
    g_autoptr(templates) from = load(folder.path, SOURCE_DIR "/templates");
    json_t *values = parse(data);
    struct rendered rendered;
    render(from, "admin-alert", reader, values, &rendered);
    char *both = g_strdup_printf("%s | %s", rendered.text->str, rendered.html->str);
    rendered_clear(&rendered);
    json_decref(values);
    folder_clear(&folder);
    return both;
}

static void
test_a_rule_says_a_key(void)
{
    static const struct {
        const struct reader *reader;
        const char *words, *data, *expected;
    } rows[] = {
        {&dutch, "said.tag = <Tag> {{tag}} & {{marketplace}}", "{\"say\":\"said.tag\",\"tag\":\"<vip>\"}",
         "<Tag> <vip> & Experts | <p>&lt;Tag&gt; &lt;vip&gt; &amp; Experts</p>"},
        {&dutch, "said.tag = Tag {{tag}}", "{\"say\":\"said.tag\",\"tag\":{\"say\":\"state.new\"}}",
         "Tag Nieuw | <p>Tag Nieuw</p>"},
        {&dutch, "said.due = {{due_words}}, {{price_words}}",
         "{\"say\":\"said.due\",\"due_time\":1809856800,\"price_money\":{\"amount\":1234550,\"currency\":\"EUR\"}}",
         "zondag 9 mei 2027 om 10:00 UTC, €\302\240"
         "12.345,50 | <p>zondag 9 mei 2027 om 10:00 UTC, €\302\240"
         "12.345,50</p>"},
        {&french, "x = y", "{\"say\":\"state.completed\"}", "Terminée | <p>Terminée</p>"},
        {&french, "q = « {{n}} » : quoi ? Oui.", "{\"say\":\"q\",\"n\":\"a : b\"}",
         "«\302\240a : b\302\240»\302\240: quoi\302\240? Oui. | <p>«\302\240a : "
         "b\302\240»\302\240: quoi\302\240? Oui.</p>"},
        {&dutch, "x = y", "{\"say\":\"said.never\"}", "(said.never) | <p>(said.never)</p>"},
        {&dutch, "n[n].one = {{n}} ding\nn[n].other = {{n}} dingen", "{\"say\":\"n\",\"n\":1}",
         "1 ding | <p>1 ding</p>"},
        {&dutch, "n[n].one = {{n}} ding\nn[n].other = {{n}} dingen", "{\"say\":\"n\",\"n\":22}",
         "22 dingen | <p>22 dingen</p>"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *data = g_strdup_printf("\"note\":%s", rows[i].data);
        g_autofree char *got = said(rows[i].words, rows[i].reader, data);
        g_assert_cmpstr(got, ==, rows[i].expected);
    }
}

static void
test_plurals(void)
{
    static const struct {
        const char *language, *subject;
        int count;
    } rows[] = {
        {"pl", "1 nieprzeczytana wiadomość", 1},
        {"pl", "2 nieprzeczytane wiadomości", 2},
        {"pl", "5 nieprzeczytanych wiadomości", 5},
        {"pl", "22 nieprzeczytane wiadomości", 22},
        {"pl", "12 nieprzeczytanych wiadomości", 12},
        {"en", "1 unread message", 1},
        {"en", "2 unread messages", 2},
        {"nl", "1 ongelezen bericht", 1},
        {"nl", "22 ongelezen berichten", 22},
        {"fr", "1 message non lu", 1},
        {"fr", "2 messages non lus", 2},
        {"fr", "0 message non lu", 0},
    };
    g_autoptr(templates) from = shipped();
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const struct reader reader = {rows[i].language, "UTC"};
        g_autofree char *data = g_strdup_printf("\"count\":%d", rows[i].count);
        json_t *values = parse(data);
        struct rendered rendered;
        render(from, "overview", &reader, values, &rendered);
        g_assert_cmpstr(g_strstrip(rendered.subject->str), ==, rows[i].subject);
        rendered_clear(&rendered);
        json_decref(values);
    }
}

static void
test_facts_in_words(void)
{
    static const struct {
        const char *language, *timezone, *fact, *words;
    } rows[] = {
        {"en", "UTC", "\"x_time\":1809856800", "Sunday, 9 May 2027 at 10:00 UTC"},
        {"nl", "Europe/Amsterdam", "\"x_time\":1809856800", "zondag 9 mei 2027 om 12:00 CEST"},
        {"fr", "Europe/Paris", "\"x_time\":1809856800", "dimanche 9 mai 2027 à 12:00 UTC+2"},
        {"pl", "Europe/Warsaw", "\"x_time\":1809856800", "niedziela, 9 maja 2027 12:00 CEST"},
        {"en", "UTC", "\"x_seconds\":3600", "1 hour"},
        {"nl", "UTC", "\"x_seconds\":259200", "3 dagen"},
        {"fr", "UTC", "\"x_seconds\":5400", "90 minutes"},
        {"pl", "UTC", "\"x_seconds\":18000", "5 godzin"},
        {"en", "UTC", "\"x_seconds\":0", "0 seconds"},
        {"en", "UTC", "\"x_bytes\":1", "1 byte"},
        {"en", "UTC", "\"x_bytes\":1536", "1.5 kB"},
        {"fr", "UTC", "\"x_bytes\":25000000", "25\342\200\257Mo"},
        {"en", "UTC", "\"x_money\":{\"amount\":12500,\"currency\":\"EUR\"}", "€125.00"},
        {"nl", "UTC", "\"x_money\":{\"amount\":-5,\"currency\":\"EUR\"}", "€\302\240-0,05"},
        {"pl", "UTC", "\"x_money\":{\"amount\":9007199254740993,\"currency\":\"PLN\"}",
         "90\302\240071\302\240992\302\240547\302\240409,93\302\240zł"},
        {"fr", "UTC", "\"x_money\":{\"amount\":125000,\"currency\":\"JPY\"}", "125\342\200\257000\302\240JPY"},
        {"en", "UTC", "\"x_money\":{\"amount\":125000,\"currency\":\"JPY\"}", "JP¥125,000"},
        {"en", "UTC", "\"x_money\":{\"amount\":1234567,\"currency\":\"KWD\"}", "KWD\302\2401,234.567"},
        {"nl", "UTC", "\"x_money\":{\"amount\":1234500,\"currency\":\"IQD\"}", "IQD\302\2401.234,500"},
        {"en", "UTC", "\"x_money\":{\"amount\":1234567,\"currency\":\"IQD\"}", "IQD\302\2401,234.567"},
        {"en", "UTC", "\"x_money\":{\"amount\":1,\"currency\":\"€uro\"}", ""},
        {"en", "UTC", "\"x_time\":\"soon\"", ""},
    };
    struct folder folder;
    folder_make(&folder);
    folder_write(&folder, "admin-alert.text.mustache", "{{x_words}}");
    g_autoptr(templates) from = load(folder.path, SOURCE_DIR "/templates");
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const struct reader reader = {rows[i].language, rows[i].timezone};
        json_t *values = parse(rows[i].fact);
        struct rendered rendered;
        render(from, "admin-alert", &reader, values, &rendered);
        g_assert_cmpstr(rendered.text->str, ==, rows[i].words);
        rendered_clear(&rendered);
        json_decref(values);
    }
    folder_clear(&folder);
}

static void
test_a_wrong_string_is_refused(void)
{
    static const struct {
        const char *words, *error;
    } rows[] = {
        {"# good\n\nno key", "nl.words:3: not `KEY = TEXT`"},
        {"a =", "nl.words:1: `a` has no text"},
        {"A = b", "nl.words:1: `A` is no key"},
        {"a = b\na = c", "nl.words:2: `a` is there twice"},
        {"a = {{#b}}c{{/b}}", "nl.words:1: `b`: a string has {{values}} only"},
        {"a = {{{b}}}", "nl.words:1: `b`: a string has {{values}} only"},
        {"a = {{@a}}", "nl.words:1: `a`: a string has {{values}} only"},
        {"a = {{b", "nl.words:1:1: a tag is not ended"},
        {"a[n].one = b", "`a` lacks the plural `other`"},
        {"a[n].dual = b", "nl.words:1: `dual` is no plural category"},
        {"a[n] = b", "nl.words:1: `a[n]` is no key"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct folder folder;
        folder_make(&folder);
        folder_write(&folder, "nl.words", rows[i].words);
        expect_error(&folder, POSTERN_ERROR_INVALID, rows[i].error);
        folder_clear(&folder);
    }
}

/* ---- how templates are found ---- */

static char *
text_of(const templates *from, const char *kind, const struct reader *reader)
{
    json_t *values = parse("");
    struct rendered rendered;
    render(from, kind, reader, values, &rendered);
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
    folder_write(&folder, "no-match.text.mustache", "Ours.{{>foot}}");
    folder_write(&folder, "foot.text.mustache", " Our foot.");
    g_autoptr(templates) from = load(folder.path, SOURCE_DIR "/templates");
    g_autofree char *text = text_of(from, "no-match", &english), *other = text_of(from, "refused", &english);
    g_assert_cmpstr(text, ==, "Ours. Our foot.");
    g_assert_true(g_str_has_suffix(other, " Our foot."));
    folder_clear(&folder);
}

static void
test_a_single_string_is_overridden(void)
{
    struct folder folder;
    folder_make(&folder);
    folder_write(&folder, "nl.words", "greet.name = Dag {{recipient_name}},\n");
    g_autoptr(templates) from = load(folder.path, SOURCE_DIR "/templates");
    g_autofree char *ours = text_of(from, "no-match", &dutch), *other = text_of(from, "no-match", &english);
    g_assert_true(g_str_has_prefix(ours, "Dag Rita <R>,\n\nBedankt"));
    g_assert_true(g_str_has_prefix(other, "Hello Rita <R>,\n\nThank you"));
    folder_clear(&folder);
}

static void
test_a_single_plural_is_overridden(void)
{
    g_autofree char *one =
        said("overview.unread[count].one = Eentje\n", &dutch, "\"note\": {\"say\": \"overview.unread\", \"count\": 1}");
    g_autofree char *two =
        said("overview.unread[count].one = Eentje\n", &dutch, "\"note\": {\"say\": \"overview.unread\", \"count\": 2}");
    g_assert_cmpstr(one, ==, "Eentje | <p>Eentje</p>");
    g_assert_cmpstr(two, ==, "2 ongelezen berichten | <p>2 ongelezen berichten</p>");
}

static void
test_a_language_falls_back_to_english(void)
{
    struct folder folder;
    folder_make(&folder);
    folder_write(&folder, "de.words", "greet.name = Hallo {{recipient_name}},\n");
    g_autoptr(templates) from = load(folder.path, SOURCE_DIR "/templates");
    static const struct reader german = {"de", "UTC"}, swedish = {"sv", "UTC"};
    g_autofree char *half = text_of(from, "no-match", &german), *none = text_of(from, "no-match", &swedish);
    g_assert_true(g_str_has_prefix(half, "Hallo Rita <R>,\n\nThank you"));
    g_assert_true(g_str_has_prefix(none, "Hello Rita <R>,\n\nThank you"));
    folder_clear(&folder);
}

static void
test_a_page_names_the_language_it_is_in(void)
{
    static const struct {
        struct reader reader;
        const char *begin;
    } rows[] = {{{"nl", "UTC"}, "<html lang=\"nl\" dir=\"ltr\""}, {{"sv", "UTC"}, "<html lang=\"en\" dir=\"ltr\""}};
    g_autoptr(templates) from = shipped();
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        json_t *values = parse("");
        struct rendered rendered;
        render(from, "no-match", &rows[i].reader, values, &rendered);
        g_assert_nonnull(strstr(rendered.html->str, rows[i].begin));
        rendered_clear(&rendered);
        json_decref(values);
    }
}

static void
test_a_missing_string_is_refused(void)
{
    struct folder folder;
    folder_make(&folder);
    folder_write(&folder, "no-match.text.mustache", "x\n{{@never}}");
    expect_error(&folder, POSTERN_ERROR_NOT_FOUND, "no-match.text.mustache:2: {{@never}}: en.words has no `never`");
    folder_clear(&folder);
}

static void
test_a_missing_partial_is_refused(void)
{
    struct folder folder;
    folder_make(&folder);
    folder_write(&folder, "no-match.text.mustache", "x\n{{>tail}}");
    expect_error(&folder, POSTERN_ERROR_NOT_FOUND,
                 "no-match.text.mustache:2: {{>tail}}: tail.text.mustache is missing");
    folder_clear(&folder);
}

/* A mail would be given up for it. */
static void
test_a_partial_that_comes_back_to_itself_is_refused(void)
{
    struct folder folder;
    folder_make(&folder);
    folder_write(&folder, "greet.text.mustache", "{{#a}}{{>foot}}{{/a}}");
    folder_write(&folder, "foot.text.mustache", "x\n{{>greet}}");
    expect_error(&folder, POSTERN_ERROR_INVALID, "goes round in a circle");
    folder_clear(&folder);
}

static void
test_a_folder_that_is_none_is_refused(void)
{
    struct folder folder;
    folder_make(&folder);
    folder_write(&folder, "file", "x");
    g_autofree char *whole = folder.path;
    folder.path = g_build_filename(whole, "file", NULL);
    expect_error(&folder, POSTERN_ERROR_INVALID, "mailer.templates: ");
    g_free(folder.path);
    folder.path = g_steal_pointer(&whole);
    folder_clear(&folder);
}

/* Like one whose name is not quite a kind's. */
static void
test_a_layout_that_no_mail_uses_is_found(void)
{
    struct folder folder;
    folder_make(&folder);
    folder_write(&folder, "ack.text.mustache", "{{>mine}}");
    folder_write(&folder, "mine.text.mustache", "x");
    folder_write(&folder, "akc.text.mustache", "x");
    folder_write(&folder, "ack.txt.mustache", "x");
    const char *const both[] = {folder.path, SOURCE_DIR "/templates", NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(templates) loaded = templates_load(both, &error);
    g_assert_no_error(error);
    g_auto(GStrv) unused = templates_unused(loaded);
    g_autofree char *names = g_strjoinv(" ", unused);
    g_assert_cmpstr(names, ==, "ack.txt.mustache akc.text.mustache");
    folder_clear(&folder);
}

static void
test_a_wrong_template_is_refused(void)
{
    struct folder folder;
    folder_make(&folder);
    folder_write(&folder, "no-match.text.mustache", "x\n{{#a}}");
    expect_error(&folder, POSTERN_ERROR_INVALID, "no-match.text.mustache:2: the section `a` is not ended");
    folder_clear(&folder);
}

static void
test_no_templates_at_all(void)
{
    const char *const nowhere[] = {"/nonexistent", NULL};
    g_autoptr(GError) error = NULL;
    g_assert_null(templates_load(nowhere, &error));
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND);
    g_assert_cmpstr(error->message, ==, "en.words is missing in /nonexistent: install the templates");
}

static void
test_an_unknown_kind_is_an_error(void)
{
    g_autoptr(templates) from = shipped();
    g_autoptr(GError) error = NULL;
    json_t *values = parse("");
    struct rendered rendered;
    g_assert_false(render_words(from, "nonsense", &english, values, NULL, NULL, &rendered, &error));
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID);
    json_decref(values);
}

/* ---- a calendar's entry (RFC 5545) ---- */

static void
test_calendar(void)
{
    json_t *entry = json_pack(
        "{s:s, s:s, s:i, s:s, s:I, s:{s:s}}", "method", "PUBLISH", "uid", "job-7@experts.test", "sequence", 0,
        "organizer", "r+abc@experts.test", "due_time", (json_int_t)G_GINT64_CONSTANT(1795329600), "title", "said",
        "Odpowied\305\272; dla \342\200\236Sklepu, i\\\342\200\235\r\nX-EVIL:1 "
        "\305\274\305\274\305\274\305\274\305\274\305\274\305\274\305\274\305\274\305\274\305\274\305\274");
    g_autofree char *text = calendar_text(entry, 1795000000);
    g_auto(GStrv) lines = g_strsplit(text, "\r\n", -1);
    g_assert_nonnull(strstr(text, "\r\nDTSTART:20261122T054000Z\r\nDTEND:20261122T064000Z\r\n"));
    g_assert_nonnull(strstr(text, "\r\nUID:job-7@experts.test\r\nSEQUENCE:0\r\n"));
    g_assert_nonnull(strstr(text, "\r\nMETHOD:PUBLISH\r\n"));
    g_assert_nonnull(strstr(text, "SUMMARY:Odpowied\305\272\\; dla \342\200\236Sklepu\\, i\\\\"));
    for (char **line = lines; *line; line++) {
        g_assert_cmpuint(strlen(*line), <=, 75);
        g_assert_true(g_utf8_validate(*line, -1, NULL));
        g_assert_false(g_str_has_prefix(*line, "X-EVIL"));
    }
    json_decref(entry);
}

/* ---- the checker of the build ---- */

/* The source's strings and layouts with a line of one file replaced; what the checker prints. */
static char *
checked(const char *file, const char *old, const char *new)
{
    struct folder folder;
    g_autofree char *output = NULL, *source = NULL;
    folder_make(&folder);
    g_autofree char *copy =
        g_strdup_printf("cp -r " SOURCE_DIR "/templates " SOURCE_DIR "/market " SOURCE_DIR "/mailer %s", folder.path);
    g_autofree char *command = g_strdup_printf(SOURCE_DIR "/templates/check-words %s", folder.path);
    g_autofree char *path = g_build_filename(folder.path, file, NULL);
    g_assert_true(g_spawn_command_line_sync(copy, NULL, NULL, NULL, NULL));
    g_assert_true(g_file_get_contents(path, &source, NULL, NULL));
    g_auto(GStrv) halves = g_strsplit(source, old, 2);
    g_assert_cmpuint(g_strv_length(halves), ==, 2);
    g_autofree char *changed = g_strjoinv(new, halves);
    g_assert_true(g_file_set_contents(path, changed, -1, NULL));
    g_assert_true(g_spawn_command_line_sync(command, &output, NULL, NULL, NULL));
    folder_clear(&folder);
    return g_steal_pointer(&output);
}

static void
test_the_build_finds_wrong_strings(void)
{
    static const struct {
        const char *file, *old, *new, *words;
    } rows[] = {
        {"templates/en.words", "greet =", "greet =", ""},
        {"templates/nl.words", "\ngreet = Hallo,", "", "templates/nl.words lacks greet\n"},
        {"templates/pl.words", "overview.unread[count].few", "# ", "overview.unread lacks the plural few\n"},
        {"templates/fr.words", "Vous avez déjà échangé au sujet", "{{shop}}",
         "previous.about has shop subject, but the English subject\n"},
        {"templates/no-match.text.mustache", "{{@no-match.list}}", "{{@no-match.lost}}", "no string no-match.lost\n"},
        {"market/quarantine.c", "\"not-relayed.distrusted\"", "\"x\"", "nothing uses not-relayed.distrusted\n"},
        {"templates/nl.words", "\ngreet = Hallo,", "\ngreet = Hallo you,", "greet has English words\n"},
        {"templates/nl.words", "\ngreet = Hallo,", "\ngreet = Aan u,", "greet says u, where the reader is je\n"},
        {"templates/pl.words", "\ngreet = ", "\ngreet = Napisałeś ", "greet says by its past tense"},
        {"templates/fr.words", "\ngreet = Bonjour,", "\ngreet = Merci de ton mail", "greet says tu"},
        {"templates/fr.words", "\ngreet =", "\ngreet = x\ngreet =", "greet is there twice\n"},
        {"templates/no-match.html.mustache", "{{>greet}}", "<b>Hello</b>", "words belong to the strings:Hello\n"},
        {"market/inbound.c", "#include", "\"say\", \"said.never\"\n#include", "no string said.never\n"},
        {"market/invoice.c", "\"cannot.no_invoice\"", "\"cannot.no_such\"", "no string cannot.no_such\n"},
        {"market/proposal.c", "\"example.total\"", "\"example.sum\"", "no string example.sum\n"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *got = checked(rows[i].file, rows[i].old, rows[i].new);
        if (*rows[i].words ? !strstr(got, rows[i].words) : *got)
            g_assert_cmpstr(got, ==, rows[i].words);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/render/every-kind-is-whole-in-every-language", test_every_kind_is_whole_in_every_language);
    g_test_add_func("/render/text-and-html-say-the-same", test_text_and_html_say_the_same);
    g_test_add_func("/render/a-bare-notice-renders", test_a_bare_notice_renders);
    g_test_add_func("/render/links-stand-alone-on-a-line", test_links_stand_alone_on_a_line);
    g_test_add_func("/render/leads-are-told-of-others-only-when-matched",
                    test_leads_are_told_of_others_only_when_matched);
    g_test_add_func("/render/an-acknowledgement-quotes-nothing", test_an_acknowledgement_quotes_nothing);
    g_test_add_func("/render/a-rule-says-a-key", test_a_rule_says_a_key);
    g_test_add_func("/render/plurals", test_plurals);
    g_test_add_func("/render/facts-in-words", test_facts_in_words);
    g_test_add_func("/render/a-wrong-string-is-refused", test_a_wrong_string_is_refused);
    g_test_add_func("/render/a-single-file-is-overridden", test_a_single_file_is_overridden);
    g_test_add_func("/render/a-single-string-is-overridden", test_a_single_string_is_overridden);
    g_test_add_func("/render/a-single-plural-is-overridden", test_a_single_plural_is_overridden);
    g_test_add_func("/render/a-language-falls-back-to-english", test_a_language_falls_back_to_english);
    g_test_add_func("/render/a-page-names-the-language-it-is-in", test_a_page_names_the_language_it_is_in);
    g_test_add_func("/render/a-missing-string-is-refused", test_a_missing_string_is_refused);
    g_test_add_func("/render/a-missing-partial-is-refused", test_a_missing_partial_is_refused);
    g_test_add_func("/render/a-partial-that-comes-back-to-itself-is-refused",
                    test_a_partial_that_comes_back_to_itself_is_refused);
    g_test_add_func("/render/a-folder-that-is-none-is-refused", test_a_folder_that_is_none_is_refused);
    g_test_add_func("/render/a-layout-that-no-mail-uses-is-found", test_a_layout_that_no_mail_uses_is_found);
    g_test_add_func("/render/a-wrong-template-is-refused", test_a_wrong_template_is_refused);
    g_test_add_func("/render/no-templates-at-all", test_no_templates_at_all);
    g_test_add_func("/render/an-unknown-kind-is-an-error", test_an_unknown_kind_is_an_error);
    g_test_add_func("/render/the-build-finds-wrong-strings", test_the_build_finds_wrong_strings);
    g_test_add_func("/render/calendar", test_calendar);
    return g_test_run();
}
