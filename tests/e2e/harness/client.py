"""Mail clients: mails written as people's programs write them, sent by plain SMTP, read from Maildirs.

Python's own `email` package reads what we send: an independent judge.
"""

import email
import email.policy
import email.utils
import html
import os
import re
import smtplib
import time
from dataclasses import dataclass, field

from .process import wait_until

CRLF = "\r\n"


@dataclass(frozen=True)
class Person:
    name: str
    address: str
    signature: str = ""

    @property
    def mailbox(self):
        return email.utils.formataddr((self.name, self.address))

    @property
    def domain(self):
        return self.address.rpartition("@")[2]


MIA = Person("Mia Jansen", "mia@mias-candles.test", "Mia Jansen\nMia's Candles\nhttps://mias-candles.test")
JOOST = Person("Joost de Wit", "joost@fietsen.test", "Groet, Joost")
ANNA = Person("Anna Berg", "anna@acme.test", "Anna Berg\nAcme Studio | anna@acme.test | +31 20 555 0100")
BOB = Person("Bob Stone", "bob@acme.test")
DAAN = Person("Daan Smit", "daan@blauw.test", "Daan Smit\nBureau Blauw")


# ---- reading ----


class Mail:
    """A mail as it lies in a Maildir: raw bytes, and what Python's parser makes of them."""

    def __init__(self, raw, path=None):
        self.raw, self.path = raw, path
        self.message = email.message_from_bytes(raw, policy=email.policy.default)

    def __repr__(self):
        return f"<mail to {self.recipient}: {self.subject}>"

    def header(self, name):
        value = self.message.get(name)
        return None if value is None else str(value)

    def headers(self, name):
        return [str(value) for value in self.message.get_all(name, [])]

    def body(self, kind):
        part = self.message.get_body((kind,))
        return part.get_content() if part is not None else ""

    subject = property(lambda self: self.header("Subject") or "")
    sender = property(lambda self: self.header("From") or "")
    recipient = property(lambda self: self.header("Delivered-To") or "")
    return_path = property(lambda self: (self.header("Return-Path") or "").strip().strip("<>"))
    message_id = property(lambda self: (self.header("Message-ID") or "").strip())
    text = property(lambda self: self.body("plain"))
    html = property(lambda self: self.body("html"))

    @property
    def reply_to(self):
        """The address that a client's Reply button takes."""
        header = self.message.get("Reply-To") or self.message["From"]
        return header.addresses[0].addr_spec

    @property
    def references(self):
        return re.findall(r"<[^<>]+>", " ".join(self.headers("References") + self.headers("In-Reply-To")))

    @property
    def files(self):
        """(name, type, bytes) of each attachment."""
        return [(part.get_filename(), part.get_content_type(), part.get_payload(decode=True))
                for part in self.message.iter_attachments()]

    def links(self, prefix="r+"):
        """Link addresses that stand alone on a line of the text, in order."""
        return re.findall(r"(?m)^\W*(?:mailto:)?(" + re.escape(prefix) + r"[a-z2-7]+@[a-z0-9.-]+)\W*$", self.text)

    def views(self):
        """The mail in every form in which a word could hide in it: (what it is, text)."""
        yield "raw", self.raw.decode("utf-8", "replace")
        yield "unfolded", re.sub(r"\r?\n[ \t]+", "", self.raw.decode("utf-8", "replace"))
        for part in self.message.walk():
            for name, value in part.items():
                yield f"header {name}", str(value)
            if not part.is_multipart():
                payload = part.get_payload(decode=True) or b""
                yield f"{part.get_content_type()} part", payload.decode(part.get_content_charset() or "utf-8", "replace")
                yield f"{part.get_content_type()} part, unescaped", html.unescape(payload.decode("utf-8", "replace"))

    def mentions(self, word):
        """Where the word stands, ASCII case ignored: names of views."""
        return [view for view, text in self.views() if word.lower() in text.lower()]


class Mailboxes:
    """The Maildirs under one folder, one an address. Each mail is handed out once, oldest first."""

    def __init__(self, root):
        self.root, self._seen = root, set()

    def folder(self, address):
        return os.path.join(self.root, address.lower(), "new")

    def _paths(self, address):
        try:
            names = sorted(os.listdir(self.folder(address)))
        except FileNotFoundError:
            return []
        return [os.path.join(self.folder(address), name) for name in names]

    @staticmethod
    def _read(path):
        with open(path, "rb") as file:
            return Mail(file.read(), path)

    def all(self, address):
        return [self._read(path) for path in self._paths(address)]

    def count(self, address):
        return len(self._paths(address))

    def _take(self, address, wanted):
        for path in self._paths(address):
            if path in self._seen:
                continue
            mail = self._read(path)
            if wanted is None or wanted(mail):
                self._seen.add(path)
                return mail
        return None

    def next(self, address, timeout=10, wanted=None):
        """The oldest mail not yet handed out that is `wanted`; AssertionError when none comes in time."""
        mail = wait_until(lambda: self._take(address, wanted), timeout)
        if mail is None:
            subjects = [f"  {'seen' if mail.path in self._seen else 'new '} {mail.subject}" for mail in self.all(address)]
            raise AssertionError(f"no such mail for {address} within {timeout} s; there are:\n" + "\n".join(subjects))
        return mail

    def quiet(self, address, seconds):
        """Nothing new comes for that long; returns what did."""
        return wait_until(lambda: self._take(address, None), seconds)

    def skip(self):
        """What is there already counts as handed out."""
        for address in os.listdir(self.root):
            self._seen.update(self._paths(address))


