/* Tags (R14), on a real store: an organisation's names for its conversations. */
#include "market/tag.h"
#include "scene.h"

/* A new conversation of an organisation with Mia or Joost; its id. */
static gint64
open_conversation(struct scene *s, const char *from, const char *slug)
{
    g_autofree char *to = g_strdup_printf("%s@experts.test", slug);
    g_assert_cmpint(scene_write(s, from, to, "Help", NULL, "Please help me.").kind, ==, VERDICT_TAKEN);
    json_t *list = scene_conversations(s);
    gint64 id = g_ascii_strtoll(scene_text(list, "0.id"), NULL, 10);
    json_decref(list);
    return id;
}

/* "a,b" of a conversation. */
static char *
tags_of(struct scene *s, gint64 id)
{
    g_autoptr(GError) error = NULL;
    GString *text = g_string_new(NULL);
    json_t *shown = view_conversation(&s->market, id, s->now, &error), *tag;
    gsize i;
    g_assert_no_error(error);
    json_array_foreach(json_object_get(shown, "tags"), i, tag)
        g_string_append_printf(text, "%s%s", i ? "," : "", json_string_value(tag));
    json_decref(shown);
    return g_string_free(text, FALSE);
}

static void
assert_tags(struct scene *s, gint64 id, const char *expected)
{
    g_autofree char *tags = tags_of(s, id);
    g_assert_cmpstr(tags, ==, expected);
}

/* "a 2,b 0" of an organisation. */
static char *
counts_of(struct scene *s, const char *slug)
{
    GString *text = g_string_new(NULL);
    json_t *items = scene_perform(s, slug, 0, "anna@acme.test", "/tags", NULL), *tag;
    gsize i;
    json_array_foreach(json_object_get(json_array_get(items, 0), "tags"), i, tag)
        g_string_append_printf(text, "%s%s %s", i ? "," : "", scene_text(tag, "name"), scene_text(tag, "count"));
    json_decref(items);
    return g_string_free(text, FALSE);
}

static void
assert_counts(struct scene *s, const char *slug, const char *expected)
{
    g_autofree char *counts = counts_of(s, slug);
    g_assert_cmpstr(counts, ==, expected);
}

static void
test_several_go_on_and_come_off(struct scene *s)
{
    gint64 one = open_conversation(s, "mia@mias-candles.test", "acme");
    gint64 two = open_conversation(s, "joost@fietsen.test", "acme");
    gboolean done = FALSE;
    json_decref(scene_perform(s, "acme", one, "anna@acme.test", "/tag urgent, Two words ,, caf\u00e9", &done));
    g_assert_true(done);
    assert_tags(s, one, "caf\u00e9,Two words,urgent");
    g_assert_cmpstr(scene_command(s, "acme", two, "/tag urgent"), ==, "said.tagged");
    g_assert_cmpstr(scene_command(s, "acme", two, "/tag urgent"), ==, "said.tagged"); /* once more changes nothing */
    assert_counts(s, "acme", "caf\u00e9 1,Two words 1,urgent 2");
    g_assert_cmpstr(scene_command(s, "acme", one, "/untag URGENT"), ==, "said.untagged");
    assert_tags(s, one, "caf\u00e9,Two words");
    assert_tags(s, two, "urgent");
    assert_counts(s, "acme", "caf\u00e9 1,Two words 1,urgent 1");
}

static void
test_case_and_accents_do_not_count(struct scene *s)
{
    gint64 id = open_conversation(s, "mia@mias-candles.test", "acme");
    scene_command(s, "acme", id, "/tag Caf\u00e9");
    scene_command(s, "acme", id, "/tag CAFE");
    assert_tags(s, id, "Caf\u00e9");
    g_assert_cmpstr(scene_command(s, "acme", 0, "/tag-rename cafe = cafe"), ==, "said.tag_renamed");
    assert_tags(s, id, "cafe"); /* its own spelling may change */
}

