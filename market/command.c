#include "market/command.h"

#include <string.h>

#include "lib/text.h"

enum { EN, NL, FR, PL, LANGUAGES };
static const char *const languages[LANGUAGES] = {"en", "nl", "fr", "pl"};

/* How much of a mail a command takes. */
enum reach {
    REACH_LINE,
    REACH_LABELS, /* and the lines `Label: value` below it */
    REACH_ALL,    /* and all the rest: nothing of it is a message */
};

/* Words of a language stand apart by blanks; the first is the one that mails use. Accents, hyphens and case do not
 * count. */
static const struct word {
    const char *name;
    const char *words[LANGUAGES];
    enum reach reach;
} vocabulary[COMMAND_COUNT] = {
    [COMMAND_DECLINE] = {"decline", {"decline", "afwijzen", "refuser décliner", "odrzuć"}, REACH_LINE},
    [COMMAND_COMPLETE] = {"complete",
                          {"complete completed", "voltooien voltooid", "terminer terminé", "ukończ zakończ"},
                          REACH_LINE},
    [COMMAND_INACTIVE] = {"inactive", {"inactive", "inactief", "inactif", "nieaktywne"}, REACH_LINE},
    [COMMAND_ACTIVE] = {"active", {"active", "actief", "actif activer", "aktywne aktywuj"}, REACH_LINE},
    [COMMAND_TAG] = {"tag", {"tag", "tag", "baliser balise étiqueter", "tag otaguj"}, REACH_LINE},
    [COMMAND_UNTAG] = {"untag", {"untag", "ontag", "débaliser", "odtaguj"}, REACH_LINE},
    [COMMAND_TAG_RENAME] = {"tag-rename", {"tag-rename", "tag-hernoemen", "balise-renommer", "tag-zmień"}, REACH_LINE},
    [COMMAND_TAG_DELETE] = {"tag-delete",
                            {"tag-delete", "tag-verwijderen", "balise-supprimer", "tag-usuń"},
                            REACH_LINE},
    [COMMAND_TAGS] = {"tags", {"tags", "tags", "balises étiquettes", "tagi"}, REACH_LINE},
    [COMMAND_ASSIGN] = {"assign", {"assign", "toewijzen", "assigner attribuer", "przypisz"}, REACH_LINE},
    [COMMAND_UNASSIGN] = {"unassign", {"unassign", "losmaken", "désassigner", "odepnij"}, REACH_LINE},
    [COMMAND_NOTE] = {"note",
                      {"note comment", "notitie opmerking", "note commentaire", "notatka komentarz"},
                      REACH_ALL},
    [COMMAND_PROPOSE] = {"propose",
                         {"propose proposal", "voorstel voorstellen", "proposer proposition devis", "oferta zaoferuj"},
                         REACH_LABELS},
    [COMMAND_INVOICE] = {"invoice", {"invoice", "factuur factureren", "facturer facture", "faktura"}, REACH_LINE},
    [COMMAND_ACCESS] = {"access", {"access", "toegang", "accès", "dostęp"}, REACH_LINE},
    [COMMAND_REVIEW] = {"review", {"review", "beoordeling", "avis", "opinia"}, REACH_LINE},
    [COMMAND_BLOCK] = {"block", {"block", "blokkeren blokkeer", "bloquer", "zablokuj"}, REACH_LINE},
    [COMMAND_READ] = {"read", {"read", "gelezen", "lu", "przeczytane"}, REACH_LINE},
    [COMMAND_UNREAD] = {"unread", {"unread", "ongelezen", "non-lu", "nieprzeczytane"}, REACH_LINE},
    [COMMAND_SHOW] = {"show", {"show", "tonen toon", "afficher montrer", "pokaż"}, REACH_LINE},
    [COMMAND_FULL] = {"full", {"full", "volledig", "intégral", "całość"}, REACH_LINE},
    [COMMAND_UNDO] = {"undo", {"undo", "ongedaan", "annuler", "cofnij"}, REACH_LINE},
    [COMMAND_LIST] = {"list", {"list", "lijst", "liste lister", "lista"}, REACH_LINE},
    [COMMAND_SEARCH] = {"search", {"search", "zoek zoeken", "chercher rechercher", "szukaj"}, REACH_LINE},
    [COMMAND_JOBS] = {"jobs", {"jobs", "opdrachten", "tâches missions", "zlecenia zadania"}, REACH_LINE},
    [COMMAND_MORE] = {"more", {"more", "meer", "suite plus", "więcej"}, REACH_LINE},
    [COMMAND_PREFS] = {"prefs",
                       {"prefs preferences", "voorkeuren", "préférences", "preferencje ustawienia"},
                       REACH_LINE},
    [COMMAND_AWAY] = {"away", {"away", "afwezig", "absent", "urlop nieobecność"}, REACH_LINE},
    [COMMAND_SPAM] = {"spam", {"spam", "spam", "spam indésirable", "spam"}, REACH_LINE},
    [COMMAND_ANSWERED] = {"answered", {"answered", "beantwoord", "répondu", "odpowiedziane"}, REACH_LINE},
    [COMMAND_SEND] = {"send", {"send", "verzenden verstuur", "envoyer", "wyślij"}, REACH_LINE},
    [COMMAND_WITHDRAW] = {"withdraw", {"withdraw", "intrekken", "retirer", "wycofaj"}, REACH_LINE},
    [COMMAND_PAID] = {"paid", {"paid", "betaald", "payé payée", "opłacone zapłacone"}, REACH_LINE},
    [COMMAND_SERVICE] = {"service", {"service services", "dienst diensten", "service", "usługa usługi"}, REACH_LINE},
    [COMMAND_ALIAS] = {"alias", {"alias", "alias", "alias", "alias"}, REACH_LINE},
    [COMMAND_MEMBER] = {"member",
                        {"member members", "teamlid teamleden", "membre membres", "członek członkowie"},
                        REACH_LINE},
    [COMMAND_HELP] = {"help", {"help", "hulp", "aide", "pomoc"}, REACH_LINE},
    [COMMAND_ACCEPT] = {"accept", {"accept", "accepteren accepteer", "accepter", "akceptuj zaakceptuj"}, REACH_LINE},
    [COMMAND_CHANGE] = {"change", {"change", "wijzigen wijzig", "modifier", "zmień"}, REACH_ALL},
    [COMMAND_APPROVE] = {"approve", {"approve", "goedkeuren", "approuver autoriser", "zatwierdź"}, REACH_LINE},
    [COMMAND_DENY] = {"deny", {"deny", "weigeren", "rejeter", "odmów"}, REACH_LINE},
    [COMMAND_REMATCH] = {"rematch", {"rematch", "opnieuw", "relancer", "ponów"}, REACH_LINE},
    [COMMAND_CONFIRM] = {"confirm", {"confirm", "bevestigen bevestig", "confirmer", "potwierdź"}, REACH_LINE},
};

