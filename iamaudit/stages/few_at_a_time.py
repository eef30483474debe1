"""Questions about what principals may do, asked for a few of them at a time: an estate's grants fit no small machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import pyarrow as pa

from iamaudit.engine.duck import Engine, Pieces

MOST: Final = 24  # principals at once: more of them take memory, fewer take time
WHOLE: Final = 64  # principals of a lake for whom all is worked out once, and kept
_OF_THESE: Final = {  # what bears on nobody else: the patterns of other accounts are not even expanded
    "grant_holders": "list_contains($principals, principal)",
    "grant_uses": "list_contains($principals, principal)",
    "grant_logged": "list_contains($principals, principal)",
    "stg_principals": "list_contains($principals, arn)",
    "statements": "account_id in (select account_id from main.grant_holders where list_contains($principals, principal))",
    "grant_coverage": "true",  # the same for all, so worked out once
    "coverage_categories": "true",
}
_EVERYBODY: Final = """
    select principal from (
        select account_id, principal from grant_holders union select account_id, principal from grant_uses
    ) order by account_id, principal
"""


def everybody(engine: Engine) -> list[str]:
    """Return the ARNs of all who are granted something or did something, by account."""
    return list(dict.fromkeys(engine.query(_EVERYBODY)["principal"].to_pylist()))


def _batches(principals: Sequence[str], most: int) -> Iterator[dict[str, object]]:
    for start in range(0, len(principals), most):
        yield {"principals": list(principals[start : start + most])}


def _of_many(engine: Engine) -> Iterator[dict[str, object]]:
    principals = everybody(engine)
    return _batches(principals if len(principals) > WHOLE else (), MOST)


IN_PIECES: Final = {name: Pieces(_OF_THESE, _of_many) for name in ("grant_verdicts", "unused_permission")}


def answers(engine: Engine, model: str, sql: str, principals: Sequence[str], *, most: int = MOST) -> Iterator[pa.Table]:
    """Yield the answers of *sql*, which reads the grants *model*, for *most* of *principals* after the other.

    *sql* itself names the principals it asks about: `list_contains($principals, principal)`.
    """
    for batch in _batches(principals, most):
        yield engine.narrowed(model, sql, reads=_OF_THESE, parameters=batch)
