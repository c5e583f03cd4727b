"""Passes the rings of tests and says how it went (./check prepares everything and calls this).

A ring is a list of commands and a way to count their tests. Two lanes run beside each other; what measures time runs
alone, last.
"""

import argparse
import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import time
import xml.etree.ElementTree

import requirements  # beside this file

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), ".."))
BUILD = os.path.join(TOP, "build")
LOGS = os.path.join(BUILD, "check")
CORES = os.cpu_count() or 2
JOBS = f"-j{CORES}"
SKIP = 77  # a test's exit status: it could not be run here


class Count:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.failures = []  # (what, its words)
        self.reasons = {}   # why skipped: how many

    def good(self):
        self.passed += 1

    def bad(self, what, words):
        self.failed += 1
        self.failures.append((what, words))

    def skip(self, reason):
        self.skipped += 1
        self.reasons[reason] = self.reasons.get(reason, 0) + 1

    def add(self, other):
        self.passed, self.failed, self.skipped = (
            self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)


class Ring:
    """One ring while it runs: its log, its processes, its count."""

    def __init__(self, name):
        self.name, self.count, self.started, self.ended = name, Count(), None, None
        self.log = os.path.join(LOGS, f"{name}.log")
        self.process, self.note = None, ""

    def seconds(self):
        return (self.ended or time.monotonic()) - (self.started or time.monotonic())

    def words(self, lines=60):
        """The end of the log, and before it the lines that name a trouble."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            said = file.readlines()
        troubles = [line for line in said[:-lines] if re.match(r"FAIL:|ERROR:|not ok|Bail out|.*\berror:", line)]
        return "".join(troubles[-20:] + said[-lines:])

    def run(self, command, note, environment=None, nice=False):
        """The exit status; its words go to the ring's log."""
        self.note = note
        prefix = ["setpriv", "--pdeathsig", "TERM", "--"] + (["nice", "-n", "10"] if nice else [])
        with open(self.log, "ab") as log:
            log.write(f"\n$ {' '.join(command)}\n".encode())
            log.flush()
            self.process = subprocess.Popen(prefix + command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=TOP,
                                            start_new_session=True, env={**os.environ, **(environment or {})})
            return self.process.wait()

    def kill(self):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)

    def progress(self):
        """How many tests have said something so far."""
        try:
            with open(self.log, "rb") as file:
                done = len(re.findall(rb"(?m)^PASS: |^ok \d| PASSED| FAILED|^FAIL: |^not ok ", file.read()))
        except OSError:
            done = 0
        return f"{self.name}: {self.note}{f' {done}' if done else ''}"


# ---- counting ----


def count_tap(ring, folder):
    """automake's .trs files, one a program; True when there were any."""
    files = sorted(glob.glob(os.path.join(folder, "*.trs")))
    for path in files:
        with open(path, encoding="utf-8", errors="replace") as file:
            results = re.findall(r"(?m)^:test-result: (\w+) ?(.*)$", file.read())
        for result, words in results:
            if result in ("PASS", "XFAIL"):
                ring.count.good()
            elif result == "SKIP":
                ring.count.skip(skip_reason(path[:-4] + ".log", words) or os.path.basename(path)[:-4])
            else:
                ring.count.bad(f"{os.path.basename(path)[:-4]} {words}".strip(), tap_log(path[:-4] + ".log"))
    return bool(files)


def skip_reason(path, test):
    """What the test said, from its log: the .trs file has the name alone."""
    name = test.split(" ")[-1]
    with open(path, encoding="utf-8", errors="replace") as file:
        found = re.search(r"(?m)^ok .*" + re.escape(name) + r" # SKIP (.*)$", file.read())
    return found and found.group(1)


