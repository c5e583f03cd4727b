#include "config.h"

#include "mime/reply.h"

#include "mime/fold.h"
#include "mime/form-fields.h"
#include "mime/html.h"
#include "mime/intro.h"
#include "mime/lines.h"
#include "mime/signature.h"
#include "mime/subject.h"

#include <string.h>

/*
 * Each line gets a role, then runs of like lines become segments: somebody's text, or a quote. What stands behind the
 * last text is quoted; what stands between texts is kept if it is answered there.
 */
enum role { ROLE_TEXT, ROLE_BLANK, ROLE_QUOTE, ROLE_INTRO };

struct segment {
    gboolean quote;
    gboolean intro; /* a quote that an attribution introduces: a whole mail, not a passage picked out */
    guint from, to;
};

/* What the mail tells besides its text. */
struct manner {
    const char *name, *address; /* the sender's */
    gboolean forwarding;        /* the subject says that another mail is sent on */
    gboolean answering;         /* … or answered, so that one sent on inside of it is what the writer has to say */
    gboolean form;              /* a lead form's mail: what the tool appends goes */
};

struct trimmer {
    const GArray *lines;
    struct manner manner;
    guint8 *roles;                    /* enum role, one a line */
    guint end;                        /* where a quoted mail without quote marks begins */
    GArray *segments;                 /* struct segment */
    guint8 *fates;                    /* enum fate, one a line */
    const char **rules;               /* why, one a line */
    guint answered_from, answered_to; /* a quoted mail that holds answers */
    gsize column;                     /* where in line `column_line` an attribution shares the line with words */
    guint column_line;
};

enum fate { FATE_KEEP, FATE_SIGNATURE, FATE_ELIDE };

static void
decide(struct trimmer *t, guint from, guint to, enum fate fate, const char *rule)
{
    for (guint i = from; i < to; i++) {
        t->fates[i] = fate;
        t->rules[i] = rule;
    }
}

/* ---- roles ---- */

static void
mark_quotes(struct trimmer *t)
{
    for (guint i = 0; i < t->lines->len; i++) {
        const struct line *line = line_at(t->lines, i);
        if (line->depth)
            t->roles[i] = ROLE_QUOTE;
        else
            t->roles[i] = line_is_blank(line) ? ROLE_BLANK : ROLE_TEXT;
    }
}

/* The longest quoted line of several words: who wrapped the lines did it there or further right. */
static gsize
quote_width(const struct trimmer *t)
{
    gsize width = 0;
    for (guint i = 0; i < t->lines->len; i++) {
        const struct line *line = line_at(t->lines, i);
        if (line->depth && line->length > width && memchr(line->body, ' ', line->body_length))
            width = line->length;
    }
    return width;
}

static gsize
first_word(const struct line *line)
{
    const char *blank = memchr(line->body, ' ', line->body_length);
    return blank ? (gsize)(blank - line->body) : line->body_length;
}

#define WRAP_LEAST 60 /* nobody wraps shorter lines … */
#define WRAP_MOST 80  /* … and where there are longer ones, nobody wrapped */
#define WRAP_SLACK 6  /* clients count differently */

/* A quoted line that was wrapped on the way: it goes on in the next, which lost its mark. Between two quoted lines
 * only, and only where the next line's first word had no room in `width`. `wraps`: others were, so that a full stop at
 * the end is none of the whole passage. */
static gboolean
is_wrapped(const struct line *before, const struct line *line, gsize width, gboolean wraps)
{
    if (before->body_length == 0)
        return FALSE;
    const char *p = before->body, *end = p + before->body_length;
    const char *open = memrchr(p, '(', before->body_length), *bracket = memrchr(p, '<', before->body_length);
    if (bracket > open)
        open = bracket;
    if (open && memmem(open, (gsize)(end - open), "://", 3) &&
        !memchr(open, *open == '(' ? ')' : '>', (gsize)(end - open)))
        return TRUE;
    gunichar first = g_utf8_get_char_validated(line->body, (gssize)line->body_length);
    gboolean lower = first < (gunichar)-2 && g_unichar_islower(first);
    if (strchr("?!", end[-1])) /* it ended there: what stands below is an answer */
        return FALSE;
    if (width > WRAP_MOST || before->length < WRAP_LEAST || before->length + 1 + first_word(line) + WRAP_SLACK <= width)
        return FALSE;
    if (end[-1] == '.' && !(wraps && lower))
        return FALSE;
    return (lower || !strchr(":;>", end[-1])) && line->length < before->length + 12;
}

