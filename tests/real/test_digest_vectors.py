"""The signed chain that lies beside the repository: made and checked by other hands."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path

import pytest

from iamaudit.integrity.digest import parse_digest
from tests.unit.integrity.small_chain import Memory, told

FILE = Path(__file__).resolve().parents[3] / "shared" / "reference" / "digest_vectors.json"
pytestmark = pytest.mark.skipif(not FILE.is_file(), reason="the vectors are not beside the repository")


@pytest.fixture
def vectors():
    return json.loads(FILE.read_text(encoding="utf-8"))


@pytest.fixture
def memory(vectors):
    memory = Memory()
    for entry in vectors["objects"]:
        memory.objects[entry["key"]] = base64.b64decode(entry["gzip_b64"])
        if "metadata" in entry:
            memory.metadatas[entry["key"]] = entry["metadata"]
    return memory


def keys(vectors, form):
    listed = [{"Value": key[form], "Fingerprint": key["Fingerprint"]} for key in vectors["publicKeys"]]
    return json.dumps({"PublicKeyList": listed}).encode()


@pytest.mark.parametrize("form", ["Value_pkcs1", "Value_spki"])
def test_the_chain_is_valid(vectors, memory, form):
    assert dict.fromkeys(memory.objects, "valid") == told(memory, keys(vectors, form))


def test_the_text_that_is_signed_is_the_same(vectors):
    digests = [entry for entry in vectors["objects"] if "metadata" in entry]

    made = [parse_digest(gzip.decompress(base64.b64decode(e["gzip_b64"]))).string_to_sign() for e in digests]

    assert [entry["string_to_sign"] for entry in digests] == made
    assert 3 == len(made)


def test_each_object_counts(vectors, memory):
    for key in list(memory.objects):
        harmed = Memory({**memory.objects, key: gzip.compress(b'{"Records":[1]}')}, memory.metadatas)
        assert "invalid" == told(harmed, keys(vectors, "Value_pkcs1"))[key]
