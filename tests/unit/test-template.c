/* Templates: the core modules of the Mustache specification, and what we promise beyond it. */
#include <pthread.h>
#include <string.h>

#include "lib/error.h"
#include "mailer/template.h"

struct sample {
    const char *name; /* MODULE/WHAT IS PROMISED */
    const char *template;
    const char *data;
    const char *expected;
    const char *partials; /* JSON object: name → source; NULL: none */
};

static const struct sample samples[] = {
    /* ---- comments ---- */
    {"comments/inline", "12{{! not shown }}34", "{}", "1234", NULL},
    {"comments/several lines", "a{{!\n not\n shown\n}}b\n", "{}", "ab\n", NULL},
    {"comments/alone on a line", "top\n{{! gone }}\nend\n", "{}", "top\nend\n", NULL},
    {"comments/alone and indented", "top\n  {{! gone }}\nend\n", "{}", "top\nend\n", NULL},
    {"comments/alone with CRLF", "|\r\n{{! gone }}\r\n|", "{}", "|\r\n|", NULL},
    {"comments/alone without a line before", "  {{! gone }}\n!", "{}", "!", NULL},
    {"comments/alone without a line end", "!\n  {{! gone }}", "{}", "!\n", NULL},
    {"comments/several lines alone", "top\n{{!\nall of\nthis is gone\n}}\nend\n", "{}", "top\nend\n", NULL},
    {"comments/several lines alone and indented", "top\n  {{!\n    gone\n  }}\nend\n", "{}", "top\nend\n", NULL},
    {"comments/inline keeps blanks", "  12 {{! 34 }}\n", "{}", "  12 \n", NULL},
    {"comments/white space around stays", "12 {{! gone }} 34", "{}", "12  34", NULL},
    {"comments/hides no variable", "<{{! x }}>", "{\"! x\":1,\"!x\":2,\"x\":3,\"\":4}", "<>", NULL},

    /* ---- delimiters ---- */
    {"delimiters/pair", "{{=<% %>=}}(<%word%>)", "{\"word\":\"hi\"}", "(hi)", NULL},
    {"delimiters/special characters", "({{=[ ]=}}[word])", "{\"word\":\"hi\"}", "(hi)", NULL},
    {"delimiters/sections", "{{#s}}{{x}}|y|{{/s}}{{=| |=}}|#s|{{x}}|y||/s|", "{\"s\":true,\"x\":\"1\",\"y\":\"2\"}",
     "1|y|{{x}}2", NULL},
    {"delimiters/inverted sections", "{{^s}}{{x}}{{/s}}{{=| |=}}|^s||x||/s|", "{\"s\":false,\"x\":\"1\"}", "11", NULL},
    {"delimiters/a partial does not inherit them", "{{>p}}{{=| |=}}|>p|", "{\"v\":\"yes\"}", "[ yes ][ yes ]",
     "{\"p\":\"[ {{v}} ]\"}"},
    {"delimiters/those of a partial stay in it", "{{>p}}{{v}}|v|", "{\"v\":\"yes\"}", "yesyes|v|",
     "{\"p\":\"{{=| |=}}|v|\"}"},
    {"delimiters/white space around stays", "| {{=@ @=}} |", "{}", "|  |", NULL},
    {"delimiters/outlying white space stays", " | {{=@ @=}}\n", "{}", " | \n", NULL},
    {"delimiters/alone on a line", "top\n{{=@ @=}}\nend\n", "{}", "top\nend\n", NULL},
    {"delimiters/alone and indented", "top\n  {{=@ @=}}\nend\n", "{}", "top\nend\n", NULL},
    {"delimiters/alone with CRLF", "|\r\n{{= @ @ =}}\r\n|", "{}", "|\r\n|", NULL},
    {"delimiters/alone without a line before", "  {{=@ @=}}\n=", "{}", "=", NULL},
    {"delimiters/alone without a line end", "=\n  {{=@ @=}}", "{}", "=\n", NULL},
    {"delimiters/padded", "|{{= @   @ =}}|", "{}", "||", NULL},
    {"delimiters/there and back", "{{=<< >>=}}<<v>>{{v}}<<={{ }}=>>{{v}}<<v>>", "{\"v\":1}", "1{{v}}1<<v>>", NULL},

    /* ---- interpolation ---- */
    {"interpolation/none", "plain {words}\n", "{}", "plain {words}\n", NULL},
    {"interpolation/word", "Hello, {{who}}!", "{\"who\":\"Mia\"}", "Hello, Mia!", NULL},
    {"interpolation/is not rendered again", "{{a}}: {{b}}", "{\"a\":\"{{b}}\",\"b\":\"2\"}", "{{b}}: 2", NULL},
    {"interpolation/HTML is escaped", "{{v}}", "{\"v\":\"& \\\" < > '\"}", "&amp; &quot; &lt; &gt; &#39;", NULL},
    {"interpolation/triple is not", "{{{v}}}", "{\"v\":\"& \\\" < > '\"}", "& \" < > '", NULL},
    {"interpolation/ampersand is not", "{{&v}}", "{\"v\":\"& \\\" < > '\"}", "& \" < > '", NULL},
    {"interpolation/integer", "{{v}} {{{v}}} {{&v}}", "{\"v\":85}", "85 85 85", NULL},
    {"interpolation/decimal", "{{v}} {{{v}}} {{&v}}", "{\"v\":1.21}", "1.21 1.21 1.21", NULL},
    {"interpolation/decimal exactly", "{{a}} {{b}} {{c}}", "{\"a\":0.1,\"b\":0.30000000000000004,\"c\":-2.5}",
     "0.1 0.30000000000000004 -2.5", NULL},
    {"interpolation/null is nothing", "({{v}}{{{v}}}{{&v}})", "{\"v\":null}", "()", NULL},
    {"interpolation/booleans are words", "{{t}} {{f}}", "{\"t\":true,\"f\":false}", "true false", NULL},
    {"interpolation/a missing name is nothing", "({{v}}{{{v}}}{{&v}})", "{}", "()", NULL},
    {"interpolation/dotted names are sections in short", "{{a.b}} = {{#a}}{{b}}{{/a}}", "{\"a\":{\"b\":\"x\"}}",
     "x = x", NULL},
    {"interpolation/dotted names, triple and ampersand", "{{{a.b}}}{{&a.b}}", "{\"a\":{\"b\":\"<\"}}", "<<", NULL},
    {"interpolation/dotted names to any depth", "{{a.b.c.d.e}}", "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":\"deep\"}}}}}",
     "deep", NULL},
    {"interpolation/dotted names broken at the end", "({{a.b.c}})", "{\"a\":{\"b\":{}},\"c\":\"no\"}", "()", NULL},
    {"interpolation/dotted names broken in the middle", "({{a.b.c.name}})",
     "{\"a\":{\"b\":{}},\"c\":{\"name\":\"no\"}}", "()", NULL},
    {"interpolation/only the first part is looked for outside", "{{#a}}{{b.c}}{{/a}}",
     "{\"a\":{\"b\":{\"c\":\"in\"}},\"b\":{\"c\":\"out\"}}", "in", NULL},
    {"interpolation/an inner object without the rest hides the outer", "({{#a}}{{b.c}}{{/a}})",
     "{\"a\":{\"b\":{}},\"b\":{\"c\":\"no\"}}", "()", NULL},
    {"interpolation/a dotted name is never one key", "({{a.b}})", "{\"a.b\":\"no\"}", "()", NULL},
    {"interpolation/a dotted name does not mask", "{{a.b}}", "{\"a.b\":\"no\",\"a\":{\"b\":\"yes\"}}", "yes", NULL},
    {"interpolation/the item itself", "<{{.}}>", "\"& all\"", "<&amp; all>", NULL},
    {"interpolation/the item itself as it is", "<{{{.}}}{{&.}}>", "\"&\"", "<&&>", NULL},
    {"interpolation/white space around stays", "| {{v}} | {{{v}}} | {{&v}} |", "{\"v\":\"-\"}", "| - | - | - |", NULL},
    {"interpolation/it leaves its line, alone or not", "  {{v}}\n  {{{v}}}\n  {{&v}}\n", "{\"v\":\"-\"}",
     "  -\n  -\n  -\n", NULL},
    {"interpolation/padding in the tag", "|{{ v }}|{{{  v  }}}|{{&  v  }}|", "{\"v\":\"-\"}", "|-|-|-|", NULL},
    {"interpolation/a string of digits stays one", "{{v}}", "{\"v\":\"007\"}", "007", NULL},

    /* ---- sections ---- */
    {"sections/true", "\"{{#v}}shown{{/v}}\"", "{\"v\":true}", "\"shown\"", NULL},
    {"sections/false", "\"{{#v}}not{{/v}}\"", "{\"v\":false}", "\"\"", NULL},
    {"sections/null is false", "\"{{#v}}not{{/v}}\"", "{\"v\":null}", "\"\"", NULL},
    {"sections/an object is what is inside", "{{#c}}Hi {{name}}.{{/c}}", "{\"c\":{\"name\":\"Joe\"}}", "Hi Joe.", NULL},
    {"sections/outer names are seen", "{{#s}}{{a}}, {{b}}, {{c.d}}{{/s}}",
     "{\"a\":1,\"b\":2,\"s\":{\"b\":3},\"c\":{\"d\":4}}", "1, 3, 4", NULL},
    {"sections/a plain value is an item", "{{#v}}{{.}} is {{v}}{{/v}}", "{\"v\":\"bar\"}", "bar is bar", NULL},
    {"sections/arrays inside items see all levels", "{{#a}}{{n}}:{{#b}}{{m}}{{n}}{{o}} {{/b}}{{/a}}",
     "{\"o\":\"z\",\"a\":[{\"n\":1,\"b\":[{\"m\":\"x\"},{\"m\":\"y\",\"n\":9}]},{\"n\":2,\"b\":[]}]}",
     "1:x1z y9z 2:", NULL},
    {"sections/deeply nested objects",
     "{{#a}}{{x}}{{#b}}{{x}}{{y}}{{#c}}{{x}}{{y}}{{z}}{{/c}}{{x}}{{y}}{{/b}}{{x}}{{/a}}",
     "{\"a\":{\"x\":1},\"b\":{\"y\":2},\"c\":{\"z\":3}}",
     "1121231"
     "21",
     NULL},
    {"sections/an array is a loop", "\"{{#l}}{{i}}{{/l}}\"", "{\"l\":[{\"i\":1},{\"i\":2},{\"i\":3}]}", "\"123\"",
     NULL},
    {"sections/an empty array is false", "\"{{#l}}not{{/l}}\"", "{\"l\":[]}", "\"\"", NULL},
    {"sections/two in a row", "{{#b}}\n* first\n{{/b}}\n* {{two}}\n{{#b}}\n* third\n{{/b}}\n",
     "{\"b\":true,\"two\":\"second\"}", "* first\n* second\n* third\n", NULL},
    {"sections/nested and true", "| A {{#b}}B {{#b}}C{{/b}} D{{/b}} E |", "{\"b\":true}", "| A B C D E |", NULL},
    {"sections/nested and false", "| A {{#b}}B {{#b}}C{{/b}} D{{/b}} E |", "{\"b\":false}", "| A  E |", NULL},
    {"sections/a missing name is false", "[{{#v}}not{{/v}}]", "{}", "[]", NULL},
    {"sections/implicit iterator, strings", "\"{{#l}}({{.}}){{/l}}\"", "{\"l\":[\"a\",\"b\",\"<\"]}",
     "\"(a)(b)(&lt;)\"", NULL},
    {"sections/implicit iterator, integers", "\"{{#l}}({{.}}){{/l}}\"", "{\"l\":[1,0,3]}", "\"(1)(0)(3)\"", NULL},
    {"sections/implicit iterator, decimals", "\"{{#l}}({{.}}){{/l}}\"", "{\"l\":[1.1,2.25]}", "\"(1.1)(2.25)\"", NULL},
    {"sections/implicit iterator, arrays", "{{#l}}({{#.}}{{.}}{{/.}}){{/l}}", "{\"l\":[[1,2],[\"a\"],[]]}", "(12)(a)()",
     NULL},
    {"sections/implicit iterator as it is", "{{#l}}({{{.}}}{{&.}}){{/l}}", "{\"l\":[\"<\"]}", "(<<)", NULL},
    {"sections/implicit iterator at the root", "{{#.}}({{v}}){{/.}}", "[{\"v\":\"a\"},{\"v\":\"b\"}]", "(a)(b)", NULL},
    {"sections/dotted and true", "\"{{#a.b.c}}here{{/a.b.c}}\"", "{\"a\":{\"b\":{\"c\":true}}}", "\"here\"", NULL},
    {"sections/dotted and false", "\"{{#a.b.c}}no{{/a.b.c}}\"", "{\"a\":{\"b\":{\"c\":false}}}", "\"\"", NULL},
    {"sections/dotted and broken", "\"{{#a.b.c}}no{{/a.b.c}}\"", "{\"a\":{},\"c\":true}", "\"\"", NULL},
    {"sections/white space inside and around stays", " | {{#b}}\t|\t{{/b}} | \n", "{\"b\":true}", " | \t|\t | \n",
     NULL},
    {"sections/inner white space stays", " | {{#b}} {{! x }}\n {{/b}} | \n", "{\"b\":true}", " |  \n  | \n", NULL},
    {"sections/indented and inline", " {{#b}}YES{{/b}}\n {{#b}}GOOD{{/b}}\n", "{\"b\":true}", " YES\n GOOD\n", NULL},
    {"sections/alone on a line", "| This\n{{#b}}\n|\n{{/b}}\n| Line\n", "{\"b\":true}", "| This\n|\n| Line\n", NULL},
    {"sections/alone and indented", "| This\n  {{#b}}\n|\n  {{/b}}\n| Line\n", "{\"b\":true}", "| This\n|\n| Line\n",
     NULL},
    {"sections/alone with CRLF", "|\r\n{{#b}}\r\n{{/b}}\r\n|", "{\"b\":true}", "|\r\n|", NULL},
    {"sections/alone without a line before", "  {{#b}}\n#{{/b}}\n/", "{\"b\":true}", "#\n/", NULL},
    {"sections/alone without a line end", "#{{#b}}\n/\n  {{/b}}", "{\"b\":true}", "#\n/\n", NULL},
    {"sections/padding in the tag", "|{{# b }}={{/ b }}|", "{\"b\":true}", "|=|", NULL},
    {"sections/blanks behind do not keep a line", "a\n{{#b}}  \nb\n{{/b}}\t\nc\n", "{\"b\":true}", "a\nb\nc\n", NULL},
    {"sections/an empty string is false", "[{{#v}}not{{/v}}{{^v}}none{{/v}}]", "{\"v\":\"\"}", "[none]", NULL},
    {"sections/zero is false", "[{{#v}}not{{/v}}{{#w}}not{{/w}}]", "{\"v\":0,\"w\":0.0}", "[]", NULL},
    {"sections/an empty object is true", "[{{#v}}yes{{/v}}]", "{\"v\":{}}", "[yes]", NULL},

    /* ---- inverted ---- */
    {"inverted/false", "\"{{^v}}shown{{/v}}\"", "{\"v\":false}", "\"shown\"", NULL},
    {"inverted/true", "\"{{^v}}not{{/v}}\"", "{\"v\":true}", "\"\"", NULL},
    {"inverted/null", "\"{{^v}}shown{{/v}}\"", "{\"v\":null}", "\"shown\"", NULL},
    {"inverted/object", "\"{{^v}}not{{/v}}\"", "{\"v\":{\"name\":\"Joe\"}}", "\"\"", NULL},
    {"inverted/array", "\"{{^v}}not{{/v}}\"", "{\"v\":[{\"n\":1}]}", "\"\"", NULL},
    {"inverted/empty array", "\"{{^v}}shown{{/v}}\"", "{\"v\":[]}", "\"shown\"", NULL},
    {"inverted/two in a row", "{{^b}}\n* first\n{{/b}}\n* {{two}}\n{{^b}}\n* third\n{{/b}}\n",
     "{\"b\":false,\"two\":\"second\"}", "* first\n* second\n* third\n", NULL},
    {"inverted/nested, shown", "| A {{^b}}B {{^b}}C{{/b}} D{{/b}} E |", "{\"b\":false}", "| A B C D E |", NULL},
    {"inverted/nested, not shown", "| A {{^b}}B {{^b}}C{{/b}} D{{/b}} E |", "{\"b\":true}", "| A  E |", NULL},
    {"inverted/a missing name is shown", "[{{^v}}shown{{/v}}]", "{}", "[shown]", NULL},
    {"inverted/dotted and true", "\"{{^a.b}}no{{/a.b}}\"", "{\"a\":{\"b\":true}}", "\"\"", NULL},
    {"inverted/dotted and false", "\"{{^a.b}}none{{/a.b}}\"", "{\"a\":{\"b\":false}}", "\"none\"", NULL},
    {"inverted/dotted and broken", "\"{{^a.b.c}}none{{/a.b.c}}\"", "{\"a\":{}}", "\"none\"", NULL},
    {"inverted/white space stays", " | {{^b}}\t|\t{{/b}} | \n", "{}", " | \t|\t | \n", NULL},
    {"inverted/inner white space stays", " | {{^b}} {{! x }}\n {{/b}} | \n", "{}", " |  \n  | \n", NULL},
    {"inverted/indented and inline", " {{^b}}NO{{/b}}\n {{^b}}WAY{{/b}}\n", "{}", " NO\n WAY\n", NULL},
    {"inverted/alone on a line", "| This\n{{^b}}\n|\n{{/b}}\n| Line\n", "{}", "| This\n|\n| Line\n", NULL},
    {"inverted/alone and indented", "| This\n  {{^b}}\n|\n  {{/b}}\n| Line\n", "{}", "| This\n|\n| Line\n", NULL},
    {"inverted/alone with CRLF", "|\r\n{{^b}}\r\n{{/b}}\r\n|", "{}", "|\r\n|", NULL},
    {"inverted/alone without a line before", "  {{^b}}\n^{{/b}}\n/", "{}", "^\n/", NULL},
    {"inverted/alone without a line end", "^{{^b}}\n/\n  {{/b}}", "{}", "^\n/\n", NULL},
    {"inverted/padding in the tag", "|{{^ b }}={{/ b }}|", "{}", "|=|", NULL},

    /* ---- partials ---- */
    {"partials/basic", "\"{{>p}}\"", "{}", "\"from p\"", "{\"p\":\"from p\"}"},
    {"partials/a missing one is nothing", "\"{{>p}}\"", "{}", "\"\"", "{}"},
    {"partials/they see the context", "\"{{>p}}\"", "{\"v\":\"content\"}", "\"*content*\"", "{\"p\":\"*{{v}}*\"}"},
    {"partials/recursion", "{{>node}}", "{\"c\":\"X\",\"n\":[{\"c\":\"Y\",\"n\":[]}]}", "X<Y<>>",
     "{\"node\":\"{{c}}<{{#n}}{{>node}}{{/n}}>\"}"},
    {"partials/one in the other", "{{>outer}}", "{\"a\":\"hi\",\"b\":\"you\"}", "*hi you!*",
     "{\"outer\":\"*{{a}} {{>inner}}*\",\"inner\":\"{{b}}!\"}"},
    {"partials/white space around stays", "| {{>p}} |", "{}", "| \t|\t |", "{\"p\":\"\\t|\\t\"}"},
    {"partials/inline ones are not indented", "  {{v}}  {{> p}}\n", "{\"v\":\"|\"}", "  |  >\n>\n",
     "{\"p\":\">\\n>\"}"},
    {"partials/alone with CRLF", "|\r\n{{>p}}\r\n|", "{}", "|\r\n>|", "{\"p\":\">\"}"},
    {"partials/alone without a line before", "  {{>p}}\n>", "{}", "  >\n  >>", "{\"p\":\">\\n>\"}"},
    {"partials/alone without a line end", ">\n  {{>p}}", "{}", ">\n  >\n  >", "{\"p\":\">\\n>\"}"},
    {"partials/each line is indented, what is put in is not", "\\\n {{>p}}\n/\n", "{\"v\":\"<\\n->\"}",
     "\\\n |\n <\n->\n |\n/\n", "{\"p\":\"|\\n{{{v}}}\\n|\\n\"}"},
    {"partials/padding in the tag", "|{{> p }}|", "{}", "|[]|", "{\"p\":\"[]\"}"},
    {"partials/indentation adds up", " {{>a}}\n", "{}", " a\n   b\n   b\n a\n",
     "{\"a\":\"a\\n  {{>b}}\\na\\n\",\"b\":\"b\\nb\\n\"}"},
    {"partials/inside, an inline one is not indented twice", "  {{>a}}\n", "{}", "  <x\ny>\n",
     "{\"a\":\"<{{>b}}>\\n\",\"b\":\"x\\ny\"}"},
    {"partials/inside, one alone has the outer indentation", "  {{>a}}\n", "{}", "  <\n  x\n  >\n",
     "{\"a\":\"<\\n{{>b}}\\n>\\n\",\"b\":\"x\\n\"}"},
    {"partials/lines that begin with tags are indented", "  {{>p}}\n", "{\"l\":[1,2],\"v\":\"v\"}",
     "  v\n  v 1-2-\n  v\n", "{\"p\":\"{{v}}\\n{{v}} {{#l}}{{.}}-{{/l}}\\n{{#l}}{{/l}}{{v}}\\n\"}"},
    {"partials/blank lines stay blank", "  {{>p}}\n", "{}", "  a\n\n  b\r\n\r\n  c\n",
     "{\"p\":\"a\\n\\nb\\r\\n\\r\\nc\\n\"}"},
    {"partials/sections alone on a line inside", "  {{>p}}\n", "{\"l\":[1,2]}", "  a\n  1\n  2\n  b\n",
     "{\"p\":\"a\\n{{#l}}\\n{{.}}\\n{{/l}}\\nb\\n\"}"},
};

