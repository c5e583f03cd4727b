#include "market/draft.h"

#include <string.h>

#include "lib/text.h"
#include "market/money.h"

enum field { FIELD_SERVICE, FIELD_DESCRIPTION, FIELD_MILESTONE, FIELD_TOTAL, FIELD_TERMS, FIELD_CURRENCY, FIELDS };

enum { LABEL_BYTES = 60, TEXT_BYTES = 32 << 10 };

/* Folded words, apart by '|': English, Dutch, French, Polish. */
static const struct {
    const char *words;
    gsize most; /* bytes of the value */
    gboolean block;
} fields[FIELDS] = {
    [FIELD_SERVICE] = {"|service|dienst|prestation|usluga|", 100, FALSE},
    [FIELD_DESCRIPTION] = {"|description|work|scope|omschrijving|beschrijving|werk|travail|descriptif|opis|zakres|",
                           8000, TRUE},
    [FIELD_MILESTONE] = {"|milestone|step|phase|mijlpaal|fase|stap|jalon|etape|etap|kamien milowy|faza|", 600, FALSE},
    [FIELD_TOTAL] = {"|total|price|totaal|prijs|prix|montant|razem|suma|lacznie|cena|", 100, FALSE},
    [FIELD_TERMS] = {"|terms|conditions|voorwaarden|warunki|", 4000, TRUE},
    [FIELD_CURRENCY] = {"|currency|valuta|munt|devise|monnaie|waluta|", 20, FALSE},
};

/* ---- labels ---- */

/* A label as it is compared: folded, without its number. */
static char *
bare_label(const char *label, gsize length)
{
    g_autofree char *copy = g_strndup(label, length);
    char *folded = text_fold(copy);
    static const char *const numbers[] = {" n\302\260", " no", " nr"};
    gsize end = strlen(folded);
    while (end && strchr(" #.()0123456789", folded[end - 1]))
        end--;
    folded[end] = '\0';
    for (guint i = 0; i < G_N_ELEMENTS(numbers); i++)
        if (g_str_has_suffix(folded, numbers[i]))
            folded[end - strlen(numbers[i])] = '\0';
    return folded;
}

static enum field
field_of(const char *label, gsize length)
{
    g_autofree char *bare = bare_label(label, length);
    g_autofree char *needle = g_strdup_printf("|%s|", bare);
    enum field field = 0;
    while (field < FIELDS && (!*bare || strchr(bare, '|') || !strstr(fields[field].words, needle)))
        field++;
    return field;
}

/* The length of what stands before a line's colon, where that may be a label; 0: it is none. */
static gsize
label_length(const char *line)
{
    gsize length = strcspn(line, ":\n");
    return line[length] == ':' && length <= LABEL_BYTES && line[length + 1] != '/' ? length : 0;
}

char *
draft_stray_label(const char *text)
{
    for (const char *line = text; *line;) {
        gsize length = label_length(line);
        if (length && field_of(line, length) < FIELDS) {
            g_autofree char *label = g_strndup(line, length);
            return text_one_line(label, LABEL_BYTES);
        }
        const char *end = strchr(line, '\n');
        line = end ? end + 1 : line + strlen(line);
    }
    return NULL;
}

/* ---- values ---- */

/* What was written, field by field, before it is understood. */
struct reading {
    GString *values[FIELDS]; /* NULL: not written; of milestones the latest is being written */
    GPtrArray *milestones;   /* char * */
    char *labels[FIELDS];    /* as written */
    enum field current;
    gboolean open; /* no blank line since the current one */
    const char *key;
    json_t *variables;
};

static void
fail(struct reading *r, const char *key, json_t *variables)
{
    if (r->key)
        json_decref(variables);
    else {
        r->key = key;
        r->variables = variables;
    }
}

static void
end_milestone(struct reading *r)
{
    GString *value = r->values[FIELD_MILESTONE];
    r->values[FIELD_MILESTONE] = NULL;
    if (value)
        g_ptr_array_add(r->milestones, g_string_free(value, FALSE));
}

