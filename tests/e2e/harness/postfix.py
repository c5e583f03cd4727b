"""A private Postfix in one folder, on a loopback port. The system's own is neither read nor touched.

Its main.cf is conf/postfix/main.cf, the file that an admin is told to add, with this instance's paths; only what makes it
private (ports, folders, where other domains' mail goes) is ours. What is tested is what is shipped.
"""

import os
import pwd
import grp
import re
import shutil
import smtplib
import subprocess

from .process import Failed, Guarded, tail, wait_until

HOSTNAME = "mx.operator.test"
MASTER = "/usr/lib/postfix/sbin/master"

# The queue's folders: name, mode, group that owns it (None: root's folder). As `postfix set-permissions` makes them.
QUEUES = [(name, 0o700, "postfix") for name in
          ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace")]
QUEUES += [("maildrop", 0o1730, "postdrop"), ("public", 0o2710, "postdrop"), ("pid", 0o755, None)]

SERVICES = """\
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
showq     unix  n - n - - showq
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
smtp      unix  - - n - - smtp
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
"""


def available():
    """None, or why there can be no private Postfix here."""
    if os.geteuid() != 0:
        return "Postfix has to be started by root"
    if not os.path.exists(MASTER):
        return "Postfix is not installed"
    return None


def uncommented(path):
    """The settings of a snippet, continuation lines joined: lines without comments."""
    with open(path, encoding="utf-8") as file:
        lines = [line.rstrip() for line in file if line.strip() and not line.lstrip().startswith("#")]
    joined = []
    for line in lines:
        if line[0].isspace() and joined:
            joined[-1] += " " + line.strip()
        else:
            joined.append(line)
    return joined


class Postfix:
    """`place(name)` gives paths inside the gateway's folder; `adapt(text)` puts its paths into the snippet's lines."""

    def __init__(self, root, port, user, snippets, adapt, settings=()):
        self.root, self.port, self.user, self.adapt = root, port, user, adapt
        self.snippets, self.settings = snippets, dict(settings)
        self.config, self.queue = os.path.join(root, "postfix"), os.path.join(root, "queue")
        self.data, self.log = os.path.join(root, "postfix-data"), os.path.join(root, "log", "mail.log")
        self.mail = os.path.join(root, "mail")
        self.guarded = None

    # ---- folders and files ----

    def _own(self):
        return {
            "compatibility_level": "3.6",
            "queue_directory": self.queue,
            "data_directory": self.data,
            "mail_owner": "postfix",
            "setgid_group": "postdrop",
            "maillog_file": self.log,
            "maillog_file_prefixes": os.path.dirname(self.log),
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
            # Not below the gateway's domain: relay_domains counts subdomains in.
            "myhostname": HOSTNAME,
            "mydestination": "",
            "mynetworks": "127.0.0.0/8",
            "smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination",
            "alias_maps": "",
            "alias_database": "",
            "local_transport": "error:this Postfix has no local mailboxes",
            "default_transport": "maildir",
            "maildir_destination_recipient_limit": "1",
            # A queue that tries again within a test's patience.
            "minimal_backoff_time": "2s",
            "maximal_backoff_time": "4s",
            "queue_run_delay": "2s",
            # What a test sends at full speed is no attack.
            "smtpd_client_connection_count_limit": "0",
            "smtpd_error_sleep_time": "0",
            "smtpd_hard_error_limit": "1000",
            "smtpd_recipient_limit": "2000",
            "smtpd_peername_lookup": "no",
            "message_size_limit": "0",
        }

    def write(self):
        os.makedirs(self.config, exist_ok=True)
        settings = self._own()
        for line in uncommented(os.path.join(self.snippets, "main.cf")):
            name, _, value = self.adapt(line).partition("=")
            settings[name.strip()] = value.strip()
        settings.update(self.settings)
        with open(os.path.join(self.config, "main.cf"), "w", encoding="utf-8") as file:
            file.writelines(f"{name} = {value}\n" for name, value in settings.items())
        with open(os.path.join(self.config, "master.cf"), "w", encoding="utf-8") as file:
            file.write(f"127.0.0.1:{self.port} inet n - n - - smtpd\n" + SERVICES)
            writer = os.path.join(self.root, "bin", "maildir.sh")
            file.write(f"maildir unix - n n - 10 pipe flags=DROXhu null_sender= user={self.user} "
                       f"argv={writer} {self.mail} ${{recipient}}\n")
            file.writelines(self.adapt(line) + "\n" for line in uncommented(os.path.join(self.snippets, "master.cf")))

    def _make_folders(self):
        postfix = pwd.getpwnam("postfix")
        for path in (self.queue, self.data, os.path.dirname(self.log)):
            os.makedirs(path, exist_ok=True)
        os.chown(self.data, postfix.pw_uid, postfix.pw_gid)
        for name, mode, group in QUEUES:
            path = os.path.join(self.queue, name)
            os.makedirs(path, exist_ok=True)
            if group:
                os.chown(path, postfix.pw_uid, grp.getgrnam(group).gr_gid)
            os.chmod(path, mode)
        # A kill -9 leaves sockets behind; master makes its own.
        for name in ("private", "public"):
            shutil.rmtree(os.path.join(self.queue, name, ".old"), ignore_errors=True)

    # ---- life ----

    def start(self, timeout=20):
        self._make_folders()
        self._refuse_bad_settings()
        self.guarded = Guarded([MASTER, "-c", self.config, "-d"], self.log)
        if not wait_until(lambda: not self.guarded.running() or self.greets(), timeout) or not self.greets():
            self.stop()
            raise Failed(f"Postfix did not start on port {self.port}:\n{tail(self.log)}")
        return self

    def _refuse_bad_settings(self):
        """postconf warns of names that no program reads: a misspelt setting would be tested as if it were there."""
        done = subprocess.run(["postconf", "-c", self.config, "-n"], capture_output=True, text=True, check=False)
        if done.returncode or re.search(r"warning|fatal", done.stderr):
            raise Failed(f"Postfix does not like its settings in {self.config}:\n{done.stderr}")

    def greets(self):
        try:
            with smtplib.SMTP("127.0.0.1", self.port, "stage.test", timeout=5):
                return True
        except (OSError, smtplib.SMTPException):
            return False

    def stop(self):
        if self.guarded:
            self.guarded.stop()
            self.guarded = None

    def flush(self):
        subprocess.run(["postqueue", "-c", self.config, "-f"], check=True)

    def queued(self):
        """Mails in the queue that are on their way or wait to be tried again; not what a client is still handing over."""
        paths = [os.path.join(folder, file) for name in ("incoming", "active", "deferred", "hold")
                 for folder, _, files in os.walk(os.path.join(self.queue, name)) for file in files]
        return sum(self._is_whole(path) for path in paths)

    @staticmethod
    def _is_whole(path):
        """Postfix makes a queue file executable when all of the mail is in it."""
        try:
            return bool(os.stat(path).st_mode & 0o100)
        except FileNotFoundError:
            return False
