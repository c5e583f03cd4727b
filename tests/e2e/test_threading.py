"""Which conversation a mail belongs to, on a real Postfix: the link lost, Outlook's Thread-Index, a contradiction asked."""

import base64

from harness.client import ANNA, DAAN, MIA, compose, reply


def _ask(gateway, local, notify, partner):
    """Mia writes, the partner answers; the relayed answer as Mia has it."""
    to = gateway.address(local)
    assert gateway.send(MIA.address, to, compose(MIA, to, "New enquiry", f"Could {local} help?\n")).accepted
    first = gateway.mail.next(notify)
    gateway.mail.next(MIA.address)
    assert gateway.send(partner.address, *reply(partner, first, "With pleasure.\n")).accepted
    return first, gateway.mail.next(MIA.address)


def _messages(gateway, local):
    (listed,) = gateway.postern_json("conversation", "list", "-o", local)
    return [message["text"].strip() for message in gateway.postern_json("conversation", "show", str(listed["id"]))["messages"]]


def test_a_mail_finds_its_conversation_or_asks(gateway):
    first, acme = _ask(gateway, "acme", "team@acme.test", ANNA)
    _, blauw = _ask(gateway, "blauw", "post@blauw.test", DAAN)

    roots = {base64.b64decode(mail.header("Thread-Index"))[6:22] for mail in (first, acme, blauw)}
    assert len(roots) == 3 and acme.header("Thread-Topic") == "New enquiry"

    # The link is lost: a client that knows the organisation's own address; by References, then by Outlook's header alone.
    to = gateway.address("acme")
    for words, header in (("By References.", ("References", f"<{acme.header('Message-ID').strip('<>')}>")),
                          ("By Thread-Index.", ("Thread-Index", acme.header("Thread-Index")))):
        assert gateway.send(MIA.address, to, compose(MIA, to, "Quite different", words + "\n", headers=[header])).accepted
        assert _messages(gateway, "acme")[-1] == words

    # An answer to blauw under acme's address: neither gets it before Mia has said whom she means.
    before = _messages(gateway, "acme"), _messages(gateway, "blauw")
    assert gateway.send(MIA.address, *reply(MIA, blauw, "Who is this for?\n", to=acme.reply_to)).accepted
    question = gateway.mail.next(MIA.address)
    assert (_messages(gateway, "acme"), _messages(gateway, "blauw")) == before
    assert [row["reason"] for row in gateway.postern_json("quarantine", "list")] == ["held: which conversation is meant?"]
    choices = question.links()
    assert "Who is this for?" in question.header("Subject") or "New enquiry" in question.header("Subject")
    lines = question.body("plain").splitlines()
    choice = lines[next(i for i, line in enumerate(lines) if "Bureau Blauw" in line) + 1].strip()
    assert choice in choices
    refused = gateway.send(MIA.address, question.reply_to, compose(MIA, question.reply_to, "Re", "The second one\n"))
    assert not refused.accepted
    assert gateway.send(MIA.address, choice, compose(MIA, choice, "This one", "\n")).accepted
    assert (_messages(gateway, "acme"), _messages(gateway, "blauw")) == (before[0], before[1] + ["Who is this for?"])
    assert gateway.postern_json("quarantine", "list") == []
    assert not gateway.send(MIA.address, choice, compose(MIA, choice, "Again", "\n")).accepted
