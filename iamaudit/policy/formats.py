"""Whether a resource pattern of a policy can name resources of a type, given the type's ARN format."""

from __future__ import annotations

from iamaudit.policy.inclusion import resource_tokens, text_in_both
from iamaudit.policy.match import has_wildcard, is_everything

_MAY_BE_EMPTY = 5  # the fields before the resource part: partition, service, region and account


def fits_format(arn_format: str, pattern: str) -> bool:
    """Return whether some ARN has *arn_format* (`arn:*:s3:::*/*`) and fits *pattern* (domain.md §3.3).

    In a format `*` in one of the first five fields stands for a value that must be there: a pattern with an
    empty account names no role.
    """
    if is_everything(pattern) or is_everything(arn_format):
        return True
    wanted, given = arn_format.split(":", _MAY_BE_EMPTY), pattern.split(":", _MAY_BE_EMPTY)
    if any(w == "*" and g == "" for w, g in zip(wanted[:_MAY_BE_EMPTY], given, strict=False)):
        return False
    return text_in_both(resource_tokens(arn_format), resource_tokens(pattern, variables=True)) is not None


def fits_format_strictly(arn_format: str, pattern: str) -> bool:
    """Return the same, but refuse a wildcard inside the word that names the resource type (`u*`, `*/*`)."""
    if not fits_format(arn_format, pattern):
        return False
    wanted, given = (text.split(":", _MAY_BE_EMPTY)[-1] for text in (arn_format, pattern))
    if is_everything(given):
        return True
    separator = next((c for c in wanted if c in "/:"), "/")
    type_word = wanted.partition(separator)[0]
    return has_wildcard(type_word) or not has_wildcard(given.partition(separator)[0])
