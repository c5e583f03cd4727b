/*
 * The import file: JSON → struct registry, with the place of everything that is wrong. Writing it: registry-import.c.
 *
 * Each kind of object is a table of its keys, so what is unknown, missing or of the wrong type is told in one place.
 */
#include "market/registry.h"

#include <string.h>

#include <jansson.h>

#include "lib/text.h"
#include "market/address.h"

#define NAME_BYTES 200
#define URL_BYTES 1000
#define SHOWN_BYTES 80                        /* of a bad value, in the message */
#define RATE_MAX ((gint64)1000 * 1000 * 1000) /* minor units an hour */

/* ---- records ---- */

static void
free_member(gpointer data)
{
    struct registry_member *member = data;
    g_free(member->address);
    g_free(member->name);
    g_free(member);
}

static void
free_service(gpointer data)
{
    struct registry_service *service = data;
    g_free(service->slug);
    g_free(service->currency);
    g_free(service);
}

static void
free_organisation(gpointer data)
{
    struct registry_organisation *organisation = data;
    g_free(organisation->slug);
    g_free(organisation->name);
    g_free(organisation->language);
    g_free(organisation->notify);
    g_free(organisation->profile_url);
    g_clear_pointer(&organisation->members, g_ptr_array_unref);
    g_clear_pointer(&organisation->services, g_ptr_array_unref);
    g_free(organisation);
}

static void
free_merchant(gpointer data)
{
    struct registry_merchant *merchant = data;
    g_ptr_array_unref(merchant->addresses);
    g_free(merchant->name);
    g_free(merchant->language);
    g_free(merchant->shop_name);
    g_free(merchant->shop_url);
    g_free(merchant);
}

static struct registry *
registry_new(void)
{
    struct registry *reg = g_new0(struct registry, 1);
    reg->organisations = g_ptr_array_new_with_free_func(free_organisation);
    reg->merchants = g_ptr_array_new_with_free_func(free_merchant);
    return reg;
}

void
registry_free(struct registry *reg)
{
    if (!reg)
        return;
    g_ptr_array_unref(reg->organisations);
    g_ptr_array_unref(reg->merchants);
    g_free(reg);
}

/* ---- where we are, and what is wrong there ---- */

/* An address that the file has given to somebody. */
struct claim {
    guint entry; /* counts organisations and merchants together */
    gboolean notify, listed;
    char *pointer;
};

struct parser {
    const struct conf *settings;
    GPtrArray *errors;
    GString *at;        /* JSON Pointer */
    guint entry;        /* the organisation or merchant that is being read, from 1 */
    GHashTable *claims; /* address → struct claim */
    GHashTable *slugs;  /* slug → its pointer */
    GHashTable *shops;  /* URL → name */
};

static void
free_claim(gpointer data)
{
    struct claim *claim = data;
    g_free(claim->pointer);
    g_free(claim);
}

static void complain(struct parser *parser, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
complain(struct parser *parser, const char *format, ...)
{
    va_list words;
    va_start(words, format);
    g_autofree char *text = g_strdup_vprintf(format, words);
    va_end(words);
    g_ptr_array_add(parser->errors, g_strdup_printf("%s: %s", parser->at->len ? parser->at->str : "the file", text));
}

/* Goes one level down; the result is for climb(). */
static gsize
descend(struct parser *parser, const char *key)
{
    gsize length = parser->at->len;
    g_autofree char *clean = text_one_line(key, NAME_BYTES);
    g_string_append_c(parser->at, '/');
    for (const char *p = clean; *p; p++) {
        if (*p == '~' || *p == '/') /* RFC 6901 3 */
            g_string_append(parser->at, *p == '~' ? "~0" : "~1");
        else
            g_string_append_c(parser->at, *p);
    }
    return length;
}

static gsize
descend_index(struct parser *parser, gsize index)
{
    gsize length = parser->at->len;
    g_string_append_printf(parser->at, "/%" G_GSIZE_FORMAT, index);
    return length;
}

static void
climb(struct parser *parser, gsize length)
{
    g_string_truncate(parser->at, length);
}

/* A value as it may be shown in a message. */
static char *
shown(const json_t *value)
{
    return text_one_line(json_string_value(value), SHOWN_BYTES);
}

/* ---- objects by table ---- */

enum kind { KIND_STRING = 1, KIND_OBJECT = 2, KIND_ARRAY = 4, KIND_BOOLEAN = 8, KIND_INTEGER = 16, KIND_NULL = 32 };

static const struct {
    enum kind kind;
    const char *name;
} kinds[] = {
    {KIND_STRING, "a string"},       {KIND_OBJECT, "an object"},       {KIND_ARRAY, "a list"},
    {KIND_BOOLEAN, "true or false"}, {KIND_INTEGER, "a whole number"}, {KIND_NULL, "null"},
};

struct field {
    const char *key;
    guint wanted; /* kinds */
    gboolean required;
    gsize offset; /* into the record, for `take` */
    void (*take)(struct parser *parser, const json_t *value, gpointer record, gsize offset);
};

static enum kind
kind_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        return KIND_STRING;
    case JSON_OBJECT:
        return KIND_OBJECT;
    case JSON_ARRAY:
        return KIND_ARRAY;
    case JSON_TRUE:
    case JSON_FALSE:
        return KIND_BOOLEAN;
    case JSON_INTEGER:
        return KIND_INTEGER;
    case JSON_NULL:
        return KIND_NULL;
    case JSON_REAL:
        break;
    }
    return 0;
}

