/*
 * A proposal as a partner writes it: `Label: value` lines below /propose, labels in four languages, accents and case
 * aside. A long value may go on in the lines right below it.
 *
 *     Service: theme design
 *     Description: A new theme for your shop
 *     Milestone 1: Design; 500 EUR; 1 week           (description; price; duration), up to five
 *     Milestone 2: Building; 700 EUR
 *     Total: 1200 EUR                                 may be left out where milestones make it
 *     Terms: Half before the start
 *     Currency: EUR                                   where the sums have none
 *
 * This file reads it; what becomes of it is market/proposal.h's.
 */
#ifndef POSTERN_MARKET_DRAFT_H
#define POSTERN_MARKET_DRAFT_H

#include <jansson.h>

#include "lib/amount.h"

enum { DRAFT_MILESTONES = 5 };

struct draft_milestone {
    char *description; /* one line */
    gint64 price;      /* minor units */
    char *duration;    /* one line, "" */
};

struct draft {
    char *service;         /* one line; NULL: not named */
    char *description;     /* lines, "" */
    char *terms;           /* lines, "" */
    GPtrArray *milestones; /* struct draft_milestone */
    gint64 total;          /* minor units */
    char currency[4];
};

/* Reads one. NULL: it is good. Otherwise the catalogue's key for what is wrong, and its `*variables` (the caller's;
 * NULL: none). */
const char *draft_read(const char *text, struct draft *draft, json_t **variables);
void draft_clear(struct draft *draft);
typedef struct draft draft;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(draft, draft_clear)

/* Does a line of an ordinary text begin as one of a proposal? It was meant to be one then. NULL: none; else the label.
 * Caller frees. */
char *draft_stray_label(const char *text);

#endif
