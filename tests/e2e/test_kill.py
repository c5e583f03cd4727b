"""kill -9 at any time: every 250 is stored once, every notification goes out."""

import concurrent.futures
import itertools
import os
import random
import re
import threading
import time

import pytest

from harness import client
from harness.client import Person, compose
from harness.process import wait_until

MAILS = 200  # at least
LANES = 8    # connections at a time
STRIKES = 8
APART = 12   # events between two strikes, at most


def one_by_one(gateway, number):
    person = Person(f"Number {number:03}", f"number{number:03}@kill.test")
    to = gateway.address("acme")
    words = f"This is request-{number:03}; can you help?\n" + "More words. " * 200 + "\n"
    raw = compose(person, to, f"Request {number:03}", words)
    return client.send_surely(gateway.server, person.address, [to], raw, patience=180)


def strike(gateway, victims, taken, blow):
    """A blow at one of the daemons after a few of its own events, STRIKES times: 250s of the milter, mails of the mailer."""
    seed = int(os.environ.get("POSTERN_SEED") or time.time())
    print(f"POSTERN_SEED={seed}")
    dice = random.Random(seed)
    events = {"milter": lambda: len(taken), "mailer": lambda: gateway.mail.count("team@acme.test")}
    order = list(itertools.islice(itertools.cycle(victims), STRIKES))
    dice.shuffle(order)
    for victim in order:
        goal = events[victim]() + dice.randint(0, APART)
        assert wait_until(lambda: events[victim]() >= goal, 120), f"the {victim} does nothing any more"
        blow(getattr(gateway, victim), dice)


def send_under_strikes(gateway, victims, blow):
    """Sends on LANES connections until the last strike has fallen and MAILS are taken. The numbers of the mails."""
    numbers, taken, over = itertools.count(), [], threading.Event()

    def lane():
        tries = 0
        while (number := next(numbers)) < MAILS or not over.is_set():
            tries += one_by_one(gateway, number)
            taken.append(f"{number:03}")
        return tries

    with concurrent.futures.ThreadPoolExecutor(LANES) as lanes:
        work = [lanes.submit(lane) for _ in range(LANES)]
        try:
            strike(gateway, victims, taken, blow)
        finally:
            over.set()
        tries = sum(done.result() for done in work)
    print(f"{STRIKES} strikes, {tries} tries for {len(taken)} mails")
    return set(taken)


def kill(daemon, dice):
    daemon.kill()
    time.sleep(dice.uniform(0, 0.1))  # away for as long as it happens
    daemon.start()


def stop(daemon, _):
    assert daemon.stop() == 0
    daemon.start()


def told(gateway):
    """Numbers of the requests that acme was notified of."""
    numbers = set()
    for mail in gateway.mail.all("team@acme.test"):
        numbers.update(re.findall(r"request-(\d+)", mail.text))
    return numbers


def everybody_is_told(gateway, numbers, patience=180):
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


def everything_held(gateway, all_numbers):
    stored = gateway.rows("SELECT text FROM message")
    numbers = [re.search(r"request-(\d+)", row["text"]).group(1) for row in stored]
    assert sorted(numbers) == sorted(all_numbers), "every 250 is stored, once"
    everybody_is_told(gateway, all_numbers)
    copies = {}
    for mail in gateway.mail.all("team@acme.test"):
        copies.setdefault(mail.message_id, []).extend(re.findall(r"request-(\d+)", mail.text)[:1])
    assert len(copies) == len(all_numbers), "what was sent again carries the same Message-ID"
    assert gateway.rows("PRAGMA integrity_check")[0]["integrity_check"] == "ok"
    assert not gateway.rows("PRAGMA foreign_key_check")


@pytest.mark.parametrize("victims", [["milter"], ["mailer"], ["milter", "mailer"]], ids=" and ".join)
def test_kill_loses_and_doubles_nothing(own_gateway, victims):
    # The lease is what a killed mailer leaves behind; its end brings the row back.
    gateway = own_gateway(settings={"mailer.lease": "3s"})
    everything_held(gateway, send_under_strikes(gateway, victims, kill))


def test_sigterm_finishes_what_is_in_flight(own_gateway):
    """A stop for an update: no mail is lost, no connection is cut, the status is 0."""
    gateway = own_gateway()
    everything_held(gateway, send_under_strikes(gateway, ["milter", "mailer"], stop))