/* ---- words ---- */

/* As words are compared: folded, without hyphens. */
static char *
folded_word(const char *word)
{
    char *folded = text_fold(word);
    char *to = folded;
    for (const char *from = folded; *from; from++)
        if (*from != '-' && *from != '_')
            *to++ = *from;
    *to = '\0';
    return folded;
}

static gboolean
is_word_of(const struct word *entry, const char *folded)
{
    for (guint language = 0; language < LANGUAGES; language++) {
        g_auto(GStrv) words = g_strsplit(entry->words[language], " ", -1);
        for (char **word = words; *word; word++) {
            g_autofree char *other = folded_word(*word);
            if (strcmp(other, folded) == 0)
                return TRUE;
        }
    }
    return FALSE;
}

enum command_id
command_of_word(const char *word)
{
    g_autofree char *folded = folded_word(word);
    for (guint id = COMMAND_UNKNOWN + 1; id < COMMAND_COUNT; id++)
        if (is_word_of(&vocabulary[id], folded))
            return id;
    return COMMAND_UNKNOWN;
}

const char *
command_name(enum command_id id)
{
    g_assert(id < COMMAND_COUNT);
    return vocabulary[id].name; /* of COMMAND_UNKNOWN: NULL */
}

static guint
language_index(const char *language)
{
    for (guint k = 0; k < LANGUAGES; k++)
        if (g_strcmp0(languages[k], language) == 0)
            return k;
    return EN;
}

const char *
command_word(enum command_id id, const char *language)
{
    static const char *first[COMMAND_COUNT][LANGUAGES]; /* interned */
    static gsize ready;
    g_assert(id > COMMAND_UNKNOWN && id < COMMAND_COUNT);
    if (g_once_init_enter(&ready)) {
        for (guint i = COMMAND_UNKNOWN + 1; i < COMMAND_COUNT; i++)
            for (guint k = 0; k < LANGUAGES; k++) {
                const char *words = vocabulary[i].words[k];
                g_autofree char *word = g_strndup(words, strcspn(words, " "));
                first[i][k] = g_intern_string(word);
            }
        g_once_init_leave(&ready, 1);
    }
    return first[id][language_index(language)];
}

