#include "config.h"

#include "mime/diagnosis.h"

#include <string.h>

#define WORDS_BYTES 8192 /* of what was said is looked at */

/*
 * What servers say, by what it means, in the order in which it is believed: an unknown user may be told together with a
 * policy, a full mailbox together with a refusal. Lower case.
 */
struct saying {
    enum report_reason reason;
    const char *words;
};

/* Precise: these name one cause and nothing else. */
static const struct saying precise[] = {
    /* it is the sender that is refused, whatever is said of domains and addresses */
    {REASON_POLICY_VIOLATION, "domain of sender"},
    {REASON_POLICY_VIOLATION, "sender address rejected"},
    {REASON_POLICY_VIOLATION, "sender rejected"},
    {REASON_POLICY_VIOLATION, "sender denied"},
    {REASON_POLICY_VIOLATION, "sender domain"},
    {REASON_POLICY_VIOLATION, "sender verify failed"},
    {REASON_POLICY_VIOLATION, "sender unknown"},
    {REASON_POLICY_VIOLATION, "invalid sender"},
    {REASON_POLICY_VIOLATION, "dmarc"},
    {REASON_POLICY_VIOLATION, "relay access denied"},
    {REASON_POLICY_VIOLATION, "relaying denied"},

    /* the server has no room */
    {REASON_OTHER, "insufficient disk space"},
    {REASON_OTHER, "insufficient system storage"},
    {REASON_OTHER, "no space left on device"},

    /* the mailbox is full */
    {REASON_MAILBOX_FULL, "mailbox full"},
    {REASON_MAILBOX_FULL, "mailbox is full"},
    {REASON_MAILBOX_FULL, "mailboxfull"},
    {REASON_MAILBOX_FULL, "mailfolder is full"},
    {REASON_MAILBOX_FULL, "inbox is full"},
    {REASON_MAILBOX_FULL, "mailbox has exceeded"},
    {REASON_MAILBOX_FULL, "mailbox exceeded"},
    {REASON_MAILBOX_FULL, "over quota"},
    {REASON_MAILBOX_FULL, "overquota"},
    {REASON_MAILBOX_FULL, "over the quota"},
    {REASON_MAILBOX_FULL, "over the maximum allowed quota"},
    {REASON_MAILBOX_FULL, "quota exceed"},
    {REASON_MAILBOX_FULL, "quota is exceed"},
    {REASON_MAILBOX_FULL, "exceeded quota"},
    {REASON_MAILBOX_FULL, "exceeded their quota"},
    {REASON_MAILBOX_FULL, "exceeded his quota"},
    {REASON_MAILBOX_FULL, "exceeds the quota"},
    {REASON_MAILBOX_FULL, "exceeded the local limit"},
    {REASON_MAILBOX_FULL, "exceeded storage"},
    {REASON_MAILBOX_FULL, "exceeding the user's quota"},
    {REASON_MAILBOX_FULL, "quota full"},
    {REASON_MAILBOX_FULL, "quota violation"},
    {REASON_MAILBOX_FULL, "quota has been reached"},
    {REASON_MAILBOX_FULL, "disk quota"},
    {REASON_MAILBOX_FULL, "storage quota"},
    {REASON_MAILBOX_FULL, "mail quota"},
    {REASON_MAILBOX_FULL, "quota limit"},
    {REASON_MAILBOX_FULL, "out of storage"},
    {REASON_MAILBOX_FULL, "storage space"},
    {REASON_MAILBOX_FULL, "not enough storage"},
    {REASON_MAILBOX_FULL, "not enough disk space"},
    {REASON_MAILBOX_FULL, "exceeded its storage"},
    {REASON_MAILBOX_FULL, "mailbox size limit"},
    {REASON_MAILBOX_FULL, "mailbox limit exceeded"},
    {REASON_MAILBOX_FULL, "maildir over"},
    {REASON_MAILBOX_FULL, "too many messages in"},
    {REASON_MAILBOX_FULL, "postfach ist voll"},
    {REASON_MAILBOX_FULL, "postfach voll"},
    {REASON_MAILBOX_FULL, "speicherplatz"},
    {REASON_MAILBOX_FULL, "boite pleine"},
    {REASON_MAILBOX_FULL, "boîte pleine"},
    {REASON_MAILBOX_FULL, "quota depasse"},
    {REASON_MAILBOX_FULL, "quota dépassé"},
    {REASON_MAILBOX_FULL, "casella piena"},
    {REASON_MAILBOX_FULL, "buzon lleno"},
    {REASON_MAILBOX_FULL, "buzón lleno"},
    {REASON_MAILBOX_FULL, "skrzynka odbiorcy jest pe"},
    {REASON_MAILBOX_FULL, "account is full"},
    {REASON_MAILBOX_FULL, "account is over"},
    {REASON_MAILBOX_FULL, "user is overquota"},
    {REASON_MAILBOX_FULL, "user has too many messages"},
    {REASON_MAILBOX_FULL, "insufficient quota"},
    {REASON_MAILBOX_FULL, "mailbox exceeds"},
    {REASON_MAILBOX_FULL, "exceeds allowed size"},

    /* the mail is too large */
    {REASON_TOO_BIG, "message too large"},
    {REASON_TOO_BIG, "message too big"},
    {REASON_TOO_BIG, "message is too large"},
    {REASON_TOO_BIG, "message is too big"},
    {REASON_TOO_BIG, "message file too big"},
    {REASON_TOO_BIG, "mail too large"},
    {REASON_TOO_BIG, "message size exceeds"},
    {REASON_TOO_BIG, "message length exceeds"},
    {REASON_TOO_BIG, "exceeds fixed maximum message size"},
    {REASON_TOO_BIG, "exceeds the maximum message size"},
    {REASON_TOO_BIG, "exceeds maximum message size"},
    {REASON_TOO_BIG, "exceeds maximum size"},
    {REASON_TOO_BIG, "exceeds the size limit"},
    {REASON_TOO_BIG, "exceeds size limit"},
    {REASON_TOO_BIG, "exceeded maximum message size"},
    {REASON_TOO_BIG, "message size limit"},
    {REASON_TOO_BIG, "maximum message size"},
    {REASON_TOO_BIG, "larger than the current"},
    {REASON_TOO_BIG, "size limit exceeded"},
    {REASON_TOO_BIG, "recipsizelimit"},
    {REASON_TOO_BIG, "nachricht ist zu gro"},
    {REASON_TOO_BIG, "message trop volumineux"},

    /* the domain or its host is not there, or takes no mail at all */
    {REASON_HOST_UNKNOWN, "host unknown"},
    {REASON_HOST_UNKNOWN, "unknown host"},
    {REASON_HOST_UNKNOWN, "no such domain"},
    {REASON_HOST_UNKNOWN, "unknown domain"},
    {REASON_HOST_UNKNOWN, "domain unknown"},
    {REASON_HOST_UNKNOWN, "domain does not exist"},
    {REASON_HOST_UNKNOWN, "domain is not reachable"},
    {REASON_HOST_UNKNOWN, "domain must exist"},
    {REASON_HOST_UNKNOWN, "domain not found"},
    {REASON_HOST_UNKNOWN, "domain name not found"},
    {REASON_HOST_UNKNOWN, "invalid domain"},
    {REASON_HOST_UNKNOWN, "illegal host/domain name"},
    {REASON_HOST_UNKNOWN, "host not found"},
    {REASON_HOST_UNKNOWN, "no such host"},
    {REASON_HOST_UNKNOWN, "host or domain name not found"},
    {REASON_HOST_UNKNOWN, "unrouteable mail domain"},
    {REASON_HOST_UNKNOWN, "unrouteable address"},
    {REASON_HOST_UNKNOWN, "unroutable address"},
    {REASON_HOST_UNKNOWN, "unroutable mail domain"},
    {REASON_HOST_UNKNOWN, "can't find any host named"},
    {REASON_HOST_UNKNOWN, "couldn't find any host named"},
    {REASON_HOST_UNKNOWN, "could not find any host named"},
    {REASON_HOST_UNKNOWN, "name or service not known"},
    {REASON_HOST_UNKNOWN, "couldn't find a mail exchanger"},
    {REASON_HOST_UNKNOWN, "no mail exchanger"},
    {REASON_HOST_UNKNOWN, "no mx or smtp servers were defined"},
    {REASON_HOST_UNKNOWN, "all relevant mx records point to non-existent hosts"},
    {REASON_HOST_UNKNOWN, "null mx"},
    {REASON_HOST_UNKNOWN, "nullmx"},
    {REASON_HOST_UNKNOWN, "does not accept mail"},
    {REASON_HOST_UNKNOWN, "doesn't accept mail"},
    {REASON_HOST_UNKNOWN, "doesn't receive email"},
    {REASON_HOST_UNKNOWN, "does not accept email"},
    {REASON_HOST_UNKNOWN, "dns lookup failure"},
    {REASON_HOST_UNKNOWN, "indicated no smtp service"},
    {REASON_HOST_UNKNOWN, "no mx found for domain"},
    {REASON_HOST_UNKNOWN, "destination seem to reject all mails"},
    {REASON_HOST_UNKNOWN, "mx records point to non-existent"},
    {REASON_HOST_UNKNOWN, "kein mail-exchanger"},
    {REASON_HOST_UNKNOWN, "unbekannte domain"},
    {REASON_HOST_UNKNOWN, "domaine inconnu"},
};

