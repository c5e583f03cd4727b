#include "lib/conf.h"

#include <stddef.h>
#include <string.h>
#include <sys/un.h>

#include "lib/error.h"
#include "lib/text.h"

#define AT(field) offsetof(struct conf, field)

/* name, type, default, least, most, help, field. Types are those of TYPES below; anything with a bar is a list of
 * choices. */
static const struct conf_setting SETTINGS[] = {
    {"gateway.domain", "hostname", NULL, NULL, NULL, "The domain of every address that is the gateway's.", AT(domain)},
    {"gateway.name", "string", "Postern", NULL, NULL, "What the marketplace calls itself in mails.", AT(name)},
    {"gateway.language", "language", "en", NULL, NULL, "The language of mails to those whose language is not known.",
     AT(language)},
    {"gateway.timezone", "timezone", "UTC", NULL, NULL, "The time zone of times in mails, such as Europe/Amsterdam.",
     AT(timezone)},
    {"gateway.admin", "address", "postmaster@DOMAIN", NULL, NULL, "The address that gets notices for the admin.",
     AT(admin)},
    {"gateway.profile_url", "url", "https://DOMAIN/%s", NULL, NULL,
     "An organisation's public profile; %s stands for its slug.", AT(profile_url)},

    {"addresses.jobs", "local part", "jobs", NULL, NULL, "Where merchants send a request that is to be matched.",
     AT(jobs)},
    {"addresses.leads", "local part", "leads", NULL, NULL, "Where lead forms mail to.", AT(leads)},
    {"addresses.experts", "local part", "experts", NULL, NULL, "Where anybody asks for the list of experts.",
     AT(experts)},
    {"addresses.desk", "local part", "desk", NULL, NULL, "Where partners send commands.", AT(desk)},
    {"addresses.link", "local part", "r", "1", "8",
     "What stands before `+TOKEN` in reply addresses; they fit 64 octets.", AT(link)},

    {"store.database", "database", "sqlite:/var/lib/postern/postern.db", NULL, NULL, "Where everything is kept.",
     AT(database)},
    {"store.keys", "path", "/var/lib/postern/keys", NULL, NULL,
     "The file with the keys that sign reply addresses; `postern init` makes it, mode 0600.", AT(keys)},
    {"store.busy_timeout", "duration", "10s", "1s", "5m",
     "How long a writer waits for its turn before the sender is asked to try again.", AT(busy_timeout)},
    {"store.readers", "number", "4", "1", "64", "Read connections that a process keeps.", AT(readers)},

    {"milter.socket", "listener", "unix:/var/spool/postfix/postern/milter.sock", NULL, NULL,
     "Where Postfix reaches the milter: unix:/PATH or inet:PORT@HOST.", AT(milter_socket)},
    {"milter.group", "group", "postfix", NULL, NULL, "The group that may connect to a UNIX socket; empty: leave it.",
     AT(milter_group)},
    {"milter.max_message_size", "size", "25M", "64K", "1G", "A larger mail is refused with 552.", AT(max_message_size)},
    {"milter.spool_memory", "size", "1M", "0", "64M",
     "How much of a mail is kept in memory while it arrives; the rest goes to an unlinked file.", AT(spool_memory)},
    {"milter.spool_directory", "path", "/var/lib/postern/spool", NULL, NULL, "Where those files are made.",
     AT(spool_directory)},
    {"milter.parsers", "number", "2", "1", "64", "Threads that read mails.", AT(parsers)},

    {"mailer.relay", "relay", "127.0.0.1:25", NULL, NULL,
     "Where mail is handed over: HOST:PORT, [IPV6]:PORT or unix:/PATH, behind lmtp: for LMTP.", AT(relay)},
    {"mailer.relay_tls", "auto | none | starttls | tls", "auto", NULL, NULL,
     "How the way there is shut: starttls and tls verify the relay's certificate; auto is starttls, and none on this "
     "machine.",
     AT(relay_tls)},
    {"mailer.relay_ca", "path", "", NULL, NULL,
     "The file with the authorities (PEM) whose certificates are believed; empty: the system's.", AT(relay_ca)},
    {"mailer.relay_user", "login", "", NULL, NULL, "The name for AUTH; empty: none.", AT(relay_user)},
    {"mailer.relay_password_file", "path", "", NULL, NULL,
     "The file whose first line is the password for AUTH; not for others to read.", AT(relay_password_file)},
    {"mailer.wake_socket", "socket", "/var/lib/postern/wake", NULL, NULL,
     "The socket on which the mailer is told that there is something to send.", AT(wake_socket)},
    {"mailer.templates", "path", "/etc/postern/templates", NULL, NULL,
     "The folder whose layouts and strings go before the installed ones of the same name.", AT(templates)},
    {"mailer.connections", "number", "4", "1", "64", "SMTP connections to the relay.", AT(connections)},
    {"mailer.batch", "number", "100", "1", "1000", "Mails that are claimed at a time.", AT(batch)},
    {"mailer.lease", "duration", "5m", "1s", "1h", "A claimed mail that is not reported by then is claimed again.",
     AT(lease)},
    {"mailer.smtp_timeout", "duration", "60s", "1s", "10m", "How long the relay may take for each answer.",
     AT(smtp_timeout)},
    {"mailer.retry_lifetime", "duration", "5d", "1m", "30d", "How long a mail that fails temporarily is tried again.",
     AT(retry_lifetime)},
    {"mailer.poll", "duration", "5s", "1s", "5m", "The longest sleep between two looks at what is due.", AT(poll)},
    /* A partner is told of a first contact at once, and the admin of trouble: whatever number stood here would be too
     * small for somebody's busy day. */
    {"mailer.recipient_rate", "number", "0", "0", "6000", "Mails a minute to one address; 0: as many as there are.",
     AT(recipient_rate)},
    {"mailer.recipient_burst", "number", "5", "1", "1000", "Mails that may go to one address at once, after a pause.",
     AT(recipient_burst)},
    {"mailer.domain_rate", "number", "0", "0", "6000", "Mails a minute to one domain; 0: as many as there are.",
     AT(domain_rate)},
    {"mailer.domain_burst", "number", "20", "1", "1000", "Mails that may go to one domain at once, after a pause.",
     AT(domain_burst)},

    {"market.answer_time", "duration", "72h", "1m", "90d", "A partner's time for the first answer to a job.",
     AT(answer_time)},
    {"market.overview_interval", "duration", "1h", "1s", "7d",
     "An organisation never gets two overviews of unread messages within it.", AT(overview_interval)},
    {"market.match_count", "number", "3", "1", "20", "Organisations that a matched request goes to.", AT(match_count)},
    {"market.hold_time", "duration", "20s", "0", "1h", "How long a partner's mail waits for an `/undo`.",
     AT(hold_time)},
    {"market.link_lifetime", "duration", "400d", "1h", "3650d", "How long a reply address lives after its last use.",
     AT(link_lifetime)},
    {"market.seen_lifetime", "duration", "14d", "1d", "90d",
     "How long a mail that is sent again is known; longer than any sender goes on trying.", AT(seen_lifetime)},

    {"match.weight_service", "number", "40", "0", "1000",
     "The most points for offering the service that a request names.", AT(weight_service)},
    {"match.weight_language", "number", "15", "0", "1000",
     "The most points for the language that a request is written in.", AT(weight_language)},
    {"match.weight_dropshipping", "number", "10", "0", "1000",
     "The most points for working with dropshippers, where a request is of one.", AT(weight_dropshipping)},
    {"match.weight_rate", "number", "20", "0", "1000", "The most points for a low rate, where cost is a priority.",
     AT(weight_rate)},
    {"match.weight_speed", "number", "15", "0", "1000",
     "The most points for quick first answers; twice as many where time is a priority.", AT(weight_speed)},
    {"match.weight_reviews", "number", "15", "0", "1000",
     "The most points for good reviews; twice as many where quality is a priority.", AT(weight_reviews)},
    {"match.weight_expired", "number", "30", "0", "1000", "The most points taken off for listed jobs that expired.",
     AT(weight_expired)},
    {"match.weight_declined", "number", "25", "0", "1000",
     "The most points taken off for jobs of the same type that were declined.", AT(weight_declined)},

    {"form.maps", "path", "/etc/postern/forms", NULL, NULL,
     "The folder with field maps for lead forms that no rule knows (`postern form learn`).", AT(form_maps)},

    {"trust.authserv_id", "word", "", NULL, NULL,
     "Whose Authentication-Results are believed (your DMARC filter's authserv-id); empty: nobody's.", AT(authserv_id)},
    {"trust.unauthenticated", "act | confirm", "act", NULL, NULL,
     "Whether a partner's commands act or are confirmed where no filter authenticates.", AT(unauthenticated)},

    {"log.target", "stderr | syslog | journald", "stderr", NULL, NULL, "Where the programs log to.", AT(log_target)},
    {"log.level", "error | warning | notice | info | debug", "info", NULL, NULL, "Lesser events are left out.",
     AT(log_level)},
};

