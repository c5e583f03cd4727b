#include "config.h"

#include "mime/form-fields.h"

#include <string.h>

#include "mime/markup.h"

/*
 * Forms in HTML are flat lists of blocks, and a value cannot leave its block, whatever lines it holds:
 *   two cells in a row                    label, value (Jotform, Typeform, most plugins)
 *   a row of one cell, a row with a value below it (Gravity Forms)
 *   bold words and a colon, then the rest of the block (Shopify, Squarespace)
 *   a block that ends in a colon, a bold block below it (Wix)
 *   a bold block that is a known label or a question, a plain one below it
 *   a row of three labels or more, a row of as many values below it
 * The terms of a <dl> are read as rows of two cells.
 */

#define BLOCKS 2000
#define BLOCK_BYTES 20000

struct block {
    char *text;       /* lines by LF, trimmed */
    gsize bold;       /* leading bytes that are bold */
    guint row, cells; /* table row, from 1 (0: none), and how many cells it has by now */
    guint cell;       /* from 1 */
    gboolean more;    /* of the same cell as the block before: a paragraph of its own */
};

struct scanner {
    struct markup m;
    GArray *blocks; /* struct block */
    GString *text;
    gsize bold_bytes;      /* of the text, from its start */
    gboolean all_bold;     /* so far */
    guint bold, pre, skip; /* open elements */
    guint row, cell, rows;
    gboolean in_cell, more;
};

static void
block_clear(gpointer data)
{
    g_free(((struct block *)data)->text);
}

static void
add_block(struct scanner *s, gboolean cell)
{
    char *text = g_strdup(s->text->str);
    gsize lead = strspn(text, " \n\t");
    g_strstrip(text);
    if (s->blocks->len < BLOCKS && (*text || (cell && !s->more))) {
        struct block block = {.text = text};
        if (s->bold_bytes > lead)
            block.bold = MIN(s->bold_bytes - lead, strlen(text));
        if (cell) {
            block.row = s->row;
            block.cell = s->cell;
            block.more = s->more;
            s->more = TRUE;
        }
        g_array_append_val(s->blocks, block);
    } else {
        g_free(text);
    }
    g_string_truncate(s->text, 0);
    s->bold_bytes = 0;
    s->all_bold = TRUE;
}

/* A cell counts even if it is empty. */
static void
end_cell(struct scanner *s)
{
    add_block(s, s->in_cell);
    s->in_cell = s->more = FALSE;
}

static gboolean
is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return TRUE;
    return FALSE;
}

static gboolean
ends_block(const char *name)
{
    static const char *const names[] = {"p",          "div", "li",   "ul",    "ol",       "h1",      "h2",      "h3",
                                        "h4",         "h5",  "h6",   "table", "tbody",    "section", "article", "dl",
                                        "blockquote", "hr",  "body", "form",  "fieldset", "label",   NULL};
    return is_one_of(name, names);
}

static gboolean
is_bold(const char *name)
{
    static const char *const names[] = {"b", "strong", "th", NULL};
    return is_one_of(name, names);
}

static gboolean
is_skipped(const char *name)
{
    static const char *const names[] = {"style", "script", "title", "head", NULL};
    return is_one_of(name, names);
}

static void
put_char(struct scanner *s, char c)
{
    if (s->text->len >= BLOCK_BYTES)
        return;
    gboolean blank = c == ' ' || c == '\t' || c == '\r' || (c == '\n' && !s->pre);
    if (blank && (s->text->len == 0 || strchr(" \n", s->text->str[s->text->len - 1])))
        return;
    g_string_append_c(s->text, blank ? ' ' : c);
}

