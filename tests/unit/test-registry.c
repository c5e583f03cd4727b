/* The import: everything wrong is told with its place, all or nothing, twice is once, a rehearsal leaves nothing. */
#include <string.h>

#include <glib/gstdio.h>

#include "lib/error.h"
#include "lib/text.h"
#include "market/registry.h"

#define NOW G_GINT64_CONSTANT(1795329600)

static const struct conf settings = {
    .domain = (char *)"experts.test",
    .language = (char *)"en",
    .jobs = (char *)"jobs",
    .leads = (char *)"leads",
    .experts = (char *)"experts",
    .desk = (char *)"desk",
    .link = (char *)"reply",
};

/* ---- reading ---- */

/* Each of `expected` (ended by NULL) is how one error begins; in any order, and no others. */
static void
expect_errors(const char *json, const char *const *expected)
{
    g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(registry) reg = registry_parse(json, strlen(json), &settings, errors);
    g_assert_null(reg);
    for (guint i = 0; i < errors->len; i++)
        g_test_message("%s", (char *)errors->pdata[i]);
    g_assert_cmpuint(errors->len, ==, g_strv_length((char **)expected));
    for (; *expected; expected++) {
        gboolean found = FALSE;
        for (guint i = 0; i < errors->len; i++)
            found |= g_str_has_prefix(errors->pdata[i], *expected);
        if (!found)
            g_test_message("not told: %s", *expected);
        g_assert_true(found);
    }
}
#define ERRORS(...) ((const char *const[]){__VA_ARGS__, NULL})

static registry *
parsed(const char *json)
{
    g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);
    registry *reg = registry_parse(json, strlen(json), &settings, errors);
    for (guint i = 0; i < errors->len; i++)
        g_test_message("%s", (char *)errors->pdata[i]);
    g_assert_nonnull(reg);
    return reg;
}

static void
test_no_json_has_line_and_column(void)
{
    expect_errors("{\n  \"organisations\": [}\n", ERRORS("line 2, column 21: not JSON: "));
    expect_errors("", ERRORS("line 1, column 0: not JSON: "));
    expect_errors("[]", ERRORS("the file: an object is wanted here, not a list"));
}

static void
test_repeated_keys_are_refused(void)
{
    expect_errors("{\"merchants\":[],\"merchants\":[]}", ERRORS("line 1, column 27: not JSON: duplicate object key"));
}

static void
test_every_error_is_told_with_its_place(void)
{
    expect_errors(
        "{\"organisations\":[{\"slug\":\"Acme\",\"name\":\"A\",\"notify\":\"team\",\"colour\":1,"
        "\"members\":[\"anna@acme.test\",{\"address\":7,\"role\":\"boss\"},3],\"published\":\"yes\","
        "\"services\":[{\"service\":\"x\",\"rate\":7500},{\"rate\":1.5,\"currency\":\"euro\"}],"
        "\"preferences\":{\"a~/b\":true}}],\"merchants\":[{\"addresses\":[]}]}",
        ERRORS("/organisations/0/slug: \"Acme\" is no slug", "/organisations/0/notify: \"team\" is no mail address",
               "/organisations/0/colour: unknown key; known here: slug, name,",
               "/organisations/0/members/1/address: a string is wanted here, not a whole number",
               "/organisations/0/members/1/role: \"boss\" is no role",
               "/organisations/0/members/2: a string or an object is wanted here",
               "/organisations/0/published: true or false is wanted here, not a string",
               "/organisations/0/services/0/currency: missing", "/organisations/0/services/1/service: missing",
               "/organisations/0/services/1/rate: a whole number is wanted here, not a fraction",
               "/organisations/0/services/1/currency: \"euro\" is no currency",
               "/organisations/0/preferences/a~0~1b: unknown key", "/merchants/0/name: missing",
               "/merchants/0/addresses: empty"));
}

