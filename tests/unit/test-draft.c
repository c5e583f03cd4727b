/* A proposal as a partner writes it. */
#include <string.h>

#include "market/draft.h"

/* "service|description|price description (duration), …|total currency|terms", or the key of what is wrong. */
static char *
read_draft(const char *text)
{
    g_auto(draft) draft = {0};
    json_t *variables = NULL;
    const char *key = draft_read(text, &draft, &variables);
    json_decref(variables);
    if (key)
        return g_strdup(key);
    GString *out = g_string_new(NULL);
    g_autofree char *total = amount_text(draft.total, draft.currency);
    g_string_append_printf(out, "%s|%s|", draft.service ? draft.service : "-", draft.description);
    for (guint i = 0; i < draft.milestones->len; i++) {
        const struct draft_milestone *m = g_ptr_array_index(draft.milestones, i);
        g_string_append_printf(out, "%" G_GINT64_FORMAT " %s (%s), ", m->price, m->description, m->duration);
    }
    g_string_append_printf(out, "|%s|%s", total, draft.terms);
    return g_string_free(out, FALSE);
}

static const struct {
    const char *text, *read;
} cases[] = {
    {"Service: theme design\nDescription: A new theme\nMilestone 1: Design; 500 EUR; 1 week\n"
     "Milestone 2: Building; 700 EUR\nTotal: 1200 EUR\nTerms: Half now",
     "theme design|A new theme|50000 Design (1 week), 70000 Building (), |1200.00 EUR|Half now"},
    {"Dienst: thema\nOmschrijving: Een nieuw thema\nMijlpaal: Ontwerp; € 1.250,00; 2 weken\nVoorwaarden: Vooraf",
     "thema|Een nieuw thema|125000 Ontwerp (2 weken), |1250.00 EUR|Vooraf"},
    {"prestation: thème\nDESCRIPTION : Un thème\nÉtape n° 1: x; 5 EUR", "thème|Un thème|500 x (), |5.00 EUR|"},
    {"prestation: thème\nDESCRIPTION : Un thème\nÉtape 1: Maquette; 1 250,50 €; 3 jours\nJalon 2: Mise en ligne; "
     "49,50\n"
     "Total: 1300 €",
     "thème|Un thème|125050 Maquette (3 jours), 4950 Mise en ligne (), |1300.00 EUR|"},
    {"Usługa: motyw\nOpis: Nowy motyw\nEtap 1: Projekt; 1 234,50 zł; 2 tygodnie\nRazem: 1234,50 zł\nWarunki: Z góry",
     "motyw|Nowy motyw|123450 Projekt (2 tygodnie), |1234.50 PLN|Z góry"},
    {"usluga: motyw\nopis: x\nlacznie: 10\nwaluta: pln", "motyw|x||10.00 PLN|"},
    {"Description: x\nTotal: 125000 JPY", "-|x||125000 JPY|"},
    {"Description: x\nTotal: 12.5 KWD", "-|x||12.500 KWD|"},
    {"Total: 5 EUR\n\nDescription: one line,\nand: another\n  and a third\n\nTerms: none",
     "-|one line,\nand: another\nand a third||5.00 EUR|none"},
    {"Description: x\nMilestone 1: A long line that a client\nbreaks; 5 EUR",
     "-|x|500 A long line that a client breaks (), |5.00 EUR|"},
    {"Milestone: Free look; 0 EUR;\nMilestone: Work; 5 EUR; ;", "-||0 Free look (), 500 Work (), |5.00 EUR|"},
    {"", "cannot.proposal_empty"},
    {"  \n\n", "cannot.proposal_empty"},
    {"Description: x", "cannot.proposal_no_total"},
    {"Total: 5 EUR", "cannot.proposal_no_description"},
    {"Description: x\nTotal: 5", "cannot.amount_no_currency"},
    {"Description: x\nTotal: 1.234 EUR", "cannot.amount_ambiguous"},
    {"Description: x\nTotal: 5 $", "cannot.amount_unknown_currency"},
    {"Description: x\nTotal: 5\nCurrency: dollars", "cannot.amount_unknown_currency"},
    {"Description: x\nTotal: 0 EUR", "cannot.amount_zero"},
    {"Description: x\nTotal: soon", "cannot.amount_missing"},
    {"Description: x\nMilestone: a; 5 EUR\nMilestone: b; 5 PLN", "cannot.proposal_currencies"},
    {"Description: x\nMilestone: a; 5 EUR\nCurrency: PLN", "cannot.proposal_currencies"},
    {"Description: x\nMilestone: a; 5 EUR\nTotal: 6 EUR", "cannot.proposal_total"},
    {"Description: x\nMilestone: a 5 EUR", "cannot.proposal_milestone"},
    {"Description: x\nMilestone: ; 5 EUR", "cannot.proposal_milestone"},
    {"Description: x\nMilestone: a; 5 EUR; 1 day; b", "cannot.proposal_milestone"},
    {"Milestone: a; 1 EUR\nMilestone: a; 1 EUR\nMilestone: a; 1 EUR\nMilestone: a; 1 EUR\nMilestone: a; 1 EUR\n"
     "Milestone: a; 1 EUR",
     "cannot.proposal_milestones"},
    {"Description: x\nDescription: y\nTotal: 5 EUR", "cannot.proposal_twice"},
    {"Total: 5 EUR\nColour: red", "cannot.proposal_label"},
    {"Total: 5 EUR\nDescription: x\n\nColour: red", "cannot.proposal_label"},
    {"a new theme", "cannot.proposal_label"},
};