static void
put_text(struct scanner *s)
{
    if (s->skip)
        return;
    for (gsize i = 0; i < s->m.text.length; i++) {
        const char *p = s->m.text.at + i;
        if (i + 1 < s->m.text.length && memcmp(p, "\xc2\xa0", 2) == 0) { /* NBSP */
            put_char(s, ' ');
            i++;
            continue;
        }
        gboolean ink = !g_ascii_isspace(*p);
        if (ink && !s->bold)
            s->all_bold = FALSE;
        put_char(s, *p);
        if (ink && s->bold && s->all_bold)
            s->bold_bytes = s->text->len;
    }
}

static gboolean
begins_row(const char *name)
{
    return strcmp(name, "tr") == 0 || strcmp(name, "table") == 0 || strcmp(name, "dt") == 0;
}

static gboolean
is_cell(const char *name)
{
    static const char *const names[] = {"td", "th", "dt", "dd", NULL};
    return is_one_of(name, names);
}

static void
open_tag(struct scanner *s)
{
    const char *name = s->m.name;
    if (strcmp(name, "br") == 0) {
        if (s->text->len)
            g_string_append_c(s->text, '\n');
    } else if (begins_row(name)) {
        end_cell(s);
        s->row = ++s->rows;
        s->cell = 0;
    }
    if (is_cell(name)) {
        end_cell(s);
        s->in_cell = TRUE;
        s->cell++;
    } else if (ends_block(name) && (!s->in_cell || s->text->len)) {
        add_block(s, s->in_cell);
    }
    s->bold += is_bold(name) && s->bold < 1000;
    s->pre += strcmp(name, "pre") == 0 && s->pre < 1000;
    s->skip += is_skipped(name) && s->skip < 1000;
}

static void
close_tag(struct scanner *s)
{
    static const char *const cells[] = {"td", "th", "tr", "table", "dt", "dd", "dl", NULL};
    const char *name = s->m.name;
    if (is_one_of(name, cells))
        end_cell(s);
    else if (ends_block(name) && (!s->in_cell || s->text->len))
        add_block(s, s->in_cell);
    s->bold -= is_bold(name) && s->bold;
    s->pre -= strcmp(name, "pre") == 0 && s->pre;
    s->skip -= is_skipped(name) && s->skip;
}

static struct block *
block_at(const GArray *blocks, guint i)
{
    return &g_array_index(blocks, struct block, i);
}

/* "<b>Email</b>" in a line of its own, the value below it, or "<b>Email:</b> value". */
static gboolean
begins_bold(const struct block *block)
{
    gsize line = strcspn(block->text, "\n");
    const char *colon = memchr(block->text, ':', line);
    gsize label = colon ? (gsize)(colon - block->text) : line;
    return label && label <= FORM_LABEL_BYTES && block->bold >= label && block->bold <= label + 1;
}

/* The paragraphs of one cell are lines of a value. Not where a table is there for its looks: nobody types bold words,
 * so two that begin so are labels of the tool. */
static gboolean
holds_fields(const GArray *blocks, guint from, guint to)
{
    guint bold = 0;
    for (guint i = from; i < to && bold < 2; i++)
        bold +=
            begins_bold(block_at(blocks, i)) && (i + 1 < to || block_at(blocks, i)->text[block_at(blocks, i)->bold]);
    return bold >= 2;
}

static void
settle_cell(GArray *blocks, guint from, guint to)
{
    gboolean apart = holds_fields(blocks, from, to);
    g_autoptr(GString) text = apart ? NULL : g_string_new(block_at(blocks, from)->text);
    for (guint i = from + 1; i < to && !apart; i++)
        g_string_append_printf(text, "%s%s", text->len ? "\n" : "", block_at(blocks, i)->text);
    if (!apart) {
        g_free(block_at(blocks, from)->text);
        block_at(blocks, from)->text = g_string_free(g_steal_pointer(&text), FALSE);
    }
    for (guint i = from; i < to && apart; i++)
        block_at(blocks, i)->row = 0;
}

