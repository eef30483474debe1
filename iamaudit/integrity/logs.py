"""One log object against the hash that a digest gives for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from iamaudit.errors import SourceError, UnreadableObjectError
from iamaudit.integrity.digest import HASH, LogFile
from iamaudit.integrity.source import SignedSource
from iamaudit.integrity.unzip import content_hash
from iamaudit.integrity.verdict import INVALID, UNVERIFIED, VALID
from iamaudit.ports import Listed

_WORST_FIRST = (INVALID, UNVERIFIED, VALID)


class Answer(NamedTuple):
    """Verdict and reason, and whether the source failed to give the object."""

    verdict: str
    reason: str
    is_unread: bool = False


def judge_log(source: SignedSource, entries: Sequence[Listed], named: LogFile) -> Answer:
    """Judge a log; of several objects of one name, the worst."""
    answers = [_judge(source, entry, named) for entry in entries]
    return min(answers, key=lambda answer: _WORST_FIRST.index(answer.verdict))


def _judge(source: SignedSource, entry: Listed, named: LogFile) -> Answer:
    if named.hash_algorithm != HASH:
        return Answer(INVALID, f"its digest gives a `{named.hash_algorithm}` hash, which CloudTrail does not use")
    try:
        with source.open(entry) as file:
            found = content_hash(file)
    except UnreadableObjectError as error:
        return Answer(INVALID, str(error))
    except SourceError as error:
        return Answer(UNVERIFIED, str(error), is_unread=True)
    if found != named.sha256:
        return Answer(INVALID, "tampered: its content is not what its digest says")
    return Answer(VALID, "")
