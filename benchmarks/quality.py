"""Recommendations against the truth of the example organisation, beside what two other ways of doing it would write."""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from figures import HERE, markdown
from judge import Judgement, Policies, Truth, judge, truth_of
from rivals.service_remover import without_unused_services
from rivals.trailscraper_generate import generated, records_by_principal

from iamaudit.config import Settings
from iamaudit.errors import PolicySyntaxError
from iamaudit.knowledge.actions import catalogue
from iamaudit.lake.lake import create_lake
from iamaudit.model.policy import Policy, PolicyKind
from iamaudit.policy.parse import parse
from iamaudit.recommend.choices import Choices
from iamaudit.recommend.evidence import PrincipalEvidence
from iamaudit.stages.collect import collect_from_files
from iamaudit.stages.evidence import Unreadable, gather
from iamaudit.stages.ingest import ingest
from iamaudit.stages.recommend import recommend_one
from iamaudit.stages.usage import update_usage
from iamaudit.stages.workbench import engine_on
from iamaudit.world.write import World, write_world

TRAILSCRAPER = HERE / ".venvs" / "trailscraper" / "bin" / "trailscraper"
END = date(2026, 6, 30)
DAYS = 90
SEED = 7
SCALE = 0.3
LATER_DAYS = 14
GAP_DAYS = 3  # days of one account that the logs lack
OURS = "iamaudit"
KNOWN_ONLY = "iamaudit `--drop-unknown`"
NOW = "today's policies"


@dataclass(frozen=True, slots=True)
class Quality:
    """What each candidate came to, and what became of our recommendations by kind."""

    judged: Mapping[str, Judgement]
    kinds: Mapping[str, Counter[str]]
    events: int


def measure() -> Quality:
    """Make the world, let every candidate write its policies from the same logs and state, and judge them."""
    with tempfile.TemporaryDirectory() as place:
        world = write_world(Path(place) / "world", end=END, days=DAYS, scale=SCALE, seed=SEED)
        told = json.loads(world.truth.read_text(encoding="utf-8"))
        truth = truth_of(told, seed=SEED, days=DAYS, end=END, scale=SCALE, later_days=LATER_DAYS)
        found = _gathered(world, Path(place) / "lake")
        made: dict[str, Policies] = {NOW: {one.arn: [held.policy for held in one.current] for one in found}}
        kinds: dict[str, Counter[str]] = {}
        written: dict[str, frozenset[str]] = {}
        for name, choices in ((OURS, Choices()), (KNOWN_ONLY, Choices(keep_unknown=False))):
            made[name], kinds[name], written[name] = _ours(found, choices, Path(place) / "bundles")
        made["service remover, as repokid"] = _service_remover(found, truth, told["principals"])
        if TRAILSCRAPER.exists():
            made["trailscraper `generate`"] = _trailscraper(found, world)
        else:
            print("trailscraper is not installed below benchmarks/.venvs: left out", file=sys.stderr)
        counted = frozenset.intersection(*written.values())
        judged = {name: judge(found, policies, truth, catalogue(), counted=counted) for name, policies in made.items()}
        return Quality(judged, kinds, world.events)


def _gathered(world: World, place: Path) -> list[PrincipalEvidence]:
    lake = create_lake(place)
    moment = datetime(END.year, END.month, END.day, tzinfo=UTC)
    ingest([world.logs], lake)
    collect_from_files(world.state, lake, captured_at=moment)
    update_usage(lake)
    with engine_on(lake, Settings(tolerated_gap_days=GAP_DAYS), moment) as engine:
        return [one for one in gather(engine) if not isinstance(one, Unreadable)]


def _ours(
    found: Sequence[PrincipalEvidence], choices: Choices, out: Path
) -> tuple[Policies, Counter[str], frozenset[str]]:
    """Return the policies, what became of principals by kind, and for whom some were written; elsewhere today's stay."""
    made: dict[str, Sequence[Policy]] = {}
    kinds: Counter[str] = Counter()
    written = set()
    for evidence in found:
        result = recommend_one(evidence, catalogue(), out, choices)
        kinds[result.refused_kind or "written"] += 1
        if result.bundle is None:
            made[evidence.arn] = [one.policy for one in evidence.current]
        else:
            paths = sorted(result.bundle.glob("policy-*.json"))
            made[evidence.arn] = [_read(path.read_text(encoding="utf-8"), path.stem) for path in paths]
            written.add(evidence.arn)
    return made, kinds, frozenset(written)


