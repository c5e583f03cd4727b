"""What is taken is kept once, told once, and goes on whole: duplicates, files, bounces, overviews."""

import os
import re
import threading

import pytest

from harness import client
from harness.client import ANNA, BOB, JOOST, MIA, Person, compose, reply
from harness.process import wait_until


def notices(gateway, word, address="team@acme.test"):
    return [mail for mail in gateway.mail.all(address) if mail.mentions(word)]


def without_calendar(mail):
    """A first contact brings the deadline as a calendar entry as well."""
    return [file for file in mail.files if file[0] != "deadline.ics"]


def settled(gateway):
    """Nothing is due any more, and Postfix has delivered what it was given."""
    assert wait_until(lambda: not gateway.rows("SELECT 1 FROM outbox WHERE state IN ('due', 'sending') AND kind <> 'calendar-cancel'")
                      and not gateway.postfix.queued(), 20, 0.05)


# ---- once ----


def test_resent_mail_is_stored_once_and_notified_once(gateway):
    sender, to = Person("Re Sent", "re@sent.test"), gateway.address("acme")
    raw = compose(sender, to, "Sent again", "The line broke before your answer: sent-again.\n")
    for _ in range(3):
        assert gateway.send(sender.address, to, raw).accepted
    settled(gateway)
    rows = gateway.conversations_with(sender.address)
    assert [row["messages"] for row in rows] == [1]
    assert len(notices(gateway, "sent-again")) == 1
    assert gateway.mail.count(sender.address) == 1, "one acknowledgement"


def test_the_same_mail_by_pipe_with_other_line_ends_is_the_same_mail(gateway):
    sender, to = Person("Two Ways", "two@ways.test"), gateway.address("acme")
    raw = compose(sender, to, "By two ways", "Once by SMTP, once by the pipe: two-ways.\n\n  leading blanks\n\n")
    assert gateway.send(sender.address, to, raw).accepted
    assert gateway.ingest(sender.address, to, raw).returncode == 0
    settled(gateway)
    assert [row["messages"] for row in gateway.conversations_with(sender.address)] == [1]
    assert len(notices(gateway, "two-ways")) == 1


def test_the_same_mail_at_the_same_moment_is_stored_once(gateway):
    sender, to = Person("Same Moment", "same@moment.test"), gateway.address("acme")
    raw = compose(sender, to, "At once", "Eight connections at once: same-moment.\n")
    outcomes = []

    def send():
        outcomes.append(gateway.send(sender.address, to, raw).accepted)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [True] * 8
    settled(gateway)
    assert [row["messages"] for row in gateway.conversations_with(sender.address)] == [1]
    assert len(notices(gateway, "same-moment")) == 1


def test_a_taken_message_id_does_not_hide_another_mail(gateway):
    """An attacker may send a mail with somebody's Message-ID first."""
    honest, to = Person("Honest Hal", "honest@hal.test"), gateway.address("acme")
    mine = compose(honest, to, "The true one", "This is the true-one of Hal.\n")
    stolen = re.search(rb"Message-ID: (\S+)", mine).group(1)
    thief = Person("Early Thief", "early@thief.test")
    theirs = re.sub(rb"Message-ID: \S+", b"Message-ID: " + stolen, compose(thief, to, "First", "I was first: thief.\n"))
    assert gateway.send(thief.address, to, theirs).accepted
    assert gateway.send(honest.address, to, mine).accepted
    assert gateway.mail.next("team@acme.test", wanted=lambda mail: mail.mentions("true-one"))
    assert len(gateway.conversations_with(honest.address)) == 1


def test_a_partners_answer_sent_twice_is_relayed_once(gateway):
    merchant, to = Person("Once Only", "once@only.test"), gateway.address("acme")
    assert gateway.send(merchant.address, to, compose(merchant, to, "Once only", "Answer me once-only.\n")).accepted
    notice = gateway.mail.next("team@acme.test", wanted=lambda mail: mail.mentions("once-only"))
    link, raw = reply(ANNA, notice, "Here is my only-answer.")
    assert gateway.send(ANNA.address, link, raw).accepted
    assert gateway.send(ANNA.address, link, raw).accepted
    settled(gateway)
    assert len(notices(gateway, "only-answer", merchant.address)) == 1


