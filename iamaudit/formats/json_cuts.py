"""Cutting JSON text into its values without reading them: one that is not JSON does not spoil its neighbours."""

from __future__ import annotations

import re

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|["\[\]{},]', re.DOTALL)


def cut_list(text: bytes, start: int) -> tuple[list[bytes], bool]:
    """Cut a JSON list, whose first element begins at *start*, into the text of its elements.

    Also says whether the list has an end; without one the last element may be cut off, and with more than `}` behind
    the end that rest is the last element.
    """
    elements: list[bytes] = []
    depth, begin = 0, start
    for token in _TOKEN.finditer(text, start):
        mark = token[0]
        if mark == b'"':
            break  # a string without an end
        if mark in {b"[", b"{"}:
            depth += 1
        elif depth and mark in {b"]", b"}"}:
            depth -= 1
        elif not depth and mark in {b",", b"]"}:
            elements.append(text[begin : token.start()].strip())
            begin = token.end()
            if mark == b"]":
                rest = text[begin:].strip()
                return [*filter(None, [*elements, rest if rest != b"}" else b""])], True
    return [*filter(None, [*elements, text[begin:].strip()])], False


def cut_members(text: bytes) -> list[tuple[bytes, bytes]]:
    """Cut a JSON object into its names, as they are written, and the text of their values; a name may come twice."""
    members: list[tuple[bytes, bytes]] = []
    depth = begin = 0
    name: bytes | None = None
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if depth == 1 and mark in {b",", b"}"}:
            if name is not None:
                members.append((name, text[begin : token.start()].strip().removeprefix(b":").strip()))
            name = None
        if mark in {b"[", b"{"}:
            depth += 1
        elif mark in {b"]", b"}"}:
            depth -= 1
        elif depth == 1 and name is None and len(mark) > 1:
            name, begin = mark[1:-1], token.end()
    return members


def cut_values(text: bytes) -> list[bytes]:
    """Cut values that stand one behind the other, as Firehose writes them (domain.md §1.9).

    What stands between two objects or lists is a value too, except blanks and commas.
    """
    values: list[bytes] = []
    depth = begin = 0
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark == b'"':
            break  # a string without an end
        if mark in {b"[", b"{"}:
            if not depth:
                values.append(text[begin : token.start()])
                begin = token.start()
            depth += 1
        elif depth and mark in {b"]", b"}"}:
            depth -= 1
            if not depth:
                values.append(text[begin : token.end()])
                begin = token.end()
    values.append(text[begin:])
    return [value for value in (piece.strip(b" \t\r\n,") for piece in values) if value]
