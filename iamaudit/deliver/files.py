"""The delivery files of a bundle, by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from iamaudit.deliver.cloudformation import cloudformation
from iamaudit.deliver.script import apply_script, rollback_script
from iamaudit.deliver.steps import Held
from iamaudit.deliver.terraform import terraform
from iamaudit.model.arn import parse_arn
from iamaudit.model.change import ChangeKind
from iamaudit.model.plan import Plan
from iamaudit.recommend.choices import FORMATS


def delivery_files(
    plan: Plan, held: Iterable[Held] | None, *, formats: Sequence[str] = FORMATS, title: str = ""
) -> dict[str, bytes]:
    """Return `main.tf`, `template*.json`, `apply.sh` and `rollback.sh`; of a plan without changes they say so.

    *held* are the policies that the plan's holders have today, None when that is not known. JSON (`plan.json`, the
    policies, `rollback.json`) is the bundle's own and always there.
    """
    account = plan.account_id
    is_bounded = any(change.kind is ChangeKind.PUT_PERMISSIONS_BOUNDARY for change in plan.changes)
    what = "a permissions boundary around today's policies" if is_bounded else "the smaller policies"
    title = title or f"{what} of {plan.principal}"
    if not plan.changes:
        title += ": nothing of its own changes (its groups or Identity Center hold the policies, see diff.md)"
    known = None if held is None else list(held)
    texts: dict[str, str] = {}
    if "terraform" in formats:
        arn = parse_arn(plan.principal)
        partition = arn.partition if arn else "aws"
        texts["main.tf"] = terraform(plan.changes, known, account_id=account, title=title, partition=partition)
    if "cloudformation" in formats:
        texts |= cloudformation(plan.changes, title=title)
    if "cli" in formats:
        texts["apply.sh"] = apply_script(plan.changes, account_id=account, title=title)
        texts["rollback.sh"] = rollback_script(plan.changes, known or (), account_id=account, title=title)
    # a lone surrogate in a document has no UTF-8; JSON's own escape stands for it
    return {name: text.encode("utf-8", "backslashreplace") for name, text in texts.items()}
