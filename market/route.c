#include "market/route.h"

#include <string.h>

#include "mime/subject.h"

enum { CHOICES_MAX = 10 };

static const char *const evidence_names[] = {"link", "in-reply-to", "references", "thread-index", "quoted-link"};
static const char *const decision_names[] = {"none", "found", "held"};

static const char *
evidence_name(enum route_evidence evidence)
{
    return evidence_names[evidence];
}

static void
item_clear(gpointer item)
{
    g_clear_pointer(&((struct route_item *)item)->value, g_free);
}

static void
vote_clear(gpointer vote)
{
    g_clear_pointer(&((struct route_vote *)vote)->value, g_free);
}

void
route_init(struct route *route)
{
    memset(route, 0, sizeof *route);
    route->items = g_array_new(FALSE, TRUE, sizeof(struct route_item));
    route->votes = g_array_new(FALSE, TRUE, sizeof(struct route_vote));
    route->choices = g_array_new(FALSE, TRUE, sizeof(struct route_named));
    g_array_set_clear_func(route->items, item_clear);
    g_array_set_clear_func(route->votes, vote_clear);
    route->why = "nothing names a conversation";
}

void
route_clear(struct route *route)
{
    g_clear_pointer(&route->items, g_array_unref);
    g_clear_pointer(&route->votes, g_array_unref);
    g_clear_pointer(&route->choices, g_array_unref);
}

/* ---- sets of conversations ---- */

static const struct route_named *
named_at(const GArray *set, guint i)
{
    return &g_array_index(set, struct route_named, i);
}

static const struct route_named *
find_in(const GArray *set, gint64 conversation_id)
{
    for (guint i = 0; i < set->len; i++)
        if (named_at(set, i)->conversation_id == conversation_id)
            return named_at(set, i);
    return NULL;
}

static gboolean
meets(const GArray *a, const GArray *b)
{
    for (guint i = 0; i < a->len; i++)
        if (find_in(b, named_at(a, i)->conversation_id))
            return TRUE;
    return FALSE;
}

/* Keeps of `set` what `other` names too. What means a single conversation wins over what means its request. */
static void
narrow(GArray *set, const GArray *other)
{
    for (guint i = set->len; i > 0; i--) {
        struct route_named *mine = &g_array_index(set, struct route_named, i - 1);
        const struct route_named *theirs = find_in(other, mine->conversation_id);
        if (!theirs)
            g_array_remove_index(set, i - 1);
        else if (!theirs->request_id)
            mine->request_id = 0;
    }
}

static void
add_all(GArray *set, const GArray *more)
{
    for (guint i = 0; i < more->len && set->len < CHOICES_MAX; i++)
        if (!find_in(set, named_at(more, i)->conversation_id))
            g_array_append_val(set, *named_at(more, i));
}

/* One conversation, or the conversations of one request. */
static gboolean
is_one(const GArray *set)
{
    for (guint i = 1; i < set->len; i++)
        if (!named_at(set, i)->request_id || named_at(set, i)->request_id != named_at(set, 0)->request_id)
            return FALSE;
    return set->len > 0;
}

/* ---- groups: what each item that counts names ---- */

struct group {
    enum route_evidence evidence;
    gboolean beside;
    GArray *set; /* struct route_named */
};

static void
group_clear(gpointer group)
{
    g_array_unref(((struct group *)group)->set);
}

static GArray *
groups_of(const struct route *route)
{
    GArray *groups = g_array_new(FALSE, FALSE, sizeof(struct group));
    g_array_set_clear_func(groups, group_clear);
    guint item = G_MAXUINT;
    for (guint i = 0; i < route->votes->len; i++) {
        const struct route_vote *vote = &g_array_index(route->votes, struct route_vote, i);
        if (vote->named.why || !vote->named.conversation_id)
            continue;
        if (vote->item != item || !groups->len) {
            struct group group = {vote->evidence, vote->beside, g_array_new(FALSE, FALSE, sizeof(struct route_named))};
            g_array_append_val(groups, group);
            item = vote->item;
        }
        g_array_append_val(g_array_index(groups, struct group, groups->len - 1).set, vote->named);
    }
    return groups;
}

static const struct group *
next_group(const GArray *groups, enum route_evidence evidence, guint *at)
{
    for (; *at < groups->len; (*at)++) {
        const struct group *group = &g_array_index(groups, struct group, *at);
        if (group->evidence == evidence && !group->beside) {
            (*at)++;
            return group;
        }
    }
    return NULL;
}

