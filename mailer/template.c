/*
 * Two halves: the compiler turns the source into a flat array of nodes, a section knowing where it ends; the renderer
 * walks the array. The rules of white space are all settled by the compiler but one: the indentation of a partial is
 * known at rendering only, so texts remember whether they begin a line.
 */
#include "mailer/template.h"

#include <string.h>

#include "lib/error.h"

enum node_kind { NODE_TEXT, NODE_ESCAPED, NODE_RAW, NODE_SECTION, NODE_INVERTED, NODE_PARTIAL, NODE_STRING };

struct node {
    enum node_kind kind;
    gboolean begins_line; /* NODE_TEXT: a partial's indentation goes before it; NODE_PARTIAL: alone on its line */
    guint line;
    const char *text; /* NODE_TEXT: into the source; NODE_PARTIAL: its indentation */
    gsize length;
    char *name;  /* as written between the delimiters, trimmed */
    char **path; /* `name` at its dots; empty for "." */
    guint end;   /* sections: index behind the last node inside */
};

struct template
{
    char *file;
    char *source;
    GArray *nodes;
};

static void
node_clear(gpointer data)
{
    struct node *node = data;
    g_free(node->name);
    g_strfreev(node->path);
}

void
template_free(template *self)
{
    if (!self)
        return;
    g_array_unref(self->nodes);
    g_free(self->source);
    g_free(self->file);
    g_free(self);
}

const char *
template_file(const template *self)
{
    return self->file;
}

static struct node *
node_at(const template *self, guint index)
{
    return &g_array_index(self->nodes, struct node, index);
}

/* ---- compiling ---- */

struct compiler {
    template *template;
    const char *begin, *end; /* of the source */
    const char *at;          /* what is not yet compiled */
    const char *counted;     /* `line` holds for this place */
    guint line;
    char *open, *close; /* delimiters in force */
    GArray *sections;   /* guint: nodes of the sections still open */
};

/* One tag as it stands in the source. */
struct tag {
    const char *begin, *end; /* with its delimiters */
    char sigil;              /* 0 for an interpolation */
    const char *content;     /* trimmed */
    gsize length;
    guint line;
};

static gboolean
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static gboolean
is_space(char c)
{
    return is_blank(c) || c == '\n' || c == '\r';
}

static guint
line_of(struct compiler *compiler, const char *place)
{
    for (; compiler->counted < place; compiler->counted++)
        compiler->line += *compiler->counted == '\n';
    return compiler->line;
}

G_GNUC_PRINTF(4, 5)
static gboolean
fail(const struct compiler *compiler, guint line, GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "%s:%u: %s", compiler->template->file, line, what);
    return FALSE;
}

static const char *
find(const char *from, const char *end, const char *what)
{
    return memmem(from, (gsize)(end - from), what, strlen(what));
}

static gboolean
begins_line(const struct compiler *compiler, const char *place)
{
    return place == compiler->begin || place[-1] == '\n';
}

static struct node *
add_node(struct compiler *compiler, enum node_kind kind, guint line)
{
    struct node node = {.kind = kind, .line = line};
    g_array_append_val(compiler->template->nodes, node);
    return node_at(compiler->template, compiler->template->nodes->len - 1);
}

static void
add_text(struct compiler *compiler, const char *begin, const char *end, gboolean line_begins)
{
    if (begin == end && !line_begins)
        return;
    struct node *node = add_node(compiler, NODE_TEXT, line_of(compiler, begin));
    node->text = begin;
    node->length = (gsize)(end - begin);
    node->begins_line = line_begins;
}

/* "a.b" → {"a", "b"}, "." → {}. NULL for what is no name. */
static char **
split_name(const char *name)
{
    if (strcmp(name, ".") == 0)
        return g_new0(char *, 1);
    char **path = g_strsplit(name, ".", -1);
    gboolean good = path[0] != NULL;
    for (char **part = path; good && *part; part++)
        good = **part && strpbrk(*part, " \t\r\n") == NULL;
    if (good)
        return path;
    g_strfreev(path);
    return NULL;
}

static gboolean
add_named(struct compiler *compiler, const struct tag *tag, enum node_kind kind, GError **error)
{
    g_autofree char *name = g_strndup(tag->content, tag->length);
    char **path = split_name(name);
    if (!path)
        return fail(compiler, tag->line, error, "`%s` is no name: write a word, or words parted by single dots", name);
    struct node *node = add_node(compiler, kind, tag->line);
    node->name = g_steal_pointer(&name);
    node->path = path;
    return TRUE;
}

