"""Log objects as S3 announces them through an SQS queue."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

from iamaudit.errors import InputError, SourceError
from iamaudit.lake.layout import ledger_key
from iamaudit.ports import Listed
from iamaudit.sources.connect import Connection
from iamaudit.sources.notifications import Notice, NotUnderstoodError, notices
from iamaudit.sources.patience import NotThereError, Patience, ask
from iamaudit.sources.s3 import S3

HIDDEN_SECONDS: Final = 1800  # others do not see a message for this long; extended while we are at work
_AT_ONCE: Final = 10  # messages a call, AWS's limit
_WAIT_SECONDS: Final = 2  # a long poll asks all of SQS's servers; a short one may miss messages
_MOST_MESSAGES: Final = 100_000  # SQS lets 120,000 be under way; the rest is for the next run


_Thing = tuple[str, str]  # path and ETag: an object that was written anew is another one


@dataclass(slots=True)
class _Message:
    """A message under way: its objects that are not committed yet."""

    handle: str
    waiting: set[_Thing]
    shown_again_at: float


@dataclass(slots=True)
class _Desk:
    """What is on the table between listing and committing; stays in the process that lists."""

    messages: dict[str, _Message] = field(default_factory=dict)  # by message id
    listed: dict[_Thing, set[str]] = field(default_factory=dict)  # object: ids of the messages that announce it
    finished: set[_Thing] = field(default_factory=set)
    not_understood: dict[str, str] = field(default_factory=dict)  # message id: why


@dataclass(frozen=True, slots=True)
class Queue:
    """A `LogSource` over a queue of notices. A message leaves the queue when all of its objects are committed.

    A message that cannot be understood is never deleted: it is among `problems`, and others can look at it.
    """

    url: str
    connection: Connection
    region: str | None = None
    patience: Patience = field(default_factory=Patience)
    hidden_seconds: int = HIDDEN_SECONDS
    wait_seconds: int = _WAIT_SECONDS
    now: Callable[[], float] = time.monotonic
    _desk: _Desk = field(default_factory=_Desk, compare=False, repr=False)

    def describe(self) -> str:
        """Return the queue."""
        return self.url

    @property
    def problems(self) -> tuple[str, ...]:
        """The messages that could not be understood, one sentence each."""
        return tuple(
            f"cannot understand message `{name}` of `{self.url}`: {why}; it stays in the queue, look at it there"
            for name, why in sorted(self._desk.not_understood.items())
        )

    def list(self) -> Iterator[Listed]:
        """Yield each announced object once, until the queue is empty; an empty queue is fine."""
        for _ in range(_MOST_MESSAGES // _AT_ONCE):
            answer = self._ask(
                "receive_message",
                "sqs:ReceiveMessage",
                MaxNumberOfMessages=_AT_ONCE,
                WaitTimeSeconds=self.wait_seconds,
                VisibilityTimeout=self.hidden_seconds,
            )
            received = answer.get("Messages", ())
            if not received:
                return
            read = [(message, self._notices(message)) for message in received]
            for message, found in read:
                if found is not None:
                    yield from self._take(message, found)
            self._leave(name for name, message in list(self._desk.messages.items()) if not message.waiting)
            self._extend()

    def open(self, entry: Listed) -> BinaryIO:
        """Return the announced object's bytes, complete."""
        bucket, _, key = entry.path.partition("/")
        return S3(bucket, self.connection, self.patience).get(key)

    def done(self, entries: Iterable[Listed]) -> None:
        """Delete the messages whose objects are all committed."""
        ready: list[str] = []
        for entry in entries:
            thing = (entry.path, entry.version)
            if entry.version:
                self._desk.finished.add(thing)
            for name in self._desk.listed.pop(thing, ()):
                message = self._desk.messages[name]
                message.waiting.discard(thing)
                if not message.waiting:
                    ready.append(name)
        self._leave(ready)
        self._extend()

    def __reduce__(self) -> tuple[Any, ...]:
        return Queue, (
            self.url,
            self.connection,
            self.region,
            self.patience,
            self.hidden_seconds,
            self.wait_seconds,
            self.now,
        )

    def _notices(self, message: dict[str, Any]) -> tuple[Notice, ...] | None:
        try:
            return notices(message["Body"])
        except NotUnderstoodError as error:
            self._desk.not_understood[message["MessageId"]] = str(error)
            return None

    def _take(self, message: dict[str, Any], found: tuple[Notice, ...]) -> Iterator[Listed]:
        """Put a message on the desk; it may come twice, and two messages may announce one object."""
        desk, name = self._desk, message["MessageId"]
        things = {(f"{notice.bucket}/{notice.key}", notice.etag): notice for notice in found}
        waiting = things.keys() - desk.finished
        desk.messages[name] = _Message(message["ReceiptHandle"], waiting, self.now() + self.hidden_seconds)
        for thing in sorted(waiting):
            is_new = thing not in desk.listed
            desk.listed.setdefault(thing, set()).add(name)
            if is_new:
                path, etag = thing
                notice = things[thing]
                yield Listed(path, ledger_key(notice.key, otherwise=f"s3://{path}"), notice.size, etag)

    def _leave(self, names: Iterable[str]) -> None:
        ready = list(names)
        for start in range(0, len(ready), _AT_ONCE):
            some = ready[start : start + _AT_ONCE]
            entries = [{"Id": str(at), "ReceiptHandle": self._desk.messages[n].handle} for at, n in enumerate(some)]
            answer = self._ask("delete_message_batch", "sqs:DeleteMessage", Entries=entries)
            for failed in answer.get("Failed", ()):
                raise SourceError(
                    f"cannot delete a message of `{self.url}`: AWS answered `{failed.get('Code')}`; "
                    "its objects are in the lake, and the next run deletes it"
                )
            for name in some:
                del self._desk.messages[name]

    def _extend(self) -> None:
        """Hide the messages under way for longer, before others see them again."""
        soon = self.now() + self.hidden_seconds / 2
        late = [message for message in self._desk.messages.values() if message.shown_again_at < soon]
        for start in range(0, len(late), _AT_ONCE):
            some = late[start : start + _AT_ONCE]
            self._ask(
                "change_message_visibility_batch",
                "sqs:ChangeMessageVisibility",
                Entries=[
                    {"Id": str(at), "ReceiptHandle": message.handle, "VisibilityTimeout": self.hidden_seconds}
                    for at, message in enumerate(some)
                ],
            )
            for message in some:
                message.shown_again_at = self.now() + self.hidden_seconds

    def _ask(self, operation: str, allow: str, **arguments: Any) -> dict[str, Any]:
        call = getattr(self.connection.client("sqs", self.region), operation)
        try:
            answer: dict[str, Any] = ask(
                lambda: call(QueueUrl=self.url, **arguments),
                f"cannot use the queue `{self.url}`",
                allow=allow,
                patience=self.patience,
            )
        except NotThereError as error:
            raise InputError(str(error)) from error
        return answer