/* `(http://…) >`: a link that a client pulled out of the quote. */
static gboolean
is_stray_link(const struct line *line)
{
    gsize n = line->body_length;
    return n > 10 && (line->body[0] == '(' || line->body[0] == '<') && memmem(line->body, MIN(n, 12), "http", 4) &&
           (line->body[n - 1] == '>' || line->body[n - 1] == ')') && !memchr(line->body, ' ', n - 2);
}

static void
mark_wraps(struct trimmer *t)
{
    gsize width = quote_width(t);
    gboolean wraps = FALSE;
    for (guint i = 1; i + 1 < t->lines->len; i++) {
        if (t->roles[i] != ROLE_TEXT || t->roles[i - 1] != ROLE_QUOTE || t->roles[i + 1] != ROLE_QUOTE)
            continue;
        gboolean wrapped = is_wrapped(line_at(t->lines, i - 1), line_at(t->lines, i), width, wraps);
        wraps = wraps || wrapped;
        if (wrapped || is_stray_link(line_at(t->lines, i)))
            t->roles[i] = ROLE_QUOTE;
    }
}

static gboolean
quote_follows(const struct trimmer *t, guint i)
{
    i = lines_skip_blank(t->lines, i, t->lines->len);
    return i < t->lines->len && t->roles[i] == ROLE_QUOTE;
}

/* Quoted, but nothing else than the look or the words around it says that it is a mail. */
static gboolean
is_doubtful_quote(const struct line *line)
{
    return (line->marks & HTML_BLOCKQUOTE) || ((line->marks & HTML_QUOTE) && (line->marks & HTML_WEAK));
}

/* A blockquote of which only the attribution above it says that it is a mail: its lines are quoted after all. */
static gboolean
adopt_blockquote(struct trimmer *t, guint i)
{
    i = lines_skip_blank(t->lines, i, t->lines->len);
    if (i == t->lines->len || !is_doubtful_quote(line_at(t->lines, i)))
        return FALSE;
    for (; i < t->lines->len; i++) {
        if (line_is_blank(line_at(t->lines, i)))
            continue;
        if (!is_doubtful_quote(line_at(t->lines, i)) && !line_at(t->lines, i)->depth)
            break;
        t->roles[i] = ROLE_QUOTE;
    }
    return TRUE;
}

static const char *
rule_of(enum intro_kind kind)
{
    static const char *const rules[] = {
        [INTRO_NONE] = "quote",         [INTRO_ATTRIBUTION] = "attribution", [INTRO_HEADERS] = "header block",
        [INTRO_ORIGINAL] = "separator", [INTRO_FORWARD] = "forwarded mail",
    };
    return rules[kind];
}

static void
mark_intro(struct trimmer *t, const struct intro *intro)
{
    for (guint i = intro->from; i < intro->to; i++) {
        t->roles[i] = ROLE_INTRO;
        t->rules[i] = rule_of(intro->kind);
    }
    if (intro->column) {
        t->column = intro->column;
        t->column_line = intro->from;
        t->roles[intro->from] = ROLE_TEXT;
    }
}

/* What the client marked as introduction, where it did not rest on looks. */
static gboolean
marked_intro(const struct line *line)
{
    return (line->marks & HTML_INTRO) && !(line->marks & HTML_WEAK) && !line_is_blank(line);
}

/* A mail sent on inside of an answer is one of its words, with its headers; quoted or not. Returns the line behind the
 * headers, or behind the quote. */
static guint
keep_forwarded(struct trimmer *t, const struct intro *intro, gboolean quoted)
{
    guint i = intro->to;
    for (; quoted && i < t->lines->len && t->roles[i] != ROLE_TEXT; i++)
        if (t->roles[i] == ROLE_QUOTE)
            t->roles[i] = ROLE_TEXT;
    return i;
}

/* Finds introductions; the first whose mail bears no quote marks ends the new words, for nothing tells where that mail
 * ends. */
