#include "config.h"

#include "mime/form-fields.h"

#include <string.h>

#include "mime/fold.h"

/* Labels as forms spell them, folded, without punctuation; sorted by bytes (a test holds the table to it). */
static const struct {
    const char *label;
    enum lead_member member;
} labels[] = {
    {"achternaam", LEAD_LAST_NAME},
    {"additional information", LEAD_MESSAGE},
    {"adres e-mail", LEAD_EMAIL},
    {"adres email", LEAD_EMAIL},
    {"adres mailowy", LEAD_EMAIL},
    {"adres sklepu", LEAD_SHOP},
    {"adres strony", LEAD_SHOP},
    {"adresse du site", LEAD_SHOP},
    {"adresse e-mail", LEAD_EMAIL},
    {"adresse email", LEAD_EMAIL},
    {"adresse mail", LEAD_EMAIL},
    {"amount", LEAD_BUDGET},
    {"anfrage", LEAD_MESSAGE},
    {"ansprechpartner", LEAD_NAME},
    {"apelido", LEAD_LAST_NAME},
    {"apellido", LEAD_LAST_NAME},
    {"apellidos", LEAD_LAST_NAME},
    {"bedrag", LEAD_BUDGET},
    {"begroting", LEAD_BUDGET},
    {"bemerkung", LEAD_MESSAGE},
    {"bemerkungen", LEAD_MESSAGE},
    {"bericht", LEAD_MESSAGE},
    {"berichttekst", LEAD_MESSAGE},
    {"beschreibung", LEAD_MESSAGE},
    {"beschrijving", LEAD_MESSAGE},
    {"betrag", LEAD_BUDGET},
    {"body", LEAD_MESSAGE},
    {"boutique", LEAD_SHOP},
    {"budget", LEAD_BUDGET},
    {"budget estime", LEAD_BUDGET},
    {"budget range", LEAD_BUDGET},
    {"budgetrahmen", LEAD_BUDGET},
    {"budzet", LEAD_BUDGET},
    {"budzet projektu", LEAD_BUDGET},
    {"business email", LEAD_EMAIL},
    {"cell", LEAD_PHONE},
    {"cell phone", LEAD_PHONE},
    {"cellulare", LEAD_PHONE},
    {"celular", LEAD_PHONE},
    {"client name", LEAD_NAME},
    {"cognome", LEAD_LAST_NAME},
    {"comentario", LEAD_MESSAGE},
    {"comentarios", LEAD_MESSAGE},
    {"comment", LEAD_MESSAGE},
    {"commentaire", LEAD_MESSAGE},
    {"commentaires", LEAD_MESSAGE},
    {"comments", LEAD_MESSAGE},
    {"company website", LEAD_SHOP},
    {"consulta", LEAD_MESSAGE},
    {"contact", LEAD_NAME},
    {"contact email", LEAD_EMAIL},
    {"contact name", LEAD_NAME},
    {"contact number", LEAD_PHONE},
    {"contact person", LEAD_NAME},
    {"contactpersoon", LEAD_NAME},
    {"content", LEAD_MESSAGE},
    {"contenu du message", LEAD_MESSAGE},
    {"corps du message", LEAD_MESSAGE},
    {"correo", LEAD_EMAIL},
    {"correo electronico", LEAD_EMAIL},
    {"courriel", LEAD_EMAIL},
    {"cuerpo del mensaje", LEAD_MESSAGE},
    {"customer email", LEAD_EMAIL},
    {"customer name", LEAD_NAME},
    {"demande", LEAD_MESSAGE},
    {"descricao", LEAD_MESSAGE},
    {"descripcion", LEAD_MESSAGE},
    {"descriptif", LEAD_MESSAGE},
    {"description", LEAD_MESSAGE},
    {"description du projet", LEAD_MESSAGE},
    {"descrizione", LEAD_MESSAGE},
    {"details", LEAD_MESSAGE},
    {"dienst", LEAD_SERVICE},
    {"diensten", LEAD_SERVICE},
    {"dienstleistung", LEAD_SERVICE},
    {"direccion de correo", LEAD_EMAIL},
    {"direccion de correo electronico", LEAD_EMAIL},
    {"domain", LEAD_SHOP},
    {"e-mail", LEAD_EMAIL},
    {"e-mail address", LEAD_EMAIL},
    {"e-mail-adresse", LEAD_EMAIL},
    {"e-mailadres", LEAD_EMAIL},
    {"email", LEAD_EMAIL},
    {"email address", LEAD_EMAIL},
    {"email-adresse", LEAD_EMAIL},
    {"emailaddress", LEAD_EMAIL},
    {"emailadres", LEAD_EMAIL},
    {"endereco de e-mail", LEAD_EMAIL},
    {"endereco de email", LEAD_EMAIL},
    {"enquiry", LEAD_MESSAGE},
    {"estimated budget", LEAD_BUDGET},
    {"familienname", LEAD_LAST_NAME},
    {"family name", LEAD_LAST_NAME},
    {"first", LEAD_FIRST_NAME},
    {"first name", LEAD_FIRST_NAME},
    {"firstname", LEAD_FIRST_NAME},
    {"fname", LEAD_FIRST_NAME},
    {"frage", LEAD_MESSAGE},
    {"from name", LEAD_NAME},
    {"full name", LEAD_NAME},
    {"fullname", LEAD_NAME},
    {"gewenste dienst", LEAD_SERVICE},
    {"gewunschte leistung", LEAD_SERVICE},
    {"given name", LEAD_FIRST_NAME},
    {"gsm", LEAD_PHONE},
    {"handy", LEAD_PHONE},
    {"handynummer", LEAD_PHONE},
    {"homepage", LEAD_SHOP},
    {"how can we help", LEAD_SERVICE},
    {"how can we help you", LEAD_MESSAGE},
    {"i need help with", LEAD_SERVICE},
    {"idioma", LEAD_LANGUAGE},
    {"ihr budget", LEAD_BUDGET},
    {"ihr name", LEAD_NAME},
    {"ihre e-mail", LEAD_EMAIL},
    {"ihre e-mail-adresse", LEAD_EMAIL},
    {"ihre nachricht", LEAD_MESSAGE},
    {"ihre website", LEAD_SHOP},
    {"il tuo messaggio", LEAD_MESSAGE},
    {"il tuo nome", LEAD_NAME},
    {"imie", LEAD_NAME},
    {"imie i nazwisko", LEAD_NAME},
    {"imie nazwisko", LEAD_NAME},
    {"importe", LEAD_BUDGET},
    {"indirizzo e-mail", LEAD_EMAIL},
    {"indirizzo email", LEAD_EMAIL},
    {"inhoud", LEAD_MESSAGE},
    {"inquiry", LEAD_MESSAGE},
    {"interested in", LEAD_SERVICE},
    {"internetseite", LEAD_SHOP},
    {"je naam", LEAD_NAME},
    {"jezyk", LEAD_LANGUAGE},
    {"jouw bericht", LEAD_MESSAGE},
    {"jouw e-mailadres", LEAD_EMAIL},
    {"komentarz", LEAD_MESSAGE},
    {"kommentar", LEAD_MESSAGE},
    {"kwota", LEAD_BUDGET},
    {"language", LEAD_LANGUAGE},
    {"langue", LEAD_LANGUAGE},
    {"langue preferee", LEAD_LANGUAGE},
    {"last", LEAD_LAST_NAME},
    {"last name", LEAD_LAST_NAME},
    {"lastname", LEAD_LAST_NAME},
    {"lead name", LEAD_NAME},
    {"leistung", LEAD_SERVICE},
    {"lingua", LEAD_LANGUAGE},
    {"lname", LEAD_LAST_NAME},
    {"locale", LEAD_LANGUAGE},
    {"loja", LEAD_SHOP},
    {"long answer", LEAD_MESSAGE},
    {"mail", LEAD_EMAIL},
    {"mailadresse", LEAD_EMAIL},
    {"mensagem", LEAD_MESSAGE},
    {"mensaje", LEAD_MESSAGE},
    {"message", LEAD_MESSAGE},
    {"message body", LEAD_MESSAGE},
    {"messages", LEAD_MESSAGE},
    {"messaggio", LEAD_MESSAGE},
    {"mitteilung", LEAD_MESSAGE},
    {"mobiel", LEAD_PHONE},
    {"mobiel nummer", LEAD_PHONE},
    {"mobil", LEAD_PHONE},
    {"mobile", LEAD_PHONE},
    {"mobile number", LEAD_PHONE},
    {"mobile phone", LEAD_PHONE},
    {"mobilnummer", LEAD_PHONE},
    {"montant", LEAD_BUDGET},
    {"movil", LEAD_PHONE},
    {"myshopify url", LEAD_SHOP},
    {"naam", LEAD_NAME},
    {"naam contactpersoon", LEAD_NAME},
    {"naam winkel", LEAD_SHOP},
    {"nachname", LEAD_LAST_NAME},
    {"nachricht", LEAD_MESSAGE},
    {"nachrichtentext", LEAD_MESSAGE},
    {"name", LEAD_NAME},
    {"name des kontakts", LEAD_NAME},
    {"name of contact", LEAD_NAME},
    {"nazwa sklepu", LEAD_SHOP},
    {"nazwisko", LEAD_LAST_NAME},
    {"nazwisko i imie", LEAD_NAME},
    {"negozio", LEAD_SHOP},
    {"nom", LEAD_NAME},
    {"nom complet", LEAD_NAME},
    {"nom de famille", LEAD_LAST_NAME},
    {"nom de la boutique", LEAD_SHOP},
    {"nom du contact", LEAD_NAME},
    {"nom et prenom", LEAD_NAME},
    {"nombre", LEAD_NAME},
    {"nombre completo", LEAD_NAME},
    {"nombre de la tienda", LEAD_SHOP},
    {"nombre de pila", LEAD_FIRST_NAME},
    {"nombre y apellido", LEAD_NAME},
    {"nombre y apellidos", LEAD_NAME},
    {"nome", LEAD_NAME},
    {"nome completo", LEAD_NAME},
    {"nome da loja", LEAD_SHOP},
    {"nome e cognome", LEAD_NAME},
    {"note", LEAD_MESSAGE},
    {"notes", LEAD_MESSAGE},
    {"nr telefonu", LEAD_PHONE},
    {"numer telefonu", LEAD_PHONE},
    {"numero de telefono", LEAD_PHONE},
    {"numero de telephone", LEAD_PHONE},
    {"numero di telefono", LEAD_PHONE},
    {"omschrijving", LEAD_MESSAGE},
    {"online-shop", LEAD_SHOP},
    {"onlineshop", LEAD_SHOP},
    {"opis", LEAD_MESSAGE},
    {"opis projektu", LEAD_MESSAGE},
    {"opmerking", LEAD_MESSAGE},
    {"opmerkingen", LEAD_MESSAGE},
    {"orcamento", LEAD_BUDGET},
    {"pagina web", LEAD_SHOP},
    {"pedido", LEAD_MESSAGE},
    {"person", LEAD_NAME},
    {"phone", LEAD_PHONE},
    {"phone number", LEAD_PHONE},
    {"poczta", LEAD_EMAIL},
    {"portable", LEAD_PHONE},
    {"posta elettronica", LEAD_EMAIL},
    {"preferred language", LEAD_LANGUAGE},
    {"prenom", LEAD_FIRST_NAME},
    {"prenom et nom", LEAD_NAME},
    {"prestation", LEAD_SERVICE},
    {"presupuesto", LEAD_BUDGET},
    {"presupuesto estimado", LEAD_BUDGET},
    {"price range", LEAD_BUDGET},
    {"primeiro nome", LEAD_FIRST_NAME},
    {"primer nombre", LEAD_FIRST_NAME},
    {"project budget", LEAD_BUDGET},
    {"project description", LEAD_MESSAGE},
    {"project details", LEAD_MESSAGE},
    {"project type", LEAD_SERVICE},
    {"projektbeschreibung", LEAD_MESSAGE},
    {"pytanie", LEAD_MESSAGE},
    {"question", LEAD_MESSAGE},
    {"questions", LEAD_MESSAGE},
    {"reply-to", LEAD_EMAIL},
    {"replyto", LEAD_EMAIL},
    {"request", LEAD_MESSAGE},
    {"requested service", LEAD_SERVICE},
    {"richiesta", LEAD_MESSAGE},
    {"rodzaj uslugi", LEAD_SERVICE},
    {"rufnummer", LEAD_PHONE},
    {"sender", LEAD_NAME},
    {"service", LEAD_SERVICE},
    {"service demande", LEAD_SERVICE},
    {"service needed", LEAD_SERVICE},
    {"service required", LEAD_SERVICE},
    {"service souhaite", LEAD_SERVICE},
    {"service type", LEAD_SERVICE},
    {"services", LEAD_SERVICE},
    {"servicio", LEAD_SERVICE},
    {"servicio requerido", LEAD_SERVICE},
    {"servicios", LEAD_SERVICE},
    {"servico", LEAD_SERVICE},
    {"servizio", LEAD_SERVICE},
    {"seu nome", LEAD_NAME},
    {"shop", LEAD_SHOP},
    {"shop address", LEAD_SHOP},
    {"shop name", LEAD_SHOP},
    {"shop url", LEAD_SHOP},
    {"shopify store", LEAD_SHOP},
    {"shopify store url", LEAD_SHOP},
    {"shopify url", LEAD_SHOP},
    {"site", LEAD_SHOP},
    {"site internet", LEAD_SHOP},
    {"site web", LEAD_SHOP},
    {"sitio web", LEAD_SHOP},
    {"sito", LEAD_SHOP},
    {"sito web", LEAD_SHOP},
    {"sklep", LEAD_SHOP},
    {"sobrenome", LEAD_LAST_NAME},
    {"soort dienst", LEAD_SERVICE},
    {"sprache", LEAD_LANGUAGE},
    {"store", LEAD_SHOP},
    {"store address", LEAD_SHOP},
    {"store link", LEAD_SHOP},
    {"store name", LEAD_SHOP},
    {"store url", LEAD_SHOP},
    {"strona", LEAD_SHOP},
    {"strona internetowa", LEAD_SHOP},
    {"strona www", LEAD_SHOP},
    {"su correo", LEAD_EMAIL},
    {"su mensaje", LEAD_MESSAGE},
    {"su nombre", LEAD_NAME},
    {"sua mensagem", LEAD_MESSAGE},
    {"surname", LEAD_LAST_NAME},
    {"taal", LEAD_LANGUAGE},
    {"tel", LEAD_PHONE},
    {"telefon", LEAD_PHONE},
    {"telefon kontaktowy", LEAD_PHONE},
    {"telefone", LEAD_PHONE},
    {"telefonnummer", LEAD_PHONE},
    {"telefono", LEAD_PHONE},
    {"telefoon", LEAD_PHONE},
    {"telefoonnummer", LEAD_PHONE},
    {"telemovel", LEAD_PHONE},
    {"telephone", LEAD_PHONE},
    {"telephone number", LEAD_PHONE},
    {"tell us about your project", LEAD_MESSAGE},
    {"tell us more", LEAD_MESSAGE},
    {"text", LEAD_MESSAGE},
    {"tienda", LEAD_SHOP},
    {"tipo de servicio", LEAD_SERVICE},
    {"tipo de servico", LEAD_SERVICE},
    {"tipo di servizio", LEAD_SERVICE},
    {"toelichting", LEAD_MESSAGE},
    {"topic", LEAD_SERVICE},
    {"tresc", LEAD_MESSAGE},
    {"tresc wiadomosci", LEAD_MESSAGE},
    {"tu correo", LEAD_EMAIL},
    {"tu mensaje", LEAD_MESSAGE},
    {"tu nombre", LEAD_NAME},
    {"twoj e-mail", LEAD_EMAIL},
    {"twoj email", LEAD_EMAIL},
    {"twoja wiadomosc", LEAD_MESSAGE},
    {"twoje imie", LEAD_NAME},
    {"type de service", LEAD_SERVICE},
    {"type of service", LEAD_SERVICE},
    {"url", LEAD_SHOP},
    {"url de la boutique", LEAD_SHOP},
    {"url de la tienda", LEAD_SHOP},
    {"usluga", LEAD_SERVICE},
    {"uslugi", LEAD_SERVICE},
    {"uw bericht", LEAD_MESSAGE},
    {"uw budget", LEAD_BUDGET},
    {"uw e-mail", LEAD_EMAIL},
    {"uw e-mailadres", LEAD_EMAIL},
    {"uw naam", LEAD_NAME},
    {"uw website", LEAD_SHOP},
    {"uwagi", LEAD_MESSAGE},
    {"volledige naam", LEAD_NAME},
    {"vollstandiger name", LEAD_NAME},
    {"voorkeurstaal", LEAD_LANGUAGE},
    {"voornaam", LEAD_FIRST_NAME},
    {"vor- und nachname", LEAD_NAME},
    {"vorname", LEAD_FIRST_NAME},
    {"vorname und nachname", LEAD_NAME},
    {"votre adresse e-mail", LEAD_EMAIL},
    {"votre budget", LEAD_BUDGET},
    {"votre demande", LEAD_MESSAGE},
    {"votre e-mail", LEAD_EMAIL},
    {"votre email", LEAD_EMAIL},
    {"votre message", LEAD_MESSAGE},
    {"votre nom", LEAD_NAME},
    {"votre site", LEAD_SHOP},
    {"votre telephone", LEAD_PHONE},
    {"vraag", LEAD_MESSAGE},
    {"web", LEAD_SHOP},
    {"web site", LEAD_SHOP},
    {"webseite", LEAD_SHOP},
    {"webshop", LEAD_SHOP},
    {"website", LEAD_SHOP},
    {"website url", LEAD_SHOP},
    {"website van uw winkel", LEAD_SHOP},
    {"webwinkel", LEAD_SHOP},
    {"what can we help you with", LEAD_MESSAGE},
    {"what do you need", LEAD_SERVICE},
    {"what service do you need", LEAD_SERVICE},
    {"whatsapp", LEAD_PHONE},
    {"wiadomosc", LEAD_MESSAGE},
    {"winkel", LEAD_SHOP},
    {"winkelnaam", LEAD_SHOP},
    {"work email", LEAD_EMAIL},
    {"your budget", LEAD_BUDGET},
    {"your e-mail", LEAD_EMAIL},
    {"your email", LEAD_EMAIL},
    {"your message", LEAD_MESSAGE},
    {"your name", LEAD_NAME},
    {"your phone", LEAD_PHONE},
    {"your shop", LEAD_SHOP},
    {"your store", LEAD_SHOP},
    {"zapytanie", LEAD_MESSAGE},
    {"zprava", LEAD_MESSAGE},
};

