/* Header fields are read the way mail clients read them, however badly they are written. */
#include <glib.h>
#include <string.h>

#include "mime/address.h"
#include "mime/header.h"

static void
test_encoded_words(void)
{
    static const char *const rows[][2] = {
        {"plain words", "plain words"},
        {"=?utf-8?Q?caf=C3=A9?=", "café"},
        {"=?UTF-8?b?Y2Fmw6k=?=", "café"},
        {"=?utf-8?B?Y2Fmw6k?=", "café"},                /* no padding */
        {"=?utf-8?q?a?= =?utf-8?q?b?=", "ab"},          /* blanks between words go */
        {"=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c"},     /* but not around plain ones */
        {"=?utf-8?q?a?==?utf-8?q?b?=", "ab"},           /* glued */
        {"x=?utf-8?q?y?=z", "xyz"},                     /* within a word */
        {"=?utf-8?Q?caf=C3?= =?utf-8?Q?=A9?=", "café"}, /* a character cut in two */
        {"=?utf-8?B?Y2Fm?= =?utf-8?B?w6k=?=", "café"},  /* base64 cut */
        {"=?utf-8?B?Y2F?= =?utf-8?B?mw6k=?=", "café"},  /* within a quantum */
        {"=?utf-8?Q?two words?=", "two words"},         /* blanks inside */
        {"=?utf-8?Q?what?=2C_yes?=", "what?, yes"},     /* "?=" inside */
        {"=?utf-8?B?Y2Fm?= =?utf-8?Q?=C3=A9?=", "café"},
        {"=?utf-8*en?Q?lang?=", "lang"}, /* RFC 2231 5 */
        {"=?iso-8859-1?Q?caf=E9?=", "café"},
        {"=?iso-8859-2?Q?=A3=F3d=BC?=", "Łódź"},
        {"=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=", "日本"},
        {"=?x-nosuch?Q?caf=C3=A9?=", "café"}, /* unknown charset: guessed */
        {"=?utf-8?Q?open", "open"},           /* not closed */
        {"=?utf-8?Q?open and more", "open and more"},
        {"=?utf-8?B?Y2Fmw6k=?", "café"},
        {"=?utf-8?X?abc?=", "=?utf-8?X?abc?="}, /* no such encoding */
        {"=?", "=?"},
        {"=?"
         "?=",
         "=?"
         "?="},
        {"=?utf-8?", "=?utf-8?"},
        {"=?utf-8?Q?a=0D=0ABcc:_x?=", "a  Bcc: x"}, /* no line ends smuggled in */
        {"=?utf-8?Q?a=00b?=", "ab"},
        {"caf\xc3\xa9", "café"}, /* raw UTF-8 */
        {"caf\xe9", "café"},     /* raw Latin-1 */
        {"caf\xe9 =?utf-8?Q?=C5=82?=", "café ł"},
        {"=?gb2312?B?xOO6ww==?=", "你好"},
        {"=?koi8-r?B?8NLJ18XU?=", "Привет"},
        {"=?utf-7?Q?+AGEAYg-?=", "ab"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *got = header_words(rows[i][0]);
        g_assert_cmpstr(got, ==, rows[i][1]);
    }
}

static void
test_unfolding(void)
{
    static const char *const rows[][2] = {
        {" a\r\n b", "a b"},  {" a\n\tb ", "a\tb"}, {"a\r b", "a b"},       {"a\rb", "a b"},
        {"a\r\r\n b", "a b"}, {"\r\n", ""},         {"a\n b\n c", "a b c"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *got = header_unfold(rows[i][0], strlen(rows[i][0]));
        g_assert_cmpstr(got, ==, rows[i][1]);
    }
}

static void
test_parameters(void)
{
    static const char *const rows[][3] = {
        {"text/plain; charset=utf-8", "charset", "utf-8"},
        {"text/plain; charset=\"utf-8\"", "charset", "utf-8"},
        {"text/plain;charset = utf-8 ;x=y", "charset", "utf-8"},
        {"text/plain; CHARSET=utf-8 (a comment)", "charset", "utf-8"},
        {"text/plain; (a comment) charset=utf-8", "charset", "utf-8"},
        {"text/plain;; charset=utf-8", "charset", "utf-8"},
        {"text/plain charset=utf-8", "charset", "utf-8"}, /* ';' forgotten */
        {"text/plain; charset=utf-8 format=flowed", "format", "flowed"},
        {"text/plain; x=\"a;b\"; charset=utf-8", "charset", "utf-8"},
        {"text/plain; charset=\"utf-8", "charset", "utf-8"}, /* quote not closed */
        {"text/plain; charset", "charset", NULL},
        {"text/plain; =x", "charset", NULL},
        {"a; filename=my file (1).pdf; x=y", "filename", "my file (1).pdf"}, /* not quoted */
        {"a; filename=my file.pdf size=3", "filename", "my file.pdf"},
        {"a; filename=\"my \\\"own\\\" file.pdf\"", "filename", "my \"own\" file.pdf"},
        {"a; filename=\"my \"own\" file.pdf\"; x=y", "filename", "my \"own\" file.pdf"},
        {"a; filename=\"C:\\dir\\x.pdf\"", "filename", "C:\\dir\\x.pdf"},
        {"a; filename*=utf-8''na%C3%AFve.txt", "filename", "naïve.txt"},
        {"a; filename*=UTF-8'en'a%20b.txt", "filename", "a b.txt"},
        {"a; filename*=\"utf-8''na%C3%AFve.txt\"", "filename", "naïve.txt"}, /* quoted all the same */
        {"a; filename*=iso-8859-1'fr'caf%E9", "filename", "café"},
        {"a; filename*=plain%20name", "filename", "plain name"}, /* no charset */
        {"a; filename*0=\"one\"; filename*1=\"two\"", "filename", "onetwo"},
        {"a; filename*1=\"two\"; filename*0=\"one\"", "filename", "onetwo"},     /* out of order */
        {"a; filename*0*=utf-8''%C3; filename*1*=%A9.txt", "filename", "é.txt"}, /* cut in a character */
        {"a; filename*0*=utf-8''a%20; filename*1=b%20c", "filename", "a b%20c"},
        {"a; filename*0=\"=?utf-8?Q?caf\"; filename*1=\"=C3=A9?=\"", "filename", "café"},
        {"a; filename=x.txt; filename*=utf-8''y.txt", "filename", "y.txt"}, /* the extended one wins */
        {"a; filename=\"=?utf-8?B?Y2Fmw6k=?=\"", "filename", "café"},
        {"a; filename==?utf-8?B?Y2Fmw6k=?=", "filename", "café"},
        {"a; filename=\"caf\xe9\"", "filename", "café"},
        {"a; name=one; name=two", "name", "one"},
        {"charset=utf-8", "charset", "utf-8"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(header_value) v = header_value_parse(rows[i][0]);
        g_autofree char *got = header_parameter(v, rows[i][1]);
        g_assert_cmpstr(got, ==, rows[i][2]);
    }
}

static void
test_boundary_bytes(void)
{
    g_autoptr(header_value) v = header_value_parse("multipart/mixed; boundary=\"=?utf-8?Q?x?= y\"");
    g_autofree char *boundary = header_parameter_bytes(v, "boundary");
    g_assert_cmpstr(boundary, ==, "=?utf-8?Q?x?= y");
    g_assert_cmpstr(v->value, ==, "multipart/mixed");
    g_autoptr(header_value) pieces = header_value_parse("multipart/mixed; boundary*0=\"ab\"; boundary*1=\"cd\"");
    g_autofree char *joined = header_parameter_bytes(pieces, "boundary");
    g_assert_cmpstr(joined, ==, "abcd");
}

static char *
ids_of(const char *header)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    header_ids(header, ids);
    g_ptr_array_add(ids, NULL);
    return g_strjoinv("|", (char **)ids->pdata);
}

static void
test_message_ids(void)
{
    static const char *const rows[][2] = {
        {"<a@x> <b@x>", "a@x|b@x"},
        {"<a@x><b@x>,<c@x>", "a@x|b@x|c@x"},
        {"Your message of \"Mon\" <a@x>", "a@x"},
        {"a@x, b@x", "a@x|b@x"},
        {"<a@x", "a@x"},
        {"<a@x <b@x>", "a@x|b@x"},
        {"<<a@x>>", "a@x"},
        {"<a\t@x>", "a@x"},
        {"<no-at>", "no-at"},
        {"<>", ""},
        {"", ""},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *got = ids_of(rows[i][0]);
        g_assert_cmpstr(got, ==, rows[i][1]);
    }
}

static char *
addresses_of(const char *header)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)mail_address_free);
    address_list_parse(header, list);
    GString *s = g_string_new(NULL);
    for (guint i = 0; i < list->len; i++) {
        const struct mail_address *a = list->pdata[i];
        g_string_append_printf(s, "%s[%s]<%s>", i > 0 ? " " : "", a->name, a->address);
    }
    return g_string_free(s, FALSE);
}

