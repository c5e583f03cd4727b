#include "mime/datetime.h"

#include <string.h>

#include <gmime/gmime.h>

enum { DATE_BYTES = 200 };

/* Zones that RFC 5322 does not know and that programs write where no number stands. Hours, in minutes. */
static const struct {
    const char *name, *offset;
} zones[] = {
    {"CET", "+0100"},  {"CEST", "+0200"}, {"MET", "+0100"},  {"MEST", "+0200"}, {"MEZ", "+0100"}, {"MESZ", "+0200"},
    {"EET", "+0200"},  {"EEST", "+0300"}, {"WET", "+0000"},  {"WEST", "+0100"}, {"BST", "+0100"}, {"MSK", "+0300"},
    {"IST", "+0530"},  {"SGT", "+0800"},  {"HKT", "+0800"},  {"JST", "+0900"},  {"KST", "+0900"}, {"AEST", "+1000"},
    {"AEDT", "+1100"}, {"NZST", "+1200"}, {"NZDT", "+1300"},
};

static gsize
digits(const char *p)
{
    return strspn(p, "0123456789");
}

/* "10.00.00" → "10:00:00". */
static void
mend_time(char *word)
{
    gsize hour = digits(word);
    if (hour < 1 || hour > 2 || word[hour] != '.' || digits(word + hour + 1) != 2)
        return;
    for (char *p = word; *p; p++)
        if (*p == '.')
            *p = ':';
}

/* "+01:00", "GMT+0100", "UTC+01:00" → "+0100". */
static void
mend_offset(char *word)
{
    char *sign = strpbrk(word, "+-");
    gsize name = sign ? (gsize)(sign - word) : 0;
    if (!sign ||
        (name > 0 && g_ascii_strncasecmp(word, "GMT", name) != 0 && g_ascii_strncasecmp(word, "UTC", name) != 0))
        return;
    gsize hour = digits(sign + 1);
    if (hour == 2 && sign[3] == ':' && digits(sign + 4) == 2 && sign[6] == '\0')
        memmove(sign + 3, sign + 4, 3);
    if (name > 0 && digits(sign + 1) == 4)
        memmove(word, sign, strlen(sign) + 1);
}

/* A year that a program counted from 1900 (RFC 5322 4.3). */
static char *
mend_year(char *word)
{
    if (digits(word) != 3 || word[3] != '\0')
        return word;
    char *year = g_strdup_printf("%u", 1900 + (guint)g_ascii_strtoull(word, NULL, 10));
    g_free(word);
    return year;
}

static char *
mend_zone(char *word)
{
    for (gsize i = 0; i < G_N_ELEMENTS(zones); i++)
        if (g_ascii_strcasecmp(word, zones[i].name) == 0) {
            g_free(word);
            return g_strdup(zones[i].offset);
        }
    return word;
}

static gboolean
is_offset(const char *word)
{
    return (*word == '+' || *word == '-') && digits(word + 1) == 4;
}

/* The hours to add for "AM" or "PM" behind the time; the word goes. */
static int
take_half_day(char *word, guint hour)
{
    gboolean am = g_ascii_strcasecmp(word, "AM") == 0, pm = g_ascii_strcasecmp(word, "PM") == 0;
    if ((!am && !pm) || hour > 12)
        return 0;
    *word = '\0';
    return am && hour == 12 ? -12 : pm && hour < 12 ? 12 : 0;
}

static char *
mended(const char *text, int *hours)
{
    g_auto(GStrv) words = g_strsplit_set(text, " \t", 40);
    gboolean offset = FALSE;
    guint hour = 24;
    *hours = 0;
    for (char **word = words; *word; word++) {
        mend_time(*word);
        mend_offset(*word);
        *word = mend_year(*word);
        offset = offset || is_offset(*word);
        if (strchr(*word, ':') && digits(*word) > 0)
            hour = (guint)g_ascii_strtoull(*word, NULL, 10);
        *hours += take_half_day(*word, hour);
    }
    for (char **word = words; *word && !offset; word++)
        *word = mend_zone(*word);
    return g_strjoinv(" ", words);
}

/* "2026-01-05T10:00:00+01:00", with a blank for the T too. */
static GDateTime *
read_iso(const char *text)
{
    if (digits(text) != 4 || text[4] != '-' || digits(text + 5) != 2 || text[7] != '-')
        return NULL;
    g_autofree char *iso = g_strndup(text, DATE_BYTES);
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    gsize n = strcspn(iso, " ");
    if (n == 10 && g_ascii_isdigit(iso[11]))
        iso[10] = 'T';
    char *blank = strchr(iso, ' ');
    if (blank && (blank[1] == '+' || blank[1] == '-'))
        memmove(blank, blank + 1, strlen(blank));
    else if (blank)
        *blank = '\0';
    return g_date_time_new_from_iso8601(iso, utc);
}

gboolean
datetime_read(const char *unfolded, gint64 *seconds)
{
    g_autofree char *text = g_strndup(unfolded + strspn(unfolded, " \t"), DATE_BYTES);
    int hours = 0;
    g_autoptr(GDateTime) date = read_iso(text);
    if (!date) {
        g_autofree char *words = mended(text, &hours);
        date = g_mime_utils_header_decode_date(words);
    }
    if (!date)
        return FALSE;
    *seconds = g_date_time_to_unix(date) + hours * 3600;
    return TRUE;
}
