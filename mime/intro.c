#include "config.h"

#include "mime/intro.h"

#include "mime/attribution.h"
#include "mime/fold.h"

#include <string.h>

#define LABEL_BYTES 60      /* the longest label with its markup */
#define ATTRIBUTION_LINES 5 /* an attribution is wrapped to at most so many */
#define HEADER_LINES 80     /* a header block has at most so many: long lists of recipients */
#define INNER_BYTES 2000    /* labels are looked for inside a value of at most this length */
#define INNER_COLONS 20

/* ---- header blocks ---- */

static gboolean
is_colon(const char *p, const char *end, gsize *width)
{
    *width = 1;
    if (*p == ':')
        return TRUE;
    *width = 3;
    return end - p >= 3 && memcmp(p, "\xef\xbc\x9a", 3) == 0; /* full-width */
}

/* The first that begins before `stop`, or NULL. */
static const char *
first_colon(const char *p, const char *stop, const char *end, gsize *width)
{
    const char *colon = memchr(p, ':', (gsize)(stop - p));
    if (colon)
        stop = colon;
    for (; (p = memchr(p, 0xef, (gsize)(stop - p))) != NULL; p++)
        if (is_colon(p, end, width))
            return p;
    *width = 1;
    return colon;
}

/* Bold and table marks that plain-text renderings leave around labels. */
static gboolean
is_markup(char c)
{
    return c == '*' || c == '_' || c == '|' || c == ' ' || c == '\t';
}

static enum mail_label
label_between(const char *p, const char *end)
{
    while (p < end && is_markup(*p))
        p++;
    while (end > p && is_markup(end[-1]))
        end--;
    if (p == end || end - p > LABEL_BYTES)
        return LABEL_NONE;
    struct folded folded;
    fold(&folded, p, (gsize)(end - p));
    return phrase_label(folded.text);
}

static const char *
after_markup(const char *p, const char *end)
{
    while (p < end && is_markup(*p))
        p++;
    for (gsize width; p < end && (width = blank_width(p, end)) != 0;)
        p += width;
    return p;
}

/* "From: …" at the start of a line; `*value` is what follows. */
static enum mail_label
line_label(const struct line *line, const char **value)
{
    const char *p = line->body, *end = p + line->body_length;
    gsize width;
    const char *colon = first_colon(p, p + MIN(line->body_length, LABEL_BYTES), end, &width);
    if (!colon)
        return LABEL_NONE;
    *value = after_markup(colon + width, end);
    return label_between(p, colon);
}

/* A second label inside a value ("To: a@b.example Subject: Hi"), as lines that lost their ends have them. `glued`: it
 * may stand right behind the value before it. Returns where it begins, or NULL. */
static const char *
inner_label(const char *p, const char *end, gboolean glued, enum mail_label *label, const char **value)
{
    guint colons = 0;
    if (end - p > INNER_BYTES)
        return NULL;
    for (const char *colon = p; colon < end && colons < INNER_COLONS; colon++) {
        gsize width;
        if (!is_colon(colon, end, &width))
            continue;
        colons++;
        const char *start = colon - p > LABEL_BYTES ? colon - LABEL_BYTES : p;
        for (; start < colon; start++) {
            gboolean edge = start == p || start[-1] == ' ' || start[-1] == '\t' || start[-1] == '*';
            if ((!edge && !glued) || (*start & 0xc0) == 0x80)
                continue;
            gunichar c = g_utf8_get_char_validated(start, colon - start);
            if (c >= (gunichar)-2 || g_unichar_islower(c) || !g_unichar_isalpha(c))
                continue;
            *label = label_between(start, colon);
            if (*label != LABEL_NONE && *label != LABEL_OTHER) {
                *value = after_markup(colon + width, end);
                return start;
            }
        }
    }
    return NULL;
}

static void
set_value(struct quoted_headers *headers, enum mail_label label, const char *p, const char *end)
{
    while (end > p && (is_markup(end[-1])))
        end--;
    if (headers->values[label])
        return;
    headers->values[label] = g_string_new_len(p, end - p);
    headers->count++;
}

