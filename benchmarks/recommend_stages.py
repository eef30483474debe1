"""CPU seconds of each stage of `recommend`, in one process: gather, propose, prove, write. Started by `recommendations.py`.

python benchmarks/recommend_stages.py LAKE OUT AS_OF
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from iamaudit.config import Settings
from iamaudit.errors import ProofFailedError
from iamaudit.knowledge.actions import catalogue
from iamaudit.lake.lake import find_lake
from iamaudit.proof.bundle import bundle_files
from iamaudit.proof.prove import prove
from iamaudit.proof.write import write_bundle
from iamaudit.recommend.choices import Choices
from iamaudit.stages.delivery import delivery_of
from iamaudit.stages.evidence import Unreadable, gather
from iamaudit.stages.outcome import versions
from iamaudit.stages.proposals import proposal_of
from iamaudit.stages.workbench import engine_on


def main() -> None:
    """Work everybody out, one after the other, and print what each stage took and what became of them."""
    lake, out = find_lake(Path(sys.argv[1])), Path(sys.argv[2])
    seconds: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    clock = time.process_time
    last = clock()

    def took(stage: str) -> None:
        nonlocal last
        now = clock()
        seconds[stage] += now - last
        last = now

    moment = datetime.fromisoformat(sys.argv[3]).replace(tzinfo=UTC)
    with engine_on(lake, Settings(tolerated_gap_days=3), moment) as engine:
        found = [one for one in gather(engine) if not isinstance(one, Unreadable)]
    took("gather")
    choices, actions = Choices(), catalogue()
    for evidence in found:
        proposal = proposal_of(evidence, actions, choices)
        took("propose")
        kinds[proposal.refused_kind or "written"] += 1
        if proposal.refused:
            continue
        try:
            certificate = prove(evidence, proposal, actions, versions=versions(actions))
        except ProofFailedError:
            kinds["written"] -= 1
            kinds["proof"] += 1
            continue
        finally:
            took("prove")
        delivered = delivery_of(evidence, proposal.changes, choices.formats)
        write_bundle(bundle_files(evidence, proposal, certificate) | delivered, out)
        took("write")
    print(json.dumps({"seconds": seconds, "kinds": {kind: n for kind, n in kinds.items() if n}}))


if __name__ == "__main__":
    main()