static void
test_a_new_name_shows_everywhere(struct scene *s)
{
    gint64 one = open_conversation(s, "mia@mias-candles.test", "acme");
    gint64 two = open_conversation(s, "joost@fietsen.test", "acme");
    scene_command(s, "acme", one, "/tag big");
    scene_command(s, "acme", two, "/tag big");
    scene_command(s, "acme", two, "/tag small");
    g_assert_cmpstr(scene_command(s, "acme", 0, "/tag-rename big = large"), ==, "said.tag_renamed");
    assert_tags(s, one, "large");
    assert_tags(s, two, "large,small");
    g_assert_cmpstr(scene_command(s, "acme", 0, "/tag-rename large = Small"), ==, "cannot.tag_taken");
    g_assert_cmpstr(scene_command(s, "acme", 0, "/tag-rename big = other"), ==, "cannot.no_such_tag");
    g_assert_cmpstr(scene_command(s, "acme", 0, "/tag-rename large"), ==, "cannot.tag_rename_form");
    g_assert_cmpstr(scene_command(s, "acme", 0, "/tag-rename large = a = b"), ==, "cannot.tag_rename_form");
    assert_tags(s, two, "large,small");
}

static void
test_a_deleted_one_is_gone_everywhere(struct scene *s)
{
    gint64 one = open_conversation(s, "mia@mias-candles.test", "acme");
    gint64 two = open_conversation(s, "joost@fietsen.test", "acme");
    scene_command(s, "acme", one, "/tag old");
    scene_command(s, "acme", two, "/tag old");
    g_assert_cmpstr(scene_command(s, "acme", 0, "/tag-delete old"), ==, "said.tag_deleted");
    assert_tags(s, one, "");
    assert_tags(s, two, "");
    assert_counts(s, "acme", "");
    g_assert_cmpstr(scene_command(s, "acme", 0, "/tag-delete old"), ==, "cannot.no_such_tag");
    g_assert_cmpstr(scene_command(s, "acme", 0, "/tag-delete"), ==, "cannot.no_tag_named");
}

static void
test_each_organisation_has_its_own(struct scene *s)
{
    gint64 ours = open_conversation(s, "mia@mias-candles.test", "acme");
    gint64 theirs = open_conversation(s, "mia@mias-candles.test", "blauw");
    scene_command(s, "acme", ours, "/tag urgent");
    assert_counts(s, "blauw", "");
    g_assert_cmpstr(scene_command(s, "blauw", theirs, "/untag urgent"), ==, "cannot.no_such_tag");
    g_assert_cmpstr(scene_command(s, "blauw", 0, "/tag-delete urgent"), ==, "cannot.no_such_tag");
    g_assert_cmpstr(scene_command(s, "blauw", 0, "/tag-rename urgent = x"), ==, "cannot.no_such_tag");
    scene_command(s, "blauw", theirs, "/tag urgent");
    scene_command(s, "blauw", 0, "/tag-delete urgent");
    assert_tags(s, ours, "urgent");
}

static const char *const bad_names[] = {
    "a=b",      "\"a\"",      "   \u0301", "12345678901234567890123456789012345678901234567890x", "rechts\u202elinks",
    "a\u200bb", "two\nlines", "bell\a",
};

struct naming {
    struct scene *scene;
    gint64 conversation_id;
    const char *name;
    enum tag_refusal refusal;
};

static gboolean
attach(store_tx *tx, gpointer arg, GError **error)
{
    struct naming *naming = arg;
    struct act act = {.market = &naming->scene->market, .tx = tx, .now = naming->scene->now};
    g_autoptr(conversation) c = NULL;
    return conversation_load(&act, naming->conversation_id, &c, error) &&
           tag_attach(&act, c->organisation_id, c->id, naming->name, &naming->refusal, error);
}

static enum tag_refusal
attach_as_it_is(struct scene *s, gint64 id, const char *name)
{
    g_autoptr(GError) error = NULL;
    struct naming naming = {s, id, name, TAG_DONE};
    store_write(s->db, attach, &naming, &error);
    g_assert_no_error(error);
    return naming.refusal;
}

