#include "mime/markup.h"

#include <stdlib.h>
#include <string.h>

/* ---- character references ---- */

struct entity_name {
    const char *name;
    gunichar character;
};

/* HTML 4's and the commonest of HTML 5's, sorted by strcmp(). */
/* clang-format off */
static const struct entity_name entities[] = {
    {"AElig", 0xc6}, {"AMP", 0x26}, {"Aacute", 0xc1}, {"Abreve", 0x102}, {"Acirc", 0xc2}, {"Agrave", 0xc0},
    {"Alpha", 0x391}, {"Aogon", 0x104}, {"Aring", 0xc5}, {"Atilde", 0xc3}, {"Auml", 0xc4}, {"Beta", 0x392},
    {"COPY", 0xa9}, {"Cacute", 0x106}, {"Ccaron", 0x10c}, {"Ccedil", 0xc7}, {"Chi", 0x3a7}, {"Dagger", 0x2021},
    {"Delta", 0x394}, {"ETH", 0xd0}, {"Eacute", 0xc9}, {"Ecaron", 0x11a}, {"Ecirc", 0xca}, {"Egrave", 0xc8},
    {"Eogon", 0x118}, {"Epsilon", 0x395}, {"Eta", 0x397}, {"Euml", 0xcb}, {"GT", 0x3e}, {"Gamma", 0x393},
    {"Gbreve", 0x11e}, {"Hat", 0x5e}, {"Iacute", 0xcd}, {"Icirc", 0xce}, {"Idot", 0x130}, {"Igrave", 0xcc},
    {"Iota", 0x399}, {"Iuml", 0xcf}, {"Kappa", 0x39a}, {"LT", 0x3c}, {"Lambda", 0x39b}, {"Lstrok", 0x141},
    {"Mu", 0x39c}, {"Nacute", 0x143}, {"NewLine", 0xa}, {"NoBreak", 0x2060}, {"Ntilde", 0xd1}, {"Nu", 0x39d},
    {"OElig", 0x152}, {"Oacute", 0xd3}, {"Ocirc", 0xd4}, {"Odblac", 0x150}, {"Ograve", 0xd2}, {"Omega", 0x3a9},
    {"Omicron", 0x39f}, {"Oslash", 0xd8}, {"Otilde", 0xd5}, {"Ouml", 0xd6}, {"Phi", 0x3a6}, {"Pi", 0x3a0},
    {"Prime", 0x2033}, {"Psi", 0x3a8}, {"QUOT", 0x22}, {"REG", 0xae}, {"Rcaron", 0x158}, {"Rho", 0x3a1},
    {"Sacute", 0x15a}, {"Scaron", 0x160}, {"Scedil", 0x15e}, {"Sigma", 0x3a3}, {"THORN", 0xde}, {"Tab", 0x9},
    {"Tau", 0x3a4}, {"Tcedil", 0x162}, {"Theta", 0x398}, {"Uacute", 0xda}, {"Ucirc", 0xdb}, {"Udblac", 0x170},
    {"Ugrave", 0xd9}, {"Upsilon", 0x3a5}, {"Uring", 0x16e}, {"Uuml", 0xdc}, {"Xi", 0x39e}, {"Yacute", 0xdd},
    {"Yuml", 0x178}, {"Zacute", 0x179}, {"Zcaron", 0x17d}, {"Zdot", 0x17b}, {"ZeroWidthSpace", 0x200b},
    {"Zeta", 0x396}, {"aacute", 0xe1}, {"abreve", 0x103}, {"acirc", 0xe2}, {"acute", 0xb4}, {"aelig", 0xe6},
    {"agrave", 0xe0}, {"alefsym", 0x2135}, {"alpha", 0x3b1}, {"amacr", 0x101}, {"amp", 0x26}, {"and", 0x2227},
    {"ang", 0x2220}, {"aogon", 0x105}, {"apos", 0x27}, {"aring", 0xe5}, {"ast", 0x2a}, {"asymp", 0x2248},
    {"atilde", 0xe3}, {"auml", 0xe4}, {"bdquo", 0x201e}, {"beta", 0x3b2}, {"brvbar", 0xa6}, {"bsol", 0x5c},
    {"bull", 0x2022}, {"cacute", 0x107}, {"cap", 0x2229}, {"ccaron", 0x10d}, {"ccedil", 0xe7}, {"cedil", 0xb8},
    {"cent", 0xa2}, {"check", 0x2713}, {"chi", 0x3c7}, {"circ", 0x2c6}, {"clubs", 0x2663}, {"colon", 0x3a},
    {"comma", 0x2c}, {"commat", 0x40}, {"cong", 0x2245}, {"copy", 0xa9}, {"copysr", 0x2117}, {"crarr", 0x21b5},
    {"cup", 0x222a}, {"curren", 0xa4}, {"dArr", 0x21d3}, {"dagger", 0x2020}, {"darr", 0x2193}, {"dash", 0x2010},
    {"dcaron", 0x10f}, {"deg", 0xb0}, {"delta", 0x3b4}, {"diams", 0x2666}, {"divide", 0xf7}, {"dollar", 0x24},
    {"eacute", 0xe9}, {"ecaron", 0x11b}, {"ecirc", 0xea}, {"egrave", 0xe8}, {"emacr", 0x113}, {"empty", 0x2205},
    {"emsp", 0x2003}, {"ensp", 0x2002}, {"eogon", 0x119}, {"epsilon", 0x3b5}, {"equals", 0x3d}, {"equiv", 0x2261},
    {"eta", 0x3b7}, {"eth", 0xf0}, {"euml", 0xeb}, {"euro", 0x20ac}, {"excl", 0x21}, {"exist", 0x2203},
    {"fnof", 0x192}, {"forall", 0x2200}, {"frac12", 0xbd}, {"frac14", 0xbc}, {"frac34", 0xbe}, {"frasl", 0x2044},
    {"gamma", 0x3b3}, {"gbreve", 0x11f}, {"ge", 0x2265}, {"grave", 0x60}, {"gt", 0x3e}, {"hArr", 0x21d4},
    {"hairsp", 0x200a}, {"half", 0xbd}, {"harr", 0x2194}, {"hearts", 0x2665}, {"hellip", 0x2026}, {"horbar", 0x2015},
    {"hyphen", 0x2010}, {"iacute", 0xed}, {"icirc", 0xee}, {"iexcl", 0xa1}, {"igrave", 0xec}, {"imacr", 0x12b},
    {"image", 0x2111}, {"infin", 0x221e}, {"inodot", 0x131}, {"int", 0x222b}, {"iota", 0x3b9}, {"iquest", 0xbf},
    {"isin", 0x2208}, {"iuml", 0xef}, {"kappa", 0x3ba}, {"lArr", 0x21d0}, {"lambda", 0x3bb}, {"lang", 0x2329},
    {"laquo", 0xab}, {"larr", 0x2190}, {"lbrace", 0x7b}, {"lbrack", 0x5b}, {"lceil", 0x2308}, {"lcub", 0x7b},
    {"ldquo", 0x201c}, {"le", 0x2264}, {"lfloor", 0x230a}, {"lowast", 0x2217}, {"lowbar", 0x5f}, {"loz", 0x25ca},
    {"lpar", 0x28}, {"lrm", 0x200e}, {"lsaquo", 0x2039}, {"lsqb", 0x5b}, {"lsquo", 0x2018}, {"lstrok", 0x142},
    {"lt", 0x3c}, {"macr", 0xaf}, {"mdash", 0x2014}, {"micro", 0xb5}, {"middot", 0xb7}, {"minus", 0x2212},
    {"mu", 0x3bc}, {"nabla", 0x2207}, {"nacute", 0x144}, {"nbsp", 0xa0}, {"ncaron", 0x148}, {"ndash", 0x2013},
    {"ne", 0x2260}, {"ni", 0x220b}, {"not", 0xac}, {"notin", 0x2209}, {"nsub", 0x2284}, {"ntilde", 0xf1},
    {"nu", 0x3bd}, {"num", 0x23}, {"numsp", 0x2007}, {"oacute", 0xf3}, {"ocirc", 0xf4}, {"odblac", 0x151},
    {"oelig", 0x153}, {"ograve", 0xf2}, {"oline", 0x203e}, {"omacr", 0x14d}, {"omega", 0x3c9}, {"omicron", 0x3bf},
    {"oplus", 0x2295}, {"or", 0x2228}, {"ordf", 0xaa}, {"ordm", 0xba}, {"oslash", 0xf8}, {"otilde", 0xf5},
    {"otimes", 0x2297}, {"ouml", 0xf6}, {"para", 0xb6}, {"part", 0x2202}, {"percnt", 0x25}, {"period", 0x2e},
    {"permil", 0x2030}, {"perp", 0x22a5}, {"phi", 0x3c6}, {"phone", 0x260e}, {"pi", 0x3c0}, {"piv", 0x3d6},
    {"plus", 0x2b}, {"plusmn", 0xb1}, {"pound", 0xa3}, {"prime", 0x2032}, {"prod", 0x220f}, {"prop", 0x221d},
    {"psi", 0x3c8}, {"puncsp", 0x2008}, {"quest", 0x3f}, {"quot", 0x22}, {"rArr", 0x21d2}, {"radic", 0x221a},
    {"rang", 0x232a}, {"raquo", 0xbb}, {"rarr", 0x2192}, {"rbrace", 0x7d}, {"rbrack", 0x5d}, {"rcaron", 0x159},
    {"rceil", 0x2309}, {"rcub", 0x7d}, {"rdquo", 0x201d}, {"real", 0x211c}, {"reg", 0xae}, {"rfloor", 0x230b},
    {"rho", 0x3c1}, {"rlm", 0x200f}, {"rpar", 0x29}, {"rsaquo", 0x203a}, {"rsqb", 0x5d}, {"rsquo", 0x2019},
    {"sacute", 0x15b}, {"sbquo", 0x201a}, {"scaron", 0x161}, {"scedil", 0x15f}, {"sdot", 0x22c5}, {"sect", 0xa7},
    {"semi", 0x3b}, {"shy", 0xad}, {"sigma", 0x3c3}, {"sigmaf", 0x3c2}, {"sim", 0x223c}, {"sol", 0x2f},
    {"spades", 0x2660}, {"star", 0x2606}, {"starf", 0x2605}, {"sub", 0x2282}, {"sube", 0x2286}, {"sum", 0x2211},
    {"sup", 0x2283}, {"sup1", 0xb9}, {"sup2", 0xb2}, {"sup3", 0xb3}, {"supe", 0x2287}, {"szlig", 0xdf}, {"tau", 0x3c4},
    {"tcaron", 0x165}, {"tcedil", 0x163}, {"there4", 0x2234}, {"theta", 0x3b8}, {"thetasym", 0x3d1},
    {"thinsp", 0x2009}, {"thorn", 0xfe}, {"tilde", 0x2dc}, {"times", 0xd7}, {"trade", 0x2122}, {"uArr", 0x21d1},
    {"uacute", 0xfa}, {"uarr", 0x2191}, {"ucirc", 0xfb}, {"udblac", 0x171}, {"ugrave", 0xf9}, {"umacr", 0x16b},
    {"uml", 0xa8}, {"upsih", 0x3d2}, {"upsilon", 0x3c5}, {"uring", 0x16f}, {"uuml", 0xfc}, {"verbar", 0x7c},
    {"vert", 0x7c}, {"weierp", 0x2118}, {"xi", 0x3be}, {"yacute", 0xfd}, {"yen", 0xa5}, {"yuml", 0xff},
    {"zacute", 0x17a}, {"zcaron", 0x17e}, {"zdot", 0x17c}, {"zeta", 0x3b6}, {"zwj", 0x200d}, {"zwnj", 0x200c}
};
/* clang-format on */

