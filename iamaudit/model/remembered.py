"""The columns of what iamaudit itself has found and remembers in the lake's state: hold-outs and recommendations.

A night writes only what is new: the latest row of a principal, by `captured_at` and `revision`, is what holds. A principal of
recommendations is also a group, a policy that several hold, a permission set, or the parts of a role: `<ARN of the role>#split`.
"""

from __future__ import annotations

from typing import Final

Columns = tuple[tuple[str, str], ...]

REMEMBERED: Final[dict[str, Columns]] = {
    "holdouts": (  # one row per principal and learning window of one evaluation
        ("account_id", "string"),
        ("principal", "string"),
        ("learn_days", "int"),
        ("uses", "int"),  # later uses that were judged; denied ones are some of them
        ("denied_uses", "int"),
        ("calls", "int"),
        ("denied_calls", "int"),
        ("as_unknown", "int"),
        ("unjudged", "int"),  # tests without a proposal
        ("denied_doubtful", "int"),  # denied uses that may not have been needed: in no other count
        ("advice", "string"),
    ),
    "recommendations": (  # one row per principal whose recommendation is another than before
        ("account_id", "string"),
        ("principal", "string"),
        ("revision", "int"),
        ("key", "string"),  # of the evidence, the options and the versions that it was made from
        ("status", "string"),  # proven | refused | gone
        ("refused_kind", "string"),
        ("reason", "string"),
        ("options", "string"),  # JSON object
        ("actions_before", "int"),
        ("actions_after", "int"),
        ("files", "string"),  # JSON object: the bundle's files by path
        ("summary", "string"),  # JSON object: what the report says
    ),
    "recommended_actions": (  # one row per action that such a recommendation keeps
        ("account_id", "string"),
        ("principal", "string"),
        ("revision", "int"),
        ("action", "string"),
        ("origin", "string"),  # used | periodic | unknown | fresh | …
        ("reason", "string"),
        ("last_used_at", "time"),
    ),
}
