"""Text from logs made safe to look at: characters that steer a screen instead of standing on it become visible."""

from __future__ import annotations

import unicodedata

# control, format (bidi overrides, zero-width), lone surrogates, line and paragraph separators
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def one_line(text: str, *, limit: int | None = None) -> str:
    r"""Return *text* on one line, every steering character written as JSON would (`\u001b`), cut after *limit* characters.

    What is cut is said: the text then ends in `… (N more characters)`.
    """
    # what Python calls printable has no steering character, and nearly all text is
    return _cut(text if text.isprintable() else "".join(_shown(character) for character in text), limit)


def block(text: str, *, limit: int | None = None) -> str:
    r"""Return *text* like `one_line`, but with its line feeds and tabs kept.

    A JSON document stays the same document: JSON allows raw steering characters only inside strings, where
    `\u202e` means the very same character.
    """
    return _cut("".join(c if c in "\n\t" else _shown(c) for c in text.replace("\r\n", "\n")), limit)


def middle_cut(text: str, width: int) -> str:
    """Return *text* in at most *width* characters: a long name keeps its beginning and its end."""
    if len(text) <= width:
        return text
    head = width // 2
    return f"{text[:head]}…{text[len(text) - (width - 1 - head) :]}"


def _shown(character: str) -> str:
    if unicodedata.category(character) not in _INVISIBLE:
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


def _cut(text: str, limit: int | None) -> str:
    if limit is None or len(text) <= limit:
        return text
    return f"{text[:limit]}… ({len(text) - limit:,} more characters)"
