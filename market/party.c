#include "market/party.h"

#include <string.h>

#include "lib/text.h"

char *
act_cause(struct act *act, const char *key)
{
    return g_strdup_printf("%s-%u", key, act->told++);
}

gboolean
act_reaches(struct act *act, gint64 organisation_id)
{
    if (!act->reached)
        return FALSE;
    for (guint i = 0; i < act->reached->len; i++)
        if (g_array_index(act->reached, gint64, i) == organisation_id)
            return TRUE;
    g_array_append_val(act->reached, organisation_id);
    return FALSE;
}

void
organisation_free(struct organisation *organisation)
{
    if (!organisation)
        return;
    g_free(organisation->slug);
    g_free(organisation->name);
    g_free(organisation->language);
    g_free(organisation->notify);
    g_free(organisation->profile_url);
    g_free(organisation->timezone);
    g_free(organisation);
}

void
merchant_free(struct merchant *merchant)
{
    if (!merchant)
        return;
    g_free(merchant->name);
    g_free(merchant->address);
    g_free(merchant->language);
    g_free(merchant->phone);
    g_free(merchant->shop_name);
    g_free(merchant->shop_url);
    g_free(merchant);
}

gboolean
organisation_is_open(const struct organisation *organisation)
{
    return organisation->published && organisation->available && organisation->services > 0;
}

/* conf->profile_url with its one `%s` replaced: never a printf format, the file is not trusted that far. */
static char *
profile_url(const struct conf *conf, const char *slug)
{
    const char *hole = strstr(conf->profile_url, "%s");
    if (!hole)
        return g_strdup(conf->profile_url);
    return g_strdup_printf("%.*s%s%s", (int)(hole - conf->profile_url), conf->profile_url, slug, hole + 2);
}

static struct organisation *
organisation_from(const struct act *act, const store_rows *rows)
{
    if (!store_rows_count(rows))
        return NULL;
    struct organisation *o = g_new0(struct organisation, 1);
    const char *url = store_rows_text(rows, 0, "profile_url");
    o->id = store_rows_int(rows, 0, "id");
    o->slug = g_strdup(store_rows_text(rows, 0, "slug"));
    o->name = g_strdup(store_rows_text(rows, 0, "name"));
    o->language = g_strdup(store_rows_text(rows, 0, "language"));
    o->notify = g_strdup(store_rows_text(rows, 0, "notify"));
    o->profile_url = url ? g_strdup(url) : profile_url(act->market->conf, o->slug);
    o->timezone = g_strdup(store_rows_text(rows, 0, "timezone"));
    o->published = store_rows_int(rows, 0, "published") != 0;
    /* Who said until when is back then, whether or not the timer has run. */
    o->available = store_rows_int(rows, 0, "available") ||
                   (!store_rows_is_null(rows, 0, "away_until") && store_rows_int(rows, 0, "away_until") <= act->now);
    o->calendar = store_rows_int(rows, 0, "calendar") != 0;
    o->services = store_rows_int(rows, 0, "services");
    return o;
}

gboolean
organisation_by_slug(struct act *act, const char *slug, struct organisation **organisation, GError **error)
{
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_ORG_BY_SLUG, error, store_text(slug));
    if (!rows)
        return FALSE;
    *organisation = organisation_from(act, rows);
    return TRUE;
}

gboolean
organisation_by_id(struct act *act, gint64 id, struct organisation **organisation, GError **error)
{
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_ORG_BY_ID, error, store_int(id));
    if (!rows)
        return FALSE;
    *organisation = organisation_from(act, rows);
    return TRUE;
}

gboolean
organisation_has_address(struct act *act, gint64 id, const char *address, gboolean *has, GError **error)
{
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_ORG_HAS_ADDRESS, error, store_int(id), store_text(address));
    if (!rows)
        return FALSE;
    *has = store_rows_count(rows) > 0;
    return TRUE;
}

static struct merchant *
merchant_from(const store_rows *rows)
{
    if (!store_rows_count(rows))
        return NULL;
    struct merchant *m = g_new0(struct merchant, 1);
    m->id = store_rows_int(rows, 0, "id");
    m->name = g_strdup(store_rows_text(rows, 0, "name"));
    m->address = g_strdup(store_rows_text(rows, 0, "address"));
    m->language = g_strdup(store_rows_text(rows, 0, "language"));
    m->phone = g_strdup(store_rows_text(rows, 0, "phone"));
    m->registered = store_rows_int(rows, 0, "registered") != 0;
    m->shop_id = store_rows_int(rows, 0, "shop_id");
    m->shop_name = g_strdup(store_rows_text(rows, 0, "shop_name"));
    m->shop_url = g_strdup(store_rows_text(rows, 0, "shop_url"));
    return m;
}

gboolean
merchant_by_address(struct act *act, const char *address, struct merchant **merchant, GError **error)
{
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_MERCHANT_BY_ADDRESS, error, store_text(address));
    if (!rows)
        return FALSE;
    *merchant = merchant_from(rows);
    return TRUE;
}

gboolean
merchant_by_id(struct act *act, gint64 id, struct merchant **merchant, GError **error)
{
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_MERCHANT_BY_ID, error, store_int(id));
    if (!rows)
        return FALSE;
    *merchant = merchant_from(rows);
    return TRUE;
}

gboolean
merchant_add_lead(struct act *act, const char *address, const char *name, const char *language, const char *phone,
                  struct merchant **merchant, GError **error)
{
    g_autofree char *shown = name ? text_one_line(name, 200) : g_strdup("");
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_MERCHANT_ADD, error, store_text(shown), store_text(language),
                                             store_text(phone), store_int(act->now));
    if (!rows)
        return FALSE;
    gint64 id = store_rows_int(rows, 0, "id");
    if (!store_run(act->tx, STMT_MERCHANT_ADDRESS_ADD, error, store_text(address), store_int(id), store_int(0)))
        return FALSE;
    return merchant_by_id(act, id, merchant, error);
}

gboolean
merchant_has_address(struct act *act, gint64 id, const char *address, gboolean *has, GError **error)
{
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_MERCHANT_SPEAKS, error, store_int(id), store_text(address));
    if (!rows)
        return FALSE;
    *has = store_rows_count(rows) > 0;
    return TRUE;
}

gboolean
party_is_free(struct act *act, const char *address, gint64 organisation_id, gboolean *is, GError **error)
{
    g_autoptr(merchant) merchant = NULL;
    g_autoptr(store_rows) holders = store_query(act->tx, STMT_REGISTRY_HOLDERS, error, store_text(address));
    if (!holders || !merchant_by_address(act, address, &merchant, error))
        return FALSE;
    *is = !merchant && g_ascii_strcasecmp(strrchr(address, '@') + 1, act->market->conf->domain) != 0;
    for (guint i = 0; i < store_rows_count(holders); i++)
        *is = *is && organisation_id && strcmp(store_rows_text(holders, i, "side"), "organisation") == 0 &&
              store_rows_int(holders, i, "id") == organisation_id;
    return TRUE;
}

char *
party_public_name(const char *name, const char *fallback)
{
    g_autofree char *line = text_one_line(name ? name : "", 100);
    return *line && !strchr(line, '@') ? g_steal_pointer(&line) : g_strdup(fallback);
}
