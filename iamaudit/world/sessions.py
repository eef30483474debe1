"""How an actor gets its credentials: who it then is in a record, and the records of getting there (domain.md §1.2, §1.5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from iamaudit.world.accounts import GLOBAL_REGION, HOME_REGION, MANAGEMENT
from iamaudit.world.actors import Actor
from iamaudit.world.assumptions import (
    Assumption,
    by_principal,
    by_saml,
    by_service,
    by_stranger,
    by_web_identity,
    provider_arn,
)
from iamaudit.world.calls import Call
from iamaudit.world.entries import Entry
from iamaudit.world.ids import guid, guid_of, session_key_id
from iamaudit.world.moments import stamp
from iamaudit.world.nouns import Role, User
from iamaudit.world.records import VERSION, record
from iamaudit.world.sign_in import console_login
from iamaudit.world.trust import GITHUB

Json = dict[str, Any]
_LIFETIME: Final = {"assumed": timedelta(hours=1), "oidc": timedelta(hours=1), "instance": timedelta(hours=6)}
_DEFAULT_LIFETIME: Final = timedelta(hours=12)


@dataclass(slots=True)
class Sessions:
    """The sessions that are open during one day."""

    actors: dict[str, Actor]
    users: dict[tuple[str, str], User]
    roles: dict[tuple[str, str], Role]
    rng: Random
    emit: Callable[[Entry], None]
    _open: dict[str, tuple[datetime, Json]] = field(default_factory=dict)

    def identity(self, actor: Actor, moment: datetime) -> Json:
        """Return the `userIdentity` of *actor* at *moment*, opening a session (and recording it) where one is needed."""
        if actor.how == "key":
            user = self.users[actor.account, actor.principal]
            return {
                "type": "IAMUser",
                "principalId": user.unique_id,
                "arn": user.arn,
                "accountId": user.account,
                "accessKeyId": user.key_id(int(actor.session)),
                "userName": user.name,
            }
        known = self._open.get(actor.name)
        lifetime = _LIFETIME.get(actor.how, _DEFAULT_LIFETIME)
        if known and moment - known[0] < lifetime:
            return known[1]
        opened_at = moment - timedelta(seconds=self.rng.randrange(1, 4))
        identity = (
            self._sign_in(actor, opened_at) if actor.how in {"console", "root"} else self._assume(actor, opened_at)
        )
        self._open[actor.name] = (opened_at, identity)
        return identity

    def _sign_in(self, actor: Actor, moment: datetime) -> Json:
        """Record the ConsoleLogin of a user or root and return the identity of the console session."""
        is_root = actor.how == "root"
        if is_root:
            arn = f"arn:aws:iam::{actor.account}:root"
            person: Json = {"type": "Root", "principalId": actor.account, "arn": arn, "accountId": actor.account}
        else:
            user = self.users[actor.account, actor.principal]
            arn = user.arn
            person = {
                "type": "IAMUser",
                "principalId": user.unique_id,
                "arn": arn,
                "accountId": user.account,
                "userName": user.name,
            }
        region = GLOBAL_REGION if is_root else HOME_REGION
        login = console_login(person, actor, region, moment, self.rng)
        self.emit(Entry(actor.account, region, moment, login, credential="password", user=arn))
        return {
            **person,
            "accessKeyId": session_key_id(self.rng),
            "sessionContext": {
                "sessionIssuer": {},
                "webIdFederationData": {},
                "attributes": {"creationDate": stamp(moment), "mfaAuthenticated": _boolean(actor.has_mfa)},
            },
        }

    def _assume(self, actor: Actor, moment: datetime) -> Json:
        """Record how the role session of *actor* came to be and return its identity."""
        role = self.roles[actor.account, actor.principal]
        key = session_key_id(self.rng)
        session_arn = f"arn:aws:sts::{role.account}:assumed-role/{role.name}/{actor.session}"
        provider = GITHUB if actor.how == "oidc" else ""
        attributes: Json = {"creationDate": stamp(moment), "mfaAuthenticated": _boolean(actor.has_mfa)}
        context: Json = {
            "sessionIssuer": {
                "type": "Role",
                "principalId": role.unique_id,
                "arn": role.arn,
                "accountId": role.account,
                "userName": role.name,
            },
            "webIdFederationData": {"federatedProvider": provider_arn(role), "attributes": {}} if provider else {},
            "attributes": attributes,
        }
        if actor.how == "instance":
            context["ec2RoleDelivery"] = "2.0"
        identity: Json = {
            "type": "AssumedRole",
            "principalId": f"{role.unique_id}:{actor.session}",
            "arn": session_arn,
            "accountId": role.account,
            "accessKeyId": key,
            "sessionContext": context,
        }
        if role.is_service_linked:
            identity["invokedBy"] = actor.by
        self._record_assumption(actor, role, key, moment)
        return identity

    def _record_assumption(self, actor: Actor, role: Role, key: str, moment: datetime) -> None:
        shared = guid(self.rng)
        made = self._assumption(actor, role, moment)
        request: Json = {"roleArn": role.arn, "roleSessionName": actor.session, "durationSeconds": 3600}
        if actor.external_id:
            request["externalId"] = actor.external_id
        call = Call("sts", made.event, request=request | made.request, resources=(("AWS::IAM::Role", role.arn),))
        for number, (account, caller) in enumerate(made.copies):
            entry = record(
                call,
                {},
                moment=moment,
                region=HOME_REGION,
                account=account,
                user_identity=caller,
                address=made.service or actor.address,
                agent=made.service or actor.agent,
                rng=self.rng,
            )
            entry |= _answer(actor, role, key, moment)
            if made.has_shared_id(caller):
                entry["sharedEventID"] = shared
            written = Entry(account, HOME_REGION, moment, entry)
            if not number:  # the truth is told once, not with each copy
                written = replace(
                    written, principal=made.principal, needs=made.needs, credential=made.credential, user=made.user
                )
            self.emit(written)

    def _assumption(self, actor: Actor, role: Role, moment: datetime) -> Assumption:
        match actor.how:
            case "service" | "instance":
                return by_service(actor, role)
            case "oidc":
                return by_web_identity(actor, role)
            case "saml" | "sso":
                assertion = guid(self.rng)
                if actor.how == "sso":
                    self._record_federation(actor, role, moment)
                return by_saml(actor, role, assertion)
            case "external":
                return by_stranger(actor, role)
        origin = self.actors[actor.by]
        caller = self.identity(origin, moment)
        principal = principal_arn(origin, self.users, self.roles)
        return by_principal(caller, origin.account, principal, origin.session if origin.how == "key" else "", role)

    def _record_federation(self, actor: Actor, role: Role, moment: datetime) -> None:
        """Record the person's choice of a role in the access portal, which stands in the management account's log."""
        made: Json = {
            "eventVersion": VERSION,
            "userIdentity": {
                "type": "IdentityCenterUser",
                "accountId": MANAGEMENT,
                "onBehalfOf": {
                    "userId": guid_of("identity-center", actor.session),
                    "identityStoreArn": f"arn:aws:identitystore::{MANAGEMENT}:identitystore/d-9267example",
                },
                "credentialId": guid(self.rng),
            },
            "eventTime": stamp(moment - timedelta(seconds=2)),
            "eventSource": "sso.amazonaws.com",
            "eventName": "Federate",
            "awsRegion": HOME_REGION,
            "sourceIPAddress": actor.address,
            "userAgent": actor.agent,
            "requestParameters": None,
            "responseElements": None,
            "requestID": guid(self.rng),
            "eventID": guid(self.rng),
            "readOnly": False,
            "eventType": "AwsServiceEvent",
            "managementEvent": True,
            "recipientAccountId": MANAGEMENT,
            "serviceEventDetails": {"role_name": role.name.split("_")[1], "account_id": role.account},
            "eventCategory": "Management",
        }
        self.emit(Entry(MANAGEMENT, HOME_REGION, moment - timedelta(seconds=2), made))


def principal_arn(actor: Actor, users: dict[tuple[str, str], User], roles: dict[tuple[str, str], Role]) -> str:
    """Return the ARN of the user, role or root whose policies decide for *actor*."""
    if actor.how == "root":
        return f"arn:aws:iam::{actor.account}:root"
    if actor.how in {"key", "console"}:
        return users[actor.account, actor.principal].arn
    return roles[actor.account, actor.principal].arn


def _answer(actor: Actor, role: Role, key: str, moment: datetime) -> Json:
    """Return what a record of an assumption says of the role and of the session that came of it."""
    return {
        "resources": [{"accountId": role.account, "type": "AWS::IAM::Role", "ARN": role.arn}],
        "responseElements": {
            "credentials": {
                "accessKeyId": key,
                "sessionToken": "HIDDEN_DUE_TO_SECURITY_REASONS",
                "expiration": f"{moment + timedelta(hours=1):%b %d, %Y, %I:%M:%S %p}",
            },
            "assumedRoleUser": {
                "assumedRoleId": f"{role.unique_id}:{actor.session}",
                "arn": f"arn:aws:sts::{role.account}:assumed-role/{role.name}/{actor.session}",
            },
        },
    }


def _boolean(value: object) -> str:
    return "true" if value else "false"
