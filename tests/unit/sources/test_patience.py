"""What may pass is tried again, with growing pauses, and everything else is told at once."""

import errno

import pytest
from botocore.exceptions import ClientError, NoCredentialsError, ParamValidationError, ReadTimeoutError

from iamaudit.errors import ConfigError, SourceError
from iamaudit.sources.patience import NotThereError, Patience, TakenError, ask


class Call:
    """A call that fails as told, then answers."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.times = 0

    def __call__(self) -> str:
        self.times += 1
        if self.failures:
            raise self.failures.pop(0)
        return "answer"


def answered(code: str, status: int) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "GetObject")


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def patience(pauses) -> Patience:
    return Patience(attempts=6, first_seconds=1, longest_seconds=10, sleep=pauses.append)


def test_pauses_grow_and_are_bounded_and_random(patience, pauses):
    call = Call(*[answered("SlowDown", 503)] * 5)

    assert "answer" == ask(call, "cannot read `x`", allow="s3:GetObject", patience=patience)

    assert all(least <= pause <= most for pause, least, most in zip(pauses, (0.25, 0.5, 1, 2, 2.5), (1, 2, 4, 8, 10)))  # noqa: B905  # five of each
    assert 5 == len(set(pauses))


@pytest.mark.parametrize(
    "failure",
    [
        answered("InternalError", 500),
        answered("Whatever", 502),
        answered("ThrottlingException", 400),
        answered("RequestTimeout", 400),
        answered("ConditionalRequestConflict", 409),
        ReadTimeoutError(endpoint_url="http://x"),
        ConnectionResetError(errno.ECONNRESET, "reset"),
    ],
)
def test_what_may_pass_is_tried_as_often_as_is_said(patience, failure):
    call = Call(*[failure] * 6)

    with pytest.raises(SourceError, match="cannot read `x`: after 6 tries"):
        ask(call, "cannot read `x`", allow="s3:GetObject", patience=patience)

    assert 6 == call.times


@pytest.mark.parametrize(
    ("failure", "kind", "words"),
    [
        (answered("NoSuchKey", 404), NotThereError, "check the name"),
        (answered("404", 404), NotThereError, "check the name"),
        (answered("PreconditionFailed", 412), TakenError, "there is already an object"),
        (answered("AccessDenied", 403), SourceError, "allow `s3:GetObject` to the reading principal"),
        (answered("ExpiredToken", 400), ConfigError, "renew the credentials"),
        (answered("InvalidArgument", 400), SourceError, "check the place and the arguments"),
        (NoCredentialsError(), ConfigError, "name a profile"),
        (ParamValidationError(report="bad"), ConfigError, "bad"),
        (OSError(errno.ENOSPC, "No space left on device"), SourceError, "free some space"),
    ],
)
def test_what_lasts_is_told_at_once(patience, pauses, failure, kind, words):
    call = Call(failure)

    with pytest.raises(kind, match=words):
        ask(call, "cannot read `x`", allow="s3:GetObject", patience=patience)

    assert (1, []) == (call.times, pauses)


def test_a_mistake_of_ours_is_not_hidden(patience):
    with pytest.raises(ZeroDivisionError):
        ask(lambda: 1 / 0, "cannot read `x`", allow="", patience=patience)
