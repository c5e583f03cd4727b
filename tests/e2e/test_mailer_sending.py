"""The mailer's own promises: at least once and hardly ever twice, nobody waits for a neighbour, ends and reloads cleanly."""

import collections
import fcntl
import os
import signal
import subprocess
import threading
import time

import pytest

from harness.client import JOOST, MIA, Person
from harness.process import wait_until
from mailer_rig import Relay, Rig, Session


@pytest.fixture
def rig(request):
    rigs = []

    def make(**settings):
        rigs.append(Rig({name.replace("__", "."): value for name, value in settings.items()}))
        return rigs[-1]

    yield make
    for each in rigs:
        each.close()


def ids(relay):
    return collections.Counter(taken.id for taken in relay.taken)


def everything_sent(rig, patience=10):
    return wait_until(lambda: set(rig.states()) == {"sent"}, patience, 0.05)


# ---- once ----


def test_once_sends_what_is_due_and_ends(rig):
    rig = rig()
    rig.request("A red theme, please.")
    done = rig.once()
    assert done.returncode == 0, done.stderr
    assert [taken.recipient for taken in rig.relay.taken if "red theme" in taken.text] == ["team@acme.test"]
    assert len(rig.relay.to(MIA.address)) == 1
    assert rig.states() == ["sent", "sent"]
    assert rig.once().returncode == 0
    assert len(rig.relay.taken) == 2, "what is sent is not sent again"


def test_once_works_beside_a_running_mailer(rig):
    rig = rig()
    rig.daemon()
    assert rig.once().returncode == 0


def test_once_fails_when_the_relay_is_not_there(rig):
    rig = rig()
    rig.request()
    rig.relay.close()
    done = rig.once()
    assert done.returncode == 1
    rows = rig.rows("SELECT state, attempts, last_reply FROM outbox")
    assert {(row["state"], row["attempts"]) for row in rows} == {("due", 1)}
    assert all("Connection refused" in row["last_reply"] and f":{rig.port}" in row["last_reply"] for row in rows), rows


def test_once_fails_when_the_store_is_not_there(rig):
    rig = rig()
    os.unlink(rig.database)
    done = rig.once()
    assert done.returncode == 1 and "cannot start" in done.stderr


# ---- what a mail carries ----


def test_the_envelope_and_the_headers(rig):
    rig = rig()
    rig.request(subject="A new theme")
    assert rig.once().returncode == 0
    notice, ack = rig.relay.to("team@acme.test")[0], rig.relay.to(MIA.address)[0]
    for taken, kind in ((notice, "first-contact"), (ack, "ack")):
        assert taken.sender.startswith("r+") and taken.sender.endswith("@experts.test")
        assert taken.mail["Auto-Submitted"] == "auto-generated"
        assert taken.mail["X-Postern-Kind"] == kind
        assert taken.mail["Reply-To"].addresses[0].addr_spec == taken.mail["From"].addresses[0].addr_spec
        words = taken.mail if kind == "ack" else next(taken.mail.iter_parts())  # and the deadline's calendar entry
        assert words.get_content_type() == "multipart/alternative"
        assert not taken.mail.defects
    assert notice.mail["Subject"] == "A new theme"
    assert ack.mail["Subject"] == "Re: A new theme"
    assert notice.sender != ack.sender, "a bounce tells which mail it is of"


# ---- what goes wrong with one mail does not touch the others ----


def test_a_refused_recipient_fails_alone(rig):
    rig = rig()
    rig.relay.at_rcpt = lambda recipient: "550 5.1.1 nobody here" if recipient == MIA.address else None
    rig.request()
    rig.request(person=JOOST)
    assert rig.once().returncode == 0
    failed = rig.rows("SELECT recipient, last_reply FROM outbox WHERE state = 'failed'")
    assert failed == [{"recipient": MIA.address, "last_reply": "550 5.1.1 nobody here"}]
    assert len(rig.relay.to("team@acme.test")) == 2 and len(rig.relay.to(JOOST.address)) == 1
    assert rig.relay.to("admin@operator.test"), "the admin is told"