/* A value, and labels inside it. The subject may hold anything, so nothing is looked for in there. */
static enum mail_label
add_values(struct quoted_headers *headers, enum mail_label label, const char *p, const char *end, gboolean glued)
{
    while (label != LABEL_SUBJECT || glued) {
        enum mail_label next;
        const char *value, *start = inner_label(p, end, glued, &next, &value);
        if (!start || headers->values[next])
            break;
        set_value(headers, label, p, start);
        label = next;
        p = value;
    }
    set_value(headers, label, p, end);
    return label;
}

static void
continue_value(struct quoted_headers *headers, enum mail_label label, const struct line *line)
{
    GString *value = headers->values[label];
    if (!value)
        return;
    g_string_append_c(value, ' ');
    g_string_append_len(value, line->body, (gssize)line->body_length);
}

/* Does the line go on with the value above it? Only if the block goes on behind it, or if it is a list of addresses. */
static gboolean
is_continuation(const GArray *lines, guint i, guint end, enum mail_label last, const GString *value)
{
    if (last == LABEL_TO || last == LABEL_CC) {
        const struct line *line = line_at(lines, i);
        gchar tail = value->len ? value->str[value->len - 1] : '\0';
        if ((tail == ',' || tail == ';' || tail == '<') && memchr(line->body, '@', line->body_length))
            return TRUE;
    }
    for (guint j = i + 1; j < end && j <= i + 3; j++) {
        const char *ignored;
        if (line_is_blank(line_at(lines, j)))
            return FALSE;
        enum mail_label label = line_label(line_at(lines, j), &ignored);
        if (label != LABEL_NONE)
            return TRUE;
    }
    return FALSE;
}

/* One blank line in a block is fine if the block goes on behind it. */
static gboolean
goes_on_behind_blank(const struct quoted_headers *headers, const GArray *lines, guint i, guint end)
{
    const char *ignored;
    if (i + 1 >= end)
        return FALSE;
    enum mail_label label = line_label(line_at(lines, i + 1), &ignored);
    return label != LABEL_NONE && !headers->values[label];
}

static gboolean
has_at(const GString *value)
{
    return value && strchr(value->str, '@');
}

static gboolean
has_time(const GString *value)
{
    if (!value)
        return FALSE;
    for (const char *p = value->str; *p; p++)
        if (g_ascii_isdigit(p[0]) && (p[1] == ':' || p[1] == '.' || p[1] == 'h') && g_ascii_isdigit(p[2]) &&
            g_ascii_isdigit(p[3]))
            return TRUE;
    return FALSE;
}

/* A form or a travel plan has labels too: only what mail headers alone have counts. */
static gboolean
is_header_block(const struct quoted_headers *headers, gboolean bold, gboolean after_separator)
{
    GString *const *v = headers->values;
    if (after_separator)
        return v[LABEL_FROM] || (v[LABEL_SUBJECT] && headers->count >= 2) || (v[LABEL_DATE] && headers->count >= 2);
    if (headers->count < 2 || !(v[LABEL_FROM] || (v[LABEL_DATE] && v[LABEL_TO])))
        return FALSE;
    if (!v[LABEL_DATE] && !(v[LABEL_TO] && v[LABEL_SUBJECT]))
        return FALSE;
    if (!v[LABEL_DATE] && !bold && !strpbrk(v[LABEL_FROM]->str, "<[(")) /* addresses that somebody lists */
        return FALSE;
    gboolean at = has_at(v[LABEL_FROM]) || has_at(v[LABEL_TO]);
    gboolean all = v[LABEL_FROM] && v[LABEL_TO] && v[LABEL_SUBJECT] && has_time(v[LABEL_DATE]);
    if (!at && !bold && !all)
        return FALSE;
    int points = (v[LABEL_FROM] != NULL) + (v[LABEL_TO] != NULL) + (v[LABEL_SUBJECT] != NULL) +
                 has_time(v[LABEL_DATE]) + 2 * has_at(v[LABEL_FROM]) + (has_at(v[LABEL_TO]) != 0) + bold;
    return points >= 3;
}

void
quoted_headers_clear(struct quoted_headers *headers)
{
    for (gsize i = 0; i < G_N_ELEMENTS(headers->values); i++) {
        if (headers->values[i])
            g_string_free(headers->values[i], TRUE);
        headers->values[i] = NULL;
    }
}

