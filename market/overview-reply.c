#include "market/overview-reply.h"

#include <string.h>

#include "lib/text.h"
#include "market/action.h"
#include "market/adopt.h"
#include "market/answer.h"
#include "market/notice.h"
#include "market/notify.h"
#include "market/numbered.h"
#include "market/perform.h"
#include "market/quarantine.h"
#include "market/refusal.h"
#include "market/transcript.h"

enum { EXCERPT_BYTES = 200 };

/* ---- which one? ---- */

/* What was written goes along in the link, so that one tap says it again to the right one. */
static gboolean
add_choice(struct act *act, const store_rows *items, guint i, const char *text, json_t *list, GError **error)
{
    g_autofree char *link =
        conversation_link(act, store_rows_int(items, i, "conversation_id"), SIDE_PARTNER, LINK_REPLY, error);
    g_autoptr(conversation) c = NULL;
    if (!link || !conversation_load(act, store_rows_int(items, i, "conversation_id"), &c, error))
        return FALSE;
    g_autofree char *words = notice_words(act, c, items, i, error);
    if (!words)
        return FALSE;
    g_autofree char *name = party_public_name(store_rows_text(items, i, "author_name"), "");
    g_autofree char *excerpt = text_one_line(words, EXCERPT_BYTES);
    g_autofree char *mailto = action_draft(link, text);
    json_array_append_new(list, json_pack("{s:I, s:s, s:s, s:s, s:s, s:s}", "number", (json_int_t)i + 1, "merchant",
                                          name, "subject", store_rows_text(items, i, "subject"), "excerpt", excerpt,
                                          "link", link, "mailto", mailto));
    return TRUE;
}

static gboolean
ask_which(const struct overview_mail *m, const struct organisation *organisation, const store_rows *items,
          GError **error)
{
    g_autofree char *cause = act_cause(m->act, m->in->key);
    json_t *data = json_pack("{s:s, s:[]}", "subject", m->in->subject, "choices");
    gboolean done = quarantine_add(m->act, m->in, m->raw_id, "a reply to an overview of several conversations",
                                   m->recipient, 0, error);
    for (guint i = 0; done && i < store_rows_count(items); i++)
        done = add_choice(m->act, items, i, m->in->words, json_object_get(data, "choices"), error);
    if (!done) {
        json_decref(data);
        return FALSE;
    }
    const struct addressee to = {m->in->author_address, m->in->author_name, organisation->language,
                                 side_name(SIDE_PARTNER)};
    return notify_one(m->act, "which-item", &to, 0, data, cause, error);
}

/* ---- numbered answers ---- */

/* The mail as if it had said that much to that conversation alone. Files go with the first. */
static void
part_init(struct incoming *part, const struct incoming *in, const char *text, gboolean files)
{
    static GPtrArray *none;
    if (g_once_init_enter(&none)) {
        GPtrArray *empty = g_ptr_array_new();
        g_once_init_leave(&none, empty);
    }
    *part = *in;
    part->words = (char *)text;
    part->trimmed = part->letters = (char *)"";
    commands_read(text, &part->commands);
    part->refuses = refusal_is_in(part->commands.message);
    if (!files)
        part->files = none;
}

static gboolean
answer_item(const struct overview_mail *m, const struct numbered *entry, gboolean files, const store_rows *items,
            struct performing *whole, GError **error)
{
    struct incoming part;
    g_autoptr(conversation) c = NULL;
    if (entry->number > store_rows_count(items))
        return perform_fail(whole, "cannot.no_such_item", json_pack("{s:i}", "number", (int)entry->number));
    if (!conversation_load(m->act, store_rows_int(items, entry->number - 1, "conversation_id"), &c, error))
        return FALSE;
    part_init(&part, m->in, entry->text, files);
    const struct answer answer = {m->act,       &part,        c,         SIDE_PARTNER, FALSE,
                                  whole->trust, m->recipient, m->raw_id, NULL,         0};
    gboolean done = answer_part(&answer, whole, error);
    commands_clear(&part.commands);
    return done;
}

struct answers {
    const struct overview_mail *mail;
    const GPtrArray *list;
    const store_rows *items;
    struct performing *whole;
};

