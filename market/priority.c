#include "market/priority.h"

#include <string.h>

#include "lib/text.h"

enum { TEXT_BYTES = 64 << 10, LABEL_BYTES = 200 };

static const struct {
    enum priority priority;
    const char *name;
} names[] = {{PRIORITY_TIME, "time"}, {PRIORITY_COST, "cost"}, {PRIORITY_QUALITY, "quality"}};

/* As text_words() has them. */
struct phrase {
    enum priority priority;
    const char *words;
};

/* Anywhere in what a merchant writes. */
static const struct phrase phrases[] = {
    /* English */
    {PRIORITY_TIME, "urgent"},
    {PRIORITY_TIME, "urgently"},
    {PRIORITY_TIME, "asap"},
    {PRIORITY_TIME, "as soon as possible"},
    {PRIORITY_TIME, "as quickly as possible"},
    {PRIORITY_TIME, "tight deadline"},
    {PRIORITY_TIME, "in a hurry"},
    {PRIORITY_COST, "tight budget"},
    {PRIORITY_COST, "small budget"},
    {PRIORITY_COST, "low budget"},
    {PRIORITY_COST, "limited budget"},
    {PRIORITY_COST, "budget is tight"},
    {PRIORITY_COST, "budget is limited"},
    {PRIORITY_COST, "as cheap as possible"},
    {PRIORITY_COST, "lowest price"},
    {PRIORITY_QUALITY, "quality matters most"},
    {PRIORITY_QUALITY, "quality is most important"},
    {PRIORITY_QUALITY, "highest quality"},
    {PRIORITY_QUALITY, "best quality"},
    {PRIORITY_QUALITY, "top quality"},
    /* Dutch */
    {PRIORITY_TIME, "dringend"},
    {PRIORITY_TIME, "spoed"},
    {PRIORITY_TIME, "zo snel mogelijk"},
    {PRIORITY_TIME, "zo spoedig mogelijk"},
    {PRIORITY_TIME, "haast bij"},
    {PRIORITY_COST, "krap budget"},
    {PRIORITY_COST, "klein budget"},
    {PRIORITY_COST, "beperkt budget"},
    {PRIORITY_COST, "zo goedkoop mogelijk"},
    {PRIORITY_COST, "laagste prijs"},
    {PRIORITY_QUALITY, "hoogste kwaliteit"},
    {PRIORITY_QUALITY, "beste kwaliteit"},
    {PRIORITY_QUALITY, "kwaliteit is het belangrijkst"},
    {PRIORITY_QUALITY, "kwaliteit staat voorop"},
    /* French */
    {PRIORITY_TIME, "urgente"},
    {PRIORITY_TIME, "en urgence"},
    {PRIORITY_TIME, "des que possible"},
    {PRIORITY_TIME, "le plus vite possible"},
    {PRIORITY_TIME, "le plus rapidement possible"},
    {PRIORITY_TIME, "dans les plus brefs delais"},
    {PRIORITY_COST, "budget serre"},
    {PRIORITY_COST, "petit budget"},
    {PRIORITY_COST, "budget limite"},
    {PRIORITY_COST, "budget restreint"},
    {PRIORITY_COST, "le moins cher possible"},
    {PRIORITY_COST, "prix le plus bas"},
    {PRIORITY_QUALITY, "meilleure qualite"},
    {PRIORITY_QUALITY, "qualite avant tout"},
    {PRIORITY_QUALITY, "haute qualite"},
    /* Polish */
    {PRIORITY_TIME, "pilne"},
    {PRIORITY_TIME, "pilnie"},
    {PRIORITY_TIME, "jak najszybciej"},
    {PRIORITY_TIME, "jak najpredzej"},
    {PRIORITY_COST, "ograniczony budzet"},
    {PRIORITY_COST, "maly budzet"},
    {PRIORITY_COST, "niewielki budzet"},
    {PRIORITY_COST, "jak najtaniej"},
    {PRIORITY_COST, "najnizsza cena"},
    {PRIORITY_QUALITY, "najwyzsza jakosc"},
    {PRIORITY_QUALITY, "najlepsza jakosc"},
    {PRIORITY_QUALITY, "najwyzszej jakosci"},
    {PRIORITY_QUALITY, "jakosc jest najwazniejsza"},
};

