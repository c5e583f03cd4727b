#include "mailer/sender.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/log.h"
#include "mailer/smtp.h"

#define SECOND G_USEC_PER_SEC
#define RELAY_PATIENCE (10 * SECOND) /* what is in hand waits so long for a relay that went away */
#define PROBE_FIRST (SECOND / 4)
#define PROBE_LAST (15 * SECOND)
#define IDLE (30 * SECOND) /* a session that is not used is ended; Postfix gives up after 300 s */
#define REPORT_LAST (5 * SECOND)
#define LOAD_MOST 16 /* claims that are loaded in one snapshot */
#define SUSPICIOUS 3 /* claims that came to no report */

/* A claim on its way to its result. */
struct job {
    struct setup *setup;
    struct outbox_claim claim;
    struct notice *notice; /* loaded */
    gint64 not_after;      /* as in struct smtp_mail */
    GBytes *mail;          /* rendered */
    struct smtp_mail envelope;
    enum smtp_outcome outcome;
    gboolean our_fault;
    char *reply;
};

struct sender {
    pthread_mutex_t lock;
    pthread_cond_t work;    /* something to send, the relay is back, or the end */
    pthread_cond_t results; /* something to record, or the end */
    pthread_cond_t empty;   /* nothing is in hand */
    GQueue queue;           /* struct job: to be loaded and sent */
    GQueue ready;           /* loaded */
    GQueue suspects;        /* the same, when nothing else is in hand */
    GQueue done;            /* to be recorded */
    guint in_hand;          /* in these queues, being sent, being recorded */
    guint low;              /* when in_hand comes down to it, the claimer is told */
    gboolean draining, ending;

    gboolean down; /* the relay */
    gint64 down_since, next_probe, probe_wait;
    struct smtp_result down_why;
    gboolean unrecorded; /* results cannot be recorded */

    int event;
    guint threads; /* that send */
    GArray *all;   /* pthread_t */
};

/* ---- time ---- */

static gint64
now_monotonic(void)
{
    return g_get_monotonic_time();
}

static void
wait_until(sender *self, pthread_cond_t *condition, gint64 until)
{
    const struct timespec when = {.tv_sec = until / SECOND, .tv_nsec = until % SECOND * 1000};
    pthread_cond_timedwait(condition, &self->lock, &when);
}

/* ---- jobs ---- */

static void
job_free(struct job *job)
{
    if (job->mail)
        g_bytes_unref(job->mail);
    notice_free(job->notice);
    setup_unref(job->setup);
    g_free(job->reply);
    g_free(job);
}

/* The server's answer must be in before another mailer may claim the row. */
static gint64
latest_hand_over(const struct conf *conf, gint64 claimed_at)
{
    gint64 lease = conf->lease * SECOND;
    return claimed_at * SECOND + MAX(lease - conf->smtp_timeout * SECOND, lease / 2);
}

/* Claimed again and again without a result: it may be what kills us. It goes alone, so that it takes nobody with it. */
static gboolean
is_suspicious(const struct outbox_claim *claim)
{
    return claim->fence - 1 - claim->attempts > SUSPICIOUS;
}

static void
tell_claimer(sender *self)
{
    const guint64 one = 1;
    (void)!write(self->event, &one, sizeof one);
}

static void
put_out_of_hand(sender *self, guint count)
{
    guint before = self->in_hand;
    self->in_hand -= count;
    if (self->in_hand == 0)
        pthread_cond_broadcast(&self->empty);
    if (self->suspects.length && self->suspects.length == self->in_hand)
        pthread_cond_broadcast(&self->work);
    if (before > self->low && self->in_hand <= self->low)
        tell_claimer(self);
}

void
sender_give(sender *self, struct setup *setup, const GArray *claims, gint64 claimed_at)
{
    pthread_mutex_lock(&self->lock);
    self->low = (guint)setup->conf->batch / 2;
    for (guint i = 0; i < claims->len; i++) {
        struct job *job = g_new0(struct job, 1);
        job->setup = setup_ref(setup);
        job->claim = g_array_index(claims, struct outbox_claim, i);
        job->not_after = latest_hand_over(setup->conf, claimed_at);
        g_queue_push_tail(is_suspicious(&job->claim) ? &self->suspects : &self->queue, job);
        self->in_hand++;
    }
    pthread_cond_broadcast(&self->work);
    pthread_mutex_unlock(&self->lock);
}

