"""kill -9 at any time: every 250 is stored once, every notification goes out."""

import concurrent.futures
import os
import random
import re
import threading
import time

import pytest

from harness import client
from harness.client import Person, compose
from harness.process import wait_until

MAILS = 200
LANES = 8  # connections at a time


class Killer(threading.Thread):
    """Kills a daemon at random moments and starts it again, until told to end."""

    def __init__(self, daemon, seed):
        super().__init__()
        self.daemon_under_fire, self.random = daemon, random.Random(seed)
        self.kills, self.trouble, self.over = 0, None, threading.Event()

    def run(self):
        try:
            while not self.over.wait(self.random.uniform(0.05, 0.6)):
                self.daemon_under_fire.kill()
                self.kills += 1
                self.over.wait(self.random.uniform(0, 0.2))
                self.daemon_under_fire.start()
        except Exception as trouble:  # a thread's exception is lost otherwise
            self.trouble = trouble

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()
        assert self.trouble is None, self.trouble


def one_by_one(gateway, number):
    person = Person(f"Number {number:03}", f"number{number:03}@kill.test")
    to = gateway.address("acme")
    raw = compose(person, to, f"Request {number:03}", f"This is request-{number:03}; can you help?\n" + "More words. " * 200 + "\n")
    return client.send_surely(gateway.server, person.address, [to], raw)


def send_all(gateway):
    with concurrent.futures.ThreadPoolExecutor(LANES) as lanes:
        return sum(lanes.map(lambda number: one_by_one(gateway, number), range(MAILS)))


def told(gateway):
    """Numbers of the requests that acme was notified of."""
    numbers = set()
    for mail in gateway.mail.all("team@acme.test"):
        numbers.update(re.findall(r"request-(\d{3})", mail.text))
    return numbers


def everything_held(gateway):
    all_numbers = {f"{number:03}" for number in range(MAILS)}
    stored = gateway.rows("SELECT text FROM message")
    numbers = [re.search(r"request-(\d{3})", row["text"]).group(1) for row in stored]
    assert sorted(numbers) == sorted(all_numbers), "every 250 is stored, once"
    missing = wait_until(lambda: None if all_numbers - told(gateway) else "none", 60, 0.2)
    assert missing == "none", f"not notified: {sorted(all_numbers - told(gateway))[:10]}"
    copies = {}
    for mail in gateway.mail.all("team@acme.test"):
        copies.setdefault(mail.message_id, []).extend(re.findall(r"request-(\d{3})", mail.text)[:1])
    assert len(copies) == MAILS, "what was sent again carries the same Message-ID"
    assert wait_until(lambda: all(gateway.mail.count(f"number{number}@kill.test") for number in all_numbers), 60, 0.2), \
        "every acknowledgement goes out"
    assert gateway.rows("PRAGMA integrity_check")[0]["integrity_check"] == "ok"
    assert not gateway.rows("PRAGMA foreign_key_check")


@pytest.mark.parametrize("victim", ["milter", "mailer"])
def test_kill_of_a_daemon_loses_and_doubles_nothing(own_gateway, victim):
    # The lease is what a killed mailer leaves behind; its end brings the row back.
    gateway = own_gateway(settings={"mailer.lease": "3s"})
    seed = int(os.environ.get("POSTERN_SEED") or time.time())
    print(f"POSTERN_SEED={seed}")
    with Killer(getattr(gateway, victim), seed) as killer:
        tries = send_all(gateway)
        # The mailer works on after the last 250: it is killed while it does.
        wait_until(lambda: len(told(gateway)) == MAILS, 20 if victim == "mailer" else 0, 0.1)
    print(f"{killer.kills} kills, {tries} tries for {MAILS} mails")
    assert killer.kills >= 3
    everything_held(gateway)


def test_kill_of_both_at_once(own_gateway):
    gateway = own_gateway(settings={"mailer.lease": "3s"})
    with Killer(gateway.milter, 1), Killer(gateway.mailer, 2):
        send_all(gateway)
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
    assert wait_until(lambda: len(told(gateway)) == 60, 30, 0.2)