static gboolean
add_section(struct compiler *compiler, const struct tag *tag, GError **error)
{
    if (compiler->sections->len >= TEMPLATE_MAX_DEPTH)
        return fail(compiler, tag->line, error, "more than %d sections inside each other", TEMPLATE_MAX_DEPTH);
    guint index = compiler->template->nodes->len;
    g_array_append_val(compiler->sections, index);
    return add_named(compiler, tag, tag->sigil == '#' ? NODE_SECTION : NODE_INVERTED, error);
}

static gboolean
end_section(struct compiler *compiler, const struct tag *tag, GError **error)
{
    int length = (int)tag->length;
    if (compiler->sections->len == 0)
        return fail(compiler, tag->line, error, "{{/%.*s}} ends a section that was never begun", length, tag->content);
    guint last = compiler->sections->len - 1;
    struct node *section = node_at(compiler->template, g_array_index(compiler->sections, guint, last));
    if (strlen(section->name) != tag->length || memcmp(section->name, tag->content, tag->length) != 0)
        return fail(compiler, tag->line, error, "{{/%.*s}} stands where {{/%s}} of line %u is still to come", length,
                    tag->content, section->name, section->line);
    section->end = compiler->template->nodes->len;
    g_array_set_size(compiler->sections, last);
    return TRUE;
}

static gboolean
set_delimiters(struct compiler *compiler, const struct tag *tag, GError **error)
{
    g_autofree char *content = g_strndup(tag->content, tag->length);
    g_strdelimit(content, "\t\r\n", ' ');
    g_auto(GStrv) words = g_strsplit(content, " ", -1);
    char *found[2] = {NULL, NULL};
    guint count = 0;
    for (char **word = words; *word; word++) {
        if (!**word)
            continue;
        if (count < 2)
            found[count] = *word;
        count++;
    }
    if (count != 2 || strchr(found[0], '=') || strchr(found[1], '='))
        return fail(compiler, tag->line, error, "new delimiters are two words without `=`, as in {{=<%% %%>=}}");
    g_free(compiler->open);
    g_free(compiler->close);
    compiler->open = g_strdup(found[0]);
    compiler->close = g_strdup(found[1]);
    return TRUE;
}

/* Reads the tag that begins at `at` with the delimiter in force. */
static gboolean
read_tag(struct compiler *compiler, const char *at, struct tag *tag, GError **error)
{
    tag->begin = at;
    tag->line = line_of(compiler, at);
    const char *content = at + strlen(compiler->open);
    while (content < compiler->end && is_space(*content))
        content++;
    tag->sigil = content < compiler->end && *content && strchr("#^/!>&{=@", *content) ? *content++ : 0;
    const char *twin = tag->sigil == '{' ? "}" : tag->sigil == '=' ? "=" : "";
    g_autofree char *close = g_strconcat(twin, compiler->close, NULL);
    const char *end = find(content, compiler->end, close);
    if (!end)
        return fail(compiler, tag->line, error, "a tag is not ended: `%s` is missing", close);
    tag->end = end + strlen(close);
    while (content < end && is_space(*content))
        content++;
    while (end > content && is_space(end[-1]))
        end--;
    tag->content = content;
    tag->length = (gsize)(end - content);
    return TRUE;
}

/* Whether nothing else stands on the line (or lines: comments) of the tag; then where these begin and end. */
static gboolean
stands_alone(const struct compiler *compiler, const struct tag *tag, const char **begin, const char **end)
{
    if (tag->sigil == 0 || strchr("&{@", tag->sigil))
        return FALSE;
    const char *from = tag->begin, *to = tag->end;
    while (!begins_line(compiler, from) && is_blank(from[-1]))
        from--;
    while (to < compiler->end && is_blank(*to))
        to++;
    if (to + 1 < compiler->end && to[0] == '\r' && to[1] == '\n')
        to++;
    if (!begins_line(compiler, from) || (to < compiler->end && *to != '\n'))
        return FALSE;
    *begin = from;
    *end = to < compiler->end ? to + 1 : to;
    return TRUE;
}

static gboolean
add_tag(struct compiler *compiler, const struct tag *tag, GError **error)
{
    switch (tag->sigil) {
    case '!':
        return TRUE;
    case '=':
        return set_delimiters(compiler, tag, error);
    case '#':
    case '^':
        return add_section(compiler, tag, error);
    case '/':
        return end_section(compiler, tag, error);
    case '>':
        return add_named(compiler, tag, NODE_PARTIAL, error);
    case '@':
        return add_named(compiler, tag, NODE_STRING, error);
    case '&':
    case '{':
        return add_named(compiler, tag, NODE_RAW, error);
    default:
        return add_named(compiler, tag, NODE_ESCAPED, error);
    }
}

