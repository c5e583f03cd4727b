#include "mime/html.h"

#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "mime/markup.h"

/* ---- elements ---- */

enum element_flag {
    BLOCK = 1 << 0,     /* begins and ends a line */
    PARAGRAPH = 1 << 1, /* and is parted by a blank line */
    VOID = 1 << 2,      /* has no content and no end tag */
    BARRIER = 1 << 3,   /* an end tag inside closes nothing outside (WHATWG: "scope") */
    HIDDEN = 1 << 4,    /* its content is not shown */
    INLINE = 1 << 5,    /* kept on the stack for its attributes, closed by blocks that end */
    CELL = 1 << 6,
};

enum element {
    OTHER, /* not kept on the stack: formatting, unknown */
    A,
    ARTICLE,
    ASIDE,
    BLOCKQUOTE,
    BODY,
    BR,
    BUTTON,
    CAPTION,
    CENTER,
    DD,
    DIV,
    DL,
    DT,
    FIELDSET,
    FIGURE,
    FONT,
    FOOTER,
    FORM,
    H1,
    H2,
    H3,
    H4,
    H5,
    H6,
    HEADER,
    HR,
    IMG,
    LI,
    MAIN,
    MENU,
    NAV,
    OBJECT,
    OL,
    OPTION,
    P,
    PRE,
    SECTION,
    SELECT,
    SPAN,
    TABLE,
    TBODY,
    TD,
    TFOOT,
    TH,
    THEAD,
    TR,
    UL,
    WBR,
    ELEMENTS,
};

static const struct {
    const char *name; /* sorted */
    guint16 flags;
} elements[ELEMENTS] = {
    [OTHER] = {"", 0},
    [A] = {"a", 0},
    [ARTICLE] = {"article", BLOCK},
    [ASIDE] = {"aside", BLOCK},
    [BLOCKQUOTE] = {"blockquote", BLOCK | PARAGRAPH},
    [BODY] = {"body", BLOCK},
    [BR] = {"br", VOID},
    [BUTTON] = {"button", INLINE},
    [CAPTION] = {"caption", BLOCK | BARRIER},
    [CENTER] = {"center", BLOCK},
    [DD] = {"dd", BLOCK},
    [DIV] = {"div", BLOCK},
    [DL] = {"dl", BLOCK | PARAGRAPH},
    [DT] = {"dt", BLOCK},
    [FIELDSET] = {"fieldset", BLOCK},
    [FIGURE] = {"figure", BLOCK},
    [FONT] = {"font", INLINE},
    [FOOTER] = {"footer", BLOCK},
    [FORM] = {"form", BLOCK},
    [H1] = {"h1", BLOCK | PARAGRAPH},
    [H2] = {"h2", BLOCK | PARAGRAPH},
    [H3] = {"h3", BLOCK | PARAGRAPH},
    [H4] = {"h4", BLOCK | PARAGRAPH},
    [H5] = {"h5", BLOCK | PARAGRAPH},
    [H6] = {"h6", BLOCK | PARAGRAPH},
    [HEADER] = {"header", BLOCK},
    [HR] = {"hr", VOID},
    [IMG] = {"img", VOID},
    [LI] = {"li", BLOCK},
    [MAIN] = {"main", BLOCK},
    [MENU] = {"menu", BLOCK | PARAGRAPH},
    [NAV] = {"nav", BLOCK},
    [OBJECT] = {"object", INLINE | BARRIER},
    [OL] = {"ol", BLOCK | PARAGRAPH},
    [OPTION] = {"option", BLOCK},
    [P] = {"p", BLOCK | PARAGRAPH},
    [PRE] = {"pre", BLOCK | PARAGRAPH},
    [SECTION] = {"section", BLOCK},
    [SELECT] = {"select", HIDDEN},
    [SPAN] = {"span", INLINE},
    [TABLE] = {"table", BLOCK | BARRIER},
    [TBODY] = {"tbody", 0},
    [TD] = {"td", BARRIER | CELL},
    [TFOOT] = {"tfoot", 0},
    [TH] = {"th", BARRIER | CELL},
    [THEAD] = {"thead", 0},
    [TR] = {"tr", BLOCK},
    [UL] = {"ul", BLOCK | PARAGRAPH},
    [WBR] = {"wbr", VOID},
};

