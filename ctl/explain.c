/*
 * `postern explain`: how the gateway understands a mail. Needs no database and no settings, and writes nothing. With
 * --to it looks into the database as well and says what would come of the mail.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "config.h"

#include "ctl/ctl.h"
#include "ctl/explain.h"
#include "ctl/open.h"
#include "ctl/table.h"
#include "lib/error.h"
#include "lib/text.h"
#include "lib/worker.h"
#include "market/command.h"

#define PATH_BYTES 1000

static void
explained_init(struct explained *e, const char *path, GByteArray *bytes, const struct form_maps *maps)
{
    const guint8 *raw = bytes->data;
    gsize length = bytes->len;
    *e = (struct explained){.path = path, .bytes = bytes};
    e->mail = mail_read(raw, length);
    e->nature = mail_nature(e->mail, NULL);
    if (e->nature.class > MAIL_FORM && form_maps_find(maps, e->mail))
        e->nature = (struct mail_nature){MAIL_FORM, TRUE, FALSE, "a field map", "a field map"};
    reply_trim(e->mail, &e->reply);
    reply_trim_html(e->mail, &e->reply_html);
    e->forward =
        e->nature.class > MAIL_RECEIPT ? forward_read(e->mail) : NULL; /* a report returns, it does not forward */
    e->bounces = report_read(e->mail, raw, length);
    e->form = e->nature.class == MAIL_FORM ? form_read(e->mail, raw, length, maps, FALSE) : NULL;
    e->language = language_guess(e->reply.text);
}

static void
explained_clear(struct explained *e)
{
    reply_clear(&e->reply);
    reply_clear(&e->reply_html);
    forward_free(e->forward);
    g_clear_pointer(&e->bounces, g_ptr_array_unref);
    form_free(e->form);
    mail_free(e->mail);
    market_explained_clear(&e->market);
}

/* ---- JSON ---- */

static json_t *
string_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

static json_t *
address_json(const struct mail_address *address)
{
    return json_pack("{s:s, s:s}", "name", address->name, "address", address->address);
}

static json_t *
addresses_json(const GPtrArray *list)
{
    json_t *array = json_array();
    for (guint i = 0; i < list->len; i++)
        json_array_append_new(array, address_json(g_ptr_array_index(list, i)));
    return array;
}

static json_t *
part_json(const struct mail_part *part)
{
    return json_pack("{s:s, s:s, s:s?, s:s?, s:s?, s:I, s:s}", "path", part->path, "type", part->type, "charset",
                     part->charset, "disposition", part->disposition, "name", part->name, "size",
                     (json_int_t)part->size, "sha256", part->sha256);
}

static json_t *
parts_json(const GPtrArray *parts, gboolean attachments)
{
    json_t *array = json_array();
    for (guint i = 0; i < parts->len; i++) {
        const struct mail_part *part = g_ptr_array_index(parts, i);
        if (attachments ? part->attachment : !part->in_text)
            json_array_append_new(array, part_json(part));
    }
    return array;
}

static json_t *
forward_json(const struct forward *forward)
{
    if (!forward)
        return json_null();
    return json_pack("{s:s, s:o, s:o, s:o, s:s, s:s, s:s}", "message", forward->message, "from",
                     address_json(forward->from), "to", addresses_json(forward->to), "cc", addresses_json(forward->cc),
                     "subject", forward->subject, "date", forward->date, "body", forward->body);
}

static json_t *
bounces_json(const GPtrArray *bounces)
{
    json_t *array = json_array();
    for (guint i = 0; i < bounces->len; i++) {
        const struct report_recipient *r = g_ptr_array_index(bounces, i);
        json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:s, s:s}", "recipient", r->recipient, "status",
                                               r->status, "kind", report_kind_name(r->kind), "reason",
                                               report_reason_name(r->reason), "reply", r->reply));
    }
    return array;
}

static json_t *
form_json(const struct form *f)
{
    if (!f)
        return json_null();
    json_t *fields = json_array();
    for (guint i = 0; i < f->fields->len; i++) {
        const struct form_field *field = g_ptr_array_index(f->fields, i);
        json_array_append_new(fields, json_pack("{s:s, s:s}", "label", field->label, "value", field->value));
    }
    json_t *lead = json_pack("{s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?}", "name", f->lead.name, "email",
                             f->lead.email, "phone", f->lead.phone, "shop", f->lead.shop, "service", f->lead.service,
                             "message", f->lead.message, "budget", f->lead.budget, "language", f->lead.language);
    return json_pack("{s:s, s:o, s:o}", "tool", f->tool, "fields", fields, "lead", lead);
}