static void
test_hostile_names_are_refused(struct scene *s)
{
    gint64 id = open_conversation(s, "mia@mias-candles.test", "acme");
    for (guint i = 0; i < G_N_ELEMENTS(bad_names); i++)
        g_assert_cmpint(attach_as_it_is(s, id, bad_names[i]), ==, TAG_BAD_NAME);
    g_assert_cmpstr(scene_command(s, "acme", id, "/tag a=b"), ==, "cannot.tag_name");
    g_assert_cmpstr(scene_command(s, "acme", id, "/tag ,"), ==, "cannot.no_tag_named");
    assert_counts(s, "acme", "");
    /* fifty letters of two bytes each are fifty */
    g_autofree char *long_name = g_strnfill(0, 0);
    for (guint i = 0; i < TAG_CHARACTERS; i++) {
        char *longer = g_strconcat(long_name, "\u017c", NULL);
        g_free(long_name);
        long_name = longer;
    }
    g_assert_cmpint(attach_as_it_is(s, id, long_name), ==, TAG_DONE);
}

static void
test_one_bad_name_undoes_the_mail(struct scene *s)
{
    gint64 id = open_conversation(s, "mia@mias-candles.test", "acme");
    gboolean done = TRUE;
    json_decref(scene_perform(s, "acme", id, "anna@acme.test", "/tag good\n/tag b=d", &done));
    g_assert_false(done);
    assert_tags(s, id, "");
    assert_counts(s, "acme", "");
}

static void
test_there_are_limits(struct scene *s)
{
    gint64 id = 0;
    for (guint i = 0; i < TAGS_MOST; i++) {
        g_autofree char *name = g_strdup_printf("t%u", i);
        if (i % TAGS_MOST_A_CONVERSATION == 0)
            id = open_conversation(s, i / TAGS_MOST_A_CONVERSATION % 2 ? "mia@mias-candles.test" : "joost@fietsen.test",
                                   "acme");
        if (i % TAGS_MOST_A_CONVERSATION == 0) { /* the next conversation of the same two is a new one */
            s->now += 80 * 3600;
            scene_send(s);
        }
        g_assert_cmpint(attach_as_it_is(s, id, name), ==, TAG_DONE);
    }
    g_assert_cmpint(attach_as_it_is(s, id, "t0"), ==, TAG_CONVERSATION_FULL);
    id = open_conversation(s, "mia@mias-candles.test", "acme");
    g_assert_cmpint(attach_as_it_is(s, id, "one too many"), ==, TAG_TOO_MANY);
    g_assert_cmpint(attach_as_it_is(s, id, "t0"), ==, TAG_DONE);
}

static void
test_a_tag_needs_a_conversation(struct scene *s)
{
    g_assert_cmpstr(scene_command(s, "acme", 0, "/tag urgent"), ==, "cannot.no_conversation");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/tag/several-go-on-and-come-off", test_several_go_on_and_come_off, scene_run);
    g_test_add_data_func("/tag/case-and-accents-do-not-count", test_case_and_accents_do_not_count, scene_run);
    g_test_add_data_func("/tag/a-new-name-shows-everywhere", test_a_new_name_shows_everywhere, scene_run);
    g_test_add_data_func("/tag/a-deleted-one-is-gone-everywhere", test_a_deleted_one_is_gone_everywhere, scene_run);
    g_test_add_data_func("/tag/each-organisation-has-its-own", test_each_organisation_has_its_own, scene_run);
    g_test_add_data_func("/tag/hostile-names-are-refused", test_hostile_names_are_refused, scene_run);
    g_test_add_data_func("/tag/one-bad-name-undoes-the-mail", test_one_bad_name_undoes_the_mail, scene_run);
    g_test_add_data_func("/tag/there-are-limits", test_there_are_limits, scene_run);
    g_test_add_data_func("/tag/a-tag-needs-a-conversation", test_a_tag_needs_a_conversation, scene_run);
    return g_test_run();
}