/* ---- helpers ---- */

static const template *
find_partial(const char *name, gpointer arg)
{
    return g_hash_table_lookup(arg, name);
}

static template *
compile(const char *source)
{
    g_autoptr(GError) error = NULL;
    template *compiled = template_compile("test", source, strlen(source), &error);
    g_assert_no_error(error);
    return compiled;
}

static GHashTable *
compile_partials(const char *json)
{
    GHashTable *partials = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)template_free);
    json_t *sources = json ? json_loads(json, 0, NULL) : json_object();
    const char *name;
    json_t *source;
    g_assert_nonnull(sources);
    json_object_foreach(sources, name, source)
        g_hash_table_insert(partials, g_strdup(name), compile(json_string_value(source)));
    json_decref(sources);
    return partials;
}

static char *
render(const char *source, const char *data, const char *partials, enum template_mode mode, gsize max, GError **error)
{
    g_autoptr(template) compiled = compile(source);
    g_autoptr(GHashTable) known = compile_partials(partials);
    g_autoptr(GString) out = g_string_new(NULL);
    json_t *json = json_loads(data, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    g_assert_nonnull(json);
    struct template_view view = {.data = json, .mode = mode, .max_output = max, .partial = find_partial, .arg = known};
    gboolean good = template_render(compiled, &view, out, error);
    json_decref(json);
    return good ? g_strdup(out->str) : NULL;
}

static char *
compile_error(const char *source)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(template_compile("en/ack.text.mustache", source, strlen(source), &error));
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID);
    return g_strdup(error->message);
}

