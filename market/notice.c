/* clang-format off */
/*
 * Keys that layouts see, by kind. Facts and keys only, no words: mailer/speak.h makes `x_words` of `x_time` and so on,
 * and `said` of {"say": KEY}.
 *
 *   all                  marketplace domain jobs_address experts_address recipient_name to{partner|merchant|other}
 *   to a partner         organisation{name} to{member} (not its notification address) instead_of (whose mail it is)
 *   with a conversation  subject organisation{name} merchant{name,label,shop,shop_url} reply_address
 *   first-contact, lead  service text lines[{line}] files[{name,size_bytes,omitted}] due_time matched
 *                        previous{link,subject}; lead: lead{name,email,phone,shop}
 *   overview             count answers_only single interval_seconds; single: merchant
 *                        items[{number,by,merchant,subject,state,at_time,text,lines,link,actions,files}]
 *   ack                  direct matched
 *   relay-partner        text lines profile_url lead files
 *   transcript, confirm  what market/transcript.c and market/confirmation.c say
 *   message-assignee     inward by text lines files
 *   assigned             as first-contact, and by; due_time while there is no answer
 *   conversation         state service due_time lead tagged[{name}] proposals[{said}]
 *                        messages[{by,at_time,withdrawn,waiting,text,lines,files[{name,size_bytes}]}]
 *                        comments[{by,at_time,text,lines}] assignees[{name,address}]
 *   declined-merchant, declined-partner   reason matched
 *   reminder             due_time
 *   not-relayed          reason{said} at_time mail_subject (of what was not passed on)
 *   which-conversation   at_time over choices[{number,link,subject,name}]
 *   others               what the rule put into the row's data
 */
/* clang-format on */
#include "market/notice.h"

#include <string.h>

#include "lib/text.h"
#include "market/action.h"
#include "market/deadline.h"
#include "market/desk.h"
#include "market/hold.h"
#include "market/lead.h"
#include "market/results.h"
#include "market/proposal.h"
#include "market/tag.h"

enum { QUOTE_BYTES = 64 << 10, QUOTE_BYTES_ALL = 128 << 10, QUOTE_BYTES_LATE = 2 << 10 };

struct loading {
    struct act *act;
    struct notice *notice;
    const store_rows *row;             /* STMT_OUTBOX_BY_ID */
    struct conversation *conversation; /* NULL when the row has none */
    struct organisation *organisation;
    struct merchant *merchant;
    gint64 bytes; /* of files so far */
    gsize words;  /* bytes of quoted text so far */
};

typedef gboolean (*load_fn)(struct loading *loading, GError **error);

/* json_object_set_new() refuses NULL silently; an absent text is "" so that templates see a false value. */
static void
set_text(json_t *object, const char *key, const char *text)
{
    json_object_set_new(object, key, json_string(text ? text : ""));
}

static void
set_integer(json_t *object, const char *key, gint64 value)
{
    json_object_set_new(object, key, json_integer(value));
}

/* Words of ours are keys, which the renderer says in the reader's language (mailer/speak.h). */
G_GNUC_PRINTF(3, 4)
static void
set_say(json_t *object, const char *key, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *say = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    json_object_set_new(object, key, json_pack("{s:s}", "say", say));
}

/* Quoted text for a reader who has or can get the whole: at most QUOTE_BYTES of it, and in all notices with many parts
 * less and less, so that no lead's flood makes an overview that no server takes. */
static char *
quotable(struct loading *loading, const char *text)
{
    gsize room = loading->words < QUOTE_BYTES_ALL ? QUOTE_BYTES : QUOTE_BYTES_LATE, length = strlen(text);
    loading->words += MIN(length, room);
    if (length <= room)
        return g_strdup(text);
    const char *end = g_utf8_find_prev_char(text, text + room);
    return g_strdup_printf("%.*s\n[\342\200\246]", (int)((end ? end : text) - text), text);
}

static void
set_lines(json_t *object, const char *text)
{
    json_t *lines = json_array();
    g_auto(GStrv) split = g_strsplit(text, "\n", -1);
    for (char **line = split; *line; line++)
        json_array_append_new(lines, json_pack("{s:s}", "line", *line));
    set_text(object, "text", text);
    json_object_set_new(object, "lines", lines);
}

static void
notice_file_free(gpointer data)
{
    struct notice_file *file = data;
    g_free(file->name);
    g_free(file->type);
    g_free(file);
}

/* What Postfix is told to take is half as much again as we do (conf/postfix/main.cf): base64 adds three eighths, and
 * words stand in a mail twice, in the worst case six times as long. */
static gboolean
fits(struct loading *loading, gint64 size)
{
    gint64 files = loading->bytes + size, words = (gint64)loading->words + 5 * QUOTE_BYTES;
    return files * 11 / 8 + words * 12 <= loading->act->market->conf->max_message_size * 3 / 2;
}

/* `names`: rows of STMT_ATTACHMENTS. A saved mail of ours may be named after its reader's link. */
static char *
shown_file_name(struct loading *loading, const store_rows *names, guint i)
{
    return link_scrub(loading->act->market, store_rows_text(names, i, "name"), NULL, "address");
}

