/* What we send is plain, short-lined, and holds nothing that a stranger's string could have put there. */
#include <string.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "lib/error.h"
#include "lib/secret.h"
#include "lib/sha256.h"
#include "mime/read.h"
#include "mime/write.h"

static struct outgoing
simple(void)
{
    return (struct outgoing){
        .from = {"Acme Studio", "r+abc@experts.test"},
        .to = {"Mia", "mia@shop.test"},
        .reply_to = {"", ""},
        .subject = "Hello",
        .message_id = "1@experts.test",
        .date = 1767603600,
        .text = "One\nTwo\n",
    };
}

static char *
written(const struct outgoing *o)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = mail_write(o, &error);
    g_assert_no_error(error);
    gsize n;
    const char *data = g_bytes_get_data(bytes, &n);
    g_assert_null(memchr(data, '\0', n));
    return g_strndup(data, n);
}

/* 7-bit, CRLF alone, at most 998 octets a line, printable ASCII and TAB. */
static void
assert_clean(const char *raw)
{
    gsize column = 0;
    for (const char *c = raw; *c != '\0'; c++) {
        if (*c == '\r') {
            g_assert_cmpint(c[1], ==, '\n');
            continue;
        }
        if (*c == '\n') {
            g_assert_cmpint(c[-1], ==, '\r');
            column = 0;
            continue;
        }
        g_assert_true((*c >= ' ' && *c < 0x7f) || *c == '\t');
        g_assert_cmpuint(++column, <=, 998);
    }
    g_assert_true(g_str_has_suffix(raw, "\r\n"));
}

static guint
count_headers(const struct mail *m, const char *name)
{
    guint n = 0;
    for (guint i = 0; i < m->headers->len; i++) {
        n += g_ascii_strcasecmp(((struct mail_header *)m->headers->pdata[i])->name, name) == 0;
    }
    return n;
}

static void
test_simple(void)
{
    struct outgoing o = simple();
    g_autofree char *raw = written(&o);
    assert_clean(raw);
    g_assert_nonnull(strstr(raw, "From: Acme Studio <r+abc@experts.test>\r\n"));
    g_assert_nonnull(strstr(raw, "To: Mia <mia@shop.test>\r\n"));
    g_assert_nonnull(strstr(raw, "Date: Mon, 05 Jan 2026 09:00:00 +0000\r\n"));
    g_assert_nonnull(strstr(raw, "Message-ID: <1@experts.test>\r\n"));
    g_assert_nonnull(strstr(raw, "MIME-Version: 1.0\r\n"));
    g_assert_null(strstr(raw, "Reply-To"));
    g_assert_null(strstr(raw, "Auto-Submitted"));
    g_assert_null(strstr(raw, "References"));
    g_assert_true(g_str_has_suffix(raw, "\r\n\r\nOne\r\nTwo\r\n"));
}

static void
test_everything_comes_back(void)
{
    static const char text[] = "Dzień dobry,\n\n=20 stays, trailing blank \n.\nFrom here on\n\ttab\n"
                               "łłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłłł\n";
    struct outgoing_file png = {.name = (char *)"zażółć gęślą jaźń, a very long name that needs several pieces.png",
                                .type = (char *)"image/png",
                                .content = g_bytes_new("\x89PNG\0\r\n", 7)};
    struct outgoing_file eml = {
        .name = (char *)"x.eml", .type = (char *)"message/rfc822", .content = g_bytes_new("a: b\n", 5)};
    g_autoptr(GPtrArray) files = g_ptr_array_new();
    g_ptr_array_add(files, &png);
    g_ptr_array_add(files, &eml);
    static const struct outgoing_header headers[] = {{"List-Unsubscribe", "<mailto:x@experts.test?subject=stop>"},
                                                     {NULL, NULL}};
    struct outgoing o = simple();
    o.from.name = "Studio “Wisła”, Kraków";
    o.to.name = "Jansen, Mia \"M\"";
    o.reply_to = (struct mail_address){"Ł", "r+abc@experts.test"};
    o.subject = "Zażółć gęślą jaźń: a subject that is longer than one line can hold — with 日本語 in it, and more";
    o.text = text;
    o.html = "<p>Dzień dobry</p>";
    o.files = files;
    o.headers = headers;
    o.automatic = TRUE;
    g_autofree char *raw = written(&o);
    assert_clean(raw);
    g_autoptr(mail) m = mail_read(raw, strlen(raw));
    g_assert_cmpuint(m->defects->len, ==, 0);
    g_assert_cmpstr(m->subject, ==, o.subject);
    g_assert_cmpstr(mail_author(m)->name, ==, o.from.name);
    g_assert_cmpstr(((struct mail_address *)m->to->pdata[0])->name, ==, o.to.name);
    g_assert_cmpstr(((struct mail_address *)m->reply_to->pdata[0])->name, ==, "Ł");
    g_assert_cmpstr(m->text, ==, text);
    g_assert_cmpstr(m->html, ==, "<p>Dzień dobry</p>\n");
    g_assert_cmpstr(mail_header(m, "auto-submitted"), ==, "auto-generated");
    g_assert_cmpstr(mail_header(m, "list-unsubscribe"), ==, "<mailto:x@experts.test?subject=stop>");
    g_assert_cmpuint(m->parts->len, ==, 4);
    const struct mail_part *p = m->parts->pdata[2], *q = m->parts->pdata[3];
    g_assert_cmpstr(p->name, ==, png.name);
    g_assert_cmpstr(p->type, ==, "image/png");
    g_assert_cmpuint(p->size, ==, 7);
    g_assert_true(p->attachment);
    g_assert_cmpstr(q->type, ==, "application/octet-stream");
    g_bytes_unref(png.content);
    g_bytes_unref(eml.content);
}

