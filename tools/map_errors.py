"""Count what the exceptions of every botocore service mean, and keep the closed list of those that no rule classes.

Plain, it prints the counts and what keeps the ratchet from holding. `--write` takes the rows that are no longer needed
out of unclassed_errors.csv; `--accept` also lets the exceptions of a newer botocore in, and the diff is reviewed like
code.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import botocore

from iamaudit.knowledge.events import error_row
from iamaudit.knowledge.tables import rows
from tools.service_models import service_models

EXCEPTIONS = Path(__file__).resolve().parents[1] / "iamaudit" / "knowledge" / "data" / "unclassed_errors.csv"
FIELDS = ("code", "services", "reason", "since", "source")
REASON = "nothing tells whether it is said before or after authorisation"


@dataclass(frozen=True, slots=True, order=True)
class ErrorShape:
    """One exception of a service model under one of the names that CloudTrail may use for it."""

    service: str
    code: str  # the model's error code, or the name of the shape
    prefix: str
    http_status: int  # 0 where the model has none


@cache
def error_shapes() -> tuple[ErrorShape, ...]:
    """Return every exception of every service model of the installed botocore, by code and by name, sorted."""
    found: set[ErrorShape] = set()
    for service, prefix, model in service_models():
        for name, shape in model["shapes"].items():
            if shape.get("exception"):
                error = shape.get("error", {})
                status = error.get("httpStatusCode", 0)
                found |= {ErrorShape(service, code, prefix, status) for code in (name, error.get("code", name))}
    return tuple(sorted(found))


def unclassed() -> dict[str, tuple[str, ...]]:
    """Return the codes that no row of error_codes.csv matches, with the services that use them."""
    found: dict[str, list[str]] = {}
    for shape in error_shapes():
        if error_row(shape.prefix, shape.code) is None:
            found.setdefault(shape.code, []).append(shape.service)
    return {code: tuple(services) for code, services in sorted(found.items())}


def renewed(today: str, *, accept: bool) -> list[dict[str, str]]:
    """Return the exceptions that are still needed, with their old reasons; new ones only when they are accepted."""
    old = {row["code"]: row for row in rows("unclassed_errors")} if EXCEPTIONS.exists() else {}
    found = []
    for code, services in unclassed().items():
        if code in old:
            found.append(old[code])
        elif accept:
            values = (code, " ".join(services), REASON, today, f"botocore {botocore.__version__}")
            found.append(dict(zip(FIELDS, values, strict=True)))
    return found


def _lines() -> Iterator[str]:
    shapes = error_shapes()
    services = len({shape.service for shape in shapes})
    yield f"{len(shapes)} exceptions (by code and by name) of {services} services, botocore {botocore.__version__}"
    found = (error_row(shape.prefix, shape.code) for shape in shapes)
    counted = Counter("no row" if row is None else row.outcome for row in found)
    yield from (f"{count:>7}  {kind}" for kind, count in sorted(counted.items()))


def main() -> None:
    """Print the counts; renew the list when asked to."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--write", action="store_true")
    arguments.add_argument("--accept", action="store_true")
    chosen = arguments.parse_args()
    print("\n".join(_lines()))
    if chosen.write or chosen.accept:
        kept = renewed(dt.datetime.now(dt.UTC).date().isoformat(), accept=chosen.accept)
        with EXCEPTIONS.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(kept)
        print(f"{EXCEPTIONS.name}: {len(kept)} rows")
        return
    listed = {row["code"] for row in rows("unclassed_errors")}
    now = set(unclassed())
    for text, codes in (("no row and not listed", now - listed), ("no longer needed", listed - now)):
        print("\n".join(f"{text}: {code}" for code in sorted(codes)) or f"{text}: none")


if __name__ == "__main__":
    main()
