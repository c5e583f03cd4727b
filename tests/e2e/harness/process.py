"""Programs that we start: as whom, until when, and how we know that they are ready.

Nothing here outlives the process that started it, however that one dies: daemons ask the kernel for a signal (setpriv's
--pdeathsig), and Postfix, which changes its user and so loses that wish, runs under guard.py. The kernel means the thread
that started a daemon, not the process: start them in the main thread.
"""

import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time


class Failed(Exception):
    """A program did not do what it is there for; the text says which and shows the end of its log."""


class User:
    """Whom a program runs as: one user, and the groups that it needs beside its own."""

    def __init__(self, uid, gid, groups=()):
        self.uid, self.gid, self.groups = uid, gid, tuple(groups)

    def prefix(self):
        """Words that make the command behind them run as this user and end with us."""
        words = ["setpriv", "--pdeathsig", "KILL"]
        if os.geteuid() == 0:
            groups = ",".join(str(group) for group in (self.gid, *self.groups))
            words += ["--reuid", str(self.uid), "--regid", str(self.gid), "--groups", groups]
        return words + ["--"]


def tail(path, lines=20):
    try:
        with open(path, "rb") as file:
            return b"\n".join(file.read().splitlines()[-lines:]).decode("utf-8", "replace")
    except OSError as error:
        return str(error)


def wait_until(condition, timeout, pause=0.01):
    """The condition's first true value, or what it says last when the time is up."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(pause)


class Daemon:
    """One of ours: started, told ready by sd_notify(3)'s protocol, stopped, killed, started again."""

    def __init__(self, name, command, user, log, run_directory, environment=None):
        self.name, self.command, self.user, self.log = name, command, user, log
        self.notify = os.path.join(run_directory, name + ".notify")
        self.environment = environment or {}
        self.process = None

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process is not None and self.process.poll() is None

    def start(self, timeout=20):
        """Returns when the daemon says READY=1."""
        assert threading.current_thread() is threading.main_thread(), "it would be killed when this thread ends"
        with self._listen() as ready:
            environment = {**os.environ, "NOTIFY_SOCKET": self.notify, **self.environment}
            with open(self.log, "ab") as log:
                self.process = subprocess.Popen(
                    self.user.prefix() + self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    start_new_session=True, env=environment)
            self._await_ready(ready, timeout)
        os.unlink(self.notify)
        return self

    def _listen(self):
        if os.path.exists(self.notify):
            os.unlink(self.notify)
        ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        ready.bind(self.notify)
        os.chmod(self.notify, 0o666)
        return ready

    def _await_ready(self, ready, timeout):
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if select.select([ready], [], [], 0.05)[0] and b"READY=1" in ready.recv(4096).split(b"\n"):
                return
            if self.process.poll() is not None:
                raise Failed(f"{self.name} ended with status {self.process.returncode} at its start:\n{tail(self.log)}")
        self.kill()
        raise Failed(f"{self.name} was not ready after {timeout} seconds:\n{tail(self.log)}")

    def stop(self, timeout=30):
        """SIGTERM and its exit status. A daemon that does not end is killed, and that is a failure."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failed(f"{self.name} did not end within {timeout} seconds of SIGTERM:\n{tail(self.log)}") from None

    def kill(self):
        """kill -9: no last words."""
        if self.running():
            os.kill(self.process.pid, signal.SIGKILL)
        if self.process is not None:
            self.process.wait()


class Guarded:
    """A program under guard.py, which ends it, and all that it started, when we end."""

    def __init__(self, command, log):
        here = os.path.dirname(os.path.abspath(__file__))
        with open(log, "ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-B", os.path.join(here, "guard.py"), *command],
                stdin=subprocess.PIPE, stdout=out, stderr=out, start_new_session=True)

    def running(self):
        return self.process.poll() is None

    def stop(self, timeout=20):
        if self.process.stdin:
            self.process.stdin.close()
            self.process.stdin = None
        return self.process.wait(timeout)
