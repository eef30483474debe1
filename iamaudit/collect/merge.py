"""Pages and files of one account's authorization details become one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from iamaudit.collect.capture import CaptureBuilder
from iamaudit.collect.config_snapshot import details_of_items, has_iam_items, unrecorded
from iamaudit.collect.normalise import Details
from iamaudit.collect.raw import KINDS, Document
from iamaudit.collect.shape import account_of, listing, spelled
from iamaudit.errors import StateError


def merged_details(documents: Iterable[Document], builder: CaptureBuilder) -> dict[str, Details]:
    """Return one Details per account, pages merged by ARN; what does not fit together becomes a gap.

    Entries belong to the account in their own ARN; AWS-managed policies to the account of the document.
    """
    merged: dict[str, Details] = {}
    open_pages: dict[str, str] = {}
    closed: set[str] = set()
    for document in documents:
        account = document.account_id or ""
        try:
            body = spelled(document.body)
            merge_into(merged, body, account, builder)
        except StateError as error:
            builder.miss(f"{account}: {KINDS[document.kind].label}", f"file `{document.source}`: {error}")
            continue
        if is_truncated(body):
            open_pages[account] = document.source
        else:
            closed.add(account)
    for account, source in open_pages.items():
        if account not in closed:
            builder.miss(
                f"{account}: last page of the authorization details",
                f"file `{source}` says that more follows: add the other pages, or export without `--max-items`",
            )
    return merged


def add_config(merged: dict[str, Details], documents: Iterable[Document], builder: CaptureBuilder) -> None:
    """Add the accounts that only Config snapshots know; authorization details are newer and complete, so they win."""
    documents = list(documents)
    readable = []
    for document in documents:
        try:
            if has_iam_items(document.body):
                details_of_items([document.body])  # what it cannot read is said of this file, not of all
                readable.append(document.body)
            else:
                builder.miss(
                    f"file `{document.source}`",
                    "it is a Config snapshot without IAM users, groups, roles or policies: "
                    "take the one of a region where the recorder includes global resources",
                )
        except StateError as error:
            builder.miss(f"file `{document.source}`", str(error))
    for account, kind, resource_id in unrecorded(readable):
        builder.miss(
            f"{account}: {kind} `{resource_id}`",
            "AWS Config stopped recording it: its state is unknown; let the recorder include IAM, or collect by API",
        )
    for account, body in details_of_items(readable).items():
        if account in merged:
            builder.miss(
                f"{account}: Config snapshot",
                "it was read but not used: the authorization details of the account are in the folder and are complete",
            )
            continue
        merge_into(merged, body, account, builder)
        for details in merged.values():
            details.from_config = details.from_config or details.account_id == account


def merge_into(merged: dict[str, Details], body: dict[str, Any], account: str, builder: CaptureBuilder) -> None:
    """Add one page. Raises StateError when a list is not a list, before anything of the page is taken."""
    pages = [
        (name, listing(body, member))
        for name, member in (
            ("users", "UserDetailList"),
            ("groups", "GroupDetailList"),
            ("roles", "RoleDetailList"),
            ("policies", "Policies"),
        )
    ]
    if account:
        merged.setdefault(account, Details(account))
    for name, entries in pages:
        for entry in entries:
            arn = entry.get("Arn") if isinstance(entry.get("Arn"), str) else None
            owner = account_of(arn) or account
            if arn is None or not owner:
                builder.miss(
                    f"{account}: an entry of {name}", "it has no `Arn`: export the authorization details again"
                )
                continue
            known = getattr(merged.setdefault(owner, Details(owner)), name)
            if arn in known and known[arn] != entry:
                builder.miss(
                    f"`{arn}`",
                    "two files tell different things about it and the first by name was kept: "
                    "keep one export of the account in the folder",
                )
            known.setdefault(arn, entry)


def is_truncated(body: dict[str, Any]) -> bool:
    """Tell whether more pages follow: the API says IsTruncated, the CLI with `--max-items` says NextToken."""
    return body.get("IsTruncated") is True or bool(body.get("NextToken"))
