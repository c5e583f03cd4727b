/* Whatever the bytes are, there is a mail, read the way a mail client shows it, and its parts can be cut out again. */
#include <glib.h>
#include <string.h>

#include "lib/secret.h"
#include "lib/sha256.h"
#include "lib/text.h"
#include "mime/read.h"

static struct mail *
read_string(const char *text)
{
    return mail_read(text, strlen(text));
}

static const struct mail_part *
part(const struct mail *mail, guint i)
{
    g_assert_cmpuint(i, <, mail->parts->len);
    return mail->parts->pdata[i];
}

static gboolean
has_defect(const struct mail *mail, const char *words)
{
    for (guint i = 0; i < mail->defects->len; i++) {
        if (strstr(mail->defects->pdata[i], words) != NULL) {
            return TRUE;
        }
    }
    return FALSE;
}

static char *
decoded(const struct mail *mail, const char *raw, guint i)
{
    const struct mail_part *p = part(mail, i);
    g_autoptr(GBytes) bytes = mail_decode(raw + p->offset, p->length, p->encoding);
    return g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

/* What is cut out of the raw mail by offset, length and encoding is what was listed. */
static void
assert_slices(const struct mail *mail, const char *raw, gsize length)
{
    for (guint i = 0; i < mail->parts->len; i++) {
        const struct mail_part *p = part(mail, i);
        if (p->inside != NULL) {
            continue;
        }
        g_assert_cmpuint(p->offset, <=, length);
        g_assert_cmpuint(p->length, <=, length - p->offset);
        g_autoptr(GBytes) bytes = mail_decode(raw + p->offset, p->length, p->encoding);
        gsize size;
        gconstpointer data = g_bytes_get_data(bytes, &size);
        g_autofree char *sha = sha256_hex(data, size);
        g_assert_cmpuint(size, ==, p->size);
        g_assert_cmpstr(sha, ==, p->sha256);
    }
}

static char *
with_line_ends(const char *text, const char *line_end)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    return g_strjoinv(line_end, lines);
}

static const char rich[] = "From bounce@x.test Mon Jan  5 10:00:00 2026\n"
                           "From: =?utf-8?Q?J=C3=BCrgen?= <j@shop.test>\n"
                           "To: A <a@x.test>,\n\tb@x.test\n"
                           "Subject: Hello\n world\n"
                           "Message-ID: <1@shop.test>\n"
                           "Date: Mon, 5 Jan 2026 10:00:00 +0100\n"
                           "References: <a@x>\n <b@x>\n"
                           "MIME-Version: 1.0\n"
                           "Content-Type: multipart/mixed; boundary=\"outer\"\n"
                           "\n"
                           "preamble\n"
                           "--outer\n"
                           "Content-Type: multipart/alternative; boundary=inner\n"
                           "\n"
                           "--inner\n"
                           "Content-Type: text/plain; charset=utf-8\n"
                           "Content-Transfer-Encoding: quoted-printable\n"
                           "\n"
                           "caf=C3=A9 is o=\npen\n"
                           "--inner\n"
                           "Content-Type: text/html; charset=utf-8\n"
                           "\n"
                           "<p>caf&eacute; is open</p>\n"
                           "--inner--\n"
                           "\n"
                           "--outer\n"
                           "Content-Type: message/rfc822\n"
                           "\n"
                           "Subject: inside\n"
                           "Content-Type: multipart/mixed; boundary=deep\n"
                           "\n"
                           "--deep\n"
                           "\n"
                           "one\n"
                           "--deep\n"
                           "Content-Type: image/png; name=x.png\n"
                           "Content-Transfer-Encoding: base64\n"
                           "\n"
                           "iVBORw0K\n"
                           "--deep--\n"
                           "--outer\n"
                           "Content-Type: application/pdf\n"
                           "Content-Disposition: attachment; filename*=utf-8''f%C3%BCr.pdf\n"
                           "Content-Transfer-Encoding: base64\n"
                           "\n"
                           "JVBERi0x\n"
                           "LjQ=\n"
                           "--outer--\n"
                           "epilogue\n";

static void
assert_rich(const struct mail *mail)
{
    static const struct {
        const char *path, *type;
        gboolean nested, attachment;
    } want[] = {
        {"1.1", "text/plain", FALSE, FALSE}, {"1.2", "text/html", FALSE, FALSE}, {"2", "message/rfc822", FALSE, TRUE},
        {"2.1", "text/plain", TRUE, FALSE},  {"2.2", "image/png", TRUE, FALSE},  {"3", "application/pdf", FALSE, TRUE},
    };
    g_assert_cmpuint(mail->parts->len, ==, G_N_ELEMENTS(want));
    for (guint i = 0; i < G_N_ELEMENTS(want); i++) {
        g_assert_cmpstr(part(mail, i)->path, ==, want[i].path);
        g_assert_cmpstr(part(mail, i)->type, ==, want[i].type);
        g_assert_cmpint(part(mail, i)->nested, ==, want[i].nested);
        g_assert_cmpint(part(mail, i)->attachment, ==, want[i].attachment);
    }
    g_assert_cmpstr(part(mail, 5)->name, ==, "für.pdf");
    g_assert_cmpuint(part(mail, 5)->size, ==, 8);
    g_assert_cmpstr(mail->subject, ==, "Hello world");
    g_assert_cmpstr(mail->message_id, ==, "1@shop.test");
    g_assert_cmpstr(mail_author(mail)->name, ==, "Jürgen");
    g_assert_cmpstr(mail_author(mail)->address, ==, "j@shop.test");
    g_assert_cmpuint(mail->to->len, ==, 2);
    g_assert_cmpuint(mail->references->len, ==, 2);
    g_assert_true(mail->has_date);
    g_assert_cmpint(mail->date, ==, 1767603600);
    g_assert_cmpstr(g_strstrip(mail->text), ==, "café is open");
    g_assert_nonnull(strstr(mail->html, "<p>"));
    g_assert_false(mail->text_from_html);
}

