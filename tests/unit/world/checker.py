"""A small independent judge: would the exported policies have allowed a need? It knows nothing of the generator."""

import base64
import csv
import io
import json
import re
from pathlib import Path
from urllib.parse import unquote

ACCOUNT_OF_ARN = 4


def load_documents(state: Path) -> dict[str, dict]:
    """Return {principal ARN: {identity: [(document)], boundary: [...], account}} from the exported files alone."""
    principals: dict[str, dict] = {}
    for path in sorted(state.glob("authorization-details-*.json")):
        details = json.loads(path.read_text())
        managed = {
            policy["Arn"]: next(_plain(v["Document"]) for v in policy["PolicyVersionList"] if v["IsDefaultVersion"])
            for policy in details["Policies"]
        }
        groups = {group["GroupName"]: group for group in details["GroupDetailList"]}
        for user in details["UserDetailList"]:
            documents = _of(user, "UserPolicyList", managed)
            for name in user["GroupList"]:
                documents += _of(groups[name], "GroupPolicyList", managed)
            principals[user["Arn"]] = {"identity": documents, "boundary": None, "trust": None}
        for role in details["RoleDetailList"]:
            boundary = role.get("PermissionsBoundary")
            principals[role["Arn"]] = {
                "identity": _of(role, "RolePolicyList", managed),
                "boundary": managed[boundary["PermissionsBoundaryArn"]] if boundary else None,
                "trust": _plain(role["AssumeRolePolicyDocument"]),
            }
    return principals


def guardrails(state: Path) -> dict[str, list[list[dict]]]:
    """Return {account: levels of service control policies from the root down}; none for the management account."""
    value = json.loads((state / "organization.json").read_text())
    attached: dict[str, list[dict]] = {}
    for policy in value["Policies"]:
        for target in policy["Targets"]:
            attached.setdefault(target["TargetId"], []).append(json.loads(policy["Content"]))
    parents = {unit["Id"]: unit["ParentId"] for unit in value["OrganizationalUnits"]}
    levels = {}
    for account in value["Accounts"]:
        if account["Id"] == value["Organization"]["MasterAccountId"]:
            continue
        chain = [account["Id"]]
        place = account["ParentId"]
        while place:
            chain.append(place)
            place = parents.get(place)
        levels[account["Id"]] = [attached.get(place, []) for place in reversed(chain)]
    return levels


def is_allowed(principals: dict, rails: dict, arn: str, need: dict, region: str) -> bool:
    """Whether identity policies, boundary and guardrails together allow the need."""
    me = principals[arn]
    context = {key.lower(): value for key, value in need["conditions"].items()} | {"aws:requestedregion": region}
    layers = [me["identity"]]
    if me["boundary"]:
        layers.append([me["boundary"]])
    if "/aws-service-role/" not in arn:
        layers += rails.get(arn.split(":")[ACCOUNT_OF_ARN], [])
    return all(_verdict(layer, need["action"], need["resource"], context) == "allow" for layer in layers)


def report_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a credential report in either shape."""
    text = path.read_text()
    if path.suffix == ".json":
        text = base64.b64decode(json.loads(text)["Content"]).decode()
    return list(csv.DictReader(io.StringIO(text)))


def _plain(document):
    return json.loads(unquote(document)) if isinstance(document, str) else document


def _of(holder: dict, inline: str, managed: dict) -> list[dict]:
    own = [_plain(policy["PolicyDocument"]) for policy in holder.get(inline, [])]
    return own + [managed[policy["PolicyArn"]] for policy in holder["AttachedManagedPolicies"]]


def _verdict(documents: list[dict], action: str, resource: str, context: dict[str, str]) -> str:
    verdict = "none"
    for document in documents:
        for statement in document["Statement"]:
            if _matches(statement, action, resource, context):
                if statement["Effect"] == "Deny":
                    return "deny"
                verdict = "allow"
    return verdict


def _matches(statement: dict, action: str, resource: str, context: dict[str, str]) -> bool:
    if "NotAction" in statement:
        if any(_glob(p.lower(), action.lower()) for p in _many(statement["NotAction"])):
            return False
    elif not any(_glob(p.lower(), action.lower()) for p in _many(statement["Action"])):
        return False
    if not any(_glob(p, resource) for p in _many(statement["Resource"])):
        return False
    for operator, keys in statement.get("Condition", {}).items():
        for key, wanted in keys.items():
            have = context.get(key.lower())
            hit = have is not None and any(_glob(w, have) for w in _many(wanted))
            if hit is (operator == "StringNotEquals"):
                return False
    return True


def _many(value) -> list[str]:
    return [value] if isinstance(value, str) else value


def _glob(pattern: str, text: str) -> bool:
    """`${*}`, `${?}` and `${$}` stand for the characters themselves."""
    wild = {"*": ".*", "?": "."}
    tokens = re.findall(r"\$\{[*?$]\}|.", pattern)
    return re.fullmatch("".join(wild.get(t) or re.escape(t[2] if len(t) > 1 else t) for t in tokens), text) is not None
