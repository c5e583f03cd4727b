/* The transition table, cell by cell, printed; and the moment at which the time for a first answer is over. */
#include <glib.h>

#include "market/job.h"

static const char *const events[JOB_EVENTS] = {"partner writes",
                                               "merchant writes",
                                               "time out",
                                               "partner opens",
                                               "partner declines",
                                               "merchant declines",
                                               "complete",
                                               "inactive",
                                               "active",
                                               "renewed",
                                               "spam",
                                               "block",
                                               "answered",
                                               "undo"};

/* Written apart from the table, an event a word in the same order: R17, R18, R19, Decisions 6 and 12. "-" is refused,
 * "+" opens a new job, "~" is as the last message leaves it, "<" is as it was before. */
static const struct {
    const char *state, *after;
} expected[] = {
    {"new", "responded new expired opened declined declined - - - new declined declined responded <"},
    {"opened", "responded opened expired opened declined declined - - - opened declined declined responded <"},
    {"declined", "declined declined - declined declined declined - - - + declined declined - <"},
    {"expired", "- + - expired declined declined - - - + expired expired - <"},
    {"responded", "responded awaiting_response - responded declined declined completed inactive responded "
                  "awaiting_response declined declined - <"},
    {"awaiting_response", "responded awaiting_response - awaiting_response declined declined completed inactive "
                          "awaiting_response awaiting_response declined declined - <"},
    {"inactive", "inactive inactive - inactive declined declined completed inactive ~ inactive declined declined - <"},
    {"completed", "completed completed - completed - - completed - - + - completed - <"},
};

static const char *
outcome(int next)
{
    static const char *const others[] = {"-", "+", "~", "<"};
    return next >= JOB_STATES ? others[next - JOB_STATES] : job_state_name((enum job_state)next);
}

static void
test_every_cell(void)
{
    g_assert_cmpuint(G_N_ELEMENTS(expected), ==, JOB_STATES);
    for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
        enum job_state state;
        g_assert_true(job_state_parse(expected[i].state, &state));
        g_auto(GStrv) after = g_strsplit(expected[i].after, " ", -1);
        g_assert_cmpuint(g_strv_length(after), ==, JOB_EVENTS);
        for (guint e = 0; e < JOB_EVENTS; e++) {
            const char *next = outcome(job_next(state, (enum job_event)e));
            g_test_message("%-18s %-18s → %s", expected[i].state, events[e], next);
            g_assert_cmpstr(next, ==, after[e]);
        }
    }
}

static void
test_every_refusal_has_words(void)
{
    for (guint state = 0; state < JOB_STATES; state++)
        for (guint e = 0; e < JOB_EVENTS; e++)
            if (job_next(state, e) == JOB_REFUSED)
                g_assert_true(g_str_has_prefix(job_refusal(state, e), "cannot.job_"));
}

static void
test_late_is_a_second_after(void)
{
    g_assert_cmpint(job_effective(JOB_NEW, 1000, 1000), ==, JOB_NEW);
    g_assert_cmpint(job_effective(JOB_NEW, 1000, 1001), ==, JOB_EXPIRED);
    g_assert_cmpint(job_effective(JOB_OPENED, 1000, 1001), ==, JOB_EXPIRED);
    g_assert_cmpint(job_effective(JOB_RESPONDED, 1000, 999999), ==, JOB_RESPONDED);
}

static void
test_unknown_state_is_none(void)
{
    enum job_state state = JOB_COMPLETED;
    g_assert_false(job_state_parse("pending", &state));
    g_assert_cmpint(state, ==, JOB_COMPLETED);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/job/every-cell-of-the-table", test_every_cell);
    g_test_add_func("/job/every-refusal-has-words", test_every_refusal_has_words);
    g_test_add_func("/job/late-is-a-second-after", test_late_is_a_second_after);
    g_test_add_func("/job/unknown-state-is-none", test_unknown_state_is_none);
    return g_test_run();
}
