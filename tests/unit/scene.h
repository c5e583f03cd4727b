/*
 * A marketplace in a scratch folder for the tests of market/: real SQLite, real keys, the story's organisations and
 * merchants, a clock that the test moves.
 */
#ifndef POSTERN_TESTS_SCENE_H
#define POSTERN_TESTS_SCENE_H

#include "market/outbox.h"
#include "market/view.h"

struct scene {
    char *folder;
    struct conf conf;
    keyring *keys;
    store *db;
    struct market market;
    gint64 now;
    GPtrArray *sent; /* struct notice: all that scene_send() claimed since scene_forget() */
};

void scene_open(struct scene *scene);
void scene_close(struct scene *scene);

/* For g_test_add_data_func(): a scene for one test, which is its data. */
typedef void (*scene_test)(struct scene *scene);
void scene_run(gconstpointer test);
/* A whole test program of these. */
struct scene_case {
    const char *path;
    scene_test test;
};
void scene_add(const struct scene_case *cases, gsize count);

/* RCPT for all of them, then end of message if none was refused. Recipients are separated by blanks. The verdict of the
 * first refusal, or of the whole. */
struct verdict scene_mail(struct scene *scene, const char *sender, const char *recipients, const char *raw);
/* A plain mail: From and the envelope sender the same. `extra`: more header lines, each ended by \n; NULL. */
struct verdict scene_write(struct scene *scene, const char *from, const char *recipients, const char *subject,
                           const char *extra, const char *text);

/* What mail systems and clients say of a mail of ours; the caller frees. `address` is who says it has read or who did
 * not get it; `action` "failed"; `status` an enhanced status code. */
#define SCENE_DISPLAYED "manual-action/MDN-sent-manually; displayed"
char *scene_receipt(const char *address, const char *message_id, const char *disposition);
char *scene_bounce(const char *address, const char *action, const char *status);

/* What the mailer does at `now`: timers, claims, and every row reported as sent. */
/* Claims and loads at most `limit` rows: struct notice. */
GPtrArray *scene_claim(struct scene *scene, guint limit, gboolean *more);
void scene_send(struct scene *scene);
void scene_forget(struct scene *scene);
/* The n-th sent notice of a kind to a recipient (NULL: anybody), or NULL. */
const struct notice *scene_sent(struct scene *scene, const char *kind, const char *recipient, guint n);
guint scene_sent_count(struct scene *scene, const char *kind);

/* Changes what the registry has: the JSON of an import. */
void scene_import(struct scene *scene, const char *json);
/* Claims what is due and reports it with `result`; how many rows. */
guint scene_fail(struct scene *scene, int result);

/* Performs a mail's commands as `actor` of an organisation (a slug) in a conversation (0: none), confirmed already. The
 * transcript; caller frees. `*done` (may be NULL): nothing said no. scene_command: as anna@acme.test. */
json_t *scene_perform(struct scene *scene, const char *slug, gint64 conversation_id, const char *actor,
                      const char *words, gboolean *done);
/* The same with one command; its one item's key. Static until the next call. */
const char *scene_command(struct scene *scene, const char *slug, gint64 conversation_id, const char *words);
const char *scene_command_as(struct scene *scene, const char *slug, gint64 conversation_id, const char *actor,
                             const char *words);

/* Text at a path like "0.job.state" of a listing; "" when absent, numbers in decimal. */
const char *scene_text(json_t *json, const char *path);
json_t *scene_conversations(struct scene *scene); /* caller frees */
guint scene_conversation_count(struct scene *scene);
/* The mail was taken; text at a path of the conversations' listing is as expected. */
void scene_taken(struct verdict verdict);
void scene_listed(struct scene *scene, const char *path, const char *expected);
guint scene_quarantined(struct scene *scene);

#endif
