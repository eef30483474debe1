"""What an exported file is, by its content: any name, any folder, several answers in one file."""

from __future__ import annotations

import codecs
import gzip
import json
import re
import zlib
from io import BytesIO
from typing import Any, Final

from iamaudit.collect.credential_report import is_report
from iamaudit.collect.documents import compact, is_unicode
from iamaudit.errors import StateError

# More than any export of an account; a file that unzips to more is set aside, not read into memory.
MAX_BYTES: Final = 512 * 1024 * 1024

# As the AWS CLI prints a refusal on stderr.
_ERROR: Final = re.compile(r"An error occurred \((\w+)\) when calling the (\w+) operation[^:]*:\s*(.*)")
# Which member says which kind; the first row that matches decides.
_BY_MEMBER: Final[tuple[tuple[str, str], ...]] = (
    ("userdetaillist", "authorization_details"),
    ("groupdetaillist", "authorization_details"),
    ("roledetaillist", "authorization_details"),
    ("summarymap", "account_summary"),
    ("passwordpolicy", "password_policy"),
    ("virtualmfadevices", "virtual_mfa_devices"),
    ("traillist", "trails"),
    ("islogging", "trail_status"),
    ("eventselectors", "event_selectors"),
    ("advancedeventselectors", "event_selectors"),
    ("serviceslastaccessed", "service_last_accessed"),
    ("jobcreationdate", "service_last_accessed"),
    ("configurationitems", "config_snapshot"),
    ("accesskeymetadata", "access_keys"),
    ("tagsof", "tags"),
    ("permissionset", "identity_center"),
    ("accountassignments", "identity_center"),
)


def recognise(data: bytes) -> list[tuple[str, Any]]:
    """Return the (kind, body) of every answer in a file; kinds are those of `raw.KINDS`.

    Gzip is opened, byte order marks are honoured (PowerShell writes UTF-16), and JSON documents may follow one another
    or stand in a list. Raises StateError, with what to do, when nothing is recognised or the text is cut off.
    """
    content = _text(_unzipped(data)).strip()
    if not content:
        raise StateError("it is empty: export it again")
    if is_report(content):
        return [("credential_report", content)]
    if error := _ERROR.search(content[:4096]):
        return [_refused(*error.groups())]
    if content[0] not in "{[":
        raise StateError(
            "it is neither JSON nor a credential report: export it with `--output json`, or take it out of the folder"
        )
    return [(_kind(body), body) for body in _documents(content)]


def _unzipped(data: bytes) -> bytes:
    if data[:2] == b"\x1f\x8b":
        try:
            with gzip.open(BytesIO(data)) as file:
                data = file.read(MAX_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise StateError(f"it does not unzip: {error}; fetch it again") from error
    if len(data) > MAX_BYTES:
        raise StateError(f"it is larger than {MAX_BYTES} bytes: take it out of the folder, or split it into pages")
    return data


def _text(data: bytes) -> str:
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise StateError(f"it is not text: {error.reason}; take it out of the folder, or export it again") from error


def _documents(content: str) -> list[dict[str, Any]]:
    decoder = json.JSONDecoder()
    documents: list[dict[str, Any]] = []
    at = 0
    while at < len(content):
        try:
            value, at = decoder.raw_decode(content, at)
        except (ValueError, RecursionError) as error:
            raise StateError(f"it is not valid JSON: {error}; export it again, it may be cut off") from error
        documents += value if isinstance(value, list) else [value]
        while at < len(content) and content[at].isspace():
            at += 1
    if "\\ud" in content.lower() and not is_unicode(compact(documents)):
        raise StateError("it holds text that is no Unicode: export it again")
    if not documents or not all(isinstance(document, dict) for document in documents):
        raise StateError("it is JSON but no answer of AWS: take it out of the folder")
    return documents


def _kind(body: dict[str, Any]) -> str:
    members = {key.lower() for key in body}
    if "organization" in members and members & {"accounts", "roots", "organizationalunits"}:
        return "organization"
    for member, kind in _BY_MEMBER:
        if member in members:
            return kind
    if "content" in members and members & {"reportformat", "generatedtime"}:
        return "credential_report"
    if _is_list_of(body.get("Policies"), "PolicyVersionList"):
        return "authorization_details"
    if _is_list_of(body.get("Instances"), "InstanceArn") or _is_list_of(body.get("PermissionSets"), "PermissionSet"):
        return "identity_center"
    if _are_permission_sets(body.get("PermissionSets")):
        return "identity_center"
    if _is_list_of(body.get("missing"), "what"):
        return "missing"
    found = ", ".join(f"`{name}`" for name in list(body)[:5]) or "nothing"
    raise StateError(
        f"its members ({found}) are of no export that this command knows: take it out of the folder, "
        "or see the list of files in the documentation of `collect`"
    )


def _is_list_of(value: Any, member: str) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) and member in item for item in value)


def _are_permission_sets(value: Any) -> bool:
    """`aws sso-admin list-permission-sets` prints ARNs only."""
    return isinstance(value, list) and bool(value) and all(":permissionSet/" in str(item) for item in value)


def _refused(code: str, operation: str, message: str) -> tuple[str, Any]:
    """An error is an answer too: NoSuchEntity is how AWS says that there is no password policy (domain.md §6)."""
    if operation == "GetAccountPasswordPolicy" and code.startswith("NoSuchEntity"):
        account = re.search(r"\b\d{12}\b", message)
        return "password_policy", {"PasswordPolicy": None, "AccountId": account.group() if account else None}
    return "refused", {"Code": code, "Operation": operation, "Message": message.strip()}
