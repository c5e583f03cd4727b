/* Text: folding finds what people mean, and nothing that a stranger wrote can break a line, a header or a path. */
#include <string.h>

#include "lib/text.h"

struct pair {
    const char *from, *to;
};

typedef char *(*text_fn)(const char *text);

static void
check_pairs(text_fn function, const struct pair *pairs, guint count)
{
    for (guint i = 0; i < count; i++) {
        g_autofree char *result = function(pairs[i].from);
        g_test_message("%s", pairs[i].from);
        g_assert_cmpstr(result, ==, pairs[i].to);
    }
}

static void
test_fold(void)
{
    static const struct pair PAIRS[] = {
        {NULL, ""},
        {"", ""},
        {"  Mia's \t\r\n Candles ", "mia's candles"},
        {"Mia’s", "mia's"},
        {"Studio Wisła", "studio wisla"},
        {"ŁÓDŹ", "lodz"},
        {"STRASSE Straße ẞ", "strasse strasse ss"},
        {"Atelier Lumière", "atelier lumiere"},
        {"Lumie\u0300re", "lumiere"}, /* the accent apart */
        {"Œuvre Ærø þórr ðag", "oeuvre aero thorr dag"},
        {"İstanbul ISPARTA ışık", "istanbul isparta isik"},
        {"ﬁn ① Ⅳ ＡＢＣ ℌ", "fin 1 iv abc h"},
        {"a\u00a0b\u2003c\u3000d\u2028e", "a b c d e"},
        {"soft\u00adhy\u200bphen\u200d", "softhyphen"},
        {"ΣΊΣΥΦΟΣ", "σισυφοσ"},
        {"Привет Ёлка", "привет елка"},
        {"日本", "日本"},
        {"\u0301\u0323", ""},
        {"a\xff"
         "b",
         "a\ufffdb"},
        {"20 €", "20 eur"},
    };
    check_pairs(text_fold, PAIRS, G_N_ELEMENTS(PAIRS));
}

/* Folding what was folded changes nothing, so an index and a query agree. */
static void
test_fold_is_stable(void)
{
    for (gunichar c = 1; c < 0x110000; c++) {
        char utf8[16] = "x";
        if (!g_unichar_validate(c))
            continue;
        utf8[1 + g_unichar_to_utf8(c, utf8 + 1)] = 0;
        g_autofree char *once = text_fold(utf8);
        g_autofree char *twice = text_fold(once);
        if (!g_str_equal(once, twice))
            g_test_message("U+%04X", c);
        g_assert_cmpstr(once, ==, twice);
    }
}

static void
test_address(void)
{
    static const struct pair PAIRS[] = {
        {"Anna@ACME.test", "anna@acme.test"},
        {"  anna@acme.test\r\n", "anna@acme.test"},
        {"r+abc234@experts.test", "r+abc234@experts.test"},
        {"o'neil!#$%&*/=?^_`{|}~@a.test", "o'neil!#$%&*/=?^_`{|}~@a.test"},
        {"a..b.@docomo.test", "a..b.@docomo.test"},
        {"anna@bücher.test", "anna@xn--bcher-kva.test"},
        {"anna@BÜCHER.test", "anna@xn--bcher-kva.test"},
        {"root@localhost", "root@localhost"},
        {"a@b_c.test", "a@b_c.test"},
        {NULL, NULL},
        {"", NULL},
        {"anna", NULL},
        {"@acme.test", NULL},
        {"anna@", NULL},
        {"anna@acme@test", NULL},
        {"<anna@acme.test>", NULL},
        {"\"anna\"@acme.test", NULL},
        {"anna smith@acme.test", NULL},
        {"anna@ac me.test", NULL},
        {"anna,bob@acme.test", NULL},
        {"anna@acme.test,bob@acme.test", NULL},
        {"anna@acme.test\r\nRCPT TO:<x@y.test>", NULL},
        {"anna\x01@acme.test", NULL},
        {"anna\x7f@acme.test", NULL},
        {"ännä@acme.test", NULL},
        {"anna@acme..test", NULL},
        {"anna@.test", NULL},
        {"anna@acme.test.", NULL},
        {"anna@-acme.test", NULL},
        {"anna@192.0.2.1", NULL},
        {"anna@[192.0.2.1]", NULL},
        {"anna@acme\xff.test", NULL},
        {"a\\b@acme.test", NULL},
        {"a(b)@acme.test", NULL},
        {"a:b;@acme.test", NULL},
        {"anna@\u2024test", NULL},
    };
    check_pairs(text_address, PAIRS, G_N_ELEMENTS(PAIRS));
}

