/*
 * `check`: Postfix's parameters, as postconf(1) tells them. What is wanted and why stands in conf/postfix/main.cf.
 *
 * postconf and postmap are run with their words as they are; no shell sees a value.
 */
#include "ctl/check.h"

#include <string.h>
#include <sys/stat.h>

#define HEADER_MAX 60000

/* ---- asking Postfix ---- */

/* The program's path; NULL when it is not installed. Ordinary users have no sbin in their PATH. */
static char *
program(const char *name)
{
    char *path = g_find_program_in_path(name);
    if (path)
        return path;
    path = g_build_filename("/usr/sbin", name, NULL);
    if (g_file_test(path, G_FILE_TEST_IS_EXECUTABLE))
        return path;
    g_free(path);
    return NULL;
}

/* Runs it and returns what it printed; NULL when it failed, with its complaint in `*complaint` (may be NULL). */
static char *
run(char **argv, char **complaint)
{
    g_autofree char *out = NULL, *err = NULL;
    g_autoptr(GError) error = NULL;
    int status = 0;
    gboolean ran = g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, &err, &status, &error);
    if (ran && g_spawn_check_wait_status(status, NULL))
        return g_steal_pointer(&out);
    if (complaint)
        *complaint = g_strdup(error ? error->message : err && *err ? g_strstrip(err) : "it failed without a word");
    return NULL;
}

/* Parameters' values by name; an unknown one is not in it. */
struct postfix {
    struct check *check;
    char *postconf, *postmap;
    GHashTable *values;
};

static void
postfix_clear(struct postfix *postfix)
{
    g_free(postfix->postconf);
    g_free(postfix->postmap);
    g_clear_pointer(&postfix->values, g_hash_table_unref);
}
typedef struct postfix postfix;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(postfix, postfix_clear)

static const char *
value_of(const struct postfix *postfix, const char *name)
{
    return g_hash_table_lookup(postfix->values, name);
}

/* Lines of `name = value`. */
static GHashTable *
read_values(const char *text)
{
    GHashTable *values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        char *equals = strstr(*line, " =");
        if (equals)
            g_hash_table_insert(values, g_strndup(*line, (gsize)(equals - *line)), g_strstrip(g_strdup(equals + 2)));
    }
    return values;
}

/* What the domain's own table says for a key; NULL: nothing, or the table cannot be asked. */
static char *
look_up(const struct postfix *postfix, const char *map, const char *key)
{
    if (!postfix->postmap)
        return NULL;
    const char *const argv[] = {postfix->postmap, "-c", postfix->check->postfix, "-q", key, map, NULL};
    char *answer = run((char **)argv, NULL);
    return answer ? g_strstrip(answer) : NULL;
}

/* ---- Postfix's lists ---- */

/* Elements of a list: parted by commas and white space outside of braces. */
static GPtrArray *
elements(const char *list)
{
    GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) element = g_string_new(NULL);
    int depth = 0;
    for (const char *p = list;; p++) {
        if (!*p || (depth == 0 && (g_ascii_isspace(*p) || *p == ','))) {
            if (element->len)
                g_ptr_array_add(found, g_strdup(element->str));
            g_string_truncate(element, 0);
            if (!*p)
                return found;
            continue;
        }
        depth += *p == '{' ? 1 : *p == '}' && depth > 0 ? -1 : 0;
        g_string_append_c(element, *p);
    }
}

/* A list of domains may name them or tables of them. */
static gboolean
names_domain(const struct postfix *postfix, const char *parameter, const char *domain)
{
    const char *list = value_of(postfix, parameter);
    g_autoptr(GPtrArray) parts = elements(list ? list : "");
    for (guint i = 0; i < parts->len; i++) {
        const char *part = parts->pdata[i];
        g_autofree char *found = strchr(part, ':') ? look_up(postfix, part, domain) : NULL;
        if (found || g_ascii_strcasecmp(part, domain) == 0)
            return TRUE;
    }
    return FALSE;
}

