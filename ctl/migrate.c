/* `migrate`: an older database is brought to this version's schema. */
#include <stdio.h>

#include "ctl/open.h"
#include "ctl/table.h"

int
ctl_migrate(struct ctl *ctl, int argc, char **argv)
{
    struct ctl_usage usage = {NULL, "Brings an older database to this version's schema. Stop the daemons first.", NULL,
                              0, 0};
    if (!ctl_options(ctl, &usage, &argc, &argv))
        return CTL_USAGE;
    g_autoptr(GError) error = NULL;
    g_autoptr(conf) settings = opened_settings(ctl, &error);
    if (!settings)
        return ctl_failed(error);
    struct store_options options = opened_store_options(settings, FALSE);
    int from = 0, to = 0;
    if (!store_migrate(&options, &from, &to, &error))
        return ctl_failed(error);
    json_t *facts = json_pack("{s:i, s:i}", "from", from, "to", to);
    if (ctl->json)
        table_json(stdout, facts);
    else if (from == to)
        printf("The database has schema %d already.\n", to);
    else
        printf("The database went from schema %d to %d.\n", from, to);
    json_decref(facts);
    return CTL_DONE;
}
