"""The milter spoken to directly, without Postfix: what an MTA may do, in order, out of order, many at once, and cut off."""

import concurrent.futures
import ctypes
import ctypes.util
import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import time
import uuid

import pytest

import milter_client
from harness.gateway import Gateway
from harness.process import User, wait_until
from milter_client import Session

MIA, ACME, OTHER = "<mia@mias-candles.test>", "<acme@experts.test>", "<somebody@elsewhere.test>"


def make_mail(words="Could you help with our theme?", size=0, headers=b""):
    """A merchant's mail that is like no other."""
    filler = b"".join(b"%07d %s\r\n" % (n, b"x" * 64) for n in range(size // 74))
    return (b"Received: from shop.test by mx.experts.test;\r\n\tSun, 22 Nov 2026 10:00:00 +0000\r\n"
            b"From: Mia Jansen <mia@mias-candles.test>\r\nTo: acme@experts.test\r\nSubject: Our theme\r\n"
            b"Message-ID: <%s@mias-candles.test>\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\n%s\r\n%s\r\n"
            % (uuid.uuid4().hex.encode(), headers, words.encode())) + filler


class Milter:
    """A gateway of which only the milter runs."""

    def __init__(self, gateway):
        self.gateway, self.daemon, self.path = gateway, gateway.milter, gateway.socket

    def session(self, **keywords):
        return Session(self.path, **keywords)

    def send(self, raw, sender=MIA, recipients=(ACME,), *parameters, **keywords):
        with self.session() as session:
            return session.send(sender, recipients, raw, *parameters, **keywords)

    def count(self, table="message"):
        return self.gateway.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"]

    def last_raw(self):
        """The newest stored mail, byte for byte."""
        chunks = self.gateway.rows("SELECT size, data FROM raw_chunk WHERE raw_id = (SELECT max(id) FROM raw) ORDER BY seq")
        return b"".join(_decompress(chunk["data"], chunk["size"]) for chunk in chunks)

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.daemon.pid}/fd"))

    def log(self):
        with open(self.daemon.log, "rb") as file:
            return file.read().decode("utf-8", "replace")

    def settings(self, **changed):
        """Writes the settings file anew."""
        self.gateway.settings.update({name.replace("__", "."): value for name, value in changed.items()})
        os.unlink(self.gateway.conf)
        self.gateway._write_settings()

    def reload(self, number=signal.SIGUSR1):
        """Returns when the log says what became of it."""
        before = self.log().count("settings")
        os.kill(self.daemon.pid, number)
        assert wait_until(lambda: self.log().count("settings") > before, 10), self.log()

    def end(self):
        """However it was treated, it ends well, and a build with sanitizers has nothing to report."""
        if self.daemon.running():
            assert self.daemon.stop() == 0, self.log()
        assert not os.path.exists(self.daemon.log) or "Sanitizer" not in self.log(), self.log()

    def writers_turn(self):
        """The lock file that whoever writes must hold: as long as the test does, the milter cannot commit."""
        return _Turn(f"{self.gateway.database}-turn")


class _Turn:
    def __init__(self, path):
        self.path = path

    def __enter__(self):
        self.file = open(self.path, "ab")
        fcntl.flock(self.file, fcntl.LOCK_EX)
        return self

    def __exit__(self, *_):
        self.file.close()


def _decompress(data, size):
    """zstd, which Python 3.11 has not."""
    zstd = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
    zstd.ZSTD_decompress.restype = ctypes.c_size_t
    out = ctypes.create_string_buffer(size)
    assert zstd.ZSTD_decompress(out, ctypes.c_size_t(size), data, ctypes.c_size_t(len(data))) == size
    return out.raw


@pytest.fixture(scope="module")
def milter():
    gateway = Gateway.scratch(settings={"milter.max_message_size": "2M", "milter.spool_memory": "64K",
                                        "store.busy_timeout": "5s"})
    gateway.prepare()
    gateway.milter.start()
    running = Milter(gateway)
    yield running
    running.end()
    gateway.leave()


@pytest.fixture
def own(request):
    """A milter of the test's own: own(settings) starts one."""
    started = request.node.own_gateways = []

    def start(settings=None, ready=True):
        gateway = Gateway.scratch(settings={"store.busy_timeout": "5s", **(settings or {})})
        started.append(gateway)
        gateway.prepare()
        if ready:
            gateway.milter.start()
        return Milter(gateway)

    yield start
    for gateway in started:
        Milter(gateway).end()
        gateway.leave()


# ---- negotiation ----


def test_only_what_is_used_is_asked_for(milter):
    with milter.session() as session:
        assert session.actions == milter_client.DELETE_RECIPIENT
        wanted = (milter_client.NO_CONNECT | milter_client.NO_HELO | milter_client.NO_UNKNOWN | milter_client.NR_HEADER
                  | milter_client.NR_EOH | milter_client.LEADING_SPACE)
        assert session.steps & wanted == wanted
        answered = milter_client.NR_MAIL | milter_client.NR_RCPT | milter_client.NR_DATA | milter_client.NO_DATA
        assert not session.steps & answered
        assert sorted(filter(None, session.symbols.values())) == ["i", "i"]


def test_an_old_mta_is_served(milter):
    """Protocol 2, as Postfix speaks it with milter_protocol=2: no DATA, no leading space, an answer to each header."""
    raw = make_mail("An old MTA brings this.")
    with milter.session(version=2, steps=0x7F, actions=0x3F) as session:
        assert session.mail(MIA).kind == "continue"
        assert session.rcpt(ACME).kind == "continue"
        session.content(raw)
        assert session.end().kind == "discard"
    assert milter.last_raw() == raw


def test_an_mta_that_does_not_negotiate_is_served(milter):
    with milter.session(negotiate=False) as session:
        assert session.send(MIA, [ACME], make_mail()).final.kind == "discard"


# ---- verdicts ----


def test_taken_mail_is_discarded_and_stored_byte_for_byte(milter):
    raw = make_mail("Exactly this: \u2713 tabs\tand  blanks, a lone \r CR", headers=b"X-Odd:no space\r\nX-Empty:\r\nX-Two:  two\r\n")
    before = milter.count()
    assert milter.send(raw).final.kind == "discard"
    assert milter.count() == before + 1
    assert milter.last_raw() == raw


def test_mail_without_body_or_headers_is_a_mail(milter):
    for raw in (b"Subject: no body\r\nFrom: mia@mias-candles.test\r\n\r\n", b"\r\n\r\njust a body\r\n", b"\r\n\r\n"):
        assert milter.send(raw).final.kind == "discard"


def test_file_backed_mail_is_exact(milter):
    raw = make_mail(size=1_000_000)
    assert milter.send(raw).final.kind == "discard"
    assert milter.last_raw() == raw


def test_resent_mail_is_taken_once(milter):
    raw = make_mail()
    before = milter.count()
    assert milter.send(raw).final.kind == "discard"
    assert milter.send(raw, queue_id=None).final.kind == "discard"
    assert milter.count() == before + 1


def test_unknown_recipient_is_refused_at_rcpt(milter):
    outcome = milter.send(make_mail(), recipients=["<nobody-here@experts.test>"])
    assert outcome.recipients[0].text.startswith("550 5.1.1 ")
    assert outcome.data is None


def test_refused_and_taken_recipients_go_their_own_ways(milter):
    before = milter.count()
    outcome = milter.send(make_mail(), recipients=["<ghost@experts.test>", ACME, "<bare@experts.test>"])
    assert [answer.code for answer in outcome.recipients] == [550, 250, 550]
    assert outcome.final.kind == "discard"
    assert milter.count() == before + 1


def test_per_cent_signs_survive_the_refusal(own):
    """libmilter and Postfix want them doubled; the client takes one away as Postfix does."""
    milter = own()
    path = milter.gateway.place("more.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"organisations": [{"slug": "hundred", "name": "100%s Shops", "language": "en", "notify": "a@hundred.test",
                                      "services": ["migration"], "members": ["a@hundred.test"],
                                      "preferences": {"available": False}}]}, file)
    milter.gateway.postern("import", path)
    with milter.session() as session:
        session.mail(MIA)
        session.packet(b"R", b"<hundred@experts.test>\0")
        command, payload = session.read()
    assert command == b"y" and payload.startswith(b"550 5.2.1 100%%s Shops"), payload