static void
test_address_lengths(void)
{
    g_autofree char *local = g_strnfill(64, 'a');
    g_autofree char *label = g_strnfill(61, 'b');
    g_autofree char *good = g_strdup_printf("%s@%s.%s.%s.bbb", local, label, label, label); /* 254 */
    g_autofree char *long_whole = g_strdup_printf("%s@%s.%s.%s.bbbb", local, label, label, label);
    g_autofree char *long_local = g_strdup_printf("a%s@b.test", local);
    g_autofree char *long_label = g_strdup_printf("a@bbb%s.test", label);
    g_autofree char *taken = text_address(good);
    g_assert_cmpuint(strlen(good), ==, 254);
    g_assert_cmpstr(taken, ==, good);
    g_assert_null(text_address(long_whole));
    g_assert_null(text_address(long_local));
    g_assert_null(text_address(long_label));
}

static void
test_hostname(void)
{
    static const struct pair PAIRS[] = {
        {"Experts.TEST", "experts.test"},
        {"localhost", "localhost"},
        {"łódź.test", "xn--d-uga0v4h.test"},
        {"a.b-c.d1", "a.b-c.d1"},
        {NULL, NULL},
        {"", NULL},
        {".", NULL},
        {"a.", NULL},
        {"10.0.0.1", NULL},
        {"a b", NULL},
        {"a/b", NULL},
        {"::1", NULL},
    };
    check_pairs(text_hostname, PAIRS, G_N_ELEMENTS(PAIRS));
}

static char *
one_line(const char *text)
{
    return text_one_line(text, 1000);
}

static void
test_one_line(void)
{
    static const struct pair PAIRS[] = {
        {NULL, ""},
        {"", ""},
        {"Subject\r\nBcc: all@acme.test", "Subject Bcc: all@acme.test"},
        {" a \t\v\f b ", "a b"},
        {"a\x01\x1b[31m\x7f\xc2\x85"
         "b",
         "a [31m b"},
        {"a\u202egnp.exe\u202c\u2066x\u2069", "agnp.exex"},
        {"a\u200bb\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\u061c!", "ab!"},
        {"tag\U000e0041\U000e007f", "tag"},
        {"a\u2028b\u2029c\u00a0d", "a b c d"},
        {"caf\xe9!", "caf\ufffd!"},
        {"\xc0\xaf\xed\xa0\x80", "\ufffd\ufffd\ufffd\ufffd\ufffd"},
        {"Wisła ① 日本", "Wisła ① 日本"},
        {"\u200b \u200b ", ""},
        {"\u0600 stays", "\u0600 stays"},
    };
    check_pairs(one_line, PAIRS, G_N_ELEMENTS(PAIRS));
}

static void
test_one_line_cuts_at_a_character(void)
{
    static const struct {
        const char *from;
        gsize max;
        const char *to;
    } CASES[] = {{"abc", 3, "abc"}, {"abcd", 3, "abc"}, {"abłd", 3, "ab"}, {"abłd", 4, "abł"},   {"日本", 5, "日"},
                 {"日本", 2, ""},   {"ab cd", 3, "ab"}, {"abc", 0, ""},    {"\U0001f600", 3, ""}};
    for (guint i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autofree char *line = text_one_line(CASES[i].from, CASES[i].max);
        g_assert_cmpstr(line, ==, CASES[i].to);
    }
}

static void
test_ascii(void)
{
    static const struct pair PAIRS[] = {
        {NULL, ""},
        {"Studio Wisła is niet beschikbaar", "Studio Wisla is niet beschikbaar"},
        {"Réponse : « oui » … 100 %", "Reponse : \" oui \" ... 100 %"},
        {"ŁÓDŹ Straße ŒUVRE", "LODZ Strasse OEUVRE"},
        {"don’t – do", "don't - do"},
        {"日本 x", "?? x"},
        {"a\r\n250 OK", "a 250 OK"},
        {"a\x80", "a?"},
        {"\u202eevil\x7f", "evil"},
    };
    check_pairs(text_ascii, PAIRS, G_N_ELEMENTS(PAIRS));
}

static void
test_ascii_is_printable(void)
{
    g_autoptr(GString) all = g_string_new(NULL);
    for (gunichar c = 1; c < 0x110000; c++)
        if (g_unichar_validate(c))
            g_string_append_unichar(all, c);
    g_autofree char *ascii = text_ascii(all->str);
    for (const char *p = ascii; *p; p++)
        g_assert_true(*p >= ' ' && *p <= '~');
}

static char *
file_name(const char *name)
{
    return text_file_name(name, "file");
}