/* ---- tests ---- */

static void
test_sample(gconstpointer data)
{
    const struct sample *sample = data;
    g_autoptr(GError) error = NULL;
    g_autofree char *got = render(sample->template, sample->data, sample->partials, TEMPLATE_HTML, 0, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(got, ==, sample->expected);
}

static void
test_text_mode_escapes_nothing(void)
{
    g_autofree char *got = render("{{v}}{{{v}}}", "{\"v\":\"<&>\\\"'\"}", NULL, TEMPLATE_TEXT, 0, NULL);
    g_assert_cmpstr(got, ==, "<&>\"'<&>\"'");
}

static void
test_control_bytes_are_dropped(void)
{
    static const char data[] = "{\"v\":\"a\\u0000\\u001b[31m\\u0007\\u007fb\\r\\n\\tc\"}";
    for (int mode = TEMPLATE_TEXT; mode <= TEMPLATE_HTML; mode++) {
        g_autofree char *got = render("{{v}}|{{{v}}}", data, NULL, (enum template_mode)mode, 0, NULL);
        g_assert_cmpstr(got, ==, "a[31mb\r\n\tc|a[31mb\r\n\tc");
    }
}

static void
test_parse_errors_name_file_and_line(void)
{
    static const struct {
        const char *source, *message;
    } errors[] = {
        {"a\nb {{name", "en/ack.text.mustache:2: a tag is not ended: `}}` is missing"},
        {"{{{name}}", "en/ack.text.mustache:1: a tag is not ended: `}}}` is missing"},
        {"\n{{#a}}\n\n{{#b}}\n{{/b}}", "en/ack.text.mustache:2: the section `a` is not ended: {{/a}} is missing"},
        {"{{#a}}\n{{#b}}\n{{/a}}{{/b}}",
         "en/ack.text.mustache:3: {{/a}} stands where {{/b}} of line 2 is still to come"},
        {"x\n\n{{/a}}", "en/ack.text.mustache:3: {{/a}} ends a section that was never begun"},
        {"{{}}", "en/ack.text.mustache:1: `` is no name: write a word, or words parted by single dots"},
        {"{{#a b}}{{/a b}}", "en/ack.text.mustache:1: `a b` is no name: write a word, or words parted by single dots"},
        {"{{a..b}}", "en/ack.text.mustache:1: `a..b` is no name: write a word, or words parted by single dots"},
        {"{{.a}}", "en/ack.text.mustache:1: `.a` is no name: write a word, or words parted by single dots"},
        {"{{=<=}}", "en/ack.text.mustache:1: new delimiters are two words without `=`, as in {{=<% %>=}}"},
        {"{{=a b c=}}", "en/ack.text.mustache:1: new delimiters are two words without `=`, as in {{=<% %>=}}"},
        {"ok\n\xff", "en/ack.text.mustache:2: not UTF-8: save the file as UTF-8"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(errors); i++) {
        g_autofree char *message = compile_error(errors[i].source);
        g_assert_cmpstr(message, ==, errors[i].message);
    }
}

static void
test_nesting_is_bounded(void)
{
    g_autoptr(GString) source = g_string_new(NULL);
    for (int i = 0; i < 100; i++)
        g_string_append(source, "{{#a}}");
    g_autofree char *message = compile_error(source->str);
    g_assert_nonnull(strstr(message, "more than 64 sections inside each other"));

    g_autoptr(GError) error = NULL;
    g_assert_null(render("{{>p}}", "{}", "{\"p\":\"x{{>p}}\"}", TEMPLATE_TEXT, 0, &error));
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID);
    g_assert_cmpstr(error->message, ==, "test:1: sections and partials are nested too deeply");
}

static void
test_work_without_output_is_bounded(void)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(render("{{>p}}", "{\"l\":[1,2,3,4,5,6,7,8,9]}",
                         "{\"p\":\"{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}"
                         "{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}\"}",
                         TEMPLATE_TEXT, 0, &error));
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID);
    g_assert_nonnull(strstr(error->message, "too much to go through"));
}

