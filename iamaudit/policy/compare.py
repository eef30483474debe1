"""Whether new identity policies allow anything that the old ones do not: a proof, or a request that shows it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from iamaudit.model.policy import Condition, Effect, Policy, PolicyKind
from iamaudit.model.verdict import Decision, PolicySet, Request
from iamaudit.policy.conditions import read_operator
from iamaudit.policy.decide import Decider
from iamaudit.policy.evidence import Entry, StatementIndex, index_of
from iamaudit.policy.expand import expand, expand_not
from iamaudit.policy.implication import block_implies
from iamaudit.policy.inclusion import (
    Tokens,
    TooManyStatesError,
    resource_tokens,
    text_in_both,
    text_outside,
)
from iamaudit.policy.match import glob_matches, has_wildcard, is_everything
from iamaudit.policy.reasons import place
from iamaudit.policy.variables import has_variable

_WITNESS_NAME = "witness"
_WITNESS = f"arn:aws:iam::111122223333:user/{_WITNESS_NAME}"


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

    Wildcards in actions stand for the catalogue's *actions*. Sound: `contained` is true only with a proof for every
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
    for entry in sides.new.entries:
        if entry.statement.effect is Effect.DENY:
            continue
        for group in _groups(sides, entry, actions):
            for doubt in _doubts(sides, entry, group):
                witness = _confirmed(sides, entry, group, doubt)
                if witness is not None:
                    widened.append(witness)
                else:
                    more = f" and {len(group) - 1} more actions" if len(group) > 1 else ""
                    not_proven.append(f"{place(entry)}: `{group[0]}`{more} on `{doubt.pattern}`: {doubt.why}")
        not_proven += _uncatalogued(sides, entry, actions)
    return Comparison(tuple(dict.fromkeys(widened)), tuple(dict.fromkeys(not_proven)))


@dataclass(frozen=True, slots=True)
class _Sides:
    old: StatementIndex
    new: StatementIndex
    old_decider: Decider
    new_decider: Decider


@dataclass(frozen=True, slots=True)
class _Doubt:
    """A resource pattern that could not be proven, a text to try, and conditions that the try should meet."""

    pattern: str
    why: str
    letters: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()


def _groups(sides: _Sides, entry: Entry, actions: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the actions of a statement, grouped by the statements of both sides that name them: one proof fits all."""
    statement = entry.statement
    nots = statement.not_actions
    named = expand_not(nots, actions) if nots else expand(statement.actions, actions)
    groups: dict[tuple[tuple[int, ...], ...], list[str]] = {}
    for action in sorted(named):
        denies = (e for e in sides.new.naming(action) if e.statement.effect is Effect.DENY)
        key = (tuple(map(id, sides.old.naming(action))), tuple(map(id, denies)))
        groups.setdefault(key, []).append(action)
    return [tuple(group) for group in groups.values()]


def _doubts(sides: _Sides, entry: Entry, group: Sequence[str]) -> Iterable[_Doubt]:
    """Yield every resource pattern of a statement that the old policies do not provably allow."""
    old = sides.old.naming(group[0])
    allows = [e for e in old if e.statement.effect is Effect.ALLOW and _holds_whenever(entry, e)]
    old_denies = [e for e in old if e.statement.effect is Effect.DENY]
    new_denies = [e for e in sides.new.naming(group[0]) if e.statement.effect is Effect.DENY]
    excluded = tuple(_tokens(entry, pattern) for pattern in entry.statement.not_resources)
    for pattern in entry.statement.resources or ("*",):
        if glob_matches(pattern, "*") and not is_everything(pattern):
            yield _Doubt(pattern, "it fits `*` like a wildcard of its own kind; write `*`")
            continue
        small = _tokens(entry, pattern)
        try:
            outside = _outside_allows(small, excluded, allows)
            if outside is not None:
                yield _Doubt(pattern, "no old Allow covers it all", outside)
                continue
            for deny in old_denies:
                doubt = _doubt_about_deny(pattern, small, deny, new_denies)
                if doubt is not None:
                    yield doubt
        except TooManyStatesError:
            yield _Doubt(pattern, "its patterns are too tangled to compare; write them more simply")


def _outside_allows(small: Tokens, excluded: tuple[Tokens, ...], allows: Iterable[Entry]) -> tuple[str, ...] | None:
    """Return letters of a resource that no old Allow covers, or None when they cover all of *small*."""
    bigs = [*excluded]
    for allow in allows:
        statement = allow.statement
        bigs += [_tokens(allow, pattern) for pattern in statement.resources]
        if statement.not_resources and not any(has_variable(pattern) for pattern in statement.not_resources):
            spared = [_tokens(allow, pattern) for pattern in statement.not_resources]
            if all(_is_apart(small, one, excluded) for one in spared):
                return None
    return text_outside(small, tuple(bigs))


