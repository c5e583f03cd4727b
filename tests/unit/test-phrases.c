/* The tables of words are what the scanners take them for: folded, sorted where they are searched, each phrase once. */
#include <glib.h>
#include <string.h>

#include "mime/fold.h"
#include "mime/form-fields.h"
#include "mime/language-words.h"
#include "mime/phrases.h"
#include "mime/subject.h"

static void
test_tables_are_folded_and_sorted(void)
{
    for (int set = 0; set < PHRASE_SETS; set++) {
        gsize count;
        const char *const *rows = phrase_table((enum phrase_set)set, &count);
        g_assert_cmpuint(count, >, 0);
        for (gsize i = 0; i < count; i++) {
            struct folded folded;
            fold(&folded, rows[i], strlen(rows[i]));
            g_assert_cmpstr(folded.text, ==, rows[i]);
            if (i > 0)
                g_assert_cmpint(strcmp(rows[i - 1], rows[i]), <, 0);
            g_assert_true(phrase_is((enum phrase_set)set, rows[i]));
        }
    }
}

/* The cheap look never denies a phrase, however it is written. */
static void
test_cheap_look_denies_no_phrase(void)
{
    static const char *const spellings[] = {"%s", "%s: more", "\u200e%s"};
    for (int set = 0; set < PHRASE_SETS; set++) {
        gsize count;
        const char *const *rows = phrase_table((enum phrase_set)set, &count);
        for (gsize i = 0; i < count; i++) {
            g_autofree char *upper = g_ascii_strup(rows[i], -1);
            for (gsize k = 0; k < G_N_ELEMENTS(spellings); k++) {
                g_auto(GStrv) around = g_strsplit(spellings[k], "%s", 2);
                g_autofree char *text = g_strconcat(around[0], upper, around[1], NULL);
                g_assert_true(phrase_may_start((enum phrase_set)set, text, strlen(text)));
            }
            g_assert_cmpuint(phrase_count((enum phrase_set)set, rows[i]), >=, 1);
            g_assert_cmpuint(phrase_starts((enum phrase_set)set, rows[i]), ==, strlen(rows[i]));
        }
    }
    g_assert_false(phrase_may_start(PHRASE_CLOSING, "Xqz", 3));
}

/* What a phone's line ends with is looked for as its last word (mime/signature.c). */
static void
test_mobile_tails_in_ascii_are_one_word(void)
{
    gsize count;
    const char *const *rows = phrase_table(PHRASE_MOBILE_TAIL, &count);
    for (gsize i = 0; i < count; i++)
        if (!(rows[i][strlen(rows[i]) - 1] & 0x80))
            g_assert_cmpuint(strspn(rows[i], "abcdefghijklmnopqrstuvwxyz."), ==, strlen(rows[i]));
}

