"""To whom mail is handed over, and to whom a password is said: a real Postfix under TLS with SASL, and servers that cheat."""

import base64
import hashlib
import hmac
import json
import os
import pwd
import shutil
import socketserver
import ssl
import subprocess
import threading

import pytest

from harness.gateway import free_port, scratch_folder
from harness.postfix import Postfix
from harness.process import tail
from mailer_rig import LmtpSession, Relay, Rig, Session

HERE = os.path.dirname(os.path.abspath(__file__))
NAME, PASSWORD = "postern", "correct horse, battery = staple"


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, capture_output=True)


class Certificates:
    """An authority and what it signed, in a folder."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder)
        self.authority("ca")
        self.authority("other")
        self.sign("right", "DNS:localhost,IP:127.0.0.1")
        self.sign("wrong-name", "DNS:elsewhere.test")
        self.sign("expired", "DNS:localhost,IP:127.0.0.1", "-not_before", "20200101000000Z", "-not_after", "20200201000000Z")
        self.sign("self-signed", "DNS:localhost,IP:127.0.0.1", issuer="self-signed")
        self.sign("another-authority", "DNS:localhost,IP:127.0.0.1", issuer="other")

    def path(self, name):
        return os.path.join(self.folder, name)

    def chain(self, name):
        """Key and certificate, as Postfix's smtpd_tls_chain_files takes them."""
        return self.path(name + ".pem")

    def authority(self, name):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self.path(name + ".key"), "-out", self.path(name + ".crt"),
                "-subj", f"/CN={name}", "-days", "30", "-addext", "basicConstraints=critical,CA:TRUE")

    def sign(self, name, names, *dates, issuer="ca"):
        key, request, signed, extra = (self.path(f"{name}.{kind}") for kind in ("key", "csr", "crt", "ext"))
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        with open(extra, "w", encoding="ascii") as file:
            file.write(f"subjectAltName={names}\nbasicConstraints=CA:FALSE\n")
        if dates:
            self.sign_dated(request, signed, extra, dates)
        elif issuer == name:
            openssl("x509", "-req", "-in", request, "-signkey", key, "-out", signed, "-days", "30", "-extfile", extra)
        else:
            openssl("x509", "-req", "-in", request, "-CA", self.path(issuer + ".crt"), "-CAkey", self.path(issuer + ".key"),
                    "-CAcreateserial", "-out", signed, "-days", "30", "-extfile", extra)
        with open(self.chain(name), "wb") as chain:
            for path in (key, signed):
                with open(path, "rb") as file:
                    chain.write(file.read())

    def sign_dated(self, request, signed, extra, dates):
        """`openssl x509` of 3.0 knows no dates; `openssl ca` wants a folder of its own."""
        for name in ("index.txt", "index.txt.attr"):
            open(self.path(name), "w", encoding="ascii").close()
        with open(self.path("ca.cnf"), "w", encoding="ascii") as file:
            file.write(f"[ca]\ndefault_ca=all\n[all]\ndatabase={self.path('index.txt')}\nnew_certs_dir={self.folder}\n"
                       f"rand_serial=yes\ndefault_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n")
        start, end = dates[1], dates[3]
        openssl("ca", "-batch", "-config", self.path("ca.cnf"), "-cert", self.path("ca.crt"), "-keyfile", self.path("ca.key"),
                "-in", request, "-out", signed, "-extfile", extra, "-startdate", start, "-enddate", end, "-notext")


