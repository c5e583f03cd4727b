#include "mailer/calendar.h"

#include <string.h>

#include "lib/text.h"

enum { LINE = 75, BEFORE = 3600 }; /* the entry is the hour before the deadline */

/* RFC 5545 3.3.11: what has a meaning in a value. */
static void
append_escaped(GString *line, const char *text)
{
    for (const char *p = text; *p; p++) {
        if (strchr("\\;,", *p))
            g_string_append_c(line, '\\');
        g_string_append_c(line, *p);
    }
}

/* RFC 5545 3.1: a long line goes on behind a blank; never inside a character. */
static void
put_line(GString *out, const char *name, const char *value, gboolean text)
{
    g_autoptr(GString) line = g_string_new(name);
    g_autofree char *clean = text_one_line(value, 1000);
    g_string_append_c(line, ':');
    if (text)
        append_escaped(line, clean);
    else
        g_string_append(line, clean);
    gsize room = LINE;
    const char *p = line->str;
    while (strlen(p) > room) {
        const char *end = g_utf8_find_prev_char(p, p + room + 1);
        g_string_append_len(out, p, end - p);
        g_string_append(out, "\r\n ");
        p = end;
        room = LINE - 1;
    }
    g_string_append_printf(out, "%s\r\n", p);
}

static void
put_time(GString *out, const char *name, gint64 at)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(at);
    g_autofree char *value = time ? g_date_time_format(time, "%Y%m%dT%H%M%SZ") : g_strdup("");
    put_line(out, name, value, FALSE);
}

static const char *
text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

char *
calendar_text(const json_t *calendar, gint64 now)
{
    const char *method = text_of(calendar, "method");
    gint64 due_at = json_integer_value(json_object_get(calendar, "due_time"));
    g_autofree char *sequence =
        g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(json_object_get(calendar, "sequence")));
    g_autofree char *organizer = g_strconcat("mailto:", text_of(calendar, "organizer"), NULL);
    GString *out = g_string_new("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Postern//Postern//EN\r\n");
    put_line(out, "METHOD", method, FALSE);
    g_string_append(out, "BEGIN:VEVENT\r\n");
    put_line(out, "UID", text_of(calendar, "uid"), FALSE);
    put_line(out, "SEQUENCE", sequence, FALSE);
    put_time(out, "DTSTAMP", now);
    put_time(out, "DTSTART", due_at - BEFORE);
    put_time(out, "DTEND", due_at);
    put_line(out, "SUMMARY", text_of(json_object_get(calendar, "title"), "said"), TRUE);
    put_line(out, "ORGANIZER", organizer, FALSE);
    put_line(out, "STATUS", strcmp(method, "CANCEL") == 0 ? "CANCELLED" : "CONFIRMED", FALSE);
    g_string_append(out, "TRANSP:TRANSPARENT\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
    return g_string_free(out, FALSE);
}
