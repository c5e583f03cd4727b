#include "config.h"

#include "mime/signature.h"

#include "mime/fold.h"
#include "mime/html.h"
#include "mime/phrases.h"

#include <string.h>

#define MOBILE_BYTES 160    /* the longest line that a phone adds, with the link in it */
#define MOBILE_WORDS 11     /* … and its words without the link */
#define BEHIND_DELIMITER 40 /* lines of a signature behind `-- ` */
#define BEHIND_DASHES 8     /* … behind `--`, which may be somebody's own rule */
#define BEHIND_MOBILE 12
#define BEHIND_CLOSING 9
#define FOOTER_LINES 8
#define MOST_PIECES 60 /* of a signature; more are a joke, and stay */

static void
fold_line(struct folded *folded, const struct line *line)
{
    fold(folded, line->body, line->body_length);
}

static guint
count_lines(const GArray *lines, guint from, guint to)
{
    guint count = 0;
    for (guint i = from; i < to; i++)
        count += !line_is_blank(line_at(lines, i));
    return count;
}

static guint
count_words(const char *text)
{
    guint words = 0;
    for (const char *p = text; *p; p++)
        words += *p != ' ' && (p == text || p[-1] == ' ');
    return words;
}

static guint
count_words_of(const struct line *line)
{
    struct folded folded;
    fold_line(&folded, line);
    return folded.cut ? G_MAXUINT : count_words(folded.text);
}

/* Lines that end in a full stop, ask, or run long are somebody's words. */
static gboolean
is_sentence(const struct line *line)
{
    struct folded folded;
    fold_line(&folded, line);
    if (folded.length == 0 || folded.cut)
        return folded.cut;
    char last = folded.text[folded.length - 1];
    guint words = count_words(folded.text);
    return last == '?' || (words > 5 && (last == '.' || last == '!' || last == ':')) || words > 14;
}

static gboolean
may_start(enum phrase_set set, const struct line *line)
{
    return phrase_may_start(set, line->body, line->body_length);
}

/* The line behind marks such as frames and bold words have. */
static struct line
without_marks(const struct line *line)
{
    struct line bare = *line;
    while (bare.body_length && strchr("*_-( ", *bare.body)) {
        bare.body++;
        bare.body_length--;
    }
    return bare;
}

/* TRUE for one of the last lines, as many as hold `most` + 1 that are not blank: what is looked for there need not be
 * weighed where it is not. */
static gboolean
stands_below(const GArray *lines, guint from, guint to, guint most, gboolean (*is)(const struct line *line))
{
    guint behind = 0;
    for (guint i = to; i-- > from && behind <= most; behind += !line_is_blank(line_at(lines, i)))
        if (is(line_at(lines, i)))
            return TRUE;
    return FALSE;
}

/* ---- delimiters ---- */

enum delimiter { NO_DELIMITER, DASHES, DELIMITER };

/* RFC 3676 4.3: dash, dash, space. Many clients lose the space. */
static enum delimiter
delimiter_of(const struct line *line)
{
    if (line->depth || line->body != line->text || line->body_length != 2 || memcmp(line->body, "--", 2) != 0)
        return NO_DELIMITER;
    return line->length == 2 ? DASHES : DELIMITER;
}

static gboolean
is_delimiter(const struct line *line)
{
    return delimiter_of(line) != NO_DELIMITER;
}

static guint
after_delimiter(const GArray *lines, guint from, guint to)
{
    guint behind = 0, start = to;
    if (!stands_below(lines, from, to, BEHIND_DELIMITER, is_delimiter))
        return to;
    gboolean words = FALSE;
    guint rules = 0; /* bare dashes part somebody's words where there are several */
    for (guint i = to; i-- > from && behind <= BEHIND_DELIMITER;) {
        const struct line *line = line_at(lines, i);
        enum delimiter kind = delimiter_of(line);
        rules += kind == DASHES;
        if (kind == DELIMITER || (kind == DASHES && behind <= BEHIND_DASHES && !words && rules == 1))
            start = i;
        else if (kind == DASHES && start < to && delimiter_of(line_at(lines, start)) == DASHES)
            start = to;
        words = words || is_sentence(line);
        behind += !line_is_blank(line);
    }
    return start;
}