def test_mail_for_others_is_let_go_at_data(milter):
    before = milter.count("raw")
    outcome = milter.send(make_mail(), recipients=[OTHER, "<postmaster@experts.test>"])
    assert [answer.kind for answer in outcome.recipients] == ["continue", "continue"]
    assert outcome.data.kind == "accept"
    assert milter.count("raw") == before


def test_shared_mail_loses_ours_exactly_as_given(milter):
    before = milter.count()
    given = ["<ACME@Experts.Test>", OTHER, "<blauw@experts.test>"]
    outcome = milter.send(make_mail(), recipients=given)
    assert outcome.final.kind == "accept"
    assert outcome.deleted == [b"<ACME@Experts.Test>", b"<blauw@experts.test>"]
    assert milter.count() == before + 2


def test_recipient_given_twice_is_one(milter):
    before = milter.count()
    outcome = milter.send(make_mail(), recipients=[ACME, "<Acme@experts.test>", '<"acme"@experts.test>', OTHER])
    assert outcome.final.kind == "accept"
    assert len(outcome.deleted) == 3
    assert milter.count() == before + 1


def test_hundred_recipients_are_taken_and_the_next_asked_to_come_back(milter):
    outcome = milter.send(make_mail(), recipients=[ACME] * 100 + ["<blauw@experts.test>", OTHER])
    assert [answer.code for answer in outcome.recipients] == [250] * 100 + [452, 250]
    assert outcome.recipients[100].text.startswith("452 4.5.3 ")
    assert outcome.final.kind == "accept" and len(outcome.deleted) == 100


