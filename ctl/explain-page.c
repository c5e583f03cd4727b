/* `postern explain` for a person. */
#include "config.h"

#include "ctl/explain.h"

void
explain_page(const struct explained *e, FILE *out)
{
    fprintf(out, "%s: %s\n", e->path, mail_class_name(e->nature.class));
}