/* Dashes and their kin, mixed or not: the frames of footers. */
static gboolean
is_frame(const struct line *line)
{
    if (line->body_length < 3 || line->body_length > 90)
        return FALSE;
    for (gsize i = 0; i < line->body_length; i++)
        if (!strchr("-=_*~", line->body[i]))
            return FALSE;
    return TRUE;
}

/* ---- names ---- */

/* A name as people sign with: one to three words, each with a capital (or in a script without capitals), no digits.
 * Particles
 * ("van der") do not count. */
static gboolean
is_name(const struct line *line)
{
    const char *p = line->body, *end = p + line->body_length;
    guint words = 0;
    gboolean in_word = FALSE;
    if (line->body_length == 0 || line->body_length > 60)
        return FALSE;
    while (p < end) {
        gunichar c = g_utf8_get_char_validated(p, end - p);
        if (c >= (gunichar)-2 || g_unichar_isdigit(c) || strchr("?!:;@/<>=", c < 0x80 ? (int)c : 'x'))
            return FALSE;
        gboolean blank = g_unichar_isspace(c);
        if (!blank && !in_word && g_unichar_isalpha(c)) {
            if (!g_unichar_islower(c))
                words++;
            else if (words == 0)
                return FALSE;
        }
        in_word = !blank;
        p = g_utf8_next_char(p);
    }
    return words >= 1 && words <= 3;
}

/* One word of the sender's display name stands in the line. */
static gboolean
shares_name(const struct line *line, const struct folded *name)
{
    enum { NAME_WORDS = 8 }; /* the last one is all the rest */
    struct folded folded;
    if (name->length < 3)
        return FALSE;
    fold_line(&folded, line);
    const char *word = name->text;
    for (guint n = 1; *word; n++) {
        gsize bytes = n < NAME_WORDS ? strcspn(word, " ") : strlen(word);
        const char *at = bytes >= 3 ? memmem(folded.text, folded.length, word, bytes) : NULL;
        if (at && (at == folded.text || at[-1] == ' '))
            return TRUE;
        word += bytes + (word[bytes] == ' ');
    }
    return FALSE;
}

/* As many words in lower case as others: somebody says something. */
static gboolean
is_mostly_lower(const struct line *line)
{
    guint lower = 0, upper = 0;
    for (gsize i = 0; i < line->body_length; i++) {
        if (i > 0 && line->body[i - 1] != ' ')
            continue;
        gunichar c = g_utf8_get_char_validated(line->body + i, (gssize)(line->body_length - i));
        if (c >= (gunichar)-2)
            continue;
        lower += g_unichar_islower(c);
        upper += g_unichar_isupper(c);
    }
    return lower && lower >= upper;
}

static gboolean
has_case(const struct line *line)
{
    gunichar c = g_utf8_get_char_validated(line->body, (gssize)line->body_length);
    return c < (gunichar)-2 && (g_unichar_isupper(c) || g_unichar_islower(c));
}

/* A telephone number, an address, a link. */
static gboolean
is_reachable(const struct line *line)
{
    guint digits = 0;
    for (gsize i = 0; i < line->body_length; i++)
        digits += g_ascii_isdigit(line->body[i]);
    return digits >= 6 || memchr(line->body, '@', line->body_length) ||
           memmem(line->body, line->body_length, "://", 3) || memmem(line->body, line->body_length, "www.", 4);
}

/* What stands in signatures: names, titles, numbers, links. Nothing that says something. */
static gboolean
is_contact(const struct line *line, const struct folded *name)
{
    if (is_reachable(line))
        return count_words_of(line) <= 8;
    if (line_is_rule(line) || is_delimiter(line) || (is_name(line) && has_case(line) && !is_mostly_lower(line)))
        return TRUE;
    return shares_name(line, name);
}

/* ---- what phones and clients add ---- */

