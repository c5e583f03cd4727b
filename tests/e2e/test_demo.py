"""./demo's promises, but for installing and building: what scripts may rely on."""

import json
import os
import re
import shlex
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import time

import pytest

from harness import client
from harness.client import ANNA, MIA, compose, reply
from harness.gateway import TOP, build_folder, free_port, scratch_folder
from harness.process import wait_until

VARIABLES = {"SMTP_HOST", "SMTP_PORT", "DOMAIN", "MAILDIR", "POSTERN", "POSTERN_CONF", "DATABASE"}


def demo(*words, **keywords):
    environment = {**os.environ, "PYTHONPATH": os.path.join(TOP, "tests", "e2e"), "POSTERN_BUILD": build_folder()}
    return subprocess.run([sys.executable, "-B", "-m", "harness.demo", *words], capture_output=True, text=True, timeout=120,
                          env=environment, check=False, **keywords)


def environment_of(folder):
    """DIR/env as a shell reads it."""
    shown = subprocess.run(["sh", "-c", f". {shlex.quote(os.path.join(folder, 'env'))} && set"], capture_output=True, text=True,
                           check=True).stdout
    return {name: value for name, value in re.findall(r"(?m)^(\w+)='(.*)'$", shown) if name in VARIABLES}


@pytest.fixture
def folder():
    path = scratch_folder()
    yield path
    demo("--stop", "--dir", path)
    shutil.rmtree(path, ignore_errors=True)


def test_once_plays_every_step_and_leaves_nothing_running(folder):
    done = demo("--once", "--dir", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✗" not in done.stdout and done.stdout.count("✓") > 30
    assert not os.path.exists(os.path.join(folder, "env"))
    log = [line for line in os.popen("ps -eo args").read().splitlines() if folder in line and "ps -eo" not in line]
    assert not log, log


def test_a_folder_is_taken_up_again_and_the_story_holds_again(folder):
    for _ in range(2):
        done = demo("--once", "--dir", folder)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "lena1@" in done.stdout, "the second time the lead is somebody new"


def test_detached_it_serves_plain_clients_until_it_is_stopped(folder):
    """The walk that a stranger's script takes: smtplib in, Maildir out, a reply, a reply to that, the overview, its item."""
    port = free_port()
    done = demo("--detach", "--no-story", "--dir", folder, "--port", str(port))
    assert done.returncode == 0, done.stderr
    env = environment_of(folder)
    assert set(env) == VARIABLES and env["SMTP_PORT"] == str(port) and env["DOMAIN"] == "experts.test"
    boxes = client.Mailboxes(env["MAILDIR"])

    def send(sender, to, raw):
        with smtplib.SMTP(env["SMTP_HOST"], int(env["SMTP_PORT"])) as session:
            assert not session.sendmail(sender, [to], raw)

    def conversations():
        return json.loads(subprocess.run([env["POSTERN"], "conversation", "list", "--json"], capture_output=True, check=True,
                                         cwd="/").stdout)

    assert conversations() == []
    start = time.monotonic()
    send(MIA.address, "acme@experts.test", compose(MIA, "acme@experts.test", "A plain mail", "Can you help, plainly?\n"))
    notice = boxes.next("team@acme.test", 2)
    assert time.monotonic() - start < 2
    to, raw = reply(ANNA, notice, "Yes, plainly.")
    send(ANNA.address, to, raw)
    answer = boxes.next(MIA.address, wanted=lambda mail: "Yes, plainly" in mail.text)
    to, raw = reply(MIA, answer, "Then let us begin.")
    send(MIA.address, to, raw)
    row, = conversations()
    assert (row["messages"], row["job"]["state"]) == (3, "awaiting_response")
    overview = boxes.next("team@acme.test", 15, lambda mail: "let us begin" in mail.text)
    to, raw = reply(ANNA, overview, "Gladly, on Monday.")
    send(ANNA.address, to, raw)
    assert boxes.next(MIA.address, wanted=lambda mail: "on Monday" in mail.text)
    again = demo("--detach", "--no-story", "--dir", folder)
    assert again.returncode == 2 and "runs there already" in again.stderr
    stopped = demo("--stop", "--dir", folder)
    assert stopped.returncode == 0, stopped.stderr
    assert not os.path.exists(os.path.join(folder, "env"))
    with pytest.raises(OSError):
        smtplib.SMTP(env["SMTP_HOST"], port)


def test_a_busy_port_is_an_error_when_asked_for(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = demo("--once", "--dir", folder, "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2 and "busy" in done.stderr


def test_a_long_and_closed_folder_works_too(folder):
    """Sockets need short paths, Postfix's users open ones; people's folders are neither always."""
    deep = os.path.join(folder, "closed", "x" * 90)
    os.makedirs(deep, mode=0o700)
    os.chmod(os.path.join(folder, "closed"), 0o700)
    done = demo("--detach", "--no-story", "--dir", deep)
    try:
        assert done.returncode == 0, done.stderr
        env = environment_of(deep)
        assert os.path.isdir(env["MAILDIR"])
    finally:
        assert demo("--stop", "--dir", deep).returncode == 0
        shutil.rmtree(os.path.realpath(os.path.join(deep, "gateway")), ignore_errors=True)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_ctrl_c_and_even_kill_9_end_everything(folder, how):
    environment = {**os.environ, "PYTHONPATH": os.path.join(TOP, "tests", "e2e"), "POSTERN_BUILD": build_folder()}
    process = subprocess.Popen([sys.executable, "-B", "-m", "harness.demo", "--no-story", "--dir", folder], env=environment,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert wait_until(lambda: os.path.exists(os.path.join(folder, "env")), 30)
        process.send_signal(how)
        process.wait(30)
        ours = lambda: [line for line in os.popen("ps -eo stat,args").read().splitlines()
                        if folder in line and not line.startswith("Z") and "ps -eo" not in line]
        assert wait_until(lambda: not ours(), 15, 0.1), ours()
    finally:
        process.kill()
        process.stdout.close()


WRONG = [["--once", "--detach"], ["--port", "0"], ["--port", "x"], ["--bogus"], ["--once", "--no-story"]]


@pytest.mark.parametrize("words", WRONG)
def test_wrong_words_are_wrong_usage(words):
    assert demo(*words).returncode == 2
