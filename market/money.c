#include "market/money.h"

#include "lib/text.h"

enum { WRITTEN_BYTES = 60 };

json_t *
money_json(gint64 minor, const char *currency)
{
    return json_pack("{s:I, s:s}", "amount", (json_int_t)minor, "currency", currency);
}

const char *
money_key(enum amount_problem problem)
{
    static const char *const keys[] = {
        [AMOUNT_MISSING] = "cannot.amount_missing",
        [AMOUNT_UNREADABLE] = "cannot.amount_unreadable",
        [AMOUNT_AMBIGUOUS] = "cannot.amount_ambiguous",
        [AMOUNT_NO_CURRENCY] = "cannot.amount_no_currency",
        [AMOUNT_UNKNOWN_CURRENCY] = "cannot.amount_unknown_currency",
        [AMOUNT_DECIMALS] = "cannot.amount_decimals",
        [AMOUNT_TOO_LARGE] = "cannot.amount_too_large",
    };
    g_assert(problem > AMOUNT_FINE && problem < G_N_ELEMENTS(keys));
    return keys[problem];
}

json_t *
money_variables(const char *written, const struct amount *amount)
{
    g_autofree char *line = text_one_line(written, WRITTEN_BYTES);
    return json_pack("{s:s, s:s}", "written", line, "currency", amount->currency);
}
