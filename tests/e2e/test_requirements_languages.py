"""Each person is written to in a language of theirs (R25): a partner in the organisation's, a merchant in that of the mail,
else the organisation's; and each language's command words work, on a real Postfix."""

import json
import re

import pytest

from harness.client import ANNA, Person, compose, reply

# Per organisation: who commands, its language's command and words that mails of that language alone have. For those that
# the templates hold whole, what must not be there is the same string of the other languages.
CLAIRE, OLA = Person("Claire", "claire@lumiere.test"), Person("Ola", "ola@wisla.test")
DAAN = Person("Daan", "daan@blauw.test")
PLACES = {
    "acme": ("en", "team@acme.test", ANNA, "/decline no time"),
    "blauw": ("nl", "post@blauw.test", DAAN, "/afwijzen geen tijd"),
    "lumiere": ("fr", "bonjour@lumiere.test", CLAIRE, "/refuser pas le temps"),
    "wisla": ("pl", "biuro@wisla.test", OLA, "/odrzuć brak czasu"),
}
WORDS = {
    "first": {"en": "Please send your first answer by then.", "nl": "Stuur je eerste antwoord",
              "fr": "Merci d’envoyer votre première réponse", "pl": "Prosimy o pierwszą odpowiedź"},
    "unread": {"en": "1 unread message", "nl": "1 ongelezen bericht", "fr": "1 message non lu",
               "pl": "1 nieprzeczytana wiadomość"},
    "declined": {"en": "The job is declined.", "nl": "De opdracht is afgewezen.", "fr": "La tâche est refusée.",
                 "pl": "Zlecenie jest odrzucone."},
    "ack": {"en": "Anything to add?", "nl": "Wil je nog iets toevoegen?", "fr": "Vous souhaitez ajouter",
            "pl": "Chcesz coś dodać?"},
}
REQUESTS = {
    "en": "We would like to have a new look for our shop before the summer. Could you tell us what that would cost?",
    "nl": "Wij willen graag voor de zomer een nieuw uiterlijk voor onze winkel. Kunt u ons vertellen wat dat zou kosten?",
    "fr": "Nous voudrions une nouvelle présentation pour notre boutique avant l'été. Pouvez-vous nous dire ce que cela coûterait ?",
    "pl": "Chcielibyśmy przed latem zmienić wygląd naszego sklepu. Czy możecie nam powiedzieć, ile by to kosztowało?",
}


def says(mail, what, language):
    """It says so in that language, and in no other."""
    flat = re.sub(r"\s+", " ", mail.text.replace("\u00a0", " ").replace("\u202f", " "))
    assert {other for other, words in WORDS[what].items() if words in flat} == {language}, mail.text
    assert mail.header("Content-Language") in (None, language), mail.header("Content-Language")
    return True


@pytest.fixture(scope="module")
def market(gateway):
    with open(gateway.place("conf", "wisla.json"), "w", encoding="utf-8") as file:
        json.dump({"organisations": [{"slug": "wisla", "name": "Studio Wisła", "language": "pl", "notify": "biuro@wisla.test",
                                      "preferences": {"available": True}}]}, file)
    gateway.postern("import", file.name, prefix=gateway.user.prefix())
    return gateway


def asks(market, person, slug, words):
    to = market.address(slug)
    assert market.send(person.address, to, compose(person, to, f"Hello {slug} {person.name}", words + "\n")).accepted


def from_postern(market, address, kind):
    return market.mail.next(address, timeout=20, wanted=lambda mail: mail.header("X-Postern-Kind") == kind)


@pytest.mark.parametrize("slug", PLACES)
def test_R25_a_partner_reads_and_commands_in_its_language(market, slug):
    language, notify, member, command = PLACES[slug]
    person = Person(f"Rosa{slug}", f"rosa@{slug}-shop.test")
    market.add_merchants(person)
    market.mail.skip()
    asks(market, person, slug, REQUESTS["en"])
    first = from_postern(market, notify, "first-contact")
    assert says(first, "first", language)
    assert market.send(member.address, *reply(member, first, "OK.")).accepted
    answer = from_postern(market, person.address, "relay-partner")
    assert market.send(person.address, *reply(person, answer, "Thanks.")).accepted
    assert says(from_postern(market, notify, "overview"), "unread", language)
    assert market.send(member.address, *reply(member, first, command)).accepted
    assert says(from_postern(market, member.address, "transcript"), "declined", language)
    (row,) = market.conversations_with(person.address)
    assert row["job"]["state"] == "declined"


@pytest.mark.parametrize("language", REQUESTS)
def test_R25_every_partner_may_use_the_words_of_any_language(market, language):
    """And is answered in its own."""
    command = {there: words for there, _, _, words in PLACES.values()}[language]
    person = Person(f"Any{language}", f"any@{language}-shop.test")
    market.add_merchants(person)
    market.mail.skip()
    asks(market, person, "acme", REQUESTS["en"])
    first = from_postern(market, "team@acme.test", "first-contact")
    assert market.send(ANNA.address, *reply(ANNA, first, command)).accepted
    assert says(from_postern(market, ANNA.address, "transcript"), "declined", "en")


@pytest.mark.parametrize("language", REQUESTS)
def test_R25_a_merchant_is_answered_in_the_language_of_the_mail(market, language):
    lead = Person(f"Lea{language}", f"lea@{language}-lead.test")
    market.mail.skip()
    asks(market, lead, "acme", REQUESTS[language])
    assert says(from_postern(market, lead.address, "ack"), "ack", language)


@pytest.mark.parametrize("slug", PLACES)
def test_R25_else_in_the_organisations(market, slug):
    """Where the mail does not tell."""
    lead = Person(f"Xyz{slug}", f"xyz@{slug}-lead.test")
    market.mail.skip()
    asks(market, lead, slug, "123 456")
    assert says(from_postern(market, lead.address, "ack"), "ack", PLACES[slug][0])
