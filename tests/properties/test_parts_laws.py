"""A plan, carried out step by step, comes to the proposal, and on the way nothing that was used is refused."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from iamaudit.model.change import ChangeKind
from iamaudit.policy.parse import parse
from iamaudit.policy.render import size
from iamaudit.proof.replay import replay
from iamaudit.recommend.parts import INLINE_TOTAL
from iamaudit.recommend.propose import propose
from tests.amount import examples
from tests.properties import strategies_recommend as world

CATALOGUE = world.SmallCatalogue()
GROUP = "arn:aws:iam::111122223333:group/devs"
OTHER = "arn:aws:iam::111122223333:role/other"
quick = settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def mixed(draw):
    """Evidence whose policies are of every kind: inline, own, shared, AWS's, fresh, protected, through a group."""
    evidence = draw(world.evidence())
    current = []
    for number, one in enumerate(evidence.current):
        kind = draw(st.sampled_from(["inline", "customer", "shared", "aws", "group"]))
        changed = replace(
            one,
            policy_id=f"{world.PRINCIPAL}#p{number}" if kind == "inline" else f"arn:aws:iam::x:policy/p{number}",
            kind={"shared": "customer", "group": "customer"}.get(kind, kind),
            through=GROUP if kind == "group" else one.through,
            others=(OTHER,) if kind == "shared" else (),
            fresh=draw(st.sampled_from(["", "", "", "young"])),
            protected=draw(st.sampled_from(["", "", "", "", "tagged"])),
        )
        current.append(changed)
    return replace(evidence, current=tuple(current))


class _Account:
    """The principal's own policies by id, changed as a plan says."""

    def __init__(self, evidence):
        own = [one for one in evidence.current if one.through == evidence.arn]
        self.held = {one.policy_id: one.policy for one in own}
        self.texts = {one.policy_id: one.document for one in own}
        self.made = {}

    def do(self, change):
        match change.kind:
            case ChangeKind.CREATE_POLICY:
                assert change.policy not in self.texts
                self.made[change.policy] = parse(change.document)
                self.texts[change.policy] = change.document
            case ChangeKind.ATTACH_POLICY:
                self.held[change.policy] = self.made[change.policy]
            case ChangeKind.CREATE_POLICY_VERSION:
                assert change.before == self.texts[change.policy]
                self.held[change.policy] = parse(change.document)
            case ChangeKind.PUT_INLINE_POLICY:
                key = f"{change.holder}#{change.policy}"
                assert change.before == self.texts[key]
                self.held[key] = parse(change.document)
            case ChangeKind.DETACH_POLICY:
                del self.held[change.policy]
            case ChangeKind.DELETE_INLINE_POLICY:
                del self.held[f"{change.holder}#{change.policy}"]


def _bare(policies):
    return sorted(repr(replace(one, name="")) for one in policies)


@quick
@given(mixed(), st.booleans())
def test_the_changes_come_to_the_proposal(evidence, keep_unknown):
    proposal = propose(evidence, CATALOGUE, keep_unknown=keep_unknown)
    assume(not proposal.refused)
    account = _Account(evidence)

    for change in proposal.changes:
        account.do(change)

    own = [part.policy for part in proposal.parts if part.through == evidence.arn]
    assert _bare(own) == _bare(account.held.values())


@quick
@given(mixed())
def test_no_step_refuses_what_was_used(evidence):
    proposal = propose(evidence, CATALOGUE)
    assume(not proposal.refused)
    account = _Account(evidence)
    groups = [part.policy for part in proposal.parts if part.through != evidence.arn]

    for change in proposal.changes:
        account.do(change)
        reached = replace(proposal, policies=(*account.held.values(), *groups))
        assert 0 == replay(evidence, reached, CATALOGUE).denied, change


@quick
@given(mixed())
def test_what_is_protected_or_not_its_own_is_not_touched(evidence):
    proposal = propose(evidence, CATALOGUE)

    untouchable = {one.policy_id for one in evidence.current if one.kind == "aws" or one.others or one.through == GROUP}
    protected = {one.policy_id for one in evidence.current if one.protected}
    rewritten = {ChangeKind.CREATE_POLICY_VERSION, ChangeKind.PUT_INLINE_POLICY}
    touched = {change.policy for change in proposal.changes if change.kind in rewritten}
    named = {change.policy for change in proposal.changes} | {f"{c.holder}#{c.policy}" for c in proposal.changes}
    assert set() == touched & untouchable
    assert set() == named & protected


@quick
@given(mixed())
def test_inline_policies_stay_within_their_quota(evidence):
    proposal = propose(evidence, CATALOGUE)

    inline = [part for part in proposal.parts if part.kind == "inline" and part.through == evidence.arn]
    total = sum(size(part.policy) for part in inline)
    assert total <= INLINE_TOTAL["user"] or all(part.is_untouched for part in inline)


@quick
@given(mixed(), st.randoms(use_true_random=False))
def test_the_plan_does_not_depend_on_any_order(evidence, random):
    shuffled = replace(
        evidence,
        uses=tuple(random.sample(evidence.uses, len(evidence.uses))),
        current=tuple(random.sample(evidence.current, len(evidence.current))),
    )

    assert propose(evidence, CATALOGUE).changes == propose(shuffled, CATALOGUE).changes
