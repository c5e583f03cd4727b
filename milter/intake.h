/*
 * One mail on its way in, from MAIL to the verdict. Knows SMTP and the marketplace's two questions, not libmilter.
 *
 * Called in the order of the SMTP dialogue, by any thread, one at a time. The answer of each stage is a `struct
 * answer`.
 */
#ifndef POSTERN_MILTER_INTAKE_H
#define POSTERN_MILTER_INTAKE_H

#include "milter/gateway.h"

struct answer {
    enum {
        ANSWER_CONTINUE,
        ANSWER_ACCEPT,  /* Postfix delivers what is left of it */
        ANSWER_DISCARD, /* 250, and Postfix forgets it: ours is the only copy */
        ANSWER_TEMPFAIL,
        ANSWER_REJECT,
    } kind;
    int code; /* of the SMTP reply, for the last two */
    const char *enhanced;
    char text[200]; /* one line of printable ASCII */
};

typedef struct intake intake;

/* MAIL. `sender` as the MTA gave it, `parameters` the ESMTP words behind it (ended by NULL; only SIZE= is looked at).
 * `submitted`: not by SMTP (sendmail(1), a requeue), where nobody listens to refusals of recipients. */
intake *intake_new(struct gateway *gateway, const char *sender, char *const *parameters, gboolean submitted);
void intake_free(intake *intake); /* at whatever stage */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(intake, intake_free)

/* RCPT, as the MTA gave it. */
struct answer intake_recipient(intake *intake, const char *recipient);

/* DATA. ACCEPT: the mail is none of our business. */
struct answer intake_data(intake *intake, const char *queue_id);

/* The mail as it came: header values with their leading space, lines in them ended by LF or CRLF. */
void intake_header(intake *intake, const char *name, const char *value);
void intake_body(intake *intake, gconstpointer data, gsize length);

/* The end: everything is committed when this returns. With ACCEPT, intake_taken() has the recipients that Postfix must
 * not deliver to any more, exactly as intake_recipient() got them. */
struct answer intake_end(intake *intake);
const GPtrArray *intake_taken(const intake *intake);

/* For a verdict that fell after intake_end(): the MTA would not let go of a recipient. */
struct answer intake_failed(intake *intake, const char *why);

#endif
