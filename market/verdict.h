/*
 * What SMTP is told of a recipient: taken, or refused with one sentence. Judges say why; the sentence is made once it
 * is known in which language it will be read.
 */
#ifndef POSTERN_MARKET_VERDICT_H
#define POSTERN_MARKET_VERDICT_H

#include "market/market.h"

enum verdict_why {
    WHY_UNKNOWN, /* unknown, unpublished and without a service read alike, so that nobody can probe (R1) */
    WHY_FORGED,
    WHY_OLD,
    WHY_BLOCKED, /* who is shut out is told no more than that */
    WHY_CLOSED,  /* with the organisation's name */
    WHY_OWN,
    WHY_CHOICE_LATE,
    WHY_CHOICE_MADE,
    WHY_CHOICE_OTHER,
    WHY_BLOCKER,
    WHY_EXPIRED,
    WHY_DESK,
    WHY_COUNT,
};

void verdict_take(struct verdict *verdict);
/* In no words yet. `name` is an organisation's, for WHY_CLOSED; else NULL. */
void verdict_refuse(struct verdict *verdict, enum verdict_why why, const char *name);

/* The sentence of a refusal as it stands in a mail, with its accents. `language` NULL or not ours: English. Caller
 * frees. */
char *verdict_words(const struct verdict *verdict, const struct conf *conf, const char *language);
/* Puts it into `text`, in ASCII. Of what is taken: nothing. */
void verdict_speak(struct verdict *verdict, const struct conf *conf, const char *language);

#endif