static void
test_file_name(void)
{
    static const struct pair PAIRS[] = {
        {NULL, "file"},
        {"", "file"},
        {"Offerte Wisła.pdf", "Offerte Wisła.pdf"},
        {"../../etc/passwd", "passwd"},
        {"C:\\Users\\mia\\logo.png", "logo.png"},
        {"/", "file"},
        {"..", "file"},
        {"...", "file"},
        {".bashrc", "bashrc"},
        {". . .ssh", "ssh"},
        {"a/.profile", "profile"},
        {"invoice\u202efdp.exe", "invoicefdp.exe"},
        {"a\r\nContent-Type: x", "a Content-Type_ x"},
        {"a\x01"
         "b.txt",
         "a b.txt"},
        {"what?*\"<>|.txt", "what______.txt"},
        {"report.pdf. . ", "report.pdf"},
        {"\u200b.\u200b", "file"},
        {"caf\xe9.txt", "caf\ufffd.txt"},
    };
    check_pairs(file_name, PAIRS, G_N_ELEMENTS(PAIRS));
}

static void
test_file_name_keeps_its_extension(void)
{
    g_autofree char *stem = g_strnfill(300, 'a');
    g_autofree char *name = g_strconcat(stem, ".tar.gz", NULL);
    g_autofree char *cut = text_file_name(name, "file");
    g_assert_cmpuint(strlen(cut), ==, 120);
    g_assert_true(g_str_has_suffix(cut, "aaa.gz"));

    g_autoptr(GString) wide = g_string_new(NULL);
    for (guint i = 0; i < 100; i++)
        g_string_append(wide, "日");
    g_string_append(wide, ".docx");
    g_autofree char *wide_cut = text_file_name(wide->str, "file");
    g_assert_cmpuint(strlen(wide_cut), <=, 120);
    g_assert_cmpuint(strlen(wide_cut), >, 116);
    g_assert_true(g_utf8_validate(wide_cut, -1, NULL));
    g_assert_true(g_str_has_suffix(wide_cut, "日.docx"));

    g_autofree char *no_extension = g_strconcat("a.", stem, NULL);
    g_autofree char *hard_cut = text_file_name(no_extension, "file");
    g_assert_cmpuint(strlen(hard_cut), ==, 120);
}

static void
test_utf8(void)
{
    static const struct {
        const char *bytes;
        gsize length;
        const char *text;
    } CASES[] = {{"", 0, ""},
                 {"abc", 2, "ab"},
                 {"a\0b\0", 4, "ab"},
                 {"\0", 1, ""},
                 {"caf\xe9", 4, "caf\ufffd"},
                 {"\xe2\x82", 2, "\ufffd\ufffd"},
                 {"Wisła\n", 7, "Wisła\n"},
                 {"\xf4\x90\x80\x80", 4, "\ufffd\ufffd\ufffd\ufffd"}};
    for (guint i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autofree char *text = text_utf8(CASES[i].bytes, CASES[i].length);
        g_assert_cmpstr(text, ==, CASES[i].text);
    }
}

static void
test_time(void)
{
    static const struct {
        gint64 seconds;
        const char *text;
    } CASES[] = {{0, "1970-01-01T00:00:00Z"},
                 {1795325302, "2026-11-22T05:28:22Z"},
                 {-1, "1969-12-31T23:59:59Z"},
                 {G_MAXINT64, "9999-12-31T23:59:59Z"},
                 {G_MININT64, "0001-01-01T00:00:00Z"}};
    for (guint i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autofree char *text = text_time(CASES[i].seconds);
        g_assert_cmpstr(text, ==, CASES[i].text);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/text/fold-finds-what-people-mean", test_fold);
    g_test_add_func("/text/fold-is-stable", test_fold_is_stable);
    g_test_add_func("/text/address-is-plain-or-nothing", test_address);
    g_test_add_func("/text/address-lengths-are-smtp's", test_address_lengths);
    g_test_add_func("/text/hostname", test_hostname);
    g_test_add_func("/text/one-line-cannot-be-broken", test_one_line);
    g_test_add_func("/text/one-line-cuts-at-a-character", test_one_line_cuts_at_a_character);
    g_test_add_func("/text/ascii", test_ascii);
    g_test_add_func("/text/ascii-is-printable", test_ascii_is_printable);
    g_test_add_func("/text/file-name-is-safe", test_file_name);
    g_test_add_func("/text/file-name-keeps-its-extension", test_file_name_keeps_its_extension);
    g_test_add_func("/text/utf8-is-always-valid", test_utf8);
    g_test_add_func("/text/time", test_time);
    return g_test_run();
}
