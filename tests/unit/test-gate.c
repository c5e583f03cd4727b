/* Nobody comes in any more, and whoever is in may finish. */
#include <pthread.h>

#include "milter/gate.h"

static void
test_closed_gate_lets_nobody_in(void)
{
    struct gate gate;
    gate_init(&gate);
    g_assert_true(gate_enter(&gate));
    gate_leave(&gate);
    g_assert_false(gate_is_closed(&gate));
    g_assert_cmpuint(gate_close(&gate, 0), ==, 0);
    g_assert_true(gate_is_closed(&gate));
    g_assert_false(gate_enter(&gate));
}

static void
test_close_gives_up_after_a_time(void)
{
    struct gate gate;
    gate_init(&gate);
    g_assert_true(gate_enter(&gate));
    g_assert_true(gate_enter(&gate));
    g_assert_cmpuint(gate_close(&gate, 0), ==, 2);
    gate_leave(&gate);
    gate_leave(&gate);
    g_assert_cmpuint(gate_close(&gate, 0), ==, 0);
}

struct visit {
    struct gate gate;
    gboolean left; /* ordered by the gate alone: TSan sees it if that is not so */
};

/* Waits until the gate closes, so the other thread is surely in gate_close() or about to. */
static void *
leave_when_closed(void *arg)
{
    struct visit *visit = arg;
    while (!gate_is_closed(&visit->gate))
        sched_yield();
    visit->left = TRUE;
    gate_leave(&visit->gate);
    return NULL;
}

static void
test_close_waits_for_those_inside(void)
{
    struct visit visit = {.left = FALSE};
    pthread_t thread;
    gate_init(&visit.gate);
    g_assert_true(gate_enter(&visit.gate));
    pthread_create(&thread, NULL, leave_when_closed, &visit);
    g_assert_cmpuint(gate_close(&visit.gate, 60), ==, 0);
    g_assert_true(visit.left);
    pthread_join(thread, NULL);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/gate/closed-lets-nobody-in", test_closed_gate_lets_nobody_in);
    g_test_add_func("/gate/close-gives-up-after-a-time", test_close_gives_up_after_a_time);
    g_test_add_func("/gate/close-waits-for-those-inside", test_close_waits_for_those_inside);
    return g_test_run();
}
