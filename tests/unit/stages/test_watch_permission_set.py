"""`watch` after the very bundle that `recommend` wrote for a permission set."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from iamaudit.recommend.choices import Choices
from iamaudit.stages.apply import find_bundles
from iamaudit.stages.recommend import recommend
from iamaudit.stages.watch import watch
from iamaudit.stages.watch_restore import give_back
from tests.unit.cli.test_watch_shared import carry_out
from tests.unit.stages.small_account import call
from tests.unit.stages.small_company import SmallCompany
from tests.unit.stages.test_permission_set_bundles import CALLS, NAME, SET, TODAY, as_person, captured


def test_what_a_sets_role_is_refused_goes_back_into_the_sets_inline_policy(tmp_path):
    refused = call("2026-11-04", event="DeleteBucketPolicy") | {"errorCode": "AccessDenied"}
    calls = [*CALLS, as_person(refused, "ann@example.com")]
    company = SmallCompany(calls, inline={("role", NAME): TODAY}, more=captured())

    with company, company.engine() as engine:
        recommend(engine, tmp_path, choices=Choices(formats=("json",)), workers=1)
        (bundle,) = (one for one in find_bundles(tmp_path) if one.plan.principal == SET)
        journal = bundle.folder.parent / "Readers.applied-1.jsonl"
        carry_out(journal, bundle.plan, bundle.current, list(bundle.proposed), datetime(2026, 11, 3, tzinfo=UTC))
        watched = watch(engine, tmp_path, with_events=False)
        ((thing, folder, _),) = give_back(watched, tmp_path)

    put, provision = json.loads((folder / "plan.json").read_text())["changes"]
    given = json.loads(put["document"])["Statement"]
    assert [("ours", SET)] == [(one.cause.value, one.applied.thing) for one in watched.judged]
    assert (SET, "provision_permission_set") == (thing, provision["change"])
    assert json.loads(put["before"]) == json.loads(bundle.plan.changes[0].document)
    assert ("s3:DeleteBucketPolicy", "arn:aws:s3:::data") == (given[-1]["Action"], given[-1]["Resource"])