/* The text before the tag at `at`, and the tag. */
static gboolean
compile_tag(struct compiler *compiler, const char *at, GError **error)
{
    struct tag tag = {0};
    if (!read_tag(compiler, at, &tag, error))
        return FALSE;
    const char *text_end = tag.begin, *next = tag.end;
    gboolean alone = stands_alone(compiler, &tag, &text_end, &next);
    add_text(compiler, compiler->at, text_end, compiler->at < text_end && begins_line(compiler, compiler->at));
    if (!alone)
        add_text(compiler, at, at, begins_line(compiler, at)); /* "" that carries the indentation */
    if (!add_tag(compiler, &tag, error))
        return FALSE;
    if (tag.sigil == '>' && alone) {
        struct node *partial = node_at(compiler->template, compiler->template->nodes->len - 1);
        partial->begins_line = TRUE;
        partial->text = text_end;
        partial->length = (gsize)(tag.begin - text_end);
    }
    compiler->at = next;
    return TRUE;
}

static gboolean
compile(struct compiler *compiler, GError **error)
{
    for (const char *tag; (tag = find(compiler->at, compiler->end, compiler->open));)
        if (!compile_tag(compiler, tag, error))
            return FALSE;
    if (compiler->at < compiler->end)
        add_text(compiler, compiler->at, compiler->end, begins_line(compiler, compiler->at));
    if (compiler->sections->len > 0) {
        guint last = g_array_index(compiler->sections, guint, compiler->sections->len - 1);
        const struct node *section = node_at(compiler->template, last);
        return fail(compiler, section->line, error, "the section `%s` is not ended: {{/%s}} is missing", section->name,
                    section->name);
    }
    return TRUE;
}

template *
template_compile(const char *file, const char *source, gsize length, GError **error)
{
    g_autoptr(template) made = g_new0(template, 1);
    made->file = g_strdup(file);
    made->source = g_strndup(source, length);
    made->nodes = g_array_new(FALSE, FALSE, sizeof(struct node));
    g_array_set_clear_func(made->nodes, node_clear);
    const char *bad;
    if (!g_utf8_validate_len(source, length, &bad)) {
        guint line = 1;
        for (const char *c = source; c < bad; c++)
            line += *c == '\n';
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "%s:%u: not UTF-8: save the file as UTF-8", file,
                    line);
        return NULL;
    }
    struct compiler compiler = {.template = made,
                                .begin = made->source,
                                .end = made->source + length,
                                .at = made->source,
                                .counted = made->source,
                                .line = 1,
                                .open = g_strdup("{{"),
                                .close = g_strdup("}}"),
                                .sections = g_array_new(FALSE, FALSE, sizeof(guint))};
    gboolean good = compile(&compiler, error);
    g_free(compiler.open);
    g_free(compiler.close);
    g_array_unref(compiler.sections);
    return good ? g_steal_pointer(&made) : NULL;
}

void
template_tags(const template *self, void (*fn)(enum template_tag tag, const char *name, guint line, gpointer arg),
              gpointer arg)
{
    static const enum template_tag tags[] = {
        [NODE_ESCAPED] = TEMPLATE_VALUE,    [NODE_RAW] = TEMPLATE_RAW,         [NODE_SECTION] = TEMPLATE_SECTION,
        [NODE_INVERTED] = TEMPLATE_SECTION, [NODE_PARTIAL] = TEMPLATE_PARTIAL, [NODE_STRING] = TEMPLATE_STRING,
    };
    for (guint i = 0; i < self->nodes->len; i++) {
        const struct node *node = node_at(self, i);
        if (node->kind != NODE_TEXT)
            fn(tags[node->kind], node->name, node->line, arg);
    }
}

/* ---- rendering ---- */

struct template_place {
    const struct template_view *view;
    GString *out;
    gsize max_length; /* of `out` */
    guint steps;
    guint depth;
    const json_t *stack[TEMPLATE_MAX_DEPTH + 2]; /* contexts, the innermost last */
    guint contexts;
    const char *const *escapes;
};

/* A template in the middle of being rendered: the top one, a partial or a string. */
struct frame {
    const template *template;
    const char *indent;
    gboolean escaped; /* its own letters too */
};

static gboolean render_nodes(struct template_place *renderer, const struct frame *frame, guint from, guint to,
                             GError **error);

