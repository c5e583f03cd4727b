"""The mailer alone: a database, `postern ingest` to fill it, and a relay of ours that remembers what it was given.

No Postfix and no milter: what the mailer does with a relay that hangs, refuses or dies is easier to see here.
"""

import contextlib
import email
import email.policy
import os
import shutil
import signal
import socketserver
import subprocess
import tempfile
import threading
import time

from harness.client import MIA, compose
from harness.gateway import PROGRAMS, TOP, Gateway, build_folder, settings_text
from harness.process import wait_until


class Taken:
    """A mail that the relay has got."""

    def __init__(self, sender, recipient, raw):
        self.sender, self.recipient, self.raw, self.at = sender, recipient, raw, time.monotonic()
        self.mail = email.message_from_bytes(raw, policy=email.policy.default)

    @property
    def id(self):
        return self.mail["Message-ID"]

    @property
    def text(self):
        return self.mail.get_body(("plain",)).get_content().replace("\r\n", "\n")


class Session(socketserver.StreamRequestHandler):
    hello, features = "EHLO", ("PIPELINING",)

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")
        self.wfile.flush()

    def data(self):
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                return b"".join(lines)
            lines.append(line[1:] if line.startswith(b".") else line)
        return None

    def other(self, line):
        self.say("250 ok" if line.strip().upper() == b"RSET" else "502 what")

    def handle(self):
        relay = self.server.relay
        relay.sessions += 1
        sender = recipient = None
        self.say("220 relay.test ESMTP")
        for line in self.rfile:
            relay.heard.append(line.decode("ascii", "replace").strip())
            verb = line.split(b":")[0].strip().upper().decode("ascii", "replace")
            if verb.startswith(self.hello):
                for words in ("relay.test", *self.features[:-1]):
                    self.say(f"250-{words}")
                self.say(f"250 {self.features[-1]}")
            elif verb == "MAIL FROM":
                sender = line.split(b"<")[1].split(b">")[0].decode()
                self.say("250 ok")
            elif verb == "RCPT TO":
                recipient = line.split(b"<")[1].split(b">")[0].decode()
                refusal = relay.at_rcpt(recipient)
                self.say(refusal or "250 ok")
                recipient = None if refusal else recipient
            elif verb == "DATA":
                if not recipient:
                    self.say("554 no recipient")
                    continue
                self.say("354 go")
                raw = self.data()
                if raw is None:
                    return
                answer = relay.at_dot(recipient)
                if not answer:
                    return
                if answer.startswith("2"):
                    relay.take(Taken(sender, recipient, raw))
                self.say(answer)
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.other(line)


class LmtpSession(Session):
    """RFC 2033: LHLO alone, and an answer for each recipient after the data."""

    hello = "LHLO"


class Relay(socketserver.ThreadingTCPServer):
    """`at_rcpt(recipient)` gives a refusal or None, `at_dot(recipient)` the answer, or None to hang up; both may block."""

    allow_reuse_address = daemon_threads = True
    request_queue_size = 64

    def __init__(self, port=0, session=Session):
        self.relay, self.sessions, self.taken, self.lock = self, 0, [], threading.Lock()
        self.heard = []  # commands
        self.at_rcpt, self.at_dot = (lambda recipient: None), (lambda recipient: "250 taken")
        super().__init__(("127.0.0.1", port), session)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def take(self, taken):
        with self.lock:
            self.taken.append(taken)

    def to(self, recipient):
        with self.lock:
            return [taken for taken in self.taken if taken.recipient == recipient]

    def close(self):
        self.shutdown()
        self.server_close()


class Rig(Gateway):
    """A gateway's settings and database; of its programs only the admin's command and mailers run."""

    def __init__(self, settings=None):
        self.relay = Relay()
        self.processes = []
        root = tempfile.mkdtemp(prefix="postern-", dir="/tmp")
        super().__init__(root, port=self.relay.port, settings=settings)
        for name in ("bin", "data", "log"):
            os.makedirs(self.place(name))
        for name, path in PROGRAMS.items():
            os.symlink(os.path.join(build_folder(), path), self.place("bin", name))
        shutil.copytree(os.path.join(TOP, "templates"), self.place("templates"))
        self.write_settings()
        self._write_wrapper()
        self.postern("init")
        self.postern("import", os.path.join(TOP, "conf", "sample-market.json"))

    def write_settings(self, **changes):
        with open(self.conf, "w", encoding="utf-8") as file:
            file.write(settings_text({**self.all_settings(), "log.level": "info", **changes}))
        os.chmod(self.conf, 0o600)

    def request(self, words="Could you help me?", person=MIA, to="acme", subject="Help"):
        """A merchant's mail: a notification and an acknowledgement are due."""
        raw = compose(person, self.address(to), subject, words + "\n")
        done = self.postern("ingest", "-f", person.address, "--", self.address(to), input=raw.replace(b"\r\n", b"\n"))
        assert done.returncode == 0

    def once(self, *words, timeout=30):
        return subprocess.run([self.place("bin", "postern-mailer"), "-c", self.conf, "--once", *words], timeout=timeout,
                              capture_output=True, text=True, check=False)

    def daemon(self, conf=None):
        """Returns when it says that it is ready."""
        log = open(self.place("log", "mailer.log"), "a+", encoding="utf-8")
        seen = log.tell()
        process = subprocess.Popen([self.place("bin", "postern-mailer"), "-c", conf or self.conf], stderr=log)
        process.words = lambda: self.log()[seen:]
        self.processes.append(process)
        log.close()
        assert wait_until(lambda: "ready" in process.words() or process.poll() is not None, 10), "it does not start"
        return process

    def log(self):
        with open(self.place("log", "mailer.log"), encoding="utf-8") as file:
            return file.read()

    def states(self):
        return sorted(row["state"] for row in self.rows("SELECT state FROM outbox"))

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()
        with contextlib.suppress(OSError):
            self.relay.close()
        shutil.rmtree(self.root, ignore_errors=True)
