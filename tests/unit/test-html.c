/* HTML becomes the text that a person would read in it, and what the client marked as quoted stays marked. */
#include <glib.h>
#include <string.h>

#include "mime/html.h"

static void
check_text(const char *const rows[][2], guint n)
{
    for (guint i = 0; i < n; i++) {
        g_autofree char *got = html_to_text(rows[i][0], strlen(rows[i][0]));
        g_autofree char *want = *rows[i][1] != '\0' ? g_strconcat(rows[i][1], "\n", NULL) : g_strdup("");
        if (strcmp(got, want) != 0) {
            g_test_message("row %u: %s", i, rows[i][0]);
        }
        g_assert_cmpstr(got, ==, want);
    }
}

static void
test_words(void)
{
    static const char *const rows[][2] = {
        {"", ""},
        {"words", "words"},
        {"<p>a</p>", "a"},
        {"<p> a \n\t b ", "a b"},
        {" a \n\t <b>b</b>  c\n\nd", "a\nb c\n\nd"}, /* nothing but its line ends ends lines */
        {"<div style='white-space: pre-line'> a\n  b</div>", "a\nb"},
        {"a<b>b</b>c", "abc"},
        {"a <b> b</b>", "a b"},
        {"<p>a</p><p>b</p>", "a\n\nb"},
        {"<div>a</div><div>b</div>", "a\nb"},
        {"<div>a<div>b</div>c</div>", "a\nb\nc"},
        {"a<br>b<br><br>c", "a\nb\n\nc"},
        {"<div>a</div><div><br></div><div>b</div>", "a\n\nb"},
        {"a<br><br><br><br><br>b", "a\n\n\nb"},
        {"<p class=MsoNormal>a</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>b</p>", "a\nb"},
        {"<p style='margin:0'>a</p><p style=\"margin: 0\">b</p>", "a\nb"},
        {"<h1>T</h1>x", "T\n\nx"},
        {"a&nbsp;b", "a\xc2\xa0"
                     "b"},
        {"<pre>a\n  b\n\nc</pre>d", "a\n  b\n\nc\n\nd"},
        {"<div style='white-space: pre-wrap'>a\n b</div>", "a\n b"},
        {"x<hr>y", "x\n----------\ny"},
        {"<img alt='A cat' src=x> sits", "A cat sits"},
        {"<img src=x>", ""},
        {"<blockquote>a<br>b<blockquote>c</blockquote></blockquote>d", "> a\n> b\n>\n>> c\n\nd"},
    };
    check_text(rows, G_N_ELEMENTS(rows));
}

static void
test_lists_tables_links(void)
{
    static const char *const rows[][2] = {
        {"<ul><li>a<li>b</ul>", "- a\n- b"},
        {"<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"},
        {"<ol start=5><li>a</ol>", "5. a"},
        {"<ul><li>a<ul><li>b</li></ul></li><li>c</ul>", "- a\n  - b\n- c"},
        {"<ul><li><p>a</p></li></ul>", "- a"},
        {"<table><tr><td>a</td><td>b</td></tr><tr><td>c<td>d</table>", "a\tb\nc\td"},
        {"<table><tr><td><p>a</p></td><td><div>b</div></td></tr></table>", "a\tb"},
        {"<table><tr><td><div>a</div><div>b</div></td><td>c</td></tr></table>", "a\nb\nc"},
        {"<table><tr><td>&nbsp;</td><td>b</td></tr></table>", "b"},
        {"<table><tr><td>a</td></tr></table>b", "a\nb"},
        {"<a href='https://x.test/y'>words</a>", "words <https://x.test/y>"},
        {"<a href='https://x.test/?a=1&amp;b=2'>w</a>", "w <https://x.test/?a=1&b=2>"},
        {"<a href='https://x.test/'>x.test</a>", "x.test"},
        {"<a href='http://www.x.test'>https://x.test</a>", "https://x.test"},
        {"<a href='mailto:a@x.test'>a@x.test</a>", "a@x.test"},
        {"<a href='mailto:a@x.test'>write</a>", "write <mailto:a@x.test>"},
        {"<a href='javascript:alert(1)'>w</a>", "w"},
        {"<a href='data:text/html,x'>w</a>", "w"},
        {"<a href='#top'>w</a>", "w"},
        {"<a href='https://x.test/'><img src=y></a>", ""},
        {"<a href='https://x.test/a b'>w</a>", "w"},
    };
    check_text(rows, G_N_ELEMENTS(rows));
}

