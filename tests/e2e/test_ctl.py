"""The admin's command: what it prints, what it refuses, and that `check` finds what is broken and names what mends it."""

import contextlib
import grp
import json
import os
import pty
import re
import shutil
import socket
import sqlite3
import stat
import subprocess
import threading

import pytest

from harness.client import MIA, Person, compose
from harness.gateway import TOP, build_folder
from harness.postfix import SERVICES, uncommented

POSTERN = os.path.join(build_folder(), "ctl", "postern")
SAMPLE = os.path.join(TOP, "conf", "sample-market.json")
COMMANDS = ["init", "check", "import", "org", "merchant", "conversation", "job", "proposal", "invoice", "access", "review", "search", "tag", "block",
            "address", "outbox", "quarantine", "link", "match",
            "explain", "form", "replay", "ingest", "migrate", "help"]


class Admin:
    """A settings file in a folder of its own, and the command run with it."""

    def __init__(self, folder):
        self.folder = str(folder)
        self.conf = self.place("postern.conf")
        shutil.copytree(os.path.join(TOP, "templates"), self.place("templates"))
        self.write("postern.conf", f"""
            [gateway]
            domain = experts.test
            [store]
            database = sqlite:{self.place("data", "postern.db")}
            keys = {self.place("data", "keys")}
            [milter]
            socket = unix:{self.place("queue", "postern", "milter.sock")}
            spool_directory = {self.place("data", "spool")}
            [mailer]
            relay = 127.0.0.1:9
            wake_socket = {self.place("data", "wake")}
            templates = {self.place("templates")}
            """.replace("\n            ", "\n"))

    def place(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, text):
        with open(self.place(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.place(name)

    def run(self, *words, status=0, **keywords):
        """A CompletedProcess with text; the status has to be as said."""
        environment = {**os.environ, "POSTERN_CONF": self.conf, "LC_ALL": "C.UTF-8"}
        done = subprocess.run([POSTERN, *words], capture_output=True, text=True, env=environment, check=False,
                              **keywords)
        assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def json(self, *words, **keywords):
        return json.loads(self.run(*words, "--json", **keywords).stdout)

    def market(self, **entries):
        return self.write("market.json", json.dumps(entries))


@pytest.fixture
def empty(tmp_path):
    return Admin(tmp_path)


@pytest.fixture
def admin(empty):
    empty.run("init")
    return empty


@pytest.fixture
def stocked(admin):
    admin.run("import", SAMPLE)
    return admin


# ---- what partners change by mail ----

def story(admin, count=1):
    """Conversations of acme with Mia, by the pipe; their ids, oldest first."""
    for number in range(count):
        raw = compose(MIA, "acme@experts.test", f"Request {number}", "A theme design, please.\n").replace(b"\r\n", b"\n")
        subprocess.run([POSTERN, "ingest", "-f", MIA.address, "--", "acme@experts.test"], input=raw, check=True,
                       env={**os.environ, "POSTERN_CONF": admin.conf})
    return [row["id"] for row in reversed(admin.json("conversation", "list"))]


def audited(admin):
    connection = sqlite3.connect(admin.place("data", "postern.db"))
    try:
        return connection.execute("SELECT count(*) FROM audit WHERE actor = 'admin' AND event = 'command'").fetchone()[0]
    finally:
        connection.close()


def test_tags_are_put_on_renamed_and_deleted(stocked):
    (one,) = story(stocked)
    assert "Tag added: urgent" in stocked.run("conversation", "tag", str(one), "urgent", "two words").stdout
    assert stocked.json("conversation", "show", str(one))["tags"] == ["two words", "urgent"]
    assert stocked.json("tag", "list", "acme") == [{"name": "two words", "count": 1}, {"name": "urgent", "count": 1}]
    stocked.run("tag", "rename", "acme", "urgent", "big")
    stocked.run("conversation", "untag", str(one), "two words")
    would = stocked.json("tag", "delete", "acme", "big", "--dry-run")
    assert would["done"] and would["dry_run"] and stocked.json("conversation", "show", str(one))["tags"] == ["big"]
    assert audited(stocked) == 3, "a dry run leaves nothing"
    stocked.run("tag", "delete", "acme", "big")
    assert not stocked.json("conversation", "show", str(one))["tags"] and audited(stocked) == 4
    assert "There is no tag called “big”" in stocked.run("tag", "delete", "acme", "big", status=1).stderr
    assert "no organisation" in stocked.run("tag", "list", "nobody", status=1).stderr
    assert "no conversation" in stocked.run("conversation", "tag", "999", "x", status=1).stderr
    stocked.run("conversation", "tag", str(one), status=2)


def test_preferences_members_and_services_are_set(stocked):
    stocked.run("org", "set", "acme", "matching", "no")
    stocked.run("org", "away", "acme", "2 January", "--dry-run")
    stocked.run("org", "member", "acme", "add", "cleo@acme.test", "Cleo", "Vries")
    stocked.run("org", "member", "acme", "owner", "cleo@acme.test")
    assert "99.50 EUR" in stocked.run("org", "service", "acme", "add", "migration", "99.50", "EUR").stdout
    shown = stocked.json("org", "show", "acme")
    assert shown["preferences"]["matched"] is False and shown["available"]
    assert {"address": "cleo@acme.test", "name": "Cleo Vries", "role": "owner"} in shown["members"]
    assert {"service": "migration", "rate": 9950, "currency": "EUR"} in shown["services"]
    stocked.run("org", "member", "acme", "remove", "bob@acme.test", "--dry-run")
    assert "only owner" in stocked.run("org", "member", "acme", "remove", "cleo@acme.test", status=1).stderr
    assert "cannot be used here" in stocked.run("org", "member", "acme", "add", "daan@blauw.test", status=1).stderr
    assert "is not possible there" in stocked.run("org", "set", "acme", "matching", "perhaps", status=1).stderr
    assert len(stocked.json("org", "show", "acme")["members"]) == 3


def test_searches_and_filters(stocked):
    one, = story(stocked)
    stocked.run("conversation", "tag", str(one), "vip")
    assert [row["id"] for row in stocked.json("search", "acme", "jansen")] == [one]
    assert stocked.json("search", "blauw", "jansen") == []
    assert "nothing found" in stocked.run("search", "acme", "nowhere").stdout
    assert [row["id"] for row in stocked.json("conversation", "list", "-o", "acme", "--tag", "VIP", "--search", "mia")] == [one]
    assert [row["conversation"] for row in stocked.json("job", "list", "-o", "acme", "--search", "design")] == [one]
    assert "--organisation" in stocked.run("conversation", "list", "--tag", "vip", status=2).stderr
    assert "at most 6 words" in stocked.run("search", "acme", "a", "b", "c", "d", "e", "f", "g", status=1).stderr
    assert stocked.json("block", "list") == [] and "no blocks" in stocked.run("block", "list").stdout


def test_matches_are_explained_score_by_score(stocked):
    all_ = stocked.json("match", "explain", "--service", "store-setup", "--language", "nl", "--priority", "time,quality")
    assert [row["organisation"] for row in all_["candidates"]] == ["blauw", "acme"]
    assert (all_["service"], all_["language"], all_["dropshipping"], all_["priorities"]) == ("store-setup", "nl", False, ["time", "quality"])
    for row in all_["candidates"]:
        assert row["total"] == sum(score["points"] for score in row["scores"]) and row["last_matched_at"] is None
    points = {score["factor"]: (score["points"], score["most"]) for score in all_["candidates"][0]["scores"]}
    assert points["service"] == (40, 40) and points["language"] == (15, 15) and points["speed"] == (15, 30)
    assert points["rate"] == (0, 0) and points["expired jobs"] == (0, 30)
    assert {row["organisation"]: row["reasons"] for row in all_["left_out"]} == {
        "lumiere": ["other services"], "wisla": ["takes no new work"], "ghost": ["not published", "other services"],
        "bare": ["offers no service", "other services"]}
    none = stocked.json("match", "explain", "--service", "theme-design", "--dropshipping")
    assert {"organisation": "lumiere", "reasons": ["no dropshipping"]} in none["left_out"]

    # a stored one: what it asked for, who had it and by what; the settings' weights count
    raw = "From: Mia <mia@mias-candles.test>\nTo: jobs@experts.test\nSubject: Urgent\nMessage-ID: <u1@x.test>\n\nA migration, please.\n"
    stocked.run("ingest", "-f", "mia@mias-candles.test", "--", "jobs@experts.test", input=raw)
    one, = stocked.json("conversation", "list")
    request = str(stocked.json("conversation", "show", str(one["id"]))["request"])
    stored = stocked.json("match", "explain", request)
    assert (stored["service"], stored["language"], stored["priorities"]) == ("migration", "en", ["time"])
    assert stored["candidates"] == [] and stored["chosen"][0]["organisation"] == "blauw"
    assert stored["chosen"][0]["reasons"] == "service +40, speed +15, reviews +7"
    assert {"organisation": "blauw", "reasons": ["already asked"]} in stored["left_out"]
    page = stocked.run("match", "explain", request).stdout
    assert "nobody fits" in page and "already asked" in page and "service +40, speed +15" in page
    assert "takes no new work" in stocked.run("match", "explain", "--service", "store-setup").stdout

    assert "there is no request 99" in stocked.run("match", "explain", "99", status=1).stderr
    assert 'nobody offers the service "juggling"' in stocked.run("match", "explain", "--service", "juggling", status=1).stderr
    for words in ([], ["1", "--service", "seo"], ["--priority", "beauty"], ["one"]):
        assert "--help`" in stocked.run("match", "explain", *words, status=2).stderr
    with open(stocked.conf, "a", encoding="utf-8") as file:
        file.write("[match]\nweight_service = 7\n")
    weighed = stocked.json("match", "explain", "--service", "store-setup")["candidates"][0]["scores"][0]
    assert weighed == {"factor": "service", "points": 7, "most": 7}


# ---- words ----

def test_every_command_has_help(empty):
    listed = re.findall(r"^  ([a-z]+) {2,}[a-z]", empty.run("help").stdout.split("Commands:")[1], re.M)
    assert listed == COMMANDS
    for command in COMMANDS[:-1]:
        assert f"postern {command}" in empty.run(command, "--help").stdout
        assert empty.run("help", command).stdout == empty.run(command, "--help").stdout


def verbs(command):
    """What the completion offers behind a command, `help` aside."""
    script = f"source {TOP}/conf/completion/postern; _postern_words {command}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    return done.stdout.split() if command != "help" else []


def test_the_manual_and_the_completion_know_every_command_and_option(empty):
    with open(os.path.join(TOP, "ctl", "postern.1"), encoding="utf-8") as file:
        manual = file.read()
    script = f"source {TOP}/conf/completion/postern; _postern_commands; for c in {' '.join(COMMANDS)}; do _postern_options $c; done"
    completion = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout.splitlines()
    assert sorted(completion[0].split()) == sorted(COMMANDS)
    for command, completed in zip(COMMANDS, completion[1:]):
        assert f".It Cm {command}" in manual
        offered = set(re.findall(r"--[a-z-]+", empty.run(command, "--help").stdout)) if command != "help" else set()
        assert offered <= set(completed.split()), command
        for verb in verbs(command):
            shown = empty.run(command, verb, "--help").stdout
            assert f"postern {command}" in shown
            offered |= set(re.findall(r"--[a-z-]+", shown))
        assert offered <= set(completed.split()), command
        for option in offered:
            assert f"Fl -{option[2:]}" in manual, option


@pytest.mark.parametrize("words", [
    [], ["frob"], ["org"], ["org", "frob"], ["org", "list", "more"], ["org", "show"], ["org", "list", "--frob"],
    ["outbox", "show"], ["outbox", "retry"], ["invoice", "show", "1"], ["proposal", "list", "--state", "paid"], ["conversation", "list", "--state", "angry"], ["job", "list", "--limit", "-1"],
    ["outbox", "stats", "1"], ["outbox", "retry", "--all", "1"], ["outbox", "retry", "-r", "a@b.test"], ["outbox", "cancel", "1", "-s", "due"], ["outbox", "cancel", "1", "--last", "3"], ["outbox", "cancel", "-a", "--last", "-1"],
    ["outbox", "cancel", "-a", "-s", "bounced"], ["outbox", "retry", "-a", "-s", "sent"], ["outbox", "list", "-r", "nobody"],
    ["address", "show", "a@b.test"], ["address", "clear"], ["address", "clear", "nobody"], ["quarantine", "show"],
    ["import"], ["import", "a", "b"], ["init", "more"], ["init", "--owner", "nobody-of-that-name"], ["link", "show"],
    ["quarantine", "list", "--raw"], ["help", "frob"], ["-c"], ["explain"], ["form"], ["form", "frob", "x"],
    ["form", "learn"], ["form", "learn", "--name", "a/b", "x"], ["replay"], ["explain", "-f", "a@b.test", "-"],
], ids=" ".join)
def test_wrong_usage_ends_with_2_and_says_where_help_is(empty, words):
    done = empty.run(*words, status=2)
    assert done.stdout == ""
    assert "--help`" in done.stderr


@pytest.mark.parametrize("words", [["conversation", "show", "7"], ["conversation", "show", "seven"], ["job", "show", "7"], ["proposal", "show", "7"],
                                   ["org", "show", "nobody"], ["merchant", "show", "nobody@example.org"],
                                   ["quarantine", "show", "7"], ["outbox", "show", "7"], ["outbox", "show", "--raw", "7"], ["outbox", "retry", "7"],
                                   ["address", "clear", "a@b.test"], ["link", "show", "r+abc@experts.test"]], ids=" ".join)
def test_what_is_not_there_ends_with_1(admin, words):
    done = admin.run(*words, status=1)
    assert done.stdout == ""
    assert done.stderr.startswith("postern: ")


def test_words_behind_two_dashes_are_no_options(admin):
    assert "there is no organisation --json" in admin.run("org", "show", "--", "--json", status=1).stderr


def test_the_settings_file_is_named_before_or_behind_the_command(admin, tmp_path):
    elsewhere = str(tmp_path / "elsewhere.conf")
    os.rename(admin.conf, elsewhere)
    assert "copy the sample postern.conf there" in admin.run("org", "list", status=1).stderr
    assert admin.json("-c", elsewhere, "org", "list") == []
    assert admin.json("org", "list", "-c", elsewhere) == []


def test_an_option_with_its_value_may_stand_before_a_verb(stocked):
    (one,) = story(stocked)
    stocked.run("org", "-c", stocked.conf, "set", "acme", "matching", "no")
    stocked.run("conversation", "--config", stocked.conf, "tag", str(one), "urgent")
    declined = stocked.run("job", "--reason", "No time", "--dry-run", "decline", str(stocked.json("job", "list")[0]["id"]))
    assert "would be declined" in declined.stdout
    stocked.run("outbox", "-c", stocked.conf, "cancel", "1")
    assert stocked.json("conversation", "list", "-o", "acme", "--tag", "untag") == []


@pytest.mark.parametrize("words", [["org", "list"], ["org", "list", "--json"], ["outbox", "stats"], ["help"], ["job", "list"]],
                         ids=" ".join)
def test_what_a_full_disk_cuts_short_is_no_success(stocked, words):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([POSTERN, *words], stdout=full, stderr=subprocess.PIPE, check=False,
                              env={**os.environ, "POSTERN_CONF": stocked.conf, "LC_ALL": "C"})
    assert (done.returncode, done.stderr) == (1, b"postern: standard output: No space left on device\n")


def test_what_ingest_stored_stays_stored_whatever_becomes_of_its_words(stocked):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([POSTERN, "ingest", "--json", "-f", MIA.address, "--", "acme@experts.test"], stdout=full, check=False,
                              input=compose(MIA, "acme@experts.test", "Full", "A theme design, please.\n").replace(b"\r\n", b"\n"),
                              env={**os.environ, "POSTERN_CONF": stocked.conf})
    assert done.returncode == 0 and len(stocked.json("conversation", "list")) == 1


@pytest.mark.parametrize("command", ["conversation", "job", "proposal", "invoice", "access", "review", "block"])
def test_a_misspelled_organisation_is_told(stocked, command):
    assert stocked.json(command, "list", "-o", "acme") == []
    assert "there is no organisation amce" in stocked.run(command, "list", "-o", "amce", status=1).stderr


def test_words_that_a_script_hands_on_do_not_steer_the_terminal(stocked):
    for words, status in ((["merchant", "show", "\x1b[31mEve\x07"], 1), (["org", "\x1b[2J"], 2), (["\x1b[2J"], 2),
                          (["address", "clear", "\x1b[2J"], 2), (["explain", "\x1b[2J"], 1), (["org", "-n", "\x1b[2J", "list"], 2)):
        told = stocked.run(*words, status=status).stderr
        assert told and "\x1b" not in told and "\x07" not in told, words


# ---- init, migrate ----

def test_init_makes_what_is_missing_and_once(empty):
    rehearsed = empty.json("init", "--dry-run")
    assert {piece["result"] for piece in rehearsed} == {"would make"}
    assert not os.path.exists(empty.place("data"))
    assert "run `postern" in empty.run("org", "list", status=1).stderr
    assert empty.run("init").stdout.splitlines()[0].split() == ["made", "key", "file", empty.place("data", "keys")]
    for name, mode in (("data/keys", 0o600), ("data/spool", 0o700), ("queue/postern", 0o750)):
        assert stat.S_IMODE(os.stat(empty.place(name)).st_mode) == mode
    with open(empty.place("data", "keys"), "rb") as file:
        keys = file.read()
    assert {piece["result"] for piece in empty.json("init")} == {"there"}
    with open(empty.place("data", "keys"), "rb") as file:
        assert file.read() == keys


def test_init_gives_what_it_makes_to_its_owner(empty):
    empty.run("init", "--owner", "nobody")
    owners = {os.stat(empty.place(name)).st_uid for name in ("data", "data/keys", "data/postern.db", "data/spool")}
    assert owners == {os.stat(empty.place("data", "postern.db-turn")).st_uid} != {0}


def test_migrate_leaves_todays_schema(admin):
    facts = admin.json("migrate")
    assert facts["from"] == facts["to"] >= 1


# ---- import ----

def test_import_is_idempotent_and_a_dry_run_writes_nothing(admin):
    rehearsed = admin.json("import", "--dry-run", SAMPLE)
    assert rehearsed["organisations"] == {"added": 6, "changed": 0, "same": 0} and rehearsed["dry_run"]
    assert admin.json("org", "list") == []
    assert "6 added" in admin.run("import", SAMPLE).stdout
    with open(SAMPLE, encoding="utf-8") as file:
        again = admin.json("import", "-", stdin=file)
    assert again["organisations"] == {"added": 0, "changed": 0, "same": 6}
    assert again["merchants"] == {"added": 0, "changed": 0, "same": 2}


def test_import_tells_every_error_and_imports_nothing(admin):
    market = admin.market(
        organisations=[{"slug": "good", "name": "Good", "notify": "a@good.test"}, {"slug": "postmaster", "name": "P"}],
        merchants=[{"addresses": ["a@good.test"], "colour": "blue"}])
    done = admin.run("import", market, status=1)
    assert done.stderr.splitlines() == [f"postern: {market}: {line}" for line in (
        '/organisations/1/slug: "postmaster" is a reserved name: postmaster@experts.test is never an organisation\'s',
        "/organisations/1/notify: missing: without a member there is nobody else to write to",
        "/merchants/0/colour: unknown key; known here: name, language, addresses, shop",
        "/merchants/0/name: missing",
        '/merchants/0/addresses/0: "a@good.test" stands at /organisations/0/notify already')
    ] + ["postern: 5 errors: nothing was imported"]
    assert len(admin.json("import", market, status=1)["errors"]) == 5
    assert admin.json("org", "list") == []


def test_import_refuses_an_address_of_somebody_else(stocked):
    market = stocked.market(merchants=[{"name": "M", "addresses": ["bob@acme.test"]}])
    assert stocked.json("import", market, status=1)["errors"] == [
        '/merchants/0/addresses/0: "bob@acme.test" belongs to the organisation "acme" already']


def test_a_long_import_shows_its_progress_on_a_terminal_alone(admin):
    market = admin.market(merchants=[{"name": f"M {number}", "addresses": [f"m@{number}.test"]} for number in range(600)])
    assert admin.run("import", "--dry-run", market).stderr == ""
    ours, terminal = pty.openpty()
    with os.fdopen(terminal, "wb") as errors:
        subprocess.run([POSTERN, "-c", admin.conf, "import", market], stdout=subprocess.PIPE, stderr=errors, check=True)
    shown = b""
    while b"100%" not in shown:
        shown += os.read(ours, 4096)
    os.close(ours)
    assert b"\r[#" in shown and b"]  50%" in shown


# ---- listings ----

def test_listings_have_the_promised_shape(stocked):
    acme = stocked.json("org", "list")[0]
    assert acme == stocked.json("org", "show", "acme")
    assert (acme["slug"], acme["published"], acme["notify"]) == ("acme", True, "team@acme.test")
    assert [service["service"] for service in acme["services"]] == ["store-setup", "theme-design"]
    mia = stocked.json("merchant", "show", "MIA@mias-candles.test")
    assert mia["shop"] == {"name": "Mia's Candles", "url": "https://mias-candles.test"} and mia["registered"]
    assert stocked.json("merchant", "show", str(mia["id"])) == mia
    for kind in ("conversation", "job", "proposal", "invoice", "access", "review", "outbox", "quarantine"):
        assert stocked.json(kind, "list") == []
        assert len(stocked.run(kind, "list").stdout.splitlines()) == 1


def test_tables_are_aligned_by_what_a_terminal_shows(admin):
    admin.run("import", admin.market(organisations=[
        {"slug": f"org-{number}", "name": name, "notify": f"a@{number}.test"}
        for number, name in enumerate(["Studio Wisła", "日本の店", "Cafe\u0301", "Plain"])]))
    lines = admin.run("org", "list").stdout.splitlines()
    cells = {"日": 2, "本": 2, "の": 2, "店": 2, "\u0301": 0}
    starts = {sum(cells.get(letter, 1) for letter in line[:line.index("a@") if "a@" in line else line.index("NOTIFY")])
              for line in lines}
    assert len(lines) == 5 and len(starts) == 1


HOSTILE = (b"From: =?utf-8?q?Eve=1B]0;title=07?= <eve@evil.test>\r\nTo: acme@experts.test\r\n"
           b"Subject: =?utf-8?q?=1B[2J_red_=E2=80=AEdesrever?=\r\nMessage-ID: <1@evil.test>\r\n"
           b"Date: Mon, 16 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n"
           b"Content-Type: text/plain; charset=utf-8\r\n\r\nHello \x1b[31mthere\x07\x9b2J\r\nbye\r\n")


def test_nothing_of_a_mail_steers_the_terminal(stocked):
    stocked.run("ingest", "-f", "eve@evil.test", "--", "acme@experts.test", input=HOSTILE.decode("latin-1"))
    conversation = str(stocked.json("conversation", "list")[0]["id"])
    job = str(stocked.json("conversation", "list")[0]["job"]["id"])
    shown = ""
    with sqlite3.connect(stocked.place("data", "postern.db")) as database:  # should a rule ever let it in
        database.execute("UPDATE merchant SET name = 'Eve' || char(27) || '[2J' || char(8238)")
    for words in (["conversation", "list"], ["conversation", "show", conversation], ["job", "list"], ["job", "show", job],
                  ["merchant", "list"], ["outbox", "list"], ["quarantine", "list"]):
        shown += stocked.run(*words).stdout
    assert "there" in shown and "desrever" in shown
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)


def test_what_came_in_can_be_followed(stocked):
    stocked.run("ingest", "-f", "mia@mias-candles.test", "--", "acme@experts.test", input=(
        "From: Mia Jansen <mia@mias-candles.test>\nTo: acme@experts.test\nSubject: A new theme\n"
        "Message-ID: <theme@mias-candles.test>\nDate: Mon, 16 Nov 2026 10:00:00 +0000\n\nCan you help me?\n"))
    (listed,) = stocked.json("conversation", "list")
    assert set(listed) >= {"id", "organisation", "merchant", "shop", "kind", "messages", "unread", "tags", "job", "updated_at"}
    assert listed["merchant"] == {"name": "Mia Jansen", "address": "mia@mias-candles.test"}
    assert set(listed["job"]) == {"id", "state", "service", "due_at"} and listed["job"]["state"] == "new"
    shown = stocked.json("conversation", "show", str(listed["id"]))
    assert set(shown) >= {*listed, "proposals", "comments", "assignees"}
    assert [message["text"].strip() for message in shown["messages"]] == ["Can you help me?"]
    assert stocked.json("conversation", "list", "-o", "acme", "-s", "new", "-u", "-n", "1") == [listed]
    assert stocked.json("conversation", "list", "-o", "blauw") == []
    assert stocked.json("conversation", "list", "-s", "declined") == []
    assert len(stocked.json("org", "list")) == 6 and len(stocked.json("org", "list", "--limit", "2")) == 2
    assert stocked.json("job", "show", str(listed["job"]["id"]))["conversation"] == listed["id"]
    assert "| Can you help me?" in stocked.run("conversation", "show", str(listed["id"])).stdout
    assert {row["recipient"] for row in stocked.json("outbox", "list")} >= {"team@acme.test"}


def test_a_reply_address_can_be_looked_up_and_a_strangers_mail_to_it_is_kept(gateway):
    to = gateway.address("acme")
    assert gateway.send(MIA.address, to, compose(MIA, to, "Looked up", "Who is behind it?\n")).accepted
    link = gateway.mail.next("team@acme.test").reply_to
    (conversation,) = gateway.postern_json("conversation", "list", "-o", "acme")
    facts = gateway.postern_json("link", "show", link)
    assert (facts["purpose"], facts["side"], facts["conversation"], facts["alive"]) == (
        "reply", "partner", conversation["id"], True)
    token = link.partition("@")[0].partition("+")[2]
    assert gateway.postern_json("link", "show", token.upper()) == facts
    stranger = Person("Eve", "eve@evil.test")
    assert gateway.send(stranger.address, link, compose(stranger, link, "Let me in", "Please.\n")).accepted
    (kept,) = gateway.postern_json("quarantine", "list")
    assert set(kept) >= {"id", "reason", "sender", "recipient", "subject", "size", "at"}
    assert kept["subject"] == "Let me in"
    raw = gateway.postern("quarantine", "show", str(kept["id"]), "--raw").stdout
    assert len(raw) == kept["size"] and b"Subject: Let me in" in raw and raw.endswith(b"Please.\r\n")
    assert b"| Subject: Let me in" in gateway.postern("quarantine", "show", str(kept["id"])).stdout
    ours, terminal = pty.openpty()
    with os.fdopen(terminal, "wb") as screen:
        done = subprocess.run([gateway.place("postern"), "quarantine", "show", str(kept["id"]), "--raw"], stdout=screen,
                              stderr=subprocess.PIPE, check=False)
    os.close(ours)
    assert done.returncode == 2 and b"nothing for a terminal" in done.stderr


# ---- explain with the database, replay ----

THEME = ("From: Mia Jansen <mia@mias-candles.test>\nTo: acme@experts.test\nSubject: A new theme\n"
         "Message-ID: <theme@mias-candles.test>\nDate: Mon, 16 Nov 2026 10:00:00 +0000\n\nCan you help me?\n")


def test_explain_says_what_would_come_of_a_mail_and_leaves_no_trace(stocked):
    mail = stocked.write("theme.eml", THEME)
    plain = stocked.json("explain", mail)
    assert "route" not in plain and "plan" not in plain
    explained = stocked.json("explain", "--to", "acme@experts.test", mail)
    assert set(plain) | {"route", "plan"} == set(explained)
    assert (explained["route"]["decision"], explained["route"]["conversation"]) == ("none", None)
    plan = explained["plan"]
    assert plan["sender"] == "mia@mias-candles.test" and plan["rcpt"]["taken"] and plan["end"]["taken"]
    assert [(row["organisation"], row["new"], row["state_after"]) for row in plan["conversations"]] == [("acme", True, "new")]
    assert ("first-contact", "team@acme.test") in [(row["kind"], row["recipient"]) for row in plan["mails"]]
    for kind in ("conversation", "outbox", "quarantine"):
        assert stocked.json(kind, "list") == []
    stocked.run("ingest", "-f", "mia@mias-candles.test", "--", "acme@experts.test", input=THEME)  # it is not seen yet
    assert len(stocked.json("conversation", "list")) == 1
    (ack,) = [row for row in stocked.json("outbox", "list") if row["kind"] == "ack"]
    answer = stocked.write("answer.eml", THEME.replace("<theme@", "<more@").replace(
        "\n\n", f"\nIn-Reply-To: <{ack['message_id']}>\n\n"))
    page = stocked.run("explain", "-t", "acme@experts.test", "-f", "mia@mias-candles.test", answer).stdout
    assert "In-Reply-To names it" in page and "found: conversation 1" in page and "What would come of it now" in page
    refused = stocked.json("explain", "--to", "nosuch@experts.test", mail)
    assert refused["plan"]["rcpt"]["status"] == "5.1.1" and refused["route"] is None


def test_explain_with_the_database_keeps_the_terminal_safe(stocked):
    with open(stocked.place("hostile.eml"), "wb") as file:
        file.write(HOSTILE.replace(b"Message-ID: <1@evil.test>", b"In-Reply-To: <\x1b[2J@evil.test>"))
    page = stocked.run("explain", "--to", "acme@experts.test", stocked.place("hostile.eml")).stdout
    assert "end of mail" in page and not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)