def test_null_sender_is_taken(milter):
    assert milter.send(make_mail(), sender="<>").final.code == 250


def test_submitted_mail_is_never_refused_at_rcpt(milter):
    """A queue id at MAIL is the mark of mail that did not come by SMTP: refusals are left to the pipe."""
    outcome = milter.send(make_mail(), recipients=["<nobody-here@experts.test>"], queue_id="4SUBMITTED")
    assert outcome.recipients[0].kind == "continue"
    assert outcome.data.kind == "accept"
    outcome = milter.send(make_mail(), recipients=["<ghost@experts.test>", ACME], queue_id="4SUBMITTED")
    assert outcome.final.kind == "accept"
    assert outcome.deleted == [ACME.encode()]


def test_mailer_is_woken_once_the_mail_is_stored(own):
    milter = own()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as mailer:
        path = milter.gateway.place("data", "wake")
        mailer.bind(path)
        os.chmod(path, 0o666)
        mailer.settimeout(10)
        assert milter.send(make_mail()).final.kind == "discard"
        assert mailer.recv(16)
        assert milter.count("outbox") >= 1


# ---- size ----


def test_too_large_mail_is_refused_at_its_end(milter):
    before = milter.count("raw")
    outcome = milter.send(make_mail(size=2_200_000))
    assert outcome.final.text.startswith("552 5.3.4 ")
    assert milter.count("raw") == before


def test_declared_size_is_refused_at_rcpt(milter):
    outcome = milter.send(make_mail(), MIA, [ACME], "BODY=8BITMIME", "SIZE=2097153")
    assert outcome.recipients[0].text.startswith("552 5.3.4 ")
    assert milter.send(make_mail(), MIA, [ACME], "SIZE=2097152").final.kind == "discard"


def test_too_large_shared_mail_goes_to_the_others(milter):
    """Ours stays in the envelope: the pipe refuses it, and Postfix tells the sender."""
    outcome = milter.send(make_mail(size=2_200_000), recipients=[ACME, OTHER])
    assert outcome.final.kind == "accept"
    assert outcome.deleted == []


