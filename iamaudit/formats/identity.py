"""The identity of a record as columns (domain.md §1.2)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from iamaudit.formats.values import NULL, Raw, instant_or_none, raw_text, truth


class _Attributes(msgspec.Struct):
    mfaAuthenticated: str | bool | None = None
    creationDate: str | None = None


class _Issuer(msgspec.Struct):
    type: str | None = None
    principalId: str | None = None
    arn: str | None = None


class _Session(msgspec.Struct):
    attributes: _Attributes | None = None
    sessionIssuer: _Issuer | None = None
    sourceIdentity: str | None = None


class _Identity(msgspec.Struct):
    type: str | None = None
    principalId: str | None = None
    arn: str | None = None
    accountId: str | None = None
    accessKeyId: str | None = None
    userName: str | None = None
    invokedBy: str | None = None
    sessionContext: _Session | None = None
    onBehalfOf: Raw = NULL
    inScopeOf: Raw = NULL


_identity = msgspec.json.Decoder(_Identity)
_anything = msgspec.json.Decoder()


@lru_cache(maxsize=65_536)
def identity_columns(identity: str | None) -> dict[str, Any]:
    """Return the identity's own columns; a part of an unexpected type is null, the JSON text keeps it."""
    if identity is None:
        identity = "{}"
    try:
        who = _identity.decode(identity)
    except (msgspec.DecodeError, UnicodeError):
        who = _careful_identity(identity)
    session = who.sessionContext or _Session()
    attributes = session.attributes or _Attributes()
    issuer = session.sessionIssuer or _Issuer()
    arn = who.arn or ""
    is_session = ":assumed-role/" in arn or ":federated-user/" in arn
    created = attributes.creationDate
    return {
        "identity_type": who.type,
        "identity_arn": who.arn,
        "principal_id": who.principalId,
        "identity_account_id": who.accountId,
        "access_key_id": who.accessKeyId or None,
        "user_name": who.userName,
        "issuer_arn": issuer.arn,
        "issuer_type": issuer.type,
        "issuer_id": issuer.principalId,
        "session_name": arn.rpartition("/")[2] if is_session else None,
        "source_identity": session.sourceIdentity,
        "mfa_authenticated": truth(attributes.mfaAuthenticated),
        "session_created_at": instant_or_none(created) if created else None,
        "invoked_by": who.invokedBy,
        "on_behalf_of": raw_text(who.onBehalfOf),
        "in_scope_of": raw_text(who.inScopeOf),
    }


def _careful_identity(identity: str) -> _Identity:
    """Keep the parts of an identity that have the documented type, drop to null the parts that have not."""
    try:
        loose = _anything.decode(identity)
    except (msgspec.DecodeError, UnicodeError):
        return _Identity()

    def fit(value: Any, kind: Any) -> Any:
        if not isinstance(value, dict):
            return None
        kept = {}
        for field in msgspec.structs.fields(kind):
            part = value.get(field.name)
            nested = {"sessionContext": _Session, "attributes": _Attributes, "sessionIssuer": _Issuer}.get(field.name)
            if nested is not None:
                kept[field.name] = fit(part, nested)
            elif field.name in {"onBehalfOf", "inScopeOf"}:
                kept[field.name] = None if part is None else Raw(msgspec.json.encode(part))
            elif isinstance(part, (str, bool)):
                kept[field.name] = part if isinstance(part, str) or field.name == "mfaAuthenticated" else None
        return kind(**kept)

    who = fit(loose, _Identity)
    return who if isinstance(who, _Identity) else _Identity()
