/*
 * `check`: findings about the set-up. Each says what is, and where something is wrong the line that mends it.
 */
#ifndef POSTERN_CTL_CHECK_H
#define POSTERN_CTL_CHECK_H

#include "ctl/ctl.h"

enum check_level {
    CHECK_OK,
    CHECK_INFO,    /* worth knowing, nothing to mend */
    CHECK_SKIPPED, /* could not be looked at */
    CHECK_WARNING, /* works, worse than it could */
    CHECK_ERROR,   /* mail is lost, stuck or forged */
};

struct check {
    const struct ctl *ctl;
    const struct conf *settings;
    const char *postfix; /* Postfix's configuration folder */
    GPtrArray *findings; /* struct check_finding */
};

struct check_finding {
    enum check_level level;
    const char *name; /* "postfix.in_flow_delay"; static */
    char *what;       /* one line */
    char *mend;       /* NULL */
};

/* `mend` NULL: nothing to mend. It is a line for a file, with the file's name, or a command. */
void check_find(struct check *check, enum check_level level, const char *name, const char *mend, const char *format,
                ...) G_GNUC_PRINTF(5, 6);

/* check-relay.c */
void check_relay(struct check *check);

/* check-postfix.c */
void check_postfix(struct check *check);

#endif
