"""Proposals, invoices, access and reviews, a requirement a test with its exceptions, on a real Postfix (R22, R23, R24,
Decisions 9)."""

import json

import pytest

from harness.client import ANNA, Person, compose, reply
from harness.talk import TEAM, Talk, nothing_went_to

OFFER = "/propose\nDescription: A new theme\nTotal: 1200 EUR"
EVE = Person("Eve", "eve@elsewhere.test")


class Deal(Talk):
    """A conversation, and what is agreed in it."""

    @property
    def proposals(self):
        return self.shown()["proposals"]

    def states(self):
        return [(entry["number"], entry["version"], entry["state"]) for entry in self.proposals]

    def proposes(self, words=OFFER):
        """The proposal as the merchant has it."""
        self.acme(words)
        assert "is on its way" in self.transcript()
        return self.next(self.person.address, "proposal")

    def refused(self, words, why):
        """A command that says no leaves nothing, and its mail is not passed on."""
        before = len(self.shown()["messages"])
        self.acme(words)
        assert why in self.transcript()
        assert len(self.shown()["messages"]) == before

    def does(self, mail, words, said, person=None):
        """What the merchant's side writes, and what it is told."""
        person = person or self.person
        assert self.gateway.send(person.address, *reply(person, mail, words)).accepted
        assert said in self.next(person.address, "transcript").text

    def accepted(self):
        self.does(self.proposes(), "/accept", "is accepted")
        self.next(self.person.address, "proposal-accepted")
        return self.next(TEAM, "proposal-accepted")

    def colleague(self, name):
        """Somebody of the same shop's staff."""
        person = Person(name.title(), f"{name}@{self.person.domain}")
        path = self.gateway.place("conf", "colleague.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"merchants": [{"name": person.name, "language": "en", "addresses": [person.address], "shop": {
                "name": f"{self.person.name}'s shop", "url": f"https://{self.person.address.replace('@', '.')}"}}]}, file)
        self.gateway.postern("import", path, prefix=self.gateway.user.prefix())
        return person


@pytest.fixture(scope="module")
def deal(gateway):
    return lambda name, **keywords: Deal(gateway, name, **keywords)


# ---- R22 ----


@pytest.mark.parametrize("name, words, link", [
    ("emma", "/propose\nService: Theme design\nDescription: A new theme\nMilestone 1: Design; 500 EUR; 1 week\n"
             "Milestone 2: Building; 700 EUR\nTotal: 1200 EUR\nTerms: Half now", "Service"),
    ("nora", "/voorstel\nDienst: Theme design\nOmschrijving: A new theme\nMijlpaal 1: Design; € 500,00; 1 week\n"
             "Mijlpaal 2: Building; € 700,00\nTotaal: € 1.200,00\nVoorwaarden: Half now", "Dienst"),
    ("fleur", "/devis\nPrestation : Theme design\nDescription : A new theme\nJalon 1 : Design ; 500 € ; 1 week\n"
              "Étape 2 : Building ; 700 €\nPrix : 1 200,00 €\nConditions : Half now", "Prestation"),
    ("pola", "/oferta\nUsługa: Theme design\nOpis: A new theme\nEtap 1: Design; 500 EUR; 1 week\n"
             "Etap 2: Building; 700,00 EUR\nRazem: 1200,00 EUR\nWarunki: Half now", "Usługa"),
])
def test_R22_a_proposal_in_the_words_of_four_languages(deal, name, words, link):
    it = deal(name)
    mail = it.proposes(words + f"\n\nDear {it.person.name}, here it is.")
    assert f"Dear {it.person.name}, here it is." in it.next(it.person.address, "relay-partner").text
    for part in ("Proposal #1.1", "Theme design", "A new theme", "1. Design: €500.00 (1 week)", "2. Building: €700.00",
                 "€1,200.00", "Half now", "/accept", "/decline", "/change"):
        assert part in mail.text, part
    assert not mail.mentions(ANNA.address) and link + ":" not in mail.text.replace("Service:", "")
    (kept,) = it.proposals
    assert kept["total"] == {"amount": 120000, "currency": "EUR"} and kept["terms"] == "Half now"
    assert [(step["price"]["amount"], step["duration"]) for step in kept["milestones"]] == [(50000, "1 week"), (70000, "")]
    assert it.state() == "responded", "to propose is to answer"


