/* `conversation`, `job` (in part), `proposal`, `invoice`, `access`, `review`, `org`, `merchant`, `address`, `outbox`,
 * `quarantine`: list and show. */
#include <string.h>
#include <time.h>

#include "ctl/change.h"
#include "ctl/open.h"
#include "ctl/table.h"
#include "market/view.h"

/* One kind of thing. */
struct listing {
    const char *parameters, *summary;
    const struct table_column *columns;
    json_t *(*list)(const struct market *market, const struct view_filter *filter, GError **error);
    json_t *(*show)(const struct market *market, const char *word, GError **error); /* NULL: `list` only */
    const char *nothing;                                                            /* said when the list is empty */
    gboolean by_organisation;                                                       /* what a list can be narrowed by */
    gboolean by_unread;
    gboolean by_words, by_tag; /* these need the organisation too */
    gboolean by_mark, by_recipient;
    const char *const *states; /* NULL: not by state */
    gboolean verbs;            /* there are other words than list and show */
};

static const char *const job_states[] = {
    "new", "opened", "declined", "expired", "responded", "awaiting_response", "inactive", "completed", NULL};
static const char *const outbox_states[] = {"due", "sending", "sent", "failed", "bounced", "cancelled", NULL};

static json_t *
show_conversation(const struct market *market, const char *word, GError **error)
{
    gint64 id;
    return ctl_id(word, &id, error) ? view_conversation(market, id, ctl_now(), error) : NULL;
}

static json_t *
show_job(const struct market *market, const char *word, GError **error)
{
    gint64 id;
    return ctl_id(word, &id, error) ? view_job(market, id, ctl_now(), error) : NULL;
}

static json_t *
show_proposal(const struct market *market, const char *word, GError **error)
{
    gint64 id;
    return ctl_id(word, &id, error) ? view_proposal(market, id, error) : NULL;
}

/* ---- the kinds ---- */

static const struct table_column conversation_columns[] = {
    {"ID", "id"},
    {"ORGANISATION", "organisation"},
    {"MERCHANT", "merchant.name|merchant.address"},
    {"SHOP", "shop.name|shop"},
    {"KIND", "kind"},
    {"MESSAGES", "messages"},
    {"UNREAD", "unread"},
    {"STATE", "job.state"},
    {"SERVICE", "job.service"},
    {"DUE", "job.due_at"},
    {"UPDATED", "updated_at"},
    {0},
};
static const struct listing conversations = {
    .parameters = "list|show ID|tag ID NAME…|untag ID NAME…",
    .summary = "Shows conversations; the newest change first.",
    .columns = conversation_columns,
    .list = view_conversations,
    .show = show_conversation,
    .nothing = "no conversations",
    .by_organisation = TRUE,
    .by_unread = TRUE,
    .by_words = TRUE,
    .by_tag = TRUE,
    .states = job_states,
};

static const struct table_column job_columns[] = {
    {"ID", "id"},
    {"CONVERSATION", "conversation"},
    {"ORGANISATION", "organisation"},
    {"MERCHANT", "merchant.name|merchant.address"},
    {"STATE", "state"},
    {"SERVICE", "service"},
    {"KIND", "kind"},
    {"DUE", "due_at"},
    {"CREATED", "created_at"},
    {0},
};
static const struct listing jobs = {
    .parameters = "list|show ID|VERB ID",
    .summary = "Shows jobs. Those of leads are not listed, but can be shown.\n"
               "VERB changes one: expire, decline, complete, inactive, active, answered, renew, spam.",
    .columns = job_columns,
    .list = view_jobs,
    .show = show_job,
    .nothing = "no jobs",
    .by_organisation = TRUE,
    .by_words = TRUE,
    .states = job_states,
    .verbs = TRUE,
};

static const struct table_column org_columns[] = {
    {"SLUG", "slug"},         {"NAME", "name"},           {"LANGUAGE", "language"},
    {"NOTIFY", "notify"},     {"PUBLISHED", "published"}, {"AVAILABLE", "available"},
    {"SERVICES", "services"}, {"MEMBERS", "members"},     {0},
};
static const struct listing orgs = {
    .parameters = "list|show SLUG|set SLUG …|away SLUG DATE|member SLUG …|service SLUG …",
    .summary =
        "Shows partner organisations; the other verbs (with --dry-run) change one, see `postern org set --help`\n"
        "and so on.",
    .columns = org_columns,
    .list = view_organisations,
    .show = view_organisation,
    .nothing = "no organisations; `postern import` takes them from a file",
};