/* ---- results ---- */

static const struct {
    const char *event;
    int level;
    int result; /* of struct outbox_result; -1: none is recorded */
} outcomes[] = {
    [SMTP_SENT] = {"mail sent", LOG_INFO, OUTBOX_SENT},
    [SMTP_TEMPORARY] = {"mail not sent, tried again later", LOG_WARNING, OUTBOX_TEMPORARY},
    [SMTP_UNREACHABLE] = {"mail not sent, tried again later", LOG_INFO, OUTBOX_TEMPORARY},
    [SMTP_PERMANENT] = {"mail not sent, given up", LOG_WARNING, OUTBOX_PERMANENT},
    [SMTP_LATE] = {"mail not sent, its claim ran out", LOG_WARNING, -1},
};

static void
set_outcome(struct job *job, enum smtp_outcome outcome, const char *reply)
{
    g_free(job->reply);
    job->outcome = outcome;
    job->reply = g_strdup(reply);
}

static void
log_outcome(const struct job *job)
{
    char id[24];
    const struct notice *n = job->notice;
    g_snprintf(id, sizeof id, "%" G_GINT64_FORMAT, job->claim.id);
    if (n)
        log_event(outcomes[job->outcome].level, outcomes[job->outcome].event, "row", id, "kind", n->kind, "recipient",
                  n->recipient, "message_id", n->message_id, "reply", job->reply, NULL);
    else if (job->reply)
        log_event(LOG_WARNING, "row not loaded, tried again later", "row", id, "error", job->reply, NULL);
}

/* A batch may wait for its results to be recorded, but not with its mails, which are large and were made by the thread
 * that calls. */
static void
finish(sender *self, struct job *job)
{
    log_outcome(job);
    g_clear_pointer(&job->mail, g_bytes_unref);
    g_clear_pointer(&job->notice, notice_free);
    pthread_mutex_lock(&self->lock);
    g_queue_push_tail(&self->done, job);
    pthread_cond_signal(&self->results);
    pthread_mutex_unlock(&self->lock);
}

/* ---- the relay ---- */

static void
relay_lost(sender *self, const struct smtp_result *why)
{
    pthread_mutex_lock(&self->lock);
    if (!self->down) {
        log_event(why->our_fault ? LOG_ERR : LOG_WARNING, "relay cannot be reached", "error", why->reply, NULL);
        self->down_why = *why;
        self->down = TRUE;
        self->down_since = now_monotonic();
        self->probe_wait = PROBE_FIRST;
        self->next_probe = self->down_since + self->probe_wait;
    }
    pthread_mutex_unlock(&self->lock);
}

static void
relay_found(sender *self)
{
    if (!self->down)
        return;
    self->down = FALSE;
    log_event(LOG_NOTICE, "relay is back", NULL);
    pthread_cond_broadcast(&self->work);
    tell_claimer(self);
}

/* One thread asks at a time, at growing intervals. Called and left with the lock. */
static void
probe(sender *self, smtp *session)
{
    self->probe_wait = MIN(self->probe_wait * 2, PROBE_LAST);
    self->next_probe = G_MAXINT64;
    pthread_mutex_unlock(&self->lock);
    gboolean there = smtp_open(session, NULL);
    pthread_mutex_lock(&self->lock);
    self->next_probe = now_monotonic() + self->probe_wait;
    if (there)
        relay_found(self);
}

/* FALSE: it was not there in the time that what is in hand may wait; then why. */
static gboolean
await_relay(sender *self, smtp *session, struct smtp_result *why)
{
    pthread_mutex_lock(&self->lock);
    while (self->down && !self->draining && now_monotonic() < self->down_since + RELAY_PATIENCE) {
        if (now_monotonic() >= self->next_probe)
            probe(self, session);
        else
            wait_until(self, &self->work, MIN(self->next_probe, self->down_since + RELAY_PATIENCE));
    }
    gboolean there = !self->down;
    if (!there)
        *why = self->down_why;
    pthread_mutex_unlock(&self->lock);
    return there;
}

void
sender_forget_relay(sender *self)
{
    pthread_mutex_lock(&self->lock);
    self->down = FALSE;
    pthread_cond_broadcast(&self->work);
    pthread_mutex_unlock(&self->lock);
}

