/*
 * `postern`, the admin's command: one file a subcommand, one row a subcommand in main.c's table.
 *
 * A subcommand is called with its own words (argv[0] is its name) and returns the exit status. Facts go to stdout,
 * words about what went wrong to stderr. Whatever comes out of a mail passes text_one_line() on its way to a terminal.
 */
#ifndef POSTERN_CTL_CTL_H
#define POSTERN_CTL_CTL_H

#include <glib.h>

#include "lib/conf.h"

/* Exit status of every subcommand but `ingest`, which answers in sysexits(3) codes, for Postfix's pipe(8) reads them.
 */
enum ctl_status { CTL_DONE = 0, CTL_FAILED = 1, CTL_USAGE = 2 };

struct ctl {
    char *conf_path;     /* -c FILE, else $POSTERN_CONF, else CONF_DEFAULT_PATH */
    gboolean json;       /* --json */
    gboolean words_only; /* what goes to stdout is said besides: the status does not depend on it */
};

typedef int (*ctl_fn)(struct ctl *ctl, int argc, char **argv);

/* main.c */
int ctl_help(struct ctl *ctl, int argc, char **argv);

/* One file each. */
int ctl_init(struct ctl *ctl, int argc, char **argv);
int ctl_import(struct ctl *ctl, int argc, char **argv);
int ctl_conversation(struct ctl *ctl, int argc, char **argv);
int ctl_job(struct ctl *ctl, int argc, char **argv);
int ctl_list_jobs(struct ctl *ctl, int argc, char **argv); /* its list and show */
int ctl_org(struct ctl *ctl, int argc, char **argv);
int ctl_merchant(struct ctl *ctl, int argc, char **argv);
int ctl_address(struct ctl *ctl, int argc, char **argv);
int ctl_address_clear(struct ctl *ctl, int argc, char **argv); /* its `clear` */
int ctl_outbox(struct ctl *ctl, int argc, char **argv);
int ctl_outbox_show(struct ctl *ctl, int argc, char **argv);
int ctl_outbox_stats(struct ctl *ctl, int argc, char **argv);
int ctl_outbox_change(struct ctl *ctl, int argc, char **argv); /* its `retry` and `cancel` */
int ctl_quarantine(struct ctl *ctl, int argc, char **argv);
int ctl_quarantine_show(struct ctl *ctl, int argc, char **argv);
int ctl_form(struct ctl *ctl, int argc, char **argv);
int ctl_ingest(struct ctl *ctl, int argc, char **argv);
int ctl_explain(struct ctl *ctl, int argc, char **argv);
int ctl_check(struct ctl *ctl, int argc, char **argv);
int ctl_migrate(struct ctl *ctl, int argc, char **argv);
int ctl_match(struct ctl *ctl, int argc, char **argv);
int ctl_link(struct ctl *ctl, int argc, char **argv);
int ctl_replay(struct ctl *ctl, int argc, char **argv);
int ctl_tag(struct ctl *ctl, int argc, char **argv);
int ctl_search(struct ctl *ctl, int argc, char **argv);
int ctl_proposal(struct ctl *ctl, int argc, char **argv);
int ctl_invoice(struct ctl *ctl, int argc, char **argv);
int ctl_access(struct ctl *ctl, int argc, char **argv);
int ctl_review(struct ctl *ctl, int argc, char **argv);
int ctl_block(struct ctl *ctl, int argc, char **argv);

/* ---- what the subcommands share (options.c) ---- */

/*
 * Reads a subcommand's options: `entries` of its own (may be NULL; ends with G_OPTION_ENTRY_NULL), and for all of them
 * -c/--config FILE and --json (both land in `ctl`). `parameters` follows the options in the usage line, `summary` is
 * one sentence on what it does. `--help` prints and leaves with status 0.
 *
 * FALSE: wrong usage, told on stderr; return CTL_USAGE. TRUE: *argc and argv hold the name and the words that are left,
 * a first `--` removed, at least `least` and at most `most` of them behind the name.
 */
struct ctl_usage {
    const char *parameters; /* "list|show ID" */
    const char *summary;    /* "Shows conversations." */
    const GOptionEntry *entries;
    int least, most; /* words that are left */
};
gboolean ctl_options(struct ctl *ctl, const struct ctl_usage *usage, int *argc, char ***argv);

/* The first word behind the name that is neither an option nor an option's value, before ctl_options() has read them;
 * "": there is none. */
const char *ctl_verb(int argc, char **argv);

/* An ADDRESS or a @DOMAIN as the database has it; NULL: neither. */
char *ctl_recipient(const char *word);

/* Says on stderr what is wrong and where help is; returns CTL_USAGE. */
int ctl_wrong(const char *command, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Adds `; what to do` to an error. */
void ctl_hint(GError *error, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Unix seconds. */
gint64 ctl_now(void);
/* A row's id; INVALID. */
gboolean ctl_id(const char *word, gint64 *id, GError **error);
/* The whole of a file, or of standard input for "-". NOT_FOUND. */
GByteArray *ctl_read_file(const char *path, GError **error);
/* Bytes as they are to stdout. TEMP. */
gboolean ctl_write(GBytes *bytes, GError **error);
/* Prints `postern: MESSAGE` (every line of it) on stderr; returns CTL_FAILED. */
int ctl_failed(const GError *error);

#endif