/* NULL: as it is. */
#define CONTROLS_DROPPED [0 ... 8] = "", [11] = "", [12] = "", [14 ... 31] = "", [127] = ""
static const char *const text_escapes[256] = {CONTROLS_DROPPED};
static const char *const html_escapes[256] = {
    CONTROLS_DROPPED, ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;",
};

static void
append_escaped(GString *out, const char *text, gsize length, const char *const *escapes)
{
    gsize run = 0;
    for (gsize i = 0; i < length; i++) {
        const char *escape = escapes[(guchar)text[i]];
        if (!escape)
            continue;
        g_string_append_len(out, text + run, (gssize)(i - run));
        g_string_append(out, escape);
        run = i + 1;
    }
    g_string_append_len(out, text + run, (gssize)(length - run));
}

/* The shortest digits that read back as the same number; no locale has a say. */
static void
append_real(GString *out, double number)
{
    char digits[G_ASCII_DTOSTR_BUF_SIZE];
    static const char *const formats[] = {"%.15g", "%.16g", "%.17g"};
    for (guint i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_ascii_formatd(digits, sizeof digits, formats[i], number);
        double back = g_ascii_strtod(digits, NULL);
        if (!(back < number || back > number))
            break;
    }
    g_string_append(out, digits);
}

static void
append_value(GString *out, const json_t *value, const char *const *escapes)
{
    if (json_is_object(value))
        value = json_object_get(value, "said");
    if (json_is_string(value))
        append_escaped(out, json_string_value(value), json_string_length(value), escapes);
    else if (json_is_integer(value))
        g_string_append_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        append_real(out, json_real_value(value));
    else if (json_is_boolean(value))
        g_string_append(out, json_is_true(value) ? "true" : "false");
}

/* The first part is looked for in all contexts from the innermost on, the others in what it led to only. */
const json_t *
template_value(const template_place *place, char *const *path)
{
    const json_t *value = NULL;
    if (!path[0])
        return place->stack[place->contexts - 1];
    for (guint i = place->contexts; i > 0 && !value; i--)
        value = json_object_get(place->stack[i - 1], path[0]);
    for (guint part = 1; value && path[part]; part++)
        value = json_object_get(value, path[part]);
    return value;
}

static const json_t *
find_value(const struct template_place *renderer, const struct frame *frame, const struct node *node)
{
    const json_t *value = template_value(renderer, node->path);
    if (!value && renderer->view->missing)
        renderer->view->missing(frame->template->file, node->line, node->name, renderer->view->arg);
    return value;
}

static gboolean
is_true(const json_t *value)
{
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_ARRAY:
        return json_array_size(value) > 0;
    case JSON_STRING:
        return json_string_length(value) > 0;
    case JSON_INTEGER:
        return json_integer_value(value) != 0;
    case JSON_REAL:
        return json_real_value(value) < 0 || json_real_value(value) > 0;
    case JSON_OBJECT:
    case JSON_TRUE:
        return TRUE;
    default:
        return FALSE;
    }
}

static gboolean
render_with(struct template_place *renderer, const struct frame *frame, const json_t *context, guint from, guint to,
            GError **error)
{
    renderer->stack[renderer->contexts++] = context;
    gboolean good = render_nodes(renderer, frame, from, to, error);
    renderer->contexts--;
    return good;
}

static gboolean
render_section(struct template_place *renderer, const struct frame *frame, guint index, GError **error)
{
    const struct node *node = node_at(frame->template, index);
    const json_t *value = find_value(renderer, frame, node);
    if (node->kind == NODE_INVERTED)
        return is_true(value) || render_nodes(renderer, frame, index + 1, node->end, error);
    if (!is_true(value))
        return TRUE;
    if (!json_is_array(value))
        return render_with(renderer, frame, value, index + 1, node->end, error);
    for (gsize i = 0; i < json_array_size(value); i++)
        if (!render_with(renderer, frame, json_array_get(value, i), index + 1, node->end, error))
            return FALSE;
    return TRUE;
}

static gboolean
render_partial(struct template_place *renderer, const struct frame *frame, const struct node *node, GError **error)
{
    const struct template_view *view = renderer->view;
    const template *partial = view->partial ? view->partial(node->name, view->arg) : NULL;
    if (!partial)
        return TRUE;
    g_autofree char *own = g_strndup(node->text, node->length);
    g_autofree char *indent = g_strconcat(frame->indent, own, NULL);
    struct frame inner = {.template = partial, .indent = node->begins_line ? indent : ""};
    return render_nodes(renderer, &inner, 0, partial->nodes->len, error);
}

