/*
 * What hostile mails cost, and what all mails cost beside gmime.
 *
 * bench-read            doubles each of the shapes below up to 10 MB; the time must at most be 2.2 times as long
 * bench-read FOLDER...  understands every mail there, and parses it with gmime alone; prints both times, and how much
 * of ours is SHA-256 over the parts, of which gmime does nothing
 *
 * Prints; exit status 1 when a shape's last doubling costs more than 2.2 times in each of three tries.
 */
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <gmime/gmime.h>

#include "lib/secret.h"
#include "lib/sha256.h"
#include "lib/worker.h"
#include "mime/automatic.h"
#include "mime/form.h"
#include "mime/forward.h"
#include "mime/html.h"
#include "mime/language.h"
#include "mime/read.h"
#include "mime/reply.h"

enum { LARGEST = 10 << 20, TRIES = 3 };
#define LIMIT 2.2

struct shape {
    const char *name, *head, *unit; /* the unit is repeated; %u in it is counted up */
};

#define HTML "Content-Type: text/html\n\n"
#define MIXED "Content-Type: multipart/mixed; boundary=b\n\n"

static const struct shape SHAPES[] = {
    {"groups in From", "From: ", "a:"},
    {"commas in To", "To: ", "a@b.test, "},
    {"parameters", "Content-Type: text/plain", ";a=b"},
    {"pieces of a parameter", "Content-Type: text/plain", ";name*%u*=a"},
    {"headers", "", "X-A: b\n"},
    {"encoded words", "Subject: ", "=?utf-8?q?a?= "},
    {"encoded words never closed", "Subject: ", "=?utf-8?q?a "},
    {"folds", "Subject: a", "\n b"},
    {"lines of blanks among headers", "Subject: a\n", " \nA: b\n"},
    {"References", "References: ", "<a@b>\n "},
    {"boundaries in boundaries", "", "Content-Type: multipart/mixed; boundary=b%u\n\n--b%u\n"},
    {"parts", MIXED, "--b\n\nx\n"},
    {"lines like boundaries", MIXED "--b\n\n", "--bb\n"},
    {"messages in messages", "", "Content-Type: message/rfc822\n\n"},
    {"one line", "\n", "word "},
    {"short lines", "\n", "a\n"},
    {"empty lines", "\n", "\n"},
    {"lines in CR", "\r", "a\r"},
    {"deep quotes", "\n", ">>>>>>>>>>>>>>>>>>>>>>>> a\n"},
    {"one line of quotes", "\n", ">"},
    {"attributions", "\n", "On Mon, 5 Jan 2026, Ann wrote:\n> a\n"},
    {"header blocks", "\n", "From: a@b.test\nSent: Monday\nTo: c@d.test\nSubject: x\n\n"},
    {"original messages", "\n", "-----Original Message-----\n"},
    {"signatures", "\n", "-- \nSent from my phone\n"},
    {"labels", "\n", "Name: x\n"},
    {"flowed", "Content-Type: text/plain; format=flowed\n\n", "word \n"},
    {"base64", "Content-Transfer-Encoding: base64\n\n", "QUJD"},
    {"quoted-printable", "Content-Transfer-Encoding: quoted-printable\n\n", "=\n=41 "},
    {"uuencoded files begun", "\n", "begin 644 x\n"},
    {"uuencoded files", "\n", "begin 644 x\n#0V%T\n`\nend\n"},
    {"nested divs", HTML, "<div>"},
    {"nested divs with words", HTML, "<div>a "},
    {"divs and stray end tags", HTML, "<div><div></b>"},
    {"nested blockquotes", HTML, "<blockquote type=cite>a"},
    {"nested tables", HTML, "<table><tr><td>a"},
    {"lists", HTML, "<ul><li>a"},
    {"links", HTML, "<a href=https://x.test/>a</a> "},
    {"comments never closed", HTML, "<!-- a"},
    {"quotes never closed", HTML, "<a b=\"c' "},
    {"references", HTML, "&amp"},
    {"styles", HTML, "<p style='color: red; margin: 0'>a"},
};

struct job {
    const char *raw;
    gsize length;
    double seconds;
};

/* The thread's own time: what the neighbours do does not count. */
static double
now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Everything that is asked of a mail. */
static void
understand(gpointer data)
{
    struct job *job = data;
    double start = now();
    g_autoptr(mail) m = mail_read(job->raw, job->length);
    struct reply reply;
    reply_trim(m, &reply);
    language_guess(reply.text);
    reply_clear(&reply);
    reply_trim_html(m, &reply);
    reply_clear(&reply);
    mail_nature(m, NULL);
    form_free(form_read(m, job->raw, job->length, NULL, FALSE));
    forward_free(forward_read(m));
    job->seconds = now() - start;
}