def test_a_second_mail_before_any_answer_joins_the_first(gateway):
    sender, to = Person("Sec Ond", "sec@ond.test"), gateway.address("acme")
    for words in ("The first of two: join-me.\n", "I forgot something: join-me too.\n"):
        assert gateway.send(sender.address, to, compose(sender, to, "Join", words)).accepted
    assert [row["messages"] for row in gateway.conversations_with(sender.address)] == [2]


# ---- files ----


def test_files_are_relayed_whole_in_both_directions(gateway):
    files = [("plan.pdf", "application/pdf", b"%PDF-1.4\n" + os.urandom(70_000)),
             ("zażółć.png", "image/png", bytes(range(256)) * 40),
             ("notes.txt", "text/plain", "Größe\r\nschön\n".encode())]
    to = gateway.address("acme")
    merchant = Person("File Sender", "file@sender.test")
    raw = compose(merchant, to, "With files", "See the files-of-mine.\n", html_text="<p>See the <b>files-of-mine</b>.</p>",
                  files=files)
    assert gateway.send(merchant.address, to, raw).accepted
    notice = gateway.mail.next("team@acme.test", wanted=lambda mail: mail.mentions("files-of-mine"))
    link, _ = reply(ANNA, notice, "")
    answer = compose(ANNA, link, f"Re: {notice.subject}", "And here are mine-back.\n", files=files,
                     headers=[("In-Reply-To", notice.message_id)])
    assert gateway.send(ANNA.address, link, answer).accepted
    got = gateway.mail.next(merchant.address, wanted=lambda mail: mail.mentions("mine-back"))
    for mail in (notice, got):
        assert [(name, data) for name, _, data in without_calendar(mail)] == [(name, data) for name, _, data in files], mail


def test_a_large_mail_goes_through_the_spool(gateway):
    merchant, to = Person("Big Mail", "big@mail.test"), gateway.address("acme")
    data = os.urandom(4 << 20)
    raw = compose(merchant, to, "Four megabytes", "See big-one.\n", files=[("big.bin", "application/octet-stream", data)])
    assert gateway.send(merchant.address, to, raw).accepted
    notice = gateway.mail.next("team@acme.test", 20, lambda mail: mail.mentions("big-one"))
    assert [file[2] for file in without_calendar(notice)] == [data]


# ---- bounces ----


def test_a_bounce_of_ours_comes_back_and_is_recorded(gateway):
    """Postfix's own bounces meet no milter: the pipe brings them in."""
    lead, to = Person("Dead Box", "dead@box.test"), gateway.address("acme")
    with open(os.path.join(gateway.mail.root, ".unknown"), "w", encoding="ascii") as file:
        file.write(lead.address + "\n")
    try:
        assert gateway.send(lead.address, to, compose(lead, to, "From nowhere", "My mailbox is a dead-box.\n")).accepted
        gateway.mail.next("team@acme.test", wanted=lambda mail: mail.mentions("dead-box"))
        bounced = "SELECT 1 FROM outbox WHERE recipient = ? AND bounced_at IS NOT NULL"
        assert wait_until(lambda: gateway.rows(bounced, lead.address), 15, 0.1), gateway.postern_json("outbox", "list")
    finally:
        os.unlink(os.path.join(gateway.mail.root, ".unknown"))
    assert not gateway.conversations_with("mailer-daemon@mx.operator.test")
    settled(gateway)


def test_a_bounce_starts_no_conversation_and_gets_no_answer(gateway):
    to = gateway.address("acme")
    before = len(gateway.postern_json("conversation", "list"))
    daemon = Person("Mail Delivery System", "mailer-daemon@elsewhere.test")
    raw = compose(daemon, to, "Undelivered Mail Returned to Sender", "I'm sorry to have to inform you\n",
                  headers=[("Auto-Submitted", "auto-replied")])
    gateway.send("", to, raw)
    settled(gateway)
    assert len(gateway.postern_json("conversation", "list")) == before
    assert gateway.mail.count(daemon.address) == 0


