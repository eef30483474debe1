"""Asking AWS until it answers: bounded tries with jittered exponential pauses, then one clear error.

What may pass by itself is tried again: 429, 500, 502, 503, 504, throttling in all its spellings, dropped connections,
bodies that end too early, and listings that contradict themselves. Everything else is told at once.
"""

from __future__ import annotations

import errno
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
    UnknownServiceError,
)
from urllib3.exceptions import HTTPError

from iamaudit.errors import ConfigError, SourceError

T = TypeVar("T")

_PASSING_STATUS: Final = frozenset({429, 500, 502, 503, 504})
_PASSING_CODES: Final = frozenset(
    {
        "BandwidthLimitExceeded",
        "ConditionalRequestConflict",
        "InternalError",
        "InternalFailure",
        "OperationAborted",
        "PriorRequestNotComplete",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottledException",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_LASTING: Final = (
    CredentialRetrievalError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
    UnknownServiceError,
)
_DISK: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES})
_EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "InvalidAccessKeyId", "InvalidClientTokenId"})
_chance = secrets.SystemRandom()


class NotThereError(SourceError):
    """AWS answered that there is no such thing."""


class TakenError(SourceError):
    """There is already an object under that key."""


class ContradictionError(Exception):
    """An answer that cannot be the whole truth: cut off, or repeated. Asking again may help."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often to ask, and how long to wait between: about half a minute in all."""

    attempts: int = 7
    first_seconds: float = 0.25
    longest_seconds: float = 15.0
    sleep: Callable[[float], None] = time.sleep

    def wait(self, attempt: int) -> None:
        """Pause after failed attempt number *attempt*: a random part of twice as long as the time before."""
        longest = min(self.longest_seconds, self.first_seconds * 2 ** (attempt - 1))
        self.sleep(_chance.uniform(longest / 4, longest))


def ask(call: Callable[[], T], what: str, *, allow: str, patience: Patience) -> T:
    """Return what *call* returns, tried again while its failure may pass.

    *what* begins the message of an error (`cannot read …`), *allow* is the permission to name when AWS refuses. Raises
    `NotThereError`, `TakenError`, `ConfigError` without usable credentials, `SourceError` for all else.
    """
    for attempt in range(1, patience.attempts + 1):
        try:
            return call()
        except (ClientError, BotoCoreError, HTTPError, OSError, ContradictionError) as error:
            if not _may_pass(error):
                raise _told(error, what, allow) from error
            if attempt == patience.attempts:
                raise SourceError(
                    f"{what}: after {attempt} tries, {_in_words(error)}; check the network and try again later"
                ) from error
            patience.wait(attempt)
    raise ConfigError(f"{what}: `{patience.attempts}` tries are too few; give 1 or more")


def _may_pass(error: Exception) -> bool:
    if isinstance(error, ClientError):
        return _status(error) in _PASSING_STATUS or code_of(error) in _PASSING_CODES
    if isinstance(error, OSError):
        return error.errno not in _DISK
    return not isinstance(error, _LASTING)


def _told(error: Exception, what: str, allow: str) -> Exception:
    if isinstance(error, OSError):
        return SourceError(f"{what}: {_in_words(error)}; free some space for temporary files")
    if not isinstance(error, ClientError):
        return ConfigError(f"{what}: {_in_words(error)}; name a profile, or check `aws sts get-caller-identity`")
    code, status = code_of(error), _status(error)
    if status == 412:
        return TakenError(f"{what}: there is already an object")
    if status == 404 or code in {"NoSuchKey", "NoSuchBucket", "AWS.SimpleQueueService.NonExistentQueue"}:
        return NotThereError(f"{what}: AWS answered `{code}`; check the name, the region and the endpoint")
    if code in _EXPIRED:
        return ConfigError(f"{what}: AWS answered `{code}`; renew the credentials")
    if status in {401, 403}:
        return SourceError(f"{what}: AWS answered `{code}`; allow `{allow}` to the reading principal")
    return SourceError(f"{what}: AWS answered {_in_words(error)}; check the place and the arguments")


def code_of(error: ClientError) -> str:
    """Return AWS's error code."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _in_words(error: Exception) -> str:
    if isinstance(error, ClientError):
        return f"`{code_of(error)}` ({_status(error)})"
    return f"{error}".strip().rstrip(".") or type(error).__name__
