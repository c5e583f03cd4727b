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

/* Commands and what they work on. Each subject has its own paragraph. */
static const char schema_2[] =
    /* Preferences of organisations (R4) and members. away_until: unavailable until then, comes back by itself.
     * reminders, calendar: whether the notification address gets them. digest: html, mime, off; NULL: as the
     * organisation's notification address has it, nothing for a member. */
    "ALTER TABLE organisation ADD COLUMN away_until INTEGER;"
    "ALTER TABLE organisation ADD COLUMN timezone TEXT;"
    "ALTER TABLE organisation ADD COLUMN reminders INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE organisation ADD COLUMN calendar INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE organisation ADD COLUMN digest TEXT NOT NULL DEFAULT 'html';"
    "ALTER TABLE member ADD COLUMN language TEXT;"
    "ALTER TABLE member ADD COLUMN digest TEXT;"
    /* Own aliases: further addresses that act for a member, confirmed at the registered address. */
    "CREATE TABLE member_alias (address TEXT PRIMARY KEY, member_id INTEGER NOT NULL REFERENCES member, confirmed_at "
    "INTEGER) STRICT;"
    "CREATE INDEX member_alias_member ON member_alias (member_id);"
    /* A merchant's first address is found by the index alone, without sorting. */
    "DROP INDEX merchant_address_merchant;"
    "CREATE INDEX merchant_address_merchant ON merchant_address (merchant_id, position, address);"

    /* Overviews of members who asked for them. member_id NULL: the notification address's. overview_upto: the message
     * up to which a member was told; 0: not yet of any. */
    "ALTER TABLE overview ADD COLUMN member_id INTEGER;"
    "DROP INDEX overview_open;"
    "CREATE UNIQUE INDEX overview_open ON overview (organisation_id, coalesce(member_id, 0)) WHERE claimed_at IS NULL;"
    "ALTER TABLE member ADD COLUMN overview_upto INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE overview_item (overview_id INTEGER NOT NULL REFERENCES overview, message_id INTEGER NOT NULL "
    "REFERENCES message,"
    " PRIMARY KEY (overview_id, message_id)) STRICT;"

    /* Facts that ranking uses, kept as they happen (R9). answer_seconds: the sum over `answers` first answers. */
    "ALTER TABLE organisation ADD COLUMN answers INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE organisation ADD COLUMN answer_seconds INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE organisation ADD COLUMN reviews INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE organisation ADD COLUMN review_points INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE organisation ADD COLUMN jobs_listed INTEGER NOT NULL DEFAULT 0;"
    "UPDATE organisation SET"
    " jobs_listed = (SELECT count(*) FROM job j JOIN conversation c ON c.id = j.conversation_id WHERE "
    "c.organisation_id "
    "= organisation.id AND j.listed = 1),"
    " answers = (SELECT count(*) FROM job j JOIN conversation c ON c.id = j.conversation_id WHERE c.organisation_id = "
    "organisation.id AND j.listed = 1"
    " AND j.answered_at IS NOT NULL),"
    " answer_seconds = (SELECT coalesce(sum(j.answered_at - j.created_at), 0) FROM job j JOIN conversation c ON c.id = "
    "j.conversation_id"
    " WHERE c.organisation_id = organisation.id AND j.listed = 1 AND j.answered_at IS NOT NULL);"
    /* What a request asked for, so that its match can be explained. priorities: of "time cost quality" (R5). */
    "ALTER TABLE request ADD COLUMN language TEXT;"
    "ALTER TABLE request ADD COLUMN dropshipping INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE request ADD COLUMN priorities TEXT NOT NULL DEFAULT '';"
    /* Who is next among equals that were matched in the same second. */
    "ALTER TABLE organisation ADD COLUMN match_turn INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE declined_service (organisation_id INTEGER NOT NULL REFERENCES organisation, service TEXT NOT NULL, "
    "declined INTEGER NOT NULL,"
    " PRIMARY KEY (organisation_id, service)) STRICT;"

    /* verified: 0 where nobody vouches for the author (DMARC) and that does not suffice. reading: which of its mail's
     * words it has; NULL: an older version's, which did not tell. */
    "ALTER TABLE message ADD COLUMN verified INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE message ADD COLUMN reading TEXT;"

    /* A command that waits for its confirmation. actor: whose it is; command: the line as it will be performed;
     * state: what it was asked in, compared before it acts; whole: for all conversations of the request; raw_id: the
     * mail that asked, where its files wait with the command. */
    "CREATE TABLE confirmation (id INTEGER PRIMARY KEY, organisation_id INTEGER REFERENCES organisation, "
    "conversation_id INTEGER REFERENCES conversation,"
    " side TEXT NOT NULL, actor TEXT NOT NULL, command TEXT NOT NULL, state TEXT NOT NULL, created_at INTEGER NOT "
    "NULL, expires_at INTEGER NOT NULL,"
    " used_at INTEGER, whole INTEGER NOT NULL DEFAULT 0, raw_id INTEGER REFERENCES raw) STRICT;"
    "CREATE INDEX confirmation_conversation ON confirmation (conversation_id);"

    /* Jobs: who works on one (R20), what is said inside (R21). void: spam, without effect on ranking (Decisions 12).
     */
    "ALTER TABLE job ADD COLUMN void INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE job ADD COLUMN reason TEXT;" /* of a decline, in its author's words */
    "CREATE TABLE assignee (job_id INTEGER NOT NULL REFERENCES job, member_id INTEGER NOT NULL REFERENCES member, "
    "assigned_at INTEGER NOT NULL,"
    " PRIMARY KEY (job_id, member_id)) STRICT;"
    "CREATE INDEX assignee_member ON assignee (member_id);"
    "CREATE TABLE comment (id INTEGER PRIMARY KEY, conversation_id INTEGER NOT NULL REFERENCES conversation, job_id "
    "INTEGER NOT NULL REFERENCES job,"
    " author_name TEXT NOT NULL, author_address TEXT NOT NULL, text TEXT NOT NULL, created_at INTEGER NOT NULL) "
    "STRICT;"
    "CREATE INDEX comment_conversation ON comment (conversation_id);"
    /* What a partner's mail (raw_id) did in a conversation and may be taken back: what it was before. read_to: up to
     * there it marked messages read, at created_at; until: when its words go out. message.undo_id: its words, which may
     * be several; outbox.undo_id: the mails that are taken back with it. */
    "CREATE TABLE undo (id INTEGER PRIMARY KEY, conversation_id INTEGER NOT NULL REFERENCES conversation, job_id "
    "INTEGER NOT NULL REFERENCES job,"
    " raw_id INTEGER REFERENCES raw, state TEXT NOT NULL, answered_at INTEGER, declined INTEGER NOT NULL "
    "DEFAULT 0,"
    " read_to INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL, until INTEGER NOT NULL, done_at INTEGER) "
    "STRICT;"
    "CREATE INDEX undo_conversation ON undo (conversation_id);"
    "ALTER TABLE message ADD COLUMN undo_id INTEGER REFERENCES undo;"
    "CREATE INDEX message_undo ON message (undo_id) WHERE undo_id IS NOT NULL;"
    "ALTER TABLE outbox ADD COLUMN undo_id INTEGER REFERENCES undo;"
    "CREATE INDEX outbox_undo ON outbox (undo_id) WHERE undo_id IS NOT NULL;"
    /* Taken back, or held and dropped: the other side never had it. */
    "ALTER TABLE message ADD COLUMN withdrawn_at INTEGER;"
    /* What colleagues answered in assigned jobs: the notification address's overview tells (Decisions 10). */
    "CREATE INDEX message_answers ON message (conversation_id) WHERE overview_id IS NULL AND notified = 0 AND "
    "direction "
    "= 'out';"
    /* Of the merchant's shop's staff who were named in Cc: they get the answers too. */
    "CREATE TABLE conversation_copy (conversation_id INTEGER NOT NULL REFERENCES conversation, address TEXT NOT NULL, "
    "name TEXT NOT NULL,"
    " PRIMARY KEY (conversation_id, address)) STRICT;"
    /* A request sent again to others: which job's end it follows (once), and the first request. */
    "ALTER TABLE request ADD COLUMN again_of INTEGER REFERENCES job;"
    "ALTER TABLE request ADD COLUMN origin_id INTEGER REFERENCES request;"
    "CREATE UNIQUE INDEX request_again ON request (again_of) WHERE again_of IS NOT NULL;"
    "CREATE INDEX request_origin ON request (origin_id) WHERE origin_id IS NOT NULL;"

    /* Mails that wait for a word: which conversation is meant; a lead's third unanswered mail (R8). data: JSON, by
     * kind. */
    "CREATE TABLE held (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, raw_id INTEGER NOT NULL REFERENCES raw, sender "
    "TEXT NOT NULL, recipient TEXT NOT NULL,"
    " conversation_id INTEGER REFERENCES conversation, data TEXT, created_at INTEGER NOT NULL, expires_at INTEGER NOT "
    "NULL, released_at INTEGER) STRICT;"
    "CREATE INDEX held_conversation ON held (conversation_id);"

    /* Tags (R14): shared by an organisation; folded: as text_fold() has the name. */
    "CREATE TABLE tag (id INTEGER PRIMARY KEY, organisation_id INTEGER NOT NULL REFERENCES organisation, name TEXT NOT "
    "NULL, folded TEXT NOT NULL,"
    " UNIQUE (organisation_id, folded)) STRICT;"
    "CREATE TABLE conversation_tag (conversation_id INTEGER NOT NULL REFERENCES conversation, tag_id INTEGER NOT NULL "
    "REFERENCES tag ON DELETE CASCADE,"
    " PRIMARY KEY (conversation_id, tag_id)) STRICT;"
    "CREATE INDEX conversation_tag_tag ON conversation_tag (tag_id, conversation_id);"

    /* Search (R15): folded words, found by prefix. kind: n of a name, t of a request's text, c of a comment; id: the
     * conversation's. The timer fills in what an older version has not kept. */
    "CREATE TABLE search_term (organisation_id INTEGER NOT NULL, kind TEXT NOT NULL, term TEXT NOT NULL, id INTEGER "
    "NOT NULL,"
    " PRIMARY KEY (organisation_id, kind, term, id)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX search_term_id ON search_term (kind, id, term);"
    "INSERT INTO timer (kind, subject_id, due_at) SELECT 'index', 0, 0 WHERE EXISTS (SELECT 1 FROM conversation);"
    /* State and time of a conversation's latest job, so that a list by state is a walk along an index. Kept by the
     * database itself, whoever changes a job. */
    "ALTER TABLE conversation ADD COLUMN state TEXT NOT NULL DEFAULT 'new';"
    "ALTER TABLE conversation ADD COLUMN due_at INTEGER NOT NULL DEFAULT 0;"
    "UPDATE conversation SET (state, due_at) = (SELECT state, due_at FROM job WHERE conversation_id = conversation.id "
    "ORDER BY id DESC LIMIT 1) WHERE id IN (SELECT conversation_id FROM job);"
    "CREATE TRIGGER job_opened AFTER INSERT ON job BEGIN"
    " UPDATE conversation SET state = NEW.state, due_at = NEW.due_at WHERE id = NEW.conversation_id; END;"
    "CREATE TRIGGER job_changed AFTER UPDATE OF state, due_at ON job"
    " WHEN NEW.id = (SELECT max(id) FROM job WHERE conversation_id = NEW.conversation_id) BEGIN"
    " UPDATE conversation SET state = NEW.state, due_at = NEW.due_at WHERE id = NEW.conversation_id; END;"
    "DROP INDEX conversation_unread;"
    "CREATE INDEX conversation_unread ON conversation (organisation_id, updated_at, id) WHERE unread > 0;"
    "CREATE INDEX conversation_recent ON conversation (organisation_id, updated_at, id);"
    "CREATE INDEX conversation_state ON conversation (organisation_id, state, updated_at, id);"
    "CREATE INDEX conversation_open ON conversation (organisation_id, due_at) WHERE state IN ('new', 'opened');"

    /* Proposals, invoices, access, reviews (R22–R24). Money in minor units, ISO 4217. number: counts within the
     * conversation; a changed proposal keeps it and has the next version. */
    "CREATE TABLE proposal (id INTEGER PRIMARY KEY, conversation_id INTEGER NOT NULL REFERENCES conversation, job_id "
    "INTEGER NOT NULL REFERENCES job,"
    " number INTEGER NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL, service TEXT, description TEXT NOT NULL, "
    "total INTEGER NOT NULL,"
    " currency TEXT NOT NULL, terms TEXT NOT NULL, created_at INTEGER NOT NULL, decided_at INTEGER, decided_by TEXT,"
    " UNIQUE (conversation_id, number, version)) STRICT;"
    "CREATE TABLE milestone (proposal_id INTEGER NOT NULL REFERENCES proposal, position INTEGER NOT NULL, description "
    "TEXT NOT NULL, price INTEGER NOT NULL,"
    " duration TEXT NOT NULL, PRIMARY KEY (proposal_id, position)) STRICT;"
    "CREATE TABLE invoice (id INTEGER PRIMARY KEY, conversation_id INTEGER NOT NULL REFERENCES conversation, "
    "proposal_id INTEGER NOT NULL REFERENCES proposal,"
    " number INTEGER NOT NULL, state TEXT NOT NULL, amount INTEGER NOT NULL, currency TEXT NOT NULL, description TEXT "
    "NOT NULL,"
    " created_at INTEGER NOT NULL, decided_at INTEGER, decided_by TEXT, UNIQUE (conversation_id, number)) STRICT;"
    "CREATE TABLE access_request (id INTEGER PRIMARY KEY, conversation_id INTEGER NOT NULL REFERENCES conversation, "
    "state TEXT NOT NULL, basis TEXT NOT NULL,"
    " created_at INTEGER NOT NULL, decided_at INTEGER, decided_by TEXT) STRICT;"
    "CREATE INDEX access_request_conversation ON access_request (conversation_id);"
    "CREATE TABLE review (id INTEGER PRIMARY KEY, job_id INTEGER NOT NULL UNIQUE REFERENCES job, conversation_id "
    "INTEGER NOT NULL REFERENCES conversation,"
    " organisation_id INTEGER NOT NULL REFERENCES organisation, state TEXT NOT NULL, rating INTEGER, text TEXT NOT "
    "NULL DEFAULT '',"
    " asked_at INTEGER NOT NULL, given_at INTEGER, given_by TEXT) STRICT;"
    "CREATE INDEX review_conversation ON review (conversation_id);"
    "CREATE INDEX review_organisation ON review (organisation_id);"

    /* Blocks (R16): a merchant's whole side, by all its addresses. Nothing takes one back. */
    "CREATE TABLE block (id INTEGER PRIMARY KEY, organisation_id INTEGER NOT NULL REFERENCES organisation, merchant_id "
    "INTEGER NOT NULL REFERENCES merchant,"
    " shop_id INTEGER REFERENCES shop, actor TEXT NOT NULL, created_at INTEGER NOT NULL, UNIQUE (organisation_id, "
    "merchant_id)) STRICT;"
    "CREATE INDEX block_shop ON block (shop_id) WHERE shop_id IS NOT NULL;"
    "CREATE INDEX block_merchant ON block (merchant_id);"
    "CREATE INDEX conversation_shop ON conversation (shop_id) WHERE shop_id IS NOT NULL;"
    "CREATE TABLE block_address (organisation_id INTEGER NOT NULL REFERENCES organisation, address TEXT NOT NULL, "
    "block_id INTEGER NOT NULL REFERENCES block,"
    " PRIMARY KEY (organisation_id, address)) STRICT;"
    "CREATE INDEX block_address_address ON block_address (address);"
    "CREATE INDEX block_address_block ON block_address (block_id);"

    /* Addresses that mail came back from. hard: it never will arrive. */
    "CREATE TABLE bad_address (address TEXT PRIMARY KEY, hard INTEGER NOT NULL, failures INTEGER NOT NULL, first_at "
    "INTEGER NOT NULL, last_at INTEGER NOT NULL,"
    " reason TEXT NOT NULL) STRICT;"

    /* Limits on mails a minute. pace: a key, which is a MAC and no address, and when all that was booked for it will
     * have gone, in milliseconds; a row of the past means nothing and is deleted. turn_at: the time that a mail booked,
     * which is its turn as long as it is its due_at; turns: of how many of the limits it has had its turn then. */
    "CREATE TABLE pace (key BLOB PRIMARY KEY, free_at INTEGER NOT NULL) STRICT;"
    "CREATE INDEX pace_free_at ON pace (free_at);"
    /* One row: the limits that turns are booked under, and when the last claim was. */
    "CREATE TABLE pace_stamp (id INTEGER PRIMARY KEY, limits TEXT NOT NULL, at INTEGER NOT NULL) STRICT;"
    "ALTER TABLE outbox ADD COLUMN turn_at INTEGER;"
    "ALTER TABLE outbox ADD COLUMN turns INTEGER NOT NULL DEFAULT 0;";

const struct store_migration store_migrations[] = {
    {1, schema_1, NULL},
    {2, schema_2, NULL},
};
const guint store_migrations_count = G_N_ELEMENTS(store_migrations);
