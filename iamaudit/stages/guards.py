"""What may not be taken away yet: grants inside the grace period, what a tag protects, what a rule excludes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from iamaudit.engine.duck import Engine
from iamaudit.model.policy import Policy
from iamaudit.policy.parse import parse
from iamaudit.recommend.choices import Choices, Exclusion
from iamaudit.stages.namesakes import namesakes
from iamaudit.stages.quiet import in_words, quiet_uses

Row = Mapping[str, Any]

_OLD_ENOUGH = """
    select distinct account_id from principals where captured_at <= $as_of - to_days($grace_days)
"""


class Guards:
    """The guards of every principal and policy of the lake."""

    def __init__(self, engine: Engine, choices: Choices) -> None:
        """Read fresh grants and tags once."""
        self._choices = choices
        self._today: date = _moment(engine.parameters["as_of"]).date()
        self._grace_days = engine.parameters["grace_days"]
        fresh = engine.table("fresh_grants").to_pylist()
        self._fresh = {(row["principal"], row["policy_id"], row["through"]): row for row in fresh}
        tags = engine.table("stg_policy_tags").to_pylist()
        self._tags = {(row["account_id"], row["policy_id"]): row["tags"] for row in tags}
        self._quiet = quiet_uses(engine)
        self._namesakes = namesakes(engine)
        asked = {name: engine.parameters[name] for name in ("as_of", "grace_days")}
        self._remembered = {row["account_id"] for row in engine.query(_OLD_ENOUGH, asked).to_pylist()}

    def of_policy(self, policy: Row, principal: str, through: str) -> tuple[str, str, Policy | None]:
        """Return why a policy is protected, why it is fresh, and what it said before; empty where it is neither."""
        protected = ""
        if self._is_tagged(self._tags.get((policy["account_id"], policy["policy_id"]))):
            protected = f"the policy has the tag `{self._choices.protect_tag}`"
        found = self._fresh.get((principal, policy["policy_id"], through))
        if found is None:
            return protected, "", None
        since = "" if found["fresh_since"] is None else f" on {found['fresh_since'].date()}"
        settled = None if found["settled_document"] is None else parse(found["settled_document"])
        return protected, f"younger than the grace period of {self._grace_days} days: {found['reason']}{since}", settled

    def of_principal(self, row: Row) -> tuple[str, tuple[Exclusion, ...]]:
        """Return why a user or role as a whole is protected, and the rules that name some of its actions."""
        rules = self._choices.exclusions_of(row["arn"], self._today)
        if self._is_tagged(row["tags"]):
            return f"the {row['kind']} has the tag `{self._choices.protect_tag}`", rules
        whole = next((rule.words() for rule in rules if rule.is_of_whole_principals), "")
        return whole, rules

    def caveats_of(self, row: Row) -> tuple[str, ...]:
        """Return which rules have expired, whose calls do not count, what was used before the window alone, what is not known."""
        found = [one.ended() for one in self._choices.expired(self._today) if one.is_for(row["arn"])]
        found += self._namesakes.get(row["arn"], ())
        if quiet := self._quiet.get(row["arn"]):
            found.append(in_words(quiet))
        if row["account_id"] not in self._remembered:
            found.append(
                f"no capture of the account is older than the grace period of {self._grace_days} days: what was attached "
                "since then is known as far as the logs tell it"
            )
        return tuple(found)

    def _is_tagged(self, tags: str | None) -> bool:
        return bool(self._choices.protect_tag and tags and self._choices.protect_tag in json.loads(tags))


def _moment(value: object) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
