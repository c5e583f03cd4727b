/* `postern explain` for a person: what the mail is and why, what is new in it, what was taken off and by which rule. */
#include <string.h>

#include "config.h"

#include "ctl/explain.h"
#include "lib/text.h"

#define VALUE_BYTES 400
#define LINE_BYTES 2000

static void
put(FILE *out, const char *label, const char *value)
{
    g_autofree char *clean = text_one_line(value, VALUE_BYTES);
    fprintf(out, "  %-12s %s\n", label, clean);
}

static void
put_heading(FILE *out, const char *heading)
{
    fprintf(out, "\n%s\n", heading);
}

static void
put_addresses(FILE *out, const char *label, const GPtrArray *list)
{
    for (guint i = 0; i < list->len; i++) {
        const struct mail_address *address = g_ptr_array_index(list, i);
        g_autofree char *both =
            *address->name ? g_strdup_printf("%s <%s>", address->name, address->address) : g_strdup(address->address);
        put(out, i ? "" : label, both);
    }
}

/* Text with a bar before each line, so that nothing in it passes for ours. */
static void
put_text(FILE *out, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    guint count = g_strv_length(lines);
    while (count && !*lines[count - 1])
        count--;
    for (guint i = 0; i < count; i++) {
        g_autofree char *clean = text_one_line(lines[i], LINE_BYTES);
        gsize indent = MIN(strspn(lines[i], " "), 40);
        fprintf(out, "  | %*s%s\n", (int)indent, "", clean);
    }
    if (!count)
        fputs("  (nothing)\n", out);
}

static void
put_envelope(const struct explained *e, FILE *out)
{
    const struct mail *m = e->mail;
    g_autofree char *class =
        g_strdup_printf("%s (%s)", mail_class_name(e->nature.class), e->nature.why ? e->nature.why : "");
    put(out, "class", class);
    put(out, "automatic", e->nature.machine ? e->nature.machine : "no");
    put(out, "may answer", e->nature.may_answer ? "yes" : "no");
    put_addresses(out, "from", m->from);
    put_addresses(out, "to", m->to);
    put_addresses(out, "cc", m->cc);
    put_addresses(out, "reply to", m->reply_to);
    if (m->subject)
        put(out, "subject", m->subject);
    if (m->has_date) {
        g_autofree char *date = text_time(m->date);
        put(out, "date", date);
    }
    if (m->message_id)
        put(out, "message id", m->message_id);
    for (guint i = 0; i < m->in_reply_to->len; i++)
        put(out, i ? "" : "in reply to", g_ptr_array_index(m->in_reply_to, i));
    for (guint i = 0; i < m->references->len; i++)
        put(out, i ? "" : "references", g_ptr_array_index(m->references, i));
    put(out, "language", e->language ? e->language : "unknown");
}

static void
put_cuts(const struct reply *reply, FILE *out)
{
    for (guint i = 0; i < reply->cuts->len; i++) {
        const struct reply_cut *cut = &g_array_index(reply->cuts, struct reply_cut, i);
        g_autofree char *words = text_one_line(cut->words, VALUE_BYTES);
        g_autofree char *range = cut->lines > 1 ? g_strdup_printf("%u-%u", cut->line, cut->line + cut->lines - 1)
                                                : g_strdup_printf("%u", cut->line);
        fprintf(out, "  line %-8s %-10s %-20s %s\n", range, cut->signature ? "signature" : "elided", cut->rule, words);
    }
    if (reply->cuts->len == 0)
        fputs("  (nothing)\n", out);
}

static void
put_words(const struct explained *e, FILE *out)
{
    put_heading(out, e->mail->text_from_html ? "New words (from HTML)" : "New words");
    put_text(out, e->reply.text);
    put_heading(out, "Taken off");
    put_cuts(&e->reply, out);
    if (e->mail->html && !e->mail->text_from_html && strcmp(e->reply.text, e->reply_html.text) != 0) {
        put_heading(out, "New words of the HTML, which differ");
        put_text(out, e->reply_html.text);
        put_heading(out, "Taken off the HTML");
        put_cuts(&e->reply_html, out);
    }
}

static void
put_forward(const struct forward *f, FILE *out)
{
    if (!f)
        return;
    put_heading(out, "Forwards a mail");
    g_autofree char *from = g_strdup_printf("%s <%s>", f->from->name, f->from->address);
    put(out, "from", from);
    put_addresses(out, "to", f->to);
    put_addresses(out, "cc", f->cc);
    put(out, "subject", f->subject);
    put(out, "date", f->date);
    put_text(out, f->body);
}

static void
put_bounces(const GPtrArray *bounces, FILE *out)
{
    if (bounces->len)
        put_heading(out, "Recipients reported");
    for (guint i = 0; i < bounces->len; i++) {
        const struct report_recipient *r = g_ptr_array_index(bounces, i);
        g_autofree char *verdict = g_strdup_printf("%s, %s%s%s", report_kind_name(r->kind),
                                                   report_reason_name(r->reason), *r->status ? ", " : "", r->status);
        put(out, "recipient", *r->recipient ? r->recipient : "(not told)");
        put(out, "", verdict);
        if (*r->reply)
            put(out, "", r->reply);
    }
}

