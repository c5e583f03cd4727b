/* Which language a text is in, from its commonest words and letters. */
#ifndef POSTERN_MIME_LANGUAGE_H
#define POSTERN_MIME_LANGUAGE_H

/* Two letters (static), or NULL when the text is too short or too mixed to tell. */
const char *language_guess(const char *text);

#endif
