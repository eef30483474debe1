"""A lake made of given records, for laws: objects in a folder, ingested, and asked."""

from __future__ import annotations

import copy
import gzip
import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from iamaudit.config import Settings
from iamaudit.lake.lake import create_lake, find_lake
from iamaudit.lake.schema import STATE_SCHEMAS
from iamaudit.lake.state import write_state
from iamaudit.lake.store import LocalStore
from iamaudit.stages.ingest import ingest
from iamaudit.stages.usage import update_usage
from iamaudit.stages.workbench import engine_on

ACCOUNT = "111122223333"
AS_OF = datetime(2026, 11, 5, tzinfo=UTC)
WINDOW = Settings(window_days=4)  # 2026-11-01 to 2026-11-04
NO_USAGE_KEY = ("dt", "account_id", "principal", "action", "resource", "outcome", "evidence")


class SmallLake:
    """A lake in a temporary folder; use it as a context."""

    def __init__(self):
        self.folder = TemporaryDirectory()
        self.root = Path(self.folder.name)
        self.lake = create_lake(self.root / "lake")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def copy(self):
        """Return another lake that holds the same, the roll-up made: cheaper than to read everything again."""
        update_usage(self.lake)
        twin = copy.copy(self)
        twin.folder = TemporaryDirectory()
        twin.root = Path(twin.folder.name)
        shutil.copytree(self.root / "lake", twin.root / "lake")
        twin.lake = find_lake(twin.root / "lake")
        return twin

    def write(self, objects, *, into="logs"):
        """Write objects, given as lists of records or as bytes, and return their folder."""
        folder = self.root / into
        folder.mkdir(exist_ok=True)
        for number, entry in enumerate(objects):
            data = entry if isinstance(entry, bytes) else json.dumps({"Records": entry}).encode()
            (folder / f"{number:03}.json.gz").write_bytes(gzip.compress(data, mtime=0))
        return folder

    def ingest(self, objects, *, into="logs"):
        """Write objects and read them into the lake."""
        return ingest([self.write(objects, into=into)], self.lake)

    def engine(self):
        """Return the engine over the lake."""
        return engine_on(self.lake, WINDOW, AS_OF)

    def events(self):
        """Return the events, each once, without where they came from, in a fixed order."""
        with self.engine() as engine:
            rows = engine.table("stg_events").to_pylist()
        return sorted(
            ({n: v for n, v in row.items() if n not in {"source_key", "batch_id"}} for row in rows),
            key=lambda row: row["event_id"],
        )

    def usage(self):
        """Return the roll-up's rows in a fixed order."""
        with self.engine() as engine:
            return sorted(engine.table("usage").to_pylist(), key=str)

    def counts(self):
        """Return {key of a use: count}."""
        found = {}
        for row in self.usage():
            key = tuple(row[name] for name in NO_USAGE_KEY)
            found[key] = found.get(key, 0) + row["count"]
        return found

    def states(self):
        """Return {(principal, action): state} of what is granted or used."""
        with self.engine() as engine:
            return {(r["principal"], r["action"]): r["state"] for r in engine.table("grant_states").to_pylist()}

    def contents(self):
        """Return every object of the lake, without what a listing said of the files it was made from."""
        store = LocalStore(self.root / "lake")
        return {key: re.sub(rb'"version": "[^"]*"', b"", store.read(key)) for key in store.list("")}

    def collect(self, users, document):
        """Give the account some users that all hold *document*."""
        moment = AS_OF
        tables = {
            "principals": [
                {
                    "account_id": ACCOUNT,
                    "arn": f"arn:aws:iam::{ACCOUNT}:user/{name}",
                    "kind": "user",
                    "name": name,
                    "principal_id": f"AIDA{name.upper()}",
                }
                for name in users
            ],
            "policies": [
                {
                    "account_id": ACCOUNT,
                    "policy_id": f"arn:aws:iam::{ACCOUNT}:policy/p",
                    "name": "p",
                    "kind": "customer",
                    "document": json.dumps(document),
                }
            ],
            "attachments": [
                {
                    "account_id": ACCOUNT,
                    "holder_arn": f"arn:aws:iam::{ACCOUNT}:user/{name}",
                    "policy_id": f"arn:aws:iam::{ACCOUNT}:policy/p",
                }
                for name in users
            ],
        }
        write_state(
            self.lake,
            {
                kind: pa.Table.from_pylist([{"captured_at": moment, **row} for row in rows], schema=STATE_SCHEMAS[kind])
                for kind, rows in tables.items()
            },
            captured_at=moment,
            accounts={ACCOUNT: {"users": len(users)}},
            missing=(),
        )
