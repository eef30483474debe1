"""`[verify]` of `iamaudit.toml`."""

import pytest

from iamaudit.config import VerifyConfig, read_config
from iamaudit.errors import ConfigError

HEAD = 'lake = "lake"\nsources = ["logs"]\n'


def read(folder, text):
    path = folder / "iamaudit.toml"
    path.write_text(HEAD + text)
    return read_config(path)


def test_the_night_does_not_verify_unless_it_is_told_to(tmp_path):
    assert VerifyConfig() == read(tmp_path, "").verify
    assert not VerifyConfig().enabled


def test_the_keys_lie_where_the_file_says(tmp_path):
    found = read(tmp_path, '[verify]\nenabled = true\npublic_keys = "keys.json"\ndays = 3\n').verify

    assert VerifyConfig(enabled=True, public_keys=tmp_path / "keys.json", days=3) == found


@pytest.mark.parametrize(
    "line", ['enabled = "yes"', "days = 0", 'days = "8"', "days = true", "public_keys = 1", "keys = 1"]
)
def test_what_cannot_be_used_is_named(tmp_path, line):
    with pytest.raises(ConfigError, match=line.split(maxsplit=1)[0]):
        read(tmp_path, f"[verify]\n{line}\n")
