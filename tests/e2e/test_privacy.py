"""Neither side's real address is in what the other gets: asserted over the raw and the decoded mail."""

import pytest

from harness import client
from harness.client import ANNA, BOB, MIA, Person, compose, reply

PARTNER_WORDS = ["anna@acme.test", "bob@acme.test", "team@acme.test", "@acme.test"]
MERCHANT_WORDS = ["mia@mias-candles.test", "@mias-candles.test"]


def silent(mail, words):
    found = {word: mail.mentions(word) for word in words if mail.mentions(word)}
    assert not found, f"{found} in\n{mail.raw.decode('utf-8', 'replace')}"


def request(gateway, raw, subject):
    assert gateway.send(MIA.address, gateway.address("acme"), raw).accepted
    return gateway.mail.next("team@acme.test", wanted=lambda mail: mail.mentions(subject))


# A merchant's mail as a client writes it: the address stands in every header that a program fills in by itself.
CHATTY = [("Reply-To", MIA.mailbox), ("Sender", MIA.address), ("X-Sender", MIA.address), ("X-Original-From", MIA.mailbox),
          ("Disposition-Notification-To", MIA.mailbox), ("List-Unsubscribe", f"<mailto:{MIA.address}>"),
          ("X-Google-Original-From", MIA.mailbox), ("DKIM-Signature", "v=1; d=mias-candles.test; i=@mias-candles.test; b=AAAA"),
          ("Received", "from laptop.mias-candles.test by smtp.mias-candles.test; Sun, 22 Nov 2026 05:00:00 +0000")]


def test_nothing_of_the_merchants_headers_reaches_the_partner(gateway):
    raw = compose(MIA, gateway.address("acme"), "Chatty headers", "Please help me with chatty headers.\n", headers=CHATTY)
    notice = request(gateway, raw, "chatty headers")
    silent(notice, MERCHANT_WORDS)
    assert "Mia" in notice.sender, "the name is shown, the address is not"


@pytest.mark.parametrize("style", sorted(client.STYLES))
def test_answers_of_every_client_stay_masked_both_ways(gateway, style):
    marker = f"candles-{style}"
    raw = compose(MIA, gateway.address("acme"), f"About {marker}", f"I need help with {marker}, please.\n")
    notice = request(gateway, raw, marker)
    to, raw = reply(ANNA, notice, f"Gladly, said the expert of {marker}.", style)
    assert gateway.send(ANNA.address, to, raw).accepted
    answer = gateway.mail.next(MIA.address, wanted=lambda mail: f"expert of {marker}" in mail.text)
    silent(answer, PARTNER_WORDS)
    to, raw = reply(MIA, answer, f"Thank you, said the merchant of {marker}.", style)
    assert gateway.send(MIA.address, to, raw).accepted
    overview = gateway.mail.next("team@acme.test", 20, lambda mail: mail.mentions(f"merchant of {marker}"))
    silent(overview, MERCHANT_WORDS)


def test_return_path_and_message_ids_are_ours(gateway):
    notice = request(gateway, compose(MIA, gateway.address("acme"), "Own names", "Whose names are these?\n"), "Whose names")
    assert notice.return_path.endswith("@experts.test")
    assert notice.message_id.endswith("@experts.test>")
    assert all(name.endswith("@experts.test>") for name in notice.references)


def test_names_of_files_and_headers_of_parts_say_nothing(gateway):
    raw = compose(MIA, gateway.address("acme"), "Part headers", "See the picture of part headers.\n",
                  files=[("candle.png", "image/png", b"\x89PNG not really")])
    raw = raw.replace(b"Content-Disposition: attachment", b"Content-Description: from mia@mias-candles.test\r\n"
                      b"Content-ID: <pic.1@mias-candles.test>\r\nContent-Disposition: attachment")
    notice = request(gateway, raw, "part headers")
    silent(notice, MERCHANT_WORDS)


def test_a_forwarding_member_is_masked_too(gateway):
    """Bob, another member, answers from his own address to the notification that the team got."""
    notice = request(gateway, compose(MIA, gateway.address("acme"), "For Bob", "Is Bob there, perhaps?\n"), "is bob there")
    assert gateway.send(BOB.address, *reply(BOB, notice, "Bob is here and answers.", "apple")).accepted
    answer = gateway.mail.next(MIA.address, wanted=lambda mail: "Bob is here" in mail.text)
    silent(answer, PARTNER_WORDS)


def test_a_stranger_with_the_link_is_not_relayed(gateway):
    """From must be a registered address of the link's participant."""
    notice = request(gateway, compose(MIA, gateway.address("acme"), "Stranger", "No strangers, please.\n"), "no strangers")
    stranger = Person("Sly Stranger", "sly@stranger.test")
    to, raw = reply(stranger, notice, "Send the money to my account.", "gmail")
    gateway.send(stranger.address, to, raw)
    follow = reply(ANNA, notice, "This is the true Anna.", "gmail")
    assert gateway.send(ANNA.address, *follow).accepted
    assert gateway.mail.next(MIA.address, wanted=lambda mail: "true Anna" in mail.text)
    assert not [mail for mail in gateway.mail.all(MIA.address) if mail.mentions("my account")]


def test_a_leads_contact_details_are_shown(gateway):
    lead = Person("Lou Lead", "lou@lead.test")
    raw = compose(lead, gateway.address("acme"), "A first shop", "I have no shop yet; can you make one for lou?\n")
    assert gateway.send(lead.address, gateway.address("acme"), raw).accepted
    notice = gateway.mail.next("team@acme.test", wanted=lambda mail: mail.mentions("one for lou"))
    assert lead.address in notice.text
    assert gateway.send(ANNA.address, *reply(ANNA, notice, "Yes, Lou, with pleasure.", "gmail")).accepted
    answer = gateway.mail.next(lead.address, wanted=lambda mail: "with pleasure" in mail.text)
    silent(answer, PARTNER_WORDS)
    listed = [row for row in gateway.postern_json("job", "list") if row["merchant"]["address"] == lead.address]
    assert not listed, "a lead's job is not listed among the organisation's jobs (R8)"
