/*
 * HTML → text for people: lists, tables, links, preformatted text; scripts, styles and what is hidden are left out.
 *
 * The HTML is hostile. Work and memory are linear in its length whatever its shape (10 MB of nested divs are fine),
 * nothing is fetched, and it never fails: broken markup gives the text that is in it.
 *
 * html_to_text() is for showing a mail; html_to_lines() says in addition what the sender's mail client marked as
 * quoted, so that a reply can be trimmed by evidence rather than by the look of the words. The marks are claims:
 * whoever uses them still keeps a line in doubt.
 *
 * How it looks: paragraphs are parted by one blank line, `<br>` and blocks (div, tr, h1) by a line end; cells of a
 * table row are parted by one TAB; list items begin with "- " or "1. "; a link whose words differ from its target is
 * `words <https://…>` (http, https, mailto, tel only); `<hr>` is a line of dashes; images give their alt text; quoted
 * mails' lines begin with "> " in html_to_text() alone. Lines are not wrapped, have no trailing white space, and U+00A0
 * stays as it is.
 */
#ifndef POSTERN_MIME_HTML_H
#define POSTERN_MIME_HTML_H

#include <glib.h>

enum html_mark {
    /* Inside a quoted mail: a blockquote that the client made for one (type=cite, gmail_quote, the one right behind an
     * attribution that the client marked), or whatever follows the header block of Outlook and its kin in the same
     * document. */
    HTML_QUOTE = 1 << 0,
    /* What introduces it: attribution line (gmail_attr, moz-cite-prefix, yahoo, Proton …) or header block
       (divRplyFwdMsg …). */
    HTML_INTRO = 1 << 1,
    /* Inside a client's container for quoted mail (gmail_quote, yahoo_quoted, protonmail_quote …), but in no quote of
     * it: the attribution where it has no mark of its own, an answer between quotes, or the body of a forwarded mail.
     */
    HTML_CONTAINER = 1 << 2,
    /* A forward by the client's own mark (moz-forward-container, "Begin forwarded message" blocks of Apple …). */
    HTML_FORWARD = 1 << 3,
    /* gmail_signature, moz-signature, Outlook's and the mobiles' signature blocks. */
    HTML_SIGNATURE = 1 << 4,
    /* Inside a blockquote of which nothing says that it is a mail; the writer may have quoted a book. */
    HTML_BLOCKQUOTE = 1 << 5,
    /* The other marks of this line rest on the look alone (Outlook's border-top); its words must agree before they are
       believed. */
    HTML_WEAK = 1 << 6,
    /* The line is a rule, from <hr>. */
    HTML_RULE = 1 << 7,
    /* The innermost blockquote is no person's indenting by its look: it has none at all, or a line at its left side
       that Gmail, which has a button for that, did not draw. */
    HTML_BARE = 1 << 8,
    /* Words that the writer coloured to be seen (red, blue, green), as answers inside of a quoted mail are. */
    HTML_COLOURED = 1 << 9,
    /* A blank line that is in the document (`<br>`), not one that parts paragraphs. */
    HTML_GAP = 1 << 10,
};

struct html_line {
    char *text;    /* UTF-8 without line end; "" is a blank line */
    guint16 marks; /* enum html_mark */
    guint16 depth; /* how many quotes and blockquotes it is in */
};

/* Array of struct html_line, freed by g_ptr_array_unref(). `html` is UTF-8 or nearly; NULs are skipped. */
GPtrArray *html_to_lines(const char *html, gsize length);

/* The same as one text with LF line ends, no blank lines at its ends. Caller frees. */
char *html_to_text(const char *html, gsize length);

/* The charset that HTML in unknown bytes names in its head (`<meta charset=…>`); NULL. Caller frees. */
char *html_charset(const char *html, gsize length);

#endif
