"""Facts about events: their prefix, the actions they need, what they imply, and what a failure means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, lru_cache

from iamaudit.knowledge.actions import catalogue
from iamaudit.knowledge.tables import rows

_LETTERS = re.compile(r"[^a-z0-9]")
_LONGEST_KEPT = 256  # characters: a caller may choose names of any length (tags, metadata), and they are not remembered


def fold(name: str) -> str:
    """Return *name* as parameters are compared: lower case, letters and digits only (domain.md §1.1)."""
    return _fold(name) if len(name) <= _LONGEST_KEPT else _fold.__wrapped__(name)


@lru_cache(maxsize=65536)
def _fold(name: str) -> str:
    return _LETTERS.sub("", name.lower())


@dataclass(frozen=True, slots=True)
class Atom:
    """One test of a `when` condition: a parameter is there, is not, equals, starts with or contains a text.

    `!*=` is "contains not"; `!~` holds when an object under that name lacks the member that is named after it.
    """

    key: str
    test: str  # "there" | "absent" | "=" | "!=" | "^=" | "*=" | "!*=" | "!~"
    text: str = ""


@dataclass(frozen=True, slots=True)
class Needed:
    """One action that a row asks for; `role` is "source" or "dest" where the call has two resources."""

    action: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One row of event_actions.csv: all of `groups` are needed, each group being alternatives."""

    when: tuple[Atom, ...]
    groups: tuple[tuple[Needed, ...], ...]
    adds: bool  # the actions come on top of the event's own
    resource: str  # a path for the ARN, or "under:KEY", or empty
    rule: str


@dataclass(frozen=True, slots=True)
class PassRoleRow:
    """A request parameter that hands a role to a service."""

    parameter: str  # folded last part of the path
    path: str
    passed_to: str  # the service principal, or empty when not known
    takes_name: bool  # a bare role name is accepted too


@dataclass(frozen=True, slots=True)
class HiddenRoleRow:
    """A request parameter that names what may name a role: the record does not show which, nor whether any."""

    parameter: str  # folded
    path: str
    holder: str  # "launch template"


@dataclass(frozen=True, slots=True)
class TagRow:
    """A request parameter that carries tags, and the action that checks them."""

    parameter: str
    action: str
    condition_key: str
    confidence: str = "high"  # "low" where no source says that the create call checks the tagging action


@cache
def event_sources() -> Mapping[str, str]:
    """Return event source host -> action prefix, where the first DNS label is not the prefix (domain.md §2.1)."""
    return {row["event_source"]: row["prefix"] for row in rows("event_sources")}


@lru_cache(maxsize=4096)
def prefix_of(event_source: str) -> str:
    """Return the action prefix of an event source host (domain.md §2.1 step 1).

    Of a host of several labels (`api.sagemaker.amazonaws.com`) it is the first that the catalogue knows.
    """
    host = event_source.lower()
    listed = event_sources().get(host)
    if listed is not None:
        return listed
    labels = host.removesuffix(".amazonaws.com").split(".")
    known = catalogue().services() if len(labels) > 1 else ()
    return next((label for label in labels if label in known), labels[0])


@cache
def _action_rows() -> Mapping[tuple[str, str], tuple[ActionRow, ...]]:
    found: dict[tuple[str, str], list[ActionRow]] = {}
    for row in rows("event_actions"):
        key = (row["prefix"], row["event_name"].lower())
        actions, when = row["actions"], row["when"]
        found.setdefault(key, []).append(
            ActionRow(
                tuple(_atom(word) for word in when.split()),
                tuple(tuple(_needed(a) for a in group.split("|")) for group in actions.removeprefix("+").split(";")),
                actions.startswith("+"),
                row["resource"],
                f"event_actions.csv: {row['prefix']} {row['event_name']}" + (f" when {when}" if when else ""),
            )
        )
    return {key: tuple(found_rows) for key, found_rows in found.items()}


def action_rows(prefix: str, event_name: str) -> tuple[ActionRow, ...]:
    """Return the rows for an event, whatever the case of its name; empty when the same-named action is meant."""
    return _action_rows().get((prefix, event_name.lower()), ())


def _atom(word: str) -> Atom:
    for sign in ("!*=", "!~", "!=", "^=", "*=", "="):
        key, found, text = word.partition(sign)
        if found and not word.startswith("!"):
            return Atom(fold(key), sign, fold(text) if sign == "!~" else text.lower())
    if word.startswith("!"):
        return Atom(fold(word), "absent")
    return Atom(fold(word), "there")


def _needed(text: str) -> Needed:
    action, _, role = text.partition("@")
    return Needed(action, role)


