"""The main job, step by step: what the demo plays and the tests hold to.

A step does something as a person would, waits for what must come of it, checks it, and leaves exhibits: what SMTP said,
the mail that came out, the database's view. A check that does not hold raises `Broken`.
"""

import re
import time

from . import client
from .client import ANNA, DAAN, MIA, Person

SOON = 10  # seconds; what is due at once
PROMPT = 2


class Broken(AssertionError):
    """A promise that was not kept."""


class Exhibit:
    """Something to look at: a kind (`smtp`, `mail`, `store`), a title, lines."""

    def __init__(self, kind, title, lines):
        self.kind, self.title, self.lines = kind, title, list(lines)


def mail_exhibit(title, mail, most=24):
    names = ("From", "To", "Reply-To", "Subject", "In-Reply-To", "Auto-Submitted")
    head = [f"{name}: {mail.header(name)}" for name in names if mail.header(name)]
    body = mail.text.rstrip().splitlines()
    rest = [f"… {len(body) - most} more lines"] if len(body) > most else []
    return Exhibit("mail", f"{title}  ({mail.recipient})", head + [""] + body[:most] + rest)


class Story:
    """Holds what the steps hand on to each other. Plays on a gateway with the sample market."""

    def __init__(self, gateway):
        self.gateway, self.mail = gateway, gateway.mail
        self.exhibits, self.checks = [], []
        self.mail.skip()
        self.lead = Person("Lena Vogt", f"lena{self._times_played() or ''}@vogt-ceramics.test")
        self.conversation = None

    def _times_played(self):
        """In a database that has seen the story before, the lead is somebody new."""
        return sum(address.endswith("@vogt-ceramics.test") for row in self.gateway.postern_json("merchant", "list")
                   for address in row["addresses"])

    # ---- what steps are written in ----

    def hold(self, condition, promise, detail=""):
        if not condition:
            raise Broken(f"{promise}{': ' if detail else ''}{detail}")
        self.checks.append(promise)

    def send(self, person, recipient, raw):
        outcome = self.gateway.send(person.address, recipient, raw)
        dialogue = [f"{who}: {line}" for who, line in outcome.dialogue if not re.match(r"ehlo|250-|250 .*\n", line, re.I)]
        self.exhibits.append(Exhibit("smtp", f"{person.name} sends to {recipient}", [line.splitlines()[0] for line in dialogue]))
        return outcome

    def sent(self, person, recipient, raw):
        outcome = self.send(person, recipient, raw)
        self.hold(outcome.accepted, "the mail is taken", str(outcome))
        return outcome

    def arrived(self, address, title, wanted=None, timeout=SOON):
        start = time.monotonic()
        try:
            mail = self.mail.next(address, timeout, wanted)
        except AssertionError as error:
            raise Broken(str(error)) from None
        self.exhibits.append(mail_exhibit(f"{title}, after {time.monotonic() - start:.1f} s", mail))
        return mail

    def view(self, title, lines):
        self.exhibits.append(Exhibit("store", title, lines))

    def conversations(self):
        return self.gateway.postern_json("conversation", "list")

    def conversation_of(self, slug, address):
        """The newest conversation of an organisation with a merchant."""
        for row in self.conversations():
            if row["organisation"] == slug and row["merchant"]["address"] == address:
                return row
        raise Broken(f"there is no conversation of {slug} with {address}")

    def show_conversation(self, row):
        self.view(f"conversation {row['id']}", [
            f"{row['organisation']} ↔ {row['merchant']['name']} <{row['merchant']['address']}>"
            f"  shop {row['shop'] or '–'}  kind {row['kind']}",
            f"messages {row['messages']}  unread {row['unread']}  job {row['job']['state']}  due {row['job']['due_at']}"])

    def silent(self, mail, words, promise):
        """None of the words stands anywhere in it, raw or decoded."""
        found = {word: mail.mentions(word) for word in words if mail.mentions(word)}
        self.hold(not found, promise, str(found))

    def masked(self, mail, words, whose):
        self.silent(mail, words, f"{whose} real address is nowhere in it")

    # ---- the steps ----

    def merchant_writes(self):
        """Mia, a merchant, writes to Acme Studio"""
        words = ("Hello,\n\nmy shop sells hand-made candles and looks like everybody's. Could you design a theme for it?\n"
                 "The season starts in November, so quality matters more than the price.")
        self.first = client.Mail(client.compose(MIA, self.gateway.address("acme"), "A new theme for my candle shop",
                                                client.signed(MIA, words)))
        self.sent(MIA, self.gateway.address("acme"), self.first.raw)
        self.notice = self.arrived("team@acme.test", "Acme's notification", lambda mail: "candle" in mail.text, PROMPT)
        self.hold("hand-made candles" in self.notice.text, "the notification quotes the request")
        self.hold(self.notice.reply_to.startswith("r+"), "it is answered to a link of its own", self.notice.reply_to)
        self.masked(self.notice, [MIA.address], "Mia's")
        row = self.conversation = self.conversation_of("acme", MIA.address)
        self.hold(row["messages"] == 1 and row["job"]["state"] == "new", "one message, and the job is new", str(row))
        self.show_conversation(row)

    def merchant_is_acknowledged(self):
        """Mia is told that her request was taken"""
        mail = self.arrived(MIA.address, "Mia's acknowledgement")
        self.hold(mail.reply_to.startswith("r+"), "she can add to it by replying", mail.reply_to)
        self.hold(mail.header("Auto-Submitted") is not None, "it says that a machine wrote it")
        self.masked(mail, ["@acme.test"], "Acme's")

    def partner_answers(self):
        """Anna of Acme answers from her mail client: words on top, everything quoted, a signature"""
        words = "Hi Mia,\n\nwe would love to. Two questions: how many products, and do you have photographs?\n\nAnna"
        self.sent(ANNA, *client.reply(ANNA, self.notice, words, "gmail"))
        self.answer = mail = self.arrived(MIA.address, "What Mia gets")
        self.hold("how many products" in mail.text, "Anna's words reach Mia")
        self.hold("wrote:" not in mail.text and "555 0100" not in mail.text, "without the quotes and without the signature")
        self.hold(self.first.message_id in mail.references, "it threads under the mail that Mia wrote", str(mail.references))
        self.hold(mail.header("Auto-Submitted") is None, "it is a person's mail, not a machine's")
        self.masked(mail, [ANNA.address, "@acme.test"], "Anna's")
        row = self.conversation_of("acme", MIA.address)
        self.hold(row["id"] == self.conversation["id"] and row["job"]["state"] == "responded", "the job is responded", str(row))
        self.show_conversation(row)

    def merchant_answers(self):
        """Mia answers; the hourly overview (every few seconds here) brings it to Acme"""
        words = "About forty products, and yes, my brother takes good photographs."
        self.sent(MIA, *client.reply(MIA, self.answer, words, "apple"))
        row = self.conversation_of("acme", MIA.address)
        self.hold(row["id"] == self.conversation["id"], "it is in the same conversation", str(row))
        self.hold(row["messages"] == 3 and row["job"]["state"] == "awaiting_response",
                  "three messages, and Mia waits for an answer", str(row))
        self.show_conversation(row)
        self.overview = mail = self.arrived("team@acme.test", "Acme's overview", lambda mail: "forty products" in mail.text, 20)
        self.masked(mail, [MIA.address], "Mia's")

    def partner_answers_the_overview(self):
        """Anna answers the overview's item"""
        links = self.overview.links()
        to = links[0] if links else self.overview.reply_to
        words = "Perfect. I will send you a proposal on Monday."
        self.sent(ANNA, *client.reply(ANNA, self.overview, words, "outlook", to=to))
        mail = self.arrived(MIA.address, "What Mia gets", lambda mail: "on Monday" in mail.text)
        self.hold("forty products" not in mail.text, "the quoted overview stays behind")
        self.hold(self.first.message_id in mail.references, "it threads too", str(mail.references))
        self.masked(mail, [ANNA.address, "@acme.test"], "Anna's")
        row = self.conversation_of("acme", MIA.address)
        self.hold((row["messages"], row["unread"]) == (4, 0), "four messages, none unread", str(row))
        self.show_conversation(row)

    def _form(self):
        lead = self.lead
        site = Person("Experts", "wordpress@forms.test")
        body = (f"From: {lead.name} <{lead.address}>\nSubject: Setting up a shop\n\nMessage Body:\n"
                "I make ceramics and want to sell them online. Who can set up a shop for me?\n\n"
                f"Name: {lead.name}\nEmail: {lead.address}\nPhone: +49 30 5550 123\nService: store-setup\nBudget: 2000 EUR\n\n"
                "-- \nThis e-mail was sent from a contact form on Experts (https://forms.test)\n")
        return site, client.compose(site, self.gateway.address("leads"), 'Experts "Setting up a shop"', body,
                                    headers=[("Reply-To", lead.address)])

    def lead_form_arrives(self):
        """A lead form mails: somebody without a shop looks for a store set up"""
        site, raw = self._form()
        self.sent(site, self.gateway.address("leads"), raw)
        is_hers = lambda mail: mail.mentions(self.lead.address)
        self.leads = {}
        for slug, address in (("acme", "team@acme.test"), ("blauw", "post@blauw.test")):
            mail = self.leads[slug] = self.arrived(address, f"{slug.capitalize()}'s lead", is_hers)
            self.hold("5550 123" in mail.text and "ceramics" in mail.text, f"{slug} gets the request and the contact details")
            self.hold(mail.reply_to.startswith("r+"), f"{slug} can answer it", mail.reply_to)
        self.silent(self.leads["acme"], ["blauw@", "@blauw", "Bureau Blauw"], "acme learns nothing of blauw")
        self.silent(self.leads["blauw"], ["acme@", "@acme", "Acme Studio"], "blauw learns nothing of acme")
        self.hold(not [mail for mail in self.mail.all("biuro@wisla.test") if is_hers(mail)],
                  "Studio Wisła, which is unavailable, gets nothing")
        rows = [row for row in self.conversations() if row["merchant"]["address"] == self.lead.address]
        chosen = sorted(row["organisation"] for row in rows)
        self.hold(chosen == ["acme", "blauw"], "a conversation for each of the two", str(rows))
        for row in rows:
            self.show_conversation(row)

    def partner_answers_the_lead(self):
        """Daan of Bureau Blauw answers the lead"""
        words = "Hello Lena,\n\nI set up shops for makers like you, most of them within a week. Shall we talk on Tuesday?"
        self.sent(DAAN, *client.reply(DAAN, self.leads["blauw"], words, "thunderbird"))
        mail = self.arrived(self.lead.address, "What Lena gets", lambda mail: "within a week" in mail.text)
        self.hold("https://" in mail.text and "blauw" in mail.text, "with a link to Bureau Blauw's profile")
        self.masked(mail, [DAAN.address, "@blauw.test"], "Daan's")
        row = self.conversation_of("blauw", self.lead.address)
        self.hold(row["job"]["state"] == "responded", "blauw's job is responded", str(row))
        self.hold(self.conversation_of("acme", self.lead.address)["job"]["state"] == "new", "acme's is still new")
        self.show_conversation(row)

    def unpublished_is_refused(self):
        """A mail to an organisation that is not published"""
        before = len(self.conversations())
        raw = client.compose(MIA, self.gateway.address("ghost"), "Hello?", "Is anybody there?")
        outcome = self.send(MIA, self.gateway.address("ghost"), raw)
        self.hold(outcome.code == 550 and outcome.text.startswith("5.1.1"), "refused in the dialogue, 550 5.1.1", str(outcome))
        self.hold(len(self.conversations()) == before, "and nothing is stored")

    STEPS = (merchant_writes, merchant_is_acknowledged, partner_answers, merchant_answers, partner_answers_the_overview,
             lead_form_arrives, partner_answers_the_lead, unpublished_is_refused)

    def play(self, before, after):
        """Every step in turn: before(title), the step, after(exhibits, checks). Broken ends it."""
        for step in self.STEPS:
            self.exhibits, self.checks = [], []
            before(step.__doc__)
            try:
                step(self)
            finally:
                after(self.exhibits, self.checks)
