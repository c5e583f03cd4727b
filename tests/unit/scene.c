#include "scene.h"

#include <stdlib.h>
#include <string.h>

#include <glib/gstdio.h>

#include "market/perform.h"
#include "market/registry.h"
#include "mime/read.h"

#define START G_GINT64_CONSTANT(1795329600) /* 2026-11-22 08:00 UTC */

static const char people[] =
    "{\"organisations\":["
    "{\"slug\":\"acme\",\"name\":\"Acme "
    "Studio\",\"language\":\"en\",\"services\":[\"theme-design\",\"store-setup\"],\"notify\":\"team@acme.test\","
    "\"members\":[\"anna@acme.test\",\"bob@acme.test\"]},"
    "{\"slug\":\"blauw\",\"name\":\"Bureau "
    "Blauw\",\"language\":\"nl\",\"services\":[\"store-setup\",\"migration\"],\"notify\":\"post@blauw.test\","
    "\"members\":[\"daan@blauw.test\"]},"
    "{\"slug\":\"lumiere\",\"name\":\"Atelier "
    "Lumi\\u00e8re\",\"language\":\"fr\",\"services\":[\"theme-design\"],\"notify\":\"bonjour@lumiere.test\","
    "\"members\":[\"claire@lumiere.test\"],\"preferences\":{\"dropshipping\":false}},"
    "{\"slug\":\"wisla\",\"name\":\"Studio "
    "Wis\\u0142a\",\"language\":\"pl\",\"services\":[\"theme-design\",\"store-setup\",\"migration\"],"
    "\"notify\":\"biuro@wisla.test\",\"members\":[\"ola@wisla.test\"],\"preferences\":{\"available\":false}},"
    "{\"slug\":\"ghost\",\"name\":\"Ghost\",\"language\":\"en\",\"services\":[\"theme-design\"],\"notify\":\"ghost@"
    "ghost.test\",\"published\":false},"
    "{\"slug\":\"bare\",\"name\":\"Bare\",\"language\":\"en\",\"services\":[],\"notify\":\"bare@bare.test\"}],"
    "\"merchants\":["
    "{\"name\":\"Mia Jansen\",\"language\":\"en\",\"addresses\":[\"mia@mias-candles.test\",\"mia@home.test\"],"
    "\"shop\":{\"name\":\"Mia's Candles\",\"url\":\"https://mias-candles.test\"}},"
    "{\"name\":\"Kim\",\"language\":\"en\",\"addresses\":[\"kim@mias-candles.test\"],"
    "\"shop\":{\"name\":\"Mia's Candles\",\"url\":\"https://mias-candles.test\"}},"
    "{\"name\":\"Joost de Wit\",\"language\":\"nl\",\"addresses\":[\"joost@fietsen.test\"],"
    "\"shop\":{\"name\":\"Fietsen\",\"url\":\"https://fietsen.test\"}}]}";

void
scene_import(struct scene *scene, const char *json)
{
    g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    struct registry_summary summary;
    g_autoptr(registry) who = registry_parse(json, strlen(json), &scene->conf, errors);
    for (guint i = 0; i < errors->len; i++)
        g_test_message("%s", (char *)errors->pdata[i]);
    g_assert_nonnull(who);
    registry_import(&scene->market, who, FALSE, scene->now, &summary, &error);
    g_assert_no_error(error);
}