/* Links behind words: `Outlook for iOS<https://aka.ms/o0ukef>`, `Sparrow (http://…)`. */
static void
drop_links(struct folded *folded)
{
    char *to = folded->text;
    for (const char *p = folded->text; *p;) {
        if ((*p == '<' || *p == '(' || *p == '[') && strstr(p, "//")) {
            const char *close = strpbrk(p, ">)]");
            if (close && memmem(p, (gsize)(close - p), "//", 2)) {
                p = close + 1;
                continue;
            }
        }
        *to++ = *p++;
    }
    while (to > folded->text && strchr(" .!*_", to[-1]))
        to--;
    *to = '\0';
    folded->length = (gsize)(to - folded->text);
}

static gboolean
names_device(const char *text)
{
    gsize count;
    const char *const *devices = phrase_table(PHRASE_DEVICE, &count);
    gsize ignored;
    if (phrase_in(PHRASE_DEVICE, text, &ignored))
        return TRUE;
    for (gsize i = 0; i < count; i++) /* "iPhonesta", "iPhone-ul", "アイフォン": endings grow on the longer ones */
        if ((strlen(devices[i]) >= 5 || strcmp(devices[i], "ipad") == 0) && strstr(text, devices[i]))
            return TRUE;
    return FALSE;
}

/* "Sent from my Zorbo X5": a name that no table knows, but nothing of a sentence. */
static gboolean
names_something(const struct line *line, const char *text, gsize head)
{
    static const char *const mine[] = {"my",  "mon", "ma",   "mijn",   "mi",   "meu",  "mio",  "min",
                                       "mig", "mit", "moje", "mojego", "minu", "мого", "моего"};
    const char *space = memrchr(text, ' ', head);
    const char *last = space ? space + 1 : text;
    gsize bytes = (gsize)(text + head - last);
    gboolean ours = FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(mine); i++)
        ours = ours || (bytes == strlen(mine[i]) && memcmp(last, mine[i], bytes) == 0);
    if (!ours || strpbrk(text, ",;:?!"))
        return FALSE;
    gsize behind = strlen(text) - head;
    if (behind < 3 || behind > line->body_length || count_words(text + head) > 4)
        return FALSE;
    const char *word = line->body + line->body_length - behind;
    word += strspn(word, " ");
    return g_ascii_isupper(*word) || g_ascii_isdigit(*word);
}

/* Cheap: more blanks than a short line of words has. */
static gboolean
is_wordy(const struct line *line, guint words)
{
    guint blanks = 0;
    for (gsize i = 0; i < line->body_length && blanks < words; i++)
        blanks += line->body[i] == ' ';
    return blanks >= words;
}

/* "Please excuse my brevity." before or behind it. */
static gboolean
is_excuse(const char *clause)
{
    static const char *const words[] = {"excuse",     "typo",     "brevity",   "pardon",  "entschuld",
                                        "tippfehler", "brievete", "excuser",   "disculp", "breveda",
                                        "scus",       "brevita",  "excuseer",  "beknopt", "kortfatt",
                                        "urskt",      "beklager", "przeprasz", "zwiezlo", "get the app"};
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        if (strstr(clause, words[i]))
            return TRUE;
    return FALSE;
}

/* What is left when excuses are taken off, if that is one clause; else NULL. */
static char *
main_clause(char *text)
{
    char *main = NULL;
    for (char *clause = text; clause;) {
        char *stop = strstr(clause, ". "), *comma = strstr(clause, ", ");
        if (!stop || (comma && comma < stop))
            stop = comma;
        if (stop)
            *stop = '\0';
        if (!is_excuse(clause)) {
            gboolean article = strncmp(clause, "an ", 3) == 0 || strncmp(clause, "the ", 4) == 0;
            gboolean apposition = main && (article || phrase_starts(PHRASE_DEVICE, clause)) && names_device(clause);
            if (main && !apposition)
                return NULL;
            main = main ? main : clause;
        }
        clause = stop ? stop + 2 : NULL;
    }
    return main;
}

/* Those of the tails that end in ASCII are one word. */
static gboolean
may_end_mobile(const struct line *line)
{
    const char *start = line->body, *end = start + line->body_length;
    while (end > start && strchr(" .!*_", end[-1]))
        end--;
    const char *word = end;
    while (word > start && g_ascii_isalnum(word[-1]))
        word--;
    if (word > start && !g_ascii_isprint(word[-1]))
        return TRUE;
    return word < end && phrase_may_start(PHRASE_MOBILE_TAIL, word, (gsize)(end - word));
}

