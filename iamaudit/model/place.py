"""A place that a user names, and as whom AWS is asked for what is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from iamaudit.errors import ConfigError

Place = str | Path  # a folder or a file, or a URL such as `s3://bucket/prefix`


@dataclass(frozen=True, slots=True)
class AwsAccess:
    """How to reach AWS; what is not given is taken from AWS's own settings, as the AWS CLI does."""

    profile: str | None = None
    role_arn: str | None = None  # assumed to read the logs, never for the lake
    region: str | None = None
    endpoint_url: str | None = None  # another server that speaks AWS's protocols
    requester_pays: bool = False

    def __post_init__(self) -> None:
        for name in ("profile", "role_arn", "region", "endpoint_url"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, str) or not value):
                raise ConfigError(f"`{name}` is `{value}`: give a text in quotes")
        if not isinstance(self.requester_pays, bool):
            raise ConfigError(f"`requester_pays` is `{self.requester_pays}`: give true or false")
        if self.role_arn is not None and not self.role_arn.startswith("arn:"):
            raise ConfigError(
                f"`role_arn` is `{self.role_arn}`: give the role's ARN, like `arn:aws:iam::111122223333:role/reader`"
            )


def is_url(place: Place) -> bool:
    """Say whether the place is elsewhere than in the file system."""
    return "://" in str(place)


def bucket_and_prefix(place: str) -> tuple[str, str]:
    """Return the two parts of `s3://bucket/prefix`; raise `ConfigError` when it is none."""
    scheme, _, rest = place.partition("://")
    bucket, _, prefix = rest.partition("/")
    if scheme != "s3" or not bucket:
        raise ConfigError(f"`{place}` is not a place in S3: write it like `s3://bucket/prefix`")
    return bucket, prefix
