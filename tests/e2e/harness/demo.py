"""./demo: the gateway in a scratch folder, the story on the terminal, then all of it stays up for a person's mail client."""

import argparse
import os
import shlex
import shutil
import signal
import sys
import time
import traceback

from .gateway import Gateway, build_folder, port_is_free, free_port, scratch_folder, usable_folder
from .postfix import available
from .process import Failed, tail, wait_until
from .story import Broken, Story

DEFAULT_PORT = 2525


class Usage(Exception):
    """The words on the command line cannot be followed."""


# ---- what it looks like ----

_TERMINAL = sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and "NO_COLOR" not in os.environ
_COLOURS = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}
_FRAMES = {"smtp": "yellow", "mail": "cyan", "store": "blue"}
_NAMES = {"smtp": "SMTP", "mail": "MAIL", "store": "DATABASE"}


def paint(colour, text):
    return f"\033[{_COLOURS[colour]}m{text}\033[0m" if _TERMINAL else text


def width():
    return max(60, min(shutil.get_terminal_size((100, 24)).columns, 120))


def visible(text):
    """A mail's words on a terminal: no control bytes."""
    return "".join(char if char.isprintable() else "�" for char in text.expandtabs())


def show_exhibit(exhibit):
    colour, room = _FRAMES[exhibit.kind], width() - 6
    print(f"  {paint(colour, '┌')} {paint(colour, _NAMES[exhibit.kind])} {paint('bold', visible(exhibit.title))}")
    for line in exhibit.lines:
        line = visible(line)
        print(f"  {paint(colour, '│')} {line if len(line) <= room else line[:room - 1] + '…'}")
    print(f"  {paint(colour, '└')}")


class Stage:
    """Prints the story's steps as they are played."""

    def __init__(self):
        self.number, self.held = 0, 0

    def before(self, title):
        self.number += 1
        print(f"\n{paint('bold', f'{self.number}. {title.strip()}')}", flush=True)

    def after(self, exhibits, checks):
        for exhibit in exhibits:
            show_exhibit(exhibit)
        for promise in checks:
            print(f"  {paint('green', '✓')} {promise}")
        self.held += len(checks)
        sys.stdout.flush()


def play(gateway):
    stage = Stage()
    start = time.monotonic()
    try:
        Story(gateway).play(stage.before, stage.after)
    except (Broken, Failed) as error:
        print(f"  {paint('red', '✗')} {error}\n\n{paint('red', 'The story did not hold.')} {stage.held} checks held before.")
        return False
    except Exception:
        print(f"  {paint('red', '✗')} the story came to a halt:\n{traceback.format_exc()}")
        return False
    print(f"\n{paint('green', 'The story held:')} {stage.number} steps, {stage.held} checks, "
          f"{time.monotonic() - start:.1f} s.")
    return True


def show_overview(gateway):
    rows = gateway.postern_json("conversation", "list")
    print(f"\n{paint('bold', 'In the database now')}")
    for row in rows:
        print(f"  {row['organisation']:10} {row['merchant']['name'][:22]:22} {row['kind']:8} "
              f"{row['messages']:3} messages  {row['unread']:2} unread  {row['job']['state']}")
    if not rows:
        print("  no conversation yet")


def show_invitation(gateway, folder):
    port, mail, postern = gateway.port, gateway.mail.root, gateway.place("postern")
    print(f"""
{paint('bold', 'Join in.')} Everything is in {folder}; `. {shlex.quote(os.path.join(folder, 'env'))}` sets the variables.

  write to Acme Studio as a merchant (swaks, or any mail program whose SMTP server is 127.0.0.1 port {port}, no TLS)
    swaks --server 127.0.0.1:{port} --from joost@fietsen.test --to acme@experts.test \\
          --header 'Subject: A theme for my bicycles' --body 'Could you help me?'
  read what came, and answer it, as Acme Studio
    neomutt -f {mail}/team@acme.test -e 'set from=anna@acme.test use_envelope_from smtp_url=smtp://127.0.0.1:{port} \\
          ssl_starttls=no record="" folder={mail}'
  see what the database knows
    {postern} conversation list
    {postern} outbox list
  see what the programs say
    tail -f {gateway.place('log')}/*.log
""")


# ---- one gateway at a time in a folder ----


def remembered():
    """Where the last --detach put its folder."""
    return os.path.join(build_folder(), "demo.dir")


def read_line(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.readline().strip()
    except OSError:
        return ""


def running(folder):
    """The process that runs the demo in that folder, or None. The file alone proves nothing: processes die."""
    pid = read_line(os.path.join(folder, "pid"))
    if not pid.isdigit():
        return None
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return int(pid) if b"harness.demo" in file.read() else None
    except OSError:
        return None


def stop(folder):
    if not folder:
        folder = read_line(remembered())
    if not folder:
        raise Usage("nothing was started with --detach here; name its folder with --dir")
    pid = running(folder)
    if pid is None:
        print(f"Nothing runs in {folder}.")
        return 0
    os.kill(pid, signal.SIGTERM)
    if not wait_until(lambda: running(folder) is None, 60, 0.05):
        print(f"demo: process {pid} did not end; its words are in {folder}/demo.log", file=sys.stderr)
        return 1
    print(f"Stopped. The mails and the database are still in {folder}.")
    return 0


def choose_port(asked):
    if asked:
        if not port_is_free(asked):
            raise Usage(f"port {asked} is busy; choose another one with --port")
        return asked
    return DEFAULT_PORT if port_is_free(DEFAULT_PORT) else free_port()


# ---- playing ----


class Ended(Exception):
    """Ctrl-C or --stop."""


def end_on_signals():
    def end(*_):
        raise Ended
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)


