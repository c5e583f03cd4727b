#include "market/prefs.h"

#include <string.h>

#include "lib/text.h"
#include "market/bounce.h"
#include "market/date.h"

/* ---- words ---- */

int
prefs_word(const char *const *lists, guint count, const char *word)
{
    g_autofree char *folded = text_fold(word);
    for (guint i = 0; *folded && i < count; i++) {
        g_auto(GStrv) words = g_strsplit(lists[i], " ", -1);
        if (g_strv_contains((const char *const *)words, folded))
            return (int)i;
    }
    return -1;
}

static const char *const answers[] = {"no nee non nie n off uit 0 false", "yes ja oui tak y j on aan 1 true"};
static const char *const languages[] = {"en", "nl", "fr", "pl"};
static const char *const language_words[] = {"en english engels anglais angielski",
                                             "nl dutch nederlands neerlandais holenderski niderlandzki",
                                             "fr french frans francais francuski", "pl polish pools polonais polski"};
static const char *const digests[] = {"html", "mime", "off"};
static const char *const digest_words[] = {"html", "mime", "off uit non nie no nee aucun"};

/* The organisation as its row is. */
struct state {
    struct performing *p;
    const store_rows *row;
    gboolean is_notify;    /* the notification address writes */
    gboolean names_notify; /* a member who reads its mailbox sets what is its, "digest off team@acme.test" */
};

static gboolean
is_organisations(const struct state *s)
{
    return !s->p->member_id || s->is_notify || s->names_notify;
}

static gboolean
bad_value(const struct state *s, const char *value)
{
    g_autofree char *shown = text_one_line(value, 100);
    return perform_fail(s->p, "cannot.pref_value", json_pack("{s:s}", "value", shown));
}

/* ---- setting ---- */

static gboolean
set_number(const struct state *s, enum store_statement statement, gint64 value, GError **error)
{
    return store_run(s->p->act->tx, statement, error, store_int(s->p->organisation->id), store_int(value));
}

static gboolean
set_answer(const struct state *s, enum store_statement statement, const char *value, GError **error)
{
    int answer = prefs_word(answers, G_N_ELEMENTS(answers), value);
    return answer < 0 ? bad_value(s, value) : set_number(s, statement, answer, error);
}

/* Whoever says this is back, or away with no end in sight. */
static gboolean
set_available(const struct state *s, const char *value, GError **error)
{
    return set_answer(s, STMT_PREFS_AVAILABLE, value, error) &&
           (s->p->failed ||
            store_run(s->p->act->tx, STMT_TIMER_DROP, error, store_text("away"), store_int(s->p->organisation->id)));
}

static gboolean
set_search(const struct state *s, const char *value, GError **error)
{
    return set_answer(s, STMT_PREFS_SEARCHABLE, value, error);
}

static gboolean
set_matching(const struct state *s, const char *value, GError **error)
{
    return set_answer(s, STMT_PREFS_MATCHED, value, error);
}

static gboolean
set_dropshipping(const struct state *s, const char *value, GError **error)
{
    return set_answer(s, STMT_PREFS_DROPSHIPPING, value, error);
}

static gboolean
set_reminders(const struct state *s, const char *value, GError **error)
{
    return set_answer(s, STMT_PREFS_REMINDERS, value, error);
}

static gboolean
set_calendar(const struct state *s, const char *value, GError **error)
{
    return set_answer(s, STMT_PREFS_CALENDAR, value, error);
}

/* A person's own, the organisation's, or both. */
static gboolean
set_personal(const struct state *s, enum store_statement own, enum store_statement organisations, const char *value,
             GError **error)
{
    struct performing *p = s->p;
    if (p->member_id && !s->names_notify &&
        !store_run(p->act->tx, own, error, store_int(p->member_id), store_text(value)))
        return FALSE;
    return !is_organisations(s) ||
           store_run(p->act->tx, organisations, error, store_int(p->organisation->id), store_text(value));
}

static gboolean
set_language(const struct state *s, const char *value, GError **error)
{
    int language = prefs_word(language_words, G_N_ELEMENTS(language_words), value);
    return language < 0 ? bad_value(s, value)
                        : set_personal(s, STMT_MEMBER_LANGUAGE, STMT_PREFS_LANGUAGE, languages[language], error);
}

