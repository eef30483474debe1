"""How much a law tries: a third of its examples in `make test`, all of them in `make test-slow`."""

import os

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "steady")


def examples(number: int, least: int = 25) -> int:
    """Return how many of a law's *number* of examples are tried now: *least* of them at least, if there are so many."""
    return min(number, max(number // 3, least)) if PROFILE == "steady" else number