/* ---- sending ---- */

/* FALSE: it cannot be, and its outcome says why. */
static gboolean
render(struct job *job)
{
    g_autoptr(GError) error = NULL;
    const struct notice *notice = job->notice;
    if (job->mail)
        return TRUE;
    job->mail = render_notice(job->setup->templates, &job->setup->market, notice, g_get_real_time() / SECOND, &error);
    if (!job->mail) {
        gboolean later = g_error_matches(error, POSTERN_ERROR, POSTERN_ERROR_TEMP);
        g_prefix_error(&error, "cannot be rendered: ");
        set_outcome(job, later ? SMTP_TEMPORARY : SMTP_PERMANENT, error->message);
        return FALSE;
    }
    job->envelope = (struct smtp_mail){.sender = notice->envelope_sender,
                                       .recipient = notice->recipient,
                                       .envelope_id = notice->message_id,
                                       .not_after = job->not_after};
    job->envelope.data = g_bytes_get_data(job->mail, &job->envelope.length);
    return TRUE;
}

/* A thread that sends, with what it has in its hands. */
struct hand {
    sender *sender;
    smtp *session;
    struct setup *setup; /* that the session was made for */
};

static void
take_session(struct hand *hand, struct setup *setup)
{
    if (hand->setup == setup)
        return;
    smtp_free(hand->session);
    setup_unref(hand->setup);
    hand->setup = setup_ref(setup);
    const struct smtp_options options = setup_smtp_options(setup);
    hand->session = smtp_new(&options);
}

static void
send_job(struct hand *hand, struct job *job, const struct job *next)
{
    struct smtp_result result;
    take_session(hand, job->setup);
    const struct smtp_mail *announced = next && next->setup == job->setup ? &next->envelope : NULL;
    if (await_relay(hand->sender, hand->session, &result))
        smtp_send(hand->session, &job->envelope, announced, &result);
    if (result.outcome == SMTP_UNREACHABLE) {
        relay_lost(hand->sender, &result);
        if (await_relay(hand->sender, hand->session, &result))
            smtp_send(hand->session, &job->envelope, announced, &result);
    }
    set_outcome(job, result.outcome, result.reply);
    job->our_fault = result.our_fault;
}

/* ---- loading ---- */

/* Loads what was taken together. What cannot be loaded now is tried again later; what is not to be sent has no notice.
 */
static void
load(struct job **jobs, guint count)
{
    struct outbox_claim claims[LOAD_MOST];
    struct notice *notices[LOAD_MOST];
    g_autoptr(GError) error = NULL;
    for (guint i = 0; i < count; i++)
        claims[i] = jobs[i]->claim;
    gboolean loaded = outbox_load(&jobs[0]->setup->market, claims, count, g_get_real_time() / SECOND, notices, &error);
    for (guint i = 0; i < count; i++) {
        if (loaded && notices[i])
            jobs[i]->notice = notices[i];
        else if (loaded)
            set_outcome(jobs[i], SMTP_LATE, NULL);
        else
            set_outcome(jobs[i], SMTP_TEMPORARY, error->message);
        if (!jobs[i]->notice)
            log_outcome(jobs[i]);
    }
}

/* Called and left with the lock; what is not loaded goes straight to the results. */
static void
load_some(sender *self)
{
    struct job *jobs[LOAD_MOST];
    guint count = 0, share = CLAMP(self->queue.length / self->threads, 1, LOAD_MOST);
    const struct setup *setup = ((struct job *)self->queue.head->data)->setup;
    while (count < share && self->queue.head && ((struct job *)self->queue.head->data)->setup == setup)
        jobs[count++] = g_queue_pop_head(&self->queue);
    pthread_mutex_unlock(&self->lock);
    load(jobs, count);
    pthread_mutex_lock(&self->lock);
    for (guint i = 0; i < count; i++)
        g_queue_push_tail(jobs[i]->notice ? &self->ready : &self->done, jobs[i]);
    if (self->done.length)
        pthread_cond_signal(&self->results);
}

/* Called and left with the lock. Suspects only when nothing else is in anybody's hand. */
static struct job *
pop_job(sender *self)
{
    if (self->suspects.length && self->suspects.length == self->in_hand)
        g_queue_push_tail(&self->queue, g_queue_pop_head(&self->suspects));
    while (!self->ready.length && self->queue.length)
        load_some(self);
    struct job *job = g_queue_pop_head(&self->ready);
    if (self->ready.length || self->queue.length)
        pthread_cond_signal(&self->work); /* for another hand */
    return job;
}

