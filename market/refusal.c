#include "market/refusal.h"

#include <string.h>

#include "lib/text.h"

/* A long mail is no refusal, whatever a sentence of it says. */
enum { WORDS_BYTES = 1200 };

/* Folded, letters and digits alone, one blank between words. */
static const char *const phrases[] = {
    /* English */
    "can t take this on",
    "cannot take this on",
    "can not take this on",
    "can t take on",
    "cannot take on",
    "unable to take",
    "not able to take",
    "won t be able to take",
    "will not be able to take",
    "have to decline",
    "must decline",
    "need to decline",
    "have to pass on this",
    "going to pass on this",
    "we ll pass on this",
    "i ll pass on this",
    "not taking on new",
    "no longer taking on",
    "not a good fit for us",
    "not the right fit for us",
    "don t have the capacity",
    "do not have the capacity",
    "have no capacity",
    "no capacity for this",
    "fully booked",
    "can t help you with this",
    "cannot help you with this",
    "unable to help you",
    "can t help you this time",
    "don t have time for this",
    "do not have time for this",
    "no time for this",
    "not interested in this",
    "we don t do this kind",
    "we do not do this kind",
    "not something we do",
    "regret that we cannot",
    "regret that we can t",
    /* Dutch */
    "helaas geen tijd",
    "geen tijd voor",
    "geen capaciteit",
    "niet aannemen",
    "kunnen we niet aannemen",
    "kan ik niet aannemen",
    "moeten we afwijzen",
    "moet ik afwijzen",
    "wijzen we af",
    "zitten vol",
    "zit vol",
    "volgeboekt",
    "kunnen we je helaas niet helpen",
    "kunnen we u helaas niet helpen",
    "kan ik je helaas niet helpen",
    "kunnen we hier niet bij helpen",
    "nemen geen nieuwe",
    "neem geen nieuwe",
    "niet iets voor ons",
    "niets voor ons",
    "past niet bij ons",
    "geen interesse in deze",
    "zien we ervan af",
    "zien wij ervan af",
    "helaas moeten we passen",
    "moeten we helaas passen",
    /* French */
    "nous ne pouvons pas accepter",
    "je ne peux pas accepter",
    "nous ne pouvons pas prendre",
    "je ne peux pas prendre en charge",
    "ne pouvons malheureusement pas",
    "ne peux malheureusement pas",
    "malheureusement nous ne pouvons pas",
    "malheureusement je ne peux pas",
    "nous ne pouvons pas donner suite",
    "je ne peux pas donner suite",
    "devons decliner",
    "dois decliner",
    "nous declinons",
    "je decline votre",
    "nous refusons",
    "sommes complets",
    "agenda est complet",
    "planning est complet",
    "pas la capacite de",
    "pas le temps de nous en occuper",
    "pas le temps de m en occuper",
    "ne sommes pas disponibles pour ce",
    "ne suis pas disponible pour ce",
    "ne prenons plus de nouveaux",
    "ne prends plus de nouveaux",
    "pas dans nos competences",
    "pas dans mes competences",
    "nous ne pouvons pas vous aider",
    "je ne peux pas vous aider",
    /* Polish */
    "nie mozemy przyjac",
    "nie moge przyjac",
    "niestety nie mozemy",
    "niestety nie moge",
    "nie podejmiemy sie",
    "nie podejme sie",
    "nie jestesmy w stanie podjac",
    "nie jestem w stanie podjac",
    "musimy odmowic",
    "musze odmowic",
    "odrzucamy",
    "niestety brak czasu",
    "nie mamy czasu",
    "nie mam czasu na",
    "nie mamy mocy przerobowych",
    "brak mocy przerobowych",
    "nie mamy wolnych terminow",
    "nie mam wolnych terminow",
    "brak wolnych terminow",
    "nie przyjmujemy nowych",
    "nie przyjmuje nowych",
    "nie zajmujemy sie tym",
    "nie zajmuje sie tym",
    "nie bedziemy mogli pomoc",
    "nie mozemy pomoc",
    "nie moge pomoc",
    "nie jestesmy zainteresowani",
};

/* The sentence turns, or only puts off: the partner goes on. */
static const char *const turns[] = {
    "but we can",
    "but i can",
    "but we could",
    "but i could",
    "but i d",
    "but we d",
    "instead we",
    "however we can",
    "however i can",
    "can t wait",
    "cannot wait",
    "until",
    "this week",
    "today",
    "maar we kunnen",
    "maar ik kan",
    "wel kunnen we",
    "wel kan ik",
    "deze week",
    "vandaag",
    "voor die tijd",
    "tot en met",
    "mais nous pouvons",
    "mais je peux",
    "en revanche",
    "cette semaine",
    "aujourd hui",
    "avant le",
    "jusqu",
    "ale mozemy",
    "ale moge",
    "natomiast mozemy",
    "w tym tygodniu",
    "dzisiaj",
    "dzis",
    "do konca",
};

/* " we can t take this on " of a sentence. */
static char *
as_words(const char *start, const char *end)
{
    g_autofree char *sentence = g_strndup(start, (gsize)(end - start));
    return text_words(sentence);
}

static gboolean
has_one_of(const char *words, const char *const *list, guint count)
{
    for (guint i = 0; i < count; i++) {
        const gsize length = strlen(list[i]);
        for (const char *found = words; (found = strstr(found, list[i])); found++)
            if (found[-1] == ' ' && found[length] == ' ')
                return TRUE;
    }
    return FALSE;
}

static gboolean
sentence_refuses(const char *start, const char *end)
{
    g_autofree char *words = as_words(start, end);
    return has_one_of(words, phrases, G_N_ELEMENTS(phrases)) && !has_one_of(words, turns, G_N_ELEMENTS(turns));
}

/* A sentence ends at a mark or a blank line; a line's end alone may be a wrap. */
static const char *
sentence_end(const char *start)
{
    const char *p = start;
    while (*p && !strchr(".!?;", *p) && !(p[0] == '\n' && p[1] == '\n'))
        p++;
    return p;
}

gboolean
refusal_is_in(const char *text)
{
    if (strlen(text) > WORDS_BYTES)
        return FALSE;
    for (const char *start = text; *start;) {
        const char *end = sentence_end(start);
        if (*end != '?' && sentence_refuses(start, end))
            return TRUE;
        start = *end ? end + 1 : end;
    }
    return FALSE;
}
