"""What comes of a thing that several hold before it is written, and of users who move into groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from iamaudit.model.policy import Policy
from iamaudit.proof.certificate import Certificate
from iamaudit.recommend.joint import Shared
from iamaudit.recommend.movers import Mover
from iamaudit.recommend.propose import Proposal
from iamaudit.stages.recalled import Recalled


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one shared thing before it is written: a proposal with its proof, or why there is none."""

    shared: Shared
    proposal: Proposal
    certificate: Certificate | None
    refused: str = ""
    refused_kind: str = ""
    key: str = ""  # of what it was made from, where a night remembers
    recalled: Recalled | None = None  # of an earlier night, with the same key: the proposal has policies only


@dataclass(frozen=True, slots=True)
class Moves:
    """Users who give up policies of their own: who joins which group, by its ARN, and what a group to be made grants each."""

    joining: Mapping[str, tuple[Mover, ...]] = field(default_factory=dict)
    made: Mapping[str, tuple[Policy, ...]] = field(default_factory=dict)
