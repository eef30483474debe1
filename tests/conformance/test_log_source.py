"""The folder keeps the contract of a log source."""

import pytest

from iamaudit.sources.folder import Folder
from tests.conformance.log_source_contract import LogSourceContract


class TestFolder(LogSourceContract):
    @pytest.fixture
    def source(self, tmp_path):
        for key, data in self.OBJECTS.items():
            path = tmp_path / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return Folder(tmp_path)

    def test_a_single_file_is_a_source_of_one(self, tmp_path):
        (tmp_path / "one.json").write_bytes(b"{}")

        source = Folder(tmp_path / "one.json")

        assert {"one.json": b"{}"} == {entry.path: source.open(entry).read() for entry in source.list()}