/* Every string that a stranger may have written, with a header in it. */
static void
test_no_injection(void)
{
    static const char evil[] = "x\r\nBcc: victim@x.test\r\n\r\nbody\nSubject: y\r\x01\xff\xe2\x80\xae";
    struct outgoing_file file = {
        .name = (char *)evil, .type = (char *)"text/plain\r\nX-Evil: 1", .content = g_bytes_new("x", 1)};
    g_autoptr(GPtrArray) files = g_ptr_array_new();
    g_ptr_array_add(files, &file);
    g_autoptr(GPtrArray) references = g_ptr_array_new();
    g_ptr_array_add(references, (gpointer)evil);
    g_ptr_array_add(references, (gpointer) "ok@x>\r\nX-Evil: 2");
    g_ptr_array_add(references, (gpointer) "fine@x");
    static const struct outgoing_header headers[] = {{"X-Note", evil}, {"X-Bad\r\nX-Evil", "3"}, {NULL, NULL}};
    struct outgoing o = simple();
    o.from.name = (char *)evil;
    o.to.name = (char *)evil;
    o.subject = evil;
    o.text = evil;
    o.html = evil;
    o.files = files;
    o.references = references;
    o.headers = headers;
    g_autofree char *raw = written(&o);
    assert_clean(raw);
    g_autoptr(mail) m = mail_read(raw, strlen(raw));
    g_assert_null(mail_header(m, "Bcc"));
    g_assert_null(mail_header(m, "X-Evil"));
    g_assert_cmpuint(count_headers(m, "Subject"), ==, 1);
    g_assert_cmpuint(m->references->len, ==, 1);
    g_assert_cmpuint(m->parts->len, ==, 3);
    g_assert_cmpstr(((struct mail_part *)m->parts->pdata[2])->type, ==, "application/octet-stream");
    g_assert_null(strstr(raw, "\r\nX-Evil"));
    *strstr(raw, "\r\n\r\n") = '\0';
    g_assert_null(strstr(raw, "\nBcc"));
    g_bytes_unref(file.content);
}

static void
test_bad_addresses_are_refused(void)
{
    static const char *const bad[] = {
        "", "x", "a b@x.test", "a@x.test>\r\nBcc: b@x.test", "<a@x.test>", "a@x.test, b@x.test", "ł@x.test"};
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        struct outgoing o = simple();
        g_autoptr(GError) error = NULL;
        o.to.address = (char *)bad[i];
        g_assert_null(mail_write(&o, &error));
        g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID);
    }
    struct outgoing o = simple();
    g_autoptr(GError) error = NULL;
    o.message_id = "a b";
    g_assert_null(mail_write(&o, &error));
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID);
}

static void
test_references_are_capped(void)
{
    g_autoptr(GPtrArray) references = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < 100; i++) {
        g_ptr_array_add(references, g_strdup_printf("%u@x.test", i));
    }
    struct outgoing o = simple();
    o.references = references;
    g_autofree char *raw = written(&o);
    g_autoptr(mail) m = mail_read(raw, strlen(raw));
    g_assert_cmpuint(m->references->len, ==, 21);
    g_assert_cmpstr(m->references->pdata[0], ==, "0@x.test");
    g_assert_cmpstr(m->references->pdata[1], ==, "80@x.test");
    g_assert_cmpstr(m->references->pdata[20], ==, "99@x.test");
    g_assert_cmpuint(m->in_reply_to->len, ==, 1);
    g_assert_cmpstr(m->in_reply_to->pdata[0], ==, "99@x.test");
}

static void
test_strings_that_look_encoded(void)
{
    struct outgoing o = simple();
    o.subject = "=?utf-8?Q?not_mine?=";
    o.from.name = "=?utf-8?B?SGVsbG8=?=";
    g_autofree char *raw = written(&o);
    g_autoptr(mail) m = mail_read(raw, strlen(raw));
    g_assert_cmpstr(m->subject, ==, o.subject);
    g_assert_cmpstr(mail_author(m)->name, ==, o.from.name);
}