def ignore_signals():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def run(options, folder, ready):
    """Everything from the start to the end; `ready(status)` once it is known whether it stands. The exit status."""
    # A link in the folder may lead elsewhere (usable_folder); `env` and `pid` are where they were asked for.
    gateway = Gateway(usable_folder(folder), choose_port(options.port))
    with open(os.path.join(folder, "pid"), "w", encoding="utf-8") as file:
        file.write(f"{os.getpid()}\n")
    print(f"Scratch folder {paint('bold', folder)}, Postfix on 127.0.0.1 port {paint('bold', str(gateway.port))}", flush=True)
    status = 0
    try:
        gateway.start()
        gateway.write_environment(os.path.join(folder, "env"))
        print("Up: Postfix, postern-milter, postern-mailer; the sample market is imported.", flush=True)
        if not options.no_story and not play(gateway):
            status = 1
        show_overview(gateway)
        if not options.once:
            show_invitation(gateway, folder)
            ready(status)
            watch(gateway, options.detach)
    except Ended:
        print("\nEnding.")
    finally:
        ignore_signals()
        remove(os.path.join(folder, "env"))
        gateway.stop()
        remove(os.path.join(folder, "pid"))
    return status


def watch(gateway, detached):
    """Until a signal; a part that ends by itself is told, once."""
    if not detached:
        print("Ctrl-C ends it.", flush=True)
    told = set()
    while True:
        for part in (gateway.milter, gateway.mailer, gateway.postfix.guarded):
            if not part.running() and part not in told:
                told.add(part)
                print(f"{paint('red', 'ended by itself:')} {getattr(part, 'name', 'postfix')}\n"
                      f"{tail(getattr(part, 'log', gateway.postfix.log))}", flush=True)
        time.sleep(0.5)


def remove(path):
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


def play_in_foreground(options, folder, made):
    status = run(options, folder, lambda _: None)
    if options.once and made and status == 0:
        shutil.rmtree(os.path.realpath(folder), ignore_errors=True)
    else:
        print(f"Everything is kept in {folder}; `./demo --dir {shlex.quote(folder)}` takes it up again.")
    return status


def play_in_background(options, folder):
    """A child of its own session plays and stays; we wait for its word and show its log if it is a bad one."""
    log = os.path.join(folder, "demo.log")
    ours, theirs = os.pipe()
    child = os.fork()
    if child:
        os.close(theirs)
        with os.fdopen(ours, "rb") as pipe:
            good = pipe.read(1) == b"0"
        return report_background(folder, log, good)
    os.close(ours)
    os.setsid()
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    null = os.open("/dev/null", os.O_RDONLY)
    for old, new in ((null, 0), (out, 1), (out, 2)):
        os.dup2(old, new)
    status = 1
    try:
        status = run(options, folder, lambda word: tell(theirs, word))
    except (Failed, Usage, OSError) as error:
        print(f"demo: {error}")
    except Exception:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(status)


def tell(pipe, status):
    sys.stdout.flush()
    if status:
        raise Failed("the story did not hold, so nothing stays up")
    os.write(pipe, b"0")
    os.close(pipe)


def report_background(folder, log, good):
    if not good:
        print(f"demo: it did not come up; from {log}:\n{tail(log, 60)}", file=sys.stderr)
        return 1
    with open(log, encoding="utf-8") as file:
        sys.stdout.write(file.read())
    with open(remembered(), "w", encoding="utf-8") as file:
        file.write(folder + "\n")
    if os.environ.get("SUDO_UID"):  # the build folder is that user's
        os.chown(remembered(), int(os.environ["SUDO_UID"]), -1)
    print(f"It runs on in the background; `./demo --stop` ends it (or `./demo --stop --dir {shlex.quote(folder)}`).")
    return 0


# ---- the command line ----


def read_words():
    parser = argparse.ArgumentParser(prog="demo", allow_abbrev=False)
    for name in ("once", "detach", "stop", "no-story"):
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--dir")
    parser.add_argument("--port", type=int)
    options = parser.parse_args()
    if options.once and (options.detach or options.no_story):
        parser.error("--once plays the story and ends: it goes with neither --detach nor --no-story")
    if options.port is not None and not 0 < options.port < 65536:
        parser.error("a port is a number from 1 to 65535")
    return options


def main():
    options = read_words()
    if options.dir:
        options.dir = os.path.abspath(options.dir)
    if options.stop:
        return stop(options.dir)
    trouble = available()
    if trouble:
        raise Usage(trouble)
    folder = options.dir or scratch_folder()
    os.makedirs(folder, exist_ok=True)
    if running(folder):
        raise Usage(f"it runs there already (process {running(folder)}); ./demo --stop --dir {folder} ends it")
    choose_port(options.port)
    end_on_signals()
    if options.detach:
        return play_in_background(options, folder)
    return play_in_foreground(options, folder, made=not options.dir)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Ended:
        sys.exit(130)
    except (Usage, Failed, OSError) as problem:
        print(f"demo: {problem}", file=sys.stderr)
        sys.exit(2 if isinstance(problem, Usage) else 1)