static int
by_name(const void *key, const void *entry)
{
    return strcmp(key, ((const struct entity_name *)entry)->name);
}

/* A name without its ';' is understood when it is one of the oldest, Latin-1's, which all have a character below
 * U+0100. */
static gunichar
named_reference(const char *p, const char *end, gsize *used)
{
    char name[16];
    gsize n = 0;
    while (n < sizeof name - 1 && p + n < end && g_ascii_isalnum(p[n])) {
        name[n] = p[n];
        n++;
    }
    gboolean closed = p + n < end && p[n] == ';';
    for (gsize length = n; length >= 2; length--) {
        name[length] = '\0';
        const struct entity_name *e = bsearch(name, entities, G_N_ELEMENTS(entities), sizeof entities[0], by_name);
        gboolean whole = length == n && closed;
        if (e != NULL && (whole || (e->character < 0x100 && strcmp(name, "apos") != 0))) {
            *used = length + whole;
            return e->character;
        }
    }
    return 0;
}

/* What the numbers 128–159 mean is windows-1252 (WHATWG HTML 13.2.5.80). */
static gunichar
mended_number(guint64 number)
{
    static const guint16 high[32] = {0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021,
                                     0x2c6,  0x2030, 0x160,  0x2039, 0x152,  0x8d,   0x17d,  0x8f,
                                     0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                     0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178};
    if (number >= 128 && number < 160) {
        return high[number - 128];
    }
    return number > 0 && number < 0x110000 && g_unichar_validate((gunichar)number) ? (gunichar)number : 0xfffd;
}

