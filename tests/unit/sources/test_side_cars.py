"""A folder with side-cars is a `SignedSource`."""

import json

import pytest

from iamaudit.errors import UnreadableObjectError
from iamaudit.sources.side_cars import SignedFolder
from tests.conformance.log_source_contract import LogSourceContract


class TestSignedFolder(LogSourceContract):
    @pytest.fixture
    def source(self, tmp_path):
        for path, data in self.OBJECTS.items():
            place = tmp_path / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        return SignedFolder(tmp_path)


def metadata(folder, text):
    (folder / "d.json.gz").write_bytes(b"")
    if text is not None:
        (folder / "d.json.gz.metadata.json").write_text(text)
    source = SignedFolder(folder)
    [entry] = source.list()
    return source.metadata(entry)


@pytest.mark.parametrize(
    "value",
    [
        {"Metadata": {"signature": "00"}},
        {"ContentLength": 1, "Metadata": {"Signature": "00"}},
        {"Metadata": {"x-amz-meta-signature": "00"}},
        {"signature": "00"},
    ],
)
def test_metadata_is_what_head_object_prints(tmp_path, value):
    assert {"signature": "00"} == metadata(tmp_path, json.dumps(value))


def test_without_a_side_car_nothing_is_known(tmp_path):
    assert metadata(tmp_path, None) is None


def test_an_empty_side_car_says_that_there_is_no_metadata(tmp_path):
    assert {} == metadata(tmp_path, '{"Metadata": {}}')


@pytest.mark.parametrize("text", ["", "{", "[]", "1", '{"Metadata": 1}'])
def test_a_side_car_that_cannot_be_understood_is_told(tmp_path, text):
    with pytest.raises(UnreadableObjectError, match="metadata"):
        metadata(tmp_path, text)


def test_keys_are_told_from_the_last_awslogs_also_when_the_folder_lies_below_it(tmp_path, monkeypatch):
    place = tmp_path / "AWSLogs" / "111122223333"
    (place / "CloudTrail").mkdir(parents=True)
    (place / "CloudTrail" / "a.json.gz").write_bytes(b"")
    monkeypatch.chdir(place)

    [entry] = SignedFolder(type(place)("CloudTrail")).list()

    assert "AWSLogs/111122223333/CloudTrail/a.json.gz" == entry.key