/* A single message's files always go, for they came in one mail of allowed size; an overview's only while they fit. */
static gboolean
load_files(struct loading *loading, gint64 message_id, gboolean all, json_t *object, GError **error)
{
    json_t *list = json_array();
    json_object_set_new(object, "files", list);
    g_autoptr(store_rows) rows = store_query(loading->act->tx, STMT_ATTACHMENTS, error, store_int(message_id));
    if (!rows)
        return FALSE;
    for (guint i = 0; i < store_rows_count(rows); i++) {
        gint64 size = store_rows_int(rows, i, "size");
        gboolean attached = all || fits(loading, size);
        g_autofree char *name = shown_file_name(loading, rows, i);
        json_array_append_new(
            list, json_pack("{s:s, s:I, s:b}", "name", name, "size_bytes", (json_int_t)size, "omitted", !attached));
        if (!attached)
            continue;
        loading->bytes += size;
        struct notice_file *file = g_new0(struct notice_file, 1);
        file->name = text_file_name(name, "attachment");
        file->type = g_strdup(store_rows_text(rows, i, "type"));
        file->raw_id = store_rows_int(rows, i, "raw_id");
        file->offset = store_rows_int(rows, i, "byte_offset");
        file->length = store_rows_int(rows, i, "byte_length");
        file->encoding = (int)store_rows_int(rows, i, "encoding");
        file->size = size;
        g_ptr_array_add(loading->notice->files, file);
    }
    return TRUE;
}

/* What may be shown of a merchant: names, never an address (a lead's come in `lead`). "" when there is none. */
static char *
merchant_name(const struct merchant *merchant, const char *author_name)
{
    g_autofree char *name = party_public_name(merchant->name, "");
    if (*name)
        return g_steal_pointer(&name);
    g_free(name);
    name = party_public_name(author_name, "");
    return *name || !merchant->shop_name ? g_steal_pointer(&name) : g_strdup(merchant->shop_name);
}

/* The name with the shop; "" when there is neither. */
static char *
merchant_label(const struct merchant *merchant, const char *author_name)
{
    g_autofree char *name = merchant_name(merchant, author_name);
    const char *shop = merchant->shop_name;
    return shop && strcmp(shop, name) != 0 ? g_strdup_printf("%s (%s)", name, shop) : g_steal_pointer(&name);
}

static void
set_merchant(json_t *data, const struct merchant *merchant, const char *author_name)
{
    g_autofree char *name = merchant_name(merchant, author_name), *label = merchant_label(merchant, author_name);
    json_t *object = json_object();
    if (*label) {
        set_text(object, "name", name);
        set_text(object, "label", label);
    } else {
        set_say(object, "name", merchant->registered ? "someone.merchant" : "someone.visitor");
        set_say(object, "label", merchant->registered ? "someone.merchant" : "someone.visitor");
    }
    set_text(object, "shop", merchant->shop_name);
    set_text(object, "shop_url", merchant->shop_url);
    json_object_set_new(data, "merchant", object);
}

/* All addresses that act for a side of the conversation, and the one that wrote. */
static GPtrArray *
side_addresses(struct act *act, const struct conversation *c, enum side side, const char *author, GError **error)
{
    g_autoptr(store_rows) rows = side == SIDE_PARTNER
                                     ? store_query(act->tx, STMT_ORG_ADDRESSES, error, store_int(c->organisation_id))
                                     : store_query(act->tx, STMT_MERCHANT_ADDRESSES, error, store_int(c->merchant_id));
    if (!rows)
        return NULL;
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(list, g_strdup(author));
    for (guint i = 0; i < store_rows_count(rows); i++)
        g_ptr_array_add(list, g_strdup(store_rows_text(rows, i, "address")));
    return list;
}

char *
notice_words(struct act *act, const struct conversation *c, const store_rows *message, guint i, GError **error)
{
    gboolean inward = strcmp(store_rows_text(message, i, "direction"), "in") == 0;
    const char *text = store_rows_text(message, i, "text");
    if (inward && strcmp(c->kind, "lead") == 0)
        return link_scrub(act->market, text, NULL, "[address]");
    g_autoptr(GPtrArray) addresses = side_addresses(act, c, inward ? SIDE_MERCHANT : SIDE_PARTNER,
                                                    store_rows_text(message, i, "author_address"), error);
    return addresses ? link_scrub(act->market, text, addresses, "[address]") : NULL;
}

static gboolean
set_sender(struct loading *loading, const char *name, enum side reader, enum link_purpose purpose, GError **error)
{
    struct notice *notice = loading->notice;
    g_clear_pointer(&notice->thread_index, g_free);
    char *address =
        conversation_thread(loading->act, loading->conversation->id, reader, purpose, &notice->thread_index, error);
    if (!address)
        return FALSE;
    g_free(notice->from_name);
    g_free(notice->from_address);
    notice->from_name = g_strdup(name);
    notice->from_address = address;
    notice->answerable = TRUE;
    set_text(notice->data, "reply_address", address);
    json_object_set_new(notice->data, "actions",
                        actions_for(loading->conversation, reader, address, notice->language, loading->act->now));
    json_array_extend(json_object_get(notice->data, "actions"), json_object_get(notice->data, "more_actions"));
    return TRUE;
}

static gboolean
load_previous(struct loading *loading, GError **error)
{
    const struct conversation *c = loading->conversation;
    g_autoptr(store_rows) rows =
        store_query(loading->act->tx, STMT_CONVERSATION_BEFORE, error, store_int(c->organisation_id),
                    store_int(c->merchant_id), store_int(c->id));
    if (!rows)
        return FALSE;
    if (!store_rows_count(rows))
        return TRUE;
    g_autofree char *link =
        conversation_link(loading->act, store_rows_int(rows, 0, "id"), SIDE_PARTNER, LINK_REPLY, error);
    if (!link)
        return FALSE;
    json_object_set_new(loading->notice->data, "previous",
                        json_pack("{s:s, s:s}", "link", link, "subject", store_rows_text(rows, 0, "subject")));
    return TRUE;
}

