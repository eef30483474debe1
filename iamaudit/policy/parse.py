"""From the JSON text of a policy to its statements; what AWS would refuse is refused, with its place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote

from iamaudit.errors import PolicySyntaxError
from iamaudit.model.policy import Condition, Effect, Policy, PolicyKind, PrincipalPattern, Statement
from iamaudit.policy.conditions import OPERATORS, read_operator

VERSIONS: Final = ("2012-10-17", "2008-10-17")
_POLICY_ELEMENTS: Final = frozenset({"Version", "Id", "Statement"})
_STATEMENT_ELEMENTS: Final = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)
_PRINCIPAL_TYPES: Final = frozenset({"AWS", "Service", "Federated", "CanonicalUser"})
_WITHOUT_PRINCIPAL: Final = frozenset({PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SESSION, PolicyKind.SCP})
_WITH_PRINCIPAL: Final = frozenset({PolicyKind.RESOURCE, PolicyKind.TRUST, PolicyKind.RCP})
_SID: Final = re.compile(r"[A-Za-z0-9]*")
_STRAY: Final = re.compile(r"[^\t\n\r\u0020-\u00ff]")
_ACTION: Final = re.compile(r"\*|\*:\*|[A-Za-z0-9-]+:[^\s:]+")


class _Object(dict[str, Any]):
    """A JSON object that remembers a key that stood in it twice."""

    twice: str | None = None


def parse(
    document: str | bytes | Mapping[str, Any], *, kind: PolicyKind = PolicyKind.IDENTITY, name: str = ""
) -> Policy:
    """Return the policy that *document* holds: JSON text, URL-encoded JSON text, or the object itself.

    *name* is for reasons only. Raises PolicySyntaxError, which says where and what to do, for everything AWS would
    refuse (domain.md §4): unknown elements, duplicate keys, both or none of a pair, a Principal where the *kind*
    has none. Scalars become one-tuples, JSON numbers and booleans in conditions become text.
    """
    where = f"policy `{name}`" if name else "policy"
    if isinstance(document, str) and kind not in {PolicyKind.RESOURCE, PolicyKind.ENDPOINT}:
        _refuse_stray_characters(document, where)
    content = object_of(document)
    _refuse_unknown(content, _POLICY_ELEMENTS, where)
    version = content.get("Version")
    if version is not None and version not in VERSIONS:
        raise PolicySyntaxError(f"{where}: Version `{version}` does not exist: write `{VERSIONS[0]}`")
    identifier = content.get("Id")
    if identifier is not None and not isinstance(identifier, str):
        raise PolicySyntaxError(f"{where}: Id is not text: put it in quotes or leave it out")
    bodies = content.get("Statement")
    if isinstance(bodies, Mapping):
        bodies = [bodies]
    if not isinstance(bodies, Sequence) or isinstance(bodies, str | bytes) or not bodies:
        raise PolicySyntaxError(f"{where}: there is no statement: give Statement an object or a list of objects")
    statements = tuple(_statement(body, number, kind, name) for number, body in enumerate(bodies, 1))
    if kind in _WITHOUT_PRINCIPAL:
        _refuse_repeated_sids(statements, where)
    return Policy(statements, version, identifier, name)


def _refuse_stray_characters(text: str, where: str) -> None:
    """Refuse what IAM's APIs take in no policy document: everything beyond Latin-1, and control characters."""
    found = _STRAY.search(text.removeprefix("\ufeff"))
    if found:
        line, column = text.count("\n", 0, found.start()) + 1, found.start() - text.rfind("\n", 0, found.start())
        raise PolicySyntaxError(
            f"{where}: the character U+{ord(found[0]):04X} in line {line}, column {column} is none that IAM takes: "
            "use the characters up to U+00FF, or write it as \\uXXXX"
        )


