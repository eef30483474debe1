"""Who is behind a call does not hang on how the log was cut, and a chain of roles is followed over midnight."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamaudit.stages import usage
from tests.amount import examples
from tests.oracles.slow_sessions import slow_actors
from tests.properties.small_lake import ACCOUNT, SmallLake

few = settings(max_examples=examples(8, least=3), deadline=None)
fewer = settings(max_examples=examples(4, least=3), deadline=None)  # each makes lakes over several nights
TIMES = (
    "2026-11-01T08:00:00Z",
    "2026-11-01T23:50:00Z",
    "2026-11-02T00:10:00Z",
    "2026-11-02T20:00:00Z",
    "2026-11-03T01:00:00Z",
)
ROLES = ("deploy", "audit", "etl")
KEYS = [f"ASIA{number}" for number in range(5)]
USER = {"type": "IAMUser", "accountId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:user/ann", "principalId": "AIDAANN"}
SERVICE = {"type": "AWSService", "invokedBy": "lambda.amazonaws.com"}
PERSON = {"type": "SAMLUser", "accountId": ACCOUNT, "principalId": "x", "userName": "pia@example.com"}


def in_role(role, name, key, source=None, mfa=None):
    context = {
        "attributes": {} if mfa is None else {"mfaAuthenticated": mfa},
        "sessionIssuer": {"type": "Role", "arn": f"arn:aws:iam::{ACCOUNT}:role/{role}", "principalId": f"AROA{role}"},
    }
    return {
        "type": "AssumedRole",
        "accountId": ACCOUNT,
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}",
        "principalId": f"AROA{role}:{name}",
        "accessKeyId": key,
        "sessionContext": {**context, "sourceIdentity": source} if source else context,
    }


sessions = st.builds(
    in_role,
    st.sampled_from(ROLES),
    st.sampled_from(["work", "run-1732579200", "i-0e7b4702"]),
    st.sampled_from(KEYS),
    st.sampled_from([None, None, None, "bea"]),
    st.sampled_from([None, "true", "false"]),
)
callers = sessions | st.sampled_from([USER, SERVICE, PERSON])


@st.composite
def logs(draw):
    """Calls of users and sessions; a key is given out at most once a day, as AWS does, to whom it may be."""
    found = []
    for number in range(draw(st.integers(1, 10))):
        record = {
            "eventVersion": "1.08",
            "eventID": f"e{number:02}",
            "eventTime": draw(st.sampled_from(TIMES)),
            "eventType": "AwsApiCall",
            "awsRegion": draw(st.sampled_from(["eu-west-1", "eu-north-1"])),
            "recipientAccountId": ACCOUNT,
            "userIdentity": draw(callers),
        } | draw(st.sampled_from([{}, {}, {"vpcEndpointId": "vpce-1"}]))
        if draw(st.booleans()):
            role, key = draw(st.sampled_from(ROLES)), draw(st.sampled_from(KEYS))
            record |= {
                "eventSource": "sts.amazonaws.com",
                "eventName": "AssumeRole",
                "requestParameters": {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/{role}"},
                "responseElements": {"credentials": {"accessKeyId": key}},
            }
        else:
            record |= {
                "eventSource": "iam.amazonaws.com",
                "eventName": "GetRole",
                "requestParameters": {"roleName": "r"},
            }
        found.append(record)
    return found


def without_rings(records):
    """A key that gives itself out, over others or not, has no root: the twin goes another way round the ring."""
    given_by = {}
    kept = []
    for record in records:
        key = ((record.get("responseElements") or {}).get("credentials") or {}).get("accessKeyId")
        own = record["userIdentity"].get("accessKeyId")
        if key is not None:
            above = {own} if own else set()
            while more := {given_by[k] for k in above if given_by.get(k)} - above:
                above |= more
            if key in given_by or key in above:
                continue
            given_by[key] = own
        kept.append(record)
    return kept


def features(record):
    attributes = record["userIdentity"].get("sessionContext", {}).get("attributes", {})
    mfa = {"true": True, "false": False, None: None}[attributes.get("mfaAuthenticated")]
    return record["awsRegion"], record.get("vpcEndpointId"), mfa


@few
@given(logs().map(without_rings))
def test_who_is_behind_a_call_and_where_it_came_from_agrees_with_the_slow_twin(records):
    with SmallLake() as small:
        small.ingest([records])
        rows = small.usage()

    behind = slow_actors(records)
    told = {record["eventID"]: (*behind[record["eventID"]], *features(record)) for record in records}
    names = ("assumed_by", "actor_kind", "actor", "region", "vpc_endpoint_id", "mfa")
    assert all({tuple(row[name] for name in names)} == {told[event] for event in row["event_ids"]} for row in rows)


@fewer
@given(logs(), st.randoms(use_true_random=False), st.integers(1, 9), st.integers(1, 3))
def test_neither_the_order_nor_the_nights_nor_the_days_at_once_change_who_is_behind(records, random, cut, at_once):
    shuffled = list(records)
    random.shuffle(shuffled)

    with SmallLake() as whole:
        whole.ingest([records])
        expected = whole.usage()
    with SmallLake() as split, pytest.MonkeyPatch.context() as patch:
        patch.setattr(usage, "DAYS_AT_ONCE", at_once)
        for part, name in ((shuffled[:cut], "first"), (shuffled[cut:], "second")):
            split.ingest([part], into=name)
            usage.update_usage(split.lake)
        found = split.usage()

    assert expected == found


@fewer
@given(logs(), logs())
def test_more_logs_never_lose_who_is_behind(records, more):
    """Later logs may tell the root of a chain that was unknown; what was used by a principal stays used by it."""
    later = [{**record, "eventID": f"later-{record['eventID']}"} for record in more]

    with SmallLake() as small:
        small.ingest([records], into="first")
        before = small.counts()
        small.ingest([later], into="second")
        after = small.counts()

    assert all(after.get(key, 0) >= count for key, count in before.items())


def test_a_session_of_yesterday_is_linked_and_one_of_the_day_before_is_not():
    asked = {
        "eventVersion": "1.08",
        "eventID": "e1",
        "eventTime": "2026-11-01T23:59:59Z",
        "eventType": "AwsApiCall",
        "awsRegion": "eu-west-1",
        "recipientAccountId": ACCOUNT,
        "eventSource": "sts.amazonaws.com",
        "eventName": "AssumeRole",
        "requestParameters": {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/deploy"},
        "responseElements": {"credentials": {"accessKeyId": "ASIA1"}},
        "userIdentity": USER,
    }
    call = {
        **asked,
        "eventID": "e2",
        "eventTime": "2026-11-02T00:00:00Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": "GetRole",
        "requestParameters": {"roleName": "r"},
        "responseElements": None,
        "userIdentity": in_role("deploy", "work", "ASIA1"),
    }
    next_day = {**call, "eventID": "e3", "eventTime": "2026-11-03T00:00:00Z"}

    with SmallLake() as small:
        small.ingest([[asked, call, next_day]])
        rows = [row for row in small.usage() if row["action"] == "iam:GetRole"]

    assert [USER["arn"], None] == [row["assumed_by"] for row in rows]
    assert [("user", "ann"), ("session", "work")] == [(row["actor_kind"], row["actor"]) for row in rows]
