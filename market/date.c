#include "market/date.h"

#include <string.h>

#include "lib/text.h"

enum { MOST_AHEAD = 2 * 366 * 86400 };

/* Folded, whatever a month's name may begin with. */
static const char *const months[12] = {
    "january januari janvier styczen stycznia",
    "february februari fevrier luty lutego",
    "march maart mrt mars marzec marca",
    "april avril kwiecien kwietnia",
    "may mei mai maj maja",
    "june juni juin czerwiec czerwca",
    "july juli juillet lipiec lipca",
    "august augustus aout sierpien sierpnia",
    "september septembre wrzesien wrzesnia",
    "october oktober octobre pazdziernik pazdziernika",
    "november novembre listopad listopada",
    "december decembre grudzien grudnia",
};

/* Before a day: nothing that matters; and what makes the day itself belong to it. */
static const char *const small_words[] = {"until", "till", "to",   "tot",  "jusqu", "jusque", "au", "le", "do", "the",
                                          "of",    "de",   "dnia", "roku", "r",     "on",     "op", "en", NULL};
static const char *const including[] = {"through", "inclusive", "incl", "met", "m", "inclus", "wlacznie", NULL};
static const char *const ordinals[] = {"st", "nd", "rd", "th", "er", "e", "ste", "de", NULL};

struct reading {
    int numbers[3];
    gsize digits[3]; /* how many each was written with */
    guint count;
    int month;          /* by name; 0: none */
    guint month_behind; /* how many numbers stood before it */
    gboolean including;
};

/* The month that a word begins and no other: 1 … 12, else 0. */
static int
month_of(const char *word)
{
    int found = 0;
    for (guint i = 0; i < G_N_ELEMENTS(months) && strlen(word) >= 3; i++) {
        g_auto(GStrv) names = g_strsplit(months[i], " ", -1);
        gboolean fits = FALSE;
        for (char **name = names; *name; name++)
            fits = fits || g_str_has_prefix(*name, word);
        if (fits && found)
            return 0;
        found = fits ? (int)i + 1 : found;
    }
    return found;
}

static gboolean
take_number(struct reading *r, const char *token)
{
    gsize digits = strspn(token, "0123456789");
    if (r->count == G_N_ELEMENTS(r->numbers) || digits > 4 ||
        (token[digits] && !g_strv_contains(ordinals, token + digits)))
        return FALSE;
    r->numbers[r->count] = (int)g_ascii_strtoll(token, NULL, 10);
    r->digits[r->count++] = digits;
    return TRUE;
}

static gboolean
take_token(struct reading *r, const char *token)
{
    if (g_ascii_isdigit(*token))
        return take_number(r, token);
    if (g_strv_contains(including, token))
        r->including = TRUE;
    else if (g_strv_contains(small_words, token) || strcmp(token, "t") == 0)
        return TRUE;
    else if (r->month || !(r->month = month_of(token)))
        return FALSE;
    else
        r->month_behind = r->count;
    return TRUE;
}

static gboolean
take_all(struct reading *r, const char *text)
{
    g_autofree char *folded = text_fold(text);
    g_auto(GStrv) tokens = g_strsplit_set(folded, " .,/-'\"()", -1);
    for (char **token = tokens; *token; token++)
        if (**token && !take_token(r, *token))
            return FALSE;
    return r->count > 0;
}

/* `*year` 0: none was written. FALSE: not a day. */
static gboolean
arrange(const struct reading *r, int *year, int *month, int *day)
{
    guint count = r->count + (r->month != 0);
    gboolean year_first = !r->month && r->digits[0] == 4;
    if (count < 2 || count > 3 || (r->month && r->month_behind > 1))
        return FALSE;
    *year = 0;
    if (count == 3)
        *year = year_first ? r->numbers[0] : r->numbers[r->count - 1];
    if (count == 3 && (year_first ? 4 : r->digits[r->count - 1]) == 2)
        *year += 2000;
    *month = r->month ? r->month : r->numbers[1];
    *day = r->month ? r->numbers[0] : r->numbers[year_first ? 2 : 0];
    return (count == 2 || *year >= 2000) && (count == 3 || !year_first) && *day >= 1 && *day <= 31;
}

gboolean
date_read(const char *text, const char *zone_name, gint64 now, gint64 *at)
{
    struct reading r = {0};
    int year, month, day;
    g_autoptr(GTimeZone) zone = zone_name ? g_time_zone_new_identifier(zone_name) : NULL;
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) moment = g_date_time_new_from_unix_utc(now);
    g_autoptr(GDateTime) today = moment ? g_date_time_to_timezone(moment, zone ? zone : utc) : NULL;
    if (!today || !take_all(&r, text) || !arrange(&r, &year, &month, &day))
        return FALSE;
    g_autoptr(GDateTime) first = NULL;
    for (int guess = year ? year : g_date_time_get_year(today); !first; guess++) {
        g_autoptr(GDateTime) begins = g_date_time_new(zone ? zone : utc, guess, month, day, 0, 0, 0);
        first = begins && r.including ? g_date_time_add_days(begins, 1) : g_steal_pointer(&begins);
        if (year || guess > g_date_time_get_year(today) + 1)
            break;
        if (first && g_date_time_to_unix(first) <= now)
            g_clear_pointer(&first, g_date_time_unref);
    }
    if (!first)
        return FALSE;
    *at = g_date_time_to_unix(first);
    return *at > now && *at - now <= MOST_AHEAD;
}
