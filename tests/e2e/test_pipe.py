"""What no milter sees: sendmail(1), Postfix's own mail, and whatever is left over, by the pipe transport into `postern ingest`."""

import json
import os
import subprocess

import pytest

from harness.client import MIA, compose
from harness.gateway import Gateway
from harness.process import wait_until


class Intake:
    """Postfix and the milter, no mailer: what is taken, not what comes of it."""

    def __init__(self, gateway):
        self.gateway = gateway

    def start(self):
        self.gateway.prepare()
        self.gateway.milter.start()
        self.gateway.postfix.start()
        return self

    def sendmail(self, sender, recipients, raw):
        subprocess.run(["sendmail", "-C", self.gateway.postfix.config, "-oi", "-f", sender, "--", *recipients],
                       input=raw.replace(b"\r\n", b"\n"), check=True)

    def count(self):
        return self.gateway.rows("SELECT count(*) AS n FROM message")[0]["n"]

    def bounce(self, address=MIA.address):
        """The delivery status notification that comes next: its text."""
        return self.gateway.mail.next(address, wanted=lambda mail: mail.return_path == "").raw.decode("utf-8", "replace")


@pytest.fixture(scope="module", params=["", "unix:postern/milter.sock"], ids=["pipe alone", "non_smtpd_milters"])
def intake(request):
    """As shipped; and with non_smtpd_milters set, which it need not be and may be."""
    gateway = Gateway.scratch(postfix_settings={"non_smtpd_milters": request.param}, settings={"milter.max_message_size": "64K"})
    yield Intake(gateway).start()
    gateway.leave()


def mail_to(address, text="Could you help with our theme?"):
    return compose(MIA, address, "Our theme", text)


def test_submitted_mail_is_taken(intake):
    before = intake.count()
    intake.sendmail(MIA.address, ["acme@experts.test"], mail_to("acme@experts.test"))
    assert wait_until(lambda: intake.count() == before + 1, 10)


def test_submitted_mail_to_nobody_is_bounced_with_our_words(intake):
    intake.sendmail(MIA.address, ["nobody-here@experts.test"], mail_to("nobody-here@experts.test"))
    bounce = intake.bounce()
    assert "Status: 5.1.1" in bounce
    assert "There is no such expert here" in " ".join(bounce.split())


def test_submitted_mail_for_many_goes_its_ways(intake):
    before = intake.count()
    intake.sendmail(MIA.address, ["ghost@experts.test", "blauw@experts.test", "x@else.test"], mail_to("blauw@experts.test"))
    assert "ghost@experts.test" in intake.bounce()
    assert intake.gateway.mail.next("x@else.test")
    assert wait_until(lambda: intake.count() == before + 1, 10)


def test_too_large_mail_that_others_share_is_bounced_for_us_alone(intake):
    raw = mail_to("acme@experts.test", ("y" * 70 + "\n") * 1000)
    before = intake.count()
    outcome = intake.gateway.send(MIA.address, ["acme@experts.test", "large@else.test"], raw)
    assert outcome.accepted
    assert intake.gateway.mail.next("large@else.test")
    bounce = intake.bounce()
    assert "Status: 5.3.4" in bounce and "acme@experts.test" in bounce
    assert intake.count() == before


def test_broken_settings_keep_the_mail_in_the_queue(intake):
    """pipe(8) goes by the status code of the text: 4.3.5, though EX_CONFIG alone would be a bounce."""
    before = intake.count()
    conf = intake.gateway.conf
    raw = mail_to("lumiere@experts.test")
    os.rename(conf, conf + ".away")
    try:
        done = intake.gateway.ingest(MIA.address, "lumiere@experts.test", raw)
        assert done.returncode == 78
        assert done.stdout.startswith(b"4.3.5 ")
        if intake.gateway.postfix.settings["non_smtpd_milters"]:
            return  # the milter takes it before the pipe is asked
        intake.sendmail(MIA.address, ["lumiere@experts.test"], raw)
        assert wait_until(intake.gateway.postfix.queued, 10)
    finally:
        os.rename(conf + ".away", conf)
    assert wait_until(lambda: (intake.gateway.postfix.flush(), intake.count() == before + 1)[1], 20, pause=0.5)
    assert intake.gateway.mail.quiet(MIA.address, 0.5) is None


