#include "lib/amount.h"

#include <string.h>

#include "lib/text.h"

/* ---- currencies ---- */

/* ISO 4217's, funds and metals aside. By digits behind the point; all others have two. */
static const char codes[] =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF "
    "CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG "
    "HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA "
    "MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD "
    "RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX "
    "USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG ";
static const char without_decimals[] = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF ";
static const char with_three[] = "BHD IQD JOD KWD LYD OMR TND ";

/* Folded. "$", "kr" and "¥" stand for several and are not here. */
static const struct {
    const char *word, *code;
} words[] = {
    {"euro", "EUR"},         {"euros", "EUR"},        {"euro's", "EUR"},       {"\302\243", "GBP"},
    {"us$", "USD"},          {"pound", "GBP"},        {"pounds", "GBP"},       {"zl", "PLN"},
    {"zloty", "PLN"},        {"zlote", "PLN"},        {"zlotych", "PLN"},      {"zlotys", "PLN"},
    {"fr.", "CHF"},          {"sfr", "CHF"},          {"sfr.", "CHF"},         {"kc", "CZK"},
    {"ft", "HUF"},           {"ca$", "CAD"},          {"au$", "AUD"},          {"\342\202\271", "INR"},
    {"\342\202\251", "KRW"}, {"\342\202\264", "UAH"}, {"\342\202\272", "TRY"}, {"\342\202\252", "ILS"},
};

static const char *
find_code(const char *list, const char *code)
{
    for (const char *p = list; *p; p += 4)
        if (strncmp(p, code, 3) == 0)
            return p;
    return NULL;
}

const char *
amount_currency(const char *word)
{
    g_autofree char *folded = text_fold(word);
    g_autofree char *upper = g_ascii_strup(folded, -1);
    for (guint i = 0; i < G_N_ELEMENTS(words); i++)
        if (strcmp(words[i].word, folded) == 0)
            return words[i].code;
    if (strlen(upper) != 3 || strchr(upper, ' '))
        return NULL;
    const char *found = find_code(codes, upper);
    if (!found)
        return NULL;
    g_autofree char *code = g_strndup(found, 3);
    return g_intern_string(code);
}

int
amount_decimals(const char *currency)
{
    return find_code(without_decimals, currency) ? 0 : find_code(with_three, currency) ? 3 : 2;
}

char *
amount_text(gint64 minor, const char *currency)
{
    int decimals = amount_decimals(currency);
    gint64 unit = decimals == 0 ? 1 : decimals == 2 ? 100 : 1000;
    if (!decimals)
        return g_strdup_printf("%" G_GINT64_FORMAT " %s", minor, currency);
    return g_strdup_printf("%" G_GINT64_FORMAT ".%0*" G_GINT64_FORMAT " %s", minor / unit, decimals, minor % unit,
                           currency);
}

/* ---- numbers ---- */

/* What groups thousands everywhere: a blank of any width, an apostrophe. */
static gsize
group_mark(const char *p)
{
    static const char *const marks[] = {" ", "'", "\302\240", "\342\200\211", "\342\200\257", "\342\200\231"};
    for (guint i = 0; i < G_N_ELEMENTS(marks); i++)
        if (g_str_has_prefix(p, marks[i]))
            return strlen(marks[i]);
    return 0;
}

static gboolean
is_three_digits(const char *p)
{
    return g_ascii_isdigit(p[0]) && g_ascii_isdigit(p[1]) && g_ascii_isdigit(p[2]) && !g_ascii_isdigit(p[3]);
}

/* A number's characters: digits, with a mark between two of them. */
struct number {
    GString *text;   /* digits, '.' and ','; ' ' for what groups everywhere */
    gboolean spaced; /* blanks stand in it */
    const char *end; /* what follows it */
};

static void
take_number(const char *p, struct number *number)
{
    number->text = g_string_new(NULL);
    number->spaced = FALSE;
    while (*p) {
        gsize mark = group_mark(p);
        gboolean point = (*p == '.' || *p == ',') && g_ascii_isdigit(p[1]);
        if (!g_ascii_isdigit(*p) && !point && !(mark && is_three_digits(p + mark)))
            break;
        number->spaced = number->spaced || (mark && g_unichar_isspace(g_utf8_get_char(p)));
        g_string_append_c(number->text, mark ? ' ' : *p);
        p += mark ? mark : 1;
    }
    /* "50,-": no cents. */
    if ((*p == ',' || *p == '.') && (p[1] == '-' || g_str_has_prefix(p + 1, "\342\200\223")))
        p += p[1] == '-' ? 2 : 4;
    number->end = p;
}

/* Groups of three behind one of one to three. */
static gboolean
is_grouped(const char *digits, gsize length)
{
    gsize group = 0, groups = 0;
    for (gsize i = 0; i <= length; i++) {
        if (i < length && g_ascii_isdigit(digits[i])) {
            group++;
            continue;
        }
        if (!group || group > 3 || (groups && group != 3))
            return FALSE;
        groups++;
        group = 0;
    }
    return TRUE;
}

static gboolean
has_marks(const char *digits, gsize length)
{
    for (gsize i = 0; i < length; i++)
        if (!g_ascii_isdigit(digits[i]))
            return TRUE;
    return FALSE;
}

static guint
count_of(const char *text, char c)
{
    guint n = 0;
    for (; *text; text++)
        n += *text == c;
    return n;
}

