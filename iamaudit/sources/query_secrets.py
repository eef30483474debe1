"""Signed URLs and cookies in web logs: what grants access is taken out, what identifies the signer stays."""

from __future__ import annotations

import re

# `Signature=`, `X-Amz-Security-Token=`, `Policy=` …, also percent-encoded inside another URL
_SECRET = re.compile(
    r"((?:^|[?&;\s\"]|%3[Ff]|%26|%253[Ff]|%2526)"
    r"(?:[\w.~+-]|%5[BbDd])*(?:signature|policy|token|secret|passw|credential=?s|api_?key|session_?id)(?:[\w.~+-]|%5[BbDd])*"
    r"(?:=|%3[Dd]|%253[Dd]))"
    r"(?:(?!%26|%2526)[^&;\s\"])*",
    re.IGNORECASE,
)
_COOKIE = re.compile(r"([^=;\s]+)=[^;]*")
_KEY_PAIR = re.compile(r"(?:^|[?&;\s])(?:CloudFront-)?Key-Pair-Id=([^&;\s]+)", re.IGNORECASE)


def mask_query(text: str) -> str:
    """Return *text*, a URL or a query or a line with one, with the values of signatures and tokens taken out."""
    return _SECRET.sub(r"\1***", text)


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