/* Words that say what a longer label asks for: "Ihre E-Mail-Adresse (Pflichtfeld)". In this order. */
static const struct {
    const char *part;
    enum lead_member member;
} parts[] = {
    {"e-mail", LEAD_EMAIL},        {"email", LEAD_EMAIL},           {"courriel", LEAD_EMAIL},
    {"phone", LEAD_PHONE},         {"telefon", LEAD_PHONE},         {"telefoon", LEAD_PHONE},
    {"telephone", LEAD_PHONE},     {"mobiel", LEAD_PHONE},          {"first name", LEAD_FIRST_NAME},
    {"last name", LEAD_LAST_NAME}, {"budget", LEAD_BUDGET},         {"budzet", LEAD_BUDGET},
    {"shop url", LEAD_SHOP},       {"store url", LEAD_SHOP},        {"website", LEAD_SHOP},
    {"your name", LEAD_NAME},      {"full name", LEAD_NAME},        {"need help", LEAD_MESSAGE},
    {"can we help", LEAD_MESSAGE}, {"can we do for", LEAD_MESSAGE}, {"your project", LEAD_MESSAGE},
    {"message", LEAD_MESSAGE},     {"nachricht", LEAD_MESSAGE},     {"wiadomosc", LEAD_MESSAGE},
    {"bericht", LEAD_MESSAGE},     {"mensaje", LEAD_MESSAGE},       {"messaggio", LEAD_MESSAGE},
    {"mensagem", LEAD_MESSAGE},
};

