"""A crash or a disk error at every call that changes a file: all of a mail is stored or nothing of it, and the sender's next
try makes it whole, once.

`postern ingest` is run with a fault at the first such call, then at the second, and so on until a run has no fault left to
meet. The rows of every table are counted after each.
"""

import errno
import os
import shutil
import struct

import pytest

from harness.client import MIA, Person, compose
from harness.gateway import Gateway

NONE, KILL, TORN, FAIL = range(4)
STATE = struct.Struct("qqqii")
OPEN_END = 1 << 40


class Faults:
    """The switch that fault.c reads."""

    def __init__(self, library, gateway):
        self.path, self.gateway = gateway.place("fault.state"), gateway
        self.environment = {"LD_PRELOAD": library, "FAULT_STATE": self.path, "FAULT_FOLDER": gateway.data}
        self.set(NONE)

    def set(self, action, first=0, last=0, error=0):
        with open(self.path, "wb") as file:
            file.write(STATE.pack(0, first, last, action, error))
        os.chmod(self.path, 0o666)

    def calls(self):
        with open(self.path, "rb") as file:
            return STATE.unpack(file.read(STATE.size))[0]


class Bench:
    """A gateway's database without daemons, which can be put back to how it was."""

    def __init__(self, library):
        self.gateway = Gateway.scratch()
        self.gateway.prepare()
        self.faults = Faults(library, self.gateway)
        self.saved, self.tables = self.gateway.place("saved"), ""

    def save(self):
        shutil.rmtree(self.saved, ignore_errors=True)
        self._copy(self.gateway.data, self.saved)

    def restore(self):
        shutil.rmtree(self.gateway.data)
        self._copy(self.saved, self.gateway.data)

    def _copy(self, source, target):
        shutil.copytree(source, target)
        owner = self.gateway.owner
        for folder, _, files in os.walk(target):
            for path in [folder, *(os.path.join(folder, name) for name in files)]:
                os.chown(path, owner.pw_uid, owner.pw_gid)

    def rows(self):
        """How many there are in every table."""
        if not self.tables:
            names = self.gateway.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
            self.tables = ", ".join(f"(SELECT count(*) FROM {row['name']}) AS {row['name']}" for row in names)
        return self.gateway.rows(f"SELECT {self.tables}")[0]

    def sound(self):
        assert self.gateway.rows("PRAGMA integrity_check")[0]["integrity_check"] == "ok"
        assert not self.gateway.rows("PRAGMA foreign_key_check")

    def ingest(self, mail):
        return self.gateway.ingest(*mail, environment=self.faults.environment).returncode



@pytest.fixture
def bench(fault_library):
    made = Bench(fault_library)
    yield made
    shutil.rmtree(made.gateway.root, ignore_errors=True)


def first_contact(bench):
    """A merchant's first mail, with a file of some pages."""
    to = bench.gateway.address("acme")
    files = [("plan.bin", "application/octet-stream", os.urandom(20_000))]
    return MIA.address, to, compose(MIA, to, "First", "The first contact.\n", files=files)


def lead_form(bench):
    """One mail that makes a lead, a request and two conversations."""
    to = bench.gateway.address("leads")
    site = Person("Form", "wordpress@forms.test")
    body = "Name: Lena Vogt\nEmail: lena@vogt.test\nPhone: 5550123\nService: store-setup\nMessage: A shop for ceramics.\n"
    return site.address, to, compose(site, to, "New submission", body, headers=[("Reply-To", "lena@vogt.test")])


def second_mail(bench):
    """One that joins a conversation that is there, and opens an overview."""
    to = bench.gateway.address("acme")
    assert bench.ingest((MIA.address, to, compose(MIA, to, "First", "The first.\n"))) == 0
    return MIA.address, to, compose(MIA, to, "Second", "The second, soon after.\n")


SCENARIOS = [first_contact, lead_form, second_mail]


def clean_run(bench, scenario):
    """(the mail, rows before, rows after, calls that a fault could hit)."""
    mail = scenario(bench)
    bench.save()
    before = bench.rows()
    bench.faults.set(NONE)
    assert bench.ingest(mail) == 0
    after, calls = bench.rows(), bench.faults.calls()
    assert after["message"] > before["message"] and after["outbox"] > before["outbox"] and calls >= 3, (before, after, calls)
    return mail, before, after, calls


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
@pytest.mark.parametrize("action", [KILL, TORN], ids=["killed", "torn"])
def test_a_crash_at_any_moment_leaves_all_or_nothing(bench, scenario, action):
    mail, before, after, calls = clean_run(bench, scenario)
    outcomes = set()
    for call in range(1, calls + 1):
        bench.restore()
        bench.faults.set(action, call, call)
        status = bench.ingest(mail)
        bench.faults.set(NONE)
        bench.sound()
        there = bench.rows()
        assert there in (before, after), f"half of it is there after a crash at call {call}"
        assert status != 0 or there == after, f"call {call}: 0 was answered for what is not there"
        outcomes.add((status == 0, there == after))
        assert bench.ingest(mail) == 0, "the sender's next try is taken"
        assert bench.rows() == after, f"twice, after a crash at call {call}"
    assert (False, False) in outcomes, "some crash came before the commit"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO], ids=["full", "broken"])
@pytest.mark.parametrize("last", [0, OPEN_END], ids=["once", "from then on"])
def test_a_disk_error_at_any_moment_is_temporary_and_leaves_all_or_nothing(bench, scenario, error, last):
    mail, before, after, calls = clean_run(bench, scenario)
    statuses = set()
    for call in range(1, calls + 1):
        bench.restore()
        bench.faults.set(FAIL, call, max(call, last), error)
        status = bench.ingest(mail)
        statuses.add(status)
        assert status in (0, 75), f"call {call}: the sender has to try again (EX_TEMPFAIL), not {status}"
        bench.faults.set(NONE)
        bench.sound()
        there = bench.rows()
        assert there in (before, after), f"half of it is there after an error at call {call}"
        assert status != 0 or there == after, f"call {call}: 0 was answered for what is not there"
        assert bench.ingest(mail) == 0
        assert bench.rows() == after, f"twice, or not at all, after an error at call {call}"
    assert 75 in statuses, "no error was met"
