"""Dates and one-off ids in observed names: next month's name has others, so a person writes `*` in their place."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from iamaudit.knowledge.one_off import one_off_types
from iamaudit.recommend.glob import has_variable, has_wildcard

_GAP: Final = "\x00"  # stands for the `*` to come: a name may hold an escaped star of its own
_YEAR: Final = r"(?:19|20)\d\d"
_MONTH: Final = r"(?:0[1-9]|1[0-2])"
_DAY: Final = r"(?:0[1-9]|[12]\d|3[01])"
_CLOCK: Final = r"(?:[T_ /-]?(?:[01]\d|2[0-3])(?:[:-]?[0-5]\d(?:[:-]?[0-5]\d(?:\.\d+)?)?)?Z?(?![0-9a-zA-Z]))?"
_DATE: Final = re.compile(
    rf"(?<![0-9a-zA-Z]){_YEAR}([-/_.]?){_MONTH}\1{_DAY}(?:T\d{{4,6}}Z?|{_CLOCK})(?![0-9])"  # 2026-08-07, 20260807T101500Z
    rf"|(?<![0-9a-zA-Z]){_YEAR}[-/_.]{_MONTH}(?![0-9])"  # 2026-08
    rf"|(?<![0-9a-zA-Z]){_YEAR}[-/_.]?[QqWw]\d{{1,2}}(?![0-9a-zA-Z])"  # 2026-W31, 2026Q2
    rf"|(?<=/){_YEAR}(?=/|$)"  # a folder per year
    r"|(?<=year=)\d{4}(?:/month=\d{1,2}(?:/day=\d{1,2}(?:/hour=\d{1,2})?)?)?(?![0-9])"  # partitions of a table
)
_ID: Final = re.compile(
    r"(?<![0-9a-zA-Z])(?:"
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|(?!\d{12}(?![0-9a-zA-Z]))(?=[a-f]*[0-9])[0-9a-f]{8,}"  # also seconds since 1970; twelve digits are an account
    r")(?![0-9a-zA-Z])"
)
_NEW_ID: Final = re.compile(
    rf"{_ID.pattern}|(?<![0-9a-zA-Z])(?=[A-Z]*[0-9])[0-9A-Z]{{10,}}(?![0-9a-zA-Z])"
)  # as AWS gives
_DIGITS: Final = re.compile(r"\d+")
_REVISION: Final = re.compile(r":\d+$")
_LAMBDA_STREAM: Final = re.compile(rf"{_GAP}/\[(?:\$\{{\$\}}LATEST|\d+)\]{_GAP}$")  # Lambda's name for a log stream
_BARE: Final = re.compile(
    rf"[a-z]{{0,6}}-?{_GAP}"
)  # what is left of `key/UUID` and `instance/i-0123`: the id was the name
_TYPES: Final = re.compile(r"(?:^|:)([a-z-]+)(?=[:/])")
_MAKES: Final = re.compile(
    r"(?:Create|Run|Register|Launch|Request|Import|Copy|Submit|Allocate|Restore)(?=[A-Z])"
    r"|Start(?=\w*(?:Build|Execution|Job|Task|Session)$)"
)

_REMOVES: Final = re.compile(r"(?:Delete|Terminate|Release|Deregister)(?=[A-Z])")


def creations(actions: Iterable[str]) -> frozenset[tuple[str, str]]:
    """Return (service, noun) for each action whose name says that it makes something: `("rds", "dbsnapshot")`."""
    return _nouns(_MAKES, actions)


def _nouns(verbs: re.Pattern[str], actions: Iterable[str]) -> frozenset[tuple[str, str]]:
    found = set()
    for action in actions:
        service, _, name = action.partition(":")
        if verb := verbs.match(name):
            found.add((service.lower(), name[verb.end() :].lower().removesuffix("s")))
    return frozenset(found)


def without_volatile(
    names: Iterable[str], action: str, created: frozenset[tuple[str, str]], is_granted: Callable[[str], bool]
) -> dict[str, frozenset[str]]:
    """Return patterns with the *names* (escaped) that each stands for; a name that stays stands for itself.

    A date becomes `*`, and so do ids beneath it and counters beneath it that differ. An id (UUID, eight or more
    hexadecimal digits, seconds since 1970) becomes `*` when *action* was seen on two names that differ in nothing
    else, or makes the thing that it names; a revision (`:12`) when the principal makes such things. Where the id is all there is of a name, the principal must have made such
    things (*created*), for a key or a subnet is not made anew, or *action* removes them, which no id survives. What
    is used once or by itself only (`one_off.csv`) is named by no id at all. Only in what follows the resource type (of S3: the
    bucket), and only to a pattern that *is_granted* accepts.
    """
    own = creations([action])
    gone = _nouns(_REMOVES, [action])
    once = one_off_types(action)
    service = action.partition(":")[0].lower()
    settled = _Settled(names, is_granted)
    settled.rewrite(lambda name, tail: _without_own_id(tail) if _type_of(name) in once else tail, least=1)
    settled.rewrite(lambda name, tail: _without_date(tail, is_new=_is_made(name, service, own)), least=1)
    settled.rewrite(lambda name, tail: _without_revision(tail, is_made=_is_made(name, service, created)), least=1)
    settled.rewrite(lambda _, tail: _without_counters(tail), least=2)
    settled.rewrite(lambda name, tail: _without_id(tail, _is_made(name, service, created | own | gone)), least=2)
    return settled.patterns()


class _Settled:
    """Names on their way to patterns: each text with the names that it stands for."""

    def __init__(self, names: Iterable[str], is_granted: Callable[[str], bool]) -> None:
        self._is_granted = is_granted
        self._members: dict[str, set[str]] = {name: {name} for name in names}

    def rewrite(self, change: Callable[[str, str], str], *, least: int) -> None:
        """Let *change* rewrite the tail of each text; kept where *least* texts become the same and today grants it."""
        together: defaultdict[str, set[str]] = defaultdict(set)
        for text in self._members:
            start = _start(text)
            changed = text if start is None else text[:start] + change(text, text[start:])
            together[changed].add(text)
        after: defaultdict[str, set[str]] = defaultdict(set)
        for changed, texts in together.items():
            is_kept = len(texts) >= least and self._is_granted(changed.replace(_GAP, "*"))
            for text in texts:
                after[changed if is_kept else text] |= self._members[text]
        self._members = dict(after)

    def patterns(self) -> dict[str, frozenset[str]]:
        found: defaultdict[str, set[str]] = defaultdict(set)
        for text, members in self._members.items():
            found[text.replace(_GAP, "*")] |= members
        return {pattern: frozenset(members) for pattern, members in found.items()}


def _start(name: str) -> int | None:
    """Return where the part begins that may be rewritten; None for open resources and those with variables."""
    parts = name.split(":", 5)
    if len(parts) != 6 or has_variable(name) or has_wildcard(name):
        return None
    start = len(name) - len(parts[5])
    if parts[2] == "s3" and not parts[3] and not parts[4]:
        bucket = name.find("/", start)
        return None if bucket < 0 else bucket + 1
    word = re.match(r"[a-z-]+[/:]", parts[5])
    return start + (word.end() if word else 0)


def _type_of(name: str) -> str:
    found = re.match(r"[a-z-]+(?=[/:])", name.split(":", 5)[5])
    return found[0] if found else ""


def _without_date(tail: str, *, is_new: bool) -> str:
    dated = _DATE.sub(_GAP, tail)
    if is_new:
        dated = _without_revision(_NEW_ID.sub(_GAP, dated), is_made=True)
    first = dated.find(_GAP)
    if first < 0:
        return tail
    beneath = dated[:first] + _ID.sub(_GAP, dated[first:])
    return _LAMBDA_STREAM.sub(_GAP, beneath)


def _without_revision(tail: str, *, is_made: bool) -> str:
    """Who registers a task definition runs the next revision too."""
    return _REVISION.sub(f":{_GAP}", tail) if is_made else tail


def _without_counters(tail: str) -> str:
    first = tail.find(_GAP)
    return tail if first < 0 else tail[:first] + _DIGITS.sub(_GAP, tail[first:])


def _without_own_id(tail: str) -> str:
    return _GAP if tail.isupper() and tail.isalnum() else _ID.sub(_GAP, tail)


def _without_id(tail: str, is_made: bool) -> str:  # noqa: FBT001 - private, and reads well at its one call
    found = _ID.sub(_GAP, tail)
    return tail if _BARE.fullmatch(found) and not is_made else found


def _is_made(name: str, service: str, created: frozenset[tuple[str, str]]) -> bool:
    """Whether one of the *created* things is of a type that *name* tells."""
    if not created:
        return False
    types = {word.replace("-", "").removesuffix("s") for word in _TYPES.findall(name.split(":", 5)[5])}
    return any(prefix == service and noun.endswith(one) for prefix, noun in created for one in types)


def counted(patterns: Mapping[str, frozenset[str]], final: Iterable[str]) -> dict[str, int]:
    """Return how many names each of the *final* patterns stands for, where it is not one of the names itself."""
    found = {}
    names = frozenset().union(*patterns.values())
    for one in final:
        if one in names:
            continue
        members = patterns.get(one)
        if members is None:  # collapsed once more, to a common beginning
            members = frozenset().union(*(made for text, made in patterns.items() if text.startswith(one[:-1])))
        found[one] = len(members)
    return found
