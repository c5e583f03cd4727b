"""Mails a minute: whoever is over a limit waits for his turn, and nobody else does."""

import signal
import time

import pytest

from harness.client import MIA, Person
from harness.process import wait_until
from mailer_rig import LmtpSession, Relay, Rig, Session

MANY, RATE, BURST = 30, 240, 4
TEAM = "team@acme.test"


@pytest.fixture(params=[Session, LmtpSession], ids=["smtp", "lmtp"])
def rig(request):
    """Thirty merchants have written to acme, then one to another organisation; nothing is sent yet."""
    made = Rig({"mailer.recipient_rate": RATE, "mailer.recipient_burst": BURST})
    if request.param is LmtpSession:
        made.relay.close()
        made.relay = Relay(session=LmtpSession)
        made.settings["mailer.relay"] = f"lmtp:127.0.0.1:{made.relay.port}"
        made.write_settings()
    for number in range(MANY):
        made.request(f"This is number-{number:02}.", person=Person(f"Many {number}", f"many{number}@many.test"))
    made.request(person=MIA, to="blauw")
    yield made
    made.close()


def second_settings(rig):
    """For another mailer of the same database."""
    other = rig.place("other.conf")
    with open(rig.conf, encoding="utf-8") as file, open(other, "w", encoding="utf-8") as copy:
        copy.write(file.read().replace(rig.place("data", "wake"), rig.place("data", "wake2")))
    return other


def most_within(times, seconds):
    return max(len([at for at in times if 0 <= at - start <= seconds]) for start in times)


def test_one_address_is_spared_and_nobody_else_waits(rig):
    start = time.monotonic()
    for conf in (None, second_settings(rig)):
        rig.daemon(conf)
    assert wait_until(lambda: len(rig.relay.to(TEAM)) == MANY, 30)
    times = [taken.at for taken in rig.relay.to(TEAM)]
    # Due times are whole seconds: in a span there may be what another second at either end brings.
    for span in (0.5, 2, 4):
        assert most_within(times, span) <= BURST + RATE / 60 * (span + 2), span
    assert times[-1] - times[0] >= (MANY - BURST) * 60 / RATE - 1.5
    others = [taken for taken in rig.relay.taken if taken.recipient != TEAM]
    assert len(others) == MANY + 2, "a receipt each, and the other organisation's notice"
    assert max(taken.at for taken in others) - start < 3
    assert wait_until(lambda: set(rig.states()) == {"sent"}, 5)
    assert rig.rows("SELECT max(attempts) AS most FROM outbox") == [{"most": 0}], "waiting is no failure"
    assert len({taken.id for taken in rig.relay.taken}) == len(rig.relay.taken), "none twice"


def test_a_limit_taken_away_lets_go(rig):
    rig.write_settings(**{"mailer.recipient_rate": 1})
    process = rig.daemon()
    assert wait_until(lambda: len(rig.relay.taken) == MANY + 2 + BURST, 10)
    assert len(rig.relay.to(TEAM)) == BURST
    rig.write_settings(**{"mailer.recipient_rate": 0})
    process.send_signal(signal.SIGUSR1)
    assert wait_until(lambda: len(rig.relay.to(TEAM)) == MANY, 10)
    assert rig.rows("SELECT count(*) AS keys FROM pace") == [{"keys": 0}]
