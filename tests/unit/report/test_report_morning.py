"""The first lines of a report: what failed, what was found, what to do."""

from iamaudit.report.content import Coverage
from iamaudit.report.morning import steps
from tests.unit.report.made_up_report import calm_content, recommendation

COVERED = (Coverage("111122223333", 90, 90, has_data_events=True),)


def test_what_failed_comes_before_what_was_found():
    todo = steps(calm_content(problems=("collect failed",), missing=()))

    assert [step.place for step in todo] == ["problems", "findings", "recommendations", "coverage"]


def test_only_proposals_that_are_ready_are_offered():
    content = calm_content(findings=(), coverage=COVERED, missing=(), recommendations=(recommendation(denied=1),))

    todo = steps(content)

    assert [step.text[:13] for step in todo] == ["Nothing to do"]


def test_data_events_that_nobody_knows_about_are_a_gap():
    unknown = (Coverage("111122223333", 90, 90, has_data_events=None),)

    todo = steps(calm_content(findings=(), recommendations=(), coverage=unknown, missing=()))

    assert [step.place for step in todo] == ["coverage"]


def test_a_calm_morning_without_any_coverage_is_not_called_covered():
    todo = steps(calm_content(findings=(), recommendations=(), coverage=(), missing=()))

    assert [step.tone for step in todo] == ["warn"]


def test_what_could_not_be_read_is_something_to_do():
    todo = steps(calm_content(findings=(), recommendations=(), coverage=COVERED))

    assert [step.place for step in todo] == ["problems"]