# ---- sessions ----


def test_one_connection_brings_many_mails(milter):
    before = milter.count()
    with milter.session() as session:
        for n in range(20):
            assert session.send(MIA, [ACME], make_mail(f"number {n}")).final.kind == "discard"
            assert session.send(MIA, [OTHER], make_mail()).data.kind == "accept"
            assert session.send(MIA, ["<ghost@experts.test>"], make_mail()).recipients[0].code == 550
    assert milter.count() == before + 20


def abort_after(session, stage):
    session.mail(MIA)
    if stage == "mail":
        return
    session.rcpt(ACME)
    if stage == "rcpt":
        return
    session.data()
    if stage == "data":
        return
    session.header("Subject", " cut off")
    session.end_of_headers()
    if stage == "header":
        return
    session.body(b"x" * 200_000)


STAGES = ["mail", "rcpt", "data", "header", "body"]


def test_aborted_mail_leaves_nothing(milter):
    before = milter.count("raw")
    with milter.session() as session:
        for stage in STAGES:
            abort_after(session, stage)
            session.abort()
        assert milter.count("raw") == before
        assert session.send(MIA, [ACME], make_mail()).final.kind == "discard"


def test_dropped_connection_leaves_nothing(milter):
    milter.send(make_mail())
    before, descriptors = milter.count("raw"), milter.descriptors()
    for stage in STAGES * 4:
        session = milter.session()
        abort_after(session, stage)
        session.socket.close()
    assert wait_until(lambda: milter.descriptors() <= descriptors, 10), milter.descriptors()
    assert milter.count("raw") == before
    assert milter.send(make_mail()).final.kind == "discard"


@pytest.mark.parametrize("pause", [0, 0.3])
def test_connection_dropped_at_the_end_is_stored_once_after_all(milter, pause):
    """With the pause the mail is being committed when the MTA goes; without it libmilter may see the end of the connection first.
    The sender, who heard nothing, comes again."""
    raw = make_mail()
    before = milter.count()
    with milter.writers_turn():
        session = milter.session()
        session.envelope(MIA, [ACME])
        session.data()
        session.content(raw)
        session.packet(b"E")
        time.sleep(pause)
        session.socket.close()
    assert milter.send(raw).final.kind == "discard"
    assert milter.count() == before + 1


def test_packets_out_of_order_are_harmless(milter):
    for commands in (b"E", b"B", b"N", b"T", b"R", b"A", b"AA", b"MM", b"ME", b"MB", b"MT", b"MTE", b"MRRT", b"MRE", b"MRTE",
                     b"MRTBE", b"MRTEE", b"MRTEBE", b"KM", b"QM", b"CM", b"OM", b"Z", b"MRTL", b"U"):
        session = milter.session(timeout=1)
        try:
            for command in commands:
                payload = {"M": b"<a@b.test>\0", "R": ACME.encode() + b"\0", "B": b"x", "L": b"A\0b\0",
                           "O": b"\0\0\0\6" + b"\xff" * 8}.get(chr(command), b"")
                session.packet(bytes([command]), payload)
        except OSError:
            pass
        session.socket.close()
    for payload in (b"", b"no end", b"\0", b"<a@b.test>"):  # not what MAIL, RCPT and headers look like
        for command in (b"M", b"R", b"L", b"D", b"O"):
            session = milter.session(timeout=1)
            try:
                session.packet(command, payload)
            except OSError:
                pass
            session.socket.close()
    assert milter.send(make_mail()).final.kind == "discard"


def test_64_sessions_at_once(milter):
    before = milter.count()

    def work(number):
        with milter.session() as session:
            return [session.send(MIA, [ACME], make_mail(f"{number} {n}")).final.kind for n in range(5)]

    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        kinds = [kind for result in pool.map(work, range(64)) for kind in result]
    assert kinds == ["discard"] * 320
    assert milter.count() == before + 320


