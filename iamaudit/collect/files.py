"""The state of IAM from a folder of files that a user exported."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final

from iamaudit.collect.assemble import assemble
from iamaudit.collect.capture import Capture, Missing
from iamaudit.collect.config_snapshot import details_of_items
from iamaudit.collect.credential_report import report_account
from iamaudit.collect.last_accessed import entities
from iamaudit.collect.normalise import main_account
from iamaudit.collect.owners import named_arn, owner_account
from iamaudit.collect.raw import KINDS, Document, Raw
from iamaudit.collect.recognise import MAX_BYTES, recognise
from iamaudit.collect.shape import account_of, flag, listing, spelled, text
from iamaudit.errors import StateError

# Answers that are about an account; the others name a trail, a principal or an organisation.
_OF_AN_ACCOUNT: Final = frozenset(
    {
        "authorization_details",
        "credential_report",
        "access_keys",
        "account_summary",
        "password_policy",
        "virtual_mfa_devices",
    }
)


def collect_files(directory: Path, *, captured_at: datetime) -> Capture:
    """Read every file below *directory* and return the capture; files are recognised by content (design.md §4).

    A file that is not understood, or of which nobody can tell the account, becomes an entry of `missing` and the rest
    goes on. Raises StateError when the folder is not there or empty, ConfigError when *captured_at* has no time zone.
    """
    return assemble(read_raw(directory), captured_at=captured_at)


def read_raw(directory: Path) -> Raw:
    """Return the answers in the files below *directory*, each with its account, trail or principal. Raises StateError."""
    if not directory.is_dir():
        what = f"`{directory}` is a file" if directory.exists() else f"there is no folder `{directory}`"
        raise StateError(f"{what}: name the folder that holds the exported files")
    paths = sorted(path for path in directory.rglob("*") if path.is_file())
    if not paths:
        raise StateError(
            f"the folder `{directory}` is empty: put the output of `{KINDS['authorization_details'].command}` there"
        )
    found: list[Document] = []
    missing: list[Missing] = []
    for path in paths:
        source = path.relative_to(directory).as_posix()
        try:
            found += [Document(kind, body, source) for kind, body in recognise(_bytes(path))]
        except StateError as error:
            missing.append(Missing(f"file `{source}`", str(error)))
    documents = _attributed(directory.name, found, missing)
    return Raw(tuple(documents), tuple(missing))


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise StateError(f"it is larger than {MAX_BYTES} bytes: take it out of the folder, or split it into pages")
        return path.read_bytes()
    except OSError as error:
        raise StateError(f"it cannot be read: {error.strerror}; check its permissions") from error


def _attributed(folder: str, found: Iterable[Document], missing: list[Missing]) -> Iterator[Document]:
    """Yield the documents with what they are about; those of nobody become entries of *missing*."""
    documents: list[Document] = []
    for document in found:
        try:
            documents.append(replace(document, account_id=_own_account(document)))
        except StateError as error:
            missing.append(Missing(f"file `{document.source}`", str(error)))
    known = {document.account_id for document in documents if document.account_id} | _config_accounts(documents)
    trails = _arns(documents, "trails", "trailList", "TrailARN")
    principals: list[str] = []
    if any(document.kind == "service_last_accessed" for document in documents):
        for member in ("UserDetailList", "GroupDetailList", "RoleDetailList"):
            principals += _arns(documents, "authorization_details", member, "Arn")
    for document in documents:
        path = PurePosixPath(folder) / document.source
        try:
            match document.kind:
                case "refused":
                    missing.append(_refusal(document))
                    continue
                case "missing":
                    missing += [_carried(entry) for entry in listing(document.body, "missing")]
                    continue
                case "trail_status" | "event_selectors":
                    subject = text(document.body, "TrailARN") or named_arn(path, trails, what="trail")
                    yield replace(document, subject=subject)
                case "service_last_accessed":
                    own = entities(document.body)
                    subject = text(document.body, "PrincipalArn") or (
                        own.pop() if len(own) == 1 else named_arn(path, principals, what="principal")
                    )
                    yield replace(document, subject=subject)
                case "trails":
                    yield replace(document, account_id=document.account_id or _if_told(path, known))
                case kind if kind in _OF_AN_ACCOUNT and document.account_id is None:
                    yield replace(document, account_id=owner_account(path, known))
                case _:
                    yield document
        except StateError as error:
            missing.append(Missing(f"file `{document.source}` ({KINDS[document.kind].label})", str(error)))


def _if_told(path: PurePosixPath, known: Collection[str]) -> str | None:
    """Return the account that asked for its trails, or None: the trails' own ARNs say whose they are."""
    try:
        return owner_account(path, known)
    except StateError:
        return None


def _own_account(document: Document) -> str | None:
    """Return the account that the content itself names. Raises StateError for content of the wrong shape."""
    body = document.body
    match document.kind:
        case "authorization_details":
            return main_account(spelled(body))
        case "credential_report":
            return report_account(body)
        case "password_policy":
            return text(body, "AccountId")
        case "virtual_mfa_devices":
            serials = (text(device, "SerialNumber") for device in listing(body, "VirtualMFADevices"))
            return next((account for serial in serials if (account := account_of(serial))), None)
        case "trails":
            # Every account also sees its organisation's trail, which names another account.
            own = [trail for trail in listing(body, "trailList") if not flag(trail, "IsOrganizationTrail")]
            owners = {account_of(text(trail, "TrailARN")) for trail in own}
            return owners.pop() if len(owners) == 1 else None
        case _:
            return None


def _config_accounts(documents: Iterable[Document]) -> set[str]:
    accounts: set[str] = set()
    for document in documents:
        if document.kind == "config_snapshot":
            try:
                accounts |= details_of_items([document.body]).keys()
            except StateError:
                continue  # the assembler meets the same error and reports it
    return accounts


def _arns(documents: Iterable[Document], kind: str, member: str, arn: str) -> list[str]:
    found: list[str] = []
    for document in documents:
        if document.kind == kind:
            entries = listing(spelled(document.body) if kind == "authorization_details" else document.body, member)
            found += [entry[arn] for entry in entries if isinstance(entry.get(arn), str)]
    return found


def _refusal(document: Document) -> Missing:
    body = document.body
    return Missing(
        f"file `{document.source}`",
        f"AWS refused `{body['Operation']}` with `{body['Code']}`: {body['Message'] or 'no message'}; "
        "export it again with a role that may call it",
    )


def _carried(entry: dict[str, Any]) -> Missing:
    what, why = text(entry, "what"), text(entry, "why")
    return Missing(what or "something", why or "no reason was kept: collect again")
