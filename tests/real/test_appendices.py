"""The reference's appendices against our tables: every row is taken, or is in a list that says why not."""

from __future__ import annotations

import csv
import re
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import botocore.session
import pytest

from iamaudit.knowledge.events import action_rows, fold, hidden_role_rows, pass_role_rows, prefix_of, tag_rows
from iamaudit.knowledge.tables import rows
from iamaudit.usage.actions import same_name

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference"
pytestmark = pytest.mark.skipif(not REFERENCE.is_dir(), reason="the reference is not beside the repository")

MOST_LACKING = 490  # of appendix D, on the day the list was closed; it may only shrink
# services that botocore no longer has, by the name of the SDK
_GONE = {
    "codestar": "codestar",
    "cognitoidentityserviceprovider": "cognito-idp",
    "elastictranscoder": "elastictranscoder",
    "iotanalytics": "iotanalytics",
    "iotevents": "iotevents",
    "nimble": "nimble",
    "opsworks": "opsworks",
    "opsworkscm": "opsworks-cm",
    "qldb": "qldb",
    "robomaker": "robomaker",
    "sms": "sms",
    "finspace": "finspace",
    "iotfleethub": "iotfleethub",
    "waf": "waf",
    "wafregional": "waf-regional",
}


def lines(name):
    return list(csv.DictReader((REFERENCE / name).read_text(encoding="utf-8").splitlines()))


@cache
def prefixes():
    """Every name that an SDK has for a service, folded, with the prefix of its actions."""
    loader = botocore.session.get_session().get_component("data_loader")
    found = dict(_GONE)
    for service in loader.list_available_services("service-2"):
        meta = loader.load_service_model(service, "service-2")["metadata"]
        prefix = prefix_of(f"{meta['endpointPrefix']}.amazonaws.com")
        names = [service, meta.get("serviceId", ""), meta.get("serviceAbbreviation", ""), meta["serviceFullName"]]
        for name in names:
            found.setdefault(fold(re.sub(r"Amazon|AWS", "", name)), prefix)
            found.setdefault(fold(name), prefix)
    return found


@cache
def role_parameters():
    """Yield (prefix, operation, parameter) of appendix C and of appendix E."""
    found = set()
    for row in lines("appendix_C_passrole.csv"):
        service, _, operation = row["sdk_service.operation"].partition(".")
        found |= {(prefixes()[fold(service)], operation, path) for path in row["role_parameter_template"].split()}
    for row in lines("appendix_E_role_parameters_botocore2026.csv"):
        found.add((prefixes()[fold(row["botocore_service"])], row["operation"], row["parameter_path"]))
    return frozenset(found)


def is_passed(prefix, operation, path):
    parts = [fold(part) for part in path.split(".")]
    last = parts[-2] if parts[-1] in {"arn", "name"} and len(parts) > 1 else parts[-1]
    return any(row.parameter in {last, parts[-1]} for row in pass_role_rows(prefix, operation))


def excuses(prefix, operation, path):
    return [
        tuple(row.values())
        for row in rows("not_passed_roles")
        if fnmatchcase(prefix, row["prefix"])
        and fnmatchcase(operation, row["event_name"])
        and (path == row["parameter"] or fnmatchcase(path.replace("[", "(").replace("]", ")"), _glob(row["parameter"])))
    ]


def _glob(text):
    # `[*]` stands for the appendix's bare `*`; elsewhere brackets are those of lists
    return text if text == "[*]" else text.replace("[", "(").replace("]", ")")


def test_every_role_parameter_passes_a_role_or_is_excused():
    lost = [found for found in sorted(role_parameters()) if not is_passed(*found) and not excuses(*found)]

    assert len(role_parameters()) >= 1_700
    assert [] == lost


def test_no_excuse_stands_for_nothing():
    needed = {excuse for found in role_parameters() if not is_passed(*found) for excuse in excuses(*found)}

    older = {
        tuple(row.values()) for row in rows("not_passed_roles") if "newer than the appendices" not in row["source"]
    }
    assert set() == older - needed


@cache
def lacking():
    """Return (prefix, operation, action) of appendix D for which no table of ours has a rule."""
    found = set()
    for row in lines("appendix_D_multi_action.csv"):
        service, _, operation = row["sdk_service.operation"].partition(".")
        prefix = prefixes()[fold(service)]
        known = {same_name(prefix, operation).action}
        known |= {needed.action for rule in action_rows(prefix, operation) for group in rule.groups for needed in group}
        known |= {rule.action for rule in tag_rows(prefix, operation)}
        known |= {"iam:PassRole"} if pass_role_rows(prefix, operation) or hidden_role_rows(prefix, operation) else set()
        lowered = {action.lower() for action in known}
        found |= {(prefix, operation, a) for a in row["iam_actions"].split(";") if a.lower() not in lowered}
    return frozenset(found)


def reasons(prefix, operation, action):
    return [
        tuple(row.values())
        for row in rows("unimplied_actions")
        if fnmatchcase(prefix, row["prefix"])
        and fnmatchcase(operation, row["event_name"])
        and fnmatchcase(action, row["action"])
    ]


def test_every_operation_that_needs_several_actions_has_rules_for_them_or_a_reason():
    """A rule may have a condition on the request; a reason is a row of unimplied_actions.csv."""
    assert len(lines("appendix_D_multi_action.csv")) == 640
    assert [] == [lack for lack in sorted(lacking()) if not reasons(*lack)]


def test_no_reason_outlives_its_need():
    needed = {reason for lack in lacking() for reason in reasons(*lack)}

    assert set() == {tuple(row.values()) for row in rows("unimplied_actions")} - needed


def test_the_actions_without_a_rule_only_shrink():
    assert len(lacking()) <= MOST_LACKING
