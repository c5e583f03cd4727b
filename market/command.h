/*
 * Commands by mail: lines that begin with `/` at the top of a reply's new words, before the first line of ordinary
 * text, blank lines aside. What follows is the message. Any word of the four languages is known to everybody, accents
 * and case aside; no word stands for two commands.
 *
 * This file reads them. What they do is market/perform.h's.
 */
#ifndef POSTERN_MARKET_COMMAND_H
#define POSTERN_MARKET_COMMAND_H

#include <glib.h>

enum command_id {
    COMMAND_UNKNOWN,
    COMMAND_DECLINE, /* both sides */
    COMMAND_COMPLETE,
    COMMAND_INACTIVE,
    COMMAND_ACTIVE,
    COMMAND_TAG,
    COMMAND_UNTAG,
    COMMAND_TAG_RENAME,
    COMMAND_TAG_DELETE,
    COMMAND_TAGS,
    COMMAND_ASSIGN,
    COMMAND_UNASSIGN,
    COMMAND_NOTE,
    COMMAND_PROPOSE,
    COMMAND_INVOICE,
    COMMAND_ACCESS,
    COMMAND_REVIEW,
    COMMAND_BLOCK,
    COMMAND_READ,
    COMMAND_UNREAD,
    COMMAND_SHOW,
    COMMAND_FULL,
    COMMAND_UNDO,
    COMMAND_LIST,
    COMMAND_SEARCH,
    COMMAND_JOBS,
    COMMAND_MORE,
    COMMAND_PREFS,
    COMMAND_AWAY,
    COMMAND_SPAM,
    COMMAND_ANSWERED,
    COMMAND_SEND,
    COMMAND_WITHDRAW,
    COMMAND_PAID,
    COMMAND_SERVICE,
    COMMAND_ALIAS,
    COMMAND_MEMBER,
    COMMAND_HELP,
    /* the merchant's */
    COMMAND_ACCEPT,
    COMMAND_CHANGE,
    COMMAND_APPROVE,
    COMMAND_DENY,
    COMMAND_REMATCH,
    COMMAND_CONFIRM, /* both sides, by a confirmation's link */
    COMMAND_COUNT,
};

/* "tag-rename", as in the English of the manual; NULL for COMMAND_UNKNOWN. */
const char *command_name(enum command_id id);
/* The word that a language's mails and links use ("en", "nl", "fr", "pl"; another: English), with its accents. */
const char *command_word(enum command_id id, const char *language);

/* How its reader is named as a command's argument: "me", "mij" … */
const char *command_me(const char *language);
/* How taking away is named as a command's argument: "remove", "verwijderen" … */
const char *command_remove(const char *language);

/* The command of a word in any of the languages, accents and case aside; COMMAND_UNKNOWN. */
enum command_id command_of_word(const char *word);

struct command {
    enum command_id id;
    char *argument; /* what follows the word, trimmed; of /note and /change all that follows in the mail, of /propose
                       the lines `Label: value` below it, and what goes on right below those; of an unknown one the
                       whole line */
    char *line;     /* as written, for the transcript */
};

struct commands {
    GPtrArray *list; /* struct command, in order; empty: the mail has none */
    char *message;   /* the ordinary text, "" */
};

/* Linear; never fails. At most COMMANDS_MOST are read: the rest counts as one unknown command, for a mail acts whole or
 * not at all. */
enum { COMMANDS_MOST = 50 };
void commands_read(const char *words, struct commands *commands);
void commands_clear(struct commands *commands);
/* Is one of them that one? */
gboolean commands_have(const struct commands *commands, enum command_id id);
typedef struct commands commands_read_words;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(commands_read_words, commands_clear)

#endif
