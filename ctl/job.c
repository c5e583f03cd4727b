/* `job`: list and show (ctl/list.c), and what either side could do to one, by the admin. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "ctl/open.h"
#include "ctl/table.h"
#include "lib/wake.h"
#include "market/oversee.h"

static void
print(const struct ctl *ctl, const struct oversight *o, gboolean dry_run)
{
    if (ctl->json) {
        json_t *object = json_pack("{s:I, s:s, s:s, s:o, s:b}", "id", (json_int_t)o->job_id, "before",
                                   job_state_name(o->before), "after", job_state_name(o->after), "new_job",
                                   o->new_job_id ? json_integer(o->new_job_id) : json_null(), "dry_run", dry_run);
        table_json(stdout, object);
        json_decref(object);
        return;
    }
    printf("job %" G_GINT64_FORMAT " %s %s", o->job_id, dry_run ? "would be" : "is", job_state_name(o->after));
    if (o->new_job_id && dry_run)
        printf(", in a new job");
    else if (o->new_job_id)
        printf(", in the new job %" G_GINT64_FORMAT, o->new_job_id);
    printf(" (it was %s)%s\n", job_state_name(o->before), dry_run ? "; nothing was changed" : "");
}

static int
oversee(struct ctl *ctl, int argc, char **argv)
{
    gboolean dry_run = FALSE;
    g_autofree char *reason = NULL;
    g_autofree char *verbs = g_strjoinv("|", (char **)oversee_verbs);
    g_autofree char *parameters = g_strdup_printf("%s ID", verbs);
    const GOptionEntry entries[] = {
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run, "Say what would come of it, change nothing", NULL},
        {"reason", 0, 0, G_OPTION_ARG_STRING, &reason, "Of a decline: the merchant reads it", "WORDS"},
        G_OPTION_ENTRY_NULL,
    };
    struct ctl_usage usage = {parameters, "Changes a job as either side could; audited as the admin's.", entries, 2, 2};
    if (!ctl_options(ctl, &usage, &argc, &argv))
        return CTL_USAGE;
    if (reason && strcmp(argv[1], "decline") != 0)
        return ctl_wrong(argv[0], "--reason goes with decline");
    g_autoptr(GError) error = NULL;
    g_auto(opened) all = {0};
    struct oversight o = {.verb = argv[1], .reason = reason, .now = ctl_now()};
    if (!ctl_id(argv[2], &o.job_id, &error) || !opened_open(&all, ctl, &error) ||
        !oversee_job(&all.market, &o, dry_run, &error))
        return ctl_failed(error);
    if (!dry_run)
        wake_send(all.settings->wake_socket);
    print(ctl, &o, dry_run);
    return CTL_DONE;
}

int
ctl_job(struct ctl *ctl, int argc, char **argv)
{
    return g_strv_contains(oversee_verbs, ctl_verb(argc, argv)) ? oversee(ctl, argc, argv)
                                                                : ctl_list_jobs(ctl, argc, argv);
}
