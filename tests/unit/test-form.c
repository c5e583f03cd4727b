/* A lead form's mail gives the lead, whatever tool sent it and whatever was typed into it. All values are invented. */
#include <glib.h>
#include <string.h>

#include "mime/form-fields.h"
#include "mime/form.h"
#include "mime/read.h"

/* What somebody types into the free text to pass for another. */
#define INJECTED_LINES                                                                                                 \
    "Hello, I need a shop.\nEmail: evil@thief.example\nName: Mallory\n\nPhone: 666\nSecond paragraph."
#define INJECTED_HTML                                                                                                  \
    "Hello, I need a shop.<br>Email: evil@thief.example<br>Name: Mallory<br><br>Phone: 666<br>Second paragraph."

struct sample {
    const char *what; /* of a test's name */
    const char *tool;
    const char *from, *reply_to, *subject;
    const char *text, *html; /* NULL: not there */
    const char *name, *email, *phone, *shop, *message_begins;
};

static const struct sample samples[] = {
    {"contact-form-7", "contact-form-7", "Site <wordpress@site.example>", NULL, "Site \"theme\"",
     "From: Ann Lead <ann@lead.example>\nSubject: theme\n\nMessage Body:\n" INJECTED_LINES
     "\n\n-- \nThis e-mail was sent from a contact form on Site (https://site.example)\n",
     NULL, "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"contact-form-7 in Dutch", "contact-form-7", "Site <wordpress@site.example>", "ann@lead.example", "Site \"thema\"",
     "Van: Ann Lead <ann@lead.example>\nOnderwerp: thema\n\nBerichttekst:\n" INJECTED_LINES
     "\n\n-- \nThis e-mail was sent from a contact form on Site (https://site.example)\n",
     NULL, "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"gravity", "gravity-forms", "Site <admin@site.example>", NULL, "New submission from Contact", NULL,
     "<table width=\"99%\" bgcolor=\"#EAEAEA\"><tr><td><table width=\"100%\" cellpadding=\"5\" bgcolor=\"#FFFFFF\">"
     "<tr bgcolor=\"#EAF2FA\"><td colspan=\"2\"><font><strong>Name</strong></font></td></tr>"
     "<tr bgcolor=\"#FFFFFF\"><td width=\"20\">&nbsp;</td><td><font>Ann Lead</font></td></tr>"
     "<tr bgcolor=\"#EAF2FA\"><td colspan=\"2\"><font><strong>Message</strong></font></td></tr>"
     "<tr bgcolor=\"#FFFFFF\"><td width=\"20\">&nbsp;</td><td><font>" INJECTED_HTML "</font></td></tr>"
     "<tr bgcolor=\"#EAF2FA\"><td colspan=\"2\"><font><strong>Email</strong></font></td></tr>"
     "<tr bgcolor=\"#FFFFFF\"><td width=\"20\">&nbsp;</td><td><font><a "
     "href='mailto:ann@lead.example'>ann@lead.example</a></font>"
     "</td></tr></table></td></tr></table>",
     "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"elementor as text", "elementor", "Site <email@site.example>", NULL, "New message from \"Site\"",
     "Name: Ann Lead\nEmail: ann@lead.example\nPhone: +31 20 123\nWhat do you need?:: theme\nMessage: " INJECTED_LINES
     "\n\n---\n\nDate: 1 May 2026\nTime: 10:00\nPage URL: https://site.example/contact\nUser Agent: Mozilla\n"
     "Remote IP: 192.0.2.1\nPowered by: Elementor\n",
     NULL, "Ann Lead", "ann@lead.example", "+31 20 123", NULL, "Hello, I need a shop."},
    {"elementor as HTML", "elementor", "Site <email@site.example>", NULL, "New message from \"Site\"", NULL,
     "Name: Ann Lead<br>Email: ann@lead.example<br>Message: " INJECTED_HTML
     "<br><br>---<br><br>Date: 1 May 2026<br>Time: 10:00<br>Page URL: https://site.example<br>Powered by: "
     "Elementor<br>",
     "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"equals signs", "generic", "Site <web@site.example>", NULL, "Contact",
     "name = Ann Lead\nemail = ann@lead.example\nmsg = " INJECTED_LINES "\n", NULL, "Ann Lead", "ann@lead.example",
     NULL, NULL, "Hello, I need a shop."},
    {"arrows", "generic", "Site <web@site.example>", NULL, "Contact",
     "Name -> Ann Lead\nE-mail -> ann@lead.example\nMessage -> " INJECTED_LINES "\n", NULL, "Ann Lead",
     "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"dashes", "generic", "Site <web@site.example>", NULL, "Contact",
     "Name - Ann Lead\nE-mail - ann@lead.example\nMessage - Hello, I need a shop.\n", NULL, "Ann Lead",
     "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"columns of text", "generic", "Site <web@site.example>", NULL, "Contact",
     "Name          Ann Lead\nE-mail        ann@lead.example\nMessage       Hello, I need a shop.\n", NULL, "Ann Lead",
     "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"a program's array", "generic", "Site <web@site.example>", NULL, "Contact",
     "Array\n(\n    [name] => Ann Lead\n    [email] => ann@lead.example\n    [message] => Hello, I need a shop.\n)\n",
     NULL, "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"wide colons", "generic", "Site <web@site.example>", NULL, "Contact",
     "お名前：Ann Lead\nメールアドレス：ann@lead.example\n内容：\nHello, I need a shop.\n", NULL, "Ann Lead",
     "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"bullets", "generic", "Site <web@site.example>", NULL, "Contact",
     "• Name: Ann Lead\n• E-mail: ann@lead.example\n• Message: Hello, I need a shop.\n", NULL, "Ann Lead",
     "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"names with dashes", "generic", "Site <web@site.example>", NULL, "Contact",
     "first-name: Ann\nlast-name: Lead\nemail: ann@lead.example\nabout: Hello, I need a shop.\n\n---\nSubmission "
     "received at "
     "10:11\n",
     NULL, "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"the longest text among answers", "generic", "Site <web@site.example>", NULL, "Contact",
     "Who are you: Ann Lead\nTown: Rue de la Gare 1, 1000 Bruxelles\nEmail: ann@lead.example\nWanted: Hello, I need a "
     "shop.\n",
     NULL, NULL, "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"lines of one block", "generic", "Site <web@site.example>", NULL, "Contact", NULL,
     "<p>A form was sent.</p><p>Name: Ann Lead<br>Email: ann@lead.example<br>Message: " INJECTED_HTML "</p>",
     "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"pairs in a row", "generic", "Site <web@site.example>", NULL, "Contact", NULL,
     "<table><tr><td><b>Name</b></td><td>Ann Lead</td><td><b>Phone</b></td><td>020 "
     "123</td></tr><tr><td><b>Email</b></td>"
     "<td>ann@lead.example</td><td><b>Town</b></td><td>Gent</td></tr><tr><td colspan=4><b>Message</b><br>" INJECTED_HTML
     "</td></tr></table>",
     "Ann Lead", "ann@lead.example", "020 123", NULL, "Hello, I need a shop."},
    {"tabs", "generic", "Site <web@site.example>", NULL, "Contact",
     "Name\tAnn Lead\nE-mail\tann@lead.example\nQuestion\tHello, I need a shop.\n", NULL, "Ann Lead",
     "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"dots, brackets and stars", "generic", "Site <web@site.example>", NULL, "Contact",
     "Name....: Ann Lead\n[E-mail]: ann@lead.example\n*Phone:* 020 123\nMessage: Hello, I need a shop.\n", NULL,
     "Ann Lead", "ann@lead.example", "020 123", NULL, "Hello, I need a shop."},
    {"framed headings", "generic", "Site <web@site.example>", NULL, "Contact",
     "--- Name ---\n\nAnn Lead\n\n--- Email ---\n\nann@lead.example\n\n--- Message ---\n\n" INJECTED_LINES "\n", NULL,
     "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"ruled headings", "generic", "Site <web@site.example>", NULL, "Contact",
     "Name\n----\nAnn Lead\n\nEmail\n-----\nann@lead.example\n\nMessage\n-------\n" INJECTED_LINES "\n", NULL,
     "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"numbered questions", "generic", "Site <web@site.example>", NULL, "Contact",
     "1. What is your name?\n   Ann Lead\n2. What is your e-mail?\n   ann@lead.example\n3. What is it about?\n   "
     "Hello, I "
     "need a shop.\n",
     NULL, "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"lines that are labels", "generic", "Site <web@site.example>", NULL, "Contact",
     "Uw naam\nAnn Lead\nUw e-mailadres\nann@lead.example\nUw vraag\nHello, I need a shop.\n", NULL, "Ann Lead",
     "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"a signature that was typed", "generic", "Site <web@site.example>", NULL, "Contact",
     "Name: Ann Lead\nMessage: Hello, I need a shop.\n-- \nEmail: evil@thief.example\nSecond paragraph.\n", NULL,
     "Ann Lead", "evil@thief.example", NULL, NULL, "Hello, I need a shop."},
    {"terms and definitions", "generic", "Site <web@site.example>", NULL, "Contact", NULL,
     "<h1>New</h1><dl><dt>Name</dt><dd>Ann "
     "Lead</dd><dt>Email</dt><dd>ann@lead.example</dd><dt>Message</dt><dd><p>Hello, I "
     "need a shop.</p><p>Email: evil@thief.example</p></dd></dl>",
     "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"columns", "generic", "Site <web@site.example>", NULL, "Contact", NULL,
     "<table><tr><th>Name</th><th>Email</th><th>Message</th></tr><tr><td>Ann Lead</td><td>ann@lead.example</td>"
     "<td>" INJECTED_HTML "</td></tr></table>",
     "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"paragraphs in a table for looks", "generic", "Site <web@site.example>", NULL, "Contact", "See the answers.",
     "<table><tr><td><h2>New</h2><p><strong>First name:</strong><br>Ann</p><p><strong>Last name:</strong><br>Lead</p>"
     "<p><strong>Email:</strong><br>ann@lead.example</p><p><strong>Message:</strong><br>" INJECTED_HTML
     "</p></td></tr></table>",
     "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"bold questions", "generic", "Site <web@site.example>", NULL, "Contact", NULL,
     "<p>Your form has an answer:</p><p><b>What is your name?</b><br>Ann Lead</p><p><b>And your email?</b></p>"
     "<p>ann@lead.example</p><p><b>What should we build?</b><br>Hello, I need a shop.</p>",
     "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"what the tool says last", "generic", "Site <web@site.example>", NULL, "Contact",
     "Name: Ann Lead\nEmail: ann@lead.example\nMessage: Hello, I need a shop.\nTerms: accepted\nIP: 192.0.2.1\n\nView "
     "all submissions: https://tool.example/contact form on\n",
     NULL, "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"paragraphs below a label", "generic", "Site <web@site.example>", NULL, "Contact", "See the answers.",
     "<p><b>Name:</b> Ann Lead</p><p><b>Email:</b> ann@lead.example</p><p><b>Message:</b></p><p>Hello, I need a "
     "shop.</p>"
     "<p>Write to evil@thief.example.</p><p>View this entry: https://site.example/contact form on</p>",
     "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"a title above the labels", "generic", "Site <web@site.example>", NULL, "Contact", "See the answers.",
     "<table><tr><td colspan=2><b>What was sent:</b></td></tr><tr><td colspan=2><b>Name</b><br>Ann Lead</td></tr>"
     "<tr><td colspan=2><b>Email</b><br>ann@lead.example</td></tr></table>",
     "Ann Lead", "ann@lead.example", NULL, NULL, NULL},
    {"the site's own closing", "generic", "The Site <web@site.example>", NULL, "Contact",
     "Name: Ann Lead\nEmail: ann@lead.example\nMessage: Hello, I need a shop.\n\nKind regards,\nThe Site contact form "
     "on\n",
     NULL, "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"a company between the questions", "generic", "Site <web@site.example>", NULL, "Contact",
     "Your name\nAnn Lead\n\nEmail\nann@lead.example\n\nCompany\nAnn's\n\nMessage\nHello, I need a shop.\n\nSecond "
     "paragraph.\nKleur: rood\n\n---\nSent by contact form on\n",
     NULL, "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"what the tool says of its mail", "generic", "Site <web@site.example>", NULL, "Contact",
     "Van: Ann Lead\nE-mail: ann@lead.example\nTel.: 020 123\nBericht:\nHello, I need a shop.\n\nDeze e-mail is "
     "automatisch "
     "verzonden. contact form on\n",
     NULL, "Ann Lead", "ann@lead.example", "020 123", NULL, "Hello, I need a shop."},
    {"nothing but bold", "generic", "Site <web@site.example>", NULL, "Contact", "See the answers.",
     "<div><strong>Name</strong><span>Ann "
     "Lead</span></div><div><strong>Email</strong><span>ann@lead.example</span></div>"
     "<div><strong>Message</strong><span>" INJECTED_HTML "</span></div>",
     "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"jotform", "jotform", "Jotform <noreply@jotform.com>", NULL, "Re: Contact - Ann Lead",
     "You have a new submission.",
     "<table id=\"emailFieldsTable\"><tbody id=\"emailFieldsTableBody\">"
     "<tr id=\"row_1\" class=\"questionRow\"><td id=\"question_1\" class=\"questionColumn\">Full Name</td>"
     "<td id=\"value_1\" class=\"valueColumn\">Ann Lead</td></tr>"
     "<tr id=\"row_2\" class=\"questionRow\"><td id=\"question_2\" class=\"questionColumn\">Your project</td>"
     "<td id=\"value_2\" class=\"valueColumn\">" INJECTED_HTML "</td></tr>"
     "<tr id=\"row_3\" class=\"questionRow\"><td id=\"question_3\" class=\"questionColumn\">E-mail</td>"
     "<td id=\"value_3\" class=\"valueColumn\">ann@lead.example</td></tr>"
     "<tr id=\"row_4\" class=\"questionRow\"><td class=\"questionColumn\">Phone Number</td><td "
     "class=\"valueColumn\">020 123</td></tr>"
     "</tbody></table>",
     "Ann Lead", "ann@lead.example", "020 123", NULL, NULL},
    {"squarespace", "squarespace", "\"Squarespace\" <form-submission@squarespace.info>", "ann@lead.example",
     "Form Submission - Contact", NULL,
     "<html><body><p>Sent via form submission from <a href='https://site.example'>Site</a></p>"
     "<p><b>Name:</b> Ann Lead</p><p><b>Email:</b> ann@lead.example</p><p><b>Message:</b> " INJECTED_HTML
     "</p><p>Does this submission look like spam? <a href='https://sq.example'>Report it here</a>.</p></body></html>",
     "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"wix with a stub for text", "wix", "Site <notifications@wix-forms.com>", NULL, "Contact got a new submission",
     "You have a new message. View it in your dashboard.",
     "<p>Submission summary:</p><p>First name:</p><p><strong>Ann</strong></p><p>Last "
     "name:</p><p><strong>Lead</strong></p>"
     "<p>1.Amount:</p><p><strong>500</strong></p><p>Message:</p><p><strong>" INJECTED_HTML "</strong></p>"
     "<p>3. Email :</p><p><strong>ann@lead.example</strong></p>",
     "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"webflow as text", "webflow", "no-reply-forms@webflow.com", NULL, "New form submission for Contact",
     "Name: Ann Lead\nField 5: something\nEmail: ann@lead.example\nStore URL: "
     "https://shop.example\nMessage: " INJECTED_LINES "\n",
     NULL, "Ann Lead", "ann@lead.example", NULL, "https://shop.example", "Hello, I need a shop."},
    {"webflow as HTML", "webflow", "no-reply-forms@webflow.com", NULL,
     "You have a new form submission on your Webflow site!", NULL,
     "<div><b>Name:</b> Ann Lead</div><div><b>Email:</b> ann@lead.example</div><div><b>Message:</b> " INJECTED_HTML
     "</div>",
     "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"netlify", "netlify", "\"site.example\" <formresponses@netlify.com>", "ann@lead.example",
     "Form submission from contact form:", "name: Ann Lead\nemail: ann@lead.example\nmessage: " INJECTED_LINES "\n",
     NULL, "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"formspree as text", "formspree", "Formspree <noreply@formspree.io>", "ann@lead.example", "New submission",
     "Hey there,\n\nSomeone just submitted your form on site.example. Here's what they had to say:\n\nname:\nAnn "
     "Lead\n\n"
     "email:\nann@lead.example\n\nmessage:\n" INJECTED_LINES
     "\n\nThis form was submitted at 10:00 AM UTC - 01 May 2026.\n---\nYou are receiving this because you confirmed.\n",
     NULL, "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"formspree as HTML", "formspree", "Formspree <noreply@formspree.io>", "ann@lead.example", "New submission", NULL,
     "<p>Someone just submitted your form on site.example. Here's what they had to say:</p><table>"
     "<tr><td><b>name</b></td><td>Ann Lead</td></tr><tr><td><b>message</b></td><td><pre>" INJECTED_LINES
     "</pre></td></tr>"
     "<tr><td><b>email</b></td><td>ann@lead.example</td></tr></table>",
     "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"shopify as HTML", "shopify", "Shop (Shopify) <mailer@shopify.com>", NULL,
     "New customer message on May 1 at 10:00", NULL,
     "<div class=\"primary-message\">You received a new message from your online store's contact form.</div>"
     "<div class=\"form-section\"><b>Country Code:</b> <pre style=\"white-space:pre-line\">NL</pre></div>"
     "<div class=\"form-section\"><b>Name:</b> <pre>Ann Lead</pre></div>"
     "<div class=\"form-section\"><b>Body:</b> <pre>" INJECTED_LINES "</pre></div>"
     "<div class=\"form-section\"><b>Phone:</b> <pre></pre></div>"
     "<div class=\"form-section\"><b>Email:</b> <pre>ann@lead.example</pre></div>",
     "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"shopify as text in Dutch", "shopify", "Shop (Shopify) <mailer@shopify.com>", NULL, "Nieuw bericht van klant",
     "Je hebt een nieuw bericht ontvangen.\n\nLandcode:\nNL\n\nNaam:\nAnn "
     "Lead\n\nE-mail:\nann@lead.example\n\nBericht:\n" INJECTED_LINES "\n",
     NULL, "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"partner directory as text", "shopify-partner-directory", "Shopify Partner Directory <partners@shopify.com>", NULL,
     "Shopify Partner Directory: New Service Inquiry from Ann Lead to Acme",
     "Hello Acme and Ann Lead,\n\nYou can follow up directly by selecting \"Reply all\".\n\nFull name:\n\nAnn Lead\n\n"
     "Business email:\n\nann@lead.example\n\nStore:\n\nann.example\n\nCountry:\n\nNL\n\nService:\n\nStore "
     "setup\n\nBudget:\n\n"
     "500\n\nDescription:\n\n" INJECTED_LINES "\n",
     NULL, "Ann Lead", "ann@lead.example", NULL, "ann.example", "Hello, I need a shop."},
    {"partner directory as HTML", "shopify-partner-directory", "Shopify Partner Directory <partners@shopify.com>", NULL,
     "FW: Shopify Partner Directory: new service inquiry from ann@lead.example", NULL,
     "<p>Hello Acme</p><p>Full name:</p><p>Ann Lead</p><p>Business "
     "email:</p><p>ann@lead.example</p><p>Store:</p><p>ann.example</p>"
     "<p>Description:</p><p>" INJECTED_HTML "</p>",
     "Ann Lead", "ann@lead.example", NULL, "ann.example", "Hello, I need a shop."},
    {"google forms", "google-forms", "Google Forms <forms-receipts-noreply@google.com>", NULL, "Contact", NULL,
     "<table><tr><td>Name *</td><td>Ann Lead</td></tr><tr><td>Message</td><td>" INJECTED_HTML "</td></tr>"
     "<tr><td>Email address *</td><td>ann@lead.example</td></tr></table>",
     "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"typeform", "typeform", "Typeform <notifications@typeform.com>", NULL, "Typeform: New response for Contact",
     "What is your size?: x\nName: Ann Lead\nEmail: ann@lead.example\nMessage: " INJECTED_LINES "\n", NULL, "Ann Lead",
     "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"ADF", "adf", "Portal <leads@portal.example>", NULL, "Lead",
     "<?xml version=\"1.0\"?>\n<?adf version=\"1.0\"?>\n<adf><prospect><customer><contact><name part=\"full\">Ann "
     "Lead</name>"
     "<email>ann@lead.example</email><phone>020 123</phone></contact><comments>Hello, I need a shop.\nEmail: "
     "evil@thief.example"
     "</comments></customer></prospect></adf>\n",
     NULL, "Ann Lead", "ann@lead.example", "020 123", NULL, "Hello, I need a shop."},
    {"ADF with halves of names and CDATA", "adf", "Portal <leads@portal.example>", NULL, "Lead",
     "<?adf version=\"1.0\"?>\n<adf><prospect><customer><contact><name part=\"first\">Ann</name><name "
     "part=\"last\">Lead</name><email preferredcontact=\"1\">ann@lead.example</email><phone type=\"voice\">020 "
     "123</phone></contact><comments><![CDATA[Hello, I need a shop & "
     "more.\n<email>evil@thief.example</email>]]></comments>"
     "</customer></prospect></adf>\n",
     NULL, "Ann Lead", "ann@lead.example", "020 123", NULL, "Hello, I need a shop & more."},
    {"ADF that is no XML", "adf", "Portal <leads@portal.example>", NULL, "Lead",
     "<?adf version=\"1.0\"?>\n<adf><name>Ann Lead</name><email>ann@lead.example</email><comments>Hello, A&B "
     "here</comments>\n",
     NULL, "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, A&B here"},
    {"JSON", "json", "Portal <leads@portal.example>", NULL, "Lead",
     "{\"name\":\"Ann Lead\",\"message\":\"Hello, I need a shop.\\nEmail: "
     "evil@thief.example\",\"email\":\"ann@lead.example\"}\n",
     NULL, "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"contact-form-7 as HTML", "contact-form-7", "Ann Lead <ann@lead.example>", NULL, "Site \"theme\"", NULL,
     "<p>From: Ann Lead &lt;ann@lead.example&gt;<br>Subject: theme</p><p>Message Body:</p><p>" INJECTED_HTML
     "</p><p>-- <br>This e-mail was sent from a contact form on Site (https://site.example)</p>",
     "Ann Lead", "ann@lead.example", NULL, NULL, NULL},
    {"jotform as text", "jotform", "Jotform <noreply@jotform.com>", NULL, "New Submission: Contact",
     "Full Name: Ann Lead\nE-mail: ann@lead.example\nPhone Number: 020 123\nMessage: " INJECTED_LINES "\n", NULL,
     "Ann Lead", "ann@lead.example", "020 123", NULL, "Hello, I need a shop."},
    {"squarespace as text", "squarespace", "Squarespace <form-submission@squarespace.info>", "ann@lead.example",
     "Form Submission - Contact", "Name: Ann Lead\n\nEmail: ann@lead.example\n\nMessage: Hello, I need a shop.\n", NULL,
     "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"wix as text", "wix", "Site <forms@wix-forms.com>", NULL, "Contact got a new submission",
     "Submission summary:\n\nFirst name:\nAnn\n\nLast name:\nLead\n\n3. Email "
     ":\nann@lead.example\n\nMessage:\n" INJECTED_LINES "\n",
     NULL, "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"netlify as HTML", "netlify", "\"site.example\" <formresponses@netlify.com>", "ann@lead.example",
     "Form submission from contact form:", NULL,
     "<p><b>name</b>: Ann Lead</p><p><b>message</b>: " INJECTED_HTML "</p><p><b>email</b>: ann@lead.example</p>",
     "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"google forms as text", "google-forms", "Google Forms <forms-receipts-noreply@google.com>", NULL, "Contact",
     "Name *\nEmail address *: ann@lead.example\nName: Ann Lead\nMessage: " INJECTED_LINES "\n", NULL, "Ann Lead",
     "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"typeform as HTML", "typeform", "Typeform <notifications@typeform.com>", NULL,
     "Typeform: New response for Contact", NULL,
     "<table><tr><td>Name</td><td>Ann Lead</td></tr><tr><td>Message</td><td>" INJECTED_HTML
     "</td></tr><tr><td>Email</td><td>ann@lead.example</td></tr></table>",
     "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
    {"gravity as text", "gravity-forms", "Site <admin@site.example>", NULL, "New submission from Contact",
     "Name: Ann Lead\nEmail: ann@lead.example\nMessage: " INJECTED_LINES "\n", NULL, "Ann Lead", "ann@lead.example",
     NULL, NULL, "Hello, I need a shop."},
    {"a form in French", "generic", "Site <web@site.example>", NULL, "Demande",
     "Nom : Lead\nPr\xc3\xa9nom : Ann\nAdresse e-mail : ann@lead.example\nT\xc3\xa9l\xc3\xa9phone : 01 23 45 67 "
     "89\nBoutique : https://ann.example\nMessage : " INJECTED_LINES "\n",
     NULL, "Ann Lead", "ann@lead.example", "01 23 45 67 89", "https://ann.example", "Hello, I need a shop."},
    {"a form in Spanish", "generic", "Sitio <web@site.example>", NULL, "Consulta",
     "Nombre: Ann Lead\nCorreo electr\xc3\xb3nico: ann@lead.example\nTel\xc3\xa9"
     "fono: 600 123 123\nTienda: "
     "ann.example\nMensaje: " INJECTED_LINES "\n",
     NULL, "Ann Lead", "ann@lead.example", "600 123 123", "ann.example", "Hello, I need a shop."},
    {"any other form", "generic", "Site <web@site.example>", NULL, "Aanvraag",
     "Naam: Ann Lead\nE-mailadres: ann@lead.example\nTelefoonnummer: 020 123\nKleur: rood\nBericht: " INJECTED_LINES
     "\n",
     NULL, "Ann Lead", "ann@lead.example", "020 123", NULL, "Hello, I need a shop."},
    {"a form in Polish", "generic", "Sklep <web@site.example>", NULL, "Zapytanie",
     "Imię i nazwisko: Ann Lead\nAdres e-mail: ann@lead.example\nSklep: https://sklep.example\nWiadomość: Hello, I "
     "need a shop.\n",
     NULL, "Ann Lead", "ann@lead.example", NULL, "https://sklep.example", "Hello, I need a shop."},
    {"a form in German", "generic", "Shop <web@site.example>", "Ann Lead <ann@lead.example>", "Anfrage",
     "Vorname: Ann\nNachname: Lead\nIhre E-Mail-Adresse (Pflichtfeld): ann@lead.example\nNachricht:\nHello, I need a "
     "shop.\n",
     NULL, "Ann Lead", "ann@lead.example", NULL, NULL, "Hello, I need a shop."},
};

/* ---- making mails ---- */

static void
add_part(GString *raw, const char *type, const char *content)
{
    g_string_append_printf(
        raw, "--b\r\nContent-Type: %s; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n%s\r\n", type, content);
}

static struct mail *
sample_mail(const struct sample *s, const char *more_headers)
{
    g_autoptr(GString) raw = g_string_new(NULL);
    g_string_printf(raw, "From: %s\r\nTo: leads@experts.test\r\nSubject: %s\r\n%sMIME-Version: 1.0\r\n", s->from,
                    s->subject, more_headers);
    if (s->reply_to)
        g_string_append_printf(raw, "Reply-To: %s\r\n", s->reply_to);
    g_string_append(raw, "Content-Type: multipart/alternative; boundary=b\r\n\r\n");
    if (s->text)
        add_part(raw, "text/plain", s->text);
    if (s->html)
        add_part(raw, "text/html", s->html);
    g_string_append(raw, "--b--\r\n");
    return mail_read(raw->str, raw->len);
}

/* ---- promises ---- */

static void
test_sample(gconstpointer data)
{
    const struct sample *s = data;
    g_autoptr(mail) m = sample_mail(s, "");
    g_autoptr(form) f = form_read(m, NULL, 0, NULL, TRUE);
    g_assert_nonnull(f);
    g_assert_cmpstr(f->tool, ==, s->tool);
    g_assert_cmpstr(f->lead.name, ==, s->name);
    g_assert_cmpstr(f->lead.email, ==, s->email);
    g_assert_cmpstr(f->lead.phone, ==, s->phone);
    g_assert_cmpstr(f->lead.shop, ==, s->shop);
    if (s->message_begins) {
        g_assert_nonnull(f->lead.message);
        g_assert_true(g_str_has_prefix(f->lead.message, s->message_begins));
        g_assert_false(strstr(f->lead.message, "contact form on") || strstr(f->lead.message, "Powered by"));
    }
}

/* What was typed stays visible: in the message, or at least in a field of its own. */
static void
test_nothing_typed_is_dropped(gconstpointer data)
{
    const struct sample *s = data;
    g_autoptr(mail) m = sample_mail(s, "");
    g_autoptr(form) f = form_read(m, NULL, 0, NULL, TRUE);
    g_autoptr(GString) all = g_string_new(NULL);
    for (guint i = 0; i < f->fields->len; i++) {
        const struct form_field *field = g_ptr_array_index(f->fields, i);
        g_string_append_printf(all, "%s: %s\n", field->label, field->value);
    }
    const char *typed = s->text && strstr(s->text, "evil@") ? s->text : s->html;
    if (typed && strstr(typed, "evil@"))
        g_assert_nonnull(strstr(all->str, "evil@thief.example"));
    if (typed && strstr(typed, "Second paragraph."))
        g_assert_nonnull(strstr(all->str, "Second paragraph."));
    if (typed && strstr(typed, "Kleur"))
        g_assert_nonnull(strstr(all->str, "Kleur: rood"));
}

/* Where the free text comes before the address in flat text, Reply-To tells which of the two is the field. */
static void
test_reply_to_beats_what_was_typed(void)
{
    const struct sample s = {"",
                             "generic",
                             "Site <web@site.example>",
                             "ann@lead.example",
                             "Form",
                             "Message: Hello\nEmail: evil@thief.example\nEmail: ann@lead.example\n",
                             NULL,
                             NULL,
                             NULL,
                             NULL,
                             NULL,
                             NULL};
    g_autoptr(mail) m = sample_mail(&s, "");
    g_autoptr(form) f = form_read(m, NULL, 0, NULL, TRUE);
    g_assert_cmpstr(f->lead.email, ==, "ann@lead.example");
}

static struct form *
with_attachment(const char *words, const char *type, const char *data)
{
    g_autofree char *raw =
        g_strdup_printf("From: Portal <web@site.example>\nSubject: Lead\nMIME-Version: 1.0\nContent-Type: "
                        "multipart/mixed; boundary=b\n\n--b\n\n%s\n--b\nContent-Type: %s\n"
                        "Content-Disposition: attachment; filename=x\n\n%s\n--b--\n",
                        words, type, data);
    g_autoptr(mail) m = mail_read(raw, strlen(raw));
    return form_read(m, raw, strlen(raw), NULL, TRUE);
}

/* Data in an attachment are the fields where the words have none; else they are a file that the lead sent up. */
static void
test_attached_data(void)
{
    static const char json[] = "{\"name\":\"Ann Lead\",\"email\":\"ann@lead.example\"}";
    static const char xml[] = "<?xml version=\"1.0\"?><adf><name>Ann Lead</name><email>ann@lead.example</email></adf>";
    g_autoptr(form) a = with_attachment("A new lead, see below.", "application/json", json);
    g_autoptr(form) b = with_attachment("A new lead, see below.", "text/xml", xml);
    g_autoptr(form) c = with_attachment("Name: Bob\nEmail: bob@lead.example", "application/json", json);
    g_assert_cmpstr(a->lead.email, ==, "ann@lead.example");
    g_assert_cmpstr(a->lead.name, ==, "Ann Lead");
    g_assert_cmpstr(b->lead.email, ==, "ann@lead.example");
    g_assert_cmpstr(c->lead.email, ==, "bob@lead.example");
}

/* No rule knows the tool: what stands in the mail must show that it is a form's. */
static const struct {
    const char *from, *reply_to, *headers, *text, *html;
    const char *email; /* NULL: a person's mail */
} shown[] = {
    {"Site <info@site.example>", "ann@lead.example", "", "Name: Ann Lead\nE-mail: ann@lead.example\nMessage: Hello\n",
     NULL, "ann@lead.example"},
    {"Site <info@site.example>", "ann@lead.example", "",
     "A visitor wrote.\n\nNaam: Ann Lead\nE-mailadres: ann@lead.example\nBericht: Hallo\n", NULL, "ann@lead.example"},
    {"Seite <info@site.example>", "ann@lead.example", "",
     "Von: Ann Lead <ann@lead.example>\nBetreff: Thema\n\nNachrichtentext:\nHallo\n", NULL, "ann@lead.example"},
    {"Site <wordpress@site.example>", NULL, "", "Name: Ann Lead\nEmail: ann@lead.example\nPhone: 020 123\n", NULL,
     "ann@lead.example"},
    {"Site <info@site.example>", NULL, "X-Mailer: PHPMailer 6.9.1 (https://github.com/PHPMailer/PHPMailer)\r\n",
     "Name: Ann Lead\nEmail: ann@lead.example\nMessage: Hello\n", NULL, "ann@lead.example"},
    {"Site <info@site.example>", "ann@lead.example", "", "You have a new entry.",
     "<table><tr><td><b>Name</b></td></tr><tr><td>Ann Lead</td></tr><tr><td><b>Email</b></td></tr>"
     "<tr><td>ann@lead.example</td></tr><tr><td><b>Comment or Message</b></td></tr><tr><td>Hello</td></tr></table>",
     "ann@lead.example"},
    {"Site <no-reply@site.example>", NULL, "",
     "You have a new answer\n\nWhat is your name?\nAnn Lead\n\nYour email address\nann@lead.example\n\nWhat do you "
     "need "
     "help with?\nA theme.\n",
     NULL, "ann@lead.example"},
    {"Webb <info@site.example>", "ann@lead.example", "", "Namn: Ann Lead\nE-post: ann@lead.example\nMeddelande: Hej\n",
     NULL, "ann@lead.example"},
    {"Сайт <info@site.example>", "ann@lead.example", "",
     "Имя: Ann Lead\nЭлектронная почта: ann@lead.example\nСообщение: привет\n", NULL, "ann@lead.example"},
    {"Site <info@site.example>", "ann@lead.example", "",
     "A question by way of https://site.example from:\nAnn Lead <ann@lead.example>\n\nHello, I need a shop.\n", NULL,
     "ann@lead.example"},
    {"Site <info@site.example>", "ann@lead.example", "",
     "Ann Lead (ann@lead.example) wrote by the form at https://site.example/contact.\n\nHello, I need a shop.\n", NULL,
     "ann@lead.example"},
    {"Site <no-reply@site.example>", NULL, "", "See the answers.",
     "<table><tr><td><b>The answers</b></td></tr><tr><td>Name</td><td>Ann Lead</td></tr>"
     "<tr><td>Email</td><td>ann@lead.example</td></tr><tr><td>Message</td><td>Hello</td></tr></table>",
     "ann@lead.example"},
    {"Site <no-reply@site.example>", NULL, "", "See the answers.",
     "<table><tr><th>Name</th><th>Value</th></tr><tr><td><b>name</b></td><td>Ann Lead</td></tr>"
     "<tr><td><b>email</b></td><td>ann@lead.example</td></tr><tr><td><b>message</b></td><td>Hello</td></tr></table>",
     "ann@lead.example"},
    {"Shop <hello@site.example>", NULL, "", "New enquiry\n\nName: Ann Lead\nEmail: ann@lead.example\nMessage: Hello\n",
     NULL, "ann@lead.example"},
    {"Survey <survey@site.example>", NULL, "",
     "1. What is your name?\n   Ann Lead\n2. What is your e-mail?\n   ann@lead.example\n3. What is it about?\n   A "
     "shop "
     "for tea and coffee.\n",
     NULL, "ann@lead.example"},
    {"Site <info@site.example>", "ann@lead.example", "",
     "Ann Lead (https://site.example/user/7) wrote by the form at https://site.example/contact.\n\nHello, I need a "
     "shop.\n",
     NULL, "ann@lead.example"},
    {"Shop <info@site.example>", "ann@lead.example", "",
     "A message from Ann Lead (ann@lead.example):\n\nHello, I need a shop.\n", NULL, "ann@lead.example"},
    {"Shop <info@site.example>", NULL, "",
     "Dear owner,\n\nby your website came this question:\n\nName: Ann Lead\nEmail: ann@lead.example\nMessage: Hello\n",
     NULL, "ann@lead.example"},
    {"Site <no-reply@site.example>", NULL, "",
     "Email: ann@lead.example\n\nWhat would you like to change?: The checkout is much too slow.\n", NULL,
     "ann@lead.example"},
    {"Hook <hook@site.example>", NULL, "",
     "{\"name\":\"Ann Lead\",\"email\":\"ann@lead.example\",\"message\":\"Hello\"}\n", NULL, "ann@lead.example"},
    /* people */
    {"Ann <ann@lead.example>", NULL, "",
     "Email: contact@else.example belongs on the page for contacts\nMessage: Thank you for writing\n\nCan you do "
     "that?\n",
     NULL, NULL},
    {"Ann <ann@lead.example>", NULL, "", "Is this one real?\n\nName: Xy\nEmail: xy@else.example\nMessage: buy links\n",
     NULL, NULL},
    {"Ann Lead <ann@lead.example>", NULL, "",
     "By our form came:\n\nName: Xy\nEmail: xy@else.example\nMessage: buy links\n\nAnn\n", NULL, NULL},
    {"Shop <noreply@lead.example>", NULL, "", "Name: Us\nEmail: leads@experts.test\nInvoice: 77\nAmount: 100.00\n",
     NULL, NULL},
    {"Ann <ann@lead.example>", NULL, "", "Dear all,\n\nName: Bob\nEmail: bob@else.example\nMessage: please call me\n",
     NULL, NULL},
    {"Ann <ann@lead.example>", NULL, "", "Name: Ann Lead\nEmail: ann@lead.example\nMessage: please call me\n", NULL,
     NULL},
    {"Ann <ann@lead.example>", NULL, "",
     "The shop shows:\n\nName: wrong\nMessage: wrong\n\nWrite to bob@else.example if you can mend it\n", NULL, NULL},
    {"Ann <ann@lead.example>", "ann@else.example", "",
     "See https://lead.example, and write to me at my other address, which is\nann@else.example\n\nThanks!\n", NULL,
     NULL},
    {"Ann <ann@lead.example>", NULL, "", "Name: Bob\nEmail: bob@else.example\nPhone: 020 123\nPlease call him.\n", NULL,
     NULL},
    {"Ann <ann@lead.example>", "office@lead.example", "", "Name: the shop's\nEmail: bob@else.example\n", NULL, NULL},
    {"Ann <ann@lead.example>", "ann@else.example", "",
     "Hello, and thank you for your call. We have thought about the theme, and want it in blue, as the one that you "
     "showed "
     "us, with the large pictures, and with a start page that tells what is new. Could you tell us what that would be, "
     "and when you could begin with it? We are in no hurry, but it should be ready before the summer, when most of our "
     "customers come, and before the fair, too.\n\nName: Ann Lead\nEmail: ann@else.example\nPhone: 020 123\n",
     NULL, NULL},
    {"Ann <ann@lead.example>", NULL, "In-Reply-To: <x@site.example>\r\nX-Mailer: PHPMailer 6\r\n",
     "Name: Bob\nEmail: bob@else.example\nPhone: 020 123\n", NULL, NULL},
};

static void
test_forms_show_themselves(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(shown); i++) {
        const struct sample s = {.from = shown[i].from,
                                 .reply_to = shown[i].reply_to,
                                 .subject = "Contact",
                                 .text = shown[i].text,
                                 .html = shown[i].html};
        g_autoptr(mail) m = sample_mail(&s, shown[i].headers);
        g_autoptr(form) f = form_read(m, NULL, 0, NULL, FALSE);
        g_test_message("%s", shown[i].text);
        g_assert_cmpint(form_is_form(m), ==, shown[i].email != NULL);
        g_assert_cmpstr(f ? f->lead.email : NULL, ==, shown[i].email);
        g_assert_true(!f || !f->lead.name || strcmp(f->lead.name, "Ann Lead") == 0);
    }
}