@pytest.mark.parametrize("lines, why", [
    ("", "The proposal is missing"),
    ("Description: x\nTotal: 1.234 EUR", "1.234"),
    ("Description: x\nTotal: 12 doubloons", "doubloons"),
    ("Description: x", "There is no price"),
    ("Total: 12 EUR", "The work is not described"),
    ("Description: x\nTotal: 0 EUR", "0"),
    ("Description: x\nMilestone 1: a; 5 EUR\nTotal: 6 EUR", "The milestones add up"),
    ("Description: x\nMilestone 1: a; 5 EUR\nMilestone 2: b; 5 USD", "two currencies"),
    ("\n".join(f"Milestone {n}: a; 5 EUR" for n in range(1, 7)), "at most 5 milestones"),
    ("Total: 12 EUR\n\nHello.\nTerms: none", "move it up"),
])
def test_R22_what_cannot_be_read_is_asked_and_nothing_is_sent(gateway, lines, why):
    if not hasattr(gateway, "unreadable"):
        gateway.unreadable = Deal(gateway, "quinn")
    it = gateway.unreadable
    it.refused(f"/propose\n{lines}", why)
    assert not it.proposals and it.state() == "new"


def test_R22_what_is_accepted_is_what_was_shown(deal, gateway):
    it = deal("olaf")
    first = it.proposes()
    second = it.proposes(OFFER.replace("1200", "1500"))
    assert "has changed the proposal" in second.text and "Proposal #1.2" in second.text and first.reply_to != second.reply_to
    assert it.states() == [(1, 1, "superseded"), (1, 2, "sent")]
    it.does(first, "/accept", "no longer valid")
    again = it.next(it.person.address, "proposal")
    assert "€1,500.00" in again.text and it.states()[1] == (1, 2, "sent")
    it.does(second, "/accept #1.1", "no longer valid")  # what the command names counts
    it.next(it.person.address, "proposal")
    it.does(it.ack, "/accept", "Which proposal do you mean?")  # no guess where no mail shows one
    it.does(again, "/accept", "is accepted: €1,500.00")
    assert it.states() == [(1, 1, "superseded"), (1, 2, "accepted")] and it.state() == "awaiting_response"
    for address in (TEAM, it.person.address):
        assert "€1,500.00" in it.next(address, "proposal-accepted").text
    it.does(again, "/accept", "was accepted before")
    it.does(again, "/decline", "is accepted already")
    it.refused("/withdraw", "There is no proposal here")
    third = it.proposes(OFFER.replace("1200", "90"))
    assert "Proposal #2.1" in third.text and it.states()[1][2] == "accepted"
    nothing_went_to(gateway, it.person.address)
    it.acme("/show")
    shown = it.next(ANNA.address, "conversation").text
    for line in ("Proposal #1.1, €1,200.00: replaced by the next version", "Proposal #1.2, €1,500.00: accepted",
                 "Proposal #2.1, €90.00: waiting for the merchant"):
        assert line in shown.splitlines(), line


def test_R22_declined_and_revised_changed_and_withdrawn(deal):
    it = deal("paul")
    first = it.proposes()
    it.does(first, "/decline Too dear.", "is declined")
    told = it.next(TEAM, "proposal-declined")
    assert "Too dear." in told.text and it.state() == "awaiting_response", "Decisions 9: the proposal, not the job"
    second = it.proposes(OFFER.replace("1200", "1000"))
    assert it.states() == [(1, 1, "declined"), (1, 2, "sent")]
    it.does(first, "/accept", "was declined")
    it.does(second, "/change", "the command what should be changed")
    it.does(second, "/change Could it be green?", "was passed on")
    wish = it.next(TEAM, "proposal-change")
    assert "Could it be green?" in wish.text and not wish.mentions(it.person.address)
    assert it.states()[1] == (1, 2, "change_requested") and it.shown()["messages"][-1]["text"] == "Could it be green?"
    third = it.proposes("/propose\nDescription: A green theme\nTotal: 1100 EUR")
    assert it.states() == [(1, 1, "declined"), (1, 2, "superseded"), (1, 3, "sent")]
    it.acme("/withdraw")
    it.transcript()
    assert "can no longer be accepted" in it.next(it.person.address, "proposal-withdrawn").text
    it.does(third, "/accept", "was withdrawn")
    assert it.states()[2] == (1, 3, "withdrawn")
    assert "Proposal #2.1" in it.proposes().text