def test_slow_sessions_block_nobody(milter):
    """Some stop in the middle of a mail, some in the middle of a packet."""
    slow = [milter.session() for _ in range(12)]
    for n, session in enumerate(slow):
        abort_after(session, "header")
        if n % 2:
            session.socket.sendall(b"\0\0\1\0Bhalf a packet")
    begun = time.monotonic()
    for _ in range(10):
        assert milter.send(make_mail()).final.kind == "discard"
    assert time.monotonic() - begun < 5
    for n, session in enumerate(slow):
        if not n % 2:
            session.body(b"late\r\n")
            assert session.end().kind == "discard"
        session.close()


# ---- hostile bytes ----


def test_invalid_bytes_are_taken(milter):
    raw = make_mail(headers=b"X-Bad: \xff\xfe\x80\r\nSubject: \xe9t\xe9\r\nFrom: \"\xf0\" <a\xff@b.test>\r\n") + bytes(range(256)) * 20
    assert milter.send(raw, sender=b"<m\xefa@mias-candles.test>").final.kind == "discard"
    assert milter.last_raw() == raw


def test_invalid_bytes_in_recipients_are_answered(milter):
    for recipient in (b"<acm\xe9@experts.test>", b"<\xff\xff\xff>", b"<>", b"<", b"", b"<@>", b"<@a,@b:acme@experts.test>",
                      b"<" + b"a" * 5000 + b"@experts.test>", b"<r+" + b"a" * 60 + b"@experts.test>", b"<acme@experts.test",
                      b"<\"\"@experts.test>", b"<\"a@b\"@experts.test>", b"<acme@experts.test\x01>", b"<%s%n@experts.test>"):
        outcome = milter.send(make_mail(), recipients=[recipient])
        assert outcome.recipients[0].kind in ("continue", "reply"), recipient
        assert outcome.recipients[0].code in (250, 550), (recipient, outcome.recipients[0])
    assert milter.send(make_mail(), recipients=[b"<@a,@b:acme@experts.test>"]).final.kind == "discard"


def test_nuls_are_kept(milter):
    raw = make_mail() + b"\0a\0\0b\0\r\n"
    assert milter.send(raw).final.kind == "discard"
    assert milter.last_raw() == raw