def test_a_deferred_recipient_is_tried_again_later(rig):
    rig = rig()
    rig.relay.at_rcpt = lambda recipient: "450 4.2.0 greylisted" if recipient == MIA.address else None
    rig.request()
    assert rig.once().returncode == 0
    row, = rig.rows("SELECT * FROM outbox WHERE recipient = ?", MIA.address)
    assert (row["state"], row["attempts"]) == ("due", 1) and row["due_at"] > time.time() + 30
    rig.relay.at_rcpt = lambda recipient: None
    rig.change("UPDATE outbox SET due_at = 0 WHERE state = 'due'")
    assert rig.once().returncode == 0
    taken, = rig.relay.to(MIA.address)
    assert taken.id == f"<{row['message_id']}>", "the Message-ID stays"


@pytest.mark.parametrize("poison", ["recipient = 'no address'", "kind = 'nonsense'", "data = '{'", "language = 'xx'",
                                    "recipient_name = 'a' || char(13,10) || 'Bcc: x@y.test'", "fence = 99"])
def test_a_poisonous_row_blocks_nobody(rig, poison):
    rig = rig(mailer__batch="2")
    rig.request("First of all.")
    rig.change(f"UPDATE outbox SET {poison} WHERE kind = 'ack'")
    rig.request("Second of all.", person=JOOST)
    assert rig.once().returncode == 0
    assert len(rig.relay.to("team@acme.test")) == 2 and len(rig.relay.to(JOOST.address)) == 1
    assert not [state for state in rig.states() if state not in ("sent", "failed")]
    assert not [taken for taken in rig.relay.taken if taken.mail["Bcc"]]


def test_a_mail_that_hangs_keeps_no_result_waiting(rig):
    rig = rig()
    over = threading.Event()
    rig.relay.at_dot = lambda recipient: over.wait(20) and "250 late" if recipient == MIA.address else "250 ok"
    rig.daemon()
    rig.request()
    rig.request(person=JOOST)
    try:
        assert wait_until(lambda: rig.states().count("sent") == 3, 3, 0.02), rig.states()
    finally:
        over.set()
    assert everything_sent(rig)


def test_a_lost_connection_after_the_dot_sends_again(rig):
    rig = rig()
    answers = iter([None])
    lost = []

    def at_dot(recipient):
        if recipient == "team@acme.test" and not lost:
            lost.append(recipient)
            return next(answers)
        return "250 ok"

    rig.relay.at_dot = at_dot
    rig.request()
    assert rig.once().returncode == 0
    row, = rig.rows("SELECT state, attempts, last_reply FROM outbox WHERE recipient = 'team@acme.test'")
    assert (row["state"], row["attempts"]) == ("due", 1) and "may have been taken" in row["last_reply"]


# ---- what a DSN will say ----


class DsnSession(Session):
    features = ("DSN", "PIPELINING")


@pytest.mark.parametrize("session", [Session, DsnSession])
def test_a_dsn_names_our_message_id(rig, session):
    rig = rig()
    rig.relay.close()
    rig.relay = Relay(rig.port, session)
    rig.request()
    assert rig.once().returncode == 0
    mails = [line for line in rig.relay.heard if line.startswith("MAIL FROM")]
    recipients = [line for line in rig.relay.heard if line.startswith("RCPT TO")]
    ids = {row["message_id"].replace("+", "+2B").replace("=", "+3D") for row in rig.rows("SELECT message_id FROM outbox")}
    if session is Session:
        assert len(mails) == 2 and not [line for line in mails + recipients if " " in line.split(":", 1)[1]]
        return
    assert {line.split(" ENVID=")[1] for line in mails} == ids and all(" RET=HDRS " in line for line in mails)
    assert sorted(recipients) == sorted(f"RCPT TO:<{to}> NOTIFY=FAILURE,DELAY ORCPT=rfc822;{to}"
                                        for to in ("team@acme.test", MIA.address))


# ---- several mailers ----


def test_two_mailers_send_nothing_twice(rig):
    rig = rig(mailer__batch="7")
    people = [Person(f"Twin {number}", f"twin{number}@twins.test") for number in range(40)]
    for person in people:
        rig.request(person=person)
    other = rig.place("other.conf")
    rig.write_settings(**{"mailer.wake_socket": rig.place("data", "wake2")})
    os.rename(rig.conf, other)
    rig.write_settings()
    rig.daemon()
    rig.daemon(other)
    assert everything_sent(rig, 20), collections.Counter(rig.states())
    assert len(ids(rig.relay)) == 80 and set(ids(rig.relay).values()) == {1}