static gboolean
is_wanted(struct parser *parser, const json_t *value, guint wanted)
{
    enum kind kind = kind_of(value);
    if (kind & wanted)
        return TRUE;
    g_autoptr(GString) names = g_string_new(NULL);
    const char *found = "a fraction";
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (kinds[i].kind & wanted)
            g_string_append_printf(names, "%s%s", names->len ? " or " : "", kinds[i].name);
        if (kinds[i].kind == kind)
            found = kinds[i].name;
    }
    complain(parser, "%s is wanted here, not %s", names->str, found);
    return FALSE;
}

static const struct field *
field_find(const struct field *fields, const char *key)
{
    for (; fields->key; fields++) {
        if (strcmp(fields->key, key) == 0)
            return fields;
    }
    return NULL;
}

static void
refuse_unknown(struct parser *parser, const struct field *fields, const char *key)
{
    g_autoptr(GString) known = g_string_new(NULL);
    for (; fields->key; fields++)
        g_string_append_printf(known, "%s%s", known->len ? ", " : "", fields->key);
    gsize here = descend(parser, key);
    complain(parser, "unknown key; known here: %s", known->str);
    climb(parser, here);
}

/* `value` is known to be an object. `fields` ends with a row without key. */
static void
read_object(struct parser *parser, const json_t *value, const struct field *fields, gpointer record)
{
    const char *key;
    json_t *unused;
    json_object_foreach((json_t *)value, key, unused)
    {
        if (!field_find(fields, key))
            refuse_unknown(parser, fields, key);
    }
    for (; fields->key; fields++) {
        const json_t *field = json_object_get(value, fields->key);
        gsize here = descend(parser, fields->key);
        if (field && is_wanted(parser, field, fields->wanted))
            fields->take(parser, field, record, fields->offset);
        else if (!field && fields->required)
            complain(parser, "missing");
        climb(parser, here);
    }
}

/* Calls `take` for each element that is of a wanted kind. */
static void
read_array(struct parser *parser, const json_t *value, guint wanted,
           void (*take)(struct parser *parser, const json_t *element, gpointer into), gpointer into)
{
    gsize index;
    json_t *element;
    json_array_foreach((json_t *)value, index, element)
    {
        gsize here = descend_index(parser, index);
        if (is_wanted(parser, element, wanted))
            take(parser, element, into);
        climb(parser, here);
    }
}

/* ---- values ---- */

static char **
text_at(gpointer record, gsize offset)
{
    return G_STRUCT_MEMBER_P(record, offset);
}

static void
take_boolean(struct parser *parser, const json_t *value, gpointer record, gsize offset)
{
    (void)parser;
    G_STRUCT_MEMBER(gboolean, record, offset) = json_is_true(value);
}

static void
take_name(struct parser *parser, const json_t *value, gpointer record, gsize offset)
{
    g_autofree char *name = text_one_line(json_string_value(value), G_MAXSIZE);
    if (!*name)
        complain(parser, "empty");
    else if (strlen(name) > NAME_BYTES)
        complain(parser, "longer than %d bytes", NAME_BYTES);
    else
        *text_at(record, offset) = g_steal_pointer(&name);
}