static void
test_hidden(void)
{
    static const char *const rows[][2] = {
        {"<style>p{}</style><script>x()</script><title>t</title>a", "a"},
        {"<!-- c -->a<!--[if mso]><p>m</p><![endif]-->b", "ab"},
        {"<![if !mso]>a<![endif]>b", "ab"},
        {"<div style='display:none'>pre<div>header</div></div>a", "a"},
        {"<span style='DISPLAY : none'>x</span>a", "a"},
        {"<p hidden>x</p>a", "a"},
        {"<div style='max-height:0px; overflow:hidden'>x</div>a", "a"},
        {"<td style='font-size:0px'><div style='font-size:13px'>a</div></td>", "a"},
        {"<!--[if !mso]><!-->a<!--<![endif]-->", "a"},
        {"<div style='mso-hide:all'>x</div>a", "x\na"},
        {"<select><option>x</select>a", "a"},
        {"<?xml version=1?>a", "a"},
        {"&#8203;&zwnj;&nbsp;<br>a", "a"},
    };
    check_text(rows, G_N_ELEMENTS(rows));
}

static void
test_references(void)
{
    static const char *const rows[][2] = {
        {"&lt;&gt;&amp;&quot;&apos;", "<>&\"'"},
        {"&eacute;&Eacute;&euro;&hellip;&lstrok;", "éÉ€…ł"},
        {"&#233;&#xe9;&#XE9;&#128;", "ééé€"},
        {"&eacute &nbspx", "é \xc2\xa0x"},
        {"&notit;", "¬it;"},
        {"&unknown; & &; &#; &#x;", "&unknown; & &; &#; &#x;"},
        {"&#0;&#xd800;&#99999999999;", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"a?x=1&copy=2", "a?x=1©=2"},
    };
    check_text(rows, G_N_ELEMENTS(rows));
}

static void
test_broken_markup_loses_no_words(void)
{
    static const char *const rows[][2] = {
        {"<p>a<!-- never closed <p>b", "ab"},
        {"<p>a<!-- never closed > <p>b", "a\n\nb"},
        {"<style>a words", "a words"},
        {"<script>words", "words"},
        {"a < b and c > d", "a < b and c > d"},
        {"a <b", "a <b"},
        {"a </ b", "a </ b"},
        {"<a href=\"https://x.test>w</a> b", "w b"},
        {"<div class='x>a</div><div>b</div>", "a\nb"},
        {"</div></p></table>a", "a"},
        {"<table>a</div><td>b", "a\tb"},
        {"<b><div>a</b></div>b", "a\nb"},
        {"<span>a<div>b</span>c</div>d", "a\nbc\nd"},
        {"<title/>a", "a"},
        {"<o:p>a</o:p>", "a"},
        {"a\xff"
         "b",
         "a\xef\xbf\xbd"
         "b"},
    };
    check_text(rows, G_N_ELEMENTS(rows));
}

static void
test_charset(void)
{
    static const char *const rows[][2] = {
        {"<meta charset=iso-8859-2>", "iso-8859-2"},
        {"<html><head><META http-equiv=\"Content-Type\" content=\"text/html; charset=Windows-1251\">", "windows-1251"},
        {"<meta charset=\"utf-8\" />", "utf-8"},
        {"charset=utf-8", NULL},
        {"<meta charset=>", NULL},
        {"", NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *got = html_charset(rows[i][0], strlen(rows[i][0]));
        g_assert_cmpstr(got, ==, rows[i][1]);
    }
}

/* ---- marks ---- */

/* "text" → its marks, as letters. */
static char *
marks_of(const char *html)
{
    static const char letters[] = "QICFSBWR";
    g_autoptr(GPtrArray) lines = html_to_lines(html, strlen(html));
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < lines->len; i++) {
        const struct html_line *l = lines->pdata[i];
        if (*l->text == '\0') {
            continue;
        }
        g_string_append_printf(out, "%s%s", out->len > 0 ? " " : "", l->text);
        g_string_append_c(out, ':');
        for (guint b = 0; b < strlen(letters); b++) {
            if ((l->marks & 1u << b) != 0) {
                g_string_append_c(out, letters[b]);
            }
        }
    }
    return g_string_free(out, FALSE);
}

