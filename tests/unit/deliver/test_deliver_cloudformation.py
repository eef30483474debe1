"""CloudFormation of a plan: valid templates, one to import with and one to change with."""

import json

import pytest

from iamaudit.deliver.cloudformation import cloudformation
from iamaudit.deliver.files import delivery_files
from iamaudit.errors import ConfigError
from iamaudit.model.change import Change, ChangeKind
from iamaudit.model.plan import Plan, plan_from_json
from iamaudit.recommend.choices import FORMATS, Choices

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
SHARED = f"arn:aws:iam::{ACCOUNT}:policy/team/shared"
OWN = f"arn:aws:iam::{ACCOUNT}:policy/app-own"
OLD = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
NEW = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}'
CHANGES = (
    Change(ChangeKind.PUT_INLINE_POLICY, ROLE, "reads", NEW, OLD),
    Change(ChangeKind.CREATE_POLICY_VERSION, "", SHARED, NEW, OLD),
    Change(ChangeKind.CREATE_POLICY, "", OWN, NEW),
    Change(ChangeKind.ATTACH_POLICY, ROLE, OWN),
    Change(ChangeKind.DETACH_POLICY, ROLE, "arn:aws:iam::aws:policy/PowerUserAccess"),
)


def template(files, name="template.json"):
    return json.loads(files[name])


def test_what_exists_is_imported_as_it_is_today():
    files = cloudformation(CHANGES)

    today, after = template(files, "template-today.json")["Resources"], template(files)["Resources"]
    imported = json.loads(files["to-import.json"])
    assert set(today) == {one["LogicalResourceId"] for one in imported} < set(after)
    assert all(json.loads(OLD) == one["Properties"]["PolicyDocument"] for one in today.values())
    assert {"PolicyArn": SHARED} in [one["ResourceIdentifier"] for one in imported]
    assert all("Retain" == one["DeletionPolicy"] for one in after.values())


def test_a_policy_of_the_template_is_attached_by_it():
    resources = template(cloudformation(CHANGES))["Resources"]

    assert ["app"] == next(r["Properties"]["Roles"] for r in resources.values() if "Roles" in r["Properties"])


def test_a_new_group_is_made_before_what_needs_it():
    user, group = (f"arn:aws:iam::{ACCOUNT}:{name}" for name in ("user/ann", "group/readers"))
    changes = [
        Change(ChangeKind.CREATE_GROUP, "", "readers"),
        Change(ChangeKind.PUT_INLINE_POLICY, group, "p", NEW),
        Change(ChangeKind.ADD_USER_TO_GROUP, user, "readers"),
        Change(ChangeKind.ADD_USER_TO_GROUP, user, "staff"),
    ]

    resources = template(cloudformation(changes))["Resources"]

    names = [one["Properties"]["GroupName"] for one in resources.values()]
    assert ["readers", {"Ref": "Readers"}, {"Ref": "Readers"}, "staff"] == names


def test_nobody_joins_a_group_before_its_policies_are_smaller():
    user, group = (f"arn:aws:iam::{ACCOUNT}:{name}" for name in ("user/ann", "group/team/readers"))
    smaller = Change(ChangeKind.PUT_INLINE_POLICY, group, "p", NEW, OLD)
    joins = Change(ChangeKind.ADD_USER_TO_GROUP, user, "readers")

    found = template(cloudformation([smaller, joins]))
    by_hand = template(
        cloudformation(
            [smaller, Change(ChangeKind.DETACH_POLICY, group, "arn:aws:iam::aws:policy/PowerUserAccess"), joins]
        )
    )

    assert [["ReadersP"]] == [one["DependsOn"] for one in found["Resources"].values() if "DependsOn" in one]
    assert ["detach", "add"] == [one["Change"].split()[0] for one in by_hand["Metadata"]["LeftToDo"]]
    assert ["ReadersP"] == list(by_hand["Resources"])


def test_what_it_cannot_do_is_told():
    left = template(cloudformation(CHANGES))["Metadata"]["LeftToDo"]

    assert [f"detach policy arn:aws:iam::aws:policy/PowerUserAccess of {ROLE}"] == [one["Change"] for one in left]


def test_the_stack_can_be_made(session):
    """Moto makes the template's new policy and attaches it."""
    iam = session.client("iam")
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=OLD)
    body = cloudformation(CHANGES[2:])["template.json"]

    session.client("cloudformation").create_stack(
        StackName="s", TemplateBody=body, Capabilities=["CAPABILITY_NAMED_IAM"]
    )

    held = iam.list_attached_role_policies(RoleName="app")["AttachedPolicies"]
    assert ["app-own"] == [one["PolicyName"] for one in held]


@pytest.mark.slow
def test_the_linter_of_cloudformation_finds_no_error_and_no_warning():
    """What it calls informational is a matter of taste."""
    from cfnlint.api import lint_all

    files = cloudformation(CHANGES, title="the policies of app")

    found = {
        name: [str(m) for m in lint_all(files[name]) if m.rule.id[0] in "EW"]
        for name in ("template.json", "template-today.json")
    }
    assert {"template.json": [], "template-today.json": []} == found


def test_a_format_that_there_is_not_is_refused():
    with pytest.raises(ConfigError, match="no format `pulumi`"):
        Choices(formats=("json", "pulumi"))


def test_the_files_of_a_plan_are_those_of_its_formats():
    plan = Plan(ROLE, CHANGES)

    names = {form: sorted(delivery_files(plan, None, formats=(form,))) for form in FORMATS}

    assert {
        "json": [],
        "terraform": ["main.tf"],
        "cloudformation": ["template-today.json", "template.json", "to-import.json"],
        "cli": ["apply.sh", "rollback.sh"],
    } == names


def test_the_files_of_a_plan_without_changes_say_so():
    files = delivery_files(Plan(ROLE, ()), ())

    assert {"main.tf", "apply.sh", "rollback.sh"} == set(files)
    assert all(b"nothing of its own changes" in content for content in files.values())
    assert b"resource" not in files["main.tf"]


def test_a_plan_goes_to_json_and_back():
    plan = Plan(ROLE, CHANGES)

    assert plan == plan_from_json(json.dumps(plan.as_json()))


def test_a_text_that_is_no_unicode_is_delivered():
    broken = Change(ChangeKind.PUT_INLINE_POLICY, ROLE, "p", '{"Statement":[],"Id":"\\ud800"}')

    files = delivery_files(Plan(ROLE, (broken,)), ())

    assert json.loads(files["template.json"])
