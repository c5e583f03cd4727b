"""What hostile data can do in the mails that we write: nothing. Judged by Python's email package and HTML parser."""

import email
import email.policy
import html
import html.parser
import json
import os
import re
import subprocess

import pytest

from harness.gateway import TOP, build_folder, settings_text

NASTY = {
    "markup": '<script>alert(1)</script><img src=x onerror=alert(2)>"\'><b>&amp;</b></td></table></blockquote>',
    "header": "x\r\nBcc: victim@injected.test\r\n\r\nX-Injected: 1",
    "bare": "x\nBcc: victim@injected.test\rX-Injected: 1",
    "boundary": "\r\n--=_boundary\r\nContent-Type: text/html\r\n\r\n",
    "template": "{{{marketplace}}}{{#items}}{{>foot}}{{/items}}{{=<% %>=}}",
    "dots": ".\r\n..\r\n.\n",
    "controls": "ab\x01c\x1b[31md\x7fe\x0b\x0c",
    "bidi": "\u202egnp.exe\u2066x\u200b",
    "encoded word": "=?utf-8?q?Bcc=3A_victim=40injected.test?=",
    "long": "y" * 20000,
    "wide": "zażółć gęślą jaźń \U0001f600 日本語 " * 40,
    "empty": "",
}
with open(os.path.join(TOP, "templates", "samples.json"), encoding="utf-8") as samples:
    known = json.load(samples)
    COMMON, SAMPLES = known["common"], known["samples"]
KINDS = sorted({sample["kind"] for sample in SAMPLES})
# What the rules make themselves, and no stranger has a say in.
OURS = {"say", "do", "command", "mailto", "link", "reply_address", "address", "currency"}
VOID = {"meta", "br", "hr", "img", "link", "input"}
ALLOWED = {"html", "head", "meta", "title", "style", "body", "table", "tr", "td", "p", "b", "br", "a", "ul", "li", "hr", "blockquote", "div", "span"}


def poison(value, words, key=""):
    """The sample's data with the same words in every place that a stranger may fill."""
    if isinstance(value, dict):
        return {name: poison(inner, words, name) for name, inner in value.items()}
    if isinstance(value, list):
        if key == "lines":
            return [{"line": line} for line in words.split("\n")]
        return [poison(inner, words, key) for inner in value]
    return words if isinstance(value, str) and key not in OURS else value


def data(kind, words):
    """All that the samples of a kind have, and every section of its layouts on."""
    known = {"marketplace": words, "recipient_name": words}
    for sample in SAMPLES:
        if sample["kind"] == kind:
            known.update(poison(sample["data"], words))
    return known | {"to": {"partner": True, "merchant": True, "other": True}}


@pytest.fixture(scope="module")
def mailer(tmp_path_factory):
    conf = tmp_path_factory.mktemp("preview") / "postern.conf"
    conf.write_text(settings_text({"gateway.domain": "experts.test", "mailer.templates": os.path.join(TOP, "templates")}))
    program = os.path.join(build_folder(), "mailer", "postern-mailer")
    return lambda words: subprocess.run([program, "-c", str(conf), "--preview", "-"], input=words, capture_output=True,
                                        check=False)


@pytest.fixture(scope="module")
def preview(mailer):
    def render(notice):
        done = mailer(json.dumps(notice).encode())
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    return render


def notice(kind, words):
    return {"kind": kind, "language": "en", "data": data(kind, words), "recipient": "team@acme.test", "recipient_name": words,
            "from_name": words, "from_address": "r+abc@experts.test", "automatic": True,
            "references": ["one@experts.test", words.split("\n")[0][:50]]}