static void
find_intros(struct trimmer *t)
{
    guint n = t->lines->len, top = 0;
    t->end = n;
    for (guint i = 0; i < n; i++) {
        const struct line *line = line_at(t->lines, i);
        struct intro intro;
        if (t->roles[i] == ROLE_QUOTE)
            top = i + 1;
        if (t->roles[i] != ROLE_TEXT)
            continue;
        if (!intro_at(t->lines, top, i, n, &intro)) {
            if (marked_intro(line)) {
                t->roles[i] = ROLE_INTRO;
                t->rules[i] = "marked by the client";
            }
            continue;
        }
        gboolean quoted = quote_follows(t, intro.to) || adopt_blockquote(t, intro.to);
        if (!quoted && !intro.strong)
            continue;
        if (intro.kind == INTRO_FORWARD && t->manner.answering) {
            i = top = keep_forwarded(t, &intro, quoted);
            i--;
            continue;
        }
        mark_intro(t, &intro);
        if (!quoted) {
            t->end = intro.from;
            t->rules[intro.from] = rule_of(intro.kind);
            return;
        }
        top = intro.to;
        i = intro.to - 1;
    }
}

/* ---- segments ---- */

static void
add_segment(struct trimmer *t, gboolean quote, gboolean intro, guint from, guint to)
{
    struct segment segment = {quote, intro, from, to};
    g_array_append_val(t->segments, segment);
}

static void
make_segments(struct trimmer *t)
{
    guint i = lines_skip_blank(t->lines, 0, t->end);
    while (i < t->end) {
        guint from = i, last = i;
        gboolean quote = t->roles[i] != ROLE_TEXT, intro = FALSE;
        for (; i < t->end; i++) {
            if (t->roles[i] == ROLE_BLANK)
                continue;
            if ((t->roles[i] != ROLE_TEXT) != quote)
                break;
            intro = intro || t->roles[i] == ROLE_INTRO ||
                    (t->column && t->column_line + 1 >= from && t->column_line < from);
            last = i;
        }
        add_segment(t, quote, intro, from, last + 1);
    }
}

static struct segment *
segment_at(const struct trimmer *t, guint i)
{
    return &g_array_index(t->segments, struct segment, i);
}

static gboolean
quote_below(const struct trimmer *t, guint segment)
{
    return t->end < t->lines->len || segment < t->segments->len;
}

/* Behind the last line before `to` that is not blank. */
static guint
words_end(const GArray *lines, guint from, guint to)
{
    while (to > from && line_is_blank(line_at(lines, to - 1)))
        to--;
    return to;
}

/* ---- answers inside of a quoted mail ---- */

/* "My answers are in red below." */
static gboolean
announces_answers(const struct line *line)
{
    struct folded folded;
    gsize ignored;
    if (line->body_length < 8 || line->body_length > 300 || line->body[line->body_length - 1] == '?')
        return FALSE;
    fold(&folded, line->body, line->body_length);
    return phrase_in(PHRASE_INSIDE, folded.text, &ignored) && phrase_in(PHRASE_ANSWERS, folded.text, &ignored);
}

#define FEW_WORDS 3 /* above a quoted mail: a greeting at most, so that the answers may be the colours inside of it */

static guint
count_words(const struct line *line)
{
    guint words = line->body_length > 0;
    for (gsize i = 0; i < line->body_length; i++)
        words += line->body[i] == ' ';
    return words;
}

static gboolean
is_coloured(const struct line *line)
{
    return (line->marks & HTML_COLOURED) && !memmem(line->body, line->body_length, "://", 3);
}

/* The quoted mail [from, to) holds answers: somebody says so, or says next to nothing while a smaller part of that mail
 * is coloured. */
static gboolean
is_answered_inside(const struct trimmer *t, guint from, guint to)
{
    guint words = 0, coloured = 0, all = 0;
    for (guint i = 0; i < from; i++) {
        if (t->roles[i] != ROLE_TEXT)
            continue;
        if (announces_answers(line_at(t->lines, i)))
            return TRUE;
        words += count_words(line_at(t->lines, i));
    }
    for (guint i = from; i < to; i++) {
        all += !line_is_blank(line_at(t->lines, i));
        coloured += is_coloured(line_at(t->lines, i));
    }
    return words <= FEW_WORDS && coloured && 2 * coloured <= all;
}

/* Keeps the first mail of those quoted in [from, to), without what introduces it. */
static void
keep_first_mail(struct trimmer *t, guint from, guint to)
{
    struct intro intro;
    guint i = lines_skip_blank(t->lines, from, to);
    while (i < to && line_is_rule(line_at(t->lines, i)))
        i = lines_skip_blank(t->lines, i + 1, to);
    if (i < to && intro_at(t->lines, i, i, to, &intro))
        i = intro.to;
    while (i < to && (t->roles[i] == ROLE_INTRO || line_is_blank(line_at(t->lines, i))))
        i++;
    guint end = i;
    while (end < to && !(intro_at(t->lines, end, end, to, &intro) && intro.strong))
        end++;
    decide(t, i, end, FATE_KEEP, NULL);
    t->answered_from = i;
    t->answered_to = end;
}

