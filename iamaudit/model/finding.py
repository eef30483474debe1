"""A finding: one thing to look at, with its evidence and what to do."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of `audit`; the same in every output format. Times are ISO 8601 UTC with Z."""

    check: str
    severity: str  # critical | high | medium | low
    account_id: str
    subject: str  # the principal's or resource's ARN
    title: str
    evidence: Mapping[str, object]
    remediation: str
    first_seen: str | None = None
    last_seen: str | None = None
    standards: tuple[str, ...] = field(default=())
    detail: str = ""  # tells apart two findings of one check on one subject (`access_key_1`)

    @property
    def finding_id(self) -> str:
        """Stable over nights: derived from check, subject and detail only."""
        text = f"{self.check}\x1f{self.account_id}\x1f{self.subject}\x1f{self.detail}"
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
