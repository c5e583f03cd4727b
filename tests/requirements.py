"""Which tests show which row of what Postern must do: those of tests/e2e by their names (test_R14_…, several rows
in one name), those of tests/unit by the table here.

    requirements.py     prints the list; exit status 1 when a row has no test, or the table names one that is not there
"""

import glob
import os
import re
import sys

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), ".."))

# Row: what it is about, and unit tests as PROGRAM/NAME (PROGRAM alone: all of it).
ROWS = {
    "R1": ("published, with a service", "market/refusals-at-rcpt prefs/without-the-last-service-it-is-closed"),
    "R2": ("only merchants begin", "market/rcpt-does-not-tell-who-is-a-member market/main-job model"),
    "R3": ("who a merchant is", "market/staff-of-the-shop-may-write market/lead-is-shown-with-contact-and-not-listed"),
    "R4": ("organisations, preferences, absence", "prefs"),
    "R5": ("priorities of a job", "market/main-job market/matched-request-goes-to-those-who-fit"),
    "R6": ("directly", "market/main-job market/later-mail-starts-anew-and-names-the-old"),
    "R6a": ("finding experts by mail", "market/experts-list"),
    "R7": ("matched", "market/matched-request-goes-to-those-who-fit market/expired-match-names-nobody"),
    "R8": ("leads", "market/lead-is-shown-with-contact-and-not-listed everyday/the-third-unanswered-mail-waits "
                    "everyday/what-waits-is-dropped-with-a-notice everyday/a-lead-answered-elsewhere form form-map"),
    "R9": ("how matching weighs", "market/dropshippers-go-to-those-who-work-with-them market/expiry-counts-for-listed-jobs-alone "
                                  "everyday/spam-counts-for-nothing"),
    "R10": ("messages, files, records", "market/pasted-picture-goes-along proposal/record model"),
    "R11": ("the request and its details", "market/main-job render/text-and-html-say-the-same"),
    "R12": ("first contacts and overviews", "overview market/one-overview-an-interval market/answered-before-is-in-no-overview model"),
    "R13": ("answers by mail, both ways", "answer route reply market/quoting-does-not-leak model"),
    "R14": ("tags", "tag model"),
    "R15": ("filters and searches", "search"),
    "R16": ("blocks", "block model"),
    "R17": ("states", "job everyday/states-by-command everyday/a-read-receipt-opens-and-reads model"),
    "R18": ("72 hours", "job/late-is-a-second-after market/answer-in-the-last-second market/out-of-office-stops-no-clock model"),
    "R19": ("declines", "everyday/the-merchant-declines everyday/words-of-refusal-change-nothing model"),
    "R20": ("assignees", "everyday/an-assignee-gets-each-message-at-once everyday/who-cannot-be-assigned model"),
    "R21": ("internal comments", "everyday/a-note-never-leaves everyday/a-notes-attachment-stays-too model"),
    "R22": ("proposals and invoices", "draft amount proposal/accepted proposal/change proposal/invoices"),
    "R23": ("access to the shop", "proposal/access proposal/access-mail"),
    "R24": ("reviews", "proposal/completed proposal/ratings"),
    "R25": ("languages", "language command/words render/every-kind-is-whole-in-every-language render/plurals "
                         "render/facts-in-words prefs/language-is-a-persons-own"),
}


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def end_to_end():
    """{row: names}."""
    found = {}
    for path in sorted(glob.glob(os.path.join(TOP, "tests", "e2e", "test_*.py"))):
        for name in re.findall(r"(?m)^def (test_R\w+)", read(path)):
            for row in re.findall(r"R\d+a?(?=_)", name):
                found.setdefault(row, []).append(f"{os.path.basename(path)}::{name}")
    return found


def unit(name):
    """Whether tests/unit has it."""
    program, _, test = name.partition("/")
    path = os.path.join(TOP, "tests", "unit", f"test-{program}.c")
    return os.path.exists(path) and (not test or re.search(rf'[/"]{re.escape(test)}"', read(path)) is not None)


def check():
    """(the list's lines, what is wrong)."""
    lines, wrong, found = [], [], end_to_end()
    for row, (about, names) in ROWS.items():
        names = names.split()
        wrong += [f"{row}: there is no unit test {name}" for name in names if not unit(name)]
        wrong += [] if names or row in found else [f"{row}: no test shows it"]
        lines.append(f"{row:4} {about}: {', '.join(found.get(row, ['none in tests/e2e by name']))}")
        lines.append(f"     tests/unit: {', '.join(names)}")
    wrong += [f"{name} is of no row" for row, names in found.items() if row not in ROWS for name in names]
    return lines, wrong


def main():
    lines, wrong = check()
    print("\n".join(lines + wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
