"""What an organisation sees to by mail: its profile and members (R1, R4), tags (R14), lists and searches (R15), blocks
(R16). Each test is one requirement row with its exceptions, played by people's mail clients through a real Postfix."""

import datetime
import json
import re

import pytest

from harness.client import ANNA, BOB, DAAN, JOOST, MIA, Person, compose, reply

TEAM = Person("Acme Studio", "team@acme.test")
KIM = Person("Kim", "kim@mias-candles.test")
MIAS_SHOP = {"name": "Mia's Candles", "url": "https://mias-candles.test"}


class Stage:
    """The gateway, and what its people do."""

    def __init__(self, gateway):
        self.gateway, self.mail = gateway, gateway.mail
        gateway.mail.skip()

    def asks(self, person, subject, words="Could you do a theme design for us?", local="acme"):
        """A request; (the SMTP outcome, what its organisation was told or None)."""
        address = self.gateway.address(local)
        outcome = self.gateway.send(person.address, address, compose(person, address, subject, words + "\n"))
        if not outcome.accepted or local != "acme":
            return outcome, None
        return outcome, self.mail.next(TEAM.address, wanted=lambda mail: subject in mail.subject)

    def answers(self, person, notice, words, style="gmail"):
        to, raw = reply(person, notice, words, style)
        return self.gateway.send(person.address, to, raw)

    def told(self, person, wanted):
        return self.mail.next(person.address, wanted=lambda mail: wanted in mail.text)

    def does(self, person, notice, words, wanted, style="gmail"):
        """A command, and the mail that says what became of it."""
        outcome = self.answers(person, notice, words, style)
        assert outcome.accepted, outcome
        return self.told(person, wanted)

    def confirms(self, person, notice, words, wanted):
        """A command that cannot be taken back: asked first, done by a reply."""
        assert self.answers(person, notice, words).accepted
        question = self.mail.next(person.address, wanted=lambda mail: "confirm" in mail.subject.lower())
        return question, lambda: self.does(person, question, "/confirm", wanted)

    def shown(self, person):
        return self.gateway.conversations_with(person.address)


@pytest.fixture(scope="module")
def stage(gateway):
    with open(gateway.place("conf", "kim.json"), "w", encoding="utf-8") as file:
        json.dump({"merchants": [{"name": "Kim", "addresses": [KIM.address], "shop": MIAS_SHOP}]}, file)
    gateway.postern("import", file.name, prefix=gateway.user.prefix())
    return Stage(gateway)


def refused(outcome, enhanced):
    assert outcome.code == 550 and outcome.text.startswith(enhanced + " "), outcome
    assert outcome.text.isascii() and "acme" not in outcome.text.lower(), outcome
    return True


def test_R1_only_a_published_profile_with_a_service_is_reached(stage):
    for local in ("ghost", "bare", "nobody-here"):
        outcome, _ = stage.asks(MIA, "Anybody there?", local=local)
        refused(outcome, "5.1.1")
    # the last service goes by mail: no new work, what runs goes on; one comes back, and so does work
    _, notice = stage.asks(Person("Rene", "rene@one.test"), "Before the last service")
    stage.does(ANNA, notice, "/service remove theme-design\n/service remove store-setup", "It was the last one")
    refused(stage.asks(Person("Sam", "sam@one.test"), "After it")[0], "5.1.1")
    assert stage.answers(ANNA, notice, "I still answer you.").accepted
    assert "I still answer you" in stage.told(Person("Rene", "rene@one.test"), "I still answer").text
    done = stage.does(ANNA, notice, "/service add theme-design 80 EUR\n/service add store-setup", "Service added: store-setup")
    assert "80" in done.text
    assert stage.asks(Person("Tom", "tom@one.test"), "There is one again")[0].accepted


