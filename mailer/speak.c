#include "mailer/speak.h"

#include <string.h>
#include <unicode/udat.h>
#include <unicode/udatpg.h>
#include <unicode/uloc.h>
#include <unicode/unumberformatter.h>
#include <unicode/ustring.h>

#include "lib/amount.h"

/* ---- formatters: slow to make, so each thread keeps its own ---- */

struct voice {
    const char *locale;
    UDateFormat *time;
    GHashTable *numbers; /* ICU skeleton → UNumberFormatter */
    UFormattedNumber *result;
};

static void
voice_free(gpointer data)
{
    struct voice *voice = data;
    udat_close(voice->time);
    unumf_closeResult(voice->result);
    g_hash_table_unref(voice->numbers);
    g_free(voice);
}

static void
voices_free(gpointer data)
{
    g_hash_table_unref(data);
}

/* English as it is written in Europe: day before month. */
static const char *
locale_of(const char *language)
{
    return strcmp(language, "en") == 0 ? "en_GB" : g_intern_string(language);
}

/* "Monday 3 May 2027 at 10:00 CEST", in the order and with the signs of the language. */
static UDateFormat *
time_format(const char *locale, const char *zone_name)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar zone[64], skeleton[32], pattern[128];
    u_uastrncpy(skeleton, "yMMMMEEEEdHHmmz", G_N_ELEMENTS(skeleton));
    u_uastrncpy(zone, zone_name, G_N_ELEMENTS(zone));
    zone[G_N_ELEMENTS(zone) - 1] = 0;
    UDateTimePatternGenerator *generator = udatpg_open(locale, &status);
    int32_t length = udatpg_getBestPattern(generator, skeleton, -1, pattern, G_N_ELEMENTS(pattern), &status);
    udatpg_close(generator);
    return udat_open(UDAT_PATTERN, UDAT_PATTERN, locale, zone, -1, pattern, length, &status);
}

static struct voice *
voice_of(const struct speech *speech)
{
    static GPrivate voices = G_PRIVATE_INIT(voices_free);
    GHashTable *known = g_private_get(&voices);
    g_autofree char *key = g_strconcat(speech->language, "|", speech->timezone, NULL);
    if (!known) {
        known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, voice_free);
        g_private_set(&voices, known);
    }
    struct voice *voice = g_hash_table_lookup(known, key);
    if (voice)
        return voice;
    UErrorCode status = U_ZERO_ERROR;
    voice = g_new0(struct voice, 1);
    voice->locale = locale_of(speech->language);
    voice->time = time_format(voice->locale, speech->timezone);
    voice->numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)unumf_close);
    voice->result = unumf_openResult(&status);
    g_hash_table_insert(known, g_steal_pointer(&key), voice);
    return voice;
}

static UNumberFormatter *
number_format(struct voice *voice, const char *skeleton)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar wide[96];
    UNumberFormatter *format = g_hash_table_lookup(voice->numbers, skeleton);
    if (format)
        return format;
    u_uastrncpy(wide, skeleton, G_N_ELEMENTS(wide));
    wide[G_N_ELEMENTS(wide) - 1] = 0;
    format = unumf_openForSkeletonAndLocale(wide, -1, voice->locale, &status);
    if (U_SUCCESS(status))
        g_hash_table_insert(voice->numbers, g_strdup(skeleton), format);
    else
        unumf_close(format);
    return U_SUCCESS(status) ? format : NULL;
}

static json_t *
to_json(const UChar *wide, int32_t length, UErrorCode status)
{
    char text[1024];
    int32_t bytes = 0;
    if (U_SUCCESS(status))
        u_strToUTF8(text, sizeof text, &bytes, wide, length, &status);
    return U_SUCCESS(status) && status != U_STRING_NOT_TERMINATED_WARNING ? json_stringn(text, (gsize)bytes) : NULL;
}

/* A number as exact digits: "-12.50". */
static json_t *
say_number(struct voice *voice, const char *skeleton, const char *digits)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar wide[256];
    const UNumberFormatter *format = number_format(voice, skeleton);
    if (!format)
        return NULL;
    unumf_formatDecimal(format, digits, -1, voice->result, &status);
    int32_t length = unumf_resultToString(voice->result, wide, G_N_ELEMENTS(wide), &status);
    return to_json(wide, length, status);
}

/* ---- facts; NULL: the value is not of that kind ---- */

static json_t *
say_time(struct voice *voice, const json_t *value)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar wide[256];
    if (!json_is_integer(value) || !voice->time)
        return NULL;
    UDate milliseconds = (double)json_integer_value(value) * 1000;
    int32_t length = udat_format(voice->time, milliseconds, wide, G_N_ELEMENTS(wide), NULL, &status);
    return to_json(wide, length, status);
}

static json_t *
say_integer(struct voice *voice, const char *skeleton, json_int_t number)
{
    char digits[32];
    g_snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT, number);
    return say_number(voice, skeleton, digits);
}

