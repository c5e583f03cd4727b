#!/usr/bin/python3
"""How long a merchant's first mail takes to become the organisation's notification, on an idle machine.

Usage: latency.py [MAILS]. One mail after the other, each in an SMTP session of its own, each from a merchant who writes for
the first time. Three clocks, from the moment the merchant's server connects: our answer to the data (it is on the disk
then), the notification handed to Postfix (its Received: header's queue file is made then; bounded from above by the start of
Postfix's delivery of it), and what a plain mail through the same Postfix takes to get that far.
"""

import os
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

from harness import postfix  # noqa: E402
from harness.client import Person, compose  # noqa: E402
from harness.gateway import Gateway  # noqa: E402
from harness.process import wait_until  # noqa: E402


def delivered(mail):
    """When its delivery began: the Maildir writer names files by that moment."""
    return float(".".join(os.path.basename(mail.path).split(".")[:2]))


def measure(gateway, person, to, box):
    raw = compose(person, to, f"Request of {person.name}", f"A request of {person.address}.\n" + "Some more words. " * 40 + "\n")
    start = time.time()
    outcome = gateway.send(person.address, to, raw)
    answered = time.time()
    if not outcome.accepted:
        raise SystemExit(f"refused: {outcome}")
    mail = gateway.mail.next(box, 20)
    return answered - start, delivered(mail) - start


def line(what, seconds):
    seconds = sorted(seconds)
    return (f"{what:48} median {statistics.median(seconds) * 1000:6.1f} ms   "
            f"95 of 100 {seconds[int(len(seconds) * 0.95)] * 1000:6.1f} ms   worst {seconds[-1] * 1000:6.1f} ms")


def main():
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    trouble = postfix.available()
    if trouble:
        print(f"latency: skipped: {trouble}")
        return 77
    people = [Person(f"Merchant {n}", f"merchant{n}@bench.test") for n in range(number)]
    with Gateway.scratch(settings={"market.overview_interval": "1h"}) as gateway:
        gateway.add_merchants(*people)
        plain = [measure(gateway, person, "friend@elsewhere.test", "friend@elsewhere.test")[1] for person in people[:50]]
        pairs = []
        for person in people:
            pairs.append(measure(gateway, person, gateway.address("acme"), "team@acme.test"))
            # The acknowledgement to the merchant is work too; let it end, so that the machine is idle.
            wait_until(lambda box=person.address: gateway.mail.count(box), 10)
    print(line("a plain mail through the same Postfix", plain))
    print(line(f"{number} first contacts: our 250 (committed)", [pair[0] for pair in pairs]))
    print(line(f"{number} first contacts: notification with Postfix", [pair[1] for pair in pairs]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