static void
read_block(const GArray *lines, guint i, guint end, struct quoted_headers *headers)
{
    guint depth = line_at(lines, i)->depth, stop = MIN(end, i + HEADER_LINES);
    enum mail_label last = LABEL_NONE;
    headers->from = headers->to = i;
    for (; i < stop; i++) {
        const struct line *line = line_at(lines, i);
        const char *value;
        if (line->depth != depth && !line_is_blank(line))
            break;
        if (line_is_blank(line)) {
            if (!goes_on_behind_blank(headers, lines, i, stop))
                break;
            continue;
        }
        enum mail_label label = line_label(line, &value);
        if (label != LABEL_NONE) {
            if (headers->values[label] && label != LABEL_OTHER)
                break;
            last = add_values(headers, label, value, line->body + line->body_length, FALSE);
        } else if (last == LABEL_NONE || !is_continuation(lines, i, stop, last, headers->values[last])) {
            break;
        } else {
            continue_value(headers, last, line);
        }
        headers->to = i + 1;
    }
}

gboolean
quoted_headers_read(const GArray *lines, guint i, guint end, gboolean after_separator, struct quoted_headers *headers)
{
    const char *value;
    *headers = (struct quoted_headers){.count = 0};
    enum mail_label first = i < end ? line_label(line_at(lines, i), &value) : LABEL_NONE;
    if (first == LABEL_NONE || first == LABEL_OTHER)
        return FALSE;
    read_block(lines, i, end, headers);
    if (is_header_block(headers, *line_at(lines, i)->body == '*', after_separator))
        return TRUE;
    quoted_headers_clear(headers);
    return FALSE;
}

gboolean
quoted_headers_inline(const struct line *line, gsize from, struct quoted_headers *headers)
{
    *headers = (struct quoted_headers){.count = 0};
    const char *p = line->body + from, *end = line->body + line->body_length, *value;
    enum mail_label label;
    if (!inner_label(p, end, TRUE, &label, &value))
        return FALSE;
    add_values(headers, label, value, end, TRUE);
    if (is_header_block(headers, FALSE, TRUE))
        return TRUE;
    quoted_headers_clear(headers);
    return FALSE;
}

/* ---- separators ---- */

static gboolean
is_ornament(char c)
{
    return c == '-' || c == '_' || c == '=' || c == '*' || c == '~' || c == '+' || c == '#';
}

/* The words of a line like `----- words -----`, folded, into `words`; how many ornaments stand before and behind. What
 * follows the second run of ornaments is not looked at. TRUE: a colon ends the words. */
static gboolean
split_ornaments(struct folded *folded, char **words, guint *lead, guint *trail)
{
    char *p = folded->text;
    *lead = *trail = 0;
    for (; is_ornament(*p) || *p == ' '; p++)
        *lead += *p != ' ';
    *words = p;
    char *behind = p;
    for (; *behind; behind++)
        if (is_ornament(behind[0]) && is_ornament(behind[1]) && (is_ornament(behind[2]) || behind[2] == '\0'))
            break;
    char *stop = behind;
    for (; is_ornament(*behind) || (*trail && *behind == ' '); behind++)
        *trail += *behind != ' ';
    while (stop > p && (stop[-1] == ' ' || stop[-1] == ':' || is_ornament(stop[-1])))
        stop--;
    gboolean colon = *stop == ':' || (*stop == ' ' && stop[1] == ':');
    *stop = '\0';
    return colon;
}

static enum intro_kind
phrase_kind(const char *words, gboolean framed)
{
    if (phrase_is(PHRASE_FORWARD, words))
        return INTRO_FORWARD;
    if (phrase_is(PHRASE_ORIGINAL, words))
        return INTRO_ORIGINAL;
    if (framed && phrase_starts(PHRASE_FORWARD, words)) /* "forwarded by Bob on Monday" */
        return INTRO_FORWARD;
    if (framed && phrase_starts(PHRASE_ORIGINAL, words))
        return INTRO_ORIGINAL;
    return INTRO_NONE;
}

/* Behind the second run of ornaments, in bytes of the body: there headers may stand in the same line. */
gsize
separator_end(const struct line *line)
{
    gsize i = 0, n = line->body_length;
    while (i < n && (is_ornament(line->body[i]) || line->body[i] == ' '))
        i++;
    for (; i + 2 < n; i++)
        if (is_ornament(line->body[i]) && is_ornament(line->body[i + 1]) && is_ornament(line->body[i + 2]))
            break;
    while (i < n && is_ornament(line->body[i]))
        i++;
    return MIN(i, n);
}