def _is_apart(small: Tokens, spared: Tokens, excluded: tuple[Tokens, ...]) -> bool:
    return text_in_both(small, spared) is None or text_outside(spared, excluded) is None


def _doubt_about_deny(pattern: str, small: Tokens, deny: Entry, new_denies: Sequence[Entry]) -> _Doubt | None:
    """Return a doubt when an old Deny touches *small* and no new Deny provably replaces it."""
    kept = [e for e in new_denies if _holds_whenever(deny, e)]
    if any(_denies_at_least(e, deny) for e in kept):
        return None
    replaced = tuple(_tokens(e, p) for e in kept for p in e.statement.resources)
    why = f"{place(deny)} of the old policies denies a part of it, and no new Deny provably does"
    if deny.statement.not_resources:
        spared = tuple(_tokens(deny, p) for p in deny.statement.not_resources)
        outside = text_outside(small, replaced + spared)
        return None if outside is None else _Doubt(pattern, why, outside, deny.statement.conditions)
    for denied in deny.statement.resources:
        tokens = _tokens(deny, denied)
        common = text_in_both(small, tokens)
        if common is None or text_outside(tokens, replaced) is None or text_outside(small, replaced) is None:
            continue
        return _Doubt(pattern, why, common, deny.statement.conditions)
    return None


def _denies_at_least(new: Entry, old: Entry) -> bool:
    patterns = (*old.statement.resources, *old.statement.not_resources)
    if new.knows_variables != old.knows_variables and any(has_variable(pattern) for pattern in patterns):
        return False
    if old.statement.not_resources:
        return bool(new.statement.not_resources) and (
            set(new.statement.not_resources) <= set(old.statement.not_resources)
        )
    return set(new.statement.resources) >= set(old.statement.resources)


def _holds_whenever(strict: Entry, loose: Entry) -> bool:
    same_version = strict.knows_variables == loose.knows_variables
    return block_implies(strict.statement.conditions, loose.statement.conditions, same_version=same_version)


def _tokens(entry: Entry, pattern: str) -> Tokens:
    return resource_tokens(pattern, variables=entry.knows_variables)


def _confirmed(sides: _Sides, entry: Entry, group: Sequence[str], doubt: _Doubt) -> Witness | None:
    """Return the doubt as a witness if the two sides really decide it differently."""
    if not doubt.letters:
        return None
    resource = "".join(letter if len(letter) == 1 else _WITNESS_NAME for letter in doubt.letters)
    context = _context_for((*entry.statement.conditions, *doubt.conditions))
    context |= {letter[2:-1].partition(",")[0].strip(): _WITNESS_NAME for letter in doubt.letters if len(letter) > 1}
    for tried in ("*", resource) if is_everything(doubt.pattern) else (resource,):
        request = Request(_WITNESS, group[0], tried, resource_account="111122223333", context=context)
        is_new = sides.new_decider.decide_for_caller(request).decision is Decision.ALLOWED
        is_old = sides.old_decider.decide_for_caller(request).decision is Decision.ALLOWED
        if is_new and not is_old:
            more = f"; the same goes for {len(group) - 1} more actions" if len(group) > 1 else ""
            shown = f" with {context}" if context else ""
            return Witness(group[0], tried, f"{place(entry)} allows it{shown}; {doubt.why}{more}")
    return None


def _context_for(conditions: Iterable[Condition]) -> dict[str, str | list[str]]:
    """Return a context in which *conditions* are likely to hold; a guess, which the decision then checks."""
    context: dict[str, str | list[str]] = {}
    for condition in conditions:
        name = read_operator(condition.operator)
        if name is None or not condition.values:
            continue
        if name.operator is None:
            context[condition.key] = [] if condition.values[0].lower() == "true" else _WITNESS_NAME
        elif not name.operator.negated:
            value = condition.values[0].replace("*", "x").replace("?", "x")
            is_network = condition.operator.lower().startswith("ipaddress")
            context[condition.key] = value.partition("/")[0] if is_network else value
    return context


def _uncatalogued(sides: _Sides, entry: Entry, actions: Sequence[str]) -> list[str]:
    """Return what cannot be said about wildcards that name no action of the catalogue."""
    return [
        f"{place(entry)}: `{pattern}` names no action of the catalogue"
        for pattern in entry.statement.actions
        if has_wildcard(pattern) and not expand([pattern], actions) and not _is_kept_with_all_denies(sides, entry)
    ]


def _is_kept_with_all_denies(sides: _Sides, entry: Entry) -> bool:
    """Return whether the old policies hold the very statement, and the new ones every old Deny: no catalogue needed."""
    old, new = ({(e.statement, e.knows_variables) for e in side.entries} for side in (sides.old, sides.new))
    lost = {key for key in old - new if key[0].effect is Effect.DENY}
    return (entry.statement, entry.knows_variables) in old and not lost