/* Where the decimals' mark stands; NULL: there is none. */
static enum amount_problem
find_point(const char *text, int decimals, const char **point)
{
    const char *dot = strrchr(text, '.'), *comma = strrchr(text, ',');
    const char *last = !dot || (comma && comma > dot) ? comma : dot;
    *point = NULL;
    if (!last || count_of(text, *last) > 1) /* none, or one that comes twice groups */
        return dot && comma && last ? AMOUNT_UNREADABLE : AMOUNT_FINE;
    gboolean alone = strcspn(text, "., ") == (gsize)(last - text) && !strpbrk(last + 1, "., ");
    gsize before = (gsize)(last - text), behind = strlen(last + 1);
    if (alone && behind == 3 && before <= 3 && decimals == 0)
        return AMOUNT_FINE; /* nobody writes parts of a yen */
    if (alone && behind == 3 && before <= 3 && text[0] != '0')
        return AMOUNT_AMBIGUOUS;
    *point = last;
    return AMOUNT_FINE;
}

static gboolean
marks_differ(const char *digits, gsize length)
{
    char seen = 0;
    for (gsize i = 0; i < length; i++) {
        if (g_ascii_isdigit(digits[i]))
            continue;
        if (seen && seen != digits[i])
            return TRUE;
        seen = digits[i];
    }
    return FALSE;
}

static enum amount_problem
evaluate(const char *text, int decimals, gint64 *minor)
{
    const char *point = NULL;
    enum amount_problem problem = find_point(text, decimals, &point);
    gsize whole = point ? (gsize)(point - text) : strlen(text);
    if (problem)
        return problem;
    if (!whole || marks_differ(text, whole) || (has_marks(text, whole) && !is_grouped(text, whole)))
        return AMOUNT_UNREADABLE;
    gsize behind = point ? strlen(point + 1) : 0;
    if (point && has_marks(point + 1, behind))
        return AMOUNT_UNREADABLE;
    if (behind > (gsize)decimals)
        return AMOUNT_DECIMALS;
    *minor = 0;
    for (const char *p = text; *p; p++) {
        if (g_ascii_isdigit(*p))
            *minor = *minor * 10 + (*p - '0');
        if (*minor > AMOUNT_MOST)
            return AMOUNT_TOO_LARGE;
    }
    for (gsize i = behind; i < (gsize)decimals; i++)
        *minor *= 10;
    return *minor > AMOUNT_MOST ? AMOUNT_TOO_LARGE : AMOUNT_FINE;
}

/* ---- the whole ---- */

static const char *
skip_blanks(const char *p)
{
    for (gunichar c; (c = g_utf8_get_char(p)) && g_unichar_isspace(c);)
        p = g_utf8_next_char(p);
    return p;
}

/* The currency that a text begins with, up to a blank or a mark; NULL: none. */
static const char *
leading_currency(const char *p, const char **after)
{
    const char *end = p;
    while (*end && !g_unichar_isspace(g_utf8_get_char(end)) && !strchr(",;:()", *end))
        end = g_utf8_next_char(end);
    g_autofree char *word = g_strndup(p, (gsize)(end - p));
    const char *code = *word ? amount_currency(word) : NULL;
    gsize length = strlen(word);
    if (!code && length > 1 && word[length - 1] == '.') { /* the end of a sentence */
        word[length - 1] = '\0';
        code = amount_currency(word);
    }
    if (code)
        *after = end;
    return code;
}

/* What stands before the first digit, trimmed; "" where that is nothing. Caller frees. */
static char *
text_before(const char *text, const char *digit)
{
    return g_strstrip(g_strndup(text, (gsize)(digit - text)));
}

/* Which currency it is: before, behind, or assumed. `*end` moves behind it. */
static enum amount_problem
settle_currency(const char *before, const char *assumed, const char **end, const char **code)
{
    const char *after = *end;
    const char *behind = leading_currency(skip_blanks(*end), &after);
    const char *ahead = *before ? amount_currency(before) : NULL;
    *code = NULL;
    if (*before && !ahead)
        return AMOUNT_UNKNOWN_CURRENCY;
    if (behind && (!ahead || ahead == behind || strcmp(ahead, behind) == 0))
        *end = after;
    *code = ahead ? ahead : behind ? behind : assumed;
    return *code ? AMOUNT_FINE : AMOUNT_NO_CURRENCY;
}

static enum amount_problem
read_number(const char *text, const char *digit, struct number *number, const char *assumed, struct amount *amount,
            const char **rest)
{
    const char *code = NULL, *end = number->end;
    g_autofree char *before = text_before(text, digit);
    enum amount_problem currency = settle_currency(before, assumed, &end, &code);
    gboolean closed = end != number->end; /* the currency ends the number */
    const char *following = skip_blanks(end);
    if (code)
        g_strlcpy(amount->currency, code, sizeof amount->currency);
    if (!rest && *following)
        return closed || *before || strpbrk(following, "0123456789") ? AMOUNT_UNREADABLE : AMOUNT_UNKNOWN_CURRENCY;
    /* "EUR 500 250 hours": which of the two? */
    if (rest && number->spaced && !closed && *following)
        return AMOUNT_AMBIGUOUS;
    enum amount_problem problem = evaluate(number->text->str, code ? amount_decimals(code) : 2, &amount->minor);
    if (rest)
        *rest = following;
    return problem ? problem : currency;
}

enum amount_problem
amount_read(const char *text, const char *currency, struct amount *amount, const char **rest)
{
    struct number number;
    memset(amount, 0, sizeof *amount);
    text = skip_blanks(text);
    const char *digit = text + strcspn(text, "0123456789");
    if (!*digit || (rest && digit - text > 16))
        return AMOUNT_MISSING;
    if (digit > text && strchr("-.,", digit[-1]))
        return AMOUNT_UNREADABLE;
    take_number(digit, &number);
    enum amount_problem problem = read_number(text, digit, &number, currency, amount, rest);
    g_string_free(number.text, TRUE);
    return problem;
}
