"""Who writes first, with what, and how an expert is found: a requirement a test with its exceptions, on a real Postfix
(R2, R3, R5, R6, R6a, R7, Decisions 2, 4, 8 and 11)."""

import pytest

from harness.client import ANNA, DAAN, JOOST, Person, compose, reply

TEAM, POST, ATELIER = "team@acme.test", "post@blauw.test", "bonjour@lumiere.test"
ADMIN = "admin@operator.test"
SITE = Person("Shop builders", "wordpress@builders.test")


class Stage:
    """The gateway, and what people write to it."""

    def __init__(self, gateway):
        self.gateway, self.mail = gateway, gateway.mail

    def merchant(self, name):
        person = Person(name.title(), f"{name}@{name}-shop.test")
        self.gateway.add_merchants(person)
        return person

    def writes(self, person, local, subject, words, headers=()):
        to = [self.gateway.address(one) for one in local.split()]
        outcome = self.gateway.send(person.address, to, compose(person, ", ".join(to), subject, words + "\n", headers=headers))
        assert outcome.accepted, outcome

    def told(self, address, word, kind="first-contact"):
        return self.mail.next(address, wanted=lambda mail: mail.header("X-Postern-Kind") == kind and word in mail.text)

    def kinds(self, address, word):
        """Kinds of the mails with that word that somebody has."""
        return [mail.header("X-Postern-Kind") for mail in self.mail.all(address) if word in mail.text]

    def talks(self, person):
        return self.gateway.conversations_with(person.address)

    def shown(self, row):
        return self.gateway.postern_json("conversation", "show", str(row["id"]))

    def answers(self, person, mail, words):
        assert self.gateway.send(person.address, *reply(person, mail, words)).accepted

    def form(self, **fields):
        """A lead form's mail: the site's own address, the lead in its fields."""
        lines = "\n".join(f"{name.replace('_', ' ')}: {value}" for name, value in fields.items())
        self.writes(SITE, "leads", 'Shop builders "Quote"', lines)


@pytest.fixture(scope="module")
def stage(gateway):
    return Stage(gateway)


# ---- R2 ----


def test_R2_a_partner_starts_no_conversation(stage):
    gateway, before = stage.gateway, len(stage.gateway.postern_json("conversation", "list"))
    for sender in (ANNA, Person("Acme Studio", TEAM)):
        own = gateway.address("acme")
        outcome = gateway.send(sender.address, own, compose(sender, own, "To a merchant", "Hello mia@mias-candles.test!\n"))
        assert outcome.code == 550 and outcome.text.startswith("5.7.1"), outcome  # Decisions 11
    joined = [gateway.address("acme"), gateway.address("blauw")]
    outcome = gateway.send(ANNA.address, joined, compose(ANNA, ", ".join(joined), "Both", "Store setup?\n"))
    assert outcome.accepted  # for the other one alone
    stage.told(POST, "Store setup?", kind="lead")
    assert joined[0] in stage.mail.next(ANNA.address, wanted=lambda mail: mail.header("X-Postern-Kind") == "refused").text
    assert len(gateway.postern_json("conversation", "list")) == before + 1
    # commands of no conversation start none either
    stage.writes(ANNA, "desk", "Offer", "/propose\nDescription: x\nTotal: 10 EUR\n\nHello Mia.")
    assert "Nothing in your mail was carried out" in stage.mail.next(ANNA.address, wanted=lambda m: "/propose" in m.text).text
    assert len(gateway.postern_json("conversation", "list")) == before + 1


def test_R2_D11_a_partner_may_be_another_organisations_merchant(stage):
    stage.writes(DAAN, "acme", "A theme of our own", "A theme design for our site, dahlia.")
    asked = stage.told(TEAM, "dahlia", kind="lead")
    assert DAAN.address in asked.text
    stage.answers(ANNA, asked, "With pleasure.")
    answer = stage.told(DAAN.address, "With pleasure.", kind="relay-partner")
    stage.answers(DAAN, answer, "/tag mine")
    assert "cannot be used here" in stage.told(DAAN.address, "/tag", kind="transcript").text  # a merchant in this one


def test_R2_a_partners_mail_to_be_matched_never_comes_back_to_it(stage):
    stage.writes(ANNA, "jobs", "A theme design", "A theme design for our site, gladiolus.")
    stage.told(ATELIER, "gladiolus", kind="lead")
    assert not stage.kinds(TEAM, "gladiolus")
    assert "acme" not in [row["organisation"] for row in stage.talks(ANNA)]


# ---- R3 ----