def test_replay_says_what_today_reads_differently_and_changes_it_when_told(stocked):
    stocked.run("ingest", "-f", "mia@mias-candles.test", "--", "acme@experts.test", input=THEME)
    assert stocked.json("replay", "--all") == []
    with sqlite3.connect(stocked.place("data", "postern.db")) as database:
        database.execute("UPDATE message SET text = 'Can you'")
    (change,) = stocked.json("replay", "--id", "1")
    assert change == {"kind": "message", "id": 1, "conversation": 1, "applied": False,
                      "text": {"before": "Can you", "after": "Can you help me?"}}
    shown = stocked.run("replay", "--since", "2026-01-01")
    assert "- Can you\n" in shown.stdout and "+ Can you help me?" in shown.stdout and shown.stderr == ""
    assert stocked.json("replay", "--until", "2026-01-01") == []
    assert stocked.json("conversation", "show", "1")["messages"][0]["text"] == "Can you"
    sent = stocked.json("outbox", "list")
    assert "1 read, 1 differ, 1 changed" in stocked.run("replay", "--all", "--apply").stdout
    assert stocked.json("conversation", "show", "1")["messages"][0]["text"] == "Can you help me?"
    assert stocked.json("outbox", "list") == sent and stocked.json("replay", "--all") == []
    for words, status in ([], 2), (["--since", "yesterday"], 2), (["--id", "x"], 2), (["--id", "77"], 1), (["--id", "q1"], 1):
        assert stocked.run("replay", *words, status=status).stderr