static gunichar
numbered_reference(const char *p, const char *end, gsize *used)
{
    const char *q = p + 1;
    gboolean hex = q < end && (*q == 'x' || *q == 'X');
    q += hex;
    const char *digits = q;
    guint64 number = 0;
    for (; q < end && (hex ? g_ascii_isxdigit(*q) : g_ascii_isdigit(*q)); q++) {
        number = MIN(number * (hex ? 16 : 10) + (guint64)g_ascii_xdigit_value(*q), 0x110000);
    }
    if (q == digits) {
        return 0;
    }
    *used = (gsize)(q - p) + (q < end && *q == ';');
    return mended_number(number);
}

/* At '&'. 0: a plain ampersand. `*used` includes it. */
static gunichar
reference(const char *p, const char *end, gsize *used)
{
    gsize n = 0;
    p++;
    gunichar c = p < end && *p == '#' ? numbered_reference(p, end, &n) : named_reference(p, end, &n);
    *used = n + 1;
    return c;
}

char *
markup_value(const struct markup *markup, enum markup_attribute attribute, gsize max)
{
    struct markup_slice s = markup->attributes[attribute];
    if (s.at == NULL) {
        return g_strdup("");
    }
    GString *out = g_string_new(NULL);
    const char *end = s.at + MIN(s.length, max);
    for (const char *p = s.at; p < end;) {
        gsize used = 1;
        gunichar c = *p == '&' ? reference(p, end, &used) : 0;
        if (c != 0) {
            g_string_append_unichar(out, c);
        } else {
            g_string_append_c(out, *p);
            used = 1;
        }
        p += used;
    }
    return g_string_free(out, FALSE);
}

