"""Signed URLs and cookies in web logs: what grants access is taken out, what identifies the signer stays."""

from __future__ import annotations

import re

# a parameter's name and its `=`, also percent-encoded once or twice inside another URL. Names are judged apart from
# the pattern: one that looks for words inside a name takes minutes for a name that is made of them
_NAMED = re.compile(r"(?:^|[?&;\s\"]|%3[Ff]|%26|%253[Ff]|%2526)((?:[\w.~+\[\]-]|%5[BbDd])+)(?:=|%3[Dd]|%253[Dd])")
_VALUE = re.compile(r"(?:(?!%26|%2526)[^&;\s\"])*")
_WORDS = ("signature", "policy", "token", "secret", "passw", "apikey", "api_key", "api-key", "sessionid", "session_id")
_COOKIE = re.compile(r"([^=;\s]+)=[^;]*")
_KEY_PAIR = re.compile(r"(?:^|[?&;\s])(?:CloudFront-)?Key-Pair-Id=([^&;\s]+)", re.IGNORECASE)


def mask_query(text: str) -> str:
    """Return *text*, a URL or a query or a line with one, with the values of signatures and tokens taken out."""
    if "=" not in text and "%" not in text:
        return text
    kept: list[str] = []
    at = 0
    for found in _NAMED.finditer(text):
        if found.start() < at or not any(word in found[1].lower() for word in _WORDS):
            continue
        kept += (text[at : found.end()], "***")
        at = _VALUE.match(text, found.end()).end()  # type: ignore[union-attr]  # it matches nothing, too
    return "".join((*kept, text[at:]))


def mask_cookies(text: str) -> str:
    """Return a Cookie header with the names only; a cookie's value is somebody's session."""
    return _COOKIE.sub(r"\1=***", text) if "=" in text else ("***" if text else text)


def key_pair_id(*texts: str | None) -> str | None:
    """Return the public id of the key that signed a CloudFront URL or cookie, from the first text that has one."""
    for text in texts:
        if text and (found := _KEY_PAIR.search(text)):
            return found[1]
    return None


def mask_line(line: bytes) -> bytes:
    """Return a line that could not be read, for the quarantine: the same values taken out, every other byte kept."""
    return mask_query(line.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
