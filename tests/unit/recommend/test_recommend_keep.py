"""What stays: observed and unknown, never more than today's statements allow."""

from __future__ import annotations

import pytest

from iamaudit.errors import ConfigError
from iamaudit.knowledge.actions import catalogue
from iamaudit.model.policy import Condition, Effect
from iamaudit.policy.parse import parse
from iamaudit.recommend.evidence import CurrentPolicy, ObservedUse, PrincipalEvidence, UnknownGrant
from iamaudit.recommend.propose import propose

ROLE = "arn:aws:iam::111122223333:role/app"


def allow(actions, resources="*", **more):
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def evidence(*statements, uses=(), version="2012-10-17", **more):
    document = {"Version": version, "Statement": list(statements)}
    current = CurrentPolicy(f"{ROLE}#today", "today", "inline", ROLE, parse(document), "{}")
    return PrincipalEvidence(ROLE, "111122223333", "role", "app", (current,), uses=tuple(uses), **more)


def proposed(found, **options):
    """Every proposed statement as (effect, actions, resources, conditions)."""
    proposal = propose(found, catalogue(), **options)
    return [
        (s.effect.value, s.actions, s.resources or s.not_resources, s.conditions)
        for policy in proposal.policies
        for s in policy.statements
    ]


def test_a_use_is_kept_on_its_own_resource_only():
    found = evidence(allow("s3:*"), uses=[ObservedUse("s3:GetObject", "arn:aws:s3:::reports/a.csv")])

    statements = proposed(found)

    assert [("Allow", ("s3:GetObject",), ("arn:aws:s3:::reports/a.csv",), ())] == statements


def test_an_action_gets_the_catalogues_spelling():
    found = evidence(allow("S3:GETobject"), uses=[ObservedUse("s3:getobject", "arn:aws:s3:::reports/a.csv")])

    statements = proposed(found)

    assert ("s3:GetObject",) == statements[0][1]


def test_the_conditions_of_the_granting_statement_are_kept():
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    found = evidence(allow("s3:*", Condition=mfa), uses=[ObservedUse("s3:GetObject", "arn:aws:s3:::b/a")])

    statements = proposed(found)

    assert [(Condition("Bool", "aws:MultiFactorAuthPresent", ("true",)),)] == [one[3] for one in statements]


def test_a_statement_without_conditions_is_preferred():
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    found = evidence(
        allow("s3:*", Condition=mfa), allow("s3:GetObject"), uses=[ObservedUse("s3:GetObject", "arn:aws:s3:::b/a")]
    )

    statements = proposed(found)

    assert [("Allow", ("s3:GetObject",), ("arn:aws:s3:::b/a",), ())] == statements


def test_every_statement_that_may_have_granted_a_use_is_kept():
    """The logs do not tell which of two unknown conditions was met: dropping either may break the call."""
    one = {"StringEquals": {"aws:SourceVpce": "vpce-1"}}
    other = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    found = evidence(
        allow("s3:*", Condition=one),
        allow("s3:*", Condition=other),
        uses=[ObservedUse("s3:GetObject", "arn:aws:s3:::b/a")],
    )

    statements = proposed(found)

    assert 2 == len(statements)


def test_a_statement_whose_condition_was_surely_not_met_is_not_kept():
    region = {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}
    use = ObservedUse("s3:GetObject", "arn:aws:s3:::b/a", conditions={"aws:RequestedRegion": "eu-west-1"})
    found = evidence(allow("s3:*", Condition=region), uses=[use])

    proposal = propose(found, catalogue())

    assert () == proposal.policies
    assert ["no identity policy of today allows it"] == [one.reason for one in proposal.used_not_granted]


def test_a_use_that_is_not_granted_is_reported_and_never_added():
    found = evidence(allow("s3:*"), uses=[ObservedUse("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q")])

    proposal = propose(found, catalogue())

    assert () == proposal.policies
    assert ["sqs:SendMessage"] == [one.use.action for one in proposal.used_not_granted]


def test_a_use_outside_the_boundary_is_reported():
    boundary = parse({"Version": "2012-10-17", "Statement": [allow("s3:*")]})
    found = evidence(
        allow("*"),
        uses=[ObservedUse("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q")],
        boundary=boundary,
    )

    proposal = propose(found, catalogue())

    assert ["the permissions boundary of today does not allow it"] == [one.reason for one in proposal.used_not_granted]


def test_an_action_that_takes_no_resource_gets_a_star_alone():
    found = evidence(allow("s3:*"), uses=[ObservedUse("s3:ListAllMyBuckets", "arn:aws:s3:::anything")])

    statements = proposed(found)

    assert [("Allow", ("s3:ListAllMyBuckets",), ("*",), ())] == statements


def test_a_use_without_a_known_resource_keeps_the_statements_own_patterns():
    granted = ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]
    found = evidence(allow("s3:*", granted), uses=[ObservedUse("s3:GetObject", "*", confidence="low")])

    statements = proposed(found)

    assert [("Allow", ("s3:GetObject",), tuple(granted), ())] == statements


