"""The laws of the digest chain: whatever somebody without the private key does, it shows."""

import base64
import json
from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamaudit.errors import ConfigError
from tests.amount import examples
from tests.oracles.slow_digests import unzipped, valid_objects
from tests.unit.integrity.small_chain import KEY, PUBLIC_KEYS, SmallChain, at, small_chain, told, verdicts

KEYS = {KEY.fingerprint: base64.b64decode(KEY.value)}
WHOLE = small_chain(hours=4)
OBJECTS = sorted(WHOLE.memory.objects)
DIGESTS = sorted(WHOLE.digests)


def copied():
    return deepcopy(WHOLE.memory)


def is_harmed(memory):
    """Say whether content or metadata is another than before, as far as anybody can know.

    Without metadata a digest may still be authentic by the next one; that the newest digest is gone is told only to
    who knows until when there must be some.
    """
    for key, data in WHOLE.memory.objects.items():
        now = memory.objects.get(key)
        if now is None and key == DIGESTS[-1]:
            continue
        if now is None or unzipped(now) != unzipped(data):
            return True
        known = memory.metadatas.get(key)
        if known is not None and known != WHOLE.memory.metadatas[key]:
            return True
    return False


@st.composite
def harms(draw):
    """Return a harm to a place, as a function: a byte, an object or its metadata is changed, taken away, or moved."""
    victim = draw(st.sampled_from(OBJECTS))
    kind = draw(st.sampled_from(["flip", "cut", "append", "delete", "swap", "copy", "bare", "sign", "word"]))
    number, mask = draw(st.integers(0, 5000)), draw(st.integers(1, 255))
    other = draw(st.sampled_from(OBJECTS))
    digest = draw(st.sampled_from(DIGESTS))
    extra = draw(st.binary(min_size=1, max_size=4))

    def harm(memory):
        objects, metadatas = memory.objects, memory.metadatas
        if kind == "flip" and objects.get(victim):
            data = bytearray(objects[victim])
            data[number % len(data)] ^= mask
            objects[victim] = bytes(data)
        elif kind == "cut" and victim in objects:
            objects[victim] = objects[victim][: number % (len(objects[victim]) + 1)]
        elif kind == "append" and victim in objects:
            objects[victim] += extra
        elif kind == "delete":
            objects.pop(victim, None)
        elif kind == "swap" and victim in objects and other in objects:
            objects[victim], objects[other] = objects[other], objects[victim]
        elif kind == "copy" and victim in objects:
            objects[other] = objects[victim]
        elif kind == "bare":
            metadatas.pop(digest, None)
        elif kind == "sign" and metadatas.get(digest, {}).get("signature"):
            text = metadatas[digest]["signature"]
            place = number % len(text)
            metadatas[digest] = {
                **metadatas[digest],
                "signature": text[:place] + "0123456789abcdefABCDEF "[mask % 23] + text[place + 1 :],
            }
        elif kind == "word" and metadatas.get(digest):
            name = ("signature", "signature-algorithm")[number % 2]
            metadatas[digest] = {key: value for key, value in metadatas[digest].items() if key != name}

    return harm


@settings(max_examples=examples(300))
@given(st.lists(harms(), min_size=1, max_size=3))
def test_whatever_is_changed_something_is_not_valid(changes):
    memory = copied()
    for change in changes:
        change(memory)

    found = told(memory) if memory.objects else {}

    if is_harmed(memory):
        assert {"valid"} != set(found.values())


@settings(max_examples=examples(300))
@given(st.lists(harms(), min_size=1, max_size=4))
def test_the_walk_agrees_with_the_twin_on_what_is_valid(changes):
    memory = copied()
    for change in changes:
        change(memory)

    found = {v.object for v in verdicts(memory) if v.verdict == "valid"} if memory.objects else set()

    assert valid_objects(memory, KEYS) == found


@given(st.lists(harms(), max_size=3))
def test_every_object_that_is_there_has_one_verdict(changes):
    memory = copied()
    for change in changes:
        change(memory)

    found = told(memory) if memory.objects else {}

    assert set(memory.objects) <= set(found)


@given(st.integers(0, len(PUBLIC_KEYS) - 1), st.integers(1, 255))
def test_a_changed_public_key_verifies_nothing(place, mask):
    data = bytearray(PUBLIC_KEYS)
    data[place] ^= mask

    try:
        found = told(WHOLE.memory, bytes(data))
    except ConfigError:
        return

    if "valid" in found.values():
        [entry] = json.loads(data)["PublicKeyList"]
        assert KEYS == {entry["Fingerprint"]: base64.b64decode(entry["Value"])}


@given(st.lists(st.integers(0, 3), min_size=1, max_size=6))
def test_only_holes_between_windows_are_gaps(pauses):
    """Digests with pauses between them: each pause is one gap, of its length."""
    chain = SmallChain()
    start, holes = 0, []
    for pause in pauses:
        chain.digest(at(start), at(start + 1))
        holes += [(at(start + 1), at(start + 1 + pause))] if pause else []
        start += 1 + pause
    chain.digest(at(start), at(start + 1))

    gaps = [(gap.start, gap.end) for verdict in verdicts(chain.memory) for gap in verdict.gaps]

    assert holes == sorted(gaps)


@pytest.mark.slow
def test_every_byte_of_every_object_counts():
    """Each byte, each bit: an object is as it was for whoever reads it, or it is not valid."""
    missed = []
    for key in OBJECTS:
        whole = WHOLE.memory.objects[key]
        for place in range(len(whole)):
            for bit in range(8):
                memory = copied()
                data = bytearray(whole)
                data[place] ^= 1 << bit
                memory.objects[key] = bytes(data)
                if unzipped(bytes(data)) != unzipped(whole) and told(memory)[key] == "valid":
                    missed.append((key, place, bit))

    assert [] == missed