def test_R22_D9_the_merchants_decline_elsewhere_is_of_the_job(deal):
    it = deal("ruby")
    relayed = it.answered()
    offer = it.proposes()
    it.does(relayed, "/decline Found a neighbour.", "The job is declined")
    assert "Found a neighbour." in it.next(TEAM, "declined-partner").text
    assert it.state() == "declined" and it.states() == [(1, 1, "sent")]
    it.does(offer, "/accept", "is accepted")
    assert it.state() == "declined", "Decisions 6: mail passes, the state stays"


def test_R22_staff_may_accept_and_strangers_may_not(deal, gateway):
    it = deal("sara")
    kim = it.colleague("kim")
    offer = it.proposes()
    assert gateway.send(EVE.address, *reply(EVE, offer, "/accept")).accepted  # kept, and the merchant is asked
    assert gateway.send(ANNA.address, *reply(ANNA, offer, "/accept")).accepted  # the partner cannot accept its own
    it.acme("/accept")
    assert "cannot be used here" in it.transcript()
    it.does(offer, "/propose\nDescription: x\nTotal: 1 EUR", "cannot be used here")
    it.does(offer, "/paid", "cannot be used here")
    assert it.states() == [(1, 1, "sent")] and not gateway.mail.count(EVE.address)
    it.does(offer, "/accept", "is accepted", person=kim)
    assert it.proposals[0]["decided_by"] == kim.address
    told = it.next(TEAM, "proposal-accepted")
    assert not told.mentions(kim.address) and not told.mentions(it.person.address)


def test_R22_an_expired_job_takes_no_proposal(deal):
    it = deal("ugo")
    it.age(72 * 3600 + 2)
    it.next(it.person.address, "expired-merchant")
    it.refused(OFFER, "expired")
    assert not it.proposals and it.state() == "expired"


def test_R22_a_file_that_comes_with_a_proposal_reaches_the_merchant(deal, gateway):
    it = deal("vito")
    raw = compose(ANNA, it.link, "Re: " + it.subject, OFFER + "\n", files=[("plan.pdf", "application/pdf", b"%PDF-1.4 plan")])
    assert gateway.send(ANNA.address, it.link, raw).accepted
    it.next(it.person.address, "proposal")
    assert [name for name, _, _ in it.next(it.person.address, "relay-partner").files] == ["plan.pdf"]


def test_R22_a_file_waits_with_the_proposal_that_is_to_be_confirmed(own_gateway):
    careful = own_gateway(settings={"trust.unauthenticated": "confirm"})
    it = Deal(careful, "vera")
    raw = compose(ANNA, it.link, "Re: " + it.subject, OFFER + "\n\nAll of it is in the file.\n",
                  files=[("plan.pdf", "application/pdf", b"%PDF-1.4 plan")])
    assert careful.send(ANNA.address, it.link, raw).accepted
    question = careful.mail.next(ANNA.address, wanted=lambda mail: mail.header("X-Postern-Kind") == "confirm")
    nothing_went_to(careful, it.person.address)
    assert careful.send(ANNA.address, *reply(ANNA, question, "/confirm")).accepted
    it.next(it.person.address, "proposal")
    relayed = it.next(it.person.address, "relay-partner")
    assert "All of it is in the file." in relayed.text
    assert [(name, data) for name, _, data in relayed.files] == [("plan.pdf", b"%PDF-1.4 plan")]


