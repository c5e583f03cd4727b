/*
 * Taking a partner's last mail back while nothing of it has gone out (the hold time): its words, its decline, and what
 * they did to the job and to read marks.
 *
 * No race: the mailer's claim writes `sending` in a transaction; an undo that finds any row of the mail claimed or
 * tried is rolled back as a whole. So a mail is sent or taken back, never both.
 */
#ifndef POSTERN_MARKET_UNDO_H
#define POSTERN_MARKET_UNDO_H

#include "market/perform.h"

/* From here on what the mail `raw_id` (0: none) does in the conversation can be taken back: remembers what the job was,
 * once a mail. The partner's messages that are added, and mails that notify_add() holds, are taken back with it. `c` as
 * it is before the change. */
gboolean undo_open(struct act *act, const struct conversation *c, gint64 raw_id, GError **error);
/* It marked all up to `read_to` read. */
gboolean undo_note_read(struct act *act, gint64 read_to, GError **error);
/* It counted as a decline. */
gboolean undo_note_decline(struct act *act, GError **error);

command_fn undo_perform;

#endif