static void
test_output_is_bounded(void)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(render("{{#l}}0123456789{{/l}}", "{\"l\":[1,2,3]}", NULL, TEMPLATE_TEXT, 29, &error));
    g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID);
    g_assert_cmpstr(error->message, ==, "test:1: the result is too long");
    g_autofree char *fits = render("{{#l}}0123456789{{/l}}", "{\"l\":[1,2,3]}", NULL, TEMPLATE_TEXT, 30, NULL);
    g_assert_cmpuint(strlen(fits), ==, 30);
}

static void
collect_missing(const char *file, guint line, const char *name, gpointer arg)
{
    g_string_append_printf(arg, "%s:%u:%s ", file, line, name);
}

static void
test_missing_names_are_told(void)
{
    g_autoptr(template) compiled = compile("{{a}}\n{{b}} {{#c}}{{/c}}{{^d}}{{e.f}}{{/d}}");
    g_autoptr(GString) missing = g_string_new(NULL);
    g_autoptr(GString) out = g_string_new(NULL);
    json_t *data = json_loads("{\"a\":1,\"d\":false,\"e\":{}}", 0, NULL);
    struct template_view view = {.data = data, .missing = collect_missing, .arg = missing};
    g_assert_true(template_render(compiled, &view, out, NULL));
    g_assert_cmpstr(missing->str, ==, "test:2:b test:2:c test:2:e.f ");
    json_decref(data);
}

