"""Whether new identity policies allow anything that the old ones do not: a proof, or a request that shows it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from iamaudit.model.policy import Condition, Effect, Policy, PolicyKind
from iamaudit.model.verdict import Decision, PolicySet, Request
from iamaudit.policy.contain import Claim, Doubt, doubts
from iamaudit.policy.decide import Decider
from iamaudit.policy.evidence import Entry, StatementIndex, covers_action, index_of
from iamaudit.policy.expand import expand_not, matching
from iamaudit.policy.inclusion import glob_tokens, text_in_both, text_outside
from iamaudit.policy.match import has_wildcard, is_everything
from iamaudit.policy.probe import PLACEHOLDER, contexts_to_try
from iamaudit.policy.reasons import place

_WITNESS = f"arn:aws:iam::111122223333:user/{PLACEHOLDER}"


@dataclass(frozen=True, slots=True)
class Witness:
    """A request that the new policies allow and the old ones do not; `note` names the statement and the context."""

    action: str
    resource: str
    note: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What NEW allows beyond OLD: requests that show it, and statements for which no proof was found either way."""

    widened: tuple[Witness, ...]
    not_proven: tuple[str, ...]

    @property
    def contained(self) -> bool:
        """Whether it is proven that NEW allows nothing that OLD does not."""
        return not self.widened and not self.not_proven


def compare(old: Sequence[Policy], new: Sequence[Policy], actions: Sequence[str]) -> Comparison:
    """Return whether everything that the identity policies *new* allow is allowed by *old*.

    Wildcards in actions stand for the catalogue's *actions* and for what either side names beyond it. Sound: `contained` is true only with a proof for every
    Allow statement of *new*; a Deny of *old* must be kept by *new* or lie elsewhere. A widening is reported only
    with a request on which both sides' decisions were taken and differ. What is neither is in `not_proven`.
    """
    sides = _Sides(
        index_of(old, PolicyKind.IDENTITY),
        index_of(new, PolicyKind.IDENTITY),
        Decider(PolicySet(identity=tuple(old))),
        Decider(PolicySet(identity=tuple(new))),
    )
    widened: list[Witness] = []
    not_proven: list[str] = []
    names = _Names(sides, tuple(actions))
    for entry in _with(Effect.ALLOW, sides.new.entries):
        for group in (*names.groups(entry), *_groups_beyond_catalogue(sides, entry, names.catalogue)):
            for doubt in doubts(Claim(entry, group.old_allows, group.old_denies, group.new_denies)):
                witness = _confirmed(sides, entry, group, doubt)
                if witness is not None:
                    widened.append(witness)
                else:
                    not_proven.append(f"{place(entry)}: {group.words} on `{doubt.pattern}`: {doubt.why}")
    return Comparison(tuple(dict.fromkeys(widened)), tuple(dict.fromkeys(not_proven)))


@dataclass(frozen=True, slots=True)
class _Sides:
    old: StatementIndex
    new: StatementIndex
    old_decider: Decider
    new_decider: Decider


@dataclass(frozen=True, slots=True)
class _Group:
    """Actions of a statement that the same statements of both sides name: one proof fits all of them."""

    actions: tuple[str, ...]
    old_allows: tuple[Entry, ...]
    old_denies: tuple[Entry, ...]
    new_denies: tuple[Entry, ...]

    @property
    def words(self) -> str:
        more = f" and {len(self.actions) - 1} more actions" if len(self.actions) > 1 else ""
        return f"`{self.actions[0]}`{more}"


class _Names:
    """Which statements of both sides name an action, for all actions at once: each pattern is expanded one time."""

    def __init__(self, sides: _Sides, actions: tuple[str, ...]) -> None:
        self.catalogue = actions
        self._old, self._new = sides.old.entries, sides.new.entries
        self._beyond = _names_beyond_catalogue((*self._old, *self._new), actions)
        self._named = {id(entry): self._named_by(entry) for entry in (*self._old, *self._new)}
        asked = frozenset().union(*(self._named[id(entry)] for entry in _with(Effect.ALLOW, self._new)))
        # a bit per statement, the old ones first
        self._masks = dict.fromkeys(asked, 0)
        for position, entry in enumerate((*self._old, *self._new)):
            for action in self._named[id(entry)] & asked:
                self._masks[action] |= 1 << position

    def groups(self, entry: Entry) -> list[_Group]:
        """Return the actions that a new Allow names, together where the same statements of both sides name them."""
        found: dict[int, list[str]] = {}
        for action in sorted(self._named[id(entry)]):
            found.setdefault(self._masks[action], []).append(action)
        return [
            _Group(
                tuple(group),
                tuple(self._members(mask, Effect.ALLOW, self._old, 0)),
                tuple(self._members(mask, Effect.DENY, self._old, 0)),
                tuple(self._members(mask, Effect.DENY, self._new, len(self._old))),
            )
            for mask, group in found.items()
        ]

    def _members(self, mask: int, effect: Effect, entries: Sequence[Entry], first: int) -> Iterable[Entry]:
        return (
            entry
            for position, entry in enumerate(entries, first)
            if mask >> position & 1 and entry.statement.effect is effect
        )

    def _named_by(self, entry: Entry) -> frozenset[str]:
        statement = entry.statement
        beyond = frozenset(name for name in self._beyond if covers_action(statement, name))
        if statement.not_actions:
            return expand_not(statement.not_actions, self.catalogue) | beyond
        return matching(statement.actions, self.catalogue) | beyond


