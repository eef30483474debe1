"""The strip of days with and without logs."""

from iamaudit.report.content import Coverage
from iamaudit.report.strip import Gap, Run, gaps, runs


def test_days_that_follow_one_another_are_one_gap():
    coverage = Coverage("1", 86, 90, ("2026-09-04", "2026-09-03", "2026-10-31", "2026-11-01"))

    found = gaps(coverage, "2026-08-25T00:00:00Z")

    assert (Gap(9, 2, "2026-09-03 to 2026-09-04"), Gap(67, 2, "2026-10-31 to 2026-11-01")) == found


def test_a_full_window_has_no_gap():
    assert gaps(Coverage("1", 90, 90), "2026-08-25") == ()


def test_gaps_that_do_not_add_up_are_not_known():
    assert gaps(Coverage("1", 80, 90, ("2026-09-03",)), "2026-08-25") is None
    assert gaps(Coverage("1", 89, 90, ("2027-09-03",)), "2026-08-25") is None
    assert gaps(Coverage("1", 89, 90, ("2026-09-03",)), "a while ago") is None


def test_a_region_s_days_are_drawn_in_runs_and_quiet_ones_not_at_all():
    assert (Run(0, 2, "covered"), Run(2, 1, "gap"), Run(5, 1, "covered")) == runs("ccgqqc")
    assert () == runs("")
