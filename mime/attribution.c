#include "config.h"

#include "mime/attribution.h"

#include "mime/fold.h"
#include "mime/phrases.h"

#include <string.h>

#define MOST_WORDS 45 /* more are a sentence … */
#define MOST_LOWER 12 /* … as are so many that are no names */
#define MOST_NAMES 12 /* of a line that is a name and a date */
#define LONGEST 440   /* bytes; names and addresses of mailing systems are long */

struct facts {
    const char *text; /* folded, without dashes around it */
    gsize length;
    gsize opener;          /* bytes of the opening phrase, or 0 */
    gboolean colon;        /* at the end */
    gboolean dashed;       /* `---- X wrote ----` */
    gboolean framed;       /* `>>> X <x@y.example> 1/5/2024 10:00 AM >>>` (GroupWise) */
    gboolean verb;         /* where a verb of writing may stand */
    gboolean verb_last;    /* nothing behind it */
    gboolean bracket;      /* an address in brackets */
    gboolean address;      /* any */
    gsize address_at;      /* its first byte's place */
    gboolean address_last; /* nothing behind it */
    gboolean date, time;
    gboolean digits_first;                            /* at most two words before the first digit, the opener aside */
    guint words, lower;                               /* in all; of them written in lower case */
    guint words_before_address, lower_before_address; /* the same between the last digit and the address */
    guint lower_behind_digits;  /* in lower case behind the last digit, the verb's own words aside */
    gboolean lower_behind_verb; /* the first word behind the verb is one */
};

static gboolean
is_dash(char c)
{
    return c == '-' || c == '_' || c == '=' || c == '*' || c == '~';
}

/* Takes runs of dashes and blanks off both ends. */
static void
strip_dashes(struct facts *facts)
{
    const char *p = facts->text, *end = p + facts->length;
    guint lead = 0, trail = 0;
    while (p < end && (is_dash(*p) || *p == ' '))
        lead += *p++ != ' ';
    while (end > p && (is_dash(end[-1]) || end[-1] == ' '))
        trail += *--end != ' ';
    facts->dashed = lead >= 3 || trail >= 3;
    facts->text = p;
    facts->length = (gsize)(end - p);
}

static void
strip_frame(struct facts *facts)
{
    static const char frame[] = ">>>";
    gsize bytes = strlen(frame);
    if (facts->length < 3 * bytes || memcmp(facts->text, frame, bytes) != 0 ||
        memcmp(facts->text + facts->length - bytes, frame, bytes) != 0)
        return;
    facts->text += bytes;
    facts->length -= 2 * bytes;
    facts->framed = facts->dashed = TRUE;
}

static void
strip_colon(struct facts *facts)
{
    static const char ends[] = ": \"'";
    while (facts->length && strchr(ends, facts->text[facts->length - 1])) {
        facts->colon = facts->colon || facts->text[facts->length - 1] == ':';
        facts->length--;
    }
}

static gsize
digits(const char *p)
{
    gsize n = 0;
    while (g_ascii_isdigit(p[n]))
        n++;
    return n;
}

/* A group of digits at `p`: a year, a clock time, a date in numbers. Returns the bytes looked at. */
static gsize
weigh_digits(struct facts *facts, const char *p)
{
    gsize n = digits(p);
    if (n == 4) { /* Buddhist and Persian years too */
        int year = (p[0] - '0') * 10 + (p[1] - '0');
        facts->date = facts->date || year == 19 || year == 20 || year == 25 || year == 13 || year == 14;
    }
    if (n <= 2 && (p[n] == ':' || p[n] == 'h' || p[n] == '.')) {
        gsize minutes = digits(p + n + 1);
        gboolean ends = p[n + 1 + minutes] != '.' && p[n + 1 + minutes] != '/';
        facts->time = facts->time || (minutes == 2 && (p[n] != '.' || ends));
    }
    if (n <= 2 && (p[n] == '.' || p[n] == '/' || p[n] == '-')) {
        gsize middle = digits(p + n + 1);
        const char *third = p + n + 1 + middle;
        if (middle >= 1 && middle <= 2 && *third == p[n]) {
            gsize year = digits(third + 1);
            facts->date = facts->date || year == 2 || year == 4;
        }
    }
    return n;
}

