"""What is told to be too long before it is arranged is refused when it is arranged, and a later try is as good as a first."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iamaudit.model.policy import Effect, Policy, Statement
from iamaudit.policy.render import to_json
from iamaudit.recommend.arrange import Limits, arrange
from iamaudit.recommend.evidence import CurrentPolicy, PrincipalEvidence, UnknownGrant
from iamaudit.recommend.keep import Keeper, keep_set
from iamaudit.recommend.propose import granted_actions
from iamaudit.recommend.too_long import least_policies
from tests.amount import examples
from tests.properties import strategies_recommend as world

CATALOGUE = world.SmallCatalogue()
thorough = settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _all_unknown(evidence):
    """The logs show nothing of what is granted, so that the names alone are long."""
    granted = sorted(granted_actions(evidence, CATALOGUE))
    return replace(evidence, unknown=tuple(UnknownGrant(action, "not logged") for action in granted[1:]))


@thorough
@given(world.evidence(), st.integers(1, 200), st.integers(1, 3))
def test_what_is_surely_too_long_is_refused(evidence, largest, most):
    evidence = _all_unknown(evidence)
    keep = keep_set(evidence, CATALOGUE, keep_unknown=True, level="resource")
    limits = Limits(largest, most)

    keeper = Keeper(evidence, CATALOGUE, keep_unknown=True, level="resource")
    unknown = {CATALOGUE.spelling(one.action) for one in evidence.unknown}

    arranged = arrange(evidence, keep, CATALOGUE, limits=limits)

    assert arranged.refused or not least_policies(evidence, keeper, CATALOGUE, unknown, limits)


@dataclass(frozen=True)
class LongCatalogue:
    """Three hundred actions of one service."""

    actions: tuple[str, ...] = tuple(f"big:MakeThing{number:03}" for number in range(300))

    def spelling(self, action):
        return action if action in self.actions else None

    def takes_resource(self, _action):
        return True

    def all_actions(self):
        return self.actions


def test_no_number_of_policies_that_fits_is_called_too_few():
    catalogue, statement = LongCatalogue(), Statement(Effect.ALLOW, actions=("big:*",), resources=("*",))
    policy = Policy((statement,))
    current = (CurrentPolicy("id", "p", "customer", world.PRINCIPAL, policy, to_json(policy)),)
    unknown = tuple(UnknownGrant(action, "not logged") for action in catalogue.actions[1:])
    evidence = PrincipalEvidence(world.PRINCIPAL, "111122223333", "user", "ann", current=current, unknown=unknown)
    keep = keep_set(evidence, catalogue, keep_unknown=True, level="resource")

    keeper = Keeper(evidence, catalogue, keep_unknown=True, level="resource")
    names = catalogue.actions[1:]
    sure = {most for most in range(1, 12) if least_policies(evidence, keeper, catalogue, names, Limits(1000, most))}
    fits = {most for most in range(1, 12) if not arrange(evidence, keep, catalogue, limits=Limits(1000, most)).refused}

    assert set(range(1, 6)) == sure  # 299 names of 16 characters in quotes
    assert set(range(8, 12)) == fits  # of halves of the list


@thorough
@given(world.evidence(), st.booleans(), st.sampled_from(["service", "action", "resource"]))
def test_a_second_try_says_what_a_first_one_would(evidence, keep_unknown, level):
    smaller = replace(evidence, unknown=evidence.unknown[1:])
    keeper = Keeper(evidence, CATALOGUE, keep_unknown=keep_unknown, level=level)

    tries = [keeper.keep_set(), keeper.keep_set(by_way=False), keeper.keep_set(smaller.unknown, by_way=False)]

    options = {"keep_unknown": keep_unknown, "level": level}
    assert tries == [
        keep_set(evidence, CATALOGUE, **options),
        keep_set(evidence, CATALOGUE, **options, by_way=False),
        keep_set(smaller, CATALOGUE, **options, by_way=False),
    ]
