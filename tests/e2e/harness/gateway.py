"""The whole gateway in one scratch folder: Postfix, the milter, the mailer, the database, the Maildirs.

    with Gateway.scratch(settings={"market.overview_interval": "2s"}) as gateway:
        gateway.send("mia@mias-candles.test", "acme@experts.test", mail)
        gateway.mail.next("team@acme.test")
        gateway.postern_json("conversation", "list")
"""

import contextlib
import errno
import fcntl
import grp
import json
import os
import pwd
import shlex
import shutil
import socket
import sqlite3
import subprocess
import tempfile

from . import client
from .postfix import Postfix
from .process import Daemon, Failed, User, tail

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
DOMAIN = "experts.test"
PROGRAMS = {name: f"{folder}/{name}" for folder, name in
            (("ctl", "postern"), ("milter", "postern-milter"), ("mailer", "postern-mailer"))}
LONGEST = 107 - len("/queue/postern/milter.sock")  # of the folder's path: a UNIX socket's has 107 bytes


def build_folder():
    return os.environ.get("POSTERN_BUILD") or os.path.join(TOP, "build")


def owner():
    """Whose the database, the keys and the Maildirs are: pipe(8) refuses root, so whoever called sudo, else nobody."""
    uid = int(os.environ.get("SUDO_UID") or 0)
    try:
        return pwd.getpwuid(uid) if uid else pwd.getpwnam("nobody")
    except KeyError:
        return pwd.getpwnam("nobody")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def port_is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def open_to_all(path):
    """Other users may pass through every folder on the way to `path`."""
    while path != "/":
        if not os.stat(path).st_mode & 0o001:
            return False
        path = os.path.dirname(path)
    return True


def scratch_folder():
    """Short (sockets) and open to the users that Postfix runs as: mktemp's are neither always."""
    folder = tempfile.mkdtemp(prefix="postern-", dir="/tmp")
    os.chmod(folder, 0o755)
    return folder


def usable_folder(folder):
    """`folder`, or, where its path is too long or closed to Postfix's users, a scratch folder that its `gateway` links to."""
    folder = os.path.realpath(folder)
    os.makedirs(folder, exist_ok=True)
    link = os.path.join(folder, "gateway")
    if os.path.isdir(link):
        return os.path.realpath(link)
    names = set(os.listdir(folder))
    if names <= {"demo.log", "pid"} or "postern.conf" in names:  # ours alone: anybody else's keeps its mode
        os.chmod(folder, os.stat(folder).st_mode | 0o055)
    if len(os.fsencode(folder)) <= LONGEST and open_to_all(folder):
        return folder
    elsewhere = scratch_folder()
    os.symlink(elsewhere, link)
    return elsewhere


def settings_text(settings):
    """{"group.key": value} as a settings file."""
    groups = {}
    for name, value in settings.items():
        group, _, key = name.partition(".")
        groups.setdefault(group, []).append(f"{key} = {value}\n")
    return "\n".join(f"[{group}]\n" + "".join(lines) for group, lines in groups.items())