def tap_log(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.readlines()
    except OSError as error:
        return str(error)
    bad = [number for number, line in enumerate(lines) if line.startswith("not ok") or "ERROR" in line]
    start = max(0, (bad[0] if bad else len(lines)) - 30)
    return "".join(lines[start:start + 60])


def count_junit(ring, path):
    try:
        cases = list(xml.etree.ElementTree.parse(path).iter("testcase"))
    except (OSError, xml.etree.ElementTree.ParseError):
        return False
    for case in cases:
        name = f"{case.get('classname')}::{case.get('name')}"
        trouble = [node for node in case if node.tag in ("failure", "error")]
        skipped = case.find("skipped")
        if trouble:
            logs = "\n".join(node.text or "" for node in case if node.tag in ("system-out", "system-err"))
            ring.count.bad(name, f"{trouble[0].text}\n{logs}")
        elif skipped is not None:
            ring.count.skip(skipped.get("message") or "no reason given")
        else:
            ring.count.good()
    return bool(cases)


# ---- rings ----


def configured(ring, folder, arguments):
    """A build folder beside the main one. What is there is not made again."""
    os.makedirs(folder, exist_ok=True)
    stamp = os.path.join(folder, "configured-with")
    words = " ".join(arguments)
    if os.path.exists(stamp) and os.path.exists(os.path.join(folder, "config.status")):
        with open(stamp, encoding="utf-8") as file:
            if file.read() == words:
                return True
    status = ring.run(["sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", folder, os.path.join(TOP, "configure"), *arguments],
                      "configuring", nice=True)
    if status == 0:
        with open(stamp, "w", encoding="utf-8") as file:
            file.write(words)
    return status == 0


def built(ring, folder, arguments, note, *targets):
    if configured(ring, folder, arguments) and ring.run(["make", "-C", folder, JOBS, *targets], note, nice=True) == 0:
        return True
    ring.count.bad(note, ring.words())
    return False


def run_tap(ring, build, names, environment=None):
    for name in names:
        folder = os.path.join(build, "tests", name)
        for old in glob.glob(os.path.join(folder, "*.trs")) + glob.glob(os.path.join(folder, "*.log")):
            os.unlink(old)
        failed_before = ring.count.failed
        status = ring.run(["make", "-k", "-C", folder, JOBS, "check"], "tests", environment)
        found = count_tap(ring, folder)
        if (status and ring.count.failed == failed_before) or not found:
            ring.count.bad(f"make check in tests/{name}", ring.words())


def run_pytest(ring, folders, environment=None):
    report = os.path.join(LOGS, f"{ring.name}.xml")
    if os.path.exists(report):
        os.unlink(report)
    command = ["/usr/bin/python3", "-m", "pytest", "-p", "no:cacheprovider", "-v", "-rs", "--tb=short", "--color=no",
               "-o", "junit_logging=all", f"--junitxml={report}", *folders]
    # sudo passes nothing on, and what root leaves in the tree its owner cannot take away.
    settings = {"POSTERN_BUILD": BUILD, "PYTHONDONTWRITEBYTECODE": "1", **(environment or {})}
    if os.geteuid() != 0 and shutil.which("sudo"):
        command = ["sudo", "env", *(f"{name}={value}" for name, value in settings.items()), *command]
    status = ring.run(command, "tests", settings)
    failed = ring.count.failed
    if not count_junit(ring, report) or (status and ring.count.failed == failed):
        ring.count.bad("pytest", ring.words())


def run_script(ring, command, note):
    status = ring.run(command, note, nice=True)
    if status == 0:
        ring.count.good()
    elif status == SKIP:
        ring.count.skip(ring.words(1).strip().splitlines()[-1])
    else:
        ring.count.bad(note, ring.words())


def lint(ring):
    run_script(ring, ["tests/lint-layers"], "lint-layers")
    run_script(ring, ["tests/lint-layers", "--self-test"], "lint-layers --self-test")
    run_script(ring, ["tests/lint-format"], "lint-format")
    run_script(ring, ["tests/lint-functions"], "lint-functions")
    run_script(ring, ["/usr/bin/python3", "tests/requirements.py"], "a test for each requirement")
    for script in ("demo", "check", "tests/e2e/harness/prepare.sh", "tests/e2e/harness/maildir.sh", ".ci/run", "autogen.sh"):
        run_script(ring, ["bash", "-n", script], f"bash -n {script}")


def unit(ring):
    run_tap(ring, BUILD, ["unit"])


def store(ring):
    run_tap(ring, BUILD, ["store"])


def e2e(ring):
    run_pytest(ring, ["tests/e2e"])


def fault(ring):
    run_pytest(ring, ["tests/fault"])


def clang(ring):
    """Everything compiles under clang without a warning, the tests too."""
    folder = os.path.join(BUILD, "clang")
    if not shutil.which("clang"):
        ring.count.skip("clang is not installed")
    elif built(ring, folder, ["CC=clang", "--enable-werror"], "clang -Werror", "all") and \
            built(ring, folder, ["CC=clang", "--enable-werror"], "clang -Werror, tests", "check", "TESTS="):
        ring.count.good()


SANITIZED = ["--enable-werror", "--enable-sanitizer=address,undefined"]
SANITIZER = {"ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1:abort_on_error=0",
             "UBSAN_OPTIONS": "print_stacktrace=1", "G_SLICE": "always-malloc"}


def sanitizer(ring):
    """The unit and store suites again, under AddressSanitizer and UndefinedBehaviorSanitizer."""
    folder = os.path.join(BUILD, "sanitizer")
    if built(ring, folder, SANITIZED, "ASan+UBSan build", "all"):
        run_tap(ring, folder, ["unit", "store"], SANITIZER)


THREADED = ["--enable-werror", "--enable-sanitizer=thread"]


def thread(ring):
    """And under ThreadSanitizer, which sees pthread's primitives but not GLib's."""
    folder = os.path.join(BUILD, "thread")
    suppressions = os.path.join(TOP, "tests", "e2e", "tsan.supp")
    if built(ring, folder, THREADED, "TSan build", "all"):
        run_tap(ring, folder, ["unit", "store"], {"TSAN_OPTIONS": f"suppressions={suppressions}", "G_SLICE": "always-malloc"})


def dist(ring):
    """The tarball holds what it needs: unpacked elsewhere it builds without a warning, passes its tests, installs."""
    run_script(ring, ["make", "-C", BUILD, JOBS, "distcheck"], "make distcheck")
    if ring.count.failed:
        return
    if not shutil.which("git") or not os.path.exists(os.path.join(TOP, ".git")):
        ring.count.skip("no git here to say what belongs in the tarball")
        return
    left_out = sorted(tracked() - packed() - NOT_PACKED)
    if left_out:
        ring.count.bad("the tarball is whole", "not in it: " + ", ".join(left_out))
    else:
        ring.count.good()


NOT_PACKED = {".gitignore", ".ci/run"}


def tracked():
    listed = subprocess.run(["git", "-c", "safe.directory=*", "ls-files"], cwd=TOP, capture_output=True, text=True, check=True)
    return set(listed.stdout.splitlines())


def packed():
    archive, = glob.glob(os.path.join(BUILD, "postern-*.tar.gz"))
    with tarfile.open(archive) as tar:
        return {name.partition("/")[2] for name in tar.getnames()}


def bench(ring):
    """Prints; is no timed test."""
    command = ["/usr/bin/python3", "tests/bench/latency.py"]
    if os.geteuid() != 0 and shutil.which("sudo"):
        command = ["sudo", "env", f"POSTERN_BUILD={BUILD}", "PYTHONDONTWRITEBYTECODE=1", *command]
    run_script(ring, command, "latency")
    ring.remark = ring.words(3).strip()
    run_search(ring, "20000", "100")


def long_e2e(ring):
    folder = os.path.join(BUILD, "sanitizer")
    if built(ring, folder, SANITIZED, "ASan+UBSan build", "all"):
        run_pytest(ring, ["tests/e2e"], {**SANITIZER, "POSTERN_BUILD": folder})


def long_kill(ring):
    for turn in range(10):
        run_pytest(ring, ["tests/e2e/test_kill.py"], {"POSTERN_SEED": str(turn)})


def long_mangle(ring):
    """The public mails beside the tree, each mangled in a hundred ways, on the sanitizer build."""
    folder = os.path.join(BUILD, "sanitizer")
    corpora = os.path.join(TOP, "..", "shared", "corpora")
    if not os.path.isdir(corpora):
        ring.count.skip("../shared/corpora is not there")
    elif built(ring, folder, SANITIZED, "ASan+UBSan build", "all") and \
            built(ring, folder, SANITIZED, "mangle", "-C", "tests/fuzz", "mangle"):
        run_script(ring, ["env", *(f"{name}={value}" for name, value in SANITIZER.items()),
                          os.path.join(folder, "tests", "fuzz", "mangle"), corpora], "mangle")


def long_fuzz(ring):
    run_script(ring, ["tests/fuzz/run", "-t", "60"], "fuzz")


def long_read(ring):
    """Doubling any hostile mail costs at most 2.2 times."""
    folder = os.path.join(BUILD, "tests", "bench")
    if ring.run(["make", "-C", folder, "bench-read"], "bench-read", nice=True) == 0:
        run_script(ring, [os.path.join(folder, "bench-read")], "bench-read")
    else:
        ring.count.bad("bench-read", ring.words())


def run_search(ring, *words):
    folder = os.path.join(BUILD, "tests", "bench")
    if ring.run(["make", "-C", folder, "bench-search"], "bench-search", nice=True) == 0:
        run_script(ring, [os.path.join(folder, "bench-search"), *words], "bench-search")
    else:
        ring.count.bad("bench-search", ring.words())


def long_model(ring):
    """The gateway against the model, 20,000 steps."""
    folder = os.path.join(BUILD, "tests", "unit")
    if ring.run(["make", "-C", folder, "test-model"], "test-model", nice=True) == 0:
        run_script(ring, ["env", "POSTERN_LONG=1", os.path.join(folder, "test-model")], "test-model")
    else:
        ring.count.bad("test-model", ring.words())


def long_search(ring):
    """Every kind of search on a million conversations: 99 of 100 in less than 50 ms of the processor's time."""
    run_search(ring)
    ring.remark = ring.words(1).strip()


def long_pages(ring):
    """The mails in a browser: a picture of each is left in build/pages."""
    run_pytest(ring, ["tests/pages"])


RINGS = {"lint": lint, "unit": unit, "store": store, "e2e": e2e, "fault": fault, "clang": clang, "sanitizer": sanitizer, "thread": thread,
         "dist": dist, "bench": bench}
LONG = {"long-e2e": long_e2e, "long-kill": long_kill, "long-mangle": long_mangle, "long-fuzz": long_fuzz,
        "long-read": long_read, "long-model": long_model, "long-search": long_search, "long-pages": long_pages}
# What runs beside what: tests on the main build here, other builds there; then what wants the machine for itself.
LANES = [["unit", "store", "e2e", "fault"], ["lint", "clang", "sanitizer", "thread", "dist"]]
ALONE = ["long-e2e", "long-kill", "long-mangle", "long-fuzz", "long-read", "long-model", "long-search", "long-pages", "bench"]


# ---- the run ----


class Run:
    def __init__(self, names):
        self.rings = {name: Ring(name) for name in names}
        self.lock, self.over = threading.Lock(), threading.Event()

    def lane(self, names):
        for name in names:
            if name in self.rings and not self.over.is_set():
                self.one(self.rings[name])

    def one(self, ring):
        ring.started = time.monotonic()
        open(ring.log, "wb").close()
        try:
            {**RINGS, **LONG}[ring.name](ring)
        except Exception as trouble:  # of the ring's own: it must not pass for want of a count
            ring.count.bad(ring.name, repr(trouble))
        ring.ended = time.monotonic()
        self.tell(f"  {ring.name:10} {ring.count.passed:5} passed {ring.count.failed:4} failed {ring.count.skipped:4} skipped "
                  f"{ring.seconds():7.1f} s")

    def tell(self, line):
        with self.lock:
            print(("\r\033[K" if sys.stdout.isatty() else "") + line, flush=True)

    def watch(self, start):
        """One line that changes, on a terminal."""
        while sys.stdout.isatty() and not self.over.wait(0.5):
            busy = [ring.progress() for ring in self.rings.values() if ring.started and not ring.ended]
            line = f"  {int(time.monotonic() - start) // 60}:{int(time.monotonic() - start) % 60:02} " + ", ".join(busy)
            with self.lock:
                print("\r\033[K" + line[:shutil.get_terminal_size().columns - 1], end="", flush=True)

    def all(self):
        watcher = threading.Thread(target=self.watch, args=(time.monotonic(),), daemon=True)
        watcher.start()
        lanes = [threading.Thread(target=self.lane, args=(names,)) for names in LANES]
        try:
            for lane in lanes:
                lane.start()
            for lane in lanes:
                lane.join()
            self.lane(ALONE)
        finally:
            self.over.set()
            for ring in self.rings.values():
                ring.kill()
            watcher.join()
            self.tell("") if sys.stdout.isatty() else None


def report(rings):
    total, reasons = Count(), {}
    for ring in rings:
        total.add(ring.count)
        for reason, number in ring.count.reasons.items():
            reasons[reason] = reasons.get(reason, 0) + number
        for what, words in ring.count.failures:
            print(f"\n==== FAILED in {ring.name}: {what}\n{words.rstrip()}")
        if ring.count.failures:
            print(f"==== all words of {ring.name}: {ring.log}")
    print("\nring        tests  seconds")
    for ring in rings:
        count = ring.count
        print(f"{ring.name:10} {count.passed + count.failed + count.skipped:6} {ring.seconds():8.1f}")
    for ring in rings:
        if getattr(ring, "remark", ""):
            print(ring.remark)
    for reason, number in sorted(reasons.items()):
        print(f"skipped {number}: {reason}")
    print("\nrequirement rows and the tests that show them")
    print("\n".join(requirements.check()[0]))
    print(f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped", flush=True)
    return 1 if total.failed or not total.passed else 0


def main():
    parser = argparse.ArgumentParser(prog="check", allow_abbrev=False)
    parser.add_argument("--only", action="append", choices=[*RINGS, *LONG])
    parser.add_argument("--long", action="store_true")
    options = parser.parse_args()
    names = options.only or [*RINGS, *(LONG if options.long else [])]
    os.makedirs(LOGS, exist_ok=True)
    print(f"Passing: {', '.join(names)} ({CORES} cores; logs in {os.path.relpath(LOGS)}/)", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    run = Run(names)
    run.all()
    return report([run.rings[name] for name in names])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\ncheck: interrupted", file=sys.stderr)
        sys.exit(130)
