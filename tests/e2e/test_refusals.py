"""Refusals in the SMTP dialogue: the code, the enhanced status code, one plain sentence, and nothing stored."""

import base64
import hashlib
import hmac
import struct
import time

import pytest

from harness.client import ANNA, MIA, Person, compose, reply
from harness.postfix import HOSTNAME


def refused(outcome, enhanced, recipient=None):
    """550 with that code and one sentence of ASCII."""
    code, text = outcome.recipients[recipient] if recipient else (outcome.code, outcome.text)
    assert code == 550, (code, text)
    assert text.startswith(enhanced + " "), text
    sentence = text[len(enhanced):].strip()
    assert "\n" not in sentence and sentence.isascii() and len(sentence) > 15, sentence
    return sentence


def stored(gateway):
    return gateway.rows("SELECT (SELECT count(*) FROM message) AS messages, (SELECT count(*) FROM raw) AS mails")[0]


def write(gateway, local, sender=MIA, subject="Hello"):
    address = gateway.address(local)
    return gateway.send(sender.address, address, compose(sender, address, subject, "Could you help me with my shop?\n"))


@pytest.fixture
def nothing_stored(gateway):
    before = stored(gateway)
    yield
    assert stored(gateway) == before


@pytest.mark.usefixtures("nothing_stored")
def test_unknown_unpublished_and_without_service_are_refused_alike(gateway):
    sentences = {refused(write(gateway, local), "5.1.1").replace(local, "NAME") for local in ("nobody-here", "ghost", "bare")}
    assert len(sentences) == 1, "nobody can probe which organisations there are"


@pytest.mark.usefixtures("nothing_stored")
def test_unavailable_for_new_work_is_refused_and_names_the_other_way(gateway):
    sentence = refused(write(gateway, "wisla"), "5.2.1")
    assert gateway.address("jobs") in sentence


@pytest.mark.usefixtures("nothing_stored")
@pytest.mark.parametrize("token", ["a" * 48, "zzzz", "", "1" * 48, "a" * 500])
def test_forged_link_is_refused(gateway, token):
    local = f"r+{token}"
    outcome = write(gateway, local)
    if len(local) > 64:  # Postfix may be faster
        assert outcome.code >= 500
    else:
        refused(outcome, "5.1.1")


def notice_of(gateway, merchant, subject):
    """Acme's notification of a new request."""
    address = gateway.address("acme")
    outcome = gateway.send(merchant.address, address, compose(merchant, address, subject, f"{subject}: can you do that?\n"))
    assert outcome.accepted, outcome
    return gateway.mail.next("team@acme.test", wanted=lambda mail: subject in mail.text or subject in mail.subject)


def test_link_with_one_letter_changed_is_refused(gateway):
    link = notice_of(gateway, Person("Tess Oort", "tess@oort.test"), "A letter changed").reply_to
    local, _, _ = link.partition("@")
    before = stored(gateway)
    for position in (2, 10, 30, -1):
        changed = list(local)
        changed[position] = "b" if changed[position] != "b" else "c"
        raw = compose(ANNA, "x@y.test", "Re: x", "words\n")
        refused(gateway.send(ANNA.address, gateway.address("".join(changed)), raw), "5.1.1")
    assert stored(gateway) == before


def test_case_of_a_link_does_not_matter(gateway):
    notice = notice_of(gateway, Person("Case Lower", "case@lower.test"), "Upper and lower")
    _, raw = reply(ANNA, notice, "Case does not matter.")
    assert gateway.send(ANNA.address, notice.reply_to.upper(), raw).accepted
    assert "Case does not matter" in gateway.mail.next("case@lower.test", wanted=lambda m: "Case does" in m.text).text


def out_of_date(gateway, link):
    """The same link as it will be when its time has passed: expiry in the past, signed with the gateway's own key."""
    local, _, domain = link.partition("@")
    token = base64.b32decode(local[2:].upper() + "=" * (-len(local[2:]) % 8))
    with open(gateway.keys, encoding="ascii") as file:
        keys = dict(line.split()[:2] for line in file if line.strip() and not line.startswith("#"))
    key = bytes.fromhex(keys[str(token[1])])

    def sign(head):
        return hmac.new(key, b"postern link 1\0" + head, hashlib.sha256).digest()[:16]

    assert sign(token[:14]) == token[14:], "the test makes links as the gateway does"
    past = int(time.time()) - 3600
    head = token[:10] + struct.pack(">I", past)
    number = struct.unpack(">q", token[2:10])[0]
    assert gateway.change("UPDATE link SET expires_at = ?, used_at = ? WHERE id = ?", past, past, number) == 1
    return base64.b32encode(head + sign(head)).decode().rstrip("=").lower().join(("r+", f"@{domain}"))


def test_link_out_of_date_is_refused(gateway):
    notice = notice_of(gateway, Person("Old Link", "old@link.test"), "A link that ages")
    old = out_of_date(gateway, notice.reply_to)
    before = stored(gateway)
    _, raw = reply(ANNA, notice, "Sorry, I am late.")
    refused(gateway.send(ANNA.address, old, raw), "5.7.1")
    assert stored(gateway) == before


