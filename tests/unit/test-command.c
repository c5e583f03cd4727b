/* Commands by mail as they are read: which lines are commands, which words are known, what is the message. */
#include <string.h>

#include "lib/text.h"
#include "market/command.h"

static const char *const languages[] = {"en", "nl", "fr", "pl"};

static enum command_id
id_of(const char *word)
{
    g_autofree char *line = g_strdup_printf("/%s", word);
    g_auto(commands_read_words) commands = {0};
    commands_read(line, &commands);
    g_assert_cmpuint(commands.list->len, ==, 1);
    return ((const struct command *)g_ptr_array_index(commands.list, 0))->id;
}

static void
test_each_language_has_a_word_and_no_word_is_two_commands(void)
{
    for (guint id = COMMAND_UNKNOWN + 1; id < COMMAND_COUNT; id++)
        for (guint k = 0; k < G_N_ELEMENTS(languages); k++) {
            const char *word = command_word(id, languages[k]);
            g_autofree char *plain = text_fold(word), *shout = g_utf8_strup(word, -1);
            g_assert_cmpint(id_of(word), ==, id);
            g_assert_cmpint(id_of(plain), ==, id);
            g_assert_cmpint(id_of(shout), ==, id);
        }
    g_assert_cmpstr(command_word(COMMAND_DECLINE, "xx"), ==, "decline");
}

/* words → commands as "name(argument)" joined by blanks, "?" unknown; and the message. */
static const struct {
    const char *words, *commands, *message;
} cases[] = {
    {"Hello there", "", "Hello there"},
    {"", "", ""},
    {"/decline", "decline()", ""},
    {"/Decline no time\n", "decline(no time)", ""},
    {"  \n\n\302\240/decline: no time \n\nSorry, we are full.\nAnna\n", "decline(no time)",
     "Sorry, we are full.\nAnna"},
    {"/tag a, b\n\n/complete\nThanks!\n/block", "tag(a, b) complete()", "Thanks!\n/block"},
    {"Thanks!\n/decline", "", "Thanks!\n/decline"},
    {"/refuser\n/odrzuc\n/afwijzen", "decline() decline() decline()", ""},
    {"/intégral\n/integral", "full() full()", ""},
    {"/tagrename a = b\n/TAG-RENAME a = b", "tag-rename(a = b) tag-rename(a = b)", ""},
    {"/note Do not tell\nthem our price.\n/decline\n\nAnna", "note(Do not tell\nthem our price.\n/decline\n\nAnna)",
     ""},
    {"/notatka\ntekst", "note(tekst)", ""},
    {"/propose\nService: seo\nTotal: 12.50 EUR\n\nMilestone 1: Audit; 5; 2 days\n\nDear Mia,\nsee above",
     "propose(Service: seo\nTotal: "
     "12.50 EUR\n\nMilestone 1: Audit; 5; 2 days)",
     "Dear Mia,\nsee above"},
    {"/propose\nTerms: half now,\nhalf later\nTotal: 5 EUR\n\nDear Mia,\nsee above",
     "propose(Terms: half now,\nhalf later\nTotal: 5 EUR)", "Dear Mia,\nsee above"},
    {"/propose Total: 5 EUR\n/complete\nDear Mia", "propose(Total: 5 EUR) complete()", "Dear Mia"},
    {"/propose\nTotal: 5 EUR\n/complete", "propose(Total: 5 EUR) complete()", ""},
    {"/propose\nDear Mia", "propose()", "Dear Mia"},
    {"/etc/passwd is a file", "?(/etc/passwd is a file)", ""},
    {"/ decline", "?(/ decline)", ""},
    {"/", "", "/"},
    {"/declinee", "?(/declinee)", ""},
    {"/help\n\n\n", "help()", ""},
};

static void
test_lines(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(commands_read_words) commands = {0};
        g_autoptr(GString) got = g_string_new(NULL);
        commands_read(cases[i].words, &commands);
        for (guint k = 0; k < commands.list->len; k++) {
            const struct command *command = g_ptr_array_index(commands.list, k);
            const char *name = command->id ? command_name(command->id) : "?";
            g_string_append_printf(got, "%s%s(%s)", k ? " " : "", name, command->argument);
        }
        g_assert_cmpstr(got->str, ==, cases[i].commands);
        g_assert_cmpstr(commands.message, ==, cases[i].message);
    }
}

static void
test_too_many_are_one_unknown_command(void)
{
    g_autoptr(GString) words = g_string_new(NULL);
    for (guint i = 0; i < 10000; i++)
        g_string_append(words, "/read\n");
    g_auto(commands_read_words) commands = {0};
    commands_read(words->str, &commands);
    g_assert_cmpuint(commands.list->len, ==, COMMANDS_MOST + 1);
    g_assert_cmpint(((const struct command *)g_ptr_array_index(commands.list, COMMANDS_MOST))->id, ==, COMMAND_UNKNOWN);
    g_assert_cmpstr(commands.message, ==, "");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/command/words", test_each_language_has_a_word_and_no_word_is_two_commands);
    g_test_add_func("/command/lines", test_lines);
    g_test_add_func("/command/too-many", test_too_many_are_one_unknown_command);
    return g_test_run();
}
