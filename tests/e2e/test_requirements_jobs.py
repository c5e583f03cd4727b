"""Jobs and both sides' everyday commands, a requirement a test, on a real Postfix (R8, R10 to R13, R17 to R21, Decisions)."""

import dataclasses
import time

import pytest

from harness.client import ANNA, BOB, MIA, Person, compose, reply
from harness.talk import HOUR, TEAM, Talk, nothing_went_to

KIM = Person("Kim", "kim@mias-candles.test")
SECRET = "kaleidoscope"


@pytest.fixture(scope="module")
def talk(gateway):
    return lambda name, **keywords: Talk(gateway, name, **keywords)


# ---- R17, R18, R19 ----


def test_R17_states_follow_mails_and_commands(talk):
    it = talk("ruth")
    assert it.state() == "new"
    it.acme("/read")
    assert "Marked as read." in it.transcript()
    assert it.state() == "opened"
    relayed = it.answered()
    assert it.state() == "responded"
    it.merchant(relayed, "When?")
    assert it.state() == "awaiting_response"
    it.acme("/inactief")
    it.transcript()
    assert it.state() == "inactive"
    it.acme("On Monday.")
    assert "On Monday." in it.next(it.person.address, "relay-partner").text
    assert it.state() == "inactive"
    it.acme("/active")
    it.transcript()
    assert it.state() == "responded"
    it.acme("/complete")
    assert "The job is completed." in it.transcript()
    assert it.state() == "completed"
    it.acme("/decline")
    assert "Nothing in your mail was carried out" in it.transcript()
    assert it.state() == "completed"


def test_R18_72_hours_reminders_and_a_new_job(talk, gateway):
    it = talk("sven")
    it.age(48 * HOUR)
    assert "is still waiting for your first answer" in it.next(TEAM, "reminder").text
    it.age(20 * HOUR)
    it.next(TEAM, "reminder")
    it.age(4 * HOUR + 2)
    it.next(TEAM, "expired-partner")
    expired = it.next(it.person.address, "expired-merchant")
    assert "/rematch" in expired.text
    assert it.state() == "expired"
    refused = gateway.send(ANNA.address, *reply(ANNA, it.first, "Sorry, I was late."))
    assert not refused.accepted and "550 5.7.1" in f"{refused.code} {refused.text}"
    it.acme("/note we were too slow")
    it.transcript()
    before = it.shown()["job"]["id"]
    it.merchant(expired, "Are you still there?")
    again = it.next(TEAM, "first-contact")
    assert it.shown()["job"]["id"] > before and it.state() == "new"
    it.first = again
    it.answered("Now we are.")


def test_R18_an_out_of_office_mail_stops_no_clock(talk, gateway):
    it = talk("tess")
    away = compose(dataclasses.replace(ANNA, address=TEAM), it.link, "Automatic reply: " + it.subject,
                   "I am out of the office until 24 December 2027.\n", headers=[("Auto-Submitted", "auto-replied")])
    for _ in range(2):
        assert gateway.send("", it.link, away.replace(b"Automatic reply:", b"Automatic reply: again")).accepted
    offer = gateway.mail.next(TEAM, wanted=lambda mail: mail.header("X-Postern-Kind") == "offer-away")
    assert "/away 24 december 2027" in offer.text
    assert it.state() == "new"
    assert not [mail for mail in gateway.mail.all(TEAM) if mail.header("X-Postern-Kind") == "offer-away" and mail.path != offer.path]
    (row,) = [row for row in gateway.postern_json("org", "list") if row["slug"] == "acme"]
    assert row["available"]


def test_R19_declines_of_either_side(talk):
    it = talk("uma")
    it.acme("/decline We are full until spring.")
    told = it.next(it.person.address, "declined-merchant")
    assert "We are full until spring." in told.text and not told.mentions("anna@acme.test")
    assert it.state() == "declined"
    other = talk("vera")
    relayed = other.answered()
    other.merchant(relayed, "/decline Found a neighbour.")
    assert "Found a neighbour." in other.next(TEAM, "declined-partner").text
    assert other.state() == "declined"


def test_R19_words_of_refusal_get_a_reminder(talk):
    it = talk("wim")
    it.answered("Unfortunately we can't take this on.")
    reminder = it.next(ANNA.address, "reminder-decline")
    assert "/decline" in reminder.text and it.state() == "responded"
    link = next(word for word in reminder.text.split() if word.startswith("<mailto:") and "decline" in word)
    assert it.link in link


# ---- R20, R21 ----


