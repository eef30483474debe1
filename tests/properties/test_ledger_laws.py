"""Whatever is folded, merged or lost, the ledger says what the manifests say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamaudit.errors import PromiseBrokenError
from iamaudit.lake import ledger as ledger_module
from iamaudit.lake.lake import Lake
from iamaudit.lake.ledger import Known, Ledger, is_troubled
from iamaudit.lake.manifest import EventsManifest, Part, SourceObject, to_bytes
from iamaudit.lake.store import MemoryStore
from tests.amount import examples

KEYS = [f"1/CloudTrail/eu-west-1/2026/11/0{day}/{name}.json" for day in (1, 2, 3) for name in "ab"] + ["plain", "x/y"]


@st.composite
def commits(draw):
    taken = draw(st.lists(st.sampled_from(KEYS), max_size=4, unique=True))
    objects = []
    for key in taken:
        kept, aside = draw(st.integers(0, 3)), draw(st.integers(0, 2))
        etag = draw(st.sampled_from(["e1", "e2"]))
        reasons = {"not_json": aside} if aside else {}
        status = draw(st.sampled_from(["ingested", "set_aside"])) if not kept and not aside else "ingested"
        version = f"v-{etag}-{draw(st.integers(0, 1))}"
        objects.append(SourceObject(key, etag, 5, status, None, kept + aside, kept, {}, reasons, version=version))
    rows = sum(entry.kept for entry in objects)
    return tuple(objects), rows


acts = st.one_of(
    commits().map(lambda commit: ("commit", commit)),
    st.just(("fold", None)),
    st.just(("fold", None)),
    st.tuples(st.just("fold late"), st.none()),
    st.tuples(st.sampled_from(["lose", "damage", "empty"]), st.integers(0, 9)),
)


@pytest.fixture(autouse=True, scope="module")
def small_checkpoints():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger_module, "FOLD_AT", 2)
        patch.setattr(ledger_module, "MERGE_AT", 2)
        patch.setattr(ledger_module, "LARGE", 12)
        patch.setattr(ledger_module, "ROWS_PER_GROUP", 2)
        yield


def do(store, act, given_, number, late):
    if act == "commit":
        objects, rows = given_
        parts = (Part(f"events/dt=2026-11-01/{number}.parquet", "events", rows, 1, "x", "2026-11-01"),) if rows else ()
        manifest = EventsManifest(f"b{number:03}", objects, parts)
        store.write_new(f"manifests/events/{manifest.batch_id}.json", to_bytes(manifest))
    elif act == "fold":
        late.append(Ledger(store))
        Ledger(store).fold()
    elif act == "fold late" and late:
        late.pop().fold()  # a writer that looked a while ago
    elif files := list(store.list("ledger/")):
        key = files[given_ % len(files)] if given_ is not None else files[0]
        if act == "lose":
            store.delete(key)
        else:
            store.objects[key] = b"" if act == "empty" else store.objects[key][:-7]


@settings(max_examples=examples(150))
@given(st.lists(acts, max_size=25))
def test_the_ledger_says_what_the_manifests_say(history):
    store, late = MemoryStore(), []
    for number, (act, given_) in enumerate(history):
        do(store, act, given_, number, late)
    manifests = list(Lake(store).event_manifests())
    lines = [entry for manifest in manifests for entry in manifest.objects]

    ledger = Ledger(store)

    assert sorted(map(str, lines)) == sorted(map(str, ledger.entries()))
    assert {(e.key, e.etag) for e in lines} == {(e.key, e.etag) for e in ledger.objects()}
    assert sorted(p.key for m in manifests for p in m.parts) == sorted(p.key for p in ledger.parts())
    for wanted in ([key] for key in KEYS):
        assert_known(ledger, lines, wanted)
    assert_known(ledger, lines, KEYS)
    assert_known(ledger, lines, KEYS[-2:])
    good = {(e.key, e.etag) for e in lines} - {(e.key, e.etag) for e in lines if is_troubled(e)}
    healed = {key for key, _ in good}
    assert {str(e) for e in lines if is_troubled(e) and e.key not in healed} == {str(e) for e in ledger.troubled()}


def assert_known(ledger, lines, wanted):
    expected = sorted((e.key, str(Known(e.version, e.etag, e.status))) for e in lines if e.key in wanted)
    found = ledger.known(wanted)
    assert expected == sorted((key, str(one)) for key, ones in found.items() for one in ones)


def test_a_checkpoint_damaged_inside_is_named_with_a_remedy():
    store = MemoryStore()
    for number in range(40):
        objects = tuple(SourceObject(f"k{number}-{n}", f"e{n}" * 30, 5, "ingested") for n in range(3))
        store.write(f"manifests/events/b{number}.json", to_bytes(EventsManifest(f"b{number}", objects, ())))
    Ledger(store).fold()
    (key,) = [key for key in store.list("ledger/") if key.endswith(".parquet")]
    data = store.read(key)
    store.write(key, data[:4] + bytes(len(data) // 2) + data[4 + len(data) // 2 :])

    with pytest.raises(PromiseBrokenError, match="delete it, it repeats what the manifests say"):
        Ledger(store).known(["k1-1"])


def test_a_strangers_file_beside_the_manifests_is_no_commit():
    store = MemoryStore()
    store.write("manifests/events/.DS_Store", b"x")

    assert [] == list(Ledger(store).parts())
    assert [] == list(Lake(store).event_manifests())