static void
set_lead(struct loading *loading)
{
    const struct merchant *m = loading->merchant;
    json_t *lead = json_object();
    set_text(lead, "name", m->name);
    set_text(lead, "email", m->address);
    set_text(lead, "phone", m->phone);
    set_text(lead, "shop", m->shop_url ? m->shop_url : m->shop_name);
    json_object_set_new(loading->notice->data, "lead", lead);
}

/* The rows behind a message's mail: its words into `data`; `whole` where the mail is those words. */
static store_rows *
load_message(struct loading *loading, gboolean whole, GError **error)
{
    gint64 id = store_rows_int(loading->row, 0, "message_ref");
    if (!id)
        id = json_integer_value(json_object_get(loading->notice->data, "message_id"));
    g_autoptr(store_rows) rows = store_query(loading->act->tx, STMT_MESSAGE_BY_ID, error, store_int(id));
    if (!rows)
        return NULL;
    if (!store_rows_count(rows)) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND, "message %" G_GINT64_FORMAT " is gone", id);
        return NULL;
    }
    g_autofree char *words = notice_words(loading->act, loading->conversation, rows, 0, error);
    if (!words)
        return NULL;
    g_autofree char *text = whole ? g_strdup(words) : quotable(loading, words);
    set_lines(loading->notice->data, text);
    return g_steal_pointer(&rows);
}

static gboolean
load_job(struct loading *loading, GError **error)
{
    const struct merchant *m = loading->merchant;
    json_t *data = loading->notice->data;
    g_autoptr(store_rows) message = load_message(loading, FALSE, error);
    if (!message)
        return FALSE;
    set_merchant(data, m, store_rows_text(message, 0, "author_name"));
    set_text(data, "service", loading->conversation->service);
    json_object_set_new(data, "matched", json_boolean(loading->conversation->matched));
    if (!m->registered)
        set_lead(loading);
    g_autofree char *label = merchant_label(m, store_rows_text(message, 0, "author_name"));
    const char *name = *label ? label : loading->act->market->conf->name;
    return load_files(loading, store_rows_int(message, 0, "id"), TRUE, data, error) && load_previous(loading, error) &&
           set_sender(loading, name, SIDE_PARTNER, LINK_REPLY, error);
}

static gboolean
load_first_contact(struct loading *loading, GError **error)
{
    if (!load_job(loading, error))
        return FALSE;
    set_integer(loading->notice->data, "due_time", loading->conversation->due_at);
    deadline_add(loading->act, loading->organisation, loading->conversation, "PUBLISH", loading->notice->from_address,
                 loading->notice->data);
    return TRUE;
}

/* Until when a first answer is waited for; absent once it is there. */
static void
set_due(struct loading *loading)
{
    const struct conversation *c = loading->conversation;
    if (job_is_unanswered(job_effective(c->state, c->due_at, loading->act->now)))
        set_integer(loading->notice->data, "due_time", c->due_at);
}

static gboolean
load_assigned(struct loading *loading, GError **error)
{
    set_due(loading);
    return load_job(loading, error);
}

static gboolean
load_ack(struct loading *loading, GError **error)
{
    json_t *data = loading->notice->data;
    gboolean matched = loading->conversation->matched;
    g_autoptr(store_rows) message = load_message(loading, FALSE, error);
    if (!message)
        return FALSE;
    set_merchant(data, loading->merchant, store_rows_text(message, 0, "author_name"));
    json_object_set_new(data, "matched", json_boolean(matched));
    json_object_set_new(data, "direct", json_boolean(!matched));
    if (matched) /* R7: the merchant does not learn who was chosen until one of them writes */
        json_object_del(data, "organisation");
    return set_sender(loading, loading->act->market->conf->name, SIDE_MERCHANT, matched ? LINK_REQUEST : LINK_REPLY,
                      error);
}

static gboolean
load_relay(struct loading *loading, GError **error)
{
    json_t *data = loading->notice->data;
    g_autoptr(store_rows) message = load_message(loading, TRUE, error);
    if (!message)
        return FALSE;
    json_object_set_new(data, "lead", json_boolean(!loading->merchant->registered));
    set_text(data, "profile_url", loading->organisation->profile_url);
    return load_files(loading, store_rows_int(message, 0, "id"), TRUE, data, error) &&
           set_sender(loading, loading->organisation->name, SIDE_MERCHANT, LINK_REPLY, error);
}

/* One message of an overview. */
static gboolean
load_item(struct loading *loading, const store_rows *rows, guint i, json_t *items, GError **error)
{
    struct act *act = loading->act;
    g_autoptr(conversation) conversation = NULL;
    g_autoptr(merchant) merchant = NULL;
    if (!conversation_load(act, store_rows_int(rows, i, "conversation_id"), &conversation, error) ||
        !merchant_by_id(act, conversation->merchant_id, &merchant, error))
        return FALSE;
    g_autofree char *link = conversation_link(act, conversation->id, SIDE_PARTNER, LINK_REPLY, error);
    if (!link)
        return FALSE;
    json_t *item = json_object();
    json_array_append_new(items, item);
    g_autofree char *words = notice_words(act, conversation, rows, i, error);
    if (!words)
        return FALSE;
    g_autofree char *text = quotable(loading, words);
    gboolean inward = strcmp(store_rows_text(rows, i, "direction"), "in") == 0;
    g_autofree char *by =
        party_public_name(store_rows_text(rows, i, "author_name"), store_rows_text(rows, i, "author_address"));
    json_object_set_new(item, "number", json_integer(i + 1));
    set_text(item, "by", inward ? "" : by);
    set_merchant(item, merchant, inward ? store_rows_text(rows, i, "author_name") : NULL);
    set_text(item, "subject", conversation->subject);
    set_say(item, "state", "state.%s",
            job_state_name(job_effective(conversation->state, conversation->due_at, act->now)));
    set_integer(item, "at_time", store_rows_int(rows, i, "received_at"));
    set_text(item, "link", link);
    json_object_set_new(item, "actions", actions_of_item(conversation, link, loading->notice->language, act->now));
    set_lines(item, text);
    return load_files(loading, store_rows_int(rows, i, "id"), FALSE, item, error);
}