/* ---- types of text: give the value as it is kept, or NULL and what is wrong ---- */

static char *
wrong(char **why, const char *text)
{
    *why = g_strdup(text);
    return NULL;
}

static char *
read_string(const struct conf_setting *setting, const char *text, char **why)
{
    (void)setting;
    if (!*text)
        return wrong(why, "must not be empty");
    if (strstr(text, " #"))
        return wrong(why, "holds a comment; it has to stand on a line of its own");
    return g_strdup(text);
}

static char *
read_hostname(const struct conf_setting *setting, const char *text, char **why)
{
    (void)setting;
    char *name = text_hostname(text);
    return name ? name : wrong(why, "is no host name; write one like experts.example.com");
}

static char *
read_address(const struct conf_setting *setting, const char *text, char **why)
{
    (void)setting;
    char *address = text_address(text);
    return address ? address : wrong(why, "is no mail address; write one like postmaster@example.com");
}

static char *
read_language(const struct conf_setting *setting, const char *text, char **why)
{
    (void)setting;
    gsize length = strspn(text, "abcdefghijklmnopqrstuvwxyz");
    return length == 2 && !text[length] ? g_strdup(text) : wrong(why, "is no language; write two letters like en");
}

static char *
read_timezone(const struct conf_setting *setting, const char *text, char **why)
{
    (void)setting;
    return text_is_timezone(text) ? g_strdup(text) : wrong(why, "is no time zone; write one like Europe/Amsterdam");
}