static void
weigh_numbers(struct facts *facts)
{
    guint words = 0;
    gboolean in_word = FALSE, seen = FALSE;
    for (gsize i = 0; i < facts->length;) {
        if (g_ascii_isdigit(facts->text[i]) && (i == 0 || !g_ascii_isdigit(facts->text[i - 1]))) {
            if (!seen)
                facts->digits_first = words <= 2 && !(facts->address && facts->address_at < i);
            seen = TRUE;
            i += weigh_digits(facts, facts->text + i);
            continue;
        }
        gboolean blank = facts->text[i] == ' ';
        words += i >= facts->opener && !blank && !in_word;
        in_word = !blank;
        i++;
    }
}

/* `<bob@example.com>`, `(bob@…)`, `[mailto:bob@…]`, or bare. */
static void
weigh_address(struct facts *facts)
{
    const char *end = facts->text + facts->length;
    for (const char *at = facts->text; (at = memchr(at, '@', (gsize)(end - at))) != NULL; at++) {
        const char *p = at, *q = at + 1;
        while (p > facts->text && !strchr(" <>()[]\"';,", p[-1]))
            p--;
        while (q < end && !strchr(" <>()[]\"';,", *q))
            q++;
        if (p == at || !memchr(at, '.', (gsize)(q - at)))
            continue;
        if (!facts->address)
            facts->address_at = (gsize)(p - facts->text);
        facts->address = TRUE;
        facts->address_last = q == end;
        facts->bracket = facts->bracket || (p > facts->text && strchr("<([", p[-1]) != NULL) ||
                         (p > facts->text + 1 && p[-1] == ' ' && strchr("<([", p[-2]) != NULL);
    }
}

/* Words that begin in lower case: names do not, sentences do. Looks at the text as written. */
static guint
count_lower(const char *text, gsize length, guint *all)
{
    guint lower = 0;
    gboolean in_word = FALSE;
    for (const char *p = text, *end = text + length; p < end;) {
        gunichar c = g_utf8_get_char_validated(p, end - p);
        if (c >= (gunichar)-2)
            break;
        gboolean blank = c == ' ' || c == 0xa0 || c == '\t';
        if (!blank && !in_word) {
            const char *stop = memchr(p, ' ', (gsize)(end - p));
            gsize bytes = (gsize)((stop ? stop : end) - p);
            *all += g_unichar_isalpha(c) != 0;
            lower += g_unichar_islower(c) && !memchr(p, '@', bytes);
        }
        in_word = !blank;
        p = g_utf8_next_char(p);
    }
    return lower;
}

static gboolean
begins_lower(const char *p, const char *end)
{
    while (p < end && *p == ' ')
        p++;
    gunichar c = g_utf8_get_char_validated(p, end - p);
    return c < (gunichar)-2 && g_unichar_islower(c);
}

static guint
count_words(const char *text, gsize length)
{
    guint words = length > 0;
    for (gsize i = 0; i < length; i++)
        words += text[i] == ' ';
    return words;
}

/* "pm" and "Uhr" belong to the time. */
static guint
lower_behind_digits(const char *text, gsize length)
{
    gsize start = length;
    guint ignored = 0;
    while (start > 0 && !g_ascii_isdigit(text[start - 1]))
        start--;
    if (length - start > 3 && g_ascii_strncasecmp(text + start + (text[start] == ' '), "pm", 2) == 0)
        start += 3;
    return count_lower(text + start, length - start, &ignored);
}

/* A verb of writing stands at the end, or what follows it is a name and an address. */
static void
weigh_verb(struct facts *facts, const char *original, gsize original_length)
{
    gsize bytes = 0;
    const char *verb = phrase_in(PHRASE_VERB, facts->text, &bytes); /* it ends where the facts end */
    if (!verb)
        return;
    const char *rest = verb + bytes;
    gsize left = strlen(rest);
    guint words = 0, lower = 0;
    /* The words behind the verb as written: as many bytes from the end, nearly, for folding changes few lengths. */
    const char *behind = original + (original_length > left ? original_length - left : 0);
    if (left)
        lower = count_lower(behind, MIN(left, original_length), &words);
    facts->lower_behind_verb = lower > 0 && begins_lower(behind, original + original_length);
    facts->lower_behind_digits = lower_behind_digits(original, original_length);
    facts->lower_behind_digits -= MIN(facts->lower_behind_digits, count_words(verb, bytes));
    facts->verb_last = left <= 2 || (words <= 3 && left <= 24 && !strchr(rest, '@'));
    facts->verb = facts->verb_last || lower <= 2;
}