static void
test_hostile_bytes_do_not_reach_the_message(void)
{
    static const char json[] =
        "{\"organisations\":[{\"slug\":\"a\\u001b[31m\\r\\nx\",\"name\":\"A\",\"notify\":\"a@b.test\","
        "\"k\\u001b\":1}]}";
    g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);
    g_assert_null(registry_parse(json, strlen(json), &settings, errors));
    g_assert_cmpuint(errors->len, ==, 2);
    for (guint i = 0; i < errors->len; i++) {
        for (const char *p = errors->pdata[i]; *p; p++)
            g_assert_false(g_ascii_iscntrl(*p));
    }
}

static void
test_reserved_slugs_are_refused(void)
{
    static const char *const slugs[] = {"postmaster", "abuse", "hostmaster", "webmaster", "mailer-daemon", "root",
                                        "noreply",    "jobs",  "leads",      "experts",   "desk",          "reply"};
    for (gsize i = 0; i < G_N_ELEMENTS(slugs); i++) {
        g_autofree char *json =
            g_strdup_printf("{\"organisations\":[{\"slug\":\"%s\",\"name\":\"A\",\"notify\":\"a@b.test\"}]}", slugs[i]);
        g_autofree char *expected = g_strdup_printf("/organisations/0/slug: \"%s\" is a reserved name", slugs[i]);
        expect_errors(json, ERRORS(expected));
    }
}

static void
test_addresses_of_our_own_domain_are_refused(void)
{
    expect_errors(
        "{\"organisations\":[{\"slug\":\"acme\",\"name\":\"A\",\"notify\":\"acme@EXPERTS.test\","
        "\"members\":[\"Desk@experts.test\"]}],\"merchants\":[{\"name\":\"M\",\"addresses\":[\"m@experts.test\"]}]}",
        ERRORS("/organisations/0/notify: \"acme@EXPERTS.test\" is in the gateway's own domain",
               "/organisations/0/members/0: \"Desk@experts.test\" is in the gateway's own domain",
               "/merchants/0/addresses/0: \"m@experts.test\" is in the gateway's own domain"));
}

static void
test_two_entries_may_not_share(void)
{
    expect_errors(
        "{\"organisations\":["
        "{\"slug\":\"one\",\"name\":\"1\",\"notify\":\"team@one.test\",\"members\":[\"team@one.test\",\"a@one.test\","
        "\"A@one.test\"]},"
        "{\"slug\":\"one\",\"name\":\"2\",\"notify\":\"a@one.test\",\"services\":[\"x\",{\"service\":\"x\"}]}],"
        "\"merchants\":[{\"name\":\"M\",\"addresses\":[\"team@one.test\",\"m@m.test\",\"m@m.test\"],"
        "\"shop\":{\"name\":\"S\",\"url\":\"https://s.test/\"}},"
        "{\"name\":\"N\",\"addresses\":[\"n@m.test\"],\"shop\":{\"name\":\"Z\",\"url\":\"HTTPS://S.test:443\"}}]}",
        ERRORS("/organisations/0/members/2: \"a@one.test\" stands at /organisations/0/members/1 already",
               "/organisations/1/slug: \"one\" stands at /organisations/0/slug already",
               "/organisations/1/notify: \"a@one.test\" stands at /organisations/0/members/1 already",
               "/organisations/1/services/1: \"x\" stands twice",
               "/merchants/0/addresses/0: \"team@one.test\" stands at /organisations/0/notify already",
               "/merchants/0/addresses/2: \"m@m.test\" stands at /merchants/0/addresses/1 already",
               "/merchants/1/shop: the shop https://s.test is called \"S\" further up"));
}

