#include "config.h"

#include "mime/diagnosis.h"

#include "mime/sentence.h"

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

    /* a group that is not there or takes no mail of ours: Google says no more, in any language */
    {REASON_POLICY_VIOLATION, "groups.google.com"},

    /* the server has no room */
    {REASON_OTHER, "insufficient disk space"},
    {REASON_OTHER, "insufficient system storage"},
    {REASON_OTHER, "no space left on device"},
    {REASON_OTHER, "system storage"},
    {REASON_OTHER, "malformed or unexpected name server reply"},

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
    {REASON_MAILBOX_FULL, "mailbox quota"},
    {REASON_MAILBOX_FULL, "quota exhausted"},
    {REASON_MAILBOX_FULL, "out of quota"},
    {REASON_MAILBOX_FULL, "over its quota"},
    {REASON_MAILBOX_FULL, "over their quota"},
    {REASON_MAILBOX_FULL, "quota was exceeded"},
    {REASON_MAILBOX_FULL, "quotaexceeded"},
    {REASON_MAILBOX_FULL, "resolver.rst.recipsizelimit.full"},
    {REASON_MAILBOX_FULL, "storequota"},
    {REASON_MAILBOX_FULL, "recipient storage"},
    {REASON_MAILBOX_FULL, "mailbox is over"},
    {REASON_MAILBOX_FULL, "mailbox over"},
    {REASON_MAILBOX_FULL, "inbox full"},
    {REASON_MAILBOX_FULL, "postvak is vol"},
    {REASON_MAILBOX_FULL, "postvak vol"},
    {REASON_MAILBOX_FULL, "mailbox is vol"},
    {REASON_MAILBOX_FULL, "mailbox van de ontvanger"},
    {REASON_MAILBOX_FULL, "brievenbus is vol"},
    {REASON_MAILBOX_FULL, "postfach des empfängers ist voll"},
    {REASON_MAILBOX_FULL, "posteingang des empfängers ist voll"},
    {REASON_MAILBOX_FULL, "posteingang ist voll"},
    {REASON_MAILBOX_FULL, "kontingent überschritten"},
    {REASON_MAILBOX_FULL, "boîte aux lettres du destinataire est pleine"},
    {REASON_MAILBOX_FULL, "boîte aux lettres est pleine"},
    {REASON_MAILBOX_FULL, "boite aux lettres est pleine"},
    {REASON_MAILBOX_FULL, "boîte de réception du destinataire est pleine"},
    {REASON_MAILBOX_FULL, "boîte de réception est pleine"},
    {REASON_MAILBOX_FULL, "espace de stockage"},
    {REASON_MAILBOX_FULL, "skrzynka pełna"},
    {REASON_MAILBOX_FULL, "skrzynka jest pełna"},
    {REASON_MAILBOX_FULL, "skrzynka jest przepełniona"},
    {REASON_MAILBOX_FULL, "skrzynka odbiorcza adresata jest pełna"},
    {REASON_MAILBOX_FULL, "przekroczony limit pojemności"},
    {REASON_MAILBOX_FULL, "przekroczono limit pojemności"},
    {REASON_MAILBOX_FULL, "buzón está lleno"},
    {REASON_MAILBOX_FULL, "buzón de correo está lleno"},
    {REASON_MAILBOX_FULL, "buzón del destinatario está lleno"},
    {REASON_MAILBOX_FULL, "bandeja de entrada del destinatario está llena"},
    {REASON_MAILBOX_FULL, "cuota excedida"},
    {REASON_MAILBOX_FULL, "casella è piena"},
    {REASON_MAILBOX_FULL, "casella di posta è piena"},
    {REASON_MAILBOX_FULL, "casella postale piena"},
    {REASON_MAILBOX_FULL, "spazio esaurito"},
    {REASON_MAILBOX_FULL, "caixa de correio cheia"},
    {REASON_MAILBOX_FULL, "caixa de correio está cheia"},
    {REASON_MAILBOX_FULL, "caixa postal cheia"},
    {REASON_MAILBOX_FULL, "caixa de entrada do destinatário está cheia"},
    {REASON_MAILBOX_FULL, "quota excedida"},
    {REASON_MAILBOX_FULL, "schránka je plná"},
    {REASON_MAILBOX_FULL, "schránka příjemce je plná"},
    {REASON_MAILBOX_FULL, "postlåda är full"},
    {REASON_MAILBOX_FULL, "postkassen er fuld"},
    {REASON_MAILBOX_FULL, "postkassen er full"},
    {REASON_MAILBOX_FULL, "postilaatikko on täynnä"},
    {REASON_MAILBOX_FULL, "posta kutusu dolu"},
    {REASON_MAILBOX_FULL, "postafiókja megtelt"},
    {REASON_MAILBOX_FULL, "megtelt"},
    {REASON_MAILBOX_FULL, "cutia poștală este plină"},
    {REASON_MAILBOX_FULL, "ящик переполнен"},
    {REASON_MAILBOX_FULL, "ящик заполнен"},
    {REASON_MAILBOX_FULL, "ящик получателя переполнен"},
    {REASON_MAILBOX_FULL, "скринька переповнена"},
    {REASON_MAILBOX_FULL, "邮箱已满"},
    {REASON_MAILBOX_FULL, "郵箱已滿"},
    {REASON_MAILBOX_FULL, "邮箱空间不足"},
    {REASON_MAILBOX_FULL, "容量を超え"},
    {REASON_MAILBOX_FULL, "いっぱい"},

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
    {REASON_TOO_BIG, "message exceeds"},
    {REASON_TOO_BIG, "mail size limit"},
    {REASON_TOO_BIG, "maximum allowed size"},
    {REASON_TOO_BIG, "maximum permitted size"},
    {REASON_TOO_BIG, "exceeds our limit of"},
    {REASON_TOO_BIG, "exceeds size"},
    {REASON_TOO_BIG, "size exceeds"},
    {REASON_TOO_BIG, "exceeded size"},
    {REASON_TOO_BIG, "file size limit"},
    {REASON_TOO_BIG, "nachricht zu groß"},
    {REASON_TOO_BIG, "ist zu groß"},
    {REASON_TOO_BIG, "überschreitet die maximale größe"},
    {REASON_TOO_BIG, "bericht is te groot"},
    {REASON_TOO_BIG, "taille maximale"},
    {REASON_TOO_BIG, "zbyt duż"},
    {REASON_TOO_BIG, "demasiado grande"},
    {REASON_TOO_BIG, "troppo grande"},
    {REASON_TOO_BIG, "muito grande"},
    {REASON_TOO_BIG, "för stort"},
    {REASON_TOO_BIG, "слишком больш"},
    {REASON_TOO_BIG, "resolver.rst.recipsizelimit"},

    /* the domain or its host is not there, or takes no mail at all */
    {REASON_HOST_UNKNOWN, "host unknown"},
    {REASON_HOST_UNKNOWN, "unknown host"},
    {REASON_HOST_UNKNOWN, "no such domain"},
    {REASON_HOST_UNKNOWN, "unknown domain"},
    {REASON_HOST_UNKNOWN, "domain unknown"},
    {REASON_HOST_UNKNOWN, "domain does not exist"},
    {REASON_HOST_UNKNOWN, "dns domain"},
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
    {REASON_HOST_UNKNOWN, "nxdomain"},
    {REASON_HOST_UNKNOWN, "non-existent domain"},
    {REASON_HOST_UNKNOWN, "nonexistent domain"},
    {REASON_HOST_UNKNOWN, "non existent domain"},
    {REASON_HOST_UNKNOWN, "no mx record"},
    {REASON_HOST_UNKNOWN, "no mx records"},
    {REASON_HOST_UNKNOWN, "no mail servers for"},
    {REASON_HOST_UNKNOWN, "no a or mx"},
    {REASON_HOST_UNKNOWN, "has no mx"},
    {REASON_HOST_UNKNOWN, "no mail server"},
    {REASON_HOST_UNKNOWN, "unable to find mx"},
    {REASON_HOST_UNKNOWN, "unable to lookup dns"},
    {REASON_HOST_UNKNOWN, "domain not known"},
    {REASON_HOST_UNKNOWN, "domain isn't known"},
    {REASON_HOST_UNKNOWN, "domain name does not exist"},
    {REASON_HOST_UNKNOWN, "domain couldn't be found"},
    {REASON_HOST_UNKNOWN, "unknown mail domain"},
    {REASON_HOST_UNKNOWN, "unable to resolve host"},
    {REASON_HOST_UNKNOWN, "could not resolve host"},
    {REASON_HOST_UNKNOWN, "cannot resolve"},
    {REASON_HOST_UNKNOWN, "hostname could not be resolved"},
    {REASON_HOST_UNKNOWN, "no valid hosts"},
    {REASON_HOST_UNKNOWN, "no route to domain"},
    {REASON_HOST_UNKNOWN, "bad destination host"},
    {REASON_HOST_UNKNOWN, "bad destination system address"},
    {REASON_HOST_UNKNOWN, "nullmx"},
    {REASON_HOST_UNKNOWN, "unresolvable"},
    {REASON_HOST_UNKNOWN, "unrouteable domain"},
    {REASON_HOST_UNKNOWN, "unroutable domain"},
    {REASON_HOST_UNKNOWN, "domain is parked"},
    {REASON_HOST_UNKNOWN, "domain has expired"},
    {REASON_HOST_UNKNOWN, "domain nicht gefunden"},
    {REASON_HOST_UNKNOWN, "domain existiert nicht"},
    {REASON_HOST_UNKNOWN, "domäne nicht gefunden"},
    {REASON_HOST_UNKNOWN, "domäne existiert nicht"},
    {REASON_HOST_UNKNOWN, "unbekannter host"},
    {REASON_HOST_UNKNOWN, "host unbekannt"},
    {REASON_HOST_UNKNOWN, "onbekend domein"},
    {REASON_HOST_UNKNOWN, "domein bestaat niet"},
    {REASON_HOST_UNKNOWN, "domein is niet gevonden"},
    {REASON_HOST_UNKNOWN, "domein kan niet worden gevonden"},
    {REASON_HOST_UNKNOWN, "domaine n'existe pas"},
    {REASON_HOST_UNKNOWN, "domaine introuvable"},
    {REASON_HOST_UNKNOWN, "hôte inconnu"},
    {REASON_HOST_UNKNOWN, "nieznana domena"},
    {REASON_HOST_UNKNOWN, "domena nie istnieje"},
    {REASON_HOST_UNKNOWN, "nie znaleziono domeny"},
    {REASON_HOST_UNKNOWN, "nie znaleziono serwera"},
    {REASON_HOST_UNKNOWN, "dominio no existe"},
    {REASON_HOST_UNKNOWN, "dominio desconocido"},
    {REASON_HOST_UNKNOWN, "no se encontró el dominio"},
    {REASON_HOST_UNKNOWN, "dominio inesistente"},
    {REASON_HOST_UNKNOWN, "dominio sconosciuto"},
    {REASON_HOST_UNKNOWN, "dominio non trovato"},
    {REASON_HOST_UNKNOWN, "domínio não existe"},
    {REASON_HOST_UNKNOWN, "domínio não encontrado"},
    {REASON_HOST_UNKNOWN, "doména neexistuje"},
    {REASON_HOST_UNKNOWN, "domänen finns inte"},
    {REASON_HOST_UNKNOWN, "домен не найден"},
    {REASON_HOST_UNKNOWN, "домен не существует"},
    {REASON_HOST_UNKNOWN, "域名不存在"},
};