def test_an_open_part_of_a_resource_stays_open_only_inside_the_grant():
    secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret"
    found = evidence(
        allow("secretsmanager:*", [f"{secret}:db-??????", f"{secret}:mail-AbCdEf"]),
        uses=[
            ObservedUse("secretsmanager:GetSecretValue", f"{secret}:db-??????", confidence="low"),
            ObservedUse("secretsmanager:GetSecretValue", f"{secret}:mail-??????", confidence="low"),
        ],
    )

    statements = proposed(found)

    assert [(f"{secret}:db-??????", f"{secret}:mail-AbCdEf")] == [one[2] for one in statements]


def test_wildcard_letters_in_a_seen_name_are_escaped():
    found = evidence(allow("s3:*"), uses=[ObservedUse("s3:GetObject", "arn:aws:s3:::b/a*b?c${d}")])

    statements = proposed(found)

    assert [("arn:aws:s3:::b/a${*}b${?}c${$}{d}",)] == [one[2] for one in statements]


def test_a_name_that_no_policy_can_hold_becomes_a_wildcard_inside_the_grant():
    found = evidence(
        allow("s3:*", "arn:aws:s3:::b/reports/*"), uses=[ObservedUse("s3:GetObject", "arn:aws:s3:::b/reports/日本.csv")]
    )

    statements = proposed(found)

    assert [("arn:aws:s3:::b/reports/*.csv",)] == [one[2] for one in statements]


def test_a_pattern_with_a_variable_stays_as_it_is():
    user = "arn:aws:iam::111122223333:user/ann"
    home = "arn:aws:s3:::home/${aws:username}/*"
    policy = parse({"Version": "2012-10-17", "Statement": [allow("s3:*", home)]})
    current = CurrentPolicy("id", "home", "customer", user, policy, "{}")
    found = PrincipalEvidence(
        user, "111122223333", "user", "ann", (current,), uses=(ObservedUse("s3:GetObject", "arn:aws:s3:::home/ann/x"),)
    )

    statements = proposed(found)

    assert [("Allow", ("s3:GetObject",), (home,), ())] == statements


def test_text_of_an_old_policy_never_becomes_a_variable():
    """Before 2012-10-17 `${aws:username}` is plain text; in a newer policy it would match other names."""
    found = evidence(
        allow("s3:*", "arn:aws:s3:::home/${aws:username}/*"),
        uses=[ObservedUse("s3:GetObject", "arn:aws:s3:::home/${aws:username}/x")],
        version="2008-10-17",
    )

    proposal = propose(found, catalogue())

    assert ["2008-10-17"] == [policy.version for policy in proposal.policies]


def test_a_role_is_passed_to_the_services_it_was_seen_going_to():
    role = "arn:aws:iam::111122223333:role/lambda-exec"
    uses = [
        ObservedUse("iam:PassRole", role, evidence="implied", conditions={"iam:PassedToService": service})
        for service in ("lambda.amazonaws.com", "ec2.amazonaws.com")
    ]
    found = evidence(allow("iam:*"), uses=uses)

    statements = proposed(found)

    condition = Condition("StringEquals", "iam:PassedToService", ("ec2.amazonaws.com", "lambda.amazonaws.com"))
    assert [("Allow", ("iam:PassRole",), (role,), (condition,))] == statements


def test_a_role_passed_to_an_unknown_service_gets_no_condition():
    role = "arn:aws:iam::111122223333:role/exec"
    known = ObservedUse("iam:PassRole", role, conditions={"iam:PassedToService": "ec2.amazonaws.com"})
    found = evidence(allow("iam:*"), uses=[known, ObservedUse("iam:PassRole", role)])

    statements = proposed(found)

    assert [("Allow", ("iam:PassRole",), (role,), ())] == statements


def test_an_unknown_action_keeps_the_statements_resources_and_is_marked():
    table = "arn:aws:dynamodb:eu-west-1:111122223333:table/t"
    found = evidence(allow("dynamodb:*", table), unknown=(UnknownGrant("dynamodb:GetItem", "data events are off"),))

    proposal = propose(found, catalogue())

    (statement,) = proposal.policies[0].statements
    assert ("KeptUnknownDynamodbTableT", ("dynamodb:GetItem",), (table,)) == (
        statement.sid,
        statement.actions,
        statement.resources,
    )
    assert ("dynamodb:GetItem",) == proposal.unknown_kept


def test_unknown_actions_are_dropped_by_choice_and_named():
    found = evidence(allow("dynamodb:*"), unknown=(UnknownGrant("dynamodb:GetItem", "data events are off"),))

    proposal = propose(found, catalogue(), keep_unknown=False)

    assert () == proposal.policies
    assert ("dynamodb:GetItem",) == proposal.unknown_dropped
    assert "dynamodb:GetItem" in proposal.dropped


def test_a_fresh_grant_is_kept():
    found = evidence(allow(["sqs:SendMessage", "sqs:ReceiveMessage"]), fresh=("sqs:SendMessage",))

    proposal = propose(found, catalogue())

    assert ["KeptFreshSqs"] == [statement.sid for statement in proposal.policies[0].statements]


