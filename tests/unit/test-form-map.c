/* Field maps: learnt from one mail, they read the next; whatever is wrong in their files is told. Invented values. */
#include <glib/gstdio.h>
#include <string.h>

#include "lib/error.h"
#include "mime/form.h"
#include "mime/read.h"

#define HEADERS(from, subject)                                                                                         \
    "From: " from "\nTo: leads@experts.test\nSubject: " subject "\nContent-Type: text/plain; charset=utf-8\n\n"

#define FORM(name, mail, phone, words)                                                                                 \
    "Wie bent u, eigenlijk: " name "\nWaar bereiken we u: " mail "\nBel gerust: " phone "\nKleur: rood\n"              \
    "Waar gaat het over:\n" words "\nEmail: evil@thief.example\nBel gerust: 666\n"

static const char first[] = HEADERS("Portal <web@site.example>", "Re: Nieuwe vraag van Ann Lead")
    FORM("Ann Lead", "ann@lead.example", "+31 20 123 45 67", "Ik zoek iemand voor mijn winkel.");
static const char second[] = HEADERS("Portal <web@site.example>", "Nieuwe vraag van Bob de Vries")
    FORM("Bob de Vries", "bob@lead.example", "020 765 43 21", "Hallo");

static struct mail *
read_text(const char *raw)
{
    return mail_read(raw, strlen(raw));
}

struct folder {
    char *path;
    GPtrArray *errors;
    form_maps *maps;
};

