"""Service control policies as Terraform and CloudFormation: new ones are made, an earlier run's are imported and changed."""

from __future__ import annotations

import json
import re

import pytest

from iamaudit.deliver.scp import named_scps, scp_delivery
from iamaudit.policy.parse import parse
from iamaudit.policy.render import size
from iamaudit.recommend.scp_evidence import EarlierScp, Target, earlier_name
from tests.unit.deliver.test_deliver_terraform import formatted

UNIT = "ou-ex01-prod0001"
MANAGEMENT = "444455556666"
STATEMENT = {"Sid": "DenyUnusedServices", "Effect": "Deny", "Action": "sqs:*", "Resource": "*"}


def deny(*services):
    statement = {"Sid": "DenyUnusedServices", "Effect": "Deny", "Action": list(services), "Resource": "*"}
    return parse({"Version": "2012-10-17", "Statement": [statement]})


def earlier(number=1, *, policy_id="p-earlier1"):
    return EarlierScp(policy_id, earlier_name(UNIT, number), '{"Version":"2012-10-17","Statement":[]}')


def files(*policies, **known):
    target = Target(UNIT, "unit", (), **known)
    found = scp_delivery(target, policies or (deny("sqs:*"),), account_id=MANAGEMENT)
    return {name: content.decode() for name, content in found.items()}


def documents(text):
    """Return what the heredocs of a file say."""
    return [json.loads(one) for one in re.findall(r"<<POLICY\n(.*?)\nPOLICY\n", text, re.DOTALL)]


def test_a_new_policy_is_made_and_attached_to_its_target():
    text = files()["main.tf"]

    assert [{"Version": "2012-10-17", "Statement": [STATEMENT]}] == documents(text)
    assert re.search(rf'name += "iamaudit-unused-{UNIT}"', text)
    assert f'target_id = "{UNIT}"' in text
    assert "policy_id = aws_organizations_policy.unused.id" in text
    assert "import {" not in text
    assert f'allowed_account_ids = ["{MANAGEMENT}"]' in text


def test_white_space_that_aws_would_count_does_not_leave():
    text = files(deny("sqs:*", "sns:*"))["main.tf"]

    assert "content = jsonencode(jsondecode(<<POLICY" in text
    minified = json.dumps(documents(text)[0], separators=(",", ":"))
    assert size(deny("sqs:*", "sns:*")) == len(minified)


@pytest.mark.parametrize("known", [{}, {"earlier": (earlier(),)}], ids=["new", "earlier"])
def test_it_is_laid_out_as_terraform_fmt_leaves_it(known):
    text = files(deny("sqs:*"), deny("sns:*"), **known)["main.tf"]

    assert formatted(text) == text


def test_an_earlier_policy_and_its_attachment_are_imported_and_only_those():
    text = files(deny("sqs:*"), deny("sns:*"), earlier=(earlier(),))["main.tf"]

    assert [
        ("aws_organizations_policy.unused", "p-earlier1"),
        ("aws_organizations_policy_attachment.unused", f"{UNIT}:p-earlier1"),
    ] == re.findall(r'import \{\n  to = (\S+)\n  id = "(.*)"\n\}', text)
    assert 2 == text.count('resource "aws_organizations_policy" ')


def test_an_earlier_policy_that_is_needed_no_longer_is_left_to_people_and_told():
    found = files(deny("sqs:*"), earlier=(earlier(), earlier(2, policy_id="p-earlier2")))

    assert "# - detach and delete iamaudit-unused-ou-ex01-prod0001-2 (p-earlier2)" in found["main.tf"]
    assert "p-earlier2" in json.loads(found["template.json"])["Metadata"]["LeftToDo"][0]


def test_a_name_that_another_policy_has_is_not_taken():
    target = Target(UNIT, "unit", (), taken=frozenset({earlier_name(UNIT, 1)}))

    assert [f"{earlier_name(UNIT, 1)}-new"] == [one.name for one in named_scps(target, [deny("sqs:*")])]


def test_cloudformation_makes_and_attaches_what_is_new():
    found = files()

    assert {"main.tf", "template.json"} == set(found)
    (resource,) = json.loads(found["template.json"])["Resources"].values()
    assert ("AWS::Organizations::Policy", "Retain") == (resource["Type"], resource["DeletionPolicy"])
    properties = resource["Properties"]
    assert ("SERVICE_CONTROL_POLICY", [UNIT]) == (properties["Type"], properties["TargetIds"])
    assert "sqs:*" == properties["Content"]["Statement"][0]["Action"]


def test_cloudformation_imports_an_earlier_policy_as_it_is_today():
    found = files(earlier=(earlier(),))

    (imported,) = json.loads(found["to-import.json"])
    assert {"Id": "p-earlier1"} == imported["ResourceIdentifier"]
    label = imported["LogicalResourceId"]
    today, after = (json.loads(found[name])["Resources"][label] for name in ("template-today.json", "template.json"))
    assert [] == today["Properties"]["Content"]["Statement"]
    assert today["Properties"] | {"Content": after["Properties"]["Content"]} == after["Properties"]


def test_only_the_formats_that_were_asked_for_are_written():
    target = Target(UNIT, "unit", ())

    assert {"main.tf"} == set(scp_delivery(target, [deny("sqs:*")], formats=("json", "terraform")))
    assert {} == scp_delivery(target, [deny("sqs:*")], formats=("json", "cli"))
