"""A role that persons or workloads share while each uses a part of its own: which parts, and who needs which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from iamaudit.recommend.evidence import Actions, ObservedUse, PrincipalEvidence
from iamaudit.recommend.hidden_roles import hidden_passes
from iamaudit.recommend.keep import as_evaluated

Actor = tuple[str, str]  # kind, name
Pair = tuple[str, str]  # action, resource

# Who keeps one name from run to run, so that a role of its own could be made for it. An instance or a task gets a new id, and
# the name of a plain session is whatever its caller chose.
STABLE: Final = frozenset({"identity_center", "person", "function", "pod", "service_session"})
MOST_SHARED: Final = 0.2  # of the smaller one's (action, resource) pairs: beyond it two actors do the same work
PARTIES: Final = "inside it"  # how the note of a split begins
FEWEST: Final = 3  # pairs of a part that is worth a role of its own


@dataclass(frozen=True, slots=True)
class Part:
    """Actors that do the same work inside a role, what they used, and how many (action, resource) pairs that is."""

    actors: tuple[Actor, ...]
    uses: tuple[ObservedUse, ...]
    pairs: int

    @property
    def name(self) -> str:
        """A name for the part: its first actor, and how many others."""
        kind, first = self.actors[0]
        more = f"-and-{len(self.actors) - 1}-more" if len(self.actors) > 1 else ""
        return f"{kind}-{first}{more}"

    def words(self, most: int = 5) -> str:
        """Return who it is, for a note."""
        shown = ", ".join(f"`{name}`" for _, name in self.actors[:most])
        more = f" and {len(self.actors) - most} more" if len(self.actors) > most else ""
        return f"{shown}{more} ({self.pairs} pairs)"


@dataclass(frozen=True, slots=True)
class Split:
    """The parts of a role, the largest first; `apart` are pairs that only actors without a lasting name used, or small ones."""

    evidence: PrincipalEvidence
    parts: tuple[Part, ...]
    apart: int

    def note(self) -> str:
        """Return the sentence for the role's own notes."""
        words = "; ".join(part.words() for part in self.parts)
        left = f"; {self.apart} pairs were used by others" if self.apart else ""
        return (
            f"{PARTIES} {len(self.parts)} parties use parts of their own: {words}{left}: "
            "`split/` has a policy for each, if they get roles of their own"
        )

    def evidence_of(self, part: Part) -> PrincipalEvidence:
        """Return the role's evidence as if only the actors of a part were in it."""
        others = "; ".join(one.words() for one in self.parts if one is not part)
        caveats = (
            f"what {part.words()} used, the rest of the role's use left out",
            f"the other parts: {others}",
            "nothing is planned: a role of its own needs code or assignments to be changed first",
        )
        current = tuple(replace(one, agreed=None) for one in self.evidence.current)  # nobody else would hold it
        uses = (*part.uses, *hidden_passes(part.uses))
        return replace(self.evidence, current=current, uses=uses, caveats=caveats, held_out=None)


def split_of(
    evidence: PrincipalEvidence, uses: Mapping[Actor, Sequence[ObservedUse]], catalogue: Actions
) -> Split | None:
    """Return the parts of a role, or None when there are not two of some size that have next to nothing in common.

    Actors that share more than `MOST_SHARED` of what the smaller of them used are one party, and so are those that a third one
    joins. *uses* are by actor, the ones without a lasting name under whatever name they have.
    """
    asked = {actor: as_evaluated(list(found), catalogue) for actor, found in uses.items()}
    pairs = {actor: frozenset((use.action, use.resource) for use in found) for actor, found in asked.items()}
    stable = sorted(actor for actor in pairs if actor[0] in STABLE and actor[1] and pairs[actor])
    parties = _parties(stable, pairs)
    parts = []
    for actors in parties:
        together: frozenset[Pair] = frozenset().union(*(pairs[actor] for actor in actors))
        if len(together) >= FEWEST:
            parts.append(Part(tuple(actors), tuple(use for actor in actors for use in asked[actor]), len(together)))
    if len(parts) < 2:
        return None
    parts.sort(key=lambda part: (-part.pairs, part.actors))
    in_parts = {actor for part in parts for actor in part.actors}
    covered = frozenset().union(*(pairs[actor] for actor in in_parts))
    apart = frozenset[Pair]().union(*(pairs[actor] for actor in pairs if actor not in in_parts)) - covered
    return Split(evidence, tuple(parts), len(apart))


def _parties(actors: Sequence[Actor], pairs: Mapping[Actor, frozenset[Pair]]) -> list[list[Actor]]:
    """Put actors together that have much in common; each list is sorted."""
    parties: list[list[Actor]] = []
    for actor in actors:
        near = [party for party in parties if any(_has_much_in_common(pairs[actor], pairs[one]) for one in party)]
        parties = [party for party in parties if party not in near]
        parties.append(sorted([actor, *(one for party in near for one in party)]))
    return parties


def _has_much_in_common(one: frozenset[Pair], other: frozenset[Pair]) -> bool:
    return len(one & other) > MOST_SHARED * min(len(one), len(other))
