"""The parts of the page that look back and ahead: each says its numbers, or that nobody knows."""

import re

import pytest

from iamaudit.recommend.score import Score
from iamaudit.report.html import render_html
from iamaudit.report.outlook import EstateHoldout, Outlook, RareUse, Retiring, WeekChange
from iamaudit.report.summary import render_summary, summarise
from tests.unit.report.made_up_report import calm_content, recommendation

ROLE = "arn:aws:iam::111122223333:role/app"
HOLDOUT = EstateHoldout("2026-11-20", 3, (Score(30, 50, 1_000, 4, 12), Score(90, 50, 1_000, 0, 0)), ((ROLE, 7, 400),))


def section(content, name):
    """Return the visible words of one section of the page."""
    page = render_html(content)
    found = re.search(rf'<section id="{name}".*?</section>', page, re.DOTALL)
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0])) if found else ""
    return re.sub(r" ([,.:;)])", r"\1", words)


def told(name, **outlook):
    return section(calm_content(outlook=Outlook(**outlook)), name)


def test_the_hold_out_tells_each_window_by_its_calls():
    words = told("confidence", holdout=HOLDOUT)

    assert "30 days would have denied 12 of 1,000 later calls (1.2%)" in words
    assert "90 days would have denied 0 of 1,000 later calls (0%)" in words
    assert "role/app in 111122223333: 7 of 400 later calls" in words


def test_the_longest_bar_is_that_of_most_denied_calls_and_none_is_drawn_for_none():
    page = render_html(calm_content(outlook=Outlook(holdout=HOLDOUT)))

    bars = re.findall(r'<i class="(\w+)" style="width: ([\d.]+)%"></i><em class="number">would', page)
    assert [("unused", "100.000"), ("used", "0.000")] == bars


@pytest.mark.parametrize("scores", [(), (Score(30, unjudged=4),)], ids=["no test", "nothing judged"])
def test_without_a_judged_call_nothing_is_claimed(scores):
    words = told("confidence", holdout=EstateHoldout("2026-11-20", 1, scores))

    assert "would have denied" not in words


def test_without_a_hold_out_the_page_says_that_nobody_tried():
    assert "Nobody has tried yet" in told("confidence")


def test_rare_use_before_the_window_is_told_apart_from_that_inside():
    inside = RareUse(ROLE, "s3:GetObject", 1, "looks weekly: 1 Nov, 8 Nov, 15 Nov", is_outside=False)
    outside = RareUse(ROLE, "rds:CreateDBSnapshot", 4, "looks quarterly: 2 Apr, 1 Jul", is_outside=True)

    words = told("confidence", rare=(outside, inside))

    assert "1 action last done before the window is kept, since it is due again." in words
    assert "Inside the window 1 action comes again" in words
    assert "on 4 resources" in words
    assert "looks quarterly: 2 Apr, 1 Jul" in words


def test_the_week_tells_who_changed_and_why():
    week = (WeekChange(ROLE, "2 actions dropped", "not used since 3 August"),)

    words = told("changed", week=week, week_in_short="2 actions dropped")

    assert "Recommendations: 2 actions dropped." in words
    assert "role/app in 111122223333: 2 actions dropped (not used since 3 August)" in words


@pytest.mark.parametrize(
    ("outlook", "words"),
    [
        ({}, "Not looked at for this page"),
        ({"applied": 0}, "No proposal of this folder has been carried out"),
        ({"applied": 2}, "2 principals have a proposal in force, and nothing was refused because of it"),
        ({"applied": 2, "refused": ("role app was refused s3:GetObject",)}, "role app was refused s3:GetObject"),
    ],
    ids=["nobody looked", "nothing applied", "nothing refused", "refused"],
)
def test_after_the_roll_out_not_knowing_and_nothing_are_two_answers(outlook, words):
    assert words in told("changed", **outlook)


def test_the_days_of_the_retirement_plan_come_in_order_and_are_counted():
    outlook = Outlook(
        retiring=(
            Retiring(ROLE, "111122223333", "not used for 200 days", "2026-11-01", "2026-11-15", "2026-12-15"),
            Retiring(f"{ROLE}2", "111122223333", "not used for 99 days", "2026-11-01", "2026-11-15", ""),
        ),
        not_retired=3,
    )

    words = section(calm_content(outlook=outlook), "retirement")

    assert (("2026-11-15", 2), ("2026-12-15", 1)) == outlook.dates
    assert "Next: 2026-11-15 (2), 2026-12-15 (1)" in words
    assert "3 are left out" in words
    assert "not used for 200 days" in words


def test_a_page_without_an_outlook_has_none_of_its_sections():
    assert ["", "", ""] == [section(calm_content(), name) for name in ("confidence", "changed", "retirement")]


def test_who_gets_less_through_groups_only_is_counted_apart_and_adds_nothing_to_the_sums():
    own, by_group = recommendation(), recommendation(principal=ROLE, is_by_group=True)

    alone, both = summarise([own]), summarise([own, by_group])

    assert (1, 0, 1, 1) == (alone.proven, alone.by_group, both.proven, both.by_group)
    assert alone.measures == both.measures
    assert "For 1 of 2 principals" in render_summary(both)
    assert "1 of the others gets less through groups and permission sets only" in render_summary(both)
    assert "groups only" not in render_summary(alone)


def test_a_proposal_tells_its_own_hold_out():
    content = calm_content(recommendations=(recommendation(held_out=(90, 3, 1_234)),))

    words = section(content, "recommendations")

    assert "3 of 1,234 later calls, learnt from 90 days" in words


def test_what_the_proposals_take_away_names_who_can_escalate_no_more():
    words = section(calm_content(recommendations=(recommendation(),)), "summary")

    assert "before 168 after 4" in words
    assert "role/service/Deploy in 111122223333: no more" in words


def test_boundaries_are_told_as_such_and_weighed_with_the_policies_that_they_limit():
    wide = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
    around = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}}'
    bounded = recommendation(current=(wide,), policies=(wide,), boundary=around)
    of_a_set = recommendation(principal=ROLE, is_by_group=True, boundary=around)

    summary = summarise([bounded, of_a_set])

    measures = {one.name: (one.before, one.after) for one in summary.measures}
    assert (1, 0) == measures["principals that may do everything on everything"]
    assert (1, 0) == measures["action patterns with wildcards"]
    assert 1 == measures["actions with which one could (per principal)"][1]
    page = render_summary(summary)
    assert "a permissions boundary around today's policies, which stay, is proven" in page
    assert "1 of the others is a role of Identity Center" in page
    assert "smaller policies" not in page