static json_t *
say_duration(struct voice *voice, const json_t *value)
{
    static const struct {
        json_int_t seconds;
        const char *skeleton;
    } units[] = {{86400, "measure-unit/duration-day unit-width-full-name"},
                 {3600, "measure-unit/duration-hour unit-width-full-name"},
                 {60, "measure-unit/duration-minute unit-width-full-name"},
                 {1, "measure-unit/duration-second unit-width-full-name"}};
    json_int_t seconds = json_integer_value(value);
    guint i = 0;
    if (!json_is_integer(value))
        return NULL;
    while (i + 1 < G_N_ELEMENTS(units) && (seconds % units[i].seconds || !seconds))
        i++;
    return say_integer(voice, units[i].skeleton, seconds / units[i].seconds);
}

static json_t *
say_size(struct voice *voice, const json_t *value)
{
    static const char *const skeletons[] = {
        "measure-unit/digital-byte unit-width-full-name", "measure-unit/digital-kilobyte unit-width-short",
        "measure-unit/digital-megabyte unit-width-short", "measure-unit/digital-gigabyte unit-width-short"};
    double size = (double)json_integer_value(value);
    char digits[G_ASCII_DTOSTR_BUF_SIZE];
    guint i = 0;
    if (!json_is_integer(value) || size < 0)
        return NULL;
    for (; size >= 1000 && i + 1 < G_N_ELEMENTS(skeletons); i++)
        size /= 1000;
    g_ascii_formatd(digits, sizeof digits, size < 10 && i ? "%.1f" : "%.0f", size);
    return say_number(voice, skeletons[i], digits);
}

/* Decimals are ISO 4217's, as sums are read: ICU's are those of daily use (none for IQD), and would print another sum.
 */
static json_t *
say_money(struct voice *voice, const json_t *value)
{
    static const char *const precisions[] = {"precision-integer", ".0", ".00", ".000"};
    const json_t *amount = json_object_get(value, "amount");
    const char *currency = json_string_value(json_object_get(value, "currency"));
    char skeleton[64], digits[32];
    if (!json_is_integer(amount) || !currency || strlen(currency) != 3)
        return NULL;
    int decimals = amount_decimals(currency);
    g_snprintf(skeleton, sizeof skeleton, "currency/%s %s", currency, precisions[decimals]);
    g_snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT "E-%d", json_integer_value(amount), decimals);
    return say_number(voice, skeleton, digits);
}

static const struct {
    const char *suffix;
    json_t *(*say)(struct voice *voice, const json_t *value);
} facts[] = {{"_time", say_time}, {"_seconds", say_duration}, {"_bytes", say_size}, {"_money", say_money}};

/* ---- walking ---- */

enum { MAX_SAID = 64 << 10 };

struct speaker {
    const struct speech *speech;
    struct voice *voice;
    const json_t *root;
};

static json_t *
say_key(const struct speaker *speaker, const json_t *object, const char *key)
{
    const struct speech *speech = speaker->speech;
    const struct template_view view = {.data = object,
                                       .outer = speaker->root,
                                       .max_output = MAX_SAID,
                                       .string = speech->string,
                                       .missing = speech->missing,
                                       .arg = speech->arg};
    g_autoptr(GString) said = g_string_new(NULL);
    return template_render_string(key, &view, said, NULL) ? json_stringn(said->str, said->len) : NULL;
}

static void speak_value(const struct speaker *speaker, json_t *value);

/* What is added waits until all members were seen: an object in a walk is not to be changed. */
static void
speak_object(const struct speaker *speaker, json_t *object)
{
    const char *key;
    json_t *value, *added = NULL;
    json_object_foreach(object, key, value)
    {
        if (json_is_object(value) || json_is_array(value))
            speak_value(speaker, value);
        const char *suffix = strrchr(key, '_');
        for (guint i = 0; suffix && i < G_N_ELEMENTS(facts); i++) {
            if (strcmp(suffix, facts[i].suffix) != 0)
                continue;
            g_autofree char *words = g_strdup_printf("%.*s_words", (int)(suffix - key), key);
            added = added ? added : json_object();
            json_object_set_new(added, words, facts[i].say(speaker->voice, value));
        }
    }
    if (added)
        json_object_update(object, added);
    json_decref(added);
    const char *say = json_string_value(json_object_get(object, "say"));
    if (say)
        json_object_set_new(object, "said", say_key(speaker, object, say));
}

static void
speak_value(const struct speaker *speaker, json_t *value)
{
    gsize i;
    json_t *item;
    if (json_is_object(value))
        speak_object(speaker, value);
    else
        json_array_foreach(value, i, item) speak_value(speaker, item);
}

void
speak(json_t *data, const struct speech *speech)
{
    const struct speaker speaker = {speech, voice_of(speech), data};
    speak_value(&speaker, data);
}

const char *
speak_direction(const char *language)
{
    return uloc_isRightToLeft(language) ? "rtl" : "ltr";
}
