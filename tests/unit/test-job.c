/* The transition table, cell by cell, printed; and the moment at which the time for a first answer is over. */
#include <glib.h>

#include "market/job.h"

static const char *const events[JOB_EVENTS] = {"partner writes", "merchant writes", "time out"};

/* Written apart from the table: R17, R18, Decisions 6. "-" is refused, "+" opens a new job. */
static const struct {
    const char *state;
    const char *after[JOB_EVENTS];
} expected[] = {
    {"new", {"responded", "new", "expired"}},
    {"opened", {"responded", "opened", "expired"}},
    {"declined", {"declined", "declined", "-"}},
    {"expired", {"-", "+", "-"}},
    {"responded", {"responded", "awaiting_response", "-"}},
    {"awaiting_response", {"responded", "awaiting_response", "-"}},
    {"inactive", {"inactive", "inactive", "-"}},
    {"completed", {"completed", "completed", "-"}},
};

static const char *
outcome(int next)
{
    return next == JOB_REFUSED ? "-" : next == JOB_ANEW ? "+" : job_state_name((enum job_state)next);
}

static void
test_every_cell(void)
{
    g_assert_cmpuint(G_N_ELEMENTS(expected), ==, JOB_STATES);
    for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
        enum job_state state;
        g_assert_true(job_state_parse(expected[i].state, &state));
        for (guint e = 0; e < JOB_EVENTS; e++) {
            const char *after = outcome(job_next(state, (enum job_event)e));
            g_test_message("%-18s %-16s → %s", expected[i].state, events[e], after);
            g_assert_cmpstr(after, ==, expected[i].after[e]);
        }
    }
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
    g_test_add_func("/job/late-is-a-second-after", test_late_is_a_second_after);
    g_test_add_func("/job/unknown-state-is-none", test_unknown_state_is_none);
    return g_test_run();
}