# ---- writing ----

_serial = 0


def message_id(domain, stem="client"):
    global _serial
    _serial += 1
    return f"<{stem}.{os.getpid()}.{time.time_ns()}.{_serial}@{domain}>"


def wire(text):
    """Text with any line ends as it goes over the wire."""
    return re.sub(r"\r?\n", CRLF, text).encode("utf-8", "surrogateescape")


def encoded(word):
    """A header's text as a client writes it: RFC 2047 where it has to be."""
    return email.header.Header(word, "utf-8").encode() if not word.isascii() else word


def compose(sender, to, subject, text, *, html_text=None, files=(), headers=(), date=None):
    """A new mail: plain text, with HTML as a second form, with files as attachments. Bytes as they go over the wire."""
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"] = sender.mailbox
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = date or email.utils.localtime()
    message["Message-ID"] = message_id(sender.domain)
    for name, value in headers:
        message[name] = value
    message.set_content(text)
    if html_text is not None:
        message.add_alternative(html_text, subtype="html")
    for name, kind, data in files:
        main, _, sub = kind.partition("/")
        message.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return bytes(message)


def signed(person, words):
    return f"{words}\n\n-- \n{person.signature}\n" if person.signature else f"{words}\n"


def quoted(text):
    return "\n".join((">" + line if line.startswith(">") else f"> {line}".rstrip()) for line in text.rstrip().splitlines())


def _when(style):
    return time.strftime({"gmail": "%a, %b %d, %Y at %I:%M %p", "apple": "%d %b %Y, at %H:%M",
                          "thunderbird": "%d/%m/%Y %H:%M", "outlook": "%A, %d %B %Y %H:%M"}[style])


@dataclass
class Answer:
    """What the person sees when the Reply button was pressed."""

    person: Person
    mail: Mail
    words: str
    to: str
    subject: str = field(init=False)

    def __post_init__(self):
        subject = self.mail.subject
        self.subject = subject if subject.lower().startswith("re:") else f"Re: {subject}"

    @property
    def author(self):
        """Name and address of whom the mail is from, for attribution lines."""
        mailbox = self.mail.message["From"].addresses[0]
        return mailbox.display_name or mailbox.addr_spec, mailbox.addr_spec


def _head(answer, kind, extra=()):
    references = answer.mail.references + [answer.mail.message_id]
    lines = [f"From: {encoded(answer.person.name)} <{answer.person.address}>",
             f"To: {answer.to}",
             f"Subject: {encoded(answer.subject)}",
             f"Date: {email.utils.formatdate(localtime=True)}",
             f"Message-ID: {message_id(answer.person.domain)}",
             f"In-Reply-To: {answer.mail.message_id}",
             "References: " + "\n ".join(dict.fromkeys(references)),
             *extra, "MIME-Version: 1.0", *kind]
    return "\n".join(lines) + "\n\n"


PLAIN = ("Content-Type: text/plain; charset=UTF-8", "Content-Transfer-Encoding: 8bit")


def _alternative(answer, plain, rich, extra=()):
    boundary = f"000000000000{time.time_ns():x}"
    head = _head(answer, [f'Content-Type: multipart/alternative; boundary="{boundary}"'], extra)
    return head + (f"--{boundary}\n{PLAIN[0]}\n{PLAIN[1]}\n\n{plain}\n"
                   f'--{boundary}\nContent-Type: text/html; charset="UTF-8"\n{PLAIN[1]}\n\n{rich}\n--{boundary}--\n')


def _lines_html(text):
    return html.escape(text).replace("\n", "<br>\n")


def gmail(answer):
    """Words on top, an attribution line, everything quoted."""
    name, address = answer.author
    words = signed(answer.person, answer.words)
    attribution = f"On {_when('gmail')} {name} <{address}>"
    plain = f"{words}\n{attribution}\nwrote:\n\n{quoted(answer.mail.text)}\n"
    rich = (f'<div dir="ltr">{_lines_html(words)}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">'
            f'{html.escape(attribution)} wrote:<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;'
            f'border-left:1px solid rgb(204,204,204);padding-left:1ex">{answer.mail.html or _lines_html(answer.mail.text)}'
            f"</blockquote></div>")
    return _alternative(answer, plain, rich)


