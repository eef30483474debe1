"""What may not be taken away: protected by a Sid, a tag or a rule, or granted too lately."""

from __future__ import annotations

import json
from datetime import date

import pytest

from iamaudit.errors import ConfigError
from iamaudit.knowledge.actions import catalogue
from iamaudit.model.policy import Effect
from iamaudit.policy.expand import expand
from iamaudit.policy.parse import parse
from iamaudit.proof.prove import prove
from iamaudit.recommend.choices import Choices, Exclusion
from iamaudit.recommend.evidence import CurrentPolicy, ObservedUse, PrincipalEvidence
from iamaudit.recommend.propose import propose
from iamaudit.recommend.rules import exclusion_from

ROLE = "arn:aws:iam::111122223333:role/app"
GET = ObservedUse("s3:GetObject", "arn:aws:s3:::b/a")
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
RULE = {"owner": "Ann", "reason": "emergency", "expires": date(2026, 12, 31)}


def allow(actions, resources="*", **more):
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def held(*statements, name="today", **more):
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return CurrentPolicy(f"{ROLE}#{name}", name, "inline", ROLE, parse(text), text, **more)


def role(*current, uses=(GET,), **more):
    return PrincipalEvidence(ROLE, "111122223333", "role", "app", current, uses=tuple(uses), **more)


def allows(proposal):
    statements = (one for policy in proposal.policies for one in policy.statements if one.effect is Effect.ALLOW)
    return [(one.sid, one.actions, one.resources or one.not_resources) for one in statements]


def origins(proposal):
    return {(one.origin, one.action) for one in proposal.kept}


def test_a_statement_whose_sid_begins_with_norepo_stays_as_it_is():
    guarded = allow(["ec2:*", "sqs:Send*"], Sid="NOREPOEmergency", Condition=MFA)
    found = role(held(allow("s3:*"), guarded))

    proposal = propose(found, catalogue())

    assert [
        ("NOREPOEmergency", ("ec2:*", "sqs:Send*"), ("*",)),
        ("ReadS3BObjects", ("s3:GetObject",), ("arn:aws:s3:::b/a",)),
    ] == allows(proposal)
    assert {("used", "s3:GetObject"), ("protected", "ec2:*"), ("protected", "sqs:Send*")} == origins(proposal)
    assert not {"ec2:RunInstances", "sqs:SendMessage"} & set(proposal.dropped)


def test_a_protected_statement_with_not_action_is_written_out():
    guarded = {"Sid": "NOREPO", "Effect": "Allow", "NotAction": ["s3:*", "iam:*"], "Resource": "*"}
    spared = expand(["sqs:*"], catalogue().all_actions())
    found = role(held(allow("s3:*"), guarded))

    proposal = propose(found, catalogue(), largest=10**7)

    written = {action for _, actions, _ in allows(proposal) for action in actions}
    assert spared <= written
    assert not any(one.not_actions for policy in proposal.policies for one in policy.statements)


def test_a_policy_with_a_protecting_tag_is_untouched():
    tagged = held(allow("ec2:*"), name="guarded", protected="the policy has the tag `iamaudit:protect`")
    found = role(tagged, held(allow("s3:*")))

    proposal = propose(found, catalogue())

    assert [("guarded", True), ("today", False)] == [(part.name, part.is_untouched) for part in proposal.parts]
    assert ["put_inline_policy"] == [change.kind.value for change in proposal.changes]


def test_a_protected_principal_gets_no_proposal():
    proposal = propose(role(held(allow("s3:*")), protected="excluded by Ann"), catalogue())

    assert ("protected", "excluded by Ann") == (proposal.refused_kind, proposal.refused)


def test_an_excluded_action_stays_inside_the_grant_and_under_its_conditions():
    rule = Exclusion("Ann", "emergency", date(2026, 12, 31), actions=("ec2:Start*", "dynamodb:GetItem"))
    found = role(held(allow(["s3:*", "ec2:StartInstances"], Condition=MFA)), exclusions=(rule,))

    proposal = propose(found, catalogue())

    kept = [one for policy in proposal.policies for one in policy.statements if "ec2:StartInstances" in one.actions]
    assert [("KeptProtectedEc2", True)] == [(one.sid, bool(one.conditions)) for one in kept]
    assert "dynamodb:GetItem" not in proposal.allowed_actions
    assert ("protected", "ec2:StartInstances") in origins(proposal)
    assert [] == prove(found, proposal, catalogue()).as_json()["not_proven"]