def test_an_out_of_office_answer_is_not_relayed_and_stops_no_clock(gateway):
    merchant, to = Person("Holi Day", "holi@day.test"), gateway.address("acme")
    assert gateway.send(merchant.address, to, compose(merchant, to, "Holiday", "Are you there, out-of-office?\n")).accepted
    notice = gateway.mail.next("team@acme.test", wanted=lambda mail: mail.mentions("out-of-office"))
    raw = compose(BOB, notice.reply_to, f"Automatic reply: {notice.subject}", "I am away until Monday: beach.\n",
                  headers=[("Auto-Submitted", "auto-replied"), ("In-Reply-To", notice.message_id)])
    gateway.send("", notice.reply_to, raw)
    gateway.send(BOB.address, notice.reply_to, raw)
    settled(gateway)
    assert not notices(gateway, "beach", merchant.address)
    assert gateway.conversations_with(merchant.address)[0]["job"]["state"] in ("new", "opened")


# ---- overviews ----


def _overview(mail):
    """An overview is a mail to the team that is no first contact: it holds follow-ups."""
    return mail.mentions("follow-up")


def test_never_two_overviews_within_the_interval(own_gateway):
    """R12: each message in exactly one, one that was answered before in none."""
    interval = 4
    gateway = own_gateway(settings={"market.overview_interval": f"{interval}s"})
    to = gateway.address("acme")
    links = {}
    for person in (MIA, JOOST):
        assert gateway.send(person.address, to, compose(person, to, "Start", f"A request of {person.name}.\n")).accepted
        notice = gateway.mail.next("team@acme.test", wanted=lambda mail: mail.mentions(f"request of {person.name}"))
        assert gateway.send(ANNA.address, *reply(ANNA, notice, f"Welcome, {person.name}.", "gmail")).accepted
        links[person] = gateway.mail.next(person.address, wanted=lambda mail: mail.mentions("welcome"))
    serial = 0

    def follow(person):
        nonlocal serial
        serial += 1
        assert gateway.send(person.address, *reply(person, links[person], f"follow-up-{serial:03}", "apple")).accepted

    deadline = client.time.monotonic() + 3.2 * interval
    while client.time.monotonic() < deadline:
        follow(MIA)
        follow(JOOST)
        client.time.sleep(0.4)
    sent = wait_until(lambda: (lambda mails: mails if mails and mails[-1].mentions(f"follow-up-{serial:03}") else None)(
        [mail for mail in gateway.mail.all("team@acme.test") if _overview(mail)]), 3 * interval, 0.1)
    assert sent, "the last message comes in an overview too"
    moments = [row["sent_at"] for row in gateway.rows("SELECT sent_at FROM overview WHERE sent_at IS NOT NULL ORDER BY 1")]
    assert all(later - earlier >= interval for earlier, later in zip(moments, moments[1:])), moments
    assert len(moments) >= 3
    for number in range(1, serial + 1):
        holders = [mail for mail in sent if mail.mentions(f"follow-up-{number:03}")]
        assert len(holders) == 1, f"message {number} stands in {len(holders)} overviews"


@pytest.mark.parametrize("what, held", [("all of it", False), ("the first mail", True)])
def test_what_was_answered_before_is_in_no_overview(own_gateway, what, held):
    """An answer clears the marks up to the message that it answers; one that names none answers all."""
    gateway = own_gateway(settings={"market.overview_interval": "3s"})
    to = gateway.address("acme")
    assert gateway.send(MIA.address, to, compose(MIA, to, "Start", "A request of Mia.\n")).accepted
    notice = gateway.mail.next("team@acme.test")
    assert gateway.send(ANNA.address, *reply(ANNA, notice, "Welcome.", "gmail")).accepted
    answer = gateway.mail.next(MIA.address, wanted=lambda mail: mail.mentions("welcome"))
    assert gateway.send(MIA.address, *reply(MIA, answer, "A follow-up.", "gmail")).accepted
    late = compose(ANNA, notice.reply_to, "Candles", "I saw it already.\n")
    if held:
        _, late = reply(ANNA, notice, "I saw it already.", "gmail")
    assert gateway.send(ANNA.address, notice.reply_to, late).accepted
    assert gateway.mail.next(MIA.address, wanted=lambda mail: mail.mentions("saw it already"))
    overview = gateway.mail.quiet("team@acme.test", 6)
    assert bool(overview and overview.mentions("follow-up")) == held, f"{what} was answered"