/* Quick: ornaments at the start (typographic dashes too) or a colon at the end. */
static gboolean
may_be_separator(const struct line *line)
{
    const char *p = line->body;
    gsize n = line->body_length;
    return is_ornament(*p) || memcmp(p, "\xe2\x80", 2) == 0 || memcmp(p, "\xe2\x94", 2) == 0 || p[n - 1] == ':' ||
           memcmp(p + n - 3, "\xef\xbc\x9a", 3) == 0;
}

/* Ornaments before the first word; G_MAXUINT when only folding tells. */
static guint
count_lead(const struct line *line)
{
    guint lead = 0;
    gsize i = 0;
    for (; i < line->body_length && (is_ornament(line->body[i]) || line->body[i] == ' '); i++)
        lead += line->body[i] != ' ';
    return i < line->body_length && !g_ascii_isprint(line->body[i]) ? G_MAXUINT : lead;
}

static enum intro_kind
separator_kind(const struct line *line)
{
    struct folded folded;
    char *words;
    guint lead, trail;
    if (line->body_length < 3 || line->body_length > 2000 || !may_be_separator(line))
        return INTRO_NONE;
    lead = count_lead(line);
    if (lead == 1 || (lead == 0 && !phrase_may_start(PHRASE_FORWARD, line->body, line->body_length)))
        return INTRO_NONE;
    fold(&folded, line->body, MIN(line->body_length, 240));
    if (folded.length < 2)
        return INTRO_NONE;
    gboolean colon = split_ornaments(&folded, &words, &lead, &trail);
    if (!*words)
        return INTRO_NONE;
    enum intro_kind kind = phrase_kind(words, lead >= 3 && trail >= 3);
    if (lead == 0 && (!colon || trail || kind != INTRO_FORWARD)) /* "Begin forwarded message:" has no dashes */
        return INTRO_NONE;
    if (lead == 1 || (lead == 2 && trail < 2)) /* `-- words` may be an item of somebody's list */
        return INTRO_NONE;
    return kind;
}

static gboolean
is_frame(char c)
{
    return is_ornament(c) || c == ' ' || c == '[' || c == ']' || c == '(' || c == ')' || c == '<' || c == '>';
}

/* Cheap: words behind the frame, and its other side behind them or else a phrase. */
static gboolean
may_ask_in_frame(const struct line *line)
{
    const char *p = line->body, *end = p + line->body_length;
    char last = end[-1];
    while (p < end && is_frame(*p))
        p++;
    gboolean closed = is_frame(last) || last == '.' || last == ':' || !g_ascii_isprint(last);
    return p < end && (closed || phrase_may_start(PHRASE_REPLY_ABOVE, p, (gsize)(end - p)));
}

/* "##- Please type your reply above this line -##": between ornaments, or the whole line. */
static gboolean
asks_for_reply_above(const struct line *line)
{
    enum { LONGEST_ASKING = 56 }; /* of the table, with room for dots */
    struct folded folded;
    if (line->body_length < 12 || line->body_length > 200)
        return FALSE;
    const char *p = line->body;
    gsize n = line->body_length;
    if (n > 8 && memcmp(p, "##-", 3) == 0 && memcmp(p + n - 3, "-##", 3) == 0) /* Zendesk, in any language */
        return TRUE;
    gboolean may_be_framed = is_frame(*p) || (*p & 0x80);
    if (!may_be_framed && (n > LONGEST_ASKING || !phrase_may_start(PHRASE_REPLY_ABOVE, p, n) ||
                           strcspn(p, "0123456789@=;<\n") < n)) /* cheap: nearly all lines */
        return FALSE;
    if (may_be_framed && !may_ask_in_frame(line))
        return FALSE;
    fold(&folded, p, n);
    char *words = folded.text, *end = words + folded.length;
    while (is_frame(*words))
        words++;
    while (end > words && (is_frame(end[-1]) || end[-1] == '.' || end[-1] == ':'))
        *--end = '\0';
    gboolean framed = words > folded.text && end < folded.text + folded.length;
    return framed ? phrase_count(PHRASE_REPLY_ABOVE, words) > 0 : phrase_is(PHRASE_REPLY_ABOVE, words);
}

