"""kill -9 at any time: every 250 is stored once, every notification goes out."""

import concurrent.futures
import os
import random
import re
import time

import pytest

from harness import client
from harness.client import Person, compose

MAILS = 200
LANES = 8  # connections at a time


def one_by_one(gateway, number):
    person = Person(f"Number {number:03}", f"number{number:03}@kill.test")
    to = gateway.address("acme")
    words = f"This is request-{number:03}; can you help?\n" + "More words. " * 200 + "\n"
    raw = compose(person, to, f"Request {number:03}", words)
    return client.send_surely(gateway.server, person.address, [to], raw)


def kill_while(working, daemons, seed):
    """kill -9 of one of the daemons at random moments, and a new start, for as long as `working()`. How many."""
    dice, kills = random.Random(seed), 0
    while working():
        time.sleep(dice.uniform(0.01, 0.25))
        victim = dice.choice(daemons)
        victim.kill()
        kills += 1
        time.sleep(dice.uniform(0, 0.1))
        victim.start()
    return kills


def send_all_while_killing(gateway, daemons):
    """MAILS mails on LANES connections, under fire; goes on a little after the last 250, for the mailer works on."""
    seed = int(os.environ.get("POSTERN_SEED") or time.time())
    print(f"POSTERN_SEED={seed}")
    with concurrent.futures.ThreadPoolExecutor(LANES) as lanes:
        work = [lanes.submit(one_by_one, gateway, number) for number in range(MAILS)]
        kills = kill_while(lambda: not all(done.done() for done in work), daemons, seed)
        end = time.monotonic() + 5
        kills += kill_while(lambda: len(told(gateway)) < MAILS and time.monotonic() < end, daemons, seed + 1)
        tries = sum(done.result() for done in work)
    print(f"{kills} kills, {tries} tries for {MAILS} mails")
    assert kills >= 5


def told(gateway):
    """Numbers of the requests that acme was notified of."""
    numbers = set()
    for mail in gateway.mail.all("team@acme.test"):
        numbers.update(re.findall(r"request-(\d{3})", mail.text))
    return numbers


def everybody_is_told(gateway, numbers, patience=60):
    """Acme of every request, every sender of the receipt."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        missing = numbers - told(gateway)
        silent = [number for number in numbers if not gateway.mail.count(f"number{number}@kill.test")]
        if not missing and not silent:
            return
        gateway.hurry()
        time.sleep(1)
    raise AssertionError(f"acme was not told of {sorted(missing)}; no acknowledgement to {sorted(silent)}")


def everything_held(gateway):
    all_numbers = {f"{number:03}" for number in range(MAILS)}
    stored = gateway.rows("SELECT text FROM message")
    numbers = [re.search(r"request-(\d{3})", row["text"]).group(1) for row in stored]
    assert sorted(numbers) == sorted(all_numbers), "every 250 is stored, once"
    everybody_is_told(gateway, all_numbers)
    copies = {}
    for mail in gateway.mail.all("team@acme.test"):
        copies.setdefault(mail.message_id, []).extend(re.findall(r"request-(\d{3})", mail.text)[:1])
    assert len(copies) == MAILS, "what was sent again carries the same Message-ID"
    assert gateway.rows("PRAGMA integrity_check")[0]["integrity_check"] == "ok"
    assert not gateway.rows("PRAGMA foreign_key_check")


@pytest.mark.parametrize("victims", [["milter"], ["mailer"], ["milter", "mailer"]], ids=" and ".join)
def test_kill_loses_and_doubles_nothing(own_gateway, victims):
    # The lease is what a killed mailer leaves behind; its end brings the row back.
    gateway = own_gateway(settings={"mailer.lease": "3s"})
    send_all_while_killing(gateway, [getattr(gateway, victim) for victim in victims])
    everything_held(gateway)


def test_sigterm_finishes_what_is_in_flight(own_gateway):
    """A stop for an update: no mail is lost, no connection is cut, the status is 0."""
    gateway = own_gateway()
    with concurrent.futures.ThreadPoolExecutor(LANES) as lanes:
        work = [lanes.submit(one_by_one, gateway, number) for number in range(60)]
        for _ in range(4):
            time.sleep(0.2)
            assert gateway.milter.stop() == 0
            gateway.milter.start()
            assert gateway.mailer.stop() == 0
            gateway.mailer.start()
        for done in work:
            done.result()
    texts = [row["text"] for row in gateway.rows("SELECT text FROM message")]
    assert len(texts) == 60 == len({re.search(r"request-(\d{3})", text).group(1) for text in texts})
    everybody_is_told(gateway, {f"{number:03}" for number in range(60)})