static void
test_all_line_ends_read_alike(void)
{
    static const char *const line_ends[] = {"\n", "\r\n", "\r", "\r\r\n"};
    for (guint i = 0; i < G_N_ELEMENTS(line_ends); i++) {
        g_autofree char *raw = with_line_ends(rich, line_ends[i]);
        g_autoptr(mail) mail = read_string(raw);
        assert_rich(mail);
        assert_slices(mail, raw, strlen(raw));
    }
}

static void
test_nothing_is_a_mail(void)
{
    static const char *const raws[] = {"", "\n", "\r\n", "\r", "x", ":", "\n\n\n", "From ", "a:b"};
    for (guint i = 0; i < G_N_ELEMENTS(raws); i++) {
        g_autoptr(mail) mail = read_string(raws[i]);
        g_assert_cmpuint(mail->parts->len, ==, 1);
        g_assert_cmpstr(part(mail, 0)->path, ==, "1");
        g_assert_cmpstr(part(mail, 0)->type, ==, "text/plain");
        assert_slices(mail, raws[i], strlen(raws[i]));
    }
    g_autoptr(mail) none = mail_read(NULL, 0);
    g_assert_cmpstr(none->text, ==, "");
    g_assert_null(none->subject);
}

static void
test_no_headers_is_a_body(void)
{
    g_autoptr(mail) mail = read_string("Hello, I need help with my shop.\n\nThanks\n");
    g_assert_cmpstr(mail->text, ==, "Hello, I need help with my shop.\n\nThanks\n");
    g_assert_cmpuint(mail->headers->len, ==, 0);
}

static void
test_nuls_are_survived(void)
{
    static const char raw[] = "Subject: a\0b\nX: y\n\nbo\0dy\n";
    g_autoptr(mail) mail = mail_read(raw, sizeof raw - 1);
    g_assert_cmpstr(mail->subject, ==, "ab");
    g_assert_cmpstr(mail->text, ==, "body\n");
    assert_slices(mail, raw, sizeof raw - 1);
    g_assert_cmpuint(part(mail, 0)->size, ==, 6);
}

static void
test_missing_blank_line(void)
{
    g_autoptr(mail) mail = read_string("From: a@b.test\nSubject: x\nDear all,\nsee you.\n");
    g_assert_cmpstr(mail->text, ==, "Dear all,\nsee you.\n");
    g_assert_cmpstr(mail->subject, ==, "x");
    g_assert_true(has_defect(mail, "no blank line"));
}

static void
test_junk_among_headers(void)
{
    g_autoptr(mail) mail =
        read_string("From: a@b.test\n>From somebody\nthis is no header\nSubject: x\nTo: c@d.test\n\nbody\n");
    g_assert_cmpstr(mail->subject, ==, "x");
    g_assert_cmpuint(mail->to->len, ==, 1);
    g_assert_cmpstr(mail->text, ==, "body\n");
    g_assert_true(has_defect(mail, "is no header"));
}

static void
test_blank_line_of_blanks(void)
{
    g_autoptr(mail) ends = read_string("Subject: x\n \nThe body.\n");
    g_assert_cmpstr(ends->text, ==, "The body.\n");
    g_autoptr(mail) folds = read_string("Subject: x\n \nTo: a@b.test\n\nThe body.\n");
    g_assert_cmpstr(folds->text, ==, "The body.\n");
    g_assert_cmpuint(folds->to->len, ==, 1);
}

static void
test_leading_blank_lines(void)
{
    g_autoptr(mail) mail = read_string("\n\r\nSubject: x\n\nbody\n");
    g_assert_cmpstr(mail->subject, ==, "x");
    g_assert_cmpstr(mail->text, ==, "body\n");
}

static void
test_unclosed_multipart(void)
{
    static const char raw[] =
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\nContent-Type: text/plain\n\ntwo\n";
    g_autoptr(mail) mail = read_string(raw);
    g_assert_cmpuint(mail->parts->len, ==, 2);
    g_assert_cmpstr(mail->text, ==, "one\ntwo\n");
    assert_slices(mail, raw, strlen(raw));
}

static void
test_boundary_is_guessed(void)
{
    g_autoptr(mail) mail =
        read_string("Content-Type: multipart/alternative\n\n--xyz\nContent-Type: text/plain\n\nwords\n"
                    "--xyz\nContent-Type: text/html\n\n<b>words</b>\n--xyz--\n");
    g_assert_cmpuint(mail->parts->len, ==, 2);
    g_assert_cmpstr(mail->text, ==, "words");
    g_assert_true(has_defect(mail, "guessed"));
    g_autoptr(mail) other =
        read_string("Content-Type: multipart/mixed; boundary=never\n\n--xyz\nContent-Type: text/plain\n\nwords\n"
                    "--xyz\nContent-Type: image/png\n\nx\n--xyz--\n");
    g_assert_cmpuint(other->parts->len, ==, 2);
    g_assert_cmpstr(other->text, ==, "words");
    g_autoptr(mail) blanks =
        read_string("Content-Type: multipart/mixed; boundary=a b c\n\n--a b c\n\nwords\n--a b c--\n");
    g_assert_cmpstr(blanks->text, ==, "words");
}

