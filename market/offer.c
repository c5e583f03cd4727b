#include "market/offer.h"

#include <string.h>

#include "lib/amount.h"
#include "lib/text.h"
#include "market/money.h"
#include "market/prefs.h"

enum { SLUG_BYTES = 63 };

enum verb { VERB_ADD, VERB_RATE, VERB_REMOVE, VERB_LIST, VERBS };
static const char *const verbs[VERBS] = {
    [VERB_ADD] = "add toevoegen ajouter dodaj",
    [VERB_RATE] = "rate tarief tarif stawka",
    [VERB_REMOVE] = "remove delete verwijderen supprimer retirer usun",
    [VERB_LIST] = "list lijst liste lista",
};

/* "Theme Design" would be two words: services are written as they are listed, "theme-design". */
static char *
slug_of(const char *word)
{
    g_autofree char *slug = text_fold(word);
    gsize length = strspn(slug, "abcdefghijklmnopqrstuvwxyz0123456789-");
    gboolean good = length && !slug[length] && length <= SLUG_BYTES && *slug != '-' && slug[length - 1] != '-';
    return good ? g_steal_pointer(&slug) : NULL;
}

static gboolean
find(struct performing *p, const char *slug, gint64 *others, gboolean *there, GError **error)
{
    g_autoptr(store_rows) rows = store_query(p->act->tx, STMT_ORG_SERVICES, error, store_int(p->organisation->id));
    if (!rows)
        return FALSE;
    *others = 0;
    *there = FALSE;
    for (guint i = 0; i < store_rows_count(rows); i++) {
        gboolean same = strcmp(store_rows_text(rows, i, "slug"), slug) == 0;
        *there = *there || same;
        *others += !same;
    }
    return TRUE;
}

static gboolean
list(struct performing *p, GError **error)
{
    g_autoptr(store_rows) rows = store_query(p->act->tx, STMT_ORG_SERVICES, error, store_int(p->organisation->id));
    if (!rows)
        return FALSE;
    json_t *facts = json_array();
    for (guint i = 0; i < store_rows_count(rows); i++) {
        const char *slug = store_rows_text(rows, i, "slug"), *currency = store_rows_text(rows, i, "currency");
        gboolean rated = !store_rows_is_null(rows, i, "rate") && currency;
        json_array_append_new(facts,
                              rated ? json_pack("{s:s, s:s, s:o}", "say", "service.rated", "service", slug,
                                                "rate_money", money_json(store_rows_int(rows, i, "rate"), currency))
                                    : json_pack("{s:s, s:s}", "say", "service.unrated", "service", slug));
    }
    perform_said(p, store_rows_count(rows) ? "said.services" : "said.no_services", json_pack("{s:o}", "facts", facts));
    return TRUE;
}

/* `rate` "": none given, and what was given before is gone. */
static gboolean
put(struct performing *p, const char *slug, const char *rate, GError **error)
{
    struct amount amount = {0};
    enum amount_problem problem = *rate ? amount_read(rate, NULL, &amount, NULL) : AMOUNT_FINE;
    if (problem)
        return perform_fail(p, money_key(problem), money_variables(rate, &amount));
    if (!store_run(p->act->tx, STMT_REGISTRY_SERVICE_PUT, error, store_int(p->organisation->id), store_text(slug),
                   store_ref(amount.minor), store_text(*rate ? amount.currency : NULL)))
        return FALSE;
    if (*rate)
        perform_said(p, "said.service_rated",
                     json_pack("{s:s, s:o}", "service", slug, "rate_money", money_json(amount.minor, amount.currency)));
    else
        perform_said(p, "said.service_added", json_pack("{s:s}", "service", slug));
    return TRUE;
}

static gboolean
take(struct performing *p, const char *slug, gboolean last, GError **error)
{
    if (!store_run(p->act->tx, STMT_REGISTRY_SERVICE_DROP, error, store_int(p->organisation->id), store_text(slug)))
        return FALSE;
    perform_said(p, last ? "said.last_service_removed" : "said.service_removed", json_pack("{s:s}", "service", slug));
    return TRUE;
}

static gboolean
change(struct performing *p, enum verb verb, const char *slug, const char *rest, GError **error)
{
    gint64 others = 0;
    gboolean there = FALSE;
    if (!find(p, slug, &others, &there, error))
        return FALSE;
    if (verb != VERB_ADD && !there)
        return perform_fail(p, "cannot.no_such_service", json_pack("{s:s}", "service", slug));
    if (verb == VERB_ADD && there)
        return perform_fail(p, "cannot.service_already", json_pack("{s:s}", "service", slug));
    if (verb == VERB_ADD && others >= OFFERS_MOST)
        return perform_fail(p, "cannot.too_many_services", json_pack("{s:i}", "most", OFFERS_MOST));
    return verb == VERB_REMOVE ? take(p, slug, !others, error) : put(p, slug, rest, error);
}

gboolean
offer_perform(struct performing *p, const struct command *command, GError **error)
{
    g_auto(GStrv) words = g_strsplit(command->argument, " ", 3);
    guint count = g_strv_length(words);
    int verb = count ? prefs_word(verbs, VERBS, words[0]) : VERB_LIST;
    if (verb == VERB_LIST)
        return list(p, error);
    if (verb < 0 || count < 2 || (verb == VERB_RATE && count < 3))
        return perform_fail(p, "cannot.service_form", NULL);
    g_autofree char *slug = slug_of(words[1]), *shown = text_one_line(words[1], 100);
    if (!slug)
        return perform_fail(p, "cannot.service_name", json_pack("{s:s}", "service", shown));
    return change(p, (enum verb)verb, slug, count > 2 ? g_strstrip(words[2]) : "", error);
}
