"""Unzipping with a bound."""

import gzip

import pytest

from iamaudit.errors import UnreadableObjectError
from iamaudit.formats.gunzip import gunzip

TEXT = b'{"Records":[]}' * 1000


def test_bytes_that_are_not_gzip_stay_as_they_are():
    assert TEXT == gunzip(TEXT)


def test_all_members_are_read():
    data = gzip.compress(TEXT) + gzip.compress(b"") + gzip.compress(b"more")

    assert TEXT + b"more" == gunzip(data)


@pytest.mark.parametrize("length", [2, 9, 10, 20, -9, -1])
def test_half_a_gzip_is_refused_in_words(length):
    data = gzip.compress(TEXT)[:length]

    with pytest.raises(UnreadableObjectError, match="cut off before its end"):
        gunzip(data)


def test_bytes_behind_the_end_are_refused():
    data = gzip.compress(TEXT) + b"trailing"

    with pytest.raises(UnreadableObjectError, match="8 bytes follow the end"):
        gunzip(data)


def test_a_flipped_bit_is_noticed():
    data = bytearray(gzip.compress(TEXT))
    data[-6] ^= 1  # in the checksum

    with pytest.raises(UnreadableObjectError, match="damaged"):
        gunzip(bytes(data))


def test_a_gzip_bomb_is_refused_before_it_is_in_memory():
    bomb = gzip.compress(bytes(50 << 20))

    with pytest.raises(UnreadableObjectError, match="more than 1,000,000 bytes come out"):
        gunzip(bomb, limit=1_000_000)


def test_the_bound_is_on_all_members_together():
    data = gzip.compress(bytes(600)) * 2

    with pytest.raises(UnreadableObjectError, match="more than 1,000 bytes"):
        gunzip(data, limit=1000)


def test_exactly_the_bound_is_allowed():
    assert bytes(1000) == gunzip(gzip.compress(bytes(1000)), limit=1000)