static gboolean
set_digest(const struct state *s, const char *value, GError **error)
{
    int digest = prefs_word(digest_words, G_N_ELEMENTS(digest_words), value);
    return digest < 0 ? bad_value(s, value)
                      : set_personal(s, STMT_MEMBER_DIGEST, STMT_PREFS_DIGEST, digests[digest], error);
}

/* Notifications go to somebody who acts for the organisation: whoever reads them can answer. */
static gboolean
set_notify(const struct state *s, const char *value, GError **error)
{
    g_autofree char *address = text_address(value);
    gboolean own = FALSE;
    if (!address)
        return bad_value(s, value);
    if (!organisation_has_address(s->p->act, s->p->organisation->id, address, &own, error))
        return FALSE;
    if (!own)
        return perform_fail(s->p, "cannot.pref_notify", json_pack("{s:s}", "value", address));
    return bounce_forget(s->p->act, address, error) &&
           store_run(s->p->act->tx, STMT_PREFS_NOTIFY, error, store_int(s->p->organisation->id), store_text(address));
}

static gboolean
set_timezone(const struct state *s, const char *value, GError **error)
{
    if (!text_is_timezone(value))
        return bad_value(s, value);
    return store_run(s->p->act->tx, STMT_PREFS_TIMEZONE, error, store_int(s->p->organisation->id), store_text(value));
}

/* ---- the keys ---- */

enum shape { SHAPE_ANSWER, SHAPE_TEXT };

static const struct key {
    const char *name;  /* of the string "pref.NAME" and the admin's word */
    const char *words; /* folded */
    const char *column;
    enum shape shape;
    gboolean (*set)(const struct state *s, const char *value, GError **error);
    gboolean personal; /* a member's own, or the notification address's */
} keys[] = {
    {"available", "available beschikbaar disponible dostepny dostepna dostepnosc", "available", SHAPE_ANSWER,
     set_available},
    {"search", "search searchable zoeken vindbaar recherche wyszukiwanie", "searchable", SHAPE_ANSWER, set_search},
    {"matching", "matching matched koppelen appariement dopasowanie", "matched", SHAPE_ANSWER, set_matching},
    {"dropshipping", "dropshipping", "dropshipping", SHAPE_ANSWER, set_dropshipping},
    {"language", "language taal langue jezyk", "language", SHAPE_TEXT, set_language, TRUE},
    {"notify", "notify notifications meldingen notification powiadomienia", "notify", SHAPE_TEXT, set_notify},
    {"timezone", "timezone tijdzone fuseau strefa", "timezone", SHAPE_TEXT, set_timezone},
    {"reminders", "reminders herinneringen rappels przypomnienia", "reminders", SHAPE_ANSWER, set_reminders},
    {"calendar", "calendar agenda kalender calendrier kalendarz", "calendar", SHAPE_ANSWER, set_calendar},
    {"digest", "digest overview overzicht recapitulatif podsumowanie", "digest", SHAPE_TEXT, set_digest, TRUE},
};

static const struct key *
key_of(const char *word)
{
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
        if (prefs_word(&keys[i].words, 1, word) == 0)
            return &keys[i];
    return NULL;
}

/* ---- showing ---- */

static json_t *
value_of(const struct state *s, const struct key *key)
{
    const char *own = s->p->member_id && !s->is_notify ? store_rows_text(s->row, 0, "member_language") : NULL;
    const char *digest = s->p->member_id && !s->is_notify ? store_rows_text(s->row, 0, "member_digest") : NULL;
    const char *text;
    if (key->shape == SHAPE_ANSWER)
        return json_pack("{s:s}", "say", store_rows_int(s->row, 0, key->column) ? "answer.yes" : "answer.no");
    if (key->set == set_digest && s->p->member_id && !s->is_notify)
        text = digest ? digest : "off";
    else
        text = own && key->set == set_language ? own : store_rows_text(s->row, 0, key->column);
    return json_string(text ? text : s->p->act->market->conf->timezone);
}

static void
show(const struct state *s)
{
    json_t *facts = json_array();
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_autofree char *say = g_strdup_printf("pref.%s", keys[i].name);
        json_array_append_new(
            facts, json_pack("{s:s, s:s, s:o}", "say", say, "key", keys[i].name, "value", value_of(s, &keys[i])));
    }
    if (!store_rows_is_null(s->row, 0, "away_until"))
        json_array_append_new(facts, json_pack("{s:s, s:I}", "say", "pref.away", "back_time",
                                               (json_int_t)store_rows_int(s->row, 0, "away_until")));
    perform_said(s->p, "said.prefs", json_pack("{s:o}", "facts", facts));
}