/* The queue's time is over, or will be: believed last, for the cause is often told besides. */
static const struct saying late[] = {
    {REASON_EXPIRED, "message expired"},
    {REASON_EXPIRED, "delivery expired"},
    {REASON_EXPIRED, "usunięta z kolejki"},
    {REASON_EXPIRED, "aus der warteschlange entfernt"},
    {REASON_EXPIRED, "uit de wachtrij verwijderd"},
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
    {REASON_EXPIRED, "will keep trying"},
    {REASON_EXPIRED, "will continue trying"},
    {REASON_EXPIRED, "will continue to try"},
    {REASON_EXPIRED, "we will retry"},
    {REASON_EXPIRED, "will be retried"},
    {REASON_EXPIRED, "has not yet been delivered"},
    {REASON_EXPIRED, "hasn't been delivered"},
    {REASON_EXPIRED, "not yet been delivered"},
    {REASON_EXPIRED, "still being retried"},
    {REASON_EXPIRED, "have not been able to deliver"},
    {REASON_EXPIRED, "delivery is delayed"},
    {REASON_EXPIRED, "temporarily delayed"},
    {REASON_EXPIRED, "delivery attempts will"},
    {REASON_EXPIRED, "retry limit"},
    {REASON_EXPIRED, "message was not delivered within"},
    {REASON_EXPIRED, "unable to deliver your message for"},
    {REASON_EXPIRED, "expired before"},
    {REASON_EXPIRED, "queue lifetime"},
    {REASON_EXPIRED, "has been waiting for"},
    {REASON_EXPIRED, "lifetime expired"},
    {REASON_EXPIRED, "message timeout"},
    {REASON_EXPIRED, "timed-out"},
    {REASON_EXPIRED, "timeout exceeded"},
    {REASON_EXPIRED, "time limit exceeded"},
    {REASON_EXPIRED, "too long in queue"},
    {REASON_EXPIRED, "too long in the queue"},
    {REASON_EXPIRED, "maximum queue time"},
    {REASON_EXPIRED, "konnte bisher nicht zugestellt"},
    {REASON_EXPIRED, "noch nicht zugestellt"},
    {REASON_EXPIRED, "zustellung verzögert"},
    {REASON_EXPIRED, "verzögert"},
    {REASON_EXPIRED, "weiterhin versucht"},
    {REASON_EXPIRED, "nog niet bezorgd"},
    {REASON_EXPIRED, "vertraagd"},
    {REASON_EXPIRED, "pas encore été"},
    {REASON_EXPIRED, "a été retardé"},
    {REASON_EXPIRED, "retardée"},
    {REASON_EXPIRED, "opóźnion"},
    {REASON_EXPIRED, "nie została jeszcze dostarczona"},
    {REASON_EXPIRED, "se ha retrasado"},
    {REASON_EXPIRED, "retrasad"},
    {REASON_EXPIRED, "ritardo"},
    {REASON_EXPIRED, "atrasad"},
    {REASON_EXPIRED, "zpožděn"},
    {REASON_EXPIRED, "försen"},
    {REASON_EXPIRED, "forsinket"},
    {REASON_EXPIRED, "задерж"},
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
    {REASON_SPAM_DETECTED, "spam-like"},
    {REASON_SPAM_DETECTED, "spamassassin"},
    {REASON_SPAM_DETECTED, "spam detection"},
    {REASON_SPAM_DETECTED, "spam rejected"},
    {REASON_SPAM_DETECTED, "spam blocked"},
    {REASON_SPAM_DETECTED, "probably spam"},
    {REASON_SPAM_DETECTED, "possible spam"},
    {REASON_SPAM_DETECTED, "possibly spam"},
    {REASON_SPAM_DETECTED, "spamming"},
    {REASON_SPAM_DETECTED, " - spam"}, /* amavis */
    {REASON_SPAM_DETECTED, "dt:spm"},  /* NetEase */
    {REASON_SPAM_DETECTED, "comme spam"},
    {REASON_SPAM_DETECTED, "jako spam"},
    {REASON_SPAM_DETECTED, "como spam"},
    {REASON_SPAM_DETECTED, "come spam"},
    {REASON_SPAM_DETECTED, "indésirable"},
    {REASON_SPAM_DETECTED, "pourriel"},
    {REASON_SPAM_DETECTED, "suspicious content"},
    {REASON_SPAM_DETECTED, "infected"},
    {REASON_SPAM_DETECTED, "trojan"},
    {REASON_SPAM_DETECTED, "спам"},
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
    {REASON_POLICY_VIOLATION, "poor reputation"},
    {REASON_POLICY_VIOLATION, "bad reputation"},
    {REASON_POLICY_VIOLATION, "sender reputation"},
    {REASON_POLICY_VIOLATION, "tls required"},
    {REASON_POLICY_VIOLATION, "must issue a starttls"},
    {REASON_POLICY_VIOLATION, "encryption required"},
    {REASON_POLICY_VIOLATION, "encryption needed"},
    {REASON_POLICY_VIOLATION, "not rfc compliant"},
    {REASON_POLICY_VIOLATION, "does not comply"},
    {REASON_POLICY_VIOLATION, "message rejected due to"},
    {REASON_POLICY_VIOLATION, "administrative prohibition"},
    {REASON_POLICY_VIOLATION, "administratively denied"},
    {REASON_POLICY_VIOLATION, "requires authentication"},
    {REASON_POLICY_VIOLATION, "rate-limit"},
    {REASON_POLICY_VIOLATION, "rate limited"},
    {REASON_POLICY_VIOLATION, "too many emails"},
    {REASON_POLICY_VIOLATION, "sending rate"},
    {REASON_POLICY_VIOLATION, "not accept mail from"},
    {REASON_POLICY_VIOLATION, "not accept email from"},
    {REASON_POLICY_VIOLATION, "no permission"},
    {REASON_POLICY_VIOLATION, "delivery not authorized"},
    {REASON_POLICY_VIOLATION, "not an allowed"},
    {REASON_POLICY_VIOLATION, "ask your postmaster for help"}, /* T-Online */
    {REASON_POLICY_VIOLATION, "resolver.rst."},
    {REASON_POLICY_VIOLATION, "temporär abgelehnt"},
    {REASON_POLICY_VIOLATION, "richtlinie"},
    {REASON_POLICY_VIOLATION, "refusé pour raison"},
    {REASON_POLICY_VIOLATION, "polityk"},
    {REASON_POLICY_VIOLATION, "beleid"},
    {REASON_POLICY_VIOLATION, "política"},
    {REASON_POLICY_VIOLATION, "criteri di"},
};