static gboolean
quotes_by_name(const char *text)
{
    static const char *const openers[] = {"quoting ",       "zitat von ",          "citando ",    "selon ",
                                          "excerpts from ", "mensaje citado por ", "missatge de "};
    for (gsize i = 0; i < G_N_ELEMENTS(openers); i++)
        if (strncmp(text, openers[i], strlen(openers[i])) == 0)
            return TRUE;
    return FALSE;
}

/* Bob <bob@example.com>, 5 Jan 2024, 10:00 …: a name of few words before the address, and the date behind it. */
static gboolean
name_first(const struct facts *facts)
{
    guint words = 1, letters = 0;
    for (gsize i = 0; i < facts->address_at; i++) {
        words += facts->text[i] == ' ';
        letters += !strchr(" <([\"':,.-", facts->text[i]);
    }
    gboolean sentence = facts->lower_before_address > 1 && facts->words_before_address > facts->lower_before_address;
    return facts->bracket && letters && words <= 6 && !sentence;
}

static gboolean
begins_well(const struct facts *facts)
{
    return facts->digits_first || facts->dashed || (facts->opener && (facts->date || facts->time));
}

static enum attribution_extent
how_much(const struct facts *facts)
{
    if (begins_well(facts) && (facts->date || facts->dashed))
        return ATTRIBUTION_WHOLE;
    return (begins_well(facts) && facts->address) || name_first(facts) ? ATTRIBUTION_NAME : ATTRIBUTION_TAIL;
}

/* Between the last digit and the address stands a name, "from" at most before it: nothing that a sentence is made of.
 * The folded text shows no capitals, so it is the original that tells (`lower_after_digits`). */
static gboolean
only_name_before(const struct facts *facts)
{
    return facts->lower_before_address <= 1 && facts->words_before_address > facts->lower_before_address;
}

/* Who wrote is a name, as far as capitals tell: "On 5 May 2024 our customer wrote:" introduces what somebody tells. */
static gboolean
names_writer(const struct facts *facts)
{
    gboolean you = strstr(facts->text, " you wrote") != NULL;
    return !facts->lower_behind_verb && facts->lower_behind_digits <= (facts->time || you ? 1 : 0);
}

static gboolean
is_strong(const struct facts *facts)
{
    gboolean when = facts->date || facts->time;
    if ((facts->dashed && facts->verb) || (facts->framed && when))
        return TRUE;
    if (facts->verb && (facts->colon || facts->verb_last)) {
        if (begins_well(facts) && when && (facts->address || (facts->colon && names_writer(facts))))
            return TRUE;
        if (facts->opener && facts->bracket && facts->colon && facts->verb_last && facts->digits_first)
            return TRUE;
        if (facts->colon && name_first(facts) && (when || facts->verb_last))
            return TRUE;
    }
    /* Without a verb it is the date that begins, never "On": clients that leave the verb out leave the preposition out
     * too. */
    return facts->colon && (facts->bracket || facts->address_last) && facts->date && facts->time &&
           facts->digits_first && !facts->opener && only_name_before(facts);
}

/* "As you wrote:" is somebody's sentence, "bob via Example wrote:" is not. */
static gboolean
speaks_to_somebody(const char *text)
{
    static const char *const words[] = {"you ", "i ",  "we ",  "he ",  "she ", "they ", "it ",   "du ",   "ich ",
                                        "sie ", "er ", "wir ", "je ",  "tu ",  "il ",   "elle ", "nous ", "vous ",
                                        "jij ", "ik ", "hij ", "zij ", "wij ", "as ",   "what ", "that ", "who "};
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        const char *at = strstr(text, words[i]);
        if (at && (at == text || at[-1] == ' '))
            return TRUE;
    }
    return FALSE;
}

static gboolean
is_weak(const struct facts *facts)
{
    gboolean when = facts->date || facts->time;
    if (facts->verb && facts->colon)
        return facts->address || when || (facts->words <= 7 && facts->verb_last && !speaks_to_somebody(facts->text));
    if (facts->colon && facts->bracket && when)
        return TRUE;
    if (facts->colon && quotes_by_name(facts->text))
        return TRUE;
    if (strncmp(facts->text, "posted by ", 10) == 0 && when)
        return TRUE;
    return facts->bracket && facts->date && facts->digits_first;
}

/* Bob Jones, 05.01.2024 15:12: */
static gboolean
is_name_and_date(const struct facts *facts)
{
    return facts->colon && facts->date && facts->time && facts->words <= MOST_NAMES && facts->lower <= 2 &&
           facts->words > facts->lower;
}

