"""The verbs about bundles: show what they change, make the changes, take them back."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from iamaudit.cli.changes import asked, end, print_plan
from iamaudit.cli.options import json_option
from iamaudit.cli.output import complain, emit, show
from iamaudit.errors import ConfigError, InputError, SourceError

if TYPE_CHECKING:
    from iamaudit.apply.run import Approve
    from iamaudit.stages.apply import Accounts, Applied, Bundle


@click.command()
@click.argument("place", type=click.Path(path_type=Path), required=False)
@click.option("--plan", "only_plan", is_flag=True, help="Only print what would be done; AWS is read and not changed.")
@click.option("--yes", is_flag=True, help="Make every change without asking.")
@click.option("--irreversible", is_flag=True, help="Also what cannot be taken back: deleted keys and passwords.")
@click.option(
    "--rollback", "journal", type=click.Path(path_type=Path), metavar="JOURNAL", help="Take back what a journal tells."
)
@click.option("--force", is_flag=True, help="With --rollback: also what somebody changed since.")
@click.option("--as-of", metavar="DAY", help="With a retire.json: take what is due on that day; default: today.")
@click.option("--profile", help="AWS profile to use.")
@click.option("--role", help="Role to assume in the account of each plan, by name.")
@json_option
def apply(
    place: Path | None,
    journal: Path | None,
    profile: str | None,
    role: str | None,
    as_of: str | None,
    *,
    only_plan: bool,
    yes: bool,
    irreversible: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Make the changes of a bundle, or of all bundles below PLACE, in AWS: one by one, each asked for and journaled.

    When PLACE is a retire.json, the steps for idle credentials that are due are taken, and no others.
    """
    from datetime import UTC, datetime

    from iamaudit.stages import apply as stage

    if (place is None) is (journal is None):
        raise ConfigError("give a bundle, a folder of bundles or a retire.json, or a journal with --rollback")
    is_retirement = place is not None and place.is_file()
    if as_of is not None and not is_retirement:
        raise ConfigError("--as-of is for the steps of a retire.json: a bundle has no days")
    accounts = stage.aws_accounts(profile=profile, role=role)
    if journal is not None:
        done = stage.rollback(journal, accounts, lambda: datetime.now(UTC), force=force)
        end([done], as_json=as_json)
        return
    if place is not None and is_retirement:
        from iamaudit.cli.apply_due import apply_due

        apply_due(place, accounts, as_of, only_plan=only_plan, yes=yes, irreversible=irreversible, as_json=as_json)
        return
    bundles = stage.find_bundles(place or Path())
    if not bundles:
        complain([f"nothing to do: no bundle in `{place}` changes anything by itself (see its diff.md)"])
        return
    if only_plan:
        _look(bundles, accounts, as_json=as_json)
        return
    if not yes and not sys.stdin.isatty():
        raise ConfigError("nobody is here to ask: look with --plan, then say --yes")
    for bundle in bundles:
        accounts(bundle.plan)  # an account that nobody can reach is found before the first change, not between two
    results: list[Applied] = []
    for bundle in bundles:
        results.append(_apply(bundle, accounts, yes=yes, irreversible=irreversible))
        if any(outcome.fate == "failed" for outcome in results[-1].outcomes):
            break
    end(results, as_json=as_json)


@click.command()
@click.argument("place", type=click.Path(path_type=Path))
@json_option
def diff(place: Path, *, as_json: bool) -> None:
    """Show in colours what the bundle at PLACE, or each one below it, changes: today's policies and the proposed."""
    from iamaudit.report.diff import coloured, policy_texts, unified_diff
    from iamaudit.stages.apply import find_bundles

    for bundle in find_bundles(place):
        title = bundle.plan.principal
        texts = policy_texts(bundle.current, bundle.proposed)
        if bundle.boundary is not None:
            title += ": a permissions boundary around today's policies, which stay"
            texts = policy_texts({}, [bundle.boundary])
        if as_json:
            emit({"principal": bundle.plan.principal, "bundle": str(bundle.folder), "diff": unified_diff(*texts)})
            continue
        show(coloured(title, *texts))


def _apply(bundle: Bundle, accounts: Accounts, *, yes: bool, irreversible: bool) -> Applied:
    from datetime import UTC, datetime

    from iamaudit.stages import apply as stage

    approve: Approve = (lambda _change: True) if yes else asked(bundle)
    return stage.apply(bundle, accounts, approve, lambda: datetime.now(UTC), irreversible=irreversible)


def _look(bundles: Iterable[Bundle], accounts: Accounts, *, as_json: bool) -> None:
    """Print the plans of *bundles*; those whose account cannot be reached are named at the end, with exit code 2."""
    from iamaudit.stages import apply as stage

    unseen: dict[str, int] = {}
    for bundle in bundles:
        try:
            accounts(bundle.plan)
        except (InputError, SourceError) as error:
            unseen[str(error)] = unseen.get(str(error), 0) + 1
            continue
        print_plan(bundle, stage.plan(bundle, accounts), as_json=as_json)
    complain(f"not looked at: {plans} plan{'' if plans == 1 else 's'}: {why}" for why, plans in unseen.items())
    if unseen:
        sys.exit(2)