static void
test_values_are_read_as_they_are_stored(void)
{
    g_autoptr(registry) reg =
        parsed("{\"organisations\":[{\"slug\":\"acme\",\"name\":\" Acme  Studio\",\"notify\":\"Team@ACME.test\","
               "\"services\":[{\"service\":\"x\",\"rate\":7500,\"currency\":\"EUR\"},\"y\"],"
               "\"members\":[{\"address\":\"a@acme.test\",\"name\":\"Anna\",\"role\":\"owner\"}],"
               "\"preferences\":{\"dropshipping\":false}}],"
               "\"merchants\":[{\"name\":\"M\",\"language\":\"nl\",\"addresses\":[\"M@m.test\"],"
               "\"shop\":{\"name\":\"S\",\"url\":\"https://S.test/\"}}]}");
    const struct registry_organisation *org = reg->organisations->pdata[0];
    g_assert_cmpstr(org->name, ==, "Acme Studio");
    g_assert_cmpstr(org->notify, ==, "team@acme.test");
    g_assert_null(org->language);
    g_assert_cmpint(org->published, ==, REGISTRY_UNNAMED);
    g_assert_cmpint(org->dropshipping, ==, FALSE);
    const struct registry_service *service = org->services->pdata[0];
    g_assert_cmpint(service->rate, ==, 7500);
    g_assert_cmpstr(service->currency, ==, "EUR");
    const struct registry_member *member = org->members->pdata[0];
    g_assert_true(member->owner == TRUE);
    const struct registry_merchant *shop_owner = reg->merchants->pdata[0];
    g_assert_cmpstr(shop_owner->addresses->pdata[0], ==, "m@m.test");
    g_assert_cmpstr(shop_owner->shop_url, ==, "https://s.test");
}

/* ---- writing ---- */

struct scratch {
    char *folder;
    store *store;
    struct market market;
};

static void
set_up(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    scratch->folder = g_dir_make_tmp("postern-registry-XXXXXX", &error);
    g_assert_no_error(error);
    g_autofree char *database = g_strdup_printf("sqlite:%s/postern.db", scratch->folder);
    struct store_options options = {.database = database, .busy_timeout = 5, .readers = 1, .create = TRUE};
    scratch->store = store_open(&options, &error);
    g_assert_no_error(error);
    scratch->market = (struct market){.store = scratch->store, .conf = &settings};
}

static void
tear_down(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    store_close(scratch->store);
    g_autoptr(GDir) files = g_dir_open(scratch->folder, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(files))) {
        g_autofree char *path = g_build_filename(scratch->folder, name, NULL);
        g_unlink(path);
    }
    g_rmdir(scratch->folder);
    g_free(scratch->folder);
}

static struct registry_summary
import(struct scratch *scratch, const char *json, gboolean dry_run)
{
    g_autoptr(registry) reg = parsed(json);
    g_autoptr(GError) error = NULL;
    struct registry_summary summary;
    registry_import(&scratch->market, reg, dry_run, NOW, &summary, &error);
    g_assert_no_error(error);
    return summary;
}

static void
expect_conflict(struct scratch *scratch, const char *json, const char *message)
{
    g_autoptr(registry) reg = parsed(json);
    g_autoptr(GError) error = NULL;
    struct registry_summary summary;
    g_assert_false(registry_import(&scratch->market, reg, FALSE, NOW, &summary, &error));
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_CONFLICT);
    g_assert_cmpstr(error->message, ==, message);
}

static gboolean
dump_lists(store_tx *tx, gint64 id, enum store_statement statement, const char *column, GString *text, GError **error)
{
    g_autoptr(store_rows) rows = store_query(tx, statement, error, store_int(id));
    g_assert_nonnull(rows);
    for (guint i = 0; i < store_rows_count(rows); i++)
        g_string_append_printf(text, " %s", store_rows_text(rows, i, column));
    return TRUE;
}

