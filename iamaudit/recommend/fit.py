"""Into as few managed policies as the order allows, each within AWS's quota."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Final

from iamaudit.model.policy import Policy, Statement
from iamaudit.policy.render import size, statement_size
from iamaudit.recommend.group import Versioned
from iamaudit.recommend.sources import WITH_VARIABLES

LARGEST_POLICY: Final = 6144  # characters of minified JSON (domain.md §4)
MOST_POLICIES: Final = 10  # managed policies attached to one user or role, without asking AWS for more (domain.md §4)

_SHARES: Final = (1, 2, 4)  # of a policy, for the parts of a statement that is too long alone


@dataclass(frozen=True, slots=True)
class Fitted:
    """The policies, or none and the reason why it cannot be done."""

    policies: tuple[Policy, ...]
    refused: str = ""


def fit(statements: Iterable[Versioned], *, largest: int = LARGEST_POLICY, most: int = MOST_POLICIES) -> Fitted:
    """Pack *statements* in their order, each into the first policy with room; split those that are too long alone.

    Parts are as large as they can be without costing a policy: small ones leave less room unused, large ones read better.
    """
    listed = tuple(statements)
    least = _at_least(listed, largest)
    if least > most:  # said before the work of splitting
        return Fitted((), too_many(least, most))
    best: tuple[int, int, list[_Bin]] | None = None
    for share in _SHARES:
        pieces: list[Versioned] = []
        for one in listed:
            parts = tuple(_split(one, largest, share))
            if not parts:
                return Fitted((), f"one statement alone is longer than {largest} characters and cannot be split")
            pieces += parts
        bins = _packed(pieces, largest)
        if best is None or (len(bins), len(pieces)) < best[:2]:
            best = (len(bins), len(pieces), bins)
        if len(pieces) == len(listed):  # nothing was split: the other shares give the same
            break
    bins = best[2] if best is not None else []
    if len(bins) > most:
        return Fitted((), f"it would take {len(bins)} managed policies, and AWS attaches at most {most}")
    return Fitted(tuple(Policy(tuple(one.members), version=one.version) for one in bins))


def too_many(least: int, most: int) -> str:
    """Say that AWS's quota of attached policies is exceeded."""
    return f"it would take at least {least} managed policies, and AWS attaches at most {most}"


def _at_least(statements: Iterable[Versioned], largest: int) -> int:
    """Return how many policies the characters alone ask for; Sids are left out, since splitting may drop them."""
    total = sum(_length(replace(one, statement=replace(one.statement, sid=None))) for one in statements)
    return ceil(total / max(largest - _frame(WITH_VARIABLES), 1))


@dataclass(slots=True)
class _Bin:
    version: str
    used: int
    members: list[Statement]


def _packed(pieces: Iterable[Versioned], largest: int) -> list[_Bin]:
    bins: list[_Bin] = []
    for piece in pieces:
        needed = _length(piece) + 1  # the comma
        for one in bins:
            if one.version == piece.version and one.used + needed <= largest:
                one.members.append(piece.statement)
                one.used += needed
                break
        else:
            bins.append(_Bin(piece.version, _frame(piece.version) + needed, [piece.statement]))
    return bins


def _split(one: Versioned, largest: int, share: int) -> Iterator[Versioned]:
    """Yield *one*, or parts of it that mean the same together; nothing when it has no list to part.

    Parts are a *share*-th of a policy at most.
    """
    room = largest - _frame(one.version) - 1
    if _length(one) <= room:
        yield one
        return
    pieces = _halves(one, max(room // share, 1))
    if all(_length(piece) <= room for piece in pieces):
        for number, piece in enumerate(pieces, 1):
            sid = piece.statement.sid and f"{piece.statement.sid}Part{number}"
            numbered = replace(piece, statement=replace(piece.statement, sid=sid))
            if _length(numbered) > room:
                numbered = replace(piece, statement=replace(piece.statement, sid=None))
            yield numbered


def _halves(one: Versioned, target: int) -> list[Versioned]:
    statement = one.statement
    if _length(one) <= target:
        return [one]
    by_resource = (
        [replace(statement, resources=part) for part in _two(statement.resources)] if statement.resources[1:] else []
    )
    by_action = (
        [replace(statement, actions=part) for part in _two_by_service(statement.actions)]
        if statement.actions[1:]
        else []
    )
    # the longer list is the one that makes it long
    longer_first = sorted((by_resource, by_action), key=lambda parts: -_longest(statement, parts is by_resource))
    parts = next((parts for parts in longer_first if parts), [])
    if not parts:
        return [one]
    return [piece for part in parts for piece in _halves(replace(one, statement=part), target)]


def _longest(statement: Statement, is_by_resource: bool) -> int:  # noqa: FBT001 - private, and reads well at its one call
    return sum(len(text) for text in (statement.resources if is_by_resource else statement.actions))


def _two(values: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    middle = len(values) // 2
    return tuple(values[:middle]), tuple(values[middle:])


def _two_by_service(actions: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Part between two services when there is such a place near the middle: a reader looks for a service as a whole."""
    services = [action.partition(":")[0] for action in actions]
    borders = [n for n in range(1, len(actions)) if services[n] != services[n - 1]]
    middle = len(actions) // 2
    nearest = min(borders, key=lambda n: (abs(n - middle), n), default=middle)
    at = nearest if abs(nearest - middle) <= len(actions) // 4 else middle
    return tuple(actions[:at]), tuple(actions[at:])


def _frame(version: str) -> int:
    return size(Policy((), version=version))


def _length(one: Versioned) -> int:
    return statement_size(one.statement)
