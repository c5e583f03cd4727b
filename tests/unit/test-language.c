/* The language of a few words; none where they do not tell. */
#include <glib.h>
#include <string.h>

#include "mime/language.h"

static const struct {
    const char *text, *language;
} rows[] = {
    {"Thanks, that works for me.", "en"},
    {"Could you send me a quote?", "en"},
    {"Yes please!", "en"},
    {"I would like to start on Monday.", "en"},
    {"Bedankt, dat is prima.", "nl"},
    {"Kunt u mij een offerte sturen?", "nl"},
    {"Graag!", "nl"},
    {"Dank je wel, tot morgen", "nl"},
    {"Wij zoeken iemand die onze webshop kan verbeteren.", "nl"},
    {"Merci, c'est parfait.", "fr"},
    {"Pourriez-vous m'envoyer un devis ?", "fr"},
    {"Bonjour, nous cherchons un expert pour notre boutique.", "fr"},
    {"D'accord, à demain", "fr"},
    {"Dziękuję, pasuje mi.", "pl"},
    {"Czy możecie przesłać ofertę?", "pl"},
    {"Szukamy kogoś do sklepu", "pl"},
    {"Tak, poproszę", "pl"},
    {"dzieki, do jutra", "pl"},
    {"Danke, das passt.", "de"},
    {"Können Sie mir ein Angebot schicken?", "de"},
    {"Wir suchen jemanden für unseren Shop.", "de"},
    {"Gracias, perfecto.", "es"},
    {"¿Podría enviarme un presupuesto?", "es"},
    {"Necesitamos ayuda con nuestra tienda.", "es"},
    {"Grazie, va bene.", "it"},
    {"Potrebbe inviarmi un preventivo?", "it"},
    {"Cerchiamo qualcuno per il nostro negozio.", "it"},
    {"Obrigado, está ótimo.", "pt"},
    {"Você pode me enviar um orçamento?", "pt"},
    {"Precisamos de ajuda com a nossa loja.", "pt"},
    {"Tack, det blir bra.", "sv"},
    {"Kan du skicka en offert?", "sv"},
    {"Vi behöver hjälp med vår butik.", "sv"},
    {"Tak, det er fint.", "da"},
    {"Vi har brug for hjælp til vores butik.", "da"},
    {"Takk, det er fint.", "no"},
    {"Kan dere sende et tilbud?", "no"},
    {"Vi trenger hjelp med butikken vår.", "no"},
    {"Kiitos, sopii hyvin.", "fi"},
    {"Voisitteko lähettää tarjouksen?", "fi"},
    {"Tarvitsemme apua verkkokaupan kanssa.", "fi"},
    {"Děkuji, to je v pořádku.", "cs"},
    {"Můžete mi poslat nabídku?", "cs"},
    {"Potřebujeme pomoc s naším obchodem.", "cs"},
    {"Ďakujem, to je v poriadku.", "sk"},
    {"Môžete mi poslať ponuku?", "sk"},
    {"Köszönöm, ez így jó.", "hu"},
    {"Tudna küldeni egy árajánlatot?", "hu"},
    {"Mulțumesc, este perfect.", "ro"},
    {"Îmi puteți trimite o ofertă?", "ro"},
    {"Teşekkürler, bu iyi.", "tr"},
    {"Bana bir teklif gönderebilir misiniz?", "tr"},
    {"Спасибо, это подходит.", "ru"},
    {"Можете прислать предложение?", "ru"},
    {"Дякую, це підходить.", "uk"},
    {"Чи можете надіслати пропозицію?", "uk"},
    {"Благодаря, това е добре.", "bg"},
    {"Можете ли да изпратите оферта?", "bg"},
    {"Ευχαριστώ, είναι εντάξει.", "el"},
    {"תודה, זה מתאים.", "he"},
    {"شكرا، هذا مناسب.", "ar"},
    {"ممنون، این خوب است و می\u200cپذیرم", "fa"},
    {"ありがとうございます。", "ja"},
    {"見積もりを送ってください", "ja"},
    {"谢谢,没问题。", "zh"},
    {"감사합니다. 좋습니다.", "ko"},
    {"ขอบคุณครับ", "th"},
    {"धन्यवाद, यह ठीक है", "hi"},
    {"Cảm ơn, như vậy là được.", "vi"},
    {"Terima kasih, itu bagus.", "id"},
    {"Tänan, see sobib mulle.", "et"},
    {"Paldies, tas ir labi.", "lv"},
    {"Ačiū, tai gerai.", "lt"},
    {"Hvala, to je u redu.", "hr"},
    {"Hvala, to je v redu.", "sl"},
    {"OK", NULL},
    {"123", NULL},
    {"Anna", NULL},
    {"https://shop.example/the/and/you", NULL},
    {"xyz qwe", NULL},
    {"", NULL},
    {"\U0001F44D", NULL},
};

static void
test_languages(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s", rows[i].text);
        g_assert_cmpstr(language_guess(rows[i].text), ==, rows[i].language);
    }
}

static void
test_quotes_do_not_count(void)
{
    g_assert_cmpstr(
        language_guess(
            "> Could you please send me the quote that we spoke about?\n> Thank you\n\nMerci, c'est parfait.\n"),
        ==, "fr");
}

static void
test_links_and_addresses_do_not_count(void)
{
    g_assert_cmpstr(language_guess("Bedankt! https://shop.example/the/best/of/you and@the.example"), ==, "nl");
}

static void
test_long_texts_end(void)
{
    g_autofree char *text = g_strnfill(5000000, 'a');
    for (gsize i = 5; i < 5000000; i += 6)
        text[i] = ' ';
    g_assert_null(language_guess(text));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/language/few-words-tell", test_languages);
    g_test_add_func("/language/quotes-do-not-count", test_quotes_do_not_count);
    g_test_add_func("/language/links-and-addresses-do-not-count", test_links_and_addresses_do_not_count);
    g_test_add_func("/language/long-texts-end", test_long_texts_end);
    return g_test_run();
}
