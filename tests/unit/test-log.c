/* The log: one event is one line, whatever a stranger put into its fields. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "lib/error.h"
#include "lib/log.h"

/* ---- stderr, into a file ---- */

struct capture {
    int file, before;
};

static void
capture_start(struct capture *capture)
{
    g_autofree char *name = NULL;
    capture->file = g_file_open_tmp("postern-log-XXXXXX", &name, NULL);
    g_assert_cmpint(capture->file, >=, 0);
    g_unlink(name);
    fflush(stderr);
    capture->before = dup(STDERR_FILENO);
    dup2(capture->file, STDERR_FILENO);
}

static char *
capture_end(struct capture *capture)
{
    off_t size = lseek(capture->file, 0, SEEK_END);
    char *text = g_malloc0((gsize)size + 1);
    dup2(capture->before, STDERR_FILENO);
    close(capture->before);
    g_assert_cmpint(pread(capture->file, text, (gsize)size, 0), ==, size);
    close(capture->file);
    return text;
}

static char *
line_for(const char *value)
{
    struct capture capture;
    capture_start(&capture);
    log_event(LOG_INFO, "event", "key", value, NULL);
    return capture_end(&capture);
}

static void
test_before_opening(void)
{
    struct capture capture;
    capture_start(&capture);
    log_event(LOG_DEBUG, "hidden", NULL);
    log_event(LOG_INFO, "shown", "a", "1", NULL);
    g_autofree char *text = capture_end(&capture);
    g_assert_cmpstr(text, ==, "shown a=1\n");
}

static void
test_fields(void)
{
    struct capture capture;
    g_assert_cmpint(log_open("test", LOG_TO_STDERR, LOG_INFO), ==, LOG_TO_STDERR);
    capture_start(&capture);
    log_event(LOG_NOTICE, "message stored", "queue_id", "4F1", "recipient", "acme@experts.test", NULL);
    log_event(LOG_INFO, "nothing", "a", NULL, "b", "2", NULL);
    log_event(LOG_WARNING, "odd", NULL);
    g_autofree char *text = capture_end(&capture);
    g_assert_cmpstr(text, ==,
                    "test: message stored queue_id=4F1 recipient=acme@experts.test\n"
                    "test: nothing b=2\n"
                    "test: warning: odd\n");
}

static void
test_level(void)
{
    struct capture capture;
    log_open("test", LOG_TO_STDERR, LOG_WARNING);
    capture_start(&capture);
    log_event(LOG_NOTICE, "hidden", NULL);
    log_event(LOG_WARNING, "shown", NULL);
    g_autofree char *text = capture_end(&capture);
    g_assert_cmpstr(text, ==, "test: warning: shown\n");
}

static void
test_hostile_values(void)
{
    static const struct {
        const char *value, *line;
    } CASES[] = {
        {"", "test: event key=\"\"\n"},
        {"plain-value_1:/@", "test: event key=plain-value_1:/@\n"},
        {"two words", "test: event key=\"two words\"\n"},
        {"x key2=forged", "test: event key=\"x key2=forged\"\n"},
        {"a=b", "test: event key=\"a=b\"\n"},
        {"say \"hi\" \\o/", "test: event key=\"say \\\"hi\\\" \\\\o/\"\n"},
        {"one\ntest: error: forged", "test: event key=\"one\\ntest: error: forged\"\n"},
        {"\r\t\x1b[2J\x7f", "test: event key=\"\\x0d\\x09\\x1b[2J\\x7f\"\n"},
        {"caf\xe9 \xe2\x82", "test: event key=\"caf\\xe9 \\xe2\\x82\"\n"},
        {"Wisła", "test: event key=\"Wisła\"\n"},
        {"\u202eevil\u200b\xc2\x85\u2028", "test: event key=\"\\u{202e}evil\\u{200b}\\u{85}\\u{2028}\"\n"},
    };
    log_open("test", LOG_TO_STDERR, LOG_INFO);
    for (guint i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autofree char *line = line_for(CASES[i].value);
        g_assert_cmpstr(line, ==, CASES[i].line);
    }
}