/* The bracket that opens the first address in brackets, or NULL. */
static const char *
bracketed_address(const char *text, const char *end)
{
    const char *open = NULL;
    for (const char *p = text; p < end; p++) {
        if (*p == '<' || *p == '(')
            open = p;
        else if (*p == '>' || *p == ')')
            open = NULL;
        else if (*p == '@' && open)
            return open;
    }
    return NULL;
}

/* Where the word with the last `@` begins. */
static const char *
bare_address(const char *text, gsize length)
{
    const char *at = memrchr(text, '@', length);
    while (at && at > text && at[-1] != ' ')
        at--;
    return at;
}

/* What stands right before the first address in brackets, or the bare one at the end, back to the last digit. "from" is
 * let through in any language by allowing one word in lower case, but not without a name. */
static void
weigh_name(struct facts *facts, const char *text, gsize length)
{
    const char *end = bracketed_address(text, text + length);
    if (!end && facts->address_last)
        end = bare_address(text, length);
    if (!end)
        return;
    const char *start = end;
    while (start > text && !g_ascii_isdigit(start[-1]))
        start--;
    while (start < end && !strchr(" ,\"", *start)) /* the rest of "2024年1月5日(金)" or "pm" */
        start++;
    facts->lower_before_address = count_lower(start, (gsize)(end - start), &facts->words_before_address);
    if (memchr(start, '"', (gsize)(end - start))) { /* a name in quotes may look like anything */
        facts->words_before_address++;
        facts->lower_before_address = 0;
    }
}

enum attribution
attribution_weigh(const char *text, gsize length, gboolean quoted, enum attribution_extent *extent)
{
    if (extent)
        *extent = ATTRIBUTION_TAIL;
    if (length < 6 || length > LONGEST)
        return ATTRIBUTION_NO;
    struct folded folded;
    fold(&folded, text, length);
    if (folded.cut)
        return ATTRIBUTION_NO;
    struct facts facts = {.text = folded.text, .length = folded.length};
    strip_dashes(&facts);
    strip_frame(&facts);
    strip_colon(&facts);
    if (facts.colon)
        strip_dashes(&facts);
    folded.text[facts.text - folded.text + (ptrdiff_t)facts.length] = '\0';
    if (!facts.colon && !facts.dashed && !memchr(facts.text, '@', facts.length) &&
        strncmp(facts.text, "posted by ", 10) != 0)
        return ATTRIBUTION_NO;
    weigh_address(&facts);
    facts.opener = phrase_starts(PHRASE_OPENER, facts.text);
    weigh_numbers(&facts);
    if (!quoted && !facts.dashed && !facts.date && !facts.time && !facts.bracket) /* see is_strong() */
        return ATTRIBUTION_NO;
    facts.lower = count_lower(text, length, &facts.words);
    if (facts.words > MOST_WORDS || facts.lower > MOST_LOWER)
        return ATTRIBUTION_NO;
    weigh_verb(&facts, text, length);
    weigh_name(&facts, text, length);
    if (extent)
        *extent = how_much(&facts);
    if (is_strong(&facts))
        return ATTRIBUTION_STRONG;
    if (!quoted)
        return ATTRIBUTION_NO;
    if (is_weak(&facts))
        return ATTRIBUTION_WEAK;
    if (!is_name_and_date(&facts))
        return ATTRIBUTION_NO;
    if (extent)
        *extent = ATTRIBUTION_TAIL; /* the end of a longer one looks the same */
    return ATTRIBUTION_WEAK;
}

gsize
attribution_column(const char *text, gsize length)
{
    static const char *const openers[] = {"On ", "Am ", "Le ", "El ", "Il ", "Op ", "Em ", "Den ", "W dniu "};
    for (gsize i = 1; i + 12 < length; i++) {
        if (text[i - 1] != ' ' && text[i - 1] != '-')
            continue;
        for (gsize o = 0; o < G_N_ELEMENTS(openers); o++) {
            gsize bytes = strlen(openers[o]);
            if (length - i <= bytes || memcmp(text + i, openers[o], bytes) != 0)
                continue;
            if (attribution_weigh(text + i, length - i, TRUE, NULL) != ATTRIBUTION_STRONG)
                continue;
            while (i > 0 && (text[i - 1] == ' ' || text[i - 1] == '-'))
                i--;
            return i;
        }
    }
    return 0;
}
