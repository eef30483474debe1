"""The terminal tables: order, books, and no text from a log that steers the terminal."""

import io
from dataclasses import replace

from rich.console import Console

from iamaudit.report.terminal import books_table, findings_table, recommendations_table
from tests.unit.report.made_up_report import calm_content, finding, hostile_content


def printed(table, *, width=200):
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    console.print(table)
    return console.file.getvalue()


def test_findings_stand_most_urgent_first():
    text = printed(findings_table(calm_content().findings))

    places = [text.index(word) for word in ("critical", "high", "medium", "low")]
    assert sorted(places) == places


def test_books_show_every_reason():
    text = printed(books_table(calm_content().books))

    for word in ("1,204,551", "ignored: duplicate", "set aside: not JSON", "objects already ingested"):
        assert word in text


def test_a_refused_proposal_says_why():
    text = printed(recommendations_table(calm_content().recommendations))

    assert "991,202" in text
    assert "no proposal: 6 of 90 days" in text


def test_a_principal_without_a_proposal_has_no_numbers():
    """Zero actions before would be read as a principal that may do nothing."""
    nothing = replace(calm_content().recommendations[0], status="refused", actions_before=0, actions_after=0)

    text = printed(recommendations_table([nothing]))

    assert nothing.principal in text
    assert "→" not in text


def test_no_text_from_a_log_steers_the_terminal():
    content = hostile_content()

    text = "".join(
        printed(table, width=80)
        for table in (
            findings_table(content.findings),
            books_table(content.books),
            recommendations_table(content.recommendations),
        )
    )

    assert set() == set(text) & set("\x1b\x07\x9b\u202e\ud800\r")


def test_rich_s_own_markup_in_a_log_is_only_text():
    text = printed(findings_table([finding(title="[bold red]x[/] [link=file:///etc]y[/link]")]))

    assert "[bold red]x[/] [link=file:///etc]y[/link]" in text