/* long: the settings, one a line */
void
scene_open(struct scene *scene)
{
    g_autoptr(GError) error = NULL;
    memset(scene, 0, sizeof *scene);
    secret_init(&error);
    g_assert_no_error(error);
    mail_init();
    scene->folder = g_dir_make_tmp("postern-XXXXXX", &error);
    g_assert_no_error(error);
    scene->conf = (struct conf){
        .domain = (char *)"experts.test",
        .name = (char *)"Experts",
        .language = (char *)"en",
        .timezone = (char *)"UTC",
        .admin = (char *)"postmaster@experts.test",
        .profile_url = (char *)"https://experts.test/%s",
        .jobs = (char *)"jobs",
        .leads = (char *)"leads",
        .experts = (char *)"experts",
        .desk = (char *)"desk",
        .link = (char *)"r",
        .max_message_size = 25 << 20,
        .lease = 300,
        .retry_lifetime = 5 * 86400,
        .answer_time = 72 * 3600,
        .overview_interval = 3600,
        .match_count = 3,
        .weight_service = 40,
        .weight_language = 15,
        .weight_dropshipping = 10,
        .weight_rate = 20,
        .weight_speed = 15,
        .weight_reviews = 15,
        .weight_expired = 30,
        .weight_declined = 25,
        .hold_time = 0,
        .link_lifetime = 400 * 86400,
        .seen_lifetime = 14 * 86400,
        .authserv_id = (char *)"",
        .unauthenticated_act = TRUE,
    };
    g_autofree char *keys = g_build_filename(scene->folder, "keys", NULL);
    g_autofree char *path = g_build_filename(scene->folder, "postern.db", NULL);
    g_autofree char *database = g_strconcat("sqlite:", path, NULL);
    keyring_create(keys, &error);
    g_assert_no_error(error);
    scene->keys = keyring_load(keys, &error);
    g_assert_no_error(error);
    const struct store_options options = {.database = database, .busy_timeout = 10, .readers = 1, .create = TRUE};
    scene->db = store_open(&options, &error);
    g_assert_no_error(error);
    scene->market = (struct market){.store = scene->db, .conf = &scene->conf, .keys = scene->keys};
    scene->now = START;
    scene->sent = g_ptr_array_new_with_free_func((GDestroyNotify)notice_free);
    scene_import(scene, people);
}

static void
remove_folder(const char *folder)
{
    const char *name;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_unlink(path);
    }
    g_rmdir(folder);
}

void
scene_close(struct scene *scene)
{
    store_close(scene->db);
    keyring_free(scene->keys);
    g_ptr_array_unref(scene->sent);
    remove_folder(scene->folder);
    g_free(scene->folder);
}

void
scene_run(gconstpointer test)
{
    struct scene scene;
    scene_open(&scene);
    ((scene_test)test)(&scene);
    scene_close(&scene);
}

struct verdict
scene_mail(struct scene *scene, const char *sender, const char *recipients, const char *raw)
{
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) to = g_strsplit(recipients, " ", -1);
    struct verdict verdict = {0};
    gboolean wake = FALSE;
    for (char **rcpt = to; *rcpt; rcpt++) {
        market_recipient(&scene->market, sender, *rcpt, scene->now, &verdict, &error);
        g_assert_no_error(error);
        if (verdict.kind != VERDICT_TAKEN)
            return verdict;
    }
    g_autoptr(mail) parsed = mail_read(raw, strlen(raw));
    const struct delivery delivery = {.sender = sender,
                                      .recipients = (const char *const *)to,
                                      .raw = raw,
                                      .length = strlen(raw),
                                      .mail = parsed,
                                      .trace = "test"};
    market_receive(&scene->market, &delivery, scene->now, &verdict, &wake, &error);
    g_assert_no_error(error);
    return verdict;
}

struct verdict
scene_write(struct scene *scene, const char *from, const char *recipients, const char *subject, const char *extra,
            const char *text)
{
    static _Atomic guint serial; /* threads write too */
    g_autofree char *raw = g_strdup_printf("From: Somebody <%s>\nTo: %s\nSubject: %s\nMessage-ID: <m%u@client.test>\n"
                                           "Date: Sun, 22 Nov 2026 09:00:00 +0100\nMIME-Version: 1.0\n"
                                           "Content-Type: text/plain; charset=utf-8\n%s\n%s\n",
                                           from, recipients, subject, ++serial, extra ? extra : "", text);
    return scene_mail(scene, from, recipients, raw);
}