static gboolean
dump_fn(store_tx *tx, gpointer arg, GError **error)
{
    GString *text = arg;
    g_string_truncate(text, 0);
    g_autoptr(store_rows) orgs = store_query(tx, STMT_LIST_ORGS, error, store_null(), store_int(100));
    g_autoptr(store_rows) people = store_query(tx, STMT_LIST_MERCHANTS, error, store_null(), store_int(100));
    g_assert_true(orgs && people);
    for (guint i = 0; i < store_rows_count(orgs); i++) {
        g_string_append_printf(text, "%s %s %s %s %d%d%d%d%d:", store_rows_text(orgs, i, "slug"),
                               store_rows_text(orgs, i, "name"), store_rows_text(orgs, i, "language"),
                               store_rows_text(orgs, i, "notify"), (int)store_rows_int(orgs, i, "published"),
                               (int)store_rows_int(orgs, i, "available"), (int)store_rows_int(orgs, i, "searchable"),
                               (int)store_rows_int(orgs, i, "matched"), (int)store_rows_int(orgs, i, "dropshipping"));
        dump_lists(tx, store_rows_int(orgs, i, "id"), STMT_ORG_SERVICES, "slug", text, error);
        dump_lists(tx, store_rows_int(orgs, i, "id"), STMT_LIST_MEMBERS, "address", text, error);
        g_string_append(text, "\n");
    }
    for (guint i = 0; i < store_rows_count(people); i++) {
        const char *shop = store_rows_text(people, i, "shop_url");
        g_string_append_printf(text, "%s %s%s:", store_rows_text(people, i, "name"), shop ? shop : "-",
                               store_rows_int(people, i, "registered") ? "" : " lead");
        dump_lists(tx, store_rows_int(people, i, "id"), STMT_LIST_MERCHANT_ADDRESSES, "address", text, error);
        g_string_append(text, "\n");
    }
    return TRUE;
}

static void
expect_rows(struct scratch *scratch, const char *expected)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    store_read(scratch->store, dump_fn, text, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(text->str, ==, expected);
}

#define TWO                                                                                                            \
    "{\"organisations\":[{\"slug\":\"acme\",\"name\":\"Acme\",\"notify\":\"team@acme.test\",\"language\":\"fr\","      \
    "\"services\":[\"themes\",\"setup\"],\"members\":[\"anna@acme.test\",\"bob@acme.test\"],"                          \
    "\"preferences\":{\"dropshipping\":false}}],"                                                                      \
    "\"merchants\":[{\"name\":\"Mia\",\"addresses\":[\"mia@m.test\",\"info@m.test\"],"                                 \
    "\"shop\":{\"name\":\"Candles\",\"url\":\"https://m.test\"}}]}"
#define TWO_ROWS                                                                                                       \
    "acme Acme fr team@acme.test 11110: setup themes anna@acme.test bob@acme.test\n"                                   \
    "Mia https://m.test: mia@m.test info@m.test\n"

static void
test_import_writes_everything_once(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    struct registry_summary first = import(scratch, TWO, FALSE);
    g_assert_cmpuint(first.organisations_added, ==, 1);
    g_assert_cmpuint(first.merchants_added, ==, 1);
    expect_rows(scratch, TWO_ROWS);

    struct registry_summary second = import(scratch, TWO, FALSE);
    g_assert_cmpuint(second.organisations_added + second.organisations_changed, ==, 0);
    g_assert_cmpuint(second.merchants_added + second.merchants_changed, ==, 0);
    g_assert_cmpuint(second.organisations_same, ==, 1);
    g_assert_cmpuint(second.merchants_same, ==, 1);
    expect_rows(scratch, TWO_ROWS);
}

static void
test_dry_run_leaves_nothing(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    struct registry_summary summary = import(scratch, TWO, TRUE);
    g_assert_cmpuint(summary.organisations_added, ==, 1);
    g_assert_cmpuint(summary.merchants_added, ==, 1);
    expect_rows(scratch, "");
    import(scratch, TWO, FALSE);
    summary = import(scratch,
                     "{\"organisations\":[{\"slug\":\"acme\",\"name\":\"New\",\"notify\":\"team@acme.test\"}]}", TRUE);
    g_assert_cmpuint(summary.organisations_changed, ==, 1);
    expect_rows(scratch, TWO_ROWS);
}