/* Waits for work; NULL at the end. An idle session is ended, a lost relay is looked for. */
static struct job *
await_job(struct hand *hand)
{
    sender *self = hand->sender;
    struct job *job = NULL;
    gint64 idle_since = now_monotonic();
    pthread_mutex_lock(&self->lock);
    while (!(job = pop_job(self)) && !self->ending) {
        gint64 now = now_monotonic();
        gint64 until = hand->session ? MAX(idle_since + IDLE, now + SECOND) : now + IDLE;
        if (self->down && hand->session && now >= self->next_probe) {
            probe(self, hand->session);
            continue;
        }
        wait_until(self, &self->work, self->down ? MIN(until, self->next_probe) : until);
        if (hand->session && !self->down && now_monotonic() >= idle_since + IDLE) {
            pthread_mutex_unlock(&self->lock);
            smtp_close(hand->session);
            pthread_mutex_lock(&self->lock);
            idle_since = now_monotonic();
        }
    }
    pthread_mutex_unlock(&self->lock);
    return job;
}

/* The mail after this one, when there is more to do than there are hands: its envelope can go along with this one's
 * data. */
static struct job *
look_ahead(sender *self)
{
    pthread_mutex_lock(&self->lock);
    gboolean many = self->ready.length + self->queue.length >= self->threads;
    struct job *job = many && !self->down ? pop_job(self) : NULL;
    pthread_mutex_unlock(&self->lock);
    return job;
}

static void *
send_all(void *arg)
{
    struct hand hand = {.sender = arg};
    struct job *job = NULL, *next = NULL;
    while ((job = next ? next : await_job(&hand))) {
        next = NULL;
        if (!render(job)) {
            finish(hand.sender, job);
            continue;
        }
        next = look_ahead(hand.sender);
        if (next && !render(next)) {
            finish(hand.sender, next);
            next = NULL;
        }
        send_job(&hand, job, next);
        finish(hand.sender, job);
    }
    smtp_free(hand.session);
    setup_unref(hand.setup);
    return NULL;
}

/* ---- recording ---- */

static void
note_unrecorded(sender *self, const GError *error)
{
    pthread_mutex_lock(&self->lock);
    gboolean before = self->unrecorded;
    self->unrecorded = TRUE;
    pthread_mutex_unlock(&self->lock);
    if (!before)
        log_error(error, "results cannot be recorded, will be tried until it works");
}

/* Called and left with the lock. Not before what waited behind is in as well: its leases may have run out meanwhile. */
static void
note_recorded(sender *self)
{
    if (!self->unrecorded || self->done.length || self->ending)
        return;
    self->unrecorded = FALSE;
    log_event(LOG_NOTICE, "results are recorded again", NULL);
    tell_claimer(self);
}

/* FALSE: it is the end. */
static gboolean
pause_recording(sender *self, gint64 wait)
{
    pthread_mutex_lock(&self->lock);
    gint64 until = now_monotonic() + wait;
    while (!self->ending && now_monotonic() < until)
        wait_until(self, &self->results, until);
    gboolean ending = self->ending;
    pthread_mutex_unlock(&self->lock);
    return !ending;
}

/* Records until it works: a result that is lost is a mail sent twice. Nothing is claimed meanwhile, for what is claimed
 * first when the store is back would be these very rows, should their lease have run out. */
static void
record(sender *self, const struct market *market, const GArray *results)
{
    gint64 wait = SECOND / 4;
    for (;;) {
        g_autoptr(GError) error = NULL;
        outbox_report(market, (const struct outbox_result *)(gconstpointer)results->data, results->len,
                      g_get_real_time() / SECOND, &error);
        if (!error)
            return;
        note_unrecorded(self, error);
        if (!pause_recording(self, wait))
            return;
        wait = MIN(wait * 2, REPORT_LAST);
    }
}

