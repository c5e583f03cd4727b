#include "market/review.h"

#include <string.h>

#include "lib/text.h"
#include "market/action.h"
#include "market/audit.h"
#include "market/cell.h"
#include "market/notify.h"
#include "market/rank.h"
#include "market/tell.h"

enum { TEXT_BYTES = 4000, CHANGE_TIME = 7 * 86400 };

/* ---- asking ---- */

static gboolean
show(struct act *act, const struct conversation *c, gint64 id, GError **error)
{
    static const char *const ratings[] = {"5", "4", "3", "2", "1", NULL};
    g_autofree char *about = g_strdup_printf("review %" G_GINT64_FORMAT, id);
    g_autofree char *cause = g_strdup_printf("review-%" G_GINT64_FORMAT, id);
    return tell_rating(act, "review", c, about, ratings, cause, error);
}

/* `*asked` FALSE: it was asked before. */
static gboolean
ask(struct act *act, const struct conversation *c, gboolean *asked, GError **error)
{
    g_autoptr(store_rows) rows = store_query(act->tx, STMT_REVIEW_ASK, error, store_int(c->job_id), store_int(c->id),
                                             store_int(c->organisation_id), store_int(act->now));
    if (!rows)
        return FALSE;
    *asked = store_rows_count(rows) > 0;
    return !*asked || show(act, c, store_rows_int(rows, 0, "id"), error);
}

gboolean
review_ask(struct act *act, const struct conversation *c, GError **error)
{
    gboolean asked = FALSE;
    return ask(act, c, &asked, error);
}

/* A lead's work may be reviewed without completing it, for it may have been done elsewhere (R8). */
static gboolean
ask_by_command(struct performing *p, GError **error)
{
    g_autoptr(conversation) c = NULL;
    gboolean asked = FALSE;
    if (!conversation_load(p->act, p->conversation->id, &c, error))
        return FALSE;
    if (c->listed && c->state != JOB_COMPLETED)
        return perform_fail(p, "cannot.review_before_completion", NULL);
    if (!ask(p->act, c, &asked, error))
        return FALSE;
    if (!asked)
        return perform_fail(p, "cannot.review_asked", NULL);
    perform_said(p, "said.review_asked", NULL);
    return TRUE;
}

/* ---- a rating as people write it ---- */

static gsize
star(const char *p)
{
    static const char *const stars[] = {"\342\230\205", "\342\255\220", "*"}; /* ★ ⭐ */
    for (guint i = 0; i < G_N_ELEMENTS(stars); i++)
        if (g_str_has_prefix(p, stars[i]))
            return strlen(stars[i]);
    return 0;
}

static gboolean
skip_mark(const char **p, const char *mark)
{
    gboolean there = g_str_has_prefix(*p, mark);
    *p += there ? strlen(mark) : 0;
    return there;
}

/* "★★★★☆": as many as are full. Emoji may have a variation selector behind them. */
static int
count_stars(const char **p)
{
    int count = 0;
    for (gsize length; (length = star(*p)); count++) {
        *p += length;
        skip_mark(p, "\357\270\217");
    }
    while (count && skip_mark(p, "\342\230\206"))
        ;
    return count;
}

int
review_rating(const char *text, const char **rest)
{
    const char *p = text + strspn(text, " \t\r\n");
    int rating = count_stars(&p);
    if (!rating && *p >= '1' && *p <= '5') {
        rating = *p++ - '0';
        const char *of = p + strspn(p, " ");
        if (of[0] == '/') {
            of += 1 + strspn(of + 1, " ");
            if (of[0] != '5')
                return 0;
            p = of + 1;
        }
    }
    /* Not "15", "4.5", "3rd", "5%": what is no rating is words. */
    if (g_ascii_isalnum(*p) || *p == '%' || (*p && strchr(".,:", *p) && g_ascii_isdigit(p[1])))
        return 0;
    p += strspn(p, " ");
    if (*p != '*')
        count_stars(&p);
    *rest = p + strspn(p, " \t\r\n.,:;!-");
    return rating >= 1 && rating <= 5 ? rating : 0;
}

/* ---- giving ---- */

struct given {
    gint64 id, organisation_id;
    int rating, before; /* before 0: this is the first */
    char *text;
};