static void
begin_field(struct reading *r, enum field field, const char *line, gsize label)
{
    g_autofree char *copy = g_strndup(line, label);
    end_milestone(r);
    if (r->values[field])
        fail(r, "cannot.proposal_twice", json_pack("{s:o}", "label", json_string(r->labels[field])));
    else {
        g_free(r->labels[field]);
        r->labels[field] = text_one_line(copy, LABEL_BYTES);
        r->values[field] = g_string_new(line + label + 1);
    }
    r->current = field;
    r->open = TRUE;
}

/* A line below the first one of a value. A label that we do not know is a mistake, except inside of a longer text. */
static void
go_on(struct reading *r, const char *line)
{
    gsize label = label_length(line);
    gboolean belongs = r->open && r->current < FIELDS && r->values[r->current];
    if (!belongs || (label && !fields[r->current].block)) {
        g_autofree char *copy = g_strndup(line, label ? label : strlen(line));
        g_autofree char *shown = text_one_line(copy, LABEL_BYTES);
        fail(r, "cannot.proposal_label", json_pack("{s:s}", "label", shown));
        return;
    }
    g_string_append_printf(r->values[r->current], "\n%s", line);
}

static void
take_line(struct reading *r, const char *line)
{
    g_autofree char *bare = text_one_line(line, G_MAXSIZE);
    gsize label = label_length(bare);
    enum field field = label ? field_of(bare, label) : FIELDS;
    if (!*bare)
        r->open = FALSE;
    else if (field < FIELDS)
        begin_field(r, field, bare, label);
    else
        go_on(r, bare);
}

/* The value of a field as it is kept; "" where it was not written. */
static char *
value_of(struct reading *r, enum field field, const char *written)
{
    g_autofree char *copy = g_strstrip(g_strdup(written ? written : ""));
    if (strlen(copy) > fields[field].most)
        fail(r, "cannot.proposal_too_long",
             json_pack("{s:s, s:I}", "label", r->labels[field], "most", (json_int_t)fields[field].most));
    return fields[field].block ? g_steal_pointer(&copy) : text_one_line(copy, G_MAXSIZE);
}

static char *
take_value(struct reading *r, enum field field)
{
    return value_of(r, field, r->values[field] ? r->values[field]->str : NULL);
}

/* ---- sums ---- */

static void
draft_milestone_free(gpointer data)
{
    struct draft_milestone *milestone = data;
    g_free(milestone->description);
    g_free(milestone->duration);
    g_free(milestone);
}

/* `description; price; duration` apart. NULL: it is not so. */
static GStrv
milestone_parts(const char *value)
{
    GStrv parts = g_strsplit(value, ";", -1);
    guint count = g_strv_length(parts);
    for (guint i = 0; i < count; i++)
        g_strstrip(parts[i]);
    gboolean good = count >= 2 && (count <= 3 || (count == 4 && !*parts[3])) && *parts[0] && *parts[1];
    if (!good)
        g_clear_pointer(&parts, g_strfreev);
    return parts;
}

/* All sums of a proposal are of one currency: the one that is named, or that the first sum with one has. */
static void
note_currency(struct reading *r, struct draft *draft, const char *currency)
{
    if (!currency || !*currency)
        return;
    if (!*draft->currency)
        g_strlcpy(draft->currency, currency, sizeof draft->currency);
    else if (strcmp(draft->currency, currency) != 0)
        fail(r, "cannot.proposal_currencies", json_pack("{s:s, s:s}", "first", draft->currency, "second", currency));
}

static void
note_currency_of(struct reading *r, struct draft *draft, const char *sum)
{
    struct amount amount;
    amount_read(sum, NULL, &amount, NULL);
    note_currency(r, draft, amount.currency);
}

static gint64
take_sum(struct reading *r, const struct draft *draft, const char *sum)
{
    struct amount amount;
    enum amount_problem problem = amount_read(sum, *draft->currency ? draft->currency : NULL, &amount, NULL);
    if (problem)
        fail(r, money_key(problem), money_variables(sum, &amount));
    return amount.minor;
}

static void
find_currency(struct reading *r, struct draft *draft, const char *total)
{
    g_autofree char *named = take_value(r, FIELD_CURRENCY);
    const char *code = *named ? amount_currency(named) : NULL;
    if (*named && !code)
        fail(r, "cannot.amount_unknown_currency", json_pack("{s:s, s:s}", "written", named, "currency", ""));
    note_currency(r, draft, code);
    for (guint i = 0; i < r->milestones->len; i++) {
        g_auto(GStrv) parts = milestone_parts(g_ptr_array_index(r->milestones, i));
        if (parts)
            note_currency_of(r, draft, parts[1]);
    }
    note_currency_of(r, draft, total);
}

