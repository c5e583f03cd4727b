/* Authentication-Results are read to the letter of RFC 8601, and nobody but the named filter is believed. */
#include <glib.h>
#include <string.h>

#include "mime/authres.h"
#include "mime/read.h"

/* "method=result{type.name=value,…}" of all results, for comparing. */
static char *
spell(const char *body)
{
    g_autoptr(authres) a = authres_parse(body);
    if (!a)
        return g_strdup("malformed");
    g_autoptr(GString) text = g_string_new(a->id);
    for (guint i = 0; i < a->results->len; i++) {
        const struct authres_result *r = g_ptr_array_index(a->results, i);
        g_string_append_printf(text, " %s=%s", r->method, r->result);
        if (*r->reason)
            g_string_append_printf(text, "(%s)", r->reason);
        for (guint j = 0; j < r->properties->len; j++) {
            const struct authres_property *p = g_ptr_array_index(r->properties, j);
            g_string_append_printf(text, "{%s.%s:%s}", p->type, p->name, p->value);
        }
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void
test_grammar(void)
{
    static const char *const rows[][2] = {
        /* the examples of RFC 8601, appendix B, in shape */
        {"example.org 1; none", "example.org"},
        {"example.com; spf=pass smtp.mailfrom=example.net", "example.com spf=pass{smtp.mailfrom:example.net}"},
        {"example.com; auth=pass (cram-md5) smtp.auth=sender@example.net; spf=pass smtp.mailfrom=example.net",
         "example.com auth=pass{smtp.auth:sender@example.net} spf=pass{smtp.mailfrom:example.net}"},
        {"foo.example.net (foobar) 1 (baz); dkim (Because I like it) / 1 (One yay) = (wait for it) fail policy (A dot "
         "can go here) "
         ". (like that) expired (this surprised me) = (as I wasn't expecting it) 1362471462",
         "foo.example.net dkim=fail{policy.expired:1362471462}"},
        {"example.com; dkim=pass reason=\"good signature\" header.i=@mail-router.example.net",
         "example.com dkim=pass(good signature){header.i:@mail-router.example.net}"},
        /* as filters write */
        {"mx.example;\r\n dkim=pass header.d=a.example header.s=s1 header.b=\"ab/c=\";\r\n\tdmarc=pass (p=NONE sp=NONE "
         "dis=NONE) "
         "header.from=a.example",
         "mx.example dkim=pass{header.d:a.example}{header.s:s1}{header.b:ab/c=} dmarc=pass{header.from:a.example}"},
        {"mx.example; DMARC=PASS Header.From=A.example", "mx.example dmarc=pass{header.from:A.example}"},
        {"mx.example; dmarc=pass action=none header.from=a.example;compauth=pass reason=100",
         "mx.example dmarc=pass{.action:none}{header.from:a.example} compauth=pass(100)"},
        {"mx.example; spf=pass smtp.mailfrom=\"odd name\"@a.example",
         "mx.example spf=pass{smtp.mailfrom:odd name@a.example}"},
        {"mx.example; spf=pass (says (who (really))) smtp.mailfrom=a.example;",
         "mx.example spf=pass{smtp.mailfrom:a.example}"},
        {"mx.example; spf=pass (a \\) b) smtp.mailfrom=a.example", "mx.example spf=pass{smtp.mailfrom:a.example}"},
        {"\"mx.example\"; none (nothing)", "mx.example"},
        {"mx.example", "mx.example"},
        /* what a comment or a string hides is no result */
        {"mx.example (; dmarc=pass header.from=a.example); none", "mx.example"},
        {"mx.example; spf=fail reason=\"; dmarc=pass\"", "mx.example spf=fail(; dmarc=pass)"},
        /* broken */
        {"spf=pass smtp.mailfrom=a.example", "malformed"},
        {"", "malformed"},
        {";", "malformed"},
        {"mx.example; dmarc", "malformed"},
        {"mx.example; dmarc=", "malformed"},
        {"mx.example; dmarc=pass header.=x", "malformed"},
        {"mx.example; dmarc=pass (open", "malformed"},
        {"mx.example; dmarc=pass reason=\"open", "malformed"},
        {"mx.example dmarc=pass", "malformed"},
        {"mx.example; none; dmarc=pass", "malformed"},
        {"mx.example; \"\"=pass", "malformed"}, /* found by the fuzzer */
        {"mx.example; \"dmarc\"=pass", "malformed"},
        {"\"\"; dmarc=pass", "malformed"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *got = spell(rows[i][0]);
        g_assert_cmpstr(got, ==, rows[i][1]);
    }
}

static struct mail *
with(const char *headers)
{
    g_autofree char *raw = g_strconcat(headers, "To: acme@experts.test\r\nSubject: x\r\n\r\nHi\r\n", NULL);
    return mail_read(raw, strlen(raw));
}

static enum authres_verdict
dmarc(const char *headers)
{
    g_autoptr(mail) m = with(headers);
    return authres_dmarc(m, "mx.experts.test");
}

#define OURS "Received: by mx.experts.test\r\n"
#define FROM "From: Anna <anna@acme.test>\r\n"

static void
test_only_the_named_filter_is_believed(void)
{
    g_assert_cmpint(dmarc("Authentication-Results: mx.experts.test; dmarc=pass header.from=acme.test\r\n" OURS FROM),
                    ==, AUTHRES_PASS);
    g_assert_cmpint(dmarc("Authentication-Results: MX.Experts.Test 1; dmarc=pass header.from=acme.test\r\n" OURS FROM),
                    ==, AUTHRES_PASS);
    g_assert_cmpint(dmarc("Authentication-Results: mx.evil.test; dmarc=pass header.from=acme.test\r\n" OURS FROM), ==,
                    AUTHRES_NONE);
    g_assert_cmpint(dmarc("Authentication-Results: mx.experts.test.evil.test; dmarc=pass\r\n" OURS FROM), ==,
                    AUTHRES_NONE);
    g_assert_cmpint(dmarc(OURS FROM), ==, AUTHRES_NONE);
    g_autoptr(mail) m = with("Authentication-Results: ; dmarc=pass\r\n" FROM);
    g_assert_cmpint(authres_dmarc(m, ""), ==, AUTHRES_NONE);
    g_assert_cmpint(authres_dmarc(m, NULL), ==, AUTHRES_NONE);
}

static void
test_topmost_counts(void)
{
    g_assert_cmpint(dmarc("Authentication-Results: mx.experts.test; dmarc=fail header.from=acme.test\r\n" OURS
                          "Authentication-Results: mx.experts.test; dmarc=pass header.from=acme.test\r\n" FROM),
                    ==, AUTHRES_FAIL);
    g_assert_cmpint(dmarc(OURS "Received: from elsewhere\r\n"
                               "Authentication-Results: mx.experts.test; dmarc=pass header.from=acme.test\r\n" FROM),
                    ==, AUTHRES_NONE);
    /* several filters, one header each */
    g_assert_cmpint(dmarc("Authentication-Results: mx.experts.test; spf=pass smtp.mailfrom=acme.test\r\n"
                          "Authentication-Results: mx.experts.test; dmarc=pass header.from=acme.test\r\n" OURS FROM),
                    ==, AUTHRES_PASS);
}

static void
test_pass_is_for_the_author(void)
{
    g_assert_cmpint(dmarc("Authentication-Results: mx.experts.test; dmarc=pass header.from=evil.test\r\n" OURS FROM),
                    ==, AUTHRES_NONE);
    g_assert_cmpint(dmarc("Authentication-Results: mx.experts.test; dmarc=pass header.from=acme.test\r\n" OURS
                          "From: Anna <anna@acme.test>, Eve <eve@evil.test>\r\n"),
                    ==, AUTHRES_NONE);
    g_assert_cmpint(dmarc("Authentication-Results: mx.experts.test; dmarc=none header.from=acme.test\r\n" OURS FROM),
                    ==, AUTHRES_NONE);
    g_assert_cmpint(
        dmarc("Authentication-Results: mx.experts.test; dmarc=temperror header.from=acme.test\r\n" OURS FROM), ==,
        AUTHRES_NONE);
}

static void
test_dkim_of_a_domain(void)
{
    g_autoptr(mail) m =
        with("Authentication-Results: mx.experts.test; dkim=fail header.d=wix.test; dkim=pass header.d=forms.test;"
             " dkim=pass header.i=@mail.acme.test\r\n" OURS FROM);
    g_assert_true(authres_dkim(m, "mx.experts.test", "forms.test"));
    g_assert_true(authres_dkim(m, "mx.experts.test", "sub.forms.test"));
    g_assert_true(authres_dkim(m, "mx.experts.test", "mail.acme.test"));
    g_assert_false(authres_dkim(m, "mx.experts.test", "wix.test"));
    g_assert_false(authres_dkim(m, "mx.experts.test", "evilforms.test"));
    g_assert_false(authres_dkim(m, "mx.experts.test", "test"));
    g_assert_false(authres_dkim(m, "mx.evil.test", "forms.test"));
}

static void
test_long_headers_end(void)
{
    static const char *const pieces[] = {"(", "; a=b", "\"", "\\", " x.y=z", "=", ";", "(("};
    for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
        g_autoptr(GString) body = g_string_new("mx.example; a=b ");
        while (body->len < 200000)
            g_string_append(body, pieces[i]);
        g_autoptr(authres) a = authres_parse(body->str);
        g_assert_true(!a || a->results->len <= 100);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    mail_init();
    g_test_add_func("/authres/grammar", test_grammar);
    g_test_add_func("/authres/only-the-named-filter-is-believed", test_only_the_named_filter_is_believed);
    g_test_add_func("/authres/topmost-counts", test_topmost_counts);
    g_test_add_func("/authres/pass-is-for-the-author", test_pass_is_for_the_author);
    g_test_add_func("/authres/dkim-of-a-domain", test_dkim_of_a_domain);
    g_test_add_func("/authres/long-headers-end", test_long_headers_end);
    return g_test_run();
}