class Page(html.parser.HTMLParser):
    """Tags must be ours and nest; what is shown and where links lead is collected."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.targets, self.shown, self.trouble = [], [], [], []
        self.feed(text)
        self.close()
        self.trouble += [f"<{tag}> is not closed" for tag in self.open]

    def handle_starttag(self, tag, attributes):
        if tag not in ALLOWED:
            self.trouble.append(f"<{tag}>")
        self.targets += [value for name, value in attributes if name in ("href", "src")]
        self.trouble += [f"{tag} {name}" for name, _ in attributes if name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.trouble.append(f"</{tag}>")

    def handle_data(self, text):
        self.shown.append(text)


def check_wire(raw):
    assert raw.isascii(), "7-bit"
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw), "no bare line end"
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert b"\0" not in raw


@pytest.mark.parametrize("nasty", NASTY)
@pytest.mark.parametrize("kind", KINDS)
def test_hostile_words_stay_words(preview, kind, nasty):
    raw = preview(notice(kind, NASTY[nasty]))
    check_wire(raw)
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert not mail.defects and not [part for part in mail.walk() if part.defects]
    assert len(mail.keys()) == len(set(mail.keys())), mail.keys()
    assert set(mail.keys()) <= {"From", "To", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References",
                                "Auto-Submitted", "X-Postern-Kind", "MIME-Version", "Content-Type"}
    for name in ("From", "Reply-To"):
        assert [address.addr_spec for address in mail[name].addresses] == ["r+abc@experts.test"]
    assert [address.addr_spec for address in mail["To"].addresses] == ["team@acme.test"]
    words = next(part for part in mail.walk() if part.get_content_type() == "multipart/alternative")
    assert [part.get_content_type() for part in words.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    beside = {part.get_content_type() for part in mail.iter_parts()} if words is not mail else set()
    assert beside <= {"multipart/alternative", "text/calendar", "multipart/digest", "message/rfc822"}
    for part in ("plain", "html"):
        text = mail.get_body((part,)).get_content()
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text)
    page = Page(mail.get_body(("html",)).get_content())
    assert not page.trouble
    assert "victim@injected.test" not in " ".join(address.addr_spec for name in ("To", "From") for address in mail[name].addresses)


@pytest.mark.parametrize("kind", KINDS)
def test_only_our_own_links_can_be_pressed(preview, kind):
    """Whatever address a stranger writes is shown, never made a link; nothing is fetched from anywhere."""
    mail = email.message_from_bytes(preview(notice(kind, "javascript:alert(1)")), policy=email.policy.default)
    page = Page(mail.get_body(("html",)).get_content())
    strangers = [target for target in page.targets if not re.fullmatch(r"mailto:[a-z0-9+]+@experts\.test(\?body=[A-Za-z0-9%._~-]+)?", target)]
    # The profile's link comes from the operator's own settings.
    assert set(strangers) == ({"javascript:alert(1)"} if kind in ("relay-partner", "experts") else set())


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_of_mails_shows_what_it_is_about(preview, kind):
    """One line before the greeting that nobody sees in the mail; a person's own words begin with themselves."""
    page = email.message_from_bytes(preview(notice(kind, "words")), policy=email.policy.default).get_body(("html",)).get_content()
    hidden = re.findall(r'<div style="display:none;[^>]*>([^<]*)</div>', page)
    assert len(hidden) == (0 if kind in ("relay-partner", "admin-alert") else 1)
    assert all(line.strip() for line in hidden)


LANGUAGES = ("en", "nl", "fr", "pl")


def sample_mails(preview, language, **changes):
    """Each sample as a mail, and its data."""
    for sample in SAMPLES:
        known = {**COMMON, **sample["data"], **changes}
        raw = preview({"kind": sample["kind"], "language": language, "automatic": sample["kind"] != "relay-partner",
                       "from_address": "r+abc234@experts.test", "data": known})
        yield sample["kind"], known, email.message_from_bytes(raw, policy=email.policy.default)


def check_preview_line(kind, page):
    """What a list of mails shows beside the subject is short, and not what the mail begins with."""
    hidden = [html.unescape(line).strip() for line in re.findall(r'<div style="display:none;[^>]*>([^<]*)</div>', page)]
    seen = [line.strip() for line in re.sub(r"<[^>]*>", "\n", page.split("</div>", 1)[-1]).split("\n") if line.strip()]
    assert all(line != html.unescape(seen[0]) and len(line) < 1000 for line in hidden), kind


