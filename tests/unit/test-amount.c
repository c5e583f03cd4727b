/* Sums of money as people write them. */
#include <string.h>

#include "lib/amount.h"

static const char *const names[] = {
    [AMOUNT_FINE] = "",
    [AMOUNT_MISSING] = "missing",
    [AMOUNT_UNREADABLE] = "unreadable",
    [AMOUNT_AMBIGUOUS] = "ambiguous",
    [AMOUNT_NO_CURRENCY] = "no currency",
    [AMOUNT_UNKNOWN_CURRENCY] = "unknown currency",
    [AMOUNT_DECIMALS] = "decimals",
    [AMOUNT_TOO_LARGE] = "too large",
};

static char *
read_whole(const char *text, const char *currency)
{
    struct amount amount;
    enum amount_problem problem = amount_read(text, currency, &amount, NULL);
    return problem ? g_strdup(names[problem]) : amount_text(amount.minor, amount.currency);
}

/* What is written → the sum, or why not. */
static const struct {
    const char *text, *read;
} sums[] = {
    {"1.234,50 €", "1234.50 EUR"},
    {"€ 1,234.50", "1234.50 EUR"},
    {"€1234.5", "1234.50 EUR"},
    {"1 234,50 zł", "1234.50 PLN"},
    {"1 234,50 ZŁ", "1234.50 PLN"},
    {"1\302\240234,50\302\240zl", "1234.50 PLN"},
    {"1\342\200\257234,50 €", "1234.50 EUR"},
    {"PLN 1200", "1200.00 PLN"},
    {"1200pln", "1200.00 PLN"},
    {"1'234.50 CHF", "1234.50 CHF"},
    {"CHF 1\342\200\231234", "1234.00 CHF"},
    {"50,- euro", "50.00 EUR"},
    {"€ 50,–", "50.00 EUR"},
    {"1.234.567 EUR", "1234567.00 EUR"},
    {"1,234,567.89 usd", "1234567.89 USD"},
    {"US$ 12", "12.00 USD"},
    {"1.234 JPY", "1234 JPY"},
    {"125000 JPY", "125000 JPY"},
    {"1.234,567 KWD", "1234.567 KWD"},
    {"0.500 KWD", "0.500 KWD"},
    {"12.5 KWD", "12.500 KWD"},
    {"EUR 100 €", "100.00 EUR"},
    {"500 EUR.", "500.00 EUR"},
    {"0 EUR", "0.00 EUR"},
    {"1.234 EUR", "ambiguous"},
    {"1,234 €", "ambiguous"},
    {"1.234 KWD", "ambiguous"},
    {"1.234", "ambiguous"},
    {"100", "no currency"},
    {"$100", "unknown currency"},
    {"100 $", "unknown currency"},
    {"100 kr", "unknown currency"},
    {"100 ¥", "unknown currency"},
    {"100 Taler", "unknown currency"},
    {"XXX 100", "unknown currency"},
    {"EUR 100 an hour", "unreadable"},
    {"100 EUR and 5", "unreadable"},
    {"EUR 100 PLN", "unreadable"},
    {"-5 EUR", "unreadable"},
    {".5 EUR", "unreadable"},
    {"1,2,3 EUR", "unreadable"},
    {"1.23.456 EUR", "unreadable"},
    {"1.234 567,00 EUR", "unreadable"},
    {"1,234 567 EUR", "unreadable"},
    {"12,34,567.00 INR", "unreadable"},
    {"5 x 3 EUR", "unreadable"},
    {"12.345,678 EUR", "decimals"},
    {"0.500 EUR", "decimals"},
    {"1.5 JPY", "decimals"},
    {"1,234.00 JPY", "decimals"},
    {"99999999999999999999999999 EUR", "too large"},
    {"1000000000000.01 EUR", "too large"},
    {"1000000000000.00 EUR", "1000000000000.00 EUR"},
    {"", "missing"},
    {"EUR", "missing"},
    {"one hundred euro", "missing"},
    {"\342\202\254", "missing"},
    {"\331\241\331\242 EUR", "missing"}, /* Arabic digits */
};

