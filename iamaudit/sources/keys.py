"""The names of log objects, for the sources: see `lake/layout.py`, where the ledger's rules are."""

from __future__ import annotations

from iamaudit.lake.layout import delivery_day, ledger_key

__all__ = ["delivery_day", "ledger_key"]
