"""An Amazon Resource Name, and its six parts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arn:
    """`arn:partition:service:region:account:resource`; the resource part may hold further colons."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"

    @property
    def resource_type(self) -> str:
        """The word before the first `/` or `:` of the resource part, or an empty string."""
        for index, character in enumerate(self.resource):
            if character in "/:":
                return self.resource[:index]
        return ""

    @property
    def name(self) -> str:
        """What follows the last `/` of the resource part: a role's or a user's name without its path."""
        return self.resource.rpartition("/")[2]


def parse_arn(text: str) -> Arn | None:
    """Return the parts of *text*, or None when it is not an ARN."""
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        return None
    return Arn(*parts[1:])


def partition_of(region: str) -> str:
    """Return the partition of a region name: `cn-…` is aws-cn, `us-gov-…` is aws-us-gov (domain.md §1.7)."""
    if region.startswith("cn-"):
        return "aws-cn"
    if region.startswith("us-gov-"):
        return "aws-us-gov"
    return "aws"