def test_mbox_line_is_no_part_of_the_mail(intake):
    before = intake.count()
    raw = b"From mia@mias-candles.test Sun Nov 22 10:00:00 2026\n" + mail_to("acme@experts.test", "exported")
    assert intake.gateway.ingest(MIA.address, "acme@experts.test", raw).returncode == 0
    assert intake.count() == before + 1
    last = intake.gateway.rows("SELECT author_address, subject FROM message ORDER BY id DESC LIMIT 1")[0]
    assert last == {"author_address": MIA.address, "subject": "Our theme"}


@pytest.mark.parametrize("sender", ["", "<>", "MAILER-DAEMON", "mailer-daemon"])
def test_null_sender_in_all_spellings(intake, sender):
    """A null sender starts no conversation; nobody is told, nothing is refused."""
    before = intake.count()
    done = intake.gateway.ingest(sender, "acme@experts.test", mail_to("acme@experts.test", f"from {sender!r}"))
    assert done.returncode == 0, done
    assert intake.count() == before


def test_all_recipients_or_none(intake):
    before = intake.count()
    raw = mail_to("acme@experts.test", "all or none")
    done = intake.gateway.ingest(MIA.address, ["acme@experts.test", "nobody-here@experts.test"], raw)
    assert done.returncode == 67
    assert done.stdout.startswith(b"5.1.1 nobody-here@experts.test: ")
    assert intake.count() == before
    assert intake.gateway.ingest(MIA.address, ["acme@experts.test", "blauw@experts.test"], raw).returncode == 0
    assert intake.count() == before + 2


@pytest.mark.parametrize("recipient, status, code", [
    ("nobody-here@experts.test", 67, b"5.1.1 "),
    ("wisla@experts.test", 77, b"5.2.1 "),
    ("somebody@elsewhere.test", 67, b"5.1.1 "),
    ("postmaster@experts.test", 67, b"5.1.1 "),
    ("-f@experts.test", 67, b"5.1.1 "),
    ("", 67, b"5.1.1 "),
    (b"acm\xe9@experts.test", 67, b"5.1.1 "),
])
def test_refusals_begin_with_their_status_code(intake, recipient, status, code):
    done = intake.gateway.ingest(MIA.address, [recipient], mail_to("acme@experts.test"))
    assert (done.returncode, done.stdout[:6]) == (status, code)
    assert done.stdout.count(b"\n") == 1 and done.stderr == b""


def test_json_says_the_same(intake):
    raw = mail_to("acme@experts.test", "for JSON")
    done = intake.gateway.postern("ingest", "--json", "-f", MIA.address, "acme@experts.test", input=raw,
                                  prefix=intake.gateway.user.prefix())
    assert json.loads(done.stdout) == {"taken": True, "status": "2.0.0", "text": "taken", "recipient": None, "exit": 0}
    done = intake.gateway.postern("ingest", "--json", "-f", MIA.address, "ghost@experts.test", input=raw, check=False,
                                  prefix=intake.gateway.user.prefix())
    assert json.loads(done.stdout)["status"] == "5.1.1" and done.returncode == 67


def test_too_large_is_a_data_error(intake):
    done = intake.gateway.ingest(MIA.address, "acme@experts.test", mail_to("acme@experts.test", "x" * 70_000))
    assert done.returncode == 65
    assert done.stdout.startswith(b"5.3.4 ")


@pytest.mark.parametrize("words", [["acme@experts.test"], ["-f", "a@b.test"], ["--nonsense"], ["-f"]])
def test_wrong_usage_is_64(intake, words):
    done = intake.gateway.postern("ingest", *words, input=b"", check=False)
    assert done.returncode == 64
    assert b"--help" in done.stderr
