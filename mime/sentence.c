#include "config.h"

#include "mime/sentence.h"

#include <string.h>

#include "lib/text.h"

char *
sentence_fold(const char *text)
{
    g_autofree char *folded = text_fold(text);
    return g_utf8_normalize(folded, -1, G_NORMALIZE_DEFAULT_COMPOSE);
}

gboolean
sentence_any(const char *folded, gsize length, const char *const *words)
{
    for (; *words; words++)
        if (memmem(folded, length, *words, strlen(*words)))
            return TRUE;
    return FALSE;
}

gboolean
sentence_contains(const char *folded, const char *const *words)
{
    for (; *words; words++)
        if (strstr(folded, *words))
            return TRUE;
    return FALSE;
}

gsize
sentence_label(const char *folded, const char *const *words)
{
    gsize length = strcspn(folded, ":");
    while (length && folded[length - 1] == ' ')
        length--;
    for (; *words; words++)
        if (strlen(*words) == length && strncmp(folded, *words, length) == 0)
            return length;
    return 0;
}

gboolean
sentence_has(const char *folded, const char *const *one, const char *const *other)
{
    static const char ends[] = ".|;!?\"";
    for (const char *p = folded; *p;) {
        gsize length = strcspn(p, ends);
        while (p[length] == '.' && p[length + 1] && p[length + 1] != ' ') /* of a domain, a number */
            length += 1 + strcspn(p + length + 1, ends);
        length += p[length] != '\0';
        if (sentence_any(p, length, one) && sentence_any(p, length, other))
            return TRUE;
        p += length;
    }
    return FALSE;
}