def test_R4_preferences_absence_members_and_further_addresses(stage):
    _, notice = stage.asks(Person("Uma", "uma@four.test"), "A request for preferences")
    done = stage.does(ANNA, notice, "/prefs matching no\n/voorkeuren dropshipping nee\n/préférences recherche non", "Set:")
    assert done.text.count("Set:") == 3
    organisation = stage.gateway.postern_json("org", "show", "acme")
    assert organisation["preferences"] == {"available": True, "searchable": False, "matched": False, "dropshipping": False}
    assert "available (takes new work): yes" in stage.does(ANNA, notice, "/prefs", "Your preferences").text
    stage.does(ANNA, notice, "/prefs matching yes\n/prefs dropshipping yes\n/prefs search yes", "Set: search yes")

    # unknown keys, foreign addresses: nothing of the mail happens, its message stays too
    no = stage.does(ANNA, notice, "/prefs available no\n/prefs notify stranger@evil.test\n\nAnd a message.", "not a member")
    assert "was not passed on" in no.text and stage.gateway.postern_json("org", "show", "acme")["available"]

    # a holiday stops new work, not what runs; it ends by itself
    day = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=9)).strftime("%-d %B %Y")
    stage.does(ANNA, notice, f"/away until {day}", "back on")
    outcome = stage.gateway.send("vic@four.test", stage.gateway.address("acme"),
                                 compose(Person("Vic", "vic@four.test"), stage.gateway.address("acme"), "Holiday", "Hi, help?\n"))
    assert outcome.code == 550 and outcome.text.startswith("5.2.1"), outcome
    assert stage.answers(ANNA, notice, "From the beach, with a plan.").accepted
    stage.told(Person("Uma", "uma@four.test"), "From the beach")
    assert stage.gateway.change("UPDATE organisation SET away_until = 1 WHERE slug = 'acme'") == 1
    assert stage.asks(Person("Wim", "wim@four.test"), "Back again")[0].accepted
    stage.does(ANNA, notice, "/away off", "new work again")

    # members: the notification address decides until there is an owner
    assert "Only an owner" in stage.does(ANNA, notice, "/member add cleo@acme.test", "Only an owner").text
    stage.does(TEAM, notice, "/member owner anna@acme.test", "is an owner now")
    question, confirm = stage.confirms(ANNA, notice, "/member add cleo@acme.test Cleo", "cleo@acme.test is a member now")
    assert "cleo@acme.test" in question.text
    confirm()
    assert "anna@acme.test has added cleo@acme.test" in stage.told(TEAM, "to the members").text
    stage.does(ANNA, notice, "/member add daan@blauw.test", "cannot be used here")
    stage.does(ANNA, notice, "/member remove cleo@acme.test", "no longer a member")

    # a further address acts after a word from the registered one, and not before
    home = Person("Anna Berg", "anna@home.test")
    question, confirm = stage.confirms(ANNA, notice, "/alias add anna@home.test", "from now on")
    assert question.header("From") and "anna@home.test" in question.text
    assert stage.answers(home, notice, "/tag from-home").accepted
    assert "from-home" not in str(stage.gateway.postern_json("tag", "list", "acme"))
    confirm()
    stage.does(home, notice, "/tag from-home", "Tag added: from-home")


def test_R14_tags_are_shared_renamed_and_deleted_everywhere(stage):
    yves, zoe = Person("Yves", "yves@tags.test"), Person("Zoe", "zoe@tags.test")
    _, one = stage.asks(yves, "Tags, the first")
    _, two = stage.asks(zoe, "Tags, the second")
    stage.does(ANNA, one, "/tag urgent, Café", "Tag added: Café", "apple")
    stage.does(BOB, two, "/tag URGENT", "Tag added: URGENT", "outlook")  # the same one, shared
    assert stage.shown(yves)[0]["tags"] == ["Café", "urgent"] and stage.shown(zoe)[0]["tags"] == ["urgent"]
    stage.does(BOB, two, "/tag-rename urgent = big", "is now called", "thunderbird")
    assert stage.shown(yves)[0]["tags"] == ["big", "Café"] and stage.shown(zoe)[0]["tags"] == ["big"]
    stage.does(ANNA, one, "/tag-rename big = cafe", "There is already a tag called")
    stage.does(ANNA, one, "/untag cafe", "Tag removed: cafe")
    assert stage.shown(yves)[0]["tags"] == ["big"]

    # a bad name undoes all of the mail, and its message does not go
    stage.does(ANNA, one, "/tag good, bad=name\n\nWords for Yves.", "cannot be the name of a tag")
    assert stage.shown(yves)[0]["tags"] == ["big"]
    assert not [mail for mail in stage.mail.all(yves.address) if "Words for Yves" in mail.text]

    # a merchant has no tags, another organisation not these
    assert stage.does(yves, stage.told(yves, "Your request has reached"), "/tag mine", "cannot be used here")
    assert "big" not in str(stage.gateway.postern_json("tag", "list", "blauw"))

    # deleting is asked first; nothing happens before, everything after
    question, confirm = stage.confirms(ANNA, one, "/tag-delete big", "Tag deleted: big")
    assert "/tag-delete big" in question.text and stage.shown(zoe)[0]["tags"] == ["big"]
    confirm()
    assert not stage.shown(yves)[0]["tags"] and not stage.shown(zoe)[0]["tags"]


def found(mail):
    return re.findall(r"(?m)^\d+\. .*? · (.*)$", mail.text)


