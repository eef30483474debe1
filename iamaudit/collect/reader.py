"""One account's AWS, read only: a refused call is a gap, every other failure is raised."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from iamaudit.collect.capture import Missing
from iamaudit.collect.settings import SECRET
from iamaudit.errors import SourceError

REFUSED: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
# IAM and Organizations throttle early; adaptive mode slows the client down instead of failing.
_CONFIG: Final = Config(retries={"mode": "adaptive", "max_attempts": 10}, user_agent_extra="iamaudit")
_LEFT_OUT: Final = SECRET | {"ResponseMetadata"}


@dataclass(slots=True)
class Reader:
    """Calls AWS for one account; `missing` grows with every refused call.

    `credentials` are the keys of an assumed role as `client` takes them, empty for the session's own. All accounts
    share one session, because loading AWS's service models again costs more than the calls; the lock is for it.
    """

    session: boto3.Session
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    lock: Lock = field(default_factory=Lock)
    missing: list[Missing] = field(default_factory=list)
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict)

    @property
    def region(self) -> str:
        """The session's region; global services need one too, and any of the partition will do."""
        return str(self.session.region_name or "us-east-1")

    def read(
        self, service: str, operation: str, *, what: str, region: str | None = None, **parameters: Any
    ) -> dict[str, Any] | None:
        """Return the answer of a read call as the AWS CLI prints it, all pages in one; None when AWS refuses.

        *operation* is boto3's name (`list_roots`), *what* is the gap's name when AWS refuses. Raises SourceError when
        AWS does not answer after the retries, or answers with any other error.
        """
        try:
            return self.call(service, operation, region=region, **parameters)
        except ClientError as error:
            if not self.note_refusal(service, operation, error, what=what):
                raise unanswered(service, operation, error) from error
            return None

    def note_refusal(self, service: str, operation: str, error: ClientError, *, what: str) -> bool:
        """Add the gap of a refused call to `missing`; return False when *error* is no refusal."""
        if code_of(error) not in REFUSED:
            return False
        permission = self.permission(service, operation)
        why = f"AWS answered `{code_of(error)}`: allow `{permission}` to the collecting principal"
        self.missing.append(Missing(what, why))
        return True

    def call(self, service: str, operation: str, *, region: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Like `read`, but ClientError passes: for calls whose errors are answers. Raises SourceError and ClientError."""
        try:
            client = self._client(service, region or self.region)
            if client.can_paginate(operation):
                answer = client.get_paginator(operation).paginate(**parameters).build_full_result()
            else:
                answer = getattr(client, operation)(**parameters)
        except BotoCoreError as error:
            raise unanswered(service, operation, error) from error
        plain: dict[str, Any] = _plain(answer)
        return plain

    def permission(self, service: str, operation: str) -> str:
        """Return the IAM action of a call: `iam:GetAccountSummary`; `sso:ListInstances` is a call of `sso-admin`."""
        meta = self._client(service, self.region).meta
        return f"{meta.service_model.signing_name}:{meta.method_to_api_mapping[operation]}"

    def _client(self, service: str, region: str) -> Any:
        if (service, region) not in self._clients:
            with self.lock:
                self._clients[service, region] = self.session.client(
                    service, region_name=region, config=_CONFIG, **self.credentials
                )
        return self._clients[service, region]


def code_of(error: ClientError) -> str:
    """Return AWS's error code."""
    return str(error.response.get("Error", {}).get("Code", ""))


def unanswered(service: str, operation: str, error: Exception) -> SourceError:
    """Return the error for a call that AWS did not answer."""
    return SourceError(
        f"AWS did not answer `{service} {operation}`: {error}; check credentials, region and network, then try again"
    )


def _plain(value: Any) -> Any:
    """Return an answer as the AWS CLI prints it: ISO times, base64 bytes, no transport metadata, no seeds."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if key not in _LEFT_OUT}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value