static void
take_language(struct parser *parser, const json_t *value, gpointer record, gsize offset)
{
    static const char *const languages[] = {"en", "nl", "fr", "pl", NULL};
    const char *language = json_string_value(value);
    if (g_strv_contains(languages, language)) {
        *text_at(record, offset) = g_strdup(language);
        return;
    }
    g_autofree char *seen = shown(value);
    complain(parser, "\"%s\" is no language that mails are written in; one of en, nl, fr, pl", seen);
}

/* Lower-case letters, digits and inner hyphens. */
static gboolean
good_slug(struct parser *parser, const json_t *value, gsize least, gsize most)
{
    const char *text = json_string_value(value);
    gsize length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
    if (!text[length] && length >= least && length <= most && text[0] != '-' && text[length - 1] != '-')
        return TRUE;
    g_autofree char *seen = shown(value);
    complain(parser,
             "\"%s\" is no slug: %" G_GSIZE_FORMAT " to %" G_GSIZE_FORMAT
             " lower-case letters, digits and hyphens, with no hyphen at either end",
             seen, least, most);
    return FALSE;
}

/* The port where it is not the scheme's own, else -1. */
static int
url_port(const GUri *uri, gboolean secure)
{
    int port = g_uri_get_port((GUri *)uri);
    return port == (secure ? 443 : 80) ? -1 : port;
}

/* `scheme://host/path` in one spelling; NULL unless it is http(s) with a host and nobody's password. */
static char *
url_normal(const char *text)
{
    g_autoptr(GUri) uri = g_uri_parse(text, G_URI_FLAGS_ENCODED, NULL);
    if (!uri || strlen(text) > URL_BYTES || g_uri_get_userinfo(uri) || !g_uri_get_host(uri) || !*g_uri_get_host(uri))
        return NULL;
    gboolean secure = g_ascii_strcasecmp(g_uri_get_scheme(uri), "https") == 0;
    if (!secure && g_ascii_strcasecmp(g_uri_get_scheme(uri), "http") != 0)
        return NULL;
    g_autofree char *host = g_ascii_strdown(g_uri_get_host(uri), -1);
    const char *path = strcmp(g_uri_get_path(uri), "/") == 0 ? "" : g_uri_get_path(uri);
    return g_uri_join(G_URI_FLAGS_ENCODED, secure ? "https" : "http", NULL, host, url_port(uri, secure), path,
                      g_uri_get_query(uri), g_uri_get_fragment(uri));
}

static void
take_url(struct parser *parser, const json_t *value, gpointer record, gsize offset)
{
    g_autofree char *clean = text_one_line(json_string_value(value), G_MAXSIZE);
    *text_at(record, offset) = url_normal(clean);
    if (*text_at(record, offset))
        return;
    g_autofree char *seen = shown(value);
    complain(parser, "\"%s\" is no web address: http:// or https://, a host, no user name, at most %d bytes", seen,
             URL_BYTES);
}

/* ---- addresses ---- */

/* Two entries may not have the same address, nor one entry twice in its list; an organisation's notification address
 * may be a member's. */
static gboolean
claim_address(struct parser *parser, const char *address, gboolean notify)
{
    struct claim *claim = g_hash_table_lookup(parser->claims, address);
    if (claim && (claim->entry != parser->entry || (notify ? claim->notify : claim->listed))) {
        complain(parser, "\"%s\" stands at %s already", address, claim->pointer);
        return FALSE;
    }
    if (!claim) {
        claim = g_new0(struct claim, 1);
        claim->entry = parser->entry;
        claim->pointer = g_strdup(parser->at->str);
        g_hash_table_insert(parser->claims, g_strdup(address), claim);
    }
    claim->notify |= notify;
    claim->listed |= !notify;
    return TRUE;
}

/* NULL: told. */
static char *
read_address(struct parser *parser, const json_t *value, gboolean notify)
{
    g_autofree char *address = text_address(json_string_value(value));
    g_autofree char *seen = shown(value);
    if (!address) {
        complain(parser, "\"%s\" is no mail address like anna@example.org", seen);
        return NULL;
    }
    if (strcmp(strrchr(address, '@') + 1, parser->settings->domain) == 0) {
        complain(
            parser,
            "\"%s\" is in the gateway's own domain, where its mail would come back to the gateway; give the address "
            "that the person reads",
            seen);
        return NULL;
    }
    return claim_address(parser, address, notify) ? g_steal_pointer(&address) : NULL;
}

