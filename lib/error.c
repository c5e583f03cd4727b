#include "lib/error.h"

GQuark
postern_error_quark(void)
{
    return g_quark_from_static_string("postern-error-quark");
}