static void
take_milestone(struct reading *r, struct draft *draft, const char *written)
{
    g_autofree char *value = value_of(r, FIELD_MILESTONE, written);
    g_auto(GStrv) parts = milestone_parts(value);
    if (!parts) {
        g_autofree char *shown = text_one_line(value, LABEL_BYTES);
        fail(r, "cannot.proposal_milestone", json_pack("{s:s}", "written", shown));
        return;
    }
    struct draft_milestone *milestone = g_new0(struct draft_milestone, 1);
    milestone->description = g_strdup(parts[0]);
    milestone->price = take_sum(r, draft, parts[1]);
    milestone->duration = g_strdup(parts[2] ? parts[2] : "");
    g_ptr_array_add(draft->milestones, milestone);
}

static void
take_total(struct reading *r, struct draft *draft, const char *total)
{
    gint64 sum = 0;
    for (guint i = 0; i < draft->milestones->len; i++)
        sum += ((const struct draft_milestone *)g_ptr_array_index(draft->milestones, i))->price;
    draft->total = *total ? take_sum(r, draft, total) : sum;
    if (!*total && !draft->milestones->len)
        fail(r, "cannot.proposal_no_total", NULL);
    else if (!r->key && draft->milestones->len && draft->total != sum)
        fail(r, "cannot.proposal_total",
             json_pack("{s:o, s:o}", "sum_money", money_json(sum, draft->currency), "total_money",
                       money_json(draft->total, draft->currency)));
    else if (!r->key && draft->total <= 0)
        fail(r, "cannot.amount_zero", NULL);
}

/* ---- the whole ---- */

static void
understand(struct reading *r, struct draft *draft)
{
    g_autofree char *service = take_value(r, FIELD_SERVICE), *total = take_value(r, FIELD_TOTAL);
    draft->description = take_value(r, FIELD_DESCRIPTION);
    draft->terms = take_value(r, FIELD_TERMS);
    draft->service = *service ? g_steal_pointer(&service) : NULL;
    if (r->milestones->len > DRAFT_MILESTONES)
        fail(r, "cannot.proposal_milestones", json_pack("{s:i}", "most", DRAFT_MILESTONES));
    find_currency(r, draft, total);
    for (guint i = 0; i < r->milestones->len && !r->key; i++)
        take_milestone(r, draft, g_ptr_array_index(r->milestones, i));
    take_total(r, draft, total);
    if (!*draft->description && !draft->milestones->len)
        fail(r, "cannot.proposal_no_description", NULL);
}

static void
read_lines(struct reading *r, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line && !r->key; line++)
        take_line(r, *line);
    end_milestone(r);
}

static void
reading_clear(struct reading *r)
{
    for (guint i = 0; i < FIELDS; i++) {
        if (r->values[i])
            g_string_free(r->values[i], TRUE);
        g_free(r->labels[i]);
    }
    g_ptr_array_unref(r->milestones);
}

const char *
draft_read(const char *text, struct draft *draft, json_t **variables)
{
    struct reading r = {.current = FIELDS, .milestones = g_ptr_array_new_with_free_func(g_free)};
    memset(draft, 0, sizeof *draft);
    draft->milestones = g_ptr_array_new_with_free_func(draft_milestone_free);
    g_autofree char *trimmed = g_strstrip(g_strndup(text, TEXT_BYTES));
    if (!*trimmed)
        fail(&r, "cannot.proposal_empty", NULL);
    else if (strlen(text) > TEXT_BYTES)
        fail(&r, "cannot.proposal_too_long", json_pack("{s:s, s:i}", "label", "/propose", "most", TEXT_BYTES));
    else
        read_lines(&r, trimmed);
    if (!r.key)
        understand(&r, draft);
    reading_clear(&r);
    *variables = r.variables;
    return r.key;
}

void
draft_clear(struct draft *draft)
{
    g_free(draft->service);
    g_free(draft->description);
    g_free(draft->terms);
    g_clear_pointer(&draft->milestones, g_ptr_array_unref);
    memset(draft, 0, sizeof *draft);
}