def check_text(kind, text, address):
    """No markup, no gaps, no blanks at line ends but the signature's, and each address to write to on a line of its own."""
    ours = [line for line in text.split("\n") if not line.startswith(">")]
    assert not re.search(r"\{\{|\}\}|</?(p|b|br|td|div|span|a)\b|&(amp|lt|gt|quot|#\d+);", "\n".join(ours)), kind
    assert "\n\n\n" not in text and not text.startswith("\n"), kind
    assert [line for line in ours if line != line.rstrip() and line != "-- "] == [], kind
    for line in ours:
        assert not address or address not in line or "mailto:" in line or line.strip() == address, (kind, line)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mail_reads_well(preview, language):
    for kind, known, mail in sample_mails(preview, language):
        check_preview_line(kind, mail.get_body(("html",)).get_content())
        check_text(kind, mail.get_body(("plain",)).get_content().replace("\r\n", "\n"), known.get("reply_address"))


# Their subjects say what they are about; all others keep that of the conversation, so that clients thread them.
OWN_SUBJECT = {"confirm", "refused", "which-conversation", "which-item", "results", "experts",
               "no-match", "offer-away", "member-added", "admin-alert", "transcript"}


def is_in_a_thread(kind, known):
    if kind == "overview":
        return known["single"]
    return kind not in OWN_SUBJECT and (kind != "not-relayed" or known["reply_address"])



@pytest.mark.parametrize("language", ("en", "fr"))
def test_a_conversation_has_one_subject(preview, language):
    for subject in ("A theme", ""):
        found = {}
        for kind, known, mail in sample_mails(preview, language, subject=subject, merchant={"name": "Mia", "label": "Mia"}):
            if is_in_a_thread(kind, known):
                found.setdefault(known["to"]["merchant"], set()).add(mail["Subject"].removeprefix("Re: "))
        assert [len(subjects) for subjects in found.values()] == [1, 1], found
        assert not subject or set.union(*found.values()) == {subject}


def test_words_are_shown_as_they_are(preview):
    mail = email.message_from_bytes(preview(notice("first-contact", NASTY["markup"])), policy=email.policy.default)
    assert NASTY["markup"] in mail.get_body(("plain",)).get_content()
    assert NASTY["markup"] in "".join(Page(mail.get_body(("html",)).get_content()).shown)


def test_a_relayed_answer_begins_with_its_words(preview):
    words = "Hello Mia,\n\nwe would love to.\n  indented\n> quoted"
    mail = email.message_from_bytes(preview(notice("relay-partner", words)), policy=email.policy.default)
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n").startswith(words + "\n\n-- \n")


@pytest.mark.parametrize("kind", KINDS)
def test_no_gap_where_there_is_nothing_to_say(preview, kind):
    raw = preview({"kind": kind, "language": "pl", "automatic": True, "data": {}})
    text = email.message_from_bytes(raw, policy=email.policy.default).get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert "\n\n\n" not in text


def test_answers_to_answers_are_one_thread(preview):
    words = notice("transcript", "Re: AW: Re: A theme")
    assert email.message_from_bytes(preview(words), policy=email.policy.default)["Subject"] == "Re: A theme"


def test_times_are_those_of_the_readers_clock(preview):
    notes = [{"kind": "not-relayed", "timezone": zone, "data": {"at_time": 1809856800, "reason": {"say": "not-relayed.distrusted"}}}
             for zone in (None, "Europe/Warsaw")]
    texts = [email.message_from_bytes(preview(words), policy=email.policy.default).get_body(("plain",)).get_content()
             for words in notes]
    assert ["10:00" in texts[0], "12:00" in texts[1]] == [True, True]


def test_a_subject_is_one_line(preview):
    mail = email.message_from_bytes(preview(notice("relay-partner", NASTY["header"])), policy=email.policy.default)
    assert mail["Subject"] == "Re: x Bcc: victim@injected.test X-Injected: 1"


@pytest.mark.parametrize("words, why", [("{", "line 1: "), ("[]", "not an object"), ("", "line 1: "),
                                        ('{"kind": "nonsense"}', "no template for a mail of kind `nonsense`"),
                                        ('{"kind": "ack", "recipient": "no address"}', "no address")])
def test_what_cannot_be_shown_is_an_error(mailer, words, why):
    done = mailer(words.encode())
    assert done.returncode == 1 and why in done.stderr.decode() and not done.stdout
