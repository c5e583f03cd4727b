#include "market/transcript.h"

#include "market/desk.h"
#include "market/notify.h"

gboolean
transcript_send(struct performing *p, gboolean done, GError **error)
{
    json_t *data = json_pack("{s:O, s:b, s:s, s:b}", "items", p->items, "done", done, "subject", p->in->subject,
                             "message", *p->message != '\0');
    g_autofree char *cause = act_cause(p->act, p->in->key);
    g_autofree char *desk = p->conversation ? NULL : desk_address(p->act, p->organisation->id, p->member_id);
    if (desk) {
        json_object_set_new(data, "own_address", json_string(desk));
        json_object_set_new(data, "organisation_id", json_integer(p->organisation->id));
    }
    return performing_tell(p, "transcript", p->conversation ? p->conversation->id : 0, data, cause, error);
}