static void
test_long_words(void)
{
    g_autofree char *word = g_strnfill(5000, 'x');
    struct outgoing o = simple();
    o.subject = word;
    o.text = word;
    o.from.name = word;
    g_autofree char *raw = written(&o);
    assert_clean(raw);
    g_autoptr(mail) m = mail_read(raw, strlen(raw));
    g_assert_cmpuint(strlen(m->text), ==, 5001);
}

/* RFC 2045 6.7: lines of at most 76, no blank at an end, and the same words when decoded by another's hand. */
static void
test_quoted_printable(void)
{
    static const char alphabet[] = "aaaaaaaaaaaa  \t=.\n\303\251";
    guint32 seed = 1;
    for (guint length = 0; length < 400; length++) {
        g_autoptr(GString) text = g_string_new("It begins with plain words. ");
        for (guint i = 0; i < length; i++) {
            seed = seed * 1664525 + 1013904223;
            guint at = (seed >> 16) % 40;
            g_string_append_len(text, at > 18 ? "bc" : alphabet + at, at >= 18 ? 2 : 1);
        }
        struct outgoing o = simple();
        o.text = text->str;
        g_autofree char *raw = written(&o);
        const char *content = strstr(raw, "quoted-printable\r\n\r\n");
        g_assert_nonnull(content);
        content += strlen("quoted-printable\r\n\r\n");
        g_auto(GStrv) lines = g_strsplit(content, "\r\n", -1);
        for (char **line = lines; *line != NULL; line++) {
            g_assert_cmpuint(strlen(*line), <=, 76);
            g_assert_false(g_str_has_suffix(*line, " ") || g_str_has_suffix(*line, "\t"));
        }
        g_autoptr(GBytes) decoded = mail_decode(content, strlen(content), MAIL_ENCODING_QUOTED_PRINTABLE);
        gsize size = 0;
        const char *bytes = g_bytes_get_data(decoded, &size);
        g_auto(GStrv) pieces = g_strsplit(text->str, "\n", -1);
        g_autofree char *expected = g_strjoinv("\r\n", pieces);
        g_assert_true(size >= strlen(expected) && memcmp(bytes, expected, strlen(expected)) == 0);
        g_assert_true(size - strlen(expected) == 0 ||
                      (size - strlen(expected) == 2 && memcmp(bytes + size - 2, "\r\n", 2) == 0));
    }
}

static void
test_boundaries_are_unpredictable(void)
{
    struct outgoing o = simple();
    o.html = "<p>x</p>";
    g_autofree char *one = written(&o), *two = written(&o);
    g_assert_cmpstr(one, !=, two);
    o.html = NULL;
    g_autofree char *three = written(&o), *four = written(&o);
    g_assert_cmpstr(three, ==, four);
}

static void
test_other_scripts(void)
{
    struct outgoing o = simple();
    o.text = "日本語のメールです。\nよろしくお願いします。\n";
    g_autofree char *raw = written(&o);
    assert_clean(raw);
    g_assert_nonnull(strstr(raw, "base64"));
    g_autoptr(mail) m = mail_read(raw, strlen(raw));
    g_assert_cmpstr(m->text, ==, o.text);
}

/* ---- an independent judge ---- */

static const char judge[] =
    "import sys, email, email.policy, hashlib\n"
    "m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)\n"
    "out = [m['subject'], str(m['from'].addresses[0].display_name), m['from'].addresses[0].addr_spec,\n"
    "       str(m['to'].addresses[0].display_name), m['references'], m['date'].datetime.isoformat(),\n"
    "       m.get_body(('plain',)).get_content(), m.get_body(('html',)).get_content()]\n"
    "for a in m.iter_attachments():\n"
    "    out += [a.get_filename(), a.get_content_type(),\n"
    "            hashlib.sha256(a.get_payload(decode=True)).hexdigest()]\n"
    "out += [str(len(p.defects)) for p in m.walk()]\n"
    "sys.stdout.buffer.write('\\x1e'.join(out).replace('\\r\\n', '\\n').encode())\n";

/* Its answer to the mail on its standard input; NULL when there is no Python. */
static char *
ask_python(const char *raw)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("postern-write-XXXXXX", &path, NULL);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(write(fd, raw, strlen(raw)), ==, (gssize)strlen(raw));
    close(fd);
    const char *command[] = {"/bin/sh", "-c", "exec python3 -c \"$1\" <\"$2\"", "sh", judge, path, NULL};
    g_autofree char *out = NULL, *words = NULL;
    int status;
    g_assert_true(g_spawn_sync(NULL, (char **)command, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, &words, &status, NULL));
    g_unlink(path);
    if (status != 0) {
        g_test_message("%s", words);
        return NULL;
    }
    return g_steal_pointer(&out);
}

