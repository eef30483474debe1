"""A name for the evidence on one principal: as long as it is the same, so is the recommendation."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import msgspec

from iamaudit.recommend.evidence import PrincipalEvidence
from iamaudit.recommend.known import Known

# of the coverage: what a certificate judges by; how many days and events there were moves every night and changes nothing
_JUDGED_BY: Final = ("days_without_logs", "trails_known_since")


def evidence_key(evidence: PrincipalEvidence, made_with: Mapping[str, Any]) -> str:
    """Return the key of *evidence* and of what a recommendation is *made_with*: options and versions, JSON-ready.

    The window moves every night: its length counts, its days do not. The words of a rhythm say how long ago it was, and
    what is known to exist grows with everybody's use and only measures patterns: both are left out. Uses, counts,
    policies and reasons all count, and so does every field that evidence may get.
    """
    uses = tuple(sorted((replace(use, rhythm="") for use in evidence.uses), key=repr))
    start, end = evidence.window_start, evidence.window_end
    plain = replace(
        evidence,
        uses=uses,
        window_start=None,
        window_end=None,
        known=Known(),
        coverage={name: evidence.coverage.get(name) for name in _JUDGED_BY},
    )
    days = None if start is None or end is None else (end - start).days
    text = msgspec.json.encode([plain, days, made_with], order="deterministic", enc_hook=str)
    return hashlib.sha256(text).hexdigest()[:32]