/* Cheap: it begins or ends like one, or a link hides how. */
static gboolean
may_be_mobile(const struct line *line)
{
    for (gsize i = 0; i < line->body_length; i++)
        if (line->body[i] == '<' || line->body[i] == '(' || line->body[i] == '[')
            return TRUE;
    const struct line bare = without_marks(line);
    gboolean excuse = bare.body_length > 6 &&
                      (g_ascii_strncasecmp(bare.body, "pl", 2) == 0 || g_ascii_strncasecmp(bare.body, "ex", 2) == 0);
    return excuse || may_start(PHRASE_MOBILE_HEAD, &bare) || may_end_mobile(&bare);
}

gboolean
is_mobile_line(const struct line *line)
{
    struct folded folded;
    if (line->body_length == 3 && memcmp(line->body, "\xe1\x90\xa7", 3) == 0) /* Streak's tracking mark */
        return TRUE;
    if (line->depth || line->body_length < 6 || line->body_length > MOBILE_BYTES || is_wordy(line, 2 * MOBILE_WORDS) ||
        !may_be_mobile(line))
        return FALSE;
    fold_line(&folded, line);
    drop_links(&folded);
    const char *whole = folded.text + strspn(folded.text, "-*_ ");
    gboolean excuse = g_str_has_prefix(whole, "please excuse") || g_str_has_prefix(whole, "excuse");
    if (!excuse && !phrase_starts(PHRASE_MOBILE_HEAD, whole) && !phrase_ends(PHRASE_MOBILE_TAIL, whole))
        return FALSE;
    const char *text = main_clause(folded.text + (whole - folded.text));
    if (!text || count_words(text) > MOBILE_WORDS || strpbrk(text, "?!;"))
        return FALSE;
    gsize head = phrase_starts(PHRASE_MOBILE_HEAD, text);
    gboolean outlook = head && strstr(text, "outlook") && (strstr(text, "ios") || strstr(text, "android"));
    if (head && (outlook || names_device(text + head) || names_something(line, text, head)))
        return TRUE;
    return phrase_ends(PHRASE_MOBILE_TAIL, text) && names_device(text);
}

/* ---- closings ---- */

enum closing { NO_CLOSING, WEAK_CLOSING, CLOSING };

/* `*rest`: bytes of the line behind the closing, when the name stands in the same line ("Regards, Roman"). */
static enum closing
closing_of(const struct line *line)
{
    struct folded folded;
    if (line->depth || line->body_length < 2 || line->body_length > 90 || is_wordy(line, 8))
        return NO_CLOSING;
    if (!may_start(PHRASE_CLOSING, line) && !may_start(PHRASE_WEAK_CLOSING, line))
        return NO_CLOSING;
    fold_line(&folded, line);
    while (folded.length && strchr(",.!;:-*", folded.text[folded.length - 1]))
        folded.text[--folded.length] = '\0';
    while (folded.length && folded.text[folded.length - 1] == ' ')
        folded.text[--folded.length] = '\0';
    if (phrase_is(PHRASE_CLOSING, folded.text))
        return CLOSING;
    return phrase_is(PHRASE_WEAK_CLOSING, folded.text) ? WEAK_CLOSING : NO_CLOSING;
}

static gboolean
signs(const GArray *lines, guint closing, guint to, const struct folded *name)
{
    guint first = lines_skip_blank(lines, closing + 1, to);
    if (first == to) /* the closing ends the mail: nothing is said by it, nothing is gained by taking it off */
        return FALSE;
    gboolean known = shares_name(line_at(lines, first), name);
    if (!known && (closing_of(line_at(lines, closing)) == WEAK_CLOSING || !is_name(line_at(lines, first))))
        return FALSE;
    for (guint i = first, apart = FALSE; i < to; i++) {
        const struct line *line = line_at(lines, i);
        apart = apart || line_is_blank(line);
        if (line_is_blank(line))
            continue;
        if (is_sentence(line) || line->depth)
            return FALSE;
        if (apart && count_words_of(line) >= 3 && is_mostly_lower(line) && !is_reachable(line))
            return FALSE; /* below the name somebody went on */
    }
    return TRUE;
}

