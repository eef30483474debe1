"""One world for all tests of this folder: four months, thinned out."""

import gzip
import json
from datetime import date

import pytest

from iamaudit.world import write_world


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    return write_world(tmp_path_factory.mktemp("world"), end=date(2026, 11, 23), days=120, scale=0.12)


@pytest.fixture(scope="session")
def truth(world):
    return json.loads(world.truth.read_text())


@pytest.fixture(scope="session")
def objects(world):
    """Every log object: (path below logs/, its records)."""
    return [
        (path.relative_to(world.logs), json.loads(gzip.decompress(path.read_bytes()))["Records"])
        for path in sorted(world.logs.rglob("*.json.gz"))
        if "CloudTrail-Digest" not in path.parts
    ]


@pytest.fixture(scope="session")
def records(objects):
    return [record for _, records in objects for record in records]
