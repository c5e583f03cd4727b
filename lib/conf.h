/*
 * Settings: /etc/postern/postern.conf, a key file of [group] and key = value.
 *
 * The table in conf.c holds for each setting its group.key, type, default, range and help; the sample file and the
 * manual's list are held to it by tests. Unknown keys, repeated keys and values out of range are refused at load
 * with `FILE:LINE: what is wrong and what would be right` (POSTERN_ERROR_INVALID). A key is named as the field that
 * holds it, without the group's name in front: `[milter] socket` is milter_socket.
 *
 * A loaded `struct conf` is immutable and shared by threads; a reload makes a new one.
 */
#ifndef POSTERN_LIB_CONF_H
#define POSTERN_LIB_CONF_H

#include <glib.h>

#include "lib/log.h"

/* Durations are seconds, sizes are bytes. In the file: `72h`, `20s`, `400d`, `25M`; a bare number is seconds or bytes.
 */
struct conf {
    char *path; /* the file it came from, absolute */

    /* [gateway] */
    char *domain;      /* required: the domain of every address that is ours, lower case */
    char *name;        /* what the marketplace calls itself in mails; default "Postern" */
    char *language;    /* default language of mails: en */
    char *timezone;    /* of times in mails, IANA's name: UTC */
    char *admin;       /* address that gets notices for the admin; default postmaster@DOMAIN */
    char *profile_url; /* public profile link, `%s` is the organisation's slug; default https://DOMAIN/%s */

    /* [addresses] local parts */
    char *jobs;    /* jobs */
    char *leads;   /* leads */
    char *experts; /* experts */
    char *desk;    /* desk */
    char *link;    /* r: the part before `+TOKEN` */

    /* [store] */
    char *database;      /* sqlite:/var/lib/postern/postern.db (later postgresql:…) */
    char *keys;          /* key file, mode 0600; default /var/lib/postern/keys */
    gint64 busy_timeout; /* how long a writer waits for its turn before TEMP; 10s */
    gint64 readers;      /* read connections a process keeps; 4 */

    /* [milter] */
    char *milter_socket;     /* key `socket`: unix:/var/spool/postfix/postern/milter.sock or inet:PORT@HOST (libmilter's
                                form) */
    char *milter_group;      /* key `group`: group that may connect; "postfix" */
    gint64 max_message_size; /* above it 552 5.3.4; 25M */
    gint64 spool_memory;     /* of a body kept in memory; above it an unlinked file; 1M */
    char *spool_directory;   /* /var/lib/postern/spool */
    gint64 parsers;          /* parse threads; 2 */

    /* [mailer] */
    char *relay;     /* where mail is handed over: [lmtp:] host:port, [v6]:port, unix:/path; 127.0.0.1:25 */
    char *relay_tls; /* auto | none | starttls | tls */
    char *relay_ca;  /* certificate authorities in PEM; empty: the system's */
    char *relay_user, *relay_password_file; /* AUTH; empty: none */
    char *wake_socket;     /* UNIX datagram socket on which the mailer is woken; /var/lib/postern/wake */
    char *templates;       /* folder with KIND.part.mustache and LANGUAGE.words that go before the installed ones */
    gint64 connections;    /* SMTP connections; 4 */
    gint64 batch;          /* rows claimed at a time; 100 */
    gint64 lease;          /* a claim not reported by then is claimed again; 5m */
    gint64 smtp_timeout;   /* for each SMTP reply; 60s */
    gint64 retry_lifetime; /* temporary failures are given up after this; 5d */
    gint64 poll;           /* longest sleep between two scans of due rows; 5s */
    /* mails a minute to one recipient, to one domain, and how many may go at once; rate 0: no limit */
    gint64 recipient_rate, recipient_burst, domain_rate, domain_burst;

    /* [market] */
    gint64 answer_time;       /* a partner's time for the first answer; 72h */
    gint64 overview_interval; /* never two overviews to an organisation within it; 1h */
    gint64 match_count;       /* organisations that a matched request goes to; 3 */
    gint64 hold_time;         /* relayed partner mail waits this long; 20s */
    gint64 link_lifetime;     /* from a link's last use; 400d */
    gint64 seen_lifetime;     /* how long a resent mail is known; 14d */

    /* [match] the most points that a factor adds or takes off (market/match.h); 0: it does not count */
    gint64 weight_service, weight_language, weight_dropshipping, weight_rate, weight_speed, weight_reviews;
    gint64 weight_expired, weight_declined;

    /* [form] */
    char *form_maps; /* key `maps`: folder with field maps, NAME.form (mime/form-map.h); /etc/postern/forms */

    /* [trust] */
    char *authserv_id;            /* whose Authentication-Results are believed; empty: nobody's */
    char *unauthenticated;        /* act | confirm */
    gboolean unauthenticated_act; /* the same as a flag */

    /* [log] */
    char *log_target; /* key `target`: stderr | syslog | journald */
    char *log_level;  /* key `level`: error | warning | notice | info | debug */
};

#define CONF_DEFAULT_PATH "/etc/postern/postern.conf"

/* Reads and checks a file. NOT_FOUND when it cannot be opened, INVALID for what is in it. */
struct conf *conf_load(const char *path, GError **error);
void conf_free(struct conf *conf);
typedef struct conf conf;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(conf, conf_free)

/* [log] as log_open() takes it. */
enum log_target conf_log_target(const struct conf *conf);
int conf_log_level(const struct conf *conf);

/* The table, for the manual, `postern check` and tests. */
struct conf_setting {
    const char *name;          /* "market.answer_time": the key `answer_time` of [market] */
    const char *type;          /* "duration", "path", … or the choices: "confirm | act" */
    const char *default_value; /* as it would stand in the file, DOMAIN for gateway.domain; NULL: required */
    const char *min, *max;     /* the range, as it would stand in the file; NULL: none */
    const char *help;          /* one sentence */
    gsize offset;              /* of the field in struct conf; for conf.c */
};
const struct conf_setting *conf_settings(guint *count);
/* Value in force as it would stand in the file; caller frees. NULL: no such setting. */
char *conf_value(const struct conf *conf, const char *name);

#endif
