/* `link`: what stands behind a reply address, for the admin who holds one from a log or a bounce. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ctl/open.h"
#include "ctl/table.h"
#include "lib/error.h"
#include "lib/text.h"
#include "market/link.h"

static const struct {
    enum link_purpose purpose;
    const char *name, *what; /* what the id is of */
} purposes[] = {
    {LINK_REPLY, "reply", "link"},           {LINK_REQUEST, "request", "link"}, {LINK_ABOUT, "about", "link"},
    {LINK_OVERVIEW, "overview", "overview"}, {LINK_CHOICE, "choice", "held"}, /* sixteen times the row's id, and the
                                                                                 place among its choices */
    {LINK_BOUNCE, "bounce", "outbox"},
};

/* TOKEN of "r+TOKEN@domain", of "r+TOKEN" or of itself. */
static char *
token_of(const struct conf *settings, const char *word)
{
    g_autofree char *prefix = g_strconcat(settings->link, "+", NULL);
    gboolean prefixed = g_ascii_strncasecmp(word, prefix, strlen(prefix)) == 0;
    const char *start = prefixed ? word + strlen(prefix) : word;
    return g_strndup(start, strcspn(start, "@"));
}

struct lookup {
    gint64 id;
    json_t *facts;
};

static gboolean
row_fn(store_tx *tx, gpointer arg, GError **error)
{
    struct lookup *lookup = arg;
    g_autoptr(store_rows) rows = store_query(tx, STMT_LINK_BY_ID, error, store_int(lookup->id));
    if (!rows)
        return FALSE;
    if (store_rows_count(rows) == 0)
        return TRUE;
    g_autofree char *expires = text_time(store_rows_int(rows, 0, "expires_at"));
    json_object_set_new(lookup->facts, "conversation", json_integer(store_rows_int(rows, 0, "conversation_id")));
    json_object_set_new(lookup->facts, "side", json_string(store_rows_text(rows, 0, "side")));
    json_object_set_new(lookup->facts, "expires_at", json_string(expires));
    json_object_set_new(lookup->facts, "alive",
                        json_boolean(store_rows_int(rows, 0, "expires_at") > (gint64)time(NULL)));
    return TRUE;
}

static json_t *
facts_of(const struct market *market, const struct link_token *token, GError **error)
{
    guint i = 0;
    while (i + 1 < G_N_ELEMENTS(purposes) && purposes[i].purpose != token->purpose)
        i++;
    g_autofree char *expires = text_time(token->expires_at);
    json_t *facts = json_pack("{s:s, s:s, s:I, s:n, s:n, s:s, s:b}", "purpose", purposes[i].name, "row",
                              purposes[i].what, "id", (json_int_t)token->id, "conversation", "side", "expires_at",
                              expires, "alive", token->expires_at > (gint64)time(NULL));
    struct lookup lookup = {.id = token->id, .facts = facts};
    if (strcmp(purposes[i].what, "link") != 0 || store_read(market->store, row_fn, &lookup, error))
        return facts;
    json_decref(facts);
    return NULL;
}

static int
show(const struct ctl *ctl, const struct market *market, const char *word)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = token_of(market->conf, word);
    struct link_token token;
    if (!link_parse(market, text, strlen(text), &token)) {
        fputs("postern: forged or cut: this gateway's keys did not make it\n", stderr);
        return CTL_FAILED;
    }
    json_t *facts = facts_of(market, &token, &error);
    return facts ? table_tell(ctl, facts) : ctl_failed(error);
}

int
ctl_link(struct ctl *ctl, int argc, char **argv)
{
    struct ctl_usage usage = {"show TOKEN|ADDRESS", "Says what stands behind a reply address.", NULL, 2, 2};
    if (!ctl_options(ctl, &usage, &argc, &argv))
        return CTL_USAGE;
    if (strcmp(argv[1], "show") != 0)
        return ctl_wrong(argv[0], "there is only show");
    g_autoptr(GError) error = NULL;
    g_auto(opened) all = {0};
    return opened_open(&all, ctl, &error) ? show(ctl, &all.market, argv[2]) : ctl_failed(error);
}
