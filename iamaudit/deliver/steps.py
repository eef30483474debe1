"""The changes of a plan, made ready to be written for another tool: names checked, what cannot be said set apart."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from iamaudit.errors import InputError
from iamaudit.model.change import OF_PERMISSION_SETS, Change, ChangeKind
from iamaudit.model.holder import NAME, Holder, holder_of, instance_of

INLINE = frozenset({ChangeKind.PUT_INLINE_POLICY, ChangeKind.DELETE_INLINE_POLICY})
MANAGED = frozenset(
    {
        ChangeKind.CREATE_POLICY,
        ChangeKind.CREATE_POLICY_VERSION,
        ChangeKind.ATTACH_POLICY,
        ChangeKind.DETACH_POLICY,
        ChangeKind.PUT_PERMISSIONS_BOUNDARY,
    }
)
_GRANTS = frozenset(
    {
        ChangeKind.CREATE_POLICY,
        ChangeKind.PUT_INLINE_POLICY,
        ChangeKind.ATTACH_POLICY,
        ChangeKind.ADD_USER_TO_GROUP,
        ChangeKind.PUT_SET_POLICY,
    }
)
_REMOVALS = frozenset(
    {
        ChangeKind.DETACH_POLICY,
        ChangeKind.DELETE_INLINE_POLICY,
        ChangeKind.REMOVE_USER_FROM_GROUP,
        ChangeKind.DELETE_SET_POLICY,
        ChangeKind.DETACH_SET_POLICY,
        ChangeKind.DETACH_SET_REFERENCE,
    }
)
_WITH_DOCUMENT = frozenset({ChangeKind.PUT_INLINE_POLICY, ChangeKind.CREATE_POLICY, ChangeKind.CREATE_POLICY_VERSION})


@dataclass(frozen=True, slots=True)
class Held:
    """One policy that a holder has today: the name of an inline policy, or the ARN of a managed one."""

    holder: str
    policy: str
    is_inline: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A change whose names IAM would take; `holder` and `managed` are None where the change has none."""

    change: Change
    holder: Holder | None
    managed: Holder | None

    @property
    def kind(self) -> ChangeKind:
        """What is done."""
        return self.change.kind

    @property
    def holder_kind(self) -> str:
        """`user`, `role`, `group`, or nothing."""
        return self.holder.kind if self.holder else ""


@dataclass(frozen=True, slots=True)
class Left:
    """A change that a format does not make, and why: a person does it, or `iamaudit apply`."""

    change: Change
    why: str


def steps_of(changes: Iterable[Change]) -> tuple[list[Step], list[Left]]:
    """Return the changes that can be written, in order, and those with names that IAM does not allow.

    Where one of those would have granted something nothing is taken away either: it may be what should have stayed.
    """
    steps: list[Step] = []
    left: list[Left] = []
    for change in changes:
        try:
            steps.append(_step(change))
        except InputError as error:
            left.append(Left(change, str(error)))
    if any(one.change.kind in _GRANTS for one in left):
        why = "a change that grants is left to do by hand, too: do that one first"
        left += [Left(step.change, why) for step in steps if step.kind in _REMOVALS]
        steps = [step for step in steps if step.kind not in _REMOVALS]
    return steps, left


def _step(change: Change) -> Step:
    if change.kind in OF_PERMISSION_SETS:
        return _of_permission_set(change)
    holder = holder_of(change.holder) if change.holder else None
    managed = holder_of(change.policy) if change.kind in MANAGED else None
    if managed is not None and managed.kind != "policy":
        raise InputError(f"`{change.policy}` is no managed policy: write the bundle anew")
    if managed is None and not NAME.fullmatch(change.policy):
        raise InputError(f"`{change.policy}` is no name that IAM allows: check where the plan comes from")
    if change.kind in _WITH_DOCUMENT:
        pretty(change.document)
    return Step(change, holder, managed)


def _of_permission_set(change: Change) -> Step:
    instance_of(change.holder)
    managed = None
    if change.kind is ChangeKind.DETACH_SET_POLICY:
        managed = holder_of(change.policy)
    elif change.kind is ChangeKind.DETACH_SET_REFERENCE:
        holder_of(f"arn:aws:iam::000000000000:policy{change.policy}")  # a name with its path, whatever the account
    elif change.kind is ChangeKind.PUT_SET_POLICY:
        pretty(change.document)
    return Step(change, None, managed)


def pretty(document: str | None) -> str:
    """Return a policy document with two spaces of indentation; raise InputError for what is no JSON object."""
    try:
        body = json.loads(document or "")
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise InputError("a document of the plan is no JSON object: write the bundle anew")
    text = json.dumps(body, indent=2, ensure_ascii=False)
    return text if text.isprintable() or _is_plain(text) else json.dumps(body, indent=2)


def is_of_group(arn: str, name: str) -> bool:
    """Whether an ARN is that of a group, whose path the name leaves out."""
    return ":group/" in arn and arn.rpartition("/")[2] == name


def words(change: Change) -> str:
    """Return a change as one printable line: what, for whom, which."""
    parts = (change.kind.value.replace("_", " "), change.policy, *(("of", change.holder) if change.holder else ()))
    return printable(" ".join(parts))


def printable(text: str) -> str:
    r"""Return *text* on one line; what steers a screen is written as `\u001b`."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def _is_plain(text: str) -> bool:
    return text.replace("\n", "").isprintable()
