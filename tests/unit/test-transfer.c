/* Transfer encodings, charsets and flowed text give what can be given, whatever is broken. */
#include <glib.h>
#include <string.h>

#include "mime/charset.h"
#include "mime/flowed.h"
#include "mime/transfer.h"

static char *
decode(const char *text, enum mail_encoding encoding)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    transfer_decode(text, strlen(text), encoding, out);
    g_byte_array_append(out, (const guint8 *)"", 1);
    return g_strdup((const char *)out->data);
}

static void
check(const char *const rows[][2], guint n, enum mail_encoding encoding)
{
    for (guint i = 0; i < n; i++) {
        g_autofree char *got = decode(rows[i][0], encoding);
        g_assert_cmpstr(got, ==, rows[i][1]);
    }
}

static void
test_base64(void)
{
    static const char *const rows[][2] = {
        {"SGVsbG8=", "Hello"},
        {"SGVs\r\nbG8=\r\n", "Hello"},
        {"SGVs\rbG8=\r", "Hello"},
        {"SGVsbG8", "Hello"},               /* no padding */
        {"SGVsbG9", "Hel"},                 /* cut off */
        {"SGVs!!bG8=", "Hello"},            /* junk */
        {"SGVsbG8=SGVsbG8=", "HelloHello"}, /* pieces put together */
        {"====", ""},
        {"", ""},
    };
    check(rows, G_N_ELEMENTS(rows), MAIL_ENCODING_BASE64);
}

static void
test_quoted_printable(void)
{
    static const char *const rows[][2] = {
        {"a=20b", "a b"},
        {"caf=c3=A9", "café"},
        {"one=\ntwo", "onetwo"},
        {"one=\r\ntwo", "onetwo"},
        {"one=\rtwo", "onetwo"},
        {"one=\r\r\ntwo", "onetwo"},
        {"one= \t\r\ntwo", "onetwo"}, /* blanks behind the soft line end */
        {"one  \ntwo\t", "one\ntwo"}, /* blanks added on the way */
        {"a=", "a"},
        {"a=4", "a=4"},
        {"a=zz=3Db", "a=zz=b"}, /* not encoded at all */
        {"a = b", "a = b"},
        {"line\r\nline\r\n", "line\r\nline\r\n"},
    };
    check(rows, G_N_ELEMENTS(rows), MAIL_ENCODING_QUOTED_PRINTABLE);
}

static void
test_uuencode(void)
{
    static const char *const rows[][2] = {
        {"begin 644 x\n#0V%T\n`\nend\n", "Cat"},
        {"words before\nbegin 0644 x y\r\n#0V%T\r\n`\r\nend\r\nafter", "Cat"},
        {"begin 644 x\n#0V%T\n", "Cat"}, /* no end */
        {"no file", ""},
        {"begin 644 x\n", ""},
    };
    check(rows, G_N_ELEMENTS(rows), MAIL_ENCODING_UUENCODE);
}

static void
test_names(void)
{
    g_assert_cmpint(transfer_encoding("BASE64"), ==, MAIL_ENCODING_BASE64);
    g_assert_cmpint(transfer_encoding("x-uuencode"), ==, MAIL_ENCODING_UUENCODE);
    g_assert_cmpint(transfer_encoding("utf-8"), ==, MAIL_ENCODING_IDENTITY);
    g_assert_false(transfer_known("utf-8"));
    g_assert_true(transfer_known("8BIT"));
}