def _read(text: str, name: str) -> Policy:
    return parse(text, kind=PolicyKind.IDENTITY, name=name)


def _service_remover(
    found: Iterable[PrincipalEvidence], truth: Truth, told: Iterable[Mapping[str, object]]
) -> Policies:
    """Service last accessed counts what was refused, too, and sees what the logs do not."""
    denied: dict[object, list[Mapping[str, str]]] = {one["principal"]: one["denied"] for one in told}  # type: ignore[misc]
    made = {}
    for evidence in found:
        needs = (*truth.whole(evidence.arn), *denied[evidence.arn])
        used = {one["action"].partition(":")[0].lower() for one in needs}
        left = (without_unused_services(one.policy, used, catalogue().all_actions()) for one in evidence.current)
        made[evidence.arn] = [policy for policy in left if policy is not None]
    return made


def _trailscraper(found: Iterable[PrincipalEvidence], world: World) -> Policies:
    records = records_by_principal(world.logs / "AWSLogs")
    made: dict[str, Sequence[Policy]] = {}
    for evidence in found:
        own = records.get(evidence.arn)
        try:
            made[evidence.arn] = [_read(generated(TRAILSCRAPER, own), "generated")] if own else []
        except PolicySyntaxError:  # a policy without statements
            made[evidence.arn] = []
    return made


def table(quality: Quality) -> str:
    """Return the comparison for people."""
    head = [
        "candidate",
        "logged needs kept",
        "unlogged needs kept",
        "actions missing",
        "requests widened",
        "actions / needed",
        "pairs / needed",
        "actions, all",
        "pairs, all",
        "characters",
        "fit nowhere",
        "later uses denied",
        "of them used before",
    ]
    rows = [_row(name, one) for name, one in quality.judged.items()]
    written = quality.kinds[OURS]
    others = ", ".join(f"{count} {kind}" for kind, count in sorted(written.items()) if kind != "written")
    about = (
        f"{quality.events:,} events of {DAYS} days, {written.total()} users and roles with policies: "
        f"{written['written']} bundles{f'; {others}' if others else ''}."
    )
    return f"{about}\n\n{markdown(head, rows)}\n\n{_explained(quality.judged[OURS])}"


def _row(name: str, one: Judgement) -> list[str]:
    counts = one.counts
    return [
        f"**{name}**" if name == OURS else name,
        _share(counts, "logged"),
        _share(counts, "not logged"),
        f"{counts['logged actions missing'] + counts['not logged actions missing']:,}",
        f"{counts['widened']:,}" + (f" + {counts['not proven']:,} doubtful" if counts["not proven"] else ""),
        f"{one.ratio('told actions'):.2f}",
        f"{one.ratio('told pairs'):.2f}",
        f"{one.ratio('all actions'):.2f}",
        f"{one.ratio('all pairs'):.2f}",
        f"{counts['characters']:,}",
        f"{counts['too large']}",
        f"{len(one.denied_later)} of {counts['later']:,}",
        f"{sum(why == 'used before' for *_, why in one.denied_later)}",
    ]


def _share(counts: Counter[str], what: str) -> str:
    return f"{100 * (counts[what] - counts[f'{what} denied']) / counts[what]:.1f} %"


def _explained(one: Judgement) -> str:
    lines = [
        f"* `{arn.rpartition(':')[2]}`: `{need.action}` on `{need.resource}`, {calls} calls: {why}"
        for arn, need, calls, why in one.denied_later
    ]
    return "\n".join([f"Denied in the {LATER_DAYS} days after, by {OURS}:", "", *(lines or ["* nothing"])])


def figures(quality: Quality) -> dict[str, dict[str, int]]:
    """Return the counts for latest.json."""
    return {name: dict(sorted(one.counts.items())) for name, one in quality.judged.items()}


if __name__ == "__main__":
    print(table(measure()))
