#include "config.h"

#include "mime/language.h"

#include <glib.h>
#include <string.h>

/* Each list: commonest words that few neighbours share, with accents; lower case, blank-separated. */
static const struct {
    const char *code;
    const char *words;
} languages[] = {
    {"en",
     " the and you your we for is are with this that have not our will would please thanks thank can my it of hello "},
    {"nl", " de het een en ik je jij we wij niet met voor van dat dit is zijn ook maar graag bedankt groeten wil kan "
           "naar op hallo "},
    {"fr", " le la les des et vous nous je est pas pour une un dans avec que qui sur merci bonjour votre notre du au "
           "cordialement "},
    {"pl", " i w nie na do się że jest dzień dobry proszę czy jak dla pan pani mam dziękuję pozdrawiam to od za "},
    {"de", " der die das und ich sie wir nicht mit für ist ein eine auf zu den von im bitte danke hallo grüße auch "},
    {"es", " el la los las de y que en un una por para con no es su gracias hola usted nuestro está como más "},
    {"it", " il la le di e che per un una non con sono grazie ciao buongiorno è del della gli come più nostro "},
    {"pt", " o a os as de e que em um uma por para com não é seu obrigado obrigada olá bom dia como mais nosso você "},
    {"sv", " och att det är jag inte en ett med för på som vi har hej tack kan den av till "},
    {"da", " og at det er jeg ikke en et med for på som vi har hej tak kan den af til "},
    {"no", " og at det er jeg ikke en et med for på som vi har hei takk kan den av til "},
};

static int
score(const char *words, const char *padded)
{
    return strstr(words, padded) != NULL;
}

const char *
language_guess(const char *text)
{
    int scores[G_N_ELEMENTS(languages)] = {0};
    g_autoptr(GString) word = g_string_new(" ");
    guint count = 0;
    for (const char *p = text; *p && count < 300; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (g_unichar_isalpha(c))
            g_string_append_unichar(word, g_unichar_tolower(c));
        if ((!g_unichar_isalpha(c) || !*g_utf8_next_char(p)) && word->len > 1) {
            g_string_append_c(word, ' ');
            for (gsize i = 0; i < G_N_ELEMENTS(languages); i++)
                scores[i] += score(languages[i].words, word->str);
            g_string_assign(word, " ");
            count++;
        }
    }
    gsize best = 0, second = G_N_ELEMENTS(languages);
    for (gsize i = 1; i < G_N_ELEMENTS(languages); i++)
        if (scores[i] > scores[best]) {
            second = best;
            best = i;
        } else if (second == G_N_ELEMENTS(languages) || scores[i] > scores[second]) {
            second = i;
        }
    if (scores[best] < 2 || (second < G_N_ELEMENTS(languages) && scores[second] == scores[best]))
        return NULL;
    return languages[best].code;
}
