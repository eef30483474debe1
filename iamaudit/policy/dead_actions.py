"""Actions of a statement that can never be meant: unknown ones, and those that act on no resource that is named."""

from __future__ import annotations

import re
from collections.abc import Iterator

from iamaudit.knowledge.actions import catalogue
from iamaudit.model.policy import Effect, Statement
from iamaudit.policy.expand import expand
from iamaudit.policy.formats import fits_format
from iamaudit.policy.match import is_everything

_PLACE = re.compile(r"\$\{[^}]*\}")  # `${BucketName}` of an ARN template


def dead_actions(statement: Statement) -> Iterator[str]:
    """Yield the actions that a statement names in vain, each in words; of a Deny too, which then denies nothing."""
    verb = "allows" if statement.effect is Effect.ALLOW else "denies"
    for action in statement.actions:
        prefix = action.partition(":")[0].lower()
        if prefix not in catalogue().services():
            continue  # a service that the catalogue does not have may be newer than it
        if "*" in action or "?" in action:
            if not expand([action], catalogue().all_actions()):
                yield f"`{action}` names no action that is known"
        elif catalogue().spelling(action) is None:
            yield f"`{action}` is no action that is known"
        elif statement.resources and not any(_acts_on(action, resource) for resource in statement.resources):
            yield f"{verb} `{action}` on resources that it never acts on"


def _acts_on(action: str, resource: str) -> bool:
    if is_everything(resource) or resource.endswith(":*"):
        return True
    types = catalogue().resource_types(action)
    if not types:
        return False
    prefix = action.partition(":")[0].lower()
    templates = [text for one in types for text in catalogue().arn_templates(prefix, one.name)]
    formats = [_PLACE.sub("*", text) for text in templates]
    return not formats or any(fits_format(text, resource) for text in formats)
