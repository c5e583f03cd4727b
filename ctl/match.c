/* `match`: whom a request goes to and why, score by score, and why nobody else is among them. */
#include <stdio.h>
#include <string.h>

#include "ctl/open.h"
#include "ctl/table.h"
#include "lib/error.h"
#include "market/match.h"

static const struct table_column chosen_columns[] = {
    {"CHOSEN THEN", "organisation"}, {"TOTAL", "total"}, {"BY", "reasons"}, {0}};
static const struct table_column left_out_columns[] = {{"LEFT OUT", "organisation"}, {"BECAUSE", "reasons"}, {0}};

/* Candidates with a column for each factor. */
static void
print_candidates(json_t *candidates)
{
    struct table_column columns[MATCH_FACTORS + 4] = {{"CANDIDATE", "organisation"}, {"TOTAL", "total"}};
    guint count = 2;
    size_t i, k;
    json_t *candidate, *score;
    for (guint factor = 0; factor < MATCH_FACTORS; factor++, count++)
        columns[count] = (struct table_column){match_factor_name(factor), match_factor_name(factor)};
    columns[count] = (struct table_column){"LAST MATCHED", "last_matched_at"};
    json_array_foreach(candidates, i, candidate)
    {
        json_array_foreach(json_object_get(candidate, "scores"), k, score)
            json_object_set(candidate, match_factor_name((enum match_factor)k), json_object_get(score, "points"));
    }
    table_list(stdout, FALSE, columns, candidates, "nobody fits");
}

/* What was asked, then the tables. */
static void
print_all(json_t *all)
{
    static const char *const lists[] = {"candidates", "chosen", "left_out"};
    json_t *asked = json_copy(all);
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
        json_object_del(asked, lists[i]);
    table_show(stdout, asked);
    json_decref(asked);
    putchar('\n');
    print_candidates(json_object_get(all, "candidates"));
    json_t *chosen = json_object_get(all, "chosen"), *left_out = json_object_get(all, "left_out");
    if (json_array_size(chosen)) {
        putchar('\n');
        table_print(stdout, chosen_columns, chosen);
    }
    if (json_array_size(left_out)) {
        putchar('\n');
        table_print(stdout, left_out_columns, left_out);
    }
}

/* A request that nobody made: does anybody offer its service at all? */
static gboolean
known_service(store_tx *tx, gpointer arg, GError **error)
{
    const struct match_request *request = arg;
    g_autoptr(store_rows) rows = store_query(tx, STMT_SERVICES, error);
    for (guint i = 0; rows && i < store_rows_count(rows); i++)
        if (strcmp(store_rows_text(rows, i, "slug"), request->service) == 0)
            return TRUE;
    if (rows)
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND, "nobody offers the service \"%s\"",
                    request->service);
    return FALSE;
}

static int
explain(const struct ctl *ctl, gint64 id, struct match_request *request)
{
    g_autoptr(GError) error = NULL;
    g_auto(opened) open = {0};
    if (!opened_open(&open, ctl, &error) ||
        (request->service && !store_read(open.store, known_service, request, &error)))
        return ctl_failed(error);
    json_t *all = match_explain(&open.market, id, request, ctl_now(), &error);
    if (!all)
        return ctl_failed(error);
    if (ctl->json)
        table_json(stdout, all);
    else
        print_all(all);
    json_decref(all);
    return CTL_DONE;
}

/* FALSE: told on stderr. */
static gboolean
read_asked(int argc, char **argv, const char *priorities, struct match_request *request, gint64 *id)
{
    g_autoptr(GError) error = NULL;
    gboolean asked = request->service || request->language || request->dropshipping || priorities;
    if (strcmp(argv[1], "explain") != 0)
        ctl_wrong(argv[0], "there is only explain");
    else if (argc > 2 && asked)
        ctl_wrong(argv[0], "a request's id, or what it would ask for");
    else if (argc < 3 && !asked)
        ctl_wrong(argv[0], "which request? its id, or --service and what else it would ask for");
    else if (priorities && !priority_parse(priorities, &request->priorities))
        ctl_wrong(argv[0], "priorities are time, cost and quality");
    else if (argc > 2 && !ctl_id(argv[2], id, &error))
        ctl_wrong(argv[0], "%s", error->message);
    else
        return TRUE;
    return FALSE;
}

int
ctl_match(struct ctl *ctl, int argc, char **argv)
{
    g_autofree char *service = NULL, *language = NULL, *priorities = NULL;
    gboolean dropshipping = FALSE;
    gint64 id = 0;
    const GOptionEntry entries[] = {
        {"service", 0, 0, G_OPTION_ARG_STRING, &service, "A request for this service", "SERVICE"},
        {"language", 0, 0, G_OPTION_ARG_STRING, &language, "In this language", "LANGUAGE"},
        {"dropshipping", 0, 0, G_OPTION_ARG_NONE, &dropshipping, "Of a dropshipper", NULL},
        {"priority", 0, 0, G_OPTION_ARG_STRING, &priorities, "Of time, cost, quality; several with commas", "PRIORITY"},
        G_OPTION_ENTRY_NULL,
    };
    const struct ctl_usage usage = {"explain [REQUEST_ID]", "Says whom a request goes to, and why, score by score.",
                                    entries, 1, 2};
    if (!ctl_options(ctl, &usage, &argc, &argv))
        return CTL_USAGE;
    struct match_request request = {.service = service, .language = language, .dropshipping = dropshipping};
    return read_asked(argc, argv, priorities, &request, &id) ? explain(ctl, id, &request) : CTL_USAGE;
}
