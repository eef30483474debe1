"""The small part of Terraform's language that we write, laid out as `terraform fmt` leaves it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

_STEP: Final = "  "


class Raw(str):
    """An expression that stands as it is: a reference, a keyword."""

    __slots__ = ()


class Document(str):
    """A text of several lines, written as a heredoc."""

    __slots__ = ()


Value = str | bool | Sequence["Value"]


class Body(dict[str, "Value | Body"]):
    """Arguments and nested blocks of a block, in order; a nested block is a `Body`."""


def block(kind: str, labels: Sequence[str], body: Body) -> str:
    """Return one top-level block and a line end."""
    head = " ".join([kind, *(quoted(label) for label in labels)])
    return "\n".join([f"{head} {{", *_lines(body, 1), "}"]) + "\n" if body else f"{head} {{}}\n"


def quoted(text: str) -> str:
    r"""Return *text* as a quoted literal: no interpolation, no directive, whatever it holds."""
    plain = "".join(_escaped(character) for character in text)
    return '"' + _without_templates(plain) + '"'


def heredoc(text: str, marker: str = "POLICY") -> str:
    """Return *text* as a heredoc; a heredoc knows no backslashes, only `${` and `%{` mean something."""
    while re.search(rf"^\s*{marker}\s*$", text, re.MULTILINE):
        marker += "_"
    return f"<<{marker}\n{_without_templates(text)}\n{marker}"


def _lines(body: Mapping[str, Value | Body], depth: int) -> list[str]:
    """Lay out: neighbours of one line each are aligned at `=`, all else stands between blank lines."""
    lines: list[str] = []
    run: list[tuple[str, str]] = []

    def finish() -> None:
        width = max((len(name) for name, _ in run), default=0)
        lines.extend(f"{_STEP * depth}{name.ljust(width)} = {value}" for name, value in run)
        run.clear()

    for name, value in body.items():
        if isinstance(value, Body):
            tall = [f"{_STEP * depth}{name} {{", *_lines(value, depth + 1), f"{_STEP * depth}}}"]
        elif "\n" not in (text := _value(value, depth)):
            run.append((name, text))
            continue
        else:
            tall = [f"{_STEP * depth}{name} = {text}"]
        finish()
        lines += ([""] if lines and lines[-1] else []) + tall
        # what follows is set apart, so that no alignment runs past it
        lines.append("")
    finish()
    return lines[:-1] if lines and not lines[-1] else lines


def _value(value: Value, depth: int) -> str:
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, Document):
        return heredoc(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(value)
    items = [_value(item, depth + 1) for item in value]
    if len(items) <= 1 or all(isinstance(item, Raw) for item in value):
        return f"[{', '.join(items)}]"
    inner = "".join(f"{_STEP * (depth + 1)}{item},\n" for item in items)
    return f"[\n{inner}{_STEP * depth}]"


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character)
    point = ord(character)
    return named or (f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}")


def _without_templates(text: str) -> str:
    return text.replace("${", "$${").replace("%{", "%%{")