def test_R20_assignees_get_each_message_at_once(talk, gateway):
    it = talk("xena")
    it.acme("/assign me")
    it.transcript()
    it.next(ANNA.address, "assigned")
    it.acme("/assign bob@acme.test\n\nHappy to help.")
    assert "has assigned this job to you" in it.next(BOB.address, "assigned").text
    relayed = it.next(it.person.address, "relay-partner")
    assert "Happy to help." in it.next(BOB.address, "message-assignee").text
    it.merchant(relayed, "Which day suits you?")
    for person in (ANNA, BOB):
        mail = it.next(person.address, "message-assignee")
        assert "Which day suits you?" in mail.text and mail.reply_to == it.link
        assert not mail.mentions(it.person.address)
    overview = gateway.mail.next(TEAM, timeout=30, wanted=lambda mail: mail.header("X-Postern-Kind") == "overview" and
                                 "Which day suits you?" in mail.text)
    assert "Answered by Anna Berg" in overview.text
    it.acme("/assign me", person=dataclasses.replace(ANNA, address=TEAM))
    refused = it.next(TEAM, "transcript").text
    assert "no member’s" in refused
    assert [person["address"] for person in it.shown()["assignees"]] == [ANNA.address, BOB.address]
    it.acme("/unassign bob@acme.test")
    it.transcript()
    assert [person["address"] for person in it.shown()["assignees"]] == [ANNA.address]


@pytest.mark.parametrize("words", [
    f"/note The {SECRET} is broken", f"/NOTITIE\nThe {SECRET}\n\nis broken", f"/read\n/komentarz The {SECRET}",
    f"/notes The {SECRET}", f"/noot The {SECRET}", f"Hi!\n/note The {SECRET}", f"Hi!\n\n  \\nota The {SECRET}\n\nBye",
])
def test_R21_comments_never_leave(gateway, words):
    if not hasattr(gateway, "commented"):
        gateway.commented = Talk(gateway, "yara")
    it = gateway.commented
    it.acme(words)
    it.transcript()
    nothing_went_to(gateway, it.person.address)
    assert not [mail for mail in gateway.mail.all(it.person.address) if mail.mentions(SECRET)]
    assert len(it.shown()["messages"]) == 1


def test_R21_comments_are_shown_to_the_organisation(gateway):
    it = gateway.commented
    texts = [comment["text"] for comment in it.shown()["comments"]]
    assert texts == [f"The {SECRET} is broken", f"The {SECRET}\n\nis broken", f"The {SECRET}"]
    it.acme("/show")
    shown = it.next(ANNA.address, "conversation")
    assert SECRET in shown.text and "Could you do a theme design?" in shown.text
    assert gateway.send(ANNA.address, *reply(ANNA, shown, "/full\n\nHello.")).accepted
    assert "Nothing in your mail was carried out" in it.transcript()
    assert not [mail for mail in gateway.mail.all(it.person.address) if mail.mentions(SECRET)]
    assert it.state() == "opened"


# ---- R8 ----


def test_R8_leads(talk, gateway):
    it = talk("zoe", registered=False)
    assert it.first.header("X-Postern-Kind") == "lead" and it.person.address in it.first.text
    assert "Do not write again and again" in it.first.text
    relayed = it.answered("One.")
    assert "https://" in relayed.text and "acme" in relayed.text.lower()
    it.answered("Two.")
    it.acme("Three.")
    assert "/send" in it.next(ANNA.address, "lead-held").text
    it.acme("Four.")
    it.next(ANNA.address, "lead-held")
    nothing_went_to(gateway, it.person.address)
    it.merchant(relayed, "Here I am.")
    both = sorted(it.next(it.person.address, "relay-partner").text.split()[0] for _ in range(2))
    assert both == ["Four.", "Three."]
    for words in ("Five.", "Six."):
        it.answered(words)
    it.acme("Seven.")
    it.next(ANNA.address, "lead-held")
    it.acme("/send")
    it.transcript()
    assert "Seven." in it.next(it.person.address, "relay-partner").text
    it.acme("Eight.")
    it.next(ANNA.address, "lead-held")
    gateway.change("UPDATE timer SET due_at = 0 WHERE kind = 'lead'")
    it.next(ANNA.address, "lead-dropped")
    assert it.shown()["messages"][-1]["withdrawn"]
    assert not [row for row in gateway.postern_json("job", "list") if str(row["conversation"]) == it.id]


def test_R8_a_lead_answered_from_elsewhere(talk):
    it = talk("zita", registered=False)
    it.acme("/answered")
    it.transcript()
    assert it.state() == "responded"


# ---- R10, R11, R12, R13 ----


def test_R10_R11_R13_messages_files_and_details(talk, gateway):
    it = talk("adam")
    assert "Could you do a theme design?" in it.first.text and "theme-design" in it.first.text
    relayed = it.answered()
    to = relayed.reply_to
    assert gateway.send(it.person.address, to, compose(it.person, to, "Re: " + it.subject, "See the plan.\n", files=[
        ("plan.pdf", "application/pdf", b"%PDF-1.4 plan")])).accepted
    shown = it.shown()
    assert [message["direction"] for message in shown["messages"]] == ["in", "out", "in"]
    assert shown["messages"][2]["attachments"][0]["name"] == "plan.pdf"
    assert not relayed.mentions("anna@acme.test")


def test_R12_a_first_contact_is_told_at_once_and_what_was_read_not_again(talk, gateway):
    it = talk("bram")
    relayed = it.answered()
    it.merchant(relayed, "One more question, bramble.")
    it.acme("/read")
    it.transcript()
    assert it.shown()["unread"] == 0
    time.sleep(7)
    assert not [mail for mail in gateway.mail.all(TEAM) if mail.header("X-Postern-Kind") == "overview" and "bramble" in mail.text]
    it.acme("/unread")
    it.transcript()
    assert it.shown()["unread"] == 1


