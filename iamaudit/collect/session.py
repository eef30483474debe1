"""A boto3 session for a profile."""

from __future__ import annotations

import boto3
from botocore.exceptions import BotoCoreError

from iamaudit.errors import ConfigError


def open_session(profile: str | None) -> boto3.Session:
    """Return a session; raise `ConfigError` when there is no such profile."""
    try:
        return boto3.Session(profile_name=profile)
    except BotoCoreError as error:
        raise ConfigError(
            f"cannot use the AWS profile `{profile}`: {error}; `aws configure list-profiles` shows what there is"
        ) from error