def test_replay_shows_its_progress_on_a_terminal_alone(stocked):
    stocked.run("ingest", "-f", "mia@mias-candles.test", "--", "acme@experts.test", input=THEME)
    ours, terminal = pty.openpty()
    with os.fdopen(terminal, "wb") as errors:
        subprocess.run([POSTERN, "-c", stocked.conf, "replay", "--all"], stdout=subprocess.PIPE, stderr=errors, check=True)
    shown = b""
    while b"1/1" not in shown:
        shown += os.read(ours, 4096)
    os.close(ours)
    assert b"\r[########################################] 1/1" in shown


# ---- check ----

def test_check_finds_nothing_wrong_with_a_gateway_that_runs(gateway):
    done = gateway.postern("check", "--postfix-config", gateway.postfix.config, "--json", check=False)
    bad = [finding for finding in json.loads(done.stdout) if finding["level"] in ("error", "skipped")]
    assert bad == [] and done.returncode == 0


class Listeners:
    """Somebody at each socket that `check` knocks at."""

    def __init__(self, admin):
        self.sockets = []
        milter = self.bound(socket.AF_UNIX, socket.SOCK_STREAM, admin.place("queue", "postern", "milter.sock"))
        os.chown(milter.getsockname(), -1, grp.getgrnam("postfix").gr_gid)
        os.chmod(milter.getsockname(), 0o660)
        self.bound(socket.AF_UNIX, socket.SOCK_DGRAM, admin.place("data", "wake"))
        relay = self.bound(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))
        threading.Thread(target=self.greet, args=(relay,), daemon=True).start()
        with open(admin.conf, encoding="utf-8") as file:
            text = file.read().replace("127.0.0.1:9", f"127.0.0.1:{relay.getsockname()[1]}")
        admin.write("postern.conf", text)

    def bound(self, family, kind, address):
        made = socket.socket(family, kind)
        made.bind(address)
        if kind == socket.SOCK_STREAM:
            made.listen()
        self.sockets.append(made)
        return made

    @staticmethod
    def greet(relay):
        while True:
            try:
                connection, _ = relay.accept()
            except OSError:
                return
            with connection:
                connection.sendall(b"220 mx.experts.test ESMTP\r\n")
                with contextlib.suppress(OSError):
                    while connection.recv(100):
                        connection.sendall(b"250 mx.experts.test\r\n")

    def close(self):
        for each in self.sockets:
            each.close()


