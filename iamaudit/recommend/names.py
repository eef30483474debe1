"""Names for policies that do not exist yet: telling, the same every night, and never one that is taken."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from iamaudit.recommend.evidence import PrincipalEvidence

LONGEST_NAME: Final = 128  # of a policy (domain.md §4)
_BETWEEN: Final = "-from-"
_OUTSIDE: Final = re.compile(r"[^A-Za-z0-9+=,.@_-]")  # what IAM does not take in a name


class Names:
    """Gives the names of one principal's new policies; each call takes one."""

    def __init__(self, evidence: PrincipalEvidence) -> None:
        """Start with what the account has; IAM tells names apart without regard to case."""
        self._evidence = evidence
        self._taken = set(evidence.taken_names)

    def take(self, source: str) -> str:
        """Return `<principal>-from-<source>`, with a number when that name is taken.

        Where two principals could come to the same name (a user and a role that are called alike, names that hold `-from-`
        themselves or are too long), eight digits of a hash of the ARN tell them apart.
        """
        plain = f"{self._evidence.name}{_BETWEEN}{source}"
        return self._free(plain, source, is_ambiguous=plain.count(_BETWEEN) != 1)

    def take_boundary(self) -> str:
        """Return `<principal>-boundary`, told apart from other names as `take` does it."""
        plain = f"{self._evidence.name}-boundary"
        return self._free(plain, "boundary", is_ambiguous=_BETWEEN in plain)

    def _free(self, plain: str, source: str, *, is_ambiguous: bool) -> str:
        name = _OUTSIDE.sub("_", plain)
        is_ambiguous |= self._evidence.is_name_shared or name != plain
        digest = hashlib.sha256(f"{self._evidence.arn}\n{source}".encode("utf-8", "surrogatepass")).hexdigest()[:8]
        room = LONGEST_NAME - len("-1000")
        if is_ambiguous or len(name) > room:
            name = f"{name[: room - 9]}-{digest}"
        found, number = name, 2
        while found.lower() in self._taken:
            found, number = f"{name}-{number}", number + 1
        self._taken.add(found.lower())
        return found

    def arn_of(self, name: str) -> str:
        """Return the ARN that a policy of that name will have, in the principal's account and partition."""
        partition = self._evidence.arn.split(":", 2)[1]
        return f"arn:{partition}:iam::{self._evidence.account_id}:policy/{name}"
