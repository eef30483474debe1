"""Unzipping in small steps gives what unzipping at once gives, and refuses what is not gzip and nothing else."""

import gzip
import hashlib
from io import BytesIO

import pytest

from iamaudit.errors import SourceError, UnreadableObjectError
from iamaudit.integrity.unzip import content, content_hash


class Dripping(BytesIO):
    """A connection that gives one byte at a time."""

    def read(self, size=-1):
        return super().read(min(size, 1))


class Broken(BytesIO):
    def read(self, size=-1):
        raise OSError("the line is down")


@pytest.mark.parametrize("kind", [BytesIO, Dripping])
@pytest.mark.parametrize("text", [b"", b"a", b"abc" * 1000])
def test_the_content_comes_out(kind, text):
    assert text == content(kind(gzip.compress(text)))
    assert hashlib.sha256(text).hexdigest() == content_hash(kind(gzip.compress(text)))


def test_members_are_read_one_after_the_other():
    assert b"abcdef" == content(Dripping(gzip.compress(b"abc") + gzip.compress(b"def")))


def test_a_large_object_is_hashed_in_small_pieces():
    text = b"0123456789abcdef" * 500_000

    assert hashlib.sha256(text).hexdigest() == content_hash(BytesIO(gzip.compress(text, 1)))


def test_what_comes_out_is_bounded():
    with pytest.raises(UnreadableObjectError, match="more than 10 bytes"):
        content(BytesIO(gzip.compress(b"x" * 11)), limit=10)


def test_a_connection_that_breaks_is_a_source_error():
    with pytest.raises(SourceError, match="the line is down"):
        content(Broken())
