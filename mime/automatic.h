/*
 * Who wrote it, a person or a machine, and may a machine answer (RFC 3834, RFC 5230 4.6).
 */
#ifndef POSTERN_MIME_AUTOMATIC_H
#define POSTERN_MIME_AUTOMATIC_H

#include "mime/mail.h"

enum mail_class { /* in order of precedence; names by mail_class_name() are those of `postern explain` */
                  MAIL_BOUNCE,
                  MAIL_COMPLAINT, /* ARF, RFC 5965 */
                  MAIL_RECEIPT,   /* MDN, RFC 8098 */
                  MAIL_AUTO_REPLY,
                  MAIL_FORM,
                  MAIL_LIST,
                  MAIL_HUMAN,
};

struct mail_nature {
    enum mail_class class;
    gboolean automatic;  /* a machine sent it */
    gboolean may_answer; /* an automatic answer to it would be proper */
    const char *why;     /* what speaks for the class, for explaining (static) */
    const char *machine; /* what speaks for a machine; NULL: nothing */
};

/* `envelope_sender`: "" is the null reverse path; NULL: unknown (then Return-Path is looked at). */
struct mail_nature mail_nature(const struct mail *mail, const char *envelope_sender);
const char *mail_class_name(enum mail_class class);

#endif