@cache
def _no_permission() -> Mapping[tuple[str, str], str]:
    return {(row["prefix"], row["event_name"].lower()): row["reason"] for row in rows("no_permission_events")}


def no_permission_reason(prefix: str, event_name: str) -> str | None:
    """Return why an event needs no permission of the caller (domain.md §2.4), or None when it does."""
    known = _no_permission()
    return known.get((prefix, event_name.lower())) or known.get((prefix, "*"))


@cache
def _pass_role() -> Mapping[tuple[str, str], tuple[PassRoleRow, ...]]:
    found: dict[tuple[str, str], list[PassRoleRow]] = {}
    for row in rows("pass_role"):
        last = fold(row["parameter"].rpartition(".")[2])  # `roleArns[]` too: brackets fold away
        entry = PassRoleRow(last, row["parameter"], row["passed_to"], row["takes_name"] == "yes")
        found.setdefault((row["prefix"], row["event_name"].lower()), []).append(entry)
    return {key: tuple(entries) for key, entries in found.items()}


def pass_role_rows(prefix: str, event_name: str) -> tuple[PassRoleRow, ...]:
    """Return the parameters of an event that pass a role (domain.md §2.5)."""
    return _pass_role().get((prefix, event_name.lower()), ())


@cache
def _hidden_roles() -> Mapping[tuple[str, str], tuple[HiddenRoleRow, ...]]:
    found: dict[tuple[str, str], list[HiddenRoleRow]] = {}
    for row in rows("hidden_roles"):
        entry = HiddenRoleRow(fold(row["parameter"]), row["parameter"], row["holder"])
        found.setdefault((row["prefix"], row["event_name"].lower()), []).append(entry)
    return {key: tuple(entries) for key, entries in found.items()}


def hidden_role_rows(prefix: str, event_name: str) -> tuple[HiddenRoleRow, ...]:
    """Return the parameters of an event behind which a role may stand that no record shows (domain.md §2.5)."""
    return _hidden_roles().get((prefix, event_name.lower()), ())


@cache
def _tags() -> Mapping[tuple[str, str], tuple[TagRow, ...]]:
    found: dict[tuple[str, str], list[TagRow]] = {}
    for row in rows("tag_on_create"):
        entry = TagRow(fold(row["parameter"]), row["action"], row["condition_key"], row["confidence"])
        found.setdefault((row["prefix"], row["event_name"].lower()), []).append(entry)
    return {key: tuple(entries) for key, entries in found.items()}


def tag_rows(prefix: str, event_name: str) -> tuple[TagRow, ...]:
    """Return the tag parameters of a create call and the actions that check them (domain.md §2.5)."""
    known = _tags()
    return known.get((prefix, event_name.lower()), ()) + known.get((prefix, "*"), ())


@cache
def _conditions() -> Mapping[tuple[str, str], tuple[tuple[str, str], ...]]:
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row in rows("conditions"):
        key = (row["prefix"], row["event_name"].lower())
        path = ".".join(fold(part) for part in row["parameter"].split("."))
        found.setdefault(key, []).append((row["condition_key"], path))
    return {key: tuple(pairs) for key, pairs in found.items()}


def condition_rows(prefix: str, event_name: str) -> tuple[tuple[str, str], ...]:
    """Return (condition key, folded path of the parameter) pairs that a request fixes (domain.md §2.3)."""
    return _conditions().get((prefix, event_name.lower()), ())


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One row of error_codes.csv: which codes, of one service or of all, and what they mean."""

    prefix: str  # empty: every service
    pattern: str  # a glob, or "re:" and a regular expression
    outcome: str
    source: str


@cache
def _error_rows() -> tuple[ErrorRow, ...]:
    return tuple(ErrorRow(row["prefix"], row["pattern"], row["outcome"], row["source"]) for row in rows("error_codes"))


@lru_cache(maxsize=4096)
def error_row(prefix: str, code: str) -> ErrorRow | None:
    """Return the row that tells what an error code means (domain.md §1.4): the first that matches, or None."""
    bare = code.removeprefix("Client.").removeprefix("Server.")
    for row in _error_rows():
        if row.prefix and row.prefix != prefix:
            continue
        if row.pattern.startswith("re:"):
            if re.search(row.pattern[3:], bare):
                return row
        elif fnmatchcase(bare, row.pattern):
            return row
    return None


def error_outcome(prefix: str, code: str) -> str:
    """Return the outcome class of an error code.

    A code that no row knows is "indeterminate": the order of validation and authorisation differs per service.
    """
    found = error_row(prefix, code)
    return "indeterminate" if found is None else found.outcome