/* Several messages of one conversation can be answered by one reply; several conversations cannot. */
static gint64
only_conversation(const store_rows *rows)
{
    gint64 first = store_rows_int(rows, 0, "conversation_id");
    for (guint i = 1; i < store_rows_count(rows); i++)
        if (store_rows_int(rows, i, "conversation_id") != first)
            return 0;
    return first;
}

static gboolean
set_overview_sender(struct loading *loading, const store_rows *rows, gint64 overview_id, GError **error)
{
    const struct conf *conf = loading->act->market->conf;
    gint64 only = only_conversation(rows);
    json_object_set_new(loading->notice->data, "single", json_boolean(only != 0));
    if (only) {
        if (!conversation_load(loading->act, only, &loading->conversation, error))
            return FALSE;
        const json_t *first = json_array_get(json_object_get(loading->notice->data, "items"), 0);
        set_text(loading->notice->data, "subject", loading->conversation->subject);
        json_object_set(loading->notice->data, "merchant", json_object_get(first, "merchant")); /* names a thread */
        return set_sender(loading, conf->name, SIDE_PARTNER, LINK_REPLY, error);
    }
    struct link_token token = {LINK_OVERVIEW, overview_id, loading->notice->created_at + conf->link_lifetime};
    g_free(loading->notice->from_address);
    loading->notice->from_address = link_address(loading->act->market, &token);
    loading->notice->answerable = TRUE;
    return TRUE;
}

static gboolean
load_overview(struct loading *loading, GError **error)
{
    gint64 id = store_rows_int(loading->row, 0, "overview_id");
    json_t *data = loading->notice->data, *items = json_array();
    json_object_set_new(data, "items", items);
    g_autoptr(store_rows) overview = store_query(loading->act->tx, STMT_OVERVIEW_BY_ID, error, store_int(id));
    g_autoptr(store_rows) rows =
        overview ? store_query(loading->act->tx, STMT_OVERVIEW_ITEMS, error, store_int(id)) : NULL;
    if (!rows)
        return FALSE;
    if (!store_rows_count(rows)) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND, "overview %" G_GINT64_FORMAT " has no message", id);
        return FALSE;
    }
    for (guint i = 0; i < store_rows_count(rows); i++)
        if (!load_item(loading, rows, i, items, error))
            return FALSE;
    if (!organisation_by_id(loading->act, store_rows_int(overview, 0, "organisation_id"), &loading->organisation,
                            error))
        return FALSE;
    json_object_set_new(data, "organisation", json_pack("{s:s}", "name", loading->organisation->name));
    guint unread = 0;
    for (guint i = 0; i < store_rows_count(rows); i++)
        unread += strcmp(store_rows_text(rows, i, "direction"), "in") == 0;
    json_object_set_new(data, "count", json_integer(unread));
    json_object_set_new(data, "answers_only", json_boolean(!unread));
    set_integer(data, "interval_seconds", loading->act->market->conf->overview_interval);
    json_object_set_new(data, "digest", json_boolean(strcmp(store_rows_text(overview, 0, "digest"), "mime") == 0));
    return set_overview_sender(loading, rows, id, error);
}

/* A notice about a conversation that its reader may answer. */
static gboolean
load_about(struct loading *loading, GError **error)
{
    if (!loading->conversation)
        return TRUE;
    gboolean partner = strcmp(store_rows_text(loading->row, 0, "side"), side_name(SIDE_PARTNER)) == 0;
    /* R7: the merchant does not learn who was chosen until one of them writes. */
    gboolean hidden = !partner && loading->conversation->matched && !loading->conversation->answered;
    if (hidden)
        json_object_del(loading->notice->data, "organisation");
    json_object_set_new(loading->notice->data, "matched", json_boolean(hidden));
    set_merchant(loading->notice->data, loading->merchant, NULL);
    return set_sender(loading, loading->act->market->conf->name, partner ? SIDE_PARTNER : SIDE_MERCHANT,
                      hidden ? LINK_REQUEST : LINK_REPLY, error);
}

/* A notice that is answered at an address of its own: the rule put it, and what can be done there, into the data; so it
 * did with the organisation where no conversation tells. */
static gboolean
load_own(struct loading *loading, GError **error)
{
    struct notice *notice = loading->notice;
    json_t *actions = json_object_get(notice->data, "own_actions");
    gint64 organisation_id = json_integer_value(json_object_get(notice->data, "organisation_id"));
    if (!loading->organisation && organisation_id &&
        !organisation_by_id(loading->act, organisation_id, &loading->organisation, error))
        return FALSE;
    if (!load_about(loading, error))
        return FALSE;
    const char *address = json_string_value(json_object_get(notice->data, "own_address"));
    if (!address)
        return TRUE;
    g_free(notice->from_address);
    notice->from_address = g_strdup(address);
    notice->answerable = TRUE;
    set_text(notice->data, "reply_address", address);
    json_object_set_new(notice->data, "actions", actions ? json_incref(actions) : json_array());
    return TRUE;
}