GPtrArray *
scene_claim(struct scene *scene, guint limit, gboolean *more)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)notice_free);
    g_autoptr(GArray) claims = outbox_claim(&scene->market, scene->now, limit, more, &error);
    g_assert_no_error(error);
    g_autofree struct notice **notices = g_new(struct notice *, claims->len + 1);
    outbox_load(&scene->market, (const struct outbox_claim *)(gconstpointer)claims->data, claims->len, scene->now,
                notices, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < claims->len; i++)
        if (notices[i])
            g_ptr_array_add(list, notices[i]);
    return list;
}

void
scene_send(struct scene *scene)
{
    g_autoptr(GError) error = NULL;
    gboolean more = TRUE;
    guint ran = 0;
    timers_run(&scene->market, scene->now, 100, &ran, &error);
    g_assert_no_error(error);
    while (more) {
        g_autoptr(GPtrArray) claimed = scene_claim(scene, 10, &more);
        for (guint i = 0; i < claimed->len; i++) {
            struct notice *notice = claimed->pdata[i];
            const struct outbox_result result = {notice->id, notice->fence, OUTBOX_SENT, "250 2.0.0 Ok"};
            outbox_report(&scene->market, &result, 1, scene->now, &error);
            g_assert_no_error(error);
            g_ptr_array_add(scene->sent, notice);
        }
        g_ptr_array_set_free_func(claimed, NULL); /* they live on in `sent` */
    }
}

guint
scene_fail(struct scene *scene, int outcome)
{
    g_autoptr(GError) error = NULL;
    gboolean more;
    g_autoptr(GPtrArray) claimed = scene_claim(scene, 100, &more);
    for (guint i = 0; i < claimed->len; i++) {
        const struct notice *notice = claimed->pdata[i];
        struct outbox_result result = {.id = notice->id, .fence = notice->fence, .reply = "554 5.0.0 no"};
        result.result = outcome;
        outbox_report(&scene->market, &result, 1, scene->now, &error);
        g_assert_no_error(error);
    }
    return claimed->len;
}

void
scene_forget(struct scene *scene)
{
    g_ptr_array_set_size(scene->sent, 0);
}

const struct notice *
scene_sent(struct scene *scene, const char *kind, const char *recipient, guint n)
{
    for (guint i = 0; i < scene->sent->len; i++) {
        const struct notice *notice = scene->sent->pdata[i];
        if (g_str_equal(notice->kind, kind) && (!recipient || g_str_equal(notice->recipient, recipient)) && n-- == 0)
            return notice;
    }
    return NULL;
}

guint
scene_sent_count(struct scene *scene, const char *kind)
{
    guint n = 0;
    while (scene_sent(scene, kind, NULL, n))
        n++;
    return n;
}

const char *
scene_text(json_t *json, const char *path)
{
    static char number[32];
    g_auto(GStrv) keys = g_strsplit(path, ".", -1);
    for (char **key = keys; *key && json; key++)
        json = json_is_array(json) ? json_array_get(json, strtoul(*key, NULL, 10)) : json_object_get(json, *key);
    if (json_is_integer(json)) {
        g_snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(json));
        return number;
    }
    if (json_is_boolean(json))
        return json_is_true(json) ? "true" : "false";
    return json_is_string(json) ? json_string_value(json) : "";
}

char *
scene_receipt(const char *address, const char *message_id, const char *disposition)
{
    static guint serial;
    return g_strdup_printf(
        "From: Reader <%s>\nTo: x@experts.test\nSubject: Read\nMessage-ID: <mdn%u@client.test>\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n"
        "Content-Type: text/plain\n\nThis is a receipt.\n--b\nContent-Type: message/disposition-notification\n\n"
        "Reporting-UA: client\nFinal-Recipient: rfc822;%s\nOriginal-Message-ID: <%s>\n"
        "Disposition: %s\n--b--\n",
        address, ++serial, address, message_id, disposition);
}

char *
scene_bounce(const char *address, const char *action, const char *status)
{
    static guint serial;
    return g_strdup_printf(
        "From: MAILER-DAEMON@mx.test\nTo: x@experts.test\nSubject: Delivery Status\nMessage-ID: <b%u@mx.test>\n"
        "MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nSorry.\n"
        "\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.test\n\nFinal-Recipient: rfc822; %s\n"
        "Action: %s\nStatus: %s\nDiagnostic-Code: smtp; 550 %s no such user\n\n--b--\n",
        ++serial, address, action, status, status);
}

