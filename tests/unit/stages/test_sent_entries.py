"""What reaches a worker is what was sent to it, and equal grants are one object there."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

from iamaudit.recommend.evidence import PrincipalEvidence, UnknownGrant
from iamaudit.recommend.joint import Holder, Shared
from iamaudit.recommend.known import Known
from iamaudit.stages.sent_entries import Receiver, sent

KNOWN = Known(seen=("arn:aws:s3:::b/a",))
OTHER = Known(seen=("arn:aws:s3:::b/b",))


def user(name, *unknown, known=KNOWN):
    grants = tuple(UnknownGrant(*one) for one in unknown)
    return PrincipalEvidence(
        f"arn:aws:iam::111122223333:user/{name}", "111122223333", "user", name, unknown=grants, known=known
    )


ANN = user("ann", ("s3:GetObject", "not logged"), ("sqs:SendMessage", "not logged"), ("s3:GetObject", "a gap"))
BOB = user("bob", ("s3:GetObject", "not logged"))
GROUP = Shared(user("group"), (Holder(ANN), Holder(BOB), Holder(user("eve"))), KNOWN)


def through_a_pipe(entry):
    return pickle.loads(pickle.dumps(sent(entry, KNOWN)))


@pytest.mark.parametrize(
    "entry",
    [ANN, user("eve"), replace(ANN, known=OTHER), GROUP, replace(GROUP, holders=()), replace(GROUP, known=OTHER)],
)
def test_an_entry_arrives_as_it_was(entry):
    receiver = Receiver(KNOWN)

    found = receiver.received(through_a_pipe(entry))

    assert entry == found


def test_what_all_share_is_not_sent_with_each():
    receiver = Receiver(KNOWN)

    found = receiver.received(through_a_pipe(ANN))

    assert found.known is KNOWN
    assert sent(ANN, KNOWN)[0].known == Known()


def test_equal_grants_of_all_that_was_received_are_one_object():
    receiver = Receiver(KNOWN)

    ann, group = receiver.received(through_a_pipe(ANN)), receiver.received(through_a_pipe(GROUP))

    assert ann.unknown[0] is group.holders[0].evidence.unknown[0] is group.holders[1].evidence.unknown[0]