static void
test_what_is_not_named_stays(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    import(scratch, TWO, FALSE);
    struct registry_summary summary = import(
        scratch,
        "{\"organisations\":[{\"slug\":\"acme\",\"name\":\"Acme\",\"notify\":\"team@acme.test\","
        "\"preferences\":{\"available\":false}},{\"slug\":\"new\",\"name\":\"New\",\"members\":[\"n@new.test\"]}],"
        "\"merchants\":[{\"name\":\"Mia\",\"addresses\":[\"mia@m.test\",\"info@m.test\"]}]}",
        FALSE);
    g_assert_cmpuint(summary.organisations_changed, ==, 1);
    g_assert_cmpuint(summary.organisations_added, ==, 1);
    g_assert_cmpuint(summary.merchants_same, ==, 1);
    expect_rows(scratch, "acme Acme fr team@acme.test 10110: setup themes anna@acme.test bob@acme.test\n"
                         "new New en n@new.test 11111: n@new.test\n"
                         "Mia https://m.test: mia@m.test info@m.test\n");
}

static void
test_a_named_list_replaces_the_list(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    import(scratch, TWO, FALSE);
    import(scratch,
           "{\"organisations\":[{\"slug\":\"acme\",\"name\":\"Acme\",\"notify\":\"team@acme.test\",\"services\":[],"
           "\"members\":[\"cleo@acme.test\",\"bob@acme.test\"]}],"
           "\"merchants\":[{\"name\":\"Mia\",\"addresses\":[\"new@m.test\",\"mia@m.test\"],\"shop\":null}]}",
           FALSE);
    expect_rows(scratch, "acme Acme fr team@acme.test 11110: bob@acme.test cleo@acme.test\n"
                         "Mia -: new@m.test mia@m.test\n");
}

static void
test_an_address_may_move_in_one_import(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    import(scratch, TWO, FALSE);
    import(scratch,
           "{\"organisations\":[{\"slug\":\"zeta\",\"name\":\"Z\",\"notify\":\"bob@acme.test\",\"members\":[\"bob@acme."
           "test\"]},"
           "{\"slug\":\"acme\",\"name\":\"Acme\",\"notify\":\"team@acme.test\",\"members\":[\"anna@acme.test\"]}]}",
           FALSE);
    expect_rows(scratch, "acme Acme fr team@acme.test 11110: setup themes anna@acme.test\n"
                         "zeta Z en bob@acme.test 11111: bob@acme.test\n"
                         "Mia https://m.test: mia@m.test info@m.test\n");
}

static void
test_conflicts_are_all_told_and_nothing_is_written(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    import(scratch, TWO, FALSE);
    expect_conflict(
        scratch,
        "{\"organisations\":[{\"slug\":\"good\",\"name\":\"G\",\"notify\":\"g@good.test\"},"
        "{\"slug\":\"bad\",\"name\":\"B\",\"notify\":\"mia@m.test\",\"members\":[\"anna@acme.test\",\"b@bad.test\"]}],"
        "\"merchants\":[{\"name\":\"Z\",\"addresses\":[\"z@z.test\",\"team@acme.test\"]}]}",
        "/organisations/1/notify: \"mia@m.test\" belongs to the merchant \"Mia\" already\n"
        "/organisations/1/members/0: \"anna@acme.test\" belongs to the organisation \"acme\" already\n"
        "/merchants/0/addresses/1: \"team@acme.test\" belongs to the organisation \"acme\" already");
    expect_rows(scratch, TWO_ROWS);
}

static void
test_two_merchants_do_not_become_one(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    import(scratch, TWO, FALSE);
    import(scratch, "{\"merchants\":[{\"name\":\"Joost\",\"addresses\":[\"joost@f.test\"]}]}", FALSE);
    expect_conflict(scratch, "{\"merchants\":[{\"name\":\"Mia\",\"addresses\":[\"mia@m.test\",\"joost@f.test\"]}]}",
                    "/merchants/0/addresses/1: \"joost@f.test\" belongs to the merchant \"Joost\" already");
}