/* What a search finds now. */
static gboolean
load_results(struct loading *loading, GError **error)
{
    const char *address = json_string_value(json_object_get(loading->notice->data, "own_address"));
    return load_own(loading, error) &&
           results_load(loading->act, loading->notice->data, address, loading->notice->language, error);
}

/* The reason is its author's words: what clients add does not cross over with them. */
static gboolean
load_declined(struct loading *loading, GError **error)
{
    const struct conversation *c = loading->conversation;
    json_t *data = loading->notice->data;
    gboolean partner = strcmp(store_rows_text(loading->row, 0, "side"), side_name(SIDE_PARTNER)) == 0;
    const char *reason = json_string_value(json_object_get(data, "reason"));
    g_autoptr(GPtrArray) addresses = side_addresses(loading->act, c, partner ? SIDE_MERCHANT : SIDE_PARTNER, "", error);
    if (!addresses)
        return FALSE;
    g_autofree char *scrubbed = link_scrub(loading->act->market, reason ? reason : "", addresses, "[address]");
    set_text(data, "reason", scrubbed);
    return load_about(loading, error);
}

static gboolean
load_reminder(struct loading *loading, GError **error)
{
    set_integer(loading->notice->data, "due_time", loading->conversation->due_at);
    return load_about(loading, error);
}

/* A message to a colleague: the merchant's, or what another colleague answered. */
static gboolean
load_colleague(struct loading *loading, GError **error)
{
    json_t *data = loading->notice->data;
    g_autoptr(store_rows) message = load_message(loading, FALSE, error);
    if (!message)
        return FALSE;
    gboolean inward = strcmp(store_rows_text(message, 0, "direction"), "in") == 0;
    g_autofree char *by =
        party_public_name(store_rows_text(message, 0, "author_name"), store_rows_text(message, 0, "author_address"));
    g_autofree char *label = merchant_label(loading->merchant, store_rows_text(message, 0, "author_name"));
    set_merchant(data, loading->merchant, inward ? store_rows_text(message, 0, "author_name") : NULL);
    json_object_set_new(data, "inward", json_boolean(inward));
    set_text(data, "by", inward ? "" : by);
    return load_files(loading, store_rows_int(message, 0, "id"), TRUE, data, error) &&
           set_sender(loading, inward && *label ? label : loading->act->market->conf->name, SIDE_PARTNER, LINK_REPLY,
                      error);
}

/* ---- the whole conversation ---- */

enum { SHOWN_MOST = 200 };

static gboolean
show_message(struct loading *loading, const store_rows *rows, guint i, json_t *list, GError **error)
{
    gboolean inward = strcmp(store_rows_text(rows, i, "direction"), "in") == 0;
    json_t *item = json_object(), *files = json_array();
    json_array_append_new(list, item);
    json_object_set_new(item, "files", files);
    gboolean waiting = FALSE;
    g_autofree char *words = notice_words(loading->act, loading->conversation, rows, i, error);
    g_autoptr(store_rows) names =
        store_query(loading->act->tx, STMT_ATTACHMENTS, error, store_int(store_rows_int(rows, i, "id")));
    if (!words || !names ||
        (!inward && !lead_waits(loading->act, loading->conversation, store_rows_int(rows, i, "id"), &waiting, error)))
        return FALSE;
    g_autofree char *text = quotable(loading, words);
    g_autofree char *label =
        inward ? merchant_label(loading->merchant, store_rows_text(rows, i, "author_name"))
               : party_public_name(store_rows_text(rows, i, "author_name"), store_rows_text(rows, i, "author_address"));
    set_text(item, "by", label);
    set_integer(item, "at_time", store_rows_int(rows, i, "received_at"));
    json_object_set_new(item, "withdrawn", json_boolean(!store_rows_is_null(rows, i, "withdrawn_at")));
    json_object_set_new(item, "waiting", json_boolean(waiting));
    set_lines(item, text);
    for (guint k = 0; k < store_rows_count(names); k++) {
        g_autofree char *name = shown_file_name(loading, names, k);
        json_array_append_new(
            files, json_pack("{s:s, s:I}", "name", name, "size_bytes", (json_int_t)store_rows_int(names, k, "size")));
    }
    return TRUE;
}

static gboolean
show_messages(struct loading *loading, GError **error)
{
    json_t *list = json_array();
    json_object_set_new(loading->notice->data, "messages", list);
    g_autoptr(store_rows) rows =
        store_query(loading->act->tx, STMT_LIST_MESSAGES, error, store_int(loading->conversation->id));
    if (!rows)
        return FALSE;
    guint count = store_rows_count(rows);
    for (guint i = count > SHOWN_MOST ? count - SHOWN_MOST : 0; i < count; i++)
        if (!show_message(loading, rows, i, list, error))
            return FALSE;
    return TRUE;
}

static gboolean
show_inside(struct loading *loading, GError **error)
{
    json_t *comments = json_array(), *assignees = json_array();
    json_object_set_new(loading->notice->data, "comments", comments);
    json_object_set_new(loading->notice->data, "assignees", assignees);
    g_autoptr(store_rows) said =
        store_query(loading->act->tx, STMT_COMMENTS, error, store_int(loading->conversation->id));
    g_autoptr(store_rows) people =
        store_query(loading->act->tx, STMT_ASSIGNEES, error, store_int(loading->conversation->job_id));
    if (!said || !people)
        return FALSE;
    for (guint i = 0; i < store_rows_count(said); i++) {
        const char *name = store_rows_text(said, i, "author_name");
        json_t *item = json_object();
        json_array_append_new(comments, item);
        g_autofree char *text = quotable(loading, store_rows_text(said, i, "text"));
        set_text(item, "by", *name ? name : store_rows_text(said, i, "author_address"));
        set_integer(item, "at_time", store_rows_int(said, i, "created_at"));
        set_lines(item, text);
    }
    for (guint i = 0; i < store_rows_count(people); i++)
        json_array_append_new(assignees, json_pack("{s:s, s:s}", "name", store_rows_text(people, i, "name"), "address",
                                                   store_rows_text(people, i, "address")));
    return TRUE;
}

