#include "market/trust.h"

/* by link and verdict; where no filter is configured nobody can pass, and a setting decides. */
static const enum trust table[2][3] = {
    /*           none           pass           fail */
    [FALSE] = {TRUST_CONFIRM, TRUST_CONFIRM, TRUST_QUARANTINE},
    [TRUE] = {TRUST_CONFIRM, TRUST_ACT, TRUST_QUARANTINE},
};

enum trust
trust_of(const struct conf *conf, const struct incoming *in, gboolean link)
{
    if (!*conf->authserv_id && link)
        return conf->unauthenticated_act ? TRUST_ACT : TRUST_CONFIRM;
    return table[link != FALSE][in->dmarc];
}

gboolean
trust_is_lie(const struct conf *conf, const struct incoming *in)
{
    return trust_of(conf, in, FALSE) == TRUST_QUARANTINE;
}

gboolean
trust_is_proven(const struct conf *conf, const struct incoming *in)
{
    return *conf->authserv_id && in->dmarc == AUTHRES_PASS;
}

gboolean
trust_is_unverified(const struct conf *conf, const struct incoming *in)
{
    return !trust_is_proven(conf, in) && (*conf->authserv_id || !conf->unauthenticated_act);
}
