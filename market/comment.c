#include "market/comment.h"

#include <string.h>

#include "lib/text.h"
#include "market/audit.h"
#include "market/search.h"

enum { WORD_CHARACTERS = 24 };

/* ---- what looks like one ---- */

/* Every word of /note, folded, and what is typed for it. */
static const char *const notes[] = {"note",        "comment", "notitie",   "opmerking",
                                    "commentaire", "notatka", "komentarz", "notiz"};

static gboolean
is_slash(gunichar c)
{
    return c == '/' || c == '\\' || c == 0xff0f || c == 0x2044 || c == 0x2215 || c == 0x29f8;
}

/* At most one letter more, less or other, for words of four; two for longer ones (Levenshtein). */
static gboolean
is_near(const char *word, const char *note)
{
    gsize n = strlen(note), m = strlen(word), most = n > 5 ? 2 : 1;
    guint row[WORD_CHARACTERS + 2];
    if (m > WORD_CHARACTERS || n > WORD_CHARACTERS)
        return FALSE;
    for (gsize k = 0; k <= m; k++)
        row[k] = (guint)k;
    for (gsize i = 1; i <= n; i++) {
        guint corner = row[0]++;
        for (gsize k = 1; k <= m; k++) {
            guint changed = corner + (note[i - 1] != word[k - 1]);
            corner = row[k];
            row[k] = MIN(MIN(row[k], row[k - 1]) + 1, changed);
        }
    }
    return row[m] <= most;
}

static gboolean
is_note_word(const char *word)
{
    for (guint i = 0; i < G_N_ELEMENTS(notes); i++)
        if (is_near(word, notes[i]) || g_str_has_prefix(word, notes[i]))
            return TRUE;
    return FALSE;
}

/* The word behind a slash that begins a line, whatever else stands before it that is no letter; NULL. */
static char *
word_of_line(const char *line, const char *end)
{
    gboolean slash = FALSE;
    while (line < end && !g_unichar_isalnum(g_utf8_get_char(line))) {
        slash = slash || is_slash(g_utf8_get_char(line));
        line = g_utf8_next_char(line);
    }
    const char *to = line;
    while (to < end && to - line < 4 * WORD_CHARACTERS && g_unichar_isalnum(g_utf8_get_char(to)))
        to = g_utf8_next_char(to);
    if (!slash || to == line || (to < end && is_slash(g_utf8_get_char(to)))) /* a path */
        return NULL;
    g_autofree char *word = g_strndup(line, (gsize)(to - line));
    return text_fold(word);
}

gboolean
comment_is_in(const char *text)
{
    for (const char *line = text; *line;) {
        const char *end = strchr(line, '\n');
        end = end ? end : line + strlen(line);
        g_autofree char *word = word_of_line(line, end);
        if (word && is_note_word(word))
            return TRUE;
        line = *end ? end + 1 : end;
    }
    return FALSE;
}

/* ---- what is quoted ---- */

enum { QUOTED_BYTES = 1024 }; /* of each comment; whoever quotes it quotes its beginning */

char *
comment_letters(const char *text)
{
    g_autofree char *folded = text_fold(text);
    GString *out = g_string_new(NULL);
    for (const char *p = folded; *p; p = g_utf8_next_char(p))
        if (g_unichar_isalnum(g_utf8_get_char(p)))
            g_string_append_unichar(out, g_utf8_get_char(p));
    return g_string_free(out, FALSE);
}

/* The beginning of a comment, cut between characters. */
static char *
beginning(const char *text)
{
    if (strlen(text) <= QUOTED_BYTES)
        return comment_letters(text);
    const char *end = g_utf8_find_prev_char(text, text + QUOTED_BYTES);
    g_autofree char *start = g_strndup(text, (gsize)(end - text));
    return comment_letters(start);
}

gboolean
comment_is_quoted(struct act *act, gint64 conversation_id, const char *letters, gboolean *quoted, GError **error)
{
    *quoted = FALSE;
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_COMMENTS, error, store_int(conversation_id));
    for (guint i = 0; rows && i < store_rows_count(rows) && !*quoted; i++) {
        g_autofree char *needle = beginning(store_rows_text(rows, i, "text"));
        *quoted = *needle && strstr(letters, needle) != NULL;
    }
    return rows != NULL;
}

/* ---- /note ---- */

gboolean
comment_perform(struct performing *p, const struct command *command, GError **error)
{
    const struct conversation *c = p->conversation;
    if (!*command->argument)
        return perform_fail(p, "cannot.note_empty", NULL);
    g_autoptr(store_rows) added = store_query(p->act->tx, STMT_COMMENT_ADD, error, store_int(c->id),
                                              store_int(c->job_id), store_text(p->actor_name), store_text(p->actor),
                                              store_text(command->argument), store_int(p->act->now));
    if (!added)
        return FALSE;
    perform_said(p, "said.noted", NULL);
    return search_index_comment(p->act, c->id, command->argument, error) &&
           audit_add(p->act, p->actor, "comment_added", store_rows_int(added, 0, "id"), command->argument, error);
}