def test_partners_words_to_an_expired_job_are_refused_at_the_end_of_the_message(gateway):
    merchant = Person("Ex Pired", "ex@pired.test")
    gateway.add_merchants(merchant)
    notice = notice_of(gateway, merchant, "Too late")
    row = gateway.conversations_with(merchant.address)[0]
    past = int(time.time()) - 1
    assert gateway.change("UPDATE job SET due_at = ? WHERE id = ?", past, row["job"]["id"]) == 1
    before = stored(gateway)["messages"]
    to, raw = reply(ANNA, notice, "I would like to, after all.")
    outcome = gateway.send(ANNA.address, to, raw)
    assert outcome.recipients[to][0] == 250, "at RCPT nobody knows yet whose words they are"
    refused(outcome, "5.7.1")
    assert stored(gateway)["messages"] == before


def test_time_runs_out_by_the_timer_and_the_merchant_is_told(gateway):
    merchant = Person("Ti Mer", "ti@mer.test")
    gateway.add_merchants(merchant)
    notice_of(gateway, merchant, "The clock runs out")
    gateway.mail.next(merchant.address)
    job = gateway.conversations_with(merchant.address)[0]["job"]["id"]
    past = int(time.time()) - 1
    assert gateway.change("UPDATE job SET due_at = ? WHERE id = ?", past, job) == 1
    assert gateway.change("UPDATE timer SET due_at = ? WHERE kind = 'expire' AND subject_id = ?", past, job) == 1
    assert gateway.mail.next(merchant.address, 15), "the merchant is told of it"
    assert gateway.conversations_with(merchant.address)[0]["job"]["state"] == "expired"
    # The merchant is never refused: the next mail opens a new job (Decisions 6).
    again = notice_of(gateway, merchant, "Then once more")
    assert again and "expired" not in [row["job"]["state"] for row in gateway.conversations_with(merchant.address)][:1]


def test_ours_are_taken_and_others_delivered_by_postfix(gateway):
    sender = Person("Both Ways", "both@ways.test")
    ours, other = gateway.address("acme"), "friend@elsewhere.test"
    raw = compose(sender, f"{ours}, {other}", "To both of you", "Two birds, one mail.\n")
    outcome = gateway.send(sender.address, [ours, other], raw)
    assert outcome.accepted
    assert "Two birds" in gateway.mail.next(other).text
    assert "Two birds" in gateway.mail.next("team@acme.test", wanted=lambda mail: "Two birds" in mail.text).text
    assert gateway.mail.count(other) == 1


def test_a_refused_recipient_does_not_hinder_the_others(gateway):
    sender = Person("Mixed Bag", "mixed@bag.test")
    ours, ghost, other = gateway.address("acme"), gateway.address("ghost"), "second@elsewhere.test"
    raw = compose(sender, f"{ours}, {ghost}", "Mixed", "Three addresses, one of them wrong.\n")
    outcome = gateway.send(sender.address, [ours, ghost, other], raw)
    assert outcome.accepted
    refused(outcome, "5.1.1", ghost)
    assert "Three addresses" in gateway.mail.next(other).text
    assert "Three addresses" in gateway.mail.next("team@acme.test", wanted=lambda mail: "Three addresses" in mail.text).text


def test_mail_for_others_alone_passes_untouched(gateway):
    raw = compose(MIA, "aunt@elsewhere.test", "Birthday", "Many happy returns.\n")
    before = stored(gateway)
    assert gateway.send(MIA.address, "aunt@elsewhere.test", raw).accepted
    mail = gateway.mail.next("aunt@elsewhere.test")
    assert mail.raw.replace(b"\r\n", b"\n").endswith(raw.replace(b"\r\n", b"\n")), "not a byte of it was changed"
    assert stored(gateway) == before


@pytest.mark.parametrize("local", ["postmaster", "abuse", "Postmaster"])
def test_reserved_names_are_postfixs(gateway, local):
    before = stored(gateway)
    subject = f"For {local}, a person"
    assert write(gateway, local, subject=subject).accepted
    assert gateway.mail.next(f"{local.lower()}@{HOSTNAME}", wanted=lambda mail: mail.subject == subject)
    assert stored(gateway) == before


def test_a_partner_cannot_start_a_conversation(gateway):
    """R2: to its own organisation a partner is refused."""
    before = len(gateway.postern_json("conversation", "list"))
    outcome = write(gateway, "acme", ANNA)
    assert outcome.code == 550, outcome
    assert len(gateway.postern_json("conversation", "list")) == before


def test_larger_than_the_limit_is_552(own_gateway):
    gateway = own_gateway(settings={"milter.max_message_size": "64K"})
    files = [("a.bin", "application/octet-stream", b"a" * 90_000)]
    raw = compose(MIA, gateway.address("acme"), "Large", "A large one.\n", files=files)
    outcome = gateway.send(MIA.address, gateway.address("acme"), raw)
    assert outcome.code == 552 and outcome.text.startswith("5.3.4"), outcome
    assert stored(gateway)["mails"] == 0
    small = compose(MIA, gateway.address("acme"), "Small", "It is a small one.\n")
    assert gateway.send(MIA.address, gateway.address("acme"), small).accepted
    gateway.mail.next("team@acme.test")
