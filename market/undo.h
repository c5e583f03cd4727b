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

/* From here on the mail that is being performed can be taken back: remembers what the job was, once a mail. Mails that
 * notify_add() holds are taken back with it. `c` as it is before the change. */
gboolean undo_open(struct act *act, const struct conversation *c, GError **error);
/* It carries this message, and marked all up to `read_to` read. */
gboolean undo_note_message(struct act *act, gint64 message_id, gint64 read_to, GError **error);
/* It counted as a decline. */
gboolean undo_note_decline(struct act *act, GError **error);

command_fn undo_perform;

#endif
