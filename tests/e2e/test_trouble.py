"""Milter down, store busy, disk full, relay down: 4xx, nothing lost, nothing half written."""

import fcntl
import os
import subprocess
import threading
import time

import pytest

from harness.client import ANNA, MIA, Person, compose, reply
from harness.gateway import Gateway
from harness.process import wait_until


def letter(gateway, words, person=MIA):
    to = gateway.address("acme")
    return to, compose(person, to, "In trouble", words + "\n")


def counts(gateway):
    return gateway.rows("SELECT (SELECT count(*) FROM raw) AS mails, (SELECT count(*) FROM message) AS messages,"
                        " (SELECT count(*) FROM conversation) AS conversations, (SELECT count(*) FROM outbox) AS outbox,"
                        " (SELECT count(*) FROM seen) AS seen")[0]


def temporary(outcome):
    assert 400 <= outcome.code < 500, outcome


def test_milter_down_defers_and_the_next_try_is_taken(own_gateway):
    gateway = own_gateway()
    to, raw = letter(gateway, "The milter is down.")
    gateway.milter.kill()
    temporary(gateway.send(MIA.address, to, raw))
    assert counts(gateway)["mails"] == 0
    gateway.milter.start()
    assert gateway.send(MIA.address, to, raw).accepted
    assert gateway.mail.next("team@acme.test").mentions("milter is down")
    assert gateway.mail.count("team@acme.test") == 1


def test_mailer_down_loses_nothing(own_gateway):
    gateway = own_gateway()
    gateway.mailer.kill()
    to, raw = letter(gateway, "The mailer is down.")
    assert gateway.send(MIA.address, to, raw).accepted
    assert not gateway.mail.quiet("team@acme.test", 1)
    gateway.mailer.start()
    assert gateway.mail.next("team@acme.test").mentions("mailer is down")


def test_a_store_that_others_hold_defers(own_gateway):
    gateway = own_gateway(settings={"store.busy_timeout": "1s"})
    to, raw = letter(gateway, "The store is busy.")
    before = counts(gateway)
    with open(f"{gateway.database}-turn", "ab") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        start = time.monotonic()
        temporary(gateway.send(MIA.address, to, raw))
        assert time.monotonic() - start < 10
        assert gateway.ingest(MIA.address, to, raw).returncode == 75, "EX_TEMPFAIL: Postfix tries again"
    assert counts(gateway) == before
    assert gateway.send(MIA.address, to, raw).accepted
    assert gateway.mail.next("team@acme.test").mentions("store is busy")


@pytest.fixture
def small_disk(tmp_path):
    """mount(8) of a tmpfs of some megabytes on a folder, undone at the end."""
    mounted = []

    def mount(folder, user, megabytes):
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0750,uid={user.uid},gid={user.gid}",
                               "tmpfs", folder], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"no small disk here: {done.stderr.strip()}")
        mounted.append(folder)

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", folder], check=False)


def test_a_full_disk_defers_and_leaves_nothing_half_written(small_disk):
    gateway = Gateway.scratch()
    os.makedirs(gateway.data)
    small_disk(gateway.data, gateway.user, 12)
    with gateway:
        to = gateway.address("acme")
        answers, sent = [], 0
        for number in range(40):
            person = Person(f"Full {number}", f"full{number}@disk.test")
            files = [("r", "application/octet-stream", os.urandom(600_000))]
            raw = compose(person, to, "Fill", f"Filling {number}.\n", files=files)
            outcome = gateway.send(person.address, to, raw)
            answers.append(outcome.code)
            if outcome.code != 250:
                temporary(outcome)
                break
            sent += 1
        assert answers[-1] != 250, "the disk never filled"
        assert sent >= 3
        after = counts(gateway)
        assert (after["messages"], after["conversations"]) == (sent, sent)
        # A small one may still fit; whatever the answer, it is the truth.
        outcome = gateway.send(MIA.address, *letter(gateway, "Small enough?"))
        assert outcome.code in (250, 451, 452)
        assert counts(gateway)["messages"] == sent + (outcome.code == 250)
        assert gateway.rows("PRAGMA integrity_check")[0]["integrity_check"] == "ok"
        # Room again: the same mail is taken.
        subprocess.run(["mount", "-o", "remount,size=64m", gateway.data], check=True)
        assert gateway.send(person.address, to, raw).accepted
        assert wait_until(lambda: [mail for mail in gateway.mail.all("team@acme.test") if mail.mentions(f"Filling {sent}.")], 20)


