"""Log objects in a folder, and the names under which the ledger counts them."""

from pathlib import Path

import pytest

from iamaudit.errors import InputError
from iamaudit.sources.folder import Folder, ledger_key


def test_hidden_files_and_side_cars_are_not_objects(tmp_path):
    for name in ("a.json", ".hidden", "digest.json.gz.metadata.json", ".git/config"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"{}")

    assert ["a.json"] == list(Folder(tmp_path).list())


def test_a_missing_place_is_named_with_a_remedy(tmp_path):
    with pytest.raises(InputError, match=r"nothing at `.*nowhere`: give a folder of CloudTrail logs"):
        list(Folder(tmp_path / "nowhere").list())


def test_an_empty_folder_is_named_with_a_remedy(tmp_path):
    with pytest.raises(InputError, match="holds no files: give the folder"):
        list(Folder(tmp_path).list())


@pytest.mark.parametrize("above", ["/data", "/data/AWSLogs", "/data/AWSLogs/111122223333", "/x/AWSLogs/y"])
def test_an_object_has_the_same_key_from_whichever_folder_above_it_one_starts(above):
    whole = Path("/data/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/01/file.json.gz")
    root = Path(above)
    key = whole.relative_to(root).as_posix() if root in whole.parents else f"AWSLogs/{whole.name}"

    expected = f"AWSLogs/{whole.name}" if root not in whole.parents else whole.relative_to("/data").as_posix()
    assert expected == ledger_key(root, key)


def test_a_key_without_the_layout_of_aws_is_its_path_below_the_root():
    assert "sub/a.json" == ledger_key(Path("/data/logs"), "sub/a.json")