def test_R3_owner_staff_and_lead(stage):
    owner = stage.merchant("otto")
    stage.writes(owner, "acme", "As the owner", "A theme design, aster.")
    notice = stage.told(TEAM, "aster")
    assert "Otto's shop" in notice.text and not notice.mentions(owner.address)
    path = stage.gateway.place("conf", "staff.json")
    with open(path, "w", encoding="utf-8") as file:
        file.write('{"merchants": [{"name": "Ella", "language": "en", "addresses": ["ella@otto-shop.test"],'
                   ' "shop": {"name": "Otto\'s shop", "url": "https://otto.otto-shop.test"}}]}')
    stage.gateway.postern("import", path, prefix=stage.gateway.user.prefix())
    ella = Person("Ella", "ella@otto-shop.test")
    stage.writes(ella, "blauw", "As the staff", "A store setup, begonia.")
    notice = stage.told(POST, "begonia")
    assert "Otto's shop" in notice.text and not notice.mentions(ella.address)
    assert [row["kind"] for row in stage.talks(owner) + stage.talks(ella)] == ["direct", "direct"]
    lead = Person("Lea Field", "lea@field.test")
    stage.writes(lead, "acme", "No shop yet", "I want to sell bulbs, crocus.")
    notice = stage.told(TEAM, "crocus", kind="lead")
    assert lead.address in notice.text and stage.talks(lead)[0]["kind"] == "lead" and not stage.talks(lead)[0]["shop"]
    stage.answers(ANNA, notice, "Hello Lea.")
    assert stage.told(lead.address, "Hello Lea.", kind="relay-partner")


# ---- R5 ----


def test_R5_a_request_names_service_shop_need_and_business(stage):
    merchant = stage.merchant("rosa")
    stage.writes(merchant, "acme", "Winter", "We sell candles to hotels, 40 orders a day.\nCould you do a store setup for us?")
    notice = stage.told(TEAM, "40 orders")
    for part in ("store-setup", "Rosa's shop", "rosa.rosa-shop.test", "We sell candles to hotels", "Answer by:"):
        assert part in notice.text, part
    (row,) = stage.talks(merchant)
    assert row["job"]["service"] == "store-setup" and row["shop"] == "Rosa's shop"
    # Decisions 8: no service named
    other = stage.merchant("rita")
    stage.writes(other, "acme", "Question", "Can you help me with my dahlias?")
    assert "unspecified" in stage.told(TEAM, "dahlias").text and stage.talks(other)[0]["job"]["service"] is None


def test_R5_a_leads_form_keeps_all_that_it_says(stage):
    stage.form(Name="Ria Tulp", Email="ria@tulp.test", Phone="+31 6 87654321", Company="Tulp BV", Service="theme-design",
               Budget="2000 EUR", Branch="Flower bulbs", Message="A shop for bulbs, please.")
    notice = stage.told(TEAM, "A shop for bulbs", kind="lead")
    for part in ("Ria Tulp", "ria@tulp.test", "+31 6 87654321", "theme-design", "2000 EUR", "Tulp BV", "Flower bulbs"):
        assert part in notice.text, part


# ---- R6 ----


def test_R6_directly_to_one_organisation(stage):
    merchant = stage.merchant("hugo")
    stage.writes(merchant, "acme", "A theme", "A theme design, hyacinth.")
    notice = stage.told(TEAM, "hyacinth")
    assert not stage.kinds(POST, "hyacinth") and not stage.kinds(ATELIER, "hyacinth"), "that one alone"
    assert "Your request has reached Acme Studio" in stage.mail.next(merchant.address).text
    # Decisions 2: again before any answer is the same conversation, later it is a new one that links the old
    stage.writes(merchant, "acme", "And one more thing", "In blue, iris.")
    stage.mail.next(TEAM, timeout=30, wanted=lambda mail: "iris" in mail.text)
    (row,) = stage.talks(merchant)
    assert row["messages"] == 2
    stage.answers(ANNA, notice, "Happy to help.")
    stage.told(merchant.address, "Happy to help.", kind="relay-partner")
    stage.writes(merchant, "acme", "Something else", "A store setup, jasmine.")
    again = stage.told(TEAM, "jasmine")
    assert len(stage.talks(merchant)) == 2 and notice.reply_to in again.text and again.reply_to != notice.reply_to


def test_R6_D4_several_organisations_addressed(stage):
    merchant = stage.merchant("ivo")
    stage.writes(merchant, "acme blauw", "A setup", "A store setup, lavender.")
    first, second = stage.told(TEAM, "lavender"), stage.told(POST, "lavender")
    assert first.reply_to != second.reply_to and not first.mentions("blauw") and not second.mentions("acme")
    assert sorted(row["organisation"] for row in stage.talks(merchant)) == ["acme", "blauw"]
    assert len({row["job"]["id"] for row in stage.talks(merchant)}) == 2


# ---- R6a ----


def test_R6a_the_list_of_experts(stage):
    asks = Person("Finn", "finn@finder.test")
    stage.writes(asks, "experts", "Hello", "Who is there?")
    listed = stage.mail.next(asks.address)
    for name, local, services in (("Acme Studio", "acme", ("store-setup", "theme-design")),
                                  ("Bureau Blauw", "blauw", ("migration", "store-setup")),
                                  ("Atelier Lumière", "lumiere", ("theme-design",))):
        assert name in listed.text and stage.gateway.address(local) in listed.text
        assert f"mailto:{stage.gateway.address(local)}" in listed.html
        entry = listed.text[listed.text.index(name):].split("\n\n")[0]
        assert all(service in entry for service in services) and "https://" in entry, entry
    assert not any(listed.mentions(word) for word in ("Ghost", "Bare", TEAM, POST))
    assert stage.gateway.address("jobs") in listed.text and not stage.talks(asks)


