/* Subcommands that change what partners can change by mail, as tables of verbs. */
#ifndef POSTERN_CTL_CHANGE_H
#define POSTERN_CTL_CHANGE_H

#include "ctl/ctl.h"
#include "market/command.h"

/* `postern COMMAND VERB WHERE WORD…`: the words are the command's argument, joined by `separator`. */
struct change {
    const char *verb; /* NULL ends a table */
    const char *parameters, *summary;
    enum command_id command;
    const char *separator;
    gboolean in_conversation; /* WHERE is a conversation's id, else an organisation's slug */
    int least, most;          /* words, the verb and WHERE among them */
};

/* The place of the verb among `changes`, -1: another one. */
int change_verb(const struct change *changes, int argc, char **argv);
int change_run(struct ctl *ctl, const struct change *change, int argc, char **argv);

#endif