static json_t *
commands_json(const char *words)
{
    g_auto(commands_read_words) commands = {0};
    json_t *list = json_array();
    commands_read(words, &commands);
    for (guint i = 0; i < commands.list->len; i++) {
        const struct command *command = g_ptr_array_index(commands.list, i);
        json_array_append_new(
            list, json_pack("{s:s?, s:s}", "name", command_name(command->id), "argument", command->argument));
    }
    return list;
}

static void
put_envelope(json_t *o, const struct mail *m)
{
    g_autofree char *date = m->has_date ? text_time(m->date) : NULL;
    json_object_set_new(o, "subject", string_or_null(m->subject));
    json_object_set_new(o, "message_id", string_or_null(m->message_id));
    json_object_set_new(o, "date", string_or_null(date));
    json_object_set_new(o, "from", addresses_json(m->from));
    json_object_set_new(o, "to", addresses_json(m->to));
    json_object_set_new(o, "cc", addresses_json(m->cc));
    json_object_set_new(o, "reply_to", addresses_json(m->reply_to));
    json_object_set_new(o, "in_reply_to", table_strings(m->in_reply_to));
    json_object_set_new(o, "references", table_strings(m->references));
}

static void
put_words(json_t *o, const struct explained *e)
{
    json_object_set_new(o, "text", json_string(e->mail->text));
    json_object_set_new(o, "reply", json_string(e->reply.text));
    json_object_set_new(o, "signature", json_string(e->reply.signature));
    json_object_set_new(o, "elided", json_string(e->reply.elided));
    json_object_set_new(o, "reply_html", json_string(e->reply_html.text));
    json_object_set_new(o, "forward", forward_json(e->forward));
}

static json_t *
explained_json(const struct explained *e)
{
    json_t *o = json_object();
    json_object_set_new(o, "file", json_string(e->path));
    json_object_set_new(o, "class", json_string(mail_class_name(e->nature.class)));
    json_object_set_new(o, "automatic", json_boolean(e->nature.automatic));
    json_object_set_new(o, "may_answer", json_boolean(e->nature.may_answer));
    put_envelope(o, e->mail);
    put_words(o, e);
    json_object_set_new(o, "parts", parts_json(e->mail->parts, FALSE));
    json_object_set_new(o, "attachments", parts_json(e->mail->parts, TRUE));
    json_object_set_new(o, "bounces", bounces_json(e->bounces));
    json_object_set_new(o, "form", form_json(e->form));
    json_object_set_new(o, "commands", commands_json(e->reply.text));
    json_object_set_new(o, "language", string_or_null(e->language));
    json_object_set_new(o, "defects", table_strings(e->mail->defects));
    if (e->market.plan) {
        json_object_set(o, "route", e->market.route);
        json_object_set(o, "plan", e->market.plan);
    }
    return o;
}

static void
print_json(json_t *o)
{
    char *line = json_dumps(o, JSON_COMPACT | JSON_ENCODE_ANY);
    if (line)
        puts(line);
    free(line);
    json_decref(o);
}

/* ---- the command ---- */

struct job {
    const struct ctl *ctl;
    char **paths;
    int count;
    const struct market *market; /* NULL: no database was asked for */
    const char *from, *to;       /* the envelope; from NULL: as the mail says */
    gint64 now;
    const struct form_maps *maps; /* NULL */
    gboolean failed;
};

static void
fail_one(struct job *job, const char *path, const GError *error)
{
    job->failed = TRUE;
    if (!job->ctl->json) {
        g_autofree char *clean = text_one_line(path, PATH_BYTES);
        fprintf(stderr, "postern: %s: %s\n", clean, error->message);
        return;
    }
    g_autofree char *name = text_utf8(path, strlen(path));
    print_json(json_pack("{s:s, s:s}", "file", name, "error", error->message));
}

/* The envelope sender, where none was given: what the final server wrote down, else the author. */
static char *
sender_of(const struct job *job, const struct mail *mail)
{
    const char *path = mail_header(mail, "Return-Path");
    const struct mail_address *author = mail_author(mail);
    if (job->from)
        return text_utf8(job->from, strlen(job->from));
    if (!path)
        return g_strdup(author ? author->address : "");
    g_autofree char *address = g_strdelimit(g_strdup(path), "<>", ' ');
    return g_strdup(g_strstrip(address));
}