/* ---- parameters of which the value alone tells ---- */

static gboolean
is_tempfail(const struct check *check, const char *value)
{
    (void)check;
    return strcmp(value, "tempfail") == 0;
}

static gboolean
is_zero_time(const struct check *check, const char *value)
{
    (void)check;
    return strcmp(value, "0") == 0 || strcmp(value, "0s") == 0;
}

static gboolean
is_header_limit(const struct check *check, const char *value)
{
    (void)check;
    return g_ascii_strtoull(value, NULL, 10) <= HEADER_MAX;
}

static gboolean
is_normalised(const struct check *check, const char *value)
{
    (void)check;
    return strcmp(value, "normalize") == 0 || strcmp(value, "yes") == 0 || strcmp(value, "reject") == 0;
}

static gboolean
is_empty(const struct check *check, const char *value)
{
    (void)check;
    return !*value;
}

static gboolean
is_yes(const struct check *check, const char *value)
{
    (void)check;
    return strcmp(value, "yes") == 0;
}

static gboolean
is_no(const struct check *check, const char *value)
{
    (void)check;
    return strcmp(value, "no") == 0;
}

static gboolean
has_dsn(const struct check *check, const char *value)
{
    (void)check;
    g_autoptr(GPtrArray) parts = elements(value);
    for (guint i = 0; i < parts->len; i++) {
        if (g_ascii_strcasecmp(parts->pdata[i], "dsn") == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean
is_our_size(const struct check *check, const char *value)
{
    guint64 limit = g_ascii_strtoull(value, NULL, 10);
    return limit == 0 || limit >= (guint64)check->settings->max_message_size * 3 / 2; /* 0 is no limit */
}

static const struct parameter {
    const char *finding, *name;
    gboolean (*good)(const struct check *check, const char *value);
    enum check_level level; /* when it is not */
    const char *wanted, *why;
} parameters[] = {
    {"postfix.milter_default_action", "milter_default_action", is_tempfail, CHECK_ERROR, "tempfail",
     "while the milter is away, mail goes past it or is refused"},
    {"postfix.in_flow_delay", "in_flow_delay", is_zero_time, CHECK_WARNING, "0",
     "mail that the milter takes never reaches the queue manager, so that under load each later mail waits a second"},
    {"postfix.header_size_limit", "header_size_limit", is_header_limit, CHECK_ERROR, "60000",
     "a longer header is more than a milter's packet holds: its sender is put off for ever"},
    {"postfix.smtpd_forbid_bare_newline", "smtpd_forbid_bare_newline", is_normalised, CHECK_ERROR, "normalize",
     "strangers can smuggle mail in (CVE-2023-51764)"},
    {"postfix.smtpd_forbid_bare_newline_exclusions", "smtpd_forbid_bare_newline_exclusions", is_empty, CHECK_WARNING,
     "", "mail from these hosts is written by strangers too"},
    {"postfix.smtpd_forbid_unauth_pipelining", "smtpd_forbid_unauth_pipelining", is_yes, CHECK_ERROR, "yes",
     "strangers can smuggle mail in (CVE-2023-51764)"},
    {"postfix.smtpd_discard_ehlo_keywords", "smtpd_discard_ehlo_keywords", has_dsn, CHECK_WARNING,
     "dsn, silent-discard", "Postfix offers delivery notices that a mail which the milter took never gets"},
    {"postfix.smtputf8_enable", "smtputf8_enable", is_no, CHECK_WARNING, "no",
     "the mailer cannot answer those whom it lets in"},
    {"postfix.message_size_limit", "message_size_limit", is_our_size, CHECK_INFO, "41943040",
     "files grow on the way out: it should be half as much again as milter.max_message_size"},
};

static char *
mend_line(const struct check *check, const char *name, const char *value)
{
    return g_strdup_printf("%s/main.cf: %s =%s%s", check->postfix, name, *value ? " " : "", value);
}

static void
check_parameter(const struct postfix *postfix, const struct parameter *parameter)
{
    struct check *check = postfix->check;
    const char *value = value_of(postfix, parameter->name);
    g_autofree char *mend = mend_line(check, parameter->name, parameter->wanted);
    if (!value)
        check_find(check, parameter->level, parameter->finding, "update Postfix (Debian 12 has it)",
                   "this Postfix does not know it");
    else if (parameter->good(check, value))
        check_find(check, CHECK_OK, parameter->finding, NULL, "%s", *value ? value : "empty");
    else
        check_find(check, parameter->level, parameter->finding, mend, "is \"%s\": %s", value, parameter->why);
}

/* ---- milters ---- */

/* The socket and the default action of `{ unix:a, default_action = accept }`, or of `unix:a` alone. */
static char *
milter_place(const char *element, char **action)
{
    *action = NULL;
    if (*element != '{')
        return g_strdup(element);
    g_autofree char *inside = g_strndup(element + 1, strcspn(element + 1, "}"));
    g_auto(GStrv) words = g_strsplit(inside, ",", -1);
    for (char **word = words; *word; word++) {
        char *equals = strchr(*word, '=');
        if (!equals)
            continue;
        *equals = '\0';
        if (strcmp(g_strstrip(*word), "default_action") == 0)
            *action = g_strstrip(g_strdup(equals + 1));
    }
    return words[0] ? g_strdup(g_strstrip(words[0])) : g_strdup("");
}

static gboolean
same_file(const char *a, const char *b)
{
    struct stat one, other;
    g_autofree char *whole_a = g_canonicalize_filename(a, "/"), *whole_b = g_canonicalize_filename(b, "/");
    if (strcmp(whole_a, whole_b) == 0)
        return TRUE;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/* smtpd works in the queue directory, and that may be its root: a path can be meant from either. */
static gboolean
is_our_path(const struct postfix *postfix, const char *theirs, const char *ours)
{
    const char *queue = value_of(postfix, "queue_directory");
    g_autofree char *inside = g_build_filename(queue ? queue : "/", theirs, NULL);
    return same_file(inside, ours) || (*theirs == '/' && same_file(theirs, ours));
}

/* Postfix says inet:HOST:PORT, libmilter inet:PORT@HOST. */
static gboolean
is_our_port(const char *theirs, const char *ours)
{
    const char *colon = strrchr(theirs, ':'), *at = strchr(ours, '@');
    if (!colon || !at)
        return FALSE;
    g_autofree char *host = g_strndup(theirs, (gsize)(colon - theirs)), *port = g_strndup(ours, (gsize)(at - ours));
    const char *name = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
    const char *our_name = strcmp(at + 1, "localhost") == 0 ? "127.0.0.1" : at + 1;
    return strcmp(colon + 1, port) == 0 && g_ascii_strcasecmp(name, our_name) == 0;
}

static gboolean
is_ours(const struct postfix *postfix, const char *place)
{
    const char *ours = postfix->check->settings->milter_socket;
    gboolean unix_socket = g_str_has_prefix(ours, "unix:");
    if (unix_socket && (g_str_has_prefix(place, "unix:") || g_str_has_prefix(place, "local:")))
        return is_our_path(postfix, strchr(place, ':') + 1, ours + strlen("unix:"));
    return !unix_socket && g_str_has_prefix(place, "inet:") &&
           is_our_port(place + strlen("inet:"), ours + strlen("inet:"));
}

/* Our milter's place in a list of them, -1: none. */
static int
find_milter(const struct postfix *postfix, const GPtrArray *milters, char **action)
{
    for (guint i = 0; i < milters->len; i++) {
        g_autofree char *place = milter_place(milters->pdata[i], action);
        if (is_ours(postfix, place))
            return (int)i;
        g_clear_pointer(action, g_free);
    }
    return -1;
}

/* How Postfix would name our socket. */
static char *
our_place(const struct postfix *postfix)
{
    const char *ours = postfix->check->settings->milter_socket, *queue = value_of(postfix, "queue_directory");
    if (g_str_has_prefix(ours, "inet:")) {
        g_auto(GStrv) halves = g_strsplit(ours + strlen("inet:"), "@", 2);
        return g_strdup_printf("inet:%s:%s", halves[1], halves[0]);
    }
    const char *path = ours + strlen("unix:");
    gsize length = queue ? strlen(queue) : 0;
    gboolean inside = length && g_str_has_prefix(path, queue) && path[length] == '/';
    return g_strconcat("unix:", inside ? path + length + 1 : path, NULL);
}

static char *
milters_mend(const struct postfix *postfix, const GPtrArray *milters, int ours)
{
    g_autofree char *place = our_place(postfix);
    g_autoptr(GString) list = g_string_new(NULL);
    for (guint i = 0; i < milters->len; i++) {
        if ((int)i != ours)
            g_string_append_printf(list, "%s, ", (char *)milters->pdata[i]);
    }
    g_string_append(list, ours < 0 ? place : milters->pdata[ours]);
    return mend_line(postfix->check, "smtpd_milters", list->str);
}

static void
check_milters(const struct postfix *postfix)
{
    struct check *check = postfix->check;
    const char *list = value_of(postfix, "smtpd_milters");
    g_autofree char *action = NULL;
    g_autoptr(GPtrArray) milters = elements(list ? list : "");
    int ours = find_milter(postfix, milters, &action);
    g_autofree char *mend = milters_mend(postfix, milters, ours);
    if (ours < 0)
        check_find(check, CHECK_ERROR, "postfix.smtpd_milters", mend, "is \"%s\": the gateway's socket %s is not in it",
                   list ? list : "", check->settings->milter_socket);
    else if (ours + 1 != (int)milters->len)
        check_find(check, CHECK_ERROR, "postfix.smtpd_milters", mend,
                   "is \"%s\": the gateway is not the last, and a mail that it takes is gone for those behind it",
                   list);
    else
        check_find(check, CHECK_OK, "postfix.smtpd_milters", NULL, "%s", list);
    if (action && strcmp(action, "tempfail") != 0)
        check_find(check, CHECK_ERROR, "postfix.smtpd_milters", "take default_action out of the braces",
                   "the gateway's own default_action is \"%s\": while it is away, mail goes past it or is refused",
                   action);
}

static void
check_other_milters(const struct postfix *postfix)
{
    const char *list = value_of(postfix, "non_smtpd_milters");
    g_autofree char *action = NULL;
    g_autoptr(GPtrArray) milters = elements(list ? list : "");
    g_autofree char *mend = mend_line(postfix->check, "non_smtpd_milters", "");
    if (find_milter(postfix, milters, &action) >= 0)
        check_find(postfix->check, CHECK_ERROR, "postfix.non_smtpd_milters", mend,
                   "names the gateway: cleanup(8) cannot refuse one recipient of several; the pipe transport can");
}

/* ---- the way of what no milter sees ---- */

/* The class of the domain, by the parameter that lists it; NULL. */
static const char *
domain_class(const struct postfix *postfix, const char *domain)
{
    static const char *const classes[] = {"mydestination", "virtual_mailbox_domains", "relay_domains"};
    for (gsize i = 0; i < G_N_ELEMENTS(classes); i++) {
        if (names_domain(postfix, classes[i], domain))
            return classes[i];
    }
    return NULL;
}

static const char *
class_transport(const struct postfix *postfix, const char *class)
{
    if (strcmp(class, "mydestination") == 0)
        return value_of(postfix, "local_transport");
    return value_of(postfix, strcmp(class, "relay_domains") == 0 ? "relay_transport" : "virtual_transport");
}

/* What transport_maps say for the domain, else its class's transport; "NAME:NEXTHOP". */
static char *
transport_of(const struct postfix *postfix, const char *domain, const char *class)
{
    const char *list = value_of(postfix, "transport_maps"), *const keys[] = {domain, "*"};
    g_autoptr(GPtrArray) maps = elements(list ? list : "");
    for (gsize k = 0; k < G_N_ELEMENTS(keys); k++) {
        for (guint i = 0; i < maps->len; i++) {
            char *found = look_up(postfix, maps->pdata[i], keys[k]);
            if (found && *found && *found != ':')
                return found;
            g_free(found);
        }
    }
    const char *transport = class_transport(postfix, class);
    return g_strdup(transport ? transport : "");
}

/* The service's line in master.cf; NULL. */
static char *
service_line(const struct postfix *postfix, const char *name)
{
    g_autofree char *service = g_strconcat(name, "/unix", NULL);
    const char *const argv[] = {postfix->postconf, "-c", postfix->check->postfix, "-M", service, NULL};
    char *line = run((char **)argv, NULL);
    return line ? g_strstrip(line) : NULL;
}

static void
check_recipient_limit(const struct postfix *postfix, const char *name)
{
    g_autofree char *parameter = g_strconcat(name, "_destination_recipient_limit", NULL);
    const char *const argv[] = {postfix->postconf, "-c", postfix->check->postfix, "-xh", parameter, NULL};
    g_autofree char *limit = run((char **)argv, NULL);
    g_autofree char *mend = mend_line(postfix->check, parameter, "1");
    if (!limit || strcmp(g_strstrip(limit), "1") != 0)
        check_find(postfix->check, CHECK_ERROR, "postfix.recipient_limit", mend,
                   "%s takes several recipients a delivery: one that is refused bounces all", name);
}

static void
check_pipe(const struct postfix *postfix, const char *domain, const char *transport)
{
    static const char mend[] = "master.cf: the service `postern` of the sample conf/postfix/master.cf, and "
                               "main.cf: transport_maps = inline:{ { DOMAIN = postern: } }";
    struct check *check = postfix->check;
    g_autofree char *name = g_strndup(transport, strcspn(transport, ":"));
    g_autofree char *line = *name ? service_line(postfix, name) : NULL;
    if (!line || !strstr(line, " pipe") || !strstr(line, "ingest")) {
        check_find(check, CHECK_ERROR, "postfix.transport", mend,
                   "mail for %s that no milter saw (bounces, sendmail) goes to \"%s\", not to `postern ingest`", domain,
                   transport);
        return;
    }
    if (!strstr(line, "null_sender="))
        check_find(check, CHECK_ERROR, "postfix.transport", "master.cf: null_sender= among the words behind pipe",
                   "pipe(8) turns the null sender of bounces into MAILER-DAEMON");
    else
        check_find(check, CHECK_OK, "postfix.transport", NULL, "what no milter saw goes to `postern ingest` by %s",
                   name);
    check_recipient_limit(postfix, name);
}

static void
check_domain(const struct postfix *postfix)
{
    struct check *check = postfix->check;
    const char *domain = check->settings->domain, *class = domain_class(postfix, domain);
    const char *recipients = value_of(postfix, "relay_recipient_maps");
    g_autofree char *mend = mend_line(check, "relay_domains", domain);
    g_autofree char *no_map = mend_line(check, "relay_recipient_maps", "");
    if (!class) {
        check_find(check, CHECK_ERROR, "postfix.relay_domains", mend, "Postfix takes no mail for %s", domain);
        return;
    }
    gboolean relayed = strcmp(class, "relay_domains") == 0;
    if (!relayed)
        check_find(check, CHECK_ERROR, "postfix.relay_domains", mend,
                   "%s stands in %s, where Postfix refuses addresses that it does not know itself", domain, class);
    else if (recipients && *recipients)
        check_find(check, CHECK_ERROR, "postfix.relay_recipient_maps", no_map,
                   "only the milter knows which addresses exist, and Postfix refuses those that are not in %s",
                   recipients);
    else
        check_find(check, CHECK_OK, "postfix.relay_domains", NULL, "Postfix takes mail for %s", domain);
    g_autofree char *transport = transport_of(postfix, domain, class);
    check_pipe(postfix, domain, transport);
}

/* ---- what master.cf sets otherwise for one service ---- */

static const struct parameter *
parameter_named(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(parameters); i++) {
        if (strcmp(parameters[i].name, name) == 0)
            return &parameters[i];
    }
    return NULL;
}

static gboolean
is_bad_override(const struct postfix *postfix, const char *name, const char *value)
{
    g_autofree char *action = NULL;
    if (strcmp(name, "smtpd_milters") == 0) {
        g_autoptr(GPtrArray) milters = elements(value);
        return find_milter(postfix, milters, &action) < 0;
    }
    const struct parameter *parameter = parameter_named(name);
    return parameter && !parameter->good(postfix->check, value);
}

static void
check_override(const struct postfix *postfix, const char *path, const char *value)
{
    const char *name = strrchr(path, '/');
    if (!name || !is_bad_override(postfix, name + 1, value))
        return;
    g_autofree char *mend = g_strdup_printf("%s/master.cf: take -o %s out", postfix->check->postfix, name + 1);
    check_find(postfix->check, CHECK_WARNING, "postfix.master", mend, "%s is \"%s\" for this service alone", path,
               value);
}

static void
check_overrides(const struct postfix *postfix)
{
    const char *const argv[] = {postfix->postconf, "-c", postfix->check->postfix, "-P", NULL};
    g_autofree char *text = run((char **)argv, NULL);
    g_autoptr(GHashTable) overrides = read_values(text ? text : "");
    g_autoptr(GList) paths = g_list_sort(g_hash_table_get_keys(overrides), (GCompareFunc)strcmp);
    for (GList *path = paths; path; path = path->next)
        check_override(postfix, path->data, g_hash_table_lookup(overrides, path->data));
}

/* ---- the whole ---- */

/* FALSE: told. */
static gboolean
read_parameters(struct postfix *postfix)
{
    static const char *const others[] = {"smtpd_milters",   "non_smtpd_milters",       "queue_directory",
                                         "transport_maps",  "relay_domains",           "relay_recipient_maps",
                                         "mydestination",   "virtual_mailbox_domains", "local_transport",
                                         "relay_transport", "virtual_transport"};
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_autofree char *complaint = NULL;
    g_ptr_array_add(argv, postfix->postconf);
    g_ptr_array_add(argv, (char *)"-c");
    g_ptr_array_add(argv, (char *)postfix->check->postfix);
    g_ptr_array_add(argv, (char *)"-x");
    for (gsize i = 0; i < G_N_ELEMENTS(parameters); i++)
        g_ptr_array_add(argv, (char *)parameters[i].name);
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
        g_ptr_array_add(argv, (char *)others[i]);
    g_ptr_array_add(argv, NULL);
    g_autofree char *text = run((char **)argv->pdata, &complaint);
    if (!text) {
        check_find(postfix->check, CHECK_ERROR, "postfix", "name its configuration folder with --postfix-config DIR",
                   "postconf cannot read %s: %s", postfix->check->postfix, complaint);
        return FALSE;
    }
    postfix->values = read_values(text);
    return TRUE;
}

void
check_postfix(struct check *check)
{
    g_auto(postfix) postfix = {.check = check, .postconf = program("postconf"), .postmap = program("postmap")};
    if (!postfix.postconf) {
        check_find(check, CHECK_SKIPPED, "postfix", NULL, "postconf is not installed here: Postfix was not looked at");
        return;
    }
    if (!read_parameters(&postfix))
        return;
    check_milters(&postfix);
    check_other_milters(&postfix);
    for (gsize i = 0; i < G_N_ELEMENTS(parameters); i++)
        check_parameter(&postfix, &parameters[i]);
    check_domain(&postfix);
    check_overrides(&postfix);
}
