"""AWS Config's configuration items: a function from bytes to an Arrow table, with its books (domain.md §5)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from iamaudit.formats.config_envelopes import Item, items_of
from iamaudit.formats.config_members import columns_of
from iamaudit.formats.masking import mask_bytes
from iamaudit.formats.pieces import Broken, Ignored
from iamaudit.formats.values import UnusableError
from iamaudit.lake.schema import schema_of
from iamaudit.model.tables import CONFIG_ITEMS
from iamaudit.model.tally import Tally

CONFIG_ITEMS_SCHEMA = schema_of(CONFIG_ITEMS)
MAX_ITEM = 32 << 20  # bytes; a notification over 256 KB comes as a file, and no resource's state is near this
# `<account>/Config/<region>/…` below AWSLogs, or the name that Config gives its files.
_ACCOUNT_IN_KEY = re.compile(r"(?:^|/)(\d{12})(?:/Config/|_Config_)")
_CHECK_FILE = "ConfigWritabilityCheckFile"


@dataclass(frozen=True, slots=True)
class ConfigRows:
    """What came out of one object: rows of `CONFIG_ITEMS_SCHEMA`, what was set aside, and what held no item."""

    rows: pa.Table
    records_in: int
    broken: tuple[Broken, ...]
    ignored: Mapping[str, int]  # reason -> count

    @property
    def tally(self) -> Tally:
        """The object's books."""
        aside = Counter(piece.reason for piece in self.broken)
        return Tally(self.records_in, self.rows.num_rows, dict(self.ignored), dict(aside))


def config_rows(data: bytes, *, source_key: str = "", batch_id: str = "") -> ConfigRows:
    """Decode the unzipped bytes of one object of AWS Config, in any shape of `config_envelopes.items_of`.

    Every item is a row or is set aside with its bytes; a message without an item is ignored with its reason. An item
    that names no account gets the one of *source_key*. Raises `UnreadableObjectError` when the whole is not JSON.
    """
    if source_key.rpartition("/")[2] == _CHECK_FILE:
        return ConfigRows(CONFIG_ITEMS_SCHEMA.empty_table(), 1, (), {"writability_check": 1})
    named = _ACCOUNT_IN_KEY.search(source_key)
    rows: list[dict[str, Any]] = []
    broken: list[Broken] = []
    ignored: Counter[str] = Counter()
    for piece in items_of(data):
        match piece:
            case Ignored():
                ignored[piece.reason] += piece.count
            case Broken():
                broken.append(Broken(piece.reason, mask_bytes(piece.data)))
            case Item():
                try:
                    row = _row(piece)
                except UnusableError as why:
                    broken.append(Broken(str(why), mask_bytes(piece.text)))
                    continue
                row["account_id"] = row["account_id"] or (named and named[1])
                rows.append({**row, "source_key": source_key, "batch_id": batch_id})
    table = pa.Table.from_pylist(rows, schema=CONFIG_ITEMS_SCHEMA)
    return ConfigRows(table, len(rows) + len(broken) + ignored.total(), tuple(broken), dict(ignored))


def _row(item: Item) -> dict[str, Any]:
    if len(item.text) > MAX_ITEM:
        raise UnusableError("record_too_large")
    try:
        return columns_of(item.members, item.around)
    except RecursionError as error:
        raise UnusableError("nested_too_deeply") from error
    except UnicodeError as error:
        raise UnusableError("invalid_utf8") from error
