"""Who asks for a role, and how: the callers in records of AssumeRole, AssumeRoleWithSAML and AssumeRoleWithWebIdentity."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from iamaudit.world.actors import Actor
from iamaudit.world.calls import Need
from iamaudit.world.ids import hexadecimal, unique_id
from iamaudit.world.nouns import Role
from iamaudit.world.trust import GITHUB

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Assumption:
    """One assumption of a role: the caller of each account's copy of the record, the role's own account first or alone.

    *service* calls itself; *principal*, *needs*, *credential* and *user* are the truth about a caller of the organisation.
    """

    copies: tuple[tuple[str, Json], ...]
    event: str = "AssumeRole"
    request: Json = field(default_factory=dict)
    service: str = ""
    principal: str = ""
    needs: tuple[Need, ...] = ()
    credential: str = ""
    user: str = ""

    def has_shared_id(self, caller: Json) -> bool:
        """Whether the copy with *caller* says which others there are (domain.md §1.5)."""
        return len(self.copies) > 1 or caller["type"] in {"AWSService", "AWSAccount"}


def by_service(actor: Actor, role: Role) -> Assumption:
    """A service, or EC2 for an instance, takes a role that trusts it."""
    return Assumption(((role.account, {"type": "AWSService", "invokedBy": actor.by}),), service=actor.by)


def by_web_identity(actor: Actor, role: Role) -> Assumption:
    """A pipeline shows a token of its OpenID Connect provider."""
    provider = provider_arn(role)
    caller = {
        "type": "WebIdentityUser",
        "principalId": f"{provider}:sts.amazonaws.com:{actor.by}",
        "userName": actor.by,
        "identityProvider": provider,
    }
    return Assumption(((role.account, caller),), "AssumeRoleWithWebIdentity")


def by_saml(actor: Actor, role: Role, assertion: str) -> Assumption:
    """A person comes with an assertion of a SAML provider, Identity Center's own included."""
    provider = f"{hexadecimal('saml', role.account, length=28)}="
    caller = {
        "type": "SAMLUser",
        "principalId": f"{provider}:{actor.session}",
        "userName": actor.session,
        "identityProvider": provider,
    }
    name = actor.by or "AWSSSO_0123456789abcdef_DO_NOT_DELETE"
    request = {
        "principalArn": f"arn:aws:iam::{role.account}:saml-provider/{name}",
        "sAMLAssertionID": f"_{assertion}",
    }
    return Assumption(((role.account, caller),), "AssumeRoleWithSAML", request)


def by_stranger(actor: Actor, role: Role) -> Assumption:
    """Somebody of an account outside the organisation takes a role that trusts it."""
    caller = {"type": "AWSAccount", "principalId": unique_id("AIDA", actor.by, "poller"), "accountId": actor.by}
    return Assumption(((role.account, caller),))


def by_principal(caller: Json, account: str, principal: str, key: str, role: Role) -> Assumption:
    """A principal of *account* takes a role of its own or another account; *key*: the number of its access key, if any."""
    copies = [(account, caller)]
    if account != role.account:
        stranger = {"type": "AWSAccount", "principalId": caller["principalId"], "accountId": account}
        copies.append((role.account, stranger))
    needs = (Need("sts:AssumeRole", role.arn),)
    credential, user = (f"access_key_{key}", principal) if key else ("", "")
    return Assumption(tuple(copies), principal=principal, needs=needs, credential=credential, user=user)


def provider_arn(role: Role) -> str:
    """Return the ARN of the OpenID Connect provider that a role trusts."""
    return f"arn:aws:iam::{role.account}:oidc-provider/{GITHUB}"