/* ---- tags ---- */

static const char *const attribute_names[MARKUP_ATTRIBUTES] = {
    [MARKUP_CLASS] = "class",
    [MARKUP_ID] = "id",
    [MARKUP_STYLE] = "style",
    [MARKUP_TYPE] = "type",
    [MARKUP_CITE] = "cite",
    [MARKUP_HREF] = "href",
    [MARKUP_ALT] = "alt",
    [MARKUP_NAME] = "name",
    [MARKUP_MARKER] = "data-marker",
    [MARKUP_SMARTMAIL] = "data-smartmail",
    [MARKUP_HIDDEN] = "hidden",
    [MARKUP_START] = "start",
    [MARKUP_COLOR] = "color",
};

void
markup_init(struct markup *markup, const char *html, gsize length)
{
    memset(markup, 0, sizeof *markup);
    markup->p = html != NULL ? html : "";
    markup->end = markup->p + length;
}

static gboolean
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static const char *
skip_spaces(const char *p, const char *end)
{
    while (p < end && is_space(*p)) {
        p++;
    }
    return p;
}

/* memchr that remembers in vain searches: without that, ten thousand opening quotes would each search the whole rest.
 */
static const char *
find_once(const char *p, const char *end, char c, gboolean *none)
{
    const char *found = *none || p >= end ? NULL : memchr(p, c, (gsize)(end - p));
    *none = *none || found == NULL;
    return found;
}