/* The queue's time is over, or will be: believed last, for the cause is often told besides. */
static const struct saying late[] = {
    {REASON_EXPIRED, "message expired"},
    {REASON_EXPIRED, "delivery expired"},
    {REASON_EXPIRED, "delivery time expired"},
    {REASON_EXPIRED, "queue.expired"},
    {REASON_EXPIRED, "envelope expired"},
    {REASON_EXPIRED, "expired after"},
    {REASON_EXPIRED, "has expired"},
    {REASON_EXPIRED, "retry time not reached"},
    {REASON_EXPIRED, "retry timeout exceeded"},
    {REASON_EXPIRED, "been in the queue"},
    {REASON_EXPIRED, "in the queue too long"},
    {REASON_EXPIRED, "queue too long"},
    {REASON_EXPIRED, "was undeliverable within"},
    {REASON_EXPIRED, "not delivered within"},
    {REASON_EXPIRED, "could not be delivered for"},
    {REASON_EXPIRED, "unable to deliver in"},
    {REASON_EXPIRED, "unable to deliver this message after"},
    {REASON_EXPIRED, "maximum retries"},
    {REASON_EXPIRED, "max retries"},
    {REASON_EXPIRED, "message could not be delivered within"},
    {REASON_EXPIRED, "giving up after"},
    {REASON_EXPIRED, "did not accept our requests to connect"},
    {REASON_EXPIRED, "delayed delivery"},
    {REASON_EXPIRED, "delivery attempts failed"},
    {REASON_EXPIRED, "failed to deliver after"},
    {REASON_EXPIRED, "could not be delivered in time"},
    {REASON_EXPIRED, "too old"},
    {REASON_EXPIRED, "last tried after"},
    {REASON_EXPIRED, "were last tried"},
    {REASON_EXPIRED, "for a long time"},
    {REASON_EXPIRED, "multiple retries"},
    {REASON_EXPIRED, " attempts:"},
    {REASON_EXPIRED, "could not deliver for the last"},
    {REASON_EXPIRED, "giving up"},
    {REASON_EXPIRED, "given up trying"},
    {REASON_EXPIRED, "host not reachable"},
    {REASON_EXPIRED, "timed out"},
    {REASON_EXPIRED, "still undelivered after"},
    {REASON_EXPIRED, "not been delivered for"},
    {REASON_EXPIRED, "retry timeout"},
    {REASON_EXPIRED, "no answer from host"},
    {REASON_EXPIRED, "unable to connect successfully"},
    {REASON_EXPIRED, "undeliverable for"},
};

