"""Write iamaudit/knowledge/data/tags_at_creation.csv: the services of which some call makes a thing and tags it at once.

Run `python tools/make_tags_at_creation.py` after botocore moved on; the diff is reviewed like code. An operation counts
when its name says that it makes something and its input has a member for tags.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import botocore.session

from tools.make_permission_only import prefix_of_service

DATA = Path(__file__).resolve().parents[1] / "iamaudit" / "knowledge" / "data"
_MAKES = re.compile(
    r"(Create|Register|Run|Start|Import|Copy|Allocate|Request|Publish|Provision|Put|Add|Purchase|Restore)"
)
_TAGS = re.compile(r"(?i)(resource)?tags?(list|set|s|map|specifications?)?")


def makes_with_tags(name: str, operation: dict[str, Any], shapes: dict[str, Any]) -> bool:
    """Say whether an operation of a service model makes something and takes tags for it."""
    members = shapes.get(operation.get("input", {}).get("shape", ""), {}).get("members", {})
    return bool(_MAKES.match(name)) and "Tag" not in name and any(_TAGS.fullmatch(member) for member in members)


def main() -> None:
    """Write the table and say how many rows it has."""
    loader = botocore.session.get_session().get_component("data_loader")
    found: defaultdict[str, set[str]] = defaultdict(set)
    for service in loader.list_available_services("service-2"):
        model = loader.load_service_model(service, "service-2")
        for name, operation in model["operations"].items():
            if makes_with_tags(name, operation, model["shapes"]):
                found[prefix_of_service(service) or service].add(name)
    source = f"botocore {botocore.__version__}, the service model (Apache-2.0)"
    with (DATA / "tags_at_creation.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("prefix", "operations", "such_as", "source"))
        writer.writerows((prefix, len(names), min(names), source) for prefix, names in sorted(found.items()))
    print(f"{len(found)} services, botocore {botocore.__version__}")


if __name__ == "__main__":
    main()