/* Words between dashes that nobody knows, right above a header block, in a language that the tables lack. */
static gboolean
is_unknown_separator(const struct line *line)
{
    struct folded folded;
    char *words;
    guint lead, trail;
    if (line->body_length < 8 || line->body_length > INNER_BYTES || count_lead(line) < 3 || !may_be_separator(line))
        return FALSE;
    fold(&folded, line->body, MIN(line->body_length, 200));
    split_ornaments(&folded, &words, &lead, &trail);
    return lead >= 3 && trail >= 3 && *words;
}

/* Cheap: a colon near the start. */
static gboolean
may_be_header(const struct line *line)
{
    gsize n = MIN(line->body_length, 100);
    return memchr(line->body, ':', n) || (memchr(line->body, 0xef, n) && memmem(line->body, n, "\xef\xbc\x9a", 3));
}

/* Words that mean one without dashes: only right above a header block. "Message du 05/01/24 15:12" is Orange's. */
static gboolean
is_bare_separator(const struct line *line)
{
    static const char message[] = "message du ";
    struct folded folded;
    if (line->body_length < 8 || line->body_length > 80 || memchr(line->body, '@', line->body_length) ||
        memchr(line->body, '=', line->body_length))
        return FALSE;
    if (g_ascii_tolower(*line->body) != *message && !phrase_may_start(PHRASE_ORIGINAL, line->body, line->body_length))
        return FALSE;
    fold(&folded, line->body, line->body_length);
    if (g_str_has_prefix(folded.text, message))
        return g_ascii_isdigit(folded.text[strlen(message)]);
    while (folded.length && strchr(" :.", folded.text[folded.length - 1]))
        folded.text[--folded.length] = '\0';
    return phrase_is(PHRASE_ORIGINAL, folded.text);
}

/* ---- attribution lines ---- */

static gboolean
is_quote(const GArray *lines, guint i, guint end, guint depth)
{
    i = lines_skip_blank(lines, i, end);
    return i < end && line_at(lines, i)->depth > depth;
}

/* The text of line `i` before `joined`. */
static void
prepend(GString *joined, const struct line *line)
{
    g_string_prepend_c(joined, ' ');
    g_string_prepend_len(joined, line->body, (gssize)line->body_length);
}

/* Cheap: a colon at the end, or dashes around, or, above a quote, an address at the end. */
static gboolean
may_end_attribution(const struct line *line, gboolean quote)
{
    const char *p = line->body;
    gsize n = line->body_length;
    if (n == 0)
        return FALSE;
    if (p[n - 1] == ':' || (p[n - 1] == '-' && p[0] == '-'))
        return TRUE;
    if (n >= 3 && (memcmp(p + n - 3, "\xef\xbc\x9a", 3) == 0 || memcmp(p + n - 3, ">>>", 3) == 0))
        return TRUE;
    if (!memchr(p, '@', n))
        return quote && g_ascii_strncasecmp(p, "posted by ", MIN(n, 10)) == 0;
    return g_ascii_isalpha(p[n - 1]) || (quote && (p[n - 1] == '>' || p[n - 1] == '"')); /* `… <a@b.example> wrote` */
}

/* A digit or an address in the lines that may be one attribution. Without them only a quote below makes one of them. */
static gboolean
has_evidence(const GArray *lines, guint top, guint i)
{
    guint from = i - top >= ATTRIBUTION_LINES ? i - ATTRIBUTION_LINES : top;
    for (guint j = from; j <= i; j++) {
        const struct line *line = line_at(lines, j);
        for (gsize k = 0; k < MIN(line->body_length, 400); k++)
            if (g_ascii_isdigit(line->body[k]) || line->body[k] == '@' ||
                (line->body[k] & 0x80)) /* digits of other scripts */
                return TRUE;
    }
    return line_at(lines, i)->body[0] == '-';
}

/* The line above `i` that may belong to the same attribution; a blank one is passed over when what follows is a lone
 * bracket. */
static gboolean
line_above(const GArray *lines, guint top, guint *i, guint depth)
{
    if (*i <= top)
        return FALSE;
    guint above = *i - 1;
    if (line_is_blank(line_at(lines, above))) {
        if (above <= top || line_at(lines, *i)->body[0] != '<' || line_is_blank(line_at(lines, above - 1)))
            return FALSE;
        above--;
    }
    if (line_at(lines, above)->depth != depth)
        return FALSE;
    *i = above;
    return TRUE;
}