/* The message was refused for what it is, or for who sends it. */
static const struct saying judged[] = {
    {REASON_SPAM_DETECTED, "considered spam"},
    {REASON_SPAM_DETECTED, "considered as spam"},
    {REASON_SPAM_DETECTED, "considered unsolicited"},
    {REASON_SPAM_DETECTED, "classified as spam"},
    {REASON_SPAM_DETECTED, "detected as spam"},
    {REASON_SPAM_DETECTED, "identified as spam"},
    {REASON_SPAM_DETECTED, "identified as junk"},
    {REASON_SPAM_DETECTED, "recognized as spam"},
    {REASON_SPAM_DETECTED, "scored as spam"},
    {REASON_SPAM_DETECTED, "flagged as spam"},
    {REASON_SPAM_DETECTED, "marked as spam"},
    {REASON_SPAM_DETECTED, "suspected spam"},
    {REASON_SPAM_DETECTED, "suspected as spam"},
    {REASON_SPAM_DETECTED, "looks like spam"},
    {REASON_SPAM_DETECTED, "appears to be spam"},
    {REASON_SPAM_DETECTED, "seems to be spam"},
    {REASON_SPAM_DETECTED, "appears to be unsolicited"},
    {REASON_SPAM_DETECTED, "is spam"},
    {REASON_SPAM_DETECTED, "contains spam"},
    {REASON_SPAM_DETECTED, "spam message"},
    {REASON_SPAM_DETECTED, "spam mail"},
    {REASON_SPAM_DETECTED, "spam content"},
    {REASON_SPAM_DETECTED, "spam detected"},
    {REASON_SPAM_DETECTED, "spamdetected"},
    {REASON_SPAM_DETECTED, "spam score"},
    {REASON_SPAM_DETECTED, "spam filter"},
    {REASON_SPAM_DETECTED, "antispam"},
    {REASON_SPAM_DETECTED, "anti-spam"},
    {REASON_SPAM_DETECTED, "rejected as spam"},
    {REASON_SPAM_DETECTED, "rejected due to spam"},
    {REASON_SPAM_DETECTED, "due to spam"},
    {REASON_SPAM_DETECTED, "high probability of spam"},
    {REASON_SPAM_DETECTED, "probability of spam"},
    {REASON_SPAM_DETECTED, "likely unsolicited mail"},
    {REASON_SPAM_DETECTED, "unsolicited bulk"},
    {REASON_SPAM_DETECTED, "junk mail"},
    {REASON_SPAM_DETECTED, "blacklisted url"},
    {REASON_SPAM_DETECTED, "content rejected"},
    {REASON_SPAM_DETECTED, "message content rejected"},
    {REASON_SPAM_DETECTED, "als spam"},
    {REASON_SPAM_DETECTED, "virus"},
    {REASON_SPAM_DETECTED, "malware"},
    {REASON_POLICY_VIOLATION, "dmarc"},
    {REASON_POLICY_VIOLATION, "spf "},
    {REASON_POLICY_VIOLATION, "spf-"},
    {REASON_POLICY_VIOLATION, "dkim"},
    {REASON_POLICY_VIOLATION, "unauthenticated"},
    {REASON_POLICY_VIOLATION, "authentication"},
    {REASON_POLICY_VIOLATION, "reverse dns"},
    {REASON_POLICY_VIOLATION, "rdns"},
    {REASON_POLICY_VIOLATION, "ptr record"},
    {REASON_POLICY_VIOLATION, "reverse lookup"},
    {REASON_POLICY_VIOLATION, "no ptr"},
    {REASON_POLICY_VIOLATION, "blacklist"},
    {REASON_POLICY_VIOLATION, "black list"},
    {REASON_POLICY_VIOLATION, "blocklist"},
    {REASON_POLICY_VIOLATION, "block list"},
    {REASON_POLICY_VIOLATION, "dnsbl"},
    {REASON_POLICY_VIOLATION, " rbl"},
    {REASON_POLICY_VIOLATION, "spamhaus"},
    {REASON_POLICY_VIOLATION, "spamcop"},
    {REASON_POLICY_VIOLATION, "barracuda"},
    {REASON_POLICY_VIOLATION, "blocked"},
    {REASON_POLICY_VIOLATION, "banned"},
    {REASON_POLICY_VIOLATION, "reputation"},
    {REASON_POLICY_VIOLATION, "user complaints"},
    {REASON_POLICY_VIOLATION, "weren't sent"},
    {REASON_POLICY_VIOLATION, "frequency limited"},
    {REASON_POLICY_VIOLATION, "rate limit"},
    {REASON_POLICY_VIOLATION, "receiving mail at a rate"},
    {REASON_POLICY_VIOLATION, "too many connections"},
    {REASON_POLICY_VIOLATION, "too many recipients"},
    {REASON_POLICY_VIOLATION, "too many messages"},
    {REASON_POLICY_VIOLATION, "client host rejected"},
    {REASON_POLICY_VIOLATION, "host rejected"},
    {REASON_POLICY_VIOLATION, "sender rejected"},
    {REASON_POLICY_VIOLATION, "sender address rejected"},
    {REASON_POLICY_VIOLATION, "sender denied"},
    {REASON_POLICY_VIOLATION, "domain of sender address"},
    {REASON_POLICY_VIOLATION, "sender domain"},
    {REASON_POLICY_VIOLATION, "helo command rejected"},
    {REASON_POLICY_VIOLATION, "invalid helo"},
    {REASON_POLICY_VIOLATION, "relay quota"},
    {REASON_POLICY_VIOLATION, "service refuse"},
    {REASON_POLICY_VIOLATION, "policy"},
    {REASON_POLICY_VIOLATION, "not rfc"},
    {REASON_POLICY_VIOLATION, "rfc 5322 compliant"},
    {REASON_POLICY_VIOLATION, "rfc 2822 compliant"},
    {REASON_POLICY_VIOLATION, "multiple 550"},
    {REASON_POLICY_VIOLATION, "multiple addresses in from"},
    {REASON_POLICY_VIOLATION, "relay access denied"},
    {REASON_POLICY_VIOLATION, "relaying denied"},
    {REASON_POLICY_VIOLATION, "relay not permitted"},
    {REASON_POLICY_VIOLATION, "relaying not allowed"},
    {REASON_POLICY_VIOLATION, "not configured to relay"},
    {REASON_POLICY_VIOLATION, "unable to relay"},
    {REASON_POLICY_VIOLATION, "mail relay"},
    {REASON_POLICY_VIOLATION, "open relay"},
    {REASON_POLICY_VIOLATION, "greylist"},
    {REASON_POLICY_VIOLATION, "graylist"},
    {REASON_POLICY_VIOLATION, "not allowed"},
    {REASON_POLICY_VIOLATION, "not authorized"},
    {REASON_POLICY_VIOLATION, "not authorised"},
    {REASON_POLICY_VIOLATION, "not permitted"},
    {REASON_POLICY_VIOLATION, "prohibited"},
    {REASON_POLICY_VIOLATION, "forbidden"},
    {REASON_POLICY_VIOLATION, "access denied"},
    {REASON_POLICY_VIOLATION, "permission"},
    {REASON_POLICY_VIOLATION, "refused due to recipient preferences"},
};

