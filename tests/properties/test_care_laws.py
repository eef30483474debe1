"""The laws of looking after a lake: damage is found and named, rewriting changes no answer, sweeping loses nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamaudit.lake import ledger
from iamaudit.lake.check import check
from iamaudit.lake.problem import BROKEN, NOTE
from iamaudit.lake.sweep import sweep
from iamaudit.stages.compact import compact
from iamaudit.stages.status import lake_status
from iamaudit.stages.usage import update_usage
from tests.amount import examples
from tests.properties.small_lake import ACCOUNT, SmallLake
from tests.properties.strategies_records import good_records
from tests.unit.lake.old_files import make_old

few = settings(max_examples=examples(10, least=3), deadline=None)
logs = st.lists(good_records(), min_size=1, max_size=12)
ENDLESS = "2027-01-01"
DOCUMENT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}]}


def record(number, day):
    return {
        "eventVersion": "1.08",
        "eventTime": f"2026-11-0{day}T12:00:00Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": "GetRole",
        "eventID": f"event-{number}-{day}",
        "readOnly": True,
        "eventCategory": "Management",
        "recipientAccountId": ACCOUNT,
        "userIdentity": {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/ann", "accountId": ACCOUNT},
    }


@pytest.fixture(scope="module")
def healthy():
    """A lake with everything a lake can have: several nights, odd records, a checkpoint, roll-ups, state, a rewritten day."""
    patch = pytest.MonkeyPatch()
    with SmallLake() as small:
        small.collect(["ann"], DOCUMENT)
        for night in range(4):
            objects = [[record(night, 1), record(night, 2), night], b"not a log %d" % night]
            small.ingest(objects, into=f"night-{night}")
        patch.setattr(ledger, "FOLD_AT", 2)
        small.lake.ledger().fold()
        small.ingest([[record(9, 1)]], into="last")
        compact(small.lake, before="2026-11-02", more_than=1)
        update_usage(small.lake)
        for path in (small.root / "lake").rglob("*.parquet"):
            if str(path.relative_to(small.root / "lake")) in _replaced(small):
                path.unlink()
        yield small
    patch.undo()


def files(small):
    """Return every file of a lake as it lies there."""
    return {key: small.lake.store.read(key) for key in small.lake.store.list("")}


def _replaced(small):
    return {key for manifest in small.lake.compact_manifests() for key in manifest.inputs}


def test_a_healthy_lake_is_clean(healthy):
    found = check(healthy.lake)

    assert () == found.problems
    assert found.is_whole
    assert {"ledger", "quarantine", "state", "usage", "events", "manifests"} <= {
        key.split("/")[0] for key in healthy.contents()
    }


def damages(data, key):
    """Yield ways to damage a file that are surely noticed, by name."""
    yield "deleted", None
    yield "cut", data[: len(data) // 2]
    yield "emptied", b""
    yield "longer", data + b"x" if not key.endswith("json") else data[:-3] + b"!!!"
    if not key.endswith(".json") and not key.startswith("ledger/"):  # a checkpoint's values are compared, not its bytes
        for place in (0, len(data) // 3, len(data) // 2, len(data) - 1):
            yield f"flipped at {place}", data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :]


some_and_all = pytest.mark.parametrize(
    "every", [pytest.param(3, id="some"), pytest.param(1, id="all", marks=pytest.mark.slow)]
)


@some_and_all
def test_damage_is_found_and_named(healthy, every):
    """Every file that an answer or the books rest on: taken away, cut, emptied, grown, or one byte changed."""
    missed = []
    lying = sorted(files(healthy).items())
    damaging = [(place, *one) for place, whole in lying for one in damages(whole, place)]
    for key, how, changed in damaging[::every]:
        with damaged(healthy, key, changed):
            found = check(healthy.lake)
        stem = key.rpartition("/")[2].partition(".")[0]
        named = any(stem in problem.where or stem in problem.what for problem in found.problems)
        # of a commit that is gone only its parts and what was made of them can tell
        named |= bool(found.problems) and key.startswith("manifests/") and how == "deleted"
        derived = key.startswith(("ledger/", "manifests/usage/", "manifests/state/")) and changed != dict(lying)[key]
        if not named or not (derived or not found.is_whole):
            missed.append((key, how, found.problems))

    assert [] == missed


class damaged:  # noqa: N801  # reads as a word in `with damaged(…)`
    """The lake with one file changed, for a while."""

    def __init__(self, small, key, data):
        self.path, self.data = small.root / "lake" / key, data

    def __enter__(self):
        self.before = self.path.read_bytes()
        if self.data is None:
            self.path.unlink()
        else:
            self.path.write_bytes(self.data)

    def __exit__(self, *_):
        self.path.write_bytes(self.before)


NUMBERS = {
    "events": ("records_in", "kept", "rows", "bytes"),
    "compact": ("rows", "bytes"),
    "usage": ("rows", "bytes"),
    "state": ("rows", "bytes"),
}
WORDS = {
    "events": ("batch_id", "etag", "sha256", "dt", "table"),
    "compact": ("sha256", "dt", "table"),
    "usage": ("sha256", "dt"),
    "state": ("sha256", "capture_id"),
}


@some_and_all
def test_an_edited_manifest_is_found(healthy, every):
    """Any number or name in it that then does not fit the rest."""
    missed = []
    for key, data in sorted(files(healthy).items()):
        if not key.startswith("manifests/"):
            continue
        room = key.split("/")[1]
        for position, name in _places(json.loads(data), (*NUMBERS[room], *WORDS[room]))[::every]:
            manifest = json.loads(data)
            node = list(_nodes(manifest))[position]
            if name in {"bytes", "sha256"} and node["key"] in _replaced(healthy):
                continue  # of a file that was swept nothing can be compared
            node[name] = node[name] + 1 if isinstance(node[name], int) else node[name][:-1] + "~"
            with damaged(healthy, key, json.dumps(manifest).encode()):
                if check(healthy.lake).is_whole:
                    missed.append((key, position, name))

    assert [] == missed


def _places(manifest, names):
    """Return (number of the node, name) of every field of those names that has a value."""
    return [(n, name) for n, node in enumerate(_nodes(manifest)) for name in names if node.get(name) is not None]


def _nodes(value):
    if isinstance(value, dict):
        yield value
        for child in value.values():
            yield from _nodes(child)
    elif isinstance(value, list):
        for child in value:
            yield from _nodes(child)


@pytest.mark.parametrize("room", ["events/dt=2026-11-02", "usage/dt=2026-11-02", "state/principals", "ledger"])
def test_a_file_that_no_manifest_names_is_a_note(healthy, room):
    key = f"{room}/{'ab' * 16}.parquet"
    healthy.lake.store.write(key, b"copy")

    found = check(healthy.lake)
    healthy.lake.store.delete(key)

    assert [(NOTE, key)] == [(problem.severity, problem.where) for problem in found.problems]
    assert found.is_whole


def test_a_half_written_file_is_a_note(healthy):
    path = healthy.root / "lake" / "events" / "dt=2026-11-02" / ".writing-0123"
    path.write_bytes(b"half")

    found = check(healthy.lake)
    path.unlink()

    assert [(NOTE, "events/dt=2026-11-02/.writing-0123")] == [(p.severity, p.where) for p in found.problems]


def test_a_copied_manifest_is_found(healthy):
    key = next(healthy.lake.store.list("manifests/events/"))
    copy = f"manifests/events/{'0' * 24}.json"
    healthy.lake.store.write(copy, healthy.lake.store.read(key))

    found = check(healthy.lake)
    healthy.lake.store.delete(copy)

    assert (BROKEN, copy) in {(problem.severity, problem.where) for problem in found.problems}


def answers(small):
    """Return what one can ask of a lake, each answer in a fixed order."""
    with small.engine() as engine:
        tables = ("events", "stg_events", "usage", "credential_use", "coverage", "grant_states", "unused_permission")
        found = {name: sorted(engine.table(name).to_pylist(), key=str) for name in tables}
        found["deliveries"] = sorted(engine.table("deliveries").to_pylist(), key=str)
    return found


@few
@given(logs, st.integers(1, 4), st.booleans())
def test_rewriting_changes_no_answer_and_no_roll_up(records, nights, again):
    """Also when late records come afterwards and the day is rewritten once more, and when the old files are swept."""
    with SmallLake() as small:
        small.collect(["ann"], DOCUMENT)
        for night in range(nights):
            small.ingest([records[night::nights], records[:1]], into=f"night-{night}")
        if again:
            compact(small.lake, before=ENDLESS, more_than=1)
            small.ingest([records[:2]], into="late")
        before = answers(small)
        status = lake_status(small.lake, now=datetime(2026, 11, 5, tzinfo=UTC))["records"]
        roll_ups = {key: data for key, data in small.contents().items() if key.startswith("manifests/usage/")}

        compact(small.lake, before=ENDLESS, more_than=1)
        made = update_usage(small.lake)
        make_old(small.root / "lake", 30)
        swept = sweep(small.lake, older_than_days=7, yes=True)
        after = answers(small)

        assert before == after
        assert [] == made
        assert roll_ups == {key: data for key, data in small.contents().items() if key.startswith("manifests/usage/")}
        assert status == lake_status(small.lake, now=datetime(2026, 11, 5, tzinfo=UTC))["records"]
        assert () == check(small.lake).problems
        assert swept.taken or not list(small.lake.compact_manifests())


@few
@given(logs)
def test_rewritten_rows_stand_in_order_and_rewriting_twice_changes_nothing(records):
    import pyarrow.parquet as pq

    with SmallLake() as small:
        for night in range(3):
            small.ingest([records[night:], records[:night]], into=f"night-{night}")
        compact(small.lake, before=ENDLESS, more_than=1)
        before = small.contents()

        assert [] == compact(small.lake, before=ENDLESS, more_than=1)
        assert before == small.contents()
        for manifest in small.lake.compact_manifests():
            (location,) = small.lake.locations(list(manifest.parts))
            rows = pq.read_table(location, partitioning=None).to_pylist()
            order = [(r["account_id"] or "", r["event_time"], r["event_id"], r["source_key"]) for r in rows]
            assert sorted(order) == order
