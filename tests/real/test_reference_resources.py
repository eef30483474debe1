"""Resources against the reference's tables: which actions take none, and which parameter names which resource.

The parameters are measured by a slow twin of the table: for each operation a request with a value that nothing else
holds, and a look whether an ARN with that value comes out.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest

from iamaudit.knowledge.actions import catalogue
from iamaudit.usage.actions import actions_of, spelling
from iamaudit.usage.call import Call
from iamaudit.usage.parameters import parameters_of
from iamaudit.usage.resources import resources_of
from iamaudit.usage.templates import plans_of

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference"
WITHOUT = REFERENCE / "appendix_F_actions_without_resource_level.csv"
PARAMETERS = REFERENCE / "appendix_G_request_parameter_to_resource.csv"
pytestmark = pytest.mark.skipif(not PARAMETERS.is_file(), reason="the reference is not beside the repository")

VARIABLE = re.compile(r"\$\{([^}]*)\}")
PLACES = frozenset({"Partition", "Region", "Account"})
ACCOUNT = "111122223333"
# the catalogue is newer than the appendix: these have got resource types since
NEWER = frozenset(
    {f"aoss:{verb}" for verb in ("ListTagsForResource", "TagResource", "UntagResource")}
    | {"billing:GetContractInformation"}
    | {f"datasync:CreateLocation{kind}" for kind in ("AzureBlob", "Hdfs", "Nfs", "ObjectStorage", "S3", "Smb")}
    | {f"identitystore:{verb}Region" for verb in ("Add", "Describe", "Remove")}
    | {f"identitystore:{verb}" for verb in ("DeleteIdentityStore", "ListRegions", "UpdateIdentityStore")}
)
# these are in the catalogue no more: services that have ended, and two of QuickSight's
ENDED = frozenset({"codestar", "evidently", "iotevents", "quicksight"})


def rows(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_every_action_that_takes_no_resource_is_known_to_take_none():
    actions = [f"{row['iam_prefix']}:{row['action']}" for row in rows(WITHOUT)]

    taking = {action for action in actions if catalogue().takes_resource(action)}
    unknown = [action for action in actions if spelling(action) is None]

    assert len(actions) == 6602
    assert taking == NEWER
    assert {action.partition(":")[0] for action in unknown} == ENDED
    assert len(unknown) == 29


def put(request, path, value):
    """Put *value* at a path such as `a.b[].c`, unless a value stands in its way."""
    *outer, last = path.split(".")
    node = request
    for part in outer:
        name, is_list, _ = part.partition("[")
        inner = node.setdefault(name, [{}] if is_list else {})
        node = inner[0] if isinstance(inner, list) else inner
        if not isinstance(node, dict):
            return
    name, is_list, _ = last.partition("[")
    if not isinstance(node.get(name, ""), str):
        return
    node[name] = [value] if is_list else value


def value_of(row, number, action):
    prefix = action.partition(":")[0]
    if row["variable"] == "InstanceId" and prefix.startswith(("ec2", "ssm")):
        return f"{'mi' if 'Managed' in action else 'i'}-{number:08x}"
    return f"{number:012d}" if row["variable"] == "AccountId" else f"v{number}x"


def asked(action, operation, request):
    prefix = action.partition(":")[0]
    parameters = parameters_of(request)
    role = next((one.role for one in actions_of(prefix, operation, parameters) if one.action == action), "")
    call = Call(f"{prefix}.amazonaws.com", operation, "eu-west-1", ACCOUNT, request=request)
    return resources_of(action, call, parameters, role)


def named_in(row):
    return [name for name in VARIABLE.findall(row["request_parameter_template"]) if name not in PLACES]


def an_arn(action, row, number):
    templates = catalogue().arn_templates(action.partition(":")[0], row["variable"])
    places = {"Partition": "aws", "Region": "eu-west-1", "Account": ACCOUNT}
    return VARIABLE.sub(lambda found: places.get(found[1], f"v{number}{found[1].lower()}"), templates[0])


def is_of_today(row, action):
    """Say whether the catalogue still has what a row of 2022 names, and the row names a parameter of the request."""
    if not named_in(row):
        return False
    if row["kind"] == "resource_arn_parameter":
        return any(plan.resource_type.lower() == row["variable"].lower() for plan in plans_of(action))
    slots = {slot.variable.lower() for plan in plans_of(action) for slot in plan.slots}
    return row["variable"].lower() in slots if row["kind"] == "resource_variable" else bool(plans_of(action))


@cache
def measured():
    """Return (kind, outcome) -> count and the misses; a passed role has its own tests, and an open variable no value."""
    groups = defaultdict(list)
    for number, row in enumerate(rows(PARAMETERS)):
        action = spelling(row["iam_action"])
        if action is not None and action != "iam:PassRole" and row["kind"] != "none" and is_of_today(row, action):
            groups[row["sdk_service.operation"], action].append((number, row))
    found, missed = Counter(), []
    for (operation, action), members in groups.items():
        values, request = {}, {}
        for number, row in members:
            for name in named_in(row) if row["kind"] != "resource_arn_parameter" else ():
                if name not in values:
                    values[name] = value_of(row, number, action)
                    put(request, name, values[name])
        for number, row in members:
            own, wanted = request, {values[name] for name in named_in(row) if name in values}
            if row["kind"] == "resource_arn_parameter":
                own, wanted = {}, {an_arn(action, row, number)}
                put(own, named_in(row)[0], *wanted)
            answer = asked(action, operation.partition(".")[2], own)
            is_found = any(text in arn for text in wanted for arn in answer.resources)
            found[row["kind"], answer.confidence if is_found else "missed"] += 1
            if not is_found:
                missed.append((operation, action, row["variable"], row["request_parameter_template"]))
    return found, missed


@pytest.mark.slow
def test_nearly_every_parameter_that_names_a_resource_is_found():
    """What is left: wrong rows of 2022 (an athena query's name is no workgroup), other services' buckets, patterns."""
    found, missed = measured()

    total = sum(found.values())

    assert total > 9000
    assert len(missed) <= 0.012 * total


@pytest.mark.slow
def test_a_parameter_that_holds_an_arn_is_always_found():
    found, _ = measured()

    arns = {outcome: count for (kind, outcome), count in found.items() if kind == "resource_arn_parameter"}

    assert arns["missed"] <= 4
    assert arns["high"] >= 0.95 * sum(arns.values())
