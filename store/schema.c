/*
 * The schema, one entry a version. Times are Unix seconds, addresses are folded (text_address), booleans 0/1.
 * What both engines spell alike stands once; INTEGER is 64 bits in both (PostgreSQL's text says BIGINT).
 */
#include "store/driver.h"

static const char schema_1[] =
    /* Raw mails, in zstd chunks (store_raw_put). */
    "CREATE TABLE raw (id INTEGER PRIMARY KEY, size INTEGER NOT NULL, created_at INTEGER NOT NULL) STRICT;"
    "CREATE TABLE raw_chunk (raw_id INTEGER NOT NULL REFERENCES raw ON DELETE CASCADE, seq INTEGER NOT NULL,"
    " size INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (raw_id, seq)) STRICT;"

    /* Partners. */
    "CREATE TABLE organisation (id INTEGER PRIMARY KEY, slug TEXT NOT NULL UNIQUE, name TEXT NOT NULL, language TEXT "
    "NOT NULL,"
    " notify TEXT NOT NULL, profile_url TEXT, published INTEGER NOT NULL, available INTEGER NOT NULL,"
    " searchable INTEGER NOT NULL, matched INTEGER NOT NULL, dropshipping INTEGER NOT NULL,"
    " jobs_matched INTEGER NOT NULL DEFAULT 0, jobs_expired INTEGER NOT NULL DEFAULT 0, last_matched_at INTEGER NOT "
    "NULL DEFAULT 0,"
    " created_at INTEGER NOT NULL) STRICT;"
    /* Every address that acts for an organisation, its notification address among them, belongs to that one alone. */
    "CREATE TABLE member (id INTEGER PRIMARY KEY, organisation_id INTEGER NOT NULL REFERENCES organisation, address "
    "TEXT NOT NULL UNIQUE,"
    " name TEXT NOT NULL, owner INTEGER NOT NULL) STRICT;"
    "CREATE INDEX member_organisation ON member (organisation_id);"
    "CREATE INDEX organisation_notify ON organisation (notify);"
    "CREATE TABLE service (organisation_id INTEGER NOT NULL REFERENCES organisation, slug TEXT NOT NULL, rate INTEGER, "
    "currency TEXT,"
    " PRIMARY KEY (organisation_id, slug)) STRICT;"
    "CREATE INDEX service_slug ON service (slug);"

    /* Merchants: registered ones, and leads (registered = 0) made by their first mail. */
    "CREATE TABLE shop (id INTEGER PRIMARY KEY, name TEXT NOT NULL, url TEXT NOT NULL UNIQUE) STRICT;"
    "CREATE TABLE merchant (id INTEGER PRIMARY KEY, name TEXT NOT NULL, language TEXT, registered INTEGER NOT NULL, "
    "shop_id INTEGER REFERENCES shop,"
    " phone TEXT, created_at INTEGER NOT NULL) STRICT;"
    "CREATE INDEX merchant_shop ON merchant (shop_id);"
    "CREATE TABLE merchant_address (address TEXT PRIMARY KEY, merchant_id INTEGER NOT NULL REFERENCES merchant, "
    "position INTEGER NOT NULL) STRICT;"
    "CREATE INDEX merchant_address_merchant ON merchant_address (merchant_id, position);"

    /* A request is what a merchant sent once; several conversations may come of it (matched). */
    "CREATE TABLE request (id INTEGER PRIMARY KEY, merchant_id INTEGER NOT NULL REFERENCES merchant, kind TEXT NOT "
    "NULL, service TEXT,"
    " subject TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;"
    "CREATE INDEX request_merchant ON request (merchant_id);"
    "CREATE TABLE match_choice (request_id INTEGER NOT NULL REFERENCES request, organisation_id INTEGER NOT NULL "
    "REFERENCES organisation,"
    " score INTEGER NOT NULL, reasons TEXT NOT NULL, PRIMARY KEY (request_id, organisation_id)) STRICT;"

    "CREATE TABLE conversation (id INTEGER PRIMARY KEY, organisation_id INTEGER NOT NULL REFERENCES organisation,"
    " merchant_id INTEGER NOT NULL REFERENCES merchant, shop_id INTEGER REFERENCES shop, request_id INTEGER NOT NULL "
    "REFERENCES request,"
    " kind TEXT NOT NULL, subject TEXT NOT NULL, messages INTEGER NOT NULL DEFAULT 0, unread INTEGER NOT NULL DEFAULT "
    "0,"
    " created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL) STRICT;"
    "CREATE INDEX conversation_pair ON conversation (organisation_id, merchant_id);"
    "CREATE INDEX conversation_merchant ON conversation (merchant_id);"
    "CREATE INDEX conversation_updated ON conversation (updated_at);"
    "CREATE INDEX conversation_unread ON conversation (organisation_id) WHERE unread > 0;"
    "CREATE INDEX conversation_request ON conversation (request_id);"
    "CREATE TABLE job (id INTEGER PRIMARY KEY, conversation_id INTEGER NOT NULL REFERENCES conversation, state TEXT "
    "NOT NULL, service TEXT,"
    " listed INTEGER NOT NULL, due_at INTEGER NOT NULL, answered_at INTEGER, created_at INTEGER NOT NULL, updated_at "
    "INTEGER NOT NULL) STRICT;"
    "CREATE INDEX job_conversation ON job (conversation_id);"
    "CREATE INDEX job_updated ON job (updated_at);"

    /* direction: in (from the merchant's side), out (from the partner's). read_at: the organisation's one read mark.
     * notified: a mail of its own told of it at once, so no overview does. */
    "CREATE TABLE message (id INTEGER PRIMARY KEY, conversation_id INTEGER NOT NULL REFERENCES conversation, raw_id "
    "INTEGER NOT NULL REFERENCES raw,"
    " direction TEXT NOT NULL, author_name TEXT NOT NULL, author_address TEXT NOT NULL, subject TEXT NOT NULL, text "
    "TEXT NOT NULL,"
    " message_id TEXT, received_at INTEGER NOT NULL, read_at INTEGER, notified INTEGER NOT NULL, overview_id INTEGER) "
    "STRICT;"
    "CREATE INDEX message_conversation ON message (conversation_id, id);"
    "CREATE INDEX message_message_id ON message (message_id) WHERE message_id IS NOT NULL;"
    "CREATE TABLE attachment (id INTEGER PRIMARY KEY, message_id INTEGER NOT NULL REFERENCES message, path TEXT NOT "
    "NULL, name TEXT NOT NULL,"
    " type TEXT NOT NULL, byte_offset INTEGER NOT NULL, byte_length INTEGER NOT NULL, encoding INTEGER NOT NULL, size "
    "INTEGER NOT NULL,"
    " sha256 TEXT NOT NULL) STRICT;"
    "CREATE INDEX attachment_message ON attachment (message_id);"

    /* Reply addresses. side: partner or merchant. */
    "CREATE TABLE link (id INTEGER PRIMARY KEY, conversation_id INTEGER NOT NULL REFERENCES conversation, side TEXT "
    "NOT NULL,"
    " purpose TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, used_at INTEGER NOT NULL,"
    " UNIQUE (conversation_id, side, purpose)) STRICT;"

    /* Overviews (R12): the open one has no claimed_at; there is at most one an organisation. */
    "CREATE TABLE overview (id INTEGER PRIMARY KEY, organisation_id INTEGER NOT NULL REFERENCES organisation, due_at "
    "INTEGER NOT NULL,"
    " claimed_at INTEGER, sent_at INTEGER) STRICT;"
    "CREATE UNIQUE INDEX overview_open ON overview (organisation_id) WHERE claimed_at IS NULL;"
    "CREATE INDEX overview_organisation ON overview (organisation_id, id);"
    "CREATE INDEX message_unread ON message (conversation_id) WHERE read_at IS NULL AND overview_id IS NULL AND "
    "notified = 0 AND direction = 'in';"
    "CREATE INDEX message_overview ON message (overview_id) WHERE overview_id IS NOT NULL;"

    /* What is to be sent. cause: the row that it speaks of, by kind. dedupe: (cause, recipient, purpose). */
    "CREATE TABLE outbox (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, recipient TEXT NOT NULL, recipient_name TEXT NOT "
    "NULL,"
    " language TEXT NOT NULL, conversation_id INTEGER REFERENCES conversation, message_ref INTEGER REFERENCES message,"
    " overview_id INTEGER REFERENCES overview, side TEXT NOT NULL, data TEXT, message_id TEXT NOT NULL UNIQUE, dedupe "
    "TEXT NOT NULL UNIQUE,"
    " state TEXT NOT NULL, due_at INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, fence INTEGER NOT NULL "
    "DEFAULT 0,"
    " last_reply TEXT, bounced_at INTEGER, created_at INTEGER NOT NULL, sent_at INTEGER) STRICT;"
    "CREATE INDEX outbox_due ON outbox (due_at) WHERE state IN ('due', 'sending');"
    "CREATE INDEX outbox_conversation ON outbox (conversation_id, id);"
    "CREATE INDEX outbox_overview ON outbox (overview_id) WHERE overview_id IS NOT NULL;"

    "CREATE TABLE timer (kind TEXT NOT NULL, subject_id INTEGER NOT NULL, due_at INTEGER NOT NULL, PRIMARY KEY (kind, "
    "subject_id)) STRICT;"
    "CREATE INDEX timer_due ON timer (due_at);"

    /* The same mail again (DESIGN: what filters and requeues do not change). A refusal leaves no row: it is judged
       anew. */
    "CREATE TABLE seen (recipient TEXT NOT NULL, digest BLOB NOT NULL, seen_at INTEGER NOT NULL, PRIMARY KEY "
    "(recipient, digest)) STRICT;"
    "CREATE INDEX seen_at ON seen (seen_at);"

    /* Kept raw and shown to the admin: what could not be attributed, understood or relayed. */
    "CREATE TABLE quarantine (id INTEGER PRIMARY KEY, raw_id INTEGER NOT NULL REFERENCES raw, reason TEXT NOT NULL, "
    "sender TEXT NOT NULL,"
    " recipient TEXT NOT NULL, subject TEXT NOT NULL, conversation_id INTEGER REFERENCES conversation, at INTEGER NOT "
    "NULL) STRICT;"

    /* One hash chain a process, over digests of payloads. */
    "CREATE TABLE audit (id INTEGER PRIMARY KEY, chain INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, "
    "actor TEXT NOT NULL,"
    " event TEXT NOT NULL, subject_id INTEGER NOT NULL, digest BLOB NOT NULL, hash BLOB NOT NULL, UNIQUE (chain, seq)) "
    "STRICT;";

const struct store_migration store_migrations[] = {
    {1, schema_1, NULL},
};
const guint store_migrations_count = G_N_ELEMENTS(store_migrations);
