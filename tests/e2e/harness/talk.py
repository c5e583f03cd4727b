"""One conversation of a requirement's test, and what its two sides do in it."""

from .client import ANNA, Person, compose, reply

TEAM = "team@acme.test"
HOUR = 3600


class Talk:
    """A conversation of Acme's with a merchant of its own, so that the tests of one gateway do not meet."""

    def __init__(self, gateway, name, registered=True, headers=()):
        self.gateway = gateway
        self.person = Person(name.title(), f"{name}@{name}-shop.test", name.title())
        if registered:
            gateway.add_merchants(self.person)
        gateway.mail.skip()
        to = gateway.address("acme")
        self.subject = f"A theme for {name}"
        assert gateway.send(self.person.address, to, compose(self.person, to, self.subject, "Could you do a theme design?\n",
                                                             headers=headers)).accepted
        self.first = gateway.mail.next(TEAM, wanted=lambda mail: mail.subject == self.subject)
        self.ack = gateway.mail.next(self.person.address)
        self.link = self.first.reply_to
        (row,) = gateway.conversations_with(self.person.address)
        self.id = str(row["id"])

    def acme(self, words, person=ANNA, to=None):
        outcome = self.gateway.send(person.address, *reply(person, self.first, words, to=to))
        assert outcome.accepted, outcome.text

    def merchant(self, mail, words):
        assert self.gateway.send(self.person.address, *reply(self.person, mail, words)).accepted

    def shown(self):
        return self.gateway.postern_json("conversation", "show", self.id)

    def state(self):
        return self.shown()["job"]["state"]

    def answered(self, words="Happy to help."):
        """Acme's answer as the merchant has it."""
        self.acme(words)
        return self.next(self.person.address, "relay-partner")

    def next(self, address, kind, timeout=15):
        def wanted(mail):
            return mail.header("X-Postern-Kind") == kind and (self.subject in mail.subject or kind == "admin-alert")
        return self.gateway.mail.next(address, timeout=timeout, wanted=wanted)

    def transcript(self, person=ANNA):
        return self.next(person.address, "transcript").text

    def age(self, seconds):
        """Time goes by for the job."""
        self.gateway.change("UPDATE job SET due_at = due_at - ? WHERE conversation_id = ?", seconds, self.id)
        self.gateway.change("UPDATE timer SET due_at = due_at - ? WHERE kind IN ('expire', 'remind') AND subject_id IN"
                            " (SELECT id FROM job WHERE conversation_id = ?)", seconds, self.id)


def nothing_went_to(gateway, address, seconds=2):
    assert gateway.mail.quiet(address, seconds) is None