static void
take_address(struct parser *parser, const json_t *value, gpointer record, gsize offset)
{
    *text_at(record, offset) = read_address(parser, value, FALSE);
}

static void
take_notify(struct parser *parser, const json_t *value, gpointer record, gsize offset)
{
    *text_at(record, offset) = read_address(parser, value, TRUE);
}

/* ---- organisations ---- */

static void
take_role(struct parser *parser, const json_t *value, gpointer record, gsize offset)
{
    const char *role = json_string_value(value);
    gboolean owner = strcmp(role, "owner") == 0;
    G_STRUCT_MEMBER(gboolean, record, offset) = owner;
    if (owner || strcmp(role, "member") == 0)
        return;
    g_autofree char *seen = shown(value);
    complain(parser, "\"%s\" is no role; owner or member", seen);
}

static const struct field member_fields[] = {
    {"address", KIND_STRING, TRUE, G_STRUCT_OFFSET(struct registry_member, address), take_address},
    {"name", KIND_STRING, FALSE, G_STRUCT_OFFSET(struct registry_member, name), take_name},
    {"role", KIND_STRING, FALSE, G_STRUCT_OFFSET(struct registry_member, owner), take_role},
    {0},
};

static void
read_member(struct parser *parser, const json_t *value, gpointer into)
{
    struct registry_member *member = g_new0(struct registry_member, 1);
    member->owner = REGISTRY_UNNAMED;
    g_ptr_array_add(into, member);
    if (json_is_string(value))
        member->address = read_address(parser, value, FALSE);
    else
        read_object(parser, value, member_fields, member);
}

static void
take_members(struct parser *parser, const json_t *value, gpointer record, gsize offset)
{
    GPtrArray *members = g_ptr_array_new_with_free_func(free_member);
    G_STRUCT_MEMBER(GPtrArray *, record, offset) = members;
    read_array(parser, value, KIND_STRING | KIND_OBJECT, read_member, members);
}

static void
take_service(struct parser *parser, const json_t *value, gpointer record, gsize offset)
{
    if (good_slug(parser, value, 1, 63))
        *text_at(record, offset) = g_strdup(json_string_value(value));
}

static void
take_rate(struct parser *parser, const json_t *value, gpointer record, gsize offset)
{
    gint64 rate = json_integer_value(value);
    if (rate < 1 || rate > RATE_MAX)
        complain(parser, "a rate is in minor units (cents) an hour, from 1 to %" G_GINT64_FORMAT, RATE_MAX);
    else
        G_STRUCT_MEMBER(gint64, record, offset) = rate;
}

static void
take_currency(struct parser *parser, const json_t *value, gpointer record, gsize offset)
{
    const char *currency = json_string_value(value);
    if (strlen(currency) == 3 && strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3) {
        *text_at(record, offset) = g_strdup(currency);
        return;
    }
    g_autofree char *seen = shown(value);
    complain(parser, "\"%s\" is no currency of three capital letters like EUR (ISO 4217)", seen);
}

static const struct field service_fields[] = {
    {"service", KIND_STRING, TRUE, G_STRUCT_OFFSET(struct registry_service, slug), take_service},
    {"rate", KIND_INTEGER, FALSE, G_STRUCT_OFFSET(struct registry_service, rate), take_rate},
    {"currency", KIND_STRING, FALSE, G_STRUCT_OFFSET(struct registry_service, currency), take_currency},
    {0},
};

static void
read_service_object(struct parser *parser, const json_t *value, struct registry_service *service)
{
    read_object(parser, value, service_fields, service);
    gboolean rate = json_object_get(value, "rate") != NULL, currency = json_object_get(value, "currency") != NULL;
    if (rate == currency)
        return;
    gsize here = descend(parser, rate ? "currency" : "rate");
    complain(parser, "missing: a rate and its currency go together");
    climb(parser, here);
}

static void
read_service(struct parser *parser, const json_t *value, gpointer into)
{
    g_autofree struct registry_service *service = g_new0(struct registry_service, 1);
    if (json_is_string(value))
        take_service(parser, value, service, G_STRUCT_OFFSET(struct registry_service, slug));
    else
        read_service_object(parser, value, service);
    GPtrArray *services = into;
    for (guint i = 0; service->slug && i < services->len; i++) {
        const struct registry_service *other = services->pdata[i];
        if (g_strcmp0(other->slug, service->slug) == 0)
            complain(parser, "\"%s\" stands twice in the list", service->slug);
    }
    g_ptr_array_add(services, g_steal_pointer(&service));
}

