"""Shapes, the columns of calls, to the rows of the roll-up: each caller and each call is worked out once.

The slow and obvious way is `map_record` for every record; here nothing is worked out that was worked out before, even
for a call that differs in what the mapping does not look at.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from iamaudit.model.arn import partition_of
from iamaudit.model.usage import Outcome, PrincipalKind, Use
from iamaudit.usage.attribute import attribute
from iamaudit.usage.call import Call
from iamaudit.usage.callers import CALLER_COLUMNS, Caller, caller_of
from iamaudit.usage.distinct import distinct
from iamaudit.usage.map import map_call, no_uses_reason
from iamaudit.usage.outcome import may_be_rehearsal, outcome
from iamaudit.usage.traces import Traces, WatchedCall, WatchedRecord

CALL_COLUMNS = (
    "event_source",
    "event_name",
    "event_type",
    "aws_region",
    "account_id",
    "error_code",
    "error_message",
    "resources",
    "request_parameters",
    "response_elements",
)
SHAPE_COLUMNS = ("shape", *CALLER_COLUMNS, *CALL_COLUMNS)
WHO_COLUMNS = ("account_id", "principal", "principal_id", "principal_kind", "via", "actor_kind", "actor")
USE_COLUMNS = ("action", "resource", "outcome", "evidence", "confidence", "conditions")
_CODED = pa.dictionary(pa.int32(), pa.string())
MAPPED_SCHEMA = pa.schema([("shape", pa.int64()), *((name, _CODED) for name in (*WHO_COLUMNS, *USE_COLUMNS))])
MOST_KEPT = 200_000  # answers that are remembered from one page of shapes to the next


class ShapeMapper:
    """Maps pages of shapes; what was worked out for one page serves the next."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._whos: dict[tuple[str | None, ...], int] = {}
        self._uses: list[list[str | None]] = [[] for _ in USE_COLUMNS]
        self._spans: dict[tuple[str, str, Outcome], Traces[tuple[int, int]]] = {}
        self._free: dict[tuple[str, str, str | None, Outcome, bool], bool] = {}

    def rows(self, shapes: pa.Table) -> pa.Table:
        """Return one row per (shape, action, resource) of `MAPPED_SCHEMA`, for a table of `SHAPE_COLUMNS`."""
        if len(self._uses[0]) + len(self._whos) > MOST_KEPT:
            self._forget()
        if not shapes.num_rows:
            return MAPPED_SCHEMA.empty_table()
        by_caller, by_call = (distinct([shapes[name] for name in group]) for group in (CALLER_COLUMNS, CALL_COLUMNS))
        pairs = distinct([pa.array(by_caller.numbers), pa.array(by_call.numbers)])
        callers = [
            caller_of(dict(zip(CALLER_COLUMNS, values, strict=True)))
            for values in _values(shapes, CALLER_COLUMNS, by_caller.firsts)
        ]
        calls = [_Call(values) for values in _values(shapes, CALL_COLUMNS, by_call.firsts)]
        found = [
            self._map(callers[caller], calls[call])
            for caller, call in zip(
                by_caller.numbers[pairs.firsts].tolist(), by_call.numbers[pairs.firsts].tolist(), strict=True
            )
        ]
        who, start, stop = np.array(found, np.int64).T
        return self._table(shapes["shape"], who[pairs.numbers], start[pairs.numbers], stop[pairs.numbers])

    def _map(self, caller: Caller, call: _Call) -> tuple[int, int, int]:
        """Return the number of who called, and from which to which row of the uses the call's own stand."""
        who = caller.found.find(call.texts)
        if who is None:
            watched = WatchedRecord({**call.record, "userIdentity": caller.identity})
            who = attribute(watched)
            caller.found.keep(watched.read - {"userIdentity"}, call.texts, who)
        row = (who.account_id or call.account_id, who.arn or who.id or who.kind.value, who.id, who.kind.value)
        actor = (caller.actor.kind.value if caller.actor.kind else None, caller.actor.name)
        number = self._whos.setdefault((*row, caller.via, *actor), len(self._whos))
        ended = call.ended
        key = (call.event_source, call.event_name, call.event_type, ended, who.kind is PrincipalKind.SERVICE)
        is_free = self._free.get(key)
        if is_free is None:
            plain = Call(call.event_source, call.event_name)
            is_free = self._free[key] = no_uses_reason(call.record, who, ended, plain) is not None
        if is_free:
            return number, 0, 0
        fields = call.fields
        fields["invoked_by"], fields["identity_arn"] = caller.of_call.invoked_by, caller.of_call.identity_arn
        fields["account_id"] = call.account_id or caller.of_call.account_id
        traces = self._spans.setdefault((*key[:2], ended), Traces())
        span = traces.find(fields)
        if span is None:
            watched_call = WatchedCall(call.event_source, call.event_name, call.make)
            span = self._keep(map_call(watched_call, ended), ended)
            traces.keep(watched_call.read, fields, span)
        return number, *span

    def _keep(self, uses: Sequence[Use], ended: Outcome) -> tuple[int, int]:
        start = len(self._uses[0])
        for use in uses:
            conditions = json.dumps(dict(use.conditions), sort_keys=True) if use.conditions else None
            confidence = "either" if use.is_alternative else use.confidence
            for resource in use.resources:
                row = (use.action, resource, ended.value, use.evidence, confidence, conditions)
                for column, value in zip(self._uses, row, strict=True):
                    column.append(value)
        return start, len(self._uses[0])

    def _table(
        self,
        shapes: pa.ChunkedArray,
        who: npt.NDArray[np.int64],
        start: npt.NDArray[np.int64],
        stop: npt.NDArray[np.int64],
    ) -> pa.Table:
        counts = stop - start
        # the place of each row among those of its shape, added to where the shape's uses start
        places = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        uses = pa.array((np.repeat(start, counts) + places).astype(np.int32))
        whos = pa.array(np.repeat(who, counts).astype(np.int32))
        columns = [pa.array(np.repeat(shapes.to_numpy(), counts))]
        columns += [_coded(whos, values) for values in zip(*self._whos, strict=True)]
        columns += [_coded(uses, values) for values in self._uses]
        return pa.table(columns, schema=MAPPED_SCHEMA)


