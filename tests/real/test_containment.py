"""Real policies compared: how often containment says "not proven"."""

import json
from collections import Counter
from itertools import permutations
from pathlib import Path

import pytest

from iamaudit.knowledge.actions import catalogue
from iamaudit.policy.compare import compare
from iamaudit.policy.parse import parse

DETAILS = Path(__file__).resolve().parents[3] / "shared" / "data" / "account_authorization_details"

pytestmark = pytest.mark.skipif(not DETAILS.is_dir(), reason="the folder of real data is not beside the repository")


def managed_policies(body):
    return {
        policy["Arn"]: parse(version["Document"], name=policy["PolicyName"])
        for policy in body["Policies"]
        for version in policy["PolicyVersionList"]
        if version["IsDefaultVersion"]
    }


def held_by_each(body):
    """The policies of every user, group and role; of users also those of their groups."""
    managed = managed_policies(body)
    groups = {group["GroupName"]: group for group in body["GroupDetailList"]}

    def held(entry):
        attached = [
            managed[one["PolicyArn"]] for one in entry.get("AttachedManagedPolicies", []) if one["PolicyArn"] in managed
        ]
        inline = [
            parse(one["PolicyDocument"], name=one["PolicyName"])
            for member in ("UserPolicyList", "GroupPolicyList", "RolePolicyList")
            for one in entry.get(member, [])
        ]
        return [*attached, *inline, *(policy for name in entry.get("GroupList", []) for policy in held(groups[name]))]

    entries = (entry for member in ("UserDetailList", "GroupDetailList", "RoleDetailList") for entry in body[member])
    return [policies for entry in entries if (policies := held(entry))]


def bodies():
    return [json.loads(path.read_text()) for path in sorted(DETAILS.glob("*.json"))]


def all_policies():
    found = [policy for body in bodies() for policy in managed_policies(body).values()]
    found += [policy for body in bodies() for held in held_by_each(body) for policy in held]
    return list({policy.statements: policy for policy in found}.values())


def outcome(comparison):
    return "contained" if comparison.contained else "widened" if comparison.widened else "not proven"


def test_every_real_policy_is_in_itself_and_among_the_policies_of_who_holds_it():
    actions = catalogue().all_actions()
    alone = [([policy], policy) for policy in all_policies()]
    together = [(held, policy) for body in bodies() for held in held_by_each(body) for policy in held]

    outcomes = Counter(outcome(compare(old, [new], actions)) for old, new in (*alone, *together))

    assert {"contained": len(alone) + len(together)} == outcomes
    assert len(alone) > 30
    assert len(together) > 20


def test_of_two_real_policies_it_is_nearly_always_known_whether_one_is_in_the_other(record_property):
    actions = catalogue().all_actions()
    pairs = list(permutations(all_policies(), 2))

    outcomes = Counter(outcome(compare([old], [new], actions)) for old, new in pairs)

    record_property("outcomes", dict(outcomes))
    assert outcomes["not proven"] <= len(pairs) / 200
    assert outcomes["contained"] > 50
    assert outcomes["widened"] > 1000