static void
test_first_label_wins(void)
{
    const struct sample s = {"",   "generic", "Site <web@site.example>",
                             NULL, "Form",    "Email: ann@lead.example\nColour: red\nEmail: evil@thief.example\n",
                             NULL, NULL,      NULL,
                             NULL, NULL,      NULL};
    g_autoptr(mail) m = sample_mail(&s, "");
    g_autoptr(form) f = form_read(m, NULL, 0, NULL, TRUE);
    g_assert_cmpstr(f->lead.email, ==, "ann@lead.example");
    g_assert_cmpuint(f->fields->len, ==, 3);
}

static void
test_people_are_no_forms(void)
{
    static const struct sample person = {
        "",   "",         "Ann <ann@lead.example>",
        NULL, "Re: Site", "Thanks!\n\n> Name: Ann\n> This e-mail was sent from a contact form on Site\n",
        NULL, NULL,       NULL,
        NULL, NULL,       NULL};
    static const struct sample list = {"",   "",     "Ann <ann@lead.example>",
                                       NULL, "Plan", "Name: x\nDate: tomorrow\nPrice: 5\n",
                                       NULL, NULL,   NULL,
                                       NULL, NULL,   NULL};
    static const struct sample answer = {"",   "",         "Ann <ann@lead.example>",
                                         NULL, "Re: Site", "This e-mail was sent from a contact form on Site\n",
                                         NULL, NULL,       NULL,
                                         NULL, NULL,       NULL};
    g_autoptr(mail) quoting = sample_mail(&person, "");
    g_autoptr(mail) listing = sample_mail(&list, "");
    g_autoptr(mail) answering = sample_mail(&answer, "In-Reply-To: <x@site.example>\r\n");
    g_assert_null(form_read(quoting, NULL, 0, NULL, FALSE));
    g_assert_null(form_read(listing, NULL, 0, NULL, FALSE));
    g_assert_null(form_read(answering, NULL, 0, NULL, FALSE));
}

