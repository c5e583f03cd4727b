/*
 * Every mail in the folders given, as it is and mangled: in LF, CRLF and CR, cut at 50 places, with bits flipped, with
 * lines dropped and doubled. Each must be read without a crash, a hang or a finding of the sanitizers, give valid
 * UTF-8, and have parts that can be cut out again.
 *
 * Usage: mangle [-s SEED] FOLDER... Prints how many mails and variants were read; exit status 1 when any failed, 77
 * when there was no mail at all.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>

#include "lib/secret.h"
#include "lib/sha256.h"
#include "mime/automatic.h"
#include "mime/form.h"
#include "mime/forward.h"
#include "mime/html.h"
#include "mime/language.h"
#include "mime/read.h"
#include "mime/reply.h"

enum { CUTS = 50, FLIPS = 30, LINE_CHANGES = 20, SECONDS = 20 };

struct shared { /* with the parent, who tells what a dead child was doing */
    guint64 variants;
    char what[300];
};

static struct shared *
shared_new(void)
{
    struct shared *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    g_assert_true(s != MAP_FAILED);
    return s;
}

static void
check_strings(const struct mail *m)
{
    for (guint i = 0; i < m->headers->len; i++) {
        const struct mail_header *h = m->headers->pdata[i];
        g_assert_true(g_utf8_validate(h->value, -1, NULL) && g_utf8_validate(h->raw, -1, NULL));
    }
    g_assert_true(g_utf8_validate(m->text, -1, NULL));
    g_assert_true(m->html == NULL || g_utf8_validate(m->html, -1, NULL));
    g_assert_true(m->subject == NULL || g_utf8_validate(m->subject, -1, NULL));
}

static void
check_parts(const struct mail *m, const char *raw, gsize length)
{
    for (guint i = 0; i < m->parts->len; i++) {
        const struct mail_part *p = m->parts->pdata[i];
        if (p->inside != NULL) {
            continue;
        }
        g_assert_true(p->offset <= length && p->length <= length - p->offset);
        g_autoptr(GBytes) bytes = mail_decode(raw + p->offset, p->length, p->encoding);
        gsize size;
        gconstpointer data = g_bytes_get_data(bytes, &size);
        g_autofree char *sha = sha256_hex(data, size);
        g_assert_cmpstr(sha, ==, p->sha256);
    }
}

static void
understand(const struct mail *m)
{
    struct reply reply;
    reply_trim(m, &reply);
    language_guess(reply.text);
    reply_clear(&reply);
    reply_trim_html(m, &reply);
    reply_clear(&reply);
    mail_nature(m, NULL);
    form_free(form_read(m, NULL, 0, NULL, TRUE));
    forward_free(forward_read(m));
    if (m->html != NULL) {
        g_free(html_to_text(m->html, strlen(m->html)));
    }
}

/* Of the processor's time: a busy machine is no hang. 0: as long as it likes. */
static void
allow(time_t seconds)
{
    setitimer(ITIMER_PROF, &(struct itimerval){.it_value.tv_sec = seconds}, NULL);
}

/* The bytes are copied to the end of a block of their own, so that a read behind them is seen. */
static void
read_variant(struct shared *shared, const char *bytes, gsize length)
{
    char *raw = malloc(MAX(length, 1));
    guint8 digest[32];
    memcpy(raw, bytes, length);
    allow(SECONDS);
    g_autoptr(mail) m = mail_read(raw, length);
    check_strings(m);
    check_parts(m, raw, length);
    understand(m);
    mail_fingerprint("a@b.test", raw, length, digest);
    allow(0); /* what is done between two variants is not measured */
    free(raw);
    shared->variants++;
}

static GString *
with_line_ends(const char *raw, gsize length, const char *line_end)
{
    GString *s = g_string_sized_new(length + length / 16);
    for (gsize i = 0; i < length; i++) {
        if (raw[i] == '\n') {
            g_string_append(s, line_end);
        } else if (raw[i] != '\r') {
            g_string_append_c(s, raw[i]);
        }
    }
    return s;
}

static void
line_ends(struct shared *shared, const char *raw, gsize length)
{
    static const char *const ends[] = {"\n", "\r\n", "\r", "\r\r\n", "\n\r"};
    for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
        g_autoptr(GString) s = with_line_ends(raw, length, ends[i]);
        read_variant(shared, s->str, s->len);
    }
}