class Postfix:
    """A configuration folder as conf/postfix says, for postconf to read; nothing runs."""

    def __init__(self, admin):
        self.admin, self.folder = admin, admin.place("postfix")
        os.makedirs(self.folder)
        self.settings = {"compatibility_level": "3.6", "queue_directory": admin.place("queue"), "mydestination": ""}
        for line in self.snippet("main.cf"):
            name, _, value = line.partition("=")
            self.settings[name.strip()] = value.strip()
        self.master = "smtp inet n - n - - smtpd\n" + SERVICES + "\n".join(self.snippet("master.cf")) + "\n"
        self.save()

    @staticmethod
    def snippet(name):
        lines = uncommented(os.path.join(TOP, "conf", "postfix", name))
        return [line.replace("experts.example.com", "experts.test") for line in lines]

    def save(self):
        """Dated back: Postfix's programs wait until a file that was written just now is a second old."""
        text = "".join(f"{name} = {value}\n" for name, value in self.settings.items())
        for path in (self.admin.write("postfix/main.cf", text), self.admin.write("postfix/master.cf", self.master)):
            os.utime(path, (0, 0))

    def set(self, **settings):
        self.settings.update(settings)
        self.save()

    def apply(self, mend):
        """Does what a finding's line says."""
        place, _, line = mend.partition(": ")
        assert place == os.path.join(self.folder, "main.cf"), mend
        name, _, value = line.partition("=")
        self.set(**{name.strip(): value.strip()})

    def findings(self, name="postfix"):
        """Of Postfix, by check's name; the status is 1 exactly when there is an error."""
        done = subprocess.run([POSTERN, "-c", self.admin.conf, "check", "--json", "--postfix-config", self.folder],
                              capture_output=True, text=True, check=False)
        findings = json.loads(done.stdout)
        assert done.returncode == int(any(finding["level"] == "error" for finding in findings)), done.stderr
        return [finding for finding in findings if finding["check"].startswith(name)]