@pytest.mark.parametrize("length", [60_000, 100_000, 102_400])
def test_long_header_is_taken(milter, length):
    """Above libmilter's own 64 KB too: Postfix's default header_size_limit is 102,400."""
    raw = make_mail(headers=b"X-Long: " + b"abcdefg " * (length // 8) + b"\r\n")
    assert milter.send(raw).final.kind == "discard"
    assert milter.last_raw() == raw


def test_many_headers_are_taken(milter):
    raw = make_mail(headers=b"".join(b"X-%d: %d\r\n" % (n, n) for n in range(5000)))
    assert milter.send(raw).final.kind == "discard"


# ---- the log ----


def test_one_line_tells_of_a_mail(milter):
    with milter.session() as session:
        session.mail(MIA)
        session.rcpt(ACME)
        session.data("4LOGLINE")
        session.content(make_mail())
        session.end()
    lines = [line for line in milter.log().splitlines() if "queue_id=4LOGLINE" in line and " mail " in line]
    assert len(lines) == 1
    for word in ("verdict=taken", "recipients=1", "others=0", "sender=mia@mias-candles.test"):
        assert word in lines[0]
    assert re.search(r"bytes=\d+ ms=\d+\.\d", lines[0])


def test_hostile_words_forge_no_log_line(milter):
    milter.send(make_mail(), recipients=[b"<x\nmail queue_id=FORGED verdict=taken@experts.test>"])
    assert not any(line.startswith("mail queue_id=FORGED") for line in milter.log().splitlines())


# ---- trouble ----


def test_busy_store_defers_and_writes_nothing(own):
    milter = own({"store.busy_timeout": "1s"})
    raw = make_mail()
    with milter.writers_turn():
        outcome = milter.send(raw)
    assert outcome.final.text.startswith("451 4.3.0 ")
    assert milter.count("raw") == 0
    assert milter.send(raw).final.kind == "discard"
    assert milter.count() == 1


def test_unusable_spool_defers(own):
    milter = own({"milter.spool_memory": "1K"})
    spool = milter.gateway.place("data", "spool")
    os.rename(spool, spool + ".gone")
    outcome = milter.send(make_mail(size=5000))
    assert outcome.final.text.startswith("451 4.3.0 ")
    os.rename(spool + ".gone", spool)
    assert milter.send(make_mail(size=5000)).final.kind == "discard"


# ---- ending, reloading ----


def test_mail_in_flight_is_answered_before_the_end(own):
    milter = own()
    session, late = milter.session(), milter.session()
    with milter.writers_turn():
        abort_after(session, "header")
        session.body(b"in flight\r\n")
        session.packet(b"E")
        milter.daemon.process.terminate()
        assert wait_until(lambda: "ending" in milter.log(), 10)
        answer = late.mail(MIA)
        assert answer.text.startswith("451 4.3.2 ")
        with milter.session() as newcomer:
            assert newcomer.mail(MIA).code == 451
        assert milter.daemon.running()
    assert session.answer([]).kind == "discard"
    assert milter.daemon.process.wait(10) == 0
    assert milter.count() == 1
    assert not os.path.exists(milter.path)


def test_mail_that_has_not_reached_data_does_not_hold_up_the_end(own):
    milter = own()
    with milter.session() as session:
        abort_after(session, "rcpt")
        begun = time.monotonic()
        assert milter.daemon.stop() == 0
        assert time.monotonic() - begun < 5


def test_no_signal_goes_to_libmilter(own):
    """Its own thread would end it without a drain: that one starts late, so the first moments count, and many signals at once."""
    milter = own()
    for _ in range(10):
        assert milter.daemon.stop() == 0, milter.log()
        milter.daemon.start()
    for _ in range(200):
        os.kill(milter.daemon.pid, signal.SIGHUP)
    assert milter.send(make_mail()).final.kind == "discard"
    assert "ended by itself" not in milter.log()


def test_sigint_ends_as_sigterm_does(own):
    milter = own()
    session = milter.session()
    with milter.writers_turn():
        abort_after(session, "header")
        session.packet(b"E")
        os.kill(milter.daemon.pid, signal.SIGINT)
        assert wait_until(lambda: "ending" in milter.log(), 10)
    assert session.answer([]).kind == "discard"
    assert milter.daemon.process.wait(10) == 0


def test_killed_milter_comes_back_over_its_stale_socket(own):
    milter = own()
    milter.daemon.kill()
    assert os.path.exists(milter.path)
    milter.daemon.start()
    assert milter.send(make_mail()).final.kind == "discard"


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGHUP])
def test_reload_takes_new_settings_and_keeps_sessions(own, number):
    milter = own()
    with milter.session() as session:
        assert session.send(MIA, [ACME], make_mail(size=100_000)).final.kind == "discard"
        session.mail(MIA)  # begun under the old settings
        milter.settings(milter__max_message_size="64K")
        milter.reload(number)
        assert session.rcpt(ACME).kind == "continue"
        session.data()
        session.content(make_mail(size=100_000))
        assert session.end().kind == "discard"
        assert session.send(MIA, [ACME], make_mail(size=100_000)).final.code == 552
    assert milter.daemon.running()


def test_bad_settings_are_not_taken(own):
    milter = own()
    milter.settings(milter__max_message_size="lots")
    milter.reload()
    assert "the old ones stay" in milter.log()
    assert milter.send(make_mail(size=100_000)).final.kind == "discard"


def test_settings_that_need_a_restart_are_named(own):
    milter = own()
    milter.settings(milter__parsers="3")
    milter.reload()
    assert re.search(r"next start.*setting=milter.parsers running=2 file=3", milter.log())