/* ---- commands ---- */

/* `whose`: the address whose preference it is; NULL: it is everybody's. */
static gboolean
set_and_say(const struct state *s, const struct key *key, const char *word, const char *value, const char *whose,
            GError **error)
{
    if (!key->set(s, value, error))
        return FALSE;
    if (!s->p->failed)
        perform_said(s->p, whose ? "said.pref_set_for" : "said.pref_set",
                     json_pack("{s:s, s:s, s:s*}", "key", word, "value", value, "address", whose));
    return TRUE;
}

static gboolean
set_for(const struct state *s, const struct key *key, const char *word, const char *argument, GError **error)
{
    struct state of = *s;
    const char *notify = store_rows_text(s->row, 0, "notify");
    gsize length = strcspn(argument, " ");
    g_autofree char *value = g_strndup(argument, length);
    g_autofree char *named = argument[length] ? text_address(argument + length + 1) : NULL;
    of.names_notify = !s->is_notify && g_strcmp0(named, notify) == 0;
    if (argument[length] && !of.names_notify && g_strcmp0(named, s->p->actor) != 0)
        return bad_value(s, argument);
    return set_and_say(&of, key, word, value, is_organisations(&of) ? notify : s->p->actor, error);
}

static gboolean
set_one(const struct state *s, const char *argument, GError **error)
{
    gsize length = strcspn(argument, " =:");
    g_autofree char *word = g_strndup(argument, length);
    const char *value = argument + length + strspn(argument + length, " =:");
    const struct key *key = key_of(word);
    if (!key) {
        g_autofree char *shown = text_one_line(word, 100);
        return perform_fail(s->p, "cannot.no_such_pref", json_pack("{s:s}", "key", shown));
    }
    return key->personal ? set_for(s, key, word, value, error) : set_and_say(s, key, word, value, NULL, error);
}

gboolean
prefs_perform(struct performing *p, const struct command *command, GError **error)
{
    g_autoptr(store_rows) row =
        store_query(p->act->tx, STMT_PREFS, error, store_int(p->organisation->id), store_int(p->member_id));
    if (!row)
        return FALSE;
    const struct state s = {p, row, g_strcmp0(p->actor, store_rows_text(row, 0, "notify")) == 0, FALSE};
    if (*command->argument)
        return set_one(&s, command->argument, error);
    show(&s);
    return TRUE;
}

static gboolean
come_back(struct performing *p, GError **error)
{
    gint64 id = p->organisation->id;
    if (!store_run(p->act->tx, STMT_PREFS_AVAILABLE, error, store_int(id), store_int(1)) ||
        !store_run(p->act->tx, STMT_TIMER_DROP, error, store_text("away"), store_int(id)))
        return FALSE;
    perform_said(p, "said.back", NULL);
    return TRUE;
}

gboolean
prefs_perform_away(struct performing *p, const struct command *command, GError **error)
{
    gint64 id = p->organisation->id, until = 0;
    g_autofree char *shown = text_one_line(command->argument, 100);
    if (prefs_word(answers, 1, command->argument) == 0)
        return come_back(p, error);
    g_autoptr(store_rows) row = store_query(p->act->tx, STMT_PREFS, error, store_int(id), store_int(p->member_id));
    if (!row)
        return FALSE;
    const char *zone = store_rows_text(row, 0, "timezone");
    if (!date_read(command->argument, zone ? zone : p->act->market->conf->timezone, p->act->now, &until))
        return perform_fail(p, "cannot.away_date", json_pack("{s:s}", "value", shown));
    if (!store_run(p->act->tx, STMT_PREFS_AWAY, error, store_int(id), store_int(until)) ||
        !store_run(p->act->tx, STMT_TIMER_SET, error, store_text("away"), store_int(id), store_int(until)))
        return FALSE;
    perform_said(p, "said.away", json_pack("{s:I}", "back_time", (json_int_t)until));
    return TRUE;
}

gboolean
prefs_run_away(struct act *act, gint64 organisation_id, GError **error)
{
    return store_run(act->tx, STMT_PREFS_BACK, error, store_int(organisation_id), store_int(act->now));
}