static void
test_charsets(void)
{
    static const struct {
        const char *label, *bytes, *want;
        gboolean doubtful;
    } rows[] = {
        {"utf-8", "\xc5\x81\xc3\xb3\x64\xc5\xba", "Łódź", FALSE},
        {"UTF8", "\xef\xbb\xbfx", "x", FALSE}, /* byte order mark */
        {"utf-8", "\xc5\x81\xff\x64", "Ł\xef\xbf\xbd\x64", TRUE},
        {"utf-8", "caf\xe9", "café", TRUE},
        {"ISO_8859-1:1987", "x", "x", TRUE},
        {"ISO-8859-1", "\x93q\x94", "“q”", FALSE},
        {"iso8859-15", "\xa4", "€", FALSE},
        {"windows-1251", "\xcf\xf0\xe8", "При", FALSE},
        {"shift_jis", "\x93\xfa\x96{", "日本", FALSE},
        {"iso-2022-jp", "\x1b$B-j\x1b(B", "㈱", FALSE}, /* NEC's character, not in the standard set */
        {"iso-2022-jp", "\x1b$BF|K\\", "日本", FALSE},  /* no escape back */
        {"iso-2022-jp", "\x1b(I1\x1b(B", "ｱ", FALSE},
        {"euc-kr", "\xc7\xd1", "한", FALSE},
        {"big5", "\xa4\xa4", "中", FALSE},
        {"hz-gb-2312", "~{VP~}", "中", FALSE},
        {"", "\x1b$BF|K\\\x1b(B", "日本", FALSE},
        {NULL, "caf\xe9", "café", FALSE},
        {"gbk", "\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xbd\xa0\xe5\xa5\xbd!", "你好你好!", TRUE}, /* it is UTF-8 */
        {"iso-8859-1", "caf\xc3\xa9", "café", TRUE},
        {"no such thing", "x", "x", TRUE},
        {"../../etc/passwd", "x", "x", TRUE},
        {"us-ascii", "x", "x", FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        gboolean doubtful = FALSE;
        g_autofree char *got = charset_decode(rows[i].label, rows[i].bytes, strlen(rows[i].bytes), &doubtful);
        g_assert_cmpstr(got, ==, rows[i].want);
        g_assert_cmpint(doubtful, ==, rows[i].doubtful);
    }
    g_autofree char *wide = charset_decode("utf-16le", "a\0\x42\x01", 4, NULL);
    g_assert_cmpstr(wide, ==, "ał");
}

static void
test_every_byte_in_every_charset(void)
{
    static const char *const charsets[] = {"utf-8",       "utf-7", "utf-16",       "utf-32",      "iso-2022-jp",
                                           "iso-2022-kr", "hz",    "gb18030",      "euc-jp",      "big5",
                                           "viscii",      "tcvn",  "windows-1255", "iso-2022-cn", NULL};
    char bytes[512];
    for (guint i = 0; i < sizeof bytes; i++) {
        bytes[i] = (char)(i * 7 + i / 256);
    }
    for (guint i = 0; i < G_N_ELEMENTS(charsets); i++) {
        for (gsize n = 0; n < sizeof bytes; n += 13) {
            g_autofree char *got = charset_decode(charsets[i], bytes, n, NULL);
            g_assert_true(g_utf8_validate(got, -1, NULL));
        }
    }
}

static void
test_flowed(void)
{
    static const struct {
        const char *text, *want;
        gboolean delsp;
    } rows[] = {
        {"a \nb\n", "a b\n", FALSE},
        {"a \nb\n", "ab\n", TRUE},
        {"a\nb\n", "a\nb\n", FALSE},
        {" From here\n", "From here\n", FALSE}, /* space-stuffed */
        {"> a \n> b\n", "> a b\n", FALSE},
        {">> a \n> b\n", ">> a \n> b\n", FALSE}, /* another depth ends the paragraph */
        {">>a \n>>b\n", ">> ab\n", TRUE},
        {"a \n-- \nname\n", "a \n-- \nname\n", FALSE}, /* the signature's separator never flows */
        {"> -- \n> name\n", "> -- \n> name\n", FALSE},
        {"a \n", "a \n", FALSE},
        {"", "", FALSE},
        {"\n\n", "\n\n", FALSE},
        {"> \n> a\n", "> \n> a\n", FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *got = flowed_join(rows[i].text, rows[i].delsp);
        g_assert_cmpstr(got, ==, rows[i].want);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/transfer/base64-in-all-broken-forms", test_base64);
    g_test_add_func("/transfer/quoted-printable-in-all-broken-forms", test_quoted_printable);
    g_test_add_func("/transfer/uuencode", test_uuencode);
    g_test_add_func("/transfer/names", test_names);
    g_test_add_func("/charset/labels-and-fallbacks", test_charsets);
    g_test_add_func("/charset/any-bytes-give-utf-8", test_every_byte_in_every_charset);
    g_test_add_func("/flowed/joins-what-flows", test_flowed);
    return g_test_run();
}