static void
put(struct folder *f, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(f->path, name, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void
load(struct folder *f)
{
    g_clear_pointer(&f->maps, form_maps_free);
    g_ptr_array_set_size(f->errors, 0);
    f->maps = form_maps_load(f->path, f->errors);
}

static void
setup(struct folder *f, gconstpointer unused)
{
    (void)unused;
    f->path = g_dir_make_tmp("postern-XXXXXX", NULL);
    f->errors = g_ptr_array_new_with_free_func(g_free);
    g_assert_nonnull(f->path);
}

static void
teardown(struct folder *f, gconstpointer unused)
{
    (void)unused;
    GDir *dir = g_dir_open(f->path, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *path = g_build_filename(f->path, name, NULL);
        g_assert_cmpint(g_remove(path), ==, 0);
    }
    g_dir_close(dir);
    g_assert_cmpint(g_rmdir(f->path), ==, 0);
    form_maps_free(f->maps);
    g_ptr_array_unref(f->errors);
    g_free(f->path);
}

static void
test_learnt_map_reads_the_next(struct folder *f, gconstpointer unused)
{
    (void)unused;
    g_autoptr(mail) teacher = read_text(first), next = read_text(second);
    g_autoptr(GPtrArray) unknown = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_autoptr(form_map) map = form_map_learn("portal", teacher, unknown, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(map->sender, ==, "web@site.example");
    g_assert_cmpstr(map->subject, ==, "Nieuwe vraag van");
    g_assert_cmpstr(g_ptr_array_index(unknown, 0), ==, "Kleur");
    g_autofree char *text = form_map_write(map);
    put(f, "portal.form", text);
    load(f);
    g_assert_cmpuint(f->errors->len, ==, 0);

    g_assert_null(form_read(next, NULL, 0, NULL, FALSE)); /* no rule knows it */
    g_autoptr(form) form = form_read(next, NULL, 0, f->maps, FALSE);
    g_assert_nonnull(form);
    g_assert_cmpstr(form->tool, ==, "portal");
    g_assert_cmpstr(form->lead.name, ==, "Bob de Vries");
    g_assert_cmpstr(form->lead.email, ==, "bob@lead.example");
    g_assert_cmpstr(form->lead.phone, ==, "020 765 43 21");
    g_assert_true(g_str_has_prefix(form->lead.message, "Hallo\n")); /* and what was typed below stays in it */
    g_assert_nonnull(strstr(form->lead.message, "evil@thief.example"));
}

static void
test_maps_are_chosen_by_shape(struct folder *f, gconstpointer unused)
{
    (void)unused;
    put(f, "a.form", "[form]\nsender=web@site.example\nsubject=Other\n[fields]\nname=A\n");
    put(f, "b.form", "[form]\nsender=@SITE.example\n[fields]\nname=A\n");
    put(f, "c.form", "[form]\nsubject=nieuwe\n[fields]\nname=A\n");
    put(f, "README", "no map");
    load(f);
    g_assert_cmpuint(f->errors->len, ==, 0);
    g_assert_cmpuint(form_maps_count(f->maps), ==, 3);
    g_autoptr(mail) by_domain = read_text(second);
    g_autoptr(mail) by_subject = read_text(HEADERS("x@else.example", "Fwd: NIEUWE vraag") "A: x\n");
    g_autoptr(mail) neither = read_text(HEADERS("x@else.example", "Vraag") "A: x\n");
    g_autoptr(mail) below = read_text(HEADERS("x@sub.site.example", "Vraag") "A: x\n");
    g_assert_cmpstr(form_maps_find(f->maps, by_domain)->name, ==, "b");
    g_assert_cmpstr(form_maps_find(f->maps, by_subject)->name, ==, "c");
    g_assert_null(form_maps_find(f->maps, neither));
    g_assert_null(form_maps_find(f->maps, below));
    g_assert_null(form_maps_find(NULL, by_domain));
}

static void
test_map_beats_the_rules(void)
{
    g_autoptr(GError) error = NULL;
    static const char text[] = "[form]\nsender=@site.example\n[fields]\nmessage=Name;Toelichting\nname=Betreft\n";
    g_autoptr(form_map) map = form_map_parse("x", text, strlen(text), &error);
    g_assert_no_error(error);
    g_assert_cmpuint(map->labels[LEAD_MESSAGE]->len, ==, 2);
    g_assert_cmpuint(map->labels[LEAD_NAME]->len, ==, 1);
}

static void
test_bad_files_are_told(struct folder *f, gconstpointer unused)
{
    (void)unused;
    static const struct {
        const char *text, *told;
    } rows[] = {
        {"sender=x", "group"},
        {"[form]\nsender", "key-value"},
        {"[form]\nsender=a@b.example\n", "[fields] names no label"},
        {"[form]\n[fields]\nname=A\n", "every mail would be this form's"},
        {"[form]\nsender=site.example\n[fields]\nname=A\n", "neither an address nor a domain"},
        {"[form]\nsendr=a@b.example\n[fields]\nname=A\n", "[form] has no key sendr"},
        {"[form]\nsender=a@b.example\n[fields]\nnaam=A\n", "[fields] has no key naam"},
        {"[form]\nsender=a@b.example\n[fields]\nname=A\nemail=B;a *:\n", "stands at another field already"},
        {"[form]\nsender=a@b.example\n[fields]\nname=A\n[more]\n", "there is no group [more]"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        put(f, "bad.form", rows[i].text);
        put(f, "good.form", "[form]\nsender=a@b.example\n[fields]\nname=A\n");
        load(f);
        g_test_message("%s", rows[i].text);
        g_assert_cmpuint(form_maps_count(f->maps), ==, 1);
        g_assert_cmpuint(f->errors->len, ==, 1);
        g_test_message("%s", (const char *)g_ptr_array_index(f->errors, 0));
        g_assert_nonnull(strstr(g_ptr_array_index(f->errors, 0), "bad.form: "));
        g_assert_nonnull(strstr(g_ptr_array_index(f->errors, 0), rows[i].told));
    }
}

static void
test_no_folder_holds_no_maps(void)
{
    g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(form_maps) maps = form_maps_load("/nonexistent/forms", errors);
    g_assert_cmpuint(errors->len, ==, 0);
    g_assert_cmpuint(form_maps_count(maps), ==, 0);
}

static void
test_what_teaches_nothing(void)
{
    g_autoptr(mail) words = read_text(HEADERS("x@else.example", "Hi") "Please call me.\n");
    g_autoptr(mail) own = read_text(HEADERS("ann@lead.example", "Ann Lead") "Wie: Ann Lead\nWaar: ann@lead.example\n");
    const struct mail *mails[] = {words, own};
    for (gsize i = 0; i < G_N_ELEMENTS(mails); i++) {
        g_autoptr(GPtrArray) unknown = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GError) error = NULL;
        g_assert_null(form_map_learn("x", mails[i], unknown, &error));
        g_assert_error(error, POSTERN_ERROR, POSTERN_ERROR_INVALID);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    mail_init();
#define ADD(name, test) g_test_add("/form-map/" name, struct folder, NULL, setup, test, teardown)
    ADD("learnt-from-one-mail-it-reads-the-next", test_learnt_map_reads_the_next);
    ADD("chosen-by-sender-and-subject", test_maps_are_chosen_by_shape);
    ADD("bad-files-are-told", test_bad_files_are_told);
    g_test_add_func("/form-map/lists-of-labels", test_map_beats_the_rules);
    g_test_add_func("/form-map/no-folder-holds-none", test_no_folder_holds_no_maps);
    g_test_add_func("/form-map/what-teaches-nothing", test_what_teaches_nothing);
    return g_test_run();
}