static gboolean
explain_market(const struct job *job, struct explained *e, GError **error)
{
    g_autofree char *sender = sender_of(job, e->mail);
    g_autofree char *to = text_utf8(job->to, strlen(job->to));
    const char *recipients[] = {to, NULL};
    gboolean from_line = e->bytes->len >= 5 && memcmp(e->bytes->data, "From ", 5) == 0;
    const guint8 *line = from_line ? memchr(e->bytes->data, '\n', e->bytes->len) : NULL;
    gsize skip = line ? (gsize)(line + 1 - e->bytes->data) : 0;
    const struct delivery delivery = {
        .sender = sender,
        .recipients = recipients,
        .raw = e->bytes->data + skip,
        .length = e->bytes->len - skip,
        .mail = e->mail,
        .trace = "explain",
    };
    return market_explain(job->market, &delivery, job->now, &e->market, error);
}

static void
explain_one(struct job *job, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GByteArray) bytes = ctl_read_file(path, &error);
    if (!bytes) {
        fail_one(job, path, error);
        return;
    }
    g_autofree char *name = text_utf8(path, strlen(path));
    struct explained explained;
    explained_init(&explained, name, bytes, job->maps);
    if (job->market && !explain_market(job, &explained, &error))
        fail_one(job, path, error);
    else if (job->ctl->json)
        print_json(explained_json(&explained));
    else
        explain_page(&explained, stdout);
    explained_clear(&explained);
}

/* On a worker, for its stack (lib/worker.h). */
static void
explain_all(gpointer data)
{
    struct job *job = data;
    for (int i = 0; i < job->count; i++)
        explain_one(job, job->paths[i]);
}

/* NULL where none are asked for, and where one cannot be read: then its error is told. */
static struct form_maps *
load_maps(const char *folder, gboolean *good)
{
    g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(form_maps) maps = folder ? form_maps_load(folder, errors) : NULL;
    for (guint i = 0; i < errors->len; i++)
        fprintf(stderr, "postern: %s\n", (const char *)g_ptr_array_index(errors, i));
    *good = errors->len == 0;
    return *good ? g_steal_pointer(&maps) : NULL;
}

static gboolean
explain_files(struct job *job, GError **error)
{
    g_autoptr(worker_pool) pool = worker_pool_new(1, error);
    if (!pool)
        return FALSE;
    mail_init();
    worker_pool_run(pool, explain_all, job);
    return TRUE;
}

static gboolean
explain_with_database(struct job *job, GError **error)
{
    g_auto(opened) all = {0};
    if (!opened_open(&all, job->ctl, error))
        return FALSE;
    job->market = &all.market;
    job->maps = job->maps ? job->maps : all.forms;
    return explain_files(job, error);
}

int
ctl_explain(struct ctl *ctl, int argc, char **argv)
{
    g_autofree char *from = NULL, *to = NULL, *folder = NULL;
    const GOptionEntry entries[] = {
        {"to", 't', 0, G_OPTION_ARG_FILENAME, &to,
         "Look into the database: what would come of the mail to ADDRESS, now", "ADDRESS"},
        {"from", 'f', 0, G_OPTION_ARG_FILENAME, &from, "Envelope sender, with --to (its Return-Path, its author)",
         "ADDRESS"},
        {"maps", 0, 0, G_OPTION_ARG_FILENAME, &folder, "Read lead forms by the field maps there", "DIR"},
        G_OPTION_ENTRY_NULL,
    };
    const struct ctl_usage usage = {"FILE…", "Says how the gateway understands mails; - is standard input.", entries, 1,
                                    G_MAXINT};
    if (!ctl_options(ctl, &usage, &argc, &argv))
        return CTL_USAGE;
    if (from && !to)
        return ctl_wrong(argv[0], "--from goes with --to");
    gboolean good;
    g_autoptr(form_maps) maps = load_maps(folder, &good);
    if (!good)
        return CTL_FAILED;
    g_autoptr(GError) error = NULL;
    struct job job = {
        .ctl = ctl,
        .paths = argv + 1,
        .count = argc - 1,
        .maps = maps,
        .from = from,
        .to = to,
        .now = ctl_now(),
    };
    if (!(to ? explain_with_database(&job, &error) : explain_files(&job, &error)))
        return ctl_failed(error);
    return job.failed ? CTL_FAILED : CTL_DONE;
}
