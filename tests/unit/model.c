#include "model.h"

enum { ANSWER_TIME = 72 * 3600, KEPT_TIME = 7 * MODEL_DAY, PATIENCE = 2 };

const char *const model_state_names[MODEL_STATES] = {
    "new", "opened", "declined", "expired", "responded", "awaiting_response", "inactive", "completed"};

const char *const model_offer_names[OFFER_STATES] = {
    "sent", "superseded", "accepted", "declined", "change_requested", "withdrawn", "closed"};

/* ---- a conversation ---- */

struct model_talk *
model_talk_new(gint64 id, guint organisation, guint merchant, gint64 now)
{
    struct model_talk *talk = g_new0(struct model_talk, 1);
    talk->id = id;
    talk->organisation = organisation;
    talk->merchant = merchant;
    talk->due_at = now + ANSWER_TIME;
    talk->messages = g_array_new(FALSE, TRUE, sizeof(struct model_message));
    talk->offers = g_array_new(FALSE, TRUE, sizeof(struct model_offer));
    return talk;
}

struct model_talk *
model_talk_copy(const struct model_talk *talk)
{
    struct model_talk *copy = g_memdup2(talk, sizeof *talk);
    copy->messages = g_array_copy(talk->messages);
    copy->offers = g_array_copy(talk->offers);
    return copy;
}

void
model_talk_free(gpointer data)
{
    struct model_talk *talk = data;
    g_array_unref(talk->messages);
    g_array_unref(talk->offers);
    g_free(talk);
}

static struct model_message *
message_at(const struct model_talk *talk, guint i)
{
    return &g_array_index(talk->messages, struct model_message, i);
}

struct model_message *
model_find(const struct model_talk *talk, guint word)
{
    for (guint i = 0; i < talk->messages->len; i++)
        if (message_at(talk, i)->word == word)
            return message_at(talk, i);
    return NULL;
}

/* ---- what it is ---- */

enum model_state
model_state_at(const struct model_talk *talk, gint64 now)
{
    gboolean waits = talk->state == NEW || talk->state == OPENED;
    return waits && now > talk->due_at ? EXPIRED : talk->state;
}

gboolean
model_is_unanswered(const struct model_talk *talk, gint64 now)
{
    enum model_state state = model_state_at(talk, now);
    return state == NEW || state == OPENED;
}

gboolean
model_is_over(const struct model_talk *talk, gint64 now)
{
    enum model_state state = model_state_at(talk, now);
    return state == DECLINED || state == EXPIRED;
}

guint
model_unread(const struct model_talk *talk)
{
    guint count = 0;
    for (guint i = 0; i < talk->messages->len; i++)
        count += message_at(talk, i)->unread;
    return count;
}

/* ---- what happens ---- */

void
model_read_all(struct model_talk *talk)
{
    for (guint i = 0; i < talk->messages->len; i++)
        message_at(talk, i)->unread = FALSE;
}

void
model_read_to(struct model_talk *talk, guint word)
{
    for (guint i = 0; i < talk->messages->len; i++) {
        message_at(talk, i)->unread = FALSE;
        if (message_at(talk, i)->word == word)
            return;
    }
}

gboolean
model_opens(struct model_talk *talk, gint64 now)
{
    if (model_state_at(talk, now) == NEW)
        talk->state = OPENED;
    return TRUE;
}

/* The partner's mails since the lead last wrote. */
static guint
unanswered(const struct model_talk *talk)
{
    guint count = 0;
    for (guint i = 0; i < talk->messages->len; i++) {
        const struct model_message *message = message_at(talk, i);
        count = message->in ? 0 : count + !message->withdrawn;
    }
    return count;
}

gboolean
model_partner_writes(struct model_talk *talk, guint word, gboolean send, gint64 now, gboolean *held)
{
    enum model_state state = model_state_at(talk, now);
    struct model_message message = {.word = word};
    *held = FALSE;
    if (state == EXPIRED || talk->blocked)
        return FALSE;
    *held = talk->lead && !send && unanswered(talk) >= PATIENCE;
    message.held_until = *held ? now + KEPT_TIME : 0;
    g_array_append_val(talk->messages, message);
    if (*held)
        return TRUE;
    model_read_all(talk);
    if (state == NEW || state == OPENED || state == AWAITING)
        talk->state = RESPONDED;
    return TRUE;
}

void
model_merchant_writes(struct model_talk *talk, guint word, gint64 now, gboolean *anew)
{
    const struct model_message message = {.word = word, .in = TRUE, .unread = TRUE};
    g_array_append_val(talk->messages, message);
    *anew = model_state_at(talk, now) == EXPIRED;
    if (*anew) {
        talk->state = NEW;
        talk->due_at = now + ANSWER_TIME;
        talk->job++;
        talk->assignees = 0;
        talk->rematched = FALSE;
        message_at(talk, talk->messages->len - 1)->told = TRUE;
    } else if (talk->state == RESPONDED) {
        talk->state = AWAITING;
    }
}

static gboolean
goes_to(struct model_talk *talk, enum model_state state, gboolean allowed)
{
    if (allowed)
        talk->state = state;
    return allowed;
}

gboolean
model_declines(struct model_talk *talk, gint64 now)
{
    return goes_to(talk, DECLINED, model_state_at(talk, now) != COMPLETED);
}