static void
test_python_reads_the_same(void)
{
    g_autofree char *python = g_find_program_in_path("python3");
    if (python == NULL) {
        g_test_skip("python3 is not installed");
        return;
    }
    static const char bytes[] = "\x89PNG\r\n\x1a\n\0\xff";
    struct outgoing_file file = {.name = (char *)"Zażółć gęślą jaźń i jeszcze dłuższa nazwa pliku.png",
                                 .type = (char *)"image/png",
                                 .content = g_bytes_new_static(bytes, sizeof bytes)};
    g_autoptr(GPtrArray) files = g_ptr_array_new();
    g_ptr_array_add(files, &file);
    g_autoptr(GPtrArray) references = g_ptr_array_new();
    g_ptr_array_add(references, (gpointer) "one@x.test");
    g_ptr_array_add(references, (gpointer) "two@x.test");
    struct outgoing o = simple();
    o.subject = "Zażółć gęślą jaźń — 日本語の件名、そしてもっと長い件名のテスト";
    o.from.name = "Studio „Wisła”, Kraków";
    o.to.name = "Jansen, Mia \\ \"M\"";
    o.text = "Dzień dobry,\n\n=3D From =\ntrailing \n";
    o.html = "<p>日本語 &amp; łódź</p>";
    o.files = files;
    o.references = references;
    g_autofree char *raw = written(&o), *answer = ask_python(raw);
    g_autofree char *sha = sha256_hex(bytes, sizeof bytes);
    g_autofree char *html = g_strconcat(o.html, "\n", NULL);
    const char *want[] = {o.subject,
                          o.from.name,
                          o.from.address,
                          o.to.name,
                          "<one@x.test> <two@x.test>",
                          "2026-01-05T09:00:00+00:00",
                          o.text,
                          html,
                          file.name,
                          "image/png",
                          sha,
                          "0",
                          "0",
                          "0",
                          "0",
                          "0",
                          NULL};
    g_autofree char *wanted = g_strjoinv("\x1e", (char **)want);
    g_assert_cmpstr(answer, ==, wanted);
    g_bytes_unref(file.content);
}

/* A calendar's entry and whole mails go along as parts of their own, each readable by itself. */
static void
test_calendar_and_digest(void)
{
    struct outgoing inner = simple();
    g_autoptr(GPtrArray) digest = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    g_ptr_array_add(digest, mail_write(&inner, NULL));
    inner.subject = "Za\305\274\303\263\305\202\304\207";
    g_ptr_array_add(digest, mail_write(&inner, NULL));
    struct outgoing o = simple();
    o.html = "<p>One</p>";
    o.calendar = "BEGIN:VCALENDAR\r\nSUMMARY:\303\251\r\nEND:VCALENDAR\r\n";
    o.calendar_method = "CANCEL\r\nX-Evil: 1";
    o.digest = digest;
    g_autofree char *raw = written(&o);
    assert_clean(raw);
    g_assert_null(strstr(raw, "X-Evil"));
    g_autoptr(mail) m = mail_read(raw, strlen(raw));
    static const char *const types[] = {"text/plain", "text/html",      "text/calendar", "message/rfc822",
                                        "text/plain", "message/rfc822", "text/plain"};
    g_assert_cmpuint(m->defects->len, ==, 0);
    g_assert_cmpuint(m->parts->len, ==, G_N_ELEMENTS(types));
    for (guint i = 0; i < m->parts->len; i++)
        g_assert_cmpstr(((const struct mail_part *)m->parts->pdata[i])->type, ==, types[i]);
    g_assert_cmpuint(((const struct mail_part *)m->parts->pdata[2])->size, ==, strlen(o.calendar));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_true(secret_init(NULL));
    mail_init();
    g_test_add_func("/write/a-simple-mail", test_simple);
    g_test_add_func("/write/everything-comes-back-as-it-was", test_everything_comes_back);
    g_test_add_func("/write/no-string-injects-a-header", test_no_injection);
    g_test_add_func("/write/bad-addresses-are-refused", test_bad_addresses_are_refused);
    g_test_add_func("/write/references-are-capped", test_references_are_capped);
    g_test_add_func("/write/words-that-look-encoded-stay-as-they-are", test_strings_that_look_encoded);
    g_test_add_func("/write/long-words-fit-the-lines", test_long_words);
    g_test_add_func("/write/quoted-printable", test_quoted_printable);
    g_test_add_func("/write/boundaries-are-unpredictable", test_boundaries_are_unpredictable);
    g_test_add_func("/write/other-scripts", test_other_scripts);
    g_test_add_func("/write/python-reads-the-same", test_python_reads_the_same);
    g_test_add_func("/write/calendar-and-digest", test_calendar_and_digest);
    return g_test_run();
}