static const struct table_column merchant_columns[] = {
    {"ID", "id"},
    {"NAME", "name"},
    {"ADDRESSES", "addresses"},
    {"LANGUAGE", "language"},
    {"REGISTERED", "registered"},
    {"SHOP", "shop.name"},
    {"URL", "shop.url"},
    {0},
};
static const struct listing merchants = {
    .parameters = "list|show ID|ADDRESS",
    .summary = "Shows merchants; those who are not registered are leads.",
    .columns = merchant_columns,
    .list = view_merchants,
    .show = view_merchant,
    .nothing = "no merchants",
};

static const struct table_column address_columns[] = {
    {"ADDRESS", "address"},   {"OF", "organisation|merchant"},
    {"MARKED", "marked"},     {"WHY", "reason"},
    {"FAILURES", "failures"}, {"LAST", "last_at"},
    {"REPLY", "reply"},       {0},
};
static const struct listing addresses = {
    .parameters = "list|clear ADDRESS|@DOMAIN…",
    .summary = "Shows the addresses that mail came back from. An organisation's mail to a marked one goes to another\n"
               "member; clear (with --dry-run) forgets what failed, and mail goes there again.",
    .columns = address_columns,
    .list = view_addresses,
    .nothing = "no mail came back",
    .by_mark = TRUE,
    .by_recipient = TRUE,
};

static const struct table_column outbox_columns[] = {
    {"ID", "id"},
    {"KIND", "kind"},
    {"RECIPIENT", "recipient"},
    {"STATE", "state"},
    {"DUE", "due_at"},
    {"ATTEMPTS", "attempts"},
    {"CONVERSATION", "conversation"},
    {"SENT", "sent_at"},
    {"REPLY", "last_reply"},
    {0},
};
static const struct listing outbox = {
    .parameters = "list|show ID|stats|retry ID…|cancel ID…",
    .summary = "Shows what is to be sent and what was sent, the last first; stats is how the queue stands.\n"
               "show (with --raw) renders the mail; retry and cancel (with --all, --dry-run) change what waits.",
    .columns = outbox_columns,
    .list = view_outbox,
    .nothing = "nothing to send",
    .by_recipient = TRUE,
    .states = outbox_states,
};

static const struct table_column quarantine_columns[] = {
    {"ID", "id"},           {"REASON", "reason"}, {"SENDER", "sender"}, {"RECIPIENT", "recipient"},
    {"SUBJECT", "subject"}, {"SIZE", "size"},     {"AT", "at"},         {0},
};
static const struct listing quarantine = {
    .parameters = "list|show ID",
    .summary = "Shows mails that were kept and not passed on, and why; show (with --raw) has the mail.",
    .columns = quarantine_columns,
    .list = view_quarantine,
    .nothing = "nothing in quarantine",
};

static const struct table_column block_columns[] = {
    {"ID", "id"},
    {"ORGANISATION", "organisation"},
    {"MERCHANT", "merchant.name|merchant.id"},
    {"SHOP", "shop"},
    {"ADDRESSES", "addresses"},
    {"BY", "actor"},
    {"SINCE", "created_at"},
    {0},
};
static const struct listing blocks = {
    .parameters = "list",
    .summary = "Shows which organisation is shut to which merchant. Nothing takes a block back.",
    .columns = block_columns,
    .list = view_blocks,
    .nothing = "no blocks",
    .by_organisation = TRUE,
};

static const char *const proposal_states[] = {"sent",     "superseded", "change_requested", "accepted",
                                              "declined", "withdrawn",  "closed",           NULL};
static const struct table_column proposal_columns[] = {
    {"ID", "id"},
    {"CONVERSATION", "conversation"},
    {"ORGANISATION", "organisation"},
    {"NUMBER", "number"},
    {"VERSION", "version"},
    {"STATE", "state"},
    {"TOTAL", "total"},
    {"SERVICE", "service"},
    {"CREATED", "created_at"},
    {0},
};
static const struct listing proposals = {
    .parameters = "list|show ID",
    .summary = "Shows proposals, every version of each.",
    .columns = proposal_columns,
    .list = view_proposals,
    .show = show_proposal,
    .nothing = "no proposals",
    .by_organisation = TRUE,
    .states = proposal_states,
};