static void
collect_tag(enum template_tag tag, const char *name, guint line, gpointer arg)
{
    static const char sigils[] = {[TEMPLATE_VALUE] = ' ',
                                  [TEMPLATE_RAW] = '&',
                                  [TEMPLATE_SECTION] = '#',
                                  [TEMPLATE_PARTIAL] = '>',
                                  [TEMPLATE_STRING] = '@'};
    g_string_append_printf(arg, "%c%s:%u ", sigils[tag], name, line);
}

static void
test_tags_are_listed(void)
{
    g_autoptr(template) compiled =
        compile("{{>head}}\n{{#a}}{{> b-1 }}{{/a}}{{^c}}{{/c}}\n{{!x}}\n{{d}}{{{e}}}{{@f.g}}\n");
    g_autoptr(GString) names = g_string_new(NULL);
    template_tags(compiled, collect_tag, names);
    g_assert_cmpstr(names->str, ==, ">head:1 #a:2 >b-1:2 #c:2  d:4 &e:4 @f.g:4 ");
}

static const template *
find_string(const char *key, const template_place *place, gpointer arg)
{
    char *const path[] = {(char[]){"count"}, NULL};
    if (strcmp(key, "counted") == 0 && json_integer_value(template_value(place, path)) == 1)
        return g_hash_table_lookup(arg, "counted one");
    return g_hash_table_lookup(arg, key);
}

