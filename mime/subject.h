/*
 * A subject without what mail clients put before it: "Re:", "AW:", "Fwd:", "[list]" in many languages.
 */
#ifndef POSTERN_MIME_SUBJECT_H
#define POSTERN_MIME_SUBJECT_H

enum subject_kind { SUBJECT_NEW, SUBJECT_REPLY, SUBJECT_FORWARD };

/* By the first prefix that is one. NULL is new. */
enum subject_kind subject_kind(const char *subject);

/* Where the subject's own words begin in it (prefixes and list tags between them skipped). "" for NULL. */
const char *subject_base(const char *subject);

#endif
