/* Days as people write them. */
#include "lib/text.h"
#include "market/date.h"

#define NOW G_GINT64_CONSTANT(1795329600) /* 2026-11-22 08:00 UTC */

static const struct {
    const char *text, *zone, *expected; /* NULL: refused */
} cases[] = {
    {"2026-12-24", NULL, "2026-12-24T00:00:00Z"},
    {"2026-12-24", "Europe/Amsterdam", "2026-12-23T23:00:00Z"},
    {"2027-07-01", "Europe/Amsterdam", "2027-06-30T22:00:00Z"}, /* summer time there */
    {"24.12.2026", NULL, "2026-12-24T00:00:00Z"},
    {"24.12.", NULL, "2026-12-24T00:00:00Z"},
    {"24/12", NULL, "2026-12-24T00:00:00Z"},
    {"24/12/26", NULL, "2026-12-24T00:00:00Z"},
    {"24-12-2026", NULL, "2026-12-24T00:00:00Z"},
    {"3/1", NULL, "2027-01-03T00:00:00Z"}, /* the next one */
    {"22/11", NULL, "2027-11-22T00:00:00Z"},
    {"24 december", NULL, "2026-12-24T00:00:00Z"},
    {"24 dec 2026", NULL, "2026-12-24T00:00:00Z"},
    {"December 24th, 2026", NULL, "2026-12-24T00:00:00Z"},
    {"the 1st of January", NULL, "2027-01-01T00:00:00Z"},
    {"until December 24", NULL, "2026-12-24T00:00:00Z"},
    {"tot 24 december", NULL, "2026-12-24T00:00:00Z"},
    {"t/m 24 december", NULL, "2026-12-25T00:00:00Z"},
    {"tot en met 24 december", NULL, "2026-12-25T00:00:00Z"},
    {"through December 31", NULL, "2027-01-01T00:00:00Z"},
    {"jusqu'au 24 d\u00e9cembre", NULL, "2026-12-24T00:00:00Z"},
    {"1er f\u00e9vrier", NULL, "2027-02-01T00:00:00Z"},
    {"do 24 grudnia", NULL, "2026-12-24T00:00:00Z"},
    {"3 pa\u017adziernika 2027 r.", NULL, "2027-10-03T00:00:00Z"},
    {"29 feb 2028", NULL, "2028-02-29T00:00:00Z"},
    {"29 feb", NULL, "2028-02-29T00:00:00Z"}, /* the next one there is */
    {"5 jui", NULL, NULL},                    /* June or July? */
    {"5 juin", NULL, "2027-06-05T00:00:00Z"},
    {"12/24/2026", NULL, NULL}, /* the other way round: not guessed */
    {"31/11", NULL, NULL},
    {"0/12", NULL, NULL},
    {"2026-11-22", NULL, NULL}, /* it has begun */
    {"2026-11-21", NULL, NULL},
    {"2030-01-01", NULL, NULL}, /* too far */
    {"24", NULL, NULL},
    {"december", NULL, NULL},
    {"", NULL, NULL},
    {"soon", NULL, NULL},
    {"24 december 2026 at noon", NULL, NULL},
    {"99999999999999999999-12-24", NULL, NULL},
    {"1 2 3 4", NULL, NULL},
    {"24 december december", NULL, NULL},
};

static void
test_days(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gint64 at = 0;
        gboolean read = date_read(cases[i].text, cases[i].zone, NOW, &at);
        g_autofree char *found = read ? text_time(at) : g_strdup("no day");
        g_test_message("%s: %s", cases[i].text, found);
        g_assert_cmpstr(found, ==, cases[i].expected ? cases[i].expected : "no day");
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/date/days", test_days);
    return g_test_run();
}
