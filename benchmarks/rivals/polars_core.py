"""Polars: the typed core only. Its JSON reader refuses an object where the schema says String, so no nested part is kept."""

from __future__ import annotations

import os

os.environ["POLARS_MAX_THREADS"] = "1"  # two processes: one thread each

from collections.abc import Sequence
from pathlib import Path

import polars as pl
from isal import igzip
from objects import main

_TEXTS = "eventID eventTime eventVersion eventSource eventName eventType eventCategory awsRegion recipientAccountId errorCode"
_TEXTS += " errorMessage sourceIPAddress userAgent requestID sharedEventID vpcEndpointId"
_IDENTITY = dict.fromkeys(
    ["type", "arn", "principalId", "accountId", "accessKeyId", "userName", "invokedBy"], pl.String
)
_SESSION = pl.Struct(
    {
        "sessionIssuer": pl.Struct({"type": pl.String, "arn": pl.String, "principalId": pl.String}),
        "attributes": pl.Struct({"mfaAuthenticated": pl.String, "creationDate": pl.String}),
    }
)
_RECORD = pl.Struct(
    dict.fromkeys(_TEXTS.split(), pl.String)
    | {
        "readOnly": pl.Boolean,
        "userIdentity": pl.Struct({**_IDENTITY, "sessionContext": _SESSION}),
        "resources": pl.List(pl.Struct({"ARN": pl.String, "accountId": pl.String, "type": pl.String})),
    }
)


def work(objects: Sequence[Path], target: Path) -> int:
    """Write the core columns of *objects* to one Parquet file."""
    frames = [
        pl.read_json(igzip.decompress(path.read_bytes()), schema={"Records": pl.List(_RECORD)})
        .explode("Records")
        .unnest("Records")
        .with_columns(source_key=pl.lit(path.name))
        for path in objects
    ]
    frame = pl.concat(frames).with_columns(
        pl.col("eventTime").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us"),
    )
    frame.unnest("userIdentity").write_parquet(target, compression="zstd", compression_level=1)
    return frame.height


if __name__ == "__main__":
    main(work)
