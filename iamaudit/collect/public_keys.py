"""The public keys of CloudTrail's digests, from AWS: region by region, as they are needed."""

from __future__ import annotations

import base64
import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from iamaudit.errors import SourceError

Keys = dict[str, tuple[str, ...]]


@dataclass(slots=True)
class RegionalKeys:
    """Asks `ListPublicKeys` of a region once for the whole time, and again for a time that this did not bring.

    *start* and *end* span what will be asked for; a key is looked for there first.
    """

    session: boto3.Session
    start: datetime
    end: datetime
    _known: dict[str, Keys] = field(default_factory=dict)
    _asked: set[tuple[str, datetime, datetime]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, region: str, fingerprint: str, *, start: datetime, end: datetime) -> tuple[str, ...]:
        """Return the keys of that fingerprint as base64 of DER; raise `SourceError` when AWS does not answer."""
        with self._lock:
            for window in ((self.start, self.end), (start, end)):
                self._ask(region, *window)
                if found := self._known[region].get(fingerprint):
                    return found
            return ()

    def _ask(self, region: str, start: datetime, end: datetime) -> None:
        if (region, start, end) in self._asked:
            return
        known = self._known.setdefault(region, {})
        for entry in _listed(self.session, region, start, end):
            value = base64.b64encode(entry["Value"]).decode("ascii")
            known[entry["Fingerprint"]] = (*known.get(entry["Fingerprint"], ()), value)
        self._asked.add((region, start, end))


def _listed(session: boto3.Session, region: str, start: datetime, end: datetime) -> list[dict[str, Any]]:
    try:
        client = session.client("cloudtrail", region_name=region)
        pages = client.get_paginator("list_public_keys").paginate(StartTime=start, EndTime=end)
        return [entry for page in pages for entry in page["PublicKeyList"]]
    except (BotoCoreError, ClientError) as error:
        raise SourceError(
            f"AWS does not tell the public keys of `{region}`: {error}; allow `cloudtrail:ListPublicKeys`, or give "
            "the keys with `--public-keys FILE`"
        ) from error