/* Rendered where the tag stands, their own letters escaped in HTML, alone on a line or not. */
static void
test_strings(void)
{
    static const struct {
        const char *template, *text, *html;
    } rows[] = {
        {"  {{@plain}}\n!", "  <Hi> & Mia's <b>\n!", "  &lt;Hi&gt; &amp; Mia&#39;s &lt;b&gt;\n!"},
        {"{{#items}}{{@counted}},{{/items}}", "one,many,", "one,many,"},
        {"({{@nothing}})", "()", "()"},
        {"{{ @ plain }}", "<Hi> & Mia's <b>", "&lt;Hi&gt; &amp; Mia&#39;s &lt;b&gt;"},
    };
    g_autoptr(GHashTable) strings = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)template_free);
    g_hash_table_insert(strings, (char *)"plain", compile("<Hi> & {{name}} <b>"));
    g_hash_table_insert(strings, (char *)"counted", compile("many"));
    g_hash_table_insert(strings, (char *)"counted one", compile("one"));
    json_t *data = json_loads("{\"name\":\"Mia's\",\"items\":[{\"count\":1},{\"count\":2}]}", 0, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(template) compiled = compile(rows[i].template);
        for (enum template_mode mode = TEMPLATE_TEXT; mode <= TEMPLATE_HTML; mode++) {
            struct template_view view = {.data = data, .mode = mode, .string = find_string, .arg = strings};
            g_autoptr(GString) out = g_string_new(NULL);
            g_assert_true(template_render(compiled, &view, out, NULL));
            g_assert_cmpstr(out->str, ==, mode == TEMPLATE_TEXT ? rows[i].text : rows[i].html);
        }
    }
    json_decref(data);
}

