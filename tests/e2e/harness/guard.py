"""guard.py COMMAND… runs a command until it ends or standard input does, then sees to it that nothing of it is left.

Whoever starts the guard holds the other end of its standard input; the kernel closes that end however the starter dies.
"""

import ctypes
import os
import select
import signal
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
PATIENCE = 5.0  # seconds between SIGTERM and SIGKILL


def start(command):
    pid = os.fork()
    if pid:
        return pid
    os.setsid()
    os.execv(command[0], command)


def wait(pid, wake):
    """True when the command ended by itself, False when our starter is gone."""
    while True:
        readable, _, _ = select.select([0, wake], [], [])
        if wake in readable:
            os.read(wake, 512)
            if reap(pid):
                return True
        if 0 in readable and not os.read(0, 512):
            return False


def reap(wanted=None):
    """Collects whatever has ended; orphans of the command are ours too. True when `wanted` was among them."""
    found = False
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return True
        if pid == 0:
            return found
        found = found or pid == wanted


def signal_group(pid, number):
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        pass


def end(pid):
    for number in (signal.SIGTERM, signal.SIGKILL):
        signal_group(pid, number)
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            if reap() and not os.path.exists(f"/proc/{pid}"):
                return
            time.sleep(0.01)


def main():
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    signal.set_wakeup_fd(writable)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pid = start(sys.argv[1:])
    wait(pid, readable)
    end(pid)


main()