/* Each cell becomes one block, or each of its paragraphs a block of no table. */
static GArray *
settle_cells(GArray *blocks)
{
    GArray *settled = g_array_new(FALSE, FALSE, sizeof(struct block));
    g_array_set_clear_func(settled, block_clear);
    for (guint i = 0; i < blocks->len;) {
        guint next = i + 1;
        while (next < blocks->len && block_at(blocks, next)->more)
            next++;
        if (next > i + 1)
            settle_cell(blocks, i, next);
        for (guint j = i; j < next && (j == i || !block_at(blocks, j)->row); j++) {
            g_array_append_vals(settled, block_at(blocks, j), 1);
            block_at(blocks, j)->text = NULL;
        }
        i = next;
    }
    g_array_unref(blocks);
    return settled;
}

static void
count_cells(GArray *blocks)
{
    for (guint i = 0; i < blocks->len;) {
        guint next = i + 1;
        while (next < blocks->len && block_at(blocks, next)->row &&
               block_at(blocks, next)->row == block_at(blocks, i)->row)
            next++;
        for (guint j = i; j < next; j++)
            block_at(blocks, j)->cells = block_at(blocks, i)->row ? next - i : 0;
        i = next;
    }
}

static GArray *
read_blocks(const char *html)
{
    struct scanner s = {.text = g_string_new(NULL), .all_bold = TRUE};
    s.blocks = g_array_new(FALSE, FALSE, sizeof(struct block));
    g_array_set_clear_func(s.blocks, block_clear);
    markup_init(&s.m, html, strlen(html));
    for (markup_next(&s.m); s.m.kind != MARKUP_END; markup_next(&s.m)) {
        if (s.m.kind == MARKUP_TEXT)
            put_text(&s);
        else if (s.m.kind == MARKUP_OPEN)
            open_tag(&s);
        else
            close_tag(&s);
    }
    end_cell(&s);
    g_string_free(s.text, TRUE);
    s.blocks = settle_cells(s.blocks);
    count_cells(s.blocks);
    return s.blocks;
}

/* ---- fields ---- */

static gboolean
is_label(const struct block *block)
{
    gsize length = strlen(block->text);
    return length > 0 && length <= FORM_LABEL_BYTES && !strchr(block->text, '\n') && !strchr(block->text, '@') &&
           !strstr(block->text, "://");
}

static gboolean
ends_in_colon(const char *text)
{
    gsize length = strlen(text);
    while (length && text[length - 1] == ' ')
        length--;
    return length > 1 && text[length - 1] == ':';
}

/* Bytes of the bold label in "<b>Email:</b> value"; 0: there is none. */
static gsize
bold_label(const struct block *block)
{
    const char *colon = memchr(block->text, ':', MIN(strlen(block->text), FORM_LABEL_BYTES));
    gsize length = colon ? (gsize)(colon - block->text) : 0;
    return length && block->bold >= length && block->bold <= length + 1 ? length : 0;
}

/* "<b>Email:</b> value", bold or not as long as the label is known. */
static gsize
label_inside(const struct block *block, const struct form_map *map)
{
    const char *colon = memchr(block->text, ':', MIN(strlen(block->text), FORM_LABEL_BYTES));
    gsize length = colon ? (gsize)(colon - block->text) : 0;
    if (!length || memchr(block->text, '\n', length) || strncmp(colon, "://", 3) == 0)
        return 0;
    return bold_label(block) || form_label_in(map, block->text, length) != LEAD_NONE ? length : 0;
}

/* The first line is bold, the value below it in the same block. */
static gsize
bold_line(const struct block *block)
{
    gsize line = strcspn(block->text, "\n");
    return block->text[line] && line <= FORM_LABEL_BYTES && block->bold == line && !memchr(block->text, '@', line)
               ? line
               : 0;
}

/* "Name: Ann", "Email: …" in one block, parted by line breaks alone: as plain text has them. Nothing behind a message's
 * label is looked at so. */
