"""A proposal that breaks something, or adds something, does not leave."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from iamaudit.errors import InputError, ProofFailedError
from iamaudit.knowledge.actions import catalogue
from iamaudit.policy.parse import parse
from iamaudit.proof.prove import prove
from iamaudit.proof.replay import replay
from iamaudit.proof.widening import widening
from iamaudit.recommend.evidence import CurrentPolicy, ObservedUse, PrincipalEvidence, UnknownGrant
from iamaudit.recommend.propose import propose

ROLE = "arn:aws:iam::111122223333:role/app"
QUARTER = {"window_start": datetime(2026, 8, 1, tzinfo=UTC), "window_end": datetime(2026, 10, 30, tzinfo=UTC)}
GET = ObservedUse("s3:GetObject", "arn:aws:s3:::b/a", count=7, event_ids=("e1",))


def policy(*statements):
    return parse({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions, resources="*", **more):
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def evidence(*statements, uses=(GET,), **more):
    current = CurrentPolicy(f"{ROLE}#today", "today", "inline", ROLE, policy(*statements), "{}")
    return PrincipalEvidence(ROLE, "111122223333", "role", "app", (current,), uses=tuple(uses), **more)


def test_a_proposal_that_forgets_a_use_fails_and_names_the_call():
    found = evidence(allow("s3:*"))
    forgetful = replace(propose(found, catalogue()), policies=(policy(allow("s3:PutObject")),))

    with pytest.raises(
        ProofFailedError, match=r"1 observed uses would be denied \(`s3:GetObject` on `arn:aws:s3:::b/a`"
    ):
        prove(found, forgetful, catalogue())


def test_a_proposal_that_adds_something_fails_and_names_a_request():
    found = evidence(allow("s3:*"))
    generous = replace(propose(found, catalogue()), policies=(policy(allow(["s3:GetObject", "sqs:SendMessage"])),))

    with pytest.raises(ProofFailedError, match=r"newly allowed .*sqs:SendMessage"):
        prove(found, generous, catalogue())


def test_a_proposal_that_forgets_a_deny_fails():
    deny = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/secret/*"}
    found = evidence(allow("s3:*"), deny)
    careless = replace(propose(found, catalogue()), policies=(policy(allow("s3:GetObject", "arn:aws:s3:::b/*")),))

    assert not widening(found, careless, catalogue()).is_contained


def test_a_proposal_that_forgets_one_of_two_possible_grants_fails():
    """Whichever condition was met in truth, a statement under it must be left."""
    one = {"StringEquals": {"aws:SourceVpce": "vpce-1"}}
    other = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    found = evidence(allow("s3:*", Condition=one), allow("s3:*", Condition=other))
    half = replace(propose(found, catalogue()), policies=(policy(allow("s3:GetObject", Condition=one)),))

    result = replay(found, half, catalogue())

    assert (0, 1) == (result.allowed, result.denied)


def test_a_use_under_an_unknown_condition_counts_as_conditional():
    found = evidence(allow("s3:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))

    result = replay(found, propose(found, catalogue()), catalogue())

    assert (1, 1, 1) == (result.replayed, result.allowed, result.conditional)


def test_a_use_that_today_does_not_allow_is_no_failure():
    found = evidence(allow("sqs:*"))

    result = replay(found, propose(found, catalogue()), catalogue())

    assert (0, 0, 1) == (result.replayed, result.denied, result.not_allowed_today)


def test_a_use_without_a_known_resource_is_asked_for_every_pattern_of_today():
    open_use = ObservedUse("s3:GetObject", "*", confidence="low")
    found = evidence(allow("s3:*", ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]), uses=[open_use])
    half = replace(propose(found, catalogue()), policies=(policy(allow("s3:GetObject", "arn:aws:s3:::a/*")),))

    whole, broken = replay(found, propose(found, catalogue()), catalogue()), replay(found, half, catalogue())

    assert (1, 1) == (whole.allowed, whole.by_pattern)
    assert ["arn:aws:s3:::b/"] == [failure.resource for failure in broken.failures]


def test_a_refused_proposal_has_nothing_to_prove():
    found = evidence(allow("s3:*"))
    refused = replace(propose(found, catalogue()), policies=(), refused="too long")

    with pytest.raises(InputError, match="too long"):
        prove(found, refused, catalogue())


def test_a_certificate_says_what_was_proven():
    window = {"window_start": datetime(2026, 8, 1, tzinfo=UTC), "window_end": datetime(2026, 11, 9, tzinfo=UTC)}
    found = evidence(allow("s3:*"), coverage={"days": 100}, **window)

    fields = prove(found, propose(found, catalogue()), catalogue(), versions={"iamaudit": "0.1.0"}).as_json()

    assert {"start": "2026-08-01T00:00:00Z", "end": "2026-11-09T00:00:00Z", "days": 100} == fields["window"]
    numbers = ("replayed", "allowed", "denied", "widened", "calls", "statements", "policies", "actions_after")
    assert [1, 1, 0, 0, 7, 1, 1, 1] == [fields[name] for name in numbers]
    assert ("high", []) == (fields["confidence"], fields["confidence_reasons"])
    assert fields == json.loads(json.dumps(fields))


def test_a_short_window_lowers_the_confidence():
    window = {"window_start": datetime(2026, 11, 1, tzinfo=UTC), "window_end": datetime(2026, 11, 9, tzinfo=UTC)}
    found = evidence(allow("s3:*"), coverage={"days": 8}, **window)

    fields = prove(found, propose(found, catalogue()), catalogue()).as_json()

    assert ("low", ["the window has only 8 days"]) == (fields["confidence"], fields["confidence_reasons"])


def test_what_is_left_out_unseen_lowers_the_confidence():
    """Nobody knows whether it is used; where the service is in use, it may well be."""
    unknown = (UnknownGrant("s3:PutObject", "not logged"), UnknownGrant("sqs:SendMessage", "not logged"))
    found = evidence(allow(["s3:*", "sqs:*"]), coverage={"days": 90}, unknown=unknown, **QUARTER)

    kept = prove(found, propose(found, catalogue()), catalogue()).as_json()
    dropped = prove(found, propose(found, catalogue(), keep_unknown=False), catalogue()).as_json()

    assert ("high", []) == (kept["confidence"], kept["confidence_reasons"])
    assert (
        "low",
        ["2 actions are left out although the logs could not have shown their use, 1 of them of services in use"],
    ) == (dropped["confidence"], dropped["confidence_reasons"])


def test_what_is_left_out_unseen_of_a_service_that_is_not_in_use_makes_it_medium():
    unknown = (UnknownGrant("sqs:SendMessage", "not logged"),)
    found = evidence(allow(["s3:*", "sqs:*"]), coverage={"days": 90}, unknown=unknown, **QUARTER)

    fields = prove(found, propose(found, catalogue(), keep_unknown=False), catalogue()).as_json()

    assert (
        "medium",
        ["1 action is left out although the logs could not have shown its use"],
    ) == (fields["confidence"], fields["confidence_reasons"])
