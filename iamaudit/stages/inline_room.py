"""How many characters of inline policies a user or role has today: whether one more fits."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from iamaudit.engine.duck import Engine
from iamaudit.model.holder import Holder
from iamaudit.recommend.parts import INLINE_TOTAL

_CAPTURED: Final = "select arn, captured_at from stg_principals"
_INLINE: Final = """
    select attachments.holder_arn, policies.document
    from stg_attachments as attachments
    inner join stg_policies as policies
        on attachments.account_id = policies.account_id and attachments.policy_id = policies.policy_id
    where policies.kind = 'inline'
"""


def inline_today(engine: Engine, changed: Mapping[str, datetime]) -> dict[str, int]:
    """Return the characters of the inline policies of each principal of *changed*, which has when it last changed, by ARN.

    Who is not in the result is not known: not collected since that change, or with a document that cannot be read. Counted
    is minified JSON, of which AWS counts no more (domain.md §4).
    """
    captured = {row["arn"]: row["captured_at"] for row in engine.query(_CAPTURED).to_pylist()}
    known = {arn for arn, at in changed.items() if arn in captured and captured[arn] > at}
    documents: defaultdict[str, list[str | None]] = defaultdict(list)
    for row in engine.query(_INLINE).to_pylist() if known else ():
        documents[row["holder_arn"]].append(row["document"])
    counted = {arn: _characters(documents[arn]) for arn in known}
    return {arn: count for arn, count in sorted(counted.items()) if count is not None}


def fits_inline(holder: Holder, today: int | None, more: int) -> bool:
    """Whether *more* characters fit beside those of *today*; no when those are not known: AWS would refuse the call."""
    return today is not None and today + more <= INLINE_TOTAL.get(holder.kind, 0)


def _characters(documents: list[str | None]) -> int | None:
    try:
        bodies = [json.loads(document or "") for document in documents]
    except (ValueError, RecursionError):
        return None
    return sum(len(json.dumps(body, ensure_ascii=False, separators=(",", ":"))) for body in bodies)