static void
record_jobs(sender *self, GQueue *jobs)
{
    g_autoptr(GArray) results = g_array_new(FALSE, FALSE, sizeof(struct outbox_result));
    for (const GList *each = jobs->head; each; each = each->next) {
        const struct job *job = each->data;
        if (outcomes[job->outcome].result < 0)
            continue;
        struct outbox_result result = {.id = job->claim.id, .fence = job->claim.fence, .reply = job->reply};
        result.result = job->our_fault ? OUTBOX_REFUSED : outcomes[job->outcome].result;
        g_array_append_val(results, result);
    }
    if (results->len)
        record(self, &((struct job *)jobs->head->data)->setup->market, results);
}

static void *
record_all(void *arg)
{
    sender *self = arg;
    pthread_mutex_lock(&self->lock);
    for (;;) {
        while (!self->done.length && !self->ending)
            pthread_cond_wait(&self->results, &self->lock);
        if (!self->done.length)
            break;
        GQueue jobs = self->done;
        g_queue_init(&self->done);
        pthread_mutex_unlock(&self->lock);
        guint count = jobs.length;
        record_jobs(self, &jobs);
        g_queue_clear_full(&jobs, (GDestroyNotify)job_free);
        pthread_mutex_lock(&self->lock);
        put_out_of_hand(self, count);
        note_recorded(self);
    }
    pthread_mutex_unlock(&self->lock);
    return NULL;
}

/* ---- for the claimer ---- */

guint
sender_in_hand(sender *self)
{
    pthread_mutex_lock(&self->lock);
    guint count = self->in_hand;
    pthread_mutex_unlock(&self->lock);
    return count;
}

gboolean
sender_relay_is_down(sender *self)
{
    pthread_mutex_lock(&self->lock);
    gboolean down = self->down;
    pthread_mutex_unlock(&self->lock);
    return down;
}

gboolean
sender_is_recording(sender *self)
{
    pthread_mutex_lock(&self->lock);
    gboolean recording = !self->unrecorded;
    pthread_mutex_unlock(&self->lock);
    return recording;
}

int
sender_fd(const sender *self)
{
    return self->event;
}

void
sender_clear(sender *self)
{
    guint64 count;
    (void)!read(self->event, &count, sizeof count);
}

gboolean
sender_drain(sender *self, guint seconds)
{
    gint64 until = now_monotonic() + (gint64)seconds * SECOND;
    pthread_mutex_lock(&self->lock);
    self->draining = TRUE;
    pthread_cond_broadcast(&self->work);
    while (self->in_hand && now_monotonic() < until)
        wait_until(self, &self->empty, until);
    gboolean drained = self->in_hand == 0;
    pthread_mutex_unlock(&self->lock);
    return drained;
}

/* ---- life ---- */

static gboolean
start_thread(sender *self, void *(*run)(void *), GError **error)
{
    pthread_t thread;
    int failed = pthread_create(&thread, NULL, run, self);
    if (failed)
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP, "cannot start a thread: %s", g_strerror(failed));
    else
        g_array_append_val(self->all, thread);
    return !failed;
}

static void
init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

sender *
sender_new(struct setup *setup, GError **error)
{
    g_autoptr(sender) self = g_new0(sender, 1);
    pthread_mutex_init(&self->lock, NULL);
    init_condition(&self->work);
    init_condition(&self->results);
    init_condition(&self->empty);
    self->all = g_array_new(FALSE, FALSE, sizeof(pthread_t));
    self->threads = (guint)setup->conf->connections;
    self->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (self->event < 0) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP, "eventfd: %s", g_strerror(errno));
        return NULL;
    }
    for (guint i = 0; i < self->threads; i++)
        if (!start_thread(self, send_all, error))
            return NULL;
    return start_thread(self, record_all, error) ? g_steal_pointer(&self) : NULL;
}

void
sender_free(sender *self)
{
    if (!self)
        return;
    pthread_mutex_lock(&self->lock);
    self->ending = TRUE;
    pthread_cond_broadcast(&self->work);
    pthread_cond_broadcast(&self->results);
    pthread_mutex_unlock(&self->lock);
    for (guint i = 0; i < self->all->len; i++)
        pthread_join(g_array_index(self->all, pthread_t, i), NULL);
    g_array_unref(self->all);
    if (self->event >= 0)
        close(self->event);
    pthread_cond_destroy(&self->work);
    pthread_cond_destroy(&self->results);
    pthread_cond_destroy(&self->empty);
    pthread_mutex_destroy(&self->lock);
    g_free(self);
}