static enum element
element_of(const char *name)
{
    guint low = 1, high = ELEMENTS;
    while (low < high) {
        guint middle = (low + high) / 2;
        int order = strcmp(name, elements[middle].name);
        if (order == 0) {
            return (enum element)middle;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return OTHER;
}

static gboolean
is(enum element element, guint flags)
{
    return (elements[element].flags & flags) != 0;
}

/* ---- what mail clients mark ---- */

enum rule_match { EXACT, PREFIX, CONTAINS };

/* `ends`: everything behind the element, to the end of the document, is the quoted mail. */
struct rule {
    enum markup_attribute attribute;
    enum rule_match match;
    const char *value; /* lower case; a class is compared word by word, without a client's prefix */
    guint16 marks;
    gboolean ends;
};

static const struct rule rules[] = {
    /* Gmail, and the many that write its classes */
    {MARKUP_CLASS, EXACT, "gmail_quote", HTML_CONTAINER, FALSE},
    {MARKUP_CLASS, EXACT, "gmail_quote_container", HTML_CONTAINER, FALSE},
    {MARKUP_CLASS, EXACT, "gmail_attr", HTML_INTRO, FALSE},
    {MARKUP_CLASS, PREFIX, "gmail_signature", HTML_SIGNATURE, FALSE},
    {MARKUP_SMARTMAIL, EXACT, "gmail_signature", HTML_SIGNATURE, FALSE},
    /* Thunderbird */
    {MARKUP_CLASS, EXACT, "moz-cite-prefix", HTML_INTRO, FALSE},
    {MARKUP_CLASS, EXACT, "moz-forward-container", HTML_FORWARD | HTML_CONTAINER, FALSE},
    {MARKUP_CLASS, EXACT, "moz-signature", HTML_SIGNATURE, FALSE},
    /* Outlook, on the web, on the desktop, on phones */
    {MARKUP_ID, EXACT, "divrplyfwdmsg", HTML_INTRO, TRUE},
    {MARKUP_ID, EXACT, "mail-editor-reference-message-container", HTML_QUOTE, FALSE},
    {MARKUP_ID, EXACT, "olk_src_body_section", HTML_QUOTE, FALSE},
    {MARKUP_CLASS, EXACT, "outlookmessageheader", HTML_INTRO, TRUE},
    {MARKUP_ID, EXACT, "isforwardcontent", HTML_QUOTE | HTML_FORWARD, FALSE},
    {MARKUP_ID, EXACT, "isreplycontent", HTML_QUOTE, FALSE},
    {MARKUP_ID, EXACT, "ms-outlook-mobile-signature", HTML_SIGNATURE, FALSE},
    {MARKUP_ID, EXACT, "signature", HTML_SIGNATURE, FALSE},
    {MARKUP_CLASS, EXACT, "signature", HTML_SIGNATURE, FALSE},
    /* Apple */
    {MARKUP_ID, EXACT, "applemailsignature", HTML_SIGNATURE, FALSE},
    /* Yahoo */
    {MARKUP_CLASS, EXACT, "yahoo_quoted", HTML_QUOTE, FALSE},
    {MARKUP_ID, PREFIX, "yahoo_quoted", HTML_QUOTE, FALSE},
    {MARKUP_CLASS, CONTAINS, "yahoo_quoted", HTML_QUOTE, FALSE},
    /* Proton, Tutanota */
    {MARKUP_CLASS, EXACT, "protonmail_quote", HTML_CONTAINER, FALSE},
    {MARKUP_CLASS, PREFIX, "protonmail_signature", HTML_SIGNATURE, FALSE},
    {MARKUP_CLASS, EXACT, "tutanota_quote", HTML_QUOTE, FALSE},
    /* Zoho */
    {MARKUP_CLASS, EXACT, "zmail_extra", HTML_CONTAINER, FALSE},
    {MARKUP_ID, EXACT, "zm-_id_-sgn", HTML_SIGNATURE, FALSE},
    /* mail.ru, Yandex */
    {MARKUP_CLASS, EXACT, "js-readmsg-msg", HTML_QUOTE, FALSE},
    /* GMX, web.de, mail.com */
    {MARKUP_NAME, EXACT, "quote", HTML_QUOTE, FALSE},
    /* Zimbra */
    {MARKUP_MARKER, EXACT, "__headers__", HTML_INTRO, FALSE},
    {MARKUP_MARKER, EXACT, "__quoted_text__", HTML_QUOTE, FALSE},
    {MARKUP_MARKER, EXACT, "__sig_pre__", HTML_SIGNATURE, FALSE},
    {MARKUP_MARKER, EXACT, "__sig_post__", HTML_SIGNATURE, FALSE},
    /* Roundcube, Airmail, Spark, Canary, AquaMail, Samsung, Fastmail, help desks */
    {MARKUP_ID, EXACT, "reply-intro", HTML_INTRO, FALSE},
    {MARKUP_ID, PREFIX, "forwardbody", HTML_FORWARD | HTML_CONTAINER, FALSE},
    {MARKUP_CLASS, EXACT, "airmail_on", HTML_INTRO, FALSE},
    {MARKUP_CLASS, EXACT, "airmail_ext_on", HTML_INTRO, FALSE},
    {MARKUP_NAME, EXACT, "messagereplysection", HTML_CONTAINER, FALSE},
    {MARKUP_NAME, EXACT, "messagesignaturesection", HTML_SIGNATURE, FALSE},
    {MARKUP_ID, EXACT, "canaryblockquote", HTML_QUOTE, FALSE},
    {MARKUP_ID, EXACT, "canarysig", HTML_SIGNATURE, FALSE},
    {MARKUP_CLASS, PREFIX, "aqm-original", HTML_QUOTE, FALSE},
    {MARKUP_CLASS, EXACT, "aqm-signature", HTML_SIGNATURE, FALSE},
    {MARKUP_ID, EXACT, "composer_signature", HTML_SIGNATURE, FALSE},
    {MARKUP_CLASS, EXACT, "freshdesk_quote", HTML_QUOTE, FALSE},
    {MARKUP_CLASS, EXACT, "missive_quote", HTML_CONTAINER, FALSE},
    {MARKUP_CLASS, EXACT, "front-blockquote", HTML_QUOTE, FALSE},
    {MARKUP_CLASS, EXACT, "front-signature", HTML_SIGNATURE, FALSE},
    {MARKUP_CLASS, EXACT, "bloop_sign", HTML_SIGNATURE, FALSE},
    {MARKUP_ID, PREFIX, "bloop_sign", HTML_SIGNATURE, FALSE},
    {MARKUP_CLASS, EXACT, "sh-signature", HTML_SIGNATURE, FALSE},
    {MARKUP_CLASS, EXACT, "bluemail_signature", HTML_SIGNATURE, FALSE},
    {MARKUP_ID, EXACT, "hs_signature", HTML_SIGNATURE, FALSE},
    {MARKUP_CLASS, EXACT, "hs_signature", HTML_SIGNATURE, FALSE},
    {MARKUP_CLASS, EXACT, "missive_signature", HTML_SIGNATURE, FALSE},
    {MARKUP_CLASS, EXACT, "fairemail_signature", HTML_SIGNATURE, FALSE},
    /* whatever else calls itself one */
    {MARKUP_ID, CONTAINS, "signature", HTML_SIGNATURE | HTML_WEAK, FALSE},
    {MARKUP_CLASS, CONTAINS, "signature", HTML_SIGNATURE | HTML_WEAK, FALSE},
};

struct verdict {
    guint16 marks;
    gboolean ends;
};

static gboolean
word_matches(const struct rule *rule, const char *word)
{
    switch (rule->match) {
    case EXACT:
        return strcmp(word, rule->value) == 0;
    case PREFIX:
        return g_str_has_prefix(word, rule->value);
    default:
        return strstr(word, rule->value) != NULL;
    }
}

/* Outlook puts "x_" before the names that it found, Yahoo "ydp" and eight digits. */
static const char *
bare_name(const char *word)
{
    enum { DIGITS = 8 };
    while (g_str_has_prefix(word, "x_")) {
        word += 2;
    }
    if (!g_str_has_prefix(word, "ydp")) {
        return word;
    }
    gsize digits = strspn(word + 3, "0123456789abcdef");
    return word + 3 + MIN(digits, DIGITS);
}

/* The first rule that fits a word decides. */
static void
judge_word(enum markup_attribute attribute, const char *word, struct verdict *v)
{
    word = bare_name(word);
    for (guint i = 0; i < G_N_ELEMENTS(rules); i++) {
        if (rules[i].attribute == attribute && word_matches(&rules[i], word)) {
            v->marks |= rules[i].marks;
            v->ends = v->ends || rules[i].ends;
            return;
        }
    }
}

static void
judge_attribute(const struct markup *m, enum markup_attribute attribute, struct verdict *v)
{
    if (m->attributes[attribute].at == NULL) {
        return;
    }
    g_autofree char *value = markup_value(m, attribute, 300);
    g_autofree char *lower = g_ascii_strdown(value, -1);
    for (char *word = lower; *word != '\0';) {
        gsize n = strcspn(word, " \t\r\n");
        gboolean last = word[n] == '\0';
        word[n] = '\0';
        if (n > 0) {
            judge_word(attribute, word, v);
        }
        word += n + !last;
    }
}

/* Lower case, without white space, so that "display: NONE" is one thing to look for. */
static char *
style_of(const struct markup *m)
{
    g_autofree char *value = markup_value(m, MARKUP_STYLE, 2000);
    char *o = value;
    for (const char *p = value; *p != '\0'; p++) {
        if (!g_ascii_isspace(*p)) {
            *o++ = g_ascii_tolower(*p);
        }
    }
    *o = '\0';
    return g_steal_pointer(&value);
}

static gboolean
has(const char *style, const char *what)
{
    return strstr(style, what) != NULL;
}

/* Colours that people pick for answers inside of a quoted mail. Not the dark blue that Outlook has for every answer,
 * nor the link's blue. */
static gboolean
is_answer_colour(const struct markup *m, const char *style)
{
    static const char *const colours[] = {"red",          "blue",         "green",   "#ff0000", "#f00",
                                          "#0000ff",      "#00f",         "#0070c0", "#00b050", "#c00000",
                                          "#008000",      "#7030a0",      "#00b0f0", "purple",  "rgb(255,0,0)",
                                          "rgb(0,0,255)", "rgb(192,0,0)", "fuchsia"};
    g_autofree char *attribute = markup_value(m, MARKUP_COLOR, 20);
    const char *colour = strstr(style, "color:");
    while (colour != NULL && colour != style && colour[-1] != ';') {
        colour = strstr(colour + 1, "color:");
    }
    const char *value = colour != NULL ? colour + strlen("color:") : attribute;
    for (guint i = 0; i < G_N_ELEMENTS(colours); i++) {
        gsize n = strlen(colours[i]);
        if (g_ascii_strncasecmp(value, colours[i], n) == 0 &&
            (value[n] == '\0' || value[n] == ';' || value[n] == '!')) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Outlook puts its header block in a div of which only the top has a border, Windows Mail too in other words. */
static gboolean
is_border_top(const char *style)
{
    gboolean outlook = has(style, "border:none;border-top:solid") || has(style, "border-top:solid#b5c4df") ||
                       has(style, "border-top:solid#e1e1e1");
    gboolean windows_mail = has(style, "border-top-color:") && has(style, "border-top-width:1px") &&
                            has(style, "border-top-style:solid") && !has(style, "border-left");
    return outlook || windows_mail;
}

static void
judge_blockquote(const struct markup *m, const char *style, gboolean quotes, struct verdict *v)
{
    g_autofree char *type = markup_value(m, MARKUP_TYPE, 20);
    g_autofree char *cite = markup_value(m, MARKUP_CITE, 20);
    g_autofree char *id = markup_value(m, MARKUP_ID, 20);
    gboolean named = (v->marks & HTML_QUOTE) != 0 || g_ascii_strcasecmp(type, "cite") == 0 ||
                     g_ascii_strncasecmp(cite, "mid:", 4) == 0 || strcmp(id, "qt") == 0 || quotes;
    gboolean gmail = (v->marks & HTML_CONTAINER) != 0; /* what Gmail indents has its class too */
    v->marks &= (guint16)~HTML_CONTAINER;
    if (named) {
        v->marks |= HTML_QUOTE;
    } else if (gmail) {
        v->marks |= HTML_QUOTE | HTML_WEAK;
    } else if (has(style, "border-left:") || has(style, "border-left-")) {
        v->marks |= HTML_QUOTE | HTML_WEAK | HTML_BARE;
    } else {
        gboolean bare = *style == '\0' && m->attributes[MARKUP_CLASS].at == NULL;
        v->marks |= HTML_BLOCKQUOTE | (bare ? HTML_BARE : 0);
    }
}

static struct verdict
judge(const struct markup *m, enum element element, const char *style, gboolean quotes)
{
    struct verdict v = {0};
    static const enum markup_attribute looked_at[] = {MARKUP_CLASS, MARKUP_ID, MARKUP_NAME, MARKUP_MARKER,
                                                      MARKUP_SMARTMAIL};
    for (guint i = 0; i < G_N_ELEMENTS(looked_at); i++) {
        judge_attribute(m, looked_at[i], &v);
    }
    if (element == BLOCKQUOTE) {
        judge_blockquote(m, style, quotes, &v);
    } else if (v.marks == 0 && element == DIV && is_border_top(style)) {
        v.marks = HTML_INTRO | HTML_WEAK;
        v.ends = TRUE;
    } else if (v.marks == 0 && element == DIV && has(style, "border-left:solidblue")) {
        v.marks = HTML_QUOTE | HTML_WEAK;
    }
    return v;
}

/* ---- the renderer's state ---- */

enum { MAX_OPEN = 4096, MAX_URL = 2000, MAX_INDENT = 10 };

enum pre { PRE_NOT, PRE_LINES, PRE_ALL }; /* line ends are seen; blanks too */

struct open { /* an element on the stack, with all that it inherits */
    guint8 element;
    guint8 pre; /* preformatted */
    guint8 hidden;
    guint8 ends;  /* what follows is the quoted mail */
    guint8 tight; /* a paragraph without margins */
    guint8 lists; /* how many lists it is in */
    guint16 marks;
    guint16 depth;    /* of quotes */
    gint32 counter;   /* of the items of an ol; -1: a ul */
    gint32 previous;  /* index of the last open one of the same element; -1 */
    gint32 barrier;   /* index of the last barrier at or below here; -1 */
    gint32 block;     /* index of the last element at or below that is more than INLINE; -1 */
    guint first_line; /* a cell: how many lines there were when it began */
};

struct render {
    struct markup m;
    GPtrArray *lines; /* struct html_line */
    GString *line;    /* the one being written */
    guint16 line_marks, line_depth;
    gboolean line_has_words;
    gboolean space;       /* white space is due before the next word */
    guint breaks;         /* 1: a new line is due, 2: a blank one too */
    gboolean tab;         /* a cell's TAB is due */
    char *prefix;         /* of a list item, due before its first word; NULL */
    guint16 rest;         /* marks of everything from here to the end */
    gboolean after_intro; /* the last words were an attribution that the client marked */
    struct open *stack;
    guint open, room;
    gint32 last[ELEMENTS];      /* index of the innermost open one; -1 */
    guint32 overflow[ELEMENTS]; /* open ones for which the stack had no room */
    gboolean link;
    char *url;
    guint link_line;  /* where its words begin: how many lines there were … */
    gsize link_start; /* … and how long the line was */
};

static const struct open *
top(const struct render *r)
{
    return &r->stack[r->open - 1];
}

static guint16
marks(const struct render *r)
{
    return top(r)->marks | r->rest;
}

static void
line_free(gpointer data)
{
    struct html_line *l = data;
    g_free(l->text);
    g_free(l);
}

/* White space, no-break spaces and zero-width characters: nothing that a person sees. */
static gsize
blank_length(const char *p)
{
    static const char *const blanks[] = {" ",
                                         "\t",
                                         "\xc2\xa0",
                                         "\xe2\x80\x8b",
                                         "\xe2\x80\x8c",
                                         "\xe2\x80\x8d",
                                         "\xe2\x80\x8e",
                                         "\xe2\x80\x8f",
                                         "\xef\xbb\xbf",
                                         "\xc2\xad",
                                         "\xcd\x8f"};
    for (guint i = 0; i < G_N_ELEMENTS(blanks); i++) {
        if (g_str_has_prefix(p, blanks[i])) {
            return strlen(blanks[i]);
        }
    }
    return 0;
}

static gboolean
is_blank_text(const char *p)
{
    gsize n;
    while (*p != '\0' && (n = blank_length(p)) > 0) {
        p += n;
    }
    return *p == '\0';
}

static void
trim_end(GString *s)
{
    for (;;) {
        if (s->len > 0 && (s->str[s->len - 1] == ' ' || s->str[s->len - 1] == '\t')) {
            g_string_truncate(s, s->len - 1);
        } else if (s->len > 1 && memcmp(s->str + s->len - 2, "\xc2\xa0", 2) == 0) {
            g_string_truncate(s, s->len - 2);
        } else {
            return;
        }
    }
}

static void
add_line(struct render *r, const char *text, guint16 line_marks, guint16 depth)
{
    struct html_line *l = g_new(struct html_line, 1);
    l->text = g_strdup(text);
    l->marks = line_marks;
    l->depth = depth;
    g_ptr_array_add(r->lines, l);
}

static gboolean
last_line_is_blank(const struct render *r)
{
    const struct html_line *l = r->lines->len > 0 ? r->lines->pdata[r->lines->len - 1] : NULL;
    return l == NULL || *l->text == '\0';
}

/* At most two blank lines follow each other. */
static void
add_blank_line(struct render *r, guint16 line_marks, guint16 depth)
{
    guint n = r->lines->len;
    const struct html_line *before = n > 1 ? r->lines->pdata[n - 2] : NULL;
    if (n > 0 && !(last_line_is_blank(r) && before != NULL && *before->text == '\0')) {
        add_line(r, "", line_marks, depth);
    }
}

/* Ends the line being written; an empty one leaves nothing. */
static void
end_line(struct render *r)
{
    r->space = FALSE;
    r->tab = FALSE;
    if (is_blank_text(r->line->str)) {
        g_string_truncate(r->line, 0);
        return;
    }
    trim_end(r->line);
    add_line(r, r->line->str, r->line_marks, r->line_depth);
    r->after_intro = (r->line_marks & HTML_INTRO) != 0;
    g_string_truncate(r->line, 0);
}

static void
need_break(struct render *r, guint breaks)
{
    r->breaks = MAX(r->breaks, breaks);
    r->space = FALSE;
}

static void
make_breaks(struct render *r)
{
    if (r->breaks > 0) {
        guint16 before = r->line->len > 0 ? r->line_marks : marks(r);
        end_line(r);
        if (r->breaks > 1 && !last_line_is_blank(r)) {
            add_blank_line(r, before & marks(r), MIN(r->line_depth, top(r)->depth));
        }
        r->breaks = 0;
    }
}

/* A line has the marks of its words: where they change a new line begins. */
static void
begin_words(struct render *r)
{
    enum { PARTING = HTML_QUOTE | HTML_INTRO | HTML_CONTAINER | HTML_FORWARD | HTML_SIGNATURE | HTML_BLOCKQUOTE };
    if (r->line->len > 0 && ((r->line_marks ^ marks(r)) & PARTING) != 0) {
        r->breaks = MAX(r->breaks, 1);
    }
    make_breaks(r);
    if (r->line->len == 0) {
        r->line_marks = marks(r);
        r->line_depth = top(r)->depth;
    }
    if (r->tab && r->line->len > 0) {
        trim_end(r->line);
        g_string_append(r->line, r->line->len > 0 ? "\t" : "");
    } else if (r->space && r->line->len > 0) {
        g_string_append_c(r->line, ' ');
    }
    r->tab = r->space = FALSE;
    if (r->prefix != NULL) {
        g_string_append(r->line, r->prefix);
        g_clear_pointer(&r->prefix, g_free);
    }
}

static gboolean
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static void
put_collapsed(struct render *r, const char *p, gsize n)
{
    const char *end = p + n;
    while (p < end) {
        const char *word = p;
        while (word < end && is_space(*word)) {
            word++;
        }
        r->space = r->space || (word > p && r->breaks == 0);
        const char *after = word;
        while (after < end && !is_space(*after)) {
            after++;
        }
        if (after > word) {
            begin_words(r);
            g_string_append_len(r->line, word, after - word);
        }
        p = after;
    }
}

static void
hard_break(struct render *r)
{
    make_breaks(r);
    if (is_blank_text(r->line->str)) {
        g_string_truncate(r->line, 0);
        add_blank_line(r, marks(r) | HTML_GAP, top(r)->depth);
    } else {
        end_line(r);
    }
    r->space = FALSE;
}

static void
put_preformatted(struct render *r, const char *p, gsize n)
{
    const char *end = p + n;
    while (p < end) {
        const char *e = memchr(p, '\n', (gsize)(end - p));
        gsize length = (gsize)((e != NULL ? e : end) - p);
        gsize shown = length > 0 && p[length - 1] == '\r' ? length - 1 : length;
        if (top(r)->pre == PRE_LINES) {
            put_collapsed(r, p, shown);
        } else if (shown > 0) {
            begin_words(r);
            g_string_append_len(r->line, p, (gssize)shown);
        }
        if (e != NULL) {
            hard_break(r);
        }
        p += length + (e != NULL);
    }
}

static void
put_text(struct render *r, const char *p, gsize n)
{
    const struct open *o = top(r);
    if (o->hidden) {
        return;
    }
    if (o->pre) {
        put_preformatted(r, p, n);
    } else {
        put_collapsed(r, p, n);
    }
}

/* ---- links and pictures ---- */

static gboolean
is_shown_url(const char *url)
{
    static const char *const schemes[] = {"http://", "https://", "mailto:", "tel:"};
    for (guint i = 0; i < G_N_ELEMENTS(schemes); i++) {
        if (g_ascii_strncasecmp(url, schemes[i], strlen(schemes[i])) == 0 && url[strlen(schemes[i])] != '\0') {
            return strpbrk(url, " \t\r\n<>") == NULL;
        }
    }
    return FALSE;
}

static const char *
url_core(const char *url)
{
    static const char *const heads[] = {"https://", "http://", "mailto:", "tel:", "www."};
    for (guint i = 0; i < G_N_ELEMENTS(heads); i++) {
        if (g_ascii_strncasecmp(url, heads[i], strlen(heads[i])) == 0) {
            url += strlen(heads[i]);
        }
    }
    return url;
}

/* Whether the words of a link are its target anyway. */
static gboolean
says_url(const char *words, const char *url)
{
    words = url_core(words);
    url = url_core(url);
    gsize n = strlen(words), m = strlen(url);
    n -= n > 0 && words[n - 1] == '/';
    m -= m > 0 && url[m - 1] == '/';
    return n == m && g_ascii_strncasecmp(words, url, n) == 0;
}

static void
open_link(struct render *r)
{
    g_clear_pointer(&r->url, g_free);
    r->url = g_strstrip(markup_value(&r->m, MARKUP_HREF, MAX_URL + 1));
    r->link = strlen(r->url) <= MAX_URL && is_shown_url(r->url);
    r->link_line = r->lines->len;
    r->link_start = r->line->len;
}

static void
close_link(struct render *r)
{
    if (!r->link || top(r)->hidden) {
        r->link = FALSE;
        return;
    }
    r->link = FALSE;
    gboolean here = r->lines->len == r->link_line && r->line->len >= r->link_start;
    const char *words = r->line->str + (here ? r->link_start : 0);
    words += strspn(words, " \t");
    if (is_blank_text(words) || says_url(words, r->url)) {
        return;
    }
    g_string_append_printf(r->line, " <%s>", r->url);
}

static void
put_picture(struct render *r)
{
    g_autofree char *alt = markup_value(&r->m, MARKUP_ALT, 300);
    if (!top(r)->hidden && !is_blank_text(g_strstrip(alt))) {
        put_collapsed(r, alt, strlen(alt));
    }
}

static void
put_rule(struct render *r)
{
    if (top(r)->hidden) {
        return;
    }
    need_break(r, 1);
    begin_words(r);
    g_string_append(r->line, "----------");
    r->line_marks |= HTML_RULE;
    end_line(r);
}

/* ---- opening and closing ---- */

static gboolean
is_list(enum element element)
{
    return element == UL || element == OL || element == MENU;
}

static void
pop(struct render *r)
{
    struct open *o = &r->stack[r->open - 1];
    enum element element = o->element;
    if (is(element, BLOCK)) {
        gboolean inner_list = is_list(element) && o->lists > 1;
        need_break(r, is(element, PARAGRAPH) && !o->tight && !inner_list ? 2 : 1);
    }
    if (is(element, CELL)) {
        /* A cell of one line is followed by a TAB, whatever blocks were in it. */
        gboolean one_line = r->lines->len == o->first_line;
        r->breaks = one_line ? 0 : 1;
        r->space = FALSE;
    }
    if (element == LI) {
        g_clear_pointer(&r->prefix, g_free);
    }
    if (o->ends && !o->hidden) {
        r->rest |= HTML_QUOTE | (o->marks & HTML_WEAK);
    }
    r->last[element] = o->previous;
    r->open--;
}

static void
pop_to(struct render *r, gint32 index)
{
    while ((gint32)r->open > index) {
        pop(r);
    }
}

/* Closes the innermost `element` unless it is behind a barrier. */
static gboolean
close_in_scope(struct render *r, enum element element)
{
    gint32 at = r->last[element];
    if (at < 0 || at < top(r)->barrier) {
        return FALSE;
    }
    pop_to(r, at);
    return TRUE;
}

/* Closes `element` where only the table around it is a barrier: rows and cells. */
static void
close_in_table(struct render *r, enum element element)
{
    if (r->last[element] > r->last[TABLE]) {
        pop_to(r, r->last[element]);
    }
}

static void
close_implied(struct render *r, enum element element)
{
    if (is(element, BLOCK) && element != TR) {
        close_in_scope(r, P);
    }
    if (element == LI && r->last[LI] > MAX(r->last[UL], r->last[OL])) {
        close_in_scope(r, LI);
    } else if (element == DD || element == DT) {
        close_in_scope(r, r->last[DD] > r->last[DT] ? DD : DT);
    } else if (element == OPTION) {
        close_in_scope(r, OPTION);
    } else if (is(element, CELL) || element == TR) {
        close_in_table(r, TD);
        close_in_table(r, TH);
        if (element == TR) {
            close_in_table(r, TR);
        }
    }
}

static gboolean
is_hidden(const struct markup *m, const char *style)
{
    /* Not font-size:0, which many a layout sets around words that set their own, nor mso-hide, which Outlook alone
     * heeds. */
    static const char *const styles[] = {"display:none", "visibility:hidden"};
    gboolean hidden = m->attributes[MARKUP_HIDDEN].at != NULL;
    for (guint i = 0; i < G_N_ELEMENTS(styles); i++) {
        hidden = hidden || has(style, styles[i]);
    }
    return hidden || (has(style, "max-height:0") && has(style, "overflow:hidden"));
}

static gboolean
is_tight(const char *style, const char *class)
{
    return g_str_has_prefix(class, "Mso") || g_str_has_prefix(class, "xmsonormal") ||
           g_str_has_prefix(class, "x_Mso") || has(style, "margin:0") || has(style, "margin-bottom:0") ||
           has(style, "margin-top:0");
}

static void
inherit(struct render *r, struct open *o, enum element element)
{
    *o = *top(r);
    o->element = (guint8)element;
    o->ends = FALSE;
    o->tight = FALSE;
    o->previous = r->last[element];
    gint32 index = (gint32)r->open;
    o->barrier = is(element, BARRIER) ? index : o->barrier;
    o->block = is(element, INLINE) ? o->block : index;
    o->first_line = r->lines->len;
}

static gboolean
follows_intro(const struct render *r)
{
    return r->line->len > 0 ? (r->line_marks & HTML_INTRO) != 0 : r->after_intro;
}

static guint8
preformatted(const struct open *o, enum element element, const char *style)
{
    if (has(style, "white-space:pre-line")) {
        return PRE_LINES;
    }
    if (element == PRE || has(style, "white-space:pre") || has(style, "white-space:break-spaces")) {
        return PRE_ALL;
    }
    return has(style, "white-space:normal") || has(style, "white-space:nowrap") ? PRE_NOT : o->pre;
}

static void
describe(struct render *r, struct open *o, enum element element)
{
    g_autofree char *style = style_of(&r->m);
    g_autofree char *class = markup_value(&r->m, MARKUP_CLASS, 40);
    gboolean quotes = (o->marks & HTML_CONTAINER) != 0 || follows_intro(r); /* a blockquote here would be a mail's */
    struct verdict v = judge(&r->m, element, style, quotes);
    if ((v.marks & HTML_QUOTE) != 0) {
        o->marks &= (guint16) ~(HTML_CONTAINER | HTML_INTRO);
    }
    if (element == BLOCKQUOTE) {
        o->marks &= (guint16)~HTML_BARE;
    }
    o->marks |= v.marks;
    if (!r->link && is_answer_colour(&r->m, style)) {
        o->marks |= HTML_COLOURED;
    } else if (has(style, "color:") && !has(style, "background-color:")) {
        o->marks &= (guint16)~HTML_COLOURED;
    }
    o->ends = v.ends;
    o->depth += (v.marks & (HTML_QUOTE | HTML_BLOCKQUOTE)) != 0 && o->depth < 200;
    o->hidden = o->hidden || is(element, HIDDEN) || is_hidden(&r->m, style);
    o->pre = preformatted(o, element, style);
    o->tight = is_tight(style, class);
    if (is_list(element)) {
        g_autofree char *start = markup_value(&r->m, MARKUP_START, 8);
        o->lists += o->lists < MAX_INDENT;
        o->counter = element == OL ? (*start != '\0' ? atoi(start) - 1 : 0) : -1;
    }
}

static void
begin_item(struct render *r)
{
    struct open *list = &r->stack[MAX(r->last[UL], r->last[OL]) < 0 ? 0 : MAX(r->last[UL], r->last[OL])];
    g_free(r->prefix);
    int indent = list->lists > 1 ? (list->lists - 1) * 2 : 0;
    if (list->element == OL && list->counter < G_MAXINT32 - 1) {
        r->prefix = g_strdup_printf("%*s%d. ", indent, "", ++list->counter);
    } else {
        r->prefix = g_strdup_printf("%*s- ", indent, "");
    }
}

static void
begin_cell(struct render *r)
{
    make_breaks(r);
    r->space = FALSE;
    r->tab = !is_blank_text(r->line->str);
    if (!r->tab) {
        g_string_truncate(r->line, 0);
    }
}

/* A block that opens a cell begins no line of its own. */
static gboolean
opens_cell(const struct render *r)
{
    gint32 cell = MAX(r->last[TD], r->last[TH]);
    if (cell < 0 || cell < r->last[TABLE] || r->stack[cell].first_line != r->lines->len) {
        return FALSE;
    }
    return r->line->len == 0 || r->tab;
}

static void
push(struct render *r, enum element element)
{
    if (r->open >= MAX_OPEN) {
        r->overflow[element]++;
        return;
    }
    if (r->open == r->room) {
        r->room *= 2;
        r->stack = g_renew(struct open, r->stack, r->room);
    }
    struct open *o = &r->stack[r->open];
    inherit(r, o, element);
    describe(r, o, element);
    r->last[element] = (gint32)r->open;
    r->open++;
}

static void
open_element(struct render *r, enum element element)
{
    close_implied(r, element);
    if (is(element, BLOCK) && !opens_cell(r)) {
        g_autofree char *style = style_of(&r->m);
        g_autofree char *class = markup_value(&r->m, MARKUP_CLASS, 40);
        gboolean apart = is(element, PARAGRAPH) && !is_tight(style, class) && !(is_list(element) && top(r)->lists > 0);
        need_break(r, apart ? 2 : 1);
    }
    if (is(element, CELL)) {
        begin_cell(r);
    }
    push(r, element);
    if (element == LI) {
        begin_item(r);
    }
}

static void
open_tag(struct render *r)
{
    enum element element = element_of(r->m.name);
    switch (element) {
    case OTHER:
    case TBODY:
    case THEAD:
    case TFOOT:
    case WBR:
        break;
    case BR:
        if (!top(r)->hidden) {
            hard_break(r);
        }
        break;
    case HR:
        close_in_scope(r, P);
        put_rule(r);
        break;
    case IMG:
        put_picture(r);
        break;
    case A:
        open_link(r);
        break;
    default:
        open_element(r, element);
    }
}

static void
close_tag(struct render *r)
{
    enum element element = element_of(r->m.name);
    if (element == A) {
        close_link(r);
    } else if (element == P && r->last[P] < 0) {
        need_break(r, 2);
    } else if (element == BR) {
        hard_break(r); /* browsers read </br> so */
    } else if (element == OTHER || is(element, VOID) || element == BODY) {
        return;
    } else if (r->overflow[element] > 0) {
        r->overflow[element]--;
    } else if (element == TABLE || element == TR || is(element, CELL)) {
        gint32 at = r->last[element];
        if (at >= 0 && (element == TABLE || at > r->last[TABLE])) {
            pop_to(r, at);
        }
    } else if (is(element, INLINE) && r->last[element] < top(r)->block) {
        return; /* an inline end tag closes no block */
    } else {
        close_in_scope(r, element);
    }
}

/* ---- the whole ---- */

/* HTML whose lines nothing ends but line ends, as forms' mailers make it: they are meant to be seen. */
static gboolean
has_no_lines(const char *html, gsize length)
{
    static const char *const names[] = {"br", "p",  "div", "td", "th",  "tr",
                                        "li", "h1", "h2",  "h3", "pre", "blockquote"};
    const char *end = html + length;
    for (const char *p = html; (p = memchr(p, '<', (gsize)(end - p))) != NULL; p++) {
        for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
            gsize n = strlen(names[i]);
            if ((gsize)(end - p) > n + 1 && g_ascii_strncasecmp(p + 1, names[i], n) == 0 &&
                !g_ascii_isalnum(p[n + 1])) {
                return FALSE;
            }
        }
    }
    return TRUE;
}

static void
render_init(struct render *r, const char *html, gsize length)
{
    memset(r, 0, sizeof *r);
    markup_init(&r->m, html, length);
    r->lines = g_ptr_array_new_with_free_func(line_free);
    r->line = g_string_new(NULL);
    r->room = 64;
    r->stack = g_new0(struct open, r->room);
    for (guint i = 0; i < ELEMENTS; i++) {
        r->last[i] = -1;
    }
    r->stack[0] = (struct open){.element = OTHER, .previous = -1, .barrier = -1, .block = -1, .counter = -1};
    r->open = 1;
}

static void
render_run(struct render *r)
{
    for (markup_next(&r->m); r->m.kind != MARKUP_END; markup_next(&r->m)) {
        if (r->m.kind == MARKUP_TEXT) {
            put_text(r, r->m.text.at, r->m.text.length);
        } else if (r->m.kind == MARKUP_OPEN) {
            open_tag(r);
        } else {
            close_tag(r);
        }
    }
    pop_to(r, 1);
    end_line(r);
}

/* The rule right above an introduction belongs to it. */
static void
mark_rules(GPtrArray *lines)
{
    guint16 next = 0;
    for (guint i = lines->len; i > 0; i--) {
        struct html_line *l = lines->pdata[i - 1];
        if ((l->marks & HTML_RULE) != 0) {
            l->marks |= next & (HTML_INTRO | HTML_WEAK);
        }
        if (*l->text != '\0') {
            next = (l->marks & HTML_INTRO) != 0 ? l->marks : 0;
        }
    }
}

static void
drop_blank_end(GPtrArray *lines)
{
    while (lines->len > 0 && *((struct html_line *)lines->pdata[lines->len - 1])->text == '\0') {
        g_ptr_array_set_size(lines, (int)lines->len - 1);
    }
}

GPtrArray *
html_to_lines(const char *html, gsize length)
{
    struct render r;
    g_autofree char *mended = NULL;
    html = html != NULL ? html : "";
    if (!g_utf8_validate_len(html, length, NULL)) {
        mended = text_utf8(html, length);
        html = mended;
        length = strlen(mended);
    }
    render_init(&r, html, length);
    r.stack[0].pre = has_no_lines(html, length) ? PRE_LINES : PRE_NOT;
    render_run(&r);
    g_string_free(r.line, TRUE);
    g_free(r.prefix);
    g_free(r.url);
    g_free(r.stack);
    drop_blank_end(r.lines);
    mark_rules(r.lines);
    return r.lines;
}

char *
html_charset(const char *html, gsize length)
{
    static const char key[] = "charset=";
    enum { HEAD = 2048 };
    g_autofree char *head = g_strndup(html != NULL ? html : "", MIN(length, HEAD));
    g_autofree char *lower = g_ascii_strdown(head, -1);
    const char *meta = strstr(lower, "<meta");
    const char *at = meta != NULL ? strstr(meta, key) : NULL;
    if (at == NULL) {
        return NULL;
    }
    at += strlen(key);
    at += strspn(at, " \t\"'");
    gsize n = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789-_:.");
    return n > 0 && n < 40 ? g_strndup(at, n) : NULL;
}

char *
html_to_text(const char *html, gsize length)
{
    g_autoptr(GPtrArray) lines = html_to_lines(html, length);
    GString *out = g_string_sized_new(length / 4 + 16);
    for (guint i = 0; i < lines->len; i++) {
        const struct html_line *l = lines->pdata[i];
        for (guint d = 0; d < MIN(l->depth, 20); d++) {
            g_string_append_c(out, '>');
        }
        g_string_append(out, l->depth > 0 && *l->text != '\0' ? " " : "");
        g_string_append(out, l->text);
        g_string_append_c(out, '\n');
    }
    return g_string_free(out, FALSE);
}
