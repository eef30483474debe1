"""Tags that authorization details lack: of customer-managed policies, and of principals in an older export."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from iamaudit.collect.capture import CaptureBuilder
from iamaudit.collect.documents import compact
from iamaudit.collect.raw import Document
from iamaudit.collect.shape import listing, text
from iamaudit.errors import StateError

Tags = list[dict[str, Any]]


def tags_of(documents: Iterable[Document], builder: CaptureBuilder) -> dict[str, Tags]:
    """Return the tags by ARN of `{"TagsOf": [{"Arn", "Tags"}]}`; a document of another shape is a gap."""
    found: dict[str, Tags] = {}
    for document in documents:
        try:
            for entry in listing(document.body, "TagsOf"):
                found.setdefault(text(entry, "Arn") or "", []).extend(listing(entry, "Tags"))
        except StateError as error:
            builder.miss(f"file `{document.source}`", str(error))
    return found


def tags_text(tags: Iterable[dict[str, Any]]) -> str:
    """Return tags as the text of a JSON object."""
    return compact({str(tag.get("Key")): tag.get("Value") for tag in tags})