class Gateway:
    """One instance. `settings` are added to, or stand instead of, those that its place calls for."""

    def __init__(self, root, port=None, settings=None, postfix_settings=(), market="sample-market.json"):
        self.root, self.port, self.market = root, port or free_port(), market
        self.settings, self.postfix_settings = dict(settings or {}), postfix_settings
        self.owner = owner()
        self.domain, self.server = DOMAIN, ("127.0.0.1", self.port)
        self.conf, self.data = self.place("postern.conf"), self.place("data")
        self.database, self.keys = self.place("data", "postern.db"), self.place("data", "keys")
        self.socket = self.place("queue", "postern", "milter.sock")
        self.mail = client.Mailboxes(self.place("mail"))
        self.user = User(self.owner.pw_uid, self.owner.pw_gid, [grp.getgrnam("postfix").gr_gid])
        self.milter, self.mailer = self._daemon("milter"), self._daemon("mailer")
        self.postfix = Postfix(root, self.port, self.owner.pw_name, os.path.join(TOP, "conf", "postfix"), self._adapt,
                               postfix_settings)
        self._removed = False

    @classmethod
    def scratch(cls, **keywords):
        """In a folder of its own that goes when the gateway is left without an exception."""
        gateway = cls(scratch_folder(), **keywords)
        gateway._removed = True
        return gateway

    def place(self, *names):
        return os.path.join(self.root, *names)

    def address(self, local):
        return f"{local}@{self.domain}"

    # ---- setting up ----

    def _daemon(self, name):
        return Daemon(f"postern-{name}", [self.place("bin", f"postern-{name}"), "--config", self.conf], self.user,
                      self.place("log", f"{name}.log"), self.place("run"))

    def _adapt(self, line):
        """A line of the shipped snippet with this instance's domain, folders and user."""
        for shipped, ours in self.snippet_words.items():
            line = line.replace(shipped, ours)
        return line

    @property
    def snippet_words(self):
        return {
            "experts.example.com": self.domain,
            "user=postern": f"user={self.owner.pw_name}",
            "/usr/bin/postern": self.place("bin", "postern"),
            "/etc/postern/postern.conf": self.conf,
        }

    def all_settings(self):
        return {
            "gateway.domain": self.domain,
            "gateway.admin": "admin@operator.test",
            "store.database": f"sqlite:{self.database}",
            "store.keys": self.keys,
            "milter.socket": f"unix:{self.socket}",
            "milter.group": "postfix",
            "milter.spool_directory": self.place("data", "spool"),
            "mailer.relay": f"127.0.0.1:{self.port}",
            "mailer.wake_socket": self.place("data", "wake"),
            "mailer.templates": self.place("templates"),
            "mailer.poll": "1s",
            "market.overview_interval": "5s",
            "market.hold_time": "0",
            **self.settings,
        }

    def prepare(self):
        """Folders, programs, settings, database. What is there stays, but for programs and Postfix's settings."""
        for name, mine in (("bin", False), ("log", False), ("run", True), ("data", True), ("mail", True),
                           ("queue", False), ("queue/postern", True)):
            os.makedirs(self.place(name), exist_ok=True)
            if mine and os.geteuid() == 0:
                os.chown(self.place(name), self.owner.pw_uid, self.owner.pw_gid)
        os.chmod(self.data, 0o750)
        self._copy_programs()
        self._write_settings()
        self.postfix.write()
        self._write_wrapper()
        if not os.path.exists(self.database):
            self._as_owner("init")
        if self.market:
            self._as_owner("import", os.path.join("conf", self.market))
        return self

    def _copy_programs(self):
        """The tree may lie where the gateway's user cannot go (/root), and must be free to be built anew."""
        for name, path in PROGRAMS.items():
            source = os.path.join(build_folder(), path)
            if not os.path.exists(source):
                raise Failed(f"{source} is missing: run make first")
            self._replace(source, self.place("bin", name), 0o755)
        here = os.path.dirname(os.path.abspath(__file__))
        self._replace(os.path.join(here, "maildir.sh"), self.place("bin", "maildir.sh"), 0o755)
        for name in ("templates", "conf"):
            shutil.copytree(os.path.join(TOP, name), self.place(name), dirs_exist_ok=True,
                            ignore=shutil.ignore_patterns("Makefile*"))

    @staticmethod
    def _replace(source, target, mode):
        shutil.copyfile(source, target + ".new")
        os.chmod(target + ".new", mode)
        os.rename(target + ".new", target)

    def _write_settings(self):
        """A file that is there keeps its owner's words; only the port is a new one."""
        if os.path.exists(self.conf):
            with open(self.conf, encoding="utf-8") as file:
                lines = [f"relay = 127.0.0.1:{self.port}\n" if line.startswith("relay") else line for line in file]
            text = "".join(lines)
        else:
            text = settings_text(self.all_settings())
        with open(self.conf, "w", encoding="utf-8") as file:
            file.write(text)

    def _write_wrapper(self):
        path = self.place("postern")
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n# The admin's command with this gateway's settings.\n"
                       f"POSTERN_CONF=${{POSTERN_CONF:-{shlex.quote(self.conf)}}}\nexport POSTERN_CONF\n"
                       f"exec {shlex.quote(self.place('bin', 'postern'))} \"$@\"\n")
        os.chmod(path, 0o755)

    def write_environment(self, path):
        """For a shell to read; there at once and whole."""
        values = {"SMTP_HOST": self.server[0], "SMTP_PORT": self.port, "DOMAIN": self.domain, "MAILDIR": self.mail.root,
                  "POSTERN": self.place("postern"), "POSTERN_CONF": self.conf, "DATABASE": self.database}
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.writelines(f"{name}={shlex.quote(str(value))}\n" for name, value in values.items())
        os.rename(path + ".new", path)

    # ---- life ----

    def start(self):
        self.prepare()
        try:
            self.milter.start()
            self.mailer.start()
            self.postfix.start()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self):
        """Ends all three, whatever one of them does; then raises what went wrong first."""
        failures = []
        for part in (self.postfix, self.mailer, self.milter):
            try:
                part.stop()
            except Failed as failure:
                failures.append(failure)
        if failures:
            raise failures[0]

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        if kind:
            self.keep()
        self.leave()

    def leave(self):
        """Stops, and takes a scratch folder away unless somebody wants to look at it."""
        try:
            self.stop()
        except Failed:
            self.keep()
            raise
        finally:
            if self._removed:
                shutil.rmtree(self.root, ignore_errors=True)

    def keep(self):
        self._removed = False

    def logs(self):
        """(title, the last lines) of each log."""
        return [(f"{self.root}/log/{name}", tail(self.place("log", name), 25))
                for name in ("milter.log", "mailer.log", "mail.log")]

    # ---- using it ----

    def send(self, sender, recipients, raw, options=()):
        return client.send(self.server, sender, recipients, raw, options)

    def add_merchants(self, *people):
        """Registers people as merchants, each with a shop."""
        merchants = [{"name": person.name, "language": "en", "addresses": [person.address],
                      "shop": {"name": f"{person.name}'s shop", "url": f"https://{person.address.replace('@', '.')}"}}
                     for person in people]
        path = self.place("conf", "more-merchants.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"organisations": [], "merchants": merchants}, file)
        self._as_owner("import", path)

    def conversations_with(self, address):
        """One merchant's conversations, as the admin's command lists them."""
        return [row for row in self.postern_json("conversation", "list") if row["merchant"]["address"] == address]

    def _as_owner(self, *words, **keywords):
        return self.postern(*words, prefix=self.user.prefix(), **keywords)

    def postern(self, *words, input=None, check=True, prefix=(), environment=None):
        """The admin's command: a CompletedProcess with bytes. Raises Failed on a bad status unless told not to."""
        done = subprocess.run([*prefix, self.place("postern"), *words], input=input, capture_output=True, check=False,
                              cwd=self.root, env={**os.environ, **(environment or {})})
        if check and done.returncode:
            raise Failed(f"postern {' '.join(words)} ended with status {done.returncode}:\n"
                         f"{done.stderr.decode('utf-8', 'replace')}")
        return done

    def postern_json(self, *words):
        return json.loads(self.postern(*words, "--json").stdout)

    def ingest(self, sender, recipients, raw, **keywords):
        """As Postfix's pipe does it: LF line ends, the gateway's user. The exit status is a sysexits(3) code."""
        recipients = [recipients] if isinstance(recipients, str) else recipients
        return self._as_owner("ingest", "-f", sender, "--", *recipients, input=raw.replace(b"\r\n", b"\n"), check=False,
                              **keywords)

    @contextlib.contextmanager
    def _connection(self, mode):
        """Under the writers' lock file, as whoever writes has to be (sqlite's WAL-reset bug)."""
        with open(f"{self.database}-turn", "ab") as turn:
            if mode == "rw":
                fcntl.flock(turn, fcntl.LOCK_EX)
            connection = sqlite3.connect(f"file:{self.database}?mode={mode}", uri=True, timeout=10)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA wal_autocheckpoint=0")
            try:
                yield connection
            finally:
                connection.close()

    def rows(self, statement, *values):
        """Rows of the database, read beside the running gateway."""
        with self._connection("ro") as connection:
            return [dict(row) for row in connection.execute(statement, values)]

    def change(self, statement, *values):
        """For what only time would bring about: moves a row's clock. The number of rows changed."""
        with self._connection("rw") as connection, connection:
            return connection.execute(statement, values).rowcount

    def hurry(self):
        """What failed for a time (the relay asks the milter too, and that may have been dead) is due now, not in minutes."""
        return self.change("UPDATE outbox SET due_at = 0 WHERE state = 'due' AND attempts > 0")