def test_a_stalled_mailer_does_not_send_late(rig):
    rig = rig(mailer__lease="2s", mailer__smtp_timeout="1s", mailer__connections="1")
    stalled = threading.Event()

    def at_rcpt(recipient):
        stalled.set()
        time.sleep(0.3)

    rig.relay.at_rcpt = at_rcpt
    process = rig.daemon()
    rig.request()
    assert stalled.wait(5)
    process.send_signal(signal.SIGSTOP)
    rig.relay.at_rcpt = lambda recipient: None
    end = time.monotonic() + 15
    while set(rig.states()) != {"sent"} and time.monotonic() < end:
        assert rig.once().returncode == 0
        time.sleep(0.2)
    process.send_signal(signal.SIGCONT)
    time.sleep(1)
    assert set(ids(rig.relay).values()) == {1} and len(ids(rig.relay)) == 2
    assert set(rig.states()) == {"sent"}


# ---- life ----


def test_a_wake_is_enough(rig):
    rig = rig(mailer__poll="5m")
    rig.daemon()
    time.sleep(0.5)
    rig.request()
    assert wait_until(lambda: len(rig.relay.taken) == 2, 2)


def test_a_row_that_becomes_due_needs_no_wake(rig):
    rig = rig(mailer__poll="5m")
    rig.request()
    rig.change("UPDATE outbox SET due_at = ?", int(time.time()) + 2)
    rig.daemon()
    assert wait_until(lambda: len(rig.relay.taken) == 2, 4)


def test_sigterm_sends_what_is_in_hand_to_its_end(rig):
    rig = rig()

    def at_dot(recipient):
        time.sleep(0.2)
        return "250 taken"

    rig.relay.at_dot = at_dot
    for number in range(10):
        rig.request(person=Person(f"Term {number}", f"term{number}@term.test"))
    process = rig.daemon()
    assert wait_until(lambda: len(rig.relay.taken) >= 3, 10)
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
    sent = {f"<{row['message_id']}>" for row in rig.rows("SELECT message_id FROM outbox WHERE state = 'sent'")}
    assert sent == set(ids(rig.relay)) and set(ids(rig.relay).values()) == {1}
    assert "sending" not in rig.states(), "nothing waits for a lease"


def test_sigterm_does_not_wait_for_a_relay_that_is_away(rig):
    rig = rig()
    rig.relay.close()
    rig.request()
    process = rig.daemon()
    assert wait_until(lambda: "relay cannot be reached" in process.words(), 5)
    start = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert time.monotonic() - start < 3
    assert rig.states() == ["due", "due"]


def test_a_relay_that_comes_back_soon_costs_no_backoff(rig):
    rig = rig()
    rig.relay.close()
    rig.request()
    process = rig.daemon()
    assert wait_until(lambda: "relay cannot be reached" in process.words(), 5)
    rig.relay = Relay(rig.port)
    assert wait_until(lambda: len(rig.relay.taken) == 2, 8)
    assert everything_sent(rig)
    assert rig.rows("SELECT max(attempts) AS most FROM outbox")[0]["most"] == 0
    assert "relay is back" in process.words()


def test_nothing_is_claimed_while_the_relay_is_away(rig):
    rig = rig()
    rig.relay.close()
    rig.request()
    process = rig.daemon()
    failed = lambda: rig.rows("SELECT count(*) AS n FROM outbox WHERE attempts = 1")[0]["n"] == 2
    assert wait_until(failed, 15, 0.1), "after some seconds the failure is recorded, for the admin to see"
    rig.request(person=JOOST)
    time.sleep(1.5)
    rows = rig.rows("SELECT state, attempts FROM outbox ORDER BY id DESC LIMIT 2")
    assert rows == [{"state": "due", "attempts": 0}] * 2
    assert process.words().count("relay cannot be reached") == 1, "said once"


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR1])
def test_reload_takes_new_templates(rig, number):
    rig = rig()
    process = rig.daemon()
    with open(rig.place("templates", "ack.text.mustache"), "w", encoding="utf-8") as file:
        file.write("New words for {{merchant.name}}.")
    process.send_signal(number)
    assert wait_until(lambda: "reloaded" in process.words(), 5)
    rig.request()
    assert wait_until(lambda: rig.relay.to(MIA.address), 5)
    assert rig.relay.to(MIA.address)[0].text == "New words for Mia Jansen.\n"