/*
 * Said in other words than any of the tables': a thing and what is said of it in the same sentence, in the languages of
 * the world. Folded (sentence_fold()); words are stems.
 */
static const char *const mailboxes[] = {
    "mailbox",     "inbox",    "mail box",  "postfach",    "posteingang", "postvak",        "brievenbus",
    "postbus",     "boite",    "skrzynk",   "buzon",       "bandeja",     "casella",        "cassetta",
    "caixa",       "brevlada", "postkasse", "postlada",    "indbakke",    "innboks",        "inkorg",
    "postilaatik", "schrank",  "postafiok", "casuta",      "cutia",       "posta kutu",     "gelen kutu",
    "ящик",        "скриньк",  "пощенск",   "γραμματοκιβ", "εισερχομεν",  "メールホックス", "受信トレイ",
    "邮箱",        "信箱",     "收件箱",    "메일함",      "사서함",      "편지함",         "תיבת",
    "صندوق",       NULL};
static const char *const full[] = {" full.",
                                   " full ",
                                   " full,",
                                   " voll ",
                                   " voll.",
                                   " vol ",
                                   " vol.",
                                   "pleine",
                                   "satur",
                                   "pelna",
                                   "pelny",
                                   "przepeln",
                                   "przekrocz",
                                   "llen",
                                   "lotad",
                                   "cheia",
                                   "piena",
                                   "fyldt",
                                   "fuld",
                                   "fullt",
                                   "taynna",
                                   " plna",
                                   "preplnen",
                                   "megtelt",
                                   " plina",
                                   "dolu",
                                   "переполн",
                                   "заполнен",
                                   "переповн",
                                   "пълна",
                                   "πληρησ",
                                   "γεματ",
                                   "いっはい",
                                   "容量",
                                   "已满",
                                   "已滿",
                                   "空间已满",
                                   "가득",
                                   "초과",
                                   "מלא",
                                   "ممتل",
                                   "storage limit",
                                   "no more space",
                                   "space left",
                                   "out of space",
                                   "speicherlimit",
                                   "limit erreicht",
                                   "geen ruimte",
                                   "kein platz",
                                   "plus de place",
                                   "plus d'espace",
                                   "brak miejsca",
                                   "sin espacio",
                                   "queda espacio",
                                   "sem espaco",
                                   "spazio esaurito",
                                   " completo",
                                   " completa",
                                   NULL};
