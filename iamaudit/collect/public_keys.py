"""The public keys of CloudTrail's digests, from AWS: region by region, as they are needed."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from iamaudit.errors import SourceError

Keys = dict[str, tuple[str, ...]]
_PAUSES: Final = (1.0, 4.0)  # seconds before it is asked again


@dataclass(slots=True)
class RegionalKeys:
    """Asks `ListPublicKeys` of a region once for the whole time, and again for a time that this did not bring.

    *client* gives the CloudTrail client of a region; *start* and *end* span what will be asked for.
    """

    client: Callable[[str], Any]
    start: datetime
    end: datetime
    sleep: Callable[[float], None] = time.sleep
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
        for entry in self._listed(region, start, end):
            value = base64.b64encode(entry["Value"]).decode("ascii")
            before = known.get(entry["Fingerprint"], ())
            known[entry["Fingerprint"]] = before if value in before else (*before, value)
        self._asked.add((region, start, end))

    def _listed(self, region: str, start: datetime, end: datetime) -> list[dict[str, Any]]:
        for pause in (*_PAUSES, None):
            try:
                pages = self.client(region).get_paginator("list_public_keys").paginate(StartTime=start, EndTime=end)
                return [entry for page in pages for entry in page["PublicKeyList"]]
            except (BotoCoreError, ClientError) as error:
                if pause is None or _is_refused(error):
                    raise SourceError(
                        f"AWS does not tell the public keys of `{region}`: {error}; allow "
                        "`cloudtrail:ListPublicKeys`, or give the keys with `--public-keys FILE`"
                    ) from error
                self.sleep(pause)
        return []


def _is_refused(error: Exception) -> bool:
    """Say whether asking again cannot help."""
    return (
        isinstance(error, ClientError)
        and error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        in {
            400,
            403,
        }
        and error.response.get("Error", {}).get("Code") not in {"ThrottlingException", "Throttling"}
    )