/* What is done for `sha256` of each part and nothing else. */
static void
digest_parts(gpointer data)
{
    struct job *job = data;
    g_autoptr(mail) m = mail_read(job->raw, job->length);
    job->seconds = 0;
    for (guint i = 0; i < m->parts->len; i++) {
        const struct mail_part *p = m->parts->pdata[i];
        if (p->inside == NULL) {
            g_autoptr(GBytes) bytes = mail_decode(job->raw + p->offset, p->length, p->encoding);
            gsize size;
            gconstpointer content = g_bytes_get_data(bytes, &size);
            double start = now();
            g_free(sha256_hex(content, size));
            job->seconds += now() - start;
        }
    }
}

static void
parse_with_gmime(gpointer data)
{
    struct job *job = data;
    double start = now();
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(job->raw, job->length);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
    g_clear_object(&message);
    g_object_unref(parser);
    g_object_unref(stream);
    job->seconds = now() - start;
}

/* ---- shapes ---- */

static GString *
make(const struct shape *shape, gsize length)
{
    GString *s = g_string_sized_new(length + 256);
    g_string_append(s, shape->head);
    gboolean counts = strstr(shape->unit, "%u") != NULL;
    for (guint i = 0; s->len < length; i++) {
        if (!counts) {
            g_string_append(s, shape->unit);
            continue;
        }
        g_autofree char *number = g_strdup_printf("%u", i);
        g_auto(GStrv) pieces = g_strsplit(shape->unit, "%u", -1);
        g_autofree char *unit = g_strjoinv(number, pieces);
        g_string_append(s, unit);
    }
    return s;
}

static double
best_time(worker_pool *pool, const struct shape *shape, gsize length)
{
    g_autoptr(GString) raw = make(shape, length);
    struct job job = {.raw = raw->str, .length = raw->len};
    double best = 1e9;
    for (guint i = 0; i < TRIES; i++) {
        worker_pool_run(pool, understand, &job);
        best = MIN(best, job.seconds);
    }
    return best;
}

static gboolean
measure_shape(worker_pool *pool, const struct shape *shape)
{
    double before = best_time(pool, shape, LARGEST / 4), half = best_time(pool, shape, LARGEST / 2);
    double whole = best_time(pool, shape, LARGEST);
    double first = half / MAX(before, 1e-3), second = whole / MAX(half, 1e-3);
    for (guint i = 1; i < TRIES && second > LIMIT; i++) { /* a neighbour's work is no reason to fail */
        half = best_time(pool, shape, LARGEST / 2);
        whole = best_time(pool, shape, LARGEST);
        second = MIN(second, whole / MAX(half, 1e-3));
    }
    printf("%-32s %7.3f s for 10 MB, doubling costs %.2f and %.2f times%s\n", shape->name, whole, first, second,
           second > LIMIT ? "  TOO MUCH" : "");
    fflush(stdout);
    return second <= LIMIT;
}

/* ---- mails ---- */

static void
find_mails(const char *folder, GPtrArray *contents)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        char *raw;
        gsize length;
        if (g_str_has_suffix(name, ".eml") && g_file_get_contents(path, &raw, &length, NULL)) {
            g_ptr_array_add(contents, g_bytes_new_take(raw, length));
        }
    }
}

static double
total_time(worker_pool *pool, const GPtrArray *contents, worker_fn fn)
{
    double best = 1e9;
    for (guint round = 0; round < TRIES; round++) {
        double sum = 0;
        for (guint i = 0; i < contents->len; i++) {
            struct job job = {0};
            job.raw = g_bytes_get_data(contents->pdata[i], &job.length);
            worker_pool_run(pool, fn, &job);
            sum += job.seconds;
        }
        best = MIN(best, sum);
    }
    return best;
}

static void
compare(worker_pool *pool, char **folders)
{
    g_autoptr(GPtrArray) contents = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    for (; *folders != NULL; folders++) {
        find_mails(*folders, contents);
    }
    double gmime = total_time(pool, contents, parse_with_gmime), ours = total_time(pool, contents, understand);
    double digests = total_time(pool, contents, digest_parts);
    printf("%u mails: gmime's parse alone %.3f s, understood wholly %.3f s: %.2f times; without the parts' SHA-256 "
           "(%.3f s) "
           "%.2f times\n",
           contents->len, gmime, ours, ours / MAX(gmime, 1e-6), digests, (ours - digests) / MAX(gmime, 1e-6));
}

/* Memory is kept between the tries: else the kernel's pages are what is measured of the cheap shapes. */
static void
keep_memory(void)
{
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, G_MAXINT);
}

int
main(int argc, char **argv)
{
    keep_memory();
    g_autoptr(GError) error = NULL;
    g_assert_true(secret_init(NULL));
    mail_init();
    g_autoptr(worker_pool) pool = worker_pool_new(1, &error);
    g_assert_no_error(error);
    if (argc > 1) {
        compare(pool, argv + 1);
        return 0;
    }
    gboolean good = TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(SHAPES); i++) {
        good = measure_shape(pool, &SHAPES[i]) && good;
    }
    return good ? 0 : 1;
}