static const char *const addresses[] = {
    "adress",     "address",      "adresse",   "adres",    "empfanger", "benutzer",    "postfach",   "konto",
    "destinat",   "utilisat",     "compte",    "boite",    "gebruiker", "ontvanger",   "uzytkown",   "odbiorc",
    "skrzynk",    "usuario",      "direccion", "cuenta",   "buzon",     "utente",      "indirizzo",  "casella",
    "endereco",   "conta ",       "mottagar",  "anvandar", "modtager",  "bruger",      "mottaker",   "bruker",
    "osoit",      "vastaanottaj", "prijemc",   "uzivatel", "schrank",   "cimzett",     "felhasznal", " cim",
    "-cim",       "utilizat",     "kullanici", "alici",    "получател", "пользовател", "адрес",      "ящик",
    "користувач", "одержувач",    "παραληπτ",  "χρηστ",    "διευθυνσ",  "アトレス",    "ユーサ",     "宛先",
    "あて先",     "收件人",       "用户",      "邮箱",     "地址",      "사용자",      "주소",       "수신자",
    NULL};
static const char *const nowhere_words[] = {"nicht gefunden",
                                            "kein postfach",
                                            "nicht bekannt",
                                            "aufgefuhrt",
                                            "nicht existier",
                                            "niet bestaat",
                                            "inexistant",
                                            "niet bekend",
                                            "pas connu",
                                            "nicht vorhanden",
                                            "unbekannt",
                                            "existiert nicht",
                                            "ungultig",
                                            "inconnu",
                                            "introuvable",
                                            "ete trouve",
                                            "n'existe",
                                            "n'a pas ete trouv",
                                            "aucun",
                                            "onbekend",
                                            "niet gevonden",
                                            "niet worden gevonden",
                                            "bestaat niet",
                                            "ongeldig",
                                            "nie istnieje",
                                            "nieznan",
                                            "nie znalezion",
                                            "sie znalezc",
                                            "nie ma t",
                                            "nie odnalezion",
                                            "no existe",
                                            "no se encontr",
                                            "se ha encontrado",
                                            "pudo encontrar",
                                            "no encontrad",
                                            "desconocid",
                                            "inexistent",
                                            "non esiste",
                                            "sconosciut",
                                            "non trovat",
                                            "stato trovato",
                                            "impossibile trovare",
                                            "nao existe",
                                            "nao encontrad",
                                            "ser encontrad",
                                            "foi encontrad",
                                            "desconhecid",
                                            "inte hittas",
                                            "hittades inte",
                                            "finns inte",
                                            "okand",
                                            "findes ikke",
                                            "ikke fundet",
                                            "ikke findes",
                                            "ukendt",
                                            "finnes ikke",
                                            "ikke funnet",
                                            "ukjent",
                                            "loydy",
                                            "tuntematon",
                                            "ei ole olemassa",
                                            "neexistuje",
                                            "nebyl nalezen",
                                            "nebyla nalezena",
                                            "nenalezen",
                                            "neznam",
                                            "nem talalhato",
                                            "nem letezik",
                                            "ismeretlen",
                                            "nu exist",
                                            "fost gasit",
                                            "necunoscut",
                                            "bulunamadi",
                                            "mevcut degil",
                                            "gecersiz",
                                            "наиден",
                                            "не существ",
                                            "неизвест",
                                            "не існу",
                                            "знаидено",
                                            "невідом",
                                            "δεν βρεθηκε",
                                            "δεν υπαρχει",
                                            "αγνωστ",
                                            "見つかり",
                                            "存在しま",
                                            "不存在",
                                            "找不到",
                                            "未找到",
                                            "존재하지",
                                            "찾을 수 없",
                                            "없는",
                                            NULL};
