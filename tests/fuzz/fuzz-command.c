/* Any words: read whole, nothing doubled and nothing of a note in the message. */
#include <glib.h>
#include <stdint.h>
#include <string.h>

#include "lib/text.h"
#include "market/command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *words = text_utf8((const char *)data, size);
    g_auto(commands_read_words) commands = {0};
    commands_read(words, &commands);
    g_assert_cmpuint(commands.list->len, <=, COMMANDS_MOST + 1);
    gsize length = strlen(commands.message);
    for (guint i = 0; i < commands.list->len; i++) {
        const struct command *command = g_ptr_array_index(commands.list, i);
        gboolean last = i + 1 == commands.list->len;
        g_assert_true(command->id < COMMAND_COUNT && *command->line == '/');
        g_assert_true(last || (command->id != COMMAND_NOTE && command->id != COMMAND_CHANGE));
        if (command->id == COMMAND_NOTE)
            g_assert_cmpstr(commands.message, ==, "");
        length += strlen(command->argument);
    }
    g_assert_cmpuint(length, <=, strlen(words) + commands.list->len * 8);
    return 0;
}
