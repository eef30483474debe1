"""The laws of service control policies: whatever was used, or may have been, is still allowed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from iamaudit.errors import ProofFailedError
from iamaudit.model.policy import Effect, Policy, Statement
from iamaudit.model.verdict import Decision, PolicySet, Request
from iamaudit.policy.decide import decide
from iamaudit.policy.parse import parse
from iamaudit.policy.render import size, to_json
from iamaudit.proof.scp import prove_scp, replay_scp, scp_files
from iamaudit.recommend.scp import propose_scp
from iamaudit.recommend.scp_evidence import BoundAccount, BoundUse, Need, Target
from tests.amount import examples
from tests.properties.strategies_scp import ACCOUNTS, ACTIONS, CATALOGUE, lengths, levels, targets

EVERYTHING = Policy((Statement(Effect.ALLOW, actions=("*",), resources=("*",)),))


def asked(proposal, principal, action):
    """Ask AWS's flow chart itself, everything else allowed."""
    policies = tuple(parse(to_json(policy)) for policy in proposal.policies)
    request = Request(principal, action, "*", closed=False)
    return decide(request, PolicySet(identity=(EVERYTHING,), scp=((EVERYTHING, *policies),)))


@given(targets(), levels, lengths)
def test_no_observed_use_is_denied(target, level, largest):
    proposal = propose_scp(target, CATALOGUE, level=level, largest=largest)

    verdicts = [asked(proposal, use.principal, use.action) for use in target.uses]

    assert all(one.decision is Decision.ALLOWED and not one.conditional_on for one in verdicts)


@given(targets(), levels, lengths)
def test_what_is_needed_for_any_reason_is_denied_to_nobody(target, level, largest):
    proposal = propose_scp(target, CATALOGUE, level=level, largest=largest)

    needed = [(one.account_id, action) for one in target.accounts for action in one.needs]
    verdicts = [asked(proposal, f"arn:aws:iam::{account}:user/new", action) for account, action in needed]

    assert all(one.decision is Decision.ALLOWED for one in verdicts)


@given(targets(), levels)
def test_what_is_said_to_be_denied_is_denied_to_all_but_the_exempt(target, level):
    proposal = propose_scp(target, CATALOGUE, level=level)

    lines = [line.pattern for line in proposal.in_state("denied")] if proposal.policies else []
    named = [one for one in ACTIONS if one in lines or f"{one.partition(':')[0]}:*" in lines]

    stranger = f"arn:aws:iam::{ACCOUNTS[0]}:user/somebody"
    assert all(asked(proposal, stranger, one).decision is Decision.EXPLICITLY_DENIED for one in named)
    assert all(asked(proposal, arn, one).decision is Decision.ALLOWED for arn in target.exempt for one in named)


@given(targets(), levels, lengths)
def test_every_policy_fits_and_denies_only(target, level, largest):
    proposal = propose_scp(target, CATALOGUE, level=level, largest=largest)

    assert all(size(policy) <= largest for policy in proposal.policies)
    assert len(proposal.policies) + len(target.attached) <= 5 or not proposal.policies
    assert {Effect.DENY} >= {one.effect for policy in proposal.policies for one in policy.statements}


@given(targets(), levels)
def test_the_order_of_accounts_and_needs_does_not_matter(target, level):
    turned = [replace(one, needs=dict(reversed(one.needs.items()))) for one in reversed(target.accounts)]
    other = replace(target, accounts=tuple(turned))

    found, again = (propose_scp(one, CATALOGUE, level=level) for one in (target, other))

    assert (found.policies, found.lines) == (again.policies, again.lines)


@given(targets(), levels)
def test_one_more_need_never_denies_more(target, level):
    first = target.accounts[0]
    more = replace(first, needs={**first.needs, ACTIONS[0]: Need("used", "seen")})

    before = propose_scp(target, CATALOGUE, level=level)
    after = propose_scp(replace(target, accounts=(more, *target.accounts[1:])), CATALOGUE, level=level)

    def denied(proposal):
        principal = f"arn:aws:iam::{ACCOUNTS[0]}:user/somebody"
        return {one for one in ACTIONS if asked(proposal, principal, one).decision is not Decision.ALLOWED}

    assert denied(after) <= denied(before)


@given(targets(), levels)
@settings(max_examples=examples(50))
def test_the_proof_counts_every_use_and_its_files_are_the_same_each_time(target, level):
    proposal = propose_scp(target, CATALOGUE, level=level)
    if proposal.refused:
        return

    proof = prove_scp(proposal, versions={})

    assert (len(target.uses), 0, 0) == (proof["allowed"], proof["denied"], proof["widened"])
    assert sum(use.calls for use in target.uses) == proof["calls"]
    assert scp_files(proposal, proof) == scp_files(proposal, prove_scp(proposal, versions={}))


def test_the_proof_does_not_believe_the_proposal():
    """A use that the evidence forgot to call a need is found by the replay."""
    use = BoundUse(ACCOUNTS[0], f"arn:aws:iam::{ACCOUNTS[0]}:role/app", "sqs:SendMessage", 2, 7)
    proposal = propose_scp(Target("ou-1", "unit", (BoundAccount(ACCOUNTS[0], uses=(use,)),)), CATALOGUE)

    found = replay_scp(proposal)

    assert (2, 2, 7, (use,)) == (found.replayed, found.denied, found.calls, found.failures)
    with pytest.raises(ProofFailedError, match="would deny 2 observed uses"):
        prove_scp(proposal, versions={})


def test_somebody_whose_arn_is_not_told_is_no_exempt_one():
    use = BoundUse(ACCOUNTS[0], "AIDAEXAMPLE", "sqs:SendMessage", 1, 1)
    account = BoundAccount(ACCOUNTS[0], uses=(use,), exempt=(f"arn:aws:iam::{ACCOUNTS[0]}:user/ann",))

    found = replay_scp(propose_scp(Target("ou-1", "unit", (account,)), CATALOGUE))

    assert 1 == found.denied