static const char *const invoice_states[] = {"sent", "paid", "withdrawn", "closed", NULL};
static const struct table_column invoice_columns[] = {
    {"ID", "id"},
    {"CONVERSATION", "conversation"},
    {"ORGANISATION", "organisation"},
    {"NUMBER", "number"},
    {"STATE", "state"},
    {"AMOUNT", "amount"},
    {"FOR", "description"},
    {"CREATED", "created_at"},
    {0},
};
static const struct listing invoices = {
    .parameters = "list",
    .summary = "Shows invoices.",
    .columns = invoice_columns,
    .list = view_invoices,
    .nothing = "no invoices",
    .by_organisation = TRUE,
    .states = invoice_states,
};

static const char *const access_states[] = {"asked", "approved", "denied", "closed", NULL};
static const struct table_column access_columns[] = {
    {"ID", "id"},          {"CONVERSATION", "conversation"}, {"ORGANISATION", "organisation"}, {"STATE", "state"},
    {"RESTS ON", "basis"}, {"DECIDED BY", "decided_by"},     {"CREATED", "created_at"},        {0},
};
static const struct listing access_requests = {
    .parameters = "list",
    .summary = "Shows requests for access to merchants' shops, and what each rests on.",
    .columns = access_columns,
    .list = view_access,
    .nothing = "no requests for access",
    .by_organisation = TRUE,
    .states = access_states,
};

static const char *const review_states[] = {"asked", "given", "closed", NULL};
static const struct table_column review_columns[] = {
    {"ID", "id"},
    {"CONVERSATION", "conversation"},
    {"ORGANISATION", "organisation"},
    {"STATE", "state"},
    {"RATING", "rating"},
    {"WORDS", "text"},
    {"ASKED", "asked_at"},
    {"GIVEN", "given_at"},
    {0},
};
static const struct listing reviews = {
    .parameters = "list",
    .summary = "Shows reviews, asked for and given.",
    .columns = review_columns,
    .list = view_reviews,
    .nothing = "no reviews",
    .by_organisation = TRUE,
    .states = review_states,
};

/* ---- list and show ---- */

enum { ENTRIES = 11 };

struct request {
    char *organisation, *state, *recipient;
    char *words, *tag;
    gboolean unread, marked;
    gint64 limit;
    gboolean dry_run; /* of a verb, which is ctl/job.c's: here for the help */
    char *reason;
};

static void
request_clear(struct request *request)
{
    g_free(request->organisation);
    g_free(request->state);
    g_free(request->recipient);
    g_free(request->words);
    g_free(request->tag);
    g_free(request->reason);
}
typedef struct request request;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(request, request_clear)

/* A name that is misspelled is no organisation without conversations. */
static gboolean
is_organisation(const struct market *market, const char *slug, GError **error)
{
    json_t *organisation = view_organisation(market, slug, error);
    json_decref(organisation);
    return organisation != NULL;
}

static int
print_list(const struct ctl *ctl, const struct listing *listing, const struct market *market,
           const struct request *asked, GError **error)
{
    struct view_filter filter = {.organisation = asked->organisation,
                                 .state = asked->state,
                                 .unread = asked->unread,
                                 .words = asked->words,
                                 .tag = asked->tag,
                                 .recipient = asked->recipient,
                                 .marked = asked->marked,
                                 .limit = asked->limit,
                                 .now = ctl_now()};
    if (asked->organisation && !is_organisation(market, asked->organisation, error))
        return CTL_FAILED;
    json_t *rows = listing->list(market, &filter, error);
    return rows ? table_tell_list(ctl, listing->columns, rows, listing->nothing) : CTL_FAILED;
}

static int
print_one(const struct ctl *ctl, const struct listing *listing, const struct market *market, const char *word,
          GError **error)
{
    json_t *object = listing->show(market, word, error);
    return object ? table_tell(ctl, object) : CTL_FAILED;
}

