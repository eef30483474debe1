"""Users and roles with anything on them, and findings that they are idle."""

from hypothesis import strategies as st

from iamaudit.recommend.retire_plan import Holding, Idle
from iamaudit.recommend.retire_steps import DENY_NAME, TAG

ACCOUNT = "111122223333"
_NAMES = st.text("abcAB+=,.@-_'\" $`;", min_size=1, max_size=8)
_DOCUMENTS = st.none() | st.integers(0, 11_000).map(lambda length: "x" * length)
_KEYS = st.dictionaries(
    st.sampled_from(["access_key_1", "access_key_2"]), st.none() | st.sampled_from(["AKIA1", "AKIA2"])
)


@st.composite
def holdings(draw):
    kind = draw(st.sampled_from(["user", "role"]))
    name = draw(_NAMES)
    is_user = kind == "user"
    return Holding(
        arn=f"arn:aws:iam::{ACCOUNT}:{kind}/{name}",
        account_id=ACCOUNT,
        kind=kind,
        name=name,
        inline=draw(st.dictionaries(_NAMES | st.just(DENY_NAME), _DOCUMENTS, max_size=3)),
        attached=tuple(draw(st.sets(_NAMES.map(lambda text: f"arn:aws:iam::aws:policy/{text}"), max_size=12))),
        groups=tuple(draw(st.sets(_NAMES, max_size=3))) if is_user else (),
        profiles=() if is_user else tuple(draw(st.sets(_NAMES, max_size=1))),
        keys=draw(_KEYS) if is_user else {},
        has_password=is_user and draw(st.booleans()),
        tags=draw(st.dictionaries(st.just(TAG), st.sampled_from(["2026-01-01", "2027-01-01", "soon"]))),
    )


@st.composite
def idle_holdings(draw):
    """A holding and a finding that all of it, or one credential of it, is idle."""
    holding = draw(holdings())
    checks = [(f"idle_{holding.kind}", ""), *(("idle_access_key", slot) for slot in holding.keys)]
    checks += [("idle_password", "password")] if holding.has_password else []
    check, detail = draw(st.sampled_from(checks))
    return Idle(check, holding.arn, ACCOUNT, "not used", "id", detail), holding