/* `/Anna`, as Swedes sign, alone below the words; or `- Anna`, if that is the sender's name, else it is an item of a
 * list. */
static gboolean
is_name_behind_mark(const GArray *lines, guint from, guint i, const struct folded *name)
{
    const struct line *line = line_at(lines, i);
    const char *p = line->body, *end = p + line->body_length;
    gsize mark = *p == '/' || *p == '-' ? 1 : 0;
    if (line->body_length > 3 && (memcmp(p, "\xe2\x80\x94", 3) == 0 || memcmp(p, "\xe2\x80\x93", 3) == 0))
        mark = 3;
    if (!mark || line->body_length < 3 || line->body_length > 40 || line->depth)
        return FALSE;
    struct line behind = *line;
    behind.body += mark;
    while (behind.body < end && *behind.body == ' ')
        behind.body++;
    behind.body_length = (gsize)(end - behind.body);
    gboolean slash = *p == '/' && g_ascii_isupper(p[1]) && !memchr(p, ' ', line->body_length);
    if (!slash && (*p == '/' || !shares_name(&behind, name)))
        return FALSE;
    for (guint j = from; j < i; j++) /* the only one of its kind */
        if (line_at(lines, j)->body_length && *line_at(lines, j)->body == *p)
            return FALSE;
    return is_name(&behind) && i > from && line_is_blank(line_at(lines, i - 1)) && lines_skip_blank(lines, from, i) < i;
}

static guint
after_closing(const GArray *lines, guint from, guint to, const struct folded *name)
{
    guint behind = 0;
    for (guint i = to; i-- > from && behind <= BEHIND_CLOSING;) {
        if (closing_of(line_at(lines, i)) != NO_CLOSING && lines_skip_blank(lines, from, i) < i &&
            signs(lines, i, to, name))
            return i;
        behind += !line_is_blank(line_at(lines, i));
    }
    return to > from && is_name_behind_mark(lines, from, to - 1, name) ? to - 1 : to;
}

/* ---- the sender's own address ---- */

static gboolean
holds_address(const struct line *line, const char *address)
{
    gsize length = strlen(address);
    if (length < 6 || (strchr(address, '@') && !memchr(line->body, '@', line->body_length)))
        return FALSE;
    for (gsize i = 0; i + length <= line->body_length; i++)
        if (g_ascii_strncasecmp(line->body + i, address, length) == 0)
            return TRUE;
    return FALSE;
}

/* Somebody's words ended above: with a full stop or with thanks. */
static gboolean
words_end_at(const struct line *line)
{
    static const char *const thanks[] = {"thank",  "thx",  "danke", "merci", "gracias", "dank",   "bedankt", "obrigad",
                                         "grazie", "tack", "takk",  "tak",   "dzieki",  "dzieku", "dekuj",   "kiitos"};
    struct folded folded;
    fold_line(&folded, line);
    if (!folded.length || folded.cut || strchr(".!?)", folded.text[folded.length - 1]))
        return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(thanks); i++)
        if (g_str_has_prefix(folded.text, thanks[i]) && count_words(folded.text) <= 4)
            return TRUE;
    return closing_of(line) != NO_CLOSING;
}

/* The last line that holds the address, of those that a signature has; `to`: none. */
static guint
last_address(const GArray *lines, guint from, guint to, const char *address)
{
    guint count = 0;
    for (guint i = to; i-- > from && count < BEHIND_CLOSING; count += !line_is_blank(line_at(lines, i)))
        if (holds_address(line_at(lines, i), address))
            return i;
    return to;
}