struct lead {
    gint64 merchant, conversation;
    const char *address;
};

/* What a first mail of an unknown sender leaves. */
static gboolean
lead_fn(store_tx *tx, gpointer arg, GError **error)
{
    struct lead *lead = arg;
    g_autoptr(store_rows) added =
        store_query(tx, STMT_MERCHANT_ADD, error, store_text("Somebody"), store_null(), store_null(), store_int(NOW));
    g_assert_nonnull(added);
    lead->merchant = store_rows_int(added, 0, "id");
    g_assert_true(store_run(tx, STMT_MERCHANT_ADDRESS_ADD, error, store_text(lead->address), store_int(lead->merchant),
                            store_int(0)));
    g_autoptr(store_rows) asked =
        store_query(tx, STMT_REQUEST_ADD, error, store_int(lead->merchant), store_text("direct"), store_null(),
                    store_text("Help"), store_int(NOW), store_null(), store_int(0), store_text(""));
    g_assert_nonnull(asked);
    g_autoptr(store_rows) org = store_query(tx, STMT_ORG_BY_SLUG, error, store_text("acme"));
    g_autoptr(store_rows) talk =
        store_query(tx, STMT_CONVERSATION_ADD, error, store_int(store_rows_int(org, 0, "id")),
                    store_int(lead->merchant), store_null(), store_int(store_rows_int(asked, 0, "id")),
                    store_text("lead"), store_text("Help"), store_int(NOW));
    g_assert_nonnull(talk);
    lead->conversation = store_rows_int(talk, 0, "id");
    return store_run(tx, STMT_JOB_ADD, error, store_int(lead->conversation), store_null(), store_int(0), store_int(NOW),
                     store_int(NOW));
}

static gboolean
merchant_fn(store_tx *tx, gpointer arg, GError **error)
{
    struct lead *lead = arg;
    g_autoptr(store_rows) rows = store_query(tx, STMT_CONVERSATION_BY_ID, error, store_int(lead->conversation));
    g_assert_true(rows && store_rows_count(rows) == 1);
    lead->merchant = store_rows_int(rows, 0, "merchant_id");
    return TRUE;
}

static void
test_a_lead_becomes_the_registered_merchant(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    import(scratch, TWO, FALSE);
    struct lead lead = {.address = "work@m.test"};
    g_assert_true(store_write(scratch->store, lead_fn, &lead, &error));
    gint64 before = lead.merchant;
    struct registry_summary summary =
        import(scratch, "{\"merchants\":[{\"name\":\"Mia\",\"addresses\":[\"mia@m.test\",\"work@m.test\"]}]}", FALSE);
    g_assert_cmpuint(summary.merchants_changed, ==, 1);
    expect_rows(scratch, "acme Acme fr team@acme.test 11110: setup themes anna@acme.test bob@acme.test\n"
                         "Mia https://m.test: mia@m.test work@m.test\n");
    g_assert_true(store_read(scratch->store, merchant_fn, &lead, &error));
    g_assert_cmpint(lead.merchant, !=, before);

    struct lead first = {.address = "shop@m.test"}; /* the merchant's own row is found behind a lead's */
    g_assert_true(store_write(scratch->store, lead_fn, &first, &error));
    import(scratch, "{\"merchants\":[{\"name\":\"Mia\",\"addresses\":[\"shop@m.test\",\"work@m.test\"]}]}", FALSE);
    before = lead.merchant;
    g_assert_true(store_read(scratch->store, merchant_fn, &first, &error));
    g_assert_cmpint(first.merchant, ==, before);

    struct lead alone = {.address = "solo@s.test"};
    g_assert_true(store_write(scratch->store, lead_fn, &alone, &error));
    summary = import(scratch, "{\"merchants\":[{\"name\":\"Solo\",\"addresses\":[\"solo@s.test\"]}]}", FALSE);
    g_assert_cmpuint(summary.merchants_added, ==, 1);
    before = alone.merchant;
    g_assert_true(store_read(scratch->store, merchant_fn, &alone, &error));
    g_assert_cmpint(alone.merchant, ==, before);
}