def object_of(document: str | bytes | Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the object that a policy's text holds, plain or URL-encoded, before anything of it is judged."""
    if isinstance(document, Mapping):
        return document
    if not isinstance(document, str | bytes):
        raise PolicySyntaxError(f"policy: `{document}` is no policy document: give an object or JSON text")
    try:
        text = document.decode("utf-8-sig") if isinstance(document, bytes) else document
    except UnicodeDecodeError as error:
        raise PolicySyntaxError(f"policy: the text is not UTF-8: {error}; save it as UTF-8") from error
    try:
        content = read_json(text)
    except ValueError as error:
        if "%" not in text:
            raise PolicySyntaxError(f"policy: the text is not JSON: {error}; correct it there") from error
        try:
            content = read_json(unquote(text))  # IAM's APIs encode documents by RFC 3986: a `+` stays a plus
        except ValueError as again:
            raise PolicySyntaxError(
                f"policy: the text is neither JSON nor URL-encoded JSON: {again}; correct it there"
            ) from again
    if not isinstance(content, Mapping):
        raise PolicySyntaxError("policy: the text is JSON but no object: start it with `{`")
    return content


def read_json(text: str) -> Any:
    """Return what JSON text holds; an object remembers a key that stood in it twice, so that `parse` can refuse it."""
    try:
        return json.loads(text, object_pairs_hook=_object, parse_float=str)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    content = _Object()
    for key, value in pairs:
        if key in content:
            content.twice = key
        content[key] = value
    return content


def _refuse_unknown(content: Mapping[str, Any], elements: frozenset[str], where: str) -> None:
    _refuse_twice(content, where)
    unknown = sorted(str(key) for key in content if key not in elements)
    if unknown:
        raise PolicySyntaxError(
            f"{where}: `{unknown[0]}` is not an element: use {', '.join(sorted(elements))} (capitals matter)"
        )


def _refuse_twice(content: object, where: str) -> None:
    if isinstance(content, _Object) and content.twice is not None:
        raise PolicySyntaxError(f"{where}: the key `{content.twice}` stands twice in one object: merge the two")


def _refuse_repeated_sids(statements: Iterable[Statement], where: str) -> None:
    seen: set[str] = set()
    for statement in statements:
        if statement.sid is not None and statement.sid in seen:
            raise PolicySyntaxError(f"{where}: the Sid `{statement.sid}` stands twice: rename one of them")
        seen.add(statement.sid or "")


def _statement(body: object, number: int, kind: PolicyKind, name: str) -> Statement:
    where = f"statement {number}"
    if name:
        where = f"policy `{name}`, {where}"
    if not isinstance(body, Mapping):
        raise PolicySyntaxError(f"{where}: it is no object: write it as `{{…}}`")
    sid = body.get("Sid")
    if sid is not None and not isinstance(sid, str):
        raise PolicySyntaxError(f"{where}: Sid is not text: put it in quotes or leave it out")
    if sid:
        where = f"{where} (`{sid}`)"
    _refuse_unknown(body, _STATEMENT_ELEMENTS, where)
    if sid and kind in _WITHOUT_PRINCIPAL and not _SID.fullmatch(sid):
        raise PolicySyntaxError(f"{where}: a Sid holds letters and digits only: rename it")
    if body.get("Effect") not in {"Allow", "Deny"}:
        raise PolicySyntaxError(f"{where}: Effect is `{body.get('Effect')}`: write `Allow` or `Deny`")
    _refuse_pairs(body, kind, where)
    return Statement(
        effect=Effect(body["Effect"]),
        sid=sid or None,
        actions=_actions(body, "Action", kind, where),
        not_actions=_actions(body, "NotAction", kind, where),
        resources=_resources(body, "Resource", kind, where),
        not_resources=_resources(body, "NotResource", kind, where),
        principals=_principals(body, "Principal", where),
        not_principals=_principals(body, "NotPrincipal", where),
        conditions=_conditions(body.get("Condition"), where),
    )


def _refuse_pairs(body: Mapping[str, Any], kind: PolicyKind, where: str) -> None:
    for element in ("Action", "Resource", "Principal"):
        if element in body and f"Not{element}" in body:
            raise PolicySyntaxError(f"{where}: {element} and Not{element} exclude each other: keep one of them")
    if "Action" not in body and "NotAction" not in body:
        raise PolicySyntaxError(f"{where}: there is neither Action nor NotAction: add one of them")
    has_resource = "Resource" in body or "NotResource" in body
    if kind is PolicyKind.TRUST and has_resource:
        raise PolicySyntaxError(f"{where}: a trust policy has no Resource, it speaks of its own role: take it out")
    if kind is not PolicyKind.TRUST and not has_resource and not (kind is PolicyKind.RESOURCE and _is_of_ecr(body)):
        raise PolicySyntaxError(f"{where}: there is neither Resource nor NotResource: add one of them")
    has_principal = "Principal" in body or "NotPrincipal" in body
    if kind in _WITHOUT_PRINCIPAL and has_principal:
        raise PolicySyntaxError(f"{where}: this kind of policy ({kind.value}) has no Principal: take it out")
    if kind in _WITH_PRINCIPAL and not has_principal:
        raise PolicySyntaxError(f"{where}: there is neither Principal nor NotPrincipal: add one of them")


def _is_of_ecr(body: Mapping[str, Any]) -> bool:
    """Return whether a statement is one of a repository's policy, which speaks of its own repository only."""
    actions = body.get("Action")
    listed = actions if isinstance(actions, list | tuple) else [actions]
    return bool(listed) and all(isinstance(a, str) and a.lower().startswith("ecr:") for a in listed)


def _actions(body: Mapping[str, Any], element: str, kind: PolicyKind, where: str) -> tuple[str, ...]:
    if element not in body:
        return ()
    actions = _texts(body[element], f"{where}: {element}")
    for action in actions:
        if kind is not PolicyKind.RESOURCE and not _ACTION.fullmatch(action):
            raise PolicySyntaxError(
                f"{where}: `{action}` is no action: write `service:Name` with wildcards in the name only, or `*`"
            )
        if kind is PolicyKind.TRUST and action.partition(":")[0].lower() not in {"sts", "*"}:
            raise PolicySyntaxError(f"{where}: `{action}` is no action of a trust policy: it takes those of `sts` only")
    return actions


def _resources(body: Mapping[str, Any], element: str, kind: PolicyKind, where: str) -> tuple[str, ...]:
    if element not in body:
        return ()
    resources = _texts(body[element], f"{where}: {element}")
    for resource in resources:
        if kind in _WITHOUT_PRINCIPAL and not resource.startswith(("arn:", "*")):
            raise PolicySyntaxError(f"{where}: {element} `{resource}` is no ARN: write `arn:…`, or `*` for everything")
    return resources


def _principals(body: Mapping[str, Any], element: str, where: str) -> tuple[PrincipalPattern, ...]:
    if element not in body:
        return ()
    content = body[element]
    where = f"{where}: {element}"
    if isinstance(content, str):
        patterns = [PrincipalPattern("*" if content == "*" else "AWS", content)]
    elif isinstance(content, Mapping) and content:
        _refuse_unknown(content, _PRINCIPAL_TYPES, where)
        patterns = [
            PrincipalPattern(kind, value) for kind, values in content.items() for value in _texts(values, where)
        ]
    else:
        raise PolicySyntaxError(f'{where} is `{content}`: write `"*"` or an object such as `{{"AWS": "<arn>"}}`')
    for pattern in patterns:
        if pattern.value != "*" and ("*" in pattern.value or "?" in pattern.value):
            raise PolicySyntaxError(
                f"{where} `{pattern.value}` has a wildcard in its middle: name it fully, or use `*` and a condition "
                "on aws:PrincipalArn"
            )
    return tuple(patterns)


def _conditions(block: object, where: str) -> tuple[Condition, ...]:
    if block is None:
        return ()
    where = f"{where}: Condition"
    if not isinstance(block, Mapping):
        raise PolicySyntaxError(f'{where} is no object: write `{{"<operator>": {{"<key>": "<value>"}}}}`')
    _refuse_twice(block, where)
    conditions: list[Condition] = []
    for operator, keys in block.items():
        if read_operator(str(operator)) is None:
            raise PolicySyntaxError(
                f"{where}: there is no operator `{operator}`: use one of {', '.join(sorted(OPERATORS))} or Null"
            )
        if not isinstance(keys, Mapping):
            raise PolicySyntaxError(f'{where}: `{operator}` has no keys: write `{{"<key>": "<value>"}}`')
        _refuse_twice(keys, f"{where} `{operator}`")
        conditions += [
            Condition(operator, key, _values(values, f"{where} `{operator}` `{key}`")) for key, values in keys.items()
        ]
    return tuple(conditions)


def _texts(value: object, where: str) -> tuple[str, ...]:
    values = value if isinstance(value, list | tuple) else (value,)
    if not values:
        raise PolicySyntaxError(f"{where} is an empty list: name at least one")
    for each in values:
        if not isinstance(each, str) or not each:
            raise PolicySyntaxError(f"{where} holds `{each}`: write a text that is not empty")
    return tuple(values)


def _values(value: object, where: str) -> tuple[str, ...]:
    values = value if isinstance(value, list | tuple) else (value,)
    return tuple(_value(each, where) for each in values)


def _value(value: object, where: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise PolicySyntaxError(f"{where} holds `{value}`: write a text, a number, true or false")