/* 0 or the usage error that was told. */
static int
check_words(const struct listing *listing, int argc, char **argv)
{
    gboolean show = listing->show && strcmp(argv[1], "show") == 0;
    if (!show && strcmp(argv[1], "list") != 0)
        return ctl_wrong(argv[0], "\"%s\" is none of %s", argv[1], listing->parameters);
    if (show && argc < 3)
        return ctl_wrong(argv[0], "show what? %s", listing->parameters);
    if (!show && argc > 2)
        return ctl_wrong(argv[0], "too many words: \"%s\"", argv[2]);
    return 0;
}

/* The options that make sense for this kind of thing, ended by an empty one. */
static void
fill_entries(const struct listing *listing, struct request *asked, GOptionEntry entries[ENTRIES])
{
    const GOptionEntry limit = {"limit", 'n', 0, G_OPTION_ARG_INT64, &asked->limit, "At most so many (100)", "N"};
    const GOptionEntry organisation = {"organisation",         'o',   0, G_OPTION_ARG_STRING, &asked->organisation,
                                       "Of this organisation", "SLUG"};
    const GOptionEntry state = {"state", 's', 0, G_OPTION_ARG_STRING, &asked->state, "In this state", "STATE"};
    const GOptionEntry unread = {"unread", 'u', 0, G_OPTION_ARG_NONE, &asked->unread, "With unread messages", NULL};
    const GOptionEntry words = {"search", 0, 0, G_OPTION_ARG_STRING, &asked->words, "With these words", "WORDS"};
    const GOptionEntry tag = {"tag", 't', 0, G_OPTION_ARG_STRING, &asked->tag, "With this tag", "TAG"};
    const GOptionEntry recipient = {
        "recipient", 'r', 0, G_OPTION_ARG_STRING, &asked->recipient, "To this address or domain", "ADDRESS|@DOMAIN"};
    const GOptionEntry marked = {"marked", 'm', 0, G_OPTION_ARG_NONE, &asked->marked, "Those that are marked", NULL};
    guint count = 0;
    entries[count++] = limit;
    if (listing->by_recipient)
        entries[count++] = recipient;
    if (listing->by_mark)
        entries[count++] = marked;
    if (listing->by_organisation)
        entries[count++] = organisation;
    if (listing->states)
        entries[count++] = state;
    if (listing->by_unread)
        entries[count++] = unread;
    if (listing->by_words)
        entries[count++] = words;
    if (listing->by_tag)
        entries[count++] = tag;
    if (listing->verbs) {
        entries[count++] = (GOptionEntry){
            "dry-run", 0, 0, G_OPTION_ARG_NONE, &asked->dry_run, "Say what a verb would do, change nothing", NULL};
        entries[count++] = (GOptionEntry){
            "reason", 0, 0, G_OPTION_ARG_STRING, &asked->reason, "Of a decline: the merchant reads it", "WORDS"};
    }
    entries[count] = (GOptionEntry)G_OPTION_ENTRY_NULL;
}

/* 0 or the usage error that was told. */
static int
check_recipient(struct request *asked, const char *command)
{
    g_autofree char *given = g_steal_pointer(&asked->recipient);
    asked->recipient = given ? ctl_recipient(given) : NULL;
    return given && !asked->recipient ? ctl_wrong(command, "\"%s\" is neither ADDRESS nor @DOMAIN", given) : 0;
}

/* 0 or the usage error that was told. */
static int
check_request(const struct listing *listing, struct request *asked, const char *command)
{
    if (check_recipient(asked, command) != 0)
        return CTL_USAGE;
    if (asked->limit < 0)
        return ctl_wrong(command, "a limit is not negative");
    if ((asked->words || asked->tag) && !asked->organisation)
        return ctl_wrong(command, "whose? --organisation says where to search");
    if (asked->dry_run || asked->reason)
        return ctl_wrong(command, "--dry-run and --reason go with a verb");
    if (!asked->state || g_strv_contains(listing->states, asked->state))
        return 0;
    g_autofree char *states = g_strjoinv(", ", (char **)listing->states);
    return ctl_wrong(command, "\"%s\" is no state; one of %s", asked->state, states);
}

