"""A window lists what a full listing would hold of it, with few calls, in every layout that AWS writes."""

import functools
from datetime import UTC, datetime, timedelta

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

from iamaudit.sources.bucket import Bucket
from iamaudit.sources.window import Window, day_of
from tests.conformance.s3_servers import fill, s3_at

ACCOUNTS = ("111122223333", "444455556666")
REGIONS = ("eu-west-1", "us-gov-west-1", "cn-north-1")
DAYS = [datetime(2025, 12, 20, tzinfo=UTC) + timedelta(days=6 * step) for step in range(13)]


def keys() -> list[str]:
    found = [
        "readme.txt",
        "trail/AWSLogs/111122223333/Config/ConfigWritabilityCheckFile",
        "exports/2f1c/stream/000000.gz",
        "trail/AWSLogs/111122223333/Config/eu-west-1/notes/index.txt",
        "trail/AWSLogs/111122223333/CloudTrail/eu-west-1/loose.json.gz",
    ]
    for day in DAYS:
        stamp, padded, short = f"{day:%Y%m%d}", f"{day:%Y/%m/%d}", f"{day.year}/{day.month}/{day.day}"
        for account in ACCOUNTS:
            for region in REGIONS:
                tail = f"{region}/{padded}/{account}_CloudTrail_{region}_{stamp}T0000Z_x.json.gz"
                found += [
                    f"trail/AWSLogs/{account}/CloudTrail/{tail}",
                    f"trail/AWSLogs/o-abc123/{account}/CloudTrail/{tail}",
                    f"old/AWSLogs/of AWSLogs/AWSLogs/{account}/CloudTrail-Digest/{tail}",
                    f"trail/AWSLogs/{account}/Config/{region}/{short}/ConfigHistory/{account}_{stamp}.json.gz",
                ]
        found += [
            f"access/{day:%Y-%m-%d}-01-02-03-0123456789ABCDEF",
            f"by-day/111122223333/eu-west-1/bucket/{padded}/{day:%Y-%m-%d}-01-02-03-0123456789ABCDEF",
            f"cdn/EMLARXS9EXAMPLE.{day:%Y-%m-%d}-07.a1b2c3d4.gz",
            f"lake/region=eu-west-1/accountId=111122223333/eventDay={stamp}/part.gz.parquet",
        ]
    return found


@pytest.fixture(scope="module")
def url(moto_url):
    fill(moto_url, "layouts", {})
    backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    for key in keys():  # hundreds: behind the server's back it takes no time
        backend.put_object("layouts", key, b"x")
    return moto_url


@pytest.fixture(scope="module")
def s3(url):
    return s3_at(url, "layouts")


@pytest.fixture(scope="module")
def whole(s3):
    """The full listing of a prefix, asked once."""
    return functools.cache(lambda prefix: tuple(Bucket(s3, prefix).list()))


def window(since: tuple[int, ...] | None, until: tuple[int, ...] | None) -> Window:
    return Window(*(None if day is None else datetime(*day, tzinfo=UTC) for day in (since, until)))


@pytest.mark.parametrize("prefix", ["", "trail", "trail/AWSLogs/o-abc123/", "old/", "access/2026", "cdn/", "by-day/"])
@pytest.mark.parametrize(
    ("since", "until"),
    [
        ((2026, 1, 1), (2026, 1, 7)),
        pytest.param((2026, 1, 31), None, marks=pytest.mark.slow),
        (None, (2025, 12, 24)),
        ((2025, 12, 30), (2026, 3, 2)),
        pytest.param((2026, 1, 30), (2026, 2, 1), marks=pytest.mark.slow),
        pytest.param((2027, 1, 1), None, marks=pytest.mark.slow),
    ],
)
def test_a_window_lists_what_a_full_listing_holds_of_it(s3, whole, prefix, since, until):
    wanted = window(since, until)
    everything = whole(prefix)

    found = list(Bucket(s3, prefix, wanted).list())

    assert everything
    assert [entry for entry in everything if wanted.holds(entry.path)] == found


def test_every_object_is_listed_by_day(url):
    found = [entry.path for entry in Bucket(s3_at(url, "layouts")).list()]

    assert sorted(keys()) == sorted(found)
    days = [day_of(path) for path in found]
    assert sorted(days) == days


def test_the_same_object_has_the_same_name_from_wherever_one_starts(url):
    above = {e.key for e in Bucket(s3_at(url, "layouts"), "old/").list()}

    below = {e.key for e in Bucket(s3_at(url, "layouts"), "old/AWSLogs/of AWSLogs/AWSLogs/").list()}

    assert above == below
    assert all(key.startswith("AWSLogs/") and key.count("AWSLogs/") == 1 for key in below)


def test_what_is_not_in_awss_layout_is_named_by_its_bucket(url):
    [found] = Bucket(s3_at(url, "layouts"), "exports/").list()

    assert "s3://layouts/exports/2f1c/stream/000000.gz" == found.key


def test_a_day_of_many_places_costs_a_few_calls_each(url):
    calls: list[str] = []
    s3 = s3_at(url, "layouts")
    s3.connection.client("s3").meta.events.register(
        "before-call.s3.ListObjectsV2", lambda params, **_: calls.append(params["url_path"])
    )

    found = list(Bucket(s3, "trail/AWSLogs/o-abc123/", window((2026, 1, 7), (2026, 1, 7))).list())

    assert 6 == len(found)  # one day, two accounts, three regions
    # the place itself; organisation, accounts, services, regions; then one call for each of six places
    assert len(calls) <= 1 + (1 + 2 + 2 + 6) + 6


def test_the_metadata_of_an_object_can_be_asked_for(url):
    s3 = s3_at(url, "layouts")
    s3.put("digests/d.json.gz", b"x", Metadata={"signature": "00ff"})
    source = Bucket(s3, "digests/")

    assert {"signature": "00ff"} == source.metadata(next(source.list()))
    s3.delete("digests/d.json.gz")


def test_a_reader_can_pay(url):
    seen: list[str] = []
    s3 = s3_at(url, "layouts", requester_pays=True)
    events = s3.connection.client("s3").meta.events
    for call in ("ListObjectsV2", "GetObject", "HeadObject"):
        events.register(
            f"before-call.s3.{call}", lambda params, **_: seen.append(params["headers"].get("x-amz-request-payer"))
        )
    source = Bucket(s3, "exports/")
    [found] = source.list()
    source.open(found).close()
    source.metadata(found)

    assert {"requester"} == set(seen)
