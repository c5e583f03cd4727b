/* The table of subcommands, and the words before a subcommand's name. */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "config.h"

#include "ctl/ctl.h"

struct command {
    const char *name;
    ctl_fn run;
    const char *help;
};

static const struct command commands[] = {
    {"init", ctl_init, "make the key file, the database and the spool folder"},
    {"check", ctl_check, "look at the whole set-up and say what mends it"},
    {"import", ctl_import, "take organisations and merchants from a JSON file"},
    {"org", ctl_org, "list organisations, show one, change its preferences, members, services"},
    {"merchant", ctl_merchant, "list merchants, show one"},
    {"conversation", ctl_conversation, "list conversations, show one, tag one"},
    {"job", ctl_job, "list jobs, show one, change one"},
    {"proposal", ctl_proposal, "list proposals, show one"},
    {"invoice", ctl_invoice, "list invoices"},
    {"access", ctl_access, "list requests for access to merchants' shops"},
    {"review", ctl_review, "list reviews"},
    {"search", ctl_search, "search an organisation's conversations"},
    {"tag", ctl_tag, "list an organisation's tags, rename and delete them"},
    {"block", ctl_block, "list which organisation is shut to which merchant"},
    {"address", ctl_address, "list addresses that mail came back from, forget that it did"},
    {"outbox", ctl_outbox, "list what is to be sent and what was"},
    {"quarantine", ctl_quarantine, "list what was held back, show one"},
    {"link", ctl_link, "say what stands behind a reply address"},
    {"match", ctl_match, "say whom a request goes to and why"},
    {"explain", ctl_explain, "say how the gateway understands a mail"},
    {"form", ctl_form, "learn the fields of a lead form from one of its mails"},
    {"replay", ctl_replay, "read stored mails with today's code and compare"},
    {"ingest", ctl_ingest, "take a mail on standard input (for Postfix's pipe)"},
    {"migrate", ctl_migrate, "bring an older database to this version"},
    {"help", ctl_help, "this list, or a subcommand's help"},
};

static const struct command *
command_find(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

static char *
command_list(void)
{
    g_autoptr(GString) text = g_string_new("Commands:\n");
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
        g_string_append_printf(text, "  %-14s %s\n", commands[i].name, commands[i].help);
    g_string_append(text, "\n`postern COMMAND --help` tells more; postern(1) tells all.");
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static GOptionContext *
main_context(const GOptionEntry *entries)
{
    g_autofree char *list = command_list();
    GOptionContext *context = g_option_context_new("COMMAND [WORD…]");
    g_option_context_set_summary(context, "The mail side of an experts marketplace: the admin's command.");
    g_option_context_set_description(context, list);
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_strict_posix(context, TRUE); /* what follows the command's name is the command's */
    return context;
}

int
ctl_help(struct ctl *ctl, int argc, char **argv)
{
    if (argc < 2) {
        const GOptionEntry none[] = {G_OPTION_ENTRY_NULL};
        g_autoptr(GOptionContext) context = main_context(none);
        g_autofree char *text = g_option_context_get_help(context, TRUE, NULL);
        fputs(text, stdout);
        return CTL_DONE;
    }
    const struct command *command = command_find(argv[1]);
    if (!command)
        return ctl_wrong("help", "there is no command \"%s\"", argv[1]);
    char *words[] = {argv[1], (char *)"--help", NULL};
    return command->run(ctl, 2, words);
}

/* -c and --json may stand before the command too. FALSE: told on stderr. */
static gboolean
main_options(struct ctl *ctl, gboolean *version, int *argc, char ***argv)
{
    g_autofree char *path = NULL;
    const GOptionEntry entries[] = {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, &path, "Settings file", "FILE"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &ctl->json, "Print facts as JSON", NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, version, "Print the version", NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) context = main_context(entries);
    g_autoptr(GError) error = NULL;
    if (!g_option_context_parse(context, argc, argv, &error)) {
        ctl_wrong(NULL, "%s", error->message);
        return FALSE;
    }
    if (path) {
        g_free(ctl->conf_path);
        ctl->conf_path = g_steal_pointer(&path);
    }
    return TRUE;
}

static int
run(struct ctl *ctl, int argc, char **argv)
{
    gboolean version = FALSE;
    if (!main_options(ctl, &version, &argc, &argv))
        return CTL_USAGE;
    if (version) {
        puts("postern " PACKAGE_VERSION);
        return CTL_DONE;
    }
    if (argc < 2)
        return ctl_wrong(NULL, "which command?");
    const struct command *command = command_find(argv[1]);
    if (!command)
        return ctl_wrong(NULL, "there is no command \"%s\"", argv[1]);
    return command->run(ctl, argc - 1, argv + 1);
}

/* A listing that a full disk cut short is no success. What `ingest` has stored stays stored, whatever becomes of its
 * words. */
static int
finish(const struct ctl *ctl, int status)
{
    gboolean whole = fflush(stdout) == 0 && !ferror(stdout);
    if (whole || ctl->words_only || status != CTL_DONE)
        return status;
    if (errno != EPIPE) /* `| head` has what it wanted */
        fprintf(stderr, "postern: standard output: %s\n", g_strerror(errno));
    return CTL_FAILED;
}

int
main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    g_set_prgname("postern");
    const char *path = g_getenv("POSTERN_CONF");
    struct ctl ctl = {.conf_path = g_strdup(path && *path ? path : CONF_DEFAULT_PATH)};
    int status = finish(&ctl, run(&ctl, argc, argv));
    g_free(ctl.conf_path);
    return status;
}