class Stage:
    """One Postfix with a port a certificate; what it accepts it discards."""

    kept = False

    def __init__(self, root):
        self.root, self.certificates = root, Certificates(os.path.join(root, "certificates"))
        os.makedirs(os.path.join(root, "snippets"))
        self.sasl = os.path.join(root, "postfix", "sasl")  # where Debian's Postfix looks
        os.makedirs(self.sasl)
        self.ports, self.lines = {}, ["tlsmgr unix - - n 1000? 1 tlsmgr"]
        for name in ("right", "wrong-name", "expired", "self-signed", "another-authority"):
            self.listen(name, f"smtpd_tls_chain_files={self.certificates.chain(name)}", "smtpd_tls_security_level=may")
        right = f"smtpd_tls_chain_files={self.certificates.chain('right')}"
        self.listen("implicit", right, "smtpd_tls_wrappermode=yes")
        self.listen("old", right, "smtpd_tls_security_level=may", "smtpd_tls_protocols=<=TLSv1.1", "tls_medium_cipherlist=ALL@SECLEVEL=0")
        self.listen("clear")
        self.listen("named", right, "smtpd_tls_security_level=may", "smtpd_sasl_auth_enable=yes", "smtpd_tls_auth_only=yes",
                    "smtpd_client_restrictions=permit_sasl_authenticated,reject")
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "PLAIN", "LOGIN"):
            self.listen(mechanism, right, "smtpd_tls_security_level=may", "smtpd_sasl_auth_enable=yes",
                        f"smtpd_sasl_path={mechanism}", "smtpd_client_restrictions=permit_sasl_authenticated,reject")
            self.allow(mechanism, mechanism)
        self.allow("smtpd", "PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256")
        with open(os.path.join(root, "snippets", "main.cf"), "w", encoding="ascii"):
            pass
        with open(os.path.join(root, "snippets", "master.cf"), "w", encoding="ascii") as file:
            file.write("\n".join(self.lines) + "\n")
        self.postfix = Postfix(root, free_port(), "nobody", os.path.join(root, "snippets"), lambda line: line,
                               {"smtpd_sasl_local_domain": "stage.test",
                                "default_transport": "discard", "smtpd_sasl_security_options": "noanonymous",
                                "smtpd_tls_session_cache_database": "", "smtp_tls_security_level": "none"})
        self.make_user()
        self.postfix.write()

    def listen(self, name, *settings):
        while (port := free_port()) in self.ports.values():
            pass
        self.ports[name] = port
        options = "".join(f" -o {{ {setting.replace('=', ' = ', 1)} }}" for setting in settings)
        self.lines.append(f"127.0.0.1:{self.ports[name]} inet n - n - - smtpd{options}")

    def allow(self, service, mechanisms):
        with open(os.path.join(self.sasl, service + ".conf"), "w", encoding="ascii") as file:
            file.write(f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {self.sasl}/users\nmech_list: {mechanisms}\n")

    def make_user(self):
        path = os.path.join(self.sasl, "users")
        subprocess.run(["saslpasswd2", "-p", "-c", "-f", path, "-u", "stage.test", NAME], input=PASSWORD, text=True, check=True)
        shutil.chown(path, "postfix")

    def received(self):
        """Message-IDs that Postfix took."""
        with open(self.postfix.log, encoding="utf-8") as file:
            return [line.split("message-id=")[1].strip() for line in file if "message-id=" in line]

    def keep(self):
        self.kept = True

    def logs(self):
        return [(self.postfix.log, tail(self.postfix.log, 25))]


@pytest.fixture(scope="module")
def stage():
    # Not pytest's own folder: every pytest that starts closes that one to Postfix's user, who then reads no passwords.
    root = scratch_folder()
    os.makedirs(os.path.join(root, "log"))
    made = Stage(root)
    made.postfix.start()
    yield made
    made.postfix.stop()
    if not made.kept:
        shutil.rmtree(root)


@pytest.fixture
def rig(stage):
    rigs = []

    def make(relay, **settings):
        given = {"mailer.relay": relay, "mailer.relay_ca": stage.certificates.path("ca.crt"), "mailer.smtp_timeout": "5s"}
        rigs.append(Rig({**given, **{name.replace("__", "."): value for name, value in settings.items()}}))
        return rigs[-1]

    yield make
    for each in rigs:
        each.close()


def password_file(rig, words=PASSWORD + "\n", mode=0o600):
    path = rig.place("password")
    with open(path, "w", encoding="utf-8") as file:
        file.write(words)
    os.chmod(path, mode)
    return path


def sent(stage, rig):
    """Whether the mailer sent all that is due; else why not."""
    rig.request()
    done = rig.once()
    rows = rig.rows("SELECT state, message_id, last_reply FROM outbox")
    taken = stage.received()
    if done.returncode == 0:
        assert {row["state"] for row in rows} == {"sent"} and all(f"<{row['message_id']}>" in taken for row in rows), rows
        return True
    assert {row["state"] for row in rows} == {"due"}, "a relay that is not believed costs no mail"
    assert not [row for row in rows if f"<{row['message_id']}>" in taken]
    return rows[0]["last_reply"]


# ---- certificates ----


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_the_right_certificate_is_used(stage, rig, host):
    rig = rig(f"{host}:{stage.ports['right']}", mailer__relay_tls="starttls")
    assert sent(stage, rig) is True


def findings(rig, name):
    done = rig.postern("check", "--json", check=False)
    return [finding for finding in json.loads(done.stdout) if finding["check"] == name]


def relay_finding(rig):
    finding, = findings(rig, "mailer.relay")
    return finding


@pytest.mark.parametrize("name, tls, words", [("right", "starttls", "takes a session"), ("implicit", "tls", "takes a session"),
                                              ("expired", "starttls", "expired"), ("wrong-name", "starttls", "is not good")])
def test_check_looks_at_the_relay_as_the_mailer_does(stage, rig, name, tls, words):
    finding = relay_finding(rig(f"localhost:{stage.ports[name]}", mailer__relay_tls=tls))
    assert words in finding["finding"], finding
    assert (finding["level"] == "ok") == (words == "takes a session")


def test_check_finds_a_wrong_password(stage, rig):
    rig = rig(f"localhost:{stage.ports['named']}", mailer__relay_tls="starttls", mailer__relay_user=f"{NAME}@stage.test")
    rig.write_settings(**{"mailer.relay_password_file": password_file(rig, "wrong\n")})
    finding = relay_finding(rig)
    assert finding["level"] == "error" and "535" in finding["finding"] and "relay_password_file" in finding["mend"], finding


def test_check_finds_clear_text_to_another_machine(rig):
    finding = relay_finding(rig("192.0.2.1:25", mailer__relay_tls="none"))
    assert finding["level"] == "error" and "192.0.2.1 is another machine" in finding["finding"], finding


@pytest.mark.parametrize("owner, mode, level, words", [
    ("nobody", 0o600, "ok", "for nobody alone"),
    ("root", 0o640, "ok", "for nobody alone"),  # its group is nobody's own
    ("root", 0o600, "error", "nobody, who runs the daemons, cannot read"),
    ("daemon", 0o640, "warning", "open to others than nobody"),
    ("nobody", 0o660, "warning", "open to others than nobody"),
    ("nobody", 0o604, "warning", "open to others than nobody"),
])
def test_check_looks_at_who_may_read_the_password(stage, rig, owner, mode, level, words):
    rig = rig(f"localhost:{stage.ports['named']}", mailer__relay_tls="starttls", mailer__relay_user=NAME)
    path = password_file(rig, mode=mode)
    shutil.chown(path, owner, pwd.getpwnam("nobody").pw_gid)
    shutil.chown(rig.database, "nobody")
    rig.write_settings(**{"mailer.relay_password_file": path})
    finding, = findings(rig, "mailer.relay_password_file")
    assert finding["level"] == level and words in finding["finding"], finding
    assert (level == "ok") == (finding["mend"] is None)


@pytest.mark.parametrize("lease, found", [("9s", True), ("10s", False)])
def test_check_finds_a_lease_that_is_too_short(stage, rig, lease, found):
    rig = rig(f"127.0.0.1:{stage.ports['clear']}", mailer__lease=lease, mailer__smtp_timeout="5s")
    assert [finding["level"] for finding in findings(rig, "mailer.lease")] == ["warning"] * found


def test_implicit_tls(stage, rig):
    assert sent(stage, rig(f"localhost:{stage.ports['implicit']}", mailer__relay_tls="tls")) is True


@pytest.mark.parametrize("name, words", [("wrong-name", "name"), ("expired", "expired"), ("self-signed", "issuer is unknown"),
                                         ("another-authority", "issuer is unknown")])
def test_any_other_certificate_is_refused(stage, rig, name, words):
    why = sent(stage, rig(f"localhost:{stage.ports[name]}", mailer__relay_tls="starttls"))
    assert why is not True and "certificate for localhost is not good" in why and words in why, why


def test_an_authority_that_the_system_does_not_know_is_not_believed_by_default(stage, rig):
    why = sent(stage, rig(f"localhost:{stage.ports['right']}", mailer__relay_tls="starttls", mailer__relay_ca=""))
    assert why is not True and "issuer is unknown" in why, why


def test_no_tls_before_1_2(stage, rig):
    why = sent(stage, rig(f"localhost:{stage.ports['old']}", mailer__relay_tls="starttls"))
    assert why is not True and "TLS" in why, why


def test_a_relay_without_starttls_is_refused(stage, rig):
    why = sent(stage, rig(f"localhost:{stage.ports['clear']}", mailer__relay_tls="starttls"))
    assert why is not True and "offers no STARTTLS" in why, why


def test_on_this_machine_clear_text_is_the_default(stage, rig):
    assert sent(stage, rig(f"127.0.0.1:{stage.ports['clear']}")) is True


def test_a_file_without_an_authority_is_refused_at_the_start(stage, rig):
    rig = rig(f"localhost:{stage.ports['right']}", mailer__relay_ca="/dev/null")
    done = rig.once()
    assert done.returncode == 1 and "/dev/null" in done.stderr


# ---- servers that cheat ----


class Cheat(socketserver.ThreadingTCPServer):
    """Speaks as `talk(connection, file)` says and keeps what it hears in clear text and, after STARTTLS, under TLS."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, certificates, after_starttls, ehlo=("STARTTLS",)):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificates.path("right.crt"), certificates.path("right.key"))
        self.after_starttls, self.ehlo, self.clear, self.secret = after_starttls, ehlo, [], []
        super().__init__(("127.0.0.1", 0), CheatSession)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def relay(self):
        return f"localhost:{self.server_address[1]}"


class CheatSession(socketserver.BaseRequestHandler):
    def answers(self, file, heard, ehlo):
        """Hears commands until STARTTLS; True when it came."""
        for line in file:
            heard.append(line)
            verb = line.split()[0].upper()
            if verb == b"STARTTLS":
                return True
            lines = ["cheat.test", *ehlo] if verb == b"EHLO" else ["ok"]
            for number, words in enumerate(lines):
                file.write(f"250{'-' if number + 1 < len(lines) else ' '}{words}\r\n".encode())
            file.flush()
        return False

    def handle(self):
        file = self.request.makefile("rwb")
        file.write(b"220 cheat.test ESMTP\r\n")
        file.flush()
        if not self.answers(file, self.server.clear, self.server.ehlo):
            return
        file.write(b"220 go\r\n" + self.server.after_starttls)
        file.flush()
        wrapped = self.server.context.wrap_socket(self.request, server_side=True)
        self.answers(wrapped.makefile("rwb"), self.server.secret, ())


@pytest.fixture
def cheat(stage):
    made = []

    def make(*words, **more):
        made.append(Cheat(stage.certificates, *words, **more))
        return made[-1]

    yield make
    for each in made:
        each.shutdown()
        each.server_close()


def test_what_was_said_in_clear_text_behind_starttls_is_not_heard(stage, rig, cheat):
    """CVE-2011-0411: an answer slipped in before the handshake would pass for one under TLS."""
    server = cheat(b"250-cheat.test\r\n250 AUTH PLAIN\r\n235 welcome\r\n")
    rig = rig(server.relay, mailer__relay_tls="starttls", mailer__relay_user=NAME)
    rig.write_settings(**{"mailer.relay_password_file": password_file(rig)})
    why = sent(stage, rig)
    assert why is not True and "offers no AUTH" in why, why
    assert {line.split()[0] for line in server.secret} == {b"EHLO"}, "the handshake went on as if nothing had been said"


def test_what_was_offered_in_clear_text_is_forgotten(stage, rig, cheat):
    server = cheat(b"", ehlo=("STARTTLS", "AUTH PLAIN", "PIPELINING", "SIZE 1"))
    rig = rig(server.relay, mailer__relay_tls="starttls", mailer__relay_user=NAME)
    rig.write_settings(**{"mailer.relay_password_file": password_file(rig)})
    why = sent(stage, rig)
    assert why is not True and "offers no AUTH" in why, why


def test_a_stripped_offer_gets_neither_mail_nor_password(stage, rig, cheat):
    server = cheat(b"", ehlo=("AUTH PLAIN LOGIN",))
    rig = rig(server.relay, mailer__relay_tls="starttls", mailer__relay_user=NAME)
    rig.write_settings(**{"mailer.relay_password_file": password_file(rig)})
    why = sent(stage, rig)
    assert why is not True and "offers no STARTTLS" in why, why
    assert {line.split()[0] for line in server.clear} <= {b"EHLO", b"QUIT"}


# ---- AUTH ----


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "PLAIN", "LOGIN"])
def test_auth(stage, rig, mechanism):
    rig = rig(f"localhost:{stage.ports[mechanism]}", mailer__relay_tls="starttls", mailer__relay_user=f"{NAME}@stage.test")
    rig.write_settings(**{"mailer.relay_password_file": password_file(rig)})
    assert sent(stage, rig) is True
    with open(stage.postfix.log, encoding="utf-8") as file:
        assert f"sasl_method={mechanism}," in file.read()


def test_the_best_mechanism_is_chosen(stage, rig):
    rig = rig(f"localhost:{stage.ports['named']}", mailer__relay_tls="starttls", mailer__relay_user=f"{NAME}@stage.test")
    rig.write_settings(**{"mailer.relay_password_file": password_file(rig)})
    with open(stage.postfix.log, encoding="utf-8") as file:
        file.seek(0, os.SEEK_END)
        assert sent(stage, rig) is True
        assert "sasl_method=SCRAM-SHA-256," in file.read()


def test_a_wrong_password_loses_no_mail_and_is_told(stage, rig):
    rig = rig(f"localhost:{stage.ports['named']}", mailer__relay_tls="starttls", mailer__relay_user=f"{NAME}@stage.test")
    rig.write_settings(**{"mailer.relay_password_file": password_file(rig, "wrong\n")})
    why = sent(stage, rig)
    assert why is not True and "AUTH was answered 535" in why, why


def test_a_relay_that_wants_a_name_costs_no_mail(stage, rig):
    rig = rig(f"localhost:{stage.ports['named']}", mailer__relay_tls="starttls")
    rig.request()
    rig.once()
    rows = rig.rows("SELECT kind, state, last_reply FROM outbox")
    assert {row["state"] for row in rows} == {"due"}
    assert "Client host rejected" in [row["last_reply"] for row in rows if row["kind"] == "ack"][0]
    assert [row["kind"] for row in rows].count("admin-alert") == 1


@pytest.mark.parametrize("words, mode, complaint", [(PASSWORD, 0o644, "chmod 0600"), ("\n", 0o600, "is empty")])
def test_a_password_file_that_is_no_good_is_refused(stage, rig, words, mode, complaint):
    rig = rig(f"localhost:{stage.ports['named']}", mailer__relay_user=NAME)
    rig.write_settings(**{"mailer.relay_password_file": password_file(rig, words, mode)})
    done = rig.once()
    assert done.returncode == 1 and complaint in done.stderr, done.stderr


def test_a_name_without_a_password_is_refused(stage, rig):
    done = rig(f"localhost:{stage.ports['named']}", mailer__relay_user=NAME).once()
    assert done.returncode == 1 and "go together" in done.stderr, done.stderr


class ScramSession(Session):
    """RFC 5802 and 7677. `relay.forge(signature)` gives what the server shows of the password; None: it shows nothing."""

    features = ("PIPELINING", "AUTH SCRAM-SHA-256")

    def answer(self, words):
        self.say("334 " + base64.b64encode(words).decode())
        return base64.b64decode(self.rfile.readline())

    def other(self, line):
        if not line.startswith(b"AUTH "):
            super().other(line)
            return
        bare = base64.b64decode(line.split()[2]).split(b",", 2)[2]
        nonce = bare.split(b"r=")[1] + b"server"
        first = b"r=" + nonce + b",s=" + base64.b64encode(b"salt") + b",i=4096"
        final = self.answer(first)
        salted = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), b"salt", 4096)
        said = b",".join([bare, first, final.split(b",p=")[0]])
        mac = lambda key, words: hmac.digest(key, words, "sha256")
        key = mac(salted, b"Client Key")
        proof = bytes(a ^ b for a, b in zip(key, mac(hashlib.sha256(key).digest(), said)))
        assert final.endswith(b",p=" + base64.b64encode(proof)), "the client knows the password"
        shown = self.server.relay.forge(mac(mac(salted, b"Server Key"), said))
        if shown and self.answer(b"v=" + base64.b64encode(shown)) != b"":
            return
        self.say("235 welcome")


@pytest.mark.parametrize("forge, words", [
    (lambda signature: signature, None),
    (lambda signature: bytes([signature[0] ^ 1]) + signature[1:], "AUTH SCRAM-SHA-256"),
    (lambda signature: signature[:-1], "AUTH SCRAM-SHA-256"),
    (lambda signature: None, "it has not shown that it knows the password"),
], ids=["right", "wrong", "cut", "none"])
def test_the_server_has_to_know_the_password_too(rig, forge, words):
    server = Relay(session=ScramSession)
    server.forge = forge
    rig = rig(f"127.0.0.1:{server.port}", mailer__relay_user=NAME)
    rig.write_settings(**{"mailer.relay_password_file": password_file(rig)})
    rig.relay.close()
    rig.relay = server
    rig.request()
    done = rig.once()
    if not words:
        assert done.returncode == 0 and len(server.taken) == 2, done.stderr
        return
    assert done.returncode == 1 and "MAIL" not in {line.split()[0] for line in server.heard if line}
    rows = rig.rows("SELECT state, last_reply FROM outbox WHERE kind <> 'admin-alert'")
    assert len(rows) == 2 and all(row["state"] == "due" and words in row["last_reply"] for row in rows), rows
    assert rig.rows("SELECT count(*) AS n FROM outbox WHERE kind = 'admin-alert'") == [{"n": 1}], "the admin is told"


# ---- LMTP ----


@pytest.fixture
def lmtp(rig):
    server = Relay(session=LmtpSession)
    made = rig(f"lmtp:127.0.0.1:{server.port}")
    made.relay.close()
    made.relay = server
    return made


def test_lmtp(lmtp):
    lmtp.request()
    assert lmtp.once().returncode == 0
    assert lmtp.states() == ["sent", "sent"] and len(lmtp.relay.taken) == 2


def test_lmtp_refuses_one_recipient_after_the_data(lmtp):
    lmtp.relay.at_dot = lambda recipient: "552 5.2.2 mailbox full" if recipient == "team@acme.test" else "250 ok"
    lmtp.request()
    assert lmtp.once().returncode == 0
    row, = lmtp.rows("SELECT recipient, last_reply FROM outbox WHERE state = 'failed'")
    assert row == {"recipient": "team@acme.test", "last_reply": "552 5.2.2 mailbox full"}


def test_lmtp_refuses_one_recipient_before_the_data(lmtp):
    lmtp.relay.at_rcpt = lambda recipient: "550 5.1.1 nobody here" if recipient == "team@acme.test" else None
    lmtp.request()
    assert lmtp.once().returncode == 0
    assert lmtp.rows("SELECT recipient FROM outbox WHERE state = 'failed'") == [{"recipient": "team@acme.test"}]