/* ---- deciding ---- */

static void
hold(struct route *route, const char *why)
{
    route->decision = ROUTE_HELD;
    route->why = why;
}

static void
settle(struct route *route, const GArray *set, const char *why)
{
    if (!set->len)
        return;
    if (!is_one(set)) {
        add_all(route->choices, set);
        hold(route, "one mail of ours or of the sender's went into several conversations, and nothing says which");
        return;
    }
    route->decision = ROUTE_FOUND;
    route->conversation_id = named_at(set, 0)->conversation_id;
    route->request_id = named_at(set, 0)->request_id;
    route->why = why;
}

static gboolean
is_header_id(enum route_evidence evidence)
{
    return evidence == ROUTE_IN_REPLY_TO || evidence == ROUTE_REFERENCES;
}

/* Do header ids name other conversations, and none of them one that the mail is addressed to? */
static gboolean
contradicts_link(struct route *route, const GArray *groups)
{
    g_autoptr(GArray) addressed = g_array_new(FALSE, FALSE, sizeof(struct route_named));
    g_autoptr(GArray) other = g_array_new(FALSE, FALSE, sizeof(struct route_named));
    for (guint i = 0; i < groups->len; i++) {
        const struct group *group = &g_array_index(groups, struct group, i);
        if (group->evidence == ROUTE_LINK)
            add_all(addressed, group->set);
    }
    for (guint i = 0; i < groups->len; i++) {
        const struct group *group = &g_array_index(groups, struct group, i);
        if (!is_header_id(group->evidence))
            continue;
        if (meets(group->set, addressed))
            return FALSE;
        if (is_one(group->set))
            add_all(other, group->set);
    }
    if (!other->len)
        return FALSE;
    guint at = 0;
    add_all(route->choices, next_group(groups, ROUTE_LINK, &at)->set);
    add_all(route->choices, other);
    return TRUE;
}

/* The first of a kind, narrowed by its others. FALSE: one of them names another conversation. */
static gboolean
take_kind(const GArray *groups, enum route_evidence evidence, GArray *set, GArray *all)
{
    gboolean agree = TRUE;
    guint at = 0;
    for (const struct group *group; (group = next_group(groups, evidence, &at));) {
        add_all(all, group->set);
        if (!set->len)
            g_array_append_vals(set, group->set->data, group->set->len);
        else if (meets(set, group->set))
            narrow(set, group->set);
        else
            agree = FALSE;
    }
    return agree;
}

struct kind {
    GArray *set, *all;
    gboolean agree;
};

static void
decide_without_link(struct route *route, const struct kind *direct, const struct kind *references,
                    const struct kind *thread, const struct kind *quoted)
{
    const struct kind *ids = direct->set->len ? direct : references;
    if (!direct->agree) {
        add_all(route->choices, direct->all);
        hold(route, "In-Reply-To names two conversations");
    } else if (direct->set->len && references->set->len && !meets(direct->set, references->all)) {
        add_all(route->choices, direct->set);
        add_all(route->choices, references->set);
        hold(route, "In-Reply-To names one conversation and References another");
    } else if (ids->set->len && thread->set->len && !meets(ids->all, thread->set)) {
        add_all(route->choices, ids->set);
        add_all(route->choices, thread->set);
        hold(route, "In-Reply-To and References name one conversation and Thread-Index another");
    } else if (ids->set->len) {
        if (ids == direct && meets(ids->set, references->set))
            narrow(ids->set, references->set);
        settle(route, ids->set, ids == direct ? "In-Reply-To names it" : "the latest of References names it");
    } else if (thread->set->len) {
        settle(route, thread->set, "the root of its Thread-Index is ours");
    } else if (!quoted->agree) {
        add_all(route->choices, quoted->all);
        hold(route, "it quotes links of several conversations");
    } else {
        settle(route, quoted->set, "a link of it is quoted in the body, and nothing else speaks against it");
    }
}

