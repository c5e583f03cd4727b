#include "market/address.h"

#include <string.h>

/* RFC 2142 and what mail systems use for themselves. */
static const char *const reserved[] = {
    "abuse", "admin",         "administrator", "bounce",  "bounces",   "daemon",  "double-bounce", "hostmaster",
    "info",  "mailer-daemon", "nobody",        "noc",     "no-reply",  "noreply", "postfix",       "postmaster",
    "root",  "security",      "spam",          "support", "webmaster", "www",
};

static gboolean
is_reserved(const char *local)
{
    for (guint i = 0; i < G_N_ELEMENTS(reserved); i++)
        if (g_ascii_strcasecmp(reserved[i], local) == 0)
            return TRUE;
    return FALSE;
}

/* Local parts that stand for a service of ours. */
static int
special(const struct conf *conf, const char *local)
{
    const struct {
        const char *name;
        int kind;
    } table[] = {
        {conf->jobs, TARGET_JOBS},
        {conf->leads, TARGET_LEADS},
        {conf->experts, TARGET_EXPERTS},
        {conf->desk, TARGET_DESK},
    };
    for (guint i = 0; i < G_N_ELEMENTS(table); i++)
        if (g_ascii_strcasecmp(table[i].name, local) == 0)
            return table[i].kind;
    return -1;
}

static gboolean
is_ascii(const char *text, gsize length)
{
    for (gsize i = 0; i < length; i++)
        if ((guchar)text[i] >= 0x80)
            return FALSE;
    return TRUE;
}

static void
parse_local(const struct market *market, const char *local, gsize length, struct target *target)
{
    const struct conf *conf = market->conf;
    gsize prefix = strlen(conf->link);

    if (length > prefix + 1 && g_ascii_strncasecmp(local, conf->link, prefix) == 0 && local[prefix] == '+') {
        gboolean ours = link_parse(market, local + prefix + 1, length - prefix - 1, &target->token);
        target->kind = ours ? TARGET_LINK : TARGET_FORGED;
        return;
    }
    target->kind = TARGET_ORGANISATION;
    if (length >= sizeof target->slug || !is_ascii(local, length)) /* no organisation has such a name */
        return;
    for (gsize i = 0; i < length; i++)
        target->slug[i] = g_ascii_tolower(local[i]);
    target->slug[length] = '\0';
    int kind = special(conf, target->slug);
    target->kind = kind >= 0 ? (guint)kind : is_reserved(target->slug) ? TARGET_RESERVED : TARGET_ORGANISATION;
}

void
target_parse(const struct market *market, const char *recipient, struct target *target)
{
    memset(target, 0, sizeof *target);
    const char *at = strrchr(recipient, '@');
    if (!at) { /* RFC 5321 4.5.1: a bare <postmaster> */
        target->kind = TARGET_FOREIGN;
        return;
    }
    gsize domain = strlen(at + 1);
    if (domain && at[domain] == '.') /* a trailing dot names the same host */
        domain--;
    if (domain != strlen(market->conf->domain) || g_ascii_strncasecmp(at + 1, market->conf->domain, domain) != 0) {
        target->kind = TARGET_FOREIGN;
        return;
    }
    parse_local(market, recipient, (gsize)(at - recipient), target);
}

gboolean
address_slug_is_free(const struct conf *conf, const char *slug)
{
    gsize length = strlen(slug);
    if (length < 2 || length > 40 || slug[0] == '-' || slug[length - 1] == '-')
        return FALSE;
    for (const char *p = slug; *p; p++)
        if (!g_ascii_islower(*p) && !g_ascii_isdigit(*p) && *p != '-')
            return FALSE;
    return special(conf, slug) < 0 && !is_reserved(slug);
}
