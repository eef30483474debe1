"""Every log format, recognised by content: a function from the bytes of one object to its records (docs/formats.md)."""

from __future__ import annotations

from iamaudit.errors import UnreadableObjectError
from iamaudit.formats.cloudfront import edge_lines, is_w3c
from iamaudit.formats.cloudwatch import is_exported, is_write_test
from iamaudit.formats.config_envelopes import is_config
from iamaudit.formats.envelopes import found_in_lines, found_in_text
from iamaudit.formats.lake_rows import is_lake_csv, lake_csv
from iamaudit.formats.ocsf import ocsf_rows
from iamaudit.formats.parquet_rows import is_parquet, parquet_rows
from iamaudit.formats.pieces import CLOUDTRAIL, Broken, Found, Ignored, Pieces, gathered
from iamaudit.formats.s3_access import access_lines, is_access_line
from iamaudit.formats.text_encoding import as_utf8
from iamaudit.formats.unwrap import OtherKind

__all__ = ["KINDS", "Broken", "Pieces", "pieces_of"]

KINDS = ("cloudtrail", "insight", "s3_access", "cloudfront", "ocsf", "digest", "config", "state")


def pieces_of(data: bytes) -> Pieces:
    """Return the records of one object, each as CloudTrail-shaped JSON text; *data* is unzipped already.

    An object of another kind (a digest, state) has its kind and no pieces. The books: pieces and ignored together are
    the records that came in. Raises `UnreadableObjectError`, and nothing else, when the object can hold no records.
    """
    if is_parquet(data):
        return gathered(ocsf_rows(parquet_rows(data)))
    text = as_utf8(data)
    head = text.lstrip()
    try:
        found = _found(text, head)
    except UnreadableObjectError:
        if not _is_config(head):
            raise
        found = OtherKind("config")
    if isinstance(found, OtherKind):
        return Pieces(found.kind, [], {})
    if found and all(isinstance(piece, Broken) for _, piece in found) and _is_config(head):
        return Pieces("config", [], {})  # Config's messages come in envelopes of their own
    return gathered(found)


def _is_config(head: bytes) -> bool:
    return head[:1] in {b"{", b"["} and (is_config(head) or is_config(head.partition(b"\n")[0]))


def _found(text: bytes, head: bytes) -> list[Found] | OtherKind:
    line = head.partition(b"\n")[0].strip()
    if not head:
        return []
    if head[:1] in {b"{", b"["}:
        return found_in_text(text)
    if is_w3c(head):
        return list(edge_lines(text))
    if is_access_line(line):
        return list(access_lines(text))
    if is_exported(line):
        return found_in_lines(text)
    if is_write_test(line) and line == head.strip():
        return [(CLOUDTRAIL, Ignored("write_test"))]
    if is_lake_csv(head):
        return list(lake_csv(head))
    return found_in_text(text)