@pytest.fixture
def postfix(admin):
    return Postfix(admin)


def test_check_is_content_with_what_the_samples_say(admin, postfix):
    listeners = Listeners(admin)
    try:
        findings = postfix.findings("")
        text = admin.run("check", "--postfix-config", postfix.folder).stdout
    finally:
        listeners.close()
    bad = [finding for finding in findings if finding["level"] in ("error", "skipped", "warning")]
    assert [finding["check"] for finding in bad] in ([], ["store.owner"])  # root's files, when root runs the tests
    assert text.splitlines()[-1]== (
        f"{len(findings)} checks: 0 errors, {len(bad)} warning{'s' if len(bad) != 1 else ''}, 0 skipped")
    assert {"check", "level", "finding", "mend"} == set(findings[0])


@pytest.mark.parametrize("name, value, level", [
    ("milter_default_action", "accept", "error"), ("in_flow_delay", "1s", "warning"),
    ("header_size_limit", "102400", "error"), ("smtpd_forbid_bare_newline", "no", "error"),
    ("smtpd_forbid_bare_newline_exclusions", "$mynetworks", "warning"), ("smtpd_forbid_unauth_pipelining", "no", "error"),
    ("smtpd_discard_ehlo_keywords", "silent-discard", "warning"), ("smtputf8_enable", "yes", "warning"),
    ("message_size_limit", "10240000", "info"), ("smtpd_milters", "", "error"),
    ("smtpd_milters", "inet:localhost:11332", "error"), ("smtpd_milters", "unix:postern/milter.sock, inet:localhost:11332", "error"),
    ("non_smtpd_milters", "unix:postern/milter.sock", "error"), ("relay_domains", "other.test", "error"),
    ("relay_recipient_maps", "inline:{ a@experts.test=x }", "error"),
    ("postern_destination_recipient_limit", "50", "error"),
])
def test_check_finds_and_its_line_mends(postfix, name, value, level):
    check = {"postern_destination_recipient_limit": "postfix.recipient_limit"}.get(name, f"postfix.{name}")
    postfix.set(**{name: value})
    broken = [finding for finding in postfix.findings() if finding["check"] == check]
    assert [finding["level"] for finding in broken] == [level]
    postfix.apply(broken[0]["mend"])
    assert all(finding["level"] == "ok" for finding in postfix.findings())


