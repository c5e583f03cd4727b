/*
 * Structured logging: one event, one line, with named fields.
 *
 *     log_event(LOG_NOTICE, "message stored", "queue_id", qid, "recipient", rcpt, NULL);
 *
 * prints `message stored queue_id=4F1 recipient=acme@experts.test` to stderr or syslog, and sends the fields as
 * POSTERN_QUEUE_ID=… to journald. Values are quoted where they hold white space, quotes or control bytes, so a
 * hostile mail cannot forge a line. NULL values are left out together with their key.
 *
 * Thread-safe after log_open(). Before log_open() everything goes to stderr at LOG_INFO and above.
 * The log is the program's only global.
 */
#ifndef POSTERN_LIB_LOG_H
#define POSTERN_LIB_LOG_H

#include <glib.h>
#include <syslog.h> /* LOG_ERR … LOG_DEBUG */

enum log_target { LOG_TO_STDERR, LOG_TO_SYSLOG, LOG_TO_JOURNALD };

/* `ident` is the program's name and must outlive the log. journald is spoken to by its native socket protocol;
 * where the socket is missing, or fails later, the log falls back to syslog. Events above `level` (a syslog priority)
 * are dropped. May be called again (a reload). Returns the target in force. */
enum log_target log_open(const char *ident, enum log_target target, int level);
/* The same with the journal's socket somewhere else, for tests. */
enum log_target log_open_journal(const char *ident, enum log_target target, int level, const char *socket_path);

/* Key/value pairs of strings, ended by NULL. Keys are lower_snake_case ASCII. */
void log_event(int level, const char *event, ...) G_GNUC_NULL_TERMINATED;

/* The edge: an error is logged once, here, at LOG_ERR (LOG_WARNING for POSTERN_ERROR_TEMP). Does not free it. */
void log_error(const GError *error, const char *event);

#endif
