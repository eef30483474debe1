"""IAM of one account, as the changes of a plan need it: documents are read as the very text that AWS holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.handlers import json_decode_policies

from iamaudit.errors import InputError, SourceError

# A call that changes something is sent again only when AWS says that it was throttled or never got it.
_GONE: Final = frozenset({"NoSuchEntity", "ResourceNotFoundException"})  # of IAM, of Identity Center
_CONFIG: Final = Config(retries={"mode": "standard", "max_attempts": 8}, user_agent_extra="iamaudit-apply")


@dataclass(frozen=True, slots=True)
class Call:
    """One call: boto3's operation (`put_role_policy`), its parameters, and the service when it is not IAM."""

    operation: str
    parameters: dict[str, Any]
    service: str = "iam"


class Account:
    """Calls IAM, and Identity Center. What is gone is None, every other failure is a SourceError with AWS's own words."""

    def __init__(self, client: Any, account_id: str, others: Callable[[str], Any] | None = None) -> None:
        """*others* gives the client of another service (`sso-admin`) when it is asked for."""
        self.account_id = account_id
        self._others = others
        self._clients = {"iam": client}
        # botocore would parse documents, and their text would be lost: a rollback restores it byte for byte
        client.meta.events.unregister("after-call.iam", json_decode_policies)

    def read(self, operation: str, *, service: str = "iam", **parameters: Any) -> dict[str, Any] | None:
        """Return the answer, all pages in one; None when there is no such thing."""
        try:
            client = self._client(service)
            if client.can_paginate(operation):
                answer = client.get_paginator(operation).paginate(**parameters).build_full_result()
            else:
                answer = getattr(client, operation)(**parameters)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _GONE:
                return None
            raise _failed(operation, error) from error
        except BotoCoreError as error:
            raise _failed(operation, error) from error
        return dict(answer)

    def make(self, call: Call) -> dict[str, Any]:
        """Change something and return AWS's answer. Raises SourceError."""
        try:
            return dict(getattr(self._client(call.service), call.operation)(**call.parameters))
        except (ClientError, BotoCoreError) as error:
            raise _failed(call.operation, error) from error

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            if self._others is None:
                raise SourceError(f"this account has no client for `{service}`: open it from a session")
            self._clients[service] = self._others(service)
        return self._clients[service]


def open_account(
    session: boto3.Session, account_id: str, *, role: str | None = None, partition: str = "aws"
) -> Account:
    """Return the account *account_id*: the session's own, or by *role* (a name with its path) assumed in it.

    Without an account the session's own is meant: permission sets are changed from the account that administers Identity
    Center, in the region of the session. Raises InputError when the session is of another account and no role is named, SourceError when AWS refuses.
    """
    try:
        sts = session.client("sts", config=_CONFIG, region_name=session.region_name or "us-east-1")
        own = str(sts.get_caller_identity()["Account"])
        keys: dict[str, str] = {}
        if account_id and own != account_id:
            if role is None:
                raise InputError(
                    f"the session is of account `{own}`, the plan is for `{account_id}`: name the role to assume there "
                    "with --role"
                )
            arn = f"arn:{partition}:iam::{account_id}:role/{role}"
            given = sts.assume_role(RoleArn=arn, RoleSessionName="iamaudit-apply")["Credentials"]
            keys = {
                "aws_access_key_id": given["AccessKeyId"],
                "aws_secret_access_key": given["SecretAccessKey"],
                "aws_session_token": given["SessionToken"],
            }
        region = session.region_name or "us-east-1"

        def client(service: str) -> Any:
            return session.client(service, config=_CONFIG, region_name=region, **keys)

        return Account(client("iam"), account_id or own, client)
    except (ClientError, BotoCoreError) as error:
        raise _failed("sts", error) from error


def text_of(document: object) -> str:
    """Return a policy document as the text that was put: on the wire it is percent-encoded, `+` is no blank."""
    return unquote(str(document))


def _failed(operation: str, error: Exception) -> SourceError:
    return SourceError(f"AWS refused `{operation}` or did not answer: {error}")