static void
keep_best(struct intro *best, enum attribution_extent *best_extent, enum attribution weight,
          enum attribution_extent extent, guint from, guint to)
{
    if (best->kind != INTRO_NONE && extent <= *best_extent)
        return;
    *best = (struct intro){INTRO_ATTRIBUTION, from, to, 0, weight == ATTRIBUTION_STRONG};
    *best_extent = extent;
}

/* Somebody's words before the attribution in the same line: believed only above a quote. */
static gboolean
column_at(const struct line *line, guint i, struct intro *intro)
{
    gsize column = attribution_column(line->body, line->body_length);
    if (column)
        *intro = (struct intro){INTRO_ATTRIBUTION, i, i + 1, (gsize)(line->body - line->text) + column, TRUE};
    return column > 0;
}

/* The quoted mail begins in the line of its attribution (Yahoo on phones: "On …, Bob <bob@…> wrote:   Hi Anna,"). */
static gboolean
attribution_before(const struct line *line, guint i, struct intro *intro)
{
    const char *p = line->body;
    gsize n = MIN(line->body_length, 400);
    guint colons = 0;
    const char *at = memchr(p, '@', n);
    if (!at || !(g_ascii_isupper(*p) || g_ascii_isdigit(*p)) || !memchr(at, ':', (gsize)(p + n - at)))
        return FALSE;
    for (const char *colon = at; (colon = memchr(colon, ':', (gsize)(p + n - colon))) && colons < 4;
         colon++, colons++) {
        enum attribution_extent extent;
        if (attribution_weigh(p, (gsize)(colon + 1 - p), FALSE, &extent) != ATTRIBUTION_STRONG ||
            extent != ATTRIBUTION_WHOLE)
            continue;
        *intro = (struct intro){INTRO_ATTRIBUTION, i, i + 1, 0, TRUE};
        return TRUE;
    }
    return FALSE;
}

/* Yandex: a rule, "To: …;" and "Subject: …;" right above the attribution belong to it. */
static guint
above_recipients(const GArray *lines, guint top, guint from)
{
    guint i = from, found = 0;
    while (i > top && from - i < 4) {
        const char *value;
        enum mail_label label = line_label(line_at(lines, i - 1), &value);
        if (label != LABEL_TO && label != LABEL_CC && label != LABEL_SUBJECT)
            break;
        found |= label == LABEL_SUBJECT ? 2 : 1;
        i--;
    }
    return found == 3 && i > top && line_is_rule(line_at(lines, i - 1)) ? i - 1 : from;
}

static guint
count_blanks(const struct line *line)
{
    guint blanks = 0;
    for (gsize i = 0; i < line->body_length; i++)
        blanks += line->body[i] == ' ';
    return blanks;
}

static gboolean
has_digit(const struct line *line)
{
    struct folded folded; /* digits of all scripts */
    fold(&folded, line->body, line->body_length);
    return strpbrk(folded.text, "0123456789") != NULL;
}

static gboolean
begins_with_year(const struct line *line)
{
    struct folded folded;
    fold(&folded, line->body, line->body_length);
    return strspn(folded.text, "0123456789") == 4;
}

/* The date was broken in the middle ("On Friday," / "5 January" / "2024, Bob wrote:"), or the name stands above it
 * ("Bob <bob@…>" / "于2024年1月5日写道："). */
static gboolean
goes_on(const struct line *above, const struct line *line, gboolean addressed)
{
    struct folded folded;
    char end = above->body[above->body_length - 1];
    gboolean name = !addressed && memchr(above->body, '@', above->body_length) && count_blanks(above) <= 4;
    fold(&folded, line->body, line->body_length);
    if (phrase_starts(PHRASE_OPENER, folded.text))
        return name && end == '>';
    if (strchr("!?:;", end))
        return FALSE;
    gboolean year = begins_with_year(line);
    fold(&folded, above->body, above->body_length);
    gsize opener = phrase_starts(PHRASE_OPENER, folded.text);
    if (opener && (opener == folded.length || end == ',' || has_digit(above)))
        return TRUE;
    return year && (name || (has_digit(above) && count_blanks(above) <= 4));
}

