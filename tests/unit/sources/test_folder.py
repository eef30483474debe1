"""Log objects in a folder, and the names under which the ledger counts them."""

import pytest

from iamaudit.errors import InputError
from iamaudit.sources.folder import Folder
from iamaudit.sources.keys import delivery_day, ledger_key


def test_hidden_files_and_side_cars_are_not_objects(tmp_path):
    for name in ("a.json", ".hidden", "digest.json.gz.metadata.json", ".git/config"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"{}")

    assert ["a.json"] == [entry.path for entry in Folder(tmp_path).list()]


def test_a_missing_place_is_named_with_a_remedy(tmp_path):
    with pytest.raises(InputError, match=r"nothing at `.*nowhere`: give a folder of CloudTrail logs"):
        list(Folder(tmp_path / "nowhere").list())


def test_an_empty_folder_is_named_with_a_remedy(tmp_path):
    with pytest.raises(InputError, match="holds no files: give the folder"):
        list(Folder(tmp_path).list())


@pytest.mark.parametrize("above", ["data", "data/AWSLogs", "data/AWSLogs/111122223333", "."])
def test_an_object_has_the_same_key_from_whichever_folder_above_it_one_starts(tmp_path, above):
    whole = tmp_path / "data/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/01/file.json.gz"
    whole.parent.mkdir(parents=True)
    whole.write_bytes(b"")

    (entry,) = Folder(tmp_path / above).list()

    assert whole.relative_to(tmp_path / "data").as_posix() == entry.key


def test_a_file_that_is_written_again_is_another_version(tmp_path):
    (tmp_path / "a.json").write_bytes(b"{}")
    (before,) = Folder(tmp_path).list()
    (tmp_path / "a.json").write_bytes(b"[]")

    (after,) = Folder(tmp_path).list()

    assert before.version != after.version


def test_a_key_without_the_layout_of_aws_is_its_path_below_the_root(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.json").write_bytes(b"")

    assert ["sub/a.json"] == [entry.key for entry in Folder(tmp_path).list()]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("bucket/AWSLogs/1/x.gz", "AWSLogs/1/x.gz"),
        ("AWSLogs/old/AWSLogs/o-1/1/x.gz", "AWSLogs/o-1/1/x.gz"),
        ("a/b/c.gz", "c.gz"),
    ],
)
def test_the_last_mark_of_the_layout_counts(path, expected):
    assert expected == ledger_key(path)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("AWSLogs/1/CloudTrail/eu-west-1/2026/11/01/a.gz", "2026-11-01"),
        ("AWSLogs/1/Config/eu-west-1/2026/9/7/ConfigHistory/a.gz", "2026-09-07"),
        ("a.gz", ""),
    ],
)
def test_a_path_names_the_day_of_delivery(key, expected):
    assert expected == delivery_day(key)
