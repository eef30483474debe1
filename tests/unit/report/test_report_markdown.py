"""The Markdown report: readable, and nothing in it is made by a hostile log."""

import re

from iamaudit.report.content import ReportContent
from iamaudit.report.markdown import TOP, render_markdown
from tests.unit.report.made_up_report import calm_content, finding, hostile_content


def test_a_calm_night_reads_well():
    text = render_markdown(calm_content())

    assert text.startswith("# IAM audit of Example Corp\n")
    assert "| Findings | 5 (1 critical, 2 high, 1 medium, 1 low) |" in text
    assert "| unknown | 6,477 |" in text
    assert "| high | `idle_access_key` | An access key was not used for 212 days |" in text
    assert "| `arn:aws:iam::111122223333:role/service/Deploy` | 168 → 4 |" in text


def test_hostile_text_makes_no_html_no_link_no_mention_and_no_cell():
    text = render_markdown(hostile_content())

    assert "<" not in text
    assert "](" not in text
    assert "://" not in text
    assert set() == set(text) & set("\x1b\x07\x9b\u202e\ud800")
    for table in re.findall(r"(?:^\|.*\n?)+", text, flags=re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_mentions_and_bare_hosts_are_only_text():
    text = render_markdown(calm_content(title="@everyone see www.evil.example and #1"))

    assert text.startswith("# &#64;everyone see www&#46;evil.example and &#35;1\n")


def test_what_is_left_out_is_counted():
    findings = tuple(finding(subject=f"arn:aws:iam::111122223333:user/u{n}") for n in range(TOP + 7))

    text = render_markdown(calm_content(findings=findings))

    assert "7 more are in the full report." in text


def test_an_empty_night_says_so():
    text = render_markdown(ReportContent("Nothing yet", "2026-11-23T05:00:00Z", "2026-08-25", "2026-11-22"))

    assert "## Findings\n\nNone." in text
    assert "| Days covered | unknown |" in text