def test_an_idle_organisation_gets_nothing(gateway):
    assert not gateway.mail.all("biuro@wisla.test")
    assert not gateway.mail.all("hello@ghost.test")


# ---- several at once ----


def test_several_organisations_addressed_get_one_conversation_each(gateway):
    sender = Person("Many Friends", "many@friends.test")
    addresses = [gateway.address(slug) for slug in ("acme", "blauw", "lumiere")]
    raw = compose(sender, ", ".join(addresses), "To three of you", "Which of you has time for three-of-you?\n")
    assert gateway.send(sender.address, addresses, raw).accepted
    for address in ("team@acme.test", "post@blauw.test", "bonjour@lumiere.test"):
        assert gateway.mail.next(address, wanted=lambda mail: mail.mentions("three-of-you"))
    rows = gateway.conversations_with(sender.address)
    assert sorted(row["organisation"] for row in rows) == ["acme", "blauw", "lumiere"]


def test_a_request_to_jobs_is_matched(gateway):
    to = gateway.address("jobs")
    raw = compose(JOOST, to, "Migration", "I want to move my shop to another system: migration of bicycles.\n")
    assert gateway.send(JOOST.address, to, raw).accepted
    assert wait_until(lambda: gateway.conversations_with(JOOST.address), 5)
    chosen = sorted(row["organisation"] for row in gateway.conversations_with(JOOST.address))
    assert chosen and len(chosen) <= 3 and not set(chosen) & {"wisla", "ghost", "bare"}, chosen
    acknowledgement = gateway.mail.next(JOOST.address)
    for name in ("Acme Studio", "Bureau Blauw", "Atelier", "@acme", "@blauw", "@lumiere"):
        assert not acknowledgement.mentions(name), "the merchant does not learn who was chosen until one of them writes"


@pytest.mark.parametrize("command, shape", [
    (("conversation", "list"),
     {"id", "organisation", "merchant", "shop", "kind", "messages", "unread", "tags", "job", "updated_at"}),
    (("job", "list"), {"id", "state", "due_at"}),
    (("org", "list"), {"slug", "name"}),
    (("merchant", "list"), {"name", "addresses"}),
    (("outbox", "list"), {"id", "kind", "recipient", "state"})])
def test_the_admins_listings_have_the_promised_shape(gateway, command, shape):
    assert gateway.send(MIA.address, gateway.address("acme"), compose(MIA, "x@y.test", "Shape", "For the shape.\n")).accepted
    rows = gateway.postern_json(*command)
    assert isinstance(rows, list) and rows
    for row in rows:
        assert shape <= set(row), row


def test_python_reads_what_we_send(gateway):
    """No defect in any mail that went out, as an independent parser sees it."""
    merchant, to = Person("Zażółć Größe", "read@judge.test"), gateway.address("acme")
    files = [("zażółć.bin", "application/octet-stream", bytes(range(256)) * 9)]
    raw = compose(merchant, to, "Zażółć gęślą jaźń " * 9, "Grüße, " + "ein sehr langes Wort " * 99 + "\n", files=files)
    assert gateway.send(merchant.address, to, raw).accepted
    notice = gateway.mail.next("team@acme.test", wanted=lambda mail: mail.mentions("ein sehr langes Wort"))
    assert gateway.send(ANNA.address, *reply(ANNA, notice, "Żółta odpowiedź.", "gmail")).accepted
    settled(gateway)
    seen = 0
    for address in os.listdir(gateway.mail.root):
        for mail in gateway.mail.all(address):
            for part in mail.message.walk():
                assert not part.defects, (mail, part.defects)
            assert all(byte < 128 for byte in mail.raw), "7-bit"
            assert len(mail.headers("From")) == len(mail.headers("Date")) == len(mail.headers("Message-ID")) == 1
            assert max(map(len, mail.raw.splitlines())) <= 998
            seen += mail.return_path.startswith("r+")
    assert seen >= 3, "a notification, an acknowledgement, an answer"


def test_the_shipped_settings_content_the_admins_check(gateway):
    """What `postern check` demands of Postfix is what conf/postfix/ says."""
    done = gateway.postern("check", "--postfix-config", gateway.postfix.config, check=False)
    assert done.returncode == 0, done.stdout.decode()