static gboolean
render_string(struct template_place *renderer, const struct frame *frame, const struct node *node, GError **error)
{
    const struct template_view *view = renderer->view;
    const template *string = view->string ? view->string(node->name, renderer, view->arg) : NULL;
    struct frame inner = {.template = string, .indent = "", .escaped = TRUE};
    if (string)
        return render_nodes(renderer, &inner, 0, string->nodes->len, error);
    if (view->missing)
        view->missing(frame->template->file, node->line, node->name, view->arg);
    return TRUE;
}

/* Blank lines are left blank: white space at the end of a line serves nobody. */
static void
append_indent(GString *out, const char *indent, const char *line, const char *end)
{
    gboolean blank = line < end && (*line == '\n' || (*line == '\r' && line + 1 < end && line[1] == '\n'));
    if (!blank)
        g_string_append(out, indent);
}

static void
render_text(GString *out, const struct frame *frame, const struct node *node)
{
    const char *at = node->text, *end = node->text + node->length;
    if (node->begins_line)
        append_indent(out, frame->indent, at, end);
    for (const char *eol; *frame->indent && (eol = memchr(at, '\n', (gsize)(end - at))) && eol + 1 < end;
         at = eol + 1) {
        g_string_append_len(out, at, eol + 1 - at);
        append_indent(out, frame->indent, eol + 1, end);
    }
    g_string_append_len(out, at, end - at);
}

static gboolean
render_node(struct template_place *renderer, const struct frame *frame, guint index, GError **error)
{
    const struct node *node = node_at(frame->template, index);
    switch (node->kind) {
    case NODE_TEXT:
        if (frame->escaped)
            append_escaped(renderer->out, node->text, node->length, renderer->escapes);
        else
            render_text(renderer->out, frame, node);
        return TRUE;
    case NODE_ESCAPED:
        append_value(renderer->out, find_value(renderer, frame, node), renderer->escapes);
        return TRUE;
    case NODE_RAW:
        append_value(renderer->out, find_value(renderer, frame, node), text_escapes);
        return TRUE;
    case NODE_PARTIAL:
        return render_partial(renderer, frame, node, error);
    case NODE_STRING:
        return render_string(renderer, frame, node, error);
    default:
        return render_section(renderer, frame, index, error);
    }
}

static gboolean
within_limits(const struct template_place *renderer, const struct frame *frame, const struct node *node, GError **error)
{
    const char *what = renderer->depth > TEMPLATE_MAX_DEPTH        ? "sections and partials are nested too deeply"
                       : renderer->steps > TEMPLATE_MAX_STEPS      ? "too much to go through"
                       : renderer->out->len > renderer->max_length ? "the result is too long"
                                                                   : NULL;
    if (what)
        g_set_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID, "%s:%u: %s", frame->template->file, node->line, what);
    return what == NULL;
}

static gboolean
render_nodes(struct template_place *renderer, const struct frame *frame, guint from, guint to, GError **error)
{
    gboolean good = TRUE;
    renderer->depth++;
    renderer->steps++;
    for (guint i = from; good && i < to;) {
        const struct node *node = node_at(frame->template, i);
        renderer->steps++;
        good = within_limits(renderer, frame, node, error) && render_node(renderer, frame, i, error) &&
               within_limits(renderer, frame, node, error);
        i = node->kind == NODE_SECTION || node->kind == NODE_INVERTED ? node->end : i + 1;
    }
    renderer->depth--;
    return good;
}

static void
renderer_init(struct template_place *renderer, const struct template_view *view, GString *out)
{
    *renderer = (struct template_place){
        .view = view,
        .out = out,
        .max_length = out->len + (view->max_output ? view->max_output : TEMPLATE_MAX_OUTPUT),
        .stack = {view->outer ? view->outer : view->data, view->data},
        .contexts = view->outer ? 2 : 1,
        .escapes = view->mode == TEMPLATE_HTML ? html_escapes : text_escapes,
    };
}

gboolean
template_render(const template *self, const struct template_view *view, GString *out, GError **error)
{
    struct template_place renderer;
    struct frame frame = {.template = self, .indent = ""};
    renderer_init(&renderer, view, out);
    return render_nodes(&renderer, &frame, 0, self->nodes->len, error);
}

gboolean
template_render_string(const char *key, const struct template_view *view, GString *out, GError **error)
{
    struct template_place renderer;
    renderer_init(&renderer, view, out);
    const template *string = view->string ? view->string(key, &renderer, view->arg) : NULL;
    struct frame frame = {.template = string, .indent = "", .escaped = TRUE};
    return string && render_nodes(&renderer, &frame, 0, string->nodes->len, error);
}