static char *
read_url(const struct conf_setting *setting, const char *text, char **why)
{
    (void)setting;
    const char *slug = strstr(text, "%s");
    if (!g_str_has_prefix(text, "https://") && !g_str_has_prefix(text, "http://"))
        return wrong(why, "must begin with https:// or http://");
    if (!slug || strchr(text, '%') != slug || strchr(slug + 1, '%'))
        return wrong(why, "must hold %s once, for the slug, and no other per cent sign");
    if (strpbrk(text, " \t\"<>\\"))
        return wrong(why, "must hold no white space, quotes, backslashes or angle brackets");
    return g_strdup(text);
}

/* Lower case, for addresses are compared so; no plus sign, for it stands before a link's token. */
static char *
read_local_part(const struct conf_setting *setting, const char *text, char **why)
{
    gsize most = setting->max ? (gsize)g_ascii_strtoull(setting->max, NULL, 10) : 64;
    g_autofree char *local = g_ascii_strdown(text, -1);
    gsize length = strlen(local);
    if (!length || strspn(local, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != length || local[0] == '-' ||
        local[0] == '.' || local[length - 1] == '.')
        return wrong(why,
                     "must be letters, digits, dots, hyphens and underscores: the part of an address before the @");
    if (length > most) {
        *why = g_strdup_printf("has %zu characters; write at most %zu", length, most);
        return NULL;
    }
    if (g_str_equal(local, "postmaster") || g_str_equal(local, "abuse"))
        return wrong(why, "belongs to the admin (RFC 2142); write another one");
    return g_steal_pointer(&local);
}

static char *
read_path(const struct conf_setting *setting, const char *text, char **why)
{
    gboolean may_be_empty = setting->default_value && !*setting->default_value;
    if (*text != '/' && (*text || !may_be_empty))
        return wrong(why, "must be an absolute path, one that begins with /");
    return g_strdup(text);
}

/* Whether a path can be a socket's; the kernel would only say "invalid argument". */
static gboolean
fits_socket(const char *path, char **why)
{
    gsize most = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;
    if (*path != '/')
        *why = g_strdup("must name a socket by its absolute path, one that begins with /");
    else if (strlen(path) > most)
        *why = g_strdup_printf("has a path of %zu bytes; a UNIX socket's has at most %zu: write a shorter one",
                               strlen(path), most);
    return !*why;
}

static char *
read_socket(const struct conf_setting *setting, const char *text, char **why)
{
    (void)setting;
    return fits_socket(text, why) ? g_strdup(text) : NULL;
}

static char *
read_database(const struct conf_setting *setting, const char *text, char **why)
{
    (void)setting;
    if (!g_str_has_prefix(text, "sqlite:/"))
        return wrong(why, "must be sqlite: and an absolute path, like sqlite:/var/lib/postern/postern.db");
    return g_strdup(text);
}

static gboolean
is_port(const char *text)
{
    gsize digits = strspn(text, "0123456789");
    guint64 port = digits && digits <= 5 && !text[digits] ? g_ascii_strtoull(text, NULL, 10) : 0;
    return port >= 1 && port <= 65535;
}

/* A host name or an IPv4 address. */
static gboolean
is_host(const char *text)
{
    g_autofree char *name = text_hostname(text);
    return name || g_hostname_is_ip_address(text);
}

static char *
read_listener(const struct conf_setting *setting, const char *text, char **why)
{
    (void)setting;
    const char *at = strchr(text, '@');
    if (g_str_has_prefix(text, "unix:"))
        return fits_socket(text + strlen("unix:"), why) ? g_strdup(text) : NULL;
    if (g_str_has_prefix(text, "inet:") && at) {
        const char *start = text + strlen("inet:");
        g_autofree char *port = g_strndup(start, (gsize)(at - start));
        if (is_port(port) && is_host(at + 1))
            return g_strdup(text);
    }
    return wrong(why, "must be unix:/PATH or inet:PORT@HOST, like inet:8892@127.0.0.1");
}

static gboolean
is_endpoint(const char *text)
{
    const char *colon = strrchr(text, ':');
    if (!colon || !is_port(colon + 1))
        return FALSE;
    gsize length = (gsize)(colon - text);
    if (*text == '[' && length > 2 && text[length - 1] == ']') {
        g_autofree char *ip = g_strndup(text + 1, length - 2);
        return strchr(ip, ':') && g_hostname_is_ip_address(ip);
    }
    g_autofree char *host = g_strndup(text, length);
    return !strchr(host, ':') && is_host(host);
}

static char *
read_relay(const struct conf_setting *setting, const char *text, char **why)
{
    (void)setting;
    const char *place = g_str_has_prefix(text, "lmtp:") ? text + strlen("lmtp:") : text;
    if (g_str_has_prefix(place, "unix:"))
        return fits_socket(place + strlen("unix:"), why) ? g_strdup(text) : NULL;
    return is_endpoint(place) ? g_strdup(text)
                              : wrong(why, "must be HOST:PORT, [IPV6]:PORT or unix:/PATH, like 127.0.0.1:25");
}

static char *
read_group(const struct conf_setting *setting, const char *text, char **why)
{
    (void)setting;
    gsize length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
    return !text[length] && *text != '-' ? g_strdup(text) : wrong(why, "is no group's name");
}

static char *
read_login(const struct conf_setting *setting, const char *text, char **why)
{
    (void)setting;
    for (const char *p = text; *p; p++)
        if (g_ascii_iscntrl(*p))
            return wrong(why, "must be a name without control characters");
    return g_strdup(text);
}

static char *
read_word(const struct conf_setting *setting, const char *text, char **why)
{
    (void)setting;
    for (const char *p = text; *p; p++)
        if (!g_ascii_isgraph(*p) || strchr(";\"()", *p))
            return wrong(why, "must be one word of ASCII, as the filter writes it after `Authentication-Results:`");
    return g_strdup(text);
}

static char *
read_choice(const struct conf_setting *setting, const char *text, char **why)
{
    g_auto(GStrv) choices = g_strsplit(setting->type, " | ", -1);
    if (g_strv_contains((const char *const *)choices, text))
        return g_strdup(text);
    *why = g_strdup_printf("must be one of %s", setting->type);
    return NULL;
}

/* ---- types of number ---- */

struct unit {
    char letter;
    gint64 factor;
};

static const struct unit NO_UNITS[] = {{0, 1}};
static const struct unit TIME_UNITS[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}, {0, 1}};
static const struct unit SIZE_UNITS[] = {{'G', 1 << 30}, {'M', 1 << 20}, {'K', 1 << 10}, {0, 1}};

