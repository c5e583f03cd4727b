"""Hostile mails: what goes out stays well formed, the gateway stays up, and a refusal is a clear one."""

import re
import time

import pytest

from harness import client
from harness.client import ANNA, MIA, Person, compose, reply, wire


@pytest.fixture(autouse=True)
def still_alive(gateway):
    yield
    assert gateway.milter.running() and gateway.mailer.running()
    marker = f"alive-{time.time_ns()}"
    person = Person("Alive", f"{marker}@alive.test")
    to = gateway.address("acme")
    assert gateway.send(person.address, to, compose(person, to, "Alive?", f"Are you {marker}?\n")).accepted
    assert gateway.mail.next("team@acme.test", wanted=lambda mail: mail.mentions(marker))


def raw_mail(headers, body="Some words.\n"):
    lines = [f"From: {MIA.mailbox}", "To: acme@experts.test", f"Message-ID: {client.message_id('hostile.test')}",
             "Date: Sun, 22 Nov 2026 05:00:00 +0000"]
    names = {header.partition(":")[0].lower() for header in headers}
    lines = [line for line in lines if line.partition(":")[0].lower() not in names]
    return wire("\n".join(lines + list(headers)) + "\n\n" + body)


def to_acme(gateway, raw, sender="somebody@hostile.test"):
    return gateway.send(sender, gateway.address("acme"), raw)


INJECTED = ["=?utf-8?q?Hi=0D=0ABcc:_victim@injected.test?=", "=?utf-8?q?Hi=0ABcc:_victim@injected.test?=",
            "Hi\r Bcc: victim@injected.test", "=?utf-8?b?SGkNCkJjYzogdmljdGltQGluamVjdGVkLnRlc3QNCg0KPGI+?="]


@pytest.mark.parametrize("value", INJECTED)
@pytest.mark.parametrize("header", ["Subject", "From"])
def test_nothing_injects_a_header(gateway, header, value):
    number = time.time_ns()
    person = Person("Hos Tile", f"h{number}@hostile.test")
    line = f"Subject: {value}" if header == "Subject" else f"From: {value} <{person.address}>"
    mine = [line] if header == "From" else [line, f"From: {person.mailbox}"]
    outcome = to_acme(gateway, raw_mail(mine, f"Injection number {number}.\n"), person.address)
    assert outcome.accepted, outcome
    notice = gateway.mail.next("team@acme.test", wanted=lambda mail: mail.mentions(str(number)))
    assert notice.header("Bcc") is None and len(notice.headers("Subject")) == len(notice.headers("From")) == 1
    assert not re.search(rb"(?m)^Bcc:", notice.raw.partition(b"\n\n")[0])
    if header == "From" and "\r" in value:
        return  # whom that is from is anybody's guess
    answer = reply(ANNA, notice, f"An answer to {number}.", "apple")
    assert gateway.send(ANNA.address, *answer).accepted
    got = gateway.mail.next(person.address, wanted=lambda mail: mail.mentions(f"answer to {number}"))
    assert got.header("Bcc") is None
    assert gateway.mail.count("victim@injected.test") == 0


def test_a_file_name_injects_nothing(gateway):
    raw = compose(MIA, "acme@experts.test", "File name", "See file-name-attack.\n", files=[("x.txt", "text/plain", b"x")])
    raw = raw.replace(b'filename="x.txt"', b"filename*=utf-8''a%0D%0ABcc%3A%20victim%40injected.test%2F..%2F..%2Fetc%2Fpasswd")
    assert to_acme(gateway, raw).accepted
    notice = gateway.mail.next("team@acme.test", wanted=lambda mail: mail.mentions("file-name-attack"))
    assert b"\nBcc" not in notice.raw
    assert all("/" not in name and "\n" not in name for name, _, _ in notice.files)


