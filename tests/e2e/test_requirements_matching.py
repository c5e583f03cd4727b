"""Whom a request goes to (R5, R6a, R7, R9), played by people's mail clients through a real Postfix; the admin's command
says why."""

import pytest

from harness.client import ANNA, JOOST, MIA, Person, compose, reply

ACME, BLAUW, LUMIERE = "team@acme.test", "post@blauw.test", "bonjour@lumiere.test"


class Stage:
    def __init__(self, gateway):
        self.gateway, self.mail = gateway, gateway.mail
        gateway.mail.skip()

    def writes(self, person, local, subject, words):
        to = self.gateway.address(local)
        outcome = self.gateway.send(person.address, to, compose(person, to, subject, words + "\n"))
        assert outcome.accepted, outcome

    def asked(self, person):
        return {row["organisation"]: row for row in self.gateway.conversations_with(person.address)}

    def explains(self, *words):
        return self.gateway.postern_json("match", "explain", *words)

    def request_of(self, person):
        row, *_ = self.gateway.conversations_with(person.address)
        return self.explains(str(self.gateway.postern_json("conversation", "show", str(row["id"]))["request"]))


def scores(explained, slug):
    row, = [row for row in explained["candidates"] if row["organisation"] == slug]
    return {score["factor"]: score["points"] for score in row["scores"]}


@pytest.fixture(scope="module")
def stage(gateway):
    return Stage(gateway)


def test_R5_priorities_are_read_from_the_words(stage):
    stage.writes(JOOST, "jobs", "Winkel", "Wij hebben een migration nodig, zo snel mogelijk.\nPrioriteit: kosten, kwaliteit")
    assert stage.request_of(JOOST)["priorities"] == ["cost", "quality"], "a label decides"
    lea = Person("Lea", "lea@five.test")
    stage.writes(lea, "jobs", "Boutique", "Une migration dans les plus brefs délais, s'il vous plaît.")
    assert stage.request_of(lea)["priorities"] == ["time"]
    ula = Person("Ula", "ula@five.test")
    stage.writes(ula, "jobs", "Sklep", "Potrzebna migration, to nie jest pilne.")
    assert stage.request_of(ula)["priorities"] == []


def test_R6a_experts_are_listed_with_services_profiles_and_addresses(stage):
    ivy = Person("Ivy", "ivy@six.test")
    stage.writes(ivy, "experts", "", "")
    mail = stage.mail.next(ivy.address)
    for word in ("Acme Studio", "Bureau Blauw", "Atelier Lumière", "store-setup", "mailto:" + stage.gateway.address("acme")):
        assert word in mail.text + mail.html, word
    assert "/acme" in mail.text
    for word in ("Studio Wisła", "Ghost", "Bare", "team@acme.test"):
        assert word not in mail.text + mail.html, word
    jan = Person("Jan", "jan@six.test")
    stage.writes(jan, "experts", "Wie kan een migration doen?", "Groet")
    mail = stage.mail.next(jan.address)
    assert "Bureau Blauw" in mail.text and "Acme Studio" not in mail.text


def test_R9_matching_weighs_what_is_known_and_says_so(stage):
    before = stage.explains("--service", "theme-design", "--language", "en")
    assert [row["organisation"] for row in before["candidates"]] == ["acme", "lumiere"]

    # the type of job that was declined steers away from that type alone
    ida, eva = Person("Ida", "ida@nine.test"), Person("Eva", "eva@nine.test")
    stage.gateway.add_merchants(ida, eva)  # leads' jobs would not count
    stage.writes(ida, "acme", "A theme for Ida", "A theme design, please.")
    notice = stage.mail.next(ACME, wanted=lambda mail: "A theme for Ida" in mail.subject)
    stage.gateway.send(ANNA.address, *reply(ANNA, notice, "/decline"))
    stage.mail.next(ida.address, wanted=lambda mail: "declin" in (mail.subject + mail.text).lower())
    key = "declined jobs of this type"
    theme = stage.explains("--service", "theme-design", "--language", "en")
    assert scores(theme, "acme")[key] < 0 and scores(theme, "lumiere")[key] == 0
    assert scores(stage.explains("--service", "store-setup"), "acme")[key] == 0

    # words of refusal change nothing
    weighed = {name: points for name, points in scores(theme, "acme").items() if name != "speed"}
    stage.writes(eva, "acme", "A theme for Eva", "A theme design, please.")
    notice = stage.mail.next(ACME, wanted=lambda mail: "A theme for Eva" in mail.subject)
    stage.gateway.send(ANNA.address, *reply(ANNA, notice, "Sorry, we can't take this on."))
    stage.mail.next(eva.address, wanted=lambda mail: "take this on" in mail.text)
    again = scores(stage.explains("--service", "theme-design", "--language", "en"), "acme")
    assert {name: points for name, points in again.items() if name != "speed"} == weighed

    # a lead's job never harms; a merchant's that expires does
    stage.writes(Person("Lars", "lars@nine.test"), "acme", "A lead", "A store setup, please.")
    for row in stage.asked(Person("Lars", "lars@nine.test")).values():
        stage.gateway.postern("job", "expire", str(row["job"]["id"]), prefix=stage.gateway.user.prefix())
    assert scores(stage.explains("--service", "store-setup"), "acme")["expired jobs"] == 0
    stage.writes(MIA, "acme", "Mia's own", "A store setup, please.")
    job = stage.asked(MIA)["acme"]["job"]["id"]
    stage.gateway.postern("job", "expire", str(job), prefix=stage.gateway.user.prefix())
    after = stage.explains("--service", "store-setup", "--language", "en")
    assert scores(after, "acme")["expired jobs"] < 0

    # dropshippers go to nobody who does not work with them, and the choice is kept with its reasons
    drop = Person("Dora", "dora@nine.test")
    stage.writes(drop, "jobs", "Dropshipping", "I do dropshipping and need a theme design.")
    assert set(stage.asked(drop)) == {"acme"}
    chosen = stage.request_of(drop)
    assert chosen["dropshipping"] and "dropshipping +10" in chosen["chosen"][0]["reasons"]
    assert {"organisation": "lumiere", "reasons": ["no dropshipping"]} in chosen["left_out"]