/* A whole number and at most one unit's letter. */
static gboolean
parse_number(const struct unit *units, const char *text, gint64 *value)
{
    gsize digits = strspn(text, "0123456789");
    if (!digits || digits > 18)
        return FALSE;
    gint64 number = g_ascii_strtoll(text, NULL, 10);
    const char *letter = text + digits;
    while (units->letter && g_ascii_tolower(units->letter) != g_ascii_tolower(*letter))
        units++;
    if (units->letter)
        letter++;
    if (*letter || number > G_MAXINT64 / units->factor)
        return FALSE;
    *value = number * units->factor;
    return TRUE;
}

static char *
print_number(const struct unit *units, gint64 value)
{
    while (units->letter && (!value || value % units->factor))
        units++;
    return g_strdup_printf("%" G_GINT64_FORMAT "%.1s", value / units->factor, &units->letter);
}

/* ---- the types ---- */

struct type {
    const char *name;
    char *(*read)(const struct conf_setting *setting, const char *text, char **why);
    const struct unit *units; /* a number's, instead of `read` */
    const char *example;
};

static const struct type TYPES[] = {
    {"string", read_string, NULL, NULL},
    {"hostname", read_hostname, NULL, NULL},
    {"address", read_address, NULL, NULL},
    {"language", read_language, NULL, NULL},
    {"timezone", read_timezone, NULL, NULL},
    {"url", read_url, NULL, NULL},
    {"local part", read_local_part, NULL, NULL},
    {"path", read_path, NULL, NULL},
    {"socket", read_socket, NULL, NULL},
    {"database", read_database, NULL, NULL},
    {"listener", read_listener, NULL, NULL},
    {"relay", read_relay, NULL, NULL},
    {"group", read_group, NULL, NULL},
    {"login", read_login, NULL, NULL},
    {"word", read_word, NULL, NULL},
    {"duration", NULL, TIME_UNITS, "write a whole number and s, m, h or d, like 90s or 72h"},
    {"size", NULL, SIZE_UNITS, "write a whole number of bytes, or one with K, M or G, like 25M"},
    {"number", NULL, NO_UNITS, "write a whole number"},
};
static const struct type CHOICES = {"choice", read_choice, NULL, NULL};

