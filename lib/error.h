/*
 * Errors. One GError domain; its codes say what the caller does next, not which library failed.
 *
 * A function that can fail takes a `GError **` last and sets it exactly when it returns FALSE or NULL.
 * Text is added on the way out with g_prefix_error() and logged once, at the edge (a daemon's main loop,
 * a command's exit). Our own bugs are g_assert()ed, never reported as errors.
 */
#ifndef POSTERN_LIB_ERROR_H
#define POSTERN_LIB_ERROR_H

#include <glib.h>

#define POSTERN_ERROR (postern_error_quark())

enum postern_error {
    POSTERN_ERROR_TEMP,      /* try again later: a full disk, a busy store, a lost connection (SMTP 4yz) */
    POSTERN_ERROR_INVALID,   /* the input is wrong and stays wrong: say where and what to do (5yz, usage) */
    POSTERN_ERROR_NOT_FOUND, /* no such thing */
    POSTERN_ERROR_DUPLICATE, /* it is there already; doing it again would double it */
    POSTERN_ERROR_CONFLICT,  /* true when asked, no longer true: a state that moved on, two claims that differ */
    POSTERN_ERROR_REFUSED,   /* understood, and not allowed */
};

GQuark postern_error_quark(void);

#endif