static void
test_words_without_fields_are_no_form(void)
{
    static const struct sample s = {
        "", "", "Ann <ann@lead.example>", NULL, "Hi", "Please call me.\nThanks\n", NULL, NULL, NULL, NULL, NULL, NULL};
    g_autoptr(mail) m = sample_mail(&s, "");
    g_assert_null(form_read(m, NULL, 0, NULL, TRUE));
}

static void
test_labels_of_many_languages(void)
{
    static const struct {
        const char *label;
        enum lead_member member;
    } rows[] = {
        {"Your E-mail*", LEAD_EMAIL},
        {"2. E-Mail-Adresse :", LEAD_EMAIL},
        {"Courriel", LEAD_EMAIL},
        {"your-name", LEAD_NAME},
        {"first_name", LEAD_FIRST_NAME},
        {"Imię i nazwisko", LEAD_NAME},
        {"Prénom et nom", LEAD_NAME},
        {"Téléphone (facultatif)", LEAD_PHONE},
        {"Número de teléfono", LEAD_PHONE},
        {"Nazwa sklepu", LEAD_SHOP},
        {"Naam winkel", LEAD_SHOP},
        {"URL de la boutique", LEAD_SHOP},
        {"Treść wiadomości", LEAD_MESSAGE},
        {"Ihre Nachricht", LEAD_MESSAGE},
        {"Omschrijving", LEAD_MESSAGE},
        {"Budżet", LEAD_BUDGET},
        {"Presupuesto estimado", LEAD_BUDGET},
        {"Język", LEAD_LANGUAGE},
        {"Dienstleistung", LEAD_SERVICE},
        {"Комментарий", LEAD_MESSAGE},
        {"Ваш сайт", LEAD_SHOP},
        {"Προϋπολογισμός", LEAD_BUDGET},
        {"¿Presupuesto?", LEAD_BUDGET},
        {"Nom complet du contact", LEAD_NAME},
        {"Ihr Name und Ort", LEAD_NAME},
        {"Mobiele telefoon", LEAD_PHONE},
        {"Which services do you need?", LEAD_SERVICE},
        {"Company name", LEAD_NONE},
        {"Username", LEAD_NONE},
        {"Favourite colour", LEAD_NONE},
        {"", LEAD_NONE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_assert_cmpint(form_label(rows[i].label, strlen(rows[i].label)), ==, rows[i].member);
    }
}

static void
test_hostile_shapes_end(void)
{
    static const char *const pieces[] = {"<td>",    "<tr><td>", "<b>",   "Name: ", "<p>a:</p>",
                                         "{\"a\":", "<pre>\n",  "</td>", ":\n\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        while (text->len < 300000)
            g_string_append(text, pieces[i]);
        g_autoptr(GPtrArray) html = form_fields_from_html(text->str, NULL);
        g_autoptr(GPtrArray) plain = form_fields_from_text(text->str, NULL);
        g_autoptr(GPtrArray) json = form_fields_from_json(text->str, text->len);
        g_autoptr(GPtrArray) adf = form_fields_from_adf(text->str);
        g_assert_cmpuint(html->len, <=, FORM_FIELDS);
        g_assert_cmpuint(plain->len, <=, FORM_FIELDS);
        g_assert_cmpuint(json->len, <=, FORM_FIELDS);
        g_assert_cmpuint(adf->len, <=, FORM_FIELDS);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    mail_init();
    for (gsize i = 0; i < G_N_ELEMENTS(samples); i++) {
        g_autofree char *lead = g_strconcat("/form/lead-is-read/", samples[i].what, NULL);
        g_autofree char *kept = g_strconcat("/form/nothing-typed-is-dropped/", samples[i].what, NULL);
        g_test_add_data_func(lead, &samples[i], test_sample);
        g_test_add_data_func(kept, &samples[i], test_nothing_typed_is_dropped);
    }
    g_test_add_func("/form/reply-to-beats-what-was-typed", test_reply_to_beats_what_was_typed);
    g_test_add_func("/form/attached-data", test_attached_data);
    g_test_add_func("/form/forms-show-themselves", test_forms_show_themselves);
    g_test_add_func("/form/first-label-wins", test_first_label_wins);
    g_test_add_func("/form/people-are-no-forms", test_people_are_no_forms);
    g_test_add_func("/form/words-without-fields-are-no-form", test_words_without_fields_are_no_form);
    g_test_add_func("/form/labels-of-many-languages", test_labels_of_many_languages);
    g_test_add_func("/form/hostile-shapes-end", test_hostile_shapes_end);
    return g_test_run();
}