/* A block that begins with the sender's name and holds the sender's address, with nothing said in it. */
static guint
after_own_address(const GArray *lines, guint from, guint to, const struct signature_hints *hints)
{
    guint count = 0, holds = last_address(lines, from, to, hints->address);
    for (guint i = to; holds < to && i-- > from && count < BEHIND_CLOSING;) {
        const struct line *line = line_at(lines, i);
        if (line_is_blank(line))
            continue;
        count++;
        if (is_sentence(line) || line->depth)
            return to;
        if (i > holds || i == from || !line_is_blank(line_at(lines, i - 1)) || !shares_name(line, hints->name))
            continue;
        guint above = i;
        while (above > from && line_is_blank(line_at(lines, above - 1)))
            above--;
        return above > from && words_end_at(line_at(lines, above - 1)) ? i : to;
    }
    return to;
}

static gboolean
is_frame_or_dash(const struct line *line)
{
    return is_frame(line) || (line->body_length == 3 && memcmp(line->body, "\xe2\x80\x94", 3) == 0);
}

/* A name below a rule, with two ways to reach whom it names, or the sender's name. What stands above the rule came to
 * an end. */
static guint
after_rule(const GArray *lines, guint from, guint to, const struct signature_hints *hints)
{
    guint count = 0, reachable = 0, first = to;
    if (!stands_below(lines, from, to, BEHIND_DASHES, is_frame_or_dash))
        return to;
    for (guint i = to; i-- > from && count <= BEHIND_DASHES;) {
        const struct line *line = line_at(lines, i);
        if (line_is_blank(line))
            continue;
        if (is_frame_or_dash(line)) {
            guint above = i;
            while (above > from && line_is_blank(line_at(lines, above - 1)))
                above--;
            if (above == from || first == to || !words_end_at(line_at(lines, above - 1)))
                return to;
            const struct line *name = line_at(lines, first);
            gboolean known = shares_name(name, hints->name) && count > 1;
            return known || (is_name(name) && has_case(name) && reachable >= 2) ? i : to;
        }
        if (!is_contact(line, hints->name) || line->depth)
            return to;
        count++;
        reachable += is_reachable(line);
        first = i;
    }
    return to;
}

/* ---- postscripts ---- */

guint
signature_postscript(const GArray *lines, guint from, guint to)
{
    static const char *const marks[] = {"ps",   "p.s.",   "p.s", "p. s.", "p.-s.", "p.d.", "pd:",  "post scriptum",
                                        "pps",  "p.p.s.", "nb:", "n.b.",  "追伸",  "附言", "又及", "추신",
                                        "з.ы.", "зы",     "п.с."};
    for (guint i = from; i < to; i++) {
        struct folded folded;
        const struct line *line = line_at(lines, i);
        if (line_is_blank(line) || (!(*line->body & 0x80) && !strchr("pPnN", *line->body))) /* nearly all */
            continue;
        fold_line(&folded, line);
        for (gsize m = 0; m < G_N_ELEMENTS(marks); m++) {
            gsize length = strlen(marks[m]);
            const char *rest = folded.text + length;
            if (!g_str_has_prefix(folded.text, marks[m]) || strlen(rest) < 3)
                continue;
            if (!g_ascii_isalnum(marks[m][length - 1]) || strchr(" :.,-", *rest))
                return i;
        }
    }
    return to;
}

/* ---- footers ---- */

#define NOTICE_LINES 6 /* a notice gives itself away within so many */

/* A confidentiality notice says at least two of the things that they all say; one of them anybody may write. */
static gboolean
is_notice(const GArray *lines, guint i, guint to)
{
    struct folded folded;
    guint words = 0, more = 0;
    fold_line(&folded, line_at(lines, i));
    const char *text = folded.text + strspn(folded.text, "*_-[( ");
    gboolean scanner = strstr(text, "vir") || strstr(text, "av") || strstr(text, "scan") || strstr(text, "вир");
    if (scanner && count_words(text) <= 20 && phrase_count(PHRASE_VIRUS_ADVERT, text))
        return TRUE;
    if (!phrase_starts(PHRASE_NOTICE_START, text) || lines_skip_blank(lines, 0, i) == i)
        return FALSE; /* nothing is above: these are the words */
    for (guint j = i; j < to && j < i + NOTICE_LINES; j++) {
        fold_line(&folded, line_at(lines, j));
        words += phrase_count(PHRASE_NOTICE_WORD, folded.text);
        more += phrase_count(PHRASE_NOTICE_MORE, folded.text);
    }
    return words >= 1 && words + more >= 2;
}