/* Nobody is at home there. */
static const struct saying unknown[] = {
    {REASON_USER_UNKNOWN, "user unknown"},
    {REASON_USER_UNKNOWN, "unknown user"},
    {REASON_USER_UNKNOWN, "no such user"},
    {REASON_USER_UNKNOWN, "no such person"},
    {REASON_USER_UNKNOWN, "no such recipient"},
    {REASON_USER_UNKNOWN, "no such mailbox"},
    {REASON_USER_UNKNOWN, "no such address"},
    {REASON_USER_UNKNOWN, "no such account"},
    {REASON_USER_UNKNOWN, "no such local user"},
    {REASON_USER_UNKNOWN, "no such virtual user"},
    {REASON_USER_UNKNOWN, "not a known user"},
    {REASON_USER_UNKNOWN, "not a valid user"},
    {REASON_USER_UNKNOWN, "not a valid mailbox"},
    {REASON_USER_UNKNOWN, "not our user"},
    {REASON_USER_UNKNOWN, "not our customer"},
    {REASON_USER_UNKNOWN, "user not found"},
    {REASON_USER_UNKNOWN, "user does not exist"},
    {REASON_USER_UNKNOWN, "user doesn't exist"},
    {REASON_USER_UNKNOWN, "user is not known"},
    {REASON_USER_UNKNOWN, "user not known"},
    {REASON_USER_UNKNOWN, "user invalid"},
    {REASON_USER_UNKNOWN, "invalid user"},
    {REASON_USER_UNKNOWN, "invalid recipient"},
    {REASON_USER_UNKNOWN, "invalid mailbox"},
    {REASON_USER_UNKNOWN, "invalid address"},
    {REASON_USER_UNKNOWN, "recipient unknown"},
    {REASON_USER_UNKNOWN, "unknown recipient"},
    {REASON_USER_UNKNOWN, "recipient not found"},
    {REASON_USER_UNKNOWN, "recipient does not exist"},
    {REASON_USER_UNKNOWN, "recipient no longer"},
    {REASON_USER_UNKNOWN, "recipnotfound"},
    {REASON_USER_UNKNOWN, "recipient not exist"},
    {REASON_USER_UNKNOWN, "mailbox not found"},
    {REASON_USER_UNKNOWN, "mailbox unavailable"},
    {REASON_USER_UNKNOWN, "mailbox does not exist"},
    {REASON_USER_UNKNOWN, "mailbox doesn't exist"},
    {REASON_USER_UNKNOWN, "mailbox unknown"},
    {REASON_USER_UNKNOWN, "unknown mailbox"},
    {REASON_USER_UNKNOWN, "no mailbox"},
    {REASON_USER_UNKNOWN, "address unknown"},
    {REASON_USER_UNKNOWN, "unknown local part"},
    {REASON_USER_UNKNOWN, "unknown local-part"},
    {REASON_USER_UNKNOWN, "address does not exist"},
    {REASON_USER_UNKNOWN, "address doesn't exist"},
    {REASON_USER_UNKNOWN, "address not found"},
    {REASON_USER_UNKNOWN, "address invalid"},
    {REASON_USER_UNKNOWN, "address couldn't be found"},
    {REASON_USER_UNKNOWN, "address not present"},
    {REASON_USER_UNKNOWN, "account does not exist"},
    {REASON_USER_UNKNOWN, "account that you tried to reach does not exist"},
    {REASON_USER_UNKNOWN, "doesn't have a"},
    {REASON_USER_UNKNOWN, "does not have an account"},
    {REASON_USER_UNKNOWN, "not a registered"},
    {REASON_USER_UNKNOWN, "name is not recognized"},
    {REASON_USER_UNKNOWN, "unknown recipient"},
    {REASON_USER_UNKNOWN, "invalid final delivery userid"},
    {REASON_USER_UNKNOWN, "check if address is correct"},
    {REASON_USER_UNKNOWN, "recipient address rejected: access denied"},
    {REASON_USER_UNKNOWN, "does not exist"},
    {REASON_USER_UNKNOWN, "wasn't found"},
    {REASON_USER_UNKNOWN, "was not found"},
    {REASON_USER_UNKNOWN, "not listed in"},
    {REASON_USER_UNKNOWN, "bounce category: bad-mailbox"},
    {REASON_HOST_UNKNOWN, "bounce category: bad-domain"},
    {REASON_USER_UNKNOWN, "bad destination mailbox address"},
    {REASON_USER_UNKNOWN, "bad address"},
    {REASON_USER_UNKNOWN, "undeliverable address"},
    {REASON_USER_UNKNOWN, "recipient address rejected: undeliverable"},
    {REASON_USER_UNKNOWN, "user no longer on server"},
    {REASON_USER_UNKNOWN, "no longer valid"},
    {REASON_USER_UNKNOWN, "no longer available"},
    {REASON_USER_UNKNOWN, "no longer in use"},
    {REASON_USER_UNKNOWN, "has moved"},
    {REASON_USER_UNKNOWN, "no account by that name"},
    {REASON_USER_UNKNOWN, "can't accept user"},
    {REASON_USER_UNKNOWN, "not exist"},
    {REASON_USER_UNKNOWN, "empfaenger unbekannt"},
    {REASON_USER_UNKNOWN, "empfänger unbekannt"},
    {REASON_USER_UNKNOWN, "adresse d au moins un destinataire invalide"},
    {REASON_USER_UNKNOWN, "destinataire inconnu"},
    {REASON_USER_UNKNOWN, "adresse inconnue"},
    {REASON_USER_UNKNOWN, "destinatario desconocido"},
    {REASON_USER_UNKNOWN, "usuario desconocido"},
    {REASON_USER_UNKNOWN, "utente sconosciuto"},
    {REASON_USER_UNKNOWN, "brak takiego"},
    {REASON_USER_UNKNOWN, "нет такого"},
    {REASON_USER_UNKNOWN, "не существует"},
    {REASON_USER_UNKNOWN, "見つかりません"},
    {REASON_USER_UNKNOWN, "存在しません"},
};