/* Only where the quoted mail bears no marks of its own, as Outlook quotes: else answers are seen apart from it. */
static void
keep_answered(struct trimmer *t)
{
    const struct segment *last = t->segments->len ? segment_at(t, t->segments->len - 1) : NULL;
    guint from = t->end, to = t->lines->len;
    if (from == to && last && last->quote && (line_at(t->lines, last->to - 1)->marks & HTML_QUOTE)) {
        from = last->from;
        to = last->to;
    }
    if (from < to && is_answered_inside(t, from, to))
        keep_first_mail(t, from, to);
}

/* ---- passages that somebody marked by hand ---- */

/* "visitors" / "> 5000 a day": a few lines right below words, each of them a number. */
static gboolean
is_comparison(const struct trimmer *t, const struct segment *quote)
{
    if (quote->to - quote->from > 3 || line_is_blank(line_at(t->lines, quote->from - 1)))
        return FALSE;
    for (guint i = quote->from; i < quote->to; i++) {
        const struct line *line = line_at(t->lines, i);
        if (line->marks || line->depth != 1 || !line->body_length || !g_ascii_isdigit(*line->body))
            return FALSE;
    }
    return TRUE;
}

/* "Our wishes are these:" and a list whose items begin with `>`: a sentence in front, no name, no date. */
static gboolean
is_own_list(const struct trimmer *t, guint segment)
{
    const struct segment *quote = segment_at(t, segment);
    if (segment == 0 || t->segments->len != 2 || t->end < t->lines->len || quote->intro)
        return FALSE;
    const struct line *above = line_at(t->lines, segment_at(t, segment - 1)->to - 1);
    guint lower = 0;
    if (is_comparison(t, quote))
        return TRUE;
    if (above->marks || above->body[above->body_length - 1] != ':')
        return FALSE;
    for (gsize i = 0; i < above->body_length; i++) {
        if (g_ascii_isdigit(above->body[i]) || above->body[i] == '@')
            return FALSE;
        lower += g_ascii_islower(above->body[i]) && i > 0 && above->body[i - 1] == ' ';
    }
    for (guint i = quote->from; i < quote->to; i++)
        if (line_at(t->lines, i)->depth > 1)
            return FALSE;
    return lower >= 3;
}

#define POSTSCRIPT_LINES 40 /* from the end of the words */

static guint
cut_signature(struct trimmer *t, guint from, guint to, const struct signature_hints *hints)
{
    const char *rule;
    guint start = signature_start(t->lines, from, to, hints, &rule);
    decide(t, start, to, FATE_SIGNATURE, rule);
    return start;
}

/* Takes signatures and quotes off the end until somebody's words end the mail. Returns how many segments are left. */
static guint
trim_tail(struct trimmer *t)
{
    guint left = t->segments->len;
    struct folded name;
    fold(&name, t->manner.name, strlen(t->manner.name));
    while (left > 0) {
        const struct segment *last = segment_at(t, left - 1);
        if (last->quote && is_own_list(t, left - 1))
            break;
        if (last->quote) {
            decide(t, last->from, last->to, FATE_ELIDE, last->intro ? "attribution" : "quote");
            left--;
            continue;
        }
        const struct signature_hints hints = {&name, t->manner.address, quote_below(t, left)};
        guint least = last->to - last->from > POSTSCRIPT_LINES ? last->to - POSTSCRIPT_LINES : last->from;
        guint more = signature_postscript(t->lines, least, last->to);
        guint start = cut_signature(t, last->from, more, &hints);
        if (more < last->to) {
            decide(t, words_end(t->lines, start, more), more, FATE_KEEP, NULL);
            cut_signature(t, more, last->to, &hints);
            break;
        }
        if (lines_skip_blank(t->lines, last->from, start) < start)
            break;
        left--;
    }
    return left;
}

/* Quotes between texts: a passage is kept for the answer below it. A whole mail with its attribution is kept only if
 * the quoting goes on further down, that is, if it was answered piece by piece. */
