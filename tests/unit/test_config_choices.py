"""`[recommend]` and `[[exclude]]` of `iamaudit.toml`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from iamaudit.config import read_choices, read_config
from iamaudit.errors import ConfigError
from iamaudit.recommend.choices import Choices, Exclusion

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "iamaudit.toml"
RULE = '[[exclude]]\nprincipal = "app"\nowner = "Ann"\nreason = "emergency"\nexpires = 2026-12-31\n'


def read(folder, text):
    path = folder / "night.toml"
    path.write_text(f'lake = "l"\nsources = ["s"]\n{text}')
    return read_config(path)


def test_without_a_word_the_careful_choices_hold(tmp_path):
    night = read(tmp_path, "")

    assert Choices() == night.choices
    assert 14 == night.settings.grace_days


def test_choices_rules_and_what_is_kept_of_the_unknown_come_together(tmp_path):
    text = f'[settings]\nkeep_unknown = false\ngrace_days = 0\n[recommend]\nlevel = "service"\nwildcards = true\n{RULE}'

    night = read(tmp_path, text)

    rule = Exclusion("Ann", "emergency", date(2026, 12, 31), principals=("app",))
    assert Choices(keep_unknown=False, level="service", wildcards=True, exclude=(rule,)) == night.choices
    assert 0 == night.settings.grace_days


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (RULE.replace('owner = "Ann"\n', ""), "number 1 in `.*night.toml` lacks `owner`"),
        (RULE + RULE.replace("reason", "because"), "number 2 in .* unknown keys"),
        ("exclude = 7", "write each rule as a table"),
        ('[recommend]\nlevel = "x"', r"`\[recommend\]` in .*level `x` is not offered"),
        ("[recommend]\nkeep_unknown = false", "it belongs to `.settings.`"),
        ("[recommend]\nspeed = 1", "unknown keys"),
        ("[recommend]\nscp_characters = 10241", "`scp_characters` is `10241`: AWS takes from 1 to 10240"),
        ("[recommend]\nscp_attachments = 0", "`scp_attachments` is `0`: AWS takes from 1 to 10"),
        ("[recommend]\nscp_attachments = true", "`scp_attachments` is `True`"),
    ],
    ids=[
        "no owner",
        "unknown key",
        "no table",
        "level",
        "elsewhere",
        "unknown choice",
        "longer than any SCP",
        "no SCP",
        "no number",
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path, text, message):
    with pytest.raises(ConfigError, match=message):
        read(tmp_path, text)


def test_the_example_in_the_docs_can_be_read_and_its_rule_too(tmp_path):
    text = EXAMPLE.read_text(encoding="utf-8")
    written = tmp_path / "example.toml"
    head, rule = text.split("# [[exclude]]")
    written.write_text(head + "[[exclude]]" + rule.replace("\n# ", "\n"))

    night = read_config(written)

    assert ("Ann, platform team",) == tuple(one.owner for one in night.choices.exclude)


def test_choices_alone_need_neither_lake_nor_sources_and_are_read_as_the_nights(tmp_path):
    text = f'[settings]\nkeep_unknown = false\ngrace_days = 3\n[recommend]\nlevel = "service"\n{RULE}'
    alone = tmp_path / "alone.toml"
    alone.write_text(text)
    night = read(tmp_path, text)

    choices, settings = read_choices(alone)

    assert (night.choices, night.settings) == (choices, settings)


@pytest.mark.parametrize(("text", "message"), [("spede = 1", "unknown keys"), ("= 1", "is not TOML")], ids=str)
def test_a_mistake_in_a_file_of_choices_alone_is_named(tmp_path, text, message):
    (tmp_path / "alone.toml").write_text(text)

    with pytest.raises(ConfigError, match=message):
        read_choices(tmp_path / "alone.toml")