/* The same in English, which filters speak as well: the words alone, and nothing of whether it is for ever. */
static const char *const persons[] = {"user", "person", "recipient", "mailbox", "account", "address", NULL};
static const char *const gone[] = {
    "does not have a mailbox", "retired",        "has left",   "left us",     "any more", "anymore", "not known",
    "no longer with",          "not a customer", "isn't here", "is not here", NULL};
static const char *const sizes[] = {"message",   "mail",     "nachricht", "courriel", "bericht", "wiadomosc", "mensaje",
                                    "messaggio", "mensagem", "meddeland", "besked",   "melding", "viesti",    "zprav",
                                    "uzenet",    "mesaj",    "сообщени",  "письмо",   "邮件",    "メール",    NULL};
static const char *const too_big[] = {"larger than",   "groter dan",     "grosser als",
                                      "plus grand",    "plus volumineu", "wieksza niz",
                                      "wiekszy niz",   "mayor que",      "mas grande",
                                      "piu grande",    "maior que",      "too large",
                                      "too big",       "size limit",     "is over the limit",
                                      "zu gross",      "trop volumineu", "te groot",
                                      "zbyt duz",      "za duz",         "demasiado grande",
                                      "troppo grande", "muito grande",   "for stor",
                                      "liian suuri",   "prilis velk",    "tul nagy",
                                      "prea mare",     "cok buyuk",      "слишком больш",
                                      "过大",          "大きすき",       NULL};
static const char *const measures[] = {"rozmiar", "grosse ",   "omvang",  "grootte",   "taille", "tamano",
                                       "tamanho", "dimension", "storlek", "storrelse", NULL};
static const char *const exceeds[] = {"przekracza", "przekroczon", "uberschr",   "overschr",  "depass", "exced",
                                      "supera",     "ultrapassa",  "overstiger", "overskrid", NULL};
static const char *const letters[] = {"message",   "mail",     "content",   "body",     "nachricht", "bericht",
                                      "wiadomosc", "mensaje",  "messaggio", "mensagem", "score",     "filter",
                                      "письмо",    "сообщени", "邮件",      NULL};
static const char *const unwanted[] = {"spam ",       "spam.",     "spam,",       "junk",        "unsolicited",
                                       "spamscore",   "antyspam",  "filtre anti", "filtro anti", "niechcian",
                                       "indesirable", "ungewollt", "ongewenst",   "no deseado",  "indesiderat",
                                       "спам",        "垃圾",      "スハム",      NULL};
