"""Hypothesis tries the same examples in every run, so that a red suite is somebody's change and not chance.

`HYPOTHESIS_PROFILE=wide` draws new ones, and more of them; what it finds becomes a case.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("wide", max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))