def test_reloads_under_load_lose_nothing(own):
    milter = own()

    def work(number):
        with milter.session() as session:
            return [session.send(MIA, [ACME], make_mail(f"{number} {n}")).final.kind for n in range(40)]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        results = [pool.submit(work, number) for number in range(8)]
        for _ in range(20):
            milter.reload()
        kinds = [kind for result in results for kind in result.result()]
    assert kinds == ["discard"] * 320
    assert milter.count() == 320


# ---- starting ----


def run_milter(milter, *words, environment=None):
    return subprocess.run([*milter.gateway.user.prefix(), milter.gateway.place("bin", "postern-milter"), *words],
                          capture_output=True, text=True, timeout=30, check=False, env={**os.environ, **(environment or {})})


def test_second_milter_is_refused(milter):
    done = run_milter(milter, "-c", milter.gateway.conf)
    assert done.returncode == 1
    assert "another milter listens" in done.stderr
    assert milter.send(make_mail()).final.kind == "discard"


@pytest.mark.parametrize("settings, words", [
    ({"store.keys": "/nonexistent/keys"}, "/nonexistent/keys"),
    ({"store.database": "sqlite:/nonexistent/postern.db"}, "/nonexistent:"),
    ({"milter.spool_directory": "/nonexistent/spool"}, "/nonexistent/spool"),
    ({"milter.socket": "unix:/nonexistent/milter.sock"}, "install -d"),
    ({"milter.parsers": "none"}, "parsers"),
])
def test_broken_environment_is_fatal_at_the_start(milter, tmp_path, settings, words):
    path = milter.gateway.place("broken.conf")
    with open(path, "w", encoding="utf-8") as file:
        from harness.gateway import settings_text
        file.write(settings_text({**milter.gateway.all_settings(), **settings}))
    done = run_milter(milter, "-c", path)
    assert done.returncode == 1
    assert words in done.stderr


def test_missing_settings_file_is_named(milter):
    done = run_milter(milter, "--config", "/nonexistent/postern.conf")
    assert done.returncode == 1
    assert "/nonexistent/postern.conf" in done.stderr


def test_wrong_usage_is_two(milter):
    for words in (["--nonsense"], ["word"], ["-c"]):
        done = run_milter(milter, *words)
        assert done.returncode == 2
        assert "--help" in done.stderr
    assert run_milter(milter, "--version").stdout.startswith("postern-milter ")
    assert "SIGUSR1" in run_milter(milter, "--help").stdout


def test_descriptors_are_as_many_as_may_be(own):
    """libmilter spins in accept() when they run out."""
    milter = own(ready=False)
    milter.daemon.command = ["prlimit", "--nofile=256:2048", *milter.daemon.command]
    milter.daemon.start()
    with open(f"/proc/{milter.daemon.pid}/limits", encoding="ascii") as file:
        assert re.search(r"Max open files +2048 +2048", file.read())


def test_socket_from_the_service_manager_is_taken(own):
    milter = own(ready=False)
    path = milter.gateway.place("run", "passed.sock")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    os.chmod(path, 0o666)
    # LISTEN_PID is the process that execs; the descriptor has to be 3.
    inner = [*milter.gateway.user.prefix(), *milter.daemon.command]
    shell = 'eval "exec 3<&$0"; export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@"'
    process = subprocess.Popen(["bash", "-c", shell, str(listener.fileno()), *inner], pass_fds=[listener.fileno()],
                               stderr=subprocess.PIPE, text=True)
    listener.close()
    try:
        with Session(path) as session:
            assert session.send(MIA, [ACME], make_mail()).final.kind == "discard"
        assert not os.path.exists(milter.path)
    finally:
        process.terminate()
        assert process.wait(10) == 0
        process.stderr.close()
    assert os.path.exists(path)


def test_socket_is_for_its_group_only(milter):
    status = os.stat(milter.path)
    assert status.st_mode & 0o777 == 0o660
    assert status.st_gid == milter.gateway.user.groups[0]
    assert isinstance(milter.gateway.user, User)