static void
test_cases(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *read = read_draft(cases[i].text);
        g_test_message("%s", cases[i].text);
        g_assert_cmpstr(read, ==, cases[i].read);
    }
}

/* Whatever a value holds, it is one line, or lines without controls, of a bounded length. */
static void
test_hostile_values(void)
{
    g_autofree char *read = read_draft("Service: a\001b\r\342\200\256c\nDescription: d\tthe\033[31m\nTotal: 5 EUR");
    g_assert_cmpstr(read, ==, "a b c|d the [31m||5.00 EUR|");
    g_autofree char *x = g_strnfill(9000, 'x');
    g_autofree char *long_text = g_strdup_printf("Total: 5 EUR\nDescription: %s", x);
    g_autofree char *too_long = read_draft(long_text);
    g_assert_cmpstr(too_long, ==, "cannot.proposal_too_long");
    g_autofree char *huge = g_strnfill(1 << 20, '\n');
    memcpy(huge, "Total: 5 EUR", 12);
    g_autofree char *far_too_long = read_draft(huge);
    g_assert_cmpstr(far_too_long, ==, "cannot.proposal_too_long");
}

static void
test_both_sums_are_told(void)
{
    g_auto(draft) draft = {0};
    json_t *variables = NULL;
    draft_read("Milestone: a; 5 EUR\nTotal: 6 EUR", &draft, &variables);
    g_assert_cmpint(json_integer_value(json_object_get(json_object_get(variables, "sum_money"), "amount")), ==, 500);
    g_assert_cmpint(json_integer_value(json_object_get(json_object_get(variables, "total_money"), "amount")), ==, 600);
    json_decref(variables);
}

static void
test_stray_labels(void)
{
    static const struct {
        const char *text, *label;
    } strays[] = {{"Dear Mia,\nMilestone 2: b; 5 EUR\nAnna", "Milestone 2"},
                  {"Dear Mia:\nsee https://acme.test", NULL},
                  {"Łącznie: 5 zł", "Łącznie"},
                  {"", NULL}};
    for (guint i = 0; i < G_N_ELEMENTS(strays); i++) {
        g_autofree char *label = draft_stray_label(strays[i].text);
        g_assert_cmpstr(label, ==, strays[i].label);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/draft/cases", test_cases);
    g_test_add_func("/draft/hostile", test_hostile_values);
    g_test_add_func("/draft/total", test_both_sums_are_told);
    g_test_add_func("/draft/stray", test_stray_labels);
    return g_test_run();
}