def test_a_deny_is_carried_over_as_it_is():
    deny = {"Sid": "NoSecrets", "Effect": "Deny", "NotAction": "s3:Get*", "Resource": "arn:aws:s3:::secret/*"}
    found = evidence(allow("s3:*"), deny, uses=[ObservedUse("s3:GetObject", "arn:aws:s3:::b/a")])

    proposal = propose(found, catalogue())

    denies = [s for policy in proposal.policies for s in policy.statements if s.effect is Effect.DENY]
    assert [found.current[0].policy.statements[1]] == denies


def test_a_not_resource_grant_is_narrowed_to_the_name_seen():
    statement = {"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::secret/*"}
    found = evidence(statement, uses=[ObservedUse("s3:GetObject", "arn:aws:s3:::b/a")])

    statements = proposed(found)

    assert [("Allow", ("s3:GetObject",), ("arn:aws:s3:::b/a",), ())] == statements


def test_the_level_action_keeps_todays_resources():
    found = evidence(allow("s3:*", "arn:aws:s3:::b/*"), uses=[ObservedUse("s3:GetObject", "arn:aws:s3:::b/a")])

    statements = proposed(found, level="action")

    assert [("Allow", ("s3:GetObject",), ("arn:aws:s3:::b/*",), ())] == statements


@pytest.mark.parametrize("level", ["action", "service"])
def test_a_wide_level_does_not_say_that_the_logs_did_not_tell(level):
    """The call told its resource; it is the level that keeps every one."""
    found = evidence(allow("rds:*"), uses=[ObservedUse("rds:CreateDBSnapshot", "arn:aws:rds:r:111122223333:db:shop")])

    proposal = propose(found, catalogue(), level=level)

    notes = " ".join(proposal.notes)
    sids = " ".join(statement.sid or "" for policy in proposal.policies for statement in policy.statements)
    assert proposal.policies or proposal.refused_kind == "nothing_to_do"
    assert "the logs do not tell" not in notes
    assert "NotLogged" not in sids


def test_an_unknown_level_is_refused():
    with pytest.raises(ConfigError, match="level `word` is not offered"):
        propose(evidence(allow("s3:*")), catalogue(), level="word")


def test_grants_through_a_group_are_noted():
    group = "arn:aws:iam::111122223333:group/devs"
    policy = parse({"Version": "2012-10-17", "Statement": [allow("s3:*")]})
    current = CurrentPolicy("id", "p", "customer", group, policy, "{}")
    found = PrincipalEvidence("arn:aws:iam::111122223333:user/ann", "111122223333", "user", "ann", (current,))

    proposal = propose(found, catalogue())

    assert any(group in note for note in proposal.notes)


def test_a_role_that_is_passed_keeps_its_date_and_a_log_stream_does_not():
    role = "arn:aws:iam::111122223333:role/job-2026-08-07"
    stream = "arn:aws:logs:eu-west-1:111122223333:log-group:/app:log-stream:2026/08/07/[$LATEST]0a1b2c3d4e5f6071"
    found = evidence(allow("*"), uses=[ObservedUse("iam:PassRole", role), ObservedUse("logs:CreateLogStream", stream)])

    proposal = propose(found, catalogue())

    resources = [one for policy in proposal.policies for s in policy.statements for one in s.resources]
    assert [role, "arn:aws:logs:eu-west-1:111122223333:log-group:/app:log-stream:*"] == resources
    assert [("logs:CreateLogStream", 1)] == [(one.action, one.names) for one in proposal.generalised]


def test_what_a_call_may_have_needed_is_kept_where_it_is_granted_and_said_so():
    kind = {"evidence": "implied", "confidence": "low"}
    crawler = "arn:aws:glue:eu-west-1:111122223333:crawler/c"
    found = evidence(
        allow("glue:*"),
        uses=[ObservedUse("glue:TagResource", crawler, **kind), ObservedUse("ecs:TagResource", "*", **kind)],
    )

    proposal = propose(found, catalogue())

    assert [("glue:TagResource", "another call may have needed it")] == [(k.action, k.reason) for k in proposal.kept]
    assert [("ecs:TagResource", "another call may have needed it; no identity policy of today allows it")] == [
        (missing.use.action, missing.reason) for missing in proposal.used_not_granted
    ]


def test_each_of_several_actions_of_which_one_was_needed_stays():
    table = "arn:aws:dynamodb:eu-west-1:111122223333:table/t"
    uses = [ObservedUse(f"dynamodb:PartiQL{verb}", table, confidence="either") for verb in ("Insert", "Select")]
    found = evidence(allow("dynamodb:PartiQL*"), uses=uses)

    proposal = propose(found, catalogue())

    assert ["dynamodb:PartiQLInsert", "dynamodb:PartiQLSelect"] == [kept.action for kept in proposal.kept]
    assert {"a call needed this or another action, the log does not tell which"} == {k.reason for k in proposal.kept}


def test_that_a_role_was_passed_is_sure_where_it_is_not_sure_which():
    use = ObservedUse("iam:PassRole", "*", evidence="implied", confidence="low")

    assert not use.is_doubtful
