"""The MTA's end of the milter protocol (version 6), as Postfix speaks it, in plain sockets.

    with Session(path) as session:
        outcome = session.send("<mia@mias-candles.test>", ["<acme@experts.test>"], mail)
        assert outcome.final.kind == "discard"
"""

import socket
import struct
from dataclasses import dataclass, field

# What Postfix 3.7 offers (milter8.c).
ACTIONS = 0x1FF
STEPS = 0x1FFFFF

NO_CONNECT, NO_HELO, NO_EOH, NO_UNKNOWN, NO_DATA = 0x1, 0x2, 0x40, 0x100, 0x200
NR_HEADER, NR_MAIL, NR_RCPT, NR_DATA, NR_EOH, NR_BODY = 0x80, 0x4000, 0x8000, 0x10000, 0x40000, 0x80000
LEADING_SPACE = 0x100000
DELETE_RECIPIENT = 0x8

KINDS = {b"c": "continue", b"d": "discard", b"a": "accept", b"t": "tempfail", b"r": "reject", b"y": "reply"}
CHUNK = 65535


@dataclass
class Answer:
    kind: str
    text: str = ""  # of a reply: "550 5.1.1 …"

    @property
    def code(self):
        return int(self.text[:3]) if self.kind == "reply" else {"discard": 250, "accept": 250, "continue": 250,
                                                                "tempfail": 451, "reject": 550}[self.kind]


@dataclass
class Outcome:
    sender: Answer = None
    recipients: list = field(default_factory=list)
    data: Answer = None
    final: Answer = None
    deleted: list = field(default_factory=list)  # bytes, as delrcpt named them


class Session:
    def __init__(self, path, actions=ACTIONS, steps=STEPS, version=6, negotiate=True, timeout=60):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.steps, self.symbols = 0, {}
        if negotiate:
            self._negotiate(version, actions, steps)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- packets ----

    def packet(self, command, payload=b""):
        self.socket.sendall(struct.pack(">I", len(payload) + 1) + command + payload)

    def _exactly(self, length):
        data = b""
        while len(data) < length:
            piece = self.socket.recv(length - len(data))
            if not piece:
                raise ConnectionError("the milter closed the connection")
            data += piece
        return data

    def read(self):
        length, = struct.unpack(">I", self._exactly(4))
        data = self._exactly(length)
        return data[:1], data[1:]

    def answer(self, deleted=None):
        """The next verdict; what changes the mail on the way to it is collected."""
        while True:
            command, payload = self.read()
            if command == b"-" and deleted is not None:
                deleted.append(payload.rstrip(b"\0"))
            elif command == b"y":
                return Answer("reply", payload.rstrip(b"\0").decode("latin-1").replace("%%", "%"))
            elif command in KINDS:
                return Answer(KINDS[command])
            else:
                raise AssertionError(f"unexpected packet {command!r} {payload!r}")

    def _negotiate(self, version, actions, steps):
        self.packet(b"O", struct.pack(">III", version, actions, steps))
        command, payload = self.read()
        assert command == b"O", (command, payload)
        self.version, self.actions, self.steps = struct.unpack(">III", payload[:12])
        rest = payload[12:]
        while rest:
            stage, = struct.unpack(">I", rest[:4])
            words, _, rest = rest[4:].partition(b"\0")
            self.symbols[stage] = words.decode()

    def _event(self, command, payload, unanswered):
        self.packet(command, payload)
        return None if self.steps & unanswered else self.answer()

    def macro(self, command, **values):
        payload = b"".join(name.encode() + b"\0" + value.encode() + b"\0" for name, value in values.items())
        self.packet(b"D", command + payload)

    # ---- the dialogue ----

    def mail(self, sender, *parameters, queue_id=None):
        if queue_id:
            self.macro(b"M", i=queue_id)
        return self._event(b"M", _words(sender, *parameters), NR_MAIL)

    def rcpt(self, recipient, *parameters):
        return self._event(b"R", _words(recipient, *parameters), NR_RCPT)

    def data(self, queue_id="4TEST"):
        if queue_id:
            self.macro(b"T", i=queue_id)
        return self._event(b"T", b"", NR_DATA)

    def header(self, name, value):
        if not self.steps & LEADING_SPACE:
            value = _bytes(value).removeprefix(b" ")
        return self._event(b"L", _words(name, value), NR_HEADER)

    def end_of_headers(self):
        if not self.steps & NO_EOH:
            self._event(b"N", b"", NR_EOH)

    def body(self, data):
        for start in range(0, len(data), CHUNK):
            self._event(b"B", data[start:start + CHUNK], NR_BODY)

    def end(self, outcome=None):
        self.packet(b"E")
        return self.answer(outcome.deleted if outcome else [])

    def abort(self):
        self.packet(b"A")

    def close(self):
        try:
            self.packet(b"Q")
        except OSError:
            pass
        self.socket.close()

    # ---- a whole mail ----

    def envelope(self, sender, recipients, *parameters, queue_id=None):
        outcome = Outcome(sender=self.mail(sender, *parameters, queue_id=queue_id))
        if outcome.sender.kind == "continue":
            outcome.recipients = [self.rcpt(recipient) for recipient in recipients]
        return outcome

    def content(self, raw):
        """Headers as Postfix hands them on: folded lines with LF, the value with its leading space."""
        head, _, body = raw.partition(b"\r\n\r\n")
        fields = []
        for line in head.split(b"\r\n") if head else []:
            if line[:1] in b" \t" and fields:
                fields[-1] += b"\n" + line
            else:
                fields.append(line)
        for line in fields:
            name, _, value = line.partition(b":")
            self.header(name, value)
        self.end_of_headers()
        self.body(body)

    def send(self, sender, recipients, raw, *parameters, queue_id=None):
        """One transaction. It ends where Postfix would end it; `final` is None when it did before DATA."""
        outcome = self.envelope(sender, recipients, *parameters, queue_id=queue_id)
        if not any(answer.kind == "continue" for answer in outcome.recipients):
            if outcome.sender.kind == "continue":
                self.abort()
            return outcome
        outcome.data = self.data(queue_id or "4TEST")
        if outcome.data.kind != "continue":
            outcome.final = outcome.data
            return outcome
        self.content(raw)
        outcome.final = self.end(outcome)
        return outcome


def _bytes(text):
    return text if isinstance(text, bytes) else text.encode()


def _words(*words):
    return b"".join(_bytes(word) + b"\0" for word in words)