def test_reload_of_a_broken_template_keeps_the_old_ones(rig):
    rig = rig()
    process = rig.daemon()
    with open(rig.place("templates", "ack.text.mustache"), "w", encoding="utf-8") as file:
        file.write("\n{{#oops}}")
    process.send_signal(signal.SIGHUP)
    assert wait_until(lambda: "the old ones stay" in process.words(), 5)
    assert "ack.text.mustache:2: the section `oops` is not ended" in process.words()
    rig.request()
    assert wait_until(lambda: rig.relay.to(MIA.address), 5)
    assert "Your request has reached Acme Studio" in rig.relay.to(MIA.address)[0].text


def test_a_store_that_fails_is_said_once_and_tried_again(rig):
    rig = rig(store__busy_timeout="1s", mailer__poll="1s")
    rig.request()
    with open(f"{rig.database}-turn", "ab") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        process = rig.daemon()
        assert wait_until(lambda: "the store fails" in process.words(), 5)
        time.sleep(4)
        assert not rig.relay.taken
    assert wait_until(lambda: len(rig.relay.taken) == 2, 10)
    assert everything_sent(rig)
    assert process.words().count("the store fails") == 1 and "the store works again" in process.words()


def test_nothing_is_claimed_while_results_cannot_be_recorded(rig):
    """What would be claimed when the lease is over is what was sent: also what waits behind the first that is recorded."""
    rig = rig(mailer__lease="2s", mailer__smtp_timeout="1s", mailer__poll="1s")
    for name, which in (("no_room", ""), ("nor_for_mia", f"AND NEW.recipient = '{MIA.address}'")):
        rig.change(f"CREATE TRIGGER {name} BEFORE UPDATE ON outbox WHEN NEW.state = 'sent' {which}"
                   " BEGIN SELECT RAISE(ABORT, 'no room'); END")
    rig.relay.at_dot = lambda recipient: time.sleep(0.7 * (recipient == MIA.address)) or "250 taken"
    process = rig.daemon()
    rig.request()
    assert wait_until(lambda: "results cannot be recorded" in process.words(), 5)
    rig.request(person=JOOST)
    time.sleep(7)  # three leases
    assert len(rig.relay.taken) == 2 and not rig.relay.to(JOOST.address)
    assert set(rig.states()) == {"sending", "due"}
    rig.change("DROP TRIGGER no_room")
    assert wait_until(lambda: "sent" in rig.states(), 10)
    time.sleep(3)
    assert len(rig.relay.taken) == 2 and "recorded again" not in process.words()
    rig.change("DROP TRIGGER nor_for_mia")
    assert everything_sent(rig), rig.states()
    assert len(ids(rig.relay)) == 4 and set(ids(rig.relay).values()) == {1}
    words = process.words()
    assert words.count("results cannot be recorded") == 1 and "results are recorded again" in words


def test_an_idle_mailer_takes_no_turn_at_writing(rig):
    rig = rig(store__busy_timeout="1s", mailer__poll="1s")
    process = rig.daemon()
    with open(f"{rig.database}-turn", "ab") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        time.sleep(3.5)
    assert "the store fails" not in process.words()


# ---- it does not start ----


def refuses_to_start(rig, *words):
    done = subprocess.run([rig.place("bin", "postern-mailer"), "-c", rig.conf], capture_output=True, text=True, timeout=10,
                          check=False)
    assert done.returncode == 1
    for word in words:
        assert word in done.stderr, done.stderr


def test_clear_text_to_another_machine_is_refused(rig):
    rig = rig(mailer__relay="192.0.2.1:25", mailer__relay_tls="none")
    refuses_to_start(rig, "192.0.2.1 is another machine", "set mailer.relay_tls = starttls")


def test_a_missing_template_is_named(rig):
    rig = rig()
    os.unlink(rig.place("templates", "lead.html.mustache"))
    refuses_to_start(rig, f"lead.html.mustache is missing in {rig.place('templates')}")


def test_a_second_mailer_on_one_wake_socket_is_refused(rig):
    rig = rig()
    rig.daemon()
    refuses_to_start(rig, "another mailer listens there")


def test_wrong_usage(rig):
    rig = rig()
    done = subprocess.run([rig.place("bin", "postern-mailer"), "--nonsense"], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "--help" in done.stderr
