"""Whether everything that fits one pattern fits another, and whether two patterns have anything in common.

Patterns are read as small automata and walked side by side, so the answers are exact, and a "no" comes with a text that
shows it. A policy variable is a letter of its own: nobody knows its value, only that it is the same on both sides.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from iamaudit.policy.match import fields_of, is_everything, without_marks

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_ESCAPES = frozenset({"*", "?", "$"})
_STATES_TO_VISIT = 50_000
_SPARE_LETTERS = "xyzabcdefghijklmnopqrstuvw0123456789-_"


@dataclass(frozen=True, slots=True)
class Token:
    """One step of a pattern: a letter (or a variable), any letter, or any run; a field's wildcards stop at colons."""

    kind: str  # letter | any | run
    text: str = ""
    crosses_colon: bool = True


Tokens = tuple[Token, ...]


class TooManyStatesError(Exception):
    """The patterns are too tangled to compare within bounds; the caller says "not proven"."""


@lru_cache(maxsize=16_384)
def glob_tokens(pattern: str, *, variables: bool = False, crosses_colon: bool = True) -> Tokens:
    """Return the steps of a plain pattern, whose wildcards cross everything unless *crosses_colon* is false."""
    tokens: list[Token] = []
    end = 0
    for found in _VARIABLE.finditer(pattern) if variables else ():
        tokens += _plain(pattern[end : found.start()], crosses_colon=crosses_colon)
        tokens.append(Token("letter", found[1] if found[1] in _ESCAPES else found[0]))
        end = found.end()
    tokens += _plain(pattern[end:], crosses_colon=crosses_colon)
    return tuple(t for n, t in enumerate(tokens) if not (t.kind == "run" and n and tokens[n - 1].kind == "run"))


@lru_cache(maxsize=16_384)
def resource_tokens(pattern: str, *, variables: bool = False) -> Tokens:
    """Return the steps of a Resource pattern of an identity policy, fields and padding as `resource_matches` has them."""
    fields = None if is_everything(pattern) else fields_of(pattern, pad_short=True)
    if fields is None:
        return (Token("run"),)
    tokens: list[Token] = []
    for field in fields[:5]:
        tokens += [*glob_tokens(field, crosses_colon=False), Token("letter", ":")]
    return (*tokens, *glob_tokens(fields[5], variables=variables))


def includes(big: str, small: str) -> bool:
    """Return whether every text that fits the plain pattern *small* also fits *big*."""
    return text_outside(glob_tokens(small), (glob_tokens(big),)) is None


@lru_cache(maxsize=65_536)
def text_outside(
    small: Tokens, bigs: tuple[Tokens, ...], within: tuple[tuple[Tokens, ...], ...] = ()
) -> tuple[str, ...] | None:
    """Return letters of a text that fits *small* and none of *bigs*, or None when there is none.

    The text must also fit one pattern of every group in *within*, where a variable may have any value: what is None is
    so for every value. Raises TooManyStatesError when the patterns are too tangled.
    """
    if small in bigs:
        return None
    try:
        return _walk(small, bigs, within)
    except TooManyStatesError:
        # together they are too tangled, but one of them alone may do
        if len(bigs) > 1 and any(text_outside(small, (big,), within) is None for big in bigs):
            return None
        raise


def _walk(small: Tokens, bigs: tuple[Tokens, ...], within: tuple[tuple[Tokens, ...], ...]) -> tuple[str, ...] | None:
    union = _union_of(bigs)
    groups = tuple(
        _union_of(tuple(_variables_as_runs(tokens) for tokens in group), takes_any_variable=True) for group in within
    )
    spare = _spare_letter((*bigs, *(tokens for group in within for tokens in group)))
    natural = _natural_text(small, spare)
    if not union.accepts(natural) and all(group.accepts(natural) for group in groups):
        return natural
    known = tuple(dict.fromkeys(letter for one in (union, *groups) for letter in one.letters))
    start = (0, union.start, *(group.start for group in groups))
    words: dict[tuple[int, ...], tuple[str, ...]] = {start: ()}
    queue = deque([start])
    while queue:
        state = queue.popleft()
        position, mask, *inner = state
        if position == len(small):
            if not mask & union.accepting and all(m & g.accepting for m, g in zip(inner, groups, strict=True)):
                return words[state]
            continue
        token = small[position]
        steps: list[tuple[tuple[int, ...], tuple[str, ...]]] = []
        if token.kind == "run":
            steps.append(((position + 1, mask, *inner), ()))
        for letter in _letters(token, known, spare):
            following = position if token.kind == "run" else position + 1
            next_inner = (group.step(m, letter) for m, group in zip(inner, groups, strict=True))
            next_state = (following, union.step(mask, letter), *next_inner)
            if all(next_state[2:]):  # what has left a group for good is no use any more
                steps.append((next_state, (letter,)))
        for next_state, letters in steps:
            if next_state not in words:
                words[next_state] = words[state] + letters
                queue.append(next_state)
        if len(words) > _STATES_TO_VISIT:
            raise TooManyStatesError
    return None


