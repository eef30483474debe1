"""pandas + json, in the way of a notebook: a frame of records, `json_normalize` for the identity, columns by `map`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from objects import main, unzip
from rows import JSONS, KNOWN, SCHEMA, TEXTS

_dumps = partial(json.dumps, separators=(",", ":"), ensure_ascii=False)
_IDENTITY = {
    "identity_type": "type",
    "identity_arn": "arn",
    "principal_id": "principalId",
    "identity_account_id": "accountId",
    "access_key_id": "accessKeyId",
    "user_name": "userName",
    "issuer_arn": "sessionContext.sessionIssuer.arn",
    "issuer_type": "sessionContext.sessionIssuer.type",
    "issuer_id": "sessionContext.sessionIssuer.principalId",
    "source_identity": "sessionContext.sourceIdentity",
    "invoked_by": "invokedBy",
}
_SESSION = r":(?:assumed-role|federated-user)/(?:.*/)?([^/]+)$"


def work(objects: Sequence[Path], target: Path) -> int:
    """Write the events of *objects* to one Parquet file."""
    records = []
    for path in objects:
        records += [{**record, "source_key": path.name} for record in json.loads(unzip(path))["Records"]]
    given = pd.DataFrame(records)
    who = pd.json_normalize([identity or {} for identity in given["userIdentity"]])
    frame = pd.DataFrame({"source_key": given["source_key"], "batch_id": target.stem})
    for column, field in TEXTS.items():
        frame[column] = _column(given, field)
    for column, field in JSONS.items():
        frame[column] = _column(given, field).map(_dumps, na_action="ignore")
    frame["event_time"] = pd.to_datetime(given["eventTime"], utc=True)
    frame["read_only"] = _column(given, "readOnly").astype("boolean")
    frame["resources"] = _column(given, "resources").map(_resources, na_action="ignore")
    for column, field in _IDENTITY.items():
        frame[column] = _column(who, field)
    frame["session_name"] = frame["identity_arn"].str.extract(_SESSION, expand=False)
    mfa = _column(who, "sessionContext.attributes.mfaAuthenticated")
    frame["mfa_authenticated"] = mfa.map({"true": True, "false": False}).astype("boolean")
    frame["session_created_at"] = pd.to_datetime(_column(who, "sessionContext.attributes.creationDate"), utc=True)
    for column, field in {"on_behalf_of": "onBehalfOf", "in_scope_of": "inScopeOf"}.items():
        frame[column] = given["userIdentity"].map(partial(_part, field=field))
    unknown = [name for name in given if name not in KNOWN and name != "source_key"]
    others = given[unknown].astype(object).where(given[unknown].notna(), None).to_dict("records")
    frame["extra"] = [_dumps({n: value for n, value in row.items() if value is not None}) for row in others]
    frame.to_parquet(target, schema=SCHEMA, compression="zstd", compression_level=1, index=False)
    return len(frame)


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    return frame[name] if name in frame else pd.Series([None] * len(frame), dtype=object)


def _part(identity: Any, field: str) -> str | None:
    return _dumps(identity[field]) if isinstance(identity, dict) and field in identity else None


def _resources(listed: list[dict[str, str]]) -> list[dict[str, str | None]]:
    return [{"arn": r.get("ARN"), "account_id": r.get("accountId"), "type": r.get("type")} for r in listed]


if __name__ == "__main__":
    main(work)
