"""No secret's value is kept, however deep in quotes it stands."""

import base64
import gzip
import json

import pytest

from iamaudit.formats.masking import mask_bytes, masked, without_secrets

SECRET = "hunter2+/hunter2"


def nested(depth, name="sessionToken", value=SECRET):
    text = json.dumps({name: value, "other": "kept"})
    for _ in range(depth):
        text = json.dumps({"CloudTrailEvent": text, "beside": 'kept "too"'})
    return text.encode()


@pytest.mark.parametrize("depth", range(5))
@pytest.mark.parametrize("name", ["sessionToken", "secretAccessKey", "SecretAccessKey", "SESSIONTOKEN"])
@pytest.mark.parametrize("ending", [b"", b"}", b"\xff"], ids=["json", "no json", "no text"])
def test_a_secret_in_text_within_text_is_masked(depth, name, ending):
    found = mask_bytes(nested(depth, name) + ending)

    assert b"hunter2" not in found
    assert b"kept" in found
    assert depth == 0 or b"too" in found


@pytest.mark.parametrize("value", ['a"b', "a\\", 'a\\"b', "\\\\", "{}"])
@pytest.mark.parametrize("depth", range(3))
def test_quotes_and_backslashes_in_a_secret_do_not_end_it(depth, value):
    data = nested(depth, value=value + SECRET)

    assert b"hunter2" not in mask_bytes(data)
    assert b"hunter2" not in mask_bytes(b"[" + data)


@pytest.mark.parametrize("value", [{"value": SECRET}, [SECRET], [{"a": SECRET}]])
def test_a_secret_that_is_no_text_is_masked_where_the_piece_is_json(value):
    assert b"hunter2" not in mask_bytes(json.dumps({"sessionToken": value}).encode())


def test_a_secret_that_is_cut_off_is_masked():
    assert b"hunter2" not in mask_bytes(nested(2)[:-30])


def test_a_name_written_with_escapes_is_found():
    data = nested(0).replace(b"sessionToken", b"session\\u0054oken")

    assert b"hunter2" not in mask_bytes(data)
    assert b"hunter2" not in mask_bytes(data + b"}")


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("damage", [b"", b"!", b"=="])
def test_a_payload_with_a_secret_is_not_kept(pack, damage):
    payload = base64.b64encode(pack(nested(1) * 3))
    data = b'{"awslogs":{"data":"' + payload + damage + b'"},"other":"kept"}'

    found = mask_bytes(data)

    assert payload[:40] not in found
    assert b"kept" in found


def test_other_bytes_stay_as_they_are():
    data = b'{"sessionTokens": 3, "digest": "' + base64.b64encode(bytes(range(200))) + b'", "x": "\\"sessionTok\\""'

    assert data == mask_bytes(data)


def test_a_column_has_no_secret_inside_its_texts():
    data = nested(2)

    assert b"hunter2" not in masked(data)
    assert "hunter2" not in without_secrets(data.decode())
    assert "kept" in without_secrets(data.decode())