void
route_decide(struct route *route)
{
    static const enum route_evidence evidences[] = {ROUTE_IN_REPLY_TO, ROUTE_REFERENCES, ROUTE_THREAD_INDEX,
                                                    ROUTE_QUOTED_LINK};
    struct kind kinds[G_N_ELEMENTS(evidences)];
    guint at = 0;
    g_autoptr(GArray) groups = groups_of(route);
    const struct group *link = next_group(groups, ROUTE_LINK, &at);
    if (link) {
        if (contradicts_link(route, groups))
            hold(route, "it was sent to one conversation's address as an answer in another");
        else
            settle(route, link->set, "it was sent to its reply address");
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        kinds[i].set = g_array_new(FALSE, FALSE, sizeof(struct route_named));
        kinds[i].all = g_array_new(FALSE, FALSE, sizeof(struct route_named));
        kinds[i].agree = take_kind(groups, evidences[i], kinds[i].set, kinds[i].all);
    }
    decide_without_link(route, &kinds[0], &kinds[1], &kinds[2], &kinds[3]);
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_array_unref(kinds[i].set);
        g_array_unref(kinds[i].all);
    }
}

/* ---- voting ---- */

static void
add_vote(struct route *route, guint item, const struct route_named *named)
{
    const struct route_item *i = &g_array_index(route->items, struct route_item, item);
    const struct route_vote vote = {item, i->evidence, i->beside, g_strdup(i->value), *named};
    g_array_append_val(route->votes, vote);
}

/* Does what was found so far decide, whatever the items from here on name? */
static gboolean
is_decided(const struct route *route, const struct route_item *next)
{
    gboolean link = FALSE, ids = FALSE;
    g_autoptr(GArray) groups = groups_of(route);
    g_autoptr(GArray) addressed = g_array_new(FALSE, FALSE, sizeof(struct route_named));
    for (guint i = 0; i < groups->len; i++) {
        const struct group *group = &g_array_index(groups, struct group, i);
        link = link || (group->evidence == ROUTE_LINK && !group->beside);
        ids = ids || is_header_id(group->evidence);
        if (group->evidence == ROUTE_LINK)
            add_all(addressed, group->set);
        else if (link && meets(group->set, addressed)) /* header and address agree */
            return TRUE;
    }
    return (link && !is_header_id(next->evidence) && next->evidence != ROUTE_LINK) ||
           (ids && next->evidence == ROUTE_QUOTED_LINK);
}

gboolean
route_votes(struct route *route, route_lookup lookup, gpointer arg, gboolean all, GError **error)
{
    g_autoptr(GArray) named = g_array_new(FALSE, FALSE, sizeof(struct route_named));
    for (guint i = 0; i < route->items->len; i++) {
        const struct route_item *item = &g_array_index(route->items, struct route_item, i);
        const struct route_named nothing = {0, 0, "it names no conversation here"};
        if (!all && is_decided(route, item))
            return TRUE;
        g_array_set_size(named, 0);
        if (!lookup(arg, item, named, error))
            return FALSE;
        for (guint k = 0; k < named->len; k++)
            add_vote(route, i, named_at(named, k));
        if (!named->len && all)
            add_vote(route, i, &nothing);
    }
    return TRUE;
}

/* ---- what the store knows ---- */

struct asking {
    struct act *act;
    const struct route_question *question;
    gboolean forwards; /* the mail hands on another one to a link */
};

/* Whether a conversation counts for the mail; `whole`: its request is meant. */
static gboolean
name_one(const struct asking *asking, gint64 id, enum side side, gboolean whole, GArray *named, GError **error)
{
    const struct route_question *q = asking->question;
    g_autoptr(conversation) c = NULL;
    gboolean registered = FALSE;
    if (!whole && q->link && id == q->conversation_id && side == q->side) { /* the one that was asked about already */
        const struct route_named known = {.conversation_id = id};
        g_array_append_val(named, known);
        return TRUE;
    }
    if (!conversation_load(asking->act, id, &c, error))
        return FALSE;
    if (!c)
        return TRUE;
    if (!conversation_speaks(asking->act, c, side, q->in->author_address, &registered, error))
        return FALSE;
    gboolean all = whole && c->matched && !q->organisation_id;
    struct route_named one = {.conversation_id = id, .request_id = all ? c->request_id : 0};
    if (side != q->side)
        one.why = "it is the other side's";
    else if (!registered)
        one.why = "the author is not registered for it";
    else if (q->organisation_id && c->organisation_id != q->organisation_id)
        one.why = "it is with another organisation";
    g_array_append_val(named, one);
    return TRUE;
}