/* Behind a label that asks for them. */
static const struct phrase values[] = {
    {PRIORITY_TIME, "time"},       {PRIORITY_TIME, "speed"},        {PRIORITY_TIME, "tijd"},
    {PRIORITY_TIME, "snelheid"},   {PRIORITY_TIME, "temps"},        {PRIORITY_TIME, "delai"},
    {PRIORITY_TIME, "delais"},     {PRIORITY_TIME, "rapidite"},     {PRIORITY_TIME, "czas"},
    {PRIORITY_TIME, "termin"},     {PRIORITY_COST, "cost"},         {PRIORITY_COST, "price"},
    {PRIORITY_COST, "kosten"},     {PRIORITY_COST, "prijs"},        {PRIORITY_COST, "cout"},
    {PRIORITY_COST, "couts"},      {PRIORITY_COST, "prix"},         {PRIORITY_COST, "koszt"},
    {PRIORITY_COST, "koszty"},     {PRIORITY_COST, "cena"},         {PRIORITY_QUALITY, "quality"},
    {PRIORITY_QUALITY, "qualite"}, {PRIORITY_QUALITY, "kwaliteit"}, {PRIORITY_QUALITY, "jakosc"},
};

/* In a form's budget field, where "500" alone says nothing. */
static const struct phrase budgets[] = {
    {PRIORITY_COST, "tight"},  {PRIORITY_COST, "limited"},   {PRIORITY_COST, "small"},       {PRIORITY_COST, "low"},
    {PRIORITY_COST, "krap"},   {PRIORITY_COST, "beperkt"},   {PRIORITY_COST, "klein"},       {PRIORITY_COST, "serre"},
    {PRIORITY_COST, "limite"}, {PRIORITY_COST, "restreint"}, {PRIORITY_COST, "ograniczony"}, {PRIORITY_COST, "maly"},
};

static const char *const labels[] = {"priority", "priorities", "prioriteit", "prioriteiten",
                                     "priorite", "priorites",  "priorytet",  "priorytety"};

static const char *const denials[] = {"not", "no", "isn", "don", "niet", "geen", "pas", "rien", "non", "nie"};

/* Does one of the last three words deny what follows? */
static gboolean
denies(const char *words, const char *end)
{
    g_autofree char *before = g_strndup(words, (gsize)(end - words));
    g_auto(GStrv) list = g_strsplit(g_strstrip(before), " ", -1);
    const guint count = g_strv_length(list);
    for (guint i = count > 3 ? count - 3 : 0; i < count; i++)
        for (guint k = 0; k < G_N_ELEMENTS(denials); k++)
            if (strcmp(list[i], denials[k]) == 0)
                return TRUE;
    return FALSE;
}

static guint
find(const char *text, const struct phrase *list, guint count)
{
    g_autofree char *words = text_words(text);
    guint set = 0;
    for (guint i = 0; i < count; i++) {
        const gsize length = strlen(list[i].words);
        for (const char *found = words; (found = strstr(found, list[i].words)); found++)
            if (found[-1] == ' ' && found[length] == ' ' && !denies(words, found))
                set |= list[i].priority;
    }
    return set;
}

static guint
of_label(const char *label, const char *value)
{
    g_autofree char *folded = text_fold(label);
    for (guint i = 0; i < G_N_ELEMENTS(labels); i++)
        if (strcmp(folded, labels[i]) == 0)
            return find(value, values, G_N_ELEMENTS(values));
    return 0;
}

static guint
of_line(const char *line)
{
    const char *colon = strchr(line, ':');
    if (!colon || colon - line > LABEL_BYTES)
        return 0;
    g_autofree char *label = g_strndup(line, (gsize)(colon - line));
    return of_label(label, colon + 1);
}

static guint
of_labels(const char *text, const struct form *form)
{
    guint set = 0;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++)
        set |= of_line(*line);
    for (guint i = 0; form && i < form->fields->len; i++) {
        const struct form_field *field = g_ptr_array_index(form->fields, i);
        set |= of_label(field->label, field->value);
    }
    return set;
}

guint
priority_of(const char *subject, const char *text, const struct form *form)
{
    g_autofree char *start = g_strndup(text ? text : "", text ? TEXT_BYTES : 0);
    const char *budget = form ? form->lead.budget : NULL;
    guint set = of_labels(start, form);
    if (set)
        return set;
    set = find(start, phrases, G_N_ELEMENTS(phrases));
    set |= subject ? find(subject, phrases, G_N_ELEMENTS(phrases)) : 0;
    return set | (budget ? find(budget, budgets, G_N_ELEMENTS(budgets)) : 0);
}

char *
priority_text(guint set)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        if (set & names[i].priority)
            g_string_append_printf(text, "%s%s", text->len ? " " : "", names[i].name);
    return g_string_free(text, FALSE);
}

gboolean
priority_parse(const char *text, guint *set)
{
    g_auto(GStrv) words = g_strsplit_set(text, " ,", -1);
    *set = 0;
    for (char **word = words; *word; word++) {
        guint found = 0;
        for (guint i = 0; i < G_N_ELEMENTS(names); i++)
            if (strcmp(*word, names[i].name) == 0)
                found = names[i].priority;
        if (!found && **word)
            return FALSE;
        *set |= found;
    }
    return TRUE;
}
