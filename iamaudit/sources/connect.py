"""A boto3 client for a user's access: profile, assumed role, region, endpoint."""

from __future__ import annotations

from threading import Lock
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialProvider,
    CredentialResolver,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import BotoCoreError
from botocore.session import get_session

from iamaudit.errors import ConfigError
from iamaudit.model.place import AwsAccess

_SECONDS_TO_CONNECT: Final = 10
_SECONDS_WITHOUT_A_BYTE: Final = 60
_CONNECTIONS: Final = 32


class Connection:
    """Clients for one access, each made when it is first asked for; goes to another process without them."""

    def __init__(self, access: AwsAccess) -> None:
        self.access = access
        self._lock = Lock()
        self._session: boto3.Session | None = None
        self._clients: dict[tuple[str, str | None], Any] = {}

    def client(self, service: str, region: str | None = None) -> Any:
        """Return the client of a service; several threads may use it. Raises `ConfigError` for an unusable access."""
        with self._lock:
            if (service, region) not in self._clients:
                try:
                    if self._session is None:
                        self._session = _session(self.access)
                    self._clients[service, region] = self._session.client(
                        service,
                        region_name=region or self._session.region_name or "us-east-1",
                        endpoint_url=self.access.endpoint_url,
                        config=_config(self.access),
                    )
                except (BotoCoreError, ValueError) as error:
                    raise ConfigError(
                        f"cannot use the AWS access: {str(error).rstrip('.')}; check profile, region and endpoint"
                    ) from error
            return self._clients[service, region]

    def __reduce__(self) -> tuple[type[Connection], tuple[AwsAccess]]:
        return Connection, (self.access,)


def _config(access: AwsAccess) -> Config:
    # `patience.py` asks again, so that the body of an answer counts too: botocore is told not to
    return Config(
        retries={"mode": "standard", "total_max_attempts": 1},
        connect_timeout=_SECONDS_TO_CONNECT,
        read_timeout=_SECONDS_WITHOUT_A_BYTE,
        max_pool_connections=_CONNECTIONS,
        user_agent_extra="iamaudit",
        s3={"addressing_style": "path"} if access.endpoint_url else None,
    )


def _session(access: AwsAccess) -> boto3.Session:
    own = boto3.Session(profile_name=access.profile, region_name=access.region)
    if access.role_arn is None:
        return own
    core = get_session()
    core.register_component("credential_provider", CredentialResolver([_Role(own, access)]))
    return boto3.Session(botocore_session=core, region_name=own.region_name)


class _Role(CredentialProvider):  # type: ignore[misc]  # botocore has no types
    """Credentials of an assumed role, renewed before they run out: a first ingest may take longer than they live."""

    METHOD = "iamaudit-role"

    def __init__(self, own: boto3.Session, access: AwsAccess) -> None:
        super().__init__()
        self._own = own
        self._access = access

    def load(self) -> DeferredRefreshableCredentials:
        """Return credentials that are fetched at first use."""
        fetcher = AssumeRoleCredentialFetcher(
            self._client,
            self._own.get_credentials(),
            self._access.role_arn,
            extra_args={"RoleSessionName": "iamaudit"},
        )
        return DeferredRefreshableCredentials(fetcher.fetch_credentials, self.METHOD)

    def _client(self, service: str, **keys: Any) -> Any:
        return self._own.client(
            service,
            region_name=self._own.region_name or "us-east-1",
            endpoint_url=self._access.endpoint_url,
            **keys,
        )