static void
cuts(struct shared *shared, const char *raw, gsize length)
{
    for (guint i = 0; i < CUTS; i++) {
        read_variant(shared, raw, length * i / CUTS);
        gsize start = length * i / CUTS;
        read_variant(shared, raw + start, length - start);
    }
}

/* A few bits in the headers, where the structure is, and all over. */
static void
flips(struct shared *shared, GRand *rand, const char *raw, gsize length)
{
    for (guint i = 0; i < FLIPS && length > 0; i++) {
        g_autofree char *copy = g_memdup2(raw, length);
        gsize within = i % 2 == 0 ? length : MIN(length, 2000);
        for (guint bits = 1 + i; bits > 0; bits--) {
            copy[g_rand_int_range(rand, 0, (gint32)within)] ^= (char)(1 << g_rand_int_range(rand, 0, 8));
        }
        read_variant(shared, copy, length);
    }
}

/* Lines dropped, doubled and swapped. */
static void
line_changes(struct shared *shared, GRand *rand, const char *raw, gsize length)
{
    g_autofree char *text = g_strndup(raw, length);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    gint32 n = (gint32)g_strv_length(lines);
    for (guint i = 0; i < LINE_CHANGES && n > 1; i++) {
        g_autoptr(GString) s = g_string_sized_new(length * 2);
        for (gint32 k = 0; k < n; k++) {
            gint32 what = g_rand_int_range(rand, 0, 40);
            const char *line = what == 0 ? lines[g_rand_int_range(rand, 0, n)] : lines[k];
            for (gint32 times = what == 1 ? 0 : what == 2 ? 2 : 1; times > 0; times--) {
                g_string_append(s, line);
                g_string_append_c(s, '\n');
            }
        }
        read_variant(shared, s->str, s->len);
    }
}

static void
mangle(struct shared *shared, const char *path, guint32 seed)
{
    g_autofree char *raw = NULL;
    gsize length;
    GRand *rand = g_rand_new_with_seed(seed);
    if (!g_file_get_contents(path, &raw, &length, NULL)) {
        return;
    }
    static const char *const names[] = {"as it is", "line ends", "cut", "bits flipped", "lines changed"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_snprintf(shared->what, sizeof shared->what, "%s: %s, variant %" G_GUINT64_FORMAT, path, names[i],
                   shared->variants);
        switch (i) {
        case 0:
            read_variant(shared, raw, length);
            break;
        case 1:
            line_ends(shared, raw, length);
            break;
        case 2:
            cuts(shared, raw, length);
            break;
        case 3:
            flips(shared, rand, raw, length);
            break;
        default:
            line_changes(shared, rand, raw, length);
        }
    }
    g_rand_free(rand);
}

/* One child a batch: a leak is found at its end, a crash costs the batch alone. FALSE when it failed. */
static gboolean
run_batch(struct shared *shared, char **paths, guint n, guint32 seed)
{
    fflush(NULL);
    pid_t child = fork();
    g_assert_cmpint(child, >=, 0);
    if (child == 0) {
        for (guint i = 0; i < n; i++) {
            mangle(shared, paths[i], seed + i);
        }
        exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    if (status != 0) {
        fprintf(stderr, "FAILED (status %#x%s): %s\n", (guint)status,
                WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF ? ", too slow" : "", shared->what);
    }
    return status == 0;
}

static void
find_mails(const char *folder, GPtrArray *paths)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
            find_mails(path, paths);
        } else if (g_str_has_suffix(name, ".eml")) {
            g_ptr_array_add(paths, g_steal_pointer(&path));
        }
    }
}

int
main(int argc, char **argv)
{
    enum { BATCH = 40 };
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    guint32 seed = 1;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-s") == 0 && i + 1 < argc) {
            seed = (guint32)strtoul(argv[++i], NULL, 10);
        } else {
            find_mails(argv[i], paths);
        }
    }
    if (paths->len == 0) {
        puts("mangle: skipped: no mails there");
        return 77;
    }
    g_assert_true(secret_init(NULL));
    mail_init();
    struct shared *shared = shared_new();
    guint failed = 0;
    for (guint i = 0; i < paths->len; i += BATCH) {
        failed += !run_batch(shared, (char **)paths->pdata + i, MIN(BATCH, paths->len - i), seed + i);
    }
    printf("mangle: %u mails, %" G_GUINT64_FORMAT " variants, %u batches failed\n", paths->len, shared->variants,
           failed);
    return failed > 0;
}