def test_html_of_a_mail_is_not_our_html(gateway):
    raw = compose(MIA, "acme@experts.test", "<script>alert(1)</script>", "Some <script>alert(2)</script> script-words.\n",
                  html_text="<p>script-words</p><script>alert(3)</script><img src='https://tracker.test/x.gif'>")
    assert to_acme(gateway, raw).accepted
    notice = gateway.mail.next("team@acme.test", wanted=lambda mail: mail.mentions("script-words"))
    assert "<script" not in notice.html.lower() and "tracker.test" not in notice.html


def test_a_thousand_recipients(gateway):
    """Ours once each, others delivered; a name that is written twice is one recipient."""
    person = Person("Thou Sand", "thou@sand.test")
    ours = [gateway.address("acme"), gateway.address("blauw")]
    recipients = ours + [f"reader{number}@thousand.test" for number in range(20)]
    recipients += [gateway.address(f"nobody{number}") for number in range(1000 - len(recipients))]
    raw = compose(person, "undisclosed-recipients:;", "To a thousand", "A thousand-fold greeting.\n")
    start = time.monotonic()
    outcome = gateway.send(person.address, recipients, raw)
    assert outcome.accepted and time.monotonic() - start < 60
    codes = [outcome.recipients[name][0] for name in recipients]
    assert codes[:22] == [250] * 22 and set(codes[22:]) == {550}
    for box in ("team@acme.test", "post@blauw.test", "reader0@thousand.test", "reader19@thousand.test"):
        assert gateway.mail.next(box, 20, lambda mail: mail.mentions("thousand-fold"))