/* "[EXTERNAL] This email …": without the tag. */
static struct line
without_tag(const struct line *line)
{
    enum { TAG = 40 };
    struct line bare = without_marks(line);
    const char *close =
        bare.body_length && *bare.body == '[' ? memchr(bare.body, ']', MIN(bare.body_length, TAG)) : NULL;
    gsize bytes = close ? (gsize)(close + 1 - bare.body) : 0;
    if (!close || bytes == bare.body_length)
        return bare;
    bytes += strspn(close + 1, " *_-:");
    bare.body += bytes;
    bare.body_length -= MIN(bytes, bare.body_length);
    return bare;
}

/* "CAUTION: This email originated from outside of the organization. …", "You don't often get email from …" */
guint
signature_banner(const GArray *lines, guint i, guint to)
{
    struct folded folded;
    const struct line *line = line_at(lines, i);
    if (line->depth || line->body_length > 400)
        return i;
    const struct line bare = without_tag(line);
    if (!may_start(PHRASE_NOTICE_START, &bare) && !may_start(PHRASE_BANNER, &bare))
        return i;
    fold_line(&folded, &bare);
    const char *text = folded.text + strspn(folded.text, "*_-( ");
    gboolean begins = phrase_starts(PHRASE_NOTICE_START, text) || phrase_starts(PHRASE_BANNER, text);
    if (!begins || !phrase_count(PHRASE_BANNER, text) || strchr(text, '?'))
        return i;
    while (++i < to && i - 1 < to && !line_is_blank(line_at(lines, i))) { /* it may be wrapped */
        line = line_at(lines, i - 1);
        if (line->body_length < 60 || strchr(".!>])", line->body[line->body_length - 1]))
            break;
    }
    return i;
}

/* Up to what was found below it, or the end. */
static gboolean
is_banner(const GArray *lines, guint i, guint to)
{
    guint end = signature_banner(lines, i, to);
    return end > i && lines_skip_blank(lines, end, to) == to;
}

/* Behind a rule of underscores, or at the mail's very end: what mailing lists and groups append. */
static gboolean
is_list_footer(const GArray *lines, guint i, guint to)
{
    struct folded folded;
    const struct line *line = line_at(lines, i);
    gboolean rule = line->body_length >= 2 && line->body_length <= 90 && line->body[0] == '_' &&
                    (line_is_rule(line) || line->body_length == 2);
    gboolean dash = line->body_length == 3 && memcmp(line->body, "\xe2\x80\x94", 3) == 0;
    if ((!rule && !dash && delimiter_of(line) == NO_DELIMITER) || count_lines(lines, i + 1, to) > FOOTER_LINES)
        return FALSE;
    for (guint j = i + 1; j < to; j++) {
        fold_line(&folded, line_at(lines, j));
        if (phrase_count(PHRASE_LIST_FOOTER, folded.text))
            return TRUE;
    }
    return FALSE;
}

/* Behind any other rule a line must begin with what only footers say, and nobody asks. */
static gboolean
is_framed_footer(const GArray *lines, guint i, guint to)
{
    gboolean footer = FALSE;
    if (!is_frame(line_at(lines, i)) || count_lines(lines, i + 1, to) > FOOTER_LINES)
        return FALSE;
    for (guint j = i + 1; j < to; j++) {
        struct folded folded;
        fold_line(&folded, line_at(lines, j));
        if (strchr(folded.text, '?') && !strstr(folded.text, "://"))
            return FALSE;
        footer = footer || phrase_starts(PHRASE_LIST_FOOTER, folded.text + strspn(folded.text, "<*> -"));
    }
    return footer;
}