static void
take_services(struct parser *parser, const json_t *value, gpointer record, gsize offset)
{
    GPtrArray *services = g_ptr_array_new_with_free_func(free_service);
    G_STRUCT_MEMBER(GPtrArray *, record, offset) = services;
    read_array(parser, value, KIND_STRING | KIND_OBJECT, read_service, services);
}

/* 2 to 40 bytes, for it is a local part that people type. */
static gboolean
good_organisation_slug(struct parser *parser, const json_t *value)
{
    const char *slug = json_string_value(value);
    if (!good_slug(parser, value, 2, 40))
        return FALSE;
    if (address_slug_is_free(parser->settings, slug) && strcmp(slug, parser->settings->link) != 0)
        return TRUE;
    complain(parser, "\"%s\" is a reserved name: %s@%s is never an organisation's", slug, slug,
             parser->settings->domain);
    return FALSE;
}

static void
take_slug(struct parser *parser, const json_t *value, gpointer record, gsize offset)
{
    const char *slug = json_string_value(value);
    if (!good_organisation_slug(parser, value))
        return;
    *text_at(record, offset) = g_strdup(slug);
    const char *taken = g_hash_table_lookup(parser->slugs, slug);
    if (taken)
        complain(parser, "\"%s\" stands at %s already", slug, taken);
    else
        g_hash_table_insert(parser->slugs, g_strdup(slug), g_strdup(parser->at->str));
}

static const struct field preference_fields[] = {
    {"available", KIND_BOOLEAN, FALSE, G_STRUCT_OFFSET(struct registry_organisation, available), take_boolean},
    {"searchable", KIND_BOOLEAN, FALSE, G_STRUCT_OFFSET(struct registry_organisation, searchable), take_boolean},
    {"matched", KIND_BOOLEAN, FALSE, G_STRUCT_OFFSET(struct registry_organisation, matched), take_boolean},
    {"dropshipping", KIND_BOOLEAN, FALSE, G_STRUCT_OFFSET(struct registry_organisation, dropshipping), take_boolean},
    {0},
};

static void
take_preferences(struct parser *parser, const json_t *value, gpointer record, gsize offset)
{
    (void)offset;
    read_object(parser, value, preference_fields, record);
}

static const struct field organisation_fields[] = {
    {"slug", KIND_STRING, TRUE, G_STRUCT_OFFSET(struct registry_organisation, slug), take_slug},
    {"name", KIND_STRING, TRUE, G_STRUCT_OFFSET(struct registry_organisation, name), take_name},
    {"language", KIND_STRING, FALSE, G_STRUCT_OFFSET(struct registry_organisation, language), take_language},
    {"notify", KIND_STRING, FALSE, G_STRUCT_OFFSET(struct registry_organisation, notify), take_notify},
    {"profile_url", KIND_STRING, FALSE, G_STRUCT_OFFSET(struct registry_organisation, profile_url), take_url},
    {"published", KIND_BOOLEAN, FALSE, G_STRUCT_OFFSET(struct registry_organisation, published), take_boolean},
    {"services", KIND_ARRAY, FALSE, G_STRUCT_OFFSET(struct registry_organisation, services), take_services},
    {"members", KIND_ARRAY, FALSE, G_STRUCT_OFFSET(struct registry_organisation, members), take_members},
    {"preferences", KIND_OBJECT, FALSE, 0, take_preferences},
    {0},
};

static void
read_organisation(struct parser *parser, const json_t *value, gpointer into)
{
    struct registry_organisation *organisation = g_new0(struct registry_organisation, 1);
    organisation->published = organisation->available = organisation->searchable = REGISTRY_UNNAMED;
    organisation->matched = organisation->dropshipping = REGISTRY_UNNAMED;
    g_ptr_array_add(into, organisation);
    parser->entry++;
    read_object(parser, value, organisation_fields, organisation);
    if (json_object_get(value, "notify") || json_array_size(json_object_get(value, "members")) > 0)
        return;
    gsize here = descend(parser, "notify");
    complain(parser, "missing: without a member there is nobody else to write to");
    climb(parser, here);
}

static void
take_organisations(struct parser *parser, const json_t *value, gpointer record, gsize offset)
{
    (void)offset;
    struct registry *reg = record;
    read_array(parser, value, KIND_OBJECT, read_organisation, reg->organisations);
}

/* ---- merchants ---- */

