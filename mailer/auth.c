#include "mailer/auth.h"

#include <pthread.h>
#include <string.h>

#include <sasl/sasl.h>

#include "lib/error.h"

#define SERVICE "smtp"

/* Best first. DIGEST-MD5 is historic (RFC 6331), GSSAPI and the like need more than a password. */
static const char *const mechanisms[] = {"SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "PLAIN", "LOGIN"};

struct auth {
    sasl_conn_t *exchange;
    sasl_callback_t callbacks[4];
    char *user;
    sasl_secret_t *password; /* of our own making */
    const char *mechanism;
    char *initial;
    gboolean complete;
};

/* ---- the library ---- */

static void *
mutex_new(void)
{
    pthread_mutex_t *mutex = g_new(pthread_mutex_t, 1);
    pthread_mutex_init(mutex, NULL);
    return mutex;
}

static int
mutex_lock(void *mutex)
{
    return pthread_mutex_lock(mutex) ? SASL_FAIL : SASL_OK;
}

static int
mutex_unlock(void *mutex)
{
    return pthread_mutex_unlock(mutex) ? SASL_FAIL : SASL_OK;
}

static void
mutex_free(void *mutex)
{
    pthread_mutex_destroy(mutex);
    g_free(mutex);
}

/* What it says to syslog by itself helps nobody: the caller logs what came of it. */
static int
say_nothing(G_GNUC_UNUSED void *context, G_GNUC_UNUSED int level, G_GNUC_UNUSED const char *message)
{
    return SASL_OK;
}

/* sasl_callback_t has one type for all functions. */
typedef int (*any_callback)(void);
#define CALLBACK(function) ((any_callback)(void (*)(void))(function))

static int init_status;

static void
init_library(void)
{
    static const sasl_callback_t callbacks[] = {{SASL_CB_LOG, CALLBACK(say_nothing), NULL},
                                                {SASL_CB_LIST_END, NULL, NULL}};
    sasl_set_mutex(mutex_new, mutex_lock, mutex_unlock, mutex_free);
    init_status = sasl_client_init(callbacks);
}

/* ---- what it asks us ---- */

static int
tell_name(void *context, int id, const char **name, unsigned *length)
{
    const auth *self = context;
    *name = id == SASL_CB_AUTHNAME ? self->user : ""; /* we act for nobody but ourselves */
    if (length)
        *length = (unsigned)strlen(*name);
    return SASL_OK;
}

static int
tell_password(G_GNUC_UNUSED sasl_conn_t *exchange, void *context, G_GNUC_UNUSED int id, sasl_secret_t **password)
{
    *password = ((const auth *)context)->password;
    return SASL_OK;
}

static sasl_secret_t *
secret_of(const char *password)
{
    gsize length = strlen(password);
    sasl_secret_t *secret = g_malloc0(sizeof *secret + length + 1);
    secret->len = length;
    memcpy(secret->data, password, length + 1);
    return secret;
}

/* ---- the exchange ---- */

static gboolean
is_offered(const char *offered, const char *mechanism)
{
    g_auto(GStrv) words = g_strsplit_set(offered, " =", -1);
    for (char **word = words; *word; word++)
        if (g_ascii_strcasecmp(*word, mechanism) == 0)
            return TRUE;
    return FALSE;
}

static char *
encode(const char *bytes, unsigned length)
{
    return length ? g_base64_encode((const guchar *)bytes, length) : g_strdup("=");
}

static gboolean
start_with(auth *self, const char *mechanism)
{
    const char *out = NULL, *chosen = NULL;
    unsigned length = 0;
    int status = sasl_client_start(self->exchange, mechanism, NULL, &out, &length, &chosen);
    if (status != SASL_OK && status != SASL_CONTINUE)
        return FALSE;
    self->mechanism = mechanism;
    self->initial = out ? encode(out, length) : NULL;
    self->complete = status == SASL_OK;
    return TRUE;
}

static gboolean
start(auth *self, const char *offered, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(mechanisms); i++)
        if (is_offered(offered, mechanisms[i]) && start_with(self, mechanisms[i]))
            return TRUE;
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_REFUSED,
                "AUTH: no mechanism for a name and a password that both sides know (offered:%s; the package "
                "libsasl2-modules has them)",
                offered);
    return FALSE;
}

auth *
auth_new(const char *host, const char *user, const char *password, const char *offered, GError **error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const sasl_security_properties_t properties = {.security_flags = SASL_SEC_NOANONYMOUS, .maxbufsize = 0};
    pthread_once(&once, init_library);
    g_autoptr(auth) self = g_new0(auth, 1);
    self->user = g_strdup(user);
    self->password = secret_of(password);
    self->callbacks[0] = (sasl_callback_t){SASL_CB_USER, CALLBACK(tell_name), self};
    self->callbacks[1] = (sasl_callback_t){SASL_CB_AUTHNAME, CALLBACK(tell_name), self};
    self->callbacks[2] = (sasl_callback_t){SASL_CB_PASS, CALLBACK(tell_password), self};
    self->callbacks[3] = (sasl_callback_t){SASL_CB_LIST_END, NULL, NULL};
    int status = init_status;
    if (status == SASL_OK)
        status = sasl_client_new(SERVICE, host, NULL, NULL, self->callbacks, 0, &self->exchange);
    if (status == SASL_OK)
        status = sasl_setprop(self->exchange, SASL_SEC_PROPS, &properties);
    if (status != SASL_OK) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_REFUSED, "AUTH: %s", sasl_errstring(status, NULL, NULL));
        return NULL;
    }
    return start(self, offered, error) ? g_steal_pointer(&self) : NULL;
}

void
auth_free(auth *self)
{
    if (!self)
        return;
    if (self->exchange)
        sasl_dispose(&self->exchange);
    explicit_bzero(self->password->data, self->password->len);
    g_free(self->password);
    g_free(self->user);
    g_free(self->initial);
    g_free(self);
}

const char *
auth_mechanism(const auth *self)
{
    return self->mechanism;
}

const char *
auth_initial(const auth *self)
{
    return self->initial;
}

char *
auth_answer(auth *self, const char *challenge, GError **error)
{
    gsize length = 0;
    g_autofree guchar *bytes = g_base64_decode(challenge, &length);
    const char *out = NULL;
    unsigned out_length = 0;
    int status = SASL_OK;
    if (!self->complete || length) /* a last challenge without words wants a last answer without words */
        status = sasl_client_step(self->exchange, (const char *)bytes, (unsigned)length, NULL, &out, &out_length);
    if (status != SASL_OK && status != SASL_CONTINUE) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_REFUSED, "AUTH %s: %s", self->mechanism,
                    sasl_errstring(status, NULL, NULL));
        return NULL;
    }
    self->complete = status == SASL_OK;
    return out_length ? g_base64_encode((const guchar *)out, out_length) : g_strdup("");
}

gboolean
auth_is_complete(const auth *self)
{
    return self->complete;
}