static void
test_what_a_person_calls_a_file(void)
{
    static const struct {
        const char *above, *headers;
        gboolean file;
    } rows[] = {
        {"mixed", "Content-Type: application/pdf", TRUE},
        {"mixed", "Content-Type: image/png", TRUE},
        {"mixed", "Content-Type: text/plain; name=a.txt", TRUE},
        {"mixed", "Content-Type: text/plain", FALSE},
        {"mixed", "Content-Type: text/plain\nContent-Disposition: attachment", TRUE},
        {"mixed", "Content-Type: message/rfc822", TRUE},
        {"mixed", "Content-Type: application/pgp-signature; name=signature.asc\nContent-Disposition: attachment",
         FALSE},
        {"signed", "Content-Type: application/pkcs7-signature; name=smime.p7s\nContent-Disposition: attachment", FALSE},
        {"related", "Content-Type: image/png\nContent-ID: <x@y>", FALSE},
        {"related", "Content-Type: image/png\nContent-ID: <x@y>\nContent-Disposition: attachment; filename=x.png",
         TRUE},
        {"related", "Content-Type: application/pdf\nContent-ID: <x@y>", TRUE},
        {"alternative", "Content-Type: text/calendar; method=REQUEST", TRUE},
        {"alternative", "Content-Type: text/x-amp-html", FALSE},
        {"report", "Content-Type: message/delivery-status", FALSE},
        {"report", "Content-Type: text/rfc822-headers", FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *raw =
            g_strdup_printf("Content-Type: multipart/%s; boundary=b\n\n--b\n\nwords\n--b\n%s\n\nx\n--b--\n",
                            rows[i].above, rows[i].headers);
        g_autoptr(mail) mail = read_string(raw);
        g_assert_cmpint(part(mail, 1)->attachment, ==, rows[i].file);
    }
}

static void
test_multipart_without_parts_is_text(void)
{
    g_autoptr(mail) mail =
        read_string("Content-Type: multipart/mixed; boundary=never\n\nWords that must not be lost.\n");
    g_assert_cmpstr(mail->text, ==, "Words that must not be lost.\n");
    g_assert_cmpstr(part(mail, 0)->type, ==, "text/plain");
    g_autoptr(mail) empty = read_string("Content-Type: multipart/mixed; boundary=o\n\n--o\n"
                                        "Content-Type: multipart/alternative; boundary=i\n\n\n--o\n\nwords\n--o--\n");
    g_assert_cmpuint(empty->parts->len, ==, 1);
    g_assert_cmpstr(empty->text, ==, "words");
}

static void
test_part_without_headers_or_blank_line(void)
{
    g_autoptr(mail) mail = read_string("Content-Type: multipart/mixed; boundary=b\n\n--b\nHello there\n--b--\n");
    g_assert_cmpstr(mail->text, ==, "Hello there");
}

static void
test_alternative(void)
{
    g_autoptr(mail) blank =
        read_string("Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n \n"
                    "--b\nContent-Type: text/html\n\n<p>One</p><p>Two</p>\n--b--\n");
    g_assert_cmpstr(blank->text, ==, "One\n\nTwo\n");
    g_assert_true(blank->text_from_html);
    g_autoptr(mail) related = read_string(
        "Content-Type: multipart/related; boundary=r\n\n--r\nContent-Type: multipart/alternative; boundary=b\n\n"
        "--b\n\nplain\n--b\nContent-Type: text/html\n\n<img src=cid:x>\n--b--\n"
        "--r\nContent-Type: image/gif\nContent-ID: <x>\nContent-Transfer-Encoding: base64\n\nR0lG\n--r--\n");
    g_assert_cmpstr(related->text, ==, "plain");
    g_assert_cmpstr(part(related, 2)->content_id, ==, "x");
    g_assert_false(part(related, 2)->attachment);
}

static void
test_words_of_last_resort(void)
{
    g_autoptr(mail) attached =
        read_string("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n"
                    "Content-Disposition: attachment\n\nwords\n--b--\n");
    g_assert_cmpstr(attached->text, ==, "words");
    g_assert_false(part(attached, 0)->attachment);
    g_autoptr(mail) file =
        read_string("Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\nfile\n");
    g_assert_cmpstr(file->text, ==, "");
    g_assert_true(part(file, 0)->attachment);
    g_autoptr(mail) enriched = read_string("Content-Type: text/richtext\n\n<bold>One</bold><nl>two &lt;\n");
    g_assert_cmpstr(enriched->text, ==, "One\ntwo <\n");
}

static void
test_mixed_texts_are_joined(void)
{
    g_autoptr(mail) mail =
        read_string("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nbefore\n"
                    "--b\nContent-Type: image/png; name=a.png\n\nx\n"
                    "--b\nContent-Type: text/html\n\n<div>between</div>\n"
                    "--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename=n.txt\n\nfile\n"
                    "--b\n\nafter\n--b--\n");
    g_assert_cmpstr(mail->text, ==, "before\nbetween\nafter");
    g_autoptr(mail) named =
        read_string("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; name=a.txt\n\n"
                    "words\n--b\nContent-Type: text/plain; name=b.txt\n\nfile\n--b--\n");
    g_assert_cmpstr(named->text, ==, "words");
    g_assert_false(part(named, 0)->attachment);
    g_assert_true(part(named, 1)->attachment);
    g_assert_true(part(mail, 1)->attachment);
    g_assert_true(part(mail, 3)->attachment);
    g_assert_false(part(mail, 4)->attachment);
}

static void
test_encoded_message_is_opened(void)
{
    static const char inner[] =
        "Subject: in\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\nwords\r\n--i\r\n"
        "Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\nUEsDBA==\r\n"
        "--i--\r\n";
    g_autofree char *encoded = g_base64_encode((const guchar *)inner, strlen(inner));
    g_autofree char *raw =
        g_strdup_printf("Content-Type: multipart/mixed; boundary=o\n\n--o\n\nhello\n--o\n"
                        "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n%s\n--o--\n",
                        encoded);
    g_autoptr(mail) mail = read_string(raw);
    g_assert_cmpuint(mail->parts->len, ==, 4);
    g_assert_cmpstr(part(mail, 3)->path, ==, "2.2");
    g_assert_cmpstr(part(mail, 3)->inside, ==, "2");
    g_assert_true(part(mail, 3)->nested);
    assert_slices(mail, raw, strlen(raw));
    g_autofree char *outer = decoded(mail, raw, 1);
    g_assert_cmpstr(outer, ==, inner);
    const struct mail_part *zip = part(mail, 3);
    g_autoptr(GBytes) bytes = mail_decode(outer + zip->offset, zip->length, zip->encoding);
    g_autofree char *sha = sha256_hex(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    g_assert_cmpstr(sha, ==, zip->sha256);
}

static void
test_false_base64_is_shown(void)
{
    static const char raw[] = "Content-Transfer-Encoding: base64\n\nHello, this is no base64 at all, is it?\n";
    g_autoptr(mail) mail = read_string(raw);
    g_assert_cmpstr(mail->text, ==, "Hello, this is no base64 at all, is it?\n");
    g_assert_cmpint(part(mail, 0)->encoding, ==, MAIL_ENCODING_IDENTITY);
    assert_slices(mail, raw, strlen(raw));
}

static void
test_uuencoded_file_in_text(void)
{
    static const char lf[] = "Subject: old\n\nBefore.\nbegin 644 cat.txt\n#0V%T\n`\nend\nAfter.\n";
    static const char *const line_ends[] = {"\n", "\r\n", "\r"};
    for (guint i = 0; i < G_N_ELEMENTS(line_ends); i++) {
        g_autofree char *raw = with_line_ends(lf, line_ends[i]);
        g_autoptr(mail) mail = read_string(raw);
        g_assert_cmpstr(mail->text, ==, "Before.\nAfter.\n");
        g_assert_cmpuint(mail->parts->len, ==, 2);
        g_assert_true(part(mail, 1)->in_text);
        g_assert_true(part(mail, 1)->attachment);
        g_assert_cmpstr(part(mail, 1)->name, ==, "cat.txt");
        g_autofree char *cat = decoded(mail, raw, 1);
        g_assert_cmpstr(cat, ==, "Cat");
        assert_slices(mail, raw, strlen(raw));
    }
    g_autoptr(mail) words = read_string("\nbegin 644 words\nthese are words, and no file\nend\n");
    g_assert_cmpuint(words->parts->len, ==, 1);
    g_assert_nonnull(strstr(words->text, "begin 644"));
}

static void
test_tnef_stays_opaque(void)
{
    g_autoptr(mail) mail =
        read_string("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhi\n--b\nContent-Type: application/ms-tnef; "
                    "name=winmail.dat\nContent-Transfer-Encoding: base64\n\neJ8+IgAA\n--b--\n");
    g_assert_cmpstr(part(mail, 1)->type, ==, "application/ms-tnef");
    g_assert_true(part(mail, 1)->attachment);
    g_assert_cmpstr(mail->text, ==, "hi");
}

static void
test_report_halves_are_no_files(void)
{
    g_autoptr(mail) mail =
        read_string("Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
                    "--b\n\nfailed\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n"
                    "--b\nContent-Type: message/rfc822\n\nSubject: mine\n\nwords\n--b--\n");
    g_assert_cmpstr(mail->text, ==, "failed");
    for (guint i = 0; i < mail->parts->len; i++) {
        g_assert_false(part(mail, i)->attachment);
    }
    g_assert_cmpstr(part(mail, 3)->path, ==, "3.1");
}

static void
test_malformed_types(void)
{
    static const char *const rows[][2] = {
        {"Text/HTML", "text/html"},        {"text", "text/plain"},          {"text/plain charset=utf-8", "text/plain"},
        {"; charset=utf-8", "text/plain"}, {"text / plain", "text/plain"},  {"\"text/plain\"", "text/plain"},
        {"x-odd", "x-odd/unknown"},        {"=?utf-8?Q?x?=", "text/plain"}, {"a/b/c", "text/plain"},
        {"image/", "text/plain"},          {"TEXT/PLAIN(x)", "text/plain"}, {"", "text/plain"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *raw = g_strdup_printf("Content-Type: %s\n\nwords\n", rows[i][0]);
        g_autoptr(mail) mail = read_string(raw);
        g_assert_cmpstr(part(mail, 0)->type, ==, rows[i][1]);
        g_assert_cmpstr(mail->text, ==, "words\n");
    }
}

static void
test_charsets_fall_back(void)
{
    static const struct {
        const char *type, *body, *want;
    } rows[] = {
        {"text/plain; charset=iso-8859-1", "caf\xe9 \x80", "café €"},
        {"text/plain; charset=utf-8", "caf\xe9", "café"},
        {"text/plain; charset=us-ascii", "caf\xc3\xa9", "café"},
        {"text/plain; charset=x-no-such", "caf\xc3\xa9", "café"},
        {"text/plain", "caf\xe9", "café"},
        {"text/plain; charset=windows-1250", "\xb9\xea", "ąę"},
        {"text/plain; charset=\"utf-8", "caf\xc3\xa9", "café"},
        {"text/html", "<meta charset=iso-8859-2><p>\xb1", "ą\n"},
        {"text/html; charset=us-ascii", "<meta charset=iso-8859-2><p>\xb1", "ą\n"},
        {"text/html; charset=iso-8859-1", "<meta charset=iso-8859-2><p>\xb1", "±\n"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *raw = g_strdup_printf("Content-Type: %s\n\n%s", rows[i].type, rows[i].body);
        g_autoptr(mail) mail = read_string(raw);
        g_assert_cmpstr(mail->text, ==, rows[i].want);
    }
}

/* Each charset by its names and misnomers; what is said to be one and is another is read as what it is. */
/* long: a table */
static void
test_charsets_by_all_names(void)
{
    static const struct {
        const char *charset, *base64, *text;
    } rows[] = {
        {"utf-7", "R3IrQVB3QTN3LWUgK0lLdy0=", "Grüße €"},
        {"iso-2022-jp", "GyRCRnxLXDhsGyhC", "日本語"},
        {"iso-2022-kr", "GyQpQw5HUTE5Pm4P", "한국어"},
        {"gb18030", "1tDOxNbs6Ua7+Q==", "中文朱镕基"},
        {"gb2312", "1uzpRrv5", "朱镕基"},
        {"big5", "pKSk5Q==", "中文"},
        {"big5-hkscs", "pKSk5Q==", "中文"},
        {"shift_jis", "k/qWe4zqh0A=", "日本語①"},
        {"euc-jp", "xvzL3Ljs", "日本語"},
        {"euc-kr", "x9Gxub7u", "한국어"},
        {"koi8-r", "8NLJ18XU", "Привет"},
        {"koi8-u", "t9bByw==", "Їжак"},
        {"windows-1250", "r/Oz5g==", "Żółć"},
        {"windows-1251", "z/Do4uXy", "Привет"},
        {"windows-1252", "k+mAlA==", "“é€”"},
        {"iso-8859-1", "k+mU", "“é”"},
        {"windows-1253", "w+Xp3A==", "Γειά"},
        {"windows-1254", "/f7w", "ışğ"},
        {"windows-1255", "+ezl7Q==", "שלום"},
        {"windows-1256", "0+HH4w==", "سلام"},
        {"windows-1257", "4Ojm", "ąčę"},
        {"windows-1258", "6g==", "ê"},
        {"macintosh", "jg==", "é"},
        {"x-mac-roman", "jg==", "é"},
        {"iso-8859-2", "r/Oz5g==", "Żółć"},
        {"iso-8859-15", "pOk=", "€é"},
        {"iso-8859-9", "/f7w", "ışğ"},
        {"tis-620", "5LfC", "ไทย"},
        {"windows-874", "5LfC", "ไทย"},
        {"x-unknown", "R3LDvMOfZQ==", "Grüße"},
        {"us-ascii", "R3LDvMOfZQ==", "Grüße"},
        {"us-ascii", "R3L832U=", "Grüße"},
        {"ansi_x3.4-1968", "R3L832U=", "Grüße"},
        {"iso-8859-1", "R3LDvMOfZeaXpQ==", "Grüße日"},
        {"utf-8", "R3L832U=", "Grüße"},
        {"unicode-1-1-utf-7", "K0FPay0=", "é"},
        {"utf-16", "//7pAA==", "é"},
        {"utf-16le", "6QA=", "é"},
        {"cp1252", "6Q==", "é"},
        {"latin1", "6Q==", "é"},
        {"iso8859-1", "6Q==", "é"},
        {"iso_8859-1", "6Q==", "é"},
        {"ibm850", "gg==", "é"},
        {"\"utf-8\"", "w6k=", "é"},
        {"utf-8;", "w6k=", "é"},
        {"'utf-8'", "w6k=", "é"},
        {"unknown-8bit", "w6k=", "é"},
        {"default", "w6k=", "é"},
        {"_iso-2022-jp$ESC", "GyRCRnxLXDhsGyhC", "日本語"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *raw =
            g_strdup_printf("Content-Type: text/plain; charset=%s\nContent-Transfer-Encoding: base64\n\n%s\n",
                            rows[i].charset, rows[i].base64);
        g_autoptr(mail) mail = mail_read(raw, strlen(raw));
        g_test_message("%s", rows[i].charset);
        g_strchomp(mail->text);
        g_assert_cmpstr(mail->text, ==, rows[i].text);
    }
}

/* As RFC 5322 has them, as its forerunners had, and as programs write them. */
static void
test_dates(void)
{
    static const struct {
        const char *written, *utc; /* NULL: no date */
    } rows[] = {
        {"Mon, 5 Jan 2026 10:00:00 +0100", "2026-01-05T09:00:00Z"},
        {"5 Jan 2026 10:00:00 +0100", "2026-01-05T09:00:00Z"},
        {"Fri, 05 Jan 96 10:00:00 GMT", "1996-01-05T10:00:00Z"},
        {"5 Jan 05 10:00 UT", "2005-01-05T10:00:00Z"},
        {"5 Jan 102 10:00:00 GMT", "2002-01-05T10:00:00Z"},
        {"5 Jan 2026 10:00:00 EST", "2026-01-05T15:00:00Z"},
        {"Mon, 5 Jan 2026 10:00:00 +0100 (CET)", "2026-01-05T09:00:00Z"},
        {"Mon Jan  5 10:00:00 2026", "2026-01-05T10:00:00Z"},
        {"Mon Jan 05 10:00:00 CET 2026", "2026-01-05T09:00:00Z"},
        {"5 Jan 2026 10:00:00 Z", "2026-01-05T10:00:00Z"},
        {"Monday, 5 January 2026 10:00:00 +0100", "2026-01-05T09:00:00Z"},
        {"2026-01-05T10:00:00+01:00", "2026-01-05T09:00:00Z"},
        {"2026-01-05 10:00:00 +0100", "2026-01-05T09:00:00Z"},
        {"Mon, 5-Jan-2026 10:00:00 +0100", "2026-01-05T09:00:00Z"},
        {"Mon, 5 Jan 2026 10.00.00 +0100", "2026-01-05T09:00:00Z"},
        {"Mon, 5 Jan 2026 10:00:00 +01:00", "2026-01-05T09:00:00Z"},
        {"Mon, 5 Jan 2026 10:00:00 GMT+0100", "2026-01-05T09:00:00Z"},
        {"Mon, 5 Jan 2026 10:00:00 PM +0100", "2026-01-05T21:00:00Z"},
        {"Mon, 5 Jan 2026 10:00 +0100", "2026-01-05T09:00:00Z"},
        {"Mon,(x) 5 (y) Jan 2026\n 10:00:00 +0100", "2026-01-05T09:00:00Z"},
        {"yesterday", NULL},
        {"31 Feb 2026 10:00:00 +0000", NULL},
        {"Mon, 5 Jan 2026 10:00:00 -0000", "2026-01-05T10:00:00Z"},
        {"Mon 5 Jan 2026 10:00:00 +0100", "2026-01-05T09:00:00Z"},
        {"mon, 5 jan 2026 10:00:00 +0100", "2026-01-05T09:00:00Z"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *raw = g_strdup_printf("Date: %s\n\nx\n", rows[i].written);
        g_autoptr(mail) mail = mail_read(raw, strlen(raw));
        g_autofree char *utc = mail->has_date ? text_time(mail->date) : NULL;
        g_test_message("%s", rows[i].written);
        g_assert_cmpstr(utc, ==, rows[i].utc);
        g_assert_cmpint(mail->defects->len > 0, ==, rows[i].utc == NULL);
    }
}

static void
test_raw_headers_are_in_the_charset_of_the_words(void)
{
    g_autoptr(mail) mail = read_string("From: \xcf\xf0\xe8 <a@x.test>\nSubject: =?utf-8?Q?=C5=82?= \xcf\xf0\xe8\n"
                                       "Content-Type: multipart/mixed; boundary=b\n\n--b\n"
                                       "Content-Type: text/plain; charset=windows-1251\n\n\xcf\xf0\xe8\n--b--\n");
    g_assert_cmpstr(mail->subject, ==, "ł При");
    g_assert_cmpstr(mail_author(mail)->name, ==, "При");
    g_assert_cmpstr(mail->text, ==, "При");
    g_autoptr(mail) utf8 = read_string("Subject: caf\xc3\xa9\nContent-Type: text/plain; charset=windows-1251\n\nx\n");
    g_assert_cmpstr(utf8->subject, ==, "café");
}

static void
test_format_flowed(void)
{
    g_autoptr(mail) mail = read_string(
        "Content-Type: text/plain; format=flowed; delsp=yes\n\nOne long \nline.\n> quoted \n> too\n-- \nA\n");
    g_assert_cmpstr(mail->text, ==, "One longline.\n> quotedtoo\n-- \nA\n");
}

static void
test_bare_cr_in_a_header_injects_nothing(void)
{
    g_autoptr(mail) mail = read_string("Subject: a\rBcc: evil@x.test\nTo: b@x.test\n\nbody\n");
    g_assert_cmpstr(mail->subject, ==, "a Bcc: evil@x.test");
    g_assert_null(mail_header(mail, "Bcc"));
}

/* ---- the guard ---- */

static void
append_times(GString *s, const char *what, guint times)
{
    for (guint i = 0; i < times; i++) {
        g_string_append(s, what);
    }
}

static void
test_guard_groups(void)
{
    g_autoptr(GString) raw = g_string_new("From: ");
    append_times(raw, "a:", 20000);
    g_string_append(raw, "\nTo: x@y.test\n\nbody\n");
    g_autoptr(mail) mail = mail_read(raw->str, raw->len);
    g_assert_cmpuint(mail->from->len, ==, 0);
    g_assert_cmpuint(mail->to->len, ==, 1);
    g_assert_cmpstr(mail->text, ==, "body\n");
    g_assert_true(has_defect(mail, "2,000 separators"));
    g_assert_cmpuint(mail->headers->len, ==, 2);
}

static void
test_guard_header_sizes(void)
{
    g_autoptr(GString) raw = g_string_new("X-Large: ");
    append_times(raw, "0123456789", 7000);
    g_string_append(raw, "\nSubject: kept\n\nbody\n");
    g_autoptr(mail) mail = mail_read(raw->str, raw->len);
    g_assert_null(mail_header(mail, "X-Large"));
    g_assert_cmpstr(mail->subject, ==, "kept");
    g_assert_true(has_defect(mail, "too large"));

    g_autoptr(GString) part_header =
        g_string_new("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; x=");
    append_times(part_header, "0123456789", 1700);
    g_string_append(part_header, "\n\nwords\n--b--\n");
    g_autoptr(mail) inner = mail_read(part_header->str, part_header->len);
    g_assert_cmpstr(inner->text, ==, "words");
    g_assert_true(has_defect(inner, "too large"));
}

static void
test_guard_header_counts(void)
{
    g_autoptr(GString) many = g_string_new(NULL);
    append_times(many, "X: y\n", 1500);
    g_string_append(many, "\nbody\n");
    g_autoptr(mail) mail = mail_read(many->str, many->len);
    g_assert_cmpuint(mail->headers->len, ==, 1000);
    g_assert_cmpstr(mail->text, ==, "body\n");

    g_autoptr(GString) bytes = g_string_new(NULL);
    for (guint i = 0; i < 10; i++) {
        g_string_append(bytes, "X: ");
        append_times(bytes, "0123456789", 5000);
        g_string_append(bytes, "\n");
    }
    g_string_append(bytes, "\nbody\n");
    g_autoptr(mail) large = mail_read(bytes->str, bytes->len);
    g_assert_cmpuint(large->headers->len, ==, 5);
    g_assert_true(has_defect(large, "256 KiB"));
}

static void
test_guard_parts(void)
{
    g_autoptr(GString) raw = g_string_new("Content-Type: multipart/mixed; boundary=b\n\n");
    append_times(raw, "--b\n\nx\n", 600);
    g_autoptr(mail) mail = mail_read(raw->str, raw->len);
    g_assert_cmpuint(mail->parts->len, <=, 500);
    g_assert_cmpuint(mail->parts->len, >=, 499);
    g_assert_true(has_defect(mail, "500 parts"));
    assert_slices(mail, raw->str, raw->len);
}

static void
test_guard_depth(void)
{
    g_autoptr(GString) raw = g_string_new(NULL);
    for (guint i = 0; i < 1000; i++) {
        g_string_append_printf(raw, "Content-Type: multipart/mixed; boundary=b%u\n\n--b%u\n", i, i);
    }
    g_string_append(raw, "\nwords\n");
    g_autoptr(mail) mail = mail_read(raw->str, raw->len);
    g_assert_true(has_defect(mail, "20 deep"));
    g_autoptr(GString) messages = g_string_new(NULL);
    append_times(messages, "Content-Type: message/rfc822\n\n", 1000);
    g_autoptr(mail) nested = mail_read(messages->str, messages->len);
    g_assert_cmpuint(nested->parts->len, <=, 21);
    assert_slices(nested, messages->str, messages->len);
}

static void
test_guard_parameters(void)
{
    g_autoptr(GString) raw = g_string_new("Content-Type: text/plain");
    append_times(raw, ";a=b", 5000);
    g_string_append(raw, "\n\nwords\n");
    g_autoptr(mail) mail = mail_read(raw->str, raw->len);
    g_assert_cmpstr(mail->text, ==, "words\n");
    g_assert_true(has_defect(mail, "2,000 separators"));
}

/* ---- the fingerprint ---- */

static void
fingerprint(const char *sender, const char *raw, char hex[65])
{
    guint8 digest[32];
    mail_fingerprint(sender, raw, strlen(raw), digest);
    for (guint i = 0; i < 32; i++) {
        g_snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }
}

static const char plain_mail[] = "From: a@x.test\nTo: b@x.test,\n c@x.test\nSubject: one  two\nMessage-ID: <1@x>\n"
                                 "Content-Type: text/plain\n\nline one\n\nline two\n";

static void
test_fingerprint_ignores_the_way(void)
{
    char want[65], got[65];
    fingerprint("a@x.test", plain_mail, want);
    g_autofree char *crlf = with_line_ends(plain_mail, "\r\n");
    static const char *const before[] = {
        "", "From a@x.test Mon Jan  5 10:00:00 2026\n", "Return-Path: <a@x.test>\n",
        "Received: from x\n\tby y; now\nX-Spam: no\nAuthentication-Results: y; spf=pass\n"};
    for (guint i = 0; i < G_N_ELEMENTS(before); i++) {
        g_autofree char *raw = g_strconcat(before[i], plain_mail, NULL);
        fingerprint("a@x.test", raw, got);
        g_assert_cmpstr(got, ==, want);
    }
    fingerprint("<a@X.TEST>", crlf, got);
    g_assert_cmpstr(got, ==, want);
    fingerprint("a@x.test",
                "from:a@x.test\nto: b@x.test, c@x.test\nX: y\nSubject:  one two \nMessage-Id: <1@x>\nContent-Type:\n "
                "text/plain\n"
                "\nline one\r\n\r\nline two\n\n\n",
                got);
    g_assert_cmpstr(got, ==, want);
}

static void
test_fingerprint_sees_what_differs(void)
{
    static const char *const changes[][2] = {
        {"line one", "line 1"},      {"a@x.test", "z@x.test"}, {"one  two", "onetwo"},      {"<1@x>", "<2@x>"},
        {"text/plain", "text/html"}, {"c@x.test", "d@x.test"}, {"one\n\nline", "one\nline"}};
    char first[65], other[65];
    fingerprint("a@x.test", plain_mail, first);
    fingerprint("b@x.test", plain_mail, other);
    g_assert_cmpstr(first, !=, other);
    for (guint i = 0; i < G_N_ELEMENTS(changes); i++) {
        g_autoptr(GString) raw = g_string_new(plain_mail);
        g_assert_cmpuint(g_string_replace(raw, changes[i][0], changes[i][1], 1), ==, 1);
        fingerprint("a@x.test", raw->str, other);
        g_assert_cmpstr(first, !=, other);
    }
}

/* ---- the public mails beside the tree ---- */

static void
for_each_mail(const char *folder, void (*use)(const char *raw, gsize length))
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autofree char *raw = NULL;
        gsize length;
        if (g_str_has_suffix(name, ".eml") && g_file_get_contents(path, &raw, &length, NULL)) {
            use(raw, length);
        }
    }
}

static void
check_slices_of(const char *raw, gsize length)
{
    g_autoptr(mail) mail = mail_read(raw, length);
    assert_slices(mail, raw, length);
    g_assert_true(g_utf8_validate(mail->text, -1, NULL));
}

static void
test_slices_of_public_mails(void)
{
    static const char *const folders[] = {"mime", "reply", "bounce", "triage", "forward"};
    g_autofree char *corpora = g_build_filename(SOURCE_DIR, "..", "shared", "corpora", NULL);
    if (!g_file_test(corpora, G_FILE_TEST_IS_DIR)) {
        g_test_skip("../shared/corpora is not there");
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *folder = g_build_filename(corpora, folders[i], NULL);
        for_each_mail(folder, check_slices_of);
    }
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        GTestFunc test;
    } tests[] = {
        {"/read/lf-crlf-and-cr-read-alike-and-cut-right", test_all_line_ends_read_alike},
        {"/read/nothing-is-a-mail", test_nothing_is_a_mail},
        {"/read/no-headers-is-a-body", test_no_headers_is_a_body},
        {"/read/nuls-are-survived", test_nuls_are_survived},
        {"/read/missing-blank-line-loses-no-words", test_missing_blank_line},
        {"/read/junk-among-headers-is-left-out", test_junk_among_headers},
        {"/read/a-line-of-blanks-ends-headers-or-folds", test_blank_line_of_blanks},
        {"/read/leading-blank-lines", test_leading_blank_lines},
        {"/read/unclosed-multipart", test_unclosed_multipart},
        {"/read/boundary-is-guessed", test_boundary_is_guessed},
        {"/read/what-a-person-calls-a-file", test_what_a_person_calls_a_file},
        {"/read/multipart-without-parts-is-text", test_multipart_without_parts_is_text},
        {"/read/part-without-headers-or-blank-line", test_part_without_headers_or_blank_line},
        {"/read/alternative-prefers-words", test_alternative},
        {"/read/words-of-last-resort", test_words_of_last_resort},
        {"/read/mixed-texts-are-joined", test_mixed_texts_are_joined},
        {"/read/encoded-message-is-opened", test_encoded_message_is_opened},
        {"/read/false-base64-is-shown", test_false_base64_is_shown},
        {"/read/uuencoded-file-in-text", test_uuencoded_file_in_text},
        {"/read/tnef-stays-opaque", test_tnef_stays_opaque},
        {"/read/report-halves-are-no-files", test_report_halves_are_no_files},
        {"/read/malformed-types", test_malformed_types},
        {"/read/charsets-fall-back", test_charsets_fall_back},
        {"/read/charsets-by-all-their-names", test_charsets_by_all_names},
        {"/read/dates-in-all-forms", test_dates},
        {"/read/raw-headers-are-in-the-charset-of-the-words", test_raw_headers_are_in_the_charset_of_the_words},
        {"/read/format-flowed", test_format_flowed},
        {"/read/bare-cr-in-a-header-injects-nothing", test_bare_cr_in_a_header_injects_nothing},
        {"/read/guard/groups", test_guard_groups},
        {"/read/guard/header-sizes", test_guard_header_sizes},
        {"/read/guard/header-counts", test_guard_header_counts},
        {"/read/guard/parts", test_guard_parts},
        {"/read/guard/depth", test_guard_depth},
        {"/read/guard/parameters", test_guard_parameters},
        {"/fingerprint/ignores-the-way-a-mail-came", test_fingerprint_ignores_the_way},
        {"/fingerprint/sees-what-differs", test_fingerprint_sees_what_differs},
        {"/read/slices-of-public-mails", test_slices_of_public_mails},
    };
    g_test_init(&argc, &argv, NULL);
    g_assert_true(secret_init(NULL));
    mail_init();
    for (guint i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_test_add_func(tests[i].name, tests[i].test);
    }
    return g_test_run();
}
