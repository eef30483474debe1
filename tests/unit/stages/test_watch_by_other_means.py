"""`watch` after bundles that were carried out by other means than `iamaudit apply`: what CloudTrail tells of them."""

from __future__ import annotations

from datetime import UTC, datetime

from iamaudit.recommend.choices import Choices
from iamaudit.stages.apply import find_bundles
from iamaudit.stages.recommend import recommend
from iamaudit.stages.watch import watch
from tests.unit.stages.small_account import call
from tests.unit.stages.small_company import SmallCompany
from tests.unit.stages.test_permission_set_bundles import CALLS, NAME, SET, TODAY, as_person, captured


def test_a_set_that_was_changed_by_other_means_than_apply_is_watched_too(tmp_path):
    """By Terraform, say: CloudTrail has Identity Center's calls, and the bundle says what they meant."""
    refused = call("2026-11-04", event="DeleteBucketPolicy") | {"errorCode": "AccessDenied"}
    company = SmallCompany(CALLS, inline={("role", NAME): TODAY}, more=captured())

    with company:
        with company.engine() as engine:
            recommend(engine, tmp_path, choices=Choices(formats=("json",)), workers=1)
        (bundle,) = (one for one in find_bundles(tmp_path) if one.plan.principal == SET)
        put = call("2026-11-03", "terraform", event="PutInlinePolicyToPermissionSet") | {
            "eventSource": "sso.amazonaws.com",
            "requestParameters": {"permissionSetArn": SET, "inlinePolicy": bundle.plan.changes[0].document},
        }
        company.ingest([[put, as_person(refused, "ann@example.com")]], into="later")
        with company.engine() as engine:
            watched = watch(engine, tmp_path)

    assert [("ours", SET, "s3:DeleteBucketPolicy")] == [
        (one.cause.value, one.applied.thing, one.refusal.use.action) for one in watched.judged
    ]
    assert [datetime(2026, 11, 3, tzinfo=UTC).date()] == [one.applied.at.date() for one in watched.judged]


def test_a_boundary_that_was_put_by_other_means_than_apply_is_watched_too(tmp_path):
    refused = call("2026-11-04", event="DeleteBucketPolicy") | {"errorCode": "AccessDenied"}
    company = SmallCompany(CALLS, inline={("user", "ann"): TODAY})

    with company:
        company.ingest([[call(day, f"ann-{day}") for day in ("2026-10-01", "2026-10-02")]], into="ann")
        with company.engine() as engine:
            recommend(engine, tmp_path, choices=Choices(formats=("json",), form="boundary"), workers=1)
        (bundle,) = find_bundles(tmp_path)
        (boundary,) = (one.policy for one in bundle.plan.changes if one.kind.value == "put_permissions_boundary")
        put = call("2026-11-03", "terraform", event="PutUserPermissionsBoundary") | {
            "eventSource": "iam.amazonaws.com",
            "requestParameters": {"userName": "ann", "permissionsBoundary": boundary},
        }
        company.ingest([[put, refused]], into="later")
        with company.engine() as engine:
            watched = watch(engine, tmp_path)

    assert [("ours", boundary)] == [(one.cause.value, one.applied.boundary[0].policy_id) for one in watched.judged]