@pytest.mark.parametrize("size", [9_000, 59_000, 70_000, 99_000, 200_000])
def test_a_huge_header_is_taken_or_refused_but_never_deferred_for_ever(gateway, size):
    marker = f"huge-{size}"
    raw = raw_mail([f"Subject: {marker}", "X-Long: " + "x" * 900 + ("\n " + "y" * 900) * (size // 900)], f"Words of {marker}.\n")
    outcome = to_acme(gateway, raw)
    assert outcome.code == 250 or 500 <= outcome.code < 600, outcome
    if outcome.accepted:
        assert gateway.mail.next("team@acme.test", wanted=lambda mail: mail.mentions(marker))


def test_thousands_of_headers(gateway):
    many = [f"X-Number-{number}: {number}" for number in range(5000)]
    raw = raw_mail(["Subject: many headers", *many], "Words of many-headers.\n")
    outcome = to_acme(gateway, raw)
    assert outcome.code == 250 or 500 <= outcome.code < 600, outcome


def test_deep_group_recursion_in_from(gateway):
    """`a:` 41,000 times overflows a parser's 8 MB stack."""
    for header in ("From: " + "a:" * 20_000, "From: " + "a:" * 41_000, "To: " + "(" * 30_000):
        outcome = to_acme(gateway, raw_mail([header, "Subject: deep"], "Words.\n"))
        assert outcome.code == 250 or 500 <= outcome.code < 600, outcome


def nested(depth):
    head, tail = "", ""
    for level in range(depth):
        head += f"Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n"
        tail = f"\n--b{level}--\n" + tail
    return head + "Content-Type: text/plain\n\nThe kernel of nested-parts.\n" + tail


@pytest.mark.parametrize("depth", [10, 100, 1000])
def test_nested_parts(gateway, depth):
    head, _, body = nested(depth).partition("\n\n")
    start = time.monotonic()
    outcome = to_acme(gateway, raw_mail([f"Subject: nested {depth}", "MIME-Version: 1.0", head], body))
    assert outcome.code == 250 or 500 <= outcome.code < 600, outcome
    assert time.monotonic() - start < 10


def test_many_parameters(gateway):
    head = "Content-Type: text/plain" + "".join(f";\n p{number}=v" for number in range(32_000))
    start = time.monotonic()
    outcome = to_acme(gateway, raw_mail(["Subject: parameters", "MIME-Version: 1.0", head]))
    assert outcome.code == 250 or 500 <= outcome.code < 600, outcome
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("length", [70, 71, 72])
def test_the_parameter_name_that_hangs_a_serialiser(gateway, length):
    marker = f"parameter-{length}"
    head = f"Content-Type: application/octet-stream; {'n' * length}=value; name=x.bin"
    body = f"--b\nContent-Type: text/plain\n\nWords of {marker}.\n--b\n{head}\nContent-Disposition: attachment\n\nabc\n--b--\n"
    raw = raw_mail([f"Subject: {marker}", "MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b"], body)
    assert to_acme(gateway, raw).accepted
    assert gateway.mail.next("team@acme.test", wanted=lambda mail: mail.mentions(marker))


def test_nul_and_other_bytes(gateway):
    raw = raw_mail(["Subject: nul-bytes \x01\x1b[31m"], "Words of nul-bytes.\n").replace(b"Words", b"W\x00ords \x1b[2J\xff\xfe")
    outcome = to_acme(gateway, raw)
    assert outcome.code == 250 or 500 <= outcome.code < 600, outcome
    if outcome.accepted:
        notice = gateway.mail.next("team@acme.test", wanted=lambda mail: mail.mentions("nul-bytes"))
        assert b"\x00" not in notice.raw and b"\x1b" not in notice.raw
        assert "\x1b" not in notice.text and "\x1b" not in notice.subject
        shown = gateway.postern("conversation", "list").stdout
        assert b"\x1b" not in shown, "nothing steers the admin's terminal"


def test_no_headers_at_all_and_no_body(gateway):
    for raw in (b"just a line\r\n", b"\r\n", b"Subject: x\r\n\r\n", b"\r\nbody only\r\n", b": \r\n\r\nx\r\n"):
        outcome = to_acme(gateway, raw, f"bare{len(raw)}@hostile.test")
        assert outcome.code == 250 or 500 <= outcome.code < 600, (raw, outcome)


def test_sender_addresses_that_are_no_addresses(gateway):
    for sender in ('"quo ted"@hostile.test', "a+b=c/d@hostile.test", "UPPER@HOSTILE.TEST", "x" * 60 + "@hostile.test"):
        raw = compose(Person("Odd One", "odd@hostile.test"), "acme@experts.test", "Odd", f"Odd sender {len(sender)}.\n")
        outcome = to_acme(gateway, raw, sender)
        assert outcome.code == 250 or 500 <= outcome.code < 600, (sender, outcome)


def test_a_session_that_breaks_off_leaves_nothing(gateway):
    before = gateway.rows("SELECT count(*) AS n FROM raw")[0]["n"]
    session = client.smtplib.SMTP(*gateway.server)
    session.ehlo("client.test")
    session.mail("broken@off.test")
    session.rcpt(gateway.address("acme"))
    session.docmd("DATA")
    session.sock.sendall(b"Subject: broken off\r\n\r\nhalf a li")
    session.sock.close()
    time.sleep(0.3)
    assert gateway.rows("SELECT count(*) AS n FROM raw")[0]["n"] == before


def test_several_mails_in_one_session_do_not_mix(gateway):
    with client.smtplib.SMTP(*gateway.server, local_hostname="client.test") as session:
        session.ehlo()
        for number in range(5):
            person = Person(f"Turn {number}", f"turn{number}@session.test")
            to = gateway.address(["acme", "ghost", "blauw"][number % 3])
            outcome = client.transaction(session, person.address, [to], compose(person, to, "Turn", f"It is turn-{number}.\n"))
            assert outcome.accepted == (number % 3 != 1), outcome
    for number, box in ((0, "team@acme.test"), (2, "post@blauw.test"), (3, "team@acme.test")):
        notice = gateway.mail.next(box, wanted=lambda mail: mail.mentions(f"turn-{number}"))
        assert not any(notice.mentions(f"turn-{other}") for other in range(5) if other != number)