@pytest.mark.parametrize("milters", [
    "inet:localhost:11332, unix:postern/milter.sock", "{ unix:postern/milter.sock, connect_timeout=3s }",
    "local:{queue}/postern/milter.sock", "unix:/postern/milter.sock",
])
def test_check_knows_the_milter_however_it_is_named(postfix, milters):
    postfix.set(smtpd_milters=milters.replace("{queue}", postfix.settings["queue_directory"]))
    assert [finding["level"] for finding in postfix.findings("postfix.smtpd_milters")] == ["ok"]


@pytest.mark.parametrize("milters, level", [("inet:localhost:8891", "ok"), ("inet:127.0.0.1:8891", "ok"),
                                            ("inet:127.0.0.1:8892", "error"), ("inet:other.test:8891", "error")])
def test_check_knows_a_milter_by_its_port(admin, postfix, milters, level):
    with open(admin.conf, encoding="utf-8") as file:
        text = re.sub(r"socket = unix:.*milter.sock", "socket = inet:8891@127.0.0.1", file.read())
    admin.write("postern.conf", text)
    postfix.set(smtpd_milters=milters)
    (finding,) = postfix.findings("postfix.smtpd_milters")
    assert finding["level"] == level
    assert finding["mend"] is None or finding["mend"].endswith("inet:127.0.0.1:8891")