def test_D1_a_read_receipt_opens_and_reads(talk, gateway):
    it = talk("cora")
    boundary = "receipt"
    raw = (f"From: {ANNA.mailbox}\r\nTo: {it.link}\r\nSubject: Read: {it.subject}\r\nMIME-Version: 1.0\r\n"
           f"Message-ID: <receipt@acme.test>\r\n"
           f"Content-Type: multipart/report; report-type=disposition-notification; boundary={boundary}\r\n\r\n"
           f"--{boundary}\r\nContent-Type: text/plain\r\n\r\nRead.\r\n--{boundary}\r\n"
           f"Content-Type: message/disposition-notification\r\n\r\nFinal-Recipient: rfc822;{TEAM}\r\n"
           f"Original-Message-ID: {it.first.message_id}\r\n"
           f"Disposition: manual-action/MDN-sent-manually; displayed\r\n--{boundary}--\r\n").encode()
    assert gateway.send("", it.link, raw).accepted
    assert it.state() == "opened" and it.shown()["unread"] == 0 and len(it.shown()["messages"]) == 1


def test_D3_a_declined_request_goes_to_others_once(talk, gateway):
    it = talk("dora")
    it.acme("/decline")
    told = it.next(it.person.address, "declined-merchant")
    for _ in range(2):
        it.merchant(told, "/rematch")
    lumiere = it.next("bonjour@lumiere.test", "first-contact")
    assert "Could you do a theme design?" in lumiere.text
    answers = it.transcript(it.person) + it.transcript(it.person)  # in either order: they are sent side by side
    assert "goes to 1 other expert" in answers and "already gone" in answers
    assert len(gateway.conversations_with(it.person.address)) == 2


def test_D5_staff_named_in_Cc_get_the_answers_and_strangers_do_not(gateway):
    gateway.add_merchants(MIA)
    to = gateway.address("acme")
    subject = "A theme with a copy"
    path = gateway.place("conf", "staff.json")
    with open(path, "w", encoding="utf-8") as file:
        file.write('{"organisations": [], "merchants": [{"name": "Kim", "language": "en", "addresses": ["kim@mias-candles.test"],'
                   ' "shop": {"name": "Mia\'s shop", "url": "https://mia.mias-candles.test"}}]}')
    gateway.postern("import", path, prefix=gateway.user.prefix())
    assert gateway.send(MIA.address, to, compose(MIA, to, subject, "A theme, please.\n", headers=[
        ("Cc", "Kim <kim@mias-candles.test>, Eve <eve@elsewhere.test>")])).accepted
    first = gateway.mail.next(TEAM, wanted=lambda mail: mail.subject == subject)
    assert not first.mentions("eve@elsewhere.test") and not first.mentions("kim@mias-candles.test")
    assert gateway.send(ANNA.address, *reply(ANNA, first, "Happy to help.")).accepted
    for person in (MIA, KIM):
        assert "Happy to help." in gateway.mail.next(
            person.address, wanted=lambda mail: mail.header("X-Postern-Kind") == "relay-partner").text
    assert gateway.mail.count("eve@elsewhere.test") == 0


def test_D12_spam_is_void_and_the_admin_is_warned(talk, gateway):
    it = talk("enid")
    it.acme("/spam")
    assert "Reported as spam" in it.transcript()
    alert = gateway.mail.next("admin@operator.test", wanted=lambda mail: "spam" in mail.subject)
    assert it.subject in alert.text
    nothing_went_to(gateway, it.person.address)
    assert it.state() == "declined"


def test_the_admin_does_what_either_side_could(talk, gateway):
    it = talk("fay")
    job = str(it.shown()["job"]["id"])
    assert gateway.postern("job", "complete", job, check=False).returncode == 1
    assert gateway.postern_json("job", "expire", job, "--dry-run")["after"] == "expired"
    assert it.state() == "new"
    gateway.postern("job", "expire", job, prefix=gateway.user.prefix())
    assert it.state() == "expired"
    it.next(it.person.address, "expired-merchant")
    events = [row["event"] for row in gateway.rows("SELECT event FROM audit WHERE actor = 'admin'")]
    assert "job_expired_by_admin" in events


# ---- undo ----


def test_D9_undo_within_the_hold_time(own_gateway):
    gateway = own_gateway(settings={"market.hold_time": "6s"})
    it = Talk(gateway, "gus")
    it.acme("Far too cheap.")
    assert it.state() == "responded"
    it.acme("/undo")
    assert "Nothing of it was sent" in it.transcript()
    assert it.state() == "new" and it.shown()["unread"] == 1
    nothing_went_to(gateway, it.person.address, 8)
    assert it.shown()["messages"][1]["withdrawn"]
    it.answered("The right price.")
    it.acme("/undo")
    assert "too late" in it.transcript()
    assert it.state() == "responded"
    it.acme("/decline\n\nAfter all, no.")
    it.acme("/undo")
    it.transcript()
    it.transcript()
    assert it.state() == "responded"
    nothing_went_to(gateway, it.person.address, 8)
