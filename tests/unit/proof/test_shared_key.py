"""The key of what several hold: another one as soon as anything is new that its proposal or its proof is made from."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from functools import partial

import pytest

from iamaudit.policy.parse import parse
from iamaudit.proof.evidence_key import evidence_key, shared_key
from iamaudit.recommend.evidence import ObservedUse, PrincipalEvidence
from iamaudit.recommend.joint import Holder, Shared
from iamaudit.recommend.known import known_resources
from tests.unit.proof.test_evidence_key import EVIDENCE, MAY_MOVE, OPTIONS, START, TEXT, other

GROUP = "arn:aws:iam::111122223333:group/devs"
ANN = replace(EVIDENCE, arn="arn:aws:iam::111122223333:user/ann", kind="user", name="ann")
BOB = replace(ANN, arn="arn:aws:iam::111122223333:user/bob", name="bob", uses=ANN.uses[:1])
SHARED = Shared(replace(ANN, arn=GROUP, kind="group", name="devs", uses=()), (Holder(ANN), Holder(BOB, BOB.current)))
FIELDS = sorted({entry.name for entry in fields(PrincipalEvidence)} - MAY_MOVE)


def key(shared, joining=(), options=OPTIONS):
    return shared_key(shared, options, partial(evidence_key, made_with=options), joining)


def with_ann(**changed):
    return replace(SHARED, holders=(replace(SHARED.holders[0], evidence=replace(ANN, **changed)), SHARED.holders[1]))


@pytest.mark.parametrize("name", FIELDS)
def test_another_value_of_any_field_of_the_thing_is_another_key(name):
    assert key(SHARED) != key(replace(SHARED, whole=replace(SHARED.whole, **{name: other(name)})))


@pytest.mark.parametrize("name", FIELDS)
def test_another_value_of_any_field_of_one_holder_is_another_key(name):
    assert key(SHARED) != key(with_ann(**{name: other(name)}))


def test_what_was_agreed_of_another_policy_of_a_holder_is_another_key():
    agreed = replace(ANN.current[0], agreed=parse(TEXT))

    assert key(SHARED) != key(with_ann(current=(agreed,)))


def test_what_stays_beside_it_and_who_joins_it_are_another_key():
    beside = replace(SHARED, holders=(SHARED.holders[0], Holder(BOB)))

    assert 4 == len({key(SHARED), key(beside), key(SHARED, [EVIDENCE]), key(SHARED, [replace(EVIDENCE, uses=())])})


def test_a_holder_who_leaves_is_another_key():
    assert key(SHARED) != key(replace(SHARED, holders=SHARED.holders[:1]))


def test_other_options_are_another_key():
    assert key(SHARED) != key(SHARED, options={**OPTIONS, "options": "other"})


def test_a_window_of_the_same_length_on_other_days_is_the_same_key():
    moved = {"window_start": START + timedelta(days=1), "window_end": START + timedelta(days=91)}
    later = replace(
        SHARED,
        whole=replace(SHARED.whole, **moved),
        holders=tuple(replace(one, evidence=replace(one.evidence, **moved)) for one in SHARED.holders),
    )

    assert key(SHARED) == key(later)


def test_siblings_are_crowded_among_the_uses_of_all_holders_together():
    """Neither holder has enough of them for a pattern, both together have: then what else there is decides."""
    names = [f"arn:aws:dynamodb:eu-west-1:111122223333:table/app-{number}" for number in range(60)]
    half = 8  # of the more than ten that a pattern needs
    of_ann, of_bob = (
        tuple(ObservedUse("dynamodb:GetItem", one) for one in some) for some in (names[:half], names[half : 2 * half])
    )

    def held(known):
        people = (Holder(replace(ANN, uses=of_ann, known=known)), Holder(replace(BOB, uses=of_bob, known=known)))
        return replace(SHARED, holders=people, known=known)

    few, crowded = held(known_resources(names[: 2 * half], [])), held(known_resources(names, []))

    assert key(few) != key(crowded)
    assert [evidence_key(one.evidence, OPTIONS) for one in few.holders] == [
        evidence_key(one.evidence, OPTIONS) for one in crowded.holders
    ]
