/*
 * The text functions on what makes normalisers, bidi and domain conversion slow: the time for eight times the input
 * over the time for it, a ratio of 8 being linear. Medians of five; prints, judges nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"

typedef char *(*text_fn)(const char *text);

static char *
one_line(const char *text)
{
    return text_one_line(text, 100);
}

static char *
fold_file_name(const char *text)
{
    return text_file_name(text, "file");
}

static char *
all_bytes(const char *text)
{
    return text_utf8(text, strlen(text));
}

static const text_fn FUNCTIONS[] = {text_fold,     text_ascii,     one_line, text_address,
                                    text_hostname, fold_file_name, all_bytes};

/* What makes normalisers, bidi and domain conversion slow. */
static const char *const UNITS[] = {
    "\u0301\u0323", "\u0344\u0f71\u0327", "\xff", " ", "\u200b", "ﷺ", "\uff76\uff9e\uff9f", "ü", "é.", ".", "/", "a@",
    "한",           "\U0001d15e\u0323"};

static gint
compare(gconstpointer a, gconstpointer b)
{
    gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
    return (x > y) - (x < y);
}

static gint64
median_time(const char *unit, guint count)
{
    gint64 times[5];
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < count; i++)
        g_string_append(text, unit);
    for (guint round = 0; round < G_N_ELEMENTS(times); round++) {
        gint64 start = g_get_monotonic_time();
        for (guint i = 0; i < G_N_ELEMENTS(FUNCTIONS); i++)
            g_free(FUNCTIONS[i](text->str));
        times[round] = g_get_monotonic_time() - start;
    }
    qsort(times, G_N_ELEMENTS(times), sizeof *times, compare);
    return MAX(times[2], 1);
}

int
main(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(UNITS); i++) {
        gint64 small = median_time(UNITS[i], 10000), large = median_time(UNITS[i], 80000);
        g_print("pattern %2u: %7" G_GINT64_FORMAT " us, eight times the input %7" G_GINT64_FORMAT " us, ratio %.1f\n",
                i, small, large, (double)large / (double)small);
    }
    return 0;
}
