"""Accounts and units for laws of service control policies, over a catalogue of eight actions."""

from __future__ import annotations

from hypothesis import strategies as st

from iamaudit.recommend.scp_evidence import BoundAccount, BoundUse, Need, Target

ACTIONS = (
    "ec2:RunInstances",
    "glue:DeleteTable",
    "glue:GetTable",
    "iam:CreateUser",
    "s3:GetObject",
    "sqs:DeleteQueue",
    "sqs:SendMessage",
    "states:StartExecution",
)
ACCOUNTS = ("111111111111", "222222222222")


class Catalogue:
    """Eight actions of six services."""

    def spelling(self, action):
        return next((one for one in ACTIONS if one.lower() == action.lower()), None)

    def takes_resource(self, action):
        return True

    def all_actions(self):
        return ACTIONS

    def access_level(self, action):
        return "Read" if ":Get" in action else "Write"


CATALOGUE = Catalogue()


@st.composite
def accounts(draw, number):
    """An account: uses of users, roles and root, each a need; things that are needed without a use; who is exempt."""
    names = st.sampled_from(("user/ann", "role/app", "role/path/batch", "root"))
    uses = draw(st.lists(st.tuples(names, st.sampled_from(ACTIONS), st.integers(1, 9)), max_size=4, unique=True))
    others = draw(st.dictionaries(st.sampled_from(ACTIONS), st.sampled_from(("unknown", "protected", "fresh"))))
    needs = {action: Need(state, "a reason") for action, state in others.items()}
    needs |= {action: Need("used", "seen") for _, action, _ in uses}
    exempt = draw(st.lists(st.sampled_from((f"arn:aws:iam::{number}:role/app", f"arn:aws:iam::{number}:user/eve"))))
    return BoundAccount(
        number,
        needs,
        uses=tuple(BoundUse(number, f"arn:aws:iam::{number}:{name}", action, 1, calls) for name, action, calls in uses),
        exempt=tuple(sorted(set(exempt))),
    )


@st.composite
def targets(draw):
    """A unit of one or two accounts."""
    below = tuple(draw(accounts(number)) for number in ACCOUNTS[: draw(st.integers(1, 2))])
    granted = draw(st.dictionaries(st.sampled_from(ACTIONS), st.integers(1, 5)))
    attached = draw(st.sampled_from(((), ("FullAWSAccess",))))
    return Target("ou-1", "unit", below, granted, attached)


levels = st.sampled_from(("service", "action"))
lengths = st.sampled_from((150, 260, 400, 5120))