/* All conversations of a matched request, or the one. */
static gboolean
name_request(const struct asking *asking, gint64 id, enum side side, GArray *named, GError **error)
{
    g_autoptr(conversation) c = NULL;
    if (!conversation_load(asking->act, id, &c, error))
        return FALSE;
    if (!c || !c->matched)
        return name_one(asking, id, side, FALSE, named, error);
    g_autoptr(store_rows) rows =
        store_query(asking->act->tx, STMT_CONVERSATIONS_OF_REQUEST, error, store_int(c->request_id));
    if (!rows)
        return FALSE;
    for (guint i = 0; i < store_rows_count(rows); i++)
        if (!name_one(asking, store_rows_int(rows, i, "id"), side, TRUE, named, error))
            return FALSE;
    return TRUE;
}

static gboolean
is_partner(const store_rows *rows, guint i, const char *column, const char *partner)
{
    return strcmp(store_rows_text(rows, i, column), partner) == 0;
}

static gboolean
look_up_link(const struct asking *asking, gint64 link_id, GArray *named, GError **error)
{
    g_autoptr(store_rows) rows = store_query(asking->act->tx, STMT_LINK_BY_ID, error, store_int(link_id));
    if (!rows || !store_rows_count(rows))
        return rows != NULL;
    enum side side = is_partner(rows, 0, "side", side_name(SIDE_PARTNER)) ? SIDE_PARTNER : SIDE_MERCHANT;
    gint64 id = store_rows_int(rows, 0, "conversation_id");
    return strcmp(store_rows_text(rows, 0, "purpose"), "request") == 0
               ? name_request(asking, id, side, named, error)
               : name_one(asking, id, side, FALSE, named, error);
}

/* An overview names all conversations that it tells of. */
static gboolean
name_overview(const struct asking *asking, gint64 overview_id, GArray *named, GError **error)
{
    g_autoptr(store_rows) items = store_query(asking->act->tx, STMT_OVERVIEW_ITEMS, error, store_int(overview_id));
    if (!items)
        return FALSE;
    for (guint i = 0; i < store_rows_count(items); i++) {
        gint64 id = store_rows_int(items, i, "conversation_id");
        if (!find_in(named, id) && !name_one(asking, id, SIDE_PARTNER, FALSE, named, error))
            return FALSE;
    }
    return TRUE;
}

/* The partner's words and records: the merchant knows then who it is. */
static gboolean
is_of_one(const char *kind)
{
    static const char *const beginnings[] = {"relay-partner", "proposal", "invoice", "access", "review"};
    for (guint i = 0; i < G_N_ELEMENTS(beginnings); i++)
        if (g_str_has_prefix(kind, beginnings[i]))
            return TRUE;
    return FALSE;
}

/* One of our Message-IDs: the mail that it is of. What is told of a matched request before anybody answered is about
 * the request. */
static gboolean
look_up_ours(const struct asking *asking, const char *id, GArray *named, GError **error)
{
    g_autoptr(store_rows) sent = store_query(asking->act->tx, STMT_OUTBOX_BY_MESSAGE_ID, error, store_text(id));
    if (!sent || !store_rows_count(sent))
        return sent != NULL;
    gint64 overview = store_rows_int(sent, 0, "overview_id"), c = store_rows_int(sent, 0, "conversation_id");
    if (overview)
        return name_overview(asking, overview, named, error);
    if (!c)
        return TRUE;
    if (is_partner(sent, 0, "side", side_name(SIDE_PARTNER)))
        return name_one(asking, c, SIDE_PARTNER, FALSE, named, error);
    return is_of_one(store_rows_text(sent, 0, "kind")) ? name_one(asking, c, SIDE_MERCHANT, FALSE, named, error)
                                                       : name_request(asking, c, SIDE_MERCHANT, named, error);
}

/* A Message-ID that its sender made: people answer their own mails. One mail may have gone into several conversations.
 */
