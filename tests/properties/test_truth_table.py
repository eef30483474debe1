"""Every row of the truth table, and every row it leaves out: the decision agrees with the flow chart in words."""

import itertools

import pytest

from iamaudit.model.policy import Effect, Policy, PrincipalPattern, Statement
from iamaudit.model.verdict import Decision, PolicySet, Request
from iamaudit.policy.decide import decide
from tests.oracles.slow_truth_table import slow_grant_decision

OURS, THEIRS = "111122223333", "444455556666"
CALLERS = {
    "user": "arn:aws:iam::111122223333:user/u",
    "role session": "arn:aws:sts::111122223333:assumed-role/r/s",
    "federated user": "arn:aws:sts::111122223333:federated-user/u",
    "root": "arn:aws:iam::111122223333:root",
}
BEHIND = {"role session": "arn:aws:iam::111122223333:role/r", "federated user": "arn:aws:iam::111122223333:user/u"}
ASKED = {
    "s3:GetObject": "arn:aws:s3:::a/b",
    "kms:Decrypt": "arn:aws:kms:eu-west-1:{}:key/k",
}
YES = Policy((Statement(Effect.ALLOW, actions=("*",), resources=("*",)),))
NO = Policy((Statement(Effect.ALLOW, actions=("ec2:*",), resources=("*",)),))
LIMITS = {"absent": None, "yes": (YES,), "no": (NO,)}


def resource_policy(caller, names):
    pattern = {
        "account": PrincipalPattern("AWS", OURS),
        "role": PrincipalPattern("AWS", BEHIND.get(caller, "")),
        "itself": PrincipalPattern("AWS", CALLERS[caller]),
        "everybody": PrincipalPattern("*", "*"),
        "none": PrincipalPattern("AWS", "999988887777"),
    }[names]
    return Policy((Statement(Effect.ALLOW, actions=("*",), resources=("*",), principals=(pattern,)),))


def ways_of(caller):
    """Return how a policy can name a caller: root is its account, and only some have somebody behind them."""
    ways = ["none", "account", "everybody"]
    return ways + (["itself"] if caller != "root" else []) + (["role"] if caller in BEHIND else [])


@pytest.mark.parametrize("action", ASKED)
@pytest.mark.parametrize("caller", CALLERS)
def test_every_row_of_the_truth_table(caller, action):
    rows = list(itertools.product(ways_of(caller), (True, False), LIMITS, LIMITS, (True, False)))

    for names, identity, boundary, session, same_account in rows:
        account = OURS if same_account else THEIRS
        request = Request(CALLERS[caller], action, ASKED[action].format(account), account)
        policies = PolicySet(
            identity=(YES,) if identity else (NO,),
            boundary=LIMITS[boundary],
            session=LIMITS[session],
            resource=resource_policy(caller, names),
        )
        expected = slow_grant_decision(
            caller=caller,
            names=names,
            identity=identity,
            boundary=boundary,
            session=session,
            same_account=same_account,
            rooted_in_resource=action.startswith("kms:"),
        )

        decision = decide(request, policies).decision

        assert expected == (decision is Decision.ALLOWED), (names, identity, boundary, session, same_account)
    assert len(rows) >= 108
