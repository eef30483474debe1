"""The laws of AWS Config's items: a state is a set of items and a moment, however the items came."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from iamaudit.config import Settings
from iamaudit.lake.lake import create_lake
from iamaudit.lake.store import LocalStore
from iamaudit.stages.config_state import state_from_config
from iamaudit.stages.workbench import engine_on
from tests.amount import examples
from tests.properties.small_config import attached, policy, read_config, role, snapshot, user

few = settings(max_examples=examples(12, least=3), deadline=None)
TABLES = ("stg_principals", "stg_policies", "stg_attachments", "stg_memberships")
END = datetime(2026, 10, 9, tzinfo=UTC)
days = st.integers(1, 8)
holders = st.tuples(
    st.sampled_from([user, role]),
    st.sampled_from(["a", "b"]),
    st.sampled_from(["ID1", "ID2", "ID3"]),
    days,
    st.booleans(),
    st.sampled_from(["/", "/x/"]),
    st.booleans(),
)
policies = st.tuples(st.just(policy), st.sampled_from(["p", "q"]), days, st.sampled_from(["s3:GetObject", "sqs:*"]))


def built(drawn):
    """Return the item of one drawn tuple."""
    if drawn[0] is policy:
        _, name, day, action = drawn
        return policy(name, action, at=f"2026-10-{day:02}T00:00:00Z")
    make, name, resource_id, day, is_gone, path, is_attached = drawn
    return make(
        name,
        at=f"2026-10-{day:02}T00:00:00Z",
        resource_id=f"{make.__name__}{resource_id}",
        gone=is_gone,
        path=path,
        attachedManagedPolicies=attached("p") if is_attached else [],
    )


items = st.lists((holders | policies).map(built), min_size=1, max_size=10)


@contextmanager
def lake_of(*files):
    """A lake that has read the files, one after the other."""
    with TemporaryDirectory() as folder:
        lake = create_lake(Path(folder) / "lake")
        read_config(lake, *files)
        yield lake


def written(lake, as_of=END):
    """Write the state and return the result and the rows of every table, in a fixed order."""
    result = state_from_config(lake, Settings(), as_of)
    with engine_on(lake, Settings(), as_of) as engine:
        rows = {name: sorted(map(str, engine.table(name).to_pylist())) for name in TABLES}
    return result, rows


def cut(found, sizes):
    """Cut items into files of the given sizes; what is left is the last file."""
    rest, files = list(found), []
    for size in sizes:
        files.append(snapshot(*rest[:size]))
        rest = rest[size:]
    return [*files, snapshot(*rest)]


@few
@given(items, st.randoms(use_true_random=False))
def test_the_order_of_items_does_not_matter(found, random):
    mixed = list(found)
    random.shuffle(mixed)

    with lake_of(snapshot(*found)) as one, lake_of(snapshot(*mixed)) as other:
        assert written(one) == written(other)


@few
@given(items, st.lists(st.integers(0, 4), max_size=4))
def test_splitting_over_files_does_not_matter(found, sizes):
    with lake_of(snapshot(*found)) as one, lake_of(*cut(found, sizes)) as other:
        assert written(one) == written(other)


@few
@given(items, st.lists(st.integers(0, 4), max_size=4))
def test_files_that_come_night_by_night_end_in_the_state_of_all_of_them(found, sizes):
    """Also when what comes later is older; only the trifle that orders captures of one moment may differ."""

    def as_told(rows):
        return {name: [row.partition("account_id")[2] for row in table] for name, table in rows.items()}

    files = cut(found, sizes)
    with lake_of(*files) as at_once, lake_of() as bit_by_bit:
        for data in files:
            read_config(bit_by_bit, data)
            written(bit_by_bit)
        whole, parts = written(at_once)[1], written(bit_by_bit)[1]

    if whole["stg_principals"]:  # an account of which everybody is gone keeps its last capture, and says so
        assert as_told(whole) == as_told(parts)


@few
@given(items)
def test_ingesting_twice_changes_nothing(found):
    with lake_of(snapshot(*found)) as lake:
        first, rows = written(lake)
        store = LocalStore(Path(lake.store.location("")))
        before = {key: store.read(key) for key in store.list("")}
        read_config(lake, snapshot(*found))
        again, same = written(lake)
        after = {key: store.read(key) for key in store.list("")}

    assert (rows, before) == (same, after)
    assert again is None or {} == again.accounts == first.accounts


@few
@given(items, days)
def test_the_state_of_a_moment_is_what_replaying_the_changes_gives(found, day):
    """The slow twin: apply item after item, and look at who stands and which ARN is whose."""
    ordered = sorted(found, key=lambda entry: entry["configurationItemCaptureTime"])
    times = [(entry["resourceId"], entry["configurationItemCaptureTime"]) for entry in ordered]
    standing = {}
    for entry in ordered:
        if entry["configurationItemCaptureTime"] <= f"2026-10-{day:02}T00:00:00Z":
            standing.pop(entry["resourceId"], None)
            if entry["configuration"] is not None:
                standing[entry["resourceId"]] = entry
    arns = [(entry["ARN"], entry["configurationItemCaptureTime"]) for entry in standing.values()]
    expected = {
        entry["ARN"]: entry["configuration"]["path"]
        for entry in standing.values()
        if entry["resourceType"] != "AWS::IAM::Policy"
    }

    with lake_of(snapshot(*found)) as lake:
        moment = datetime(2026, 10, day, tzinfo=UTC)
        state_from_config(lake, Settings(), moment)
        with engine_on(lake, Settings(), moment) as engine:
            actual = {row["arn"]: row["path"] for row in engine.table("stg_principals").to_pylist()}

    if len(set(times)) == len(times) and len(set(arns)) == len(arns):  # else nothing says which was the later
        assert expected == actual
