"""Questions about what principals may do, asked for a few of them at a time: an estate's grants fit no small machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import pyarrow as pa

from iamaudit.engine.duck import Engine

MOST: Final = 24  # principals at once: more of them take memory, fewer take time
_OF_THESE: Final = {  # what bears on nobody else: the patterns of other accounts are not even expanded
    "grant_holders": "list_contains($principals, principal)",
    "grant_uses": "list_contains($principals, principal)",
    "grant_logged": "list_contains($principals, principal)",
    "stg_principals": "list_contains($principals, arn)",
    "statements": "account_id in (select account_id from main.grant_holders where list_contains($principals, principal))",
    "grant_coverage": "true",  # the same for all, so worked out once
    "coverage_categories": "true",
}


def answers(engine: Engine, model: str, sql: str, principals: Sequence[str], *, most: int = MOST) -> Iterator[pa.Table]:
    """Yield the answers of *sql*, which reads the grants *model*, for *most* of *principals* after the other.

    *sql* itself names the principals it asks about: `list_contains($principals, principal)`.
    """
    for start in range(0, len(principals), most):
        batch = {"principals": list(principals[start : start + most])}
        yield engine.narrowed(model, sql, reads=_OF_THESE, parameters=batch)