def _groups_beyond_catalogue(sides: _Sides, entry: Entry, actions: Sequence[str]) -> list[_Group]:
    """Return the wildcards that name no action of the catalogue, each with the statements that name all of it.

    An old Deny counts as soon as it touches the wildcard.
    """
    return [
        _Group(
            (pattern,),
            tuple(e for e in _with(Effect.ALLOW, sides.old.entries) if _names_all_of(e, pattern)),
            tuple(e for e in _with(Effect.DENY, sides.old.entries) if _names_some_of(e, pattern)),
            tuple(e for e in _with(Effect.DENY, sides.new.entries) if _names_all_of(e, pattern)),
        )
        for pattern in entry.statement.actions
        if has_wildcard(pattern) and not matching([pattern], actions)
    ]


def _names_beyond_catalogue(entries: Iterable[Entry], actions: Sequence[str]) -> list[str]:
    """Return a name for everything that the policies name and the catalogue does not: wildcards of others cover it too."""
    patterns = {p for e in entries for p in (*e.statement.actions, *e.statement.not_actions)}
    beyond = sorted(_example_of(p) for p in patterns if not matching([p], actions))
    return sorted({name.lower(): name for name in beyond if not matching([name], actions)}.values())


def _example_of(pattern: str) -> str:
    return pattern.replace("*", "X").replace("?", "X")


def _with(effect: Effect, entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(entry for entry in entries if entry.statement.effect is effect)


def _names_all_of(entry: Entry, pattern: str) -> bool:
    small = glob_tokens(pattern.lower())
    if entry.statement.not_actions:
        return all(text_in_both(small, glob_tokens(spared.lower())) is None for spared in entry.statement.not_actions)
    bigs = tuple(glob_tokens(named.lower()) for named in entry.statement.actions)
    return text_outside(small, bigs) is None


def _names_some_of(entry: Entry, pattern: str) -> bool:
    small = glob_tokens(pattern.lower())
    if entry.statement.not_actions:
        return (
            text_outside(small, tuple(glob_tokens(spared.lower()) for spared in entry.statement.not_actions))
            is not None
        )
    return any(text_in_both(small, glob_tokens(named.lower())) is not None for named in entry.statement.actions)


def _confirmed(sides: _Sides, entry: Entry, group: _Group, doubt: Doubt) -> Witness | None:
    """Return the doubt as a witness if the two sides really decide it differently."""
    if not doubt.letters:
        return None
    resource = "".join(letter if len(letter) == 1 else PLACEHOLDER for letter in doubt.letters)
    variables = {letter[2:-1].partition(",")[0].strip(): PLACEHOLDER for letter in doubt.letters if len(letter) > 1}
    action = _example_of(group.actions[0])  # only beyond the catalogue there are wildcards
    resources = ("*", resource) if is_everything(doubt.pattern) else (resource,)
    contexts = contexts_to_try(
        (*entry.statement.conditions, *doubt.conditions), against=_conditions_of(group.old_allows)
    )
    for tried, context in product(resources, contexts):
        given = {**context, **variables}
        request = Request(_WITNESS, action, tried, resource_account="111122223333", context=given)
        is_new = sides.new_decider.decide_for_caller(request).decision is Decision.ALLOWED
        is_old = sides.old_decider.decide_for_caller(request).decision is Decision.ALLOWED
        if is_new and not is_old:
            shown = f" with {given}" if given else ""
            return Witness(action, tried, f"{place(entry)} allows it{shown}, and so {group.words}; {doubt.why}")
    return None


def _conditions_of(entries: Iterable[Entry]) -> list[Condition]:
    return [condition for entry in entries for condition in entry.statement.conditions]
