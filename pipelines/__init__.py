"""Thin Prefect flows: schedule, retry, observe; no AWS knowledge here.

Prefect reads its settings when it is imported, so they are set here, before any flow's module imports it: nothing is
sent home, its log shows warnings only, and its own server has time to start on a busy machine. A value that is already
in the environment stays.
"""

import os

for _name, _value in {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
}.items():
    os.environ.setdefault(_name, _value)