@lru_cache(maxsize=65_536)
def text_in_both(one: Tokens, other: Tokens) -> tuple[str, ...] | None:
    """Return letters of a text that fits both patterns, or None; a variable may have any value here."""
    left, right = (_variables_as_runs(tokens) for tokens in (one, other))
    spare = _spare_letter((left, right))
    words: dict[tuple[int, int], tuple[str, ...]] = {(0, 0): ()}
    queue = deque([(0, 0)])
    while queue:
        state = queue.popleft()
        i, j = state
        if i == len(left) and j == len(right):
            return words[state]
        steps: list[tuple[tuple[int, int], tuple[str, ...]]] = []
        if i < len(left) and left[i].kind == "run":
            steps.append(((i + 1, j), ()))
        if j < len(right) and right[j].kind == "run":
            steps.append(((i, j + 1), ()))
        if i < len(left) and j < len(right):
            letter = _common_letter(left[i], right[j], spare)
            if letter is not None:
                following = (i + (left[i].kind != "run"), j + (right[j].kind != "run"))
                steps.append((following, (letter,)))
        for following, letters in steps:
            if following not in words:
                words[following] = words[state] + letters
                queue.append(following)
    return None


@dataclass(frozen=True, slots=True)
class _Union:
    """Several patterns as one automaton whose set of states is the bits of a number."""

    start: int
    accepting: int
    runs: int  # may stay where they are
    runs_within_field: int  # the same, but not over a colon
    any_letter: int
    any_within_field: int
    by_letter: Mapping[str, int]
    takes_any_variable: bool = False

    @property
    def letters(self) -> Iterable[str]:
        return (letter for letter in self.by_letter if len(letter) == 1)

    def step(self, mask: int, letter: str) -> int:
        if self.takes_any_variable and len(letter) > 1:
            return self.after_any_text(mask)
        staying, moving = self.runs, self.by_letter.get(letter, 0)
        if letter != ":":
            staying |= self.runs_within_field
        if len(letter) == 1:
            moving |= self.any_letter
            if letter != ":":
                moving |= self.any_within_field
        return self.closed((mask & staying) | (mask & moving) << 1)

    def after_any_text(self, mask: int) -> int:
        while (further := mask | (mask & ~self.accepting) << 1) != mask:
            mask = further
        return mask

    def closed(self, mask: int) -> int:
        return mask | (mask & (self.runs | self.runs_within_field)) << 1

    def accepts(self, letters: Iterable[str]) -> bool:
        mask = self.start
        for letter in letters:
            mask = self.step(mask, letter)
        return bool(mask & self.accepting)


@lru_cache(maxsize=4096)
def _union_of(patterns: tuple[Tokens, ...], *, takes_any_variable: bool = False) -> _Union:
    start = accepting = 0
    bits = {"run": 0, "run field": 0, "any": 0, "any field": 0}
    by_letter: dict[str, int] = {}
    bit = 1
    for tokens in patterns:
        start |= bit
        for token in tokens:
            if token.kind == "letter":
                by_letter[token.text] = by_letter.get(token.text, 0) | bit
            else:
                bits[token.kind if token.crosses_colon else f"{token.kind} field"] |= bit
            bit <<= 1
        accepting |= bit
        bit <<= 1
    runs = bits["run"] | bits["run field"]
    start |= (start & runs) << 1
    return _Union(
        start,
        accepting,
        bits["run"],
        bits["run field"],
        bits["any"],
        bits["any field"],
        MappingProxyType(by_letter),
        takes_any_variable,
    )


def _plain(text: str, *, crosses_colon: bool) -> list[Token]:
    kinds = {"*": "run", "?": "any"}
    return [
        Token(kinds[c], crosses_colon=crosses_colon) if c in kinds else Token("letter", without_marks(c)) for c in text
    ]


def _letters(token: Token, known: Iterable[str], spare: str) -> Iterable[str]:
    """Return the letters to try for a step: those that some pattern tells apart, and one that none does."""
    if token.kind == "letter":
        return (token.text,)
    return (letter for letter in dict.fromkeys((*known, ":", spare)) if token.crosses_colon or letter != ":")


def _natural_text(tokens: Tokens, spare: str) -> tuple[str, ...]:
    """Return a text that fits and reads well: one spare letter for every wildcard."""
    return tuple(token.text if token.kind == "letter" else spare for token in tokens)


def _spare_letter(patterns: Sequence[Tokens]) -> str:
    used = {token.text for tokens in patterns for token in tokens}
    return next((c for c in _SPARE_LETTERS if c not in used), None) or next(
        chr(code) for code in range(0x100, 0x10000) if chr(code) not in used
    )


def _variables_as_runs(tokens: Tokens) -> Tokens:
    return tuple(Token("run") if token.kind == "letter" and len(token.text) > 1 else token for token in tokens)


def _common_letter(one: Token, other: Token, spare: str) -> str | None:
    if one.kind == "letter" and other.kind == "letter":
        return one.text if one.text == other.text else None
    for fixed, wild in ((one, other), (other, one)):
        if fixed.kind == "letter":
            return fixed.text if wild.crosses_colon or fixed.text != ":" else None
    return spare