static void
keep_attribute(struct markup *m, const char *name, gsize length, struct markup_slice value)
{
    for (guint i = 0; i < MARKUP_ATTRIBUTES; i++) {
        if (m->attributes[i].at == NULL && strlen(attribute_names[i]) == length &&
            g_ascii_strncasecmp(name, attribute_names[i], length) == 0) {
            m->attributes[i] = value;
            return;
        }
    }
}

static const char *
attribute_value(struct markup *m, const char *p, struct markup_slice *value)
{
    if (p < m->end && (*p == '"' || *p == '\'')) {
        const char *close = find_once(p + 1, m->end, *p, &m->no_quote[*p == '"']);
        if (close != NULL) {
            *value = (struct markup_slice){p + 1, (gsize)(close - p - 1)};
            return close + 1;
        }
    }
    const char *q = p;
    while (q < m->end && !is_space(*q) && *q != '>') {
        q++;
    }
    *value = (struct markup_slice){p, (gsize)(q - p)};
    return q;
}

/* Behind the tag's name. Returns behind its '>', or the document's end. */
static const char *
read_attributes(struct markup *m, const char *p)
{
    memset(m->attributes, 0, sizeof m->attributes);
    m->self_closing = FALSE;
    for (;;) {
        p = skip_spaces(p, m->end);
        if (p >= m->end) {
            return p;
        }
        if (*p == '>') {
            return p + 1;
        }
        const char *name = p;
        p++; /* even a '=' or a quote may begin a name */
        while (p < m->end && !is_space(*p) && *p != '=' && *p != '>' && *p != '/') {
            p++;
        }
        m->self_closing = *name == '/';
        gsize length = (gsize)(p - name);
        struct markup_slice value = {name + length, 0};
        const char *q = skip_spaces(p, m->end);
        if (q < m->end && *q == '=') {
            p = attribute_value(m, skip_spaces(q + 1, m->end), &value);
        }
        keep_attribute(m, name, length, value);
    }
}

static const char *
read_name(struct markup *m, const char *p)
{
    gsize n = 0;
    for (; p < m->end && !is_space(*p) && *p != '>' && *p != '/'; p++) {
        if (n < sizeof m->name - 1) {
            m->name[n++] = g_ascii_tolower(*p);
        }
    }
    m->name[n] = '\0';
    return p;
}

/* Elements whose content is no markup. What of it is shown (textarea) is little. */
static const char *const raw_names[] = {"script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes"};

/* Behind "</name" and its '>'; NULL when the element is never closed (then its content is read like any other). */
static const char *
raw_end(struct markup *m, guint which, const char *p)
{
    gsize n = strlen(raw_names[which]);
    while ((p = memchr(p, '<', (gsize)(m->end - p))) != NULL) {
        p++;
        if ((gsize)(m->end - p) > n && *p == '/' && g_ascii_strncasecmp(p + 1, raw_names[which], n) == 0) {
            const char *close = memchr(p, '>', (gsize)(m->end - p));
            return close != NULL ? close + 1 : m->end;
        }
    }
    m->no_raw_end |= 1u << which;
    return NULL;
}