/* Trouble of the server's own. */
static const struct saying troubles[] = {
    {REASON_OTHER, "mailer error"},
    {REASON_OTHER, "system error"},
    {REASON_OTHER, "on hold"},
    {REASON_OTHER, "temporary failure"},
    {REASON_OTHER, "temporarily"},
    {REASON_OTHER, "try again later"},
    {REASON_OTHER, "transaction failed"},
    {REASON_OTHER, "service unavailable"},
    {REASON_OTHER, "service currently unavailable"},
    {REASON_OTHER, "not implemented"},
    {REASON_OTHER, "syntax error"},
};

/* Said of anything; believed when nothing else is said. */
static const struct saying vague_words[] = {
    {REASON_USER_UNKNOWN, "recipient address rejected"},
    {REASON_USER_UNKNOWN, "recipient rejected"},
};

/* The account is there but shut: it may open again. */
static const struct saying shut[] = {
    {REASON_OTHER, "account disabled"},
    {REASON_OTHER, "account is disabled"},
    {REASON_OTHER, "account has been disabled"},
    {REASON_OTHER, "account is locked"},
    {REASON_OTHER, "account locked"},
    {REASON_OTHER, "account is suspended"},
    {REASON_OTHER, "account suspended"},
    {REASON_OTHER, "account has been suspended"},
    {REASON_OTHER, "account is inactive"},
    {REASON_OTHER, "account inactive"},
    {REASON_OTHER, "account is not active"},
    {REASON_OTHER, "account expired"},
    {REASON_OTHER, "account is blocked"},
    {REASON_OTHER, "account you tried to reach is inactive"},
    {REASON_OTHER, "tried to reach is disabled"},
    {REASON_OTHER, "tried to reach is inactive"},
    {REASON_OTHER, "user account is expired"},
    {REASON_OTHER, "user(s) account is disabled"},
    {REASON_OTHER, "user account disabled"},
    {REASON_OTHER, "recipient suspend"},
    {REASON_OTHER, "recipient is disabled"},
    {REASON_OTHER, "disabled recipient"},
    {REASON_OTHER, "disabled or discontinued"},
    {REASON_OTHER, "mailbox disabled"},
    {REASON_OTHER, "mailbox is disabled"},
    {REASON_OTHER, "mailbox currently suspended"},
    {REASON_OTHER, "mailbox is frozen"},
    {REASON_OTHER, "mailbox is inactive"},
    {REASON_OTHER, "mailbox unavailable or access denied"},
    {REASON_OTHER, "user temporary locked"},
    {REASON_OTHER, "temporary locked"},
    {REASON_OTHER, "user suspended"},
    {REASON_OTHER, "user is suspended"},
    {REASON_OTHER, "email account that you tried to reach is disabled"},
    {REASON_OTHER, "vdelivermail: account is locked"},
    {REASON_OTHER, "not accepting mail"},
    {REASON_OTHER, "not accepting messages"},
    {REASON_OTHER, "out of office"},
};