static guint
take_lines(GPtrArray *fields, const struct block *block, const struct form_map *map)
{
    gsize first = label_inside(block, map);
    if (block->row || block->bold || !first || !strchr(block->text, '\n') ||
        form_label_in(map, block->text, first) == LEAD_MESSAGE)
        return 0;
    g_autoptr(GPtrArray) lines = form_fields_from_text(block->text, map);
    for (guint i = 0; i < lines->len; i++) {
        const struct form_field *field = g_ptr_array_index(lines, i);
        form_fields_add(fields, field->label, strlen(field->label), field->value);
    }
    return lines->len ? 1 : 0;
}

/* A row of bold label, value, bold label, value. */
static guint
take_pairs(GPtrArray *fields, const GArray *blocks, guint i, const struct form_map *map)
{
    guint n = block_at(blocks, i)->cells, known = 0;
    if (n < 4 || n % 2 || block_at(blocks, i)->cell != 1)
        return 0;
    for (guint j = i; j < i + n; j += 2) {
        if (!is_label(block_at(blocks, j)) || !block_at(blocks, j)->bold || block_at(blocks, j + 1)->bold)
            return 0;
        known += form_label_in(map, block_at(blocks, j)->text, strlen(block_at(blocks, j)->text)) != LEAD_NONE;
    }
    for (guint j = i; j < i + n && known; j += 2)
        form_fields_add(fields, block_at(blocks, j)->text, strlen(block_at(blocks, j)->text),
                        block_at(blocks, j + 1)->text);
    return known ? n : 0;
}

/* A bold block and a plain one; what is no label that is known may be the title. */
static gboolean
names_what_follows(const struct block *label, const struct block *value, const struct form_map *map)
{
    gsize length = strlen(label->text);
    return label->bold == length && value->bold == 0 && !label_inside(value, map) &&
           (label->text[length - 1] == '?' || form_label_in(map, label->text, length) != LEAD_NONE);
}

/* "<strong>Name</strong><span>Ann</span>": nothing parts the two but that one is bold. */
static gsize
bold_start(const struct block *block, const struct form_map *map)
{
    return block->bold && block->bold <= FORM_LABEL_BYTES && block->text[block->bold] &&
                   form_label_in(map, block->text, block->bold) != LEAD_NONE
               ? block->bold
               : 0;
}

/* A row of labels, a row of values. Returns how many blocks were used. */
static guint
take_columns(GPtrArray *fields, const GArray *blocks, guint i, const struct form_map *map)
{
    guint n = block_at(blocks, i)->cells, known = 0;
    if (n < 3 || i + 2 * n > blocks->len || block_at(blocks, i)->cell != 1 ||
        block_at(blocks, i + n)->row != block_at(blocks, i)->row + 1 || block_at(blocks, i + n)->cells != n)
        return 0;
    for (guint j = i; j < i + n; j++) {
        if (!is_label(block_at(blocks, j)))
            return 0;
        known += form_label_in(map, block_at(blocks, j)->text, strlen(block_at(blocks, j)->text)) != LEAD_NONE;
    }
    if (known < 2)
        return 0;
    for (guint j = i; j < i + n; j++)
        form_fields_add(fields, block_at(blocks, j)->text, strlen(block_at(blocks, j)->text),
                        block_at(blocks, j + n)->text);
    return 2 * n;
}

/* What is typed under a bold label goes on in the plain paragraphs below. */
static guint
add_paragraphs(GPtrArray *fields, const GArray *blocks, guint i, const struct form_map *map)
{
    const struct block *label = block_at(blocks, i);
    g_autoptr(GString) value = g_string_new(block_at(blocks, i + 1)->text);
    guint next = i + 2;
    for (; label->bold && !block_at(blocks, i + 1)->bold && next < blocks->len; next++) {
        const struct block *more = block_at(blocks, next);
        struct line line = {.text = more->text, .body = more->text, .body_length = strlen(more->text)};
        if (more->row || more->bold || label_inside(more, map) || ends_in_colon(more->text) || form_is_notice(&line))
            break;
        g_string_append_printf(value, "\n%s", more->text);
    }
    form_fields_add(fields, label->text, strlen(label->text), value->str);
    return next - i;
}

