"""The lake remembers what was recommended: nothing is worked out twice, and what changed is told with its reason."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime

import pytest

from iamaudit.errors import ConfigError
from iamaudit.lake.check import check
from iamaudit.recommend.choices import Choices
from iamaudit.stages import recommend as stage
from iamaudit.stages.history import history, in_short, since_when
from iamaudit.stages.instants import moment
from iamaudit.stages.memory import Memory
from tests.unit.stages.small_account import ANN, BOB, SETTINGS, SmallAccount, call, days

CALLS = [
    *(call(day, "daily") for day in days("2026-04-20", "2026-04-30")),
    call("2026-03-20", "daily", event="GetBucketTagging"),
    call("2026-04-22", "bobs", user="bob"),
]
CHOICES = Choices(keep_unknown=False)


@pytest.fixture(scope="module")
def made_once():
    with SmallAccount(CALLS) as account:
        yield account


@pytest.fixture
def account(made_once):
    with made_once.copy() as account:
        yield account


def night(account, out, as_of="2026-05-01", *, choices=CHOICES, only=frozenset(), settings=SETTINGS):
    """One night's recommendations by principal."""
    with account.engine(as_of, settings) as engine:
        memory = Memory(account.lake, engine, choices)
        found = stage.recommend(engine, out, choices=choices, only=only, workers=1, memory=memory)
    return {one.principal: one for one in found if not one.shared}


def changes(account, since, as_of):
    with account.engine(as_of, SETTINGS) as engine:
        return history(engine, moment(since, now=None))


def told(found):
    return [(one.principal, one.change, one.action, one.reason) for one in found]