def test_check_finds_a_default_action_in_braces(postfix):
    postfix.set(smtpd_milters="{ unix:postern/milter.sock, default_action=accept }")
    assert [finding["level"] for finding in postfix.findings("postfix.smtpd_milters")] == ["ok", "error"]


@pytest.mark.parametrize("change", ["transport", "null_sender", "service"])
def test_check_finds_mail_that_would_not_reach_ingest(postfix, change):
    if change == "transport":
        postfix.set(transport_maps="")
    elif change == "null_sender":
        postfix.master = postfix.master.replace("null_sender=", "")
    else:
        postfix.master = postfix.master.replace("ingest", "frob")
    postfix.save()
    (finding,) = postfix.findings("postfix.transport")
    assert finding["level"] == "error" and "master.cf" in finding["mend"]


def test_check_finds_what_master_cf_takes_back(postfix):
    postfix.master = postfix.master.replace("- - smtpd\n", "- - smtpd\n  -o smtpd_milters= -o in_flow_delay=0\n")
    postfix.save()
    (finding,) = postfix.findings("postfix.master")
    assert finding["level"] == "warning" and "smtp/inet/smtpd_milters" in finding["finding"]


def test_check_says_when_postfix_cannot_be_read(admin):
    os.makedirs(admin.place("nothing"))
    done = admin.run("check", "--postfix-config", admin.place("nothing"), status=1)
    assert "--postfix-config DIR" in done.stdout


def findings_of(admin, name):
    findings = json.loads(admin.run("check", "--json", status=1).stdout)
    return [finding for finding in findings if finding["check"] == name]