static void
test_long_values_are_cut(void)
{
    static const char *const UNITS[] = {"a", "\x01", "ł"};
    log_open("test", LOG_TO_STDERR, LOG_INFO);
    for (guint i = 0; i < G_N_ELEMENTS(UNITS); i++) {
        g_autoptr(GString) value = g_string_new(NULL);
        for (guint j = 0; j < 100000; j++)
            g_string_append(value, UNITS[i]);
        g_autofree char *line = line_for(value->str);
        g_assert_cmpuint(strlen(line), <, 2200);
        g_assert_true(g_str_has_suffix(line, "\"…\n"));
        g_assert_true(g_utf8_validate(line, -1, NULL));
    }
}

static void
test_errors(void)
{
    struct capture capture;
    g_autoptr(GError) temporary = g_error_new(POSTERN_ERROR, POSTERN_ERROR_TEMP, "disk full");
    g_autoptr(GError) permanent = g_error_new(POSTERN_ERROR, POSTERN_ERROR_INVALID, "no\nsense");
    log_open("test", LOG_TO_STDERR, LOG_INFO);
    capture_start(&capture);
    log_error(temporary, "mail not stored");
    log_error(permanent, "mail not stored");
    g_autofree char *text = capture_end(&capture);
    g_assert_cmpstr(text, ==,
                    "test: warning: mail not stored error=\"disk full\"\n"
                    "test: error: mail not stored error=\"no\\nsense\"\n");
}

/* ---- threads ---- */

static void *
chatter(void *arg)
{
    g_autofree char *filler = g_strnfill(200, 'x');
    for (int i = 0; i < 500; i++)
        log_event(LOG_INFO, "line", "thread", arg, "filler", filler, NULL);
    return NULL;
}

static void
test_threads_do_not_mix_lines(void)
{
    static const char *const NAMES[] = {"a", "b", "c", "d"};
    pthread_t threads[G_N_ELEMENTS(NAMES)];
    struct capture capture;
    log_open("test", LOG_TO_STDERR, LOG_INFO);
    capture_start(&capture);
    for (guint i = 0; i < G_N_ELEMENTS(NAMES); i++)
        g_assert_cmpint(pthread_create(&threads[i], NULL, chatter, (void *)NAMES[i]), ==, 0);
    for (int i = 0; i < 100; i++)
        log_open("test", LOG_TO_STDERR, LOG_INFO); /* a reload meanwhile */
    for (guint i = 0; i < G_N_ELEMENTS(NAMES); i++)
        pthread_join(threads[i], NULL);
    g_autofree char *text = capture_end(&capture);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, G_N_ELEMENTS(NAMES) * 500 + 1);
    for (guint i = 0; i < G_N_ELEMENTS(NAMES) * 500; i++) {
        g_assert_true(g_str_has_prefix(lines[i], "test: line thread="));
        g_assert_cmpuint(strlen(lines[i]), ==, strlen("test: line thread=a filler=") + 200);
    }
}

/* ---- journald ---- */

struct journal {
    char *folder, *path;
    int fd;
};

static void
journal_up(struct journal *journal, gconstpointer unused)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)unused;
    journal->folder = g_dir_make_tmp("postern-journal-XXXXXX", NULL);
    journal->path = g_build_filename(journal->folder, "socket", NULL);
    g_strlcpy(address.sun_path, journal->path, sizeof address.sun_path);
    journal->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    g_assert_cmpint(bind(journal->fd, (struct sockaddr *)&address, sizeof address), ==, 0);
}

static void
journal_down(struct journal *journal, gconstpointer unused)
{
    (void)unused;
    log_open("test", LOG_TO_STDERR, LOG_INFO);
    if (journal->fd >= 0)
        close(journal->fd);
    g_unlink(journal->path);
    g_rmdir(journal->folder);
    g_free(journal->path);
    g_free(journal->folder);
}