static void
test_sums(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(sums); i++) {
        g_autofree char *read = read_whole(sums[i].text, NULL);
        g_test_message("%s", sums[i].text);
        g_assert_cmpstr(read, ==, sums[i].read);
    }
}

static void
test_assumed_currency(void)
{
    static const struct {
        const char *text, *read;
    } cases[] = {{"100", "100.00 EUR"},
                 {"1.50", "1.50 EUR"},
                 {"PLN 5", "5.00 PLN"},
                 {"1.234", "ambiguous"},
                 {"12 Taler", "unknown currency"}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *read = read_whole(cases[i].text, "EUR");
        g_assert_cmpstr(read, ==, cases[i].read);
    }
}

/* A sum with words behind it: what is read, and what is left. */
static const struct {
    const char *text, *read, *rest;
} beginnings[] = {
    {"500 EUR for the first milestone", "500.00 EUR", "for the first milestone"},
    {"€ 1.250,00 acompte", "1250.00 EUR", "acompte"},
    {"1 234,50 zł etap 1", "1234.50 PLN", "etap 1"},
    {"500 EUR 2 days", "500.00 EUR", "2 days"},
    {"500 EUR", "500.00 EUR", ""},
    {"EUR 500 250 hours", "ambiguous", NULL},
    {"EUR 500 2 hours", "500.00 EUR", "2 hours"},
    {"500 for you", "no currency", NULL},
    {"pay me 500 EUR", "unknown currency", NULL},
    {"the whole sum that we have spoken of, 500 EUR", "missing", NULL},
};

static void
test_beginnings(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(beginnings); i++) {
        struct amount amount;
        const char *rest = NULL;
        enum amount_problem problem = amount_read(beginnings[i].text, NULL, &amount, &rest);
        g_autofree char *read = problem ? g_strdup(names[problem]) : amount_text(amount.minor, amount.currency);
        g_test_message("%s", beginnings[i].text);
        g_assert_cmpstr(read, ==, beginnings[i].read);
        if (!problem)
            g_assert_cmpstr(rest, ==, beginnings[i].rest);
    }
}

static void
test_currencies(void)
{
    g_assert_cmpint(amount_decimals("JPY"), ==, 0);
    g_assert_cmpint(amount_decimals("KWD"), ==, 3);
    g_assert_cmpint(amount_decimals("PLN"), ==, 2);
    g_assert_cmpstr(amount_currency("eur"), ==, "EUR");
    g_assert_cmpstr(amount_currency("Złotych"), ==, "PLN");
    g_assert_null(amount_currency("EURO EUR"));
    g_assert_null(amount_currency("D A"));
    g_assert_null(amount_currency(""));
}

/* Any bytes: an answer, and soon. */
static void
test_any_text(void)
{
    static const char alphabet[] = "0123456789.,' -€$złEURPLN\302\240;\n";
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    for (guint i = 0; i < 20000; i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        for (guint k = g_rand_int_range(random, 0, 12); k; k--) {
            const char *at =
                g_utf8_offset_to_pointer(alphabet, g_rand_int_range(random, 0, (gint32)g_utf8_strlen(alphabet, -1)));
            g_string_append_len(text, at, g_utf8_next_char(at) - at);
        }
        struct amount amount;
        const char *rest = NULL;
        if (amount_read(text->str, "EUR", &amount, i % 2 ? &rest : NULL) == AMOUNT_FINE) {
            g_assert_cmpint(amount.minor, >=, 0);
            g_assert_cmpint(amount.minor, <=, AMOUNT_MOST);
            g_autofree char *again = amount_text(amount.minor, amount.currency), *read = read_whole(again, NULL);
            g_assert_cmpstr(read, ==, again);
        }
    }
    g_autofree char *digits = g_strnfill(1 << 20, '9');
    g_autofree char *read = read_whole(digits, "EUR");
    g_assert_cmpstr(read, ==, "too large");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/amount/sums", test_sums);
    g_test_add_func("/amount/assumed", test_assumed_currency);
    g_test_add_func("/amount/beginnings", test_beginnings);
    g_test_add_func("/amount/currencies", test_currencies);
    g_test_add_func("/amount/any-text", test_any_text);
    return g_test_run();
}
