"""What an admin does about mail that does not arrive: marked addresses, the queue, and what `check` tells of both."""

import contextlib
import itertools
import json
import os

import pytest

from harness.client import Person, compose
from harness.process import wait_until

STRANGERS = itertools.count()
DAAN = Person("Daan de Boer", "daan@blauw.test")


@contextlib.contextmanager
def no_mailbox(gateway, address):
    path = os.path.join(gateway.mail.root, ".unknown")
    with open(path, "w", encoding="ascii") as file:
        file.write(address + "\n")
    try:
        yield
    finally:
        os.unlink(path)


def asks(gateway):
    """A stranger's first contact to Bureau Blauw; returns a word of it."""
    number = next(STRANGERS)
    word, person, to = f"outgoing-{number}", Person("Iris", f"iris{number}@asks.test"), gateway.address("blauw")
    assert gateway.send(person.address, to, compose(person, to, word, f"Please help with {word}.\n")).accepted
    return word


def reaches(gateway, address):
    word = asks(gateway)
    return gateway.mail.next(address, wanted=lambda mail: mail.mentions(word))


def failed(gateway, *words):
    return [(row["address"], row["reason"]) for row in gateway.postern_json("address", "list", *words)]


@pytest.fixture
def bounced(gateway):
    """post@blauw.test had no mailbox when a first contact came; another member has it."""
    with no_mailbox(gateway, "post@blauw.test"):
        word = asks(gateway)
        assert wait_until(lambda: failed(gateway, "--marked") == [("post@blauw.test", "permanent")], 20, 0.1), failed(gateway)
        gateway.mail.next(DAAN.address, wanted=lambda mail: mail.mentions(word))
    yield gateway
    for row in gateway.postern_json("address", "list"):
        gateway.postern("address", "clear", row["address"])


def test_a_bounce_marks_an_address_until_the_admin_clears_it(bounced):
    (entry,) = bounced.postern_json("address", "list", "-m", "-r", "@blauw.test")
    assert (entry["organisation"], entry["failures"], entry["merchant"]) == ("blauw", 1, None)
    assert "no such mailbox" in entry["reply"] and entry["last_at"].endswith("Z")
    (shown,) = bounced.postern_json("org", "show", "blauw")["failing"]
    assert shown.items() <= entry.items()
    assert b"no such mailbox" in bounced.postern("org", "show", "blauw").stdout
    assert reaches(bounced, DAAN.address)

    would = json.loads(bounced.postern("address", "clear", "--dry-run", "--json", "Post@Blauw.test").stdout)
    assert would == [entry] and failed(bounced) == [("post@blauw.test", "permanent")]
    assert bounced.postern("address", "clear", "@blauw.test").stdout == b"post@blauw.test cleared\n"
    assert not failed(bounced) and not bounced.postern_json("org", "show", "blauw")["failing"]
    assert reaches(bounced, "post@blauw.test")
    again = bounced.postern("address", "clear", "post@blauw.test", check=False)
    assert again.returncode == 1 and b"no mail came back from post@blauw.test" in again.stderr


def test_setting_the_address_anew_clears_it(bounced):
    bounced.postern("org", "set", "blauw", "notify", "post@blauw.test", "--dry-run")
    assert failed(bounced) == [("post@blauw.test", "permanent")]
    bounced.postern("org", "set", "blauw", "notify", "post@blauw.test")
    assert not failed(bounced)
    assert reaches(bounced, "post@blauw.test")


# ---- the queue ----

def outbox(gateway, *words):
    return gateway.postern_json("outbox", *words)


def test_a_mail_is_shown_as_its_reader_sees_it(gateway):
    word = asks(gateway)
    (row,) = [row for row in outbox(gateway, "list", "-r", "@blauw.test") if outbox(gateway, "show", str(row["id"]))["mail"]["subject"] == word]
    shown = outbox(gateway, "show", str(row["id"]))
    assert shown["kind"] == "lead" and word in shown["mail"]["text"] and shown["trouble"] is None
    assert f"subject  {word}" in gateway.postern("outbox", "show", str(row["id"])).stdout.decode()
    arrived = gateway.mail.next("post@blauw.test", wanted=lambda mail: mail.mentions(word))
    raw = gateway.postern("outbox", "show", "--raw", str(row["id"])).stdout
    assert f"Message-ID: <{row['message_id']}>".encode() in raw and arrived.message_id.strip("<>") == row["message_id"]


def test_what_came_back_is_sent_again_when_the_mailbox_is_there(bounced):
    rows = outbox(bounced, "list", "--state", "bounced", "--recipient", "@blauw.test")
    row, ids = rows[0], sorted(row["id"] for row in rows)
    assert row["bounced_at"] and outbox(bounced, "stats")["states"]["bounced"] >= len(rows)
    assert outbox(bounced, "retry", "--all", "-s", "bounced", "-r", "@blauw.test", "--dry-run") == ids
    assert outbox(bounced, "list", "--state", "bounced", "--recipient", "@blauw.test") == rows
    assert outbox(bounced, "retry", "-a", "-s", "bounced", "-r", "@blauw.test") == ids
    assert bounced.mail.next("post@blauw.test", wanted=lambda mail: mail.message_id.strip("<>") == row["message_id"])
    assert not failed(bounced), "its address is no longer marked"


def test_check_tells_of_marked_addresses_and_of_a_mailer_that_is_behind(bounced):
    def finding(name):
        done = bounced.postern("check", "--postfix-config", bounced.postfix.config, "--json", check=False)
        (found,) = [found for found in json.loads(done.stdout) if found["check"] == name]
        return found

    found = finding("mailer.addresses")
    assert found["level"] == "warning" and "from 1 address" in found["finding"]
    command = found["mend"].split(" (")[0].split()[1:]
    assert [row["address"] for row in bounced.postern_json(*command)] == ["post@blauw.test"]
    bounced.postern("address", "clear", "post@blauw.test")
    assert finding("mailer.addresses")["level"] == "ok" and finding("mailer.queue")["level"] == "ok"
