"""The service models of the installed botocore, one after the other: all of them together fill the memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from botocore.loaders import JSONFileLoader, Loader

from iamaudit.knowledge.events import prefix_of


def service_models() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield (service, action prefix, model) of every service in its newest version, sorted by service."""
    loader, files = Loader(), JSONFileLoader()
    for service in sorted(loader.list_available_services("service-2")):
        version = loader.determine_latest_version(service, "service-2")
        model = files.load_file(str(Path(loader.BUILTIN_DATA_PATH, service, version, "service-2")))
        yield service, prefix_of(f"{model['metadata']['endpointPrefix']}.amazonaws.com"), model