def test_R15_filters_and_searches_find_the_own_alone(stage):
    olga, pete = Person("Olga Brun", "olga@fjord.test"), Person("Pete", "pete@harbour.test")
    stage.gateway.add_merchants(pete)
    _, one = stage.asks(olga, "Knitting patterns", "We sell knitting patterns and need a zebra theme.")
    _, two = stage.asks(pete, "Boats for hire", "Our boats need a giraffe theme design.")
    stage.asks(pete, "Boats elsewhere", "For Blauw.", local="blauw")
    stage.does(ANNA, one, "/tag patterns", "Tag added: patterns")

    def results(command, wanted="You asked for"):
        return stage.does(ANNA, two, command, wanted)

    assert found(results("/search olga")) == ["Knitting patterns"]
    assert found(results("/search OLGA@fjord.test")) == ["Knitting patterns"], "a lead's address"
    assert found(results("/zoek pete's shop")) == ["Boats for hire"], "shop name, and only the own organisation's"
    assert found(results("/szukaj https://pete.harbour.test")) == ["Boats for hire"], "shop address"
    assert not found(results("/search zebra")), "that is a job's"
    assert found(results("/jobs giraffe")) == ["Boats for hire"]
    assert not found(results("/jobs zebra")), "a lead's job is not listed (R8)"
    stage.does(ANNA, two, "/note Ask Bob about the okapi.", "comment")
    assert found(results("/jobs okapi")) == ["Boats for hire"]
    assert found(results("/list tag:patterns")) == ["Knitting patterns"]
    assert "Boats for hire" in found(results("/lijst ongelezen"))
    assert "Boats for hire" in found(results("/list state:new")) + found(results("/list state:opened"))
    stage.does(ANNA, two, "/list sometimes", "is not a filter")

    # each entry has its own address: an answer through it reaches that merchant
    mail = results("/search pete")
    link = next(link for link in mail.links() if link in mail.text.split("Boats for hire", 1)[1])
    assert stage.gateway.send(ANNA.address, link, compose(ANNA, link, "Re: Boats", "Ahoy through the list.\n")).accepted
    stage.told(pete, "Ahoy through the list")
    assert "Boats for hire" not in found(results("/list unread"))

    # nobody else finds them
    notice = stage.mail.next("post@blauw.test", wanted=lambda mail: "Boats elsewhere" in mail.subject)
    assert not found(stage.does(DAAN, notice, "/zoek olga", "/zoek olga"))

    # the admin finds the same
    assert [row["merchant"]["address"] for row in stage.gateway.postern_json("search", "acme", "olga")] == [olga.address]
    jobs = stage.gateway.postern_json("job", "list", "-o", "acme", "--search", "giraffe")
    assert [row["merchant"]["address"] for row in jobs] == [pete.address]


def test_R16_a_block_shuts_both_directions_for_good(stage):
    _, notice = stage.asks(MIA, "Before the block")
    ack = stage.told(MIA, "Your request has reached")
    assert stage.answers(ANNA, notice, "A first answer.").accepted
    relay = stage.told(MIA, "A first answer")
    _, other = stage.asks(JOOST, "Somebody else's")

    # asked first; until then nothing is shut, and what comes in between is worth another thought
    question, _ = stage.confirms(ANNA, notice, "/block", "")
    assert "/block" in question.subject
    assert stage.answers(MIA, relay, "I still can.").accepted
    stage.does(ANNA, question, "/confirm", "has changed since you were asked")
    assert stage.shown(MIA)[0]["job"]["state"] == "awaiting_response"
    _, confirm = stage.confirms(ANNA, notice, "/block", "blocked for good")
    confirm()
    row = [row for row in stage.shown(MIA) if row["organisation"] == "acme"][0]
    assert row["job"]["state"] == "declined" and row["unread"] == 0

    # her ways in: the address, her links, her colleague, another envelope sender
    address = stage.gateway.address("acme")
    for person in (MIA, KIM):
        outcome = stage.gateway.send(person.address, address, compose(person, address, "Again", "Hello?\n"))
        refused(outcome, "5.7.1")
        assert outcome.recipients[address][0] == 550, "in the dialogue, by the envelope sender"
    outcome = stage.gateway.send("bounce@relay.test", address, compose(MIA, address, "Behind", "Hello?\n"))
    refused(outcome, "5.7.1")
    assert outcome.recipients[address][0] == 250, "only the end of the mail tells"
    for mail in (ack, relay):
        outcome = stage.answers(MIA, mail, "And through this?")
        refused(outcome, "5.7.1")
        assert outcome.recipients[mail.reply_to][0] == 550, "the link tells"

    # the partner's words are refused as well; the history can be read, tagged and searched
    outcome = stage.answers(ANNA, notice, "One more word.")
    assert outcome.code == 550 and "blocked" in outcome.text, outcome
    stage.does(ANNA, notice, "/tag blocked", "Tag added: blocked")
    stage.does(ANNA, notice, "/complete", "You have blocked this merchant")
    assert "Before the block" in found(stage.does(ANNA, other, "/search jansen tag:blocked", "You asked for"))

    # matching leaves the blocker out, others still get her
    jobs = stage.gateway.address("jobs")
    before = {row["id"] for row in stage.shown(MIA)}
    assert stage.gateway.send(MIA.address, jobs, compose(MIA, jobs, "For anybody", "A theme design and a migration, please.\n")).accepted
    matched = {row["organisation"] for row in stage.shown(MIA) if row["id"] not in before}
    assert matched and "acme" not in matched

    # no import brings her back, and the admin sees it
    stage.gateway.add_merchants(Person("Mia Jansen", MIA.address))
    refused(stage.gateway.send(MIA.address, address, compose(MIA, address, "Renamed", "Hello?\n")), "5.7.1")
    blocks = stage.gateway.postern_json("block", "list")
    assert [(row["organisation"], row["actor"]) for row in blocks] == [("acme", ANNA.address)]
    assert MIA.address in blocks[0]["addresses"]
