"""How much a law tries: a third of its examples in `make test`, all of them in `make test-slow`."""

import os

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "steady")


def examples(number: int) -> int:
    """Return how many of a law's *number* of examples are tried now."""
    return max(number // 3, 2) if PROFILE == "steady" else number
