"""The calls that read the tags which authorization details lack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from botocore.exceptions import ClientError

from iamaudit.collect.raw import Document, lacking
from iamaudit.collect.reader import Reader, code_of, unanswered
from iamaudit.collect.shape import account_of

# Member of the details, its operation, and which member of an entry goes into which parameter. AWS gives the tags of
# users and roles in the details; an entry without the member, as other tools write it, is asked for [K].
_ASKED: Final = (
    ("Policies", "list_policy_tags", "Arn", "PolicyArn"),
    ("RoleDetailList", "list_role_tags", "RoleName", "RoleName"),
    ("UserDetailList", "list_user_tags", "UserName", "UserName"),
)


def tag_documents(reader: Reader, account_id: str, details: Iterable[Document]) -> Iterator[Document]:
    """Yield one document with the tags of the account's own policies, one call each; what is refused is a gap.

    Raises SourceError when AWS does not answer.
    """
    found: list[dict[str, Any]] = []
    entries = [
        (operation, parameter, entry[member], entry["Arn"])
        for document in details
        for name, operation, member, parameter in _ASKED
        for entry in document.body.get(name, [])
        if "Tags" not in entry and account_of(entry["Arn"]) == account_id
    ]
    refused: set[str] = set()
    for operation, parameter, value, arn in entries:
        if operation in refused:
            continue
        try:
            tags = reader.call("iam", operation, **{parameter: value})["Tags"]
        except ClientError as error:
            if code_of(error) == "NoSuchEntity":  # deleted since the details were read
                continue
            if not reader.note_refusal("iam", operation, error, what=lacking(account_id, "tags")):
                raise unanswered("iam", operation, error) from error
            refused.add(operation)
            continue
        found.append({"Arn": arn, "Tags": tags})
    if found:
        yield Document("tags", {"TagsOf": found}, f"{account_id}-tags.json", account_id)