const char *
command_me(const char *language)
{
    static const char *const me[LANGUAGES] = {"me", "mij", "moi", "ja"};
    return me[language_index(language)];
}

const char *
command_remove(const char *language)
{
    static const char *const words[LANGUAGES] = {"remove", "verwijderen", "retirer", "usuń"};
    return words[language_index(language)];
}

/* ---- lines ---- */

static void
command_free(gpointer data)
{
    struct command *command = data;
    g_free(command->argument);
    g_free(command->line);
    g_free(command);
}

/* A line without what surrounds its text: blanks, no-break spaces, zero-width marks. */
static char *
bare_line(const char *line, gsize length)
{
    g_autofree char *copy = g_strndup(line, length);
    return text_one_line(copy, length + 1);
}

static const char *
line_end(const char *line)
{
    const char *end = strchr(line, '\n');
    return end ? end : line + strlen(line);
}

static const char *
next_line(const char *line)
{
    const char *end = line_end(line);
    return *end ? end + 1 : end;
}

/* `Label: value`: letters, blanks and digits before the first colon, not too many. */
static gboolean
has_label(const char *line)
{
    const char *colon = strchr(line, ':');
    if (!colon || colon == line || colon - line > 60 || *line == '/' || *line == '>')
        return FALSE;
    for (const char *p = line; p < colon; p = g_utf8_next_char(p))
        if (!g_unichar_isalnum(g_utf8_get_char(p)) && !strchr(" -_()/#.", *p))
            return FALSE;
    return colon[1] != '/'; /* an URL */
}

/* Where the labelled lines below a command end. A value may go on in the lines right below it; blank lines belong to
 * them only between two labels. */
static const char *
labels_end(const char *start)
{
    const char *end = start;
    gboolean open = FALSE; /* the line above belongs to them */
    for (const char *line = start; *line; line = next_line(line)) {
        g_autofree char *bare = bare_line(line, (gsize)(line_end(line) - line));
        gboolean label = has_label(bare);
        open = *bare && *bare != '/' && (open || label);
        if (open)
            end = next_line(line);
        else if (*bare)
            break;
    }
    return end;
}

static struct command *
read_line(const char *bare)
{
    struct command *command = g_new0(struct command, 1);
    gsize length = strcspn(bare + 1, " :");
    g_autofree char *word = g_strndup(bare + 1, length);
    command->id = command_of_word(word);
    const char *rest = bare + 1 + length;
    while (*rest == ' ' || *rest == ':')
        rest++;
    command->argument = g_strdup(command->id == COMMAND_UNKNOWN ? bare : rest);
    command->line = g_strdup(bare);
    return command;
}

static void
extend(struct command *command, const char *from, const char *to)
{
    g_autofree char *more = g_strndup(from, (gsize)(to - from));
    char *whole = g_strconcat(command->argument, *command->argument && *more ? "\n" : "", more, NULL);
    g_free(command->argument);
    command->argument = g_strstrip(whole);
}

/* Takes the lines of one command; returns where the next may begin. */
static const char *
take_command(struct commands *commands, const char *bare, const char *after)
{
    struct command *command = read_line(bare);
    const enum reach reach = vocabulary[command->id].reach;
    const char *end = reach == REACH_ALL ? after + strlen(after) : reach == REACH_LABELS ? labels_end(after) : after;
    if (commands->list->len >= COMMANDS_MOST) {
        command->id = COMMAND_UNKNOWN;
        end = after + strlen(after);
    }
    extend(command, after, end);
    g_ptr_array_add(commands->list, command);
    return end;
}

void
commands_read(const char *words, struct commands *commands)
{
    const char *line = words;
    commands->list = g_ptr_array_new_with_free_func(command_free);
    while (*line) {
        const char *after = next_line(line);
        g_autofree char *bare = bare_line(line, (gsize)(line_end(line) - line));
        if (*bare == '/' && bare[1])
            line = take_command(commands, bare, after);
        else if (!*bare)
            line = after;
        else
            break;
    }
    commands->message = commands->list->len ? g_strstrip(g_strdup(line)) : g_strdup(words);
}

gboolean
commands_have(const struct commands *commands, enum command_id id)
{
    for (guint i = 0; i < commands->list->len; i++)
        if (((const struct command *)g_ptr_array_index(commands->list, i))->id == id)
            return TRUE;
    return FALSE;
}

void
commands_clear(struct commands *commands)
{
    g_clear_pointer(&commands->list, g_ptr_array_unref);
    g_clear_pointer(&commands->message, g_free);
}