static gboolean
load_show(struct loading *loading, GError **error)
{
    const struct conversation *c = loading->conversation;
    json_t *data = loading->notice->data;
    json_t *tags = tag_names(loading->act->tx, c->id, error);
    json_t *proposals = tags ? proposal_said(loading->act->tx, c->id, error) : NULL;
    if (!proposals) {
        json_decref(tags);
        return FALSE;
    }
    json_object_set_new(data, "proposals", proposals);
    json_t *named = json_array();
    for (gsize i = 0; i < json_array_size(tags); i++)
        json_array_append_new(named, json_pack("{s:O}", "name", json_array_get(tags, i)));
    json_decref(tags);
    enum job_state state = job_effective(c->state, c->due_at, loading->act->now);
    json_object_set_new(data, "tagged", named);
    set_say(data, "state", "state.%s", job_state_name(state));
    set_text(data, "service", c->service);
    set_due(loading);
    if (!loading->merchant->registered)
        set_lead(loading);
    return show_messages(loading, error) && show_inside(loading, error) && load_about(loading, error);
}

/* A version of a proposal, under the name of those who made it. */
static gboolean
load_proposal(struct loading *loading, GError **error)
{
    gint64 id = json_integer_value(json_object_get(loading->notice->data, "proposal_id"));
    json_t *facts = proposal_facts(loading->act->tx, id, error);
    if (!facts)
        return FALSE;
    json_object_set_new(loading->notice->data, "proposal", facts);
    if (!load_own(loading, error))
        return FALSE;
    g_free(loading->notice->from_name);
    loading->notice->from_name = g_strdup(loading->organisation->name);
    return TRUE;
}

/* What the merchant wrote about one of the partner's records. */
static gboolean
load_words_about(struct loading *loading, GError **error)
{
    g_autoptr(store_rows) message = load_message(loading, TRUE, error);
    return message && load_files(loading, store_rows_int(message, 0, "id"), TRUE, loading->notice->data, error) &&
           load_about(loading, error);
}

static gboolean
load_calendar_cancel(struct loading *loading, GError **error)
{
    if (!load_about(loading, error))
        return FALSE;
    deadline_add(loading->act, loading->organisation, loading->conversation, "CANCEL", loading->notice->from_address,
                 loading->notice->data);
    return TRUE;
}

static gboolean
load_plain(struct loading *loading, GError **error)
{
    (void)loading;
    (void)error;
    return TRUE;
}

/* R6a: who can be found, with what to write to whom. */
static gboolean
load_experts(struct loading *loading, GError **error)
{
    json_t *data = loading->notice->data, *list = json_array();
    const char *service = json_string_value(json_object_get(data, "service"));
    json_object_set_new(data, "organisations", list);
    g_autoptr(store_rows) rows =
        store_query(loading->act->tx, STMT_ORG_SEARCHABLE, error, store_text(service && *service ? service : NULL),
                    store_int(loading->act->now));
    if (!rows)
        return FALSE;
    for (guint i = 0; i < store_rows_count(rows); i++) {
        g_autoptr(organisation) organisation = NULL;
        if (!organisation_by_id(loading->act, store_rows_int(rows, i, "id"), &organisation, error))
            return FALSE;
        json_t *entry = json_object(), *services = json_array();
        json_array_append_new(list, entry);
        json_object_set_new(entry, "services", services);
        g_autofree char *address = g_strdup_printf("%s@%s", organisation->slug, loading->act->market->conf->domain);
        set_text(entry, "name", organisation->name);
        set_text(entry, "profile_url", organisation->profile_url);
        set_text(entry, "address", address);
        g_autoptr(store_rows) offered =
            store_query(loading->act->tx, STMT_ORG_SERVICES, error, store_int(organisation->id));
        if (!offered)
            return FALSE;
        for (guint k = 0; k < store_rows_count(offered); k++)
            json_array_append_new(services, json_pack("{s:s, s:b}", "service", store_rows_text(offered, k, "slug"),
                                                      "last", k + 1 == store_rows_count(offered)));
    }
    return TRUE;
}

static gboolean
load_question(struct loading *loading, GError **error)
{
    struct notice *notice = loading->notice;
    gint64 held_id = json_integer_value(json_object_get(notice->data, "held"));
    json_t *choices = hold_choices(loading->act, held_id, error);
    if (!choices)
        return FALSE;
    json_object_set_new(notice->data, "choices", choices);
    g_free(notice->from_address);
    notice->from_address = hold_address(loading->act->market, held_id, notice->created_at);
    notice->answerable = TRUE;
    return TRUE;
}