static void
put_form(const struct form *f, FILE *out)
{
    if (!f)
        return;
    put_heading(out, "Lead form");
    put(out, "tool", f->tool);
    const struct {
        const char *name, *value;
    } lead[] = {{"name", f->lead.name},         {"email", f->lead.email},     {"phone", f->lead.phone},
                {"shop", f->lead.shop},         {"service", f->lead.service}, {"budget", f->lead.budget},
                {"language", f->lead.language}, {"message", f->lead.message}};
    for (gsize i = 0; i < G_N_ELEMENTS(lead); i++)
        if (lead[i].value)
            put(out, lead[i].name, lead[i].value);
    put_heading(out, "Its fields");
    for (guint i = 0; i < f->fields->len; i++) {
        const struct form_field *field = g_ptr_array_index(f->fields, i);
        g_autofree char *label = text_one_line(field->label, 60);
        g_autofree char *value = text_one_line(field->value, VALUE_BYTES);
        fprintf(out, "  %s: %s\n", label, value);
    }
}

static void
put_parts(const struct mail *m, FILE *out)
{
    put_heading(out, "Parts");
    for (guint i = 0; i < m->parts->len; i++) {
        const struct mail_part *part = g_ptr_array_index(m->parts, i);
        g_autofree char *type = text_one_line(part->type, 60);
        g_autofree char *name = text_one_line(part->name ? part->name : "", 120);
        fprintf(out, "  %-8s %-28s %10" G_GSIZE_FORMAT " bytes %s%s\n", part->path, type, part->size,
                part->attachment ? "file " : "", name);
    }
    if (m->defects->len)
        put_heading(out, "Malformed, and how it was read");
    for (guint i = 0; i < m->defects->len; i++)
        put(out, "-", g_ptr_array_index(m->defects, i));
}

/* ---- what would come of it ---- */

static const char *
text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static void
put_route(const json_t *route, FILE *out)
{
    const json_t *vote, *c = json_object_get(route, "conversation");
    size_t i;
    if (!route || json_is_null(route))
        return;
    put_heading(out, "Where it belongs");
    json_array_foreach(json_object_get(route, "votes"), i, vote)
    {
        const json_t *names = json_object_get(vote, "conversation");
        g_autofree char *which = json_is_integer(names)
                                     ? g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(names))
                                     : g_strdup("-");
        g_autofree char *value = text_one_line(text_of(vote, "value"), 90);
        gboolean counts = json_is_true(json_object_get(vote, "counts"));
        fprintf(out, "  %-12s conversation %-6s %-7s %s%s%s\n", text_of(vote, "evidence"), which,
                counts ? "counts" : "no vote", value, *text_of(vote, "why") ? ": " : "", text_of(vote, "why"));
    }
    g_autofree char *where = json_is_integer(c) ? g_strdup_printf("%s: conversation %" JSON_INTEGER_FORMAT,
                                                                  text_of(route, "decision"), json_integer_value(c))
                                                : g_strdup(text_of(route, "decision"));
    put(out, "decision", where);
    put(out, "why", text_of(route, "why"));
}

static void
put_verdict(FILE *out, const char *label, const json_t *verdict)
{
    g_autofree char *words = g_strdup_printf("%s %s", text_of(verdict, "status"), text_of(verdict, "text"));
    put(out, label, words);
}

static void
put_conversations(const json_t *list, FILE *out)
{
    const json_t *entry;
    size_t i;
    json_array_foreach(list, i, entry)
    {
        gboolean new = json_is_true(json_object_get(entry, "new"));
        g_autofree char *line = g_strdup_printf("%s with %s, job %s%s%s", new ? "a new one" : "conversation",
                                                text_of(entry, "organisation"), text_of(entry, "state_before"),
                                                new ? "" : " \342\206\222 ", text_of(entry, "state_after"));
        put(out, i ? "" : "message in", line);
        put_text(out, text_of(entry, "text"));
    }
}

static void
put_plan(const json_t *plan, FILE *out)
{
    const json_t *entry;
    size_t i;
    if (!plan)
        return;
    put_heading(out, "What would come of it now");
    put(out, "from", text_of(plan, "sender"));
    put(out, "to", text_of(plan, "recipient"));
    put_verdict(out, "RCPT", json_object_get(plan, "rcpt"));
    put_verdict(out, "end of mail", json_object_get(plan, "end"));
    put_conversations(json_object_get(plan, "conversations"), out);
    json_array_foreach(json_object_get(plan, "quarantine"), i, entry) put(out, "kept back", text_of(entry, "reason"));
    json_array_foreach(json_object_get(plan, "mails"), i, entry)
    {
        g_autofree char *line =
            g_strdup_printf("%s to %s (%s), due %s", text_of(entry, "kind"), text_of(entry, "recipient"),
                            text_of(entry, "language"), text_of(entry, "due_at"));
        put(out, i ? "" : "mails", line);
    }
}

void
explain_page(const struct explained *e, FILE *out)
{
    g_autofree char *path = text_one_line(e->path, VALUE_BYTES);
    fprintf(out, "%s\n", path);
    put_envelope(e, out);
    put_words(e, out);
    put_forward(e->forward, out);
    put_form(e->form, out);
    put_bounces(e->bounces, out);
    put_parts(e->mail, out);
    put_route(e->market.route, out);
    put_plan(e->market.plan, out);
    fputs("\n", out);
}