guint
scene_conversation_count(struct scene *scene)
{
    json_t *list = scene_conversations(scene);
    guint count = (guint)json_array_size(list);
    json_decref(list);
    return count;
}

void
scene_add(const struct scene_case *cases, gsize count)
{
    for (gsize i = 0; i < count; i++)
        g_test_add_data_func(cases[i].path, (gconstpointer)cases[i].test, scene_run);
}

json_t *
scene_conversations(struct scene *scene)
{
    g_autoptr(GError) error = NULL;
    const struct view_filter filter = {.now = scene->now};
    json_t *list = view_conversations(&scene->market, &filter, &error);
    g_assert_no_error(error);
    return list;
}

void
scene_taken(struct verdict verdict)
{
    g_assert_cmpstr(verdict.text, ==, "Taken");
    g_assert_cmpint(verdict.kind, ==, VERDICT_TAKEN);
}

void
scene_listed(struct scene *scene, const char *path, const char *expected)
{
    json_t *list = scene_conversations(scene);
    g_assert_cmpstr(scene_text(list, path), ==, expected);
    json_decref(list);
}

guint
scene_quarantined(struct scene *scene)
{
    g_autoptr(GError) error = NULL;
    const struct view_filter filter = {.now = scene->now};
    json_t *list = view_quarantine(&scene->market, &filter, &error);
    g_assert_no_error(error);
    guint n = (guint)json_array_size(list);
    json_decref(list);
    return n;
}

struct performance {
    struct scene *scene;
    const char *slug, *actor;
    gint64 conversation_id;
    const struct commands *commands;
    json_t *items;
    gboolean done;
};

static gboolean
perform_in_transaction(store_tx *tx, gpointer arg, GError **error)
{
    struct performance *ran = arg;
    struct act act = {.market = &ran->scene->market, .tx = tx, .now = ran->scene->now};
    static guint serial;
    g_autofree char *key = g_strdup_printf("performed%u", ++serial);
    const struct incoming in = {.key = key};
    g_autoptr(organisation) organisation = NULL;
    g_autoptr(conversation) conversation = NULL;
    if (!organisation_by_slug(&act, ran->slug, &organisation, error) ||
        (ran->conversation_id && !conversation_load(&act, ran->conversation_id, &conversation, error)))
        return FALSE;
    json_array_clear(ran->items);
    struct performing p = {
        .act = &act,
        .in = &in,
        .side = SIDE_PARTNER,
        .conversation = conversation,
        .organisation = organisation,
        .actor = ran->actor,
        .actor_name = "",
        .trust = TRUST_ACT,
        .confirmed = TRUE,
        .items = ran->items,
    };
    return performing_find_member(&p, error) && perform_commands(&p, ran->commands, NULL, NULL, &ran->done, error);
}

json_t *
scene_perform(struct scene *scene, const char *slug, gint64 conversation_id, const char *actor, const char *words,
              gboolean *done)
{
    g_autoptr(GError) error = NULL;
    g_auto(commands_read_words) commands = {0};
    struct performance ran = {scene, slug, actor, conversation_id, &commands, json_array(), FALSE};
    commands_read(words, &commands);
    store_write(scene->db, perform_in_transaction, &ran, &error);
    g_assert_no_error(error);
    if (done)
        *done = ran.done;
    return ran.items;
}

const char *
scene_command(struct scene *scene, const char *slug, gint64 conversation_id, const char *words)
{
    return scene_command_as(scene, slug, conversation_id, "anna@acme.test", words);
}

const char *
scene_command_as(struct scene *scene, const char *slug, gint64 conversation_id, const char *actor, const char *words)
{
    static char key[100];
    json_t *items = scene_perform(scene, slug, conversation_id, actor, words, NULL);
    g_assert_cmpuint(json_array_size(items), ==, 1);
    g_strlcpy(key, scene_text(items, "0.say"), sizeof key);
    json_decref(items);
    return key;
}
