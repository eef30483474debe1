"""What the logs, or the inventory, tell of the condition keys that a use was made under."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Told:
    """One condition key: the *values* that it had, and in how many calls (`told`) *of* all; the rest is unknown.

    Unknown is not "no": a key that some call does not tell may have had any value there, or none.
    """

    key: str
    values: tuple[str, ...]
    told: int
    of: int

    @property
    def is_complete(self) -> bool:
        """Whether every call tells it."""
        return bool(self.values) and self.told == self.of