static const struct type *
type_of(const struct conf_setting *setting)
{
    for (guint i = 0; i < G_N_ELEMENTS(TYPES); i++)
        if (g_str_equal(TYPES[i].name, setting->type))
            return &TYPES[i];
    g_assert(strstr(setting->type, " | ")); /* the table is wrong */
    return &CHOICES;
}

static gboolean
read_number(const struct conf_setting *setting, const struct type *type, const char *text, gint64 *value, char **why)
{
    gint64 min, max;
    gboolean sound = parse_number(type->units, setting->min, &min) && parse_number(type->units, setting->max, &max);
    g_assert(sound); /* the table is wrong */
    if (!parse_number(type->units, text, value))
        *why = g_strdup_printf("is no %s; %s", setting->type, type->example);
    else if (*value < min || *value > max)
        *why = g_strdup_printf("is out of range; write %s to %s", setting->min, setting->max);
    return !*why;
}

/* Puts a value into its field. FALSE: `*why` says what is wrong with it. */
static gboolean
assign(struct conf *values, const struct conf_setting *setting, const char *text, char **why)
{
    const struct type *type = type_of(setting);
    if (type->units)
        return read_number(setting, type, text, G_STRUCT_MEMBER_P(values, setting->offset), why);
    char **field = G_STRUCT_MEMBER_P(values, setting->offset);
    *field = type->read(setting, text, why);
    return *field != NULL;
}