/* Enhanced status codes that say it all (RFC 3463, RFC 7372, RFC 7505 …), subject and detail. */
static const struct {
    const char *detail;
    enum report_reason reason;
} by_status[] = {
    {".1.1", REASON_USER_UNKNOWN},      {".1.2", REASON_HOST_UNKNOWN},      {".1.3", REASON_USER_UNKNOWN},
    {".1.6", REASON_USER_UNKNOWN},      {".1.8", REASON_POLICY_VIOLATION},  {".1.7", REASON_POLICY_VIOLATION},
    {".1.10", REASON_HOST_UNKNOWN},     {".2.2", REASON_MAILBOX_FULL},      {".2.3", REASON_TOO_BIG},
    {".3.4", REASON_TOO_BIG},           {".4.4", REASON_HOST_UNKNOWN},      {".4.7", REASON_EXPIRED},
    {".7.0", REASON_POLICY_VIOLATION},  {".7.1", REASON_POLICY_VIOLATION},  {".7.2", REASON_POLICY_VIOLATION},
    {".7.7", REASON_POLICY_VIOLATION},  {".7.8", REASON_POLICY_VIOLATION},  {".7.9", REASON_POLICY_VIOLATION},
    {".7.20", REASON_POLICY_VIOLATION}, {".7.21", REASON_POLICY_VIOLATION}, {".7.22", REASON_POLICY_VIOLATION},
    {".7.23", REASON_POLICY_VIOLATION}, {".7.24", REASON_POLICY_VIOLATION}, {".7.25", REASON_POLICY_VIOLATION},
    {".7.26", REASON_POLICY_VIOLATION}, {".7.27", REASON_HOST_UNKNOWN},     {".7.509", REASON_POLICY_VIOLATION},
};