def test_R22_invoices_are_for_accepted_work(deal, gateway):
    it = deal("wout")
    it.answered()
    it.refused("/invoice 100 EUR", "no proposal has been accepted here")
    it.proposes()
    it.refused("/invoice 100 EUR", "no proposal has been accepted here")
    assert not it.shown()["invoices"]
    it.accepted()  # the next version
    for words, why in (("100 USD", "is in EUR, not in USD"), ("0", "0"), ("a lot", "a lot"), ("1.234 EUR", "1.234")):
        it.refused(f"/invoice {words}", why)
    it.acme("/facture 500,00 EUR: the design")
    assert "Invoiced so far: €500.00 of €1,200.00" in it.transcript()
    mail = it.next(it.person.address, "invoice")
    assert "Invoice 1" in mail.text and "€500.00" in mail.text and "the design" in mail.text
    it.merchant(mail, "Where do I pay?")  # an invoice is answered in words
    it.acme("/faktura 800")
    assert "more than the €1,200.00" in it.transcript()
    it.next(it.person.address, "invoice")
    it.refused("/paid", "Several invoices are open")
    it.acme("/paid 1")
    it.transcript()
    assert "marked invoice 1 (€500.00) as paid" in it.next(it.person.address, "invoice-paid").text
    it.refused("/paid 1", "no such open invoice")
    it.acme("/withdraw invoice 2")
    it.transcript()
    assert "withdrawn invoice 2" in it.next(it.person.address, "invoice-withdrawn").text
    assert [(entry["number"], entry["state"], entry["amount"]["amount"]) for entry in it.shown()["invoices"]] == [
        (1, "paid", 50000), (2, "withdrawn", 80000)]
    assert it.shown()["messages"][-1]["text"] == "Where do I pay?"
    nothing_went_to(gateway, it.person.address)


def test_R12_a_proposal_alone_reads_what_it_answers(deal, gateway):
    it = deal("xavi")
    assert it.shown()["unread"] == 1
    first = it.proposes()
    assert it.shown()["unread"] == 0
    it.merchant(first, "One more thing, xylophone.")
    more = gateway.mail.next(TEAM, timeout=30, wanted=lambda mail: "xylophone" in mail.text)
    it.merchant(first, "And another, zeppelin.")
    assert it.shown()["unread"] == 2
    assert gateway.send(ANNA.address, *reply(ANNA, more, OFFER, to=it.link)).accepted
    it.next(it.person.address, "proposal")
    assert [message["read_at"] is None for message in it.shown()["messages"] if message["direction"] == "in"] == [
        False, False, True], "only up to the message that was answered"


# ---- R23 ----


def test_R23_access_after_an_accepted_proposal(deal):
    it = deal("yann")
    it.refused("/access", "once a proposal was accepted")
    it.proposes()
    it.refused("/access", "once a proposal was accepted")
    it.accepted()
    it.acme("/access")
    it.transcript()
    ask = it.next(it.person.address, "access")
    assert "A proposal of theirs was accepted" in ask.text and "/approve" in ask.text and "/deny" in ask.text
    it.refused("/access", "has been asked already")
    it.acme("/approve")
    assert "cannot be used here" in it.transcript()
    assert it.gateway.send(EVE.address, *reply(EVE, ask, "/approve")).accepted
    it.does(ask, "/approve", "Access is approved")
    assert "has approved your request" in it.next(TEAM, "access-approved").text
    it.does(ask, "/deny", "Nobody is waiting for access")
    events = [row["actor"] for row in it.gateway.rows("SELECT actor FROM audit WHERE event = 'access_approved'")]
    assert events == [it.person.address]


def test_R23_access_after_an_agreement_that_is_named(deal, gateway):
    it = deal("zack")
    it.refused("/access", "after the merchant has agreed in a mail")
    it.refused("/access 1", "after the merchant has agreed")  # not from before the partner's first words
    relayed = it.answered("May I have access to your shop?")
    it.refused("/access 2", "after the merchant has agreed")  # the partner's own words
    it.refused("/access 9", "after the merchant has agreed")
    it.merchant(relayed, "Yes, you may have access, yellow.")
    told = gateway.mail.next(TEAM, timeout=30, wanted=lambda mail: "yellow" in mail.text)
    it.refused("/access", "after the merchant has agreed")  # answers the request, which agreed to nothing
    assert gateway.send(ANNA.address, *reply(ANNA, told, "/toegang", to=it.link)).accepted
    ask = it.next(it.person.address, "access")
    assert "You agreed to that in your mail" in ask.text and "you may have access, yellow." in ask.text
    it.does(ask, "/deny", "Access is refused")
    assert "has refused your request" in it.next(TEAM, "access-denied").text
    it.acme("/access 3")  # by its number
    it.transcript()
    it.does(it.next(it.person.address, "access"), "/approve", "Access is approved")


