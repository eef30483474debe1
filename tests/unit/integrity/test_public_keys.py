"""Public keys: either encoding, found by fingerprint, from a file or from AWS."""

import base64
import json
from datetime import UTC, datetime

import boto3
import pytest
from botocore.stub import Stubber
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from iamaudit.collect.public_keys import RegionalKeys
from iamaudit.errors import ConfigError, SourceError
from iamaudit.integrity.public_keys import is_signed, read_public_keys
from tests.unit.integrity.small_chain import KEY, small_chain, told

PKCS1 = base64.b64decode(KEY.value)
SPKI = load_der_public_key(PKCS1).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
CURVE = (
    ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
)
START, END = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 2, tzinfo=UTC)


def listed(*values):
    return [{"Value": base64.b64encode(value).decode(), "Fingerprint": KEY.fingerprint} for value in values]


@pytest.mark.parametrize("values", [[PKCS1], [SPKI], [CURVE, SPKI], [b"no key", PKCS1]], ids=["1", "2", "3", "4"])
def test_either_encoding_verifies_and_one_good_key_of_a_fingerprint_is_enough(values):
    keys = json.dumps({"PublicKeyList": listed(*values)}).encode()

    assert {"valid"} == set(told(small_chain().memory, keys).values())


@pytest.mark.parametrize("value", [CURVE, b"no key", PKCS1[:-1], b""], ids=["curve", "no key", "cut off", "nothing"])
def test_what_is_no_rsa_key_verifies_nothing(value):
    keys = json.dumps({"PublicKeyList": listed(value)}).encode()

    assert "valid" not in told(small_chain().memory, keys).values()


def test_the_answers_of_several_regions_may_stand_in_one_file():
    other = {"PublicKeyList": [{"Value": "AA==", "Fingerprint": "another"}]}
    keys = json.dumps([other, {"PublicKeyList": listed(PKCS1)}]).encode()

    assert {"valid"} == set(told(small_chain().memory, keys).values())


@pytest.mark.parametrize("data", [b"", b"{", b"{}", b'{"PublicKeyList": 1}', b"[1]", b"\xff"])
def test_a_file_without_keys_is_told(data):
    with pytest.raises(ConfigError, match=r"`keys\.json`"):
        read_public_keys(data, name="keys.json")


def test_a_signature_is_of_one_text_and_by_one_key():
    signature = KEY.sign("text")

    assert is_signed("text", signature, KEY.value) is True
    assert is_signed("Text", signature, KEY.value) is False
    assert is_signed("text", signature[:-2], KEY.value) is False
    assert is_signed("text", signature, "????") is None


class Region:
    """A CloudTrail client whose answers are written down."""

    def __init__(self, *answers):
        self.client = boto3.client(
            "cloudtrail", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
        )
        self.stub = Stubber(self.client)
        for answer in answers:
            if isinstance(answer, str):
                self.stub.add_client_error("list_public_keys", answer, http_status_code=400)
            else:
                self.stub.add_response("list_public_keys", answer)
        self.stub.activate()
        self.asked = []

    def __call__(self, region):
        self.asked.append(region)
        return self.client


def found(region, *, sleep=lambda _: None, name="eu-west-1"):
    return RegionalKeys(region, START, END, sleep=sleep).find(name, KEY.fingerprint, start=START, end=END)


ANSWER = {"PublicKeyList": [{"Value": PKCS1, "Fingerprint": KEY.fingerprint}]}


def test_aws_is_asked_page_by_page_in_the_region_of_the_digest():
    region = Region({"PublicKeyList": [], "NextToken": "more"}, ANSWER)

    assert (KEY.value,) == found(region)
    assert ["eu-west-1"] == region.asked


def test_a_region_is_asked_once_for_the_whole_time():
    region = Region(ANSWER)
    keys = RegionalKeys(region, START, END)

    answers = {keys.find("eu-west-1", KEY.fingerprint, start=START, end=END) for _ in range(3)}

    assert {(KEY.value,)} == answers


def test_a_key_of_another_time_is_asked_for_by_that_time():
    """A backfilled digest is signed long after its hour."""
    region = Region({"PublicKeyList": []}, ANSWER)
    later = datetime(2026, 9, 1, tzinfo=UTC)

    keys = RegionalKeys(region, START, END)

    assert (KEY.value,) == keys.find("eu-west-1", KEY.fingerprint, start=later, end=later)


def test_a_throttled_call_is_made_again():
    pauses = []

    assert (KEY.value,) == found(Region("ThrottlingException", ANSWER), sleep=pauses.append)
    assert 1 == len(pauses)


@pytest.mark.parametrize("answers", [["AccessDeniedException"], ["ThrottlingException"] * 3], ids=["refused", "busy"])
def test_a_call_without_an_answer_says_what_to_allow(answers):
    with pytest.raises(SourceError, match="cloudtrail:ListPublicKeys"):
        found(Region(*answers))