/* ---- the file: a scan for lines, which GKeyFile does not tell ---- */

struct source {
    const char *path;
    GHashTable *lines; /* "group.key" or "group" → line number */
};

G_GNUC_PRINTF(4, 5)
static gboolean
refuse(GError **error, const struct source *source, guint line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "%s:%u: %s", source->path, line, message);
    return FALSE;
}

static guint
line_of(const struct source *source, const char *name)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(source->lines, name));
}

static const struct conf_setting *
find_setting(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(SETTINGS); i++)
        if (g_str_equal(SETTINGS[i].name, name))
            return &SETTINGS[i];
    return NULL;
}

static gboolean
in_group(const struct conf_setting *setting, const char *group)
{
    gsize length = strlen(group);
    return g_str_has_prefix(setting->name, group) && setting->name[length] == '.';
}

static const char *
key_of(const struct conf_setting *setting)
{
    return strchr(setting->name, '.') + 1;
}

static char *
list_keys(const char *group)
{
    GString *list = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(SETTINGS); i++)
        if (in_group(&SETTINGS[i], group))
            g_string_append_printf(list, "%s%s", list->len ? ", " : "", key_of(&SETTINGS[i]));
    return g_string_free(list, FALSE);
}

static char *
list_groups(void)
{
    GString *list = g_string_new(NULL);
    const char *last = "";
    for (guint i = 0; i < G_N_ELEMENTS(SETTINGS); i++) {
        const char *name = SETTINGS[i].name;
        gsize length = strcspn(name, ".") + 1;
        if (strncmp(last, name, length))
            g_string_append_printf(list, "%s[%.*s]", list->len ? ", " : "", (int)length - 1, name);
        last = name;
    }
    return g_string_free(list, FALSE);
}

static gboolean
scan_group(struct source *source, char *line, guint number, char **group, GError **error)
{
    char *end = strchr(line, ']');
    if (!end || end[1])
        return refuse(error, source, number, "a group's name stands alone on its line, like [gateway]");
    *end = 0;
    g_autofree char *keys = list_keys(line + 1);
    if (!*keys) {
        g_autofree char *groups = list_groups();
        return refuse(error, source, number, "there is no group [%s]; there are %s", line + 1, groups);
    }
    g_free(*group);
    *group = g_strdup(line + 1);
    if (!line_of(source, *group))
        g_hash_table_insert(source->lines, g_strdup(*group), GUINT_TO_POINTER(number));
    return TRUE;
}

static const struct conf_setting *
find_key(const char *key)
{
    for (guint i = 0; i < G_N_ELEMENTS(SETTINGS); i++)
        if (g_str_equal(key_of(&SETTINGS[i]), key))
            return &SETTINGS[i];
    return NULL;
}

static gboolean
refuse_key(const struct source *source, guint number, const char *group, const char *key, GError **error)
{
    const struct conf_setting *elsewhere = find_key(key);
    g_autofree char *keys = list_keys(group);
    if (elsewhere)
        return refuse(error, source, number, "[%s] has no key %s; it belongs into [%.*s]", group, key,
                      (int)strcspn(elsewhere->name, "."), elsewhere->name);
    return refuse(error, source, number, "[%s] has no key %s; it has %s", group, key, keys);
}

