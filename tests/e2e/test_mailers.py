"""Three mailers on one database and a real Postfix, which tells by whom it was given each mail: one is killed, one stalls."""

import concurrent.futures
import os
import re
import signal
import time

import pytest

from harness import client
from harness.client import Person, compose
from harness.gateway import free_port
from harness.process import Daemon, wait_until

REQUESTS = 150  # a notice and a receipt each
LANES = 8
LEASE = 10
SLOW = " -o { smtpd_end_of_data_restrictions = sleep 1 }"  # so that the victim has mails in its hands when it is struck


class Mailer(Daemon):
    """With a door of its own into Postfix, whose Received line names it."""

    def __init__(self, gateway, name):
        self.port, self.door = free_port(), f"{name}.door.test"
        conf = gateway.place(f"{name}.conf")
        with open(gateway.conf, encoding="utf-8") as file, open(conf, "w", encoding="utf-8") as own:
            own.write(file.read().replace(f"127.0.0.1:{gateway.port}", f"127.0.0.1:{self.port}")
                      .replace(gateway.place("data", "wake"), gateway.place("data", f"wake-{name}")))
        super().__init__(f"mailer-{name}", [gateway.place("bin", "postern-mailer"), "--config", conf], gateway.user,
                         gateway.place("log", f"{name}.log"), gateway.place("run"))

    def says(self, words):
        with open(self.log, encoding="utf-8") as file:
            return file.read().count(words)


def request(gateway, number):
    person, to = Person(f"Number {number}", f"number{number}@three.test"), gateway.address("acme")
    outcome = client.send(gateway.server, person.address, to, compose(person, to, f"Request {number}", "Can you help?\n"))
    assert outcome.accepted


@pytest.fixture
def stage(own_gateway):
    """A gateway with a full outbox, and three mailers that are not started."""
    gateway = own_gateway(settings={"mailer.lease": f"{LEASE}s", "mailer.smtp_timeout": "3s", "mailer.batch": "12"})
    gateway.mailer.stop()
    gateway.mailers = [Mailer(gateway, name) for name in ("one", "two", "three")]
    gateway.postfix.stop()
    with open(os.path.join(gateway.postfix.config, "master.cf"), "a", encoding="utf-8") as file:
        file.writelines(f"127.0.0.1:{mailer.port} inet n - n - - smtpd -o myhostname={mailer.door}{SLOW if mailer is gateway.mailers[0] else ''}\n"
                        for mailer in gateway.mailers)
    gateway.postfix.start()
    with concurrent.futures.ThreadPoolExecutor(LANES) as lanes:
        list(lanes.map(lambda number: request(gateway, number), range(REQUESTS)))
    yield gateway
    for mailer in gateway.mailers:
        if mailer.running():
            os.kill(mailer.pid, signal.SIGCONT)
        mailer.kill()


def states(gateway):
    return {f"<{row['message_id']}>": row["state"] for row in gateway.rows("SELECT message_id, state FROM outbox")}


def everything_sent(gateway):
    return wait_until(lambda: set(states(gateway).values()) == {"sent"}, 60, 0.2)


def delivered(gateway):
    """{Message-ID: [the door that each copy came by]}."""
    assert wait_until(lambda: not gateway.postfix.queued(), 60, 0.2)
    copies = {}
    for address in os.listdir(gateway.mail.root):
        for mail in gateway.mail.all(address):
            by, = re.findall(rb"^Received: from .*?\sby (\S+) \(Postfix\)", mail.raw, re.MULTILINE | re.DOTALL)
            copies.setdefault(mail.message_id, []).append(by.decode())
    return copies


def is_stopped(pid):
    """All of its threads."""
    states = []
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/stat", encoding="ascii", errors="replace") as file:
            states.append(file.read().rpartition(") ")[2][0])
    return set(states) == {"T"}


def holds_a_lock(pid):
    with open("/proc/locks", encoding="ascii") as file:
        return any(words[-5:-3] == ["WRITE", str(pid)] for words in map(str.split, file))


def start_and_kill(gateway, mailer):
    """Kills one of three in the middle of their work. What was recorded by then: {Message-ID: state}."""
    for each in gateway.mailers:
        each.start()
    assert wait_until(lambda: mailer.says("mail sent"), 30, 0.001)
    os.kill(mailer.pid, signal.SIGKILL)
    mailer.process.wait()
    found = states(gateway)
    assert "sending" in found.values(), "too late: nothing was in flight any more"
    return found


def start_and_stop(gateway, mailer):
    """Stops one with mails in its hands, for it is alone yet, then starts the others. Who is stopped while it holds a lock of
    the database's holds up everybody: that is not what is tried here."""
    mailer.start()
    assert wait_until(lambda: mailer.says("mail sent"), 30, 0.001)
    while True:
        os.kill(mailer.pid, signal.SIGSTOP)
        assert wait_until(lambda: is_stopped(mailer.pid), 10, 0.001)
        found = states(gateway)
        assert "due" in found.values(), "too late: the others have nothing to do"
        if "sending" in found.values() and not holds_a_lock(mailer.pid):
            break
        os.kill(mailer.pid, signal.SIGCONT)
    for each in gateway.mailers:
        if each is not mailer:
            each.start()
    return found


def assert_all_arrived(gateway, victim, before):
    """Each mail once, by one of the others or by the victim; twice only what the victim had in flight."""
    copies, survivors = delivered(gateway), {mailer.door for mailer in gateway.mailers} - {victim.door}
    assert set(copies) == set(before), "every mail arrives, under the Message-ID that it had"
    for message_id, doors in copies.items():
        assert len([door for door in doors if door in survivors]) <= 1, f"{message_id} came by {doors}"
        assert doors.count(victim.door) <= 1, f"{message_id} came by {doors}"
        assert len(doors) == 1 or before[message_id] == "sending", f"{message_id} was recorded and came by {doors}"
    assert len([doors for doors in copies.values() if victim.door in doors]) >= 1
    twice = [message_id for message_id, doors in copies.items() if len(doors) > 1]
    print(f"{len(copies)} mails, {len(twice)} twice")
    return copies


def test_kill_nine_of_one_of_three(stage):
    victim = stage.mailers[0]
    before = start_and_kill(stage, victim)
    assert everything_sent(stage), states(stage).values()
    assert_all_arrived(stage, victim, before)
    for survivor in stage.mailers[1:]:
        assert survivor.stop() == 0


def test_a_stalled_one_of_three_sends_nothing_late(stage):
    victim = stage.mailers[0]
    before = start_and_stop(stage, victim)
    assert everything_sent(stage), states(stage).values()
    end = time.monotonic() + LEASE  # the others may have been quicker than its lease
    copies = assert_all_arrived(stage, victim, before)
    time.sleep(max(0, end - time.monotonic()))
    os.kill(victim.pid, signal.SIGCONT)
    assert victim.stop() == 0, "it comes to the end of what it had in hand"
    assert delivered(stage) == copies, "nothing came of it any more"
    assert victim.says("its claim ran out") > 0, "it had nothing in hand"
    assert set(states(stage).values()) == {"sent"}
