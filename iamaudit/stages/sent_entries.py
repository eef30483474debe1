"""Principals and what they share as they travel to a worker: their doubts as two lists of texts, and not object by object.

An estate has millions of unknown grants, few of which differ; as objects each would be written, read and kept anew.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from iamaudit.recommend.evidence import PrincipalEvidence, UnknownGrant
from iamaudit.recommend.joint import Shared
from iamaudit.recommend.known import Known

Entry = PrincipalEvidence | Shared
Doubts = tuple[tuple[str, ...], tuple[str, ...]]  # actions, and the reason of each
Sent = tuple[
    Entry, tuple[Doubts, ...], bool
]  # an entry without its doubts, those, and whether it has the `known` of all

_MOST_REMEMBERED: Final = 200_000


def sent(entry: Entry, known: Known) -> Sent:
    """Return *entry* for a worker that has *known* already."""
    is_known = entry.known is known
    bare: Entry = replace(entry, known=Known()) if is_known else entry
    if isinstance(bare, Shared):
        holders = tuple(replace(one, evidence=replace(one.evidence, unknown=())) for one in bare.holders)
        return replace(bare, holders=holders), tuple(_doubts(one.evidence) for one in bare.holders), is_known
    return replace(bare, unknown=()), (_doubts(bare),), is_known


class Receiver:
    """Puts entries together again; grants that are equal are one object in all that it receives."""

    def __init__(self, known: Known) -> None:
        """*known* is what `sent` was given."""
        self._known = known
        self._grants: dict[tuple[str, str], UnknownGrant] = {}

    def received(self, message: Sent) -> Entry:
        """Return what `sent` was given."""
        entry, doubts, is_known = message
        if len(self._grants) > _MOST_REMEMBERED:
            self._grants.clear()
        if is_known:
            entry = replace(entry, known=self._known)
        if isinstance(entry, Shared):
            both = zip(entry.holders, doubts, strict=True)
            holders = tuple(
                replace(one, evidence=replace(one.evidence, unknown=self._unknown(told))) for one, told in both
            )
            return replace(entry, holders=holders)
        return replace(entry, unknown=self._unknown(doubts[0]))

    def _unknown(self, doubts: Doubts) -> tuple[UnknownGrant, ...]:
        return tuple(self._grant(key) for key in zip(*doubts, strict=True))

    def _grant(self, key: tuple[str, str]) -> UnknownGrant:
        found = self._grants.get(key)
        if found is None:
            found = self._grants[key] = UnknownGrant(*key)
        return found


def _doubts(evidence: PrincipalEvidence) -> Doubts:
    return tuple(one.action for one in evidence.unknown), tuple(one.reason for one in evidence.unknown)