/* A block that ends in a colon (or is bold, or a row of its own) names what stands in the next. Returns how many blocks
 * were used. */
static guint
pair_below(GPtrArray *fields, const GArray *blocks, guint i, const struct form_map *map)
{
    const struct block *label = block_at(blocks, i), *value = i + 1 < blocks->len ? block_at(blocks, i + 1) : NULL;
    if (!value || !is_label(label))
        return 0;
    if (label->row && label->cells == 1 &&
        value->row == label->row + 1) { /* Gravity: the value's row begins with an empty cell */
        guint at = i + 1;
        while (at + 1 < blocks->len && block_at(blocks, at + 1)->row == value->row)
            at++;
        if (begins_bold(value) && strchr(value->text, '\n')) /* a title above another label */
            return 1;
        gboolean indented = value->cells == 2 && *value->text == '\0';
        if (indented || (value->cells == 1 && label->bold)) {
            form_fields_add(fields, label->text, strlen(label->text), block_at(blocks, at)->text);
            return at + 1 - i;
        }
    }
    if (label->row || value->row || !(ends_in_colon(label->text) || names_what_follows(label, value, map)))
        return 0;
    gboolean bare_label = is_label(value) && ends_in_colon(value->text) && !value->bold &&
                          form_label_in(map, value->text, strlen(value->text)) != LEAD_NONE;
    if (bold_line(value)) /* a title */
        return 1;
    if (bare_label || bold_label(value)) {                             /* what was typed is never half bold */
        form_fields_add(fields, label->text, strlen(label->text), ""); /* left empty */
        return 1;
    }
    return add_paragraphs(fields, blocks, i, map);
}

/* "Name", "Value": what the columns hold. */
static gboolean
is_heading(const struct block *label, const struct block *value)
{
    static const char *const names[] = {"value", "values", "answer",  "response",  "wert",   "antwort", "valeur",
                                        "valor", "waarde", "wartość", "odpowiedź", "valore", NULL};
    g_autofree char *lower = g_utf8_strdown(value->text, -1);
    return label->bold && value->bold && is_one_of(lower, names);
}

static guint
take_field(GPtrArray *fields, const GArray *blocks, guint i, const struct form_map *map)
{
    const struct block *block = block_at(blocks, i);
    if (block->row && block->cells == 2 && block->cell == 1 && is_heading(block, block_at(blocks, i + 1)))
        return 2;
    if (block->row && block->cells == 2 && block->cell == 1 && is_label(block)) {
        form_fields_add(fields, block->text, strlen(block->text), block_at(blocks, i + 1)->text);
        return 2;
    }
    guint used = take_pairs(fields, blocks, i, map);
    if (!used)
        used = take_columns(fields, blocks, i, map);
    if (!used)
        used = pair_below(fields, blocks, i, map);
    if (used)
        return used;
    used = take_lines(fields, block, map);
    if (used)
        return used;
    gsize line = bold_line(block);
    if (!line && !label_inside(block, map))
        line = bold_start(block, map);
    if (line) {
        form_fields_add(fields, block->text, line, block->text + line);
        return 1;
    }
    gsize inside = label_inside(block, map);
    if (inside && block->text[inside + 1])
        form_fields_add(fields, block->text, inside, block->text + inside + 1);
    else if (inside && block->bold)
        form_fields_add(fields, block->text, inside, "");
    return 1;
}

GPtrArray *
form_fields_from_html(const char *html, const struct form_map *map)
{
    GPtrArray *fields = form_fields_new();
    g_autoptr(GArray) blocks = read_blocks(html);
    for (guint i = 0; i < blocks->len;)
        i += take_field(fields, blocks, i, map);
    return fields;
}
