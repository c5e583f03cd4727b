#include "config.h"

#include "mime/subject.h"

#include "mime/fold.h"
#include "mime/phrases.h"

#include <string.h>

#define PREFIX_BYTES 40

static const char *
skip_spaces(const char *p)
{
    while (*p && g_unichar_isspace(g_utf8_get_char(p)))
        p = g_utf8_next_char(p);
    return p;
}

/* `[acme-list]` before or between prefixes. */
static const char *
skip_tag(const char *p)
{
    const char *close = *p == '[' ? strchr(p, ']') : NULL;
    return close && close - p <= PREFIX_BYTES && close[1] ? skip_spaces(close + 1) : p;
}

/* "Re:", "RE[2]:", "Re^3:", "AW (2):". Returns what follows, or NULL. */
static const char *
one_prefix(const char *p, enum subject_kind *kind)
{
    const char *colon = p;
    gsize width = 0;
    for (; *colon && colon - p < PREFIX_BYTES && !width; colon++)
        width = *colon == ':' ? 1 : (strncmp(colon, "\xef\xbc\x9a", 3) == 0 ? 3 : 0);
    if (!width)
        return NULL;
    colon--;
    const char *end = p;
    while (end < colon && !strchr("[(^*.0123456789", *end))
        end++;
    struct folded folded;
    fold(&folded, p, (gsize)(end - p));
    if (phrase_is(PHRASE_FORWARD_PREFIX, folded.text))
        *kind = SUBJECT_FORWARD;
    else if (phrase_is(PHRASE_REPLY_PREFIX, folded.text))
        *kind = SUBJECT_REPLY;
    else
        return NULL;
    return skip_spaces(colon + width);
}

enum subject_kind
subject_kind(const char *subject)
{
    enum subject_kind kind = SUBJECT_NEW;
    if (subject)
        one_prefix(skip_tag(skip_spaces(subject)), &kind);
    return kind;
}

const char *
subject_base(const char *subject)
{
    enum subject_kind kind;
    const char *p = subject ? skip_spaces(subject) : "";
    for (const char *next;; p = next) {
        next = one_prefix(p, &kind);
        if (!next) {
            const char *behind = skip_tag(p);
            next = behind != p ? one_prefix(behind, &kind) : NULL;
        }
        if (!next)
            return p;
    }
}
