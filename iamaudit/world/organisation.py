"""The whole organisation: its accounts and their casts put together, with the guardrails above them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from iamaudit.world import cast_data, cast_dev, cast_management, cast_shop, cast_tools
from iamaudit.world.accounts import (
    ACCOUNTS,
    ALLOWED_REGIONS,
    DATA_PROD,
    DEV_UNIT,
    MANAGEMENT,
    PROD_UNIT,
    ROOT_ID,
    SHOP_DEV,
    SHOP_PROD,
    TOOLS,
    Account,
)
from iamaudit.world.actors import Actor
from iamaudit.world.behaviour import Cast, Habit
from iamaudit.world.nouns import CustomerPolicy, Group, Role, User
from iamaudit.world.policies_aws import document

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Guardrail:
    """A service control policy and the roots, units or accounts that it hangs on."""

    id: str
    name: str
    content: Document
    targets: tuple[str, ...]
    is_aws_managed: bool = False


@dataclass(frozen=True, slots=True)
class Organisation:
    """Everybody and everything that the generator plays with."""

    accounts: tuple[Account, ...]
    casts: dict[str, Cast]  # by account id
    guardrails: tuple[Guardrail, ...]
    gap_account: str = ""  # the account whose logs have a hole

    @property
    def actors(self) -> dict[str, Actor]:
        """Every actor by name."""
        return {actor.name: actor for cast in self.casts.values() for actor in cast.actors}

    @property
    def habits(self) -> tuple[Habit, ...]:
        """Every habit, in a fixed order."""
        return tuple(habit for cast in self.casts.values() for habit in cast.habits)

    @property
    def users(self) -> tuple[User, ...]:
        """Every user."""
        return tuple(user for cast in self.casts.values() for user in cast.users)

    @property
    def roles(self) -> tuple[Role, ...]:
        """Every role."""
        return tuple(role for cast in self.casts.values() for role in cast.roles)

    @property
    def groups(self) -> tuple[Group, ...]:
        """Every group."""
        return tuple(group for cast in self.casts.values() for group in cast.groups)

    @property
    def policies(self) -> tuple[CustomerPolicy, ...]:
        """Every customer-managed policy."""
        return tuple(policy for cast in self.casts.values() for policy in cast.policies)


def _region_guard() -> Document:
    return document(
        {
            "Sid": "OnlyOurRegions",
            "Effect": "Deny",
            "NotAction": [
                "account:*",
                "budgets:*",
                "ce:*",
                "cloudfront:*",
                "health:*",
                "iam:*",
                "organizations:*",
                "route53:*",
                "s3:GetAccountPublicAccessBlock",
                "s3:ListAllMyBuckets",
                "sts:*",
                "support:*",
            ],
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": list(ALLOWED_REGIONS)}},
        }
    )


def example_organisation() -> Organisation:
    """Return the example organisation: a management account, two production and two development accounts."""
    return Organisation(
        accounts=ACCOUNTS,
        casts={
            MANAGEMENT: cast_management.CAST,
            SHOP_PROD: cast_shop.CAST,
            DATA_PROD: cast_data.CAST,
            SHOP_DEV: cast_dev.CAST,
            TOOLS: cast_tools.CAST,
        },
        guardrails=(
            Guardrail(
                "p-FullAWSAccess",
                "FullAWSAccess",
                document({"Effect": "Allow", "Action": "*", "Resource": "*"}),
                (ROOT_ID, PROD_UNIT.id, DEV_UNIT.id, *(account.id for account in ACCOUNTS)),
                is_aws_managed=True,
            ),
            Guardrail("p-ex01region", "only-our-regions", _region_guard(), (PROD_UNIT.id, DEV_UNIT.id)),
        ),
        gap_account=SHOP_DEV,
    )
