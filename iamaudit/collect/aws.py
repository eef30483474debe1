"""The state of IAM from AWS itself, by read calls only."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import boto3
from botocore.exceptions import ClientError

from iamaudit.collect.account_calls import account_documents
from iamaudit.collect.assemble import assemble
from iamaudit.collect.capture import Capture, Missing
from iamaudit.collect.identity_center_calls import identity_center_document
from iamaudit.collect.organization_calls import organization_document
from iamaudit.collect.raw import Document, Raw
from iamaudit.collect.reader import REFUSED, Reader, code_of, unanswered
from iamaudit.errors import ConfigError
from iamaudit.model.arn import parse_arn

# An account costs about ten calls, each waiting for AWS; the limits are per account, so accounts run side by side.
_WORKERS = 8


def collect_aws(
    session: boto3.Session,
    *,
    captured_at: datetime,
    role: str | None = None,
    organization: bool = False,
    regions: Sequence[str] = (),
    access_key_ids: bool = True,
    last_accessed: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> Capture:
    """Read the state of the session's account, or of every account of its organisation.

    The arguments are those of `gather`. Raises SourceError when AWS does not answer, ConfigError for wrong arguments.
    """
    raw = gather(
        session,
        role=role,
        organization=organization,
        regions=regions,
        access_key_ids=access_key_ids,
        last_accessed=last_accessed,
        sleep=sleep,
    )
    return assemble(raw, captured_at=captured_at)


def gather(
    session: boto3.Session,
    *,
    role: str | None = None,
    organization: bool = False,
    regions: Sequence[str] = (),
    access_key_ids: bool = True,
    last_accessed: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> Raw:
    """Return AWS's answers as the documents that a user would export; a refused call is an entry of `missing`.

    *role* is a role's name (with its path). With *organization* it is assumed in every other active account of the
    organisation; without, in the session's own account before anything is read. *regions* are asked for trails
    (default: the session's region): a single-region trail is only seen from its own region. *access_key_ids* costs one
    call per user with keys, *last_accessed* at least two per user and role: minutes. With *organization* the permission
    sets of Identity Center are read too. Raises SourceError when AWS does not answer, ConfigError when *organization*
    is asked for and there is none.
    """
    reader = Reader(session)
    arn = reader.call("sts", "get_caller_identity")["Arn"]
    identity = parse_arn(arn)
    if identity is None:
        raise ConfigError(f"AWS answered the identity `{arn}`, which is not an ARN: check the endpoint")

    def read_account(account: Reader, account_id: str) -> list[Document]:
        return account_documents(
            account,
            account_id,
            regions=regions or (account.region,),
            access_key_ids=access_key_ids,
            only_own_trails=organization,
            last_accessed=last_accessed,
            sleep=sleep,
        )

    def read_member(account_id: str) -> tuple[list[Document], list[Missing]]:
        if role is None:
            why = "no role to assume in the other accounts was named: collect with `--role NAME`"
            return [], [Missing(f"{account_id}: IAM state", why)]
        member = _assume(reader, f"arn:{identity.partition}:iam::{account_id}:role/{role}", account_id)
        if isinstance(member, Missing):
            return [], [member]
        return read_account(member, account_id), member.missing

    if not organization:
        if role is None:
            return Raw(tuple(read_account(reader, identity.account)), tuple(reader.missing))
        documents, missing = read_member(identity.account)
        return Raw(tuple(documents), tuple(missing))

    tree = organization_document(reader)
    documents = [*([tree] if tree else []), *read_account(reader, identity.account)]
    missing = list(reader.missing)
    members = [
        account["Id"]
        for account in (tree.body["Accounts"] if tree else [])
        if account["Id"] != identity.account and (account.get("Status") or account.get("State")) == "ACTIVE"
    ]
    with ThreadPoolExecutor(_WORKERS) as pool:
        for found, lacked in pool.map(read_member, members):
            documents += found
            missing += lacked
    before = len(reader.missing)
    center = identity_center_document(reader, documents, regions or (reader.region,))
    documents += [center] if center else []
    return Raw(tuple(documents), (*missing, *reader.missing[before:]))


def _assume(reader: Reader, role_arn: str, account_id: str) -> Reader | Missing:
    """Return a reader with the role's session, or the gap when AWS refuses. Raises SourceError."""
    try:
        answer = reader.call("sts", "assume_role", RoleArn=role_arn, RoleSessionName="iamaudit")
    except ClientError as error:
        if code_of(error) not in REFUSED:
            raise unanswered("sts", "assume_role", error) from error
        return Missing(
            f"{account_id}: IAM state",
            f"AWS answered `{code_of(error)}`: allow `sts:AssumeRole` on `{role_arn}` to the collecting principal, "
            "and let the role trust it",
        )
    keys = answer["Credentials"]
    return Reader(
        reader.session,
        {
            "aws_access_key_id": keys["AccessKeyId"],
            "aws_secret_access_key": keys["SecretAccessKey"],
            "aws_session_token": keys["SessionToken"],
        },
        reader.lock,
    )