static int
list_or_show(struct ctl *ctl, const struct listing *listing, int argc, char **argv)
{
    g_auto(request) asked = {0};
    GOptionEntry entries[ENTRIES];
    fill_entries(listing, &asked, entries);
    struct ctl_usage usage = {listing->parameters, listing->summary, entries, 1, 2};
    if (!ctl_options(ctl, &usage, &argc, &argv) || check_words(listing, argc, argv) != 0 ||
        check_request(listing, &asked, argv[0]) != 0)
        return CTL_USAGE;
    g_autoptr(GError) error = NULL;
    g_auto(opened) all = {0};
    if (!opened_open(&all, ctl, &error))
        return ctl_failed(error);
    int status = argc > 2 ? print_one(ctl, listing, &all.market, argv[2], &error)
                          : print_list(ctl, listing, &all.market, &asked, &error);
    return error ? ctl_failed(error) : status;
}

int
ctl_conversation(struct ctl *ctl, int argc, char **argv)
{
    static const struct change changes[] = {
        {"tag", "tag ID NAME…", "Puts tags on a conversation.", COMMAND_TAG, ", ", TRUE, 3, 52},
        {"untag", "untag ID NAME…", "Takes tags off a conversation.", COMMAND_UNTAG, ", ", TRUE, 3, 52},
        {0},
    };
    int verb = change_verb(changes, argc, argv);
    return verb < 0 ? list_or_show(ctl, &conversations, argc, argv) : change_run(ctl, &changes[verb], argc, argv);
}

int
ctl_list_jobs(struct ctl *ctl, int argc, char **argv)
{
    return list_or_show(ctl, &jobs, argc, argv);
}

int
ctl_org(struct ctl *ctl, int argc, char **argv)
{
    static const struct change changes[] = {
        {"set", "set SLUG KEY VALUE",
         "Sets a preference: available, search, matching, dropshipping, language, notify, …", COMMAND_PREFS, " ", FALSE,
         4, 4},
        {"away", "away SLUG DATE", "Takes no new work until then.", COMMAND_AWAY, " ", FALSE, 3, 3},
        {"member", "member SLUG add|remove|owner ADDRESS [NAME]", "Changes the members.", COMMAND_MEMBER, " ", FALSE, 4,
         10},
        {"service", "service SLUG add|rate|remove SERVICE [RATE CURRENCY]", "Changes the services.", COMMAND_SERVICE,
         " ", FALSE, 4, 6},
        {0},
    };
    int verb = change_verb(changes, argc, argv);
    return verb < 0 ? list_or_show(ctl, &orgs, argc, argv) : change_run(ctl, &changes[verb], argc, argv);
}

int
ctl_merchant(struct ctl *ctl, int argc, char **argv)
{
    return list_or_show(ctl, &merchants, argc, argv);
}

int
ctl_address(struct ctl *ctl, int argc, char **argv)
{
    gboolean clear = strcmp(ctl_verb(argc, argv), "clear") == 0;
    return clear ? ctl_address_clear(ctl, argc, argv) : list_or_show(ctl, &addresses, argc, argv);
}

int
ctl_outbox(struct ctl *ctl, int argc, char **argv)
{
    static const struct {
        const char *verb;
        ctl_fn run;
    } verbs[] = {{"show", ctl_outbox_show},
                 {"stats", ctl_outbox_stats},
                 {"retry", ctl_outbox_change},
                 {"cancel", ctl_outbox_change}};
    const char *verb = ctl_verb(argc, argv);
    for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++)
        if (strcmp(verbs[i].verb, verb) == 0)
            return verbs[i].run(ctl, argc, argv);
    return list_or_show(ctl, &outbox, argc, argv);
}

int
ctl_quarantine(struct ctl *ctl, int argc, char **argv)
{
    gboolean show = strcmp(ctl_verb(argc, argv), "show") == 0;
    return show ? ctl_quarantine_show(ctl, argc, argv) : list_or_show(ctl, &quarantine, argc, argv);
}

int
ctl_block(struct ctl *ctl, int argc, char **argv)
{
    return list_or_show(ctl, &blocks, argc, argv);
}

int
ctl_proposal(struct ctl *ctl, int argc, char **argv)
{
    return list_or_show(ctl, &proposals, argc, argv);
}

int
ctl_invoice(struct ctl *ctl, int argc, char **argv)
{
    return list_or_show(ctl, &invoices, argc, argv);
}

int
ctl_access(struct ctl *ctl, int argc, char **argv)
{
    return list_or_show(ctl, &access_requests, argc, argv);
}

int
ctl_review(struct ctl *ctl, int argc, char **argv)
{
    return list_or_show(ctl, &reviews, argc, argv);
}
