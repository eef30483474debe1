"""A role that a task definition or a launch template brings along is passed, too, though no record names it."""

from iamaudit.knowledge.actions import catalogue
from iamaudit.policy.parse import parse
from iamaudit.recommend.evidence import CurrentPolicy, ObservedUse, PrincipalEvidence
from iamaudit.recommend.hidden_roles import hidden_passes
from iamaudit.recommend.propose import propose

ROLE = "arn:aws:iam::111122223333:role/ci"
TASK = "arn:aws:ecs:eu-west-1:111122223333:task-definition/migrate:*"
TEMPLATE = "arn:aws:ec2:eu-west-1:111122223333:launch-template/lt-1"
PASSED = ObservedUse(
    "iam:PassRole",
    "arn:aws:iam::111122223333:role/app",
    evidence="implied",
    conditions={"iam:PassedToService": "ecs-tasks.amazonaws.com"},
)
RUN = ObservedUse("ecs:RunTask", TASK)


def told(uses):
    return [(use.action, use.resource, dict(use.conditions)) for use in hidden_passes(uses)]


def test_who_runs_tasks_passes_the_roles_of_their_definitions():
    assert [("iam:PassRole", "*", {"iam:PassedToService": "ecs-tasks.amazonaws.com"})] == told([PASSED, RUN])


def test_a_group_of_instances_passes_the_role_of_its_launch_template_and_an_instance_tells_it():
    group = ObservedUse("ec2:RunInstances", TEMPLATE, evidence="implied")

    assert [("iam:PassRole", "*", {"iam:PassedToService": "ec2.amazonaws.com"})] == told([PASSED, group])
    assert [] == told([PASSED, ObservedUse("ec2:RunInstances", TEMPLATE)])


def test_who_is_not_known_to_pass_a_role_keeps_the_whole_grant_as_unknown():
    assert [] == told([RUN])


def test_the_next_task_may_pass_what_its_definition_names():
    statements = [{"Effect": "Allow", "Action": ["iam:PassRole", "ecs:*"], "Resource": "*"}]
    today = parse({"Version": "2012-10-17", "Statement": statements})
    current = CurrentPolicy(f"{ROLE}#today", "today", "inline", ROLE, today, "{}")
    uses = (PASSED, RUN)

    proposal = propose(
        PrincipalEvidence(ROLE, "111122223333", "role", "ci", (current,), uses=(*uses, *hidden_passes(uses))),
        catalogue(),
    )

    passing = [one for policy in proposal.policies for one in policy.statements if one.actions == ("iam:PassRole",)]
    assert [("*",)] == [one.resources for one in passing]
    assert [["iam:PassedToService"]] == [[condition.key for condition in one.conditions] for one in passing]
