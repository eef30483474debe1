"""Thin Prefect flows: schedule, retry, observe; no AWS knowledge here.

Prefect reads its settings when it is imported, so they are set here, before any flow's module imports it: nothing is
sent home, and its log shows warnings only. A value that is already in the environment stays.
"""

import os

for _name, _value in {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
}.items():
    os.environ.setdefault(_name, _value)