/* ---- codes ---- */

static gsize
digits(const char *p)
{
    gsize n = 0;
    while (g_ascii_isdigit(p[n]))
        n++;
    return n;
}

const char *
enhanced_status(const char *text, char status[16])
{
    for (const char *p = text; (p = strchr(p, '.')) != NULL; p++) {
        if (p == text || !strchr("245", p[-1]) ||
            (p - 1 > text && (g_ascii_isalnum(p[-2]) || p[-2] == '.' || p[-2] == '[')))
            continue;
        gsize subject = digits(p + 1);
        if (subject < 1 || subject > 3 || p[1 + subject] != '.')
            continue;
        const char *detail = p + 2 + subject;
        gsize n = digits(detail);
        if (n < 1 || n > 3 || g_ascii_isalnum(detail[n]) || (detail[n] == '.' && g_ascii_isdigit(detail[n + 1])))
            continue; /* an IP address, a version */
        g_snprintf(status, 16, "%.*s", (int)(detail + n - p + 1), p - 1);
        return p - 1;
    }
    return NULL;
}

gboolean
is_smtp_reply(const char *text)
{
    return strchr("45", *text) && *text && g_ascii_isdigit(text[1]) && text[1] <= '5' && g_ascii_isdigit(text[2]) &&
           (text[3] == ' ' || text[3] == '-' || text[3] == '\0');
}

/* Codes that only say "something". */
static gboolean
is_vague(const char *status)
{
    static const char *const vague[] = {".0.0", ".1.0", ".4.7"};
    if (!*status)
        return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(vague); i++)
        if (strcmp(status + 1, vague[i]) == 0)
            return TRUE;
    return FALSE;
}

/* The server's own code beats the one that the reporting system chose; of several the first that says something, one
 * right behind a reply code before all. */
static void
choose_status(const char *words, const char *field, struct diagnosis *d)
{
    char found[16], best[16] = "";
    gboolean replied = FALSE;
    for (const char *p = words; (p = enhanced_status(p, found)) != NULL; p += strlen(found)) {
        gboolean reply = p - words >= 4 && is_smtp_reply(p - 4);
        gboolean quoted = p - words >= 5 && is_smtp_reply(p - 5);
        if (!*best || (is_vague(best) && !is_vague(found)) || ((reply || quoted) && !replied && !is_vague(found)))
            g_strlcpy(best, found, sizeof best);
        replied = replied || reply || quoted;
    }
    gboolean use_words = *best && (!is_vague(best) || is_vague(field));
    g_strlcpy(d->status, use_words ? best : field, sizeof d->status);
}

/* ---- words ---- */

static gboolean
said(const struct saying *sayings, gsize count, const char *words, enum report_reason *reason)
{
    for (gsize i = 0; i < count; i++)
        if (strstr(words, sayings[i].words)) {
            *reason = sayings[i].reason;
            return TRUE;
        }
    return FALSE;
}