def test_relay_down_is_tried_again(own_gateway):
    gateway = own_gateway()
    to, raw = letter(gateway, "The relay goes down.")
    gateway.mailer.stop()
    assert gateway.send(MIA.address, to, raw).accepted
    gateway.postfix.stop()
    gateway.mailer.start()
    failed = lambda: gateway.rows("SELECT 1 FROM outbox WHERE attempts > 0")
    assert wait_until(failed, 15, 0.1), gateway.postern_json("outbox", "list")
    gateway.postfix.start()
    assert gateway.hurry()
    assert gateway.mail.next("team@acme.test", 20).mentions("relay goes down")


def test_a_busy_mailbox_is_postfixs_affair(own_gateway):
    gateway = own_gateway()
    busy = os.path.join(gateway.mail.root, ".busy")
    with open(busy, "w", encoding="ascii") as file:
        file.write("team@acme.test\n")
    assert gateway.send(MIA.address, *letter(gateway, "The mailbox is busy.")).accepted
    assert not gateway.mail.quiet("team@acme.test", 1)
    os.unlink(busy)
    gateway.postfix.flush()
    assert gateway.mail.next("team@acme.test", 20).mentions("mailbox is busy")


def test_reload_and_readers_do_not_disturb(own_gateway):
    """SIGUSR1 reloads; the admin's listings run beside it all."""
    gateway = own_gateway()
    over = threading.Event()

    def look():
        while not over.is_set():
            gateway.postern_json("conversation", "list")
            for daemon in (gateway.milter, gateway.mailer):
                os.kill(daemon.pid, 10)
            time.sleep(0.05)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        for number in range(30):
            person = Person(f"Reload {number}", f"reload{number}@load.test")
            assert gateway.send(person.address, *letter(gateway, f"While you reload-{number:02}.", person)).accepted
    finally:
        over.set()
        looking.join()
    assert wait_until(lambda: gateway.mail.count("team@acme.test") == 30, 20)
    assert gateway.milter.running() and gateway.mailer.running()


@pytest.mark.parametrize("words, status", [
    ((), 64), (("-f", "a@b.test"), 64), (("-f", "a@b.test", "--", "ghost@experts.test"), 67),
    (("-f", "a@b.test", "--", "acme@experts.test"), 0)])
def test_ingest_answers_in_sysexits_codes(gateway, words, status):
    raw = compose(Person("In Gest", "a@b.test"), "acme@experts.test", "Pipe", "By the pipe.\n").replace(b"\r\n", b"\n")
    done = gateway.postern("ingest", *words, input=raw, check=False, prefix=gateway.user.prefix())
    assert done.returncode == status, done.stderr.decode()
    assert status == 0 or done.stdout + done.stderr, "a failure says why; pipe(8) takes both into the bounce"


def test_a_partners_words_by_the_pipe_reach_the_merchant(gateway):
    person = Person("Pi Pe", "pi@pe.test")
    assert gateway.send(person.address, *letter(gateway, "Answer by pipe-line.", person)).accepted
    notice = gateway.mail.next("team@acme.test", wanted=lambda mail: mail.mentions("pipe-line"))
    to, raw = reply(ANNA, notice, "Came by the pipe.")
    assert gateway.ingest(ANNA.address, to, raw).returncode == 0
    assert gateway.mail.next(person.address, wanted=lambda mail: mail.mentions("came by the pipe"))


def test_a_session_that_saw_the_milter_away_is_left(own_gateway):
    """Postfix says 451 in it for as long as it lasts, however well the milter is again."""
    gateway = own_gateway(settings={"mailer.connections": "1"})

    def by_pipe(words, person):
        assert gateway.ingest(person.address, *letter(gateway, words, person)).returncode == 0

    assert gateway.send(MIA.address, *letter(gateway, "The session opens.")).accepted
    assert gateway.mail.next("team@acme.test").mentions("session opens")
    gateway.milter.kill()
    by_pipe("While it is away.", Person("While Away", "while@away.test"))
    assert wait_until(lambda: gateway.rows("SELECT 1 FROM outbox WHERE attempts > 0"), 10)
    gateway.milter.start()
    by_pipe("It is back.", Person("It Is", "back@again.test"))
    assert gateway.mail.next("team@acme.test", 5).mentions("it is back")
    gateway.hurry()
    assert gateway.mail.next("team@acme.test", 10).mentions("while it is away")