static void
read_merchant_address(struct parser *parser, const json_t *value, gpointer into)
{
    char *address = read_address(parser, value, FALSE);
    if (address)
        g_ptr_array_add(into, address);
}

static void
take_addresses(struct parser *parser, const json_t *value, gpointer record, gsize offset)
{
    (void)offset;
    struct registry_merchant *merchant = record;
    if (json_array_size(value) == 0)
        complain(parser, "empty: a merchant has at least one address");
    read_array(parser, value, KIND_STRING, read_merchant_address, merchant->addresses);
}

static const struct field shop_fields[] = {
    {"name", KIND_STRING, TRUE, G_STRUCT_OFFSET(struct registry_merchant, shop_name), take_name},
    {"url", KIND_STRING, TRUE, G_STRUCT_OFFSET(struct registry_merchant, shop_url), take_url},
    {0},
};

/* Two members of a shop's staff name the same shop, and must name it alike: the last one would win otherwise, and the
 * next import change it back. */
static void
same_shop(struct parser *parser, const struct registry_merchant *merchant)
{
    const char *name = g_hash_table_lookup(parser->shops, merchant->shop_url);
    if (name && strcmp(name, merchant->shop_name) != 0)
        complain(parser, "the shop %s is called \"%s\" further up", merchant->shop_url, name);
    else if (!name)
        g_hash_table_insert(parser->shops, g_strdup(merchant->shop_url), g_strdup(merchant->shop_name));
}

static void
take_shop(struct parser *parser, const json_t *value, gpointer record, gsize offset)
{
    (void)offset;
    struct registry_merchant *merchant = record;
    merchant->no_shop = json_is_null(value);
    if (merchant->no_shop)
        return;
    read_object(parser, value, shop_fields, merchant);
    if (merchant->shop_url && merchant->shop_name)
        same_shop(parser, merchant);
}

static const struct field merchant_fields[] = {
    {"name", KIND_STRING, TRUE, G_STRUCT_OFFSET(struct registry_merchant, name), take_name},
    {"language", KIND_STRING, FALSE, G_STRUCT_OFFSET(struct registry_merchant, language), take_language},
    {"addresses", KIND_ARRAY, TRUE, 0, take_addresses},
    {"shop", KIND_OBJECT | KIND_NULL, FALSE, 0, take_shop},
    {0},
};

static void
read_merchant(struct parser *parser, const json_t *value, gpointer into)
{
    struct registry_merchant *merchant = g_new0(struct registry_merchant, 1);
    merchant->addresses = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(into, merchant);
    parser->entry++;
    read_object(parser, value, merchant_fields, merchant);
}

static void
take_merchants(struct parser *parser, const json_t *value, gpointer record, gsize offset)
{
    (void)offset;
    struct registry *reg = record;
    read_array(parser, value, KIND_OBJECT, read_merchant, reg->merchants);
}

/* ---- the file ---- */

static const struct field top_fields[] = {
    {"organisations", KIND_ARRAY, FALSE, 0, take_organisations},
    {"merchants", KIND_ARRAY, FALSE, 0, take_merchants},
    {0},
};

static json_t *
load(const char *json, gsize length, GPtrArray *errors)
{
    json_error_t problem;
    json_t *top = json_loadb(json, length, JSON_REJECT_DUPLICATES, &problem);
    if (!top) {
        g_autofree char *words = text_one_line(problem.text, NAME_BYTES);
        g_ptr_array_add(errors,
                        g_strdup_printf("line %d, column %d: not JSON: %s", problem.line, problem.column, words));
    }
    return top;
}

registry *
registry_parse(const char *json, gsize length, const struct conf *settings, GPtrArray *errors)
{
    guint before = errors->len;
    json_t *top = load(json, length, errors);
    if (!top)
        return NULL;
    g_autoptr(registry) reg = registry_new();
    struct parser parser = {.settings = settings, .errors = errors, .at = g_string_new(NULL)};
    parser.claims = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_claim);
    parser.slugs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    parser.shops = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (is_wanted(&parser, top, KIND_OBJECT))
        read_object(&parser, top, top_fields, reg);
    g_hash_table_unref(parser.claims);
    g_hash_table_unref(parser.slugs);
    g_hash_table_unref(parser.shops);
    g_string_free(parser.at, TRUE);
    json_decref(top);
    return errors->len == before ? g_steal_pointer(&reg) : NULL;
}
