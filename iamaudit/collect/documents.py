"""A policy document as compact JSON text, however it was written."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote


def document_text(value: Any) -> str | None:
    """Return *value* as compact JSON text, or None when it is not a policy document.

    *value* is an object (what boto3 and the AWS CLI give), JSON text (CloudTrail) or percent-encoded JSON text (the
    wire and Config). Plain JSON is tried first; a `+` is never a blank (domain.md §5).
    """
    parsed = value
    if isinstance(value, str):
        parsed = _parsed(value)
        if parsed is None:
            parsed = _parsed(unquote(value))
    if not isinstance(parsed, dict):
        return None
    text = compact(parsed)
    return text if is_unicode(text) else None


def compact(value: Any) -> str:
    """Return *value* as JSON text without blanks, members in the order given."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def is_unicode(text: str) -> bool:
    """Tell whether *text* can be written: JSON may spell half of a surrogate pair, which is no character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
