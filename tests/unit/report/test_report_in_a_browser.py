"""The page in a real browser: it runs no script but its own, asks nobody for anything, and its filter works."""

import html
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from iamaudit.report.html import render_html
from tests.unit.report.made_up_report import SCRIPT, calm_content, hostile_content

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="no chromium at /usr/bin/chromium")

TYPE_NEEDLE = """<script>
var told = parent.document.body.dataset;
var input = document.getElementById("filter-findings");
input.value = "haystack NEEDLE";
input.dispatchEvent(new Event("input"));
told.shown = document.querySelectorAll("details.finding:not([hidden])").length;
told.groups = document.querySelectorAll("#findings [data-group]:not([hidden])").length;
told.told = document.querySelector("#findings output").textContent;
told.copied = document.getElementById("policy-1-1").textContent;
document.querySelectorAll("details").forEach(function (details) { details.open = true; });
told.width = window.innerWidth;
told.overflow = document.documentElement.scrollWidth - document.documentElement.clientWidth;
</script>"""


class Dom(HTMLParser):
    """Elements of a page: (tag, attributes), and the text of its title."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.title, self._tag = [], "", ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._tag = tag

    def handle_data(self, data):
        if self._tag == "title":
            self.title, self._tag = data, ""

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def chromium(page, tmp_path, *arguments):
    file = tmp_path / "report.html"
    file.write_text(page, encoding="utf-8")
    flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
    ]
    command = [CHROMIUM, *flags, f"--user-data-dir={tmp_path / 'profile'}", *arguments, file.as_uri()]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    return done.stdout.decode()


def test_a_hostile_night_runs_no_script_and_asks_nobody(tmp_path):
    log = tmp_path / "net.json"

    dom = Dom(chromium(render_html(hostile_content()), tmp_path, f"--log-net-log={log}", "--dump-dom"))

    assert "has-script" in dom.all("html")[0]["class"]
    assert len(dom.all("script")) == 1
    assert dom.all("img") == []
    assert dom.title.startswith("Audit <script>")
    assert "report.html" in log.read_text(encoding="utf-8")
    assert "evil.example" not in log.read_text(encoding="utf-8")


def test_a_forgotten_escape_would_still_run_nothing(tmp_path):
    """The Content-Security-Policy is the second wall; here the first one is taken down on purpose."""
    log = tmp_path / "net.json"
    breach = f'{SCRIPT}<img src="https://evil.example/x.png" onerror="document.title=\'owned\'">'
    page = render_html(calm_content()).replace("</main>", f"{breach}</main>")

    dom = Dom(chromium(page, tmp_path, f"--log-net-log={log}", "--dump-dom"))

    assert len(dom.all("script")) == 2
    assert dom.title == "IAM audit of Example Corp"
    assert "evil.example" not in log.read_text(encoding="utf-8")


def test_the_filter_finds_the_needle_on_a_narrow_screen_without_sideways_scrolling(tmp_path):
    page = render_html(hostile_content())
    policy = re.search(r'<meta http-equiv="Content-Security-Policy"[^>]*>', page)
    page = page.replace(policy[0], "").replace("</body>", f"{TYPE_NEEDLE}</body>")
    # headless windows are at least 500 wide, a frame can be narrower
    frame = f'<!doctype html><body><iframe width="400" height="900" srcdoc="{html.escape(page)}"></iframe></body>'

    dom = Dom(chromium(frame, tmp_path, "--dump-dom"))

    body = dom.all("body")[0]
    assert (body["data-shown"], body["data-groups"], body["data-told"]) == ("1", "1", "1 of 3 match")
    assert (body["data-width"], body["data-overflow"]) == ("400", "0")
    assert body["data-copied"].startswith('{\n  "Version": "2012-10-17"')


def test_a_screenshot_is_not_empty(tmp_path):
    """An empty page compresses to a few kilobytes; a rendered one does not."""
    shot = tmp_path / "shot.png"

    chromium(render_html(calm_content()), tmp_path, "--window-size=1280,1600", f"--screenshot={shot}")

    assert shot.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert shot.stat().st_size > 60_000
