"""What a quarterly job used before the window is kept while it is due again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from iamaudit.knowledge.actions import catalogue
from iamaudit.proof.bundle import bundle_files
from iamaudit.proof.prove import prove
from iamaudit.recommend.propose import propose
from iamaudit.stages.evidence import gather
from iamaudit.stages.explain import explain
from tests.unit.stages.small_account import ANN, SETTINGS, SmallAccount, call, days

QUARTERS = ("2025-10-01", "2026-01-01", "2026-04-01")
DAILY = [call("2025-10-01", "daily"), *(call(day, "daily") for day in days("2026-06-15", "2026-06-20"))]
QUARTERLY = [call(day, "books", event="GetBucketTagging") for day in QUARTERS]
AS_OF = "2026-06-20"  # the window of 60 days begins on 21 April


@pytest.fixture(scope="module")
def account():
    with SmallAccount([*DAILY, *QUARTERLY, call("2025-12-24", "tried", event="GetBucketWebsite")]) as account:
        yield account


def evidence_of(account, as_of=AS_OF, settings=SETTINGS):
    with account.engine(as_of, settings) as engine:
        return next(one for one in gather(engine) if one.arn == ANN)


def periodic(evidence):
    return [(use.action, use.resource, use.count) for use in evidence.uses if use.origin == "periodic"]


def test_a_quarterly_use_before_the_window_is_kept_with_all_its_calls(account):
    evidence = evidence_of(account)

    assert [("s3:GetBucketTagging", "arn:aws:s3:::books", 3)] == periodic(evidence)


def test_what_was_tried_once_before_the_window_is_not_kept(account):
    evidence = evidence_of(account)

    assert "s3:GetBucketWebsite" not in {use.action for use in evidence.uses}


def test_what_was_used_before_the_window_alone_is_told(account):
    """A reviewer may know that the job is due again; what the window holds is not named."""
    evidence = evidence_of(account)

    told = [caveat for caveat in evidence.caveats if "before the window" in caveat]
    expected = (
        "used before the window and not in it: `s3:GetBucketTagging` on 2026-04-01, `s3:GetBucketWebsite` on 2025-12-24; "
        "a longer `--window` has them"
    )
    assert [expected] == told


def test_explain_names_the_last_day_before_the_window(account):
    with account.engine(AS_OF, SETTINGS) as engine:
        quiet = explain(engine, ANN, "s3:getbucketwebsite")
        daily = explain(engine, ANN, "s3:GetBucketPolicy")

    assert (date(2025, 12, 24), "2025-12-24") == (quiet.last_before, quiet.as_json()["has"]["last_before_window"])
    assert daily.last_before is None


def test_a_rhythm_that_ended_is_not_kept():
    """Two quarters without the job: it is gone."""
    with SmallAccount([*DAILY, *QUARTERLY, call("2026-11-01", "daily")]) as account:
        evidence = evidence_of(account, "2026-11-01")

    assert [] == periodic(evidence)


def test_it_can_be_switched_off(account):
    evidence = evidence_of(account, settings=replace(SETTINGS, keep_periodic=False))

    assert [] == periodic(evidence)


def test_a_use_in_the_window_names_its_rhythm_and_stays_used(account):
    evidence = evidence_of(account, "2026-04-15")

    use = next(use for use in evidence.uses if use.action == "s3:GetBucketTagging")
    assert ("used", "last used 14 days ago, looks quarterly: 1 Oct 2025, 1 Jan 2026, 1 Apr 2026") == (
        use.origin,
        use.rhythm,
    )


def test_the_proposal_allows_it_and_the_evidence_and_notes_say_why(account):
    evidence = evidence_of(account)
    proposal = propose(evidence, catalogue(), keep_unknown=False)
    certificate = prove(evidence, proposal, catalogue())

    files = {
        path.rpartition("/")[2]: text.decode() for path, text in bundle_files(evidence, proposal, certificate).items()
    }

    words = "last used 80 days ago, looks quarterly: 1 Oct 2025, 1 Jan 2026, 1 Apr 2026"
    assert "s3:GetBucketTagging" in proposal.allowed_actions
    assert f'books,periodic,"seen in the logs; {words}"' in files["evidence.csv"]
    assert f"`s3:GetBucketTagging` is kept although the window does not hold it: {words}" in files["diff.md"]
    assert ["s3:GetBucketTagging"] == [one["action"] for one in certificate.as_json()["periodic"] if one["is_outside"]]


def test_a_periodic_use_that_today_does_not_grant_is_not_added():
    only_policy = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "s3:GetBucketPolicy", "Resource": "*"},
    }
    with SmallAccount([*DAILY, *QUARTERLY], document=only_policy) as account:
        evidence = evidence_of(account)

    proposal = propose(evidence, catalogue(), keep_unknown=False)

    assert ["s3:GetBucketPolicy"] == list(proposal.allowed_actions)
    assert ["s3:GetBucketTagging"] == [one.use.action for one in proposal.used_not_granted]
