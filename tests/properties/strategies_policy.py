"""Small policies over a tiny alphabet, so that statements, requests and conditions meet often."""

from hypothesis import strategies as st

from iamaudit.model.policy import Condition, Effect, Policy, PrincipalPattern, Statement
from iamaudit.model.verdict import PolicySet, Request

ACTIONS = ("a:Get", "a:Put", "b:Get", "b:Put")
RESOURCES = ("*", "arn:x:a:::p", "arn:x:a:::pq", "arn:x:a::1:q/p", "arn:x:b:r:1:q:p")
KEYS = ("k:one", "k:two")
PRINCIPAL = "arn:aws:iam::111122223333:user/u"

action_patterns = st.sampled_from(("*", "a:*", "A:get", "a:?et", "b:P*", "b:Get", "*:*", "a:*t", "c:*"))
resource_patterns = st.sampled_from(
    ("*", "arn:x:a:::p", "arn:x:a:::p*", "arn:x:a:::?", "arn:x:a", "arn:x:*:::*q", "arn:x:b:*:1:*", "arn:x:a::*:q/?")
)
values = st.sampled_from(("v", "w", "vw"))
conditions = st.builds(
    Condition,
    operator=st.sampled_from(("StringEquals", "StringNotEquals", "StringLikeIfExists")),
    key=st.sampled_from(KEYS),
    values=st.lists(values, min_size=1, max_size=2, unique=True).map(tuple),
) | st.builds(
    Condition,
    operator=st.just("Null"),
    key=st.sampled_from(KEYS),
    values=st.sampled_from((("true",), ("false",))),
)


def _unrepeated(found):
    """One condition per operator and key: JSON can say no more."""
    return tuple({(c.operator, c.key): c for c in found}.values())


condition_blocks = st.lists(conditions, max_size=2).map(_unrepeated)


def tuples_of(strategy, *, max_size=2):
    return st.lists(strategy, min_size=1, max_size=max_size).map(tuple)


@st.composite
def statements(draw, effects=(Effect.ALLOW, Effect.DENY)):
    """A statement of an identity policy."""
    actions = draw(tuples_of(action_patterns))
    resources = draw(tuples_of(resource_patterns))
    is_not_action, is_not_resource = draw(
        st.sampled_from(((False, False), (False, False), (True, False), (False, True)))
    )
    return Statement(
        effect=draw(st.sampled_from(effects)),
        actions=() if is_not_action else actions,
        not_actions=actions if is_not_action else (),
        resources=() if is_not_resource else resources,
        not_resources=resources if is_not_resource else (),
        conditions=draw(condition_blocks),
    )


allows = statements(effects=(Effect.ALLOW,))
denies = statements(effects=(Effect.DENY,))
policies = st.lists(statements(), min_size=1, max_size=3).map(lambda found: Policy(tuple(found)))
policy_lists = st.lists(policies, max_size=2).map(tuple)
limits = st.none() | st.lists(policies, max_size=2).map(tuple)
levels = st.none() | st.lists(policy_lists, max_size=2).map(tuple)
contexts = st.dictionaries(st.sampled_from(KEYS), values)
policy_sets = st.builds(PolicySet, identity=policy_lists, boundary=limits, session=limits, scp=levels)


@st.composite
def requests(draw, *, closed=True):
    """A request of one user in its own account."""
    return Request(
        PRINCIPAL,
        draw(st.sampled_from(ACTIONS)),
        draw(st.sampled_from(RESOURCES)),
        "111122223333",
        context=draw(contexts),
        closed=closed,
    )


principals = st.sampled_from(
    (
        PrincipalPattern("AWS", "111122223333"),
        PrincipalPattern("AWS", "arn:aws:iam::111122223333:role/r"),
        PrincipalPattern("Service", "ec2.amazonaws.com"),
    )
)
