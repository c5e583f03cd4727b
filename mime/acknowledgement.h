/*
 * Answers that nobody typed and that have no header to say so: "we have received your request" of help desks, answers
 * to invitations of calendars. By their words, so two signs are asked for: a person may write each of them alone.
 */
#ifndef POSTERN_MIME_ACKNOWLEDGEMENT_H
#define POSTERN_MIME_ACKNOWLEDGEMENT_H

#include "mime/mail.h"

/* `machine`: the headers say already that a machine sent it. */
gboolean acknowledgement_is(const struct mail *mail, gboolean machine);

/* A calendar's answer to an invitation, without a word of whoever pressed the button. */
gboolean acknowledgement_is_of_invitation(const struct mail *mail);

#endif
