"""The part of a stream that is held: JSON is looked through once, however its parts come."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from iamaudit.errors import UnreadableObjectError

HELD: Final = 256 << 20  # bytes of one record, or one line, that are waited for
WHOLE_VALUE: Final = b"{}"  # a list or an object that has ended
_TOKEN: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["\[\]{},]', re.DOTALL)
_INSIDE: Final = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)  # of a string, up to its end


class Held:
    """Bytes at the front of a stream; more than `held` of them for one record are refused."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self.parts = parts
        self.pending = b""
        self.held = HELD
        self.at = 0  # up to where it has been looked through
        self.begin = 0  # where the record begins that is looked through
        self.depth = 0

    def more(self) -> bool:
        """Hold the next part too; False when there is none."""
        part = next(self.parts, None)
        if part is None:
            return False
        self.pending += part
        return True

    def fill(self, size: int, *, without: bytes = b"") -> bool:
        """Hold at least *size* bytes, if so many are left; the characters *without* at the beginning go."""
        while True:
            if without:
                self.pending = self.pending.lstrip(without)
            if len(self.pending) >= size or not self.more():
                return bool(self.pending)

    def line(self, most: int) -> bytes:
        """Return the first line, or about *most* bytes of it; it stays."""
        while b"\n" not in self.pending and len(self.pending) < most and self.more():
            pass
        return self.pending[: self.pending.find(b"\n") + 1] or self.pending

    def take(self, count: int) -> bytes:
        """Take bytes away from the front."""
        taken, self.pending = self.pending[:count], self.pending[count:]
        self.at, self.begin = max(0, self.at - count), max(0, self.begin - count)
        return taken

    def everything(self, limit: int) -> bytes:
        """Return all there is, if it is not more than *limit*."""
        parts, size = [self.pending], len(self.pending)
        for part in self.parts:
            size += len(part)
            if size > limit:
                raise UnreadableObjectError(f"it is larger than {limit:,} bytes, and cannot be cut")
            parts.append(part)
        self.pending = b""
        return b"".join(parts)

    def check(self) -> None:
        """Refuse a record that is too large up to where it has been looked through, though all of it came at once."""
        if self.at - self.begin > self.held:
            self._refuse()

    def mark(self) -> bytes | None:
        """Go behind the next mark that stands outside of every value: `,`, `]`, `}` or `WHOLE_VALUE`; None at the end."""
        while True:
            for token in _TOKEN.finditer(self.pending, self.at):
                mark = token[0]
                if mark == b'"':
                    self.at = token.start() + 1
                    if not self._behind_string():
                        return None
                    break
                self.at = token.end()
                if mark in {b"[", b"{"}:
                    self.depth += 1
                elif not self.depth and mark in {b",", b"]", b"}"}:
                    return mark
                elif mark in {b"]", b"}"}:
                    self.depth -= 1
                    if not self.depth:
                        return WHOLE_VALUE
            else:
                self.at = len(self.pending)
                self.check()
                if not self.more():
                    self.depth = 0
                    return None

    def _behind_string(self) -> bool:
        """Go behind the string in which `at` is; False when it has no end. Nothing is looked at twice, or moved often."""
        parts, offset, piece, at = [self.pending], 0, self.pending, self.at
        while True:
            end = _INSIDE.match(piece, at).end()  # type: ignore[union-attr]  # it matches nothing, too
            is_whole = piece[end : end + 1] == b'"'
            part = b"" if is_whole else next(self.parts, None)
            if is_whole or part is None:
                self.pending = b"".join(parts)
                self.at = offset + end + is_whole
                self.depth = self.depth if is_whole else 0
                return is_whole
            parts[-1] = piece[:end]  # a backslash at the end goes with what follows
            offset += end
            if offset - self.begin > self.held:
                self._refuse()
            piece, at = piece[end:] + part, 0
            parts.append(piece)

    def _refuse(self) -> None:
        raise UnreadableObjectError(f"one of its records is larger than {self.held:,} bytes")
