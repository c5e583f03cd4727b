#include "market/verdict.h"

#include <string.h>

#include "lib/text.h"

enum { EN, NL, FR, PL, LANGUAGES };
static const char *const languages[LANGUAGES] = {"en", "nl", "fr", "pl"};

/* {name} is the organisation, {jobs} where a request is matched. */
static const struct {
    const char *enhanced;
    const char *words[LANGUAGES];
} refusals[WHY_COUNT] = {
    [WHY_UNKNOWN] = {"5.1.1",
                     {"There is no such expert here", "Die expert is hier niet bekend", "Cet expert n’existe pas ici",
                      "Nie ma tu takiego eksperta"}},
    [WHY_FORGED] = {"5.1.1",
                    {"This reply address was not made by us", "Dit antwoordadres is niet van ons",
                     "Cette adresse de réponse ne vient pas de nous", "Ten adres odpowiedzi nie pochodzi od nas"}},
    [WHY_OLD] = {"5.7.1",
                 {"This reply address is out of date, please write to the organisation's own address",
                  "Dit antwoordadres is verlopen, schrijf naar het eigen adres van de organisatie",
                  "Cette adresse de réponse a expiré, veuillez écrire à l’adresse de l’organisation",
                  "Ten adres odpowiedzi jest już nieważny, napisz na własny adres organizacji"}},
    [WHY_BLOCKED] = {"5.7.1",
                     {"Your mail is not accepted at this address", "Je mail wordt op dit adres niet aangenomen",
                      "Votre message n’est pas accepté à cette adresse",
                      "Twoja wiadomość nie jest przyjmowana pod tym adresem"}},
    [WHY_CLOSED] = {"5.2.1",
                    {"{name} takes no new work at the moment, write to {jobs} to reach other experts",
                     "{name} neemt nu geen nieuw werk aan, schrijf naar {jobs} om andere experts te bereiken",
                     "{name} ne prend pas de nouvelles tâches en ce moment, écrivez à {jobs} pour joindre d’autres "
                     "experts",
                     "{name} nie przyjmuje teraz nowych zleceń, napisz na {jobs}, aby dotrzeć do innych "
                     "ekspertów"}},
    [WHY_OWN] = {"5.7.1",
                 {"Only merchants start a conversation, please reply to a notification instead",
                  "Alleen merchants beginnen een gesprek, beantwoord in plaats daarvan een melding",
                  "Seuls les marchands commencent une conversation, veuillez plutôt répondre à une notification",
                  "Rozmowę zaczynają tylko sprzedawcy, odpowiedz na powiadomienie"}},
    [WHY_CHOICE_LATE] = {"5.7.1",
                         {"It is too late to say which conversation is meant, please send your mail again",
                          "Het is te laat om te zeggen welk gesprek je bedoelt, stuur je mail opnieuw",
                          "Il est trop tard pour indiquer la conversation, veuillez renvoyer votre message",
                          "Jest za późno, aby wskazać rozmowę, wyślij swoją wiadomość ponownie"}},
    [WHY_CHOICE_MADE] = {"5.7.1",
                         {"It was said already which conversation is meant",
                          "Er is al gezegd welk gesprek wordt bedoeld", "La conversation a déjà été indiquée",
                          "Rozmowa została już wskazana"}},
    [WHY_CHOICE_OTHER] = {"5.7.1",
                          {"Please write to one of the addresses that stand in our mail",
                           "Schrijf naar een van de adressen die in onze mail staan",
                           "Veuillez écrire à l’une des adresses indiquées dans notre message",
                           "Napisz na jeden z adresów podanych w naszej wiadomości"}},
    [WHY_BLOCKER] = {"5.7.1",
                     {"You have blocked this merchant, nothing can be passed on any more",
                      "Je hebt deze merchant geblokkeerd, er kan niets meer worden doorgestuurd",
                      "Vous avez bloqué ce marchand, plus rien ne peut être transmis",
                      "Ten sprzedawca jest przez Ciebie zablokowany, nic już nie zostanie przekazane"}},
    [WHY_EXPIRED] =
        {"5.7.1",
         {"The time for a first answer is over, this job has expired and cannot be answered any more",
          "De tijd voor een eerste antwoord is voorbij, deze opdracht is vervallen en kan niet meer worden beantwoord",
          "Le délai de première réponse est écoulé, cette tâche a expiré et il n’est plus possible d’y répondre",
          "Czas na pierwszą odpowiedź minął, to zlecenie wygasło i nie można już na nie odpowiedzieć"}},
    [WHY_DESK] = {"5.7.1",
                  {"This address takes commands from partners only, write to {jobs} instead",
                   "Dit adres neemt alleen commando’s van partners aan, schrijf in plaats daarvan naar {jobs}",
                   "Cette adresse n’accepte que les commandes des partenaires, écrivez plutôt à {jobs}",
                   "Ten adres przyjmuje tylko polecenia partnerów, napisz zamiast tego na {jobs}"}},
};

void
verdict_take(struct verdict *verdict)
{
    memset(verdict, 0, sizeof *verdict);
    verdict->kind = VERDICT_TAKEN;
    verdict->code = 250;
    verdict->enhanced = "2.0.0";
    g_strlcpy(verdict->text, "Taken", sizeof verdict->text);
}

void
verdict_refuse(struct verdict *verdict, enum verdict_why why, const char *name)
{
    memset(verdict, 0, sizeof *verdict);
    verdict->kind = VERDICT_REFUSED;
    verdict->code = 550;
    verdict->enhanced = refusals[why].enhanced;
    verdict->why = why;
    g_autofree char *line = text_one_line(name ? name : "", sizeof verdict->name - 1);
    g_strlcpy(verdict->name, line, sizeof verdict->name);
}

char *
verdict_words(const struct verdict *verdict, const struct conf *conf, const char *language)
{
    guint k = 0;
    while (k < LANGUAGES && g_strcmp0(languages[k], language) != 0)
        k++;
    g_autofree char *jobs = g_strdup_printf("%s@%s", conf->jobs, conf->domain);
    g_autoptr(GString) words = g_string_new(refusals[verdict->why].words[k < LANGUAGES ? k : EN]);
    g_string_replace(words, "{jobs}", jobs, 0);
    g_string_replace(words, "{name}", verdict->name, 0); /* the last: it is not ours */
    return g_strdup(words->str);
}

void
verdict_speak(struct verdict *verdict, const struct conf *conf, const char *language)
{
    if (verdict->kind != VERDICT_REFUSED)
        return;
    g_autofree char *words = verdict_words(verdict, conf, language), *ascii = text_ascii(words);
    g_strlcpy(verdict->text, ascii, sizeof verdict->text);
}