static gboolean
scan_key(struct source *source, char *line, guint number, const char *group, GError **error)
{
    char *equals = strchr(line, '=');
    if (!equals)
        return refuse(error, source, number, "this is no `key = value`, no [group] and no # comment");
    *equals = 0;
    g_strchomp(line);
    if (!group)
        return refuse(error, source, number, "%s stands before any group; write its group first, like [gateway]", line);
    g_autofree char *name = g_strconcat(group, ".", line, NULL);
    if (!find_setting(name))
        return refuse_key(source, number, group, line, error);
    if (line_of(source, name))
        return refuse(error, source, number, "%s stands on line %u already; keep one", name, line_of(source, name));
    g_hash_table_insert(source->lines, g_steal_pointer(&name), GUINT_TO_POINTER(number));
    return TRUE;
}

static gboolean
scan(struct source *source, const char *content, gsize length, GError **error)
{
    g_autofree char *group = NULL;
    guint number = 0;
    const char *end = content + length;
    if (g_str_has_prefix(content, "\xef\xbb\xbf"))
        return refuse(error, source, 1, "the file begins with a byte order mark; save it as UTF-8 without one");
    while (content < end) {
        const char *stop = memchr(content, '\n', (gsize)(end - content));
        gsize size = (gsize)((stop ? stop : end) - content);
        number++;
        if (!g_utf8_validate(content, (gssize)size, NULL)) /* a NUL is invalid to it as well */
            return refuse(error, source, number, "this is no UTF-8 text; save the file as UTF-8");
        g_autofree char *line = g_strstrip(g_strndup(content, size));
        gboolean ok = *line == 0 || *line == '#' ||
                      (*line == '[' ? scan_group(source, line, number, &group, error)
                                    : scan_key(source, line, number, group, error));
        if (!ok)
            return FALSE;
        content += size + 1;
    }
    return TRUE;
}

/* ---- loading ---- */

/* `DOMAIN` in a default stands for the gateway's. */
static char *
expand_default(const struct conf_setting *setting, const char *domain)
{
    g_auto(GStrv) pieces = g_strsplit(setting->default_value, "DOMAIN", 2);
    return g_strjoinv(domain ? domain : "", pieces);
}

static char *
file_value(GKeyFile *file, const struct conf_setting *setting)
{
    g_autofree char *group = g_strndup(setting->name, strcspn(setting->name, "."));
    char *value = g_key_file_get_value(file, group, key_of(setting), NULL);
    return value ? g_strstrip(value) : NULL;
}

static gboolean
load_setting(struct conf *values, const struct source *source, GKeyFile *file, const struct conf_setting *setting,
             GError **error)
{
    g_autofree char *why = NULL;
    g_autofree char *value = file_value(file, setting);
    if (!value && !setting->default_value)
        return refuse(error, source, MAX(line_of(source, "gateway"), 1),
                      "%s is missing and has no default; write `%s = …` in [%.*s]", setting->name, key_of(setting),
                      (int)strcspn(setting->name, "."), setting->name);
    if (value)
        return assign(values, setting, value, &why) ||
               refuse(error, source, line_of(source, setting->name), "%s = \"%s\" %s", setting->name, value, why);
    g_autofree char *standard = expand_default(setting, values->domain);
    if (assign(values, setting, standard, &why))
        return TRUE;
    /* Only DOMAIN can spoil a default: a domain so long that postmaster@ does not fit. */
    return refuse(error, source, line_of(source, "gateway.domain"), "%s, by default \"%s\", %s; set it", setting->name,
                  standard, why);
}