def bytes_below(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def nobody_is_worked_out(monkeypatch):
    def refuse(*_args, **_more):
        raise AssertionError("somebody was worked out again")

    monkeypatch.setattr(stage, "recommend_one", refuse)


def test_a_second_night_on_the_same_data_works_nobody_out_and_changes_nothing(account, tmp_path, monkeypatch):
    first = night(account, tmp_path)
    before, lake_before = bytes_below(tmp_path), account.contents()
    nobody_is_worked_out(monkeypatch)

    second = night(account, tmp_path)

    assert {ANN, BOB} == {arn for arn, one in second.items() if one.is_unchanged}
    assert before == bytes_below(tmp_path)
    assert lake_before == account.contents()
    assert [replace(one, is_unchanged=False) for one in second.values()] == list(first.values())
    assert [] == changes(account, "2026-05-01", "2026-05-01T01:00:00")


@pytest.mark.parametrize("is_remembered", [False, True])
def test_who_is_refused_tonight_keeps_no_bundle_of_an_earlier_night(account, tmp_path, is_remembered):
    careful = Choices()  # what is unknown stays, and of these few days nothing is known
    if is_remembered:
        night(account, tmp_path / "elsewhere", choices=careful)
    bundle = night(account, tmp_path)[ANN].bundle
    journal = bundle.with_name(f"{bundle.name}.applied-20260501T000000.000000Z.jsonl")
    journal.write_text("{}\n")

    found = night(account, tmp_path, choices=careful)[ANN]

    assert "coverage" == found.refused_kind
    assert not bundle.exists()
    assert journal.is_file()


def test_a_bundle_that_is_missing_or_was_touched_is_written_again_as_it_was(account, tmp_path, monkeypatch):
    found = night(account, tmp_path)
    before = bytes_below(tmp_path)
    shutil.rmtree(found[ANN].bundle)
    (found[BOB].bundle / "policy-1.json").write_text("{}")
    (found[BOB].bundle / "stranger.txt").write_text("x")
    nobody_is_worked_out(monkeypatch)

    night(account, tmp_path)

    assert before == bytes_below(tmp_path)


def test_only_who_has_new_use_is_worked_out_again(account, tmp_path):
    ten_days = replace(SETTINGS, window_days=10, tolerated_gap_days=0)  # of which each has logs
    night(account, tmp_path, settings=ten_days)
    account.more(call("2026-05-01", "daily"))

    second = night(account, tmp_path, "2026-05-02", settings=ten_days)

    assert {ANN: False, BOB: True} == {arn: one.is_unchanged for arn, one in second.items()}


def test_what_is_recalled_has_the_policies_that_working_it_out_would_give(account, tmp_path):
    """The oracle: everybody worked out afresh, a day later."""
    ten_days = replace(SETTINGS, window_days=10, tolerated_gap_days=0)
    night(account, tmp_path / "recalled", settings=ten_days)
    account.more(call("2026-05-01", "daily"))
    recalled = night(account, tmp_path / "recalled", "2026-05-02", settings=ten_days)
    with account.engine("2026-05-02", ten_days) as engine:
        stage.recommend(engine, tmp_path / "afresh", choices=CHOICES, workers=1)

    changing = {"certificate.json", "diff.md", "summary.md"}  # they name the window
    one, other = (
        {path: data for path, data in bytes_below(tmp_path / name).items() if path.rpartition("/")[2] not in changing}
        for name in ("recalled", "afresh")
    )
    assert recalled[BOB].is_unchanged
    assert one == other
    assert any(path.endswith("bob/policy-1.json") for path in one)


def test_a_change_of_grants_works_out_who_holds_them(account, tmp_path):
    night(account, tmp_path)
    account.collect(("ann", "bob"), {**account.document, "Id": "new"})

    second = night(account, tmp_path, "2026-05-02")

    assert {ANN: False, BOB: False} == {arn: one.is_unchanged for arn, one in second.items()}


@pytest.mark.slow
def test_the_quotas_of_scps_are_no_matter_of_a_principals_bundle(account, tmp_path, monkeypatch):
    night(account, tmp_path)
    nobody_is_worked_out(monkeypatch)

    second = night(account, tmp_path, choices=replace(CHOICES, scp_characters=10_240, scp_attachments=10))

    assert {ANN, BOB} == {arn for arn, one in second.items() if one.is_unchanged}


@pytest.mark.slow
def test_other_choices_are_worked_out(account, tmp_path):
    night(account, tmp_path)

    second = night(account, tmp_path, choices=Choices(keep_unknown=False, level="action"))

    assert not any(one.is_unchanged for one in second.values())


@pytest.mark.slow
def test_a_use_that_leaves_the_window_is_dropped_with_its_last_day(account, tmp_path):
    night(account, tmp_path, "2026-05-01")
    night(account, tmp_path, "2026-05-25")  # the window of 60 days begins on 26 March

    found = changes(account, "2026-05-18", "2026-05-25")

    assert (ANN, "dropped", "s3:GetBucketTagging", "not used since 2026-03-20") in told(found)
    assert {ANN} == {one.principal for one in found}


@pytest.mark.slow
def test_a_new_use_is_added_with_its_reason(account, tmp_path):
    night(account, tmp_path)
    account.more(call("2026-05-02", "daily", event="GetBucketWebsite"))
    night(account, tmp_path, "2026-05-03")

    found = changes(account, "2026-05-02", "2026-05-03")

    assert [(ANN, "added", "s3:GetBucketWebsite", "seen in the logs")] == told(found)
    assert "1 actions added" == in_short(found)


@pytest.mark.slow
def test_a_first_night_is_all_new_and_who_is_gone_is_withdrawn(account, tmp_path):
    night(account, tmp_path, "2026-05-01")
    first = changes(account, "2026-04-25", "2026-05-01")
    account.collect(("ann",), account.document)
    night(account, tmp_path, "2026-05-03")

    second = changes(account, "2026-05-02", "2026-05-03")

    assert [(ANN, "recommended"), (BOB, "recommended")] == [(one.principal, one.change) for one in first]
    assert [(BOB, "withdrawn", None, "the principal holds no policy any more")] == told(second)


@pytest.mark.slow
def test_one_principal_alone_makes_nobody_else_gone(account, tmp_path):
    night(account, tmp_path)

    night(account, tmp_path, "2026-05-02", only=frozenset({ANN}))

    assert [] == [one for one in changes(account, "2026-05-01", "2026-05-02") if one.principal == BOB]


@pytest.mark.slow
def test_an_earlier_instant_knows_nothing_of_later_nights(account, tmp_path):
    night(account, tmp_path, "2026-05-20")

    earlier = night(account, tmp_path, "2026-05-01")

    assert not any(one.is_unchanged for one in earlier.values())
    assert 2 == len(changes(account, "2026-04-25", "2026-05-01"))


@pytest.mark.slow
def test_what_is_remembered_keeps_the_promises_of_the_lake(account, tmp_path):
    night(account, tmp_path)

    assert () == check(account.lake).problems


@pytest.mark.parametrize(
    ("text", "instant"),
    [("7d", "2026-04-24"), ("2 weeks", "2026-04-17"), ("36h", "2026-04-29T12:00"), ("2026-01-02", "2026-01-02")],
    ids=["days", "weeks", "hours", "a day"],
)
def test_since_when_is_understood(text, instant):
    now = moment("2026-05-01", now=None)

    assert moment(instant, now=now) == since_when(text, now=now)


def test_since_what_is_no_time_says_how_to_write_it():
    with pytest.raises(ConfigError, match="is not a time"):
        since_when("last tuesday", now=datetime.fromisoformat("2026-05-01"))