def _coded(codes: pa.Array, values: Sequence[str | None]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(codes, pa.array(values, pa.string()))


_RECORD = {
    "eventType": "event_type",
    "eventSource": "event_source",
    "eventName": "event_name",
    "awsRegion": "aws_region",
    "errorCode": "error_code",
    "errorMessage": "error_message",
    "responseElements": "response_elements",
}


class _Call:
    """One distinct call: its columns, the record they stand for, and the fields that a call is made of."""

    __slots__ = (
        "_parsed",
        "account_id",
        "ended",
        "event_name",
        "event_source",
        "event_type",
        "fields",
        "record",
        "texts",
    )

    def __init__(self, values: tuple[str | None, ...]) -> None:
        columns = dict(zip(CALL_COLUMNS, values, strict=True))
        self.event_source, self.event_name = columns["event_source"] or "", columns["event_name"] or ""
        self.event_type, self.account_id = columns["event_type"], columns["account_id"]
        region = columns["aws_region"] or "us-east-1"
        self.fields: dict[str, Any] = {
            "region": region,
            "partition": partition_of(region),
            "account_id": "",
            "error_code": columns["error_code"] or "",
            "error_message": columns["error_message"] or "",
            "request": columns["request_parameters"],
            "response": columns["response_elements"],
            "resources": columns["resources"],
            "invoked_by": "",
            "additional": None,
            "identity_arn": "",
        }
        self._parsed: dict[str, Any] = {}
        self.texts = {name: columns[column] for name, column in _RECORD.items()}
        self.record: dict[str, Any] = {**self.texts, "responseElements": self.make("response")}
        if may_be_rehearsal(columns["request_parameters"]):
            self.record["requestParameters"] = self.make("request")
        self.ended = outcome(self.record)

    def make(self, name: str) -> Any:
        """Return a field as a call has it: what is kept as JSON is taken apart."""
        value = self.fields[name]
        if value is None or name not in {"request", "response", "resources"}:
            return value
        if name not in self._parsed:
            parsed = json.loads(value)
            if name == "resources":
                parsed = [{"ARN": one["arn"], "accountId": one["account_id"], "type": one["type"]} for one in parsed]
            self._parsed[name] = parsed
        return self._parsed[name]


def _values(shapes: pa.Table, names: Sequence[str], rows: npt.NDArray[np.int64]) -> zip[tuple[str | None, ...]]:
    taken = shapes.select(list(names)).take(pa.array(rows))
    return zip(*(column.to_pylist() for column in taken.columns), strict=True)