static guint
after_footer(const GArray *lines, guint from, guint to, const char **rule)
{
    guint start = to, behind = 0;
    for (guint i = to; i-- > from && behind <= 30;) {
        const struct line *line = line_at(lines, i);
        if (line_is_blank(line))
            continue;
        behind++;
        gboolean first = i == from || line_is_blank(line_at(lines, i - 1)) || line_is_rule(line_at(lines, i - 1));
        if (is_list_footer(lines, i, to) || is_framed_footer(lines, i, to)) {
            *rule = "list footer";
            start = i;
        } else if (first && (is_notice(lines, i, to) || is_banner(lines, i, start))) {
            *rule = "notice";
            start = i;
        }
    }
    while (start < to && start > from &&
           (line_is_rule(line_at(lines, start - 1)) || line_is_blank(line_at(lines, start - 1))))
        start--;
    return start;
}

/* ---- words below what a phone adds ---- */

static gboolean
is_greeting(const struct line *line)
{
    static const char *const words[] = {
        "hi",      "hello",      "hey",     "dear",    "hallo",    "liebe",  "guten",       "sehr geehrte",
        "moin",    "salut",      "hola",    "bonjour", "cher",     "beste",  "geachte",     "dag",
        "buenos",  "buenas",     "estimad", "ola",     "caro",     "prezad", "bom dia",     "boa",
        "ciao",    "buongiorno", "gentile", "hej",     "hei",      "czesc",  "dzien dobry", "witam",
        "szanown", "dobry den",  "ahoj",    "szia",    "tisztelt", "buna",   "merhaba",     "здравствуи",
        "добрыи",  "привет",     "добрии",  "γεια",    "您好",     "你好",   "안녕"};
    struct folded folded;
    fold_line(&folded, line);
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_str_has_prefix(folded.text, words[i]) && folded.length <= 40 && count_words(folded.text) <= 5)
            return TRUE;
    return FALSE;
}

/* Words below it are meant where the answered mail is quoted further down, or where they are few: somebody typed under
 * what the phone had put there. Many, or a greeting, are the answered mail, for some phones quote without any mark. */
static guint
after_mobile(const GArray *lines, guint from, guint to, const struct signature_hints *hints)
{
    guint behind = 0, words = 0, start = to, first = to;
    if (!stands_below(lines, from, to, BEHIND_MOBILE, is_mobile_line))
        return to;
    for (guint i = to; i-- > from && behind <= BEHIND_MOBILE;) {
        const struct line *line = line_at(lines, i);
        if (line_is_blank(line))
            continue;
        behind++;
        if (is_mobile_line(line)) {
            gboolean meant = words && (hints->quoted || (words <= 2 && !is_greeting(line_at(lines, first))));
            if (meant)
                break;
            start = i;
        } else {
            words += !is_contact(line, hints->name);
            first = i;
        }
    }
    return start;
}

/* What the client marked in HTML. */
static guint
after_mark(const GArray *lines, guint from, guint to)
{
    guint start = to;
    for (guint i = to; i-- > from;) {
        const struct line *line = line_at(lines, i);
        if ((line->marks & HTML_SIGNATURE) && !(line->marks & HTML_WEAK))
            start = i;
        else if (!line_is_blank(line))
            break;
    }
    return start;
}

guint
signature_start(const GArray *lines, guint from, guint to, const struct signature_hints *hints, const char **rule)
{
    const char *why = NULL;
    guint end = to;
    while (end > from && line_is_blank(line_at(lines, end - 1)))
        end--;
    for (guint n = 0; n < MOST_PIECES; n++) { /* each may stand above another: a name, a phone's line, a notice */
        guint start = end;
        if ((start = after_mark(lines, from, end)) < end)
            why = "marked by the client";
        else if ((start = after_footer(lines, from, end, &why)) < end)
            ;
        else if ((start = after_delimiter(lines, from, end)) < end)
            why = "delimiter";
        else if ((start = after_mobile(lines, from, end, hints)) < end)
            why = "mobile footer";
        else if ((start = after_closing(lines, from, end, hints->name)) < end)
            why = "closing and name";
        else if ((start = after_own_address(lines, from, end, hints)) < end)
            why = "own address";
        else if ((start = after_rule(lines, from, end, hints)) < end)
            why = "name below a rule";
        else
            break;
        end = start;
        while (end > from && line_is_blank(line_at(lines, end - 1)))
            end--;
    }
    *rule = why;
    return why ? end : to;
}
