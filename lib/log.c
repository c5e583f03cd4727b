#include "lib/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/error.h"

/* A value is cut here: a line stays readable and a journal datagram below the socket's limit. */
#define VALUE_BYTES 2048

struct field {
    const char *key;
    const char *value;
};

static struct {
    pthread_rwlock_t lock;
    const char *ident;
    enum log_target target;
    int level;
    int journal; /* connected socket, -1: none */
} sink = {.lock = PTHREAD_RWLOCK_INITIALIZER, .target = LOG_TO_STDERR, .level = LOG_INFO, .journal = -1};

/* ---- a line ---- */

static gboolean
is_plain(const char *value)
{
    if (!*value || strlen(value) > VALUE_BYTES)
        return FALSE;
    for (; *value; value++)
        if (*value <= ' ' || *value >= 0x7F || strchr("\"\\=", *value)) /* bytes above ASCII are below zero or above */
            return FALSE;
    return TRUE;
}

/* One character, or one byte that is none, as a terminal and a parser of lines can take it. */
static const char *
append_escaped(GString *out, const char *p)
{
    gunichar c = g_utf8_get_char_validated(p, -1);
    if (c == (gunichar)-1 || c == (gunichar)-2) {
        g_string_append_printf(out, "\\x%02x", (guchar)*p);
        return p + 1;
    }
    if (c == '\n')
        g_string_append(out, "\\n");
    else if (c == '"' || c == '\\')
        g_string_append_printf(out, "\\%c", (char)c);
    else if (c < 0x80 && g_ascii_iscntrl((char)c))
        g_string_append_printf(out, "\\x%02x", c);
    else if (!g_unichar_isprint(c) || (c >= 0x80 && g_unichar_isspace(c))) /* bidi and C1 controls, line separators … */
        g_string_append_printf(out, "\\u{%x}", c);
    else
        g_string_append_unichar(out, c);
    return g_utf8_next_char(p);
}

static void
append_value(GString *out, const char *value)
{
    if (is_plain(value)) {
        g_string_append(out, value);
        return;
    }
    gsize start = out->len;
    g_string_append_c(out, '"');
    while (*value && out->len - start < VALUE_BYTES)
        value = append_escaped(out, value);
    g_string_append(out, *value ? "\"…" : "\"");
}

static char *
make_line(const char *event, const GArray *fields)
{
    GString *line = g_string_new(event);
    for (guint i = 0; i < fields->len; i++) {
        const struct field *field = &g_array_index(fields, struct field, i);
        g_string_append_printf(line, " %s=", field->key);
        append_value(line, field->value);
    }
    return g_string_free(line, FALSE);
}

/* ---- where it goes ---- */

static void
to_stderr(int level, const char *line)
{
    const char *rank = level <= LOG_ERR ? "error: " : level == LOG_WARNING ? "warning: " : "";
    g_autofree char *whole =
        g_strdup_printf("%s%s%s%s\n", sink.ident ? sink.ident : "", sink.ident ? ": " : "", rank, line);
    /* One write, so that lines of several threads and processes do not mix. */
    (void)!write(STDERR_FILENO, whole, strlen(whole));
}

/* The journal's native protocol: KEY=VALUE LF, or KEY LF, the length in 64 little-endian bits, VALUE LF. */
static void
append_entry(GString *out, const char *prefix, const char *key, const char *value)
{
    gsize length = strnlen(value, VALUE_BYTES);
    g_autofree char *name = g_ascii_strup(key, -1);
    g_string_append_printf(out, "%s%s", prefix, name);
    if (memchr(value, '\n', length)) {
        guint64 size = GUINT64_TO_LE((guint64)length);
        g_string_append_c(out, '\n');
        g_string_append_len(out, (const char *)&size, sizeof size);
    } else {
        g_string_append_c(out, '=');
    }
    g_string_append_len(out, value, (gssize)length);
    g_string_append_c(out, '\n');
}

static gboolean
to_journal(int level, const char *line, const GArray *fields)
{
    g_autoptr(GString) entry = g_string_new(NULL);
    g_string_append_printf(entry, "MESSAGE=%s\nPRIORITY=%d\nSYSLOG_FACILITY=%d\nSYSLOG_IDENTIFIER=%s\n", line, level,
                           LOG_MAIL >> 3, sink.ident);
    for (guint i = 0; i < fields->len; i++) {
        const struct field *field = &g_array_index(fields, struct field, i);
        append_entry(entry, "POSTERN_", field->key, field->value);
    }
    gssize sent;
    do
        sent = send(sink.journal, entry->str, entry->len, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent >= 0;
}

static void
emit(int level, const char *event, const GArray *fields)
{
    g_autofree char *line = make_line(event, fields);
    if (sink.target == LOG_TO_STDERR)
        to_stderr(level, line);
    else if (sink.target != LOG_TO_JOURNALD || !to_journal(level, line, fields))
        syslog(LOG_MAIL | level, "%s", line);
}

void
log_event(int level, const char *event, ...)
{
    va_list arguments;
    const char *key;
    g_autoptr(GArray) fields = g_array_new(FALSE, FALSE, sizeof(struct field));

    va_start(arguments, event);
    while ((key = va_arg(arguments, const char *))) {
        struct field field = {key, va_arg(arguments, const char *)};
        if (field.value)
            g_array_append_val(fields, field);
    }
    va_end(arguments);

    pthread_rwlock_rdlock(&sink.lock);
    if (level <= sink.level)
        emit(level, event, fields);
    pthread_rwlock_unlock(&sink.lock);
}

void
log_error(const GError *error, const char *event)
{
    int level = g_error_matches(error, POSTERN_ERROR, POSTERN_ERROR_TEMP) ? LOG_WARNING : LOG_ERR;
    log_event(level, event, "error", error ? error->message : "unknown", NULL);
}

/* ---- opening ---- */

static int
connect_journal(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (g_strlcpy(address.sun_path, path, sizeof address.sun_path) >= sizeof address.sun_path)
        return -1;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

enum log_target
log_open_journal(const char *ident, enum log_target target, int level, const char *socket_path)
{
    int journal = target == LOG_TO_JOURNALD ? connect_journal(socket_path) : -1;
    if (target == LOG_TO_JOURNALD && journal < 0)
        target = LOG_TO_SYSLOG;
    pthread_rwlock_wrlock(&sink.lock);
    if (sink.journal >= 0)
        close(sink.journal);
    sink.ident = ident;
    sink.target = target;
    sink.level = level;
    sink.journal = journal;
    if (target != LOG_TO_STDERR)
        openlog(ident, LOG_PID | LOG_NDELAY, LOG_MAIL);
    pthread_rwlock_unlock(&sink.lock);
    return target;
}

enum log_target
log_open(const char *ident, enum log_target target, int level)
{
    return log_open_journal(ident, target, level, "/run/systemd/journal/socket");
}