static void
test_marks(void)
{
    static const char *const rows[][2] = {
        {"a<blockquote>b</blockquote>c", "a: b:B c:"},
        {"a<blockquote type=cite>b</blockquote>c", "a: b:Q c:"},
        {"a<blockquote cite='mid:1@x'>b</blockquote>", "a: b:Q"},
        {"a<blockquote style='border-left: 1px solid'>b</blockquote>", "a: b:QW"},
        {"a<div class=gmail_quote><div class=gmail_attr>w</div><blockquote class=gmail_quote>b</blockquote>c</div>d",
         "a: w:IC b:Q c:C d:"},
        {"a<blockquote class=gmail_quote>b</blockquote>", "a: b:QW"},
        {"a<div class='gmail_quote gmail_quote_container'>w<blockquote class='gmail_quote x'>b</blockquote></div>",
         "a: w:C b:Q"},
        {"a<div class=gmail_signature>s</div>", "a: s:S"},
        {"a<div class=ydp0123abcdsignature>s</div>", "a: s:S"},
        {"<div class=moz-cite-prefix>w</div><blockquote>b</blockquote>c", "w:I b:Q c:"},
        {"a<div class=moz-forward-container>f</div>", "a: f:CF"},
        {"a<hr><div id=divRplyFwdMsg>From: x</div><div>b</div>c", "a: ----------:IR From: x:I b:Q c:Q"},
        {"a<div id=x_divRplyFwdMsg>h</div>b", "a: h:I b:Q"},
        {"a<div style='border:none;border-top:solid #E1E1E1 1.0pt'><p>h</p></div><p>b</p>", "a: h:IW b:QW"},
        {"a<div style='border:none;border-left:solid blue 1.5pt'>b</div>c", "a: b:QW c:"},
        {"a<div class=yahoo_quoted>b</div>", "a: b:Q"},
        {"<div class=yahoo_quoted><table><tr><td>a</div>b</table>c</div>d", "ab:Q c:Q d:"}, /* not closed from a cell */
        {"a<div class=protonmail_quote>w<blockquote class=protonmail_quote>b</blockquote></div>", "a: w:C b:Q"},
        {"a<div class=zmail_extra>w<blockquote>b</blockquote></div>", "a: w:C b:Q"},
        {"a<div name=quote>b</div>", "a: b:Q"},
        {"a<div id=AppleMailSignature>s</div>b", "a: s:S b:"},
        {"a<div class='my-signature-block'>s</div>", "a: s:SW"},
        {"a<span id=OLK_SRC_BODY_SECTION><div>b</div></span>", "a: b:Q"},
        {"a<p class=airmail_on>w</p><blockquote class=clean_bq>b</blockquote>", "a: w:I b:Q"},
        {"a<p id=reply-intro>w</p><blockquote>b</blockquote>", "a: w:I b:Q"},
        {"<b>a</b><span class=gmail_quote>b</span>", "a: b:C"},
        {"<blockquote type=cite>a<p>b</blockquote>c", "a:Q b:Q c:"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *got = marks_of(rows[i][0]);
        if (strcmp(got, rows[i][1]) != 0) {
            g_test_message("row %u: %s", i, rows[i][0]);
        }
        g_assert_cmpstr(got, ==, rows[i][1]);
    }
}

/* What is looked at only where it ends the mail (b), and colours that answers have (c). */
static void
test_marks_of_looks(void)
{
    static const struct {
        const char *html;
        gboolean bare, coloured;
    } rows[] = {
        {"<blockquote>b</blockquote>", TRUE, FALSE},
        {"<blockquote style='border-left:1px solid'>b</blockquote>", TRUE, FALSE},
        {"<blockquote style='margin:0 0 0 40px;border:none'>b</blockquote>", FALSE, FALSE},
        {"<blockquote class=gmail_quote style='border-left:1px solid'>b</blockquote>", FALSE, FALSE},
        {"<blockquote><blockquote style='margin:1px'>b</blockquote></blockquote>", FALSE, FALSE},
        {"<blockquote type=cite>b</blockquote>", FALSE, FALSE},
        {"<span style='color: RED'>b</span>", FALSE, TRUE},
        {"<span style='font-size:1em;color:#0070C0'>b</span>", FALSE, TRUE},
        {"<font color=blue>b</font>", FALSE, TRUE},
        {"<div style='color:red'><span style='color:black'>b</span></div>", FALSE, FALSE},
        {"<span style='background-color:red'>b</span>", FALSE, FALSE},
        {"<span style='color:#1F497D'>b</span>", FALSE, FALSE}, /* Outlook's own */
        {"<a href='https://x.example/'><span style='color:blue'>b</span></a>", FALSE, FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GPtrArray) lines = html_to_lines(rows[i].html, strlen(rows[i].html));
        const struct html_line *l = lines->pdata[0];
        g_test_message("%s", rows[i].html);
        g_assert_cmpint((l->marks & HTML_BARE) != 0, ==, rows[i].bare);
        g_assert_cmpint((l->marks & HTML_COLOURED) != 0, ==, rows[i].coloured);
    }
}

static void
test_gaps(void)
{
    static const char typed[] = "a<br><br>b", made[] = "<p>a</p><p>b</p>";
    g_autoptr(GPtrArray) one = html_to_lines(typed, strlen(typed)), two = html_to_lines(made, strlen(made));
    g_assert_true(((struct html_line *)one->pdata[1])->marks & HTML_GAP);
    g_assert_false(((struct html_line *)two->pdata[1])->marks & HTML_GAP);
}

static void
test_depth(void)
{
    g_autoptr(GPtrArray) lines = html_to_lines("a<blockquote>b<blockquote type=cite>c", 37);
    static const guint want[] = {0, 1, 2};
    guint n = 0;
    for (guint i = 0; i < lines->len; i++) {
        const struct html_line *l = lines->pdata[i];
        if (*l->text != '\0') {
            g_assert_cmpuint(l->depth, ==, want[n++]);
        }
    }
    g_assert_cmpuint(n, ==, 3);
}

/* ---- cost ---- */

static double
seconds_for(const char *unit, gsize bytes, const char *tail)
{
    g_autoptr(GString) s = g_string_sized_new(bytes + 100);
    while (s->len < bytes) {
        g_string_append(s, unit);
    }
    for (gsize n = 0; *tail != '\0' && n < bytes; n += strlen(tail)) {
        g_string_append(s, tail);
    }
    gint64 start = g_get_monotonic_time();
    g_autoptr(GPtrArray) lines = html_to_lines(s->str, s->len);
    g_assert_nonnull(lines);
    return (double)(g_get_monotonic_time() - start) / 1e6;
}

static void
test_hostile_shapes_are_cheap(void)
{
    static const char *const shapes[][2] = {
        {"<div>", ""},
        {"<div>", "</b>"},
        {"<div>", "</p>"},
        {"<b>", "</div>"},
        {"<table><tr><td>", ""},
        {"<a href=\"", ""},
        {"<a href='x", "'"},
        {"<!--", ""},
        {"<script>", ""},
        {"&#x", ""},
        {"&aaaaaaaaaaaaaa", ""},
        {"<", ""},
        {"<blockquote>x", ""},
        {"<ul><li>", ""},
        {"<p>x<span>", "</span>"},
        {"<td>", "</tr>"},
        {"<br>", ""},
        {"<p>&nbsp;", ""},
        {"<!", ""},
        {"</style", ""},
        {"<x y='", ""},
        {"<a b=c ", ""},
    };
    for (guint i = 0; i < G_N_ELEMENTS(shapes); i++) {
        double t = seconds_for(shapes[i][0], 1 << 20, shapes[i][1]);
        g_test_message("%s %s: %.3f s", shapes[i][0], shapes[i][1], t);
        g_assert_cmpfloat(t, <, 5.0); /* quadratic ones take minutes */
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/html/words-lines-and-paragraphs", test_words);
    g_test_add_func("/html/lists-tables-and-links", test_lists_tables_links);
    g_test_add_func("/html/what-is-hidden-stays-hidden", test_hidden);
    g_test_add_func("/html/character-references", test_references);
    g_test_add_func("/html/its-own-charset", test_charset);
    g_test_add_func("/html/broken-markup-loses-no-words", test_broken_markup_loses_no_words);
    g_test_add_func("/html/what-clients-mark", test_marks);
    g_test_add_func("/html/what-looks-mark", test_marks_of_looks);
    g_test_add_func("/html/gaps-are-what-was-typed", test_gaps);
    g_test_add_func("/html/depth-of-quotes", test_depth);
    g_test_add_func("/html/hostile-shapes-are-cheap", test_hostile_shapes_are_cheap);
    return g_test_run();
}