# ---- R24 ----


def ranking(gateway):
    """Acme's reviews, as they count: how many, their points."""
    known = gateway.postern_json("org", "show", "acme")["ranking"]
    return known["reviews"], known["review_points"]


def test_R24_completing_asks_for_a_review(deal, gateway):
    it = deal("abel")
    before = ranking(gateway)
    it.answered()
    it.refused("/review", "when the job is completed")
    it.acme("/complete")
    it.transcript()
    ask = it.next(it.person.address, "review")
    it.refused("/review", "asked for a review of this job before")
    it.does(ask, "/review 6", "Begin with a number")
    it.merchant(ask, "Which job do you mean?")  # no rating: words
    it.merchant(ask, "15 days were too long")
    assert [message["text"] for message in it.shown()["messages"]][-2:] == ["Which job do you mean?", "15 days were too long"]
    assert ranking(gateway) == before and it.shown()["reviews"][0]["state"] == "asked"
    assert gateway.send(EVE.address, *reply(EVE, ask, "1")).accepted
    assert ranking(gateway) == before
    it.does(ask, "4/5 Good work.\n\nWe shall be back.", "Thank you for your review: 4 out of 5")
    told = it.next(TEAM, "review-given")
    assert "4 out of 5" in told.text and "Good work." in told.text and "We shall be back." in told.text
    assert not told.mentions(it.person.address)
    it.does(ask, "5", "changed: 5 out of 5")
    assert "has changed the review" in it.next(TEAM, "review-given").text
    after = (before[0] + 1, before[1] + 5)
    assert ranking(gateway) == after, "once, as changed"
    gateway.change("UPDATE review SET given_at = given_at - 8 * 86400 WHERE conversation_id = ?", it.id)
    it.does(ask, "/avis 1", "more than seven days ago")
    assert ranking(gateway) == after and it.shown()["reviews"][0]["rating"] == 5 and it.state() == "completed"


def test_R24_R8_a_leads_review_is_told_and_never_ranks(deal, gateway):
    it = deal("ines", registered=False)
    before = ranking(gateway)
    it.answered()
    it.acme("/review")
    it.transcript()
    it.does(it.next(it.person.address, "review"), "★★ Slow.", "Thank you for your review: 2 out of 5")
    assert "Slow." in it.next(TEAM, "review-given").text
    assert ranking(gateway) == before and it.shown()["reviews"][0]["rating"] == 2


def test_the_admin_sees_what_was_agreed(deal, gateway):
    it = deal("jade")
    it.accepted()
    for words, kind in (("/invoice 500 EUR: the design", "invoice"), ("/access", "access"), ("/complete", "review")):
        it.acme(words)
        it.transcript()
        it.next(it.person.address, kind)
    whole = it.shown()
    for kind, key, state in (("proposal", "proposals", "accepted"), ("invoice", "invoices", "sent"),
                             ("access", "access", "asked"), ("review", "reviews", "asked")):
        (row,) = whole[key]
        assert row["state"] == state and row["organisation"] == "acme" and str(row["conversation"]) == it.id
        listed = gateway.postern_json(kind, "list", "--organisation", "acme", "--state", state)
        assert listed[0] == row and all(one["state"] == state for one in listed)
        assert gateway.postern_json(kind, "list", "--limit", "1") == [row]
        assert gateway.postern_json(kind, "list", "--organisation", "blauw") == []
    offer = whole["proposals"][0]
    assert whole["access"][0]["basis"] == f"proposal {offer['id']}"
    assert gateway.postern_json("proposal", "show", str(offer["id"])) == offer
    assert "1200.00 EUR" in gateway.postern("proposal", "show", str(offer["id"])).stdout.decode()
    assert "500.00 EUR" in gateway.postern("invoice", "list").stdout.decode()
