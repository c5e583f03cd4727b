/* postern.conf(5) lists the settings as they are: every one, in order, with its type, range, default and help. */
#include <string.h>

#include "lib/conf.h"

#define PAGE SOURCE_DIR "/conf/postern.conf.5"
#define BEGIN ".\\\" The settings, as tests/unit/test-manual.c wants them.\n"
#define END ".\\\" The end of the settings.\n"

static void
add_setting(GString *text, const struct conf_setting *setting)
{
    const char *key = strchr(setting->name, '.') + 1, *value = setting->default_value;
    g_string_append_printf(text, ".It Cm %s\n", key);
    g_string_append(text, strstr(setting->type, " | ") ? "one of " : "");
    g_string_append(text, setting->type);
    if (setting->min && setting->max)
        g_string_append_printf(text, ", %s to %s", setting->min, setting->max);
    if (!value)
        g_string_append(text, "; required.\n");
    else
        g_string_append_printf(text, "; default %s.\n", *value ? value : "empty");
    g_string_append_printf(text, ".br\n%s\n", setting->help);
}

/* The list in mdoc. */
static char *
expected_list(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *group = g_strdup("");
    guint count;
    const struct conf_setting *settings = conf_settings(&count);
    for (guint i = 0; i < count; i++) {
        g_autofree char *here = g_strndup(settings[i].name, strcspn(settings[i].name, "."));
        if (strcmp(here, group) != 0) {
            g_string_append(text, i ? ".El\n" : "");
            g_string_append_printf(text, ".Ss [%s]\n.Bl -tag -width Ds\n", here);
            g_free(group);
            group = g_steal_pointer(&here);
        }
        add_setting(text, &settings[i]);
    }
    g_string_append(text, ".El\n");
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void
test_lists_every_setting(void)
{
    g_autofree char *page = NULL, *expected = expected_list();
    g_assert_true(g_file_get_contents(PAGE, &page, NULL, NULL));
    const char *begin = strstr(page, BEGIN), *end = strstr(page, END);
    g_assert_true(begin && end);
    begin += strlen(BEGIN);
    g_autofree char *list = g_strndup(begin, (gsize)(end - begin));
    if (strcmp(list, expected) != 0)
        g_test_message("the list should be:\n%s", expected);
    g_assert_true(strcmp(list, expected) == 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/manual/lists-every-setting", test_lists_every_setting);
    return g_test_run();
}