def apple(answer):
    """Plain text, words on top, the attribution with a comma."""
    name, address = answer.author
    plain = (f"{signed(answer.person, answer.words)}\n> On {_when('apple')}, {name} <{address}> wrote:\n> \n"
             f"{quoted(answer.mail.text)}\n")
    return _head(answer, PLAIN, ["X-Mailer: Apple Mail (2.3774.600.62)"]) + plain


def outlook(answer):
    """Words on top, the name below them without a mark, a block of headers, the mail without any quote marks."""
    name, address = answer.author
    block = [f"From: {name} <{address}>", f"Sent: {_when('outlook')}", f"To: {answer.person.mailbox}",
             f"Subject: {answer.mail.subject}"]
    words = f"{answer.words}\n\n{answer.person.name}\n"
    plain = f"{words}\n________________________________\n" + "\n".join(block) + f"\n\n{answer.mail.text}\n"
    rich = (f'<html><body><div class="WordSection1"><p class="MsoNormal">{_lines_html(words)}</p><div style="border:none;'
            f'border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal">'
            + "<br>".join(html.escape(line).replace(":", ":</b>", 1).replace("", "<b>", 1) for line in block)
            + f"</p></div>{answer.mail.html or _lines_html(answer.mail.text)}</div></body></html>")
    return _alternative(answer, plain, rich, ["Thread-Topic: " + encoded(answer.mail.subject),
                                              "X-Mailer: Microsoft Outlook 16.0"])


def thunderbird(answer):
    """The quote first, the words below it, a signature."""
    name, _ = answer.author
    plain = f"On {_when('thunderbird')}, {name} wrote:\n{quoted(answer.mail.text)}\n\n{signed(answer.person, answer.words)}"
    return _head(answer, PLAIN, ["User-Agent: Mozilla Thunderbird"]) + plain


STYLES = {"gmail": gmail, "apple": apple, "outlook": outlook, "thunderbird": thunderbird}


def reply(person, mail, words, style="gmail", to=None):
    """A reply to a mail as a client writes it: (envelope recipient, bytes)."""
    to = to or mail.reply_to
    return to, wire(STYLES[style](Answer(person, mail, words, to)))


# ---- sending ----


@dataclass
class Outcome:
    """What SMTP said."""

    recipients: dict  # address: (code, text)
    code: int         # the last answer: to the data, or to the stage that ended it
    text: str
    dialogue: list    # ("C" or "S", line)

    @property
    def accepted(self):
        return self.code == 250

    def __str__(self):
        return f"{self.code} {self.text}"


class _Session(smtplib.SMTP):
    """smtplib with a memory of what was said."""

    def __init__(self, *args, **keywords):
        self.dialogue = []
        super().__init__(*args, **keywords)

    def putcmd(self, cmd, args=""):
        self.dialogue.append(("C", f"{cmd} {args}".strip()))
        super().putcmd(cmd, args)

    def getreply(self):
        code, text = super().getreply()
        self.dialogue.append(("S", f"{code} {text.decode('ascii', 'replace')}"))
        return code, text


def send(server, sender, recipients, raw, options=(), timeout=120):
    """One transaction in a session of its own. Refusals are outcomes; a lost connection is an exception (OSError,
    smtplib.SMTPException)."""
    if isinstance(recipients, str):
        recipients = [recipients]
    with _Session(*server, local_hostname="client.test", timeout=timeout) as session:
        session.ehlo()
        outcome = transaction(session, sender, recipients, raw, options)
        outcome.dialogue = list(session.dialogue)
    return outcome


def transaction(session, sender, recipients, raw, options=()):
    """MAIL, RCPT…, DATA in a session that is open."""
    answers = {}
    code, text = session.mail(sender, options)
    for recipient in recipients if code == 250 else ():
        code, text = answers[recipient] = session.rcpt(recipient)
    if any(answer[0] in (250, 251) for answer in answers.values()):
        try:
            code, text = session.data(raw)
        except smtplib.SMTPDataError as error:
            code, text = error.smtp_code, error.smtp_error
    else:
        session.rset()
    answers = {name: (number, words.decode("ascii", "replace")) for name, (number, words) in answers.items()}
    return Outcome(answers, code, text.decode("ascii", "replace"), list(getattr(session, "dialogue", ())))


def send_surely(server, sender, recipients, raw, patience=60, pause=0.05):
    """As a real MTA: a lost connection and a 4yz are tried again until the mail is taken. The number of tries."""
    end = time.monotonic() + patience
    tries = 0
    while True:
        tries += 1
        try:
            outcome = send(server, sender, recipients, raw, timeout=30)
            if outcome.accepted:
                return tries
            if outcome.code >= 500:
                raise AssertionError(f"refused for good: {outcome}")
            trouble = str(outcome)
        except (OSError, smtplib.SMTPException) as error:
            trouble = repr(error)
        if time.monotonic() > end:
            raise AssertionError(f"not taken after {tries} tries: {trouble}")
        time.sleep(pause)