static const struct kind {
    const char *name;
    load_fn load;
    gboolean automatic; /* Auto-Submitted; FALSE for a person's own words */
} kinds[] = {
    {"first-contact", load_first_contact, TRUE},
    {"lead", load_first_contact, TRUE},
    {"overview", load_overview, TRUE},
    {"ack", load_ack, TRUE},
    {"relay-partner", load_relay, FALSE},
    {"message-assignee", load_colleague, TRUE},
    {"assigned", load_assigned, TRUE},
    {"conversation", load_show, TRUE},
    {"declined-merchant", load_declined, TRUE},
    {"declined-partner", load_declined, TRUE},
    {"reminder", load_reminder, TRUE},
    {"reminder-decline", load_about, TRUE},
    {"lead-held", load_about, TRUE},
    {"lead-dropped", load_about, TRUE},
    {"offer-away", load_own, TRUE},
    {"member-added", load_own, TRUE},
    {"expired-merchant", load_about, TRUE},
    {"expired-partner", load_about, TRUE},
    {"not-relayed", load_about, TRUE},
    {"transcript", load_own, TRUE},
    {"results", load_results, TRUE},
    {"confirm", load_own, TRUE},
    {"which-item", load_plain, TRUE},
    {"calendar-cancel", load_calendar_cancel, TRUE},
    {"proposal", load_proposal, TRUE},
    {"proposal-accepted", load_about, TRUE},
    {"proposal-declined", load_about, TRUE},
    {"proposal-change", load_words_about, TRUE},
    {"proposal-withdrawn", load_about, TRUE},
    {"invoice", load_about, TRUE},
    {"invoice-paid", load_about, TRUE},
    {"invoice-withdrawn", load_about, TRUE},
    {"access", load_own, TRUE},
    {"access-approved", load_about, TRUE},
    {"access-denied", load_about, TRUE},
    {"review", load_own, TRUE},
    {"review-given", load_about, TRUE},
    {"undeliverable", load_about, TRUE},
    {"which-conversation", load_question, TRUE},
    {"no-match", load_plain, TRUE},
    {"refused", load_plain, TRUE},
    {"experts", load_experts, TRUE},
    {"admin-alert", load_plain, TRUE},
};

const char *const *
notice_kinds(void)
{
    static const char *names[G_N_ELEMENTS(kinds) + 1];
    static gsize once;
    if (g_once_init_enter(&once)) {
        for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
            names[i] = kinds[i].name;
        g_once_init_leave(&once, 1);
    }
    return names;
}

