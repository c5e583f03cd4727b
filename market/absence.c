#include "market/absence.h"

#include <string.h>

#include "lib/text.h"
#include "market/action.h"
#include "market/desk.h"
#include "market/notify.h"
#include "market/trust.h"

enum { WORDS_BYTES = 8 << 10 };

/* ---- until when ---- */

/* Folded text: no accents, lower case. What is read here is only put into a draft that a person sends. */
#define UNTIL                                                                                                          \
    "(?:until|till|through|back on|return on|returning on|tot en met|t/m|tot|terug op|jusqu.?au|retour le|do dnia|do|" \
    "wracam)"
#define MONTHS                                                                                                         \
    "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|maa|mrt|mei|okt|fev|avr|mai|juin|juil|aou|sty|lut|kwi|maj|"    \
    "cze|"                                                                                                             \
    "lip|sie|wrz|paz|lis|gru)[a-z]*"
#define DAY                                                                                                            \
    "(\\d{4}-\\d{1,2}-\\d{1,2}|\\d{1,2}[./]\\d{1,2}(?:[./]\\d{2,4})?|\\d{1,2}(?:st|nd|rd|th|er)? (?:of )?" MONTHS      \
    "(?: \\d{4})?|" MONTHS " \\d{1,2}(?:st|nd|rd|th)?(?:,? \\d{4})?)"

char *
absence_until(const char *text)
{
    static GRegex *pattern;
    if (g_once_init_enter(&pattern)) {
        GRegex *made = g_regex_new("\\b" UNTIL " (?:and including |the |le |dnia |[a-z]+day,? )?" DAY "\\b",
                                   G_REGEX_OPTIMIZE, 0, NULL);
        g_once_init_leave(&pattern, made);
    }
    g_autoptr(GMatchInfo) match = NULL;
    g_autofree char *start = g_strndup(text, WORDS_BYTES);
    g_autofree char *valid = g_utf8_make_valid(start, -1);
    g_autofree char *line = text_one_line(valid, WORDS_BYTES);
    g_autofree char *folded = text_fold(line);
    if (!g_regex_match(pattern, folded, 0, &match))
        return g_strdup("");
    return g_match_info_fetch(match, 1);
}

/* ---- the offer ---- */

/* Did the link go to a partner with one of our mails, and to which organisation's? 0: it did not. */
static gboolean
organisation_of_link(struct act *act, const struct link_token *token, gint64 *organisation_id, GError **error)
{
    enum store_statement statement = STMT_ORG_OF_LINK;
    gint64 id = token->id;
    *organisation_id = 0;
    switch (token->purpose) {
    case LINK_REPLY:
        break;
    case LINK_BOUNCE:
        statement = STMT_ORG_OF_OUTBOX;
        break;
    case LINK_OVERVIEW:
        statement = STMT_ORG_OF_OVERVIEW;
        break;
    default:
        return TRUE;
    }
    g_autoptr(store_rows) rows = store_query(act->tx, statement, error, store_int(id));
    if (!rows)
        return FALSE;
    *organisation_id = store_rows_count(rows) ? store_rows_int(rows, 0, "organisation_id") : 0;
    return TRUE;
}

static gboolean
offer(struct act *act, const struct organisation *organisation, const char *until, GError **error)
{
    g_autofree char *cause =
        g_strdup_printf("organisation-%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, organisation->id, act->now / 86400);
    g_autofree char *address = desk_address(act, organisation->id, 0);
    json_t *actions = json_array();
    action_add(actions, address, COMMAND_AWAY, *until ? until : NULL, organisation->language);
    json_t *data = json_pack("{s:s, s:s, s:o}", "date", until, "own_address", address, "own_actions", actions);
    return notify_organisation(act, organisation, "offer-away", data, cause, error);
}

gboolean
absence_offer(struct act *act, const struct incoming *in, const struct link_token *token, GError **error)
{
    gint64 organisation_id = 0;
    gboolean registered = FALSE;
    g_autoptr(organisation) organisation = NULL;
    if (in->nature.class != MAIL_AUTO_REPLY || !in->author_address || trust_is_lie(act->market->conf, in))
        return TRUE;
    if (!organisation_of_link(act, token, &organisation_id, error))
        return FALSE;
    if (!organisation_id)
        return TRUE;
    if (!organisation_has_address(act, organisation_id, in->author_address, &registered, error) ||
        !organisation_by_id(act, organisation_id, &organisation, error))
        return FALSE;
    return !registered || !organisation->available || offer(act, organisation, in->away_until, error);
}