static void
test_folding(void)
{
    static const char *const rows[][2] = {
        {"  Ursprüngliche  Nachricht ", "ursprungliche nachricht"},
        {"ŁÓDŹ", "lodz"},
        {"À :", "a :"},
        {"Straße", "strasse"},
        {"“quoted” – ‘so’", "\"quoted\" - 'so'"},
        {"Ｆｒｏｍ：", "from:"},
        {"٢٠٢٤", "2024"},
        {"보낸 사람", "보낸 사람"},
        {"İstanbul ılık", "istanbul ilik"},
        {"a\xc2\xa0\t b", "a b"},
        {"\u200eFrom\u200f", "from"},
        {"Ёлка Й", "елка и"},
        {"", ""},
        {"\xff\xfe", "\xff\xfe"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct folded folded;
        fold(&folded, rows[i][0], strlen(rows[i][0]));
        g_assert_cmpstr(folded.text, ==, rows[i][1]);
        g_assert_cmpuint(folded.length, ==, strlen(rows[i][1]));
    }
}

static void
test_long_lines_are_cut(void)
{
    g_autofree char *line = g_strnfill(10000, 'x');
    struct folded folded;
    fold(&folded, line, strlen(line));
    g_assert_true(folded.cut);
    g_assert_cmpuint(strlen(folded.text), <, FOLD_MAX);
}

static void
test_phrases_end_at_words(void)
{
    gsize length;
    g_assert_cmpuint(phrase_starts(PHRASE_OPENER, "on monday"), ==, 2);
    g_assert_cmpuint(phrase_starts(PHRASE_OPENER, "only monday"), ==, 0);
    g_assert_nonnull(phrase_in(PHRASE_VERB, "bob wrote:", &length));
    g_assert_null(phrase_in(PHRASE_VERB, "bob rewrote it", &length));
    g_assert_nonnull(phrase_in(PHRASE_VERB, "2024年1月5日写道:", &length)); /* no blanks in there */
    g_assert_cmpuint(phrase_ends(PHRASE_MOBILE_TAIL, "von meinem iphone gesendet"), ==, strlen("gesendet"));
}

static void
test_subjects(void)
{
    static const struct {
        const char *subject;
        enum subject_kind kind;
        const char *base;
    } rows[] = {
        {"Theme", SUBJECT_NEW, "Theme"},
        {"Re: Theme", SUBJECT_REPLY, "Theme"},
        {"AW: WG: Theme", SUBJECT_REPLY, "Theme"},
        {"Fwd: Re: Theme", SUBJECT_FORWARD, "Theme"},
        {"WG: Theme", SUBJECT_FORWARD, "Theme"},
        {"TR : Theme", SUBJECT_FORWARD, "Theme"},
        {"RE[2]: Theme", SUBJECT_REPLY, "Theme"},
        {"Re: [acme] Re: Theme", SUBJECT_REPLY, "Theme"},
        {"[acme] Re: Theme", SUBJECT_REPLY, "Theme"},
        {"回复：Theme", SUBJECT_REPLY, "Theme"},
        {"Odp: Theme", SUBJECT_REPLY, "Theme"},
        {"PD: Theme", SUBJECT_FORWARD, "Theme"},
        {"Redir.: Theme", SUBJECT_FORWARD, "Theme"},
        {"Order: Theme", SUBJECT_NEW, "Order: Theme"},
        {"[acme] Theme", SUBJECT_NEW, "[acme] Theme"},
        {"Re:", SUBJECT_REPLY, ""},
        {"", SUBJECT_NEW, ""},
        {NULL, SUBJECT_NEW, ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_assert_cmpint(subject_kind(rows[i].subject), ==, rows[i].kind);
        g_assert_cmpstr(subject_base(rows[i].subject), ==, rows[i].base);
    }
}

static void
test_labels(void)
{
    g_assert_cmpint(phrase_label("gesendet"), ==, LABEL_DATE);
    g_assert_cmpint(phrase_label("asunto"), ==, LABEL_SUBJECT);
    g_assert_cmpint(phrase_label("보낸 사람"), ==, LABEL_FROM);
    g_assert_cmpint(phrase_label("colour"), ==, LABEL_NONE);
    g_assert_cmpint(phrase_label(""), ==, LABEL_NONE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/phrases/tables-are-folded-and-sorted", test_tables_are_folded_and_sorted);
    g_test_add_func("/phrases/cheap-look-denies-no-phrase", test_cheap_look_denies_no_phrase);
    g_test_add_func("/phrases/mobile-tails-in-ascii-are-one-word", test_mobile_tails_in_ascii_are_one_word);
    g_test_add_func("/phrases/folding", test_folding);
    g_test_add_func("/phrases/long-lines-are-cut", test_long_lines_are_cut);
    g_test_add_func("/phrases/end-at-words", test_phrases_end_at_words);
    g_test_add_func("/phrases/subjects", test_subjects);
    g_test_add_func("/phrases/labels", test_labels);
    return g_test_run();
}