static const char *const block_lists[] = {
    "spamhaus", "spamcop",        "blacklist", "blocklist", "block list", "listed",    "reputation", "client host",
    "your ip",  "amount of spam", "dnsbl",     "spf ",      "dkim",       "authentic", "rbl",        NULL};

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
    {REASON_USER_UNKNOWN, "address is unknown"},
    {REASON_USER_UNKNOWN, "unknown account"},
    {REASON_USER_UNKNOWN, "unknown to us"},
    {REASON_USER_UNKNOWN, "unknown local user"},
    {REASON_USER_UNKNOWN, "unknown or illegal user"},
    {REASON_USER_UNKNOWN, "recipient is unknown"},
    {REASON_USER_UNKNOWN, "recipient address unknown"},
    {REASON_USER_UNKNOWN, "recipient is not local"},
    {REASON_USER_UNKNOWN, "recipient invalid"},
    {REASON_USER_UNKNOWN, "recipient is invalid"},
    {REASON_USER_UNKNOWN, "recipient is not valid"},
    {REASON_USER_UNKNOWN, "recipient not valid"},
    {REASON_USER_UNKNOWN, "recipientnotfound"},
    {REASON_USER_UNKNOWN, "recipient not recognized"},
    {REASON_USER_UNKNOWN, "recipient not recognised"},
    {REASON_USER_UNKNOWN, "recipient could not be found"},
    {REASON_USER_UNKNOWN, "recipient couldn't be found"},
    {REASON_USER_UNKNOWN, "bad recipient"},
    {REASON_USER_UNKNOWN, "no valid recipient"},
    {REASON_USER_UNKNOWN, "not a valid recipient"},
    {REASON_USER_UNKNOWN, "not a valid mailbox"},
    {REASON_USER_UNKNOWN, "not a valid user"},
    {REASON_USER_UNKNOWN, "not a valid email"},
    {REASON_USER_UNKNOWN, "not a valid address"},
    {REASON_USER_UNKNOWN, "not a known user"},
    {REASON_USER_UNKNOWN, "not a local user"},
    {REASON_USER_UNKNOWN, "not our customer"},
    {REASON_USER_UNKNOWN, "user not exist"},
    {REASON_USER_UNKNOWN, "user not local"},
    {REASON_USER_UNKNOWN, "user is unknown"},
    {REASON_USER_UNKNOWN, "user could not be found"},
    {REASON_USER_UNKNOWN, "username not found"},
    {REASON_USER_UNKNOWN, "no recipient"},
    {REASON_USER_UNKNOWN, "no one by that name"},
    {REASON_USER_UNKNOWN, "no one at this address"},
    {REASON_USER_UNKNOWN, "nobody here"},
    {REASON_USER_UNKNOWN, "mailbox isn't available"},
    {REASON_USER_UNKNOWN, "mailbox not available"},
    {REASON_USER_UNKNOWN, "mailbox not here"},
    {REASON_USER_UNKNOWN, "mailbox invalid"},
    {REASON_USER_UNKNOWN, "mailbox has been deleted"},
    {REASON_USER_UNKNOWN, "mailbox is no longer"},
    {REASON_USER_UNKNOWN, "mailbox deactivated"},
    {REASON_USER_UNKNOWN, "account not found"},
    {REASON_USER_UNKNOWN, "account not available"},
    {REASON_USER_UNKNOWN, "account has been deleted"},
    {REASON_USER_UNKNOWN, "account has been closed"},
    {REASON_USER_UNKNOWN, "account closed"},
    {REASON_USER_UNKNOWN, "account deleted"},
    {REASON_USER_UNKNOWN, "account unknown"},
    {REASON_USER_UNKNOWN, "address has been deleted"},
    {REASON_USER_UNKNOWN, "address is no longer"},
    {REASON_USER_UNKNOWN, "address no longer"},
    {REASON_USER_UNKNOWN, "address not valid"},
    {REASON_USER_UNKNOWN, "address is invalid"},
    {REASON_USER_UNKNOWN, "address isn't valid"},
    {REASON_USER_UNKNOWN, "address not known"},
    {REASON_USER_UNKNOWN, "address could not be found"},
    {REASON_USER_UNKNOWN, "address you entered couldn't"},
    {REASON_USER_UNKNOWN, "email address lookup"},
    {REASON_USER_UNKNOWN, "e-mail address not found"},
    {REASON_USER_UNKNOWN, "deactivated mailbox"},
    {REASON_USER_UNKNOWN, "deactivated address"},
    {REASON_USER_UNKNOWN, "left the company"},
    {REASON_USER_UNKNOWN, "left the organi"},
    {REASON_USER_UNKNOWN, "no longer works"},
    {REASON_USER_UNKNOWN, "no longer employed"},
    {REASON_USER_UNKNOWN, "no longer exist"},
    {REASON_USER_UNKNOWN, "not known here"},
    {REASON_USER_UNKNOWN, "invalid local part"},
    {REASON_USER_UNKNOWN, "invalid email address"},
    {REASON_USER_UNKNOWN, "invalid e-mail address"},
    {REASON_USER_UNKNOWN, "resolver.adr."},
    {REASON_USER_UNKNOWN, "unbekannter empfänger"},
    {REASON_USER_UNKNOWN, "unbekannter benutzer"},
    {REASON_USER_UNKNOWN, "benutzer unbekannt"},
    {REASON_USER_UNKNOWN, "existiert nicht"},
    {REASON_USER_UNKNOWN, "wurde nicht gefunden"},
    {REASON_USER_UNKNOWN, "konnte nicht gefunden"},
    {REASON_USER_UNKNOWN, "nicht gefunden"},
    {REASON_USER_UNKNOWN, "adresse nicht vorhanden"},
    {REASON_USER_UNKNOWN, "keine mailbox"},
    {REASON_USER_UNKNOWN, "onbekende gebruiker"},
    {REASON_USER_UNKNOWN, "gebruiker onbekend"},
    {REASON_USER_UNKNOWN, "onbekende ontvanger"},
    {REASON_USER_UNKNOWN, "bestaat niet"},
    {REASON_USER_UNKNOWN, "niet gevonden"},
    {REASON_USER_UNKNOWN, "kan niet worden gevonden"},
    {REASON_USER_UNKNOWN, "utilisateur inconnu"},
    {REASON_USER_UNKNOWN, "n'existe pas"},
    {REASON_USER_UNKNOWN, "est introuvable"},
    {REASON_USER_UNKNOWN, "introuvable"},
    {REASON_USER_UNKNOWN, "adresse invalide"},
    {REASON_USER_UNKNOWN, "destinataire invalide"},
    {REASON_USER_UNKNOWN, "boîte aux lettres inexistante"},
    {REASON_USER_UNKNOWN, "nie istnieje"},
    {REASON_USER_UNKNOWN, "nie znaleziono"},
    {REASON_USER_UNKNOWN, "nieznany użytkownik"},
    {REASON_USER_UNKNOWN, "użytkownik nieznany"},
    {REASON_USER_UNKNOWN, "nieznany adresat"},
    {REASON_USER_UNKNOWN, "nie odnaleziono"},
    {REASON_USER_UNKNOWN, "brak konta"},
    {REASON_USER_UNKNOWN, "nie można znaleźć"},
    {REASON_USER_UNKNOWN, "no existe"},
    {REASON_USER_UNKNOWN, "no se encontró"},
    {REASON_USER_UNKNOWN, "no se ha encontrado"},
    {REASON_USER_UNKNOWN, "no se pudo encontrar"},
    {REASON_USER_UNKNOWN, "dirección inexistente"},
    {REASON_USER_UNKNOWN, "destinatario inexistente"},
    {REASON_USER_UNKNOWN, "non esiste"},
    {REASON_USER_UNKNOWN, "inesistente"},
    {REASON_USER_UNKNOWN, "destinatario sconosciuto"},
    {REASON_USER_UNKNOWN, "non è stato trovato"},
    {REASON_USER_UNKNOWN, "non trovato"},
    {REASON_USER_UNKNOWN, "não existe"},
    {REASON_USER_UNKNOWN, "não foi encontrado"},
    {REASON_USER_UNKNOWN, "não encontrado"},
    {REASON_USER_UNKNOWN, "usuário desconhecido"},
    {REASON_USER_UNKNOWN, "destinatário desconhecido"},
    {REASON_USER_UNKNOWN, "neexistuje"},
    {REASON_USER_UNKNOWN, "nebyl nalezen"},
    {REASON_USER_UNKNOWN, "neznámý uživatel"},
    {REASON_USER_UNKNOWN, "nebyla nalezena"},
    {REASON_USER_UNKNOWN, "finns inte"},
    {REASON_USER_UNKNOWN, "hittades inte"},
    {REASON_USER_UNKNOWN, "kunde inte hittas"},
    {REASON_USER_UNKNOWN, "findes ikke"},
    {REASON_USER_UNKNOWN, "blev ikke fundet"},
    {REASON_USER_UNKNOWN, "kunne ikke findes"},
    {REASON_USER_UNKNOWN, "finnes ikke"},
    {REASON_USER_UNKNOWN, "ble ikke funnet"},
    {REASON_USER_UNKNOWN, "ei löydy"},
    {REASON_USER_UNKNOWN, "ei ole olemassa"},
    {REASON_USER_UNKNOWN, "nem létezik"},
    {REASON_USER_UNKNOWN, "nem található"},
    {REASON_USER_UNKNOWN, "nu există"},
    {REASON_USER_UNKNOWN, "nu a fost găsit"},
    {REASON_USER_UNKNOWN, "bulunamadı"},
    {REASON_USER_UNKNOWN, "mevcut değil"},
    {REASON_USER_UNKNOWN, "δεν βρέθηκε"},
    {REASON_USER_UNKNOWN, "δεν υπάρχει"},
    {REASON_USER_UNKNOWN, "не найден"},
    {REASON_USER_UNKNOWN, "неизвестный пользователь"},
    {REASON_USER_UNKNOWN, "пользователь неизвестен"},
    {REASON_USER_UNKNOWN, "не існує"},
    {REASON_USER_UNKNOWN, "не знайдено"},
    {REASON_USER_UNKNOWN, "不存在"},
    {REASON_USER_UNKNOWN, "未找到"},
    {REASON_USER_UNKNOWN, "找不到"},
    {REASON_USER_UNKNOWN, "존재하지"},
    {REASON_USER_UNKNOWN, "לא נמצא"},
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
    {REASON_USER_UNKNOWN, "address rejected"},
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
    {REASON_OTHER, "account has expired"},
    {REASON_OTHER, "account is closed"},
    {REASON_OTHER, "account is over its limit"},
    {REASON_OTHER, "user is inactive"},
    {REASON_OTHER, "user inactive"},
    {REASON_OTHER, "user disabled"},
    {REASON_OTHER, "user is disabled"},
    {REASON_OTHER, "recipient is suspended"},
    {REASON_OTHER, "recipient suspended"},
    {REASON_OTHER, "mailbox suspended"},
    {REASON_OTHER, "mailbox is suspended"},
    {REASON_OTHER, "mailbox is locked"},
    {REASON_OTHER, "mailbox locked"},
    {REASON_OTHER, "mailbox blocked"},
    {REASON_OTHER, "inactive account"},
    {REASON_OTHER, "inactive mailbox"},
    {REASON_OTHER, "inactive user"},
    {REASON_OTHER, "disabled mailbox"},
    {REASON_OTHER, "disabled account"},
    {REASON_OTHER, "mail is disabled for this user"},
    {REASON_OTHER, "konto ist deaktiviert"},
    {REASON_OTHER, "konto gesperrt"},
    {REASON_OTHER, "konto zablokowane"},
    {REASON_OTHER, "konto nieaktywne"},
    {REASON_OTHER, "compte désactivé"},
    {REASON_OTHER, "compte suspendu"},
    {REASON_OTHER, "account geblokkeerd"},
    {REASON_OTHER, "cuenta desactivada"},
    {REASON_OTHER, "cuenta suspendida"},
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
           strchr(" -:", text[3]); /* or the end */
}