def test_an_excluded_pattern_is_written_as_its_owner_wrote_it_where_today_grants_all_of_it():
    rule = Exclusion("Ann", "emergency", date(2026, 12, 31), actions=("ec2:*",))

    proposal = propose(role(held(allow("*")), exclusions=(rule,)), catalogue())

    assert {"s3:GetObject", "ec2:*"} == set(proposal.allowed_actions)


def test_a_fresh_policy_stays_whole():
    fresh = held(allow("sqs:*"), name="new", fresh="younger than the grace period")

    proposal = propose(role(held(allow("s3:*")), fresh), catalogue())

    assert [("new", True), ("today", False)] == [(part.name, part.is_untouched) for part in proposal.parts]
    assert ("fresh", "sqs:*") in origins(proposal)


def test_of_a_changed_policy_only_what_it_did_not_say_before_is_fresh():
    before = parse({"Version": "2012-10-17", "Statement": [allow("s3:*", Sid="Old")]})
    changed = held(
        allow("s3:*", Sid="Renamed"), allow("sqs:*", Sid="New"), fresh="its text has changed", settled=before
    )

    proposal = propose(role(changed), catalogue())

    assert [("New", ("sqs:*",), ("*",)), ("ReadS3BObjects", ("s3:GetObject",), ("arn:aws:s3:::b/a",))] == allows(
        proposal
    )


def test_what_a_guarded_statement_grants_is_not_granted_twice():
    guarded = allow("s3:Get*", Sid="NOREPO")

    proposal = propose(role(held(allow("s3:*"), guarded)), catalogue())

    assert [("NOREPO", ("s3:Get*",), ("*",))] == allows(proposal)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"owner": None}, "lacks `owner`"),
        ({"reason": ""}, "lacks `reason`"),
        ({"expires": None}, "lacks `expires`"),
        ({"expires": "soon"}, "`expires` is `soon`: give a date"),
        ({"expires": "2026-02-30"}, "`expires` is `2026-02-30`"),
        ({"action": "GetObject"}, "`GetObject` is not an action"),
        ({"action": [1]}, "give a pattern in quotes"),
        ({"principal": []}, "give a pattern in quotes"),
        ({"role": "x"}, "unknown keys"),
        ({"principal": "*"}, "excludes all"),
        ({"owner": 7}, "give a text in quotes"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_a_rule_that_is_not_complete_is_refused(change, message):
    with pytest.raises(ConfigError, match=message):
        exclusion_from({**RULE, "principal": "app", **change} if "principal" not in change else {**RULE, **change})


def test_a_rule_names_principals_by_name_or_arn_and_holds_until_its_day():
    by_name = exclusion_from({**RULE, "principal": ["ap?", "other"]})
    by_arn = exclusion_from({**RULE, "principal": "arn:aws:iam::*:role/*"})
    choices = Choices(exclude=(by_name, by_arn))

    assert (by_name, by_arn) == choices.exclusions_of(ROLE, date(2026, 12, 30))
    assert () == choices.exclusions_of(ROLE, date(2026, 12, 31))
    assert (by_name, by_arn) == choices.expired(date(2026, 12, 31))
    assert not by_name.is_for("arn:aws:iam::111122223333:user/apps")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"level": "word"}, "level `word` is not offered"),
        ({"attachments": 21}, "AWS takes from 1 to 20"),
        ({"wildcards": "yes"}, "give true or false"),
        ({"protect_tag": 1}, "name of a tag"),
    ],
    ids=["level", "attachments", "wildcards", "protect_tag"],
)
def test_a_choice_that_makes_no_sense_is_refused(changed, message):
    with pytest.raises(ConfigError, match=message):
        Choices(**changed)


def test_the_level_service_keeps_what_is_granted_of_the_services_that_were_used():
    found = role(held(allow(["s3:Get*", "sqs:*"], "arn:aws:s3:::b/*"), allow("*", Condition=MFA)))

    proposal = propose(found, catalogue(), level="service")

    assert [("s3:*",), ("s3:Get*",)] == [actions for _, actions, _ in allows(proposal)]
    assert 0 == prove(found, proposal, catalogue()).as_json()["denied"]


def test_the_level_service_writes_not_action_out():
    statement = {"Effect": "Allow", "NotAction": ["iam:*", "s3:Delete*"], "Resource": "*"}

    proposal = propose(role(held(statement)), catalogue(), level="service")

    expected = expand(["s3:*"], catalogue().all_actions()) - expand(["s3:Delete*"], catalogue().all_actions())
    assert expected == expand(proposal.allowed_actions, catalogue().all_actions())