static void
test_a_member_may_be_somebody_elses_lead(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    import(scratch, TWO, FALSE);
    struct lead lead = {.address = "anna@acme.test"};
    g_assert_true(store_write(scratch->store, lead_fn, &lead, &error));
    struct registry_summary summary = import(scratch, TWO, FALSE);
    g_assert_cmpuint(summary.organisations_same, ==, 1);
}

static void
test_the_sample_market_is_the_story(struct scratch *scratch, gconstpointer unused)
{
    (void)unused;
    g_autofree char *json = NULL;
    g_assert_true(g_file_get_contents(SOURCE_DIR "/conf/sample-market.json", &json, NULL, NULL));
    import(scratch, json, FALSE);
    expect_rows(scratch,
                "acme Acme Studio en team@acme.test 11111: store-setup theme-design anna@acme.test bob@acme.test\n"
                "bare Bare en hello@bare.test 11111:\n"
                "blauw Bureau Blauw nl post@blauw.test 11111: migration store-setup daan@blauw.test\n"
                "ghost Ghost en hello@ghost.test 01111: theme-design\n"
                "lumiere Atelier Lumière fr bonjour@lumiere.test 11110: theme-design claire@lumiere.test\n"
                "wisla Studio Wisła pl biuro@wisla.test 10111: migration store-setup theme-design ola@wisla.test\n"
                "Joost de Wit https://fietsen.test: joost@fietsen.test\n"
                "Mia Jansen https://mias-candles.test: mia@mias-candles.test\n");
}

#define STORED(path, fn) g_test_add("/registry/" path, struct scratch, NULL, set_up, fn, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_true(secret_init(NULL));
    g_test_add_func("/registry/no-json-has-line-and-column", test_no_json_has_line_and_column);
    g_test_add_func("/registry/repeated-keys-are-refused", test_repeated_keys_are_refused);
    g_test_add_func("/registry/every-error-is-told-with-its-place", test_every_error_is_told_with_its_place);
    g_test_add_func("/registry/hostile-bytes-do-not-reach-the-message", test_hostile_bytes_do_not_reach_the_message);
    g_test_add_func("/registry/reserved-slugs-are-refused", test_reserved_slugs_are_refused);
    g_test_add_func("/registry/addresses-of-our-own-domain-are-refused", test_addresses_of_our_own_domain_are_refused);
    g_test_add_func("/registry/two-entries-may-not-share", test_two_entries_may_not_share);
    g_test_add_func("/registry/values-are-read-as-they-are-stored", test_values_are_read_as_they_are_stored);
    STORED("import-writes-everything-once", test_import_writes_everything_once);
    STORED("dry-run-leaves-nothing", test_dry_run_leaves_nothing);
    STORED("what-is-not-named-stays", test_what_is_not_named_stays);
    STORED("a-named-list-replaces-the-list", test_a_named_list_replaces_the_list);
    STORED("an-address-may-move-in-one-import", test_an_address_may_move_in_one_import);
    STORED("conflicts-are-all-told-and-nothing-is-written", test_conflicts_are_all_told_and_nothing_is_written);
    STORED("two-merchants-do-not-become-one", test_two_merchants_do_not_become_one);
    STORED("a-lead-becomes-the-registered-merchant", test_a_lead_becomes_the_registered_merchant);
    STORED("a-member-may-be-somebody-elses-lead", test_a_member_may_be_somebody_elses_lead);
    STORED("the-sample-market-is-the-story", test_the_sample_market_is_the_story);
    return g_test_run();
}
