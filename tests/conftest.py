"""Hypothesis tries the same examples in every run, so that a red suite is somebody's change and not chance.

`make test` tries a third of them (`tests/amount.py`), `make test-slow` all of them (`HYPOTHESIS_PROFILE=thorough`).
`HYPOTHESIS_PROFILE=wide` draws new ones, and more of them; what it finds becomes a case.
"""

import functools

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.amount import PROFILE, examples

# a law that fails says its smallest example; why that one fails would take minutes of engines more to explain
PHASES = [phase for phase in Phase if phase is not Phase.explain]
steady = settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=PHASES)
settings.register_profile("steady", steady, max_examples=examples(100))
settings.register_profile("thorough", steady)
settings.register_profile("wide", max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(PROFILE)


@pytest.fixture(scope="session")
def service_models():
    """AWS's service models are read once, and not again for each of boto3's sessions: a client costs a tenth then."""
    import botocore.session

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", functools.cache(botocore.session.create_loader))
        yield