static gboolean
answer_items(store_tx *tx, gpointer arg, GError **error)
{
    struct answers *a = arg;
    (void)tx; /* the act has it */
    for (guint i = 0; i < a->list->len && !a->whole->failed; i++) {
        const struct numbered *entry = g_ptr_array_index(a->list, i);
        g_autofree char *line = g_strdup_printf("%u: %.80s", entry->number, entry->text);
        line[strcspn(line, "\n")] = '\0';
        a->whole->line = line;
        gboolean done = answer_item(a->mail, entry, i == 0, a->items, a->whole, error);
        a->whole->line = NULL;
        if (!done)
            return FALSE;
    }
    if (a->whole->failed)
        g_set_error_literal(error, POSTERN_ERROR, POSTERN_ERROR_REFUSED, "an answer said no");
    return !a->whole->failed;
}

/* All of them or none. */
static gboolean
take_numbered(const struct overview_mail *m, const struct organisation *organisation, const GPtrArray *list,
              const store_rows *items, GError **error)
{
    struct performing p = {
        .act = m->act,
        .in = m->in,
        .side = SIDE_PARTNER,
        .organisation = organisation,
        .actor = m->in->author_address,
        .actor_name = m->in->author_name,
        .raw_id = m->raw_id,
        .trust = trust_of(m->act->market->conf, m->in, TRUE),
        .message = "",
        .items = json_array(),
    };
    struct answers answers = {m, list, items, &p};
    g_autoptr(GError) refusal = NULL;
    const struct act before = *m->act;
    gboolean done = FALSE;
    gboolean ok =
        performing_find_member(&p, error) && store_attempt(m->act->tx, answer_items, &answers, &done, &refusal, error);
    if (ok && !done && !p.failed) {
        g_propagate_error(error, g_steal_pointer(&refusal));
        ok = FALSE;
    }
    if (ok && !done) {
        *m->act = before;
        ok = quarantine_add(m->act, m->in, m->raw_id, "an answer of several said no", m->recipient, 0, error);
    }
    ok = ok && transcript_send(&p, done, error);
    json_decref(p.items);
    return ok;
}

/* ---- all of it ---- */

/* Kept; the registered address hears of it once a day. */
static gboolean
refuse_stranger(const struct overview_mail *m, const store_rows *items, GError **error)
{
    g_autoptr(conversation) c = NULL;
    g_autofree char *cause =
        g_strdup_printf("overview-%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, m->overview_id, m->act->now / 86400);
    return conversation_load(m->act, store_rows_int(items, 0, "conversation_id"), &c, error) &&
           adopt_ask(m->act, m->in, m->raw_id, m->recipient, c, SIDE_PARTNER, cause, error);
}

static gboolean
take_from_member(const struct overview_mail *m, const struct organisation *organisation, const store_rows *items,
                 GError **error)
{
    g_autoptr(GPtrArray) list = numbered_read(m->in->words);
    if (trust_of(m->act->market->conf, m->in, TRUE) == TRUST_QUARANTINE)
        return quarantine_distrusted(m->act, m->in, m->raw_id, m->recipient, error);
    return list->len ? take_numbered(m, organisation, list, items, error) : ask_which(m, organisation, items, error);
}

gboolean
overview_reply_take(const struct overview_mail *m, GError **error)
{
    g_autoptr(organisation) organisation = NULL;
    gboolean own = FALSE;
    g_autoptr(store_rows) overview = store_query(m->act->tx, STMT_OVERVIEW_BY_ID, error, store_int(m->overview_id));
    g_autoptr(store_rows) items =
        overview ? store_query(m->act->tx, STMT_OVERVIEW_ITEMS, error, store_int(m->overview_id)) : NULL;
    if (!items)
        return FALSE;
    if (incoming_is_by_machine(m->in) || !store_rows_count(items) || !m->in->author_address)
        return quarantine_add(m->act, m->in, m->raw_id, "automatic mail", m->recipient, 0, error);
    if (!organisation_by_id(m->act, store_rows_int(overview, 0, "organisation_id"), &organisation, error) ||
        !organisation_has_address(m->act, organisation->id, m->in->author_address, &own, error))
        return FALSE;
    if (!own)
        return refuse_stranger(m, items, error);
    return take_from_member(m, organisation, items, error);
}