#define OPENER_BYTES 60

/* What stands above an attribution that seems whole and yet is more of it. */
static guint
above_opener(const GArray *lines, guint top, guint from, guint to)
{
    gboolean addressed = FALSE;
    for (guint i = from; i < to; i++)
        addressed = addressed || memchr(line_at(lines, i)->body, '@', line_at(lines, i)->body_length);
    for (guint n = 0; n < 2 && from > top; n++) {
        const struct line *above = line_at(lines, from - 1), *line = line_at(lines, from);
        if (above->depth != line->depth || !above->body_length || above->body_length > OPENER_BYTES ||
            !goes_on(above, line, addressed))
            break;
        from--;
    }
    return from;
}

static gboolean
attribution_at(const GArray *lines, guint top, guint i, guint end, struct intro *intro)
{
    const struct line *last = line_at(lines, i);
    enum attribution_extent best = ATTRIBUTION_TAIL, extent;
    gboolean quote = is_quote(lines, i + 1, end, last->depth);
    if (!may_end_attribution(last, quote))
        return attribution_before(last, i, intro);
    if (!quote && !has_evidence(lines, top, i))
        return FALSE;
    g_autoptr(GString) joined = g_string_new_len(last->body, (gssize)last->body_length);
    guint from = i;
    for (guint n = 0; n < ATTRIBUTION_LINES && best != ATTRIBUTION_WHOLE; n++) {
        enum attribution weight = attribution_weigh(joined->str, joined->len, quote, &extent);
        if (n == 0 && quote && extent != ATTRIBUTION_WHOLE && column_at(last, i, intro))
            return TRUE;
        if (weight != ATTRIBUTION_NO)
            keep_best(intro, &best, weight, extent, from, i + 1);
        if (!line_above(lines, top, &from, last->depth))
            break;
        prepend(joined, line_at(lines, from));
    }
    if (intro->kind == INTRO_NONE)
        return FALSE;
    intro->from = above_recipients(lines, top, above_opener(lines, top, intro->from, intro->to));
    return TRUE;
}

/* ---- all of them ---- */

static gboolean
separator_at(const GArray *lines, guint i, guint end, struct intro *intro)
{
    const struct line *line = line_at(lines, i);
    struct quoted_headers headers;
    enum intro_kind kind = separator_kind(line);
    guint next = lines_skip_blank(lines, i + 1, end);
    if (kind == INTRO_NONE && asks_for_reply_above(line)) {
        *intro = (struct intro){INTRO_ORIGINAL, i, i + 1, 0, TRUE};
        return TRUE;
    }
    if (kind == INTRO_NONE) {
        gboolean bare = next < end && may_be_header(line_at(lines, next)) && is_bare_separator(line);
        if (!bare && !is_unknown_separator(line))
            return FALSE;
        if (!bare && quoted_headers_inline(line, separator_end(line), &headers))
            headers.to = i + 1;
        else if (!quoted_headers_read(lines, next, end, FALSE, &headers))
            return FALSE;
        kind = INTRO_ORIGINAL;
    } else if (!quoted_headers_read(lines, next, end, TRUE, &headers)) {
        headers = (struct quoted_headers){.to = i + 1};
    }
    *intro = (struct intro){kind, i, headers.to, 0, TRUE};
    quoted_headers_clear(&headers);
    return TRUE;
}

gboolean
intro_block_at(const GArray *lines, guint i, guint end, struct intro *intro)
{
    struct quoted_headers headers;
    *intro = (struct intro){INTRO_NONE, i, i, 0, FALSE};
    if (line_is_blank(line_at(lines, i)))
        return FALSE;
    if (separator_at(lines, i, end, intro))
        return TRUE;
    if (!quoted_headers_read(lines, i, end, FALSE, &headers))
        return FALSE;
    *intro = (struct intro){INTRO_HEADERS, i, headers.to, 0, TRUE};
    quoted_headers_clear(&headers);
    return TRUE;
}

gboolean
intro_at(const GArray *lines, guint top, guint i, guint end, struct intro *intro)
{
    if (intro_block_at(lines, i, end, intro))
        return TRUE;
    return !line_is_blank(line_at(lines, i)) && attribution_at(lines, top, i, end, intro);
}