static gboolean
is_plain(char c)
{
    return g_ascii_isalnum(c) || (c & 0x80) || c == '-' || c == '\'' || c == '/' || c == '&';
}

/* "2. Your_E-mail* :" → "your e-mail". */
static void
normalize(struct folded *folded)
{
    char *to = folded->text;
    const char *p = folded->text;
    while (g_ascii_isdigit(*p) || strchr(" .)#*[(", *p ? *p : 'x'))
        p++;
    for (; *p && *p != '(' && *p != '['; p++) {
        if (is_plain(*p))
            *to++ = *p;
        else if (to > folded->text && to[-1] != ' ')
            *to++ = ' ';
    }
    while (to > folded->text && strchr(" -/&", to[-1]))
        to--;
    *to = '\0';
    folded->length = (gsize)(to - folded->text);
}

static enum lead_member
look_up(const char *label)
{
    gsize low = 0, high = G_N_ELEMENTS(labels);
    while (low < high) {
        gsize middle = (low + high) / 2;
        int order = strcmp(label, labels[middle].label);
        if (order == 0)
            return labels[middle].member;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return LEAD_NONE;
}

static enum lead_member
by_key(const char *key)
{
    enum lead_member member = look_up(key);
    if (member == LEAD_NONE && g_str_has_prefix(key, "your-")) /* Contact Form 7's field names */
        member = look_up(key + 5);
    for (gsize i = 0; member == LEAD_NONE && i < G_N_ELEMENTS(parts); i++)
        if (strstr(key, parts[i].part))
            member = parts[i].member;
    return member;
}

enum lead_member
form_label_in(const struct form_map *map, const char *label, gsize length)
{
    struct folded folded;
    if (length > FORM_LABEL_BYTES * 3)
        return LEAD_NONE;
    fold(&folded, label, length);
    normalize(&folded);
    enum lead_member member = map ? form_map_member(map, folded.text) : LEAD_NONE;
    return member != LEAD_NONE || length > FORM_LABEL_BYTES ? member : by_key(folded.text);
}

enum lead_member
form_label(const char *label, gsize length)
{
    return form_label_in(NULL, label, length);
}

char *
form_label_key(const char *label, gsize length)
{
    struct folded folded;
    fold(&folded, label, length);
    normalize(&folded);
    return g_strdup(folded.text);
}