static gboolean
look_up_own(const struct asking *asking, const char *id, GArray *named, GError **error)
{
    g_autoptr(store_rows) rows = store_query(asking->act->tx, STMT_MESSAGES_BY_MESSAGE_ID, error, store_text(id));
    if (!rows)
        return FALSE;
    for (guint i = 0; i < store_rows_count(rows); i++) {
        enum side side = is_partner(rows, i, "direction", "out") ? SIDE_PARTNER : SIDE_MERCHANT;
        gint64 c = store_rows_int(rows, i, "conversation_id");
        if (!find_in(named, c) && !name_one(asking, c, side, TRUE, named, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
look_up_one(const struct asking *asking, const struct route_item *item, GArray *named, GError **error)
{
    const struct route_question *q = asking->question;
    if (item->evidence == ROUTE_LINK && !item->beside && q->link->purpose == LINK_REPLY)
        return name_one(asking, q->conversation_id, q->side, FALSE, named, error);
    if (item->link_id)
        return look_up_link(asking, item->link_id, named, error);
    return item->ours ? look_up_ours(asking, item->value, named, error)
                      : look_up_own(asking, item->value, named, error);
}

/* Whoever forwards has typed where to; the ids only say what is forwarded. */
static gboolean
look_up(gpointer arg, const struct route_item *item, GArray *named, GError **error)
{
    const struct asking *asking = arg;
    if (!look_up_one(asking, item, named, error))
        return FALSE;
    for (guint i = 0; asking->forwards && is_header_id(item->evidence) && i < named->len; i++) {
        struct route_named *one = &g_array_index(named, struct route_named, i);
        if (!one->why)
            one->why = "that is the mail that it forwards";
    }
    return TRUE;
}

/* ---- a mail's evidence ---- */

static gboolean
names_a_link_row(const struct link_token *token)
{
    return token->purpose == LINK_REPLY || token->purpose == LINK_REQUEST || token->purpose == LINK_ABOUT;
}

/* For reading: a token is a key, and explanations are read by others. */
static char *
shown(const struct link_token *token)
{
    return g_strdup_printf("link %" G_GINT64_FORMAT, token->id);
}

static void
add_link_item(struct route *route, enum route_evidence evidence, const struct link_token *token, gboolean beside)
{
    if (!names_a_link_row(token))
        return;
    const struct route_item item = {evidence, shown(token), TRUE, token->id, beside};
    g_array_append_val(route->items, item);
}

static void
collect(const struct route_question *q, struct route *route)
{
    const struct incoming *in = q->in;
    if (q->link)
        add_link_item(route, ROUTE_LINK, q->link, FALSE);
    for (guint i = 0; q->link && i < in->addressed->len; i++)
        add_link_item(route, ROUTE_LINK, &g_array_index(in->addressed, struct link_token, i), TRUE);
    for (guint i = 0; i < in->references->len; i++) {
        const struct incoming_reference *r = g_ptr_array_index(in->references, i);
        const struct route_item item = {r->direct ? ROUTE_IN_REPLY_TO : ROUTE_REFERENCES, g_strdup(r->id), r->ours, 0,
                                        FALSE};
        g_array_append_val(route->items, item);
    }
    if (in->thread_link) {
        const struct link_token root = {LINK_REPLY, in->thread_link, 0};
        add_link_item(route, ROUTE_THREAD_INDEX, &root, FALSE);
    }
    for (guint i = 0; i < in->quoted->len; i++)
        add_link_item(route, ROUTE_QUOTED_LINK, &g_array_index(in->quoted, struct link_token, i), FALSE);
}

gboolean
route_find(struct act *act, const struct route_question *question, struct route *route, GError **error)
{
    struct asking asking = {act, question,
                            question->link && subject_kind(question->in->delivery->mail->subject) == SUBJECT_FORWARD};
    collect(question, route);
    if (!route_votes(route, look_up, &asking, question->all, error))
        return FALSE;
    route_decide(route);
    return TRUE;
}

/* ---- explaining ---- */

static json_t *
vote_json(const struct route_vote *vote)
{
    gboolean counts = !vote->named.why && !vote->beside;
    const char *why = vote->named.why ? vote->named.why : vote->beside ? "it is addressed too" : NULL;
    return json_pack("{s:s, s:s, s:o, s:b, s:s?}", "evidence", evidence_name(vote->evidence), "value", vote->value,
                     "conversation",
                     vote->named.conversation_id ? json_integer(vote->named.conversation_id) : json_null(), "counts",
                     counts, "why", why);
}

json_t *
route_json(const struct route *route)
{
    json_t *votes = json_array(), *choices = json_array();
    for (guint i = 0; i < route->votes->len; i++)
        json_array_append_new(votes, vote_json(&g_array_index(route->votes, struct route_vote, i)));
    for (guint i = 0; i < route->choices->len; i++)
        json_array_append_new(choices, json_integer(named_at(route->choices, i)->conversation_id));
    gboolean found = route->decision == ROUTE_FOUND;
    return json_pack("{s:o, s:s, s:o, s:b, s:o, s:s}", "votes", votes, "decision", decision_names[route->decision],
                     "conversation", found ? json_integer(route->conversation_id) : json_null(), "whole_request",
                     found && route->request_id, "choices", choices, "why", route->why);
}