def test_check_knows_the_engine_and_its_bug(admin):
    version = sqlite3.sqlite_version_info
    mended = version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)
    (finding,) = findings_of(admin, "store.engine")
    assert sqlite3.sqlite_version in finding["finding"]
    assert finding["level"] == ("ok" if mended else "info")


def test_check_finds_open_keys_and_a_missing_database(admin):
    os.chmod(admin.place("data", "keys"), 0o644)
    assert findings_of(admin, "store.keys")[0]["mend"] == f"chmod 0600 {admin.place('data', 'keys')}"
    os.rename(admin.place("data", "postern.db"), admin.place("data", "away.db"))
    assert findings_of(admin, "store.database")[0]["mend"].endswith(" init")


def test_check_finds_the_piece_that_does_not_run(admin):
    for name in ("milter.socket", "mailer.wake_socket", "mailer.relay"):
        assert [finding["level"] for finding in findings_of(admin, name)] == ["error"], name
    listeners = Listeners(admin)
    try:
        os.chmod(admin.place("queue", "postern", "milter.sock"), 0o600)
        assert [finding["level"] for finding in findings_of(admin, "milter.group")] == ["error"]
    finally:
        listeners.close()


def test_check_tells_that_the_mailer_is_behind(stocked):
    story(stocked)
    due = "UPDATE outbox SET due_at = unixepoch() - ?"
    for seconds, level in ((100, "ok"), (400, "error")):
        with contextlib.closing(sqlite3.connect(stocked.place("data", "postern.db"))) as connection, connection:
            connection.execute(due, (seconds,))
        (found,) = findings_of(stocked, "mailer.queue")
        assert found["level"] == level
    assert "2 mails are due" in found["finding"] and "outbox stats" in found["mend"]


def test_check_tells_what_was_kept_of_persons(stocked):
    story(stocked)
    link = re.search(r"<(r\+[^>]*)>", stocked.json("outbox", "show", "1")["mail"]["from"])[1]

    def writes(extra):
        stocked.run("ingest", "-f", "eve@x.test", "--", link, input=(
            f"From: eve@x.test\nTo: {link}\n{extra}Subject: Let me in\n\nPlease: {extra}.\n"))
        (found,) = findings_of(stocked, "milter.quarantine")
        return found

    assert writes("Auto-Submitted: auto-replied\n")["level"] == "ok", "a machine's is for the record"
    found = writes("")
    assert found["level"] == "info" and '1 for "the sender is not registered' in found["finding"]
    assert "quarantine list" in found["mend"] and len(stocked.json("quarantine", "list")) == 2


def test_check_tells_bad_settings_by_line(admin):
    with open(admin.conf, "a", encoding="utf-8") as file:
        file.write("[market]\nanswer_tim = 72h\n")
    (finding,) = findings_of(admin, "settings")
    assert re.match(rf"{re.escape(admin.conf)}:\d+: ", finding["finding"])


# ---- field maps ----

QUESTION = """From: Portal <web@site.example>
To: leads@experts.test
Subject: New question from Ann Lead
Content-Type: text/plain; charset=utf-8

Who are you: Ann Lead
Where do we reach you: ann@lead.example
Favourite colour: red
What is it about:
Hello, I need a shop.
"""


def test_a_form_is_learnt_and_explained_by_its_map(admin):
    mail = admin.write("question.eml", QUESTION)
    maps = admin.place("maps")
    assert json.loads(admin.run("explain", "--json", mail).stdout)["form"] is None
    printed = admin.run("form", "learn", "--dry-run", mail).stdout
    assert "email=Where do we reach you" in printed and not os.path.exists(maps)

    learnt = json.loads(admin.run("form", "learn", "--json", "--maps", maps, "--name", "portal", mail).stdout)
    assert learnt["file"] == os.path.join(maps, "portal.form")
    assert learnt["sender"] == "web@site.example" and learnt["subject"] == "New question from"
    assert learnt["fields"]["email"] == ["Where do we reach you"] and learnt["unknown"] == ["Favourite colour"]
    explained = json.loads(admin.run("explain", "--json", "--maps", maps, mail).stdout)
    assert explained["class"] == "form" and not explained["may_answer"]
    assert explained["form"]["lead"]["email"] == "ann@lead.example"
    assert explained["form"]["tool"] == "portal"

    done = admin.run("form", "learn", "--maps", maps, "--name", "portal", mail, status=1)
    assert "portal.form: File exists" in done.stderr


def test_learning_uses_the_folder_of_the_settings_and_check_tells_what_is_wrong_there(admin):
    maps = admin.place("forms")
    with open(admin.conf, "a", encoding="utf-8") as file:
        file.write(f"[form]\nmaps = {maps}\n")
    admin.run("form", "learn", admin.write("question.eml", QUESTION))
    assert os.listdir(maps) == ["site-example.form"]
    assert [finding["level"] for finding in findings_of(admin, "form.maps")] == ["ok"]
    with open(os.path.join(maps, "bad.form"), "w", encoding="utf-8") as file:
        file.write("[form]\nsender = web@site.example\n[fields]\nemial = A\n")
    (finding,) = findings_of(admin, "form.maps")
    assert finding["level"] == "warning"
    assert "bad.form: [fields] has no key emial" in finding["finding"]
    done = admin.run("explain", "--maps", maps, admin.place("question.eml"), status=1)
    assert "bad.form: [fields] has no key emial" in done.stderr


@pytest.mark.parametrize("text, told", [
    (QUESTION.replace("web@site.example", "noreply@jotform.com"), "a rule reads it already, as jotform"),
    ("From: Ann <ann@lead.example>\nSubject: Hi\n\nPlease call me.\n", "nothing in it looks like a form's field"),
], ids=["known", "words"])
def test_what_needs_no_map_or_gives_none_is_told(admin, text, told):
    assert told in admin.run("form", "learn", "--dry-run", admin.write("mail.eml", text), status=1).stderr