static void
test_journal_gets_fields(struct journal *journal, gconstpointer unused)
{
    static const char EXPECTED[] = "MESSAGE=message stored queue_id=4F1 subject=\"a\\nb\"\n"
                                   "PRIORITY=5\nSYSLOG_FACILITY=2\nSYSLOG_IDENTIFIER=test\n"
                                   "POSTERN_QUEUE_ID=4F1\n"
                                   "POSTERN_SUBJECT\n\3\0\0\0\0\0\0\0a\nb\n";
    char entry[1000];
    (void)unused;
    g_assert_cmpint(log_open_journal("test", LOG_TO_JOURNALD, LOG_INFO, journal->path), ==, LOG_TO_JOURNALD);
    log_event(LOG_NOTICE, "message stored", "queue_id", "4F1", "gone", NULL, "subject", "a\nb", NULL);
    gssize length = recv(journal->fd, entry, sizeof entry, 0);
    g_assert_cmpmem(entry, length, EXPECTED, sizeof EXPECTED - 1);
}

/* No field of the journal's own can be forged by a value. */
static void
test_journal_cannot_be_forged(struct journal *journal, gconstpointer unused)
{
    char entry[1000] = "";
    (void)unused;
    log_open_journal("test", LOG_TO_JOURNALD, LOG_INFO, journal->path);
    log_event(LOG_NOTICE, "event", "subject", "x\nPRIORITY=0\n", NULL);
    gssize length = recv(journal->fd, entry, sizeof entry - 1, 0);
    g_assert_cmpint(length, >, 0);
    const char *field = g_strstr_len(entry, length, "\nPOSTERN_SUBJECT\n");
    g_assert_nonnull(field);
    g_assert_cmpint(field[strlen("\nPOSTERN_SUBJECT\n")], ==, strlen("x\nPRIORITY=0\n"));
}

static void
test_large_events_fit_the_journal(struct journal *journal, gconstpointer unused)
{
    char entry[100000];
    g_autofree char *value = g_strnfill(1 << 20, 'x');
    (void)unused;
    log_open_journal("test", LOG_TO_JOURNALD, LOG_INFO, journal->path);
    log_event(LOG_NOTICE, "event", "a", value, "b", value, "c", value, NULL);
    g_assert_cmpint(recv(journal->fd, entry, sizeof entry, 0), >, 6000);
}

static void
test_without_a_journal_syslog_is_taken(struct journal *journal, gconstpointer unused)
{
    (void)unused;
    g_autofree char *absent = g_build_filename(journal->folder, "absent", NULL);
    g_autofree char *longer = g_strnfill(300, '/');
    g_assert_cmpint(log_open_journal("test", LOG_TO_JOURNALD, LOG_INFO, absent), ==, LOG_TO_SYSLOG);
    log_event(LOG_DEBUG, "dropped", NULL);
    g_assert_cmpint(log_open_journal("test", LOG_TO_JOURNALD, LOG_INFO, longer), ==, LOG_TO_SYSLOG);
}

static void
test_a_journal_that_goes_away_harms_nobody(struct journal *journal, gconstpointer unused)
{
    (void)unused;
    g_assert_cmpint(log_open_journal("test", LOG_TO_JOURNALD, LOG_INFO, journal->path), ==, LOG_TO_JOURNALD);
    close(journal->fd);
    journal->fd = -1;
    log_event(LOG_INFO, "postern's test suite: a journal that goes away", NULL);
}

#define JOURNAL(name, function) g_test_add("/log/" name, struct journal, NULL, journal_up, function, journal_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/log/before-opening-stderr-gets-info", test_before_opening);
    g_test_add_func("/log/fields-stand-on-the-line", test_fields);
    g_test_add_func("/log/lesser-events-are-dropped", test_level);
    g_test_add_func("/log/hostile-values-cannot-forge-a-line", test_hostile_values);
    g_test_add_func("/log/long-values-are-cut", test_long_values_are_cut);
    g_test_add_func("/log/errors-have-their-rank", test_errors);
    g_test_add_func("/log/threads-do-not-mix-lines", test_threads_do_not_mix_lines);
    JOURNAL("journal-gets-fields", test_journal_gets_fields);
    JOURNAL("journal-cannot-be-forged", test_journal_cannot_be_forged);
    JOURNAL("large-events-fit-the-journal", test_large_events_fit_the_journal);
    JOURNAL("without-a-journal-syslog-is-taken", test_without_a_journal_syslog_is_taken);
    JOURNAL("a-journal-that-goes-away-harms-nobody", test_a_journal_that_goes_away_harms_nobody);
    return g_test_run();
}
