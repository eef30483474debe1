"""Real records through every transport: the wrapping does not matter, and the books balance."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from iamaudit.formats.gunzip import gunzip
from iamaudit.formats.recognise import Broken, pieces_of
from iamaudit.formats.record import row_of
from tests.properties.strategies_formats import TRANSPORTS

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "cloudtrail"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real data is not beside the repository")
JSON_COLUMNS = (
    "user_identity",
    "request_parameters",
    "response_elements",
    "additional_event_data",
    "service_event_details",
    "tls_details",
    "extra",
    "on_behalf_of",
    "in_scope_of",
)


@pytest.fixture(scope="module")
def texts():
    """Every seventh of the 2,900 records of the real day, as AWS wrote them."""
    objects = sorted((DATA / "invictus").rglob("*.gz"))
    records = [one for path in objects for one in json.loads(gzip.decompress(path.read_bytes()))["Records"]]
    return [json.dumps(record).encode() for record in records[::7]]


def parsed(row):
    return {name: json.loads(value) if name in JSON_COLUMNS and value else value for name, value in row.items()}


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_real_records_come_through_any_transport_unchanged(transport, texts):
    found = pieces_of(TRANSPORTS[transport](texts))

    assert (415, {}) == (found.records_in, found.ignored)
    assert [parsed(row_of(text)) for text in texts] == [parsed(row_of(piece)) for piece in found.pieces]


@pytest.mark.parametrize(
    "path", sorted(p for p in DATA.rglob("*") if p.is_file()) if DATA.is_dir() else [], ids=lambda p: p.name[-40:]
)
def test_every_real_file_is_cloudtrail(path):
    found = pieces_of(gunzip(path.read_bytes()))

    assert ("cloudtrail", {}) == (found.kind, found.ignored)
    assert found.pieces
    assert not any(isinstance(piece, Broken) for piece in found.pieces)


def test_a_real_file_of_configuration_items_is_of_config():
    assert "config" == pieces_of((DATA.parent / "config_items.jsonl").read_bytes()).kind
