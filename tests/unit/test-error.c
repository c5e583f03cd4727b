/* The error domain is one and has a name. */
#include <glib.h>

#include "lib/error.h"

static void
test_one_domain(void)
{
    g_autoptr(GError) error = g_error_new(POSTERN_ERROR, POSTERN_ERROR_TEMP, "try again");
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_TEMP);
    g_assert_cmpstr(g_quark_to_string(POSTERN_ERROR), ==, "postern-error-quark");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/error/one-domain", test_one_domain);
    return g_test_run();
}