static void
trim_between(struct trimmer *t, guint left)
{
    guint quotes = 0;
    for (guint i = 0; i < left; i++)
        quotes += segment_at(t, i)->quote;
    for (guint i = 0; i < left; i++) {
        const struct segment *segment = segment_at(t, i);
        if (!segment->quote && is_mobile_line(line_at(t->lines, segment->from)) && segment->to == segment->from + 1)
            decide(t, segment->from, segment->to, FATE_SIGNATURE, "mobile footer");
        if (!segment->quote)
            continue;
        gboolean goes_on = quotes >= 2;
        if (!goes_on && segment->intro && i + 2 < t->segments->len && segment_at(t, i + 2)->quote)
            goes_on = !segment_at(t, i + 2)->intro;
        if (segment->intro && !goes_on) {
            decide(t, segment->from, segment->to, FATE_ELIDE, "attribution");
            continue;
        }
        for (guint j = segment->from; j < segment->to; j++)
            if (t->roles[j] == ROLE_INTRO)
                decide(t, j, j + 1, FATE_ELIDE, "attribution");
    }
}

/* The rule above a header block belongs to it. */
static guint
above_end(const struct trimmer *t)
{
    guint start = t->end;
    for (guint i = t->end; i-- > 0;) {
        const struct line *line = line_at(t->lines, i);
        if (line_is_rule(line) || (line->marks & HTML_RULE))
            start = i;
        else if (!line_is_blank(line))
            break;
    }
    return start;
}

/* Nothing new is left. A header block at the top, not said to be forwarded, may have been put there on the mail's way;
 * a lone passage (below) may be meant as it stands. Rather show old words than lose the only ones. */
static gboolean
is_all_quoted(const struct trimmer *t, guint left, guint *again)
{
    struct intro intro;
    if (left > 0 || t->manner.forwarding || t->segments->len > 0 || t->end == t->lines->len)
        return FALSE;
    if (!intro_at(t->lines, t->end, t->end, t->lines->len, &intro))
        return FALSE;
    if (intro.kind != INTRO_HEADERS && intro.kind != INTRO_ATTRIBUTION)
        return FALSE;
    *again = intro.to;
    return lines_skip_blank(t->lines, intro.to, t->lines->len) < t->lines->len;
}

static gboolean
is_lone_passage(const struct trimmer *t)
{
    struct intro intro;
    const struct segment *only = t->segments->len == 1 ? segment_at(t, 0) : NULL;
    return only && only->quote && !only->intro && t->end == t->lines->len && !t->manner.forwarding &&
           !intro_at(t->lines, only->from, only->from, only->to, &intro);
}

/* Every line is in a blockquote that is no client's: somebody quotes, and means it. */
static gboolean
is_one_blockquote(const GArray *lines)
{
    guint inside = 0;
    for (guint i = 0; i < lines->len; i++) {
        if (!line_is_blank(line_at(lines, i)) && !(line_at(lines, i)->marks & HTML_BLOCKQUOTE))
            return FALSE;
        inside += !line_is_blank(line_at(lines, i));
    }
    return inside > 0;
}

/* One without any look is a client's only if an empty line parts it from the words, as clients do. */
static gboolean
is_apart(const struct trimmer *t, guint from, guint first)
{
    gboolean gap = !(line_at(t->lines, first)->marks & HTML_BLOCKQUOTE);
    for (guint i = from; i < first; i++)
        gap = gap || (line_at(t->lines, i)->marks & HTML_GAP);
    return gap;
}

/* A blockquote that ends the mail and that the words above do not lead to: a client's, if a simple one's. */
static void
mark_last_blockquote(struct trimmer *t)
{
    guint from = t->lines->len;
    while (from > 0 && (line_is_blank(line_at(t->lines, from - 1)) || (line_at(t->lines, from - 1)->marks & HTML_BARE)))
        from--;
    guint first = lines_skip_blank(t->lines, from, t->lines->len);
    if (from == 0 || first == t->lines->len || !is_apart(t, from, first))
        return;
    const struct line *above = line_at(t->lines, from - 1);
    char end = above->body[above->body_length - 1];
    if (strchr(":,;-", end) ||
        (above->body_length >= 3 && memcmp(above->body + above->body_length - 3, "\xef\xbc\x9a", 3) == 0))
        return;
    for (guint i = from; i < t->lines->len; i++)
        if (t->roles[i] == ROLE_TEXT)
            t->roles[i] = ROLE_QUOTE;
}

