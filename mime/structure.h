/*
 * Where things stand in a mail: header fields, parts and their content as offsets into the raw bytes, found in one pass
 * over the lines, without recursion and within fixed limits. Nothing is decoded here and nothing is copied, so that
 * what is cut out later is what stood in the mail.
 *
 * It reads broken mails the way mail clients show them; each liberty is named in `defects`.
 */
#ifndef POSTERN_MIME_STRUCTURE_H
#define POSTERN_MIME_STRUCTURE_H

#include "mime/header.h"
#include "mime/mail.h"

/* What a hostile mail may cost. What is beyond is left out of the reading and named. */
#define GUARD_HEADER_BYTES (64u << 10)      /* one header at the top */
#define GUARD_PART_HEADER_BYTES (16u << 10) /* one header of a part */
#define GUARD_HEADERS 1000                  /* of one part */
#define GUARD_ALL_HEADER_BYTES (256u << 10) /* of one part */
#define GUARD_PARTS 500
#define GUARD_DEPTH 20
#define GUARD_SEPARATORS 2000 /* ':' and ';' in one address or parameter header */

struct field {
    gsize name, name_length;   /* offsets into the raw mail */
    gsize value, value_length; /* still folded */
};

enum entity_kind { ENTITY_LEAF, ENTITY_MULTIPART, ENTITY_MESSAGE };

struct entity {
    enum entity_kind kind;
    struct entity *parent;
    GPtrArray *children; /* struct entity; NULL for a leaf; a message has exactly one */
    GArray *fields;      /* struct field, in order; the top's and nested messages' all, a part's Content-* alone */
    gsize body, end;     /* its content */
    char *type;          /* lower case, "text/plain" where nothing is said */
    gboolean type_given;
    header_value *content_type; /* parameters; never NULL */
    header_value *disposition;  /* NULL */
    char *content_id;           /* NULL */
    enum mail_encoding encoding;
    char *boundary; /* of a multipart */
    gsize boundary_length;
};

struct structure {
    const char *raw;
    gsize length;
    struct entity *top;
    gboolean cr_lines;  /* lines end in CR alone */
    GPtrArray *defects; /* char *, to be stolen by the mail */
};

/* `depth` and `parts`: how much of the guard's allowance is used up already, by a message around this one; 0 for a
 * mail. */
void structure_read(struct structure *structure, gconstpointer raw, gsize length, guint depth, guint parts);
void structure_clear(struct structure *structure);

gboolean structure_is_message(const struct entity *entity);

/* First field of that name, unfolded, its bytes as they stand; NULL. Caller frees. */
char *structure_field(const struct structure *structure, const struct entity *entity, const char *name);
gboolean structure_is(const struct structure *structure, const struct field *field, const char *name);

/* Notes a defect once. */
void structure_defect(struct structure *structure, const char *sentence);

#endif
