#include "lib/error.h"

G_DEFINE_QUARK(postern-error-quark, postern_error)
