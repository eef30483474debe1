"""How much a law tries: a third of its examples in `make test`, all of them in `make test-slow`."""

import os

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "steady")


def examples(number: int, least: int = 25) -> int:
    """Return how many of a law's *number* of examples are tried now: a third, and *least* of them at least.

    Raises `ValueError` when a third and all were the same: `make test-slow` would only repeat `make test`.
    """
    few = max(number // 3, least)
    if few >= number:
        raise ValueError(f"{few} of {number} examples are no fewer: give more, or a smaller `least`")
    return few if PROFILE == "steady" else number