/* A gateway's warning above somebody's words. */
static void
cut_banner(struct trimmer *t)
{
    guint from = lines_skip_blank(t->lines, 0, t->end);
    if (from == t->end)
        return;
    guint to = signature_banner(t->lines, from, t->end);
    decide(t, from, to, FATE_ELIDE, "banner");
    for (guint i = from; i < to; i++)
        t->roles[i] = ROLE_BLANK;
}

static void
trim_once(struct trimmer *t)
{
    mark_quotes(t);
    mark_wraps(t);
    t->end = t->lines->len;
    if (!is_one_blockquote(t->lines))
        find_intros(t);
    if (t->end == t->lines->len && !t->manner.form && !is_one_blockquote(t->lines))
        mark_last_blockquote(t);
    cut_banner(t);
    if (t->end < t->lines->len) {
        const char *rule = t->rules[t->end];
        t->end = above_end(t);
        decide(t, t->end, t->lines->len, FATE_ELIDE, rule);
    }
    guint footer = t->manner.form ? form_fields_end(t->lines) : t->end;
    if (footer < t->end) {
        decide(t, footer, t->end, FATE_ELIDE, "form footer");
        t->end = footer;
    }
    make_segments(t);
}

/* ---- output: without blank lines at the ends ---- */

static void
put_line(GString *out, const char *text, gsize length)
{
    g_string_append_len(out, text, (gssize)length);
    g_string_append_c(out, '\n');
}

static char *
finish(GString *out)
{
    gsize lead = 0;
    for (gsize i = 0; i < out->len && strchr(" \t\r\n", out->str[i]); i++)
        if (out->str[i] == '\n')
            lead = i + 1;
    g_string_erase(out, 0, (gssize)lead);
    while (out->len && strchr(" \t\n\r", out->str[out->len - 1]))
        g_string_truncate(out, out->len - 1);
    if (out->len)
        g_string_append_c(out, '\n');
    return g_string_free(out, FALSE);
}

#define CUT_BYTES 80 /* of a cut's first line are shown */

static void
cut_clear(gpointer data)
{
    g_free(((struct reply_cut *)data)->words);
}

static GArray *
cuts_new(void)
{
    GArray *cuts = g_array_new(FALSE, FALSE, sizeof(struct reply_cut));
    g_array_set_clear_func(cuts, cut_clear);
    return cuts;
}

static char *
first_words(const struct line *line)
{
    gsize length = MIN(line->body_length, CUT_BYTES);
    while (length > 0 && length < line->body_length && (line->body[length] & 0xc0) == 0x80)
        length--;
    return g_strndup(line->body, length);
}

static void
record(GArray *cuts, const struct trimmer *t, guint first_line, guint i)
{
    struct reply_cut *last = cuts->len ? &g_array_index(cuts, struct reply_cut, cuts->len - 1) : NULL;
    const struct line *line = line_at(t->lines, i);
    gboolean signature = t->fates[i] == FATE_SIGNATURE;
    const char *rule = t->rules[i] ? t->rules[i] : "quote";
    guint number = first_line + i + 1;
    if (last && last->line + last->lines == number && last->rule == rule && last->signature == signature) {
        last->lines++;
        if (!*last->words) {
            g_free(last->words);
            last->words = first_words(line);
        }
        return;
    }
    struct reply_cut cut = {number, 1, signature, rule, first_words(line)};
    g_array_append_val(cuts, cut);
}

/* Quote marks that HTML has not: an answer must be seen apart from what it answers, unless it stands inside of it. */
static void
put_kept(GString *text, const struct line *line, gboolean answered)
{
    if (line->marks && line->depth && !answered)
        g_string_append(text, "> ");
    put_line(text, line->text, line->length);
}

struct output {
    GString *text, *signature, *elided;
    GArray *cuts;
};

static void
put_lines(struct output *out, const struct trimmer *t, guint first_line)
{
    for (guint i = 0; i < t->lines->len; i++) {
        const struct line *line = line_at(t->lines, i);
        if (t->column && i == t->column_line && t->fates[i] == FATE_KEEP) {
            put_line(out->text, line->text, t->column);
            put_line(out->elided, line->text + t->column, line->length - t->column);
            continue;
        }
        if (t->fates[i] == FATE_KEEP) {
            put_kept(out->text, line, i >= t->answered_from && i < t->answered_to);
            continue;
        }
        put_line(t->fates[i] == FATE_SIGNATURE ? out->signature : out->elided, line->text, line->length);
        record(out->cuts, t, first_line, i);
    }
}

