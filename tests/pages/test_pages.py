"""How the mails look: every sample of every kind and language in Chromium, as wide as a phone and as a window, light and
dark. What can be measured is: nothing is wider than the window, and all text stands out from what is behind it. The rest
is for eyes: build/pages has a picture a language, width and colour scheme."""

import email
import email.policy
import html
import json
import os
import re
import subprocess
import sys

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "e2e"))

from harness.gateway import build_folder, settings_text  # noqa: E402

LANGUAGES = ("en", "nl", "fr", "pl")
WIDTHS = (360, 800)
SCHEMES = {"dark": 0, "light": 1}
# As long as real ones are.
ADDRESS = "r+miaqaaaaaaaaaaaenui6lejsgz4rj3vdysrc3jmovfh4wfb5@experts.test"
CONTRAST = 4.5  # WCAG 2.2, 1.4.3

MEASURE = """
const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
                     return .2126 * r + .7152 * g + .0722 * b; };
const parse = s => s.match(/[\\d.]+/g).map(Number);
function behind(node, view) {
    for (; node; node = node.parentElement) {
        const c = parse(view.getComputedStyle(node).backgroundColor);
        if (c.length < 4 || c[3] === 1) return c.slice(0, 3);
    }
    return [255, 255, 255];
}
function measure(frame) {
    const page = frame.contentDocument, view = frame.contentWindow, faint = [];
    const walk = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
    let texts = 0;
    for (let node; (node = walk.nextNode());) {
        const parent = node.parentElement, range = page.createRange();
        range.selectNodeContents(node);
        if (!node.data.trim() || !range.getClientRects().length) continue;
        texts++;
        const front = light(parse(view.getComputedStyle(parent).color).slice(0, 3)), back = light(behind(parent, view));
        const ratio = (Math.max(front, back) + .05) / (Math.min(front, back) + .05);
        if (ratio < CONTRAST) faint.push(ratio.toFixed(2) + " " + node.data.trim().slice(0, 40));
    }
    return {name: frame.title, width: page.documentElement.scrollWidth, height: page.documentElement.scrollHeight, texts, faint};
}
onload = () => {
    const frames = [...document.querySelectorAll("iframe")];
    document.getElementById("result").textContent = JSON.stringify(frames.map(measure));
};
"""


def samples():
    with open(os.path.join(TOP, "templates", "samples.json"), encoding="utf-8") as file:
        known = json.load(file)
    for number, sample in enumerate(known["samples"]):
        data = json.dumps({**known["common"], **sample["data"]}).replace("r+abc234@experts.test", ADDRESS)
        yield f"{sample['kind']}-{number}", sample["kind"], json.loads(data)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Language → [(name, HTML)]."""
    conf = tmp_path_factory.mktemp("pages") / "postern.conf"
    conf.write_text(settings_text({"gateway.domain": "experts.test", "mailer.templates": os.path.join(TOP, "templates")}))
    program = os.path.join(build_folder(), "mailer", "postern-mailer")
    found = {}
    for language in LANGUAGES:
        found[language] = []
        for name, kind, data in samples():
            words = json.dumps({"kind": kind, "language": language, "data": data}).encode()
            done = subprocess.run([program, "-c", str(conf), "--preview", "-"], input=words, capture_output=True, check=True)
            mail = email.message_from_bytes(done.stdout, policy=email.policy.default)
            found[language].append((name, mail.get_body(("html",)).get_content()))
    return found


def chromium(folder, scheme, *arguments):
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
               "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
               f"--user-data-dir={folder}/profile", f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}", *arguments]
    return subprocess.run(command, capture_output=True, check=True, timeout=300).stdout.decode()


def sheet(path, mails, width, heights):
    """All mails of a language on one page, each in a frame of its own."""
    frames = "".join(f"<h2>{name}</h2><iframe title='{name}' width='{width}' height='{heights.get(name, 50)}' frameborder='0' "
                     f"srcdoc=\"{html.escape(page)}\"></iframe>" for name, page in mails)
    script = MEASURE.replace("CONTRAST", str(CONTRAST))
    with open(path, "w", encoding="utf-8") as file:
        file.write("<!DOCTYPE html><meta charset='utf-8'><style>body{margin:0;font:12px sans-serif}iframe{display:block}"
                   f"h2{{margin:2px}}</style>{frames}<pre id='result' hidden></pre><script>{script}</script>")


def measure(folder, scheme, path):
    page = chromium(folder, scheme, "--dump-dom", f"file://{path}")
    return json.loads(html.unescape(re.search(r'<pre id="result" hidden="">(.*?)</pre>', page, re.DOTALL).group(1)))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mail_fits_and_can_be_read(pages, tmp_path, language, width, scheme):
    path = tmp_path / "sheet.html"
    sheet(path, pages[language], width, {})
    found = measure(tmp_path, scheme, path)
    assert len(found) == len(pages[language]) and all(one["texts"] > 1 for one in found)
    assert [one["name"] for one in found if one["width"] > width] == []
    assert [(one["name"], one["faint"]) for one in found if one["faint"]] == []
    heights = {one["name"]: one["height"] for one in found}
    sheet(path, pages[language], width, heights)
    pictures = os.path.join(build_folder(), "pages")
    os.makedirs(pictures, exist_ok=True)
    picture = os.path.join(pictures, f"{language}-{width}-{scheme}.png")
    chromium(tmp_path, scheme, f"--screenshot={picture}", f"--window-size={width},{sum(heights.values()) + 30 * len(heights)}",
             f"file://{path}")
    assert os.path.getsize(picture) > 10000


def test_what_is_too_wide_or_too_faint_is_found(tmp_path):
    """The measure itself: each fault is seen, and only it."""
    mails = [("wide", "<p>one</p><div style='width:900px'>wide</div>"), ("faint", "<p style='color:#999;background:#fff'>faint</p>"),
             ("good", "<p style='color:#333;background:#fff'>good</p>")]
    path = tmp_path / "sheet.html"
    sheet(path, mails, 360, {})
    found = {one["name"]: one for one in measure(tmp_path, "light", path)}
    assert found["wide"]["width"] > 360 and found["good"]["width"] <= 360
    assert found["faint"]["faint"] == ["2.85 faint"] and not found["good"]["faint"]
