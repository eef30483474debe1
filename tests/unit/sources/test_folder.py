"""Log objects in a folder, and the names under which the ledger counts them."""

import os
from pathlib import Path

import pytest

from iamaudit.errors import InputError, SourceError
from iamaudit.lake.lake import create_lake
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


def test_a_folder_behind_a_link_is_read_once_and_a_link_that_leads_back_ends(tmp_path):
    (tmp_path / "elsewhere" / "deep").mkdir(parents=True)
    (tmp_path / "elsewhere" / "deep" / "a.json").write_text("[]")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "one").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "logs" / "two").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "deep" / "back").symlink_to(tmp_path / "logs")

    assert ["one/deep/a.json"] == [entry.path for entry in Folder(tmp_path / "logs").list()]


def test_a_pipe_among_the_files_is_told_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    source = Folder(tmp_path)
    (entry,) = source.list()

    with pytest.raises(SourceError, match="it is no file"):
        source.open(entry)


def test_a_name_that_is_no_text_has_a_key_that_is(tmp_path):
    name = b"a-\xff.json"
    (tmp_path / os.fsdecode(name)).write_bytes(b"[]")
    source = Folder(tmp_path)

    (entry,) = source.list()

    assert "a-\\xff.json" == entry.key
    assert b"[]" == source.open(entry).read()


def test_a_key_is_the_same_from_inside_the_layout(tmp_path, monkeypatch):
    folder = tmp_path / "AWSLogs" / "111122223333"
    folder.mkdir(parents=True)
    (folder / "a.json").write_text("[]")
    monkeypatch.chdir(folder)

    keys = [entry.key for where in (".", "a.json") for entry in Folder(Path(where)).list()]

    assert ["AWSLogs/111122223333/a.json"] * 2 == keys


def test_a_lake_among_the_logs_is_not_read(tmp_path):
    create_lake(tmp_path / "lake").store.write("quarantine/x.bin", b"x")
    (tmp_path / "a.json").write_bytes(b"{}")

    assert ["a.json"] == [entry.path for entry in Folder(tmp_path).list()]
