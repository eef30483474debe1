"""Text of a log object as UTF-8, whatever its byte order mark says."""

from __future__ import annotations

import codecs

from iamaudit.errors import UnreadableObjectError

# the longer mark first: UTF-32's begins with UTF-16's
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def as_utf8(data: bytes) -> bytes:
    """Return *data* without its mark, as UTF-8: a shell of Windows writes what AWS answers as UTF-16.

    Bytes without a mark come back as they are, valid or not. Raises `UnreadableObjectError` when the mark promises
    an encoding that the bytes do not keep, and for UTF-16 without a mark.
    """
    if data.startswith(codecs.BOM_UTF8):
        return data[3:]
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                text = data.decode(encoding).encode()
            except UnicodeError as error:
                raise UnreadableObjectError(
                    f"the text says it is {encoding.upper()}, but is not: {error}; save it as UTF-8"
                ) from error
            if not text:
                raise UnreadableObjectError(
                    f"the text says it is {encoding.upper()}, and nothing follows; save it as UTF-8"
                )
            return text
    if data[:2] in {b"{\0", b"\0{", b"[\0", b"\0["}:
        raise UnreadableObjectError("the text looks like UTF-16 without a byte order mark; save it as UTF-8")
    return data
