/*
 * Lead forms that mail: who is the lead, what does the lead want. See tests/unit for the shapes of each tool.
 * The first occurrence of a label wins; text inside a value never overrides a field; unknown labels are kept.
 */
#ifndef POSTERN_MIME_FORM_H
#define POSTERN_MIME_FORM_H

#include "mime/form-map.h"
#include "mime/mail.h"

struct form_field {
    char *label; /* as written, without the trailing colon */
    char *value; /* lines joined by LF, trimmed */
};

struct form_lead { /* each NULL when the form does not tell */
    char *name, *email, *phone, *shop, *service, *message, *budget, *language;
};

struct form {
    char *tool;        /* "contact-form-7", "jotform", …, a map's name, "generic" */
    GPtrArray *fields; /* struct form_field, in order */
    struct form_lead lead;
};

/* Which tool sent the mail, by its sender, subject and marks (static); NULL: none that is known. A claim: only aligned
 * DKIM proves it. */
const char *form_tool(const struct mail *mail);
/* A form's mail, by a known tool or by what it looks like. */
gboolean form_is_form(const struct mail *mail);

/* NULL when the mail is no form's. `raw` is what `mail` was read from, for JSON and XML that is attached (NULL: not
 * looked at). `maps` (may be NULL) are believed before the rules. `expected` says that the mail came to an address
 * where only forms mail, so that plain `Label: value` lines are enough. */
struct form *form_read(const struct mail *mail, gconstpointer raw, gsize length, const struct form_maps *maps,
                       gboolean expected);
void form_free(struct form *form);
typedef struct form form;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(form, form_free)

#endif
