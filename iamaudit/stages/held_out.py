"""The hold-outs that the lake remembers, as a certificate tells them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from iamaudit.engine.duck import Engine
from iamaudit.recommend.score import HeldOut, Score


def held_out(engine: Engine) -> dict[str, HeldOut]:
    """Return the latest hold-out of each principal that was ever in one."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in engine.table("held_out_scores").to_pylist():
        rows.setdefault(row["principal"], []).append(row)
    return {arn: _of(found) for arn, found in rows.items()}


def _of(rows: list[dict[str, Any]]) -> HeldOut:
    names = [entry.name for entry in fields(Score)]
    ordered = sorted(rows, key=lambda row: int(row["learn_days"]))
    # a count that an earlier version did not keep is empty
    scores = tuple(Score(**{name: row[name] or 0 for name in names}) for row in ordered)
    return HeldOut(rows[0]["captured_at"], scores, rows[0]["advice"])