static gboolean
tell(struct performing *p, const struct conversation *c, const struct given *given, GError **error)
{
    g_autofree char *cause = g_strdup_printf("review-%" G_GINT64_FORMAT "-%s", given->id, p->in->key);
    json_t *lines = json_array();
    g_auto(GStrv) split = g_strsplit(given->text, "\n", -1);
    for (char **line = split; *line && *given->text; line++)
        json_array_append_new(lines, json_pack("{s:s}", "line", *line));
    json_t *data = json_pack("{s:i, s:o, s:b}", "rating", given->rating, "lines", lines, "changed", given->before != 0);
    gboolean done = tell_partner(p->act, "review-given", c, data, cause, error);
    json_decref(data);
    return done;
}

static gboolean
keep(struct performing *p, const struct conversation *c, const struct given *given, GError **error)
{
    struct act *act = p->act;
    g_autofree char *words = g_strdup_printf("%d %s", given->rating, given->text);
    if (!store_run(act->tx, STMT_REVIEW_GIVE, error, store_int(given->id), store_int(given->rating),
                   store_text(given->text), store_int(act->now), store_text(p->actor)) ||
        (c->listed &&
         !rank_reviewed(act, given->organisation_id, given->before ? 0 : 1, given->rating - given->before, error)) ||
        !tell(p, c, given, error) || !audit_add(act, p->actor, "review_given", given->id, words, error))
        return FALSE;
    perform_said(p, given->before ? "said.review_changed" : "said.review_given",
                 json_pack("{s:i}", "rating", given->rating));
    return TRUE;
}

/* The words of a review: those behind the rating and, asked for them anew, below the command. */
static char *
words_of(struct performing *p, const char *rest)
{
    g_autofree char *bounded = g_strndup(rest, TEXT_BYTES);
    g_autofree char *valid = g_utf8_make_valid(bounded, -1);
    return g_strchomp(link_scrub(p->act->market, valid, NULL, "[address]"));
}

static gboolean
give(struct performing *p, const char *argument, GError **error)
{
    g_autoptr(conversation) c = NULL;
    const char *rest = "";
    int rating = review_rating(argument, &rest);
    g_autoptr(store_rows) rows =
        store_query(p->act->tx, STMT_REVIEW_NEWEST, error, store_int(p->conversation->id), store_ref(p->review_id));
    if (!rows || !conversation_load(p->act, p->conversation->id, &c, error))
        return FALSE;
    if (!store_rows_count(rows))
        return perform_fail(p, "cannot.no_review", NULL);
    if (!rating)
        return perform_fail(p, "cannot.review_rating", NULL);
    if (!store_rows_is_null(rows, 0, "given_at") && store_rows_int(rows, 0, "given_at") + CHANGE_TIME < p->act->now)
        return perform_fail(p, "cannot.review_final", NULL);
    g_autofree char *text = words_of(p, rest);
    const struct given given = {
        .id = store_rows_int(rows, 0, "id"),
        .organisation_id = store_rows_int(rows, 0, "organisation_id"),
        .rating = rating,
        .before = (int)store_rows_int(rows, 0, "rating"),
        .text = text,
    };
    return keep(p, c, &given, error);
}

gboolean
review_perform_review(struct performing *p, const struct command *command, GError **error)
{
    return p->side == SIDE_PARTNER ? ask_by_command(p, error) : give(p, command->argument, error);
}

/* ---- listing ---- */

json_t *
review_list(store_tx *tx, gint64 conversation_id, GError **error)
{
    g_autoptr(store_rows) rows = store_query(tx, STMT_REVIEWS, error, store_int(conversation_id));
    return rows ? review_rows(tx, rows, error) : NULL;
}

json_t *
review_rows(store_tx *tx, const store_rows *rows, GError **error)
{
    (void)tx;
    (void)error;
    json_t *list = json_array();
    for (guint i = 0; i < store_rows_count(rows); i++)
        json_array_append_new(
            list,
            json_pack("{s:I, s:I, s:s, s:I, s:s, s:o, s:s, s:o, s:o}", "id", (json_int_t)store_rows_int(rows, i, "id"),
                      "conversation", (json_int_t)store_rows_int(rows, i, "conversation_id"), "organisation",
                      store_rows_text(rows, i, "organisation"), "job", (json_int_t)store_rows_int(rows, i, "job_id"),
                      "state", store_rows_text(rows, i, "state"), "rating",
                      store_rows_is_null(rows, i, "rating") ? json_null()
                                                            : json_integer(store_rows_int(rows, i, "rating")),
                      "text", store_rows_text(rows, i, "text"), "asked_at", cell_time(rows, i, "asked_at"), "given_at",
                      cell_time(rows, i, "given_at")));
    return list;
}
