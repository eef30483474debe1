"""A text names a source or a lake, on the command line as in `iamaudit.toml`."""

import pickle
from datetime import UTC, datetime
from pathlib import Path

import pytest

from iamaudit.config import ReadConfig, read_config
from iamaudit.errors import ConfigError
from iamaudit.model.place import AwsAccess
from iamaudit.sources.bucket import Bucket
from iamaudit.sources.event_history import EventHistory
from iamaudit.sources.folder import Folder
from iamaudit.sources.queue import Queue
from iamaudit.sources.window import Window, Within
from iamaudit.stages.places import open_source, window_of

NOW = datetime(2026, 11, 24, 2, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "kind", "described"),
    [
        ("logs", Folder, "logs"),
        ("s3://bucket", Bucket, "s3://bucket/"),
        ("s3://bucket/a/AWSLogs/", Bucket, "s3://bucket/a/AWSLogs/"),
        ("sqs://eu-west-1/111122223333/new", Queue, "https://sqs.eu-west-1.amazonaws.com/111122223333/new"),
        ("sqs://cn-north-1/111122223333/new", Queue, "https://sqs.cn-north-1.amazonaws.com.cn/111122223333/new"),
        (
            "https://sqs.us-gov-west-1.amazonaws.com/111122223333/new",
            Queue,
            "https://sqs.us-gov-west-1.amazonaws.com/111122223333/new",
        ),
        ("lookup://", EventHistory, "lookup://"),
        ("cloudtrail://eu-west-1,us-east-1", EventHistory, "lookup://eu-west-1,us-east-1"),
    ],
)
def test_a_text_names_a_source(text, kind, described):
    found = open_source(text, as_of=NOW)

    assert kind is type(found)
    assert described == found.describe() == pickle.loads(pickle.dumps(found)).describe()


def test_a_queue_is_asked_in_its_own_region():
    assert "us-gov-west-1" == open_source("sqs://us-gov-west-1/111122223333/new", as_of=NOW).region


def test_a_folder_with_a_window_is_read_within_it():
    window = window_of("2026-11-01", now=NOW)

    assert Within(Folder(Path("logs")), window) == open_source("logs", as_of=NOW, window=window)


@pytest.mark.parametrize("text", ["ftp://host/x", "s3://", "s3:///x", "sqs://name", "https://example.com/page", "://"])
def test_any_other_text_is_wrong(text):
    with pytest.raises(ConfigError, match="`"):
        open_source(text, as_of=NOW)


def test_the_narrower_of_two_beginnings_counts():
    assert "2026-11-13" == window_of("2026-01-01", now=NOW, since_days=10).first_day
    assert "2026-11-19" == window_of("2026-11-20", now=NOW, since_days=10).first_day


def test_no_words_are_no_window():
    assert Window() == window_of(now=NOW)


@pytest.fixture
def config(tmp_path):
    """Write a configuration and read it."""

    def read(text):
        path = tmp_path / "iamaudit.toml"
        path.write_text(text)
        return read_config(path)

    return read


def test_the_configuration_says_as_whom_and_since_when(config):
    night = config(
        'lake = "s3://lakes/ours"\nsources = ["s3://trail/x", "logs"]\n'
        '[aws]\nprofile = "audit"\nrole_arn = "arn:aws:iam::111122223333:role/r"\nregion = "eu-west-1"\n'
        "requester_pays = true\nsince_days = 10\n"
    )

    assert "s3://lakes/ours" == night.lake
    assert "s3://trail/x" == night.sources[0]
    assert AwsAccess("audit", "arn:aws:iam::111122223333:role/r", "eu-west-1", None, requester_pays=True) == night.aws
    assert ReadConfig(since_days=10) == night.read


@pytest.mark.parametrize(
    "line",
    [
        "profile = 7",
        'role_arn = "reader"',
        'requester_pays = "yes"',
        "since_days = 0",
        "since_days = true",
        "since = 2026-01-01",
        'what = "x"',
    ],
)
def test_a_wrong_line_is_named(config, line):
    with pytest.raises(ConfigError, match=rf"`\[aws\]`.*{line.partition(' ')[0]}"):
        config(f'lake = "lake"\nsources = ["logs"]\n[aws]\n{line}\n')