def test_R6a_a_service_narrows_it_and_who_hides_is_not_listed(stage):
    gateway = stage.gateway
    for subject, words in (("migration", "Who does it?"), ("Question", "Who does a migration?")):
        asks = Person("Gina", f"gina@{subject.lower()}.test")
        stage.writes(asks, "experts", subject, words)
        listed = stage.mail.next(asks.address).text
        assert "Bureau Blauw" in listed and "Acme" not in listed and "Lumière" not in listed
    gateway.postern("org", "set", "blauw", "search", "no", prefix=gateway.user.prefix())
    try:
        asks = Person("Hans", "hans@finder.test")
        stage.writes(asks, "experts", "migration", "Who does it?")
        listed = stage.mail.next(asks.address).text
        assert "Bureau Blauw" not in listed
    finally:
        gateway.postern("org", "set", "blauw", "search", "yes", prefix=gateway.user.prefix())


def test_R6a_a_machine_gets_no_list(stage):
    robot = Person("Robot", "robot@machine.test")
    stage.writes(robot, "experts", "migration", "Who does it?", headers=[("Auto-Submitted", "auto-generated")])
    assert stage.mail.quiet(robot.address, 3) is None


# ---- R7 ----


def test_R7_matched_to_several_and_none_learns_of_the_others(stage):
    merchant = stage.merchant("maud")
    stage.writes(merchant, "jobs", "A setup", "A store setup for my shop, magnolia.")
    first, second = stage.told(TEAM, "magnolia"), stage.told(POST, "magnolia")
    assert not stage.kinds(ATELIER, "magnolia"), "it does not offer that"
    others = {"acme": first, "blauw": second}
    for mine, mail in others.items():
        (other,) = set(others) - {mine}
        assert not mail.mentions(other), (mine, mail.mentions(other))
        assert not mail.mentions(merchant.address)
    rows = {row["organisation"]: row for row in stage.talks(merchant)}
    assert sorted(rows) == ["acme", "blauw"] and rows["acme"]["job"]["id"] != rows["blauw"]["job"]["id"]
    ack = stage.mail.next(merchant.address)
    assert not any(ack.mentions(word) for word in ("acme", "blauw", "lumiere")), "who was chosen is not told"
    # more words reach all, an answer shows its writer alone
    stage.answers(merchant, ack, "And a logo, mimosa.")
    for address in (TEAM, POST):
        stage.mail.next(address, timeout=30, wanted=lambda mail: "mimosa" in mail.text)
    stage.answers(DAAN, second, "Wij kunnen dat.")
    answer = stage.told(merchant.address, "Wij kunnen dat.", kind="relay-partner")
    assert answer.mentions("Bureau Blauw") and not answer.mentions("acme")
    stage.answers(merchant, answer, "Only for you, narcissus.")
    stage.mail.next(POST, timeout=30, wanted=lambda mail: "narcissus" in mail.text)
    assert [message["text"] for message in stage.shown(rows["acme"])["messages"]][-1] == "And a logo, mimosa."
    assert not stage.kinds(TEAM, "narcissus") and not stage.kinds(TEAM, "Wij kunnen dat")


def test_R7_a_form_is_matched_too(stage):
    stage.form(Name="Nils Roos", Email="nils@roos.test", Service="store-setup", Message="A shop for orchids.")
    for address in (TEAM, POST):
        notice = stage.told(address, "A shop for orchids", kind="lead")
        assert "nils@roos.test" in notice.text and ("Several experts" in notice.text or "Meerdere experts" in notice.text)
    ack = stage.mail.next("nils@roos.test")
    assert not any(ack.mentions(word) for word in ("acme", "blauw"))


def test_R7_at_most_as_many_as_are_set_and_nobody_fits(own_gateway):
    stage = Stage(own_gateway(settings={"market.match_count": "1"}))
    stage.writes(JOOST, "jobs", "A setup", "A store setup, peony.")
    stage.mail.next(JOOST.address)
    assert len(stage.talks(JOOST)) == 1
    # Decisions 8: the sender is told, the admin alerted
    for slug in ("acme", "blauw", "lumiere"):
        stage.gateway.postern("org", "set", slug, "matching", "no", prefix=stage.gateway.user.prefix())
    merchant = stage.merchant("nick")
    stage.writes(merchant, "jobs", "A setup", "A store setup, poppy.")
    assert stage.told(merchant.address, "", kind="no-match")
    assert "nobody" in stage.mail.next(ADMIN).subject.lower()
    assert not stage.talks(merchant)