/* Codes that only say "something". */
static gboolean
is_vague(const char *status)
{
    static const char *const vague[] = {".0.0", ".1.0", ".4.7", ".0.350"};
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
    gboolean use_words = *best && (!is_vague(best) || !*field || (is_vague(field) && *field == *best));
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

/* A program that speaks under its own name: `procmail: Couldn't create …`. */
static gboolean
has_program_name(const char *words)
{
    gsize length = strcspn(words, " :");
    return length && words[length] == ':';
}

/* A local program failed (`X-Unix; 71`): what it says of users and files is its own affair, but for a full disk and for
 * the exit status that says that the mailbox is not there (67), of which the mail system makes 5.1.1. */
static gboolean
is_local_program(const char *words, struct diagnosis *d)
{
    if (strncmp(words, "x-unix;", 7) != 0)
        return FALSE;
    const char *output = words + strlen("x-unix;");
    if (strcmp(d->status, "5.1.1") == 0 && !has_program_name(output + strspn(output, " ")))
        d->reason = REASON_USER_UNKNOWN;
    else if (!SAID(precise) || d->reason != REASON_MAILBOX_FULL)
        d->reason = REASON_OTHER;
    return TRUE;
}

/* The words of the reply in "smtp; 550 5.1.1 …", "550: …"; NULL where no reply begins. */
static const char *
reply_words(const char *words)
{
    words += strncmp(words, "smtp;", 5) == 0 ? 5 : 0;
    words += strspn(words, ">: ");
    return is_smtp_reply(words) && words[3] ? words + 4 + strspn(words + 4, " ") : NULL;
}

/* "550 <bob@example.com>: …", "550 unknown user bob@example.com": a server that repeats the address speaks of the
 * address. */
static gboolean
reply_names_address(const char *words)
{
    enum { NEAR = 100 };
    const char *reply = reply_words(words);
    return reply && memchr(reply, '@', strnlen(reply, NEAR));
}

/* "542 bob@example.com Rejected" and no word more: it is the address that is not wanted. */
static gboolean
is_bare_refusal(const char *words)
{
    const char *p = reply_words(words);
    gsize address = p ? strcspn(p, " ") : 0;
    if (!address || !memchr(p, '@', address))
        return FALSE;
    p += address + strspn(p + address, " ");
    return strncmp(p, "rejected", 8) == 0 && strchr("|.", p[8 + strspn(p + 8, " ")]);
}

/* The mail itself is called spam, be it in the same breath as "blocked"; lists of senders are another matter. */
static gboolean
is_called_spam(const char *words)
{
    if (!strstr(words, "spam") && !strstr(words, "junk") && g_str_is_ascii(words))
        return FALSE;
    g_autofree char *folded = sentence_fold(words);
    return sentence_has(folded, letters, unwanted) && !sentence_any(folded, strlen(folded), block_lists);
}

/* In other words than the tables'. */
static gboolean
choose_by_sentence(const char *words, struct diagnosis *d)
{
    g_autofree char *folded = sentence_fold(words);
    if (sentence_has(folded, mailboxes, full))
        d->reason = REASON_MAILBOX_FULL;
    else if (sentence_has(folded, addresses, nowhere_words))
        d->reason = REASON_USER_UNKNOWN;
    else if (sentence_has(folded, persons, gone))
        d->reason = REASON_USER_UNKNOWN;
    else if (sentence_has(folded, sizes, too_big) || sentence_has(folded, measures, exceeds))
        d->reason = REASON_TOO_BIG;
    else
        return FALSE;
    return TRUE;
}

/* A domain that does not exist, in other words than English, and nothing of anybody's address. */
static gboolean
is_domain_unknown(const char *words)
{
    static const char *const domains[] = {"domaine", "domein", "dominio", "domena", "domane", "domeny", "домен", NULL};
    if (!sentence_contains(words, domains) && g_str_is_ascii(words))
        return FALSE;
    g_autofree char *folded = sentence_fold(words);
    for (const char *p = folded; *p; p += *p != '\0') { /* "y.example" is in one piece */
        const char *end = p + strcspn(p, ":,;|");
        gsize length = (gsize)(end - p);
        if (sentence_any(p, length, domains) && sentence_any(p, length, nowhere_words) &&
            !sentence_any(p, length, addresses) && !sentence_any(p, length, persons))
            return TRUE;
        p = end;
    }
    return FALSE;
}

static gboolean
choose_reason(const char *words, struct diagnosis *d)
{
    enum report_reason by_code = REASON_OTHER;
    gboolean code = reason_by_status(d->status, &by_code);
    if (is_local_program(words, d) || SAID(precise) || SAID(shut))
        return TRUE;
    if (is_domain_unknown(words)) {
        d->reason = REASON_HOST_UNKNOWN;
        return TRUE;
    }
    if (SAID(unknown))
        return TRUE;
    if (code && by_code == REASON_USER_UNKNOWN && !SAID(judged)) {
        d->reason = by_code;
        return TRUE;
    }
    if (is_called_spam(words)) {
        d->reason = REASON_SPAM_DETECTED;
        return TRUE;
    }
    if (SAID(judged) || SAID(late))
        return TRUE;
    if (is_client_refused(words)) {
        d->reason = REASON_POLICY_VIOLATION;
        return TRUE;
    }
    if (is_bare_refusal(words)) {
        d->reason = REASON_USER_UNKNOWN;
        return TRUE;
    }
    if (choose_by_sentence(words, d))
        return TRUE;
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
                                              "bounce category: bad-mailbox",
                                              "recipient address rejected: access denied",
                                              "unknown user: \"",
                                              "... unknown user"};
    /* Said by those who know. "User unknown" is what a filter says too, and for less. */
    static const char *const nowhere[] = {
        "does not exist",   "doesn't exist",    "no longer exist",    "no longer valid",
        "no longer in use", "no longer works",  "no longer employed", "has been deleted",
        "has moved",        "left the company", "left the organi",    "existiert nicht",
        "bestaat niet",     "n'existe pas",     "nie istnieje",       "no existe",
        "non esiste",       "não existe",       "neexistuje",         "finns inte",
        "findes ikke",      "finnes ikke",      "ei ole olemassa",    "nem létezik",
        "nu există",        "wasn't found at",  "couldn't be found",  "could not be found",
        "존재하지",         "mevcut değil",     "не существует",      "не існує",
        "不存在",           "存在しません"};
    gboolean telling = !is_vague(status);
    if (telling && strncmp(status + 1, ".1.", 3) == 0)
        return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(directories); i++)
        if (strstr(words, directories[i]))
            return TRUE;
    if (stage != STAGE_UNKNOWN || telling)
        return stage == STAGE_RCPT;
    for (gsize i = 0; i < G_N_ELEMENTS(nowhere); i++)
        if (strstr(words, nowhere[i]))
            return TRUE;
    g_autofree char *folded = sentence_fold(words); /* filters speak English */
    return sentence_has(folded, addresses, nowhere_words) || reply_names_address(words);
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