static void
test_addresses(void)
{
    static const char *const rows[][2] = {
        {"a@x.test", "[]<a@x.test>"},
        {"<a@x.test>", "[]<a@x.test>"},
        {"Ann <a@x.test>", "[Ann]<a@x.test>"},
        {"Ann B. Lee <a@x.test>", "[Ann B. Lee]<a@x.test>"},
        {"\"Lee, Ann\" <a@x.test>, b@x.test", "[Lee, Ann]<a@x.test> []<b@x.test>"},
        {"\"A \\\"B\\\" C\" <a@x.test>", "[A \"B\" C]<a@x.test>"},
        {"a@x.test (Ann (nested) Lee)", "[Ann (nested) Lee]<a@x.test>"},
        {"=?utf-8?Q?J=C3=BCrgen?= <j@x.test>", "[Jürgen]<j@x.test>"},
        {"\"=?utf-8?Q?J=C3=BCrgen?=\" <j@x.test>", "[Jürgen]<j@x.test>"},
        {"=?utf-8?Q?Lee,_Ann?= <a@x.test>", "[Lee, Ann]<a@x.test>"},
        {"J\xfcrgen <j@x.test>", "[Jürgen]<j@x.test>"},
        {"'Ann Lee' <a@x.test>", "[Ann Lee]<a@x.test>"},
        {"Team: a@x.test, Bob <b@x.test>;, c@x.test", "[]<a@x.test> [Bob]<b@x.test> []<c@x.test>"},
        {"Undisclosed recipients:;", ""},
        {"a@x.test; b@x.test", "[]<a@x.test> []<b@x.test>"},
        {"Ann <a@x.test", "[Ann]<a@x.test>"},
        {"Ann <a@x.test, Bob <b@x.test>", "[Ann]<a@x.test> [Bob]<b@x.test>"},
        {"<@relay.test,@other.test:a@x.test>", "[]<a@x.test>"},
        {"Ann <mailto:a@x.test>", "[Ann]<a@x.test>"},
        {"<<a@x.test>>", "[]<a@x.test>"},
        {"a@x.test <a@x.test>", "[a@x.test]<a@x.test>"},
        {"Ann a@x.test", "[Ann]<a@x.test>"},
        {"\"Ann <a@x.test>, b@x.test", "[Ann]<a@x.test> []<b@x.test>"},
        {"\"Ann\" Lee\" <a@x.test>", "[Ann Lee]<a@x.test>"},
        {"ann @ x . test", "[]<ann@x.test>"},
        {"\"john doe\"@x.test", "[]<\"john doe\"@x.test>"},
        {"user@[192.0.2.1]", "[]<user@[192.0.2.1]>"},
        {"user@[IPv6:2001:db8::1]", "[]<user@[IPv6:2001:db8::1]>"},
        {"Ann", "[Ann]<>"},
        {"<>", ""},
        {"", ""},
        {",,;,", ""},
        {"Lee, Ann <a@x.test>", "[Lee, Ann]<a@x.test>"},
        {"\"a@x.test\" <evil@y.test>", "[a@x.test]<evil@y.test>"},
        {"=?utf-8?Q?Ann_=3Ca=40x.test=3E?=", "[Ann]<a@x.test>"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *got = addresses_of(rows[i][0]);
        g_assert_cmpstr(got, ==, rows[i][1]);
    }
}

static void
test_address_count_is_bounded(void)
{
    g_autoptr(GString) s = g_string_new(NULL);
    for (guint i = 0; i < 5000; i++) {
        g_string_append(s, "a@x.test,");
    }
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)mail_address_free);
    address_list_parse(s->str, list);
    g_assert_cmpuint(list->len, ==, ADDRESS_MAX);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/header/encoded-words-in-all-broken-forms", test_encoded_words);
    g_test_add_func("/header/unfolding", test_unfolding);
    g_test_add_func("/header/parameters-in-all-broken-forms", test_parameters);
    g_test_add_func("/header/a-boundary-is-bytes", test_boundary_bytes);
    g_test_add_func("/header/message-ids", test_message_ids);
    g_test_add_func("/header/addresses", test_addresses);
    g_test_add_func("/header/the-number-of-addresses-is-bounded", test_address_count_is_bounded);
    return g_test_run();
}