/* Two special addresses that are one would make one of them unreachable. */
static gboolean
check_addresses(const struct conf *values, const struct source *source, GError **error)
{
    const struct {
        const char *name, *value;
    } parts[] = {{"addresses.jobs", values->jobs},
                 {"addresses.leads", values->leads},
                 {"addresses.experts", values->experts},
                 {"addresses.desk", values->desk},
                 {"addresses.link", values->link}};
    for (guint i = 1; i < G_N_ELEMENTS(parts); i++)
        for (guint j = 0; j < i; j++)
            if (g_str_equal(parts[i].value, parts[j].value))
                return refuse(error, source, MAX(line_of(source, parts[i].name), line_of(source, parts[j].name)),
                              "%s and %s are both %s; they must differ", parts[j].name, parts[i].name, parts[i].value);
    return TRUE;
}

static gboolean
fill(struct conf *values, const struct source *source, GKeyFile *file, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(SETTINGS); i++)
        if (!load_setting(values, source, file, &SETTINGS[i], error))
            return FALSE;
    values->unauthenticated_act = g_str_equal(values->unauthenticated, "act");
    return check_addresses(values, source, error);
}

static gboolean
read_file(const char *path, char **content, gsize *length, GError **error)
{
    g_autoptr(GError) why = NULL;
    if (g_file_get_contents(path, content, length, &why))
        return TRUE;
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_NOT_FOUND, "%s", why->message);
    return FALSE;
}

struct conf *
conf_load(const char *path, GError **error)
{
    gsize length;
    g_autofree char *content = NULL;
    g_autoptr(GError) why = NULL;
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GHashTable) lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(conf) values = g_new0(struct conf, 1);
    struct source source = {.path = path, .lines = lines};

    values->path = g_canonicalize_filename(path, NULL);
    if (!read_file(path, &content, &length, error) || !scan(&source, content, length, error))
        return NULL;
    if (!g_key_file_load_from_data(file, content, length, G_KEY_FILE_NONE, &why)) {
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "%s: %s", path, why->message);
        return NULL;
    }
    return fill(values, &source, file, error) ? g_steal_pointer(&values) : NULL;
}

void
conf_free(struct conf *values)
{
    if (!values)
        return;
    for (guint i = 0; i < G_N_ELEMENTS(SETTINGS); i++)
        if (!type_of(&SETTINGS[i])->units)
            g_free(G_STRUCT_MEMBER(char *, values, SETTINGS[i].offset));
    g_free(values->path);
    g_free(values);
}

/* ---- reading the table ---- */

const struct conf_setting *
conf_settings(guint *count)
{
    *count = G_N_ELEMENTS(SETTINGS);
    return SETTINGS;
}

char *
conf_value(const struct conf *values, const char *name)
{
    const struct conf_setting *setting = find_setting(name);
    const struct type *type = setting ? type_of(setting) : NULL;
    gint64 standard;
    if (!setting)
        return NULL;
    if (!type->units)
        return g_strdup(G_STRUCT_MEMBER(char *, values, setting->offset));
    gint64 value = G_STRUCT_MEMBER(gint64, values, setting->offset);
    /* The default as people know it: 72h rather than 3d. */
    if (parse_number(type->units, setting->default_value, &standard) && standard == value)
        return g_strdup(setting->default_value);
    return print_number(type->units, value);
}

enum log_target
conf_log_target(const struct conf *values)
{
    return g_str_equal(values->log_target, "journald") ? LOG_TO_JOURNALD
           : g_str_equal(values->log_target, "syslog") ? LOG_TO_SYSLOG
                                                       : LOG_TO_STDERR;
}

int
conf_log_level(const struct conf *values)
{
    static const struct {
        const char *name;
        int level;
    } LEVELS[] = {
        {"error", LOG_ERR}, {"warning", LOG_WARNING}, {"notice", LOG_NOTICE}, {"info", LOG_INFO}, {"debug", LOG_DEBUG}};
    for (guint i = 0; i < G_N_ELEMENTS(LEVELS); i++)
        if (g_str_equal(LEVELS[i].name, values->log_level))
            return LEVELS[i].level;
    g_assert_not_reached(); /* the table lets no other value in */
}
