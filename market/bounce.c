#include "market/bounce.h"

#include <string.h>

enum { SOFT_MOST = 5, SOFT_SPAN = 7 * 86400 };

/* Enhanced status codes of addresses that will not come back (RFC 3463 3.2, RFC 7505). */
static const char *const hard_codes[] = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"};
/* For servers that give none. */
static const char *const hard_words[] = {"user unknown",      "unknown user",        "no such user",
                                         "does not exist",    "mailbox unavailable", "no such mailbox",
                                         "unknown recipient", "host not found"};

static gboolean
has_code(const char *reply, const char *code)
{
    gsize length = strlen(code);
    for (const char *at = reply; (at = strstr(at, code)); at += length)
        if ((at == reply || !(g_ascii_isdigit(at[-1]) || at[-1] == '.')) &&
            !(g_ascii_isdigit(at[length]) || (at[length] == '.' && g_ascii_isdigit(at[length + 1]))))
            return TRUE;
    return FALSE;
}

gboolean
bounce_is_hard(const char *reply)
{
    if (!reply)
        return FALSE;
    g_autofree char *words = g_ascii_strdown(reply, -1);
    for (gsize i = 0; i < G_N_ELEMENTS(hard_codes); i++)
        if (has_code(words, hard_codes[i]))
            return TRUE;
    if (g_ascii_strncasecmp(reply, "55", 2) != 0) /* 4yz with the same words is a server in trouble */
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(hard_words); i++)
        if (strstr(words, hard_words[i]))
            return TRUE;
    return FALSE;
}

gboolean
bounce_note(struct act *act, const char *address, gboolean hard, const char *reply, GError **error)
{
    return store_run(act->tx, STMT_BAD_ADDRESS_NOTE, error, store_text(address), store_int(hard), store_int(act->now),
                     store_text(reply ? reply : ""), store_int(act->now - SOFT_SPAN));
}

gboolean
bounce_forget(struct act *act, const char *address, GError **error)
{
    return store_run(act->tx, STMT_BAD_ADDRESS_FORGET, error, store_text(address));
}

gboolean
bounce_is_marked(struct act *act, const char *address, gboolean *marked, GError **error)
{
    g_autoptr(store_rows) rows =
        store_query(act->tx, STMT_BAD_ADDRESS, error, store_text(address), store_int(SOFT_MOST));
    *marked = rows && store_rows_count(rows);
    return rows != NULL;
}

gboolean
bounce_find_other(struct act *act, const char *address, char **other, char **name, GError **error)
{
    *other = *name = NULL;
    g_autoptr(store_rows) rows =
        store_query(act->tx, STMT_BAD_ADDRESS_OTHER, error, store_text(address), store_int(SOFT_MOST));
    if (!rows || !store_rows_count(rows))
        return rows != NULL;
    *other = g_strdup(store_rows_text(rows, 0, "address"));
    *name = g_strdup(store_rows_text(rows, 0, "name"));
    return TRUE;
}