static gboolean
reason_by_status(const char *status, enum report_reason *reason)
{
    for (gsize i = 0; *status && i < G_N_ELEMENTS(by_status); i++)
        if (strcmp(status + 1, by_status[i].detail) == 0) {
            *reason = by_status[i].reason;
            return TRUE;
        }
    return FALSE;
}

#define SAID(table) said(table, G_N_ELEMENTS(table), words, &d->reason)

/* Refused before any recipient was named: it is the client that is not wanted. */
static gboolean
is_client_refused(const char *words)
{
    static const char *const stages[] = {"after ehlo",
                                         "after helo",
                                         "after initial connection",
                                         "did not like our ehlo",
                                         "did not like our helo",
                                         "refused to talk to me",
                                         "reply to ehlo",
                                         "reply to helo"};
    for (gsize i = 0; i < G_N_ELEMENTS(stages); i++)
        if (strstr(words, stages[i]))
            return TRUE;
    return FALSE;
}

/* A local program failed (`X-Unix; 71`): what it says of users and files is its own affair, but for a full disk. */
static gboolean
is_local_program(const char *words, struct diagnosis *d)
{
    if (strncmp(words, "x-unix;", 7) != 0)
        return FALSE;
    if (!SAID(precise) || d->reason != REASON_MAILBOX_FULL)
        d->reason = REASON_OTHER;
    return TRUE;
}

static gboolean
choose_reason(const char *words, struct diagnosis *d)
{
    enum report_reason by_code = REASON_OTHER;
    gboolean code = reason_by_status(d->status, &by_code);
    if (is_local_program(words, d) || SAID(precise) || SAID(shut))
        return TRUE;
    if (SAID(unknown))
        return TRUE;
    if (code && by_code == REASON_USER_UNKNOWN && !SAID(judged)) {
        d->reason = by_code;
        return TRUE;
    }
    if (SAID(judged) || SAID(late))
        return TRUE;
    if (is_client_refused(words)) {
        d->reason = REASON_POLICY_VIOLATION;
        return TRUE;
    }
    if (!code && (SAID(troubles) || SAID(vague_words)))
        return TRUE;
    d->reason = by_code;
    return code;
}

/* That a user is unknown is final when the code is about the address, when it was the answer to RCPT, or when a
 * directory was asked. Otherwise the words may be a filter's, spoken after the address had been taken. */
static gboolean
is_about_address(const char *words, const char *status, enum prose_stage stage)
{
    static const char *const directories[] = {"name is not recognized",
                                              "not listed in public name",
                                              "mail.local: unknown user",
                                              "final delivery userid",
                                              "action not taken: mailbox unavailable",
                                              "check if address is correct",
                                              "bounce category: bad-mailbox"};
    if (*status && strncmp(status + 1, ".1.", 3) == 0 && strcmp(status + 1, ".1.0") != 0)
        return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(directories); i++)
        if (strstr(words, directories[i]))
            return TRUE;
    /* "550 <bob@example.com>: …": a server that repeats the address speaks of the address. */
    const char *reply = words + (strncmp(words, "smtp;", 5) == 0 ? 5 : 0);
    reply += *reply == ' ';
    gboolean repeats = reply > words && is_smtp_reply(reply) && reply[3] && reply[4] == '<';
    return stage == STAGE_RCPT || (repeats && stage == STAGE_UNKNOWN);
}

static gboolean
is_final(const char *words, const struct diagnosis *d, enum prose_stage stage)
{
    if (d->status[0] == '4')
        return FALSE;
    if (d->reason == REASON_USER_UNKNOWN)
        return is_about_address(words, d->status, stage);
    return d->reason == REASON_HOST_UNKNOWN;
}

/* One blank for each run of them, so that wrapped words become whole; `|` for a blank line, which parts what has
 * nothing to do with each other. */
static void
join_lines(char *words)
{
    char *to = words;
    for (const char *p = words; *p; p++) {
        if (p[0] == '\n' && p[1] == '\n')
            *to++ = '|';
        else if (!strchr(" \n\t\r", *p))
            *to++ = *p;
        else if (to > words && to[-1] != ' ')
            *to++ = ' ';
    }
    *to = '\0';
}

void
diagnose(const char *words, const char *status, enum prose_stage stage, struct diagnosis *d)
{
    gsize length = MIN(strlen(words), WORDS_BYTES);
    while (length > 0 && (words[length] & 0xc0) == 0x80) /* not inside of a character */
        length--;
    g_autofree char *lower = g_utf8_strdown(words, (gssize)length);
    join_lines(lower);
    *d = (struct diagnosis){.kind = REPORT_SOFT, .reason = REASON_OTHER};
    choose_status(words, status, d);
    d->certain = choose_reason(lower, d);
    if (is_final(lower, d, stage))
        d->kind = REPORT_HARD;
}