/* TRUE when the element was skipped as a whole. */
static gboolean
skip_raw(struct markup *m)
{
    for (guint i = 0; i < G_N_ELEMENTS(raw_names); i++) {
        if (!m->self_closing && (m->no_raw_end & 1u << i) == 0 && strcmp(m->name, raw_names[i]) == 0) {
            const char *end = raw_end(m, i, m->p);
            m->p = end != NULL ? end : m->p;
            return end != NULL;
        }
    }
    return FALSE;
}

static void
set_text(struct markup *m, const char *at, gsize length)
{
    m->kind = MARKUP_TEXT;
    m->text = (struct markup_slice){at, length};
    m->p = at + length;
}

/* "<!--": up to "-->" or "--!>". An unclosed one ends at the next '>'. */
static const char *
comment_end(struct markup *m)
{
    const char *p = m->p + 4;
    if (p < m->end && *p == '>') {
        return p + 1;
    }
    for (const char *q = p; !m->no_comment_end && q < m->end; q++) {
        q = memchr(q, '-', (gsize)(m->end - q));
        if (q == NULL) {
            break;
        }
        if (m->end - q >= 3 && q[1] == '-' && q[2] == '>') {
            return q + 3;
        }
        if (m->end - q >= 4 && q[1] == '-' && q[2] == '!' && q[3] == '>') {
            return q + 4;
        }
    }
    m->no_comment_end = TRUE;
    const char *gt = find_once(p, m->end, '>', &m->no_tag_end);
    return gt != NULL ? gt + 1 : m->end;
}

/* At "<!" or "<?": FALSE when it is text after all. */
static gboolean
skip_declaration(struct markup *m)
{
    if (m->end - m->p >= 4 && memcmp(m->p, "<!--", 4) == 0) {
        m->p = comment_end(m);
        return TRUE;
    }
    const char *gt = find_once(m->p, m->end, '>', &m->no_tag_end);
    if (gt != NULL) {
        m->p = gt + 1;
    }
    return gt != NULL;
}

/* At '<'. FALSE: nothing to show was skipped, look again. */
static gboolean
read_tag(struct markup *m)
{
    const char *p = m->p;
    char c = p + 1 < m->end ? p[1] : '\0';
    gboolean close = c == '/' && p + 2 < m->end && g_ascii_isalpha(p[2]);
    if (c == '!' || c == '?' || (c == '/' && !close && p + 2 < m->end)) {
        if (skip_declaration(m)) {
            return FALSE;
        }
    } else if ((close || g_ascii_isalpha(c)) && find_once(p, m->end, '>', &m->no_tag_end) != NULL) {
        m->kind = close ? MARKUP_CLOSE : MARKUP_OPEN;
        m->p = read_attributes(m, read_name(m, p + 1 + close));
        return close || !skip_raw(m);
    }
    set_text(m, p, 1);
    return TRUE;
}

/* At '&'. */
static void
read_reference(struct markup *m)
{
    gsize used;
    gunichar c = reference(m->p, m->end, &used);
    if (c == 0) {
        set_text(m, m->p, 1);
        return;
    }
    m->kind = MARKUP_TEXT;
    m->text = (struct markup_slice){m->character, (gsize)g_unichar_to_utf8(c, m->character)};
    m->p += used;
}

void
markup_next(struct markup *markup)
{
    struct markup *m = markup;
    while (m->p < m->end) {
        if (*m->p == '<') {
            if (read_tag(m)) {
                return;
            }
        } else if (*m->p == '&') {
            read_reference(m);
            return;
        } else {
            const char *q = m->p;
            while (q < m->end && *q != '<' && *q != '&') {
                q++;
            }
            set_text(m, m->p, (gsize)(q - m->p));
            return;
        }
    }
    m->kind = MARKUP_END;
}
