"""Sids that tell a reviewer what a statement is for: letters and digits only, each once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from iamaudit.model.arn import Arn, parse_arn
from iamaudit.model.policy import Statement

_READING: Final = re.compile(
    r"^(Get|List|Describe|Head|BatchGet|Query|Scan|Search|Lookup|Select|View|Check)(?=[A-Z]|$)"
)
_TYPE: Final = re.compile(r"([A-Za-z][A-Za-z-]*)[/:]")
_STREAM: Final = re.compile(r":(log-stream):")
_OBJECT: Final = "Object"
_BY_SERVICE: Final = {
    "iam:passedtoservice": "To",
    "iam:awsservicename": "For",
    "kms:viaservice": "Via",
    "aws:calledvia": "Via",
    "aws:calledviafirst": "Via",
    "aws:calledvialast": "Via",
}
_LONGEST_NAME: Final = 32
_SHORTEST_NAME: Final = 3
_ID: Final = re.compile(r"(?:[a-z]{1,6}-)?[0-9a-f]{8,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_INNER_TYPES: Final = frozenset({"app", "net", "gwy", "webacl", "rulegroup", "ipset", "regexpatternset"})


def sid_of(statement: Statement, origin: str) -> str:
    """Return verb, service, kind and, for a single thing, its name, from the statement alone: `ReadS3ReportsObjects`.

    Further ones: `UseEcsServiceOrders`, `KeptUnknownDynamodb`, `PassRoleAppToLambda`, `UseKmsKeysViaS3`.
    """
    services = sorted({action.partition(":")[0] for action in statement.actions})
    names = [action.partition(":")[2] for action in statement.actions]
    is_role = len(names) == 1 and names[0] in {"PassRole", "AssumeRole"}
    is_used = origin in {"used", "untold", "granted"}
    if is_used:
        verb = "Read" if all(_READING.match(name) for name in names) else "Use"
    else:
        verb = f"Kept{origin.capitalize()}"
    if is_role:
        what, verb = names[0], "" if is_used and origin != "untold" else verb
    elif len(services) == 1:
        what = _camel(services[0])
    else:
        what = "AnyResource" if statement.resources == ("*",) else "Several"
    subject = "ResourceNotLogged" if origin == "untold" else _subject(statement)
    if not subject and len(names) == 1 and not is_role and statement.resources != ("*",):
        subject = _camel(names[0])  # resources of several kinds: the action tells more than a number would
    if is_role:
        subject = "" if subject == "Roles" else subject.removeprefix("Role")
    return verb + what + subject + _condition(statement)


def unique_sids(sids: Sequence[tuple[str | None, bool]]) -> tuple[str | None, ...]:
    """Return the Sids with numbers added to repeated ones; those marked as fixed are given their names first."""
    taken: set[str] = set()
    found: dict[int, str | None] = {}
    for position, (sid, is_fixed) in sorted(enumerate(sids), key=lambda one: (not one[1][1], one[0])):
        if sid is None and is_fixed:
            found[position] = None
            continue
        base = re.sub(r"[^A-Za-z0-9]", "", sid or "") or "Statement"
        name, number = base, 2
        while name in taken:
            name, number = f"{base}{number}", number + 1
        taken.add(name)
        found[position] = name
    return tuple(found[position] for position in range(len(sids)))


def _subject(statement: Statement) -> str:
    """Return the kind and the name of a single thing (`TableOrders`, a bucket's `ReportsObjects`), or else the kinds."""
    arns = [parse_arn(resource) for resource in statement.resources]
    known = [arn for arn in arns if arn is not None]
    if not known or len(known) < len(arns):
        return ""
    names = {_name(arn) for arn in known}
    kinds = {_kind(arn) for arn in known}
    kind = kinds.pop() if len(kinds) == 1 else ""
    name = names.pop() if len(names) == 1 else ""
    if not name:
        return _plural(kind)
    if all(_is_bucket(arn) for arn in known):
        return name + (_plural(kind) if kind == _OBJECT else kind)
    return name if kind.lower() in name.lower() else kind + name


def _condition(statement: Statement) -> str:
    """Return the service that a single condition names: what tells two statements on the same thing apart."""
    told = [
        (word, condition.values[0].partition(".")[0])
        for condition in statement.conditions
        if len(condition.values) == 1 and (word := _BY_SERVICE.get(condition.key.lower()))
    ]
    return "".join(word + _camel(service) for word, service in told)[:_LONGEST_NAME] if len(told) == 1 else ""


def _plural(word: str) -> str:
    if not word or word.endswith("s"):
        return word
    return f"{word[:-1]}ies" if word.endswith("y") and not word.endswith(("ay", "ey")) else f"{word}s"


def _is_bucket(arn: Arn) -> bool:
    """Whether *arn* is a bucket or what is in it: the ARNs of S3's other things name an account."""
    return arn.service == "s3" and not arn.account


def _name(arn: Arn) -> str:
    """Return what a person would call it; nothing for an id and for what a wildcard leaves open."""
    if _is_bucket(arn):
        text = arn.resource.partition("/")[0]
    else:
        text = re.split(r"[/:]", arn.resource.rstrip("/:*-"))[-1]
        is_short = len(text) < _SHORTEST_NAME or arn.service == "ec2"  # `instance/i-*`, `elastic-ip/eipalloc-*`
        is_cut = arn.resource.endswith("-*") and is_short
        is_open = arn.resource.endswith("*") and _camel(text) == _kind(arn)  # `alarm:*`
        if is_cut or is_open:
            return ""
        if _ID.fullmatch(text):
            text = _before_its_ids(arn.resource)
    return _camel(text)[:_LONGEST_NAME]


def _before_its_ids(resource: str) -> str:
    """Return the name that stands between a type and ids: `web` of `targetgroup/web/50dc6c495c0c9188`."""
    kind, *parts = re.split(r"[/:]", resource)
    named = [part for part in parts if not _ID.fullmatch(part) and part.lower() not in _INNER_TYPES]
    return named[-1] if named and kind else ""


def _kind(arn: Arn) -> str:
    """Return the resource type as the ARN writes it; of a log group's stream the stream's."""
    if _is_bucket(arn):
        bucket, slash, _ = arn.resource.partition("/")
        return _OBJECT if slash else "" if bucket.endswith("*") else "Bucket"
    found = _STREAM.search(arn.resource) or _TYPE.match(arn.resource.removeprefix("regional/").removeprefix("global/"))
    return _camel(found[1]) if found else ""


def _camel(text: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", text)
    return "".join(word[:1].upper() + word[1:] for word in words)