static void
test_a_string_alone(void)
{
    g_autoptr(GHashTable) strings = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)template_free);
    g_hash_table_insert(strings, (char *)"plain", compile("{{near}} {{far}}"));
    json_t *near = json_loads("{\"near\":\"1\"}", 0, NULL),
           *far = json_loads("{\"near\":\"3\",\"far\":\"2\"}", 0, NULL);
    struct template_view view = {.data = near, .outer = far, .string = find_string, .arg = strings};
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_assert_true(template_render_string("plain", &view, out, &error));
    g_assert_cmpstr(out->str, ==, "1 2");
    g_assert_false(template_render_string("nothing", &view, out, &error));
    g_assert_no_error(error);
    json_decref(near);
    json_decref(far);
}

struct shared {
    const template *template;
    const json_t *data;
};

static gpointer
render_many(gpointer arg)
{
    const struct shared *shared = arg;
    struct template_view view = {.data = shared->data, .mode = TEMPLATE_HTML};
    for (int i = 0; i < 2000; i++) {
        g_autoptr(GString) out = g_string_new(NULL);
        if (!template_render(shared->template, &view, out, NULL) || strcmp(out->str, "a&lt;1 2 ") != 0)
            return arg;
    }
    return NULL;
}

static void
test_threads_share_a_template(void)
{
    g_autoptr(template) compiled = compile("a{{v}}{{#l}}{{n}} {{/l}}");
    json_t *data = json_loads("{\"v\":\"<\",\"l\":[{\"n\":1},{\"n\":2}]}", 0, NULL);
    struct shared shared = {compiled, data};
    pthread_t threads[4];
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_assert_cmpint(pthread_create(&threads[i], NULL, render_many, &shared), ==, 0);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        g_assert_null(failed);
    }
    json_decref(data);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(samples); i++) {
        g_autofree char *path = g_strdup_printf("/template/%s", samples[i].name);
        g_strdelimit(path, " ,", '-');
        g_test_add_data_func(path, &samples[i], test_sample);
    }
    g_test_add_func("/template/text-mode-escapes-nothing", test_text_mode_escapes_nothing);
    g_test_add_func("/template/control-bytes-are-dropped", test_control_bytes_are_dropped);
    g_test_add_func("/template/parse-errors-name-file-and-line", test_parse_errors_name_file_and_line);
    g_test_add_func("/template/nesting-is-bounded", test_nesting_is_bounded);
    g_test_add_func("/template/work-without-output-is-bounded", test_work_without_output_is_bounded);
    g_test_add_func("/template/output-is-bounded", test_output_is_bounded);
    g_test_add_func("/template/missing-names-are-told", test_missing_names_are_told);
    g_test_add_func("/template/tags-are-listed", test_tags_are_listed);
    g_test_add_func("/template/strings", test_strings);
    g_test_add_func("/template/a-string-alone", test_a_string_alone);
    g_test_add_func("/template/threads-share-a-template", test_threads_share_a_template);
    return g_test_run();
}
