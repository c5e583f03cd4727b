/*
 * Sums of money as people write them: in four languages, with any grouping, the currency before or behind. What can be
 * read in two ways is asked, never guessed.
 */
#ifndef POSTERN_LIB_AMOUNT_H
#define POSTERN_LIB_AMOUNT_H

#include <glib.h>

struct amount {
    gint64 minor;     /* cents, or what ISO 4217 has for them; never negative, at most AMOUNT_MOST */
    char currency[4]; /* ISO 4217, "EUR" */
};

/* Sums of a few never overflow, and a JSON reader's double has them exactly. */
#define AMOUNT_MOST G_GINT64_CONSTANT(100000000000000)

enum amount_problem {
    AMOUNT_FINE,
    AMOUNT_MISSING,          /* no number */
    AMOUNT_UNREADABLE,       /* not a number that we know */
    AMOUNT_AMBIGUOUS,        /* "1.234": a thousand or one and a bit? */
    AMOUNT_NO_CURRENCY,      /* none written and none to assume */
    AMOUNT_UNKNOWN_CURRENCY, /* no code of ISO 4217 and no sign that stands for one alone ("$") */
    AMOUNT_DECIMALS,         /* more decimals than the currency has */
    AMOUNT_TOO_LARGE,
};

/* Reads "1.234,50 €", "€ 1,234.50", "1 234,50 zł", "PLN 1200", "1'234.50 CHF", "50,- euro". `currency`: what to assume
 * where none is written; NULL: nothing. `rest` NULL: the text is the amount and nothing else; otherwise it begins with
 * one, and `*rest` is what follows, without blanks before it. `amount->currency` is set whenever it is known. */
enum amount_problem amount_read(const char *text, const char *currency, struct amount *amount, const char **rest);

/* "eur", "€", "zł", "euros" → "EUR" (static); NULL: unknown, or a sign of several currencies. */
const char *amount_currency(const char *word);
/* Digits behind the point of a currency of ISO 4217 (JPY 0, EUR 2, KWD 3). */
int amount_decimals(const char *currency);

/* "1234.50 EUR": for logs and machines; mails have their own. Caller frees. */
char *amount_text(gint64 minor, const char *currency);

#endif