static void
trimmer_clear(struct trimmer *t)
{
    g_free(t->roles);
    g_free(t->fates);
    g_free(t->rules);
    g_clear_pointer(&t->segments, g_array_unref);
}

static void
trimmer_init(struct trimmer *t, const GArray *lines, const struct manner *manner)
{
    *t = (struct trimmer){.lines = lines, .manner = *manner};
    t->roles = g_new0(guint8, lines->len + 1);
    t->fates = g_new0(guint8, lines->len + 1);
    t->rules = g_new0(const char *, lines->len + 1);
    t->segments = g_array_new(FALSE, FALSE, sizeof(struct segment));
}

static GArray *
lines_from(const GArray *lines, guint from)
{
    GArray *rest = g_array_sized_new(FALSE, FALSE, sizeof(struct line), lines->len - from + 1);
    g_array_append_vals(rest, line_at(lines, from), lines->len - from);
    return rest;
}

/* One round, and a second one below the header block where that is all there is. */
static void
trim(const GArray *lines, const struct manner *manner, guint first_line, struct output *out)
{
    struct trimmer t;
    guint again = 0;
    trimmer_init(&t, lines, manner);
    trim_once(&t);
    guint left = trim_tail(&t);
    trim_between(&t, left);
    keep_answered(&t);
    if (is_lone_passage(&t))
        decide(&t, 0, lines->len, FATE_KEEP, NULL);
    if (first_line == 0 && is_all_quoted(&t, left, &again)) {
        g_autoptr(GArray) rest = lines_from(lines, again);
        for (guint i = 0; i < again; i++) {
            put_line(out->elided, line_at(lines, i)->text, line_at(lines, i)->length);
            record(out->cuts, &t, 0, i);
        }
        trimmer_clear(&t);
        trim(rest, manner, again, out);
        return;
    }
    put_lines(out, &t, first_line);
    trimmer_clear(&t);
}

static void
trim_lines(const GArray *lines, const struct mail *m, struct reply *reply)
{
    struct output out = {g_string_new(NULL), g_string_new(NULL), g_string_new(NULL), cuts_new()};
    const struct mail_address *author = mail_author(m);
    const struct manner manner = {author ? author->name : "", author ? author->address : "",
                                  subject_kind(m->subject) == SUBJECT_FORWARD,
                                  subject_kind(m->subject) == SUBJECT_REPLY, form_is_form(m)};
    trim(lines, &manner, 0, &out);
    reply->text = finish(out.text);
    reply->signature = finish(out.signature);
    reply->elided = finish(out.elided);
    reply->cuts = out.cuts;
}

/* ---- HTML ---- */

static GArray *
lines_of_html(const GPtrArray *html)
{
    GArray *lines = g_array_sized_new(FALSE, FALSE, sizeof(struct line), html->len);
    for (guint i = 0; i < html->len; i++) {
        const struct html_line *from = g_ptr_array_index(html, i);
        g_autoptr(GArray) one = lines_split(from->text);
        struct line line = {.text = from->text, .body = from->text};
        if (one->len)
            line = *line_at(one, 0);
        line.marks = from->marks;
        if ((from->marks & HTML_QUOTE) && !(from->marks & HTML_WEAK) && !line_is_blank(&line))
            line.depth += MAX(from->depth, 1);
        g_array_append_val(lines, line);
    }
    return lines;
}

void
reply_trim_html(const struct mail *m, struct reply *reply)
{
    if (!m->html) {
        *reply = (struct reply){g_strdup(""), g_strdup(""), g_strdup(""), cuts_new()};
        return;
    }
    g_autoptr(GPtrArray) html = html_to_lines(m->html, strlen(m->html));
    g_autoptr(GArray) lines = lines_of_html(html);
    trim_lines(lines, m, reply);
}

void
reply_trim(const struct mail *m, struct reply *reply)
{
    if (m->text_from_html && m->html) {
        reply_trim_html(m, reply);
        return;
    }
    g_autoptr(GArray) lines = lines_split(m->text);
    trim_lines(lines, m, reply);
}

void
reply_clear(struct reply *reply)
{
    g_clear_pointer(&reply->text, g_free);
    g_clear_pointer(&reply->signature, g_free);
    g_clear_pointer(&reply->elided, g_free);
    g_clear_pointer(&reply->cuts, g_array_unref);
}