static gboolean
was_answered(const struct model_talk *talk, gint64 now)
{
    enum model_state state = model_state_at(talk, now);
    return state == RESPONDED || state == AWAITING || state == INACTIVE;
}

gboolean
model_completes(struct model_talk *talk, gint64 now)
{
    return talk->state == COMPLETED || goes_to(talk, COMPLETED, was_answered(talk, now));
}

gboolean
model_rests(struct model_talk *talk, gint64 now)
{
    return goes_to(talk, INACTIVE, was_answered(talk, now));
}

gboolean
model_wakes(struct model_talk *talk, gint64 now)
{
    gboolean in = FALSE;
    for (guint i = 0; i < talk->messages->len; i++)
        if (!message_at(talk, i)->withdrawn)
            in = message_at(talk, i)->in;
    if (talk->state != INACTIVE)
        return was_answered(talk, now);
    return goes_to(talk, in ? AWAITING : RESPONDED, TRUE);
}

/* What is over stays as it ended. */
gboolean
model_is_spam(struct model_talk *talk, gint64 now)
{
    return model_state_at(talk, now) == EXPIRED || model_declines(talk, now);
}

gboolean
model_answered_elsewhere(struct model_talk *talk, gint64 now)
{
    return goes_to(talk, RESPONDED, talk->lead && model_is_unanswered(talk, now));
}

gboolean
model_is_marked_unread(struct model_talk *talk)
{
    for (guint i = talk->messages->len; i > 0; i--) {
        struct model_message *message = message_at(talk, i - 1);
        if (!message->in)
            continue;
        message->excused = message->excused || !message->unread;
        message->unread = TRUE;
        break;
    }
    return TRUE;
}

/* ---- proposals ---- */

struct model_offer *
model_newest_offer(const struct model_talk *talk, guint number)
{
    for (guint i = talk->offers->len; i > 0; i--) {
        struct model_offer *offer = &g_array_index(talk->offers, struct model_offer, i - 1);
        if (!number || offer->number == number)
            return offer;
    }
    return NULL;
}

gboolean
model_offer_is_open(const struct model_offer *offer)
{
    return offer->state == SENT || offer->state == CHANGE_REQUESTED;
}

static void
answers(struct model_talk *talk)
{
    model_read_all(talk);
    if (talk->state == NEW || talk->state == OPENED || talk->state == AWAITING)
        talk->state = RESPONDED;
}

gboolean
model_proposes(struct model_talk *talk, guint word, gint64 now)
{
    struct model_offer *last = model_newest_offer(talk, 0), next = {word, 1, 1, SENT};
    if (talk->blocked || model_state_at(talk, now) == EXPIRED)
        return FALSE;
    if (last && (model_offer_is_open(last) || last->state == TURNED_DOWN)) {
        next.number = last->number;
        next.version = last->version + 1;
        last->state = last->state == TURNED_DOWN ? TURNED_DOWN : SUPERSEDED;
    } else if (last) {
        next.number = last->number + 1;
    }
    g_array_append_val(talk->offers, next);
    answers(talk);
    return TRUE;
}

gboolean
model_withdraws(struct model_talk *talk)
{
    struct model_offer *last = model_newest_offer(talk, 0);
    if (!last || !model_offer_is_open(last))
        return FALSE;
    last->state = WITHDRAWN;
    return TRUE;
}

gboolean
model_decides(struct model_talk *talk, struct model_offer *offer, enum model_offer_state what, guint word)
{
    const struct model_message message = {.word = word, .in = TRUE, .unread = TRUE, .told = TRUE};
    if (!model_offer_is_open(offer))
        return FALSE;
    offer->state = what;
    if (what == CHANGE_REQUESTED)
        g_array_append_val(talk->messages, message);
    if (talk->state == RESPONDED)
        talk->state = AWAITING;
    return TRUE;
}

static void
close_offers(struct model_talk *talk)
{
    for (guint i = 0; i < talk->offers->len; i++) {
        struct model_offer *offer = &g_array_index(talk->offers, struct model_offer, i);
        if (model_offer_is_open(offer) || offer->state == ACCEPTED)
            offer->state = CLOSED;
    }
}

void
model_blocks(struct model_talk *talk, gint64 now)
{
    enum model_state state = model_state_at(talk, now);
    GArray *dropped = g_array_new(FALSE, FALSE, sizeof(guint));
    if (state != EXPIRED && state != COMPLETED)
        talk->state = DECLINED;
    model_read_all(talk);
    model_releases(talk, dropped); /* to nowhere */
    close_offers(talk);
    g_array_unref(dropped);
    talk->blocked = TRUE;
}

void
model_releases(struct model_talk *talk, GArray *words)
{
    for (guint i = 0; i < talk->messages->len; i++) {
        struct model_message *message = message_at(talk, i);
        if (!message->held_until)
            continue;
        message->held_until = 0;
        g_array_append_val(words, message->word);
    }
}

void
model_time_passes(struct model_talk *talk, gint64 now)
{
    for (guint i = 0; i < talk->messages->len; i++) {
        struct model_message *message = message_at(talk, i);
        if (!message->held_until || message->held_until > now)
            continue;
        message->held_until = 0;
        message->withdrawn = TRUE;
    }
}