static const struct kind *
kind_of(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

static gboolean
load_conversation(struct loading *loading, GError **error)
{
    gint64 id = store_rows_int(loading->row, 0, "conversation_id");
    if (!id)
        return TRUE;
    if (!conversation_load(loading->act, id, &loading->conversation, error) ||
        !organisation_by_id(loading->act, loading->conversation->organisation_id, &loading->organisation, error) ||
        !merchant_by_id(loading->act, loading->conversation->merchant_id, &loading->merchant, error))
        return FALSE;
    json_t *data = loading->notice->data;
    if (!json_object_get(data, "subject"))
        set_text(data, "subject", loading->conversation->subject);
    json_object_set_new(data, "organisation", json_pack("{s:s}", "name", loading->organisation->name));
    return TRUE;
}

/* References: what the reader's side has of this conversation in its own mailbox, so that every client threads it. */
static gboolean
load_references(struct loading *loading, GError **error)
{
    const struct conversation *c = loading->conversation;
    if (!c)
        return TRUE;
    const char *side = store_rows_text(loading->row, 0, "side");
    const char *direction = strcmp(side, side_name(SIDE_PARTNER)) == 0 ? "out" : "in";
    gint64 upto = store_rows_int(loading->row, 0, "message_ref");
    g_autoptr(store_rows) rows =
        store_query(loading->act->tx, STMT_THREAD_OF_SIDE, error, store_int(c->id), store_text(side),
                    store_text(direction), store_int(loading->notice->id), store_int(upto ? upto : G_MAXINT64));
    if (!rows)
        return FALSE;
    for (guint i = store_rows_count(rows); i > 0; i--)
        g_ptr_array_add(loading->notice->references, g_strdup(store_rows_text(rows, i - 1, "message_id")));
    return TRUE;
}

static void
set_address(json_t *data, const char *key, const char *local, const char *domain)
{
    g_autofree char *address = g_strdup_printf("%s@%s", local, domain);
    set_text(data, key, address);
}

static struct notice *
notice_new(struct act *act, const store_rows *row)
{
    const struct conf *conf = act->market->conf;
    const char *json = store_rows_text(row, 0, "data");
    struct notice *n = g_new0(struct notice, 1);
    n->id = store_rows_int(row, 0, "id");
    n->fence = store_rows_int(row, 0, "fence");
    n->attempts = store_rows_int(row, 0, "attempts");
    n->created_at = store_rows_int(row, 0, "created_at");
    n->kind = g_strdup(store_rows_text(row, 0, "kind"));
    n->language = g_strdup(store_rows_text(row, 0, "language"));
    n->recipient = g_strdup(store_rows_text(row, 0, "recipient"));
    n->recipient_name = g_strdup(store_rows_text(row, 0, "recipient_name"));
    n->message_id = g_strdup(store_rows_text(row, 0, "message_id"));
    n->from_name = g_strdup(conf->name);
    n->from_address = g_strdup_printf("postmaster@%s", conf->domain);
    struct link_token bounce = {LINK_BOUNCE, n->id, n->created_at + conf->link_lifetime, link_attempt(n->fence)};
    n->envelope_sender = link_address(act->market, &bounce);
    n->references = g_ptr_array_new_with_free_func(g_free);
    n->files = g_ptr_array_new_with_free_func(notice_file_free);
    n->data = json ? json_loads(json, 0, NULL) : NULL;
    if (!n->data)
        n->data = json_object();
    set_text(n->data, "marketplace", conf->name);
    set_text(n->data, "domain", conf->domain);
    set_address(n->data, "jobs_address", conf->jobs, conf->domain);
    set_address(n->data, "experts_address", conf->experts, conf->domain);
    g_autofree char *greeted = party_public_name(n->recipient_name, "");
    set_text(n->data, "recipient_name", greeted);
    const char *side = store_rows_text(row, 0, "side");
    json_object_set_new(n->data, "to",
                        json_pack("{s:b, s:b, s:b, s:b}", "partner", g_str_equal(side, "partner"), "merchant",
                                  g_str_equal(side, "merchant"), "other", g_str_equal(side, "other"), "member", FALSE));
    return n;
}

void
notice_free(struct notice *notice)
{
    if (!notice)
        return;
    g_free(notice->kind);
    g_free(notice->language);
    g_free(notice->timezone);
    g_free(notice->envelope_sender);
    g_free(notice->recipient);
    g_free(notice->recipient_name);
    g_free(notice->from_name);
    g_free(notice->from_address);
    g_free(notice->message_id);
    g_free(notice->reason);
    g_free(notice->list_id);
    g_free(notice->unsubscribe);
    g_free(notice->thread_index);
    g_ptr_array_unref(notice->references);
    g_ptr_array_unref(notice->files);
    json_decref(notice->data);
    g_free(notice);
}

static void
loading_clear(struct loading *loading)
{
    conversation_free(loading->conversation);
    organisation_free(loading->organisation);
    merchant_free(loading->merchant);
}

/* What a reader may switch off, and by which preference. */
static const struct kind_switch {
    const char *kind, *preference;
    gboolean personal; /* a member's own, or the notification address's */
} switches[] = {
    {"overview", "digest off", TRUE},
    {"reminder", "reminders no", FALSE},
    {"calendar-cancel", "calendar no", FALSE},
};

/* Whose it is, not who gets it: a stand-in switches off what is the notification address's. */
static gboolean
is_own_overview(struct loading *loading, gboolean *own, GError **error)
{
    g_autoptr(store_rows) overview = store_query(loading->act->tx, STMT_OVERVIEW_BY_ID, error,
                                                 store_int(store_rows_int(loading->row, 0, "overview_id")));
    *own = overview && store_rows_count(overview) && store_rows_int(overview, 0, "member_id");
    return overview != NULL;
}

/* The reader's own desk: a member's where the mail is that member's, else the notification address's. Members read that
 * mailbox too, so the command names it where each has a preference of their own. */
static gboolean
set_unsubscribe(struct loading *loading, const struct kind_switch *off, GError **error)
{
    struct notice *notice = loading->notice;
    const struct organisation *o = loading->organisation;
    gboolean own = TRUE;
    g_autoptr(store_rows) member =
        store_query(loading->act->tx, STMT_MEMBER_BY_ADDRESS, error, store_int(o->id), store_text(notice->recipient));
    if (!member || (off->personal && !is_own_overview(loading, &own, error)))
        return FALSE;
    gboolean members = store_rows_count(member) && strcmp(notice->recipient, o->notify) != 0;
    g_autofree char *desk = desk_address(loading->act, o->id, members ? store_rows_int(member, 0, "id") : 0);
    g_autofree char *command = g_strdup_printf("/%s %s%s%s", command_word(COMMAND_PREFS, "en"), off->preference,
                                               own ? "" : " ", own ? "" : o->notify);
    g_autofree char *mailto = action_mailto(desk, command);
    notice->unsubscribe = g_strdup_printf("<%s>", mailto);
    return TRUE;
}

/* An organisation's mails are a list to its mail clients' filters, and tell its time. */
static gboolean
set_list(struct loading *loading, const char *kind, GError **error)
{
    struct notice *notice = loading->notice;
    const struct organisation *o = loading->organisation;
    notice->reason = g_strdup(store_rows_text(loading->row, 0, "side"));
    if (!o || strcmp(notice->reason, side_name(SIDE_PARTNER)) != 0)
        return TRUE;
    json_object_set_new(json_object_get(notice->data, "to"), "member",
                        json_boolean(strcmp(notice->recipient, o->notify) != 0));
    json_object_set_new(notice->data, "organisation", json_pack("{s:s}", "name", o->name));
    notice->timezone = g_strdup(o->timezone);
    notice->list_id = g_strdup_printf("<%s.%s>", o->slug, loading->act->market->conf->domain);
    for (guint i = 0; i < G_N_ELEMENTS(switches); i++)
        if (strcmp(switches[i].kind, kind) == 0)
            return set_unsubscribe(loading, &switches[i], error);
    return TRUE;
}

struct notice *
notice_load(struct act *act, gint64 outbox_id, GError **error)
{
    g_autoptr(store_rows) row = store_query(act->tx, STMT_OUTBOX_BY_ID, error, store_int(outbox_id));
    if (!row)
        return NULL;
    const struct kind *kind = store_rows_count(row) ? kind_of(store_rows_text(row, 0, "kind")) : NULL;
    if (!kind) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND,
                    "outbox row %" G_GINT64_FORMAT " is gone or of an unknown kind", outbox_id);
        return NULL;
    }
    g_autoptr(notice) notice = notice_new(act, row);
    notice->automatic = kind->automatic;
    struct loading loading = {.act = act, .notice = notice, .row = row};
    gboolean done = load_conversation(&loading, error) && kind->load(&loading, error) &&
                    load_references(&loading, error) && set_list(&loading, kind->name, error);
    loading_clear(&loading);
    return done ? g_steal_pointer(&notice) : NULL;
}
